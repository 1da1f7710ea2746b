"""CDA R2 in: the document as its author attested it, and its coded allergies, medicines, problems, results,
vaccines and acts.

Sources: HL7 C-CDA on FHIR; IHE PCC. Rules kept here:
  * The document is kept whole, and its sections as text: that is what was signed. A coded entry becomes a line of its
    own beside it; what no rule reads is counted in `loss`.
  * "Not allergic to X" refutes X; "none known" is a statement of its own; neither removes what others said.
  * A medicine in a document is one that somebody took or meant to take (MedicationStatement), never a prescription
    of this house.
  * XML that declares a DTD or entities is not read: it is kept.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo

from contrefeu.cda import (
    Act,
    Code,
    Document,
    Entry,
    NotCda,
    Number,
    Problem,
    Reaction,
    Result,
    Substance,
    Vaccine,
    Value,
    read_document,
)
from contrefeu.fhir import (
    AllergyIntolerance,
    Annotation,
    Attachment,
    CodeableConcept,
    Coding,
    Condition,
    DocumentContent,
    DocumentContext,
    DocumentReference,
    Dosage,
    DoseAndRate,
    HumanName,
    Identifier,
    Immunization,
    Json,
    MedicationStatement,
    Observation,
    Patient,
    Performer,
    Period,
    Procedure,
    Quantity,
    Reference,
    ReferenceRange,
    RelatesTo,
    derived_id,
    plain,
)
from contrefeu.fhir import Reaction as AllergyReaction
from contrefeu.hl7 import Moment, parse_moment
from contrefeu.mapping.inside import attachments_of
from contrefeu.mapping.moments import nanoseconds
from contrefeu.mapping.reading import FeedRules, Reading, Said, Subject
from contrefeu.mapping.tables.cda import (
    ACT_STATUS,
    ALLERGY_KINDS,
    CLINICAL_STATUS,
    DENIALS,
    MEDICINE_STATUS,
    NO_SUBSTANCE,
    RESULT_STATUS,
    SEVERITIES,
    SYSTEMS,
)
from contrefeu.mapping.tables.codes import GENDERS, NATIONAL_AUTHORITIES, NO_KNOWN_WORDS

_SSN = "2.16.840.1.113883.4.1"  # US social security numbers
_SNOMED = "http://snomed.info/sct"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


def read_cda(reading: Reading, body: bytes, rules: FeedRules) -> None:
    """Fill *reading* with what the document in *body* says."""
    reading.kind = "CDA"
    try:
        document = read_document(body)
    except NotCda as refused:
        reading.lose("", str(refused))
        return
    authority = rules.authority or reading.source
    keys, numbers = _numbers(document.patient_numbers, authority)
    if not keys:
        reading.lose("recordTarget/patientRole/id", "no local number: the patient cannot be told from others by it")
        return
    zone = ZoneInfo(rules.zone)
    reading.subjects = [Subject(keys)]
    reading.understood = True
    reading.patient = _patient(document, numbers)
    moment = parse_moment(document.time, zone)
    reading.at_ns = nanoseconds(moment)
    reading.said += _documents(document, body, moment, reading)
    for section in document.sections:
        for n, entry in enumerate(section.entries):
            said = _entry(entry, keys[0], n, zone)
            if said is None:
                reading.lose(f"section {section.code}", "a coded entry that says nothing by itself: its text is shown")
            else:
                reading.said.append(said)
        if section.unread:
            reading.lose(f"section {section.code}", "its coded entries are kept in the document; its text is shown")


def _entry(entry: Entry, patient_key: str, n: int, zone: ZoneInfo) -> Said | None:
    match entry:
        case Reaction():
            return _allergy(entry, patient_key, zone)
        case Problem():
            return _condition(entry, patient_key, zone)
        case Substance():
            return _medicine(entry, patient_key, n, zone)
        case Result():
            return _observation(entry, patient_key, n, zone)
        case Vaccine():
            return _vaccine(entry, patient_key, zone)
        case Act():
            return _act(entry, patient_key, zone)


def _numbers(numbers: list[Number], authority: str) -> tuple[list[str], list[Identifier]]:
    keys, identifiers = [], []
    for number in numbers:
        identifiers.append(
            Identifier(
                system=_oid(number.root) or f"urn:id:{authority}",
                value=number.extension,
                assigner=Reference(display=number.assigner or number.root or authority),
            )
        )
        if number.root not in NATIONAL_AUTHORITIES and number.root != _SSN:
            keys.append(f"{number.assigner or number.root or authority}|{number.extension}")
    return list(dict.fromkeys(keys)), identifiers


def _patient(document: Document, numbers: list[Identifier]) -> Json:
    uses = {"L": "official", "P": "nickname"}
    found = Patient(
        identifier=numbers,
        name=[
            HumanName(use=uses.get(name.use, "official"), family=name.family, given=name.given)
            for name in document.patient_names
            if name.family or name.given
        ],
        gender=GENDERS.get(document.gender.upper(), "unknown") if document.gender else "",
    )
    born = parse_moment(document.birth_time[:8])
    found.birthDate = born.date if born else ""
    values = plain(found)
    del values["resourceType"]
    return values


def _documents(document: Document, body: bytes, moment: Moment | None, reading: Reading) -> Iterator[Said]:
    """The document, and the one that it replaces."""
    name = f"{document.number.root}|{document.number.extension}" if document.number else reading.ref
    at = moment.fhir if moment else ""
    exact = len(at) > 10
    found = DocumentReference(
        status="current",
        type=_concept(document.code),
        date=at if exact else "",
        context=None if exact or not at else DocumentContext(period=Period(at)),
        author=[Reference(display=author.name) for author in document.authors],
        description=document.title,
        content=[DocumentContent(one) for one in _bodies(document, body)],
    )
    if document.replaces is not None:
        before = f"{document.replaces.root}|{document.replaces.extension}"
        target = Reference(f"DocumentReference/{derived_id('DocumentReference', before)}")
        found.relatesTo = [RelatesTo("replaces", target)]
        yield Said("DocumentReference", before, {"status": "superseded"}, reading.at_ns, "update")
    values = plain(found)
    del values["resourceType"]
    if document.confidentiality in {"R", "V"}:
        system = f"{_TERMINOLOGY}/v3-Confidentiality"
        values["meta"] = {"security": [{"system": system, "code": document.confidentiality}]}
    yield Said("DocumentReference", name, values, reading.at_ns, "update")


def _bodies(document: Document, body: bytes) -> list[Attachment]:
    """The narrative as text, an embedded file as it is, and the document itself."""
    return [*attachments_of(document), Attachment("application/cda+xml", b64encode(body).decode(), "CDA")]


def _allergy(entry: Reaction, patient_key: str, zone: ZoneInfo) -> Said | None:
    code = _concept(entry.substance)
    denied = ""
    if entry.negated and (entry.substance is None or entry.substance.code in NO_SUBSTANCE):
        denied = DENIALS.get(entry.kind.code if entry.kind else "", "")
        if not denied:
            return None
        code = CodeableConcept([Coding(_SNOMED, denied, NO_KNOWN_WORDS[denied])], NO_KNOWN_WORDS[denied])
    if code is None:
        return None
    found = AllergyIntolerance(
        clinicalStatus=_status("allergyintolerance-clinical", _clinical(entry)),
        category=[kind] if entry.kind and (kind := ALLERGY_KINDS.get(entry.kind.code)) and not denied else [],
        code=code,
        onsetDateTime=_when(entry.since, zone),
    )
    if entry.negated and not denied:
        found.verificationStatus = _status("allergyintolerance-verification", "refuted")
    elif entry.act_status in {"aborted", "nullified"}:
        wrong = entry.act_status == "nullified"
        found.clinicalStatus = None if wrong else _status("allergyintolerance-clinical", "inactive")
        if wrong:
            found.verificationStatus = _status("allergyintolerance-verification", "entered-in-error")
    manifestations = [concept for one in entry.manifestations if (concept := _concept(one))]
    severity = SEVERITIES.get(entry.severity.code, "") if entry.severity else ""
    if manifestations:
        found.reaction = [AllergyReaction(manifestations, severity=severity)]
    elif entry.severity is not None and (text := _words(entry.severity)):
        found.note = [Annotation(text)]
    return _said("AllergyIntolerance", patient_key, entry.number, _name(code), found)


def _condition(entry: Problem, patient_key: str, zone: ZoneInfo) -> Said | None:
    code = _concept(entry.code)
    if code is None:
        return None
    found = Condition(
        clinicalStatus=_status("condition-clinical", _clinical(entry)),
        category=[_status("condition-category", "problem-list-item")],
        code=code,
        onsetDateTime=_when(entry.since, zone),
        abatementDateTime=_when(entry.until, zone),
    )
    if entry.negated:
        found.verificationStatus = _status("condition-ver-status", "refuted")
    elif entry.act_status == "nullified":
        found.clinicalStatus, found.verificationStatus = None, _status("condition-ver-status", "entered-in-error")
    return _said("Condition", patient_key, entry.number, _name(code), found)


def _medicine(entry: Substance, patient_key: str, n: int, zone: ZoneInfo) -> Said | None:
    drug = _concept(entry.drug)
    if drug is None or (entry.negated and entry.drug is not None and not entry.drug.code):
        return None
    dose = _quantity(entry.dose, entry.dose_unit)
    words = [entry.words, "" if dose or not entry.dose else f"{entry.dose} {entry.dose_unit}".strip()]
    dosage = Dosage(
        text="\n".join(filter(None, words)),
        route=_concept(entry.route),
        doseAndRate=[DoseAndRate(doseQuantity=dose)] if dose else [],
    )
    since, until = _when(entry.since, zone), _when(entry.until, zone)
    found = MedicationStatement(
        status="not-taken" if entry.negated else MEDICINE_STATUS.get(entry.status, "unknown"),
        medicationCodeableConcept=drug,
        effectivePeriod=Period(since, until) if since or until else None,
        dosage=[dosage] if plain(dosage) else [],
    )
    return _said("MedicationStatement", patient_key, entry.number, f"{_name(drug)}|{entry.since}|{n}", found)


def _vaccine(entry: Vaccine, patient_key: str, zone: ZoneInfo) -> Said | None:
    code = _concept(entry.vaccine)
    if code is None:
        return None
    given = entry.status in {"", "completed"}
    found = Immunization(
        status="not-done" if entry.negated else "completed" if given else "entered-in-error",
        statusReason=_concept(entry.reason),
        vaccineCode=code,
        occurrenceDateTime=_when(entry.time, zone),
        lotNumber=entry.lot,
        doseQuantity=_quantity(entry.dose, entry.dose_unit),
    )
    if not given and entry.status != "nullified":
        return None  # begun, held or broken off: its text says what became of it
    return _said("Immunization", patient_key, entry.number, f"{_name(code)}|{entry.time}", found)


def _act(entry: Act, patient_key: str, zone: ZoneInfo) -> Said | None:
    code = _concept(entry.code)
    if code is None:
        return None
    since, until = _when(entry.since, zone), _when(entry.until, zone)
    found = Procedure(
        status="not-done" if entry.negated else ACT_STATUS.get(entry.status, "unknown"),
        code=code,
        performedDateTime=since if not until or until == since else "",
        performedPeriod=Period(since, until) if until and until != since else None,
        performer=[Performer(Reference(display=name)) for name in entry.performers],
        bodySite=[site for one in entry.sites if (site := _concept(one))],
    )
    return _said("Procedure", patient_key, entry.number, f"{_name(code)}|{entry.since}", found)


def _observation(entry: Result, patient_key: str, n: int, zone: ZoneInfo) -> Said | None:
    code = _concept(entry.code)
    if code is None:
        return None
    found = Observation(
        status=RESULT_STATUS.get(entry.status, "unknown"),
        code=code,
        effectiveDateTime=_when(entry.time, zone),
        interpretation=[concept for one in entry.flags if (concept := _concept(one))],
        referenceRange=[ReferenceRange(text=text) for text in entry.ranges],
    )
    if entry.value is not None:
        _value(found, entry.value, zone)
    return _said("Observation", patient_key, entry.number, f"{_name(code)}|{entry.time}|{n}", found)


def _value(found: Observation, value: Value, zone: ZoneInfo) -> None:
    """A value as it was sent; only a plain decimal becomes a number (F5)."""
    if value.code is not None and (concept := _concept(value.code)):
        found.valueCodeableConcept = concept
    elif value.kind in {"PQ", "INT", "REAL", "MO"} and (amount := _quantity(value.text, value.unit)):
        found.valueQuantity = amount
    elif value.kind in {"TS", "IVL_TS"} and (when := _when(value.text, zone)):
        found.valueDateTime = when
    elif value.low or value.high:
        found.valueString = (
            " - ".join((value.low, value.high))
            if value.low and value.high
            else (f">= {value.low}" if value.low else f"<= {value.high}")
        )
    else:
        found.valueString = f"{value.text} {value.unit}".strip()


def _said(
    kind: str,
    patient_key: str,
    number: Number | None,
    name: str,
    resource: AllergyIntolerance | Condition | MedicationStatement | Observation | Immunization | Procedure,
) -> Said:
    """Numbers of entries are reused by careless writers: the patient's number stands before them."""
    values = plain(resource)
    del values["resourceType"]
    if number is not None:
        name = f"{number.root}|{number.extension}|{name}"
    return Said(kind, f"{patient_key}|cda|{name}", values)


