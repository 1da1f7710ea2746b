"""A small journal of three segments, and where its parts lie: found with the second reader, not with the package.

Segment 1 is closed; segment 2 was left by a killed writer (reserved zeros, no closing frame); segment 3 is open, as
after a power cut. A checkpoint covers all of it and is held elsewhere.
"""

from dataclasses import dataclass
from pathlib import Path

from contrefeu.journal import Damage, Verified
from tests.journal.desk import ORIGIN, Desk, bodies_of
from tests.second_reader import reader

COUNTS = {1: (1, 2, 3, 1), 2: (2, 1, 1), 3: (1, 2, 1)}  # entries of each frame
ZEROS = 40  # reserved space that is kept behind an open segment's frames


@dataclass(frozen=True)
class Frame:
    """A frame: where it lies, and its entries; last below first in a closing frame."""

    start: int
    end: int
    first: int
    last: int


@dataclass
class Layout:
    """The journal's files, and its parts by segment."""

    desk: Desk
    held: bytes  # the checkpoint that another place holds
    data: dict[int, bytes]
    header_end: dict[int, int]
    frames: dict[int, list[Frame]]

    @property
    def entries(self) -> int:
        """Entries in all."""
        return sum(map(sum, COUNTS.values()))

    def span(self, segment: int) -> tuple[int, int]:
        """First and last entry of a segment."""
        frames = self.frames[segment]
        return frames[0].first, max(frame.last for frame in frames)

    def frames_end(self, segment: int) -> int:
        """Where its frames end."""
        return self.frames[segment][-1].end

    def verify(self) -> Verified:
        """What is found against the checkpoint held elsewhere."""
        return self.desk.verify(held_elsewhere=[self.held])

    def damage(self) -> list[Damage]:
        """The same, the places alone."""
        return self.verify().damage

    def write(self, segment: int, data: bytes) -> None:
        """Put other bytes in a segment's place; in place, since ext4 syncs a file that was emptied first."""
        path = self.desk.files.segment(segment)
        if not path.exists():
            path.write_bytes(data)
            return
        with path.open("r+b") as file:
            file.write(data)
            file.truncate(len(data))

    def restore(self) -> None:
        """Put everything back."""
        for number, data in self.data.items():
            self.write(number, data)
        for number in self.desk.files.segments():
            if number not in self.data:
                self.desk.files.segment(number).unlink()
        self.desk.files.checkpoint.write_bytes(self.held)


def at(segment: int, offset: int, first: int, last: int, kind: str) -> Damage:
    """Damage of this journal."""
    return Damage(ORIGIN, segment, offset, first, last, kind)  # type: ignore[arg-type]


def make(folder: Path, start: int = 0) -> Layout:
    """Write the journal; *start* makes its bodies others."""
    desk = Desk(folder)
    given = start
    for number, counts in COUNTS.items():
        for count in counts:
            desk.append(*bodies_of(count, given))
            given += count
        if number == 1:
            desk.writer.roll()
        elif number == 2:
            desk.kill()
    desk.writer.checkpoint()
    desk.kill()
    desk.files.head.unlink()
    held = desk.files.checkpoint.read_bytes()
    layout = Layout(desk, held, {}, {}, {})
    for number in COUNTS:
        whole = desk.files.segment(number).read_bytes()
        cut = whole.rstrip(b"\0")
        end, frames, first = 8 + int.from_bytes(cut[4:8], "big"), [], sum(sum(COUNTS[n]) for n in range(1, number)) + 1
        layout.header_end[number] = end
        while (found := reader.frame(whole, end)) is not None:
            count = found[0][3]
            frames.append(Frame(end, end + 120 + len(found[2]), first, first + count - 1))
            first, end = first + count, frames[-1].end
        layout.frames[number] = frames
        layout.data[number] = whole[:end] + (b"" if number == 1 else bytes(ZEROS))
    layout.restore()
    return layout
