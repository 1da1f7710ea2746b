"""Which settings a running node takes up, and which wait until it is started anew.

Rules kept here:
  * A table is taken up whole, and only where a row of TAKEN_UP says how; whatever has no row needs a restart.
  * What feeds are answered, and what people have open, is never changed under them: capture, reader and web are not
    started again for a setting.
"""

from typing import Any

import msgspec

from contrefeu.hospital.settings import Settings

# Table -> the part that is started again for it; "" is looked at anew each time, by whoever needs it.
TAKEN_UP = {
    "copies": "",
    "directory": "",
    "exchange": "exchange",
    "kit": "",
    "packs": "",
    "vaults": "",
    "watch": "watch",
}
_FIXED = frozenset(["exchange.listen"])  # a port that peers know is kept until the node is started anew


def changed_keys(before: Settings, after: Settings) -> list[str]:
    """The keys whose values differ: "watch.tell"; a list or a table of names counts as one: "vaults", "feeds"."""
    old, new = msgspec.to_builtins(before), msgspec.to_builtins(after)
    return sorted(key for table in old for key in _changed(table, old[table], new[table]))


def is_taken_up(key: str) -> bool:
    """Whether a running node takes up a change of *key*."""
    return key.partition(".")[0] in TAKEN_UP and key not in _FIXED


def taken_up(before: Settings, after: Settings) -> Settings:
    """*before*, with what a running node takes up of *after*."""
    tables = {table: getattr(after, table) for table in TAKEN_UP}
    tables["exchange"] = msgspec.structs.replace(after.exchange, listen=before.exchange.listen)
    return msgspec.structs.replace(before, **tables)


def when_in_force(table: str) -> str:
    """When a change in *table* is in force, for docs/reference/settings.md."""
    if table not in TAKEN_UP:
        return "A change is in force when the node is started anew."
    fixed = ", ".join(f"`{key.partition('.')[2]}`" for key in sorted(_FIXED) if key.startswith(f"{table}."))
    but = f" {fixed} waits for a restart." if fixed else ""
    if not TAKEN_UP[table]:
        return "A change is in force after SIGHUP (`systemctl reload`), and on pages when the node is started anew."
    part = TAKEN_UP[table]
    return f"A change is in force after SIGHUP (`systemctl reload`), which starts the {part} process again.{but}"


def _changed(table: str, old: Any, new: Any) -> list[str]:
    if old == new:
        return []
    if not isinstance(old, dict) or table in {"feeds", "surviving"}:
        return [table]
    return [f"{table}.{key}" for key in old if old[key] != new[key]]
