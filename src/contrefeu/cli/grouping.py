"""This node in its group: what it says of itself, who is answered, and whom it asks.

    HOME/node/group.seed     the key of these connections; it signs what the house says (drawn when first asked for)
    HOME/group.toml          the facilities that this node asks; without it, it asks nobody
    HOME/run/facility.json   what the web process last counted of this house, while [group] listen is set
    HOME/group/seen.json     what each facility last said

Rules kept here:
  * Who counts and who answers are two processes: the one with a port towards other facilities opens nothing and reads
    numbers.
  * A key of the group is used for nothing else: a facility that leaves it takes no other right along.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec
import structlog

from contrefeu.base import ContrefeuError, OperatorError, durable_makedirs, swap_file, write_file

if TYPE_CHECKING:
    from pathlib import Path

    from contrefeu.access import Downtime
    from contrefeu.acts import Alarm
    from contrefeu.chart import Board, ChartsStatus, WardSummary
    from contrefeu.cli.node import Node
    from contrefeu.group import FacilityTold, Group, Standing
    from contrefeu.proof import Signer
    from contrefeu.station.house import House
    from contrefeu.web import Mounted

TOLD = "facility.json"
TELL_S = 20.0  # how often a house counts: a bed is taken every few minutes
PATIENCE_S = 5.0  # for all facilities together, where no person waits: a busy machine must not call them silent
ROLE = "group"  # names the key

log = structlog.get_logger("group")


# The key and the file.


def group_seed(node: "Node") -> bytes:
    """The seed of the key that this node has in the group; it is drawn once."""
    path = node.paths.signing_seed(ROLE)
    if not path.exists():
        write_file(path, secrets.token_bytes(32))
    return path.read_bytes()


def group_signer(node: "Node") -> "Signer":
    """Who signs what the house says."""
    from contrefeu.proof import Signer

    return Signer(node.settings.node.id, group_seed(node))


def group_file(node: "Node") -> "Path":
    """Where the facilities that this node asks stand."""
    from contrefeu.group import FILE

    return node.paths.root / FILE


def group_of(path: "Path") -> "Group":
    """Whom it names.

    Raises:
        OperatorError: There is none, or it cannot be.
    """
    from contrefeu.group import parse_group

    try:
        return parse_group(path.read_text(errors="replace"))
    except FileNotFoundError:
        raise OperatorError(
            f"There is no {path.name} in {path.parent}.",
            safe="Nobody was asked.",
            next="contrefeu group add NAME PLACE KEY makes it.",
        ) from None


def seen_file(node: "Node") -> "Path":
    """What each facility last said."""
    return node.paths.root / "group" / "seen.json"


def in_group(node: "Node") -> bool:
    """Whether this node answers a group, or asks one."""
    return bool(node.settings.group.listen) or group_file(node).exists()


def prepare_group(node: "Node") -> None:
    """Before processes are kept apart: the key is there, and what cannot be is said before anything starts.

    Raises:
        OperatorError: group.toml cannot be.
    """
    if in_group(node):
        durable_makedirs(seen_file(node).parent, mode=0o750)
        group_seed(node)
        if group_file(node).exists():
            group_of(group_file(node))


# What the house says.


async def tell_group(node: "Node", house: "House") -> None:
    """In the web process: count what the house says of itself, for as long as it runs."""
    while True:
        try:
            told = await _counted(node, house)
            swap_file(node.paths.run / TOLD, msgspec.json.encode(told))
        except (OSError, TimeoutError, ContrefeuError) as trouble:  # it says its last numbers, with their time
            log.warning("the house was not counted", error=type(trouble).__name__)
        await asyncio.sleep(TELL_S)


async def _counted(node: "Node", house: "House") -> "FacilityTold":
    await house.staff.refresh()
    wards = [(ward, await house.charts.board(ward.id)) for ward in await house.charts.wards()]
    return _told(node, await house.charts.status(), wards, house.staff.downtime, house.staff.alarms)


def counted_by_command(node: "Node") -> "FacilityTold":
    """The same, asked for by a command."""
    from contrefeu.cli.accounts import downtime_in, station_acts
    from contrefeu.cli.watch import known_alarms

    downtime = downtime_in(station_acts(node), node.clock.now_ns)
    with node.charts() as charts:
        wards = [(ward, charts.board(ward.id)) for ward in charts.wards()]
        status = charts.status()
    return _told(node, status, wards, downtime, known_alarms(node))


def _told(
    node: "Node",
    status: "ChartsStatus",
    wards: "Sequence[tuple[WardSummary, Board]]",
    downtime: "Downtime",
    alarms: "Sequence[Alarm]",
) -> "FacilityTold":
    from contrefeu.cli.copying import last_states
    from contrefeu.group import told_of

    said = node.settings.node
    now_ns, copies = node.clock.now_ns(), last_states(node)
    return told_of(said.facility, said.id, now_ns, status, wards, copies, downtime, _alarms(alarms))


def _alarms(found: "Sequence[Alarm]") -> tuple[int, str]:
    from contrefeu.acts import SEVERITIES

    grave = [alarm.raised.severity for alarm in found if alarm.open]
    return len(grave), max(grave, key=SEVERITIES.index, default="")


# The process.


async def run_group(node: "Node", listen: str, stop: asyncio.Event, ready: Callable[[str], None]) -> None:
    """Answer the group and ask it, until *stop*; *ready* is told the address where the group is answered."""
    from contrefeu.group import GroupAnswers

    answers, address = None, ""
    if listen:
        answers = GroupAnswers(group_seed(node), node.settings.group.askers, lambda: _note(node))
        host, _, port = listen.rpartition(":")
        bound, number = await answers.listen(host.strip("[]"), int(port))
        address = f"[{bound}]:{number}" if ":" in bound else f"{bound}:{number}"
    ready(address)
    try:
        while not stop.is_set():
            await _ask(node)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), node.settings.group.every_s)
    finally:
        if answers is not None:
            answers.close()


def _note(node: "Node") -> bytes:
    """What the house last said, signed; b"" before it said anything."""
    from contrefeu.group import FacilityTold, signed_told

    try:
        told = msgspec.json.decode((node.paths.run / TOLD).read_bytes(), type=FacilityTold)
    except (FileNotFoundError, msgspec.MsgspecError):
        return b""
    return signed_told(told, group_signer(node))


async def _ask(node: "Node") -> None:
    """Ask every facility once; a file that was spoilt meanwhile stops nobody from being answered."""
    if not group_file(node).exists():
        return
    try:
        await ask_group(node, group_of(group_file(node)), PATIENCE_S)
    except (ContrefeuError, OSError) as trouble:
        log.warning("the group is not asked", error=type(trouble).__name__)


async def ask_group(node: "Node", group: "Group", deadline_s: float | None = None) -> None:
    """Ask every facility of *group* once, for *deadline_s* at most, and write down what is known then."""
    from contrefeu.group import DEADLINE_S, ask_all, load_seen, merged, save_seen

    answers = await ask_all(group.facilities, group_seed(node), deadline_s=deadline_s or DEADLINE_S)
    save_seen(seen_file(node), merged(load_seen(seen_file(node)), answers, node.clock.now_ns()))


# What the pages show.


def group_mounted(node: "Node") -> "tuple[Mounted, ...]":
    """The group's page, on a node that asks one."""
    from contrefeu.group import group_pages

    if not group_file(node).exists():
        return ()
    return (group_pages(lambda: standing_group(node, group_of(group_file(node)))),)


def standing_group(node: "Node", group: "Group") -> "Sequence[Standing]":
    """How each facility stands, as it was last asked."""
    from contrefeu.group import load_seen, standings

    return standings(group, load_seen(seen_file(node)), node.clock.now_ns())
