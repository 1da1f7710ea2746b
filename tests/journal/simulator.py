"""A writer of a journal, and everything that a disk and a machine can do to it, from a seed.

A run is a story of some forty steps: messages are offered as senders offer them (`Intake`), checkpoints are signed,
the clock jumps, the disk fills up, fails and recovers (simulated_disk.py), the process is killed or interrupted, the
power is cut, each between any two changes of the disk; the machine is put back to a snapshot, with a vault that holds
newer checkpoints, or with none in reach until the writer runs. What must hold, after each death and at the end:

  * every message that was acknowledged is there, once, under the reference that its sender's answer stood for;
  * nothing is there that was not offered, nothing twice; sequences have no gap, hybrid clocks grow;
  * what a reader showed while the writer was alive had been acknowledged, and is still there;
  * each checkpoint ever signed is one of the journal as it is: heads only go forward;
  * `verify` finds it intact: torn tails, which no sender was told of, are all that it may name;
  * no frame key is used twice, over all restarts;
  * the writer starts, whatever was done to it; a successor is begun when the journal was put back to before what the
    vault holds, and never else.

    python -m tests.journal.simulator --runs 10000 --seed 1        prints the seed of a run that fails
"""

import argparse
import itertools
import logging
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import structlog

from contrefeu.base import ManualClock, durable
from contrefeu.capture import Intake, intake
from contrefeu.journal import (
    MEDIA_HL7V2,
    Draft,
    Entry,
    JournalFiles,
    JournalReader,
    JournalWriter,
    Limits,
    Recipient,
    SegmentHeader,
    chain,
    header,
    open_writer,
    segment,
    standing,
    store,
    verify_journal,
)
from contrefeu.proof import open_checkpoint
from tests.journal.simulated_disk import Gone, Mood, SimulatedDisk

ORIGIN = "drill/sim-capture"
SEED = bytes([7]) * 32
STEPS = (10, 60)  # of a story
SEALED_BYTES = 1120 + 48  # docs/spec/journal-v1.md, Recipients
MOODS: tuple[Mood, ...] = ("well", "well", "flaky", "full", "read-only", "failing")


class OpenRecipient(Recipient):
    """A recipient whose sealed data keys anybody opens: sealing is not what is tried here, and takes half the time."""

    def seal(self, data_key: bytes, origin: str, segment: int) -> bytes:
        """Return the data key itself, as long as a sealed one."""
        return data_key.ljust(SEALED_BYTES, b"\0")


def opened(said: SegmentHeader) -> bytes:
    """The data key in a header."""
    return said.keys[0].sealed[:32]


