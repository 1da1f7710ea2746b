"""How the node itself does: copies, self-test, journals, files of the home, canaries on shares, taps.

Rules kept here:
  * Files of the home are looked at from outside (when changed, size, inode), never opened: keys are none of ours.
  * What is new is told once: the next look compares with what was found.
  * A share that does not answer is no canary that sang.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType

from contrefeu.hospital import feed_of
from contrefeu.watch.memory import Memory
from contrefeu.watch.seen import Told

LATE_S = 300.0  # s that a vault may be behind
CANARY_BYTES_MAX = 1 << 20  # of a canary, compared
# Of the home, what only people's commands write: who joins a peer lets it read. A folder stands for what lies in it
GUARDED = (
    "contrefeu.toml", "node", "keys/recovery", "keys/recovery.pub", "keys/roles", "ca",
    "peers", "vault-credentials", "group.toml", "laboratory.toml", "regimes",
)  # fmt: skip
GONE = "gone"
_FINE = frozenset(["same", "not yet", "held elsewhere"])  # states of a self-test that call nobody
NO_HABITS: Mapping[str, str] = MappingProxyType({})
REUSED_HABIT = 0.001  # of a sender's messages, from which on it is one: a number that comes round each day is more


def home_told(home: Path, memory: Memory, at: float) -> Iterator[Told]:
    """Files that were changed, came or went since the last look."""
    known, before = memory.files, tuple(memory.guarded)
    memory.files, memory.guarded = dict(_files(home, GUARDED)), list(GUARDED)
    if not known:
        return
    found = dict(_files(home, before))  # a version that guards more calls nothing new that was there
    for name in sorted(known.keys() | found.keys()):
        yield Told(at, "home-changed", name, known.get(name) != found.get(name))


def _files(home: Path, guarded: Iterable[str]) -> Iterator[tuple[str, tuple[int, int, int]]]:
    for name in guarded:
        path = home / name
        try:
            inside = sorted(path.iterdir()) if path.is_dir() else [path]
        except OSError:
            inside = [path]  # another user's: its own time changes with each file that comes, goes or is written anew
        for one in inside:
            try:
                seen = one.stat()
            except OSError:
                continue
            yield str(one.relative_to(home)), (seen.st_mtime_ns, seen.st_size, seen.st_ino)


def canaries_told(paths: list[str], memory: Memory, at: float) -> Iterator[Told]:
    """Canaries that were changed or removed since the last look; the first look learns what they are.

    A file that was not there yet is waited for. One that is gone with its share, whose place another file system took,
    is not gone; one that somebody put back is learned anew.
    """
    for name in paths:
        found = _canary(Path(name))
        if found is None:
            continue
        digest, device = found
        known, _, where = memory.canaries.get(name, "").partition("@")
        if digest == GONE and (not known or (where and where != device)):
            continue
        memory.canaries[name] = f"{digest}@{device}"
        yield Told(at, "canary", name, known not in ("", GONE) and known != digest)


def _canary(path: Path) -> tuple[str, str] | None:
    """What a canary holds, or GONE, and the device that its folder lies on; None when its share does not answer."""
    try:
        device = str(path.parent.stat().st_dev)
        with path.open("rb") as canary:
            return blake2b(canary.read(CANARY_BYTES_MAX), digest_size=16).hexdigest(), device
    except FileNotFoundError:
        return (GONE, device) if path.parent.is_dir() else None
    except OSError:
        return None


def copies_told(
    vaults: list[dict[str, object]], tested: list[dict[str, object]], scrubbed: dict[str, object], at: float
) -> Iterator[Told]:
    """Vaults as the copies process says they are, and what the last self-test found."""
    for vault in vaults:
        url, lag = str(vault["url"]), vault.get("lag_seconds")
        yield Told(at, "copy-refused", url, vault.get("state") in ("refused", "alarm"))
        late = isinstance(lag, int | float) and lag > LATE_S
        yield Told(at, "copy-late", url, late, float(lag) if isinstance(lag, int | float) else 0.0)
    for one in tested:
        yield Told(at, "selftest-red", str(one["url"]), one.get("state") not in _FINE)
    for place, what in scrubbed.items():
        bad = isinstance(what, dict) and what.get("state") == "damaged"
        yield Told(at, "journal-damaged", place, bad)


def wards_told(lacking: dict[str, bool], at: float) -> Iterator[Told]:
    """Wards that were last tried, and whether one would lack its pack, its printer or who may log in."""
    for ward, lacks in lacking.items():
        yield Told(at, "ward-unready", ward, lacks)


def reused_told(
    feeds: list[tuple[str, int, int]], memory: Memory, at: float, habits: Mapping[str, str] = NO_HABITS
) -> Iterator[Told]:
    """Feeds that used a control id for other bytes since the last look: *feeds* are sender, messages, such ones.

    *habits* are those of profiles, by sender: one that says "unique" or "daily" is held to it, one that says "reused"
    is none to look at. Where no profile says it, a sender whose numbers come round all the time has a habit.
    """
    for source, received, reused in feeds:
        said = habits.get(feed_of(source), "")
        before = memory.reused.get(source, 0 if said in ("unique", "daily") else reused)
        memory.reused[source] = reused
        habit = said == "reused" or (not said and before > REUSED_HABIT * received)
        yield Told(at, "control-reused", source, reused > before and not habit, float(reused - before))


def taps_told(taps: list[tuple[str, str, int]], memory: Memory, at: float) -> Iterator[Told]:
    """Gaps that taps had since the last look: *taps* are interface, since when it runs, gaps since then."""
    for interface, since, gaps in taps:
        before = memory.taps.get(interface, ("", 0))
        known = before[1] if before[0] == since else 0
        memory.taps[interface] = since, gaps
        yield Told(at, "tap-gap", interface, gaps > known, float(gaps - known))
