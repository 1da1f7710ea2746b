"""`ack = "vault"`: a sender is answered when its message is on disk here and was read back from a vault (C1, S12).

Rules kept here:
  * An answer means that at least one vault gave the entry back, or that none was there and the settings say to go on.
  * A vault that hangs, or is hours behind, is as good as none: its state may say otherwise, its lag does not.
  * Going on without a vault is counted and shown; a sender told to wait gets no answer and keeps its message.
  * Who may go on waits for an absent vault once: while it stays away, the next message is answered at once.
  * Answers are given in the order of the offers, except that a sender which waits for a vault holds up no other.
  * What holds for a sender is settled once, before the first message: a message's way costs one look-up.
  * What vaults hold is read from the copies process's state file: capture holds no key of a vault, and asks none.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import structlog

from contrefeu.base import Clock
from contrefeu.capture.intake import Answer, Intake
from contrefeu.hospital import AckRule
from contrefeu.journal import Draft, JournalWriter

SENDERS_MAX = 1024  # whose rule is remembered: a hospital has some hundred
LOOK_S = 0.005  # how often the copies' state is looked at while answers wait for it
NO_VAULT_S = 3.0  # a vault that is away for so long is away: a restart of the copies process takes less
BEHIND_S = 10.0  # of a copy behind its journal: senders give an answer up after 10 s to 30 s, and begin anew
SILENT_S = 15.0  # the copies process speaks every 2 s: after so long it is gone
_THERE = frozenset(["up-to-date", "catching-up", "alarm"])

log = structlog.get_logger("capture")


class _Said(msgspec.Struct):
    state: str = ""
    positions: dict[str, int] = {}
    lag_seconds: float | None = None

    @property
    def there(self) -> bool:
        return self.state in _THERE and (self.lag_seconds or 0.0) <= BEHIND_S


@dataclass(frozen=True, slots=True)
class Standing:
    """What the vaults hold of a journal."""

    sequence: int  # the last entry that some vault gave back
    there: bool  # whether any vault is within reach, and near enough to be waited for


class CopiesFile:
    """What the copies process last said of one journal."""

    def __init__(self, path: Path, journal: str, clock: Clock) -> None:
        self._path = path
        self._folder = journal.replace("/", "_")
        self._clock = clock
        self._seen: tuple[int, int] = (0, 0)
        self._said: list[_Said] = []

    def turn_to(self, journal: str) -> None:
        """Look at another journal from now on."""
        self._folder = journal.replace("/", "_")

    def standing(self) -> Standing:
        """How far the vaults are."""
        try:
            found = self._path.stat()
            seen = (found.st_ino, found.st_mtime_ns)
            if seen != self._seen:
                self._said = msgspec.json.decode(self._path.read_bytes(), type=list[_Said])
                self._seen = seen
        except (OSError, msgspec.MsgspecError):
            return Standing(0, False)
        silent = self._clock.now_ns() - self._seen[1] > SILENT_S * 1e9
        reached = max((one.positions.get(self._folder, 0) for one in self._said), default=0)
        return Standing(reached, not silent and any(one.there for one in self._said))


class _Held(NamedTuple):
    """An answer that is not given yet."""

    sequence: int
    ref: str
    answer: Answer
    waits: bool


class VaultIntake(Intake):
    """An intake whose answers wait for a vault, or some of them."""

    def __init__(
        self,
        writer: JournalWriter,
        clock: Clock,
        copies: CopiesFile,
        rule_of: Callable[[str], AckRule],
        **more: Any,
    ) -> None:
        """*rule_of* says what a sender's answer waits for."""
        super().__init__(writer, clock, **more)
        self._copies = copies
        self._rule_of = lru_cache(SENDERS_MAX)(rule_of)
        self._held: deque[_Held] = deque()
        self._looking: asyncio.TimerHandle | None = None
        self.without_vault = 0  # messages answered though no vault had them, since the process started
        self._told_none = False
        self._away_since = self._looked = 0.0  # since when no vault was there, at each look until the last one

    @property
    def no_vault(self) -> bool:
        """Whether none is within reach now: whoever waits for one waits, or is answered without."""
        return not self._copies.standing().there

    @property
    def waiting(self) -> int:
        """Answers that wait for a vault."""
        return len(self._held)

    def offer(self, draft: Draft, answer: Answer) -> None:
        """As any intake; *answer* is called once a vault gave the entry back."""
        super().offer(draft, lambda ref: self._hold(ref, draft.source, answer))

    def follow(self, answer: Answer) -> None:
        """Append nothing; *answer* is called after the answers to all that was offered before."""
        super().follow(lambda ref: self._hold_behind(ref, answer))

    def change(self, make: Callable[[], JournalWriter]) -> None:
        """As any intake; whoever waits for a vault is not answered: the vaults do not take the journal before."""
        super().change(make)
        self._copies.turn_to(self.journal)

    def close(self) -> None:
        """Let the journal go; whoever still waits is not answered, and sends again what is on disk already."""
        super().close()
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        while self._held:
            self._held.popleft().answer(None)

    def _hold(self, ref: str | None, source: str, answer: Answer) -> None:
        rule = self._rule_of(source)
        if ref is None or not rule.vault:
            answer(ref)
            return
        self._held.append(_Held(int(ref.rpartition("/")[2]), ref, answer, rule.waits))
        self._look_soon()

    def _hold_behind(self, ref: str | None, answer: Answer) -> None:
        if ref is None or not self._held:
            answer(ref)
            return
        last = self._held[-1]
        self._held.append(_Held(last.sequence, ref, answer, last.waits))

    def _look_soon(self) -> None:
        if self._looking is None:
            self._looking = asyncio.get_running_loop().call_later(LOOK_S, self._look)

    def _look(self) -> None:
        """Answer whom a vault's copy covers; without a vault, who is to go on without one."""
        self._looking = None
        standing = self._copies.standing()
        if standing.there == self._told_none:
            self._told_none = not standing.there
            if self._told_none:
                log.error("no vault is within reach: answers wait, or go out without one", journal=self.journal)
        while self._held and self._held[0].sequence <= standing.sequence:
            held = self._held.popleft()
            held.answer(held.ref)
        if self._is_long_away(standing):
            self._go_on_without()
        if self._held:
            self._look_soon()

    def _is_long_away(self, standing: Standing) -> bool:
        """Whether no vault was there for NO_VAULT_S, as far as was looked: nobody looks while nobody waits."""
        now = asyncio.get_running_loop().time()
        if standing.there or now - self._looked > NO_VAULT_S:
            self._away_since = now
        self._looked = now
        return now - self._away_since >= NO_VAULT_S

    def _go_on_without(self) -> None:
        left: deque[_Held] = deque()
        for held in self._held:
            if held.waits:
                left.append(held)
            else:
                self.without_vault += 1
                held.answer(held.ref)
        self._held = left
