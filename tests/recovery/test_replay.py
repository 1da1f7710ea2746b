"""What is missing is sent back once each, in order, and whatever ends a run sends nothing twice.

Method: a plan of messages of three patients, a target in memory that counts, a journal that is a list of acts, the real
progress file. A kill is an exception at one chosen step, before it or once it was done; every step is chosen in turn.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contrefeu.acts import (
    Act,
    EntriesReleased,
    EntriesSetAside,
    GapTaken,
    MessagesAnswered,
    MessagesClaimed,
    ReplayEnded,
)
from contrefeu.base import ManualClock
from contrefeu.hl7 import Message
from contrefeu.journal import MEDIA_FHIR, MEDIA_HL7V2, Entry
from contrefeu.recovery import LEDGER_TABLES, Ledger, Line, Profile, Progress, Replay, Replayed, Scratch, scratch
from contrefeu.recovery.forms import Sendable, own_control_id
from contrefeu.recovery.ledger import REVIEW
from contrefeu.recovery.paths import RETYPED
from contrefeu.recovery.waiting import TO_REVIEW, Waiting
from contrefeu.recovery.wire import AGAIN_S
from tests.recovery.hospital import admission, result
from tests.recovery.targets import InMemory

TARGET = "mllp://ehr:2575"
PATIENTS = 3


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Steps:
    """Counts steps, and ends the process at one of them."""

    kill_at: int = -1
    at: int = 0

    def __call__(self) -> None:
        """One more instant at which a process may end."""
        self.at += 1
        if self.at == self.kill_at:
            raise Killed


class Watched(Progress):
    """The real progress file, with an instant before and after each write."""

    def __init__(self, path: Path, step: Steps) -> None:
        super().__init__(path)
        self._step = step

    def begin(self, claim: str) -> None:
        self._step()
        super().begin(claim)
        self._step()

    def sending(self, number: int) -> None:
        self._step()
        super().sending(number)
        self._step()

    def answered(self, number: int, code: str) -> None:
        self._step()
        super().answered(number, code)
        self._step()


@dataclass
class Recovery:
    """A node that sends back, and what it sends to."""

    folder: Path
    profile: Profile = field(default_factory=Profile)
    target: InMemory = field(default_factory=InMemory)
    acts: list[Act] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    waited: list[float] = field(default_factory=list)  # seconds
    form: Callable[[Entry, str], Sendable] | None = None
    heard: list[Act] = field(default_factory=list)  # of another station, before our own
    told: list[Waiting] = field(default_factory=list)  # by the last run: what waits for somebody

    def __post_init__(self) -> None:
        bodies = [admission(n, 1) for n in range(PATIENTS)]
        bodies += [result(n, value) for value in ("4.1", "5.2") for n in range(PATIENTS)]
        for sequence, body in enumerate(bodies, 1):
            entry = Entry("n1-capture", sequence, sequence, sequence, "LAB@CHU", MEDIA_HL7V2, body)
            self.entries[entry.ref] = entry

    def entry(self, ref: str) -> Entry | None:
        """As a journal gives it."""
        return self.entries.get(ref)

    def plan(self, **do: str) -> list[Line]:
        """Every message; *do* by its number, by somebody who knows of all that was sent so far."""
        lines = []
        with scratch(self.folder, "plan", *LEDGER_TABLES) as table:
            ledger = self.ledger(table)
            tries = {ref: ledger.tries(ref, TARGET) for ref in self.entries}
        for ref, entry in self.entries.items():
            number = entry.sequence
            kind = "ADT^A01" if number <= PATIENTS else "ORU^R01"
            lines.append(
                Line(ref, do.get(f"n{number}", "send"), f"p{number % PATIENTS}", kind, why="why", owner="owner",  # type: ignore[arg-type]
                     sent=tries[ref])
            )  # fmt: skip
        return lines

    def ledger(self, table: Scratch) -> Ledger:
        """What is known of what was sent."""
        ledger = Ledger(table)
        for act in self.heard:
            ledger.take(act, own=False)
        for act in self.acts:
            ledger.take(act)
        return ledger

    def run(self, lines: Sequence[Line] | None = None, step: Steps | None = None, *, look: bool = False) -> Replayed:
        """One process: from the acts to a replay's end, or to its kill."""
        step = step or Steps()
        target = self.target

        class Wire(InMemory):
            def exchange(self, body: bytes, control_id: str):  # type: ignore[no-untyped-def]
                step()
                outcome = target.exchange(body, control_id)
                step()
                return outcome

        def record(acts: Sequence[Act]) -> None:
            step()
            self.acts.extend(acts)
            step()

        self.told.clear()
        with scratch(self.folder, "replay", *LEDGER_TABLES) as table:
            ledger = self.ledger(table)
            run = Replay(
                TARGET, self.profile, ledger, self, ManualClock(),
                withdrawn=lambda ref: ref in self.withdrawn, pause=self.waited.append,
                form=self.form, tell=self.told.append,
            )  # fmt: skip
            if look:
                return self._all_told(run.look(lines or self.plan()))
            progress = Watched(self.folder / "sent.log", step)
            try:
                run.settle(progress, record)
                return self._all_told(run.send(lines or self.plan(), Wire(), progress, record))
            finally:
                progress.close()

    def _all_told(self, done: Replayed) -> Replayed:
        """See that all that is counted as waiting for somebody is told by its entry, with whose turn it is, once."""
        told = Counter(one.do for one in self.told if one.why != TO_REVIEW)
        held = done.held - done.reasons[TO_REVIEW]
        assert (told["hold"] + told["doubt"], told["doubt"], told["rejected"]) == (held, done.in_doubt, done.rejected)
        assert Counter(one.behind for one in self.told if one.do == "behind") <= done.waits
        assert len({one.entry for one in self.told}) == len(self.told)
        assert all(one.turn or one.do == "behind" for one in self.told)
        return done

    @property
    def control_ids(self) -> list[str]:
        """In the order of the plan."""
        return [f"A{n}-1" for n in range(PATIENTS)] + [f"R{n}-{v}" for v in ("4.1", "5.2") for n in range(PATIENTS)]


