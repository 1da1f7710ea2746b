"""A stream gives the same frames however its bytes arrive, and every byte of it is in exactly one of them.

Method: hypothesis cuts streams of frames, junk and damaged frames at any place, down to one byte at a time.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.hl7 import Frame, Framer, StrayBytes, frame
from tests.real import DATA

MAX_BYTES = 60
PIECES = st.one_of(
    st.binary(max_size=20),
    st.sampled_from(
        [
            b"\x0b",
            b"\x1c",
            b"\x1c\r",
            b"\r",
            b"\n",
            b"\x0bMSH|",
            b"\x0bMSH|^~\\&|A\x1c\r",
            b"\x1c\x0b",
            b" ",
            b"\x0b\x0b",
        ]
    ),
    st.binary(max_size=70).map(frame),
)
STREAMS = st.lists(PIECES, max_size=12).map(b"".join)


def _all(data: bytes, cuts: list[int], max_bytes: int = MAX_BYTES) -> tuple[list[Frame | StrayBytes], bool]:
    framer = Framer(max_bytes)
    found: list[Frame | StrayBytes] = []
    ends = sorted({*(cut for cut in cuts if cut < len(data)), len(data)})
    start = 0
    for end in ends:
        only = framer.only(data[start:end])
        found += framer.receive(data[start:end]) if only is None else [Frame(only)]
        start = end
    overlong = framer.overlong
    last = framer.end()
    return found + ([last] if last is not None and not overlong else []), overlong


@pytest.mark.req("C3")
@given(data=STREAMS, cuts=st.lists(st.integers(0, 400), max_size=20))
def test_pieces_do_not_change_what_is_framed(data, cuts):
    """All at once, one byte at a time, or cut anywhere: the same frames, the same strays, the same refusal."""
    whole = _all(data, [])
    assert _all(data, cuts) == whole
    assert _all(data, list(range(len(data)))) == whole


@given(data=STREAMS)
def test_a_frame_alone_is_the_frame_that_reading_finds(data):
    """The short way takes what the long way would find alone, and nothing else."""
    only, framer = Framer(MAX_BYTES).only(data), Framer(MAX_BYTES)
    found = framer.receive(data)
    if only is not None:
        assert (found, framer.unfinished, framer.overlong) == ([Frame(only)], 0, False)
    elif data.startswith(b"\x0b") and data.endswith(b"\x1c\r"):
        assert data.count(b"\x0b") > 1 or data.count(b"\x1c\r") > 1 or framer.overlong or len(data) < 3


@pytest.mark.req("C3")
@given(data=STREAMS)
def test_no_byte_is_lost_between_frames(data):
    """Frames and strays put together are the stream, but for frame marks, and line ends and spaces between frames."""
    found, _ = _all(data, [], max_bytes=10_000)

    marks = b"\x0b\x1c\r\n \x00"
    kept = b"".join(one.body if isinstance(one, Frame) else one.data for one in found)
    assert kept.translate(None, marks) == data.translate(None, marks)


@given(
    bodies=st.lists(st.binary(max_size=50).map(lambda body: b"MSH|" + body.translate(None, b"\x0b\x1c")), max_size=6)
)
def test_frames_glued_together_are_parted(bodies):
    """A sender that writes several messages in one go gets one frame for each."""
    found, _ = _all(b"".join(map(frame, bodies)), [])
    assert found == [Frame(body) for body in bodies]


def test_a_start_byte_inside_a_message_is_data():
    """VT and FS may stand in a message (a form feed from an old analyser): only FS CR, or FS VT, ends it."""
    body = b"MSH|^~\\&|LAB\rOBX|1|TX|||page 1\x0bpage 2\x1cpage 3\r"
    assert _all(frame(body), []) == ([Frame(body)], False)


def test_a_frame_that_was_not_ended_is_stray_and_the_next_one_counts():
    """A sender that fell in the middle of a message and began again: both are kept, one is a message."""
    cut, whole = b"MSH|^~\\&|LAB|first", b"MSH|^~\\&|LAB|second\r"
    found, _ = _all(b"\x0b" + cut + frame(whole), [])
    assert found == [StrayBytes(cut, "a frame that was not ended"), Frame(whole)]


def test_a_connection_that_ends_within_a_frame_says_so():
    """What was sent of the last message is kept as stray bytes."""
    framer = Framer(1000)
    assert framer.receive(b"\x0bMSH|^~\\&|LAB") == []
    assert framer.end() == StrayBytes(b"\x0bMSH|^~\\&|LAB", "the connection ended within a frame")
    assert framer.end() is None


def test_bytes_outside_a_frame_are_kept():
    """A message sent without its frame is not lost: it comes out as stray bytes at the next frame, or at the end."""
    found, _ = _all(b"\r\nMSH|bare\r" + frame(b"MSH|framed"), [])
    assert found == [StrayBytes(b"MSH|bare\r", "outside a frame"), Frame(b"MSH|framed")]


@pytest.mark.parametrize("extra", [0, 1])
def test_the_limit_is_exact(extra):
    """A frame of the limit is taken; one byte more is not, and nothing after it is believed."""
    body = b"M" * (MAX_BYTES - 2 + extra)  # with VT and FS
    found, overlong = _all(frame(body) + frame(b"MSH|next"), [])
    if extra:
        assert overlong
        assert found == [StrayBytes((b"\x0b" + body + b"\x1c")[: MAX_BYTES + 1], "a frame above the limit")]
    else:
        assert found == [Frame(body), Frame(b"MSH|next")]


def test_frames_from_the_wire_are_read():
    """Frames as another project recorded them (VT, message, FS, CR)."""
    for path in sorted((DATA / "hl7v2" / "mllp-frames").iterdir()):
        data = path.read_bytes()
        assert _all(data, list(range(len(data))), 1 << 20) == ([Frame(data[1:-2])], False)
