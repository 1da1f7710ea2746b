"""A message that has an MSH is always read, exactly as it was sent.

Method: messages written out here field by field; then random bytes after MSH, and random damage to the real messages
of tests/data/.
"""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.hl7 import STANDARD, Delimiters, Message, NotHl7, peek, sender_of
from tests.real import hl7_messages

MSH = "MSH|^~\\&|LAB^1.2.3^ISO|CHU|EHR|CHU|20261124083000||ORU^R01^ORU_R01|A1|P|2.5"


def _read(*segments: str, end: str = "\r") -> Message:
    return Message.parse(end.join(segments).encode() + end.encode())


def _walk(message: Message) -> None:
    """Ask for everything, as mapping would."""
    assert message.header.name == "MSH"
    for segment in message.segments:
        for field in range(len(segment.fields) + 1):
            segment.is_null(field)
            segment.whole(field)
            segment.text(field, 2, 2, 1)
            for rep in segment.reps(field):
                assert all(isinstance(part, str) for part in rep.components)
                rep.text(3, 2)
    assert (message.code, message.event, message.source, message.control_id) is not None


def test_fields_are_found_by_their_number_in_the_standard():
    """MSH-1 is the separator itself, so MSH-9 is the ninth; repetitions, components and subcomponents follow."""
    message = _read(MSH, "PID|1||123^^^CHU&1.2&ISO^PI~456^^^INS|x|A&B^C")
    pid = message.segments[1]

    assert (message.code, message.event, message.structure) == ("ORU", "R01", "ORU_R01")
    assert (message.control_id, message.processing_id, message.version) == ("A1", "P", "2.5")
    assert message.source == "LAB@CHU"
    assert message.header.raw(1) == "|"
    assert message.header.raw(2) == "^~\\&"
    assert [rep.text(1) for rep in pid.reps(3)] == ["123", "456"]
    assert (pid.text(3, 4, 2), pid.text(3, 4, 3), pid.text(3, 4, 1, 1)) == ("1.2", "ISO", "INS")
    assert (pid.text(5, 1, 2), pid.text(5, 2), pid.text(5, 3)) == ("B", "C", "")


@pytest.mark.req("F1")
def test_absent_and_cleared_are_told_apart():
    """Not sent, sent empty, and sent as "" are three things; none of them is a text."""
    pid = _read(MSH, 'PID|1||""|&^|""^x').segments[1]
    assert (pid.is_null(3), pid.has(3), pid.text(3)) == (True, False, "")
    assert (pid.is_null(2), pid.has(2), pid.text(2)) == (False, False, "")
    assert (pid.is_null(9), pid.has(9), pid.reps(9)) == (False, False, [])
    assert (pid.is_null(4), pid.has(4), pid.text(4)) == (False, True, "")
    assert (pid.is_null(5), pid.text(5, 1), pid.text(5, 2)) == (False, "", "x")


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r\n"])
def test_segments_end_as_they_do_in_the_wild(end):
    """CR is the standard; LF, CR LF and doubled ends come from files and careless senders."""
    message = _read(MSH, "PID|1||123", "OBX|1|ST|a||b", end=end)
    assert [segment.name for segment in message.segments] == ["MSH", "PID", "OBX"]
    assert message.problems == []


def test_a_report_with_bare_line_feeds_stays_one_value():
    """A line that begins no segment goes on with the one before, and the place is noted, without its content."""
    message = _read(MSH, "OBX|1|TX|a||First line\nSecond: PID was asked\n\nLast|||F", "OBX|2|ST|b||c")
    assert message.segments[1].text(5) == "First line\nSecond: PID was asked\nLast"
    assert message.segments[1].text(8) == "F"
    assert message.segments[2].text(5) == "c"
    assert message.problems == ["segment 2 goes on over a line break"]


def test_other_delimiters_are_those_that_the_sender_declares():
    """MSH-1 and MSH-2 rule the whole message, whatever they are."""
    message = Message.parse(b"MSH$*@!%$LAB$CHU$$$2026$$ADT*A01$1$P$2.3\rPID$1$$12*3@45%6$$A!S!B\r")
    pid = message.segments[1]
    assert message.delimiters == Delimiters("$", "*", "@", "!", "%")
    assert (message.code, message.event) == ("ADT", "A01")
    assert ([rep.text(1) for rep in pid.reps(3)], pid.text(3, 1, 2, 1)) == (["12", "45"], "6")
    assert pid.text(5) == "A*B"


def test_marks_that_are_not_declared_are_not_used():
    """A sender that declares a component separator alone may write ~, & and backslashes as plain text (2.5.4)."""
    message = Message.parse(b"MSH|^|LAB\rPID|1||A~B\\T\\&C^D\r")
    assert message.segments[1].text(3) == "A~B\\T\\&C"
    assert message.segments[1].text(3, 2) == "D"


def test_a_fifth_mark_changes_nothing():
    """Version 2.7 declares a truncation mark after the four."""
    assert Message.parse(b"MSH|^~\\&#|LAB\r").delimiters == STANDARD
    assert Message.parse(b"MSH|^~\\&#|LAB\r").text("MSH", 3) == "LAB"


