"""What France adds to an admission stands on the chart: legal status, weeks of gestation, ways in and out.

Method: single segments of IHE PAM France 2.11 beside an admission, through the reader and the fold.
"""

import pytest

from tests.mapping.messages import bundle, reading, said
from tests.mapping.test_admissions import EVN, PID, PV1

ZFS = "ZFS|1|L1^CPAGE|20261124080000|{}|{}|SDRE^Soins sur décision du représentant de l’État||accompagné"


@pytest.mark.req("F18")
def test_a_legal_status_has_its_dates_and_ends_by_its_own_word():
    """An admission that leaves ZFS out ends nothing; its cancellation strikes it."""
    stated = reading("ADT^A01", EVN, PID, PV1, ZFS.format("", "INSERT"), n=1)
    silent = reading("ADT^A08", EVN, PID, PV1, n=2, time="20261124090000")
    voided = reading("ADT^A08", EVN, PID, PV1, ZFS.format("", "CANCEL"), n=3, time="20261124093000")

    (flag,) = bundle(stated, silent)["Flag"]
    assert (flag["status"], flag["period"]["start"]) == ("active", "2026-11-24T08:00:00+01:00")
    assert flag["code"]["text"] == "Soins sur décision du représentant de l’État - accompagné"
    assert bundle(stated, silent, voided)["Flag"][0]["status"] == "entered-in-error"


def test_a_placement_of_before_is_an_alert_with_both_its_days():
    """ZFV-4 and 5."""
    found = reading("ADT^A01", EVN, PID, PV1, "ZFV||||20261101|20261130")
    (flag,) = said(found, "Flag")
    assert flag["period"] == {"start": "2026-11-01", "end": "2026-11-30"}


@pytest.mark.req("F10")
def test_weeks_of_gestation_are_a_result_as_sent():
    """ZFD-2; what is no plain number is in no result, and not made one."""
    found = reading("ADT^A28", EVN, PID, "ZFD||39")
    (weeks,) = said(found, "Observation")
    assert (str(weeks["valueQuantity"]["value"]), weeks["valueQuantity"]["unit"]) == ("39", "wk")
    assert said(reading("ADT^A28", EVN, PID, "ZFD||39+3"), "Observation") == []


def test_where_somebody_came_from_and_went_to():
    """ZFV-1 and ZFM beside PV1; PV1's own words stay."""
    found = reading("ADT^A03", EVN, PID, PV1, "ZFV|CH Voisin^20261120|AMB^Ambulance", "ZFM|7|8||")
    assert found.stays[0].resource["hospitalization"] == {
        "admitSource": {"coding": [{"system": "urn:id:PMSI", "code": "7", "display": "Transfert"}]},
        "dischargeDisposition": {
            "coding": [{"system": "urn:id:PMSI", "code": "8", "display": "Domicile"}],
            "text": "Ambulance",
        },
        "origin": {"display": "CH Voisin"},
    }


def test_shared_record_and_occupation_are_kept_with_the_patient():
    """ZFA and ZFP are elements of the patient; an empty segment is no loss."""
    found = reading("ADT^A28", EVN, PID, "ZFA|ACTIF||||||||NA", "ZFP|1|53", "ZFV|^~")
    kept = {one["url"].rpartition(":")[2]: one["valueString"] for one in found.patient["extension"]}
    assert kept == {"ZFA-1": "ACTIF", "ZFA-9": "NA", "ZFP-1": "1", "ZFP-2": "53"}
    assert found.loss == []
