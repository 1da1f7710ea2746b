"""Acts of care that are about no one patient: words between wards, and the signature of the laboratory's limits.

Rules kept here: as in act.py; and a message between wards names no patient: what concerns one is a task in their chart.
"""

from msgspec import Struct


class WardTold(Struct, frozen=True, tag_field="act", tag="ward-told"):
    """Somebody says something to wards, or asks something of them."""

    wards: list[str]  # ward ids; none is every ward
    text: str
    at: str  # RFC 3339


class WardAnswered(Struct, frozen=True, tag_field="act", tag="ward-answered"):
    """What was said is done or read, by the person who says so."""

    message: str  # entry that said it
    at: str  # RFC 3339


class LimitsSigned(Struct, frozen=True, tag_field="act", tag="limits-signed"):
    """A biologist signs the critical limits of a laboratory's list; of another file, they are in force no more."""

    digest: str  # SHA-256 of the file
    at: str  # RFC 3339
