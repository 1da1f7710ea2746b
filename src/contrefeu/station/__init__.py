"""The ward's pages: who lies where, each chart, what is due, and the message behind each line."""

from contrefeu.station.app import create_app
from contrefeu.station.deps import ChartsLike, Deps, JournalState, NodeStatus, VaultState
from contrefeu.station.ward_book import WardBook
from contrefeu.web import DemoLogin

__all__ = ["ChartsLike", "DemoLogin", "Deps", "JournalState", "NodeStatus", "VaultState", "WardBook", "create_app"]
