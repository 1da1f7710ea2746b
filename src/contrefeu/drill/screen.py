"""Somebody at a screen of the ward: logs in, looks at a chart, declares downtime, as a browser would without a script.

Rules kept here:
  * The certificate is checked against the house's own CA: a drill trusts nothing that a ward PC would not.
  * One person, one session: cookies are kept as a browser keeps them.
"""

import re
from collections.abc import Mapping
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from pathlib import Path
from ssl import create_default_context
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, HTTPSHandler, ProxyHandler, build_opener

from contrefeu.base import StorageError

ANSWER_S_MAX = 30.0  # a page that takes longer is no page
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


class Screen:
    """One person's browser."""

    def __init__(self, web: str, ca: Path) -> None:
        # The certificate names localhost; the address that a node prints is the one it listens on.
        self._base = web.replace("127.0.0.1", "localhost")
        context = create_default_context(cafile=str(ca))
        self._opener = build_opener(ProxyHandler({}), HTTPSHandler(context=context), HTTPCookieProcessor(CookieJar()))

    def log_in(self, login: str, secret: str) -> None:
        """Log in.

        Raises:
            StorageError: The node did not let this person in.
        """
        _, form = self.get("/login")
        status, _ = self.post("/login", {"csrf": _token(form), "login": login, "secret": secret, "next": "/"})
        if status != 200:
            raise StorageError(f"The ward app refused the login (HTTP {status}).")

    def get(self, path: str) -> tuple[int, str]:
        """Open a page: its HTTP status and its text."""
        return self._ask(path, None)

    def post(self, path: str, form: Mapping[str, str]) -> tuple[int, str]:
        """Send a form, and follow where it leads."""
        return self._ask(path, urlencode(form).encode())

    def declare_downtime(self, reason: str) -> None:
        """Press the button.

        Raises:
            StorageError: The node did not take it.
        """
        _, page = self.get("/downtime")
        status, _ = self.post("/downtime", {"csrf": _token(page), "do": "declare", "reason": reason})
        if status != 200:
            raise StorageError(f"The ward app did not declare downtime (HTTP {status}).")

    def _ask(self, path: str, data: bytes | None) -> tuple[int, str]:
        try:
            answer: HTTPResponse = self._opener.open(urljoin(self._base, path), data, ANSWER_S_MAX)
        except HTTPError as refused:
            return refused.code, refused.read().decode(errors="replace")
        except OSError as trouble:
            raise StorageError(f"The ward app did not answer ({type(trouble).__name__}).") from None
        with answer:
            return answer.status, answer.read().decode(errors="replace")


def _token(page: str) -> str:
    found = _TOKEN.search(page)
    if found is None:
        raise StorageError("The ward app gave no form.")
    return found[1]
