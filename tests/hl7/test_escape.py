"""Escape sequences say what the standard says, and what is none of them stays as it is.

Method: the sequences of HL7 v2.9, 2.7, one by one; then any text, there and back.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.hl7 import Delimiters, Message, escape, unescape

OTHERS = Delimiters("$", "*", "@", "!", "%")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"),
        ("\\H\\loud\\N\\ again", "loud again"),
        ("line\\.br\\next\\.ce\\middle", "line\nnext\nmiddle"),
        ("a\\.sp+2\\b", "a\n\nb"),
        ("a\\.sk3\\b\\.ti2\\c", "a   b  c"),
        ("a\\.in4\\b\\.fi\\c\\.nf\\d", "abcd"),
        ("caf\\XE9\\ \\X0D0A\\", "café \r\n"),
        ("euro \\XE282AC\\", "euro €"),
        ("\\E\\F\\E\\", "\\F\\"),
    ],
)
def test_the_sequences_of_the_standard_are_read(sent, read):
    """Delimiters, highlighting, formatted text, hexadecimal data."""
    assert unescape(sent) == read


@pytest.mark.parametrize(
    "sent", ["C:\\temp", "a\\", "\\", "\\\\", "\\Zlocal\\x", "\\Xno\\", "\\X\\", "\\.unknown\\", "50 \\ 60", "\\f\\"]
)
def test_what_is_no_sequence_stays(sent):
    """A lone backslash, a path, a sender's own sequence: word for word, nothing dropped."""
    assert unescape(sent) == sent


def test_a_lone_mark_does_not_eat_the_next_sequence():
    """Only a pair of marks with a sequence of the standard between them is one."""
    assert unescape("C:\\a\\T\\b") == "C:\\a&b"


def test_hexadecimal_is_in_the_character_set_of_the_message():
    """\\XE9\\ is é in 8859/1, and the two bytes of é in UTF-8."""
    assert unescape("\\XE9\\", codec="latin-1") == "é"
    assert unescape("\\XC3A9\\", codec="utf-8") == "é"


@given(text=st.text(max_size=60), marks=st.sampled_from([Delimiters(), OTHERS]))
def test_what_is_escaped_is_read_back(text, marks):
    """Any text can stand in a field and comes out as it went in."""
    sent = escape(text, marks)
    assert unescape(sent, marks) == text
    assert not {marks.field, marks.component, marks.repetition, marks.subcomponent, "\r", "\n"} & set(sent)


@given(text=st.text(alphabet="\\FSTREXHN0dE.br+C2\u00e9", max_size=40))
def test_no_text_defeats_the_reader(text):
    """Marks in any number and order."""
    assert isinstance(unescape(text), str)


def test_an_escaped_mark_never_parts_a_field():
    """\\S\\ inside a component is a caret of the text, not a separator."""
    message = Message.parse(b"MSH|^~\\&|A\rOBX|1|ST|k||10\\S\\9 /L^x\r")
    assert (message.text("OBX", 5), message.text("OBX", 5, 2)) == ("10^9 /L", "x")
