"""OBR, OBX, NTE -> DiagnosticReport and Observation (v2-to-FHIR; FIELD F5, F7, F29, F31).

Rules kept here:
  * Values and units are kept word for word; only a plain decimal becomes a number.
  * A result is called by its report, its code and its sub-id (OBX-4): a correction (C), a deletion (D) and a wrong
    patient (W) replace it under the same name.
  * Lines of one text (TX, FT with the same code and sub-id) are one value.
  * A missing OBX-8 is no "normal".
"""

from base64 import b64encode
from collections.abc import Iterator

from contrefeu.fhir import derived_id, plain
from contrefeu.fhir.datatypes import (
    Annotation,
    Attachment,
    CodeableConcept,
    Coding,
    Quantity,
    Range,
    Ratio,
    Reference,
)
from contrefeu.fhir.resources import DiagnosticReport, Observation, ReferenceRange
from contrefeu.hl7 import Rep, Segment
from contrefeu.mapping.from_hl7.datatypes import (
    Context,
    concept,
    concept_of,
    decimal,
    first_person,
    nanoseconds,
    quantity,
    unit_words,
)
from contrefeu.mapping.from_hl7.orders import order_numbers, request_reference
from contrefeu.mapping.from_hl7.stay import reference
from contrefeu.mapping.reading import Reading, Said
from contrefeu.mapping.tables.codes import OBSERVATION_STATUS, REPORT_STATUS

_INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v2-0078"
_SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"
# OBX-2 and OBX-5.2, OBX-5.3 of encapsulated data (tables 0191, 0291)
_MEDIA = {
    "PDF": "application/pdf",
    "JPEG": "image/jpeg",
    "JPG": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "RTF": "application/rtf",
    "HTML": "text/html",
    "XML": "text/xml",
    "X-HL7-CDA-LEVEL-ONE": "text/xml",
    "DICOM": "application/dicom",
}


class Line:
    """One OBX with the notes that follow it, and the OBX that go on with its text."""

    __slots__ = ("more", "notes", "obx")

    def __init__(self, obx: Segment) -> None:
        self.obx = obx
        self.notes: list[Annotation] = []
        self.more: list[Segment] = []

    @property
    def name(self) -> tuple[str, str]:
        """Code and sub-id."""
        return self.obx.text(3) or self.obx.text(3, 2), self.obx.text(4)

    def goes_on(self, obx: Segment) -> bool:
        """Whether *obx* is a further line of this text."""
        return (
            obx.text(2) in {"TX", "FT"}
            and self.obx.text(2) == obx.text(2)
            and self.name == (obx.text(3) or obx.text(3, 2), obx.text(4))
            and self.obx.text(11) == obx.text(11)
        )


def report(
    orc: Segment | None,
    obr: Segment,
    lines: list[Line],
    notes: list[Annotation],
    visit: str,
    context: Context,
    reading: Reading,
) -> Iterator[Said]:
    """OBR: 2 placer, 3 filler, 4 code, 7 observed, 22 reported, 24 section, 25 status, 32 interpreter."""
    placer, filler, identifiers = order_numbers(orc, obr, context)
    code = concept_of(obr, 4)
    name = obr.text(4) or (code.text if code else "")
    key = f"{filler or placer or context.authority + '|' + context.message.control_id}|{name}"
    issued = context.when(obr.text(22)) or context.when(context.message.message_time)
    at_ns = nanoseconds(context.moment(obr.text(22))) or nanoseconds(context.moment(context.message.message_time))
    observed = context.when(obr.text(7))
    section = obr.text(24)
    observations = list(_observations(lines, key, obr, observed, issued, at_ns, visit, context, reading))
    attachments = [one for line in lines if (one := attachment(line.obx, line.more))]
    status = REPORT_STATUS.get(obr.text(25).upper(), "") or _status_of(observations)
    found = DiagnosticReport(
        identifier=identifiers,
        basedOn=[request_reference(placer, filler)] if placer or filler else [],
        status=status,
        category=[CodeableConcept([Coding(_SECTION, section)])] if section else [],
        code=code,
        encounter=reference(visit),
        effectiveDateTime=observed,
        issued=issued,
        resultsInterpreter=[who] if (who := first_person(obr, 32)) else [],
        result=[Reference(f"Observation/{derived_id('Observation', said.key)}") for said in observations],
        conclusion="\n".join(note.text for note in notes),
        presentedForm=attachments,
    )
    values = plain(found)
    del values["resourceType"]
    names = [f"order:{number}" for number in (placer, filler) if number]
    yield Said("DiagnosticReport", key, values, at_ns, "update", names)
    yield from observations


