"""A folder with a limit: the copies of one node on a vault host, which many nodes may share.

Rules kept here:
  * What a node may fill is counted in whole blocks, branches and what was set aside included.
  * When it is full, nothing is written and nothing is deleted: the good copy stays, and the state says so.
"""

import os
from pathlib import Path

from contrefeu.vault.directory import DirectoryVault
from contrefeu.vault.place import JOURNALS, VaultAway

BLOCK_BYTES = 4096  # what a file takes at least, so that a million empty ones count too


class QuotaFull(VaultAway):
    """A node has used what it was given."""

    kind = "quota-full"


class QuotaVault(DirectoryVault):
    """A folder that holds copies, up to a number of bytes."""

    def __init__(self, url: str, root: Path, bytes_max: int) -> None:
        super().__init__(url, root)
        self._root_folder = root
        self._bytes_max = bytes_max
        self.used = _used(root)
        self.full = False
        self.written = 0  # bytes appended to segments, to see whether copies move
        self.signed: dict[str, bytes] = {}  # checkpoints found consistent since they were last taken, by folder

    def append(self, name: str, offset: int, data: bytes) -> None:
        """As any folder; refused beyond the limit."""
        before = self.size(name) or 0
        self._take(blocks(max(before, offset + len(data))) - blocks(before))
        super().append(name, offset, data)
        self.written += len(data)

    def put(self, name: str, data: bytes) -> None:
        """As any folder; refused beyond the limit."""
        before = self.size(name)
        self._take(max(0, blocks(len(data)) - (blocks(before) if before is not None else 0)))
        super().put(name, data)
        journal = name.split("/")
        if len(journal) == 3 and journal[0] == JOURNALS and journal[2] == "checkpoint":
            self.signed[journal[1]] = data

    def _take(self, count: int) -> None:
        if count and self.used + count > self._bytes_max:
            # Torn writes that were set aside are counted here, and not as they were made.
            self.used = _used(self._root_folder)
            self.full = self.used + count > self._bytes_max
            if self.full:
                raise QuotaFull(
                    f"The node has used the {self._bytes_max} bytes that it was given here.",
                    safe="What was copied before, all of it.",
                    next="Look at what it sends; give it more with quota_gib in vault.toml.",
                )
        self.full = False
        self.used += count


def blocks(length: int) -> int:
    """Bytes of the disk that a file of *length* bytes takes."""
    return max(1, -(-length // BLOCK_BYTES)) * BLOCK_BYTES


def _used(root: Path) -> int:
    total = 0
    for folder, _folders, files in os.walk(root):
        for name in files:
            try:
                total += blocks((Path(folder) / name).lstat().st_size)
            except FileNotFoundError:
                continue
    return total
