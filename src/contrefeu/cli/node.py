"""What a command knows of the node in a home: its settings, keys, journals and running processes.

Rules kept here:
  * A command appends through the running process that writes the journal; else it takes the journal itself, under
    its lock (S9). It never writes beside a writer.
  * A command that reads a chart or an entry leaves an entry saying so, as "console" (promise 4).
  * Charts are asked of the running reader; else the store is brought up to date first, under its lock.
  * Before a journal is written, the vaults are asked what they hold of it (S4): what they vouch for and this home lacks
    is never written over. A vault that does not answer in time holds up no feed.
"""

import asyncio
import contextlib
import heapq
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import structlog

from contrefeu.acts import WATCH
from contrefeu.base import Clock, MissingError, OperatorError, SystemClock
from contrefeu.capture import LocalJournal, Reserve, ReservedWriter, SealedJournal, Sealing
from contrefeu.custody import (
    BeyondHorizon,
    DataKeys,
    HomePaths,
    OpenedRecovery,
    ReadingKeys,
    complete_home,
    known_recovery_keys,
    last_entry_of,
    public_reading_keys,
    recovery_in_force,
    role_keys,
)
from contrefeu.hospital import Settings, parse_settings
from contrefeu.journal import (
    MEDIA_ACT,
    Draft,
    Entry,
    JournalFiles,
    JournalReader,
    JournalWriter,
    Limits,
    NoJournal,
    Recipient,
    chain,
    journals_in,
    open_writer,
    parse_ref,
    ward_journal,
    ward_prefix,
)
from contrefeu.proof import Verifier
from contrefeu.vault import Peers, file_name

if TYPE_CHECKING:
    from contrefeu.chart import Charts, SyncChartsClient

STUCK_S = 10.0  # a reader that reads nothing for so long is stuck, and its charts are as old as they say
STATION_SUFFIX = "-station"  # ends the name of a journal of people's acts
AUDIT_SUFFIX = "-audit"  # of who looked at what
CONSOLE = "console"  # who acts when a command names nobody
DIRECTORY = "directory"  # by whose word `users directory` enrols
RECIPIENTS_S = 30.0  # how long a writer trusts what it knows of the day's key
FOLLOW_S = 1.0  # how soon a writer seals to a new recovery key

log = structlog.get_logger("node")


class Appender(Protocol):
    """A journal that a command may append to."""

    def append(self, drafts: Sequence[Draft]) -> range:
        """Append and return the sequences, durable."""
        ...


