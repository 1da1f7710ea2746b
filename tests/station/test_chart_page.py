"""A chart on screen: each block says its source, each line leads to its message, nothing is worked out.

Method: charts of a ward in memory, changed resource by resource, read as words and as links.
"""

import re
from base64 import b64encode
from html import unescape

import pytest

from contrefeu.acts import ClockMeasured, encode
from contrefeu.base import ManualClock
from contrefeu.chart.fold import Unread
from contrefeu.journal import MEDIA_ACT, Entry
from contrefeu.mapping import Loss
from tests.station import ward_in_memory
from tests.station.visitors import text_of, visitor
from tests.station.ward_in_memory import NOW_NS, Charts, at, dose, durand, prescription, resource, result, staffed


def shown(*more, without=(), patient=None, clock=None, login="nadia"):
    """The page of a chart: Durand's, with resources added, types left out, elements of the Patient changed."""
    found = [one for one in durand() if one["resourceType"] not in without] + list(more)
    found[0] = {key: value for key, value in (found[0] | (patient or {})).items() if value is not None}
    charts = staffed(Charts(charts={"p-durand": found}))
    return visitor(login, charts=charts, clock=clock or ManualClock(NOW_NS)).get("/patient/p-durand")


def block(page, name):
    """The words of one block."""
    return text_of(re.search(rf'<section class="block" id="{name}".*?</section>', page.text, re.DOTALL)[0])


def test_who_it_is_stands_first():
    """Birth name, first given name, used name, sex, age, birth date, numbers, stay, place: above every line."""
    page = shown()
    head = text_of(re.search(r'<header class="person".*?</header>', page.text, re.DOTALL)[0])
    for words in (
        "DURAND ÉLODIE",
        "utilisé : LEFEBVRE ÉLODIE",
        "Femme , 84 ans , né(e) le 12 mars 1942",
        "CARD · ch. 204 · lit F",
        "IPP 0100234",
        "INS 242037512345678",
        "Séjour S260991",
        "Dr Claire Martin",
    ):
        assert words in head


@pytest.mark.req("F22")
@pytest.mark.parametrize(
    ("code", "words"),
    [("PROV", "! identité provisoire"), ("DOUB", "! doublon"), ("XYZ", "! XYZ"), ("VALI", ""), ("QUAL", "")],
)
def test_an_identity_not_to_rely_on_says_so(code, words):
    """PID-32 stands beside the name; an INS without a qualified identity says that it is not qualified."""
    page = text_of(shown(patient={"extension": reliability(code)}))
    assert words in page
    assert ("242037512345678 (non qualifié)" in page) == (code != "QUAL")


def reliability(code):
    """PID-32 as the mapping says it."""
    inner = [{"url": "identityStatus", "valueCoding": {"code": code}}]
    return [{"url": "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability", "extension": inner}]


@pytest.mark.req("F22")
def test_a_fictitious_birth_date_drives_no_age():
    """The date is shown, marked, and nobody is 84 by it."""
    page = text_of(shown(patient={"extension": reliability("FICT")}))
    assert "12 mars 1942" in page
    assert "date de naissance fictive : pas d’âge" in page
    assert "84 ans" not in page


@pytest.mark.req("F6")
def test_an_allergy_taken_back_stays_struck():
    """Inactive allergies stay, struck through, with their source; active ones stand out."""
    page = shown()
    assert "<b>Pénicillines</b> (œdème de Quincke, sévère, risque élevé)" in page.text
    assert "<s>Sulfamides</s>" in page.text


@pytest.mark.req("F1")
@pytest.mark.parametrize(
    ("without", "more", "words"),
    [
        (("AllergyIntolerance",), (), "? Allergies : aucune source ici"),
        (("AllergyIntolerance",), ("716186003",), "Aucune allergie connue"),
        ((), ("716186003",), "Allergies : sources en désaccord"),
    ],
    ids=["no source", "none known", "conflict"],
)
def test_four_states_of_allergies_never_look_alike(without, more, words):
    """No source, none known, a list, a list beside "none known"."""
    denial = [
        resource(
            "AllergyIntolerance",
            "none",
            183_009,
            clinicalStatus={"coding": [{"code": "active"}]},
            code={"coding": [{"code": code}]},
        )
        for code in more
    ]
    assert words in text_of(shown(*denial, without=without))


