"""A chart as an International Patient Summary: what another house must know, as a FHIR document (HL7 FHIR IPS, R4).

Rules kept here:
  * What stands goes in: what was taken back, stopped or is over stays in the chart. Nothing is added that was not said.
  * The three sections that every summary has are always there; where no feed ever spoke of one, it says so (F1):
    "unavailable" is not "none".
  * Each section is readable by itself, in the reader's language; every line names its entry.
  * An exercise's summary is labelled as one (F33). It is of the chart's last entry, and the same for the same entries.
"""

from collections.abc import Callable
from html import escape
from typing import NamedTuple

from contrefeu.base import rfc3339
from contrefeu.chart.elements import Resource, is_error, is_struck, source_of, status_of
from contrefeu.chart.fold import Chart, to_bundle
from contrefeu.chart.sentences import HOSPITAL_ZONE, moment, sentence
from contrefeu.chart.words import Language, word
from contrefeu.fhir import Json, derived_id, exercise

_LOINC = "http://loinc.org"
_OVER = frozenset({"resolved", "inactive", "remission"})


class Section(NamedTuple):
    """One section: its code and name in IPS, the block of a chart that it is made of, and what goes in."""

    code: str
    display: str
    block: str
    types: tuple[str, ...]
    stands: Callable[[Resource], bool]
    required: bool = False


def _given(one: Resource) -> bool:
    return one.get("status") not in {"entered-in-error", "cancelled", "not-done"}


def _running(one: Resource) -> bool:
    return one.get("status") in {"active", "on-hold", "unknown", "completed"} and (
        one["resourceType"] != "MedicationRequest" or one.get("status") != "completed"
    )


_SECTIONS = (
    Section(
        "10160-0", "History of Medication use Narrative", "prescriptions", ("MedicationRequest", "MedicationStatement"),
        _running, required=True,
    ),
    Section(
        "48765-2", "Allergies and adverse reactions Document", "allergies", ("AllergyIntolerance",),
        lambda one: not is_struck(one), required=True,
    ),
    Section(
        "11450-4", "Problem list - Reported", "problems", ("Condition",),
        lambda one: not is_error(one) and status_of(one) not in _OVER, required=True,
    ),
    Section("11369-6", "History of Immunization Narrative", "procedures", ("Immunization",), _given),
    Section("47519-4", "History of Procedures Document", "procedures", ("Procedure",), _given),
    Section("30954-2", "Relevant diagnostic tests/laboratory data Narrative", "results", ("Observation",), _given),
)  # fmt: skip


def summary(chart: Chart, facility: str, language: Language = "fr", zone: str = HOSPITAL_ZONE) -> Json:
    """Return *chart* as a document Bundle.

    Args:
        chart: The chart.
        facility: Who gives it.
        language: Of its narrative.
        zone: Of the hospital: instants are said in its wall time.
    """
    entries = {f"{one['resourceType']}/{one['id']}": one for one in _resources(chart)}
    date = rfc3339(chart.last_received_ns)
    sections, used = [], []
    for section in _SECTIONS:
        lines = [one for one in entries.values() if one["resourceType"] in section.types and section.stands(one)]
        if lines or section.required:
            sections.append(_section(section, lines, chart, language, zone))
            used += lines
    patient = next(one for one in entries.values() if one["resourceType"] == "Patient")
    composition: Json = {
        "resourceType": "Composition",
        "id": derived_id("Composition", chart.id, date),
        "status": "final",
        "type": {"coding": [{"system": _LOINC, "code": "60591-5", "display": "Patient summary Document"}]},
        "subject": {"reference": f"Patient/{chart.id}"},
        "date": date,
        "author": [{"display": facility or "Contrefeu"}],
        "title": f"{word('summary', language)} {moment(date, language, zone)}",
        "section": sections,
    }
    if chart.world == "T":
        composition = exercise(composition)
    return {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{derived_id('ips', chart.id, date)}"},
        "type": "document",
        "timestamp": date,
        "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in (composition, patient, *used)],
    }


def _resources(chart: Chart) -> list[Json]:
    return [entry["resource"] for entry in to_bundle(chart)["entry"]]


def _section(section: Section, lines: list[Json], chart: Chart, language: Language, zone: str) -> Json:
    title = word(f"section {section.block}", language)
    found: Json = {
        "title": title.capitalize(),
        "code": {"coding": [{"system": _LOINC, "code": section.code, "display": section.display}]},
    }
    if lines:
        said = [f"{sentence(one, language, zone)} [{source_of(one)}]" for one in lines]
        found["text"] = _text("<ul>" + "".join(f"<li>{escape(text)}</li>" for text in said) + "</ul>")
        found["entry"] = [{"reference": f"{one['resourceType']}/{one['id']}"} for one in lines]
        return found
    heard = bool(chart.heard.get(section.block))
    text = word("nothing" if heard else "no source", language)
    found["text"] = _text(f"<p>{escape(text)}</p>")
    reason = {"system": "http://terminology.hl7.org/CodeSystem/list-empty-reason", "code": "unavailable"}
    found["emptyReason"] = {"coding": [reason], "text": text}
    return found


def _text(inside: str) -> Json:
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{inside}</div>'}
