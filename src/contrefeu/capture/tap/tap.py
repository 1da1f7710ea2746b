"""A tap: packets in, messages out, in bounded memory and without a byte sent to anybody (REQUIREMENTS C2).

Rules kept here:
  * Both directions of a connection are followed: what one side acknowledges is what the other one's gaps are known by.
  * A connection that speaks no MLLP costs its name; of those that do CONNECTIONS_MAX are followed, the last ones heard.
  * All that is held back of all connections is below UNFINISHED_BYTES_MAX: past it the one that brings more is cut.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterator

from contrefeu.capture.tap.ear import Ear, Gap, Heard, TapCounts
from contrefeu.capture.tap.packets import ACK, FIN, RST, SYN, Segment, Segments
from contrefeu.capture.tap.pcap import Packet
from contrefeu.capture.tap.streams import Bytes, End, Hole, Stream

CONNECTIONS_MAX = 8192  # followed at once: a large hospital has some hundred interfaces, a port shows others too
UNFINISHED_BYTES_MAX = 256 << 20  # held back of all connections: four messages of the greatest length
TICK_S = 0.2  # how often connections that wait are looked at

_Key = tuple[tuple[bytes, int], tuple[bytes, int]]


class _Way:
    """One direction: its bytes, and what they say."""

    def __init__(self, ear: Ear) -> None:
        self.stream = Stream()
        self.ear = ear
        self.over = False
        self.counted = 0, 0  # repeated and differing bytes of the stream that were counted

    @property
    def held(self) -> int:
        return self.stream.pending_bytes + self.ear.unfinished


class Tap:
    """Takes packets in the order in which they were captured."""

    def __init__(self, message_bytes_max: int, ports: Collection[int] = ()) -> None:
        """With *ports*, what is said to and from these is taken for MLLP and nothing else is looked at."""
        self._max = message_bytes_max
        self._ports = frozenset(ports)
        self._segments = Segments()
        self._connections: OrderedDict[_Key, tuple[_Way, _Way]] = OrderedDict()
        self._waiting: set[_Key] = set()  # connections where time alone may bring something
        self._held = 0
        self._ticked_ns = 0
        self.counts = TapCounts()

    def take(self, packet: Packet) -> Iterator[Heard | Gap]:
        """Yield what *packet* completes, and what its time does."""
        self.counts.packets += 1
        yield from self.tick(packet.at_ns)
        segment = self._segments.of(packet)
        if segment is None or (self._ports and not self._ports & {segment.source[1], segment.target[1]}):
            return
        self.counts.segments += 1
        yield from self._segment(segment)

    def tick(self, at_ns: int) -> Iterator[Heard | Gap]:
        """Time has gone by."""
        if 0 <= at_ns - self._ticked_ns < TICK_S * 1e9:
            return
        self._ticked_ns = at_ns
        for key in list(self._waiting):
            for way in self._connections[key]:
                yield from self._read(way, at_ns)
            self._look(key)

    def end(self) -> Iterator[Heard | Gap]:
        """No packet follows: what waits is given."""
        while self._connections:
            yield from self._drop(next(iter(self._connections)))

    def _segment(self, segment: Segment) -> Iterator[Heard | Gap]:
        forth = segment.source < segment.target
        key = (segment.source, segment.target) if forth else (segment.target, segment.source)
        ways = self._connections.get(key)
        if ways is not None and segment.flags & SYN and ways[not forth].stream.opens(segment.sequence):
            yield from self._drop(key)  # the ports were used again
            ways = None
        if ways is None:
            if len(self._connections) >= CONNECTIONS_MAX:
                yield from self._drop(next(iter(self._connections)))
            ways = self._connections[key] = self._way(), self._way()
            if segment.flags & SYN:
                ways[not forth].stream.opens(segment.sequence)
        self._connections.move_to_end(key)
        way, back = ways[not forth], ways[forth]
        if way.ear.deaf and back.ear.deaf:
            return
        yield from self._follow(way, back, segment)
        if segment.flags & RST or (way.over and back.over):
            yield from self._drop(key)
        else:
            self._look(key)

    def _follow(self, way: _Way, back: _Way, segment: Segment) -> Iterator[Heard | Gap]:
        stream, start = way.stream, segment.sequence + (1 if segment.flags & SYN else 0)
        before = way.held
        if not way.ear.deaf and not way.over:
            stream.take(start, segment.data, segment.length, segment.at_ns)
            if segment.flags & FIN:
                stream.ends(start + segment.length)
        self._held += way.held - before
        yield from self._read(way, segment.at_ns)
        if segment.flags & ACK and not back.over and not back.ear.deaf:
            back.stream.answered(segment.acknowledges, segment.at_ns)
            yield from self._read(back, segment.at_ns)
        for one, other in ((way, back), (back, way)):
            yield from one.ear.admits(spoken_to=other.ear.found)
        if self._held > UNFINISHED_BYTES_MAX:
            yield from self._cut(way, segment.at_ns)

    def _read(self, way: _Way, at_ns: int, *, over: bool = False) -> Iterator[Heard | Gap]:
        """What one direction says now."""
        before = way.held
        for event in way.stream.events(at_ns, over=over) if not way.over else ():
            if isinstance(event, Bytes):
                if not way.ear.deaf:
                    yield from way.ear.hears(event.data, from_the_beginning=way.stream.syn)
            elif isinstance(event, Hole):
                yield from way.ear.misses(event.length)
            elif isinstance(event, End):
                way.over = True
                yield from way.ear.ends()
        self._held += way.held - before
        repeated, differing = way.stream.repeated, way.stream.differing
        if way.ear.found:
            self.counts.repeated_bytes += repeated - way.counted[0]
            self.counts.differing_bytes += differing - way.counted[1]
            way.counted = repeated, differing

    def _cut(self, way: _Way, at_ns: int) -> Iterator[Heard | Gap]:
        yield from self._read(way, at_ns, over=True)
        before = way.held
        yield from way.ear.misses(0, "too much is unfinished")
        self._held += way.held - before

    def _drop(self, key: _Key) -> Iterator[Heard | Gap]:
        """Give what there is of a connection, and forget it."""
        self._waiting.discard(key)
        ways = self._connections[key]
        for way, back in (ways, ways[::-1]):
            yield from self._read(way, self._ticked_ns, over=True)
            before = way.held
            if not way.over:
                yield from way.ear.ends()
            yield from way.ear.admits(spoken_to=back.ear.found)
            self._held -= before
        del self._connections[key]

    def _look(self, key: _Key) -> None:
        """Remember whether time alone may bring something of a connection."""
        ways = self._connections.get(key)
        if ways is not None and any(way.stream.waits and not way.over for way in ways):
            self._waiting.add(key)
        else:
            self._waiting.discard(key)

    def _way(self) -> _Way:
        return _Way(Ear(self.counts, self._max, named=bool(self._ports)))
