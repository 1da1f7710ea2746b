"""What can go wrong with a journal, as its users see it."""

from contrefeu.base import OperatorError, SenderError, StorageError, TamperError


class EntryTooLong(SenderError):
    """A body above ENTRY_BODY_BYTES_MAX."""

    kind = "entry-too-long"


class JournalTampered(TamperError):
    """A segment holds bytes that were not sealed there.

    Who reads on and shows the gap goes on after `last`: the last entry that is touched.
    """

    kind = "journal-tampered"

    def __init__(self, what: str, *, safe: str = "", next: str = "", first: int = 0, last: int = -1) -> None:
        super().__init__(what, safe=safe, next=next)
        self.first = first  # above `last` when no entry is touched, or none is known
        self.last = last
        self.segment = 0  # 0 while it is not known
        self.offset = 0  # byte of the segment's file


class AnotherKey(JournalTampered):
    """The journal was signed by another key than the one at hand: the operator's to mend."""

    kind = "another-key"


class JournalUnreadable(StorageError):
    """No key at hand opens a segment."""

    kind = "journal-unreadable"


class JournalEnded(JournalUnreadable):
    """An entry whose time is over: its keys and its bytes are destroyed (expiry.py)."""

    kind = "journal-ended"


class JournalFailed(StorageError):
    """The disk refused a write: of what was to be appended, the first `kept` are durable and the rest is not there."""

    kind = "journal-failed"

    def __init__(self, what: str, *, safe: str = "", next: str = "", kept: int = 0) -> None:
        super().__init__(what, safe=safe, next=next)
        self.kept = kept


class NoJournal(OperatorError):
    """There is no journal where one was asked for."""

    kind = "no-journal"
