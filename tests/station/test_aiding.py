"""Aids on prescribing and giving: the same drug, the same class, the time between doses; each off until turned on.

Method: pure functions over charts made by hand; forms sent as a browser sends them to a ward in memory, read by the
real mapping and folded by the real fold; pages read as words, in both languages.
"""

import re
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.acts import AidSwitched, Medicine, MedicinesReleased, encode
from contrefeu.base import OperatorError
from contrefeu.chart import AIDED
from contrefeu.chart.sheet import Sheet
from contrefeu.journal import MEDIA_ACT, Entry
from contrefeu.station.care import Formulary, parse_medicines
from contrefeu.station.care.aiding import before_prescribing, on_giving, on_prescribing
from contrefeu.station.care.alike import classes_match, drug_from, drugs_match
from tests.chart.feed import PID, adt, message
from tests.station.folded import at_work, house
from tests.station.living import in_downtime
from tests.station.test_care import form, opened, said
from tests.station.test_pharmacy import AT, acted
from tests.station.visitors import join, text_of, visitor
from tests.station.ward_in_memory import NOW_NS, STATION, ZONE, at, chart_of, dose, durand, prescription

ATC = "http://www.whocc.no/atc"
FUROSEMIDE = Medicine("Furosémide 40 mg cp", ["furosémide"], atc="C03CA01")
BUMETANIDE = Medicine("Bumétanide 1 mg cp", ["bumétanide"], atc="C03CA02")
PARACETAMOL = Medicine("Paracétamol 500 mg cp", ["paracétamol"])
BOTH = {"duplicate", "class"}
ORDER = {"dose": "40 mg", "route": "orale", "rhythm": "every", "every": "8"}
WRITE = "/write/prescription/p-durand"
HOUR_NS = 3600 * 10**9


def listed(*medicines):
    """A list that a pharmacist released."""
    found = Formulary()
    found.apply(MedicinesReleased(list(medicines), AT), Entry("n-station", 1, NOW_NS, 1, "user/pharma", "", b""),
                {"pharma": SimpleNamespace(may=lambda _: True)})  # fmt: skip
    return found


LIST = listed(FUROSEMIDE, BUMETANIDE, PARACETAMOL)


def drug(text, *codings, **more):
    """A prescription's drug: words and (system, code)."""
    coding = [{"system": system, "code": code} for system, code in codings]
    return {"medicationCodeableConcept": {"text": text, **({"coding": coding} if coding else {})}, **more}


def sheet(*lines, patient=None):
    """A chart of these lines alone."""
    return Sheet(chart_of([patient or durand()[0], *lines]), NOW_NS)


def running(id_, text, *codings, **more):
    """A prescription in force."""
    return prescription(id_, text, "1 cp", "orale", -5, **drug(text, *codings), **more)


def told(chart, order, aids=BOTH, formulary=LIST, **more):
    """By aid: what was matched and how, and what was compared."""
    found = on_prescribing(chart, [{"resourceType": "MedicationRequest", **order}], formulary, aids, **more)
    return {one.aid: ([(w.about, w.how, w.what) for w in one.warned], one.compared) for one in found}


def matched(chart, order, **more):
    """The prescriptions that the aid on the same drug names, and how."""
    return [
        (about.partition("/")[2], how) for about, how, _ in told(chart, order, {"duplicate"}, **more)["duplicate"][0]
    ]


@pytest.mark.req("F8")
@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        (drug("Lasilix", ("urn:id:UCD", "9001")), drug("Furo", ("urn:id:UCD", "9001")), "code"),
        (drug("Lasilix", ("urn:id:UCD", "9001")), drug("Furo", ("urn:id:CIP", "9001")), None),
        (drug("Lasilix", ("urn:id:L", "12")), drug("Autre", ("urn:id:L", "12")), None),
        (drug("Lasilix", ("urn:id:99PHA", "12")), drug("Autre", ("urn:id:99PHA", "12")), None),
        (drug("Lasilix", ("", "12")), drug("Autre", ("", "12")), None),
        (drug("Lasilix", (ATC, "C03CA01")), drug("Furo", (ATC, "c03ca01")), "substance"),
        (drug("Lasilix", (ATC, "C03CA")), drug("Furo", (ATC, "C03CA")), None),
        (drug("Lasilix", (ATC, "C03CA01")), drug("Furo", ("urn:oid:2.16.840.1.113883.6.73", "C03CA01")), "substance"),
        (drug("FUROSEMIDE  40mg cp"), drug("Furosémide 40 mg, cp", ("urn:id:UCD", "9001")), "name"),
        (drug("Furosémide 20 mg inj."), drug("furosemide (40 mg)"), "stem"),
        (drug("Furosémide 40 mg cp"), drug("Furosémide spécial 40 mg cp"), None),
        (drug("Vitamine B12"), drug("Vitamine B1"), None),
        (drug("IV 20"), drug("IV 30"), None),
        (drug("40 mg"), drug("40 g"), None),
        (drug(""), drug(""), None),
        (drug("Furosémide 40 mg cp"), drug("Lasilix", (ATC, "C03CA01")), "substance"),  # by the list
    ],
)
def test_drugs_are_the_same_by_whole_codes_of_one_system_or_by_their_written_name(one, other, how):
    """And not by a code of another system, of no system, of a sender's own table, or by a part of a name."""
    first, second = drug_from(one, LIST), drug_from(other, LIST)
    for pair in ((first, second), (second, first)):
        found = drugs_match(*pair)
        assert (found.how if found else None) == how


