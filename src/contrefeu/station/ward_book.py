"""What a ward's own station is given: the entries of the patients who lie there, and nobody else's (DESIGN S2).

    HOME/wards/<station>.sent     one line an entry that its journal carries: JOURNAL/SEQUENCE
    HOME/wards/<station>.there    one entry of each patient who lay there when this was last looked at

Rules kept here:
  * A patient's entries are given while they lie on one of the station's wards, and once more when they have left: the
    entry that says where to is among them.
  * Of what people did, a ward is given what is about its patients, and what every ward needs (_FOR_EVERY_WARD):
    accounts, downtime, clocks, messages, medicines, wards that are one. Who is thought to be whom, incidents and
    alarms stay.
  * An entry is noted as sent after its journal has it on disk: a crash between sends it twice, which readers pass over.
  * Nothing here names a patient.
"""

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import structlog

from contrefeu.acts import (
    AccountAdded,
    AccountDisabled,
    AidSwitched,
    ClockMeasured,
    CorrectedWards,
    DowntimeDeclared,
    DowntimeLifted,
    DrugMoved,
    LimitsSigned,
    MedicinesProposed,
    MedicinesReleased,
    MedicinesTakenOff,
    PasskeyAdded,
    PasskeyRemoved,
    SecretChanged,
    TemporaryAccountEnded,
    TemporaryAccountMade,
    TemporaryAccountProlonged,
    WardAnswered,
    WardCorrected,
    WardTold,
    WithdrawalCarried,
    WithdrawalConfirmed,
    WithdrawalProposed,
    WithdrawalRefused,
    decode,
)
from contrefeu.base import StorageError, swap_file
from contrefeu.chart import Board
from contrefeu.journal import ENTRY_BODY_BYTES_MAX, Draft, Entry, carry, of_station, parse_ref

BATCH_ENTRIES = 500
BATCH_BYTES = 4 * 2**20
_FOR_EVERY_WARD = (
    *(AccountAdded, AccountDisabled, SecretChanged, PasskeyAdded, PasskeyRemoved),
    *(TemporaryAccountMade, TemporaryAccountProlonged, TemporaryAccountEnded),
    *(DowntimeDeclared, DowntimeLifted, ClockMeasured),
    *(WardTold, WardAnswered, LimitsSigned),
    *(WithdrawalProposed, WithdrawalConfirmed, WithdrawalRefused, WithdrawalCarried),
    *(MedicinesProposed, MedicinesReleased, MedicinesTakenOff, AidSwitched, WardCorrected),
)

log = structlog.get_logger("wards")


class AskCharts(Protocol):
    """What is asked of the charts."""

    def board(self, ward: str = "", world: str = "") -> Board:
        """One ward."""
        ...

    def sources(self, id: str, known: int = 0) -> list[str]:
        """The entries that a chart comes from; [] when there are *known* of them."""
        ...

    def whose(self, ref: str) -> list[str]:
        """The charts that an entry says something of."""
        ...

    def entry(self, ref: str) -> Entry | None:
        """One entry."""
        ...

    def acts(self, after_ref: str = "") -> list[Entry]:
        """Every act after an entry."""
        ...


class Writer(Protocol):
    """The journal that is written for a station."""

    def append(self, drafts: Sequence[Draft]) -> range:
        """Append, durable."""
        ...


