"""Putting a new recovery key in the place of the one in force, custodians and all.

The order is a promise: killed behind any step, whatever set of shares is in force opens everything, and the same
command goes on.

  1. The new shares MUST be on paper or on a stick, synced, before anything is sealed to them.
  2. What is there MUST be granted to the new key before writers are told of it.
  3. The note is the switch: before it the old key is in force, behind it the new one.
  4. The journal's entry, and grants of what was opened until the writers followed, come after; who holds the old
     shares can always do these again (`finish`), who holds the new ones cannot.

Rules kept here:
  * Rotation takes no right away: who kept the old shares and a copy reads what was sealed to them.
  * Both keys are in memory while this runs, and nowhere else.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from contrefeu.base import write_file
from contrefeu.custody.opening import DataKeys, grant_segments
from contrefeu.custody.recovery import OpenedRecovery, known_recovery_keys
from contrefeu.journal import JournalFiles, Recipient, RecoveryKey, journals_in, note_name, recovery_notes


class Home(Protocol):
    """What of a home a rotation touches (contrefeu.custody.HomePaths is one)."""

    @property
    def journals(self) -> Path:
        """One folder a journal."""
        ...

    @property
    def grants(self) -> Path:
        """One folder a journal."""
        ...

    @property
    def recovery_notes(self) -> Path:
        """One note a key."""
        ...

    @property
    def recovery_public(self) -> Path:
        """The key in force, for people."""
        ...


def _no_step(_name: str) -> None:
    pass


def _nobody(_count: int) -> None:
    pass


class Rotation:
    """One rotation, or the end of one that was interrupted."""

    def __init__(
        self,
        home: Home,
        old: OpenedRecovery,
        *,
        step: Callable[[str], None] = _no_step,
        told: Callable[[int], None] = _nobody,
    ) -> None:
        """*step* is called behind each step with its name; *told* with 1 for each segment that is granted or passed."""
        self._home = home
        self._old = old
        self._step = step
        self._told = told
        self.granted = 0

    def begin(
        self, new: OpenedRecovery, mnemonics: Sequence[str], keep_shares: Callable[[], None], now_ns: int
    ) -> None:
        """Steps 1 to 3: once this returns the new key is in force.

        Args:
            new: The new key.
            mnemonics: Its shares.
            keep_shares: Writes them where the custodians get them; durable on return.
            now_ns: The time that the note says.
        """
        keys = self._keys(now_ns)
        keep_shares()
        self._step("shares")
        self._grant(new.pair.recipient, keys)
        self._step("grants")
        note = new.next_note(self._old, keys[-1], mnemonics, now_ns)
        write_file(self._home.recovery_notes / note_name(keys[-1].number + 1), note, mode=0o644)
        self._step("note")
        write_file(self._home.recovery_public, f"{new.pair.recipient}\n".encode(), mode=0o644)
        self._step("public")

    def finish(self, record: Callable[[int, bytes], None], announced: Iterable[int], wait: Callable[[], None]) -> None:
        """Step 4; safe to do again.

        Args:
            record: Leaves the journal's entry for a key's number and note; durable on return.
            announced: Numbers of the keys that have theirs.
            wait: Returns once the writers seal to the key in force.
        """
        keys = known_recovery_keys(self._home.recovery_notes)
        notes = recovery_notes(self._home.recovery_notes)
        said = set(announced)
        for key in keys:
            if key.number not in said:
                record(key.number, notes[key.number - 1])
        self._step("entry")
        wait()
        self._grant(keys[-1].recipient, keys)
        self._step("last grants")

    def _keys(self, now_ns: int) -> list[RecoveryKey]:
        """The keys so far; in a home from before there were notes, the first note is made now."""
        keys = known_recovery_keys(self._home.recovery_notes)
        if not keys:
            note = self._old.first_note((), now_ns)
            write_file(self._home.recovery_notes / note_name(1), note, mode=0o644)
            keys = known_recovery_keys(self._home.recovery_notes)
        return keys

    def _grant(self, to: Recipient, keys: Sequence[RecoveryKey]) -> None:
        for files in self._files():
            self.granted += grant_segments(
                files, self._opens(keys), to, self._home.grants, self._old.authority, self._told
            )

    def _opens(self, keys: Sequence[RecoveryKey]) -> DataKeys:
        by = [key.authority for key in keys]
        return DataKeys(None, grants=self._home.grants, granted_by=by, recovery=self._old.pair)

    def _files(self) -> Iterable[JournalFiles]:
        return journals_in(self._home.journals)
