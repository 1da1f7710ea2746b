"""Where a recovery is, on a page: what waits for whom, how long still, and each patient signed off by name.

Method: as test_naming.py; the acts are those that the commands write.
"""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contrefeu.access import new_account
from contrefeu.acts import (
    ENTRIES_MAX,
    NO_LONGER,
    AccountDrawn,
    Act,
    AlarmAcknowledged,
    AlarmRaised,
    Answered,
    CleanPointSet,
    CleanPointsSeen,
    EntriesDropped,
    EntriesReleased,
    EntriesSetAside,
    GapTaken,
    MessagesAnswered,
    MessagesClaimed,
    MessagesReleased,
    PathAccount,
    PatientAccount,
    PatientSignedOff,
    PointSeen,
    ReplayEnded,
    WardAccount,
    decode,
    encode,
    lots,
)
from contrefeu.base import rfc3339
from contrefeu.journal import MEDIA_ACT
from contrefeu.station.labels import entry_kind
from contrefeu.station.reprise import Following, reprise
from contrefeu.web import Words
from tests.chart.feed import adt
from tests.station.folded import Folded, at_work, house
from tests.station.visitors import text_of
from tests.station.ward_in_memory import NOW_NS, SECRET, STATION

MINUTE_NS = 60 * 1_000_000_000
REVIEW = "received between the last clean moment and the detection"


def at(minutes: int) -> str:
    """So many minutes ago."""
    return rfc3339(NOW_NS - minutes * MINUTE_NS)


def says(charts: Folded, *acts: Act) -> None:
    """What the commands wrote."""
    for act in acts:
        charts.take(STATION, "console", MEDIA_ACT, encode(act))


def account(chart: str, left: int, back: int = 5) -> AccountDrawn:
    """An account in which one patient of CARD has entries left."""
    fates = {"present": 900, "replayed": 80, "unaccounted": left, "kept_here": 10}
    kinds = {"FHIR MedicationRequest": left}
    wards = [WardAccount("CARD", left, 4.0 * left, kinds), WardAccount("URG", 1, 90.0, {"FHIR Flag": 1})]
    patients = [PatientAccount(chart, left, back)]
    ways = [PathAccount("data", 80, 72, 8, 16.0), PathAccount("retype", 20, 20, 0, 0.0)]
    return AccountDrawn(at(5), "export", 1000, fates, 100, 92, wards if left else wards[1:], patients, ways=ways)


GAP = GapTaken("export", {"j": 9}, "", 1000, 900, 98, 2, 0, "ff", at(60), older=3)


@pytest.fixture
def recovering() -> tuple[Folded, str]:
    """A house whose record system is back, and a patient of CARD."""
    charts = house()
    charts.feed(adt("A01", "1124 0200", place="CARD^^1"))
    bea = new_account("bea", "Dr Bea Roy", "physician", ["CARD", "CHIR"], secret=SECRET).act
    charts.take(STATION, "console", MEDIA_ACT, encode(bea))
    [hit] = charts.told.charts.find("martin")
    return charts, hit.id


@pytest.mark.req("R7", "R3")
def test_the_page_says_what_was_done_what_waits_and_how_long_still(recovering: tuple[Folded, str]) -> None:
    """Before anything, the commands to begin with; then counts, doubts, the pace of the replay, hours of typing."""
    charts, chart = recovering
    recovery = at_work("crise", charts)
    assert "contrefeu gap --against" in text_of(recovery.get("/recovery"))
    says(charts, GAP, MessagesClaimed("ehr", "c", [f"j/{n}" for n in range(50)], at(40)))
    says(charts, MessagesAnswered("ehr", "c", [Answered(f"j/{n}", "AA") for n in range(20)], at(30)))
    says(charts, MessagesAnswered("ehr", "c", [Answered(f"j/{n}", "AA") for n in range(20, 40)], at(20)))
    says(charts, MessagesAnswered("ehr", "c", [Answered("j/40", "AE")], at(20)))
    says(charts, MessagesReleased("ehr", "c", [f"j/{n}" for n in range(42, 50)], "unsent", at(20)))
    says(charts, EntriesSetAside(["j/90", "j/91"], REVIEW, "reprise", at(10)), account(chart, 3))
    charts.clock.advance(seconds=2)
    page = text_of(recovery.get("/recovery"))
    for words in ("900 / 1000", "manquent : 98 (dont à un état antérieur : 3) · y sont autrement : 2",
                  "ehr · acceptées : 40", "refusées : 1",
                  "regarder dans le système restauré : 1", "restent : 60", "2 entrées mises de côté attendent",
                  "reçues entre le dernier instant sain",
                  "en données 80 72 (90 %) 8 16 min",
                  "92 / 100 revenu sans ressaisie (92 %)", "prescriptions : 3", "1,5 h", "MARTIN Jeanne"):  # fmt: skip
        assert words in page, words
    assert "environ 29 min" in page, "21 answers in the ten minutes after the first: 60 more"
    english = text_of(recovery.get("/recovery", accept_language="en"))
    assert "left: 60" in english
    assert "prescriptions: 3" in english


