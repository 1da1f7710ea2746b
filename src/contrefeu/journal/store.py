"""The writer of a journal: append, sync, then let it be seen.

Rules kept here:
  * `append` returns when its entries are on disk (fdatasync), or raises and says how many of the first are.
  * A segment is never reopened: after a crash, a failed sync or a restart the writer starts the next one under a
    new data key, and what the last one holds beyond its good frames is copied to `aside/` (S3, S4).
  * A segment's header says where the journal's tree stood: frames of an earlier segment beyond that are abandoned.
  * After a failed write or sync the batch is written once more, in a new segment; if that fails too the sender gets
    no answer.
  * An entry's hybrid clock is beyond all that was heard of beside (heard.py), unless that is far ahead (S7).
  * A checkpoint commits only to what is on disk.
  * Nothing of a damaged journal is changed: what somebody may have been told of is never cut off (standing.py).
"""

import contextlib
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from contrefeu.base import Clock, FileLock, durable_makedirs, fallocate, next_hybrid, sync_dir, write_file
from contrefeu.journal.entry import Draft, check_length, pack_entry
from contrefeu.journal.errors import JournalFailed, JournalTampered
from contrefeu.journal.files import Head, JournalFiles, pack_head
from contrefeu.journal.header import SealedKey, SegmentHeader, commitment_of, pack_header
from contrefeu.journal.heard import Hearing
from contrefeu.journal.recipients import Recipient
from contrefeu.journal.scan import is_zero
from contrefeu.journal.segment import SegmentSealer, fresh_bytes_needed
from contrefeu.journal.standing import survey
from contrefeu.proof import Checkpoint, Frontier, Signer, hash_leaf

SEGMENT_BYTES = 64 * 2**20  # a copy, a repair and a start each read at most this much
SEGMENT_AGE_S = 3600.0  # one hour: a day key seals at least 24 segments, a lost open segment holds at most one
PREALLOCATE_BYTES = 4 * 2**20  # space reserved ahead: a sync then writes data alone, 20 to 35 % faster
BATCH_ENTRIES_MAX = 4096  # entries in a frame: who proves or reads one opens no more than these
BATCH_BYTES_SOFT = 1 << 20  # bytes of a frame before compression: a reader holds one; an entry that is longer is alone

log = structlog.get_logger("journal")


@dataclass(slots=True)
class _Open:
    """The segment being written."""

    number: int
    fd: int
    sealer: SegmentSealer
    end: int
    reserved: int
    opened_ns: int
    recipients: tuple[str, ...]


