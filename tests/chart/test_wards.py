"""Wards and beds are learned from feeds and lists, and corrected by an administrator; boards, counts and search follow.

Method: a store of four patients in two wards that are one; what each question answers before an act and after it.
"""

from collections import Counter
from itertools import permutations

import pytest

from contrefeu.acts import AccountAdded, Act, CorrectedWards, DowntimeDeclared, DowntimeLifted, WardCorrected, encode
from contrefeu.base import parse_rfc3339
from contrefeu.chart import WardSummary
from contrefeu.chart.stores import LISTS_NOTE
from contrefeu.hospital import parse_settings
from contrefeu.journal import MEDIA_ACT, Entry
from tests.chart.feeds import SETTINGS, Told, entry, message

AT = "2026-09-21T12:00:00Z"


def admitted(number: str, control: str, *, ward: str = "CARD", bed: str = "1") -> bytes:
    """An admission to a bed that has no room of its own."""
    pv1 = f"PV1||I|{ward}^^{bed}|||||||||||||||||V{number}^^^HOSP^VN"
    return message("ADT^A01", number, control=control, pv1=pv1)


LYING = [
    entry(admitted("1", "c1", bed="10"), 1),
    entry(admitted("2", "c2", bed="2"), 2),
    entry(admitted("3", "c3", ward="CARDIO", bed="3"), 3),
    entry(admitted("4", "c4", ward="HDJ", bed="1"), 4),
]
STAFF = [("lea", "admin"), ("nadia", "nurse")]


def act(n: int, said: Act, by: str = "lea") -> Entry:
    """Something done at the station."""
    return entry(encode(said), n, journal="n-station", at=100 + n, source=f"user/{by}", media=MEDIA_ACT)


ADDED = [act(n, AccountAdded(login, login, role, "x")) for n, (login, role) in enumerate(STAFF, 1)]


def corrected(n: int, ward: str, by: str = "lea", **more: object) -> Entry:
    """A correction."""
    return act(n, WardCorrected(ward, AT, **more), by)  # type: ignore[arg-type]


def listed(n: int, *lines: str, kind: str = "M05", world: str = "P") -> Entry:
    """A list of the hospital's own: each line an event, and what follows it."""
    head = f"MSH|^~\\&|ADT|HOSP|CF|CF|20260921080000||MFN^{kind}|m{n}|{world}|2.5"
    return entry("\r".join([head, "MFI|LOC||UPD|||AL", *lines]).encode() + b"\r", n)


def place(event: str, where: str, name: str = "", kind: str = "N") -> str:
    """A place of the list."""
    return f"MFE|{event}|||{where}|PL\rLOC|{where}|{name}|{kind}"


def wards(told: Told) -> list[tuple[str, str, int, int]]:
    """Every ward that is shown: id, name, patients, beds."""
    return [(ward.id, ward.name, ward.patients, ward.beds) for ward in told.charts.wards()]


def beds(told: Told, ward: str) -> tuple[list[str], list[str]]:
    """The beds of a board: who lies, in its order, and free ones."""
    board = told.charts.board(ward)
    return [row.bed for row in board.rows], board.free_beds


@pytest.mark.req("F30")
def test_a_ward_is_renamed_and_its_beds_are_put_in_order():
    """Its board, its count and the pick of free beds follow; a bed that is not in the list keeps its patient shown."""
    told = Told().take(*LYING, *ADDED)
    assert wards(told)[0] == ("CARD", "CARD", 2, 2)
    assert beds(told, "CARD") == (["2", "10"], [])
    told.take(corrected(11, "CARD", name="Cardiologie", beds=["10", "9", "8"]))
    assert wards(told)[0] == ("CARD", "Cardiologie", 2, 3)
    assert beds(told, "CARD") == (["10", "2"], ["9", "8"])
    assert told.charts.board("CARD").name == "Cardiologie"
    told.take(corrected(12, "CARD"))
    assert (wards(told)[0], beds(told, "CARD")) == (("CARD", "CARD", 2, 2), (["2", "10"], []))


@pytest.mark.req("F30")
def test_two_names_of_one_ward_are_united():
    """One board under either name, one line, the search and the lists of work name it; undone, all is as before."""
    told = Told().take(*LYING, *ADDED)
    before = (wards(told), beds(told, "CARD"), beds(told, "CARDIO"))
    told.take(corrected(11, "CARDIO", into="CARD"))
    assert told.charts.wards()[0] == WardSummary("CARD", "CARD", 3, 3, 0, ["CARDIO"])
    assert beds(told, "CARD") == beds(told, "CARDIO") == (["2", "3", "10"], [])
    board = told.charts.board("CARDIO")
    assert (board.ward, board.also, {row.ward for row in board.rows}) == ("CARD", ["CARDIO"], {"CARD"})
    assert {row.ward for row in told.charts.board().rows} == {"CARD", "HDJ"}
    (hit,) = told.charts.find("jean3")
    row = told.charts.row(hit.id)
    assert row is not None
    assert (hit.ward, row.ward) == ("CARD", "CARD")
    told.take(corrected(12, "CARDIO"))
    assert (wards(told), beds(told, "CARD"), beds(told, "CARDIO")) == before


