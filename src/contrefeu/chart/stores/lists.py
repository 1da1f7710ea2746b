"""What the hospital's own lists (MFN) say of its wards, beds and staff.

Rules kept here:
  * Of each line the newest word holds, by the hybrid clock: whatever order the journals arrived in, the same lists.
  * A line that was taken off stays, closed: it says that a bed which feeds once named is none any more.
"""

from collections.abc import Iterable

import msgspec

from contrefeu.chart.stores.engine import Database
from contrefeu.fhir import encode
from contrefeu.mapping import Listed

LISTS_NOTE = "lists"  # in the store's notes: another text once a list of the hospital's own said something


class Lists:
    """Those of a store."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._decode = msgspec.json.Decoder(Listed)

    def take(self, world: str, lines: Iterable[Listed], hlc: int, entry: int) -> None:
        """Take what entry number *entry*, of the hybrid clock *hlc*, says."""
        for line in lines:
            named = self._db.veil.mask("listed.named", "\x1f".join([*line.place, line.number]).encode())
            sealed = self._db.veil.seal("listed.line", encode(line), named)
            self._db.run(
                "INSERT INTO listed VALUES(?, ?, ?, ?, ?) ON CONFLICT(world, named) DO UPDATE SET hlc = excluded.hlc,"
                " entry = excluded.entry, line = excluded.line"
                " WHERE (excluded.hlc, excluded.entry) >= (listed.hlc, listed.entry)",
                (world, named, hlc, entry, sealed),
            )

    def lines(self, world: str) -> list[Listed]:
        """Return every line, the newest word of each."""
        found = self._db.rows("SELECT named, line FROM listed WHERE world = ?", (world,))
        return [self._decode.decode(self._db.veil.open("listed.line", line, named)) for named, line in found]
