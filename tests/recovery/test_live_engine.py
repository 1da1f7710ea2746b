"""The live engine sends nobody whom it must not, stops when it is told to, and takes back what was a mistake.

Method: one patient's outage as its forms write it, and charts, a laboratory and a journal in memory.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from contrefeu.acts import Act, MessagesClaimed, MessagesReleased
from contrefeu.base import ManualClock
from contrefeu.chart import Chart, HoneyChart
from contrefeu.fhir import Json
from contrefeu.hl7 import Message
from contrefeu.journal import Entry
from contrefeu.mapping import Rules
from contrefeu.recovery import (
    LEDGER_TABLES,
    Ledger,
    Live,
    NotReached,
    Outcome,
    Profile,
    Progress,
    Round,
    Scratch,
    scratch,
)
from contrefeu.recovery.live import BROKEN, PROTECTED
from contrefeu.station.care.scribe import changed
from tests.recovery.targets import InMemory
from tests.recovery.test_acts_as_messages import KEY, SNOMED, Outage, arrives


class Charts:
    """One patient of `Outage`, as the reader would tell of them."""

    def __init__(self, outage: Outage) -> None:
        self.outage = outage
        self.withdrawn: set[str] = set()
        self.honeys: set[str] = set()
        self.former = ""  # a chart that is another one's now

    def entry(self, ref: str) -> Entry | None:
        """One entry."""
        found = {one.ref: one for one in self.outage.entries}.get(ref)
        return None if ref in self.withdrawn else found

    def chart(self, id: str) -> Chart | None:
        """The only one."""
        return None if id == self.former else self.outage.chart

    def numbers(self, _: str) -> list[str]:
        """Of the only one."""
        return [self.outage.chart.id, KEY]

    def honey(self) -> list[HoneyChart]:
        """Whom nobody cares for."""
        return [HoneyChart("1", one, "") for one in self.honeys]


class Laboratory(InMemory):
    """One that works on, and keeps what it is sent."""

    def __init__(self, answers: Callable[[int], str] = lambda _: "AA") -> None:
        super().__init__(answers)
        self.orders: list[tuple[str, str]] = []  # ORC-1, OBR-4.2

    def exchange(self, body: bytes, control_id: str) -> Outcome:
        """Take one message."""
        message = Message.parse(body)
        self.orders.append((message.text("ORC", 1), message.text("OBR", 4, 2)))
        return super().exchange(body, control_id)

    def reach(self) -> None:
        """See whether it listens."""
        if not self.listens:
            raise NotReached


class Sending:
    """The live engine, a laboratory and a journal in memory."""

    def __init__(self, folder: Path, tables: Scratch, *, protected: bool = False, known: bool = True) -> None:
        self.outage = Outage()
        arrives(self.outage, "lit 1")
        for n in range(3):
            self.outage.says(self._request(f"dosage {n}"))
        self.charts, self.labo, self.acts = Charts(self.outage), Laboratory(), list[Act]()
        ledger = Ledger(tables, "n1-station")
        profile = Profile(version="2.5.1", repeats_known=known, tries=1)
        self.live = Live(
            "labo", "mllp://labo:1", profile, ["laboratory"], ledger, ManualClock(), rules=Rules(), facility="CHU",
            protected=protected,
        )  # fmt: skip
        self.progress = Progress(folder / "sent.log")
        self.live.begin(0)

    def _request(self, words: str) -> Json:
        return {
            "resourceType": "ServiceRequest", "status": "active", "intent": "order", "authoredOn": self.outage.at(),
            "category": [{"coding": [{"system": SNOMED, "code": "108252007"}]}], "code": {"text": words},
        }  # fmt: skip

    def gather(self) -> None:
        """Take up what was written."""
        self.live.gather(self.charts, {"n1-station": len(self.outage.entries)})

    def send(self, may: Callable[[], bool] = lambda: True) -> Round:
        """One round."""
        return self.live.send(self.charts, self.labo, self.progress, self._record, may)

    def _record(self, acts: Sequence[Act]) -> None:
        self.acts += acts
        self.live.hear(acts)


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Scratch]:
    """An empty ledger's."""
    with scratch(tmp_path, "labo", *LEDGER_TABLES) as made:
        yield made


ALL = [("NW", "dosage 0"), ("NW", "dosage 1"), ("NW", "dosage 2")]


@pytest.mark.req("F16")
def test_the_orders_go_once_in_order_and_nothing_else_does(tmp_path: Path, tables: Scratch) -> None:
    """Three orders of the laboratory; the admission is not what it takes; a second round sends nothing."""
    sending = Sending(tmp_path, tables)
    sending.gather()
    assert sending.send().sent == 3
    assert sending.send().sent == 3
    assert sending.labo.orders == ALL


@pytest.mark.req("F16")
def test_a_system_that_is_gone_is_told_before_anything_waits_for_it(tmp_path: Path, tables: Scratch) -> None:
    """Nothing is to be sent yet, and the page must not say that sending goes on; who may not send does not ask."""
    sending = Sending(tmp_path, tables)
    sending.labo.listens = False
    assert not sending.send().reached
    assert sending.send(lambda: False).reached
    sending.labo.listens = True
    assert sending.send().reached


