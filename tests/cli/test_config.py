"""`config check` says all that is wrong with the settings, in a form that scripts and people can act on.

Method: the command in this process, on a home whose file is spoilt; the check itself is tried in tests/hospital.
"""

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from contrefeu.cli.settings_backup import packed
from tests.cli.conftest import Commands


def test_sound_settings_end_with_0(cli: Commands) -> None:
    """Nothing found, nothing that waits: no node runs."""
    told = cli.told("config", "check")
    file = str(cli.home / "contrefeu.toml")
    assert told == {"file": file, "findings": [], "reload": [], "restart": []}
    assert b"nothing is wrong" in cli("config", "check").out


def test_each_finding_has_file_line_key_found_and_allowed(cli: Commands) -> None:
    """All at once, exit status 10; people read `file:line: what`. Commands that need settings name them too, with 1."""
    file = cli.home / "contrefeu.toml"
    file.write_text(file.read_text() + '\n[capture]\nmlpp = "a:1"\nack = "maybe"\n')
    line = file.read_text().splitlines().index("[capture]") + 2
    told = cli.told("config", "check", status=10)
    assert [(one["file"], one["line"], one["key"]) for one in told["findings"]] == [
        (str(file), line, "capture.mlpp"),
        (str(file), line + 1, "capture.ack"),
    ]
    assert (told["findings"][0]["near"], told["findings"][1]["found"]) == ("mllp", '"maybe"')
    assert told["findings"][1]["allowed"] == "`disk` or `vault`"
    out = cli("config", "check").out.decode()
    assert f"{file}:{line}: `capture.mlpp` is no setting. Did you mean `mllp`?" in out
    ran = cli("status")
    assert ran.status == 1
    assert f"contrefeu.toml:{line + 1}: `capture.ack`" in ran.err


@pytest.mark.parametrize("found", [b"[node", b"\xff", b""])
def test_another_file_can_be_checked_before_it_is_put_in_place(found: bytes, cli: Commands, tmp_path: Path) -> None:
    """What is no TOML, no text, or empty is a finding too."""
    file = tmp_path / "new.toml"
    file.write_bytes(found)
    told = cli.told("config", "check", "--file", file, status=10)
    assert told["findings"][0]["file"] == str(file)


def test_a_file_that_is_not_there_is_an_error(cli: Commands, tmp_path: Path) -> None:
    """Not a finding: nothing was looked at."""
    ran = cli("config", "check", "--file", tmp_path / "no.toml", "--json")
    assert (ran.status, ran.out) == (1, b"")
    assert "There is no" in ran.err
    assert cli("config", "check", "--file", tmp_path).status == 1


def test_settings_are_kept_and_put_back(cli: Commands, tmp_path: Path) -> None:
    """What people wrote, no key and no credential; what is replaced stays beside; each leaves an entry."""
    (cli.home / "laboratory.toml").write_text("# ours\n")
    (cli.home / "regimes").mkdir()
    (cli.home / "regimes" / "own.toml").write_text("# ours\n")
    file = tmp_path / "settings.tar.gz"
    told = cli.told("config", "backup", "--to", file)
    assert told["files"] == ["contrefeu.toml", "laboratory.toml", "regimes/own.toml"]
    held = gzip.decompress(file.read_bytes())
    for secret in [*cli.home.glob("node/*"), *cli.home.glob("keys/reading/*"), cli.home / "keys" / "store.key"]:
        assert secret.read_bytes() not in held
    settings = cli.home / "contrefeu.toml"
    as_it_was = settings.read_bytes()
    settings.write_bytes(as_it_was + b"[care]\nescalate_minutes = 9\n")
    assert cli.told("config", "restore", file)["changed"] == ["contrefeu.toml"]
    assert settings.read_bytes() == as_it_was
    assert b"escalate_minutes" in (cli.home / "contrefeu.toml.before").read_bytes()
    assert cli.told("config", "restore", file)["changed"] == []


@pytest.mark.parametrize("name", ["../evil", "node/capture.seed", "regimes/../../x", "contrefeu.toml/x", "link"])
def test_a_file_that_is_no_backup_puts_nothing_back(name: str, cli: Commands, tmp_path: Path) -> None:
    """Names outside, links, too large, settings of another node or with problems: refused, and nothing is changed."""
    before = {path: path.read_bytes() for path in cli.home.glob("*.toml")}
    settings = (cli.home / "contrefeu.toml").read_bytes()
    other = settings.replace(b'id = "', b'id = "x')
    file = tmp_path / "x.tar.gz"
    for files in ({"contrefeu.toml": settings, name: b"x"}, {"contrefeu.toml": other}, {"contrefeu.toml": b"["}, {}):
        file.write_bytes(packed(files))
        assert cli("config", "restore", file).status == 1
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        link = tarfile.TarInfo("contrefeu.toml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    file.write_bytes(out.getvalue())
    assert cli("config", "restore", file).status == 1
    file.write_bytes(out.getvalue()[:40])
    assert cli("config", "restore", file).status == 1
    assert {path: path.read_bytes() for path in cli.home.glob("*.toml")} == before
    assert cli("config", "backup", "--to", cli.home / "b.tar.gz").status == 1
