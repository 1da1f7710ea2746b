"""How far a recovery is, told by the acts of all stations: compared, united, sent back, accounted for, signed.

Rules kept here:
  * What a run left is what it said at its end, less what its target accepted since; without one, what the last
    comparison found lacking, less what any target accepted. Compared anew, what is in doubt or was rejected stays so.
  * The last comparison and the last account count; who ever lacked something is on the list until somebody signs.
  * A signature holds as long as nothing more is found lacking than when it was given.
  * How long a replay takes is counted from its own answers of the last hour, and not said before there are some.
"""

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

    @property
    def remaining(self) -> int | None:
        """How many messages wait for their turn; None when no run said so."""
        return None if self.ended is None else max(0, self.ended.remaining - self.accepted + self.before)

    @property
    def accepted(self) -> int:
        """How many it took."""
        return sum(code in ACCEPTED for code in self.codes.values())

    @property
    def doubtful(self) -> int:
        """How many somebody must look up there: no answer is known."""
        return sum(code in (None, UNANSWERED) for code in self.codes.values())

    @property
    def rejected(self) -> int:
        """How many it refused."""
        return len(self.codes) - self.accepted - self.doubtful

    def seconds_for(self, remaining: int) -> float | None:
        """How long *remaining* messages take at its pace of the last hour it worked; None when it has none."""
        last = max((at for at, _ in self.answered), default=0)
        recent = [(at, count) for at, count in self.answered if last - at < RATE_NS]
        took_ns = last - min((at for at, _ in recent), default=last)
        later = sum(count for at, count in recent) - (recent[0][1] if recent else 0)
        return remaining * took_ns / later / 1e9 if later and took_ns else None


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

    @property
    def remaining(self) -> int:
        """Entries that wait for their turn: what is held or set aside waits for a person."""
        last = max(self.sendings.values(), key=lambda one: one.last, default=None)
        if last is not None and last.remaining is not None:
            return last.remaining
        if self.gap is None:
            return 0
        taken = {entry for one in self.sendings.values() for entry, code in one.codes.items() if code in ACCEPTED}
        return max(0, self.gap.missing + self.gap.different - len(taken))

    @property
    def signed(self) -> int:
        """Patients who are signed off."""
        return sum(one.state == "signed" for one in self.patients.values())


def reprise(acts: Sequence[tuple[Entry, Act]]) -> Reprise:
    """Return where the recovery is, by *acts* in journal order."""
    found = Reprise()
    for entry, act in acts:
        if isinstance(act, GapTaken):
            found.gap = act
            found.sendings = _open(found.sendings)  # what was accepted before is in what was compared
        elif isinstance(act, MessagesClaimed | MessagesAnswered | MessagesReleased | ReplayEnded):
            _send(found.sendings.setdefault(act.target, Sending(act.target)), act)
        elif isinstance(act, AccountDrawn):
            _account(found, act)
        elif isinstance(act, PatientSignedOff) and act.chart in found.patients:
            one = found.patients[act.chart]
            one.signed, one.by = act, entry.source.removeprefix("user/")
        else:
            found.review.take(entry, act)
    return found


def _open(sendings: dict[str, Sending]) -> dict[str, Sending]:
    """What of *sendings* somebody must look up in the target."""
    left = {
        name: Sending(name, {entry: code for entry, code in one.codes.items() if code not in ACCEPTED}, last=one.last)
        for name, one in sendings.items()
    }
    return {name: one for name, one in left.items() if one.codes}


def _send(one: Sending, act: MessagesClaimed | MessagesAnswered | MessagesReleased | ReplayEnded) -> None:
    one.last = act.at
    if isinstance(act, ReplayEnded):
        one.ended, one.before = act, one.accepted
    elif isinstance(act, MessagesClaimed):
        one.codes |= {entry: None for entry in act.entries if one.codes.get(entry) not in ACCEPTED}
    elif isinstance(act, MessagesReleased):
        for entry in act.entries:
            if one.codes.get(entry) not in ACCEPTED:
                one.codes.pop(entry, None)
    else:
        one.codes |= {answer.entry: answer.code for answer in act.answers}
        one.answered.append((parse_rfc3339(act.at), len(act.answers)))


def _account(found: Reprise, act: AccountDrawn) -> None:
    found.account = act
    said = {one.chart: one for one in act.patients}
    for chart, one in found.patients.items():
        if chart not in said:
            one.left = 0
    for chart, told in said.items():
        one = found.patients.setdefault(chart, Patient(chart, 0, 0))
        one.left, one.back = told.left, told.back
