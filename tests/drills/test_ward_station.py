"""A ward's own station, from the hospital to the ward and back: charts there are those of the hospital, and no others.

Method: the hospital runs (the command itself, in processes of its own); the ward's station is reached by stick alone.
What is compared is what people see: boards, charts, who may log in.
"""

from pathlib import Path

import pytest

from contrefeu.cli.node import Node
from tests.drills.node import RunningNode
from tests.drills.test_two_nodes import Commands, admission, eventually, free_port, send


def in_cardiology(number: int) -> bytes:
    """Somebody who lies on the ward."""
    return admission(number, "AAA").replace(b"MED^101", b"CARD^1")


@pytest.mark.req("C4", "D9")
def test_a_wards_station_has_its_patients_and_no_others(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Two of five patients; what is written there comes back; who looks into its disk finds two."""
    contrefeu = Commands(capsysbinary)
    hospital, ward, stick = (tmp_path / name for name in ("hospital", "ward", "stick"))
    stick.mkdir()
    for home in (hospital, ward):
        contrefeu.make(home, free_port())
    cards = {home: contrefeu.invite(home) for home in (hospital, ward)}
    contrefeu(hospital, "users", "add", "nadia", "--name", "Nadia", "--role", "nurse")
    for here, other, flags in ((hospital, ward, ["--ward", "CARD"]), (ward, hospital, [])):
        card, fingerprint = cards[other]
        contrefeu(here, "station", "join", str(card), "--fingerprint", fingerprint, "--house", *flags)

    def carry() -> None:
        for home in (ward, hospital, ward):
            contrefeu(home, "journal", "exchange", str(stick))

    with RunningNode(hospital) as node:
        send(node, *(admission(n, "AAA") for n in range(3)), *(in_cardiology(n) for n in (7, 8)))
        carry()  # the ward's keys go to the hospital first
        eventually(lambda: given(contrefeu, hospital) >= 4, "the hospital writes nothing for the ward")
        carry()
        assert charts(ward) == charts(hospital, "CARD")
        assert len(charts(ward)) == 2
        assert [one["login"] for one in contrefeu(ward, "users", "list")["users"]].count("nadia") == 1
        before = given(contrefeu, hospital)
        contrefeu(hospital, "downtime", "declare")
        eventually(lambda: given(contrefeu, hospital) > before, "the declaration does not go to the ward")
        carry()
        assert contrefeu(ward, "downtime", "status")["state"] == "declared"
        told = contrefeu(hospital, "status", status=(0, 10))
        assert (told["troubles"], told["wards"][0]["state"]) == ({}, "up-to-date")
    assert {path.name.rpartition("-")[2][:4] for path in (ward / "journals").iterdir()} == {
        "audi", "capt", "stat", "ward",
    }  # fmt: skip
    assert not [path for path in (ward / "journals").iterdir() if path.name.startswith(f"{node_of(hospital)}-capture")]
    assert contrefeu(ward, "journal", "verify")["intact"]


def given(contrefeu: Commands, home: Path) -> int:
    """How many entries the ward's station was given, as the status says."""
    [ward] = contrefeu(home, "status", status=(0, 10))["wards"]
    return int(ward["given"])


def charts(home: Path, ward: str = "") -> dict[str, bytes | None]:
    """The charts of the patients on a ward, or of all."""
    with Node.at(home).charts() as found:
        return {row.id: found.bundle(row.id) for row in found.board(ward).rows}


def node_of(home: Path) -> str:
    """A node's name as it stands in files' names."""
    return Node.at(home).settings.node.id.replace("/", "_")
