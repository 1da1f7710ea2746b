"""Shipping: what a home's journals have that a vault lacks goes there, a step at a time.

Rules kept here:
  * A step with nothing new writes nothing and reads a few bytes.
  * A journal that is not the continuation of its copy is refused: the copy stays as it was, what the journal says
    now is kept beside in a branch, and the state says `refused` for as long as it is so (S4).
  * A vault that is away, full or read-only is a state, not a failure: the next step begins where the copy ends.
  * `entries` counts what was read back from the copies, never what was sent (D8).
  * What a vault holds is told, when it is met and when it refuses a journal: the writers may not know that theirs was
    put back.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Literal, Protocol

import structlog

from contrefeu.base import ContrefeuError
from contrefeu.hospital import SettingsError, parse_settings
from contrefeu.journal import journals_in
from contrefeu.proof import ProofMismatch, open_checkpoint
from contrefeu.vault.copy import JournalCopy, Refused
from contrefeu.vault.place import BRANCHES, JOURNALS, NODES, Vault, VaultAway, VaultShrunk
from contrefeu.vault.recovery import RecoveryShipper
from contrefeu.vault.source import HomeSource, Source
from contrefeu.vault.verify import checkpoints_held

TROUBLE_S = 1.0  # a journal that cannot be read is tried again so often
RECHECK_S = 5.0  # a refused journal with nothing to keep beside is compared again so often: each reads up to a segment
BRANCHES_MAX = 64  # of one journal; past it somebody is filling the disk, and only the alarm goes on

log = structlog.get_logger("vault")

State = Literal["up-to-date", "catching-up", "alarm", "refused", "unreachable", "one-way"]
_VERSION = re.compile(r"\d{6}-[0-9a-f]{16}\.toml")
_GRAVITY: tuple[State, ...] = ("up-to-date", "catching-up", "alarm", "refused", "unreachable")


class Home(Protocol):
    """What of a home is copied, and with what (contrefeu.custody.HomePaths is one)."""

    @property
    def vault_credentials(self) -> Path:
        """What the node shows to object stores, one file a vault."""
        ...

    @property
    def journals(self) -> Path:
        """One folder a journal."""
        ...

    @property
    def settings(self) -> Path:
        """`contrefeu.toml`."""
        ...

    @property
    def recovery_notes(self) -> Path:
        """The custodians' public keys, one signed note each."""
        ...

    @property
    def grants(self) -> Path:
        """Further rights to read, one folder a journal."""
        ...


@dataclass(frozen=True, slots=True)
class CopyState:
    """What a step left."""

    entries: int  # in the vault, of this home's journals
    state: State
    problem: str = ""
    complete: bool = True  # whether all that was durable when the step began is there


