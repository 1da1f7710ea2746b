"""FHIR R4 in: bundles of any kind, lists, single resources (hl7.org/fhir/R4/bundle.html).

Rules kept here:
  * What a FHIR sender gave is kept whole, elements that we do not use too.
  * A resource belongs to the patient that it names by reference, or to the one patient of its bundle; a bundle of many
    patients is read once for each.
  * A resource is called by its identifier, else by the sender's own id, else by its content.
  * What a line of a chart refers to and no chart holds (a drug, a prescriber) is put in words beside the reference.
  * A deletion deletes nothing; it is noted.
  * What people say here (source "user/...") may be about an object that the chart holds, of whoever's making: it names
    it by its id, and says what changes of it. No feed can.
  * What is labelled as an exercise's (HTEST), or stands beside such a resource of the same patient, is charted in the
    exercises' world (F33).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from contrefeu.fhir import Json, derived_id, encode, is_exercise
from contrefeu.mapping.from_people import cleared, movement_of, parted, person_of
from contrefeu.mapping.reading import OBJECT, PEOPLE, Ensemble, FeedRules, Link, Reading, Said, Subject
from contrefeu.mapping.tables.codes import NATIONAL_AUTHORITIES, NATIONAL_TYPES

# Types that hold something about one patient, and the element that names the patient
_CHARTED = {
    "AllergyIntolerance": "patient",
    "Condition": "subject",
    "Observation": "subject",
    "DiagnosticReport": "subject",
    "ImagingStudy": "subject",
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
    "Communication": "subject",
    "Task": "for",
}
_DROPPED = frozenset({"resourceType", "id", "meta", "text", "subject", "patient", "for"})
_NESTED_MAX = 64  # levels of JSON that are walked: a resource has under 20, an attack as many as it likes


def read_fhir(reading: Reading, resource: Any, rules: FeedRules) -> None:
    """Fill *reading* with what *resource* (a Bundle, a list, one resource) says."""
    kind = resource.get("resourceType", "") if isinstance(resource, dict) else "list"
    reading.kind = f"FHIR {kind}".strip()
    if _too_deep(resource):
        reading.lose("", f"nested deeper than {_NESTED_MAX} levels: kept as it came")
        return
    resources = list(_flatten(resource, "", reading))
    authority = rules.authority or reading.source
    patients = [(url, one) for url, one in resources if one.get("resourceType") == "Patient"]
    names = {name: _keys(one, authority) for url, one in patients for name in _names(url, one)}
    by_patient: dict[str, list[Json]] = {keys[0]: [] for _, one in patients if (keys := _keys(one, authority))}
    alone = next(iter(by_patient)) if len(by_patient) == 1 else ""
    words = {name: text for url, one in resources if (text := _words(one)) for name in _names(url, one)}
    drugs = {name: one for url, one in resources if one["resourceType"] == "Medication" for name in _names(url, one)}
    files = {name: one for url, one in resources if one["resourceType"] == "Binary" for name in _names(url, one)}
    for _, one in resources:
        type_ = str(one["resourceType"])
        if type_ == "Patient" or (type_ == "Binary" and len(resources) > 1):
            continue
        if type_ not in _CHARTED:
            reading.lose(type_, "kept in the message, not charted")
            continue
        element = _CHARTED[type_]
        key = _patient_key(one, element, names, authority) or (alone if not _names_somebody(one, element) else "")
        if key:
            by_patient.setdefault(key, []).append(_with_files(_with_words(_with_drug(one, drugs)), files))
        else:
            reading.lose(type_, "names no patient that can be told from others")
    ids = {f"{one['resourceType']}/{one.get('id')}": _name(one, reading.source) for _, one in resources}
    ids |= {url: _name(one, reading.source) for url, one in resources if url}
    told = {_keys(one, authority)[0]: one for _, one in patients if _keys(one, authority)}
    references = _References(ids, words)
    parts = [_part(reading, key, told.get(key), found, references, authority) for key, found in by_patient.items()]
    if not parts:
        reading.lose("", "no patient with a number: kept as it came")
        return
    _become(reading, parts[0])
    reading.links = [link for _, one in patients for link in _links(one, names, authority)]
    if reading.source.startswith(PEOPLE):
        reading.links += [link for _, one in patients for link in parted(one, lambda found: _keys(found, authority))]
    reading.also = parts[1:]


class _References:
    """What the references of one sender's resources mean here."""

    def __init__(self, ids: dict[str, str], words: dict[str, str]) -> None:
        self._ids = ids
        self._words = words

    def rewritten(self, value: Any) -> Any:
        """*value* with its references as they are here: charted things by their id, others with words beside."""
        if isinstance(value, dict):
            target = value.get("reference")
            if isinstance(target, str) and target in self._ids:
                return self._reference(value, target)
            return {key: self.rewritten(one) for key, one in value.items()}
        return [self.rewritten(one) for one in value] if isinstance(value, list) else value

    def _reference(self, value: Json, target: str) -> Json:
        type_ = target.split("/")[-2] if "/" in target else ""
        if type_ in _CHARTED:
            return {**value, "reference": f"{type_}/{derived_id(type_, self._ids[target])}"}
        said = self._words.get(target, "")
        return {**value, "display": said} if said and not value.get("display") else value


