"""Joining, exchanging and witnessing as people type them.

Method: commands in this process on two homes, a folder for a stick and another for requests to witnesses.
"""

import shutil
from pathlib import Path

import pytest

from contrefeu.acts import AccountAdded, AccountDisabled, DowntimeDeclared, TemporaryAccountMade, encode
from contrefeu.cli.accounts import the_accounts
from contrefeu.cli.main import run
from contrefeu.cli.node import Node
from tests.cli.conftest import Commands

ADMISSION = (
    b"MSH|^~\\&|ADM|CHU|CF|CHU|20261124030000||ADT^A01|M1|P|2.5\rEVN|A01|20261124030000\r"
    b"PID|1||900001^^^CHU^PI||ESSAI^ANNE||19700101|F\rPV1|1|I|MED^101^1||||||||||||||||S1\r"
)


@pytest.fixture(scope="session")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another home made once."""
    folder = tmp_path_factory.mktemp("second")
    assert run(["--home", str(folder / "home"), "init", "--facility", "Clinique", "--json"]) == 0
    return folder / "home"


@pytest.fixture
def other(second: Path, tmp_path: Path, cli: Commands) -> Commands:
    shutil.copytree(second, tmp_path / "other")
    return cli.at(tmp_path / "other")


def join(one: Commands, other: Commands, folder: Path, *flags: str) -> str:
    """One joins the other; returns the other's name."""
    card = folder / f"{other.home.name}.card"
    told = other.told("station", "invite", "--out", card)
    one.told("station", "join", card, "--fingerprint", told["fingerprint"], *flags)
    return str(told["node"])


@pytest.fixture
def joined(cli: Commands, other: Commands, tmp_path: Path) -> tuple[Commands, Commands]:
    join(cli, other, tmp_path)
    join(other, cli, tmp_path, "--house")
    (tmp_path / "stick").mkdir()
    return cli, other


def test_a_card_is_joined_by_its_fingerprint_alone(cli, other, tmp_path):
    """Without the digits that were read out, or with wrong ones, nothing is joined."""
    card = tmp_path / "c.card"
    told = other.told("station", "invite", "--out", card)
    for wrong in ("", told["fingerprint"][:9], "0000 " * 8, told["fingerprint"][:-1] + "x"):
        ran = cli("station", "join", card, "--fingerprint", wrong)
        assert ran.status == 1
        assert "Nothing was changed" in ran.err
    assert cli.told("station", "list")["peers"] == []
    assert cli.told("station", "join", card, "--fingerprint", told["fingerprint"][:19].upper())["node"] == told["node"]
    own = tmp_path / "own.card"
    mine = cli.told("station", "invite", "--out", own)
    assert cli("station", "join", own, "--fingerprint", mine["fingerprint"]).status == 1
    assert b"PRIVATE" not in card.read_bytes()


def test_a_changed_card_has_another_fingerprint(cli, other, tmp_path):
    """Whoever changes a key on the way changes what is read out, or breaks the signature."""
    card = tmp_path / "c.card"
    told = other.told("station", "invite", "--out", card)
    card.write_bytes(card.read_bytes().replace(b"facility Clinique", b"facility Another!"))
    assert cli("station", "join", card, "--fingerprint", told["fingerprint"]).status == 1


@pytest.mark.req("D9")
def test_two_homes_end_with_the_same_charts(joined, tmp_path, filed):
    """There, back and there again: both hold both, both read both, and the charts' hash is one."""
    one, other = joined
    one.told("import", filed("a.hl7", ADMISSION))
    stick = tmp_path / "stick"
    first = one.told("journal", "exchange", stick)
    assert (first["taken"], first["findings"]) == (0, [])
    assert first["given"] >= 1
    assert other.told("journal", "exchange", stick)["taken"] >= 1
    one.told("journal", "exchange", stick)
    other.told("journal", "exchange", stick)
    hashes = {c.home: c.told("export", "--to", tmp_path / f"x{c.home.name}")["charts_sha256"] for c in joined}
    assert len(set(hashes.values())) == 1
    assert other.told("find", "ESSAI")["patients"]
    status = other.told("status")
    assert status["closed"] == []
    assert [peer["state"] for peer in status["peers"]] == ["never met"]
    assert "never met over a line" in other("status").out.decode(), "by stick it was"
    assert other("find", "nobody").out == b"Nobody is found.\n"
    assert other.told("journal", "verify")["intact"]


def test_a_ward_that_nobody_knows_here_is_said(cli, other, tmp_path, filed):
    """A mistyped ward would leave its station without a patient, and nobody would know why."""
    cli.told("import", filed("a.hl7", ADMISSION))
    card = tmp_path / "ward.card"
    known = other.told("station", "invite", "--out", card)["fingerprint"]
    [ward] = [one["id"] for one in cli.told("beds")["wards"]]
    words = ("station", "join", card, "--house", "--fingerprint", known, "--ward")
    assert "No ward NOWHERE is known here" in cli(*words, "NOWHERE").out.decode()
    assert "is known here" not in cli(*words, ward).out.decode()


def test_a_journal_that_was_never_granted_is_kept_and_is_no_trouble(cli, other, tmp_path, filed):
    """Joined with --no-grants: the other holds the journals, reads nothing, and its status is calm."""
    join(cli, other, tmp_path, "--no-grants")
    join(other, cli, tmp_path)
    (tmp_path / "stick").mkdir()
    cli.told("import", filed("a.hl7", ADMISSION))
    for one in (cli, other, cli, other):
        one.told("journal", "exchange", tmp_path / "stick")
    status = other.told("status")
    assert len(status["closed"]) == 3
    assert status["troubles"] == {}
    assert other.told("find", "ESSAI")["patients"] == []