def counts(done: Replayed) -> tuple[int, int, int, int, int, int]:
    """The numbers that must sum."""
    assert done.planned == done.acknowledged + done.rejected + done.held + done.remaining + done.set_aside
    return done.planned, done.acknowledged, done.rejected, done.held, done.remaining, done.set_aside


@pytest.mark.req("R3")
def test_everything_is_sent_once_in_order_and_a_second_run_adds_nothing(tmp_path: Path) -> None:
    """In the order of the plan; each answer stands in the journal by its entry; run again, nothing is sent."""
    recovery = Recovery(tmp_path)
    assert counts(recovery.run()) == (9, 9, 0, 0, 0, 0)
    assert recovery.target.taken == recovery.control_ids
    answered = [a.entry for act in recovery.acts if isinstance(act, MessagesAnswered) for a in act.answers]
    assert answered == list(recovery.entries)
    kinds = [type(act) for act in recovery.acts]
    assert kinds == [MessagesClaimed, MessagesAnswered, ReplayEnded]
    again = recovery.run()
    assert counts(again) == (9, 9, 0, 0, 0, 0)
    assert (again.sent, len(recovery.target.taken), len(recovery.acts)) == (0, 9, 4), "and each says how it ended"


@pytest.mark.req("R4")
def test_looking_sends_and_writes_nothing(tmp_path: Path) -> None:
    """A dry run counts what would be sent, and leaves the journal and the target as they were."""
    recovery = Recovery(tmp_path)
    assert counts(recovery.run(look=True)) == (9, 0, 0, 0, 9, 0)
    assert (recovery.target.taken, recovery.acts) == ([], [])


def _after_a_kill(recovery: Recovery, *, power_cut: bool) -> None:
    """Go on until all is done: what is in doubt is decided by looking at what the target holds."""
    if power_cut:
        (recovery.folder / "sent.log").unlink(missing_ok=True)
    done = recovery.run()
    counts(done)
    assert len(recovery.target.taken) == len(set(recovery.target.taken)), "sent twice"
    held = {}
    for ref, control_id in zip(recovery.entries, recovery.control_ids, strict=True):
        held[f"n{recovery.entries[ref].sequence}"] = "arrived" if control_id in recovery.target.taken else "again"
    for _ in range(len(held)):
        if done.done:
            break
        doubtful = {name: do for name, do in held.items() if _is_in_doubt(recovery, name)}
        done = recovery.run(recovery.plan(**doubtful))
    assert done.done
    assert sorted(recovery.target.taken) == sorted(recovery.control_ids), "lost or sent twice"
    for patient in range(PATIENTS):
        own = [c for c in recovery.target.taken if c[1] == str(patient)]
        assert own == [f"A{patient}-1", f"R{patient}-4.1", f"R{patient}-5.2"], "out of order"


