"""A vault host is set up with a handful of commands, and they say what to type next when something is wrong.

Method: the commands themselves; the story of real processes over TLS is in tests/drills/test_vault_that_pulls.py.
"""

import json
import shutil
from pathlib import Path

import pytest

from contrefeu.cli import bringing
from contrefeu.cli.alarms import unproven
from contrefeu.cli.checkup import copies
from contrefeu.cli.copying import SCRUB, scrubbed
from contrefeu.cli.node import Node
from contrefeu.cli.selftest import last_selftest
from contrefeu.recovery import selftest
from contrefeu.vault import Scrubber, VaultAway
from contrefeu.watch.own import copies_told
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium
from tests.drills.node import contrefeu


def rot(path: Path) -> None:
    """Turn one bit; turned again it is as it was."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.fixture
def host(cli: Commands, tmp_path: Path) -> Commands:
    """A vault host."""
    host = cli.at(tmp_path / "host")
    host.told("vault", "host", "init", "--name", "vault-b", "--days", "500")
    return host


def test_a_vault_host_is_made_once(host: Commands) -> None:
    """Its key is drawn at `init` and kept; a folder with something in it is refused."""
    key = host.told("vault", "host", "key")["key"]
    assert key.startswith("vault-b+")
    before = {p: p.read_bytes() for p in host.home.rglob("*") if p.is_file()}
    assert host("vault", "host", "init", "--name", "vault-c").status == 1
    assert {p: p.read_bytes() for p in host.home.rglob("*") if p.is_file()} == before
    assert (host.home / "vault.seed").stat().st_mode & 0o077 == 0
    told = host.told("vault", "host", "status")
    assert told == {"host": "vault-b", "days": 500, "nodes": []}


@pytest.mark.parametrize("name", ["Vault B", "../x", "", "a" * 80, "-x"])
def test_a_name_that_cannot_be_is_refused(cli: Commands, tmp_path: Path, name: str) -> None:
    """Before anything is made."""
    assert cli.at(tmp_path / "other")("vault", "host", "init", "--name", name).status == 1
    assert not (tmp_path / "other").exists()


def test_keys_go_to_the_other_side(cli: Commands, host: Commands) -> None:
    """The node gets the vault host's key and the other way round; swapped, each side says which command gives it."""
    ours, theirs = host.told("vault", "host", "key")["key"], cli.told("vault", "serve", "--key")["key"]
    assert cli.told("vault", "serve", "--key")["key"] == theirs, "the key is made once"
    assert (cli.home / "node" / "serve.seed").stat().st_mode & 0o077 == 0
    ran = cli("vault", "add", f"pull+https://127.0.0.1:2577?key={theirs}")
    assert (ran.status, "vault host key" in ran.err) == (1, True)
    ran = host("vault", "host", "add", "chu", f"pull+https://127.0.0.1:2577?key={ours}")
    assert (ran.status, "vault serve --key" in ran.err) == (1, True)
    url = f"pull+https://127.0.0.1:2577?key={ours}"
    assert cli.told("vault", "add", url)["added"] is True
    told = host.told("vault", "host", "add", "chu", f"pull+https://127.0.0.1:2577?key={theirs}")
    assert told["copies"] == f"file://{host.home}/copies/chu"
    assert [v["url"] for v in cli.told("status")["vaults"]] == [url]
    assert host("vault", "host", "add", "chu", f"pull+https://10.0.0.1:2577?key={theirs}").status == 1


def test_a_node_that_does_not_answer_is_said(cli: Commands, host: Commands) -> None:
    """`vault pull --once` ends with 14 and says that what is missing comes later."""
    key = cli.told("vault", "serve", "--key")["key"]
    host.told("vault", "host", "add", "chu", f"pull+https://127.0.0.1:9?key={key}")
    [node] = contrefeu(host.home, "vault", "pull", "--once", status=14)["nodes"]
    assert (node["state"], node["entries"]) == ("unreachable", 0)
    assert "does not answer" in node["problem"]
    said = host("vault", "pull", "--once")
    assert (said.status, b"0 entries, how far behind is not known\n  The node does not" in said.out) == (14, True)
    assert host.told("vault", "host", "status", status=14)["nodes"][0]["state"] in {"unreachable", "not pulling"}


def test_a_home_is_not_a_vault_host(cli: Commands, host: Commands) -> None:
    """Each says what the other one is for."""
    assert "vault host init" in cli("vault", "host", "key").err
    assert cli("vault", "host", "status").status == 1
    assert host("vault", "serve", "--key").status == 1
    ran = cli("vault", "serve")
    assert (ran.status, "No vault host is in the settings" in ran.err) == (1, True)
    ran = cli("vault", "verify", "pull+https://127.0.0.1:1?key=x")
    assert (ran.status, "on the vault host" in ran.err) == (1, True)


