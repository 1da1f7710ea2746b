"""The shell that every page stands in: session, permission, audit, language, templates.

Rules kept here:
  * A page is made for somebody who is logged in and whose role gives its permission, or not at all.
  * A form is taken only with its session's token, and from our own origin.
  * What is looked at is journaled before it is sent (audit.py); so is what was refused.
  * Every page says how far the charts have been read, and when they do not answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import tzinfo
from hmac import compare_digest
from operator import attrgetter
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from jinja2 import BaseLoader
from prometheus_client import CollectorRegistry
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartParser
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contrefeu.base import Clock
from contrefeu.fhir import encode, outcome
from contrefeu.journal import MEDIA_FHIR
from contrefeu.web.audit import AuditLog
from contrefeu.web.drafts import Drafts
from contrefeu.web.fragments import Fragments, Part
from contrefeu.web.headers import security_headers
from contrefeu.web.language import Words, negotiate
from contrefeu.web.mount import Due
from contrefeu.web.people import Actor, Appender, Door
from contrefeu.web.problem import FORBIDDEN, STALE_FORM, TOO_LARGE, Problem, problem_of
from contrefeu.web.session import Sessions
from contrefeu.web.static import StaticFiles
from contrefeu.web.templates import Templates
from contrefeu.web.tokens import Tokens
from contrefeu.web.visit import THEMES, Visit, login_address, visit_of

_pack = msgspec.msgpack.Encoder().encode
_MINUTE_NS = 60 * 10**9
Handler = Callable[[Request], Awaitable[Response]]
# Status -> OperationOutcome.issue.code (hl7.org/fhir/R4/valueset-issue-type.html)
ISSUES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    413: "too-long",
    415: "not-supported",
    501: "not-supported",
    503: "transient",
}
FORM_BYTES_MAX = 64 * 1024  # bytes of a form: the longest reason with every ward ticked is a tenth of it
UPLOAD_BYTES_MAX = 20 * 2**20  # bytes of a form with a picture: a telephone's photograph is 3 to 12 MB
MultiPartParser.spool_max_size = UPLOAD_BYTES_MAX  # a picture of a patient's page never lies unsealed on a disk


@dataclass(frozen=True, slots=True)
class Seen:
    """An alarm of the watch that nobody has closed."""

    rule: str
    subject: str  # "" where the reader of a page need not know whom it is about
    severity: str
    since: str  # RFC 3339
    by: str = ""  # who is on it; "" for nobody


@dataclass(frozen=True, slots=True)
class Urgent:
    """A result that somebody must acknowledge: on every page until a named person does (D5)."""

    kind: str  # "critical" or "corrected"
    patient: str  # chart id
    place: str  # "" when the patient has left
    name: str
    what: str
    value: str
    at: str  # RFC 3339
    address: str  # where it is acknowledged
    escalated: bool
    ward: str = ""  # "" when the patient has left
    received: str = ""  # RFC 3339


@dataclass(frozen=True, slots=True)
class Corrected:
    """A result that was corrected after this person had looked at it: on every page until they say "seen" (F7)."""

    patient: str  # chart id
    name: str
    what: str
    old: str
    now: str
    at: str  # RFC 3339: when it was measured
    resource: str
    entry: str  # that corrected it


@dataclass(frozen=True, slots=True)
class UrgentWard:
    """The results of one ward that somebody must acknowledge, in one line."""

    ward: str  # "" for patients who have left
    count: int
    late: int  # of them: nobody acknowledged them in time
    newest: Urgent


@dataclass(frozen=True, slots=True)
class Writes:
    """Where a ward writes in a downtime: "paper", "screen", or "record" for its record system (F3)."""

    ward: str  # "": the whole hospital
    medium: str
    apart: tuple[tuple[str, str], ...] = ()  # in words, what is written elsewhere than that, and where


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the content of every page."""

    as_of_time: str = ""  # RFC 3339; "" before the first entry, or when the charts do not answer
    as_of_entry: str = ""  # journal/sequence
    answers: bool = True  # whether the charts answered
    exercise: bool = False  # the world shown is T: an exercise (F33)
    both_worlds: bool = False  # there is an exercise beside real patients
    downtime_since: str = ""  # RFC 3339; "" in normal times
    downtime_media: tuple[Writes, ...] = ()
    troubles: Mapping[str, str] = field(default_factory=dict)  # journal that is not read on -> kind of error
    restoring_since: str = ""  # RFC 3339: only what was received from then on is there; "" when all of it is
    restoring: tuple[int, int] = (0, 0)  # entries that are there, and that there are
    restoring_present: bool = False  # whether all that names who was present is there too
    closes: str = ""  # RFC 3339: this person's temporary account ends then, soon
    watch: Sequence[Seen] = ()  # alarms that stand on every page, the gravest first
    watch_more: int = 0  # further ones
    urgent: tuple[Urgent, ...] = ()  # what this person must acknowledge, shown in full
    urgent_wards: tuple[UrgentWard, ...] = ()  # the rest of it, a line a ward
    corrected: tuple[Corrected, ...] = ()  # what this person saw and was corrected since; the newest few
    corrected_count: int = 0  # all of them

    @property
    def urgent_count(self) -> int:
        """How many results this person must acknowledge."""
        return len(self.urgent) + sum(one.count for one in self.urgent_wards)

    alarms: Mapping[str, str] = field(
        default_factory=dict
    )  # journal -> why it cannot write, or was left (label "alarm"); vault -> why it protects nobody
    dues: Sequence[Due] = ()  # deadlines that run, for those whose work they are