class Node:
    """One home."""

    def __init__(self, paths: HomePaths, settings: Settings) -> None:
        self.paths = paths
        self.settings = settings
        self.clock: Clock = SystemClock()
        self.patience_s = float("inf")  # how long a command waits for charts to have what is on disk
        self._peers = self.peers()

    @classmethod
    def at(cls, home: Path) -> "Node":
        """Open the home at *home*.

        Raises:
            OperatorError: There is none.
            SettingsError: Its settings cannot be.
        """
        paths = HomePaths(home)
        try:
            text = paths.settings.read_bytes()
        except FileNotFoundError:
            raise OperatorError(
                f"There is no Contrefeu home in {home}.",
                safe="Nothing was changed.",
                next="contrefeu --home DIR init makes one.",
            ) from None
        return cls(paths, parse_settings(text))

    # Names.

    @property
    def capture_journal(self) -> str:
        """The journal of what feeds say: the one that is written now, if one was begun in its place."""
        return chain(self.paths.journals, f"{self.settings.node.id}-capture")[-1]

    @property
    def station_journal(self) -> str:
        """The journal of what people do here, as above."""
        return chain(self.paths.journals, f"{self.settings.node.id}{STATION_SUFFIX}")[-1]

    @property
    def audit_journal(self) -> str:
        """The journal of who looked at what (F42)."""
        return chain(self.paths.journals, f"{self.settings.node.id}{AUDIT_SUFFIX}")[-1]

    @property
    def watch_journal(self) -> str:
        """The journal of alarms."""
        return chain(self.paths.journals, f"{self.settings.node.id}{WATCH}")[-1]

    @property
    def capture_socket(self) -> Path:
        """Where the capture process takes entries."""
        return self.paths.run / "capture" / "sock"

    @property
    def station_socket(self) -> Path:
        """Where the web process takes entries."""
        return self.paths.run / "station" / "sock"

    @property
    def live_socket(self) -> Path:
        """Where the web process takes claims and answers of the live process, and nothing else."""
        return self.paths.run / "live" / "sock"

    @property
    def audit_socket(self) -> Path:
        """Where the web process takes audit entries."""
        return self.paths.run / "audit" / "sock"

    @property
    def charts_socket(self) -> Path:
        """Where the reader process answers."""
        return self.paths.run / "charts" / "sock"

    # Writing.

    def writer(
        self, journal: str, reserve: Reserve | None = None, held: Mapping[str, Sequence[bytes]] | None = None
    ) -> JournalWriter:
        """Take *journal* as its one writer, or begin another in its place when it cannot be gone on with.

        Args:
            journal: Its name.
            reserve: With one, a full disk stops the writer later than others (S11).
            held: What others hold of this home's journals; None: they are asked.

        Raises:
            StorageError: A running process has it.
            AnotherKey: It was signed by another key.
        """
        role = journal.rpartition("-")[2]
        from contrefeu.cli.held import ASK_S_MAX, held_elsewhere

        capture = self.settings.capture
        return open_writer(
            self.paths.journals,
            f"{self.settings.node.id}-{role}",
            self.paths.signing_seed(role).read_bytes(),
            self.recipients(),
            self.clock,
            held_elsewhere=held_elsewhere(self.paths, self.settings, ASK_S_MAX) if held is None else held,
            limits=Limits(
                segment_bytes=capture.segment_bytes,
                segment_age_s=capture.segment_age_s,
                spare_bytes=capture.spare_bytes if role == "capture" else 0,  # what people do may take the rest
            ),
            make=JournalWriter if reserve is None else partial(ReservedWriter, reserve=reserve),
        )

    def ward_writer(self, station: str, recipients: Callable[[], list[Recipient]]) -> JournalWriter:
        """Take the journal that is written for a ward's *station*, sealed to *recipients*, as its one writer.

        Raises:
            StorageError: A running process has it.
        """
        from contrefeu.cli.held import noted

        held: dict[str, list[bytes]] = {}
        for folder, note in noted(self.paths.root):
            held.setdefault(folder, []).append(note)
        capture = self.settings.capture
        return open_writer(
            self.paths.journals,
            ward_journal(self.settings.node.id, station),
            self.paths.signing_seed("wards").read_bytes(),
            recipients,
            self.clock,
            held_elsewhere=held,
            limits=Limits(capture.segment_bytes, capture.segment_age_s, capture.spare_bytes),
        )

    def recipients(self) -> Callable[[], list[Recipient]]:
        """Whom a writer seals to: the recovery key, and this node's reading key of the day."""
        known: list[Recipient] = []
        asked = looked = 0.0
        rotated = -1

        def recipients() -> list[Recipient]:
            nonlocal known, asked, looked, rotated
            now = time.monotonic()
            if now - looked > FOLLOW_S:
                looked, before, rotated = now, rotated, self._rotated()
                known = known if rotated == before else []
            if not known or now - asked > RECIPIENTS_S:
                recovery = recovery_in_force(self.paths.recovery_notes, self.paths.recovery_public)
                known, asked = [recovery, *public_reading_keys(self.paths.keys, self.clock.now_ns())], now
            return known

        return recipients

    def _rotated(self) -> int:
        """Changes when the recovery key does."""
        try:
            return self.paths.recovery_notes.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    @contextlib.contextmanager
    def capture_appender(self) -> "Iterator[Appender]":
        """Append to the capture journal; documents are sealed to roles as a running node does it."""
        from contrefeu.cli.sealing import bring_back_roles

        running = listens(self.capture_socket)
        if not running:
            bring_back_roles(self)
        with self._appender(self.capture_journal, self.capture_socket) as journal:
            yield journal if running else SealedJournal(journal, self.sealing())

    def sealing(self) -> Sealing:
        """What seals documents of feeds to roles (F45).

        Raises:
            OperatorError: A rule names a role that has no key.
        """
        seed = self.paths.signing_seed("capture").read_bytes()
        found = Sealing(self.settings.feeds, lambda: {one.role: one for one in role_keys(self.paths.role_keys)}, seed)
        if found.lacking:
            raise OperatorError(
                f"A rule of a feed seals documents to {found.lacking[0]}, a role that has no key.",
                safe="Everything journaled; nothing was started, and nothing was taken in clear.",
                next=f"contrefeu keys role {found.lacking[0]} makes it; or take the rule out of contrefeu.toml.",
            )
        return found

    def station_appender(self) -> "contextlib.AbstractContextManager[Appender]":
        """Append to the station journal."""
        return self._appender(self.station_journal, self.station_socket)

    def audit_appender(self) -> "contextlib.AbstractContextManager[Appender]":
        """Append to the audit journal."""
        complete_home(self.paths)
        return self._appender(self.audit_journal, self.audit_socket)

    @contextlib.contextmanager
    def _appender(self, journal: str, path: Path) -> Iterator[Appender]:
        if listens(path):
            local = LocalJournal(path, journal)
            try:
                yield local
            finally:
                local.close()
            return
        self.reading_keys().make_ahead(self.clock.now_ns())
        writer = self.writer(journal)
        try:
            yield writer
        finally:
            writer.close()

    def audit(
        self, kind: str, *, user: str = "", patient: str = "", what: str = "", query: str = "", failed: bool = False
    ) -> None:
        """Leave an entry: *user* (or the console) did what *kind* names (contrefeu.web.KINDS)."""
        from prometheus_client import CollectorRegistry

        from contrefeu.access import Account
        from contrefeu.web import AuditLog

        actor = Account(user or CONSOLE, user or CONSOLE, CONSOLE, (), "")  # of no role: it may nothing in the app
        with self.audit_appender() as journal:
            own = self.settings.node
            log = AuditLog(_Blocking(journal, self.clock), self.clock, own.id, CollectorRegistry(), own.facility)
            asyncio.run(log.write(kind, actor, patient=patient, what=what, query=query, failed=failed))

    def record(self, *acts: bytes, source: str = "") -> None:
        """Append *acts* of the console, or of *source*, to the station journal; of none, nothing."""
        if not acts:
            return
        now_ns = self.clock.now_ns()
        with self.station_appender() as journal:
            journal.append([Draft(source or CONSOLE, MEDIA_ACT, act, now_ns) for act in acts])

    def record_as(self, login: str, act: bytes) -> str:
        """Append an act of somebody who proved who they are; returns its entry."""
        with self.station_appender() as journal:
            written = journal.append([Draft(f"user/{login}", MEDIA_ACT, act, self.clock.now_ns())])
        return f"{self.station_journal}/{written.start}"

    # Reading.

    def reading_keys(self) -> ReadingKeys:
        """This node's reading keys."""
        return ReadingKeys(self.paths.keys)

    def data_keys(self, keys: ReadingKeys | None = None) -> DataKeys:
        """What opens the journals that this node may read, with *keys* when they are at hand already."""
        return DataKeys(keys or self.reading_keys(), grants=self.paths.grants, granted_by=_Granters(self))

    def recovery_keys(self, opened: OpenedRecovery) -> DataKeys:
        """What opens every journal here, with the custodians' key."""
        by = self.custodians()
        return DataKeys(None, grants=self.paths.grants, granted_by=by, recovery=opened.pair)

    def custodians(self) -> list[Verifier]:
        """The authorities of this home's custodians: what they sign as ended has ended."""
        return [key.authority for key in known_recovery_keys(self.paths.recovery_notes)]

    def own_verifiers(self) -> list[Verifier]:
        """Public keys of this node's own writers."""
        found = []
        for role in ("-capture", STATION_SUFFIX, AUDIT_SUFFIX, WATCH):
            for journal in chain(self.paths.journals, f"{self.settings.node.id}{role}"):
                with contextlib.suppress(NoJournal):
                    found.append(JournalFiles.of(self.paths.journals, journal).verifier())
        return found

    def ward_verifiers(self) -> list[Verifier]:
        """Public keys of the journals that this node writes for wards."""
        found = []
        for files in self.journals():
            if files.folder.name.startswith(file_name(ward_prefix(self.settings.node.id))):
                with contextlib.suppress(NoJournal):
                    found.append(files.verifier())
        return found

    def charted(self) -> list[JournalFiles]:
        """The journals that charts are read from: every one but those written here for wards."""
        for_wards = file_name(ward_prefix(self.settings.node.id))
        return [files for files in self.journals() if not files.folder.name.startswith(for_wards)]

    def peers(self) -> Peers:
        """The stations that were joined."""
        return Peers(self.paths.root / "peers")

    def counts(self, journal: str) -> bool:
        """Whether acts of *journal* make accounts and declare downtime here: not those of a peer of another house."""
        peer = self._peers.speaks_for(journal)
        return peer is None or (peer.decided.house and not peer.decided.revoked)

    def journals(self) -> list[JournalFiles]:
        """Every journal in the home, its own and those of others."""
        return list(journals_in(self.paths.journals))

    def journal_files(self, journal: str) -> JournalFiles:
        """The files of one journal.

        Raises:
            NoJournal: It is not in this home.
        """
        for files in self.journals():
            if files.verifier().name == journal:
                return files
        raise NoJournal(
            f'There is no journal "{journal}" in this home.', next="contrefeu status lists the journals there are."
        )

    def entry(self, ref: str, keys: DataKeys | None = None) -> Entry:
        """One entry by its reference, opened with *keys* when the node's own do not reach.

        Raises:
            OperatorError: *ref* names none.
            MissingError: The journal does not hold it.
        """
        try:
            journal, sequence = parse_ref(ref)
        except ValueError:
            raise OperatorError("An entry is named JOURNAL/SEQ.", next="contrefeu journal show lists them.") from None
        reader = JournalReader(self.journal_files(journal), keys or self.data_keys())
        try:
            found = reader.entry(sequence)
        finally:
            reader.close()
        if found is None:
            raise MissingError(f"{ref} is beyond the end of its journal.", next="contrefeu journal show lists entries.")
        return found

    def entries(
        self,
        journal: str,
        from_ns: int,
        to_ns: int,
        keys: DataKeys | None = None,
        beyond: list[dict[str, object]] | None = None,
    ) -> Iterator[Entry]:
        """Entries received in [*from_ns*, *to_ns*), of all journals in hybrid order, or of one.

        Args:
            journal: Its id; empty for all.
            from_ns: Of the first.
            to_ns: Behind the last.
            keys: What opens them; the node's own when it is None.
            beyond: What they do not open is passed over and added here: `journal`, `segment`, `first_entry`,
                `last_entry`. Without it that is an error.

        Raises:
            BeyondHorizon: A segment does not open, and there is no *beyond*.
        """
        chosen = [self.journal_files(journal)] if journal else self.charted()
        streams = [_stream(files, keys or self.data_keys(), beyond) for files in chosen]
        for entry in heapq.merge(*streams, key=lambda e: e.order):
            if from_ns <= entry.received_ns < to_ns:
                yield entry

    @contextlib.contextmanager
    def charts(self, told: Callable[[int], None] = lambda _: None) -> "Iterator[Charts | SyncChartsClient]":
        """The charts, as far as the journals are on disk now; with a running node, waited for `patience_s` at most.

        *told* is called with how many entries this command has just read itself.
        """
        from contrefeu.chart import SyncChartsClient

        if listens(self.charts_socket):
            client = SyncChartsClient(self.charts_socket)
            try:
                self._wait_for(client, self.patience_s)
                yield client
            finally:
                client.close()
            return
        with self.own_charts(told) as charts:
            yield charts

    def charts_server(self, store: Path) -> str:
        """The server that charts lie on in place of the file *store*; "" while a restore fills another file."""
        return self.settings.charts.store if store == self.paths.charts_db else ""

    @contextlib.contextmanager
    def own_charts(self, told: Callable[[int], None] = lambda _: None) -> "Iterator[Charts]":
        """The charts, read by this command itself while no node runs."""
        from contrefeu.chart import open_charts

        self.reading_keys().make_ahead(self.clock.now_ns())
        with open_charts(
            self.paths.charts_now,
            self.paths.store_key.read_bytes(),
            self.paths.journals,
            self.data_keys(),
            self.settings,
            server=self.charts_server(self.paths.charts_now),
            counts=self.counts,
            told=told,
        ) as charts:
            yield charts

    def _wait_for(self, client: "SyncChartsClient", wait_s: float) -> None:
        """See what was durable when the command was typed; a reader that is stuck is not waited for (`as_of` tells)."""
        wanted = {files.verifier().name: head.sequence for files in self.charted() if (head := files.read_head())}
        read, moved = -1, time.monotonic()
        until = moved + wait_s
        while time.monotonic() < min(moved + STUCK_S, until):
            status = client.status()
            positions = status.positions
            if all(positions.get(j, 0) >= sequence for j, sequence in wanted.items() if j not in status.troubles):
                return
            if sum(positions.values()) != read:
                read, moved = sum(positions.values()), time.monotonic()
            time.sleep(0.05)


