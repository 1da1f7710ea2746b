"""Movements written here: to another bed, out and back, out for good, a death; each taken back; against feeds' words.

Method: a patient whom a feed admitted, forms sent as a browser sends them, a chart store that reads both; boards and
charts read as words.
"""

import msgspec
import pytest
from fhir.resources.R4B import get_fhir_model_class

from contrefeu.chart import place_of
from contrefeu.chart.fold import to_bundle
from contrefeu.chart.sheet import Sheet, treatments_of
from tests.chart.feed import adt, rde
from tests.station.folded import at_work, house
from tests.station.test_care import form
from tests.station.visitors import join, text_of

MINUTE_NS = 60 * 10**9


def ward(*messages):
    """Jeanne Martin in CARD, bed 1, since 02:00; the nurse; her chart."""
    charts = house()
    charts.feed(adt("A01", "1124 0200", place="CARD^^1"), *messages)
    [hit] = charts.told.charts.find("martin")
    return charts, at_work("nadia", charts), hit.id


def later(charts, who, login, **more):
    """Time goes on; the screen was locked meanwhile, and its person is back."""
    charts.clock.advance(**more)
    join(who, login)


def beds(charts, ward_):
    """Who lies where."""
    return [(row.family, row.bed) for row in charts.told.charts.board(ward_).rows]


def stay(charts, id_):
    """The stays of a chart: status and present place."""
    chart = charts.chart_now(id_)
    found = [one["resource"] for one in to_bundle(chart)["entry"] if one["resource"]["resourceType"] == "Encounter"]
    return [one["status"] for one in found], place_of(chart, charts.clock.now_ns())[:3]


def valid(charts):
    """What was written last is R4, by a library that is not ours."""
    for entry in charts.written():
        for one in msgspec.json.decode(entry.body)["entry"]:
            get_fhir_model_class(one["resource"]["resourceType"]).model_validate(one["resource"])


@pytest.mark.req("D4")
def test_a_transfer_frees_one_bed_and_takes_another_and_is_taken_back():
    """The ward is chosen with its free beds in sight; both boards say it at once; cancelled, all is as before."""
    charts, nurse, id_ = ward()
    choice = text_of(nurse.get(f"/write/transfer/{id_}"))
    assert "Chirurgie 2 lits libres" in choice
    assert "Changer de lit ou d’unité → CHIR" in text_of(nurse.get(f"/write/transfer/{id_}?ward=CHIR"))
    assert form(nurse, f"/write/transfer/{id_}?ward=CHIR", bed="12").status_code == 303
    assert (beds(charts, "CARD"), beds(charts, "CHIR")) == ([], [("MARTIN", "12")])
    assert charts.told.charts.board("CARD").free_beds == ["1", "2", "3"]
    assert form(nurse, f"/write/cancel/{id_}", what="step", reason="autre patiente").status_code == 303
    assert (beds(charts, "CARD"), beds(charts, "CHIR")) == ([("MARTIN", "1")], [])
    assert stay(charts, id_) == (["in-progress"], ["CARD", "", "1"])
    valid(charts)
    nothing = form(nurse, f"/write/cancel/{id_}", what="", reason="encore")
    assert nothing.status_code == 400


@pytest.mark.req("F19")
def test_who_left_unseen_is_told_apart():
    """In words of its own; the table of the standard has no code for it and says "other"."""
    charts, nurse, id_ = ward()
    assert form(nurse, f"/write/discharge/{id_}", to="unseen").status_code == 303
    valid(charts)
    [stay] = Sheet(charts.chart_now(id_)).all("Encounter")
    left = stay["hospitalization"]["dischargeDisposition"]
    assert (left["text"], left["coding"][0]["code"]) == ("parti sans avoir été vu", "oth")


