"""OBR, OBX, NTE -> DiagnosticReport and Observation (v2-to-FHIR; FIELD F5, F7, F29, F31).

Rules kept here:
  * Values and units are kept word for word; only a plain decimal becomes a number.
  * A result is called by its report, its code and its sub-id (OBX-4): a correction (C), a deletion (D) and a wrong
    patient (W) replace it under the same name.
  * Lines of one text (TX, FT with the same code and sub-id) are one value.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator

from contrefeu.fhir import (
    Annotation,
    Attachment,
    CodeableConcept,
    Coding,
    DiagnosticReport,
    Identifier,
    Json,
    Observation,
    Quantity,
    Range,
    Ratio,
    Reference,
    derived_id,
    plain,
)
from contrefeu.hl7 import Rep, Segment
from contrefeu.mapping.from_hl7.datatypes import (
    Context,
    concept,
    concept_of,
    decimal,
    first_person,
    quantity,
    words,
)
from contrefeu.mapping.from_hl7.groups import Order
from contrefeu.mapping.from_hl7.imaging import NO_IMAGES, Images, studies, study_in
from contrefeu.mapping.from_hl7.orders import order_numbers, request_reference
from contrefeu.mapping.from_hl7.origins import Reports, parent_names, specimen_names
from contrefeu.mapping.from_hl7.shapes import name_of, shape_of
from contrefeu.mapping.from_hl7.stay import reference
from contrefeu.mapping.inside import opened
from contrefeu.mapping.moments import nanoseconds
from contrefeu.mapping.reading import SPECIMEN, Reading, Said
from contrefeu.mapping.tables.codes import CRITICAL_FLAGS, RADLEX, REPORT_STATUS, URGENT_FINDINGS

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
# OBX-2 types whose components are parts of one thing: they are read apart, and shown one after the other
_STRUCTURED = frozenset(
    {"AD", "CN", "CP", "CQ", "CX", "DR", "EI", "MO", "NA", "PN", "RP", "XAD", "XCN", "XON", "XPN", "XTN"}
)


_TEXTS = frozenset({"TX", "FT"})
_CODED = frozenset({"CE", "CWE", "CF", "CNE"})


class Line:
    """One OBX with the notes that follow it, and the OBX that go on with its text."""

    __slots__ = ("kind", "more", "name", "notes", "obx", "shape")

    def __init__(self, obx: Segment) -> None:
        self.obx = obx
        self.shape = shape_of(obx)
        self.kind = self.shape.kind
        self.name = self.shape.name, obx.text(4)  # code and sub-id
        self.notes: list[Annotation] = []
        self.more: list[Segment] = []

    def goes_on(self, obx: Segment) -> bool:
        """Whether *obx* is a further line of this text."""
        return (
            self.kind in _TEXTS
            and self.kind == obx.text(2)
            and self.name == (name_of(obx), obx.text(4))
            and self.obx.text(11) == obx.text(11)
        )


def report(
    order: Order,
    obr: Segment,
    lines: list[Line],
    notes: list[Annotation],
    visit: str,
    context: Context,
    reading: Reading,
    before: Reports,
    images: Images = NO_IMAGES,
) -> Iterator[Said]:
    """OBR: 2 placer, 3 filler, 4 code, 7 observed, 15 specimen, 22 reported, 24 section, 25 status, 32 interpreter.

    OBR-26: the line that it goes on from, said *before*.
    """
    orc, specimens = order.orc, order.specimens
    placer, filler, identifiers = order_numbers(orc, obr, context)
    code = concept_of(obr, 4)
    name = obr.text(4) or (code.text if code else "")
    key = before.key(f"{filler or placer or context.authority + '|' + context.control_id}|{name}", obr)
    issued = context.instant(obr.text(22)) or context.sent_at
    at_ns = nanoseconds(context.moment(obr.text(22))) or context.sent_ns
    observed = context.when(obr.text(7))
    section = obr.text(24)
    samples = _samples(obr, specimens, before.isolate(obr))
    observations = list(_observations(lines, key, obr, samples, observed, issued, at_ns, visit, context, reading))
    attachments = [one for line in lines if line.kind == "ED" for one in attachments_of(line.obx)]
    status = REPORT_STATUS.get(obr.text(25).upper(), "") or _status_of(observations)
    found = DiagnosticReport(
        identifier=images.numbered(identifiers),
        basedOn=[request_reference(placer, filler)] if placer or filler else [],
        status=status,
        category=[CodeableConcept([Coding(_SECTION, section)])] if section else [],
        code=code,
        encounter=reference(visit),
        effectiveDateTime=observed,
        issued=issued,
        resultsInterpreter=[who] if (who := first_person(obr, 32)) else [],
        specimen=_numbered(samples, specimens),
        result=[Reference(f"Observation/{derived_id('Observation', said.key)}") for said in observations],
        imagingStudy=images.references,
        conclusion="\n".join(note.text for note in notes),
        presentedForm=attachments,
    )
    values = plain(found)
    del values["resourceType"]
    names = [*(f"order:{number}" for number in (placer, filler) if number), *parent_names(orc, obr, context)]
    names += [*images.names, *specimen_names(order, context)]
    before.heard(line.obx for line in lines)
    yield Said("DiagnosticReport", key, values, at_ns, "update", names)
    yield from observations
    yield from studies(images, obr, placer, filler, visit, context, status)


def measures(lines: list[Line], patient_key: str, visit: str, context: Context, reading: Reading) -> Iterator[Said]:
    """OBX outside any order (weight, height in an admission): each is called by the patient, its code and its time.

    When no time is said (OBX-14), the last word on that code holds.
    """
    issued, stay = context.sent_at, reference(visit)
    for line in lines:
        obx = line.obx
        if line.kind == "ED" or not line.name[0]:
            reading.lose(f"OBX[{obx.position}]", "kept in the message, not charted")
            continue
        at = obx.text(14)
        values = _observation(line, [], None, context.when(at), issued, stay, context)
        key = f"{patient_key}|{'|'.join(line.name)}|{at}"
        yield Said("Observation", key, values, context.sent_ns)


def told_of(order: Order) -> tuple[list[Line], list[Annotation]]:
    """The lines of an order and of its specimen, and the notes that are about all of them."""
    (of_it, about_it), (lines, notes) = lines_of(order.of_specimen), lines_of(order.lines)
    return [*of_it, *lines], [*about_it, *notes]


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


def attachments_of(obx: Segment) -> list[Attachment]:
    """OBX-5 as ED -> Attachments, one a repetition."""
    if obx.text(2) != "ED":
        return []
    files = [found for rep in obx.reps(5) if (found := _attachment(rep, obx.text(3, 2)))]
    return [part for file in files for part in opened(file)]  # a CDA document inside is read in place


def _attachment(rep: Rep, title: str) -> Attachment | None:
    """ED: 1 source, 2 type, 3 subtype, 4 encoding, 5 data; what is not what its encoding says is kept as text."""
    kind, subtype, encoding, data = rep.text(2), rep.text(3), rep.text(4).upper(), rep.text(5)
    if not data:
        return None
    media = _MEDIA.get(subtype.upper()) or _MEDIA.get(kind.upper()) or _MEDIA.get(rep.text(1).upper())
    media = media or _media_type(kind, subtype)
    try:
        if encoding == "BASE64":
            packed = "".join(data.split())
            b64decode(packed, validate=True)
            return Attachment(media, packed, title)
        if encoding == "HEX":
            return Attachment(media, b64encode(bytes.fromhex(data)).decode(), title)
    except ValueError:
        media = "text/plain; charset=utf-8"
    return Attachment(media, b64encode(data.encode("utf-8", "replace")).decode(), title)


def _media_type(kind: str, subtype: str) -> str:
    """A media type from ED-2 and ED-3, when they are words of one."""
    known = {"TEXT": "text", "TX": "text", "FT": "text", "IM": "image", "IMAGE": "image", "AU": "audio"}
    top = known.get(kind.upper(), kind.lower())
    if re.fullmatch("[a-z]+", top) and re.fullmatch(r"[A-Za-z0-9.+-]+", subtype):
        return f"{top}/{subtype.lower()}"
    return "text/plain; charset=utf-8" if top == "text" else "application/octet-stream"


def _observations(
    lines: list[Line],
    report_key: str,
    obr: Segment,
    samples: list[Reference],
    observed: str,
    issued: str,
    at_ns: int,
    visit: str,
    context: Context,
    reading: Reading,
) -> Iterator[Said]:
    seen: dict[tuple[str, str], int] = {}
    categories, stay = _categories(obr), reference(visit)
    sample = samples[0] if len(samples) == 1 else None
    for line in lines:
        obx = line.obx
        if study_in(obx) or (line.kind == "ED" and not (is_critical(line.shape.elements) or _urgent(obx))):
            continue
        if not line.name[0]:
            reading.lose(f"OBX[{obx.position}]-3", "a result without a code")
            continue
        seen[line.name] = seen.get(line.name, 0) + 1
        again = f"|{seen[line.name]}" if seen[line.name] > 1 else ""
        values = _observation(line, categories, sample, observed, issued, stay, context)
        moment = nanoseconds(context.moment(obx.text(19))) or at_ns
        yield Said("Observation", f"{report_key}|{'|'.join(line.name)}{again}", values, max(moment, at_ns))


def _observation(
    line: Line,
    categories: list[CodeableConcept],
    sample: Reference | None,
    observed: str,
    issued: str,
    stay: Reference | None,
    context: Context,
) -> Json:
    """OBX: 5 value, 14 observed; the rest is its shape's."""
    found = Observation(
        category=categories,
        encounter=stay,
        effectiveDateTime=context.when(line.obx.text(14)) or observed,
        issued=issued,
        note=line.notes,
        specimen=sample,
    )
    _value(found, line, line.shape.unit, context)
    values = line.shape.elements | plain(found)
    del values["resourceType"]
    if "RID494" in line.obx.line and (urgent := _urgent(line.obx)):
        values["interpretation"] = [*values.get("interpretation", []), urgent]
    return values


