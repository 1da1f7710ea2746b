"""Several vaults that hold a part each are one whole; one that is away, short or altered is named, and not believed.

Method: the copy of a small hospital is taken apart into two vaults in every way that a disaster might, and restored
from both; what came of it is compared with the charts of the lost node, and what is told with what was done.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from contrefeu.base import MissingError, StorageError, TamperError
from contrefeu.recovery import Difference, Restored, restore
from tests.recovery.hospital import Hospital, admission, result

CAPTURE = "journals/drill_nlost-capture"


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    hospital = Hospital(tmp_path)
    hospital.live()
    hospital.copy()
    yield hospital
    hospital.close()


@pytest.fixture
def vaults(hospital: Hospital, tmp_path: Path) -> tuple[Path, Path]:
    """The vault, and another one that holds the same."""
    shutil.copytree(hospital.vault.folder(""), tmp_path / "other")
    return hospital.vault.folder(""), tmp_path / "other"


def segments(vault: Path) -> list[Path]:
    """The segments of the feeds' journal, in order."""
    return sorted((vault / CAPTURE / "segments").iterdir())


def restored(hospital: Hospital, *vaults: Path) -> Restored:
    """What comes of restoring from all of *vaults*."""
    urls = [f"file://{vault}" for vault in vaults]
    return restore(urls, hospital.shares[:3], hospital.root / "again", clock=hospital.clock)


def spoil(path: Path, at: float) -> int:
    """Change one bit; returns its byte."""
    data = bytearray(path.read_bytes())
    offset = int(len(data) * at)
    data[offset] ^= 1
    path.write_bytes(data)
    return offset


@pytest.mark.req("R1", "C5", "G3")
def test_two_halves_make_a_whole(hospital: Hospital, vaults: tuple[Path, Path]) -> None:
    """Every second segment here, the others there: the same charts, and nothing to tell."""
    for number, (here, there) in enumerate(zip(segments(vaults[0]), segments(vaults[1]), strict=True)):
        (here if number % 2 else there).unlink()
    assert len(segments(vaults[0])) + len(segments(vaults[1])) >= 4
    done = restored(hospital, *vaults)
    assert done.charts_sha256 == hospital.charts_sha256()
    assert (done.entries, done.differences, done.away) == (18, (), {})


@pytest.mark.parametrize("at", [0.05, 0.4, 0.97])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("which", [0, 1, -1])
def test_altered_bytes_are_named_and_the_good_ones_taken(
    hospital: Hospital, vaults: tuple[Path, Path], which: int, first: bool, at: float
) -> None:
    """Header, middle or end of any segment, in the vault that is asked first or in the one that only is compared."""
    bad, good = vaults if first else vaults[::-1]
    number = segments(bad).index(segments(bad)[which]) + 1
    offset = spoil(segments(bad)[which], at)
    done = restored(hospital, *vaults)
    assert done.charts_sha256 == hospital.charts_sha256()
    assert done.differences == (Difference("drill/nlost-capture", number, f"file://{bad}", f"file://{good}", offset),)


@pytest.mark.parametrize("first", [True, False])
def test_a_short_copy_does_not_pass_for_the_whole(hospital: Hospital, tmp_path: Path, first: bool) -> None:
    """A vault that was unplugged yesterday, and one that was not: all that the second has, whatever the order."""
    short = tmp_path / "short"
    shutil.copytree(hospital.vault.folder(""), short)
    hospital.hear(admission(9, 1), result(9, "4.4"))
    hospital.copy()
    whole = hospital.vault.folder("")
    done = restored(hospital, *((short, whole) if first else (whole, short)))
    assert done.charts_sha256 == hospital.charts_sha256()
    assert (done.entries, done.differences) == (20, ())


