"""Imaging on the ward: where images are, a link only to a viewer that the house names, urgent findings as alarms.

Method: a ward in memory; a report and an order of a feed with their numbers; forms sent as a browser sends them.
"""

import re

import pytest

from contrefeu.chart import work_line
from contrefeu.chart.sheet import Sheet, results_of
from contrefeu.hospital import SettingsError, parse_settings, viewer_url
from contrefeu.station.pages.measure import all_series
from tests.station.living import LivingCharts, in_downtime
from tests.station.test_care import form, said
from tests.station.test_fhir_api import Machine, read
from tests.station.visitors import text_of, visitor, wait_for
from tests.station.ward_in_memory import at, durand, resource

UID = "1.2.826.0.1.3680043.10.99999.7"
ACSN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
NUMBER = {"type": ACSN, "system": "urn:id:RIS", "value": "AC 1&x"}
VIEWER = '[node]\nid = "n7f3k2"\n[imaging]\nviewer = "https://pacs.chu.example/v?study={study_uid}&acc={accession}"\n'


def imaged() -> LivingCharts:
    """A ward in downtime where a feed asked for two examinations and reported one."""
    study = {"identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{UID}"}, NUMBER], "status": "available",
             "procedureCode": [{"text": "TDM cérébrale"}], "started": at(-2)}  # fmt: skip
    alone = {"identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.3.9"}], "status": "unknown",
             "basedOn": [{"reference": "ServiceRequest/ask"}], "procedureCode": [{"text": "Radio thorax"}]}  # fmt: skip
    more = [
        resource("ImagingStudy", "st1", 184_001, **study),
        resource("ImagingStudy", "st2", 184_002, **alone),
        resource("Observation", "ob1", 184_003, status="final", code={"text": "CONCLUSION"}, valueString="Hématome.",
                 effectiveDateTime=at(-1), interpretation=[{"coding": [{"code": "AA"}]}]),
        resource("DiagnosticReport", "rp1", 184_003, status="final", code={"text": "TDM cérébrale"},
                 identifier=[NUMBER], effectiveDateTime=at(-1), imagingStudy=[{"reference": "ImagingStudy/st1"}],
                 result=[{"reference": "Observation/ob1"}]),
        resource("ServiceRequest", "ask", 184_002, status="active", code={"text": "Radio thorax"}, authoredOn=at(-3),
                 identifier=[{"type": ACSN, "value": "AC-9"}]),
    ]  # fmt: skip
    charts = in_downtime()
    charts.charts["p-durand"] = [*durand(), *more]
    return charts


@pytest.mark.req("F17")
def test_a_report_and_a_request_say_where_their_images_are():
    """Accession number, Study Instance UID, whether there are images; the report's own words; no link by itself."""
    page = visitor("martin", charts=imaged()).get("/patient/p-durand")
    words = text_of(page)
    assert f"N° d’examen AC 1&x Étude DICOM {UID} · des images existent" in words
    assert "CONCLUSION Hématome." in words
    assert "N° d’examen AC-9 Étude DICOM 1.2.3.9 · existence des images non dite" in words
    assert "Voir les images" not in words


@pytest.mark.req("F17")
def test_images_are_a_link_to_the_viewer_that_the_house_names():
    """https, numbers percent-encoded, no referrer, opened by whoever clicks; a study that lacks a number has none."""
    page = visitor("martin", charts=imaged(), settings=parse_settings(VIEWER)).get("/patient/p-durand").text
    links = re.findall(r'<a href="(https://[^"]+)"([^>]*)>', page)
    shown = {url for url, _ in links}
    assert shown == {
        f"https://pacs.chu.example/v?study={UID}&amp;acc=AC%201%26x",
        "https://pacs.chu.example/v?study=1.2.3.9&amp;acc=AC-9",
    }
    assert {rest for _, rest in links} == {' target="_blank" rel="noreferrer noopener"'}
    assert viewer_url("https://x.example/{study_uid}/{accession}", UID, "") == ""


