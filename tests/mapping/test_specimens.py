"""Each result is of its own specimen and of its own request, however its sender orders the segments (FIELD F31).

Method: messages in the structures of chapters 4 and 7 of HL7 v2.5.1, read; hypothesis draws how many specimens stand in
one, and how many requests were made of each.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.mapping import FeedRules, Reading, read
from tests.mapping.messages import entry

PID = "PID|1||42^^^CHU^PI||ESSAI^ANNE"
BLOOD, URINE = "SPM|1|S1000001&LABO||BLD^Sang^HL70487", "SPM|2|S1000002&LABO||UR^Urine^HL70487"


def told(kind: str, *segments: str, sent: str = "20261124080000") -> Reading:
    """What a message says."""
    header = f"MSH|^~\\&|LABO|CHU|CF|CHU|{sent}||{kind}|1|P|2.5.1"
    return read(entry("\r".join([header, *segments]).encode() + b"\r"), FeedRules())


def request(number: int, code: str = "", **fields: str) -> list[str]:
    """OBR with its ORC behind it, as in OUL^R22."""
    code = code or f"T{number}^Test {number}^L"
    return [f"OBR|{number}|P{number}^GEF|F{number}^LABO|{code}", f"ORC|SC|P{number}^GEF|F{number}^LABO"]


def value(code: str, said: str, sub: str = "") -> str:
    """One line."""
    return f"OBX|1|ST|{code}^{code}^L|{sub}|{said}||||||F"


def of_reports(found: Reading) -> dict[str, str]:
    """Report -> its specimens, in words."""
    reports = [one for one in found.said if one.kind == "DiagnosticReport"]
    return {
        one.key: ", ".join(s["display"] for s in one.resource.get("specimen", []) if "display" in s) for one in reports
    }


def of_values(found: Reading) -> list[tuple[Any, ...]]:
    """Specimen, code and value of each line."""
    lines = [one.resource for one in found.said if one.kind == "Observation"]
    return [
        (one.get("specimen", {}).get("display"), one["code"]["coding"][0]["code"], one.get("valueString"))
        for one in lines
    ]


@pytest.mark.req("F31")
@pytest.mark.parametrize("kind", ["OUL^R22^OUL_R22", "OUL^R23^OUL_R23"])
def test_where_specimens_lead_each_result_is_of_the_specimen_before_it(kind: str) -> None:
    """What was seen of the second tube, before its own request, is not said of the first."""
    found = told(
        kind, PID, BLOOD, "SAC|||C1", *request(1), value("K", "4.1"),
        URINE, value("COND", "trouble"), "SAC|||C2", *request(2), value("NA", "80"),
    )  # fmt: skip
    assert of_reports(found) == {"LABO|F1|T1": "Sang", "LABO|F2|T2": "Urine"}
    assert of_values(found) == [("Sang", "K", "4.1"), ("Urine", "COND", "trouble"), ("Urine", "NA", "80")]


@pytest.mark.req("F31")
@pytest.mark.parametrize("kind", ["OUL^R24^OUL_R24", "ORU^R01^ORU_R01", "OUL^R21^OUL_R21"])
def test_where_requests_lead_the_specimen_stands_behind_them(kind: str) -> None:
    """As it was."""
    found = told(kind, PID, *request(1), BLOOD, value("K", "4.1"), *request(2), URINE, value("NA", "80"))
    assert of_reports(found) == {"LABO|F1|T1": "Sang", "LABO|F2|T2": "Urine"}
    assert of_values(found) == [("Sang", "K", "4.1"), ("Urine", "NA", "80")]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=5))
def test_no_result_is_of_another_specimen(requests: list[int]) -> None:
    """However many requests a specimen has, none included: each names its own."""
    segments, expected, number = [], {}, 0
    for tube, count in enumerate(requests, 1):
        segments.append(f"SPM|{tube}|S100000{tube}&LABO||X{tube}^Tube {tube}^L")
        for _ in range(count):
            number += 1
            segments += [*request(number), value("K", str(number))]
            expected[f"LABO|F{number}|T{number}"] = f"Tube {tube}"
    found = told("OUL^R22^OUL_R22", PID, *segments)
    assert of_reports(found) == expected
    assert [one[0] for one in of_values(found)] == list(expected.values())


def test_a_remark_about_the_tube_stands_with_each_request_of_it() -> None:
    """NTE behind SPM is of the tube; NTE behind OBR of the request, though a line of the tube stands before it."""
    found = told(
        "OUL^R22^OUL_R22", PID, BLOOD, value("COND", "trouble"), "NTE|1||tube à moitié plein",
        *request(1), "NTE|1||à jeun", value("K", "4.1"),
    )  # fmt: skip
    report = next(one for one in found.said if one.kind == "DiagnosticReport")
    assert report.resource["conclusion"] == "à jeun"
    condition = next(one for one in found.said if one.key.endswith("COND|"))
    assert [one["text"] for one in condition.resource["note"]] == ["tube à moitié plein"]


def test_a_specimen_of_which_nothing_was_made_is_not_lost_unsaid() -> None:
    """SPM without a request: what is not charted is told."""
    found = told("OUL^R22^OUL_R22", PID, BLOOD, *request(1), value("K", "4.1"), URINE)
    assert [(one.where, "not charted" in one.why) for one in found.loss] == [("SPM", True)]


@pytest.mark.req("F31", "C3")
def test_a_test_done_twice_under_no_number_is_two_results() -> None:
    """ORU^R30, from a meter on the ward: the second value does not take the first one's place."""
    meter = [
        segment
        for hour, said in ((8, "5.1"), (12, "9.9"))
        for segment in ("ORC|NW", f"OBR|1|||GLU^Glucose^L|||20261124{hour:02}0000", value("GLU", said))
    ]
    found = told("ORU^R30^ORU_R30", PID, *meter)
    assert [one[2] for one in of_values(found)] == ["5.1", "9.9"]
    assert len({one.key for one in found.said}) == len(found.said) == 4


