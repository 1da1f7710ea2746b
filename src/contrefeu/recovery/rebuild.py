"""Restoring: a new home from vaults and the custodians' shares, its charts computed again.

    the ends of the journals ── charts of the newest entries: the home opens, and says that its history is to come
    the rest of the journals ── checked, granted to the new node, put in their place
    charts of all that names who lies in a bed (a process of its own), meanwhile the charts of everything
    the other copies ── compared

Rules kept here:
  * Nothing is made before the shares are the ones that open the copies.
  * A journal comes to its place once it is whole, checked against every checkpoint that any vault has.
  * The new node reads the old journals and never writes them; its own writers seal to the same recovery key, so that
    the custodians keep their shares.
  * A home opens with charts that say what they lack, or with whole ones.
  * Stopped at any point, the same restore goes on.
  * The recovery key is in memory while grants are written, and nowhere else.
  * With an instant, what was withdrawn later is carried over the cut (carried.py), before anybody is let in.
  * A restore that did not read every entry it brought home has failed, and says which journal.
"""

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog

from contrefeu.acts import encode
from contrefeu.base import Clock, ManyFiles, OperatorError, durable_makedirs, sync_dir
from contrefeu.chart import STATION, Begin, open_charts
from contrefeu.custody import DataKeys, HomePaths, OpenedRecovery, ReadingKeys, grant_segments, public_reading_keys
from contrefeu.hospital import Settings, parse_settings
from contrefeu.journal import MEDIA_ACT, Draft, JournalFiles, KeyOf, Recipient, recovery_keys
from contrefeu.proof import Verifier
from contrefeu.recovery.carried import withdrawn_later
from contrefeu.recovery.copies import Copied, cut, reach
from contrefeu.recovery.early import Early, bring_ends, fold_present, fold_recent
from contrefeu.recovery.gather import Difference, Findings, JournalCopies, survey
from contrefeu.recovery.half import (
    ROLES,
    STAGED,
    alone_in,
    bare_home,
    finish,
    open_home,
    planned,
    signer_of,
    unfinished_in,
    writer_of,
)
from contrefeu.recovery.lacking import (
    refuse_damage,
    refuse_keyless,
    refuse_mixed,
    refuse_nothing,
    refuse_what_was_not_read,
)
from contrefeu.recovery.opening import refuse_foreign_shares, rights
from contrefeu.recovery.settings import last_settings, refuse_charts_store, settings_text
from contrefeu.vault import Vault, open_vault

RESTORE = "restore"  # source of what the restore itself says in the new node's journal: nobody who logs in is called so

log = structlog.get_logger("restore")


class Watcher(Protocol):
    """Who is told how it goes."""

    def phase(self, name: str, total: int) -> None:
        """Another phase begins, of *total* bytes or entries."""
        ...

    def told(self, count: int) -> None:
        """So many more of them are done."""
        ...

    def opened(self) -> None:
        """The home is one: its charts can be read, and say what they lack."""
        ...


class Nobody:
    """Nobody watches."""

    def phase(self, name: str, total: int) -> None:
        """Pass."""

    def told(self, count: int) -> None:
        """Pass."""

    def opened(self) -> None:
        """Pass."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore gave."""

    entries: int  # in the restored journals
    patients: int
    seconds: float
    charts_sha256: str
    journals: tuple[Copied, ...]  # which ones, and how far: what was found in the vaults is what is believed
    first_board_seconds: float = 0.0  # until a ward's board could be read
    phases: dict[str, float] = field(default_factory=dict)  # seconds of each
    differences: tuple[Difference, ...] = ()  # what vaults hold otherwise than it was signed for
    away: dict[str, str] = field(default_factory=dict)  # vaults that were passed over, and why
    absent: tuple[str, ...] = ()  # journals that the settings found speak of, and no vault has