@pytest.mark.req("F8")
def test_substances_of_the_list_make_two_strengths_one_drug():
    """What the pharmacist wrote of both is alike, whole."""
    brands = listed(Medicine("Doliprane 1 g cp", ["paracétamol"]), Medicine("Dafalgan cp", ["Paracetamol"]),
                    Medicine("Codoliprane", ["paracétamol", "codéine"]))  # fmt: skip
    one, same, more = (drug_from(drug(name), brands) for name in ("Doliprane 1 g cp", "Dafalgan cp", "Codoliprane"))
    assert drugs_match(one, same).how == "list"
    assert drugs_match(one, more) is None


DRUGS = st.builds(
    lambda name, codes: drug(name, *codes),
    st.sampled_from(["", "Furosémide 40 mg", "furosemide 20 mg", "Bumétanide 1 mg cp", "Lasilix", "X"]),
    st.lists(
        st.tuples(
            st.sampled_from([ATC, "urn:id:UCD", "urn:id:L", ""]), st.sampled_from(["C03CA01", "C03CA", "12", ""])
        ),
        max_size=3,
    ),
)


@pytest.mark.req("F8")
@given(one=DRUGS, other=DRUGS)
def test_a_match_is_the_same_from_both_sides(one, other):
    """Whichever drug is prescribed first."""
    first, second = drug_from(one, LIST), drug_from(other, LIST)
    assert drugs_match(first, second) == drugs_match(second, first)
    assert classes_match(first, second) == classes_match(second, first)


@pytest.mark.req("F8")
@given(
    lines=st.lists(st.tuples(DRUGS, st.sampled_from(["active", "on-hold", "stopped", "completed", "cancelled",
                                                     "entered-in-error", "draft", "unknown"])), max_size=6),
    order=DRUGS,
)  # fmt: skip
def test_every_prescription_in_force_is_counted_and_one_that_is_not_never_matches(lines, order):
    """What was compared and what was not add up to what is in force: none is passed over in silence."""
    chart = sheet(*(prescription(f"r{n}", "", "1", "orale", -1, **{**one, "status": status})
                    for n, (one, status) in enumerate(lines)))  # fmt: skip
    in_force = {f"MedicationRequest/r{n}" for n, (_, status) in enumerate(lines)
                if status in {"active", "on-hold", "draft", "unknown"}}  # fmt: skip
    found = told(chart, order)
    (same, compared), (alike, by_class) = found["duplicate"], found["class"]
    assert {about for about, *_ in (*same, *alike)} <= in_force
    assert compared.count == len(in_force)
    assert by_class.count + by_class.left == len(in_force)
    assert by_class.drug == bool(drug_from(order, LIST).classes)
    assert not {about for about, *_ in same} & {about for about, *_ in alike}


@pytest.mark.req("F8")
def test_what_ended_or_is_replaced_or_is_this_order_itself_is_no_duplicate():
    """A date that has passed; the prescription that this one takes the place of; the order sent back by its feed."""
    over = {"boundsPeriod": {"end": at(-1)}}
    today = {"boundsPeriod": {"end": at(0)[:10]}}
    ours = [{"system": "urn:ietf:rfc:3986", "value": "urn:uuid:0b0b"}]
    echo = [{"system": "urn:id:CONTREFEU", "value": "0b0b"}]
    chart = sheet(
        running("old", "Furosémide 40 mg cp", dosageInstruction=[{"text": "1", "timing": {"repeat": over}}]),
        running("ends", "Furosémide 40 mg cp", dosageInstruction=[{"text": "1", "timing": {"repeat": today}}]),
        running("mine", "Furosémide 40 mg cp", identifier=ours),
        running("echo", "FUROSEMIDE 40 MG", ("urn:id:UCD", "9001"), identifier=echo),
    )
    order = drug("Furosémide 20 mg inj.")
    assert [how for _, how in matched(chart, order)] == ["stem", "stem"]  # that of today, and mine with its echo
    changed = order | {"priorPrescription": {"reference": "MedicationRequest/mine"}}
    assert matched(chart, changed) == [("ends", "stem")]
    assert matched(chart, order, mine={("ours", "0b0b")}) == [("ends", "stem")]
    coded = drug("Lasilix", ("urn:id:UCD", "9001"))
    assert [how for _, how in matched(chart, coded)] == ["code"]  # by either of its two descriptions


@pytest.mark.req("F8")
def test_a_prescription_on_hold_is_told_as_held():
    """It may be taken up again: it is named, with its state."""
    chart = sheet(running("held", "Furosémide 40 mg cp", status="on-hold"))
    [one] = on_prescribing(chart, [drug("Furosémide 40 mg cp")], LIST, {"duplicate"})
    assert [(warned.status, warned.by) for warned in one.warned] == [("on-hold", "Dr Martin")]


