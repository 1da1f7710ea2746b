"""Real messages, damaged as feeds damage them and as no feed would: the same seed gives the same bytes.

Method: one to four of the changes below, each drawn by the seed, on a message of tests/data or on two of them.
"""

from collections.abc import Callable, Sequence
from random import Random

_MARKS = (b"|", b"^", b"~", b"&", b"\\", b"\r", b'""', b"\n", b"\x1c", b"\x0b", b"\x00")
_ESCAPES = (
    b"\\F\\",
    b"\\S\\",
    b"\\T\\",
    b"\\E\\",
    b"\\X41\\",
    b"\\.br\\",
    b"\\C2842\\",
    b"\\M2442\\",
    b"\\H\\",
    b"\\Z1\\",
)
_CHARSETS = (b"8859/1", b"UNICODE UTF-8", b"ASCII", b"GB 18030-2000", b"ISO IR87", b"8859/15", b"UNICODE", b"NOBODY")
_VALUES = (
    b"0",
    b"-1",
    b"4,2",
    b"<0.5",
    b"1e9",
    b"999",
    b"20261340",
    b"20261124240000",
    b"NaN",
    b"\xc3\xa9",
    b"\xe9",
    b"A",
)

Change = Callable[[bytes, Random], bytes]


def _flip(body: bytes, draw: Random) -> bytes:
    at = draw.randrange(len(body))
    return body[:at] + bytes((draw.randrange(256),)) + body[at + 1 :]


def _cut(body: bytes, draw: Random) -> bytes:
    at = draw.randrange(len(body))
    return body[:at] + body[at + draw.randrange(1, 40) :]


def _end(body: bytes, draw: Random) -> bytes:
    return body[: draw.randrange(len(body)) + 1]


def _mark(body: bytes, draw: Random) -> bytes:
    at = draw.randrange(len(body))
    return body[:at] + draw.choice((*_MARKS, *_ESCAPES)) + body[at:]


def _field(body: bytes, draw: Random) -> bytes:
    """Another value in a field, or the values of two fields swapped."""
    fields = body.split(b"|")
    one, other = (draw.randrange(len(fields)) for _ in range(2))
    if draw.random() < 0.5:
        fields[one] = draw.choice(_VALUES)
    else:
        fields[one], fields[other] = fields[other], fields[one]
    return b"|".join(fields)


def _segments(body: bytes, draw: Random) -> bytes:
    """A segment gone, said twice, or in another place."""
    lines = body.split(b"\r")
    line = lines.pop(draw.randrange(len(lines)))
    for _ in range(draw.choice((0, 1, 2))):
        lines.insert(draw.randrange(len(lines) + 1), line)
    return b"\r".join(lines)


def _charset(body: bytes, draw: Random) -> bytes:
    head, mark, rest = body.partition(b"\r")
    fields = head.split(b"|")
    fields += [b""] * (18 - len(fields))
    fields[17] = draw.choice(_CHARSETS)
    return b"|".join(fields) + mark + rest


_CHANGES: tuple[Change, ...] = (_flip, _cut, _end, _mark, _field, _segments, _charset)


def mutated(bodies: Sequence[bytes], draw: Random) -> bytes:
    """Return one damaged message."""
    body = draw.choice(bodies)
    if draw.random() < 0.1:  # the head of one, the tail of another
        other = draw.choice(bodies)
        body = body[: draw.randrange(len(body) + 1)] + other[draw.randrange(len(other) + 1) :]
    for _ in range(draw.randrange(1, 5)):
        if body:
            body = draw.choice(_CHANGES)(body, draw)
    return body or b"MSH"
