"""Theatre, sessions and appointments: from SIU and orders to a day's lists, with whom to call and who was told (F15).

Method: messages told to a real chart store; pages read as words, as several people, on the days around.
"""

import msgspec
import pytest
from fhir.resources.R4B import get_fhir_model_class

from contrefeu.chart.agenda import agenda_of
from tests.chart.feed import adt, message
from tests.station.folded import at_work, house
from tests.station.visitors import text_of

PID = "PID|||1001^^^IPP^PI||MARTIN^Jeanne^^^^^L||19480512|F|||||^PRN^PH^^^^^^^^^06 12 34 56 78"
NK1 = "NK1|1|MARTIN^Paul|SON^fils|||^PRN^CP^^^^^^^^^07 00 11 22 33"
HIDDEN = f"PID|||2002^^^IPP^PI||SECRET^Anne^^^^^L||19500101|F{'|' * 24}CACH"
IRM = [
    {1: "1", 2: "R9^DPI", 4: "IRM^IRM cérébrale^L", 24: "NMR", 36: "20261124160000"}.get(at, "") for at in range(1, 37)
]


def slot(event, number, start, what, place, *, pid=PID, said="1124 0205", status="Booked", extra=()):
    """One SIU."""
    return message(
        f"SIU^{event}^SIU_S12", said, f"SCH|{number}^AGENDA|||||ROUTINE|||45|min|^^^{start}||||||||||||||{status}",
        pid, "RGS|1|A", f"AIS|1||{what}^{what}^LOCAL|{start}", f"AIL|2||{place}",
        "AIP|3||D1^AUBRY^Léa", *extra, sender="AGENDA", control=f"{event}{number}{said}",
    )  # fmt: skip


def expected():
    """A patient of CARD with an operation, sessions of dialysis, an echography; and one who is protected."""
    charts = house()
    charts.feed(
        adt("A01", "1124 0200", place="CARD^^1", pid=PID, more=(NK1,)),
        slot("S12", "A1", "20261124080000", "Cholécystectomie", "BLOC^SALLE 2"),
        slot("S12", "A2", "20261124140000", "Hémodialyse", "DIAL^Poste 4"),
        slot("S12", "A3", "20261126140000", "Hémodialyse", "DIAL^Poste 4"),
        slot("S12", "A4", "20261125100000", "Échographie", "CHIR^Écho"),
        slot("S12", "A5", "20261124090000", "Coloscopie", "ENDO^Salle 1", pid=HIDDEN),
        message("OMG^O19", "1124 0206", PID, "ORC|NW|R9^DPI||||||20261124", f"OBR|{'|'.join(IRM)}", sender="DPI"),
    )
    [hit] = charts.told.charts.find("martin")
    return charts, hit.id


def section(page, name):
    """The words of one list."""
    return text_of(page.text.split(f'id="{name}"')[1].split("</section>")[0])


@pytest.mark.req("F15")
def test_a_day_has_theatre_sessions_and_appointments_with_whom_to_call():
    """Each in its list, by time, with the next session; numbers of the patient and of the kin as they were sent."""
    charts, _ = expected()
    nurse = at_work("nadia", charts)
    assert '<a href="/agenda/CARD">' in nurse.get("/ward/CARD").text
    today = nurse.get("/agenda/CARD")
    theatre, series, others = (section(today, name) for name in ("theatre", "series", "others"))
    assert "08:00 → 08:45 BLOC SALLE 2 Léa AUBRY MARTIN Jeanne" in theatre
    assert "☐ patient 06 12 34 56 78" in theatre
    assert "☐ MARTIN Paul (fils) 07 00 11 22 33" in theatre
    assert "14:00" in series and "Dialyse Hémodialyse" in series and "26 nov. 14:00" in series
    assert "IRM cérébrale" in others and "Échographie" not in others
    tomorrow = nurse.get("/agenda/CARD?day=2026-11-25")
    assert "Échographie" in section(tomorrow, "others")
    assert "26 nov. 14:00" in section(tomorrow, "series")  # nothing that day: the next one
    assert "Cholécystectomie" not in tomorrow.text
    nobody = nurse.get("/agenda/CARD?day=nonsense")
    assert nobody.status_code == 200


