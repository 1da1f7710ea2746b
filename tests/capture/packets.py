"""Packets as cards write them: Ethernet, IPv4 and IPv6, TCP, and files of them; written from the standards, not from
the reader that they try."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

SENDER, RECEIVER = (bytes([10, 20, 0, 5]), 40_001), (bytes([10, 20, 0, 9]), 2575)
FIN, SYN, RST, ACK = 1, 2, 4, 16
MS = 1_000_000


Side = tuple[bytes, int]  # address and port


def tcp(source: Side, target: Side, sequence: int, acknowledges: int, flags: int, data: bytes) -> bytes:
    """A TCP segment in an Ethernet frame."""
    segment = struct.pack(
        ">HHIIBBHHH", source[1], target[1], sequence % 2**32, acknowledges % 2**32, 5 << 4, flags, 65535, 0, 0
    )
    return ethernet(*ip(source[0], target[0], segment + data))


def ip(source: bytes, target: bytes, body: bytes, *, identity: int = 1, fragment: int = 0) -> tuple[int, bytes]:
    """An IP packet, and its EtherType."""
    if len(source) == 16:
        return 0x86DD, struct.pack(">IHBB", 6 << 28, len(body), 6, 64) + source + target + body
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), identity, fragment, 64, 6, 0)
    return 0x0800, header + source + target + body


def ethernet(kind: int, body: bytes, *tags: int) -> bytes:
    """A frame, padded as a card does; with VLAN tags."""
    tagged = b"".join(struct.pack(">HH", tag, 12) for tag in tags)
    return (bytes(12) + tagged + struct.pack(">H", kind) + body).ljust(60, b"\0")


@dataclass
class Talk:
    """A connection, packet by packet."""

    at_ns: int = 1_000_000_000
    sender: Side = SENDER
    receiver: Side = RECEIVER
    forth: int = 1000  # next sequence numbers
    back: int = 9000
    packets: list[tuple[int, bytes]] = field(default_factory=list)

    def open(self) -> "Talk":
        """SYN, SYN ACK."""
        self._add(self.sender, self.receiver, self.forth, 0, SYN)
        self.forth += 1
        self._add(self.receiver, self.sender, self.back, self.forth, SYN | ACK)
        self.back += 1
        return self

    def say(self, data: bytes, size: int = 1460) -> "Talk":
        """The sender says *data*, in segments of *size*."""
        for at in range(0, len(data), size):
            self._add(self.sender, self.receiver, self.forth, self.back, ACK, data[at : at + size])
            self.forth += len(data[at : at + size])
        return self

    def answer(self, data: bytes = b"") -> "Talk":
        """The receiver acknowledges all, and says *data*."""
        self._add(self.receiver, self.sender, self.back, self.forth, ACK, data)
        self.back += len(data)
        return self

    def close(self) -> "Talk":
        """FIN, both ways."""
        self._add(self.sender, self.receiver, self.forth, self.back, FIN | ACK)
        self.forth += 1
        self._add(self.receiver, self.sender, self.back, self.forth, FIN | ACK)
        self.back += 1
        self._add(self.sender, self.receiver, self.forth, self.back, ACK)
        return self

    def _add(self, source: Side, target: Side, seq: int, ack: int, flags: int, data: bytes = b"") -> None:
        self.at_ns += MS
        self.packets.append((self.at_ns, tcp(source, target, seq, ack, flags, data)))


def pcap(packets: Iterable[tuple[int, bytes]], *, order: str = "<", nano: bool = False, snap: int = 0) -> bytes:
    """A pcap file."""
    unit = 1 if nano else 1000
    found = struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
    for at, data in packets:
        kept = data[:snap] if snap else data
        found += struct.pack(order + "IIII", at // 10**9, at % 10**9 // unit, len(kept), len(data)) + kept
    return found


def pcapng(packets: Iterable[tuple[int, bytes]], *, order: str = "<") -> bytes:
    """A pcapng file: a section, an interface that counts nanoseconds, a block nobody knows, packets."""

    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        length = struct.pack(order + "I", len(body) + 12)
        return struct.pack(order + "I", kind) + length + body + length

    found = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    found += block(1, struct.pack(order + "HHI", 1, 0, 0) + struct.pack(order + "HHB3x", 9, 1, 9) + bytes(4))
    found += block(0x0BAD, b"what a later tool wrote")
    for at, data in packets:
        head = struct.pack(order + "IIIII", 0, at >> 32, at & 0xFFFFFFFF, len(data), len(data))
        found += block(6, head + data)
    return found
