"""The exchange process of a running node, and how commands ask it for an exchange.

    HOME/run/exchange.sock    one JSON line asks, one answers
    HOME/run/exchange.json    how it stands with each peer

Rules kept here:
  * While a node runs, it is this process that holds the peers' journals: a command asks it, over a local socket.
  * It holds the key of its connections and the one that cosigns; none that opens a journal or signs an entry.
"""

import asyncio
import contextlib
import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contrefeu.base import ClockOffset, ContrefeuError, StorageError, swap_file

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.vault import Exchange, Meeting, PeerState, Report

STATE = "exchange.json"
ANSWER_BYTES_MAX = 4 * 2**20  # a report on some hundred journals
ASKING_S_MAX = 86_400.0  # a stick with years of journals takes hours
TELL_S = 1.0  # how often the states are written
TELLING_NS = 500_000_000  # a clock that moved by half a second is journaled again: doses are timed in minutes
MEASURED_S = 3600.0  # s; and without moving, once an hour: quartz drifts by some 0.4 s meanwhile
EXCHANGE = "exchange"  # who says so
SILENT_S = 15.0  # a process that has said nothing for so long is gone


def exchange_socket(node: "Node") -> Path:
    """Where the exchange process answers commands."""
    return node.paths.run / "exchange.sock"


def meeting_of(exchange: "Exchange", node: "Node") -> "Meeting":
    """This node's meetings with its peers."""
    from contrefeu.vault import Meeting

    settings = node.settings.exchange
    return Meeting(
        exchange,
        node.paths.root / "node",
        node.clock,
        every_s=settings.every_s,
        bytes_per_s=settings.bytes_per_s,
    )


def exchange_once(exchange: "Exchange", meeting: "Meeting", place: str) -> dict[str, Any]:
    """One exchange, both ways, with a folder or with the peer at an address."""
    from contrefeu.vault import exchange_by_stick

    return told(meeting.once(place) if place.startswith("https://") else exchange_by_stick(exchange, Path(place)))


def told(report: "Report") -> dict[str, Any]:
    """A report as the local socket carries it."""
    return {
        "given": report.given,
        "taken": report.taken,
        "findings": [
            {"kind": one.kind, "journal": one.journal, "peer": one.peer, "what": one.what} for one in report.found
        ],
        "exit_status": report.exit_status,
    }


def ask_running(path: Path, place: str) -> dict[str, Any]:
    """Have the running node exchange with *place*.

    Raises:
        ContrefeuError: As it was told.
    """
    asking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    asking.settimeout(ASKING_S_MAX)
    try:
        asking.connect(str(path))
        asking.sendall(json.dumps({"exchange": place}).encode() + b"\n")
        with asking.makefile("rb") as stream:
            line = stream.readline(ANSWER_BYTES_MAX)
    except OSError:
        raise StorageError("The node's exchange process does not answer.", next="contrefeu status shows it.") from None
    finally:
        asking.close()
    found: dict[str, Any] = json.loads(line or b"{}")
    if "failed" in found or not found:
        failed = found.get(
            "failed", {"exit_status": 14, "what": "The exchange was broken off.", "safe": "", "next": ""}
        )
        error = ContrefeuError(failed["what"], safe=failed["safe"], next=failed["next"])
        error.exit_status = failed["exit_status"]
        raise error
    return found


# The process.


async def run_exchange(node: "Node", listen: str, stop: asyncio.Event, ready: Any) -> None:
    """Meet peers and answer commands until *stop*; *ready* is told the address where peers are answered."""
    from contrefeu.cli.peering import exchange_of

    exchange = exchange_of(node)
    meeting = meeting_of(exchange, node)
    meeting.measured = ClockBook(node).measured
    server = None
    try:
        address = meeting.listen(listen)
        path = exchange_socket(node)
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(
            lambda reader, writer: _serve(exchange, meeting, reader, writer), str(path)
        )
        path.chmod(0o600)
        ready(address)
        while not stop.is_set():
            meeting.follow()
            _write(node.paths.run / STATE, _described(meeting))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), TELL_S)
    finally:
        if server is not None:
            server.close()
        await asyncio.to_thread(meeting.stop)
        exchange.close()