@dataclass
class Truth:
    """What must be in one journal."""

    acknowledged: dict[int, bytes] = field(default_factory=dict)  # sequence -> body
    shown: list[bytes] = field(default_factory=list)  # to a reader, while a writer was alive
    notes: list[bytes] = field(default_factory=list)  # checkpoints that were kept


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run did, to see that a campaign meets what it is for."""

    acknowledged: int
    events: Counter[str]


class Story:
    """One run."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.clock = ManualClock()
        self.disk = SimulatedDisk(folder, self.chance)
        self.events: Counter[str] = Counter()
        self._journals = folder / "journals"
        self._recipients = [OpenRecipient("recovery", bytes(1216))]
        self._segment_bytes = self.chance.choice([1500, 6000, 40_000])
        self._frame_keys: set[bytes] = set()
        self._intake: Intake | None = None
        self._writer: JournalWriter | None = None
        self._reader: JournalReader | None = None
        self._numbers = itertools.count(1)
        self._truths: dict[str, Truth] = {ORIGIN: Truth()}
        self._journal = ORIGIN
        self._offered: set[bytes] = set()
        self._immortal = False
        self._taken_up = 0  # entries that the present writer found when it started
        self._vault: dict[str, list[bytes]] = {}  # folder -> the last checkpoint that it was given
        self._has_vault = self.chance.random() < 0.7
        self._snapshot: tuple[dict[Path, bytes], dict[str, Truth]] | None = None
        self._was_put_back = False  # since the last successor
        self._vault_is_away = False

    # The story.

    def run(self) -> Tally:
        """Tell it, with a check after each death."""
        steps = self.chance.randrange(*STEPS)
        with self._wired():
            try:
                for _ in range(steps):
                    self._step()
                self._end("killed")
                self.disk.mood, self._immortal = "well", True
                self._start()
                self._offer()
                self._end("closed")
                self._check()
            finally:
                self._let_go()
        return Tally(sum(len(truth.acknowledged) for truth in self._truths.values()), self.events)

    @property
    def _truth(self) -> Truth:
        return self._truths[self._journal]

    @property
    def _files(self) -> JournalFiles:
        return JournalFiles.of(self._journals, self._journal)

    def _step(self) -> None:
        act = self.chance.choices(
            [
                self._offer,
                self._sign,
                self._read,
                self._jump,
                self._change_mood,
                self._seal_to_others,
                self._die,
                self._take_snapshot,
                self._put_back,
                self._learn,
            ],
            [40, 10, 10, 5, 8, 3, 12, 3, 2, 10],
        )[0]
        try:
            if self._intake is None:
                self._start()
            act()
        except Gone:
            self._end("killed" if self.chance.random() < 0.5 else "without power")
            self._check()
        except KeyboardInterrupt:
            self.events["interrupted"] += 1
            if self.chance.random() < 0.5:
                self._end("closed")
        except OSError:
            # A start that the disk refuses: the supervisor starts it again.
            self.events["start refused"] += 1
            self._let_go()

    def _start(self) -> None:
        self._maybe_dies()
        asked = self._has_vault and not self._vault_is_away and self.chance.random() < 0.8
        self._intake = Intake(self._opened(asked=asked), self.clock)

    def _opened(self, *, asked: bool) -> JournalWriter:
        """Take the journal, or what was begun in its place."""
        self._writer = open_writer(
            self._journals,
            ORIGIN,
            SEED,
            lambda: self._recipients,
            self.clock,
            held_elsewhere=self._vault if asked else None,
            limits=Limits(segment_bytes=self._segment_bytes, segment_age_s=600),
        )
        if self._writer.journal != self._journal:
            assert self._was_put_back, "a successor without need"
            self.events["successors"] += 1
            self._was_put_back = False
            self._journal = self._writer.journal
            self._truths[self._journal] = Truth()
        for note in self._vault.get(self._files.folder.name, []) if asked else []:
            point = open_checkpoint(note, [self._files.verifier()])
            root = standing.root_at(self._files, self._files.verifier(), point.size)
            assert root == point.root, "gone on beside what a vault vouches for"
        self._taken_up = self._writer.sequence
        assert self._taken_up >= max(self._truth.acknowledged, default=0), "a head went back"
        return self._writer

    def _learn(self) -> None:
        """A vault comes back while the writer runs: behind or beside what it holds, the next goes to a successor."""
        assert self._intake is not None
        self._vault_is_away = False
        if not self._has_vault or not self._is_overtaken(self._intake):
            return
        self._maybe_dies()
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        before = self._intake.journal
        self._intake.change(lambda: self._opened(asked=True))
        assert self._intake.journal != before, "gone on beside what a vault vouches for"
        self.events["learnt while running"] += 1

    def _is_overtaken(self, intake: Intake) -> bool:
        files = self._files
        for note in self._vault.get(files.folder.name, []):
            point = open_checkpoint(note, [files.verifier()])
            root = intake.signed(point.size) or standing.root_at(files, files.verifier(), point.size)
            if point.size > intake.size or root not in {None, point.root}:
                return True
        return False

    def _offer(self) -> None:
        assert self._intake is not None
        self._maybe_dies()
        for _ in range(self.chance.choice([1, 1, 2, 5, 12])):
            length = self.chance.choice([0, 30, 300, 2000])
            body = b"%06d " % next(self._numbers) + self.chance.randbytes(length)
            self._offered.add(body)
            self._intake.offer(Draft("ADM", MEDIA_HL7V2, body, 1), self._answered(body))
        self._intake.commit()

    def _answered(self, body: bytes) -> Callable[[str | None], None]:
        def answer(ref: str | None) -> None:
            if ref is None:
                self.events["refused"] += 1
                return
            journal, _, sequence = ref.rpartition("/")
            told = self._truths[journal].acknowledged
            assert int(sequence) not in told, "one reference for two messages"
            told[int(sequence)] = body

        return answer

    def _sign(self) -> None:
        assert self._intake is not None
        self._maybe_dies()
        try:
            self._intake.tend()
            self._intake.sign()
        finally:
            self._keep_note()

    def _keep_note(self) -> None:
        """A vault takes the checkpoint that it finds, also of a process that has just died."""
        if self._files.checkpoint.exists() and self.chance.random() < 0.8:
            note = self._files.checkpoint.read_bytes()
            if note not in self._truth.notes:
                self._truth.notes.append(note)
            if not self._was_put_back:  # a vault refuses what does not continue its copy
                self._vault[self._files.folder.name] = [note]

    def _read(self) -> None:
        """A reader follows the living writer: what it shows has been acknowledged, or was there at the start."""
        if self._reader is None:
            self._reader = JournalReader(self._files, opened)
        shown = self._truth.shown
        for entries in self._reader.after(len(shown)):
            for entry in entries:
                assert entry.sequence == len(shown) + 1
                told = self._truth.acknowledged.get(entry.sequence)
                assert told == entry.body or (told is None and entry.sequence <= self._taken_up), "shown, not told"
                shown.append(entry.body)

    def _jump(self) -> None:
        seconds = self.chance.choice([1, 60, 700, 86_400, 3e8, -5, -86_400, -3e8])
        self.clock.set(max(0, self.clock.now_ns() + int(seconds * 1e9)))

    def _change_mood(self) -> None:
        self.disk.mood = self.chance.choice(MOODS)
        self.events[self.disk.mood] += 1

    def _seal_to_others(self) -> None:
        self._recipients = [OpenRecipient("recovery", bytes([self.chance.randrange(256)]) * 1216)]

    def _die(self) -> None:
        """Between two acts, not in the middle of one."""
        self._end(self.chance.choice(["killed", "without power", "closed"]))
        self._check()

    def _take_snapshot(self) -> None:
        self._snapshot = self.disk.snapshot(), deepcopy(self._truths)

    def _put_back(self) -> None:
        """The machine is restored: what was acknowledged since is gone with its disk, and a vault may know."""
        if self._snapshot is None:
            return
        self._end("killed")
        files, truths = self._snapshot
        self.events["put back"] += 1
        self.disk.put_back(files)
        self._truths = deepcopy(truths)
        self._was_put_back = True
        self._vault_is_away = self.chance.random() < 0.5
        self._journal = chain(self._journals, ORIGIN)[-1]
        self._truths.setdefault(self._journal, Truth())

    def _maybe_dies(self) -> None:
        if self._immortal:
            return
        luck = self.chance.random()
        at = self.disk.steps + self.chance.randrange(1, 16)
        self.disk.dies_at = at if luck < 0.12 else -1
        self.disk.interrupts_at = at if 0.12 <= luck < 0.15 else -1

    def _end(self, how: str) -> None:
        self.events[how] += 1
        if how == "closed":
            self.disk.dies_at = self.disk.interrupts_at = -1
            if self._intake is not None:
                self._intake.close()
            self._intake = self._writer = None
        self._let_go()
        if how == "without power":
            self.disk.cut_power()
        else:
            self.disk.kill()

    def _let_go(self) -> None:
        """What the system does to the files of a process that ended."""
        if self._writer is not None:
            self._writer._forget()
            self._writer._let_go()
        self._intake = self._writer = None
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    # What must hold.

    def _check(self) -> None:
        """Read it all, as a stranger would who finds the disk."""
        mood, self.disk.mood = self.disk.mood, "well"
        bodies: list[bytes] = []
        for journal in chain(self._journals, ORIGIN):
            bodies += self._check_journal(
                JournalFiles.of(self._journals, journal), self._truths.setdefault(journal, Truth())
            )
        assert len(set(bodies)) == len(bodies), "twice"
        assert set(bodies) <= self._offered, "never offered"
        self.disk.mood = mood

    def _check_journal(self, files: JournalFiles, truth: Truth) -> list[bytes]:
        entries = _entries(files)
        bodies = [entry.body for entry in entries]
        assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1)), "a gap"
        assert all(one.hlc < other.hlc for one, other in itertools.pairwise(entries)), "a clock went back"
        for sequence, body in truth.acknowledged.items():
            assert sequence <= len(bodies), f"acknowledged {sequence}, and not there"
            assert bodies[sequence - 1] == body, f"acknowledged {sequence}, and another is there"
        assert bodies[: len(truth.shown)] == truth.shown, "shown, and taken back"
        if files.verifier_file.exists():
            found = verify_journal(files, held_elsewhere=truth.notes)
            assert found.intact, f"damage: {found.damage}"
        return bodies

    # Wiring.

    @contextmanager
    def _wired(self) -> Iterator[None]:
        sealing = store.SegmentSealer._frame
        story = self

        def sealed(sealer: segment.SegmentSealer, plain: bytes, head: object) -> tuple[bytes, bytes]:
            frame, leaf = sealing(sealer, plain, head)  # type: ignore[arg-type]
            key = segment._frame_key(sealer._data_key, frame[:84])
            assert key not in story._frame_keys, "a frame key was used twice"
            story._frame_keys.add(key)
            return frame, leaf

        checked = lru_cache(200)(header.open_note)  # the same notes again and again: a signature costs the most
        nowhere = SimpleNamespace(call_soon=lambda *_: None, call_later=lambda *_: None)
        with (
            mock.patch.object(durable, "os", self.disk),
            mock.patch.object(store.SegmentSealer, "_frame", sealed),
            mock.patch.object(header, "open_note", lambda note, verifiers: checked(note, tuple(verifiers))),
            mock.patch.object(store, "PREALLOCATE_BYTES", 4096),
            mock.patch.object(store, "BATCH_BYTES_SOFT", 4000),
            mock.patch.object(store, "BATCH_ENTRIES_MAX", 4),
            mock.patch.object(intake, "COMMIT_BYTES_SOFT", 12_000),
            mock.patch.object(intake, "asyncio", SimpleNamespace(get_running_loop=lambda: nowhere)),
        ):
            yield


