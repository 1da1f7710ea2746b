"""A printer on an emulated PC's USB: IPP over USB (class 7/1/4), in front of a printer that listens on TCP.

  scripts/usb_printer.py SOCKET PORT      qemu: -chardev socket,id=usb,path=SOCKET -device usb-redir,chardev=usb

It speaks usbredir (usb-redirection-protocol.md, version 0.7), as much of it as a printer needs: descriptors, two bulk
pipes each of two interfaces. What comes through a pipe goes to `localhost:PORT` (ippeveprinter), and back.
"""

import os
import socket
import struct
import sys
import threading
from collections import deque
from pathlib import Path

HELLO, CONNECT, INTERFACES, ENDPOINTS = 0, 1, 4, 5
SET_CONFIGURATION, GET_CONFIGURATION, CONFIGURATION = 6, 7, 8
SET_ALT, GET_ALT, ALT, CANCEL = 9, 10, 11, 21
CONTROL, BULK = 100, 101
CAPS = (
    1 << 1 | 1 << 4 | 1 << 5 | 1 << 6
)  # device version, sizes of packets, ids of 64 bits, lengths of 32: xHCI wants them
OK, CANCELLED, STALL = 0, 1, 4
PIPES = (1, 2)  # an interface each; in and out have its number
STRINGS = ("", "Contrefeu", "Exercise printer", "F39-0001")
DEVICE = struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x0200, 0, 0, 0, 64, 0x1D6B, 0x0F39, 0x0100, 1, 2, 3, 1)


def _configuration() -> bytes:
    body = b""
    for number, pipe in enumerate(PIPES):
        body += struct.pack("<BBBBBBBBB", 9, 4, number, 0, 2, 7, 1, 4, 0)
        body += struct.pack("<BBBBHB", 7, 5, pipe, 2, 512, 0) + struct.pack("<BBBBHB", 7, 5, pipe | 0x80, 2, 512, 0)
    return struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), len(PIPES), 1, 0, 0xC0, 1) + body


class Pipe:
    """One interface: a connection to the printer, and what the PC waits for."""

    def __init__(self, usb: "Printer", number: int) -> None:
        self._usb, self._number, self._tcp = usb, number, None
        self._came, self._wanted, self._lock = bytearray(), deque(), threading.Lock()

    def write(self, data: bytes) -> None:
        """Give to the printer; its connection is made anew where it closed it."""
        for _ in range(2):
            try:
                if self._tcp is None:
                    self._tcp = socket.create_connection(("localhost", self._usb.port))
                    threading.Thread(target=self._read, args=(self._tcp,), daemon=True).start()
                self._tcp.sendall(data)
            except OSError:
                self._tcp = None
            else:
                return

    def want(self, packet: int, size: int) -> None:
        """Remember that the PC waits for so many bytes."""
        with self._lock:
            self._wanted.append((packet, size))
        self._answer()

    def cancel(self, packet: int) -> bool:
        """Forget it."""
        with self._lock:
            found = [one for one in self._wanted if one[0] == packet]
            for one in found:
                self._wanted.remove(one)
        return bool(found)

    def _read(self, tcp: socket.socket) -> None:
        while data := _received(tcp):
            with self._lock:
                self._came += data
            self._answer()
        if self._tcp is tcp:
            self._tcp = None

    def _answer(self) -> None:
        with self._lock:
            while self._wanted and self._came:
                packet, size = self._wanted.popleft()
                data = bytes(self._came[:size])
                del self._came[:size]
                self._usb.bulk(packet, self._number | 0x80, OK, data)


def _received(tcp: socket.socket) -> bytes:
    try:
        return tcp.recv(65536)
    except OSError:
        return b""


