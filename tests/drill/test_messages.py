"""Every message is one that a real interface could send: well formed, in its sender's habits, and marked as exercise.

Method: cut all messages of three days by hand (tests/drill/wire.py), then read them with the product's parser too.
"""

import re
from base64 import b64decode
from collections import defaultdict

import pytest

from contrefeu.hl7 import Message
from tests.drill.wire import STYLES, Wire, lived, wires

_TIME = re.compile(r"\d{8}(\d{4}(\d{2}(\.\d{3})?)?)?([+-]\d{4})?")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")


@pytest.mark.parametrize("style", STYLES)
def test_every_message_is_well_formed(style):
    """Segments have names, MSH is first and whole, escapes are closed, set ids count from one."""
    for sent, wire in wires(style):
        assert wire.segments[0][0] == "MSH"
        assert all(_SEGMENT.fullmatch(segment[0]) for segment in wire.segments)
        assert all(wire.get("MSH", field) for field in (3, 4, 5, 6, 7, 9, 10, 11, 12))
        assert _TIME.fullmatch(wire.get("MSH", 7))
        assert len(wire.get("MSH", 10)) <= 20  # v2.5: ST of 20
        assert b"\n" not in sent.message
        assert b"\x0b" not in sent.message and b"\x1c" not in sent.message
        for segment in wire.segments[1:]:
            for field in segment[1:]:
                wire.plain(field)
        for name in ("AL1", "IAM", "TQ1"):
            assert [wire.of(one, 1) for one in wire.all(name)] == [str(n + 1) for n in range(len(wire.all(name)))]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.req("F33", "G2")
def test_everything_is_marked_as_an_exercise(style):
    """MSH-11 is T in each message: none of it may stand beside a real patient."""
    assert {wire.get("MSH", 11) for _, wire in wires(style)} == {"T"}


@pytest.mark.parametrize("style", STYLES)
def test_each_system_has_its_habits(style):
    """Name, delimiters, character set, way of writing times and acknowledgement mode never change within a system."""
    habits = defaultdict(set)
    for sent, wire in wires(style):
        stamp = wire.get("MSH", 7)
        habits[sent.system].add(
            (
                wire.get("MSH", 3),
                wire.text[3:8],
                wire.charset,
                (len(stamp.partition("+")[0]), "+" in stamp),
                (wire.get("MSH", 15), wire.get("MSH", 16)),
            )
        )
    assert {system: len(found) for system, found in habits.items()} == dict.fromkeys(habits, 1)
    seen = [next(iter(found)) for found in habits.values()]
    assert len(habits) == len({one[0] for one in seen}) == 8
    assert len({one[1] for one in seen}) == 2, "one system has delimiters of its own"
    assert {"", "8859/1", "8859/15", "UNICODE UTF-8"} == {one[2] for one in seen}
    assert {(12, False), (14, False), (14, True), (18, True)} == {one[3] for one in seen}
    assert {("", ""), ("AL", "NE")} == {one[4] for one in seen}


@pytest.mark.parametrize("style", STYLES)
def test_character_sets_are_what_msh_18_says(style):
    """Accents are there to be got wrong: in UTF-8, in 8859/1 and in 8859/15; a system without MSH-18 writes ASCII."""
    accented = defaultdict(int)
    for sent, wire in wires(style):
        accented[wire.charset] += not sent.message.isascii()
    assert accented[""] == 0
    if style == "fr":
        assert min(accented["8859/1"], accented["8859/15"], accented["UNICODE UTF-8"]) > 10


@pytest.mark.parametrize("style", STYLES)
def test_escapes_are_written_and_needed(style):
    """Ampersands, pipes and carets in texts are escaped under the sender's own delimiters, and come back whole."""
    texts = [wire.text for _, wire in wires(style)]
    assert any("\\T\\" in text for text in texts)
    assert any("\\F\\" in text for text in texts)
    assert any("\\S\\" in text for text in texts)


@pytest.mark.parametrize("style", STYLES)
def test_the_product_reads_every_message(style):
    """The parser finds nothing wrong: type, control id and each field as cut by hand."""
    for sent, wire in wires(style)[::7]:
        message = Message.parse(sent.message)
        assert message.problems == []
        assert (f"{message.code}^{message.event}", message.control_id) == (wire.kind, wire.get("MSH", 10))
        assert [segment.name for segment in message.segments] == [segment[0] for segment in wire.segments]
        assert message.text("PID", 5) == wire.get("PID", 5)


@pytest.mark.parametrize("style", STYLES)
def test_letters_are_files_that_open(style):
    """OBX-5 of a letter is a whole PDF, with the text of its letter in it."""
    letters = [wire for _, wire in wires(style) if wire.get("OBX", 2) == "ED"]
    assert letters
    for wire in letters[:20]:
        assert (wire.get("OBX", 5, 2), wire.get("OBX", 5, 3), wire.get("OBX", 5, 4)) == ("application", "pdf", "Base64")
        data = b64decode(wire.get("OBX", 5, 5), validate=True)
        assert data.startswith(b"%PDF-1.4") and data.endswith(b"%%EOF\n")


def test_a_letter_is_read_by_another_pdf_library():
    """pikepdf finds the pages, and no damage."""
    from io import BytesIO

    import pikepdf

    wire = next(wire for _, wire in wires("fr") if wire.get("OBX", 2) == "ED")
    with pikepdf.open(BytesIO(b64decode(wire.get("OBX", 5, 5)))) as found:
        assert len(found.pages) >= 1
        assert found.check_pdf_syntax() == [] if hasattr(found, "check_pdf_syntax") else found.check() == []


def test_a_message_cut_by_hand_is_cut_right():
    """The reader of these tests, on a message written here by hand."""
    wire = Wire(b"MSH|$*!%|A|B|C|D|20260302||SIU$S12|1|T|2.5\rSCH|1$X!S!Y%Z*2\r")
    assert (wire.kind, wire.get("SCH", 1, 2), wire.get("SCH", 1, 2, 0, 2), wire.get("SCH", 1, 1, 1)) == (
        "SIU^S12",
        "X$Y",
        "Z",
        "2",
    )


def test_no_message_is_empty_of_a_patient():
    """Each names one patient by a local number with its authority."""
    for style in STYLES:
        authority = {"fr": "IPP", "intl": "MRN"}[style]
        assert len(lived(style)[0]) > 3000
        assert all(
            wire.number.startswith(f"{authority}|0008") and len(wire.all("PID")) == 1 for _, wire in wires(style)
        )
