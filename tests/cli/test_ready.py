"""What a ward needs in an outage is tried ahead, and each thing that is taken away is found by its name.

Method: a ward that has all of it; then one thing less: a file, a fresh pack, a password's turn, a printer, an account.
The printer is a real CUPS's in tests/cli/test_printer.py.
"""

import json
import threading
from pathlib import Path

import pytest

from contrefeu.cli import checkup, standing, wardtest
from contrefeu.cli.node import Node
from contrefeu.journal import MEDIA_HL7V2, Draft
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


def test_the_night_tries_wards_in_a_process_of_its_own(ward: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Due at three: the command runs apart, and leaves what it found for everybody who reads."""
    node = Node.at(ward.home)
    stop = threading.Event()
    monkeypatch.setattr(wardtest, "LOOK_S", 0.01)
    monkeypatch.setattr(wardtest, "is_due", lambda _clock, _zone, result: not result.exists())
    night = threading.Thread(target=wardtest.every_night, args=(node, None, stop))
    night.start()
    result = node.paths.run / "ready.json"
    for _ in range(600):
        if result.exists():
            break
        stop.wait(0.1)
    stop.set()
    night.join(30)
    assert [one["ward"] for one in json.loads(result.read_bytes())] == ["CARDIO"]
    assert result.stat().st_mode & 0o777 == 0o640
