"""Charts against the truth: every line that a chart holds, and no other.

Method: each block of a chart is read out of its FHIR resources into plain lines, the ledger's facts are written as the
same lines, and the two are compared as they are, both ways. A line too many is as bad as one too few.

Rules kept here:
  * Read from what anybody gets (`contrefeu export`), never from the store: what is compared is what is shown.
  * Values are compared as texts with the digits they have; times to the nanosecond that their sender wrote.
"""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from contrefeu.base import parse_rfc3339
from contrefeu.drill.ledger import NEVER, TruePatient

Json = dict[str, Any]
Line = tuple[Any, ...]

_NONE_KNOWN = "716186003"  # SNOMED CT, as the hospital's own speakers write it
_KINDS = {"medication": "DA", "food": "FA", "environment": "EA"}
_SEVERITIES = {"severe": "SV", "moderate": "MO", "mild": "MI"}
_STAYS = {"onleave": "on-leave"}
_CLASSES = {"IMP": "I", "EMER": "E"}
_RESULTS = {
    "preliminary": "P",
    "final": "F",
    "corrected": "C",
    "cancelled": "X",
    "entered-in-error": "W",
    "registered": "I",
}
_REPORTS = {"preliminary": "P", "final": "F", "corrected": "C", "partial": "A", "cancelled": "X", "registered": "I"}
_DOCUMENTS = {"entered-in-error": "withdrawn"}
_PARTIAL = "RXA-20 PA"


class Difference(NamedTuple):
    """One line where a chart is not what it must be."""

    patient: str  # current local number, "authority|value"
    block: str
    how: str  # "missing" from the chart, "too much" in it
    line: Line


class Compared(NamedTuple):
    """What a comparison looked at, and what it found."""

    patients: int
    lines: int
    differences: tuple[Difference, ...]


class Charted:
    """One chart's resources, by type and by id."""

    def __init__(self, resources: Iterable[Json]) -> None:
        self.by_id: dict[str, Json] = {}
        self.by_type: dict[str, list[Json]] = {}
        for resource in resources:
            self.by_id[f"{resource['resourceType']}/{resource['id']}"] = resource
            self.by_type.setdefault(resource["resourceType"], []).append(resource)

    @property
    def patient(self) -> Json:
        """The Patient."""
        return self.by_type["Patient"][0]

    def all(self, kind: str) -> list[Json]:
        """Every resource of a type."""
        return self.by_type.get(kind, [])

    def number_of(self, reference: str, system: str = "") -> str:
        """The owner's number of the resource that *reference* names; "" when it is in no chart."""
        found = self.by_id.get(reference)
        return _number(found, system) if found is not None else ""


def read_export(folder: Path) -> list[Charted]:
    """Read what `contrefeu export` wrote, one `Charted` a patient."""
    held: dict[str, list[Json]] = {}
    for path in sorted(folder.glob("*.ndjson")):
        with path.open(encoding="utf-8") as lines:
            for text in lines:
                resource = json.loads(text, parse_float=Decimal)
                held.setdefault(_owner(resource), []).append(resource)
    return [Charted(resources) for resources in held.values()]


def compare(truth: Iterable[TruePatient], charts: Iterable[Charted]) -> Compared:
    """Compare every chart with the truth, both ways."""
    by_number: dict[str, list[Charted]] = {}
    unmatched: list[Charted] = []
    true = {patient.number: patient for patient in truth}
    for chart in charts:
        numbers = [number for number in _numbers(chart.patient) if number in true]
        if numbers:
            by_number.setdefault(numbers[0], []).append(chart)
        else:
            unmatched.append(chart)
    differences = [Difference("", "chart", "too much", _numbers(chart.patient)) for chart in unmatched]
    lines = 0
    for number, patient in true.items():
        found = by_number.get(number, [])
        if len(found) != 1:
            how = "missing" if not found else "too much"
            differences.append(Difference(number, "chart", how, (len(found), "charts")))
            continue
        for block, wanted, shown in _blocks(patient, found[0]):
            lines += len(wanted)
            must, has = Counter(wanted), Counter(shown)
            differences += [Difference(number, block, "missing", line) for line in (must - has).elements()]
            differences += [Difference(number, block, "too much", line) for line in (has - must).elements()]
    return Compared(len(true), lines, tuple(differences))