@pytest.mark.req("R7")
def test_a_patient_is_signed_off_by_name_and_asked_again_when_more_is_lacking(recovering: tuple[Folded, str]) -> None:
    """With what was done by hand where something is left; another account that finds more asks again."""
    charts, chart = recovering
    says(charts, GAP, account(chart, 3))
    physician = at_work("bea", charts)
    page = text_of(physician.get("/recovery"))
    assert "MARTIN Jeanne" in page
    assert "précautions" not in page, "another ward's work is not theirs"
    assert physician.post("/recovery", chart=chart, remark=" ").status_code == 400
    assert physician.post("/recovery", chart=chart, remark="trois lignes ressaisies").status_code == 303
    [signed] = [found for e in charts.journal if isinstance(found := decode(e.body), PatientSignedOff)]
    assert (signed.chart, signed.left, signed.remark) == (chart, 3, "trois lignes ressaisies")
    assert physician.post("/recovery", chart=chart).status_code == 400, "it waits no longer"
    page = text_of(physician.get("/recovery"))
    assert "1 / 1 signés" in page
    assert "bea, " in page
    says(charts, account(chart, 4))
    charts.clock.advance(seconds=2)
    assert "mais il manque davantage depuis" in text_of(physician.get("/recovery"))
    says(charts, account(chart, 0))
    charts.clock.advance(seconds=2)
    assert "1 / 1 signés" in text_of(physician.get("/recovery")), "less is lacking than was signed for"


def said(charts: Folded, kind: type[Act]) -> list[Any]:
    """What people said of a kind, with who said it."""
    return [(e.source, found) for e in charts.journal if isinstance(found := decode(e.body), kind)]


@pytest.mark.req("R5")
def test_what_was_set_aside_is_taken_up_or_dropped_by_name_with_a_reason(recovering: tuple[Folded, str]) -> None:
    """Entry by entry or together; by somebody of the whole house; decided, it waits no more, and stays counted."""
    charts, _ = recovering
    first = next(e.ref for e in charts.journal if e.source == "DPI@CHU")
    second = "n-capture/2"
    says(charts, GAP, EntriesSetAside([first, second, "n-capture/3"], REVIEW, "reprise", at(10), "DPI@CHU"))
    ask = {"why": REVIEW, "owner": "reprise", "source": "DPI@CHU"}
    assert at_work("bea", charts).post("/recovery", **ask, all="yes", remark="x").status_code == 400
    recovery = at_work("crise", charts)
    page = text_of(recovery.get("/recovery"))
    for words in ("DPI@CHU · reçues entre", "identités, mouvements", second, "3 entrées mises de côté attendent"):
        assert words in page, words
    for wrong in ({"entry": first, "remark": " "}, {"remark": "x"}, {"entry": "n-capture/9", "remark": "x"}):
        assert recovery.post("/recovery", **ask, **wrong).status_code == 400
    assert recovery.post("/recovery", **ask, entry=first, remark="relue, saine", do="take").status_code == 303
    assert recovery.post("/recovery", **ask, all="yes", remark="écrites par l’attaquant", do="drop").status_code == 303
    assert [(by, act.entries) for by, act in said(charts, EntriesReleased)] == [("user/crise", [first])]
    [(by, dropped)] = said(charts, EntriesDropped)
    assert (by, dropped.entries, dropped.reason) == (
        "user/crise", [second, "n-capture/3"], "écrites par l’attaquant",
    )  # fmt: skip
    page = text_of(recovery.get("/recovery"))
    for words in ("reprises : 1 · écartées : 2", "écartées : 2 · écrites par l’attaquant", "à relire (0)"):
        assert words in page, words
    assert recovery.post("/recovery", **ask, all="yes", remark="encore").status_code == 400
    says(charts, EntriesSetAside([second], REVIEW, "reprise", at(1), "DPI@CHU"))
    charts.clock.advance(seconds=2)
    assert "à relire (0)" in text_of(recovery.get("/recovery")), "an old plan sets aside what was dropped since"