def _clinical(entry: Reaction | Problem) -> str:
    told = CLINICAL_STATUS.get(entry.status.code, "") if entry.status else ""
    return told or ("resolved" if entry.until else "active")


def _status(system: str, code: str) -> CodeableConcept:
    return CodeableConcept([Coding(f"{_TERMINOLOGY}/{system}", code)])


def _concept(code: Code | None) -> CodeableConcept | None:
    """A code, its translations, and its author's words; None when it says nothing but a null flavour."""
    if code is None:
        return None
    codings = [
        Coding(SYSTEMS.get(one.system) or _oid(one.system), " ".join(one.code.split()), one.display)
        for one in (code, *code.others)
        if one.code
    ]
    text = _words(code)
    return CodeableConcept(codings, text) if codings or text else None


def _words(code: Code) -> str:
    return code.text or code.display or next((one.display for one in code.others if one.display), "") or code.code


def _name(code: CodeableConcept) -> str:
    first = next(iter(code.coding), None)
    return f"{first.system}|{first.code}" if first else code.text.casefold()


def _oid(root: str) -> str:
    return f"urn:oid:{root}" if re.fullmatch(r"[0-2](?:\.(?:0|[1-9][0-9]*))+", root) else f"urn:id:{root}" * bool(root)


def _quantity(text: str, unit: str) -> Quantity | None:
    if not _DECIMAL.fullmatch(text) or len(text) > 30:
        return None
    return Quantity(value=Decimal(text), unit=unit if unit != "1" else "")


def _when(raw: str, zone: ZoneInfo) -> str:
    found = parse_moment(raw, zone) if raw else None
    return found.fhir if found else ""
