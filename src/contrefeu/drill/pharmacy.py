"""Prescriptions, what was handed out, and what was given: RDE, RDS, RAS (HL7 v2.5 chapter 4).

Rules kept here:
  * A prescription has its placer's number in every message; a change (XO) and a stop (DC) say it again.
  * The prescriber's words stand in RXE-7; TQ1 holds what can be said exactly, one for each step of a taper.
  * A dose is counted in RXA-2; one entered by mistake is withdrawn by RXA-21 D under the same counter and time.
"""

from contrefeu.drill.clinical import Drug
from contrefeu.drill.ehr import pid, short_pv1, worker
from contrefeu.drill.facts import NEVER, Dose, Prescription, Stay
from contrefeu.drill.senders import Sender
from contrefeu.drill.writing import NS_PER_S

ORDERER = {"fr": "DPI", "intl": "EHR"}  # the application that placed the prescription


class Pharmacy:
    """The pharmacy's system."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender

    def prescription(self, at_ns: int, told: Prescription, control: str, reason: str = "") -> bytes:
        """Return an RDE^O11: NW, XO or DC."""
        sender, pen = self.sender, self.sender.pen
        orc = self._orc(told, control) | {9: sender.time(at_ns), 12: worker(sender, told.doctor)}
        if control == "DC":
            orc[5] = "DC"
        if reason:
            orc[16] = sender.parts("", reason)
        segments = [*self._head(told.stay), pen.segment("ORC", orc), self._rxe(told)]
        segments += self._timings(told)
        segments.append(pen.segment("RXR", {1: pen.parts(told.drug.route, "", "HL70162")}))
        return sender.message("RDE^O11", "RDE_O11", at_ns, segments)

    def dispense(self, at_ns: int, told: Prescription, number: int, amount: str) -> bytes:
        """Return an RDS^O13."""
        sender, pen = self.sender, self.sender.pen
        rxd = {
            1: str(number),
            2: self._drug(told.drug),
            3: sender.time(at_ns),
            4: amount,
            5: sender.text(told.drug.unit),
            7: told.pharmacy_number,
        }
        segments = [*self._head(told.stay), pen.segment("ORC", self._orc(told, "RE")), pen.segment("RXD", rxd)]
        return sender.message("RDS^O13", "RDS_O13", at_ns, segments)

    def given(self, at_ns: int, dose: Dose, *, withdrawn: bool = False) -> bytes:
        """Return an RAS^O17: given, in part, refused; or withdrawn."""
        sender, pen = self.sender, self.sender.pen
        told = dose.prescription
        rxa = {
            1: "0",
            2: str(dose.number),
            3: sender.time(dose.at_ns),
            4: sender.time(dose.at_ns),
            5: self._drug(told.drug),
            6: dose.amount,
            7: sender.text(told.drug.unit),
            10: worker(sender, dose.nurse),
            18: sender.parts("", dose.reason) if dose.reason else "",
            20: dose.status,
            21: "D" if withdrawn else "A",
        }
        segments = [
            *self._head(told.stay),
            pen.segment("ORC", self._orc(told, "RE")),
            pen.segment("RXA", rxa),
            pen.segment("RXR", {1: pen.parts(told.drug.route, "", "HL70162")}),
        ]
        return sender.message("RAS^O17", "RAS_O17", at_ns, segments)

    def _head(self, stay: Stay) -> list[str]:
        sender = self.sender
        return [pid(sender, stay.registration.survivor(), None, stay), short_pv1(sender, stay, stay.place)]

    def _orc(self, told: Prescription, control: str) -> dict[int, str]:
        pen = self.sender.pen
        return {
            1: control,
            2: pen.parts(told.number, ORDERER[self.sender.style]),
            3: pen.parts(told.pharmacy_number, self.sender.habits.application),
        }

    def _drug(self, drug: Drug) -> str:
        sender = self.sender
        return sender.parts(
            drug.code, drug_name(sender, drug), "LISTE" if sender.style == "fr" else "FORMULARY", drug.atc, "", "ATC"
        )

    def _rxe(self, told: Prescription) -> str:
        sender = self.sender
        schedule = told.schedule
        fields = {
            2: self._drug(told.drug),
            3: told.dose if schedule.kind != "taper" else "",
            5: sender.text(told.drug.unit),
            6: told.drug.form,
            7: sender.parts("", schedule.text),
            15: told.pharmacy_number,
        }
        if schedule.kind == "infusion":
            fields |= {23: schedule.rate, 24: sender.text(schedule.rate_unit)}
        return sender.pen.segment("RXE", fields)

    def _timings(self, told: Prescription) -> list[str]:
        sender, pen = self.sender, self.sender.pen
        schedule = told.schedule
        start = sender.time(told.start_ns)
        times = pen.repeat(*schedule.times)
        match schedule.kind:
            case "times":
                rows = [{3: "QD" if len(schedule.times) == 1 else "BID", 4: times, 7: start}]
            case "every":
                rows = [{3: f"Q{schedule.every_hours}H", 7: start}]
            case "as-needed":
                rows = [{3: f"PRNQ{schedule.every_hours}H", 7: start, 9: "PRN"}]
            case "once":
                rows = [{3: "Once", 7: start, 14: "1"}]
            case "infusion":
                rows = [{3: "C", 7: start}]
            case _:
                rows, begin = [], told.start_ns
                for amount, days in schedule.steps:
                    end = begin + days * 86_400 * NS_PER_S
                    quantity = pen.join(amount, sender.text(told.drug.unit))
                    rows.append({2: quantity, 3: "QD", 4: times, 7: sender.time(begin), 8: sender.time(end)})
                    begin = end
        if told.end_ns != NEVER:
            rows[-1][8] = sender.time(told.end_ns)
        return [pen.segment("TQ1", {1: str(n)} | row) for n, row in enumerate(rows, 1)]


def drug_name(sender: Sender, drug: Drug) -> str:
    """The drug as this house's list words it."""
    return sender.words(drug.name if sender.style == "fr" else drug.name_en)
