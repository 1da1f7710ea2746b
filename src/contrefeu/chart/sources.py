"""Which entries a chart comes from, and whose an entry is: for the journals that are written for wards.

Rules kept here:
  * Who knows how many entries a chart had is told nothing until there are more.
"""

from uuid import UUID

from contrefeu.chart.folding import Folding, parts_of
from contrefeu.chart.stores import ChartStore, Placed
from contrefeu.journal import Entry


def sources_of(store: ChartStore, root: int, known: int) -> list[str]:
    """Return the entries that the chart of *root* comes from, in journal order; [] when there are *known* of them."""
    filed = store.identities.filed(store.identities.members(root))
    if len(filed) == known:
        return []
    return [_ref(one) for one in store.kept.placed(filed)]


def charts_of(store: ChartStore, folding: Folding, entry: Entry) -> list[str]:
    """Return the ids of the charts that *entry* says something of."""
    found = []
    for part in parts_of(folding.read(entry)):
        for node in folding.nodes_of(part):
            found.append(str(UUID(bytes=store.identities.chart_of(store.identities.root(node)))))
    return list(dict.fromkeys(found))


def _ref(one: Placed) -> str:
    _, journal, sequence = one.order
    return f"{journal}/{sequence}"