@pytest.mark.req("F8")
def test_a_class_is_an_atc_code_of_level_4_and_nothing_else():
    """Furosemide and bumetanide are C03CA; ibuprofen and diclofenac are not one group; without a code nothing is."""
    chart = sheet(
        running("a", "Lasilix", (ATC, "C03CA01")),
        running("b", "Ibuprofène", (ATC, "M01AE01")),
        running("c", "Bumétanide 5 mg"),  # not of the list by this name
    )
    warned, compared = told(chart, drug("Bumétanide 1 mg cp"), {"class"})["class"]
    assert warned == [("MedicationRequest/a", "class", "C03CA")]
    assert (compared.drug, compared.count, compared.left) == (True, 2, 1)
    assert told(chart, drug("Diclofénac", (ATC, "M01AB05")), {"class"})["class"][0] == []
    warned, compared = told(chart, drug("bumetanide"), {"class"})["class"]
    assert (warned, compared.drug) == ([], False)
    both = told(chart, drug("Furosémide 40 mg cp"))
    assert [how for _, how, _ in both["duplicate"][0]] == ["substance"]
    assert both["class"][0] == []  # said once
    assert [how for _, how, _ in told(chart, drug("Furosémide 40 mg cp"), {"class"})["class"][0]] == ["class"]


@pytest.mark.req("F8")
def test_what_is_compared_is_said_before_a_drug_is_typed():
    """How many are in force, how many have no code; what the patient says they take is not compared."""
    taken = {"resourceType": "MedicationStatement", "id": "s", "meta": {"source": "urn:contrefeu:entry:a/1"},
             "status": "active", **drug("Aspirine")}  # fmt: skip
    chart = sheet(running("a", "Lasilix", (ATC, "C03CA01")), running("b", "Ibuprofène"), taken)
    found = {one.aid: one.compared for one in before_prescribing(chart, LIST, BOTH)}
    assert {aid: (one.count, one.left, one.declared) for aid, one in found.items()} == {
        "duplicate": (2, 1, 1),
        "class": (1, 1, 1),
    }
    assert before_prescribing(chart, LIST, set()) == []
    [one] = before_prescribing(chart, LIST, {"duplicate"}, chart.get({"reference": "MedicationRequest/a"}))
    assert one.compared.count == 1  # a change of one is compared with the others


def every(hours, **more):
    """The elements of a prescription every n hours."""
    repeat = {"frequency": 1, "period": hours, "periodUnit": "h"}
    return {"dosageInstruction": [{"text": f"1 g /{hours} h", "timing": {"repeat": repeat}, **more}]}


def gave(chart, id_="p", at_ns=NOW_NS, **more):
    """What the aid says of a dose of a prescription."""
    line = chart.get({"reference": f"MedicationRequest/{id_}"})
    return on_giving(chart, line, at_ns, ZONE, LIST, **more)


def named(says):
    return [(one.about.partition("/")[2], one.how) for one in says.warned]


@pytest.mark.req("F8")
def test_a_dose_counts_whatever_prescription_of_the_drug_it_was_given_on():
    """Its own, another of the same drug, one that was stopped since, or none that is known."""
    lines = [
        running("p", "Paracétamol 500 mg cp", **every(6)),
        running("iv", "PARACETAMOL 1 g inj", **every(6)),
        running("gone", "Paracétamol 1 g cp", status="stopped"),
        running("other", "Tramadol 50 mg", **every(6)),
    ]
    for request in ("p", "iv", "gone", "nobody-knows"):
        chart = sheet(*lines, dose("d", request, "Paracétamol 1 g", -3))
        assert named(gave(chart)) == [("d", "close")], request
    assert named(gave(sheet(*lines, dose("d", "other", "Tramadol", -3)))) == []


@pytest.mark.req("F8")
def test_a_dose_withheld_or_taken_back_does_not_count_and_one_without_an_hour_is_said():
    """Of two without an hour nothing is compared, and their number is told."""
    line = running("p", "Paracétamol 500 mg cp", **every(6))
    for status in ("not-done", "entered-in-error", "unknown", "on-hold"):
        says = gave(sheet(line, dose("d", "p", "Paracétamol", -3, status)))
        assert (named(says), says.compared.last) == ([], None)
    day = dose("d", "p", "Paracétamol", -3) | {"effectiveDateTime": "2026-11-24"}
    nothing = dose("e", "p", "Paracétamol", -3)
    del nothing["effectiveDateTime"]
    says = gave(sheet(line, day, nothing))
    assert (named(says), says.compared.hourless, says.compared.last) == ([], 2, None)


@pytest.mark.req("F8")
def test_a_dose_typed_late_is_compared_by_its_own_hour_with_those_on_both_sides():
    """Of 23:11, typed at 03:11: one of 20:11 before it, one of 02:11 after it."""
    line = running("p", "Paracétamol 500 mg cp", **every(6))
    chart = sheet(line, dose("a", "p", "Paracétamol", -7), dose("b", "p", "Paracétamol", -1))
    says = gave(chart, at_ns=NOW_NS - 4 * HOUR_NS)
    assert [(one.about[-1], one.how, one.apart_min, one.status) for one in says.warned] == [
        ("a", "close", 180, ""),
        ("b", "close", 180, "after"),
    ]


