"""Restored systems that messages are sent back to: in memory, and behind a real socket; each counts what it takes."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from contrefeu.hl7 import Frame, Framer, Message, acknowledge, frame, peek
from contrefeu.recovery import NotReached, Outcome

Behaviour = (
    str  # "AA", "AE", "AR", "CR", "CA", "nothing", "garbage", "hang up", "late", "twice", "another's", "CA, then AE"
)


@dataclass
class InMemory:
    """Takes every message it is given, and answers as it is told."""

    answers: Callable[[int], str] = lambda _: "AA"
    taken: list[str] = field(default_factory=list)  # control ids, in order
    listens: bool = True
    closed: int = 0

    def exchange(self, body: bytes, control_id: str) -> Outcome:
        """Take one message."""
        if not self.listens:
            raise NotReached("refused")
        assert Message.parse(body).control_id == control_id
        code = self.answers(len(self.taken))
        if code != "AE":
            self.taken.append(control_id)
        return Outcome(code, "" if code else "no answer in time")

    def close(self) -> None:
        """Nothing to close."""
        self.closed += 1


class Receiver:
    """An MLLP listener on a real socket. Behaviours are used up message by message; then it answers AA."""

    def __init__(self, *behaviours: Behaviour, late_s: float = 0.6, port: int = 0) -> None:
        self.bodies: list[bytes] = []
        self.behaviours = list(behaviours)
        self._late_s = late_s
        self._server = socket.create_server(("127.0.0.1", port))
        self.port: int = self._server.getsockname()[1]
        self._connections: list[socket.socket] = []
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"mllp://127.0.0.1:{self.port}"

    @property
    def control_ids(self) -> list[str]:
        """What it was sent, in order."""
        return [Message.parse(body).control_id for body in self.bodies]

    def close(self) -> None:
        """Stop, as a process that ends does."""
        for one in (self._server, *self._connections):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # a thread waits in it: closing alone says nothing to the other side
            one.close()

    def said(self, body: bytes, code: str) -> bytes:
        """The answer to a message."""
        header = peek(body)
        assert header is not None
        return acknowledge(header, code, control_id="X", now="20261125000000")

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        framer = Framer(2**20)
        try:
            while data := connection.recv(65536):
                for found in framer.receive(data):
                    assert isinstance(found, Frame)
                    self.bodies.append(found.body)
                    self._answer(connection, found.body)
        except OSError:
            return

    def _answer(self, connection: socket.socket, body: bytes) -> None:
        behaviour = self.behaviours.pop(0) if self.behaviours else "AA"
        header = peek(body)
        assert header is not None
        code = behaviour if len(behaviour) == 2 else "AA"
        said = frame(self.said(body, code))
        if behaviour == "nothing":
            return
        if behaviour == "garbage":
            connection.sendall(b"\x0bHTTP/1.1 400 Bad Request\x1c\r")
        elif behaviour == "another's":
            connection.sendall(said.replace(header.control_id.encode(), b"SOMEBODY-ELSE"))
        elif behaviour == "hang up":
            connection.close()
        elif behaviour == "late":
            time.sleep(self._late_s)
            connection.sendall(said)
        elif behaviour == "twice":
            connection.sendall(said + said)
        elif behaviour.startswith("CA, then "):
            connection.sendall(frame(self.said(body, "CA")))
            time.sleep(0.05)  # two reads
            connection.sendall(frame(self.said(body, behaviour[-2:])))
        else:
            connection.sendall(said)
