"""What is written here goes at once to a system that works on while the record system is down (F16, decision 0225).

    pending -> accepted | refused | in doubt | held | behind an earlier one of its patient | waiting for the system

Rules kept here:
  * The messages, the claims and the answers are those of `replay`, and its ledger is this one's: nothing goes twice.
  * A refusal stops nobody else. Behind a refusal, a hold or a doubt about a movement or an identity, later messages of
    that patient wait; behind a message whose answer is owed, all of that patient's do.
  * What had no answer is sent again under the same MSH-10 where the profile says that repeats are known, and shown
    once that did not help; else a person says whether it arrived.
  * Only what is written since the minute that somebody named, in this house's stations, and only kinds that the system
    takes. Nobody of another world, no honey patient, nothing withdrawn; who is protected, if the settings say so. Each
    is looked at again before it goes: charts are united, and identities protected, meanwhile.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from contrefeu.acts import Act, LiveSettled, MessagesAnswered, MessagesClaimed, MessagesReleased
from contrefeu.base import Clock, OperatorError, rfc3339
from contrefeu.chart import STATION, Chart, HoneyChart, is_protected, kind_of
from contrefeu.hl7 import Message
from contrefeu.hospital import Taken
from contrefeu.journal import MEDIA_FHIR, Entry
from contrefeu.mapping import Reading, Rules, read
from contrefeu.recovery.forms import Sendable, Unsendable
from contrefeu.recovery.gap import MERGE, is_own
from contrefeu.recovery.ledger import Ledger
from contrefeu.recovery.paths import function_of, moves
from contrefeu.recovery.plan import Line
from contrefeu.recovery.profiles import Profile
from contrefeu.recovery.progress import Progress
from contrefeu.recovery.replay import Replay
from contrefeu.recovery.ward_messages import WardMessages, link_of
from contrefeu.recovery.ward_words import FRENCH, Wording
from contrefeu.recovery.whose import Whose
from contrefeu.recovery.wire import NotReached, Target

GATHER_MAX = 500  # entries looked at in one round: a second of reading, so that a switch is heeded meanwhile
ROUND_S = 2.0  # of sending, then what people said meanwhile is heard
LOT_MAX = 32  # messages a claim: a power cut leaves at most so many in doubt
SHOWN_MAX = 200  # entries that a page names of one system; the rest is counted
HELD_AGAIN_S = 30.0  # s after which what could not be made into a message is tried again: its chart may say more
SILENT_TRIES = 3  # sendings without an answer after which somebody is told: it may never come
SILENT_AGAIN_S = 15.0  # s before what had no answer goes again: an engine that is started anew takes as long
NOT_TAKEN = "another kind"
BROKEN = "no message can be made of it here: tell who runs the node which entry it is"
PROTECTED = "its patient's identity is protected: by telephone, or `protected = true` in the settings"
_FUNCTIONS = {"movements": "adt", "identity": "adt", "requests": "", "prescriptions": "prescriptions"}
_KINDS: dict[str, Taken] = {"ADT": "adt", "OML": "laboratory", "OMP": "prescriptions", "RDE": "prescriptions"}


class ChartsAsked(Protocol):
    """What is asked of the charts."""

    def entry(self, ref: str) -> Entry | None:
        """One entry; None when it is withdrawn."""
        ...

    def chart(self, id: str) -> Chart | None:
        """One chart, by its id or any number."""
        ...

    def numbers(self, id: str) -> list[str]:
        """The chart's id and every number that it stands under."""
        ...

    def honey(self) -> list[HoneyChart]:
        """Patients whom nobody has a reason to open."""
        ...


class Reached(Target, Protocol):
    """A target of which it is seen first whether it listens."""

    def reach(self) -> None:
        """Connect, if it was not done; raises NotReached."""
        ...


class Stuck(Struct, frozen=True, omit_defaults=True):
    """One entry that a person sees to, or that waits."""

    entry: str
    state: str  # "refused", "doubt", "silent", "held", "behind"
    kind: str
    patient: str = ""  # chart id
    at: str = ""  # RFC 3339, when it was written
    why: str = ""
    code: str = ""  # MSA-1


