"""Judging what a peer gives of a journal and what does not fit the one held: another history, or damage on its way.

    HOME/exchange/refused/<journal>.<k>.<digest>/   a history that a writer signed beside the one held: evidence
    HOME/exchange/refused/<journal>.<size>.<digest>.checkpoint   a checkpoint that speaks of less than is held

Rules kept here:
  * A journal is called forked only on its writer's own signature: damage by who carries it accuses nobody.
  * What is refused is kept beside, up to a limit; the one held stays.
  * A judgement stands for a while: comparing holds up the others, and who gives it may be lying.
"""

import contextlib
import shutil
import time
from hashlib import sha256
from pathlib import Path

from contrefeu.base import durable_makedirs, write_file
from contrefeu.journal import JournalFiles
from contrefeu.vault.held import Held, Incomplete, Mismatch, TurnOver
from contrefeu.vault.peers import file_name
from contrefeu.vault.report import Found
from contrefeu.vault.shelf import Shelf

JUDGE_AGAIN_S = 60.0  # a journal whose history forked is compared again so often
DAMAGED_AGAIN_S = 600.0  # one that comes damaged: who gives it may be lying, and comparing holds up the others
BRANCHES_MAX = 8  # kept beside of one journal; past it only the alarm goes on
BRANCH_BYTES = 64 * 2**20  # of a branch, in one go


class Judge:
    """What was refused, and why."""

    def __init__(self, refused: Path) -> None:
        """Keep evidence in the folder *refused*."""
        self._folder = refused
        self._known: dict[tuple[str, str], tuple[float, Found]] = {}  # (journal, giver) -> until when, what

    def standing(self, journal: str, giver: str) -> Found | None:
        """What was found of a journal that this peer gives, while that stands."""
        known = self._known.get((journal, giver))
        return known[1] if known is not None and time.monotonic() < known[0] else None

    def forget(self, journal: str, giver: str) -> None:
        """What it gives is good again."""
        self._known.pop((journal, giver), None)

    def judge(self, held: Held, shelf: Shelf, note: bytes) -> Found:
        """Say whether the writer signed another history, keeping it beside; else the bytes are damaged on their way."""
        journal = held.journal
        standing = self.standing(journal, shelf.giver)
        if standing is not None:
            return standing
        found = Found("damaged", journal, shelf.giver, f'What "{shelf.giver}" gives of "{journal}" is damaged.')
        if self._is_signed_branch(held, shelf, note):
            what = (
                f'Two histories of "{journal}" bear its writer\'s signature; the one held stays, the other is beside.'
            )
            found = Found("forked", journal, shelf.giver, what)
        again_s = JUDGE_AGAIN_S if found.kind == "forked" or not shelf.direct else DAMAGED_AGAIN_S
        self._known[(journal, shelf.giver)] = (time.monotonic() + again_s, found)
        return found

    def keep_note(self, journal: str, size: int, note: bytes) -> None:
        """Keep a signed checkpoint that contradicts what is held."""
        name = f"{file_name(journal)}.{size}.{sha256(note).hexdigest()[:8]}.checkpoint"
        if not (self._folder / name).exists() and len(list(self._folder.glob("*.checkpoint"))) < 16 * BRANCHES_MAX:
            durable_makedirs(self._folder)
            write_file(self._folder / name, note)

    def _is_signed_branch(self, held: Held, shelf: Shelf, note: bytes) -> bool:
        point = held.open_note(note)
        forked = held.point is not None and point.size == held.point.size and point.root != held.point.root
        if forked:
            self.keep_note(held.journal, point.size, note)
        first, differs = _first_difference(held, shelf)
        header = held.header_of(shelf, first)
        if header is None:
            return forked
        name = f"{held.files.folder.name}.{first}.{sha256(header.note).hexdigest()[:8]}"
        kept = {path.name for path in self._folder.glob(f"{held.files.folder.name}.*") if path.is_dir()}
        if name not in kept and len(kept) >= BRANCHES_MAX:
            return forked or differs
        branch = Held(JournalFiles(self._folder / name), held.verifier, first=first)
        try:
            with contextlib.suppress(Mismatch, Incomplete, TurnOver):
                branch.take(shelf, note, BRANCH_BYTES)
            proved = branch.end.segment > 0 and (differs or _differ(held, branch, first))
        finally:
            branch.close()
        if not proved:
            shutil.rmtree(self._folder / name, ignore_errors=True)  # nothing in it that anybody signed for
        return forked or proved


def _first_difference(held: Held, shelf: Shelf) -> tuple[int, bool]:
    """The first segment whose header is another one there than here, and True; else the last one held."""
    low, high = 0, len(ours := held.files.segments())
    while low < high:  # equal headers commit to equal histories before them
        middle = (low + high) // 2
        mine, theirs = held.own_header(ours[middle]), held.header_of(shelf, ours[middle])
        if mine is not None and theirs is not None and mine.note == theirs.note:
            low = middle + 1
        else:
            high = middle
    if low < len(ours) and held.header_of(shelf, ours[low]) is not None:
        return ours[low], True
    return (ours[low - 1] if low else 1), False


def _differ(held: Held, branch: Held, number: int) -> bool:
    """Whether a segment of a signed branch holds other bytes than the one held, or was left earlier than it."""
    mine, theirs = (one.files.segment(number).read_bytes() for one in (held, branch))
    length = min(len(mine), len(theirs))
    left = branch.end.segment > number and len(theirs) < len(mine)
    return left or mine[:length] != theirs[:length]