@pytest.mark.req("D4")
def test_a_discharge_ends_at_its_hour_and_not_before():
    """Announced for 09:00: in bed until then, said on the board; at 09:00 the bed is free; taken back, it is not."""
    charts, nurse, id_ = ward()
    sent = form(nurse, f"/write/discharge/{id_}", to="home", where="sa fille la prend", time="09:00")
    assert sent.status_code == 303
    assert "→ sort 09:00" in text_of(nurse.get("/ward/CARD"))
    assert "1 sortie annoncée" in text_of(nurse.get("/ward/CARD"))
    later(charts, nurse, "nadia", hours=6)
    assert beds(charts, "CARD") == []
    assert form(nurse, f"/write/cancel/{id_}", what="step", reason="reste une nuit").status_code == 303
    assert beds(charts, "CARD") == [("MARTIN", "1")]
    [one] = [r["resource"] for r in to_bundle(charts.chart_now(id_))["entry"] if "hospitalization" in r["resource"]]
    assert "dischargeDisposition" not in one["hospitalization"]
    valid(charts)


def test_whom_a_ward_let_go_by_mistake_it_takes_back():
    """The ward's own nurse, without breaking a glass, though the patient is in no ward any more."""
    charts, _, id_ = ward()
    charts.feed(adt("A02", "1124 0210", at="1124 0210", place="CHIR^^11"))
    lucas = at_work("lucas", charts)
    assert form(lucas, f"/write/discharge/{id_}", to="oth", where="").status_code == 303
    assert beds(charts, "CHIR") == []
    assert lucas.get(f"/patient/{id_}").status_code == 303
    assert form(lucas, f"/write/cancel/{id_}", what="step", reason="erreur").status_code == 303
    assert beds(charts, "CHIR") == [("MARTIN", "11")]


@pytest.mark.req("D4")
def test_a_leave_keeps_the_bed_and_ends_with_the_return():
    """On leave the row says so; back, it does not; each is one step, taken back alone."""
    charts, nurse, id_ = ward()
    assert form(nurse, f"/write/leave/{id_}").status_code == 303
    assert "en permission" in text_of(nurse.get("/ward/CARD"))
    assert beds(charts, "CARD") == [("MARTIN", "1")]
    later(charts, nurse, "nadia", hours=1)
    assert form(nurse, f"/write/return/{id_}", time="04:05").status_code == 303
    assert "en permission" not in text_of(nurse.get("/ward/CARD"))
    assert form(nurse, f"/write/cancel/{id_}", what="step", reason="pas encore").status_code == 303
    assert "en permission" in text_of(nurse.get("/ward/CARD"))


@pytest.mark.req("F19")
def test_a_death_stops_what_is_due_and_keeps_the_bed():
    """Time, by whom; nothing runs any more, no feed that has not heard wakes anybody; taken back, all runs again."""
    charts, nurse, id_ = ward(rde("1124 0201"))
    assert treatments_of(Sheet(charts.chart_now(id_))).running
    refused = form(nurse, f"/write/death/{id_}", time="02:50", by="")
    assert refused.status_code == 400
    assert form(nurse, f"/write/death/{id_}", time="02:50", by="Dr Claire Martin").status_code == 303
    page = text_of(nurse.get(f"/patient/{id_}"))
    assert "† décédé(e) 24 nov. 2026 02:50" in page
    assert "† décédé(e)" in text_of(nurse.get("/ward/CARD"))
    [row] = charts.told.charts.board("CARD").rows
    assert (row.bed, row.due) == ("1", [])
    assert not treatments_of(Sheet(charts.chart_now(id_))).running
    pid = "PID|||1001^^^IPP^PI||MARTIN^Jeanne^^^^^L||19480512|F" + "|" * 22 + "N"
    charts.clock.advance(seconds=600)
    charts.feed(adt("A08", "1124 0320", pid=pid, place="CARD^^1"))
    assert charts.told.charts.board("CARD").rows[0].deceased
    assert form(nurse, f"/write/death/{id_}", by="x").status_code == 400
    valid(charts)
    assert form(nurse, f"/write/cancel/{id_}", what="death", reason="autre patiente").status_code == 303
    assert not charts.told.charts.board("CARD").rows[0].deceased
    assert treatments_of(Sheet(charts.chart_now(id_))).running


