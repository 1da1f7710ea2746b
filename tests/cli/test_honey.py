"""The security officer lays a honey patient from the command line; care, matching, replay and restore go without it.

Method: the real commands, on a home of the test's own; each use that F46 names is asked.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium
from tests.recovery.targets import Receiver

File = Callable[[str, bytes], Path]
HONEY = "8009999"


def laid() -> bytes:
    """An invented patient, as the identity server registers one: no ward, no stay; and a result."""
    registered = admission("H-1", number=HONEY, name="DUPLESSY^LOUISE", event="A28")
    return b"\r".join(line for line in registered.split(b"\r") if not line.startswith(b"PV1"))


@pytest.fixture
def staffed(cli: Commands, filed: File) -> Commands:
    """Two patients in bed, an invented one in none; a security officer and a nurse."""
    for login, role in (("rssi", "security"), ("nadia", "nurse")):
        secret = filed(f"{login}.secret", f"secret of {login}\n".encode())
        cli.told("users", "add", login, "--name", login, "--role", role, "--secret-file", secret)
    cli.told("import", filed("1.hl7", admission() + potassium() + laid() + potassium("H-2", number=HONEY)))
    return cli


def said(cli: Commands, filed: File, login: str, *words: object, status: int = 0) -> dict[str, object]:
    """`contrefeu honey` by somebody."""
    secret = filed(f"{login}.secret", f"secret of {login}\n".encode())
    ran = cli("honey", *words, "--as", login, "--secret-file", secret, "--json")
    assert ran.status == status, ran.err
    assert status == 0 or "safe" in ran.err
    return ran.told if status == 0 else {}


@pytest.mark.req("F46")
def test_care_goes_without_it_and_a_restore_too(staffed: Commands, filed: File, tmp_path: Path) -> None:
    """Named by one command: out of counts, export, matching, gap, replay and account; found and opened as ever."""
    staffed.told("vault", "add", f"file://{tmp_path}/vault")
    opened = staffed.told("chart", HONEY, "--as", "fhir")
    assert staffed.told("status")["charts"]["patients"] == 2
    named = said(staffed, filed, "rssi", "name", HONEY, "--note", "cardiology")
    assert named["known"] is True
    assert staffed.told("chart", HONEY, "--as", "fhir") == opened
    (hit,) = staffed.told("find", "duplessy")["patients"]
    assert (hit["ward"], [one for one in hit["identifiers"] if HONEY in one] != []) == ("", True)

    assert staffed.told("status")["charts"]["patients"] == 1
    exported = staffed.told("export", "--to", tmp_path / "out")
    assert (exported["patients"], exported["resources"]["Patient"]) == (1, 1)
    assert all(HONEY not in file.read_text() for file in (tmp_path / "out").iterdir())
    assert staffed.told("match", "--temporary", "CHU", "--dry-run")["unmatched"] == 1

    gap = staffed.told("gap", "--against", filed("ehr/day.hl7", admission()), status=10)
    assert (gap["entries"], gap["missing"], gap["extra"]) == (2, 1, 0)
    assert gap["kept_here"]["nobodys"] == 2
    receiver = Receiver()
    replayed = staffed.told("replay", "--to", receiver.url)
    assert (replayed["planned"], receiver.bodies) == (1, [potassium()])
    receiver.close()
    account = staffed.told("reconcile", "--out", tmp_path / "account.pdf")
    assert account["unaccounted"] == 0
    assert account["reasons"]["kept_here"]["nobodys"] == 2

    staffed.told("vault", "copy")
    shares = sorted((staffed.home.parent / "home-shares").glob("share-*.txt"))[:3]
    back = staffed.told("restore", "--from", f"file://{tmp_path}/vault", "--shares", *shares, "--to", tmp_path / "back")
    assert (back["patients"], back["charts_sha256"]) == (1, exported["charts_sha256"])


@pytest.mark.req("F46")
def test_the_list_is_the_officers_alone_and_who_lies_in_a_ward_is_refused(staffed: Commands, filed: File) -> None:
    """A nurse lays none; a number may be laid before it has a chart; a release puts it back."""
    said(staffed, filed, "nadia", "name", HONEY, status=1)
    refused = staffed("honey", "name", "8001234", "--as", "rssi", "--secret-file", filed("s", b"secret of rssi"))
    assert refused.status == 1
    assert "CARDIO" in refused.err
    first = said(staffed, filed, "rssi", "name", HONEY)
    said(staffed, filed, "rssi", "name", "CHU|404")
    staffed.told("import", filed("2.hl7", admission("H-4", number="404", name="LAID^LATER")))
    pack = staffed.told("pack", "--ward", "CARDIO", "--out", filed("x", b"").parent / "pack.pdf")
    assert pack["patients"] == 1, "a feed may say that it lies there: no pack has it"
    listed = said(staffed, filed, "rssi", "list")["honey"]
    assert [(one["numbers"][0].rpartition("|")[2], one["chart"] != "", one["ward"]) for one in listed] == [  # type: ignore[attr-defined]
        (HONEY, True, ""),
        ("404", True, "CARDIO"),
    ]
    said(staffed, filed, "rssi", "release", first["honey"])
    said(staffed, filed, "rssi", "release", first["honey"], status=1)
    assert staffed.told("status")["charts"]["patients"] == 2
