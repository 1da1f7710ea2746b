"""Images are found by what an order or a report says of them: accession number, Study Instance UID; alarms are told.

Method: the shapes of the VA and of Philips (tests/data/hl7v2/hostile), IHE's OMI with IPC, IHE RAD-28's OBX; each read,
and folded where two messages speak of one examination.
"""

from pathlib import Path

import pytest

from contrefeu.chart import severity_of
from contrefeu.mapping import FeedRules
from tests.mapping.messages import bundle, reading, said

SHAPES = Path(__file__).parent.parent / "data/hl7v2/hostile/cosyte-hl7/vendor-shapes"
PID = "PID|1||123^^^CHU^PI||ESSAI^ADA||19500324|F"
UID = "1.2.826.0.1.3680043.10.99999.20250326.7"
STUDY = {"system": "urn:dicom:uid", "value": f"urn:oid:{UID}"}
ACSN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
ORC = "ORC|NW|P1^EHR"
OBR = "OBR|1|P1^EHR|F1^RIS|CTHEAD^TDM cérébrale^L|||20261124080000|||||||||||AC-1||||||CT|F"
TEXT = "OBX|1|TX|IMP^CONCLUSION^L||Hématome sous-dural|||||{flag}||F".replace("|||||{flag}||", "|||{flag}|||")


def shape(name):
    """A vendor's message, with a number of the house for its patient."""
    lines = (SHAPES / name).read_bytes().decode().split("\r")
    return [line for line in lines if line and not line.startswith("MSH")]


def accession(resource):
    """The accession numbers of a resource."""
    return [one["value"] for one in resource.get("identifier", []) if one.get("type") == ACSN]


@pytest.mark.req("F17")
def test_an_order_of_philips_names_a_study_that_nobody_has_made_yet():
    """OBR-18 and ZDS-1 (IHE RAD-4): kept on the request and as a study; nothing says that an image exists."""
    found = reading("ORM^O01", *shape("philips/orm-o01.hl7"))
    [asked], [study] = said(found, "ServiceRequest"), said(found, "ImagingStudy")
    assert accession(asked) == accession(study) == ["AC-PH-001"]
    assert study["identifier"][0] == STUDY
    assert "status" not in study
    assert [one for one in found.loss if one.where == "ZDS"] == []
    assert "accession:LAB@CHU|AC-PH-001" in found.subjects[0].hints
    [charted] = bundle(found)["ImagingStudy"]
    assert charted["status"] == "unknown"


@pytest.mark.req("F17")
def test_a_report_of_the_va_says_that_there_are_images():
    """ZDS in ORU: the report names its study, and the study is available."""
    found = reading("ORU^R01", *shape("va/oru-r01.hl7"))
    [report], [study] = said(found, "DiagnosticReport"), said(found, "ImagingStudy")
    assert accession(report) == ["AC-VA-001"]
    assert (study["status"], study["started"]) == ("available", "2025-03-26T10:00:00+01:00")
    [charted] = bundle(found)["ImagingStudy"]
    assert report["imagingStudy"] == [{"reference": f"ImagingStudy/{charted['id']}"}]


@pytest.mark.req("F17")
def test_a_segment_of_that_name_that_is_no_study_is_counted_as_not_read():
    """Another vendor's ZDS is the summary of a discharge: no study; OBR-18 of a blood count is no accession number."""
    found = reading("ORU^R01", *shape("cerner/oru-r01.hl7"))
    assert said(found, "ImagingStudy") == []
    assert [one.why for one in found.loss if one.where == "ZDS"] == ["kept in the message, not charted"]


@pytest.mark.req("F17")
@pytest.mark.parametrize(
    "segments",
    [
        ["IPC|AC-1|RP1|" + UID + "|SPS1|CT"],
        ["OBX|1|HD|113014^DICOM Study^DCM||" + UID + "||||||O"],
        ["OBX|1|ST|110180^Study Instance UID^DCM||" + UID + "||||||O"],
        ["ZDS|" + UID + "^^Application^DICOM"],
    ],
    ids=["IPC-3", "113014", "110180", "ZDS-1"],
)
def test_each_place_of_a_study_is_the_same_study(segments):
    """However it is written, it is one ImagingStudy with its modality, and no result line of its own."""
    found = reading("ORU^R01", PID, OBR, *segments)
    [study], [report] = said(found, "ImagingStudy"), said(found, "DiagnosticReport")
    assert (study["identifier"][0], accession(study), study["modality"][0]["code"]) == (STUDY, ["AC-1"], "CT")
    assert (accession(report), said(found, "Observation")) == (["AC-1"], [])


@pytest.mark.req("F17")
def test_a_number_in_a_field_that_is_anybodys_is_an_accession_number_of_images_alone():
    """OBR-18 of a laboratory is kept in its message; where a profile says OBR-3, that is the number."""
    laboratory = OBR.replace("||||||CT|F", "||||||CH|F")
    assert accession(said(reading("ORU^R01", PID, laboratory), "DiagnosticReport")[0]) == []
    found = reading("ORU^R01", PID, OBR.replace("AC-1", ""), rules=FeedRules(accession="OBR-3"))
    assert accession(said(found, "DiagnosticReport")[0]) == ["F1"]


