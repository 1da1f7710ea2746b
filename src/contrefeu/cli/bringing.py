"""What a vault host that pulls holds, on this node for a while: it brings it back (contrefeu.vault.back)."""

import contextlib
from collections.abc import Iterator, Mapping

from contrefeu.cli.copying import last_states
from contrefeu.cli.node import Node
from contrefeu.journal import JournalFiles
from contrefeu.vault import DirectoryVault, VaultAway, brought_back


@contextlib.contextmanager
def brought(node: Node, url: str, journals: Mapping[str, int], size: int) -> Iterator[DirectoryVault]:
    """The copies of *journals*, as a vault; each by its folder, with the first segment that is wanted.

    Args:
        node: This one; it must run, for the vault host to connect to.
        url: The vault, as the settings name it.
        journals: Folder of each journal, and its first segment that is wanted.
        size: Bytes that they may have.

    Raises:
        VaultAway: The node does not run, the vault host is not connected or brings nothing, or there is no room.
    """
    state = next((one for one in last_states(node) if one["url"] == url), {"lag_seconds": None})
    if state["lag_seconds"] is None:
        raise VaultAway(
            "The vault host brings its copy back to a node that runs, and this one does not.",
            safe="The copy there.",
            next="contrefeu up; it tests every night by itself.",
        )
    if state["state"] == "unreachable":
        raise VaultAway(
            "The vault host is not connected, and it is the host that connects.",
            safe="The copy there.",
            next="There: contrefeu vault host status.",
        )
    with brought_back(node.paths.run, url, journals, size) as vault:
        yield vault


def first_here(journals: list[JournalFiles]) -> dict[str, int]:
    """The folder of each journal, and the first segment of it that is here."""
    return {files.folder.name: min(files.segments(), default=1) for files in journals}


def size_of(journals: list[JournalFiles]) -> int:
    """Bytes of their segments."""
    return sum(files.segment(number).stat().st_size for files in journals for number in files.segments())
