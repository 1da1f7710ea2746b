"""What a vault host that pulls holds, on this node for a while: it brings it back (contrefeu.vault.back)."""

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping

from contrefeu.cli.copying import last_states
from contrefeu.cli.node import Node
from contrefeu.cli.separation import give_asked
from contrefeu.journal import Damage, JournalFiles
from contrefeu.vault import DirectoryVault, VaultAway, brought_back, file_name

CONNECT_S = 60.0  # for a vault host that is away: it, or this node, may have been started a moment ago
ALL = 10**10 - 1  # no segment has a higher number


@contextlib.contextmanager
def brought(node: Node, url: str, journals: Mapping[str, tuple[int, int]], size: int) -> Iterator[DirectoryVault]:
    """The copies of *journals*, as a vault; each by its folder, with the first and last segment that are wanted.

    Args:
        node: This one; it must run, for the vault host to connect to.
        url: The vault, as the settings name it.
        journals: Folder of each journal, and its first and last segment that are wanted.
        size: Bytes that they may have.

    Raises:
        VaultAway: The node does not run, the vault host is not connected or brings nothing, or there is no room.
    """
    _wait_for_host(node, url)
    give_asked(node)
    with brought_back(node.paths.run, url, journals, size) as vault:
        yield vault


def _wait_for_host(node: Node, url: str) -> None:
    until = time.monotonic() + CONNECT_S
    while True:
        state = next((one for one in last_states(node) if one["url"] == url), {"lag_seconds": None})
        if state["lag_seconds"] is None:
            raise VaultAway(
                "The vault host brings its copy back to a node that runs, and this one does not.",
                safe="The copy there.",
                next="contrefeu up; it tests every night by itself.",
            )
        if state["state"] != "unreachable":
            return
        if time.monotonic() > until:
            raise VaultAway(
                "The vault host is not connected, and it is the host that connects.",
                safe="The copy there.",
                next="There: contrefeu vault host status.",
            )
        time.sleep(0.2)


def from_here_on(journals: list[JournalFiles]) -> dict[str, tuple[int, int]]:
    """The folder of each journal, with the first segment of it that is here, and whatever follows."""
    return {files.folder.name: (min(files.segments(), default=1), ALL) for files in journals}


def around(damage: Iterable[Damage]) -> dict[str, tuple[int, int]]:
    """The folder of each journal that is damaged, with what is wrong in it and its neighbours, which sign for it."""
    wanted: dict[str, tuple[int, int]] = {}
    for one in damage:
        folder = file_name(one.journal)
        first, last = wanted.get(folder, (ALL, 0))
        end = ALL if one.kind == "missing" else one.segment + 1  # how many are missing shows when they are there
        wanted[folder] = max(1, min(first, one.segment - 1)), max(last, end)
    return wanted


def size_of(journals: list[JournalFiles]) -> int:
    """Bytes of their segments."""
    size = 0
    for files in journals:
        for number in files.segments():
            with contextlib.suppress(FileNotFoundError):  # it ended a moment ago
                size += files.segment(number).stat().st_size
    return size
