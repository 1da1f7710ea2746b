"""FHIR R4 in: bundles, single resources (hl7.org/fhir/R4/bundle.html).

Rules kept here:
  * What a FHIR sender gave is kept whole, elements that we do not use too.
  * A resource belongs to the patient that it names by reference, or to the one patient of its bundle; a bundle of many
    patients is read once for each.
  * A resource is called by its identifier, else by the sender's own id.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from contrefeu.fhir import Json, derived_id
from contrefeu.mapping.reading import FeedRules, Reading, Said, Subject
from contrefeu.mapping.tables.codes import NATIONAL_AUTHORITIES, NATIONAL_TYPES

# Types that hold something about one patient, and the element that names the patient
_CHARTED = {
    "AllergyIntolerance": "patient",
    "Condition": "subject",
    "Observation": "subject",
    "DiagnosticReport": "subject",
    "ServiceRequest": "subject",
    "MedicationRequest": "subject",
    "MedicationAdministration": "subject",
    "MedicationDispense": "subject",
    "MedicationStatement": "subject",
    "DocumentReference": "subject",
    "Immunization": "patient",
    "Procedure": "subject",
    "Flag": "subject",
    "Encounter": "subject",
    "Appointment": "participant",
    "CarePlan": "subject",
    "Goal": "subject",
    "Specimen": "subject",
    "NutritionOrder": "patient",
    "RelatedPerson": "patient",
}
_DROPPED = frozenset({"resourceType", "id", "meta", "text", "subject", "patient"})


def read_fhir(reading: Reading, resource: Any, rules: FeedRules) -> None:
    """Fill *reading* with what *resource* (a Bundle, a list, one resource) says."""
    resources = list(_flatten(resource, ""))
    kind = resource.get("resourceType", "") if isinstance(resource, dict) else "list"
    reading.kind = f"FHIR {kind}".strip()
    authority = rules.authority or reading.source
    patients = [(url, one) for url, one in resources if one.get("resourceType") == "Patient"]
    names = {name: _keys(one, authority) for url, one in patients for name in _names(url, one)}
    by_patient: dict[str, list[Json]] = {keys[0]: [] for _, one in patients if (keys := _keys(one, authority))}
    alone = next(iter(by_patient)) if len(by_patient) == 1 else ""
    for _, one in resources:
        type_ = str(one.get("resourceType", ""))
        if type_ == "Patient":
            continue
        if type_ not in _CHARTED:
            reading.lose(type_ or "?", "kept in the message, not charted")
            continue
        key = _patient_key(one, _CHARTED[type_], names, authority) or alone
        if key:
            by_patient.setdefault(key, []).append(one)
        else:
            reading.lose(type_, "names no patient that can be told from others")
    ids = {f"{one.get('resourceType')}/{one.get('id')}": _name(one, reading.source) for _, one in resources}
    ids |= {url: _name(one, reading.source) for url, one in resources if url}
    told = {_keys(one, authority)[0]: one for _, one in patients if _keys(one, authority)}
    parts = [_part(reading, key, told.get(key), found, ids, authority) for key, found in by_patient.items()]
    if not parts:
        reading.lose("", "no patient with a number: kept as it came")
        return
    _become(reading, parts[0])
    reading.also = parts[1:]


def _part(
    whole: Reading, key: str, patient: Json | None, resources: list[Json], ids: dict[str, str], authority: str
) -> Reading:
    """One patient's part of a bundle."""
    part = Reading(
        whole.journal, whole.sequence, whole.received_ns, whole.hlc, whole.source, whole.kind, understood=True
    )
    keys = _keys(patient, authority) if patient else [key]
    part.subjects = [Subject(keys)]
    if patient is not None:
        part.patient = {name: value for name, value in patient.items() if name not in {"resourceType", "id", "meta"}}
        part.at_ns = _time(patient)
    for one in resources:
        name = _name(one, whole.source)
        values: Json = {k: _rewritten(v, ids) for k, v in one.items() if k not in _DROPPED}
        if one["resourceType"] == "Appointment":
            values["participant"] = [
                p for p in values.get("participant", []) if "Patient/" not in str(p.get("actor", {}).get("reference"))
            ]
        security = (one.get("meta") or {}).get("security")
        if security:
            values["meta"] = {"security": security}
        part.said.append(Said(str(one["resourceType"]), name, values, _time(one)))
    return part


