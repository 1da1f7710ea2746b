"""A restored system's FHIR R4 API: asked page by page, and told in transactions (hl7.org/fhir/R4/http.html).

Rules kept here:
  * A token leaves for the server that was named, and no other: a link to the next page elsewhere is not followed, no
    redirect is, and a token goes over https, or to this machine.
  * One page is in memory at a time.
  * Whether a transaction that had no whole answer was done is not known, and said so: it may have been.
"""

import http.client
import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec
from msgspec import Struct

from contrefeu.base import OperatorError, StorageError
from contrefeu.fhir import Json, decode

ANSWER_BYTES_MAX = 64 * 2**20  # one page, with scanned documents in it
PAGE = 200  # resources asked for at a time: a server may give fewer
PAGES_MAX = 10_000_000  # of one type: more than any hospital's; a server that gives the same page for ever ends there
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
_MIME = "application/fhir+json"
_MARKS = re.compile(r"[\\,|$]")


def token(system: str, value: str) -> str:
    """Return a number as searches name it (hl7.org/fhir/R4/search.html#escaping)."""
    return "|".join(_MARKS.sub(r"\\\g<0>", part) for part in (system, value))


class Answer(Struct, frozen=True):
    """What the server said."""

    status: int
    resource: Json

    @property
    def why(self) -> str:
        """What its OperationOutcome says, by code and place: never its words, which may quote a patient."""
        issues = self.resource.get("issue")
        found = [
            f"{one.get('code', '?')} {' '.join(map(str, one.get('expression') or []))}".strip()
            for one in (issues if isinstance(issues, list) else [])
            if isinstance(one, dict) and one.get("severity") in ("error", "fatal")
        ]
        return "; ".join(found[:3])


class FhirServer:
    """One server, over one connection at a time."""

    def __init__(self, url: str, token_file: Path | None = None, answer_s: float = 60.0) -> None:
        """Prepare; nothing is connected.

        Raises:
            OperatorError: It is no such address, or the token cannot be sent there.
        """
        parts = urlsplit(url.rstrip("/") + "/")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise OperatorError("That is no FHIR server.", safe="Nothing was asked.", next="Give http(s)://HOST/BASE.")
        self.url = parts.geturl()
        self._parts = parts
        self._answer_s = answer_s
        self._token = _token(token_file)
        if self._token and parts.scheme == "http" and parts.hostname not in _HERE:
            raise OperatorError(
                "A token is not sent over http: anybody on the way could use it.",
                safe="Nothing was sent.",
                next="Give https://…; SSL_CERT_FILE names the hospital's own authority.",
            )
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, path: str, **query: str) -> Answer:
        """Ask for a resource or a search, below the base.

        Raises:
            OSError: It does not answer.
        """
        return self._ask("GET", urljoin(self.url, path) + (f"?{urlencode(query)}" if query else ""), b"")

    def post(self, bundle: bytes) -> Answer:
        """Send a transaction.

        Raises:
            ConnectionRefusedError: Nobody listens: nothing was sent.
            OSError: It had no whole answer.
        """
        return self._ask("POST", self.url.rstrip("/"), bundle)

    def search(self, kind: str) -> Iterator[Json]:
        """Yield every resource of a type, a page at a time.

        Raises:
            Refused: The server does not give them.
            OSError: It does not answer.
        """
        found = self.get(kind, _count=str(PAGE))
        for _ in range(PAGES_MAX):
            if found.status != 200 or found.resource.get("resourceType") != "Bundle":
                raise Refused(kind, found.status)
            for entry in found.resource.get("entry") or []:
                resource = entry.get("resource")
                if isinstance(resource, dict) and resource.get("resourceType") == kind:
                    yield resource
            following = self._next(found.resource)
            if not following:
                return
            found = self._ask("GET", following, b"")

    def _next(self, bundle: Json) -> str:
        """The next page, on this server."""
        links = [str(one.get("url", "")) for one in bundle.get("link") or [] if one.get("relation") == "next"]
        link = urljoin(self.url, links[0] if links else "")
        if link == self.url:
            return ""
        there = urlsplit(link)
        if (there.scheme, there.netloc) != (self._parts.scheme, self._parts.netloc):
            raise Refused("the next page, which it says is on another server", 0)
        return link

    def _ask(self, method: str, url: str, body: bytes) -> Answer:
        parts = urlsplit(url)
        # HAPI answers a search that was asked in the last minute from memory, unless told not to.
        headers = {"Accept": _MIME, "Cache-Control": "no-cache"} | ({"Content-Type": _MIME} if body else {})
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = self._connected()
        try:
            connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body or None, headers)
            answered = connection.getresponse()
            data = answered.read(ANSWER_BYTES_MAX + 1)
        except (http.client.HTTPException, OSError) as failed:
            self.close()
            raise failed if isinstance(failed, OSError) else ConnectionResetError(type(failed).__name__) from None
        if len(data) > ANSWER_BYTES_MAX:
            self.close()
            raise ConnectionResetError("a page too large")
        return Answer(answered.status, _resource(data))

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            host, port = self._parts.hostname or "", self._parts.port
            if self._parts.scheme == "https":
                tls = ssl.create_default_context()
                self._connection = http.client.HTTPSConnection(host, port, timeout=self._answer_s, context=tls)
            else:
                self._connection = http.client.HTTPConnection(host, port, timeout=self._answer_s)
            try:
                self._connection.connect()
            except OSError as refused:
                self.close()
                raise ConnectionRefusedError(type(refused).__name__) from None
        return self._connection


class Refused(Exception):
    """The server does not give something."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(f"{what} ({status})")
        self.what, self.status = what, status


def away(url: str, why: Exception) -> StorageError:
    """The server does not answer."""
    return StorageError(
        f"The FHIR server at {urlsplit(url).netloc} does not answer ({type(why).__name__}).",
        safe="Nothing was changed there by this command.",
        next="The same command again, once it answers.",
    )


def _token(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        found = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as failed:
        raise OperatorError(
            f"{path.name} cannot be read as a token ({type(failed).__name__}).", safe="Nothing was sent."
        ) from None
    if not found or not found.isascii() or any(c.isspace() for c in found):
        raise OperatorError(f"{path.name} holds no bearer token (one line of ASCII).", safe="Nothing was sent.")
    return found


def _resource(data: bytes) -> Json:
    try:
        found = decode(data)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
