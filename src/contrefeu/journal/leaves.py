"""The leaves of a journal's tree, from its headers and the heads of its frames: no body is read, no key is needed."""

from contrefeu.journal.expiry import ended_leaves
from contrefeu.journal.files import JournalFiles
from contrefeu.journal.reader import SegmentReader
from contrefeu.journal.scan import frames
from contrefeu.proof import hash_leaf


def leaves_of(files: JournalFiles, size: int) -> list[bytes]:
    """The first *size* leaves of a journal's tree; fewer when it is shorter."""
    verifier = files.verifier()
    leaves = list(ended_leaves(files))
    for number in files.segments():
        segment = SegmentReader(files, number, verifier)
        try:
            del leaves[segment.header.tree.size :]  # abandoned frames of the segment before
            if len(leaves) >= size:
                break
            leaves.append(hash_leaf(segment.note))
            leaves += [frame.leaf for frame in frames(segment.fd, segment.start, segment.size, hashed=False)]
        finally:
            segment.close()
    return leaves[:size]
