"""From entries to observations: all that the watch learns of a message.

Rules kept here:
  * Nothing raises: what cannot be read is still a message of its sender.
  * Patients and texts leave as keyed digests. No name, no number, no word of a message goes further.
  * What is carried to a ward was heard where it came in, and is no message here.
  * The person who looks, and where the patient lies to them, are found by who is asked (`Desk`): the rules ask nobody.
"""

from collections.abc import Callable, Iterator
from hashlib import blake2b
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, field

from contrefeu.acts import RULES, AccountAdded, AccountDisabled, GlassBroken, decode
from contrefeu.base import parse_rfc3339
from contrefeu.hl7 import Message, NotHl7, parse_moment
from contrefeu.journal import MEDIA_ACT, MEDIA_CARRIED, MEDIA_CDA, MEDIA_FHIR, MEDIA_HL7V2, Entry
from contrefeu.mapping import Rules
from contrefeu.watch.documents import is_random, judge, unpacked
from contrefeu.watch.seen import Group, Heard, Looked, Observation, Place

DIGEST_BYTES = 8
TEXT_CHARS_MIN = 160  # of a text that two patients do not share by chance: "no abnormality" is shorter
NS = 1_000_000_000
STATION, AUDIT = "-station", "-audit"

_EVENTS: dict[str, Group] = {
    **dict.fromkeys(["A18", "A30", *(f"A{n}" for n in range(34, 37)), *(f"A{n}" for n in range(39, 52))], "merge"),
    **dict.fromkeys(["A23", "A29", "S17", "T11"], "delete"),
    **dict.fromkeys(
        ["A11", "A12", "A13", "A25", "A26", "A27", "A32", "A33", "A38", "A52", "A53", "A55", "S15"], "cancel"
    ),
    **dict.fromkeys(["A08", "A31"], "update"),
}  # HL7 table 0003
_CANCELLED = frozenset(["CA", "OC", "DC", "OD"])  # ORC-1, table 0119


class Where(Struct, frozen=True):
    """Where a patient is, and who they are to whom."""

    ward: str = ""  # "" when they lie nowhere
    famous: bool = False
    honey: bool = False
    family: str = ""
    known: bool = True  # False: nobody answered


class Staff(Struct):
    """Who works here, as the acts said."""

    role: str
    wards: list[str]
    family: str


