"""The installed services keep each process apart, and give away little if one is taken over.

Method: read the units; `systemd-analyze security --offline` judges them where it is installed; compare users with the
program's own.
"""

import configparser
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from contrefeu.cli.notify import tell_ready
from contrefeu.cli.separation import GROUP, USERS
from tests.cli.conftest import Commands, cli, template  # noqa: F401 - fixtures
from tests.house.tree import ROOT

UNITS = ROOT / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
EXPOSURE_MAX = 2.0  # of 10, as systemd-analyze counts


def read(unit: Path) -> dict[str, list[str]]:
    """Key -> values of [Service]."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in unit.read_text().splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_service_gives_little_away(unit: Path) -> None:
    """Below 2.0 of 10 where systemd-analyze counts what an intruder in it could still do."""
    asked = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    exposure = re.search(r"exposure level for .*: ([\d.]+)", said)
    assert exposure, said
    assert float(exposure[1]) < EXPOSURE_MAX


def test_every_process_has_a_service_as_its_own_user() -> None:
    """Parts, users and groups are the program's; nobody but the preparing one is root, and it opens no network."""
    parts = {}
    for unit in SERVICES:
        said = read(unit)
        words = said["ExecStart"][0].split()
        assert words[0] == "/opt/contrefeu/bin/contrefeu"
        if words[1] == "part":
            parts[words[2]] = said["User"][0]
            assert said["Group"] == said["User"]
            assert said["SupplementaryGroups"][0].split()[0] == GROUP
            assert said["Type"] == ["notify"]
        assert said["CapabilityBoundingSet"] == ["CAP_CHOWN CAP_FOWNER CAP_DAC_OVERRIDE" if "User" not in said else ""]
    assert parts == {"reader" if part == "charts" else part: user for part, user in USERS.items()}
    prepare = read(UNITS / "contrefeu.service")
    assert "User" not in prepare
    assert prepare["PrivateNetwork"] == ["yes"]
    assert read(UNITS / "contrefeu-packs.service")["User"] == [USERS["web"]]
    assert read(UNITS / "contrefeu-ready.service")["User"] == [USERS["web"]]
    assert read(UNITS / "contrefeu-selftest.service")["User"] == [USERS["reader"]]


def test_the_systems_users_are_the_programs() -> None:
    """sysusers.d makes those that `users = "separate"` asks for, each in the group."""
    lines = (ROOT / "deploy" / "sysusers.d" / "contrefeu.conf").read_text().splitlines()
    made = {line.split()[1] for line in lines if line.startswith("u ")}
    joined = {tuple(line.split()[1:]) for line in lines if line.startswith("m ")}
    assert made == set(USERS.values())
    assert joined == {(user, GROUP) for user in made}


def test_units_are_whole() -> None:
    """Each file is one that systemd can read, each timer has its service, and all of them stop with the one."""
    for unit in UNITS.iterdir():
        parser = configparser.RawConfigParser(strict=False)
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read_string(unit.read_text())
        assert "Unit" in parser, unit.name
        if unit.suffix == ".timer":
            assert unit.with_suffix(".service").is_file()
        if unit.name != "contrefeu.service":
            assert "contrefeu.service" in unit.read_text()


def test_readiness_is_told_to_the_service_manager(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """One datagram READY=1 to the socket that it names; the line on stdout, with or without one."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        tell_ready({"mllp": "a:1"})
        assert manager.recv(100) == b"READY=1"
        monkeypatch.setenv("NOTIFY_SOCKET", "")
        tell_ready({})
        manager.setblocking(False)
        with pytest.raises(BlockingIOError):
            manager.recv(100)
    assert capsysbinary.readouterr().out == b'{"event":"ready","mllp":"a:1"}\n{"event":"ready"}\n'


def test_services_are_refused_a_home_whose_processes_share_a_user(cli: Commands) -> None:  # noqa: F811
    """`prepare` says which setting is missing; `init --separate` writes it."""
    ran = cli("prepare")
    assert ran.status == 1
    assert 'users = "separate"' in ran.err
    other = cli.at(cli.home.with_name("other"))
    other.told("init", "--drill", "--separate")
    assert '[processes]\nusers = "separate"' in (other.home / "contrefeu.toml").read_text()
