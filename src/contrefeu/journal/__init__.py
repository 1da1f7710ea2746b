"""The journal: sealed, append-only, one writer each; bodies are opaque here."""

from contrefeu.journal.damage import Damage
from contrefeu.journal.entry import (
    ENTRY_BODY_BYTES_MAX,
    MEDIA_ACT,
    MEDIA_CDA,
    MEDIA_FHIR,
    MEDIA_HL7V2,
    MEDIA_OTHER,
    Draft,
    Entry,
    parse_ref,
)
from contrefeu.journal.errors import (
    EntryTooLong,
    JournalFailed,
    JournalTampered,
    JournalUnreadable,
    NoJournal,
)
from contrefeu.journal.files import JOURNAL_ID, Head, JournalFiles, journals_in, pack_head
from contrefeu.journal.header import PREAMBLE_BYTES, SegmentHeader, commitment_of, header_length, open_header
from contrefeu.journal.prove import (
    ConsistencyProof,
    EntryProof,
    check_consistency,
    check_entry,
    prove_consistency,
    prove_entry,
)
from contrefeu.journal.reader import JournalReader, KeyOf, SegmentReader
from contrefeu.journal.recipients import SUITE, Recipient, seal_info
from contrefeu.journal.recovery import (
    AUTHORITY,
    RECOVERY,
    RecoveryKey,
    note_name,
    open_recovery_key,
    rank_of,
    recovery_keys,
    recovery_notes,
)
from contrefeu.journal.store import JournalWriter
from contrefeu.journal.verify import Verified, verify_journal

__all__ = [
    "AUTHORITY",
    "ENTRY_BODY_BYTES_MAX",
    "JOURNAL_ID",
    "MEDIA_ACT",
    "MEDIA_CDA",
    "MEDIA_FHIR",
    "MEDIA_HL7V2",
    "MEDIA_OTHER",
    "PREAMBLE_BYTES",
    "RECOVERY",
    "SUITE",
    "ConsistencyProof",
    "Damage",
    "Draft",
    "Entry",
    "EntryProof",
    "EntryTooLong",
    "Head",
    "JournalFailed",
    "JournalFiles",
    "JournalReader",
    "JournalTampered",
    "JournalUnreadable",
    "JournalWriter",
    "KeyOf",
    "NoJournal",
    "Recipient",
    "RecoveryKey",
    "SegmentHeader",
    "SegmentReader",
    "Verified",
    "check_consistency",
    "check_entry",
    "commitment_of",
    "header_length",
    "journals_in",
    "note_name",
    "open_header",
    "open_recovery_key",
    "pack_head",
    "parse_ref",
    "prove_consistency",
    "prove_entry",
    "rank_of",
    "recovery_keys",
    "recovery_notes",
    "seal_info",
    "verify_journal",
]
