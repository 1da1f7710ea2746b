"""`packs`: made ahead into folders, sealed with a password that lies nowhere near, and old aloud.

Method: a home with two folders, one of which is not there; packs made, made again, made void.
"""

import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest

from contrefeu.acts import IncidentNoted, PagesIssued
from contrefeu.cli.accounts import station_acts
from contrefeu.cli.node import Node
from contrefeu.cli.standing import Standing, State, change, make_void, standing, state_of
from contrefeu.journal import MEDIA_HL7V2, Draft
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium


@pytest.fixture
def ward(cli: Commands, tmp_path: Path) -> Commands:
    """One patient of ward CARDIO; packs go to a PC and to a stick that was pulled."""
    node = Node.at(cli.home)
    (tmp_path / "pc").mkdir()
    folders = f'folders = ["{tmp_path}/pc", "{tmp_path}/stick"]'
    node.paths.settings.write_text(f"{node.paths.settings.read_text()}\n[packs]\n{folders}\n")
    with node.capture_appender() as journal:
        journal.append(
            [Draft("CPAGE@CHU", MEDIA_HL7V2, one, node.clock.now_ns()) for one in (admission(), potassium())]
        )
    return cli


def issued(cli: Commands) -> list[PagesIssued]:
    """Every issue in the journal."""
    return [act for act, _ in station_acts(Node.at(cli.home)) if isinstance(act, PagesIssued)]


@pytest.mark.req("W2", "W4", "F44")
def test_packs_are_made_ahead_and_open_with_the_ward_s_password_alone(ward: Commands, tmp_path: Path) -> None:
    """Into the folder that is there; the one that is not is said. What is made again adds no issue."""
    [made] = ward.told("packs", "make", "--ward", "CARDIO", status=10)["made"]
    assert [place["problem"] for place in made["places"]] == ["", "is not there"]
    assert not (tmp_path / "stick").exists()
    told = ward.told("packs", "password", "--ward", "CARDIO")
    document = pypdfium2.PdfDocument(tmp_path / "pc" / "pack-CARDIO.pdf", password=told["password"])
    assert "MARTIN" in document[0].get_textpage().get_text_bounded()
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(tmp_path / "pc" / "pack-CARDIO.pdf")
    assert sorted(one.name for one in (tmp_path / "pc").iterdir()) == ["pack-CARDIO.html", "pack-CARDIO.pdf"]
    assert told["password"].encode() not in b"".join(one.read_bytes() for one in (tmp_path / "pc").iterdir())
    before = issued(ward)
    assert {one.ahead for one in before} == {True}
    assert ward.told("packs", "make", "--ward", "CARDIO")["made"] == []
    ward.told("packs", "make", "--ward", "CARDIO", "--now", status=10)
    assert issued(ward) == before
    assert ward.told("scan")["missing"] == []


@pytest.mark.req("F44")
def test_a_lost_stick_makes_every_password_another(ward: Commands, tmp_path: Path) -> None:
    """The old one opens what is on the stick, and nothing that is made from now on; who asked is in the audit."""
    old = ward.told("packs", "password", "--ward", "CARDIO")["password"]
    new = ward.told("packs", "password", "--ward", "CARDIO", "--void", "--user", "durand")["password"]
    ahead = ward.told("packs", "password", "--ward", "CARDIO", "--next")["password"]
    assert len({old, new, ahead}) == 3
    ward.told("packs", "make", "--ward", "CARDIO", status=10)
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(tmp_path / "pc" / "pack-CARDIO.pdf", password=old)
    assert len(pypdfium2.PdfDocument(tmp_path / "pc" / "pack-CARDIO.pdf", password=new)) >= 3
    looks = [one for one in ward.told("journal", "show")["entries"] if one["journal"].endswith("-audit")]
    assert len(looks) >= 4


VOIDS = 20  # of each process: without a lock most of the other's are lost
FAR = 2**40
VOIDING = f"""
import sys
from pathlib import Path
from contrefeu.cli.node import Node
from contrefeu.cli.standing import make_void
node = Node.at(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range({VOIDS}):
    make_void(node)
"""


@pytest.mark.req("F44")
def test_two_processes_lose_no_change_of_each_other(ward: Commands) -> None:
    """Passwords are made void by one as packs are kept by the other, all at once: each change is there afterwards."""
    node, pipe = Node.at(ward.home), subprocess.PIPE
    command = [sys.executable, "-c", VOIDING, str(ward.home)]
    change(node, lambda _: State(turn=FAR))  # beyond any clock: each change then counts one
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdin is not None and other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        other.stdin.write("go\n")
        other.stdin.close()
        for n in range(VOIDS):
            make_void(node)
            change(node, lambda kept, name=f"W{n}": _with_pack(kept, name))
        assert other.wait() == 0
    kept = state_of(node)
    assert (kept.turn, len(kept.packs)) == (FAR + 2 * VOIDS, VOIDS)


