"""Where an entry belongs: under the numbers that it names, beside its repeats, or waiting for its patient.

Rules kept here:
  * Same feed, control id and bytes: a repeat. The earliest in journal order stands for all, whichever was read first.
    The same control id with other bytes is another message, and counted (S8, F29).
  * A message without a patient's number goes to the one patient whose order or stay it names; where there is none, or
    two, it waits: nobody is guessed (F31).
  * Merges change who is who, and no entry (F32). What is an exercise stays one (F33).
  * Acts and audit entries are kept, and charted nowhere; one of a station that says who is who links, as an A40 does.
"""

from uuid import UUID

from contrefeu.acts import bears_on_withdrawals
from contrefeu.chart.fold import chart_id
from contrefeu.chart.folding import Folding, hints_of, node_text, parts_of
from contrefeu.chart.stores import (
    ACT,
    CHARTED,
    DUPLICATE,
    LISTS_NOTE,
    UNCHARTED,
    WAITING,
    WITHDRAWN,
    ChartStore,
)
from contrefeu.chart.views import STATION
from contrefeu.journal import MEDIA_ACT, Entry
from contrefeu.mapping import Reading

NOBODY = "names no patient that can be told from others"
UNKNOWN = "names an order or a stay, and no patient was named beside it yet"
SEVERAL = "two patients answer to its numbers"
NO_RULE = "no rule for it"
REFUSED = "the fold gave up on it"


