"""RXO, RXE, RXR, TQ1 -> MedicationRequest; RXA -> MedicationAdministration or Immunization; RXD -> MedicationDispense.

v2-to-FHIR: ORC, RXO, RXE, RXR, TQ1; RXA. Rules kept here:
  * A prescription is called by its placer's number; a change, a stop and its doses name it by it.
  * The words of the prescriber go first; parts that can be said exactly stand beside them, and nothing is computed
    that was not sent (FIELD F9). An amount that is no plain decimal, or a pattern said twice, stays in words.
  * An order that takes the place of another one (RO, behind its RP) names it: doses of both are one course.
  * What a drug is made of (form, strength, the components of a mixture) is never left out: it stands in notes.
  * A dose is called by its prescription, its counter (RXA-2) and its time: two doses are never one. An update or a
    deletion (RXA-21) names the same counter and time.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from contrefeu.fhir import (
    AdministeredDosage,
    Annotation,
    CodeableConcept,
    Dosage,
    DoseAndRate,
    Immunization,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    Performer,
    Period,
    Quantity,
    Range,
    Reference,
    Repeat,
    Timing,
    derived_id,
    plain,
)
from contrefeu.hl7 import Rep, Segment
from contrefeu.mapping.from_hl7.datatypes import (
    Context,
    concept_of,
    decimal,
    entity,
    first_person,
    is_dummy,
    quantity,
    unit_words,
    whole_number,
    words,
)
from contrefeu.mapping.from_hl7.orders import order_key, order_numbers
from contrefeu.mapping.from_hl7.stay import reference
from contrefeu.mapping.moments import nanoseconds
from contrefeu.mapping.reading import Said
from contrefeu.mapping.tables.codes import (
    ADMINISTRATION_STATUS,
    ORDER_STATUS,
    PRESCRIPTION_STATUS,
    REQUEST_STATUS,
    STOPPED,
)
from contrefeu.mapping.tables.repeats import EVERY, NAMED

# segment -> drug, least and most amount, unit, words, rate and its unit, form, strength and its unit
_FIELDS = {
    "RXE": (2, 3, 4, 5, 7, 23, 24, 6, 25, 26),
    "RXO": (1, 2, 3, 4, 7, 0, 0, 5, 18, 19),
    "RXG": (4, 5, 6, 7, 9, 15, 16, 8, 17, 18),
}
_WHY = {"RXO": 20, "RXE": 27}  # indication (v2-to-FHIR: reasonCode)
_NO_VACCINE = "998"  # CVX: "no vaccine administered", a code and not a vaccine


def prescription(
    orc: Segment,
    drug: Segment | None,
    routes: list[Segment],
    timings: list[Segment],
    components: list[Segment],
    notes: list[Annotation],
    visit: str,
    context: Context,
    unnumbered: str = "",
    replaced: str = "",
) -> Said | None:
    """ORC with RXO (1 drug, 2-4 amount, 7 instructions) or RXE (2 drug, 3-5 amount, 7 instructions, 23 rate)."""
    placer, filler, identifiers = order_numbers(orc, None, context)
    if not placer and not filler and (not unnumbered or drug is None):
        return None
    control, numbered = orc.text(1).upper(), [key for key in (placer, filler) if key]
    key = order_key(placer, filler) if numbered else unnumbered
    found = MedicationRequest(
        identifier=identifiers,
        status=_status(orc),
        intent="order",
        priorPrescription=_prescribed(replaced) if replaced not in ("", key) and control == "RO" else None,
        encounter=reference(visit),
        authoredOn=context.when(orc.text(9)) if control in {"NW", "RO"} else "",  # v2-to-FHIR, ORC-9
        requester=first_person(orc, 12),
    )
    if drug is not None:
        found.medicationCodeableConcept = concept_of(drug, _FIELDS[drug.name][0])
        found.dosageInstruction = _dosages(drug, routes, timings or _old_timings(drug, orc), context)
        found.reasonCode = [why] if (why := concept_of(drug, _WHY[drug.name])) else []
        found.note = [Annotation(text) for text in _makeup(drug, components)]
    found.note += notes
    values = plain(found)
    del values["resourceType"]
    at = max(nanoseconds(context.moment(orc.text(9))), context.sent_ns)
    return Said("MedicationRequest", key, values, at, "update", [f"order:{one}" for one in numbered])


def give(
    orc: Segment,
    rxg: Segment,
    routes: list[Segment],
    timings: list[Segment],
    components: list[Segment],
    visit: str,
    context: Context,
) -> Said | None:
    """RXG: 1 counter, 3 timing, 4 drug, 5-7 amount, 9 words, 15-16 rate: one thing to be given on a prescription.

    It changes nothing of the prescription, which it names: it stands beside it.
    """
    placer, filler, _ = order_numbers(orc, None, context)
    if not placer and not filler:
        return None
    order = order_key(placer, filler)
    found = MedicationRequest(
        status=_status(orc) or "active",
        intent="instance-order",
        basedOn=[_prescribed(order)],
        medicationCodeableConcept=concept_of(rxg, 4),
        encounter=reference(visit),
        note=[Annotation(text) for text in _makeup(rxg, components)],
        dosageInstruction=_dosages(rxg, routes, timings or _old_timings(rxg, None), context),
    )
    values = plain(found)
    del values["resourceType"]
    when = timings[0].text(7) if timings else rxg.text(3, 4)
    return Said("MedicationRequest", f"{order}|give|{rxg.text(1)}|{when}", values, context.sent_ns)


def administration(orc: Segment | None, rxa: Segment, rxr: Segment | None, patient_key: str, context: Context) -> Said:
    """RXA: 2 counter, 3-4 time, 5 drug, 6-7 amount, 10 giver, 18 reason, 20 completion, 21 action."""
    placer, filler, _ = order_numbers(orc, None, context)
    request = order_key(placer, filler) if placer or filler else ""
    given = concept_of(rxa, 5)
    start, end = context.when(rxa.text(3)), context.when(rxa.text(4))
    deleted = rxa.text(21).upper() == "D"
    status = ADMINISTRATION_STATUS.get(rxa.text(20).upper(), "completed")
    amount = quantity(rxa.text(6), unit_words(rxa.rep(7)))
    unknown = amount is not None and amount.value == Decimal(999)  # RXA-6 is required: "not known" (4A.4.7.6)
    told = "" if amount else words([rxa.text(6), unit_words(rxa.rep(7))])
    found = MedicationAdministration(
        status="entered-in-error" if deleted else status,
        statusReason=[reason] if (reason := concept_of(rxa, 18)) else [],
        medicationCodeableConcept=given,
        effectiveDateTime=start if not end or end == start else "",
        effectivePeriod=Period(start, end) if end and end != start else None,
        performer=[Performer(who)] if (who := first_person(rxa, 10)) else [],
        request=_prescribed(request) if request else None,
        note=[Annotation(text) for rep in rxa.reps(9) if (text := rep.text(2) or rep.text(1))],
        dosage=AdministeredDosage(
            text=told,
            route=concept_of(rxr, 1) if rxr else None,
            site=concept_of(rxr, 2) if rxr else None,
            dose=None if unknown else amount,
        ),
    )
    if rxa.text(20).upper() == "PA":
        found.note.append(Annotation("partially administered (RXA-20 PA)"))
    values = plain(found)
    del values["resourceType"]
    drug = given.coding[0].code if given and given.coding else given.text if given else ""
    own = entity(rxa, 2, "") if whole_number(rxa.text(2)) is None else None
    key = f"{request or f'{patient_key}|{drug}'}|{own[0] if own else rxa.text(2)}|{rxa.text(3)}"
    return Said("MedicationAdministration", key, values, context.sent_ns)


def immunization(orc: Segment | None, rxa: Segment, patient_key: str, context: Context) -> Said:
    """RXA of a VXU: 3 time, 5 vaccine, 6-7 amount, 15 lot, 18 reason, 20 completion, 21 action."""
    placer, filler, identifiers = order_numbers(orc, None, context)
    code = concept_of(rxa, 5)
    status = ADMINISTRATION_STATUS.get(rxa.text(20).upper(), "completed")
    if rxa.text(5) == _NO_VACCINE:
        status = "not-done"
    found = Immunization(
        identifier=identifiers,
        status="entered-in-error" if rxa.text(21).upper() == "D" else status,
        statusReason=concept_of(rxa, 18) if rxa.has(18) else None,
        vaccineCode=code,
        occurrenceDateTime=context.when(rxa.text(3)),
        lotNumber=rxa.text(15),
        doseQuantity=quantity(rxa.text(6), unit_words(rxa.rep(7))),
    )
    if found.doseQuantity is not None and found.doseQuantity.value == Decimal(999):
        found.doseQuantity = None
    values = plain(found)
    del values["resourceType"]
    # 9999 stands in ORC-3 of what nobody ordered (CDC's guide to immunization messages)
    number = next((key for key in (filler, placer) if key and not is_dummy(key.rpartition("|")[2])), "")
    name = number or f"{patient_key}|{code.coding[0].code if code and code.coding else ''}|{rxa.text(3)}"
    return Said("Immunization", name, values, context.sent_ns)


def dispense(orc: Segment | None, rxd: Segment, patient_key: str, context: Context) -> Said:
    """RXD: 1 counter, 2 drug, 3 time, 4-5 amount, 7 prescription number."""
    placer, filler, identifiers = order_numbers(orc, None, context)
    request = order_key(placer, filler) if placer or filler else ""
    found = MedicationDispense(
        identifier=identifiers,
        status="completed",
        medicationCodeableConcept=concept_of(rxd, 2),
        authorizingPrescription=[_prescribed(request)] if request else [],
        quantity=quantity(rxd.text(4), unit_words(rxd.rep(5))),
        whenHandedOver=context.when(rxd.text(3)),
    )
    values = plain(found)
    del values["resourceType"]
    owner = request or f"{patient_key}|{rxd.text(2)}"
    return Said("MedicationDispense", f"{owner}|{rxd.text(1)}|{rxd.text(3)}", values)


def _prescribed(order: str) -> Reference:
    """A prescription, by what its order is called."""
    return Reference(f"MedicationRequest/{derived_id('MedicationRequest', order)}")


def _status(orc: Segment) -> str:
    control = orc.text(1).upper()
    if control in STOPPED:
        return "stopped"
    status = REQUEST_STATUS.get(control, "")
    if orc.has(5) and status not in {"revoked", "entered-in-error", "on-hold"}:
        told = ORDER_STATUS.get(orc.text(5).upper(), "")
        status = "stopped" if orc.text(5).upper() == "DC" else told or status
    return PRESCRIPTION_STATUS.get(status, status)


def _dosages(drug: Segment, routes: list[Segment], timings: Sequence[Segment | Rep], context: Context) -> list[Dosage]:
    _, low, high, unit_field, told_field, rate_field, rate_unit, *_ = _FIELDS[drug.name]
    unit = unit_words(drug.rep(unit_field))
    amount, spoken = _amount(drug.text(low), drug.text(high), unit)
    rate = quantity(drug.text(rate_field), unit_words(drug.rep(rate_unit))) if rate_field else None
    if rate_field and rate is None and drug.has(rate_field):
        spoken = words([spoken, drug.text(rate_field), unit_words(drug.rep(rate_unit))])
    told = "\n".join(rep.text(2) or rep.text(1) for rep in drug.reps(told_field))
    route = concept_of(routes[0], 1) if routes else None
    site = concept_of(routes[0], 2) if routes and routes[0].has(2) else None
    found = []
    for number, step in enumerate(timings or [None], 1):
        timing, as_needed = _timing_of(step, context)
        own, own_words = _step_amount(step, known=amount is not None or bool(spoken))
        rates = [] if own_words else _rates(own or amount, rate)
        said = [told, *_step_words(step), own_words or spoken]
        found.append(
            Dosage(
                sequence=number if len(timings) > 1 else 0,
                text="\n".join(dict.fromkeys(filter(None, said))),
                timing=timing,
                asNeededBoolean=as_needed,
                route=route,
                site=site,
                doseAndRate=rates,
            )
        )
    return found


def _rates(dose: Quantity | Range | None, rate: Quantity | None) -> list[DoseAndRate]:
    if dose is None and rate is None:
        return []
    ranged = isinstance(dose, Range)
    return [DoseAndRate(dose if ranged else None, None if ranged else dose, rate)]  # type: ignore[arg-type]


def _amount(low: str, high: str, unit: str) -> tuple[Quantity | Range | None, str]:
    """A dose, or a range of doses; in words what is neither."""
    least = quantity(low, unit)
    if not high or high == low:
        return least, "" if least is not None or not low else words([low, unit])
    most = quantity(high, unit)
    if least is None or most is None:
        return None, words(["-".join(filter(None, (low, high))), unit])
    return Range(least, most), ""


def _step_amount(step: Segment | Rep | None, *, known: bool) -> tuple[Quantity | None, str]:
    """TQ1-2, TQ.1 (CQ): the amount of one step, as a number or in words; TQ's only when no other is known."""
    if isinstance(step, Segment):
        number, unit = step.text(2), step.text(2, 2)
    elif step is not None and not known:
        number, unit = step.text(1), step.text(1, 2)
    else:
        return None, ""
    found = quantity(number, unit)
    return found, "" if found is not None else words([number, unit])