_standing = attrgetter(*(one.name for one in fields(Around) if not one.name.startswith("as_of")))


@dataclass(frozen=True, slots=True)
class Setting:
    """What the shell is given."""

    door: Door
    appender: Appender
    clock: Clock
    zone: tzinfo
    facility: str
    observer: str  # the node, in audit entries
    language: str
    idle_s: float
    secure: bool
    around: Callable[[Visit], Awaitable[Around]]
    live: Callable[[], int]  # change number of the charts, as known now
    loaders: Sequence[BaseLoader]
    registry: CollectorRegistry
    world: str = ""  # what everybody looks at first: "T" in a home of exercises, and nothing else then (G2)
    audit: Appender | None = None  # the audit's own journal; the appender's when None
    common: Mapping[str, object] = field(default_factory=dict)  # further names for templates


class Shell:
    """Makes pages; one for an app."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.sessions = Sessions(setting.clock, setting.idle_s, setting.world)
        self.tokens = Tokens(setting.clock)
        self.drafts = Drafts(setting.clock)
        self.audit = AuditLog(
            setting.audit or setting.appender, setting.clock, setting.observer, setting.registry, setting.facility
        )
        self.static = StaticFiles()
        self.doors: dict[str, str] = {}  # path of a page -> the permission that it asks for; "" for everybody
        prefix = "__Host-" if setting.secure else ""  # RFC 6265bis, 4.1.3.2: no neighbour's page can set it
        self.cookie, self.door_cookie = f"{prefix}contrefeu", f"{prefix}contrefeu-login"
        self.draft_cookie = f"{prefix}contrefeu-draft"
        self.templates = Templates(
            setting.loaders,
            {"static": self.static.url, "facility": setting.facility, "once": Fragments(), **setting.common},
        )

    def page(
        self,
        path: str,
        handler: Handler,
        permission: str = "",
        methods: Sequence[Literal["GET", "POST"]] = ("GET",),
        *,
        keeps: bool = False,
        bytes_max: int = FORM_BYTES_MAX,
    ) -> Route:
        """Return the route of a page for people who are logged in and may *permission* ("" for everybody).

        With *keeps*, what is sent to it after the session's end is kept for its author (`draft`). A form of more than
        *bytes_max* is refused unread.
        """

        async def guarded(request: Request) -> Response:
            visit = visit_of(request)
            if visit.actor is None or visit.session is None:
                if request.method == "POST" and keeps and visit.ended:
                    return await self._kept(request, visit)
                return _to_login(request, visit)
            if permission and visit.actor.first_code:
                return RedirectResponse("/account", 303)  # nothing before their own code
            if permission and not visit.actor.may(permission):
                raise await self.refusal(request)
            if request.method == "POST":
                await self.check_form(request, visit.csrf, bytes_max)
                return await self._once_journaled(visit, handler(request))
            visit.ahead = asyncio.ensure_future(self._around(visit))
            try:
                return await self._once_journaled(visit, handler(request))
            finally:
                visit.ahead.cancel()
                visit.ahead = None

        self.doors.setdefault(path, permission)
        return Route(path, guarded, methods=list(methods))

    async def _kept(self, request: Request, visit: Visit) -> Response:
        """Keep a form whose session has ended, and let its author log in again: nothing was done yet."""
        if not _is_short(request):
            return _to_login(request, visit)
        form = await request.form()
        address = _address(request)
        values = {name: text for name, text in form.items() if isinstance(text, str)}
        response = RedirectResponse(f"{login_address(address)}&ended=kept", 303)
        self.set_cookie(response, self.draft_cookie, self.drafts.keep(visit.ended, address, values), max_age=3600)
        return response

    def draft(self, request: Request) -> dict[str, str] | None:
        """Return what this person had typed here when their session ended, once; None when there is nothing."""
        held, visit = request.cookies.get(self.draft_cookie, ""), visit_of(request)
        return self.drafts.take(held, visit.actor.login, _address(request)) if held and visit.actor else None

    async def refusal(self, request: Request) -> Problem:
        """Journal that the person was refused, and return the problem to raise."""
        visit = visit_of(request)
        await self.audit.write("act", visit.actor, address=visit.address, what=visit.path, failed=True)
        return FORBIDDEN

    async def check_form(self, request: Request, csrf: str, bytes_max: int = FORM_BYTES_MAX) -> FormData:
        """Return the form of *request*.

        Raises:
            Problem: It does not come from a page of ours.
        """
        origin = request.headers.get("origin")
        if origin and urlsplit(origin).netloc != request.headers.get("host", ""):
            raise STALE_FORM
        if not _is_short(request, bytes_max):
            raise TOO_LARGE
        form = await request.form()
        if not csrf or not compare_digest(str(form.get("csrf", "")).encode(), csrf.encode()):
            raise STALE_FORM
        return form

    async def render(
        self,
        request: Request,
        template: str,
        page: object,
        *,
        status: int = 200,
        exercise: bool | None = None,
        framed: bool = False,
    ) -> HTMLResponse:
        """Return the page that *template* makes of *page*.

        Args:
            request: Who asks for it.
            template: Its name.
            page: What it shows.
            status: HTTP status.
            exercise: Whether what it shows is an exercise's; None for the world that the person looks at (F33).
            framed: Whether what stands around it says nothing of the page itself, and is remembered.
        """
        visit = visit_of(request)
        around = await (visit.ahead or self._around(visit))
        if exercise is not None and exercise != around.exercise:
            around = replace(around, exercise=exercise)
        now_ns, gap = self.setting.clock.now_ns(), self.audit.gap
        values = {"page": page, "visit": visit, "around": around, "now_ns": now_ns, "audit_gap": gap}
        values["live"] = str(self.setting.live())
        values["surround"] = _surround(visit, around, now_ns, gap) if framed else _no_part
        return HTMLResponse(self.templates.render(template, visit.words, values), status_code=status)

    async def _around(self, visit: Visit) -> Around:
        return await self.setting.around(visit)

    def look(self, request: Request, kind: str, *, patient: str = "", what: str = "", query: str = "") -> None:
        """Journal that the person looks at something; a page that refreshes itself is the same look.

        The page is made meanwhile, and sent once the entry is on disk: a Problem in its place when it cannot be.
        """
        visit = visit_of(request)
        assert visit.session is not None, "Shell.page lets nobody in without a session"
        kind = "keep" if visit.keeps else kind
        look = f"{'keep ' if visit.keeps else ''}{visit.path}?{query}#{patient}"  # a page may be of several patients
        if look not in visit.looks and self.audit.due(visit.session, look, refresh=visit.refresh):
            written = self.audit.write(
                kind,
                visit.actor,
                address=visit.address,
                patient=patient,
                what=what,
                query=query,
                emergency=patient in visit.session.opened,
            )
            visit.looks[look] = asyncio.ensure_future(written)

    async def _once_journaled(self, visit: Visit, page: Awaitable[Response]) -> Response:
        """Return *page* once each look that it is stands in the journal.

        Raises:
            Problem: One cannot be journaled: the page may not be shown.
        """
        assert visit.session is not None, "whoever looks is logged in"
        try:
            response = await page
        finally:
            failed = await asyncio.gather(*visit.looks.values(), return_exceptions=True)
            for look, failure in zip(visit.looks, failed, strict=True):
                if failure is None:
                    self.audit.done(visit.session, look)
        for failure in failed:
            if failure is not None:
                raise failure
        return response

    def set_cookie(self, response: Response, name: str, value: str, *, max_age: int | None = None) -> None:
        """Set a cookie that scripts cannot read and other sites cannot send."""
        response.set_cookie(
            name, value, max_age=max_age, path="/", secure=self.setting.secure, httponly=True, samesite="strict"
        )

    def forget_cookie(self, response: Response, name: str) -> None:
        """Take a cookie back."""
        response.delete_cookie(name, path="/", secure=self.setting.secure, httponly=True, samesite="strict")

    async def let_in(self, request: Request, actor: Actor, target: str, what: str = "") -> Response:
        """Begin a session of *actor* in place of whoever's was there, and lead to *target*; *what* let them in."""
        visit = visit_of(request)
        await self.audit.write("login", actor, address=visit.address, what=what)
        if visit.token:
            self.sessions.end(visit.token)
        response = RedirectResponse(target, 303)
        self.set_cookie(response, self.cookie, self.sessions.start(actor.login))
        self.forget_cookie(response, self.door_cookie)
        return response

    async def visit(self, scope: Scope) -> Visit:
        """Find out who asks."""
        connection = HTTPConnection(scope)
        cookies, headers = connection.cookies, connection.headers
        language = negotiate(cookies.get("lang"), headers.get("accept-language", ""), self.setting.language)
        theme = cookies.get("theme", "auto")
        query = connection.query_params
        keeps = headers.get("x-keep") == "1"
        refresh = keeps or "1" in (headers.get("x-refresh"), query.get("refresh")) or scope["path"] == "/changes"
        visit = Visit(
            words=Words(language, self.setting.zone),
            theme=theme if theme in THEMES else "auto",
            refresh=refresh,
            keeps=keeps,
            address=scope["client"][0] if scope.get("client") else "",
            path=scope["path"],
        )
        if scope["path"].startswith("/static/"):
            return visit
        token = cookies.get(self.cookie, "")
        active = not refresh or query.get("active") == "1"
        session = self.sessions.get(token, used=active) if token else None
        if token and session is None:
            visit.ended = self.sessions.ended(token)
        if session is not None:
            visit.actor = await self.setting.door.actor(session.login)
            if visit.actor is None:
                self.sessions.shut(token)
            else:
                visit.session, visit.token = session, token
        return visit

    async def bearer(self, scope: Scope) -> Actor | None:
        """Return the machine that a bearer token names."""
        kind, _, token = HTTPConnection(scope).headers.get("authorization", "").partition(" ")
        login = self.tokens.login(token) if kind.casefold() == "bearer" else None
        return await self.setting.door.actor(login) if login else None

    def _outcome(self, request: Request, found: Problem) -> Response:
        words = visit_of(request).words
        text = " ".join(words(part) for part in (found.what, found.next) if part)
        said = outcome("error", ISSUES.get(found.status, "exception"), text)
        headers = {"www-authenticate": 'Bearer realm="contrefeu"'} if found.status == 401 else {}
        if found.status == 503:
            headers["retry-after"] = "5"
        return Response(encode(said), found.status, headers, MEDIA_FHIR)

    async def problem(self, request: Request, found: Problem) -> Response:
        """Return the page that says *found*."""
        if request.url.path.startswith("/fhir"):
            return self._outcome(request, found)
        if _wants_json(request):
            return JSONResponse({"problem": found.what, "safe": found.safe, "next": found.next}, found.status)
        return await self.render(request, "problem.html", found, status=found.status)


