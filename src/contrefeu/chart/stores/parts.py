"""The objects of charts: those lately written each in a row, all others many in a part.

    objects = one object: JSON of a `Kept`, packed
    parts   = up to PART_OBJECTS objects: a JSON array of them, packed; beside it what each is looked up by (16 bytes)
              and its place among its chart's objects, in the order of their first words (2 bytes each, or 4 where
              one needs them; little endian)

Rules kept here:
  * What a message costs does not grow with its chart: it writes the rows of what it touched. ROWS_MAX of them become a
    part, and a part takes up the one before it of its kind when that is no larger: an object is written again a few
    times, whatever is said later of others.
  * An object may stand twice. Its row holds, then the part of the higher number: `Shelf.find`.
  * What boards need lies in parts of its own, so that a chart is opened for folding without the rest of it.
  * Many objects of one patient say the same things: packed together they take a third of the room, and a page reads
    them at once.
"""

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple, Protocol

import msgspec
from msgspec import Struct

from contrefeu.chart.pieces import KEY_BYTES, Piece, packed_places, places_in, split
from contrefeu.chart.stores.compress import Packer
from contrefeu.chart.stores.engine import Database
from contrefeu.chart.versions import Kept
from contrefeu.fhir import encode

ROWS_MAX = 24  # objects in rows of their own: a page reads them in a millisecond, and a message seldom writes a part
PART_OBJECTS = 256  # some 150 kB of JSON: read and split in a millisecond when one of them is asked for
PART_BITS = 20  # parts that a chart may have had; before the last of them all are written anew

_PUT_ROW = (
    "INSERT INTO objects VALUES(?, ?, ?, ?, ?)"
    " ON CONFLICT(node, id) DO UPDATE SET n = excluded.n, shown = excluded.shown, body = excluded.body"
)
_PUT_PART = "INSERT INTO parts VALUES(?, ?, ?, ?, ?)"


class Written(NamedTuple):
    """An object as it is written: JSON of a `Kept`."""

    key: bytes
    n: int
    shown: bool
    json: bytes


class Part(Struct, frozen=True):
    """What is known of a part without reading it."""

    number: int
    shown: bool
    keys: bytes
    places: bytes

    def __len__(self) -> int:
        """How many objects lie in it."""
        return len(self.keys) // KEY_BYTES

    def find(self, key: bytes) -> int:
        """Return where *key* lies in it, or -1."""
        at = self.keys.find(key)
        while at % KEY_BYTES and at >= 0:
            at = self.keys.find(key, at + 1)
        return at // KEY_BYTES if at >= 0 else -1

    def split(self) -> list[tuple[bytes, int]]:
        """Return the keys and places of its objects."""
        return split(self.keys, self.places)

    def order(self) -> tuple[int, ...]:
        """Return the places of its objects."""
        return places_in(self.places, len(self))


class Shelf:
    """Where the objects of one chart lie; whoever writes them keeps it up to date."""

    def __init__(self, rows: Iterable[bytes] = (), parts: Iterable[Part] = ()) -> None:
        self.rows = set(rows)
        self.parts = list(parts)  # by their number

    def find(self, key: bytes) -> tuple[Part, int] | None:
        """Return the part that *key* lies in, and where; None when it has a row, or is not there at all."""
        if key in self.rows:
            return None
        for part in reversed(self.parts):
            at = part.find(key)
            if at >= 0:
                return part, at
        return None

    def later(self, part: Part, key: bytes) -> bool:
        """Whether *key* lies somewhere that holds over *part*."""
        return key in self.rows or any(one.number > part.number and one.find(key) >= 0 for one in self.parts)

    def last(self, *, shown: bool) -> Part | None:
        """Return the newest part of a kind."""
        return next((part for part in reversed(self.parts) if part.shown == shown), None)

    def next_number(self) -> int:
        """Return the number that the next part gets."""
        return self.parts[-1].number + 1 if self.parts else 0

    def copies(self) -> int:
        """Return how many objects lie in the parts, those that do not hold any more among them."""
        return sum(map(len, self.parts))


class Rows(Protocol):
    """What lies in memory of a chart that is written."""

    shelf: Shelf
    count: int