@pytest.mark.req("F8")
def test_the_most_in_24_hours_counts_doses_of_every_prescription_of_the_drug():
    """Four were given since yesterday, six hours apart: the fifth is shown with all four."""
    most = {"numerator": {"value": 4, "code": "{dose}"}, "denominator": {"value": 24, "code": "h"}}
    line = running("p", "Paracétamol 500 mg cp", **every(5, asNeededBoolean=True, maxDosePerPeriod=most))
    other = running("iv", "Paracétamol 1 g inj")
    doses = [dose(f"d{n}", "iv" if n % 2 else "p", "Paracétamol", -6 * n - 0.5) for n in range(4)]
    says = gave(sheet(line, other, *doses), at_ns=NOW_NS + 5 * HOUR_NS)
    assert named(says) == [("d3", "most"), ("d2", "most"), ("d1", "most"), ("d0", "most")]


@pytest.mark.req("F8")
def test_what_the_form_asks_about_anyway_and_what_it_wrote_before_are_not_said_again():
    """A dose within the hour has its own question; a form sent twice is one dose; one of the same round counts."""
    line = running("p", "Paracétamol 500 mg cp", **every(6))
    before = dose("d", "p", "Paracétamol", -0.5) | {
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": "urn:uuid:7"}]
    }
    chart = sheet(line, before)
    assert named(gave(chart)) == [("d", "close")]
    assert named(gave(chart, asked={"MedicationAdministration/d"})) == []
    assert named(gave(chart, mine={("ours", "7")})) == []
    beside = {"resourceType": "MedicationAdministration", "status": "completed", **drug("paracetamol 1 g inj"),
              "effectiveDateTime": at(0)}  # fmt: skip
    assert named(gave(sheet(line), also=[beside])) == [("", "close")]


@pytest.mark.req("F8")
def test_no_interval_no_warning_and_why_is_said():
    """Words are not read; the last dose is told all the same."""
    chart = sheet(running("p", "Paracétamol 500 mg cp"), dose("d", "p", "Paracétamol", -1))
    says = gave(chart)
    assert (named(says), says.compared.spacing.why, says.compared.last.by) == ([], "words", "N. Benali")


@pytest.mark.req("F13")
def test_a_list_has_atc_codes_and_a_wrong_one_names_its_line():
    """Capitals and blanks do not matter; a group of five characters may stand there; anything else is refused."""
    assert [one.atc for one in parse_medicines("name;atc\nA;c03 ca01\nB;C03CA\nC;\n")] == ["C03CA01", "C03CA", ""]
    assert parse_medicines('[[medicine]]\nname = "A"\natc = "C03CA01"\n', toml=True)[0].atc == "C03CA01"
    for wrong in ("C03", "C3CA01", "furosémide", "C03CA011"):
        with pytest.raises(OperatorError, match=r"line 3: .* is no ATC code") as found:
            parse_medicines(f"name;atc\nA;\nB;{wrong}\n")
        assert found.value.safe


# On the ward


@pytest.fixture
def charts():
    """A ward in downtime with a list of three, and no aid on."""
    found = in_downtime()
    acted(found, MedicinesReleased([FUROSEMIDE, BUMETANIDE, PARACETAMOL], AT))
    return found


def turned_on(charts, *aids, on=True):
    for aid in aids:
        acted(charts, AidSwitched(aid, on, AT), "surete")


def kept(charts):
    """What the last entry keeps of the aids, by part."""
    [first, *_] = said(charts)
    parts = [part for one in first["extension"] if one["url"] == AIDED for part in one["extension"]]
    return {part["url"]: part["valueString"] for part in parts}


def ticked(page, *aids):
    """The ticks that a page asks for."""
    return {f"seen-{aid}": re.search(rf'name="seen-{aid}" value="([0-9a-f]+)"', page.text)[1] for aid in aids}


@pytest.mark.req("F8")
def test_each_aid_is_off_until_the_safety_officer_turns_it_on():
    """Its page says what it is for and what it does not do; nobody else turns it on, and off it is silent."""
    charts = in_downtime()
    who = visitor("martin", charts=charts)
    assert form(who, WRITE, drug="Furosémide 20 mg/2 mL inj.", **ORDER).status_code == 303
    assert 'data-mark="compared-' not in who.get(WRITE).text
    assert AIDED not in charts.written()[-1].body.decode()
    for aid in ("duplicate", "class", "dose_time"):
        join(who, "nadia")
        assert who.post(f"/aids/{aid}", on="yes").status_code == 403
        join(who, "surete")
        assert who.post(f"/aids/{aid}", on="yes").status_code == 303
    page = text_of(who.get("/aids"))
    for words in ("Même médicament déjà prescrit", "Même classe déjà prescrite", "Temps entre les doses"):
        assert words in page
    assert page.count("Mise en service par Dr Alice Fabre") == 3
    assert page.count("Sans avertissement, rien n’est assuré") == 4


