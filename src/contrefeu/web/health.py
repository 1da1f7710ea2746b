"""What machines ask: is the app alive, is it ready, how much has it done, has anything changed."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contrefeu.web.problem import NO_CHARTS, Problem
from contrefeu.web.shell import Shell

POLL_S = 20.0  # below the 30 s after which old proxies cut an idle request
RETRY_S = 1.0  # a reader that is away is asked again so often: its ward waits a second more, not a minute


def health_routes(registry: CollectorRegistry, ready: Callable[[], Awaitable[bool]]) -> list[Route]:
    """Return /healthz, /readyz and /metrics; *ready* also brings the figures up to date."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"state": "alive"})

    async def readyz(_: Request) -> Response:
        is_ready = await ready()
        return JSONResponse({"state": "ready" if is_ready else "waiting for the charts"}, 200 if is_ready else 503)

    async def metrics(_: Request) -> Response:
        await ready()
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


class Changes:
    """Tells every open page that the charts have changed: one question to the reader, however many pages wait."""

    def __init__(self, ask: Callable[[int, float], Awaitable[int]]) -> None:
        self._ask = ask
        self.number = -1  # as known now; -1 before the first answer
        self._failed = False
        self._news = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    def route(self, shell: Shell) -> Route:
        """Return /changes: waits until the charts are past ?after=N, POLL_S at most."""

        async def changes(request: Request) -> Response:
            try:
                after = int(request.query_params.get("after", "-1"))
            except ValueError:
                raise Problem(400, "after") from None
            return JSONResponse({"change": await self.past(after)})

        return shell.page("/changes", changes)

    async def past(self, after: int, timeout_s: float = POLL_S) -> int:
        """Return the change number as soon as it differs from *after*, or after *timeout_s* at the latest.

        Raises:
            Problem: The charts do not answer.
        """
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow())
        async with self._news:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(
                    self._news.wait_for(lambda: self._failed or self.number not in (-1, after)), timeout_s
                )
            if self._failed:
                raise NO_CHARTS
            return self.number

    async def stop(self) -> None:
        """End the question that waits."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _follow(self) -> None:
        while True:
            try:
                number, failed = await self._ask(self.number, POLL_S), False
            except Exception:  # whatever it is, pages must learn that nobody answers, and we ask again
                number, failed = self.number, True
            async with self._news:
                self.number, self._failed = number, failed
                self._news.notify_all()
            if failed:
                await asyncio.sleep(RETRY_S)
