"""Sending back what is missing, once each, in order (R3).

    planned = acknowledged + rejected + held + remaining + set_aside

Rules kept here:
  * A lot is claimed in the journal, durable, before its first message is sent; its answers are durable before the next
    lot is claimed. What a killed process left is settled first: what may have been sent is held.
  * What was accepted is never sent again, whatever plan names it: a comparison that does not find it there makes it
    wait for a person, who says that it arrived, or sets it aside. What had no answer is sent again only where the
    profile says that repeats are known, or where a person wrote `again`, of the sendings that they knew of.
  * A rejection, or no answer, ends the run: somebody looks. Later messages of a patient wait for an unanswered one, and
    for a movement, identity or merge that is held, cannot be sent, or is to be looked at: sent after them, it would put
    the patient back in the old bed. They do not wait for what goes by hand, or was dropped, set aside or withdrawn; nor
    do they where the target takes statements: each says how things are now.
  * One connection, one message on its way: the order of the plan is the order of arrival.
"""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from typing import Protocol

from msgspec import Struct, field

from contrefeu.acts import (
    UNANSWERED,
    Act,
    Answered,
    EntriesSetAside,
    MessagesAnswered,
    MessagesClaimed,
    MessagesReleased,
    ReplayEnded,
)
from contrefeu.base import Clock, rfc3339
from contrefeu.chart import STATION
from contrefeu.journal import Entry, JournalTampered, JournalUnreadable
from contrefeu.recovery.forms import Sendable, Unsendable, sendable, sent_as
from contrefeu.recovery.ledger import REVIEW, SEEN, Aside, Ledger, Sent, Standing
from contrefeu.recovery.paths import RETYPED, moves
from contrefeu.recovery.plan import NOT_THERE, Line
from contrefeu.recovery.profiles import Profile
from contrefeu.recovery.progress import Progress
from contrefeu.recovery.waiting import REJECTED, SILENT, SILENT_AGAIN, TO_REVIEW, State, Waiting, waits, waits_behind
from contrefeu.recovery.wire import AGAIN_S, NotReached, Outcome, Target

LOT_MAX = 128  # messages a claim: a power cut leaves at most so many in doubt, and one sync serves so many
_UNSENT = "unsent"  # in the progress file: nobody listened


class Fetch(Protocol):
    """What gives entries."""

    def entry(self, ref: str) -> Entry | None:
        """One entry; None when it is not there."""
        ...


class Stop(Struct, frozen=True):
    """Why a run ended before its plan."""

    entry: str
    code: str
    why: str


class Replayed(Struct):
    """What a run found and did."""

    target: str
    planned: int = 0
    acknowledged: int = 0
    rejected: int = 0
    held: int = 0
    remaining: int = 0
    set_aside: int = 0
    sent: int = 0  # by this run
    in_doubt: int = 0  # of the held: sent, without an answer
    reasons: Counter[str] = field(default_factory=Counter)  # why they are held
    waits: Counter[str] = field(default_factory=Counter)  # an earlier entry -> how many of the remaining wait for it
    stopped: Stop | None = None
    reached: bool = True

    @property
    def done(self) -> bool:
        """Whether nothing waits."""
        return not (self.rejected or self.held or self.remaining)


