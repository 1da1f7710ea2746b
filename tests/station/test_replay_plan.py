"""The plan of a replay on a page: counted, in its order, a hundred lines a page, for whoever may see it.

Method: the commands' own plan file (contrefeu.recovery), of findings of a house whose charts are the node's own.
"""

from pathlib import Path

import pytest

from contrefeu.access import new_account
from contrefeu.acts import GapTaken, encode
from contrefeu.base import rfc3339
from contrefeu.journal import MEDIA_ACT
from contrefeu.recovery import Finding, Header, Line, Profile, planned, write_plan
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


def see(charts: Folded, file: Path, login: str = "crise", query: str = "", language: str = "fr") -> str:
    """What somebody reads."""
    who: Visitor = at_work(login, charts, plan=file)
    page = who.get(f"/recovery/plan{query}", accept_language=language)
    assert page.status_code == 200
    return text_of(page)


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
    assert "Held: somebody must decide" in see(charts, file, language="en")
    held = see(charts, file, query="?do=hold")
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
    for beyond in ("?page=9", "?page=0", "?page=x", "?page=" + "9" * 5000, "?do=nothing"):
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
