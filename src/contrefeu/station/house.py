"""What every page of the ward app stands on: the charts, the shell, the staff, and the world that is shown."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contrefeu.access import Account
from contrefeu.acts import Act, Alarm, Downtime
from contrefeu.base import parse_rfc3339
from contrefeu.chart import (
    Age,
    BoardRow,
    Chart,
    ChartsStatus,
    Clash,
    Correction,
    PatientHit,
    Side,
    age_of,
    name_words,
    steps_in_force,
)
from contrefeu.chart.sheet import Person, Sheet, person_of
from contrefeu.journal import Entry
from contrefeu.station.banner import banner
from contrefeu.station.board_lines import LaidBoards
from contrefeu.station.care import TestList
from contrefeu.station.care.stay import last_step
from contrefeu.station.care.testlist import shipped_tests
from contrefeu.station.deps import ChartsLike, Deps
from contrefeu.station.labels import label, result_said
from contrefeu.station.lately import LatelyOpened
from contrefeu.station.staff import Staff
from contrefeu.station.urgency import grouped
from contrefeu.station.work import Waiting, WorkInHand, for_person
from contrefeu.web import NOT_FOUND, Around, Corrected, Shell, Site, Urgent, UrgentWard, Visit, Words, Writes, person

CORRECTED_SHOWN = 2  # corrections in full on each page; the rest is a count and a link
WARNED_S = 3600  # s before a temporary account ends: the time to find two people, or to hand over
GLASS_HOURS = 8  # a broken glass holds for a shift, in the session that broke it


class OutOfScope(Exception):
    """The patient is in the care of other wards: the glass must be broken first, and the app leads there."""

    def __init__(self, chart: str) -> None:
        super().__init__("out of scope")
        self.chart = chart


@dataclass(slots=True)
class House:
    """One node's ward app."""

    deps: Deps
    staff: Staff
    shell: Shell
    work: WorkInHand
    lately: LatelyOpened
    boards: LaidBoards

    @property
    def charts(self) -> ChartsLike:
        """The charts."""
        return self.deps.charts

    @property
    def site(self) -> Site:
        """What pages of other uses stand on."""

        async def acts() -> Sequence[tuple[Entry, Act]]:
            await self.staff.refresh()
            return self.staff.acts

        async def alarms() -> Sequence[Alarm]:
            await self.staff.refresh()
            return self.staff.alarms

        return Site(self.shell, self.deps.clock, acts, self.staff.write, alarms)

    @property
    def tests(self) -> TestList:
        """The laboratory's list."""
        return self.deps.tests or shipped_tests()

    @property
    def limits(self) -> tuple[str, str] | None:
        """Who signed the list's critical limits (login), and when; None when they are not in force."""
        return self.staff.words.limits.get(self.tests.digest)

    def account(self, request: Request) -> Account:
        """Return who asks."""
        actor, _ = person(request)
        assert isinstance(actor, Account), "the staff's door lets accounts in"
        return actor

    def ward_name(self, ward: str) -> str:
        """Return what a ward is called."""
        return ward_name(self.deps, self.staff, ward)

    def age(self, whose: Person) -> Age | None:
        """Return how old somebody is; None when nobody knows."""
        if not whose.age_known:
            return None
        return age_of(whose.birth_date, self.deps.clock.now_ns(), self.deps.zone, whose.birth_time)

    def world(self, request: Request) -> str:
        """Return the world that the person looks at: "" for the node's own, "T" for the exercise beside it."""
        _, session = person(request)
        return session.world

    async def open(self, request: Request, chart: str, *, left: bool = False) -> tuple[str, Sheet, Person]:
        """Return the chart id, the chart, and who it is about.

        Args:
            request: Who asks.
            chart: Its id, or a number of the patient.
            left: Whether who has left is still in the care of the last ward, to take that back.

        Raises:
            OutOfScope: The person must break the glass first.
            Problem: There is no such chart.
        """
        opened = await self.lately.open(chart)
        if opened is None:
            raise NOT_FOUND
        found = opened.chart
        sheet, id_ = opened.sheet(self.deps.clock.now_ns()), found.id
        whose = person_of(sheet)
        ward = whose.ward or (last_ward(found) if left else "")
        if not self.account(request).in_scope(ward) and not self.glass_broken(request, id_):
            raise OutOfScope(id_)
        return id_, sheet, whose

    async def to_glass(self, request: Request, chart: str) -> Response:
        """Lead who reads to the glass before the chart; who may not break it is refused."""
        if not self.account(request).may("glass"):
            raise await self.shell.refusal(request)
        return RedirectResponse(f"/glass/{quote(chart)}", 303)

    def glass_broken(self, request: Request, chart: str) -> bool:
        """Whether this session broke the glass of *chart* during this shift."""
        _, session = person(request)
        broken_ns = session.opened.get(chart, 0)
        return bool(broken_ns) and self.deps.clock.now_ns() - broken_ns < GLASS_HOURS * 3600 * 1_000_000_000

    async def visible(self, request: Request, hits: Sequence[PatientHit]) -> list[PatientHit]:
        """Leave out protected identities that are not in this person's care, gone home or not (F24)."""
        account = self.account(request)
        return [hit for hit in hits if account.in_scope(hit.ward) or not await self._protected(hit)]

    async def _protected(self, hit: PatientHit) -> bool:
        found = await self.charts.chart(hit.id)
        return found is None or person_of(Sheet(found)).confidential

    def named(self, clashes: Iterable[Clash]) -> list[Clash]:
        """Return *clashes* with people by name where their entries have a login."""
        return [replace(one, first=self._named(one.first), second=self._named(one.second)) for one in clashes]

    def _named(self, side: Side) -> Side:
        account = self.staff.accounts.get(side.by)
        return replace(side, by=account.name) if account else side

    def hides(self, request: Request, row: BoardRow) -> bool:
        """Whether who lies there is not for this person to know (F24)."""
        return row.confidential and not self.account(request).in_scope(row.ward)


