"""Standing packs of a node: which are due, where they go, what is known of each.

Rules kept here:
  * The issue of a page MUST be in the journal before a file that has it is anywhere.
  * A file is replaced whole or not at all; what lay there goes: only present patients lie about (F44).
  * What is kept here of a pack names no patient: chart ids and numbers of issues.
"""

import os
import subprocess
import sys
import threading
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from contrefeu.base import OperatorError, parse_rfc3339, rfc3339, write_file
from contrefeu.cli.node import CONSOLE, Node
from contrefeu.paper import WEEK_NS, Held, Setting, pack_password, print_standing, sealed_page, ward_pack

if TYPE_CHECKING:
    from contrefeu.chart import Board, Charts, Language, SyncChartsClient
    from contrefeu.cli.separation import Identity

STATE = "packs.json"
OLD_MINUTES = 60  # a pack is red past it (W2)
LOOK_S = 30.0  # how often it is looked whether one is due
STOP_S = 0.2  # how long a node that stops waits for it
_MINUTE_NS = 60 * 1_000_000_000


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


class State(Struct, frozen=True):
    """What is kept of all."""

    turn: int = 0  # how often passwords were made void
    packs: dict[str, Standing] = {}
    printed: dict[str, str] = {}  # ward -> since when the downtime is for which its pack was printed


def make_due(node: Node, language: "Language", wards: set[str], *, at_once: bool = False) -> list[Standing]:
    """Make the packs that are due, of *wards* or of all that the settings name; return those that were made."""
    settings = node.settings.packs
    if not settings.folders:
        raise OperatorError(
            "No folder for packs is in the settings.",
            safe="Nothing was made.",
            next='Write [packs] folders = ["/srv/packs/{ward}"] into contrefeu.toml.',
        )
    made = []
    with node.charts() as charts:
        for ward in sorted(one.id for one in charts.wards()):
            if (wards and ward not in wards) or (settings.wards and ward not in settings.wards):
                continue
            state = _state(node)
            setting = Setting(language, node.settings.node.zone, node.clock.now_ns())
            board = charts.board(ward)
            if at_once or _is_due(node, state, board, charts, setting.now_ns):
                found = _make(node, charts, board, setting, state)
                kept = _state(node)  # passwords may have been made void meanwhile: it is due again then
                _keep(node, msgspec.structs.replace(kept, packs={**kept.packs, ward: found}))
                made.append(found)
            _print(node, charts, board, setting)
    return [msgspec.structs.replace(one, held={}) for one in made]


def _print(node: Node, charts: "Charts | SyncChartsClient", board: "Board", setting: Setting) -> None:
    from contrefeu.cli.queues import print_in_downtime

    before = _state(node).printed.get(board.ward, "")
    since = print_in_downtime(node, charts, board, setting, before)
    if since != before:
        kept = _state(node)
        _keep(node, msgspec.structs.replace(kept, printed={**kept.printed, board.ward: since}))


def _digest(board: "Board", charts: "Charts | SyncChartsClient", turn: int, week: int) -> str:
    """What a ward's pack is made of, without the hour."""
    entries = [(row.id, chart.last_received_ns) for row in board.rows if (chart := charts.chart(row.id)) is not None]
    return sha256(msgspec.json.encode([entries, board.free_beds, turn, week])).hexdigest()[:16]


