"""`init` makes a whole home or none, and keeps nothing of the recovery key.

Method: make homes in this process, break what it stands on, and read every byte that it left.
"""

import stat
from pathlib import Path

import pytest

from contrefeu.base import OperatorError
from contrefeu.cli.shares import read_share
from contrefeu.custody import KeyPair, combine_shares
from contrefeu.hospital import parse_settings
from tests.cli.conftest import Commands


def files(folder: Path) -> list[Path]:
    """Every file below *folder*."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


@pytest.mark.req("G3")
def test_a_home_is_made_with_its_keys_shares_and_first_administrator(nowhere: Commands) -> None:
    """The JSON names the node, the home, the recipients and the shares; the settings are valid."""
    told = nowhere.told("init", "--facility", 'Hôpital "d\'essai"')
    assert {"node", "home", "recipients", "shares"} <= set(told)
    assert told["home"] == str(nowhere.home)
    settings = parse_settings((nowhere.home / "contrefeu.toml").read_text())
    assert (settings.node.id, settings.node.facility) == (told["node"], 'Hôpital "d\'essai"')
    assert len(told["shares"]) == 5
    assert (told["login"], len(told["secret"]) >= 12) == ("admin", True)
    assert nowhere.told("users", "list")["users"][0]["login"] == "admin"
    for path in files(nowhere.home):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert not mode & 0o007 or path.suffix in {".pub", ".key", ".note", ".pem", ""}, path
        if path.suffix == ".seed" or path.name == "store.key":
            assert mode == 0o600, path


@pytest.mark.parametrize(("custodians", "threshold"), [(5, 3), (2, 2), (1, 1), (7, 2)])
def test_any_k_of_n_shares_give_the_recovery_key(custodians: int, threshold: int, nowhere: Commands) -> None:
    """The first k and the last k give the same key, whose fingerprint the home names; k - 1 give none."""
    told = nowhere.told("init", "--custodians", custodians, "--threshold", threshold)
    words = [read_share(Path(path)) for path in told["shares"]]
    assert len(words) == custodians
    seeds = {combine_shares(words[:threshold]), combine_shares(words[-threshold:])}
    assert len(seeds) == 1
    pair = KeyPair("recovery", seeds.pop())
    assert told["recipients"] == [{"name": "recovery", "fingerprint": pair.fingerprint}]
    for path in map(Path, told["shares"]):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        page = path.with_suffix(".html").read_text()
        assert all(word in page for word in read_share(path).split())


@pytest.mark.req("C4")
def test_the_home_keeps_nothing_of_the_shares(nowhere: Commands) -> None:
    """No share, no three words of one, no seed and no private recovery key in any byte of the home."""
    told = nowhere.told("init")
    words = [read_share(Path(path)) for path in told["shares"]]
    seed = combine_shares(words[:3])
    hidden = [seed, seed.hex().encode()]
    for share in words:
        parts = share.split()
        # The first two words are the set's own number, the same on every share.
        hidden += [" ".join(parts[at : at + 3]).encode() for at in range(2, len(parts) - 2)]
    for path in files(nowhere.home):
        content = path.read_bytes()
        assert not [h for h in hidden if h in content], path
    assert told["secret"].encode() not in b"".join(path.read_bytes() for path in files(nowhere.home))


def test_shares_never_lie_in_the_home(nowhere: Commands, tmp_path: Path) -> None:
    """In it, below it, or through a link into it: refused, and nothing is made."""
    link = tmp_path / "link"
    nowhere.home.mkdir()
    link.symlink_to(nowhere.home)
    for folder in (nowhere.home, nowhere.home / "a" / "b", link / "shares"):
        ran = nowhere("init", "--shares-out", folder)
        assert ran.status == 1
        assert "inside the home" in ran.err
        assert not files(nowhere.home)


def test_what_is_there_is_left_alone(cli: Commands, tmp_path: Path) -> None:
    """A home is not made twice, nor in a folder with anything in it; shares are not written over, nor left behind."""
    before = {path: path.read_bytes() for path in files(tmp_path)}
    assert cli("init", "--shares-out", tmp_path / "others").status == 1
    assert cli("init").status == 1
    assert cli.at(tmp_path / "another")("init", "--shares-out", tmp_path / "home-shares").status == 1
    assert {path: path.read_bytes() for path in files(tmp_path)} == before
    assert not (tmp_path / "others").exists(), "shares of a key that opens nothing"


@pytest.mark.parametrize(("custodians", "threshold"), [(3, 4), (3, 1), (0, 0), (17, 3)])
def test_custodians_that_make_no_sense_are_refused(custodians: int, threshold: int, nowhere: Commands) -> None:
    """Before anything is made."""
    ran = nowhere("init", "--custodians", custodians, "--threshold", threshold)
    assert ran.status == 1
    assert "not possible" in ran.err
    assert not nowhere.home.exists()


def test_a_home_whose_shares_cannot_be_written_is_not_made(
    nowhere: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A full stick: no home may exist whose recovery key nobody holds."""
    (tmp_path / "file").write_text("in the way")
    assert nowhere("init", "--shares-out", tmp_path / "file" / "shares").status == 14
    assert not nowhere.home.exists()


@pytest.mark.req("G2")
def test_an_exercise_is_named_as_one(nowhere: Commands) -> None:
    """With --drill the node's journals begin with drill/: its patients never mix with real ones."""
    assert nowhere.told("init", "--drill", "--custodians", 1, "--threshold", 1)["node"].startswith("drill/")


def test_a_share_that_cannot_be_read_is_told_apart_from_one_that_is_none(cli: Commands, tmp_path: Path) -> None:
    """Not there, a folder, without words, no text: whoever opens in the night knows which stick to look at."""
    empty, picture = tmp_path / "empty.txt", tmp_path / "picture.txt"
    empty.write_text("# Share 1 of 5\n")
    picture.write_bytes(b"\x89PNG\xff\xfe")
    for path, what in (
        (tmp_path / "gone.txt", "The file {} is not there."),
        (tmp_path, "{} cannot be read: Is a directory."),
        (empty, "There is no share in {}."),
        (picture, "There is no share in {}."),
    ):
        with pytest.raises(OperatorError) as raised:
            read_share(path)
        assert raised.value.what == what.format(path)