def restore(
    urls: Sequence[str],
    words: Sequence[str],
    to: Path,
    *,
    clock: Clock,
    until_ns: int | None = None,
    credentials: Sequence[Path] = (),
    watcher: Watcher | None = None,
    begin: Begin | None = None,
    charts_store: str = "",
) -> Restored:
    """Make a new home at *to* from the vaults at *urls* together, or go on with making it.

    Args:
        urls: The vaults; each may hold a part.
        words: The custodians' shares, SLIP-39 words; k of them at least.
        to: An empty folder, or one that is not there, or one that this restore was stopped in.
        clock: What time it is.
        until_ns: Only what was received by then, and the charts as they were known from it; None for everything.
        credentials: The file of what is shown to every object store, or one for each, in the order of *urls*.
        watcher: Is told how it goes.
        begin: Gives who reads entries ahead of the fold; processes of this machine when it is None.
        charts_store: The postgresql:// URL of the server that the charts go to; "" for a file of the home.

    Raises:
        StorageError: The shares do not open the copies, or every vault, or the disk, is in trouble.
        TamperError: No vault has some bytes as they were written.
        MissingError: No vault has some entries that were signed for.
        OperatorError: Something else lies at *to*, a store has no credentials, or charts cannot go to *charts_store*.
    """
    began = time.monotonic()
    if charts_store:
        refuse_charts_store(charts_store)
    unfinished = unfinished_in(to)
    vaults = _opened(urls, credentials)
    findings = Findings()
    opened = OpenedRecovery.from_shares(words)
    journals = survey(vaults, findings)
    refuse_keyless(findings)
    refuse_nothing(journals, findings)
    refuse_mixed(journals)
    notes, key_of = rights(vaults, opened, findings)
    custodians = [key.authority for key in recovery_keys(notes)]
    for copies in journals:
        copies.leave_ended(custodians)
    refuse_foreign_shares(journals, opened, key_of)
    settings = last_settings(vaults, {copies.journal: copies.opened_ns for copies in journals}, findings)
    plan = planned(unfinished, urls, opened.pair, settings, until_ns, charts_store)
    text = settings_text(settings, plan.node, charts_store)
    new = parse_settings(text)
    with alone_in(to):
        paths = bare_home(to, plan, settings, opened.pair.recipient, notes, clock)
        run = _Run(paths, plan.node, text, new, journals, clock, watcher or Nobody(), began)
        run.bring(key_of, until_ns, custodians)
        keys = run.grant(opened, key_of)
        digest, patients = run.fold(keys, until_ns, begin)
        finish(paths, text)
    run.compare()
    entries = sum(one.entries for one in run.copied)
    found = tuple(findings.differences)
    seconds = time.monotonic() - began
    return Restored(
        entries,
        patients,
        seconds,
        digest,
        tuple(run.copied),
        run.first_board_s,
        run.phases,
        found,
        findings.away,
        tuple(findings.absent),
    )


def _opened(urls: Sequence[str], credentials: Sequence[Path]) -> list[Vault]:
    """The vaults at *urls*: of several files of credentials each object store has its own."""
    stores = [url for url in urls if url.startswith("s3:")]
    if len(credentials) > 1 and len(credentials) != len(stores):
        raise OperatorError(
            f"{len(credentials)} files of credentials were named, and {len(stores)} object stores.",
            safe="The vaults, as they were; nothing was made.",
            next="Name one --credentials FILE for all of them, or one for each --from s3://…, in their order.",
        )
    own = iter(credentials if len(credentials) > 1 else [*credentials] * len(stores))
    return [open_vault(url, next(own, None) if url in stores else None) for url in urls]


