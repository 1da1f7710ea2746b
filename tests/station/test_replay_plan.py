"""What a replay left on pages, its plan and what waits for whom: counted, in its order, for whoever may see it.

Method: the commands' own files (contrefeu.recovery), of findings of a house whose charts are the node's own.
"""

import ast
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import get_args

import pytest

from contrefeu.access import new_account
from contrefeu.acts import GapTaken, encode
from contrefeu.base import rfc3339
from contrefeu.journal import MEDIA_ACT
from contrefeu.recovery import (
    TURNS,
    Finding,
    Header,
    Line,
    LinesFile,
    Profile,
    Waiting,
    planned,
    waiting_header,
    write_plan,
)
from contrefeu.recovery.waiting import Turn
from contrefeu.station import planned as station_planned
from contrefeu.station.labels import LABELS
from contrefeu.station.planned import LINES_SHOWN
from tests.chart.feed import adt
from tests.station.folded import Folded, at_work, house
from tests.station.visitors import Visitor, text_of
from tests.station.ward_in_memory import NOW_NS, SECRET, STATION

GAP = GapTaken("export", {"j": 9}, "", 1000, 900, 98, 2, 0, "ff", rfc3339(NOW_NS - 60 * 10**9))
LATER = GapTaken("export", {"j": 9}, "", 1000, 998, 2, 0, 0, "ee", rfc3339(NOW_NS - 10**9))


