"""The crisis cell opens, notes, declares and closes on screen; clocks stand on every page of those whose work they are.

Method: visitors of the ward app on a ward in memory.
"""

import pytest

from contrefeu.acts import AlarmRaised, DeclarationSent, IncidentClosed, IncidentNoted, IncidentOpened, decode, encode
from contrefeu.base import ManualClock
from contrefeu.journal import MEDIA_ACT, Entry
from tests.declare.pages import mounted
from tests.station.visitors import Visitor, join, text_of, visitor
from tests.station.ward_in_memory import NOW_NS, Charts, staffed


def acts(at: Visitor) -> list[object]:
    """What people did about incidents."""
    done = [decode(entry.body) for entry in at.charts.journal if entry.media_type == MEDIA_ACT]
    return [act for act in done if isinstance(act, IncidentOpened | IncidentNoted | DeclarationSent | IncidentClosed)]


@pytest.mark.req("L1")
def test_an_incident_from_its_opening_to_the_register():
    """The wall's time of awareness, a field, what was sent, the end; each under the person's name, each clock shown."""
    clock = ManualClock(NOW_NS)
    at = visitor("crise", **mounted(clock))
    page = at.get("/incidents", accept_language="en").text
    assert '<option value="2026-11-24">24 Nov 2026</option>' in page, "the page's own days, not the browser's"
    known = {"day": "2026-11-24", "hour": "1h30"}
    assert at.post("/incidents", do="open", text="Rançongiciel", **known | {"hour": "25:00"}).status_code == 400
    yesterday = {"day": "2026-11-23", "hour": ""}
    assert at.post("/incidents", do="open", text="Rançongiciel", **yesterday).status_code == 400, "yesterday is not now"
    assert at.post("/incidents", do="open", text="Rançongiciel", **known).status_code == 303
    (opened,) = acts(at)
    assert isinstance(opened, IncidentOpened)
    assert opened.aware_at == "2026-11-24T00:30:00.000000Z"
    ref = next(entry.ref for entry in reversed(at.charts.journal) if entry.media_type == MEDIA_ACT)
    words = text_of(at.get("/incidents"))
    assert "Rançongiciel" in words
    assert "NIS 2 : alerte précoce (24 h) 25 nov. 2026 01:30 reste 22 h 18" in words
    assert "à envoyer maintenant" in words
    assert "À DÉCLARER" in text_of(at.get("/status"))

    for login in ("nadia", "martin", "accueil"):
        join(at, login)
        assert "À DÉCLARER" not in text_of(at.get("/status"))
        assert at.get("/incidents").status_code == 403
    join(at, "dpo")
    assert at.post("/incidents", do="note", incident=ref, field="cause", text="hameçonnage").status_code == 303
    assert (
        at.post("/incidents", do="sent", incident=ref, regime="ars", day="2026-11-24", hour="", text="S-1").status_code
        == 303
    )
    clock.advance(hours=30)
    join(at, "dpo")
    words = text_of(at.get("/incidents"))
    assert "envoyée" in words
    assert "dépassé de 7 h" in words
    assert "hameçonnage" in words
    assert at.post("/incidents", do="close", incident=ref, text="refait").status_code == 303
    words = text_of(at.get("/incidents"))
    register = words.partition("Registre Incident")[2]
    assert "Signalement ARS / ANS" in register, "what was declared, by its name"
    assert "S-1" in register
    assert "Aucun incident ouvert" in words
    assert "À DÉCLARER" not in words
    assert [type(act).__name__ for act in acts(at)] == [
        "IncidentOpened", "IncidentNoted", "DeclarationSent", "IncidentClosed",
    ]  # fmt: skip
    assert at.looks("act")


