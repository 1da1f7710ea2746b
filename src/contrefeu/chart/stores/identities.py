"""Whom entries name, which numbers are one patient's, and who is named by an order or a stay alone.

Rules kept here:
  * A node is a world and an identity key; it is never removed, so an old number still leads to its chart.
  * An entry is filed under the numbers that it names, whatever was merged since.
  * Bindings of an order's or a stay's number only grow: what they say does not depend on which came first.
"""

from contrefeu.chart.merging import Said, survivors
from contrefeu.chart.stores.database import Database
from contrefeu.chart.stores.kept import SEQUENCE_BITS

NODES_REMEMBERED_MAX = 200_000  # ids of keys seen lately, in memory


class Identities:
    """The nodes of a store."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._ids: dict[str, int] = {}

    def forget(self) -> None:
        """Forget what was remembered beside the file: a transaction was taken back."""
        self._ids.clear()

    # Nodes.

    def node(self, text: str, chart: bytes) -> int:
        """Return the node of *text* (world and key), made when it is new; *chart* is the id its key gives."""
        found = self.known(text)
        if found is not None:
            return found
        self._db.run("INSERT INTO nodes(text, chart, root) VALUES(?, ?, 0)", (text, chart))
        self._db.run("UPDATE nodes SET root = id WHERE text = ?", (text,))
        found = self.known(text)
        assert found is not None
        return found

    def known(self, text: str) -> int | None:
        """Return the node of *text*, if there is one."""
        found = self._ids.get(text)
        if found is None:
            found = self._db.value("SELECT id FROM nodes WHERE text = ?", (text,))
            if found is not None:
                if len(self._ids) >= NODES_REMEMBERED_MAX:
                    self._ids.clear()
                self._ids[text] = found
        return found

    def text(self, node: int) -> str:
        """Return world and key of *node*."""
        return str(self._db.value("SELECT text FROM nodes WHERE id = ?", (node,)))

    def chart_of(self, node: int) -> bytes:
        """Return the chart id (16 bytes) that the key of *node* gives."""
        return bytes(self._db.value("SELECT chart FROM nodes WHERE id = ?", (node,)))

    def by_chart(self, chart: bytes) -> int | None:
        """Return the root of the node that *chart* is the id of."""
        found: int | None = self._db.value("SELECT root FROM nodes WHERE chart = ?", (chart,))
        return found

    def root(self, node: int) -> int:
        """Return the node whose chart holds the entries of *node*."""
        return int(self._db.value("SELECT root FROM nodes WHERE id = ?", (node,), node))

    def members(self, root: int) -> list[int]:
        """Return the nodes whose entries are in the chart of *root*."""
        return [node for (node,) in self._db.rows("SELECT id FROM nodes WHERE root = ?", (root,))]

    # Entries.

    def file(self, node: int, entry: int) -> None:
        """File an entry under a node."""
        self._db.run("INSERT OR IGNORE INTO filed VALUES(?, ?)", (node, entry))

    def unfile(self, node: int, entry: int) -> None:
        """Take an entry from under a node."""
        self._db.run("DELETE FROM filed WHERE node = ? AND entry = ?", (node, entry))

    def filed(self, root: int) -> list[int]:
        """Return ids of the entries in the chart of *root*, in no order."""
        sql = "SELECT DISTINCT f.entry FROM nodes n JOIN filed f ON f.node = n.id WHERE n.root = ?"
        return [entry for (entry,) in self._db.rows(sql, (root,))]

    # Merges.

    def link(self, entry: int, n: int, survivor: int, loser: int, undo: bool) -> None:
        """Keep a statement that two nodes are one patient's, or are not."""
        self._db.run("INSERT OR REPLACE INTO links VALUES(?, ?, ?, ?, ?)", (entry, n, survivor, loser, int(undo)))

    def unlink(self, entry: int) -> None:
        """Take back the statements of an entry."""
        self._db.run("DELETE FROM links WHERE entry = ?", (entry,))

    def settle(self, node: int) -> set[int]:
        """Find again who is who around *node*; returns roots, old and new, whose members changed."""
        said = self._said_around(node)
        roots = survivors(said)
        roots.setdefault(node, node)
        changed: set[int] = set()
        for one, root in roots.items():
            before = self.root(one)
            if before != root:
                self._db.run("UPDATE nodes SET root = ? WHERE id = ?", (root, one))
                changed |= {before, root}
        return changed

    def neighbours(self, node: int) -> set[int]:
        """Return every node that a statement ever put beside *node*, through others too."""
        return {node} | {end for one in self._said_around(node) for end in (one.survivor, one.loser)}

    def _said_around(self, node: int) -> list[Said]:
        found: dict[tuple[int, int], Said] = {}
        ahead, seen = [node], {node}
        while ahead:
            at = ahead.pop()
            for entry, n, survivor, loser, undo, hlc, journal in self._db.rows(
                "SELECT l.*, e.hlc, j.text FROM links l JOIN entries e ON e.id = l.entry"
                " JOIN names j ON j.id = l.entry >> ?2 WHERE l.survivor = ?1 OR l.loser = ?1",
                (at, SEQUENCE_BITS),
            ):
                order = (hlc, journal, entry & (1 << SEQUENCE_BITS) - 1)
                found[entry, n] = Said(order, n, survivor, loser, bool(undo))
                for end in (survivor, loser):
                    if end not in seen:
                        seen.add(end)
                        ahead.append(end)
        return list(found.values())

    # Orders and stays.

    def bind(self, hint: str, node: int) -> bool:
        """Say that *hint* was named beside *node*; returns whether that is new."""
        self._db.run("INSERT OR IGNORE INTO hints VALUES(?, ?)", (hint, node))
        return self._db.changed() > 0

    def bound(self, hint: str) -> list[int]:
        """Return the nodes that *hint* was named beside."""
        return [node for (node,) in self._db.rows("SELECT node FROM hints WHERE hint = ?", (hint,))]

    def bindings(self, node: int) -> list[str]:
        """Return what *node* was named beside, of that which entries name alone."""
        sql = "SELECT DISTINCT h.hint FROM hints h JOIN owed o ON o.hint = h.hint WHERE h.node = ?"
        return [hint for (hint,) in self._db.rows(sql, (node,))]

    def owe(self, entry: int, hints: list[str]) -> None:
        """Keep that *entry* names somebody by these alone, the surest first."""
        rows = [(hint, entry, rank) for rank, hint in enumerate(hints)]
        self._db.run_many("INSERT OR IGNORE INTO owed VALUES(?, ?, ?)", rows)

    def owed(self, hint: str) -> list[int]:
        """Return the entries that name *hint* and no patient."""
        return [entry for (entry,) in self._db.rows("SELECT entry FROM owed WHERE hint = ?", (hint,))]

    def hints_of(self, entry: int) -> list[str]:
        """Return what *entry* names alone, the surest first."""
        return [hint for (hint,) in self._db.rows("SELECT hint FROM owed WHERE entry = ? ORDER BY rank", (entry,))]

    def filed_under(self, entry: int, among: list[int]) -> list[int]:
        """Return those nodes of *among* that *entry* is filed under."""
        sql = "SELECT 1 FROM filed WHERE node = ? AND entry = ?"
        return [node for node in among if self._db.row(sql, (node, entry)) is not None]
