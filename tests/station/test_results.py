"""The laboratory types results in, a biologist signs them, and a ward learns of what is critical until it answers.

Method: forms sent as a browser sends them to a ward in memory, whose charts read entries with the real mapping and the
real fold; the clock is moved by hand.
"""

import re
from decimal import Decimal
from types import SimpleNamespace

import msgspec
import pytest

from contrefeu.base import ManualClock
from contrefeu.chart import work_line
from contrefeu.chart.versions import Kept
from contrefeu.cli.webdeps import laboratory_list
from contrefeu.hospital import SettingsError
from contrefeu.station.care import parse_tests
from contrefeu.station.care.testlist import shipped_tests
from tests.station.living import in_downtime
from tests.station.test_care import form, said
from tests.station.visitors import text_of, visitor, wait_for
from tests.station.ward_in_memory import NOW_NS, Charts, durand, result, staffed


def twice(**values):
    """Each value keyed twice, as the form asks."""
    return {f"t-{code}{again}": value for code, value in values.items() for again in ("", "-again")}


def potassium(value):
    """Potassium, keyed twice."""
    return {"t-2823-3": value, "t-2823-3-again": value}


def waiting(charts, *kinds):
    """What waits of the one chart, of these kinds."""
    line = work_line(wait_for(charts.chart("p-durand")))
    return [(one.what, one.value) for one in line.items if one.kind in kinds] if line else []


@pytest.mark.req("F16", "F5")
def test_a_request_becomes_results_that_a_biologist_signs():
    """Found by its label; each number keyed twice, verbatim, with the list's unit and range; final once signed."""
    charts = in_downtime()
    doctor, labo, bio = (visitor(who, charts=charts) for who in ("martin", "labo", "bio"))
    form(doctor, "/write/request/p-durand", kind="laboratory", what="Iono, tube 3", priority="urgent")
    number = next(n["value"] for n in said(charts)[0]["identifier"] if n["system"] == "urn:contrefeu:specimen")
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", number)
    assert number in text_of(doctor.get("/patient/p-durand"))
    page = labo.get(f"/laboratory?label={number.lower().replace('-', '')}")
    assert "Iono, tube 3" in text_of(page)
    assert "Iono, tube 3" not in text_of(labo.get("/laboratory?label=00000-00000"))
    address = re.search(r'href="(/write/answer/[^"]+)"', page.text)[1]
    sent = form(labo, address, **{"t-2951-2": "131", "t-2951-2-again": "131"}, **potassium("4,2"))
    assert sent.headers["location"] == "/laboratory"
    sodium, kalium, request = said(charts)
    assert sodium["valueQuantity"] == {"value": 131, "unit": "mmol/L"}
    assert kalium["valueString"] == "4,2 mmol/L"
    assert (sodium["status"], sodium["referenceRange"]) == ("preliminary", [{"text": "135 – 145"}])
    assert request["status"] == "completed"
    words = text_of(labo.get("/laboratory"))
    assert "attend un biologiste" in words
    assert "Sodium 131 mmol/L" in words
    assert "provisoire" in text_of(doctor.get("/patient/p-durand"))
    validate = re.search(r'href="(/write/validate/[^"]+)"', bio.get("/laboratory").text)[1]
    assert labo.get(validate).status_code == 403
    assert form(bio, validate).status_code == 303
    assert {one["status"] for one in said(charts)} == {"final"}
    assert [one["display"] for one in said(charts)[0]["performer"]] == ["Omar Haddad", "Dr Anne Roche"]
    assert waiting(charts, "unvalidated", "request") == []
    assert "4,2 mmol/L" in text_of(doctor.get("/patient/p-durand"))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"t-2823-3": "4.2", "t-2823-3-again": "2.4"}, "Les deux frappes diffèrent."),
        ({"t-2823-3": "4.2"}, "Les deux frappes diffèrent."),
        ({}, "Aucun résultat n’est écrit."),
        (potassium("4.2") | {"critical": "x"}, "Ce n’est pas un des choix."),
    ],
)
@pytest.mark.req("F16")
def test_a_slip_of_the_key_is_not_a_result(typed, words):
    """What differs the second time is said beside it, and nothing is written."""
    charts = in_downtime()
    page = form(visitor("labo", charts=charts), "/write/results/p-durand", **typed)
    assert page.status_code == 400
    assert words in text_of(page)
    assert not charts.written()


