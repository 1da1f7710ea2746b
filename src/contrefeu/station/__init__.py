"""The ward's pages: who lies where, each chart, what is due, and the message behind each line."""

from contrefeu.station.app import (
    create_app,
)
from contrefeu.station.bed_have import (
    as_have,
)
from contrefeu.station.bed_status import (
    BedStatus,
    as_fhir,
    as_script,
    bed_status,
)
from contrefeu.station.deps import (
    ChartsLike,
    Deps,
    JournalState,
    LiveSystem,
    LostPack,
    NodeStatus,
    PackState,
    TapFigures,
    VaultState,
)
from contrefeu.station.handing_back import (
    LACKING,
    Signing,
    sheet_of,
)
from contrefeu.station.labels import (
    LABELS,
)
from contrefeu.station.metrics import (
    METRICS,
)
from contrefeu.station.tubes import (
    range_states,
    station_name,
)
from contrefeu.station.ward_book import (
    WardBook,
)
from contrefeu.web import (
    DemoLogin,
)

__all__ = [
    "LABELS",
    "LACKING",
    "METRICS",
    "BedStatus",
    "ChartsLike",
    "DemoLogin",
    "Deps",
    "JournalState",
    "LiveSystem",
    "LostPack",
    "NodeStatus",
    "PackState",
    "Signing",
    "TapFigures",
    "VaultState",
    "WardBook",
    "as_fhir",
    "as_have",
    "as_script",
    "bed_status",
    "create_app",
    "range_states",
    "sheet_of",
    "station_name",
]