def _with_pack(kept: State, ward: str) -> State:
    made = Standing(ward, "", "", 1, 0, "", [])
    return State(kept.turn, {**kept.packs, ward: made}, kept.queues)


@pytest.mark.req("F44")
def test_a_lost_pack_opens_an_incident_and_says_who_was_on_it(ward: Commands, tmp_path: Path) -> None:
    """Under a name and a secret; the incident names charts, the answer people; all passwords are others."""
    secret = tmp_path / "crise.secret"
    secret.write_text("secret of crise\n")
    ward.told("users", "add", "crise", "--name", "C", "--role", "coordinator", "--secret-file", secret)
    crise = ("--as", "crise", "--secret-file", secret)
    assert ward("packs", "lost", "--ward", "CARDIO", *crise).status == 1, "none was put anywhere yet"
    ward.told("packs", "make", "--ward", "CARDIO", status=10)
    before = ward.told("packs", "password", "--ward", "CARDIO")["password"]
    told = ward.told("packs", "lost", "--ward", "CARDIO", *crise)
    [patient] = told["patients"]
    assert (told["on_it"], patient["name"].split()[0]) == (1, "MARTIN")
    [incident] = ward.told("incident", "list")["incidents"]
    assert (incident["incident"], incident["opened_by"]) == (told["incident"], "crise")
    notes = [act for act, _ in station_acts(Node.at(ward.home)) if isinstance(act, IncidentNoted)]
    assert [patient["id"] in one.text and "MARTIN" not in one.text for one in notes] == [True]
    assert ward.told("packs", "password", "--ward", "CARDIO")["password"] != before


@pytest.mark.req("W2")
def test_the_age_of_a_pack_is_told_and_red_past_an_hour(ward: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Young now; two hours later `packs list` and `status` end with 10."""
    ward.told("packs", "make", "--ward", "CARDIO", status=10)
    [young] = ward.told("packs", "list")["packs"]
    assert (young["ward"], young["patients"], young["old"]) == ("CARDIO", 1, False)
    assert [one["ward"] for one in ward.told("status")["packs"]] == ["CARDIO"]
    node = Node.at(ward.home)
    later = node.clock.now_ns() + 2 * 3600 * 10**9
    monkeypatch.setattr("contrefeu.base.SystemClock.now_ns", lambda _: later)
    [old] = standing(node)
    assert (old.old, old.age_minutes >= 120) == (True, True)
    ward.told("packs", "list", status=10)


def test_without_a_folder_nothing_is_made(cli: Commands) -> None:
    """The settings are named."""
    ran = cli("packs", "make")
    assert ran.status == 1
    assert "[packs]" in ran.err


@pytest.mark.req("F44", "W2")
@pytest.mark.parametrize("damaged", [b"", b'{"turn": 3, "packs"', b"\x00" * 64], ids=["empty", "cut", "zeros"])
def test_what_is_known_of_packs_is_never_taken_for_nothing_when_it_is_damaged(ward: Commands, damaged: bytes) -> None:
    """Each command says what, what is safe and what to do; status and the nightly test say it; no byte is changed."""
    file = ward.home / "run" / "packs.json"
    file.write_bytes(damaged)
    for words in (("packs", "list"), ("packs", "password", "--ward", "CARDIO", "--void"), ("packs", "make", "--now")):
        ran = ward(*words)
        assert ran.status == 14, words
        assert all(one in ran.err for one in ("cannot be read", "safe", "next", "--void", str(file)))
    told = ward.told("status", status=14)
    assert (told["packs"], told["packs_unread"]) == ([], True)
    [found] = ward.told("ready", status=10)["wards"]
    assert "pack-unread" in [one["code"] for one in found["lacks"]]
    assert file.read_bytes() == damaged


@pytest.mark.req("F44")
def test_a_file_that_was_lost_gives_no_password_again_that_was_made_void(ward: Commands) -> None:
    """Passwords are drawn from the second in which they were made void: a count would begin again."""
    asked = ("packs", "password", "--ward", "CARDIO")
    first, second = ward.told(*asked)["password"], ward.told(*asked, "--void")["password"]
    turn = state_of(Node.at(ward.home)).turn
    (ward.home / "run" / "packs.json").unlink()
    third = ward.told(*asked, "--void")["password"]
    assert len({first, second}) == 2 and third != first
    assert state_of(Node.at(ward.home)).turn >= turn > 1_000_000_000
