"""Admissions: who somebody is, and where, said in ADT (HL7 v2.5 chapter 3; IHE PAM; IHE PAM France 2.11).

Rules kept here:
  * French: names in PID-5 as national rules ask (birth name with the list of birth given names, ^L; used name, ^D);
    the INS only when the identity is qualified (PID-32 VALI), under its authority's test OID; every movement with ZBE
    (number, time, action, historic, event corrected, responsible unit, nature), then ZFP, ZFV, ZFM, ZFD.
  * International: the legal name ^L and the maiden name ^M, EVN-6 for the time of a movement, AL1 in each snapshot.
  * A snapshot never takes back what it leaves out.
"""

from contrefeu.drill.clinical import NO_KNOWN_ALLERGY
from contrefeu.drill.facts import NEVER, Allergy, Movement, Registration, Stay
from contrefeu.drill.patients import INS_TEST_OID, Person
from contrefeu.drill.rooms import KINDS, Place, Worker
from contrefeu.drill.senders import Sender, Style

# 2.999 is the arc that is kept for examples: nobody's numbers are under it.
AUTHORITIES: dict[Style, dict[str, tuple[str, str]]] = {
    "fr": {"patient": ("IPP", "2.999.33.1"), "visit": ("SEJOUR", "2.999.33.2"), "account": ("DOSSIER", "2.999.33.3")},
    "intl": {"patient": ("MRN", "2.999.44.1"), "visit": ("VISIT", "2.999.44.2"), "account": ("ACCT", "2.999.44.3")},
}
STRUCTURES = {
    "A02": "ADT_A02",
    "A03": "ADT_A03",
    "A05": "ADT_A05",
    "A06": "ADT_A06",
    "A11": "ADT_A09",
    "A12": "ADT_A12",
    "A21": "ADT_A21",
    "A22": "ADT_A21",
    "A28": "ADT_A05",
    "A31": "ADT_A05",
    "A38": "ADT_A38",
    "A40": "ADT_A39",
    "A60": "ADT_A60",
}
_KINDS = {kind.code: kind for kind in KINDS}


def number_key(style: Style, number: str) -> str:
    """A local number as the ledger writes it."""
    return f"{AUTHORITIES[style]['patient'][0]}|{number}"


def visit_key(style: Style, visit: str) -> str:
    """A visit number as the ledger writes it."""
    return f"{AUTHORITIES[style]['visit'][0]}|{visit}"


def given_number(sender: Sender, kind: str, number: str, type_: str) -> str:
    """CX of one of the house's numbers."""
    name, oid = AUTHORITIES[sender.style][kind]
    pen = sender.pen
    return pen.join(number, "", "", pen.sub(name, oid, "ISO"), type_)


def worker(sender: Sender, who: Worker | None) -> str:
    """XCN of somebody on the staff: RPPS number in France."""
    if who is None:
        return ""
    pen = sender.pen
    if sender.style == "fr":
        authority = pen.sub("ASIP-SANTE-PS", "1.2.250.1.71.4.2.1", "ISO")
        return pen.join(who.number, who.family, who.given, "", "", "", "", "", authority, "L", "", "", "RPPS")
    return pen.join(who.number, who.family, who.given, "", "", "", "", "", "STAFF")


def place(sender: Sender, where: Place | None) -> str:
    """PL: ward, room, bed."""
    return sender.pen.parts(where.ward, where.room, where.bed) if where else ""


def pid(sender: Sender, registration: Registration, person: Person | None = None, stay: Stay | None = None) -> str:
    """PID of *registration*, with the spelling of *person* where a system still has an old one."""
    person = person or registration.person
    mother = registration.mother.survivor().number if registration.mother else ""
    account = stay.account if stay else ""
    told = (person.version, person.birth_name, registration.status, registration.dead_ns, mother, account)
    return sender.once(registration.number, told, lambda: _pid(sender, registration, person, mother, account))


def _pid(sender: Sender, registration: Registration, person: Person, mother: str, account: str) -> str:
    pen = sender.pen
    qualified = registration.status == "VALI"
    numbers = [given_number(sender, "patient", registration.number, "PI")]
    if person.national and sender.style == "fr" and qualified:
        authority = pen.sub("ASIP-SANTE-INS-NIR", INS_TEST_OID, "ISO")
        numbers.append(pen.join(person.national, "", "", authority, "INS"))
    elif person.national and sender.style == "intl":
        numbers.append(pen.join(person.national, "", "", pen.sub("NATIONAL", "2.999.44.9", "ISO"), "NI"))
    fields = {
        3: pen.repeat(*numbers),
        5: _names(sender, person),
        7: f"{person.born:%Y%m%d}",
        8: person.sex,
        11: _addresses(sender, person, qualified=qualified),
        13: _phone(sender, person.phone),
    }
    if sender.habits.sets_numbered:
        fields[1] = "1"
    if account:
        fields[18] = given_number(sender, "account", account, "AN")
    if mother:
        fields[21] = given_number(sender, "patient", mother, "PI")
    if registration.birth_order:
        fields |= {24: "Y", 25: str(registration.birth_order)}
    if registration.dead_ns != NEVER:
        fields |= {29: sender.time(registration.dead_ns), 30: "Y"}
    elif sender.style == "fr":
        fields[30] = "N"
    if sender.style == "fr":
        fields[32] = registration.status
    return pen.segment("PID", fields)


