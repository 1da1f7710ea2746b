"""What a table surely does not hold, known without asking it.

Rules kept here:
  * Of a table that was empty when this was made, everything put in since is known; "not here" is certain, and saves the
    look-up that nearly every new message would make. Of any other table nothing is known: it is asked.
  * A bit a key, in BITS of them: memory stays the same, and what collides is asked too.
"""

from mmap import mmap

BITS = 1 << 27  # 16 MiB, taken as it is written to; of ten million keys one in fourteen is asked for nothing


class Seen:
    """The keys of one table."""

    def __init__(self, *, empty: bool) -> None:
        """Begin, with a table that is *empty* or not."""
        self._bits = mmap(-1, BITS // 8) if empty else None

    def add(self, key: int) -> None:
        """Keep that *key* is in the table."""
        if self._bits is not None:
            self._bits[(key & BITS - 1) >> 3] |= 1 << (key & 7)

    def lacks(self, key: int) -> bool:
        """Whether *key* is surely not in the table."""
        return self._bits is not None and not self._bits[(key & BITS - 1) >> 3] & 1 << (key & 7)
