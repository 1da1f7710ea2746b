"""OAuth2 client credentials for machines of role "system" (RFC 6749, section 4.4).

Rules kept here:
  * A token is 256 random bits in memory, kept as its SHA-256, good for TOKEN_S.
  * A token given out and one refused are entries, as a login is.
  * Client and secret are an account's: disabled there, its tokens open nothing.
"""

import secrets
from base64 import b64decode
from binascii import Error
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contrefeu.base import Clock
from contrefeu.web.people import Refused
from contrefeu.web.visit import visit_of

if TYPE_CHECKING:
    from contrefeu.web.shell import Shell

TOKEN_S = 3600  # s; RFC 6749 leaves it to us: a stolen token dies within the hour
TOKEN_BYTES_MAX = 8 * 1024  # bytes of a request for a token: a client's name, its secret, a scope
TOKENS_MAX = 10_000  # tokens in force: a hundred machines that ask for one a minute; past it the oldest end


class Tokens:
    """Tokens that were given out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_hash: dict[bytes, tuple[str, int]] = {}

    def issue(self, login: str) -> str:
        """Return a new token for *login*."""
        token = secrets.token_urlsafe(32)
        until_ns = self._clock.now_ns() + TOKEN_S * 1_000_000_000
        self._by_hash[sha256(token.encode()).digest()] = (login, until_ns)
        if len(self._by_hash) > TOKENS_MAX:
            del self._by_hash[next(iter(self._by_hash))]
        return token

    def login(self, token: str) -> str | None:
        """Return whose token it is, or None."""
        login, until_ns = self._by_hash.get(sha256(token.encode()).digest(), ("", 0))
        return login if login and self._clock.now_ns() < until_ns else None


async def token_endpoint(request: Request, shell: "Shell") -> Response:
    """Answer POST /oauth/token."""
    length = request.headers.get("content-length", "")
    if not length.isascii() or not length.isdigit() or int(length) > TOKEN_BYTES_MAX:
        return _error("invalid_request", 400)
    form = await request.form()
    if form.get("grant_type") != "client_credentials":
        return _error("unsupported_grant_type", 400)
    client, secret = _credentials(request) or (str(form.get("client_id", "")), str(form.get("client_secret", "")))
    door, address = shell.setting.door, visit_of(request).address
    actor = await door.enter(client, secret)
    if isinstance(actor, Refused) or not actor.may("fhir"):
        await shell.audit.write("login", await door.actor(client), address=address, failed=True)
        return _error("invalid_client", 401)
    await shell.audit.write("login", actor, address=address)
    token = shell.tokens.issue(actor.login)
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_S, "scope": "system/*.*"}
    return JSONResponse(answer, headers={"cache-control": "no-store", "pragma": "no-cache"})


def _credentials(request: Request) -> tuple[str, str] | None:
    """HTTP Basic, form-encoded inside (RFC 6749, section 2.3.1)."""
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.casefold() != "basic":
        return None
    try:
        client, _, secret = b64decode(encoded, validate=True).decode().partition(":")
    except (Error, UnicodeDecodeError):
        return None
    return unquote_plus(client), unquote_plus(secret)


def _error(code: str, status: int) -> Response:
    headers = {"cache-control": "no-store"}
    if status == 401:
        headers["www-authenticate"] = 'Basic realm="contrefeu"'
    return JSONResponse({"error": code}, status, headers=headers)