@pytest.mark.req("R5")
def test_what_a_comparison_releases_nobody_took_up(recovering: tuple[Folded, str]) -> None:
    """The doubt was lifted: it waits no more, and is no decision; in doubt again, it waits again."""
    charts, _ = recovering
    aside = EntriesSetAside(["n-capture/2"], REVIEW, "reprise", at(10), "DPI@CHU")
    says(charts, GAP, aside, EntriesReleased(["n-capture/2"], NO_LONGER, at(9)))
    recovery = at_work("crise", charts)
    page = text_of(recovery.get("/recovery"))
    assert "Mises de côté, à relire" not in page
    assert "reprises : 1" not in page
    says(charts, aside)
    charts.clock.advance(seconds=2)
    assert "à relire (1)" in text_of(recovery.get("/recovery"))


@pytest.mark.req("R5")
def test_many_entries_are_decided_together_in_acts_of_bounded_length(recovering: tuple[Folded, str]) -> None:
    """One decision on the page, in as many acts as it takes."""
    charts, _ = recovering
    refs = [f"n-capture/{n}" for n in range(2, 2 * ENTRIES_MAX + 3)]
    says(charts, GAP, *(EntriesSetAside(lot, REVIEW, "reprise", at(10), "DPI@CHU") for lot in lots(refs)))
    recovery, ask = at_work("crise", charts), {"why": REVIEW, "owner": "reprise", "source": "DPI@CHU"}
    assert recovery.post("/recovery", **ask, all="yes", remark="l’attaquant", do="drop").status_code == 303
    dropped = [act.entries for _, act in said(charts, EntriesDropped)]
    assert [len(one) for one in dropped] == [ENTRIES_MAX, ENTRIES_MAX, 1]
    assert [ref for one in dropped for ref in one] == refs
    assert f"écartées : {len(refs)} · l’attaquant" in text_of(recovery.get("/recovery"))


