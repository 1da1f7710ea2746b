"""What the house knows, as the ledger writes it: the same facts that the speakers say, by another hand.

Rules kept here:
  * Facts in, values out; nothing is read out of a message.
  * A fact is as exact as the system that tells it can write: its times cut off, its letters without accents where
    that system knows none.
"""

from hashlib import sha256

from contrefeu.drill.ehr import number_key, visit_key
from contrefeu.drill.facts import (
    NEVER,
    Allergy,
    Appointment,
    Document,
    Dose,
    Order,
    Prescription,
    Problem,
    Registration,
    Stay,
    Value,
)
from contrefeu.drill.labs import SUSCEPTIBILITY
from contrefeu.drill.ledger import (
    Fact,
    Merged,
    TrueAllergy,
    TrueAppointment,
    TrueDispense,
    TrueDocument,
    TrueDose,
    TrueIdentity,
    TrueOrder,
    TruePlace,
    TruePrescription,
    TrueProblem,
    TrueReport,
    TrueResult,
    TrueStay,
)
from contrefeu.drill.pharmacy import ORDERER, drug_name
from contrefeu.drill.records import THEATRES
from contrefeu.drill.rooms import KINDS
from contrefeu.drill.senders import Sender

_UNITS = {kind.code: kind.unit for kind in KINDS}
_DOSES = {"CP": "given", "PA": "part", "RE": "refused", "NA": "refused"}  # RXA-20, HL7 table 0322


def identity(sender: Sender, registration: Registration) -> Fact:
    """Who somebody is, as admissions tells it."""
    person = registration.person
    qualified = registration.status == "VALI" or sender.style == "intl"
    mother = registration.mother
    return _fact(
        sender,
        registration,
        "identity",
        "",
        TrueIdentity(
            birth_name=person.birth_name,
            used_name=person.used_name,
            given=person.given,
            birth_date=person.born.isoformat(),
            sex=person.sex,
            national=person.national if qualified else "",
            qualified=registration.status if sender.style == "fr" else "",
            dead=registration.dead_ns != NEVER,
            died_ns=sender.exact(registration.dead_ns) if registration.dead_ns != NEVER else NEVER,
            mother=number_key(sender.style, mother.survivor().number) if mother else "",
        ),
    )


def merged(sender: Sender, survivor: Registration, lost: Registration) -> Merged:
    """Two numbers that are one patient."""
    return Merged(number_key(sender.style, survivor.number), number_key(sender.style, lost.number))


def stay(sender: Sender, told: Stay) -> Fact:
    """Where somebody is, as admissions tells it."""
    here = told.status in {"in-progress", "on-leave"}
    void = told.status == "cancelled"
    place = told.place
    key = visit_key(sender.style, told.visit)
    true = TrueStay(
        visit=key,
        status=told.status,  # type: ignore[arg-type]
        patient_class="" if void else "E" if told.kind == "emergency" else "I",
        admitted_ns=NEVER if void else _exact(sender, told.admitted_ns),
        left_ns=_exact(sender, told.left_ns),
        place=TruePlace(place.ward, place.room, place.bed) if here else None,
        unit=_UNITS[place.ward] if sender.style == "fr" and here else "",
    )
    return _fact(sender, told.registration.survivor(), "stay", key, true)


def diagnosis(sender: Sender, told: Stay) -> Fact:
    """Why somebody is here (DG1)."""
    code, text = told.diagnosis
    key = f"{visit_key(sender.style, told.visit)}|{code}"
    true = TrueProblem("", "diagnosis", code, sender.words(text))  # no DG1-20 is sent: the stay and code name it
    return _fact(sender, told.registration.survivor(), "problem", key, true)


def allergy(sender: Sender, told: Stay, one: Allergy, *, removed: bool = False) -> Fact:
    """An allergy, standing or taken back."""
    registration = told.registration.survivor()
    french = sender.style == "fr"
    own = f"{ORDERER['fr']}|{one.number}" if french else ""
    true = TrueAllergy(
        own, one.code, one.text if french else one.text_en, one.kind, one.severity, one.reaction, removed
    )
    return _fact(sender, registration, "allergy", own or f"{registration.number}|{one.code}", true)


def none_known(sender: Sender, told: Stay, *, holds: bool) -> Fact:
    """ "No known allergy", said or taken back."""
    return _fact(sender, told.registration.survivor(), "none-known", told.visit, holds)


def problem(sender: Sender, told: Stay, one: Problem, *, removed: bool = False) -> Fact:
    """A problem of the record system's list."""
    key = _own(sender, one.number)
    status = "removed" if removed else "resolved" if one.resolved else "active"
    true = TrueProblem(key, "problem", one.code, sender.words(one.text), status)  # type: ignore[arg-type]
    return _fact(sender, told.registration.survivor(), "problem", key, true)


def order(sender: Sender, told: Order, status: str) -> Fact:
    """A request; *status* is active, completed, revoked. Its code is in the words of the system that tells it."""
    key = f"{ORDERER[sender.style]}|{told.placer}"
    name = sender.words(told.panel.name if sender.style == "fr" else told.panel.name_en)
    true = TrueOrder(key, told.panel.code, name, status, told.ordered_ns)  # type: ignore[arg-type]
    return _fact(sender, told.registration, "order", key, true)


