"""What was typed in a form when its session had ended: kept for its author, to be sent again after a login (D8).

Rules kept here:
  * Nothing is done with it: it comes back in its form, for the same person, at the same address, once.
  * It lies in this process's memory, sealed under a key that the browser alone holds (a cookie): a memory dump of the
    table opens none. No word of it stands in an address.
  * Secrets and the session's token are left out before it is kept.
"""

import secrets
from collections.abc import Mapping
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contrefeu.base import Clock

DRAFT_MINUTES_MAX = 60  # min; a nurse who was called away comes back by then
DRAFTS_MAX = 500  # kept at once; of 64 KiB at most each (FORM_BYTES_MAX)
LEFT_OUT = frozenset({"csrf", "pin", "secret"})
_NONCE = bytes(12)  # each key is drawn for one draft
_NS = 1_000_000_000


class Drafts:
    """The forms that wait for their authors."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[bytes, tuple[int, bytes]] = {}  # hash of the key -> until (ns), sealed

    def keep(self, login: str, path: str, values: Mapping[str, str]) -> str:
        """Keep what *login* typed in the form at *path*; returns the key for their browser."""
        key = secrets.token_bytes(32)
        plain = msgspec.json.encode({name: text for name, text in values.items() if name not in LEFT_OUT})
        until_ns = self._clock.now_ns() + DRAFT_MINUTES_MAX * 60 * _NS
        self._kept[sha256(key).digest()] = (until_ns, AESGCM(key).encrypt(_NONCE, plain, _place(login, path)))
        if len(self._kept) > DRAFTS_MAX:
            del self._kept[next(iter(self._kept))]
        return key.hex()

    def take(self, held: str, login: str, path: str) -> dict[str, str] | None:
        """Return what *login* had typed at *path*, once; None when the browser's key opens nothing of theirs there."""
        try:
            key = bytes.fromhex(held)
            until_ns, sealed = self._kept[sha256(key).digest()]
            plain = AESGCM(key).decrypt(_NONCE, sealed, _place(login, path))
        except (ValueError, KeyError, InvalidTag):
            return None
        del self._kept[sha256(key).digest()]
        return msgspec.json.decode(plain, type=dict[str, str]) if self._clock.now_ns() <= until_ns else None


def _place(login: str, path: str) -> bytes:
    return f"{login}\0{path}".encode()
