"""What a restored system holds, as marks to compare with; and what of it no journal knows.

Rules kept here:
  * Says the same, under whatever control id: present. The same control id and another content: different.
  * A list of control ids is compared by control id alone: it says nothing of contents.
  * What we sent back under a control id of ours is not theirs alone, in whatever words it stands there.
"""

from collections.abc import Iterable, Iterator

from contrefeu.capture import Item
from contrefeu.hl7 import peek, source_name
from contrefeu.journal import MEDIA_FHIR, MEDIA_SEALED, as_known, as_repeated
from contrefeu.recovery.findings import State
from contrefeu.recovery.holdings import ANY_FACILITY, Listed, Unreadable
from contrefeu.recovery.likeness import Likeness, Marks
from contrefeu.recovery.resources import RESOURCE_TABLES, Resources
from contrefeu.recovery.scratch import Scratch

TABLES = (
    "CREATE TABLE held(says INTEGER, name INTEGER, PRIMARY KEY(says, name)) WITHOUT ROWID",
    "CREATE TABLE listed(name INTEGER PRIMARY KEY, known INTEGER)",
    "CREATE TABLE ours(name INTEGER, bytes INTEGER, PRIMARY KEY(name, bytes)) WITHOUT ROWID",
    "CREATE TABLE said(mark INTEGER PRIMARY KEY)",
    "CREATE TABLE sent(mark INTEGER PRIMARY KEY)",
    *RESOURCE_TABLES,
)
_INDEX = "CREATE INDEX held_by_name ON held(name)"  # once all is there: a tenth of the price


class Compared:
    """The marks of both sides."""

    def __init__(self, table: Scratch, likeness: Likeness, resources: Resources) -> None:
        self._table = table
        self.resources = resources
        self._likeness = likeness
        self.unreadable: list[Unreadable] = []
        self.items = 0
        self._sent = self._listed = False  # whether there is any: most often there is not, and nothing is asked

    def hold(self, found: Iterable[Item | Listed | Unreadable]) -> None:
        """Take what the restored system holds."""
        for one in found:
            if isinstance(one, Unreadable):
                self.unreadable.append(one)
                continue
            self.items += 1
            if isinstance(one, Listed):
                self._listed = True
                name = self._likeness.name(one.source, one.control_id)
                self._table.run("INSERT OR IGNORE INTO listed VALUES(?, 0)", (name,))
            else:
                if one.media_type == MEDIA_FHIR:
                    self.resources.hold(one.body)
                marks = self._likeness.marks(one.media_type, one.body)
                self._table.run("INSERT OR IGNORE INTO held VALUES(?, ?)", (marks.says, marks.name))
        self._table.run(_INDEX)

    def sent_as(self, control_id: str) -> None:
        """Remember a control id that we gave ourselves to what we sent back."""
        self._sent = True
        mark = self._likeness.name("", control_id)
        self._table.run("INSERT OR IGNORE INTO sent VALUES(?)", (mark,))

    def state(self, media_type: str, body: bytes) -> tuple[State | None, Marks]:
        """Return what is to be said of an entry, None when it is present; entries come in the journals' order.

        A document that is sealed to a role is there if the other side has one of its name: nobody here sees more.
        """
        known_as, known = as_known(media_type, body)
        marks, ask = self._likeness.marks(known_as, known), self._table.row
        names = self._listed_as(known, marks) if self._listed else ()
        if names:
            self._table.run("UPDATE listed SET known = 1 WHERE name IN (?, ?, ?)", names)
        row = (marks.name, self._likeness.digest(as_repeated(media_type, body)))
        if not self._table.run("INSERT OR IGNORE INTO ours VALUES(?, ?)", row):
            return "repeat", marks
        self._table.run("INSERT OR IGNORE INTO said VALUES(?)", (marks.says,))
        if self._is_sent(marks.control_id):
            return "echo", marks
        if ask("SELECT 1 FROM held WHERE says = ?", (marks.says,)):
            return None, marks
        if names and ask("SELECT 1 FROM listed WHERE name IN (?, ?, ?)", names):
            return None, marks
        if ask("SELECT 1 FROM held WHERE name = ?", (marks.name,)) is None:
            return "missing", marks
        return (None if media_type == MEDIA_SEALED else "different"), marks

    def _listed_as(self, body: bytes, marks: Marks) -> tuple[int, int, int]:
        """The marks under which a list may name a message: of its sender, of MSH-3 alone, of nobody."""
        header, named = peek(body), self._likeness.name
        source = header.source if header else ""
        of_any = source_name(source.rpartition("@")[0] or source, ANY_FACILITY)
        return marks.name, named(of_any, marks.control_id), named("", marks.control_id)

    def holds(self, source: str, control_id: str) -> bool:
        """Whether the restored system holds a message of ours by its control id."""
        mark = self._likeness.name(source, control_id)
        return self._table.row("SELECT 1 FROM held WHERE name = ?", (mark,)) is not None

    def unknown(self, found: Iterable[Item | Listed | Unreadable]) -> Iterator[Item | Listed]:
        """Yield what the restored system holds and no journal does; *found* is read again, after all entries."""
        for one in found:
            if not isinstance(one, Unreadable) and not self._is_known(one):
                yield one

    def _is_known(self, one: Item | Listed) -> bool:
        """Whether an entry says it, or has its control id; or we sent it, or it is compared as a resource."""
        ask = self._table.row
        if isinstance(one, Listed):
            name = self._likeness.name(one.source, one.control_id)
            found = ask("SELECT 1 FROM listed WHERE name = ? AND known", (name,)) is not None
            return found or self._is_sent(one.control_id)
        if one.media_type == MEDIA_FHIR and self.resources.count:
            return True
        marks = self._likeness.marks(one.media_type, one.body)
        return (
            ask("SELECT 1 FROM said WHERE mark = ?", (marks.says,)) is not None
            or ask("SELECT 1 FROM ours WHERE name = ?", (marks.name,)) is not None
            or self._is_sent(marks.control_id)
        )

    def _is_sent(self, control_id: str) -> bool:
        """Whether it is one that we gave ourselves."""
        mark = self._likeness.name("", control_id) if self._sent else 0
        return self._sent and self._table.row("SELECT 1 FROM sent WHERE mark = ?", (mark,)) is not None
