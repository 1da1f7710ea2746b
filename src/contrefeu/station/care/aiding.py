"""What the decision aids on prescribing and giving say: the same drug, the same class, a dose too soon (F8).

Rules kept here (decisions 0232, 0233, 0234):
  * An aid warns with what it matched and how, and refuses nothing; it proposes no dose and no other drug.
  * It says each time what it compared and what it could not: silence is never "no problem".
  * What runs is compared: not what was stopped, has ended, or is replaced by this very act; what is held is, as held.
  * A dose counts that was given, whatever prescription of the drug it was given on, when it was given and not when it
    was typed. One that was withheld or taken back does not; one without an hour is not compared, and said.
  * An order that a feed sent back is the order itself; so is what this very form wrote when it was sent before.
  * What its reader was asked, and confirmed, stands in the entry, with what was compared (`answered`).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from zoneinfo import ZoneInfo

from contrefeu.access import CLASS, DOSE_TIME, DUPLICATE
from contrefeu.chart import (
    Resource,
    Spacing,
    beyond_most,
    display,
    drug_of,
    first,
    instant,
    instruction_of,
    is_error,
    is_instant,
    kin,
    source_of,
    spacing_of,
    too_close,
)
from contrefeu.chart.sheet import Sheet, orders_in_force, told_treatments
from contrefeu.fhir import Json
from contrefeu.station.care.alike import Drug, Match, classes_match, drug_from, drugs_match, order_names
from contrefeu.station.care.medicines import Formulary

PRESCRIBING = frozenset({"prescription", "verbal", "modify", "modify-verbal", "resume"})  # forms
GIVING = "dose"
DIGEST_LENGTH = 16  # hex digits that tell what was shown from what would be shown now
_DAY_NS = 86_400 * 10**9
_GIVEN = frozenset({"completed", "in-progress", "stopped"})


@dataclass(frozen=True, slots=True)
class Warned:
    """One thing that an aid points to."""

    how: str  # as `Match`; "close": a dose too near; "most": as many as the prescription allows in 24 h
    what: str  # the code
    drug: str
    when: str  # of the prescription, or of the dose
    by: str
    source: str  # entry
    about: str  # "MedicationRequest/id", "MedicationAdministration/id"
    dosage: str = ""
    status: str = ""  # "on-hold" and such, of a prescription
    apart_min: int = 0  # minutes between two doses


@dataclass(frozen=True, slots=True)
class Compared:
    """What an aid compared, and what it could not."""

    drug: bool = True  # whether the drug itself could be compared: it has a code, for a class
    count: int = 0  # prescriptions in force that were compared
    left: int = 0  # those that could not be, or by their written name alone
    declared: int = 0  # treatments that a document or the patient told: not compared
    spacing: Spacing = field(default_factory=Spacing)
    last: Warned | None = None  # the last dose that is known of
    hourless: int = 0  # doses without an hour


@dataclass(frozen=True, slots=True)
class AidSays:
    """What one aid says of one form."""

    aid: str
    warned: Sequence[Warned]
    compared: Compared

    @property
    def digest(self) -> str:
        """What tells these warnings from others: a tick answers those that were shown."""
        told = repr(
            (self.aid, sorted((one.about, one.how, one.what, one.status, one.apart_min) for one in self.warned))
        )
        return sha256(told.encode()).hexdigest()[:DIGEST_LENGTH]


def on_prescribing(
    sheet: Sheet,
    orders: Sequence[Json],
    formulary: Formulary,
    aids: Collection[str],
    mine: Collection[tuple[str, str]] = (),
) -> list[AidSays]:
    """Return what the aids say of an order that is to be written.

    Args:
        sheet: The chart.
        orders: What the form writes: the new order first; what it stops or changes with it is not compared.
        formulary: The pharmacist's list.
        aids: Those that are on.
        mine: What the order is called once it is written (`order_names`): the form may have been sent before.
    """
    order, names = orders[0], set(mine)
    for one in orders:
        names |= _named(sheet, one)
    drug, others = drug_from(order, formulary), _others(sheet, names, formulary)
    declared = len(told_treatments(sheet))
    found: list[AidSays] = []
    told: set[str] = set()
    if DUPLICATE in aids:
        same = [_order(one, match) for one, drugs in others if (match := _best(drugs_match, drug, drugs))]
        told = {one.about for one in same}
        by_name = sum(not _share_codes(drug, drugs) for _, drugs in others)
        found.append(AidSays(DUPLICATE, same, Compared(bool(drug.name), len(others), by_name, declared)))
    if CLASS in aids:
        alike = [_order(one, match) for one, drugs in others if (match := _best(classes_match, drug, drugs))]
        uncoded = sum(not any(two.classes for two in drugs) for _, drugs in others)
        compared = Compared(bool(drug.classes), len(others) - uncoded, uncoded, declared)
        found.append(AidSays(CLASS, [one for one in alike if one.about not in told], compared))
    return found


def before_prescribing(
    sheet: Sheet, formulary: Formulary, aids: Collection[str], line: Resource | None = None
) -> list[AidSays]:
    """Return what there is to compare, before anything is typed: no drug yet, and no warning.

    The prescription that the form changes, *line*, is not compared.
    """
    names = {*order_names(line), ("id", str(line["id"]))} if line is not None else set()
    others, declared = _others(sheet, names, formulary), len(told_treatments(sheet))
    found = []
    if DUPLICATE in aids:
        uncoded = sum(not any(two.listed or two.atc for two in drugs) for _, drugs in others)
        found.append(AidSays(DUPLICATE, (), Compared(count=len(others), left=uncoded, declared=declared)))
    if CLASS in aids:
        uncoded = sum(not any(two.classes for two in drugs) for _, drugs in others)
        found.append(AidSays(CLASS, (), Compared(count=len(others) - uncoded, left=uncoded, declared=declared)))
    return found


def on_giving(
    sheet: Sheet,
    line: Resource,
    at_ns: int,
    zone: ZoneInfo,
    formulary: Formulary,
    *,
    asked: Collection[str] = (),
    mine: Collection[tuple[str, str]] = (),
    also: Sequence[Json] = (),
) -> AidSays:
    """Return what the aid on the time between doses says of a dose of *line*, given at *at_ns*.

    Args:
        sheet: The chart.
        line: The prescription.
        at_ns: When the dose is, or was, given.
        zone: Of the hospital.
        formulary: The pharmacist's list.
        asked: Doses ("MedicationAdministration/id") that the form asks about anyway.
        mine: What the dose is called once it is written: the form may have been sent before.
        also: Doses that are to be written with it.
    """
    spacing = spacing_of(line, at_ns, zone)
    doses, hourless = _doses(sheet, line, formulary, set(mine), also)
    before = [pair for pair in doses if pair[0] <= at_ns]
    last = before[-1] if before else None
    near = {id(pair[1]): pair for pair in (last, next((pair for pair in doses if pair[0] > at_ns), None)) if pair}
    warned = [
        _dose(one, at, "close", at_ns)
        for at, one in near.values()
        if f"MedicationAdministration/{one.get('id')}" not in asked and too_close(spacing, at, at_ns, zone)
    ]
    most = set(beyond_most(spacing, [at for at, _ in doses], at_ns))
    warned += [_dose(one, at, "most", at_ns) for at, one in doses if at in most]
    compared = Compared(spacing=spacing, last=_dose(last[1], last[0], "", at_ns) if last else None, hourless=hourless)
    return AidSays(DOSE_TIME, warned, compared)


def _others(sheet: Sheet, names: set[tuple[str, str]], formulary: Formulary) -> list[tuple[Resource, list[Drug]]]:
    """The orders in force but those called *names*, with how the drug of each is known; one sent twice is one."""
    found: list[tuple[set[tuple[str, str]], Resource, list[Drug]]] = []
    for one in orders_in_force(sheet):
        if _is_over(one, sheet.now_ns):
            continue
        called = set(order_names(one)) | {("id", str(one["id"]))}
        if called & names:
            continue
        drug = drug_from(one, formulary)
        twin = next((known for known in found if known[0] & called), None)
        if twin is None:
            found.append((called, one, [drug]))
        else:
            twin[0].update(called)
            twin[2].append(drug)
    return [(one, drugs) for _, one, drugs in found]


def _named(sheet: Sheet, order: Json) -> set[tuple[str, str]]:
    """What an order of the chart that this act changes or replaces is called."""
    own = order_names(order)
    prior = sheet.get(order.get("priorPrescription"))
    found = set(own) | {("id", value) for _, value in own}
    known = [one for one in sheet.all("MedicationRequest") if str(one["id"]) in {value for _, value in own}]
    for one in (*known, *([prior] if prior else ())):
        found |= {*order_names(one), ("id", str(one["id"]))}
    return found


def _is_over(order: Resource, now_ns: int) -> bool:
    """Whether each of its dosages has an end, which has passed; an end that is a day is over with that day."""
    ends = [str((((one.get("timing") or {}).get("repeat") or {}).get("boundsPeriod") or {}).get("end") or "")
            for one in order.get("dosageInstruction") or []]  # fmt: skip
    return bool(ends) and all(end and instant(end) + (0 if is_instant(end) else _DAY_NS) < now_ns for end in ends)


def _best(how: Callable[[Drug, Drug], Match | None], drug: Drug, others: Sequence[Drug]) -> Match | None:
    return next(filter(None, (how(drug, one) for one in others)), None)


def _share_codes(drug: Drug, others: Sequence[Drug]) -> bool:
    """Whether codes were compared: both have one of the same system, or a substance's ATC code."""
    systems = {system for system, _ in drug.codes}
    return any(systems & {system for system, _ in one.codes} or (drug.atc and one.atc) for one in others)


