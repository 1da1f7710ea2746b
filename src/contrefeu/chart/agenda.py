"""Who is expected when: theatre, clinics, sessions, examinations, one line a patient and day (FIELD F15).

Rules kept here:
  * A slot is an appointment (SIU), or a request that names a time of an instant and a service that gives appointments
    (ORM, OMG); in its sender's words, never worked out from an interval.
  * A cancelled slot stays, marked: who was told of it must be seen. One that was entered in error is no slot.
  * Whom one can call is what PID and NK1 said, with the number as it was sent; who was told is what people here wrote.
"""

from collections.abc import Iterator

from msgspec import Struct

from contrefeu.chart.boards import place_of
from contrefeu.chart.elements import (
    Resource,
    called,
    concept,
    concepts,
    confidential,
    display,
    instant,
    is_instant,
    names,
    numbers,
    written_here,
)
from contrefeu.chart.fold import Chart
from contrefeu.chart.patient import patient_resource
from contrefeu.chart.versions import Kept
from contrefeu.chart.words import Language, word
from contrefeu.chart.work import answered, on_lists, stay_or_last

CALLED = "called"  # what an answer that says who was told of a slot is called; `about` names the slot
DAY_NS = 86_400 * 10**9
BACK_NS = 2 * DAY_NS  # slots that are longer past are history, and in the chart alone
SLOTS_MAX = 200  # of one patient, the soonest: radiotherapy is some 40 sessions, dialysis three a week for a year
_OVER = frozenset({"entered-in-error", "waitlist"})
_OPEN = frozenset({"active", "on-hold", "draft", "unknown", ""})
# HL7 table 0074: services that give appointments; a laboratory's requests name a time too, and are none
_SERVICES = frozenset(
    {"AU", "CG", "CTH", "CT", "CUS", "EN", "IMG", "NMR", "NMS", "OT", "OUS", "PHY", "PT", "RAD", "RT", "RUS", "RX",
     "SR", "VR", "VUS", "XRC"}
)  # fmt: skip


class Phone(Struct, frozen=True):
    """Somebody who can be called."""

    who: str  # "" for the patient
    relation: str
    number: str

    def what(self, language: Language) -> str:
        """What they are to the patient: in words where a code was said."""
        return word(f"relation {self.relation}", language)


class Call(Struct, frozen=True):
    """Somebody was told."""

    who: str
    by: str
    at: str
    note: str  # the new day, or what was said


class Slot(Struct, frozen=True):
    """One time that was given."""

    resource: str  # "Type/id"
    what: str
    start: str  # as FHIR writes it: an instant, or a day alone
    end: str
    place: str
    people: str  # who operates, who sees
    status: str
    comment: str
    calls: list[Call]
    source: str
    ours: bool = False  # whether people here gave it: it is moved and cancelled here


class AgendaLine(Struct, frozen=True):
    """One patient, on one day."""

    id: str
    family: str
    given: str
    birth_date: str
    number: str
    ward: str  # where the patient lies now; "" when in none
    room: str
    bed: str
    confidential: bool
    phones: list[Phone]
    slots: list[Slot]  # of that day, by their time


def is_slot(kept: Kept) -> bool:
    """Whether an object is a time that was given to somebody."""
    if kept.kind == "Appointment":
        return kept.now.get("status") not in _OVER
    if kept.kind != "ServiceRequest" or kept.now.get("status", "") not in _OPEN:
        return False
    at = str(kept.now.get("occurrenceDateTime", ""))
    return is_instant(at) and any(concept(one) in _SERVICES for one in kept.now.get("category") or [])


def shown(kept: Kept) -> bool:
    """Whether a board, what waits or the agenda depends on this object of a chart."""
    return on_lists(kept) or is_slot(kept)


