"""Two persons withdraw and undo from the command line, each by their own secret; a restore does not bring it back.

Method: the real commands, on a home with a vault.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.cli.node import Node
from tests.cli.conftest import Commands
from tests.cli.messages import IPP, admission, potassium

File = Callable[[str, bytes], Path]


@pytest.fixture
def staffed(cli: Commands, filed: File) -> Commands:
    """A patient in bed with a result; an officer, a physician and a nurse, their secrets in files."""
    for login, role in (("dpo", "dpo"), ("martin", "physician"), ("nadia", "nurse")):
        secret = filed(f"{login}.secret", f"secret of {login}\n".encode())
        cli.told("users", "add", login, "--name", login, "--role", role, "--secret-file", secret)
    cli.told("import", filed("1.hl7", admission() + potassium()))
    return cli


def said(cli: Commands, filed: File, login: str, *words: object, status: int = 0) -> dict[str, object]:
    """`contrefeu withdraw` by somebody."""
    secret = filed(f"{login}.secret", f"secret of {login}\n".encode())
    ran = cli("withdraw", *words, "--as", login, "--secret-file", secret, "--json")
    assert ran.status == status, ran.err
    assert status == 0 or "safe" in ran.err
    return ran.told if status == 0 else {}


@pytest.mark.req("F41")
def test_a_patient_is_withdrawn_by_two_and_no_restore_brings_them_back(
    staffed: Commands, filed: File, tmp_path: Path
) -> None:
    """Proposed, confirmed: gone from search, chart and export, in a home restored from the vault too; then undone."""
    url = f"file://{tmp_path}/vault"
    staffed.told("vault", "add", url)
    whole = staffed.told("export", "--to", tmp_path / "one")
    first = said(staffed, filed, "martin", "propose", "patient", IPP, "--reason", "another hospital's patient")
    assert staffed.told("find", IPP)["patients"], "one person hides nothing"
    assert (
        staffed(
            "withdraw", "confirm", first["proposal"], "--as", "martin", "--secret-file", filed("x", b"wrong")
        ).status
        == 1
    )
    assert (
        staffed(
            "withdraw",
            "confirm",
            first["proposal"],
            "--as",
            "martin",
            "--secret-file",
            filed("martin.secret", b"secret of martin"),
        ).status
        == 1
    )
    assert said(staffed, filed, "dpo", "confirm", first["proposal"])["state"] == "in force"
    assert staffed.told("find", IPP)["patients"] == []
    assert staffed("chart", IPP).status == 1
    hidden = staffed.told("export", "--to", tmp_path / "two")
    assert (hidden["patients"], hidden["resources"]) == (0, {})
    status = staffed.told("status")
    assert status["charts"]["withdrawn"] == 2
    assert all(f["received"] == f["charted"] + f["kept_uncharted"] + f["duplicates"] for f in status["feeds"])

    staffed.told("vault", "copy")
    shares = sorted((staffed.home.parent / "home-shares").glob("share-*.txt"))[:3]
    back = staffed.told("restore", "--from", url, "--shares", *shares, "--to", tmp_path / "back")
    assert (back["patients"], back["charts_sha256"]) == (0, hidden["charts_sha256"])
    restored = staffed.at(tmp_path / "back")
    assert restored.told("find", IPP)["patients"] == []

    node = Node.at(staffed.home)
    assert len(list(node.entries(node.capture_journal, 0, 1 << 63))) == 2, "the journal keeps the bytes"
    (listed,) = said(staffed, filed, "dpo", "list")["withdrawals"]  # type: ignore[misc]
    assert (listed["state"], listed["by"], listed["confirmed_by"]) == ("in force", "martin", "dpo")
    assert said(staffed, filed, "martin", "list")["withdrawals"] == [], "listed for the officer only"

    undone = said(staffed, filed, "dpo", "undo", first["proposal"], "--reason", "it was ours")
    assert said(staffed, filed, "martin", "confirm", undone["proposal"])["state"] == "undone"
    assert staffed.told("export", "--to", tmp_path / "three")["charts_sha256"] == whole["charts_sha256"]


@pytest.mark.req("F41")
def test_who_may_not_is_told_so(staffed: Commands, filed: File) -> None:
    """A nurse, a wrong secret, something that is not there: nothing is changed, and the errors say what next."""
    nadia = filed("nadia.secret", b"secret of nadia")
    words = ("withdraw", "propose", "patient", IPP, "--reason", "x", "--as", "nadia", "--secret-file", nadia)
    assert staffed(*words).status == 1
    assert staffed(*words[:-1], filed("y", b"wrong")).status == 1
    assert (
        staffed(
            "withdraw",
            "propose",
            "entry",
            "no/1",
            "--reason",
            "x",
            "--as",
            "dpo",
            "--secret-file",
            filed("dpo.secret", b"secret of dpo"),
        ).status
        == 1
    )
    ran = staffed(
        "withdraw",
        "propose",
        "document",
        "DocumentReference/x",
        "--patient",
        IPP,
        "--reason",
        "x",
        "--as",
        "dpo",
        "--secret-file",
        filed("dpo.secret", b"secret of dpo"),
    )
    assert ran.status == 1
    assert "next" in ran.err
    assert said(staffed, filed, "dpo", "list")["withdrawals"] == []


@pytest.mark.req("F41")
def test_a_refused_proposal_hides_nothing(staffed: Commands, filed: File) -> None:
    """And cannot be confirmed afterwards."""
    node = Node.at(staffed.home)
    ref = said(staffed, filed, "dpo", "propose", "entry", f"{node.capture_journal}/2", "--reason", "x")["proposal"]
    said(staffed, filed, "martin", "refuse", ref)
    assert (
        staffed(
            "withdraw", "confirm", ref, "--as", "martin", "--secret-file", filed("martin.secret", b"secret of martin")
        ).status
        == 1
    )
    assert staffed.told("status")["charts"]["withdrawn"] == 0
