"""An export in FHIR that is older lacks what came after: no entry of after is called present.

Method: a simulated hospital's messages; the charts of the first two thirds are what a restored system gives; every
message is judged, and those of the last third must be missing, different, or taken back by another of them. Then the
charts of all of them are the export, and nothing may be missing of what FHIR can show.
"""

from pathlib import Path

import pytest

from contrefeu.base import parse_rfc3339
from contrefeu.chart import fold_apart
from contrefeu.drill import Hospital
from contrefeu.hl7 import peek
from contrefeu.journal import MEDIA_HL7V2, Entry
from contrefeu.mapping import FeedRules, Reading, Rules, read
from contrefeu.recovery import TABLES, scratch
from contrefeu.recovery.likeness import Likeness
from contrefeu.recovery.resources import Resources
from tests.cli.messages import admission

START = parse_rfc3339("2026-03-02T07:00:00+01:00")


def lived(beds: int, hours: float) -> list[Entry]:
    """What a house's systems send, each message once."""
    bodies = [one.message for one in Hospital(11, beds, "fr", START).run(hours) if not one.repeat]
    sources = [header.source if (header := peek(body)) else "" for body in bodies]
    return [
        Entry("n1-capture", n, n, n, source, MEDIA_HL7V2, body)
        for n, (source, body) in enumerate(zip(sources, bodies, strict=True), 1)
    ]


def judged(folder: Path, held: list[Entry], readings: list[Reading]) -> list[str | None]:
    """What is said of each message, given that the charts of *held* are what is there."""
    with scratch(folder, "gap", *TABLES) as table:
        resources = Resources(table, Likeness())
        for _, bundle in fold_apart(held, Rules()):
            assert resources.hold(bundle)
        for reading in readings:
            resources.hear(reading)
        return [resources.judge(reading) for reading in readings]


@pytest.mark.req("R2")
def test_what_came_after_an_export_is_never_called_present(tmp_path: Path) -> None:
    """Of the last third; what was taken back since is said to be so, and of the older part nothing new is missing."""
    entries = lived(12, 60)
    readings = [read(entry, FeedRules()) for entry in entries]
    cut = len(entries) * 2 // 3
    states = judged(tmp_path, entries[:cut], readings)
    called = [readings[n].kind for n in range(cut, len(entries)) if states[n] is None]
    assert (called, len(entries) - cut > 300) == ([], True)
    assert "void" in states[cut:], "nobody took a movement back: another seed"


def transfer(control_id: str, hour: str, event: str = "A02") -> bytes:
    """A transfer at an hour, or its cancellation; both by the number of the movement (ZBE)."""
    body = admission(control_id, event=event).replace(b"20261124030000", f"20261124{hour}0000".encode())
    body = body.replace(b"CARDIO^112^3", b"CARDIO^112^7")
    action = "CANCEL" if event == "A12" else "INSERT"
    return body + f"ZBE|M7^GAP|20261124{hour}0000||{action}|N|A02\r".encode()


@pytest.mark.req("R2", "F27")
def test_a_cancellation_is_missing_where_the_step_stands_still(tmp_path: Path) -> None:
    """The older system shows the transfer: what takes it back is lacking; one that has neither lacks nothing."""
    bodies = [admission(), transfer("T-1", "05"), transfer("T-2", "05", "A12")]
    entries = [Entry("n1-capture", n, n, n, "A@CHU", MEDIA_HL7V2, body) for n, body in enumerate(bodies, 1)]
    readings = [read(entry, FeedRules()) for entry in entries]
    assert judged(tmp_path, entries[:1], readings) == [None, "void", "void"]
    assert judged(tmp_path, entries[:2], readings) == [None, "void", "missing"]
    assert judged(tmp_path, entries, readings) == [None, "void", "void"]


@pytest.mark.req("R2", "F32")
def test_a_union_is_missing_where_both_are_patients_still(tmp_path: Path) -> None:
    """Two people of one name: the older system has both; the newer one has the lost number with the one who stays."""
    merge = admission("M-1", event="A40").split(b"PV1|")[0] + b"MRG|8009999^^^CHU&1.2.250.1.71.4.2.2&ISO^PI\r"
    bodies = [admission(), admission("A-2", number="8009999"), merge]
    entries = [Entry("n1-capture", n, n, n, "A@CHU", MEDIA_HL7V2, body) for n, body in enumerate(bodies, 1)]
    readings = [read(entry, FeedRules()) for entry in entries]
    assert judged(tmp_path, entries[:2], readings)[2] == "missing"
    assert judged(tmp_path, entries, readings)[2] is None