@pytest.mark.parametrize("kind", ["ORU^R31^ORU_R30", "ORU^R32^ORU_R30"])
@pytest.mark.req("F31")
def test_point_of_care_results_that_name_a_request_are_of_it(kind: str) -> None:
    """R31: the order is to be looked for; R32: it was there before."""
    found = told(kind, PID, *request(1, "GLU^Glucose^L"), value("GLU", "5.1"))
    report = next(one for one in found.said if one.kind == "DiagnosticReport")
    assert report.names[:2] == ["order:GEF|P1", "order:LABO|F1"]
    assert report.resource["basedOn"]


def isolate(sub: str, said: str, *, words: str = "") -> list[str]:
    """The susceptibility test of one isolate, under the culture's own number (OBR-26: parent result)."""
    empty = "|" * 20
    return [
        f"OBR|{sub}|P1^GEF|F1^LABO|AB^Antibiogramme^L{empty}|F|ORG&&L^{sub}^{words}|||P1&GEF^F1&LABO",
        value("AMX", said),
    ]


@pytest.mark.req("F31", "C3")
@pytest.mark.parametrize("words", ["", "E. coli"])
def test_two_isolates_under_one_number_keep_what_each_is_sensitive_to(words: str) -> None:
    """Both stand, and each says of which germ: the parent's words, else what the parent's line says."""
    culture = [*request(1, "CULT^Culture^L"), value("ORG", "E. coli", "1"), value("ORG", "S. aureus", "2")]
    found = told("ORU^R01^ORU_R01", PID, BLOOD, *culture, *isolate("1", "R", words=words), *isolate("2", "S"))
    sensitive = [one for one in of_values(found) if one[1] == "AMX"]
    assert sensitive == [("Sang, E. coli", "AMX", "R"), ("Sang, S. aureus", "AMX", "S")]
    assert len({one.key for one in found.said}) == len(found.said)


def test_an_isolate_that_is_not_told_apart_is_not_named() -> None:
    """Two lines under the same sub-id: no germ is guessed."""
    culture = [*request(1, "CULT^Culture^L"), value("ORG", "E. coli", "1"), value("ORG", "S. aureus", "1")]
    found = told("ORU^R01^ORU_R01", PID, BLOOD, *culture, *isolate("1", "R"))
    assert [one[0] for one in of_values(found) if one[1] == "AMX"] == ["Sang"]


@pytest.mark.req("F31")
@pytest.mark.parametrize(
    ("number", "finds"),
    [("S1000001&LABO", True), ("26328004711", True), ("0012", False), ("000000", False), ("NA", False), ("", False)],
)
def test_a_specimens_number_finds_only_if_it_tells(number: str, finds: bool) -> None:
    """A short one is begun again each day, and 000000 is no number."""
    found = told("ORU^R01^ORU_R01", f"SPM|1|{number}||BLD^Sang^L", "OBR|1|||K^Potassium^L", value("K", "6.8"))
    hints = found.subjects[0].hints if found.subjects else []
    assert bool(hints) is finds
    assert all(one.startswith("specimen:") for one in hints)


def test_an_order_of_a_specimen_answers_to_its_number() -> None:
    """OML^O33: the specimen leads, its requests follow."""
    found = told("OML^O33^OML_O33", PID, BLOOD, "ORC|NW|P1^GEF", "OBR|1|P1^GEF||K^Potassium^L")
    (said,) = found.said
    assert [name.rpartition("|")[0] for name in said.names if name.startswith("specimen:")] == [
        "specimen:LABO|S1000001"
    ]