def _is_in_doubt(recovery: Recovery, name: str) -> bool:
    with scratch(recovery.folder, "look", *LEDGER_TABLES) as table:
        ledger = recovery.ledger(table)
        return ledger.outcome(f"n1-capture/{name[1:]}", TARGET) == "unanswered"


def _steps(folder: Path) -> int:
    step = Steps()
    Recovery(folder).run(step=step)
    return step.at


@pytest.mark.req("R3")
@pytest.mark.parametrize("lot", [128, 2])
@pytest.mark.parametrize("power_cut", [False, True], ids=["killed", "power cut"])
def test_a_run_that_ends_at_any_step_sends_nothing_twice_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lot: int, power_cut: bool
) -> None:
    """Ended at each step in turn: no message arrives twice, none is lost, and each patient's keep their order."""
    monkeypatch.setattr("contrefeu.recovery.replay.LOT_MAX", lot)
    (tmp_path / "count").mkdir()
    steps = _steps(tmp_path / "count")
    assert steps > 40
    for kill_at in range(1, steps + 1):
        folder = tmp_path / str(kill_at)
        folder.mkdir()
        recovery = Recovery(folder)
        with pytest.raises(Killed):
            recovery.run(step=Steps(kill_at))
        _after_a_kill(recovery, power_cut=power_cut)


@pytest.mark.req("R3")
def test_a_killed_process_leaves_one_message_in_doubt_and_a_power_cut_its_lot(tmp_path: Path) -> None:
    """The progress file says which one was on its way; without it every message of the open claim is held."""
    for power_cut, doubts in ((False, 1), (True, 9)):
        folder = tmp_path / str(power_cut)
        folder.mkdir()
        recovery = Recovery(folder)
        step = Steps()
        with pytest.raises(Killed):
            step.kill_at = 14  # the second message has arrived, its answer is not noted
            recovery.run(step=step)
        if power_cut:
            (folder / "sent.log").unlink()
        taken = len(recovery.target.taken)
        done = recovery.run()
        assert done.in_doubt == doubts
        assert len(set(recovery.target.taken)) == len(recovery.target.taken)
        assert power_cut or len(recovery.target.taken) > taken, "other patients' messages go on"


@pytest.mark.req("R3")
def test_what_another_station_claimed_is_all_in_doubt(tmp_path: Path) -> None:
    """Killed at each step in turn, another node of the house goes on, which has a progress file of its own."""
    (tmp_path / "count").mkdir()
    for kill_at in range(1, _steps(tmp_path / "count") + 1):
        one, other = (Recovery(tmp_path / f"{name}{kill_at}") for name in ("one", "other"))
        for recovery in (one, other):
            recovery.folder.mkdir()
        with pytest.raises(Killed):
            one.run(step=Steps(kill_at))
        own = Progress(other.folder / "sent.log")  # of this boot, and of no claim yet
        own.open()
        own.close()
        other.target, other.heard = one.target, one.acts
        claimed = any(isinstance(act, MessagesClaimed) for act in one.acts)
        answered = any(isinstance(act, MessagesAnswered) for act in one.acts)
        assert other.run().in_doubt == (9 if claimed and not answered else 0)
        assert sorted(one.target.taken) == sorted(set(one.target.taken)), "sent twice"


@pytest.mark.req("R3")
@pytest.mark.parametrize("code", ["AE", "AR", "CE", "CR"])
def test_a_rejection_ends_the_run_and_is_tried_again_when_somebody_goes_on(tmp_path: Path, code: str) -> None:
    """Nothing follows a rejected message; gone on with, it comes first."""
    recovery = Recovery(tmp_path)
    recovery.target.answers = lambda n: code if n == 4 else "AA"
    done = recovery.run()
    assert counts(done) == (9, 4, 1, 0, 4, 0)
    assert done.stopped is not None
    assert (done.stopped.entry, done.stopped.code) == ("n1-capture/5", code)
    sent = done.sent
    assert sent == 5
    recovery.target = InMemory()
    assert counts(recovery.run()) == (9, 9, 0, 0, 0, 0)
    assert recovery.target.taken == recovery.control_ids[4:]


