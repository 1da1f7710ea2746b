"""A prescription is modified on one form: one entry, one course of doses, undone whole (decision 0218).

Method: a house with a real chart store; forms sent as a browser sends them; what is due is asked of the board, the
dose sheet and the pack.
"""

import re
from datetime import datetime
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from fhir.resources.R4B import get_fhir_model_class

from contrefeu.chart import clashes_of
from contrefeu.chart.sheet import Sheet, treatments_of
from tests.chart.feed import adt, ras, rde
from tests.station.folded import at_work, house
from tests.station.test_care import form, said
from tests.station.test_clashes import apart, joined
from tests.station.visitors import text_of

PARIS = ZoneInfo("Europe/Paris")
HOURS = {"drug": "Furosémide 40 mg cp", "dose": "1 cp", "route": "orale", "rhythm": "hours", "hours": "03:00 12:00"}
EVERY = {"drug": "Paracétamol 1 g cp", "dose": "1 cp", "route": "orale", "rhythm": "every", "every": "6"}

NEEDED = {
    "drug": "Morphine 10 mg",
    "dose": "1 amp",
    "route": "IV",
    "rhythm": "needed",
    "limit": "si EVA > 6 · 4 / 24 h",
}
ONCE = {"drug": "Aspirine 250 mg", "dose": "1 sachet", "route": "orale", "rhythm": "once"}


class Bed:
    """One patient, with one prescription that was written here two days ago."""

    def __init__(self, **typed):
        self.charts = house()
        self.charts.feed(adt("A01", "1121 0200", place="CARD^^1"))
        [hit] = self.charts.told.charts.find("martin")
        self.id = hit.id
        self.doctor, self.nurse = (at_work(login, self.charts) for login in ("martin", "nadia"))
        self.old = self.prescribed = self.prescribes(**typed) if typed else ""

    def prescribes(self, **typed):
        """Write one; its id."""
        sent = form(self.doctor, f"/write/prescription/{self.id}", **typed)
        assert sent.status_code == 303, text_of(sent)
        return self.newest()

    def newest(self):
        """The prescription that was made last."""
        kept = [one for one in self.chart().kept.values() if one.kind == "MedicationRequest"]
        return max((one for one in kept if one.now["status"] == "active"), key=lambda one: one.order).id

    def modifies(self, who=None, path="modify", **typed):
        """Change what the form holds, and send it."""
        page = f"/write/{path}/{self.id}/{self.old}"
        held = in_form(who or self.doctor, page)
        return form(who or self.doctor, page, **held | {"reason": "poids"} | typed)

    def chart(self):
        return self.charts.chart_now(self.id)

    def treatments(self):
        return treatments_of(Sheet(self.chart()))

    def due(self):
        """What the board says: hour, state, dosage."""
        row = self.charts.told.charts.row(self.id)
        at = (one.at and f"{datetime.fromisoformat(one.at).astimezone(PARIS):%H:%M}" for one in row.due)
        return [(hour, one.state, one.what.partition(" · ")[2]) for hour, one in zip(at, row.due, strict=True)]

    def dose(self, order, **typed):
        sent = form(self.nurse, f"/write/dose/{self.id}/{order}", outcome="completed", **typed)
        assert sent.status_code == 303, text_of(sent)


def in_form(who, path):
    """What stands in a form: every field by its name."""
    page = who.get(path)
    assert page.status_code == 200, text_of(page)
    body = page.text[page.text.index('<div class="fields">') :]
    typed = re.findall(r'<input id="f-\w+" name="(\w+)"[^>]*? value="([^"]*)"', body)
    found = {name: unescape(value) for name, value in typed}
    for name, options in re.findall(r'<select id="f-\w+" name="(\w+)"[^>]*>(.*?)</select>', body, re.S):
        found[name] = next((unescape(code) for code in re.findall(r'<option value="([^"]*)" selected', options)), "")
    return found