def _part(
    whole: Reading,
    key: str,
    patient: Json | None,
    resources: list[Json],
    references: _References,
    authority: str,
) -> Reading:
    """One patient's part of a bundle."""
    part = Reading(
        whole.journal, whole.sequence, whole.received_ns, whole.hlc, whole.source, whole.kind, understood=True
    )
    labelled = any(map(is_exercise, [patient or {}, *resources]))
    part.world = "T" if labelled else whole.world
    keys = _keys(patient, authority) if patient else [key]
    part.subjects = [Subject(keys)]
    if patient is not None:
        part.patient = {name: value for name, value in patient.items() if name not in {"resourceType", "id", "meta"}}
        if whole.source.startswith(PEOPLE):
            part.patient, part.cleared, part.identifies = person_of(patient), cleared(patient), True
        part.at_ns = _time(patient)
        security = _dicts(_dict(patient.get("meta")).get("security"))
        if security:
            part.patient["security"] = security
    for one in resources:
        if _moved(part, one):
            continue
        values: Json = {k: references.rewritten(v) for k, v in one.items() if k not in _DROPPED}
        if one["resourceType"] == "Appointment":
            others = [p for p in _dicts(values.get("participant")) if not _is_patient(p.get("actor"))]
            values["participant"] = others
        security = _dicts(_dict(one.get("meta")).get("security"))
        if security:
            values["meta"] = {"security": security}
        name = _name(one, whole.source)
        mode: Ensemble = "replace"
        if name.startswith(OBJECT):
            mode = "update"
            values.pop("identifier")  # it says which object, not what it is called
        part.said.append(Said(str(one["resourceType"]), name, values, _time(one), mode))
    return part


def _moved(part: Reading, one: Json) -> bool:
    """Take a movement that people here say; whether *one* is one."""
    found = (
        movement_of(one, part.source) if one["resourceType"] == "Encounter" and part.source.startswith(PEOPLE) else None
    )
    if found is None:
        return False
    part.movements.append(found[0])
    part.stays.append(found[1])
    return True


def _become(reading: Reading, part: Reading) -> None:
    for name in (
        "understood",
        "world",
        "subjects",
        "patient",
        "cleared",
        "identifies",
        "at_ns",
        "movements",
        "stays",
        "said",
    ):
        setattr(reading, name, getattr(part, name))


def _flatten(resource: Any, url: str, reading: Reading) -> Iterator[tuple[str, Json]]:
    """Every resource, bundles in bundles opened, with its fullUrl; contained ones stay where they are."""
    if isinstance(resource, list):
        for one in resource:
            yield from _flatten(one, "", reading)
    elif isinstance(resource, dict) and resource.get("resourceType") == "Bundle":
        for entry in _dicts(resource.get("entry")):
            if _dict(entry.get("request")).get("method") == "DELETE":
                reading.lose("Bundle.entry", "its sender deleted a resource: what is charted of it stays")
            else:
                yield from _flatten(entry.get("resource"), str(entry.get("fullUrl") or ""), reading)
    elif isinstance(resource, dict) and isinstance(resource.get("resourceType"), str):
        yield url, resource


