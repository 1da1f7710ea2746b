"""`contrefeu journal exchange`: give and take journals, through a folder or with a peer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, finish, say

if TYPE_CHECKING:
    from contrefeu.cli.node import Node

Where = Annotated[str, typer.Argument(metavar="URL|DIR", help="A stick's folder, or https://HOST:PORT of a peer.")]


def exchange(context: typer.Context, where: Where, json: Json = False) -> None:
    """Give this node's journals and take the peers', through a folder (a USB stick) or over a connection.

    Both sides run it; a stick is carried there and back. Taken is what joined peers signed for, each journal as the
    continuation of what was held of it: a forked or rolled-back one is refused, kept beside, and ends with 12. A stick
    that is damaged or half copied changes nothing here; the same command goes on where it was stopped.
    """
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    node.audit("act", what="journal exchange")
    report = exchanged(node, where)
    told = {
        "given": sum(report["given"].values()),
        "taken": sum(report["taken"].values()),
        "journals": {
            name: {"given": report["given"].get(name, 0), "taken": report["taken"].get(name, 0)}
            for name in sorted({*report["given"], *report["taken"]})
        },
        "findings": report["findings"],
    }

    def for_people() -> None:
        say(f"entries given: {told['given']}, taken: {told['taken']}")
        for name, both in told["journals"].items():
            say(f"  {name}: given {both['given']}, taken {both['taken']}")
        for one in told["findings"]:
            say(f"  {one['kind'].upper()}: {one['what']}")

    answer(json, told, for_people)
    finish(report["exit_status"])


def exchanged(node: "Node", where: str) -> dict[str, Any]:
    """Exchange with *where*: through the running node, else under the journals' locks."""
    from contrefeu.cli.exchanging import ask_running, exchange_socket
    from contrefeu.cli.node import listens

    socket = exchange_socket(node)
    place = where if where.startswith("https://") else str(Path(where).absolute())
    if listens(socket):
        return ask_running(socket, place)
    return by_itself(node, place)


def by_itself(node: "Node", place: str) -> dict[str, Any]:
    """Exchange while no node runs on this home."""
    from contrefeu.cli.exchanging import exchange_once, meeting_of
    from contrefeu.cli.peering import exchange_of, grant_all, make_station

    for appender in (node.capture_appender, node.station_appender):
        with appender():
            pass  # signs for what a stopped node left unsigned
    make_station(node)
    grant_all(node)
    exchange = exchange_of(node)
    meeting = meeting_of(exchange, node)
    try:
        report = exchange_once(exchange, meeting, place)
        grant_all(node)  # a peer whose keys came with this exchange is granted at once, and given at once
        again = exchange_once(exchange, meeting, place)
        for way in ("given", "taken"):
            for name, count in again[way].items():
                report[way][name] = report[way].get(name, 0) + count
        return report
    finally:
        meeting.stop()
        exchange.close()
