"""Whom entries name, which numbers are one patient's, and who is named by an order or a stay alone.

Rules kept here:
  * A node is a world and an identity key; it is never removed, so an old number still leads to its chart.
  * An entry is filed under the numbers that it names, whatever was merged since.
  * Bindings of an order's or a stay's number only grow: what they say does not depend on which came first.
  * Whose chart a node's is, only the one that writes remembers: for who reads beside it, charts are united and parted
    unseen, and a root of yesterday is nobody, or another patient.
"""

from collections.abc import Callable, Iterable

from contrefeu.chart.identity import Said, survivors
from contrefeu.chart.stores.engine import Database
from contrefeu.chart.stores.kept import SEQUENCE_BITS
from contrefeu.chart.stores.seen import Seen

REMEMBERED_MAX = 100_000  # keys, roots and bindings seen lately, of each, in memory: some 30 MB

LAST_NS = (1 << 63) - 1  # SQLite's greatest number: later than anything received


class Identities:
    """The nodes of a store."""

    def __init__(self, db: Database, journal_of: Callable[[int], str]) -> None:
        self._db = db
        self._journal_of = journal_of
        self._ids: dict[str, int] = {}
        self._roots: dict[int, int] = {}
        self._bound: dict[tuple[str, int], int] = {}
        self._filed: list[tuple[int, int]] = []  # by this transaction, and not written yet
        self._named: list[tuple[str, int, int]] = []  # the same: hint, node, when
        self._bindings: Seen | None = None  # hints and their nodes, for the one that writes
        self._debts: Seen | None = None  # hints of entries that name nothing else, the same

    def begin(self) -> None:
        """Begin a transaction: nobody else writes from now on."""
        if self._bindings is None:
            self._bindings = Seen(empty=self._db.row("SELECT 1 FROM hints LIMIT 1") is None)
            self._debts = Seen(empty=self._db.row("SELECT 1 FROM owed LIMIT 1") is None)

    @property
    def _writes(self) -> bool:
        return self._bindings is not None

    def settle_filed(self) -> None:
        """Write down what this transaction filed and bound, before it ends or is asked for."""
        self._db.run_many("INSERT INTO filed VALUES(?, ?) ON CONFLICT DO NOTHING", self._filed)
        self._filed.clear()
        rows = [(self._hint(hint), node, received_ns) for hint, node, received_ns in self._named]
        self._db.run_many("INSERT INTO hints VALUES(?, ?, ?) ON CONFLICT DO NOTHING", rows)
        self._named.clear()

    def forget(self) -> None:
        """Forget what was remembered beside the file: a transaction was taken back."""
        self._filed.clear()
        self._named.clear()
        self._ids.clear()
        self._roots.clear()
        self._bound.clear()

    # Nodes.

    def node(self, text: str, chart: bytes) -> int:
        """Return the node of *text* (world and key), made when it is new; *chart* is the id its key gives."""
        found = self.known(text)
        if found is not None:
            return found
        mask = self._db.veil.mask
        row = (mask("nodes.text", text.encode()), mask("nodes.chart", chart))
        node = int(self._db.value("INSERT INTO nodes(text, chart, root) VALUES(?, ?, 0) RETURNING id", row))
        self._db.run("UPDATE nodes SET root = id WHERE id = ?", (node,))
        self._remember(text, node)
        return node

    def known(self, text: str) -> int | None:
        """Return the node of *text*, if there is one."""
        found = self._ids.get(text)
        if found is None:
            masked = self._db.veil.mask("nodes.text", text.encode())
            found = self._db.value("SELECT id FROM nodes WHERE text = ?", (masked,))
            if found is not None:
                self._remember(text, found)
        return found

    def text(self, node: int) -> str:
        """Return world and key of *node*."""
        text = self._db.value("SELECT text FROM nodes WHERE id = ?", (node,))
        return self._db.veil.unmask("nodes.text", text).decode()

    def chart_of(self, node: int) -> bytes:
        """Return the chart id (16 bytes) that the key of *node* gives."""
        chart = self._db.value("SELECT chart FROM nodes WHERE id = ?", (node,))
        return self._db.veil.unmask("nodes.chart", chart)

    def all(self) -> list[int]:
        """Return every node, in the order of the chart ids that their keys give."""
        unmask = self._db.veil.unmask
        found = self._db.each("SELECT chart, id FROM nodes")
        return [node for _, node in sorted((unmask("nodes.chart", chart), node) for chart, node in found)]

    def by_chart(self, chart: bytes) -> int | None:
        """Return the root of the node that *chart* is the id of."""
        masked = self._db.veil.mask("nodes.chart", chart)
        found: int | None = self._db.value("SELECT root FROM nodes WHERE chart = ?", (masked,))
        return found

    def root(self, node: int) -> int:
        """Return the node whose chart holds the entries of *node*."""
        found = self._roots.get(node)
        if found is None:
            found = int(self._db.value("SELECT root FROM nodes WHERE id = ?", (node,), node))
            if self._writes:
                if len(self._roots) >= REMEMBERED_MAX:
                    self._roots.clear()
                self._roots[node] = found
        return found

    def members(self, root: int) -> list[int]:
        """Return the nodes whose entries are in the chart of *root*."""
        return [node for (node,) in self._db.rows("SELECT id FROM nodes WHERE root = ?", (root,))]

    # Entries.

    def file(self, node: int, entry: int) -> None:
        """File an entry under a node."""
        self._filed.append((node, entry))

    def unfile(self, node: int, entry: int) -> None:
        """Take an entry from under a node."""
        self.settle_filed()
        self._db.run("DELETE FROM filed WHERE node = ? AND entry = ?", (node, entry))

    def filed(self, nodes: Iterable[int]) -> list[int]:
        """Return ids of the entries filed under *nodes*, each once, in no order."""
        self.settle_filed()
        sql = "SELECT entry FROM filed WHERE node = ?"
        return list({entry: None for node in nodes for (entry,) in self._db.rows(sql, (node,))})

    def filed_under(self, entry: int, among: Iterable[int]) -> list[int]:
        """Return those nodes of *among* that *entry* is filed under."""
        self.settle_filed()
        sql = "SELECT 1 FROM filed WHERE node = ? AND entry = ?"
        return [node for node in among if self._db.row(sql, (node, entry)) is not None]

    # Merges.

    def link(self, entry: int, n: int, survivor: int, loser: int, undo: bool, received_ns: int) -> None:
        """Keep a statement that two nodes are one patient's, or are not."""
        row = (entry, n, survivor, loser, int(undo), received_ns)
        self._db.run(
            "INSERT INTO links VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT(entry, n) DO UPDATE SET"
            " survivor = excluded.survivor, loser = excluded.loser, undo = excluded.undo, received = excluded.received",
            row,
        )

    def linked(self, entry: int, received_ns: int) -> None:
        """Say that a statement had been received by *received_ns*, by a repeat of it."""
        sql = "UPDATE links SET received = ? WHERE entry = ? AND received > ?"
        self._db.run(sql, (received_ns, entry, received_ns))

    def unlink(self, entry: int) -> None:
        """Take back the statements of an entry."""
        self._db.run("DELETE FROM links WHERE entry = ?", (entry,))

    def settle(self, node: int) -> set[int]:
        """Find again who is who around *node*; returns roots, old and new, whose members changed."""
        roots = survivors(self._said_around(node))
        roots.setdefault(node, node)
        changed: set[int] = set()
        for one, root in roots.items():
            before = self.root(one)
            if before != root:
                self._db.run("UPDATE nodes SET root = ? WHERE id = ?", (root, one))
                self._roots[one] = root
                changed |= {before, root}
        return changed

    def roots_at(self, node: int, at_ns: int) -> dict[int, int]:
        """Return every node that a statement ever put beside *node*, and whose chart held it at *at_ns*."""
        said = self._said_around(node)
        roots = {node: node} | {end: end for one in said for end in (one.survivor, one.loser)}
        return roots | survivors(one for one, received in said.items() if received <= at_ns)

    def _said_around(self, node: int) -> dict[Said, int]:
        """Every statement about *node* and about those that it was put beside, and when each was received."""
        found: dict[Said, int] = {}
        ahead, seen = [node], {node}
        while ahead:
            at = ahead.pop()
            for entry, n, survivor, loser, undo, received, hlc in self._db.rows(
                "SELECT l.entry, l.n, l.survivor, l.loser, l.undo, l.received, e.hlc"
                " FROM links l JOIN entries e ON e.id = l.entry WHERE l.survivor = ? OR l.loser = ?",
                (at, at),
            ):
                order = (hlc, self._journal_of(entry), entry & (1 << SEQUENCE_BITS) - 1)
                found[Said(order, n, survivor, loser, bool(undo))] = received
                for end in (survivor, loser):
                    if end not in seen:
                        seen.add(end)
                        ahead.append(end)
        return found

    # Orders and stays.

    def bind(self, hint: str, node: int, received_ns: int) -> bool:
        """Say that *hint* was named beside *node*; returns whether that is new."""
        if self._bound.get((hint, node), LAST_NS) <= received_ns:
            return False
        key = hash((hint, node))
        new = self._bindings is not None and self._bindings.lacks(key)
        if new:
            self._named.append((hint, node, received_ns))
        else:
            new = self._bind_again(hint, node, received_ns)
        if self._bindings is not None:
            self._bindings.add(key)
        if len(self._bound) >= REMEMBERED_MAX:
            self._bound.clear()
        self._bound[hint, node] = received_ns
        return new

    def _bind_again(self, hint: str, node: int, received_ns: int) -> bool:
        """Bind what may be bound already."""
        self.settle_filed()
        masked = self._hint(hint)
        self._db.run("INSERT INTO hints VALUES(?, ?, ?) ON CONFLICT DO NOTHING", (masked, node, received_ns))
        if self._db.changed():
            return True
        sql = "UPDATE hints SET received = ? WHERE hint = ? AND node = ? AND received > ?"
        self._db.run(sql, (received_ns, masked, node, received_ns))
        return False

    def bound(self, hints: Iterable[str], at_ns: int = LAST_NS) -> list[int]:
        """Return the nodes that any of *hints* had been named beside by *at_ns*."""
        self.settle_filed()
        sql = "SELECT node FROM hints WHERE hint = ? AND received <= ?"
        return list({node: None for hint in hints for (node,) in self._db.rows(sql, (self._hint(hint), at_ns))})

    def hints_of(self, nodes: Iterable[int]) -> list[str]:
        """Return the orders and stays that were named beside any of *nodes*."""
        self.settle_filed()
        unmask, sql = self._db.veil.unmask, "SELECT hint FROM hints WHERE node = ?"
        return [unmask("hints.hint", one).decode() for node in nodes for (one,) in self._db.rows(sql, (node,))]

    def owe(self, entry: int, hints: Iterable[str]) -> None:
        """Keep that *entry* names somebody by these alone."""
        named = list(hints)
        rows = [(self._hint(hint), entry) for hint in named]
        self._db.run_many("INSERT INTO owed VALUES(?, ?) ON CONFLICT DO NOTHING", rows)
        if self._debts is not None:
            for hint in named:
                self._debts.add(hash(hint))

    def owed(self, hints: Iterable[str]) -> list[int]:
        """Return the entries that name any of *hints* and no patient."""
        if self._debts is not None:
            hints = [hint for hint in hints if not self._debts.lacks(hash(hint))]
        sql = "SELECT entry FROM owed WHERE hint = ?"
        return list({entry: None for hint in hints for (entry,) in self._db.rows(sql, (self._hint(hint),))})

    def owed_near(self, nodes: Iterable[int]) -> list[int]:
        """Return the entries that name no patient and a hint of any of *nodes*."""
        self.settle_filed()
        sql = "SELECT DISTINCT o.entry FROM hints h JOIN owed o ON o.hint = h.hint WHERE h.node = ?"
        return list({entry: None for node in nodes for (entry,) in self._db.rows(sql, (node,))})

    def disown(self, entry: int) -> None:
        """Forget what *entry* named: another entry stands for it."""
        self._db.run("DELETE FROM owed WHERE entry = ?", (entry,))

    def _hint(self, hint: str) -> bytes:
        return self._db.veil.mask("hints.hint", hint.encode())

    def _remember(self, text: str, node: int) -> None:
        if len(self._ids) >= REMEMBERED_MAX:
            self._ids.clear()
        self._ids[text] = node
