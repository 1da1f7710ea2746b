"""What a ward wrote during downtime goes back as HL7 v2, when the target's profile says so, and is held otherwise.

Method: the real commands; a note written into the station's journal as the form writes it; an MLLP listener.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contrefeu.acts import (
    Act,
    CleanPointSet,
    EntriesDropped,
    EntriesReleased,
    EntriesSetAside,
    IdentitiesLinked,
    decode,
    encode,
)
from contrefeu.cli.node import Node
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, Draft
from tests.cli.conftest import Commands
from tests.cli.messages import IPP, admission, potassium
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
    assert (account["written"], account["written_back"]) == (1, 1)
    receiver.close()


@pytest.mark.req("R3", "R6", "F32")
def test_a_union_goes_back_once_as_long_as_it_stands(cli: Commands, filed: File, tmp_path: Path) -> None:
    """A40 of a number that a feed gave; parted before anything was sent, nobody is told; parted after, a person is."""
    cli.told("import", filed("day.hl7", admission()))
    node = Node.at(cli.home)
    with node.charts() as charts:
        found = charts.chart(IPP)
        assert found is not None
        survivor = found.key

    def says(**more: Any) -> None:
        act = IdentitiesLinked(survivor, "TEMP|7", "2026-11-24T03:00:00Z", **more)
        with node.station_appender() as journal:
            journal.append([Draft("user/ada", MEDIA_ACT, encode(act), node.clock.now_ns())])

    def gap(status: int) -> Any:
        return cli.told("gap", "--against", filed("ehr/day.hl7", admission()), status=status)

    says()
    says(undo=True, reason="twins")
    assert gap(0)["missing"] == 0
    says()
    assert gap(10)["types"]["ADT^A40"] == {"missing": 1}
    receiver = Receiver()
    profile = tmp_path / "ehr.toml"
    profile.write_text('name = "ehr"\nform = "marked"\nacts = "hl7"\n')
    assert cli.told("replay", "--to", receiver.url, "--profile", profile)["acknowledged"] == 1
    (message,) = receiver.bodies
    assert b"|ADT^A40^ADT_A39|" in message
    assert f"PID|1||{IPP}^^^".encode() in message
    assert b"\rMRG|7^^^TEMP^PI\r" in message
    assert cli.told("reconcile", "--out", tmp_path / "a.pdf")["replayed"] == 1
    says(undo=True, reason="twins")
    assert gap(10)["missing"] == 1
    held = cli.told("replay", "--to", receiver.url, "--profile", profile, status=10)
    assert (held["held"], held["sent"]) == (1, 0)
    assert next(iter(held["reasons"])).startswith("two patients after all")
    receiver.close()


@pytest.mark.req("R5")
def test_what_was_set_aside_for_review_goes_once_somebody_released_it(
    cli: Commands, filed: File, tmp_path: Path
) -> None:
    """Received between the last clean moment and the detection: not sent, accounted for; then sent as any other."""
    cli.told("import", filed("day.hl7", admission()))
    node, empty = Node.at(cli.home), tmp_path / "empty"
    empty.mkdir()
    while_ = ("--clean", "2020-01-01T00:00:00Z", "--detected", "2099-01-01T00:00:00Z")
    said = cli("gap", "--against", empty, *while_, before=("--lang", "fr"))
    assert (said.status, "1 mises de côté : en doute, à relire" in said.out.decode()) == (10, True)
    receiver = Receiver()
    first = cli.told("replay", "--to", receiver.url)
    assert (first["set_aside"], first["sent"]) == (1, 0)
    assert cli.told("reconcile", "--out", tmp_path / "a.pdf")["set_aside"] == 1
    (ref,) = [entry.ref for entry in node.entries("", 0, 1 << 63, beyond=[]) if entry.journal.endswith("-capture")]
    with node.station_appender() as journal:
        act = EntriesReleased([ref], "looked at", "2026-11-24T03:00:00Z")
        journal.append([Draft("user/ada", MEDIA_ACT, encode(act), node.clock.now_ns())])
    again = cli.told("replay", "--to", receiver.url)
    assert (again["set_aside"], again["sent"], again["acknowledged"]) == (0, 1, 1)
    assert receiver.bodies == [admission()]
    receiver.close()


@pytest.mark.req("R5")
def test_a_word_about_one_source_sets_its_entries_aside_and_dropped_they_never_go(
    cli: Commands, filed: File, tmp_path: Path
) -> None:
    """Said by a person, of one source; counted at once; dropped by name, no plan sends it, an old one neither."""
    cli.told("import", filed("day.hl7", admission() + potassium()))
    node, empty = Node.at(cli.home), tmp_path / "empty"
    empty.mkdir()
    lab, other = [entry for entry in node.entries("", 0, 1 << 63, beyond=[]) if entry.journal.endswith("-capture")][
        ::-1
    ]
    assert lab.source != other.source

    def says(*acts: Act) -> None:
        with node.station_appender() as journal:
            journal.append([Draft("user/ada", MEDIA_ACT, encode(act), node.clock.now_ns()) for act in acts])

    def set_aside() -> list[EntriesSetAside]:
        said = (decode(one.body) for one in node.entries("", 0, 1 << 63, beyond=[]) if one.media_type == MEDIA_ACT)
        return [act for act in said if isinstance(act, EntriesSetAside)]

    at = "2026-11-24T03:00:00.000000Z"
    says(CleanPointSet(lab.source, "2020-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z", "account stolen", at))
    cli.told("gap", "--against", empty, status=10)
    cli.told("gap", "--against", empty, status=10)
    assert [(act.entries, act.source, act.owner) for act in set_aside()] == [([lab.ref], lab.source, "recovery")]
    old = tmp_path / "old.jsonl"
    receiver = Receiver()
    says(EntriesReleased([lab.ref], "looked at", at))
    cli.told("replay", "--to", receiver.url, "--dry-run", "--plan", old)
    says(EntriesDropped([lab.ref], "written by the attacker", at))
    held = cli.told("replay", "--to", receiver.url, "--plan", old, status=10)
    assert (held["sent"], held["held"]) == (1, 1)
    done = cli.told("replay", "--to", receiver.url)
    assert (done["sent"], done["set_aside"], receiver.bodies) == (0, 1, [other.body])
    account = cli.told("reconcile", "--out", tmp_path / "a.pdf")
    assert account["reasons"]["set_aside"] == {"looked at and dropped: written by the attacker": 1}
    says(CleanPointSet(lab.source, "", "", "host looked at", "2026-11-24T04:00:00.000000Z"))
    receiver.close()


@pytest.mark.req("R5")
def test_what_is_in_doubt_no_longer_is_released(cli: Commands, filed: File, tmp_path: Path) -> None:
    """The clean point moved before anybody looked: the next comparison says so, and the replay sends."""
    cli.told("import", filed("day.hl7", admission()))
    node, empty = Node.at(cli.home), tmp_path / "empty"
    empty.mkdir()
    cli.told("gap", "--against", empty, "--clean", "2020-01-01", "--detected", "2099-01-01", status=10)
    with node.station_appender() as journal:
        word = CleanPointSet("", "", "", "nothing was touched", "2099-01-01T00:00:00.000000Z")
        journal.append([Draft("user/ada", MEDIA_ACT, encode(word), node.clock.now_ns())])
    cli.told("gap", "--against", empty, status=10)
    receiver = Receiver()
    assert cli.told("replay", "--to", receiver.url)["sent"] == 1
    assert cli.told("reconcile", "--out", tmp_path / "a.pdf")["set_aside"] == 0
    receiver.close()


@pytest.mark.req("R5")
def test_what_is_in_doubt_again_is_set_aside_again_unless_somebody_looked_at_it(
    cli: Commands, filed: File, tmp_path: Path
) -> None:
    """In doubt, trusted, in doubt again: a doubt lifted is nobody’s decision about the entry; a person’s is."""
    cli.told("import", filed("day.hl7", admission()))
    node, empty = Node.at(cli.home), tmp_path / "empty"
    empty.mkdir()
    [entry] = [one for one in node.entries("", 0, 1 << 63, beyond=[]) if one.journal.endswith("-capture")]

    def compared(clean: str, minute: int) -> int:
        """How many a replay sets aside, after a word about the source and a comparison."""
        word = CleanPointSet(entry.source, clean, clean and "2099-01-01T00:00:00Z", "w", f"2026-11-24T04:{minute:02}Z")
        says(word)
        cli.told("gap", "--against", empty, status=10)
        told = cli.told("replay", "--to", "mllp://127.0.0.1:9", "--dry-run", "--plan", tmp_path / f"{minute}.jsonl")
        return int(told["set_aside"])

    def says(act: Act) -> None:
        with node.station_appender() as journal:
            journal.append([Draft("user/ada", MEDIA_ACT, encode(act), node.clock.now_ns())])

    assert [compared("2020-01-01T00:00:00Z", 1), compared("", 2), compared("2020-01-01T00:00:00Z", 3)] == [1, 0, 1]
    says(EntriesReleased([entry.ref], "looked at", "2026-11-24T04:03:30Z"))
    assert [compared("", 4), compared("2020-01-01T00:00:00Z", 5)] == [0, 0]
