"""What a vault is: a place that holds copies of journals and cannot read them.

    contrefeu-vault                          says that this is a vault, and which: an empty mount point is none
    journals/<name>/verifier                 the writer's public key
    journals/<name>/checkpoint               the last signed checkpoint that was found consistent with the copy
    journals/<name>/segments/0000000001.seg  bytes as they lie in the journal, without reserved space
    journals/<name>/aside/                   torn writes and checkpoints that were refused, never deleted
    branches/<name>.<n>/                     what a refused journal says instead, from its first differing segment on
    nodes/<node>/settings/                   the node's settings, version by version (docs/decisions/0017)

Rules kept here:
  * Names are the same in every kind of vault; a kind says how bytes are kept under them, and nothing else.
  * `append` is the only way to add to a segment, and it has returned when the bytes were read back (D8).
  * A vault that cannot be reached raises VaultAway: whoever copies tries again later, and nothing is lost.
"""

from pathlib import Path
from typing import Protocol

from contrefeu.base import StorageError
from contrefeu.journal import JournalFiles

MARKER = "contrefeu-vault"
JOURNALS = "journals"
BRANCHES = "branches"
NODES = "nodes"


class VaultAway(StorageError):
    """A vault is out of reach, full, read-only, or does not give back what it was given."""

    kind = "vault-away"


class VaultShrunk(VaultAway):
    """A vault has less than it once gave back: what it holds must be looked at again."""


class Vault(Protocol):
    """A place for copies: one file of this package a kind, all passing tests/suites/copy_suite.py."""

    @property
    def url(self) -> str:
        """How settings and commands name it."""
        ...

    @property
    def pace_s(self) -> float:
        """Seconds between two steps of whoever copies to it."""
        ...

    def make(self) -> None:
        """Make the vault, or find that it is there.

        Raises:
            OperatorError: Something else lies there.
            VaultAway: None answers.
        """
        ...

    def identity(self) -> str:
        """Which vault answers: it changes when another disk stands in its place.

        Raises:
            VaultAway: None answers, or what is there is no vault.
        """
        ...

    def names(self, folder: str) -> list[str]:
        """What lies in *folder*, sorted; nothing when it is not there."""
        ...

    def size(self, name: str) -> int | None:
        """Bytes of a file; None when it is not there."""
        ...

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes:
        """Bytes of a file, to its end when no length is given; fewer when it is shorter, none when it is not there."""
        ...

    def append(self, name: str, offset: int, data: bytes) -> None:
        """Put *data* at *offset* of a segment, where good bytes end; durable and read back on return.

        What a torn write left beyond *offset* is gone on with when it is what is being written, else set aside.
        """
        ...

    def put(self, name: str, data: bytes) -> None:
        """Put a small file at *name*, whole or not at all; durable and read back on return."""
        ...

    def close_before(self, folder: str, number: int) -> None:
        """Nothing more comes to the segments in *folder* before *number*: they may be kept in another way."""
        ...

    def finish(self) -> None:
        """Wait for what a vault does beside the copying."""
        ...

    def settle(self, name: str) -> None:
        """Make sure that what `read` gives of a file is kept as what is put now is: who put it may have died."""
        ...

    def folder(self, name: str) -> Path:
        """A folder of the vault as this machine sees it; what lies elsewhere is fetched whole."""
        ...

    def journal(self, name: str) -> JournalFiles:
        """A copy or a branch, to check with what checks any journal; of what lies elsewhere a segment at a time."""
        ...