@pytest.mark.req("R3")
def test_what_had_no_answer_waits_for_a_person_and_its_patient_with_it(tmp_path: Path) -> None:
    """It is never sent again by itself; later messages of the patient wait, those of others go on."""
    recovery = Recovery(tmp_path)
    recovery.target.answers = lambda n: "" if n == 4 else "AA"
    assert counts(recovery.run()) == (9, 4, 0, 1, 4, 0)
    recovery.target.answers = lambda _: "AA"
    assert counts(recovery.run()) == (9, 7, 0, 1, 1, 0)
    assert recovery.target.taken.count("R1-4.1") == 1
    assert counts(recovery.run(recovery.plan(n5="hold"))) == (9, 7, 0, 1, 1, 0), (
        "held by somebody, it is in doubt still"
    )
    assert "R1-5.2" not in recovery.target.taken
    assert counts(recovery.run(recovery.plan(n5="arrived"))) == (9, 9, 0, 0, 0, 0)
    assert recovery.target.taken[-1] == "R1-5.2"
    assert recovery.target.taken.count("R1-4.1") == 1


@pytest.mark.req("R3", "R7")
def test_what_waits_is_told_entry_by_entry_with_whose_turn_it_is(tmp_path: Path) -> None:
    """A silence, what waits behind it, a line that somebody holds, one that the plan gives to somebody, a bill."""
    recovery = Recovery(tmp_path)
    recovery.target.answers = lambda n: "" if n == 1 else "AA"
    lines = recovery.plan(n3="hold", n6="hold", n9="hold")
    lines[2] = replace(lines[2], owner="", why="it would ask somebody to act again", ward="CARD", day="2026-11-24")
    lines[8] = replace(lines[8], owner="", why="it would ask somebody to act again", type="DFT^P03")
    recovery.run(lines)
    told = {one.entry.partition("/")[2]: (one.do, one.why, one.owner, one.turn, one.behind) for one in recovery.told}
    assert told == {
        "2": ("doubt", "it was sent, and had no answer", "owner", "recovery", ""),
        "3": ("hold", "it would ask somebody to act again", "", "physician", ""),
        "5": ("behind", "", "", "", "n1-capture/2"),
        "6": ("hold", "why", "owner", "recovery", ""),
        "8": ("behind", "", "", "", "n1-capture/2"),
        "9": ("hold", "it would ask somebody to act again", "", "billing", ""),
    }
    [third] = [one for one in recovery.told if one.entry.endswith("/3")]
    assert (third.patient, third.type, third.ward, third.day) == ("p0", "ADT^A01", "CARD", "2026-11-24")


@pytest.mark.req("R3")
def test_again_is_said_of_the_sendings_that_somebody_knew_of(tmp_path: Path) -> None:
    """Sent again and silent again: the plan that said so does not send a third time; one that knows of it does."""
    recovery = Recovery(tmp_path)
    recovery.target.answers = lambda n: "" if n in (4, 5) else "AA"
    recovery.run()
    plan = recovery.plan(n5="again")
    assert counts(recovery.run(plan)) == (9, 4, 0, 1, 4, 0)
    done = recovery.run(plan)
    assert (done.in_doubt, done.reasons.most_common(1)[0][0]) == (
        1,
        "it was sent again since the plan was written, and had no answer",
    )
    assert recovery.target.taken.count("R1-4.1") == 2
    assert counts(recovery.run(recovery.plan(n5="again"))) == (9, 9, 0, 0, 0, 0)


