"""`up` keeps a node alive: parts that die come back, nothing outlives it, and no part holds more than it needs.

Method: one real node in processes of its own, looked at through /proc; parts are killed by their own ids.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contrefeu.cli.supervisor import STOP_S_MAX
from tests.cli.messages import admission
from tests.drills.node import RunningNode, contrefeu, opened_by, parts_of, raw_entry

WAIT_S = 40


def until(claim: Callable[[], bool], what: str) -> None:
    """Wait until *claim* holds."""
    deadline = time.monotonic() + WAIT_S
    while not claim():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def send(address: tuple[str, int], control_id: str) -> bytes:
    """One message over MLLP; its acknowledgement, or nothing when nobody listens."""
    try:
        with socket.create_connection(address, 5) as connection:
            connection.sendall(b"\x0b" + admission(control_id) + b"\x1c\r")
            return connection.recv(65536)
    except OSError:
        return b""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, RunningNode]]:
    """A running node."""
    folder = tmp_path_factory.mktemp("up")
    home = folder / "home"
    contrefeu(home, "init")
    contrefeu(home, "vault", "add", f"file://{folder / 'vault'}")
    with RunningNode(home) as running:
        yield home, running


def test_the_ready_line_says_where_everything_is(node: tuple[Path, RunningNode]) -> None:
    """The published keys, with ports that were free; the addresses answer."""
    _, running = node
    assert {"event", "mllp", "web", "fhir", "pid", "logins"} <= set(running.ready)
    assert running.ready["event"] == "ready"
    assert running.ready["pid"] == running.process.pid
    assert running.ready["logins"] == []
    assert running.ready["fhir"] == running.ready["web"] + "fhir"
    assert b"MSA|AA|U-1" in send(running.mllp, "U-1")
    assert set(parts_of(running.process.pid)) == {"capture", "reader", "copies", "watch", "web"}


@pytest.mark.req("C5")
def test_commands_go_through_the_running_node(node: tuple[Path, RunningNode], tmp_path: Path) -> None:
    """Import, find, status and downtime while it runs; the vault follows by itself."""
    home, running = node
    send(running.mllp, "U-2")
    (tmp_path / "1.hl7").write_bytes(admission("U-3", name="DURAND^PAUL", number="99"))
    assert contrefeu(home, "import", str(tmp_path / "1.hl7"))["charted"] == 1
    assert contrefeu(home, "find", "DURAND")["patients"]
    contrefeu(home, "downtime", "declare")
    status = contrefeu(home, "status")
    assert (status["running"], status["downtime"]["state"], status["charts"]["lag_entries"]) == (True, "declared", 0)
    total = sum(journal["entries"] for journal in status["journals"])
    until(lambda: contrefeu(home, "status")["vaults"][0]["entries"] >= total, "the vault does not follow")


def test_a_second_node_on_the_same_home_is_refused(node: tuple[Path, RunningNode]) -> None:
    """Clearly, with status 14, and the first goes on."""
    home, running = node
    command = [sys.executable, "-m", "contrefeu", "--home", str(home), "up", "--mllp", "127.0.0.1:0"]
    second = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert (second.returncode, second.stdout) == (14, b"")
    assert b"runs already" in second.stderr
    assert b"MSA|AA|U-4" in send(running.mllp, "U-4")


@pytest.mark.req("C4")
def test_each_part_holds_what_it_needs_and_no_more(node: tuple[Path, RunningNode]) -> None:
    """No secret in any part's command line or environment; capture, web and copies have no opening key open."""
    home, running = node
    opening = [path.read_bytes() for path in (home / "keys" / "reading").iterdir()]
    opening += [(home / "keys" / "store.key").read_bytes()]
    secrets = opening + [path.read_bytes() for path in (home / "node").iterdir()]
    said = secrets + [secret.hex().encode() for secret in secrets]
    pids = parts_of(running.process.pid)
    assert opened_by(pids, "/keys/", "/node/") == {}
    assert opened_by(pids, "charts.db").keys() == {"reader"}
    for name, pid in pids.items():
        shown = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
        assert not [secret for secret in said if secret in shown], name
        assert _in_memory(pid, opening) == (name == "reader"), name


def _in_memory(pid: int, secrets: list[bytes]) -> bool:
    """Whether one of *secrets* lies in what the process may write (its heap and stacks)."""
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            start, stop = (int(edge, 16) for edge in span.split("-"))
            if not rights.startswith("rw") or stop - start > 2**28:
                continue
            try:
                memory.seek(start)
                content = memory.read(stop - start)
            except (OSError, OverflowError, ValueError):
                continue
            if any(secret in content for secret in secrets):
                return True
    return False


