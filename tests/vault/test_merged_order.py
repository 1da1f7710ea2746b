"""Whatever is written where, exchanged when and stamped by which clock, all stations end with one order and one chart.

Method: real writers with clocks of their own, off by minutes or by years and moved while they write; exchanges in any
order between any two of them, through the questions that a connection carries; then everybody meets everybody. Compared
are the merged order that every fold uses, and the hash of the charts of the real fold. A station's clock may be wrong
by years: its own entries stand where its clock says, and nobody else's are moved by it.
"""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contrefeu.base import AHEAD_NS_MAX, ManualClock
from contrefeu.chart import open_charts
from contrefeu.custody import KeyPair
from contrefeu.hospital import parse_settings
from contrefeu.journal import MEDIA_HL7V2, Draft, Entry, JournalReader, journals_in
from contrefeu.vault import Report
from contrefeu.vault.wire import Answerer, PeerShelf
from tests.vault.stations import Station

PAIR, _ = KeyPair.draw("recovery")
SETTINGS = parse_settings('[node]\nid = "nfold"\n')
NAMES = ("na1", "nb2", "nc3")
MINUTE_NS, YEAR_NS = 60 * 1_000_000_000, 365 * 86_400 * 1_000_000_000


class NextDoor(PeerShelf):
    """A peer's shelf without the connection between: every question and answer as MessagePack all the same."""

    def __init__(self, of: Station, asking: Station) -> None:
        peer = of.exchange.peers.get(asking.name)
        assert peer is not None
        self.giver = of.name
        self._answerer = Answerer(of.exchange, peer, of.clock)

    def _ask(self, kind: Any, *question: Any) -> Any:
        name, *arguments = msgspec.msgpack.decode(msgspec.msgpack.encode(question))
        answer = self._answerer._answer(name, *arguments)
        return msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=kind)


@dataclass
class Group:
    """Stations that have joined each other."""

    root: Path
    stations: list[Station] = field(default_factory=list)
    caused: list[tuple[tuple[int, str, int], tuple[int, str, int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stations = [
            Station(self.root / name, name, ManualClock(), segment_bytes=4096, recipients=(PAIR.recipient,))
            for name in NAMES
        ]
        for one in self.stations:
            for other in self.stations:
                if one is not other:
                    one.join(other)

    def close(self) -> None:
        for station in self.stations:
            station.exchange.close()
            station.crash()

    def write(self, at: int, patient: int) -> None:
        """A message about a patient whom all stations know; what was known here by then is its cause."""
        station = self.stations[at]
        known = [entry for entry in self.merged(station) if not _far_ahead(entry, station)]
        station.say(0)
        station.said += 1
        assert station.writer is not None
        body = _message(station.name, station.said, patient)
        [sequence] = station.writer.append([Draft("ADM@CHU", MEDIA_HL7V2, body, station.clock.now_ns())])
        station.writer.checkpoint()
        written = next(e for e in self.own(station) if e.sequence == sequence)
        self.caused += [(_place(entry), _place(written)) for entry in known[-3:]]

    def exchange(self, one: int, other: int) -> Report:
        """One takes from the other what it has."""
        report = Report(more=True)
        here, there = self.stations[one], self.stations[other]
        while report.more:
            report.more = False
            here.exchange.take(NextDoor(there, here), report)
        return report

    def own(self, station: Station) -> list[Entry]:
        return [e for e in self.merged(station) if e.journal == station.journal]

    def merged(self, station: Station) -> list[Entry]:
        """All entries that a station has, as every fold reads them."""
        found = []
        for files in journals_in(station.journals):
            reader = JournalReader(files, lambda h: PAIR.open(h.keys[0].sealed, h.origin, h.segment))
            found += [entry for batch in reader.after(0) for entry in batch]
            reader.close()
        return sorted(found, key=_place)

    def charts_of(self, station: Station) -> str:
        def key_of(header: Any) -> bytes:
            return PAIR.open(header.keys[0].sealed, header.origin, header.segment)

        with open_charts(station.root / "charts.db", bytes(32), station.journals, key_of, SETTINGS) as charts:
            assert not charts.status().troubles
            return charts.sha256(None)


def _place(entry: Entry) -> tuple[int, str, int]:
    return entry.hlc, entry.journal, entry.sequence


def _far_ahead(entry: Entry, station: Station) -> bool:
    return (entry.hlc >> 16) * 1_000_000 > station.clock.now_ns() + AHEAD_NS_MAX


def _message(site: str, number: int, patient: int) -> bytes:
    kind, rest = ("A01", f"PV1|1|I|MED^101^{number}||||||||||||||||S{patient}\r")
    if number % 3 == 0:
        kind, rest = ("A08", f"PV1|1|I|MED^102^{number}||||||||||||||||S{patient}\rAL1|1|DA|P{number}^DRUG {number}\r")
    return (
        f"MSH|^~\\&|ADM|CHU|CF|CHU|20261124030000||ADT^{kind}|{site}-{number}|P|2.5\r"
        f"EVN|{kind}|20261124030000\r"
        f"PID|1||9{patient:05d}^^^CHU^PI||NOM{site}{number}^PRENOM||19700101|F\r{rest}"
    ).encode()


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 2), st.integers(1, 2)),
        st.tuples(st.just("exchange"), st.integers(0, 2), st.integers(0, 2)),
        st.tuples(
            st.just("clock"),
            st.integers(0, 2),
            st.sampled_from([1_000, MINUTE_NS, -10 * MINUTE_NS, 20 * MINUTE_NS, YEAR_NS, -3 * YEAR_NS]),
        ),
        st.tuples(st.just("restart"), st.integers(0, 2), st.just(0)),
    ),
    min_size=4,
    max_size=24,
)