@pytest.mark.req("R3", "R4")
def test_what_was_accepted_and_is_not_there_waits_for_a_person(tmp_path: Path) -> None:
    """A comparison since does not find it: held, never sent again, whatever the plan says; seen there, it is there."""
    recovery = Recovery(tmp_path)
    recovery.run()
    recovery.acts.append(GapTaken("export", {}, "", 9, 5, 4, 0, 0, "", "2026-11-24T05:00:00Z"))
    lost = recovery.plan(n1="hold", n3="again", n4="aside")[:4]
    done = recovery.run(lost)
    assert (counts(done), done.done) == ((4, 0, 0, 3, 0, 1), False)
    assert done.reasons == {"why": 1, "it was accepted before, and is not there": 2}
    seen = [replace(line, do="arrived") for line in lost]
    for _ in range(2):
        assert counts(recovery.run(seen)) == (4, 4, 0, 0, 0, 0)
    said = [answer.entry for act in recovery.acts if isinstance(act, MessagesAnswered) and not act.claim
            for answer in act.answers]  # fmt: skip
    assert sorted(said) == sorted({line.entry for line in seen}), "said once"
    assert len(recovery.target.taken) == 9
    recovery.acts.append(GapTaken("export", {}, "", 9, 8, 1, 0, 0, "", "2026-11-24T06:00:00Z"))
    assert counts(recovery.run(lost[:1])) == (1, 0, 0, 1, 0, 0), "who looked later knows better"


def test_nobody_can_have_seen_arrive_what_was_never_sent(tmp_path: Path) -> None:
    """`arrived` is for what is in doubt alone."""
    recovery = Recovery(tmp_path)
    done = recovery.run(recovery.plan(n9="arrived"))
    assert counts(done) == (9, 8, 0, 1, 0, 0)
    assert len(recovery.target.taken) == 8


@pytest.mark.req("R3")
def test_a_target_that_knows_repeats_is_asked_again(tmp_path: Path) -> None:
    """Where the profile says so a message without answer is sent again, as often as it says, the same each time."""
    recovery = Recovery(tmp_path, Profile(repeats_known=True, tries=3))
    recovery.target.answers = lambda n: "" if n in (2, 3) else "AA"
    assert counts(recovery.run()) == (9, 9, 0, 0, 0, 0)
    assert recovery.target.taken[2:5] == ["A2-1"] * 3
    assert recovery.waited == [AGAIN_S] * 2, "a listener that restarts is given the time to"
    silent = Recovery(tmp_path / "silent", Profile(repeats_known=True, tries=2))
    silent.folder.mkdir()
    silent.target.answers = lambda _: ""
    assert counts(silent.run()) == (9, 0, 0, 1, 8, 0)
    assert silent.target.taken == ["A0-1"] * 2


def test_a_target_that_is_not_there_leaves_nothing_in_doubt(tmp_path: Path) -> None:
    """Nothing was sent: nothing is held, and the next run sends all."""
    recovery = Recovery(tmp_path)
    recovery.target.listens = False
    done = recovery.run()
    assert (counts(done), done.reached) == ((9, 0, 0, 0, 9, 0), False)
    recovery.target.listens = True
    assert counts(recovery.run()) == (9, 9, 0, 0, 0, 0)


@pytest.mark.req("R5", "F41")
def test_held_lines_aside_and_withdrawn_entries_are_not_sent(tmp_path: Path) -> None:
    """What a person holds or sets aside stays; the reason and the owner are acts; what was withdrawn is not sent."""
    recovery = Recovery(tmp_path)
    recovery.withdrawn = {"n1-capture/9"}
    done = recovery.run(recovery.plan(n1="hold", n2="aside"))
    assert counts(done) == (9, 4, 0, 2, 2, 1)
    assert done.waits == {"n1-capture/1": 2}
    left = {"A0-1", "R0-4.1", "R0-5.2", "A1-1", "R2-5.2"}
    assert recovery.target.taken == [c for c in recovery.control_ids if c not in left]
    asides = [act for act in recovery.acts if type(act).__name__ == "EntriesSetAside"]
    assert [(a.entries, a.reason, a.owner) for a in asides] == [(["n1-capture/2"], "why", "owner")]  # type: ignore[union-attr]
    recovery.run(recovery.plan(n1="hold", n2="aside"))
    assert len([act for act in recovery.acts if type(act).__name__ == "EntriesSetAside"]) == 1


