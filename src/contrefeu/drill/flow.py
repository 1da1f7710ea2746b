"""Who comes, who moves, who leaves: the stays of the house.

Rules kept here:
  * A bed holds one patient: it is taken before a move is said and given back when its patient has left it.
  * Whoever finds no bed waits in the corridor of the emergency ward, or is not admitted.
  * A newborn lies in a cot beside its mother's bed and leaves with her.
"""

from collections import deque

from contrefeu.drill import truths
from contrefeu.drill.care import HOUR, MINUTE
from contrefeu.drill.clinical import BIRTH_WEIGHT, DIAGNOSES, NEWBORN, OPERATIONS
from contrefeu.drill.facts import Movement, Registration, Stay
from contrefeu.drill.house import House
from contrefeu.drill.labs import weight_line
from contrefeu.drill.ledger import Fact
from contrefeu.drill.rooms import EMERGENCY, INTENSIVE, MATERNITY, Place
from contrefeu.drill.ward import Nurses

# Hours that a stay lasts in each ward, least and most: what common French wards report, shortened at the long end so
# that three days show whole stays.
_HOURS = {
    "URG": (2, 9),
    "REA": (20, 90),
    "CARD": (30, 110),
    "CHIR": (24, 80),
    "MED": (36, 130),
    "GER": (60, 200),
    "MAT": (40, 80),
    "PED": (18, 70),
}
_SPARE = 0.2  # of a ward's beds are left to emergencies: nobody is admitted directly to the last ones
_ADMITTED = 0.45  # of emergency patients: the others go home
_SURGERY = "CHIR"


