"""The steps of a stay: each movement with all that was said of it, and which of them stand.

Rules kept here:
  * A movement is known by its id; its last statement holds, completed by earlier ones where it says nothing.
  * A movement that people here said is voided by people here alone.
  * A feed agrees with what people here said once it says, of the time after it, the same place or that the patient
    left; then it speaks for the stay again.
"""

from msgspec import Struct, field
from msgspec.structs import replace

from contrefeu.fhir import Json
from contrefeu.mapping import Movement

Statement = tuple[int, tuple[int, str, int]]
"""When something was said (ns, by its sender's clock), and where it stands in the journals."""

_NEVER: Statement = (-1, (0, "", 0))


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


def steps_in_force(stay: StayState) -> list[Step]:
    """Return the steps that stand, in the order of their times."""
    steps = sorted((step for step in stay.steps.values() if not step.void), key=lambda step: step.key)
    for cancel in sorted(stay.cancels.values(), key=lambda one: one.said):
        candidates = [at for at, step in enumerate(steps) if _cancels(cancel, step)]
        named = [at for at in candidates if steps[at].movement.at_ns == cancel.at_ns]
        if candidates:
            target = (named or candidates)[-1]
            after = range(target + 1, len(steps)) if cancel.kind == "admit" else ()
            gone = {target, *(at for at in after if _precedes(steps[at], cancel))}
            steps = [step for at, step in enumerate(steps) if at not in gone]
    return steps


def _cancels(cancel: Cancel, step: Step) -> bool:
    return step.movement.kind == cancel.kind and step.said < cancel.said and not step.movement.by


def _precedes(step: Step, cancel: Cancel) -> bool:
    return step.said < cancel.said and step.movement.kind != "plan" and not step.movement.by


def taken_up(stays: dict[str, StayState]) -> frozenset[str]:
    """Return the stays that people here began and that a feed goes on with under a number of its own.

    It does so once it says, in another stay and after them, that the patient lies where they had said.
    """
    ours = {stay.visit: last_here(stay) for stay in stays.values() if _begun_here(stay)}
    others = (
        [step for stay in stays.values() if stay.visit not in ours for step in steps_in_force(stay)] if ours else []
    )
    return frozenset(
        visit
        for visit, last in ours.items()
        if last is not None and any(step.said > last.said and agrees(last.movement, step.movement) for step in others)
    )


def _begun_here(stay: StayState) -> bool:
    return bool(stay.steps) and all(word.by for step in stay.steps.values() for _, word in step.words)


def last_here(stay: StayState) -> Step | None:
    """Return the last movement of a stay that people here said, and that stands."""
    if not any(word.by for step in stay.steps.values() for _, word in step.words):
        return None
    return max((step for step in steps_in_force(stay) if step.movement.by), key=lambda step: step.said, default=None)


def later_by_feeds(steps: list[Step], last: Step) -> list[Step]:
    """Return what feeds said after *last* of the time after it; a movement of before is history, whenever said."""
    since = last.movement.at_ns
    found = [step for step in steps if step.said > last.said and not step.movement.by]
    return [step for step in found if step.movement.at_ns >= since and not step.movement.historic]


def agrees(ours: Movement, theirs: Movement) -> bool:
    """Whether a feed says what people here said: the same place, or that the patient has left."""
    if ours.kind == "discharge":
        return theirs.kind == "discharge"
    return theirs.kind == ours.kind == "leave" or (bool(ours.place) and where(ours.place) == where(theirs.place))


def where(place: list[str]) -> tuple[str, str]:
    """Return the ward and the bed of a place, however they are written."""
    ward, room, bed = (*place, "", "", "")[:3]
    return ward, bed_name(room, bed)


def bed_name(room: str, bed: str) -> str:
    """Return what a bed is called on its ward: its room too, unless it says it."""
    return bed or room if room in ("", bed) or not bed or bed.startswith(room) else f"{room}{bed}"


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
