"""A ward on paper, for tests: charts of a feed, its board, its pack, and the texts of its pages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from secrets import token_bytes
from typing import Any

import msgspec
import pypdfium2

from contrefeu.acts import Declared
from contrefeu.base import rfc3339
from contrefeu.chart import AsOf, Board, FeedStatus, board_row
from contrefeu.chart.fold import Chart
from contrefeu.chart.views import Restoring
from contrefeu.paper import Issuer, PageKey, Printed, Setting, WardPack, print_pack, ward_pack
from tests.chart.feed import chart, ns

KEY = PageKey(bytes(range(32)))
NOW = "1124 1200"


@dataclass
class Ward:
    """A ward of these charts, at an instant."""

    charts: Sequence[Chart]
    language: Any = "en"
    now: str = NOW
    heard: str = NOW  # when its feeds spoke last
    world: Any = "P"
    downtime: Declared | None = None
    lacks: Restoring | None = None

    @property
    def setting(self) -> Setting:
        """Words and time."""
        return Setting(self.language, "Europe/Paris", ns(self.now))

    @property
    def board(self) -> Board:
        """Its board."""
        rows = [row for one in self.charts if (row := board_row(one, ns(self.now))) is not None]
        heard = rfc3339(ns(self.heard))
        return Board(
            "CARD", "Cardiologie", self.world, rows, ["13 B"], AsOf(heard, "n/1"), [FeedStatus("DPI@CHU", 1, heard)]
        )

    def pack(self) -> WardPack:
        """Its pack."""
        by_id = {one.id: one for one in self.charts}
        return ward_pack(self.board, by_id.get, self.setting, "CHU", self.downtime, self.lacks)[0]

    def printed(self, draw: Callable[[int], bytes] = token_bytes) -> Printed:
        """Its pack, set; *draw* gives numbers."""
        by_id = {one.id: one for one in self.charts}
        pack, charts = ward_pack(self.board, by_id.get, self.setting, "CHU", self.downtime, self.lacks)
        return print_pack(pack, charts, Issuer(KEY, "CARD", rfc3339(ns(self.now)), draw))


def ward(*bodies: bytes, **said: Any) -> Ward:
    """The ward of one patient, of whom *bodies* speak."""
    return Ward([chart(*bodies)], **said)


def texts(pdf: bytes, password: str = "") -> list[str]:
    """The text of each page, as a reader selects it; spaces that break no line as those that do."""
    document = pypdfium2.PdfDocument(pdf, password=password or None)
    return [page.get_textpage().get_text_bounded().replace("\u00a0", " ") for page in document]


def words(value: Any) -> str:
    """Every text in *value*, one a line."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "\n".join(map(words, value.values()))
    if isinstance(value, list | tuple):
        return "\n".join(map(words, value))
    return words(msgspec.to_builtins(value)) if isinstance(value, msgspec.Struct) else ""
