"""Acts of care that are about no one patient: words between wards, what the laboratory and the pharmacy put in force.

Rules kept here: as in act.py; and a message between wards names no patient: what concerns one is a task in their chart.
"""

from msgspec import Struct, field


class WardTold(Struct, frozen=True, tag_field="act", tag="ward-told"):
    """Somebody says something to wards, or asks something of them."""

    wards: list[str]  # ward ids; none is every ward
    text: str
    at: str  # RFC 3339


class WardAnswered(Struct, frozen=True, tag_field="act", tag="ward-answered"):
    """What was said is done or read, by the person who says so."""

    message: str  # entry that said it
    at: str  # RFC 3339


class CorrectionSeen(Struct, frozen=True, tag_field="act", tag="correction-seen"):
    """Who had looked at a value that was corrected since has seen the correction (F7)."""

    resource: str  # "Observation/<id>"
    entry: str  # that corrected it
    at: str  # RFC 3339


class LimitsSigned(Struct, frozen=True, tag_field="act", tag="limits-signed"):
    """A biologist signs the critical limits of a laboratory's list; of another file, they are in force no more."""

    digest: str  # SHA-256 of the file
    at: str  # RFC 3339


class Medicine(Struct, frozen=True, omit_defaults=True):
    """One medicine, as prescribers find it."""

    name: str  # drug, form and strength
    substances: list[str] = field(default_factory=list)  # what it holds, and the groups by which allergies are named
    route: str = ""
    code: str = ""  # the hospital's own, or a national one
    cytotoxic: bool = False  # never on the ordinary form (F14)
    atc: str = ""  # ATC code of its substance, or of the group (level 4)


class MedicinesProposed(Struct, frozen=True, tag_field="act", tag="medicines-proposed"):
    """Somebody brings a list; nobody prescribes from it until a pharmacist releases it (F13)."""

    medicines: list[Medicine]
    origin: str  # name of the file
    at: str  # RFC 3339


class MedicinesReleased(Struct, frozen=True, tag_field="act", tag="medicines-released"):
    """A pharmacist puts these on the list; one of the same name replaces the one that stood there."""

    medicines: list[Medicine]
    at: str  # RFC 3339
    proposal: str = ""  # entry that proposed them


class MedicinesTakenOff(Struct, frozen=True, tag_field="act", tag="medicines-taken-off"):
    """A pharmacist takes these off the list: what was prescribed of them stays as it was."""

    names: list[str]
    at: str  # RFC 3339


class AidSwitched(Struct, frozen=True, tag_field="act", tag="aid-switched"):
    """The clinical safety officer turns a decision aid on or off, for the whole house (F8)."""

    aid: str
    on: bool
    at: str  # RFC 3339
