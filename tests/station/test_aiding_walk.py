"""The three aids on prescribing and giving in a real chromium, at the size of a ward's PC, by the keyboard.

Method: one ward in memory over a real socket; screens are looked at for words that are cut and colours that cannot be
read, and by axe-core where the machine has it.
"""

import pytest
from playwright.sync_api import expect

from contrefeu.acts import AidSwitched, Medicine, MedicinesReleased
from tests.station.living import in_downtime
from tests.station.serving import chromium, log_in, serving
from tests.station.test_care_walk import looked_at
from tests.station.test_pharmacy import AT, acted

pytestmark = pytest.mark.browser
LIST = [
    Medicine("Bisoprolol 2,5 mg cp", ["bisoprolol"], atc="C07AB07"),
    Medicine("Aténolol 50 mg cp", ["aténolol"], atc="C07AB03"),
]


@pytest.mark.req("F8", "G5")
def test_the_aids_are_turned_on_warn_and_are_answered_by_the_keyboard(tmp_path):
    """The officer turns three on; a second beta blocker is asked about twice, a dose too soon before it is given."""
    charts = in_downtime()
    acted(charts, MedicinesReleased(LIST, AT))
    acted(charts, AidSwitched("allergy", True, AT), "surete")
    with serving(charts) as served, chromium() as screen:
        _, officer = screen.window()
        log_in(officer, served.url, "surete")
        officer.goto(f"{served.url}/aids")
        looked_at(officer)
        for title in ("Même médicament déjà prescrit", "Même classe déjà prescrite", "Temps entre les doses"):
            officer.get_by_role("button", name=f"Mettre en service {title}").press("Enter")
            expect(officer.get_by_role("button", name=f"Arrêter cette aide {title}")).to_be_visible()
        looked_at(officer)

        _, doctor = screen.window()
        log_in(doctor, served.url, "martin")
        for drug, words in (("Aténolol 50 mg cp", "même classe, code ATC C07AB"), ("Bisoprolol 5 mg cp", "nom écrit")):
            doctor.goto(f"{served.url}/write/prescription/p-durand")
            looked_at(doctor)
            doctor.fill("[name=drug]", drug)
            doctor.fill("[name=dose]", "1 cp")
            doctor.fill("[name=hours]", "08:00")
            doctor.get_by_role("button", name="Prescrire").press("Enter")
            expect(doctor.get_by_role("alert").filter(has_text=words)).to_be_visible()
            looked_at(doctor)
            doctor.screenshot(path=str(tmp_path / f"{drug[:4]}.png"), full_page=True)
            doctor.get_by_role("checkbox", name="prescri").press("Space")
            doctor.get_by_role("button", name="Prescrire").press("Enter")
            expect(doctor.locator("#treatments")).to_contain_text(f"{drug[:4]}")
        expect(doctor.locator("#treatments")).to_contain_text("Même classe : confirmé malgré l’avertissement")
        looked_at(doctor)
        doctor.screenshot(path=str(tmp_path / "chart.png"), full_page=True)

        _, nurse = screen.window()
        log_in(nurse, served.url, "nadia")
        nurse.goto(f"{served.url}/write/dose/p-durand/m4")
        expect(nurse.get_by_text("Dernière dose connue")).to_be_visible()
        looked_at(nurse)
        nurse.screenshot(path=str(tmp_path / "dose.png"), full_page=True)
