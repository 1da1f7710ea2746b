"""How far a recovery is, told by the acts of all stations: compared, united, sent back, accounted for, signed.

Rules kept here:
  * What a run left is what it said at its end, less what its target accepted since; without one, what the last
    comparison found lacking, less what any target accepted. Compared anew, what is in doubt or was rejected stays so.
  * The last comparison and the last account count; who ever lacked something is on the list until somebody signs.
  * A signature holds as long as nothing more is found lacking than when it was given.
  * How long a replay takes is counted from its own answers of the last hour, and not said before there are some.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from contrefeu.acts import (
    ACCEPTED,
    UNANSWERED,
    AccountDrawn,
    Act,
    GapTaken,
    MessagesAnswered,
    MessagesClaimed,
    MessagesReleased,
    PatientSignedOff,
    ReplayEnded,
)
from contrefeu.base import parse_rfc3339
from contrefeu.journal import Entry
from contrefeu.station.review import Review

RATE_NS = 3600 * 1_000_000_000  # an hour: long enough for a slow target, short enough for one that was restarted


@dataclass(slots=True)
class Sending:
    """What a target was sent."""

    target: str
    codes: dict[str, str | None] = field(default_factory=dict)  # entry -> answer; None: claimed, not answered yet
    answered: list[tuple[int, int]] = field(default_factory=list)  # when, how many
    last: str = ""
    ended: ReplayEnded | None = None  # the last run since the comparison
    before: int = 0  # accepted when it ended
    _counts: Counter[str] = field(default_factory=Counter)  # what became of them

    def put(self, entry: str, code: str | None) -> None:
        """Take what became of *entry*; counted as it comes, for there are as many as a plan has lines."""
        self.drop(entry)
        self.codes[entry] = code
        self._counts[_became(code)] += 1

    def drop(self, entry: str) -> None:
        """Know nothing of *entry* any more."""
        if entry in self.codes:
            self._counts[_became(self.codes.pop(entry))] -= 1

    @property
    def remaining(self) -> int | None:
        """How many messages wait for their turn; None when no run said so."""
        return None if self.ended is None else max(0, self.ended.remaining - self.accepted + self.before)

    @property
    def accepted(self) -> int:
        """How many it took."""
        return self._counts["accepted"]

    @property
    def doubtful(self) -> int:
        """How many somebody must look up there: no answer is known."""
        return self._counts["doubtful"]

    @property
    def rejected(self) -> int:
        """How many it refused."""
        return self._counts["rejected"]

    def seconds_for(self, remaining: int) -> float | None:
        """How long *remaining* messages take at its pace of the last hour it worked; None when it has none."""
        last = max((at for at, _ in self.answered), default=0)
        recent = [(at, count) for at, count in self.answered if last - at < RATE_NS]
        took_ns = last - min((at for at, _ in recent), default=last)
        later = sum(count for at, count in recent) - (recent[0][1] if recent else 0)
        return remaining * took_ns / later / 1e9 if later and took_ns else None


def _became(code: str | None) -> str:
    if code in ACCEPTED:
        return "accepted"
    return "doubtful" if code in (None, UNANSWERED) else "rejected"


@dataclass(slots=True)
class Patient:
    """Somebody whose record there lacked something."""

    chart: str
    left: int
    back: int
    signed: PatientSignedOff | None = None
    by: str = ""

    @property
    def state(self) -> str:
        """ "open", "signed", or "again": more is lacking than when it was signed."""
        if self.signed is None:
            return "open"
        return "again" if self.left > self.signed.left else "signed"


@dataclass(slots=True)
class Reprise:
    """Where the recovery is."""

    gap: GapTaken | None = None
    account: AccountDrawn | None = None
    sendings: dict[str, Sending] = field(default_factory=dict)
    review: Review = field(default_factory=Review)
    patients: dict[str, Patient] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)  # by any target, since the comparison

    @property
    def remaining(self) -> int:
        """Entries that wait for their turn: what is held or set aside waits for a person."""
        last = max(self.sendings.values(), key=lambda one: one.last, default=None)
        if last is not None and last.remaining is not None:
            return last.remaining
        if self.gap is None:
            return 0
        return max(0, self.gap.missing + self.gap.different - len(self.taken))

    @property
    def signed(self) -> int:
        """Patients who are signed off."""
        return sum(one.state == "signed" for one in self.patients.values())


class Following:
    """Where the recovery is, by acts that become more: a replay of millions leaves them by the ten thousand."""

    def __init__(self) -> None:
        self._acts: Sequence[tuple[Entry, Act]] = ()
        self._read = 0
        self._found = Reprise()

    def __call__(self, acts: Sequence[tuple[Entry, Act]]) -> Reprise:
        """Return where it is by *acts*, in journal order: a list that has grown is read on, another one anew."""
        if acts is not self._acts:
            self._acts, self._read, self._found = acts, 0, Reprise()
        while self._read < len(acts):
            _take(self._found, *acts[self._read])
            self._read += 1
        return self._found


def reprise(acts: Sequence[tuple[Entry, Act]]) -> Reprise:
    """Return where the recovery is, by *acts* in journal order."""
    return Following()(acts)


def _take(found: Reprise, entry: Entry, act: Act) -> None:
    if isinstance(act, GapTaken):
        found.gap = act
        found.sendings = _open(found.sendings)  # what was accepted before is in what was compared
        found.taken.clear()
    elif isinstance(act, MessagesClaimed | MessagesAnswered | MessagesReleased | ReplayEnded):
        _send(found.sendings.setdefault(act.target, Sending(act.target)), act)
        if isinstance(act, MessagesAnswered):
            found.taken.update(answer.entry for answer in act.answers if answer.code in ACCEPTED)
    elif isinstance(act, AccountDrawn):
        _account(found, act)
    elif isinstance(act, PatientSignedOff) and act.chart in found.patients:
        one = found.patients[act.chart]
        one.signed, one.by = act, entry.source.removeprefix("user/")
    else:
        found.review.take(entry, act)


def _open(sendings: dict[str, Sending]) -> dict[str, Sending]:
    """What of *sendings* somebody must look up in the target."""
    left = {}
    for name, one in sendings.items():
        kept = Sending(name, last=one.last)
        for entry, code in one.codes.items():
            if code not in ACCEPTED:
                kept.put(entry, code)
        if kept.codes:
            left[name] = kept
    return left


def _send(one: Sending, act: MessagesClaimed | MessagesAnswered | MessagesReleased | ReplayEnded) -> None:
    one.last = act.at
    if isinstance(act, ReplayEnded):
        one.ended, one.before = act, one.accepted
    elif isinstance(act, MessagesAnswered):
        for answer in act.answers:
            one.put(answer.entry, answer.code)
        one.answered.append((parse_rfc3339(act.at), len(act.answers)))
    else:
        for entry in act.entries:
            if one.codes.get(entry) in ACCEPTED:
                continue
            if isinstance(act, MessagesClaimed):
                one.put(entry, None)
            else:
                one.drop(entry)


def _account(found: Reprise, act: AccountDrawn) -> None:
    found.account = act
    said = {one.chart: one for one in act.patients}
    for chart, one in found.patients.items():
        if chart not in said:
            one.left = 0
    for chart, told in said.items():
        one = found.patients.setdefault(chart, Patient(chart, 0, 0))
        one.left, one.back = told.left, told.back
