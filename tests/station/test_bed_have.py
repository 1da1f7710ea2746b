"""The beds as EDXL-HAVE 2.0: the boards' own numbers, in the elements of the standard and in their order.

Method: feeds and people speak to the node's own charts; the document is held against a table of the elements that it
may use, typed from the schema of the standard's editor (decision 0173), not copied from it.
"""

import re
import xml.etree.ElementTree as ET

import pytest

from contrefeu.station import as_have, bed_status
from contrefeu.station.bed_have import HAVE, ORGANISATION
from tests.chart.feed import adt
from tests.station.folded import at_work, house
from tests.station.living import in_downtime
from tests.station.test_care import form
from tests.station.visitors import text_of, visitor

# element -> its children in order: name, least, most. What is not used here is left out.
ORDER: dict[str, list[tuple[str, int, int]]] = {
    "HAVE": [("organizationInformation", 1, 1), ("reportComment", 0, 1), ("facility", 1, 99)],
    "facility": [("facilityInformation", 1, 1), ("serviceList", 1, 99), ("commentText", 0, 99)],
    "facilityInformation": [
        ("facilityID", 1, 1), ("facilityName", 1, 1), ("facilityDetails", 1, 1), ("facilityKind", 0, 1),
        ("emergencyDepartmentStatus", 0, 1),
    ],
    "emergencyDepartmentStatus": [("emsTraffic", 0, 1)],
    "emsTraffic": [("emsTrafficStatus", 0, 1), ("emsTrafficReason", 0, 1), ("commentText", 0, 1)],
    "serviceList": [("taxonomyURI", 1, 1), ("taxonomyName", 1, 1), ("serviceListItem", 1, 999)],
    "serviceListItem": [
        ("serviceTaxonomyKeyValue", 1, 1), ("serviceName", 1, 1), ("serviceBedCapacity", 0, 1), ("comment", 0, 1),
    ],
    "serviceBedCapacity": [("availableCount", 1, 1), ("baselineCount", 0, 1)],
}  # fmt: skip
TEXTS = {
    "facilityID": r"[A-Za-z_][A-Za-z0-9_.-]*",  # xs:ID
    "facilityKind": "Hospital|LongTermCare|TemporaryFacility",
    "availableCount": r"-?\d+",
    "baselineCount": r"\d+",
}


@pytest.fixture(scope="module")
def told():
    """A patient in bed 1 of three, and two in the emergency department, one of them sorted."""

    def pid(number):
        return f"PID|1||{number}^^^CHU^PI||SECRET{number}^Anne||19500101|M"

    charts = house()
    charts.feed(
        adt("A01", "1124 0100", place="CARD^^1", visit="V1", pid=pid(11)),
        adt("A01", "1124 0110", place="URG^^B1", inside="E", visit="V2", pid=pid(22)),
        adt("A01", "1124 0120", place="URG^^B2", inside="E", visit="V3", pid=pid(33)),
    )
    [sorted_] = charts.told.charts.find("secret22")
    form(at_work("martin", charts), f"/write/triage/{sorted_.id}", level="3A", doctor="Dr Roy")
    return charts, at_work("crise", charts)


@pytest.mark.req("T2")
def test_every_element_stands_where_the_standard_has_it(told):
    """Names, order, how often, and what their text may be; nothing that the table does not know."""
    root = ET.fromstring(told[1].get("/beds.xml").content)
    assert root.tag == f"{{{HAVE}}}HAVE"
    _check(root)


@pytest.mark.req("T2")
def test_the_numbers_are_those_of_the_boards_and_name_nobody(told):
    """Free and known beds of each ward; the emergency department in words, with its levels as they were written."""
    _, who = told
    answer = who.get("/beds.xml")
    assert answer.headers["content-type"].startswith("application/xml")
    assert "secret" not in answer.text.casefold()
    beds = [[part.text for part in one] for one in _all(answer.content, "serviceBedCapacity")]
    assert beds == [["2", "3"], ["2", "2"], ["0", "2"]], "of the emergency department the two beds that were used"
    [said] = [one.text for one in _all(answer.content, "commentText")]
    assert said == "patients 2; not seen by a doctor yet 1; without a level 1; level 3A: 1"
    assert "Urgences : patients 2 ; sans médecin encore 1 ; sans tri 1 ; tri 3A : 1." in text_of(who.get("/beds"))
    house_ = who.get("/beds.json").json()["entry"][0]["resource"]
    counted = {one["url"]: one["valueInteger"] for one in house_["extension"][0]["extension"]}
    assert counted == {"patients": 2, "unsorted": 1, "unseen": 1, "level 3A": 1}


@pytest.mark.req("T2")
def test_the_next_answer_knows_what_the_board_knows(told):
    """A bed is taken: whoever asks right after it is told, and up to when messages had been read."""
    charts, who = told
    before = who.get("/beds.xml").content
    charts.feed(adt("A01", "1124 0300", place="CARD^^2", visit="V4", pid="PID|1||44^^^CHU^PI||NEUF^Eve||19500101|F"))
    after = who.get("/beds.xml").content
    assert [_all(one, "availableCount")[0].text for one in (before, after)] == ["2", "1"]
    assert _all(before, "reportComment")[0].text < _all(after, "reportComment")[0].text


def test_of_a_ward_whose_beds_nobody_named_nothing_is_said_to_be_free():
    """It is listed, with its patients, and has no count of beds: not 0 of 0."""
    items = _all(at_work("crise", house()).get("/beds.xml").content, "serviceListItem")
    parts = {one[0].text: [part.tag.partition("}")[2] for part in one] for one in items}
    assert "serviceBedCapacity" in parts["CARD"]
    assert parts["URG"] == ["serviceTaxonomyKeyValue", "serviceName", "comment"]


def test_an_exercise_says_so_and_a_house_without_a_name_or_a_ward_is_said_to_be_one():
    """Nobody takes an exercise for real; the identifier begins with a letter whatever the house is called."""
    said = _all(visitor("crise", charts=in_downtime()).get("/beds.xml").content, "reportComment")[0].text
    assert said.startswith("EXERCISE, EXERCISE, EXERCISE")
    odd = as_have(bed_status("3e hôpital <b> & co", []))
    assert _all(odd, "facilityID")[0].text == "H-3e-h-pital--b----co"
    assert _all(odd, "facilityName")[0].text == "3e hôpital <b> & co"
    assert _all(odd, "reportComment")[0].text == "nothing read yet"


def _all(body, name):
    return ET.fromstring(body).findall(f".//{{{HAVE}}}{name}")


def _check(element):
    name = element.tag.partition("}")[2]
    children = [one for one in element if one.tag.startswith(f"{{{HAVE}}}")]
    assert all(one.tag.startswith(f"{{{ORGANISATION}}}") for one in element if one not in children)
    names = [one.tag.partition("}")[2] for one in children]
    assert names == sorted(names, key=[child for child, _, _ in ORDER.get(name, [])].index), name
    for child, least, most in ORDER.get(name, []):
        assert least <= names.count(child) <= most, (name, child)
    if name in TEXTS:
        assert re.fullmatch(TEXTS[name], element.text or ""), name
    for one in children:
        _check(one)
