"""Charts as they stand: a head (the patient, the stays, who spoke), and the objects of the chart beside it.

    head = JSON of the chart without its objects, packed

Rules kept here:
  * A batch writes the heads of its charts and the objects that it touched: what a message costs does not grow with the
    chart it is about, nor does the memory of a chart that stays open.
  * Head and objects are one transaction with the entries that they come from: a crash leaves both as they were.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from decimal import Decimal
from hashlib import blake2b

import msgspec

from contrefeu.chart.agenda import shown
from contrefeu.chart.fold import Chart
from contrefeu.chart.pieces import Lately
from contrefeu.chart.stores.compress import Packer
from contrefeu.chart.stores.engine import Database
from contrefeu.chart.stores.parts import Parts, Shelf, written
from contrefeu.chart.sweeps import no_sweep
from contrefeu.chart.versions import Kept
from contrefeu.chart.work import is_flag_alone
from contrefeu.fhir import encode


class Objects(dict[str, Kept]):
    """The objects of a chart that stays open: those that boards need, and whichever the fold asks for.

    Iterating gives what is in memory; `get` gives any object of the chart.
    """

    def __init__(self, look: Callable[[Shelf, str], tuple[int, Kept] | None], count: int, shelf: Shelf) -> None:
        super().__init__()
        self._look = look
        self.shelf = shelf  # where what is written lies
        self.count = count  # of the whole chart
        self.places: dict[str, int] = {}  # name -> n, of those in memory
        self.touched: set[str] = set()  # since they were last written
        self._stirred = False  # one of them was on boards before it was touched
        self._awaited = False  # and was more there than a flagged result

    def get(self, name: str, default: Kept | None = None) -> Kept | None:  # type: ignore[override]
        """Return the object called *name*; the caller may change it."""
        found = super().get(name)
        if found is None and len(self) < self.count:
            row = self._look(self.shelf, name)
            if row is not None:
                self.places[name], found = row
                super().__setitem__(name, found)
        elif found is not None and name not in self.touched:
            self._stirred = True  # what stays in memory is what boards need
            self._awaited = self._awaited or not is_flag_alone(found)
        if found is None:
            return default
        self.touched.add(name)
        return found

    @property
    def leaves_boards(self) -> bool:
        """Whether what was touched is on no board, and was on none."""
        return not self._stirred and not any(shown(self[name]) for name in self.touched)

    @property
    def leaves_lists(self) -> bool:
        """Whether of what was touched boards show flagged results alone, and did: nobody waits for any of it."""
        if self._awaited:
            return False
        return not any(shown(self[name]) and not is_flag_alone(self[name]) for name in self.touched)

    def __setitem__(self, name: str, kept: Kept) -> None:
        """Put an object into the chart."""
        if name not in self.places:
            self.places[name] = self.count
            self.count += 1
        self.touched.add(name)
        super().__setitem__(name, kept)

    def put(self, name: str, n: int, kept: Kept) -> None:
        """Take into memory what is written down."""
        self.places[name] = n
        super().__setitem__(name, kept)

    def settle(self, hidden: Iterable[str]) -> None:
        """Nothing is left to write; what is *hidden* from boards leaves memory."""
        for name in hidden:
            del self[name], self.places[name]
        self.touched.clear()
        self._stirred = self._awaited = False


class Folded:
    """The charts of a store."""

    def __init__(self, db: Database, packer: Packer) -> None:
        self._db = db
        self._packer = packer
        self._head = msgspec.json.Decoder(Chart, float_hook=Decimal)
        self._parts = Parts(db, packer)
        self.samples: Callable[[int], Iterator[bytes]] = self._parts.samples
        self._counts: dict[str, int] = {}

    def forget(self) -> None:
        """Forget what was remembered beside the file: a transaction was taken back."""
        self._counts.clear()

    def known(self, root: int) -> bool:
        """Whether *root* has a chart."""
        return self._db.row("SELECT 1 FROM charts WHERE node = ?", (root,)) is not None

    def chart(self, root: int) -> Chart | None:
        """Return the whole chart of *root*; None when there is none."""
        found = self._db.row("SELECT head FROM charts WHERE node = ?", (root,))
        if found is None:
            return None
        with no_sweep():
            chart = self._headed(root, found[0])
            chart.kept = {_name(kept): kept for kept in self._parts.all(root)}
        return chart

    def version(self, root: int) -> str | None:
        """Return what is another text once the chart of *root* was written again; None when there is none."""
        found = self._db.row("SELECT head FROM charts WHERE node = ?", (root,))
        return None if found is None else blake2b(found[0], digest_size=16).hexdigest()

    def lately(self, root: int, version: str, known: Collection[bytes]) -> Lately:
        """Return the chart of *root*, which there is, unread: as *version*, without those pieces that are *known*."""
        head = self._db.value("SELECT head FROM charts WHERE node = ?", (root,))
        return Lately(version, self._packer.unpack(head, root), self._parts.pieces(root, known))

    def opened(self, root: int) -> Chart | None:
        """Return the chart of *root* for folding on: what boards need of it, the rest as it is asked for."""
        found = self._db.row("SELECT head, objects FROM charts WHERE node = ?", (root,))
        if found is None:
            return None
        chart = self._headed(root, found[0])
        shelf, seen = self._parts.shown(root)
        chart.kept = objects = self._objects(root, found[1], shelf)
        for n, kept in seen:
            objects.put(_name(kept), n, kept)
        return chart

    def keep(self, root: int, chart: Chart) -> None:
        """Write down what was folded onto a chart that `opened` gave, or a chart that was folded from its entries.

        Either may be folded on afterwards.
        """
        whole = not isinstance(chart.kept, Objects)
        if not isinstance(chart.kept, Objects):
            objects = self._objects(root, 0, Shelf())
            for name, kept in chart.kept.items():
                objects[name] = kept
            chart.kept = objects
        self._appear(root, chart.world)
        objects = chart.kept
        touched, hidden = [], []
        for name in sorted(objects.touched, key=objects.places.__getitem__):
            kept = objects[name]
            seen = shown(kept)
            touched.append(written(self._key(name), objects.places[name], kept, shown=seen))
            if not seen:
                hidden.append(name)
        self._parts.write(root, objects, touched, whole=whole)
        objects.settle(hidden)
        chart.kept = {}
        head = self._packer.pack(encode(chart), root)
        chart.kept = objects
        self._db.run("UPDATE charts SET head = ?, objects = ? WHERE node = ?", (head, objects.count, root))

    def drop(self, root: int, world: str) -> None:
        """Forget a chart: nothing is filed under it any more, or it belongs to another."""
        self._db.run("DELETE FROM charts WHERE node = ?", (root,))
        if self._db.changed():
            self._count(world, -1)
        self._parts.drop(root)

    def roots(self) -> list[int]:
        """Return the root of every chart, in the order of chart ids."""
        unmask = self._db.veil.unmask
        found = self._db.each("SELECT n.chart, n.id FROM nodes n JOIN charts c ON c.node = n.id")
        return [root for _, root in sorted((unmask("nodes.chart", chart), root) for chart, root in found)]

    def heads(self, after: int, limit: int) -> list[tuple[int, Chart]]:
        """Return charts without their objects, and their roots: *limit* at most, of roots above *after*."""
        sql = "SELECT node, head FROM charts WHERE node > ? ORDER BY node LIMIT ?"
        return [(root, self._headed(root, head)) for root, head in self._db.rows(sql, (after, limit))]

    def patients(self, world: str) -> int:
        """Return how many charts there are in a world."""
        return int(self._db.value("SELECT count FROM patients WHERE world = ?", (world,), 0))

    def settle(self) -> None:
        """Write down the counts of this transaction, before it ends."""
        self._db.run_many(
            "INSERT INTO patients VALUES(?, ?)"
            " ON CONFLICT(world) DO UPDATE SET count = patients.count + excluded.count",
            list(self._counts.items()),
        )
        self._counts.clear()

    def _objects(self, root: int, count: int, shelf: Shelf) -> Objects:
        return Objects(lambda at, name: self._parts.one(root, at, self._key(name)), count, shelf)

    def _headed(self, root: int, head: bytes) -> Chart:
        return self._head.decode(self._packer.unpack(head, root))

    def _key(self, name: str) -> bytes:
        """What the object's UUID (`fhir.derived_id`), which its kind is part of, is looked up by."""
        uuid = bytes.fromhex(name.rpartition("/")[2].replace("-", ""))
        return self._db.veil.digest("objects.id", uuid, len(uuid))

    def _appear(self, root: int, world: str) -> None:
        self._db.run("INSERT INTO charts VALUES(?, ?, 0) ON CONFLICT DO NOTHING", (root, b""))
        if self._db.changed():
            self._count(world, 1)

    def _count(self, world: str, by: int) -> None:
        self._counts[world] = self._counts.get(world, 0) + by


def _name(kept: Kept) -> str:
    return f"{kept.kind}/{kept.id}"
