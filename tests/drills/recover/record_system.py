"""The drill's record system: takes messages over MLLP, loses days of them, and charts what it holds.

Rules kept here:
  * It keeps each message that it took, in order; a backup is how many it had.
  * While it is sent things back it misbehaves by chance: refuses, takes and says nothing, answers late, restarts in the
    middle. What it refused it does not hold.
"""

import contextlib
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random

from contrefeu.chart import fold_apart
from contrefeu.drill.score import Charted
from contrefeu.hl7 import Frame, Framer, acknowledge, frame, peek
from contrefeu.journal import MEDIA_HL7V2, Entry
from contrefeu.mapping import Rules

ODD = ("AE", "silence", "late", "restart")
LATE_S = 0.5


class RecordSystem:
    """One listener, one message at a time."""

    def __init__(self, chance: Random, oddly: float) -> None:
        self._held: list[bytes] = []
        self._chance, self._oddly = chance, oddly
        self.answers: Counter[str] = Counter()
        self._port = 0
        self._listen()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"mllp://127.0.0.1:{self._port}"

    def take(self, message: bytes) -> None:
        """Take a message of a feed."""
        self._held.append(message)

    def backup(self) -> int:
        """How it was at this moment."""
        return len(self._held)

    def restore(self, backup: int) -> int:
        """Be as at the *backup*; returns how many messages are lost."""
        lost = len(self._held) - backup
        del self._held[backup:]
        return lost

    def control_ids(self) -> set[str]:
        """MSH-10 of all that it holds: what somebody sees who looks there."""
        return {header.control_id for body in self._held if (header := peek(body)) is not None}

    def export(self, folder: Path) -> Path:
        """Write out what it holds."""
        folder.mkdir()
        (folder / "all.hl7").write_bytes(b"".join(body.rstrip(b"\r\n") + b"\r" for body in self._held))
        return folder

    def charts(self) -> Iterator[Charted]:
        """Its charts."""
        entries = [
            Entry("ehr-capture", n, n, n, header.source if header else "", MEDIA_HL7V2, body)
            for n, body in enumerate(self._held, 1)
            for header in [peek(body)]
        ]
        for _, bundle in fold_apart(entries, Rules()):
            yield Charted(one["resource"] for one in json.loads(bundle, parse_float=Decimal)["entry"])

    def close(self) -> None:
        """End."""
        self._server.close()

    def _listen(self) -> None:
        self._server = socket.create_server(("127.0.0.1", self._port))
        self._port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._server,), daemon=True).start()

    def _serve(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                connection, _ = server.accept()
                with contextlib.suppress(OSError), connection:
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        framer = Framer(2**26)
        while data := connection.recv(2**20):
            for found in framer.receive(data):
                assert isinstance(found, Frame)
                how = self._chance.choice(ODD) if self._chance.random() < self._oddly else "AA"
                self.answers[how] += 1
                if how != "AE":
                    self._held.append(found.body)
                if how == "restart":
                    return
                if how == "late":
                    time.sleep(LATE_S)
                if how != "silence":
                    connection.sendall(_said(found.body, "AE" if how == "AE" else "AA"))


def _said(body: bytes, code: str) -> bytes:
    header = peek(body)
    assert header is not None
    return frame(acknowledge(header, code, control_id="E", now="20260401000000"))
