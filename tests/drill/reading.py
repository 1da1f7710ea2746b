"""Charts of a hospital's messages, made by the product, for tests of the drill."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from contrefeu.base import ManualClock
from contrefeu.chart import Chart, open_charts
from contrefeu.custody import DataKeys, KeyPair
from contrefeu.hl7 import peek
from contrefeu.hospital import parse_settings
from contrefeu.journal import MEDIA_HL7V2, Draft, JournalWriter
from contrefeu.proof import Signer

JOURNAL = "drill/n1-capture"
SETTINGS = parse_settings('[node]\nid = "drill/n1"\n')


def charts_of(messages: Iterable[bytes]) -> list[Chart]:
    """Journal *messages*, fold them, and return every chart."""
    clock = ManualClock()
    pair = KeyPair("recovery", bytes(32))
    with TemporaryDirectory() as name:
        folder = Path(name)
        writer = JournalWriter(folder / "journals", Signer(JOURNAL, bytes(32)), lambda: [pair.recipient], clock)
        drafts = [Draft(_source(message), MEDIA_HL7V2, message, clock.now_ns()) for message in messages]
        writer.append(drafts)
        writer.close()
        keys = DataKeys(None, recovery=pair)
        with open_charts(folder / "charts.db", bytes(32), folder / "journals", keys, SETTINGS, clock=clock) as charts:
            return list(charts.all())


def _source(message: bytes) -> str:
    header = peek(message)
    assert header is not None
    return header.source