class Replay:
    """One run to one target."""

    def __init__(
        self,
        target: str,
        profile: Profile,
        ledger: Ledger,
        fetch: Fetch,
        clock: Clock,
        *,
        address: str = "",
        withdrawn: Callable[[str], bool] = lambda _: False,
        form: Callable[[Entry, str], Sendable] | None = None,
        events: bool = True,
        pause: Callable[[float], None] = time.sleep,
        tell: Callable[[Waiting], None] = lambda _: None,
        live: bool = False,
        may: Callable[[], bool] = lambda: True,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            target: Its name in the account.
            profile: How it takes messages.
            ledger: What was sent before; kept up to date.
            fetch: Gives entries.
            clock: What time it is.
            address: Where it is, as `addresses` compares it.
            withdrawn: Whether an entry is hidden from every view (F41).
            form: Makes of an entry what goes to the target; HL7 v2 as the profile says, when None.
            events: Whether a message says what happened, so that their order counts; else how things are now.
            pause: Waits so many seconds.
            tell: Takes what waits for a person, an entry at a time.
            live: Whether the target works on, and is sent to as things are written: a run is one of many.
            may: Asked before each message; what may not go is as if it had not been claimed.
        """
        self._target = target
        self._address = address
        self._profile = profile
        self._ledger = ledger
        self._fetch = fetch
        self._clock = clock
        self._withdrawn = withdrawn
        self._events = events
        self._pause = pause
        self._tell = tell
        self._live = live
        self._may = may
        self._form = form or (lambda entry, target: sendable(entry, profile, target))
        self._record: Callable[[Sequence[Act]], None] | None = None
        self._wire: Target | None = None
        self._progress: Progress | None = None
        self._lot: list[tuple[Line, Sendable]] = []
        self._waiting: dict[str, str] = {}  # patient -> the first entry that later ones of theirs wait for
        self._owed: list[Act] = []  # acts that are not in the journal yet
        self._asides: dict[tuple[str, str], list[str]] = {}  # why and owner -> entries
        self.done = Replayed(target)

    def settle(self, progress: Progress, record: Callable[[Sequence[Act]], None]) -> None:
        """Say in the journal what became of claims that a run left open."""
        acts: list[Act] = []
        for claim, entries, own in self._ledger.open_claims(self._target):
            left = progress.left(claim) if own else None
            codes = dict.fromkeys(entries, UNANSWERED)
            if left is not None:
                known = dict.fromkeys(left.on_the_way, UNANSWERED) | left.codes
                codes = {n: code for n, code in known.items() if n in entries and code != _UNSENT}
            acts += self._answers(claim, [self._answered(entries[n], code) for n, code in sorted(codes.items())])
            acts += self._released(claim, [entry for n, entry in entries.items() if n not in codes])
        if acts:
            self._keep(acts, record)

    def send(
        self, lines: Iterable[Line], wire: Target, progress: Progress, record: Callable[[Sequence[Act]], None]
    ) -> Replayed:
        """Send what the plan says, until its end or until somebody must look; *record* makes acts durable."""
        self._wire, self._progress, self._record = wire, progress, record
        progress.open()
        self._began, self._paced = time.monotonic(), 0
        self._lines(lines)
        self._send_lot()
        self._say_asides()
        self._settle_owed(*([] if self._live else [self._ended()]))
        return self.done

    def _ended(self) -> ReplayEnded:
        done = self.done
        return ReplayEnded(
            self._target, self._now(), done.planned, done.acknowledged, done.rejected, done.held, done.remaining,
            done.set_aside, done.in_doubt, dict(done.reasons),
        )  # fmt: skip

    def look(self, lines: Iterable[Line]) -> Replayed:
        """Count what the plan would do; nothing is sent and nothing is written."""
        self._lines(lines)
        return self.done

    # A line.

    def _lines(self, lines: Iterable[Line]) -> None:
        """Take the plan's lines, asking the ledger of many at once: no entry stands in a plan twice."""
        ahead = iter(lines)
        while some := list(islice(ahead, LOT_MAX)):
            for line, known in zip(
                some, self._ledger.standings([line.entry for line in some], self._target), strict=True
            ):
                self._line(line, known)

    def _line(self, line: Line, known: Standing) -> None:
        before, aside = known.outcome, known.aside
        self.done.planned += 1
        if known.stands:
            self.done.acknowledged += 1
        elif line.do == "aside" and not (line.why == REVIEW and self._ledger.released(line.entry)):
            self._aside(line, aside)
        elif line.do == "arrived":
            self._arrived(line, before)
        elif line.do == "hold" and before == "unanswered":
            self._doubt(line, line.why or SILENT)
        elif line.do == "hold":
            self._hold(line, line.why or "somebody must decide", for_good=line.why == RETYPED)
        elif aside is not None and aside.dropped:
            self._hold(line, "somebody dropped it since the plan was written", for_good=True)
        elif aside is not None and aside.in_review:
            self._hold(line, TO_REVIEW)
        elif before == "accepted":
            self._hold(line, NOT_THERE)  # or the plan would not name it: a comparison has looked since
        elif before == "unanswered" and not self._is_said_of_it(line):
            self._doubt(line, SILENT if line.do != "again" else SILENT_AGAIN)
        else:
            self._ready(line, before)

    def _is_said_of_it(self, line: Line) -> bool:
        """Whether `again` was said of the sending that had no answer, and not of one before."""
        return line.do == "again" and self._ledger.tries(line.entry, self._target) <= line.sent

    def _ready(self, line: Line, before: Sent) -> None:
        """It may be sent, if its turn comes."""
        if line.patient in self._waiting or self.done.stopped is not None:
            self._left(line, before)
            return
        if self._withdrawn(line.entry):
            self._hold(line, "it was withdrawn by two persons", for_good=True)
            return
        try:
            ready = self._sendable(line.entry)
        except Unsendable as why:
            self._hold(line, str(why))
            return
        if self._wire is None:
            self._left(line, before)
            return
        self._lot.append((line, ready))
        if len(self._lot) >= LOT_MAX:
            self._send_lot()

    def _left(self, line: Line, before: Sent) -> None:
        """Its turn does not come in this run."""
        earlier = self._waiting.get(line.patient)
        if earlier is not None:
            self.done.waits[earlier] += 1
        if before == "rejected":
            self.done.rejected += 1
            self._tell(waits(line, "rejected", REJECTED))
        else:
            self.done.remaining += 1
            if earlier is not None:
                self._tell(waits_behind(line, earlier))

    def _sendable(self, ref: str) -> Sendable:
        try:
            entry = self._fetch.entry(ref)
        except ValueError:
            raise Unsendable("the plan names no entry by it") from None
        except (JournalUnreadable, JournalTampered) as closed:
            raise Unsendable(f"it cannot be read here ({closed.kind})") from None
        if entry is None:
            raise Unsendable("no journal here holds it")
        return self._form(entry, self._target)

    def _hold(self, line: Line, why: str, *, do: State = "hold", for_good: bool = False) -> None:
        """A person sees to it; *for_good* if it is not going to be sent after them."""
        self.done.held += 1
        self.done.reasons[why] += 1
        self._tell(waits(line, do, why))
        if not for_good and self._is_built_on(line):
            self._wait_for(line)

    def _doubt(self, line: Line, why: str) -> None:
        """It may be there; whatever it says, nothing of the patient overtakes it."""
        self.done.in_doubt += 1
        self._wait_for(line)
        self._hold(line, why, do="doubt")

    def _is_built_on(self, line: Line) -> bool:
        """Whether later messages of the patient would be undone by this one, if it went after them."""
        by_hand = self._profile.acts == "hold" and line.entry.rpartition("/")[0].endswith(STATION)
        return self._events and moves(line.type) and not by_hand

    def _wait_for(self, line: Line) -> None:
        if line.patient:
            self._waiting.setdefault(line.patient, line.entry)

    def _aside(self, line: Line, known: Aside | None) -> None:
        self.done.set_aside += 1
        if line.why == REVIEW and (known is None or known.in_review):
            self._tell(waits(line, "hold", TO_REVIEW))
            if self._is_built_on(line):
                self._wait_for(line)
        if self._record is None or known == (line.why, line.owner):
            return
        alike = self._asides.setdefault((line.why, line.owner), [])
        alike.append(line.entry)
        if len(alike) >= LOT_MAX:
            self._say_asides()

    def _arrived(self, line: Line, before: Sent) -> None:
        if before not in ("unanswered", "accepted"):
            self._hold(line, "it was never sent: nobody can have seen it arrive")
            return
        self.done.acknowledged += 1
        if self._record is not None:
            self._owed += self._answers("", [self._answered(line.entry, SEEN)])

    # A lot.

    def _send_lot(self) -> None:
        lot, self._lot = self._lot, []
        if not lot:
            return
        assert self._progress is not None, "only a run that sends gathers lots"
        claim = secrets.token_hex(8)
        entries = [line.entry for line, _ in lot]
        self._settle_owed(MessagesClaimed(self._target, claim, entries, self._now(), self._address, self._live))
        self._progress.begin(claim)
        answers: list[Answered] = []
        for number, (line, ready) in enumerate(lot):
            if self.done.stopped is not None or not self._may():
                break
            outcome = self._exchange(number, ready)
            if outcome is None:
                self.done.stopped, self.done.reached = Stop("", "", "nobody listens"), False
                break
            answers.append(Answered(line.entry, outcome.code, ready.sent_as))
            self._count(line, outcome)
        self._owed += self._answers(claim, answers)
        unsent = [line for line, _ in lot[len(answers) :]]
        self._owed += self._released(claim, [line.entry for line in unsent])
        for line in unsent:
            self._left(line, "")
        if unsent:
            self._settle_owed()

    def _exchange(self, number: int, ready: Sendable) -> Outcome | None:
        """Send one message, again where that is safe; None when it could not be sent at all."""
        assert self._wire is not None and self._progress is not None, "as above"
        tries = self._profile.tries if self._profile.repeats_known else 1
        outcome: Outcome | None = None
        for tried in range(tries):
            if tried:
                self._pause(AGAIN_S)
            self._pace()
            self._progress.sending(number)
            try:
                outcome = self._wire.exchange(ready.body, ready.control_id)
            except NotReached:
                break
            self.done.sent += 1
            if outcome.code:
                break
        if outcome is None or outcome.code:
            self._progress.answered(number, outcome.code if outcome else _UNSENT)
        return outcome

    def _count(self, line: Line, outcome: Outcome) -> None:
        if outcome.accepted:
            self.done.acknowledged += 1
            return
        self._wait_for(line)
        self.done.stopped = Stop(line.entry, outcome.code, outcome.why or REJECTED)
        if outcome.code:
            self.done.rejected += 1
            self._tell(waits(line, "rejected", REJECTED, outcome.code))
        else:
            self._doubt(line, SILENT)

    def _pace(self) -> None:
        """Wait for one's turn."""
        if self._profile.per_second_max:
            due = self._began + self._paced / self._profile.per_second_max
            self._pause(max(0.0, due - time.monotonic()))
            self._paced += 1

    # The journal.

    def _answers(self, claim: str, answers: list[Answered]) -> list[Act]:
        return [MessagesAnswered(self._target, claim, answers, self._now())] if answers else []

    def _answered(self, entry: str, code: str) -> Answered:
        """The answer of a message of which a former run left no more than its number, or that somebody saw there."""
        return Answered(entry, code, sent_as(entry, self._profile, self._target))

    def _released(self, claim: str, entries: list[str]) -> list[Act]:
        reason = "not sent: the run ended before"
        return [MessagesReleased(self._target, claim, entries, reason, self._now())] if entries else []

    def _say_asides(self) -> None:
        self._owed += [EntriesSetAside(entries, *why, self._now()) for why, entries in self._asides.items()]
        self._asides.clear()
        self._settle_owed()

    def _settle_owed(self, *further: Act) -> None:
        acts = list(chain(self._owed, further))
        self._owed = []
        if acts:
            assert self._record is not None, "nothing is owed by who only looks"
            self._keep(acts, self._record)

    def _keep(self, acts: Sequence[Act], record: Callable[[Sequence[Act]], None]) -> None:
        record(acts)
        for act in acts:
            self._ledger.take(act)

    def _now(self) -> str:
        return rfc3339(self._clock.now_ns())