def test_what_is_not_in_ones_care_shows_no_reason_and_no_number():
    """A nurse of CHIR sees the house's theatre by name alone; a protected person is nobody to others."""
    charts, _ = expected()
    lucas = at_work("lucas", charts).get("/agenda")
    assert "MARTIN Jeanne" in section(lucas, "theatre")
    assert "Cholécystectomie" not in lucas.text
    assert "06 12 34 56 78" not in section(lucas, "theatre")
    assert "SECRET" not in lucas.text
    assert "Identité protégée" in section(lucas, "others")
    tomorrow = at_work("lucas", charts).get("/agenda/CHIR?day=2026-11-25")
    assert "06 12 34 56 78" in section(tomorrow, "others")  # that slot is at their ward
    assert "SECRET Anne" in section(at_work("nadia", charts).get("/agenda"), "others")


@pytest.mark.req("F15")
def test_who_was_told_stands_beside_by_name():
    """One click; an entry with who called; no slot changes; sent twice it is one."""
    charts, id_ = expected()
    nurse = at_work("nadia", charts)
    [name] = [name for name, kept in charts.chart_now(id_).kept.items() if "Cholé" in str(kept.now)]
    sent = {"chart": id_, "slot": name, "who": "MARTIN Paul", "once": "x", "day": "2026-11-24", "note": ""}
    for _ in range(2):
        answer = nurse.post("/agenda/CARD", **sent)
        assert (answer.status_code, answer.headers["location"].partition("#")[0]) == (
            303,
            "/agenda/CARD?day=2026-11-24",
        )
    theatre = section(nurse.get("/agenda/CARD"), "theatre")
    assert "☑ MARTIN Paul (fils)" in theatre
    assert "✓ prévenu : MARTIN Paul · 03:11 · Nadia Benali" in theatre
    calls = [call for line in agenda_of(charts.chart_now(id_)).values() for one in line.slots for call in one.calls]
    assert [(call.who, call.by) for call in calls] == [("MARTIN Paul", "Nadia Benali")]
    for one in msgspec.json.decode(charts.written()[-1].body)["entry"]:
        get_fhir_model_class(one["resource"]["resourceType"]).model_validate(one["resource"])
    assert at_work("lucas", charts).post("/agenda", **sent).status_code == 403
    assert nurse.post("/agenda", **sent | {"slot": "Appointment/none"}).status_code == 404


def booked(nurse, id_, **typed):
    """An appointment written on the ward's form."""
    at = {"what": "Consultation de cardiologie", "day": "27/11/2026", "time": "9h30", "minutes": "45", "once": "o",
          "place": "Consultations, bureau 4", "with": "Dr Aubry", "comment": "apporter l’ordonnance"}  # fmt: skip
    return nurse.post(f"/write/appointment/{id_}", **at | typed)


