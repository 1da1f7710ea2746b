"""Packets of a network interface, as they pass (packet(7)); nothing is ever sent.

Rules kept here:
  * The kernel passes on TCP only, and with ports only theirs, in what it can look into: a busy mirror port must not
    drown what matters. Fragments and tagged packets are looked into here.
  * What the kernel had no room for is counted: it is missing from its streams.
"""

import contextlib
import ctypes
import select
import socket
import struct
import time
from collections.abc import Collection, Iterator

from contrefeu.capture.tap.pcap import Packet

PACKET_READ_BYTES_MAX = 512 << 10  # of one packet: cards put many of one connection together, up to some 200 kB
ROOM_BYTES = 64 << 20  # that the kernel keeps for us: a second of a full gigabit line is twice that
PORTS_MAX = 32  # listened to: a jump of the filter passes over 255 lines
WAIT_S = 0.2  # without a packet; then time is told to have gone by
_ETH_P_ALL = 3
_SOL_PACKET, _ADD_MEMBERSHIP, _STATISTICS, _MR_PROMISC = 263, 1, 6, 1
_SO_ATTACH_FILTER, _SO_RCVBUFFORCE = 26, 33
_LINKS = {1: 1, 772: 1, 776: 101, 768: 101, 65534: 101}  # ARPHRD_... -> LINKTYPE_...: Ethernet, loopback, tunnels
_LDB, _LDH, _LDX, _LDH_X, _JEQ, _JSET, _RET = 0x30, 0x28, 0xB1, 0x48, 0x15, 0x45, 0x06

_Line = tuple[int, str | int, str | int, int]  # code, jump if true, jump if false, number


class Interface:
    """One interface, listened to."""

    def __init__(self, name: str, ports: Collection[int] = ()) -> None:
        """Open *name*.

        Raises:
            OSError: There is none of this name, or this process may not (CAP_NET_RAW).
            ValueError: Too many ports.
        """
        if len(ports) > PORTS_MAX:
            raise ValueError(f"at most {PORTS_MAX} ports")
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # it hears nothing before its filter is set
        self._socket.bind((name, 0))
        self._link = _LINKS.get(self._socket.getsockname()[3], 1)
        for option in (_SO_RCVBUFFORCE, socket.SO_RCVBUF):  # the first is root's
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, option, ROOM_BYTES)
                break
        if self._link == 1:
            self._attach(tcp_only(sorted(ports)))
        self._socket.bind((name, _ETH_P_ALL))
        index = socket.if_nametoindex(name)
        self._socket.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, struct.pack("iHH8s", index, _MR_PROMISC, 0, b""))
        self._buffer = bytearray(PACKET_READ_BYTES_MAX)
        self.dropped = 0

    def packets(self) -> Iterator[Packet | None]:
        """Yield packets as they come, for ever, timed by a clock that never jumps; None when none came for WAIT_S."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        while True:
            if not poll.poll(WAIT_S * 1000):
                yield None
                continue
            length = self._socket.recv_into(self._buffer)
            yield Packet(time.monotonic_ns(), self._link, bytes(memoryview(self._buffer)[:length]))

    def count_dropped(self) -> int:
        """How many packets the kernel had no room for, since the beginning."""
        _, dropped = struct.unpack("II", self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 8))
        self.dropped += dropped  # it begins anew each time that it is asked
        return self.dropped

    def _attach(self, program: list[tuple[int, int, int, int]]) -> None:
        code = b"".join(struct.pack("HBBI", *one) for one in program)
        held = ctypes.create_string_buffer(code)
        self._socket.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HxxxxxxP", len(program), ctypes.addressof(held))
        )


def tcp_only(ports: Collection[int]) -> list[tuple[int, int, int, int]]:
    """A packet filter (Linux's Documentation/networking/filter.rst) for Ethernet: TCP, of *ports* if there are any."""
    lines: list[str | _Line] = [
        (_LDH, 0, 0, 12),
        (_JEQ, "ipv4", 0, 0x0800),
        (_JEQ, "ipv6", 0, 0x86DD),
        (_JEQ, "all", 0, 0x8100), (_JEQ, "all", 0, 0x88A8), (_JEQ, "all", "none", 0x9100),
        "ipv4", (_LDB, 0, 0, 23), (_JEQ, 0, "none", 6), (_LDH, 0, 0, 20), (_JSET, "all", 0, 0x3FFF),
        (_LDX, 0, 0, 14), *_either(ports, _LDH_X, 14),
        "ipv6", (_LDB, 0, 0, 20), (_JEQ, "ports6", 0, 6),
        (_JEQ, "all", 0, 0), (_JEQ, "all", 0, 43), (_JEQ, "all", 0, 44), (_JEQ, "all", 0, 51),
        (_JEQ, "all", "none", 60),
        "ports6", *_either(ports, _LDH, 54),
        "all", (_RET, 0, 0, 0xFFFFFFFF), "none", (_RET, 0, 0, 0),
    ]  # fmt: skip
    places: dict[str, int] = {}
    program: list[_Line] = []
    for line in lines:
        if isinstance(line, str):
            places[line] = len(program)
        else:
            program.append(line)
    return [
        (code, _jump(places, at, true), _jump(places, at, false), number)
        for at, (code, true, false, number) in enumerate(program)
    ]


def _either(ports: Collection[int], load: int, at: int) -> list[_Line]:
    """Whether one of the two ports that stand from *at* on is among *ports*."""
    if not ports:
        return [(_JSET, "all", "all", 0)]
    tests: list[_Line] = []
    for place in (at, at + 2):
        tests.append((load, 0, 0, place))
        tests += [(_JEQ, "all", 0, port) for port in ports]
    return [*tests, (_JSET, "none", "none", 0)]


def _jump(places: dict[str, int], at: int, to: str | int) -> int:
    return places[to] - at - 1 if isinstance(to, str) else to
