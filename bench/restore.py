"""A node from nothing but a vault and shares, against a backup tool that gives the same bytes back, and our rebuild.

    first ward board    until somebody can read the board of the wards, with charts that say what they lack
    present patients    until all that names who lies in a bed is in the charts
    to the end          every chart there, the new node whole
    read and decrypt    every entry of the copy opened, and nothing done with it: what no restore can be faster than

`restic restore` and `borg extract` give one file of all messages back, in clear; what makes charts of it is our own
fold of the same messages, which is added to theirs, and without which they have no board. Seconds; lower is better. The
messages are a hospital's: BEDS beds, from the drill, for as long as BENCH_MESSAGES take. All on one disk: BENCH_DIR.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from bench.peers.backups import Backup
from bench.peers.rows import row
from bench.peers.servers import NotInstalled
from contrefeu.base import ManualClock, SystemClock
from contrefeu.chart import open_charts
from contrefeu.custody import DataKeys, HomePaths, KeyPair, ReadingKeys, make_home, public_reading_keys, split_secret
from contrefeu.drill.hospital import Hospital
from contrefeu.drill.scenario import START_NS
from contrefeu.drill.sending import Sent
from contrefeu.hl7 import peek
from contrefeu.hospital import parse_settings
from contrefeu.journal import MEDIA_HL7V2, Draft, JournalFiles, JournalReader, JournalWriter
from contrefeu.proof import Signer
from contrefeu.recovery import Restored, restore
from contrefeu.vault import JOURNALS, Shipper, make_vault

ROUNDS = 1
MESSAGES = int(os.environ.get("BENCH_MESSAGES", "5000"))
BEDS = 48
BATCH = 64  # messages a frame
NODE = "bench"
STEPS = {"restic": "restic restore", "borg": "borg extract"}


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        return _measured(Path(folder))


def _measured(folder: Path) -> list[dict[str, Any]]:
    lost = _Lost(folder)
    taken: dict[str, list[float]] = {"first": [], "present": [], "end": [], "limit": [], "fold": []}
    backups = {name: backup for name in STEPS if (backup := _backup(name, folder)) is not None}
    for name, backup in backups.items():
        backup.seal(lost.feed)
        taken[name] = []
    for number in range(ROUNDS):
        watch = _Watch(folder / f"again-{number}")
        done = watch.restore(lost)
        assert done.entries == MESSAGES, "every message is in the restored journals"
        taken["first"].append(watch.first_s or done.seconds)
        taken["present"].append(watch.present_s or done.seconds)
        taken["end"].append(done.seconds)
        taken["limit"].append(_seconds(lost.read))
        taken["fold"].append(_seconds(lambda n=number: lost.fold(folder / f"charts-{n}.db")))
        for name, backup in backups.items():
            taken[name].append(backup.open())
    seconds = {name: statistics.median(found) for name, found in taken.items()}
    words = {"first": "first ward board", "present": "present patients whole", "end": "to the end"}
    rows = []
    for name, step in STEPS.items():
        theirs = seconds[name] + seconds["fold"] if name in seconds else None
        rows += [
            row(f"restore: {what} against {step} and our fold", seconds[key], theirs, "s")
            for key, what in words.items()
        ]
    rows += [
        row(f"restore: {what} against read and decrypt", seconds[key], seconds["limit"], "s")
        for key, what in words.items()
    ]
    return rows


class _Lost:
    """A hospital's node, lost but for its vault."""

    def __init__(self, folder: Path) -> None:
        clock = ManualClock(START_NS)
        self._pair, seed = KeyPair.draw("recovery")
        self.shares = split_secret(seed, 2, 3)[:2]
        self.feed = folder / "feed.hl7"
        home = make_home(folder / "home", NODE, "Bench", self._pair.recipient, clock)
        settings = home.settings.read_text() + 'zone = "Europe/Paris"\n'
        home.settings.write_text(settings)
        self._settings = parse_settings(settings)
        vault = make_vault(f"file://{folder}/vault", outside=home.root)
        self.url = vault.url
        self._copies = vault.folder(JOURNALS)
        writer = self._writer(home, "capture", clock)
        with self.feed.open("wb") as feed:
            for batch in _batches(islice(_messages(), MESSAGES)):
                clock.advance(seconds=max(0.0, (batch[-1].at_ns - clock.now_ns()) / 1e9))
                writer.append([Draft(_source(s.message), MEDIA_HL7V2, s.message, s.at_ns) for s in batch])
                feed.writelines(sent.message for sent in batch)
        for one in (writer, self._writer(home, "station", clock)):
            one.checkpoint()
            one.close()
        shipper = Shipper(home, vault)
        while shipper.step().state != "up-to-date":
            pass

    def _writer(self, home: HomePaths, role: str, clock: ManualClock) -> JournalWriter:
        return JournalWriter(
            home.journals,
            Signer(f"{NODE}-{role}", home.signing_seed(role).read_bytes()),
            lambda: [self._pair.recipient, *public_reading_keys(home.keys, START_NS)],
            clock,
        )

    def read(self) -> None:
        """Open every entry of the copy."""
        reader = JournalReader(JournalFiles(self._copies / f"{NODE}-capture"), DataKeys(None, recovery=self._pair))
        assert sum(map(len, reader.after(0))) == MESSAGES
        reader.close()

    def fold(self, store: Path) -> None:
        """Make charts of every message."""
        keys = DataKeys(None, recovery=self._pair)
        with open_charts(store, bytes(32), self._copies, keys, self._settings):
            pass


class _Watch:
    """Looks at the new home while it is made."""

    def __init__(self, to: Path) -> None:
        self._to = to
        self._began = time.monotonic()
        self.first_s = self.present_s = 0.0

    def restore(self, lost: _Lost) -> Restored:
        """Restore, and look."""
        self._began = time.monotonic()
        return restore([lost.url], lost.shares, self._to, clock=SystemClock(), watcher=self)

    def phase(self, name: str, total: int) -> None:
        """Pass."""

    def told(self, count: int) -> None:  # noqa: ARG002 - how many is not asked here
        """See whether who is present is whole."""
        if not self.present_s and HomePaths(self._to).early_charts[1].exists():
            self.present_s = time.monotonic() - self._began

    def opened(self) -> None:
        """Read the board of all wards, as a command does."""
        home = HomePaths(self._to)
        if home.charts_now == home.charts_db:
            return  # there was nothing to bring after the newest entries
        settings = parse_settings(home.settings.read_text())
        keys = DataKeys(ReadingKeys(home.keys))
        with open_charts(home.charts_now, home.store_key.read_bytes(), home.journals, keys, settings) as charts:
            assert charts.board(world="T").rows, "somebody lies in a bed"
        self.first_s = time.monotonic() - self._began


def _messages() -> Iterator[Sent]:
    hospital = Hospital.for_drill(seed=1, beds=BEDS, style="fr", now_ns=START_NS)
    while True:
        yield from hospital.run(hours=24)


def _batches(messages: Iterator[Sent]) -> Iterator[list[Sent]]:
    while batch := list(islice(messages, BATCH)):
        yield batch


def _source(body: bytes) -> str:
    header = peek(body)
    return header.source if header is not None else ""


def _backup(name: str, folder: Path) -> Backup | None:
    try:
        return Backup(name, folder / name)
    except NotInstalled:
        return None


def _seconds(body: Callable[[], Any]) -> float:
    started = time.perf_counter()
    body()
    return time.perf_counter() - started