@pytest.mark.req("R5", "A1")
def test_until_when_a_source_is_clean_is_said_by_name_beside_what_the_watch_saw(
    recovering: tuple[Folded, str],
) -> None:
    """The watch's evidence, a real alarm, a person's word; a word is an act, and another word takes its place."""
    charts, _ = recovering
    says(charts, GAP, CleanPointsSeen(at(60), [PointSeen("DPI@CHU", at(300), "n-capture/1", 12, 3, 9.0, "merges")]))
    recovery = at_work("crise", charts)
    page = text_of(recovery.get("/recovery"))
    for words in ("saine jusqu’au", "12 messages comme d’habitude, 3 documents lisibles", "personne n’a rien dit",
                  "aucune source n’est en doute"):  # fmt: skip
        assert words in page, words
    raised = AlarmRaised("merges", "DPI@CHU", "attack", at(90), at(95), {}, ["n-capture/1"], at(300))
    ref = charts.take(STATION.replace("-station", "-watch"), "rule/merges", MEDIA_ACT, encode(raised))
    says(charts, AlarmAcknowledged(ref, at(80), "real"))
    charts.clock.advance(seconds=2)
    page = text_of(recovery.get("/recovery"))
    assert "alarme confirmée" in page
    assert "1 source en doute" in page
    word = {"whose": "DPI@CHU", "clean-day": "2026-11-23", "clean-time": "20:00", "detected-day": "2026-11-24",
            "detected-time": "1:30", "reason": "compte du labo ouvert de l’étranger", "do": "doubt"}  # fmt: skip
    for wrong in ({"reason": " "}, {"clean-time": "25:00"}, {"clean-day": "2026-11-24"}, {"detected-time": "23:00"}):
        assert recovery.post("/recovery", **(word | wrong)).status_code == 400, wrong
    assert at_work("bea", charts).post("/recovery", **word).status_code == 400, "not of the whole house"
    for nobody in ("DPI", "x" * 50_000):
        assert recovery.post("/recovery", **(word | {"whose": nobody})).status_code == 400, "nobody heard of it"
    assert recovery.post("/recovery", **word).status_code == 303
    [(by, act)] = said(charts, CleanPointSet)
    assert (by, act.source, act.clean, act.detected) == (
        "user/crise", "DPI@CHU", "2026-11-23T19:00:00.000000Z", "2026-11-24T00:30:00.000000Z",
    )  # fmt: skip
    page = text_of(recovery.get("/recovery"))
    for words in ("23 nov. 2026 20:00", "compte du labo ouvert de l’étranger", "crise, "):
        assert words in page, words
    assert recovery.post("/recovery", **(word | {"do": "trust", "reason": "poste refait"})).status_code == 303
    english = text_of(recovery.get("/recovery", accept_language="en"))
    assert "no source is in doubt" in english
    assert "poste refait" in english


@pytest.mark.req("R8")
def test_what_is_decided_and_signed_leaves_an_audit_entry(recovering: tuple[Folded, str]) -> None:
    """Who, of whom, what; what was refused leaves none of these."""
    charts, chart = recovering
    says(charts, GAP, EntriesSetAside(["n-capture/2"], REVIEW, "reprise", at(10), "DPI@CHU"), account(chart, 3))
    recovery = at_work("crise", charts)
    before = len(charts.audited())
    ask = {"why": REVIEW, "owner": "reprise", "source": "DPI@CHU", "all": "yes"}
    for done in (
        {**ask, "remark": "relues"}, {"whose": "", "do": "trust", "reason": "rien"}, {"chart": chart, "remark": "fait"},
    ):  # fmt: skip
        assert recovery.post("/recovery", **(done | {"remark": "", "reason": ""})).status_code == 400
        assert recovery.post("/recovery", **done).status_code == 303
    told = [
        (one["agent"][0]["who"]["identifier"]["value"], [entity["what"] for entity in one["entity"]])
        for one in charts.audited()[before:]
        if one["entity"][-1]["what"]["display"].startswith("recovery: ")
    ]
    assert told == [
        ("crise", [{"display": "recovery: review decided"}]),
        ("crise", [{"display": "recovery: clean point"}]),
        ("crise", [{"reference": f"Patient/{chart}"}, {"display": "recovery: signed off"}]),
    ]


@pytest.mark.req("R7")
def test_a_kind_that_has_no_row_is_called_by_its_family() -> None:
    """No code of a message stands on the page where a word can."""
    words = Words("fr", ZoneInfo("Europe/Paris"))
    assert entry_kind("ADT^A40", words) == "réunions de dossiers"
    assert entry_kind("ORU^R01", words) == "résultats"
    assert entry_kind("FHIR Media", words) == entry_kind("", words) == "autres"
    assert entry_kind("ZZZ^Z01", words) == "ZZZ^Z01"


@pytest.mark.req("R7", "F24")
def test_who_sees_the_recovery(recovering: tuple[Folded, str]) -> None:
    """Physicians their wards', coordination everybody; nobody signs for another ward's patient."""
    charts, chart = recovering
    says(charts, GAP, account(chart, 1))
    assert at_work("nadia", charts).get("/recovery").status_code == 403
    assert at_work("accueil", charts).get("/recovery").status_code == 403
    charts.feed(adt("A02", "1124 0230", place="URG^^1"))
    charts.clock.advance(seconds=2)
    physician = at_work("bea", charts)
    assert "MARTIN Jeanne" not in text_of(physician.get("/recovery"))
    assert physician.post("/recovery", chart=chart, remark="x").status_code == 400
    assert at_work("crise", charts).post("/recovery", chart=chart, remark="x").status_code == 303


