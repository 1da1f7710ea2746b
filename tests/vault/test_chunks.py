"""A block of a copy is cut where frames end, whatever their lengths.

Method: frames of the real writer's form, cut at many sizes; the pieces are put together again and walked.
"""

from hypothesis import given
from hypothesis import strategies as st

from contrefeu.journal.segment import SegmentSealer
from contrefeu.proof import PREFIX_BYTES, read_prefix
from contrefeu.vault.chunks import cut_at_frames

SEALER = SegmentSealer(b"a header", bytes(32))
FRAMES = [
    SEALER.seal([bytes(range(256)) * n], bytes(16), first_sequence=n, hlc=(n, n), received_ns=n)[0]
    for n in range(1, 40)
]


@given(count=st.integers(1, len(FRAMES)), offset=st.integers(0, 10**9), bytes_max=st.integers(1, 20_000))
def test_pieces_are_whole_frames_and_make_the_block(count: int, offset: int, bytes_max: int) -> None:
    """Each piece begins where the one before ends, begins and ends with a frame, and is no longer than asked for."""
    block = b"".join(FRAMES[:count])
    pieces = list(cut_at_frames(offset, block, bytes_max))
    assert b"".join(piece for _, piece in pieces) == block
    at = offset
    for start, piece in pieces:
        assert start == at
        at += len(piece)
        inside = taken = 0
        while inside < len(piece):
            found = read_prefix(piece[inside : inside + PREFIX_BYTES])
            assert found is not None, "a piece begins and goes on with frames"
            inside += PREFIX_BYTES + found[0].length
            taken += 1
        assert inside == len(piece), "and ends with one"
        assert len(piece) <= bytes_max or taken == 1


def test_what_is_no_frame_is_one_piece() -> None:
    """A header, or the rest of a frame of which a part is there already, goes over as it is."""
    assert list(cut_at_frames(7, b"a header", 3)) == [(7, b"a header")]
    assert list(cut_at_frames(7, FRAMES[0][5:], 3)) == [(7, FRAMES[0][5:])]