def without_source(charts: Iterable[Charted], known: Callable[[str], bool]) -> list[str]:
    """Names of resources that lead to no entry (promise 7): *known* says whether an entry is in a journal."""
    return [
        name
        for chart in charts
        for name, resource in chart.by_id.items()
        if not known(str(resource.get("meta", {}).get("source", "")).removeprefix("urn:contrefeu:entry:"))
    ]


def _blocks(patient: TruePatient, chart: Charted) -> list[tuple[str, list[Line], list[Line]]]:
    """Each block of a patient: the lines it must hold, the lines it holds."""
    true = patient
    return [
        ("identity", [_true_identity(true)], [_identity(chart)]),
        ("numbers", [(n,) for n in (true.number, *true.old_numbers)], [(n,) for n in _numbers(chart.patient)]),
        ("stays", [_true_stay(s) for s in true.stays], [_stay(s) for s in chart.all("Encounter")]),
        (
            "allergies",
            [(a.id, a.code, a.text, a.kind, a.severity, a.reaction, a.removed) for a in true.allergies],
            [_allergy(a) for a in chart.all("AllergyIntolerance") if not _denies(a)],
        ),
        ("no known allergy", [(true.none_known,)], [(_none_known(chart),)]),
        (
            "problems",
            [(p.id if p.kind == "problem" else "", p.kind, p.code, p.text, p.status) for p in true.problems],
            [_problem(c) for c in chart.all("Condition")],
        ),
        (
            "orders",
            [(o.placer, o.code, o.text, o.status, o.ordered_ns) for o in true.orders],
            [_order(r) for r in chart.all("ServiceRequest")],
        ),
        (
            "prescriptions",
            [
                (
                    p.number,
                    p.code,
                    p.text,
                    p.dose,
                    p.unit if p.dose else "",
                    p.route,
                    p.status,
                    p.start_ns,
                    p.words,
                    p.rate,
                    p.rate_unit,
                    p.steps,
                )
                for p in true.prescriptions
            ],
            [_prescription(r) for r in chart.all("MedicationRequest")],
        ),
        (
            "dispenses",
            [(d.prescription, d.at_ns, d.amount) for d in true.dispenses],
            [_dispense(r, chart) for r in chart.all("MedicationDispense")],
        ),
        (
            "doses",
            [
                (d.prescription, d.code, d.text, d.at_ns, d.amount, d.unit if d.amount else "", d.status, d.reason)
                for d in true.doses
            ],
            [_dose(r, chart) for r in chart.all("MedicationAdministration")],
        ),
        (
            "results",
            [
                (r.filler, r.code, r.text, r.unit, r.flag, r.range, r.status, r.at_ns, tuple(r.earlier))
                for r in true.results
            ],
            _results(chart),
        ),
        (
            "reports",
            [(r.filler, r.placer, r.code, r.title, r.section, r.status) for r in true.reports],
            [_report(r, chart) for r in chart.all("DiagnosticReport")],
        ),
        (
            "report texts",
            [(r.filler, line) for r in true.reports for line in r.text.splitlines() if line],
            _report_texts(chart, {(r.filler, line) for r in true.reports for line in r.text.splitlines()}),
        ),
        (
            "documents",
            [(d.id, d.code, d.title, d.status, d.written_ns, d.text, d.pdf_sha256, d.replaces) for d in true.documents],
            [_document(r, chart) for r in chart.all("DocumentReference")],
        ),
        (
            "appointments",
            [(a.id, a.what, a.text, a.room, a.start_ns, a.minutes, a.status) for a in true.appointments],
            [_appointment(r) for r in chart.all("Appointment")],
        ),
    ]


