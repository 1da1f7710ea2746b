"""Acknowledgements (HL7 v2.9, 2.9.2, 2.9.3 and 2.14.8): MSH and MSA, in the sender's own delimiters and version.

Rules kept here:
  * A message that is kept is answered as its MSH-15 and MSH-16 ask, and is recognised by MSH-10 byte for byte.
  * What a sender's messages have in common is worked out once (`Acknowledger`): the answer is the one that reading
    each message anew would give.
"""

import re
from typing import NamedTuple

from msgspec.structs import replace

from contrefeu.hl7.escape import Delimiters, escape
from contrefeu.hl7.message import LINE_BYTES_MAX, USUAL, Header, Message, peek
from contrefeu.hl7.mllp import frame

GREETINGS_MAX = 1024  # kinds of first lines that are remembered, some 600 bytes each; 171 among 4,976 real messages
_USUAL_MSA = re.compile(rb'\rMSA\|([^|~^&"\r]*)\|([^|~^&"\r]*)(?:\||\r?\Z)')  # fields that are nothing but their bytes
_UNUSUAL = re.compile(rb"[\n\x00\x1b]")  # lines that go on, two bytes a letter, a change of character set
_PLACE = "\x02"
_NOW, _CONTROL_ID, _ANSWERED = f"{_PLACE}N", f"{_PLACE}C", f"{_PLACE}A"

UNREAD = Header("", "", "", "", "", "", "", "", "2.5", "", "", "", Delimiters())
"""Stands in for the header of what has none: it was kept, and its sender waits (F28)."""


def acknowledge(header: Header, code: str, *, control_id: str, now: str, text: str = "", expected: str = "") -> bytes:
    """Return the acknowledgement of the message that *header* begins.

    Args:
        header: What `peek` read, or UNREAD.
        code: MSA-1, table 0008: AA, AE, AR, CA, CE, CR.
        control_id: MSH-10 of the acknowledgement.
        now: MSH-7 of the acknowledgement.
        text: MSA-3, for the sender's log.
        expected: MSA-4, the sequence number that is expected (HL7 v2.5.1, 2.10.1); empty without that protocol.
    """
    marks = header.delimiters
    field = marks.field
    kind = "ACK" if not header.event else marks.component.join(("ACK", header.event, "ACK"))
    msh = [
        "MSH",
        f"{marks.component}{marks.repetition}{marks.escape}{marks.subcomponent}",
        header.receiving_app,
        header.receiving_facility,
        header.sending_app,
        header.sending_facility,
        now,
        "",
        kind,
        control_id,
        header.processing_id or "P",
        header.version or "2.5",
    ]
    if header.charset:
        msh += ["", "", "", "", "", header.charset]
    msa = ["MSA", code, header.control_id]
    if text or expected:
        msa += [escape(text, marks), expected] if expected else [escape(text, marks)]
    return f"{field.join(msh)}\r{field.join(msa)}\r".encode(header.codec, "replace")


def acknowledgement_codes(accept: str, application: str, outcome: str = "AA") -> tuple[str, ...]:
    """What answers a message (HL7 table 0155: AL always, NE never, ER on error, SU on success).

    Args:
        accept: MSH-15.
        application: MSH-16.
        outcome: AA for what was kept; AE or AR where the sender's profile asks for it.

    >>> acknowledgement_codes("", "")
    ('AA',)
    >>> acknowledgement_codes("AL", "NE")
    ('CA',)
    >>> acknowledgement_codes("AL", "AL", "AR")  # who does not accept does not answer for the application
    ('CR',)
    """
    if not accept and not application:
        return (outcome,)  # original mode (2.9.2)
    if outcome != "AA":
        if accept in {"AL", "ER"}:
            return (f"C{outcome[1]}",)
        return (outcome,) if application in {"AL", "ER"} else ()
    wanted = ("AL", "SU")
    return (("CA",) if accept in wanted else ()) + (("AA",) if application in wanted else ())


def framed_answers(header: Header, *, control_id: str, now: str, outcome: str = "AA", expected: str = "") -> bytes:
    """The framed acknowledgements of a message, as `acknowledge` and `acknowledgement_codes` say: none, one or two."""
    return b"".join(
        frame(acknowledge(header, code, control_id=control_id, now=now, expected=expected))
        for code in acknowledgement_codes(header.accept_ack, header.app_ack, outcome)
    )


class Greeting(NamedTuple):
    """What a first line says of its sender, and how it is answered."""

    source: str
    answers: bytes  # with places for time, control id of the answer, and control id of the message
    codes: int  # how many answers

    def answer(self, now: bytes, control_id: bytes, answered: bytes) -> bytes:
        """The framed acknowledgements: `now` is their MSH-7, *control_id* their MSH-10, *answered* their MSA-2."""
        return self.answers % ((now, control_id, answered) * self.codes)


class Acknowledger:
    """Reads the first lines of many messages; what two of them have in common is read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, ...], Greeting | None] = {}

    def greet(self, body: bytes) -> tuple[Greeting, bytes] | None:
        """How the sender of *body* is answered, and the control id of the message.

        None when its first line is not of the usual kind (other marks, letters beyond ASCII, escapes of a character
        set): then `peek` reads it.
        """
        if not body.startswith(USUAL):
            return None
        line = body[: body.find(b"\r", 0, LINE_BYTES_MAX) + 1]
        fields = line.split(b"|", 10)
        if len(fields) < 11 or not line.isascii() or b"\n" in line or b"\x1b" in line:
            return None
        _, _, app, facility, to_app, to_facility, _, _, kind, control_id, rest = fields
        key = (app, facility, to_app, to_facility, kind, rest)
        greeting = self._known.get(key) or self._learn(key, line)
        return (greeting, control_id) if greeting is not None else None

    def _learn(self, key: tuple[bytes, ...], line: bytes) -> Greeting | None:
        header = peek(line)
        if header is None or header.sequence or _PLACE.encode() in line:
            return None  # a numbered message is answered with a number
        said = framed_answers(replace(header, control_id=_ANSWERED), control_id=_CONTROL_ID, now=_NOW)
        count = said.count(_NOW.encode())
        said = said.replace(b"%", b"%%")
        for place in (_NOW, _CONTROL_ID, _ANSWERED):
            said = said.replace(place.encode(), b"%b")
        if len(self._known) >= GREETINGS_MAX:
            self._known.clear()  # some sender never says the same twice: the others are soon known again
        self._known[key] = greeting = Greeting(header.source, said, count)
        return greeting


class Answer(NamedTuple):
    """What an acknowledgement says."""

    code: str  # MSA-1
    control_id: str  # MSA-2: the message that it answers


def read_answer(body: bytes) -> Answer:
    """Read an acknowledgement: what `Message.parse` finds in its first MSA, sooner where it is of the usual kind.

    Raises:
        NotHl7: It has no MSH.
    """
    found = _usual_answer(body)
    if found is not None:
        return found
    message = Message.parse(body)
    return Answer(message.text("MSA", 1), message.text("MSA", 2))


def _usual_answer(body: bytes) -> Answer | None:
    """None where it must be read as a whole: other marks, escapes, letters beyond ASCII, lines that go on."""
    if not body.startswith(USUAL) or not body.isascii() or body.count(b"\\") > 1 or _UNUSUAL.search(body):
        return None
    found = _USUAL_MSA.match(body, max(body.find(b"\rMSA"), 0))
    return Answer(found[1].decode(), found[2].decode()) if found else None
