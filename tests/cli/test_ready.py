"""What a ward needs in an outage is tried ahead, and each thing that is taken away is found by its name.

Method: a ward that has all of it; then one thing less: a file, a fresh pack, a password's turn, a printer, an account.
The printer is a real CUPS's in tests/cli/test_printer.py.
"""

from pathlib import Path

import pytest

from contrefeu.acts import WardCorrected, encode
from contrefeu.base import rfc3339
from contrefeu.cli import checkup, standing, wardtest
from contrefeu.cli.node import Node
from contrefeu.journal import MEDIA_ACT, MEDIA_HL7V2, Draft
from contrefeu.watch.own import wards_told
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium

pytestmark = pytest.mark.req("G1")


@pytest.fixture
def ward(cli: Commands, tmp_path: Path) -> Commands:
    """Ward CARDIO with a patient, a nurse, and packs that are made ahead into one folder."""
    node = Node.at(cli.home)
    (tmp_path / "pc").mkdir()
    node.paths.settings.write_text(f'{node.paths.settings.read_text()}\n[packs]\nfolders = ["{tmp_path}/pc"]\n')
    with node.capture_appender() as journal:
        journal.append(
            [Draft("CPAGE@CHU", MEDIA_HL7V2, one, node.clock.now_ns()) for one in (admission(), potassium())]
        )
    cli.told("users", "add", "nadia", "--name", "N", "--role", "nurse", "--ward", "CARDIO")
    cli.told("packs", "make")
    return cli


def lacks(cli: Commands) -> list[str]:
    """What `ready` finds that CARDIO lacks; its exit status says the same."""
    ran = cli("ready", "--json")
    [found] = ran.told["wards"]
    codes = [one["code"] for one in found["lacks"]]
    assert (found["ward"], found["state"]) == ("CARDIO", "not ready" if codes else "ready")
    assert (ran.status, ran.told["ready"]) == ((10, False) if codes else (0, True))
    assert all(one["what"] and one["next"] for one in found["lacks"])
    return codes


