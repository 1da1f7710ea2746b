"""Text is read in the character set that its sender means, or the doubt is noted; no byte is dropped.

Method: the same name in every set of HL7 table 0211, as senders declare and misdeclare it.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.hl7 import Message, decode, peek
from tests.real import hl7_messages


def _message(named: str, name: bytes) -> Message:
    head = f"MSH|^~\\&|A|B|C|D|20261124||ADT^A01|1|P|2.5||||||{named}\rPID|1||1||".encode()
    return Message.parse(head + name + b"\r")


@pytest.mark.parametrize(
    ("named", "codec", "name"),
    [
        ("ASCII", "ascii", "LEFEVRE"),
        ("8859/1", "latin-1", "LEFÈVRE^Zoé"),
        ("8859/2", "iso8859-2", "DVOŘÁK^Jiří"),
        ("8859/3", "iso8859-3", "Ħal Għaxaq"),
        ("8859/4", "iso8859-4", "Kalnāja"),
        ("8859/5", "iso8859-5", "Иванов"),
        ("8859/6", "iso8859-6", "علي"),
        ("8859/7", "iso8859-7", "Παπαδόπουλος"),
        ("8859/8", "iso8859-8", "כהן"),
        ("8859/9", "iso8859-9", "Yıldız Ğ"),
        ("8859/15", "iso8859-15", "Cœur €"),
        ("UNICODE UTF-8", "utf-8", "Łukasz 王 Zoé"),
        ("UTF-8", "utf-8", "Zoé"),
        ("GB 18030-2000", "gb18030", "王小明"),
        ("BIG-5", "big5", "王小明"),
        ("KS X 1001", "euc_kr", "홍길동"),
    ],
)
def test_the_sets_of_msh_18_are_read(named, codec, name):
    """What MSH-18 names is what is used."""
    message = _message(named, name.encode(codec))
    assert "^".join(rep.raw for rep in message.segments[1].reps(5)) == name
    assert message.problems == []


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_wide_messages_are_read(codec):
    """UTF-16 and UTF-32 with and without their mark, read from the bytes whatever MSH-18 says."""
    text = "MSH|^~\\&|A|B|C|D|20261124||ADT^A01|7|P|2.5||||||UNICODE UTF-16\rPID|1||1||LEFÈVRE^王\r"
    message = Message.parse(text.encode(codec))
    assert (message.control_id, message.text("PID", 5, 1), message.text("PID", 5, 2)) == ("7", "LEFÈVRE", "王")
    assert message.problems == []


JAPANESE = "山田^太郎"


@pytest.mark.parametrize("named", ["ISO IR87", "~ISO IR87", "ASCII~ISO IR87", "ISO IR6~ISO IR87~ISO IR159"])
def test_japanese_switches_are_read_wherever_they_are_named(named):
    """ISO 2022 by ESC: its two-byte characters hold |, ^ and ~ as bytes, so it is decoded before it is split."""
    message = _message(named, JAPANESE.encode("iso2022_jp"))
    assert (message.text("PID", 5, 1), message.text("PID", 5, 2)) == ("山田", "太郎")
    assert message.problems == []


def test_kanji_beside_half_width_katakana_is_read():
    """The three forms of a Japanese name: katakana of eight bits, then kanji by a switch; a segment begins anew."""
    body = (
        b"MSH|^~\\&|A|B|C|D|20261124||ADT^A01|7|P|2.5||||||ISO IR14~ISO IR87\r"
        b"PID|1||1||\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J\rPV1|1|I\r"
    )
    message = Message.parse(body)
    assert message.segments[1].raw(5) == "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎"
    assert (message.problems, message.text("PV1", 2)) == ([], "I")


def test_switches_written_as_hl7_escapes_are_read():
    """\\M2442\\ is ESC $ B and \\C2842\\ is ESC ( B (2.7.3): a sender whose link takes no ESC writes them so."""
    sent = JAPANESE.encode("iso2022_jp").replace(b"\x1b$B", b"\\M2442\\").replace(b"\x1b(B", b"\\C2842\\")
    message = _message("~ISO IR87", sent)
    assert (message.text("PID", 5, 1), message.text("PID", 5, 2)) == ("山田", "太郎")


@pytest.mark.req("F34")
@pytest.mark.parametrize(
    ("named", "sent", "read", "codec"),
    [
        ("8859/1", "L’Haÿ “cœur” 5 €".encode("cp1252"), "L’Haÿ “cœur” 5 €", "cp1252"),
        ("8859/1", "Zoé LEFÈVRE".encode(), "Zoé LEFÈVRE", "utf-8"),
        ("8859/15", "Zoé".encode(), "Zoé", "utf-8"),
        ("ASCII", "Zoé".encode("latin-1"), "Zoé", "cp1252"),
        ("UNICODE UTF-8", "Zoé".encode("latin-1"), "Zoé", "cp1252"),
        ("8859/99", "Zoé".encode(), "Zoé", "utf-8"),
        ("", "Zoé".encode("latin-1"), "Zoé", "cp1252"),
    ],
)
def test_a_set_sold_under_another_name_is_read_and_noted(named, sent, read, codec):
    """windows-1252 as 8859/1, UTF-8 as 8859/1, 8859/1 as UTF-8: names come out right, and the doubt is told."""
    message = _message(named, sent)
    assert (message.text("PID", 5), message.codec) == (read, codec)
    assert len(message.problems) == 1
    assert read not in message.problems[0]


@pytest.mark.req("F34")
def test_a_profile_goes_before_msh_18():
    """A feed known to lie about its set is read by its profile."""
    body = "MSH|^~\\&|A|B|C|D|2026||ADT|1|P|2.5||||||8859/1\rPID|||||Дом\r".encode("iso8859-5")
    assert Message.parse(body, "8859/5").text("PID", 5) == "Дом"


@pytest.mark.req("C3")
@given(
    body=st.binary(max_size=80), named=st.sampled_from(["", "ASCII", "8859/1", "8859/6", "UNICODE UTF-8", "ISO IR87"])
)
def test_decoding_never_fails(body, named):
    """Any bytes under any name give text; one-byte sets give one character a byte."""
    text, codec, problem = decode(body, named)
    assert isinstance(text, str)
    if codec in {"latin-1", "cp1252"} and not problem.startswith("MSH-18 names '"):
        assert len(text) == len(body)


@pytest.mark.parametrize("byte", range(0x80, 0x100))
def test_every_byte_has_a_character(byte):
    """The holes of windows-1252 are the control codes of 8859/1: nothing becomes a question mark."""
    text, _, _ = decode(bytes([0x41, byte, 0x41]), "8859/1")
    assert len(text) == 3
    assert "\ufffd" not in text


def test_the_header_is_read_in_its_own_set():
    """A sender's name with accents is the same name in the journal as in its messages."""
    body = "MSH|^~\\&|BIOCHIMIE É|HÔPITAL|C|D|20261124||ADT^A01|1|P|2.5||||||8859/1\r".encode("latin-1")
    header = peek(body)
    assert header is not None
    assert header.source == "BIOCHIMIE É@HÔPITAL" == Message.parse(body).source


def test_real_character_sets_are_read():
    """Messages that others published to try character sets come out without a replacement character."""
    found = [one for one in hl7_messages(every=40) if not one.body.isascii() and b"\xef\xbf\xbd" not in one.body]
    assert len(found) >= 5
    for one in found:
        assert not any("\ufffd" in segment.line for segment in Message.parse(one.body).segments), one.name