@pytest.mark.req("L1")
def test_the_final_report_of_a_closed_incident_stays_on_the_page_until_it_is_sent():
    """With its clock and the form that says that it left; nothing else of it can be changed any more."""
    clock = ManualClock(NOW_NS)
    at = visitor("dpo", **mounted(clock))
    at.post("/incidents", do="open", text="Rançongiciel")
    ref = next(entry.ref for entry in reversed(at.charts.journal) if entry.media_type == MEDIA_ACT)
    at.post("/incidents", do="sent", incident=ref, regime="nis2-72h", text="N-1")
    at.post("/incidents", do="close", incident=ref, text="refait")
    page = at.get("/incidents").text
    assert "NIS 2 : rapport final (1 mois)" in page.partition("<h2>Ouvrir un incident</h2>")[0]
    assert 'value="note"' not in page
    assert 'value="close"' not in page
    assert "À DÉCLARER" in text_of(at.get("/status"))
    assert at.post("/incidents", do="note", incident=ref, text="x").status_code == 400
    assert at.post("/incidents", do="sent", incident=ref, regime="nis2-final", text="N-2").status_code == 303
    assert "À DÉCLARER" not in text_of(at.get("/status"))
    assert "Aucun incident ouvert" in text_of(at.get("/incidents"))


@pytest.mark.req("L1")
@pytest.mark.parametrize("typed", ["28/11/2026 18:00", "28/11/2026 à 18h00", "2026-11-28T18:00"])
def test_an_intermediate_report_that_was_asked_for_has_a_clock_on_the_page(typed):
    """From the note that says until when, as people here write it; what is no time is refused."""
    at = visitor("crise", **mounted())
    at.post("/incidents", do="open", text="Rançongiciel")
    ref = next(entry.ref for entry in reversed(at.charts.journal) if entry.media_type == MEDIA_ACT)
    title = "NIS 2 : rapport intermédiaire, sur demande"

    def table() -> str:
        return text_of(at.get("/incidents")).partition("Noter")[0]

    assert title not in table()
    said = {"do": "note", "incident": ref, "field": "interim_until"}
    assert at.post("/incidents", **said, text="samedi soir").status_code == 400
    assert at.post("/incidents", **said, text=typed).status_code == 303
    assert title in table()
    assert f"{title} 28 nov. 2026 18:00" in table()
    assert acts(at)[-1].text == "2026-11-28T17:00:00.000000Z"


@pytest.mark.parametrize(
    "form",
    [
        {"do": "open", "text": ""},
        {"do": "open", "text": "x", "when": "demain"},
        {"do": "open", "text": "x", "when": "2030-01-01T00:00"},
        {"do": "note", "incident": "nowhere/1", "text": "x"},
    ],
)
def test_what_cannot_be_is_refused_in_words(form):
    """Nothing is written, and the page says so."""
    at = visitor("crise", **mounted())
    answer = at.post("/incidents", **form)
    assert answer.status_code == 400
    assert "Rien n’a été écrit" in text_of(answer)
    assert acts(at) == []


def test_alarms_of_an_incident_are_on_its_page_and_harmless_ones_apart_struck_with_who_said_so():
    """One that nobody answered, one that is harmless; one from before the event is none of its file."""
    charts = staffed(Charts())
    times = {"CPAGE@CHU": "2026-11-24T00:40:00Z", "RDV@CHU": "2026-11-24T00:50:00Z", "LABO@CHU": "2026-11-20T00:00:00Z"}
    for n, (subject, moment) in enumerate(times.items(), 1):
        alarm = AlarmRaised("merges", subject, "attack", moment, moment)
        charts.journal.append(Entry("n7f3k2-watch", n, NOW_NS, 100 + n, "rule/merges", MEDIA_ACT, encode(alarm)))
    at = visitor("crise", charts, **mounted())
    at.post("/incidents", do="open", text="Fusions", when="2026-11-24T01:30")
    at.post("/alarms", alarm="n7f3k2-watch/2", verdict="harmless", note="doublons")
    page = at.get("/incidents")
    words = text_of(page)
    assert "CPAGE@CHU fusionne des identités en masse · personne n’a répondu" in words
    assert "À part : jugées sans gravité" in words
    assert "sans gravité : crise," in words
    assert "doublons" in words
    assert "LABO@CHU" not in page.text.partition("Alarmes de ce dossier")[2]
    (struck,) = [part.partition("</s>")[0] for part in page.text.split("<s>")[1:]]
    assert "RDV@CHU" in struck
