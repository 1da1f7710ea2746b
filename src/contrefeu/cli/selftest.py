"""The nightly self-test: what `vault selftest` does, when it is due, and what it last found (G1).

Rules kept here:
  * It opens what the reader opens, and the vaults: the node's own reading keys. No custodian is needed.
  * What lies on a vault host is tried by nobody here: the node cannot look into it, and the host opens nothing.
  * Where processes have users of their own it runs as the reader's, in the copies' group, and nobody looks into it.
  * What is red is looked at twice: the second time with everything read anew, so that red means red. A reading key may
    end meanwhile, and with it what can be tested.
"""

import time
from typing import Any

import msgspec

from contrefeu.base import ContrefeuError, rfc3339, write_file
from contrefeu.cli.node import Node

RESULT = "selftest.json"
COMMAND = ("vault", "selftest")
PATIENTS = 50  # G1
COVER_S = 60.0  # how long copies may take to hold what is in the journals when a test begins
FINE = frozenset(["same", "not yet", "held elsewhere"])  # states that call nobody
_NS = 1_000_000_000


def run_selftest(node: Node, patients: int = PATIENTS, seed: int | None = None) -> list[dict[str, Any]]:
    """Test the copy in each vault, and keep what was found."""
    from contrefeu.cli.separation import give_said

    found = []
    for vault in node.settings.vaults:
        result = _once(node, vault.url, patients, seed)
        if result["state"] not in FINE:
            result = _once(node, vault.url, patients, seed)
        found.append(result)
    write_file(node.paths.run / RESULT, msgspec.json.encode(found), mode=0o640)  # the web process shows it
    give_said(node, RESULT)
    return found


def last_selftest(node: Node) -> list[dict[str, Any]]:
    """What the last one found, by vault; of vaults in the settings alone."""
    try:
        kept = msgspec.json.decode((node.paths.run / RESULT).read_bytes(), type=list[dict[str, Any]])
    except (OSError, msgspec.MsgspecError):
        kept = []
    known = {one["url"]: one for one in kept}
    return [known.get(vault.url, {"url": vault.url, "state": "not yet"}) for vault in node.settings.vaults]


def _once(node: Node, url: str, patients: int, seed: int | None) -> dict[str, Any]:
    from contrefeu.recovery import reach_of, self_test
    from contrefeu.recovery.selftest import SETTLED_S
    from contrefeu.vault import lies_elsewhere, open_vault

    keys = node.data_keys()
    wanted = {files.verifier().name: reach for files in node.charted() if (reach := reach_of(files, keys))}
    at_ns = node.clock.now_ns() - int(SETTLED_S * _NS)
    told: dict[str, Any] = {"url": url, "at": rfc3339(at_ns), "patients": 0, "differing": [], "seconds": 0.0}
    told |= {"beyond_horizon": 0, "passed_over": 0}
    if lies_elsewhere(url):
        return told | {"state": "held elsewhere", "problem": "on a vault host, which opens nothing: a restore tries it"}
    try:
        _wait_for_copies(node, url, {journal: reach.last for journal, reach in wanted.items()})
        vault = open_vault(url, node.paths.vault_credentials)
        with node.charts() as live:
            found = self_test(
                vault,
                live,
                keys,
                node.settings,
                at_ns=at_ns,
                patients=patients,
                wanted=wanted,
                counts=node.counts,
                scratch=node.paths.run,
                seed=seed,
            )
    except ContrefeuError as failed:
        return told | {"state": "failed", "problem": failed.what}
    told |= {"patients": found.patients, "differing": found.differing, "seconds": round(found.seconds, 3)}
    told |= {"beyond_horizon": found.beyond, "passed_over": found.passed_over}
    return told | {"state": "different" if found.differing else "same"}


def _wait_for_copies(node: Node, url: str, wanted: dict[str, int]) -> None:
    """Until the copies process says that the vault holds *wanted*; what it lacks then is found by the test itself."""
    from contrefeu.cli.copying import last_states

    deadline = time.monotonic() + COVER_S
    while time.monotonic() < deadline:
        state = next((one for one in last_states(node) if one["url"] == url), {})
        positions = state.get("positions")
        if positions is None or state["lag_seconds"] is None:  # nobody copies, or not for SILENT_S
            return
        if all(positions.get(journal.replace("/", "_"), 0) >= sequence for journal, sequence in wanted.items()):
            return
        time.sleep(0.2)
