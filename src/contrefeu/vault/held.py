"""Another station's journal as this one holds it: it grows by what its writer signed for, and by nothing else.

A frame bears no signature: whoever carries a journal could add one. What vouches for it is a *signed point*: the header
of the next segment, which says what tree stood before it, or a checkpoint. A *piece* is what lies between two of them.

Rules kept here:
  * A piece is fetched beside the journal, and becomes part of it when it leads to the tree that a signed point names.
    A peer that gives other bytes has cost the room of one piece, for a while, and changed nothing.
  * Each journal that is held has one taker, which holds its lock and publishes its head as a writer does: readers
    follow it as they follow any other.
  * A piece that was half fetched is gone on with when the peer comes back; after a restart it is fetched again.
  * Order of writing: bytes, sync, head, then the checkpoint that signs for them.
"""

import contextlib
import os
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import IO

from contrefeu.base import ContrefeuError, FileLock, StorageError, TamperError, durable_makedirs, sync_dir, write_file
from contrefeu.journal import Head, Hearing, JournalFiles, open_expiry, pack_head, pack_header
from contrefeu.proof import PREFIX_BYTES, Checkpoint, ProofMismatch, Verifier, open_checkpoint, read_prefix
from contrefeu.vault.shelf import Shelf
from contrefeu.vault.walk import CHUNK_BYTES, End, Header, chunk, frames_from, frames_in, reach_of, read_header

PIECE_BYTES_MAX = 512 * 2**20  # between two signed points: a segment of 64 MiB and one frame of the greatest length
TURN_S_MAX = 60.0  # of one peer at one journal: a slow or lying one does not keep it from the others
HEADLESS_MAX = 64  # segments without a header in a row: a writer leaves one for each crash in the middle of making it
_NO_END = 1 << 62  # a peer's segment ends where it gives no more bytes
IN_MEMORY_BYTES = 4 * 2**20  # of a piece; beyond, it lies on the disk


class Mismatch(TamperError):
    """What a peer gives does not lead to the tree that the journal's writer signed for."""

    kind = "exchange-mismatch"


class OutOfRoom(StorageError):
    """A peer's journals have reached their quota, or the disk its reserve."""

    kind = "exchange-no-room"


class TurnOver(ContrefeuError):
    """A peer has had its turn at this journal; what was fetched of a piece is gone on with at its next one."""

    kind = "exchange-turn-over"


class Incomplete(StorageError):
    """A peer has less than the checkpoint signs for that it shows."""

    kind = "exchange-incomplete"


@dataclass(slots=True)
class _Piece:
    """Bytes on their way, and the end behind them."""

    end: End
    number: int  # segment they belong to
    offset: int  # in its file
    spool: IO[bytes]
    last_hlc: int = 0
    length: int = 0

    def drop(self) -> None:
        self.spool.close()


