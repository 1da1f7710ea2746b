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
"""

from bisect import bisect_right

from msgspec import Struct, field
from msgspec.structs import replace

from contrefeu.chart.versions import SOURCE, overlay
from contrefeu.fhir import Json, derived_id
from contrefeu.mapping import Movement, Reading, Stay

Statement = tuple[int, tuple[int, str, int]]
"""When something was said (ns, by its sender's clock), and where it stands in the journals."""

_NEVER: Statement = (-1, (0, "", 0))
_IN = frozenset({"in-progress", "onleave"})


class Step(Struct):
    """One movement: all that was said of it, in the order of saying."""

    words: list[tuple[Statement, Movement]] = field(default_factory=list)
    voided: Statement = _NEVER
    cancels: str = ""  # the kind that its cancellation says it was

    @property
    def first(self) -> Statement:
        """The statement that first named it: breaks ties of its time."""
        return self.words[0][0]

    @property
    def said(self) -> Statement:
        """Its last statement."""
        return self.words[-1][0]

    @property
    def void(self) -> bool:
        """Whether its last word is a cancellation, or the only one."""
        return not self.words or self.voided > self.said

    @property
    def movement(self) -> Movement:
        """What its last statement says, and earlier ones where it says nothing."""
        found = self.words[0][1]
        for _, later in self.words[1:]:
            found = _completed(later, found)
        return found

    @property
    def key(self) -> tuple[int, Statement]:
        """Where it stands among the movements of its stay."""
        return self.movement.at_ns or self.said[0], self.first


class Cancel(Struct):
    """A cancellation that names no movement."""

    kind: str
    at_ns: int
    said: Statement


class StayState(Struct):
    """One stay."""

    visit: str
    said: Json = field(default_factory=dict)  # Encounter elements beside status, class, period, location
    said_at: int = -1  # when the last word on these was said (ns)
    told: dict[str, int] = field(default_factory=dict)  # those that an earlier word said, and when
    steps: dict[str, Step] = field(default_factory=dict)
    cancels: dict[str, Cancel] = field(default_factory=dict)
    ref: str = ""


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


def encounter(stay: StayState, subject: Json, known_ns: int = 0) -> Json:
    """Return the FHIR Encounter, as it stands at *known_ns*."""
    steps = _in_force(stay)
    found: Json = {
        "resourceType": "Encounter",
        "id": derived_id("Encounter", stay.visit),
        "meta": {"source": f"{SOURCE}{stay.ref}"},
    }
    found.update(stay.said)
    found["status"] = _status(stay, steps, known_ns)
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


def present_stay(stays: dict[str, StayState], known_ns: int = 0) -> StayState | None:
    """The stay that says where the patient is: of those in progress, the one whose place was last changed.

    A visit to a clinic during a stay does not take the patient out of their bed.
    """
    best: tuple[tuple[bool, int, str], StayState] | None = None
    for stay in stays.values():
        steps = _in_force(stay)
        standing = _standing(steps) if _status(stay, steps, known_ns) in _IN else None
        if standing is not None:
            rank = (_class(steps) != "AMB", standing.at_ns, stay.visit)
            if best is None or rank > best[0]:
                best = rank, stay
    return best[1] if best is not None else None


def _completed(later: Movement, earlier: Movement) -> Movement:
    """The later of two statements of a movement, with what only the earlier one says.

    It is historic only if both say so: a movement that was the present one once is not made historic by a correction.
    """
    return replace(
        later,
        kind=later.kind or earlier.kind,
        at_ns=later.at_ns or earlier.at_ns,
        at=later.at or earlier.at,
        announced=later.announced if later.at_ns else earlier.announced,
        historic=later.historic and earlier.historic,
        place=later.place or earlier.place,
        unit=later.unit or earlier.unit,
        patient_class=later.patient_class or earlier.patient_class,
    )


def _in_force(stay: StayState) -> list[Movement]:
    """Movements that stand, in the order of their times."""
    steps = sorted((step for step in stay.steps.values() if not step.void), key=lambda step: step.key)
    for cancel in sorted(stay.cancels.values(), key=lambda one: one.said):
        candidates = [at for at, step in enumerate(steps) if _cancels(cancel, step)]
        named = [at for at in candidates if steps[at].movement.at_ns == cancel.at_ns]
        if candidates:
            target = (named or candidates)[-1]
            after = range(target + 1, len(steps)) if cancel.kind == "admit" else ()
            gone = {target, *(at for at in after if _precedes(steps[at], cancel))}
            steps = [step for at, step in enumerate(steps) if at not in gone]
    return [step.movement for step in steps]


def _cancels(cancel: Cancel, step: Step) -> bool:
    return step.movement.kind == cancel.kind and step.said < cancel.said


def _precedes(step: Step, cancel: Cancel) -> bool:
    return step.said < cancel.said and step.movement.kind != "plan"


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
