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
from contrefeu.vault.notes import signed_leaves
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
        return next(iter(self.versions(name)), None)

    def versions(self, name: str) -> list[Version]:
        """All versions of a file, the one that was there first in front."""
        same = [found for found in self._bucket.versions(name) if found.key == name]
        same.reverse()  # newest first, as they were listed; of one instant they keep that order
        return sorted(same, key=lambda found: found.modified)

    def note(self, name: str) -> bytes:
        """The note of most leaves that the writer signed (notes.py); when it signed none, the last that is there."""
        found = self.found_note(name)
        return found[1] if found is not None else b""

    def found_note(self, name: str) -> tuple[Version, bytes] | None:
        """The version that holds it, and its bytes."""
        verifier = self.verifier(name.rpartition("/")[0])
        best: tuple[int, Version, bytes] | None = None
        unsigned: list[Version] = []
        for found in self._bucket.versions(name, page=50):
            if found.key != name and not found.key.startswith(f"{name}/"):
                continue
            note = self._bucket.get(found) if verifier is not None else b""
            leaves = signed_leaves(found.key, note, verifier) if verifier is not None else None
            if leaves is None:
                unsigned.append(found)
                continue
            if best is None or leaves > best[0]:
                best = leaves, found, note
            if found.key != name:
                break  # what comes behind it is of fewer leaves
        if best is not None:
            return best[1:]
        last = max(unsigned, key=lambda found: found.modified, default=None)
        return (last, self._bucket.get(last)) if last is not None else None

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
        wholes = self.versions(name)
        if wholes:
            segment.wholes = self._best(wholes, segment, signed)
        return segment

    def _best(
        self, wholes: list[Version], segment: StoredSegment, signed: Callable[[], Signed | None]
    ) -> list[Version]:
        """Which versions of a whole segment count, each as much as the others; none when its chunks are better."""
        if len(wholes) == 1 and not segment.pieces:
            return wholes
        said = signed()
        if said is None:
            return wholes
        worth = [
            (*proven(partial(self._bucket.get, version), version.size, said), -version.size) for version in wholes
        ]  # the same and more behind it is not the same
        best = max(worth)
        if segment.pieces:
            chunks = (*proven(segment.read_chunks, segment.grown, said), -segment.grown)
            segment.chunks_as_good = chunks[:2] >= best[:2]
            if chunks[0] >= 0 and chunks > best:
                return []
        return [version for version, found in zip(wholes, worth, strict=True) if found == best]