@pytest.mark.req("F8")
def test_the_same_medicine_is_asked_about_once_more_with_its_source_and_kept(charts):
    """The other prescription is named with date, prescriber and how; a tick writes it, and the entry says what was
    shown; the form says what it could not compare before and after."""
    turned_on(charts, "duplicate")
    doctor = visitor("martin", charts=charts)
    before = text_of(doctor.get(WRITE))
    assert "Prescriptions en cours comparées : 4 ; par leur nom écrit seulement : 4." in before
    page = form(doctor, WRITE, drug="furosemide 40 MG cp", **ORDER)
    assert page.status_code == 400
    words = text_of(page)
    assert "Le même médicament est déjà prescrit : Furosémide 20 mg/2 mL inj. · 40 mg à 08:00, 14:00, 20:00" in words
    assert re.search(r"Dr Martin · même nom écrit, autre dosage ou autre forme", words)
    assert 'href="/entry/n7f3k2-capture/183500?chart=p-durand"' in page.text
    assert not charts.written()
    assert form(doctor, WRITE, drug="furosemide 40 MG cp", confirm="yes", **ORDER).status_code == 400
    assert form(doctor, WRITE, drug="furosemide 40 MG cp", **ORDER, **{"seen-duplicate": "0" * 16}).status_code == 400
    sent = form(doctor, WRITE, drug="furosemide 40 MG cp", **ORDER, **ticked(page, "duplicate"))
    assert sent.status_code == 303
    assert "confirmé malgré l’avertissement : Furosémide 20 mg/2 mL inj." in kept(charts)["duplicate"]
    assert "par leur nom écrit seulement : 4" in kept(charts)["duplicate-compared"]
    assert "! Même médicament : confirmé malgré l’avertissement" in text_of(doctor.get("/patient/p-durand"))


@pytest.mark.req("F8")
def test_the_same_in_english(charts):
    """Every sentence of both forms has English."""
    acted(charts, MedicinesReleased([Medicine("Bisoprolol 2,5 mg cp", ["bisoprolol"], atc="C07AB07")], AT))
    acted(charts, MedicinesReleased([Medicine("Aténolol 50 mg cp", ["aténolol"], atc="C07AB03")], AT))
    turned_on(charts, "duplicate", "class", "dose_time")
    doctor = visitor("martin", charts=charts)
    doctor.post("/choose", lang="en", next="/")
    before = text_of(doctor.get(WRITE))
    assert (
        "Prescriptions in force compared by their ATC code of level 4: 1; without an ATC code, not compared: 3."
        in before
    )
    page = text_of(form(doctor, WRITE, drug="Aténolol 50 mg cp", **ORDER))
    assert "A medicine of the same class is already prescribed: Bisoprolol 2,5 mg cp" in page
    assert "same class, ATC code C07AB" in page
    page = text_of(form(doctor, WRITE, drug="Bisoprolol 5 mg cp", **ORDER))
    assert "The same medicine is already prescribed: Bisoprolol 2,5 mg cp" in page
    assert "same written name, another strength or form" in page
    given = text_of(doctor.get("/write/dose/p-durand/m4"))
    assert "Interval not checked: it is not said in a form that can be compared, read the prescription." in given
    assert "Last known dose: 00:47, N. Benali." in given
    assert "No warning assures nothing." in given


@pytest.mark.req("F8")
def test_a_form_sent_twice_is_not_its_own_duplicate(charts):
    """The answer was lost on the way: the same page again writes the same order, and asks nothing."""
    turned_on(charts, "duplicate")
    doctor = visitor("martin", charts=charts)
    page = doctor.get(WRITE).text
    once = re.search(r'name="once" value="([^"]*)"', page)[1]
    for _ in range(2):
        assert doctor.post(WRITE, drug="Kétoprofène 100 mg", once=once, **ORDER).status_code == 303
    other = form(doctor, WRITE, drug="Kétoprofène 100 mg", **ORDER)
    assert other.status_code == 400  # another page is another order


@pytest.mark.req("F8")
def test_a_modification_is_no_duplicate_of_what_it_replaces(charts):
    """Nor is the one before; another one of the same drug is."""
    turned_on(charts, "duplicate")
    doctor = visitor("martin", charts=charts)
    change = {"drug": "Furosémide 20 mg/2 mL inj.", "first": "next", "reason": "diurèse", **ORDER}
    change |= {"rhythm": "hours", "hours": "08:00", "first": "tomorrow"}
    path = "/write/modify/p-durand/m1"
    assert form(doctor, path, **change).status_code == 303
    [order] = [one["id"] for one in opened(charts) if one.get("priorPrescription")]
    assert form(doctor, f"/write/modify/p-durand/{order}", **change).status_code == 303


