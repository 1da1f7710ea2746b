"""A disk rots where nobody looks: every closed segment is read again, slowly, and what is found is told.

Method: a house and its vault, one bit turned in a closed segment of either; passes run by hand under a clock.
"""

import os
import time
from pathlib import Path

import msgspec
import pytest

from contrefeu.journal import Expiry, headers
from contrefeu.proof import Signer
from contrefeu.vault import Scrubber, Shipper, Vault, frames_from, last_passes, make_vault, read_header
from contrefeu.vault.expiry import LetGo
from tests.vault.house import FOLDER, JOURNAL, House


@pytest.fixture
def house(tmp_path: Path) -> House:
    found = House(tmp_path / "home", segment_bytes=1500)
    found.say(24, size=200)
    return found


@pytest.fixture
def vault(house: House, tmp_path: Path) -> Vault:
    found = make_vault(f"file://{tmp_path}/vault", outside=house.root)
    Shipper(house, found).step()
    settings(house, found)
    return found


def settings(house: House, vault: Vault, more: str = "") -> None:
    copies = "[copies]\nscrub_bytes_per_second_max = 0"
    text = f'[node]\nid = "drill/test"\n{copies}\n{more}\n[[vaults]]\nurl = "{vault.url}"\n'
    house.settings.write_text(text)


def flip(path: Path) -> None:
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)


def scrub(house: House, states: Path) -> dict[str, dict[str, object]]:
    Scrubber(house, states, house.clock, lambda: False).step()
    return last_passes(states)


def test_what_is_sound_is_said_with_when(house: House, vault: Vault, tmp_path: Path) -> None:
    """Every closed segment, here and there; the one that grows is left alone."""
    flip(house.files.segment(house.files.segments()[-1]))
    told = scrub(house, tmp_path / "scrub.json")
    assert {name: (one["state"], one["segments"], one["damage"]) for name, one in told.items()} == {
        "home": ("sound", len(house.files.segments()) - 1, []),
        vault.url: ("sound", len(house.files.segments()) - 1, []),
    }
    assert all(one["finished"] for one in told.values())


@pytest.mark.parametrize("where", ["home", "vault"])
def test_one_turned_bit_is_found(house: House, vault: Vault, tmp_path: Path, where: str) -> None:
    """In the journal or in its copy: which, and where; the other one is sound."""
    segments = house.files.segments_folder if where == "home" else vault.folder(f"journals/{FOLDER}/segments")
    flip(segments / "0000000002.seg")
    told = scrub(house, tmp_path / "scrub.json")
    harmed, other = ("home", vault.url) if where == "home" else (vault.url, "home")
    [found] = told[harmed]["damage"]  # type: ignore[misc]
    assert (told[harmed]["state"], found["journal"], found["segment"]) == ("damaged", JOURNAL, 2)
    assert told[other]["state"] == "sound"


def folder_of(house: House, vault: Vault, where: str) -> Path:
    return house.files.segments_folder if where == "home" else vault.folder(f"journals/{FOLDER}/segments")


@pytest.mark.parametrize("where", ["home", "vault"])
def test_a_segment_that_is_gone_is_found(house: House, vault: Vault, tmp_path: Path, where: str) -> None:
    """The first, or two in the middle: each is named, those beside them are not, and the other place is sound."""
    for number in (1, 4, 5):
        (folder_of(house, vault, where) / f"{number:010d}.seg").unlink()
    told = scrub(house, tmp_path / "scrub.json")
    harmed, other = ("home", vault.url) if where == "home" else (vault.url, "home")
    assert told[harmed]["state"] == "damaged"
    assert told[harmed]["damage"] == [{"journal": JOURNAL, "segment": n, "offset": 0} for n in (1, 4, 5)]
    assert told[other]["state"] == "sound"


@pytest.mark.parametrize("where", ["home", "vault"])
def test_a_segment_cut_where_a_frame_ends_is_found(house: House, vault: Vault, tmp_path: Path, where: str) -> None:
    """Each frame that is left is whole: the next header says that there were more."""
    path = folder_of(house, vault, where) / "0000000003.seg"
    data, verifier = path.read_bytes(), house.files.verifier()

    def read(offset: int, length: int) -> bytes:
        return data[offset : offset + length]

    header = read_header(read, 3, verifier)
    assert header is not None
    *_, (last, _frame, _end) = frames_from(read, header, len(data))
    os.truncate(path, last)
    told = scrub(house, tmp_path / "scrub.json")
    harmed, other = ("home", vault.url) if where == "home" else (vault.url, "home")
    assert told[harmed]["damage"] == [{"journal": JOURNAL, "segment": 3, "offset": last}]
    assert told[other]["state"] == "sound"