def test_a_part_that_dies_comes_back_at_its_address(node: tuple[Path, RunningNode]) -> None:
    """Capture, web and reader are killed: each is started again, on the port that senders and browsers know."""
    _, running = node
    before = parts_of(running.process.pid)
    for name in ("capture", "web", "reader"):
        os.kill(before[name], signal.SIGKILL)
    until(lambda: b"MSA|AA|U-5" in send(running.mllp, "U-5"), "capture did not come back")
    until(lambda: set(parts_of(running.process.pid)) == set(before), "a part is missing")
    after = parts_of(running.process.pid)
    assert not {after[name] for name in ("capture", "web", "reader")} & set(before.values())
    host, _, port = running.ready["web"].removeprefix("http://").strip("/").rpartition(":")

    def answers() -> bool:
        try:
            with socket.create_connection((host, int(port)), 5) as connection:
                connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                return b"200" in connection.recv(100)
        except OSError:
            return False

    until(answers, "the ward app did not come back")


@pytest.mark.req("C5")
def test_changed_settings_are_taken_up_where_that_is_safe(node: tuple[Path, RunningNode]) -> None:
    """SIGHUP: the watch is started again with what was set, the others go on; what has a problem changes nothing; what
    waits for a restart is named, beforehand too; an entry says which keys were changed (and the watch raises an alarm).
    """
    home, running = node
    file = home / "contrefeu.toml"
    as_it_was = file.read_text()
    assert running.process.stdout is not None

    def reloaded(text: str) -> dict[str, object]:
        file.write_text(text)
        os.kill(running.process.pid, signal.SIGHUP)
        return dict(json.loads(running.process.stdout.readline()))  # type: ignore[union-attr]

    before = parts_of(running.process.pid)
    wrong = reloaded(f'{as_it_was}\n[watch]\ntel = "look"\n')
    assert wrong["event"] == "not-reloaded"
    assert "`watch.tel` is no setting" in str(wrong["findings"])
    changed = f'{as_it_was}\n[watch]\ntell = "look"\n[care]\nescalate_minutes = 30\n'
    file.write_text(changed)
    told = contrefeu(home, "config", "check")
    assert (told["findings"], told["reload"], told["restart"]) == ([], ["watch.tell"], ["care.escalate_minutes"])
    assert reloaded(changed) == {
        "event": "reloaded",
        "reload": ["watch.tell"],
        "restart": ["care.escalate_minutes"],
    }
    until(
        lambda: parts_of(running.process.pid).get("watch") not in {None, before["watch"]}, "the watch was not renewed"
    )
    after = parts_of(running.process.pid)
    assert {name for name in before if before[name] != after.get(name)} == {"watch"}
    assert contrefeu(home, "config", "check")["reload"] == []
    audit = f"{running.ready['node']}-audit"
    last = contrefeu(home, "journal", "show", "--journal", audit)["entries"][-1]["seq"]
    assert b"settings changed: watch.tell" in raw_entry(home, f"{audit}/{last}")
    reloaded(as_it_was)


def test_a_stop_is_quick_and_leaves_nothing_running(node: tuple[Path, RunningNode], tmp_path: Path) -> None:
    """SIGTERM: status 0, no part had to be killed, all are gone; the same home starts again with all it had."""
    home, running = node
    children = parts_of(running.process.pid)
    started = time.monotonic()
    log = Path(running.log.name)
    said = log.stat().st_size
    running.stop()
    assert b"did not stop" not in log.read_bytes()[said:]
    assert time.monotonic() - started < STOP_S_MAX + 15
    assert running.process.returncode == 0
    assert not [pid for pid in children.values() if Path(f"/proc/{pid}").exists()]
    verified = contrefeu(home, "journal", "verify")
    assert verified["intact"]
    entries = verified["entries"]

    again = RunningNode(home)
    children = parts_of(again.process.pid)
    again.kill()
    until(
        lambda: not [pid for pid in children.values() if _alive(pid)],
        "a part outlives a supervisor that was killed",
    )
    assert contrefeu(home, "journal", "verify")["entries"] >= entries


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    """The node does not start, says so with status 14, and leaves no process."""
    home = tmp_path / "home"
    contrefeu(home, "init", "--drill")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        command = [sys.executable, "-m", "contrefeu", "--home", str(home), "up", "--mllp", address]
        done = subprocess.run([*command, "--web", "127.0.0.1:0"], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (14, b"")
    assert b"capture process did not start" in done.stderr
    assert b"Traceback" not in done.stderr
    lines = [line for line in done.stderr.decode().splitlines() if line.startswith("{")]
    assert all(json.loads(line) for line in lines)
