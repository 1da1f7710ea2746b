"""Incidents and declarations from a shell: a named person opens, drafts count what journals hold, the register stays.

Method: the real commands, on a home with messages.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium

File = Callable[[str, bytes], Path]


@pytest.fixture
def staffed(cli: Commands, filed: File) -> Commands:
    """A patient with a result; a coordinator and a nurse, their secrets in files."""
    for login, role in (("crise", "coordinator"), ("nadia", "nurse")):
        secret = filed(f"{login}.secret", f"secret of {login}\n".encode())
        cli.told("users", "add", login, "--name", login, "--role", role, "--secret-file", secret)
    cli.told("import", filed("adt.hl7", admission()), filed("oru.hl7", potassium()))
    return cli


def as_(filed: File, login: str) -> tuple[object, ...]:
    """Who, and where their secret is."""
    return "--as", login, "--secret-file", filed(f"{login}.secret", f"secret of {login}\n".encode())


def test_who_does_not_answer_is_told_how_to(staffed: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked in their language, by name; without a terminal, what to give instead."""
    asked = []

    def nobody(text: str, **_: object) -> str:
        asked.append(text)
        raise typer.Abort

    monkeypatch.setattr("typer.prompt", nobody)
    ran = staffed("incident", "open", "x", "--as", "crise", before=("--lang", "fr"))
    assert (ran.status, asked) == (1, ["Le secret de crise"])
    assert "resté sans réponse" in ran.err and "--secret-file" in ran.err


def test_a_draft_has_somewhere_to_go(staffed: Commands, tmp_path: Path) -> None:
    """A folder that is not there is said before anything is drafted, with what to do."""
    for option in ("--out", "--stix", "--records"):
        ran = staffed("declare", "ars", "--out", tmp_path / "a.pdf", option, tmp_path / "nowhere" / "x")
        assert (ran.status, "make the folder" in ran.err) == (14, True), ran.err
        assert not (tmp_path / "a.pdf").exists()


@pytest.mark.req("L1", "L2", "A3")
def test_an_incident_is_opened_declared_and_closed(staffed: Commands, filed: File, tmp_path: Path) -> None:
    """From the moment of awareness to the register, with the contract's keys; sheet, phone, STIX, records."""
    crise = as_(filed, "crise")
    aware, since = "2026-01-05T03:10:00+01:00", "2026-01-04T00:00:00+01:00"
    opened = staffed.told("incident", "open", "Rançongiciel", "--aware-at", aware, "--since", since, *crise)
    staffed.told("incident", "note", "open", "oui", "--field", "malicious", *crise)
    for wrong in (["note", "open", "  "], ["note", "open", "x", "--field", "measure"], ["open", ""]):
        assert staffed("incident", *wrong, *crise).status == 1, "nobody would read it"
    for late in (["--aware-at", "2026-01-01T03:10"], ["--aware-at", aware, "--since", "2026-01-06T00:00:00+01:00"]):
        assert staffed("incident", "open", "x", *late, *crise).status == 1
    staffed.told("incident", "note", "open", "203.0.113.7", "--field", "indicators", *crise)

    sheet, stix, records = tmp_path / "d.pdf", tmp_path / "d.json", tmp_path / "d.csv"
    told = staffed.told("declare", "nis2-24h", "--out", sheet, "--stix", stix, "--records", records)
    assert told["deadline"] == "2026-01-06T02:10:00.000000Z"
    assert (told["incident"], told["late"], told["awareness_recorded"]) == (opened["incident"], True, True)
    assert told["empty_fields"] == ["contact", "cross_border"]
    assert (told["persons"], told["entries"]) == (1, 2)
    assert told["records_left_elsewhere"] == "unknown"
    assert sheet.read_bytes().startswith(b"%PDF")
    assert b"203.0.113.7" in stix.read_bytes()
    assert records.read_bytes().startswith(b"at,kind,by")

    named = staffed.told("declare", "ars", "--out", sheet)
    assert "declarant" not in named["empty_fields"], "the account says the name and the function"

    phone = staffed("declare", "gdpr-33", "--as", "text")
    assert phone.status == 0, phone.err
    assert "OVERDUE" in phone.out.decode()

    staffed.told(
        "incident", "sent", "open", "nis2-24h", "--at", "2026-01-05T20:00:00+01:00", "--reference", "A-1", *crise
    )
    until = ["incident", "note", "open", "2099-01-08T18:00:00+01:00", "--field", "interim_until", *crise]
    assert staffed(*until[:3], "tomorrow", *until[4:]).status == 1
    staffed.told(*until)
    assert staffed.told("declare", "nis2-interim", "--out", sheet)["deadline"] == "2099-01-08T17:00:00.000000Z"
    (one,) = staffed.told("incident", "list")["incidents"]
    states = {clock["regime"]: clock["state"] for clock in one["clocks"]}
    assert (states["nis2-24h"], states["nis2-interim"]) == ("sent", "running")
    closed = staffed.told("incident", "close", "open", "refait à neuf", *crise)
    unsent = ["ars", "gdpr-33", "nis2-72h", "nis2-progress", "nis2-interim"]
    assert (closed["unsent"], closed["owed"]) == (unsent, [])
    (one,) = staffed.told("incident", "list")["incidents"]
    assert (one["state"], one["outcome"], one["clocks"]) == ("closed", "refait à neuf", [])
    again = staffed.told("declare", "nis2-final", "--incident", one["incident"], "--out", sheet)
    assert again["incident"] == one["incident"], "a closed one can still be declared"