@pytest.mark.req("F1")
def test_a_block_without_a_source_says_so():
    """A block that no feed ever filled says "no source here", and what that means; it is never blank, never "none"."""
    page = shown(without=("DocumentReference", "DiagnosticReport", "Appointment", "Condition"))
    charts = staffed(Charts())
    plain = charts.chart

    async def deaf(id_, at_ns=None):
        chart = await plain(id_, at_ns)
        chart.heard = {}
        chart.kept = {}
        return chart

    charts.chart = deaf
    silent = visitor("nadia", charts=charts).get("/patient/p-durand")
    for name in ("treatments", "results", "vital", "micro", "problems", "reports", "stays", "appointments"):
        assert "? aucune source ici" in block(silent, name)
        assert "l’absence de ligne ne veut pas dire « rien »" in block(silent, name)
    assert "Aucun problème reçu pour ce patient" in block(page, "problems")
    assert "CPAGE@CHU · 03:10" in block(page, "problems")


@pytest.mark.req("F1")
def test_a_block_names_each_of_its_feeds():
    """Two systems speak of results: both stand there with their last word, so that one silent is not covered."""
    charts = staffed(Charts())
    plain = charts.chart

    async def heard(id_, at_ns=None):
        chart = await plain(id_, at_ns)
        chart.heard["results"] = {"LABO@CHU": NOW_NS - 60 * 10**9, "MONITEUR@REA": NOW_NS - 7200 * 10**9}
        return chart

    charts.chart = heard
    page = visitor("nadia", charts=charts).get("/patient/p-durand")
    assert "LABO@CHU · 03:10 , MONITEUR@REA · 01:11" in block(page, "vital")


@pytest.mark.req("F5")
def test_values_are_shown_as_they_were_sent():
    """Digits, comparators, commas and words stay: 86.0 is not 86, "<0,5" and "4,2" are not numbers."""
    odd = [
        resource(
            "Observation",
            "tropo",
            184_000,
            status="final",
            code={"text": "Troponine"},
            effectiveDateTime=at(-0.4),
            valueString="<0,5 (hémolysé)",
        ),
        resource(
            "Observation",
            "ddi",
            184_000,
            status="final",
            code={"text": "D-dimères"},
            effectiveDateTime=at(-0.4),
            valueQuantity={"value": 500, "comparator": "<", "unit": "ng/mL"},
        ),
    ]
    results = block(shown(*odd), "results")
    assert "CRP" in results
    assert "86.0 mg/L" in results
    assert "<0,5 (hémolysé)" in results
    assert "<500 ng/mL" in results


def curves(page, name):
    """The drawings of a row."""
    row = next(row for row in page.text.split("<tr ") if name in text_of(row))
    return row.count("<polyline")


@pytest.mark.req("F5")
@pytest.mark.parametrize(
    ("unit", "method", "drawn"),
    [("mmol/L", "", True), ("mg/dL", "", False), ("mmol/L", "électrode", False)],
    ids=["same", "another unit", "another method"],
)
def test_no_curve_joins_what_is_not_alike(unit, method, drawn):
    """Two values of one code are one curve only in one unit and by one method; else each stands alone."""
    second = result("x1", "99999-1", "Zinc", "1.1", unit, -9)
    if method:
        second["method"] = {"text": method}
    page = shown(result("x0", "99999-1", "Zinc", "1.0", "mmol/L", -1), second)
    assert bool(curves(page, "Zinc")) is drawn
    assert text_of(page).count("Zinc") == (1 if drawn else 2)


def test_the_last_value_is_the_latest_instant():
    """Two senders write in two zones: 02:30Z is later than 03:00+01:00, whatever the text says."""
    early = result("z0", "88888-1", "Lithium", "0.5", "mmol/L", 0)
    late = result("z1", "88888-1", "Lithium", "0.9", "mmol/L", 0)
    early["effectiveDateTime"], late["effectiveDateTime"] = "2026-11-24T03:00:00+01:00", "2026-11-24T02:05:00Z"
    row = next(text_of(r) for r in shown(early, late).text.split("<tr ") if "Lithium" in text_of(r))
    assert row.index("0.9") < row.index("0.5")


