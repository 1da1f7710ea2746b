"""What a running node does with settings that were changed: SIGHUP, and `config check` beforehand.

Rules kept here:
  * Settings that have a problem change nothing: the node goes on with those it has.
  * What is in force lies in `run/settings.json`, so that anybody can see what a restart would change.
  * Where it listens lies in `run/listening.json`: flags of `up` are in no settings.
  * A change leaves an entry that names its keys, at a start as well as while the node runs (promise 4).
"""

from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from contrefeu.base import ContrefeuError, swap_file
from contrefeu.hospital import TAKEN_UP, Settings, changed_keys, is_taken_up, read_settings, taken_up

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.cli.supervisor import Supervisor

IN_FORCE = "settings.json"
LISTENING = "listening.json"  # where it does listen: `up --mllp` and `--web` count before the settings

log = structlog.get_logger("settings")


def note_in_force(node: "Node") -> None:
    """Write down with which settings the node runs (they hold no secret), and leave an entry of what was changed."""
    before = _last_in_force(node)
    swap_file(node.paths.run / IN_FORCE, msgspec.json.encode(node.settings))
    changed = changed_keys(before, node.settings) if before is not None else []
    if not changed:
        return
    try:
        node.audit("act", what=f"settings changed: {', '.join(changed)}")
    except ContrefeuError as failed:  # a node goes on; who may not be written down is said in the log
        log.warning("a change of settings left no entry", kind=failed.kind)


def in_force(node: "Node") -> Settings | None:
    """The settings that the running node runs with; None while none does."""
    from contrefeu.cli.node import listens

    return _last_in_force(node) if listens(node.capture_socket) else None


def note_listening(node: "Node", mllp: str, web: str) -> None:
    """Write down where the node that has just started listens (host:port): `doctor` asks there."""
    swap_file(node.paths.run / LISTENING, msgspec.json.encode({"capture.mllp": mllp, "web.listen": web}))


def listening(node: "Node") -> dict[str, str]:
    """Where a node on this home listens, by setting: the running one's own word, else the settings'."""
    said = {"capture.mllp": node.settings.capture.mllp, "web.listen": node.settings.web.listen}
    if in_force(node) is None:
        return said
    try:
        return said | msgspec.json.decode((node.paths.run / LISTENING).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return said


def _last_in_force(node: "Node") -> Settings | None:
    try:
        return msgspec.json.decode((node.paths.run / IN_FORCE).read_bytes(), type=Settings)
    except (OSError, msgspec.MsgspecError):
        return None


def waiting_changes(before: Settings, after: Settings) -> dict[str, list[str]]:
    """`reload[]`: changed keys that a running node takes up; `restart[]`: those that wait for its next start."""
    changed = changed_keys(before, after)
    return {
        "reload": [key for key in changed if is_taken_up(key)],
        "restart": [key for key in changed if not is_taken_up(key)],
    }


def reload(node: "Node", supervisor: "Supervisor") -> dict[str, Any]:
    """Take up what was changed in the file; returns what was, as `up` prints it."""
    settings, problems = read_settings(node.paths.settings.read_bytes())
    if settings is None:
        log.warning("settings have problems: those in force stay", count=len(problems))
        return {"event": "not-reloaded", "findings": [one.said() for one in problems]}
    waiting = waiting_changes(node.settings, settings)
    node.settings = taken_up(node.settings, settings)
    note_in_force(node)
    for part in sorted({TAKEN_UP[key.partition(".")[0]] for key in waiting["reload"]} - {""}):
        supervisor.renew(part)
    return {"event": "reloaded", **waiting}
