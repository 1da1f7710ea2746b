"""The segments of a message, put in the groups that chapters 2 to 12 draw: one patient, its orders, their results.

Rules kept here:
  * Groups come from the order of segments, not from the event's structure: senders leave segments out and add their
    own, and a segment in an unusual place is still read.
  * Where a specimen stands before the first order of its patient, specimens lead (OUL^R22 and R23, OML^O33 and O35;
    7.3.7, 4.4.9): each order is of the specimen before it, and what was observed of that specimen is told with it.
"""

from msgspec import Struct, field

from contrefeu.hl7 import Message, Segment

_DRUGS = frozenset({"RXO", "RXE", "RXA", "RXD", "RXG"})
_ORDERING = _DRUGS | {"ORC", "OBR"}
_UNDER_AN_ORDER = frozenset(
    {"ODS", "ODT", "OBX", "NTE", "TQ1", "RXR", "RXC", "TQ2", "SPM", "DG1", "TXA", "FT1", "CTI", "BLG", "SAC", "IPC",
     "ZDS"}
)  # fmt: skip
# segment under an order -> where it stands in Order
_PLACES = {
    "TQ1": "timings",
    "RXR": "routes",
    "RXC": "components",
    "SPM": "specimens",
    "DG1": "reasons",
    "ODS": "diets",
    "ODT": "diets",
    "IPC": "images",
    "ZDS": "images",
    "OBX": "lines",
    "NTE": "lines",
}


class Order(Struct):
    """ORC and what belongs to it."""

    orc: Segment | None = None
    obr: Segment | None = None
    drugs: dict[str, Segment] = field(default_factory=dict)
    timings: list[Segment] = field(default_factory=list)
    routes: list[Segment] = field(default_factory=list)
    components: list[Segment] = field(default_factory=list)  # RXC
    specimens: list[Segment] = field(default_factory=list)  # SPM
    reasons: list[Segment] = field(default_factory=list)  # DG1
    diets: list[Segment] = field(default_factory=list)  # ODS and ODT
    images: list[Segment] = field(default_factory=list)  # IPC and ZDS
    lines: list[Segment] = field(default_factory=list)  # OBX and NTE, in order
    of_specimen: list[Segment] = field(default_factory=list)  # OBX and NTE of the specimen that stands before it
    others: list[str] = field(default_factory=list)  # names of segments that no translator reads here

    @property
    def told(self) -> list[Segment]:
        """OBX and NTE of its specimen and of itself, in order."""
        return [*self.of_specimen, *self.lines] if self.of_specimen else self.lines


class Group(Struct):
    """One patient's part of a message."""

    pid: Segment | None = None
    segments: list[Segment] = field(default_factory=list)  # all but those under an order
    named: dict[str, list[Segment]] = field(default_factory=dict)  # the same by name
    orders: list[Order] = field(default_factory=list)

    def first(self, name: str) -> Segment | None:
        """The first segment called *name*."""
        found = self.named.get(name)
        return found[0] if found else None

    def all(self, name: str) -> list[Segment]:
        """Every segment called *name*."""
        return list(self.named.get(name, ()))

    def add(self, segment: Segment) -> None:
        """Take a segment that is under no order."""
        self.segments.append(segment)
        self.named.setdefault(segment.name, []).append(segment)


def groups(message: Message) -> list[Group]:
    """Cut *message* at each PID; what stands before the first belongs to it."""
    group = Group()
    found, specimen = [group], _Specimen(group)
    for segment in message.segments[1:]:
        name = segment.name
        if name == "PID":
            if group.pid is not None:
                specimen.end()
                group = Group()
                found.append(group)
                specimen = _Specimen(group)
            group.pid = segment
        elif name in _ORDERING:
            _into_order(group, segment)
            specimen.is_of(group.orders[-1])
        elif specimen.takes(name):
            specimen.take(segment)
        elif name in _UNDER_AN_ORDER and group.orders:
            _under(group.orders[-1], segment)
        else:
            group.add(segment)
    specimen.end()
    return found


class _Specimen:
    """What stands before the orders that were made of it, where specimens lead."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._segments: list[Segment] = []  # SPM, then OBX and NTE before its first order
        self._orders: list[Order] = []

    def takes(self, name: str) -> bool:
        """Whether a segment stands here for a specimen, and for no order."""
        if name == "SPM":
            return bool(self._segments) or not self._group.orders
        return name in {"OBX", "NTE"} and bool(self._segments) and not self._orders

    def take(self, segment: Segment) -> None:
        if segment.name == "SPM":
            self.end()
            self._segments, self._orders = [], []
        self._segments.append(segment)

    def is_of(self, order: Order) -> None:
        """Keep that *order*, of which a segment was just read, is of it."""
        if self._segments and not any(one is order for one in self._orders):
            self._orders.append(order)
            order.specimens.append(self._segments[0])
            order.of_specimen = self._segments[1:]

    def end(self) -> None:
        """No order was made of it any more: what none was made of at all is its patient's."""
        if not self._orders:
            for segment in self._segments:
                self._group.add(segment)


def _into_order(group: Group, segment: Segment) -> None:
    last = group.orders[-1] if group.orders else None
    begins = (
        last is None
        or (segment.name == "ORC" and not _waits_for_orc(last))
        or (segment.name == "OBR" and (last.obr is not None or bool(last.drugs)))
        or segment.name in last.drugs
    )
    if segment.name == "RXG" and last is not None and (last.drugs.keys() & {"RXO", "RXE", "RXG"}):
        last = Order(last.orc)  # 4A.4.5: what is to be given on a prescription; the timing below it is its own
        group.orders.append(last)
    elif begins:
        last = Order()
        group.orders.append(last)
    assert last is not None
    if segment.name == "ORC":
        last.orc = segment
    elif segment.name == "OBR":
        last.obr = segment
    else:
        last.drugs[segment.name] = segment


def _waits_for_orc(order: Order) -> bool:
    """OBR with nothing under it yet: in OUL_R22 to OUL_R24 its ORC comes after it (7.3.7)."""
    return order.orc is None and order.obr is not None and not (order.lines or order.timings or order.drugs)


def _under(order: Order, segment: Segment) -> None:
    place = _PLACES.get(segment.name)
    if place is None:
        order.others.append(segment.name)
    else:
        getattr(order, place).append(segment)
