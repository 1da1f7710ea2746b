"""What result lines (OBX) have in common with thousands of others: code, unit, range, flags, status, observer, method.

Rules kept here:
  * It is made once and shared by all lines that say the same: nobody changes it.
  * A missing OBX-8 is no "normal".
"""

from functools import lru_cache

from contrefeu.fhir import CodeableConcept, Coding, Json, Observation, Quantity, ReferenceRange, plain
from contrefeu.hl7 import Notation, Rep, Segment
from contrefeu.mapping.from_hl7.datatypes import concept_of, decimal, first_person, once, unit_words
from contrefeu.mapping.tables.codes import INTERPRETATIONS, OBSERVATION_STATUS

_INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
_FLAGS = "http://terminology.hl7.org/CodeSystem/v2-0078"
RANGES_MAX = 4_096  # reference ranges that are remembered: a laboratory has some thousands
RANGE_CHARS_MAX = 64  # characters of a range, and of its unit, that is remembered
SHAPES_MAX = 8_192  # kinds of result lines that are remembered, some 20 MB: a laboratory's codes, each with its flags
SHAPE_CHARS_MAX = 512  # characters of such a line, without its value, that is remembered


class Shape:
    """What a result line says beside its number, value and times."""

    __slots__ = ("elements", "kind", "name", "unit")

    def __init__(self, line: str, notation: Notation) -> None:
        """OBX: 2 type, 3 code, 6 unit, 7 range, 8 flags, 11 status, 16 observer, 17 method."""
        obx = Segment(line, 0, notation)
        self.kind = obx.text(2)
        self.name = name_of(obx)
        self.unit = unit_words(obx.rep(6))
        self.elements: Json = plain(
            Observation(
                status=OBSERVATION_STATUS.get(obx.text(11).upper(), "unknown"),
                code=concept_of(obx, 3),
                performer=[who] if (who := first_person(obx, 16)) else [],
                interpretation=_flags(obx),
                method=concept_of(obx, 17) if obx.has(17) else None,
                referenceRange=_range(obx.whole(7), self.unit),
            )
        )
        del self.elements["resourceType"]


_kept_shape = lru_cache(maxsize=SHAPES_MAX)(Shape)


def name_of(obx: Segment) -> str:
    """What is measured: a code or words, in the sender's second system when the first says nothing (OBX-3.4, 3.5)."""
    return obx.text(3) or obx.text(3, 2) or obx.text(3, 4) or obx.text(3, 5)


def shape_of(obx: Segment) -> Shape:
    """Return what *obx* says beside its number, value and times."""
    fields, mark = obx.fields, obx.notation.field
    parts = ("OBX", "", *fields[2:4], "", "", *fields[6:9], "", "", *fields[11:12], "", "", "", "", *fields[16:18])
    line = mark.join(parts)
    return _kept_shape(line, obx.notation) if len(line) <= SHAPE_CHARS_MAX else Shape(line, obx.notation)


def _flags(obx: Segment) -> list[CodeableConcept]:
    return [flag for rep in obx.reps(8) if (flag := _flag(rep, ""))]


@once
def _flag(rep: Rep, _: str) -> CodeableConcept | None:
    code = rep.text(1)
    system = _INTERPRETATION if code in INTERPRETATIONS else _FLAGS
    return CodeableConcept([Coding(system, code, rep.text(2))]) if code else None


def _range(text: str, unit: str) -> list[ReferenceRange]:
    if not text:
        return []
    is_short = len(text) <= RANGE_CHARS_MAX and len(unit) <= RANGE_CHARS_MAX
    return [_kept_range(text, unit) if is_short else _range_of(text, unit)]


def _range_of(text: str, unit: str) -> ReferenceRange:
    first, mark, second = text.partition("-")
    low, high = (decimal(first.strip()), decimal(second.strip())) if mark else (None, None)
    if low is None or high is None:
        return ReferenceRange(text=text)
    return ReferenceRange(Quantity(low, unit=unit), Quantity(high, unit=unit), text=text)


_kept_range = lru_cache(maxsize=RANGES_MAX)(_range_of)
