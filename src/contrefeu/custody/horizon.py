"""The node's reading keys: a fresh one each day, so that yesterday's can be destroyed (DESIGN, promise 3).

    KEYS/reading/2026-11-24.seed     private; the reader process alone may read it
    KEYS/public/2026-11-24.key       public; what writers seal today's segments to

Rules kept here:
  * Public keys are made ahead (DAYS_AHEAD): a writer never waits for the reader.
  * A writer seals to the key of the day, else to the newest there is, and never to none.
"""

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contrefeu.base import durable_makedirs, write_file
from contrefeu.custody.keypair import KeyPair
from contrefeu.journal import Recipient

DAYS_AHEAD = 7  # a reader that is down for a week does not make writers seal to an old day


class ReadingKeys:
    """The private side: what the reader process holds."""

    def __init__(self, keys: Path) -> None:
        self._private = keys / "reading"
        self._public = keys / "public"
        self._opened: dict[str, KeyPair] = {}

    def make_ahead(self, now_ns: int) -> list[str]:
        """Make the keys of today and the next days that are not there; returns the days made."""
        durable_makedirs(self._private)
        durable_makedirs(self._public, mode=0o755)
        made = []
        for offset in range(DAYS_AHEAD + 1):
            day = _day(now_ns, offset)
            if (self._public / f"{day}.key").exists():
                continue
            pair, seed = KeyPair.draw(f"reader/{day}")
            # Private first: a public key without its private one would seal what nobody here can read.
            write_file(self._private / f"{day}.seed", seed, mode=0o600)
            write_file(self._public / f"{day}.key", f"{pair.recipient}\n".encode(), mode=0o644)
            made.append(day)
        return made

    def pair(self, name: str) -> KeyPair | None:
        """The key named in a header ("reader/2026-11-24"), or None when it is not there (any more)."""
        if name not in self._opened:
            kind, _, day = name.partition("/")
            path = self._private / f"{day}.seed"
            if kind != "reader" or not day.replace("-", "").isdigit() or not path.is_file():
                return None
            self._opened[name] = KeyPair(name, path.read_bytes())
        return self._opened[name]


def public_reading_keys(keys: Path, now_ns: int) -> list[Recipient]:
    """What a writer seals to today: the key of the day, else the newest one; none when none was ever made."""
    folder = keys / "public"
    newest_first = sorted(folder.glob("*.key"), reverse=True) if folder.is_dir() else []
    for path in [folder / f"{_day(now_ns, 0)}.key", *newest_first]:
        # A damaged key file must not stop a feed: the next one will do.
        with contextlib.suppress(FileNotFoundError, ValueError):
            return [Recipient.parse(path.read_text())]
    return []


def _day(now_ns: int, offset: int) -> str:
    return (datetime.fromtimestamp(now_ns / 1e9, UTC) + timedelta(days=offset)).strftime("%Y-%m-%d")