@pytest.mark.req("F16", "F41", "F46")
def test_who_is_named_or_withdrawn_after_it_was_taken_up_is_sent_no_more(tmp_path: Path, tables: Scratch) -> None:
    """The laboratory was out of reach; meanwhile an entry is withdrawn, then the patient is one nobody cares for."""
    sending = Sending(tmp_path, tables)
    sending.labo.listens = False
    sending.gather()
    assert not sending.send().reached
    sending.charts.withdrawn.add(sending.outage.entries[-1].ref)
    sending.charts.honeys.add(sending.outage.chart.id)
    sending.labo.listens = True
    sending.gather()
    found = sending.send()
    assert (found.sent, found.waiting, found.stuck, sending.labo.orders) == (0, 0, {}, [])


@pytest.mark.req("F16", "F24")
@pytest.mark.parametrize("told", [False, True])
def test_a_protected_identity_waits_for_a_person_whatever_chart_it_stood_on(
    tmp_path: Path, tables: Scratch, told: bool
) -> None:
    """Taken up under a chart that was united with another since: that one's protection counts. Told, if so set."""
    sending = Sending(tmp_path, tables, protected=told)
    sending.gather()
    label = {"meta": {"security": [{"code": "R"}]}}
    sending.outage.chart.identity.elements |= label
    sending.charts.former = sending.outage.chart.id
    sending.outage.chart.id = "another"
    found = sending.send()
    assert (found.sent, sending.labo.orders) == ((3, ALL) if told else (0, []))
    assert {one.why for one in found.shown} == (set() if told else {PROTECTED})


@pytest.mark.req("F16")
def test_an_entry_of_which_no_message_can_be_made_stops_no_other(
    tmp_path: Path, tables: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What our own writer trips over is held for a person; what follows goes."""
    sending = Sending(tmp_path, tables)
    form = sending.live._form

    def trips(charts: Charts) -> Callable[..., object]:
        made = form(charts)

        def one(entry: Entry, target: str) -> object:
            if b"dosage 1" in entry.body:
                raise KeyError("resourceType")
            return made(entry, target)

        return one

    monkeypatch.setattr(sending.live, "_form", trips)
    sending.gather()
    found = sending.send()
    assert (found.sent, [one.why for one in found.shown]) == (2, [BROKEN])


@pytest.mark.req("F16", "F4")
def test_a_stop_is_heeded_before_the_next_message(tmp_path: Path, tables: Scratch) -> None:
    """Told after the first: what was claimed and did not go is released, and goes once it may."""
    sending = Sending(tmp_path, tables)
    sending.gather()
    found = sending.send(lambda: not sending.labo.orders)
    assert (sending.labo.orders, found.sent, found.waiting) == (ALL[:1], 1, 2)
    [claimed] = [act for act in sending.acts if isinstance(act, MessagesClaimed)]
    [released] = [act for act in sending.acts if isinstance(act, MessagesReleased)]
    assert released.entries == claimed.entries[1:]
    sending.send(lambda: False)
    assert sending.labo.orders == ALL[:1]
    sending.send()
    assert sending.labo.orders == ALL


@pytest.mark.req("F16")
def test_an_order_that_was_written_by_mistake_is_cancelled_there(tmp_path: Path, tables: Scratch) -> None:
    """Taken back here, the tube is waited for there: CA, which a laboratory acts on; revoked, the same."""
    sending = Sending(tmp_path, tables)
    first, second, _ = sorted(sending.outage.lines("ServiceRequest"), key=lambda one: str(one["code"]["text"]))
    sending.outage.says(changed(first, status="entered-in-error"))
    sending.outage.says(changed(second, status="revoked"))
    sending.gather()
    sending.send()
    assert sending.labo.orders[3:] == [("CA", "dosage 0"), ("CA", "dosage 1")]


@pytest.mark.req("F16")
def test_a_name_that_a_replay_gave_another_system_is_not_taken_for_this_one(tmp_path: Path, tables: Scratch) -> None:
    """What that one accepted would not be sent here; the same address, or a live claim, is the same system."""
    live = Sending(tmp_path, tables).live
    live.hear(
        [MessagesClaimed("labo", "a", [], "t", "mllp://labo:1"), MessagesClaimed("labo", "b", [], "t", "x", True)]
    )
    assert not live.is_another
    live.hear([MessagesClaimed("labo", "c", [], "t", "mllp://ehr:1")])
    assert live.is_another


@pytest.mark.req("F16")
def test_a_silence_that_lasts_is_shown(tmp_path: Path, tables: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that takes the connection and never answers: sent again under the same number, and told after three."""
    monkeypatch.setattr("contrefeu.recovery.live.SILENT_AGAIN_S", 0.0)
    sending = Sending(tmp_path, tables)
    sending.labo.answers = lambda _: ""
    sending.gather()
    found = [sending.send() for _ in range(3)]
    assert [one.stuck["silent"] for one in found] == [0, 0, 1]
    assert (found[2].sent, found[2].waiting, found[2].shown[0].state) == (0, 3, "silent")
    sending.labo.answers = lambda _: "AA"
    assert (sending.send().sent, len(set(sending.labo.taken))) == (3, 3)
