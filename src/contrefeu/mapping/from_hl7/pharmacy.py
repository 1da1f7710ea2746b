"""RXO, RXE, RXR, TQ1 -> MedicationRequest; RXA -> MedicationAdministration or Immunization; RXD -> MedicationDispense.

v2-to-FHIR: ORC, RXO, RXE, RXR, TQ1; RXA. Rules kept here:
  * A prescription is called by its placer's number; a change, a stop and its doses name it by it.
  * The words of the prescriber go first; parts that can be said exactly stand beside them, and nothing is computed
    that was not sent (FIELD F9).
  * A dose is called by its prescription, its counter (RXA-2) and its time: two doses are never one. An update or a
    deletion (RXA-21) names the same counter and time.
"""

from decimal import Decimal

from contrefeu.fhir import derived_id, plain
from contrefeu.fhir.datatypes import (
    Annotation,
    CodeableConcept,
    Dosage,
    DoseAndRate,
    Period,
    Quantity,
    Reference,
    Repeat,
    Timing,
)
from contrefeu.fhir.resources import (
    AdministeredDosage,
    Immunization,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    Performer,
)
from contrefeu.hl7 import Segment
from contrefeu.mapping.from_hl7.datatypes import (
    Context,
    concept_of,
    decimal,
    entity,
    first_person,
    nanoseconds,
    quantity,
    unit_words,
    words,
)
from contrefeu.mapping.from_hl7.orders import order_key, order_numbers
from contrefeu.mapping.from_hl7.stay import reference
from contrefeu.mapping.reading import Said
from contrefeu.mapping.tables.codes import (
    ADMINISTRATION_STATUS,
    ORDER_STATUS,
    PRESCRIPTION_STATUS,
    REQUEST_STATUS,
    STOPPED,
)
from contrefeu.mapping.tables.repeats import EVERY, NAMED

_GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"


def prescription(
    orc: Segment,
    drug: Segment | None,
    routes: list[Segment],
    timings: list[Segment],
    notes: list[Annotation],
    visit: str,
    context: Context,
) -> Said | None:
    """ORC with RXO (1 drug, 2-4 amount, 7 instructions) or RXE (2 drug, 3-5 amount, 7 instructions, 23 rate)."""
    placer, filler, identifiers = order_numbers(orc, None, context)
    if not placer and not filler:
        return None
    found = MedicationRequest(
        identifier=identifiers,
        status=_status(orc),
        intent="order",
        encounter=reference(visit),
        authoredOn=context.when(orc.text(9)),
        requester=first_person(orc, 12),
        note=notes,
    )
    if drug is not None:
        found.medicationCodeableConcept = concept_of(drug, 2 if drug.name == "RXE" else 1)
        found.dosageInstruction = _dosages(drug, routes, timings, context)
    values = plain(found)
    del values["resourceType"]
    at = max(nanoseconds(context.moment(orc.text(9))), nanoseconds(context.moment(context.message.message_time)))
    names = [f"order:{key}" for key in (placer, filler) if key]
    return Said("MedicationRequest", order_key(placer, filler), values, at, "update", names)


def administration(orc: Segment | None, rxa: Segment, rxr: Segment | None, context: Context) -> Said:
    """RXA: 2 counter, 3-4 time, 5 drug, 6-7 amount, 10 giver, 18 reason, 20 completion, 21 action."""
    placer, filler, _ = order_numbers(orc, None, context)
    request = order_key(placer, filler) if placer or filler else ""
    given = concept_of(rxa, 5)
    start, end = context.when(rxa.text(3)), context.when(rxa.text(4))
    deleted = rxa.text(21).upper() == "D"
    status = ADMINISTRATION_STATUS.get(rxa.text(20).upper(), "completed")
    amount = quantity(rxa.text(6), unit_words(next(iter(rxa.reps(7)), None)))
    if amount is not None and amount.value == Decimal(999):
        amount = None  # RXA-6 is required: 999 is "not known" (4A.4.7.6)
    found = MedicationAdministration(
        status="entered-in-error" if deleted else status,
        statusReason=[reason] if (reason := concept_of(rxa, 18)) else [],
        medicationCodeableConcept=given,
        effectiveDateTime=start if not end or end == start else "",
        effectivePeriod=Period(start, end) if end and end != start else None,
        performer=[Performer(who)] if (who := first_person(rxa, 10)) else [],
        request=Reference(f"MedicationRequest/{derived_id('MedicationRequest', request)}") if request else None,
        note=[Annotation(text) for rep in rxa.reps(9) if (text := rep.text(2) or rep.text(1))],
        dosage=AdministeredDosage(
            text="" if amount else words([rxa.text(6), unit_words(next(iter(rxa.reps(7)), None))]),
            route=concept_of(rxr, 1) if rxr else None,
            site=concept_of(rxr, 2) if rxr else None,
            dose=amount,
        ),
    )
    if rxa.text(20).upper() == "PA":
        found.note.append(Annotation("partially administered (RXA-20 PA)"))
    values = plain(found)
    del values["resourceType"]
    drug = given.coding[0].code if given and given.coding else given.text if given else ""
    own = entity(rxa, 2, "") if not rxa.text(2).isdigit() else None
    key = f"{request or drug}|{own[0] if own else rxa.text(2)}|{rxa.text(3)}"
    return Said("MedicationAdministration", key, values, nanoseconds(context.moment(context.message.message_time)))


