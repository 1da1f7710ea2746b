"""In which form a message is sent back (DESIGN S14): as it was, or marked.

    marked: MSH-10 is ours, MSH-11.2 is R or I, MSH-13, MSH-15 and MSH-16 are empty; every other byte is as it was.

Rules kept here:
  * Times stay those of the original; nothing behind the first segment is touched in any form.
  * Our control id is made of the entry and the target: the same message is always sent under the same one.
  * What cannot be sent so that its answer is told from others is not sent: `Unsendable` says why.
"""

from base64 import b32encode
from hashlib import sha256

from msgspec import Struct

from contrefeu.chart import STATION
from contrefeu.hl7 import acknowledgement_codes, peek
from contrefeu.journal import MEDIA_HL7V2, MEDIA_SEALED, Entry
from contrefeu.recovery.profiles import Profile

CONTROL_ID_CHARS_MAX = 20  # MSH-10 in the versions before 2.7 (HL7 v2.5.1, 2.15.9.10)
_OURS = "CF"


class Sendable(Struct, frozen=True):
    """What goes on the wire."""

    body: bytes
    control_id: str  # MSH-10, as the answer must name it
    sent_as: str = ""  # the same, when it is ours


class Unsendable(Exception):
    """It cannot be sent in this form, and why."""


def sendable(entry: Entry, profile: Profile, target: str) -> Sendable:
    """Return *entry* as it goes to *target*.

    Raises:
        Unsendable: It does not.
    """
    if entry.media_type == MEDIA_SEALED:
        raise Unsendable("it is sealed to a role, whose words open it: send it by hand")
    body = entry.body
    header = peek(body) if entry.media_type == MEDIA_HL7V2 else None
    if header is None or body[:3] != b"MSH":
        raise Unsendable("it is not one HL7 v2 message")
    if body.count(b"\rMSH") + body.count(b"\nMSH"):
        raise Unsendable("it holds several messages")
    if b"\x0b" in body or b"\x1c" in body:
        raise Unsendable("it holds the marks of a frame")
    if profile.form == "marked":
        own = own_control_id(entry.ref, target)
        return Sendable(_marked(body, own, profile.mark), own, own)
    if not header.control_id:
        raise Unsendable("it has no control id (MSH-10)")
    if not acknowledgement_codes(header.accept_ack, header.app_ack):
        raise Unsendable("it asks for no answer (MSH-15, MSH-16): a marked form asks for one")
    if header.app_ack in ("ER", "SU"):
        raise Unsendable("whether its application answers depends (MSH-16): a marked form asks for an answer")
    return Sendable(body, header.control_id)


def own_control_id(ref: str, target: str) -> str:
    """Return the control id under which an entry is sent to a target, marked."""
    digest = b32encode(sha256(f"{target}\n{ref}".encode()).digest()).decode()
    return f"{_OURS}{digest}"[:CONTROL_ID_CHARS_MAX]


def sent_as(ref: str, profile: Profile, target: str) -> str:
    """Return the control id of ours under which an entry that is not at hand was sent; "" for its own one."""
    written = profile.acts == "hl7" and ref.rpartition("/")[0].endswith(STATION)
    return own_control_id(ref, target) if written or profile.form == "marked" else ""


def _marked(body: bytes, control_id: str, mark: str) -> bytes:
    end = min((at for at in (body.find(b"\r"), body.find(b"\n")) if at >= 0), default=len(body))
    line, rest = body[:end], body[end:]
    field, component = line[3:4], line[4:5]
    fields = line.split(field)  # fields[n - 1] is MSH-n: MSH-1 is the separator itself
    fields += [b""] * (12 - len(fields))
    fields[9] = control_id.encode()
    kind, *further = fields[10].split(component)
    fields[10] = component.join([kind or b"P", mark.encode(), *further[1:]])
    for number in (13, 15, 16):
        if len(fields) >= number:
            fields[number - 1] = b""
    return field.join(fields) + rest
