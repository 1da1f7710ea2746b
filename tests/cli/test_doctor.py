"""`doctor` finds what is wrong with a machine and a home, and says what to do.

Method: each finding by making its cause: a certificate made a year ago, a port that somebody holds, a home in memory, a
key that all may read. What a test cannot make (a slow disk, a wrong clock) is said to it in the system's own words.
"""

import json
import os
import resource
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.access import make_local_ca
from contrefeu.base import ManualClock, SystemClock, write_file
from contrefeu.cli import checkup, machine
from contrefeu.cli.node import Node
from contrefeu.cli.rehearsing import described_recovery
from contrefeu.cli.reloading import listening, note_in_force, note_listening
from contrefeu.cli.spool import PRINTER, help_of
from tests.cli.conftest import Commands

DAY_NS = 86_400 * 10**9


def add(cli: Commands, lines: str) -> None:
    """Write more into the settings."""
    file = cli.home / "contrefeu.toml"
    file.write_text(f"{file.read_text()}\n{lines}\n")


def found(check: Callable[..., object], cli: Commands) -> dict[str, str]:
    """Severity by id of what one check finds."""
    return {one.id: one.severity for one in check(Node.at(cli.home))}  # type: ignore[attr-defined]


@pytest.fixture
def quiet(cli: Commands, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """A home on ports that are free."""
    add(cli, '[capture]\nmllp = "127.0.0.1:0"\n[web]\nlisten = "127.0.0.1:0"')
    return cli


def test_every_finding_says_what_is_safe_and_what_to_do(quiet: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """One JSON object; exit status 10 while something is to be acted upon; no chart is opened, and no name is said."""
    monkeypatch.setattr(machine, "is_synchronised", lambda: True)
    told = quiet.told("doctor", status=10)
    assert {"no-vault", "shares-beside"} <= {one["id"] for one in told["findings"] if one["severity"] == "act"}
    assert {"not-running", "no-packs"} <= {one["id"] for one in told["findings"] if one["severity"] == "look"}
    for one in told["findings"]:
        assert set(one) == {"id", "severity", "what", "safe", "next"}
        assert all(one.values()), one
    out = quiet("doctor").out.decode()
    assert "[no-vault]" in out
    assert out.rstrip().endswith("to look at")


def test_what_should_only_be_looked_at_ends_with_0(quiet: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """A choice is no fault."""
    monkeypatch.setattr(checkup, "CHECKS", {"packs": checkup.printers})
    assert [one["id"] for one in quiet.told("doctor")["findings"]] == ["no-packs"]


def test_settings_with_problems_are_findings(cli: Commands) -> None:
    """Each with its line; nothing else can be asked then."""
    add(cli, "[capture]\nmlpp = 1\nack = 2")
    told = cli.told("doctor", status=10)
    assert [one["id"] for one in told["findings"]] == ["settings", "settings"]
    assert "Did you mean `mllp`?" in told["findings"][0]["what"]


def test_a_check_that_fails_is_a_finding_and_the_others_go_on(quiet: Commands) -> None:
    """The server's certificate is gone: said, with the file; what comes after is said too."""
    (quiet.home / "ca" / "server.pem").unlink()
    told = quiet.told("doctor", status=10)
    failed = next(one for one in told["findings"] if one["id"] == "check-failed")
    assert "server.pem" in failed["what"]
    assert "no-vault" in {one["id"] for one in told["findings"]}


def test_a_disk_without_room_or_time_is_found(cli: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than two gigabytes beside what feeds leave; a sync that takes long; a file system of few files."""
    monkeypatch.setattr(machine, "sync_ms", lambda _folder: 25.0)
    assert found(machine.disk, cli).get("disk-slow") == "look"
    monkeypatch.setattr(machine, "sync_ms", lambda _folder: 900.0)
    assert found(machine.disk, cli).get("disk-slow") == "act"
    add(cli, f"[capture]\nspare_bytes = {2**40}")
    assert found(machine.disk, cli)["disk-space"] == "act"
    monkeypatch.setattr(machine, "FILES_FREE_MIN", 2**63)
    assert found(machine.disk, cli)["disk-files"] == "act"


def test_a_durable_write_is_timed_and_leaves_nothing(tmp_path: Path) -> None:
    """A time above zero; the folder is as it was."""
    assert machine.sync_ms(tmp_path) > 0
    assert list(tmp_path.iterdir()) == []


def test_what_the_home_lies_on_is_judged(cli: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory, a network, no barriers: by the words of mountinfo; the longest mount point around it counts."""
    lines = (
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / /srv\\040x rw,noatime - nfs4 nas:/x rw,barrier=0\n"
        "3 1 0:7 / /srv rw - tmpfs tmpfs rw\n"
    )
    assert machine.mount_of(Path("/srv x/home"), lines)[:3] == ("/srv x", "nfs4", "nas:/x")
    assert machine.mount_of(Path("/srv/home"), lines)[1] == "tmpfs"
    assert machine.mount_of(Path("/home"), lines)[:2] == ("/", "ext4")
    for given, wanted in (
        (("/", "tmpfs", "tmpfs", []), {"disk-volatile": "act", "keys-on-plain-disk": "look"}),
        (("/", "nfs4", "nas:/", []), {"disk-doubtful": "look", "keys-on-plain-disk": "look"}),
        (("/", "ext4", "/dev/x", ["nobarrier"]), {"disk-no-barrier": "act", "keys-on-plain-disk": "look"}),
    ):
        monkeypatch.setattr(machine, "mount_of", lambda *_, given=given: given)
        assert found(machine.filesystem, cli) == wanted


def test_memory_swap_and_limits_are_found(cli: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small machine, one that swaps, one that lets a process open less than there are senders."""
    assert machine.meminfo("MemTotal: 8 kB\nMemAvailable: 4 kB\nSwapTotal: 0 kB\nHugePages_Total: 0\n") == (
        8192,
        4096,
        0,
    )
    monkeypatch.setattr(machine, "meminfo", lambda _text: (2**30, 2**20, 2**30))
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (1000, 4000))
    assert found(machine.memory, cli) == {"memory-low": "act", "swap": "look", "file-limit": "act"}


def test_a_clock_that_follows_no_other_is_found(cli: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the kernel says; what it does not say is no finding. A peer's clock is compared when it was met."""
    assert machine.is_synchronised() in {True, False, None}
    for said, wanted in ((False, {"clock-unsynchronised": "act"}), (True, {}), (None, {})):
        monkeypatch.setattr(machine, "is_synchronised", lambda said=said: said)
        assert found(machine.clock, cli) == wanted
    peer = {"node": "n2", "clock": "ahead", "clock_offset_s": 900.0}
    monkeypatch.setattr(checkup, "peer_states", lambda _node: [peer])
    assert found(checkup.clocks, cli) == {"clock-peer": "act"}


def test_how_processes_are_kept_apart_is_said(cli: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """One user for all; worse, root; a kernel that confines nobody."""
    monkeypatch.setattr(machine, "landlock_version", lambda: 0)
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    assert found(machine.apart, cli) == {"shared-user": "look", "no-landlock": "look"}
    monkeypatch.setattr(os, "getuid", lambda: 0)
    assert found(machine.apart, cli)["shared-user"] == "act"
    add(cli, '[processes]\nusers = "separate"')
    assert found(machine.apart, cli) == {"no-landlock": "look"}


def test_a_port_that_somebody_holds_is_found(cli: Commands) -> None:
    """Down: what could not be listened on, with the reason. Up: what nobody answers on."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        add(cli, f'[capture]\nmllp = "127.0.0.1:{port}"\n[web]\nlisten = "no-such-host.invalid:1"')
        told = {one.id: one.what for one in checkup.ports(Node.at(cli.home))}
        assert set(told) == {"port-taken", "not-running"}
        whats = [one.what for one in checkup.ports(Node.at(cli.home)) if one.id == "port-taken"]
        assert "address already in use" in whats[0]
        assert "no address of this machine" in whats[1]
        run = cli.home / "run" / "capture"
        run.mkdir(exist_ok=True)
        with socket.socket(socket.AF_UNIX) as running:
            running.bind(str(run / "sock"))
            running.listen()
            whats = [one.what for one in checkup.ports(Node.at(cli.home))]
            assert len(whats) == 1  # the feed's port answers
            assert "no-such-host.invalid" in whats[0]


def test_a_node_that_listens_elsewhere_than_its_settings_say_is_asked_there(cli: Commands) -> None:
    """`up --mllp` counts while it runs; silence there is a finding; a stopped node asks settings."""
    node = Node.at(cli.home)
    with socket.create_server(("127.0.0.1", 0)) as real:
        address = f"127.0.0.1:{real.getsockname()[1]}"
        add(cli, '[capture]\nmllp = "127.0.0.1:1"\n[web]\nlisten = "127.0.0.1:2"')
        note_listening(node, address, address)
        assert listening(Node.at(cli.home))["capture.mllp"] == "127.0.0.1:1", "no node runs"
        run = cli.home / "run" / "capture"
        run.mkdir(exist_ok=True)
        with socket.socket(socket.AF_UNIX) as running:
            running.bind(str(run / "sock"))
            running.listen()
            note_in_force(Node.at(cli.home))
            assert found(checkup.ports, cli) == {}
            real.close()
            assert found(checkup.ports, cli) == {"port-silent": "act"}


@pytest.mark.parametrize(("days", "severity"), [(397 - 44, "look"), (397 - 7, "act"), (398, "act")])
def test_a_certificate_that_ends_is_found_and_made_anew(days: int, severity: str, cli: Commands) -> None:
    """45 days before, and after its end; `config certificate` makes another with the names that are set, and the same
    authority."""
    ca = cli.home / "ca"
    kept = (ca / "ca.pem").read_bytes()
    then = ManualClock(SystemClock().now_ns() - days * DAY_NS)
    make_local_ca(ca, facility="x", names=["localhost"], clock=then)
    assert found(checkup.certificates, cli) == {"certificate-ends": severity}
    add(cli, '[web]\nnames = ["localhost", "carnet.chu.example", "10.1.2.3"]')
    assert found(checkup.certificates, cli)["certificate-names"] == "act"
    assert cli.told("config", "certificate")["names"] == ["localhost", "carnet.chu.example", "10.1.2.3"]
    assert found(checkup.certificates, cli) == {}
    assert (ca / "ca.pem").read_bytes() == kept
    cli.told("config", "certificate", "--authority")
    assert (ca / "ca.pem").read_bytes() != kept


def test_copies_that_do_not_follow_are_found(cli: Commands, tmp_path: Path) -> None:
    """None, one, one that refuses, one that is late, one that was never copied to, one whose test was red."""
    assert found(checkup.copies, cli) == {"no-vault": "act"}
    url = f"file://{tmp_path / 'vault'}"
    cli.told("vault", "add", url)
    assert found(checkup.copies, cli) == {"one-vault": "look", "vault-away": "act"}
    state = {"url": url, "entries": 1, "lag_seconds": 1.0, "state": "up-to-date", "problem": "", "positions": {}}
    run = cli.home / "run"

    def said(**changes: object) -> dict[str, str]:
        write_file(run / "copies.json", json.dumps([state | changes]).encode())
        return found(checkup.copies, cli)

    assert said() == {"one-vault": "look"}
    assert said(state="alarm")["vault-refuses"] == "act"
    assert said(lag_seconds=900.0)["vault-late"] == "act"
    write_file(run / "selftest.json", json.dumps([{"url": url, "state": "different"}]).encode())
    assert said()["copy-untrue"] == "act"
    damaged = {"journal": "x", "segment": 1, "offset": 9}
    write_file(run / "scrub.json", json.dumps({"home": {"damage": [damaged]}}).encode())
    assert said()["journal-damaged"] == "act"
    add(cli, '[[vaults]]\nurl = "s3://b/x"\ncertificate_expires = "2020-01-01"')
    assert {"vault-host": "look", "vault-certificate": "act"}.items() <= said().items()
    assert "one-vault" not in said()


def test_printers_and_folders_of_packs_are_looked_for(
    cli: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that was pulled, and printers where there is no CUPS (with one: tests/cli/test_printer.py)."""
    monkeypatch.setenv("PATH", str(tmp_path))
    add(cli, f'[packs]\nfolders = ["{tmp_path}", "/media/stick"]\n[packs.printers]\nA = "first"\nB = "second"')
    told = [(one.id, one.what) for one in checkup.printers(Node.at(cli.home))]
    assert [id_ for id_, _ in told] == ["pack-folder", "printer", "printer"]
    assert "/media/stick" in told[0][1]
    assert told[2][1] == "The printer second of ward B cannot be reached: CUPS is not installed here."
    assert help_of("second").startswith("lpstat") and help_of(PRINTER).startswith("Plug a USB printer into this PC")


def test_shares_that_lie_together_and_keys_that_nobody_confirmed(
    cli: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder that `init` wrote, until it is emptied; each alarm of `keys status`, with what to do."""
    assert found(checkup.keys, cli)["shares-beside"] == "act"
    for share in (cli.home.parent / "home-shares").iterdir():
        share.unlink()
    assert "shares-beside" not in found(checkup.keys, cli)
    alarms = described_recovery(Node.at(cli.home)) | {"alarms": ["rehearsal-overdue"]}
    monkeypatch.setattr(checkup, "described_recovery", lambda _node: alarms)
    [one] = checkup.keys(Node.at(cli.home))
    assert (one.id, one.next) == ("keys-rehearsal-overdue", "contrefeu keys rehearse")


def test_a_key_that_all_may_read_and_a_home_that_all_may_change(cli: Commands) -> None:
    """By the file; nothing is found in a home as it is made."""
    assert found(checkup.permissions, cli) == {}
    (cli.home / "node" / "capture.seed").chmod(0o644)
    (cli.home / "journals").chmod(0o777)
    whats = [one.what for one in checkup.permissions(Node.at(cli.home))]
    assert found(checkup.permissions, cli) == {"home-open": "act"}
    assert len(whats) == 2
    assert "capture.seed may be read" in whats[0]
    assert "journals may be changed" in whats[1]