HEARD_WHILE_WRITING = [
    ("write", 1, 1),
    ("clock", 0, MINUTE_NS),
    ("write", 0, 1),
    ("exchange", 1, 0),
    ("write", 1, 2),
    ("exchange", 2, 1),
    ("write", 2, 1),
]


@pytest.mark.req("D9")
@given(actions=ACTIONS)
@example(actions=HEARD_WHILE_WRITING)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_all_stations_end_with_one_order_and_one_chart(actions: list[tuple[str, int, int]]) -> None:
    """Any interleaving of writers, exchanges, restarts and clocks: same entries, same order, same charts everywhere;
    and what was written after something had been read stands behind it."""
    root = Path(tempfile.mkdtemp())
    group = Group(root)
    try:
        for name, one, other in actions:
            if name == "write":
                group.write(one, other)
            elif name == "exchange" and one != other:
                assert not group.exchange(one, other).found
            elif name == "clock":
                group.stations[one].clock.advance(seconds=other / 1e9)
            elif name == "restart":
                group.stations[one].crash()
                group.stations[one].restart()
        for _ in range(2):
            for one in range(3):
                for other in range(3):
                    if one != other:
                        group.exchange(one, other)
        orders = [[_place(entry) for entry in group.merged(station)] for station in group.stations]
        assert orders[0] == orders[1] == orders[2]
        assert len(orders[0]) == sum(1 for name, _, _ in actions if name == "write")
        assert len({group.charts_of(station) for station in group.stations}) == 1
        for cause, effect in group.caused:
            assert cause < effect
    finally:
        group.close()
        shutil.rmtree(root)


@pytest.fixture
def group(tmp_path: Path) -> Any:
    made = Group(tmp_path)
    yield made
    made.close()


@pytest.mark.req("D9")
def test_what_is_written_after_reading_stands_behind_it(group: Group) -> None:
    """A ward PC ten minutes late: a dose given after the order was read stands behind the order."""
    group.stations[0].clock.advance(seconds=600)
    group.write(0, 1)
    group.exchange(1, 0)
    group.write(1, 1)
    [order, dose] = group.merged(group.stations[1])
    assert (order.journal, dose.journal) == (group.stations[0].journal, group.stations[1].journal)


@pytest.mark.req("D9")
def test_a_clock_years_ahead_moves_no_other(group: Group) -> None:
    """Its entries stand in its own future; what others write keeps their own time."""
    ahead, here = group.stations[0], group.stations[1]
    ahead.clock.advance(seconds=3 * 365 * 86_400)
    group.write(0, 1)
    group.exchange(1, 0)
    group.write(1, 1)
    [written] = group.own(here)
    assert abs((written.hlc >> 16) * 1_000_000 - here.clock.now_ns()) < MINUTE_NS
    assert group.merged(here)[-1].journal == ahead.journal


def test_one_clock_on_a_machine_that_is_set_back_keeps_its_order(group: Group) -> None:
    """Two journals of one machine, its clock set back five minutes between them: cause before effect all the same."""
    group.write(0, 1)
    station = group.stations[0]
    station.crash()
    other = Station(station.root, "na1x", station.clock, recipients=(PAIR.recipient,))
    station.clock.advance(seconds=-300)
    other.say(1)
    hlcs = [entry.hlc for entry in group.merged(station)]
    assert hlcs == sorted(hlcs)
    assert [entry.journal for entry in group.merged(station)] == [station.journal, other.journal]
    other.crash()
    other.exchange.close()
