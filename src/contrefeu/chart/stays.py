"""Stays: where a patient is and was, from the movements that admissions say (FIELD F26, F27; IHE PAM France).

Rules kept here:
  * A stay is a fold over its movements in the order of their own times; when these are equal, what was said first
    comes first, and arrival breaks what ties are left.
  * A movement is known by its id (ZBE-1): a later statement replaces it, a cancellation voids it, whenever they
    arrive. A movement that is said again after its cancellation stands again.
  * A cancellation without an id voids the movement of its kind that has its time (EVN-6), else the last one that had
    been said by then; cancelling an admission voids what followed it.
  * A discharge whose time is after the message that says it is announced: until that time the stay goes on, with its
    end said. What time it is, is the last entry's (`known_ns`), or the reader's.
  * A historic movement has its place in the past and never changes the present one, whatever its time.
  * Only movements move: what results, orders and A08 say of a place is never used.
  * What people here say of a stay is a movement as any other, and no feed's voids it. A feed that later says that the
    patient left, and never said what people here had said, is not believed alone (disputes.py shows it): nobody lies
    in a bed that no board knows.
"""

from bisect import bisect_right

from msgspec.structs import replace

from contrefeu.chart.steps import (
    Cancel,
    StayState,
    Step,
    agrees,
    last_here,
    later_by_feeds,
    steps_in_force,
    taken_up,
)
from contrefeu.chart.versions import SOURCE, overlay
from contrefeu.fhir import Json, derived_id
from contrefeu.mapping import Movement, Reading, Stay

_IN = frozenset({"in-progress", "onleave"})


def take_stay(stays: dict[str, StayState], stay: Stay, reading: Reading) -> None:
    """Take what a message says of a stay beside movements; absent removes nothing."""
    found = stays.setdefault(stay.visit, StayState(stay.visit))
    at_ns = reading.at_ns or reading.received_ns
    if overlay(found.said, found.told, found.said_at, stay.resource, at_ns):
        found.ref = reading.ref
    found.said_at = max(found.said_at, at_ns)


def take_movement(stays: dict[str, StayState], movement: Movement, reading: Reading) -> None:
    """Take one movement."""
    stay = stays.setdefault(movement.visit, StayState(movement.visit))
    stay.ref = reading.ref
    said = (reading.said_at_ns or reading.at_ns or reading.received_ns, reading.order)
    if movement.at_ns > said[0]:
        movement = replace(movement, announced=True)
    if movement.action == "cancel" and movement.id.startswith("?"):
        before = stay.cancels.get(movement.id)
        if before is None or before.said < said:
            stay.cancels[movement.id] = Cancel(movement.cancels or movement.kind, movement.at_ns, said)
        return
    step = stay.steps.setdefault(movement.id, Step())  # its cancellation may arrive before it
    if movement.action == "cancel":
        step.voided, step.cancels = max(step.voided, said), step.cancels or movement.cancels or movement.kind
        return
    at = bisect_right(step.words, said, key=lambda word: word[0])
    step.words.insert(at, (said, movement))
    alike = [one for _, one in step.words[max(0, at - 1) : at + 2]]
    if len(alike) == 3 and alike[0] == alike[1] == alike[2]:
        del step.words[at]  # said again and again: the first and the last time are enough


def encounter(stay: StayState, subject: Json, known_ns: int = 0, *, taken_up: bool = False) -> Json:
    """Return the FHIR Encounter, as it stands at *known_ns*; *taken_up* when another stay goes on for it."""
    steps = _in_force(stay)
    found: Json = {
        "resourceType": "Encounter",
        "id": derived_id("Encounter", stay.visit),
        "meta": {"source": f"{SOURCE}{stay.ref}"},
    }
    found.update(stay.said)
    found["status"] = "finished" if taken_up else _status(stay, steps, known_ns)
    patient_class = _class(steps)
    if patient_class:
        found["class"] = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": patient_class}
    period = _period(steps, over=found["status"] == "finished" or _leaves(steps) > known_ns)
    if period:
        found["period"] = period
    places = _places(steps, found["status"])
    if places:
        found["location"] = places
    found["subject"] = subject
    return found


def present_place(stay: StayState, known_ns: int = 0) -> list[str]:
    """Ward, room, bed of a stay in progress; empty otherwise."""
    steps = _in_force(stay)
    standing = _standing(steps) if _status(stay, steps, known_ns) in _IN else None
    return standing.place if standing is not None else []


def leaves_at(stay: StayState, known_ns: int = 0) -> int:
    """When the end that was announced for a stay comes (ns); 0 when none is still to come."""
    at_ns = _leaves(_in_force(stay))
    return at_ns if at_ns > known_ns else 0


def planned_place(stays: dict[str, StayState]) -> tuple[list[str], int]:
    """Return where a patient who is in no bed is expected next, and when (ns); ([], 0) when nowhere."""
    plans = [
        step
        for stay in stays.values()
        if _status(stay, steps := _in_force(stay)) == "planned"
        for step in steps
        if step.kind == "plan" and step.place
    ]
    first = min(plans, key=lambda step: step.at_ns, default=None)
    return (first.place, first.at_ns or 1) if first is not None else ([], 0)


def planned_visit(stays: dict[str, StayState]) -> str:
    """Return the key of the stay that is planned next; "" when none is."""
    plans = {visit: _in_force(stay) for visit, stay in stays.items() if _status(stay, _in_force(stay)) == "planned"}
    return min(plans, key=lambda visit: plans[visit][0].at_ns, default="")


