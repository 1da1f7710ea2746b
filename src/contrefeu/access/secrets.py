"""Secrets: drawn at random, kept as argon2id hashes.

Rules kept here:
  * A secret is drawn here or chosen by its owner; none is written in the code (G3).
  * Drawn secrets are read aloud and typed at night: no letter or digit that is taken for another.
  * A login that nobody has costs the same time as a wrong secret: who is on the staff cannot be timed.
"""

import secrets
from functools import cache
from typing import Literal

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without i, l, o, 0, 1
_GROUPS, _GROUP_LENGTH = 4, 4  # 16 letters of 31: 79 bits
PIN_DIGITS = 6  # with the back-off of lockout.py: under 1 in 10,000 a day
SECRET_LENGTH_MIN = 6  # characters: a PIN; the back-off makes up for its shortness

# RFC 9106, section 4, second recommended option (64 MiB, 3 passes), with fewer lanes: ward PCs log in by the dozen
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=2)


@cache
def _nobody() -> str:
    """A hash that no secret has; made when first asked for, since commands that let nobody in load this file too."""
    return _HASHER.hash(secrets.token_hex(16))


def new_secret(kind: Literal["password", "pin"] = "password") -> str:
    """Draw a password (four groups of four) or a PIN (six digits)."""
    if kind == "pin":
        return "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)


def hash_secret(secret: str) -> str:
    """Return the argon2id hash to keep for *secret*."""
    return _HASHER.hash(secret)


def is_secret_hash(text: str) -> bool:
    """Whether *text* is a hash that some secret may open: nothing is tried."""
    try:
        extract_parameters(text)
    except InvalidHashError:
        return False
    return True


def secret_matches(secret_hash: str | None, secret: str) -> bool:
    """Whether *secret* is the one that was hashed; None (nobody's) takes as long and never matches."""
    nobody = _nobody()  # asked for either way: the first login after a start must not tell the two apart
    try:
        return _HASHER.verify(secret_hash or nobody, secret) and secret_hash is not None
    except (VerificationError, InvalidHashError):
        return False
