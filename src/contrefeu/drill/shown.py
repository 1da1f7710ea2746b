"""What a chart shows, as plain lines: each block of a chart read out of its FHIR resources.

Rules kept here:
  * Values are texts with the digits they have; times to the nanosecond that their sender wrote.
"""

import base64
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from contrefeu.drill.charted import (
    Charted,
    Json,
    called,
    code_of,
    filler_of,
    is_national,
    ns_of,
    number_of,
    text_of,
    type_of,
)
from contrefeu.drill.ledger import NEVER

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


def identity_line(chart: Charted) -> Line:
    """Who it is."""
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
    mothers = [called(link["other"]["identifier"]) for link in patient.get("link", []) if "other" in link]
    return (
        names.get("maiden", official).get("family", ""),
        used,
        tuple(dict.fromkeys(official.get("given", []))),
        patient.get("birthDate", ""),
        {"female": "F", "male": "M"}.get(patient.get("gender", ""), ""),
        next((one["value"] for one in patient.get("identifier", []) if is_national(one)), ""),
        "".join(reliability),
        bool(died) or patient.get("deceasedBoolean") is True,
        ns_of(died),
        "".join(mothers),
    )


def stay_line(stay: Json) -> Line:
    """One stay: what it is and where."""
    visit = next((called(one) for one in stay.get("identifier", []) if type_of(one) == "VN"), "")
    status = str(stay.get("status", ""))
    here = status in {"in-progress", "onleave"}
    parts = {
        code_of(one.get("physicalType")): one["location"]["display"]
        for one in stay.get("location", [])
        if here and one.get("status") == "active"
    }
    return (
        visit,
        _STAYS.get(status, status),
        _CLASSES.get(stay.get("class", {}).get("code", ""), ""),
        ns_of(stay.get("period", {}).get("start")) if status not in {"planned", "cancelled"} else NEVER,
        ns_of(stay.get("period", {}).get("end")),
        tuple(parts[kind] for kind in ("wa", "ro", "bd") if kind in parts),
    )


def allergy_line(allergy: Json) -> Line:
    """One allergy."""
    reactions = allergy.get("reaction", [{}])
    words = [one.get("text", "") for reaction in reactions for one in reaction.get("manifestation", [])]
    return (
        number_of(allergy),
        code_of(allergy.get("code")),
        text_of(allergy.get("code")),
        _KINDS.get("".join(allergy.get("category", [])), ""),
        _SEVERITIES.get(reactions[0].get("severity", ""), ""),
        ", ".join(words),
        code_of(allergy.get("verificationStatus")) == "entered-in-error",
    )


def denies(allergy: Json) -> bool:
    """Whether it says that there is none."""
    return any(one.get("code") == _NONE_KNOWN for one in allergy.get("code", {}).get("coding", []))


def none_known(chart: Charted) -> bool:
    """Whether "no known allergy" stands."""
    return any(
        denies(one) and code_of(one.get("verificationStatus")) != "entered-in-error"
        for one in chart.all("AllergyIntolerance")
    )


def problem_line(condition: Json) -> Line:
    """One problem or diagnosis."""
    kind = "diagnosis" if code_of((condition.get("category") or [{}])[0]) == "encounter-diagnosis" else "problem"
    removed = code_of(condition.get("verificationStatus")) == "entered-in-error"
    status = "removed" if removed else code_of(condition.get("clinicalStatus"))
    return (number_of(condition), kind, code_of(condition.get("code")), text_of(condition.get("code")), status)


def order_line(order: Json) -> Line:
    """One request."""
    return (
        number_of(order),
        code_of(order.get("code")),
        text_of(order.get("code")),
        order.get("status", ""),
        ns_of(order.get("authoredOn")),
    )


def prescription_line(request: Json) -> Line:
    """One prescription."""
    dosages = request.get("dosageInstruction", [{}])
    first = dosages[0]
    amounts = [rate.get("doseQuantity") for dosage in dosages for rate in dosage.get("doseAndRate", [])]
    amount = amounts[0] if len(dosages) == 1 and amounts and amounts[0] else {}
    rate: Json = next((one["rateQuantity"] for one in first.get("doseAndRate", []) if "rateQuantity" in one), {})
    start = first.get("timing", {}).get("repeat", {}).get("boundsPeriod", {}).get("start")
    steps = tuple((str(one.get("value", "")), one.get("unit", "")) for one in amounts if one and len(dosages) > 1)
    drug = request.get("medicationCodeableConcept")
    return (
        number_of(request),
        code_of(drug),
        text_of(drug),
        str(amount.get("value", "")),
        amount.get("unit", ""),
        code_of(first.get("route")),
        request.get("status", ""),
        ns_of(start),
        first.get("text", ""),
        str(rate.get("value", "")),
        rate.get("unit", ""),
        steps,
    )