@pytest.mark.req("R7")
def test_another_comparison_begins_the_count_anew() -> None:
    """What was sent before it is in what was compared; a claim without an answer is in doubt, a released one is not."""
    sent = MessagesClaimed("ehr", "c", ["j/1", "j/2"], at(9))
    found = reprise([(None, act) for act in (GAP, sent, MessagesReleased("ehr", "c", ["j/2"], "u", at(8)))])  # type: ignore[misc]
    assert (found.sendings["ehr"].doubtful, found.remaining) == (1, 100)
    assert found.sendings["ehr"].seconds_for(60) is None, "no answer yet: nobody knows the pace"
    again = reprise([(None, act) for act in (GAP, sent, GAP)])  # type: ignore[misc]
    assert (again.sendings["ehr"].doubtful, again.remaining) == (2, 100), "compared anew, it is in doubt still"
    taken = MessagesAnswered("ehr", "c", [Answered("j/1", "AA"), Answered("j/2", "AA")], at(8))
    again = reprise([(None, act) for act in (GAP, sent, taken, GAP)])  # type: ignore[misc]
    assert (again.sendings, again.remaining) == ({}, 100)


@pytest.mark.req("R7")
def test_acts_that_become_more_are_read_on_and_others_anew() -> None:
    """An act is read once, however often the page is looked at, and it says what a reading of all would say."""

    class Counted(list[Any]):
        read = 0

        def __getitem__(self, at: Any) -> Any:
            self.read += 1
            return super().__getitem__(at)

    follow, acts = Following(), Counted()
    sent = MessagesClaimed("ehr", "c", ["j/1", "j/2"], at(9))
    taken = MessagesAnswered("ehr", "c", [Answered("j/1", "AA")], at(8))
    ended = ReplayEnded("ehr", at(7), 100, 1, remaining=99)
    for act in (GAP, sent, taken, ended, account("p", 3), GAP, account("p", 1)):
        acts.append((None, act))
        assert follow(acts) == reprise(list(acts))
    assert (follow(acts).patients["p"].left, acts.read) == (1, 7)
    assert follow(list(acts[:3])) == reprise(acts[:3]), "another list is read anew"


@pytest.mark.req("R7", "R3")
def test_what_is_held_or_set_aside_is_not_said_to_take_time(recovering: tuple[Folded, str]) -> None:
    """A run says at its end what waits, and for whom; what one target took, another's run does not take off again."""
    gap = GapTaken("export", {"j": 9}, "", 10, 0, 10, 0, 0, "ff", at(60))
    sent = [MessagesClaimed("ehr", "c", [f"j/{n}" for n in range(7)], at(40)),
            MessagesAnswered("ehr", "c", [Answered(f"j/{n}", "AA") for n in range(7)], at(30))]  # fmt: skip
    twice = [MessagesAnswered("lab", "d", [Answered(f"j/{n}", "AA") for n in range(5)], at(35))]
    found = reprise([(None, act) for act in (gap, *twice, *sent)])  # type: ignore[misc]
    assert found.remaining == 3, "five of them went to both"
    why = {"it would ask somebody to act again": 2}
    ended = ReplayEnded("ehr", at(29), 10, 7, held=2, set_aside=1, reasons=why)
    found = reprise([(None, act) for act in (gap, *sent, ended)])  # type: ignore[misc]
    assert found.remaining == 0
    charts, _ = recovering
    says(charts, gap, *sent, ended)
    page = text_of(at_work("crise", charts).get("/recovery"))
    for words in ("retenues, pour une personne : 2", "2 · le destinataire agirait une seconde fois", "Rien ne reste."):
        assert words in page, words
    english = text_of(at_work("crise", charts).get("/recovery", accept_language="en"))
    assert "2 · the target would act a second time" in english
