"""Where charts are kept between messages: views of the journal, which may be deleted and filled again."""

from contrefeu.chart.stores.base import (
    CHARTED,
    COUNTED,
    DUPLICATE,
    UNCHARTED,
    BedSeen,
    FeedRow,
    Kept,
    LinkRow,
    NodeRow,
    Store,
)
from contrefeu.chart.stores.sqlite import ChartStore

__all__ = [
    "CHARTED",
    "COUNTED",
    "DUPLICATE",
    "UNCHARTED",
    "BedSeen",
    "ChartStore",
    "FeedRow",
    "Kept",
    "LinkRow",
    "NodeRow",
    "Store",
]
