"""From a packet to its TCP segment: link headers, VLAN tags, IPv4 with its fragments, IPv6 with its extensions.

Sources: RFC 791 (IPv4), RFC 8200 (IPv6), RFC 9293 (TCP), IEEE 802.1Q; tcpdump.org/linktypes.html.

Rules kept here:
  * What is no TCP segment, or is cut within its headers, is none: nothing raises.
  * What the capture cut off, or the card padded, is told by the lengths in the headers: a segment knows its own length.
  * Checksums are not looked at: cards fill them in after a capture on the sending side saw the packet.
  * Fragments wait for the rest of theirs, in bounded room; those that never come are a hole in their stream.
"""

from collections import OrderedDict
from struct import Struct
from typing import NamedTuple

from contrefeu.capture.tap.pcap import Packet

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
DATAGRAM_BYTES_MAX = 65_535  # of one that came in fragments (RFC 791: total length)
DATAGRAMS_MAX = 256  # in fragments, at once: a house that fragments everything has some ten
FRAGMENT_S_MAX = 30.0  # that a fragment waits for the others (RFC 791: 15 s at least)
TAGS_MAX = 4  # of VLANs, one in another: two are usual
EXTENSIONS_MAX = 8  # headers of one IPv6 packet: RFC 8200 knows six
_TCP = 6
_IPV4, _IPV6 = 0x0800, 0x86DD
_TAGS = frozenset([0x8100, 0x88A8, 0x9100])
_RAW, _NULL, _ETHERNET, _LOOP, _COOKED, _COOKED2 = (12, 14, 101, 228, 229), 0, 1, 108, 113, 276
_PORTS = Struct(">HHIIBB")
# Extension -> what one unit of its length is, in bytes (RFC 8200, 4.3 to 4.6; RFC 4302, 2.2)
_EXTENSIONS = {0: 8, 43: 8, 60: 8, 51: 4}
_FRAGMENT = 44


class Segment(NamedTuple):
    """One TCP segment."""

    at_ns: int
    source: tuple[bytes, int]  # address and port
    target: tuple[bytes, int]
    sequence: int
    acknowledges: int
    flags: int
    data: bytes
    length: int  # bytes that were sent: more than `data` when the capture cut some off


class _Waiting:
    """The fragments of one datagram."""

    def __init__(self, at_ns: int) -> None:
        self.at_ns = at_ns
        self.parts: dict[int, bytes] = {}
        self.total = -1  # bytes; known with the last one

    def add(self, offset: int, data: bytes, last: bool) -> bytes | None:
        """Take one; returns the datagram when it is whole."""
        if offset + len(data) > DATAGRAM_BYTES_MAX:
            return None
        self.parts.setdefault(offset, data)
        if last:
            self.total = offset + len(data)
        whole = bytearray()
        while self.total >= 0 and len(whole) < self.total:
            part = self.parts.get(len(whole))
            if not part:  # missing, or cut elsewhere than the others: an overlap is never put together
                return None
            whole += part
        return bytes(whole[: self.total]) if self.total >= 0 else None


class Segments:
    """Finds the TCP segments of packets; remembers fragments."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[tuple[bytes, ...], _Waiting] = OrderedDict()

    def of(self, packet: Packet) -> Segment | None:
        """The segment in *packet*; None when there is none, or its datagram is not whole yet."""
        kind, data = _network(packet.link, packet.data)
        if kind == _IPV4:
            return self._ipv4(packet.at_ns, data)
        return self._ipv6(packet.at_ns, data) if kind == _IPV6 else None

    def _ipv4(self, at_ns: int, data: bytes) -> Segment | None:
        if len(data) < 20 or data[0] >> 4 != 4 or data[9] != _TCP:
            return None
        header, total = (data[0] & 15) * 4, int.from_bytes(data[2:4])
        total = total or len(data)  # segments that the card puts together may be longer than the field can say
        flags = int.from_bytes(data[6:8])
        body, source, target = data[header:total], data[12:16], data[16:20]
        if flags & 0x3FFF:  # more fragments, or not the first
            offset, last = (flags & 0x1FFF) * 8, not flags & 0x2000
            whole = self._fragment(at_ns, (source, target, data[4:6]), offset, body, last)
            return _tcp(at_ns, source, target, whole, len(whole)) if whole else None
        return _tcp(at_ns, source, target, body, total - header)

    def _ipv6(self, at_ns: int, data: bytes) -> Segment | None:
        if len(data) < 40 or data[0] >> 4 != 6:
            return None
        source, target = data[8:24], data[24:40]
        after, total, at = data[6], int.from_bytes(data[4:6]) or len(data) - 40, 40
        end = at + total
        for _ in range(EXTENSIONS_MAX):
            if after == _TCP:
                return _tcp(at_ns, source, target, data[at:end], end - at)
            if at + 8 > len(data):
                return None
            if after == _FRAGMENT:
                flags = int.from_bytes(data[at + 2 : at + 4])
                name = (source, target, data[at + 4 : at + 8])
                whole = self._fragment(at_ns, name, flags & 0xFFF8, data[at + 8 : end], not flags & 1)
                return _tcp(at_ns, source, target, whole, len(whole)) if whole and data[at] == _TCP else None
            unit = _EXTENSIONS.get(after)
            if unit is None:
                return None
            after, at = data[at], at + (data[at + 1] + (1 if unit == 8 else 2)) * unit
        return None

    def _fragment(self, at_ns: int, name: tuple[bytes, ...], offset: int, data: bytes, last: bool) -> bytes | None:
        while self._waiting:
            oldest = next(iter(self._waiting.values()))
            if len(self._waiting) < DATAGRAMS_MAX and at_ns - oldest.at_ns < FRAGMENT_S_MAX * 1e9:
                break
            self._waiting.popitem(last=False)
        waiting = self._waiting.setdefault(name, _Waiting(at_ns))
        whole = waiting.add(offset, data, last)
        if whole is not None:
            del self._waiting[name]
        return whole


def _network(link: int, data: bytes) -> tuple[int, bytes]:
    """What a link header says is in it (an EtherType), and that."""
    if link == _ETHERNET:
        return _untagged(data, 12)
    if link == _COOKED:
        return _untagged(data, 14)
    if link == _COOKED2:
        return int.from_bytes(data[:2]), data[20:]
    if link in _RAW:
        return _by_version(data)
    if link in (_NULL, _LOOP):
        return _by_version(data[4:])
    return 0, b""


def _untagged(data: bytes, at: int) -> tuple[int, bytes]:
    for _ in range(TAGS_MAX):
        kind = int.from_bytes(data[at : at + 2])
        if kind not in _TAGS:
            break
        at += 4
    return int.from_bytes(data[at : at + 2]), data[at + 2 :]


def _by_version(data: bytes) -> tuple[int, bytes]:
    return {4: _IPV4, 6: _IPV6}.get(data[0] >> 4, 0) if data else 0, data


def _tcp(at_ns: int, source: bytes, target: bytes, data: bytes, length: int) -> Segment | None:
    if len(data) < 20:
        return None
    port, to, sequence, acknowledges, offset, flags = _PORTS.unpack_from(data)
    header = (offset >> 4) * 4
    if header < 20 or length < header:
        return None
    return Segment(
        at_ns, (source, port), (target, to), sequence, acknowledges, flags, data[header:length], length - header
    )
