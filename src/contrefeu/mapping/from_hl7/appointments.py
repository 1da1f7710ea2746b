"""SCH, AIS, AIL, AIP, AIG -> Appointment (v2-to-FHIR: SIU; theatre and clinics).

Rules kept here:
  * An appointment is called by its placer's number, else its filler's; a rescheduling says the same one again.
"""

from datetime import datetime, timedelta

from contrefeu.fhir import Appointment, AppointmentParticipant, CodeableConcept, Period, Reference, plain
from contrefeu.hl7 import Segment
from contrefeu.mapping.from_hl7.datatypes import (
    Context,
    concept_of,
    entity,
    person,
    whole_number,
)
from contrefeu.mapping.reading import Said
from contrefeu.mapping.tables.codes import APPOINTMENT_STATUS

# segment -> field that says when it begins; TQ1 goes before resources as it stands first
_BEGINS = {"TQ1": 7, "AIS": 4, "AIG": 8, "AIL": 6, "AIP": 6}


def appointment(event: str, sch: Segment, resources: list[Segment], context: Context) -> Said | None:
    """SCH: 1 placer, 2 filler, 6 event reason, 7 reason, 8 type, 9-10 duration, 11 when, 25 status."""
    placer, filler = (entity(sch, field, context.authority) for field in (1, 2))
    key = f"placer:{placer[0]}" if placer else f"filler:{filler[0]}" if filler else ""
    if not key:
        return None
    services = [s for s in resources if s.name == "AIS"]
    cause = concept_of(sch, 6) if sch.has(6) else None
    start = _when(sch, resources, context)
    day = ""
    if len(start) <= 10:
        start, day = "", start
    minutes = _minutes(sch, services)
    end = context.instant(sch.reps(11)[0].text(5)) if sch.reps(11) else ""
    remarks = [text for nte in resources if nte.name == "NTE" and (text := "\n".join(r.whole for r in nte.reps(3)))]
    if cause and event in {"S13", "S14", "S15", "S16", "S17"}:
        remarks.insert(0, cause.text)
    what = [code for s in services if (code := concept_of(s, 3))]
    reason = concept_of(sch, 7) if sch.has(7) else None
    found = Appointment(
        identifier=[one[1] for one in (placer, filler) if one],
        status=_status(event, sch),
        serviceType=what,
        reasonCode=[reason] if reason else [],
        description=what[0].text if what else reason.text if reason else "",
        start=start,
        end=(end or _later(start, minutes)) if start else "",
        minutesDuration=minutes,
        requestedPeriod=[Period(day)] if day else [],
        comment="\n".join(remarks),
        participant=_participants(resources),
    )
    values = plain(found)
    del values["resourceType"]
    at_ns = context.sent_ns
    return Said("Appointment", key, values, at_ns, "update")


def _status(event: str, sch: Segment) -> str:
    told = sch.text(25).upper()
    if told in {"CANCELLED", "DELETED", "NOSHOW"}:
        return {"CANCELLED": "cancelled", "DELETED": "entered-in-error", "NOSHOW": "noshow"}[told]
    if told in {"COMPLETE", "COMPLETED"}:
        return "fulfilled"
    return APPOINTMENT_STATUS.get(event, "booked")


def _when(sch: Segment, resources: list[Segment], context: Context) -> str:
    """SCH-11.4 (TQ), TQ1-7 (since v2.6), else when its service, room or person begins; an instant before a day."""
    raws = [sch.reps(11)[0].text(4)] if sch.reps(11) else []
    raws += [segment.text(_BEGINS[segment.name]) for segment in resources if segment.name in _BEGINS]
    found = [at for raw in raws if (at := context.when(raw))]
    return next((at for at in found if len(at) > 10), found[0] if found else "")


def _minutes(sch: Segment, services: list[Segment]) -> int:
    found = [(sch.text(9), sch.text(10))] + [(s.text(7), s.text(8)) for s in services]
    for number, unit in found:
        count = whole_number(number)
        if count is not None:
            name = unit.upper()[:1]
            return count * 60 if name == "H" else count // 60 if name == "S" else count
    return 0


def _later(start: str, minutes: int) -> str:
    if not minutes or len(start) <= 10:
        return ""
    return (datetime.fromisoformat(start) + timedelta(minutes=minutes)).isoformat()


def _participants(resources: list[Segment]) -> list[AppointmentParticipant]:
    found = []
    for segment in resources:
        who: Reference | None = None
        reps = segment.reps(3)
        if not reps:
            continue
        if segment.name == "AIP":
            who = person(reps[0])
        elif segment.name == "AIL":
            place = " ".join(part for at in (1, 2, 3) if (part := reps[0].text(at)))
            who = Reference(display=place) if place else None
        elif segment.name == "AIG":
            code: CodeableConcept | None = concept_of(segment, 3)
            who = Reference(display=code.text) if code else None
        if who is not None:
            found.append(AppointmentParticipant(who, "accepted"))
    return found
