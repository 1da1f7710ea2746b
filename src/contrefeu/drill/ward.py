"""What nurses and doctors write at the bed: allergies, problems, prescriptions, doses, notes, letters, theatre slots.

Rules kept here:
  * "None known" is said only when somebody asked; an allergy found later takes it back in the same message.
  * A stop is said: whoever leaves, or dies, has every prescription stopped by a message, never by silence.
  * A dose is written down when it is given, refused or given in part; nothing is written of what was not.
"""

from collections import deque
from decimal import Decimal

from contrefeu.drill import truths
from contrefeu.drill.care import MINUTE, dose_of, next_dose
from contrefeu.drill.clinical import (
    ADMISSION_NOTE,
    ALLERGIES,
    COMORBIDITIES,
    DISCHARGE_LETTER,
    DRUGS,
    NURSING_NOTE,
    OPERATIVE_NOTE,
    Drug,
)
from contrefeu.drill.facts import (
    Allergy,
    Appointment,
    Document,
    Dose,
    Prescription,
    Problem,
    Stay,
)
from contrefeu.drill.house import House
from contrefeu.drill.ledger import Fact
from contrefeu.drill.pdf import letter
from contrefeu.drill.rooms import EMERGENCY
from contrefeu.drill.workup import Workup

_REFUSALS = ("Refus du patient", "Patient à jeun", "Patient absent du service", "Vomissement")


