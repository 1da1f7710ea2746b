"""What the watch writes down, so that it may be stopped and started anywhere: sealed, in one file.

    file = nonce (12) || AES-256-GCM (msgpack of Memory)

Rules kept here:
  * It holds digests of patients and logins of staff: on the disk it is ciphertext, under a key made of the watch's own.
  * A field whose type changes gets another name: the file of an older version opens, and all else that it knows is kept
    (tests/watch/memory-layout.txt has every field that was ever written).
  * A file that does not open is set aside, and the watch learns anew: it never stops a node.
  * An alarm is journaled before the state that raised it is written; what is read again raises it under the same
    rule, subject and beginning, and is known by these.
"""

import os
from hashlib import blake2b
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct, field

from contrefeu.base import durable_makedirs, write_file
from contrefeu.watch.engine import State
from contrefeu.watch.observe import Desk

NONCE_BYTES = 12
GUARDED_ONCE = ("contrefeu.toml", "node", "keys/recovery", "keys/recovery.pub", "ca")  # what was, before it was noted
RAISED_MAX = 500  # alarms that are known again when something is read twice


class Memory(Struct):
    """All that is written down."""

    version: int = 1
    positions: dict[str, int] = field(default_factory=dict)  # journal -> last sequence read
    state: State = field(default_factory=State)
    desk: Desk = field(default_factory=Desk)
    files: dict[str, tuple[int, int, int]] = field(default_factory=dict)  # of the home: when changed, size, inode
    guarded: list[str] = field(default_factory=lambda: list(GUARDED_ONCE))  # what of the home `files` speaks of
    canaries: dict[str, str] = field(default_factory=dict)  # path -> digest
    reused: dict[str, int] = field(default_factory=dict)  # feed -> control ids that it used again, told
    taps: dict[str, tuple[str, int]] = field(default_factory=dict)  # interface -> since when it runs, gaps told


def derived_key(seed: bytes, use: bytes) -> bytes:
    """A key of the watch's own, for one use."""
    return blake2b(seed, digest_size=32, person=use[:16]).digest()


class MemoryFile:
    """Where it lies."""

    def __init__(self, path: Path, seed: bytes) -> None:
        self._path = path
        self._aead = AESGCM(derived_key(seed, b"watch-state"))

    def load(self) -> Memory:
        """What was written last; empty when there is nothing that opens."""
        try:
            sealed = self._path.read_bytes()
            plain = self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
            return msgspec.msgpack.decode(plain, type=Memory)
        except FileNotFoundError:
            return Memory()
        except (InvalidTag, ValueError, msgspec.MsgspecError):
            self._path.rename(self._path.with_suffix(".unreadable"))
            return Memory()

    def save(self, memory: Memory) -> None:
        """Write it, durable."""
        durable_makedirs(self._path.parent, mode=0o750)
        nonce = os.urandom(NONCE_BYTES)
        write_file(self._path, nonce + self._aead.encrypt(nonce, msgspec.msgpack.encode(memory), None))