@pytest.mark.parametrize("before", [b"", b"\r\n", b"\xef\xbb\xbf", b"\x0b", b" \r\n\x0b"])
def test_what_stands_before_msh_is_no_obstacle(before):
    """Blank lines, a byte order mark, a start byte left by a careless framer."""
    message = Message.parse(before + MSH.encode() + b"\rPID|1\r")
    assert (message.code, len(message.segments)) == ("ORU", 2)
    header = peek(before + MSH.encode())
    assert header is not None
    assert header.control_id == "A1"


@pytest.mark.parametrize("body", [b"", b"PID|1", b"MSHX|", b"msh|^~\\&|", b"MSH", b"MSH\r|"])
def test_without_an_msh_it_says_so(body):
    """Nothing is guessed of bytes that have no header."""
    assert peek(body) is None
    with pytest.raises(NotHl7):
        Message.parse(body)


@pytest.mark.req("C3")
@settings(max_examples=300)
@given(rest=st.binary(max_size=300), mark=st.binary(min_size=1, max_size=1))
def test_anything_after_msh_is_read(rest, mark):
    """Random bytes after MSH: either there is no header, or every question has an answer."""
    body = b"MSH" + mark + rest
    header = peek(body)
    try:
        message = Message.parse(body)
    except NotHl7:
        assert header is None
        return
    assert header is not None
    _walk(message)


@pytest.mark.req("C3")
@settings(max_examples=300)
@given(text=st.text(alphabet='|^~\\&MSHPIDOBX\r\n\x0b\x1b$BTFX0d.br"é1', max_size=200))
def test_anything_made_of_marks_is_read(text):
    """Delimiters, escapes, segment names and line ends in any order."""
    _walk(Message.parse(b"MSH|^~\\&|" + text.encode()))


@pytest.mark.req("C3")
@settings(max_examples=200)
@given(seed=st.integers(0, 2**32))
def test_damaged_real_messages_are_read(seed):
    """Bytes of a real message changed, cut out, doubled or swapped at random places after its MSH."""
    chance = random.Random(seed)
    body = bytearray(chance.choice([one.body for one in hl7_messages(every=40) if one.body.startswith(b"MSH|")]))
    for _ in range(chance.randrange(1, 12)):
        at = chance.randrange(4, max(5, len(body)))
        match chance.randrange(4):
            case 0:
                body[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del body[at : at + chance.randrange(1, 40)]
            case 2:
                body[at:at] = body[at : at + chance.randrange(1, 40)]
            case _:
                body[at:at] = chance.choice([b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n", b"\x1b$B", b"\xe9", b"\x00"])
    _walk(Message.parse(bytes(body)))


def test_real_messages_are_read_whole():
    """Every real message in tests/data/: put together again, its segments are the message, but for line ends."""
    read = 0
    for one in hl7_messages(every=10):
        try:
            message = Message.parse(one.body)
        except NotHl7:
            assert not one.body.lstrip(b"\xef\xbb\xbf\r\n \x0b").startswith(b"MSH|"), one.name
            continue
        read += 1
        again = "".join("".join(segment.line.split("\n")) for segment in message.segments)
        sent = one.body.decode("utf-8-sig", "surrogateescape").encode("utf-8", "surrogateescape")
        if message.codec in {"ascii", "utf-8"}:
            assert again.translate({0: None, 11: None}).strip() == "".join(
                sent.decode().translate({0: None, 11: None, 10: None, 13: None}).strip()
            ), one.name
    assert read > 1200


@given(
    raw=st.text(alphabet='ab"^&\\~T', max_size=24),
    marks=st.sampled_from(["^~\\&", "^~\\", "^", "$~\\&"]),
)
def test_components_read_together_are_those_read_one_by_one(raw, marks):
    """`texts` is a shorter way to the same words, whatever marks, escapes and clearings stand among them."""
    message = _read(f"MSH|{marks}|LAB", f"PID|1||{raw}")
    for rep in message.segments[1].reps(3):
        for count in (1, 3, 12):
            assert rep.texts(count) == [rep.text(at) for at in range(1, count + 1)]
    first = message.segments[1].rep(3)
    assert (first.raw if first else None) == next((rep.raw for rep in message.segments[1].reps(3)), None)


def _sender(body: bytes) -> str:
    header = peek(body)
    return header.source if header is not None else ""


@given(
    st.lists(
        st.one_of(st.sampled_from(["", "LAB", "CHU^1.2^ISO", "A\\S\\B"]), st.text("AB|^~\\&\n\r\x1bé ", max_size=5)),
        max_size=20,
    )
)
def test_a_sender_is_the_same_read_the_short_way(fields):
    """`sender_of` says what `peek` says, whatever the first line holds."""
    body = "|".join(["MSH", "^~\\&", *fields]).encode() + b"\rPID|1\r"
    assert sender_of(body) == _sender(body)


def test_real_senders_are_the_same_read_the_short_way():
    """Every real message, with a header or without."""
    for one in hl7_messages(every=10):
        assert sender_of(one.body) == _sender(one.body), one.name
