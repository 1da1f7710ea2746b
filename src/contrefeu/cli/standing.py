"""Standing packs of a node: what is known of each, its password, and when they are made.

Rules kept here:
  * What is kept here of a pack names no patient: chart ids and numbers of issues.
  * A file that is there and cannot be read is said, and is not written over: taken for none, passwords that were made
    void would open packs again, and of a lost stick it would be said that nobody was on it.
  * What is kept is changed by `change` alone, one process at a time: passwords made void as packs are made stay void.
"""

import shlex
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from contrefeu.base import FileLock, StorageError, parse_rfc3339, rfc3339, write_file
from contrefeu.cli.beside import run_apart
from contrefeu.cli.node import Node
from contrefeu.cli.queues import Queued
from contrefeu.paper import WEEK_NS, Held, pack_password

if TYPE_CHECKING:
    from contrefeu.cli.separation import Identity

STATE, LOCK = "packs.json", "packs.lock"
OLD_MINUTES = 60  # a pack is red past it (W2)
LOOK_S = 30.0  # how often it is looked whether one is due
LOCK_WAIT_S = 60.0  # seconds: a change is held for one write, which a disk under load makes wait
MINUTE_NS = 60 * 1_000_000_000


class Place(Struct, frozen=True):
    """Where a pack was put."""

    path: str
    problem: str = ""  # why it is not there


class Standing(Struct, frozen=True):
    """The last pack of one ward."""

    ward: str
    made: str  # RFC 3339
    as_of: str  # RFC 3339: of the last message that it knows
    pages: int
    patients: int
    digest: str  # of what it was made of: another one is due
    places: list[Place]
    held: dict[str, Held] = {}
    age_minutes: int = 0  # of its last message, when it was asked
    old: bool = False
    printer: str = ""  # the queue that does not print it in a downtime, and why


class State(Struct, frozen=True):
    """What is kept of all."""

    turn: int = 0  # when passwords were last made void, in seconds since 1970, at the least; 0: never
    packs: dict[str, Standing] = {}
    queues: dict[str, Queued] = {}  # ward -> what became of its pack on its printer


def standing(node: Node) -> list[Standing]:
    """The last pack of each ward, with its age now."""
    now_ns, state = node.clock.now_ns(), state_of(node)
    return [_aged(one, now_ns, state.queues.get(one.ward)) for _, one in sorted(state.packs.items())]


def unprinted(node: Node) -> dict[str, str]:
    """The queue that does not print a ward's pack in a downtime, and why; by ward."""
    queues = sorted(state_of(node).queues.items())
    return {ward: f"{queued.queue} {queued.problem}" for ward, queued in queues if queued.problem}


def _aged(one: Standing, now_ns: int, queued: Queued | None) -> Standing:
    minutes = (now_ns - parse_rfc3339(one.as_of)) // MINUTE_NS if one.as_of else OLD_MINUTES + 1
    nowhere = all(place.problem for place in one.places)
    printer = f"{queued.queue} {queued.problem}" if queued is not None and queued.problem else ""
    old = minutes > OLD_MINUTES or nowhere
    return msgspec.structs.replace(one, held={}, age_minutes=minutes, old=old, printer=printer)


def password_then(node: Node, ward: str, at_ns: int) -> str:
    """The password of a pack of *ward* that was made at *at_ns*, unless passwords were made void since."""
    return pack_password(secret_of(node), ward, at_ns, state_of(node).turn)


def password_of(node: Node, ward: str, user: str, *, ahead: bool, void: bool) -> dict[str, Any]:
    """The password of *ward*'s packs, this week or the next; *void* makes all of them others first."""
    from contrefeu.cli.printing import board_of

    with node.charts() as charts:
        board_of(charts, ward)
    state = make_void(node) if void else state_of(node)
    at_ns = node.clock.now_ns() + (WEEK_NS if ahead else 0)
    node.audit("print", user=user, what=f"password of the packs of {ward}{' made void' if void else ''}")
    until = rfc3339((at_ns // WEEK_NS + 1) * WEEK_NS)
    return {"ward": ward, "password": pack_password(secret_of(node), ward, at_ns, state.turn), "until": until}


def file_names(ward: str) -> tuple[str, str]:
    """The names of a ward's pack: the PDF, and the page for any browser."""
    return f"pack-{as_file(ward)}.pdf", f"pack-{as_file(ward)}.html"


def as_file(ward: str) -> str:
    """How files and folders are named after a ward."""
    return ward.replace("/", "-")


def every_quarter(node: Node, identity: "Identity | None", stop: threading.Event) -> None:
    """Make what is due until *stop* is set, in a process of its own; *identity* says as whom, None: as this one."""
    while not stop.wait(LOOK_S):
        packs = node.settings.packs  # looked at each time: they may be set while the node runs
        if packs.folders or packs.printers:
            run_apart(node, identity, stop, ("packs", "make"), nice=10)


def secret_of(node: Node) -> bytes:
    """What passwords are drawn from, and pages signed with."""
    return node.paths.signing_seed("station").read_bytes()


def state_of(node: Node) -> State:
    """What is kept of all packs.

    Raises:
        StorageError: It is there, and cannot be read.
    """
    file = node.paths.run / STATE
    try:
        return msgspec.json.decode(file.read_bytes(), type=State)
    except FileNotFoundError:
        return State()
    except (OSError, msgspec.MsgspecError):
        raise StorageError(
            f'What is known of the packs, "{file}", cannot be read.',
            safe="Charts, journals, and the packs in their folders are as they were. Nothing was written over.",
            next="See that the web process may read it. If it is damaged, keep it elsewhere, then make new ones:\n"
            f"mv {shlex.quote(str(file))} packs.damaged.json\n"
            "contrefeu packs password --ward W --void   gives passwords that no former one is\n"
            "contrefeu packs make --now                 makes new packs",
        ) from None


def change(node: Node, to: Callable[[State], State]) -> State:
    """Keep *to* of what is kept, in its place, and return it; no other process changes it meanwhile."""
    from contrefeu.cli.separation import give_said

    with FileLock(node.paths.run / LOCK, wait_s=LOCK_WAIT_S):
        state = to(state_of(node))
        write_file(node.paths.run / STATE, msgspec.json.encode(state), mode=0o640)
        give_said(node, LOCK, STATE)
    return state


def make_void(node: Node) -> State:
    """Make every ward's password another; packs are due again with it."""
    second = node.clock.now_ns() // 1_000_000_000  # were the file lost, the count would give a password of before again
    return change(node, lambda state: msgspec.structs.replace(state, turn=max(state.turn + 1, second)))
