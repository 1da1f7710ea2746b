"""Theatre, sessions and appointments of a day, of the house or one ward; whom to tell of a postponement, and who was.

Rules kept here:
  * Three lists: the theatre's; sessions of a series (dialysis, radiotherapy, chemotherapy) with the next one; all else.
    Which is which is told by words of [care], looked for in the sender's words; what they miss stands among all else.
  * What somebody comes for, and whom to call, is for those who care for the patient, or at whose ward the slot is.
  * Who was told is an entry (Communication): by name, with who called and when. It changes no slot: the record system's
    agenda is theirs. What was given here is moved and cancelled here (care/appointments.py).
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from secrets import token_hex
from typing import Literal
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.base import parse_rfc3339
from contrefeu.chart import ANSWER, CALLED, AgendaLine, Slot, agenda_of, place_of
from contrefeu.fhir import Json
from contrefeu.hospital import CareSettings
from contrefeu.station.care.scribe import Scribe, bundle
from contrefeu.station.house import House
from contrefeu.station.pages.writing import ONCE_BYTES, is_shown, scribe_of, write_down, writes_here
from contrefeu.web import N_, NOT_FOUND

DAYS_AHEAD = 6  # days after today that can be chosen: a week is what one can call through
NEXT_DAYS = 8  # days in which the next session of a series is looked for: dialysis comes within three, a cure is called
NOTE_CHARS_MAX = 200  # of what was told: a new day, a number that nobody answers
_NOT_HELD = frozenset({"cancelled", "noshow"})

Kind = Literal["theatre", "dialysis", "radiotherapy", "chemotherapy", "other"]


@dataclass(frozen=True, slots=True)
class AgendaRow:
    """One slot of one patient."""

    line: AgendaLine
    slot: Slot
    kind: Kind
    hidden: bool
    cared: bool  # whether the chart opens, and what it is for is shown
    tells: bool  # whether this person may write that somebody was told
    writes: bool  # whether they may move and cancel what was given here
    following: str  # of a series: when the next session is; "" when none is known


@dataclass(frozen=True, slots=True)
class AgendaPage:
    """One day."""

    ward: str  # "" for the house
    day: str
    today: str
    days: Sequence[str]
    theatre: Sequence[AgendaRow]
    series: Sequence[AgendaRow]
    others: Sequence[AgendaRow]
    downtime: bool
    once: str


class AgendaPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._words = _words(house.deps.settings.care)

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/agenda", self.show, "board", ("GET", "POST")),
            page("/agenda/{ward:path}", self.show, "board", ("GET", "POST")),
        ]

    async def show(self, request: Request) -> Response:
        """Show a day; take that somebody was told."""
        ward = str(request.path_params.get("ward", ""))
        if request.method == "POST":
            return await self._told(request, ward)
        house, zone = self._house, self._house.deps.zone
        house.shell.look(request, "board", what=f"agenda {ward}".rstrip())
        today = datetime.fromtimestamp(house.deps.clock.now_ns() // 10**9, zone).date()
        day = _day(request.query_params.get("day", ""), today)
        first = (day - date(1970, 1, 1)).days
        lines = await house.charts.agenda(first - 1, first + NEXT_DAYS, house.world(request))
        rows = self._rows(request, lines, ward)
        on_day = [row for row in rows if self._date(row.slot.start) == day]
        page = AgendaPage(
            ward=ward,
            day=f"{day}",
            today=f"{today}",
            days=[f"{today + timedelta(days=n)}" for n in range(DAYS_AHEAD + 1)],
            theatre=[row for row in on_day if row.kind == "theatre"],
            series=_series([row for row in rows if (at := self._date(row.slot.start)) and at >= day], on_day),
            others=[row for row in on_day if row.kind == "other"],
            downtime=bool(house.staff.downtime.declared),
            once=token_hex(ONCE_BYTES),
        )
        return await house.shell.render(request, "agenda.html", page)

    def _rows(self, request: Request, lines: Sequence[AgendaLine], ward: str) -> list[AgendaRow]:
        """Every slot of *lines*, by time; of one *ward*: whose patient lies there, or which is there."""
        account = self._house.account(request)
        found = []
        for line in lines:
            for slot in line.slots:
                here = {line.ward, _ward_of(slot)}
                if ward and ward not in here:
                    continue
                mine = any(account.in_scope(one) for one in here)
                found.append(
                    AgendaRow(
                        line=line,
                        slot=slot,
                        kind=self._kind(slot),
                        hidden=line.confidential and not mine,
                        cared=account.may("chart") and mine,
                        tells=account.may("move") and mine,
                        writes=account.may("move") and mine and writes_here(self._house, line.ward, "movements"),
                        following="",
                    )
                )
        return sorted(found, key=lambda row: (_ns(row.slot.start), row.line.family, row.slot.resource))

    def _kind(self, slot: Slot) -> Kind:
        said = _plain(f"{slot.what} {slot.place} {slot.comment}")
        return next((kind for kind, words in self._words if any(one in said for one in words)), "other")

    def _date(self, at: str) -> date | None:
        """The day of a slot, in the hospital's zone; a day alone is that day."""
        if len(at) <= len("2026-11-24"):
            return _day(at, None)
        ns = _ns(at)
        return datetime.fromtimestamp(ns // 10**9, self._house.deps.zone).date() if ns else None

    async def _told(self, request: Request, ward: str) -> Response:
        """Write down who was told."""
        house = self._house
        form = {key: str(value).strip() for key, value in (await request.form()).items()}
        chart = await house.charts.chart(form.get("chart", ""))
        slots = [slot for line in agenda_of(chart).values() for slot in line.slots] if chart is not None else []
        slot = next((one for one in slots if one.resource == form.get("slot", "")), None)
        if chart is None or slot is None:
            raise NOT_FOUND
        account = house.account(request)
        here = {(*place_of(chart), "")[0], _ward_of(slot)}
        allowed = account.may("move") and any(account.in_scope(one) for one in here)
        if not allowed or not house.staff.downtime.declared:
            raise await house.shell.refusal(request)
        scribe, who, note = scribe_of(house, request), form.get("who", ""), form.get("note", "")[:NOTE_CHARS_MAX]
        said = f"told/{form.get('once', '')}/{slot.resource}/{who}/{note}"
        ref = await write_down(house, scribe, bundle(chart, scribe, said, [called(slot, who, note, scribe)]))
        await is_shown(house, chart.id, ref)
        back = {"day": day} if (day := form.get("day", "")) else {}
        there = f"/agenda/{quote(ward)}" if ward else "/agenda"
        return RedirectResponse(f"{there}?{urlencode(back)}#{quote(slot.resource)}", 303)


def called(slot: Slot, who: str, note: str, scribe: Scribe) -> Json:
    """Return what says that *who* was told of a slot's postponement."""
    found: Json = {
        "resourceType": "Communication",
        "status": "completed",
        "category": [{"text": scribe.say(N_("Prévenu")), "coding": [{"system": ANSWER, "code": CALLED}]}],
        "about": [{"reference": slot.resource}],
        "sent": scribe.at,
        "sender": scribe.author,
        "recipient": [{"display": who[:NOTE_CHARS_MAX]}],
        "payload": [{"contentString": slot.what}],
    }
    return found | ({"note": [{"text": note}]} if note else {})


def _series(rows: Sequence[AgendaRow], on_day: Sequence[AgendaRow]) -> list[AgendaRow]:
    """The sessions of the day with the one after; then, of who has none that day, the next."""
    serial = [row for row in rows if row.kind not in {"theatre", "other"} and row.slot.status not in _NOT_HELD]
    today = [row for row in on_day if row.kind not in {"theatre", "other"}]
    there = {(row.line.id, row.kind) for row in today}
    others: dict[tuple[str, str], AgendaRow] = {}
    for row in serial:
        if (row.line.id, row.kind) not in there:
            others.setdefault((row.line.id, row.kind), row)
    return [*(replace(row, following=_following(row, serial)) for row in today), *others.values()]


def _following(row: AgendaRow, serial: Sequence[AgendaRow]) -> str:
    later = (one.slot.start for one in serial if _same(one, row) and _ns(one.slot.start) > _ns(row.slot.start))
    return next(later, "")


def _same(one: AgendaRow, other: AgendaRow) -> bool:
    return (one.line.id, one.kind) == (other.line.id, other.kind)


def _ward_of(slot: Slot) -> str:
    """The ward that a place names: its first word, as AIL-3 and a bed's place write it."""
    return slot.place.partition(" ")[0].rstrip(",")


def _words(care: CareSettings) -> list[tuple[Kind, list[str]]]:
    found: list[tuple[Kind, list[str]]] = [
        ("dialysis", care.dialysis), ("radiotherapy", care.radiotherapy), ("chemotherapy", care.chemotherapy),
        ("theatre", care.theatre),
    ]  # fmt: skip
    return [(kind, [_plain(one) for one in words if one.strip()]) for kind, words in found]


def _plain(text: str) -> str:
    """Small letters without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in apart if not unicodedata.combining(one))


def _day(text: str, default: date | None) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return default or date.min


def _ns(at: str) -> int:
    try:
        return parse_rfc3339(at if len(at) > len("2026-11-24") else f"{at}T00:00:00Z")
    except (ValueError, OverflowError):
        return 0
