"""The settings of a restored node: what the hospital had decided, without what named the lost machine.

Rules kept here:
  * The zone, the wards, the feeds and the refused senders come along: charts depend on them.
  * The vaults do not: a home that was made to look at the past must not add to it. `vault add` says it again.
  * Nor does the server that held the charts: who restores says whether there is one to be trusted.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from contrefeu.base import MissingError, OperatorError
from contrefeu.chart import how_apart
from contrefeu.hospital import Settings, feed_text, read_settings
from contrefeu.recovery.gather import Findings
from contrefeu.vault import Vault, VaultAway, absent_from, newest_settings


def last_settings(vaults: Sequence[Vault], opened: Mapping[str, int], findings: Findings) -> Settings:
    """The settings that *vaults* hold, of the node that wrote last; a node's journal that none has is told.

    Args:
        vaults: Where.
        opened: Journal -> when its last segment was begun, as its writer signed it.
        findings: What is told of vaults that are away, and of journals that are absent.

    Raises:
        MissingError: They hold none.
    """
    found: list[tuple[int, int, Settings]] = []
    for vault in vaults:
        try:
            for settings, versions in newest_settings(vault):
                own = (opened.get(f"{settings.node.id}-{role}", -1) for role in ("capture", "station"))
                found.append((max(own), versions, settings))
        except VaultAway as away:
            findings.passed_over(vault, away)
    if not found:
        raise MissingError(
            f"There are no settings in {', '.join(vault.url for vault in vaults)}: the zone of the wards is not known.",
            safe="The copies, as they were.",
            next="Restore from another vault, or put contrefeu.toml of the lost node in its nodes/NODE/settings/.",
        )
    findings.absent = absent_from((said for _opened, _versions, said in found), opened)
    # A vault that lags has fewer versions of the same node's.
    return max(found, key=lambda one: one[:2])[2]


def refuse_charts_store(url: str) -> None:
    """See that charts can go to the server at *url*: before anything is begun, and before hours of work.

    Raises:
        OperatorError: It is no address, holds a password, or the driver that it needs is not installed.
        StorageError: The server is in trouble.
    """
    _, problems = read_settings("\n".join(_charts_lines(url)))
    if any(one.key == "charts.store" for one in problems):
        raise OperatorError(
            "--charts-store takes postgresql://USER@HOST/DATABASE, without a password: the new home's settings name it,"
            " and they are copied to vaults.",
            safe="The vaults, as they were; nothing was made.",
            next="Give the address so; the password goes into a password file (docs/howto/postgresql.md).",
        )
    how_apart(url)


def _charts_lines(url: str) -> list[str]:
    return ["[charts]", *_pairs({"store": url}), ""]


def settings_text(old: Settings, node: str, charts_store: str = "") -> str:
    """The text of `contrefeu.toml` of the new *node*: what *old* said, but its identity, its vaults and its server."""
    said: dict[str, Any] = msgspec.to_builtins(old)
    said["node"]["id"] = node
    lines = ["# Contrefeu: settings of this node, restored. docs/reference/settings.md says what each means."]
    for table in ("node", "capture", "web", "exchange", "keys", "copies"):  # system users are a machine's own
        lines += [f"[{table}]", *_pairs(said[table]), ""]
    if charts_store:
        lines += _charts_lines(charts_store)
    for ward in said["wards"]:
        lines += ["[[wards]]", *_pairs(ward), ""]
    lines += [feed_text(name, feed) for name, feed in old.feeds.items()]
    return "\n".join(lines)


def _pairs(table: dict[str, Any]) -> list[str]:
    """Keys with their values: texts, numbers and lists of texts are written in TOML as in JSON."""
    return [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in table.items()]
