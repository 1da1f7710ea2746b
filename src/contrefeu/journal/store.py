"""The writer of a journal: append, sync, then let it be seen.

Rules kept here:
  * `append` returns when its entries are on disk (fdatasync), or raises and says how many of the first are.
  * A segment is never reopened: after a crash, a failed sync or a restart the writer starts the next one under a
    new data key, and what the last one holds beyond its good frames is copied to `aside/` (S3, S4).
  * A segment's header says where the journal's tree stood: frames of an earlier segment beyond that are abandoned.
  * After a failed write or sync the batch is written once more, in a new segment; if that fails too the sender gets
    no answer.
  * An entry's hybrid clock is beyond all that was heard of beside (heard.py), unless that is far ahead (S7).
  * Where the journal stands is one value, replaced after the sync: whatever interrupts a commit (a refusing disk, a
    defect, Ctrl-C) leaves the journal before the batch or behind it, and the file it happened in is left.
  * A checkpoint commits only to what is on disk.
  * Nothing of a damaged journal is changed: what somebody may have been told of is never cut off (standing.py).
"""

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import structlog

from contrefeu.base import (
    Clock,
    FileLock,
    create_file,
    cut_off,
    durable_makedirs,
    fallocate,
    next_hybrid,
    open_file,
    remove,
    sync_data,
    sync_dir,
    sync_file,
    write_at,
    write_file,
)
from contrefeu.journal.entry import Draft, check_length, pack_entry
from contrefeu.journal.errors import AnotherKey, JournalFailed, JournalTampered, NoJournal
from contrefeu.journal.files import Head, JournalFiles, pack_head
from contrefeu.journal.header import SealedKey, SegmentHeader, commitment_of, pack_header
from contrefeu.journal.heard import Hearing
from contrefeu.journal.mending import make_durable, set_tails_aside
from contrefeu.journal.recipients import Recipient
from contrefeu.journal.segment import SegmentSealer, fresh_bytes_needed
from contrefeu.journal.standing import read_checkpoint, survey
from contrefeu.proof import Checkpoint, Followed, Frontier, ProofMismatch, Signer, hash_leaf

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


class Limits(NamedTuple):
    """When a segment is closed, and how much of the disk is left to others."""

    segment_bytes: int = SEGMENT_BYTES
    segment_age_s: float = SEGMENT_AGE_S
    spare_bytes: int = 0


