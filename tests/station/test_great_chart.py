"""A chart with thousands of results: read once a version, its page holds the newest, and the rest is one click away.

Method: a feed gives one patient 40 reports of 20 values; pages are asked of the ward app, and what they ask the
charts for is counted.
"""

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import Any

from contrefeu.base import rfc3339
from contrefeu.chart.sheet import Laid, Sheet, results_of
from contrefeu.station.lately import LatelyOpened
from contrefeu.web.fragments import Fragments
from tests.station.folded import Folded, at_work, house
from tests.station.visitors import Visitor, text_of
from tests.station.ward_in_memory import NOW_NS

REPORTS, VALUES = 40, 20
PV1 = "PV1|1|I|CARD^1^1^CHU||||||||||||||||V1^^^CHU^VN"


def _at(minutes_ago: int) -> str:
    return rfc3339(NOW_NS - minutes_ago * 60 * 10**9)[:19].replace("-", "").replace("T", "").replace(":", "") + "+0000"


def _message(kind: str, control: str, minutes_ago: int, *lines: str) -> bytes:
    at = _at(minutes_ago)
    header = f"MSH|^~\\&|DPI|CHU|CF|CF|{at}||{kind}|{control}|P|2.5|||||FRA|UNICODE UTF-8"
    return "\r".join(
        [header, f"EVN||{at}", "PID|||4711^^^CHU^PI||LEGRAND^ANNE^^^^^L||19500312|F", PV1, *lines]
    ).encode()


def report(n: int, value: str = "") -> bytes:
    """One report: VALUES measurements, the n-th of each."""
    at = _at(60 * (REPORTS - n))
    lines = [f"ORC|RE|P{n}|F{n}", f"OBR|1|P{n}|F{n}|BIO^Bilan|||{at}|||||||||||||||{at}||LAB|F"]
    for i in range(VALUES):
        said = value or f"{n}.{i}"
        lines.append(f"OBX|{i + 1}|NM|{2000 + i}-{i % 10}^Analyse {i}^LN||{said}|mmol/L|3-5|N|||F|||{at}")
    return _message("ORU^R01", f"R{n}", 60 * (REPORTS - n), *lines)


@cache
def full() -> tuple[Folded, str]:
    """The house, and the chart's id; tests that add to it make their own."""
    charts = house()
    charts.feed(_message("ADT^A01", "A1", 60 * 60), *map(report, range(REPORTS)))
    return charts, charts.told.charts.find("LEGRAND")[0].id


def _page(who: Visitor, id_: str) -> str:
    answer = who.get(f"/patient/{id_}")
    assert answer.status_code == 200
    return answer.text


def test_a_great_chart_opens_with_the_newest_values_and_links_to_the_rest():
    """Of 40 values of each measurement the page holds four; the others have a page, with the message of each."""
    charts, id_ = full()
    nadia = at_work("nadia", charts)
    page = _page(nadia, id_)
    assert "39.0" in page and "36.0" in page
    assert "35.0" not in page
    link = page[page.index("/measure/") :].partition('"')[0]

    measure = nadia.get(link)
    assert measure.status_code == 200
    words = text_of(measure)
    which = words.partition("Analyse ")[2].split()[0]
    assert all(f" {n}.{which} mmol/L" in words for n in range(REPORTS))
    assert measure.text.count('class="src"') == REPORTS
    assert "LEGRAND" in words and "12 mars 1950" in words
    assert nadia.looks("view")[-1]["entity"][1]["what"]["display"] == "measure"
    assert "Analyse" not in link and "2000-0" not in link  # a PC's history says nothing of it


def test_a_measurement_that_is_not_there_is_no_page():
    """What an address names and the chart has not is not found, and nothing is audited as seen."""
    charts, id_ = full()
    nadia = at_work("nadia", charts)
    before = len(nadia.looks("view"))
    assert nadia.get(f"/measure/{id_}/0011223344556677").status_code == 404
    assert len(nadia.looks("view")) == before


