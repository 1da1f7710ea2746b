"""Acts on one patient that do not go together, of stations that could not see one another's (D6, decision 0162).

Rules kept here:
  * Both are kept and both are shown: a clash changes no line of a chart, it asks a person.
  * Only acts that people here wrote clash, and only when neither author could see the other's: each act says up to
    which entry of each journal its author's chart had been read (SEEN). What one of them saw, its form asked about.
  * Of one order that two people changed otherwise, one word holds; both are kept beside (versions.Rival) until
    somebody who saw both speaks of it, or says that it is settled. Two who say the same are no clash.
  * Vital signs after a discharge clash as an act does: a form of them is one.
  * What was done here after a ward's cut-over to the record system is such a pair too, with the lifting: the record
    system was in force (F3, F4). It is asked of a chart with the lifting: charts know of none.
  * It ends when a person says that it is settled, when one of the two is taken back, or when the chart has moved on: a
    drug that was stopped, a patient whom somebody who saw both has moved.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from contrefeu.chart.elements import (
    Resource,
    codes,
    concept,
    concepts,
    display,
    first,
    instant,
    is_error,
    is_instant,
    listed,
)
from contrefeu.chart.fold import Chart
from contrefeu.chart.replaced import replaces
from contrefeu.chart.sentences import drug_said, instructions_of
from contrefeu.chart.steps import StayState, Step, steps_in_force, taken_up, where
from contrefeu.chart.versions import SOURCE, Kept
from contrefeu.mapping import SEEN, WRITTEN

NS_PER_S = 1_000_000_000
TWICE_S = 3600  # between two doses of one drug that clash: what the dose form asks about at one station
KEPT_S = 14 * 86_400  # seconds before the chart's last word that are looked back, as for all that waits
SETTLED = "settled"  # what an answer that ends a clash is called; it is about the entries of both acts

ClashKind = Literal[
    "doses", "prescriptions", "modified", "moves", "after-stop", "after-discharge", "after-cutover", "changed"
]
_NOT_GIVEN = frozenset({"stopped", "cancelled", "on-hold"})  # a prescription of which nothing is to be given
_Found = tuple[ClashKind, "_Act", "_Act"]
_GIVEN = frozenset({"completed", "in-progress"})
_ACTS = frozenset({"MedicationAdministration", "MedicationRequest", "ServiceRequest"})
_NOTED = frozenset(
    {"Observation", "DocumentReference", "AllergyIntolerance", "Condition", "Flag", "NutritionOrder", "Appointment"}
)
_MOVES = frozenset({"admit", "transfer", "leave", "return", "discharge"})


class Side(Struct, frozen=True):
    """One of the two acts."""

    kind: str  # a FHIR type, with its status of an order that was changed; of a step of a stay "transfer"...
    ref: str  # entry
    at: str  # when it was done, as FHIR writes it
    by: str
    what: str  # the drug, the request, or ward and bed


class Clash(Struct, frozen=True):
    """Two acts that do not go together."""

    kind: ClashKind
    first: Side
    second: Side  # the one that stands later among all entries

    @property
    def refs(self) -> frozenset[str]:
        """Their entries."""
        return frozenset({self.first.ref, self.second.ref})


class _Act(Struct, frozen=True):
    side: Side
    order: tuple[int, str, int]
    seen: Mapping[str, int]  # journal -> the last entry that its author could see
    resource: Resource = {}
    name: str = ""  # "Type/id"

    def saw(self, other: "_Act") -> bool:
        """Whether its author could see *other*."""
        return self.order[1] == other.order[1] or self.seen.get(other.order[1], 0) >= other.order[2]


def clashes_of(chart: Chart) -> list[Clash]:
    """Return what waits for a person to settle, the newest first."""
    acts, steps = list(_acts(chart, _ACTS | {"Observation"})), list(_steps(chart.stays))
    changed = list(_changed(chart))
    if not changed and len({act.order[1] for act in (*acts, *steps)}) < 2:
        return []  # one station writes: nobody was apart
    settled = list(_settled(chart))
    found = [
        (later.order, Clash(kind, earlier.side, later.side))
        for kind, one, other in (*_of_pairs(acts), *_of_steps(steps), *_after_discharge(acts, steps), *changed)
        for earlier, later in [sorted((one, other), key=lambda act: act.order)]
    ]
    found.sort(key=lambda pair: (pair[0], pair[1].first.ref), reverse=True)
    return [clash for _, clash in found if not any(clash.refs <= refs for refs in settled)]


def written_after(chart: Chart, lifting: Side) -> list[Clash]:
    """Return what people here did of a patient after the cut-over of the ward, and nobody settled: one an entry."""
    found: dict[str, list[_Act]] = {}
    for act in (*_acts(chart, _ACTS | _NOTED), *_steps(chart.stays)):
        if _is_after(act, _Act(lifting, act.order, {})):
            found.setdefault(act.side.ref, []).append(act)
    settled, clashes = list(_settled(chart)), []
    for acts in sorted(found.values(), key=lambda acts: acts[0].order, reverse=True):
        what = ", ".join(dict.fromkeys(act.side.what for act in acts if act.side.what))
        clash = Clash("after-cutover", lifting, replace(acts[0].side, what=what))
        if not any(clash.refs <= refs for refs in settled):
            clashes.append(clash)
    return clashes


def seen_by(chart: Chart) -> str:
    """Return how far somebody sees who reads *chart*: "journal/sequence" of the last act of each station."""
    orders = [kept.order for kept in chart.kept.values() if _written(kept.now) is not None]
    orders += [said[1] for step in _all_steps(chart.stays) for said, word in step.words if word.by]
    last: dict[str, int] = {}
    for _, journal, sequence in orders:
        last[journal] = max(sequence, last.get(journal, 0))
    return " ".join(f"{journal}/{sequence}" for journal, sequence in sorted(last.items()))


def _written(now: Resource) -> Resource | None:
    return next((one for one in now.get("extension") or [] if one.get("url") == WRITTEN), None)


def _parsed(seen: str) -> dict[str, int]:
    pairs = (one.rpartition("/") for one in seen.split())
    return {journal: int(sequence) for journal, _, sequence in pairs if sequence.isascii() and sequence.isdigit()}


def _acts(chart: Chart, kinds: frozenset[str] = _ACTS) -> Iterator[_Act]:
    since = chart.last_received_ns - KEPT_S * NS_PER_S
    for name, kept in chart.kept.items():
        if kept.kind in kinds and kept.received_ns >= since and not is_error(kept.now):
            written = _written(kept.now)
            if written is not None:
                yield _act(name, kept, written)


def _act(name: str, kept: Kept, written: Resource) -> _Act:
    now, parts = kept.now, written.get("extension") or []
    seen = next((str(one.get("valueString", "")) for one in parts if one.get("url") == SEEN), "")
    at = next((str(one.get("valueDateTime", "")) for one in parts if one.get("url") == "at"), "")
    at = first(now, "effectiveDateTime", "effectivePeriod.start") or at
    owner = next((one.get("actor") or one for one in _people(now)), None)
    drug = kept.kind.startswith("Medication")
    what = drug_said(now) if drug else concept(now.get("code") or now.get("type")) or _words(now)
    return _Act(Side(kept.kind, kept.ref, at, display(owner), what), kept.order, _parsed(seen), now, name)


def _words(now: Resource) -> str:
    return str(now.get("description", "")) or concepts(now.get("serviceType"))


def _people(now: Resource) -> Iterator[Resource]:
    """Who ordered, did or wrote it: FHIR has a name for each type."""
    for name in ("requester", "performer", "author", "recorder", "asserter"):
        found = now.get(name) or []
        yield from found if isinstance(found, list) else [found]


def _all_steps(stays: Mapping[str, StayState]) -> Iterator[Step]:
    for stay in stays.values():
        yield from stay.steps.values()


def _steps(stays: Mapping[str, StayState]) -> Iterator[_Act]:
    """The steps of people that stand, of stays that no feed goes on with."""
    over = taken_up(dict(stays))
    for stay in stays.values():
        for step in steps_in_force(stay) if stay.visit not in over else ():
            (_, order), movement = step.said, step.movement
            if movement.by and movement.kind in _MOVES:
                place = " ".join(filter(None, where(movement.place)))
                by = movement.by.removeprefix("user/")
                side = Side(movement.kind, f"{order[1]}/{order[2]}", movement.at, by, place)
                yield _Act(side, order, _parsed(movement.seen))


def _settled(chart: Chart) -> Iterator[frozenset[str]]:
    for kept in chart.kept.values():
        said = kept.kind == "Communication" and _written(kept.now) is not None and not is_error(kept.now)
        if said and SETTLED in [code for one in kept.now.get("category") or [] for code in codes(one)]:
            about = (str(one.get("reference", "")) for one in kept.now.get("about") or [])
            yield frozenset(one.removeprefix(SOURCE) for one in about)


def _apart(acts: list[_Act], test: Callable[[_Act, _Act], bool]) -> Iterator[tuple[_Act, _Act]]:
    """Pairs of acts, neither of which saw the other, that *test* holds for; in the order of their entries."""
    for one, other in combinations(sorted(acts, key=lambda act: act.order), 2):
        if not one.saw(other) and not other.saw(one) and test(one, other):
            yield one, other


def _of_pairs(acts: list[_Act]) -> Iterator[_Found]:
    doses = [act for act in acts if _is_dose(act)]
    orders = [act for act in acts if act.side.kind == "MedicationRequest"]
    running = [act for act in orders if act.resource.get("status") == "active"]
    stopped = {act.name: act for act in orders if act.resource.get("status") in _NOT_GIVEN}
    for one, other in _apart(doses, _twice):
        yield "doses", one, other
    for one, other in _apart(running, _both_run):
        yield "prescriptions", one, other
    for new in running:
        ended = stopped.get(replaces(new.resource))
        if ended is not None and ended.order != new.order and not (new.saw(ended) or ended.saw(new)):
            yield "modified", ended, new
    for dose in doses:
        stop = stopped.get(_request(dose))
        if stop is not None and _is_after(dose, stop) and not (dose.saw(stop) or stop.saw(dose)):
            yield "after-stop", stop, dose


def _both_run(one: _Act, other: _Act) -> bool:
    """Two prescriptions of one drug; of two that took one place, the place is what clashes."""
    place = replaces(one.resource)
    return _drug(one) == _drug(other) and not (place and place == replaces(other.resource))


def _of_steps(steps: list[_Act]) -> Iterator[_Found]:
    """Two steps that say two things, unless somebody who saw both has spoken since."""
    for one, other in _apart(steps, _differ):
        if not any(later.saw(one) and later.saw(other) for later in steps if later not in (one, other)):
            yield "moves", one, other


def _after_discharge(acts: list[_Act], steps: list[_Act]) -> Iterator[_Found]:
    for left in (step for step in steps if step.side.kind == "discharge"):
        seen: set[str] = set()  # entries: a form of vital signs is one act
        for act in acts:
            running = act.side.kind != "MedicationAdministration" and act.resource.get("status") == "active"
            if _vital(act) and act.side.ref in seen:
                continue
            if (
                (running or _is_dose(act) or _vital(act))
                and _is_after(act, left)
                and not (act.saw(left) or left.saw(act))
            ):
                seen.add(act.side.ref)
                yield "after-discharge", left, act


def _changed(chart: Chart) -> Iterator[_Found]:
    """Two words on one order that say two things: one alone holds, and nobody chose which."""
    since = chart.last_received_ns - KEPT_S * NS_PER_S
    for name, kept in chart.kept.items():
        if not kept.apart or is_error(kept.now):
            continue
        acts = []
        for one in kept.apart:
            written = _written(one.now)
            if written is not None and one.received_ns >= since:
                acts.append(_stating(_act(name, replace(kept, now=one.now, ref=one.ref, order=one.order), written)))
        for here, there in _apart(acts, lambda one, other: _says(one.resource) != _says(other.resource)):
            yield "changed", here, there


def _stating(act: _Act) -> _Act:
    """An order with what was said of it: its drug alone would be the same on both sides."""
    kind = f"{act.side.kind}-{act.resource.get('status', '')}"
    what = listed([act.side.what, *instructions_of(act.resource)])
    return _Act(replace(act.side, kind=kind, what=what), act.order, act.seen, act.resource, act.name)


def _says(order: Resource) -> object:
    """What two words on one order must agree on: whether it runs, and how."""
    return [
        order.get(name) for name in ("status", "medicationCodeableConcept", "code", "dosageInstruction", "priority")
    ]


def is_measured_here(kept: Kept) -> bool:
    """Whether an object is a vital sign that people here measured: after a discharge it clashes."""
    return kept.kind == "Observation" and _is_vital(kept.now) and _written(kept.now) is not None


def _is_vital(measured: Resource) -> bool:
    return any("vital-signs" in codes(one) for one in measured.get("category") or [])


def _vital(act: _Act) -> bool:
    return act.side.kind == "Observation" and _is_vital(act.resource)


def _is_dose(act: _Act) -> bool:
    return act.side.kind == "MedicationAdministration" and act.resource.get("status") in _GIVEN


def _differ(one: _Act, other: _Act) -> bool:
    return (one.side.kind, one.side.what) != (other.side.kind, other.side.what)


def _request(dose: _Act) -> str:
    return str((dose.resource.get("request") or {}).get("reference", ""))


def _drug(act: _Act) -> str:
    """What tells one drug from another: its name, however it is written."""
    return " ".join(act.side.what.casefold().split())


def _twice(one: _Act, other: _Act) -> bool:
    same = (_request(one) and _request(one) == _request(other)) or (_drug(one) and _drug(one) == _drug(other))
    if not same:
        return False
    here, there = one.side.at, other.side.at
    if not (is_instant(here) and is_instant(there)):
        return here[:10] == there[:10]  # a day alone: it may have been within the hour
    return abs(instant(here) - instant(there)) <= TWICE_S * NS_PER_S


def _is_after(act: _Act, end: _Act) -> bool:
    here, there = act.side.at, end.side.at
    return not (is_instant(here) and is_instant(there)) or instant(here) > instant(there)
