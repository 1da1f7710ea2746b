"""SCH, AIS, AIL, AIP, AIG -> Appointment (v2-to-FHIR: SIU; theatre and clinics).

Rules kept here:
  * An appointment is called by its placer's number, else its filler's; a rescheduling says the same one again.
"""

from datetime import datetime, timedelta

from contrefeu.fhir import plain
from contrefeu.fhir.datatypes import CodeableConcept, Reference
from contrefeu.fhir.resources import Appointment, AppointmentParticipant
from contrefeu.hl7 import Segment
from contrefeu.mapping.from_hl7.datatypes import Context, concept_of, entity, nanoseconds, person
from contrefeu.mapping.reading import Said
from contrefeu.mapping.tables.codes import APPOINTMENT_STATUS


def appointment(event: str, sch: Segment, resources: list[Segment], context: Context) -> Said | None:
    """SCH: 1 placer, 2 filler, 6 event reason, 7 reason, 8 type, 9-10 duration, 11 when, 25 status."""
    placer, filler = (entity(sch, field, context.authority) for field in (1, 2))
    key = f"placer:{placer[0]}" if placer else f"filler:{filler[0]}" if filler else ""
    if not key:
        return None
    services = [s for s in resources if s.name == "AIS"]
    start = _when(sch.reps(11)[0].text(4) if sch.reps(11) else "", services, context)
    minutes = _minutes(sch, services)
    end = context.when(sch.reps(11)[0].text(5)) if sch.reps(11) else ""
    what = [code for s in services if (code := concept_of(s, 3))]
    reason = concept_of(sch, 7) if sch.has(7) else None
    cause = concept_of(sch, 6) if sch.has(6) else None
    found = Appointment(
        identifier=[one[1] for one in (placer, filler) if one],
        status=_status(event, sch),
        serviceType=what,
        reasonCode=[reason] if reason else [],
        description=what[0].text if what else reason.text if reason else "",
        start=start,
        end=end or _later(start, minutes),
        minutesDuration=minutes,
        comment=cause.text if cause and event in {"S13", "S14", "S15", "S16", "S17"} else "",
        participant=_participants(resources),
    )
    values = plain(found)
    del values["resourceType"]
    at_ns = nanoseconds(context.moment(context.message.message_time))
    return Said("Appointment", key, values, at_ns, "update")


def _status(event: str, sch: Segment) -> str:
    told = sch.text(25).upper()
    if told in {"CANCELLED", "DELETED", "NOSHOW"}:
        return {"CANCELLED": "cancelled", "DELETED": "entered-in-error", "NOSHOW": "noshow"}[told]
    if told in {"COMPLETE", "COMPLETED"}:
        return "fulfilled"
    return APPOINTMENT_STATUS.get(event, "booked")


def _when(raw: str, services: list[Segment], context: Context) -> str:
    return context.when(raw) or next((at for s in services if (at := context.when(s.text(4)))), "")


def _minutes(sch: Segment, services: list[Segment]) -> int:
    found = [(sch.text(9), sch.text(10))] + [(s.text(7), s.text(8)) for s in services]
    for number, unit in found:
        if number.isdigit():
            name = unit.upper()[:1]
            return int(number) * 60 if name == "H" else int(number) // 60 if name == "S" else int(number)
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
