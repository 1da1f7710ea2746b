"""People, downtime and the audit: what is done at the console is an act or an audit event in the station's journal.

Method: commands in this process; the station's journal is read beside.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.access import Accounts, secret_matches
from contrefeu.acts import AccountAdded, DowntimeLifted, decode
from contrefeu.base import StorageError
from contrefeu.cli.node import Node
from contrefeu.journal import MEDIA_ACT, Draft, Entry
from tests.chart.feed import adt
from tests.cli.conftest import Commands
from tests.cli.messages import admission

File = Callable[[str, bytes], Path]


def station(cli: Commands) -> list[Entry]:
    """All that people did here."""
    node = Node.at(cli.home)
    journals = (node.station_journal, node.audit_journal)
    return [entry for journal in journals for entry in node.entries(journal, 0, 1 << 63)]


def audited(cli: Commands) -> list[tuple[str, str]]:
    """Who, and what kind of look, of each audit event."""
    events = [(e.source, json.loads(e.body)) for e in station(cli) if e.media_type == "application/fhir+json"]
    return [(source, event["subtype"][0]["code"]) for source, event in events]


def test_a_person_is_added_with_a_secret_shown_once(cli: Commands) -> None:
    """The secret lets them in; the journal holds its hash alone; a secret of their own comes from a file."""
    told = cli.told(
        "users", "add", "Nadia", "--name", "Nadia B.", "--role", "nurse", "--ward", "CARDIO", "--ward", "USC"
    )
    accounts = Accounts()
    for entry in station(cli):
        act = decode(entry.body)
        assert act is not None
        accounts.apply(act)
        assert told["secret"].encode() not in entry.body
    account = accounts.get("nadia")
    assert account is not None
    assert secret_matches(account.secret_hash, told["secret"])
    assert (told["login"], account.role, account.wards) == ("nadia", "nurse", ("CARDIO", "USC"))
    secret = cli.home.parent / "secret"
    secret.write_text("correct horse battery\n")
    own = cli.told("users", "add", "paul", "--name", "P", "--role", "pharmacist", "--secret-file", secret)
    assert own["secret"] == "", "it is not shown again"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("bad login", "--name", "X", "--role", "nurse"), "A login is"),
        (("x", "--name", "X", "--role", "surgeon"), "no role"),
    ],
)
def test_an_account_that_cannot_be_is_refused(arguments: tuple[str, ...], said: str, cli: Commands) -> None:
    """Before anything is written."""
    before = len(station(cli))
    ran = cli("users", "add", *arguments)
    assert (ran.status, said in ran.err, len(station(cli))) == (1, True, before)


def test_a_login_that_exists_is_said_at_once(cli: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything else is asked: what it is, and what to type; who is replaced is named."""
    one = ("users", "add", "nadia", "--name", "Nadia B.", "--role", "nurse", "--ward", "CARDIO")
    first = cli.told(*one)
    assert first["replaced"] is False
    before = len(station(cli))
    ran = cli("users", "add", "NADIA")
    assert (ran.status, ran.out, len(station(cli))) == (1, b"", before)
    assert "The login nadia exists already: nurse CARDIO." in ran.err
    assert "contrefeu users add nadia --name 'Nadia B.' --role nurse --ward CARDIO" in ran.err
    assert "contrefeu users import FILE" in ran.err
    missing = cli("users", "add", "paul", "--role", "nurse")
    assert (missing.status, "needs --name and --role" in missing.err) == (2, True)
    again = cli(*one)
    assert "nadia existed and is replaced: Nadia B., nurse CARDIO. The secret before is void." in again.err
    cli.told("users", "disable", "Nadia")
    assert "nurse CARDIO (disabled)." in cli("users", "add", "nadia", "--name", "N").err

    def away(node: Node) -> Accounts:
        raise StorageError("The charts are away.")

    monkeypatch.setattr("contrefeu.cli.accounts.the_accounts", away)
    assert cli.told(*one)["replaced"] is False, "without charts people come in all the same"


