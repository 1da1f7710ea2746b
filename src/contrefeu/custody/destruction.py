"""Destroying reading keys that the horizon has passed (DESIGN S1, promise 3; field rule F38).

Rules kept here:
  * A key goes only when the days that the journals prove since its last use (usage.py), frozen ones left out, are as
    many as the horizon; when every follower has read, durably, past the last segment that it opens; and when nothing
    holds the horizon: no downtime declared, no recovery open.
  * First retired, then, at a later look, destroyed: a writer that took the key up a moment before is seen in between.
  * What cannot be read counts against destroying: a header that is damaged may be sealed to the key.
  * With a key go the grants that would open its segments to another key of this node. Grants to custodians and peers
    stay: they are others' rights.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from contrefeu.custody.erase import erase
from contrefeu.custody.horizon import ReadingKeys
from contrefeu.custody.usage import SHORT, JournalUse, KeyUse, proven_days

Why = Literal["within", "open", "unread", "damaged", "due"]


@dataclass(frozen=True, slots=True)
class KeyStanding:
    """Why one reading key is kept; `due` when it is not any more."""

    day: str
    fingerprint: str
    days: int  # proven since its last use, frozen ones left out
    why: Why
    retired: bool


@dataclass(frozen=True, slots=True)
class Horizon:
    """What destruction goes by, as the node stands now."""

    days: int  # the setting
    own: Set[str]  # journals that this node writes
    positions: Mapping[str, int]  # of the follower that is furthest behind, durable: journal -> sequence
    frozen: Callable[[str], bool]  # whether a day does not count
    held: str = ""  # why nothing is destroyed now; empty when nothing holds


class Destruction:
    """One home's reading keys, looked at now and then."""

    def __init__(self, keys: ReadingKeys, journals: Path, grants: Path) -> None:
        self._keys = keys
        self._grants = grants
        self._use = KeyUse(journals, grants)
        self._retired_before: set[str] = set()

    def standings(self, horizon: Horizon) -> list[KeyStanding]:
        """How each reading key stands, oldest first."""
        uses = self._use.look()
        return [self._standing(day, fp, uses, horizon) for day, fp in self._keys.days().items()]

    def look(self, horizon: Horizon, record: Callable[[Sequence[KeyStanding]], None]) -> list[str]:
        """Retire what is due, and destroy what an earlier look retired; returns the days destroyed.

        *record* leaves the entry that says so; when it raises nothing is destroyed.

        Raises:
            OSError: The disk refused; the next look goes on.
        """
        self._keys.sweep()
        if horizon.held:
            return []
        due = [standing for standing in self.standings(horizon) if standing.why == "due"]
        going = [standing for standing in due if standing.day in self._retired_before]
        for standing in due:
            self._keys.retire(standing.day)
        self._retired_before = {standing.day for standing in due}
        if going:
            record(going)
            for standing in going:
                self._drop_grants(standing.fingerprint)
                self._keys.destroy(standing.day)
        return [standing.day for standing in going]

    def _standing(self, day: str, fingerprint: str, uses: Sequence[JournalUse], horizon: Horizon) -> KeyStanding:
        days = {d for d in proven_days(uses, horizon.own, fingerprint, day) if not horizon.frozen(d)}
        why: Why = "due"
        if len(days) < horizon.days:
            why = "within"
        elif any(use.unreadable for use in uses):
            why = "damaged"
        else:
            for use in uses:
                at = use.last_use(fingerprint)
                if at < 0:
                    continue
                if use.journal in horizon.own and at + 1 == len(use.segments):
                    why = "open"  # its writer may be at work in it
                elif horizon.positions.get(use.journal, 0) < use.end_of(at):
                    why = "unread"
        return KeyStanding(day, fingerprint, len(days), why, self._keys.is_retired(day))

    def _drop_grants(self, fingerprint: str) -> None:
        """No other key of this node may open what this one did."""
        own = {fp[:SHORT] for fp in self._keys.days().values()}
        for use in self._use.look():
            folder = self._grants / use.files.folder.name
            numbers = {s.number for s in use.segments if fingerprint in s.recipients}
            for path in sorted(folder.glob("*.grant")) if folder.is_dir() else []:
                number, short = path.name.split(".")[:2]
                if short == fingerprint[:SHORT] or (number.isdigit() and int(number) in numbers and short in own):
                    erase(path)
