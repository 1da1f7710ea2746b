"""What pages remember never shows: a page is, byte for byte, what a ward app that was just started shows.

Method: one ward app lives through random messages, hours and readers; at each step it is asked for the same page with
its memory and without. What belongs to a session or to the moment is taken out: tokens, the number of changes, how far
the charts are read (each look is an entry itself).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.base import rfc3339
from contrefeu.chart.board_rows import BoardRows
from contrefeu.chart.boards import row_at
from contrefeu.chart.sheet import Sheet
from contrefeu.chart.views import BoardRow
from contrefeu.station.board_lines import LaidBoards
from contrefeu.station.lately import LatelyOpened, Opened
from contrefeu.web import Fragments
from tests.station.folded import SETTINGS, Folded, at_work, house
from tests.station.visitors import Visitor, join

LOGINS = ("nadia", "lucas", "martin", "pharma", "accueil")
PAGES = ("/ward/CARD", "/hospital", "chart")
JUMPS_S = (0, 1, 29, 59, 60, 600, 1801, 3600, 5 * 3600, 25 * 3600)
_OF_THE_MOMENT = (r'name="csrf" value="[^"]*"', r'data-live="[^"]*"', r'<p class="asof.*?</p>')
_SAID = {
    "result": ("ORU^R01", "ORC|RE|P{n}|F{n}", "OBR|1|P{n}|F{n}|BIO^Bilan|||{at}|||||||||||||||{at}||LAB|F",
               "OBX|1|NM|2823-3^Potassium^LN||{n}.1|mmol/L|3-5|{flag}|||F|||{at}"),
    "order": ("RDE^O11", "ORC|NW|O{n}", "RXE|1|D{n}^MEDICAMENT {n}|500||mg|CP", "TQ1|1||TID"),
    "every": ("RDE^O11", "ORC|NW|O{n}", "RXE|1|D{n}^MEDICAMENT {n}|500||mg|CP", "TQ1|1||Q2H||||{soon}"),
    "dose": ("RAS^O17", "ORC|RE|O{last}", "RXA|0|1|{at}||D{last}^MEDICAMENT {last}|500|mg"),
    "allergy": ("ADT^A08", "AL1|1|DA|P{n}^ALLERGENE {n}|MO"),
    "moves": ("ADT^A02",),
    "leaves": ("ADT^A16", "PV2|||||||||{later}"),
    "gone": ("ADT^A03",),
}  # fmt: skip


class _Lives:
    """A house that messages come to, and the ward apps of those who look."""

    def __init__(self) -> None:
        self.charts: Folded = house()
        self.number = count(1)
        self.kept: Visitor = at_work("nadia", self.charts)
        self.last = 0
        for patient, born in ((1, "19420312"), (2, "20261123180000")):
            self.say(patient, "ADT^A01", born=born)
            self.say(patient, *_SAID["order"])

    def say(self, patient: int, kind: str, *lines: str, born: str = "19420312", bed: int = 0) -> None:
        """A feed speaks of a patient."""
        n, now = next(self.number), self.charts.clock.now_ns()
        at, soon, later = (_hl7(now + hours * 3600 * 10**9) for hours in (0, 2, 9))
        words = {"n": n, "at": at, "soon": soon, "later": later, "last": self.last, "flag": ("N", "HH", "L")[n % 3]}
        if "RXE" in "".join(lines):
            self.last = n
        said = [
            f"MSH|^~\\&|DPI|CHU|CF|CF|{at}||{kind}|C{n}|P|2.5|||||FRA|UNICODE UTF-8",
            f"EVN||{at}",
            f"PID|||{patient}^^^CHU^PI||NOM{patient}^ANNE^^^^^L||{born}|F",
            f"PV1|1|I|CARD^{patient}^{bed or patient}^CHU||||||||||||||||V{patient}^^^CHU^VN",
            *(line.format(**words) for line in lines),
        ]
        self.charts.feed("\r".join(said).encode())

    def page(self, who: Visitor, login: str, language: str, path: str) -> str:
        """A page as it is shown, without what is of its moment."""
        join(who, login)
        who.client.cookies.set("lang", language, domain="ward.example.org", path="/")
        answer = who.get(path)
        text = f"{answer.status_code} {answer.headers.get('location', '')} {answer.text}"
        for pattern in _OF_THE_MOMENT:
            text = re.sub(pattern, "", text, flags=re.DOTALL)
        return text

    def compare(self, login: str, language: str, path: str) -> None:
        """The page of an app that lived through it all, and of one that has just begun."""
        charts = self.charts.told.charts
        if path == "chart":
            path = f"/patient/{charts.find('NOM2')[0].id}"
        shown = self.page(self.kept, login, language, path)
        again = self.page(self.kept, login, language, path)
        with self.forgetting():
            fresh = self.page(self.kept, login, language, path)
        assert shown == fresh
        assert again == fresh

    @contextmanager
    def forgetting(self) -> Iterator[None]:
        """Charts, rows and parts of pages that are not remembered, for the length of the block."""
        charts, home = self.charts.told.charts, self.kept.app.state.house
        globals_ = [one.globals for one in self.kept.shell.templates._by_language.values()]
        was = charts._rows, home.lately, home.boards, globals_[0]["once"]
        charts._rows, home.lately, once = _Forgetful(SETTINGS.node.zone), LatelyOpened(self.charts), Fragments()
        home.boards = LaidBoards()
        patch = pytest.MonkeyPatch()
        patch.setattr(Opened, "sheet", lambda opened, now_ns: Sheet(opened.chart, now_ns, opened.laid))
        for one in globals_:
            one["once"] = once
        try:
            yield
        finally:
            patch.undo()
            charts._rows, home.lately, home.boards, once = was
            for one in globals_:
                one["once"] = once


class _Forgetful(BoardRows):
    """Rows that are worked out each time."""

    def at(self, packed: bytes, now_ns: int, downtime_ns: int = 0) -> BoardRow:
        return row_at(self.line(packed), now_ns, SETTINGS.node.zone, downtime_ns=downtime_ns)


def _hl7(at_ns: int) -> str:
    return re.sub(r"[-T:]", "", rfc3339(at_ns)[:19]) + "+0000"


_STEPS = st.tuples(
    st.sampled_from([*_SAID, "", ""]),
    st.sampled_from([1, 2]),
    st.sampled_from(JUMPS_S),
    st.sampled_from(LOGINS),
    st.sampled_from(["fr", "en"]),
    st.sampled_from(PAGES),
)


@settings(max_examples=15)
@given(steps=st.lists(_STEPS, min_size=3, max_size=8))
def test_what_was_remembered_is_what_is_made_anew(steps):
    """Whatever was said, whatever the hour, whoever looked before."""
    lives = _Lives()
    for said, patient, seconds, login, language, path in steps:
        lives.charts.clock.advance(seconds=seconds)
        if said:
            lives.say(patient, *_SAID[said], bed=next(lives.number) % 9 + 1 if said == "moves" else 0)
        lives.compare(login, language, path)


@pytest.mark.parametrize("path", PAGES)
def test_a_night_of_one_page(path):
    """One page, asked each hour of a day, a second before it and after: doses fall due, are late, the day ends."""
    lives = _Lives()
    lives.say(2, *_SAID["dose"])
    lives.say(2, *_SAID["every"])
    lives.say(2, *_SAID["leaves"])
    for seconds in [30, *[3569, 2, 29] * 14]:  # what a dose waits for comes in the middle of a minute
        lives.charts.clock.advance(seconds=seconds)
        lives.compare("nadia", "fr", path)