def test_many_people_come_from_a_csv_file(cli: Commands, filed: File) -> None:
    """All of them or, when one cannot be, none; spreadsheets' byte order mark is no trouble."""
    rows = "login,name,role,wards\nines,Inès R.,clerk,\nmartin,Dr Martin,physician,CARDIO USC\n"
    told = cli.told("users", "import", filed("staff.csv", b"\xef\xbb\xbf" + rows.encode()))
    assert [user["login"] for user in told["users"]] == ["ines", "martin"]
    listed = {user["login"]: user for user in cli.told("users", "list")["users"]}
    assert listed["martin"]["wards"] == ["CARDIO", "USC"]
    assert listed["ines"]["name"] == "Inès R."
    badges = "login,name,role,wards,badge\nnadia,N,nurse,*,04A27F11\n"
    [one] = cli.told("users", "import", filed("badges.csv", badges.encode()), "--digits")["users"]
    assert (len(one["secret"]), one["secret"].isdigit()) == (6, True)
    before = len(station(cli))
    assert cli("users", "import", filed("bad.csv", (rows + "x,X,king,\n").encode())).status == 1
    assert cli("users", "import", filed("other.csv", b"a,b\n1,2\n")).status == 1
    assert cli("users", "import", filed("latin.csv", "login,name\né,é".encode("latin-1"))).status == 1
    assert len(station(cli)) == before


def test_a_disabled_person_stays_known(cli: Commands) -> None:
    """Listed as disabled: old entries must still say who did them; nobody unknown is disabled."""
    cli.told("users", "add", "paul", "--name", "Paul G.", "--role", "pharmacist")
    assert cli.told("users", "disable", "paul", "--reason", "left") == {"login": "paul", "disabled": True}
    listed = {user["login"]: user["disabled"] for user in cli.told("users", "list")["users"]}
    assert listed == {"admin": False, "paul": True}
    assert "(disabled)" in cli("users", "list").out.decode()
    assert cli("users", "disable", "nobody").status == 1


def test_a_feed_makes_no_account(cli: Commands) -> None:
    """An act in the capture's journal is an entry like another: nobody comes in by it."""
    act = AccountAdded("intruder", "X", "admin", "hash", ["*"])
    from contrefeu.acts import encode

    with Node.at(cli.home).capture_appender() as journal:
        journal.append([Draft("CPAGE@CHU", MEDIA_ACT, encode(act), 1)])
    assert [user["login"] for user in cli.told("users", "list")["users"]] == ["admin"]


@pytest.mark.req("F4")
def test_a_ward_whose_sheets_are_not_signed_is_lifted_for_a_reason(cli: Commands, tmp_path: Path) -> None:
    """Refused with the ward and how many; so is a minute that cannot be; the reason and the count stand in the act."""
    messages = tmp_path / "adt.hl7"
    messages.write_bytes(adt("A01", "1124 0200", place="CARD^^1"))
    assert cli("import", messages).status == 0
    cli.told("downtime", "declare", "--ward", "CARD")
    ran = cli("downtime", "lift", "--ward", "CARD")
    assert (ran.status, "not signed: CARD 1" in ran.err, "Nothing was lifted" in ran.err) == (1, True, True), ran.err
    ran = cli("downtime", "lift", "--reason", "x", "--cutover", "soon")
    assert (ran.status, "HH:MM" in ran.err) == (1, True), ran.err
    assert cli.told("downtime", "lift", "--ward", "CARD", "--reason", "evacuated")["state"] == "normal"
    [lifted] = [act for e in station(cli) if isinstance(act := decode(e.body), DowntimeLifted)]
    assert (lifted.wards, lifted.reason, lifted.unsigned) == (["CARD"], "evacuated", 1)


def test_downtime_is_declared_and_lifted(cli: Commands) -> None:
    """Each step is an act; the state says since when; `status` says the same."""
    assert cli.told("downtime", "status") == {"state": "normal", "since": "", "wards": []}
    declared = cli.told("downtime", "declare", "--reason", "ransomware")
    assert (declared["state"], declared["since"][-1]) == ("declared", "Z")
    assert cli.told("status")["downtime"] == {"state": "declared", "since": declared["since"]}
    assert cli.told("downtime", "lift")["state"] == "normal"
    some = cli.told("downtime", "declare", "--ward", "CARDIO")
    assert some["wards"] == ["CARDIO"]
    kinds = [type(decode(e.body)).__name__ for e in station(cli) if e.media_type == MEDIA_ACT]
    assert kinds[:3] == ["AccountAdded", "RecoveryKeyChanged", "RecoveryRehearsed"], "what init leaves"
    assert kinds[3:] == ["DowntimeDeclared", "DowntimeLifted", "DowntimeDeclared"]


