"""The page of systems that work on: what stands there in French, and that a form sent twice says its word once.

Method: a ward in memory, and how a system stands as the live process would have said it.
"""

import pytest

from contrefeu.acts import MessagesReleased, decode
from contrefeu.journal import MEDIA_ACT
from contrefeu.station.deps import LiveStuck, LiveSystem
from tests.station.visitors import Visitor, text_of, visitor
from tests.station.ward_in_memory import Charts, staffed

STUCK = (
    LiveStuck("n1-station/7", "refused", "FHIR ServiceRequest", "p-durand", code="AE"),
    LiveStuck("n1-station/8", "silent", "FHIR ServiceRequest", "p-durand"),
)


def at_the_page(charts: Charts, **stands: object) -> Visitor:
    """The crisis cell."""
    system = LiveSystem("labo", "mllp://labo:1", "labo", ["laboratory"], shown=list(STUCK), **stands)  # type: ignore[arg-type]
    return visitor("crise", charts, surviving=lambda: [system])


@pytest.mark.req("F16")
def test_each_state_says_what_to_do_next() -> None:
    """Refused, without an answer for long, stopped with the downtime before: and a reason in the reader's language."""
    crise = at_the_page(staffed(Charts()), state="trouble", problem="why", problem_fr="pourquoi")
    said = text_of(crise.get("/surviving"))
    for words in ("pourquoi", "Passer la demande par téléphone", "téléphoner là-bas", "Je l’ai vue là-bas"):
        assert words in said
    ended = text_of(at_the_page(staffed(Charts()), state="lifted").get("/surviving"))
    assert "rien ne part tant que vous ne le démarrez pas de nouveau" in ended


@pytest.mark.req("F16")
def test_a_form_that_is_sent_twice_sends_the_order_once() -> None:
    """The second is told that it is settled: released twice, what was sent again meanwhile would be sent once more."""
    charts = staffed(Charts())
    crise = at_the_page(charts, state="sending")
    told = {"system": "labo", "entry": "n1-station/7", "do": "again"}
    assert [crise.post("/surviving", **told).status_code for _ in range(2)] == [303, 409]
    acts = [decode(one.body) for one in charts.journal if one.media_type == MEDIA_ACT]
    assert [act.entries for act in acts if isinstance(act, MessagesReleased)] == [["n1-station/7"]]
