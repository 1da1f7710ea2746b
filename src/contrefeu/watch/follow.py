"""From the journals on disk to alarms: reads on, asks the rules, hands over what they say.

Rules kept here:
  * Journals are read together in the order of their hybrid clocks; one that does not open stops where it is.
  * What lies behind is caught up in its own time: entries of last night raise last night's alarms, once.
  * What happened longer ago than OLD_S when it is first read teaches, and raises nothing: it is history.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog

from contrefeu.acts import AlarmAcknowledged, AlarmRaised, decode
from contrefeu.base import Clock, ContrefeuError, parse_rfc3339, rfc3339
from contrefeu.journal import MEDIA_ACT, Entry, JournalFiles, JournalReader, KeyOf, journals_in
from contrefeu.watch.engine import Watch
from contrefeu.watch.memory import Memory
from contrefeu.watch.observe import NS, STATION, Observer
from contrefeu.watch.seen import Observation, Passed, Resumed, Signal
from contrefeu.watch.signals import RULES

BATCH_ENTRIES = 2_000  # observed before somebody may ask to stop
OLD_S = 7 * 86_400.0  # s; a home whose history is read for the first time
DOWN_S = 600.0  # s without any entry of any feed, in what is read again at a start: nobody listened
JOURNALS_AGAIN_S = 1.0  # how often the folder is looked at for new journals
EVIDENCE_MAX = 8  # entries named in an alarm

log = structlog.get_logger("watch")


class Follower:
    """Reads every journal of a home, its own apart."""

    def __init__(
        self, journals: Path, key_of: KeyOf, memory: Memory, watch: Watch, observer: Observer, own: str, clock: Clock
    ) -> None:
        """*own* is the journal of alarms: it is read for none."""
        self._folder = journals
        self._key_of = key_of
        self.memory = memory
        self._watch = watch
        self._observer = observer
        self._own = own
        self._readers: dict[str, JournalReader] = {}
        self._looked = -JOURNALS_AGAIN_S
        self._clock = clock
        self._began = clock.now_ns() / NS
        self._reading = self._caught_up = False
        self._raised: dict[str, AlarmRaised] = {}  # entry -> alarm, for those who answer it
        self.news: Callable[[AlarmRaised], str] = lambda _: ""  # journals an alarm; returns its entry

    def close(self) -> None:
        """Let the journals go."""
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()

    def remember(self, ref: str, alarm: AlarmRaised) -> None:
        """An alarm that was journaled before: it is not raised again, and may still be answered."""
        self._raised[ref] = alarm

    def step(self) -> int:
        """Read what there is, up to a batch; returns how many entries, 0 when all is read."""
        batch = sorted(self._next(), key=lambda one: one.order)
        if batch and not self._reading:  # a node that was down kept nothing before its first entry
            self._reading = True
            self._take(Resumed(batch[0].received_ns / NS))
        for entry in batch:
            if not self._caught_up and entry.received_ns / NS - self._watch.state.now >= DOWN_S:
                self._take(Resumed(entry.received_ns / NS))  # read once more from before a cut, the node was down since
            self._answered(entry)
            for observation in self._observer.of(entry):
                self._take(observation)
        if not batch and not self._caught_up:
            self._caught_up = True
            self._take(Resumed(self._clock.now_ns() / NS))
        return len(batch)

    def tick(self, now: float, told: Iterator[Observation] | None = None) -> None:
        """Time has gone by, and all is read; what is known of the node itself is told."""
        self._take(Passed(now))
        for one in told or ():
            self._take(one)

    def _next(self) -> list[Entry]:
        self._look()
        batch: list[Entry] = []
        share = BATCH_ENTRIES // max(1, len(self._readers))
        for journal, reader in self._readers.items():
            taken = 0
            try:
                for entries in reader.after(self.memory.positions.get(journal, 0)):
                    batch += entries
                    taken += len(entries)
                    if entries:
                        self.memory.positions[journal] = entries[-1].sequence
                    if taken >= share:
                        break
            except (ContrefeuError, OSError, ValueError) as trouble:
                log.debug("a journal is not read on", journal=journal, error=type(trouble).__name__)
        return batch

    def _look(self) -> None:
        if time.monotonic() - self._looked < JOURNALS_AGAIN_S:
            return
        self._looked = time.monotonic()
        for files in journals_in(self._folder):
            try:
                journal = files.verifier().name
            except (ContrefeuError, OSError, ValueError):
                continue  # it is being made, or damaged: the charts say so
            if journal not in self._readers and not journal.startswith(self._own):
                self._readers[journal] = JournalReader(files, self._key_of)

    def _answered(self, entry: Entry) -> None:
        """What a person says of an alarm."""
        if entry.media_type != MEDIA_ACT or not entry.journal.endswith(STATION):
            return
        act = decode(entry.body)
        if isinstance(act, AlarmAcknowledged) and act.verdict == "harmless" and act.alarm in self._raised:
            raised = self._raised[act.alarm]
            self._watch.harmless(raised.rule, raised.subject, parse_rfc3339(raised.at) / NS)

    def _take(self, observation: Observation) -> None:
        for signal in self._watch.take(observation):
            if signal.at < self._began - OLD_S:
                continue
            alarm = self._alarm(signal)
            known = (alarm.rule, alarm.subject, alarm.since)
            if all((one.rule, one.subject, one.since) != known for one in self._raised.values()):
                self._raised[self.news(alarm)] = alarm

    def _alarm(self, signal: Signal) -> AlarmRaised:
        point = 0.0
        if signal.subject in self._watch.state.feeds:
            point = self._watch.clean_point(signal.subject).at
        return AlarmRaised(
            signal.rule,
            signal.subject,
            RULES[signal.rule].severity,
            _text(signal.at),
            _text(signal.since),
            signal.seen,
            signal.evidence[:EVIDENCE_MAX],
            _text(point) if point else "",
        )


def alarms_in(files: JournalFiles, key_of: KeyOf, most: int) -> list[tuple[str, AlarmRaised]]:
    """The last *most* alarms of a journal, with their entries."""
    head = files.read_head()
    reader = JournalReader(files, key_of)
    found: list[tuple[str, AlarmRaised]] = []
    try:
        for entries in reader.after(max(0, (head.sequence if head else 0) - most)):
            for entry in entries:
                act = decode(entry.body) if entry.media_type == MEDIA_ACT else None
                if isinstance(act, AlarmRaised):
                    found.append((entry.ref, act))
    except (ContrefeuError, OSError, ValueError) as trouble:
        log.warning("earlier alarms cannot be read", error=type(trouble).__name__)
    finally:
        reader.close()
    return found


def _text(at: float) -> str:
    return rfc3339(int(at * NS))
