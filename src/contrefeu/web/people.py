"""Who is asking, as the shell sees them: `access` says who they are, the station passes it in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


class Actor(Protocol):
    """Somebody, or a machine, who is logged in."""

    @property
    def login(self) -> str:
        """Unique name; the source of their entries is user/<login>."""
        ...

    @property
    def name(self) -> str:
        """As people call them."""
        ...

    @property
    def role(self) -> str:
        """Role in access/roles.py."""
        ...

    @property
    def wards(self) -> Sequence[str]:
        """Wards of the account; "*" is every ward."""
        ...

    @property
    def agency_until(self) -> str:
        """When a temporary account ends (RFC 3339); "" for any other."""
        ...

    @property
    def first_code(self) -> bool:
        """Whether others know the secret: its owner changes it before anything else."""
        ...

    def may(self, permission: str) -> bool:
        """Whether the role gives *permission*."""
        ...

    def in_scope(self, ward: str) -> bool:
        """Whether a patient of *ward* is in their care."""
        ...


@dataclass(frozen=True, slots=True)
class Refused:
    """A login that was not let in. It never says which of login and secret was wrong."""

    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class Closed:
    """Why an account lets nobody in: said to the browser whose session ended with it, and to no other."""

    why: Literal["over", "ended", "not-on", "closed"]  # a temporary one: at its hour, before it, not yet; any other
    at: str = ""  # RFC 3339: its hour


class Door(Protocol):
    """Lets people in, and tells whether they still may be."""

    async def enter(self, login: str, secret: str) -> Actor | Refused:
        """Check a login and a secret."""
        ...

    async def named(self, typed: str) -> Actor | None:
        """Return whom a login, or a badge, names; None for nobody, and for who is disabled."""
        ...

    async def actor(self, login: str) -> Actor | None:
        """Return who *login* is now, or None once they are disabled."""
        ...

    async def closed(self, login: str) -> Closed | None:
        """Return why *login* lets nobody in; None when it does."""
        ...


class Appender(Protocol):
    """The station's journal, as those who write to it see it."""

    async def append(self, source: str, media_type: str, body: bytes) -> str:
        """Append one entry and return its journal/sequence once it is on disk."""
        ...
