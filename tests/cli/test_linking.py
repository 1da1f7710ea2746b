"""The capture process says who has a connection open, and the watch takes it for as long as it is fresh.

Method: a home that is not running; what the listener would know is said in its place.
"""

import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from contrefeu.base import ManualClock
from contrefeu.cli.linking import LINKS, STALE_S, links_told, tell_links
from contrefeu.watch import Linked

AT = 1_795_486_318.0


@pytest.mark.req("C7")
def test_what_the_capture_process_says_is_taken_while_it_is_fresh(tmp_path: Any) -> None:
    """Who, and since when it runs; what a process left that hangs says nothing, nor does half a file."""
    clock = ManualClock(int(AT * 1e9))
    node: Any = SimpleNamespace(clock=clock, paths=SimpleNamespace(run=tmp_path))
    listener: Any = SimpleNamespace(senders={"LABO@CHU", "CPAGE@CHU"})
    assert links_told(node, AT) == []

    async def said() -> None:
        telling = asyncio.create_task(tell_links(node, listener))
        while not (tmp_path / LINKS).exists():
            await asyncio.sleep(0.01)
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling

    asyncio.run(said())
    assert links_told(node, AT + 30) == [Linked(AT + 30, AT, frozenset({"LABO@CHU", "CPAGE@CHU"}))]
    assert links_told(node, AT + STALE_S + 1) == []
    (tmp_path / LINKS).write_text('{"at": 1')
    assert links_told(node, AT) == []
