"""Entries of other journals, carried into a ward's own (DESIGN S2; docs/spec/ward-journal-v1.md).

    body of a carried entry = origin journal (u8 length, UTF-8) || entry (docs/spec/journal-v1.md, "Entries")

Rules kept here:
  * An entry is who wrote it and where it stands there: what carries it makes it no second entry.
  * It is carried byte for byte as its own journal has it: whoever has both compares them.
"""

from hashlib import sha256

from msgspec.structs import asdict

from contrefeu.journal.entry import SALT_BYTES, Draft, Entry, pack_entry, unpack_entry
from contrefeu.journal.files import JOURNAL_ID

MEDIA_CARRIED = "application/vnd.contrefeu.carried"
_NO_SALT = bytes(SALT_BYTES)


class Carried(Entry, frozen=True, gc=False):
    """An entry as another journal carries it."""

    carrier: str  # the journal that it was read in
    at: int  # its number there


def ward_journal(node: str, station: str) -> str:
    """Return the name of the journal that *node* writes for a ward's *station*.

    >>> ward_journal("drill/n1", "ward-2")
    'drill/n1-wardefc15d2f'
    """
    return f"{ward_prefix(node)}{sha256(station.encode()).hexdigest()[:8]}"


def ward_prefix(node: str) -> str:
    """Return how the names of all journals that *node* writes for wards begin."""
    return f"{node}-ward"


def carry(entry: Entry) -> Draft:
    """Return what a ward's journal is asked to append for *entry*."""
    origin = entry.journal.encode()
    draft = Draft(entry.source, entry.media_type, entry.body, entry.received_ns)
    body = bytes((len(origin),)) + origin + pack_entry(draft, entry.sequence, entry.hlc)
    return Draft(entry.source, MEDIA_CARRIED, body, entry.received_ns)


def unpacked(entry: Entry) -> Entry:
    """Return the entry that *entry* carries; itself when it carries none, or what it carries is none."""
    if entry.media_type != MEDIA_CARRIED:
        return entry
    try:
        end = 1 + entry.body[0]
        origin = entry.body[1:end].decode()
        if JOURNAL_ID.fullmatch(origin) is None:
            return entry
        found = unpack_entry(origin, _NO_SALT + entry.body[end:])
    except (IndexError, ValueError):
        return entry
    if found.media_type == MEDIA_CARRIED:
        return entry
    return Carried(**asdict(found), carrier=entry.journal, at=entry.sequence)


def read_at(entry: Entry) -> tuple[str, int]:
    """Return the journal that *entry* was read in, and its number there."""
    return (entry.carrier, entry.at) if isinstance(entry, Carried) else (entry.journal, entry.sequence)