def _true_identity(true: TruePatient) -> Line:
    i = true.identity
    return (
        i.birth_name, i.used_name, i.given, i.birth_date, i.sex, i.national, i.qualified, i.dead, i.died_ns, i.mother,
    )  # fmt: skip


def _identity(chart: Charted) -> Line:
    patient = chart.patient
    names = {name.get("use", ""): name for name in patient.get("name", [])}
    official = names.get("official", {})
    used = names.get("usual", official).get("family", "")
    died = str(patient.get("deceasedDateTime", ""))
    reliability = [
        part["valueCoding"]["code"]
        for extension in patient.get("extension", [])
        for part in extension.get("extension", [])
        if part.get("url") == "identityStatus"
    ]
    mothers = [_called(link["other"]["identifier"]) for link in patient.get("link", []) if "other" in link]
    return (
        names.get("maiden", official).get("family", ""),
        used,
        tuple(dict.fromkeys(official.get("given", []))),
        patient.get("birthDate", ""),
        {"female": "F", "male": "M"}.get(patient.get("gender", ""), ""),
        next((one["value"] for one in patient.get("identifier", []) if _is_national(one)), ""),
        "".join(reliability),
        bool(died) or patient.get("deceasedBoolean") is True,
        _ns(died),
        "".join(mothers),
    )


def _true_stay(stay: Any) -> Line:
    place = stay.place
    where = tuple(part for part in (place.ward, place.room, place.bed) if part) if place is not None else ()
    begun = stay.admitted_ns if stay.status not in {"planned", "cancelled"} else NEVER
    return (stay.visit, stay.status, stay.patient_class, begun, stay.left_ns, where)


def _stay(stay: Json) -> Line:
    visit = next((_called(one) for one in stay.get("identifier", []) if _type(one) == "VN"), "")
    status = str(stay.get("status", ""))
    here = status in {"in-progress", "onleave"}
    parts = {
        _code(one.get("physicalType")): one["location"]["display"]
        for one in stay.get("location", [])
        if here and one.get("status") == "active"
    }
    return (
        visit,
        _STAYS.get(status, status),
        _CLASSES.get(stay.get("class", {}).get("code", ""), ""),
        _ns(stay.get("period", {}).get("start")) if status not in {"planned", "cancelled"} else NEVER,
        _ns(stay.get("period", {}).get("end")),
        tuple(parts[kind] for kind in ("wa", "ro", "bd") if kind in parts),
    )


def _allergy(allergy: Json) -> Line:
    reactions = allergy.get("reaction", [{}])
    words = [one.get("text", "") for reaction in reactions for one in reaction.get("manifestation", [])]
    return (
        _number(allergy),
        _code(allergy.get("code")),
        _text(allergy.get("code")),
        _KINDS.get("".join(allergy.get("category", [])), ""),
        _SEVERITIES.get(reactions[0].get("severity", ""), ""),
        ", ".join(words),
        _code(allergy.get("verificationStatus")) == "entered-in-error",
    )


def _denies(allergy: Json) -> bool:
    return any(one.get("code") == _NONE_KNOWN for one in allergy.get("code", {}).get("coding", []))


def _none_known(chart: Charted) -> bool:
    return any(
        _denies(one) and _code(one.get("verificationStatus")) != "entered-in-error"
        for one in chart.all("AllergyIntolerance")
    )


def _problem(condition: Json) -> Line:
    kind = "diagnosis" if _code((condition.get("category") or [{}])[0]) == "encounter-diagnosis" else "problem"
    removed = _code(condition.get("verificationStatus")) == "entered-in-error"
    status = "removed" if removed else _code(condition.get("clinicalStatus"))
    return (_number(condition), kind, _code(condition.get("code")), _text(condition.get("code")), status)


def _order(order: Json) -> Line:
    return (
        _number(order),
        _code(order.get("code")),
        _text(order.get("code")),
        order.get("status", ""),
        _ns(order.get("authoredOn")),
    )


