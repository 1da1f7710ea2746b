"""What a refuse list is about never reaches the journal, and is counted; all else does, as ever (F45).

Method: rules of each kind against messages that they are about and messages that they nearly are; then a listener on
a real socket.
"""

import asyncio
from pathlib import Path

import pytest

from contrefeu.capture import Refusals, RefusedCounts
from contrefeu.hospital import FeedSettings, RefuseSettings
from contrefeu.journal import MEDIA_CDA, MEDIA_FHIR, MEDIA_HL7V2
from tests.capture.house import Sender, house

FEED = "CPAGE@CHU"


def message(*segments: str, kind: str = "ADT^A01", control_id: str = "A-1", header: str = "") -> bytes:
    """A message of the feed."""
    msh = f"MSH|^~\\&|CPAGE|CHU|CF|CHU|20261124030000||{kind}|{control_id}|P|2.5{header}"
    return "\r".join((msh, "PID|1||123^^^CHU^PI||ESSAI^ADA", *segments, "")).encode()


def refusals(*rules: RefuseSettings) -> Refusals:
    """The refuse list of one feed."""
    return Refusals((), {"adt": FeedSettings([FEED], refuse=list(rules))})


MDM = message("TXA|1|11488-4^Consult^LN", kind="MDM^T02")
STAFF = message("PV1|1|I|PERS^12^A")


@pytest.mark.parametrize(
    ("rule", "about", "near"),
    [
        (RefuseSettings(message="MDM"), MDM, message(kind="ADT^A08")),
        (RefuseSettings(message="ADT^A01"), STAFF, message(kind="ADT^A08")),
        (RefuseSettings(ward="PERS"), STAFF, message("PV1|1|I|PERSO^12^A")),
        (RefuseSettings(ward="PERS"), message("PV1|1|I|CARD|||||||PERS"), message("PV1|1|I|CARD|||PERS")),
        (
            RefuseSettings(ward="3001"),
            message("ZBE|1^X|2026||INSERT|N||^^^^^^^^^3001"),
            message("ZBE|3001^X|2026||INSERT|N||^^^^^^^^^4001"),
        ),
        (RefuseSettings(document="11488-4"), MDM, message("TXA|1|11490-0^Sortie^LN", kind="MDM^T02")),
        (
            RefuseSettings(document="11488-4"),
            message("OBR|1|||LOC^x^L^11488-4^y^LN", kind="ORU^R01"),
            message("NTE|1||11488-4", kind="ORU^R01"),
        ),
        (
            RefuseSettings(path="PID-3.5", value="EMP"),
            message().replace(b"^PI|", b"^PI~9^^^RH^EMP|"),
            message(),
        ),
        (RefuseSettings(message="MDM", ward="PERS"), message("PV1|1|I|PERS", kind="MDM^T02"), STAFF),
    ],
    ids=["type", "type and event", "ward", "service", "unit", "TXA-2", "OBR-4.4", "a repetition", "both"],
)
@pytest.mark.req("F45")
def test_a_rule_is_about_what_it_says_and_nothing_else(rule, about, near):
    """A message is refused when all that the rule says is so; one that nearly is, is kept."""
    found = refusals(rule)
    assert (found.rule(FEED, MEDIA_HL7V2, about), found.rule(FEED, MEDIA_HL7V2, near)) == ("adt/1", "")
    assert found.rule("LABO@CHU", MEDIA_HL7V2, about) == "", "rules are of a feed"


CDA = b'<ClinicalDocument xmlns="urn:hl7-org:v3"><id/><code code="11488-4"/><title>x</title><code code="1"/>'


@pytest.mark.parametrize(
    ("media_type", "body", "refused"),
    [
        (MEDIA_CDA, CDA, True),
        (MEDIA_CDA, CDA.replace(b"11488-4", b"2"), False),
        (MEDIA_FHIR, b'{"resourceType":"DocumentReference","type":{"coding":[{"code":"11488-4"}]}}', True),
        (MEDIA_FHIR, b'{"entry":[{"resource":{"code":{"coding":[{"code":"11488-4"}]}}}]}', True),
        (MEDIA_FHIR, b'{"entry":[{"resource":{"code":"11488-4"}},7,null]}', False),
        (MEDIA_FHIR, b"[" * 100_000, False),
        ("application/pdf", b"11488-4", False),
    ],
)
@pytest.mark.req("F45")
def test_documents_in_other_languages_are_refused_by_their_code(media_type, body, refused):
    """A CDA document, a FHIR resource or one in a Bundle; nothing that merely holds the text."""
    found = refusals(RefuseSettings(name="consults", document="11488-4"), RefuseSettings(message="MDM", document="2"))
    assert found.rule(FEED, media_type, body) == ("consults" if refused else "")


@pytest.mark.req("F45", "C3")
def test_what_nobody_can_read_is_kept():
    """No MSH, other bytes: no rule says anything about it; and a whole sender needs no reading."""
    assert refusals(RefuseSettings(message="MDM")).rule(FEED, MEDIA_HL7V2, b"MSH") == ""
    assert Refusals([FEED]).rule(FEED, MEDIA_HL7V2, b"MSH") == FEED


@pytest.mark.req("F45", "F28")
def test_refused_messages_are_answered_counted_and_not_kept(tmp_path: Path) -> None:
    """In their turn among others; as the profile demands; a frame that was cut is not kept of such a feed."""
    rules = [RefuseSettings(name="staff", ward="PERS"), RefuseSettings(message="MDM")]
    feeds = {"adt": FeedSettings([FEED], on_refuse="AR", refuse=rules)}
    counts = RefusedCounts(tmp_path / "feeds" / "refused.json")

    async def story() -> None:
        async with house(tmp_path, feeds=feeds, refused=counts) as h:
            sender = await Sender.to(h.address)
            kept = message(control_id="A-2")
            for body in (STAFF, kept, MDM.replace(b"A-1", b"A-3").replace(b"|2.5", b"|2.5|||AL|NE")):
                sender.writer.write(b"\x0b" + body + b"\x1c\r")
            for wanted in (b"MSA|AR|A-1", b"MSA|AA|A-2", b"MSA|CR|A-3"):
                assert wanted in await sender.answer()
            sender.writer.write(b"\x0b" + STAFF[:80])
            await sender.writer.drain()
            sender.close()
            await asyncio.sleep(0.1)
            assert [entry.body for entry in h.entries()] == [kept]
            assert h.listener.counts.refused_by_rule == {"staff": 1, "adt/2": 1, "adt/cut": 1}

    asyncio.run(story())
    counts.save()
    again = RefusedCounts(tmp_path / "feeds" / "refused.json")
    assert again.by_rule == {"staff": 1, "adt/2": 1, "adt/cut": 1}, "a restart goes on counting"


@pytest.mark.req("F45")
def test_a_sender_without_rules_is_not_read(monkeypatch):
    """The hot path: one look-up, no parsing, whatever other feeds have."""
    found = refusals(RefuseSettings(message="MDM"))
    monkeypatch.setattr("contrefeu.capture.refuse.Message", None)
    assert found.rule("LABO@CHU", MEDIA_HL7V2, MDM) == ""