class _Granters:
    """Whose grants open segments here: this node's own, and its peers'; asked anew each time."""

    def __init__(self, node: Node) -> None:
        self._own = node.own_verifiers()
        self._node = node
        self._peers = node.peers()

    def __iter__(self) -> Iterator[Verifier]:
        self._own = self._own or self._node.own_verifiers()
        yield from self._own
        yield from (peer.card.granter for peer in self._peers.all() if peer.decided.charts)


def listens(path: Path) -> bool:
    """Whether a process answers on the local socket at *path*."""
    import socket

    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        probe.connect(str(path))
    except OSError:
        return False
    finally:
        probe.close()
    return True


def _stream(files: JournalFiles, keys: DataKeys, beyond: list[dict[str, object]] | None) -> Iterator[Entry]:
    reader, after = JournalReader(files, keys), 0
    try:
        while True:
            try:
                for entries in reader.after(after):
                    yield from entries
                    after = entries[-1].sequence if entries else after
                return
            except BeyondHorizon as closed:
                if beyond is None:
                    raise
                last = last_entry_of(files, closed.segment)
                beyond.append(
                    {
                        "journal": closed.journal,
                        "segment": closed.segment,
                        "first_entry": closed.first_entry,
                        "last_entry": last,
                    }
                )
                after = last
    finally:
        reader.close()


class _Blocking:
    """A command's appender, where an event loop's is wanted."""

    def __init__(self, journal: Appender, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    async def append(self, source: str, media_type: str, body: bytes) -> str:
        """Append one entry, durable."""
        source = CONSOLE if source == f"user/{CONSOLE}" else source
        return str(self._journal.append([Draft(source, media_type, body, self._clock.now_ns())]).start)
