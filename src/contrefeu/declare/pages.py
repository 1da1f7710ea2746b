"""Incidents in the ward app: opened with the moment of awareness, noted, declared, closed; their clocks; the register.

Rules kept here:
  * Who may is the crisis coordinator, security and the data protection officer; each act stands under their name.
  * A time is typed as the wall's here; of an hour that comes twice it is the first; none lies in the future.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from jinja2 import PackageLoader
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import (
    AWARE,
    SINCE,
    Act,
    Alarm,
    DeclarationSent,
    Incident,
    IncidentClosed,
    IncidentNoted,
    IncidentOpened,
    incidents,
)
from contrefeu.base import rfc3339
from contrefeu.declare.deadlines import Clock, clocks
from contrefeu.declare.file import HARMLESS, alarms_within
from contrefeu.declare.regimes import Regime, moments
from contrefeu.journal import Entry
from contrefeu.web import N_, Due, Link, Mounted, Site, person, visit_of

TEXT_CHARS_MAX = 4_000  # a page of words: what a field of a declaration holds
TITLE_CHARS_MAX = 200  # a line
DAYS_BACK = 31  # days that a form offers: an attack is often known for weeks before it is told
_HOUR = re.compile(r"([01]?[0-9]|2[0-3]) ?[:hH.]? ?([0-5][0-9])")  # 3:11, 03h11, 0311
_DAY_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}),? +(?:à )?([01]?[0-9]|2[0-3]) ?[:hH] ?([0-5][0-9])")
ALARMS_MAX = 20  # of an incident on its page, of either kind: the page of alarms has all
EMPTY, NO_TIME, GONE = "empty", "no-time", "gone"


@dataclass(frozen=True, slots=True)
class Ticking:
    """One clock as the page shows it."""

    regime: str
    title: str
    due: str  # RFC 3339
    state: str
    at_once: bool
    provisional: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """An incident, its clocks, and the alarms of its file: those that were found harmless apart."""

    incident: Incident
    clocks: Sequence[Ticking]
    alarms: Sequence[Alarm]
    harmless: Sequence[Alarm]
    more: int  # of both, that are not shown


@dataclass(frozen=True, slots=True)
class IncidentsPage:
    """Open ones, and past ones of which a declaration is still owed, with clocks and alarms; then the register."""

    open: Sequence[Shown]
    past: Sequence[Incident]
    fields: Sequence[tuple[str, str]]  # id and name, of every regime
    regimes: Sequence[tuple[str, str]]
    days: Sequence[str]  # that a form offers, today first
    moments: frozenset[str] = frozenset()  # fields that hold one
    problem: str = ""
    command: str = "contrefeu declare nis2-24h --out FILE.pdf"


@dataclass(frozen=True, slots=True)
class Law:
    """Which regimes there are, whose clocks run, and the wall's time."""

    regimes: Mapping[str, Regime]
    chosen: Sequence[str]
    zone: str
    tz: tzinfo

    def clocks(self, found: Sequence[Incident], now_ns: int) -> list[Clock]:
        """Every clock of every open incident."""
        return clocks(found, self.regimes, self.zone, now_ns, self.chosen)


def found_in(acts: Sequence[tuple[Entry, Act]]) -> list[Incident]:
    """Every incident that *acts* speak of."""
    return incidents((entry.ref, entry.source, act) for entry, act in acts)


def dues(law: Law, now_ns: Callable[[], int]) -> Callable[[Sequence[tuple[Entry, Act]]], Sequence[Due]]:
    """What every page shows of the clocks that run."""

    def told(acts: Sequence[tuple[Entry, Act]]) -> Sequence[Due]:
        running = [clock for clock in law.clocks(found_in(acts), now_ns()) if clock.state != "sent"]
        return [
            Due(
                clock.title,
                {"fr": clock.regime.title.fr, "en": clock.regime.title.en},
                rfc3339(clock.due_ns),
                clock.regime.clock.at_once,
                clock.state == "late",
                clock.provisional,
            )
            for clock in running
        ]

    return told