def pv1(sender: Sender, stay: Stay, where: Place | None = None, *, prior: Place | None = None, left: str = "") -> str:
    """PV1 of *stay*; *left* is the discharge disposition."""
    pen = sender.pen
    french = sender.style == "fr"
    fields = {
        2: "E" if stay.kind == "emergency" else "I",
        3: place(sender, where or stay.place),
        4: _admission_type(stay, french=french),
        6: place(sender, prior),
        7: worker(sender, stay.doctor),
        10: _KINDS[stay.ward].specialty,
        19: given_number(sender, "visit", stay.visit, "VN"),
        44: sender.time(stay.admitted_ns) if stay.admitted_ns != NEVER else "",
    }
    if sender.habits.sets_numbered:
        fields[1] = "1"
    if left:
        fields |= {36: left, 45: sender.time(stay.left_ns)}
    if french:
        fields[51] = "V"
    return pen.segment("PV1", fields)


def _admission_type(stay: Stay, *, french: bool) -> str:
    """PV1-4 (HL7 table 0007): newborn, emergency (U in France), routine."""
    if stay.registration.mother is not None:
        return "N"
    if stay.kind == "emergency":
        return "U" if french else "E"
    return "R"


def short_pv1(sender: Sender, stay: Stay, where: Place) -> str:
    """PV1 as a system writes it that cares for the visit number and knows an old place."""
    fields = {2: "I", 3: place(sender, where), 19: given_number(sender, "visit", stay.visit, "VN")}
    return sender.pen.segment("PV1", fields)


