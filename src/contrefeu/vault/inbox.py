"""The vault host's side of a one-way copy: files that come out of a data diode, put together and checked.

    HOST/inbox/<node>/state.json       the stream, and the last number of it that is in
    HOST/inbox/<node>/home/            what the node says that it has: the segments that its copies are at, and no other

Rules kept here:
  * Files are taken in the order of their numbers; one that did not come is waited for, and after GRACE_S it is named
    as missing. Nothing behind it is taken, and nothing is asked back: a person carries the list to the node.
  * What is put together is what the node says; the copies grow from it as from any home (ship.py), and refuse alike.
  * A file is deleted when it is in, and that is on disk. One that is not whole is waited for.
"""

import contextlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from contrefeu.base import (
    ContrefeuError,
    FileLock,
    TamperError,
    durable_makedirs,
    open_file,
    sync_dir,
    sync_file,
    write_at,
    write_file,
)
from contrefeu.journal import Head, JournalFiles, journals_in, pack_head
from contrefeu.proof import ProofMismatch, Verifier
from contrefeu.vault.one_way import DIGEST_BYTES, FILE_BYTES_MAX, Manifest, Said, ranges_text, read_name, unpack_file
from contrefeu.vault.place import JOURNALS, VaultAway
from contrefeu.vault.pulled import is_journal_name
from contrefeu.vault.quota import QuotaVault
from contrefeu.vault.rights import RightsKept
from contrefeu.vault.ship import CopyState, Shipper

HEARD_S = 60.0  # a node says something every 20 s: after so long without a file nobody knows how fresh the copies are
GRACE_S = 10.0  # how long a file may be behind a later one: diodes send several at once
FILES_A_STEP_MAX = 16  # 64 MiB of parts, before the copies have their turn
PAST_MAX = 1000  # streams whose late repeats are known for what they are: a node started as often
LISTED_MAX = 100_000  # numbers that are listed as missing at once: more is another trouble
RECENT_MAX = 64  # files whose digests are remembered, to see one number used for two

log = structlog.get_logger("pull")


