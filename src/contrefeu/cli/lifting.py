"""Lifting a downtime from a terminal: by the same rules as the page (station/pages/lifting.py)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from contrefeu.base import OperatorError, rfc3339

if TYPE_CHECKING:
    from contrefeu.acts import Downtime, HandBacks, Papers
    from contrefeu.chart import Charts, SyncChartsClient
    from contrefeu.cli.node import Node

_MINUTE = len("2026-11-24T02:11")


def lift_wards(node: "Node", wards: Sequence[str], reason: str, cutover: str) -> None:
    """Write that *wards* (none: the whole hospital) are lifted from *cutover* ("HH:MM"; "": now) on.

    Raises:
        OperatorError: The minute cannot be, or hand-back sheets are not signed and no reason says why it goes on.
    """
    from contrefeu.access import cutover_at
    from contrefeu.acts import DowntimeLifted, HandBacks, Papers, encode
    from contrefeu.cli.accounts import downtime_in, station_acts

    now_ns, acts = node.clock.now_ns(), [*station_acts(node)]
    downtime, papers, signed = downtime_in(acts, node), Papers(), HandBacks()
    for act, entry in acts:
        papers.apply(act, entry.source)
        signed.apply(act, entry.source)
    with node.charts() as charts:
        concerned = [one for one in wards or [known.id for known in charts.wards()] if downtime.of(one)]
        lacking = {ward: _unsigned(charts, ward, downtime, papers, signed) for ward in concerned}
    begun = max((found.since for one in concerned if (found := downtime.of(one))), default="")
    try:
        at = cutover_at(cutover, now_ns, ZoneInfo(node.settings.node.zone))
    except ValueError:
        at = ""
    if at[:_MINUTE] < begun[:_MINUTE] or not at:
        raise OperatorError(
            f"{cutover or 'Now'} cannot be the cut-over minute.",
            safe="Nothing was lifted.",
            next="Say HH:MM, at most 6 hours ago and 4 hours ahead, and not before the declaration.",
        )
    lacking = {ward: count for ward, count in lacking.items() if count}
    if lacking and not reason.strip():
        said = ", ".join(f"{ward} {count}" for ward, count in sorted(lacking.items()))
        raise OperatorError(
            f"Hand-back sheets are not signed: {said}.",
            safe="Nothing was lifted.",
            next="Have them signed in the ward app, or say with --reason why you go on without them.",
        )
    act = DowntimeLifted([*wards], reason, rfc3339(now_ns), at if cutover else "", sum(lacking.values()))
    node.record(encode(act))


def _unsigned(
    charts: "Charts | SyncChartsClient", ward: str, downtime: "Downtime", papers: "Papers", signed: "HandBacks"
) -> int:
    """How many patients of a ward in downtime have no sheet that stands signed."""
    from contrefeu.chart.sheet import Sheet
    from contrefeu.station import sheet_of

    declared, found = downtime.of(ward), 0
    for row in charts.board(ward).rows if declared else ():
        chart, signature = charts.chart(row.id), signed.of(row.id, declared.since if declared else "")
        if chart is not None and declared is not None:
            shown = sheet_of(row.id, Sheet(chart), (), declared.since, papers).digest
            found += signature is None or signature.act.shown != shown
    return found
