"""What the ward app is given: the charts, a journal to write in, a clock, the house's settings."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct
from prometheus_client import CollectorRegistry

from contrefeu.acts import Act
from contrefeu.base import Clock
from contrefeu.chart import (
    UNPLACED_MAX,
    AgendaLine,
    Board,
    BoardRow,
    Chart,
    ChartsStatus,
    Correction,
    DrugSeen,
    HoneyChart,
    Language,
    Lately,
    Left,
    PatientHit,
    UnplacedEntry,
    WardKnown,
    WardSummary,
    WorkLine,
)
from contrefeu.hospital import Settings
from contrefeu.journal import Entry
from contrefeu.mapping import Loss
from contrefeu.station.care import TestList
from contrefeu.web import Appender, DemoLogin, Due, Mounted


class ChartsLike(Protocol):
    """The charts, asked over a local socket: `contrefeu.chart.ChartsClient` has these names."""

    async def status(self) -> ChartsStatus:
        """How far the charts have been read."""
        ...

    async def wards(self, world: str = "") -> list[WardSummary]:
        """Every ward."""
        ...

    async def known_wards(self, world: str = "") -> list[WardKnown]:
        """Every name that feeds, lists, settings and people have for a ward, uncorrected."""
        ...

    async def board(self, ward: str = "", world: str = "") -> Board:
        """One ward; the whole hospital for ""."""
        ...

    async def left(self, ward: str, since_ns: int, world: str = "") -> list[Left]:
        """Who left *ward* since an instant and is not there now, the last one first."""
        ...

    async def work(self, world: str = "") -> list[WorkLine]:
        """What waits for somebody, of every patient for whom something does."""
        ...

    async def agenda(self, first: int, last: int, world: str = "") -> list[AgendaLine]:
        """Who is expected from one day to another (days since 1970, UTC), a line a patient and day."""
        ...

    async def corrections(self, login: str, world: str = "") -> list[Correction]:
        """Results that were corrected after *login* looked at them."""
        ...

    async def drugs(self, world: str = "") -> list[DrugSeen]:
        """The drugs that are prescribed to patients who are here."""
        ...

    async def find(self, query: str, limit: int = 20, exactly: bool = False) -> list[PatientHit]:
        """Patients by name (misspelt too, unless *exactly*), birth date, bed, any number."""
        ...

    async def chart(self, id: str, at_ns: int | None = None) -> Chart | None:
        """One chart, by its id or any number of the patient."""
        ...

    async def lately(self, id: str, known: Sequence[bytes] = ()) -> Lately | None:
        """One chart as it stands now, in JSON, and its version."""
        ...

    async def version(self, id: str) -> str | None:
        """What is another text once a chart was written again; "" when nobody can tell, None when there is none."""
        ...

    async def row(self, id: str) -> BoardRow | None:
        """The row of one patient as the board of their ward has it; None when they are on none."""
        ...

    async def hits(self, ids: list[str]) -> list[PatientHit | None]:
        """Of each of *ids* who it is and where, as a search shows them."""
        ...

    async def entry(self, ref: str) -> Entry | None:
        """One entry, byte for byte."""
        ...

    async def numbers(self, id: str) -> list[str]:
        """The chart's id and every number that it stands under; [] when there is no chart."""
        ...

    async def honey(self) -> list[HoneyChart]:
        """Patients whom nobody has a reason to open, of whom there is a chart."""
        ...

    async def loss(self, ref: str) -> list[Loss]:
        """What of an entry could not be said in a chart."""
        ...

    async def acts(self, after_ref: str = "") -> list[Entry]:
        """Every act, in journal order, after an entry."""
        ...

    async def waiting(self, limit: int = UNPLACED_MAX) -> list[UnplacedEntry]:
        """Entries that somebody's care may depend on and that nobody could be given, the newest first (F31)."""
        ...

    async def unread(self, limit: int = UNPLACED_MAX) -> list[UnplacedEntry]:
        """Entries that name nobody and say nothing that a chart holds, the newest first."""
        ...

    async def changes(self, after: int, timeout_s: float) -> int:
        """A number that differs from *after* once the charts have changed."""
        ...


class VaultState(Struct, frozen=True):
    """One copy, as `contrefeu status` says it."""

    url: str
    entries: int = 0
    lag_seconds: float | None = 0.0  # None: nobody copies now, or ever did
    state: str = ""


class JournalState(Struct, frozen=True):
    """One journal, as `contrefeu status` says it."""

    id: str
    entries: int = 0
    bytes: int = 0
    head: str = ""


