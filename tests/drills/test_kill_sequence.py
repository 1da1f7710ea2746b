"""A sender that numbers its messages loses none and is asked for none twice over, whenever the capture process dies.

Method: the real capture process, killed (SIGKILL, by its id) at random instants while a sender that follows HL7 v2.5.1,
2.10.1 speaks to it; then every number is looked for in the journal. CONTREFEU_KILLS sets how often,
CONTREFEU_SEED when.
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from contrefeu.cli.main import run
from contrefeu.cli.node import Node
from contrefeu.hl7 import Message, peek

KILLS = int(os.environ.get("CONTREFEU_KILLS", "5"))


@contextmanager
def capture(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], tuple[str, int]]]:
    """The real capture process on *home*, and where it listens."""
    words = ["part", "capture", "--parent", str(os.getpid()), "--listen", "127.0.0.1:0"]
    command = [sys.executable, "-m", "contrefeu", "--home", str(home), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        host, _, port = json.loads(process.stdout.readline())["mllp"].rpartition(":")
        yield process, (host, int(port))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class Sender:
    """It keeps a queue of one, and sends what MSA-4 asks for."""

    def __init__(self) -> None:
        self.next = 1
        self.answered: set[int] = set()

    def speak(self, address: tuple[str, int]) -> None:
        """Start the link with 0, then send on until the connection ends."""
        with suppress(OSError), closing(socket.create_connection(address, 5)) as link:
            expected = self._ask(link, 0)
            assert expected in (-1, self.next, self.next + 1), "it is asked for nothing else than what it has"
            self.next = max(expected, 1)
            while True:
                expected = self._ask(link, self.next)
                assert expected == self.next
                self.answered.add(self.next)
                self.next += 1

    def _ask(self, link: socket.socket, number: int) -> int:
        msh = f"MSH|^~\\&|CPAGE|CHU|CF|CHU|20261124030000||ADT^A08|N{number}|P|2.5|{number}"
        link.sendall(b"\x0b" + f"{msh}\rPID|1||{number}^^^CHU^PI\r".encode() + b"\x1c\r")
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            part = link.recv(4096)
            if not part:
                raise ConnectionResetError
            answer += part
        return int(Message.parse(answer.strip(b"\x0b\x1c\r") + b"\r").text("MSA", 4))


@pytest.mark.req("F29", "C1")
def test_no_number_is_lost_over_kills(tmp_path: Path) -> None:
    """Each number that was answered is in the journal; those between are too; the next one is the one asked for."""
    home = tmp_path / "home"
    assert run(["--home", str(home), "init", "--json"]) == 0
    chance = random.Random(int(os.environ.get("CONTREFEU_SEED", "7")))
    sender = Sender()
    for _ in range(KILLS):
        with capture(home) as (process, address):
            timer = threading.Timer(chance.uniform(0.01, 0.4), process.send_signal, (signal.SIGKILL,))
            timer.start()
            sender.speak(address)
            timer.join()
    node = Node.at(home)
    kept = [peek(entry.body) for entry in node.entries(node.capture_journal, 0, 1 << 63)]
    numbers = [int(header.sequence) for header in kept if header is not None and header.sequence != "0"]
    assert len(sender.answered) > KILLS and sender.answered <= set(numbers)
    assert sorted(set(numbers)) == list(range(1, max(numbers) + 1))
    assert len(numbers) - len(set(numbers)) <= KILLS, "sent again: at most the one that was in flight, a kill"
    shutil.rmtree(home)