@pytest.mark.req("F16")
def test_a_test_that_no_list_has_says_so():
    """Its unit is the one that was typed, and the page says that no list has it."""
    charts = in_downtime()
    labo = visitor("labo", charts=charts)
    path = "/write/results/p-durand?panel=free"
    assert "n’est pas dans la liste du laboratoire" in text_of(labo.get(path))
    sent = form(labo, path, name="Ammoniémie", unit="µmol/L", **{"t-": "48", "t--again": "48"})
    assert sent.status_code == 303
    [found] = said(charts)
    assert (found["code"], found["valueQuantity"]) == ({"text": "Ammoniémie"}, {"value": 48, "unit": "µmol/L"})


@pytest.mark.req("D8")
def test_a_unit_of_measure_is_no_ward_in_english():
    """One French word, two English ones: the laboratory's forms and list say "Unit"; the tab of a group is marked."""
    labo = visitor("labo", charts=in_downtime())
    free = labo.get("/write/results/p-durand?panel=free", accept_language="en").text
    assert '<label for="f-unit">Unit</label>' in free
    assert '<a href="?panel=free" aria-current="page">' in free
    assert '<th scope="col">Unit</th>' in labo.get("/laboratory", accept_language="en").text
    pharmacist = visitor("pharma", charts=in_downtime())
    opinion = pharmacist.get("/write/opinion/p-durand/m1", accept_language="en").text
    assert '<label for="f-opinion">Pharmacist’s opinion' in opinion


@pytest.mark.req("F7", "D5")
def test_limits_hold_once_a_biologist_signed_the_very_list():
    """Unsigned: nothing is compared, and pages say so. Signed: HH, LL; what cannot be compared is asked once more."""
    charts = in_downtime()
    labo, bio, nurse = (visitor(who, charts=charts) for who in ("labo", "bio", "nadia"))
    assert "aucune liste de seuils signée" in text_of(nurse.get("/ward/CARD"))
    form(labo, "/write/results/p-durand", **potassium("6.9"))
    assert "interpretation" not in said(charts)[0]
    digest = re.search(r'name="digest" value="([^"]+)"', bio.get("/laboratory").text)[1]
    assert bio.post("/laboratory/limits", digest="0" * 64).status_code == 409
    assert labo.post("/laboratory/limits", digest=digest).status_code == 403
    assert bio.post("/laboratory/limits", digest=digest).status_code == 303
    assert "Limites signées par Dr Anne Roche" in text_of(bio.get("/laboratory"))
    labo = visitor("labo", charts=charts)  # a session that reads the acts anew
    form(labo, "/write/results/p-durand", **potassium("6,9"))
    assert said(charts)[0]["interpretation"][0]["coding"][0]["code"] == "HH"
    page = form(labo, "/write/results/p-durand", **potassium("<2,0"))
    assert page.status_code == 400
    assert "ne se comparent pas aux limites critiques : Potassium <2,0" in text_of(page)
    assert form(labo, "/write/results/p-durand", **potassium("<2,0"), critical="2823-3").status_code == 303
    assert said(charts)[0]["interpretation"][0]["coding"][0]["code"] == "AA"


