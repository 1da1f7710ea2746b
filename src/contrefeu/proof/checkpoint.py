"""Checkpoints: what a writer commits to, signed (C2SP tlog-checkpoint, https://c2sp.org/tlog-checkpoint).

    origin "\\n" size "\\n" base64(root) "\\n" extension*      as the text of a signed note

Our extension lines, in this order: `entries N` (entries committed to), `time T` (RFC 3339, the writer's clock), and in
a journal that was begun in the place of another one `follows ORIGIN LEAVES ROOT`: that journal as its writer found it.
Others may follow; none is empty.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.proof.errors import ProofMismatch
from contrefeu.proof.merkle import HASH_BYTES
from contrefeu.proof.note import Signer, Verifier, open_note

COUNT_MAX = 2**63 - 1  # leaves, entries: what fits every language's integers


@dataclass(frozen=True, slots=True)
class Followed:
    """The head of the journal in whose place another was begun."""

    origin: str
    size: int  # leaves
    root: bytes  # 32 bytes

    def line(self) -> str:
        """The line that says so."""
        return f"follows {self.origin} {self.size} {base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree a writer has signed for."""

    origin: str
    size: int  # leaves
    root: bytes  # 32 bytes
    entries: int
    time_ns: int
    follows: Followed | None = None

    def text(self) -> str:
        """The text that is signed."""
        root = base64.b64encode(self.root).decode()
        follows = self.follows.line() if self.follows is not None else ""
        return f"{self.origin}\n{self.size}\n{root}\nentries {self.entries}\ntime {rfc3339(self.time_ns)}\n{follows}"

    def sign(self, signer: Signer) -> bytes:
        """Return the signed note."""
        return signer.sign(self.text())


def open_checkpoint(data: bytes, verifiers: Iterable[Verifier]) -> Checkpoint:
    """Check and read a checkpoint.

    Raises:
        ProofMismatch: No known key signed it, or it does not say what a checkpoint says.
    """
    text = open_note(data, verifiers).text
    lines = text.split("\n")
    try:
        origin, size_text, root_text, entries_text, time_text = lines[:5]
        size, root = _number(size_text), base64.b64decode(root_text, validate=True)
        entries = _number(entries_text.removeprefix("entries "))
        time_ns = parse_rfc3339(time_text.removeprefix("time "))
        found = Checkpoint(origin, size, root, entries, time_ns, _followed("".join(lines[5:6])))
        if not origin or len(root) != HASH_BYTES or max(size, entries) > COUNT_MAX:
            raise ValueError("value")
        if not text.startswith(found.text()) or "" in lines[5:-1]:
            raise ValueError("text")
    except (ValueError, OverflowError, binascii.Error):
        raise ProofMismatch("the checkpoint is malformed") from None
    return found


def _followed(line: str) -> Followed | None:
    if not line.startswith("follows "):
        return None
    _, origin, size, root_text = line.split(" ")
    root = base64.b64decode(root_text, validate=True)
    if not origin or len(root) != 32:
        raise ValueError(line)
    return Followed(origin, _number(size), root)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or (text[0] == "0" and text != "0"):
        raise ValueError(text)
    return int(text)
