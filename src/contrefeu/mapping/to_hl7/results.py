"""Observation -> OBR, OBX, NTE: what was measured or seen on a ward."""

from collections.abc import Sequence
from decimal import Decimal

from contrefeu.fhir import Json
from contrefeu.hl7 import STANDARD, escape
from contrefeu.mapping.to_hl7.segments import SYSTEMS, About, Unsaid, coded, line, moment, own_number, text, who

_STATUS = {"final": "F", "preliminary": "P", "corrected": "C", "amended": "C", "entered-in-error": "W"}  # 0085
_ROUND = "8716-3^Vital signs^LN"  # LOINC: what several measurements are together


def results(resources: Sequence[Json], about: About) -> tuple[str, list[str]]:
    """One OBR for the round, one OBX a measurement."""
    first = resources[0]
    code = coded(first.get("code")) if len(resources) == 1 else _ROUND
    at = moment(str(first.get("effectiveDateTime", "")))
    told = "C" if any(_status(one) == "W" for one in resources) else "F"
    obr = {1: "1", 3: own_number(first), 4: code, 7: at, 22: moment(about.at), 25: told}
    lines = [line("OBR", obr)]
    for n, one in enumerate(resources, 1):
        own_number(one)
        lines.append(_obx(n, one))
        lines += [line("NTE", {1: str(n), 3: text(note["text"])}) for note in one.get("note") or [] if note.get("text")]
    return "ORU^R01", lines


def _obx(n: int, one: Json) -> str:
    kind, value, unit = _value(one)
    performer = next(iter(one.get("performer") or []), None)
    return line(
        "OBX",
        {
            1: str(n),
            2: kind,
            3: coded(one.get("code")),
            5: value,
            6: unit,
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
    raise Unsaid("a result without a value that a message can say")
