"""`charts.store` puts a home's charts on a PostgreSQL server; commands and a running node say the same as with a file.

Method: one home, its charts asked for from its file and from a real server (scripts/postgres.sh).
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.cli.checkup import charts_server
from contrefeu.cli.node import Node, listens
from contrefeu.journal import MEDIA_HL7V2, Draft
from tests.cli.conftest import Commands
from tests.cli.messages import IPP, admission, potassium
from tests.cli.test_up import send, until
from tests.drills.node import RunningNode, contrefeu
from tests.suites.postgres import folder, server

T0 = 1_790_000_000 * 10**9
File = Callable[[str, bytes], Path]


def put_on(home: Path, server: str) -> None:
    """Say in the settings where charts lie."""
    settings = home / "contrefeu.toml"
    settings.write_text(f'{settings.read_text()}\n[charts]\nstore = "{server}"\n')


@pytest.mark.postgres
def test_every_command_says_the_same_from_a_server(cli: Commands, filed: File, tmp_path: Path, postgres: str) -> None:
    """`import`, `find`, `chart`, `status` and the hash of `export`: byte for byte, and the file is left as it was."""
    pytest.importorskip("psycopg", reason='psycopg not found: pip install "contrefeu[postgres]" brings it')
    with Node.at(cli.home).capture_appender() as journal:
        journal.append([Draft("CPAGE@CHU", MEDIA_HL7V2, admission(), T0)])
    asked = [("find", "martun"), ("find", IPP), ("chart", IPP), ("status",)]
    cli.told("import", filed("1.hl7", potassium()))
    wanted = [cli.told(*words) for words in asked], cli.told("export", "--to", tmp_path / "a")
    file = Node.at(cli.home).paths.charts_db
    before = file.read_bytes()

    put_on(cli.home, postgres)
    found = [cli.told(*words) for words in asked], cli.told("export", "--to", tmp_path / "b")
    assert found[0][:3] == wanted[0][:3]
    assert found[0][3]["charts"] == wanted[0][3]["charts"]
    assert found[1]["charts_sha256"] == wanted[1]["charts_sha256"]
    assert file.read_bytes() == before
    assert cli.told("import", filed("2.hl7", admission("X-2", name="DURAND^PAUL", number="99")))["charted"] == 1
    assert cli.told("find", "durand")["patients"]


@pytest.mark.postgres
def test_a_running_node_keeps_its_charts_on_a_server(tmp_path: Path, postgres: str) -> None:
    """`up` reads into it and answers from it; no file of charts is made."""
    pytest.importorskip("psycopg", reason='psycopg not found: pip install "contrefeu[postgres]" brings it')
    home = tmp_path / "home"
    contrefeu(home, "init")
    put_on(home, postgres)
    (tmp_path / "1.hl7").write_bytes(admission("U-3", name="DURAND^PAUL", number="99"))
    with RunningNode(home):
        assert contrefeu(home, "import", str(tmp_path / "1.hl7"))["charted"] == 1
        assert [hit["name"] for hit in contrefeu(home, "find", "DURAND")["patients"]] == ["DURAND PAUL"]
        assert contrefeu(home, "status")["charts"]["lag_entries"] == 0
    assert not (home / "charts" / "charts.db").exists()


@pytest.mark.postgres
def test_a_restore_puts_the_charts_where_it_is_told(cli: Commands, filed: File, tmp_path: Path, postgres: str) -> None:
    """The same hash as in a file; the new home goes on there. A server that is away is said before anything comes."""
    pytest.importorskip("psycopg", reason='psycopg not found: pip install "contrefeu[postgres]" brings it')
    cli.told("import", filed("1.hl7", admission()))
    cli.told("import", filed("2.hl7", potassium()))
    vault, shares = f"file://{tmp_path / 'vault'}", sorted((tmp_path / "home-shares").glob("*.txt"))[:3]
    cli.told("vault", "add", vault)
    cli.told("vault", "copy")
    asked = ("restore", "--from", vault, "--shares", *shares, "--to")
    local = cli.told(*asked, tmp_path / "local")

    there, away = tmp_path / "there", f"postgresql://nobody@/charts?host={tmp_path}"
    refused = cli(*asked, there, "--charts-store", away)
    assert refused.status != 0
    assert "cannot be reached on its server" in refused.err
    assert not there.exists(), "the same command with another place goes on"
    done = cli.told(*asked, there, "--charts-store", postgres)
    assert done["charts_sha256"] == local["charts_sha256"]
    assert not (there / "charts" / "charts.db").exists()
    assert contrefeu(there, "find", IPP)["patients"] == contrefeu(tmp_path / "local", "find", IPP)["patients"]


@pytest.mark.parametrize("url", ["postgresql://a:hush@db/charts", "postgresql://[", "mysql://db/charts"])
def test_a_restore_takes_no_password_and_no_other_server(url: str, cli: Commands, tmp_path: Path) -> None:
    """It would stand in the new home's settings, which are copied to vaults; the option is named, and no file."""
    ran = cli(*_restoring(cli, tmp_path), "--charts-store", url)
    assert ran.status == 1
    assert "--charts-store takes postgresql://USER@HOST/DATABASE, without a password" in ran.err
    assert "contrefeu.toml" not in ran.err and "hush" not in ran.err
    assert not (tmp_path / "new").exists()


