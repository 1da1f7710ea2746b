"""What waits for somebody, one line a patient, wherever they lie."""

import msgspec

from contrefeu.chart.stores.engine import Database
from contrefeu.chart.work import WorkLine
from contrefeu.fhir import encode


class Work:
    """The lists of a store."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._decode = msgspec.json.Decoder(WorkLine)

    def keep(self, root: int, world: str, line: WorkLine) -> None:
        """Put down what waits for a patient, in place of what did."""
        sealed = self._db.veil.seal("work.line", encode(line), root)
        self._db.run(
            "INSERT INTO work VALUES(?, ?, ?)"
            " ON CONFLICT(node) DO UPDATE SET world = excluded.world, line = excluded.line",
            (root, world, sealed),
        )

    def drop(self, root: int) -> None:
        """Nothing waits for a patient any more."""
        self._db.run("DELETE FROM work WHERE node = ?", (root,))

    def lines(self, world: str) -> list[WorkLine]:
        """Return what waits, of every patient for whom something does."""
        found = self._db.rows("SELECT node, line FROM work WHERE world = ?", (world,))
        return [self._decode.decode(self._db.veil.open("work.line", line, root)) for root, line in found]
