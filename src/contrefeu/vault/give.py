"""Giving back: a node asked for what this host holds of it, to try it; it goes over the connection that is there.

Rules kept here:
  * Copying goes first: a few pieces at a time, then the node is asked for news again.
  * Only what the node itself gave goes back to it: files of its own copies, sealed as they came.
  * After a cut it goes on with the piece that was under way.
"""

import time
from collections.abc import Iterator

from contrefeu.vault.directory import DirectoryVault
from contrefeu.vault.link import GIVEN, Give, Wanted
from contrefeu.vault.place import JOURNALS
from contrefeu.vault.pulled import NodeLink

TURN_S = 0.1  # of giving, before it is looked for news: a tenth of the second that a copy may lag (C5)


class Giving:
    """What goes back to one node."""

    def __init__(self, link: NodeLink, vault: DirectoryVault) -> None:
        self._link = link
        self._vault = vault
        self._token = ""
        self._files: Iterator[tuple[str, str]] = iter(())  # folder of a journal, and name
        self._file: tuple[str, str] | None = None
        self._offset = 0

    def turn(self, wanted: Wanted | None, *, whole: bool = False) -> bool:
        """Give some of what is *wanted*, or the *whole* of it; whether there is more.

        Raises:
            LinkCut: The piece under way goes again with the next turn, in less.
        """
        if wanted is None:
            return False
        if wanted.token != self._token:
            self._token, self._files = wanted.token, self._of(wanted)
            self._next()
        until = time.monotonic() + TURN_S
        while self._file is not None and (whole or time.monotonic() < until):
            self._give(*self._file)
        return self._file is not None

    def _give(self, journal: str, name: str) -> None:
        path = f"{JOURNALS}/{journal}/{name}"
        piece = self._vault.read(path, self._offset, self._link.piece_to_give) if name else b""
        if name and not piece:
            self._next()
        elif not self._link.give(Give(self._token, journal, name, self._offset, piece)):
            self._file = None  # nobody waits for it any more
        elif name:
            self._offset += len(piece)
        else:
            self._file = None

    def _next(self) -> None:
        self._file, self._offset = next(self._files, None), 0

    def _of(self, wanted: Wanted) -> Iterator[tuple[str, str]]:
        """Every file, and a name of none, which says that it was all."""
        known = set(self._vault.names(JOURNALS))
        for journal in sorted(known.intersection(wanted.journals)):
            folder = f"{JOURNALS}/{journal}"
            first, last = (f"segments/{number:010d}.seg" for number in wanted.journals[journal])
            # What signs for segments goes before them: they may grow meanwhile.
            names = [name for name in self._vault.names(folder) if GIVEN.fullmatch(name)]
            segments = (f"segments/{name}" for name in self._vault.names(f"{folder}/segments"))
            names += [name for name in segments if GIVEN.fullmatch(name) and first <= name <= last]
            yield from ((journal, name) for name in names)
        yield "", ""