@pytest.mark.req("F17")
@pytest.mark.parametrize("uid", ["1", "1.2.x", "", "1." + "2" * 64, "3.1", "1..2", "1.02", "<b>"])
def test_what_has_not_the_form_of_a_uid_is_no_study(uid):
    """PS3.5, 9.1."""
    assert said(reading("ORM^O01", PID, ORC, OBR, f"ZDS|{uid}"), "ImagingStudy") == []


@pytest.mark.req("F17")
def test_a_later_word_without_the_number_takes_it_from_nobody():
    """A status of the order and an addendum of the report say no number: both keep theirs, and the report its study."""
    plain = OBR.replace("AC-1", "").replace("||||||CT|F", "||||||CT|C")
    chart = bundle(
        reading("ORM^O01", PID, ORC, OBR, f"ZDS|{UID}", n=1),
        reading("ORU^R01", PID, "ORC|RE|P1^EHR", OBR, f"ZDS|{UID}", TEXT.format(flag=""), n=2, time="20261124090000"),
        reading("ORM^O01", PID, "ORC|SC|P1^EHR||||CM", plain, n=3, time="20261124091000"),
        reading("ORU^R01", PID, "ORC|RE|P1^EHR", plain, TEXT.format(flag=""), n=4, time="20261124092000"),
    )
    [asked], [report], [study] = chart["ServiceRequest"], chart["DiagnosticReport"], chart["ImagingStudy"]
    assert accession(asked) == accession(report) == accession(study) == ["AC-1"]
    assert (study["status"], report["status"]) == ("available", "corrected")
    assert report["imagingStudy"] == [{"reference": f"ImagingStudy/{study['id']}"}]


@pytest.mark.req("F17", "D5")
@pytest.mark.parametrize(
    ("flag", "severity"),
    [
        ("AA", "critical"),
        ("HH", "critical"),
        ("RID49480^Category 1^RadLex", "critical"),
        ("A^Abnormal^HL70078^RID49481^Category 2^RadLex", "critical"),
        ("A", "odd"),
        ("A^^^RID49482^Category 3^RadLex", "odd"),
        ("N", ""),
        ("", ""),
    ],
)
def test_an_urgent_finding_is_what_its_sender_flags(flag, severity):
    """Table 0078 as a laboratory's, and the ACR's categories 1 and 2; abnormal alone alarms nobody."""
    [found] = said(reading("ORU^R01", PID, OBR, TEXT.format(flag=flag)), "Observation")
    assert severity_of(found) == severity


@pytest.mark.req("F17", "D5")
def test_how_urgent_the_request_was_is_no_finding():
    """STAT in OBR-5 and OBR-27, a final status: nobody is told at once."""
    stat = "OBR|1|P1^EHR|F1^RIS|CT^TDM^L|S||20261124080000|||||||||||AC-1||||||CT|F||^^^^^S"
    [found] = said(reading("ORU^R01", PID, stat, TEXT.format(flag="")), "Observation")
    assert severity_of(found) == ""


@pytest.mark.req("F17", "D5")
@pytest.mark.parametrize("line", ["OBX|2|TX|IMP^X^L||Texte||||||F||||RID49480^Cat 1^RadLex",
                                  "OBX|2|CWE|ACR^Category^L||RID49481^Cat 2^RadLex||||||F"])  # fmt: skip
def test_a_category_of_the_acr_is_read_where_senders_write_it(line):
    """OBX-15, or a coded line of its own."""
    [found] = said(reading("ORU^R01", PID, OBR, line), "Observation")
    assert severity_of(found) == "critical"


@pytest.mark.req("F17", "D5")
def test_an_alarm_on_a_file_waits_for_a_person_too():
    """A PDF flagged AA has no line of text: the line stands, flagged, and the file stays on its report."""
    pdf = "OBX|1|ED|PDF^Compte rendu^L||RIS^application^pdf^Base64^JVBERi0xLjQK|||{}|||F"
    found = reading("ORU^R01", PID, OBR, pdf.format("AA"))
    [one], [report] = said(found, "Observation"), said(found, "DiagnosticReport")
    assert (severity_of(one), len(report["presentedForm"])) == ("critical", 1)
    assert not [name for name in one if name.startswith("value")]
    assert said(reading("ORU^R01", PID, OBR, pdf.format("N")), "Observation") == []
    [one] = said(reading("ORU^R01", PID, OBR, pdf.format("RID49480^Category 1^RadLex")), "Observation")
    assert severity_of(one) == "critical"
    [one] = said(reading("ORU^R01", PID, OBR, pdf.format("") + "||||RID49481^Cat 2^RadLex"), "Observation")
    assert severity_of(one) == "critical"


@pytest.mark.req("F17", "D5")
def test_a_correction_takes_an_alarm_back_and_says_so():
    """A report flagged AA is corrected without the flag or withdrawn: nothing critical stands; the old word is kept."""
    first = reading("ORU^R01", PID, "ORC|RE|P1^EHR", OBR, TEXT.format(flag="AA"), n=1)
    calm = TEXT.format(flag="").replace("Hématome sous-dural", "Pas d'hématome")
    for status, word in (("C", "corrected"), ("D", "entered-in-error")):
        line = calm.removesuffix("F") + status
        later = reading("ORU^R01", PID, "ORC|RE|P1^EHR", OBR.removesuffix("F") + "C", line, n=2, time="20261124090000")
        [found] = bundle(first, later)["Observation"]
        assert found["status"] == word
        assert severity_of(found) == "" or word == "entered-in-error"
        assert "Hématome sous-dural" in str(found.get("extension"))
