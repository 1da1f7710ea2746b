"""Charts: folds of journal entries, kept in a store, followed and asked."""

from contrefeu.chart.answers import Account, Charts, WaitingEntry
from contrefeu.chart.boards import board_row
from contrefeu.chart.client import ChartsClient, SyncChartsClient
from contrefeu.chart.fold import Chart, to_bundle
from contrefeu.chart.follow import open_charts
from contrefeu.chart.reader import run_reader
from contrefeu.chart.views import (
    AsOf,
    Board,
    BoardRow,
    ChartsStatus,
    DueItem,
    ExportResult,
    FeedStatus,
    PatientHit,
    WardSummary,
)
from contrefeu.chart.wording import chart_text

__all__ = [
    "Account",
    "AsOf",
    "Board",
    "BoardRow",
    "Chart",
    "Charts",
    "ChartsClient",
    "ChartsStatus",
    "DueItem",
    "ExportResult",
    "FeedStatus",
    "PatientHit",
    "SyncChartsClient",
    "WaitingEntry",
    "WardSummary",
    "board_row",
    "chart_text",
    "open_charts",
    "run_reader",
    "to_bundle",
]
