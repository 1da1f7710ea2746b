"""HPRIM Santé files are put as HL7 v2 word for word, or say what of them is not.

Method: files as French laboratories write them, with the marks that two of them use; whole messages are compared.
"""

import pytest

from contrefeu.hl7 import Message, hprim_as_hl7, hprim_header

HEADER = r"H|~^\&|LABO.HPR||01~LABO||ORU|||CHU~CHU||T|H2.1~C|203103020411"
FILE = "\r\n".join(
    [
        HEADER,
        "P|1|398~~|B10||ESSAI~ADA~~~MME|NEE|19370325|F||28 RUE DE LA PAIX~~PARIS~~75000||0102030405",
        r"OBR|1|D1~|~R77|ION~Ionogramme~L^CRP~CRP~L|S||203103020200^203103020205||||N|||203103020230|SANG|DR",
        "A|~PITO ~L~CHU~Clinique~L|||||||||F",
        "C|1|L|Tube hémolysé",
        "OBX|1|NM|K~Potassium~L||6.1|mmol/L|3.5 - 5.0|H|||F|||203103020240|BIO~1",
        "C|1|L|Vérifié",
        "OBR|2|D1~|~R77|NFS~NFS~L|S||203103020215||||N|||203103020230|SANG TOTAL||||||||||F",
        "OBX|1|ST|HB~Hémoglobine~L||< 7|g/dL|12 - 16|LL|||F|",
        "L|1",
        "",
    ]
)
PUT = [
    r"PID|||398||ESSAI~ADA~~~MME~~D^NEE~ADA~~~~~L||19370325|F|||28 RUE DE LA PAIX~~PARIS~~75000||0102030405",
    "OBR|1||R77~01@LABO|~Ionogramme, CRP, NFS|||||||||||||||||||||F",
    "NTE|1|L|Tube hémolysé",
    "OBX|1|NM|K~Potassium~L||6.1|mmol/L|3.5 - 5.0|H|||F|||203103020200|BIO~1||||203103020240",
    "NTE|1|L|Vérifié",
    "OBX|1|ST|HB~Hémoglobine~L||< 7|g/dL|12 - 16|LL|||F|||203103020215|||||",
]


def put(file: str, charset: str = "", encoding: str = "cp1252") -> tuple[list[str], list[str]]:
    """The lines of *file* as HL7 v2 after MSH, and what they leave out."""
    body, lost = hprim_as_hl7(file.encode(encoding), charset)
    return body.decode().split("\r")[1:-1], lost


@pytest.mark.req("F35")
def test_a_file_is_put_word_for_word():
    """The request's two OBR are one; the sample's hour is each line's own, and what differs between them is left."""
    assert put(FILE) == (PUT, [])
    message = Message.parse(hprim_as_hl7(FILE.encode("cp1252"))[0])
    assert (message.processing_id, message.message_time, message.problems) == ("T", "203103020411", [])


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\n\r"])
def test_any_end_of_line_and_any_marks_are_read(end: str):
    r"""Some laboratories part components by a backslash and repetitions by a caret, and escape by an ampersand."""
    turned = FILE.replace("\\&", "&#").replace("~", "\\").replace("\r\n", end).replace("H|\\^&#|", r"H|\^&~|")
    expected = [line.replace("~", "\\") for line in PUT]
    assert put(turned) == (expected, [])
    assert put(FILE.replace("\r\n", end), encoding="utf-8") == (PUT, [])


@pytest.mark.parametrize(
    ("first", "source"),
    [
        (HEADER, "01@LABO"),
        (r"H|\^&~|CLIR949.hpr||CASA\LABORATOIRE||ORU|||M\CHU||P|H2.0\:C|203104042104", "CASA@LABORATOIRE"),
        ("\ufeff" + HEADER.replace("01~LABO", "LABO").replace("H2.1~C", "H3.0"), "LABO"),
        (HEADER.replace("H2.1~C", "A.2"), None),  # ASTM E1238 itself
        (HEADER.replace("H2.1~C", ""), None),
        (r"H|\^&|||ANALYSER|||||||P|LIS2-A2|2031", None),  # an analyser's
        (r"H|~^\~|LABO.HPR||01~LABO||ORU|||CHU~CHU||P|H2.1~C|2031", None),  # a mark that means two things
        ("Hemoglobin", None),
        ("", None),
    ],
)
def test_a_file_is_known_by_its_first_line(first: str, source: str | None):
    """Five marks of which none is another, and a version of HPRIM Santé."""
    header = hprim_header(first.encode())
    assert (header.source if header else None) == source
    if header is None:
        with pytest.raises(ValueError, match="no HPRIM"):
            hprim_as_hl7(first.encode())


@pytest.mark.parametrize(
    ("number", "key"),
    [("398|B10", "398"), ("|B10", "B10~~~01@LABO"), ("~x|", ""), ("|", "")],
)
def test_the_laboratorys_own_number_is_called_by_its_name(number: str, key: str):
    """It is no number of the hospital, whose patient may have the same."""
    lines, _ = put(FILE.replace("398~~|B10", number))
    assert lines[0].split("|")[3] == key


def test_what_is_left_out_is_said():
    """By the line's name and never by its words: a cut file, a file beside it, segments of billing."""
    damaged = FILE.replace("L|1\r\n", "AP|1|MUTUELLE\r\nMme ESSAI a appelé\r\n").replace("ST|HB", "FIC|HB")
    lines, lost = put(damaged)
    assert lines == [line.replace("ST|HB", "FIC|HB") for line in PUT]
    assert lost == [
        ("L", "the file has no last line: its end may be missing"),
        ("OBX", "a result is a file of its own: its name is shown, what it says is not here"),
        ("AP", "a line that no rule charts: kept in the file"),
        ("", "a line that no rule charts: kept in the file"),
    ]


def test_two_patients_and_requests_keep_apart():
    """Each P with its own; two requests of one patient are two reports."""
    again = FILE.split("\r\n")[1:-2]
    again = ["P|2|399||||||", *(line.replace("R77", "R78") for line in again[1:6]), *again[6:]]
    lines, _ = put("\r\n".join([HEADER, *FILE.split("\r\n")[1:-2], *again, "L|1"]))
    assert [line.split("|")[3] for line in lines if line[:3] in {"PID", "OBR"}] == [
        "398", "R77~01@LABO", "399", "R77~01@LABO", "R78~01@LABO",
    ]  # fmt: skip
