"""Temporary accounts: agency staff let in by two, on the ward, for a day at most (FIELD F20).

Rules kept here: as in act.py; and
  * An act names the second person, whose own secret was asked for beside that of the first, the entry's source.
    Whether the two may is judged when accounts are read (access/temporary.py), never by the act itself.
  * It is a kind of its own, never a field of `account-added`: a version that does not know it lets nobody in.
"""

from typing import Literal, get_args

from msgspec import Struct

Profession = Literal["nurse", "physician", "auxiliary"]
PROFESSIONS: tuple[Profession, ...] = get_args(Profession)
# The role that each has: an auxiliary's is the one that sees who lies where and moves them, and reads no chart.
ROLE_OF: dict[Profession, str] = {"nurse": "nurse", "physician": "physician", "auxiliary": "clerk"}


class TemporaryAccountMade(Struct, frozen=True, tag_field="act", tag="temporary-account-made"):
    """Somebody may log in on one ward, from `at` to `until`, with a code that they change when they first come in."""

    key: str  # of the form that was sent: sent twice, it is one account
    login: str
    name: str
    profession: Profession
    ward: str
    secret_hash: str  # argon2id, encoded form
    second: str  # login
    at: str  # RFC 3339
    until: str  # RFC 3339
    badge: str = ""


class TemporaryAccountProlonged(Struct, frozen=True, tag_field="act", tag="temporary-account-prolonged"):
    """It goes on to `until`, said by two while it had not ended."""

    key: str  # of the form that was sent
    login: str
    second: str  # login
    at: str  # RFC 3339
    until: str  # RFC 3339


class TemporaryAccountEnded(Struct, frozen=True, tag_field="act", tag="temporary-account-ended"):
    """The station that made it says that its end, `until`, has come: journals say so without a clock.

    If two had prolonged it elsewhere by then, it ends when they said. Who ends one sooner disables it.
    """

    login: str
    until: str  # RFC 3339