@pytest.fixture
def charts() -> Folded:
    """A house that compared, with a patient of CARD and a physician there."""
    found = house()
    found.feed(adt("A01", "1124 0200", place="CARD^^1"))
    bea = new_account("bea", "Dr Bea Roy", "physician", ["CARD", "CHIR"], secret=SECRET).act
    for act in (bea, GAP):
        found.take(STATION, "console", MEDIA_ACT, encode(act))
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the node leaves it."""
    return tmp_path / "plan.jsonl"


def findings(charts: Folded, results: int) -> list[Finding]:
    """So many results of the patient of CARD, an order, and a bill of nobody."""
    [hit] = charts.told.charts.find("martin")
    here = {"patient": hit.id, "ward": "CARD", "day": "2026-11-24"}
    order = Finding("j/500", "missing", type="ORM^O01", **here)
    bill = Finding("j/600", "missing", type="DFT^P03", review=True)
    return [*(Finding(f"j/{n + 1}", "missing", type="ORU^R01", **here) for n in range(results)), order, bill]


def leave(charts: Folded, file: Path, results: int = 1) -> list[Line]:
    """The plan as `replay --dry-run` makes it."""
    how = Profile()
    lines = list(planned(findings(charts, results), how))
    write_plan(file, Header.of(GAP, how, "ehr"), lines)
    return lines


def leave_waiting(charts: Folded, file: Path, more: Iterable[Waiting] = ()) -> str:
    """What a run leaves: an order, a message without answer and what waits for it, a bill; returns whose chart."""
    [hit] = charts.told.charts.find("martin")
    here = (hit.id, "ORM^O01", "CARD", "2026-11-24")
    bill = Waiting("j/9", "hold", "", "DFT^P03", "", "", "it would ask somebody to act again", turn="billing")
    waiting = [
        Waiting("j/1", "hold", *here, "it would ask somebody to act again", turn="physician"),
        Waiting("j/2", "doubt", *here, "it was sent, and had no answer", turn="recovery"),
        Waiting("j/3", "behind", *here, "", behind="j/2"),
        Waiting("j/4", "behind", *here, "", behind="j/2"),
        Waiting("j/5", "rejected", *here, "the target rejected it", turn="interfaces", code="AE"),
        Waiting("j/6", "hold", *here, "the house says so", "Mme Petit", turn="recovery"),
        bill,
    ]
    made = LinesFile(file)
    header = waiting_header(Header.of(GAP, Profile(), "ehr"), rfc3339(NOW_NS - 10 * 10**9), dry=False)
    for one in chain([header], waiting, more):
        made.add(one)
    made.close()
    return hit.id


def see(
    charts: Folded, file: Path, login: str = "crise", query: str = "", language: str = "fr", page: str = "plan"
) -> str:
    """What somebody reads."""
    who: Visitor = at_work(login, charts, **{page: file})
    read = who.get(f"/recovery/{page}{query}", accept_language=language)
    assert read.status_code == 200
    return text_of(read)


@pytest.mark.req("R3", "R8")
def test_the_page_says_what_would_be_done_why_and_of_whom(charts: Folded, file: Path) -> None:
    """Counts by decision, the target, the comparison, then each line in words with its patient; the look is audited."""
    lines = leave(charts, file)
    assert [one.do for one in lines] == ["send", "hold", "aside"]
    page = see(charts, file)
    for words in ("Pour ehr", "export (la dernière)", "À envoyer send 1", "Retenue : quelqu’un doit décider hold 1",
                  "1 · le destinataire agirait une seconde fois : à décider", "1 MARTIN Jeanne résultats ORU^R01 CARD",
                  "1 · reçues entre le dernier instant sain et la détection", "aucun patient connu facturation DFT^P03",
                  "Cette page ne change rien", "j/500"):  # fmt: skip
        assert words in page, words
    assert page.index("j/1") < page.index("j/500") < page.index("j/600"), "in the order of the plan"
    assert any(one["entity"][-1]["what"].get("display") == "recovery: plan" for one in charts.audited())
    english = see(charts, file, language="en")
    assert "Held: somebody must decide" in english
    assert "For ehr" in english, "a target, which falls due at no hour"
    held = see(charts, file, query="?only=hold")
    assert "j/500" in held
    assert "j/600" not in held
    who = at_work("crise", charts, plan=file)
    assert f'href="/patient/{lines[0].patient}"' in who.get("/recovery/plan").text
    assert who.post("/recovery/plan", do="send").status_code == 405, "it is read"


@pytest.mark.req("R3")
def test_a_long_plan_is_turned_page_by_page(charts: Folded, file: Path) -> None:
    """A hundred lines a page, numbered through; a page that is none says so."""
    leave(charts, file, results=150)
    first, second = see(charts, file), see(charts, file, query="?page=2")
    assert ("j/100" in first, "j/101" in first, "Page 1 / 2 Page suivante" in first) == (True, False, True)
    assert ("j/101" in second, "152 aucun patient" in second, "Page précédente Page 2 / 2" in second) == (True,) * 3
    for beyond in ("?page=9", "?page=0", "?page=x", "?page=" + "9" * 5000, "?only=nothing"):
        assert "À envoyer send 150" in see(charts, file, query=beyond)


@pytest.mark.req("R3", "F24")
def test_a_physician_sees_the_lines_of_their_wards(charts: Folded, file: Path) -> None:
    """What is of no ward of theirs is neither shown nor counted; who has moved elsewhere since is not named."""
    leave(charts, file)
    page = see(charts, file, "bea")
    assert ("MARTIN Jeanne" in page, "j/500" in page, "j/600" in page, "aside" in page) == (True, True, False, False)
    charts.feed(adt("A02", "1124 0230", place="URG^^1"))
    charts.clock.advance(seconds=2)
    moved = see(charts, file, "bea")
    assert ("MARTIN" in moved, "d’une autre unité" in moved) == (False, True)
    assert "MARTIN Jeanne" in see(charts, file)
    assert at_work("nadia", charts, plan=file).get("/recovery/plan").status_code == 403


@pytest.mark.req("R3")
def test_a_plan_that_is_old_absent_or_damaged_is_said_to_be(charts: Folded, file: Path) -> None:
    """Each says which command writes one."""
    command = "contrefeu replay --to … --dry-run"
    assert f"Aucun plan n’est écrit. Sur le nœud : {command}" in see(charts, file)
    leave(charts, file)
    charts.take(STATION, "console", MEDIA_ACT, encode(LATER))
    charts.clock.advance(seconds=2)
    page = see(charts, file)
    assert "n’est pas celui de la dernière comparaison" in page
    assert "(la dernière)" not in page
    for damaged in (b"", b"\xff\n", b"{}\n", file.read_bytes() + b'{"entry": 3}\n', file.read_bytes()[:-9]):
        file.write_bytes(damaged)
        page = see(charts, file)
        assert ("ne se lit pas" in page, command in page) == (True, True), damaged


@pytest.mark.req("R3", "R7", "R8")
def test_each_entry_that_waits_is_listed_with_why_and_whose_turn_it_is(charts: Folded, file: Path) -> None:
    """By whose turn it is, with what they do; then each entry, its patient, its reason; the look is audited."""
    patient = leave_waiting(charts, file)
    page = see(charts, file, page="waiting")
    for words in (
        "5 entrées attendent une décision",
        "Renvoi vers ehr",
        "Médecin de l’unité 1 1 · le destinataire agirait une seconde fois : à décider Décider : elle part (send)",
        "Cellule de crise 1 1 · envoyée, sans réponse : à regarder là-bas Regarder dans le système restauré",
        "Mme Petit 1 1 · the house says so",
        "Personne : elles suivent 2 2 · après une autre entrée du même patient",
        "1 MARTIN Jeanne demandes ORM^O01 CARD",
        "à regarder là-bas Cellule de crise · 2 autres de ce patient suivent j/2",
        "après j/2 j/3",
        "le destinataire l’a refusée (AE) Interfaces, avec l’éditeur j/5",
        "aucun patient connu facturation DFT^P03",
    ):
        assert words in page, words
    assert any(one["entity"][-1]["what"].get("display") == "recovery: what waits" for one in charts.audited())
    english = see(charts, file, page="waiting", language="en")
    for words in (
        "5 entries wait for a decision",
        "Physician of the ward",
        "2 more of this patient follow",
        "after j/2",
    ):
        assert words in english, words
    mine = see(charts, file, page="waiting", query="?only=physician")
    assert ("Médecin de l’unité (1)" in mine, "j/1" in mine, "j/5" in mine) == (True, True, False)
    who = at_work("crise", charts, waiting=file)
    assert f'href="/patient/{patient}"' in who.get("/recovery/waiting").text
    assert who.post("/recovery/waiting", do="send").status_code == 405, "it is read"
    assert at_work("nadia", charts, waiting=file).get("/recovery/waiting").status_code == 403


@pytest.mark.req("R3", "F24")
def test_a_physician_sees_what_waits_on_their_wards(charts: Folded, file: Path) -> None:
    """What is nobody's is not theirs, and not counted."""
    leave_waiting(charts, file)
    page = see(charts, file, "bea", page="waiting")
    assert ("4 entrées attendent" in page, "j/1" in page, "j/9" in page) == (True, True, False)