def _is_due(node: Node, state: State, board: "Board", charts: "Charts | SyncChartsClient", now_ns: int) -> bool:
    last, settings = state.packs.get(board.ward), node.settings.packs
    if last is None:
        return True
    minutes = (now_ns - parse_rfc3339(last.made)) / _MINUTE_NS
    if minutes >= settings.unchanged_minutes:
        return True
    return minutes >= settings.every_minutes and last.digest != _digest(board, charts, state.turn, now_ns // WEEK_NS)


def _make(node: Node, charts: "Charts | SyncChartsClient", board: "Board", setting: Setting, state: State) -> Standing:
    from contrefeu.acts import encode
    from contrefeu.cli.printing import downtime_of, issuer_of
    from contrefeu.journal import MEDIA_ACT, Draft

    facility, lacks = node.settings.node.facility, charts.status().restoring
    pack, shown = ward_pack(board, charts.chart, setting, facility, downtime_of(node, board.ward), lacks)
    last = state.packs.get(board.ward)
    password = pack_password(_secret(node), board.ward, setting.now_ns, state.turn)
    now = rfc3339(setting.now_ns)
    issuer = issuer_of(node, board.ward, now)
    printed, held, fresh = print_standing(pack, shown, issuer, last.held if last else {}, setting.now_ns, password)
    node.audit("export", what=f"standing pack {board.ward}")
    if fresh:
        with node.station_appender() as journal:
            journal.append([Draft(CONSOLE, MEDIA_ACT, encode(act), setting.now_ns) for act in fresh])
    page = sealed_page(pack, board.as_of.time, setting, password)
    name = board.ward.replace("/", "-")
    files = {f"pack-{name}.pdf": printed.pdf, f"pack-{name}.html": page}
    folders = [Path(one.replace("{ward}", name)) for one in node.settings.packs.folders]
    return Standing(
        ward=board.ward,
        made=now,
        as_of=board.as_of.time,
        pages=printed.pages,
        patients=len(shown),
        digest=_digest(board, charts, state.turn, setting.now_ns // WEEK_NS),
        places=[_put(folder, files) for folder in folders],
        held=held,
    )


def _put(folder: Path, files: dict[str, bytes]) -> Place:
    """Put *files* into *folder*, which is there: a stick that was pulled is no new folder of the disk."""
    try:
        if not folder.is_dir():
            return Place(str(folder), "is not there")
        for name, data in files.items():
            write_file(folder / name, data, mode=0o644)  # sealed: whoever finds it reads nothing
    except OSError as failed:
        return Place(str(folder), os.strerror(failed.errno or 0))
    return Place(str(folder))


def standing(node: Node) -> list[Standing]:
    """The last pack of each ward, with its age now."""
    now_ns = node.clock.now_ns()
    return [_aged(one, now_ns) for one in sorted(_state(node).packs.values(), key=lambda one: one.ward)]


def _aged(one: Standing, now_ns: int) -> Standing:
    minutes = (now_ns - parse_rfc3339(one.as_of)) // _MINUTE_NS if one.as_of else OLD_MINUTES + 1
    nowhere = all(place.problem for place in one.places)
    return msgspec.structs.replace(one, held={}, age_minutes=minutes, old=minutes > OLD_MINUTES or nowhere)


def password_of(node: Node, ward: str, user: str, *, ahead: bool, void: bool) -> dict[str, Any]:
    """The password of *ward*'s packs, this week or the next; *void* makes all of them others first."""
    from contrefeu.cli.printing import board_of

    with node.charts() as charts:
        board_of(charts, ward)
    state = _state(node)
    if void:
        state = msgspec.structs.replace(state, turn=state.turn + 1)
        _keep(node, state)
    at_ns = node.clock.now_ns() + (WEEK_NS if ahead else 0)
    node.audit("export", user=user, what=f"password of the packs of {ward}{' made void' if void else ''}")
    until = rfc3339((at_ns // WEEK_NS + 1) * WEEK_NS)
    return {"ward": ward, "password": pack_password(_secret(node), ward, at_ns, state.turn), "until": until}


def every_quarter(node: Node, identity: "Identity | None", stop: threading.Event) -> None:
    """Make what is due until *stop* is set, in a process of its own; *identity* says as whom, None: as this one."""
    command = [sys.executable, "-m", "contrefeu", "--home", str(node.paths.root), "packs", "make", "--json"]
    quiet: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    whom: Any = {"cwd": "/", "umask": 0o027, **identity} if identity is not None else {}
    while node.settings.packs.folders and not stop.wait(LOOK_S):
        with subprocess.Popen(["nice", "-n", "10", *command], **quiet, **whom) as process:
            while process.poll() is None:
                if stop.wait(STOP_S):
                    process.kill()


def _secret(node: Node) -> bytes:
    return node.paths.signing_seed("station").read_bytes()


def _state(node: Node) -> State:
    try:
        return msgspec.json.decode((node.paths.run / STATE).read_bytes(), type=State)
    except (OSError, msgspec.MsgspecError):
        return State()


def _keep(node: Node, state: State) -> None:
    write_file(node.paths.run / STATE, msgspec.json.encode(state), mode=0o640)