def _urgent(obx: Segment) -> Json | None:
    """An urgent finding by its category (IHE Results Distribution): in OBX-8, in OBX-15, or as a coded value."""
    for field in (8, 15, 5):
        for rep in obx.reps(field):
            for place in (1, 4):
                if rep.text(place) in URGENT_FINDINGS:
                    coding = {"system": RADLEX, "code": rep.text(place), "display": rep.text(place + 1)}
                    return {"coding": [{name: text for name, text in coding.items() if text}]}
    return None


def _samples(obr: Segment, specimens: list[Segment], isolate: str) -> list[Reference]:
    """What was examined: SPM-4 with its site (SPM-8), else OBR-15 (before v2.5); with the isolate that grew of it."""
    found = []
    for spm in specimens:
        parts = [concept_of(spm, 4), concept_of(spm, 8) if spm.has(8) else None]
        found.append(words([part.text for part in parts if part], ", "))
    if not specimens and obr.has(15):
        rep = obr.reps(15)[0]
        found.append(words([rep.text(1, 2) or rep.text(1), rep.text(4, 2) or rep.text(4)], ", "))
    if isolate:
        found = [words([one, isolate], ", ") for one in found or [""]]
    return [Reference(display=text) for text in dict.fromkeys(found) if text]


def _numbered(samples: list[Reference], specimens: list[Segment]) -> list[Reference]:
    """The same, and the numbers of the tubes (SPM-2: its placer's, else its filler's), by which a request is found."""
    numbers = [spm.text(2, 1) or spm.text(2, 2) for spm in specimens]
    return [
        *samples,
        *(Reference(identifier=Identifier(system=SPECIMEN, value=one)) for one in dict.fromkeys(numbers) if one),
    ]