class Desk(Struct):
    """What is known of the staff; kept with the watch's state."""

    accounts: dict[str, Staff] = field(default_factory=dict)


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
    ) -> None:
        """*where* answers where the patient of a chart is; *on_leave* whether a login's owner is."""
        self._key = key
        self._rules = rules
        self._zone = zone
        self._desk = desk
        self._where = where
        self._on_leave = on_leave

    def of(self, entry: Entry) -> Iterator[Observation]:
        """What *entry* shows."""
        at = entry.received_ns / NS
        if entry.journal.endswith(STATION) or entry.journal.endswith(AUDIT):
            yield from self._people(entry, at)
        elif not entry.source.startswith(RULES) and entry.media_type not in (MEDIA_ACT, MEDIA_CARRIED):
            yield self._message(entry, at)

    # Messages.

    def _message(self, entry: Entry, at: float) -> Heard:
        if entry.media_type == MEDIA_HL7V2:
            try:
                return self._hl7(entry, at)
            except (NotHl7, ValueError, LookupError):
                return Heard(at, entry.ref, entry.source, "unread")
        documents: tuple[str, ...] = ()
        kind = entry.media_type
        if entry.media_type == MEDIA_FHIR:
            kind = f"FHIR {_resource_type(entry.body)}"
        elif entry.media_type == MEDIA_CDA:
            kind, documents = "CDA", (judge(entry.body, "xml"),)
        else:
            documents = (judge(entry.body),)
        return Heard(at, entry.ref, entry.source, kind, text=self._digest(entry.body), documents=documents)

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
                family = act.name.split()[-1] if act.name.split() else ""
                self._desk.accounts[act.login] = Staff(act.role, act.wards, _plain(family))
            elif isinstance(act, AccountDisabled):
                self._desk.accounts.pop(act.login, None)
            elif isinstance(act, GlassBroken):
                yield self._look(entry, at, entry.source.removeprefix("user/"), "glass", act.chart)

    def _audited(self, entry: Entry, at: float) -> Looked | None:
        try:
            event = msgspec.json.decode(entry.body)
            if event["resourceType"] != "AuditEvent":
                return None
            subtype = event["subtype"][0]["code"]
            kind = "login" if event["type"]["code"] == "110114" and subtype != "logout" else subtype
            who = event["agent"][0]["who"].get("identifier", {}).get("value", "?")
            failed = event.get("outcome") == "4"
            told = [one["what"].get("reference", "") for one in event.get("entity", []) if "what" in one]
        except (msgspec.DecodeError, LookupError, TypeError, AttributeError):
            return None
        if kind == "login" or failed:
            return self._look(entry, at, who, "refused") if kind == "login" and failed else None
        patient = next((ref.removeprefix("Patient/") for ref in told if ref.startswith("Patient/")), "")
        return self._look(entry, at, who, kind, patient)

    def _look(self, entry: Entry, at: float, who: str, kind: str, chart: str = "") -> Looked:
        staff = self._desk.accounts.get(who)
        place: Place = ""
        marks: list[str] = ["leave"] if self._on_leave(who, at) else []
        if chart:
            found = self._where(chart)
            place = _place(staff, found)
            marks += [name for name, holds in (("honey", found.honey), ("famous", found.famous)) if holds]
            if staff is not None and staff.family and staff.family == _plain(found.family):
                marks.append("relative")
        patient = self._digest(chart.encode()) if chart else ""
        return Looked(at, entry.ref, who, staff.role if staff else "", kind, patient, place, tuple(marks))


def _place(staff: Staff | None, found: Where) -> Place:
    if not found.known or staff is None:
        return ""
    if not found.ward:
        return "gone"
    # Who serves every ward is in none: all that they open is compared with what they usually open.
    return "own" if found.ward in staff.wards else "other"


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
    documents: list[str] = []
    for segment in message.segments:
        if segment.name == "NTE":
            texts.append(segment.raw(3))
        if segment.name != "OBX":
            continue
        raw = segment.raw(5)
        if segment.text(2) == "ED":
            rep = segment.rep(5)
            parts = rep.texts(5) if rep is not None else [""] * 5
            data = unpacked(parts[4]) if parts[3].upper() in ("BASE64", "") else parts[4].encode()
            documents.append(judge(data, parts[2] or parts[1]) if data is not None else "broken")
            texts.append(raw)
        elif segment.text(2) in ("TX", "FT", "ST"):
            texts.append(raw)
            if len(raw) >= 512 and " " not in raw and (data := unpacked(raw)) is not None:
                documents.append("sealed" if is_random(data) and judge(data) == "sealed" else judge(data))
    return "\n".join(texts), tuple(documents)


def _said(raw: str, zone: str) -> float:
    moment = parse_moment(raw, ZoneInfo(zone))
    if moment is None or moment.ambiguous or moment.missing or moment.precision not in ("minute", "second"):
        return 0.0
    try:
        return parse_rfc3339(moment.fhir) / NS
    except ValueError:
        return 0.0


def _form(control_id: str) -> str:
    """How a control id is made: letters A, digits 9, runs as one; what it says does not matter."""
    form = ""
    for c in control_id[:64]:
        mark = "9" if c.isdigit() else "A" if c.isalpha() else c
        form += mark if form[-1:] != mark else ""
    return form[:12]


def _resource_type(body: bytes) -> str:
    try:
        return str(msgspec.json.decode(body, type=_Typed).resourceType)[:40]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "?"


class _Typed(Struct):
    resourceType: str = "?"  # noqa: N815 - FHIR's own name
