"""A hospital whose copies are fetched: the vault host is killed, the node is put back, the node is lost.

Method: the commands themselves, in processes of their own, over TLS on this machine; killed by their own ids.
"""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.messages import admission
from tests.drills.node import RunningNode, contrefeu

WAIT_S = 60
KILLS = 3


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def until(claim: Callable[[], bool], what: str) -> None:
    """Wait until *claim* holds."""
    deadline = time.monotonic() + WAIT_S
    while not claim():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def send(address: tuple[str, int], control_id: str) -> None:
    """One message, acknowledged."""
    with socket.create_connection(address, 10) as connection:
        connection.sendall(b"\x0b" + admission(control_id) + b"\x1c\r")
        assert b"MSA|AA" in connection.recv(65536)


class Pulling:
    """`contrefeu vault pull` until it is stopped or killed."""

    def __init__(self, host: Path) -> None:
        command = [sys.executable, "-m", "contrefeu", "--home", str(host), "vault", "pull"]
        self.log = (host.parent / "pull.log").open("ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log)
        assert self.process.stdout is not None
        assert json.loads(self.process.stdout.readline())["event"] == "ready"

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait(10)
        self.log.close()

    def stop(self) -> None:
        """SIGTERM; it must end with 0."""
        self.process.terminate()
        assert self.process.wait(30) == 0
        self.log.close()

    def listens(self) -> list[int]:
        """Ports on which the process accepts connections."""
        pid = self.process.pid
        inodes = {str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink()}
        found = []
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == "0A" and f"socket:[{words[9]}]" in inodes:
                    found.append(int(words[1].rpartition(":")[2], 16))
        return found


@pytest.fixture
def paired(tmp_path: Path) -> tuple[Path, Path, str]:
    """A home and a vault host that know each other's key; and the address of the copies."""
    home, host, port = tmp_path / "home", tmp_path / "host", free_port()
    contrefeu(home, "init", "--drill", "--shares-out", str(tmp_path / "shares"))
    key = contrefeu(host, "vault", "host", "init", "--name", "vault-b")["key"]
    contrefeu(home, "vault", "add", f"pull+https://127.0.0.1:{port}?key={key}")
    own = contrefeu(home, "vault", "serve", "--key")["key"]
    told = contrefeu(host, "vault", "host", "add", "chu", f"pull+https://127.0.0.1:{port}?key={own}")
    return home, host, told["copies"]


def vault_of(home: Path) -> dict[str, Any]:
    """The one vault as `status` shows it."""
    [vault] = contrefeu(home, "status")["vaults"]
    return vault


@pytest.mark.timeout(600)  # a dozen programs are started; each waits for its turn on a machine that is busy
@pytest.mark.req("C5", "G3", "R1")
def test_a_vault_host_killed_while_it_pulls_has_all_in_the_end(paired: tuple[Path, Path, str], tmp_path: Path) -> None:
    """SIGKILL again and again while messages come; then the node and its disk are lost, and all charts come back."""
    home, host, url = paired
    sent = 0
    with RunningNode(home) as node:
        for _ in range(KILLS):
            pull = Pulling(host)
            assert pull.listens() == []
            for _ in range(10):
                sent += 1
                send(node.mllp, f"A-{sent}")
            pull.kill()
        pull = Pulling(host)
        until(lambda: vault_of(home)["state"] == "up-to-date", "the copies never were complete")
        status = contrefeu(home, "status")
        entries = sum(journal["entries"] for journal in status["journals"])
        until(lambda: vault_of(home)["entries"] >= entries, "entries are missing in the vault")
        assert vault_of(home)["lag_seconds"] < 1.5
        before = contrefeu(home, "export", "--to", str(tmp_path / "before"))
    until(lambda: contrefeu(host, "vault", "verify", url)["entries"] >= entries, "the last entries did not come")
    pull.stop()
    state = contrefeu(host, "vault", "host", "status", status=14)  # the node is stopped: it is said
    assert [n["state"] for n in state["nodes"]] in (["unreachable"], ["not pulling"])
    found = contrefeu(host, "vault", "verify", url)
    assert (found["intact"], found["damage"]) == (True, [])
    shutil.rmtree(home)
    shares = [str(share) for share in sorted((tmp_path / "shares").glob("*.txt"))[:3]]
    told = contrefeu(tmp_path / "any", "restore", "--from", url, "--shares", *shares, "--to", str(tmp_path / "new"))
    assert told["charts_sha256"] == before["charts_sha256"]


@pytest.mark.req("G1")
def test_the_copy_on_a_vault_host_gives_the_charts_back(paired: tuple[Path, Path, str]) -> None:
    """The node asks, the host brings its copy over its own connection, patients are restored from it; then it rots."""
    home, host, _ = paired
    with RunningNode(home) as node:
        pull = Pulling(host)
        for number in range(3):
            send(node.mllp, f"A-{number}")
        until(lambda: vault_of(home)["state"] == "up-to-date", "the copies never were complete")
        time.sleep(2.5)  # what was received a moment ago is not compared
        told = contrefeu(home, "vault", "selftest")
        assert [(one["state"], one["patients"]) for one in told["vaults"]] == [("same", 1)]
        pull.stop()
        [segment] = (host / "copies").rglob("*-capture/segments/0000000001.seg")
        with segment.open("r+b") as file:
            file.truncate(segment.stat().st_size - 200)
        pull = Pulling(host)
        try:
            told = contrefeu(home, "vault", "selftest", status=10)
        finally:
            pull.stop()
        assert [one["state"] for one in told["vaults"]] in (["failed"], ["different"])
        back = home / "run" / "back"
        until(lambda: not any(path.is_file() for path in back.rglob("*")), "what was brought back stays here")


@pytest.mark.req("C5")
def test_what_rotted_here_a_vault_host_brings_back(paired: tuple[Path, Path, str]) -> None:
    """No copy within reach has it: a node that runs asks the host, one that does not says so."""
    home, host, _ = paired
    with RunningNode(home) as node:
        send(node.mllp, "A-1")
    with RunningNode(home) as node:
        pull = Pulling(host)
        send(node.mllp, "A-2")
        until(lambda: vault_of(home)["state"] == "up-to-date", "the copies never were complete")
        [closed] = (home / "journals").rglob("*-capture/segments/0000000001.seg")
        before = closed.read_bytes()
        closed.write_bytes(before[:400] + bytes([before[400] ^ 1]) + before[401:])
        told = contrefeu(home, "vault", "repair")
        pull.stop()
        assert [(one["place"], one["source"][:5]) for one in told["repaired"]] == [("home", "pull+")]
        assert (told["intact"], told["away"]) == (True, [])
        assert closed.read_bytes().rstrip(b"\0") == before.rstrip(b"\0")
    closed.write_bytes(before[:400] + bytes([before[400] ^ 1]) + before[401:])
    told = contrefeu(home, "vault", "repair", status=12)
    assert (told["intact"], len(told["away"])) == (False, 1)
    assert "node that runs" in told["away"][0]["problem"]


@pytest.mark.req("C4")
def test_a_node_put_back_is_refused_and_told_everywhere(paired: tuple[Path, Path, str], tmp_path: Path) -> None:
    """Its machine was restored from yesterday: 12 on the vault host, 12 from its own check, and the good copy stays."""
    home, host, url = paired
    with RunningNode(home) as node:
        send(node.mllp, "A-1")
        contrefeu(host, "vault", "pull", "--once")
    shutil.copytree(home / "journals", tmp_path / "yesterday")
    with RunningNode(home) as node:
        for number in range(2, 12):
            send(node.mllp, f"A-{number}")
        time.sleep(1.5)  # a checkpoint covers them
        contrefeu(host, "vault", "pull", "--once")
    held = contrefeu(host, "vault", "verify", url)["entries"]
    assert contrefeu(home, "journal", "verify")["intact"]
    shutil.rmtree(home / "journals")
    shutil.copytree(tmp_path / "yesterday", home / "journals")
    assert contrefeu(home, "journal", "verify", status=12)["damage"][0]["kind"] in {"rolled-back", "missing"}
    serve = subprocess.Popen(
        [sys.executable, "-m", "contrefeu", "--home", str(home), "vault", "serve"], stdout=subprocess.PIPE
    )
    try:
        assert serve.stdout is not None
        assert json.loads(serve.stdout.readline())["event"] == "ready"
        told = contrefeu(host, "vault", "pull", "--once", status=12)
        assert [n["state"] for n in told["nodes"]] == ["refused"]
    finally:
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(20) == 0
    assert contrefeu(host, "vault", "host", "status", status=12)["nodes"][0]["problem"]
    assert contrefeu(host, "vault", "verify", url)["entries"] == held
