"""One tree of errors, drawn where it begins.

Rules kept here:
  * An error says whose doing it is; its class fixes the exit status, and a status is never reused.
  * It answers three questions: what happened, what is safe, what to do next.
  * It carries coordinates (journal, segment, byte, field), never contents.
"""

from collections.abc import Callable
from typing import NamedTuple


class ReportWords(NamedTuple):
    """What stands before the three answers; each of four letters, so that they stand below one another."""

    heading: str = "contrefeu: error: {} (exit status {})"
    what: str = "what"
    safe: str = "safe"
    next: str = "next"


class ContrefeuError(Exception):
    """Something the world did; our own mistakes assert instead."""

    exit_status = 1
    kind = "error"

    def __init__(self, what: str, *, safe: str = "", next: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.safe = safe
        self.next = next

    def report(self, words: "ReportWords | None" = None, said: Callable[[str], str] = str) -> str:
        """The three answers as people read them on stderr; *said* gives each in their language."""
        words = words or ReportWords()
        lines = [words.heading.format(self.kind, self.exit_status)]
        for label, text in ((words.what, self.what), (words.safe, self.safe), (words.next, self.next)):
            if text:
                first, *rest = said(text).splitlines()
                lines.append(f"  {label}  {first}")
                lines.extend(f"        {line}" for line in rest)
        return "\n".join(lines)


class OperatorError(ContrefeuError):
    """The command or the settings ask for what cannot be done."""

    kind = "operator"


class SenderError(ContrefeuError):
    """A sender gave what cannot be taken."""

    kind = "sender"


class FindingError(ContrefeuError):
    """Nothing failed, and somebody must act: a gap, a missing page, an alarm."""

    exit_status = 10
    kind = "finding"


class TamperError(ContrefeuError):
    """Bytes are not the ones that were sealed."""

    exit_status = 12
    kind = "tampered"


class MissingError(ContrefeuError):
    """Entries that a checkpoint commits to are not there."""

    exit_status = 13
    kind = "missing"


class StorageError(ContrefeuError):
    """A disk, the network or a key is in trouble (too few shares too)."""

    exit_status = 14
    kind = "storage"