def test_a_missing_flag_is_not_normal():
    """A flag is its sender's: N is shown as N, none is shown as none, and a value out of range gets no flag of ours."""
    page = shown(
        result("f0", "77777-1", "Calcium", "9.9", "mmol/L", -1, "", "2.2", "2.6"),
        result("f1", "77777-2", "Magnésium", "0.8", "mmol/L", -1, "N", "0.7", "1.0"),
    )
    calcium = next(r for r in page.text.split("<tr ") if "Calcium" in text_of(r))
    assert 'class="flag' not in calcium
    magnesium = next(text_of(r) for r in page.text.split("<tr ") if "Magnésium" in text_of(r))
    assert "0.8 mmol/L N" in magnesium


@pytest.mark.req("F7")
def test_a_corrected_value_shows_what_it_replaced():
    """C and W stay visible: the new value says "corrected", the old one stands struck with its own message."""
    new = result("c0", "66666-1", "Glucose", "5.1", "mmol/L", -1, status="corrected", sequence=184_200)
    new["extension"] = [
        {
            "url": "urn:contrefeu:earlier",
            "extension": [
                {"url": "source", "valueUri": "urn:contrefeu:entry:n7f3k2-capture/184100"},
                {"url": "status", "valueCode": "final"},
                {"url": "value", "valueQuantity": {"value": 15, "unit": "mmol/L"}},
            ],
        }
    ]
    page = shown(new)
    row = next(r for r in page.text.split("<tr ") if "Glucose" in text_of(r))
    assert "5.1 mmol/L" in text_of(row)
    assert "corrigé" in text_of(row)
    assert "<s>15 mmol/L</s>" in row
    assert "/entry/n7f3k2-capture/184100?chart=p-durand" in row


@pytest.mark.req("F9")
def test_a_prescription_stands_in_its_own_words():
    """Dose, times and conditions verbatim; "if needed" is marked; what was stopped is apart and struck."""
    treatments = block(shown(), "treatments")
    assert "1 g toutes les 6 h si douleur ou fièvre, 4 g au plus en 24 h · orale si besoin" in treatments
    assert "Apixaban 2,5 mg cp ↗ Message d’origine suspendu" in treatments
    assert "1 prescription arrêtée" in treatments
    assert "Bisoprolol" in treatments
    assert "non donnée (PA 84/50)" in treatments


def test_a_dose_without_its_prescription_is_not_lost():
    """A dose that names no known prescription stands in a list of its own."""
    lost = dose("d9", "never-seen", "Adrénaline", -1)
    assert "1 dose sans prescription connue" in block(shown(lost), "treatments")
    assert "Adrénaline" in block(shown(lost), "treatments")


@pytest.mark.req("F10")
@pytest.mark.parametrize(
    ("weight", "words"),
    [(None, "? poids non reçu"), (-24 * 200, "! ancien : 8 mai"), (-5, "(23 nov. 22:11)")],
    ids=["missing", "old", "fresh"],
)
def test_a_childs_weight_is_there_or_is_red(weight, words):
    """Weight with its date as it was sent; a missing or old one stands in red."""
    more = [] if weight is None else [result("w", "29463-7", "Poids", "21.40", "kg", weight, category="vital-signs")]
    page = shown(*more, patient={"birthDate": "2019-05-02"})
    assert words in text_of(page)
    if weight:
        assert "21.40 kg" in text_of(page)


@pytest.mark.req("F18")
def test_an_alert_has_its_date_author_and_review():
    """Since when, by whom; past its review date it reads "to confirm"; none at all reads "not recorded"."""
    page = text_of(shown())
    assert "Précautions contact (BMR) depuis 20 nov. 19:11 · Dr Aubry à confirmer" in page
    assert "Alertes : non renseigné" in text_of(shown(without=("Flag",)))


