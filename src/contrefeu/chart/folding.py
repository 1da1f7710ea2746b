"""Charts from what a store holds: as they stand, folded again from their entries, or as they were known at an instant.

Rules kept here:
  * A chart is a fold of its readings in journal order, whenever each was read: the three ways agree.
  * As known at an instant: only entries received by then, merged and placed by what had been received by then.
  * A reading that defeats the fold is passed over, the same way each time; it stays a line of the chart.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contrefeu.chart.fold import Chart, Unread, apply, new_chart
from contrefeu.chart.identity import Order
from contrefeu.chart.stores import LAST_NS, ChartStore, Placed
from contrefeu.fhir import derived_id
from contrefeu.journal import Entry
from contrefeu.mapping import Reading, Rules, Said, read

RootOf = Callable[[int], int]
WITHDRAWN_NOTE = "withdrawn"  # in the store's notes: what is hidden, written with the charts in one transaction


class Withdrawn(Struct, frozen=True):
    """What is hidden now."""

    named: frozenset[str] = frozenset()  # entries, as they were named
    entries: frozenset[str] = frozenset()  # these, and their repeats
    documents: dict[str, str] = {}  # "Type/id" -> chart id
    patients: dict[str, Order] = {}  # world and number -> the last moment that is hidden

    @property
    def any(self) -> bool:
        """Whether anything is hidden."""
        return bool(self.entries or self.named or self.documents or self.patients)


NOTHING = Withdrawn()
_withdrawn = msgspec.json.Decoder(Withdrawn)


class Folding:
    """What folds the charts of one store."""

    def __init__(self, store: ChartStore, rules: Rules) -> None:
        self._store = store
        self._rules = rules
        self.withdrawn = NOTHING  # what is hidden (F41): `refresh`, or who follows the acts, says it
        self.hidden = ""  # another text once something else is hidden
        self._note: str | None = None
        self.recent: dict[int, Reading] = {}  # entry -> what it says, of the batch at hand: not read twice

    def refresh(self) -> None:
        """See what the store says is hidden."""
        note = self._store.kept.note(WITHDRAWN_NOTE)
        if note != self._note:
            self._note, self.withdrawn = note, _withdrawn.decode(note) if note else NOTHING
            self.hidden = blake2b((note or "").encode(), digest_size=8).hexdigest()

    def withdrawn_as_written(self) -> None:
        """Forget what was found hidden by a batch that was taken back."""
        self._note = None
        self.withdrawn = NOTHING
        self.refresh()

    def read(self, entry: Entry) -> Reading:
        """Return what an entry says."""
        return read(entry, self._rules.of(entry.source))

    def reading(self, id_: int) -> Reading:
        """Return what a kept entry says."""
        return self.recent.get(id_) or self.read(next(self._store.kept.entries([id_])))

    def begun_again(self, reading: Reading, before: int) -> bool:
        """Whether its sender counts anew each day, and made this message on another day than the entry *before*."""
        rules = self._rules.of(reading.source)
        if not rules.daily:
            return False
        zone = ZoneInfo(rules.zone)
        return _day(reading, zone) != _day(self.reading(before), zone)

    def nodes_of(self, part: Reading, at_ns: int = LAST_NS, root_of: RootOf | None = None) -> list[int]:
        """Return the nodes that a reading is filed under: of the number it names, or of the one patient that its
        orders and stays were named beside; [] for nobody, and when there are two."""
        if not part.subjects:
            return []
        subject = part.subjects[0]
        identities = self._store.identities
        if subject.keys:
            node = identities.known(node_text(part.world, subject.keys[0]))
            return [] if node is None else [node]
        nodes = identities.bound(hints_of(part), at_ns)
        return nodes if len(set(map(root_of or identities.root, nodes))) == 1 else []

    def onto(self, chart: Chart, reading: Reading, root: int) -> None:
        """Fold those parts of *reading* that belong to *root* onto its chart."""
        root_of = self._store.identities.root
        for part in parts_of(reading):
            nodes = self.nodes_of(part)
            if nodes and root_of(nodes[0]) == root and not self.hides(part, nodes):
                apply(chart, self.shown(part))

    def hides(self, part: Reading, nodes: Sequence[int]) -> bool:
        """Whether what is said of the patient of *nodes* is withdrawn, whole."""
        hidden = self.withdrawn
        if not hidden.any:
            return False
        if part.ref in hidden.entries or (hidden.documents and self._only_documents(part)):
            return True
        known = self._store.identities.known
        return any(part.order <= until and known(text) in nodes for text, until in hidden.patients.items())

    def shown(self, part: Reading) -> Reading:
        """Return *part* without the documents that are withdrawn."""
        if not self.withdrawn.documents or not self.says_withdrawn(part):
            return part
        return replace(part, said=[said for said in part.said if not self._is_withdrawn(said)])

    def says_withdrawn(self, part: Reading) -> bool:
        """Whether *part* says a document that is withdrawn."""
        return any(map(self._is_withdrawn, part.said))

    def _only_documents(self, part: Reading) -> bool:
        return bool(part.said) and all(map(self._is_withdrawn, part.said))

    def _is_withdrawn(self, said: Said) -> bool:
        return f"{said.kind}/{derived_id(said.kind, said.key)}" in self.withdrawn.documents

    def again(self, root: int) -> tuple[Chart | None, list[Placed], set[int]]:
        """Fold the chart of *root* from its entries; returns it, them, and which were passed over."""
        identities = self._store.identities
        placed = self._store.kept.placed(identities.filed(identities.members(root)))
        if not placed:
            return None, [], set()
        chart, passed = self._fold(root, [one.id for one in placed], self.onto)
        if not chart.entries:
            return None, [], set()  # all of it is withdrawn
        return chart, placed, passed

    def at(self, node: int, at_ns: int) -> Chart | None:
        """Return the chart that held *node* at an instant, as it was known then."""
        roots = self._store.identities.roots_at(node, at_ns)
        root = roots[node]
        members = [one for one, of in roots.items() if of == root]
        known: dict[int, int] = dict(roots)

        def root_of(one: int) -> int:
            if one not in known:
                known.update(self._store.identities.roots_at(one, at_ns))
            return known[one]

        found = False

        def onto(chart: Chart, reading: Reading, root: int) -> None:
            nonlocal found
            for part in parts_of(reading):
                nodes = self.nodes_of(part, at_ns, root_of)
                if nodes and root_of(nodes[0]) == root and not self.hides(part, nodes):
                    found = True
                    apply(chart, self.shown(part))

        chart, _ = self._fold(root, self._received_by(members, at_ns), onto)
        return chart if found else None

    def charts(self, at_ns: int | None = None, without: Collection[int] = ()) -> Iterator[Chart]:
        """Yield every chart in the order of chart ids, now or as known at *at_ns*; none of the roots *without*."""
        if at_ns is None:
            for root in self._store.folded.roots():
                chart = self._store.folded.chart(root) if root not in without else None
                if chart is not None:
                    yield chart
            return
        for node in self._store.identities.all():
            if self.is_root_at(node, at_ns) and self._store.identities.root(node) not in without:
                chart = self.at(node, at_ns)
                if chart is not None:
                    yield chart

    def is_root_at(self, node: int, at_ns: int) -> bool:
        """Whether a chart had the name of *node* at an instant."""
        return self._store.identities.roots_at(node, at_ns)[node] == node

    def _received_by(self, members: Sequence[int], at_ns: int) -> list[int]:
        """Entries that may be about *members*, each as the first of its repeats that had been received."""
        kept, identities = self._store.kept, self._store.identities
        ids = dict.fromkeys((*identities.filed(members), *identities.owed_near(members)))
        found = []
        for one in kept.placed(ids):
            if one.received_ns <= at_ns:
                found.append(one)
                continue
            entry = next(kept.entries([one.id]))
            reading = self.read(entry)
            if reading.control_id:
                control, digest, _ = kept.first_of(entry, reading.control_id)
                repeats = kept.placed(kept.repeats_of(control, digest))
                found += [repeat for repeat in repeats if repeat.received_ns <= at_ns][:1]
        return [one.id for one in sorted(found)]

    def _fold(
        self, root: int, ids: Sequence[int], onto: Callable[[Chart, Reading, int], None]
    ) -> tuple[Chart, set[int]]:
        passed: set[int] = set()
        while True:
            chart = self._blank(root)
            for id_ in ids:
                reading = self.reading(id_)
                if id_ in passed:
                    pass_over(chart, reading)
                    continue
                try:
                    onto(chart, reading, root)
                except Exception:  # a chart half changed is thrown away, and folded again without this reading
                    passed.add(id_)
                    break
            else:
                return chart, passed

    def _blank(self, root: int) -> Chart:
        world, _, key = self._store.identities.text(root).partition(" ")
        return new_chart(key, world)


def pass_over(chart: Chart, reading: Reading) -> None:
    """Count a reading that the fold cannot take, and leave a line."""
    chart.entries += 1
    chart.last = reading.order
    chart.last_received_ns = max(chart.last_received_ns, reading.received_ns)
    chart.unread.append(Unread(reading.ref, reading.kind, reading.source, reading.received_ns))


def parts_of(reading: Reading) -> Iterator[Reading]:
    """Yield what a message says, patient by patient."""
    yield reading
    yield from reading.also


def hints_of(part: Reading) -> list[str]:
    """Return the orders and stays that *part* names, as the store calls them."""
    return [f"{part.world} {hint}" for hint in part.subjects[0].hints] if part.subjects else []


def node_text(world: str, key: str) -> str:
    """Return what the store calls a number of a world: the two never mix (F33)."""
    return f"{world} {key}"


def _day(reading: Reading, zone: ZoneInfo) -> date:
    """On which day a message was made, as it says; came, when it does not: what waited over midnight is of its day."""
    return datetime.fromtimestamp((reading.said_at_ns or reading.received_ns) // 10**9, zone).date()
