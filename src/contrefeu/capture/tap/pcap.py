"""Files of captured packets: pcap and pcapng, of either byte order, in micro- or nanoseconds.

    pcap    = header (24) record*;  record = seconds, fraction, kept, length (u32 each) || bytes
    pcapng  = block*;  block = type, length (u32) || body || length (u32)

Sources: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.

Rules kept here:
  * A packet is given as it was kept; what a capture cut off it is missing later on, and is said there.
  * What is cut or damaged ends the reading: packets before it are given, and `problem` says where it ended.
  * Nothing of a file's own sizes is trusted: a record is as long as PACKET_BYTES_MAX at most.
"""

from collections.abc import Iterator
from struct import Struct
from typing import BinaryIO, NamedTuple

from contrefeu.base import SenderError

PACKET_BYTES_MAX = 1 << 20  # of one record or block: several times the largest packet that a machine puts together
INTERFACES_MAX = 1024  # of one pcapng section: a capture of every port of a switch
_NS = 1_000_000_000
_MAGIC = {
    b"\xa1\xb2\xc3\xd4": (">", 1000), b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1), b"\x4d\x3c\xb2\xa1": ("<", 1),
}  # fmt: skip
_SECTION, _INTERFACE, _OLD, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_RESOLUTION = 9  # option if_tsresol


class Packet(NamedTuple):
    """One packet as it lay on the wire, from its link header on."""

    at_ns: int
    link: int  # LINKTYPE_...: 1 is Ethernet
    data: bytes


class NoCapture(SenderError):
    """The bytes are no file of captured packets."""

    kind = "no-capture"


class CaptureFile:
    """Reads one file, once."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises:
        NoCapture: *file* is of neither format.
        """
        self._file = file
        self.problem = ""  # why the reading ended before the end; "" when it did not
        self._start = file.read(4)
        if self._start not in _MAGIC and self._start != b"\x0a\x0d\x0d\x0a":
            raise NoCapture(
                "This is no file of captured packets.",
                safe="Nothing was read.",
                next="Give a pcap or pcapng file, as tcpdump -w and Wireshark write it (unpacked).",
            )

    def packets(self) -> Iterator[Packet]:
        """Yield every packet, in the order of the file."""
        try:
            yield from self._pcap() if self._start in _MAGIC else self._pcapng()
        except _Ends as ended:
            self.problem = str(ended)

    def _exactly(self, length: int) -> bytes:
        data = self._file.read(length)
        if len(data) < length:
            raise _Ends("the file ends within a packet")
        return data

    def _pcap(self) -> Iterator[Packet]:
        order, unit_ns = _MAGIC[self._start]
        header = Struct(order + "HHiIII").unpack(self._exactly(20))
        link = header[5] & 0x0FFFFFFF  # the rest says whether packets end with a checksum
        record = Struct(order + "IIII")
        while head := self._file.read(record.size):
            if len(head) < record.size:
                raise _Ends("the file ends within a packet")
            seconds, fraction, kept, _ = record.unpack(head)
            if kept > PACKET_BYTES_MAX:
                raise _Ends("a packet has an impossible length")
            yield Packet(seconds * _NS + fraction * unit_ns, link, self._exactly(kept))

    def _pcapng(self) -> Iterator[Packet]:
        order, interfaces = "<", list[tuple[int, int, int]]()
        kind = self._start
        while kind:
            if len(kind) < 4:
                raise _Ends("the file ends within a block")
            raw = self._exactly(4)
            if kind == b"\x0a\x0d\x0d\x0a":
                mark = self._exactly(4)
                order, interfaces = ("<" if mark == b"\x4d\x3c\x2b\x1a" else ">"), []
                if mark not in (b"\x4d\x3c\x2b\x1a", b"\x1a\x2b\x3c\x4d"):
                    raise _Ends("a section has no byte order")
                self._body(raw, order, 12)
            else:
                body = self._body(raw, order, 8)
                yield from _block(Struct(order + "I").unpack(kind)[0], body, order, interfaces)
            kind = self._file.read(4)

    def _body(self, length: bytes, order: str, read: int) -> bytes:
        """The rest of a block of which *read* bytes are read, without the length at its end."""
        size = Struct(order + "I").unpack(length)[0]
        if size < read + 4 or size % 4 or size > PACKET_BYTES_MAX:
            raise _Ends("a block has an impossible length")
        return self._exactly(size - read)[:-4]


class _Ends(Exception):
    """The file cannot be read on."""


def _block(kind: int, body: bytes, order: str, interfaces: list[tuple[int, int, int]]) -> Iterator[Packet]:
    """The packet in a block, if there is one; *interfaces* learns of link, units a second and bytes kept."""
    if kind == _INTERFACE and len(body) >= 8 and len(interfaces) < INTERFACES_MAX:
        link, _, snap = Struct(order + "HHI").unpack_from(body)
        interfaces.append((link, _units(body[8:], order), snap))
    elif kind == _ENHANCED and len(body) >= 20:
        number, high, low, kept, _ = Struct(order + "IIIII").unpack_from(body)
        if number < len(interfaces) and kept <= len(body) - 20:
            link, units, _ = interfaces[number]
            yield Packet((high << 32 | low) * _NS // units, link, body[20 : 20 + kept])
    elif kind == _OLD and len(body) >= 20:
        number, _, high, low, kept, _ = Struct(order + "HHIIII").unpack_from(body)
        if number < len(interfaces) and kept <= len(body) - 20:
            link, units, _ = interfaces[number]
            yield Packet((high << 32 | low) * _NS // units, link, body[20 : 20 + kept])
    elif kind == _SIMPLE and len(body) >= 4 and interfaces:
        link, _, snap = interfaces[0]
        length = Struct(order + "I").unpack_from(body)[0]
        yield Packet(0, link, body[4 : 4 + min(length, snap or length)])


def _units(options: bytes, order: str) -> int:
    """Units of time in a second: a power of ten, or of two when the first bit says so; a million unless said."""
    at = 0
    while at + 4 <= len(options):
        code, length = Struct(order + "HH").unpack_from(options, at)
        if code == _RESOLUTION and length >= 1 and at + 4 < len(options):
            said = options[at + 4]
            power = min(said & 0x7F, 60)
            return 1 << power if said & 0x80 else int(10**power)
        if not code:
            break
        at += 4 + (length + 3 & ~3)
    return 1_000_000
