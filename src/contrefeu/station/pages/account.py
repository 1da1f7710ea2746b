"""One's own account: its secret, its passkeys; and the way in by a passkey, without a name.

Rules kept here:
  * A passkey is added by its owner, logged in, with their secret typed once more: a screen left open gives none away.
  * A refused passkey says nothing of why, nor whether it is known.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from contrefeu.access import (
    LABEL_LENGTH_MAX,
    SECRET_LENGTH_MIN,
    Passkey,
    PasskeyRefused,
    Passkeys,
    credential_of,
    hash_secret,
)
from contrefeu.acts import PasskeyAdded, PasskeyRemoved, SecretChanged
from contrefeu.base import rfc3339
from contrefeu.station.house import House
from contrefeu.web import Refused, local_path, visit_of


@dataclass(frozen=True, slots=True)
class AccountPage:
    """One's own account."""

    passkeys: Sequence[Passkey]
    site: str  # that a key made at this address is bound to
    result: str = ""  # of the secret: "", "done", "wrong", "short", "differ", "same"
    passkey: str = ""  # of the passkeys: "", "added", "removed", "wrong", "refused"
    first: bool = False  # others know the secret: nothing before another one
    until: str = ""  # RFC 3339; when a temporary account ends
    length_min: int = SECRET_LENGTH_MIN
    label_max: int = LABEL_LENGTH_MAX


class AccountPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house
        settings = house.deps.settings
        self._passkeys = Passkeys(house.deps.clock, settings.node.facility, settings.web.passkey_domain)

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/account", self.account, "", ("GET", "POST")),
            page("/account/passkey/ask", self.ask_new, "", ("POST",)),
            page("/account/passkey/add", self.add, "", ("POST",)),
            page("/account/passkey/remove", self.remove, "", ("POST",)),
            Route("/login/passkey/ask", self.ask, methods=["POST"]),
            Route("/login/passkey", self.enter, methods=["POST"]),
        ]

    async def account(self, request: Request) -> Response:
        """Change one's own secret."""
        house = self._house
        if request.method == "GET":
            return await self._show(request)
        form = await request.form()
        old, new, again = (str(form.get(name, "")) for name in ("old", "new", "again"))
        login = house.account(request).login
        result = "done"
        if len(new) < SECRET_LENGTH_MIN:
            result = "short"
        elif new != again:
            result = "differ"
        elif new == old:
            result = "same"
        elif isinstance(await house.staff.enter(login, old), Refused):
            result = "wrong"
        else:
            secret_hash = await asyncio.to_thread(hash_secret, new)
            await house.staff.write(SecretChanged(login, secret_hash), login)
            house.shell.sessions.end_others(login, visit_of(request).token)
        return await self._show(request, result=result)

    async def ask_new(self, request: Request) -> Response:
        """Ask the browser for a new key."""
        account = self._house.account(request)
        return JSONResponse(self._passkeys.ask_new(_host(request), visit_of(request).csrf, account))

    async def add(self, request: Request) -> Response:
        """Take a new key, beside its owner's secret."""
        house, form = self._house, await request.form()
        login, host = house.account(request).login, _host(request)
        if house.account(request).first_code:
            raise await house.shell.refusal(request)
        label = str(form.get("label", "")).strip()[:LABEL_LENGTH_MAX]
        if isinstance(await house.staff.enter(login, str(form.get("secret", ""))), Refused):
            return await self._show(request, passkey="wrong")
        try:
            credential, key = self._passkeys.made(host, visit_of(request).csrf, _answer(form.get("answer")))
        except PasskeyRefused:
            return await self._show(request, passkey="refused")
        if await house.staff.by_passkey(credential):
            return await self._show(request, passkey="refused")
        at, site = rfc3339(house.deps.clock.now_ns()), self._passkeys.site(host)
        await house.staff.write(PasskeyAdded(login, credential, key, site, label, at), login)
        return await self._show(request, passkey="added")

    async def remove(self, request: Request) -> Response:
        """Take a key of one's own away."""
        house, form = self._house, await request.form()
        account, credential = house.account(request), str(form.get("credential", ""))
        if any(one.credential == credential for one in account.passkeys):
            await house.staff.write(PasskeyRemoved(account.login, credential), account.login)
        return await self._show(request, passkey="removed")

    async def ask(self, request: Request) -> Response:
        """Ask the browser for a key of anybody's."""
        asker = self._asker(request)
        await self._house.shell.check_form(request, asker)
        return JSONResponse(self._passkeys.ask(_host(request), asker))

    async def enter(self, request: Request) -> Response:
        """Let in whose key answered."""
        shell, asker = self._house.shell, self._asker(request)
        form = await shell.check_form(request, asker)
        target, answer = local_path(str(form.get("next", "/"))), _answer(form.get("answer"))
        found = await self._house.staff.by_passkey(credential_of(answer))
        try:
            if found is None:
                raise PasskeyRefused
            self._passkeys.check(_host(request), asker, answer, *found)
        except PasskeyRefused:
            actor = found[0] if found else None
            await shell.audit.write("login", actor, address=visit_of(request).address, what="passkey", failed=True)
            return RedirectResponse(f"/login?{urlencode({'passkey': 'refused', 'next': target})}", 303)
        return await shell.let_in(request, found[0], target, "passkey")

    def _asker(self, request: Request) -> str:
        return request.cookies.get(self._house.shell.door_cookie, "")

    async def _show(self, request: Request, *, result: str = "", passkey: str = "") -> Response:
        account = await self._house.staff.account(self._house.account(request).login)
        assert account is not None, "whoever is logged in is not disabled"
        page = AccountPage(
            account.passkeys,
            self._passkeys.site(_host(request)),
            result,
            passkey,
            first=account.first_code,
            until=account.agency_until,
        )
        wrong = result in {"wrong", "short", "differ", "same"} or passkey in {"wrong", "refused"}
        return await self._house.shell.render(request, "account.html", page, status=400 if wrong else 200)


def _host(request: Request) -> str:
    return request.headers.get("host", "")


def _answer(said: object) -> Any:
    """What a browser's form says, or None."""
    try:
        return msgspec.json.decode(str(said))
    except msgspec.DecodeError:
        return None
