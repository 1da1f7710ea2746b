"""The journal: sealed, append-only, one writer each; bodies are opaque here."""

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
from contrefeu.journal.files import Head, JournalFiles, journals_in
from contrefeu.journal.header import SegmentHeader
from contrefeu.journal.prove import EntryProof, prove_entry
from contrefeu.journal.reader import JournalReader, KeyOf, SegmentReader
from contrefeu.journal.recipients import Recipient, seal_info
from contrefeu.journal.store import JournalWriter
from contrefeu.journal.verify import Damage, Verified, verify_journal

__all__ = [
    "ENTRY_BODY_BYTES_MAX",
    "MEDIA_ACT",
    "MEDIA_CDA",
    "MEDIA_FHIR",
    "MEDIA_HL7V2",
    "MEDIA_OTHER",
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
    "SegmentHeader",
    "SegmentReader",
    "Verified",
    "journals_in",
    "parse_ref",
    "prove_entry",
    "seal_info",
    "verify_journal",
]