class _Counting:
    """Charts that say how often a whole chart was read."""

    def __init__(self, charts: Folded) -> None:
        self.charts, self.whole = charts, 0

    async def version(self, id: str) -> str | None:
        return self.charts.told.charts.version(id)

    async def lately(self, id: str, known: Sequence[bytes] = ()) -> Any:
        found = self.charts.told.charts.lately(id, known)
        self.whole += found is not None
        return found


def test_a_chart_is_read_again_when_it_was_written_and_only_then():
    """Ten screens, one reading; a message later, another; each time exactly what the store has."""
    charts, id_ = full()
    counting = _Counting(charts)
    lately = LatelyOpened(counting)  # type: ignore[arg-type]  # one question of many

    async def ten() -> list[Any]:
        return list(await asyncio.gather(*(lately.open(id_) for _ in range(10))))

    first = asyncio.run(ten())
    assert counting.whole == 1
    assert all(one is first[0] for one in first)
    charts.feed(report(REPORTS, "99.9"))
    again = asyncio.run(ten())
    assert counting.whole == 2
    assert again[0].chart == charts.chart_now(id_) != first[0].chart
    assert any(series.last.value == "99.9" for panel in _results(again[0]) for series in panel.series)
    assert asyncio.run(lately.open("nobody")) is None
    full.cache_clear()


def _results(opened: Any) -> Any:
    return results_of(Sheet(opened.chart, laid=opened.laid)).laboratory


def test_what_a_page_remembers_never_hides_a_new_value():
    """The page after a message says it, whatever was remembered of the page before."""
    charts, id_ = full()
    nadia = at_work("nadia", charts)
    before = _page(nadia, id_)
    assert "77.7" not in before
    charts.feed(report(REPORTS + 1, "77.7"))
    assert "77.7" in _page(nadia, id_)
    full.cache_clear()


def test_parts_of_a_page_are_nobodys_who_may_less():
    """Who may not read messages gets no link to them, though a colleague who may had the page just before."""
    charts, id_ = full()
    doctor, clerk = at_work("nadia", charts), at_work("pharma", charts)
    assert 'class="src"' in _page(doctor, id_)
    assert ('class="src"' in _page(clerk, id_)) == _may_read_messages(clerk)
    english = at_work("nadia", charts)
    english.client.cookies.set("lang", "en", domain="ward.example.org", path="/")
    assert "Reference" in _page(english, id_) and "Référence" in _page(doctor, id_)


def _may_read_messages(who: Visitor) -> bool:
    session = who.shell.sessions.get(who.token, used=False)
    assert session is not None
    account = who.app.state.house.staff.accounts.get(session.login)
    return bool(account and account.may("entry"))


def test_a_sheet_that_was_laid_out_before_says_the_same():
    """Laid out once or each time: the same resources, by type and by reference."""
    charts, id_ = full()
    chart = charts.chart_now(id_)
    laid = Sheet(chart, NOW_NS).laid
    fresh, again = Sheet(chart, NOW_NS), Sheet(chart, NOW_NS, laid)
    assert again.everything() == fresh.everything()
    assert results_of(again) == results_of(fresh)
    assert results_of(again) is results_of(Sheet(chart, NOW_NS, laid))
    assert Laid([]).once("x", lambda: 1) == 1


def test_fragments_are_made_once_and_forgotten_in_order():
    """A key is made once; without a key each time; what nobody asked for lately goes first."""
    made: list[str] = []

    def part(name: str) -> Any:
        def caller() -> str:
            made.append(name)
            return name * 4

        return caller

    once = Fragments(characters_max=8)

    def a(state: int) -> Any:
        return once(("a", state), part("a"))

    assert a(1) == a(1) == "aaaa"
    assert once(None, part("n")) == once(None, part("n")) == "nnnn"
    once(("b", 1), part("b"))
    a(1)
    once(("c", 1), part("c"))
    a(1)
    once(("b", 1), part("b"))
    assert made == ["a", "n", "n", "b", "c", "b"]
    a(2)  # another state of the same place
    a(1)
    assert made[-2:] == ["a", "a"]
    once(("b", 1), part("b"))
    assert made[-1] == "a"  # what was made anew took no room of the other's
