"""Lifting a downtime from a terminal: by the same rules as the page (station/pages/lifting.py)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from contrefeu.base import OperatorError, rfc3339

if TYPE_CHECKING:
    from contrefeu.chart import Charts, SyncChartsClient
    from contrefeu.cli.node import Node
    from contrefeu.station import Signing

_MINUTE = len("2026-11-24T02:11")


def lift_wards(node: "Node", wards: Sequence[str], reason: str, cutover: str) -> None:
    """Write that *wards* (none: the whole hospital) are lifted from *cutover* ("HH:MM"; "": now) on.

    Raises:
        OperatorError: The minute cannot be, or hand-back sheets are not signed and no reason says why it goes on.
    """
    from contrefeu.access import cutover_at
    from contrefeu.acts import CorrectedWards, DowntimeLifted, HandBacks, Papers, encode
    from contrefeu.cli.accounts import downtime_in, station_acts
    from contrefeu.station import Signing

    now_ns, acts = node.clock.now_ns(), [*station_acts(node)]
    downtime, papers, signed, wards_known = downtime_in(acts, node), Papers(), HandBacks(), CorrectedWards()
    for act, entry in acts:
        wards_known.apply(act, entry.source)
        papers.apply(act, entry.source)
        signed.apply(act, entry.source)
    members = wards_known.members
    with node.charts() as charts:
        concerned = [one for one in wards or [known.id for known in charts.wards()] if downtime.of(one)]
        lacking = {
            one: _unsigned(charts, Signing(members(one)[0], found, downtime, signed, papers, members))
            for one in concerned
            if (found := downtime.of(one))
        }
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


def _unsigned(charts: "Charts | SyncChartsClient", ward: "Signing") -> int:
    """How many patients of a ward in downtime, and of those who left it meanwhile, have no sheet that stands signed."""
    from contrefeu.chart.sheet import Sheet
    from contrefeu.station import LACKING, sheet_of

    since, found = ward.declared.since, 0
    for row in charts.board(ward.ward).rows:
        chart, signature = charts.chart(row.id), ward.signed.of(row.id, since)
        if chart is not None:
            shown = sheet_of(row.id, Sheet(chart), (), since, ward.papers).digest
            found += signature is None or signature.act.shown != shown
    for one in charts.left(ward.ward, ward.declared.since_ns):
        chart = charts.chart(one.id) if ward.elsewhere(one) is None else None
        found += chart is not None and ward.sheet(one, Sheet(chart))[2] in LACKING
    return found
