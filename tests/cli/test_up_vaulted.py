"""A node whose disk is lost at any instant loses nothing that was acknowledged, when senders wait for a vault.

Method: a real node, a real object store behind a link that can be cut; the node is killed and its home destroyed; what
comes back from the bucket is compared with what was acknowledged.
"""

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from contrefeu.cli.node import Node
from tests.cli.messages import admission
from tests.cli.test_up import send, until
from tests.drills.node import RunningNode, contrefeu
from tests.vault.conftest import relay, store  # noqa: F401 - fixtures
from tests.vault.gateway import Relay, Store


def add_vault(home: Path, url: str, key: Path, settings: str) -> None:
    contrefeu(home, "vault", "add", url, "--credentials", str(key))
    path = home / "contrefeu.toml"
    path.write_text(f'{path.read_text()}\n[capture]\nack = "vault"\n{settings}\n')


def hangs(address: tuple[str, int], control_id: str, seconds: float) -> bool:
    """Whether a sender gets no answer for *seconds*; it hangs up then."""
    with socket.create_connection(address, 5) as connection:
        connection.settimeout(seconds)
        connection.sendall(b"\x0b" + admission(control_id) + b"\x1c\r")
        try:
            connection.recv(65536)
        except TimeoutError:
            return True
        return False


@pytest.mark.object_store
@pytest.mark.req("C1", "C5")
def test_what_was_acknowledged_outlives_the_disk(
    store: Store,  # noqa: F811
    relay: Relay,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Acknowledged with the link up, not with it cut; killed, destroyed, restored from the bucket alone."""
    home, key = tmp_path / "home", store.credentials(tmp_path / "key")
    shares = tmp_path / "shares"
    contrefeu(home, "init", "--drill", "--custodians", "3", "--threshold", "2", "--shares-out", str(shares))
    url = store.url(store.new_bucket(), relay=relay, days=1, open_days=1)
    add_vault(home, url, key, 'when_no_vault = "wait"')
    with RunningNode(home) as running:
        for number in range(20):
            assert f"MSA|AA|V-{number}".encode() in send(running.mllp, f"V-{number}")
        relay.cut(True)
        assert hangs(running.mllp, "V-CUT", 5)
        told = contrefeu(home, "status", status=10)["capture"]
        assert (told["no_vault"], told["without_vault"]) == (True, 0)
        relay.cut(False)
        assert b"MSA|AA|V-20" in send(running.mllp, "V-20")
        running.kill()
    shutil.rmtree(home)
    words = [str(path) for path in sorted(shares.glob("share-*.txt"))[:2]]
    again = tmp_path / "again"
    contrefeu(home, "restore", "--from", url, "--credentials", str(key), "--to", str(again), "--shares", *words)
    bodies = b"".join(entry.body for entry in Node.at(again).entries("", 0, 1 << 63))
    missing = [number for number in range(21) if f"|V-{number}|".encode() not in bodies]
    assert missing == []


def has_its_vault(home: Path) -> bool:
    """Whether `status` finds nothing wrong: an answer may have come from the disk while the vault was coming back."""
    command = [sys.executable, "-m", "contrefeu", "--home", str(home), "status", "--json"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=300)
    return done.returncode == 0 and json.loads(done.stdout)["capture"]["no_vault"] is False


@pytest.mark.req("C1")
def test_a_vault_that_is_away_stops_no_feed_that_may_go_on(tmp_path: Path) -> None:
    """`when_no_vault = "disk"`: answered within seconds, counted, and `status` ends with 10 until it is back."""
    home = tmp_path / "home"
    contrefeu(home, "init", "--drill")
    contrefeu(home, "vault", "add", f"file://{tmp_path / 'vault'}")
    path = home / "contrefeu.toml"
    path.write_text(f'{path.read_text()}\n[capture]\nack = "vault"\n')
    with RunningNode(home) as running:
        assert b"MSA|AA|W-1" in send(running.mllp, "W-1")
        (tmp_path / "vault").rename(tmp_path / "away")
        with socket.create_connection(running.mllp, 5) as connection:
            connection.settimeout(20)
            connection.sendall(b"\x0b" + admission("W-2") + b"\x1c\r")
            assert b"MSA|AA|W-2" in connection.recv(65536)
        told = contrefeu(home, "status", status=10)["capture"]
        assert (told["no_vault"], told["without_vault"]) == (True, 1)
        (tmp_path / "away").rename(tmp_path / "vault")
        until(lambda: b"MSA|AA|W-3" in send(running.mllp, "W-3"), "no answer though the vault is back")
        until(lambda: has_its_vault(home), "the vault is back, and status does not say so")
