"""The live process: it sends what is written here to systems that work on while the record system is down.

    HOME/live/sent-….log, ….scratch    which message is on its way; a sealed table that ends with the process
    HOME/run/live.json                 how each system stands, for the pages and `status`: no name, no value

Rules kept here:
  * It holds no key: it asks the charts, as the web process does, and what it claims and hears goes to the station's
    journal through a socket that takes claims and answers and nothing else (`takes_no_other`).
  * Nothing is sent but to systems of the settings, by the node that the last switch names, in a downtime.
  * It begins once the charts have all that this station had written before: what a killed process claimed is known.
  * A system is seen to by itself: one that hangs keeps none waiting, and a switch that is set meanwhile is heeded
    before its next message.
"""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from contrefeu.acts import (
    Act,
    LiveSwitched,
    MessagesAnswered,
    MessagesClaimed,
    MessagesReleased,
    Switchboard,
    decode,
    encode,
)
from contrefeu.base import (
    ContrefeuError,
    OperatorError,
    StorageError,
    durable_makedirs,
    is_locked,
    parse_rfc3339,
    swap_file,
)
from contrefeu.journal import MEDIA_ACT, Draft, Entry

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.hospital import SurvivingSettings
    from contrefeu.recovery import Profile, Round

STATE = "live.json"
SOURCE = "rule/live"  # whose its claims and answers are
STEP_S = 1.0  # how soon what was written is sent
STALE_S = 90.0  # what it said is no longer so: it says it three times as often
REFOLD_STEPS = 60  # steps after which all acts are read again: another station's may arrive late, in the middle

log = structlog.get_logger("live")


def takes_no_other(targets: frozenset[str], source: str, media_type: str, body: bytes) -> bool:
    """Whether what the live process hands over is none of its claims and answers, of one of *targets*.

    It writes nothing else here: said of the record system, an answer would keep a ward's entry from it for good.
    """
    if source != SOURCE or media_type != MEDIA_ACT:
        return True
    act = decode(body)
    if not isinstance(act, MessagesClaimed | MessagesAnswered | MessagesReleased) or encode(act) != body:
        return True
    return act.target not in targets or (isinstance(act, MessagesClaimed) and not act.live)


def targets_of(found: "dict[str, Profile | str]") -> frozenset[str]:
    """The names in the account under which the systems of the settings are sent to."""
    return frozenset(one.name or name for name, one in found.items() if not isinstance(one, str))


def profiles(node: "Node") -> "dict[str, Profile | str]":
    """The profile of each system, or why it has none; read before the process is confined."""
    from contrefeu.recovery import live_profile, read_profile

    found: dict[str, Profile | str] = {}
    owners: dict[str, str] = {}  # name in the account -> the system that has it
    for name, system in node.settings.surviving.items():
        try:
            profile = read_profile(Path(system.profile) if system.profile else None)
            live_profile(profile, name)
            if (first := owners.setdefault(profile.name or name, name)) != name:
                raise _one_name(name, first)
            found[name] = profile
        except OperatorError as wrong:
            found[name] = wrong.what
    return found


async def send_live(node: "Node", profiles: "dict[str, Profile | str]", stop: asyncio.Event) -> None:
    """Send until told to stop."""
    acts = _Acts(node)
    systems = [_System(node, name, profiles[name], acts) for name in node.settings.surviving]
    now: dict[str, dict[str, Any]] = {}
    tasks = [asyncio.create_task(_see_to(one, now, stop)) for one in systems]
    told: list[dict[str, Any]] = []
    told_s = 0.0
    try:
        while not stop.is_set():
            await asyncio.to_thread(acts.step)
            said = [now[one.name] for one in systems if one.name in now]
            if len(said) == len(systems) and (said != told or time.monotonic() - told_s > STALE_S / 3):
                with contextlib.suppress(OSError):
                    swap_file(node.paths.run / STATE, json.dumps(said).encode())
                    told, told_s = said, time.monotonic()
            await _pause(stop)
    finally:
        acts.end()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in systems:
            await asyncio.to_thread(one.close)


