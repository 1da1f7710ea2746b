"""The node's side of a one-way copy: files dropped in a folder that a data diode empties. `spool+file:///FOLDER`

    HOME/spool/<id>/state.json           stream, last number, how far each journal was sent
    HOME/spool/<id>/<stream>.<n>.jsonl   manifests, ten thousand numbers a file: what `vault resend` makes files from
    HOME/spool/<id>/again                what somebody asked for once more

Rules kept here:
  * A manifest is in the ledger before its file is in the folder, and the state after both: whatever dies in between,
    a number names one file for ever, and nothing is left out.
  * Each file is written twice, REPEAT_S apart, so that what takes one seldom takes the other.
  * Nothing comes back: what is sent is shown as `one-way`, never as copied (D8).
  * A folder that nobody empties stops the sending, and says so: it must not fill the node's disk.
"""

import contextlib
import os
import secrets
import time
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from contrefeu.base import (
    ContrefeuError,
    FileLock,
    MissingError,
    OperatorError,
    durable_makedirs,
    open_file,
    sync_dir,
    sync_file,
    write_at,
    write_file,
)
from contrefeu.journal import Head, JournalFiles, journals_in
from contrefeu.vault.one_way import (
    GRANTS_MAX,
    PARTS_BYTES_MAX,
    STREAM_LENGTH,
    Manifest,
    Part,
    Said,
    file_name,
    pack_file,
    parse_ranges,
)
from contrefeu.vault.place import VaultAway
from contrefeu.vault.rights import Rights
from contrefeu.vault.ship import CopyState, Home
from contrefeu.vault.source import HomeSource

SCHEME = "spool+file"
GRANTED = "granted.txt"  # grants that were sent, one a line
REPEAT_S = 3.0  # between a file and its repeat: a fault that takes both lasts longer
HEARTBEAT_S = 20.0  # a file goes out so often though nothing is new: a loss at the end is seen too
ROUND_S = 0.3  # between two files of one journal's tail: a third of the second that a copy may lag (C5)
SPOOL_BYTES_MAX = 8 * 2**30  # of files that nobody took: past it they are taken up from here, and it is an alarm
LEDGER_NUMBERS = 10_000  # manifests in one file of the ledger: about 6 MB
LEDGER_FILES_MAX = 100  # of the ledger: a million files, eleven days at one a second, can be sent again


class Sent(msgspec.Struct):
    """How far a journal was sent."""

    segment: int = 0
    offset: int = 0
    file: str = ""  # which file the segment was


class SpoolState(msgspec.Struct):
    """What is remembered between two starts."""

    stream: str = ""
    nth: int = 0  # which stream it is
    number: int = 0
    sent: dict[str, Sent] = msgspec.field(default_factory=dict)
    settings: str = ""  # digest of those that were sent last