class Shipper:
    """Copies one home's journals to one vault."""

    def __init__(self, home: Home, vault: Vault, tell: Callable[[Iterable[bytes]], None] = lambda _: None) -> None:
        """*tell* is given the checkpoints that the vault holds, before anything is copied there."""
        self._home = home
        self._vault = vault
        self._tell = tell
        self._identity = ""
        self._lanes: dict[str, _Lane] = {}
        self._entries: dict[str, int] = {}  # of each journal, as it was last seen in this vault
        self._settings_seen: tuple[int, int] = (0, 0)
        self._node = ""
        self._recovery = RecoveryShipper(home.recovery_notes, home.grants, vault)

    def step(self, bytes_max: int = 1 << 62) -> CopyState:
        """Copy what is new, at most about *bytes_max* bytes of each journal."""
        try:
            self._recognise()
            self._ship_settings()
            if self._node:
                self._recovery.step(self._node)
            lanes = [self._lane(name, opener) for name, opener in self._journals()]
            refused = sum(lane.state == "refused" for lane in lanes)
            for lane in lanes:
                lane.step(bytes_max)
            if sum(lane.state == "refused" for lane in lanes) > refused:
                self._pass_on()
        except VaultAway as away:
            self._entries |= {name: lane.entries for name, lane in self._lanes.items() if lane.entries}
            if isinstance(away, VaultShrunk):
                self._forget()
            return CopyState(sum(self._entries.values()), "unreachable", away.what, complete=False)
        states: list[State] = [lane.state for lane in lanes]
        state = max(states, key=_GRAVITY.index, default=_GRAVITY[0])
        if self._recovery.problem:
            state = max(state, "alarm", key=_GRAVITY.index)
        problem = " ".join(filter(None, (self._recovery.problem, *(lane.problem for lane in lanes))))
        return CopyState(sum(lane.entries for lane in lanes), state, problem, all(lane.complete for lane in lanes))

    @property
    def positions(self) -> dict[str, int]:
        """The last entry that the vault gave back of each journal that continues its copy, by the journal's folder."""
        return {name: lane.entries for name, lane in self._lanes.items() if lane.state != "refused"}

    @property
    def pace_s(self) -> float:
        """Seconds between two steps."""
        return self._vault.pace_s

    def finish(self) -> None:
        """Wait for what the vault does beside the copying.

        Raises:
            VaultAway: It went out of reach.
        """
        self._vault.finish()

    def close(self) -> None:
        """Let the journals' files go."""
        self._forget()

    def _recognise(self) -> None:
        """Look at the vault as if for the first time when another one answers, or it was away."""
        try:
            identity = self._vault.identity()
        except VaultAway:
            self._identity = ""
            raise
        if identity != self._identity:
            self._forget()
            self._entries.clear()
            self._pass_on()
            self._identity = identity

    def _pass_on(self) -> None:
        self._tell(checkpoints_held(self._vault).values())

    def _forget(self) -> None:
        for lane in self._lanes.values():
            lane.close()
        self._lanes.clear()
        self._recovery.forget()
        self._identity, self._settings_seen = "", (0, 0)

    def _journals(self) -> Iterator[tuple[str, Callable[[], Source]]]:
        """The journals there are: the name of each one's folder, and what opens it."""
        for files in journals_in(self._home.journals):
            yield files.folder.name, partial(HomeSource, files)

    def _lane(self, name: str, opener: Callable[[], Source]) -> "_Lane":
        if name not in self._lanes:
            self._lanes[name] = _Lane(name, opener, self._vault)
        return self._lanes[name]

    def _ship_settings(self) -> None:
        """Keep each version of the settings: a restore needs the zone and the wards (docs/decisions/0017)."""
        text = self._new_settings()
        if text is None:
            return
        try:
            node = parse_settings(text.decode()).node.id
        except (UnicodeDecodeError, SettingsError):
            return  # being edited, or not a whole home's: the versions kept before stand
        self._node = node
        try:
            self._keep_settings(f"{NODES}/{node.replace('/', '_')}/settings", text)
        except VaultAway:
            self._settings_seen = (0, 0)
            raise

    def _keep_settings(self, folder: str, text: bytes) -> None:
        versions = [name for name in self._vault.names(folder) if _VERSION.fullmatch(name)]
        if not versions or self._vault.read(f"{folder}/{versions[-1]}") != text:
            number = int(versions[-1].partition("-")[0]) + 1 if versions else 1
            self._vault.put(f"{folder}/{number:06d}-{sha256(text).hexdigest()[:16]}.toml", text)
        else:
            self._vault.settle(f"{folder}/{versions[-1]}")

    def _new_settings(self) -> bytes | None:
        """The settings when they changed since they were last asked for."""
        try:
            found = self._home.settings.stat()
            seen = (found.st_mtime_ns, found.st_size)
            if seen == self._settings_seen:
                return None
            text = self._home.settings.read_bytes()
        except OSError:
            return None
        self._settings_seen = seen
        return text


