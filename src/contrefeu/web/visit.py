"""One request, as the pages see it: who asks, in which language, from which screen."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from starlette.requests import Request

from contrefeu.web.fragments import Part
from contrefeu.web.language import Words
from contrefeu.web.people import Actor
from contrefeu.web.session import Session

THEMES = ("auto", "light", "night")


@dataclass(slots=True)
class Visit:
    """What the shell found out before a page is made."""

    words: Words
    theme: str
    actor: Actor | None = None
    session: Session | None = None
    token: str = ""  # of the session's cookie
    ended: str = ""  # login whose session of this screen has ended
    refresh: bool = False  # the page asks for itself again; nobody clicked
    keeps: bool = False  # the browser keeps the page for when the station is out of reach; nobody looks yet
    address: str = ""
    path: str = "/"
    looks: "dict[str, asyncio.Task[None]]" = field(default_factory=dict)  # being journaled; the page waits for them
    ahead: "asyncio.Task[Any] | None" = None  # what stands around the page, asked while the page itself is read

    @property
    def csrf(self) -> str:
        """The token that forms of this session carry."""
        return self.session.csrf if self.session else ""

    def may(self, permission: str) -> bool:
        """Whether the person may."""
        return self.actor is not None and self.actor.may(permission)

    def nav(self, waiting: int) -> Part:
        """What the list of pages depends on: role, language, the page that is open if it is listed, what waits."""
        here = "" if self.path.startswith(("/patient/", "/ward/")) else self.path
        actor = self.actor
        kind = (actor.role, bool(actor.agency_until), actor.first_code) if actor else ()
        return ("nav", kind, self.words.language, here), waiting


def visit_of(request: Request) -> Visit:
    """Return the visit that the shell laid beside *request*."""
    visit = request.state.visit
    assert isinstance(visit, Visit), "the shell's middleware goes first"
    return visit


def person(request: Request) -> tuple[Actor, Session]:
    """Return who is logged in; the route let nobody else through."""
    visit = visit_of(request)
    assert visit.actor is not None, "Shell.page lets nobody in without a login"
    assert visit.session is not None, "Shell.page lets nobody in without a session"
    return visit.actor, visit.session


def local_path(wished: str) -> str:
    """Return *wished* when it is a path of this app, else "/": a login leads to no other host."""
    if not wished.startswith("/") or wished.startswith("//") or "\\" in wished or any(ord(c) < 32 for c in wished):
        return "/"
    return wished


def login_address(path: str) -> str:
    """Return the address of the login page that comes back to *path*."""
    return "/login" if path in ("", "/") else f"/login?next={quote(path, safe='/')}"
