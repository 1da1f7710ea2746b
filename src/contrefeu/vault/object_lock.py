"""A vault in an object store with Object Lock. `s3://BUCKET/PREFIX?endpoint=…&lock=compliance&days=N` (DESIGN S12)

    contrefeu-vault                                     the marker
    journals/<name>/segments/0000000001.seg             a segment that does not grow any more: one object, locked `days`
    open/journals/<name>/segments/0000000002.seg/…      one that grows: chunks, locked `open-days` (chunks.py)
    journals/<name>/checkpoint/<order>-<digest>[-kept]  checkpoints (notes.py): the one of most leaves comes first
    journals/<name>/expired/<order>-<digest>            how far the journal has ended, likewise, locked `days`
    all other names                                     one object, locked `days`, and never replaced

Rules kept here:
  * What must outlive somebody who has the node's credentials is locked from its first second. Chunks and checkpoints
    lapse `open-days` after, and are removed only when the whole segment was read back.
  * Of several versions the one counts that its writer signed; where nothing is signed, the one that was there first.
  * What lies there without our lock is not taken for ours, were it the same to the byte: who laid it can take it away.
    Ours is put beside, and looked for again before a chunk may lapse.
  * What is written once is locked anew before its lock is over, for as long as the node copies.
  * A segment is made one object beside the copying, never before it: an upload of 64 MiB must not hold up a second,
    nor take half of a limited line while the copy catches up.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from secrets import token_hex

from contrefeu.base import OperatorError
from contrefeu.journal import JournalFiles
from contrefeu.vault.address import S3Address
from contrefeu.vault.bucket import Bucket
from contrefeu.vault.checked import PROBES
from contrefeu.vault.chunks import Chunk, cut_at_frames
from contrefeu.vault.closing import Closing
from contrefeu.vault.counted import OPEN, Counted
from contrefeu.vault.fetched import FetchedFiles
from contrefeu.vault.notes import CHECKPOINT, EXPIRED, KEPT, digest, is_note, note_name
from contrefeu.vault.place import BRANCHES, JOURNALS, MARKER, NODES, VaultAway, VaultShrunk
from contrefeu.vault.recovery import GRANTS
from contrefeu.vault.stored import StoredSegment
from contrefeu.vault.walk import read_header

PACE_S = 0.5  # between two steps: a copy lags by less than a second, and a day is some 10^5 chunks, not 10^6
IDENTITY_S = 2.0  # how long the vault is taken to be the one it was
LAPSE_S = 3600.0  # how often chunks whose lock is over are looked for
CHUNK_BYTES = 2**20  # a block of the copy that is longer goes over as several chunks at once
PUTS = 4  # at once: one block of the copy (walk.CHUNK_BYTES)
_TITLE = "contrefeu vault v1"


class ObjectLockVault:
    """Copies under one prefix of a bucket."""

    pace_s = PACE_S

    def __init__(self, url: str, address: S3Address, bucket: Bucket) -> None:
        self._url = url
        self._address = address
        self._bucket = bucket
        self._counted = Counted(bucket)
        self._segments: dict[str, StoredSegment] = {}
        self._marker: tuple[str, float] = ("", 0.0)
        self._fetched: tempfile.TemporaryDirectory[str] | None = None
        self._closing = Closing(self._make_one)
        self._putting = ThreadPoolExecutor(PUTS, "vault-putting")  # its threads begin with the first block of several
        self._made: set[str] = set()  # segments that are one object under our lock
        self._lapsed_at = 0.0

    @property
    def url(self) -> str:
        """How settings and commands name it."""
        return self._url

    def make(self) -> None:
        """Make the vault, or find that it is there.

        Raises:
            OperatorError: Something else lies there.
            VaultAway: The store refuses.
        """
        if self._counted.oldest(MARKER) is not None:
            return
        if self._bucket.children("") - {PROBES}:
            raise OperatorError(
                f"{self._url.partition('?')[0]} is not empty, and is no vault.",
                safe="Nothing in it was changed.",
                next="Name another bucket, or another prefix in this one.",
            )
        self._bucket.put(MARKER, f"{_TITLE}\nid {token_hex(16)}\n".encode(), self._address.days)

    def identity(self) -> str:
        """Which vault answers.

        Raises:
            VaultAway: None answers, or what is there is no vault.
        """
        marker, at = self._marker
        if not marker or time.monotonic() - at > IDENTITY_S:
            found = self._counted.oldest(MARKER)
            marker = self._bucket.get(found).decode(errors="replace") if found is not None else ""
            if not marker and self._bucket.as_of is not None:
                raise VaultAway(
                    f"Nothing lay in {self._url.partition('?')[0]} yet at the instant that as-of names.",
                    safe="Nothing was changed.",
                    next="Name a later instant, or leave as-of out; contrefeu vault verify says what is whole.",
                )
            if not marker.startswith(f"{_TITLE}\n"):
                raise VaultAway(
                    f"{self._url.partition('?')[0]} is no vault.",
                    safe="Nothing was changed.",
                    next="contrefeu vault add makes one.",
                )
            self._marker = (marker, time.monotonic())
            self._closing.go_on()
        return marker

    def names(self, folder: str) -> list[str]:
        """What lies in *folder*, sorted."""
        return sorted(self._bucket.children(folder) | self._bucket.children(f"{OPEN}/{folder}"))

    def size(self, name: str) -> int | None:
        """Bytes of a file."""
        if _is_segment(name):
            return self._segment(name).size
        if is_note(name):
            return len(self.read(name)) or None
        found = self._counted.oldest(name)
        return found.size if found is not None else None

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes:
        """Bytes of a file."""
        if self._fetched is not None and (local := Path(self._fetched.name) / name).is_file():
            with local.open("rb") as file:
                file.seek(offset)
                return file.read(length)
        if _is_segment(name):
            return self._segment(name).read(offset, length)
        if is_note(name):
            note = self._counted.note(name)
            return note[offset:] if length < 0 else note[offset : offset + length]
        found = self._counted.oldest(name)
        return self._bucket.get(found, offset, length) if found is not None else b""

    def append(self, name: str, offset: int, data: bytes) -> None:
        """Put *data* at *offset* of a segment, where good bytes end; locked and read back on return."""
        segment = self._segment(name)
        there = segment.size or 0
        if there < offset:
            raise VaultShrunk("A segment in the object store is shorter than it was.", safe="What is left of it.")
        beyond = segment.read(offset, there - offset)
        if beyond.startswith(data):
            return
        if not data.startswith(beyond):
            self._set_aside(name, offset, beyond)
            beyond = b""
        rest, at = data[len(beyond) :], offset + len(beyond)
        if segment.grown < at:
            raise VaultShrunk("A segment in the object store is not in chunks any more.", safe="What is left of it.")
        for chunk in self._put_chunks(name, at, rest):
            segment.add(chunk)
        self._forget_here(name)

    def _put_chunks(self, name: str, at: int, data: bytes) -> list[Chunk]:
        """Several at once: over a long line each waits for its answer, and not for the others'.

        When one fails, those that went over lie there: they are the same bytes as what is put in their place.
        """
        pieces = list(cut_at_frames(at, data, CHUNK_BYTES))
        chunks = [Chunk.of(offset, piece) for offset, piece in pieces]
        if len(pieces) == 1:
            self._put_chunk(name, chunks[0], data)
            return chunks
        under_way = [
            self._putting.submit(self._put_chunk, name, chunk, piece)
            for chunk, (_, piece) in zip(chunks, pieces, strict=True)
        ]
        wait(under_way)  # all of them: what is still under way must not come behind a second try
        for one in under_way:
            one.result()
        return chunks

    def _put_chunk(self, name: str, chunk: Chunk, data: bytes) -> None:
        self._bucket.put(f"{OPEN}/{name}/{chunk.name}", data, self._address.open_days)

    def put(self, name: str, data: bytes) -> None:
        """Put a small file at *name*; locked and read back on return."""
        self._forget_here(name)
        if is_note(name):
            self._bucket.put(f"{name}/{note_name(data)}", data, self._days(name))
            return
        found = self._counted.oldest(name)
        if found is not None and self._bucket.get(found) != data:
            raise VaultAway(
                f"{self._url.partition('?')[0]} holds another file under a name that is written once.",
                safe="Both: nothing in it is ever replaced.",
                next="contrefeu vault verify URL says what the vault holds.",
            )
        self._keep(name, data, self._address.days)

    def _keep(self, name: str, data: bytes, days: int) -> None:
        """Put *data* at *name*, unless it lies there under a lock as ours is."""
        same = (found for found in self._counted.versions(name) if found.size == len(data))
        if not any(self._bucket.keeps(found, days) and self._bucket.get(found) == data for found in same):
            self._bucket.put(name, data, days)

    def _days(self, name: str) -> int:
        """For how long a small file is locked."""
        return self._address.open_days if name.endswith(f"/{CHECKPOINT}") else self._address.days

    def lay_beside(self, name: str, data: bytes) -> str:
        """Put a whole segment beside what there is of it; returns the version that was there, "" when none was."""
        there = self._counted.versions(name)
        self._bucket.put(name, data, self._address.days)
        self._segments.pop(name, None)
        self._forget_here(name)
        return there[-1].id if there else ""

    def kept_since_ns(self) -> int:
        """What was received before need not be there any more."""
        return int((self._bucket.now().timestamp() - self._address.days * 86400) * 1e9)

    def settle(self, name: str) -> None:
        """Look again at what there is of a segment; of a small file, have what counts of it under a lock of ours."""
        self._segments.pop(name, None)
        if is_note(name):
            found = self._counted.found_note(name)
        else:
            oldest = None if _is_segment(name) else self._counted.oldest(name)
            found = (oldest, self._bucket.get(oldest)) if oldest is not None else None
        if found is not None:
            self._keep(found[0].key, found[1], self._days(name))

    def close_before(self, folder: str, number: int) -> None:
        """Make one object of each segment in *folder* before *number*, beside the copying."""
        for child in self._bucket.children(f"{OPEN}/{folder}"):
            if _is_segment(f"{folder}/{child}") and int(child[:10]) < number:
                self._closing.take(f"{folder}/{child}")
        self._closing.go_on()

    def finish(self) -> None:
        """Wait until the segments that do not grow any more are one object each, as far as that goes now."""
        self._closing.wait()

    def folder(self, name: str) -> Path:
        """A folder of the vault, fetched: what counts of it, in a folder of this machine that ends with the process."""
        to = self._here(name)
        if name.partition("/")[0] in {JOURNALS, BRANCHES}:
            self._fetch_notes(name, to)
            for number, found in self._segments_of(name):
                JournalFiles(to).segment(number).write_bytes(found.read())
        elif name:
            self._fetch_files(name, to)
        return to

    def journal(self, name: str) -> JournalFiles:
        """A copy or a branch, to check with what checks any journal: a segment is fetched when it is read."""
        to = self._here(name)
        self._fetch_notes(name, to)
        return FetchedFiles(to, dict(self._segments_of(name)))

    def _here(self, name: str) -> Path:
        if self._fetched is None:
            self._fetched = tempfile.TemporaryDirectory(prefix="contrefeu-vault-")
        return Path(self._fetched.name) / name

    def _forget_here(self, name: str) -> None:
        """What was fetched of it is not what is there any more."""
        if self._fetched is not None:
            (Path(self._fetched.name) / name).unlink(missing_ok=True)

    def _segment(self, name: str) -> StoredSegment:
        if name not in self._segments:
            self._segments[name] = self._counted.segment(name)
        return self._segments[name]

    # Closing, lapsing, fetching.

    def _make_one(self, name: str) -> None:
        """Make one object of a segment; then let its chunks lapse."""
        if name not in self._made:
            segment = self._counted.segment(name)
            if not any(self._bucket.keeps(whole, self._address.days) for whole in segment.wholes):
                self._put_whole(name, segment)
            self._made.add(name)
        self._segments.pop(name, None)
        self._lapse(name)

    def _put_whole(self, name: str, segment: StoredSegment) -> None:
        folder = name.rsplit("/", 2)[0]
        note = self._counted.note(f"{folder}/{CHECKPOINT}")
        if note:
            self._keep(f"{folder}/{CHECKPOINT}/{note_name(note)}{KEPT}", note, self._address.days)
        data = segment.read_chunks() if segment.chunks_as_good else segment.read()
        self._bucket.put(name, data, self._address.days, behind=True)

    def _lapse(self, name: str) -> None:
        """Remove chunks and checkpoints whose lock is over, of a journal whose segment is whole."""
        folder = name.rsplit("/", 2)[0]
        over = self._bucket.now().timestamp() - (self._address.open_days * 86400 + 60)
        for version in list(self._bucket.versions(f"{OPEN}/{name}/")):
            if version.modified.timestamp() < over:
                self._bucket.lapse(version)
        if time.monotonic() - self._lapsed_at < LAPSE_S and self._lapsed_at:
            return
        self._lapsed_at = time.monotonic()
        self._prolong()
        furthest = self._counted.found_note(f"{folder}/{CHECKPOINT}")
        for version in list(self._bucket.versions(f"{folder}/{CHECKPOINT}/")):
            stays = version.key.endswith(KEPT) or (furthest is not None and version == furthest[0])
            if not stays and version.modified.timestamp() < over:
                self._bucket.lapse(version)

    def _fetch_notes(self, name: str, to: Path) -> None:
        shutil.rmtree(to, ignore_errors=True)
        (to / "segments").mkdir(parents=True)
        for child in ("verifier", CHECKPOINT, EXPIRED):
            data = self.read(f"{name}/{child}")
            if data:
                (to / child).write_bytes(data)

    def _segments_of(self, name: str) -> Iterator[tuple[int, StoredSegment]]:
        """The segments of a journal: what has no header that its writer signed was laid there by somebody else."""
        verifier = self._counted.verifier(name)
        for child in self.names(f"{name}/segments"):
            segment = f"{name}/segments/{child}"
            if verifier is None or not _is_segment(segment):
                continue
            self._segments.pop(segment, None)
            found, number = self._segment(segment), int(child[:10])
            if read_header(found.read, number, verifier) is not None:
                yield number, found

    def _fetch_files(self, folder: str, to: Path) -> None:
        """Small files that are written once, with the folders they lie in."""
        shutil.rmtree(to, ignore_errors=True)
        to.mkdir(parents=True)
        for name in {found.key for found in self._bucket.versions(f"{folder}/")}:
            path = to / name.removeprefix(f"{folder}/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.read(name))

    def _prolong(self) -> None:
        """Lock for longer what is written once and needed for as long as any segment is."""
        half = self._bucket.now().timestamp() - self._address.days * 86400 / 2
        journals = self._bucket.children(JOURNALS)
        ends = (self._counted.found_note(f"{JOURNALS}/{name}/{EXPIRED}") for name in journals)
        names = [MARKER, *(f"{JOURNALS}/{name}/verifier" for name in journals), *(end[0].key for end in ends if end)]
        for folder in (NODES, GRANTS):
            names += sorted({found.key for found in self._bucket.versions(f"{folder}/")})
        for name in names:
            for found in self._counted.versions(name):
                if found.modified.timestamp() >= half or self._bucket.prolong(found, self._address.days):
                    break

    def _set_aside(self, name: str, offset: int, other: bytes) -> None:
        """Keep under a name of its own what lies where other bytes belong."""
        folder, _segments, segment = name.rsplit("/", 2)
        aside = f"{folder}/aside/{segment}.{offset}.{digest(other)}.tail"
        self._keep(aside, other, self._address.days)


def _is_segment(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    return folder.endswith("/segments") and len(file) == 14 and file[:10].isdigit() and file.endswith(".seg")
