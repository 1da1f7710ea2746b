"""The attacker really changes the past, and never touches a home that is not an exercise's.

Method: a real journal of several segments on disk; each tampering on a copy of it; `verify_journal` with the
checkpoint that was signed before must find every one, and nothing in the untouched copy.
"""

import shutil
from pathlib import Path
from random import Random

import pytest

from contrefeu.base import ManualClock, OperatorError
from contrefeu.custody import KeyPair
from contrefeu.drill.attacker import LOCKED, strike, tamperings
from contrefeu.journal import MEDIA_HL7V2, Draft, JournalFiles, JournalWriter, journals_in, verify_journal
from contrefeu.proof import Signer

JOURNAL = "drill/n1-capture"


@pytest.fixture(scope="module")
def journal(tmp_path_factory) -> Path:
    """A folder of one journal: three segments, forty batches."""
    folder = tmp_path_factory.mktemp("attacked")
    clock = ManualClock()
    pair = KeyPair("recovery", bytes(32))
    writer = JournalWriter(folder, Signer(JOURNAL, bytes(32)), lambda: [pair.recipient], clock)
    for number in range(40):
        writer.append(
            [Draft("A@B", MEDIA_HL7V2, b"MSH|^~\\&|%d" % (number * 10 + n), clock.now_ns()) for n in range(3)]
        )
        clock.advance(seconds=1)
        if number in {12, 25}:
            writer.roll()
    writer.checkpoint()
    writer.close()
    return folder


def copied(journal: Path, to: Path) -> JournalFiles:
    """A copy to strike."""
    shutil.copytree(journal, to)
    [files] = journals_in(to)
    return files


def test_the_untouched_journal_is_intact(journal, tmp_path):
    """What is found below is the attacker's doing."""
    assert verify_journal(copied(journal, tmp_path / "j")).intact


@pytest.mark.req("C4")
@pytest.mark.parametrize("tampering", tamperings(), ids=lambda tampering: tampering.name)
@pytest.mark.parametrize("seed", range(4))
def test_every_way_to_change_the_past_is_found(journal, tmp_path, tampering, seed):
    """The bytes differ, and the check says so with the exit status of tampering or of missing entries."""
    files = copied(journal, tmp_path / "j")
    before = {path.name: path.read_bytes() for path in files.segments_folder.iterdir()}
    tampering.change(files, Random(seed))
    assert before != {path.name: path.read_bytes() for path in files.segments_folder.iterdir()}
    found = verify_journal(files)
    assert not found.intact
    assert found.exit_status in {12, 13}
    assert found.damage[0].journal == JOURNAL


def exercise(home: Path, node: str = "drill/n1") -> Path:
    """A home with three files in it."""
    (home / "keys").mkdir(parents=True)
    (home / "contrefeu.toml").write_text(f'[node]\nid = "{node}"\n')
    (home / "keys" / "store.key").write_bytes(b"k" * 32)
    (home / "big").write_bytes(b"patient" * 20_000)
    return home


def test_ransomware_leaves_nothing_readable(tmp_path):
    """Every file is renamed and its beginning overwritten."""
    home = exercise(tmp_path / "home")
    strike("ransomware", home, Random(1))
    left = [path for path in home.rglob("*") if path.is_file() and path.name != "README_TO_DECRYPT.txt"]
    assert len(left) == 3
    assert all(path.name.endswith(LOCKED) for path in left)
    assert not any(path.read_bytes().startswith((b"[node]", b"kkkk", b"patient")) for path in left)


def test_a_wiper_leaves_nothing_at_all(tmp_path):
    """The folder is gone, and its neighbour is not."""
    home = exercise(tmp_path / "home")
    (tmp_path / "neighbour").write_text("mine")
    strike("wiper", home, Random(1))
    assert [path.name for path in tmp_path.iterdir()] == ["neighbour"]


def test_a_worm_spreads_and_looks_like_nothing(tmp_path):
    """Names and sizes stay, no file is what it was, and a copy of it lies in each folder."""
    home = exercise(tmp_path / "home")
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    strike("worm", home, Random(1))
    assert all(path.stat().st_size == len(was) and path.read_bytes() != was for path, was in before.items())
    assert {path.parent for path in home.rglob("update.exe")} == {path.parent for path in before}


def test_an_insider_alters_the_past_and_takes_the_keys(tmp_path):
    """A bit of each journal's file; keys gone; the settings as they were, so that nobody looks."""
    home = exercise(tmp_path / "home")
    for name, text in (("journals/j/1", "a message"), ("keys/reading/k", "kkkk"), ("charts/db", "chart")):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    settings = (home / "contrefeu.toml").read_bytes()
    said = strike("insider", home, Random(1))
    was, now = b"a message", (home / "journals/j/1").read_bytes()
    assert sum((a ^ b).bit_count() for a, b in zip(was, now, strict=True)) == 1
    assert not (home / "keys/reading/k").exists()
    assert not (home / "charts/db").exists()
    assert (home / "contrefeu.toml").read_bytes() == settings
    assert "altered" in said


@pytest.mark.req("G2")
@pytest.mark.parametrize("attack", ["ransomware", "worm", "wiper", "insider"])
def test_a_real_home_is_refused(tmp_path, attack):
    """A node whose name does not begin with drill/ is left as it is."""
    home = exercise(tmp_path / "home", node="n7f3k2")
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    with pytest.raises(OperatorError, match="not an exercise"):
        strike(attack, home, Random(1))
    assert before == {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