class Filing:
    """Files entries in a store; says which charts that changes."""

    def __init__(self, store: ChartStore, folding: Folding) -> None:
        self._kept = store.kept
        self._identities = store.identities
        self._places = store.places
        self._lists = store.lists
        self._folding = folding
        self.readings = folding.recent
        self.new: dict[int, list[int]] = {}  # node -> entries filed under it in this batch
        self.again: set[int] = set()  # nodes whose charts must be folded from their entries
        self.unsettled = False  # whether what is withdrawn has to be found anew (`withdrawn.Withdrawing`)

    def clear(self) -> None:
        """Begin another batch."""
        self.readings.clear()
        self.new.clear()
        self.again.clear()
        self.unsettled = False

    def take(self, entry: Entry, reading: Reading) -> None:
        """File one entry, which says *reading*."""
        if reading.audit:
            self.unsettled = self.unsettled or (entry.media_type == MEDIA_ACT and bears_on_withdrawals(entry.body))
            id_ = self._kept.add(entry, ACT if entry.media_type == MEDIA_ACT else UNCHARTED)
            if reading.links and entry.journal.endswith(STATION):
                self._link(id_, self._ends(reading), entry.received_ns)
            return
        self.unsettled = self.unsettled or entry.ref in self._folding.withdrawn.named
        if reading.control_id:
            control, digest, first = self._kept.first_of(entry, reading.control_id)
            if first is not None:
                self._repeat(entry, reading, control, digest, first)
                return
            self._file(entry, reading, entry.received_ns)
            before = self._kept.stands_for(control, digest, self._kept.id_of(entry.journal, entry.sequence))
            if before is not None and not self._folding.begun_again(reading, before):
                self._kept.count_reused(entry.source)
        else:
            self._file(entry, reading, entry.received_ns)

    def keep(self, entry: Entry, reason: str) -> None:
        """Keep an entry that defeats us, and read it no further."""
        self._kept.add(entry, UNCHARTED, reason)

    def place_again(self, id_: int) -> None:
        """Say anew what became of an entry: it was withdrawn, or is seen again."""
        state = self._kept.state(id_)
        if state is not None and state[0] not in (DUPLICATE, ACT):
            self._place(id_)

    def _repeat(self, entry: Entry, reading: Reading, control: int, digest: int, first: int) -> None:
        self.unsettled = self.unsettled or bool(self._folding.withdrawn.entries)
        if entry.order > self._kept.order(first):
            id_ = self._kept.add(entry, DUPLICATE)
            self._kept.add_repeat(control, digest, id_)
            self._identities.linked(first, entry.received_ns)
            for part in parts_of(reading):
                if part.subjects and part.subjects[0].keys:
                    self._bind(part, self._folding.nodes_of(part)[0], entry.received_ns)
            return
        # The earlier one came late: it stands for the other from now on.
        others = self._kept.placed([first, *self._kept.repeats_of(control, digest)])
        self._withdraw(first)
        self._kept.set_state(first, DUPLICATE)
        self._kept.add_repeat(control, digest, first)
        self._file(entry, reading, min(entry.received_ns, *(one.received_ns for one in others)))
        self._kept.stands_for(control, digest, self._kept.id_of(entry.journal, entry.sequence))

    def _file(self, entry: Entry, reading: Reading, heard_ns: int) -> None:
        """File an entry that stands for itself.

        Args:
            entry: It.
            reading: What it says.
            heard_ns: When it or one of its repeats was first received.
        """
        id_ = self._kept.add(entry, UNCHARTED)
        self.readings[id_] = reading
        links: list[tuple[int, int, bool]] = []
        bound: list[str] = []
        for part in parts_of(reading):
            for movement in part.movements:
                self._places.learn(part.world, movement.place)
            if part.listed:
                self._lists.take(part.world, part.listed, reading.hlc, id_)
                self._kept.set_note(LISTS_NOTE, str(id_))
            if not part.subjects:
                continue
            subject = part.subjects[0]
            if subject.keys:
                node = self._node(part.world, subject.keys[0])
                self._under(node, id_)
                bound += self._bind(part, node, heard_ns)
            else:
                self._identities.owe(id_, hints_of(part))
            links += self._ends(part)
        if links:
            self._link(id_, links, heard_ns)
        for owed in self._identities.owed(bound) if bound else ():
            if owed != id_:
                self._place(owed)
        self._place(id_)

    def _under(self, node: int, id_: int) -> None:
        self._identities.file(node, id_)
        self.new.setdefault(node, []).append(id_)

    def _bind(self, part: Reading, node: int, heard_ns: int) -> list[str]:
        """Keep that the orders and stays of *part* are this patient's; returns those that nobody knew."""
        return [hint for hint in hints_of(part) if self._identities.bind(hint, node, heard_ns)]

    def _ends(self, part: Reading) -> list[tuple[int, int, bool]]:
        """The numbers that *part* says are one patient's, or are not: survivor, loser, undo."""
        return [
            (self._node(part.world, link.survivor), self._node(part.world, link.lost), link.kind == "unmerge")
            for link in part.links
        ]

    def _link(self, id_: int, links: list[tuple[int, int, bool]], heard_ns: int) -> None:
        for n, (survivor, loser, undo) in enumerate(links):
            self._identities.link(id_, n, survivor, loser, undo, heard_ns)
        self._resettle({node for survivor, loser, _ in links for node in (survivor, loser)})

    def _resettle(self, nodes: set[int]) -> None:
        """Find who is who around *nodes* again, and what that places."""
        self._kept.flush()
        changed: set[int] = set()
        for node in sorted(nodes):
            changed |= self._identities.settle(node)
        self.again |= changed
        members = {member for root in changed for member in self._identities.members(root)}
        for owed in self._identities.owed_near(sorted(members)):
            self._place(owed)

    def _place(self, id_: int) -> None:
        """File an entry where it belongs now, and say what became of it."""
        reading = self._folding.reading(id_)
        filed, understood, waits = False, False, ""
        whole = reading.ref in self._folding.withdrawn.entries
        hidden = False
        for part in parts_of(reading):
            nodes = self._folding.nodes_of(part)
            if nodes and self._folding.hides(part, nodes):
                hidden = True
            elif nodes:
                filed, understood = True, understood or part.understood
            elif _clinical(part):
                waits = waits or self._why(part)
            if part.subjects and not part.subjects[0].keys:
                self._refile(id_, part, nodes)
        if whole or (hidden and not filed and not waits):
            self._kept.set_state(id_, WITHDRAWN)
        elif waits:
            self._kept.set_state(id_, WAITING, waits)
        elif filed and understood:
            self._kept.set_state(id_, CHARTED)
        elif reading.listed:
            self._kept.set_state(id_, UNCHARTED)  # it is read, and nobody's
        else:
            self._kept.set_state(id_, UNCHARTED, NO_RULE if filed else NOBODY)

    def _refile(self, id_: int, part: Reading, nodes: list[int]) -> None:
        before = set(self._identities.filed_under(id_, self._identities.bound(hints_of(part))))
        for node in before - set(nodes):
            self._identities.unfile(node, id_)
            self.again.add(node)
        for node in set(nodes) - before:
            if id_ in self.readings:
                self._under(node, id_)
            else:
                self._identities.file(node, id_)
                self.again.add(node)

    def _why(self, part: Reading) -> str:
        hints = hints_of(part)
        if not hints:
            return NOBODY
        return SEVERAL if self._identities.bound(hints) else UNKNOWN

    def _withdraw(self, id_: int) -> None:
        """Take an entry from wherever it is filed: another stands for it."""
        reading = self._folding.reading(id_)
        ends: set[int] = set()
        for part in parts_of(reading):
            for node in self._folding.nodes_of(part):
                self._identities.unfile(node, id_)
                self.again.add(node)
            for link in part.links:
                ends |= {self._node(part.world, link.survivor), self._node(part.world, link.lost)}
        self._identities.disown(id_)
        if ends:
            self._identities.unlink(id_)
            self._resettle(ends)

    def _node(self, world: str, key: str) -> int:
        text = node_text(world, key)
        known = self._identities.known(text)
        return known if known is not None else self._identities.node(text, UUID(chart_id(key, world)).bytes)


def _clinical(part: Reading) -> bool:
    """Whether somebody's care may depend on it."""
    return bool(part.said or part.movements or part.stays)