class Nurses:
    """Care at the bed, of every patient."""

    def __init__(self, core: House, workup: Workup) -> None:
        self.core = core
        self.workup = workup
        self.doses: deque[Dose] = deque(maxlen=80)  # given lately: one may be withdrawn
        self.letters: deque[Document] = deque(maxlen=60)
        self.booked: dict[str, Appointment] = {}  # by visit

    def ask_at_the_door(self, stay: Stay) -> None:
        """What is known of allergies when somebody comes in (told at once where AL1 is in the admission)."""
        core = self.core
        drawn = core.rng.random()
        if stay.registration.mother is not None or drawn > 0.88:
            return
        if drawn < 0.55:
            stay.none_known = True
            return
        for row in core.rng.sample(ALLERGIES, 2 if drawn > 0.82 else 1):
            stay.allergies.append(self._allergy(row))

    def snapshot(self, stay: Stay) -> list[Fact]:
        """What the AL1 of an admission tell."""
        sender = self.core.senders["admissions"]
        if stay.none_known:
            return [truths.none_known(sender, stay, holds=True)]
        return [truths.allergy(sender, stay, one) for one in stay.allergies]

    def begin(self, stay: Stay) -> None:
        """Care of somebody who came in."""
        core = self.core
        self.workup.begin(stay)
        if stay.registration.mother is not None:
            return
        if core.style == "fr" and (stay.allergies or stay.none_known):
            core.care(stay, core.minutes(8, 50), self._tell_allergies)
        for code, text in core.rng.sample(COMORBIDITIES, core.rng.choice((0, 1, 1, 2, 3))):
            core.care(stay, core.minutes(20, 180), self.note_problem, code, core.say(text))
        common, own = DRUGS["all"], DRUGS.get(stay.ward, ())
        count = core.rng.randint(1, 2) if stay.ward == EMERGENCY else core.rng.randint(2, 5)
        drugs = [*own[:count], *core.rng.sample(common, max(1, count - len(own)))]
        for drug in drugs:
            core.care(stay, core.minutes(15, 150), self.prescribe, drug)
        core.care(stay, core.minutes(50, 240), self._write, ADMISSION_NOTE)
        core.care(stay, core.minutes(300, 1000), self._daily_note)

    def close(self, stay: Stay) -> None:
        """Somebody leaves: prescriptions stop, a letter follows."""
        core = self.core
        for told in stay.prescriptions:
            self.stop(told)
        if stay.registration.mother is None and stay.kind != "emergency":
            core.after(core.minutes(30, 20 * 60), self._write, stay, DISCHARGE_LETTER)

    def find_allergy(self, stay: Stay) -> bool:
        """An allergy that nobody knew of; "none known" no longer holds."""
        core = self.core
        known = {one.code for one in stay.allergies}
        rows = [row for row in ALLERGIES if row[0] not in known]
        found = self._allergy(core.rng.choice(rows))
        told: list[tuple[str, Allergy | None]] = [("A", found)]
        sender = core.senders["orders"]
        stay.allergies.append(found)
        facts = [truths.allergy(sender, stay, found)]
        if stay.none_known:
            stay.none_known = False
            told.append(("D", None))
            facts.append(truths.none_known(sender, stay, holds=False))
        core.emit("orders", core.record.allergies(core.now, stay, told), *facts, self._who(stay))
        return True

    def withdraw_allergy(self, stay: Stay) -> None:
        """An allergy that was none, taken back by an explicit word."""
        core = self.core
        gone = stay.allergies.pop(core.rng.randrange(len(stay.allergies)))
        fact = truths.allergy(core.senders["orders"], stay, gone, removed=True)
        core.emit("orders", core.record.allergies(core.now, stay, [("D", gone)]), fact, self._who(stay))

    def note_problem(self, stay: Stay, code: str, text: str) -> None:
        """Add a problem to the list; one in ten is over by the time somebody looks again."""
        core = self.core
        found = Problem(core.number("problem"), code, text, core.now)
        stay.problems.append(found)
        self._tell_problem(stay, found, "AD")
        if core.rng.random() < 0.1:
            core.care(stay, core.minutes(300, 2000), self._resolve, found)

    def withdraw_problem(self, stay: Stay) -> None:
        """A problem that was another patient's."""
        gone = stay.problems.pop(self.core.rng.randrange(len(stay.problems)))
        self._tell_problem(stay, gone, "DE")

    def prescribe(self, stay: Stay, drug: Drug) -> Prescription:
        """Prescribe, hand out, give."""
        core = self.core
        told = Prescription(
            number=core.number("prescription"),
            drug=drug,
            stay=stay,
            doctor=stay.doctor,
            dose=core.rng.choice(drug.doses),
            schedule=core.schedule(core.rng.choice(drug.schedules)),
            start_ns=core.now,
            pharmacy_number=core.number("pharmacy"),
        )
        stay.prescriptions.append(told)
        self._tell_prescription(told, "NW")
        core.care(stay, core.minutes(15, 90), self._hand_out, told)
        self._next_dose(told)
        drawn = core.rng.random()
        if drawn < 0.2:
            core.care(stay, core.minutes(600, 3000), self._stop_later, told)
        elif drawn < 0.35 and len(drug.doses) > 1:
            core.care(stay, core.minutes(300, 1500), self.change, told)
        return told

    def change(self, _stay: Stay, told: Prescription) -> None:
        """Another dose (XO)."""
        if told.status != "active":
            return
        told.dose = next(dose for dose in told.drug.doses if dose != told.dose)
        self._tell_prescription(told, "XO")

    def stop(self, told: Prescription, reason: str = "") -> None:
        """Stop a prescription (DC)."""
        if told.status != "active":
            return
        told.status = "stopped"
        told.end_ns = self.core.now
        self._tell_prescription(told, "DC", reason)

    def withdraw_dose(self, dose: Dose) -> None:
        """A dose that was written down by mistake (RXA-21 D)."""
        core = self.core
        self.doses.remove(dose)
        fact = truths.dose(core.senders["pharmacy"], dose, withdrawn=True)
        core.emit("pharmacy", core.pharmacy.given(core.now, dose, withdrawn=True), fact)

    def book(self, stay: Stay, what: tuple[str, str], start_ns: int) -> None:
        """A slot in theatre (S12); the operation follows."""
        core = self.core
        if stay.status == "cancelled":
            return
        booked = Appointment(
            number=core.number("appointment"),
            stay=stay,
            what=(what[0], core.say(what[1])),
            room=core.say("SALLE {}").format(core.rng.randint(1, 4)),
            start_ns=start_ns,
            minutes=core.rng.choice((45, 60, 90, 120)),
            doctor=core.rng.choice(core.wards["CHIR"].doctors),
        )
        self.booked[stay.visit] = booked
        self.tell_slot(booked, "S12")
        self._operate_later(booked)

    def put_off(self, booked: Appointment) -> None:
        """Another time for a slot (S13)."""
        core = self.core
        booked.start_ns += core.minutes(60, 300)
        self.tell_slot(booked, "S13", core.say("Urgence au bloc & report"))
        self._operate_later(booked)

    def unbook(self, stay: Stay, reason: str) -> bool:
        """Cancel a slot (S15)."""
        booked = self.booked.pop(stay.visit, None)
        if booked is None:
            return False
        booked.status = "cancelled"
        self.tell_slot(booked, "S15", reason)
        return True

    def tell_slot(self, booked: Appointment, event: str, reason: str = "") -> None:
        """Send an SIU."""
        core = self.core
        fact = truths.appointment(core.senders["theatre"], booked)
        core.emit("theatre", core.theatre.slot(event, core.now, booked, reason), fact)

    def amend(self, old: Document) -> Document:
        """A letter in the place of another one (T10)."""
        core = self.core
        self.letters.remove(old)
        text = old.text + "\n" + core.say("Version corrigée : posologie de sortie relue.")
        new = Document(core.number("document"), old.code, old.title, old.stay, old.author, core.now, text, parent=old)
        if old.pdf:
            new.pdf = letter(old.title, text)
        old.status = "superseded"
        sender = core.senders["documents"]
        facts = (truths.document(sender, new), truths.document(sender, old))
        core.emit("documents", core.documents.document("T10", core.now, new), *facts)
        self.letters.append(new)
        return new

    def withdraw_letter(self, old: Document) -> None:
        """A document that should not have been (T11)."""
        core = self.core
        self.letters.remove(old)
        old.status = "withdrawn"
        fact = truths.document(core.senders["documents"], old)
        core.emit("documents", core.documents.document("T11", core.now, old), fact)

    def _allergy(self, row: tuple[str, str, str, str, str]) -> Allergy:
        core = self.core
        code, text, english, kind, reaction = row
        severity = core.rng.choice(("SV", "MO", "MI"))
        return Allergy(core.number("allergy"), code, text, english, kind, severity, core.say(reaction), core.now)

    def _who(self, stay: Stay) -> Fact:
        return truths.identity(self.core.senders["orders"], stay.registration.survivor())

    def _tell_allergies(self, stay: Stay) -> None:
        core = self.core
        sender = core.senders["orders"]
        told: list[tuple[str, Allergy | None]] = [("A", one) for one in stay.allergies]
        facts = [truths.allergy(sender, stay, one) for one in stay.allergies]
        if stay.none_known:
            told.append(("A", None))
            facts.append(truths.none_known(sender, stay, holds=True))
        if told:
            core.emit("orders", core.record.allergies(core.now, stay, told), *facts, self._who(stay))

    def _tell_problem(self, stay: Stay, one: Problem, action: str) -> None:
        core = self.core
        fact = truths.problem(core.senders["orders"], stay, one, removed=action == "DE")
        core.emit("orders", core.record.problem(core.now, stay, one, action), fact)

    def _resolve(self, stay: Stay, one: Problem) -> None:
        if one in stay.problems:
            one.resolved = True
            self._tell_problem(stay, one, "UP")

    def _tell_prescription(self, told: Prescription, control: str, reason: str = "") -> None:
        core = self.core
        fact = truths.prescription(core.senders["pharmacy"], told)
        core.emit("pharmacy", core.pharmacy.prescription(core.now, told, control, reason), fact)

    def _stop_later(self, _stay: Stay, told: Prescription) -> None:
        self.stop(told)

    def _hand_out(self, _stay: Stay, told: Prescription) -> None:
        core = self.core
        if told.status != "active":
            return
        amount = str(core.rng.randint(2, 12))
        fact = truths.dispense(core.senders["pharmacy"], told, 1, core.now, amount)
        core.emit("pharmacy", core.pharmacy.dispense(core.now, told, 1, amount), fact)

    def _next_dose(self, told: Prescription) -> None:
        core = self.core
        at_ns = next_dose(told.schedule, core.now, told.given, core.zone, core.rng)
        if at_ns is not None:
            core.care(told.stay, at_ns - core.now, self._give, told)

    def _give(self, stay: Stay, told: Prescription) -> None:
        core = self.core
        if told.status != "active":
            return
        if stay.status == "in-progress":
            told.given += 1
            dose = self._dose(told)
            core.emit("pharmacy", core.pharmacy.given(core.now, dose), truths.dose(core.senders["pharmacy"], dose))
            self.doses.append(dose)
        self._next_dose(told)

    def _dose(self, told: Prescription) -> Dose:
        core = self.core
        amount = dose_of(told.schedule, told.dose, told.start_ns, core.now)
        drawn = core.rng.random()
        status, reason = "CP", ""
        if drawn < 0.05:
            status, amount = core.rng.choice(("RE", "NA")), "0"
            reason = core.say(core.rng.choice(_REFUSALS))
        elif drawn < 0.065:
            status, amount = "PA", f"{Decimal(amount) / 2:f}"
        nurse = core.rng.choice(core.wards[told.stay.ward].nurses)
        at_ns = core.now - core.minutes(0, 4)
        return Dose(told, told.given, max(at_ns, told.start_ns), amount, status, reason, nurse)

    def _operate_later(self, booked: Appointment) -> None:
        core = self.core
        wait = booked.start_ns + booked.minutes * MINUTE - core.now
        core.after(wait, self._operated, booked, booked.start_ns)

    def _operated(self, booked: Appointment, start_ns: int) -> None:
        core = self.core
        stay = booked.stay
        if booked.status != "booked" or booked.start_ns != start_ns:
            return
        if stay.status != "in-progress" or stay.died:
            self.unbook(stay, core.say("Patient absent"))
            return
        del self.booked[stay.visit]
        booked.status = "fulfilled"
        self.tell_slot(booked, "S14")
        core.care(stay, core.minutes(10, 60), self._write, OPERATIVE_NOTE)

    def _daily_note(self, stay: Stay) -> None:
        self._write(stay, NURSING_NOTE)
        self.core.care(stay, self.core.minutes(900, 2000), self._daily_note)

    def _write(self, stay: Stay, kind: tuple[str, str, str]) -> None:
        """Write a document: letters and operative notes are PDF files, notes are text."""
        core = self.core
        code, french, english = kind
        title = french if core.style == "fr" else english
        text = self._text(stay, code)
        doctor = core.rng.choice(core.wards[stay.ward].nurses) if kind is NURSING_NOTE else stay.doctor
        written = Document(core.number("document"), code, title, stay, doctor, core.now, text)
        if kind in {DISCHARGE_LETTER, OPERATIVE_NOTE}:
            written.pdf = letter(title, text)
            self.letters.append(written)
        elif kind is not NURSING_NOTE:
            self.letters.append(written)
        fact = truths.document(core.senders["documents"], written)
        core.emit("documents", core.documents.document("T02", core.now, written), fact)

    def _text(self, stay: Stay, code: str) -> str:
        core = self.core
        reason = core.say("Motif : {}.").format(stay.reason)
        drugs = [told.drug.name if core.style == "fr" else told.drug.name_en for told in stay.prescriptions]
        lines = [reason]
        if code == NURSING_NOTE[0]:
            lines = [core.say(core.rng.choice(_NOTES))]
        elif code == ADMISSION_NOTE[0]:
            known = ", ".join(one.text if core.style == "fr" else one.text_en for one in stay.allergies)
            asked = known or core.say("aucune connue" if stay.none_known else "non renseignées")
            lines += [core.say("Allergies : {}.").format(asked), core.say("Examen : patient conscient & orienté.")]
        else:
            lines += [core.say("Évolution favorable."), core.say("Traitement :")]
            lines += [f"- {name}" for name in drugs] or [f"- {core.say('aucun')}"]
        return "\n".join(lines)


_NOTES = (
    "Cible : douleur. EN 5 -> 2 après antalgique.",
    "Cible : alimentation. Mange la moitié du plateau ; poids stable.",
    "Cible : peau. Pas d'escarre | matelas à air en place.",
    "Cible : sortie. Transport demandé ^ famille prévenue.",
)