@pytest.mark.req("L1")
def test_without_an_incident_the_draft_says_so(staffed: Commands, tmp_path: Path) -> None:
    """No deadline and nothing counted; with a declared downtime, a deadline that a person must confirm."""
    out = tmp_path / "d.pdf"
    told = staffed.told("declare", "gdpr-33", "--out", out)
    assert (told["deadline"], told["persons"], told["entries"]) == (None, None, None)
    assert "awareness" in told["empty_fields"]
    staffed.told("downtime", "declare", "--reason", "attaque")
    told = staffed.told("declare", "gdpr-33", "--out", out)
    assert told["deadline"] is not None
    assert (told["awareness_recorded"], told["persons"], told["window_assumed"]) == (False, 1, True)
    assert "awareness" in told["empty_fields"]


def test_who_may_not_and_what_cannot_be(staffed: Commands, filed: File, tmp_path: Path) -> None:
    """A nurse opens none; a moment of awareness in the future, an unknown regime, STIX without an incident."""
    nadia, crise = as_(filed, "nadia"), as_(filed, "crise")
    for arguments, what in (
        (("incident", "open", "x", *nadia), "may not do this: declare"),
        (("incident", "open", "x", "--aware-at", "2999-01-01T00:00:00Z", *crise), "lies in the future"),
        (("incident", "note", "open", "x", *crise), "no incident of that name"),
        (("declare", "nis3", "--out", tmp_path / "x.pdf"), "no regime nis3"),
        (("declare", "ars"), "needs a file"),
        (("declare", "ars", "--as", "text", "--stix", tmp_path / "x.json"), "none is open"),
    ):
        ran = staffed(*arguments, "--json")
        assert (ran.status, ran.out) == (1, b""), arguments
        assert what in ran.err


@pytest.mark.req("L3")
def test_a_homes_own_regime_replaces_ours(staffed: Commands, tmp_path: Path) -> None:
    """A file in `regimes` of the home: the same id, another text."""
    folder = staffed.home / "regimes"
    folder.mkdir()
    words = 'fr = "x"\nen = "x"\n'
    (folder / "own.toml").write_text(
        'id = "own"\nversion = "1"\nchecked = "2031-01-01"\nsource = "x"\n'
        f"[title]\n{words}[authority]\n{words}[threshold]\n{words}[clock]\nhours = 6\n"
        '[[fields]]\nid = "cause"\nmandatory = true\nclause = "1"\nfr = "cause"\nen = "cause"\n'
    )
    told = staffed.told("declare", "own", "--out", tmp_path / "own.pdf")
    assert told["empty_fields"] == ["cause"]


def test_a_broken_regime_costs_its_clock_and_not_the_ward_app(cli: Commands) -> None:
    """The pages start with the regimes that come with Contrefeu; `declare` names the file."""
    from contrefeu.cli.node import Node
    from contrefeu.cli.webdeps import _regimes

    (cli.home / "regimes").mkdir()
    (cli.home / "regimes" / "own.toml").write_text("id = ")
    assert "nis2-24h" in _regimes(Node.at(cli.home))
    ran = cli("declare", "nis2-24h", "--as", "text")
    assert (ran.status, "own.toml" in ran.err) == (1, True)