@pytest.mark.req("G1")
def test_what_lies_on_a_vault_host_is_no_alarm(cli: Commands, host: Commands, tmp_path: Path, filed) -> None:
    """Pulled or sent one way: the node scrubs and mends the others, and says of these who holds them."""
    (tmp_path / "out").mkdir()
    urls = [
        f"pull+https://127.0.0.1:2577?key={host.told('vault', 'host', 'key')['key']}",
        f"spool+file://{tmp_path}/out",
    ]
    for url in urls:
        cli.told("vault", "add", url)
    cli.told("import", filed("1.hl7", admission()))
    status = cli("status", "--json").told
    assert [one["scrub"]["state"] for one in status["vaults"]] == ["held elsewhere"] * 2
    node = Node.at(cli.home)
    assert [one["state"] for one in last_selftest(node)] == ["not yet", "held elsewhere"]
    assert (unproven(node), [one for one in copies(node) if one.id == "copy-untrue"]) == ({}, [])
    assert not [one for one in copies_told([], last_selftest(node), {}, 0.0) if one.bad]
    told = cli.told("vault", "repair")
    assert (told["intact"], told["away"], told["held_elsewhere"]) == (True, [], urls)
    with (cli.home / "contrefeu.toml").open("a") as settings:
        settings.write("[copies]\nscrub_bytes_per_second_max = 0\n")
    Scrubber(node.paths, node.paths.run / SCRUB, node.clock, lambda: False).step()
    assert set(scrubbed(node)) == {"home"}, "what is not read is not stuck"
    assert "held elsewhere" in cli("vault", "repair").out.decode()
    assert "tenu ailleurs" in cli("vault", "repair", before=("--lang", "fr")).out.decode()


@pytest.mark.req("G1")
def test_a_vault_host_brings_its_copy_to_a_node_that_runs(cli: Commands, host: Commands, filed) -> None:
    """A stopped one says so at once: nothing is waited for (the whole of it: tests/drills/test_vault_that_pulls.py)."""
    url = f"pull+https://127.0.0.1:2577?key={host.told('vault', 'host', 'key')['key']}"
    cli.told("vault", "add", url)
    cli.told("import", filed("1.hl7", admission()))
    [told] = cli.told("vault", "selftest", status=10)["vaults"]
    assert (told["state"], "node that runs" in told["problem"]) == ("failed", True)
    assert not (cli.home / "run" / "asked" / "wish.json").exists()


