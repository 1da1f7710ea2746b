"""What rotted is fetched from a copy, compared, and both are kept; nothing that was not signed for is ever put there.

Method: a journal of several segments and its copy; harm the one, the other, or both; repair; compare byte for byte.
"""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.vault import Shipper, Vault, copy_in_folder, copy_in_vault, make_vault, repair
from tests.vault.house import FOLDER, House, tree_of


@pytest.fixture
def house(tmp_path: Path) -> House:
    found = House(tmp_path / "home", segment_bytes=1500)
    found.say(24, size=200)
    found.stop()
    return found


@pytest.fixture
def vault(house: House, tmp_path: Path) -> Vault:
    found = make_vault(f"file://{tmp_path}/vault", outside=house.root)
    assert Shipper(house, found).step().entries == 24
    return found


def flip(path: Path, at: int) -> bytes:
    damaged = bytearray(path.read_bytes())
    damaged[at % len(damaged)] ^= 0x40
    path.write_bytes(damaged)
    return bytes(damaged)


def segments(house: House) -> dict[str, bytes]:
    return {name: data.rstrip(b"\x00") for name, data in tree_of(house.files.segments_folder).items()}


@pytest.mark.parametrize("number", [1, 2, -1], ids=["first", "middle", "last"])
def test_a_damaged_segment_comes_back_and_the_damaged_one_is_kept(house: House, vault: Vault, number: int) -> None:
    """Byte for byte what it was; the evidence lies in aside/, byte for byte as it was found."""
    before = segments(house)
    path = house.files.segment(house.files.segments()[number if number < 0 else number - 1])
    damaged = flip(path, 700)
    done, found = repair(house.files, [copy_in_vault(vault, FOLDER)])
    assert [(one.source, one.differs_at) for one in done] == [(vault.url, 700)]
    assert (found.intact, found.damage, found.entries) == (True, [], 24)
    assert segments(house) == before
    assert (house.files.aside / done[0].kept).read_bytes() == damaged


def test_missing_segments_come_back(house: House, vault: Vault) -> None:
    """Several at once, the first too."""
    before = segments(house)
    numbers = house.files.segments()
    for number in (numbers[0], numbers[2], numbers[3]):
        house.files.segment(number).unlink()
    done, found = repair(house.files, [copy_in_vault(vault, FOLDER)])
    assert [(one.segment, one.kept, one.differs_at) for one in done] == [
        (n, "", -1) for n in numbers[:1] + numbers[2:4]
    ]
    assert (found.intact, found.damage, segments(house)) == (True, [], before)


def test_a_copy_is_mended_from_the_journal(house: House, vault: Vault) -> None:
    """The other way round: the journal is the copy's copy."""
    copy = type(house.files)(vault.folder(f"journals/{FOLDER}"))
    before = tree_of(copy.segments_folder)
    flip(copy.segment(2), 900)
    copy.segment(3).unlink()
    done, found = repair(copy, [copy_in_folder("home", house.files)])
    assert ([one.source for one in done], found.damage) == (["home", "home"], [])
    assert tree_of(copy.segments_folder) == before


def test_two_copies_that_are_each_damaged_make_a_whole_one(house: House, vault: Vault, tmp_path: Path) -> None:
    """One segment from this one, another from that one."""
    before = segments(house)
    other = make_vault(f"file://{tmp_path}/other", outside=house.root)
    Shipper(house, other).step()
    for place, number in ((vault, 2), (other, 3)):
        flip(place.folder(f"journals/{FOLDER}/segments/{number:010d}.seg"), 800)
    for number in (2, 3):
        flip(house.files.segment(number), 600)
    copies = [copy_in_vault(vault, FOLDER), copy_in_vault(other, FOLDER)]
    done, found = repair(house.files, copies)
    assert [(one.segment, one.source) for one in done] == [(2, other.url), (3, vault.url)]
    assert (found.damage, segments(house)) == ([], before)


def test_what_no_copy_has_whole_is_left_as_it_is(house: House, vault: Vault) -> None:
    """Damaged in both places: nothing is touched, and it is said."""
    flip(house.files.segment(2), 700)
    flip(vault.folder(f"journals/{FOLDER}/segments/0000000002.seg"), 800)
    before = tree_of(house.files.folder)
    done, found = repair(house.files, [copy_in_vault(vault, FOLDER)])
    assert [(one.segment, one.source) for one in done] == [(2, "")]
    assert (found.exit_status, tree_of(house.files.folder)) == (12, before)


def test_another_history_is_never_put_in_its_place(house: House, vault: Vault, tmp_path: Path) -> None:
    """A copy with well-formed segments of the same writer, of another history: refused, for its tree is another."""
    other = House(tmp_path / "other", segment_bytes=1500)
    other.say(24, size=201)
    other.stop()
    flip(house.files.segment(2), 700)
    before = tree_of(house.files.segments_folder)
    done, _ = repair(house.files, [copy_in_folder("other", other.files)])
    assert [one.source for one in done] == [""]
    assert tree_of(house.files.segments_folder) == before


def test_the_segment_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    """Whatever a check thinks of it: its writer is at work."""
    house = House(tmp_path / "home", segment_bytes=1500)
    house.say(12, size=200)
    vault = make_vault(f"file://{tmp_path}/vault", outside=house.root)
    Shipper(house, vault).step()
    last = house.files.segments()[-1]
    flip(house.files.segment(last), 600)
    before = house.files.segment(last).read_bytes()
    repair(house.files, [copy_in_vault(vault, FOLDER)])
    assert house.files.segment(last).read_bytes() == before


@settings(max_examples=15)  # each writes a journal and its copy
@given(places=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1400)), min_size=1, max_size=4))
def test_any_damage_in_one_place_is_mended(
    places: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Bits flipped anywhere in the journal, its copy whole: the journal is what it was."""
    root = tmp_path_factory.mktemp("any")
    house = House(root / "home", segment_bytes=1500)
    house.say(8, size=200)
    house.stop()
    vault = make_vault(f"file://{root}/vault", outside=house.root)
    Shipper(house, vault).step()
    before = segments(house)
    numbers = house.files.segments()
    for number, at in places:
        flip(house.files.segment(numbers[number % len(numbers)]), at)
    _, found = repair(house.files, [copy_in_vault(vault, FOLDER)])
    assert (found.intact, found.damage, segments(house)) == (True, [], before)