@pytest.mark.req("F26")
@pytest.mark.parametrize(
    ("language", "words"), [("fr", "Deux sources se contredisent"), ("en", "Two sources disagree")]
)
def test_a_feed_that_says_otherwise_since_is_a_conflict_until_somebody_went_to_look(language, words):
    """Both are kept, the later place is shown with a sign on the board; a person's next word settles it."""
    charts, nurse, id_ = ward()
    assert form(nurse, f"/write/transfer/{id_}?ward=CARD", bed="2").status_code == 303
    charts.clock.advance(seconds=600)
    charts.feed(adt("A02", "1124 0321", at="1124 0320", place="CHIR^^11"))
    assert stay(charts, id_)[1] == ["CHIR", "", "11"]
    page = text_of(nurse.get(f"/patient/{id_}", accept_language=language))
    assert words in page
    assert "CARD 2" in page
    assert "CHIR 11" in page
    assert "CARD 2 / CHIR 11" in text_of(nurse.get("/ward/CHIR", accept_language=language))
    charts.clock.advance(seconds=600)
    assert form(nurse, f"/write/transfer/{id_}?ward=CARD", bed="2", time="03:31").status_code == 303
    assert words not in text_of(nurse.get(f"/patient/{id_}", accept_language=language))
    assert beds(charts, "CARD") == [("MARTIN", "2")]


@pytest.mark.req("F26")
def test_a_feed_that_never_heard_takes_nobody_out_of_a_bed():
    """Its discharge of a patient whom people here moved since is shown, not believed, until it says the same place."""
    charts, nurse, id_ = ward()
    assert form(nurse, f"/write/transfer/{id_}?ward=CHIR", bed="11").status_code == 303
    charts.clock.advance(seconds=600)
    charts.feed(adt("A03", "1124 0321", at="1124 0320"))
    assert beds(charts, "CHIR") == [("MARTIN", "11")]
    assert "lieu en désaccord" in text_of(nurse.get("/ward/CHIR"))
    charts.feed(adt("A02", "1124 0322", at="1124 0322", place="CHIR^^11"), adt("A03", "1124 0323", at="1124 0323"))
    assert beds(charts, "CHIR") == []


def test_a_feed_of_before_is_history_and_a_feed_that_agrees_speaks_again():
    """A movement of an earlier hour that comes late moves nobody and is no conflict; the same place is none either."""
    charts, nurse, id_ = ward()
    assert form(nurse, f"/write/transfer/{id_}?ward=CHIR", bed="11").status_code == 303
    charts.feed(adt("A02", "1124 0313", at="1124 0220", place="CARD^^3"))
    assert stay(charts, id_)[1] == ["CHIR", "", "11"]
    assert "≠" not in text_of(nurse.get("/ward/CHIR"))
    charts.clock.advance(seconds=600)
    charts.feed(adt("A02", "1124 0321", at="1124 0315", place="CHIR^^11"))
    charts.feed(adt("A02", "1124 0322", at="1124 0322", place="CARD^^1"))
    assert "≠" not in text_of(nurse.get("/ward/CARD"))
    assert beds(charts, "CARD") == [("MARTIN", "1")]


@pytest.mark.req("F26")
def test_a_stay_begun_here_goes_on_under_the_number_that_the_record_system_gives_it():
    """Admitted again by the record system in the same bed: one patient, one bed; its discharge is the patient's."""
    charts = house()
    charts.feed(adt("A28", "1124 0200", visit=""))
    [hit] = charts.told.charts.find("martin")
    nurse = at_work("nadia", charts)
    assert form(nurse, f"/arrive/known/{hit.id}?ward=CARD", bed="1", inside="IMP").status_code == 303
    charts.clock.advance(seconds=3600)
    charts.feed(adt("A01", "1124 0410", at="1124 0405", place="CARD^^1", visit="V9"))
    assert beds(charts, "CARD") == [("MARTIN", "1")]
    assert stay(charts, hit.id)[0].count("in-progress") == 1
    charts.clock.advance(seconds=3600)
    charts.feed(adt("A03", "1124 0510", at="1124 0505", visit="V9"))
    assert beds(charts, "CARD") == []