@pytest.mark.req("D5", "F7")
def test_a_critical_result_is_on_every_page_until_somebody_answers_for_it():
    """From a feed (HH): on board, chart, search, in both languages; who told whom and the read-back are an entry."""
    charts = in_downtime()
    nurse, clerk = visitor("nadia", charts=charts), visitor("accueil", charts=charts)
    for path in ("/", "/ward/CARD", "/patient/p-durand", "/messages", "/account"):
        words = text_of(nurse.get(path))
        assert "RÉSULTAT CRITIQUE CARD 204F DURAND ÉLODIE — Potassium 6.4 mmol/L, HH" in words, path
    assert "CRITICAL RESULT" in text_of(nurse.get("/work", accept_language="en"))
    assert "CRITIQUE" not in text_of(clerk.get("/"))
    page = form(nurse, "/write/acknowledge/p-durand/k0", **{"from": "lu à l’écran", "to": "Dr Martin"})
    assert page.status_code == 400
    assert "À cocher." in text_of(page)
    typed = {"from": "Labo, O. Haddad", "to": "Dr Martin", "readback": "yes", "done": "ECG, gluconate"}
    assert form(nurse, "/write/acknowledge/p-durand/k0", **typed).headers["location"] == "/work"
    [answer] = said(charts)
    assert answer["about"] == [{"reference": "Observation/k0"}]
    assert answer["payload"] == [{"contentString": "6.4 mmol/L, HH"}]
    assert [one["display"] for one in answer["recipient"]] == ["Dr Martin", "Nadia Benali"]
    for path in ("/", "/patient/p-durand"):
        assert "RÉSULTAT CRITIQUE" not in text_of(nurse.get(path))


@pytest.mark.req("F7")
def test_a_value_that_changes_asks_again():
    """The laboratory corrects: the old answer is of the old value; the old value stays struck beside the new one."""
    charts = in_downtime()
    labo, nurse = visitor("labo", charts=charts), visitor("nadia", charts=charts)
    form(labo, "/write/results/p-durand", **potassium("6.9"), critical="2823-3")
    number = next(one.item.resource for one in wait_for(nurse.app.state.house.work.all("")) if "6.9" in one.item.value)
    path = number.partition("/")[2]
    typed = {"from": "x", "to": "y", "readback": "yes"}
    form(nurse, f"/write/acknowledge/p-durand/{path}", **typed)
    assert waiting(charts, "critical") == [("Potassium", "6.4 mmol/L, HH")]
    corrected = {"t-": "4.1", "t--again": "4.1", "reason": "tube hémolysé"}
    assert form(labo, f"/write/correct/p-durand/{path}", **corrected).status_code == 303
    assert waiting(charts, "corrected") == [("Potassium", "4.1 mmol/L, corrected")]
    for page in ("/work", "/ward/CARD", "/handover/CARD"):
        told = text_of(nurse.get(page))
        assert "4.1 mmol/L, corrigé" in told, f"{page}: how far along it is, in the reader's language"
        assert "mmol/L, corrected" not in told
    words = text_of(nurse.get("/patient/p-durand"))
    assert "RÉSULTAT CORRIGÉ" in words
    assert "6.9 mmol/L" in words
    form(nurse, f"/write/acknowledge/p-durand/{path}", **typed)
    assert waiting(charts, "corrected") == []
    refused = form(labo, "/write/correct/p-durand/k0", **corrected)
    assert "vient d’un flux" in text_of(refused)


@pytest.mark.req("D5", "F7")
def test_what_nobody_acknowledges_is_the_houses_after_a_quarter_of_an_hour():
    """The crisis cell sees it then, and the hospital's board; a ward that has no part in it sees no name."""
    charts, clock = in_downtime(), ManualClock(NOW_NS)
    assert "RÉSULTAT CRITIQUE" not in text_of(visitor("crise", charts=charts, clock=clock).get("/hospital"))
    clock.advance(seconds=16 * 60)
    cell, other = (visitor(who, charts=charts, clock=clock) for who in ("crise", "lucas"))
    words = text_of(cell.get("/hospital"))
    assert "Résultats que personne n’a reconnus à temps" in words
    assert "CARD 204F DURAND ÉLODIE — Potassium 6.4 mmol/L, HH" in words
    assert "RÉSULTAT CRITIQUE" not in text_of(other.get("/hospital"))
    section = re.search(r'id="escalated".*?</section>', other.get("/hospital").text, re.DOTALL)[0]
    assert "CARD 204F" in section
    assert "DURAND" not in section
    assert "Potassium" not in section


