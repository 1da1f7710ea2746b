"""Scrubbing: every closed segment of the journals and their copies is read again, slowly, while a node runs.

A disk rots where nobody looks. What is found is told in a state file; `vault repair` mends it.

Rules kept here:
  * Reading is paced: a pass over a year of copies must not be felt by a ward.
  * The segment that grows is left to those who write it.
  * A pass that was stopped goes on where it was: it may take days.
  * A segment is sound when the tree behind it is the one that the next header names: what was cut at the end of a
    frame, and what is gone between two segments, is damage though each frame that is left is whole.
  * What is gone from the beginning is sound when the journal's writer says that it has ended, when the record says that
    it was let go, or when a store has kept it for its days. Whether those may end it who did, `verify` looks.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import structlog

from contrefeu.base import Clock, ContrefeuError, rfc3339, swap_file
from contrefeu.hospital import CopiesSettings, SettingsError, parse_settings
from contrefeu.journal import journals_in, open_expiry
from contrefeu.proof import ProofMismatch, Verifier
from contrefeu.vault.expiry import RECORD, read_record
from contrefeu.vault.opening import lies_elsewhere, open_vault
from contrefeu.vault.pace import Pace
from contrefeu.vault.repair import Copy, ObjectStore, copy_in_folder, copy_in_vault
from contrefeu.vault.ship import Home
from contrefeu.vault.walk import End, Header, frames_from, read_header

HOME = "home"
LOOK_S = 5.0  # how often it is looked whether a pass is due
DAMAGE_MAX = 100  # places that are told of; past it the disk is dead, and that shows

log = structlog.get_logger("vault")


class Damaged(msgspec.Struct, frozen=True):
    """A segment that is not what was sealed."""

    journal: str
    segment: int
    offset: int  # first byte that is not; 0 when there is no such segment


class Pass(msgspec.Struct):
    """How far one place has been read again."""

    began: str = ""  # RFC 3339
    finished: str = ""  # of the last whole pass; "" while there was none
    finished_ns: int = 0
    segments: int = 0
    bytes: int = 0
    damage: list[Damaged] = []
    found: list[Damaged] = []  # in the pass that is under way
    at: tuple[str, int] = ("", 0)  # journal and segment that were read last; the pass goes on behind
    problem: str = ""  # why it does not go on


@dataclass(frozen=True, slots=True)
class _Journal:
    """A journal as it lies in the place that is read."""

    folder: str
    verifier: Verifier
    copy: Copy
    kept_since_ns: int  # what was received before need not be there any more

    def lost_before(self, first: int) -> list[Damaged]:
        """What is gone before the *first* segment that is there, and should not be."""
        header = self._header(first)
        ended = self._ended()
        if header is None or not header.said.tree.size or header.said.opened_ns < self.kept_since_ns:
            return []
        return self._lost(range(ended + 1, first))

    def damage(self, data: bytes, number: int, following: int) -> list[Damaged]:
        """What is wrong with a closed segment, and between it and the one that comes next here."""
        at = first_damage(data, number, self.verifier, self._header(following))
        if at is None:
            return []
        if following > number + 1 and first_damage(data, number, self.verifier) is None:
            return self._lost(range(number + 1, following))
        return [Damaged(self.verifier.name, number, at)]

    def _header(self, number: int) -> Header | None:
        return read_header(partial(self.copy.read, number), number, self.verifier)

    def _ended(self) -> int:
        """The last segment that has ended, or was let go; 0 when there is none."""
        ended = [one.segment for one in read_record(self.copy.small(RECORD))]
        with contextlib.suppress(ProofMismatch):
            ended.append(open_expiry(self.copy.small("expired"), self.verifier).segments)
        return max(ended, default=0)

    def _lost(self, numbers: range) -> list[Damaged]:
        return [Damaged(self.verifier.name, number, 0) for number in numbers[:DAMAGE_MAX]]


class Scrubber:
    """Reads a home's journals and its vaults again and again; one thread of the copies process."""

    def __init__(self, home: Home, state_file: Path, clock: Clock, stop: Callable[[], bool]) -> None:
        self._home = home
        self._file = state_file
        self._clock = clock
        self._stop = stop
        self._passes: dict[str, Pass] = {}
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            self._passes = msgspec.json.decode(state_file.read_bytes(), type=dict[str, Pass])

    def run(self) -> None:
        """Until told to stop."""
        looked = -LOOK_S
        while not self._stop():
            if time.monotonic() - looked >= LOOK_S:
                looked = time.monotonic()
                self.step()
            time.sleep(0.2)

    def step(self) -> None:
        """Read what is due."""
        try:
            settings = parse_settings(self._home.settings.read_text())
        except (OSError, UnicodeDecodeError, SettingsError):
            return  # being edited
        wanted = [HOME, *(vault.url for vault in settings.vaults if not lies_elsewhere(vault.url))]
        self._passes = {name: self._passes.get(name, Pass()) for name in wanted}
        for name in wanted:
            done = self._passes[name]
            due = done.finished_ns + int(settings.copies.scrub_days * 86_400e9)
            if (done.began or self._clock.now_ns() >= due) and not self._stop():
                self._scrub(name, settings.copies)
        self._tell()

    def _scrub(self, name: str, settings: CopiesSettings) -> None:
        done = self._passes[name]
        if not done.began:
            done.began, done.found, done.segments, done.bytes = rfc3339(self._clock.now_ns()), [], 0, 0
            done.at = ("", 0)
        try:
            whole = self._read(self._journals(name), done, Pace(settings.scrub_bytes_per_second_max))
            done.problem = ""
        except ContrefeuError as away:
            done.problem, whole = away.what, False
        except OSError as refused:
            done.problem, whole = refused.strerror or type(refused).__name__, False
        if whole:
            done.damage, done.found, done.began = done.found, [], ""
            done.finished_ns = self._clock.now_ns()
            done.finished = rfc3339(done.finished_ns)
            if done.damage:
                log.error("copies are damaged", url=name, count=len(done.damage))

    def _journals(self, name: str) -> list[_Journal]:
        found = []
        vault = open_vault(name, self._home.vault_credentials) if name != HOME else None
        if vault is not None:
            vault.identity()
        since_ns = vault.kept_since_ns() if isinstance(vault, ObjectStore) else 0
        for files in journals_in(self._home.journals):
            copy = copy_in_folder(HOME, files) if vault is None else copy_in_vault(vault, files.folder.name)
            found.append(_Journal(files.folder.name, files.verifier(), copy, since_ns))
        return found

    def _read(self, journals: list[_Journal], done: Pass, pace: Pace) -> bool:
        """Go on with a pass; whether it came to its end."""
        for journal in journals:
            numbers = sorted(journal.copy.numbers())
            if numbers and done.at < (journal.folder, 0):
                _keep(done, journal.lost_before(numbers[0]))
                done.at = (journal.folder, 0)
            for number, following in pairwise(numbers):
                if (journal.folder, number) <= done.at:
                    continue
                if self._stop():
                    return False
                data = journal.copy.segment(number)
                pace.spend(len(data))
                _keep(done, journal.damage(data, number, following))
                done.segments, done.bytes, done.at = done.segments + 1, done.bytes + len(data), (journal.folder, number)
                self._tell()
        return True

    def _tell(self) -> None:
        try:
            swap_file(self._file, msgspec.json.encode(self._passes))
        except OSError as refused:
            log.warning("what scrubbing found cannot be told", reason=refused.strerror)


