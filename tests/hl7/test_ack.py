"""A sender recognises its acknowledgement: its own number, delimiters, version and character set.

Method: acknowledge messages of unlike senders and read the answer both as bytes and as a message.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.hl7 import UNREAD, Acknowledger, Message, NotHl7, acknowledge, framed_answers, peek, read_answer
from tests.real import hl7_messages

NOW = "20261124083000+0000"


def _ack(body: bytes, code: str = "AA", text: str = "") -> bytes:
    header = peek(body)
    assert header is not None
    return acknowledge(header, code, control_id="C1", now=NOW, text=text)


def test_an_acknowledgement_byte_for_byte():
    """Sender and receiver change places; event, processing id, version and character set are the sender's."""
    body = b"MSH|^~\\&|LAB|CHU|EHR|CHU2|20261124||ORU^R01^ORU_R01|0042|T|2.5^FRA^2.11|||AL|NE||8859/1\rPID|1\r"
    assert _ack(body, "CA") == (
        b"MSH|^~\\&|EHR|CHU2|LAB|CHU|20261124083000+0000||ACK^R01^ACK|C1|T|2.5^FRA^2.11||||||8859/1\rMSA|CA|0042\r"
    )


@pytest.mark.parametrize("code", ["AA", "AE", "AR", "CA", "CE", "CR"])
def test_original_and_enhanced_codes_are_given(code):
    """Table 0008: A for the original mode, C for the commit acknowledgement of the enhanced one."""
    message = Message.parse(_ack(b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|9|P|2.5\r", code, "no room"))
    assert (message.text("MSA", 1), message.text("MSA", 2), message.text("MSA", 3)) == (code, "9", "no room")


def test_the_senders_own_delimiters_are_used():
    """MSH-1 and MSH-2 of the answer are those of the question, and a text is escaped for them."""
    ack = _ack(b"MSH$*@!%$LAB$CHU$$$2026$$ADT*A01$1*x$P$2.3\r", text="5$ *")
    assert ack == (b"MSH$*@!%$$$LAB$CHU$20261124083000+0000$$ACK*A01*ACK$C1$P$2.3\rMSA$AA$1*x$5!F! !S!\r")


@given(control_id=st.binary(min_size=1, max_size=30).map(lambda b: b.translate(None, b"|\r\n\x00\x0b")))
@pytest.mark.parametrize("charset", [b"", b"8859/1", b"ASCII", b"UNICODE UTF-8", b"8859/6"])
def test_the_control_id_comes_back_byte_for_byte(charset, control_id):
    """MSA-2 is MSH-10 as it was sent, whatever bytes it holds and whatever set they are said to be in."""
    ack = _ack(b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|" + control_id + b"|P|2.5||||||" + charset + b"\rPID|1\r")
    assert b"\rMSA|AA|" + control_id + b"\r" in ack


def test_a_two_byte_sender_is_answered_in_two_bytes():
    """A sender of UTF-16 would not find its number in an answer of one byte a character."""
    ack = _ack("MSH|^~\\&|A|B|C|D|2026||ADT^A01|É7|P|2.5\r".encode("utf-16-le"))
    assert Message.parse(ack).text("MSA", 2) == "É7"
    assert "MSA|AA|É7".encode("utf-16-le") in ack


@pytest.mark.req("F28")
def test_a_message_without_a_header_can_be_answered():
    """What cannot be decoded was kept, and its sender waits (F28)."""
    message = Message.parse(acknowledge(UNREAD, "AA", control_id="C2", now=NOW))
    assert (message.code, message.text("MSA", 1), message.text("MSA", 2)) == ("ACK", "AA", "")


def test_real_messages_get_their_own_number_back():
    """Every real message with a header: MSA-2 is its MSH-10, byte for byte."""
    answered = 0
    for one in hl7_messages(every=10):
        header = peek(one.body)
        if header is None:
            continue
        answered += 1
        line = one.body[one.body.index(b"MSH") :].replace(b"\n", b"\r").split(b"\r")[0]
        fields = line.split(line[3:4])
        sent = fields[9] if len(fields) > 9 else b""
        assert line[3:4] + sent + b"\r" in _ack(one.body), one.name
    assert answered > 1200


def _same(acknowledger: Acknowledger, body: bytes) -> bool:
    """Whether the short way took *body*; if it did, it says what the long way says."""
    greeted = acknowledger.greet(body)
    if greeted is None:
        return False
    header = peek(body)
    assert header is not None
    greeting, answered = greeted
    assert greeting.source == header.source
    assert greeting.answer(NOW.encode(), b"C1", answered) == framed_answers(header, control_id="C1", now=NOW)
    return True


MSH = st.lists(
    st.one_of(
        st.sampled_from(
            ["", "AL", "NE", "ADT^A01", "P", "2.5", "8859/1", "UNICODE UTF-8", "LAB", "CHU^1.2^ISO", "%b%d"]
        ),
        st.text("A|^~\\&%\x02N\x02C\x02A\n\x1bé\r\t ", max_size=6),
    ),
    max_size=20,
)


@given(lines=st.lists(MSH, max_size=4), repeated=st.booleans())
def test_what_is_remembered_of_a_first_line_changes_no_answer(lines, repeated):
    """However first lines follow each other: the answer is the one that reading each anew would give."""
    acknowledger = Acknowledger()
    for fields in lines * (2 if repeated else 1):
        _same(acknowledger, "|".join(["MSH", "^~\\&", *fields]).encode() + b"\rPID|1\r")


def test_real_messages_are_answered_the_short_way():
    """Of the real messages most take the short way, and each of these is answered as the long way would."""
    acknowledger = Acknowledger()
    taken = [_same(acknowledger, one.body) for one in hl7_messages(every=10)]
    assert sum(taken) > len(taken) / 2


def test_what_is_remembered_has_a_limit():
    """A sender that never says the same twice takes no more memory than GREETINGS_MAX kinds of first lines."""
    acknowledger = Acknowledger()
    for number in range(3000):
        assert _same(acknowledger, f"MSH|^~\\&|A{number}|B|C|D|2026||ADT^A01|9|P|2.5\r".encode())
    assert len(acknowledger._known) <= 1024
    assert not _same(acknowledger, b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|9|P|2.5|" + b"x" * 1024 + b"\r"), "too long"
    assert not _same(acknowledger, b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|9|P|2.5"), "no end"


_PIECES = [
    "MSH|^~\\&|",
    "MSH",
    "MSA|",
    "MSA",
    "|",
    "\r",
    "\n",
    "AA",
    "R1",
    "^",
    "~",
    "&",
    "\\T\\",
    '""',
    "é",
    "\x00",
    "ERR|",
]
_HEAD = "MSH|^~\\&|A|B|C|D|2026||ACK^R01^ACK|9|P|2.5"


@given(
    head=st.sampled_from(["", f"{_HEAD}\r", f"{_HEAD}\rMSA|AA|R1"]),
    rest=st.lists(st.sampled_from(_PIECES) | st.text(max_size=3), max_size=8).map("".join),
)
def test_an_answer_is_read_as_the_whole_message_would_be(head, rest):
    """The sooner way finds what `Message.parse` finds, whatever stands in the answer."""
    body = f"{head}{rest}".encode()
    try:
        message = Message.parse(body)
    except NotHl7:
        with pytest.raises(NotHl7):
            read_answer(body)
        return
    assert read_answer(body) == (message.text("MSA", 1), message.text("MSA", 2))
