"""A home made by an earlier version is gone on with, and one that a later version changed loses nothing.

Method: `homes/7645fef.tar.gz` was made by the program of that commit: `init --drill`, `import docs/start/messages`, a
downtime declared and lifted. Its charts have that version's tables.
"""

import subprocess
from pathlib import Path

import pytest

from contrefeu.chart.stores.schema import SCHEMA_VERSION
from contrefeu.chart.stores.sqlite import SqliteDatabase
from tests.cli.conftest import Commands

HOME = Path(__file__).parent / "homes" / "7645fef.tar.gz"


@pytest.fixture
def old(nowhere: Commands, tmp_path: Path) -> Commands:
    """The earlier version's home, in a folder of this test's own."""
    subprocess.run(["tar", "-xzf", HOME, "-C", tmp_path], check=True)
    (tmp_path / "oldhome" / "run").mkdir()
    (tmp_path / "oldhome" / "reserve").mkdir()
    return nowhere.at(tmp_path / "oldhome")


def test_an_earlier_versions_home_is_gone_on_with(old: Commands) -> None:
    """Every entry is there, charts are folded again from the journals, what was sealed stays as it was; new entries
    follow."""
    status = old.told("status")
    assert sorted(one["entries"] for one in status["journals"]) == [0, 5, 6]
    assert (status["charts"]["patients"], status["charts"]["lag_entries"]) == (3, 0)
    before = old.told("export", "--to", old.home.parent / "before")
    old.told("downtime", "declare")
    old.told("downtime", "lift", "--reason", "test")
    assert old.told("journal", "verify")["intact"]
    for path in (old.home / "charts").iterdir():
        path.unlink()
    after = old.told("export", "--to", old.home.parent / "after")
    assert after["charts_sha256"] == before["charts_sha256"]
    assert after["patients"] == 3


def test_charts_that_a_later_version_wrote_are_folded_again(old: Commands) -> None:
    """Going back: the tables are of a version that is not known here, and the charts are the same."""
    before = old.told("export", "--to", old.home.parent / "before")
    store = SqliteDatabase(
        old.home / "charts" / "charts.db", (old.home / "keys" / "store.key").read_bytes(), writes=True
    )
    store.run(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    store.close()
    after = old.told("export", "--to", old.home.parent / "after")
    assert after["charts_sha256"] == before["charts_sha256"]


def test_settings_of_a_later_version_start_nothing_and_change_nothing(old: Commands) -> None:
    """A table that this version does not know: named with its line, and no journal, chart or key is touched."""
    file = old.home / "contrefeu.toml"
    file.write_text(f"{file.read_text()}\n[later]\nkey = 1\n")
    files = {path: path.read_bytes() for path in old.home.rglob("*") if path.is_file()}
    ran = old("up")
    assert ran.status == 1
    assert "`later` is no setting" in ran.err
    assert "safe  Nothing was started." in ran.err
    assert {path: path.read_bytes() for path in old.home.rglob("*") if path.is_file()} == files
