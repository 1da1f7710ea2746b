"""Temporary accounts: who was let in by two, on which ward, until when (FIELD F20). A pure fold, beside accounts.py.

Rules kept here:
  * Two different accounts, both of people who count then, neither temporary, both of a role that may vouch; a physician
    is let in by two of whom one is a physician. What two others said lets nobody in, and is kept to be looked at.
  * It ends HOURS_MAX after its two said so, whatever the act says; said again by two before it ends, it goes on.
  * Its login is nobody else's, and its badge was nobody's: it takes nothing from anybody.
  * It counts from a little before it was made until its end, by the latest time that a station knows of: a clock that
    is set back brings nobody back.
  * Until its owner has changed the code that its two makers saw, it opens nothing but that.
"""

from dataclasses import dataclass

from contrefeu.acts import ROLE_OF, Profession, TemporaryAccountMade, TemporaryAccountProlonged, plain_login
from contrefeu.base import parse_rfc3339, rfc3339

HOURS_MAX = 24  # h; past a day somebody who enrols people is at hand, or two say it again
OPEN_MAX = 6  # temporary accounts at a time on one ward: a night's whole team; more is no help that came, but a breach
SKEW_S_MAX = 600  # s; a station that reads another's account may be this much behind it
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Vouched:
    """One word of two: that made a temporary account, or prolonged it."""

    by: str  # login
    second: str  # login
    at_ns: int
    until_ns: int  # at most HOURS_MAX after

    @property
    def at(self) -> str:
        """When they said it (RFC 3339)."""
        return rfc3339(self.at_ns)

    @property
    def until(self) -> str:
        """Until when it holds (RFC 3339)."""
        return rfc3339(self.until_ns)


@dataclass(frozen=True, slots=True)
class Temporary:
    """What makes an account a temporary one."""

    ward: str
    profession: Profession
    first_hash: str  # of the code that its makers saw
    words: tuple[Vouched, ...]  # the one that made it first

    @property
    def at(self) -> str:
        """When it was made."""
        return self.words[0].at

    @property
    def until(self) -> str:
        """When it ends."""
        return self.words[-1].until

    @property
    def makers(self) -> frozenset[str]:
        """Everybody who vouched for it."""
        return frozenset(login for one in self.words for login in (one.by, one.second))

    def counts(self, now_ns: int) -> bool:
        """Whether it lets somebody in at *now_ns*."""
        return self.words[0].at_ns - SKEW_S_MAX * _NS <= now_ns < self.words[-1].until_ns


def physician_needed(profession: Profession, *roles: str) -> bool:
    """Whether two of *roles* may not let *profession* in for want of a physician: nobody gives what neither has."""
    return profession == "physician" and "physician" not in roles


def vouched(by: str, act: TemporaryAccountMade | TemporaryAccountProlonged) -> Vouched | None:
    """Return the word of two that *act* says, cut to HOURS_MAX; None when it has no time."""
    try:
        at, until = parse_rfc3339(act.at), parse_rfc3339(act.until)
    except ValueError:
        return None
    return Vouched(by, plain_login(act.second), at, min(until, at + HOURS_MAX * 3600 * _NS))


def role_of(profession: Profession) -> str:
    """Return the role of a profession."""
    return ROLE_OF[profession]