def dispense_line(dispense: Json, chart: Charted) -> Line:
    """One dispense."""
    prescription = (dispense.get("authorizingPrescription") or [{}])[0].get("reference", "")
    amount = str(dispense.get("quantity", {}).get("value", ""))
    return (chart.number_of(prescription), ns_of(dispense.get("whenHandedOver")), amount)


def dose_line(dose: Json, chart: Charted) -> Line:
    """One dose."""
    drug, dosage = dose.get("medicationCodeableConcept"), dose.get("dosage", {})
    given = "part" if any(_PARTIAL in note["text"] for note in dose.get("note", [])) else "given"
    status = {"completed": given, "not-done": "refused", "entered-in-error": "withdrawn"}.get(
        dose.get("status", ""), ""
    )
    at = dose.get("effectiveDateTime") or dose.get("effectivePeriod", {}).get("start")
    amount = dosage.get("dose", {})
    return (
        chart.number_of(dose.get("request", {}).get("reference", "")),
        code_of(drug),
        text_of(drug),
        ns_of(at),
        str(amount.get("value", "")),
        amount.get("unit", ""),
        status,
        text_of((dose.get("statusReason") or [{}])[0]),
    )


def result_lines(chart: Charted) -> list[Line]:
    """Every result, with the values that it had before."""
    fillers = {
        result["reference"]: filler_of(report)
        for report in chart.all("DiagnosticReport")
        for result in report.get("result", [])
    }
    lines: list[Line] = []
    for found in chart.all("Observation"):
        value, unit = _value(found)
        flags = [code_of(flag) for flag in found.get("interpretation", [])]
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
                fillers.get(f"Observation/{found['id']}", ""),
                code_of(found.get("code")),
                value,
                unit,
                "".join(flags),
                ranges[0].get("text", ""),
                _RESULTS.get(found.get("status", ""), ""),
                ns_of(found.get("effectiveDateTime")),
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
        return text_of(held["valueCodeableConcept"]), ""
    return str(held.get("valueString", "")), ""


def report_line(report: Json, chart: Charted) -> Line:
    """One report."""
    based_on = (report.get("basedOn") or [{}])[0].get("reference", "")
    category = (report.get("category") or [{}])[0]
    return (
        filler_of(report),
        chart.number_of(based_on),
        code_of(report.get("code")),
        text_of(report.get("code")),
        code_of(category),
        _REPORTS.get(report.get("status", ""), ""),
    )


def report_text_lines(chart: Charted, wanted: set[tuple[str, str]]) -> list[Line]:
    """Lines of reports' texts that the truth asks for; what else stands there is compared as results."""
    found: list[Line] = []
    for report in chart.all("DiagnosticReport"):
        filler = filler_of(report)
        texts = [str(report.get("conclusion", ""))]
        for result in report.get("result", []):
            observation = chart.by_id.get(result["reference"], {})
            name, value = text_of(observation.get("code")), _value(observation)[0]
            texts += [value, *(f"{name}{mark}{value}" for mark in (" : ", ": ", " "))]
        lines = {line for text in texts for line in text.splitlines()}
        found += [(filler, line) for line in sorted(lines) if line and (filler, line) in wanted]
    return found


def document_line(document: Json, chart: Charted) -> Line:
    """One document."""
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
        number_of(document),
        code_of(document.get("type")),
        document.get("description", ""),
        _DOCUMENTS.get(status, status),
        ns_of(document.get("date")),
        text,
        pdf,
        "".join(replaced),
    )


def appointment_line(appointment: Json) -> Line:
    """One appointment."""
    service = (appointment.get("serviceType") or [{}])[0]
    others = [
        one["actor"]["display"]
        for one in appointment.get("participant", [])
        if "identifier" not in one["actor"] and not one["actor"].get("reference")
    ]
    return (
        number_of(appointment),
        code_of(service),
        text_of(service),
        " ".join(others),
        ns_of(appointment.get("start")),
        appointment.get("minutesDuration", 0),
        appointment.get("status", ""),
    )
