"""One chart in the pieces that a store keeps it in: who has read some of them before is given the others alone.

Rules kept here:
  * A piece is known by a stamp of what it holds: the same stamp is the same objects, whatever was written meanwhile.
  * An object may stand in several pieces; the last one holds.
  * What was read of a piece before is the same objects again, and so are their resources: whoever lays a chart out
    tells by that what he has seen.
"""

import struct
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import msgspec
from msgspec import Struct

from contrefeu.chart.fold import Chart, kept_resource
from contrefeu.chart.versions import Kept
from contrefeu.fhir import Json, encode

KEY_BYTES = 16  # that an object of a chart is looked up by
STAMPS_MAX = 2_000  # that a question names: half of its bytes; what lies in more pieces is given again

_chart = msgspec.json.Decoder(Chart, float_hook=Decimal).decode
_objects = msgspec.json.Decoder(list[Kept], float_hook=Decimal).decode


class Piece(Struct, frozen=True):
    """Some objects of a chart."""

    stamp: bytes  # of all that follows
    keys: bytes  # KEY_BYTES each
    places: bytes  # among the chart's objects, in the order of their first words; 2 or 4 bytes each, little endian
    body: bytes | None  # JSON array of `Kept`; None when who asked has read it


class Lately(Struct, frozen=True):
    """One chart, as it stands."""

    version: str  # another one whenever the chart was written since; "" when nobody can tell
    head: bytes  # JSON of the chart without its objects
    pieces: list[Piece]


class _Read(NamedTuple):
    """An object, and what is made of it alone."""

    key: bytes
    n: int
    name: str
    kept: Kept
    resource: Json


class Gathered:
    """A chart put together from its pieces."""

    def __init__(self, found: Lately, before: "Gathered | None" = None) -> None:
        """Read *found*; *before* is what whoever was given it has of the same chart."""
        self.chart = _chart(found.head)
        self.bytes = len(found.head)  # of its JSON
        self._pieces: dict[bytes, tuple[int, list[_Read]]] = {}
        held: dict[bytes, _Read] = {}
        for piece in found.pieces:
            size, objects = self._of(piece, before)
            self._pieces[piece.stamp] = size, objects
            self.bytes += size
            held.update((one.key, one) for one in objects)
        ordered = sorted(held.values(), key=lambda one: one.n)
        self.chart.kept = {one.name: one.kept for one in ordered}
        self.resources: list[Json] = [one.resource for one in sorted(ordered, key=lambda one: one.name)]

    @property
    def stamps(self) -> list[bytes]:
        """The pieces that it was read from, as far as a question can name them."""
        return list(self._pieces)[:STAMPS_MAX]

    def _of(self, piece: Piece, before: "Gathered | None") -> tuple[int, list[_Read]]:
        if piece.body is not None:
            pairs = zip(split(piece.keys, piece.places), _objects(piece.body), strict=True)
            return len(piece.body), [self._read(key, n, kept) for (key, n), kept in pairs]
        assert before is not None, "a piece is left out for who has it"
        size, objects = before._pieces[piece.stamp]
        if (self.chart.id, self.chart.world) != (before.chart.id, before.chart.world):
            objects = [self._read(one.key, one.n, one.kept) for one in objects]
        return size, objects

    def _read(self, key: bytes, n: int, kept: Kept) -> _Read:
        return _Read(key, n, f"{kept.kind}/{kept.id}", kept, kept_resource(self.chart, kept))


def split(keys: bytes, places: bytes) -> list[tuple[bytes, int]]:
    """Return the keys and places of the objects of a piece."""
    each = [keys[at : at + KEY_BYTES] for at in range(0, len(keys), KEY_BYTES)]
    return list(zip(each, places_in(places, len(each)), strict=True))


def places_in(places: bytes, count: int) -> tuple[int, ...]:
    """Return the places of the *count* objects of a piece."""
    return struct.unpack(f"<{count}{'H' if len(places) == 2 * count else 'I'}", places)


def packed_places(order: Iterable[int]) -> bytes:
    """Return places as pieces have them."""
    each = list(order)
    return struct.pack(f"<{len(each)}{'H' if max(each, default=0) < 1 << 16 else 'I'}", *each)


def whole(chart: Chart, version: str = "") -> Lately:
    """Return a chart that lies in no store, in one piece."""
    objects = list(chart.kept.values())
    chart = msgspec.structs.replace(chart, kept={})
    keys = b"".join(n.to_bytes(KEY_BYTES, "big") for n in range(len(objects)))
    piece = Piece(b"", keys, packed_places(range(len(objects))), encode(objects))
    return Lately(version, encode(chart), [piece])
