"""A temporary name is left, or stands again: the acts that say so, written before what they explain."""

from starlette.requests import Request

from contrefeu.acts import NameRestored, PagesIssued
from contrefeu.base import rfc3339
from contrefeu.chart import names
from contrefeu.chart.sheet import Sheet
from contrefeu.station.care.naming import left_by
from contrefeu.station.house import House
from contrefeu.station.names import names_left


async def leave(house: House, request: Request, sheet: Sheet, number: str) -> None:
    """Write that the name of a temporary *number* is left, with all that bears it."""
    called = names(sheet.patient)
    pages = [act for _, act in house.staff.acts if isinstance(act, PagesIssued) and sheet.chart.id == act.chart]
    old = f"{called.family} {called.given}".strip()
    act = left_by(sheet, number, old, rfc3339(house.deps.clock.now_ns()), pages)
    await house.staff.write(act, house.account(request).login)


async def stand_again(house: House, request: Request, number: str, reason: str) -> None:
    """Write that the name that was left last stands again."""
    at = rfc3339(house.deps.clock.now_ns())
    for left in names_left(house.staff.acts, frozenset({number}))[:1]:
        if not left.restored:
            await house.staff.write(NameRestored(left.ref, reason, at), house.account(request).login)