class Spooler:
    """Sends one home's journals to one folder."""

    pace_s = ROUND_S

    def __init__(self, home: Home, url: str) -> None:
        self._home = home
        self._url = url
        self._folder = spool_folder(url)
        self._ledger = ledger_folder(home, url)
        self._sources: dict[str, HomeSource] = {}
        self._rights = Rights(home.recovery_notes, home.grants)
        self._granted = _lines_of(self._ledger / GRANTED)
        durable_makedirs(self._ledger)
        self._lock = FileLock(self._ledger / "lock", wait_s=0.5)  # one at a time: numbers are counted here
        self._lock.acquire()
        before = _read_state(self._ledger)
        self._follows = (before.stream, before.number) if before.stream else None
        self._state = SpoolState(_new_stream(), before.nth + 1, 0, before.sent)
        self._repeats: list[tuple[float, str, bytes]] = []
        self._told_at = 0.0
        self._told: object = None
        self._last = CopyState(0, "one-way", "", complete=False)
        self._sent_at = 0.0

    def step(self, bytes_max: int = 1 << 62) -> CopyState:
        """Write what is new, about *bytes_max* bytes at most."""
        if self._last.complete and time.monotonic() - self._sent_at < ROUND_S:
            return self._last
        self._last = self._step(bytes_max)
        self._sent_at = time.monotonic()
        return self._last

    def _step(self, bytes_max: int) -> CopyState:
        entries = self._last.entries
        try:
            self._look_at_folder()
            self._send_again()
            complete = False
            while bytes_max > 0 and not complete:
                sent, complete, entries = self._send(bytes_max)
                bytes_max = bytes_max - sent if sent else 0
            self._repeat(time.monotonic())
        except VaultAway as away:
            return CopyState(entries, "unreachable", away.what, complete=False)
        except OSError as refused:
            problem = f"{self._url} is out of reach: {refused.strerror}."
            return CopyState(entries, "unreachable", problem, complete=False)
        return CopyState(entries, "one-way", "", complete)

    def finish(self) -> None:
        """Write the repeats that are due later."""
        with contextlib.suppress(OSError):
            self._repeat(float("inf"))

    def close(self) -> None:
        """Let the journals' files go, after the last repeats."""
        self.finish()
        for source in self._sources.values():
            source.close()
        self._sources.clear()
        self._lock.release()

    def _look_at_folder(self) -> None:
        if not self._folder.is_dir():
            raise VaultAway(
                f"There is no folder at {self._url}.",
                safe="The journals, and what was sent before.",
                next="Mount it; sending goes on by itself.",
            )
        waiting = sum(path.stat().st_size for path in self._folder.glob("*.cfo"))
        if waiting > SPOOL_BYTES_MAX:
            raise VaultAway(
                f"Nobody takes the files at {self._url}: {waiting} bytes wait there.",
                safe="The journals, and the files that wait.",
                next="See to what carries them over the diode; sending goes on by itself.",
            )

    def _send(self, bytes_max: int) -> tuple[int, bool, int]:
        """Write one file, if there is reason to; returns its bytes, whether nothing is left, and entries sent."""
        before = msgspec.json.encode(self._state)
        try:
            return self._send_file(min(PARTS_BYTES_MAX, bytes_max))
        except BaseException:
            # The file may be there or not: its number is not used twice, and what was in it goes out again.
            self._state = msgspec.json.decode(before, type=SpoolState)
            self._begin_stream()
            raise

    def _begin_stream(self) -> None:
        if self._state.number:
            self._follows = (self._state.stream, self._state.number)
        self._state.stream, self._state.number = _new_stream(), 0
        self._state.nth += 1

    def _send_file(self, room: int) -> tuple[int, bool, int]:
        said: list[Said] = []
        parts: list[Part] = []
        data: list[bytes] = []
        complete, entries = True, 0
        for files in journals_in(self._home.journals):
            with contextlib.suppress(ContrefeuError, FileNotFoundError):  # one that cannot be read now is sent later
                source = self._source(files)
                note = source.checkpoint()  # before the head: it signs for nothing beyond it
                head = source.head()
                if head is None:
                    continue
                reached = self._gather(source, head, room - sum(map(len, data)), parts, data)
                complete = complete and reached == head
                entries += head.sequence if reached == head else 0
                if reached is not None:
                    checkpoint = note.decode() if reached == head else ""
                    said.append(Said(str(source.verifier), (*reached,), checkpoint, source.expired().decode()))
        settings, notes, grants = self._shared()
        complete = complete and len(grants) < GRANTS_MAX
        if not self._has_news(said, parts, settings or grants):
            return 0, complete, entries
        state = self._state
        manifest = Manifest(
            state.stream, state.nth, state.number + 1, self._follows, complete, said, parts, settings, notes, grants
        )
        self._emit(manifest, b"".join(data))
        return sum(map(len, data)), complete, entries

    def _gather(self, source: HomeSource, head: Head, room: int, parts: list[Part], data: list[bytes]) -> Head | None:
        """Take what fits of one journal; how far it then goes, or None when that cannot be said yet."""
        name = source.verifier.name
        sent = self._state.sent.setdefault(name, Sent())
        _see_whether_put_back(source, head, sent)
        reached: Head | None = None
        while room > 0 and (sent.segment, sent.offset) < (head.segment, head.offset):
            following = source.following(sent.segment, head.segment) if sent.segment < head.segment else None
            if sent.segment < head.segment and _is_empty(source, sent):
                if following is None:
                    break
                sent.segment, sent.offset = following.said.segment, 0
                block = source.read(sent.segment, 0, following.length)
                tree = following.said.tree
                reached = Head(sent.segment, following.length, following.said.first_sequence - 1, tree.size + 1)
            else:
                stop = head.offset if sent.segment == head.segment else source.size(sent.segment)
                block = source.read(sent.segment, sent.offset, min(room, stop - sent.offset))
                if not block:
                    break
            parts.append(Part(name, sent.segment, sent.offset, len(block)))
            data.append(block)
            sent.offset += len(block)
            sent.file = source.which(sent.segment)
            room -= len(block)
        if (sent.segment, sent.offset) == (head.segment, head.offset):
            return head
        return reached

    def _has_news(self, said: list[Said], parts: list[Part], shared: object) -> bool:
        told = said
        now = time.monotonic()
        if not parts and not shared and told == self._told and now - self._told_at < HEARTBEAT_S:
            return False
        self._told, self._told_at = told, now
        return True

    def _emit(self, manifest: Manifest, data: bytes) -> None:
        ledger = self._ledger / f"{manifest.stream}.{manifest.number // LEDGER_NUMBERS:06d}.jsonl"
        _note(ledger, msgspec.json.encode(manifest) + b"\n")
        packed = pack_file(manifest, data)
        _drop(self._folder / file_name(manifest.stream, manifest.number), packed)
        self._state.number = manifest.number
        if manifest.settings:
            self._state.settings = _digest(manifest.settings, manifest.notes)
        write_file(self._ledger / "state.json", msgspec.json.encode(self._state))
        with (self._ledger / GRANTED).open("a") as granted:
            granted.writelines(f"{folder}/{name}\n" for folder, name, _data in manifest.grants)
        self._granted |= {f"{folder}/{name}" for folder, name, _data in manifest.grants}
        again = file_name(manifest.stream, manifest.number, repeat=True)
        self._repeats.append((time.monotonic() + REPEAT_S, again, packed))
        if len(self._repeats) > 16:  # memory holds 64 MiB of them at most
            self._repeat(self._repeats[0][0])
        if manifest.number % LEDGER_NUMBERS == 0:
            for old in sorted(self._ledger.glob("*.jsonl"), key=lambda path: path.stat().st_mtime)[:-LEDGER_FILES_MAX]:
                old.unlink()

    def _repeat(self, now: float) -> None:
        while self._repeats and self._repeats[0][0] <= now:
            _due, name, packed = self._repeats.pop(0)
            _drop(self._folder / name, packed)

    def _send_again(self) -> None:
        """Write once more what was asked for."""
        asked = self._ledger / "again"
        try:
            text = asked.read_text()
        except FileNotFoundError:
            return
        if text.strip() == "all":
            self._follows = None
            self._state = SpoolState(_new_stream(), self._state.nth + 1)
            self._granted.clear()
            self._repeats.clear()
        else:
            for manifest in manifests_of(self._ledger, text):
                data = b"".join(self._part(part) for part in manifest.parts)
                _drop(self._folder / file_name(manifest.stream, manifest.number), pack_file(manifest, data))
        asked.unlink()

    def _part(self, part: Part) -> bytes:
        files = JournalFiles.of(self._home.journals, part.journal)
        return self._source(files).read(part.segment, part.offset, part.length)

    def _source(self, files: JournalFiles) -> HomeSource:
        name = files.folder.name
        source = self._sources.get(name)
        if source is None:
            source = self._sources[name] = HomeSource(files)
        elif source.is_another():
            source.close()
        return source

    def _shared(self) -> tuple[str, list[bytes], list[tuple[str, str, bytes]]]:
        """The settings and notes when they changed, and grants that were not sent."""
        notes, named = self._rights.shared()
        try:
            text = self._home.settings.read_text()
        except (OSError, UnicodeDecodeError):
            text = ""
        missing = [(folder, name) for folder, name in named if f"{folder}/{name}" not in self._granted][:GRANTS_MAX]
        grants = [(folder, name, self._rights.grant(folder, name)) for folder, name in missing]
        if not text or _digest(text, notes) == self._state.settings:
            return "", [], grants
        return text, notes, grants


