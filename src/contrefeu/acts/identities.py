"""Acts about who somebody is: numbers given here, names that were left, charts that two persons say are one.

Rules kept here: as in act.py.
  * A number is drawn before it is used: the entry that draws it is what makes it unlike any other.
  * That two charts are one patient's is said by the acts of matching.py. `union-...` said it before they did, beside a
    `Patient.link`; no page writes these any more, and they are read for ever (decision 0103).
  * What still bears an old name is listed once, when the name is left, and closed by name, one by one (F25).
"""

from typing import Any

from msgspec import Struct, field

TEMPORARY = "urn:contrefeu:temporary"
"""Authority of the numbers given here (FHIR: system of the identifier)."""


class NumberDrawn(Struct, frozen=True, tag_field="act", tag="number-drawn"):
    """The temporary number that this entry stands for is given to somebody; a number that nobody got stays unused."""

    at: str  # RFC 3339


class OldName(Struct, frozen=True):
    """One thing that bears an old name."""

    kind: str  # "band", "pages", "request", "specimen"
    what: str  # number of the band, issue of the pages, "ServiceRequest/<id>"
    words: str = ""  # as its author put it


class NameLeft(Struct, frozen=True, tag_field="act", tag="name-left"):
    """Somebody who had a temporary name has another one from now on, or their chart is to be one with another."""

    number: str  # temporary number
    name: str  # that is left
    at: str  # RFC 3339
    before: dict[str, Any] = field(default_factory=dict)  # Patient: what stood in the elements that changed
    items: list[OldName] = field(default_factory=list)


class NameRestored(Struct, frozen=True, tag_field="act", tag="name-restored"):
    """It was somebody else: the name that was left stands again."""

    left: str  # entry of NameLeft
    reason: str
    at: str  # RFC 3339


class OldNameClosed(Struct, frozen=True, tag_field="act", tag="old-name-closed"):
    """One thing bears the new name now, or is gone."""

    left: str  # entry of NameLeft
    what: str
    at: str  # RFC 3339


class UnionProposed(Struct, frozen=True, tag_field="act", tag="union-proposed"):
    """Somebody says that two charts are one patient's."""

    number: str  # temporary number of the one
    other: str  # "authority|number" of the other, which stays
    reason: str
    at: str  # RFC 3339


class UnionConfirmed(Struct, frozen=True, tag_field="act", tag="union-confirmed"):
    """A second person agrees."""

    proposal: str  # entry
    at: str  # RFC 3339


class UnionRefused(Struct, frozen=True, tag_field="act", tag="union-refused"):
    """It is not done; or, said of one that was confirmed, it is undone."""

    proposal: str  # entry
    at: str  # RFC 3339
    reason: str = ""
