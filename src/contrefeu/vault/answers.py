"""What a node answers to a vault host: sealed bytes, signed notes, public keys, settings; nothing else is in reach.

Rules kept here:
  * Only what is durable is offered: a journal's head is what its writer published.
  * A journal is found by its name among those that are there; no name from outside becomes a path.
  * The node holds one file open a journal, and reads at most READ_BYTES_MAX for one answer.
"""

import contextlib
import time
from collections.abc import Callable
from hashlib import sha256
from itertools import islice

import msgspec

from contrefeu.base import ContrefeuError
from contrefeu.journal import Head, JournalFiles, journals_in
from contrefeu.vault.back import Brought
from contrefeu.vault.link import (
    JOURNALS_MAX,
    READ_BYTES_MAX,
    WAIT_MS_MAX,
    Answered,
    Asked,
    Bytes,
    Give,
    Gone,
    Journal,
    Look,
    Noted,
    Numbers,
    Ranges,
    Read,
    ReadGrant,
    ReadSettings,
    Seen,
    Shared,
    Stand,
    Vouch,
)
from contrefeu.vault.rights import Rights
from contrefeu.vault.ship import Home
from contrefeu.vault.source import HomeSource

LOOK_S = 0.05  # how often a node looks for news while a vault host waits for some: a twentieth of the lag allowed
SETTINGS_BYTES_MAX = 256 * 1024  # a contrefeu.toml with a thousand wards is a tenth of it


class Answers:
    """Answers one vault host's questions about one home."""

    def __init__(
        self,
        home: Home,
        vouch: Callable[[Vouch], None],
        stand: Callable[[Stand], None],
        stop: Callable[[], bool],
        brought: Brought,
    ) -> None:
        self._home = home
        self._brought = brought
        self._vouch = vouch
        self._stand = stand
        self._stop = stop
        self._sources: dict[str, HomeSource] = {}
        self._rights = Rights(home.recovery_notes, home.grants)

    def close(self) -> None:
        """Let the journals' files go."""
        for source in self._sources.values():
            source.close()
        self._sources.clear()

    def to(self, question: Asked) -> Answered:
        """The answer to *question*."""
        if isinstance(question, Look):
            return self._look(question)
        if isinstance(question, Vouch):
            self._vouch(question)
            return Noted()
        if isinstance(question, Stand):
            self._stand(question)
            return Noted()
        if isinstance(question, Give):
            return Noted() if self._brought.take(question) else Gone()
        if isinstance(question, ReadSettings):
            return Shared(self._settings(), *self._rights.shared())
        if isinstance(question, ReadGrant):
            data = self._rights.grant(question.folder, question.name)
            return Bytes(data, len(data)) if data else Gone()
        source = self._sources.get(question.journal)
        if source is None:
            return Gone()
        try:
            return _ranges(source) if isinstance(question, Numbers) else _bytes(source, question)
        except OSError:
            source.close()
            return Gone()

    def _look(self, question: Look) -> Seen:
        deadline = time.monotonic() + min(question.wait_ms, WAIT_MS_MAX) / 1000
        while True:
            seen = self._seen()
            if seen.mark != question.mark or time.monotonic() >= deadline or self._stop():
                return seen
            time.sleep(LOOK_S)

    def _seen(self) -> Seen:
        journals = []
        for files in islice(journals_in(self._home.journals), JOURNALS_MAX):
            # One that cannot be read now is offered again when it can: the copy of it stays as it is.
            with contextlib.suppress(OSError, ContrefeuError):
                journals.append(self._journal(files))
        shared = sha256(msgspec.msgpack.encode((self._settings(), self._rights.state()))).hexdigest()
        wanted = self._brought.wanted()
        asked = wanted.token if wanted is not None else ""
        mark = sha256(msgspec.msgpack.encode((journals, shared, asked))).hexdigest()
        return Seen(mark, journals, shared, wanted)

    def _journal(self, files: JournalFiles) -> Journal:
        verifier = files.verifier()
        source = self._sources.get(verifier.name)
        if source is None or source.verifier != verifier or source.files.folder != files.folder:
            source = self._sources[verifier.name] = HomeSource(files)
        note = source.checkpoint()  # before the head: it signs for nothing beyond it
        head = source.head()
        said = (*head,) if head is not None else None
        return Journal(str(verifier), said, _which(files, head), note, source.expired())

    def _settings(self) -> bytes:
        try:
            text = self._home.settings.read_bytes()
        except OSError:
            return b""
        return text if len(text) <= SETTINGS_BYTES_MAX else b""


def _which(files: JournalFiles, head: Head | None) -> str:
    if head is None or not head.segment:
        return ""
    found = files.segment(head.segment).stat()
    return f"{found.st_dev}.{found.st_ino}"


def _ranges(source: HomeSource) -> Ranges:
    ranges: list[tuple[int, int]] = []
    for number in source.numbers():
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return Ranges(ranges)


def _bytes(source: HomeSource, question: Read) -> Answered:
    if question.segment < 1 or question.offset < 0 or not 0 <= question.length <= READ_BYTES_MAX:
        return Gone()
    if source.is_another():
        source.close()
    data = source.read(question.segment, question.offset, question.length)
    return Bytes(data, source.size(question.segment))