def test_a_restore_without_the_driver_begins_nothing(
    cli: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the charts in a file instead then finds no restore that was begun for a server."""
    monkeypatch.setitem(sys.modules, "contrefeu.chart.stores.postgres", None)
    words = _restoring(cli, tmp_path)
    ran = cli(*words, "--charts-store", "postgresql://a@db/charts")
    assert (ran.status, "its driver is not installed" in ran.err) == (1, True), ran.err
    assert not (tmp_path / "new").exists()
    assert cli(*words).status == 0


def _restoring(cli: Commands, folder: Path) -> tuple[object, ...]:
    vault, shares = f"file://{folder / 'vault'}", sorted((folder / "home-shares").glob("*.txt"))[:3]
    cli.told("vault", "add", vault)
    cli.told("vault", "copy")
    return "restore", "--from", vault, "--shares", *shares, "--to", folder / "new"


def test_a_server_that_is_away_is_said_to_be(cli: Commands, tmp_path: Path) -> None:
    """Without an address, a name or a trace."""
    pytest.importorskip("psycopg", reason='psycopg not found: pip install "contrefeu[postgres]" brings it')
    put_on(cli.home, f"postgresql://nobody@/charts?host={tmp_path}")
    ran = cli("find", "MARTIN")
    assert ran.status != 0
    assert "cannot be reached on its server" in ran.err
    assert "nobody" not in ran.err


def test_a_password_in_the_settings_is_refused(cli: Commands) -> None:
    """Settings are copied to vaults: neither form of an address may carry one."""
    text = (cli.home / "contrefeu.toml").read_text()
    for store in ("postgresql://a:hush@db/charts", "postgresql://a@db/charts?password=hush"):
        (cli.home / "contrefeu.toml").write_text(f'{text}\n[charts]\nstore = "{store}"\n')
        ran = cli("find", "MARTIN")
        assert ran.status != 0
        assert "holds a password" in ran.err
        assert "hush" not in ran.err


@pytest.mark.postgres
def test_doctor_says_how_a_server_keeps_facilities_apart(cli: Commands, postgres: str) -> None:
    """A superuser in a database that all may enter is to be acted upon; a role and a database of its own is not."""
    psycopg = pytest.importorskip("psycopg", reason='psycopg not found: pip install "contrefeu[postgres]" brings it')
    plain = (cli.home / "contrefeu.toml").read_text()
    put_on(cli.home, postgres)
    assert [(one.id, one.severity) for one in charts_server(Node.at(cli.home))] == [
        ("charts-superuser", "act"), ("charts-open", "act"),
    ]  # fmt: skip
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute("CREATE ROLE clinic_c LOGIN")
        admin.execute("CREATE DATABASE clinic_c OWNER clinic_c")
        admin.execute("CREATE DATABASE clinic_d")
        admin.execute("REVOKE ALL ON DATABASE clinic_c FROM PUBLIC")
        (cli.home / "contrefeu.toml").write_text(plain)
        put_on(cli.home, postgres.replace("postgres@/postgres", "clinic_c@/clinic_c"))
        assert [(one.id, one.severity) for one in charts_server(Node.at(cli.home))] == [("charts-others", "look")]
        admin.execute("REVOKE ALL ON DATABASE clinic_d FROM PUBLIC")
        assert list(charts_server(Node.at(cli.home))) == []


@pytest.mark.postgres
def test_a_node_starts_while_its_server_is_away(tmp_path: Path) -> None:
    """Messages are taken; once the server answers their charts are there."""
    pytest.importorskip("psycopg", reason='psycopg not found: pip install "contrefeu[postgres]" brings it')
    home = tmp_path / "home"
    contrefeu(home, "init")
    with folder() as where:
        put_on(home, f"postgresql://postgres@/postgres?host={where}")
        with RunningNode(home) as node:
            assert b"MSA|AA" in send(node.mllp, "U-4")
            with server(where):
                until(lambda: listens(Node.at(home).charts_socket), "the charts are asked for again")
                assert contrefeu(home, "find", IPP)["patients"]
