"""What the rules are given: observations, without a name, a number or a word of any patient.

Rules kept here:
  * Times are seconds since 1970, UTC. Observations come in the order in which they were received.
  * A patient is a keyed digest, good for telling two apart and for nothing else.
"""

from typing import Literal, NamedTuple

Group = Literal["", "merge", "delete", "cancel", "update"]
Place = Literal["", "own", "other", "gone"]


class Heard(NamedTuple):
    """A message of a feed."""

    at: float  # received
    ref: str  # entry
    source: str
    kind: str  # "ADT^A01"
    group: Group = ""  # what it does to what is known already
    said: float = 0.0  # when it was made, as its sender says; 0 when it does not, or not surely
    patient: str = ""
    shape: str = ""  # how its software writes: version, character set, form of its control ids
    text: str = ""  # digest of a long text or document that it carries; "" when there is none
    documents: tuple[str, ...] = ()  # of each: "good", "sealed" (looks encrypted), "broken" (does not open)
    many: int = 1  # how many times it does what `group` says: a FHIR bundle deletes hundreds at once
    others: tuple[tuple[str, str], ...] = ()  # patient and text of each further one in it
    size: int = 0  # bytes
    size_max: int = 0  # bytes of the largest that its sender's profile knows; 0: that says nothing


class Looked(NamedTuple):
    """Something that a person did here with patients' data."""

    at: float
    ref: str
    who: str  # login
    role: str
    kind: str  # as in the audit: "view", "export", "search"...; "glass", "refused" (a login), "denied" (a chart)
    patient: str = ""
    place: Place = ""  # where the patient is to this person: in their wards, in others, in none any more
    marks: tuple[str, ...] = ()  # "honey", "famous", "relative", "household", "leave"


class Told(NamedTuple):
    """What is known of the node itself, its copies and its files; said again at each look."""

    at: float
    what: str  # a rule of ourselves: "copy-late"
    subject: str
    bad: bool
    figure: float = 0.0  # how much, in the rule's own unit


class Linked(NamedTuple):
    """Which senders have a connection open; said again at each look."""

    at: float
    since: float  # since when whoever says so runs: he opened none, and those before him are closed
    senders: frozenset[str]


class Passed(NamedTuple):
    """Time went by."""

    at: float


class Resumed(NamedTuple):
    """Nobody may have listened until now: what was not heard meanwhile is no silence of the senders."""

    at: float


Observation = Heard | Looked | Told | Linked | Passed | Resumed


class Signal(NamedTuple):
    """A rule fired."""

    rule: str
    subject: str
    at: float
    since: float  # of the first observation behind it
    seen: dict[str, float]
    evidence: list[str]
