"""From entries to observations: all that the watch learns of a message.

Rules kept here:
  * Nothing raises: what cannot be read is still a message of its sender.
  * Patients and texts leave as keyed digests. No name, no number, no word of a message goes further.
  * What is carried to a ward was heard where it came in, and is no message here.
  * The person who looks, and where the patient lies to them, are found by who is asked (`Desk`): the rules ask nobody.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from types import MappingProxyType
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, field

from contrefeu.acts import (
    HONEY_MAX,
    ROLE_OF,
    RULES,
    SECURITY,
    AccountAdded,
    AccountDisabled,
    GlassBroken,
    HoneyNamed,
    HoneyReleased,
    TemporaryAccountMade,
    decode,
    is_honey,
)
from contrefeu.base import parse_rfc3339
from contrefeu.hl7 import Message, NotHl7, parse_moment
from contrefeu.hospital import feed_of
from contrefeu.journal import MEDIA_ACT, MEDIA_CARRIED, MEDIA_CDA, MEDIA_FHIR, MEDIA_HL7V2, Entry
from contrefeu.mapping import Rules
from contrefeu.watch.cda_scan import CdaScan, scan_cda
from contrefeu.watch.documents import Unpacking, Verdict, judge
from contrefeu.watch.fhir_scan import PIECE_BYTES, TEXT_CHARS_MIN, scan_fhir
from contrefeu.watch.seen import Group, Heard, Looked, Observation, Place

DIGEST_BYTES = 8
NS = 1_000_000_000
STATION, AUDIT = "-station", "-audit"
OF_THE_AUDIT = (
    "audit as "  # begins what an export of the audit without searches says: logins and ids, no patient's name
)
NO_SIZES: Mapping[str, int] = MappingProxyType({})

_EVENTS: dict[str, Group] = {
    **dict.fromkeys(["A18", "A30", *(f"A{n}" for n in range(34, 37)), *(f"A{n}" for n in range(39, 52))], "merge"),
    **dict.fromkeys(["A23", "A29", "S17", "T11"], "delete"),
    **dict.fromkeys(
        ["A11", "A12", "A13", "A25", "A26", "A27", "A32", "A33", "A38", "A52", "A53", "A55", "S15"], "cancel"
    ),
    **dict.fromkeys(["A08", "A31"], "update"),
}  # HL7 table 0003
_CHART_PATH = re.compile(r"/(?:patient|glass|document)/([^/?]+)")  # what somebody was refused
_CANCELLED = frozenset(["CA", "OC", "DC", "OD"])  # ORC-1, table 0119


class Where(Struct, frozen=True):
    """Where a patient is, and who they are to whom."""

    ward: str = ""  # "" when they lie nowhere
    famous: bool = False
    numbers: list[str] = []  # "authority|value", every one that the chart stands under
    family: str = ""
    home: frozenset[str] = frozenset()  # digests of telephones and addresses (homes.py)
    known: bool = True  # False: nobody answered


class Staff(Struct):
    """Who works here, as the acts said."""

    role: str
    wards: list[str]
    family: str


class Desk(Struct):
    """What is known of the staff; kept with the watch's state."""

    accounts: dict[str, Staff] = field(default_factory=dict)
    honey: dict[str, list[str]] = field(default_factory=dict)  # entry that named it -> its numbers


