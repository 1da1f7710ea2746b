"""Requests and what came of them: OML, ORM; ORU, OUL (HL7 v2.5 chapters 4 and 7).

Rules kept here:
  * The laboratory keeps the number, the spelling and the place that it was given with the order (F32): a result may
    come under a number that was merged since, or after the patient left.
  * A result line keeps its code and sub-id from preliminary to final to corrected; OBR-22 moves on each time.
  * A value below the limit is an SN; a number is an NM with a point, whatever the house's language; what could not be
    measured is a sentence with status X.
"""

from contrefeu.drill.clinical import GERM, Test
from contrefeu.drill.ehr import pid, short_pv1, worker
from contrefeu.drill.facts import NEVER, Order, Stay, Value
from contrefeu.drill.senders import Sender

SUSCEPTIBILITY = ("18769-0", "Antibiogramme", "Susceptibility panel")


def title(sender: Sender, test: Test) -> str:
    """CE of a test: LOINC."""
    return sender.parts(test.code, test.name if sender.style == "fr" else test.name_en, "LN")


class Orders:
    """The record system asking for tests and images."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender

    def request(self, at_ns: int, order: Order, control: str = "NW") -> bytes:
        """Return an order (NW) or its cancellation (CA): OML^O21 to the laboratory, ORM^O01 to imaging."""
        sender, pen = self.sender, self.sender.pen
        panel = order.panel
        kind = ("ORM^O01", "ORM_O01") if panel.section == "RAD" else ("OML^O21", "OML_O21")
        orc = {
            1: control,
            2: pen.parts(order.placer, sender.habits.application),
            9: sender.time(at_ns),
            12: worker(sender, order.doctor),
        }
        if control == "CA":
            orc[5] = "CA"
        obr = {
            1: "1",
            2: orc[2],
            4: sender.parts(panel.code, panel.name if sender.style == "fr" else panel.name_en, "LN"),
            16: worker(sender, order.doctor),
            24: panel.section,
            31: sender.parts("", order.stay.reason),
        }
        segments = [
            pid(sender, order.registration, order.person, order.stay),
            short_pv1(sender, order.stay, order.place),
            pen.segment("ORC", orc),
        ]
        if kind[0] == "OML^O21":
            segments.append(pen.segment("TQ1", {1: "1", 9: "S" if order.stay.ward in {"URG", "REA"} else "R"}))
        segments.append(pen.segment("OBR", obr))
        return sender.message(*kind, at_ns, segments)


class Results:
    """A system that answers orders, or measures by itself: laboratory, imaging, monitors."""

    def __init__(self, sender: Sender, orders: str) -> None:
        self.sender = sender
        self._orders = orders  # the application that placed them

    def report(self, at_ns: int, order: Order, values: list[Value] | None = None) -> bytes:
        """Return an ORU^R01 with *values* of *order* (all of them when None)."""
        sender = self.sender
        head = [*self._head(order), self._orc(order, "RE"), self._obr(at_ns, order)]
        segments = [*head]
        for value in order.values if values is None else values:
            segments += self._lines(value, len(segments) - len(head) + 1, order)
        return sender.message("ORU^R01", "ORU_R01", at_ns, segments)

    def microbiology(self, at_ns: int, order: Order, cultures: list[Value], tested: list[Value]) -> bytes:
        """Return an OUL^R22: specimen, cultures, and the antibiotics tested as a child of them."""
        sender, pen = self.sender, self.sender.pen
        spm = {1: "1", 2: pen.parts(f"{order.filler}P"), 4: sender.parts("BLD", "Blood", "HL70487")}
        spm[17] = sender.time(order.collected_ns)
        segments = [*self._head(order), pen.segment("SPM", spm)]
        segments += [self._obr(at_ns, order), self._orc(order, "RE")]
        for n, value in enumerate(cultures, 1):
            segments += self._lines(value, n, order)
        if tested:
            segments += [self._obr(at_ns, order, child=True), self._orc(order, "RE")]
            for n, value in enumerate(tested, 1):
                segments += self._lines(value, n, order)
        return sender.message("OUL^R22", "OUL_R22", at_ns, segments)

    def status(self, at_ns: int, order: Order, code: str) -> bytes:
        """Return an ORM^O01 that says how far an order is: SC with ORC-5 (HL7 table 0038)."""
        sender, pen = self.sender, self.sender.pen
        orc = {
            1: "SC",
            2: pen.parts(order.placer, self._orders),
            3: pen.parts(order.filler, sender.habits.application),
            5: code,
            9: sender.time(at_ns),
        }
        panel = order.panel
        name = panel.name if sender.style == "fr" else panel.name_en
        obr = {1: "1", 2: orc[2], 3: orc[3], 4: sender.parts(panel.code, name, "LN"), 24: panel.section}
        segments = [*self._head(order), pen.segment("ORC", orc), pen.segment("OBR", obr)]
        return sender.message("ORM^O01", "ORM_O01", at_ns, segments)

    def _head(self, order: Order) -> list[str]:
        sender = self.sender
        return [
            pid(sender, order.registration, order.person, order.stay),
            short_pv1(sender, order.stay, order.place),
        ]

    def _orc(self, order: Order, control: str) -> str:
        sender, pen = self.sender, self.sender.pen
        fields = {1: control, 3: pen.parts(order.filler, sender.habits.application)}
        if order.placer:
            fields[2] = pen.parts(order.placer, self._orders)
        return pen.segment("ORC", fields)

    def _obr(self, at_ns: int, order: Order, *, child: bool = False) -> str:
        sender, pen = self.sender, self.sender.pen
        panel = order.panel
        french = sender.style == "fr"
        fields = {
            1: "2" if child else "1",
            3: pen.parts(order.filler, sender.habits.application),
            4: sender.parts(panel.code, panel.name if french else panel.name_en, "LN"),
            7: sender.time(order.collected_ns if order.collected_ns != NEVER else at_ns),
            16: worker(sender, order.doctor),
            22: sender.time(at_ns),
            24: panel.section,
            25: order.status,
        }
        if order.placer:
            fields[2] = pen.parts(order.placer, self._orders)
        if child:
            code, name, english = SUSCEPTIBILITY
            fields[4] = sender.parts(code, name if french else english, "LN")
            fields[26] = pen.join(title(sender, GERM).replace(pen.component, pen.subcomponent), "1")
        return pen.segment("OBR", fields)

    def _lines(self, value: Value, number: int, order: Order) -> list[str]:
        """OBX of *value*; a text has one for each of its lines, under one code and sub-id."""
        sender, pen = self.sender, self.sender.pen
        fields = {
            2: value.kind,
            3: title(sender, value.test),
            4: value.sub,
            6: sender.text(value.unit),
            7: sender.text(value.range),
            8: value.flag,
            11: value.status,
            14: sender.time(value.at_ns if value.at_ns != NEVER else order.collected_ns),
        }
        written = self._written(value)
        return [pen.segment("OBX", fields | {1: str(number + n), 5: text}) for n, text in enumerate(written)]

    def _written(self, value: Value) -> list[str]:
        sender = self.sender
        if value.kind == "SN":
            return [sender.pen.parts(value.text[0], value.text[1:])]
        if value.kind == "CE":
            code, _, words = value.text.partition("|")
            return [sender.parts(code, words, "SCT")]
        if value.kind == "TX":
            return [sender.text(line) for line in value.text.split("\n")]
        return [sender.text(value.text)]


def weight_line(sender: Sender, stay: Stay, test: Test, at_ns: int) -> str:
    """OBX of a newborn's weight, in its admission (IHE PAM France)."""
    fields = {1: "1", 2: "NM", 3: sender.parts(test.code, "BODY WEIGHT", "LN"), 5: stay.weight, 6: test.unit}
    return sender.pen.segment("OBX", fields | {11: "F", 14: sender.time(at_ns)})