def present_stay(stays: dict[str, StayState], known_ns: int = 0) -> StayState | None:
    """The stay that says where the patient is: of those in progress, the one whose place was last changed.

    A visit to a clinic during a stay does not take the patient out of their bed.
    """
    best: tuple[tuple[bool, int, str], StayState] | None = None
    over = taken_up(stays)
    for stay in stays.values():
        if stay.visit in over:
            continue
        steps = _in_force(stay)
        standing = _standing(steps) if _status(stay, steps, known_ns) in _IN else None
        if standing is not None:
            rank = (_class(steps) != "AMB", standing.at_ns, stay.visit)
            if best is None or rank > best[0]:
                best = rank, stay
    return best[1] if best is not None else None


def moves_of(stay: StayState) -> list[tuple[int, Movement]]:
    """Return the movements that stand, in the order of their times (ns): what a sender says, else when it was said."""
    return [(step.key[0], step.movement) for step in _steps(stay)]


def taken_back(stay: StayState) -> tuple[int, list[str]] | None:
    """Return since when (ns) nobody was ever admitted by *stay*, and the place that it had said; None for any other."""
    said = [step for step in stay.steps.values() if step.words and step.movement.kind != "plan" and step.movement.place]
    if not said or not _was_cancelled(stay) or any(move.kind != "plan" for _, move in moves_of(stay)):
        return None
    ends = [*(step.voided[0] for step in stay.steps.values()), *(one.said[0] for one in stay.cancels.values())]
    return max(ends), max(said, key=lambda step: step.key).movement.place


def _in_force(stay: StayState) -> list[Movement]:
    """Movements that stand, in the order of their times; of a discharge that is disputed, as if it had not come."""
    return [step.movement for step in _steps(stay)]


def _steps(stay: StayState) -> list[Step]:
    """The same, each with all that was said of it."""
    steps, last = steps_in_force(stay), last_here(stay)
    if last is not None and last.movement.kind != "discharge":
        later = later_by_feeds(steps, last)
        if not any(agrees(last.movement, step.movement) for step in later):
            steps = [step for step in steps if step not in later or step.movement.kind != "discharge"]
    return steps


def _leaves(steps: list[Movement]) -> int:
    """The time of the last discharge, when it was announced; else 0."""
    last = next((step for step in reversed(steps) if step.kind == "discharge"), None)
    return last.at_ns if last is not None and last.announced else 0


def _status(stay: StayState, steps: list[Movement], known_ns: int = 0) -> str:
    """FHIR encounter-status."""
    status = "cancelled" if not steps and _was_cancelled(stay) else "unknown"
    for step in steps:
        match step.kind:
            case "plan":
                status = "planned" if status in {"cancelled", "unknown"} else status
            case "admit" | "return" | "class" | "transfer":
                if not step.historic or status in {"cancelled", "unknown", "planned"}:
                    status = "in-progress"
            case "leave":
                if not step.historic or status in {"cancelled", "unknown", "planned"}:
                    status = "onleave"
            case "discharge":
                if not step.announced or step.at_ns <= known_ns:
                    status = "finished"
            case "delete":
                status = "entered-in-error"
    if status in _IN and all(step.historic for step in steps if step.kind != "plan"):
        return "unknown"  # the past is known, the present is not
    return status


def _was_cancelled(stay: StayState) -> bool:
    """Whether the way in of a stay of which nothing is left was cancelled: not so when a transfer alone was."""
    kinds = {cancel.kind for cancel in stay.cancels.values()}
    for step in stay.steps.values():
        kinds |= {step.cancels, *(movement.kind for _, movement in step.words)} if step.void else set()
    return bool(kinds & {"admit", "plan"})


def _standing(steps: list[Movement]) -> Movement | None:
    """The movement that says where the patient lies, of a stay in progress."""
    return next((s for s in reversed(steps) if s.place and not s.historic and s.kind != "plan"), None)


def _class(steps: list[Movement]) -> str:
    said = [step.patient_class for step in steps if step.patient_class]
    present = [step.patient_class for step in steps if step.patient_class and not step.historic]
    return (present or said or [""])[-1]


def _period(steps: list[Movement], *, over: bool) -> Json:
    begun = [s for s in steps if s.kind in {"admit", "transfer", "class"}]
    start = begun[0].at if begun else next((s.at for s in steps if s.kind == "plan"), "")
    end = next((s.at for s in reversed(steps) if s.kind == "discharge"), "") if over else ""
    return {key: at for key, at in (("start", start), ("end", end)) if at}


def _places(steps: list[Movement], status: str) -> list[Json]:
    """Each place with its period; the one in force in parts (ward, room, bed)."""
    standing = _standing(steps) if status in _IN else None
    stops: list[Movement] = []
    for step in steps:
        if not step.place or (step.kind in {"plan", "discharge"} and stops):
            continue
        if stops and stops[-1].kind == "plan":
            stops.pop()  # planned, and the patient came: there or elsewhere
        if stops and stops[-1].place == step.place and step is not standing:
            continue
        if stops and stops[-1].place == step.place and standing is step:
            standing = stops[-1]  # the same place since an earlier step
            continue
        stops.append(step)
    over = next((s.at for s in reversed(steps) if s.kind == "discharge"), "") if status == "finished" else ""
    found: list[Json] = []
    for at, step in enumerate(stops):
        until = stops[at + 1].at if at + 1 < len(stops) else over
        if step is standing or step.kind == "plan":
            found += _parts(step, {"start": step.at} if step.at else {})
            continue
        period = {key: when for key, when in (("start", step.at), ("end", until)) if when}
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
