"""HL7 v2 messages that were given as parsed JSON (google-harmonization), as the bytes that they stand for.

Method: keys are field and component numbers, a segment has its name under "0"; JSON has lost the order of segments, so
that they are put in the order of the standard's structures.
"""

from collections.abc import Iterator
from typing import Any

from contrefeu.hl7 import escape

# Segments and groups in the order of chapters 3 to 12; others go last
_ORDER = (
    "MSH", "SFT", "EVN", "PATIENT_RESULT", "PATIENT", "PID", "PD1", "ROL", "NK1", "PV1", "PATIENT_VISIT", "VISIT",
    "PV2", "ROL2", "DB1", "SCH", "TQ1", "RESOURCES", "RGS", "SERVICE", "AIS", "GENERAL_RESOURCE", "AIG",
    "LOCATION_RESOURCE", "AIL", "PERSONNEL_RESOURCE", "AIP", "AL1", "IAM", "DG1", "DRG", "PROCEDURE", "PR1", "GT1",
    "INSURANCE", "IN1", "IN2", "IN3", "ORDER_OBSERVATION", "ORDER", "ORC", "TIMING", "ORDER_DETAIL",
    "OBSERVATION_REQUEST", "RXO", "RXE", "OBR", "RXR", "RXC", "ADMINISTRATION", "RXA", "TXA", "NTE", "OBSERVATION",
    "OBX", "SPECIMEN", "SPM",
)  # fmt: skip
_RANK = {name: rank for rank, name in enumerate(_ORDER)}


def er7(parsed: dict[str, Any]) -> bytes:
    """Return the message as ER7."""
    (structure,) = parsed.values()
    return "\r".join([*_segments(structure), ""]).encode()


def _segments(group: Any) -> Iterator[str]:
    if isinstance(group, list):
        for one in group:
            yield from _segments(one)
    elif isinstance(group, dict) and "0" in group:
        yield _segment(group)
    elif isinstance(group, dict):
        for name in sorted(group, key=lambda one: _RANK.get(one, len(_ORDER))):
            yield from _segments(group[name])


def _segment(fields: dict[str, Any]) -> str:
    count = max(int(key) for key in fields)
    name = str(fields["0"])
    if name == "MSH":
        return "|".join(["MSH", str(fields["2"]), *(_field(fields.get(str(at))) for at in range(3, count + 1))])
    return "|".join([name, *(_field(fields.get(str(at))) for at in range(1, count + 1))])


def _field(value: Any, mark: str = "^") -> str:
    if isinstance(value, list):
        return "~".join(_field(one, mark) for one in value)
    if isinstance(value, dict):
        last = max((int(key) for key in value), default=0)
        return mark.join(_field(value.get(str(at)), "&") for at in range(1, last + 1))
    return "" if value is None else escape(str(value))
