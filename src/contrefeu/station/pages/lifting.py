"""Lifting a downtime: of which wards, from which minute, and what is still to be signed there (F4).

Rules kept here:
  * It is refused while a patient's hand-back sheet is not signed, unless a reason says why it goes on without; how many
    were lacking stands in the act.
  * Who left the ward during its downtime is waited for like who lies there, where something was done of them here.
  * Without a ward ticked it is the whole hospital's, and every ward in downtime is asked for its sheets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import FormData
from starlette.requests import Request

from contrefeu.access import cutover_at
from contrefeu.acts import DowntimeLifted
from contrefeu.base import rfc3339
from contrefeu.station.handing_back import Lacking, unsigned_in
from contrefeu.station.house import House

_MINUTE = len("2026-11-24T02:11")


@dataclass(frozen=True, slots=True)
class Asked:
    """A lifting that somebody asks for, and what stands against it."""

    wards: Sequence[str] = ()
    cutover: str = ""  # as it was typed
    reason: str = ""
    problem: str = ""  # "", "cutover", "unsigned"
    lacking: Mapping[str, Lacking] = field(default_factory=dict)  # ward -> sheets that nobody signed


async def lift(house: House, request: Request, form: FormData, wards: list[str], reason: str) -> Asked:
    """Lift, or say what stands against it."""
    downtime, now_ns = house.staff.downtime, house.deps.clock.now_ns()
    typed = str(form.get("cutover", "")).strip()[:10]
    every = [one.id for one in await house.charts.wards(house.world(request)) if downtime.of(one.id)]
    concerned = wards or every
    begun = max((found.since for one in concerned if (found := downtime.of(one))), default="")
    try:
        cutover = cutover_at(typed, now_ns, house.deps.zone)
    except ValueError:
        return Asked(wards, typed, reason, "cutover")
    if cutover[:_MINUTE] < begun[:_MINUTE]:
        return Asked(wards, typed, reason, "cutover")
    lacking = await unsigned_in(house, concerned, house.world(request))
    if lacking and not reason:
        return Asked(wards, typed, reason, "unsigned", lacking)
    act = DowntimeLifted(
        wards, reason, rfc3339(now_ns), cutover if typed else "", sum(one.all for one in lacking.values())
    )
    await house.staff.write(act, house.account(request).login)
    return Asked()