class Observer:
    """Makes observations of entries."""

    def __init__(
        self,
        key: bytes,
        rules: Rules,
        zone: str,
        desk: Desk,
        where: Callable[[str], Where],
        on_leave: Callable[[str, float], bool] = lambda _login, _at: False,
        honey: Iterable[str] = (),
        home: Callable[[str], frozenset[str]] = lambda _login: frozenset(),
        sizes: Mapping[str, int] = NO_SIZES,
    ) -> None:
        """Ask nobody but these.

        Args:
            key: Of the digests.
            rules: What is known of every sender.
            zone: Of the hospital.
            desk: Who works here, as far as the acts said.
            where: Where the patient of a chart is.
            on_leave: Whether a login's owner is.
            honey: Numbers of honey patients, as the settings have them; the acts say others.
            home: Digests of a login's owner's telephones and addresses.
            sizes: Of a sender the largest message that its profile knows.
        """
        self._key = key
        self._rules = rules
        self._zone = zone
        self._desk = desk
        self._where = where
        self._on_leave = on_leave
        self._honey = frozenset(honey)
        self._home = home
        self._sizes = sizes

    def of(self, entry: Entry) -> Iterator[Observation]:
        """What *entry* shows."""
        at = entry.received_ns / NS
        if entry.journal.endswith(STATION) or entry.journal.endswith(AUDIT):
            yield from self._people(entry, at)
        elif not entry.source.startswith(RULES) and entry.media_type not in (MEDIA_ACT, MEDIA_CARRIED):
            size_max = self._sizes.get(feed_of(entry.source), 0)
            yield self._message(entry, at)._replace(size=len(entry.body), size_max=size_max)

    # Messages.

    def _message(self, entry: Entry, at: float) -> Heard:
        if entry.media_type == MEDIA_HL7V2:
            try:
                return self._hl7(entry, at)
            except (NotHl7, ValueError, LookupError):
                return Heard(at, entry.ref, entry.source, "unread")
        if entry.media_type == MEDIA_FHIR:
            return self._fhir(entry, at)
        if entry.media_type == MEDIA_CDA:
            return self._cda(entry, at)
        return Heard(at, entry.ref, entry.source, entry.media_type, documents=(judge(entry.body),))

    def _fhir(self, entry: Entry, at: float) -> Heard:
        found = scan_fhir(entry.body)
        if found is None:
            return Heard(at, entry.ref, entry.source, "FHIR ?", documents=(judge(entry.body, "json"),))
        group, many = found.group
        (patient, text), *others = [
            (self._digest(f"{entry.source} {patient}".encode()), self._digest(text))
            for patient, text in found.texts
            if patient
        ] or [("", "")]
        return Heard(
            at, entry.ref, entry.source, f"FHIR {found.kind}", group, _instant(found.said), patient, "", text,
            tuple(found.documents), many, tuple(others),
        )  # fmt: skip

    def _cda(self, entry: Entry, at: float) -> Heard:
        found, whole = scan_cda(entry.body), judge(entry.body, "xml")
        if whole == "good" and (found.broken or not found.is_cda):
            whole = "broken"
        patient = self._digest(found.patient.encode()) if found.patient else ""
        text = self._digest(found.digest()) if found.length >= TEXT_CHARS_MIN else ""
        return Heard(
            at, entry.ref, entry.source, "CDA", "", 0.0, patient, "", text, (whole, *found.documents),
        )  # fmt: skip

    def _hl7(self, entry: Entry, at: float) -> Heard:
        rules = self._rules.of(entry.source)
        message = Message.parse(entry.body, rules.charset)
        header, person = message.header, message.first("PID")
        number = f"{person.text(3, 1)}|{person.text(3, 4)}" if person is not None and person.has(3) else ""
        texts, documents = _contents(message)
        return Heard(
            at,
            entry.ref,
            entry.source,
            f"{message.code}^{message.event}",
            _group(message),
            _said(header.text(7), rules.zone or self._zone),
            self._digest(number.encode()) if number else "",
            f"{message.version}|{header.raw(18)[:40]}|{header.raw(2)[:5]}|{_form(message.control_id)}",
            self._digest(texts.encode()) if len(texts) >= TEXT_CHARS_MIN else "",
            documents,
        )

    def _digest(self, data: bytes) -> str:
        return blake2b(data, key=self._key, digest_size=DIGEST_BYTES).hexdigest()

    # People.

    def _people(self, entry: Entry, at: float) -> Iterator[Looked]:
        if entry.media_type == MEDIA_FHIR:
            found = self._audited(entry, at)
            if found is not None:
                yield found
        elif entry.media_type == MEDIA_ACT:
            act = decode(entry.body)
            if isinstance(act, AccountAdded):
                self._desk.accounts[act.login] = Staff(act.role, act.wards, _family(act.name))
            elif isinstance(act, TemporaryAccountMade):
                known = Staff(ROLE_OF[act.profession], [act.ward], _family(act.name))
                self._desk.accounts.setdefault(act.login, known)
            elif isinstance(act, AccountDisabled):
                self._desk.accounts.pop(act.login, None)
            elif isinstance(act, HoneyNamed | HoneyReleased):
                self._lay(entry, act)
            elif isinstance(act, GlassBroken):
                yield self._look(entry, at, entry.source.removeprefix("user/"), "glass", act.chart)

    def _lay(self, entry: Entry, act: HoneyNamed | HoneyReleased) -> None:
        """The security officer lays a honey patient, or takes one up (contrefeu.acts.honey keeps the rule)."""
        staff = self._desk.accounts.get(entry.source.removeprefix("user/"))
        if staff is None or staff.role != SECURITY:
            return
        if isinstance(act, HoneyReleased):
            self._desk.honey.pop(act.named, None)
        elif len(self._desk.honey) < HONEY_MAX:
            self._desk.honey[entry.ref] = act.numbers

    def _is_honey(self, found: Where) -> bool:
        named = self._honey.union(*self._desk.honey.values())
        return bool(named) and is_honey(found.numbers, named)

    def _audited(self, entry: Entry, at: float) -> Looked | None:
        try:
            event = msgspec.json.decode(entry.body)
            if event["resourceType"] != "AuditEvent":
                return None
            subtype = event["subtype"][0]["code"]
            kind = "login" if event["type"]["code"] == "110114" and subtype != "logout" else subtype
            who = event["agent"][0]["who"].get("identifier", {}).get("value", "?")
            failed = event.get("outcome") == "4"
            named = [one["what"] for one in event.get("entity", []) if "what" in one]
            told = [one.get("reference", "") for one in named]
            shown = next((one["display"] for one in named if "display" in one), "")
        except (msgspec.DecodeError, LookupError, TypeError, AttributeError):
            return None
        if kind == "login":
            return self._look(entry, at, who, "refused") if failed else None
        if kind == "export" and shown.startswith(OF_THE_AUDIT):
            kind = "act"  # whose work it is reads it so: it gives no chart out (`audit acts` lists it)
        if failed:
            asked = _CHART_PATH.match(shown)
            return self._look(entry, at, who, "denied", asked[1]) if asked else None
        patient = next((ref.removeprefix("Patient/") for ref in told if ref.startswith("Patient/")), "")
        return self._look(entry, at, who, kind, patient)

    def _look(self, entry: Entry, at: float, who: str, kind: str, chart: str = "") -> Looked:
        staff = self._desk.accounts.get(who)
        place: Place = ""
        marks: list[str] = ["leave"] if self._on_leave(who, at) else []
        if chart:
            found = self._where(chart)
            place = _place(staff, found)
            marks += [name for name, holds in (("honey", self._is_honey(found)), ("famous", found.famous)) if holds]
            if staff is not None and staff.family and staff.family == _plain(found.family):
                marks.append("relative")
            if found.home and not found.home.isdisjoint(self._home(who)):
                marks.append("household")
        patient = self._digest(chart.encode()) if chart else ""
        return Looked(at, entry.ref, who, staff.role if staff else "", kind, patient, place, tuple(marks))


