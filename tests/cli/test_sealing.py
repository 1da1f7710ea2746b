"""A document is sealed to a role, opened by its words or by the custodians, after a rotation and a restore too (F45).

Method: the real commands on a home with a vault; every file of the home searched for what must not be read.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.custody import Rotation
from tests.cli.conftest import Commands
from tests.cli.messages import IPP, admission

File = Callable[[str, bytes], Path]
SECRET = b"dit en toute confiance"
RULES = b"""
[feeds.psy]
senders = ["PSY@CHU"]

[[feeds.psy.seal]]
role = "psychiatrie"
restricted = true
"""


def report(control_id: str = "P-1", secret: bytes = SECRET) -> bytes:
    """A restricted document of the patient."""
    return (
        (
            f"MSH|^~\\&|PSY|CHU|CF|CHU|20261124050000||MDM^T02|{control_id}|P|2.5\r"
            f"PID|1||{IPP}^^^CHU&1.2.250.1.71.4.2.2&ISO^PI||MARTIN^ELOISE\r"
            "TXA|1|CR^Entretien||20261124|||||^LENOIR|||D9^PSY|||||AU|R\r"
        ).encode()
        + b"OBX|1|TX|E^Entretien||"
        + secret
        + b"||||||F\r"
    )


@pytest.fixture
def sealed(cli: Commands, filed: File) -> tuple[Commands, str]:
    """A home whose feed has a rule, with a patient and a sealed document; and the role's words."""
    words = str(cli.told("keys", "role", "psychiatrie")["words"])
    with (cli.home / "contrefeu.toml").open("ab") as settings:
        settings.write(RULES)
    told = cli.told("import", filed("1.hl7", admission() + report() + report()))
    assert (told["charted"], told["duplicates"]) == (2, 1), "a repeat of what is sealed is known"
    return cli, words


def ref(cli: Commands) -> str:
    """The entry of the document."""
    entries = cli.told("journal", "show")["entries"]
    found = next(one for one in entries if one["media_type"] == "application/vnd.contrefeu.sealed")
    return f"{found['journal']}/{found['seq']}"


def unseal(cli: Commands, filed: File, words: str, status: int = 0) -> bytes:
    """What the words open."""
    ran = cli("journal", "unseal", "--entry", ref(cli), "--words-file", filed("words", words.encode()))
    assert ran.status == status, ran.err
    return ran.out


def shares(folder: Path) -> list[Path]:
    """Three of the custodians' shares."""
    return sorted(folder.glob("share-*.txt"))[:3]


@pytest.mark.req("F45")
def test_a_document_is_on_the_chart_and_what_stands_in_it_is_not(sealed, filed) -> None:
    """Chart, export and every file of the home: nothing of it; its words open it byte for byte, others do not."""
    cli, words = sealed
    text = cli("chart", IPP).out.decode()
    assert "Sealed document, for psychiatrie" in text
    assert SECRET.decode() not in text
    cli.told("export", "--to", cli.home.parent / "out")
    for folder in (cli.home, cli.home.parent / "out"):
        assert not [path for path in folder.rglob("*") if path.is_file() and SECRET in path.read_bytes()]
    assert unseal(cli, filed, words.upper()) == report()
    assert unseal(cli, filed, "academic acid", 10) == b""
    assert cli("audit", "export", "--as", "fhir").out.count(ref(cli).encode()) >= 2, (
        "who opened it, and who tried, is in the audit"
    )
    ran = cli("journal", "unseal", "--entry", ref(cli).replace("/2", "/1"), "--words-file", filed("w", words.encode()))
    assert (ran.status, "no sealed document" in ran.err) == (1, True)


@pytest.mark.req("F45", "C4")
@pytest.mark.parametrize("asked", [("journal", "unseal"), ("journal", "show"), ("journal", "prove")])
def test_another_hospitals_shares_are_told_as_such(sealed, tmp_path, asked) -> None:
    """Nothing here was ever sealed to their key: that is said, with the key that this hospital's name."""
    cli, _words = sealed
    entry = ref(cli)
    assert cli.at(tmp_path / "next" / "home")("init", "--shares-out", tmp_path / "theirs").status == 0
    asking = (*asked, "--entry", entry, "--shares")
    ran = cli(*asking, *shares(tmp_path / "theirs"), before=("--lang", "fr"))
    assert (ran.status, "d’un autre hôpital" in ran.err) == (14, True)
    force = cli.told("keys", "status")["recipients"][-1]["fingerprint"]
    assert force[:16] in ran.err
    assert cli(*asking, *shares(tmp_path / "home-shares")).status == 0


