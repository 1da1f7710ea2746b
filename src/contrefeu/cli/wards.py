"""The wards process: it writes, for the station of each ward, a journal of the entries of the patients there.

    HOME/run/wards.json    of each ward's station: what it was given, or why it is given nothing

Rules kept here:
  * It holds the key that signs these journals and none that opens one: it asks the charts, as the web process does.
  * A ward's journal is sealed to the custodians and to that ward's station, as it last said its keys: nobody else reads
    it, this node's own reader neither.
  * A station that was revoked, or that has not said its keys yet, is given nothing.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from contrefeu.base import ContrefeuError, durable_makedirs, swap_file

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.journal import JournalWriter, Recipient
    from contrefeu.vault import Peer

STATE = "wards.json"
STEP_S = 1.0  # how soon a ward's station is given what is new

log = structlog.get_logger("wards")


async def write_for_wards(node: "Node", stop: asyncio.Event) -> None:
    """Write until told to stop; a station that is joined meanwhile is taken up."""
    wards = Wards(node)
    try:
        while not stop.is_set():
            await asyncio.to_thread(wards.step)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), STEP_S)
    finally:
        await asyncio.to_thread(wards.close)


class Wards:
    """The journals that this node writes for wards."""

    def __init__(self, node: "Node") -> None:
        self._node = node
        self._open: dict[str, _Ward] = {}
        self._said: list[dict[str, Any]] = []

    def step(self) -> None:
        """Give each ward's station what it lacks; trouble is said, and met again at the next step."""
        peers = {peer.node: peer for peer in self._node.peers().of_wards()}
        for gone in [node for node in self._open if node not in peers]:
            self._open.pop(gone).close()
        self._say([self._give(peer) for _, peer in sorted(peers.items())])

    def close(self) -> None:
        """Let the journals go."""
        for ward in self._open.values():
            ward.close()
        self._open.clear()

    def _give(self, peer: "Peer") -> dict[str, Any]:
        told: dict[str, Any] = {"node": peer.node, "wards": list(peer.decided.wards), "given": 0, "state": "waiting"}
        try:
            if self._open.get(peer.node) is None and _keys_of(self._node, peer):
                self._open[peer.node] = _Ward(self._node, peer)
            ward = self._open.get(peer.node)
            if ward is None:
                return told | {"problem": "It has not said its reading keys yet: exchange with it."}
            ward.step()
            return told | {"given": ward.given, "state": "up-to-date", "problem": ""}
        except (ContrefeuError, OSError) as refused:
            log.warning("a ward's station is given nothing now", peer=peer.node, reason=type(refused).__name__)
            return told | {"state": "alarm", "problem": str(refused)}

    def _say(self, told: list[dict[str, Any]]) -> None:
        if told != self._said:
            with contextlib.suppress(OSError):
                swap_file(self._node.paths.run / STATE, json.dumps(told).encode())
                self._said = told


class _Ward:
    """One station's journal, and what it was given."""

    def __init__(self, node: "Node", peer: "Peer") -> None:
        from contrefeu.station import WardBook
        from contrefeu.vault import file_name

        self._node = node
        folder = node.paths.root / "wards"
        durable_makedirs(folder, mode=0o750)
        self._book: WardBook = WardBook(folder, peer.node, file_name(peer.node), peer.decided.wards)
        self._writer: JournalWriter = node.ward_writer(peer.node, _recipients(node, peer))

    @property
    def given(self) -> int:
        return self._book.count

    def step(self) -> None:
        from contrefeu.chart import SyncChartsClient

        charts = SyncChartsClient(self._node.charts_socket)
        try:
            self._book.step(charts, self._writer)
        finally:
            charts.close()
            self._writer.tend()
            if self._writer.size:
                self._writer.checkpoint()

    def close(self) -> None:
        self._writer.close()


def _recipients(node: "Node", peer: "Peer") -> "Callable[[], list[Recipient]]":
    def recipients() -> "list[Recipient]":
        from contrefeu.custody import recovery_in_force

        return [recovery_in_force(node.paths.recovery_notes, node.paths.recovery_public), *_keys_of(node, peer)]

    return recipients


def _keys_of(node: "Node", peer: "Peer") -> "list[Recipient]":
    """The reading key that a ward's station is to be sealed to today; none while it has said none."""
    from contrefeu.custody import key_for
    from contrefeu.journal import open_reading_keys
    from contrefeu.proof import ProofMismatch
    from contrefeu.vault import file_name

    note = node.paths.root / "exchange" / "keys" / file_name(peer.node)
    with contextlib.suppress(FileNotFoundError, ProofMismatch):
        key = key_for(open_reading_keys(note.read_bytes(), [peer.card.granter]), node.clock.now_ns())
        return [key] if key is not None else []
    return []


def ward_states(node: "Node") -> list[dict[str, Any]]:
    """Of each ward's station on file, what the wards process last said."""
    said: dict[str, dict[str, Any]] = {}
    with contextlib.suppress(FileNotFoundError, ValueError):
        said = {one["node"]: one for one in json.loads(_state_file(node).read_bytes())}
    none = {"given": 0, "state": "waiting", "problem": "The node has not run since it was joined."}
    return [
        {"node": peer.node, "wards": list(peer.decided.wards)} | none | said.get(peer.node, {})
        for peer in node.peers().of_wards()
    ]


def _state_file(node: "Node") -> Path:
    return node.paths.run / STATE
