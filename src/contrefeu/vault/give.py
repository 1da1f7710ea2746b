"""Giving back: a node asked for what this host holds of it, to try it; it goes over the connection that is there.

Rules kept here:
  * Copying goes first: a few pieces at a time, then the node is asked for news again.
  * Only what the node itself gave goes back to it: files of its own copies, sealed as they came.
  * After a cut it goes on with the piece that was under way.
"""

import time
from collections.abc import Iterator

from contrefeu.vault.directory import DirectoryVault
from contrefeu.vault.link import Give, Wanted
from contrefeu.vault.place import JOURNALS
from contrefeu.vault.pulled import NodeLink

TURN_S = 0.1  # of giving, before it is looked for news: a tenth of the second that a copy may lag (C5)


class Giving:
    """What goes back to one node."""

    def __init__(self, link: NodeLink, vault: DirectoryVault) -> None:
        self._link = link
        self._vault = vault
        self._token = ""
        self._pieces: Iterator[Give] = iter(())
        self._under_way: Give | None = None

    def turn(self, wanted: Wanted | None, *, whole: bool = False) -> bool:
        """Give some of what is *wanted*, or the *whole* of it; whether there is more.

        Raises:
            LinkCut: The piece under way goes again with the next turn.
        """
        if wanted is None:
            return False
        if wanted.token != self._token:
            self._token, self._pieces = wanted.token, self._of(wanted)
            self._under_way = next(self._pieces, None)
        until = time.monotonic() + TURN_S
        while self._under_way is not None and (whole or time.monotonic() < until):
            if not self._link.give(self._under_way):
                self._under_way = None  # nobody waits for it any more
                break
            self._under_way = next(self._pieces, None)
        return self._under_way is not None

    def _of(self, wanted: Wanted) -> Iterator[Give]:
        """All pieces, and the one that says that it was all."""
        known = set(self._vault.names(JOURNALS))
        for journal in sorted(known.intersection(wanted.journals)):
            folder = f"{JOURNALS}/{journal}"
            # What signs for segments goes before them: they may grow meanwhile.
            names = [name for name in self._vault.names(folder) if self._vault.is_file(f"{folder}/{name}")]
            first = f"{wanted.journals[journal]:010d}.seg"
            names += [f"segments/{name}" for name in self._vault.names(f"{folder}/segments") if name >= first]
            for name in names:
                yield from self._pieces_of(wanted.token, journal, name)
        yield Give(wanted.token)

    def _pieces_of(self, token: str, journal: str, name: str) -> Iterator[Give]:
        path = f"{JOURNALS}/{journal}/{name}"
        size, offset = self._vault.size(path) or 0, 0
        while offset < size:
            data = self._vault.read(path, offset, min(self._link.piece_to_give, size - offset))
            if not data:
                return
            yield Give(token, journal, name, offset, data)
            offset += len(data)
