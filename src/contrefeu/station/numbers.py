"""Temporary numbers, drawn from this station's journal, and what was done with a form that came twice.

Rules kept here:
  * An entry is written for each number before it is used (contrefeu/chart/provisional.py says why).
  * A form that is sent twice while this process lives makes one patient: the second one leads to what the first did.
"""

import asyncio
from collections.abc import Awaitable, Callable

from contrefeu.acts import NumberDrawn
from contrefeu.base import Clock, rfc3339
from contrefeu.chart import number_of
from contrefeu.station.staff import Staff

ONCE_MAX = 1_000  # forms remembered: those of a shift; a session that is older has ended


class Numbers:
    """What draws the numbers of one station."""

    def __init__(self, staff: Staff, clock: Clock) -> None:
        self._staff = staff
        self._clock = clock
        self._done: dict[str, asyncio.Task[str]] = {}

    async def draw(self, login: str) -> str:
        """Return a number that nobody has and nobody will be given again.

        Raises:
            Problem: The journal does not take the entry.
        """
        while True:
            number = number_of(await self._staff.write(NumberDrawn(rfc3339(self._clock.now_ns())), login))
            if number:
                return number

    async def once(self, form: str, do: Callable[[], Awaitable[str]]) -> str:
        """Do what *form* asks for and return where it leads; sent again, lead there again."""

        async def doing() -> str:
            return await do()

        task = self._done.get(form)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._done[form] = asyncio.create_task(doing())
            while len(self._done) > ONCE_MAX:
                del self._done[next(iter(self._done))]
        return await asyncio.shield(task)