async def _see_to(one: "_System", now: dict[str, dict[str, Any]], stop: asyncio.Event) -> None:
    while not stop.is_set():
        now[one.name] = await asyncio.to_thread(one.step)
        await _pause(stop)


async def _pause(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), STEP_S)


class _Acts:
    """What people said, in journal order: whether a downtime holds, and who is sent to since when."""

    def __init__(self, node: "Node") -> None:
        self._node = node
        self._lock = threading.Lock()  # one thread reads on, those of the systems ask
        self._said: dict[str, tuple[Entry, Act]] = {}  # entry -> itself, and what it says
        self._last, self._steps = "", 0
        self._journal, self._until = "", -1  # what the station had written when this began; -1: not known yet
        self._turn = 0  # how often it was to be waited for again
        self._ended = False
        self._board = Switchboard(node.clock.now_ns)
        self.positions: dict[str, int] = {}
        self.trouble = "waiting"  # what is in the way, "" for nothing

    def step(self) -> None:
        """Read on."""
        turn = self._turn
        trouble = self._read_on(turn)
        with self._lock:
            self.trouble = trouble if turn == self._turn else "waiting"

    def again(self) -> None:
        """Wait, before anything more is sent, for the charts to have all that the station has written by now."""
        with self._lock:
            self._turn += 1
            self._until, self.trouble = -1, "waiting"

    def end(self) -> None:
        """Nothing more is sent."""
        self._ended = True

    def may(self, system: str) -> bool:
        """Whether a message may leave for *system* now, from here."""
        with self._lock:
            switch = self._board.switches.get(system)
            return not (self._ended or self.trouble) and self._is_ours(switch) and self._board.downtime

    def stands(self, system: str) -> tuple[LiveSwitched | None, str]:
        """The switch of *system*, and what keeps it from being sent to: "" for nothing."""
        with self._lock:
            found = self._board.switches.get(system)
            if self.trouble:
                return found, self.trouble
            if found is None and system in self._board.ended:
                return None, "lifted"
            if found is None or not found.on:
                return found, "off"
            return found, "elsewhere" if not self._is_ours(found) else "" if self._board.downtime else "no downtime"

    def since(self, known: set[str]) -> list[tuple[Entry, Act]]:
        """What was said and is not *known*, in journal order; it is from now on."""
        with self._lock:
            found = [both for ref, both in self._said.items() if ref not in known]
            known.update(self._said)
        return sorted(found, key=lambda both: both[0].order)

    def _is_ours(self, switch: LiveSwitched | None) -> bool:
        return switch is not None and switch.on and switch.node == self._node.settings.node.id

    def _read_on(self, turn: int) -> str:
        from contrefeu.capture import LocalJournal
        from contrefeu.chart import SyncChartsClient

        try:
            if self._until < 0:
                journal = LocalJournal(self._node.live_socket, self._node.station_journal)
                try:
                    said = journal.state()
                finally:
                    journal.close()
                with self._lock:
                    if turn != self._turn:
                        return "waiting"
                    self._journal, self._until = str(said["journal"]), int(said["sequence"])
            charts = SyncChartsClient(self._node.charts_socket)
            try:
                positions = charts.status().positions
                if positions.get(self._journal, 0) < self._until:
                    return "waiting"
                whole = self._steps % REFOLD_STEPS == 0
                entries = charts.acts("" if whole else self._last)
            finally:
                charts.close()
        except (ContrefeuError, OSError) as failed:
            log.warning("the charts or the journal do not answer", kind=type(failed).__name__)
            return "waiting"
        self._steps += 1
        self._take(entries, positions)
        return ""

    def _take(self, entries: Iterable[Entry], positions: dict[str, int]) -> None:
        fresh: dict[str, tuple[Entry, Act]] = {}
        for entry in entries:
            self._last = entry.ref
            if entry.ref in self._said or not self._counts(entry):
                continue
            act = decode(entry.body)
            if act is not None:
                fresh[entry.ref] = (entry, act)
        board = self._board
        if fresh:
            board = Switchboard(self._node.clock.now_ns)
            for entry, act in sorted((self._said | fresh).values(), key=lambda both: both[0].order):
                board.apply(act, entry.source, entry.ref, entry.received_ns)
        with self._lock:
            self._said.update(fresh)
            self._board, self.positions = board, positions

    def _counts(self, entry: Entry) -> bool:
        from contrefeu.cli.node import STATION_SUFFIX

        return entry.journal.endswith(STATION_SUFFIX) and self._node.counts(entry.journal)