@pytest.mark.req("F17")
def test_a_link_leads_to_one_study_or_there_is_none():
    """Two accession numbers in one address name no study; one alone may be somebody else's: the line says so."""
    charts = imaged()
    for one in charts.charts["p-durand"]:
        if one["id"] in {"st1", "rp1"}:
            one["identifier"] = [*one["identifier"], {"type": ACSN, "system": "urn:id:RIS2", "value": "B7"}]
    by_number = '[node]\nid = "n7f3k2"\n[imaging]\nviewer = "https://pacs.chu.example/v?acc={accession}"\n'
    by_uid = '[node]\nid = "n7f3k2"\n[imaging]\nviewer = "https://pacs.chu.example/v?study={study_uid}"\n'
    for viewer in (VIEWER, by_number):
        page = visitor("martin", charts=charts, settings=parse_settings(viewer)).get("/patient/p-durand")
        assert "%2C" not in page.text and "AC%201" not in page.text, "no number of two in an address"
        assert "plusieurs n° d’examen : aucun lien" in text_of(page)
    assert "vérifiez nom et date de naissance sur les images" in text_of(page), "the study with one number has its link"
    assert "acc=AC-9" in page.text
    page = visitor("martin", charts=charts, settings=parse_settings(by_uid)).get("/patient/p-durand")
    assert f"v?study={UID}" in page.text, "a study has one UID, however many numbers"
    assert "plusieurs n° d’examen" not in text_of(page) and "vérifiez nom" not in text_of(page)


@pytest.mark.req("F17")
@pytest.mark.parametrize(
    "viewer",
    ["http://pacs/{study_uid}", "https://{study_uid}/", "https://pacs.example/", "javascript:{study_uid}",
     "https://pacs/{name}?{study_uid}", "https://u@pacs/{study_uid}", "https://pacs/{study_uid", "https:///{study_uid}",
     "https://pacs/{study_uid}\\n", "//pacs/{study_uid}"],
)  # fmt: skip
def test_a_viewer_that_could_lead_anywhere_is_refused(viewer):
    """Only https, its host written out, and the numbers that a study has."""
    with pytest.raises(SettingsError, match=r"imaging\.viewer"):
        parse_settings(f'[node]\nid = "n7"\n[imaging]\nviewer = "{viewer}"\n')


@pytest.mark.req("F17", "D5")
def test_an_urgent_finding_typed_in_here_waits_for_a_named_person():
    """The box makes it a result to acknowledge, in the list of critical ones, whatever the request's priority was."""
    charts = in_downtime()
    doctor, nurse = visitor("martin", charts=charts), visitor("nadia", charts=charts)
    form(doctor, "/write/request/p-durand", kind="imaging", what="TDM thoracique", priority="stat")
    address = re.search(r'href="(/write/imaging-answer/[^"]+)"', doctor.get("/patient/p-durand").text)[1]
    report = {
        "name": "TDM thoracique",
        "accession": "AC-7",
        "reader": "Dr Roy",
        "text": "Embolie pulmonaire bilatérale.",
    }
    assert form(doctor, address, **report, urgent="yes").status_code == 303
    found, request = said(charts)
    assert (found["valueString"], found["status"], request["status"]) == (report["text"], "final", "completed")
    assert ("urn:contrefeu:accession", "AC-7") in {(n["system"], n["value"]) for n in found["identifier"]}
    [item] = [one for one in work_line(wait_for(charts.chart("p-durand"))).items if "TDM" in one.what]
    assert (item.kind, item.what, item.value) == ("critical", "TDM thoracique", "Embolie pulmonaire bilatérale., AA")
    words = text_of(nurse.get("/work"))
    assert "TDM thoracique" in words
    page = text_of(nurse.get("/patient/p-durand"))
    assert "‼ urgent" in page
    assert "N° d’examen AC-7" in page
    answer = re.search(
        r'href="(/write/acknowledge/p-durand/[^"]+)"[^>]*>[^<]*(?:<[^>]*>)?[^<]*TDM', nurse.get("/work").text
    )
    assert answer, "it is acknowledged from the list"
    told = {"from": "Dr Roy", "to": "Dr Martin", "readback": "yes"}
    assert form(nurse, answer[1], **told).status_code == 303
    items = [one for one in work_line(wait_for(charts.chart("p-durand"))).items if "TDM" in one.what]
    assert items == []


