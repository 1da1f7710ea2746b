"""The node's reading keys: a fresh one each day, so that yesterday's can be destroyed (DESIGN, promise 3).

    KEYS/reading/2026-11-24.seed      private; the reader process alone may read it
    KEYS/public/2026-11-24.key        public; what writers seal today's segments to
    KEYS/public/2026-11-24.retired    the same, once no writer may seal to it any more

Rules kept here:
  * Public keys are made ahead (DAYS_AHEAD): a writer never waits for the reader.
  * A writer seals to the key of the day, else to the newest there is, and never to none.
  * A key is retired before it is destroyed, and a day that has a key, retired or not, is given no second one: with the
    clock set back a new key must not stand in an old one's place.
  * A destroyed key is let go of by who had opened it, whoever destroyed it: its file is looked for at each use.
"""

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contrefeu.base import durable_makedirs, sync_dir, write_file
from contrefeu.custody.erase import erase
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
            day = day_of(now_ns, offset)
            if self._key_file(day).exists() or self._retired_file(day).exists():
                continue
            pair, seed = KeyPair.draw(f"reader/{day}")
            # Private first: a public key without its private one would seal what nobody here can read.
            write_file(self._seed_file(day), seed, mode=0o600)
            write_file(self._key_file(day), f"{pair.recipient}\n".encode(), mode=0o644)
            made.append(day)
        return made

    def pair(self, name: str) -> KeyPair | None:
        """The key named in a header ("reader/2026-11-24"), or None when it is not there (any more)."""
        kind, _, day = name.partition("/")
        path = self._seed_file(day)
        if kind != "reader" or not day.replace("-", "").isdigit() or not path.is_file():
            self._opened.pop(name, None)
            return None
        if name not in self._opened:
            self._opened[name] = KeyPair(name, path.read_bytes())
        return self._opened[name]

    def days(self) -> dict[str, str]:
        """Days whose private key is here, oldest first, each with the key's fingerprint."""
        paths = sorted(self._private.glob("*.seed")) if self._private.is_dir() else []
        return {path.stem: self._fingerprint(path.stem) for path in paths}

    def _fingerprint(self, day: str) -> str:
        """Of the public half, without opening the private one where that half is there."""
        for path in (self._key_file(day), self._retired_file(day)):
            with contextlib.suppress(FileNotFoundError, ValueError):
                return Recipient.parse(path.read_text()).fingerprint
        return KeyPair(f"reader/{day}", self._seed_file(day).read_bytes()).fingerprint

    def retire(self, day: str) -> bool:
        """Take the key of *day* away from writers; whether it was theirs until now."""
        if not self._key_file(day).exists():
            return False
        self._key_file(day).rename(self._retired_file(day))
        sync_dir(self._public)
        return True

    def is_retired(self, day: str) -> bool:
        """Whether no writer can seal to the key of *day* any more."""
        return not self._key_file(day).exists()

    def destroy(self, day: str) -> None:
        """Destroy the private key of *day*, on the disk and here; nothing is left of it.

        Raises:
            OSError: The disk refused: the key may still be there, and destroying it again is safe.
        """
        assert not self._key_file(day).exists(), "a key is retired before it is destroyed"
        self._opened.pop(f"reader/{day}", None)
        erase(self._seed_file(day))
        self._retired_file(day).unlink(missing_ok=True)
        sync_dir(self._public)

    def sweep(self) -> None:
        """End what a destruction that was cut short left: a retired public key whose private one is gone."""
        for path in sorted(self._public.glob("*.retired")) if self._public.is_dir() else []:
            if not self._seed_file(path.stem).exists():
                path.unlink(missing_ok=True)

    def _seed_file(self, day: str) -> Path:
        return self._private / f"{day}.seed"

    def _key_file(self, day: str) -> Path:
        return self._public / f"{day}.key"

    def _retired_file(self, day: str) -> Path:
        return self._public / f"{day}.retired"


def public_reading_keys(keys: Path, now_ns: int) -> list[Recipient]:
    """What a writer seals to today: the key of the day, else the newest one; none when none was ever made."""
    folder = keys / "public"
    newest_first = sorted(folder.glob("*.key"), reverse=True) if folder.is_dir() else []
    for path in [folder / f"{day_of(now_ns)}.key", *newest_first]:
        # A damaged key file must not stop a feed: the next one will do.
        with contextlib.suppress(FileNotFoundError, ValueError):
            return [Recipient.parse(path.read_text())]
    return []


def day_of(now_ns: int, offset: int = 0) -> str:
    """The day (UTC) that *now_ns* is in, or the one *offset* days later: "2026-11-24"."""
    return (datetime.fromtimestamp(now_ns / 1e9, UTC) + timedelta(days=offset)).strftime("%Y-%m-%d")
