"""What can go wrong with a journal, as its users see it."""

from contrefeu.base import OperatorError, SenderError, StorageError, TamperError


class EntryTooLong(SenderError):
    """A body above ENTRY_BODY_BYTES_MAX."""

    kind = "entry-too-long"


class JournalTampered(TamperError):
    """A segment holds bytes that were not sealed there."""

    kind = "journal-tampered"


class JournalUnreadable(StorageError):
    """No key at hand opens a segment."""

    kind = "journal-unreadable"


class JournalFailed(StorageError):
    """The disk refused a write: nothing of the batch is acknowledged."""

    kind = "journal-failed"


class NoJournal(OperatorError):
    """There is no journal where one was asked for."""

    kind = "no-journal"