@pytest.mark.req("G1")
def test_a_vault_host_that_comes_back_is_waited_for(
    cli: Commands, host: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a minute, after a restart on either side; then it is said that it is not connected."""
    url = f"pull+https://127.0.0.1:2577?key={host.told('vault', 'host', 'key')['key']}"
    cli.told("vault", "add", url)
    node = Node.at(cli.home)
    away = {"url": url, "lag_seconds": 1.0, "state": "unreachable"}
    says = [away, away, away | {"state": "up-to-date"}]
    monkeypatch.setattr(bringing, "last_states", lambda _node: [says.pop(0)])
    bringing._wait_for_host(node, url)
    assert says == []
    monkeypatch.setattr(bringing, "last_states", lambda _node: [away])
    monkeypatch.setattr(bringing, "CONNECT_S", 0.3)
    with pytest.raises(VaultAway, match="not connected"):
        bringing._wait_for_host(node, url)


@pytest.mark.req("G1")
def test_out_of_a_diode_nothing_comes_back_but_a_disk_that_is_carried(
    cli: Commands, host: Commands, tmp_path: Path, filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compared as of the last instant that it covers; what was found stands until the next disk, green or red."""
    monkeypatch.setattr(selftest, "SETTLED_S", 0)
    out, into = tmp_path / "out", tmp_path / "into"
    out.mkdir()
    into.mkdir()
    url = f"spool+file://{out}"
    cli.told("vault", "add", url)
    copies = Path(host.told("vault", "host", "add", "chu", f"spool+file://{into}")["copies"].removeprefix("file://"))
    cli.told("import", filed("1.hl7", admission("A-1")))
    cli.told("vault", "copy")
    for file in out.iterdir():
        file.rename(into / file.name)
    host.told("vault", "pull", "--once")
    cli.told("import", filed("2.hl7", potassium()))

    assert [one["state"] for one in cli.told("vault", "selftest")["vaults"]] == ["held elsewhere"]
    assert "behind a data diode" in cli("vault", "selftest").out.decode()
    assert "derrière une diode" in cli("vault", "selftest", before=("--lang", "fr")).out.decode()
    carried = ("vault", "selftest", "--vault", url, "--carried")
    [told] = cli.told(*carried, str(copies))["vaults"]
    assert (told["state"], told["patients"]) == ("same", 1)
    assert [one["state"] for one in cli.told("vault", "selftest")["vaults"]] == ["same"], "a night changes nothing"

    assert cli("vault", "selftest", "--vault", url).status == 1
    assert "No copy of this node" in cli(*carried, str(tmp_path / "out")).err
    assert "no such vault" in cli("vault", "selftest", "--vault", "file:///x", "--carried", str(copies)).err
    assert [one["state"] for one in cli.told("status")["selftest"]] == ["same"], "a wrong folder is no finding"
    [segment] = copies.rglob("*-capture/segments/0000000001.seg")
    rot(segment)
    assert cli.told("vault", "verify", f"file://{copies}", status=12)["intact"] is False
    [told] = cli.told(*carried, str(copies), status=10)["vaults"]
    assert (told["state"], "is damaged" in told["problem"]) == ("failed", True)
    assert cli.told("vault", "selftest", status=10)["same"] is False, "red until another disk is green"


@pytest.mark.req("C5", "R1")
def test_a_one_way_copy_from_the_first_message_to_the_last_chart(
    cli: Commands, host: Commands, tmp_path: Path, filed
) -> None:
    """Sent, one file lost and named, sent again, checked, restored with the same charts."""
    out, into = tmp_path / "out", tmp_path / "into"
    out.mkdir()
    into.mkdir()
    url = f"spool+file://{out}"
    assert cli("vault", "add", f"spool+file://{tmp_path}/none").status == 1
    cli.told("vault", "add", url)
    told = host.told("vault", "host", "add", "chu", f"spool+file://{into}")
    streams = []
    for number in range(3):
        cli.told("import", filed(f"{number}.hl7", admission(f"A-{number}")))
        assert cli.told("vault", "copy")["vaults"][0]["state"] == "one-way"
        [state] = (cli.home / "spool").glob("*/state.json")
        streams.append(json.loads(state.read_bytes())["stream"])
    for path in sorted(out.iterdir()):
        path.unlink() if path.name.startswith(streams[1]) else path.rename(into / path.name)
    [node] = contrefeu(host.home, "vault", "pull", "--once", status=13)["nodes"]
    assert node["missing"] == f"{streams[1]}:1"
    assert node["lag_seconds"] is None, "one look that did not get everything knows no hour at which all was here"
    said = host("vault", "host", "status", before=("--lang", "fr")).out.decode().splitlines()
    assert said[1:] == ["  Des fichiers de la copie à sens unique ne sont pas venus.", f"  manquent : {streams[1]}:1"]
    assert "telle quelle" in cli("vault", "resend", url, before=("--lang", "fr")).err
    cli.told("vault", "resend", url, node["missing"])
    cli.told("vault", "copy")
    for path in out.iterdir():
        path.rename(into / path.name)
    [node] = contrefeu(host.home, "vault", "pull", "--once")["nodes"]
    assert (node["state"], node["missing"]) == ("up-to-date", "")
    entries = sum(j["entries"] for j in cli.told("status")["journals"])
    assert host.told("vault", "verify", told["copies"])["entries"] == entries == node["entries"]
    [read] = host.told("vault", "host", "verify")["nodes"]
    assert (read["state"], read["entries"]) == ("intact", entries)
    rot(next((host.home / "copies" / "chu").rglob("*-capture/segments/0000000001.seg")))
    [read] = host.told("vault", "host", "verify", status=12)["nodes"]
    assert (read["state"], [d["segment"] for d in read["damage"]]) == ("damaged", [1])
    rot(next((host.home / "copies" / "chu").rglob("*-capture/segments/0000000001.seg")))
    gone = next((host.home / "copies" / "chu").rglob("*-station"))
    gone.rename(tmp_path / "station")
    [read] = host.told("vault", "host", "verify", status=10)["nodes"]
    assert (read["state"], [name.rpartition("-")[2] for name in read["absent"]]) == ("incomplete", ["station"])
    (tmp_path / "station").rename(gone)
    before = cli.told("export", "--to", tmp_path / "before")
    shares = sorted((tmp_path / "home-shares").glob("*.txt"))[:3]
    shutil.rmtree(cli.home)
    again = cli.told("restore", "--from", told["copies"], "--shares", *shares, "--to", tmp_path / "new")
    assert again["charts_sha256"] == before["charts_sha256"]
    assert host("vault", "resend", url).status == 1
