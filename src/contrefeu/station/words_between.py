"""What people tell wards and sign for the house, folded from the acts of the stations' journals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contrefeu.acts import Act, LimitsSigned, WardAnswered, WardTold
from contrefeu.journal import Entry

MESSAGES_MAX = 2_000  # remembered, the newest: four weeks of a hospital's notices


@dataclass(frozen=True, slots=True)
class WardMessage:
    """One message to wards."""

    ref: str  # entry
    wards: tuple[str, ...]  # none is every ward
    text: str
    at: str
    by: str  # login
    done_by: str = ""
    done_at: str = ""

    def reaches(self, wards: Sequence[str]) -> bool:
        """Whether it is for somebody of *wards* ("*" is every ward)."""
        return not self.wards or "*" in wards or bool(set(self.wards) & set(wards))


class WordsBetween:
    """Messages between wards, and the laboratory's limits that were signed."""

    def __init__(self) -> None:
        self.messages: dict[str, WardMessage] = {}
        self.limits: dict[str, tuple[str, str]] = {}  # digest -> who signed it (login), when

    def apply(self, act: Act, entry: Entry) -> None:
        """Take one more act, in journal order."""
        by = entry.source.removeprefix("user/")
        if isinstance(act, WardTold):
            self.messages[entry.ref] = WardMessage(entry.ref, tuple(act.wards), act.text, act.at, by)
            if len(self.messages) > MESSAGES_MAX:
                del self.messages[next(iter(self.messages))]
        elif isinstance(act, WardAnswered) and act.message in self.messages:
            told = self.messages[act.message]
            if not told.done_by:
                self.messages[act.message] = replace(told, done_by=by, done_at=act.at)
        elif isinstance(act, LimitsSigned):
            self.limits[act.digest] = (by, act.at)
