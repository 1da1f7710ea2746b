"""A honey patient is found and opened as any other, and stands in no answer about more than one patient (F46).

Method: a store of three patients, one of whom the security officer names; every question of the charts is asked before
and after, and again once it is released.
"""

from pathlib import Path
from typing import Any

import pytest

from contrefeu.acts import AccountAdded, Act, HoneyNamed, HoneyReleased, encode
from contrefeu.chart.answers import Charts
from contrefeu.hospital import parse_settings
from contrefeu.journal import MEDIA_ACT, Entry
from tests.chart.feeds import Told, admitted, entry, merged, message, resulted

AT = "2026-09-21T12:00:00Z"


def critical(number: str, control: str) -> bytes:
    """A result that somebody must answer."""
    return resulted(number, control, "7.1").replace(b"|H|||F", b"|HH|||F")


def prescribed(number: str, control: str) -> bytes:
    """A drug that runs."""
    lines = ("ORC|NW|P1^DPI|||||||20260921080000", "RXE||PARA^Paracétamol^L|1||g", "TQ1|1||Q8H||||20260921080000")
    return message("RDE^O11", number, control=control, rest=lines)


ROLES = {"rssi": "security", "nadia": "nurse", "crise": "coordinator"}
REAL = [
    entry(admitted("1", "c1", bed="1"), 1),
    entry(critical("1", "c2"), 2),
    entry(admitted("2", "c3", bed="2"), 3),
    entry(prescribed("2", "c8"), 8),
]
LAID = [
    entry(admitted("7", "c4", ward="CARD", bed="9"), 4),
    entry(critical("7", "c5"), 5),
    entry(prescribed("7", "c6"), 6),
]


def act(n: int, said: Act, by: str = "user/rssi") -> Entry:
    """Something done at the station."""
    return entry(encode(said), n, journal="n-station", at=100 + n, source=by, media=MEDIA_ACT)


STAFF = [act(n, AccountAdded(login, login, role, "x"), "console") for n, (login, role) in enumerate(ROLES.items(), 1)]
NAMED = act(11, HoneyNamed(["HOSP|7"], AT, "cardiology"))


def answers(charts: Charts, to: Path) -> dict[str, Any]:
    """Whatever is said of more than one patient, but for how far the journals are read."""
    board, status = charts.board("CARD"), charts.status()
    paged: list[str] = []
    after = 0
    while some := charts.people(after, limit=1):
        paged += [person.chart for person in some]
        after = some[-1].n
    return {
        "wards": charts.wards(),
        "rows": [row.id for row in board.rows],
        "free": board.free_beds,
        "hospital": [row.id for row in charts.board().rows],
        "work": [line.id for line in charts.work()],
        "drugs": charts.drugs(),
        "people": [person.chart for person in charts.people()],
        "page by page": paged,
        "patients": (status.patients, status.test_patients),
        "export": charts.export(to).resources,
        "sha256": charts.sha256(),
        "sha256 at": charts.sha256(1 << 62),
    }


@pytest.mark.req("F46")
def test_a_honey_patient_is_in_no_census_count_list_or_export(tmp_path):
    """Every answer is the one of a house that never heard of them: beds, counts, work, matching, export, hash."""
    without = answers(Told().take(*REAL, *STAFF).charts, tmp_path / "without")
    told = Told().take(*REAL, *LAID, *STAFF)
    before = answers(told.charts, tmp_path / "before")
    assert {key: value for key, value in before.items() if without[key] == value} == {"free": []}
    told.take(NAMED)
    assert answers(told.charts, tmp_path / "named") == without
    assert [(one.number, one.ward) for one in told.charts.honey()] == [("HOSP|7", "CARD")]
    told.take(act(12, HoneyReleased(NAMED.ref, AT)))
    assert answers(told.charts, tmp_path / "released") == before
    assert told.charts.honey() == []


@pytest.mark.req("F46")
def test_it_is_found_and_opened_as_any_other():
    """Search, chart, text, sources and numbers are what they were before it was named: nobody can tell."""
    told = Told().take(*REAL, *LAID, *STAFF)

    def seen() -> list[object]:
        (hit,) = told.charts.find("jean7")
        sources = told.charts.sources(hit.id)
        return [hit, told.charts.text(hit.id), sources, told.charts.numbers(hit.id), told.charts.bundle("7")]

    before = seen()
    told.take(NAMED)
    assert seen() == before


def test_only_the_security_officer_lays_one():
    """A nurse, the crisis cell, the console and a feed hide nobody."""
    for by in ("user/nadia", "user/crise", "console", "ADT@HOSP"):
        told = Told().take(*REAL, *STAFF, act(11, HoneyNamed(["HOSP|1"], AT), by))
        assert len(told.charts.board("CARD").rows) == 2
    feed = entry(encode(HoneyNamed(["HOSP|1"], AT)), 9, source="user/rssi", media=MEDIA_ACT)
    assert len(Told().take(*REAL, *STAFF, feed).charts.board("CARD").rows) == 2, "only a station's journal counts"


def test_it_stays_one_under_another_number_and_when_it_was_named_before_it_came():
    """Merged into another number it is still left out; a number that no chart has yet holds once one comes."""
    told = Told().take(*REAL, *STAFF, NAMED).take(*LAID)
    assert len(told.charts.board("CARD").rows) == 2
    told.take(entry(merged("8", "7", "c9"), 9, at=300))
    assert told.charts.status().patients == 2
    assert len(told.charts.people()) == 2


def test_the_settings_may_name_one_too(tmp_path):
    """By its value alone; a number that two patients had names nobody."""
    settings = parse_settings('[node]\nid = "test-node"\n[watch]\nhoney = ["7", "404"]\n')
    told = Told(settings=settings).take(*REAL, *LAID, *STAFF)
    without = Told().take(*REAL, *STAFF).charts
    assert answers(told.charts, tmp_path / "a") == answers(without, tmp_path / "b")
