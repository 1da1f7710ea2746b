"""The journal: sealed, append-only, one writer each; bodies are opaque here."""

from contrefeu.journal.card import (
    GRANTER,
    KEYS_BYTES_MAX,
    WITNESS,
    Card,
    open_card,
    open_reading_keys,
    sign_reading_keys,
)
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
    AnotherKey,
    EntryTooLong,
    JournalEnded,
    JournalFailed,
    JournalTampered,
    JournalUnreadable,
    NoJournal,
)
from contrefeu.journal.expiry import Expiry, ended_leaves, leaves_file, open_expiry, read_expiry
from contrefeu.journal.files import JOURNAL_ID, SEGMENT_NAME, Head, JournalFiles, journals_in, pack_head
from contrefeu.journal.header import (
    HEADER_BYTES_MAX,
    PREAMBLE_BYTES,
    SegmentHeader,
    commitment_of,
    header_length,
    open_header,
    pack_header,
)
from contrefeu.journal.heard import Hearing
from contrefeu.journal.leaves import leaves_of
from contrefeu.journal.prove import (
    ConsistencyProof,
    EntryProof,
    check_consistency,
    check_entry,
    prove_consistency,
    prove_entry,
)
from contrefeu.journal.reader import JournalReader, KeyOf, SegmentReader, headers
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
from contrefeu.journal.scan import frames
from contrefeu.journal.standing import root_at, survey
from contrefeu.journal.store import JournalWriter, Limits
from contrefeu.journal.succession import Succession, chain, open_writer, successions, successor_name
from contrefeu.journal.verify import Verified, verify_journal
from contrefeu.journal.waiting import HeadWatch

__all__ = [
    "AUTHORITY",
    "ENTRY_BODY_BYTES_MAX",
    "GRANTER",
    "HEADER_BYTES_MAX",
    "JOURNAL_ID",
    "KEYS_BYTES_MAX",
    "MEDIA_ACT",
    "MEDIA_CDA",
    "MEDIA_FHIR",
    "MEDIA_HL7V2",
    "MEDIA_OTHER",
    "PREAMBLE_BYTES",
    "RECOVERY",
    "SEGMENT_NAME",
    "SUITE",
    "WITNESS",
    "AnotherKey",
    "Card",
    "ConsistencyProof",
    "Damage",
    "Draft",
    "Entry",
    "EntryProof",
    "EntryTooLong",
    "Expiry",
    "Head",
    "HeadWatch",
    "Hearing",
    "JournalEnded",
    "JournalFailed",
    "JournalFiles",
    "JournalReader",
    "JournalTampered",
    "JournalUnreadable",
    "JournalWriter",
    "KeyOf",
    "Limits",
    "NoJournal",
    "Recipient",
    "RecoveryKey",
    "SegmentHeader",
    "SegmentReader",
    "Succession",
    "Verified",
    "chain",
    "check_consistency",
    "check_entry",
    "commitment_of",
    "ended_leaves",
    "frames",
    "header_length",
    "headers",
    "journals_in",
    "leaves_file",
    "leaves_of",
    "note_name",
    "open_card",
    "open_expiry",
    "open_header",
    "open_reading_keys",
    "open_recovery_key",
    "open_writer",
    "pack_head",
    "pack_header",
    "parse_ref",
    "prove_consistency",
    "prove_entry",
    "rank_of",
    "read_expiry",
    "recovery_keys",
    "recovery_notes",
    "root_at",
    "seal_info",
    "sign_reading_keys",
    "successions",
    "successor_name",
    "survey",
    "verify_journal",
]