def _prescription(request: Json) -> Line:
    dosages = request.get("dosageInstruction", [{}])
    first = dosages[0]
    amounts = [rate.get("doseQuantity") for dosage in dosages for rate in dosage.get("doseAndRate", [])]
    amount = amounts[0] if len(dosages) == 1 and amounts and amounts[0] else {}
    rate: Json = next((one["rateQuantity"] for one in first.get("doseAndRate", []) if "rateQuantity" in one), {})
    start = first.get("timing", {}).get("repeat", {}).get("boundsPeriod", {}).get("start")
    steps = tuple((str(one.get("value", "")), one.get("unit", "")) for one in amounts if one and len(dosages) > 1)
    drug = request.get("medicationCodeableConcept")
    return (
        _number(request),
        _code(drug),
        _text(drug),
        str(amount.get("value", "")),
        amount.get("unit", ""),
        _code(first.get("route")),
        request.get("status", ""),
        _ns(start),
        first.get("text", ""),
        str(rate.get("value", "")),
        rate.get("unit", ""),
        steps,
    )


def _dispense(dispense: Json, chart: Charted) -> Line:
    prescription = (dispense.get("authorizingPrescription") or [{}])[0].get("reference", "")
    amount = str(dispense.get("quantity", {}).get("value", ""))
    return (chart.number_of(prescription), _ns(dispense.get("whenHandedOver")), amount)


def _dose(dose: Json, chart: Charted) -> Line:
    drug, dosage = dose.get("medicationCodeableConcept"), dose.get("dosage", {})
    given = "part" if any(_PARTIAL in note["text"] for note in dose.get("note", [])) else "given"
    status = {"completed": given, "not-done": "refused", "entered-in-error": "withdrawn"}.get(
        dose.get("status", ""), ""
    )
    at = dose.get("effectiveDateTime") or dose.get("effectivePeriod", {}).get("start")
    amount = dosage.get("dose", {})
    return (
        chart.number_of(dose.get("request", {}).get("reference", "")),
        _code(drug),
        _text(drug),
        _ns(at),
        str(amount.get("value", "")),
        amount.get("unit", ""),
        status,
        _text((dose.get("statusReason") or [{}])[0]),
    )


def _results(chart: Charted) -> list[Line]:
    filler_of = {
        result["reference"]: _filler(report)
        for report in chart.all("DiagnosticReport")
        for result in report.get("result", [])
    }
    lines: list[Line] = []
    for found in chart.all("Observation"):
        value, unit = _value(found)
        flags = [_code(flag) for flag in found.get("interpretation", [])]
        ranges = found.get("referenceRange", [{}])
        earlier = [
            text
            for extension in found.get("extension", [])
            if extension["url"] == "urn:contrefeu:earlier"
            for text in [_earlier(extension["extension"])]
            if text
        ]
        lines.append(
            (
                filler_of.get(f"Observation/{found['id']}", ""),
                _code(found.get("code")),
                value,
                unit,
                "".join(flags),
                ranges[0].get("text", ""),
                _RESULTS.get(found.get("status", ""), ""),
                _ns(found.get("effectiveDateTime")),
                tuple(earlier),
            )
        )
    return lines


def _earlier(parts: list[Json]) -> str:
    for part in parts:
        if part["url"] == "value":
            return _value(part)[0]
    return ""


def _value(held: Mapping[str, Any]) -> tuple[str, str]:
    """A value[x] as its sender wrote it, and its unit."""
    if "valueQuantity" in held:
        quantity = held["valueQuantity"]
        return f"{quantity.get('comparator', '')}{quantity.get('value', '')}", quantity.get("unit", "")
    if "valueCodeableConcept" in held:
        return _text(held["valueCodeableConcept"]), ""
    return str(held.get("valueString", "")), ""


