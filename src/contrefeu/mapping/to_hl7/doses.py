"""MedicationAdministration -> ORC, RXA, RXR: a dose that was given, or was not and why."""

from collections.abc import Sequence

from contrefeu.fhir import Json
from contrefeu.mapping.to_hl7.segments import (
    OURS,
    About,
    Interface,
    Unsaid,
    coded,
    line,
    moment,
    order_number,
    own_number,
    text,
    who,
)

_COMPLETION = {"completed": "CP", "not-done": "NA", "entered-in-error": "CP"}  # 0322
_UNKNOWN = "999"  # RXA-6 is required: 999 is "not known" (4A.4.7.6)


def doses(resources: Sequence[Json], about: About, interface: Interface) -> tuple[str, list[str]]:
    """One dose of a prescription that the receiver knows."""
    if len(resources) != 1:
        raise Unsaid("it says several doses")
    (one,) = resources
    completion = _COMPLETION.get(str(one.get("status")))
    if completion is None:
        raise Unsaid("a dose of a status that a message cannot say")
    at = moment(str(one.get("effectiveDateTime", "")))
    amount = str((one.get("dosage") or {}).get("text", ""))
    said = [amount, *(str(note.get("text", "")) for note in one.get("note") or [])]
    performers = one.get("performer") or []
    rxa = {
        1: "0",
        2: _counter(own_number(one, about)),
        3: at,
        4: at,
        5: coded(one.get("medicationCodeableConcept")),
        6: _UNKNOWN,
        9: "~".join(f"^{text(words)}" for words in said if words),
        10: "~".join(who(one.get("actor")) for one in performers),
        18: coded(next(iter(one.get("statusReason") or []), None)),
        20: completion,
        21: "D" if one.get("status") == "entered-in-error" else "A",
    }
    return "RAS^O17", [line("ORC", {1: "RE", 2: _order(one, about, interface)}), line("RXA", rxa)]


def _counter(number: str) -> str:
    """RXA-2, a number of four digits: the same for what is said again of one dose, another for another dose then."""
    return str(int(number.partition("^")[0].replace("-", ""), 16) % 9_999 + 1)


def _order(one: Json, about: About, interface: Interface) -> str:
    """ORC-2: the placer's number of the prescription, as EI."""
    named = about.lines.get(str((one.get("request") or {}).get("reference", "")), {})
    number = order_number(named, about) if named else ""
    if not number or (number.endswith(f"^{OURS}") and not interface.orders):
        raise Unsaid("a dose of a prescription that was written here, which nobody there knows")
    return number
