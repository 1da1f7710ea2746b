"""A machine that is put back whole, while nobody is there who remembers: it goes on, and learns it without a restart.

Method: the command itself, in processes of its own; a vault in a folder, taken away and brought back; a sender whose
connection stays open all the while.
"""

import shutil
import socket
import time
from pathlib import Path

import pytest

from tests.drills.node import RunningNode, contrefeu

LEARNT_S = 30.0  # the vault is asked every second, the home looked at every second; the machine may be busy


def exchanged(connection: socket.socket, number: int) -> bytes:
    """Send one message on an open connection; returns its acknowledgement."""
    message = (
        f"MSH|^~\\&|LAB|CHU|CF|CHU|20261124030000||ORU^R01|M{number}|T|2.5\r"
        f"PID|1||900001^^^CHU^PI||ESSAI^PATIENT\rOBR|1|P{number}|F{number}|K\rOBX|1|NM|K||4.{number % 10}|mmol/L\r"
    )
    connection.sendall(b"\x0b" + message.encode() + b"\x1c\r")
    data = b""
    while not data.endswith(b"\x1c\r"):
        received = connection.recv(4096)
        assert received, "the node closed the connection"
        data += received
    return data


@pytest.mark.req("C1", "C2")
def test_a_machine_put_back_learns_it_from_a_vault_that_comes_back(tmp_path: Path) -> None:
    """What was acknowledged on either side of the change is there once; the sender saw nothing of it."""
    home, vault = tmp_path / "home", tmp_path / "vault"
    contrefeu(home, "init", "--drill", "--facility", "CHU d'essai", "--shares-out", str(tmp_path / "shares"))
    contrefeu(home, "vault", "add", f"file://{vault}")
    with RunningNode(home) as node, socket.create_connection(node.mllp, 10) as sender:
        exchanged(sender, 1)
    contrefeu(home, "vault", "copy")
    shutil.copytree(home, tmp_path / "image", ignore=lambda _folder, names: {"sock"} & set(names))
    with RunningNode(home) as node, socket.create_connection(node.mllp, 10) as sender:
        for number in range(2, 7):
            exchanged(sender, number)
    contrefeu(home, "vault", "copy")
    shutil.rmtree(home)
    (tmp_path / "image").rename(home)
    vault.rename(tmp_path / "unplugged")
    [first] = [path.name for path in (home / "journals").glob("*-capture")]
    second = home / "journals" / first.replace("-capture", ".2-capture")
    with RunningNode(home) as node, socket.create_connection(node.mllp, 10) as sender:
        for number in range(7, 10):
            exchanged(sender, number)
        assert not second.exists(), "nobody who remembers is in reach"
        (tmp_path / "unplugged").rename(vault)
        deadline, number = time.monotonic() + LEARNT_S, 10
        while not (second / "head").exists() and time.monotonic() < deadline:
            exchanged(sender, number)
            number += 1
            time.sleep(0.1)
        for last in range(number, number + 3):
            assert b"MSA|AA" in exchanged(sender, last)
    shown = contrefeu(home, "journal", "show")["entries"]
    found = [one for one in shown if one["source"] == "LAB@CHU"]
    assert len(found) == last - 5, "each once: 1, and from 7 on"
    assert sum(".2-capture" in one["journal"] for one in found) >= 3
    contrefeu(home, "status", status=10)
