"""Making the packs that lie ready, and printing a ward's own in a downtime: which are due, set, put in their places.

Rules kept here:
  * The issue of a page MUST be in the journal before a file that has it is anywhere.
  * A file is replaced whole or not at all; what lay there goes: only present patients lie about (F44).
  * What goes to a ward's printer in a downtime is set first: somebody stands there and waits.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from contrefeu.access import NEWS2
from contrefeu.base import OperatorError, parse_rfc3339, write_file
from contrefeu.cli.accounts import aids_in, downtime_in, station_acts
from contrefeu.cli.node import CONSOLE, Node
from contrefeu.cli.queues import Queued, looked, put_out
from contrefeu.cli.standing import (
    MINUTE_NS,
    Place,
    Standing,
    State,
    as_file,
    change,
    file_names,
    secret_of,
    state_of,
)
from contrefeu.paper import WEEK_NS, Order, Setters, Setting, pack_password

if TYPE_CHECKING:
    from contrefeu.chart import Board, Charts, Language, SyncChartsClient
    from contrefeu.paper import SetPack

_Due = tuple[str, bool]  # a ward, and whether its pack is to lie ready; else it is for the ward's printer


def make_due(node: Node, language: "Language", wards: set[str], *, at_once: bool = False) -> list[Standing]:
    """Make the packs that are due, of *wards* or of all that the settings name; return those that were made.

    Where the settings name printers and no folder, as on a crisis stick of a ward, none is made ahead.
    """
    named = set(node.settings.packs.wards)
    if not node.settings.packs.folders and (at_once or not node.settings.packs.printers):
        raise OperatorError(
            "No folder for packs is in the settings.",
            safe="Nothing was made.",
            next='Write [packs] folders = ["/srv/packs/{ward}"] into contrefeu.toml.',
        )
    made = []
    with node.charts() as charts:
        known = [(one.id, *one.also) for one in sorted(charts.wards(), key=lambda one: one.id)]
        making = _Making(node, language, charts)
        asked = [names for names in known if all(not some or some & set(names) for some in (wards, named))]
        due = making.due(asked, at_once=at_once)
        with Setters(len(due)) as setters:
            for order, done in setters.each(making.orders(due)):
                if order.ahead:
                    made.append(making.lie_ready(order, done))
                else:
                    making.print_out(order, done)
    return [msgspec.structs.replace(one, held={}) for one in made]


class _Making:
    """One round: all that its packs are made of is asked for here, once."""

    def __init__(self, node: Node, language: "Language", charts: "Charts | SyncChartsClient") -> None:
        self._node, self._language, self._charts = node, language, charts
        said = [*station_acts(node)]
        self._ahead = bool(node.settings.packs.folders)
        self._news2 = NEWS2 in aids_in(said)
        self._downtime = downtime_in(said, node)
        self._digests: dict[str, str] = {}  # of the packs that were ordered

    def due(self, wards: Iterable[Sequence[str]], *, at_once: bool) -> list[_Due]:
        """Return which packs are to be set, of wards by their names, each by its own first."""
        now_ns, state = self._node.clock.now_ns(), state_of(self._node)
        printers, ready = [], []
        for names in wards:
            ward, before = names[0], state.queues.get(names[0])
            queued, now = looked(self._node, names, self._downtime.of(ward), before, now_ns)
            if queued is not None and queued != before:
                _keep_queued(self._node, ward, queued)
            printers += [(ward, False)] if now else []
            ahead = self._ahead and (at_once or self._is_due(self._charts.board(ward), state, now_ns))
            ready += [(ward, True)] if ahead else []
        return printers + ready

    def _is_due(self, board: "Board", state: State, now_ns: int) -> bool:
        last, settings = state.packs.get(board.ward), self._node.settings.packs
        if last is None:
            return True
        minutes = (now_ns - parse_rfc3339(last.made)) / MINUTE_NS
        if minutes >= settings.unchanged_minutes:
            return True
        return minutes >= settings.every_minutes and last.digest != self._digest(board, state.turn, now_ns)

    def _digest(self, board: "Board", turn: int, now_ns: int) -> str:
        """What a ward's pack is made of, without the hour."""
        changed = [(row.id, row.last_change) for row in board.rows]
        values = [changed, board.free_beds, turn, now_ns // WEEK_NS, self._downtime.of(board.ward)]
        return sha256(msgspec.json.encode(values)).hexdigest()[:16]

    def orders(self, due: Iterable[_Due]) -> Iterator[Order]:
        """Ask for what each pack is made of, as late as it is set."""
        node, secret = self._node, secret_of(self._node)
        lacks = self._charts.status().restoring
        for ward, ahead in due:
            board, state = self._charts.board(ward), state_of(node)
            zone, exercise = node.settings.node.zone, node.settings.drill
            setting = Setting(self._language, zone, node.clock.now_ns(), self._news2, exercise)
            order = Order(
                board=board,
                charts={row.id: found for row in board.rows if (found := self._charts.lately(row.id))},
                setting=setting,
                facility=node.settings.node.facility,
                seed=secret,
                downtime=self._downtime.of(ward),
                lacks=lacks,
            )
            if ahead:
                last = state.packs.get(ward)
                self._digests[ward] = self._digest(board, state.turn, setting.now_ns)
                password = pack_password(secret, ward, setting.now_ns, state.turn)
                order = msgspec.structs.replace(order, ahead=True, held=last.held if last else {}, password=password)
            yield order

    def lie_ready(self, order: Order, done: "SetPack") -> Standing:
        """Put a pack into each of its folders, and keep what is known of it."""
        from contrefeu.acts import encode
        from contrefeu.journal import MEDIA_ACT, Draft

        node, ward = self._node, order.board.ward
        node.audit("print", what=f"standing pack {ward}")
        if done.acts:
            with node.station_appender() as journal:
                journal.append([Draft(CONSOLE, MEDIA_ACT, encode(act), order.setting.now_ns) for act in done.acts])
        files = dict(zip(file_names(ward), (done.printed.pdf, done.page), strict=True))
        folders = [Path(one.replace("{ward}", as_file(ward))) for one in node.settings.packs.folders]
        found = Standing(
            ward=ward,
            made=order.at,
            as_of=order.board.as_of.time,
            pages=done.printed.pages,
            patients=done.patients,
            digest=self._digests[ward],
            places=[_put(folder, files) for folder in folders],
            held=done.held,
        )
        # passwords may have been made void meanwhile: it is due again then
        change(node, lambda kept: msgspec.structs.replace(kept, packs={**kept.packs, ward: found}))
        return found

    def print_out(self, order: Order, done: "SetPack") -> None:
        """Send a pack to its ward's printer, and keep what became of it."""
        ward, downtime = order.board.ward, order.downtime
        assert downtime is not None, "ordered because it was declared"
        queued = put_out(self._node, ward, downtime.since, done.printed, state_of(self._node).queues[ward])
        _keep_queued(self._node, ward, queued)


def _keep_queued(node: Node, ward: str, queued: Queued) -> None:
    change(node, lambda kept: msgspec.structs.replace(kept, queues={**kept.queues, ward: queued}))


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