class _Run:
    """A restore under way: one step each."""

    def __init__(
        self,
        paths: HomePaths,
        node: str,
        text: str,
        settings: Settings,
        journals: Sequence[JournalCopies],
        clock: Clock,
        watcher: Watcher,
        began: float,
    ) -> None:
        self.copied: list[Copied] = []
        self.phases: dict[str, float] = {}
        self.first_board_s = 0.0
        self._paths, self._node, self._text, self._settings = paths, node, text, settings
        self._journals, self._clock, self._watcher, self._began = journals, clock, watcher, began
        self._staged = paths.root / STAGED
        self._early: Early | None = None

    # Bringing.

    def bring(self, key_of: KeyOf, until_ns: int | None, custodians: Sequence[Verifier]) -> None:
        """Bring every journal to its place; open the home on the way, when there is more than the newest entries."""
        coming = [copies for copies in self._journals if not self._is_there(copies)]
        for copies in self._journals:
            if copies not in coming:
                copies.take(self._files_of(copies))
        with self._phase("bring", sum(copies.size for copies in coming)):
            if until_ns is None and bring_ends(coming, self._files_of, self._watcher.told):
                self._open_early(key_of)
            self._bring_all(coming)
        with self._phase("check", 0):
            refuse_damage(coming, self._files_of, custodians)
            self.copied += [reach(self._files_of(copies), until_ns, key_of) for copies in self._journals]
            hidden = until_ns is not None and self._carry_over(coming, key_of)
            for copies, copied in zip(self._journals, self.copied, strict=True):
                if copies in coming and until_ns is not None:
                    files = self._files_of(copies)
                    cut(files, copied.end)
                    copies.brought.clear()
                    copies.take(files)
        if until_ns is not None and not hidden:
            self._open_early(key_of)  # which reads the old journals alone: not what was carried over

    def _carry_over(self, coming: Sequence[JournalCopies], key_of: KeyOf) -> bool:
        """Say in the new node's journal what was withdrawn behind the cut; whether that is anything."""
        acts = [
            (copies, copied.end.sequence)
            for copies, copied in zip(self._journals, self.copied, strict=True)
            if copies.journal.endswith(STATION)
        ]
        if any(copies not in coming for copies, _last in acts):
            return True  # they are cut and in their place: an earlier start has said it
        carried = withdrawn_later([(self._files_of(copies), last) for copies, last in acts], key_of)
        if carried:
            now_ns, recovery = self._clock.now_ns(), Recipient.parse(self._paths.recovery_public.read_text())
            with contextlib.closing(writer_of(self._paths, self._node, "station", recovery, self._clock)) as journal:
                journal.append([Draft(RESTORE, MEDIA_ACT, encode(act), now_ns) for act in carried])
        return bool(carried)

    def _bring_all(self, coming: Sequence[JournalCopies]) -> None:
        for copies in coming:
            files = self._files_of(copies)
            durable_makedirs(files.segments_folder)
            with ManyFiles() as home:
                for number in copies.numbers:
                    if number not in copies.brought:
                        self._watcher.told(copies.bring(number, files, home))
            copies.bring_rest(files)

    def _open_early(self, key_of: KeyOf) -> None:
        """Fold the newest entries, and let people in."""
        moved = any(self._is_there(copies) for copies in self._journals)
        if moved and not any(path.exists() for path in self._paths.early_charts):
            return  # it went on without
        early = Early(self._journals, self._files_of)
        if early.is_whole:
            return
        self._early = early
        fold_recent(early, self._paths, self._settings, self._staged, key_of)
        open_home(self._paths, self._text)
        self._watcher.opened()
        self.first_board_s = time.monotonic() - self._began

    # Opening.

    def grant(self, opened: OpenedRecovery, key_of: KeyOf) -> DataKeys:
        """Let the new node read what was restored, and put it in its place; returns what opens it from now on.

        What was sealed to a former recovery key is granted to the one in force here too: this home's vaults need that.
        """
        paths, clock = self._paths, self._clock
        [reading] = public_reading_keys(paths.keys, clock.now_ns())
        signer = signer_of(paths, self._node, "capture")
        with self._phase("grant", len(self._journals)):
            for copies in self._journals:
                files = self._files_of(copies)
                grant_segments(files, key_of, reading, paths.grants, signer)
                grant_segments(files, key_of, opened.pair.recipient, paths.grants, opened.authority)
                if not self._is_there(copies):
                    files.folder.rename(paths.journals / copies.folder)
                    sync_dir(paths.journals)
                self._watcher.told(1)
        return _own_keys(paths, self._node)

    # Folding.

    def fold(self, keys: DataKeys, until_ns: int | None, begin: Begin | None) -> tuple[str, int]:
        """Compute all charts, and meanwhile those of who is present; returns their hash and their number."""
        paths = self._paths
        wanted = sum(one.entries for one in self.copied)
        with (
            self._phase("fold", wanted),
            self._folding_present(),
            open_charts(
                paths.charts_db,
                paths.store_key.read_bytes(),
                paths.journals,
                keys,
                self._settings,
                server=self._settings.charts.store,
                clock=self._clock,
                told=self._watcher.told,
                begin=begin,
            ) as charts,
        ):
            status = charts.status()
            refuse_what_was_not_read(self.copied, status.positions)
            self.first_board_s = self.first_board_s or time.monotonic() - self._began
            digest = charts.sha256(until_ns)
            everybody = status.patients + status.test_patients
            patients = everybody if until_ns is None else sum(1 for _ in charts.all(until_ns))
        if self._early is None:
            open_home(paths, self._text)
            self._watcher.opened()
        return digest, patients

    @contextlib.contextmanager
    def _folding_present(self) -> Iterator[None]:
        """Fold the charts of who lies in a bed in another process, for as long as that is of use."""
        early = self._early
        if early is None:
            yield
            return
        # Spawned: a copy of this process would hold the recovery key.
        process = multiprocessing.get_context("spawn").Process(
            target=_present, args=(early, self._paths.root, self._node, self._text, os.getpid())
        )
        process.start()
        try:
            yield
        finally:
            process.terminate()
            process.join()

    # Comparing.

    def compare(self) -> None:
        """Compare the copies that nobody had to read with what came home."""
        others = sum(copies.size * (len(copies.vaults) - 1) for copies in self._journals)
        if others:
            with self._phase("compare", others):
                for copies in self._journals:
                    copies.compare(self._files_of(copies), self._watcher.told)

    def _is_there(self, copies: JournalCopies) -> bool:
        return (self._paths.journals / copies.folder).exists()

    def _files_of(self, copies: JournalCopies) -> JournalFiles:
        """Where a journal is: in its place, or coming home."""
        if not self._is_there(copies):
            durable_makedirs(self._staged)
            return JournalFiles(self._staged / copies.folder)
        return JournalFiles(self._paths.journals / copies.folder)

    @contextlib.contextmanager
    def _phase(self, name: str, total: int) -> Iterator[None]:
        self._watcher.phase(name, total)
        began = time.monotonic()
        yield
        self.phases[name] = round(time.monotonic() - began, 3)


def _own_keys(paths: HomePaths, node: str) -> DataKeys:
    """What opens the restored journals with the new node's own keys."""
    own = [signer_of(paths, node, role).verifier for role in ROLES]
    return DataKeys(ReadingKeys(paths.keys), grants=paths.grants, granted_by=own)


def _present(early: Early, home: Path, node: str, text: str, parent: int) -> None:
    """What the other process does; it does not outlive the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the one that was typed says when
    paths = HomePaths(home)

    def still_there(_count: int) -> None:
        if os.getppid() != parent:
            os._exit(1)

    try:
        fold_present(early, paths, parse_settings(text), _own_keys(paths, node), still_there)
    except Exception as found:  # whole charts are on their way: these would only have come sooner
        log.error("who is present is not charted first", error=type(found).__name__)
