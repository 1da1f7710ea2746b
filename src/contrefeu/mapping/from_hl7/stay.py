"""PV1, PV2, ZBE, EVN -> stays and movements (v2-to-FHIR: PV1 to Encounter; IHE PAM, ZBE; IHE PAM France).

Rules kept here:
  * A movement's time is ZBE-2, else EVN-6, else PV1-44 or PV1-45 for a way in or out, else EVN-2, else MSH-7.
  * A08, A28, A31 and Z99 without ZBE move nobody (FIELD F26, F27).
  * A stay that goes to another number or patient is an error under the old one, and is there under the new one with
    what the message says of it (A35, A41, A42, A44, A45, A49, A50).
  * An event without a movement id is known by its kind and time, so that the same event said twice is one.
"""

from msgspec.structs import replace

from contrefeu.fhir import (
    CodeableConcept,
    Coding,
    Encounter,
    EncounterParticipant,
    Flag,
    Hospitalization,
    Reference,
    derived_id,
    plain,
)
from contrefeu.hl7 import Moment, Rep, Segment
from contrefeu.mapping.from_hl7.datatypes import (
    Context,
    concept_of,
    first_person,
    identifier,
    key_of,
)
from contrefeu.mapping.moments import nanoseconds
from contrefeu.mapping.reading import Movement, Said, Stay
from contrefeu.mapping.tables.codes import ENCOUNTER_CLASSES
from contrefeu.mapping.tables.events import CANCELS, MOVES, OTHER_KINDS

RESTRICTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
_FLAG_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"
_PARTICIPANTS = ((7, "ATND", "attender"), (8, "REF", "referrer"), (9, "CON", "consultant"), (17, "ADM", "admitter"))


def visit_key(pid: Segment | None, pv1: Segment | None, context: Context, patient_key: str) -> str:
    """What the stay is called: visit number, else account number, else the patient's only stay."""
    for segment, field, kind in ((pv1, 19, "visit"), (pid, 18, "account")):
        for rep in segment.reps(field) if segment else []:
            key = key_of(rep, context.authority)
            if key:
                return f"{kind}:{key}"
    return f"only:{patient_key}" if patient_key else ""


def stay(pid: Segment | None, pv1: Segment, pv2: Segment | None, visit: str, context: Context) -> Stay:
    """PV1, PV2 -> what is said of the stay beside movements."""
    numbers = [(pv1, 19, "VN"), (pid, 18, "AN")]
    identifiers = []
    for segment, field, kind in numbers:
        for rep in (segment.reps(field) if segment else [])[:1]:
            one = identifier(rep, context.authority)
            if one is not None:
                kinds = CodeableConcept([Coding("http://terminology.hl7.org/CodeSystem/v2-0203", kind)])
                identifiers.append(one if one.type else replace(one, type=kinds))
    found = Encounter(identifier=identifiers)
    for field, role, words in _PARTICIPANTS:
        who = first_person(pv1, field)
        if who is not None:
            coding = Coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", role, words)
            found.participant.append(EncounterParticipant([CodeableConcept([coding])], who))
    service = concept_of(pv1, 10) if pv1.has(10) else None
    if service is not None:
        found.type = [service]
    source = concept_of(pv1, 14) if pv1.has(14) else None
    left = concept_of(pv1, 36) if pv1.has(36) else None
    if source is not None or left is not None:
        found.hospitalization = Hospitalization(source, left)
    reason = concept_of(pv2, 3) if pv2 is not None and pv2.has(3) else None
    if reason is not None:
        found.reasonCode = [reason]
    values = plain(found)
    del values["resourceType"]
    if pv1.has(16):
        values["meta"] = {"security": [RESTRICTED]}
    return Stay(visit, values)


def movements(
    event: str, evn: Segment | None, pv1: Segment | None, zbes: list[Segment], visit: str, context: Context
) -> list[Movement]:
    """What an ADT event, or its ZBE segments, do to a stay."""
    if zbes and (event in MOVES or event in CANCELS or event == "Z99"):  # an A08 moves nobody, with ZBE either
        return [_zbe(zbe, event, pv1, visit, context) for zbe in zbes if zbe.text(1)]
    kind = MOVES.get(event) or CANCELS.get(event)
    if kind is None:
        return []
    moment = _time(event, evn, pv1, context)
    at = moment.fhir if moment else ""
    name = at or context.control_id
    if event in CANCELS:
        # Without a movement's id, the last movement of its kind is the one that is meant.
        return [Movement(visit, f"?{event}/{name}", "cancel", kind, nanoseconds(moment), at, cancels=kind)]
    if kind == "admit" and event == "A01" and _is_planned(pv1):
        kind = "plan"
    return [
        Movement(
            visit,
            f"{event}/{name}",
            "insert",
            kind,
            nanoseconds(moment),
            at,
            place=place(pv1) if event not in OTHER_KINDS else [],
            patient_class=_class(pv1),
        )
    ]