class ClockBook:
    """Journals what is measured of peers' clocks: when it changes, and once an hour."""

    def __init__(self, node: "Node") -> None:
        self._node = node
        self._told: dict[str, tuple[int, ClockOffset]] = {}

    def measured(self, peer: str, offset: ClockOffset) -> None:
        """Take a measurement; a journal that does not take it has it with the next one."""
        from contrefeu.acts import ClockMeasured, encode
        from contrefeu.base import rfc3339
        from contrefeu.capture import LocalJournal
        from contrefeu.journal import MEDIA_ACT, Draft

        now_ns = self._node.clock.now_ns()
        before_ns, before = self._told.get(peer, (0, ClockOffset(0, 0)))
        moved = abs(offset.offset_ns - before.offset_ns) > max(
            TELLING_NS, offset.uncertainty_ns + before.uncertainty_ns
        )
        if not moved and 0 <= now_ns - before_ns < MEASURED_S * 1e9:
            return
        uncertain_ms = -(-offset.uncertainty_ns // 1_000_000)
        act = ClockMeasured(peer, round(offset.offset_ns / 1e6), uncertain_ms, rfc3339(now_ns))
        with contextlib.suppress(ContrefeuError):
            journal = LocalJournal(self._node.station_socket, self._node.station_journal)
            try:
                journal.append([Draft(EXCHANGE, MEDIA_ACT, encode(act), now_ns)])
                self._told[peer] = now_ns, offset
            finally:
                journal.close()


async def _serve(
    exchange: "Exchange", meeting: "Meeting", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        asked = json.loads(await reader.readline())
        try:
            found = await asyncio.to_thread(exchange_once, exchange, meeting, str(asked["exchange"]))
        except ContrefeuError as failed:
            found = {
                "failed": {
                    "exit_status": failed.exit_status,
                    "what": failed.what,
                    "safe": failed.safe,
                    "next": failed.next,
                }
            }
        writer.write(json.dumps(found).encode() + b"\n")
        await writer.drain()
    except (ValueError, KeyError, TypeError, ConnectionError):
        pass  # no question of ours, or the command was ended: what was exchanged counts
    finally:
        writer.close()


def _described(meeting: "Meeting") -> list[dict[str, Any]]:
    return [_state(node, state) for node, state in sorted(meeting.states.items())]


def _state(node: str, state: "PeerState") -> dict[str, Any]:
    from contrefeu.base import rfc3339

    return {
        "node": node,
        "state": state.state,
        "last": rfc3339(state.last_ns) if state.last_ns else "",
        "problem": state.problem or " ".join(one.what for one in state.found),
        "clock": clock_word(state.offset),
        "clock_offset_s": round(state.offset.offset_ns / 1e9, 3) if state.offset is not None else None,
        "clock_uncertainty_s": round(state.offset.uncertainty_ns / 1e9, 3) if state.offset is not None else None,
    }


def clock_word(offset: ClockOffset | None) -> str:
    """ "good", "off" (more than a second), "ahead" (more than 15 min: it moves no other clock), or "unknown"."""
    if offset is None:
        return "unknown"
    if offset.is_far_ahead:
        return "ahead"
    return "off" if abs(offset.offset_ns) - offset.uncertainty_ns > 1_000_000_000 else "good"


def peer_states(node: "Node") -> list[dict[str, Any]]:
    """How it stands with each peer on file, as the exchange process last said."""
    path = node.paths.run / STATE
    said: dict[str, dict[str, Any]] = {}
    with contextlib.suppress(FileNotFoundError, ValueError):
        said = {one["node"]: one for one in json.loads(path.read_bytes())}
        silent = node.clock.now_ns() - path.stat().st_mtime_ns > SILENT_S * 1e9
        for one in said.values():
            one["state"] = "not running" if silent and one["state"] not in {"refused", "alarm"} else one["state"]
    never = {"last": "", "problem": "", "clock": "unknown", "clock_offset_s": None, "clock_uncertainty_s": None}
    found = []
    for peer in node.peers().all():
        state = said.get(peer.node, {"node": peer.node, "state": "never met"} | never)
        if peer.decided.revoked:
            state = state | {"state": "revoked", "problem": ""}
        found.append(state)
    return found


def refused_journals(node: "Node") -> list[str]:
    """What was refused and kept beside: evidence that somebody must look at."""
    folder = node.paths.root / "exchange" / "refused"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _write(path: Path, states: list[dict[str, Any]]) -> None:
    """Replace the state file, whole; it need not outlive the machine."""
    with contextlib.suppress(OSError):
        swap_file(path, json.dumps(states).encode())