class Flow:
    """Admissions, moves, discharges, births, deaths."""

    def __init__(self, core: House, nurses: Nurses) -> None:
        self.core = core
        self.nurses = nurses
        self.known: deque[Registration] = deque(maxlen=400)  # who has been here and may come again
        self._cots: set[Place] = set()

    def start(self) -> None:
        """Fill the house over its first three hours, then keep it living."""
        core = self.core
        for code, ward in core.wards.items():
            for _ in range(max(1, round(ward.beds * (0.6 if code == EMERGENCY else 0.85)))):
                core.after(core.minutes(0, 180), self._first, code)
            if code != EMERGENCY:
                core.after(core.minutes(200, 320), self._keep_full, code)
        core.after(core.minutes(20, 60), self._arrive)
        core.after(core.minutes(5, 15), self._call_in)
        core.after(core.minutes(60, 240), self._plan)

    def admit(
        self,
        code: str,
        event: str = "A01",
        *,
        registration: Registration | None = None,
        diagnosis: tuple[str, str] | None = None,
        place: Place | None = None,
        cared_for: bool = True,
        asked: bool = True,
    ) -> Stay | None:
        """Admit somebody to a ward; None when it has no bed (the emergency ward has a corridor)."""
        core = self.core
        found = place or core.bed(code) or (Place(code) if code == EMERGENCY else None)
        if found is None:
            return None
        registration = registration or self.newcomer(code)
        stay = self._stay(registration, found, "emergency" if event == "A04" else "inpatient", diagnosis)
        self._enter(stay, event, cared_for=cared_for, asked=asked)
        return stay

    def newcomer(self, code: str) -> Registration:
        """Register somebody who was never here; French systems tell the person first (A28)."""
        core = self.core
        kind = core.kinds[code]
        sex = "F" if code == MATERNITY else ""
        today = core.senders["admissions"].stamps.local(core.now).date()
        person = core.people.draw(today, youngest=kind.youngest, oldest=kind.oldest, sex=sex)
        qualified = bool(person.national) and core.rng.random() < 0.6
        registration = core.register(person, "VALI" if qualified else "PROV")
        if core.style == "fr":
            self.tell_person("A28", registration)
        return registration

    def tell_person(self, event: str, registration: Registration) -> None:
        """Send A28 or A31."""
        core = self.core
        fact = truths.identity(core.senders["admissions"], registration)
        core.emit("admissions", core.admissions.person(event, core.now, registration), fact)

    def tell(
        self,
        event: str,
        stay: Stay,
        movement: Movement | None = None,
        *,
        action: str = "INSERT",
        corrects: str = "",
        prior: Place | None = None,
        extra: list[str] | None = None,
        facts: tuple[Fact, ...] = (),
    ) -> None:
        """Send an ADT about a stay, with all that it tells."""
        core = self.core
        sender = core.senders["admissions"]
        message = core.admissions.event(
            event, core.now, stay, movement, action=action, corrects=corrects, prior=prior, extra=extra
        )
        told = [truths.identity(sender, stay.registration.survivor()), truths.stay(sender, stay), *facts]
        if event in {"A01", "A04", "A06", "A08"}:
            told.append(truths.diagnosis(sender, stay))
            if core.style == "intl" and event != "A06":
                told += self.nurses.snapshot(stay)
        core.emit("admissions", message, *told)

    def step(self, stay: Stay, event: str, place: Place) -> Movement:
        """Note a movement of a stay."""
        core = self.core
        movement = Movement(core.number("movement"), event, core.now, place, core.kinds[place.ward].unit)
        stay.movements.append(movement)
        stay.place = place
        return movement

    def free(self, place: Place) -> None:
        """Give a bed or a cot back."""
        if place in self._cots:
            self._cots.discard(place)
        else:
            self.core.wards[place.ward].give_back(place)

    def move(self, stay: Stay, place: Place, event: str = "A02") -> Movement:
        """Move a patient to *place*, which is taken already; the old bed is free."""
        prior = stay.place
        movement = self.step(stay, event, place)
        if event == "A06":
            stay.kind = "inpatient"
        self.tell(event, stay, movement, prior=prior)
        self.free(prior)
        return movement

    def discharge(self, stay: Stay) -> None:
        """Send a patient home, with the children born here."""
        core = self.core
        if core.present.pop(stay.visit, None) is None:
            return
        registration = stay.registration.survivor()
        for child in [one for one in core.present.values() if one.registration.mother is registration]:
            self.discharge(child)
        self.nurses.close(stay)
        movement = self.step(stay, "A03", stay.place)
        stay.status, stay.left_ns = "finished", core.now
        stay.epoch += 1
        self.tell("A03", stay, movement)
        self.free(stay.place)
        core.former.append(stay)
        if not stay.died and registration.mother is None and registration not in self.known:
            self.known.append(registration)

    def birth(self, mother: Stay, children: int = 1) -> list[Stay]:
        """One child, or more, in cots beside the mother."""
        core = self.core
        born = []
        for n in range(1, children + 1):
            today = core.senders["admissions"].stamps.local(core.now).date()
            registration = core.register(core.people.newborn(mother.registration.survivor().person, today), "PROV")
            registration.mother = mother.registration.survivor()
            registration.birth_order = n if children > 1 else 0
            cot = Place(mother.place.ward, mother.place.room, f"{mother.place.bed}{n}")
            self._cots.add(cot)
            if core.style == "fr":
                self.tell_person("A28", registration)
            stay = self._stay(registration, cot, "inpatient", NEWBORN)
            stay.weight = str(core.rng.randint(2300, 4200))
            self._enter(stay, "A01")
            born.append(stay)
        return born

    def death(self, stay: Stay) -> None:
        """Somebody dies: told at once; the bed is kept until they leave the ward."""
        core = self.core
        registration = stay.registration.survivor()
        registration.dead_ns = core.now
        stay.died = True
        stay.epoch += 1
        if core.style == "fr":
            self.tell_person("A31", registration)
        else:
            self.tell("A08", stay)
        core.after(core.minutes(100, 260), self.discharge, stay)

    def _first(self, code: str) -> None:
        self.admit(code, "A04" if code == EMERGENCY else "A01")

    def _stay(
        self, registration: Registration, place: Place, kind: str, diagnosis: tuple[str, str] | None = None
    ) -> Stay:
        core = self.core
        code, text = diagnosis or core.rng.choice(DIAGNOSES[place.ward])
        found = (code, core.say(text))
        return Stay(
            visit=core.number("visit"),
            account=core.number("account"),
            registration=registration,
            kind=kind,
            place=place,
            doctor=core.rng.choice(core.wards[place.ward].doctors),
            reason=found[1],
            diagnosis=found,
        )

    def _enter(self, stay: Stay, event: str, *, cared_for: bool = True, asked: bool = True) -> None:
        core = self.core
        stay.status, stay.admitted_ns = "in-progress", core.now
        core.present[stay.visit] = stay
        if asked:
            self.nurses.ask_at_the_door(stay)
        movement = self.step(stay, event, stay.place)
        extra: list[str] | None = None
        facts: tuple[Fact, ...] = ()
        if stay.weight:
            sender = core.senders["admissions"]
            extra = [weight_line(sender, stay, BIRTH_WEIGHT, core.now)]
            facts = (truths.weight(sender, stay, BIRTH_WEIGHT.code, BIRTH_WEIGHT.unit, core.now),)
        self.tell(event, stay, movement, extra=extra, facts=facts)
        if not cared_for:
            return
        self.nurses.begin(stay)
        if stay.registration.mother is None:
            self._after_a_while(stay)
        if stay.registration.status == "PROV" and stay.registration.person.national:
            core.care(stay, core.minutes(40, 400), self._qualify)

    def _after_a_while(self, stay: Stay) -> None:
        """Plan the end of this part of a stay."""
        core = self.core
        low, high = _HOURS[stay.ward]
        core.care(stay, core.minutes(low * 60, high * 60), self._next, stay.ward)

    def _next(self, stay: Stay, since: str) -> None:
        """What comes after a ward: another one, or home."""
        core = self.core
        if stay.ward != since or stay.status == "on-leave":
            self._after_a_while(stay)
            return
        if stay.ward == EMERGENCY and core.rng.random() < _ADMITTED:
            self._to(stay, self._where_to(stay), "A06")
        elif stay.ward == INTENSIVE:
            self._to(stay, core.rng.choice(["CARD", "MED"]), "A02")
        else:
            self.discharge(stay)

    def _where_to(self, stay: Stay) -> str:
        core = self.core
        today = core.senders["admissions"].stamps.local(core.now).date()
        age = stay.registration.person.age(today)
        if age < 16:
            return "PED"
        if age > 78 and core.rng.random() < 0.5:
            return "GER"
        return core.rng.choice(["MED", "CARD", "CHIR", INTENSIVE])

    def _to(self, stay: Stay, code: str, event: str) -> None:
        place = self.core.bed(code)
        if place is None:  # no bed: the emergency ward keeps its patient, and asks again
            self.core.care(stay, self.core.minutes(20, 60), self._next, stay.ward)
            return
        self.move(stay, place, event)
        self._after_a_while(stay)

    def _qualify(self, stay: Stay) -> None:
        """An identity is checked against a document: from now on the INS is sent (France)."""
        registration = stay.registration.survivor()
        if registration.status == "PROV" and registration.person.national and self.core.style == "fr":
            registration.status = "VALI"
            self.tell_person("A31", registration)

    def _arrive(self) -> None:
        """Somebody comes to the emergency ward."""
        core = self.core
        self.admit(EMERGENCY, "A04")
        mean = 5.5 * 60 / max(1, core.wards[EMERGENCY].beds) / self._by_hour()
        core.after(core.minutes(mean * 0.4, mean * 1.6), self._arrive)

    def _by_hour(self) -> float:
        """Nights are quieter."""
        hour = self.core.senders["admissions"].stamps.local(self.core.now).hour
        return 0.35 if hour < 7 else 1.3 if 10 <= hour < 22 else 0.9

    def _call_in(self) -> None:
        """A bed for the one who waits longest in the corridor."""
        core = self.core
        waiting = [s for s in core.present.values() if not s.place.bed and s.status == "in-progress" and not s.died]
        for stay in waiting:
            place = core.bed(EMERGENCY)
            if place is None:
                break
            self.move(stay, place)
        core.after(core.minutes(8, 15), self._call_in)

    def _keep_full(self, code: str) -> None:
        """Direct admissions while there is room."""
        core = self.core
        ward = core.wards[code]
        if len(ward.free) > max(1, ward.beds * _SPARE):
            self.admit(code)
        core.after(core.minutes(40, 150) * 10 // max(10, ward.beds), self._keep_full, code)

    def _plan(self) -> None:
        core = self.core
        self.plan()
        beds = max(1, core.wards[_SURGERY].beds)
        core.after(core.minutes(800, 1600) * 4 // max(4, beds), self._plan)

    def plan(self) -> Stay:
        """Somebody will be operated on: pre-admission (A05), a slot in theatre, and the day itself."""
        core = self.core
        registration = self.newcomer(_SURGERY)
        stay = self._stay(registration, Place(_SURGERY), "inpatient")
        stay.expected_ns = core.now + core.minutes(10 * 60, 26 * 60)
        core.after(stay.expected_ns - core.now + core.minutes(1, 15), self._due, stay, 6)
        stay.status = "planned"
        movement = self.step(stay, "A05", stay.place)
        movement.at_ns = stay.expected_ns
        self.tell("A05", stay, movement)
        core.after(
            core.minutes(5, 40), self.nurses.book, stay, core.rng.choice(OPERATIONS), stay.expected_ns + 3 * HOUR
        )
        return stay

    def call_off(self, stay: Stay) -> None:
        """A planned stay does not take place (A38)."""
        stay.status = "cancelled"
        self.tell("A38", stay, stay.movements[-1], action="CANCEL", corrects="A05")
        self.nurses.unbook(stay, self.core.say("Intervention annulée"))

    def _due(self, stay: Stay, tries: int) -> None:
        core = self.core
        if stay.status != "planned":
            return
        place = core.bed(_SURGERY)
        if place is None and tries:
            core.after(30 * MINUTE, self._due, stay, tries - 1)
        elif place is None:
            self.call_off(stay)
        else:
            stay.place = place
            self._enter(stay, "A01")