class Round(Struct):
    """How a system stands after a round."""

    sent: int = 0  # accepted, since the minute that was named
    waiting: int = 0  # to be sent
    aside: int = 0  # that somebody saw to
    stuck: Counter[str] = field(default_factory=Counter)  # state -> how many
    shown: list[Stuck] = field(default_factory=list)
    reached: bool = True
    last: str = ""  # RFC 3339, of the last message that was accepted
    last_kind: str = ""


class _Pending(Struct):
    entry: str
    order: tuple[int, str, int]
    keys: tuple[str, ...]  # a number of each whom it names, the first whose it is
    patient: str  # chart id of the first, as last looked
    kind: str
    at: str
    tried_s: float = 0.0  # monotonic: when a message could not be made of it
    why: str = ""


def _named(reading: Reading) -> tuple[str, ...]:
    """A number of each whom an entry names: of a birth the child's and the mother's, who may be protected."""
    parts = (reading, *reading.also)
    return tuple(dict.fromkeys(one.keys[0] for part in parts for one in part.subjects if one.keys))


def live_profile(profile: Profile, name: str) -> Profile:
    """Return how a surviving system is written to: as *profile* says, and what it takes is not held.

    Raises:
        OperatorError: Its orders would go with a mark that says that nothing follows from them.
    """
    if profile.form == "marked" and profile.honours_mark:
        raise OperatorError(
            f'The profile of {name} marks messages (form = "marked") and says that no order follows from them.',
            safe="Nothing was sent to it.",
            next='Give it a profile with form = "raw": live orders are to be carried out.',
        )
    return replace(profile, name=profile.name or name, acts="hl7", rest="hold", hold=[], leave_out=[], paths={})


