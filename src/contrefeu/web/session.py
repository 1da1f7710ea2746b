"""Sessions: random, opaque, in this process's memory only.

Rules kept here:
  * The cookie holds 256 random bits and nothing else; this process keeps its SHA-256, so a memory dump of the table
    opens no session.
  * A session ends after `idle_s` without an act of its person. A page that refreshes itself is not an act.
  * It ends anyway after SESSION_HOURS_MAX: longer than any shift.
  * A restart of the ward app ends them all: a login takes ten seconds, a stolen session file would last.
"""

import secrets
from dataclasses import dataclass, field
from hashlib import sha256

from contrefeu.base import Clock

SESSION_HOURS_MAX = 14  # h; longer than any shift, with its hand-over
SEARCHES_MAX = 50  # of a session, kept so that no name stands in an address: more than anybody goes back to
SESSIONS_MAX = 20_000  # staff of a large hospital twice over; past it the oldest end

_NS = 1_000_000_000


@dataclass(slots=True)
class Session:
    """One person at one screen."""

    login: str
    csrf: str
    started_ns: int
    used_ns: int
    opened: dict[str, int] = field(default_factory=dict)  # glass broken in this session: chart id -> when (ns)
    audited: dict[str, int] = field(default_factory=dict)  # what was looked at: path -> when it was last journaled (ns)
    searches: dict[str, str] = field(default_factory=dict)  # what was searched: number in the address -> words
    pages_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)  # of pages a browser keeps
    world: str = ""  # "T" when the person chose the exercise beside real patients (F33), and in an exercise's home

    def searched(self, query: str) -> str:
        """Keep what was searched; returns the number that stands for it in an address."""
        number = str(int(next(reversed(self.searches), "0")) + 1)
        self.searches[number] = query
        if len(self.searches) > SEARCHES_MAX:
            del self.searches[next(iter(self.searches))]
        return number


class Sessions:
    """Everybody who is logged in at this node."""

    def __init__(self, clock: Clock, idle_s: float, world: str = "") -> None:
        self._clock = clock
        self._world = world
        self._idle_ns = int(idle_s * _NS)
        self._by_hash: dict[bytes, Session] = {}
        self._ended: dict[bytes, str] = {}  # whose they were that ended of themselves
        self._shut: dict[bytes, str] = {}  # whose they were that ended with their account

    def start(self, login: str) -> str:
        """Begin a session and return the token for its cookie."""
        token = secrets.token_urlsafe(32)
        now = self._clock.now_ns()
        self._by_hash[_hash(token)] = Session(login, secrets.token_urlsafe(24), now, now, world=self._world)
        if len(self._by_hash) > SESSIONS_MAX:
            del self._by_hash[next(iter(self._by_hash))]
        return token

    def get(self, token: str, *, used: bool) -> Session | None:
        """Return the session of *token*, or None once it has ended; *used* says that somebody acted."""
        key = _hash(token)
        session = self._by_hash.get(key)
        if session is None:
            return None
        now = self._clock.now_ns()
        if now - session.used_ns > self._idle_ns or now - session.started_ns > SESSION_HOURS_MAX * 3600 * _NS:
            del self._by_hash[key]
            self._ended[key] = session.login
            if len(self._ended) > SESSIONS_MAX:
                del self._ended[next(iter(self._ended))]
            return None
        if used:
            session.used_ns = now
        return session

    def ended(self, token: str) -> str:
        """Return whose session *token* was, when it ended because nobody used it; "" for any other."""
        return self._ended.get(_hash(token), "")

    def shut(self, token: str) -> None:
        """End the session of *token*: its person's account lets nobody in any more."""
        key = _hash(token)
        session = self._by_hash.pop(key, None)
        if session is not None:
            self._shut[key] = session.login
            if len(self._shut) > SESSIONS_MAX:
                del self._shut[next(iter(self._shut))]

    def was_of(self, token: str) -> str:
        """Return whose session *token* was, when it ended without its person's doing; "" for any other."""
        key = _hash(token)
        return self._shut.get(key) or self._ended.get(key, "")

    def end(self, token: str) -> None:
        """End the session of *token*."""
        self._by_hash.pop(_hash(token), None)

    def end_others(self, login: str, token: str) -> None:
        """End the sessions of *login* at other screens than *token*'s: their secret has changed."""
        mine = _hash(token)
        for key in [key for key, session in self._by_hash.items() if session.login == login and key != mine]:
            del self._by_hash[key]

    def __len__(self) -> int:
        return len(self._by_hash)


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
