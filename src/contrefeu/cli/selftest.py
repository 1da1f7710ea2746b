"""The nightly self-test: what `vault selftest` does, when it is due, and what it last found (G1).

Rules kept here:
  * It opens what the reader opens, and the vaults: the node's own reading keys. No custodian is needed.
  * A vault host that pulls brings its copy back over its own connection (contrefeu.vault.back).
  * Out of a data diode nothing comes back: somebody carries the disk here; what was found then stands until the next.
  * Where processes have users of their own it runs as the reader's, in the copies' group, and nobody looks into it.
  * Of a stopped node nobody copies: what came after the copy was last seen is said, and is no fault of the copy.
  * What is red is looked at twice: the second time with everything read anew, so that red means red. A reading key may
    end meanwhile, and with it what can be tested.
"""

import contextlib
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from contrefeu.base import ContrefeuError, OperatorError, parse_rfc3339, rfc3339, write_file
from contrefeu.cli.node import Node, listens

if TYPE_CHECKING:
    from contrefeu.vault import Vault

RESULT = "selftest.json"
COMMAND = ("vault", "selftest")
PATIENTS = 50  # G1
OLD_DAYS = 3  # without a self-test that came to an end: one that hangs, or is killed each night, is not "as ever"
LEFT_S = 86_400.0  # a test's chart store that nothing was written to for so long is nobody's
COVER_S = 60.0  # how long copies may take to hold what is in the journals when a test begins
FINE = frozenset(["same", "not yet", "held elsewhere"])  # states that call nobody
_NS = 1_000_000_000


def run_selftest(node: Node, patients: int = PATIENTS, seed: int | None = None) -> list[dict[str, Any]]:
    """Test the copy in each vault, and keep what was found."""
    from contrefeu.vault import is_spool

    _clear(node)
    urls = [vault.url for vault in node.settings.vaults if not is_spool(vault.url)]
    return _keep(node, {url: _twice(node, url, patients, seed) for url in urls})


def run_carried(node: Node, url: str, folder: Path, patients: int = PATIENTS) -> list[dict[str, Any]]:
    """Test the copy of the vault *url* that lies in *folder*, where somebody carried it, and keep what was found.

    Raises:
        OperatorError: The settings name no such vault on a vault host, or no copy of this node's journals lies there.
    """
    from contrefeu.vault import JOURNALS, lies_elsewhere

    if url not in {vault.url for vault in node.settings.vaults if lies_elsewhere(vault.url)}:
        raise OperatorError(
            "The settings name no such vault that pulls or lies behind a diode.",
            safe="Nothing was changed.",
            next="contrefeu status lists them.",
        )
    if not any((folder / JOURNALS / files.folder.name / "verifier").is_file() for files in node.charted()):
        raise OperatorError(
            f"No copy of this node's journals lies in {folder}.",
            safe="Nothing was changed.",
            next="Name the folder copies/NODE of the vault host, as it lies on the disk.",
        )
    found = _keep(node, {url: _once(node, url, patients, None, folder)})
    return [one for one in found if one["url"] == url]


def last_selftest(node: Node) -> list[dict[str, Any]]:
    """What the last one found, by vault; where that is long ago, that nothing was found since."""
    return [_aged(node, one) for one in _kept(node)]


def _kept(node: Node) -> list[dict[str, Any]]:
    """What was noted of each vault in the settings."""
    from contrefeu.vault import is_spool

    try:
        kept = msgspec.json.decode((node.paths.run / RESULT).read_bytes(), type=list[dict[str, Any]])
    except (OSError, msgspec.MsgspecError):
        kept = []
    known = {one["url"]: one for one in kept}

    def none(url: str) -> dict[str, Any]:
        if is_spool(url):
            return _nothing(url, node.clock.now_ns()) | {"state": "held elsewhere"}
        return {"url": url, "state": "not yet"}

    return [known.get(vault.url) or none(vault.url) for vault in node.settings.vaults]


def _aged(node: Node, last: dict[str, Any]) -> dict[str, Any]:
    """What was found last; red when that is long ago on a node that ran meanwhile. A carried disk's stands."""
    from contrefeu.vault import is_spool

    if last["state"] not in FINE or "ended" not in last or is_spool(last["url"]):
        return last
    began_ns = 0
    with contextlib.suppress(OSError):
        began_ns = (node.paths.run / "listening.json").stat().st_mtime_ns  # when this node was started
    if max(began_ns, parse_rfc3339(last["ended"])) < node.clock.now_ns() - OLD_DAYS * 86_400 * _NS:
        return last | {"state": "failed", "problem": f"No self-test came to an end for {OLD_DAYS} days."}
    return last