def ward_name(deps: Deps, staff: Staff, ward: str) -> str:
    """Return what a ward is called: by the settings, by people here, by its feeds."""
    settled = next((one.name for one in deps.settings.wards if one.id == ward), "")
    return settled or staff.wards.name(ward) or ward


def namesake(one: str, other: str) -> bool:
    """Whether two names, as searches show them, are the same to somebody who hears them."""
    return set(name_words(one.partition(" (")[0])) == set(name_words(other))


def last_ward(chart: Chart) -> str:
    """The ward where people here last said that somebody lay; "" when they said nothing."""
    found = last_step(chart)
    if found is None:
        return ""
    places = [one.movement.place[0] for one in steps_in_force(found[0]) if one.movement.place]
    return places[-1] if places else ""


async def around(deps: Deps, staff: Staff, work: WorkInHand, visit: Visit) -> Around:
    """Return what stands around a page: how far the charts are read, exercise or not, downtime, journals in trouble."""
    alarms = await deps.alarms() if visit.actor is not None else {}
    downtime = staff.downtime
    reviews = visit.actor is not None and visit.actor.may("review")
    watch, more = banner(staff.alarms, deps.clock.now_ns(), reviews=reviews) if visit.actor is not None else ((), 0)
    try:
        if visit.actor is not None:
            await staff.refresh()
        status, found, (urgent, urgent_wards) = await asyncio.gather(
            deps.charts.status(), _corrections(deps, staff, visit), _urgent(work, visit)
        )
        corrected = _corrected(found, urgent, visit.words)
    except (OSError, TimeoutError):
        return Around(
            answers=False,
            exercise=deps.settings.drill,
            closes=_closes(deps, visit),
            downtime_since=downtime.since,
            downtime_media=_media(downtime, visit.words),
            alarms=alarms,
            watch=watch,
            watch_more=more,
        )
    lacks = status.restoring
    return Around(
        restoring_since=lacks.since if lacks is not None else "",
        restoring=(lacks.read, lacks.of) if lacks is not None else (0, 0),
        restoring_present=lacks is not None and lacks.present,
        closes=_closes(deps, visit),
        as_of_time=status.as_of.time,
        as_of_entry=status.as_of.entry,
        exercise=deps.settings.drill or shows_exercise(status, visit),
        both_worlds=bool(status.patients and status.test_patients and not deps.settings.drill),
        downtime_since=downtime.since,
        downtime_media=_media(downtime, visit.words),
        troubles=status.troubles,
        alarms=alarms,
        dues=deps.dues(staff.acts) if visit.actor is not None and visit.actor.may("incident") else (),
        watch=watch,
        watch_more=more,
        urgent=urgent,
        urgent_wards=urgent_wards,
        corrected=tuple(corrected[:CORRECTED_SHOWN]),
        corrected_count=len(corrected),
    )