@pytest.mark.req("R5")
def test_what_waits_to_be_looked_at_is_not_sent_by_a_plan_of_before(tmp_path: Path) -> None:
    """Set aside for review after the plan was written, it is held; taken up, the same plan sends it."""
    recovery = Recovery(tmp_path)
    plan = recovery.plan()
    recovery.acts.append(EntriesSetAside(["n1-capture/4"], REVIEW, "board", "2026-11-24T03:00:00Z", "LAB@CHU"))
    done = recovery.run(plan)
    assert (counts(done), "A2-1" in recovery.target.taken) == ((9, 8, 0, 1, 0, 0), True)
    assert "R0-4.1" not in recovery.target.taken
    recovery.acts.append(EntriesReleased(["n1-capture/4"], "the laboratory keyed it in", "2026-11-24T04:00:00Z"))
    assert counts(recovery.run(plan)) == (9, 9, 0, 0, 0, 0)


@pytest.mark.req("R5")
def test_what_somebody_took_up_is_not_set_aside_again_by_a_plan_of_before(tmp_path: Path) -> None:
    """It waits to be looked at, says the plan; somebody has looked since. Other reasons never stand for that one."""
    recovery = Recovery(tmp_path)
    plan = [replace(one, why=REVIEW) if one.do == "aside" else one for one in recovery.plan(n4="aside")]
    at = "2026-11-24T03:00:00Z"
    recovery.acts.append(EntriesSetAside(["n1-capture/4"], REVIEW, "board", at, "LAB@CHU"))
    recovery.acts.append(EntriesSetAside(["n1-capture/4"], "the profile leaves this kind out", "x", at))
    assert counts(recovery.run(recovery.plan())) == (9, 8, 0, 1, 0, 0)
    recovery.acts.append(EntriesReleased(["n1-capture/4"], "the laboratory keyed it in", at))
    assert counts(recovery.run(plan)) == (9, 9, 0, 0, 0, 0)


def _in_our_words(entry: Entry, target: str) -> Sendable:
    own = own_control_id(entry.ref, target)
    return Sendable(result(0, "4.1").replace(b"|R0-4.1|", f"|{own}|".encode()), own, own)


@pytest.mark.req("R3", "F33")
@pytest.mark.parametrize("power_cut", [False, True], ids=["killed", "power cut"])
def test_what_was_written_here_is_known_by_the_control_id_that_it_was_given(tmp_path: Path, power_cut: bool) -> None:
    """In a profile that sends feeds' messages as they were too; settled after a kill at any step, or seen there."""
    line = Line("n1-station/1", "send", "p1", "FHIR Observation")
    for kill_at in range(1, 100):
        folder = tmp_path / str(kill_at)
        folder.mkdir()
        recovery = Recovery(folder, Profile(acts="hl7"), form=_in_our_words)
        recovery.entries = {line.entry: Entry("n1-station", 1, 1, 1, "user/ada", MEDIA_FHIR, b"{}")}
        try:
            recovery.run([line], Steps(kill_at))
        except Killed:
            if power_cut:
                (folder / "sent.log").unlink(missing_ok=True)
            recovery.run([replace(line, do="arrived" if recovery.target.taken else "again", sent=9)])
        else:
            break
        own = own_control_id(line.entry, TARGET)
        assert recovery.target.taken == [own]
        with scratch(folder, "look", *LEDGER_TABLES) as table:
            assert recovery.ledger(table).accepted_as(line.entry) == [own]
    assert kill_at > 10


UNANSWERABLE = (b"|T|2.5\r", b"|T|2.5|||NE|NE\r")  # no form of it can be sent raw
WAYS = ("send", "hold", "review", "in review", "unsendable")
CAME = [admission(0, 1), admission(1, 1), result(0, "4.1"), admission(0, 2), result(1, "5.2"), admission(1, 2)]