@pytest.mark.req("F20")
def test_accounts_of_another_house_do_not_count(joined, tmp_path):
    """A peer's administrator is nobody here, unless the peer is of the same house."""
    one, other = joined
    for commands in joined:
        node = Node.at(commands.home)
        node.record(encode(AccountAdded(f"chef-{commands.home.name}", "X", "admin", "$argon2id$none", ["*"])))
    for commands in (one, other, one, other):
        commands.told("journal", "exchange", tmp_path / "stick")
    here = {user["login"] for user in one.told("users", "list")["users"]}
    there = {user["login"] for user in other.told("users", "list")["users"]}
    assert "chef-other" not in here
    assert "chef-home" in there  # joined as of the same house

    Node.at(one.home).record(encode(AccountDisabled("chef-home")))
    Node.at(other.home).record(encode(DowntimeDeclared([], "trial", "2026-11-24T03:00:00Z")))
    for commands in (one, other, one, other):
        commands.told("journal", "exchange", tmp_path / "stick")
    [chef] = [user for user in other.told("users", "list")["users"] if user["login"] == "chef-home"]
    assert chef["disabled"]
    assert one.told("downtime", "status")["state"] == "normal"
    assert other.told("downtime", "status")["state"] == "declared"


@pytest.mark.req("F20")
def test_a_temporary_account_and_its_end_travel_by_stick(joined, tmp_path):
    """Let in by two at one station, known at the other with its end; ended at the first, it is ended there."""
    one, other = joined
    first, second = Node.at(one.home), Node.at(other.home)
    for login in ("nadia", "lucas"):
        first.record(encode(AccountAdded(login, login.title(), "nurse", "$argon2id$none", ["CARD"])))
    at, until = "2026-11-28T02:10:00Z", "2026-11-28T14:10:00Z"
    made = TemporaryAccountMade("k", "roux.482", "Zoé Roux", "nurse", "CARD", "$argon2id$none", "lucas", at, until)
    first.record(encode(made), source="user/nadia")

    def there():
        for commands in (one, other, one, other):
            commands.told("journal", "exchange", tmp_path / "stick")
        return {user["login"]: user for user in other.told("users", "list")["users"]}["roux.482"]

    known = there()
    assert (known["name"], known["disabled"], known["until"]) == ("Zoé Roux", False, "2026-11-28T14:10:00.000000Z")
    assert "(agency, until 2026-11-28T14:10Z)" in other("users", "list").out.decode()
    assert the_accounts(second).get("roux.482").temporary == the_accounts(first).get("roux.482").temporary
    one.told("users", "disable", "roux.482", "--reason", "left")
    assert there()["disabled"]


def test_a_revoked_peer_is_listed_so_and_given_nothing(joined, tmp_path):
    """What it gave stays on the disk; the list says what was decided."""
    one, other = joined
    [peer] = one.told("station", "list")["peers"]
    assert one.told("station", "revoke", peer["node"])["revoked"]
    assert one("station", "revoke", "nobody").status == 1
    other.told("journal", "exchange", tmp_path / "stick")
    ran = one("journal", "exchange", tmp_path / "stick", "--json")
    assert ran.status == 10
    assert ran.told["taken"] == 0


@pytest.mark.parametrize("where", ["https://127.0.0.1:1", "nowhere"])
def test_an_exchange_with_nothing_says_what_to_do(joined, where):
    """No peer there, no folder there: what, what is safe, what next."""
    ran = joined[0]("journal", "exchange", where)
    assert ran.status in {1, 14}
    assert "next" in ran.err


@pytest.mark.req("C4")
def test_two_hospitals_witness_each_other_by_file(cli, other, tmp_path, filed):
    """Asked, cosigned, taken; verify says who vouches; a journal put back is refused there and found here."""
    box = tmp_path / "box"
    box.mkdir()
    cli.told("import", filed("a.hl7", ADMISSION))
    shutil.copytree(cli.home / "journals", tmp_path / "before")
    other.told("journal", "cosign", box)
    [key] = box.glob("*.witness")
    assert cli.told("journal", "witness", box, "--key", key)["asked"] == 3
    assert other.told("journal", "cosign", box, status=10)["cosigned"] == 0  # it knows no such journal yet
    logs = [flag for path in sorted(box.glob("*.verifier")) for flag in ("--log", str(path))]
    assert other.told("journal", "cosign", box, *logs)["cosigned"] == 3
    assert cli.told("journal", "witness", box)["taken"] == 3
    vouching = cli.told("journal", "verify")["witnesses"]
    assert len(vouching) == 3
    assert {one["witness"] for one in vouching} == {key.read_text().split("+")[0]}

    cli.told("import", filed("b.hl7", ADMISSION.replace(b"M1", b"M2")))
    cli.told("journal", "witness", box)
    assert other.told("journal", "cosign", box)["cosigned"] == 3
    assert cli.told("journal", "witness", box)["taken"] == 3
    shutil.rmtree(cli.home / "journals")
    shutil.copytree(tmp_path / "before", cli.home / "journals")
    found = cli.told("journal", "verify", status=12)
    assert {d["kind"] for d in found["damage"]} & {"rolled-back", "forked"}
    assert len(found["witnesses"]) < 3
    assert cli.told("journal", "witness", box, status=12)["ahead"]
