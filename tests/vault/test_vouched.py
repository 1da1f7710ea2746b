"""What a vault that is asked was found to hold is kept for the writers: what they signed, the most of it, nothing else.

Method: the real shipper to a folder; then notes as a hostile store could give them.
"""

from pathlib import Path

from contrefeu.cli.held import noted
from contrefeu.proof import Checkpoint, Signer
from contrefeu.vault import make_vault
from contrefeu.vault.follow import shipper_to
from contrefeu.vault.vouched import note_held
from tests.vault.house import FOLDER, JOURNAL, SIGNER, House

URL = "s3://a-store"
SUCCESSOR = "drill/test.2-capture"


def point(size: int, signer: Signer = SIGNER, origin: str = "") -> bytes:
    """A checkpoint of so many leaves."""
    return Checkpoint(origin or signer.verifier.name, size, bytes([size]) * 32, size, 1).sign(signer)


def test_what_a_vault_holds_is_told_before_anything_is_copied(tmp_path: Path) -> None:
    """A home that was put back has it from the first step on, and from each refusal."""
    house = House(tmp_path / "home")
    house.say(2)
    vault = make_vault(f"file://{tmp_path}/vault", outside=house.root)
    shipper = shipper_to(house, vault.url)
    before = house.snapshot(tmp_path / "before")
    shipper.step()
    house.say(2)
    shipper.step()
    note = house.files.checkpoint.read_bytes()
    shipper.close()
    house.roll_back(before)
    shipper = shipper_to(house, vault.url)
    assert shipper.step().state == "refused"
    shipper.close()
    assert list(noted(house.root)) == [(FOLDER, note)]


def test_only_what_a_writer_of_this_home_signed_is_kept_and_the_most_of_it(tmp_path: Path) -> None:
    """An older one, another key's, another origin's, one that leads out of the folder: none changes anything."""
    house = House(tmp_path)
    house.say()
    successor = Signer(SUCCESSOR, b"\x07" * 32)
    forger = Signer(JOURNAL, b"\x01" * 32)
    note_held(house.journals, URL, [point(40), point(9, successor)])
    kept = sorted(noted(house.root))
    assert kept == sorted([(FOLDER, point(40)), ("drill_test.2-capture", point(9, successor))])
    for hostile in (point(39), point(41, forger), point(42, SIGNER, "x-capture"), b"", b"../../up\n", b"\xff" * 99):
        note_held(house.journals, URL, [hostile])
        assert sorted(noted(house.root)) == kept
    note_held(house.journals, URL, [point(41)])
    assert (FOLDER, point(41)) in noted(house.root)