class InboxState(msgspec.Struct):
    """What is remembered between two starts."""

    stream: str = ""
    number: int = 0
    settled: bool = True  # False: the node began from the beginning, and is not through yet
    past: list[str] = msgspec.field(default_factory=list)  # streams that are behind us
    recent: dict[str, str] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that is whole."""

    manifest: Manifest
    data: bytes
    digest: str
    paths: list[Path]  # it, and its repeat


class Inbox:
    """Files of one node, as they come, and the home that they make."""

    def __init__(self, incoming: Path, root: Path, vault: QuotaVault, bytes_max: int) -> None:
        self._incoming = incoming
        self._root = root
        self._vault = vault
        self._bytes_max = bytes_max
        self._locks: dict[str, FileLock] = {}
        self._late_since: float | None = None
        self.missing = ""
        self.applied = 0
        self._heard_at = 0.0
        durable_makedirs(self.journals)
        self._state = self._read_state()
        self._rights = RightsKept(root / "rights")
        self._shipper = Shipper(self, vault)

    @property
    def journals(self) -> Path:
        """One folder a journal."""
        return self._root / "home" / "journals"

    @property
    def settings(self) -> Path:
        """The node's `contrefeu.toml`."""
        return self._root / "home" / "contrefeu.toml"

    @property
    def recovery_notes(self) -> Path:
        """The custodians' public keys, as the node sent them."""
        return self._rights.notes

    @property
    def grants(self) -> Path:
        """Their further rights, as the node sent them."""
        return self._rights.grants

    @property
    def vault_credentials(self) -> Path:
        """None: a vault host sends nothing on."""
        return self._root / "home" / "none"

    @property
    def heard(self) -> bool:
        """Whether the node said something lately."""
        return time.monotonic() - self._heard_at < HEARD_S

    def close(self) -> None:
        """Let go."""
        self._shipper.close()
        for lock in self._locks.values():
            lock.release()
        self._locks.clear()

    def step(self, bytes_max: int, *, patient: bool) -> CopyState:
        """Take the files that are there, in order, and let the copies grow.

        Args:
            bytes_max: How much of each journal is copied at most.
            patient: Whether a file that is behind a later one may still come.

        Raises:
            VaultAway: The folder is out of reach, or what comes is more than this node may fill.
            TamperError: One number was used for two files.
        """
        self.applied = 0
        while self.applied < FILES_A_STEP_MAX and self._take_next():
            self.applied += 1
            self._heard_at = time.monotonic()
        self._see_what_is_missing(patient=patient)
        self._hold()
        if not self._state.settled:
            self._prune()
            return CopyState(self._entries(), "catching-up", "The node sends everything again.", complete=False)
        found = self._shipper.step(bytes_max)
        if found.state != "refused":
            self._prune()
        return found

    # Files.

    def _files(self) -> dict[str, dict[int, list[Path]]]:
        """What lies there, by stream and number."""
        found: dict[str, dict[int, list[Path]]] = {}
        try:
            for path in self._incoming.iterdir():
                named = read_name(path.name)
                if named is not None:
                    found.setdefault(named[0], {}).setdefault(named[1], []).append(path)
        except OSError as refused:
            raise VaultAway(
                f"{self._incoming} is out of reach: {refused.strerror}.",
                safe="The copies, and the files that wait there.",
                next="See to the disk; taking goes on by itself.",
            ) from None
        return found

    def _take_next(self) -> bool:
        """Take the next file in order; whether there was one."""
        files = self._files()
        for stream in self._state.past:
            for paths in files.pop(stream, {}).values():
                for path in paths:
                    path.unlink(missing_ok=True)
        here = files.get(self._state.stream, {})
        self._drop_taken(here)
        found = _whole(here.get(self._state.number + 1, [])) or self._next_stream(files)
        if found is None:
            return False
        self._apply(found)
        for path in found.paths:
            path.unlink(missing_ok=True)
        return True

    def _next_stream(self, files: dict[str, dict[int, list[Path]]]) -> _Found | None:
        """The first file of the stream that comes after this one, when all of this one is in."""
        for stream, numbers in files.items():
            found = _whole(numbers.get(1, [])) if stream != self._state.stream else None
            if found is None:
                continue
            follows = found.manifest.follows
            if follows is None or (follows[0] == self._state.stream and follows[1] <= self._state.number):
                return found
        return None

    def _drop_taken(self, here: dict[int, list[Path]]) -> None:
        """Files that are in: a repeat goes, another file of the same number is an alarm."""
        for number, paths in here.items():
            if number > self._state.number:
                continue
            for path in paths:
                known = self._state.recent.get(f"{self._state.stream}-{number}")
                found = _whole([path])
                if known is not None and found is not None and found.digest != known:
                    raise TamperError(
                        f"Two files have the number {number}: the node was put back, or somebody writes in its place.",
                        safe="The copies, as they were; both files are in the folder, or in them.",
                        next="contrefeu vault resend URL --from-start on the node, once it is clear what happened.",
                    )
                path.unlink(missing_ok=True)

    def _see_what_is_missing(self, *, patient: bool) -> None:
        """Name what did not come, once it is late."""
        text = self._lost()
        now = time.monotonic()
        self._late_since = (self._late_since or now) if text else None
        waited = self._late_since is not None and now - self._late_since >= GRACE_S
        self.missing = text if text and (waited or not patient) else ""

    def _lost(self) -> str:
        files = self._files()
        stream, number = self._state.stream, self._state.number
        here = files.pop(stream, {})
        firsts = {other: _whole(numbers[min(numbers)]) for other, numbers in files.items()}
        follows = {other: found.manifest.follows for other, found in firsts.items() if found is not None}
        upto = [last for before, last in filter(None, follows.values()) if before == stream]
        last = min(max([0, *here, *upto]), number + LISTED_MAX)
        lost = [n for n in range(number + 1, last + 1) if n not in here]
        if number + 1 in here and _whole(here[number + 1]) is None:
            lost.insert(0, number + 1)
        if lost:
            return ranges_text(stream, _runs(lost))
        for other, found in firsts.items():
            if found is None:
                return ranges_text(other, [(min(files[other]), min(files[other]))])
        for other, before in follows.items():
            if min(files[other]) > 1:
                return ranges_text(other, [(1, min(files[other]) - 1)])
            if before is not None and before[0] != stream:
                return ranges_text(*_all_of(before)) if stream else f"{before[0]}: all; --from-start sends everything"
        return ""

    # What they say.

    def _apply(self, found: _Found) -> None:
        """Put what a file holds in its place; on disk, with its number, on return."""
        manifest, data = found.manifest, found.data
        if manifest.stream != self._state.stream:
            if self._state.stream:
                self._state.past = [*self._state.past, self._state.stream][-PAST_MAX:]
            if manifest.follows is None:
                self._begin_again(manifest.nth)
            self._state.stream = manifest.stream
            self._state.settled = manifest.follows is not None or not self._vault.names(JOURNALS)
        if _used(self._root) + len(data) > self._bytes_max:
            raise VaultAway(
                "The node has sent more than it was given room for here, and nothing that completes it.",
                safe="The copies, and the files that wait.",
                next="Give it more room, if it is what it should be; taking goes on by itself.",
            )
        self._put_parts(manifest, data)
        for said in manifest.journals:
            with contextlib.suppress(ProofMismatch):
                self._put_said(said)
        if manifest.settings:
            write_file(self.settings, manifest.settings.encode())
            self._rights.keep_notes(manifest.notes)
        wanted = set(self._rights.wanted([(folder, name) for folder, name, _data in manifest.grants]))
        for folder, name, grant in manifest.grants:
            if (folder, name) in wanted:
                self._rights.keep_grant(folder, name, grant)
        self._state.settled = self._state.settled or manifest.complete
        self._state.number = manifest.number
        recent = [*self._state.recent.items(), (f"{manifest.stream}-{manifest.number}", found.digest)]
        self._state.recent = dict(recent[-RECENT_MAX:])
        write_file(self._root / "state.json", msgspec.json.encode(self._state))

    def _put_parts(self, manifest: Manifest, data: bytes) -> None:
        offset = 0
        for part in manifest.parts:
            files = self._files_of(part.journal)
            if files is not None:
                _place(files.segment(part.segment), part.offset, data[offset : offset + part.length])
            offset += part.length

    def _put_said(self, said: Said) -> None:
        verifier = Verifier.parse(said.verifier)
        files = self._files_of(verifier.name)
        if files is None:
            return
        if not files.verifier_file.exists() or files.verifier_file.read_text().strip() != str(verifier):
            write_file(files.verifier_file, f"{verifier}\n".encode())
        if said.expired:
            write_file(files.expired, said.expired.encode())
        if said.checkpoint:  # before the head, as it is read
            write_file(files.checkpoint, said.checkpoint.encode())
        if said.head is not None and min(said.head) >= 0 and max(said.head) < 2**63:
            head = Head(*said.head)
            _cut_back(files, head)
            write_file(files.head, pack_head(head))

    def _files_of(self, journal: str) -> JournalFiles | None:
        """The files of a journal here; None when the name cannot be one."""
        if not is_journal_name(journal):
            return None
        files = JournalFiles.of(self.journals, journal)
        durable_makedirs(files.segments_folder)
        return files

    def _begin_again(self, nth: int) -> None:
        """The node sends everything, in its *nth* stream: what it said before is forgotten, the copies stay."""
        firsts = {name: _whole(numbers[min(numbers)]) for name, numbers in self._files().items()}
        before = [name for name, found in firsts.items() if found is not None and found.manifest.nth < nth]
        self._state.past = [*self._state.past, *before][-PAST_MAX:]
        self.close()
        shutil.rmtree(self.journals)
        durable_makedirs(self.journals)

    def _hold(self) -> None:
        """Be the writer of what lies here, so that its heads count and nothing is searched for behind them."""
        for files in journals_in(self.journals):
            if files.folder.name not in self._locks:
                lock = self._locks[files.folder.name] = FileLock(files.lock)
                lock.acquire()

    def _prune(self) -> None:
        """Remove what the copies have passed."""
        for files in journals_in(self.journals):
            held = self._vault.names(f"{JOURNALS}/{files.folder.name}/segments")
            last = int(held[-1].partition(".")[0]) if held else 0
            for number in files.segments()[:-1]:
                if number < last:
                    files.segment(number).unlink(missing_ok=True)

    def _entries(self) -> int:
        return sum(lane.entries for lane in self._shipper._lanes.values())

    def entries_by_journal(self) -> dict[str, int]:
        """Entries in the copy of each journal."""
        return {name: lane.entries for name, lane in self._shipper._lanes.items()}

    def _read_state(self) -> InboxState:
        try:
            return msgspec.json.decode((self._root / "state.json").read_bytes(), type=InboxState)
        except FileNotFoundError:
            return InboxState()
        except msgspec.MsgspecError:
            raise ContrefeuError(
                "The state of the one-way copy cannot be read.",
                safe="The copies.",
                next="Remove inbox/NODE here, and send from the start: contrefeu vault resend URL --from-start.",
            ) from None