@pytest.mark.req("F19")
def test_a_death_is_said_beside_the_name():
    """With its hour when it is known."""
    assert "† décédé(e) 24 nov. 2026 02:40" in text_of(shown(patient={"deceasedDateTime": "2026-11-24T02:40:00+01:00"}))


def test_a_stay_tells_its_places_in_order():
    """The present place is one line, earlier ones have their times, the newest first."""
    stay = resource(
        "Encounter",
        "e2",
        183_400,
        status="in-progress",
        **{"class": {"code": "IMP"}},
        period={"start": at(-9)},
        location=[
            {"location": {"display": "URG BOX3"}, "status": "completed", "period": {"start": at(-9), "end": at(-7)}},
            *(
                {
                    "location": {"display": name},
                    "status": "active",
                    "period": {"start": at(-7)},
                    "physicalType": {"coding": [{"code": kind}]},
                }
                for kind, name in (("wa", "MED"), ("ro", "12"), ("bd", "B"))
            ),
        ],
    )
    page = shown(stay, without=("Encounter",))
    assert "MED 12 B 23 nov. 20:11 URG BOX3 23 nov. 18:11 → 23 nov. 20:11" in block(page, "stays")
    assert "MED · ch. 12 · lit B" in text_of(page)


def test_every_line_leads_to_its_message():
    """Each allergy, alert, problem, drug, dose, value, report, stay and appointment has a link, and each link opens."""
    nadia = visitor("nadia")
    page = nadia.get("/patient/p-durand")
    links = {unescape(link) for link in re.findall(r'href="(/entry/[^"]+)"', page.text)}
    for found in durand():
        source = found["meta"]["source"].removeprefix("urn:contrefeu:entry:")
        assert f"/entry/{source}?chart=p-durand" in links, found["resourceType"]
    for link in links:
        assert nadia.get(link).status_code == 200


@pytest.mark.req("F5")
def test_a_titre_stands_as_titres_are_written():
    """1:128 is no fraction; what it replaced stands beside it the same way."""
    titre = resource(
        "Observation",
        "titre",
        183_700,
        status="corrected",
        code={"text": "TPHA"},
        effectiveDateTime=at(-2),
        valueRatio={"numerator": {"value": 1}, "denominator": {"value": 128}},
    )
    words = block(shown(titre), "results")
    assert "1:128" in words
    assert "1/128" not in words


@pytest.mark.req("F1", "F6")
def test_allergies_that_were_all_taken_back_say_so_above_everything():
    """How many, and each of them struck with its message; never "none known"."""
    withdrawn = resource(
        "AllergyIntolerance",
        "a9",
        183_009,
        verificationStatus={"coding": [{"code": "entered-in-error"}]},
        code={"text": "Latex"},
    )
    page = shown(withdrawn, without=("AllergyIntolerance",))
    assert "? Allergies : aucune en vigueur (1 retirée)" in text_of(page)
    assert "<s>Latex</s>" in page.text
    assert "Aucune allergie connue" not in page.text


@pytest.mark.req("F32")
def test_an_old_number_is_said_to_be_old():
    """A number that was merged away stands beside those in force: a wristband may still show it."""
    numbers = [
        {"type": {"coding": [{"code": "PI"}]}, "value": "0100234"},
        {"type": {"coding": [{"code": "PI"}]}, "value": "0099001", "use": "old"},
    ]
    assert "Ancien n° IPP 0099001" in text_of(shown(patient={"identifier": numbers}))


def test_vital_signs_stand_under_their_own_heading():
    """Whatever its sender wrote in OBR-24: a nurse looks for a temperature among vital signs."""
    plain = result("t9", "8310-5", "Température auriculaire", "39.9", "Cel", -0.1)
    page = shown(plain)
    assert "39.9 °C" in block(page, "vital")
    assert "39.9" not in block(page, "results")


@pytest.mark.req("G5")
def test_what_a_message_lost_is_said_in_the_pages_language():
    """Why something of a message is in no chart: French on a French page, English on an English one."""

    class Lost(Charts):
        async def loss(self, ref_):
            return [Loss("ZFD", "kept in the message, not charted"), Loss("OBX", "a word that no row has")]

    nadia = visitor("nadia", charts=staffed(Lost()))
    french = text_of(nadia.get(f"/entry/{ward_in_memory.ref(183_003)}"))
    assert "ZFD gardé dans le message, dans aucun dossier OBX a word that no row has" in french
    english = text_of(nadia.get(f"/entry/{ward_in_memory.ref(183_003)}", accept_language="en"))
    assert "ZFD kept in the message, not charted" in english


