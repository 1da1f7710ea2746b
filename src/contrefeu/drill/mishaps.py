"""What goes wrong in a house, and is put right: the messages that charts are made wrong by.

Rules kept here:
  * Mishaps are dealt like cards: a house of 48 beds meets each kind about once a day, larger ones more often.
  * A mishap that finds nobody to happen to waits for the next deal.
  * What is put right is said by an explicit message; the ledger holds the error until then, as the chart must.
"""

from collections.abc import Callable
from dataclasses import replace

from contrefeu.drill import truths
from contrefeu.drill.care import HOUR
from contrefeu.drill.clinical import DRUGS, MICROBIOLOGY, OPERATIONS
from contrefeu.drill.facts import NEVER, Movement, Registration, Stay
from contrefeu.drill.flow import Flow
from contrefeu.drill.house import House
from contrefeu.drill.rooms import EMERGENCY, INTENSIVE, MATERNITY, Place
from contrefeu.drill.senders import System
from contrefeu.drill.ward import Nurses
from contrefeu.drill.workup import Workup

_BEDS_A_DECK = 48  # beds that meet each mishap once a day
_DAY_MINUTES = 24 * 60
_LINES: tuple[System, ...] = ("admissions", "laboratory", "pharmacy", "imaging", "documents", "monitors", "orders")
_BUSY_LINES: tuple[System, ...] = ("laboratory", "pharmacy", "monitors")