def measures(lines: list[Line], patient_key: str, visit: str, context: Context, reading: Reading) -> Iterator[Said]:
    """OBX outside any order (weight, height in an admission): each is called by the patient, its code and its time."""
    when = context.message.text("EVN", 2) or context.message.message_time
    for line in lines:
        obx = line.obx
        if obx.text(2) == "ED" or not line.name[0]:
            reading.lose(f"OBX[{obx.position}]", "kept in the message, not charted")
            continue
        at = obx.text(14) or when
        found = _observation(line, None, context.when(when), context.when(when), visit, context)
        values = plain(found)
        del values["resourceType"]
        key = f"{patient_key}|{'|'.join(line.name)}|{at}"
        yield Said("Observation", key, values, nanoseconds(context.moment(context.message.message_time)))


def lines_of(segments: list[Segment]) -> tuple[list[Line], list[Annotation]]:
    """OBX and NTE under an OBR -> its lines, and the notes that are about all of them."""
    lines: list[Line] = []
    about_all: list[Annotation] = []
    for segment in segments:
        if segment.name == "OBX":
            if lines and not lines[-1].notes and lines[-1].goes_on(segment):
                lines[-1].more.append(segment)
            else:
                lines.append(Line(segment))
        elif segment.name == "NTE":
            note = note_of(segment)
            if note is not None:
                (lines[-1].notes if lines else about_all).append(note)
    return lines, about_all


def note_of(nte: Segment) -> Annotation | None:
    """NTE-3."""
    text = "\n".join(rep.whole for rep in nte.reps(3))
    return Annotation(text) if text else None


def attachment(obx: Segment, more: list[Segment]) -> Attachment | None:
    """OBX-5 as ED -> Attachment."""
    if obx.text(2) != "ED":
        return None
    reps = obx.reps(5)
    if not reps:
        return None
    kind, subtype, encoding = reps[0].text(2), reps[0].text(3), reps[0].text(4)
    data = reps[0].text(5)
    for line in more:
        data += line.text(5, 5)
    if not data:
        return None
    media = _MEDIA.get(subtype.upper()) or _MEDIA.get(kind.upper()) or _MEDIA.get(reps[0].text(1).upper())
    media = media or (f"{kind}/{subtype}".lower() if "/" not in kind and subtype else "application/octet-stream")
    if encoding.upper() != "BASE64":
        return _plain_attachment(data, media, obx)
    return Attachment(media, "".join(data.split()), obx.text(3, 2))


def _plain_attachment(data: str, media: str, obx: Segment) -> Attachment:
    return Attachment(media, b64encode(data.encode()).decode(), obx.text(3, 2))


def _observations(
    lines: list[Line],
    report_key: str,
    obr: Segment,
    observed: str,
    issued: str,
    at_ns: int,
    visit: str,
    context: Context,
    reading: Reading,
) -> Iterator[Said]:
    seen: dict[tuple[str, str], int] = {}
    for line in lines:
        obx = line.obx
        if obx.text(2) == "ED":
            continue
        if not line.name[0]:
            reading.lose(f"OBX[{obx.position}]-3", "a result without a code")
            continue
        seen[line.name] = seen.get(line.name, 0) + 1
        again = f"|{seen[line.name]}" if seen[line.name] > 1 else ""
        found = _observation(line, obr, observed, issued, visit, context)
        values = plain(found)
        del values["resourceType"]
        moment = nanoseconds(context.moment(obx.text(19))) or at_ns
        yield Said("Observation", f"{report_key}|{'|'.join(line.name)}{again}", values, max(moment, at_ns))