def is_spool(url: str) -> bool:
    """Whether *url* is the address of a one-way copy."""
    return url.startswith(f"{SCHEME}:")


def spool_folder(url: str) -> Path:
    """The folder of a one-way copy.

    Raises:
        OperatorError: *url* is no address of one.
    """
    parts = urlsplit(url)
    if not is_spool(url) or parts.netloc not in {"", "localhost"} or not parts.path.startswith("/") or parts.query:
        raise OperatorError(
            f"{url} is no address of a one-way copy.", safe="Nothing was changed.", next="Write spool+file:///FOLDER."
        )
    return Path(unquote(parts.path))


def ledger_folder(home: Home, url: str) -> Path:
    """Where a home remembers what it sent to *url*."""
    return home.journals.parent / "spool" / sha256(url.encode()).hexdigest()[:16]


def manifests_of(ledger: Path, asked: str) -> list[Manifest]:
    """The manifests of the files that *asked* names ("STREAM:17-18,20").

    Raises:
        OperatorError: It names none.
        MissingError: The ledger does not hold them any more.
    """
    try:
        stream, ranges = parse_ranges(asked)
    except ValueError:
        raise OperatorError(
            "Files are named STREAM:NUMBERS, as the vault host lists them.", safe="Nothing was sent."
        ) from None
    found: dict[int, Manifest] = {}
    for path in sorted(ledger.glob(f"{stream}.*.jsonl")):
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(msgspec.MsgspecError):  # a line that a crash cut: its file never went out
                manifest = msgspec.json.decode(line, type=Manifest)
                if any(first <= manifest.number <= last for first, last in ranges):
                    found[manifest.number] = manifest
    if len(found) < sum(last - first + 1 for first, last in ranges):
        raise MissingError(
            "This node does not remember all of those files.",
            safe="The journals: everything is in them.",
            next="contrefeu vault resend URL --from-start sends everything again.",
        )
    return list(found.values())


