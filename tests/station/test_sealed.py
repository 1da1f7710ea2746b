"""A sealed document on the ward: everybody of the chart sees that there is one, the role's words open it (F45).

Method: visitors of the ward app on a ward in memory, with a document that was really sealed.
"""

import pytest

from contrefeu.base import ManualClock
from tests.station.sealed import REF, WORDS, document, with_sealed
from tests.station.visitors import Visitor, join, text_of, visitor
from tests.station.ward_in_memory import NOW_NS, PDF, Charts, staffed

PAGE = f"/sealed/{REF}?chart=p-durand"
SAID = "Dit en confiance"


@pytest.fixture
def martin() -> Visitor:
    """A physician of the ward."""
    return visitor("martin", charts=with_sealed(staffed(Charts())), clock=ManualClock(NOW_NS))


@pytest.mark.req("F45")
def test_a_chart_says_that_there_is_one_and_nothing_of_it(martin):
    """For whom, since when, and a way to open it; its entry leads to the same page."""
    chart = martin.get("/patient/p-durand")
    assert "Document scellé, pour psychiatrie" in text_of(chart)
    assert "Sealed document, for psychiatrie" in text_of(martin.get("/patient/p-durand", accept_language="en"))
    assert f'href="{PAGE}"' in chart.text
    assert martin.get(f"/entry/{REF}?chart=p-durand").headers["location"] == PAGE
    page = martin.get(PAGE)
    assert page.status_code == 200
    assert SAID not in page.text


@pytest.mark.req("F45", "G4")
def test_the_words_open_it_for_who_typed_them(martin):
    """However they are typed; its text, its files and its bytes; the look is journaled; closed, it is closed."""
    typed = "  ".join(word[:4].upper() for word in WORDS.split())
    opened = martin.post(PAGE, words=typed)
    assert (opened.status_code, opened.headers["location"]) == (303, PAGE)
    page = martin.get(PAGE)
    assert "Dit en confiance <b>." in text_of(page)
    assert "Dr Lenoir" in text_of(page)
    assert f'src="/opened/2/{REF}?chart=p-durand"' in page.text
    framed = martin.get(f"/opened/2/{REF}?chart=p-durand")
    assert (framed.content, framed.headers["x-frame-options"]) == (PDF, "SAMEORIGIN")
    assert framed.headers["cache-control"] == "no-store"
    assert page.headers["refresh"] == "601"
    assert martin.get(f"/opened/0/{REF}?chart=p-durand").content == document()
    assert martin.get(f"/opened/3/{REF}?chart=p-durand").status_code == 404
    looks = [one for one in martin.charts.audited() if one["outcome"] == "0" and REF in str(one)]
    assert len(looks) >= 3, "the page, its files and its bytes"
    token = martin.token
    join(martin, "nadia")
    assert SAID not in martin.get(PAGE).text, "opened for one session, not for the house"
    assert martin.get(f"/opened/0/{REF}?chart=p-durand").status_code == 404
    martin.client.cookies.set(martin.shell.cookie, token, domain="ward.example.org", path="/")
    martin.token = token
    assert martin.post(PAGE, close="1").status_code == 303
    assert SAID not in martin.get(PAGE).text


@pytest.mark.req("F45")
def test_it_closes_of_itself(martin):
    """A screen that somebody left shows it no longer."""
    martin.post(PAGE, words=WORDS)
    assert SAID in martin.get(PAGE).text
    martin.shell.setting.clock.advance(seconds=601)
    assert SAID not in martin.get(PAGE).text


@pytest.mark.req("F45")
def test_wrong_words_open_nothing_and_are_journaled(martin):
    """Said in words, an entry of the audit each; after some the next try waits, the right words too."""
    for words in ("", "academic acid", WORDS.rsplit(" ", 1)[0], WORDS + " acid", "x" * 10_000):
        answer = martin.post(PAGE, words=words)
        assert answer.status_code == 403
        assert "Ces mots ne l’ouvrent pas" in text_of(answer)
    failed = [one for one in martin.charts.audited() if one["outcome"] == "4"]
    assert len(failed) == 5
    assert REF in str(failed[-1])
    assert martin.post(PAGE, words=WORDS).status_code == 303
    assert SAID not in martin.get(PAGE).text, "it was not tried"
    assert "Attendez" in text_of(martin.get(PAGE))
    martin.shell.setting.clock.advance(seconds=3)
    martin.post(PAGE, words=WORDS)
    assert SAID in martin.get(PAGE).text


@pytest.mark.req("F45", "G4")
def test_words_give_no_right_to_a_chart():
    """Whose wards do not reach the patient is refused, whatever the words; no form is taken from elsewhere."""
    lucas = visitor("lucas", charts=with_sealed(staffed(Charts())))
    assert lucas.get(PAGE).status_code == 403
    assert lucas.post(PAGE, words=WORDS).status_code == 403
    assert lucas.get(f"/opened/0/{REF}?chart=p-durand").status_code == 403
    join(lucas, "martin")
    assert lucas.post(PAGE, _csrf="x", words=WORDS).status_code in {400, 403}
    assert SAID not in lucas.get(PAGE).text
    assert lucas.get("/sealed/n7f3k2-capture/184000?chart=p-durand").status_code == 404
