"""One tree of errors, drawn where it begins.

Rules kept here:
  * An error says whose doing it is; its class fixes the exit status, and a status is never reused.
  * It answers three questions: what happened, what is safe, what to do next.
  * It carries coordinates (journal, segment, byte, field), never contents.
"""


class ContrefeuError(Exception):
    """Something the world did; our own mistakes assert instead."""

    exit_status = 1
    kind = "error"

    def __init__(self, what: str, *, safe: str = "", next: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.safe = safe
        self.next = next

    def report(self) -> str:
        """The three answers as people read them on stderr."""
        lines = [f"contrefeu: error: {self.kind} (exit status {self.exit_status})"]
        for label, text in (("what", self.what), ("safe", self.safe), ("next", self.next)):
            if text:
                first, *rest = text.splitlines()
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
