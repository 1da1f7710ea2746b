"""Acknowledgements (HL7 v2.9, 2.9.2, 2.9.3 and 2.14.8): MSH and MSA, in the sender's own delimiters and version."""

from contrefeu.hl7.escape import Delimiters, escape
from contrefeu.hl7.message import Header

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