@pytest.mark.req("F8")
def test_an_aid_turned_off_while_the_form_is_open_asks_nothing_and_keeps_what_was_ticked(charts):
    """What its author saw and confirmed stands in the entry; nothing is asked of who ticks nothing."""
    turned_on(charts, "class")
    acted(charts, MedicinesReleased([Medicine("Furosémide 20 mg/2 mL inj.", ["furosémide"], atc="C03CA01")], AT))
    doctor = visitor("martin", charts=charts)
    page = form(doctor, WRITE, drug=BUMETANIDE.name, **ORDER)
    assert "même classe, code ATC C03CA" in text_of(page)
    join(doctor, "surete")
    assert doctor.post("/aids/class", on="no").status_code == 303
    join(doctor, "martin")
    sent = form(doctor, WRITE, drug=BUMETANIDE.name, **ORDER, **ticked(page, "class"))
    assert sent.status_code == 303
    assert "même classe, code ATC C03CA" in kept(charts)["class"]
    assert form(doctor, WRITE, drug=BUMETANIDE.name, **ORDER).status_code == 303
    [order, *_] = said(charts)
    assert AIDED not in {one["url"] for one in order["extension"]}


@pytest.mark.req("F8")
def test_free_text_is_compared_with_no_class_and_the_chart_says_so(charts):
    """It is written unasked; that nothing was compared stands beside it on the chart, and in its entry."""
    turned_on(charts, "class")
    doctor = visitor("martin", charts=charts)
    assert "Un texte libre n’est comparé à rien." in text_of(doctor.get(WRITE))
    assert form(doctor, WRITE, drug="diurétique", **ORDER).status_code == 303
    words = "Ce médicament n’a pas de code ATC : rien n’a été comparé."
    assert words in kept(charts)["class-compared"]
    assert words in text_of(doctor.get("/patient/p-durand"))


PARA = {"drug": "Paracétamol 500 mg cp", "dose": "1 g", "route": "orale", "rhythm": "needed", "limit": "si douleur"}


def _prescribed(charts, **more):
    """A prescription written on the ward; returns its id."""
    doctor = visitor("martin", charts=charts)
    assert form(doctor, WRITE, **(PARA | more)).status_code == 303
    return [one["id"] for one in opened(charts) if (one["resourceType"] == "MedicationRequest" and one["id"] > "m9") or
            one.get("medicationCodeableConcept", {}).get("text") == "Paracétamol 500 mg cp"][-1]  # fmt: skip


@pytest.mark.req("F8", "F9")
def test_a_least_interval_and_a_most_have_fields_of_their_own(charts):
    """They stand in words in the dosage, and as numbers beside; a change holds them again; half hours are refused."""
    doctor = visitor("martin", charts=charts)
    page = form(doctor, WRITE, **PARA, apart="4,5", most="4")
    assert "Un nombre entier." in text_of(page)
    id_ = _prescribed(charts, apart="6", most="4")
    [order] = said(charts)
    [dosage] = order["dosageInstruction"]
    assert dosage["text"] == "1 g · si douleur · /6 h · ≤ 4 / 24 h"
    assert dosage["timing"] == {"repeat": {"frequency": 1, "period": 6, "periodUnit": "h"}}
    assert dosage["maxDosePerPeriod"]["numerator"]["value"] == 4
    page = doctor.get(f"/write/modify/p-durand/{id_}").text
    for name, value in {"dose": "1 g", "limit": "si douleur", "apart": "6", "most": "4"}.items():
        assert re.search(rf'name="{name}"[^>]*value="{value}"', page), name
    change = PARA | {"apart": "4", "most": "6", "first": "next", "reason": "douleur"}
    assert form(doctor, f"/write/modify/p-durand/{id_}", **change).status_code == 303
    assert said(charts)[0]["dosageInstruction"][0]["text"] == "1 g · si douleur · /4 h · ≤ 6 / 24 h"


@pytest.mark.req("F8")
def test_a_dose_too_soon_is_shown_on_opening_asked_about_and_kept(charts):
    """The nurse sees the last dose before giving; the tick is for the dose that was given all the same."""
    turned_on(charts, "dose_time")
    id_ = _prescribed(charts, apart="6")
    nurse = visitor("nadia", charts=charts)
    path = f"/write/dose/p-durand/{id_}"
    page = nurse.get(path)
    words = text_of(page)
    assert "À cette heure, d’après la prescription, une autre dose est trop proche : Paracétamol" in words
    assert "2 h 24 avant celle-ci" in words
    assert "La prescription dit : si besoin, 6 h au moins entre deux doses." in words
    assert "Dernière dose connue : 00:47, N. Benali." in words
    assert "seen-dose_time" not in page.text
    page = form(nurse, path, outcome="completed")
    assert page.status_code == 400
    assert "Rien n’est encore écrit. D’après la prescription, une autre dose est trop proche" in text_of(page)
    assert form(nurse, path, outcome="not-done", reason="trop tôt").status_code == 303
    sent = form(nurse, path, outcome="completed", **ticked(page, "dose_time"))
    assert sent.status_code == 303
    assert "2 h 24 avant celle-ci" in kept(charts)["dose_time"]


