"""What `doctor` says of one thing: what it is, what is safe meanwhile, what to do next."""

from typing import Literal

from msgspec import Struct


class Finding(Struct, frozen=True):
    """One finding; it names files, ports and wards, never a patient."""

    id: str  # "disk-space": scripts go by it
    severity: Literal["act", "look"]  # act: somebody must do something now; look: it should be decided, not by chance
    what: str
    safe: str
    next: str


def act(id_: str, what: str, safe: str, next_: str) -> Finding:
    """Something that somebody must see to."""
    return Finding(id_, "act", what, safe, next_)


def look(id_: str, what: str, safe: str, next_: str) -> Finding:
    """Something that is as it is by choice, or should be."""
    return Finding(id_, "look", what, safe, next_)
