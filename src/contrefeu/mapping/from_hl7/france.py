"""ZFD, ZFV, ZFM, ZFS, ZFA, ZFP: what France adds to an admission (IHE PAM France 2.11).

    ZFD  2 weeks of gestation, 1 lunar birth date, 4 birth date corrected, 5 how the identity was had
    ZFV  1 house one comes from, 2 and 11 transport, 4 and 5 placement from and to, 9 way out
    ZFM  1 and 2 way in and out, 3 and 4 from and to (PMSI codes)
    ZFS  2 number, 3 and 4 from and to, 5 action, 6 legal status of psychiatric care, 8 words
    ZFA  the patient's shared record (DMP), ZFP occupation: kept among the patient's elements, on no page

Rules kept here:
  * A legal status is an alert with its dates; it ends by its own date or its own cancellation, never by absence (F18).
  * An empty segment says nothing, and is no loss.
"""

from contrefeu.fhir import CodeableConcept, Coding, Flag, Json, Observation, Period, Quantity, plain
from contrefeu.hl7 import Segment
from contrefeu.mapping.from_hl7.datatypes import Context, concept_of, decimal, entity, words
from contrefeu.mapping.from_hl7.stay import reference
from contrefeu.mapping.reading import Said
from contrefeu.mapping.tables.codes import LEGAL_STATUS_ENDS, PMSI_WAYS

SEGMENTS = frozenset({"ZFA", "ZFD", "ZFM", "ZFP", "ZFS", "ZFV"})
EXTENSION = "urn:contrefeu:ihe-pam-france:"  # then the field: what no FHIR element and no page has a place for
_FLAG_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"
_PMSI = "urn:id:PMSI"
_GESTATION = Coding("http://loinc.org", "11884-4", "Gestational age Estimated")
# Fields that go to the patient as they stand
_KEPT = {"ZFA": (1, 2, 3, 9, 10, 11, 12), "ZFD": (1, 3, 4, 5, 6, 7, 8), "ZFP": (1, 2)}


def of_patient(segments: list[Segment]) -> list[Json]:
    """Extensions of Patient: each field as it was sent."""
    return [
        {"url": f"{EXTENSION}{one.name}-{field}", "valueString": one.whole(field)}
        for one in segments
        for field in _KEPT.get(one.name, ())
        if one.has(field)
    ]


def of_stay(values: Json, zfv: Segment | None, zfm: Segment | None) -> None:
    """Put into an Encounter where somebody came from and went to; what PV1 says of it stays first."""
    found: Json = dict(values.get("hospitalization") or {})
    for segment, field, element in ((zfm, 1, "admitSource"), (zfm, 2, "dischargeDisposition")):
        code = segment.text(field) if segment is not None else ""
        if code:
            coding = plain(Coding(_PMSI, code, PMSI_WAYS.get(code, "")))
            told = found.get(element, {})
            found[element] = {**told, "coding": [*told.get("coding", []), coding]}
    if zfv is not None:
        house = words([zfv.text(1), zfv.text(7)])
        if house:
            found["origin"] = {"display": house}
        ways = [
            text for at in (2, 11) if zfv.has(at) and (one := concept_of(zfv, at)) is not None and (text := one.text)
        ]
        if zfv.has(9):
            ways.insert(0, zfv.text(9))
        if ways:
            found["dischargeDisposition"] = {**found.get("dischargeDisposition", {}), "text": ", ".join(ways)}
    if found:
        values["hospitalization"] = found


def legal_status(zfs: list[Segment], zfv: Segment | None, patient_key: str, visit: str, context: Context) -> list[Said]:
    """ZFS, and the placement of ZFV-4 and 5 (before 2.10), as alerts."""
    found = []
    for one in zfs:
        code = concept_of(one, 6)
        own = entity(one, 2, context.authority)
        if code is None or own is None:
            continue
        code = CodeableConcept(code.coding, words([code.text, one.whole(8)], " - "))
        over = one.text(5).upper() in LEGAL_STATUS_ENDS
        period = Period(context.when(one.text(3)), context.when(one.text(4)))
        flag = _flag("entered-in-error" if over else "active", code, period, visit)
        found.append(Said("Flag", f"legal-status|{own[0]}", flag, context.sent_ns, "update"))
    if zfv is not None and zfv.has(4):
        period = Period(context.when(zfv.text(4)), context.when(zfv.text(5)))
        flag = _flag("active", CodeableConcept(text="placement (ZFV-4)"), period, visit)
        found.append(Said("Flag", f"{patient_key}|{visit}|placement|{zfv.text(4)}", flag, context.sent_ns, "update"))
    return found


def gestation(zfd: Segment, patient_key: str, context: Context) -> Said | None:
    """ZFD-2: weeks of gestation at birth."""
    weeks = decimal(zfd.text(2))
    if weeks is None:
        return None
    found = Observation(
        status="final",
        code=CodeableConcept([_GESTATION]),
        issued=context.sent_at,
        valueQuantity=Quantity(weeks, unit="wk"),
    )
    values = plain(found)
    del values["resourceType"]
    return Said("Observation", f"{patient_key}|gestation", values, context.sent_ns)


def _flag(status: str, code: CodeableConcept, period: Period, visit: str) -> Json:
    category = CodeableConcept([Coding(_FLAG_CATEGORY, "admin")])
    values = plain(
        Flag(
            status=status,
            category=[category],
            code=code,
            encounter=reference(visit),
            period=period if period.start or period.end else None,
        )
    )
    del values["resourceType"]
    return values