def downtimes(told: Told) -> dict[str, bool]:
    """Of each ward, whether what fell due there is no more known."""
    return {one: bool(told.charts._downtime_ns(one)) for one in ("CARD", "CARDIO", "HDJ")}


@pytest.mark.req("F2")
def test_a_downtime_of_one_name_is_the_ward_s():
    """Declared of one name, it holds for the patients whom feeds put under the other one; lifted under one, of both."""
    told = Told().take(*LYING, *ADDED, act(11, DowntimeDeclared(["CARDIO"], "attack", AT)))
    told.charts.board("CARD")
    assert downtimes(told) == {"CARD": False, "CARDIO": True, "HDJ": False}
    told.take(corrected(12, "CARDIO", into="CARD"))
    told.charts.board("CARD")
    assert downtimes(told) == {"CARD": True, "CARDIO": True, "HDJ": False}
    told.take(act(13, DowntimeLifted(["CARD"], "", AT)))
    told.charts.board("CARD")
    assert downtimes(told) == {"CARD": False, "CARDIO": False, "HDJ": False}


@pytest.mark.req("F4")
def test_a_ward_that_was_lifted_alone_is_out_of_the_hospital_s_downtime():
    """On boards too: what falls due there is known again; a second declaration moves no minute."""
    told = Told().take(*LYING, *ADDED, act(11, DowntimeDeclared([], "attack", AT)))
    told.take(act(12, DowntimeDeclared([], "attack", "2026-09-21T13:00:00Z", "screen")))
    told.charts.board()
    assert told.charts._downtime_ns("HDJ") == parse_rfc3339(AT)
    told.take(act(13, DowntimeLifted(["HDJ"], "", AT)))
    told.charts.board()
    assert downtimes(told) == {"CARD": True, "CARDIO": True, "HDJ": False}


@pytest.mark.req("F30")
def test_a_bed_is_closed_under_the_name_that_the_list_says():
    """Two names of one ward have a bed 1 each: taken off under one of them, the other one stays."""
    told = Told().take(*LYING, *ADDED, corrected(11, "CARDIO", into="CARD"))
    told.take(listed(12, place("MAD", "CARD^^1", kind="B"), place("MAD", "CARDIO^^1", kind="B")))
    told.take(listed(13, "MFE|MDC|||CARDIO^^1|PL"))
    assert "1" in beds(told, "CARD")[1]
    told.take(listed(14, "MFE|MDC|||CARD^^1|PL"))
    assert "1" not in beds(told, "CARD")[1]


@pytest.mark.req("F30")
def test_a_ward_that_the_list_took_off_shows_only_while_somebody_lies_there():
    """Its beds, known of feeds and of the list, keep it in no list of wards; its patient is on its board meanwhile."""
    told = Told().take(*LYING, listed(9, place("MAD", "HDJ", "Jour"), place("MAD", "HDJ^^7", kind="B")))
    told.take(listed(10, "MFE|MDL|||HDJ|PL"))
    assert [one[0] for one in wards(told)] == ["CARD", "CARDIO", "HDJ"]
    assert beds(told, "HDJ")[0] == ["1"]
    told.take(entry(message("ADT^A03", "4", control="c9", pv1="PV1||I|HDJ^^1|||||||||||||||||V4^^^HOSP^VN"), 11))
    assert [one[0] for one in wards(told)] == ["CARD", "CARDIO"]
    assert "HDJ" in {one.id for one in told.charts.known_wards()}, "whoever corrects wards sees it still"


def test_a_question_asks_once_what_people_and_lists_said(monkeypatch):
    """However many patients a board has: the acts and the lists are looked at once for each question."""
    told = Told().take(*LYING, *ADDED, corrected(11, "CARDIO", into="CARD"), listed(12, place("MAD", "CARD", "Cardio")))
    kept, asked = told.charts._store.kept, Counter[str]()
    for name in ("acts_count", "note"):
        real = getattr(kept, name)
        monkeypatch.setattr(kept, name, lambda *args, real=real, name=name: asked.update([name, *args]) or real(*args))
    told.charts.board("CARD")
    assert (asked["acts_count"], asked[LISTS_NOTE]) == (1, 1)


@pytest.mark.req("F30")
def test_a_hidden_ward_shows_again_when_somebody_lies_there():
    """A day clinic is hidden; whoever is admitted there is on a board at once."""
    told = Told().take(*LYING[:3], *ADDED, corrected(11, "HDJ", hidden=True, beds=["1"]))
    assert [ward.id for ward in told.charts.wards()] == ["CARD", "CARDIO"]
    told.take(LYING[3])
    assert [ward.id for ward in told.charts.wards()] == ["CARD", "CARDIO", "HDJ"]


@pytest.mark.parametrize("by", ["nadia", "nobody", "HIS@HOSP"])
def test_nobody_else_corrects_a_ward(by):
    """A nurse, an unknown login and a feed that says so change nothing."""
    told = Told().take(*LYING, *ADDED)
    before = wards(told)
    told.take(corrected(11, "CARD", by, name="Mine"))
    assert wards(told) == before


