"""Steps of a stay as people write them: where somebody lies from when on (mapping/from_people.py reads them).

Rules kept here:
  * A step is added to the stay that the patient is in, whoever began it, and has an id of its own: it is cancelled by
    that id, and what stood before stands again.
  * Somebody who goes, or is moved, leaves every other stay that people here had begun: no bed is kept by a stay that
    nobody looks at.
"""

from collections.abc import Iterator, Sequence

from contrefeu.chart import Chart, StayState, Step, last_here, present_stay, stay_of, steps_in_force, taken_up
from contrefeu.fhir import Json
from contrefeu.mapping import MOVEMENT, STAY

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_PLACES = "http://terminology.hl7.org/CodeSystem/location-physical-type"
_STATUS = {"leave": "onleave", "discharge": "finished"}


def step(
    visit: str,
    kind: str,
    at: str,
    *,
    place: Sequence[str] = (),
    inside: str = "IMP",
    cancels: str = "",
) -> Json:
    """Return the Encounter that says one step.

    Args:
        visit: Key of the stay.
        kind: "admit", "transfer", "leave", "return", "discharge".
        at: When, as FHIR writes it.
        place: Ward, room, bed; empty when nobody goes anywhere.
        inside: Class of the stay (v3-ActCode).
        cancels: Id of the step that is taken back; "" for a new one.
    """
    parts: list[Json] = [
        {"url": "id", "valueString": cancels},  # of a new one: the form it comes of (scribe.py)
        {"url": "kind", "valueCode": kind},
        {"url": "action", "valueCode": "cancel" if cancels else "insert"},
        {"url": "at", "valueDateTime": at},
    ]
    found: Json = {
        "resourceType": "Encounter",
        "identifier": [{"system": STAY, "value": visit}],
        "extension": [{"url": MOVEMENT, "extension": parts}],
        "status": "cancelled" if cancels else _STATUS.get(kind, "in-progress"),
        "class": {"system": ACT_CODE, "code": inside},
    }
    where = [
        {"location": {"display": name}, "physicalType": {"coding": [{"system": _PLACES, "code": code}]}}
        for code, name in zip(("wa", "ro", "bd"), place, strict=False)
        if name
    ]
    return found | ({"location": where} if where else {})


def visit_of_stay(chart: Chart, now_ns: int) -> str:
    """Return the key of the stay that a patient is in; of one that FHIR alone tells of, a key for our own steps."""
    stay = present_stay(chart.stays, now_ns)
    if stay is not None:
        return stay.visit
    told = stay_of(chart, now_ns)
    return f"stay:{chart.id}|{told.get('id', '')}"


def left_behind(chart: Chart, visit: str, at: str) -> Iterator[Json]:
    """Yield the steps that end what people here had begun beside the stay *visit*."""
    over = taken_up(chart.stays)
    for stay in chart.stays.values():
        steps = steps_in_force(stay)
        ours = bool(steps) and all(one.movement.by for one in steps)
        if stay.visit not in over | {visit} and ours and steps[-1].movement.kind != "discharge":
            yield step(stay.visit, "discharge", at)


def last_step(chart: Chart) -> tuple[StayState, Step] | None:
    """Return the last step that people here said of a patient, and that stands."""
    found = [(stay, last) for stay in chart.stays.values() if (last := last_here(stay)) is not None]
    return max(found, key=lambda one: one[1].said, default=None)
