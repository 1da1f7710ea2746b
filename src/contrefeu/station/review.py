"""What is in doubt, of which source, who says so, and what people decided of it: told by the acts of all stations (R5).

Rules kept here:
  * An entry waits once, for the last reason that it was set aside for; taken up, dropped, or in doubt no longer, it
    waits no more. What was dropped never waits again.
  * A decision is a person's: of what a comparison releases nobody decided. One of many entries is in several acts.
  * Each source that anybody or the watch spoke of has a row, with its evidence; the word in force is `acts.doubts`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from contrefeu.acts import (
    Act,
    Alarm,
    CleanPointsSeen,
    Doubt,
    EntriesDropped,
    EntriesReleased,
    EntriesSetAside,
    PointSeen,
    Spoken,
    doubts,
)
from contrefeu.journal import Entry


class Why(NamedTuple):
    """Why entries were set aside."""

    reason: str
    owner: str
    source: str  # whose they are; "" when they are several's


class Decision(NamedTuple):
    """What somebody decided of entries that were set aside."""

    entries: int
    taken: bool  # taken up; else dropped
    by: str
    reason: str
    at: str


@dataclass(slots=True)
class SourceRow:
    """One source: until when it was clean, by whose word, and what came of its entries."""

    source: str  # "" for every one
    seen: PointSeen | None = None  # by the watch, at the last comparison
    seen_at: str = ""
    alarms: int = 0  # about it that were not found harmless
    doubt: Doubt | None = None
    waiting: int = 0
    taken: int = 0
    dropped: int = 0


@dataclass(slots=True)
class Review:
    """What waits for review."""

    waiting: dict[str, Why] = field(default_factory=dict)  # entry -> why
    decisions: list[Decision] = field(default_factory=list)  # the latest last
    seen: CleanPointsSeen | None = None
    taken: Counter[str] = field(default_factory=Counter)  # by source
    dropped: Counter[str] = field(default_factory=Counter)
    _gone: set[str] = field(default_factory=set)  # entries that were dropped

    @property
    def aside(self) -> dict[Why, list[str]]:
        """What waits, together where it waits for one reason."""
        found: dict[Why, list[str]] = {}
        for entry, why in self.waiting.items():
            found.setdefault(why, []).append(entry)
        return found

    def take(self, entry: Entry, act: Act) -> None:
        """Take one act, in journal order."""
        if isinstance(act, EntriesSetAside):
            why = Why(act.reason, act.owner, act.source)
            self.waiting |= dict.fromkeys((one for one in act.entries if one not in self._gone), why)
        elif isinstance(act, EntriesReleased):
            whose = self._waited(act.entries)
            self._gone.difference_update(act.entries)
            if act.looked_at:
                self._decided(entry, act, whose, self.taken)
        elif isinstance(act, EntriesDropped):
            self._decided(entry, act, self._waited(act.entries), self.dropped)
            self._gone.update(act.entries)
        elif isinstance(act, CleanPointsSeen):
            self.seen = act

    def _waited(self, entries: Iterable[str]) -> list[str]:
        """Let *entries* wait no more; returns whose those were that did."""
        return [self.waiting.pop(one).source for one in entries if one in self.waiting]

    def _decided(
        self, entry: Entry, act: EntriesReleased | EntriesDropped, whose: Sequence[str], counts: Counter[str]
    ) -> None:
        counts.update(whose)
        taken, by = counts is self.taken, entry.source.removeprefix("user/")
        new = Decision(len(whose), taken, by, act.reason, act.at)
        if self.decisions and self.decisions[-1][1:] == new[1:]:
            new = new._replace(entries=new.entries + self.decisions.pop().entries)
        if new.entries:
            self.decisions.append(new)


def source_rows(
    review: Review, acts: Sequence[tuple[Entry, Act]], raised: Sequence[Alarm], feeds: Iterable[str]
) -> list[SourceRow]:
    """Return a row a source: those in doubt first, then those that the watch holds back, then the rest.

    Args:
        review: What waits.
        acts: Of all stations, in journal order.
        raised: Alarms of the watch.
        feeds: The sources that are heard.
    """
    rows = {name: SourceRow(name) for name in feeds}
    for point in review.seen.points if review.seen else ():
        row = rows.setdefault(point.source, SourceRow(point.source))
        row.seen, row.seen_at = point, review.seen.at if review.seen else ""
    for alarm in raised:
        if alarm.raised.subject in rows and alarm.verdict != "harmless":
            rows[alarm.raised.subject].alarms += 1
    for doubt in doubts((Spoken(e.ref, e.journal, e.source, act) for e, act in acts), raised).values():
        rows.setdefault(doubt.source, SourceRow(doubt.source)).doubt = doubt
    for counts, name in (
        (Counter(why.source for why in review.waiting.values()), "waiting"),
        (review.taken, "taken"),
        (review.dropped, "dropped"),
    ):
        for source, count in counts.items():
            setattr(rows.setdefault(source, SourceRow(source)), name, count)
    return sorted(rows.values(), key=_urgency)


def _urgency(row: SourceRow) -> tuple[bool, bool, bool, str]:
    in_doubt = row.doubt is not None and bool(row.doubt.clean)
    return not row.waiting, not in_doubt, not (row.seen and row.seen.held_by), row.source
