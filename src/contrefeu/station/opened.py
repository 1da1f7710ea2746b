"""Documents that were sealed to a role, while somebody who has its words reads them (F45).

Rules kept here:
  * What was opened is in this process's memory, for the session that opened it, for OPEN_S; it is written nowhere.
  * A wrong try is counted against its author, whatever the document.
"""

import asyncio

from msgspec.structs import replace

from contrefeu.access import Lockout
from contrefeu.base import Clock
from contrefeu.custody import open_role_key, open_sealed
from contrefeu.journal import Entry, read_sealed
from contrefeu.web import Session

OPEN_S = 600  # s; a report is read in less, and a screen that somebody leaves shows it no longer
OPENED_BYTES_MAX = 128 * 2**20  # of all that is open: two of the longest documents
_NS = 1_000_000_000


class OpenedDocuments:
    """What is open now."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lockout = Lockout(clock)
        self._trying = asyncio.Lock()  # one at a time: a try takes 64 MiB
        self._open: dict[tuple[str, str], tuple[Entry, int]] = {}

    def get(self, session: Session, ref: str) -> Entry | None:
        """Return an entry as it came, when this session has opened it."""
        self._close_old()
        found = self._open.get((session.csrf, ref))
        return found[0] if found is not None else None

    def close(self, session: Session, ref: str) -> None:
        """Forget what was opened."""
        self._open.pop((session.csrf, ref), None)

    def wait_s(self, login: str) -> int:
        """Seconds before *login* may try again; 0 when it may now."""
        return self._lockout.wait_s(login)

    async def open(self, session: Session, entry: Entry, words: str) -> bool:
        """Open *entry* with a role's words; whether they are the right ones."""
        self._lockout.tried(session.login)
        async with self._trying:
            found = await asyncio.to_thread(_opened, entry, words)
        if found is None:
            return False
        self._lockout.succeeded(session.login)
        self._open[session.csrf, entry.ref] = (found, self._clock.now_ns() + OPEN_S * _NS)
        asyncio.get_running_loop().call_later(OPEN_S + 1, self._close_old)  # nobody may ask again
        while sum(len(one.body) for one, _ in self._open.values()) > OPENED_BYTES_MAX and len(self._open) > 1:
            del self._open[next(iter(self._open))]
        return True

    def _close_old(self) -> None:
        now_ns = self._clock.now_ns()
        for key in [key for key, (_, until_ns) in self._open.items() if until_ns < now_ns]:
            del self._open[key]


def _opened(entry: Entry, words: str) -> Entry | None:
    document = read_sealed(entry.body)
    if document is None:
        return None
    pair = open_role_key(document.head.role, document.head.lock, words)
    body = open_sealed(document, pair) if pair is not None else None
    return replace(entry, media_type=document.head.media_type, body=body) if body is not None else None
