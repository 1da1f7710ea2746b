"""Observation -> ORC, OBR, OBX, NTE: what was measured or seen on a ward, what a laboratory typed in.

Rules kept here:
  * A result is a report of its own, called by its own number: signed or corrected later, alone or with others, it is
    the same result.
  * The request that it answers is named by its placer's number, where it has one.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from contrefeu.fhir import Json
from contrefeu.hl7 import STANDARD, escape
from contrefeu.mapping.to_hl7.segments import (
    SYSTEMS,
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

# 0085: FHIR observation-status -> OBX-11; "W": taken back
_STATUS = {"final": "F", "preliminary": "P", "corrected": "C", "amended": "C", "entered-in-error": "W"}


def results(resources: Sequence[Json], about: About, _interface: Interface) -> tuple[str, list[str]]:
    """One OBR and one OBX a measurement; that its request is answered with it is what the result says."""
    lines: list[str] = []
    observed = [one for one in resources if one.get("resourceType") == "Observation"]
    for n, one in enumerate(observed, 1):
        lines += _report(n, one, about)
    return "ORU^R01", lines


def _report(n: int, one: Json, about: About) -> Iterator[str]:
    request = _request(one, about)
    status = _status(one)
    obr = {
        1: str(n),
        2: request,
        3: own_number(one, about),
        4: coded(one.get("code")),
        7: moment(str(one.get("effectiveDateTime", ""))),
        22: moment(about.at),
        25: "C" if status == "W" else status,  # 0123
    }
    if any(c.get("code") == "imaging" for category in one.get("category") or [] for c in category.get("coding") or []):
        obr |= {18: _accession(one), 24: "RAD"}  # IHE RAD-4; 0074
    if request:
        yield line("ORC", {1: "RE", 2: request, 3: obr[3]})
    yield line("OBR", obr)
    yield observed_line(1, one)
    for note in one.get("note") or []:
        if note.get("text"):
            yield line("NTE", {1: "1", 3: text(note["text"])})


def _request(one: Json, about: About) -> str:
    for asked in one.get("basedOn") or []:
        held = about.lines.get(str(asked.get("reference", "")))
        if held is not None and held.get("identifier"):
            return order_number(held, about)
    return ""


def _accession(one: Json) -> str:
    numbers = one.get("identifier") or []
    said = (n for n in numbers if any(c.get("code") == "ACSN" for c in (n.get("type") or {}).get("coding") or []))
    return escape(str(next((n.get("value", "") for n in said), "")), STANDARD)


def observed_line(n: int, one: Json) -> str:
    """OBX."""
    kind, value, unit = _value(one)
    performer: Any = next(iter(one.get("performer") or []), None)
    flags: Any = next(iter(one.get("interpretation") or []), {})
    ranges: Any = next(iter(one.get("referenceRange") or []), {})
    return line(
        "OBX",
        {
            1: str(n),
            2: kind,
            3: coded(one.get("code")),
            5: value,
            6: unit,
            7: escape(str(ranges.get("text", "")), STANDARD),
            8: escape(str(next((c.get("code", "") for c in flags.get("coding") or []), "")), STANDARD),
            11: _status(one),
            14: moment(str(one.get("effectiveDateTime", ""))),
            16: who(performer),
        },
    )


def _status(one: Json) -> str:
    found = _STATUS.get(str(one.get("status")))
    if found is None:
        raise Unsaid("a result of a status that a message cannot say")
    return found


def _value(one: Json) -> tuple[str, str, str]:
    """OBX-2, 5 and 6."""
    amount = one.get("valueQuantity")
    if isinstance(amount, dict) and isinstance(amount.get("value"), int | Decimal):
        unit = escape(str(amount.get("unit", "")), STANDARD)
        code = escape(str(amount.get("code", "")), STANDARD)
        same = code if SYSTEMS.get(str(amount.get("system", ""))) == "UCUM" and code != unit else ""
        return (
            "NM",
            f"{amount['value']:f}" if isinstance(amount["value"], Decimal) else str(amount["value"]),
            (f"{unit}^^^{same}^^UCUM" if same else unit),
        )
    if one.get("valueCodeableConcept"):
        return "CWE", coded(one["valueCodeableConcept"]), ""
    if isinstance(one.get("valueString"), str):
        return "TX", text(one["valueString"]), ""
    if isinstance(one.get("valueDateTime"), str):
        return "TS", moment(one["valueDateTime"]), ""
    raise Unsaid("a result without a value that a message can say")
