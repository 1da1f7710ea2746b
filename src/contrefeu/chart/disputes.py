"""What people here said of where somebody lies, and a feed says otherwise since (FIELD F26).

Rules kept here:
  * Both are kept, and the later one, by its own time, says the place; a feed's discharge alone takes nobody off a board
    (steps.py). The page says both until a person here says where the patient is, or the feed says the same.
  * A feed that admits a patient whom people here had let go says something new: that is no dispute.
"""

from msgspec import Struct

from contrefeu.chart.steps import StayState, agrees, last_here, later_by_feeds, steps_in_force, taken_up, where
from contrefeu.mapping import Movement


class Told(Struct, frozen=True):
    """One side."""

    kind: str  # "admit", "transfer", "discharge"...
    ward: str
    bed: str
    at: str  # as FHIR writes it
    by: str  # "user/<login>"; "" for a feed


class Dispute(Struct, frozen=True):
    """Two words on one patient."""

    ours: Told
    theirs: Told


def dispute_of(stays: dict[str, StayState]) -> Dispute | None:
    """Return what is disputed of where a patient lies; None when nothing is."""
    here = [(step, stay) for stay in stays.values() if (step := last_here(stay)) is not None]
    if not here:
        return None
    last, own = max(here, key=lambda found: found[0].said)
    over = taken_up(stays)
    if own.visit in over:
        return None
    later = [
        (step, stay)
        for stay in stays.values()
        for step in later_by_feeds(steps_in_force(stay), last)
        if step.movement.kind != "plan" and step.movement.patient_class != "AMB"
    ]
    if not later or any(_settled(last.movement, step.movement, other=stay is not own) for step, stay in later):
        return None
    theirs, _ = max(later, key=lambda found: found[0].key)
    return Dispute(_told(last.movement), _told(theirs.movement))


def _settled(ours: Movement, theirs: Movement, *, other: bool) -> bool:
    return agrees(ours, theirs) or (ours.kind == "discharge" and theirs.kind == "admit" and other)


def _told(movement: Movement) -> Told:
    return Told(movement.kind, *where(movement.place), movement.at, movement.by)