@pytest.mark.req("C3")
def test_a_message_that_says_nothing_stands_on_the_chart():
    """A message that names the patient and maps to no line is counted, named and one click away (C3)."""
    page = shown()
    assert "Messages non interprétés (1)" in block(page, "unread")
    assert "ORU^R40 LABO@CHU" in block(page, "unread")
    assert isinstance(ward_in_memory.chart_of(durand()).unread[0], Unread)


@pytest.mark.req("D9")
def test_two_stations_with_clocks_apart_do_not_mislead_about_the_order():
    """Within what is known of their clocks, lines that stand side by side say "order uncertain", and why; else not."""
    second = 10**9

    def page(apart_ns, *measured, language="en"):
        class Apart(Charts):
            async def chart(self, id, at_ns=None):
                chart = await super().chart(id, at_ns)
                chart.unread[:] = [
                    Unread(f"{ward_in_memory.CAPTURE}/1", "ORU^R40", "LABO@CHU", NOW_NS - 3600 * second),
                    Unread("nb2-capture/1", "ZZZ^Z01", "EHR@CLINIC", NOW_NS - 3600 * second + apart_ns),
                ]
                return chart

        charts = staffed(Apart())
        for number, act in enumerate(measured, 900):
            body = encode(act)
            charts.journal.append(
                Entry(ward_in_memory.STATION, number, NOW_NS - 3600 * second, 1, "exchange", MEDIA_ACT, body)
            )
        shown = visitor("nadia", charts=charts).get("/patient/p-durand", accept_language=language)
        return block(shown, "unread")

    ten_minutes_late = ClockMeasured("nb2", -600_000, 50, "")
    assert "order uncertain" in page(60 * second), "never measured: fifteen minutes may lie between them"
    assert "their clocks differ too much" in page(60 * second)
    assert "ordre incertain" in page(60 * second, language="fr")
    assert "order uncertain" not in page(60 * second, ten_minutes_late)
    assert "order uncertain" in page(-600 * second, ten_minutes_late), "the same instant, by clocks ten minutes apart"
    assert "order uncertain" not in page(1200 * second)


def test_a_report_is_read_in_place():
    """Text as text, a PDF in a frame of ours, anything else as a file to save."""
    html = resource(
        "DocumentReference",
        "doc2",
        183_951,
        status="current",
        type={"text": "Page"},
        date=at(-1),
        content=[{"attachment": {"contentType": "text/html", "data": b64encode(b"<script>x</script>").decode()}}],
    )
    page = shown(html)
    assert "Incidence de face, patiente assise." in block(page, "reports")
    assert 'src="/document/p-durand/DocumentReference/doc1/0"' in page.text
    assert '<a href="/document/p-durand/DocumentReference/doc2/0" download>' in page.text


def test_one_screen_is_one_chart():
    """A number of the patient leads to the chart's own address; a number of nobody is no page."""
    nadia = visitor("nadia")
    assert nadia.get("/patient/0100234").headers["location"] == "/patient/p-durand"
    assert nadia.get("/patient/nobody").status_code == 404


@pytest.mark.req("F9")
def test_what_is_not_structured_is_not_computed():
    """A dose in free text is shown whole; from parts it is put together in their order, with their digits."""
    parts = prescription(
        "m9",
        "Héparine",
        "",
        "IV",
        -3,
        dosageInstruction=[
            {
                "doseAndRate": [{"rateQuantity": {"value": 1000, "unit": "UI/h"}}],
                "timing": {"repeat": {"timeOfDay": ["08:00:00"]}},
            }
        ],
    )
    assert "1000 UI/h · 08:00" in block(shown(parts), "treatments")
    assert "dose non dite" in block(shown(prescription("m8", "Fer", "", "", -3, dosageInstruction=[])), "treatments")