def agenda_of(chart: Chart) -> dict[int, AgendaLine]:
    """Return the lines of a chart by their day (days of 24 h since 1970, UTC)."""
    oldest = chart.last_received_ns - BACK_NS
    calls = dict[str, list[Call]]()
    for about, call in _calls(chart):
        calls.setdefault(about, []).append(call)
    found = [
        _slot(name, kept, calls.get(name, [])) for name, kept in chart.kept.items() if is_slot(kept)
    ]  # fmt: skip
    found = [slot for slot in found if instant(slot.start) >= oldest]
    found.sort(key=lambda slot: (instant(slot.start), slot.resource))
    days: dict[int, list[Slot]] = {}
    for slot in found[:SLOTS_MAX]:
        days.setdefault(instant(slot.start) // DAY_NS, []).append(slot)
    return {day: _line(chart, slots) for day, slots in days.items()}


def _line(chart: Chart, slots: list[Slot]) -> AgendaLine:
    patient = patient_resource(chart.identity, chart.id)
    name = names(patient)
    ward, room, bed = (*place_of(chart), "", "", "")[:3]
    return AgendaLine(
        id=chart.id,
        family=name.family,
        given=name.given,
        birth_date=str(patient.get("birthDate", "")),
        number=next((one.words for one in numbers(patient) if not one.old), ""),
        ward=ward,
        room=room,
        bed=bed,
        confidential=confidential(patient, stay_or_last(chart)),
        phones=list(_phones(patient)),
        slots=slots,
    )


def _phones(patient: Resource) -> Iterator[Phone]:
    for number in _numbers(patient):
        yield Phone("", "", number)
    for contact in patient.get("contact") or []:
        for number in _numbers(contact):
            yield Phone(called(contact.get("name") or {}), concepts(contact.get("relationship")), number)


def _numbers(person: Resource) -> Iterator[str]:
    for one in person.get("telecom") or []:
        if one.get("system") in {"phone", "sms", None} and one.get("value") and one.get("use") != "old":
            yield str(one["value"])


def _calls(chart: Chart) -> Iterator[tuple[str, Call]]:
    for kept in sorted(chart.kept.values(), key=lambda kept: kept.order):
        if kept.kind == "Communication" and written_here(kept.now):
            kind, about, _ = answered(kept.now)
            if kind == CALLED:
                now = kept.now
                who = next((display(one) for one in now.get("recipient") or []), "")
                note = next((str(one.get("text", "")) for one in now.get("note") or []), "")
                yield about, Call(who, display(now.get("sender")), str(now.get("sent", "")), note)


def _slot(name: str, kept: Kept, calls: list[Call]) -> Slot:
    now = kept.now
    if kept.kind == "ServiceRequest":
        what, people = concept(now.get("code")) or "?", [display(one) for one in now.get("performer") or []]
        start, end, place = str(now["occurrenceDateTime"]), "", concepts(now.get("category"))
    else:
        actors = [one.get("actor") or {} for one in now.get("participant") or []]
        place, people = _place(actors), [display(one) for one in actors if _is_person(one)]
        services = concepts(now.get("serviceType")) or str(now.get("description", ""))
        what = services or concepts(now.get("reasonCode")) or "?"
        period: Resource = next(iter(now.get("requestedPeriod") or []), {})
        start, end = str(now.get("start") or period.get("start") or ""), str(now.get("end") or "")
    comment = str(now.get("comment") or concepts(now.get("reasonCode")))
    status = str(now.get("status", ""))
    return Slot(name, what, start, end, place, ", ".join(filter(None, people)), status,
                "" if comment == what else comment, calls, kept.ref,
                kept.kind == "Appointment" and status == "booked" and written_here(now))  # fmt: skip


def _is_person(actor: Resource) -> bool:
    """Whether who takes part is a person: SIU gives a person's number with the name (AIP), a room's words alone."""
    return (
        actor.get("type") == "Practitioner"
        or bool(actor.get("identifier"))
        or str(actor.get("reference", "")).startswith("Practitioner")
    )


def _place(actors: list[Resource]) -> str:
    return ", ".join(display(one) for one in actors if not _is_person(one) and display(one))
