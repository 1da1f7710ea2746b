"""How senders flagged results, and when a result counts: what boards and lists ask of each again and again.

Rules kept here:
  * A flag is its sender's (OBX-8): a missing one is not "normal", and nothing is worked out from ranges.
  * It is worked out once for the words that a result holds: a board costs what was said, not what was said before.
"""

from typing import Literal

from msgspec import Struct

from contrefeu.chart.elements import Resource, codes, concept, first, instant
from contrefeu.chart.triage import is_level
from contrefeu.chart.versions import Kept

NS_PER_S = 1_000_000_000
ANSWER_S = 14 * 86_400  # seconds from sample to answer in which the answer counts: cultures, not archives sent again

Severity = Literal["critical", "high", "low", "odd", ""]
SEVERITIES: dict[str, Severity] = {  # HL7 table 0078 and v3 ObservationInterpretation; imaging
    "HH": "critical", "LL": "critical", "AA": "critical", "HU": "critical", "LU": "critical", ">": "critical",
    "<": "critical", "H": "high", "HX": "high", "U": "odd", "L": "low", "LX": "low", "A": "odd", "R": "odd",
    "POS": "odd", "DET": "odd",
    "RID49480": "critical", "RID49481": "critical", "RID49482": "odd", "RID49483": "odd",  # RadLex: ACR categories
}  # fmt: skip
_WORST_FIRST: tuple[Severity, ...] = ("critical", "high", "low", "odd")
_GONE = frozenset({"cancelled", "entered-in-error"})
_MADE_OF = "_flags"  # of a result's own attributes, which are not written down


class Flags(Struct, frozen=True):
    """What the words of an Observation say at a glance."""

    severity: Severity  # the worst of its flags; "" when no flag says anything
    gone: bool  # cancelled, or entered in error
    at_ns: int  # when it counts: sample or answer; 0 when nothing says it
    level: bool  # it is a triage level

    @property
    def standing(self) -> Severity:
        """How a result that stands was flagged."""
        return "" if self.gone else self.severity


def flags_of(kept: Kept) -> Flags:
    """Return what an Observation of a chart says at a glance."""
    known: tuple[Resource, Flags] | None = kept.__dict__.get(_MADE_OF)
    if known is not None and known[0] is kept.now:  # other words are another object (versions.py)
        return known[1]
    now = kept.now
    made = Flags(severity_of(now), now.get("status") in _GONE, _counts_ns(now), is_level("Observation", now))
    kept.__dict__[_MADE_OF] = now, made
    return made


def severity_of(observation: Resource) -> Severity:
    """Return how its sender flagged a result: the worst of OBX-8; "" when no flag says anything."""
    flags = observation.get("interpretation")
    if not flags:
        return ""
    found = {SEVERITIES.get(code, "") for one in flags for code in codes(one) or [concept(one)]}
    return next((severity for severity in _WORST_FIRST if severity in found), "")


def _counts_ns(observation: Resource) -> int:
    taken = instant(first(observation, "effectiveDateTime", "effectivePeriod.start", "effectiveInstant"))
    issued = instant(first(observation, "issued"))
    return issued if 0 <= issued - taken <= ANSWER_S * NS_PER_S or not taken else taken