@pytest.mark.req("D5", "F7", "F34")
def test_an_alarm_follows_the_patient_and_old_ones_are_a_list():
    """After a discharge it is the named physician's; a result that was old on arrival alarms nobody, and is listed."""
    home = [
        durand()[0],
        durand()[1] | {"status": "finished", "participant": [{"individual": {"display": "Dr Martin"}}]},
    ]
    now, old = (
        result("n0", "2823-3", "Potassium", "6.4", "mmol/L", -0.5, "HH"),
        result("n1", "2951-2", "Sodium", "118", "mmol/L", -50, "LL"),
    )
    charts = in_downtime()
    charts.charts["p-durand"] = [*durand()[:2], now, old]
    nurse = visitor("nadia", charts=charts)
    words = text_of(nurse.get("/work"))
    assert words.count("RÉSULTAT CRITIQUE") == 1
    assert "1 résultat critique déjà ancien à son arrivée" in words
    charts.charts["p-durand"] = [*home, now]
    doctor, lucas = visitor("martin", charts=charts), visitor("lucas", charts=charts)
    assert work_line(wait_for(charts.chart("p-durand"))).ward == ""
    assert "RÉSULTAT CRITIQUE sorti DURAND" not in text_of(lucas.get("/"))
    assert "Potassium" in text_of(doctor.get("/work"))


def test_in_normal_times_the_record_system_asks():
    """No downtime, no alarm here: the page says where results are acknowledged, and no form opens."""
    nurse = visitor("nadia", charts=staffed(Charts()))
    assert "RÉSULTAT CRITIQUE" not in text_of(nurse.get("/patient/p-durand"))
    assert "se reconnaissent dans le dossier habituel" in text_of(nurse.get("/work"))
    assert nurse.get("/write/acknowledge/p-durand/k0").status_code == 409


def test_no_feed_answers_in_somebodys_place():
    """A Communication that no one here wrote acknowledges nothing."""
    chart = wait_for(in_downtime().chart("p-durand"))
    word = {
        "status": "completed",
        "category": [{"coding": [{"code": "acknowledged"}]}],
        "about": [{"reference": "Observation/k0"}],
        "payload": [{"contentString": "6.4 mmol/L, HH"}],
    }
    chart.kept["Communication/c"] = Kept("Communication", "c", word, "feed/1", NOW_NS, NOW_NS, (0, "feed", 1))
    assert [one.value for one in work_line(chart).items] == ["6.4 mmol/L, HH"]


PANEL = '[[panel]]\nid = "a"\nfr = "A"\nen = "A"\n'
TEST = '[[panel.test]]\ncode = "1-8"\nfr = "x"\nen = "x"\n'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[panel]]\nid = 1", "Expected `str`"),
        (f'{PANEL}{TEST}critical_above = "six"', "is not a limit"),
        (PANEL + TEST * 13, "does not fit a screen"),
        ("[[", "Invalid"),
    ],
)
def test_a_wrong_list_is_not_used(text, why):
    """Nothing starts with half of a laboratory's list; the message says what is wrong, safe, and next."""
    with pytest.raises(SettingsError, match=re.escape(why)) as found:
        parse_tests(text)
    assert found.value.safe
    assert "laboratory.toml" in found.value.next


def test_the_shipped_list_compares_as_it_says():
    """A value on a limit is not beyond it; a comma counts as a point; words are not compared."""
    test = shipped_tests().test("2823-3")
    assert [test.beyond(value) for value in ("6.2", "6,3", "2.5", "2.49", "<2", "++")] == [
        "",
        "HH",
        "",
        "LL",
        None,
        None,
    ]
    assert Decimal(test.critical_above) > Decimal(test.critical_below)
    assert msgspec.to_builtins(shipped_tests())["digest"]


def test_the_houses_own_list_lies_beside_its_settings(tmp_path):
    """Without one the shipped list is used; a wrong one stops the start, and says what is wrong."""
    node = SimpleNamespace(paths=SimpleNamespace(settings=tmp_path / "contrefeu.toml"))
    assert laboratory_list(node) is None
    own = tmp_path / "laboratory.toml"
    own.write_text(PANEL + TEST)
    assert [test.code for panel in laboratory_list(node).panels for test in panel.tests] == ["1-8"]
    own.write_text("[[panel]]")
    with pytest.raises(SettingsError, match="list of tests"):
        laboratory_list(node)