class JournalWriter:
    """The one writer of one journal; not thread safe."""

    def __init__(
        self,
        journals: Path,
        signer: Signer,
        recipients: Callable[[], Sequence[Recipient]],
        clock: Clock,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        segment_age_s: float = SEGMENT_AGE_S,
    ) -> None:
        """Take the journal named by *signer*, making its folder if need be.

        Raises:
            StorageError: Another process writes this journal.
            JournalTampered: Its last segment is not what was written: `journal verify` says where.
        """
        self.journal = signer.verifier.name
        self._files = JournalFiles.of(journals, self.journal)
        self._signer = signer
        self._recipients = recipients
        self._clock = clock
        self._hearing = Hearing(self._files.folder)
        self._segment_bytes = segment_bytes
        self._segment_age_ns = int(segment_age_s * 1e9)
        self._open: _Open | None = None
        self._head_fd = -1
        self._next_number = 1
        self._sequence = 0
        self._hlc = 0
        self._tree = Frontier()
        self._signed_size = -1
        durable_makedirs(self._files.segments_folder, mode=0o750)  # others of the node read it, sealed
        self._lock = FileLock(self._files.lock)
        self._lock.acquire()
        try:
            self._start()
        except BaseException:
            self._let_go()
            raise

    # What readers of a status ask.

    @property
    def sequence(self) -> int:
        """Sequence of the last entry; 0 in an empty journal."""
        return self._sequence

    @property
    def size(self) -> int:
        """Leaves of the tree."""
        return self._tree.size

    # Writing.

    def append(self, drafts: Sequence[Draft]) -> range:
        """Append *drafts* and return their sequences, durable.

        Raises:
            JournalFailed: The disk refused, twice. Its `kept` says how many of the first are durable and keep the
                sequences they have; of the others none counts, and none may be acknowledged.
            EntryTooLong: A body is above the limit; none of them was written.
        """
        first = self._sequence + 1
        for draft in drafts:
            check_length(draft)
        for batch in _batches(drafts):
            try:
                self._commit(batch)
            except OSError as refused:
                log.warning("segment abandoned", journal=self.journal, reason=refused.strerror)
                self._abandon()
                self._again(batch, self._sequence + 1 - first)
        return range(first, self._sequence + 1)

    def checkpoint(self) -> Checkpoint:
        """Sign for what is on disk and keep it; returns the checkpoint.

        Raises:
            OSError: It could not be kept; the one before still stands.
        """
        point = Checkpoint(
            self.journal,
            self._tree.size,
            self._tree.root(),
            self._sequence,
            self._clock.now_ns() // 1000 * 1000,
        )
        if self._tree.size != self._signed_size:
            write_file(self._files.checkpoint, point.sign(self._signer), mode=0o644)
            self._signed_size = self._tree.size
        return point

    def roll(self) -> None:
        """Close the open segment, so that its key can be forgotten; the next append opens another."""
        segment = self._open
        if segment is None:
            return
        try:
            frame, leaf = segment.sealer.close(
                next_sequence=self._sequence + 1,
                hlc=self._hlc,
                received_ns=self._clock.now_ns(),
                fresh=secrets.token_bytes(32),
            )
            _write_all(segment.fd, frame, segment.end)
            os.fdatasync(segment.fd)
            self._tree.append(leaf)
            segment.end += len(frame)
            self._publish()
            os.ftruncate(segment.fd, segment.end)
            os.fsync(segment.fd)
        except OSError as refused:
            log.warning("segment left open", journal=self.journal, reason=refused.strerror)
        self._forget()

    def close(self) -> None:
        """Close the open segment, sign, and let the journal go."""
        try:
            self.roll()
            self.checkpoint()
        except OSError as refused:
            log.warning("no last checkpoint", journal=self.journal, reason=refused.strerror)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        self._hearing.close()
        if self._head_fd >= 0:
            os.close(self._head_fd)
            self._head_fd = -1
        self._lock.release()

    def _commit(self, batch: Sequence[Draft]) -> None:
        now_ns = self._clock.now_ns()
        if self._open is not None and self._is_over(self._open, now_ns):
            self.roll()
        segment = self._open or self._open_segment(now_ns)
        sequence = self._sequence
        hlc = next_hybrid(self._hlc, self._hearing.highest(now_ns), now_ns)
        entries = [pack_entry(draft, sequence + 1 + i, hlc + i) for i, draft in enumerate(batch)]
        frame, leaf = segment.sealer.seal(
            entries,
            secrets.token_bytes(fresh_bytes_needed(len(entries))),
            first_sequence=sequence + 1,
            hlc=(hlc, hlc + len(entries) - 1),
            received_ns=now_ns,
        )
        self._reserve(segment, len(frame))
        _write_all(segment.fd, frame, segment.end)
        os.fdatasync(segment.fd)
        self._sequence = sequence + len(entries)
        self._hlc = hlc + len(entries) - 1
        self._tree.append(leaf)
        segment.end += len(frame)
        self._hearing.tell(self._hlc)
        self._publish()

    def _again(self, batch: Sequence[Draft], kept: int) -> None:
        """Write *batch* in a new segment: the old file is never trusted again (S4)."""
        try:
            self._commit(batch)
        except OSError as refused:
            self._abandon()
            raise JournalFailed(
                f'Journal "{self.journal}" cannot write: {refused.strerror}.',
                safe=f"Its {self._sequence} entries. No sender was told that more was kept.",
                next="Give the disk space, or bring it back; writing resumes by itself.",
                kept=kept,
            ) from refused

    # Segments.

    def _is_over(self, segment: _Open, now_ns: int) -> bool:
        return (
            segment.end >= self._segment_bytes
            or abs(now_ns - segment.opened_ns) >= self._segment_age_ns  # a clock set back ends it too
            or segment.recipients != tuple(r.fingerprint for r in self._recipients())
        )

    def _open_segment(self, now_ns: int) -> _Open:
        data_key = secrets.token_bytes(32)
        number = self._next_number
        recipients = tuple(self._recipients())
        assert recipients, "a segment that nobody can open is a loss"
        header = SegmentHeader(
            origin=self.journal,
            segment=number,
            opened_ns=now_ns,
            first_sequence=self._sequence + 1,
            tree=self._tree,
            last_hlc=self._hlc,
            commitment=commitment_of(data_key),
            keys=tuple(SealedKey(r.name, r.fingerprint, r.seal(data_key, self.journal, number)) for r in recipients),
        )
        note = header.sign(self._signer)
        packed = pack_header(note)
        fd = os.open(self._files.segment(number), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
        self._next_number = number + 1
        segment = _Open(
            number,
            fd,
            SegmentSealer(note, data_key),
            len(packed),
            0,
            now_ns,
            tuple(r.fingerprint for r in recipients),
        )
        try:
            self._reserve(segment, 0)
            _write_all(fd, packed, 0)
            os.fsync(fd)
            sync_dir(self._files.segments_folder)
        except OSError:
            # It holds nothing: on a full disk every attempt would leave one more.
            os.close(fd)
            with contextlib.suppress(OSError):
                self._files.segment(number).unlink()
                self._next_number = number
            raise
        self._tree.append(hash_leaf(note))
        self._open = segment
        self._publish()
        return segment

    def _reserve(self, segment: _Open, length: int) -> None:
        if segment.end + length > segment.reserved:
            wanted = -(-(segment.end + length) // PREALLOCATE_BYTES) * PREALLOCATE_BYTES
            fallocate(segment.fd, segment.reserved, wanted - segment.reserved)
            segment.reserved = wanted

    def _publish(self) -> None:
        """Let readers see what is on disk. What is on disk counts, whether they can be told or not."""
        assert self._open is not None
        self._tell(Head(self._open.number, self._open.end, self._sequence, self._tree.size))

    def _tell(self, head: Head) -> None:
        try:
            os.pwrite(self._head_fd, pack_head(head), 0)
        except OSError as refused:
            log.warning("readers are not told", journal=self.journal, reason=refused.strerror)

    def _abandon(self) -> None:
        """Leave the open segment as it is: its frames beyond the tree are no part of the journal."""
        self._forget()

    def _forget(self) -> None:
        if self._open is not None:
            with contextlib.suppress(OSError):
                os.close(self._open.fd)
            self._open = None

    # Starting.

    def _start(self) -> None:
        line = f"{self._signer.verifier}\n"
        if not self._files.verifier_file.exists():
            write_file(self._files.verifier_file, line.encode(), mode=0o644)
        elif self._files.verifier_file.read_text().strip() != line.strip():
            raise JournalTampered(
                f'The key at hand is not the one that signed journal "{self.journal}".',
                safe="Nothing was changed.",
                next="Bring back the node's own keys; a new node writes a journal of its own.",
            )
        found = survey(self._files, self._signer.verifier)
        for offset in found.damaged:
            log.error("a frame is damaged", journal=self.journal, segment=found.segment, offset=offset)
        for number in found.headless:
            self._cut(number, 0)
        if found.tail:
            self._cut(found.segment, found.end)
        self._sequence, self._hlc, self._tree = found.sequence, found.hlc, found.tree
        self._next_number = found.segment + 1
        self._head_fd = os.open(self._files.head, os.O_RDWR | os.O_CREAT, 0o644)
        self._hearing.tell(found.hlc)
        self._tell(found.head)

    def _cut(self, number: int, end: int) -> None:
        """Copy what lies beyond the good frames to `aside/`, then cut it off; a file without a header goes whole."""
        path = self._files.segment(number)
        fd = os.open(path, os.O_RDWR)
        try:
            self._set_aside(fd, number, end)
            if end == 0:
                path.unlink()
                sync_dir(self._files.segments_folder)
            else:
                os.ftruncate(fd, end)
                os.fsync(fd)
        finally:
            os.close(fd)

    def _set_aside(self, fd: int, number: int, start: int) -> None:
        """Copy what lies beyond the good frames; zeros are reserved space, not a tail."""
        stop = os.fstat(fd).st_size
        if is_zero(fd, start, stop):
            return
        tail = os.pread(fd, stop - start, start).rstrip(b"\x00")
        durable_makedirs(self._files.aside)
        name = f"{number:010d}.{start}.{self._clock.now_ns()}.tail"
        write_file(self._files.aside / name, tail)
        log.warning("torn tail set aside", journal=self.journal, segment=number, offset=start, bytes=len(tail))


def _batches(drafts: Sequence[Draft]) -> list[Sequence[Draft]]:
    """Cut *drafts* so that a frame stays near BATCH_BYTES_SOFT; one long entry has a frame of its own."""
    if len(drafts) <= 64 and sum(len(d.body) for d in drafts) <= BATCH_BYTES_SOFT:
        return [drafts] if drafts else []
    batches: list[Sequence[Draft]] = []
    batch: list[Draft] = []
    size = 0
    for draft in drafts:
        if batch and (size + len(draft.body) > BATCH_BYTES_SOFT or len(batch) >= BATCH_ENTRIES_MAX):
            batches.append(batch)
            batch, size = [], 0
        batch.append(draft)
        size += len(draft.body)
    if batch:
        batches.append(batch)
    return batches


def _write_all(fd: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written
