"""HL7 v2 as a language: frames, messages, escapes, character sets, times, acknowledgements; no socket, no clock."""

from contrefeu.hl7.ack import (
    UNREAD,
    Acknowledger,
    Answer,
    Greeting,
    acknowledge,
    acknowledgement_codes,
    framed_answers,
    read_answer,
)
from contrefeu.hl7.charset import decode
from contrefeu.hl7.continuation import joined
from contrefeu.hl7.escape import STANDARD, Delimiters, escape, unescape
from contrefeu.hl7.hprim import HprimHeader, hprim_as_hl7, hprim_header
from contrefeu.hl7.message import Header, Message, Notation, NotHl7, Rep, Segment, peek, sender_of, source_name
from contrefeu.hl7.mllp import Frame, Framer, StrayBytes, frame
from contrefeu.hl7.moment import Moment, parse_moment

__all__ = [
    "STANDARD",
    "UNREAD",
    "Acknowledger",
    "Answer",
    "Delimiters",
    "Frame",
    "Framer",
    "Greeting",
    "Header",
    "HprimHeader",
    "Message",
    "Moment",
    "NotHl7",
    "Notation",
    "Rep",
    "Segment",
    "StrayBytes",
    "acknowledge",
    "acknowledgement_codes",
    "decode",
    "escape",
    "frame",
    "framed_answers",
    "hprim_as_hl7",
    "hprim_header",
    "joined",
    "parse_moment",
    "peek",
    "read_answer",
    "sender_of",
    "source_name",
    "unescape",
]