class _Lane:
    """One journal and the copy that it continues."""

    def __init__(self, name: str, opener: Callable[[], Source], vault: Vault) -> None:
        self._name = name
        self._opener = opener
        self._vault = vault
        self._source: Source | None = None
        self._copy: JournalCopy | None = None
        self._done: tuple[object, ...] = ()  # head and checkpoint of the last step that left nothing
        self._refusal = ""
        self._trouble = ""
        self._try_at = 0.0
        self.entries = 0
        self.complete = False

    @property
    def state(self) -> State:
        """How this journal's copy stands."""
        if self._refusal:
            return "refused"
        if self.problem:
            return "alarm"
        return "up-to-date" if self.complete else "catching-up"

    @property
    def problem(self) -> str:
        """What is wrong, for people."""
        if self._refusal or self._trouble or self._copy is None:
            return self._refusal or self._trouble
        if self._copy.unsigned:
            return f'The last checkpoint of "{self._copy.journal}" is not one that its writer signed.'
        return self._copy.alarm

    def close(self) -> None:
        """Let the journal's file go."""
        if self._source is not None:
            self._source.close()
        self._source = self._copy = None

    def step(self, bytes_max: int) -> None:
        """Copy what is new of this journal."""
        try:
            self._step(bytes_max)
            self._trouble = ""
        except VaultAway:
            raise
        except Refused as refused:
            self._refuse(refused)
        except (OSError, ContrefeuError) as found:
            self.close()
            self.complete = False
            self._try_at = time.monotonic() + TROUBLE_S
            reason = found.strerror if isinstance(found, OSError) else found.what
            self._trouble = f'Journal "{self._name}" cannot be read: {reason}.'

    def _step(self, bytes_max: int) -> None:
        if self._copy is None:
            if time.monotonic() < self._try_at:
                return
            self._attach()
        source, copy = self._source, self._copy
        if source is None or copy is None:
            return
        note = source.checkpoint()  # before the head: it signs for nothing beyond it
        head = source.head()
        if (head, note) == self._done:
            return
        if (head is not None and copy.is_ahead_of(head)) or source.is_another():
            # A head from before a crash, which its writer computes again; or a journal that was put back.
            self._attach()
            source, copy = self._source, self._copy
            if source is None or copy is None:
                return
        wanted = _leaves_signed_for(note, source)
        self.complete = head is None or copy.ship(head, wanted, bytes_max)
        self._count()
        if note:
            copy.sign_off(note)
        copy.say_ended()
        self._done = (head, note) if self.complete else ()

    def _attach(self) -> None:
        self.close()
        self._done = ()
        self._source = self._opener()
        main = JournalCopy(self._source, self._vault, f"{JOURNALS}/{self._name}")
        try:
            main.attach()
        except Refused as refused:
            self.entries = main.end.sequence
            self._refuse(refused)
            return
        self._refusal = ""
        self._copy = main
        self._count()

    def _count(self) -> None:
        if not self._refusal and self._copy is not None:
            self.entries = self._copy.end.sequence

    def _refuse(self, refused: Refused) -> None:
        """Leave the copy as it is; keep beside what the journal says instead."""
        if self._refusal != refused.what:
            log.error("a vault refuses a journal", url=self._vault.url, journal=self._name)
        self._refusal = refused.what
        self.complete = False
        self._done = ()
        self._try_at = time.monotonic() + RECHECK_S
        self._copy = self._branch(refused.branch_from)

    def _branch(self, first: int | None) -> JournalCopy | None:
        source = self._source
        if source is None:
            return None
        parts = (b.rpartition(".") for b in self._vault.names(BRANCHES))
        kept = sorted(int(number) for journal, _dot, number in parts if journal == self._name and number.isdigit())
        for number in kept:
            copy = JournalCopy(source, self._vault, f"{BRANCHES}/{self._name}.{number}", branch_from=first or 1)
            try:
                copy.attach()
            except Refused:
                continue
            return copy
        if first is None or len(kept) >= BRANCHES_MAX:
            return None
        number = max(kept, default=0) + 1
        return JournalCopy(source, self._vault, f"{BRANCHES}/{self._name}.{number}", branch_from=first)


def _leaves_signed_for(note: bytes, source: Source) -> int:
    """Leaves that the checkpoint at hand signs for; 0 when it is none."""
    try:
        return open_checkpoint(note, [source.verifier]).size
    except ProofMismatch:
        return 0
