"""Facilities of a group: what they say, and some that answer on this machine, in one thread for all of them."""

import asyncio
import contextlib
import secrets
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contrefeu.acts import Downtime, DowntimeDeclared, Function, Medium
from contrefeu.base import rfc3339
from contrefeu.chart import WardSummary
from contrefeu.chart.views import AsOf, Board, BoardRow, ChartsStatus, FeedStatus
from contrefeu.group import FacilityTold, GroupAnswers, Member, signed_told, told_of
from contrefeu.proof import Signer
from tests.station.ward_in_memory import NOW_NS, at

NAME = "DURAND"  # of a patient: never leaves a house


def told(
    name: str = "parc-1", now_ns: int = NOW_NS, wards: int = 3, functions: dict[Function, Medium] | None = None
) -> FacilityTold:
    """What a facility says of itself, from charts with a patient in each ward."""
    status = ChartsStatus(
        wards, 0, 900, {f"{name}-capture": 900},
        [FeedStatus("EHR@PARC", 800, at(0)), FeedStatus("LAB@PARC", 100, at(-3)), FeedStatus("user/nadia", 9, at(0))],
        AsOf(rfc3339(now_ns), f"{name}-capture/900"),
    )  # fmt: skip
    row = BoardRow(
        "p1", "B1", "R1", "W0", NAME, "Élodie", "1942-03-12", "F", "", ["100234"], "", [], "none", [], [], 0, 0, ""
    )
    boards = [
        (
            WardSummary(f"W{n}", f"Unité {n}", 1, 4),
            Board(f"W{n}", f"Unité {n}", "P", [row], [f"B{bed}" for bed in range(n % 3)], AsOf(), []),
        )
        for n in range(wards)
    ]
    copies = [
        {
            "url": f"s3://charts/{name}?endpoint=https%3A%2F%2Fstore.example.org&lock=compliance&days=400",
            "state": "up-to-date", "entries": 900, "lag_seconds": 0.4,
        }
    ]  # fmt: skip
    downtime = Downtime(lambda ward: (ward,), lambda: now_ns)
    downtime.apply(DowntimeDeclared([], "attaque", at(-1), functions=functions or {}), "user/crise")
    return told_of("Clinique du Parc", name, now_ns, status, boards, copies, downtime, (2, "act"))


@dataclass
class Answering:
    """A facility that answers, and how the group knows it."""

    member: Member
    server: GroupAnswers


def member(name: str, place: str, seed: bytes) -> Member:
    """A line of the group's file."""
    return Member(name, place, str(Signer(name, seed).verifier))


@contextlib.contextmanager
def answering(names: Sequence[str], asker: bytes, now_ns: int = NOW_NS) -> Iterator[list[Member]]:
    """Facilities that answer who holds the key of *asker*."""
    loop, askers = asyncio.new_event_loop(), [str(Signer("siege", asker).verifier)]

    async def listen(name: str) -> Member:
        seed = secrets.token_bytes(32)
        note = signed_told(told(name, now_ns), Signer(name, seed))
        host, port = await GroupAnswers(seed, askers, lambda: note).listen("127.0.0.1", 0)
        return member(name, f"{host}:{port}", seed)

    async def all_of_them() -> list[Member]:
        return [await listen(name) for name in names]

    async def end() -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(all_of_them(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