def test_what_settings_declare_holds():
    """Name, beds and the ward itself are theirs; beds that they leave out may be said on the page."""
    text = (
        '[node]\nid = "test-node"\n[[wards]]\nid = "CARD"\nname = "Cardio"\n[[wards]]\nid = "HDJ"\nbeds = ["1", "2"]\n'
    )
    told = Told(settings=parse_settings(text)).take(*LYING, *ADDED)
    told.take(
        corrected(11, "CARD", name="Other", hidden=True, beds=["7", "10"]),
        corrected(12, "HDJ", into="CARD", beds=["9"], name="Jour"),
    )
    assert wards(told) == [("CARD", "Cardio", 2, 2), ("CARDIO", "CARDIO", 1, 1), ("HDJ", "Jour", 1, 2)]
    assert beds(told, "HDJ") == (["1"], ["2"])


def test_a_circle_of_wards_unites_nobody():
    """Two administrators who unite each other's ward, apart: each stays its own."""
    told = CorrectedWards()
    told.apply(AccountAdded("lea", "Lea", "admin", "x"), "console")
    for ward, into in (("A", "B"), ("B", "A"), ("C", "A")):
        told.apply(WardCorrected(ward, AT, into=into), "user/lea")
    assert [told.home(ward) for ward in "ABC"] == ["A", "B", "C"]
    told.apply(WardCorrected("B", AT, name="Bloc"), "user/lea")
    assert [told.members(ward) for ward in "ABC"] == [("B", "A", "C")] * 3
    assert (told.widened(["C", "X"]), told.name("C")) == (("C", "B", "A", "X"), "Bloc")


@pytest.mark.req("F30")
def test_the_hospital_s_own_list_makes_wards_and_beds_before_anybody_lies_there():
    """MFN^M05: wards with their names, beds free; a clinic is none; a bed that is taken off is none any more."""
    told = Told().take(
        listed(
            1,
            place("MAD", "CARD", "Cardiologie"),
            place("MAD", "CARD^^10", kind="B"),
            place("MAD", "CARD^^11", kind="B"),
            place("MAD", "CONSULT", "Consultations", "C"),
            place("MAD", "NEURO", "Neurologie"),
        )
    )
    assert wards(told) == [("CARD", "Cardiologie", 0, 2), ("NEURO", "Neurologie", 0, 0)]
    assert beds(told, "CARD") == ([], ["10", "11"])
    told.take(entry(admitted("1", "c1", bed="10"), 2), entry(admitted("2", "c2", bed="12"), 3))
    assert beds(told, "CARD") == (["10", "12"], ["11"])
    told.take(listed(4, "MFE|MDC|||CARD^^11|PL", "MFE|MDL|||NEURO|PL"))
    assert wards(told) == [("CARD", "Cardiologie", 2, 2)]
    assert beds(told, "CARD") == (["10", "12"], [])
    status = told.charts.status()
    assert (status.unread, status.waiting) == (0, 0), "a list is read, and nobody's: it waits for nobody"


@pytest.mark.req("F30")
def test_a_list_is_the_same_whatever_order_it_came_in():
    """The newest word of each line holds, by when it was received."""
    said = [
        listed(1, place("MAD", "CARD", "Cardio"), place("MAD", "CARD^^1", kind="B")),
        listed(2, place("MUP", "CARD", "Cardiologie"), place("MDL", "CARD^^1", kind="B")),
        listed(3, place("MAC", "CARD^^1", kind="B"), place("MAD", "CARD^^2", kind="B")),
    ]
    found = set()
    for order in permutations(said):
        told = Told()
        for one in order:
            told.batches.take(
                [Entry(f"j{one.sequence}-capture", 1, one.received_ns, one.hlc, one.source, one.media_type, one.body)]
            )
        found.add((tuple(wards(told)), tuple(beds(told, "CARD")[1])))
    assert found == {((("CARD", "Cardiologie", 0, 2),), ("1", "2"))}


def test_a_list_of_an_exercise_is_an_exercise_s():
    """MSH-11 T: no ward of it stands beside real ones (F33)."""
    told = Told().take(*LYING, listed(9, place("MAD", "FAKE", "Fausse"), world="T"))
    assert "FAKE" not in {ward.id for ward in told.charts.wards("P")}
    assert [ward.id for ward in told.charts.wards("T")] == ["FAKE"]


def test_every_name_is_known_apart_before_it_is_corrected():
    """What the page of corrections shows: patients, beds and names of each name, united or not."""
    told = Told(settings=SETTINGS).take(*LYING, *ADDED, corrected(11, "CARDIO", into="CARD", beds=["3", "4"]))
    told.take(listed(12, place("MAD", "CARD", "Cardiologie")))
    found = {one.id: (one.patients, one.listed, one.beds, one.settled) for one in told.charts.known_wards()}
    assert found == {
        "CARD": (2, "Cardiologie", ["10", "2"], False),
        "CARDIO": (1, "", ["3"], False),
        "HDJ": (1, "", ["1"], False),
    }
