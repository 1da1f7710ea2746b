"""What is asked and measured: requests, results over hours and days, images, vital signs.

Rules kept here:
  * The laboratory answers whether the patient is still there or not; nurses measure only who is.
  * A report goes preliminary, final, corrected, and never back.
"""

from collections import deque
from collections.abc import Callable

from contrefeu.drill import truths
from contrefeu.drill.care import HOUR, measure, sterile, values_of
from contrefeu.drill.clinical import (
    ANTIBIOTICS,
    BLOOD_GAS,
    CULTURE,
    GERM,
    GERMS,
    GRAM,
    IMAGING,
    IONOGRAM,
    MICROBIOLOGY,
    PAIN,
    PANELS,
    POTASSIUM,
    REPORT,
    TROPONIN,
    VITALS,
    Panel,
)
from contrefeu.drill.facts import Order, Stay, Value
from contrefeu.drill.house import House
from contrefeu.drill.rooms import EMERGENCY, INTENSIVE

CRITICAL_POTASSIUM = "7.1"  # mmol/L, far above the bound: nobody argues
_PRELIMINARY = 0.12  # of laboratory panels are told before they are validated
_CULTURED = {"MED": 0.35, "REA": 0.6, "GER": 0.3, "URG": 0.15, "PED": 0.15, "CHIR": 0.15, "CARD": 0.1, "MAT": 0.03}
_ILL = {"REA": 1.6, "URG": 1.2, "MAT": 0.5, "PED": 0.7}  # how far values stray
_LIVE_GAP_S = 2  # with monitors connected, a set of vital signs comes every few seconds somewhere in the house


