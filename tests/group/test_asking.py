"""A group is seen from one place in a second, whoever answers; each facility is who its key says, and names nobody.

Method: facilities that answer over TLS on this machine, beside one that hangs, one that is away, one that is another.
"""

import asyncio
import secrets
import socket
import time
from pathlib import Path

import pytest

from contrefeu.base import OperatorError
from contrefeu.group import (
    FacilityTold,
    Group,
    GroupAnswers,
    Member,
    ask_all,
    load_seen,
    member_text,
    merged,
    open_told,
    parse_group,
    save_seen,
    signed_told,
    standings,
)
from contrefeu.group.asking import Answer
from contrefeu.proof import ProofMismatch, Signer
from tests.group.facilities import NAME, answering, member, told
from tests.station.ward_in_memory import NOW_NS

ASKER, OTHER = b"a" * 32, b"o" * 32  # seeds, only in tests
MINUTE_NS = 60 * 10**9


@pytest.fixture(scope="module")
def hanging():
    """An address where a connection is taken and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        yield f"127.0.0.1:{deaf.getsockname()[1]}"


def test_a_hundred_and_twenty_facilities_are_asked_at_once(hanging):
    """Two hang and one is away: each is named, all that hang wait together, and the others have answered meanwhile."""
    names = [f"clinique-{n}" for n in range(118)]
    with answering(names, ASKER) as members:
        away = member("ailleurs", "127.0.0.1:9", secrets.token_bytes(32))
        mute, deaf = (member(name, hanging, secrets.token_bytes(32)) for name in ("muette", "sourde"))
        began = time.monotonic()
        found = asyncio.run(ask_all([mute, *members, away, deaf], ASKER, deadline_s=5))
        assert {name: found[name].problem for name in ("ailleurs", "muette", "sourde")} == {
            "ailleurs": "no-answer", "muette": "no-answer", "sourde": "no-answer",
        }  # fmt: skip
        assert 5 <= time.monotonic() - began < 10, "those that hang had their time, and had it together"
        assert [found[name].told for name in names] == [told(name) for name in names]


def test_who_answers_must_be_who_is_on_file(tmp_path):
    """Another key, a key that is not known over there, a file that was changed: each is said, and nothing is shown."""
    with answering(["parc"], ASKER) as [parc]:
        stranger = Member("parc", parc.place, str(Signer("parc", OTHER).verifier))
        brought = tmp_path / "parc.note"
        brought.write_bytes(signed_told(told(), Signer("parc", OTHER)).replace(b'"free":2', b'"free":9'))
        file = member("usb", f"file://{brought}", OTHER)
        gone = member("partie", f"file://{tmp_path}/none", b"g" * 32)
        found = asyncio.run(ask_all([stranger, file, gone], ASKER))
        assert found == {
            "parc": Answer(None, "another-key"), "usb": Answer(None, "unreadable"), "partie": Answer(None, "no-file"),
        }  # fmt: skip
        assert asyncio.run(ask_all([parc], OTHER))["parc"] == Answer(None, "not-known-there")
        assert asyncio.run(ask_all([parc], ASKER))["parc"].told is not None


def test_a_note_that_is_brought_says_the_same(tmp_path):
    """A share or a stick will do where no line leads: the signature is what is believed."""
    note = tmp_path / "parc.note"
    note.write_bytes(signed_told(told(), Signer("parc", OTHER)))
    found = asyncio.run(ask_all([member("parc", f"file://{note}", OTHER)], ASKER))
    assert found["parc"] == Answer(told())


def test_no_patient_crosses():
    """Charts with a patient in each ward: no name, birth date, number or chart id is in the note; no key of a store."""
    note = signed_told(told(), Signer("parc", OTHER)).decode()
    for private in (NAME, "lodie", "1942", "100234", '"p1"', "nadia", "endpoint", "compliance", "attaque"):
        assert private not in note
    said = open_told(note.encode(), Signer("parc", OTHER).verifier)
    assert (said.total("patients"), said.total("free"), said.total("beds")) == (3, 3, 12)
    assert [(feed.source, feed.silent) for feed in said.feeds] == [("EHR@PARC", False), ("LAB@PARC", True)]
    assert [copy.place for copy in said.copies] == ["s3://charts"]


@pytest.mark.parametrize(
    "text", ["other/v1\n{}\n", "contrefeu/facility-status/v1\n{}\n", "contrefeu/facility-status/v1\n"]
)
def test_what_is_signed_and_no_status_is_refused(text):
    """A key signs other things too: only a status is one."""
    with pytest.raises(ProofMismatch):
        open_told(Signer("parc", OTHER).sign(text), Signer("parc", OTHER).verifier)


def test_silence_keeps_the_last_word_and_its_time():
    """Silent since the first time it was not heard; its numbers stay, with their time; back again, all is new."""
    group = Group([member("parc", "10.0.0.1:8446", OTHER)])
    known = merged({}, {"parc": Answer(told())}, NOW_NS)
    [now] = standings(group, known, NOW_NS)
    assert (now.state, now.since, now.findings) == ("answers", "", ["alarm"])
    for minutes in (1, 2):
        known = merged(known, {"parc": Answer(None, "no-answer")}, NOW_NS + minutes * MINUTE_NS)
    [silent] = standings(group, known, NOW_NS + 3 * MINUTE_NS)
    assert (silent.state, silent.problem, silent.told) == ("silent", "no-answer", told())
    assert silent.since == known["parc"].heard, "since it was last heard, not since it was last asked"
    assert "unreachable" in silent.findings
    known = merged(known, {"parc": Answer(told(now_ns=NOW_NS + 4 * MINUTE_NS))}, NOW_NS + 4 * MINUTE_NS)
    assert standings(group, known, NOW_NS + 4 * MINUTE_NS)[0].state == "answers"


@pytest.mark.parametrize("minutes", [-6, 6])
def test_old_numbers_are_old_whichever_way_the_clock_is_wrong(minutes):
    """A node that answers and no longer counts is said to be old; so is one whose clock runs ahead."""
    group = Group([member("parc", "10.0.0.1:8446", OTHER)], stale_minutes=5)
    known = merged({}, {"parc": Answer(told(now_ns=NOW_NS))}, NOW_NS)
    [found] = standings(group, known, NOW_NS + minutes * MINUTE_NS)
    assert (found.state, found.findings) == ("old", ["old", "alarm"])


def test_what_was_known_outlives_the_process(tmp_path):
    """And a file that cannot be read costs what it said, nothing else."""
    known = merged({}, {"parc": Answer(told()), "b": Answer(None, "no-answer")}, NOW_NS)
    path = tmp_path / "group" / "seen.json"
    save_seen(path, known)
    assert load_seen(path) == known
    path.write_text("{")
    assert load_seen(path) == load_seen(tmp_path / "none") == {}


KEY, KEY2 = (str(Signer("parc", seed).verifier) for seed in (OTHER, ASKER))
LINE = member_text(Member("Parc", "10.0.0.1:8446", KEY))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("x", "not TOML"),
        ("a = 1", "unknown field"),
        (LINE + LINE, "the name or the key"),
        (LINE + member_text(Member("Mer", "10.0.0.2:8446", KEY)), "the name or the key"),
        (member_text(Member("Parc", "parc.example.org:8446", KEY)), "in no place"),
        (member_text(Member("Parc", "10.0.0.1", KEY)), "in no place"),
        (member_text(Member("Parc", "file://server/share", KEY)), "in no place"),
        (member_text(Member("Parc", "10.0.0.1:8446", "parc+x")), "key"),
    ],
)
def test_a_group_that_cannot_be_is_refused(text, wrong):
    """With what is wrong; an address is an IP address: nothing waits for a name service that is down."""
    with pytest.raises(OperatorError, match=wrong):
        parse_group(text)


def test_a_group_is_read_as_it_is_written():
    """One file, one facility a paragraph; IPv6 and notes in files too."""
    text = LINE + member_text(Member('La "Mer"', "[::1]:8446", KEY2))
    found = parse_group(text)
    assert [(one.name, one.address) for one in found.facilities] == [
        ("Parc", ("10.0.0.1", 8446)),
        ('La "Mer"', ("::1", 8446)),
    ]


@pytest.mark.parametrize("askers", [[], ["nobody"]])
def test_nobody_is_answered_by_accident(askers):
    """A listener without askers, or with a line that is no key, does not start."""
    with pytest.raises(OperatorError):
        GroupAnswers(OTHER, askers, bytes)


def test_a_node_that_has_not_counted_yet_says_so(tmp_path: Path):
    """It is there, and has nothing to say: not taken for one that refuses."""

    async def asked() -> FacilityTold | str:
        server = GroupAnswers(OTHER, [str(Signer("siege", ASKER).verifier)], bytes)
        host, port = await server.listen("127.0.0.1", 0)
        found = await ask_all([member("parc", f"{host}:{port}", OTHER)], ASKER)
        server.close()
        return found["parc"].problem

    assert asyncio.run(asked()) == "nothing-said"