def _observation(
    line: Line, obr: Segment | None, observed: str, issued: str, visit: str, context: Context
) -> Observation:
    """OBX: 2 type, 3 code, 5 value, 6 unit, 7 range, 8 flags, 11 status, 14 observed, 16 observer, 17 method."""
    obx = line.obx
    found = Observation(
        status=OBSERVATION_STATUS.get(obx.text(11).upper(), "unknown"),
        category=_categories(obr),
        code=concept_of(obx, 3),
        encounter=reference(visit),
        effectiveDateTime=context.when(obx.text(14)) or observed,
        issued=issued,
        performer=[who] if (who := first_person(obx, 16)) else [],
        interpretation=_flags(obx),
        note=line.notes,
        method=concept_of(obx, 17) if obx.has(17) else None,
        referenceRange=_range(obx),
    )
    _value(found, line, context)
    return found


def _categories(obr: Segment | None) -> list[CodeableConcept]:
    section = obr.text(24) if obr is not None else ""
    return [CodeableConcept([Coding(_SECTION, section)])] if section else []


def _value(found: Observation, line: Line, context: Context) -> None:
    obx = line.obx
    reps = obx.reps(5)
    unit = unit_words(next(iter(obx.reps(6)), None))
    if not reps or not obx.has(5):
        return
    kind = obx.text(2)
    if kind in {"NM", "SN"} and len(reps) == 1 and (_number(found, reps[0], kind, unit)):
        return
    if kind in {"CE", "CWE", "CF", "CNE", "IS", "ID"} and len(reps) == 1:
        found.valueCodeableConcept = concept(reps[0])
        return
    if kind in {"DT", "TS", "DTM"} and (moment := context.when(reps[0].text(1))):
        found.valueDateTime = moment
        return
    texts = [_words(rep, kind) for rep in reps]
    texts += [_words(rep, kind) for obx_more in line.more for rep in obx_more.reps(5)]
    text = "\n".join(texts)
    found.valueString = f"{text} {unit}" if unit and kind in {"NM", "SN", "ST"} else text


def _words(rep: Rep, kind: str) -> str:
    if kind in {"CE", "CWE", "CF", "CNE"}:
        return rep.text(2) or rep.text(1)
    return rep.whole


def _number(found: Observation, rep: Rep, kind: str, unit: str) -> bool:
    """NM or SN; False when it is not a plain number, and stays text."""
    if kind == "NM":
        found.valueQuantity = quantity(rep.whole, unit)
        return found.valueQuantity is not None
    comparator, first, separator, second = rep.text(1), rep.text(2), rep.text(3), rep.text(4)
    low, high = decimal(first), decimal(second)
    if low is None:
        return False
    if not separator and not second:
        if comparator in {"<", "<=", ">", ">=", ""}:
            found.valueQuantity = Quantity(low, comparator, unit)
            return True
        return False
    if high is None:
        return False
    if separator == "-":
        found.valueRange = Range(Quantity(low, unit=unit), Quantity(high, unit=unit))
        return True
    if separator in {":", "/"}:
        found.valueRatio = Ratio(Quantity(low, unit=unit), Quantity(high))
        return True
    return False


def _flags(obx: Segment) -> list[CodeableConcept]:
    found = []
    for rep in obx.reps(8):
        code = rep.text(1)
        if code:
            found.append(CodeableConcept([Coding(_INTERPRETATION, code, rep.text(2))]))
    return found


def _range(obx: Segment) -> list[ReferenceRange]:
    text = obx.whole(7)
    if not text:
        return []
    found = ReferenceRange(text=text)
    low, mark, high = text.partition("-")
    if mark and decimal(low.strip()) is not None and decimal(high.strip()) is not None:
        unit = unit_words(next(iter(obx.reps(6)), None))
        found.low, found.high = quantity(low, unit), quantity(high, unit)
    return [found]


def _status_of(observations: list[Said]) -> str:
    statuses = {str(said.resource.get("status")) for said in observations}
    for status in ("preliminary", "registered", "corrected", "final"):
        if status in statuses:
            return status
    return "unknown"