def immunization(orc: Segment | None, rxa: Segment, context: Context) -> Said:
    """RXA of a VXU: 3 time, 5 vaccine, 6-7 amount, 15 lot, 18 reason, 20 completion, 21 action."""
    placer, filler, identifiers = order_numbers(orc, None, context)
    code = concept_of(rxa, 5)
    status = ADMINISTRATION_STATUS.get(rxa.text(20).upper(), "completed")
    found = Immunization(
        identifier=identifiers,
        status="entered-in-error" if rxa.text(21).upper() == "D" else status,
        statusReason=concept_of(rxa, 18) if rxa.has(18) else None,
        vaccineCode=code,
        occurrenceDateTime=context.when(rxa.text(3)),
        lotNumber=rxa.text(15),
        doseQuantity=quantity(rxa.text(6), unit_words(next(iter(rxa.reps(7)), None))),
    )
    if found.doseQuantity is not None and found.doseQuantity.value == Decimal(999):
        found.doseQuantity = None
    values = plain(found)
    del values["resourceType"]
    name = filler or placer or f"{code.coding[0].code if code and code.coding else ''}|{rxa.text(3)}"
    return Said("Immunization", name, values, nanoseconds(context.moment(context.message.message_time)))


def dispense(orc: Segment | None, rxd: Segment, context: Context) -> Said:
    """RXD: 1 counter, 2 drug, 3 time, 4-5 amount, 7 prescription number."""
    placer, filler, identifiers = order_numbers(orc, None, context)
    request = order_key(placer, filler) if placer or filler else ""
    found = MedicationDispense(
        identifier=identifiers,
        status="completed",
        medicationCodeableConcept=concept_of(rxd, 2),
        authorizingPrescription=(
            [Reference(f"MedicationRequest/{derived_id('MedicationRequest', request)}")] if request else []
        ),
        quantity=quantity(rxd.text(4), unit_words(next(iter(rxd.reps(5)), None))),
        whenHandedOver=context.when(rxd.text(3)),
    )
    values = plain(found)
    del values["resourceType"]
    return Said("MedicationDispense", f"{request}|{rxd.text(1)}|{rxd.text(3)}", values)


def _status(orc: Segment) -> str:
    control = orc.text(1).upper()
    if control in STOPPED:
        return "stopped"
    status = REQUEST_STATUS.get(control, "")
    if orc.has(5) and status not in {"revoked", "entered-in-error", "on-hold"}:
        told = ORDER_STATUS.get(orc.text(5).upper(), "")
        status = "stopped" if orc.text(5).upper() == "DC" else told or status
    return PRESCRIPTION_STATUS.get(status, status)


