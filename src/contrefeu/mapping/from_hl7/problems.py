"""AL1, IAM -> AllergyIntolerance; PRB, DG1 -> Condition (v2-to-FHIR; FIELD F6).

Rules kept here:
  * AL1 adds or says again; nothing that it leaves out is cleared. Only IAM's explicit action takes an allergy back.
  * "None known" is a statement of its own, kept beside whatever it contradicts.
"""

from contrefeu.fhir import AllergyIntolerance, CodeableConcept, Coding, Condition, Reaction, plain
from contrefeu.hl7 import Segment
from contrefeu.mapping.from_hl7.datatypes import Context, concept_of, entity, first_person
from contrefeu.mapping.from_hl7.stay import reference
from contrefeu.mapping.moments import nanoseconds
from contrefeu.mapping.reading import Said
from contrefeu.mapping.tables.codes import (
    ALLERGY_CATEGORIES,
    ALLERGY_CRITICALITIES,
    ALLERGY_SEVERITIES,
    NO_KNOWN_ALLERGY,
    NO_KNOWN_WORDS,
)

_CLINICAL_ALLERGY = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
_VERIFIED_ALLERGY = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_CLINICAL_CODES = frozenset({"active", "recurrence", "relapse", "inactive", "remission", "resolved"})
_VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"


_NOT_TOLD = CodeableConcept([Coding("http://terminology.hl7.org/CodeSystem/data-absent-reason", "unknown")])


def status(system: str, code: str) -> CodeableConcept:
    """A status as a concept."""
    return CodeableConcept([Coding(system, code)])


def allergy_of_al1(al1: Segment, context: Context, patient_key: str) -> Said | None:
    """AL1: 2 type, 3 code, 4 severity, 5 reactions, 6 date."""
    return _allergy(
        concept_of(al1, 3),
        al1.text(2),
        al1.text(4),
        [rep.text(2) or rep.text(1) for rep in al1.reps(5)],
        context.when(al1.text(6)),
        patient_key,
        "",
    )


def allergy_of_iam(iam: Segment, context: Context, patient_key: str) -> Said | None:
    """IAM: 2 type, 3 code, 4 severity, 5 reactions, 6 action, 7 own id, 11 onset, 13 reported, 17 clinical status."""
    own = entity(iam, 7, context.authority)
    said = _allergy(
        concept_of(iam, 3),
        iam.text(2),
        iam.text(4),
        [rep.text(2) or rep.text(1) for rep in iam.reps(5)],
        context.when(iam.text(11)) or context.when(iam.text(13)),
        patient_key,
        own[0] if own else "",
    )
    if said is None:
        return None
    if own:
        said.resource["identifier"] = [plain(own[1])]
    moment = nanoseconds(context.moment(iam.text(20)) or context.moment(iam.text(13)))
    resource = said.resource
    action, clinical = iam.text(6).upper(), iam.text(17).upper()
    if action == "D" or clinical == "E":
        resource["verificationStatus"] = plain(status(_VERIFIED_ALLERGY, "entered-in-error"))
        resource.pop("clinicalStatus", None)
    elif clinical in {"I", "R"}:
        resource["clinicalStatus"] = plain(status(_CLINICAL_ALLERGY, "inactive" if clinical == "I" else "resolved"))
    return Said(said.kind, said.key, resource, moment if action == "U" else 0, "update")