@pytest.mark.req("F17", "D5")
def test_a_report_without_the_box_alarms_nobody():
    """A request of highest priority, and no urgent finding."""
    charts = in_downtime()
    doctor = visitor("martin", charts=charts)
    report = {"name": "Radio thorax", "reader": "Dr Roy", "text": "Rien."}
    assert form(doctor, "/write/imaging/p-durand", **report).status_code == 303
    [found] = said(charts)
    assert "interpretation" not in found
    line = work_line(wait_for(charts.chart("p-durand")))
    assert not [one for one in (line.items if line else []) if one.what == "Radio thorax"]
    assert "Radio thorax" in text_of(doctor.get("/patient/p-durand"))


@pytest.mark.req("F17")
def test_two_examinations_are_no_series():
    """Each typed report is under its own name among the results: none is an earlier value of another one."""
    charts = in_downtime()
    doctor = visitor("martin", charts=charts)
    for name, text in (("Radio thorax", "Pneumothorax."), ("TDM cérébrale", "Rien.")):
        report = {"name": name, "reader": "Dr Roy", "text": text}
        assert form(doctor, "/write/imaging/p-durand", **report).status_code == 303
    chart = wait_for(charts.chart("p-durand"))
    series = {
        one.name: [value.of.get("valueString") for value in one.values] for one in all_series(results_of(Sheet(chart)))
    }
    assert (series["Radio thorax"], series["TDM cérébrale"]) == (["Pneumothorax."], ["Rien."])


@pytest.mark.req("F17")
def test_what_a_number_or_a_name_holds_is_text():
    """Marks of HTML in an accession number, a title, a UID and a finding stay words; no number adds to the address."""
    charts, evil = imaged(), '"><script>alert(1)</script>'
    more = [
        resource("DiagnosticReport", "ev", 184_009, status="final", code={"text": evil}, effectiveDateTime=at(-1),
                 identifier=[{"type": ACSN, "value": evil}], imagingStudy=[{"reference": "ImagingStudy/evs"}],
                 result=[{"reference": "Observation/evo"}]),
        resource("Observation", "evo", 184_009, status="final", code={"text": evil}, valueString=evil),
        resource("ImagingStudy", "evs", 184_009, status="available", procedureCode=[{"text": evil}],
                 identifier=[{"system": "urn:dicom:uid", "value": "urn:oid:javascript:alert(1)//" + evil},
                             {"type": ACSN, "value": evil}]),
    ]  # fmt: skip
    charts.charts["p-durand"] += more
    page = visitor("martin", charts=charts, settings=parse_settings(VIEWER)).get("/patient/p-durand").text
    assert "<script>alert" not in page and evil not in page
    addresses = re.findall(r'<a href="([^"]+)" target="_blank"', page)
    assert len(addresses) == 3
    assert all(one.startswith("https://pacs.chu.example/v?study=") and "<" not in one for one in addresses)


@pytest.mark.req("F17")
def test_a_program_reads_studies():
    """FHIR: the ImagingStudy of a patient, whole for a reader that we did not write."""
    found = read(Machine(charts=imaged()).get("/fhir/ImagingStudy?patient=p-durand"))
    assert [one["resource"]["identifier"][0]["value"] for one in found["entry"]] == [
        f"urn:oid:{UID}",
        "urn:oid:1.2.3.9",
    ]