def _dosages(drug: Segment, routes: list[Segment], timings: list[Segment], context: Context) -> list[Dosage]:
    is_rxe = drug.name == "RXE"
    low, high, unit_field = (3, 4, 5) if is_rxe else (2, 3, 4)
    unit = unit_words(next(iter(drug.reps(unit_field)), None))
    amount = _amount(drug.text(low), drug.text(high), unit)
    rate = quantity(drug.text(23), unit_words(next(iter(drug.reps(24)), None))) if is_rxe else None
    told = "\n".join(rep.text(2) or rep.text(1) for rep in drug.reps(7))
    route = concept_of(routes[0], 1) if routes else None
    site = concept_of(routes[0], 2) if routes and routes[0].has(2) else None
    found = []
    steps: list[Segment | None] = [*timings] or [None]
    for tq1 in steps:
        timing, as_needed = _timing(tq1, context) if tq1 is not None else _old_timing(drug, context)
        own = quantity(tq1.text(2), tq1.text(2, 2)) if tq1 is not None and tq1.has(2) else None
        note = tq1.whole(11) if tq1 is not None else ""
        found.append(
            Dosage(
                text=told or note,
                timing=timing,
                asNeededBoolean=as_needed,
                route=route,
                site=site,
                doseAndRate=[DoseAndRate(own or amount, rate)] if own or amount or rate else [],
            )
        )
    return found


def _amount(low: str, high: str, unit: str) -> Quantity | None:
    """A dose; a range of doses stays in the prescriber's words."""
    return quantity(low, unit) if low and (not high or high == low) else None


def _timing(tq1: Segment, context: Context) -> tuple[Timing | None, bool]:
    """TQ1: 3 pattern, 4 times, 5 relative, 7 start, 8 end, 9 priority, 14 count."""
    pattern = tq1.text(3)
    repeat, code, as_needed = _pattern(pattern)
    times = [text for rep in tq1.reps(4) if (text := _time_of_day(rep.text(1)))]
    if times:
        repeat = Repeat(timeOfDay=times)
    start, end = context.when(tq1.text(7)), context.when(tq1.text(8))
    if start or end:
        repeat = repeat or Repeat()
        repeat.boundsPeriod = Period(start, end)
    if tq1.text(14).isdigit():
        repeat = repeat or Repeat()
        repeat.count = int(tq1.text(14))
    as_needed = as_needed or any(rep.text(1).upper() == "PRN" for rep in tq1.reps(9))
    if repeat is None and code is None:
        return None, as_needed
    return Timing(repeat=repeat, code=code), as_needed


def _old_timing(drug: Segment, context: Context) -> tuple[Timing | None, bool]:
    """TQ in RXE-1 (before v2.5): 1 amount, 2 interval, 3 duration, 4 start, 5 end, 6 priority."""
    if drug.name != "RXE" or not drug.has(1):
        return None, False
    rep = drug.reps(1)[0]
    repeat, code, as_needed = _pattern(rep.text(2))
    times = [text for part in rep.text(2, 2).split(",") if (text := _time_of_day(part))]
    if times:
        repeat = Repeat(timeOfDay=times)
    start, end = context.when(rep.text(4)), context.when(rep.text(5))
    if start or end:
        repeat = repeat or Repeat()
        repeat.boundsPeriod = Period(start, end)
    as_needed = as_needed or rep.text(6).upper() == "PRN"
    return (Timing(repeat=repeat, code=code) if repeat or code else None), as_needed


def _pattern(pattern: str) -> tuple[Repeat | None, CodeableConcept | None, bool]:
    """Table 0335: Q6H, BID, PRN, QHS... What is not in it stays as words."""
    if not pattern:
        return None, None, False
    upper = pattern.upper().strip()
    as_needed = upper.startswith("PRN")
    upper = upper.removeprefix("PRN").strip()
    code = CodeableConcept(text=pattern)
    named = NAMED.get(upper)
    if named is not None:
        frequency, period, unit = named
        return Repeat(frequency=frequency, period=Decimal(period), periodUnit=unit), code, as_needed
    found = EVERY.fullmatch(upper)
    if found is not None and decimal(found[1]) not in {None, Decimal(0)}:
        unit = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}[found[2]]
        return Repeat(frequency=1, period=Decimal(found[1]), periodUnit=unit), code, as_needed
    return None, code, as_needed


def _time_of_day(text: str) -> str:
    """TM -> time: HHMM[SS]."""
    digits = text.strip().replace(":", "")
    if not digits.isdigit() or len(digits) not in {4, 6} or int(digits[:2]) > 23 or int(digits[2:4]) > 59:
        return ""
    return f"{digits[:2]}:{digits[2:4]}:{digits[4:6] or '00'}"