def _step_words(step: Segment | Rep | None) -> list[str]:
    """TQ1-10 and 11, TQ.7 and TQ.8: on what condition, and further words."""
    if isinstance(step, Segment):
        return [step.whole(at) for at in (10, 11)]
    return [step.text(at) for at in (7, 8)] if step is not None else []


def _timing_of(step: Segment | Rep | None, context: Context) -> tuple[Timing | None, bool]:
    if isinstance(step, Segment):
        return _timing(step, context)
    return _old_timing(step, context) if step is not None else (None, False)


def _old_timings(drug: Segment, orc: Segment | None) -> list[Rep]:
    """TQ, until v2.5: RXE-1 or RXG-3, else ORC-7; each repetition is a step."""
    field = {"RXE": 1, "RXG": 3}.get(drug.name, 0)
    if field and drug.has(field):
        return drug.reps(field)
    return orc.reps(7) if orc is not None and orc.has(7) else []


def _makeup(drug: Segment, components: list[Segment]) -> Iterator[str]:
    """Form and strength (RXE-6, 25, 26; RXO-5, 18, 19; RXG-8, 17, 18), then the parts of a mixture (RXC-2 to 6)."""
    form, strength, unit = _FIELDS[drug.name][7:]
    shape = concept_of(drug, form)
    said = words([shape.text if shape else "", drug.text(strength), unit_words(drug.rep(unit))])
    if said:
        yield said
    for rxc in components:
        what = concept_of(rxc, 2)
        amounts = [words([rxc.text(at), unit_words(rxc.rep(at + 1))]) for at in (3, 5) if rxc.has(at)]
        yield words(["+", what.text if what else "?", *amounts])


