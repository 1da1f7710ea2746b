"""Small feeds for tests of the chart store: messages of a few patients, as entries of journals."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from contrefeu.base import ManualClock
from contrefeu.chart.answers import Charts, rules_of
from contrefeu.chart.batches import Batches
from contrefeu.chart.refold import open_store
from contrefeu.chart.stores import ChartStore, Place, place_of
from contrefeu.hospital import Settings, parse_settings
from contrefeu.journal import MEDIA_HL7V2, Entry

KEY = bytes(range(32))
T0_NS = 1_790_000_000 * 10**9
SETTINGS = parse_settings('[node]\nid = "test-node"\n')
_NAMES = ("MARTIN", "DUPONT", "LE GOFF", "N'GUYEN", "ÉTIENNE")


def message(
    kind: str, number: str, *, control: str, world: str = "P", minute: int = 0, rest: Sequence[str] = (), pv1: str = ""
) -> bytes:
    """A message about patient *number* ("" for a PID that names nobody; "-" for none at all)."""
    at = f"20260921{minute // 60 % 24:02}{minute % 60:02}00"
    code, _, event = kind.partition("^")
    lines = [f"MSH|^~\\&|ADT|HOSP|CF|CF|{at}||{code}^{event}|{control}|{world}|2.5|||||FRA|UNICODE UTF-8", f"EVN||{at}"]
    if number != "-":
        name = _NAMES[int(number or 0) % len(_NAMES)]
        pid3 = f"{number}^^^HOSP^PI" if number else ""
        lines.append(f"PID|||{pid3}||{name}^JEAN{number}^^^^^L||19500312|M")
    if pv1:
        lines.append(pv1)
    return "\r".join([*lines, *rest]).encode() + b"\r"


def admitted(
    number: str, control: str, *, minute: int = 0, ward: str = "CARD", bed: str = "1", world: str = "P"
) -> bytes:
    """An admission to a bed."""
    pv1 = f"PV1||I|{ward}^{bed}^F|||||||||||||||||V{number}^^^HOSP^VN"
    return message("ADT^A01", number, control=control, minute=minute, pv1=pv1, world=world)


def resulted(number: str, control: str, value: str, *, minute: int = 0, order: str = "", world: str = "P") -> bytes:
    """A potassium of an order."""
    order = order or f"O{number}"
    lines = (
        f"ORC|RE|{order}^HIS|F{order}^LAB",
        f"OBR|1|{order}^HIS|F{order}^LAB|IONO^Ionogramme^L|||20260921080000",
        f"OBX|1|NM|K^Potassium^L||{value}|mmol/L|3.5-5.0|H|||F",
    )
    return message("ORU^R01", number, control=control, minute=minute, rest=lines, world=world)


def merged(survivor: str, lost: str, control: str, *, minute: int = 0, undo: bool = False) -> bytes:
    """A merge of two numbers, or its undoing."""
    event = "A37" if undo else "A40"
    return message(f"ADT^{event}", survivor, control=control, minute=minute, rest=(f"MRG|{lost}^^^HOSP^PI",))


def entry(
    body: bytes,
    sequence: int,
    *,
    journal: str = "n-capture",
    at: int | None = None,
    hlc: int = 0,
    source: str = "ADT@HOSP",
    media: str = MEDIA_HL7V2,
) -> Entry:
    """An entry received *at* seconds after T0 (its sequence, when nothing is said), with the hybrid clock of then."""
    received = T0_NS + (sequence if at is None else at) * 10**9
    return Entry(journal, sequence, received, hlc or received, source, media, body)


class Told:
    """A store in memory (or at a path) that is told entries, a batch at a time."""

    def __init__(
        self,
        path: Path | Place | None = None,
        settings: Settings = SETTINGS,
        clock: ManualClock | None = None,
    ) -> None:
        place = place_of(path, KEY) if path is None or isinstance(path, Path) else path
        self.store: ChartStore = open_store(place, rules_of(settings))
        self.batches = Batches(self.store, rules_of(settings))
        self.clock = clock or ManualClock(T0_NS)
        self.charts = Charts(self.store, settings, self.clock)

    def take(self, *entries: Entry) -> "Told":
        """Read a batch, in journal order as the follower does."""
        self.batches.take(sorted(entries, key=lambda entry: entry.order))
        return self

    def reopened(self) -> "Told":
        """Forget every chart that stayed open, as a new process would."""
        self.batches = Batches(self.store, rules_of(SETTINGS))
        return self


def told(entries: Iterable[Entry]) -> Charts:
    """The charts of *entries*, read in one batch."""
    return Told().take(*entries).charts