@pytest.mark.req("F45", "C4")
def test_custodians_open_it_after_a_rotation_and_a_restore(sealed, filed, tmp_path) -> None:
    """By the shares in force; the restored node has the role's key again, and seals with it."""
    cli, words = sealed
    url = f"file://{tmp_path}/vault"
    cli("vault", "add", url)
    old, new = shares(tmp_path / "home-shares"), tmp_path / "new"
    assert cli("journal", "unseal", "--entry", ref(cli), "--shares", *old).out == report()
    cli.told("keys", "rotate", "--shares", *old, "--shares-out", new)
    assert cli("journal", "unseal", "--entry", ref(cli), "--shares", *shares(new)).out == report()
    cli.told("import", filed("later.hl7", report("P-3")))
    later = next(one for one in reversed(cli.told("journal", "show")["entries"]) if one["source"] == "PSY@CHU")
    asking = ("journal", "unseal", "--entry", f"{later['journal']}/{later['seq']}", "--shares", *old)
    ran = cli(*asking, before=("--lang", "fr"))
    former, force = (one["fingerprint"][:16] for one in cli.told("keys", "status")["recipients"])
    assert (ran.status, f"nomment la clé {force} ; celles-ci nomment {former}" in ran.err) == (14, True)
    again = cli.told("keys", "rotate", "--shares", *old, "--shares-out", new)
    assert again["shares"] == [], "done again, nothing is made twice"
    settings = (cli.home / "contrefeu.toml").read_text()
    assert cli("vault", "copy").status == 0
    shutil.rmtree(cli.home)
    back = cli.at(tmp_path / "back")
    back.told("restore", "--from", url, "--shares", *shares(new), "--to", back.home)
    assert "Sealed document, for psychiatrie" in back("chart", IPP).out.decode()
    assert unseal(back, filed, words) == report(), "the words are enough, wherever the journal is"
    if "[feeds.psy]" not in (back.home / "contrefeu.toml").read_text():
        with (back.home / "contrefeu.toml").open("ab") as file:
            file.write(RULES)
    assert "[feeds.psy]" in settings
    told = back.told("import", filed("2.hl7", report("P-2")))
    assert told["charted"] == 1
    assert not [path for path in back.home.rglob("*") if path.is_file() and SECRET in path.read_bytes()]
    assert back.told("keys", "status")["roles"][0]["fingerprint"]


@pytest.mark.req("F45")
def test_nothing_is_taken_in_clear_for_want_of_a_key(cli: Commands, filed: File) -> None:
    """A rule whose role has no key: named, before anything is read; a role has one key until somebody says again."""
    with (cli.home / "contrefeu.toml").open("ab") as settings:
        settings.write(RULES)
    ran = cli("import", filed("1.hl7", report()))
    assert (ran.status, "contrefeu keys role psychiatrie" in ran.err) == (1, True)
    assert cli("up", "--web", "127.0.0.1:0", "--mllp", "127.0.0.1:0").status == 1
    assert "role-without-key" in cli.told("keys", "status", status=10)["alarms"]
    for name in ("Psy", "a/b", "", "x" * 40):
        assert cli("keys", "role", name).status in {1, 2}
    first = cli.told("keys", "role", "psychiatrie")
    assert cli("keys", "role", "psychiatrie").status == 1
    cli.told("import", filed("1.hl7", admission() + report()))
    second = cli.told("keys", "role", "psychiatrie", "--again")
    assert first["words"] != second["words"]
    assert unseal(cli, filed, str(first["words"])) == report(), "what was sealed before opens with the former words"
    assert unseal(cli, filed, str(second["words"]), 10) == b""


@pytest.mark.req("F45")
def test_the_words_that_people_read_open_what_is_sealed(cli: Commands, filed: File) -> None:
    """As a person copies them from the screen: two lines of four words."""
    shown = cli("keys", "role", "psychiatrie").out.decode().splitlines()
    words = [line.strip() for line in shown if line.startswith("  ")]
    assert [len(line.split()) for line in words] == [4, 4]
    with (cli.home / "contrefeu.toml").open("ab") as settings:
        settings.write(RULES)
    cli.told("import", filed("1.hl7", admission() + report()))
    assert unseal(cli, filed, "\n".join(words)) == report()


@pytest.mark.req("F45")
def test_an_interrupted_rotation_leaves_no_document_closed(sealed, tmp_path, monkeypatch) -> None:
    """Killed when the new key is in force and the copies are not made: the old shares finish it."""
    cli, _ = sealed
    old, new = shares(tmp_path / "home-shares"), tmp_path / "new"

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Rotation, "finish", killed)
        cli("keys", "rotate", "--shares", *old, "--shares-out", new)
    cli.told("keys", "rotate", "--shares", *old, "--shares-out", new)
    assert cli("journal", "unseal", "--entry", ref(cli), "--shares", *shares(new)).out == report()