def test_a_ward_that_has_everything_is_ready_and_each_thing_less_is_found(
    ward: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is cut, a file that is gone, passwords made void, a pack over an hour old, a printer, the account."""
    assert lacks(ward) == []
    pdf, page = tmp_path / "pc" / "pack-CARDIO.pdf", tmp_path / "pc" / "pack-CARDIO.html"
    for file in (pdf, page):
        whole = file.read_bytes()
        file.write_bytes(whole.replace(b'data-sealed="', b'data-sealed="AAAA') if file is page else whole[:-900])
        assert lacks(ward) == ["pack-shut"], file
        file.write_bytes(whole[:3000] + bytes(200) + whole[3200:])
        assert lacks(ward) == ["pack-shut"], file
        file.unlink()
        assert lacks(ward) == ["pack-gone"], file
        file.write_bytes(whole)
    assert lacks(ward) == []
    monkeypatch.setattr(standing, "OLD_MINUTES", -1)
    assert lacks(ward) == ["pack-old"]
    monkeypatch.undo()
    ward.told("packs", "password", "--ward", "CARDIO", "--void")
    assert lacks(ward) == ["pack-shut"]
    ward.told("packs", "make", "--now")
    assert lacks(ward) == []
    settings = ward.home / "contrefeu.toml"
    settings.write_text(settings.read_text() + '[packs.printers]\nCARDIO = "second-floor"\n')
    monkeypatch.setenv("PATH", str(tmp_path))  # no CUPS there
    assert lacks(ward) == ["printer"]
    ward.told("users", "disable", "nadia")
    assert lacks(ward) == ["printer", "login"]


def test_only_who_may_write_on_the_ward_counts(ward: Commands) -> None:
    """A nurse of another ward, and roles that serve the whole house, leave it without anybody."""
    ward.told("users", "disable", "nadia")
    ward.told("users", "add", "other", "--name", "O", "--role", "nurse", "--ward", "REA")
    ward.told("users", "add", "house", "--name", "H", "--role", "coordinator")
    assert lacks(ward) == ["login"]
    ward.told("users", "add", "pool", "--name", "P", "--role", "nurse", "--ward", "*")
    assert lacks(ward) == []


def test_without_packs_ahead_one_is_made_and_thrown_away(
    ward: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No number is issued, no entry written; a typesetter that fails is found."""
    settings = ward.home / "contrefeu.toml"
    settings.write_text(settings.read_text().replace(f'folders = ["{tmp_path}/pc"]', ""))
    before = ward.told("status")["journals"]
    [found] = ward.told("ready")["wards"]
    assert found["pages"] > 1
    assert [one["entries"] for one in ward.told("status")["journals"]] == [one["entries"] for one in before]

    def fails(*_: object) -> None:
        raise RuntimeError("no font")

    monkeypatch.setattr(wardtest, "print_pack", fails)
    assert lacks(ward) == ["pack-unmade"]


def test_what_lacks_is_red_wherever_somebody_looks(ward: Commands) -> None:
    """`status` ends with 10 and `doctor` says it, the watch is told, pages are; until it is tried again and found."""
    ward.told("users", "disable", "nadia")
    ward.told("ready", status=10)
    node = Node.at(ward.home)
    [told] = ward.told("status", status=10)["ready"]
    assert (told["ward"], told["state"], [one["code"] for one in told["lacks"]]) == ("CARDIO", "not ready", ["login"])
    assert "NOT READY: ward CARDIO  Nobody who may write" in ward("status").out.decode()
    assert [one.id for one in checkup.wards(node)] == ["ward-login"]
    assert wardtest.lacking(node) == {"CARDIO": ("login",)}
    [signal] = wards_told({"CARDIO": True}, 1.0)
    assert (signal.what, signal.subject, signal.bad) == ("ward-unready", "CARDIO", True)
    ward.told("users", "add", "nadia", "--name", "N", "--role", "nurse", "--ward", "CARDIO")
    ward.told("ready", "--ward", "CARDIO")
    assert [one["state"] for one in ward.told("status")["ready"]] == ["ready"]
    assert wardtest.lacking(node) == {}


def test_a_ward_that_is_none_is_refused(ward: Commands) -> None:
    """Nothing that was not tried is called ready: the wards that there are are named."""
    ran = ward("ready", "--ward", "CARDOI")
    assert ran.status == 1
    assert 'There is no ward "CARDOI"' in ran.err and "CARDIO" in ran.err
    assert not (ward.home / "run" / "ready.json").exists()


def test_a_ward_of_two_names_is_one(ward: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """United with another, it is tried under that one's name; packs, printer and accounts under the old one count."""
    ward.told("users", "add", "lea", "--name", "L", "--role", "admin")
    node = Node.at(ward.home)
    with node.station_appender() as journal:
        united = encode(WardCorrected("CARDIO", rfc3339(node.clock.now_ns()), into="CARD"))
        journal.append([Draft("user/lea", MEDIA_ACT, united, node.clock.now_ns())])
    settings = ward.home / "contrefeu.toml"
    told = settings.read_text().replace("[packs]", '[packs]\nwards = ["CARDIO"]')
    settings.write_text(f'{told}[packs.printers]\nCARDIO = "second-floor"\n')
    monkeypatch.setenv("PATH", str(tmp_path))  # no CUPS there
    for words in ((), ("--ward", "CARDIO"), ("--ward", "CARD")):
        [found] = ward.told("ready", *words, status=10)["wards"]
        assert (found["ward"], [one["code"] for one in found["lacks"]]) == ("CARD", ["pack-none", "printer"])


def test_a_ward_where_nobody_lies_is_tried_when_it_is_asked_for(ward: Commands) -> None:
    """A ward that feeds named once needs no pack at night; who asks for it is answered."""
    node = Node.at(ward.home)
    with node.capture_appender() as journal:
        journal.append([Draft("CPAGE@CHU", MEDIA_HL7V2, admission("A-3", event="A03"), node.clock.now_ns())])
    assert ward.told("ready")["wards"] == []
    assert [one["ward"] for one in ward.told("ready", "--ward", "CARDIO")["wards"]] == ["CARDIO"]
