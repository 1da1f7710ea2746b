"""MedicationRequest -> ORC, TQ1, RXO or RXE, RXR; ServiceRequest -> ORC, TQ1, OBR: what was ordered on a ward.

Rules kept here:
  * A new order is NW; one that is stopped is DC, one on hold HD, one whose hold ends RL, one that is cancelled CA, one
    that goes on XO: each with its reason. One that takes another's place is RO, behind that one as RP (4.5.1.1, RO).
  * One that was written by mistake is told as such to who only files it, and cancelled where somebody waits to carry it
    out (`Interface.struck`).
  * Drug, dose and rhythm go in the prescriber's words (RXO-7, RXE-7); beside them what can be said exactly: hours,
    "every n hours", "if needed", from when to when. No amount is made of words (FIELD F5, F9).
  * What such a message makes its receiver do is the profile's to say (R4): by default it is held.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from contrefeu.fhir import Json
from contrefeu.hl7 import STANDARD, escape
from contrefeu.mapping.reading import RELEASED, SPECIMEN
from contrefeu.mapping.to_hl7.segments import (
    OURS,
    About,
    Interface,
    Unsaid,
    coded,
    line,
    line_of,
    moment,
    order_number,
    said_before,
    who,
)

_NEW = frozenset({"NW", "RO"})
# FHIR status of a line that is said again -> ORC-1, ORC-5 (0119, 0038)
_CONTROLS = {
    "active": ("XO", "IP"),
    "on-hold": ("HD", "HD"),
    "stopped": ("DC", "DC"),
    "cancelled": ("CA", "CA"),
    "revoked": ("CA", "CA"),
    "completed": ("SC", "CM"),
}
_IMAGING = "363679005"  # SNOMED CT: imaging
_LABORATORY = "108252007"
_PRIORITIES = {"stat": "S", "urgent": "A", "asap": "A", "routine": "R"}  # 0485
_EVERY = {"h": "H", "min": "M", "d": "D", "wk": "W"}  # 0335: Q6H


def prescription(resources: Sequence[Json], about: About, interface: Interface) -> tuple[str, list[str]]:
    """OMP^O09 or RDE^O11: what is replaced before what takes its place."""
    replaced = {_replaces(one) for one in resources if one.get("status") == "active"} - {""}
    lines: list[str] = []
    for one in sorted(resources, key=lambda one: (line_of(one) not in replaced, not _replaces(one))):
        control = ("RP", "RP") if line_of(one) in replaced else None
        lines += _prescribed(one, about, interface, control)
    return ("RDE^O11" if interface.prescriptions == "RDE" else "OMP^O09"), lines


def _prescribed(one: Json, about: About, interface: Interface, control: tuple[str, str] | None) -> list[str]:
    """ORC, TQ1, RXO or RXE, RXR."""
    dosage: Json = next(iter(one.get("dosageInstruction") or []), {})
    told = f"^{_words(dosage.get('text'))}" if dosage.get("text") else ""
    drug, why = coded(one.get("medicationCodeableConcept")), _reason(one)
    lines = [_control(one, about, interface, control), *_timing(dosage)]
    if interface.prescriptions == "RDE":
        lines.append(line("RXE", {2: drug, 7: told, 27: why}))
    else:
        lines.append(line("RXO", {1: drug, 7: told, 20: why}))
    if dosage.get("route"):
        lines.append(line("RXR", {1: coded(dosage["route"])}))
    return lines


def _replaces(one: Json) -> str:
    return str((one.get("priorPrescription") or {}).get("reference", ""))


def request(resources: Sequence[Json], about: About, interface: Interface) -> tuple[str, list[str]]:
    """OML^O21 for a laboratory, OMG^O19 for all others."""
    one = _only(resources)
    kinds = {coding.get("code") for kind in one.get("category") or [] for coding in kind.get("coding") or []}
    section = "LAB" if _LABORATORY in kinds else "RAD" if _IMAGING in kinds else ""  # 0074; advice has none
    obr = {
        1: "1",
        2: order_number(one, about),
        4: coded(one.get("code")),
        16: who(one.get("requester")),
        24: section,
        31: _reason(one),
    }
    urgent = _PRIORITIES.get(str(one.get("priority", "")), "")
    timing = [line("TQ1", {1: "1", 9: urgent})] if urgent else []
    lines = [_control(one, about, interface), *timing, line("OBR", obr)]
    label = _label(one)
    if section == "LAB" and label:
        lines.append(line("SPM", {1: "1", 2: f"{escape(label, STANDARD)}&{OURS}"}))
    return ("OML^O21" if section == "LAB" else "OMG^O19"), lines


def _label(one: Json) -> str:
    """The number on the label of the specimen: what the laboratory scans (SPM-2.1: its placer's, with who gave it)."""
    return next((str(n.get("value", "")) for n in one.get("identifier") or [] if n.get("system") == SPECIMEN), "")


def _only(resources: Sequence[Json]) -> Json:
    if len(resources) != 1:
        raise Unsaid("it says several orders")
    return resources[0]


def _control(one: Json, about: About, interface: Interface, known: tuple[str, str] | None = None) -> str:
    """ORC: 1 control, 2 placer, 5 status, 9 when, 12 who, 16 why; *known* are 1 and 5 when the status does not say."""
    status, again = str(one.get("status")), bool(said_before(one, about))
    control = known or (interface.struck if status == "entered-in-error" else _CONTROLS.get(status))
    if known is None and status == "active" and not again:
        control = ("RO" if _replaces(one) else "NW", "")
    elif known is None and status == "active" and any(e.get("url") == RELEASED for e in one.get("extension") or []):
        control = ("RL", "IP")
    if control is None:
        raise Unsaid("an order of a status that a message cannot say")
    at = moment(str(one.get("authoredOn", ""))) if control[0] in _NEW else ""
    return line(
        "ORC",
        {
            1: control[0],
            2: order_number(one, about),
            5: control[1],
            9: at or moment(about.at),
            12: who(one.get("requester")),
            16: coded(one.get("statusReason")),
        },
    )


def _timing(dosage: Json) -> Iterator[str]:
    """TQ1: 3 every n hours, 4 at these hours, 7 from, 8 until, 9 if needed; once, now, is its start alone."""
    timing: Json = dosage.get("timing") or {}
    repeat: dict[str, Any] = timing.get("repeat") or {}
    bounds: dict[str, Any] = repeat.get("boundsPeriod") or {}
    hours = [str(hour)[:5].replace(":", "") for hour in repeat.get("timeOfDay") or []]
    every = _EVERY.get(str(repeat.get("periodUnit", ""))) if not hours and repeat.get("frequency") == 1 else None
    once = next(iter(timing.get("event") or []), "")
    tq1 = {
        3: f"Q{repeat['period']}{every}" if every else "Once" if once else "",
        4: "~".join(hours),
        7: moment(str(bounds.get("start") or once)),
        8: moment(str(bounds.get("end", ""))),
        9: "PRN" if dosage.get("asNeededBoolean") else "",
    }
    if any(tq1.values()):
        yield line("TQ1", {1: "1", **tq1})


def _reason(one: Json) -> str:
    return coded(next(iter(one.get("reasonCode") or []), None))


def _words(value: Any) -> str:
    return escape(str(value or "").replace("\n", " "), STANDARD)
