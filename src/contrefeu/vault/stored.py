"""A segment as an object store holds it: one object, or chunks that make it."""

from contrefeu.vault.bucket import Bucket, Version
from contrefeu.vault.chunks import Chunk, Piece


class StoredSegment:
    """A segment as the store holds it: one object, or chunks."""

    def __init__(self, bucket: Bucket, folder: str, versions: dict[str, list[Version]]) -> None:
        self._bucket = bucket
        self._folder = folder
        self._versions = versions
        self._last: tuple[str, bytes | None] = ("", None)
        self.pieces: list[Piece] = []
        self.wholes: list[Version] = []  # as good as each other, and as any: the one that was there first is read
        self.chunks_as_good = False  # as these

    @property
    def size(self) -> int | None:
        """Bytes; None when there is nothing."""
        return self.wholes[0].size if self.wholes else self.grown or None

    @property
    def grown(self) -> int:
        """Bytes that are there in chunks."""
        return self.pieces[-1].stop if self.pieces else 0

    def add(self, chunk: Chunk) -> None:
        """Count *chunk*, which was put, from its offset on."""
        self.wholes = []
        self.pieces = [piece for piece in self.pieces if piece.start < chunk.offset]
        self.pieces.append(Piece(chunk, chunk.offset))
        self._versions.pop(chunk.name, None)

    def read(self, offset: int = 0, length: int = -1) -> bytes:
        """Bytes of it."""
        return self._bucket.get(self.wholes[0], offset, length) if self.wholes else self.read_chunks(offset, length)

    def read_chunks(self, offset: int = 0, length: int = -1) -> bytes:
        """Bytes of what is there in chunks."""
        stop = self.grown
        stop = stop if length < 0 else min(stop, offset + length)
        parts = []
        for index, piece in enumerate(self.pieces):
            until = min(stop, self.pieces[index + 1].start if index + 1 < len(self.pieces) else piece.stop)
            start = max(offset, piece.start)
            if start < until:
                data = self.bytes_of(piece.chunk)
                whole = data if data is not None else bytes(piece.chunk.length)  # damage, which a check will find
                parts.append(whole[start - piece.chunk.offset : until - piece.chunk.offset])
        return b"".join(parts)

    def bytes_of(self, chunk: Chunk) -> bytes | None:
        """What a chunk holds; None when no version of it holds what its name says."""
        if self._last[0] != chunk.name:
            key = f"{self._folder}/{chunk.name}"
            known = self._versions.get(chunk.name)
            if known is None:  # put meanwhile
                known = self._versions[chunk.name] = [v for v in self._bucket.versions(key) if v.key == key][::-1]
            datas = (self._bucket.get(version) for version in known)
            self._last = (chunk.name, next((d for d in datas if Chunk.of(chunk.offset, d).name == chunk.name), None))
        return self._last[1]
