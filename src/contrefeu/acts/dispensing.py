"""What comes back to the pharmacy, and what cabinets held when their system last said it (FIELD F13).

Rules kept here: as in act.py; and
  * A return is counted, and corrected by another line: no line is changed.
  * An extract is what a cabinet's system said at its own time. Nothing that is given later is taken from it.
"""

from msgspec import Struct, field


class MedicinesReturned(Struct, frozen=True, tag_field="act", tag="medicines-returned", omit_defaults=True):
    """A ward gives a medicine back, or somebody takes such a line back."""

    key: str  # of the form that was sent, and of what was typed: sent twice, it is one line
    ward: str
    drug: str  # name, form and strength
    units: str  # decimal
    at: str  # RFC 3339
    reason: str = ""  # why it came back; of a line that is taken back, what was wrong
    line: str = ""  # entry of the line that this one takes back; "" for a return
    world: str = ""  # "T" of an exercise


class CabinetLine(Struct, frozen=True, omit_defaults=True):
    """One drug of one cabinet."""

    cabinet: str  # as its system calls it
    drug: str
    units: str  # decimal
    taken: str  # RFC 3339, or a day: when the system said so
    ward: str = ""  # whose cabinet it is, as feeds name wards; "" when the extract does not say


class CabinetsExtracted(Struct, frozen=True, tag_field="act", tag="cabinets-extracted"):
    """Somebody brings the last extract of the cabinets' system; it replaces what it says of its cabinets."""

    lines: list[CabinetLine] = field(default_factory=list)
    origin: str = ""  # name of the file
    at: str = ""  # RFC 3339: when it was brought
