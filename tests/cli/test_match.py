"""`contrefeu match`: who came in under a temporary number is joined to who they are, from the command line.

Method: the real command on a home of the test's own, with real Splink and DuckDB.
"""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.acts import IdentitiesLinked, PairDecided, PairsProposed, decode, encode
from contrefeu.cli.node import Node
from contrefeu.journal import MEDIA_ACT, Draft
from contrefeu.recovery import splits
from contrefeu.recovery.matching import BOTH
from tests.cli.conftest import Commands

File = Callable[[str, bytes], Path]


def somebody(control: str, number: str, name: str, born: str, *, authority: str = "CHU", phone: str = "") -> bytes:
    """An admission."""
    return (
        f"MSH|^~\\&|CPAGE|CHU|CF|CHU|20261124030000||ADT^A01^ADT_A01|{control}|P|2.5|||||FRA|UNICODE UTF-8\r"
        "EVN|A01|20261124030000\r"
        f"PID|1||{number}^^^{authority}^PI||{name}^^^^^L||{born}|F|||^^^^99010||{phone}\r"
        f"PV1|1|I|CARDIO^112^3^CHU||||||||||||||||V{control}^^^CHU^VN\r"
    ).encode()


FEED = (
    somebody("1", "8001", "VAUGNAC^LEONIE", "19610409", phone="0639980011")
    + somebody("2", "8002", "DELRAND^FLORE", "19700102", phone="0639980022")
    + somebody("3", "T-1", "VAUNAC^LEONIE", "19610409", authority="TEMP", phone="0639980011")
    + somebody("4", "T-2", "DELRAND^FLORA", "19700102", authority="TEMP")
    + somebody("5", "T-3", "TOUZAC^ELOI", "19900808", authority="TEMP")
)


def acts(cli: Commands) -> list[object]:
    """The acts of the station's journal."""
    node = Node.at(cli.home)
    return [decode(entry.body) for entry in node.entries(node.station_journal, 0, 1 << 62, beyond=[])]


def says(cli: Commands, login: str, act: PairDecided) -> None:
    """Somebody decides on the page."""
    node = Node.at(cli.home)
    with node.station_appender() as journal:
        journal.append([Draft(f"user/{login}", MEDIA_ACT, encode(act), node.clock.now_ns())])


@pytest.mark.req("R6", "F22")
def test_one_is_joined_one_waits_one_is_like_nobody(cli: Commands, filed: File, tmp_path: Path) -> None:
    """Keys and statuses of the surface; a dry run changes nothing; the pile names nobody; a second run asks nothing."""
    cli.told("import", filed("day.hl7", FEED))
    before = cli.told("export", "--to", tmp_path / "before")["charts_sha256"]
    pile = tmp_path / "pile.csv"
    dry = cli.told("match", "--temporary", "TEMP", "--dry-run", "--review", pile, status=10)
    assert (dry["pairs"], dry["automatic"], dry["review"], dry["unmatched"]) == (2, 1, 1, 1)
    assert cli.told("export", "--to", tmp_path / "dry")["charts_sha256"] == before
    with pile.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["temporary"], row["known"], row["given"]) == ("TEMP|T-2", "CHU|8002", "slip")
    assert "DELRAND" not in pile.read_text()

    done = cli.told("match", "--temporary", "TEMP", "--review", tmp_path / "pile.json", status=10)
    assert {name: done[name] for name in ("pairs", "automatic", "review", "unmatched")} == {
        "pairs": 2, "automatic": 1, "review": 1, "unmatched": 1,
    }  # fmt: skip
    assert json.loads((tmp_path / "pile.json").read_text())[0]["temporary"] == "TEMP|T-2"
    linked, proposed = [act for act in acts(cli) if isinstance(act, IdentitiesLinked | PairsProposed)]
    assert isinstance(linked, IdentitiesLinked)
    assert (linked.survivor, linked.lost, linked.by_rule) == ("CHU|8001", "TEMP|T-1", True)
    assert isinstance(proposed, PairsProposed)
    (found,) = cli.told("find", "T-1")["patients"]
    assert found["name"].startswith("VAUGNAC"), "the temporary number opens the known chart"
    again = cli.told("match", "--temporary", "TEMP", status=10)
    assert (again["automatic"], again["review"]) == (0, 1)


