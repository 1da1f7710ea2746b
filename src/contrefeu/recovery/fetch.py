"""Entries by their names, cheaply when they are asked for in the order of their journals."""

from collections.abc import Callable, Iterator

from contrefeu.journal import Entry, JournalReader, parse_ref

STEPS_MAX = 8  # frames read on from where one stands, before a place is sought anew


class Forward:
    """Reads journals forward."""

    def __init__(self, reader_of: Callable[[str], JournalReader]) -> None:
        self._reader_of = reader_of
        self._cursors: dict[str, _Cursor] = {}

    def entry(self, ref: str) -> Entry | None:
        """Return one entry; None when its journal does not hold it.

        Raises:
            ValueError: *ref* names none.
            JournalUnreadable: No key opens it.
            JournalTampered: It is damaged.
        """
        journal, sequence = parse_ref(ref)
        if journal not in self._cursors:
            self._cursors[journal] = _Cursor(self._reader_of(journal))
        return self._cursors[journal].entry(sequence)

    def close(self) -> None:
        """Let the files go."""
        for cursor in self._cursors.values():
            cursor.reader.close()
        self._cursors.clear()


class _Cursor:
    """A place in one journal."""

    def __init__(self, reader: JournalReader) -> None:
        self.reader = reader
        self._frames: Iterator[list[Entry]] = iter(())
        self._frame: list[Entry] = []

    def entry(self, sequence: int) -> Entry | None:
        for _ in range(STEPS_MAX):
            if self._frame and self._frame[0].sequence <= sequence <= self._frame[-1].sequence:
                return self._frame[sequence - self._frame[0].sequence]
            if not self._frame or sequence < self._frame[0].sequence:
                break
            self._frame = next(self._frames, [])
        self._frames = self.reader.after(sequence - 1) if sequence > 0 else iter(())
        self._frame = next(self._frames, [])
        return self._frame[0] if self._frame and self._frame[0].sequence == sequence else None