class Live:
    """One system that works on."""

    def __init__(
        self,
        name: str,
        address: str,
        profile: Profile,
        takes: Sequence[Taken],
        ledger: Ledger,
        clock: Clock,
        *,
        rules: Rules,
        facility: str = "",
        world: str = "P",
        protected: bool = False,
        wording: Wording = FRENCH,
        counts: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            name: In the settings.
            address: Where it is, as `addresses` compares it.
            profile: How it takes messages.
            takes: What is sent to it.
            ledger: What was sent before, by anybody; kept up to date.
            clock: What time it is.
            rules: Of the senders.
            facility: MSH-4.
            world: Whose patients go: "P", or "T" from a home of exercises.
            protected: Whether patients of protected identity go.
            wording: Of what is written in words.
            counts: Whether a journal is of this house.
        """
        self.name, self.address, self._takes = name, address, frozenset(takes)
        self._profile, self._left_out = live_profile(profile, name), profile.leaves_out
        self.target = self._profile.name
        self._ledger, self._clock, self._rules, self._world = ledger, clock, rules, world
        self._protected, self._counts = protected, counts
        self._facility, self._wording = facility, wording
        self._read: dict[str, int] = {}  # journal -> last entry that was looked at
        self._pending: dict[str, _Pending] = {}
        self._since_ns = -1
        self._aside: set[str] = set()
        self._taken: set[str] = set()  # accepted, since the minute that was named
        self._codes: dict[str, str] = {}  # entry -> MSA-1 of a refusal
        self._answered = ("", "")  # when, and which, was the last that was accepted
        self.is_another = False  # whether a replay called another system so: what that one took says nothing of this
        self._silent_s = 0.0  # monotonic: when an answer did not come
        self._honey: set[str] = set()  # chart ids
        self._looked_s = 0.0  # monotonic: when it was last asked whose each entry is

    def hear(self, acts: Iterable[Act]) -> None:
        """Take what people and former runs said of this system; the ledger is told by whoever reads the journals."""
        for act in acts:
            if isinstance(act, LiveSettled) and act.system == self.name:
                self._aside.add(act.entry)
            elif isinstance(act, MessagesClaimed) and act.target == self.target:
                self.is_another = self.is_another or not (act.live or act.address == self.address)
            elif isinstance(act, MessagesAnswered) and act.target == self.target:
                self._codes |= {one.entry: one.code for one in act.answers}
                if act.claim and any(one.code in ("AA", "CA") for one in act.answers):
                    self._answered = max(self._answered, (act.at, act.answers[-1].entry))
            elif isinstance(act, MessagesReleased) and act.target == self.target:
                self._aside.difference_update(act.entries)

    def begin(self, since_ns: int) -> None:
        """Look at what was written since a minute; at another minute, from the start again."""
        if since_ns != self._since_ns:
            self._since_ns = since_ns
            self._read, self._pending, self._taken = {}, {}, set()

    def gather(self, charts: ChartsAsked, positions: dict[str, int]) -> int:
        """Take up what was written since; returns how many entries are still to be looked at."""
        left = 0
        self._honey = {one.chart for one in charts.honey()}
        whose = Whose(charts)
        if time.monotonic() - self._looked_s > HELD_AGAIN_S:
            self._looked_s = time.monotonic()
            for one in self._pending.values():  # two charts may be one since
                one.patient = whose.chart_of(one.keys[0]) if one.keys else ""
        for journal, last in sorted(positions.items()):
            if not journal.endswith(STATION) or not self._counts(journal):
                continue
            if journal not in self._read:
                self._read[journal] = self._before(charts, journal, last)
            for sequence in range(self._read[journal] + 1, min(last, self._read[journal] + GATHER_MAX) + 1):
                entry = charts.entry(f"{journal}/{sequence}")
                if entry is not None and entry.received_ns >= self._since_ns:
                    self._take_up(entry, whose)
                self._read[journal] = sequence
            left += last - self._read[journal]
        return left

    def send(
        self,
        charts: ChartsAsked,
        wire: Reached,
        progress: Progress,
        record: Callable[[Sequence[Act]], None],
        may: Callable[[], bool] = lambda: True,
    ) -> Round:
        """Send what may go now, and say how the system stands; *may* is asked before each message."""
        found, until_s = Round(), time.monotonic() + ROUND_S
        lines = self._lines(charts, found)
        if may() and not self._reaches(wire, found):  # looked at with nothing to send, too: who reads it relies on it
            lines = []
        while lines and time.monotonic() < until_s and may() and self._reaches(wire, found):
            run = Replay(
                self.target, self._profile, self._ledger, charts, self._clock, address=self.address,
                withdrawn=lambda ref: charts.entry(ref) is None, form=self._form(charts), live=True,
                may=may,
            )  # fmt: skip
            done = run.send(iter(lines), wire, progress, record)
            if not done.reached:
                found.reached = False
                break
            if done.stopped is not None and not done.stopped.code:
                self._silent_s = time.monotonic()
                break
            found = Round()
            lines = self._lines(charts, found)
        reached = found.reached
        found = Round(reached=reached)
        self._lines(charts, found)
        found.sent, found.aside = len(self._taken), len(self._aside)
        found.last, entry = self._answered
        found.last_kind = self._kind_of(charts, entry)
        return found

    def settle(self, progress: Progress, record: Callable[[Sequence[Act]], None], charts: ChartsAsked) -> None:
        """Say in the journal what became of claims that a killed process left open."""
        Replay(self.target, self._profile, self._ledger, charts, self._clock, live=True).settle(progress, record)

    def _reaches(self, wire: Reached, found: Round) -> bool:
        try:
            wire.reach()
        except NotReached:
            found.reached = False
        return found.reached

    # An entry.

    def _before(self, charts: ChartsAsked, journal: str, last: int) -> int:
        """The last entry of *journal* before the minute from which on things are sent."""
        while last > 0:
            entry = charts.entry(f"{journal}/{last}")
            if entry is not None and entry.received_ns < self._since_ns:
                break
            last -= 1
        return last

    def _take_up(self, entry: Entry, whose: Whose) -> None:
        link = link_of(entry)
        if link is None and (entry.media_type != MEDIA_FHIR or is_own(entry)):
            return
        reading = read(entry, self._rules.of(entry.source))
        kind = MERGE if link else kind_of(reading)
        serves = "adt" if link else _FUNCTIONS.get(function_of(kind) or "")
        if serves is None or (serves and serves not in self._takes):
            return
        if (link.world if link else reading.world) != self._world:
            return
        keys = (link.survivor, link.lost) if link else _named(reading)
        order, patient = entry.order, whose.chart_of(keys[0]) if keys else ""
        self._pending[entry.ref] = _Pending(entry.ref, order, keys, patient, kind, rfc3339(entry.received_ns))

    def _form(self, charts: ChartsAsked) -> Callable[[Entry, str], Sendable]:
        messages = WardMessages(self._profile, self._rules, charts.chart, self._facility, self._wording, live=True)

        def form(entry: Entry, target: str) -> Sendable:
            ready = messages(entry, target)
            message = Message.parse(ready.body)
            code, event = message.text("MSH", 9), message.text("MSH", 9, 2)
            served = _KINDS.get(code) or ("imaging" if message.text("OBR", 24) == "RAD" else None)
            if served not in self._takes or self._left_out(f"{code}^{event}"):
                raise Unsendable(NOT_TAKEN)
            return ready

        return form

    def _lines(self, charts: ChartsAsked, found: Round) -> list[Line]:
        """What may be sent now, in order; of all else *found* says why not."""
        form = self._form(charts)
        lines: list[Line] = []
        blocked: dict[str, str] = {}  # patient -> the entry that later ones wait for
        ordered = sorted(self._pending.values(), key=lambda one: one.order)
        standings = self._ledger.standings([one.entry for one in ordered], self.target)
        for one, known in zip(ordered, standings, strict=True):
            if known.outcome == "accepted":
                self._taken.add(one.entry)
                del self._pending[one.entry]
            elif one.entry in self._aside:
                continue
            elif one.patient and one.patient in blocked:
                self._stuck(found, one, "behind", blocked[one.patient])
            elif known.outcome == "rejected":
                self._stuck(found, one, "refused", code=self._codes.get(one.entry, ""))
                self._block(blocked, one)
            elif known.outcome == "unanswered" and not self._profile.repeats_known:
                self._stuck(found, one, "doubt")
                blocked.setdefault(one.patient, one.entry)
            elif len(lines) >= LOT_MAX:
                found.waiting += 1
            elif why := self._why_not(charts, one, form):
                if why == NOT_TAKEN:
                    del self._pending[one.entry]
                    continue
                self._stuck(found, one, "held", why)
                self._block(blocked, one)
            else:
                found.waiting += 1
                again = known.outcome == "unanswered"
                tries = self._ledger.tries(one.entry, self.target) if again else 0
                if tries >= SILENT_TRIES:
                    self._stuck(found, one, "silent")
                if again and time.monotonic() - self._silent_s < SILENT_AGAIN_S:
                    blocked.setdefault(one.patient, one.entry)
                    continue
                lines.append(Line(one.entry, "again" if again else "send", one.patient, one.kind, sent=tries))
        return lines

    def _why_not(self, charts: ChartsAsked, one: _Pending, form: Callable[[Entry, str], Sendable]) -> str:
        """Why no message can be made of it; "" when one can."""
        if one.why and time.monotonic() - one.tried_s < HELD_AGAIN_S:
            return one.why
        one.why, one.tried_s = "", time.monotonic()
        entry = charts.entry(one.entry)
        if entry is None:
            return NOT_TAKEN  # it was withdrawn
        named = [chart for key in one.keys if (chart := charts.chart(key)) is not None]
        if any(chart.id in self._honey for chart in named):
            return NOT_TAKEN
        if not self._protected and any(is_protected(chart) for chart in named):
            one.why = PROTECTED
            return one.why
        try:
            form(entry, self.target)
        except Unsendable as why:
            one.why = str(why)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # one entry stops no other
            one.why = BROKEN
        return one.why

    def _stuck(self, found: Round, one: _Pending, state: str, why: str = "", code: str = "") -> None:
        found.stuck[state] += 1
        if len(found.shown) < SHOWN_MAX:
            found.shown.append(Stuck(one.entry, state, one.kind, one.patient, one.at, why, code))

    def _block(self, blocked: dict[str, str], one: _Pending) -> None:
        if one.patient and moves(one.kind):
            blocked.setdefault(one.patient, one.entry)

    def _kind_of(self, charts: ChartsAsked, ref: str) -> str:
        entry = charts.entry(ref) if ref else None
        if entry is None:
            return ""
        return MERGE if link_of(entry) else kind_of(read(entry, self._rules.of(entry.source)))