@pytest.mark.req("D4", "F9")
@pytest.mark.parametrize(
    ("typed", "held"),
    [
        (HOURS | {"days": "7"}, HOURS | {"days": "7", "first": "next"}),
        (EVERY, EVERY | {"days": "", "first": "next"}),
        (NEEDED, NEEDED | {"first": "next"}),
        (ONCE, ONCE),
    ],
    ids=["hours", "every", "needed", "once"],
)  # fmt: skip
def test_the_form_holds_what_is_in_force(typed, held):
    """Drug, dose, route, rhythm, hours, condition and days left stand in their fields; nothing is typed again."""
    bed = Bed(**typed)
    found = in_form(bed.doctor, f"/write/modify/{bed.id}/{bed.old}")
    assert {name: found[name] for name in held} == held


def test_what_the_form_cannot_hold_is_chosen_anew():
    """A feed's twice a day without hours: its words stand above, and nobody's guess in the rhythm."""
    bed = Bed()
    bed.charts.feed(rde("1123 0201"))
    bed.old = bed.newest()
    page = f"/write/modify/{bed.id}/{bed.old}"
    found = in_form(bed.doctor, page)
    assert found["drug"], "the drug in its sender's words"
    assert found["dose"], "how much"
    assert " · " not in found["dose"], "its words for the rhythm would contradict the new hours"
    sent = form(bed.doctor, page, **found | {"rhythm": "", "reason": "x"})
    assert sent.status_code == 400


@pytest.mark.req("D4", "F8")
def test_one_entry_writes_the_new_one_and_stops_the_old_one():
    """FHIR names what it replaces; the old one is stopped because it was modified; the chart shows both, linked."""
    bed = Bed(**HOURS | {"days": "7"})
    before = bed.chart().kept[f"MedicationRequest/{bed.old}"].now
    assert bed.modifies(dose="2 cp", reason="œdèmes").status_code == 303
    new, old = said(bed.charts)
    for one in (new, old):
        get_fhir_model_class("MedicationRequest").model_validate(one)
    assert new["priorPrescription"] == {"reference": f"MedicationRequest/{bed.old}"}
    assert (new["status"], new["dosageInstruction"][0]["text"]) == ("active", "2 cp · 03:00 12:00")
    assert (old["status"], old["statusReason"]["text"]) == ("stopped", "modifiée (œdèmes)")
    ends = [one["dosageInstruction"][0]["timing"]["repeat"]["boundsPeriod"]["end"] for one in (new, before)]
    assert ends[0] == ends[1], "an end that nobody touched is the same instant"
    words = text_of(bed.doctor.get(f"/patient/{bed.id}"))
    assert "remplace : Furosémide 40 mg cp · 1 cp · 03:00 12:00" in words
    assert "modifiée (œdèmes)" in words


def test_only_what_runs_is_modified_and_a_reason_is_asked_for():
    """Held, stopped or modified already, also from an older page: nothing is written."""
    bed = Bed(**HOURS)
    assert bed.modifies(reason="").status_code == 400
    held = in_form(bed.doctor, f"/write/modify/{bed.id}/{bed.old}")
    assert bed.modifies(dose="2 cp").status_code == 303
    count = len(bed.charts.written())
    again = form(bed.doctor, f"/write/modify/{bed.id}/{bed.old}", **held | {"dose": "3 cp", "reason": "x"})
    assert (again.status_code, "elle ne se modifie pas" in text_of(again)) == (400, True)
    assert len(bed.charts.written()) == count


@pytest.mark.req("D4", "F9")
def test_a_dose_of_the_old_one_answers_the_new_one_and_stays_shown():
    """Given at 03:11, changed at once: 03:00 of the new hours is not due again; the dose stands with what it was of."""
    bed = Bed(**HOURS)
    bed.dose(bed.old, amount="1 cp")
    asked = in_form(bed.doctor, f"/write/modify/{bed.id}/{bed.old}")
    assert asked["first"] == "", "who changes a drug that was given says when the first dose of the new one is"
    assert bed.modifies(dose="2 cp", first="next", hours="03:30 12:00").status_code == 303
    assert bed.due() == [("12:00", "coming", "2 cp · 03:30 12:00 · orale")]
    [now] = bed.treatments().running
    assert [(one.amount, one.under) for one in now.doses] == [("1 cp", "1 cp · 03:00 12:00")]
    words = text_of(bed.nurse.get(f"/patient/{bed.id}"))
    assert "sous la prescription d’avant : 1 cp · 03:00 12:00" in words


