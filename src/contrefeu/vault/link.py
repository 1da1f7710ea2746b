"""What a node and a vault host say to each other: questions of the vault host, answers of the node.

    message = length u32 || MessagePack of one of the structs below

Rules kept here:
  * The vault host asks, the node answers, in the order of the questions; some may be under way. Nothing that the node
    says makes the vault host do anything but keep bytes and give back what it kept, and nothing that the vault host
    says makes the node do anything but note what it vouched for and keep what it asked back, to try it (back.py).
  * Every message has a length limit and a deadline for the whole of it: a byte an hour is a cut, not a slow link.
  * Names on the wire are names of journals, never of files.
"""

import re
import socket
import time
from struct import Struct as Packing

import msgspec

from contrefeu.vault.place import VaultAway

READ_BYTES_MAX = 512 * 1024  # of a segment in one answer: 60 s at 9 kB/s, the slowest link that is one
QUESTION_BYTES_MAX = 1024 * 1024  # a vault host tells of a thousand journals
ANSWER_BYTES_MAX = 8 * 2**20  # a node offers a thousand journals, each with its checkpoint
MESSAGE_S_MAX = 60.0  # for one message, from its first byte to its last
SILENCE_S_MAX = 10.0  # where a byte is due: a line that was cut under us, which TCP tries for minutes
JOURNALS_MAX = 1000  # of one node: its own two, and those of its wards and peers
WAIT_MS_MAX = 10_000  # how long a node keeps a question about news open; a dead link is noticed after as much more
GIVEN = re.compile(r"verifier|checkpoint|expired|segments/[0-9]{10}\.seg")  # files of a copy that go back
_LENGTH = Packing(">I")


class LinkCut(VaultAway):
    """The connection between node and vault host is gone, or what came over it is not the protocol."""

    kind = "link-cut"


class Question(msgspec.Struct, tag=True, frozen=True, forbid_unknown_fields=True):
    """Anything that a vault host may ask or tell."""


class Look(Question, frozen=True, tag="look"):
    """What is there, as soon as it is something else than *mark*, or after *wait_ms*."""

    mark: str
    wait_ms: int


class Numbers(Question, frozen=True, tag="numbers"):
    """Which segments a journal has."""

    journal: str


class Read(Question, frozen=True, tag="read"):
    """Bytes of a segment."""

    journal: str
    segment: int
    offset: int
    length: int


class ReadSettings(Question, frozen=True, tag="settings"):
    """The node's settings, and the custodians' keys and rights."""


class ReadGrant(Question, frozen=True, tag="grant"):
    """A data key of an older segment, sealed to a newer recovery key."""

    folder: str
    name: str


class Vouch(Question, frozen=True, tag="vouch"):
    """A checkpoint that continues what the vault host held, with its cosignature."""

    journal: str
    note: bytes


class Stand(Question, frozen=True, tag="stand"):
    """How the copies stand after a step; *mark* is that of the look they are as new as."""

    mark: str
    entries: dict[str, int]
    state: str
    problem: str
    days: int


class Give(Question, frozen=True, tag="give"):
    """A piece of a copy that the node asked back; without a name: that was all."""

    token: str
    journal: str = ""  # its folder
    name: str = ""  # of a file of the copy
    offset: int = 0
    data: bytes = b""


class Wanted(msgspec.Struct, frozen=True):
    """A copy that the node asks back: the folder of each journal, and the first and last segment of it."""

    token: str  # says in each piece what it is of
    journals: dict[str, tuple[int, int]]


class Journal(msgspec.Struct, frozen=True, array_like=True):
    """One journal as its node has it."""

    verifier: str
    head: tuple[int, int, int, int] | None
    file: str  # which file the head's segment is: another one when the journal was put back
    checkpoint: bytes
    expired: bytes = b""  # the note that says how far it has ended


class Seen(msgspec.Struct, frozen=True, tag="seen"):
    """What is there."""

    mark: str
    journals: list[Journal]
    shared: str  # digest of the settings, and of what the custodians may open
    wanted: Wanted | None = None


class Ranges(msgspec.Struct, frozen=True, tag="ranges"):
    """Segments, as first and last of each run."""

    ranges: list[tuple[int, int]]


class Bytes(msgspec.Struct, frozen=True, tag="bytes"):
    """Bytes of a file, and how many it has."""

    data: bytes
    size: int


class Shared(msgspec.Struct, frozen=True, tag="shared"):
    """What belongs to the node and to no journal."""

    settings: bytes
    notes: list[bytes]  # the custodians' public keys, each signed with the one before
    grants: list[tuple[str, str]]  # folder and name of each that is sealed to one of them


class Gone(msgspec.Struct, frozen=True, tag="gone"):
    """There is no such journal or segment."""


class Noted(msgspec.Struct, frozen=True, tag="noted"):
    """It was heard."""


Asked = Look | Numbers | Read | ReadSettings | ReadGrant | Vouch | Stand | Give
Answered = Seen | Ranges | Bytes | Shared | Gone | Noted
_QUESTIONS: msgspec.msgpack.Decoder[Asked] = msgspec.msgpack.Decoder(Asked)
_ANSWERS: msgspec.msgpack.Decoder[Answered] = msgspec.msgpack.Decoder(Answered)


def send_message(connection: socket.socket, message: Asked | Answered) -> None:
    """Send one message.

    Raises:
        LinkCut: The other side does not take it.
    """
    packed = msgspec.msgpack.encode(message)
    try:
        connection.settimeout(MESSAGE_S_MAX)
        connection.sendall(_LENGTH.pack(len(packed)) + packed)
    except OSError as refused:
        raise _cut(refused) from None


def receive_question(connection: socket.socket, *, wait_s: float) -> Asked:
    """Take the vault host's next question.

    Raises:
        LinkCut: None came in *wait_s*, or it is none.
    """
    packed = _receive(connection, QUESTION_BYTES_MAX, wait_s)
    try:
        return _QUESTIONS.decode(packed)
    except msgspec.MsgspecError:
        raise LinkCut("What came over the link is not a question.") from None


def receive_answer(connection: socket.socket, *, wait_s: float = SILENCE_S_MAX) -> Answered:
    """Take the node's answer.

    Raises:
        LinkCut: None came in *wait_s*, or it is none.
    """
    packed = _receive(connection, ANSWER_BYTES_MAX, wait_s)
    try:
        return _ANSWERS.decode(packed)
    except msgspec.MsgspecError:
        raise LinkCut("What came over the link is not an answer.") from None


def _receive(connection: socket.socket, length_max: int, wait_s: float) -> bytes:
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size, wait_s))
    if length > length_max:
        raise LinkCut(f"A message of {length} bytes came over the link: {length_max} are allowed.")
    return _exactly(connection, length, MESSAGE_S_MAX)


def _exactly(connection: socket.socket, length: int, wait_s: float) -> bytes:
    deadline = time.monotonic() + wait_s
    got = bytearray()
    try:
        while len(got) < length:
            left = deadline - time.monotonic()
            if left <= 0:
                raise LinkCut("The other side says nothing, or too slowly.")
            connection.settimeout(min(left, SILENCE_S_MAX) if got else left)
            part = connection.recv(min(length - len(got), 256 * 1024))
            if not part:
                raise LinkCut("The other side hung up.")
            got += part
    except OSError as refused:
        raise _cut(refused) from None
    return bytes(got)


def _cut(refused: OSError) -> LinkCut:
    return LinkCut(f"The link was cut: {refused.strerror or type(refused).__name__}.")