class Held:
    """One journal of a peer, or a branch of it that was refused."""

    def __init__(self, files: JournalFiles, verifier: Verifier, *, first: int = 1) -> None:
        """Take the journal in *files*, making its folder if need be.

        Args:
            files: Where it lies.
            verifier: Its writer's public key, as it was pinned.
            first: The first segment wanted; a branch begins where it differs.

        Raises:
            StorageError: Another process takes it at this moment.
            TamperError: Another key signed what lies there.
        """
        self.files = files
        self.verifier = verifier
        self.end = End()
        self.point: Checkpoint | None = None
        self.last_hlc = 0
        self.damaged = ""
        self._first = first
        self._pieces: dict[str, _Piece] = {}  # giver -> what it was giving when its turn ended
        self._turn_ends = 0.0
        self._head_fd = -1
        self._hearing = Hearing(files.folder)
        durable_makedirs(files.segments_folder, mode=0o750)  # the reader and the copies may be other users
        self._lock = FileLock(files.lock, wait_s=1.0)
        self._lock.acquire()
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let it go."""
        for giver in list(self._pieces):
            self._drop_piece(giver)
        if self._head_fd >= 0:
            os.close(self._head_fd)
            self._head_fd = -1
        self._hearing.close()
        self._lock.release()

    @property
    def journal(self) -> str:
        """Its id."""
        return self.verifier.name

    @property
    def size_bytes(self) -> int:
        """What it takes of the disk."""
        return sum(self.files.segment(n).stat().st_size for n in self.files.segments())

    # Starting.

    def _start(self) -> None:
        line = f"{self.verifier}\n".encode()
        if not self.files.verifier_file.exists():
            write_file(self.files.verifier_file, line, mode=0o644)
        elif self.files.verifier_file.read_bytes().strip() != line.strip():
            raise Mismatch(
                f'Journal "{self.journal}" lies here already, signed by another key than the one that was pinned.',
                safe="The journal as it was.",
                next="contrefeu station list says what was pinned; one of the two is not the station it says it is.",
            )
        try:
            self.point = self._opened(self.files.checkpoint.read_bytes())
        except FileNotFoundError:
            self.point = None
        except ProofMismatch:
            self.damaged = f'The checkpoint held of "{self.journal}" is not one that its writer signed.'
        for number in reversed(self.files.segments()):
            header = read_header(partial(self._own, number), number, self.verifier)
            if header is None:
                self._set_aside(number, 0)  # torn while it was made: it is fetched again
                continue
            size = self.files.segment(number).stat().st_size
            reach = reach_of(partial(self._own, number), size, header, self.point.size if self.point else 0)
            self.end, self.last_hlc = reach.end, header.said.last_hlc
            for _at, frame, _end in frames_from(partial(self._own, number), header, reach.end.offset):
                self.last_hlc = max(self.last_hlc, frame.last_hlc)
            if reach.damaged:
                self.damaged = f'Segment {number} held of "{self.journal}" is damaged at byte {reach.damaged[0]}.'
            if reach.end.offset < size:
                self._set_aside(number, reach.end.offset)
            break
        if self.point is not None and self.point.size > self.end.tree.size:
            self.damaged = f'What is held of "{self.journal}" is less than its checkpoint signs for.'
        self._head_fd = os.open(self.files.head, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._publish()

    def _own(self, number: int, offset: int, length: int) -> bytes:
        with self.files.segment(number).open("rb") as file:
            return os.pread(file.fileno(), length, offset)

    def _set_aside(self, number: int, offset: int) -> None:
        """What a torn write left behind the good bytes of a segment goes to `aside/`."""
        path = self.files.segment(number)
        with path.open("r+b") as file:
            file.seek(offset)
            torn = file.read()
            if torn.strip(b"\x00"):
                durable_makedirs(self.files.aside, mode=0o750)
                name = f"{number:010d}.{offset}.{sha256(torn).hexdigest()[:16]}.tail"
                write_file(self.files.aside / name, torn, mode=0o640)
            file.truncate(offset)
            os.fsync(file.fileno())
        if offset == 0:
            path.unlink()
            sync_dir(path.parent)

    # Taking.

    def open_note(self, note: bytes) -> Checkpoint:
        """Read a checkpoint of this journal.

        Raises:
            ProofMismatch: Its writer did not sign it.
        """
        return self._opened(note)

    def take(self, shelf: Shelf, note: bytes, bytes_max: int) -> int:
        """Take what *note* signs for and is not here yet, about *bytes_max* bytes of it; returns how many were taken.

        Raises:
            Mismatch: The bytes lead to another tree: they are not this journal's, or not in this history.
            Incomplete: The shelf lacks what it shows a checkpoint for.
            TurnOver: The peer was too slow; others have their turn first.
        """
        wanted = self._opened(note)
        self._turn_ends = time.monotonic() + TURN_S_MAX
        taken = 0
        while self.end.tree.size < wanted.size:
            if taken >= bytes_max:
                return taken
            taken += self._take_piece(shelf, wanted, note)
        if self.end.tree.size == wanted.size and (self.point is None or self.point.size < wanted.size):
            if self.end.tree.root() != wanted.root:
                raise self._mismatch("its checkpoint signs for another tree")
            self._keep_point(wanted, note)
        return taken

    def _take_piece(self, shelf: Shelf, wanted: Checkpoint, note: bytes) -> int:
        following = self._following(shelf, self.end.segment or self._first - 1, wanted.size)
        if self.end.segment and following is not None and following.said.tree.size == self.end.tree.size:
            if following.said.tree.peaks != self.end.tree.peaks:
                raise self._mismatch(f"segment {following.said.segment} begins behind another tree")
            return self._fetch(shelf, wanted, note, following)
        if not self.end.segment:
            if following is None:
                raise self._incomplete("its first segment")
            if self._first == 1 and following.said.tree.size:
                self._begin_behind(shelf, following)
            return self._fetch(shelf, wanted, note, following)
        return self._fetch(shelf, wanted, note, None)

    def _begin_behind(self, shelf: Shelf, header: Header) -> None:
        """Begin with a segment that is not the first: what was before it has ended, and its writer says so."""
        note = shelf.expired(self.journal)
        try:
            if open_expiry(note, self.verifier).leaves < header.said.tree.size:
                raise ProofMismatch("more is gone than has ended")
        except ProofMismatch:
            raise self._incomplete("its first segments") from None
        write_file(self.files.expired, note, mode=0o644)

    def _fetch(self, shelf: Shelf, wanted: Checkpoint, note: bytes, header: Header | None) -> int:
        """Fetch one piece: the rest of a segment, or a segment from its header on, up to the next signed point."""
        number = header.said.segment if header is not None else self.end.segment
        piece = self._piece_of(shelf.giver, number, header)
        behind = self._following(shelf, number, wanted.size)
        limit = wanted.size if behind is None else behind.said.tree.size
        read = partial(shelf.read, self.journal, number)
        try:
            self._fill(piece, read, limit)
            self._check(piece, wanted, behind, limit)
        except (Mismatch, Incomplete):
            self._drop_piece(shelf.giver)
            raise
        self._commit(piece)
        self._drop_piece(shelf.giver)
        if limit == wanted.size:
            self._keep_point(wanted, note)
        return piece.length

    def _piece_of(self, giver: str, number: int, header: Header | None) -> _Piece:
        """The piece that this peer had begun to give, or a new one."""
        old = self._pieces.get(giver)
        if old is not None and old.number == number and old.offset == (0 if header is not None else self.end.offset):
            return old
        self._drop_piece(giver)
        spool = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES, dir=str(self.files.folder), prefix=".incoming.")  # noqa: SIM115
        piece = _Piece(self.end.copy(), number, 0 if header is not None else self.end.offset, spool)
        if header is not None:
            spool.write(pack_header(header.note))
            piece.length = header.length
            piece.end.enter(header)
            piece.last_hlc = header.said.last_hlc
        self._pieces[giver] = piece
        return piece

    def _fill(self, piece: _Piece, read: "partial[bytes]", limit: int) -> None:
        while piece.end.tree.size < limit:
            self._refuse_when_over()
            block = chunk(read, piece.end.offset, _NO_END)
            moved = 0
            for frame in frames_in(block, piece.end.copy()):
                if piece.end.tree.size >= limit:
                    break
                if not frame.whole:
                    raise self._mismatch(f"segment {piece.number} is damaged at byte {piece.end.offset}")
                piece.end.pass_frame(frame)
                piece.last_hlc = frame.last_hlc
                moved += frame.length
            if not moved:
                raise self._incomplete(f"segment {piece.number} from byte {piece.end.offset} on", block)
            if piece.length + moved > PIECE_BYTES_MAX:
                raise self._mismatch(f"segment {piece.number} is longer than any segment is")
            piece.spool.write(block[:moved])
            piece.length += moved

    def _check(self, piece: _Piece, wanted: Checkpoint, behind: Header | None, limit: int) -> None:
        tree = piece.end.tree
        if tree.size != limit:
            raise self._mismatch(f"segment {piece.number} goes beyond what was signed for")
        if limit == wanted.size and tree.root() != wanted.root:
            raise self._mismatch("its checkpoint signs for another tree")
        if behind is not None and tree.peaks != behind.said.tree.peaks:
            raise self._mismatch(f"segment {behind.said.segment} begins behind another tree")

    def _commit(self, piece: _Piece) -> None:
        """Make a checked piece part of the journal: durable on return."""
        path = self.files.segment(piece.number)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            piece.spool.seek(0)
            at = piece.offset
            while block := piece.spool.read(CHUNK_BYTES):
                view = memoryview(block)
                while view:
                    written = os.pwrite(fd, view, at)
                    view, at = view[written:], at + written
            os.fsync(fd)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(fd, piece.offset)
            raise
        finally:
            os.close(fd)
        if piece.offset == 0:
            sync_dir(path.parent)
        self.end = piece.end
        self.last_hlc = max(self.last_hlc, piece.last_hlc)
        self._publish()

    def _keep_point(self, point: Checkpoint, note: bytes) -> None:
        write_file(self.files.checkpoint, note, mode=0o644)
        self.point = point
        self.damaged = ""

    def _publish(self) -> None:
        end = self.end
        self._hearing.tell(self.last_hlc)
        os.pwrite(self._head_fd, pack_head(Head(end.segment, end.offset, end.sequence, end.tree.size)), 0)

    def _drop_piece(self, giver: str) -> None:
        piece = self._pieces.pop(giver, None)
        if piece is not None:
            piece.drop()

    def _refuse_when_over(self) -> None:
        if time.monotonic() > self._turn_ends:
            raise TurnOver(f'A peer has had its turn at "{self.journal}".')

    # Asking the shelf.

    def _following(self, shelf: Shelf, number: int, leaves: int) -> Header | None:
        """The next segment after *number* that counts and begins within *leaves*: as its writer's headers say."""
        found: Header | None = None
        after, headless = number, 0
        while numbers := shelf.numbers(self.journal, after):
            for later in numbers:
                self._refuse_when_over()
                header = self.header_of(shelf, later)
                if header is None:
                    headless += 1
                    if headless > HEADLESS_MAX:
                        raise self._mismatch(f"segments up to {later} have no header that its writer signed")
                    continue
                headless = 0
                if header.said.tree.size > leaves:
                    return found
                if found is not None and header.said.tree.size > found.said.tree.size:
                    return found
                found = header
            after = numbers[-1]
        return found

    def header_of(self, shelf: Shelf, number: int) -> Header | None:
        """The header of a segment as the shelf has it; None when its writer did not sign it."""
        return read_header(partial(shelf.read, self.journal, number), number, self.verifier)

    def own_header(self, number: int) -> Header | None:
        """The header of a segment as it is held."""
        try:
            return read_header(partial(self._own, number), number, self.verifier)
        except FileNotFoundError:
            return None

    def _opened(self, note: bytes) -> Checkpoint:
        point = open_checkpoint(note, [self.verifier])
        if point.origin != self.journal:
            raise ProofMismatch("the checkpoint is of another journal")
        return point

    def _mismatch(self, how: str) -> Mismatch:
        return Mismatch(
            f'What a peer gives of "{self.journal}" is not taken: {how}.',
            safe=f"What is held of it: {self.end.sequence} entries.",
            next="contrefeu status names the peer; contrefeu journal verify says that what is held is whole.",
        )

    def _incomplete(self, what: str, block: bytes = b"") -> Mismatch | Incomplete:
        if block.strip(b"\x00") and not _is_cut(block):
            return Mismatch(f'What a peer gives of "{self.journal}" is damaged: {what}.')
        return Incomplete(
            f'A peer lacks {what} of "{self.journal}", and shows a checkpoint that signs for it.',
            safe=f"What is held of it: {self.end.sequence} entries.",
            next="Let the exchange run again there, then here: a stick may have been pulled out too early.",
        )


def _is_cut(block: bytes) -> bool:
    """Whether *block* is the beginning of a frame: what a copy looks like that was broken off."""
    found = read_prefix(block[:PREFIX_BYTES])
    return len(block) < PREFIX_BYTES or (found is not None and PREFIX_BYTES + found[0].length > len(block))