class Mishaps:
    """Errors and their corrections, and the rarer things of life."""

    def __init__(self, core: House, flow: Flow, nurses: Nurses, workup: Workup) -> None:
        self.core = core
        self.flow = flow
        self.nurses = nurses
        self.workup = workup
        self._cards: tuple[Callable[[], bool], ...] = (
            self._name_in_stay,
            self._name_of_person,
            self._another_bed,
            self._wrong_bed,
            self._wrong_admission,
            self._wrong_transfer,
            self._wrong_discharge,
            self._wrong_result,
            self._addendum,
            self._wrong_drug,
            self._wrong_dose,
            self._allergy_found,
            self._allergy_withdrawn,
            self._problem_withdrawn,
            self._birth,
            self._twins,
            self._death,
            self._worse,
            self._double_registration,
            self._leave,
            self._called_off,
            self._put_off,
            self._unbooked,
            self._amended,
            self._letter_withdrawn,
            self._line_down,
            self._busy_line_down,
            self._order_cancelled,
        )
        self._hand: list[Callable[[], bool]] = []

    def start(self) -> None:
        """Begin to deal."""
        self.core.after(self.core.minutes(200, 240), self._deal)

    def _deal(self) -> None:
        core = self.core
        if len(self._hand) < len(self._cards) // 2:
            self._hand += core.rng.sample(self._cards, len(self._cards))
        for card in [*self._hand]:
            if card():
                self._hand.remove(card)
                break
        mean = _DAY_MINUTES / len(self._cards) * min(1.0, _BEDS_A_DECK / core.beds)
        core.after(core.minutes(mean * 0.5, mean * 1.3), self._deal)

    def _some(self, found: list[Stay]) -> Stay | None:
        return self.core.rng.choice(found) if found else None

    def _movable(self) -> list[Stay]:
        """Who may be moved without a cot beside."""
        mothers = {stay.registration.mother for stay in self.core.present.values()}
        return [
            stay
            for stay in self.core.settled()
            if stay.registration.mother is None and stay.registration.survivor() not in mothers
        ]

    def _corrected(self) -> Stay | None:
        """Somebody whose name was misspelt: put right in the register."""
        stay = self._some([one for one in self.core.settled() if one.registration.mother is None])
        if stay is None:
            return None
        registration = stay.registration.survivor()
        person = registration.person
        name = self.core.people.family()
        used = name if person.used_name == person.birth_name else person.used_name
        registration.person = person.corrected(birth_name=name, used_name=used)
        return stay

    def _name_in_stay(self) -> bool:
        stay = self._corrected()
        if stay is not None:
            self.flow.tell("A08", stay)
        return stay is not None

    def _name_of_person(self) -> bool:
        stay = self._corrected()
        if stay is not None:
            self.flow.tell_person("A31", stay.registration.survivor())
        return stay is not None

    def _another_bed(self) -> bool:
        """No mishap: a patient gets another bed of the ward."""
        stay = self._some(self._movable())
        place = self.core.bed(stay.ward) if stay else None
        if stay is None or place is None:
            return False
        self.flow.move(stay, place)
        return True

    def _wrong_bed(self) -> bool:
        """A move is typed with the wrong bed; later it is put right (Z99 in France; A12 and A02 elsewhere)."""
        core = self.core
        stay = self._some([one for one in self._movable() if len(core.wards[one.ward].free) > 1])
        if stay is None:
            return False
        right, wrong = core.bed(stay.ward), core.bed(stay.ward)
        assert right is not None and wrong is not None, "two beds were free"
        prior = stay.place
        movement = self.flow.step(stay, "A02", wrong)
        self.flow.tell("A02", stay, movement, prior=prior)
        core.after(core.minutes(10, 40), self._bed_put_right, stay, movement, prior, right)
        return True

    def _bed_put_right(self, stay: Stay, movement: Movement, prior: Place, right: Place) -> None:
        wrong = movement.place
        if not self._untouched(stay, movement):
            self.flow.free(prior)
            self.flow.free(right)
            return
        if self.core.style == "fr":
            movement.place = stay.place = right
            self.flow.tell("Z99", stay, movement, action="UPDATE", corrects="A02")
        else:
            self._take_back(stay, movement, prior)
            self.flow.tell("A02", stay, self.flow.step(stay, "A02", right), prior=prior)
        self.flow.free(prior)
        self.flow.free(wrong)

    def _wrong_transfer(self) -> bool:
        """A move that did not take place (A12)."""
        core = self.core
        stay = self._some(self._movable())
        place = core.bed(core.rng.choice(["MED", "CARD", "CHIR"])) if stay else None
        if stay is None or place is None:
            return False
        prior = stay.place
        movement = self.flow.step(stay, "A02", place)
        self.flow.tell("A02", stay, movement, prior=prior)
        core.after(core.minutes(5, 20), self._transfer_voided, stay, movement, prior)
        return True

    def _transfer_voided(self, stay: Stay, movement: Movement, prior: Place) -> None:
        if not self._untouched(stay, movement):
            self.flow.free(prior)
            return
        self._take_back(stay, movement, prior)
        self.flow.free(movement.place)

    def _take_back(self, stay: Stay, movement: Movement, prior: Place) -> None:
        stay.movements.remove(movement)
        stay.place = prior
        self.flow.tell("A12", stay, replace(movement, place=prior), action="CANCEL", corrects="A02")

    def _untouched(self, stay: Stay, movement: Movement) -> bool:
        """Whether *movement* is still the last thing that happened to a patient who is here."""
        return stay.status == "in-progress" and stay.movements[-1] is movement

    def _wrong_admission(self) -> bool:
        """Somebody admitted who should not have been (A11)."""
        core = self.core
        stay = self.flow.admit(core.rng.choice(["MED", "CARD", "GER"]), cared_for=False)
        if stay is None:
            return False
        core.after(core.minutes(3, 12), self._admission_voided, stay)
        return True

    def _admission_voided(self, stay: Stay) -> None:
        del self.core.present[stay.visit]
        stay.status = "cancelled"
        stay.epoch += 1
        self.flow.tell("A11", stay, stay.movements[-1], action="CANCEL", corrects="A01")
        self.flow.free(stay.place)

    def _wrong_discharge(self) -> bool:
        """Somebody discharged by mistake: back in the same bed (A13)."""
        core = self.core
        stay = self._some(self._movable())
        if stay is None:
            return False
        movement = self.flow.step(stay, "A03", stay.place)
        stay.status, stay.left_ns = "finished", core.now
        self.flow.tell("A03", stay, movement)
        core.after(core.minutes(4, 25), self._discharge_voided, stay, movement)
        return True

    def _discharge_voided(self, stay: Stay, movement: Movement) -> None:
        stay.status, stay.left_ns = "in-progress", NEVER
        stay.movements.remove(movement)
        self.flow.tell("A13", stay, movement, action="CANCEL", corrects="A03")

    def _wrong_result(self) -> bool:
        orders = [
            order
            for order in self.workup.final
            if order.panel.section != "RAD" and order.status == "F" and any(one.kind == "NM" for one in order.values)
        ]
        if not orders:
            return False
        self.workup.correct(self.core.rng.choice(orders))
        return True

    def _addendum(self) -> bool:
        orders = [order for order in self.workup.final if order.panel.section == "RAD" and order.status == "F"]
        if not orders:
            return False
        self.workup.addendum(self.core.rng.choice(orders))
        return True

    def _wrong_drug(self) -> bool:
        """A drug prescribed to the wrong patient, and stopped when somebody sees it."""
        core = self.core
        stay = self._some([one for one in core.settled() if one.registration.mother is None])
        if stay is None:
            return False
        told = self.nurses.prescribe(stay, core.rng.choice(DRUGS["CARD"]))
        reason = core.say("Prescrit par erreur : autre patient")
        core.after(core.minutes(5, 25), self.nurses.stop, told, reason)
        return True

    def _wrong_dose(self) -> bool:
        doses = [dose for dose in self.nurses.doses if dose.status == "CP"]
        if not doses:
            return False
        self.nurses.withdraw_dose(self.core.rng.choice(doses))
        return True

    def _allergy_found(self) -> bool:
        stay = self._some([one for one in self.core.settled(minutes=90) if one.registration.mother is None])
        return stay is not None and len(stay.allergies) < 3 and self.nurses.find_allergy(stay)

    def _allergy_withdrawn(self) -> bool:
        stay = self._some([one for one in self.core.settled(minutes=90) if one.allergies])
        if stay is not None:
            self.nurses.withdraw_allergy(stay)
        return stay is not None

    def _problem_withdrawn(self) -> bool:
        stay = self._some([one for one in self.core.settled() if one.problems])
        if stay is not None:
            self.nurses.withdraw_problem(stay)
        return stay is not None

    def _birth(self) -> bool:
        return self._born(1)

    def _twins(self) -> bool:
        return self._born(2)

    def _born(self, children: int) -> bool:
        mother = self._some([one for one in self._movable() if one.ward == MATERNITY])
        if mother is not None:
            self.flow.birth(mother, children)
        return mother is not None

    def _death(self) -> bool:
        stay = self._some([one for one in self._movable() if one.ward in {INTENSIVE, "GER", "MED"}])
        if stay is not None:
            self.flow.death(stay)
        return stay is not None

    def _worse(self) -> bool:
        """A patient gets worse and goes to intensive care."""
        stay = self._some([one for one in self._movable() if one.ward in {"MED", "CARD", "CHIR"}])
        place = self.core.bed(INTENSIVE) if stay else None
        if stay is None or place is None:
            return False
        self.flow.move(stay, place)
        self.workup.intensive(stay)
        return True

    def _double_registration(self) -> bool:
        """Somebody we know comes in unconscious, is registered anew, and is recognised hours later (A40)."""
        core, flow = self.core, self.flow
        if flow.known:
            survivor = flow.known[core.rng.randrange(len(flow.known))]
            flow.known.remove(survivor)
        else:
            survivor = flow.newcomer("MED")
            if core.style == "intl":
                flow.tell_person("A28", survivor)
        lost = core.register(core.people.misheard(survivor.survivor().person), "PROV")
        if core.style == "fr":
            flow.tell_person("A28", lost)
        stay = flow.admit(EMERGENCY, "A04", registration=lost, asked=False)
        assert stay is not None, "the emergency ward has a corridor"
        core.care(stay, core.minutes(5, 20), self.workup.ask, MICROBIOLOGY)
        core.after(core.minutes(150, 420), self._recognised, survivor, lost)
        return True

    def _recognised(self, survivor: Registration, lost: Registration) -> None:
        core = self.core
        survivor = survivor.survivor()
        survivor.dead_ns = max(survivor.dead_ns, lost.dead_ns)
        lost.merged_into = survivor
        if lost in self.flow.known:
            self.flow.known.remove(lost)
        sender = core.senders["admissions"]
        facts = (truths.merged(sender, survivor, lost), truths.identity(sender, survivor))
        core.emit("admissions", core.admissions.merge(core.now, survivor, lost), *facts)

    def _leave(self) -> bool:
        """Somebody goes out for some hours and comes back (A21, A22)."""
        core = self.core
        stay = self._some([one for one in self._movable() if one.ward in {"GER", "MED", "CARD"}])
        if stay is None:
            return False
        movement = self.flow.step(stay, "A21", stay.place)
        stay.status = "on-leave"
        self.flow.tell("A21", stay, movement)
        core.care(stay, core.minutes(60, 240), self._back)
        return True

    def _back(self, stay: Stay) -> None:
        movement = self.flow.step(stay, "A22", stay.place)
        stay.status = "in-progress"
        self.flow.tell("A22", stay, movement)

    def _called_off(self) -> bool:
        """A planned operation that does not take place (A38, S15)."""
        stay = self.flow.plan()
        self.core.after(self.core.minutes(60, 240), self._call_off, stay)
        return True

    def _call_off(self, stay: Stay) -> None:
        if stay.status == "planned":
            self.flow.call_off(stay)

    def _put_off(self) -> bool:
        booked = [one for one in self.nurses.booked.values() if one.start_ns > self.core.now + HOUR]
        if booked:
            self.nurses.put_off(self.core.rng.choice(booked))
        return bool(booked)

    def _unbooked(self) -> bool:
        """A slot that is booked and cancelled."""
        core = self.core
        stay = self._some([one for one in core.settled(ward="CHIR") if one.visit not in self.nurses.booked])
        if stay is None:
            return False
        self.nurses.book(stay, core.rng.choice(OPERATIONS), core.now + 5 * HOUR)
        core.after(core.minutes(30, 120), self.nurses.unbook, stay, core.say("Intervention annulée"))
        return True

    def _amended(self) -> bool:
        if not self.nurses.letters:
            return False
        self.nurses.amend(self.core.rng.choice(list(self.nurses.letters)))
        return True

    def _letter_withdrawn(self) -> bool:
        if len(self.nurses.letters) < 3:
            return False
        self.nurses.withdraw_letter(self.core.rng.choice(list(self.nurses.letters)))
        return True

    def _line_down(self) -> bool:
        return self.core.line_down(self.core.rng.choice(_LINES), self.core.minutes(20, 90))

    def _busy_line_down(self) -> bool:
        return self.core.line_down(self.core.rng.choice(_BUSY_LINES), self.core.minutes(20, 90))

    def _order_cancelled(self) -> bool:
        orders = [one for one in self.workup.open if one.collected_ns > self.core.now - HOUR and not one.values]
        if orders:
            self.workup.cancel(self.core.rng.choice(orders))
        return bool(orders)
