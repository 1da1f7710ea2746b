"""Which wards patients left, and when: a ward's departures of some days are read without reading any other's."""

from collections.abc import Sequence

import msgspec

from contrefeu.chart.departures import Departure
from contrefeu.chart.stores.engine import Database
from contrefeu.fhir import encode


class Departures:
    """Those of a store."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._decode = msgspec.json.Decoder(Departure).decode

    def keep(self, root: int, world: str, found: Sequence[Departure]) -> None:
        """Put down which wards a patient left, in place of what was."""
        self.drop(root)
        for n, one in enumerate(found):
            ward = self._db.veil.mask("ward", one.place[0].encode())
            sealed = self._db.veil.seal("departures.line", encode(one), root, n)
            self._db.run("INSERT INTO departures VALUES(?, ?, ?, ?, ?, ?)", (root, n, world, ward, one.at_ns, sealed))

    def drop(self, root: int) -> None:
        """A patient left no ward."""
        self._db.run("DELETE FROM departures WHERE node = ?", (root,))

    def of(self, root: int) -> list[Departure]:
        """Return the wards that a patient left, the last one first."""
        found = self._db.rows("SELECT n, line FROM departures WHERE node = ? ORDER BY n", (root,))
        return [self._opened(root, n, line) for n, line in found]

    def out_of(self, world: str, ward: str, from_ns: int, to_ns: int) -> list[tuple[int, Departure]]:
        """Return who left a ward from one instant to another: the root of each chart, and how."""
        sql = "SELECT node, n, line FROM departures WHERE world = ? AND ward = ? AND at_ns BETWEEN ? AND ?"
        found = self._db.rows(sql, (world, self._db.veil.mask("ward", ward.encode()), from_ns, to_ns))
        return [(root, self._opened(root, n, line)) for root, n, line in found]

    def _opened(self, root: int, n: int, line: bytes) -> Departure:
        return self._decode(self._db.veil.open("departures.line", line, root, n))