def _categories(obr: Segment) -> list[CodeableConcept]:
    section = obr.text(24)
    return [CodeableConcept([Coding(_SECTION, section)])] if section else []


def is_critical(elements: Json) -> bool:
    """Whether a result line is flagged so that somebody must be told at once."""
    flags = elements.get("interpretation") or []
    return any(str(coding.get("code")) in CRITICAL_FLAGS for flag in flags for coding in flag.get("coding") or [])


def _value(found: Observation, line: Line, unit: str, context: Context) -> None:
    obx, kind = line.obx, line.kind
    if kind == "ED":  # a file with an alarm: the report holds it, the line says that somebody must read it
        return
    if kind == "NM" and (amount := decimal(obx.raw(5))) is not None:  # most of them: no mark stands in it
        found.valueQuantity = Quantity(amount, unit=unit)
        return
    if not obx.has(5):
        return
    reps = obx.reps(5)
    if kind in {"NM", "NR", "SN"} and len(reps) == 1 and (_number(found, reps[0], kind, unit)):
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
    found.valueString = f"{text} {unit}" if unit and text else text


def _words(rep: Rep, kind: str) -> str:
    """A value as text: coded ones by their words, structured ones by their parts."""
    if kind in _CODED:
        return rep.text(2) or rep.text(1) or rep.text(5) or rep.text(4)
    if kind == "SN":
        return "".join(rep.components)
    if kind == "NR":
        return " - ".join(rep.components)
    if kind in _STRUCTURED:
        return words(rep.components)
    return rep.whole


def _number(found: Observation, rep: Rep, kind: str, unit: str) -> bool:
    """NM, NR or SN; False when it is not a plain number, and stays text."""
    if kind == "NM":
        found.valueQuantity = quantity(rep.whole, unit)
        return found.valueQuantity is not None
    if kind == "NR":
        comparator, first, separator, second = "", rep.text(1), "-", rep.text(2)
    else:
        comparator, first, separator, second = rep.text(1), rep.text(2), rep.text(3), rep.text(4)
    low, high = decimal(first), decimal(second)
    if low is None:
        return False
    if not separator and not second:
        if comparator in {"<", "<=", ">", ">=", ""}:
            found.valueQuantity = Quantity(low, comparator, unit)
            return True
        return False
    if high is None or comparator:  # "<1:128" is no 1:128, and neither Range nor Ratio has a word for it: text
        return False
    if separator == "-":
        found.valueRange = Range(Quantity(low, unit=unit), Quantity(high, unit=unit))
        return True
    if separator == ":":  # a titre; "1/2" is said as text, since a Ratio does not keep which sign was sent
        found.valueRatio = Ratio(Quantity(low, unit=unit), Quantity(high))
        return True
    return False


def _status_of(observations: list[Said]) -> str:
    statuses = {str(said.resource.get("status")) for said in observations}
    for status in ("preliminary", "registered", "corrected", "final"):
        if status in statuses:
            return status
    return "unknown"
