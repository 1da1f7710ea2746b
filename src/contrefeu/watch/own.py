"""How the node itself does: copies, self-test, journals, files of the home, canaries on shares.

Rules kept here:
  * Files of the home are looked at from outside (when changed, size, inode), never opened: keys are none of ours.
  * What is new is told once: the next look compares with what was found.
  * A share that does not answer is no canary that sang.
"""

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from contrefeu.watch.memory import Memory
from contrefeu.watch.seen import Told

LATE_S = 300.0  # s that a vault may be behind
CANARY_BYTES_MAX = 1 << 20  # of a canary, compared
# Of the home, what only people's commands write. A folder stands for what lies in it.
GUARDED = ("contrefeu.toml", "node", "keys/recovery", "keys/recovery.pub", "ca")
GONE = "gone"


def home_told(home: Path, memory: Memory, at: float) -> Iterator[Told]:
    """Files that were changed, came or went since the last look."""
    found = dict(_files(home))
    known = memory.files
    memory.files = found
    if not known:
        return
    for name in sorted(known.keys() | found.keys()):
        yield Told(at, "home-changed", name, known.get(name) != found.get(name))


def _files(home: Path) -> Iterator[tuple[str, tuple[int, int, int]]]:
    for name in GUARDED:
        path = home / name
        for one in sorted(path.iterdir()) if path.is_dir() else [path]:
            try:
                seen = one.stat()
            except OSError:
                continue
            yield str(one.relative_to(home)), (seen.st_mtime_ns, seen.st_size, seen.st_ino)


def canaries_told(paths: list[str], memory: Memory, at: float) -> Iterator[Told]:
    """Canaries that were changed or removed; the first look learns what they are."""
    for name in paths:
        path = Path(name)
        try:
            with path.open("rb") as canary:
                digest = blake2b(canary.read(CANARY_BYTES_MAX), digest_size=16).hexdigest()
        except FileNotFoundError:
            digest = GONE if path.parent.is_dir() else ""
        except OSError:
            digest = ""
        if not digest:
            continue
        known = memory.canaries.setdefault(name, digest)
        yield Told(at, "canary", name, known != digest)


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
        yield Told(at, "selftest-red", str(one["url"]), one.get("state") not in ("same", "not yet"))
    for place, what in scrubbed.items():
        bad = isinstance(what, dict) and what.get("state") == "damaged"
        yield Told(at, "journal-damaged", place, bad)
