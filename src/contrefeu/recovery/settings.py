"""The settings of a restored node: what the hospital had decided, without what named the lost machine.

Rules kept here:
  * The zone, the wards, the feeds and the refused senders come along: charts depend on them.
  * Where charts are kept is said anew: the lost home's server may be lost too.
  * The vaults do not: a home that was made to look at the past must not add to it. `vault add` says it again.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from contrefeu.base import MissingError
from contrefeu.hospital import Settings, SettingsError, feed_text, parse_settings
from contrefeu.journal import JournalFiles
from contrefeu.recovery.copies import segment_headers
from contrefeu.vault import NODES, Vault


def last_settings(vault: Vault, copies: Sequence[JournalFiles]) -> Settings:
    """The settings that a vault holds, of the node that wrote last.

    Raises:
        MissingError: It holds none.
    """
    opened = {}  # journal -> when its last segment was begun, as its writer signed it
    for files in copies:
        journal = files.verifier().name
        opened[journal] = next((h.said.opened_ns for h in segment_headers(files, last_first=True)), 0)
    found: list[tuple[int, Settings]] = []
    for node in vault.names(NODES):
        settings = _newest(vault, node)
        if settings is not None:
            own = (opened.get(f"{settings.node.id}-{role}", -1) for role in ("capture", "station"))
            found.append((max(own), settings))
    if not found:
        raise MissingError(
            f"There are no settings in {vault.url}: the zone of its wards is not known.",
            safe="The copies, as they were.",
            next="Restore from another vault, or put contrefeu.toml of the lost node in its nodes/NODE/settings/.",
        )
    return max(found, key=lambda one: one[0])[1]


def _newest(vault: Vault, node: str) -> Settings | None:
    folder = f"{NODES}/{node}/settings"
    for version in reversed(vault.names(folder)):
        try:
            return parse_settings(vault.read(f"{folder}/{version}").decode())
        except (SettingsError, UnicodeDecodeError):
            continue
    return None


def settings_text(old: Settings, node: str) -> str:
    """The text of `contrefeu.toml` of the new *node*: what *old* said, its identity and its vaults apart."""
    said: dict[str, Any] = msgspec.to_builtins(old)
    said["node"]["id"] = node
    lines = ["# Contrefeu: settings of this node, restored. docs/reference/settings.md says what each means."]
    for table in ("node", "capture", "web", "exchange", "keys", "charts", "copies"):  # system users are a machine's own
        lines += [f"[{table}]", *_pairs(said[table]), ""]
    for ward in said["wards"]:
        lines += ["[[wards]]", *_pairs(ward), ""]
    lines += [feed_text(name, feed) for name, feed in old.feeds.items()]
    return "\n".join(lines)


def _pairs(table: dict[str, Any]) -> list[str]:
    """Keys with their values: texts, numbers and lists of texts are written in TOML as in JSON."""
    return [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in table.items()]