def prescription(sender: Sender, told: Prescription) -> Fact:
    """A prescription as it stands."""
    key = f"{ORDERER[sender.style]}|{told.number}"
    infusion = told.schedule.kind == "infusion"
    true = TruePrescription(
        number=key,
        code=told.drug.code,
        text=drug_name(sender, told.drug),
        dose="" if told.schedule.kind == "taper" else told.dose,
        unit="" if told.schedule.kind == "taper" else told.drug.unit,
        steps=tuple((amount, told.drug.unit) for amount, _ in told.schedule.steps),
        route=told.drug.route,
        status="stopped" if told.status == "stopped" else "active",
        start_ns=sender.exact(told.start_ns),
        words=sender.words(told.schedule.text),
        rate=told.schedule.rate if infusion else "",
        rate_unit=told.schedule.rate_unit if infusion else "",
    )
    return _fact(sender, told.stay.registration.survivor(), "prescription", key, true)


def dispense(sender: Sender, told: Prescription, number: int, at_ns: int, amount: str) -> Fact:
    """What was handed out."""
    key = f"{ORDERER[sender.style]}|{told.number}"
    true = TrueDispense(key, number, sender.exact(at_ns), amount)
    return _fact(sender, told.stay.registration.survivor(), "dispense", f"{key}|{number}", true)


def dose(sender: Sender, told: Dose, *, withdrawn: bool = False) -> Fact:
    """What was given."""
    given = told.prescription
    key = f"{ORDERER[sender.style]}|{given.number}"
    true = TrueDose(
        prescription=key,
        number=told.number,
        code=given.drug.code,
        text=drug_name(sender, given.drug),
        at_ns=sender.exact(told.at_ns),
        amount=told.amount,
        unit=given.drug.unit,
        status="withdrawn" if withdrawn else _DOSES[told.status],  # type: ignore[arg-type]
        reason=sender.words(told.reason),
    )
    return _fact(sender, given.stay.registration.survivor(), "dose", f"{key}|{told.number}", true)


def results(sender: Sender, told: Order, values: list[Value], *, tested: list[Value] | None = None) -> list[Fact]:
    """A report and the lines that a message tells; *tested* are antibiotics, a panel of their own."""
    filler = _own(sender, told.filler)
    text = "\n".join(value.text for value in values if value.kind == "TX")
    facts = [_report(sender, told, text)]
    if tested:
        facts.append(_report(sender, told, "", child=True))
    facts += [_result(sender, told, value, filler, told.panel.code) for value in values]
    facts += [_result(sender, told, value, filler, SUSCEPTIBILITY[0]) for value in tested or ()]
    return facts


def weight(sender: Sender, told: Stay, code: str, unit: str, at_ns: int) -> Fact:
    """A newborn's weight, told at its admission."""
    true = TrueResult("", "", code, "", told.weight, unit, "", "", "F", sender.exact(at_ns))
    return _fact(sender, told.registration.survivor(), "result", f"weight|{told.visit}", true)


def document(sender: Sender, told: Document) -> Fact:
    """A document as it stands."""
    key = _own(sender, told.number)
    true = TrueDocument(
        id=key,
        code=told.code,
        title=sender.words(told.title),
        status=told.status,  # type: ignore[arg-type]
        written_ns=sender.exact(told.written_ns),
        text="" if told.pdf else sender.words(told.text),
        pdf_sha256=sha256(told.pdf).hexdigest() if told.pdf else "",
        replaces=_own(sender, told.parent.number) if told.parent else "",
    )
    return _fact(sender, told.stay.registration.survivor(), "document", key, true)


def appointment(sender: Sender, told: Appointment) -> Fact:
    """A slot as it stands."""
    key = _own(sender, told.number)
    code, text = told.what
    true = TrueAppointment(
        key,
        code,
        sender.words(text),
        f"{THEATRES} {told.room}",
        sender.exact(told.start_ns),
        told.minutes,
        told.status,  # type: ignore[arg-type]
    )
    return _fact(sender, told.stay.registration.survivor(), "appointment", key, true)


def _report(sender: Sender, told: Order, text: str, *, child: bool = False) -> Fact:
    filler = _own(sender, told.filler)
    code, french, english = SUSCEPTIBILITY if child else (told.panel.code, told.panel.name, told.panel.name_en)
    true = TrueReport(
        filler=filler,
        placer=f"{ORDERER[sender.style]}|{told.placer}" if told.placer else "",
        code=code,
        title=sender.words(french if sender.style == "fr" else english),
        section=told.panel.section,
        status=told.status,
        text=sender.words(text),
    )
    return _fact(sender, told.registration, "report", f"{filler}|{code}", true)


def _result(sender: Sender, told: Order, value: Value, filler: str, panel: str) -> Fact:
    text = value.text.partition("|")[2] if value.kind == "CE" else value.text
    true = TrueResult(
        filler=filler,
        panel=panel,
        code=value.test.code,
        sub=value.sub,
        text=sender.words(text),
        unit=value.unit,
        flag=value.flag,
        range=value.range,
        status=value.status,
        at_ns=sender.exact(value.at_ns if value.at_ns != NEVER else told.collected_ns),
    )
    return _fact(sender, told.registration, "result", f"{filler}|{panel}|{value.test.code}|{value.sub}", true)


def _own(sender: Sender, number: str) -> str:
    return f"{sender.habits.application}|{number}"


def _exact(sender: Sender, at_ns: int) -> int:
    return at_ns if at_ns == NEVER else sender.exact(at_ns)


def _fact(sender: Sender, registration: Registration, block: str, key: str, value: object) -> Fact:
    return Fact(number_key(sender.style, registration.number), block, key, value)  # type: ignore[arg-type]