class Workup:
    """Orders, results and measures of every patient."""

    def __init__(self, core: House) -> None:
        self.core = core
        self.open: deque[Order] = deque(maxlen=60)  # asked, not answered yet
        self.final: deque[Order] = deque(maxlen=120)  # answered, may be corrected
        self._turn = 0
        self._images: list[Panel] = list(IMAGING)

    def begin(self, stay: Stay) -> None:
        """What is asked of somebody who comes in."""
        core = self.core
        core.care(stay, core.minutes(2, 25), self.measure, self._turn)
        if stay.registration.mother is not None:
            return
        for panel in core.rng.sample(PANELS, core.rng.randint(2, len(PANELS))):
            core.care(stay, core.minutes(10, 60), self.ask, panel)
        if stay.ward in {"CARD", EMERGENCY} and core.rng.random() < 0.6:
            core.care(stay, core.minutes(5, 30), self.ask, TROPONIN)
            core.care(stay, core.minutes(190, 230), self.ask, TROPONIN)
        if stay.ward == INTENSIVE:
            core.care(stay, core.minutes(10, 40), self._gases)
        if core.rng.random() < _CULTURED[stay.ward]:
            core.care(stay, core.minutes(30, 240), self.ask, MICROBIOLOGY)
        if core.rng.random() < 0.4:
            core.care(stay, core.minutes(30, 400), self.ask, core.rng.choice(self._images))
        core.care(stay, core.minutes(14 * 60, 24 * 60), self._morning)

    def ask(self, stay: Stay, panel: Panel) -> Order | None:
        """Ask for a panel; what follows goes by itself."""
        core = self.core
        imaging = panel.section == "RAD"
        placer = core.number("placer")
        order = self._order(stay, panel, "accession" if imaging else "filler", placer)
        core.emit("orders", core.orders.request(core.now, order), truths.order(core.senders["orders"], order, "active"))
        self.open.append(order)
        order.collected_ns = core.now + core.minutes(4, 25)
        if imaging:
            core.after(core.minutes(25, 200), self._imaged, order)
        elif panel is MICROBIOLOGY:
            first = core.minutes(11 * 60, 19 * 60)
            core.after(first, self._grown if core.rng.random() < 0.35 else self._sterile, order, 0)
        else:
            soon = 35 if panel is BLOOD_GAS else 120
            ill = _ILL.get(stay.ward, 1.0)
            core.after(order.collected_ns - core.now + core.minutes(soon / 3, soon), self._resulted, order, ill)
        return order

    def _order(self, stay: Stay, panel: Panel, number: str, placer: str = "") -> Order:
        """An order of now, of the identity that stands; *number* says which numbers its filler's is of."""
        registration = stay.registration.survivor()
        return Order(
            placer=placer,
            filler=self.core.number(number),
            panel=panel,
            stay=stay,
            registration=registration,
            person=registration.person,
            place=stay.place,
            ordered_ns=self.core.now,
            doctor=stay.doctor,
        )

    def _measured(self, stay: Stay, panel: Panel, number: str) -> Order:
        """What nobody asked for, measured now."""
        order = self._order(stay, panel, number)
        order.collected_ns, order.status = self.core.now, "F"
        return order

    def critical(self, stay: Stay) -> None:
        """The laboratory finds a potassium that nobody may wait with."""
        order = self._measured(stay, IONOGRAM, "filler")
        flag = POTASSIUM.flag(CRITICAL_POTASSIUM)
        order.values = [Value(POTASSIUM, CRITICAL_POTASSIUM, "NM", flag, "F", at_ns=self.core.now)]
        self._tell(order, order.values)

    def cancel(self, order: Order) -> None:
        """Take a request back (ORC-1 CA): its result never comes."""
        core = self.core
        order.status = "X"
        self.open.remove(order)
        core.emit(
            "orders", core.orders.request(core.now, order, "CA"), truths.order(core.senders["orders"], order, "revoked")
        )

    def correct(self, order: Order) -> None:
        """One value of a final report was wrong (OBX-11 C)."""
        core = self.core
        value = next(one for one in core.rng.sample(order.values, len(order.values)) if one.kind == "NM")
        text, flag = measure(value.test, core.rng)
        while text == value.text or text[0] == "<":
            text, flag = measure(value.test, core.rng, ill=2.0)
        value.text, value.flag, value.status, order.status = text, flag, "C", "C"
        self._tell(order, [value])

    def addendum(self, order: Order) -> None:
        """A radiologist adds a line to a final report."""
        core = self.core
        value = order.values[0]
        value.text += "\n" + core.say("Addendum : images relues, conclusion inchangée.")
        value.status, order.status = "C", "C"
        self._tell(order, [value])

    def measure(self, stay: Stay, turn: int) -> None:
        """Take vital signs, and again later; *turn* tells the old pace from the new one."""
        core = self.core
        if turn != self._turn:
            return
        sender = core.senders["monitors"]
        if stay.status == "in-progress":
            order = self._measured(stay, VITALS, "measure")
            order.values = values_of(VITALS, core.now, core.rng, ill=_ILL.get(stay.ward, 1.0))
            if core.rng.random() < 0.3 and stay.registration.mother is None:
                pain = str(core.rng.choice((0, 0, 1, 2, 2, 3, 4, 5, 7)))
                order.values.append(Value(PAIN, pain, "NM", PAIN.flag(pain), "F", at_ns=core.now))
            core.emit("monitors", core.monitors.report(core.now, order), *truths.results(sender, order, order.values))
        core.care(stay, self._until_next(stay), self.measure, self._turn)

    def intensive(self, stay: Stay) -> None:
        """What intensive care asks of somebody who was moved there."""
        self.core.care(stay, self.core.minutes(10, 40), self._gases)

    def go_live(self) -> None:
        """Measure everybody from now on at the pace of connected monitors."""
        core = self.core
        self._turn += 1
        for stay in list(core.present.values()):
            core.care(stay, int(self._until_next(stay) * core.rng.random()), self.measure, self._turn)

    def _until_next(self, stay: Stay) -> int:
        core = self.core
        kind = core.kinds[stay.ward]
        if not core.live:
            return core.minutes(kind.vitals_minutes * 0.7, kind.vitals_minutes * 1.3)
        minutes = min(kind.live_minutes, max(1 / 3, len(core.present) * _LIVE_GAP_S / 60))
        return core.minutes(minutes * 0.6, minutes * 1.3)

    def _morning(self, stay: Stay) -> None:
        core = self.core
        for panel in core.rng.sample(PANELS, core.rng.randint(1, 3)):
            self.ask(stay, panel)
        core.care(stay, core.minutes(20 * 60, 28 * 60), self._morning)

    def _gases(self, stay: Stay) -> None:
        core = self.core
        if stay.ward != INTENSIVE:
            return
        self.ask(stay, BLOOD_GAS)
        core.care(stay, core.minutes(4 * 60, 8 * 60), self._gases)

    def _resulted(self, order: Order, ill: float) -> None:
        """The analyser is done; some are told before the biologist has seen them."""
        core = self.core
        if order.status == "X":
            return
        if not order.values:
            order.values = values_of(order.panel, order.collected_ns, core.rng, ill=ill)
            for value in order.values:
                value.text = core.say(value.text) if value.kind == "ST" else value.text
            if core.rng.random() < _PRELIMINARY:
                self._all(order, "P")
                core.after(core.minutes(15, 90), self._resulted, order, ill)
                return
        self._all(order, "F")
        self._done(order)

    def _all(self, order: Order, status: str) -> None:
        order.status = status
        for value in order.values:
            value.status = "X" if value.status == "X" else status
        self._tell(order, order.values)

    def _done(self, order: Order) -> None:
        if order in self.open:
            self.open.remove(order)
        self.final.append(order)

    def _tell(self, order: Order, values: list[Value]) -> None:
        core = self.core
        system, desk = ("imaging", core.imaging) if order.panel.section == "RAD" else ("laboratory", core.laboratory)
        facts = truths.results(core.senders[system], order, values)  # type: ignore[index]
        core.emit(system, desk.report(core.now, order, values), *facts)  # type: ignore[arg-type]

    def _sterile(self, order: Order, turn: int) -> None:
        """Nothing grows: after a day, two days, five days."""
        core = self.core
        if order.status == "X":
            return
        hours, wait = ((24, 24 * HOUR), (48, 72 * HOUR), (120, 0))[turn]
        order.status = "P" if wait else "F"
        value = sterile(hours, order.collected_ns, order.status)
        value.text = core.say("Absence de culture à {} h").format(hours)
        self._culture(order, [value], [])
        self._on(order, wait, self._sterile, turn)

    def _grown(self, order: Order, turn: int) -> None:
        """Something grows: Gram stain, then the germ, then what it resists."""
        core = self.core
        if order.status == "X":
            return
        final = turn == 2
        order.status = "F" if final else "P"
        if turn == 0:
            code, germ, gram, gram_en = core.rng.choice(GERMS)
            order.values = [
                Value(GRAM, gram if core.style == "fr" else gram_en, "ST", "A", "P", at_ns=order.collected_ns),
                Value(CULTURE, core.say("Positive"), "ST", "A", "P", at_ns=order.collected_ns),
                Value(GERM, f"{code}|{germ}", "CE", "A", "P", sub="1", at_ns=order.collected_ns),
            ]
        told = order.values[: turn + 2] if turn else order.values[:2]
        for value in told:
            value.status = order.status
        tested = []
        if final:
            tested = [
                Value(test, "", "ST", core.rng.choice("SSSIR"), "F", sub="1", at_ns=order.collected_ns)
                for test in ANTIBIOTICS
            ]
            for one in tested:
                one.text = one.flag
        self._culture(order, told, tested)
        self._on(order, 0 if final else core.minutes(15 * 60, 24 * 60), self._grown, turn)

    def _culture(self, order: Order, told: list[Value], tested: list[Value]) -> None:
        core = self.core
        facts = truths.results(core.senders["laboratory"], order, told, tested=tested)
        core.emit("laboratory", core.laboratory.microbiology(core.now, order, told, tested), *facts)

    def _on(self, order: Order, wait: int, do: Callable[[Order, int], None], turn: int) -> None:
        if wait:
            self.core.after(wait, do, order, turn + 1)
        elif order in self.open:
            self.open.remove(order)

    def _imaged(self, order: Order) -> None:
        """The images are taken; then they are read."""
        core = self.core
        if order.status == "X":
            return
        order.collected_ns = core.senders["imaging"].exact(core.now)
        sender = core.senders["imaging"]
        core.emit("imaging", core.imaging.status(core.now, order, "IP"), truths.order(sender, order, "active"))
        lines = core.rng.choice(IMAGING[order.panel])
        text = "\n".join(core.say(line) for line in lines)
        order.values = [Value(REPORT, text, "TX", "", "P", at_ns=order.collected_ns)]
        core.after(core.minutes(15, 90), self._read, order, core.rng.random() < 0.3)

    def _read(self, order: Order, by_a_resident: bool) -> None:
        core = self.core
        if by_a_resident:
            self._all(order, "P")
            core.after(core.minutes(20, 5 * 60), self._read, order, False)
            return
        self._all(order, "F")
        sender = core.senders["imaging"]
        core.emit("imaging", core.imaging.status(core.now, order, "CM"), truths.order(sender, order, "completed"))
        self._done(order)