def _closes(deps: Deps, visit: Visit) -> str:
    """When the person's temporary account ends, while that is within WARNED_S."""
    until = visit.actor.agency_until if visit.actor else ""
    return until if until and parse_rfc3339(until) - deps.clock.now_ns() <= WARNED_S * 1_000_000_000 else ""


async def corrections_for(charts: ChartsLike, staff: Staff, account: Account, world: str) -> list[Correction]:
    """Return what was corrected after this person looked at it, and that they have not said they saw."""
    if not account.may("chart"):
        return []
    found = await charts.corrections(account.login, world)
    return [one for one in found if (account.login, one.resource, one.entry) not in staff.corrections_seen]


async def _corrections(deps: Deps, staff: Staff, visit: Visit) -> list[Correction]:
    """What the person saw that was corrected since."""
    if not isinstance(visit.actor, Account) or visit.session is None:
        return []
    return await corrections_for(deps.charts, staff, visit.actor, visit.session.world)


def _corrected(found: Sequence[Correction], urgent: Sequence[Urgent], words: Words) -> list[Corrected]:
    """What of it a page says: all but what it asks the person to acknowledge."""
    asked = {one.address.rpartition("/")[2] for one in urgent}
    return [
        Corrected(
            one.chart,
            one.name,
            one.what,
            result_said(one.old, words),
            result_said(one.now, words),
            one.at,
            one.resource,
            one.entry,
        )
        for one in found
        if one.resource.partition("/")[2] not in asked
    ]


async def _urgent(work: WorkInHand, visit: Visit) -> tuple[tuple[Urgent, ...], tuple[UrgentWard, ...]]:
    """What the person must acknowledge, on every page: in full, and a line a ward."""
    if not isinstance(visit.actor, Account) or visit.session is None:
        return (), ()
    found = for_person(visit.actor, await work.alarms(visit.session.world))
    return grouped([urgent_of(one, visit.words) for one in found], visit.actor.wards, visit.path)


def urgent_of(one: Waiting, words: Words) -> Urgent:
    """Return what a page says of an alarm."""
    line, item = one.line, one.item
    bed = line.bed if not line.room or line.bed.startswith(line.room) else f"{line.room}{line.bed}"
    return Urgent(
        kind=item.kind,
        patient=line.id,
        place=" ".join(filter(None, (one.ward, bed))) if one.ward else "",
        name=f"{line.family} {line.given}".strip(),
        what=item.what,
        value=result_said(item.value, words),
        at=item.at,
        address=f"/write/acknowledge/{quote(line.id)}/{quote(one.address)}",
        escalated=one.escalated,
        ward=one.ward,
        received=item.received,
    )


def _media(downtime: Downtime, words: Words) -> tuple[Writes, ...]:
    """Each declaration that holds, the hospital's first, then the wards that are out: where each writes what."""
    held = [
        Writes(
            ward, found.medium, tuple((label("function", one, words), at.medium) for one, at in found.elsewhere.items())
        )
        for ward, found in sorted(downtime.declared.items())
    ]
    return (*held, *(Writes(ward, "record") for ward in downtime.back))


def opens_unplaced(account: Account) -> bool:
    """Whether somebody may open an entry that stands in no chart: their role, and no ward that binds them."""
    return account.may("entry") and account.in_scope("")


def shows_exercise(status: ChartsStatus, visit: Visit) -> bool:
    """Whether the patients shown are an exercise's: the person chose it, or there are no others (F33)."""
    chosen = visit.session is not None and visit.session.world == "T"
    return chosen or (status.patients == 0 and status.test_patients > 0)
