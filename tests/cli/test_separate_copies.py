"""Copies and peers where each process has a system user of its own: what is fetched, sent and tried goes through.

Method: as root, a node with `users = "separate"`; an object store, a folder, a vault host that pulls and a peer; what
the parts were given is looked at, and what they did.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.cli.beside import run_apart
from contrefeu.cli.node import Node
from contrefeu.cli.selftest import COMMAND
from contrefeu.cli.separation import tester
from contrefeu.recovery.selftest import SETTLED_S
from tests.cli.conftest import Commands
from tests.cli.test_processes import open_home, python  # noqa: F401 - fixtures
from tests.drills.node import RunningNode, contrefeu
from tests.drills.test_two_nodes import free_port
from tests.vault.conftest import store  # noqa: F401 - a fixture
from tests.vault.gateway import Store

MESSAGES = Path("docs/start/messages").resolve()


WAIT_S = 180  # a dozen processes are started; each waits for its turn on a machine that is busy


def until(claim: Callable[[], bool], what: str) -> None:
    """Wait until *claim* holds."""
    deadline = time.monotonic() + WAIT_S
    while not claim():
        assert time.monotonic() < deadline, what
        time.sleep(0.3)


def vaults(cli: Commands) -> list[dict[str, object]]:
    """As `status` shows them; none while the node's parts are too busy to answer it."""
    ran = cli("status", "--json")
    return list(ran.told["vaults"]) if ran.out else []


@pytest.mark.timeout(600)
@pytest.mark.object_store
@pytest.mark.req("G1")
def test_the_self_test_sees_every_copy_as_the_readers_user(
    open_home: Commands,  # noqa: F811
    python: str,  # noqa: F811
    store: Store,  # noqa: F811
) -> None:
    """As the supervisor starts it at night: a folder's and a locked bucket's copy, both green."""
    cli, home = open_home, open_home.home
    key = store.credentials(home.parent / "key")
    url = store.url(store.new_bucket(), days=1, open_days=1)
    cli.told("vault", "add", url, "--credentials", key)
    cli.told("vault", "add", f"file://{home.parent / 'vault'}")
    cli.told("import", MESSAGES)
    with RunningNode(home):
        until(lambda: {v["state"] for v in vaults(cli)} == {"up-to-date"}, "the copies are not complete")
        assert SETTLED_S < 60
        threading.Event().wait(SETTLED_S + 1)
        run_apart(Node.at(home), tester(), threading.Event(), COMMAND)
        told = json.loads(cli("status", "--json").out)["selftest"]
        assert [(one["state"], one.get("problem", "")) for one in told] == [("same", ""), ("same", "")]
        assert {one["patients"] > 0 for one in told} == {True}
        result = (home / "run" / "selftest.json").stat()
        assert (result.st_uid, stat.S_IMODE(result.st_mode)) == (tester()["user"], 0o640)
        [kept] = (home / "vault-credentials").iterdir()
        alone = {"user": tester()["user"], "group": tester()["group"], "extra_groups": tester()["extra_groups"][:1]}
        looked = subprocess.run(["cat", kept], capture_output=True, check=False, **alone)  # type: ignore[call-overload]
        assert looked.returncode != 0, "the reader itself reads no credentials"
    with RunningNode(home):  # owners are set anew: the next night can say what it found too
        os.utime(home / "run" / "selftest.json", ns=(0, 0))
        run_apart(Node.at(home), tester(), threading.Event(), COMMAND)
        assert (home / "run" / "selftest.json").stat().st_mtime_ns > 0


@pytest.mark.timeout(600)
@pytest.mark.req("C5", "D9")
def test_a_vault_host_and_a_peer_are_served_by_users_of_their_own(
    open_home: Commands,  # noqa: F811
    python: str,  # noqa: F811
) -> None:
    """Keys that the parts own, folders that they write: a pulled copy is vouched for, journals go both ways."""
    cli, home = open_home, open_home.home
    host, port = home.parent / "host", free_port()
    line = contrefeu(host, "vault", "host", "init", "--name", "vault-b")["key"]
    cli.told("vault", "add", f"pull+https://127.0.0.1:{port}?key={line}")
    own = cli.told("vault", "serve", "--key")["key"]
    contrefeu(host, "vault", "host", "add", "chu", f"pull+https://127.0.0.1:{port}?key={own}")
    peer = home.parent / "peer"
    contrefeu(peer, "init", "--facility", "Clinique")
    joined = {home: free_port(), peer: free_port()}
    for one, at in joined.items():
        (one / "contrefeu.toml").write_text(
            (one / "contrefeu.toml").read_text() + f'\n[exchange]\nlisten = "127.0.0.1:{at}"\n'
        )
    for one, other in ((home, peer), (peer, home)):
        card = home.parent / f"{other.name}.card"
        fingerprint = contrefeu(other, "station", "invite", "--out", str(card))["fingerprint"]
        address = f"127.0.0.1:{joined[other]}"
        contrefeu(one, "station", "join", str(card), "--fingerprint", fingerprint, "--address", address)
    cli.told("import", MESSAGES)
    contrefeu(peer, "import", str(MESSAGES))
    pulling = [sys.executable, "-m", "contrefeu", "--home", str(host), "vault", "pull"]
    with RunningNode(home), RunningNode(peer):
        pull = subprocess.Popen(pulling, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(lambda: [v["state"] for v in vaults(cli)] == ["up-to-date"], "nothing is vouched for")
            until(lambda: len(captures(home)) == len(captures(peer)) == 2, "the peers do not exchange")
            threading.Event().wait(SETTLED_S + 1)
            run_apart(Node.at(home), tester(), threading.Event(), COMMAND)
            [tested] = json.loads(cli("status", "--json").out)["selftest"]
            assert (tested["state"], tested.get("problem", "")) == ("same", "")
            assert tested["patients"] > 0
        finally:
            pull.terminate()
            pull.wait(20)
    copies, exchange = (
        {path.stat().st_uid for path in (home / name).rglob("*") if path.is_file()} for name in ("vouched", "exchange")
    )
    assert len(copies) == 1
    assert copies.isdisjoint(exchange | {0})
    back = (home / "run" / "back").stat()
    assert ({back.st_uid}, stat.S_IMODE(back.st_mode)) == (copies, 0o2750), "what was brought back nobody else reads"
    shutil.rmtree(peer)


def captures(home: Path) -> set[str]:
    """Journals of feeds that have entries here."""
    command = [sys.executable, "-m", "contrefeu", "--home", str(home), "status", "--json"]
    told = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
    return {one["id"] for one in told["journals"] if one["id"].endswith("-capture") and one["entries"]}