def _whole(paths: list[Path]) -> _Found | None:
    """The first of a file and its repeat that is whole."""
    for path in paths:
        packed = _read(path)
        found = unpack_file(packed)
        if found is not None and read_name(path.name) == (found[0].stream, found[0].number):
            return _Found(*found, packed[-DIGEST_BYTES:].hex(), paths)
    return None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.stat().st_size <= FILE_BYTES_MAX else b""
    except OSError:
        return b""


def _place(path: Path, offset: int, data: bytes) -> None:
    """Put bytes in their place, durable. Where others are already, it is another file from now on."""
    fd = open_file(path, 0o640)
    try:
        size = os.fstat(fd).st_size
        if size < offset:
            raise VaultAway(
                f"Bytes of {path.name} came without those before them.",
                safe="The copies as they were.",
                next="On the node: contrefeu vault resend URL --from-start.",
            )
        overlap = os.pread(fd, len(data), offset)
        if data.startswith(overlap):
            write_at(fd, data[len(overlap) :], offset + len(overlap))
            sync_file(fd)
            if not size:
                sync_dir(path.parent)
            return
        before = os.pread(fd, offset, 0)
    finally:
        os.close(fd)
    write_file(path, before + data)


def _all_of(stream: tuple[str, int]) -> tuple[str, list[tuple[int, int]]]:
    return stream[0], [(1, stream[1])]


def _cut_back(files: JournalFiles, head: Head) -> None:
    """A node that says that its journal ends earlier has put it back: what lay behind is no more what it says."""
    for number in files.segments():
        path = files.segment(number)
        if number > head.segment:
            path.unlink()
        elif number == head.segment and path.stat().st_size > head.offset:
            with path.open("rb") as file:
                before = file.read(head.offset)
            write_file(path, before)


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _used(root: Path) -> int:
    return sum(path.stat().st_size for path in root.rglob("*.seg"))
