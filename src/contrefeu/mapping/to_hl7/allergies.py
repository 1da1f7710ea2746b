"""AllergyIntolerance -> IAM of ADT^A60, or AL1 of ADT^A08 for a receiver that knows no other (profile `allergies`).

Rules kept here:
  * IAM names each allergy by its own number, so that it can be changed and taken back; AL1 cannot, and says neither.
  * How sure it is goes in IAM-17; who told of it in IAM-14. A category that nobody chose is not made up.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from contrefeu.fhir import Json
from contrefeu.mapping.to_hl7.segments import (
    About,
    Interface,
    Unsaid,
    coded,
    line,
    moment,
    own_number,
    person,
    said_before,
    stay,
    text,
)

_SEVERITIES = {"severe": "SV", "moderate": "MO", "mild": "MI"}  # 0128
_KINDS = {"medication": "DA", "food": "FA", "environment": "EA"}  # 0127
_STATUS = {"confirmed": "C", "unconfirmed": "U", "entered-in-error": "E"}  # 0438
_ACTIONS = {"A": "A^Add^HL70323", "D": "D^Delete^HL70323", "U": "U^Update^HL70323"}


def allergies(resources: Sequence[Json], about: About, interface: Interface) -> tuple[str, list[str]]:
    """One event with all of them."""
    event = "A60" if interface.allergies == "A60" else "A08" if about.encounter else "A31"
    evn = line("EVN", {1: event, 2: moment(about.at)})
    said = _coded if event == "A60" else _plain
    lines = [said(n, one, about) for n, one in enumerate(resources, 1)]
    return f"ADT^{event}", [evn, *person(about), *stay(about), *lines]


def _coded(n: int, one: Json, about: About) -> str:
    """IAM: 6 action, 7 own number, 13 reported, 14 by whom, 17 how sure, 18 who wrote it."""
    status = _code(one.get("verificationStatus"))
    action = "D" if status == "entered-in-error" else "U" if said_before(one, about) else "A"
    ended = _code(one.get("clinicalStatus")) in {"inactive", "resolved"}
    more = {
        6: _ACTIONS[action],
        7: own_number(one, about),
        13: moment(str(one.get("recordedDate", ""))) or moment(about.at),
        14: text((one.get("asserter") or {}).get("display", "")),
        17: "I" if ended else _STATUS.get(status, ""),
        18: text((one.get("recorder") or {}).get("display", "")),
    }
    return line("IAM", {1: str(n)} | _fields(one) | more)


def _plain(n: int, one: Json, about: About) -> str:
    """AL1: said, never changed and never taken back."""
    if said_before(one, about) or _code(one.get("verificationStatus")) == "entered-in-error":
        raise Unsaid("an allergy that was changed or taken back: AL1 cannot say so")
    return line("AL1", {1: str(n)} | _fields(one) | {6: moment(str(one.get("recordedDate", "")))[:8]})


def _fields(one: Json) -> dict[int, str]:
    """2 kind, 3 to what, 4 severity, 5 reactions: the same in both segments."""
    reaction: dict[str, Any] = next(iter(one.get("reaction") or []), {})
    return {
        2: next((_KINDS[kind] for kind in one.get("category") or [] if kind in _KINDS), ""),
        3: coded(one.get("code")),
        4: _SEVERITIES.get(str(reaction.get("severity", "")), ""),
        5: "~".join(_reactions(reaction)),
    }


def _reactions(reaction: dict[str, Any]) -> Iterator[str]:
    for said in reaction.get("manifestation") or []:
        if said.get("text"):
            yield text(str(said["text"]).replace("\n", " "))


def _code(concept: Any) -> str:
    return next((str(one.get("code", "")) for one in (concept or {}).get("coding") or []), "")