def _become(reading: Reading, part: Reading) -> None:
    for name in ("understood", "subjects", "patient", "at_ns", "said", "stays", "identifies"):
        setattr(reading, name, getattr(part, name))


def _flatten(resource: Any, url: str) -> Iterator[tuple[str, Json]]:
    """Every resource, bundles in bundles opened, with its fullUrl; contained ones stay where they are."""
    if isinstance(resource, list):
        for one in resource:
            yield from _flatten(one, "")
    elif isinstance(resource, dict) and resource.get("resourceType") == "Bundle":
        for entry in resource.get("entry") or []:
            if isinstance(entry, dict):
                yield from _flatten(entry.get("resource"), str(entry.get("fullUrl", "")))
    elif isinstance(resource, dict) and isinstance(resource.get("resourceType"), str):
        yield url, resource


def _keys(patient: Json, authority: str) -> list[str]:
    """Identity keys, local numbers first; the server's own id when there is none."""
    local = []
    for number in patient.get("identifier") or []:
        value = str(number.get("value") or "").strip()
        system = str(number.get("system") or "")
        codes = {str(c.get("code")) for c in (number.get("type") or {}).get("coding") or []}
        national = codes & NATIONAL_TYPES or system.removeprefix("urn:oid:") in NATIONAL_AUTHORITIES
        if value and not national and number.get("use") != "old" and "us-ssn" not in system:
            assigner = str((number.get("assigner") or {}).get("display") or "")
            name = system.removeprefix("urn:id:") if system.startswith("urn:id:") else system or assigner
            local.append((0 if codes & {"MR", "PI", "PT"} else 1, f"{name or authority}|{value}"))
    local.sort(key=lambda found: found[0])
    keys = [key for _, key in local]
    return keys or ([f"{authority}|{patient['id']}"] if patient.get("id") else [])


def _names(url: str, resource: Json) -> list[str]:
    return [name for name in (url, f"{resource['resourceType']}/{resource.get('id')}") if name]


def _patient_key(resource: Json, element: str, names: dict[str, list[str]], authority: str) -> str:
    value = resource.get(element)
    references = [p.get("actor") for p in value if isinstance(p, dict)] if isinstance(value, list) else [value]
    for reference in references:
        if not isinstance(reference, dict):
            continue
        target = str(reference.get("reference", ""))
        keys = names.get(target) or names.get("/".join(target.split("/")[-2:]))
        if keys:
            return keys[0]
        if "Patient/" in target:
            return f"{authority}|{target.rpartition('/')[2]}"
        number = reference.get("identifier")
        if isinstance(number, dict) and number.get("value"):
            return next(iter(_keys({"identifier": [number]}, authority)), "")
    return ""


def _name(resource: Json, source: str) -> str:
    """What a resource is called: its first identifier, else its sender's id."""
    for number in resource.get("identifier") or []:
        if isinstance(number, dict) and number.get("value"):
            return f"{number.get('system', '')}|{number['value']}"
    return f"{source}|{resource.get('id', '')}"


def _rewritten(value: Any, ids: dict[str, str]) -> Any:
    """References inside one sender's resources, to the ids that they have here."""
    if isinstance(value, dict):
        target = value.get("reference")
        if isinstance(target, str) and target in ids:
            type_ = target.split("/")[-2] if "/" in target else ""
            name = ids[target]
            if type_ in _CHARTED:
                return {**value, "reference": f"{type_}/{derived_id(type_, name)}"}
        return {key: _rewritten(one, ids) for key, one in value.items()}
    return [_rewritten(one, ids) for one in value] if isinstance(value, list) else value


def _time(resource: Json) -> int:
    """meta.lastUpdated in ns; 0 when there is none."""
    text = (resource.get("meta") or {}).get("lastUpdated")
    if not isinstance(text, str):
        return 0
    try:
        return int(datetime.fromisoformat(text).timestamp()) * 10**9
    except ValueError:
        return 0
