"""The inventory: which systems there are, where they sit, whom they serve (docs/howto/contain.md).

One TOML file, or a folder of CSV files (systems.csv, functions.csv, and if need be flows.csv and zones.csv) whose
columns have the same names; in a cell, a list is divided by spaces, semicolons or bars. Rules kept here:
  * What is not understood is an error that names where it stands: a system left out by mistake is a way for the fire.
  * A system, function or zone is named by its id, and an id once.
  * Text in, values out: this module opens no file.
"""

import csv
import re
import tomllib
from collections.abc import Iterable, Mapping
from io import StringIO
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from contrefeu.base import OperatorError

Id = Annotated[str, Meta(pattern=r"^(?!\*$)[^\s;|>]{1,80}$")]  # "*" is every system, in a rule
Weight = Annotated[float, Meta(ge=0, le=10)]
PORT_MAX = 65_535  # two bytes; what says more is no port
Port = Annotated[int, Meta(ge=0, le=PORT_MAX)]
LIST_COLUMNS = frozenset(["accounts", "addresses", "links", "needs", "systems", "trusts", "wards"])
TABLES = ("systems", "functions", "flows", "zones")


class InventoryError(OperatorError):
    """The inventory cannot be read as one."""

    kind = "inventory"


class System(Struct, frozen=True, forbid_unknown_fields=True):
    """One machine, or several that are one for an attacker."""

    id: Id
    name: str = ""
    addresses: list[str] = field(default_factory=list)  # IP addresses and prefixes
    zone: str = ""
    role: str = ""
    accounts: list[str] = field(default_factory=list)  # shared ones that open it, and that are found on it
    trusts: list[str] = field(default_factory=list)  # systems that command it: directory, hypervisor, deployment
    needs: list[str] = field(default_factory=list)  # systems that must run before it
    protect: bool = False  # it must not be left within reach, whatever that costs: copies, directory
    fixed: bool = False  # it cannot be unplugged from here: another house's, a medical device at work


class Function(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that care needs."""

    id: Id
    name: str = ""
    kind: str = ""  # a row of data/cover.toml: what Contrefeu does meanwhile
    weight: Weight = 1.0  # care points: 10 is a life within the hour
    wards: list[str] = field(default_factory=list)
    systems: list[str] = field(default_factory=list)  # each must run and be reached
    links: list[str] = field(default_factory=list)  # "from->to", or "from->to:port"
    accounts: list[str] = field(default_factory=list)
    covered_by: str = ""  # what takes over, if it is not Contrefeu


class Flow(Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from", "target": "to"}):
    """Who opens a connection to whom."""

    source: str
    target: str
    port: Port = 0  # 0: not known
    transport: Literal["tcp", "udp"] = "tcp"  # it is written into a rule as it stands


class Zone(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the network."""

    id: Id
    name: str = ""
    inside: bool = False  # a filter stands between the systems within it
    border: bool = True  # a filter stands between it and other zones


class Inventory(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    systems: list[System]
    functions: list[Function] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    zones: list[Zone] = field(default_factory=list)
    title: str = ""


def parse_toml(text: str) -> Inventory:
    """Read an inventory in TOML.

    Raises:
        InventoryError: It is none, and where.
    """
    try:
        return _checked(tomllib.loads(text))
    except tomllib.TOMLDecodeError as found:
        raise InventoryError(f"The inventory is not TOML: {found}", next="Correct that line.") from None


def parse_csv(tables: Mapping[str, str]) -> Inventory:
    """Read an inventory from CSV texts, by table ("systems", "functions", "flows", "zones").

    Raises:
        InventoryError: It is none, and where.
    """
    return _checked({name: list(_rows(name, text)) for name, text in tables.items()})


def _rows(table: str, text: str) -> Iterable[dict[str, Any]]:
    """The rows of one table, with what a cell holds; empty cells are left to their defaults."""
    text = text.removeprefix("\N{BOM}")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","  # a French spreadsheet writes semicolons
    for row in csv.DictReader(StringIO(text), delimiter=delimiter):
        if None in row or None in row.values():
            raise InventoryError(f"{table}.csv: a row has not as many cells as the first.", next="Correct that row.")
        cells = {key.strip(): value.strip() for key, value in row.items() if value.strip()}
        if cells:
            yield {key: _cell(key, value) for key, value in cells.items()}


def _cell(key: str, value: str) -> Any:
    if key in LIST_COLUMNS:
        return [one for one in re.split(r"[;|\s]+", value) if one]
    if key == "weight":
        return value.replace(",", ".")
    return value.lower() if key == "transport" else value


def _checked(found: dict[str, Any]) -> Inventory:
    try:
        inventory = msgspec.convert(found, Inventory, strict=False)
    except msgspec.ValidationError as wrong:
        raise InventoryError(
            f"The inventory: {wrong}.", safe="Nothing was planned.", next="docs/howto/contain.md names each key."
        ) from None
    if not inventory.systems:
        raise InventoryError("The inventory names no system.", next="docs/howto/contain.md shows one.")
    systems = _ids("system", inventory.systems)
    _ids("function", inventory.functions)
    zones = _ids("zone", inventory.zones)
    accounts = {account for system in inventory.systems for account in system.accounts}
    for one in inventory.systems:
        _known(one.id, [*one.trusts, *one.needs], systems, "systems")
        if one.zone and zones:
            _known(one.id, [one.zone], zones, "zones")
    for function in inventory.functions:
        where = f"function {function.id}"
        ends = [end for link in function.links for end in link_ends(link, where)[:2]]
        _known(function.id, [*function.systems, *ends], systems, "systems")
        _known(function.id, function.accounts, accounts, "accounts")
    for flow in inventory.flows:
        _known("[[flows]]", [flow.source, flow.target], systems, "systems")
    return inventory


def link_ends(link: str, where: str = "a link") -> tuple[str, str, int]:
    """Return who speaks to whom, on which port (0: any).

    >>> link_ends("lis->ehr:2575")
    ('lis', 'ehr', 2575)
    """
    source, arrow, rest = link.partition("->")
    target, _, port = rest.partition(":")
    if not (arrow and source and target and re.fullmatch(r"\d{0,5}", port, re.ASCII) and int(port or 0) <= PORT_MAX):
        raise InventoryError(f"The inventory: {where}: a link is written from->to or from->to:port.")
    return source, target, int(port or 0)


def _ids(kind: str, found: Iterable[Any]) -> set[str]:
    seen: set[str] = set()
    for one in found:
        if one.id in seen:
            raise InventoryError(
                f"The inventory: the {kind} {one.id} stands twice.", next="Give each an id of its own."
            )
        seen.add(one.id)
    return seen


def _known(where: str, names: Iterable[str], known: set[str], kind: str) -> None:
    for name in names:
        if name not in known:
            raise InventoryError(
                f"The inventory: {where} names {name}, which is none of its {kind}.",
                safe="Nothing was planned.",
                next="Add it, or correct its name.",
            )
