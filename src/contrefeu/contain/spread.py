"""How a fire spreads: a data file with its sources (data/spread.toml), which a hospital may replace by its own."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from contrefeu.contain.inventory import InventoryError, Port

Chance = Annotated[float, Meta(ge=0, le=1)]
OTHER = "other"  # the row of what no row names


class Protocol(Struct, frozen=True, forbid_unknown_fields=True):
    """What a kind of connection does for an attacker."""

    name: str
    ports: list[Port]
    carries: bool
    source: str
    both_ways: bool = False
    chance_per_hour: Chance = 0.0


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """What things are worth, in care points."""

    care_at_risk: Chance  # of a function's weight
    exposed_system: float
    rule: float
    unplugged: float
    flow: float


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """A step that is no connection."""

    chance_per_hour: Chance


class Spread(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole model."""

    version: str
    weights: Weights
    account: Step
    trust: Step
    protocols: list[Protocol]

    @property
    def ports(self) -> dict[int, Protocol]:
        """Protocol by port."""
        return {port: protocol for protocol in self.protocols for port in protocol.ports}

    @property
    def other(self) -> Protocol:
        """What no row names."""
        return next(protocol for protocol in self.protocols if protocol.name == OTHER)


def parse_spread(text: str) -> Spread:
    """Read a spread model.

    Raises:
        InventoryError: It is none, and where.
    """
    try:
        found = msgspec.convert(tomllib.loads(text), Spread)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise InventoryError(f"The spread model: {wrong}.", next="Compare it with docs/explain/spread.md.") from None
    if OTHER not in {protocol.name for protocol in found.protocols}:
        raise InventoryError('The spread model has no row "other".', next="Say what an unknown protocol does.")
    return found


def default_spread() -> Spread:
    """The model that comes with Contrefeu."""
    return parse_spread(_data("spread.toml"))


@cache
def default_cover() -> dict[str, dict[str, str]]:
    """What Contrefeu does while a function is cut: by kind, by language."""
    kinds: dict[str, dict[str, str]] = tomllib.loads(_data("cover.toml"))["kinds"]
    return kinds


def cover_said(text: str, language: str) -> str:
    """Return in *language* what takes over, when it is Contrefeu; an inventory's own words stay as they are."""
    return next((kind[language] for kind in default_cover().values() if text in kind.values()), text)


def _data(name: str) -> str:
    return files("contrefeu.contain").joinpath("data", name).read_text()
