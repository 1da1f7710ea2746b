"""What a restored HL7 v2 system holds, asked patient by patient over MLLP (`gap --against mllp://…`).

Rules kept here:
  * A query changes nothing there: one without an answer is asked again, TRIES_MAX times, AGAIN_S apart; then the
    comparison ends: with part of the answers it would call the rest missing.
  * A patient for whom it refuses to answer, or has too much, is not compared; how many, and why, is said.
  * Patients are kept on disk, answers nowhere: nothing grows in memory with their number.
"""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from contrefeu.base import Clock, StorageError, rfc3339
from contrefeu.capture import Item
from contrefeu.fhir import Json, encode
from contrefeu.hl7 import Message
from contrefeu.journal import MEDIA_FHIR
from contrefeu.mapping import Reading, Rules
from contrefeu.recovery.holdings import Unreadable
from contrefeu.recovery.profiles import Query
from contrefeu.recovery.queries import SHOWS, Answer, Kind, answered, query, resources, united
from contrefeu.recovery.scratch import Scratch
from contrefeu.recovery.wire import AGAIN_S, MllpTarget, NotReached

ASKED_TABLE = "CREATE TABLE asked(key TEXT PRIMARY KEY, refused INTEGER) WITHOUT ROWID"
TRIES_MAX = 3  # of one query: a listener that restarts is back by then, a dead one is not
LOT = 1_000  # patients whose numbers are read at once: answers are kept in the same table before the next are read
PAGES_MAX = 200  # of one answer (DSC): with 50 records each, ten times what a year's intensive care leaves
ANSWER_BYTES_MAX = 64 * 2**20  # one page of an answer, with documents inside


class Asked:
    """Asks once: a second reading needs the marks of the first alone."""

    def __init__(
        self,
        url: str,
        wire: MllpTarget,
        how: Query,
        readings: Callable[[], Iterable[Reading]],
        table: Scratch,
        rules: Rules,
        clock: Clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            url: As it is told.
            wire: The connection.
            how: What the system can be asked.
            readings: What our entries say: of whom it is asked.
            table: Made of ASKED_TABLE.
            rules: Of the senders.
            clock: What time it is.
            pause: Waits so many seconds.
        """
        self._url, self._wire, self._how, self._readings = url, wire, how, readings
        self._table, self._rules, self._clock, self._pause = table, rules, clock, pause
        self._run, self._count = secrets.token_hex(4), 0
        self._done = False
        self._whys: Counter[str] = Counter()
        self.shows = frozenset(how.shows) or frozenset(kind for one in how.ask for kind in SHOWS[one])

    def __call__(self) -> Iterator[Item | Unreadable]:
        """Yield what it holds.

        Raises:
            StorageError: It is not there, or answers no more.
        """
        if self._done:
            return
        self._done = True
        for reading in self._readings():
            for key in keys_of(reading):
                if not self._how.authority or key.partition("|")[0] == self._how.authority:
                    self._table.run("INSERT OR IGNORE INTO asked VALUES(?, 0)", (key,))
        for key in self._everybody():
            yield from self._of(key)
        for why, count in sorted(self._whys.items()):
            yield Unreadable(self._url, f"{count} answers: {why}")

    def _everybody(self) -> Iterator[str]:
        sql, after = "SELECT key FROM asked WHERE key > ? ORDER BY key LIMIT ?", ""
        while some := self._table.rows(sql, (after, LOT)):
            yield from (key for (key,) in some)
            after = some[-1][0]

    def answers_for(self, reading: Reading) -> bool:
        """Whether everybody whom *reading* names was answered for."""
        sql = "SELECT refused FROM asked WHERE key = ?"
        rows = [self._table.row(sql, (key,)) for key in keys_of(reading)]
        return bool(rows) and all(row is not None and not row[0] for row in rows)

    def _of(self, key: str) -> Iterator[Item]:
        found: dict[str, Json] = {}
        for kind in self._how.ask:
            for answer in self._pages(kind, key):
                if answer.refused:
                    self._whys[answer.refused] += 1
                    self._table.run("UPDATE asked SET refused = 1 WHERE key = ?", (key,))
                    return
                for one in resources(answer.messages, self._rules.of("")):
                    if one["resourceType"] in self.shows | {"Patient"}:
                        united(found, one)
        if found:
            entries = [{"resource": one} for one in found.values()]
            yield Item(encode({"resourceType": "Bundle", "type": "collection", "entry": entries}), MEDIA_FHIR, "", "")

    def _pages(self, kind: Kind, key: str) -> Iterator[Answer]:
        more = ""
        for _ in range(PAGES_MAX):
            answer = self._ask(kind, key, more)
            yield answer
            more = answer.more
            if not more:
                return
        yield Answer(refused="it does not come to an end")

    def _ask(self, kind: Kind, key: str, more: str) -> Answer:
        why = ""
        for tried in range(TRIES_MAX):
            if tried:
                self._pause(AGAIN_S)
            self._count += 1
            own = f"CFQ{self._run}{self._count:09d}"  # MSH-10: 20 characters
            now = rfc3339(self._clock.now_ns())[:19].translate({45: None, 58: None, 84: None})
            try:
                outcome = self._wire.exchange(
                    query(kind, key, own, now, self._how.version, self._how.receiver, more), own
                )
            except NotReached as refused:
                why = f"nobody listens ({refused})"
                continue
            if outcome.code:
                body = self._wire.answer
                return answered(Message.parse(body), body, key)
            why = outcome.why
        raise StorageError(
            f"{self._url} answers no more: {why}.",
            safe="Nothing was compared, and nothing there was changed: it was only asked.",
            next="Look whether it answers queries, and how long it takes (answer_s in the profile); then the same.",
        )


def keys_of(reading: Reading) -> Iterator[str]:
    """Yield the first number of everybody whom *reading* names."""
    for part in (reading, *reading.also):
        for subject in part.subjects:
            yield from subject.keys[:1]