class _Pages:
    def __init__(self, site: Site, law: Law) -> None:
        self._site, self._law = site, law

    def routes(self) -> list[Route]:
        return [self._site.shell.page("/incidents", self.incidents, "incident", ("GET", "POST"))]

    async def incidents(self, request: Request) -> Response:
        """Show what there is; open, note, say sent, close."""
        shell, now_ns = self._site.shell, self._site.clock.now_ns()
        problem = await self._do(request) if request.method == "POST" else ""
        if request.method == "POST" and not problem:
            return RedirectResponse("/incidents", 303)
        shell.look(request, "act", what="incidents")
        found = found_in(await self._site.acts())
        language = visit_of(request).words.language
        running = self._law.clocks(found, now_ns)
        owing = {clock.incident for clock in running}
        raised = await self._site.alarms()
        shown = [
            _shown(one, [_ticking(clock, language) for clock in running if clock.incident == one.ref], raised)
            for one in found
            if one.open or one.ref in owing
        ]
        regimes = self._law.regimes.values()
        fields = {rule.id: rule.label(language) for regime in regimes for rule in regime.fields}
        page = IncidentsPage(
            open=shown,
            past=[one for one in reversed(found) if not one.open],
            fields=sorted(fields.items(), key=lambda one: one[1]),
            regimes=[(regime.id, regime.title.of(language)) for regime in regimes],
            days=self._days(now_ns),
            moments=moments(regimes),
            problem=problem,
        )
        return await shell.render(request, "incidents.html", page, status=400 if problem else 200)

    async def _do(self, request: Request) -> str:
        """Do what the form asks; returns what is wrong with it."""
        form = {key: str(value).strip() for key, value in (await request.form()).items()}
        now = rfc3339(self._site.clock.now_ns())
        said = form.get("when", "") or self._on(form.get("day", ""), form.get("hour", ""))
        when = self._moment(said) if said else now
        text = form.get("text", "")[:TEXT_CHARS_MAX]
        if when is None:
            return NO_TIME
        if form.get("do") == "open":
            if not text:
                return EMPTY
            act: Act = IncidentOpened(text[:TITLE_CHARS_MAX], when, now)
        else:
            one = next((o for o in found_in(await self._site.acts()) if o.ref == form.get("incident")), None)
            if one is None or not (one.open or form.get("do") == "sent"):  # a final report is sent when all is over
                return GONE
            if form.get("do") == "sent" and form.get("regime") in self._law.regimes:
                act = DeclarationSent(one.ref, form["regime"], when, now, text[:TITLE_CHARS_MAX])
            elif not text:
                return EMPTY
            elif form.get("do") == "close":
                act = IncidentClosed(one.ref, text, now)
            else:
                name = form.get("field", "")[:TITLE_CHARS_MAX]
                said_then = self._noted(name, text)
                if said_then is None:
                    return NO_TIME
                act = IncidentNoted(one.ref, said_then, now, name)
        actor, _ = person(request)
        await self._site.write(act, actor.login)
        return ""

    def _days(self, now_ns: int) -> list[str]:
        """The days of the wall here, today first."""
        today = datetime.fromtimestamp(now_ns // 1_000_000_000, UTC).astimezone(self._law.tz).date()
        return [f"{today - timedelta(days=n)}" for n in range(DAYS_BACK)]

    def _on(self, day: str, hour: str) -> str:
        """What a form's day and hour say together; "" for now: today, and no hour. A day before needs its hour."""
        found = _HOUR.fullmatch(hour)
        if found:
            return f"{day}T{found[1]:0>2}:{found[2]}"
        return hour or ("" if day in ("", self._days(self._site.clock.now_ns())[0]) else "no hour")

    def _noted(self, field: str, text: str) -> str | None:
        """What a note says; of a field that holds a moment, that moment: 28/11/2026 18:00 is one, also to come."""
        if field not in moments(self._law.regimes.values()):
            return text
        found = _DAY_FIRST.fullmatch(text)
        day, month, year, hour, minute = found.groups() if found else [""] * 5
        wall = f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}" if found else text
        return self._moment(wall, to_come=field not in (AWARE, SINCE))

    def _moment(self, text: str, *, to_come: bool = False) -> str | None:
        """A time of the wall here, as UTC; None for what is none, or lies in the future unless it may be *to_come*."""
        try:
            wall = datetime.fromisoformat(text)
        except ValueError:
            return None
        local = wall if wall.tzinfo else wall.replace(tzinfo=self._law.tz)
        ns = int(local.timestamp()) * 1_000_000_000
        return rfc3339(ns) if ns >= 0 and (to_come or ns <= self._site.clock.now_ns()) else None


def _shown(incident: Incident, ticking: Sequence[Ticking], raised: Sequence[Alarm]) -> Shown:
    mine = alarms_within(incident, raised)[::-1]
    harmless = [one for one in mine if one.verdict == HARMLESS]
    others = [one for one in mine if one.verdict != HARMLESS]
    more = max(0, len(others) - ALARMS_MAX) + max(0, len(harmless) - ALARMS_MAX)
    return Shown(incident, ticking, others[:ALARMS_MAX], harmless[:ALARMS_MAX], more)


def _ticking(clock: Clock, language: str) -> Ticking:
    regime = clock.regime
    return Ticking(
        regime.id,
        regime.title.of(language),
        rfc3339(clock.due_ns),
        clock.state,
        regime.clock.at_once,
        clock.provisional,
    )


def incident_pages(law: Law) -> Mounted:
    """The pages, under *law*."""
    return Mounted(
        lambda site: _Pages(site, law).routes(),
        PackageLoader("contrefeu.declare", "templates"),
        Link("/incidents", N_("Incidents"), "incident"),
    )