def _order(one: Resource, match: Match) -> Warned:
    status = str(one.get("status") or "")
    return Warned(
        match.how,
        match.what,
        drug_of(one),
        first(one, "authoredOn"),
        display(one.get("requester")),
        source_of(one),
        f"MedicationRequest/{one['id']}",
        " ; ".join(filter(None, map(instruction_of, one.get("dosageInstruction") or []))),
        "" if status == "active" else status or "unknown",
    )


def _doses(
    sheet: Sheet, line: Resource, formulary: Formulary, mine: set[tuple[str, str]], also: Sequence[Json]
) -> tuple[list[tuple[int, Resource]], int]:
    """Doses given of the drug of *line*, by time; and how many have no hour."""
    requests = {f"MedicationRequest/{one['id']}": one for one in sheet.all("MedicationRequest") if not is_error(one)}
    own = f"MedicationRequest/{line['id']}"
    course = {own, *kin(requests).get(own, ())}
    names = order_names(line)
    drug = drug_from(line, formulary)
    same: dict[str, bool] = {
        name: name in course or bool(names & order_names(one)) or bool(drugs_match(drug, drug_from(one, formulary)))
        for name, one in requests.items()
    }
    found, hourless = [], 0
    for one in (*sheet.all("MedicationAdministration"), *also):
        if one.get("status") not in _GIVEN or is_error(one) or mine & order_names(one):
            continue
        request = str((one.get("request") or {}).get("reference", ""))
        if not (same.get(request) or drugs_match(drug, drug_from(one, formulary))):
            continue
        when = first(one, "effectiveDateTime", "effectivePeriod.start")
        if is_instant(when):
            found.append((instant(when), one))
        else:
            hourless += 1
    found.sort(key=lambda pair: (pair[0], str(pair[1].get("id", ""))))
    return found, hourless


def _dose(one: Resource, at_ns: int, how: str, given_ns: int) -> Warned:
    return Warned(
        how,
        "",
        drug_of(one),
        first(one, "effectiveDateTime", "effectivePeriod.start"),
        next((display(done.get("actor")) for done in one.get("performer") or []), ""),
        source_of(one),
        f"MedicationAdministration/{one.get('id', '')}",
        status="" if at_ns <= given_ns else "after",
        apart_min=abs(given_ns // 60_000_000_000 - at_ns // 60_000_000_000),
    )
