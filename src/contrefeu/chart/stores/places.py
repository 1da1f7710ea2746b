"""Who lies where now, one line a patient, and the beds that feeds ever named.

Rules kept here:
  * A line holds what a board needs of a chart; what changes with the clock is worked out when it is asked.
  * Who is planned stands apart, by ward and day: a board reads the days that it shows, however many never came.
"""

from collections.abc import Sequence

import msgspec

from contrefeu.chart.boards import BoardLine
from contrefeu.chart.steps import bed_name
from contrefeu.chart.stores.engine import Database
from contrefeu.fhir import encode

BEDS_REMEMBERED_MAX = 20_000  # beds known to be written down, in memory: a great hospital has some 5,000


PLANNED = {"P": "p", "T": "t"}  # world of a line -> where it stands while its patient is planned
DAY_NS = 86_400 * 10**9


class Places:
    """The boards of a store."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._decode = msgspec.json.Decoder(BoardLine)
        self._learnt: set[tuple[str, str, str, str]] = set()

    def forget(self) -> None:
        """Forget what was remembered beside the file: a transaction was taken back."""
        self._learnt.clear()

    def keep(self, root: int, world: str, line: BoardLine) -> None:
        """Put a patient on the board of a ward."""
        packed = encode(line)
        before = self._db.value("SELECT line FROM places WHERE node = ?", (root,))
        if before is not None and self._opened(root, before) == packed:
            return
        sealed = self._db.veil.seal("places.line", packed, root)
        self._db.run(
            "INSERT INTO places VALUES(?, ?, ?, ?, ?) ON CONFLICT(node) DO UPDATE SET world = excluded.world,"
            " ward = excluded.ward, alerts = excluded.alerts, line = excluded.line",
            (root, *self._where(world, line), int(bool(line.alerts)), sealed),
        )

    def learn(self, world: str, place: Sequence[str]) -> None:
        """Keep that a feed named a bed: its ward, room and bed."""
        ward, room, bed = (*place, "", "", "")[:3]
        if ward and (room or bed) and (world, ward, room, bed) not in self._learnt:
            named = self._db.veil.mask("beds.bed", bed_name(room, bed).encode())
            self._db.run("INSERT INTO beds VALUES(?, ?, ?) ON CONFLICT DO NOTHING", (world, self._ward(ward), named))
            if len(self._learnt) >= BEDS_REMEMBERED_MAX:
                self._learnt.clear()
            self._learnt.add((world, ward, room, bed))

    def drop(self, root: int) -> None:
        """Take a patient off the boards."""
        self._db.run("DELETE FROM places WHERE node = ?", (root,))

    def line(self, root: int) -> BoardLine | None:
        """Return the line of one patient; None when they lie nowhere."""
        packed = self.packed_of(root)
        return None if packed is None else self._decode.decode(packed)

    def packed_of(self, root: int) -> bytes | None:
        """Return the same line as it is written down."""
        kept = self._db.value("SELECT line FROM places WHERE node = ?", (root,))
        return None if kept is None else self._opened(root, kept)

    def lines(self, world: str, ward: str) -> list[BoardLine]:
        """Return the line of each patient of a ward, of every ward for ""."""
        return [self._decode.decode(line) for line in self.packed(world, ward)]

    def packed(self, world: str, ward: str) -> list[bytes]:
        """Return the same lines as they are written down."""
        sql, values = "SELECT node, line FROM places WHERE world = ?", (world,)
        found = (
            self._db.rows(f"{sql} AND ward = ?", (*values, self._ward(ward))) if ward else self._db.rows(sql, values)
        )
        return [self._opened(root, line) for root, line in found]

    def planned(self, world: str, ward: str, from_ns: int, to_ns: int) -> list[BoardLine]:
        """Return the line of each patient who is planned for a ward, from one day to another."""
        sql, found = "SELECT node, line FROM places WHERE world = ? AND ward = ?", []
        for day in range(from_ns // DAY_NS, to_ns // DAY_NS + 1):
            found += self._db.rows(sql, (PLANNED[world], self._ward(_day(ward, day))))
        return [self._decode.decode(self._opened(root, line)) for root, line in found]

    def wards(self, world: str) -> dict[str, tuple[int, int]]:
        """Return how many patients each ward has, and how many of them have alerts."""
        sql = "SELECT ward, count(*), sum(alerts) FROM places WHERE world = ? GROUP BY ward"
        found = self._db.rows(sql, (world,))
        return {self._ward_of(ward): (patients, int(alerts)) for ward, patients, alerts in found}

    def beds(self, world: str, ward: str) -> list[str]:
        """Return the beds of a ward that a feed ever named."""
        sql = "SELECT bed FROM beds WHERE world = ? AND ward = ?"
        found = self._db.rows(sql, (world, self._ward(ward)))
        return [self._db.veil.unmask("beds.bed", bed).decode() for (bed,) in found]

    def bed_counts(self, world: str) -> dict[str, int]:
        """Return how many beds of each ward a feed ever named."""
        found = self._db.rows("SELECT ward, count(*) FROM beds WHERE world = ? GROUP BY ward", (world,))
        return {self._ward_of(ward): beds for ward, beds in found}

    def _where(self, world: str, line: BoardLine) -> tuple[str, bytes]:
        if not line.comes_ns:
            return world, self._ward(line.row.ward)
        return PLANNED[world], self._ward(_day(line.row.ward, line.comes_ns // DAY_NS))

    def _ward(self, ward: str) -> bytes:
        return self._db.veil.mask("ward", ward.encode())

    def _ward_of(self, kept: bytes) -> str:
        return self._db.veil.unmask("ward", kept).decode()

    def _opened(self, root: int, line: bytes) -> bytes:
        return self._db.veil.open("places.line", line, root)


def _day(ward: str, day: int) -> str:
    """What the list of those who are planned for a ward and a day (of UTC, since 1970) is called."""
    return f"{ward}\x1f{day}"