def _entries(files: JournalFiles) -> list[Entry]:
    if not files.verifier_file.exists():
        return []
    following = JournalReader(files, opened)
    try:
        return [entry for entries in following.after(0) for entry in entries]
    finally:
        following.close()


def simulate(seed: int, folder: Path | None = None) -> Tally:
    """One run in a folder of its own, which is removed after."""
    place = Path(tempfile.mkdtemp(prefix=f"sim-{seed}-", dir=folder))
    try:
        return Story(place, seed).run()
    finally:
        shutil.rmtree(place, ignore_errors=True)


def quiet() -> None:
    """A campaign refuses writes a hundred thousand times: nobody reads that."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def main() -> int:
    """Run a campaign; exit status 1 when a run fails."""
    memory = Path("/dev/shm")
    parser = argparse.ArgumentParser(description="Runs of the journal's writer on a failing disk, from seeds.")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--folder", type=Path, default=memory if memory.is_dir() else None)
    chosen = parser.parse_args()
    quiet()
    acknowledged, events, failed, began = 0, Counter[str](), [], time.monotonic()
    for seed in range(chosen.seed, chosen.seed + chosen.runs):
        try:
            told = simulate(seed, chosen.folder)
        except Exception:
            failed.append(seed)
            sys.stderr.write(f"seed {seed} fails:\n")
            traceback.print_exc(limit=-6)
            if len(failed) >= 5:
                break
            continue
        acknowledged += told.acknowledged
        events += told.events
    sys.stdout.write(
        f"{chosen.runs} runs from seed {chosen.seed} in {time.monotonic() - began:.0f} s: {len(failed)} failed"
        f"{f', seeds {failed}' if failed else ''}; {acknowledged} messages acknowledged; "
        + ", ".join(f"{n} {name}" for name, n in sorted(events.items()))
        + "\n"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