@pytest.mark.req("F9")
def test_every_n_hours_goes_on_from_the_last_dose():
    """Every six hours, given at 03:11, then every four: due at 07:11, not at once."""
    bed = Bed(**EVERY)
    bed.dose(bed.old)
    assert bed.modifies(every="4", first="next").status_code == 303
    [(hour, state, _)] = bed.due()
    assert (hour[3:], state) == ("11", "coming")


@pytest.mark.req("F9")
def test_the_first_dose_is_now_next_or_tomorrow_as_the_prescriber_says():
    """Now is a prescription of one dose beside; tomorrow's hours begin at midnight of the hospital's zone."""
    bed = Bed(**HOURS)
    assert bed.modifies(dose="2 cp", first="now").status_code == 303
    new, once, _ = said(bed.charts)
    assert once["dosageInstruction"][0]["timing"] == {"event": [new["authoredOn"]]}
    assert "priorPrescription" not in once
    assert ("2 cp · orale", "due") in [(what, state) for _, state, what in bed.due()]
    bed = Bed(**HOURS)
    assert bed.modifies(first="tomorrow").status_code == 303
    bounds = said(bed.charts)[0]["dosageInstruction"][0]["timing"]["repeat"]["boundsPeriod"]
    assert bounds["start"] == "2026-11-25T00:00:00+01:00"
    assert bed.due() == []
    bed = Bed(**EVERY)
    assert bed.modifies(first="now").status_code == 400


@pytest.mark.req("F2")
def test_a_dose_that_nobody_knows_of_stays_a_question():
    """Due by a feed's prescription before anybody told of doses: still asked, under the words that it was due on."""
    bed = Bed()
    bed.charts.feed(rde("1123 0201", tq1=["TQ1|1|||0200~1200|||20261123080000"]))
    bed.old = bed.newest()
    asked = ("02:00", "unknown", bed.due()[0][2])
    assert asked in bed.due()
    assert bed.modifies(dose="2 g", first="next").status_code == 303
    assert asked in bed.due()
    assert ("12:00", "coming", "2 g · 02:00 12:00 · Per os") in bed.due()
    item = [one for one in bed.charts.told.charts.row(bed.id).due if one.state == "unknown"][-1]
    bed.dose(item.resource.partition("/")[2], time="02:05", told="Inès, de nuit")
    assert asked not in bed.due()


@pytest.mark.req("D4")
def test_a_modification_is_taken_back_whole():
    """From its entry: the new one is struck, the old one runs again, and what was given of the new one counts."""
    bed = Bed(**HOURS)
    assert bed.modifies(dose="2 cp", first="next").status_code == 303
    ref, new = bed.charts.written()[-1].ref, bed.newest()
    bed.dose(new)
    assert form(bed.nurse, f"/write/takeback/{bed.id}/{ref}", reason="mauvais patient").status_code == 303
    states = {name.partition("/")[2]: one.now["status"] for name, one in bed.chart().kept.items() if "Request" in name}
    assert states == {new: "entered-in-error", bed.old: "active"}
    assert "03:00" not in [hour for hour, state, _ in bed.due() if state in {"due", "late"}]
    [now] = bed.treatments().running
    assert len(now.doses) == 0 or now.doses[0].status == "completed"


def test_the_one_that_was_replaced_is_not_resumed_beside_the_new_one():
    """Two would run; once the new one is stopped it may be."""
    bed = Bed(**HOURS)
    assert bed.modifies(dose="2 cp").status_code == 303
    new = bed.newest()
    assert f"/write/resume/{bed.id}/{bed.old}" not in bed.doctor.get(f"/patient/{bed.id}").text
    refused = form(bed.doctor, f"/write/resume/{bed.id}/{bed.old}", reason="x")
    assert (refused.status_code, "Une autre l’a remplacée" in text_of(refused)) == (400, True)
    assert form(bed.doctor, f"/write/stop/{bed.id}/{new}", reason="x").status_code == 303
    assert form(bed.doctor, f"/write/resume/{bed.id}/{bed.old}", reason="x").status_code == 303


