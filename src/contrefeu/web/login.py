"""Login, logout, language, theme: plain forms that need no script.

Rules kept here:
  * A refused login says neither which part was wrong nor whether the login exists.
  * Why an account was closed is said to the browser whose session ended with it: its cookie tells, no address does.
  * Each form carries a token that is also in a cookie, so that nobody is logged in from another site's page.
  * Words typed in the login field are journaled only when they are somebody's login: tired people type passwords there.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.web.language import LANGUAGES
from contrefeu.web.people import Closed, Refused
from contrefeu.web.shell import Shell
from contrefeu.web.visit import THEMES, local_path, login_address, visit_of

LOGIN_LENGTH_MAX = 64  # characters; what enrolment allows
_YEAR_S = 365 * 86_400


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """An account that a demo shows on its login page."""

    login: str
    secret: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class LoginPage:
    """What the login page shows."""

    csrf: str
    next: str
    login: str = ""
    refused: bool = False
    wait_s: int = 0
    ended: bool = False  # a form was sent after the session's end
    kept: bool = False  # and what was typed comes back after the login
    demo: Sequence[DemoLogin] = ()
    passkey_refused: bool = False
    closed: Closed | None = None  # why the account of this browser's session lets nobody in any more


class LoginPages:
    """The way in and out."""

    def __init__(self, shell: Shell, demo: Sequence[DemoLogin] = ()) -> None:
        self._shell = shell
        self._demo = demo

    def routes(self) -> list[Route]:
        """Return their routes."""
        return [
            Route("/login", self.form, methods=["GET"]),
            Route("/login", self.enter, methods=["POST"]),
            self._shell.page("/logout", self.leave, methods=["POST"]),
            Route("/choose", self.choose, methods=["POST"]),
        ]

    async def form(self, request: Request) -> Response:
        """Show the form."""
        said = request.query_params.get("ended", "")
        target = local_path(request.query_params.get("next", "/"))
        refused = request.query_params.get("passkey") == "refused"
        closed = await self._closed(request)
        kept = said == "kept" and closed is None
        return await self._show(
            request, target, ended=said in {"1", "kept"} and not kept, kept=kept, passkey_refused=refused, closed=closed
        )

    async def _closed(self, request: Request) -> Closed | None:
        """Why the account of the session that this browser had lets nobody in."""
        login = self._shell.sessions.was_of(request.cookies.get(self._shell.cookie, ""))
        return await self._shell.setting.door.closed(login) if login else None

    async def enter(self, request: Request) -> Response:
        """Take the form."""
        form = await self._shell.check_form(request, request.cookies.get(self._shell.door_cookie, ""))
        login = str(form.get("login", "")).strip()[:LOGIN_LENGTH_MAX]
        secret = str(form.get("secret", ""))
        target = local_path(str(form.get("next", "/")))
        visit = visit_of(request)
        door, audit = self._shell.setting.door, self._shell.audit
        actor = await door.enter(login, secret)
        if isinstance(actor, Refused) or actor.role == "system":  # a machine has no screen
            known = await door.named(login)
            await audit.write("login", known, address=visit.address, failed=True)
            wait_s = actor.wait_s if isinstance(actor, Refused) else 0
            return await self._show(request, target, login=login, refused=True, wait_s=wait_s)
        return await self._shell.let_in(request, actor, target)

    async def leave(self, request: Request) -> Response:
        """End the session; at a shared screen the next person goes on where it was."""
        visit = visit_of(request)
        self._shell.sessions.end(visit.token)
        await self._shell.audit.write("logout", visit.actor, address=visit.address)
        form = await request.form()
        response = RedirectResponse(login_address(local_path(str(form.get("next", "/")))), 303)
        self._shell.forget_cookie(response, self._shell.cookie)
        return response

    async def choose(self, request: Request) -> Response:
        """Keep the language or the theme that the person chose."""
        visit = visit_of(request)
        token = visit.csrf or request.cookies.get(self._shell.door_cookie, "")
        form = await self._shell.check_form(request, token)
        response = RedirectResponse(local_path(str(form.get("next", "/"))), 303)
        if form.get("lang") in LANGUAGES:
            self._shell.set_cookie(response, "lang", str(form["lang"]), max_age=_YEAR_S)
        if form.get("theme") in THEMES:
            self._shell.set_cookie(response, "theme", str(form["theme"]), max_age=_YEAR_S)
        return response

    async def _show(
        self,
        request: Request,
        target: str,
        *,
        login: str = "",
        refused: bool = False,
        wait_s: int = 0,
        ended: bool = False,
        kept: bool = False,
        passkey_refused: bool = False,
        closed: Closed | None = None,
    ) -> Response:
        csrf = request.cookies.get(self._shell.door_cookie) or secrets.token_urlsafe(24)
        page = LoginPage(csrf, target, login, refused, wait_s, ended, kept, self._demo, passkey_refused, closed)
        response = await self._shell.render(request, "login.html", page, status=401 if refused else 200)
        self._shell.set_cookie(response, self._shell.door_cookie, csrf)
        return response
