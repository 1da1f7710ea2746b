"""How far a recovery is, told by the acts of all stations: compared, united, sent back, accounted for, signed.

Rules kept here:
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
        """Entries that the last comparison found lacking and no target took since."""
        if self.gap is None:
            return 0
        return max(0, self.gap.missing + self.gap.different - sum(one.accepted for one in self.sendings.values()))

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
            found.sendings = {}  # what was sent before is in what was compared
        elif isinstance(act, MessagesClaimed | MessagesAnswered | MessagesReleased):
            _send(found.sendings.setdefault(act.target, Sending(act.target)), act)
        elif isinstance(act, AccountDrawn):
            _account(found, act)
        elif isinstance(act, PatientSignedOff) and act.chart in found.patients:
            one = found.patients[act.chart]
            one.signed, one.by = act, entry.source.removeprefix("user/")
        else:
            found.review.take(entry, act)
    return found


def _send(one: Sending, act: MessagesClaimed | MessagesAnswered | MessagesReleased) -> None:
    one.last = act.at
    if isinstance(act, MessagesClaimed):
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