@pytest.mark.req("G4")
def test_no_one_looks_unseen(cli: Commands, filed: File, tmp_path: Path) -> None:
    """A search, a chart, an entry and an export each leave an audit event, as the console or as --user."""
    told = cli.told("import", filed("1.hl7", admission()))
    [hit] = cli.told("find", "MARTIN")["patients"]
    cli.told("chart", hit["id"], "--user", "martin")
    cli("chart", hit["id"])
    cli("journal", "show", "--entry", f"{told['journal']}/{told['first']}", "--raw")
    cli.told("export", "--to", tmp_path / "out")
    assert audited(cli) == [
        ("console", "search"),
        ("user/martin", "view"),
        ("console", "view"),
        ("console", "entry"),
        ("console", "export"),
    ]
    views = [json.loads(e.body) for e in station(cli) if e.source == "user/martin"]
    assert views[0]["entity"][0]["what"]["reference"] == f"Patient/{hit['id']}"


def test_a_list_of_medicines_is_proposed_and_nothing_more(cli: Commands, filed: File) -> None:
    """A file proposes; none of it is on the list before a pharmacist's act; a wrong one says what is safe."""
    lines = "name;substances\nAmoxicilline 1 g cp;amoxicilline/pénicilline\nFurosémide 40 mg cp;\n"
    told = cli.told("medicines", "import", str(filed("livret.csv", lines.encode())))
    assert told == {"proposed": 2, "file": "livret.csv"}
    assert cli.told("medicines", "list") == {"medicines": [], "proposed": 2}
    wrong = cli("medicines", "import", str(filed("wrong.csv", b"drug\nx\n")))
    assert wrong.status == 1
    assert "nothing was proposed" in wrong.err


def test_the_beds_are_said_in_numbers(cli: Commands, tmp_path: Path) -> None:
    """A text to read aloud, FHIR in a file, and the look is audited."""
    ran = cli("beds", before=("--lang", "fr"))
    assert "lits libres 0" in ran.out.decode()
    told = cli.told("beds", "--as", "fhir", "--out", str(tmp_path / "beds.json"))
    assert told == {"as_of": "", "free": 0, "wards": [], "emergency": None}
    assert json.loads((tmp_path / "beds.json").read_bytes())["entry"][0]["resource"]["resourceType"] == "Location"
    assert audited(cli) == [("console", "board")] * 2


def test_accounts_are_compared_with_the_hospital_s_staff_list(cli: Commands, filed: File) -> None:
    """MFN^M02: who has no account yet; who left and may still log in is a finding until the account is disabled."""
    cli.told("users", "add", "1001", "--name", "Nadia B.", "--role", "nurse")
    cli.told("users", "add", "paul", "--name", "Paul GIRARD", "--role", "pharmacist")
    lines = (
        "MSH|^~\\&|RH|CHU|CF|CF|20260921080000||MFN^M02|m1|P|2.5",
        "MFI|PRA||UPD|||AL",
        "MFE|MAD|||1001|CE",
        "STF|1001||BENALI^NADIA",
        "MFE|MDC|||1002|CE",
        "STF|1002||GIRARD^PAUL",
        "MFE|MAD|||1003|CE",
        "STF|1003||ROCHE^ANNE||||I",
        "MFE|MAD|||1004|CE",
        "STF|1004||DURAND^EVE",
    )
    cli.told("import", filed("staff.hl7", "\r".join(lines).encode() + b"\r"))
    told = cli.told("users", "compare", status=10)
    assert told == {
        "listed": 2,
        "without_account": [{"number": "1004", "name": "DURAND EVE"}],
        "left": [{"login": "paul", "number": "1002", "name": "GIRARD PAUL"}],
    }
    assert "contrefeu users disable paul" in cli("users", "compare").out.decode()
    cli.told("users", "disable", "paul")
    assert cli.told("users", "compare")["left"] == []