@pytest.mark.req("R6")
def test_somebody_registered_twice_is_proposed_to_two_people(cli: Commands, filed: File) -> None:
    """Two stations, nobody known like her: one pair, never joined by a rule; decided, it is not asked again."""
    twice = {"name": "VAUGNAC^LEONIE", "born": "19610409", "phone": "0639980011"}
    cli.told("import", filed("day.hl7", somebody("1", "1", **twice, authority="T1") +
             somebody("2", "9", **twice, authority="T2") +
             somebody("3", "5", "TOUZAC^ELOI", "19900808", authority="T2")))  # fmt: skip
    both = ("--temporary", "T1", "--temporary", "T2")
    done = cli.told("match", *both, status=10)
    assert {name: done[name] for name in ("pairs", "automatic", "review", "unmatched")} == {
        "pairs": 1, "automatic": 0, "review": 1, "unmatched": 1,
    }  # fmt: skip
    [proposed] = [act for act in acts(cli) if isinstance(act, PairsProposed)]
    [pair] = proposed.pairs
    assert (pair.known, pair.temporary, pair.why) == ("T1|1", "T2|9", BOTH)
    assert pair.fields["phone"] == pair.fields["given"] == "same"
    says(cli, "ada", PairDecided(pair.temporary, pair.known, False, "2026-11-24T03:00:00Z"))
    assert cli.told("match", *both)["pairs"] == 0


@pytest.mark.req("R6")
def test_without_what_it_needs_it_says_what_to_install(cli: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ward's machine has neither Splink nor DuckDB: nothing else misses them."""
    import sys

    monkeypatch.setitem(sys.modules, "duckdb", None)
    ran = cli("match")
    assert ran.status == 1
    assert "contrefeu[match]" in ran.err


@pytest.mark.req("R6")
def test_matching_needs_nothing_under_the_gpl(
    cli: Commands, filed: Callable[[str, bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Splink names igraph and we run nothing of it: taken away, pairs are found; no runtime lock has it (0148)."""
    import sys

    monkeypatch.setitem(sys.modules, "igraph", None)
    filed("day.hl7", somebody("A-1", "8001", "VAUGNAC^LOUISE", "19610412") +
          somebody("A-2", "7", "VAUGNAC^LOUISE", "19610412", authority="TEMP"))  # fmt: skip
    cli.told("import", filed("day2.hl7", b"").parent)
    found = cli.told("match", "--temporary", "TEMP", status=10)
    assert found["pairs"] + found["review"] > 0
    lock = Path(__file__).parents[2] / "requirements.lock"
    assert "igraph" not in lock.read_text()


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark runs on Java")
@pytest.mark.timeout(900)  # a session starts in ten seconds, or in a minute where others work
def test_on_a_cluster_the_same_pairs_are_found(
    cli: Commands, filed: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each executor has some of the temporary numbers; what it is given and gives back is sealed."""
    cli.told("import", filed("day.hl7", FEED))
    sealed: list[bytes] = []
    real = splits.Sealer.seal

    def seal(sealer: splits.Sealer, kind: bytes, clear: bytes) -> bytes:
        sealed.append(real(sealer, kind, clear))
        return sealed[-1]

    monkeypatch.setattr(splits.Sealer, "seal", seal)
    ran = {}
    for engine, flags in (("local", ()), ("spark", ("--engine", "spark", "--master", "local[2]"))):
        pile = tmp_path / f"{engine}.json"
        told = cli.told("match", "--temporary", "TEMP", "--dry-run", "--review", pile, *flags, status=10)
        ran[engine] = {**told, "seconds": 0}, pile.read_bytes()
    assert ran["spark"] == ran["local"]
    assert ran["spark"][0]["automatic"] == 1
    assert len(sealed) >= 3, "the job's key, everybody who is known, two parts"
    assert not any(clear in one for one in sealed for clear in (b"vaugnac", b"VAUGNAC", b"1961"))