class _System:
    """One system, its table and its connection."""

    def __init__(self, node: "Node", name: str, profile: "Profile | str", acts: _Acts) -> None:
        self.name = name
        self._node, self._profile, self._acts = node, profile, acts
        self._said: SurvivingSettings = node.settings.surviving[name]
        self._known: set[str] = set()  # acts that the ledger has
        self._open: _Open | None = None
        self._round: Round | None = None

    def step(self) -> dict[str, Any]:
        """Send what may go; returns how the system stands."""
        switch, kept = self._acts.stands(self.name)
        told: dict[str, Any] = {"system": self.name, "address": self._said.address, "takes": self._said.takes}
        told["target"] = self.name if isinstance(self._profile, str) else self._profile.name or self.name
        told |= {"since": switch.since if switch else "", "node": switch.node if switch else "", "problem": ""}
        if isinstance(self._profile, str):
            return self._told(told, "trouble", self._profile)
        if kept or switch is None:
            if kept != "waiting":
                self.close()
            return self._told(told, kept)
        try:
            self._open = self._open or _Open(self._node, self.name, self._profile)
            self._round = self._open.step(self._acts, self._known, switch)
        except Exception as failed:  # one system's mishap is not another's, and what it says may quote a patient
            log.warning("a surviving system is sent nothing now", peer=self.name, kind=type(failed).__name__)
            self.close()  # from the journal again: what became of the last claim stands there, or is in doubt
            return self._told(told, "trouble", failed.what if isinstance(failed, ContrefeuError) else "")
        return self._told(told, "sending" if self._round.reached else "unreachable")

    def close(self) -> None:
        """Let the table and the connection go."""
        if self._open is not None:
            self._open.close()
            self._acts.again()
        self._open = None
        self._known.clear()

    def _told(self, told: dict[str, Any], state: str, problem: str = "") -> dict[str, Any]:
        import msgspec

        counts: dict[str, Any] = msgspec.to_builtins(self._round) if self._round is not None else {}
        counts.pop("reached", None)
        return told | {"state": state, "problem": problem} | _NONE | counts


_NONE: dict[str, Any] = {
    "sent": 0, "waiting": 0, "aside": 0, "stuck": {}, "shown": [], "last": "", "last_kind": "",
}  # fmt: skip


