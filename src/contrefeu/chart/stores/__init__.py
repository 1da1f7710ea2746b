"""Where charts are kept between messages: views of the journal, which may be deleted and filled again."""

from contrefeu.chart.steps import bed_name
from contrefeu.chart.stores.engine import Place, StoreAway, StoreTaken
from contrefeu.chart.stores.folded import Objects
from contrefeu.chart.stores.identities import LAST_NS
from contrefeu.chart.stores.kept import (
    ACT,
    CHARTED,
    DUPLICATE,
    UNCHARTED,
    WAITING,
    WITHDRAWN,
    FeedRow,
    Placed,
)
from contrefeu.chart.stores.lists import LISTS_NOTE
from contrefeu.chart.stores.placing import how_apart, place_of
from contrefeu.chart.stores.store import ChartStore

__all__ = [
    "ACT",
    "CHARTED",
    "DUPLICATE",
    "LAST_NS",
    "LISTS_NOTE",
    "UNCHARTED",
    "WAITING",
    "WITHDRAWN",
    "ChartStore",
    "FeedRow",
    "Objects",
    "Place",
    "Placed",
    "StoreAway",
    "StoreTaken",
    "bed_name",
    "how_apart",
    "place_of",
]
