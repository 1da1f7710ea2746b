"""What is written about a patient: documents (MDM), problems (PPR), allergies (ADT^A60), appointments (SIU).

HL7 v2.5 chapters 9, 12, 3 and 10. Rules kept here:
  * A document has its own number (TXA-12); an amended one has a new number and names its parent (TXA-13).
  * A letter is a PDF in OBX-5 (ED, Base64); a note is text, one OBX a line.
  * An allergy is taken back by IAM-6 D and in no other way; French systems number allergies (IAM-7), the others know
    them by their code.
"""

from base64 import b64encode

from contrefeu.drill.clinical import NO_KNOWN_ALLERGY
from contrefeu.drill.ehr import allergy_fields, pid, pv1, short_pv1, worker
from contrefeu.drill.facts import Allergy, Appointment, Document, Problem, Stay
from contrefeu.drill.senders import Sender
from contrefeu.drill.writing import NS_PER_S

THEATRES = "BLOC"  # AIL-3: where the operating rooms are
_ALLERGY_ACTIONS = {"A": "Add", "D": "Delete", "U": "Update"}  # HL7 table 0323
_PROBLEM_EVENTS = {"AD": "PC1", "UP": "PC2", "DE": "PC3"}  # HL7 table 0287 -> event
_BOOKING = {"S12": "Booked", "S13": "Booked", "S14": "Complete", "S15": "Cancelled"}  # HL7 table 0278


class Documents:
    """The system that keeps documents."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender

    def document(self, event: str, at_ns: int, written: Document) -> bytes:
        """Return an MDM: T02 new, T10 in the place of another, T11 withdrawn (no content)."""
        sender, pen = self.sender, self.sender.pen
        stay = written.stay
        evn = {2: sender.time(at_ns)} if sender.style == "fr" else {1: event, 2: sender.time(at_ns)}
        txa = {
            1: "1",
            2: sender.parts(written.code, written.title, "LN"),
            3: "AP" if written.pdf else "TX",
            6: sender.time(written.written_ns),
            9: worker(sender, written.author),
            12: pen.parts(written.number, sender.habits.application),
            17: "LA",  # HL7 table 0271: legally authenticated
            19: "CA" if event == "T11" else "AV",  # HL7 table 0273: deleted, available for patient care
        }
        if written.parent is not None:
            txa[13] = pen.parts(written.parent.number, sender.habits.application)
        segments = [
            pen.segment("EVN", evn),
            pid(sender, stay.registration.survivor(), None, stay),
            short_pv1(sender, stay, stay.place),
            pen.segment("TXA", txa),
        ]
        if event != "T11":
            segments += self._body(written)
        return sender.message(f"MDM^{event}", "MDM_T01" if event == "T11" else "MDM_T02", at_ns, segments)

    def _body(self, written: Document) -> list[str]:
        sender, pen = self.sender, self.sender.pen
        name = sender.parts(written.code, written.title, "LN")
        if written.pdf:
            data = pen.join(sender.habits.application, "application", "pdf", "Base64", b64encode(written.pdf).decode())
            return [pen.segment("OBX", {1: "1", 2: "ED", 3: name, 5: data, 11: "F"})]
        return [
            pen.segment("OBX", {1: str(n), 2: "TX", 3: name, 5: sender.text(line), 11: "F"})
            for n, line in enumerate(written.text.split("\n"), 1)
        ]


class Record:
    """The record system: allergies and problems."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender

    def allergies(self, at_ns: int, stay: Stay, told: list[tuple[str, Allergy | None]]) -> bytes:
        """Return an ADT^A60.

        Args:
            at_ns: When.
            stay: Whose.
            told: Action (A, U, D) and allergy; None is "no known allergy".
        """
        sender, pen = self.sender, self.sender.pen
        evn = {2: sender.time(at_ns)} if sender.style == "fr" else {1: "A60", 2: sender.time(at_ns)}
        segments = [
            pen.segment("EVN", evn),
            pid(sender, stay.registration.survivor(), None, stay),
            pv1(sender, stay),
        ]
        for n, (action, allergy) in enumerate(told, 1):
            fields = {1: str(n), 6: pen.parts(action, _ALLERGY_ACTIONS[action], "HL70323"), 13: sender.time(at_ns)}
            fields |= allergy_fields(sender, allergy) if allergy else self._none_known()
            if sender.style == "fr":
                number = allergy.number if allergy else f"ABS{stay.visit}"
                fields[7] = pen.parts(number, sender.habits.application)
            fields[17] = "E" if action == "D" else "C"  # HL7 table 0438: erroneous, confirmed or verified
            segments.append(pen.segment("IAM", fields))
        return sender.message("ADT^A60", "ADT_A60", at_ns, segments)

    def problem(self, at_ns: int, stay: Stay, problem: Problem, action: str) -> bytes:
        """Return a PPR: AD added, UP changed (resolved), DE withdrawn."""
        sender, pen = self.sender, self.sender.pen
        prb = {
            1: action,
            2: sender.time(at_ns),
            3: sender.parts(problem.code, problem.text, "I10"),
            4: pen.parts(problem.number, sender.habits.application),
            7: sender.time(problem.at_ns),
            14: sender.parts("active" if not problem.resolved else "resolved"),
        }
        if problem.resolved:
            prb[9] = sender.time(at_ns)
        segments = [
            pid(sender, stay.registration.survivor(), None, stay),
            short_pv1(sender, stay, stay.place),
            pen.segment("PRB", prb),
        ]
        return sender.message(f"PPR^{_PROBLEM_EVENTS[action]}", "PPR_PC1", at_ns, segments)

    def _none_known(self) -> dict[int, str]:
        code, text, english = NO_KNOWN_ALLERGY
        return {3: self.sender.parts(code, text if self.sender.style == "fr" else english, "SCT")}


class Theatre:
    """The theatre's system."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender

    def slot(self, event: str, at_ns: int, booked: Appointment, reason: str = "") -> bytes:
        """Return an SIU: S12 new, S13 moved, S14 changed (done), S15 cancelled."""
        sender, pen = self.sender, self.sender.pen
        stay = booked.stay
        code, name = booked.what
        end_ns = booked.start_ns + booked.minutes * 60 * NS_PER_S
        timing = pen.join("", "", "", sender.time(booked.start_ns), sender.time(end_ns))
        what = sender.parts(code, name, "CCAM" if sender.style == "fr" else "LOCAL")
        sch = {
            1: pen.parts(booked.number, sender.habits.application),
            2: pen.parts(f"{booked.number}F", sender.habits.application),
            6: sender.parts("", reason) if reason else sender.parts("ROUTINE"),
            7: what,
            9: str(booked.minutes),
            10: "min",
            11: timing,
            16: worker(sender, booked.doctor),
            25: _BOOKING[event],
        }
        segments = [
            pen.segment("SCH", sch),
            pid(sender, stay.registration.survivor(), None, stay),
            short_pv1(sender, stay, stay.place),
            pen.segment("RGS", {1: "1", 2: "A"}),
            pen.segment("AIS", {1: "1", 3: what, 4: sender.time(booked.start_ns), 7: str(booked.minutes), 8: "min"}),
            pen.segment("AIL", {1: "2", 3: sender.parts(THEATRES, booked.room)}),
            pen.segment("AIP", {1: "3", 3: worker(sender, booked.doctor)}),
        ]
        return sender.message(f"SIU^{event}", "SIU_S12", at_ns, segments)