class ShellMiddleware:
    """Lays a visit beside each request, headers on each answer, and a page over each failure."""

    def __init__(self, app: ASGIApp, shell: Shell) -> None:
        self._app = app
        self._shell = shell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, ours = False, security_headers(scope["path"])

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = message["headers"]
                there = {name for name, _ in headers}
                message["headers"] = [*headers, *(one for one in ours if one[0] not in there)]
            await send(message)

        request = Request(scope, receive)
        request.state.visit = Visit(Words(self._shell.setting.language, self._shell.setting.zone), "auto")
        try:
            request.state.visit = visit = await self._shell.visit(scope)
            request.state.actor = visit.actor or await self._shell.bearer(scope)
            await self._app(scope, receive, sending)
        except Exception as found:
            if started:
                raise
            response = await self._shell.problem(request, problem_of(found))
            await response(scope, receive, sending)


def _no_part(_: str) -> None:
    """No part is remembered."""


def _surround(visit: Visit, around: Around, now_ns: int, gap: int) -> Callable[[str], Part | None]:
    """Return what each piece around a page depends on: whose session, which page, and all that stands there now.

    Nothing is remembered while a deadline runs, whose hours and minutes change at any instant; of all else the clock
    changes the day alone.
    """
    if visit.session is None or around.dues:
        return _no_part
    place = (visit.session.csrf, visit.path, visit.words.language, visit.theme)
    state = (visit.actor, now_ns // _MINUTE_NS, gap, _pack(_standing(around)))
    return lambda name: ((name, place), state)


def _to_login(request: Request, visit: Visit) -> Response:
    if any(request.headers.get(name) for name in ("x-refresh", "x-keep")) or _wants_json(request):
        return JSONResponse({"problem": "login"}, 401)  # a door shown unseen would change the token of the one seen
    if request.method != "GET":
        return RedirectResponse("/login?ended=1", 303)  # a form of a session that has ended: nothing was done
    query = request.url.query if not visit.refresh else ""
    return RedirectResponse(login_address(request.url.path + (f"?{query}" if query else "")), 303)


def _is_short(request: Request, bytes_max: int = FORM_BYTES_MAX) -> bool:
    """Whether a form says that it is short enough to be read."""
    length = request.headers.get("content-length", "")
    return length.isascii() and length.isdigit() and int(length) <= bytes_max


def _address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _wants_json(request: Request) -> bool:
    return request.url.path == "/changes" or request.headers.get("accept", "").startswith("application/json")