def _too_deep(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(_NESTED_MAX):
        parts = [one for part in level for one in (part.values() if isinstance(part, dict) else part)]
        level = [one for one in parts if isinstance(one, dict | list)]
        if not level:
            return False
    return True


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _target(reference: Any) -> str:
    return str(_dict(reference).get("reference") or "")


def _is_patient(reference: Any) -> bool:
    """Whether one of several references says that it is a patient's."""
    target = _target(reference)
    return "Patient/" in target or "Patient?" in target or _dict(reference).get("type") == "Patient"


def _keys(patient: Json, authority: str) -> list[str]:
    """Identity keys, local numbers first; the server's own id when there is none."""
    local = []
    for number in _dicts(patient.get("identifier")):
        value = str(number.get("value") or "").strip()
        system = str(number.get("system") or "")
        codes = {str(one.get("code")) for one in _dicts(_dict(number.get("type")).get("coding"))}
        national = codes & NATIONAL_TYPES or system.removeprefix("urn:oid:") in NATIONAL_AUTHORITIES
        if value and not national and number.get("use") != "old" and "us-ssn" not in system:
            assigner = str(_dict(number.get("assigner")).get("display") or "")
            name = system.removeprefix("urn:id:") if system.startswith("urn:id:") else system or assigner
            local.append((0 if codes & {"MR", "PI", "PT"} else 1, f"{name or authority}|{value}"))
    local.sort(key=lambda found: found[0])
    keys = list(dict.fromkeys(key for _, key in local))
    return keys or ([f"{authority}|{patient['id']}"] if patient.get("id") else [])


def _links(patient: Json, names: dict[str, list[str]], authority: str) -> Iterator[Link]:
    """Patient.link: replaced-by and replaces are merges; refer and seealso are not."""
    own = next(iter(_keys(patient, authority)), "")
    for link in _dicts(patient.get("link")):
        other = _patient_key({"other": link.get("other")}, "other", names, authority)
        if own and other and own != other and link.get("type") == "replaced-by":
            yield Link("merge", other, own)
        elif own and other and own != other and link.get("type") == "replaces":
            yield Link("merge", own, other)


def _names(url: str, resource: Json) -> list[str]:
    return [name for name in (url, f"{resource['resourceType']}/{resource.get('id')}") if name]


def _patient_key(resource: Json, element: str, names: dict[str, list[str]], authority: str) -> str:
    value: Any = resource.get(element)
    several = isinstance(value, list)
    references = [one.get("actor") for one in _dicts(value)] if several else [value]
    for reference in map(_dict, references):
        target = _target(reference)
        keys = names.get(target) or names.get("/".join(target.split("/")[-2:]))
        if keys:
            return keys[0]
        if "Patient/" in target:
            return f"{authority}|{target.rpartition('Patient/')[2].split('/')[0]}"
        system, _, value = target.partition("Patient?identifier=")[2].partition("|")
        number = {"system": system, "value": value} if value else reference.get("identifier")
        if several and not _is_patient(reference):
            continue  # who else takes part has a number too, which is no patient's
        if isinstance(number, dict) and number.get("value"):
            return next(iter(_keys({"identifier": [number]}, authority)), "")
    return ""


def _names_somebody(resource: Json, element: str) -> bool:
    """Whether a resource says who it is about: another than the bundle's patient, then, when that one is not found."""
    value = resource.get(element)
    if isinstance(value, list):
        return any(_is_patient(one.get("actor")) for one in _dicts(value))
    return bool(_target(value) or _dict(_dict(value).get("identifier")).get("value"))


def _name(resource: Json, source: str) -> str:
    """What a resource is called: its first identifier with a system, else its sender's id, else its content."""
    for number in _dicts(resource.get("identifier")):
        if number.get("value") and number.get("system"):
            name = f"{number['system']}|{number['value']}"
            return name if source.startswith(PEOPLE) or not name.startswith(OBJECT) else f"{source}|{name}"
    if resource.get("id"):
        return f"{source}|{resource['id']}"
    return f"{source}|{derived_id('content', encode(resource).decode('utf-8', 'replace'))}"


def _words(resource: Json) -> str:
    """What people call a resource that no chart holds: a person, a place, a drug."""
    name = resource.get("name")
    if isinstance(name, str):
        return name
    for one in _dicts(name):
        given = one.get("given")
        parts = [str(part) for part in given] if isinstance(given, list) else []
        return str(one.get("text") or " ".join(filter(None, [*parts, str(one.get("family") or "")])))
    code = _dict(resource.get("code"))
    if code:
        return str(code.get("text") or next((c["display"] for c in _dicts(code.get("coding")) if c.get("display")), ""))
    return str(_dict(resource.get("practitioner")).get("display") or "")


def _with_drug(resource: Json, drugs: dict[str, Json]) -> Json:
    """A prescription or a dose whose drug is another resource, with that drug in its own words.

    R4 takes one form of medication[x]: the concept stands instead of the reference. What it is made of is a note.
    """
    target = _target(resource.get("medicationReference"))
    contained = {f"#{one.get('id')}": one for one in _dicts(resource.get("contained"))}
    drug = _drug(target, contained, drugs)
    if drug is None:
        reference = _dict(resource.get("medicationReference"))
        if not target or reference.get("display"):
            return resource
        # Nobody sent what it points at: the pointer itself is shown, not a line without a drug.
        return {**resource, "medicationReference": {**reference, "display": target}}
    made_of = [text for one in _dicts(drug.get("ingredient")) if (text := _ingredient(one, contained, drugs))]
    concept = {**_dict(drug.get("code"))}
    if not concept.get("text") and not _dicts(concept.get("coding")):
        concept["text"] = " + ".join(made_of) or str(_dict(resource["medicationReference"]).get("display") or "")
    found = {name: value for name, value in resource.items() if name != "medicationReference"}
    found["medicationCodeableConcept"] = concept
    notes = [text for text in (_concept_words(drug.get("form")), *made_of) if text and text != concept.get("text")]
    if notes:
        found["note"] = [*_dicts(resource.get("note")), *({"text": text} for text in notes)]
    return found


def _drug(target: str, contained: dict[str, Json], drugs: dict[str, Json]) -> Json | None:
    """The Medication at the end of a reference; some senders write "#id" and mean a resource of the bundle."""
    names = (target, "/".join(target.split("/")[-2:]), f"Medication/{target.removeprefix('#')}")
    return contained.get(target) or next((drugs[name] for name in names if name in drugs), None)


def _with_words(resource: Json) -> Json:
    """A prescription with the sentence that its sender made of its dosage (an extension before R5) among its notes."""
    said = [
        str(one["valueMarkdown"])
        for one in _dicts(resource.get("extension"))
        if str(one.get("url")).endswith("renderedDosageInstruction") and one.get("valueMarkdown")
    ]
    notes = _dicts(resource.get("note"))
    new = [{"text": text} for text in said if not any(text in str(note.get("text")) for note in notes)]
    return {**resource, "note": [*notes, *new]} if new else resource


def _with_files(resource: Json, files: dict[str, Json]) -> Json:
    """A report or a document with the bytes that its bundle holds apart (Binary), so that they are read in place."""
    if not files or resource["resourceType"] not in {"DocumentReference", "DiagnosticReport"}:
        return resource
    if resource["resourceType"] == "DiagnosticReport":
        forms = [_with_file(one, files) for one in _dicts(resource.get("presentedForm"))]
        return {**resource, "presentedForm": forms} if forms else resource
    content = [
        {**one, "attachment": _with_file(_dict(one.get("attachment")), files)}
        for one in _dicts(resource.get("content"))
    ]
    return {**resource, "content": content} if content else resource


def _with_file(attachment: Json, files: dict[str, Json]) -> Json:
    target = str(attachment.get("url") or "")
    file = files.get(target) or files.get("/".join(target.split("/")[-2:]))
    if attachment.get("data") or file is None or not isinstance(file.get("data"), str):
        return attachment
    return {"contentType": str(file.get("contentType") or ""), **attachment, "data": file["data"]}


def _ingredient(one: Json, contained: dict[str, Json], drugs: dict[str, Json]) -> str:
    target = _target(one.get("itemReference"))
    item = _drug(target, contained, drugs) or {}
    what = _concept_words(one.get("itemCodeableConcept")) or _concept_words(item.get("code"))
    what = what or str(_dict(one.get("itemReference")).get("display") or "")
    strength = _dict(one.get("strength"))
    amounts = [_amount(strength.get(part)) for part in ("numerator", "denominator")]
    return " ".join(filter(None, (what, " / ".join(filter(None, amounts)))))


def _amount(value: Any) -> str:
    quantity = _dict(value)
    number, unit = quantity.get("value"), str(quantity.get("unit") or quantity.get("code") or "")
    return "" if number is None else f"{number} {unit}".strip()


def _concept_words(value: Any) -> str:
    concept = _dict(value)
    codings = _dicts(concept.get("coding"))
    return str(concept.get("text") or next((c.get("display") or c.get("code") or "" for c in codings), ""))


def _time(resource: Json) -> int:
    """meta.lastUpdated in ns; 0 when there is none."""
    text = _dict(resource.get("meta")).get("lastUpdated")
    if not isinstance(text, str):
        return 0
    try:
        return int(datetime.fromisoformat(text).timestamp()) * 10**9
    except (ValueError, OverflowError):
        return 0