def first_damage(data: bytes, number: int, verifier: Verifier, following: Header | None = None) -> int | None:
    """The first byte of a closed segment that is not what was sealed; None when there is none.

    The header of the one *following* says where it ends: frames beyond were abandoned. Without it zeros behind the last
    frame are reserved space, and nothing else may stand there.
    """
    header = read_header(partial(_slice, data), number, verifier)
    if header is None:
        return 0
    wanted = following.said.tree if following is not None else None
    if wanted is not None and wanted.size == header.said.tree.size:
        return None  # its writer could neither sync it nor take it back: the next one stands in its place
    end = End()
    end.enter(header)
    for at, frame, behind in frames_from(partial(_slice, data), header, len(data)):
        if wanted is not None and behind.tree.size > wanted.size:
            break
        if not frame.whole:
            return at
        end = behind.copy()
    if wanted is None:
        return end.offset if data[end.offset :].strip(b"\x00") else None
    if (end.tree.size, end.tree.peaks) == (wanted.size, wanted.peaks):
        return None
    return end.offset if end.tree.size < wanted.size else header.length


def _keep(done: Pass, found: list[Damaged]) -> None:
    done.found += found[: DAMAGE_MAX - len(done.found)]


def scrub_beside(home: Home, state_file: Path, clock: Clock, stop: Callable[[], bool]) -> threading.Thread:
    """Scrub in a thread of its own until *stop* says so."""
    thread = threading.Thread(target=Scrubber(home, state_file, clock, stop).run, name="scrub", daemon=True)
    thread.start()
    return thread


def last_passes(state_file: Path) -> dict[str, dict[str, Any]]:
    """What scrubbing last told, by place."""
    try:
        found = msgspec.json.decode(state_file.read_bytes(), type=dict[str, Pass])
    except (OSError, msgspec.MsgspecError):
        return {}
    return {name: _told(one) for name, one in found.items()}


def _told(one: Pass) -> dict[str, Any]:
    damage = [*one.damage, *(found for found in one.found if found not in one.damage)]
    return {
        "state": "damaged" if damage else "stuck" if one.problem else "sound" if one.finished else "not yet",
        "finished": one.finished,
        "segments": one.segments,
        "bytes": one.bytes,
        "damage": [msgspec.to_builtins(found) for found in damage],
        "problem": one.problem,
    }


def _slice(data: bytes, offset: int, length: int) -> bytes:
    return data[offset : offset + length]