@pytest.mark.req("F8")
def test_a_prescription_without_an_interval_says_that_it_was_not_checked(charts):
    """And the last dose stands there all the same; what is within the hour keeps its own question, alone."""
    turned_on(charts, "dose_time")
    id_ = _prescribed(charts)
    nurse = visitor("nadia", charts=charts)
    path = f"/write/dose/p-durand/{id_}"
    words = text_of(nurse.get(path))
    assert "Intervalle non vérifié : il n’est pas dit sous une forme qui se compare, lisez la prescription." in words
    assert "Dernière dose connue : 00:47" in words
    assert form(nurse, path, outcome="completed").status_code == 303
    other = _prescribed(charts, apart="6")
    nurse = visitor("nadia", charts=charts)
    assert form(nurse, f"/write/dose/p-durand/{other}", outcome="completed").status_code == 400
    again = text_of(form(nurse, path, outcome="completed"))
    assert "Une dose de cette prescription est déjà inscrite" in again
    assert "trop proche" not in again


@pytest.mark.req("F8")
def test_an_act_that_waited_in_a_browser_is_written_and_what_an_aid_says_is_to_settle(charts):
    """It was done: a task stands beside it, and nothing is asked of a page that is gone."""
    turned_on(charts, "duplicate")
    doctor = visitor("martin", charts=charts)
    now = str(NOW_NS // 10**6)
    typed = {"drug": "Furosémide 40 mg cp", "once": "w1", **ORDER}
    sent = doctor.post("/offline/write/prescription/p-durand", waited=f"{now} {now} {now}", **typed)
    assert sent.status_code == 200, sent.text
    assert msgspec.json.decode(sent.text)["settle"]
    [task] = [one for one in said(charts) if one["resourceType"] == "Task"]
    assert "Même médicament : Furosémide 20 mg/2 mL inj." in task["description"]


OTHER = "PID|||2002^^^IPP^PI||MARTIN^Jeanne^^^^^L||19480512|F"


def rde(number, who, what):
    """A prescription of a feed, every 8 hours."""
    order = f"ORC|NW|{number}^PHARMA||||||||||^ROUX^Paul"
    return message("RDE^O11", "1124 0205", who, "PV1||I|CARD^^1", order, f"RXE||{what}|1||cp", "TQ1|1||Q8H",
                   control=number)  # fmt: skip


@pytest.mark.req("F8")
def test_orders_of_feeds_are_compared_also_when_two_numbers_became_one_patient():
    """What was prescribed under the number that was merged is in force: it is named, as its feed wrote it."""
    charts = house()
    charts.feed(adt("A01", "1124 0200", place="CARD^^1"), rde("77", OTHER, "C03CA01^Lasilix 40 mg^ATC"))
    charts.feed(rde("78", PID, "9001^Bisoprolol 2,5 mg cp^UCD"))
    charts.take(STATION, "user/pharma", MEDIA_ACT, encode(MedicinesReleased([FUROSEMIDE, BUMETANIDE], AT)))
    officer = at_work("surete", charts)
    for aid in BOTH:
        assert officer.post(f"/aids/{aid}", on="yes").status_code == 303
    doctor = at_work("martin", charts)
    [hit] = [one for one in charts.told.charts.find("martin") if one.ward]
    path = f"/write/prescription/{hit.id}"
    assert form(doctor, path, drug="Bisoprolol 5 mg", **ORDER).status_code == 400
    assert form(doctor, path, drug="Furosémide 40 mg cp", **ORDER).status_code == 303
    charts.feed(message("ADT^A40", "1124 0206", "EVN||20261124020600", PID, "MRG|2002^^^IPP^PI"))
    page = text_of(form(doctor, path, drug="Bumétanide 1 mg cp", **ORDER))
    assert page.count("même classe, code ATC C03CA") == 2
    assert "Lasilix 40 mg" in page
    page = text_of(form(doctor, path, drug="Furosémide 40 mg cp", **ORDER))
    assert "Lasilix 40 mg" in page
    assert "même substance, code ATC C03CA01" in page
    assert "même médicament de la liste" in page


def two_of_a_drug(*starts):
    """A patient with two prescriptions of one drug, every 8 hours from these hours; the aid is on."""
    charts = house(since_ns=NOW_NS - 6 * HOUR_NS)
    charts.feed(adt("A01", "1124 0100", place="CARD^^1"))
    for number, start in zip(("77", "78"), starts, strict=True):
        order = f"ORC|NW|{number}^PHARMA||||||||||^ROUX^Paul"
        segments = (PID, "PV1||I|CARD^^1", order, "RXE||N02BE01^Paracétamol 1 g^ATC|1||g", f"TQ1|1||Q8H||||{start}00")
        charts.feed(message("RDE^O11", "1124 0105", *segments, control=number))
    assert at_work("surete", charts).post("/aids/dose_time", on="yes").status_code == 303
    return charts, at_work("nadia", charts)


@pytest.mark.req("F8")
def test_the_round_leaves_out_a_dose_too_close_to_one_of_another_prescription():
    """It says so, and the dose has its own form, which asks; given at its own hour, it is written in the round."""
    charts, nurse = two_of_a_drug("202611240230", "202611240305")
    [hit] = charts.told.charts.find("martin")
    first, second = sorted(one for one in charts.chart_now(hit.id).kept if one.startswith("MedicationRequest/"))
    page = nurse.get("/round/CARD")
    assert "Aide « temps entre les doses » en service" in text_of(page)
    names = re.findall(r'name="give" value="([^"]+)"', page.text)
    assert {name.split("|")[1] for name in names} == {first, second}
    once = re.search(r'name="once" value="([^"]*)"', page.text)[1]
    sent = nurse.post("/round/CARD", give=names, once=once)
    assert sent.headers["location"] == "/round/CARD?given=1&left=1"
    assert "trop proche d’une autre" in text_of(nurse.get(sent.headers["location"]))
    [left] = re.findall(r'name="give" value="([^"]+)"', nurse.get("/round/CARD").text)
    sent = nurse.post("/round/CARD", give=left, once="another")
    assert sent.headers["location"] == "/round/CARD?given=0&left=1"
    request = left.split("|")[1].removeprefix("MedicationRequest/")
    asked = form(nurse, f"/write/dose/{hit.id}/{request}", outcome="completed")
    assert asked.status_code == 400
    assert "toutes les 8 h" in text_of(asked)


@pytest.mark.req("F8")
def test_a_verbal_order_and_one_that_is_taken_up_again_are_compared_too(charts):
    """Both put a prescription in force; what is held is not its own duplicate when it is resumed."""
    turned_on(charts, "duplicate")
    nurse, doctor = visitor("nadia", charts=charts), visitor("martin", charts=charts)
    verbal = {"prescriber": "martin", "readback": "yes", "drug": "Apixaban 5 mg cp", **ORDER}
    page = form(nurse, "/write/verbal/p-durand", **verbal)
    assert page.status_code == 400
    assert re.search(r"Apixaban 2,5 mg cp · .* · suspendu · même nom écrit", text_of(page))
    assert form(doctor, "/write/resume/p-durand/m3", reason="saignement tari").status_code == 303
    assert form(doctor, "/write/hold/p-durand/m3", reason="saignement").status_code == 303
    again = form(nurse, "/write/verbal/p-durand", **verbal)
    assert form(nurse, "/write/verbal/p-durand", **verbal, **ticked(again, "duplicate")).status_code == 303
    page = form(doctor, "/write/resume/p-durand/m3", reason="saignement tari")
    assert page.status_code == 400
    assert "Apixaban 5 mg cp" in text_of(page)
    sent = form(doctor, "/write/resume/p-durand/m3", reason="saignement tari", **ticked(page, "duplicate"))
    assert sent.status_code == 303
    assert "Apixaban 5 mg cp" in kept(charts)["duplicate"]


@pytest.mark.req("F8")
def test_what_the_allergy_aid_asked_stands_in_the_entry_too(charts):
    """The allergy as it was shown, and that it was confirmed; both questions are answered on one page."""
    acted(charts, MedicinesReleased([Medicine("Amoxicilline 1 g cp", ["amoxicilline", "pénicilline"])], AT))
    turned_on(charts, "allergy", "duplicate")
    doctor = visitor("martin", charts=charts)
    assert form(doctor, WRITE, drug="Amoxicilline 500 mg", **ORDER).status_code == 303  # free text: no allergy compared
    page = form(doctor, WRITE, drug="Amoxicilline 1 g cp", **ORDER)
    assert "Une allergie connue nomme une substance" in text_of(page)
    assert "Le même médicament est déjà prescrit" in text_of(page)
    half = form(doctor, WRITE, drug="Amoxicilline 1 g cp", confirm="yes", **ORDER)
    assert half.status_code == 400
    assert re.search(r'name="confirm" value="yes" required checked', half.text)
    both = ticked(page, "duplicate") | {"confirm": "yes"}
    assert form(doctor, WRITE, drug="Amoxicilline 1 g cp", **ORDER, **both).status_code == 303
    assert "confirmé malgré l’avertissement : Pénicillines" in kept(charts)["allergy"]
    assert "Amoxicilline 500 mg" in kept(charts)["duplicate"]


@pytest.mark.req("F13")
def test_the_pharmacist_types_an_atc_code_beside_a_medicine(charts):
    """It is on the list with its code, and the prescription carries it; a code that is none releases nothing."""
    pharmacist = visitor("pharma", charts=charts)
    row = {"name-new": "Pindolol 5 mg cp", "substances-new": "pindolol"}
    wrong = pharmacist.post("/pharmacy/release", **row, **{"atc-new": "C07"})
    assert wrong.status_code == 400
    assert "Un des codes ATC n’en est pas un" in text_of(wrong)
    assert pharmacist.post("/pharmacy/release", **row, **{"atc-new": "c07aa03 "}).status_code == 303
    assert "C07AA03" in text_of(pharmacist.get("/pharmacy"))
    join(pharmacist, "martin")
    assert form(pharmacist, WRITE, drug="pindolol 5 MG cp", **ORDER).status_code == 303
    [order] = said(charts)
    assert {"system": ATC, "code": "C07AA03"} in order["medicationCodeableConcept"]["coding"]
