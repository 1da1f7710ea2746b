"""Who is expected on which day: a line a patient and day, so that a day's list reads that day alone."""

from collections.abc import Mapping

import msgspec

from contrefeu.chart.agenda import AgendaLine
from contrefeu.chart.stores.engine import Database
from contrefeu.fhir import encode


class Agenda:
    """The lists of a store."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._decode = msgspec.json.Decoder(AgendaLine)

    def keep(self, root: int, world: str, days: Mapping[int, AgendaLine]) -> None:
        """Put down when a patient is expected, in place of what was."""
        self.drop(root)
        for day, line in days.items():
            sealed = self._db.veil.seal("agenda.line", encode(line), root, day)
            self._db.run("INSERT INTO agenda VALUES(?, ?, ?, ?)", (root, day, world, sealed))

    def drop(self, root: int) -> None:
        """A patient is expected on no day."""
        self._db.run("DELETE FROM agenda WHERE node = ?", (root,))

    def lines(self, world: str, first: int, last: int) -> list[AgendaLine]:
        """Return the lines of the days from *first* to *last*."""
        found = self._db.rows(
            "SELECT node, day, line FROM agenda WHERE world = ? AND day BETWEEN ? AND ?", (world, first, last)
        )
        return [self._decode.decode(self._db.veil.open("agenda.line", line, root, day)) for root, day, line in found]
