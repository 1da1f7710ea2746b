"""A night on a ward in downtime, in a real chromium: order, result, alarm, round, hand-over; counted click by click.

Method: one ward in memory over a real socket; a window each; screens are looked at for words that are cut and
colours that cannot be read.
"""

import pytest
from playwright.sync_api import expect

from tests.station.serving import HEIGHT, chromium, log_in, serving
from tests.station.test_browser import CONTRAST
from tests.station.test_ward_work import ward_of_six
from tests.station.ward_in_memory import SECRET, durand, prescription

pytestmark = pytest.mark.browser
WIDER = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


def looked_at(page):
    """What a tired nurse could not read here: nothing runs over the side, and every word stands out."""
    assert not page.evaluate(WIDER), page.url
    assert page.evaluate(CONTRAST) == [], page.url


@pytest.mark.req("D4", "D5", "F12", "F16")
def test_a_night_in_downtime():
    """A verbal order signed, a request answered, its critical result acknowledged, six doses given in seven clicks."""
    charts, _ = with_insulin()
    first = charts.rows[0]
    with serving(charts) as served, chromium() as screen:
        windows = {}
        for login in ("nadia", "martin", "labo", "bio"):
            _, windows[login] = screen.window()
            log_in(windows[login], served.url, login)
        nurse, doctor, labo, bio = windows.values()

        nurse.goto(f"{served.url}/write/verbal/{first.id}")
        looked_at(nurse)
        nurse.select_option("[name=prescriber]", "martin")
        nurse.fill("[name=drug]", "Furosémide 40 mg")
        nurse.fill("[name=dose]", "1 cp")
        nurse.select_option("[name=rhythm]", "once")
        nurse.check("[name=readback]")
        nurse.get_by_role("button", name="Inscrire l’ordre").click()
        expect(nurse.get_by_text("ordre verbal, non signé")).to_be_visible()
        doctor.goto(f"{served.url}/work")
        doctor.get_by_role("link", name="Signer Furosémide").click()
        doctor.get_by_role("button", name="Signer").click()
        expect(doctor.get_by_role("heading", name="Ordres verbaux à contresigner")).to_contain_text("(0)")

        doctor.goto(f"{served.url}/write/request/{first.id}")
        doctor.fill("[name=what]", "Kaliémie")
        doctor.get_by_role("button", name="Écrire").click()
        labo.goto(f"{served.url}/laboratory")
        looked_at(labo)
        labo.get_by_role("link", name="Saisir les résultats").click()
        looked_at(labo)
        labo.fill("[name='t-2823-3']", "6,9")
        labo.fill("[name='t-2823-3-again']", "6,9")
        labo.select_option("[name=critical]", "2823-3")
        labo.get_by_role("button", name="Écrire").click()
        bio.goto(f"{served.url}/laboratory")
        bio.get_by_role("link", name="Valider et signer").click()
        bio.get_by_role("button", name="Valider et signer").click()
        expect(bio.get_by_text("Aucun résultat n’attend de signature.")).to_be_visible()

        nurse.goto(f"{served.url}/ward/CARD")
        alarm = nurse.get_by_role("alert", name="À reconnaître")
        expect(alarm).to_contain_text("Potassium 6,9 mmol/L, AA")
        looked_at(nurse)
        alarm.get_by_role("link", name="Reconnaître").click()
        nurse.fill("[name=to]", "Dr Martin")
        nurse.check("[name=readback]")
        nurse.get_by_role("button", name="J’ai vu et prévenu").click()
        expect(nurse.get_by_role("alert", name="À reconnaître")).to_have_count(0)

        nurse.goto(f"{served.url}/write/dose/{first.id}/i1")
        nurse.fill("[name=second]", "martin")
        nurse.fill("[name=pin]", SECRET)
        nurse.get_by_role("button", name="Écrire").click()
        expect(nurse.get_by_text("Nadia Benali, Dr Claire Martin")).to_be_visible()

        nurse.goto(f"{served.url}/round/CARD")
        looked_at(nurse)
        clicks = 0
        for box in nurse.get_by_role("checkbox").all():
            box.click()
            clicks += 1
        nurse.get_by_role("button", name="Signer les doses cochées").click()
        expect(nurse.get_by_text("6 doses inscrites")).to_be_visible()
        assert clicks + 1 == 7

        for path in ("/handover/CARD", f"/write/handover/{first.id}", "/messages", "/work"):
            nurse.goto(served.url + path)
            looked_at(nurse)
        assert screen.said == []


FITS = """() => { const bottom = document.querySelector("form.write .act").getBoundingClientRect().bottom;
    const band = document.querySelector(".exercise"); return bottom - (band ? band.offsetHeight : 0); }"""


def with_insulin():
    """The ward, and a prescription that a form can hold for its first patient."""
    charts = ward_of_six()
    first = charts.rows[0]
    charts.charts[first.id] = [*charts.charts[first.id], durand()[2], prescription("i1", "Insuline", "4 UI", "SC", -9)]
    return charts, first.id


@pytest.mark.req("D4", "F12")
@pytest.mark.parametrize("locale", ["fr-FR", "en-GB"])
def test_the_longest_forms_fit_one_screen(locale):
    """At 1366x768 the button that signs stands in the window: nobody looks for it."""
    charts, patient = with_insulin()
    pages = {"martin": ("prescription", "modify"), "nadia": ("verbal", "modify-verbal"), "labo": ("results",)}
    with serving(charts) as served, chromium() as screen:
        for login, forms in pages.items():
            context, page = screen.window(locale=locale)
            log_in(page, served.url, login)
            for form in forms:
                page.goto(f"{served.url}/write/{form}/{patient}" + ("/i1" if "modify" in form else ""))
                looked_at(page)
                assert page.evaluate(FITS) <= HEIGHT, (form, page.evaluate(FITS))
            context.close()


@pytest.mark.req("D4")
def test_a_prescription_is_modified_with_the_keyboard():
    """Enter on its button, the dose, its hours, the reason, Enter: the new one stands there with what it replaces."""
    charts, patient = with_insulin()
    with serving(charts) as served, chromium() as screen:
        _, doctor = screen.window()
        log_in(doctor, served.url, "martin")
        doctor.goto(f"{served.url}/patient/{patient}")
        doctor.locator("tr", has_text="Insuline").get_by_role("link", name="Modifier").press("Enter")
        expect(doctor.locator("[name=drug]")).to_have_value("Insuline")
        doctor.select_option("[name=rhythm]", "hours")
        for name, typed in (("dose", "6 UI"), ("hours", "8 12 19"), ("reason", "glycémie 3 g/L")):
            doctor.fill(f"[name={name}]", typed)
        doctor.press("[name=reason]", "Enter")
        row = doctor.locator("tr", has_text="remplace")
        expect(row).to_contain_text("6 UI · 08:00 12:00 19:00")
        looked_at(doctor)