def ask_again(home: Home, url: str, text: str) -> None:
    """Have whoever sends to *url* send *text* once more ("STREAM:17-18,20", or "all").

    Raises:
        OperatorError: It names no files.
        MissingError: The node does not remember them.
    """
    ledger = ledger_folder(home, url)
    if text != "all":
        manifests_of(ledger, text)
    durable_makedirs(ledger)
    write_file(ledger / "again", text.encode())


def _digest(settings: str, notes: list[bytes]) -> str:
    return sha256(b"\0".join((settings.encode(), *notes))).hexdigest()


def _lines_of(path: Path) -> set[str]:
    try:
        return set(path.read_text().splitlines())
    except FileNotFoundError:
        return set()


def _new_stream() -> str:
    return secrets.token_hex(STREAM_LENGTH // 2)


def _read_state(ledger: Path) -> SpoolState:
    try:
        return msgspec.json.decode((ledger / "state.json").read_bytes(), type=SpoolState)
    except (FileNotFoundError, msgspec.MsgspecError):
        return SpoolState()


def _see_whether_put_back(source: HomeSource, head: Head, sent: Sent) -> None:
    """A journal that is another one, or ends before what was sent of it, is sent again from that segment on."""
    if head.segment < sent.segment:
        sent.segment, sent.offset = head.segment, 0
    elif sent.segment and source.which(sent.segment) not in {sent.file, ""}:
        sent.offset = 0
    elif head.segment == sent.segment and head.offset < sent.offset:
        # A writer that was killed publishes its end again when it starts: what it wrote before is still there.
        beyond = source.read(head.segment, head.offset, sent.offset - head.offset)
        if not beyond.strip(b"\x00"):
            sent.offset = head.offset


def _is_empty(source: HomeSource, sent: Sent) -> bool:
    """Whether nothing but reserved space is left of a segment that its writer has left."""
    if not sent.segment or not source.which(sent.segment):
        return True
    offset, stop = sent.offset, source.size(sent.segment)
    while offset < stop:
        block = source.read(sent.segment, offset, min(1 << 20, stop - offset))
        if block.strip(b"\x00"):
            return False
        if not block:
            break
        offset += len(block)
    return True


def _note(path: Path, line: bytes) -> None:
    """Add a line to a file, durable on return: what is not in it cannot be sent again."""
    fd = open_file(path, 0o600)
    try:
        size = os.fstat(fd).st_size
        write_at(fd, line, size)
        sync_file(fd)
    finally:
        os.close(fd)
    if not size:
        sync_dir(path.parent)


def _drop(path: Path, packed: bytes) -> None:
    """Put a file where the diode finds it, whole and durable: once it counts as sent, nobody asks for it."""
    write_file(path, packed, mode=0o644)  # whatever sends it on is another user