@pytest.mark.req("F12")
@pytest.mark.parametrize("verdict", ["signed", "contested"])
def test_a_verbal_modification_waits_for_its_prescriber(verdict):
    """The nurse writes it, names the prescriber and ticks the read-back; contested, the old one runs again."""
    bed = Bed(**HOURS)
    path = f"/write/modify-verbal/{bed.id}/{bed.old}"
    assert path in bed.nurse.get(f"/patient/{bed.id}").text
    assert bed.modifies(bed.nurse, "modify-verbal", dose="2 cp", prescriber="martin").status_code == 400
    sent = bed.modifies(bed.nurse, "modify-verbal", dose="2 cp", prescriber="martin", readback="yes")
    assert sent.status_code == 303
    new = bed.newest()
    assert "ordre verbal, non signé" in text_of(bed.nurse.get(f"/patient/{bed.id}"))
    answer = {"verdict": verdict} | ({"reason": "non"} if verdict == "contested" else {})
    assert form(bed.doctor, f"/write/sign/{bed.id}/{new}", **answer).status_code == 303
    running = [one.key.partition("/")[2] for one in bed.treatments().running]
    assert running == [new if verdict == "signed" else bed.old]


def test_who_may_modify():
    """A nurse modifies by a verbal order alone; who reads only, not at all."""
    bed = Bed(**HOURS)
    assert bed.nurse.get(f"/write/modify/{bed.id}/{bed.old}").status_code == 403
    assert at_work("labo", bed.charts).get(f"/write/modify-verbal/{bed.id}/{bed.old}").status_code == 403


@pytest.mark.req("F13")
def test_the_pharmacist_has_one_line_of_a_modification():
    """The new one waits as changed; the old one waits no more."""
    bed = Bed(**HOURS)
    assert bed.modifies(dose="2 cp").status_code == 303
    waiting = [one for line in bed.charts.told.charts.work("P") for one in line.items if one.kind == "opinion"]
    assert [(one.value, one.state) for one in waiting] == [("2 cp · 03:00 12:00 · orale", "changed")]


@pytest.mark.req("D6")
@pytest.mark.parametrize("act", ["stop", "hold", "modify"])
@pytest.mark.parametrize("late", [True, False])
def test_two_stations_that_change_one_prescription_are_asked(act, late):
    """One modifies, the other stops, holds or modifies: whichever came first, both stand and a person settles it."""
    north, south = apart()
    modify = in_form(north.doctor, f"/write/modify/{north.id}/{north.order}")
    modify |= {"dose": "2 cp", "rhythm": "every", "every": "6", "route": "orale", "first": "next", "reason": "x"}
    first, second = (south, north) if late else (north, south)
    for ward in (first, second):
        if ward is south and act != "modify":
            sent = form(ward.doctor, f"/write/{act}/{ward.id}/{ward.order}", reason="allergie")
        else:
            typed = modify | ({"dose": "3 cp"} if ward is south else {})
            sent = form(ward.doctor, f"/write/modify/{ward.id}/{ward.order}", **typed)
        assert sent.status_code == 303, text_of(sent)
        north.charts.clock.advance(seconds=120)
        south.charts.clock.advance(seconds=120)
    joined(north, south)
    assert north.kinds() == south.kinds() == ["modified"]
    assert "changée aussi sur l’autre" in text_of(north.doctor.get("/work"))
    new = next(clash.second for clash in clashes_of(north.chart()))
    assert new.kind == "MedicationRequest"


@pytest.mark.req("F23")
def test_a_feed_that_replaces_an_order_is_one_course_too():
    """ORC RP, then RO: the RO names what it replaces, and the dose of that one counts."""
    bed = Bed()
    bed.charts.feed(rde("1124 0100"), ras("1124 0205", "1124 0200"))
    replaced, new = rde("1124 0210", "RP"), rde("1124 0210", "RO", number="P2")
    order = [line for line in new.split(b"\r") if line[:3] in (b"ORC", b"RXE", b"TQ1", b"RXR")]
    bed.charts.feed(b"\r".join([replaced.rstrip(b"\r"), *order, b""]))
    [now] = bed.treatments().running
    assert [one.status for one in now.doses] == ["completed"]
    assert now.doses[0].under
    assert [one.status for one in bed.treatments().stopped] == ["stopped"]