@pytest.mark.parametrize("first", [True, False])
def test_what_only_a_checkpoint_remembers_is_missing(hospital: Hospital, tmp_path: Path, first: bool) -> None:
    """One vault is short, the other lost its segments and kept what was signed: exactly those entries are missing."""
    short = tmp_path / "short"
    shutil.copytree(hospital.vault.folder(""), short)
    hospital.hear(admission(9, 1), result(9, "4.4"))
    hospital.copy()
    gone = hospital.vault.folder("")
    shutil.rmtree(gone / CAPTURE / "segments")
    with pytest.raises(MissingError, match=r"entries 19 to 20$") as refused:
        restored(hospital, *((short, gone) if first else (gone, short)))
    assert refused.value.exit_status == 13


def test_every_gap_is_told_at_once(hospital: Hospital, vaults: tuple[Path, Path], tmp_path: Path) -> None:
    """Two segments that neither has: both are told, by entry, and a bit changed in a third makes it 12."""
    for vault in vaults:
        segments(vault)[3].unlink()
        segments(vault)[1].unlink()
    with pytest.raises(MissingError) as refused:
        restored(hospital, *vaults)
    gaps = re.findall(r"missing, segment (\d+), byte \d+, entries (\d+) to (\d+)", refused.value.what)
    assert len(gaps) == 2
    for vault in vaults:
        spoil(segments(vault)[0], 0.5)
    shutil.rmtree(tmp_path / "again")
    with pytest.raises(TamperError, match=f"segment 1, .*altered in file://{vaults[1]}") as altered:
        restored(hospital, *vaults)
    (_, _, last), (_, *other) = gaps  # how many entries a segment has depends on how well chance compresses
    assert re.findall(r"entries (\d+) to (\d+)", altered.value.what) == [("1", last), tuple(other)]


@pytest.mark.parametrize("away", ["no folder", "empty", "another thing"])
@pytest.mark.parametrize("first", [True, False])
def test_a_vault_that_is_away_stops_nothing(hospital: Hospital, tmp_path: Path, away: str, first: bool) -> None:
    """A disk that is not plugged in: named, passed over."""
    lost, whole = tmp_path / "lost", hospital.vault.folder("")
    if away != "no folder":
        lost.mkdir()
    if away == "another thing":
        (lost / "contrefeu-vault").write_text("something else\n")
    done = restored(hospital, *((lost, whole) if first else (whole, lost)))
    assert done.charts_sha256 == hospital.charts_sha256()
    assert list(done.away) == [f"file://{lost}"]


def test_no_vault_that_answers_is_trouble_and_not_an_empty_hospital(hospital: Hospital, tmp_path: Path) -> None:
    """Exit status 14, and nothing is made."""
    with pytest.raises(StorageError, match="No vault answers") as refused:
        restored(hospital, tmp_path / "lost", tmp_path / "too")
    assert refused.value.exit_status == 14
    assert not (tmp_path / "again").exists()


def test_a_journal_of_one_name_and_two_keys_is_refused(hospital: Hospital, tmp_path: Path) -> None:
    """Somebody laid a hospital of their own in one vault: nobody guesses which is meant."""
    other = Hospital(tmp_path / "intruder")
    other.live(1)
    other.copy()
    with pytest.raises(TamperError, match="Two keys signed"):
        restored(hospital, hospital.vault.folder(""), other.vault.folder(""))
    other.close()
    assert not (tmp_path / "again").exists()


def test_two_histories_of_one_journal_are_not_mixed(hospital: Hospital, tmp_path: Path) -> None:
    """With the stolen key of the writer, another past was signed and copied to a second vault: refused, 12."""
    home = hospital.home
    shutil.copytree(hospital.vault.folder(""), tmp_path / "kept")
    hospital.close()
    shutil.rmtree(home.journals)
    shutil.rmtree(hospital.vault.folder("journals"))
    hospital.writers = {role: hospital._writer(role) for role in ("capture", "station")}
    hospital.hear(*(admission(number, 8) for number in range(30)))
    hospital.copy()
    with pytest.raises(TamperError) as refused:
        restored(hospital, hospital.vault.folder(""), tmp_path / "kept")
    assert refused.value.exit_status == 12
    assert not (tmp_path / "again" / "contrefeu.toml").exists()
