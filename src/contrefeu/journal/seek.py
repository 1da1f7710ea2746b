"""Finding a frame by its sequence without walking the frames before it.

A frame can be told from anywhere in a segment: a mark, and a check over 116 bytes that hold by chance once in 2**32.
So a segment is searched as a dictionary is: look where the entry should be, see which page it is, look again.

Rules kept here:
  * What is found is a hint. The check is no proof: who opens the frame knows, and walks from the start if it does not.
  * A search ends, whatever the bytes say: WALKED heads, and PROBES looks of LOOK_BYTES_MAX at most.
"""

import os

from contrefeu.journal.scan import Located, locate
from contrefeu.proof import PREFIX_BYTES, read_prefix

BLOCK_BYTES = 4_096  # a few frames of one message; each block that holds no head is followed by one twice as long
LOOK_BYTES_MAX = 2**18  # to the next frame: where frames are longer there are few of them, and heads are walked
WALKED = 100  # heads that are walked first: a segment of documents has no more,
TASTED = 8  # unless as many as this are so short that it must have
PROBES = 40  # halvings of a segment of 64 MiB to a block, with room
NEAR_BYTES = 2 * BLOCK_BYTES  # from here on heads are walked,
NEAR_ENTRIES = 48  # and from here on too: there are no more heads than entries


def seek(fd: int, start: int, stop: int, sequence: int, span: tuple[int, int]) -> Located | None:
    """The last frame found at or before the one that holds *sequence*; None: walk from *start*.

    Args:
        fd: The segment's file.
        start: Offset of its first frame.
        stop: Where its frames end, at the latest.
        sequence: The entry.
        span: First and last sequence between the two offsets.
    """
    found: Located | None = None
    low, high = start, stop
    first, last = span
    for walked in range(WALKED):
        if walked == TASTED and found is not None and (stop - start) * TASTED > WALKED * (found.end - start):
            break
        frame = locate(fd, low if found is None else found.end, stop)
        if frame is None or not first <= frame.head.first_sequence <= sequence:
            return found
        found, low, first = frame, frame.offset, frame.head.first_sequence
    for probe in range(PROBES):
        if high - low <= NEAR_BYTES or sequence - first <= NEAR_ENTRIES:
            break
        # Where it would be if entries were alike; each third time in the middle, for when they are not.
        part = 0.5 if probe % 3 == 2 else min(max((sequence - first) / max(last - first + 1, 1), 0.02), 0.98)
        at = low + int((high - low) * part) - BLOCK_BYTES // 2
        frame = next_frame(fd, max(at, low + 1), high, stop)
        if frame is None or not first <= frame.head.first_sequence <= last + 1:
            high = max(at, low + 1)
        elif frame.head.first_sequence <= sequence:
            found, low, first = frame, frame.offset, frame.head.first_sequence
            if sequence <= frame.head.last_sequence:
                break
        else:
            high, last = max(at, low + 1), frame.head.first_sequence - 1
    return found


def next_frame(fd: int, start: int, before: int, stop: int) -> Located | None:
    """The first frame that begins from *start* to below *before* and ends at *stop* at the latest.

    By its mark and check alone; None when LOOK_BYTES_MAX hold none.
    """
    block_at, length = start, BLOCK_BYTES
    while block_at < min(before, start + LOOK_BYTES_MAX):
        block = os.pread(fd, min(length + PREFIX_BYTES, stop - block_at), block_at)
        at = block.find(b"CF")
        while 0 <= at < min(length, before - block_at):
            if read_prefix(block[at : at + PREFIX_BYTES]) is not None:
                return locate(fd, block_at + at, stop)
            at = block.find(b"CF", at + 1)
        block_at, length = block_at + length, length * 2
    return None
