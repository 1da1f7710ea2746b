"""Agency staff, at night, without an administrator: two people of the ward let somebody in for a day at most (F20).

Rules kept here:
  * First the two read who is let in as what, where and until when; then each types their own secret. Nobody's session
    that stands open is enough.
  * It is done while the ward is in downtime: in normal times somebody enrols people, and takes them off.
  * The new account's first code is shown to the two, once: a form sent again by the same person within PIN_KEPT_S shows
    it again, since an answer may be lost. It lies in this process's memory and nowhere else.
  * A refusal says neither which part was wrong nor whether a login exists; wrong secrets are counted as at the door.
"""

import asyncio
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from unicodedata import normalize

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.access import EVERY_WARD, HOURS_MAX, OPEN_MAX, Account, hash_secret, new_secret, physician_needed
from contrefeu.acts import (
    PROFESSIONS,
    AccountDisabled,
    Profession,
    TemporaryAccountMade,
    TemporaryAccountProlonged,
)
from contrefeu.base import rfc3339
from contrefeu.station.agency import AgencyLine, agency_lines, open_on
from contrefeu.station.house import House
from contrefeu.station.pages.taken_out import key_of
from contrefeu.station.pages.writing import ONCE_BYTES
from contrefeu.web import NOT_FOUND, Refused, person

