"""Several vaults that hold a part each are one whole; one that is away, short or altered is named, and not believed.

Method: the copy of a small hospital is taken apart into two vaults in every way that a disaster might, and restored
from both; what came of it is compared with the charts of the lost node, and what is told with what was done.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from contrefeu.base import MissingError, OperatorError, StorageError, TamperError
from contrefeu.proof import Signer
from contrefeu.recovery import Difference, Restored, rebuild, restore
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


# The writer's public key, a small file of its own.

MISSING, GARBAGE, EMPTY, ANOTHERS = None, b"\xff no key", b"", "another journal's"


def lose_key(vault: Path, instead: bytes | str | None, of: str = CAPTURE) -> None:
    """Take the public key of a journal out of *vault*, or lay something *instead*."""
    place = vault / of / "verifier"
    if instead is None:
        place.unlink()
    elif isinstance(instead, str):
        shutil.copyfile(vault / "journals/drill_nlost-station/verifier", place)
    else:
        place.write_bytes(instead)


@pytest.mark.req("R1", "C4")
@pytest.mark.parametrize("instead", [MISSING, GARBAGE, EMPTY, ANOTHERS])
def test_a_copy_without_its_key_is_not_an_empty_hospital(hospital: Hospital, instead: bytes | str | None) -> None:
    """One small file is gone or is something else, and no other vault has it: 13 or 12, and no home is made."""
    vault = hospital.vault.folder("")
    lose_key(vault, instead)
    with pytest.raises((MissingError, TamperError)) as refused:
        restored(hospital, vault)
    assert refused.value.exit_status == (13 if instead is None else 12)
    what, where = refused.value.what.splitlines()
    assert what == (
        f"A journal's public key is {'missing' if instead is None else 'altered'}, and no other vault has it:"
    )
    assert where == f"{CAPTURE}/verifier in file://{vault}"
    assert "nothing was made" in refused.value.safe
    assert "--from URL once more" in refused.value.next
    assert not (hospital.root / "again").exists()


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("instead", [MISSING, GARBAGE, EMPTY, ANOTHERS])
def test_the_key_of_another_vault_will_do(
    hospital: Hospital, vaults: tuple[Path, Path], instead: bytes | str | None, first: bool
) -> None:
    """Named as what it is; what is whole of that copy counts as ever: here, what the other one lacks."""
    bad, good = vaults if first else vaults[::-1]
    lose_key(bad, instead)
    segments(good)[1].unlink()
    done = restored(hospital, *vaults)
    assert done.charts_sha256 == hospital.charts_sha256()
    assert done.differences == (Difference("drill/nlost-capture", 0, f"file://{bad}", f"file://{good}", -1),)


def test_a_key_of_the_same_name_that_signed_nothing_opens_no_home(hospital: Hospital) -> None:
    """Somebody made a key that bears the journal's name: nothing in the copy is signed with it, 12."""
    vault = hospital.vault.folder("")
    (vault / CAPTURE / "verifier").write_text(f"{Signer('drill/nlost-capture', bytes(32)).verifier}\n")
    with pytest.raises(TamperError, match="Copies are damaged") as refused:
        restored(hospital, vault)
    assert refused.value.exit_status == 12
    assert not (hospital.root / "again" / "contrefeu.toml").exists()


def test_a_journal_that_is_gone_whole_is_told(hospital: Hospital) -> None:
    """Of a node whose settings are there: its charts are few, and nobody takes that for a quiet day."""
    vault = hospital.vault.folder("")
    assert restored(hospital, vault).absent == ()
    shutil.rmtree(hospital.root / "again")
    shutil.rmtree(vault / CAPTURE)
    done = restored(hospital, vault)
    assert (done.patients, done.absent) == (0, ("drill/nlost-capture",))


def test_what_was_only_set_aside_is_no_copy(hospital: Hospital) -> None:
    """A folder without a segment and without a checkpoint is evidence, and no journal."""
    vault = hospital.vault.folder("")
    (vault / "journals/drill_other-capture/aside").mkdir(parents=True)
    assert restored(hospital, vault).differences == ()


# Object stores, each with credentials of its own.


@pytest.mark.parametrize(
    ("files", "shown"),
    [
        (["one"], {"s3://a": "one", "s3://b": "one", "file:///c": None}),
        (["one", "two"], {"s3://a": "one", "s3://b": "two", "file:///c": None}),
        ([], {"s3://a": None, "s3://b": None, "file:///c": None}),
    ],
    ids=["one for all", "one each", "none"],
)
def test_each_store_is_shown_its_own_credentials(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch, files: list[str], shown: dict[str, str | None]
) -> None:
    """In the order of their addresses; a folder is shown none, wherever it stands."""
    seen: dict[str, str | None] = {}

    def opened(url: str, credentials: Path | None) -> object:
        seen[url] = str(credentials) if credentials else None
        return hospital.vault

    monkeypatch.setattr(rebuild, "open_vault", opened)
    urls = ["s3://a", "file:///c", "s3://b"]
    restore(
        urls, hospital.shares[:3], hospital.root / "again", clock=hospital.clock, credentials=[Path(f) for f in files]
    )
    assert seen == shown


@pytest.mark.parametrize("urls", [["s3://a"], ["s3://a", "s3://b", "s3://c"], ["file:///c", "file:///d"]])
def test_credentials_that_are_too_many_or_too_few_are_refused(hospital: Hospital, urls: list[str]) -> None:
    """Nobody guesses whose they are: said before anything is looked at or made."""
    with pytest.raises(OperatorError, match="2 files of credentials were named") as refused:
        restore(
            urls,
            hospital.shares[:3],
            hospital.root / "again",
            clock=hospital.clock,
            credentials=[Path("a"), Path("b")],
        )
    assert "one for each --from" in refused.value.next
    assert not (hospital.root / "again").exists()