@pytest.mark.req("F42")
@pytest.mark.parametrize("where", ["home", "vault"])
def test_what_has_ended_is_not_missed(house: House, vault: Vault, tmp_path: Path, where: str) -> None:
    """The journal's note says that its first two segments have ended; a third that is gone too is missed."""
    header = dict(headers(house.files))[3]
    expiry = Expiry(JOURNAL, 2, header.first_sequence - 1, header.tree.size, header.tree.root(), 396, 0)
    folder = folder_of(house, vault, where)
    (folder.parent / "expired").write_bytes(expiry.sign(house.signer, Signer("recovery", bytes(32))))
    for number in (1, 2):
        (folder / f"{number:010d}.seg").unlink()
    place = "home" if where == "home" else vault.url
    assert scrub(house, tmp_path / "scrub.json")[place]["state"] == "sound"
    (folder / "0000000003.seg").unlink()
    assert scrub(house, tmp_path / "again.json")[place]["damage"] == [{"journal": JOURNAL, "segment": 3, "offset": 0}]


@pytest.mark.parametrize("holds", [True, False])
def test_what_was_let_go_is_not_missed(house: House, vault: Vault, tmp_path: Path, holds: bool) -> None:
    """A vault host's record says which segment it let go, as long as its chain holds."""
    folder = folder_of(house, vault, "vault")
    (folder / "0000000001.seg").unlink()
    line = LetGo("", JOURNAL, 1, 0, "", 1, 1, "", 1, before="" if holds else "another")
    (folder.parent / "let-go.jsonl").write_bytes(msgspec.json.encode(line) + b"\n")
    told = scrub(house, tmp_path / "scrub.json")[vault.url]
    assert told["state"] == ("sound" if holds else "damaged")


def test_a_pass_is_made_when_it_is_due_and_not_before(house: House, vault: Vault, tmp_path: Path) -> None:
    """A week by default; damage that was mended is no longer told after the next pass."""
    states = tmp_path / "scrub.json"
    path = vault.folder(f"journals/{FOLDER}/segments/0000000002.seg")
    whole = path.read_bytes()
    flip(path)
    assert scrub(house, states)[vault.url]["state"] == "damaged"
    path.write_bytes(whole)
    house.clock.advance(hours=24 * 6)
    assert scrub(house, states)[vault.url]["state"] == "damaged"
    house.clock.advance(hours=24 * 2)
    assert scrub(house, states)[vault.url]["state"] == "sound"


def test_a_pass_that_was_stopped_goes_on(house: House, vault: Vault, tmp_path: Path) -> None:
    """The node was restarted: what was read is not read again, and what was found is not forgotten."""
    states = tmp_path / "scrub.json"
    flip(house.files.segment(1))
    asked = iter(range(1000))
    Scrubber(house, states, house.clock, lambda: next(asked) >= 3).step()
    half = last_passes(states)["home"]
    assert (half["finished"], half["state"]) == ("", "damaged")
    told = scrub(house, states)["home"]
    assert told["finished"]
    assert (told["segments"], len(told["damage"])) == (len(house.files.segments()) - 1, 1)  # type: ignore[arg-type]


def test_a_vault_that_is_away_is_waited_for(house: House, vault: Vault, tmp_path: Path) -> None:
    """It says so; the journals are scrubbed all the same."""
    vault.folder("").rename(tmp_path / "elsewhere")
    told = scrub(house, tmp_path / "scrub.json")
    assert (told["home"]["state"], told[vault.url]["state"]) == ("sound", "stuck")
    assert told[vault.url]["problem"]


def test_reading_again_is_paced(house: House, vault: Vault, tmp_path: Path) -> None:
    """At most so many bytes a second, over the whole pass."""
    total = sum(house.files.segment(n).stat().st_size for n in house.files.segments()[:-1])
    settings(house, vault)
    text = house.settings.read_text().replace("second_max = 0", f"second_max = {total}")
    house.settings.write_text(text)
    began = time.monotonic()
    scrub(house, tmp_path / "scrub.json")
    assert time.monotonic() - began > 0.5
