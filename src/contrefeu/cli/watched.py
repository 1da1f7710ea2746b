"""Who looks and at whom, for the watch: where patients lie, who is on leave, who lives where.

Rules kept here:
  * The reader is asked where a patient lies; a reader that does not answer makes a look "not known", and stops nothing.
  * Tables are files that the settings name; they are read again when they change, and never written into a journal.
"""

import csv
import time
from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from contrefeu.base import ContrefeuError
from contrefeu.cli.node import Node
from contrefeu.watch.homes import address_key, keys_of, phone_key
from contrefeu.watch.observe import DIGEST_BYTES, Where

WHERE_S = 600.0  # how long it is remembered where a patient lies
WHERE_MAX = 5_000  # patients for whom it is

log = structlog.get_logger("watch")


class Wards:
    """Where patients lie, as the reader says; remembered for a while."""

    def __init__(self, node: Node, digest_key: bytes) -> None:
        self._node = node
        self._key = digest_key
        self._client: Any = None
        self._known: dict[str, tuple[float, Where]] = {}

    def __call__(self, chart: str) -> Where:
        """Where the patient of *chart* is."""
        now = time.monotonic()
        known = self._known.get(chart)
        if known is not None and now - known[0] < WHERE_S:
            return known[1]
        found = self._ask(chart)
        if len(self._known) >= WHERE_MAX:
            self._known.clear()
        self._known[chart] = now, found
        return found

    def feeds(self) -> list[tuple[str, int, int]]:
        """Of each sender its messages, and those whose control id was used before; none when nobody answers."""
        from contrefeu.chart import SyncChartsClient, of_feeds

        try:
            self._client = self._client or SyncChartsClient(self._node.charts_socket)
            return [(feed.source, feed.received, feed.reused) for feed in of_feeds(self._client.status().feeds)]
        except (ContrefeuError, OSError, TimeoutError):
            self._client = None
            return []

    def close(self) -> None:
        """Disconnect."""
        if self._client is not None:
            self._client.close()

    def _ask(self, id_: str) -> Where:
        from contrefeu.chart import SyncChartsClient
        from contrefeu.chart.sheet import Sheet, person_of

        try:
            self._client = self._client or SyncChartsClient(self._node.charts_socket)
            chart = self._client.chart(id_)
            numbers = self._client.numbers(id_)
        except (ContrefeuError, OSError, TimeoutError):
            self._client = None
            return Where(known=False)
        if chart is None:
            return Where(known=False)
        person = person_of(Sheet(chart, self._node.clock.now_ns()))
        bare = [number.partition(" ")[2] for number in numbers[1:]]
        home = digests(self._key, keys_of(chart.identity.elements))
        return Where(person.ward, person.confidential, bare, person.family, home)


class _Table:
    """A CSV file that the settings name, read again when it changes."""

    def __init__(self, name: str, columns: int) -> None:
        self._path = Path(name) if name else None
        self._columns = columns
        self._changed = 0
        self._rows: list[list[str]] = []

    def rows(self) -> list[list[str]]:
        """Its rows, each of so many columns; the last that could be read."""
        if self._path is None:
            return []
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._changed:
                with self._path.open(newline="", encoding="utf-8-sig") as file:
                    self._rows = [[*row, *[""] * self._columns][: self._columns] for row in csv.reader(file)]
                self._changed = changed
        except (OSError, UnicodeDecodeError, csv.Error):
            log.warning("a table that the settings name is not read")
        return self._rows


class Leave:
    """Who is on leave."""

    def __init__(self, node: Node) -> None:
        self._table = _Table(node.settings.watch.leave_file, 3)
        self._zone = ZoneInfo(node.settings.node.zone)

    def holds(self, login: str, at: float) -> bool:
        """Whether *login*'s owner is on leave at *at*."""
        day = f"{datetime.fromtimestamp(at, self._zone):%Y-%m-%d}"  # of the house's calendar
        rows = self._table.rows()
        return any(who.strip().casefold() == login.casefold() and since <= day <= until for who, since, until in rows)


class Homes:
    """Where those live who work here."""

    def __init__(self, node: Node, digest_key: bytes) -> None:
        self._table = _Table(node.settings.watch.staff_file, 3)
        self._key = digest_key
        self._rows: list[list[str]] = []
        self._known: dict[str, frozenset[str]] = {}

    def __call__(self, login: str) -> frozenset[str]:
        """Digests of *login*'s owner's telephone and address."""
        rows = self._table.rows()
        if rows is not self._rows:
            self._rows = rows
            self._known = {
                who.strip().casefold(): digests(self._key, [phone_key(phone), address_key(address)])
                for who, phone, address in rows
            }
        return self._known.get(login.casefold(), frozenset())


def digests(key: bytes, keys: Iterable[str]) -> frozenset[str]:
    """What telephones and addresses are compared as."""
    return frozenset(blake2b(one.encode(), key=key, digest_size=DIGEST_BYTES).hexdigest() for one in keys if one)
