"""`ack = "vault"`: a sender is answered when its message is on disk here and was read back from a vault (C1, S12).

Rules kept here:
  * An answer means that at least one vault gave the entry back, or that none was there and the settings say to go on.
  * Going on without a vault is counted and shown; a sender told to wait gets no answer and keeps its message.
  * Answers are given in the order of the offers, except that a sender which waits for a vault holds up no other.
  * What vaults hold is read from the copies process's state file: capture holds no key of a vault, and asks none.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import structlog

from contrefeu.base import Clock
from contrefeu.capture.intake import Answer, Intake
from contrefeu.journal import Draft, JournalWriter

LOOK_S = 0.005  # how often the copies' state is looked at while answers wait for it
NO_VAULT_S = 3.0  # a vault that is away for so long is away: a restart of the copies process takes less
SILENT_S = 15.0  # the copies process speaks every 2 s: after so long it is gone
_THERE = frozenset(["up-to-date", "catching-up", "alarm"])

log = structlog.get_logger("capture")

WhenNoVault = Literal["wait", "disk"]


class _Said(msgspec.Struct):
    state: str = ""
    positions: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the vaults hold of a journal."""

    sequence: int  # the last entry that some vault gave back
    there: bool  # whether any vault is within reach


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
        return Standing(reached, not silent and any(one.state in _THERE for one in self._said))


class _Held:
    __slots__ = ("answer", "ref", "sequence", "since", "waits")

    def __init__(self, sequence: int, ref: str, answer: Answer, since: float, *, waits: bool) -> None:
        self.sequence = sequence
        self.ref = ref
        self.answer = answer
        self.since = since
        self.waits = waits


class VaultIntake(Intake):
    """An intake whose answers wait for a vault."""

    def __init__(
        self,
        writer: JournalWriter,
        clock: Clock,
        copies: CopiesFile,
        *,
        when_no_vault: WhenNoVault,
        exceptions: Collection[str] = (),
        **more: Any,
    ) -> None:
        """*exceptions* are the senders for whom the other of "wait" and "disk" holds."""
        super().__init__(writer, clock, **more)
        self._copies = copies
        self._when_no_vault = when_no_vault
        self._exceptions = frozenset(exceptions)
        self._held: deque[_Held] = deque()
        self._looking: asyncio.TimerHandle | None = None
        self._last = 0
        self._source = ""
        self.without_vault = 0  # messages answered though no vault had them, since the process started
        self.no_vault = False  # whether none was there when it was last looked

    @property
    def waiting(self) -> int:
        """Answers that wait for a vault."""
        return len(self._held)

    def offer(self, draft: Draft, answer: Answer) -> None:
        """As any intake; *answer* is called once a vault gave the entry back."""
        super().offer(draft, lambda ref: self._hold(ref, draft.source, answer))

    def follow(self, answer: Answer) -> None:
        """Append nothing; *answer* is called after the answers to all that was offered before."""
        super().follow(lambda ref: self._hold(ref, self._source, answer))

    def change(self, make: Callable[[], JournalWriter]) -> None:
        """As any intake; whoever waits for a vault is not answered: the vaults do not take the journal before."""
        super().change(make)
        self._last, self._source = 0, ""
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
        if ref is None:
            answer(None)
            return
        if ref:
            self._last, self._source = int(ref.rpartition("/")[2]), source
        waits = (self._when_no_vault == "wait") != (source in self._exceptions)
        loop = asyncio.get_running_loop()
        self._held.append(_Held(self._last, ref, answer, loop.time(), waits=waits))
        if self._looking is None:
            self._looking = loop.call_later(LOOK_S, self._look)

    def _look(self) -> None:
        """Answer whom a vault's copy covers; without a vault, who is to go on without one."""
        self._looking = None
        standing = self._copies.standing()
        if standing.there == self.no_vault:
            self.no_vault = not standing.there
            if self.no_vault:
                log.error("no vault is within reach: answers wait, or go out without one", journal=self.journal)
        while self._held and self._held[0].sequence <= standing.sequence:
            held = self._held.popleft()
            held.answer(held.ref)
        if self._held and not standing.there:
            self._go_on_without()
        if self._held:
            self._looking = asyncio.get_running_loop().call_later(LOOK_S, self._look)

    def _go_on_without(self) -> None:
        until = asyncio.get_running_loop().time() - NO_VAULT_S
        left: deque[_Held] = deque()
        for held in self._held:
            if held.waits or held.since > until:
                left.append(held)
            else:
                self.without_vault += 1
                held.answer(held.ref)
        self._held = left