@dataclass(frozen=True, slots=True)
class _At:
    """Where the journal stands, all of it on disk."""

    sequence: int = 0  # of the last entry
    hlc: int = 0  # its hybrid clock
    tree: Frontier = field(default_factory=Frontier)


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
        spare_bytes: int = 0,
        vouched: Sequence[Checkpoint] = (),
        follows: Followed | None = None,
        after_hlc: int = 0,
    ) -> None:
        """Take the journal named by *signer*, making its folder if need be.

        Args:
            journals: The folder of all journals.
            signer: The journal's name and key.
            recipients: To whom a segment that is opened now is sealed.
            clock: The time.
            segment_bytes: A segment that is longer is closed.
            segment_age_s: A segment that is older is closed.
            spare_bytes: Space on the disk that is left to others: with less than this free the disk counts as full.
            vouched: Checkpoints of this journal that others hold: it must not be behind or beside them.
            follows: The head of the journal in whose place this one is begun; a journal that exists knows it.
            after_hlc: Hybrid clock of that journal's last entry: those of this one are above it.

        Raises:
            StorageError: Another process writes this journal.
            JournalTampered: Its last segment is not what was written, or it is not what was vouched for: `journal
                verify` says where. Nothing was changed; `open_writer` begins a successor.
            OSError: The disk refuses.
        """
        self.journal = signer.verifier.name
        self._files = JournalFiles.of(journals, self.journal)
        self._signer = signer
        self._recipients = recipients
        self._clock = clock
        self._hearing = Hearing(self._files.folder)
        self._segment_bytes = segment_bytes
        self._segment_age_ns = int(segment_age_s * 1e9)
        self._spare_bytes = spare_bytes
        self._follows = follows
        self._after_hlc = after_hlc
        self._open: _Open | None = None
        self._head_fd = -1
        self._next_number = 1
        self._at = _At()
        self._signed_size = -1
        durable_makedirs(self._files.segments_folder, mode=0o750)  # others of the node read it, sealed
        self._lock = FileLock(self._files.lock)
        self._lock.acquire()
        try:
            self._start(vouched)
        except BaseException:
            self._let_go()
            raise

    # What readers of a status ask.

    @property
    def sequence(self) -> int:
        """Sequence of the last entry; 0 in an empty journal."""
        return self._at.sequence

    @property
    def size(self) -> int:
        """Leaves of the tree."""
        return self._at.tree.size

    # Writing.

    def append(self, drafts: Sequence[Draft]) -> range:
        """Append *drafts* and return their sequences, durable.

        Raises:
            JournalFailed: The disk refused, twice. Its `kept` says how many of the first are durable and keep the
                sequences they have; of the others none counts, and none may be acknowledged.
            EntryTooLong: A body is above the limit; none of them was written.
        """
        first = self._at.sequence + 1
        for draft in drafts:
            check_length(draft)
        for batch in _batches(drafts):
            try:
                self._commit(batch)
            except OSError as refused:
                log.warning("segment abandoned", journal=self.journal, reason=refused.strerror)
                self._again(batch, self._at.sequence + 1 - first)
        return range(first, self._at.sequence + 1)

    def checkpoint(self) -> Checkpoint:
        """Sign for what is on disk and keep it; returns the checkpoint.

        Raises:
            OSError: It could not be kept; the one before still stands.
        """
        at = self._at
        now_ns = self._clock.now_ns() // 1000 * 1000
        point = Checkpoint(self.journal, at.tree.size, at.tree.root(), at.sequence, now_ns, self._follows)
        if at.tree.size != self._signed_size:
            write_file(self._files.checkpoint, point.sign(self._signer), mode=0o644)
            self._signed_size = at.tree.size
        return point

    def tend(self) -> None:
        """Close the open segment if it is over: its key is not kept for want of a message."""
        if self._open is not None and self._is_over(self._open, self._clock.now_ns()):
            self.roll()

    def probe(self) -> None:
        """Make sure that the next append has a segment to go to.

        Raises:
            OSError: The disk refuses still.
        """
        if self._open is None:
            self._open_segment(self._clock.now_ns())

    def roll(self) -> None:
        """Close the open segment, so that its key can be forgotten; the next append opens another."""
        segment, at = self._open, self._at
        if segment is None:
            return
        try:
            frame, leaf = segment.sealer.close(
                next_sequence=at.sequence + 1,
                hlc=at.hlc,
                received_ns=self._clock.now_ns(),
                fresh=secrets.token_bytes(32),
            )
            write_at(segment.fd, frame, segment.end)
            sync_data(segment.fd)
            self._stand(at.sequence, at.hlc, leaf)
            segment.end += len(frame)
            self._publish()
            cut_off(segment.fd, segment.end)
            sync_file(segment.fd)
        except OSError as refused:
            log.warning("segment left open", journal=self.journal, reason=refused.strerror)
        finally:
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
        """Write and sync *batch*; after anything else than success its file is left, and nobody counts the batch."""
        try:
            self._write(batch)
        except BaseException:
            self._forget()
            raise

    def _write(self, batch: Sequence[Draft]) -> None:
        now_ns = self._clock.now_ns()
        if self._open is not None and self._is_over(self._open, now_ns):
            self.roll()
        segment = self._open or self._open_segment(now_ns)
        sequence = self._at.sequence
        hlc = max(next_hybrid(self._at.hlc, self._hearing.highest(now_ns), now_ns), self._after_hlc + 1)
        entries = [pack_entry(draft, sequence + 1 + i, hlc + i) for i, draft in enumerate(batch)]
        frame, leaf = segment.sealer.seal(
            entries,
            secrets.token_bytes(fresh_bytes_needed(len(entries))),
            first_sequence=sequence + 1,
            hlc=(hlc, hlc + len(entries) - 1),
            received_ns=now_ns,
        )
        self._reserve(segment, len(frame))
        write_at(segment.fd, frame, segment.end)
        sync_data(segment.fd)
        self._stand(sequence + len(entries), hlc + len(entries) - 1, leaf)
        segment.end += len(frame)
        self._hearing.tell(self._at.hlc)
        self._publish()

    def _stand(self, sequence: int, hlc: int, leaf: bytes) -> None:
        tree = self._at.tree.copy()
        tree.append(leaf)
        self._at = _At(sequence, hlc, tree)

    def _again(self, batch: Sequence[Draft], kept: int) -> None:
        """Write *batch* in a new segment: the old file is never trusted again (S4)."""
        try:
            self._commit(batch)
        except OSError as refused:
            raise JournalFailed(
                f'Journal "{self.journal}" cannot write: {refused.strerror}.',
                safe=f"Its {self._at.sequence} entries. No sender was told that more was kept.",
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
        at = self._at
        header = SegmentHeader(
            origin=self.journal,
            segment=number,
            opened_ns=now_ns,
            first_sequence=at.sequence + 1,
            tree=at.tree,
            last_hlc=at.hlc,
            commitment=commitment_of(data_key),
            keys=tuple(SealedKey(r.name, r.fingerprint, r.seal(data_key, self.journal, number)) for r in recipients),
        )
        note = header.sign(self._signer)
        packed = pack_header(note)
        fd = create_file(self._files.segment(number), 0o640)
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
            write_at(fd, packed, 0)
            sync_file(fd)
            sync_dir(self._files.segments_folder)
        except BaseException:
            # It holds nothing: on a full disk every attempt would leave one more.
            os.close(fd)
            with contextlib.suppress(OSError):
                remove(self._files.segment(number))
                self._next_number = number
            raise
        self._stand(at.sequence, at.hlc, hash_leaf(note))
        self._open = segment
        self._publish()
        return segment

    def _reserve(self, segment: _Open, length: int) -> None:
        if segment.end + length > segment.reserved:
            wanted = -(-(segment.end + length) // PREALLOCATE_BYTES) * PREALLOCATE_BYTES
            self._leave_spare(segment.fd, wanted - segment.reserved)
            fallocate(segment.fd, segment.reserved, wanted - segment.reserved)
            segment.reserved = wanted

    def _leave_spare(self, fd: int, length: int) -> None:
        """A flood of messages must not take the last of the disk from what people do (S11)."""
        if self._spare_bytes:
            disk = os.fstatvfs(fd)
            if disk.f_bavail * disk.f_frsize < length + self._spare_bytes:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _publish(self) -> None:
        """Let readers see what is on disk. What is on disk counts, whether they can be told or not."""
        assert self._open is not None
        self._tell(Head(self._open.number, self._open.end, self._at.sequence, self._at.tree.size))

    def _tell(self, head: Head) -> None:
        try:
            write_at(self._head_fd, pack_head(head), 0)
        except OSError as refused:
            log.warning("readers are not told", journal=self.journal, reason=refused.strerror)

    def _forget(self) -> None:
        if self._open is not None:
            with contextlib.suppress(OSError):
                os.close(self._open.fd)
            self._open = None

    # Starting.

    def _start(self, vouched: Sequence[Checkpoint]) -> None:
        self._identify()
        found = survey(self._files, self._signer.verifier, vouched=vouched)
        for offset in found.damaged:
            log.error("a frame is damaged", journal=self.journal, segment=found.segment, offset=offset)
        make_durable(self._files, found)
        set_tails_aside(self._files, self.journal, found, self._clock.now_ns())
        self._at = _At(found.sequence, found.hlc, found.tree)
        self._next_number = max([found.segment, *self._files.segments()]) + 1
        self._head_fd = open_file(self._files.head, 0o644)
        self._hearing.tell(found.hlc)
        self._tell(found.head)

    def _identify(self) -> None:
        """Say whose journal this is, and what it follows; or make sure that it is ours."""
        verifier = self._signer.verifier
        try:
            if self._files.verifier() != verifier:
                raise AnotherKey(
                    f'The key at hand is not the one that signed journal "{self.journal}".',
                    safe="Nothing was changed.",
                    next="Bring back the node's own keys; a new node writes a journal of its own.",
                )
            point = read_checkpoint(self._files, verifier)
            self._follows = point.follows if point is not None else self._follows
        except NoJournal:
            if self._follows is not None:
                self.checkpoint()  # first: a journal that is there says what it follows
            write_file(self._files.verifier_file, f"{verifier}\n".encode(), mode=0o644)
        except ProofMismatch:
            raise JournalTampered(
                f'The public key or the checkpoint of journal "{self.journal}" is not what was written.',
                safe="Nothing was changed.",
                next="contrefeu journal verify says what is whole; contrefeu vault repair fetches it from a copy.",
            ) from None


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