@pytest.mark.req("R3", "R5")
@given(rounds=st.lists(st.lists(st.sampled_from(WAYS), min_size=len(CAME), max_size=len(CAME)), max_size=3))
@settings(deadline=None, max_examples=60)
def test_no_movement_goes_after_what_came_later(rounds: list[list[str]]) -> None:
    """Held, to be looked at, or not sendable at first: later messages of the patient wait, and are told for what."""
    with tempfile.TemporaryDirectory() as folder:
        recovery = Recovery(Path(folder))
        for ways in [*rounds, ["send"] * len(CAME)]:
            recovery.entries = {}
            for number, (body, way) in enumerate(zip(CAME, ways, strict=True), 1):
                sent = body.replace(*UNANSWERABLE) if way == "unsendable" else body
                recovery.entries[f"n1-capture/{number}"] = Entry(
                    "n1-capture", number, number, number, "", MEDIA_HL7V2, sent
                )
            recovery.acts.append(EntriesReleased(list(recovery.entries), "as it was", "2026-11-24T03:00:00Z"))
            looked_at = [f"n1-capture/{n}" for n, way in enumerate(ways, 1) if way == "in review"]
            recovery.acts += [EntriesSetAside(looked_at, REVIEW, "board", "2026-11-24T03:00:00Z")] if looked_at else []
            lines = [
                Line(
                    f"n1-capture/{number}",
                    {"hold": "hold", "review": "aside"}.get(way, "send"),  # type: ignore[arg-type]
                    "p0" if b"||900000^" in body else "p1",
                    body.split(b"|")[8].decode(),
                    why=REVIEW if way == "review" else "",
                    owner="board",
                )
                for number, (body, way) in enumerate(zip(CAME, ways, strict=True), 1)
            ]
            done = recovery.run(lines)
            counts(done)
            assert sum(done.waits.values()) == done.remaining
        assert done.done
        order = {Message.parse(body).control_id: number for number, body in enumerate(CAME)}
        for patient in ("0", "1"):
            taken = [one for one in recovery.target.taken if one[1] == patient]
            late = [one for at, one in enumerate(taken) if one[0] == "A" and any(
                order[before] > order[one] for before in taken[:at]
            )]  # fmt: skip
            assert (late, len(taken)) == ([], 3)


@pytest.mark.req("R3")
@pytest.mark.parametrize(
    ("line", "profile"),
    [
        (Line("n1-capture/1", "hold", "p1", "ORM^O01", why="it would ask somebody to act again"), Profile()),
        (Line("n1-capture/1", "hold", "p1", "FHIR Encounter", why=RETYPED), Profile(acts="hl7")),
        (Line("n1-capture/1", "aside", "p1", "ADT^A01", why="typed", owner="ward"), Profile()),
        (Line("n1-station/1", "send", "p1", "FHIR Encounter"), Profile()),
    ],
    ids=["an order", "typed from a list", "set aside by somebody", "written here, for a person to type"],
)
def test_nothing_waits_for_what_goes_by_hand_or_is_no_movement(tmp_path: Path, line: Line, profile: Profile) -> None:
    """Its patient's later messages go on; of a withdrawn and a dropped movement too."""
    recovery = Recovery(tmp_path, profile)
    recovery.entries["n1-station/1"] = Entry("n1-station", 1, 1, 1, "", MEDIA_FHIR, b"{}")
    later = Line("n1-capture/5", "send", "p1", "ORU^R01")
    done = recovery.run([line, later])
    assert (done.acknowledged, done.remaining, done.waits) == (1, 0, {})
    gone = [Line("n1-capture/1", "send", "p0", "ADT^A01"), Line("n1-capture/4", "send", "p0", "ORU^R01")]
    recovery.withdrawn = {"n1-capture/1"}
    assert recovery.run(gone).acknowledged == 1


Change = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda body: body.replace(b"|T|2.5", b"|T|2.5|||NE|NE"), "it asks for no answer"),
        (lambda body: body.replace(b"|A0-1|", b"||"), "no control id"),
        (lambda body: body + body, "several messages"),
        (lambda body: body + b"\x1c\r", "marks of a frame"),
        (lambda _: b"MSX", "not one HL7"),
    ],
)
def test_what_cannot_be_told_by_its_answer_is_held(tmp_path: Path, change: Change, why: str) -> None:
    """A raw message that cannot be answered to, or framed, waits for a person."""
    recovery = Recovery(tmp_path)
    first = recovery.entries["n1-capture/1"]
    recovery.entries["n1-capture/1"] = Entry("n1-capture", 1, 1, 1, "", MEDIA_HL7V2, change(first.body))
    recovery.entries["n1-capture/2"] = Entry("n1-capture", 2, 2, 2, "", MEDIA_FHIR, b"{}")
    done = recovery.run()
    assert counts(done) == (9, 3, 0, 2, 4, 0)
    assert done.waits == {"n1-capture/1": 2, "n1-capture/2": 2}, "their patients' results"
    assert any(why in reason for reason in done.reasons)