class _Open:
    """What is open while a system is sent to."""

    def __init__(self, node: "Node", name: str, profile: "Profile") -> None:
        from contrefeu.chart import rules_of
        from contrefeu.recovery import (
            LEDGER_TABLES,
            Ledger,
            Live,
            MllpTarget,
            Progress,
            Wording,
            address_of,
            open_target,
            scratch,
        )

        self._node = node
        said, settings = node.settings.surviving[name], node.settings
        self._kept = contextlib.ExitStack()
        folder = node.paths.root / "live"
        durable_makedirs(folder, mode=0o750)
        table = self._kept.enter_context(scratch(folder, name, *LEDGER_TABLES))
        self._ledger = Ledger(table, node.station_journal)
        self._live: Live = Live(
            name, address_of(said.address), profile, said.takes, self._ledger, node.clock, rules=rules_of(settings),
            facility=settings.node.facility, world="T" if settings.drill else "P", protected=said.protected,
            wording=Wording(settings.node.language, settings.node.zone), counts=node.counts,
        )  # fmt: skip
        target = open_target(said.address, profile.answer_s)
        assert isinstance(target, MllpTarget), "the settings take mllp:// alone"
        self._wire: MllpTarget = target
        self._progress: Progress = Progress(folder / f"sent-{sha256(self._live.target.encode()).hexdigest()[:16]}.log")
        self._settled = False
        self._own: set[str] = set()  # entries that were written here since: what they say is known

    def step(self, acts: _Acts, known: set[str], switch: LiveSwitched) -> "Round":
        """One round."""
        from contrefeu.chart import SyncChartsClient

        charts = SyncChartsClient(self._node.charts_socket)
        try:
            said = acts.since(known)
            self._ledger.read(entry for entry, _ in said if entry.ref not in self._own)
            self._live.hear(act for entry, act in said if entry.ref not in self._own)
            if self._live.is_another:
                raise _another(self._live.name)
            self._live.begin(parse_rfc3339(switch.since or switch.at))
            record = self._recorder()
            if not self._settled:
                self._live.settle(self._progress, record, charts)
                self._settled = True
            self._live.gather(charts, acts.positions)
            return self._live.send(charts, self._wire, self._progress, record, partial(acts.may, self._live.name))
        finally:
            charts.close()

    def close(self) -> None:
        """Let it go."""
        self._progress.close()
        self._wire.close()
        self._kept.close()

    def _recorder(self) -> Callable[[Sequence[Act]], None]:
        from contrefeu.capture import LocalJournal

        def record(said: Sequence[Act]) -> None:
            now_ns = self._node.clock.now_ns()
            journal = LocalJournal(self._node.live_socket, self._node.station_journal)
            try:
                kept = journal.append([Draft(SOURCE, MEDIA_ACT, encode(act), now_ns) for act in said])
                if len(kept) != len(said):
                    raise _not_kept()
                self._own.update(f"{journal.journal}/{sequence}" for sequence in kept)
            finally:
                journal.close()
            self._live.hear(said)

        return record


def live_states(node: "Node") -> list[dict[str, Any]]:
    """How each system of the settings stands, as the live process last said it."""
    said: dict[str, dict[str, Any]] = {}
    path = node.paths.run / STATE
    with contextlib.suppress(OSError, ValueError):
        said = {one["system"]: one for one in json.loads(path.read_bytes())}
        if said and node.clock.now_ns() / 1e9 - path.stat().st_mtime > STALE_S:
            said = {name: one | {"state": "stopped"} for name, one in said.items()}
    return [
        {"system": name, "address": one.address, "takes": one.takes, "since": "", "node": "", "problem": "",
         "state": "off"} | _NONE | said.get(name, {})
        for name, one in node.settings.surviving.items()
    ]  # fmt: skip


def is_stuck(told: dict[str, Any]) -> bool:
    """Whether somebody must see to a system, as `live_states` has it."""
    stopped = told["state"] == "stopped" and told["since"] != ""
    return (
        stopped
        or told["state"] in {"trouble", "unreachable"}
        or any(count for state, count in told["stuck"].items() if state != "behind")
    )


def check_idle(node: "Node", target: str, address: str) -> None:
    """See that nothing goes live to *target*: what it is claimed for meanwhile a replay does not know, and sends again.

    Raises:
        OperatorError: Something may.
    """
    from contrefeu.recovery import address_of

    for name, profile in profiles(node).items():
        known = name if isinstance(profile, str) else profile.name or name
        same = target == known or address == address_of(node.settings.surviving[name].address)
        if same and is_locked(node.paths.root / "live" / f"{name}.lock"):
            raise OperatorError(
                f"{name} is being sent to live.",
                safe="Nothing was sent by this command.",
                next="Stop it in Panne, Systèmes restés en marche, or lift the downtime; then the same command.",
            )


def _one_name(name: str, first: str) -> OperatorError:
    return OperatorError(
        f"{name} has the name of {first} in the account: what one took would not be sent to the other.",
        safe="Nothing was sent to it.",
        next="Write another name = in its profile, and start the node anew.",
    )


def _another(name: str) -> OperatorError:
    return OperatorError(
        f"A replay went to another system under the name of {name}.",
        safe="Nothing was sent to it.",
        next="Write another name = in its profile, and start the node anew.",
    )


def _not_kept() -> StorageError:
    return StorageError(
        "The station's journal did not take what was claimed or answered.",
        safe="Nothing more is sent; what was sent is in doubt, and a person is asked.",
        next="contrefeu status; the log of the web process says why.",
    )
