"""What `/metrics` says: one table, a row a metric; `docs/reference/metrics.md` is made from it.

Rules kept here:
  * Names as Prometheus asks for them (prometheus.io, "Metric and label naming"): a prefix, a base unit last, `_total`
    on what only grows.
  * A label is a feed, a journal, a vault, a ward, an interface: never a patient, never somebody of the staff.
  * What the node does not answer is left out, never 0: an absent metric raises its own alert.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from contrefeu.acts import SEVERITIES
from contrefeu.base import parse_rfc3339
from contrefeu.chart import ChartsStatus
from contrefeu.station.deps import NodeStatus
from contrefeu.station.house import House


class Metric(NamedTuple):
    """A row."""

    name: str  # as it is scraped
    help: str
    labels: tuple[str, ...] = ()

    @property
    def grows(self) -> bool:
        """Whether it only grows, until its process starts again."""
        return self.name.endswith("_total")


METRICS: tuple[Metric, ...] = (
    Metric("contrefeu_build_info", "1; the version that runs", ("version",)),
    Metric("contrefeu_up", "1 when the charts' reader (part reader) or the listener (capture) answers", ("part",)),
    Metric("contrefeu_feed_received_total", "Messages received", ("source",)),
    Metric("contrefeu_feed_charted_total", "Messages that stand on charts", ("source",)),
    Metric("contrefeu_feed_uncharted_total", "Messages kept that no chart shows", ("source",)),
    Metric("contrefeu_feed_repeats_total", "Messages that came again", ("source",)),
    Metric("contrefeu_feed_last_timestamp_seconds", "When the last message came", ("source",)),
    Metric("contrefeu_charts_patients", "Patients with a chart; world P are real, T an exercise's", ("world",)),
    Metric("contrefeu_charts_entries", "Entries that the charts have read"),
    Metric("contrefeu_charts_lag_entries", "Entries in journals that the charts have not read yet"),
    Metric("contrefeu_charts_waiting", "Results and orders without an owner"),
    Metric("contrefeu_charts_unread", "Entries that nobody can read"),
    Metric("contrefeu_capture_connections", "Senders connected"),
    Metric("contrefeu_capture_messages_total", "Messages that the listener took"),
    Metric("contrefeu_capture_acknowledged_total", "Answers given"),
    Metric("contrefeu_capture_stray_total", "Cut messages and bytes outside a frame"),
    Metric("contrefeu_capture_turned_away_total", "Connections above the limit"),
    Metric("contrefeu_capture_disk_refused_total", "Messages that the disk refused: they were not acknowledged"),
    Metric("contrefeu_refused_total", "Messages kept out by a refuse rule", ("rule",)),
    Metric("contrefeu_journal_entries", "Entries of a journal", ("journal",)),
    Metric("contrefeu_journal_bytes", "Its bytes on disk", ("journal",)),
    Metric("contrefeu_disk_free_bytes", "Free on the disk of the home"),
    Metric("contrefeu_vault_entries", "Entries that a vault holds", ("vault",)),
    Metric("contrefeu_vault_lag_seconds", "How far it is behind; absent when nobody copies", ("vault",)),
    Metric("contrefeu_vault_ok", "0 when it refuses, is damaged, or gave no charts back", ("vault",)),
    Metric("contrefeu_tap_messages_total", "Messages that a tap heard", ("interface",)),
    Metric("contrefeu_tap_gaps_total", "Gaps: a message may be missing", ("interface",)),
    Metric("contrefeu_tap_dropped_packets_total", "Packets that its machine had no room for", ("interface",)),
    Metric("contrefeu_alarms_open", "Alarms of the watch that nobody has answered", ("severity",)),
    Metric("contrefeu_downtime_wards", "Wards in downtime; the whole hospital counts as one"),
    Metric("contrefeu_pack_age_seconds", "Age of a ward's pack that was made ahead", ("ward",)),
    Metric("contrefeu_web_sessions", "People logged in"),
    Metric("contrefeu_audit_events_total", "Looks and acts journaled by the ward app", ("kind",)),
    Metric("contrefeu_audit_gap_total", "The same that the disk did not take"),
)
ELSEWHERE = frozenset(["contrefeu_audit_events_total", "contrefeu_audit_gap_total"])  # counted where they happen (web)
_BAD = frozenset(["refused", "damaged", "different", "failed", "alarm"])

_Sample = tuple[str, tuple[str, ...], float]  # name, labels, value


class Figures(Collector):
    """Gathers what is known when it is asked; scraped from what was gathered last."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._samples: list[_Sample] = []

    async def update(self) -> bool:
        """Ask everybody; returns whether the charts answer."""
        found: list[_Sample] = [("build_info", (_version(),), 1), ("web_sessions", (), len(self._house.shell.sessions))]
        node = await _asked(self._house.deps.node_status)
        charts = await _asked(self._house.charts.status)
        found += _of_charts(charts, node) if charts is not None else [("up", ("reader",), 0)]
        found += _of_node(node) if node is not None else []
        found += await self._of_people()
        self._samples = found
        return charts is not None

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Every metric that has a value."""
        by_name: dict[str, list[_Sample]] = {}
        for sample in self._samples:
            by_name.setdefault(f"contrefeu_{sample[0]}", []).append(sample)
        for metric in METRICS:
            if metric.name not in by_name:
                continue
            family = (CounterMetricFamily if metric.grows else GaugeMetricFamily)(
                metric.name.removesuffix("_total"), metric.help, labels=metric.labels
            )
            for _, labels, value in by_name[metric.name]:
                family.add_metric(labels, value)
            yield family

    async def _of_people(self) -> list[_Sample]:
        staff = self._house.staff
        if await _asked(staff.refresh, default=False) is False:
            return []  # the charts do not say who declared what
        open_now = Counter(alarm.raised.severity for alarm in staff.alarms if alarm.open)
        found: list[_Sample] = [("alarms_open", (one,), open_now[one]) for one in SEVERITIES]
        return [*found, ("downtime_wards", (), len(staff.downtime.declared))]


async def _asked(ask: Callable[[], Awaitable[Any]], default: Any = None) -> Any:
    """What somebody answers; *default* when they do not."""
    try:
        return await ask()
    except (OSError, TimeoutError):
        return default


def _of_charts(charts: ChartsStatus, node: NodeStatus | None) -> Iterable[_Sample]:
    yield "up", ("reader",), 1
    yield "charts_patients", ("P",), charts.patients
    yield "charts_patients", ("T",), charts.test_patients
    yield "charts_entries", (), charts.entries
    yield "charts_waiting", (), charts.waiting
    yield "charts_unread", (), charts.unread
    for feed in charts.feeds:
        label = (feed.source,)
        yield "feed_received_total", label, feed.received
        yield "feed_charted_total", label, feed.charted
        yield "feed_uncharted_total", label, feed.uncharted
        yield "feed_repeats_total", label, feed.duplicates
        if feed.last:
            yield "feed_last_timestamp_seconds", label, parse_rfc3339(feed.last) / 1e9
    if node is not None:
        read = charts.positions
        lags = (max(0, one.entries - read[one.id]) for one in node.journals if one.id in read)
        yield "charts_lag_entries", (), sum(lags)


def _of_node(node: NodeStatus) -> Iterable[_Sample]:
    for journal in node.journals:
        yield "journal_entries", (journal.id,), journal.entries
        yield "journal_bytes", (journal.id,), journal.bytes
    for vault in node.vaults:
        yield "vault_entries", (vault.url,), vault.entries
        yield "vault_ok", (vault.url,), vault.state not in _BAD
        if vault.lag_seconds is not None:
            yield "vault_lag_seconds", (vault.url,), vault.lag_seconds
    for pack in node.packs:
        yield "pack_age_seconds", (pack.ward,), pack.minutes * 60
    for tap in node.taps:
        yield "tap_messages_total", (tap.interface,), tap.messages
        yield "tap_gaps_total", (tap.interface,), tap.gaps
        yield "tap_dropped_packets_total", (tap.interface,), tap.dropped_packets
    if node.disk_free_bytes is not None:
        yield "disk_free_bytes", (), node.disk_free_bytes
    yield "up", ("capture",), node.capture is not None
    for name, value in (node.capture or {}).items():
        yield f"capture_{name}", (), value
    for rule, count in node.refused.items():
        yield "refused_total", (rule,), count


def _version() -> str:
    try:
        return version("contrefeu")
    except PackageNotFoundError:
        return "?"