@pytest.mark.req("F15", "R3")
def test_an_appointment_is_given_moved_and_cancelled_on_the_ward():
    """Given here it stands in the day's list and the chart; moved it is the same one; a feed's own is not touched."""
    charts, id_ = expected()
    nurse = at_work("nadia", charts)
    assert f'href="/write/appointment/{id_}"' in nurse.get(f"/patient/{id_}").text
    answer = booked(nurse, id_)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/patient/{id_}#appointments")
    twice = booked(nurse, id_)
    assert (twice.status_code, "Le patient est déjà attendu" in twice.text) == (400, True)
    assert booked(nurse, id_, confirm="yes").status_code == 303, "the same form is the same appointment"
    day = section(nurse.get("/agenda/CARD?day=2026-11-27"), "others")
    assert "09:30 → 10:15 Consultations, bureau 4 Dr Aubry MARTIN Jeanne" in day
    assert day.count("09:30 → 10:15") == 1
    [made] = [name for name, kept in charts.chart_now(id_).kept.items() if "cardiologie" in str(kept.now)]
    line = made.partition("/")[2]
    assert f'href="/write/rebook/{id_}/{line}"' in nurse.get(f"/patient/{id_}").text
    moved = {"day": "28/11/2026", "time": "11:00", "minutes": "45", "why": "Dr Aubry absente", "once": "p"}
    assert nurse.post(f"/write/rebook/{id_}/{line}", **moved).status_code == 303
    assert "cardiologie" not in section(nurse.get("/agenda/CARD?day=2026-11-27"), "others")
    later = section(nurse.get("/agenda/CARD?day=2026-11-28"), "others")
    assert "11:00 → 11:45" in later and "Dr Aubry absente apporter l’ordonnance" in later
    assert nurse.post(f"/write/unbook/{id_}/{line}", why="patient transféré", once="q").status_code == 303
    gone = nurse.get("/agenda/CARD?day=2026-11-28")
    assert "annulé" in section(gone, "others") and "/write/rebook" not in gone.text
    again = nurse.post(f"/write/rebook/{id_}/{line}", **moved | {"once": "r"})
    assert (again.status_code, "n’est plus prévu" in again.text) == (400, True)
    for entry in charts.written()[-3:]:
        for one in msgspec.json.decode(entry.body)["entry"]:
            get_fhir_model_class(one["resource"]["resourceType"]).model_validate(one["resource"])
    [theirs] = [name for name, kept in charts.chart_now(id_).kept.items() if "Cholé" in str(kept.now)]
    refused = nurse.post(f"/write/unbook/{id_}/{theirs.partition('/')[2]}", why="x", once="s")
    assert (refused.status_code, "Cet agenda n’est pas tenu ici" in refused.text) == (400, True)


@pytest.mark.req("F15")
def test_what_cannot_be_an_appointment_is_said_beside_its_field():
    """Past, too far, no hour, no length; one that meets another is asked once more, with that one."""
    charts, id_ = expected()
    nurse = at_work("nadia", charts)
    for typed, words in (
        ({"day": "2026-11-24", "time": "02:00"}, "Cette heure est passée."),
        ({"day": "2062-11-27"}, "vérifiez l’année"),
        ({"day": "27/11"}, "Ce n’est pas une date."),
        ({"time": "tôt"}, "Une heure, comme 03:15."),
        ({"minutes": "0"}, "Cette valeur n’est pas possible."),
    ):
        answer = booked(nurse, id_, **typed)
        assert (answer.status_code, words in answer.text) == (400, True), typed
    before = len(charts.written())
    asked = booked(nurse, id_, day="2026-11-24", time="08:30")
    assert (asked.status_code, "Cholécystectomie" in asked.text) == (400, True)
    assert len(charts.written()) == before
    assert booked(nurse, id_, day="2026-11-24", time="08:30", confirm="yes").status_code == 303
    assert booked(nurse, id_, day="2026-11-24", time="08:45", once="t", confirm="yes", minutes="").status_code == 303


def test_a_slot_that_moves_or_falls_away_is_listed_as_it_stands():
    """Rescheduled: on the new day alone. Cancelled: still there, marked, for who must be told."""
    charts, _ = expected()
    nurse = at_work("nadia", charts)
    charts.feed(
        slot("S13", "A1", "20261125093000", "Cholécystectomie", "BLOC^SALLE 1", said="1124 0207"),
        slot("S15", "A2", "20261124140000", "Hémodialyse", "DIAL^Poste 4", said="1124 0208", status="Cancelled"),
    )
    today = nurse.get("/agenda/CARD")
    assert "(0)" in section(today, "theatre")
    assert "annulé" in section(today, "series")
    assert "09:30" in section(nurse.get("/agenda/CARD?day=2026-11-25"), "theatre")
