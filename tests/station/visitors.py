"""People at the door of the ward app, without a browser: each a client with a session of its own.

Rules kept here:
  * A visitor follows no redirect of their own accord: a test sees where a page leads.
"""

import asyncio
import re
from html import unescape
from typing import Any

from httpx import ASGITransport, AsyncClient, Response

from contrefeu.base import ManualClock
from tests.station.ward_in_memory import NOW_NS, SECRET, Charts, app, staffed

_LOOP = asyncio.new_event_loop()  # one for all visitors: what waits for a change belongs to a loop


def wait_for(coroutine: Any) -> Any:
    """Run something of the app's to its end."""
    return _LOOP.run_until_complete(coroutine)


class Visitor:
    """Somebody at one screen."""

    def __init__(self, charts: Charts, made: Any, base: str = "http://ward.example.org") -> None:
        self.charts, self.app = charts, made
        self.client = AsyncClient(transport=ASGITransport(made), base_url=base)
        self.shell = made.state.house.shell
        self.token = ""

    def get(self, path: str, **headers: str) -> Response:
        """Ask for a page; a header's name has _ for -."""
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        answer: Response = wait_for(self.client.get(path, headers=named))
        return answer

    def post(
        self, path: str, _csrf: str | None = None, _headers: dict[str, str] | None = None, **form: Any
    ) -> Response:
        """Send a form, with its session's token unless told otherwise."""
        body = {"csrf": self.csrf if _csrf is None else _csrf} | form
        answer: Response = wait_for(self.client.post(path, data=body, headers=_headers))
        return answer

    def send(self, path: str, body: bytes, method: str = "POST", **headers: str) -> Response:
        """Send bytes."""
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        answer: Response = wait_for(self.client.request(method, path, content=body, headers=named))
        return answer

    @property
    def csrf(self) -> str:
        """The token of this session."""
        session = self.shell.sessions.get(self.token, used=False)
        return session.csrf if session else ""

    def looks(self, kind: str) -> list[dict[str, Any]]:
        """The audit entries of a kind."""
        return [event for event in self.charts.audited() if event["subtype"][0]["code"] == kind]


def visitor(login: str = "", charts: Charts | None = None, clock: ManualClock | None = None, **more: Any) -> Visitor:
    """Return somebody who is logged in as *login*, without the slow part of a login; nobody for ""."""
    charts = charts or staffed(Charts())
    made = app(charts, clock=clock or ManualClock(NOW_NS), **more)
    found = Visitor(charts, made)
    if login:
        join(found, login)
    return found


def join(found: Visitor, login: str) -> None:
    """Give *found* a session of *login*."""
    found.token = found.shell.sessions.start(login)
    found.client.cookies.set(found.shell.cookie, found.token, domain="ward.example.org", path="/")


def enter(found: Visitor, login: str, secret: str = SECRET, **more: str) -> Response:
    """Come in by the login page, as a browser without JavaScript does."""
    page = found.get("/login")
    csrf = re.search(r'action="/login">\s*<input type="hidden" name="csrf" value="([^"]+)"', page.text)
    assert csrf, "the login page has a token"
    return found.post("/login", _csrf=csrf[1], login=login, secret=secret, **more)


def text_of(page: Response | str) -> str:
    """The words of a page, tags and scripts left out, blanks made one."""
    html = page if isinstance(page, str) else page.text
    html = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
