"""What a ward wrote during downtime goes back as HL7 v2, when the target's profile says so, and is held otherwise.

Method: the real commands; a note written into the station's journal as the form writes it; an MLLP listener.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.cli.node import Node
from contrefeu.journal import MEDIA_FHIR, Draft
from tests.cli.conftest import Commands
from tests.cli.messages import IPP, admission
from tests.recovery.targets import Receiver

File = Callable[[str, bytes], Path]
NOTE = {
    "resourceType": "DocumentReference", "status": "current", "docStatus": "final", "date": "2026-11-24T03:05:00+01:00",
    "identifier": [{"system": "urn:ietf:rfc:3986", "value": "urn:uuid:6e1f3c52-6f0f-5c0a-9a70-0c6d5d1b7a11"}],
    "type": {"text": "Transmission"}, "author": [{"display": "Nadia Benali"}],
    "subject": {"identifier": {"system": "urn:oid:1.2.250.1.71.4.2.2", "value": IPP}},
    "content": [{"attachment": {"contentType": "text/plain; charset=utf-8", "data": "ZG9ydA=="}}],
}  # fmt: skip


@pytest.mark.req("R3", "R7", "F33")
def test_a_note_goes_back_once_in_words_of_ours(cli: Commands, filed: File, tmp_path: Path) -> None:
    """Held by the careful profile; written, marked, sent once; what comes back is known as an echo."""
    cli.told("import", filed("day.hl7", admission()))
    node = Node.at(cli.home)
    body = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": NOTE}]}).encode()
    with node.station_appender() as journal:
        journal.append([Draft("user/nadia", MEDIA_FHIR, body, node.clock.now_ns())])
    cli.told("gap", "--against", filed("ehr/day.hl7", admission()), status=10)
    receiver = Receiver()
    careful = cli.told("replay", "--to", receiver.url, status=10)
    assert (careful["planned"], careful["held"], careful["sent"]) == (1, 1, 0)
    profile = tmp_path / "ehr.toml"
    profile.write_text('name = "ehr"\nform = "marked"\nacts = "hl7"\nversion = "2.5.1"\nreceiver = "DPI"\n')
    done = cli.told("replay", "--to", receiver.url, "--profile", profile)
    assert (done["acknowledged"], done["held"], done["sent"]) == (1, 0, 1)
    (message,) = receiver.bodies
    assert b"|MDM^T02^MDM_T02|" in message
    assert b"|P^R|2.5.1|" in message
    assert b"||dort" in message
    assert IPP.encode() in message
    assert cli.told("replay", "--to", receiver.url, "--profile", profile)["sent"] == 0
    cli.told("import", filed("echo.hl7", message))
    gap = cli.told("gap", "--against", filed("ehr2/all.hl7", admission() + message))
    assert (gap["kept_here"]["echo"], gap["present"], gap["missing"]) == (1, 2, 0)
    account = cli.told("reconcile", "--out", tmp_path / "account.pdf")
    assert (account["unaccounted"], account["sound"]) == (0, True)
    receiver.close()
