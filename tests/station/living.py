"""A ward in memory whose charts take what people write: read by the real mapping, folded by the real fold."""

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec import structs

from contrefeu.acts import DowntimeDeclared, encode
from contrefeu.base import rfc3339
from contrefeu.chart.fold import Chart, apply
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, Entry
from contrefeu.mapping import FeedRules, read
from tests.station.ward_in_memory import NOW_NS, STATION, Charts, staffed


@dataclass
class LivingCharts(Charts):
    """Charts that follow the station's journal."""

    async def append(self, source: str, media_type: str, body: bytes) -> str:
        ref = await super().append(source, media_type, body)
        last = self.journal[-1]
        self.journal[-1] = structs.replace(last, received_ns=NOW_NS + last.sequence * 10**6)  # no two at one instant
        return ref

    def written(self) -> list[Entry]:
        """What people said of patients."""
        return [e for e in self.journal if e.media_type == MEDIA_FHIR and b'"AuditEvent"' not in e.body[:60]]

    async def chart(self, id: str, at_ns: int | None = None) -> Chart | None:
        chart = await super().chart(id, at_ns)
        if chart is not None:
            said = [read(entry, FeedRules()) for entry in self.written()]
            for reading in said:
                if reading.subjects and chart.key in reading.subjects[0].keys:
                    apply(chart, reading)
        return chart


def in_downtime(medium: str = "screen", wards: Iterable[str] = (), at_ns: int = NOW_NS - 10**9) -> LivingCharts:
    """A ward in downtime, declared just before now."""
    charts = LivingCharts()
    staffed(charts)
    act = DowntimeDeclared(list(wards), "essai", rfc3339(at_ns), medium)
    charts.journal.append(Entry(STATION, 100, at_ns, 100, "user/crise", MEDIA_ACT, encode(act)))
    return charts