HOURS = (8, 12, HOURS_MAX)  # h, that a form offers: a day's shift, a night's, and all there is
HOURS_FIRST = 12  # h; a night's shift with its hand-over
NAME_CHARS_MAX = 60  # each, as it fits at the head of a page
BADGE_CHARS_MAX = 64  # as what is typed at the door
REASON_CHARS_MAX = 300  # characters: two sentences
LISTED_MAX = 200  # lines of the page: years of outages
PIN_KEPT_S = 300  # s; the time to go back to a page whose answer was lost
KEPT_MAX = 50  # first codes in memory: a house's stations open fewer in PIN_KEPT_S
_SLUG = 20  # letters of a family name in a login: it is typed at night
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class AgencyPage:
    """Who was let in."""

    ward: str  # that is looked at; "" for all of one's own
    lines: Sequence[AgencyLine]
    more: int
    opens: bool  # whether this person may let somebody in now, there
    vouches: bool
    login: str
    ends_any: bool  # whether they may end any of them
    prolongs: frozenset[str]  # logins

    def ends(self, line: AgencyLine) -> bool:
        """Whether this person may end one now."""
        return line.counts and (self.ends_any or self.login in line.makers)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is to be let in."""

    given: str = ""
    family: str = ""
    profession: str = ""
    ward: str = ""
    hours: int = HOURS_FIRST
    badge: str = ""

    @property
    def name(self) -> str:
        """As people will read it."""
        return f"{self.given} {self.family}".strip()


@dataclass(frozen=True, slots=True)
class Two:
    """What the two typed, and what is wrong with it."""

    second: str = ""
    problem: str = ""  # labels.py "agency_problem"
    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class NewPage:
    """One form: filled in, then read and signed by two, then done."""

    step: str  # "who", "sign", "done"
    asked: Asked
    wards: Sequence[str]
    once: str
    until: Mapping[int, str]  # hours -> RFC 3339, from now
    two: Two = field(default_factory=Two)
    problems: Mapping[str, str] = field(default_factory=dict)  # field -> labels.py "agency_problem"
    login: str = ""
    pin: str = ""
    ends: str = ""  # RFC 3339, of what was done
    professions: Sequence[Profession] = PROFESSIONS
    hours: Sequence[int] = HOURS
    open_max: int = OPEN_MAX
    name_max: int = NAME_CHARS_MAX
    badge_max: int = BADGE_CHARS_MAX
    hours_max: int = HOURS_MAX


@dataclass(frozen=True, slots=True)
class OnePage:
    """One account, to be prolonged or ended."""

    do: str  # "prolong" or "end"
    line: AgencyLine
    once: str
    until: Mapping[int, str]
    picked: int = HOURS_FIRST
    two: Two = field(default_factory=Two)
    hours: Sequence[int] = HOURS
    reason_max: int = REASON_CHARS_MAX


@dataclass(frozen=True, slots=True, repr=False)
class _Shown:
    """A first code, for as long as its page may have been lost."""

    by: str
    login: str
    pin: str
    ends: str
    at_ns: int


class AgencyPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._lock = asyncio.Lock()
        self._shown: dict[str, _Shown] = {}  # key of a form -> what it made

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/agency", self.show, "agency"),
            page("/agency/new", self.new, "vouch", ("GET", "POST")),
            page("/agency/prolong/{login}", self.prolong, "vouch", ("GET", "POST")),
            page("/agency/end/{login}", self.end, "agency", ("GET", "POST")),
        ]

    async def show(self, request: Request) -> Response:
        """Show who was let in."""
        house, account = self._house, self._house.account(request)
        await house.staff.refresh()
        ward = request.query_params.get("ward", "")
        house.shell.look(request, "act", what=f"agency {ward}".strip())
        lines = [one for one in self._seen(account) if not ward or one.ward in house.staff.wards.members(ward)]
        wards = await self._wards(request)
        prolongs = {one.login for one in lines if one.counts and house.staff.wards.home(one.ward) in wards}
        page = AgencyPage(
            ward,
            lines[:LISTED_MAX],
            max(0, len(lines) - LISTED_MAX),
            account.may("vouch") and bool({house.staff.wards.home(ward)} & {*wards} if ward else wards),
            account.may("vouch"),
            account.login,
            _ends_any(account),
            frozenset(prolongs),
        )
        return await house.shell.render(request, "agency.html", page)

    async def new(self, request: Request) -> Response:
        """Show the form, let it be read, or open the account that two sign for."""
        house, account = self._house, self._house.account(request)
        await house.staff.refresh()
        wards = await self._wards(request)
        if request.method == "GET":
            house.shell.look(request, "act", what="agency new")
            ward = house.staff.wards.home(request.query_params.get("ward", ""))
            asked = Asked(ward=ward if ward in wards else "")
            return await self._form(request, NewPage("who", asked, wards, token_hex(), self._until()))
        form = await request.form()
        asked, once = _asked(form), str(form.get("once", "")) or token_hex()
        problems = self._problems(asked, wards)
        if problems or form.get("do") not in ("read", "make"):
            page = NewPage("who", asked, wards, once, self._until(), problems=problems)
            return await self._form(request, page, status=400 if problems else 200)
        if form.get("do") == "read":
            return await self._form(request, NewPage("sign", asked, wards, once, self._until()))
        key = key_of(f"{once}/{account.login}/{asked}")
        shown = self._kept(key, account.login)
        two = Two(str(form.get("second", "")).strip())
        if shown is None and not house.staff.accounts.known_form(key):
            if len(open_on(house.staff, asked.ward)) >= OPEN_MAX:
                two = Two(two.second, "many")
            elif house.staff.set_back:
                two = Two(two.second, "clock")
        second = await self._signed(request, asked.ward, asked.profession, form) if not two.problem else two
        if isinstance(second, Two):
            page = NewPage("sign", asked, wards, once, self._until(), second)
            return await self._form(request, page, status=400)
        made = await self._made(key, asked, account, second)
        if made is None:
            return RedirectResponse("/agency", 303)  # it was opened, and its code is shown no more
        done = NewPage("done", asked, wards, once, {}, login=made.login, pin=made.pin, ends=made.ends)
        return await self._form(request, done)

    async def prolong(self, request: Request) -> Response:
        """Let one go on, by two."""
        house, account = self._house, self._house.account(request)
        line = await self._one(request)
        if house.staff.wards.home(line.ward) not in await self._wards(request):
            return RedirectResponse("/agency", 303)  # the page says why nobody is let in now
        if request.method == "GET":
            house.shell.look(request, "act", what=f"agency {line.login}")
            return await self._show_one(request, OnePage("prolong", line, token_hex(), self._until()))
        form = await request.form()
        once, hours = str(form.get("once", "")) or token_hex(), _hours(form)
        key = key_of(f"{once}/{account.login}/{line.login}/{hours}")
        if house.staff.accounts.known_form(key):
            return RedirectResponse("/agency", 303)  # sent twice
        two: Account | Two = Two(str(form.get("second", "")).strip(), self._no_later(line, hours))
        if isinstance(two, Two) and not two.problem:
            two = await self._signed(request, line.ward, line.profession, form)
        if isinstance(two, Two) or hours is None:
            assert isinstance(two, Two), "hours that are none are a problem"
            page = OnePage("prolong", line, once, self._until(), hours or HOURS_FIRST, two)
            return await self._show_one(request, page, status=400)
        async with self._lock:
            if not house.staff.accounts.known_form(key):
                at, until = self._times(hours)
                said = TemporaryAccountProlonged(key, line.login, two.login, at, until)
                await house.staff.write(said, account.login)
        return RedirectResponse("/agency", 303)

    async def end(self, request: Request) -> Response:
        """End one before its time."""
        house, account = self._house, self._house.account(request)
        line = await self._one(request)
        if not (_ends_any(account) or account.login in line.makers):
            await house.shell.refusal(request)
            raise NOT_FOUND
        if request.method == "GET":
            house.shell.look(request, "act", what=f"agency {line.login}")
            return await self._show_one(request, OnePage("end", line, "", {}))
        reason = str((await request.form()).get("reason", "")).strip()[:REASON_CHARS_MAX]
        await house.staff.write(AccountDisabled(line.login, reason), account.login)
        return RedirectResponse("/agency", 303)

    def _no_later(self, line: AgencyLine, hours: int | None) -> str:
        """Why an account does not go on for *hours*; "" when it may."""
        if hours is None:
            return "hours"
        if self._house.staff.set_back:
            return "clock"
        return "sooner" if self._times(hours)[1] <= line.until else ""

    def _seen(self, account: Account) -> list[AgencyLine]:
        """What this person sees: of their wards, or everything."""
        every = account.may("accounts") or account.whole_house
        return [one for one in agency_lines(self._house.staff) if every or account.in_scope(one.ward)]

    async def _wards(self, request: Request) -> list[str]:
        """The wards where this person may let somebody in now."""
        house, account = self._house, self._house.account(request)
        if not account.may("vouch"):
            return []
        known = [one.id for one in await house.charts.wards(house.world(request))]
        named = {house.staff.wards.home(one) for one in (*known, *account.wards) if one != EVERY_WARD}
        return sorted(one for one in named if account.in_scope(one) and house.staff.downtime.of(one))

    async def _one(self, request: Request) -> AgencyLine:
        """The account that a page is of, while it counts.

        Raises:
            Problem: There is none here.
        """
        await self._house.staff.refresh()
        found = self._seen(self._house.account(request))
        line = next((one for one in found if one.login == request.path_params["login"] and one.counts), None)
        if line is None:
            raise NOT_FOUND
        return line

    def _problems(self, asked: Asked, wards: Sequence[str]) -> dict[str, str]:
        """What is wrong with a form."""
        found = {
            name: "empty" if not text else "long"
            for name, text in (("given", asked.given), ("family", asked.family))
            if not any(char.isalpha() for char in text) or len(text) > NAME_CHARS_MAX
        }
        if asked.profession not in PROFESSIONS:
            found["profession"] = "empty"
        if asked.ward not in wards:
            found["ward"] = "ward"
        if asked.hours not in HOURS:
            found["hours"] = "hours"
        if len(asked.badge) > BADGE_CHARS_MAX or self._house.staff.accounts.named(asked.badge or " ") is not None:
            found["badge"] = "badge"
        return found

    async def _signed(self, request: Request, ward: str, profession: str, form: FormData) -> Account | Two:
        """Return the second person, once both have typed their own secret; else what the page says."""
        house, account = self._house, self._house.account(request)
        typed = str(form.get("second", "")).strip()
        own = await house.staff.enter(account.login, str(form.get("own", "")))
        if isinstance(own, Refused):
            return await self._refused(request, Two(typed, "own", own.wait_s))
        second = await house.staff.enter(typed, str(form.get("pin", "")))
        if isinstance(second, Refused):
            return await self._refused(request, Two(typed, "second", second.wait_s))
        found = house.staff.accounts.vouches(second.login)
        if found is None or not second.in_scope(ward) or second.login == account.login:
            return await self._refused(request, Two(typed, "second"))
        if profession == "physician" and physician_needed("physician", account.role, found.role):
            return Two(typed, "physician")
        return found

    async def _refused(self, request: Request, two: Two) -> Two:
        await self._house.shell.audit.write("act", person(request)[0], what="agency account", failed=True)
        return two

    async def _made(self, key: str, asked: Asked, by: Account, second: Account) -> _Shown | None:
        """Open the account, once a form; None when it was, and its code is shown no more."""
        staff = self._house.staff
        async with self._lock:
            if (shown := self._kept(key, by.login)) is not None or staff.accounts.known_form(key):
                return shown
            pin = new_secret("pin")
            secret_hash = await asyncio.to_thread(hash_secret, pin)
            at, until = self._times(asked.hours)
            profession = next(one for one in PROFESSIONS if one == asked.profession)
            login = self._login(asked)
            act = TemporaryAccountMade(
                key=key,
                login=login,
                name=asked.name,
                profession=profession,
                ward=asked.ward,
                secret_hash=secret_hash,
                second=second.login,
                at=at,
                until=until,
                badge=asked.badge,
            )
            await staff.write(act, by.login)
            now = self._house.deps.clock.now_ns()
            shown = self._shown[key] = _Shown(by.login, login, pin, until, now)
            if len(self._shown) > KEPT_MAX:
                del self._shown[next(iter(self._shown))]
            return shown

    def _kept(self, key: str, login: str) -> _Shown | None:
        """What a form made, while its page may have been lost; older codes are forgotten."""
        now = self._house.deps.clock.now_ns()
        self._shown = {name: one for name, one in self._shown.items() if 0 <= now - one.at_ns < PIN_KEPT_S * _NS}
        found = self._shown.get(key)
        return found if found and found.by == login else None

    def _login(self, asked: Asked) -> str:
        """A login that nobody has: of the family name, and a number that another station would hardly draw."""
        plain = re.sub("[^a-z0-9]", "", normalize("NFKD", asked.family).casefold())[:_SLUG] or "interim"
        while self._house.staff.accounts.get(found := f"{plain}.{100 + secrets.randbelow(900)}"):
            pass
        return found

    def _times(self, hours: int) -> tuple[str, str]:
        now = self._house.deps.clock.now_ns()
        return rfc3339(now), rfc3339(now + hours * 3600 * _NS)

    def _until(self) -> dict[int, str]:
        return {hours: self._times(hours)[1] for hours in HOURS}

    async def _form(self, request: Request, page: NewPage, *, status: int = 200) -> Response:
        return await self._house.shell.render(request, "agency_new.html", page, status=status)

    async def _show_one(self, request: Request, page: OnePage, *, status: int = 200) -> Response:
        return await self._house.shell.render(request, "agency_one.html", page, status=status)


def token_hex() -> str:
    """Return what tells one page of a form from another."""
    return secrets.token_hex(ONCE_BYTES)


def _ends_any(account: Account) -> bool:
    """Whether somebody ends accounts that others opened: who administers, and the crisis cell."""
    return account.may("accounts") or (account.may("vouch") and account.whole_house)


def _asked(form: FormData) -> Asked:
    given, family, profession, ward, badge = (
        " ".join(str(form.get(name, "")).split()) for name in ("given", "family", "profession", "ward", "badge")
    )
    return Asked(given, family, profession, ward, _hours(form) or 0, badge)


def _hours(form: FormData) -> int | None:
    """The hours that a form asks for; None for any that it does not offer."""
    return next((hours for hours in HOURS if str(hours) == form.get("hours")), None)
