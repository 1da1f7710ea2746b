"""The audit is given out whole, in forms that others read, without a name or a secret; administration has a list.

Method: the real commands on a home; the events read back with a FHIR R4B reader, and line by line as RFC 5424 says.
"""

import json
import re
from pathlib import Path

import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from tests.cli.conftest import Commands
from tests.cli.messages import admission

HEAD = r"<(\d+)>1 (\d{4}-\d\d-\d\dT[\d:.]+Z) (\S+) contrefeu - (\S{1,32}) "
PAIR = r" [^\s=\"\]]{1,32}=\"(?:[^\"\\\]]|\\.)*\""
LINE = re.compile(rf"{HEAD}\[contrefeu@32473(?:{PAIR})+\] \ufeff.+")


@pytest.fixture
def used(cli: Commands, tmp_path: Path) -> Commands:
    """A home where somebody was looked for and looked at."""
    (tmp_path / "1.hl7").write_bytes(admission())
    cli.told("import", tmp_path / "1.hl7")
    (patient,) = cli.told("find", "MARTIN")["patients"]
    cli("chart", patient["id"])
    cli.told("downtime", "declare", "--reason", "drill")
    return cli


@pytest.mark.req("G4")
def test_the_audit_is_given_out_as_fhir(used: Commands, tmp_path: Path) -> None:
    """Every line is an AuditEvent that a stranger's reader takes; what was searched is left out, unless asked for."""
    out = tmp_path / "audit.ndjson"
    told = used.told("audit", "export", "--as", "fhir", "--out", out)
    lines = out.read_text().splitlines()
    events = [AuditEvent.model_validate(json.loads(line)) for line in lines]
    kinds = [event.subtype[0].code for event in events]
    assert kinds[:2] == ["search", "view"]
    assert kinds[-1] == "export", "that it is given out is the last of it"
    assert (told["events"], out.stat().st_mode & 0o777) == (len(lines), 0o600)
    assert "query" not in out.read_text()
    assert "query" in used("audit", "export", "--as", "fhir", "--with-queries").out.decode()
    assert used("audit", "export", "--as", "fhir", "--since", "2099-01-01T00:00:00Z").out == b""


@pytest.mark.req("G4")
def test_the_audit_is_given_out_as_syslog(used: Commands) -> None:
    """Each line is one message of RFC 5424 with the facts as structured data: no name, no secret."""
    lines = used("audit", "export", "--as", "syslog").out.decode().splitlines()
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found), [line for line, one in zip(lines, found, strict=True) if one is None]
    assert {one[4] for one in found if one} >= {"audit-search", "audit-view", "audit-export"}
    assert {one[1] for one in found if one} == {"110"}
    text = "\n".join(lines)
    assert 'patient="Patient/' in text
    for word in ("MARTIN", "argon2", "secret"):
        assert word not in text
    assert 'query="MARTIN"' in used("audit", "export", "--as", "syslog", "--with-queries").out.decode()


@pytest.mark.req("G4")
def test_administrative_acts_have_a_list(used: Commands) -> None:
    """What was decided and what was commanded, by whom, in order; looks at charts are none of it."""
    told = used.told("audit", "acts")["acts"]
    whats = [one["what"] for one in told]
    assert any(what.startswith("AccountAdded") for what in whats), "the first administrator"
    assert any(what.startswith("DowntimeDeclared") for what in whats)
    assert "audit acts" in whats
    assert [one["at"] for one in told] == sorted(one["at"] for one in told)
    assert not any(what.startswith("Patient/") for what in whats)
    assert "DowntimeDeclared" in used("audit", "acts").out.decode()
