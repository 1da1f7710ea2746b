"""A chart as a search finds it: what is shown of the patient, and the words that find them.

Rules kept here:
  * The birth name comes first, the used name beside it; every given name and every number finds, old numbers too
    (F25, F32).
  * A bed is said with its room: "F" alone is a bed of every room.
  * Somebody in no ward is found as well: by name, birth date and numbers.
"""

from msgspec.structs import replace

from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.chart.boards import leaves_ns, place_of
from contrefeu.chart.elements import Resource, names, numbers
from contrefeu.chart.fold import Chart
from contrefeu.chart.patient import patient_resource
from contrefeu.chart.spelling import bed_word, date_words, name_words, number_word
from contrefeu.chart.stays import encounter
from contrefeu.chart.views import PatientHit, World


def hit_of(chart: Chart) -> PatientHit:
    """Return what a search shows of *chart*."""
    patient = patient_resource(chart.identity, chart.id)
    called = names(patient)
    place = [*place_of(chart), "", "", ""]
    name = f"{called.family} {called.given}".strip()
    leaves = leaves_ns(chart)
    world: World = "T" if chart.world == "T" else "P"
    return PatientHit(
        id=chart.id,
        name=f"{name} ({called.used})" if called.used else name,
        birth_date=str(patient.get("birthDate", "")),
        identifiers=[number.words for number in numbers(patient) if not number.old],
        ward=place[0],
        bed=_bed(place[1], place[2]),
        sex=str(patient.get("gender", "")),
        world=world,
        state=_state(chart, patient, in_bed=bool(place[0])),
        leaves=rfc3339(leaves) if leaves else "",
    )


def hit_at(hit: PatientHit, now_ns: int) -> PatientHit:
    """Return *hit* as it stands now: once the hour of an announced discharge has come, the patient has left."""
    if not hit.leaves or parse_rfc3339(hit.leaves) > now_ns:
        return hit
    return replace(hit, ward="", bed="", state="left" if hit.state == "in" else hit.state, leaves="")


def search_words(chart: Chart) -> list[str]:
    """Return the words that find *chart*, each once: names, birth date, numbers, ward and bed."""
    patient = patient_resource(chart.identity, chart.id)
    found: dict[str, None] = {}
    for name in patient.get("name") or []:
        parts = [str(name.get("family") or ""), *map(str, name.get("given") or []), str(name.get("text") or "")]
        found.update((word, None) for part in parts for word in name_words(part))
    found.update((word, None) for word in date_words(str(patient.get("birthDate", ""))))
    found.update((number_word(number.value), None) for number in numbers(patient))
    key = chart.key.rpartition("|")[2]
    found.update(((number_word(key), None), *((number_word(value), None) for value in _visit_numbers(chart))))
    place = [*place_of(chart), "", "", ""]
    ward, room, bed = place[:3]
    found.update((bed_word(one), None) for one in (bed, room, f"{room}{bed}", f"{ward}{bed}", f"{ward}{room}{bed}"))
    found.update((word, None) for word in name_words(ward))
    found.pop("", None)
    return list(found)


def _bed(room: str, bed: str) -> str:
    """A bed with its room, as boards write it: "12 A", and "12A" where the bed says its room."""
    return bed if bed.startswith(room) and bed else f"{room} {bed}".strip()


def _state(chart: Chart, patient: Resource, *, in_bed: bool) -> str:
    """ "in", "left", "deceased", or "" while nobody has said."""
    if patient.get("deceasedDateTime") or patient.get("deceasedBoolean"):
        return "deceased"
    if in_bed:
        return "in"
    statuses = {encounter(stay, {}, chart.last_received_ns)["status"] for stay in chart.stays.values()}
    if statuses & {"in-progress", "onleave"}:
        return "in"
    return "left" if "finished" in statuses else ""


def _visit_numbers(chart: Chart) -> list[str]:
    return [
        str(number["value"])
        for stay in chart.stays.values()
        for number in stay.said.get("identifier") or []
        if number.get("value")
    ]