def _report(report: Json, chart: Charted) -> Line:
    based_on = (report.get("basedOn") or [{}])[0].get("reference", "")
    category = (report.get("category") or [{}])[0]
    return (
        _filler(report),
        chart.number_of(based_on),
        _code(report.get("code")),
        _text(report.get("code")),
        _code(category),
        _REPORTS.get(report.get("status", ""), ""),
    )


def _report_texts(chart: Charted, wanted: set[tuple[str, str]]) -> list[Line]:
    """Lines of reports' texts that the truth asks for; what else stands there is compared as results."""
    found: list[Line] = []
    for report in chart.all("DiagnosticReport"):
        filler = _filler(report)
        texts = [str(report.get("conclusion", ""))]
        for result in report.get("result", []):
            observation = chart.by_id.get(result["reference"], {})
            name, value = _text(observation.get("code")), _value(observation)[0]
            texts += [value, *(f"{name}{mark}{value}" for mark in (" : ", ": ", " "))]
        lines = {line for text in texts for line in text.splitlines()}
        found += [(filler, line) for line in sorted(lines) if line and (filler, line) in wanted]
    return found


def _document(document: Json, chart: Charted) -> Line:
    text, pdf = "", ""
    for content in document.get("content", []):
        attachment = content["attachment"]
        body = base64.b64decode(attachment.get("data", ""))
        if attachment.get("contentType", "").startswith("text/plain"):
            text = body.decode()
        else:
            pdf = sha256(body).hexdigest()
    replaced = [chart.number_of(one["target"]["reference"]) for one in document.get("relatesTo", [])]
    status = document.get("status", "")
    return (
        _number(document),
        _code(document.get("type")),
        document.get("description", ""),
        _DOCUMENTS.get(status, status),
        _ns(document.get("date")),
        text,
        pdf,
        "".join(replaced),
    )


def _appointment(appointment: Json) -> Line:
    service = (appointment.get("serviceType") or [{}])[0]
    others = [
        one["actor"]["display"]
        for one in appointment.get("participant", [])
        if "identifier" not in one["actor"] and not one["actor"].get("reference")
    ]
    return (
        _number(appointment),
        _code(service),
        _text(service),
        " ".join(others),
        _ns(appointment.get("start")),
        appointment.get("minutesDuration", 0),
        appointment.get("status", ""),
    )


def _owner(resource: Json) -> str:
    """Id of the patient that a resource is about."""
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    named = resource.get("subject") or resource.get("patient")
    if named is None:
        actors = (one["actor"].get("reference", "") for one in resource["participant"])
        named = {"reference": next(actor for actor in actors if actor.startswith("Patient/"))}
    return str(named["reference"]).removeprefix("Patient/")


def _numbers(patient: Json) -> tuple[str, ...]:
    """Local numbers of a Patient."""
    return tuple(_called(one) for one in patient.get("identifier", []) if not _is_national(one) and _type(one) != "AN")


def _is_national(identifier: Json) -> bool:
    return _type(identifier).startswith(("INS", "NI"))


def _number(resource: Json, system: str = "") -> str:
    """The owner's number of a resource: its first identifier."""
    return next((_called(one) for one in resource.get("identifier", []) if system in one.get("system", "")), "")


def _filler(report: Json) -> str:
    """Its own number: the last one (the placer's goes first)."""
    return _called(report["identifier"][-1]) if report.get("identifier") else ""


def _called(identifier: Json) -> str:
    system = str(identifier.get("system", ""))
    authority = identifier.get("assigner", {}).get("display") or system.removeprefix("urn:id:")
    return f"{authority}|{identifier.get('value', '')}"


def _type(identifier: Json) -> str:
    return _code(identifier.get("type"))


def _code(concept: Json | None) -> str:
    return str(((concept or {}).get("coding") or [{}])[0].get("code", ""))


def _text(concept: Json | None) -> str:
    return str((concept or {}).get("text", ""))


def _ns(text: Any) -> int:
    return parse_rfc3339(str(text)) if text else NEVER