class Parts:
    """Reads and writes the objects of charts."""

    def __init__(self, db: Database, packer: Packer) -> None:
        self._db = db
        self._packer = packer
        self._one = msgspec.json.Decoder(Kept, float_hook=Decimal)
        self._many = msgspec.json.Decoder(list[Kept], float_hook=Decimal)
        self._raw = msgspec.json.Decoder(list[msgspec.Raw])

    # Reading.

    def all(self, root: int) -> list[Kept]:
        """Return every object of a chart, in the order of their first words."""
        found: dict[bytes, tuple[int, Kept]] = {}
        for part, body in self._parts(root):
            for (key, n), kept in zip(part.split(), self._many.decode(body), strict=True):
                found[key] = n, kept
        for key, n, _, body in self._rows(root):
            found[key] = n, self._one.decode(body)
        return [kept for _, kept in sorted(found.values(), key=_by_place)]

    def pieces(self, root: int, known: Collection[bytes]) -> list[Piece]:
        """Return every object of a chart, unread; without the bodies of those pieces whose stamps are *known*."""
        sql = "SELECT at, keys, places, body FROM parts WHERE at BETWEEN ? AND ? ORDER BY at"
        found = []
        for at, *index, body in self._db.rows(sql, _span(root)):
            keys, places = map(bytes, index)
            stamp = _stamp(keys, places, body)
            found.append(Piece(stamp, keys, places, None if stamp in known else self._packer.unpack(body, at)))
        rows = list(self._rows(root))
        if rows:
            keys, body = b"".join(row[0] for row in rows), b"[%b]" % b",".join(row[3] for row in rows)
            places = packed_places(row[1] for row in rows)
            stamp = _stamp(keys, places, body)
            found.append(Piece(stamp, keys, places, None if stamp in known else body))
        return found

    def shown(self, root: int) -> tuple[Shelf, list[tuple[int, Kept]]]:
        """Return where the objects of a chart lie, and those that boards need, each with its place."""
        shelf = Shelf(parts=self._index(root))
        found = []
        for key, n, shown, body in self._rows(root):
            shelf.rows.add(key)
            if shown:
                found.append((n, self._one.decode(body)))
        for part in shelf.parts:
            if part.shown:
                objects = self._many.decode(self._body(root, part))
                pairs = zip(part.split(), objects, strict=True)
                found += [(n, kept) for (key, n), kept in pairs if not shelf.later(part, key)]
        return shelf, sorted(found, key=_by_place)

    def one(self, root: int, shelf: Shelf, key: bytes) -> tuple[int, Kept] | None:
        """Return one object of a chart and its place; None when the chart has none of that name."""
        if key in shelf.rows:
            row = self._db.row("SELECT n, body FROM objects WHERE node = ? AND id = ?", (root, key))
            assert row is not None, "the shelf knows what was written"
            return row[0], self._one.decode(self._packer.unpack(row[1], root, key))
        found = shelf.find(key)
        if found is None:
            return None
        part, at = found
        raw = self._raw.decode(self._body(root, part))[at]
        return part.order()[at], self._one.decode(raw)

    # Writing.

    def write(self, root: int, chart: Rows, fresh: list[Written], *, whole: bool) -> None:
        """Write what was touched of a chart; a *whole* one takes the place of what is there."""
        if whole:
            self.drop(root)
            chart.shelf = Shelf()
            self._shelve(root, chart.shelf, fresh)
            return
        shelf = chart.shelf
        keys = {one.key for one in fresh}
        if len(shelf.rows | keys) <= ROWS_MAX:
            pack = self._packer.pack
            rows = [(root, one.key, one.n, int(one.shown), pack(one.json, root, one.key)) for one in fresh]
            self._db.run_many(_PUT_ROW, rows)
            shelf.rows |= keys
            return
        if shelf.rows:
            fresh += [Written(key, n, shown, body) for key, n, shown, body in self._rows(root) if key not in keys]
            self._db.run("DELETE FROM objects WHERE node = ?", (root,))
            shelf.rows.clear()
        self._shelve(root, shelf, fresh)
        if shelf.copies() > 2 * chart.count + PART_OBJECTS or shelf.next_number() >= (1 << PART_BITS) - 2 * ROWS_MAX:
            self._tidy(root, shelf)

    def drop(self, root: int) -> None:
        """Forget the objects of a chart."""
        self._db.run("DELETE FROM objects WHERE node = ?", (root,))
        self._db.run("DELETE FROM parts WHERE at BETWEEN ? AND ?", _span(root))

    def samples(self, limit: int) -> Iterator[bytes]:
        """Yield objects as they are written, the newest charts' first, to learn from."""
        taken = 0
        sql = "SELECT at, body FROM parts ORDER BY at DESC LIMIT ?"
        for at, body in self._db.rows(sql, (limit // ROWS_MAX,)):
            for raw in self._raw.decode(self._packer.unpack(body, at)):
                yield bytes(raw)
                taken += 1
            if taken >= limit:
                return
        sql = "SELECT body, node, id FROM objects ORDER BY node DESC LIMIT ?"
        for body, node, key in self._db.rows(sql, (limit - taken,)):
            yield self._packer.unpack(body, node, bytes(key))

    def _shelve(self, root: int, shelf: Shelf, fresh: list[Written]) -> None:
        """Put objects into parts, each kind into its own; they hold over whatever lies there."""
        new = {one.key for one in fresh}
        for shown in (False, True):
            chosen = [(one.key, one.n, one.json) for one in fresh if one.shown == shown]
            while chosen and (last := shelf.last(shown=shown)) is not None:
                if len(last) > len(chosen) or len(last) + len(chosen) > PART_OBJECTS:
                    break
                chosen = [one for one in self._held(root, shelf, last) if one[0] not in new] + chosen
                new.update(key for key, _, _ in chosen)
                shelf.parts.remove(last)
                self._db.run("DELETE FROM parts WHERE at = ?", (_at(root, last.number),))
            for begin in range(0, len(chosen), PART_OBJECTS):
                self._put(root, shelf, chosen[begin : begin + PART_OBJECTS], shown=shown)

    def _put(self, root: int, shelf: Shelf, chosen: list[tuple[bytes, int, bytes]], *, shown: bool) -> None:
        keys = b"".join(key for key, _, _ in chosen)
        places = packed_places(n for _, n, _ in chosen)
        part = Part(shelf.next_number(), shown, keys, places)
        at = _at(root, part.number)
        body = self._packer.pack(b"[%b]" % b",".join(json for _, _, json in chosen), at)
        self._db.run(_PUT_PART, (at, int(shown), keys, places, body))
        shelf.parts.append(part)

    def _tidy(self, root: int, shelf: Shelf) -> None:
        """Write the parts of a chart anew, each object once."""
        found = [
            Written(key, n, part.shown, json) for part in shelf.parts for key, n, json in self._held(root, shelf, part)
        ]
        self._db.run("DELETE FROM parts WHERE at BETWEEN ? AND ?", _span(root))
        shelf.parts.clear()
        self._shelve(root, shelf, found)

    def _held(self, root: int, shelf: Shelf, part: Part) -> list[tuple[bytes, int, bytes]]:
        """Return the objects of a part that no later one holds over, as they are written."""
        raws = self._raw.decode(self._body(root, part))
        pairs = zip(part.split(), raws, strict=True)
        return [(key, n, bytes(raw)) for (key, n), raw in pairs if not shelf.later(part, key)]

    # Rows.

    def _index(self, root: int) -> list[Part]:
        sql = "SELECT at, shown, keys, places FROM parts WHERE at BETWEEN ? AND ? ORDER BY at"
        return [_part(*row) for row in self._db.rows(sql, _span(root))]

    def _parts(self, root: int) -> Iterator[tuple[Part, bytes]]:
        sql = "SELECT at, shown, keys, places, body FROM parts WHERE at BETWEEN ? AND ? ORDER BY at"
        for *index, body in self._db.rows(sql, _span(root)):
            yield _part(*index), self._packer.unpack(body, index[0])

    def _body(self, root: int, part: Part) -> bytes:
        at = _at(root, part.number)
        return self._packer.unpack(self._db.value("SELECT body FROM parts WHERE at = ?", (at,)), at)

    def _rows(self, root: int) -> Iterator[tuple[bytes, int, bool, bytes]]:
        for kept, n, shown, body in self._db.rows("SELECT id, n, shown, body FROM objects WHERE node = ?", (root,)):
            key = bytes(kept)
            yield key, n, bool(shown), self._packer.unpack(body, root, key)


def written(key: bytes, n: int, kept: Kept, *, shown: bool) -> Written:
    """Return an object as it is written."""
    return Written(key, n, shown, encode(kept))


def _part(at: int, shown: int, keys: bytes, places: bytes) -> Part:
    return Part(at & (1 << PART_BITS) - 1, bool(shown), bytes(keys), bytes(places))


def _stamp(*contents: bytes) -> bytes:
    """Of a piece: what is written anew is veiled anew, and has another."""
    found = blake2b(digest_size=KEY_BYTES)
    for one in contents:
        found.update(one)
    return found.digest()


def _at(root: int, number: int) -> int:
    return root << PART_BITS | number


def _span(root: int) -> tuple[int, int]:
    return _at(root, 0), _at(root, (1 << PART_BITS) - 1)


def _by_place(one: tuple[int, Kept]) -> int:
    return one[0]
