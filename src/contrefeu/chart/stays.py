"""Stays: where a patient is and was, from the movements that admissions say (FIELD F26, F27; IHE PAM France).

Rules kept here:
  * A stay is a fold over its movements in the order of their own times; arrival order breaks ties only.
  * A movement is known by its id (ZBE-1): an update replaces it, a cancellation voids it, whenever they arrive.
  * A historic movement has its place in the past and never changes the present one.
  * Only movements move: what results, orders and A08 say of a place is never used.
"""

from msgspec import Struct, field

from contrefeu.chart.versions import SOURCE
from contrefeu.fhir import Json, derived_id
from contrefeu.mapping import Movement, Reading, Stay


class Step(Struct):
    """One movement, as it stands after updates and cancellations."""

    movement: Movement
    order: tuple[int, str, int]
    void: bool = False


class StayState(Struct):
    """One stay."""

    visit: str
    said: Json = field(default_factory=dict)  # Encounter elements beside status, class, period, location
    said_at_ns: int = 0
    steps: dict[str, Step] = field(default_factory=dict)
    ref: str = ""


def take_stay(stays: dict[str, StayState], stay: Stay, reading: Reading) -> None:
    """Take what a message says of a stay beside movements; absent removes nothing."""
    found = stays.setdefault(stay.visit, StayState(stay.visit))
    at_ns = reading.at_ns or reading.received_ns
    later = at_ns >= found.said_at_ns
    united = {**found.said, **stay.resource} if later else {**stay.resource, **found.said}
    if united != found.said:
        found.said = united
        found.ref = reading.ref
    found.said_at_ns = max(found.said_at_ns, at_ns)


def take_movement(stays: dict[str, StayState], movement: Movement, reading: Reading) -> None:
    """Take one movement."""
    stay = stays.setdefault(movement.visit, StayState(movement.visit))
    stay.ref = reading.ref
    if movement.action == "cancel":
        _cancel(stay, movement, reading)
        return
    step = stay.steps.get(movement.id)
    if step is None:
        stay.steps[movement.id] = Step(movement, reading.order)
    elif movement.action == "update" or not step.void:
        stay.steps[movement.id] = Step(movement, step.order, step.void)


def encounter(stay: StayState, subject: Json) -> Json:
    """Return the FHIR Encounter."""
    steps = _in_force(stay)
    found: Json = {
        "resourceType": "Encounter",
        "id": derived_id("Encounter", stay.visit),
        "meta": {"source": f"{SOURCE}{stay.ref}"},
    }
    found.update(stay.said)
    found["status"] = _status(stay, steps)
    patient_class = next((s.patient_class for s in reversed(steps) if s.patient_class), "")
    if patient_class:
        found["class"] = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": patient_class}
    period = _period(steps)
    if period:
        found["period"] = period
    places = _places(steps, over=found["status"] in {"finished", "cancelled"})
    if places:
        found["location"] = places
    found["subject"] = subject
    return found


def present_place(stay: StayState) -> list[str]:
    """Ward, room, bed of a stay in progress; empty otherwise."""
    steps = _in_force(stay)
    if _status(stay, steps) not in {"in-progress", "onleave"}:
        return []
    return next((s.place for s in reversed(steps) if s.place and not s.historic), [])


def _cancel(stay: StayState, movement: Movement, reading: Reading) -> None:
    """Void the movement that is named, else the last one of the kind."""
    step = stay.steps.get(movement.id)
    if step is None and not movement.id.startswith("?"):
        # It may arrive before what it cancels: it is voided beforehand.
        stay.steps[movement.id] = Step(movement, reading.order, void=True)
        return
    if step is None:
        candidates = [s for s in _ordered(stay) if s.movement.kind == movement.cancels and not s.void]
        step = candidates[-1] if candidates else None
    if step is not None:
        step.void = True


def _ordered(stay: StayState) -> list[Step]:
    return sorted(stay.steps.values(), key=lambda s: (s.movement.at_ns, s.order))


def _in_force(stay: StayState) -> list[Movement]:
    return [step.movement for step in _ordered(stay) if not step.void]


def _status(stay: StayState, steps: list[Movement]) -> str:
    """FHIR encounter-status."""
    status = "unknown" if not stay.steps else "cancelled"  # every movement was voided
    for step in steps:
        match step.kind:
            case "plan":
                status = "planned" if status in {"cancelled", "unknown"} else status
            case "admit" | "return" | "class" | "transfer":
                if not step.historic or status in {"cancelled", "unknown", "planned"}:
                    status = "in-progress"
            case "leave":
                status = "onleave"
            case "discharge":
                status = "finished"
            case "delete":
                status = "entered-in-error"
    return status


def _period(steps: list[Movement]) -> Json:
    begun = [s for s in steps if s.kind in {"admit", "transfer", "class"}]
    start = begun[0].at if begun else next((s.at for s in steps if s.kind == "plan"), "")
    ended = [s for s in steps if s.kind == "discharge"]
    end = ended[-1].at if ended and ended[-1] is _last_turn(steps) else ""
    return {key: at for key, at in (("start", start), ("end", end)) if at}


def _last_turn(steps: list[Movement]) -> Movement | None:
    """The last step that says whether the patient is in or out."""
    turning = [s for s in steps if s.kind in {"admit", "return", "discharge"} or not s.historic]
    return turning[-1] if turning else None


def _places(steps: list[Movement], *, over: bool) -> list[Json]:
    """Each place with its period; the one in force in parts (ward, room, bed)."""
    stops: list[tuple[Movement, str]] = []
    for step in steps:
        if not step.place or (step.kind in {"plan", "discharge"} and stops):
            continue
        if stops and stops[-1][0].place == step.place:
            continue
        if stops:
            stops[-1] = (stops[-1][0], step.at)
        stops.append((step, ""))
    end = next((s.at for s in reversed(steps) if s.kind == "discharge"), "") if over else ""
    found: list[Json] = []
    for at, (step, until) in enumerate(stops):
        last = at == len(stops) - 1
        period = {key: when for key, when in (("start", step.at), ("end", until or (end if last else ""))) if when}
        if last and not over:
            found += _parts(step, period)
        else:
            words = " ".join(part for part in step.place[:3] if part)
            found.append({"location": {"display": words}, "status": "completed", "period": period})
    return found


def _parts(step: Movement, period: Json) -> list[Json]:
    status = "planned" if step.kind == "plan" else "active"
    return [
        {
            "location": {"display": name},
            "status": status,
            "physicalType": {
                "coding": [{"system": "http://terminology.hl7.org/CodeSystem/location-physical-type", "code": kind}]
            },
            "period": period,
        }
        for kind, name in zip(("wa", "ro", "bd"), step.place, strict=False)
        if name
    ]