def _keep(node: Node, found: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Note what was *found*, by vault; of the others what was noted meanwhile."""
    from contrefeu.cli.separation import give_said

    told = [found.get(one["url"], one) for one in _kept(node)]
    write_file(node.paths.run / RESULT, msgspec.json.encode(told), mode=0o640)  # the web process shows it
    give_said(node, RESULT)
    return told


def _clear(node: Node) -> None:
    """Take away the chart stores of tests that were killed."""
    for left in node.paths.run.glob("selftest-*"):
        with contextlib.suppress(OSError):
            if left.is_dir() and node.clock.now_ns() - left.stat().st_mtime_ns > LEFT_S * _NS:
                shutil.rmtree(left, ignore_errors=True)


def _twice(node: Node, url: str, patients: int, seed: int | None) -> dict[str, Any]:
    result = _once(node, url, patients, seed)
    return result if result["state"] in FINE else _once(node, url, patients, seed)


def _once(node: Node, url: str, patients: int, seed: int | None, folder: Path | None = None) -> dict[str, Any]:
    from contrefeu.recovery import reach_of, self_test
    from contrefeu.recovery.selftest import SETTLED_S

    at_ns = node.clock.now_ns() - int(SETTLED_S * _NS)
    told = _nothing(url, at_ns)
    try:
        keys = node.data_keys()
        wanted = {files.verifier().name: reach for files in node.charted() if (reach := reach_of(files, keys))}
        if folder is None:
            _wait_for_copies(node, url, {journal: reach.last for journal, reach in wanted.items()})
        with _vault(node, url, folder) as vault, node.charts() as live:
            found = self_test(
                vault,
                live,
                keys,
                node.settings,
                at_ns=at_ns,
                patients=patients,
                wanted=wanted,
                carried=folder is not None,
                seen=_seen(node, url, wanted),
                counts=node.counts,
                scratch=node.paths.run,
                seed=seed,
            )
    except ContrefeuError as failed:
        return told | {"state": "failed", "problem": failed.what}
    except OSError as failed:  # one vault's: what was found of the others is kept
        reason = failed.strerror or type(failed).__name__
        return told | {"state": "failed", "problem": f"This machine refused: {reason}."}
    told |= {"at": rfc3339(found.at_ns), "patients": found.patients, "differing": found.differing}
    told |= {"seconds": round(found.seconds, 3), "beyond_horizon": found.beyond, "passed_over": found.passed_over}
    told |= {"ended": rfc3339(node.clock.now_ns()), "lacks": found.lacks}
    return told | {"state": "different" if found.differing else "same"}


def _nothing(url: str, at_ns: int) -> dict[str, Any]:
    none: dict[str, Any] = {"url": url, "at": rfc3339(at_ns), "patients": 0, "differing": [], "seconds": 0.0}
    return none | {"beyond_horizon": 0, "passed_over": 0, "lacks": 0}


def _seen(node: Node, url: str, journals: Iterable[str]) -> dict[str, int] | None:
    """Up to which entry of each journal the vault was last seen to hold; None while the node runs, or nobody knows."""
    from contrefeu.cli.copying import last_states

    if listens(node.charts_socket):  # the one that whom it runs as reaches
        return None
    positions = next((one.get("positions") for one in last_states(node) if one["url"] == url), None)
    return positions and {name: positions.get(name.replace("/", "_"), 0) for name in journals}


@contextlib.contextmanager
def _vault(node: Node, url: str, folder: Path | None) -> Iterator["Vault"]:
    """The copy: where it lies, where it was carried, or brought back by who holds it."""
    from contrefeu.cli.bringing import brought, from_here_on, size_of
    from contrefeu.vault import DirectoryVault, is_pulled, open_vault

    if folder is not None:
        yield DirectoryVault(url, folder)
    elif is_pulled(url):
        journals = node.charted()
        with brought(node, url, from_here_on(journals), size_of(journals)) as vault:
            yield vault
    else:
        yield open_vault(url, node.paths.vault_credentials)


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