@pytest.mark.req("R3")
def test_a_list_that_is_old_absent_damaged_or_long(charts: Folded, file: Path) -> None:
    """Each is said, with the command that writes one; a long one is turned page by page."""
    command = "contrefeu replay --to … --dry-run"
    assert f"Aucun renvoi n’a laissé de liste ici. Sur le nœud : {command}" in see(charts, file, page="waiting")
    more = [Waiting(f"k/{n}", "hold", "", "ORU^R01", "CARD", "", "it is no FHIR", turn="ward") for n in range(150)]
    leave_waiting(charts, file, more)
    assert "k/149" in see(charts, file, page="waiting", query="?page=2")
    assert "Page 2 / 2" in see(charts, file, page="waiting", query="?only=ward&page=2")
    charts.take(STATION, "console", MEDIA_ACT, encode(LATER))
    charts.clock.advance(seconds=2)
    assert "Une autre comparaison a eu lieu depuis" in see(charts, file, page="waiting")
    file.write_bytes(file.read_bytes()[:-9])
    assert "ne se lit pas" in see(charts, file, page="waiting")


@pytest.mark.req("R3")
def test_a_long_plan_is_read_once_and_opened_by_where_its_lines_begin(
    charts: Folded, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the page; another file in its place is read anew, and one that is gone is gone."""
    readings: list[str] = []
    read = station_planned._indexed
    monkeypatch.setattr(station_planned, "_indexed", lambda file: (readings.append(file.name), read(file))[1])
    shown = station_planned.Planned(file)

    def page(number: int) -> list[str]:
        found = shown.page(lambda _: True, lambda kind: kind.do == "send", number)
        return [line.entry for line in found.lines] if found is not None else ["no file"]

    leave(charts, file, results=5 * LINES_SHOWN)
    assert page(5) == [f"j/{n}" for n in range(401, 501)]
    assert (page(1)[0], page(6), len(readings)) == ("j/1", [], 1)
    leave(charts, file, results=7)
    assert (page(1), len(readings)) == ([f"j/{n}" for n in range(1, 8)], 2)
    file.unlink()
    assert page(1) == ["no file"]


@pytest.mark.req("R3")
def test_every_reason_for_which_something_waits_has_words_and_a_turn() -> None:
    """No code of ours stands on the page where a word can: all that the source raises, and whose turn each is."""
    source = Path(__file__).parents[2] / "src" / "contrefeu"
    raised = {name: set(_raised(source / folder, name)) for name, folder in REASONS.items()}
    assert min(map(len, raised.values())) > 10, "they are found"
    held = LABELS["held_why"]
    assert raised["Unsaid"] - set(held) == set()
    assert raised["Unsendable"] - set(held) == set()
    assert set(TURNS) - set(held) == set()
    assert raised["Unsendable"] - set(TURNS) == set()
    assert set(LABELS["turn_do"]) == set(get_args(Turn))
    assert set(LABELS["turn"]) == {*get_args(Turn), "behind"} - {""}


REASONS = {"Unsaid": "mapping/to_hl7", "Unsendable": "recovery"}


def _raised(folder: Path, name: str) -> Iterable[str]:
    """The words with which *name* is raised under *folder*."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name and node.args:
                [said] = node.args
                if isinstance(said, ast.Constant):
                    yield str(said.value)
