"""Which of several versions counts, in a store where whoever has the node's credentials can lay others beside.

Rules kept here:
  * The one counts that the writer signed for; where nothing is signed, the one that was there first.
  * Nothing is remembered: each question looks at what is there now.
"""

from collections.abc import Callable
from functools import partial

from contrefeu.proof import ProofMismatch, Verifier, open_checkpoint
from contrefeu.vault.bucket import Bucket, Version
from contrefeu.vault.chunks import Chunk, Signed, proven, segment_of
from contrefeu.vault.stored import StoredSegment

OPEN = "open"  # folder of the segments that grow, chunk by chunk


class Counted:
    """What counts in a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def written_once(self, name: str) -> bytes:
        """Bytes of a file that is never replaced; none when it is not there."""
        found = self.oldest(name)
        return self._bucket.get(found) if found is not None else b""

    def oldest(self, name: str) -> Version | None:
        """The version of a file that was there first."""
        same = [found for found in self._bucket.versions(name) if found.key == name]
        return min(reversed(same), key=lambda found: found.modified, default=None)

    def checkpoint(self, name: str) -> bytes:
        """The checkpoint of most leaves that the writer signed; when it signed none, the last that is there."""
        verifier = self.verifier(name.rpartition("/")[0])
        unsigned: list[Version] = []
        for found in self._bucket.versions(f"{name}/", page=50):
            if verifier is not None and _is_signed(note := self._bucket.get(found), verifier):
                return note
            unsigned.append(found)
        last = max(unsigned, key=lambda found: found.modified, default=None)
        return self._bucket.get(last) if last is not None else b""

    def verifier(self, folder: str) -> Verifier | None:
        """The public key of a journal's writer; None when there is none."""
        try:
            return Verifier.parse(self.written_once(f"{folder}/verifier").decode())
        except (ProofMismatch, UnicodeDecodeError):
            return None

    def signed(self, name: str) -> Signed | None:
        """What the writer of the journal signed for, of a segment and what comes behind."""
        folder, _segments, number = name.rsplit("/", 2)
        verifier = self.verifier(folder)
        if verifier is None:
            return None
        roots = {}
        for found in self._bucket.versions(f"{folder}/checkpoint/"):
            try:
                point = open_checkpoint(self._bucket.get(found), [verifier])
            except ProofMismatch:
                continue
            roots[point.size] = point.root
        return Signed(verifier, int(number[:10]), roots)

    def segment(self, name: str) -> StoredSegment:
        """A segment: the best of what lies there under its name, whole or in chunks."""
        chunks: dict[str, tuple[Chunk, list[Version]]] = {}
        for version in self._bucket.versions(f"{OPEN}/{name}/"):
            chunk = Chunk.named(version.key.rpartition("/")[2], version.modified)
            if chunk is not None and chunk.length == version.size:  # oldest last: `since` is when it was first there
                chunks[chunk.name] = (chunk, [version, *chunks.get(chunk.name, (chunk, []))[1]])
        segment = StoredSegment(self._bucket, f"{OPEN}/{name}", {key: found for key, (_c, found) in chunks.items()})
        signed = partial(self.signed, name)
        segment.pieces = segment_of([chunk for chunk, _v in chunks.values()], segment.bytes_of, signed)
        wholes = [found for found in self._bucket.versions(name) if found.key == name]
        if wholes:
            segment.whole = self._whole(wholes, segment, signed)
        return segment

    def _whole(
        self, wholes: list[Version], segment: StoredSegment, signed: Callable[[], Signed | None]
    ) -> Version | None:
        """Which version of a whole segment counts; None when its chunks are better."""
        if len(wholes) == 1 and not segment.pieces:
            return wholes[0]
        said = signed()
        if said is None:
            return wholes[-1]
        worth: list[tuple[tuple[int, int], int, Version | None]] = []
        for age, version in enumerate(wholes):  # newest first
            worth.append((proven(partial(self._bucket.get, version), version.size, said), age + 1, version))
        if segment.pieces:
            worth.append((proven(segment.read, segment.size or 0, said), 0, None))
        best = max(worth, key=lambda one: one[:2])
        return best[2] if best[0][0] >= 0 or segment.pieces else wholes[-1]


def _is_signed(note: bytes, verifier: Verifier) -> bool:
    try:
        return open_checkpoint(note, [verifier]).origin == verifier.name
    except ProofMismatch:
        return False