def _timing(tq1: Segment, context: Context) -> tuple[Timing | None, bool]:
    """TQ1: 3 pattern, 4 times, 5 relative, 7 start, 8 end, 9 priority, 14 count."""
    patterns = [text for rep in tq1.reps(3) if (text := rep.text(1) or rep.text(10))]
    repeat, code, as_needed = _pattern(patterns[0] if len(patterns) == 1 else "")
    if len(patterns) > 1:
        code = CodeableConcept(text=", ".join(patterns))  # both hold together: neither may be computed alone
        as_needed = any(pattern.upper().startswith("PRN") for pattern in patterns)
    times = [text for rep in tq1.reps(4) if (text := _time_of_day(rep.text(1)))]
    if times:
        repeat = Repeat(timeOfDay=times)
    start, end = context.when(tq1.text(7)), context.when(tq1.text(8))
    if start or end:
        repeat = repeat or Repeat()
        repeat.boundsPeriod = Period(start, end)
    count = whole_number(tq1.text(14))
    if count:
        repeat = repeat or Repeat()
        repeat.count = count
    as_needed = as_needed or any(rep.text(1).upper() == "PRN" for rep in tq1.reps(9))
    if repeat is None and code is None:
        return None, as_needed
    return Timing(repeat=repeat, code=code), as_needed


def _old_timing(rep: Rep, context: Context) -> tuple[Timing | None, bool]:
    """TQ: 1 amount, 2 interval, 3 duration, 4 start, 5 end, 6 priority."""
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
    if whole_number(digits) is None or len(digits) not in {4, 6} or int(digits[:2]) > 23 or int(digits[2:4]) > 59:
        return ""
    return f"{digits[:2]}:{digits[2:4]}:{digits[4:6] or '00'}"
