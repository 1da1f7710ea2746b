"""Charts as last written down, and the entries folded since.

    chart = blob (JSON, packed; empty for a young chart), then the entries of its tail, in order

Rules kept here:
  * A chart is written down whole now and then, and its tail with every batch: what a message costs does not grow with
    the chart it is about.
  * Blob and tail are one transaction with the entries that they hold: a crash leaves both as they were.
"""

from array import array
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from contrefeu.chart.fold import Chart
from contrefeu.chart.stores.compress import Packer
from contrefeu.chart.stores.database import Database
from contrefeu.fhir import encode


class Folded:
    """The charts of a store."""

    def __init__(self, db: Database, packer: Packer) -> None:
        self._db = db
        self._packer = packer
        self._decode = msgspec.json.Decoder(Chart, float_hook=Decimal)
        self._counts: dict[str, int] = {}

    def forget(self) -> None:
        """Forget what was remembered beside the file: a transaction was taken back."""
        self._counts.clear()

    def known(self, root: int) -> bool:
        """Whether *root* has a chart."""
        return self._db.row("SELECT 1 FROM charts WHERE node = ?", (root,)) is not None

    def chart(self, root: int) -> Chart | None:
        """Return the chart of *root* as last written down; None when there is none, or it is young."""
        blob = self._db.value("SELECT blob FROM charts WHERE node = ?", (root,))
        return self._decode.decode(self._packer.unpack(blob)) if blob else None

    def tail(self, root: int) -> list[int]:
        """Return the entries to fold onto it, in order."""
        found = array("q")
        found.frombytes(self._db.value("SELECT entries FROM tails WHERE node = ?", (root,), b""))
        return found.tolist()

    def keep(self, root: int, chart: Chart) -> None:
        """Write a chart down: its tail ends."""
        self._appear(root, chart.world)
        self._db.run("UPDATE charts SET blob = ? WHERE node = ?", (self._packer.pack(encode(chart)), root))
        self._db.run("DELETE FROM tails WHERE node = ?", (root,))

    def keep_tail(self, root: int, world: str, entries: Sequence[int]) -> None:
        """Write down which entries a chart was folded on with."""
        self._appear(root, world)
        self._db.run("INSERT OR REPLACE INTO tails VALUES(?, ?)", (root, array("q", entries).tobytes()))

    def drop(self, root: int, world: str) -> None:
        """Forget a chart: nothing is filed under it any more, or it belongs to another."""
        self._db.run("DELETE FROM charts WHERE node = ?", (root,))
        if self._db.changed():
            self._count(world, -1)
        self._db.run("DELETE FROM tails WHERE node = ?", (root,))

    def roots(self) -> list[int]:
        """Return the root of every chart, in the order of chart ids."""
        sql = "SELECT n.id FROM nodes n JOIN charts c ON c.node = n.id ORDER BY n.chart"
        return [root for (root,) in self._db.rows(sql)]

    def patients(self, world: str) -> int:
        """Return how many charts there are in a world."""
        return int(self._db.value("SELECT count FROM patients WHERE world = ?", (world,), 0))

    def settle(self) -> None:
        """Write down the counts of this transaction, before it ends."""
        self._db.run_many(
            "INSERT INTO patients VALUES(?1, ?2) ON CONFLICT DO UPDATE SET count = count + ?2",
            list(self._counts.items()),
        )
        self._counts.clear()

    def _appear(self, root: int, world: str) -> None:
        self._db.run("INSERT OR IGNORE INTO charts VALUES(?, x'')", (root,))
        if self._db.changed():
            self._count(world, 1)

    def _count(self, world: str, by: int) -> None:
        self._counts[world] = self._counts.get(world, 0) + by
