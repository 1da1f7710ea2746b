"""A house whose charts are the node's own: what people write is mapped, filed, folded and stored, then asked.

Method: a chart store in memory that takes each entry as it is appended; feeds speak HL7 to the same store.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from contrefeu.acts import DowntimeDeclared, encode
from contrefeu.base import ManualClock, rfc3339
from contrefeu.chart import Chart
from contrefeu.hospital import parse_settings
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, MEDIA_HL7V2, Entry
from tests.chart.feeds import Told
from tests.station.visitors import Visitor, visitor
from tests.station.ward_in_memory import CAPTURE, NOW_NS, STATION, Charts, staffed

SETTINGS = parse_settings(
    '[node]\nid = "n7f3k2"\n[[wards]]\nid = "CARD"\nname = "Cardiologie"\nbeds = ["1", "2", "3"]\n'
    '[[wards]]\nid = "CHIR"\nname = "Chirurgie"\nbeds = ["11", "12"]\n[[wards]]\nid = "URG"\nname = "Urgences"\n'
)


class Folded(Charts):
    """Charts as a node has them, with the names of `ChartsClient`."""

    station = STATION  # the journal of its people

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.clock = clock
        self.told = Told(settings=SETTINGS, clock=clock)
        self.ticks = 0

    def take(self, journal: str, source: str, media: str, body: bytes) -> str:
        """Append an entry, and read it; no two are of one instant."""
        self.ticks += 1
        at_ns = self.clock.now_ns() + self.ticks * 1000
        sequence = sum(entry.journal == journal for entry in self.journal) + 1
        entry = Entry(journal, sequence, at_ns, at_ns, source, media, body)
        self.journal.append(entry)
        self.told.take(entry)
        return entry.ref

    async def append(self, source: str, media_type: str, body: bytes) -> str:
        looked = media_type == MEDIA_FHIR and b'"AuditEvent"' in body[:60]
        return self.take(
            self.station.replace("-station", "-audit") if looked else self.station, source, media_type, body
        )

    def feed(self, *messages: bytes) -> None:
        """A feed speaks."""
        for message in messages:
            self.take(CAPTURE, "DPI@CHU", MEDIA_HL7V2, message)

    def audited(self) -> list[dict[str, Any]]:
        said = [msgspec.json.decode(entry.body) for entry in self.journal if entry.media_type == MEDIA_FHIR]
        return [one for one in said if one["resourceType"] == "AuditEvent"]

    def written(self) -> list[Entry]:
        """What people said of patients."""
        return [e for e in self.journal if e.media_type == MEDIA_FHIR and b'"AuditEvent"' not in e.body[:60]]

    def chart_now(self, id_: str) -> Chart:
        """One chart."""
        found = self.told.charts.chart(id_)
        assert found is not None, id_
        return found


def _asked(name: str) -> Any:
    async def ask(self: Folded, *args: Any, **more: Any) -> Any:
        return getattr(self.told.charts, name)(*args, **more)

    return ask


for _name in (
    "status",
    "wards",
    "board",
    "drugs",
    "find",
    "chart",
    "lately",
    "version",
    "row",
    "hits",
    "entry",
    "numbers",
    "loss",
    "waiting",
    "unread",
    "agenda",
    "work",
    "corrections",
    "left",
):
    setattr(Folded, _name, _asked(_name))


def house(wards: Iterable[str] = (), medium: str = "screen", since_ns: int = NOW_NS - 10**9) -> Folded:
    """A house in downtime, where everybody of the staff works; nobody lies there yet."""
    charts = Folded(ManualClock(NOW_NS))
    for entry in staffed(Charts()).journal:
        charts.take(STATION, entry.source, entry.media_type, entry.body)
    act = DowntimeDeclared(list(wards), "essai", rfc3339(since_ns), medium)
    charts.take(STATION, "user/crise", MEDIA_ACT, encode(act))
    return charts


def at_work(login: str, charts: Folded, **more: Any) -> Visitor:
    """Somebody at a screen of *charts*; *more* is what the app is given beside."""
    return visitor(login, charts=charts, clock=charts.clock, **more)