class Printer:
    """The device, for one PC."""

    def __init__(self, pc: socket.socket, port: int) -> None:
        self._pc, self.port, self._lock, self._configured = pc, port, threading.Lock(), 0
        self._pipes = {number: Pipe(self, number) for number in PIPES}

    def serve(self) -> None:
        """Until the PC is gone."""
        self._send(HELLO, 0, b"contrefeu".ljust(64, b"\0") + struct.pack("<I", CAPS))
        first = True
        while head := self._exactly(12 if first else 16):  # ids of 64 bits once both said hello
            kind, length, packet = struct.unpack("<III" if first else "<IIQ", head)
            body = self._exactly(length)
            if first:
                first = False
                self._described()
                self._send(CONNECT, 0, struct.pack("<BBBBHHH", 2, 0, 0, 0, 0x1D6B, 0x0F39, 0x0100))
            else:
                self._take(kind, packet, body)

    def bulk(self, packet: int, endpoint: int, status: int, data: bytes = b"", size: int = 0) -> None:
        """Answer a bulk transfer."""
        size = len(data) or size
        self._send(BULK, packet, struct.pack("<BBHIH", endpoint, status, size & 0xFFFF, 0, size >> 16) + data)

    def _take(self, kind: int, packet: int, body: bytes) -> None:
        if kind == CONTROL:
            self._control(packet, body)
        elif kind == BULK:
            endpoint, _, low, _, high = struct.unpack_from("<BBHIH", body)
            pipe = self._pipes[endpoint & 0x0F]
            if endpoint & 0x80:
                pipe.want(packet, high << 16 | low)
            else:
                pipe.write(body[10:])
                self.bulk(packet, endpoint, OK, size=high << 16 | low)
        elif kind == CANCEL:
            for number, pipe in self._pipes.items():
                if pipe.cancel(packet):
                    self.bulk(packet, number | 0x80, CANCELLED)
        elif kind in {SET_CONFIGURATION, GET_CONFIGURATION}:
            self._configured = body[0] if kind == SET_CONFIGURATION else self._configured
            self._described()
            self._send(CONFIGURATION, packet, bytes((OK, self._configured)))
        elif kind in {SET_ALT, GET_ALT}:
            self._send(ALT, packet, bytes((OK, body[0], 0)))

    def _described(self) -> None:
        def table(values: dict[int, int], none: int = 0) -> bytes:
            return bytes(values.get(at, none) for at in range(32))

        count = range(len(PIPES))
        self._send(
            INTERFACES,
            0,
            struct.pack("<I", len(PIPES))
            + table(dict(enumerate(count)))
            + table(dict.fromkeys(count, 7))
            + table(dict.fromkeys(count, 1))
            + table(dict.fromkeys(count, 4)),
        )
        ends = {at + pipe: number for number, pipe in enumerate(PIPES) for at in (0, 16)}
        kinds = {0: 0, 16: 0} | dict.fromkeys(ends, 2)
        sizes = b"".join(struct.pack("<H", 512 if at in ends else 64) for at in range(32))
        self._send(ENDPOINTS, 0, table(kinds, 255) + table({}) + table(ends) + sizes)

    def _control(self, packet: int, body: bytes) -> None:
        endpoint, request, kind, _, value, index, length = struct.unpack_from("<BBBBHHH", body)
        status, data = OK, b""
        if kind & 0x80:
            data = self._asked(request, kind, value)
            status, data = (STALL, b"") if data is None else (OK, data[:length])
        size = len(data) if kind & 0x80 else length
        self._send(CONTROL, packet, struct.pack("<BBBBHHH", endpoint, request, kind, status, value, index, size) + data)

    @staticmethod
    def _asked(request: int, kind: int, value: int) -> bytes | None:
        if request == 0 and not kind & 0x60:
            return b"\x01\x00"  # it has power of its own
        if request != 6 or kind & 0x60:
            return None
        what, at = value >> 8, value & 255
        if what == 1:
            return DEVICE
        if what == 2:
            return _configuration()
        if what == 3 and at < len(STRINGS):
            text = STRINGS[at].encode("utf-16-le") if at else b"\x09\x04"
            return bytes((2 + len(text), 3)) + text
        return None

    def _send(self, kind: int, packet: int, body: bytes) -> None:
        with self._lock:
            self._pc.sendall(struct.pack("<III" if kind == HELLO else "<IIQ", kind, len(body), packet) + body)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = _received_of(self._pc, count - len(data))
            if not more:
                return b""
            data += more
        return data


def _received_of(pc: socket.socket, count: int) -> bytes:
    try:
        return pc.recv(count)
    except OSError:
        return b""


def plugged(path: Path, port: int) -> None:
    """Wait for PCs at *path*, one after the other."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.fspath(path))
        listening.listen(1)
        while True:
            pc, _ = listening.accept()
            with pc:
                Printer(pc, port).serve()


if __name__ == "__main__":
    plugged(Path(sys.argv[1]), int(sys.argv[2]))
