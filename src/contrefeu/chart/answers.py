"""What is asked of the charts: how far they are read, wards, boards, searches, one chart, one entry.

Rules kept here:
  * Every answer is of one moment of the store, and says which (`as_of`).
  * A number that several people had answers nobody: the asker searches, and sees them all.
  * Real patients and exercises never share an answer, but a search, whose hits say which they are (F33).
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contrefeu.acts import Downtime
from contrefeu.base import Clock, FindingError, rfc3339
from contrefeu.chart.agenda import AgendaLine
from contrefeu.chart.board_rows import BoardRows, by_bed
from contrefeu.chart.boards import BoardLine, has_left, row_at
from contrefeu.chart.called import Called
from contrefeu.chart.corrections import Correction
from contrefeu.chart.deciding import Deciding
from contrefeu.chart.departures import Left
from contrefeu.chart.export import digest_charts, write_charts
from contrefeu.chart.fold import Chart, to_bundle
from contrefeu.chart.folding import Folding, parts_of
from contrefeu.chart.hits import hit_at
from contrefeu.chart.honey import Honey
from contrefeu.chart.left import LeftWards
from contrefeu.chart.patient import patient_resource
from contrefeu.chart.pieces import Lately
from contrefeu.chart.sources import charts_of, sources_of
from contrefeu.chart.stores import ACT, CHARTED, DUPLICATE, WITHDRAWN, ChartStore, bed_name
from contrefeu.chart.views import (
    RESTORING,
    AsOf,
    Board,
    BoardRow,
    ChartsStatus,
    DrugSeen,
    ExportResult,
    FeedStatus,
    HoneyChart,
    PatientHit,
    Person,
    Restoring,
    UnplacedEntry,
    WardKnown,
    WardSummary,
    World,
)
from contrefeu.chart.wards import Wards
from contrefeu.chart.wording import chart_text, restoring_text
from contrefeu.chart.work import WorkLine, is_protected
from contrefeu.fhir import encode, subsetted
from contrefeu.hospital import FeedSettings, Settings
from contrefeu.journal import MEDIA_ACT, Entry, parse_ref
from contrefeu.mapping import FeedRules, Listed, Loss, Rules

PEOPLE_MAX = 1_000  # charts of which one answer says whom they are about: about a megabyte
HITS_MAX = 1_000  # patients of one question: an id takes 38 bytes of the 64 KiB that a question may have
COMING_S = 7 * 86_400  # seconds ahead for which a board shows who is planned: beyond, lists of appointments serve
COMING_LATE_S = 2 * 86_400  # seconds after the planned hour: who has not come by then was planned elsewhere
AGENDA_DAYS_MAX = 14  # days of one answer: a week, the next sessions after it, and what two time zones overlap
UNPLACED_MAX = 200  # entries without owner that one answer names: more than somebody goes through in a shift


def rules_of(settings: Settings) -> Rules:
    """Return what is known of every sender."""

    def known(feed: FeedSettings) -> FeedRules:
        facts, daily = tuple(sorted(set(feed.sets))), feed.control_ids == "daily"
        said = feed.authority, feed.charset, facts, feed.survivor, feed.accession, daily
        return FeedRules(feed.zone or settings.node.zone, *said)

    senders = {one: known(feed) for _, feed in sorted(settings.feeds.items()) for one in feed.senders}
    return Rules(FeedRules(zone=settings.node.zone), dict(sorted(senders.items())))


# Another process may read the same entries otherwise (an upgrade): no version of a chart outlives the one that told it.
_PROCESS = secrets.token_hex(8)


class Account(Struct, frozen=True):
    """What became of the entries of a journal: the first three sum to how many there are (S8)."""

    charted: int
    kept_uncharted: int
    duplicates: int
    withdrawn: int = 0  # of those kept uncharted


class Charts:
    """The charts of one store."""

    def __init__(
        self,
        store: ChartStore,
        settings: Settings,
        clock: Clock,
        troubles: Callable[[], dict[str, str]] = dict,
        counts: Callable[[str], bool] = lambda _: True,
        rows: BoardRows | None = None,
    ) -> None:
        """Answer from *store*.

        Args:
            store: The charts; this object's own from now on.
            settings: Of the node.
            clock: What time it is, for what is due.
            troubles: Says which journals are not read on, and the kind of error.
            counts: Whether a journal's declarations of downtime count here: a peer's of another house do not.
            rows: Rows of boards that are remembered; those of this object alone when None.
        """
        self._troubles = troubles
        self._counts = counts
        self._store = store
        self._settings = settings
        self._clock = clock
        self._rows = rows or BoardRows(settings.node.zone)
        self._folding = Folding(store, rules_of(settings))
        self._deciding = Deciding(store, counts)
        self._called = Called(store)
        self._honey = Honey(store, settings.watch.honey, self._called.node, self._deciding)
        self._wards = Wards(store, settings.wards, self._deciding)
        self._left = LeftWards(store, self._wards, self._honey)
        self._downtime: tuple[int, Downtime] = (0, self._no_downtime())

    def close(self) -> None:
        """Let the store go."""
        self._store.close()

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """One moment of the store, and what is withdrawn in it."""
        with self._store.snapshot():
            self._folding.refresh()
            self._deciding.refresh()
            self._wards.refresh()
            yield

    # How far.

    def status(self) -> ChartsStatus:
        """Say how far the charts have been read."""
        with self._snapshot():
            feeds = self._feeds()
            waiting, unread = self._store.kept.unplaced_counts()
            return ChartsStatus(
                patients=self._honey.patients("P"),
                test_patients=self._honey.patients("T"),
                entries=sum(feed.received for feed in feeds),
                positions=self._store.kept.positions(),
                feeds=feeds,
                as_of=self._as_of(),
                waiting=waiting,
                unread=unread,
                withdrawn=sum(feed.withdrawn for feed in feeds),
                troubles=self._troubles(),
                restoring=self._restoring(),
            )

    def account(self, journal: str, first: int, last: int) -> Account:
        """Say what became of the entries of *journal* from *first* to *last*."""
        with self._snapshot():
            states = self._store.kept.account(journal, first, last)
        charted, duplicates = states.get(CHARTED, 0), states.get(DUPLICATE, 0)
        uncharted = sum(states.values()) - charted - duplicates
        return Account(charted, uncharted, duplicates, states.get(WITHDRAWN, 0))

    def change(self) -> int:
        """Return a number that is another one once an entry was read."""
        return self._store.kept.total()

    # Wards and boards.

    def wards(self, world: str = "") -> list[WardSummary]:
        """Return every ward: those declared, those of the hospital's own list, and those that feeds name."""
        with self._snapshot():
            shown = self._called.world(world)
            counts, beds = self._honey.wards(shown)
            return self._wards.summaries(shown, counts, beds, lambda name: self._beds_of(shown, name))

    def known_wards(self, world: str = "") -> list[WardKnown]:
        """Return every name that feeds, lists, settings and people have for a ward, uncorrected."""
        with self._snapshot():
            shown = self._called.world(world)
            counts, beds = self._honey.wards(shown)
            named = {**dict.fromkeys(beds, (0, 0)), **counts}
            return self._wards.known(shown, named, lambda name: self._beds_of(shown, name))

    def staff(self, world: str = "") -> list[Listed]:
        """Return everybody whom the hospital's own list (MFN) names, those who left too."""
        with self._snapshot():
            return [line for line in self._store.lists.lines(self._called.world(world)) if line.number]

    def board(self, ward: str = "", world: str = "") -> Board:
        """Return one ward; the whole hospital for ""."""
        with self._snapshot():
            shown = self._called.world(world)
            ward = self._wards.home(ward) if ward else ""
            members = self._wards.members(ward) if ward else ("",)
            lying = [one for name in members for one in self._store.places.packed(shown, name)]
            planned = [
                self._at_home(one)
                for name in (members if ward else ())
                for one in self._store.places.planned(shown, name, *self._soon())
            ]
            beds = self._wards.beds(ward, shown, lambda name: self._beds_of(shown, name)) if ward else []
            order = {bed: n for n, bed in enumerate(self._wards.order(ward))} if ward else {}
            name = self._wards.name(ward, shown) if ward else ""
            honey = self._honey.charts()
            homes = {one: self._wards.home(one) for one in {self._rows.line(packed).row.ward for packed in lying}}
            since = {one: self._downtime_ns(home) for one, home in homes.items()}
            as_of, feeds = self._as_of(), self._feeds()
        now_ns, zone = self._clock.now_ns(), self._settings.node.zone
        rows = []
        for packed in lying:
            line = self._rows.line(packed)
            if line.row.id not in honey and not has_left(line, now_ns):
                row = self._rows.at(packed, now_ns, since[line.row.ward])
                home = homes[row.ward]
                rows.append(row if home == row.ward else replace(row, ward=home))
        rows.sort(key=by_bed)
        rows.sort(key=lambda row: order.get(bed_name(row.room, row.bed), order.get(row.bed, len(order))))
        taken = {name for row in rows for name in (row.bed, bed_name(row.room, row.bed))}
        free = [bed for bed in beds if bed not in taken]
        planned = [line for line in planned if line.row.id not in honey]
        coming = [row_at(line, now_ns, zone) for line in sorted(planned, key=lambda line: (line.comes_ns, line.row.id))]
        return Board(ward, name, shown, rows, free, as_of, feeds, coming, list(members[1:]))

    def _beds_of(self, world: str, name: str) -> set[str]:
        """The beds that feeds name of a ward under one of its names: none in which only a honey patient lies."""
        found = set(self._store.places.beds(world, name))
        if not self._honey.roots():
            return found
        return found - self._honey.beds(world, name, self._store.places.lines(world, name))

    def _at_home(self, line: BoardLine) -> BoardLine:
        """The line of a patient, in the ward that theirs answers as."""
        home = self._wards.home(line.row.ward)
        return line if home == line.row.ward else replace(line, row=replace(line.row, ward=home))

    def _soon(self) -> tuple[int, int]:
        """From when to when a board shows who is planned."""
        now_ns = self._clock.now_ns()
        return now_ns - COMING_LATE_S * 10**9, now_ns + COMING_S * 10**9

    def left(self, ward: str, since_ns: int, world: str = "") -> list[Left]:
        """Return who left *ward* since an instant and is not there now, the last one first."""
        with self._snapshot():
            return self._left.of(ward, since_ns, self._clock.now_ns(), self._called.world(world))

    def work(self, world: str = "") -> list[WorkLine]:
        """Return what waits for somebody, of every patient for whom something does."""
        with self._snapshot():
            honey = self._honey.charts()
            found = [line for line in self._store.work.lines(self._called.world(world)) if line.id not in honey]
            return [replace(line, ward=self._wards.home(line.ward)) for line in found]

    def agenda(self, first: int, last: int, world: str = "") -> list[AgendaLine]:
        """Return who is expected from one day to another (days of 24 h since 1970, UTC), a line a patient and day."""
        with self._snapshot():
            honey = self._honey.charts()
            lines = self._store.agenda.lines(self._called.world(world), first, min(last, first + AGENDA_DAYS_MAX))
            return [replace(line, ward=self._wards.home(line.ward)) for line in lines if line.id not in honey]

    def corrections(self, login: str, world: str = "") -> list[Correction]:
        """Return the results that were corrected after *login* looked at them, the newest first."""
        with self._snapshot():
            return self._store.looks.corrections(login, self._called.world(world))

    def honey(self) -> list[HoneyChart]:
        """Return the patients whom nobody has a reason to open, of whom there is a chart (F46)."""
        with self._snapshot():
            return self._honey.described()

    def drugs(self, world: str = "") -> list[DrugSeen]:
        """Return the drugs that are prescribed to patients who are here, the commonest first."""
        with self._snapshot():
            honey, lines = self._honey.charts(), self._store.places.lines(self._called.world(world), "")
        counted = Counter(name for line in lines if line.row.id not in honey for name in line.drugs)
        return [DrugSeen(name, count) for name, count in sorted(counted.items(), key=lambda one: (-one[1], one[0]))]

    # People.

    def find(self, query: str, limit: int = 20, exactly: bool = False) -> list[PatientHit]:
        """Return patients by name (misspelt too, unless *exactly*), birth date, bed, any number: real ones first."""
        with self._snapshot():
            real: list[PatientHit] = []
            others: list[PatientHit] = []
            for hit in self._store.people.hits(self._store.people.find(query, limit, exactly=exactly)):
                hit = replace(hit, ward=self._wards.home(hit.ward))  # noqa: PLW2901 - as it is shown
                (real if hit.world == "P" else others).append(hit)
                if len(real) >= limit:
                    break
        now_ns = self._clock.now_ns()
        return [hit_at(hit, now_ns) for hit in [*real, *others][:limit]]

    def chart(self, id: str, at_ns: int | None = None) -> Chart | None:
        """Return one chart, by its id, "authority|value", or a number that one patient alone ever had.

        Args:
            id: Of the chart, or a number.
            at_ns: As known from what had been received by then; now when None.
        """
        with self._snapshot():
            node = self._called.node(id)
            if node is None:
                return None
            if at_ns is not None:
                return self._folding.at(node, at_ns)
            return self._store.folded.chart(self._store.identities.root(node))

    def version(self, id: str) -> str | None:
        """Return what is another text once the chart of *id* was written again; None when there is none."""
        with self._snapshot():
            return self._version(id)[1]

    def _version(self, id: str) -> tuple[int, str | None]:
        node = self._called.node(id)
        root = 0 if node is None else self._store.identities.root(node)
        written = None if node is None else self._store.folded.version(root)
        # A head counts its entries: with one withdrawn and another shown again it is the same, and the chart is not.
        return root, None if written is None else f"{_PROCESS}-{self._folding.hidden}-{written}"

    def lately(self, id: str, known: Sequence[bytes] = ()) -> Lately | None:
        """Return the chart of *id* (as for `chart`) as it stands now, without those of its pieces that are *known*."""
        with self._snapshot():
            root, version = self._version(id)
            return None if version is None else self._store.folded.lately(root, version, frozenset(known))

    def row(self, id: str) -> BoardRow | None:
        """Return the row of one patient as the board of their ward has it; None when they are on none."""
        with self._snapshot():
            node = self._called.node(id)
            packed = None if node is None else self._store.places.packed_of(self._store.identities.root(node))
            if packed is None:
                return None
            line = self._rows.line(packed)
            home = self._wards.home(line.row.ward)
            since = self._downtime_ns(home)
        now_ns = self._clock.now_ns()
        if line.comes_ns or has_left(line, now_ns):
            return None
        row = self._rows.at(packed, now_ns, since)
        return row if row.ward == home else replace(row, ward=home)

    def hits(self, ids: list[str]) -> list[PatientHit | None]:
        """Return of each of *ids* (charts, or numbers) who it is and where, as a search shows them."""
        with self._snapshot():
            nodes = [self._called.node(id) for id in ids]
            roots = [None if node is None else self._store.identities.root(node) for node in nodes]
            found = [None if root is None else next(self._store.people.hits([root]), None) for root in roots]
        now_ns = self._clock.now_ns()
        return [hit and hit_at(replace(hit, ward=self._wards.home(hit.ward)), now_ns) for hit in found]

    def bundle(self, id: str, at_ns: int | None = None) -> bytes | None:
        """Return one chart as a FHIR collection Bundle, in JSON."""
        found = self.chart(id, at_ns)
        if found is None:
            return None
        lacks = self._restoring()
        return encode(to_bundle(found) if lacks is None else subsetted(to_bundle(found)))

    def text(self, id: str, at_ns: int | None = None, language: Literal["fr", "en"] = "fr") -> str:
        """Return one chart as people read it; "" when there is none."""
        found, lacks = self.chart(id, at_ns), self._restoring()
        if found is None:
            return ""
        said = chart_text(found, language, self._settings.node.zone)
        return said if lacks is None else f"{restoring_text(lacks, language, self._settings.node.zone)}\n\n{said}"

    def people(self, after: int = 0, limit: int = PEOPLE_MAX) -> list[Person]:
        """Return who there are charts of, without what is in them: *limit* at most, after the one of number *after*."""
        with self._snapshot():
            honey, wanted = self._honey.roots(), min(limit, PEOPLE_MAX)
            heads = self._store.folded.heads(after, wanted)
            while heads and honey.issuperset(root for root, _ in heads):  # an empty answer would be taken for the end
                heads = self._store.folded.heads(heads[-1][0], wanted)
        return [
            Person(n, chart.id, chart.key, "T" if chart.world == "T" else "P",
                   encode(patient_resource(chart.identity, chart.id)))
            for n, chart in heads
            if n not in honey
        ]  # fmt: skip

    # Entries.

    def entry(self, ref: str) -> Entry | None:
        """Return one entry, byte for byte."""
        with self._snapshot():
            return self._entry_in(ref)

    def numbers(self, id: str) -> list[str]:
        """Return the chart's id and every number that it stands under, with its world; [] when there is no chart."""
        with self._snapshot():
            node = self._called.node(id)
            root = None if node is None else self._store.identities.root(node)
            if root is None or not self._store.folded.known(root):
                return []
            identities = self._store.identities
            chart = str(UUID(bytes=identities.chart_of(root)))
            return [chart, *sorted(identities.text(one) for one in identities.members(root))]

    def sources(self, id: str, known: int = 0) -> list[str]:
        """Return the entries that a chart comes from, in journal order; [] when there are *known* of them."""
        with self._snapshot():
            node = self._called.node(id)
            return [] if node is None else sources_of(self._store, self._store.identities.root(node), known)

    def whose(self, ref: str) -> list[str]:
        """Return the ids of the charts that an entry says something of."""
        with self._snapshot():
            entry = self._entry_in(ref)
            return [] if entry is None else charts_of(self._store, self._folding, entry)

    def loss(self, ref: str) -> list[Loss]:
        """Return what of an entry no chart says, and why."""
        with self._snapshot():
            entry = self._entry_in(ref)
            if entry is None:
                return []
            reading = self._folding.read(entry)
            found = [loss for part in parts_of(reading) for loss in part.loss]
            state, reason = self._store.kept.state(self._store.kept.id_of(entry.journal, entry.sequence)) or (ACT, "")
            if state == DUPLICATE:
                _, _, first = self._store.kept.first_of(entry, reading.control_id)
                stands = next(self._store.kept.entries([first] if first is not None else []), None)
                reason = f"a repeat of {stands.ref}" if stands is not None else "a repeat"
        return [*([Loss("", reason)] if reason else []), *found]

    def acts(self, after_ref: str = "") -> list[Entry]:
        """Return every act in journal order; those after an entry when it is named."""
        with self._snapshot():
            after = self._entry_in(after_ref) if after_ref else None
            return self._store.kept.acts(after.order if after is not None else None)

    def waiting(self, limit: int = UNPLACED_MAX) -> list[UnplacedEntry]:
        """Return the entries that somebody's care may depend on and that nobody could be given, the newest first."""
        with self._snapshot():
            found = self._store.kept.waiting(min(limit, UNPLACED_MAX))
        return [self._unplaced(entry, why) for entry, why in found]

    def unread(self, limit: int = UNPLACED_MAX) -> list[UnplacedEntry]:
        """Return the entries that name nobody and say nothing that a chart holds, the newest first."""
        with self._snapshot():
            found = self._store.kept.of_nobody(min(limit, UNPLACED_MAX))
        return [self._unplaced(entry, why) for entry, why in found]

    def _unplaced(self, entry: Entry, why: str) -> UnplacedEntry:
        worlds = {part.world for part in parts_of(self._folding.read(entry))}
        world: World = "T" if worlds == {"T"} else "P"
        return UnplacedEntry(entry.ref, entry.source, rfc3339(entry.received_ns), why.partition(" (")[0], world)

    # All of them.

    def export(self, to: Path, at_ns: int | None = None, without_protected: bool = False) -> ExportResult:
        """Write all charts as FHIR NDJSON under the folder *to*, one file a type.

        Args:
            to: A folder that is empty or not there, or holds an older export, which is replaced.
            at_ns: As known from what had been received by then; now when None.
            without_protected: Whether protected identities are left out (F24).

        Raises:
            OperatorError: There is something in *to* that is no export.
            FindingError: The history is still being restored: part of it must not pass for all.
        """
        if self._restoring() is not None:
            raise FindingError(
                "The history is still being restored: an export would be of part of it.",
                safe="The charts that are there can be read one by one; each says what it lacks.",
                next="Export when contrefeu restore is done.",
            )
        with self._snapshot():
            charts = self.all(at_ns)
            return write_charts((one for one in charts if not (without_protected and is_protected(one))), to)

    def sha256(self, at_ns: int | None = None) -> str:
        """Return the hash of all charts (docs/spec/charts-v1.md), without writing them."""
        with self._snapshot():
            return digest_charts(self.all(at_ns))

    def all(self, at_ns: int | None = None) -> Iterator[Chart]:
        """Yield every chart of a real patient in the order of chart ids; the caller holds a snapshot."""
        yield from self._folding.charts(at_ns, self._honey.roots())

    def _entry_in(self, ref: str) -> Entry | None:
        try:
            journal, sequence = parse_ref(ref)
        except ValueError:
            return None
        entry = self._store.kept.entry(journal, sequence)
        return None if entry is None or self._is_withdrawn(entry) else entry

    def _is_withdrawn(self, entry: Entry) -> bool:
        """Whether the bytes of *entry* are given to nobody: part of what they say is withdrawn (F41)."""
        hidden = self._folding.withdrawn
        if not hidden.any or entry.media_type == MEDIA_ACT:
            return False
        if entry.ref in hidden.entries:
            return True
        return any(
            self._folding.says_withdrawn(part) or self._folding.hides(part, self._folding.nodes_of(part))
            for part in parts_of(self._folding.read(entry))
        )

    def _downtime_ns(self, ward: str) -> int:
        """Since when *ward* is in downtime; 0 when it is not."""
        count, acts = self._deciding.acts()
        if self._downtime[0] != count:
            self._downtime = count, self._no_downtime()
            for entry, act in acts:
                self._downtime[1].apply(act, entry.source)
        declared = self._downtime[1].of(ward)
        return declared.since_ns if declared else 0

    def _no_downtime(self) -> Downtime:
        return Downtime(self._wards.members, self._clock.now_ns)

    def _restoring(self) -> Restoring | None:
        note = self._store.kept.note(RESTORING)
        return None if note is None else msgspec.json.decode(note, type=Restoring)

    def _as_of(self) -> AsOf:
        received_ns, ref = self._store.kept.as_of()
        return AsOf(rfc3339(received_ns) if ref else "", ref)

    def _feeds(self) -> list[FeedStatus]:
        hidden = self._store.kept.withdrawn_counts()
        return [
            FeedStatus(
                feed.source,
                feed.received,
                rfc3339(feed.last_ns),
                feed.charted,
                feed.uncharted,
                feed.duplicates,
                hidden.get(feed.source, 0),
                feed.reused,
            )
            for feed in self._store.kept.feeds()
        ]