def gone_stays(mrg: Segment, event: str, context: Context) -> list[Movement]:
    """MRG-5 and MRG-3: the stays that are no more under these numbers."""
    moment = context.moment(context.message.text("EVN", 2)) or context.sent
    at = moment.fhir if moment else ""
    keys = [
        f"{kind}:{key}"
        for field, kind in ((5, "visit"), (3, "account"))
        for rep in mrg.reps(field)
        if (key := key_of(rep, context.authority))
    ]
    return [Movement(key, f"{event}/{at}", "insert", "delete", nanoseconds(moment), at) for key in keys]


def renumbered_stay(event: str, pv1: Segment, visit: str, context: Context) -> list[Movement]:
    """The same stay under its new number: in at PV1-44 where PV1-3 says, out at PV1-45."""
    begin = context.moment(pv1.text(44)) or context.moment(context.message.text("EVN", 2))
    end = context.moment(pv1.text(45))
    found = []
    for kind, moment in (("admit", begin), ("discharge", end)):
        if moment is not None:
            found.append(
                Movement(
                    visit,
                    f"{event}/{kind}/{moment.fhir}",
                    "insert",
                    kind,
                    nanoseconds(moment),
                    moment.fhir,
                    place=place(pv1) if kind == "admit" else [],
                    patient_class=_class(pv1),
                )
            )
    return found


def alerts(pd1: Segment | None, pv2: Segment | None, patient_key: str, visit: str, context: Context) -> list[Said]:
    """PV2-41 precautions (isolation), PV2-45 and PD1-15 directives (resuscitation) -> Flag; absent clears none."""
    found: dict[str, Said] = {}
    for segment, field, kind in ((pv2, 41, "safety"), (pv2, 45, "advance-directive"), (pd1, 15, "advance-directive")):
        for n in range(len(segment.reps(field)) if segment is not None and segment.has(field) else 0):
            assert segment is not None
            code = concept_of(segment, field, n)
            if code is None:
                continue
            category = CodeableConcept([Coding(_FLAG_CATEGORY, kind)])
            values = plain(Flag(status="active", category=[category], code=code, encounter=reference(visit)))
            del values["resourceType"]
            name = code.coding[0].code if code.coding else code.text
            key = f"{patient_key}|{visit}|{kind}|{name}"
            found[key] = Said("Flag", key, values, context.sent_ns, "update")
    return list(found.values())


def place(pv1: Segment | None, field: int = 3) -> list[str]:
    """PL -> ward, room, bed, facility."""
    reps = pv1.reps(field) if pv1 else []
    if not reps:
        return []
    found = [reps[0].text(1), reps[0].text(2), reps[0].text(3), reps[0].text(4)]
    return found if any(found[:3]) else []


def responsible_unit(rep: Rep) -> str:
    """XON of ZBE-7: the code of the unit, else its name."""
    return rep.text(10) or rep.text(3) or rep.text(1)


def _zbe(zbe: Segment, event: str, pv1: Segment | None, visit: str, context: Context) -> Movement:
    """ZBE: 1 ids, 2 begin, 4 action, 5 historic, 6 event that is corrected, 7 medical unit, 8 nursing unit."""
    rep = zbe.reps(1)[0]
    id_ = f"{rep.text(2) or rep.text(3) or context.authority}|{rep.text(1)}"
    action = {"CANCEL": "cancel", "DELETE": "cancel", "UPDATE": "update"}.get(zbe.text(4).upper(), "insert")
    origin = zbe.text(6) if event == "Z99" or zbe.text(6) in MOVES else event
    # What an update does not say of the kind of its movement stays as it was: a corrected discharge readmits nobody.
    kind = MOVES.get(origin) or CANCELS.get(origin) or MOVES.get(event) or ("" if action == "update" else "transfer")
    moment = context.moment(zbe.text(2)) or context.moment(zbe.text(3))
    units = [responsible_unit(one) for field in (7, 8) for one in zbe.reps(field)[:1]]
    return Movement(
        visit,
        id_,
        "cancel" if event in CANCELS else action,  # type: ignore[arg-type]
        kind,
        nanoseconds(moment),
        moment.fhir if moment else "",
        historic=zbe.text(5).upper() == "Y",
        cancels=kind,
        place=place(pv1),
        unit=next(filter(None, units), ""),
        patient_class=_class(pv1),
    )


def _time(event: str, evn: Segment | None, pv1: Segment | None, context: Context) -> Moment | None:
    raws = [evn.text(6) if evn else ""]
    if pv1 is not None:
        raws.append(pv1.text(45) if event == "A03" else pv1.text(44) if event in {"A01", "A04"} else "")
    raws += [evn.text(2) if evn else "", context.message.message_time]
    return next((found for raw in raws if (found := context.moment(raw))), None)


def _class(pv1: Segment | None) -> str:
    return ENCOUNTER_CLASSES.get(pv1.text(2).upper(), "") if pv1 else ""


def _is_planned(pv1: Segment | None) -> bool:
    return pv1 is not None and pv1.text(2).upper() == "P"


def reference(visit: str) -> Reference | None:
    """A stay as other resources name it."""
    return Reference(f"Encounter/{derived_id('Encounter', visit)}") if visit else None
