"""Cut no more than needed: the map of systems and flows, the cheapest cut, what it costs care, how to restart (A2)."""

from contrefeu.contain.firewall import nft_rules
from contrefeu.contain.flows import Reading, Seen, read_flows
from contrefeu.contain.inventory import (
    Flow,
    Function,
    Inventory,
    InventoryError,
    System,
    Zone,
    parse_csv,
    parse_toml,
)
from contrefeu.contain.pages import PAGES
from contrefeu.contain.plan import Compared, Plan, WardLoss, losses_by_ward, make_plan
from contrefeu.contain.simulate import Expected, everything_off, expect
from contrefeu.contain.solve import Solution, solve
from contrefeu.contain.spread import Spread, default_cover, default_spread, parse_spread
from contrefeu.contain.zones import ANY, Action, Link, Outcome, Terrain, make_terrain

__all__ = [
    "ANY",
    "PAGES",
    "Action",
    "Compared",
    "Expected",
    "Flow",
    "Function",
    "Inventory",
    "InventoryError",
    "Link",
    "Outcome",
    "Plan",
    "Reading",
    "Seen",
    "Solution",
    "Spread",
    "System",
    "Terrain",
    "WardLoss",
    "Zone",
    "default_cover",
    "default_spread",
    "everything_off",
    "expect",
    "losses_by_ward",
    "make_plan",
    "make_terrain",
    "nft_rules",
    "parse_csv",
    "parse_spread",
    "parse_toml",
    "read_flows",
    "solve",
]