class LiveStuck(Struct, frozen=True):
    """One entry that a surviving system did not take, or that waits, as the live process says it."""

    entry: str
    state: str  # "refused", "doubt", "silent", "held", "behind"
    kind: str = ""
    patient: str = ""  # chart id
    at: str = ""  # RFC 3339
    why: str = ""
    code: str = ""  # MSA-1


class LiveSystem(Struct, frozen=True):
    """One system that works on while the record system is down, as `contrefeu status` says it."""

    system: str
    address: str = ""
    target: str = ""  # its name in the account
    takes: list[str] = []
    state: str = "off"
    since: str = ""
    node: str = ""
    problem: str = ""
    problem_fr: str = ""
    sent: int = 0
    waiting: int = 0
    aside: int = 0
    stuck: dict[str, int] = {}
    shown: list[LiveStuck] = []
    last: str = ""
    last_kind: str = ""

    @property
    def attention(self) -> int:
        """Entries that a person sees to."""
        return sum(count for state, count in self.stuck.items() if state != "behind")


class PackState(Struct, frozen=True):
    """The pack of one ward that was made ahead, as `contrefeu packs list` says it."""

    ward: str
    minutes: int  # since the last message that it knows
    patients: int = 0
    old: bool = False  # past an hour, or lying nowhere


class LostPack(Struct, frozen=True):
    """The last pack that was put on a ward's sticks and PCs, when one of them is lost."""

    as_of: str  # RFC 3339; "" for no message
    charts: list[str]  # ids of who was on it
    title: str  # of the incident, without a name
    note: str  # in its file: names charts by their ids


class PacksOut(Protocol):
    """Packs that lie on sticks and PCs of wards."""

    def last(self, ward: str, language: Language) -> LostPack | None:
        """The last one of *ward*; None when none was made."""

    def void(self) -> None:
        """Make every ward's password another."""


class TapFigures(Struct, frozen=True):
    """One tap, as `contrefeu status` says it."""

    interface: str
    messages: int = 0
    gaps: int = 0
    dropped_packets: int = 0


class NodeStatus(Struct, frozen=True):
    """The node beside its charts."""

    journals: list[JournalState] = []
    vaults: list[VaultState] = []
    packs: list[PackState] = []
    taps: list[TapFigures] = []
    disk_free_bytes: int | None = None
    capture: Mapping[str, int] | None = None  # what the listener counted, by metric; None: it does not answer
    refused: Mapping[str, int] = {}  # rule -> messages that it kept out
    packs_unread: bool = False  # what is known of packs is damaged: nothing of `packs` is "none"
    notes: list[str] = []  # what `doctor` would say, in the node's language


async def _no_alarms() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Deps:
    """Everything the ward app needs; `cli` gives it."""

    charts: ChartsLike
    appender: Appender
    clock: Clock
    settings: Settings
    zone: ZoneInfo
    node_status: Callable[[], Awaitable[NodeStatus]]
    alarms: Callable[[], Awaitable[Mapping[str, str]]] = _no_alarms  # journal or vault -> what is wrong with it
    insecure_http: bool = False
    audit: Appender | None = None  # the audit's own journal (F42); the appender's when None
    submit: Callable[[str, str, bytes], Awaitable[str]] | None = None  # POST /fhir: (source, media type, body) -> ref
    handed_in: Callable[[], None] = lambda: None  # says that a page is to be read, to whom reads it
    plan: Path | None = None  # what the last `replay` read, for the pages (planned.py); None: no command leaves one
    waiting: Path | None = None  # what waits for somebody since; as `plan`
    surviving: Callable[[], Sequence[LiveSystem]] = tuple  # systems that work on, as the settings name them
    bars: Callable[[str], bytes] = lambda _: b""  # the number of a specimen as a picture (SVG); b"" for none
    packs: PacksOut | None = None  # None: none are made ahead
    demo_logins: tuple[DemoLogin, ...] = ()
    tests: TestList | None = None  # the laboratory's own (laboratory.toml); None: the list that is shipped
    counts: Callable[[str], bool] = lambda _: True  # whether acts of a journal make accounts and declare downtime here
    lacking: Callable[[], Mapping[str, tuple[str, ...]]] = dict  # ward -> what it would lack in an outage (labels.py)
    mounted: tuple[Mounted, ...] = ()  # pages of other uses
    dues: Callable[[Sequence[tuple[Entry, Act]]], Sequence[Due]] = lambda _: ()  # deadlines that acts make run
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