class WardBook:
    """What one station was given, and what it lacks."""

    def __init__(self, folder: Path, station: str, name: str, wards: Sequence[str]) -> None:
        """Take up where the last process left.

        Args:
            folder: Of what is remembered.
            station: The station's id: its own entries are not given back to it.
            name: How it stands in a file's name.
            wards: Whose patients it is given.
        """
        self._station = station
        self._wards = wards
        self._file = folder / f"{name}.sent"
        self._there_file = folder / f"{name}.there"
        self._sent = _Sent(self._file)
        self._known: dict[str, int] = {}  # chart -> how many entries it had when all of them had been given
        self._there: dict[str, str] = {}  # chart -> an entry of it
        self._began = False
        self._last_act = ""
        self._due: list[str] = []  # acts that every ward needs, and that were not written yet
        self._about: dict[str, list[str]] = {}  # chart -> acts about it
        self._united = CorrectedWards()
        self._registers: dict[str, list[str]] = {}  # ward -> lines of its register that were not given

    @property
    def count(self) -> int:
        """How many entries it was given."""
        return self._sent.count

    def step(self, charts: AskCharts, writer: Writer) -> int:
        """Append what the station lacks now; returns how many entries.

        Raises:
            StorageError: The charts do not answer, or the disk refuses: what was appended counts.
        """
        self._begin(charts)
        self._find(charts)
        given = self._write(self._due, charts, writer)
        self._due.clear()  # not before: what a full disk refused is offered again
        present = {row.id for ward in self._wards for row in charts.board(ward).rows}
        for chart in sorted({*present, *self._there}):
            refs = charts.sources(chart, self._known.get(chart, 0))
            if refs:
                given += self._write([*self._about.get(chart, ()), *refs], charts, writer)
                self._about.pop(chart, None)
                self._known[chart] = len(refs)
                self._there[chart] = refs[-1]
        self._leave(present)
        return given

    def _begin(self, charts: AskCharts) -> None:
        """Find who lay there when the last process ended: they may have left since."""
        if self._began:
            return
        with contextlib.suppress(FileNotFoundError, ValueError):
            for ref in json.loads(self._there_file.read_bytes()):
                self._there |= dict.fromkeys(charts.whose(str(ref)), str(ref))
        self._began = True

    def _leave(self, present: set[str]) -> None:
        left = self._there.keys() - present
        for chart in left:
            del self._there[chart]
            self._known.pop(chart, None)
        there = json.dumps(sorted(self._there.values())).encode()
        try:
            if not self._there_file.exists() or self._there_file.read_bytes() != there:
                swap_file(self._there_file, there)
        except OSError as refused:
            raise _disk(refused) from refused

    def _find(self, charts: AskCharts) -> None:
        """Note as due the acts that every ward needs; those about a patient wait until theirs are given."""
        for entry in charts.acts(self._last_act):
            self._last_act = entry.ref
            act = decode(entry.body)
            if act is not None:
                self._united.apply(act, entry.source)
            chart = getattr(act, "chart", "")
            if chart and chart not in self._there:
                self._about.setdefault(chart, []).append(entry.ref)
            elif chart or isinstance(act, _FOR_EVERY_WARD):
                self._due.append(entry.ref)
            elif isinstance(act, DrugMoved):
                self._registers.setdefault(act.ward, []).append(entry.ref)
        # A register is the ward's under each of its names: one that it is given later brings the lines from before.
        for ward in self._united.widened(self._wards):
            self._due += self._registers.pop(ward, ())

    def _write(self, refs: Sequence[str], charts: AskCharts, writer: Writer) -> int:
        given = 0
        for batch in _batches(self._lacking(refs, charts)):
            writer.append([carry(entry) for entry in batch])
            self._sent.add([entry.ref for entry in batch])
            given += len(batch)
        return given

    def _lacking(self, refs: Sequence[str], charts: AskCharts) -> Iterator[Entry]:
        for ref in dict.fromkeys(refs):
            if ref in self._sent or of_station(ref, self._station):
                continue
            entry = charts.entry(ref)
            if entry is None:
                continue  # withdrawn: asked again, it may be seen again
            if len(entry.body) > ENTRY_BODY_BYTES_MAX - 1024:
                log.warning("an entry is too long to be carried to a ward", entry=ref)
                continue
            yield entry


class _Sent:
    """The entries that a station was given."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, set[int]] = {}
        with contextlib.suppress(FileNotFoundError):
            for line in file.read_text().splitlines():
                with contextlib.suppress(ValueError):  # the last one, when the machine ended while it was written
                    self._remember(line)

    @property
    def count(self) -> int:
        return sum(map(len, self._known.values()))

    def __contains__(self, ref: str) -> bool:
        journal, sequence = parse_ref(ref)
        return sequence in self._known.get(journal, ())

    def add(self, refs: Sequence[str]) -> None:
        try:
            with self._file.open("a") as file:
                file.write("".join(f"\n{ref}" for ref in refs))
        except OSError as refused:
            raise _disk(refused) from refused
        for ref in refs:
            self._remember(ref)

    def _remember(self, ref: str) -> None:
        journal, sequence = parse_ref(ref)
        self._known.setdefault(journal, set()).add(sequence)


def _batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        batch.append(entry)
        size += len(entry.body)
        if len(batch) >= BATCH_ENTRIES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _disk(refused: OSError) -> StorageError:
    return StorageError(
        f"What was given to a ward's station cannot be noted: {refused.strerror}.",
        safe="Its journal; what it was given twice is read once.",
        next="Give the disk space; it goes on by itself.",
    )