def condition_of_prb(prb: Segment, context: Context, patient_key: str, visit: str) -> Said | None:
    """PRB: 1 action, 2 action time, 3 problem, 4 instance id, 7 established, 9 resolved, 14 life cycle, 16 onset."""
    code = concept_of(prb, 3)
    if code is None:
        return None
    own = entity(prb, 4, context.authority)
    resolved = context.when(prb.text(9))
    action = prb.text(1).upper()
    told = prb.text(14).lower()
    clinical = "resolved" if resolved or told in {"r", "i"} else told if told in _CLINICAL_CODES else "active"
    found = Condition(
        identifier=[own[1]] if own else [],
        clinicalStatus=status(_CLINICAL, clinical),
        verificationStatus=status(_VERIFIED, "entered-in-error") if action == "DE" else None,
        category=[status(_CATEGORY, "problem-list-item")],
        code=code,
        encounter=reference(visit),
        onsetDateTime=context.when(prb.text(16)),
        abatementDateTime=resolved,
        recordedDate=context.when(prb.text(7)),
    )
    if action == "DE":
        found.clinicalStatus = None
    key = own[0] if own else f"{patient_key}|{_code_key(code)}"
    return _said("Condition", f"problem|{key}", found, nanoseconds(context.moment(prb.text(2))), update=True)


def condition_of_dg1(dg1: Segment, context: Context, patient_key: str, visit: str) -> Said | None:
    """DG1: 3 code, 4 words, 5 time, 6 type, 16 clinician, 20 id, 21 action."""
    code = concept_of(dg1, 3)
    if code is None and dg1.has(4):
        code = CodeableConcept(text=dg1.text(4))
    if code is None:
        return None
    if not code.text or code.text == dg1.text(3):
        code = CodeableConcept(code.coding, dg1.text(4) or code.text)
    own = entity(dg1, 20, context.authority)
    deleted = dg1.text(21).upper() == "D"
    found = Condition(
        clinicalStatus=None if deleted else status(_CLINICAL, "active"),
        verificationStatus=status(_VERIFIED, "entered-in-error") if deleted else None,
        category=[status(_CATEGORY, "encounter-diagnosis")],
        code=code,
        encounter=reference(visit),
        recordedDate=context.when(dg1.text(5)),
        recorder=first_person(dg1, 16),
    )
    key = own[0] if own else f"{visit or patient_key}|{_code_key(code)}"  # a stay keeps its number when merged
    return _said("Condition", f"diagnosis|{key}", found, 0, update=True)


def _allergy(
    code: CodeableConcept | None,
    kind: str,
    severity: str,
    reactions: list[str],
    since: str,
    patient_key: str,
    own: str,
) -> Said | None:
    if code is None:
        return None
    known = {coding.code.strip().upper() for coding in code.coding} | {code.text.strip(" .").upper()}
    denied = next((NO_KNOWN_ALLERGY[one] for one in sorted(known) if one in NO_KNOWN_ALLERGY), "")
    if denied and all(coding.code != denied for coding in code.coding):
        none_known = Coding("http://snomed.info/sct", denied, NO_KNOWN_WORDS[denied])
        code = CodeableConcept([*code.coding, none_known], code.text)
    texts = [text for text in reactions if text]
    found = AllergyIntolerance(
        clinicalStatus=status(_CLINICAL_ALLERGY, "active"),
        category=[ALLERGY_CATEGORIES[kind]] if kind in ALLERGY_CATEGORIES else [],
        criticality=ALLERGY_CRITICALITIES.get(severity, ""),
        code=code,
        onsetDateTime=since,
    )
    if texts:
        manifestation = [CodeableConcept(text=text) for text in texts]
        found.reaction = [Reaction(manifestation, severity=ALLERGY_SEVERITIES.get(severity, ""))]
    elif severity in ALLERGY_SEVERITIES:
        # R4 knows no severity without what happened: data-absent-reason says that nobody told.
        found.reaction = [Reaction([_NOT_TOLD], severity=ALLERGY_SEVERITIES[severity])]
    return _said("AllergyIntolerance", own or f"{patient_key}|{_code_key(code)}", found, 0, update=True)


def _code_key(code: CodeableConcept) -> str:
    coding = next((one for one in code.coding if one.code), None)
    return f"{coding.system}|{coding.code}" if coding else code.text.casefold()


def _said(kind: str, key: str, resource: AllergyIntolerance | Condition, at_ns: int, *, update: bool) -> Said:
    values = plain(resource)
    del values["resourceType"]
    return Said(kind, key, values, at_ns, "update" if update else "replace")