class Admissions:
    """The admissions office's system."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self._french = sender.style == "fr"

    def event(
        self,
        event: str,
        at_ns: int,
        stay: Stay,
        movement: Movement | None = None,
        *,
        action: str = "INSERT",
        corrects: str = "",
        prior: Place | None = None,
        extra: list[str] | None = None,
    ) -> bytes:
        """Return an ADT about *stay*.

        Args:
            event: A01...
            at_ns: When it is typed.
            stay: The visit, as it stands.
            movement: The step that is said, corrected or voided; None for an event that moves nobody.
            action: ZBE-4.
            corrects: ZBE-6, the event that is corrected or voided.
            prior: PV1-6.
            extra: OBX of a newborn.
        """
        sender = self.sender
        registration = stay.registration.survivor()
        left = self._disposition(stay) if event == "A03" else ""
        where = movement.place if movement else None
        segments = [
            self._evn(event, at_ns, movement.at_ns if movement else at_ns),
            pid(sender, registration, None, stay),
        ]
        segments += self._pd1(registration.person)
        segments += self._next_of_kin(registration)
        segments += [pv1(sender, stay, where, prior=prior, left=left), self._pv2(stay)]
        if self._french:
            segments += self._french_segments(event, stay, movement, action, corrects)
        segments += extra or []
        if not self._french and event in {"A01", "A04", "A08"}:
            segments += self._snapshot(stay)
        if event in {"A01", "A04", "A06", "A08"}:
            segments.append(self._diagnosis(stay, at_ns))
        return sender.message(f"ADT^{event}", STRUCTURES.get(event, "ADT_A01"), at_ns, segments)

    def person(self, event: str, at_ns: int, registration: Registration) -> bytes:
        """Return an ADT about the person only: A28, A31."""
        sender = self.sender
        segments = [self._evn(event, at_ns, at_ns), pid(sender, registration)]
        segments += self._pd1(registration.person)
        segments += self._next_of_kin(registration)
        segments.append(sender.pen.segment("PV1", {2: "N"}))
        if self._french:
            segments.append(sender.pen.segment("ZFD", {4: "N"}))
        return sender.message(f"ADT^{event}", STRUCTURES[event], at_ns, segments)

    def merge(self, at_ns: int, survivor: Registration, lost: Registration) -> bytes:
        """Return an A40: PID survives, MRG is lost."""
        sender = self.sender
        mrg = {1: given_number(sender, "patient", lost.number, "PI"), 7: _names(sender, lost.person)}
        segments = [self._evn("A40", at_ns, at_ns), pid(sender, survivor), sender.pen.segment("MRG", mrg)]
        return sender.message("ADT^A40", "ADT_A39", at_ns, segments)

    def _evn(self, event: str, at_ns: int, occurred_ns: int) -> str:
        sender = self.sender
        fields = {2: sender.time(at_ns), 6: sender.time(occurred_ns)}
        if not self._french:
            fields[1] = event
        return sender.pen.segment("EVN", fields)

    def _pd1(self, person: Person) -> list[str]:
        sender = self.sender
        family, _, given = person.doctor.partition(" ")
        fields = {4: sender.parts("", family, given)} if person.doctor else {}
        if self._french:
            fields[12] = "N"
        return [sender.pen.segment("PD1", fields)] if fields else []

    def _next_of_kin(self, registration: Registration) -> list[str]:
        sender = self.sender
        contact = registration.person.contact
        fields = {
            1: "1",
            2: sender.parts(contact.family, contact.given, "", "", "", "", "L"),
            3: contact.relation,
            5: _phone(sender, contact.phone),
        }
        return [sender.pen.segment("NK1", fields)]

    def _pv2(self, stay: Stay) -> str:
        sender = self.sender
        fields = {3: sender.parts("", stay.reason)}
        if stay.expected_ns != NEVER and stay.status == "planned":
            fields[8] = sender.time(stay.expected_ns)
        return sender.pen.segment("PV2", fields)

    def _french_segments(
        self, event: str, stay: Stay, movement: Movement | None, action: str, corrects: str
    ) -> list[str]:
        sender, pen = self.sender, self.sender.pen
        segments = []
        if movement is not None:
            nature = {"A03": "MH", "A05": "M"}.get(movement.event, "HMS")
            zbe = {
                1: pen.join(movement.number, "GAP", "2.999.33.4", "ISO"),
                2: sender.time(movement.at_ns),
                4: action,
                5: "N",
                6: corrects,
                7: pen.join("", "", "", "", "", "", "UF", "", "", movement.unit),
                9: nature,
            }
            segments.append(pen.segment("ZBE", zbe))
        if event in {"A01", "A04"}:
            segments.append(pen.segment("ZFA", {9: "NA", 11: "NA"}))
        segments.append(pen.segment("ZFP", {1: ""}))
        person = stay.registration.survivor().person
        segments.append(
            pen.segment("ZFV", {6: sender.parts(person.street, "", person.town, "", person.postal_code, "100")})
        )
        if event in {"A01", "A04", "A06"}:
            segments.append(pen.segment("ZFM", {1: "6" if event == "A06" else "8"}))
        elif event == "A03":
            segments.append(pen.segment("ZFM", {2: "9" if stay.died else "8"}))
        segments.append(pen.segment("ZFD", {4: "N"}))
        return segments

    def _snapshot(self, stay: Stay) -> list[str]:
        """AL1 of what is known now."""
        sender, pen = self.sender, self.sender.pen
        if stay.none_known:
            code, _, english = NO_KNOWN_ALLERGY
            return [pen.segment("AL1", {1: "1", 3: sender.parts(code, english, "SCT")})]
        return [
            pen.segment("AL1", {1: str(n)} | allergy_fields(sender, allergy))
            for n, allergy in enumerate(stay.allergies, 1)
        ]

    def _diagnosis(self, stay: Stay, at_ns: int) -> str:
        sender = self.sender
        code, text = stay.diagnosis
        since = stay.admitted_ns if stay.admitted_ns != NEVER else at_ns
        fields = {1: "1", 3: sender.parts(code, text, "I10"), 5: sender.time(since), 6: "A"}
        return sender.pen.segment("DG1", fields)

    def _disposition(self, stay: Stay) -> str:
        """PV1-36 (table 0112): 20 expired, 01 home; in France, the doctor's decision (3), and ZFM-2 says the rest."""
        if self._french:
            return "3"
        return "20" if stay.died else "01"


def allergy_fields(sender: Sender, allergy: Allergy) -> dict[int, str]:
    """AL1-2 to AL1-5, which are IAM-2 to IAM-5."""
    text = allergy.text if sender.style == "fr" else allergy.text_en
    return {
        2: allergy.kind,
        3: sender.parts(allergy.code, text, "SCT"),
        4: allergy.severity,
        5: sender.text(allergy.reaction),
    }


def _names(sender: Sender, person: Person) -> str:
    pen = sender.pen
    first = person.given[0]
    if sender.style == "fr":
        names = [pen.parts(person.birth_name, first, " ".join(person.given), "", person.title, "", "L")]
        if person.used_name != person.birth_name:
            names.append(pen.parts(person.used_name, first, "", "", person.title, "", "D"))
        return pen.repeat(*names)
    names = [pen.parts(person.used_name, first, " ".join(person.given[1:]), "", person.title, "", "L")]
    if person.used_name != person.birth_name:
        names.append(pen.parts(person.birth_name, first, "", "", "", "", "M"))
    return pen.repeat(*names)


def _addresses(sender: Sender, person: Person, *, qualified: bool) -> str:
    country = "FRA" if sender.style == "fr" else "ZZZ"
    home = sender.parts(person.street, "", person.town, "", person.postal_code, country, "H")
    if sender.style == "fr" and qualified and person.national:
        born = sender.pen.parts("", "", "", "", "", "", "BDL", "", person.national[5:10])
        return sender.pen.repeat(home, born)
    return home


def _phone(sender: Sender, number: str) -> str:
    if sender.style == "intl":
        return sender.text(number)
    kind = "CP" if number.startswith("+336") else "PH"
    return sender.pen.parts("", "PRN", kind, "", "", "", "", "", "", "", "", number)