def test_an_admission_written_here_is_cancelled():
    """The bed is free again, the chart is there still, and the patient is found and admitted anew."""
    charts = house()
    charts.feed(adt("A28", "1124 0200", visit=""))
    [hit] = charts.told.charts.find("martin")
    nurse = at_work("nadia", charts)
    path = f"/arrive/known/{hit.id}?ward=CARD"
    assert form(nurse, path, bed="1", inside="IMP").status_code == 303
    assert form(nurse, f"/write/cancel/{hit.id}", what="step", reason="parti sans voir").status_code == 303
    assert beds(charts, "CARD") == []
    assert form(nurse, path, bed="1", inside="IMP").status_code == 303
    assert beds(charts, "CARD") == [("MARTIN", "1")]


@pytest.mark.req("F18")
@pytest.mark.parametrize(("language", "words"), [
    ("fr", ("isolement : contact", "niveau de soins : pas de réanimation", "régime : sans sel", "à confirmer",
            "non renseigné : directives, refus")),
    ("en", ("isolation: contact", "level of care: pas de réanimation", "diet: sans sel", "to confirm",
            "not recorded: directives, refusal")),
])  # fmt: skip
def test_isolation_level_of_care_and_diet_stand_on_the_board(language, words):
    """Each under its own word; what nobody said reads "not recorded"; past its day "to confirm"; lifted, it goes."""
    charts, nurse, id_ = ward()
    physician = at_work("martin", charts)
    unsaid = words[4].partition(":")[0].strip()
    row = text_of(nurse.get("/ward/CARD", accept_language=language)).replace(" :", ":")
    assert f"{unsaid}: {words[0].partition(':')[0].strip()}, {words[1].partition(':')[0].strip()}" in row
    assert form(nurse, f"/write/precaution/{id_}", kind="safety", what="contact", day="2026-11-25").status_code == 303
    assert form(nurse, f"/write/precaution/{id_}", kind="diet", what="sans sel", day="2026-11-25").status_code == 303
    assert nurse.get(f"/write/directive/{id_}").status_code == 403
    sent = form(physician, f"/write/directive/{id_}", what="pas de réanimation", day="2026-11-25")
    assert sent.status_code == 303
    valid(charts)
    row = text_of(nurse.get("/ward/CARD", accept_language=language)).replace(" :", ":")
    assert all(one.replace(" :", ":") in row for one in words[:3])
    assert words[4].replace(" :", ":") in row and f"{words[4]},".replace(" :", ":") not in row
    assert words[3] not in row
    later(charts, physician, "martin", hours=48)
    assert "à confirmer" in text_of(physician.get(f"/patient/{id_}"))
    row = text_of(physician.get("/ward/CARD", accept_language=language)).replace(" :", ":")
    assert all(f"{one} · {words[3]}".replace(" :", ":") in row for one in words[:3])
    [flag] = [one for one in Sheet(charts.chart_now(id_)).all("Flag") if one["code"]["text"] == "contact"]
    assert form(physician, f"/write/lift/{id_}", which=flag["id"]).status_code == 303
    assert not charts.told.charts.board("CARD").rows[0].isolation