def _place(staff: Staff | None, found: Where) -> Place:
    if not found.known:
        return ""
    if not found.ward:
        return "gone"
    if staff is None:
        return "other"
    # Who serves every ward is in none: all that they open is compared with what they usually open.
    return "own" if found.ward in staff.wards else "other"


def _family(name: str) -> str:
    return _plain(name.rsplit(maxsplit=1)[-1]) if name.split() else ""


def _plain(family: str) -> str:
    return family.strip().casefold()


def _group(message: Message) -> Group:
    group = _EVENTS.get(message.event, "")
    if group:
        return group
    for segment in message.segments:
        if segment.name == "ORC" and segment.text(1) in _CANCELLED:
            return "cancel"
        if segment.name == "OBX" and segment.text(11) in ("D", "W"):
            return "delete"
        if segment.name == "OBR" and segment.text(25) == "X":
            return "cancel"
    return ""


def _contents(message: Message) -> tuple[str, tuple[str, ...]]:
    """The long texts of a message, and what each of its documents is."""
    texts: list[str] = []
    documents: list[Verdict] = []
    for segment in message.segments:
        if segment.name == "NTE":
            texts.append(segment.raw(3))
        if segment.name != "OBX":
            continue
        raw = segment.raw(5)
        if segment.text(2) == "ED":
            rep = segment.rep(5)
            parts = rep.texts(5) if rep is not None else [""] * 5
            declared, held = parts[2] or parts[1], parts[4].encode()
            if parts[3].upper() in ("BASE64", ""):
                documents += _unpacked(held).verdicts(declared)
            else:
                documents.append(judge(held, declared))
            texts.append(raw)
        elif segment.text(2) in ("TX", "FT", "ST"):
            texts.append(raw)
            if len(raw) >= 512 and " " not in raw:
                unpacking = _unpacked(raw.encode())
                found = unpacking.verdicts()
                documents += [] if unpacking.bad else found
    return "\n".join(texts), tuple(documents)


def _unpacked(text: bytes) -> Unpacking:
    unpacking = Unpacking(CdaScan)
    for at in range(0, len(text), PIECE_BYTES):
        unpacking.feed(text[at : at + PIECE_BYTES])
    return unpacking


def _instant(text: str) -> float:
    try:
        return parse_rfc3339(text) / NS
    except ValueError:
        return 0.0


def _said(raw: str, zone: str) -> float:
    moment = parse_moment(raw, ZoneInfo(zone))
    if moment is None or moment.ambiguous or moment.missing or moment.precision not in ("minute", "second"):
        return 0.0
    return _instant(moment.fhir)


def _form(control_id: str) -> str:
    """How a control id is made: letters A, digits 9, runs as one; what it says does not matter."""
    form = ""
    for c in control_id[:64]:
        mark = "9" if c.isdigit() else "A" if c.isalpha() else c
        form += mark if form[-1:] != mark else ""
    return form[:12]
