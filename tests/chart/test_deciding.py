"""What decides what is shown is read once each, however many acts there are and whenever each arrives.

Method: a store of one ward and its administrator; how many acts are opened for an answer, and what it says.
"""

import pytest

from contrefeu.acts import PagesIssued, decode, encode
from contrefeu.chart import deciding
from tests.chart.feeds import Told, entry
from tests.chart.test_wards import ADDED, AT, LYING, act, corrected, wards


def issued(n: int) -> object:
    """A page that was printed."""
    return act(n, PagesIssued(f"{n:016x}", "dose", 1, "CARD", AT, "00"))


def test_an_answer_opens_each_act_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """After fifty pages were printed, one more costs one act; nothing new costs none."""
    opened: list[bytes] = []
    monkeypatch.setattr(deciding, "decode", lambda body: opened.append(body) or decode(body))
    told = Told().take(*LYING, *ADDED, corrected(11, "CARD", name="Cardiologie"), *map(issued, range(20, 70)))
    assert wards(told)[0][1] == "Cardiologie"
    assert len(opened) == 2 + 1 + 50, "accounts, the correction, the pages"
    for n, before in ((70, 53), (71, 54)):
        told.take(issued(n))
        assert wards(told)[0][1] == "Cardiologie"
        told.charts.board("CARD")
        assert len(opened) == before + 1
    told.take(corrected(72, "CARD", name="Cœur"))
    assert wards(told)[0][1] == "Cœur"
    assert len(opened) == 56


def test_an_act_that_arrives_late_stands_where_it_was_done() -> None:
    """Two stations name one ward; the earlier name is heard last and holds not."""
    told = Told().take(*LYING, *ADDED, corrected(12, "CARD", name="Cœur"))
    assert wards(told)[0][1] == "Cœur"
    late = corrected(11, "CARD", name="Cardiologie")
    other = entry(late.body, 1, journal="o-station", at=105, source=late.source, media=late.media_type)
    told.take(other)
    assert encode(decode(other.body)) == late.body
    assert wards(told)[0][1] == "Cœur"