@pytest.mark.req("F18")
def test_directives_refusals_trusted_person_and_legal_status_are_named():
    """Each by its author, with a day to look again; of each that nobody recorded the chart says so."""
    charts, nurse, id_ = ward()
    physician = at_work("martin", charts)
    unsaid = (
        "? non renseigné : isolement, niveau de soins, directives anticipées, refus de soins, régime, "
        "personne de confiance, statut légal"
    )
    assert unsaid in text_of(nurse.get(f"/patient/{id_}"))
    day = "2026-11-25"
    for kind, what in (("contact", "Mme Roy, sa fille, 06 00 00 00 01"), ("admin", "tutelle, M. Leroy")):
        assert form(nurse, f"/write/precaution/{id_}", kind=kind, what=what, day=day).status_code == 303
    for kind, what in (("directives", "vues, copie au dossier"), ("refusal", "transfusion")):
        assert form(physician, f"/write/directive/{id_}", kind=kind, what=what, day=day).status_code == 303
    valid(charts)
    page = text_of(nurse.get(f"/patient/{id_}"))
    assert "Personne de confiance : Mme Roy, sa fille, 06 00 00 00 01 depuis 03:11 · Nadia Benali" in page
    assert all(one in page for one in ("tutelle, M. Leroy", "Directives anticipées : vues", "Refus de soins : transfu"))
    assert "? non renseigné : isolement, niveau de soins, régime" in page, "a refusal says nothing of how far care goes"
    assert "personne de confiance" not in page
    board = text_of(nurse.get("/ward/CARD"))
    assert "Leroy" not in board and "Mme Roy" not in board, "neither is for who passes a board"
    assert "⚑ Refus de soins : transfusion" in board
    assert "non renseigné : isolement, niveau de soins, régime" in board, (
        "a refusal is recorded, and how far care goes not"
    )
    [row] = charts.told.charts.board("CARD").rows
    assert not row.resuscitation
    assert form(physician, f"/write/lift/{id_}").status_code == 400
    asked = physician.get(f"/write/lift/{id_}").text
    assert "Mme Roy" in asked and "tutelle" in asked


@pytest.mark.parametrize(("path", "login", "status"), [
    ("transfer/{}?ward=CHIR", "accueil", 200), ("discharge/{}", "accueil", 200), ("leave/{}", "accueil", 200),
    ("death/{}", "accueil", 403), ("precaution/{}", "accueil", 403), ("death/{}", "crise", 403),
    ("transfer/{}?ward=CHIR", "crise", 403), ("discharge/{}", "dpo", 403), ("cancel/{}", "machine", 403),
    ("lift/{}", "nadia", 403), ("cancel/{}", "nadia", 200), ("transfer/{}", "lucas", 303),
])  # fmt: skip
def test_who_may_move_whom(path, login, status):
    """By role, and by ward: who does not care for the patient breaks the glass first."""
    charts, _, id_ = ward()
    assert at_work(login, charts).get(f"/write/{path.format(id_)}").status_code == status


def test_a_ward_on_paper_moves_nobody_here():
    """Movements are written where the ward writes."""
    charts = house(medium="paper")
    charts.feed(adt("A01", "1124 0200", place="CARD^^1"))
    [hit] = charts.told.charts.find("martin")
    for name in ("transfer", "discharge", "leave", "return", "death", "cancel"):
        assert at_work("nadia", charts).get(f"/write/{name}/{hit.id}").status_code == 409


@pytest.mark.req("D1")
def test_the_crisis_cell_sees_every_ward_in_numbers():
    """Patients, free beds, who comes and leaves, unknown, dead, on leave, isolated, in conflict; and no name."""
    charts, nurse, id_ = ward()
    form(nurse, f"/write/precaution/{id_}", kind="safety", what="contact", day="2026-11-25")
    form(nurse, f"/write/discharge/{id_}", to="home", where="", time="09:00")
    form(nurse, "/arrive/unknown?ward=URG", sex="male", age="", seen="", bed="", inside="EMER")
    pid = "PID|||1002^^^IPP^PI||DURAND^Paul^^^^^L||19500101|M"
    charts.feed(adt("A05", "1124 0200", at="1124 0900", place="CARD^^3", visit="V2", pid=pid))
    crisis = at_work("crise", charts)
    page = text_of(crisis.get("/crisis"))
    assert "Cardiologie à l’écran 03:11 1 2 / 3 1 1 0 0 0 1 0 0 0" in page
    assert "Urgences à l’écran 03:11 1 non connus 0 0 0 0 ! 1 0 0 0 0" in page
    assert "2 patients · 4 lits libres" in page
    assert "MARTIN" not in page
    assert at_work("dpo", charts).get("/crisis").status_code == 403
    assert "Crisis" in text_of(crisis.get("/crisis", accept_language="en"))
