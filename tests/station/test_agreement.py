"""A patient's page and the board never disagree: both ask the chart, by the same rules.

Method: messages as senders write them, read and folded; the page's blocks and the board's row of one chart, compared
field by field, also for stories that were read differently once (stale places, leave, unlinked visits, FHIR alone).
"""

import pytest

from contrefeu.chart import board_row, severity_of
from contrefeu.chart.fold import Chart
from contrefeu.chart.sheet import Sheet, allergies_of, person_of, results_of
from contrefeu.chart.versions import Kept
from tests.chart.feed import PID, adt, chart, message, ns, oru

A01 = adt("A01", "1124 0800", at="1124 0800", more=["AL1|1|DA|PEN^Pénicilline^L"])
STORIES = {
    "admitted": (A01,),
    "moved": (A01, adt("A02", "1124 0900", at="1124 0900", place="REA^3^B", zbe="M2")),
    "an older move arrives late": (
        A01,
        adt("A02", "1124 1000", at="1124 1000", place="REA^3^B", zbe="M3"),
        adt("A02", "1124 0900", at="1124 0900", place="URG^1^C", zbe="M2"),
    ),
    "an outpatient visit beside": (A01, adt("A04", "1124 0900", at="1124 0900", place="CONS", visit="V2", inside="O")),
    "a result elsewhere": (A01, oru("1124 0900", "NM|K^Potassium^L||6.1|mmol/L||HH|||F")),
    "gone home": (A01, adt("A03", "1124 1000", at="1124 1000")),
    "planned": (adt("A05", "1124 0800", at="1125 0800"),),
    "two names": (adt("A01", "1124 0800", at="1124 0800", pid=PID.replace("^^^^^L|", "^^^^^L~DURAND^Jeanne^^^^^D|")),),
    "all allergies struck": (A01, message("ADT^A60", "1124 0900", PID, "IAM|1|DA|PEN^Pénicilline^L|SV||D")),
    "none of one kind": (adt("A01", "1124 0800", at="1124 0800", more=["AL1|1||409137002^No known drug allergy^SCT"]),),
    "denied beside one": (adt("A01", "1124 0800", at="1124 0800", more=["AL1|1|DA|PEN^Pénicilline^L", "AL1|2||NKA"]),),
    "protected": (adt("A01", "1124 0800", at="1124 0800", pid=f"{PID}{'|' * 24}CACH"),),
}


def fhir_only(*stays: dict) -> Chart:
    """A chart that no ADT feed ever spoke of."""
    made = Chart("c", "HOSP|1", "P")
    for n, stay in enumerate(stays):
        made.kept[f"Encounter/{n}"] = Kept("Encounter", str(n), stay, f"n-capture/{n + 1}", 1, 1, (0, "n", 1))
    return made


def place(*parts: str) -> list[dict]:
    """Locations of an Encounter: ward, room, bed."""
    kinds = ("wa", "ro", "bd")
    return [
        {"location": {"display": part}, "physicalType": {"coding": [{"code": kind}]}}
        for kind, part in zip(kinds, parts, strict=False)
    ]


def compared(made: Chart) -> None:
    """The page's words about somebody are the board's."""
    sheet = Sheet(made)
    whose, allergies = person_of(sheet), allergies_of(sheet)
    row = board_row(made, ns("1124 1200"))
    assert (row is not None) == bool(whose.ward)
    if row is None:
        return
    assert (whose.ward, whose.room, whose.bed) == (row.ward, row.room, row.bed)
    assert (whose.family, whose.given, whose.used) == (row.family, row.given, row.used)
    assert (whose.birth_date, whose.sex, whose.admitted) == (row.birth_date, row.sex, row.admitted)
    assert [number.words for number in whose.numbers if not number.old] == row.identifiers
    assert whose.confidential == row.confidential
    assert (allergies.state, allergies.struck) == (row.allergies_state, row.allergies_struck)
    assert sorted(one.what for one in allergies.lines if not one.struck) == row.allergies
    values = [one for panel in results_of(sheet).laboratory for series in panel.series for one in series.values]
    assert sum(value.severity == "critical" for value in values) == row.critical


@pytest.mark.req("F1", "F6", "F31")
@pytest.mark.parametrize("story", STORIES)
def test_page_and_board_say_the_same_of_a_patient(story):
    """Ward, bed, names, numbers, admission, protection, allergies and critical results."""
    compared(chart(*STORIES[story]))


@pytest.mark.parametrize(
    "stays",
    [
        [{"status": "in-progress", "location": place("CARD", "1", "A"), "period": {"start": "2026-11-20T08:00:00Z"}}],
        [
            {"status": "in-progress", "location": place("CARD", "1", "A"), "period": {"start": "2026-11-20T08:00:00Z"}},
            {
                "status": "in-progress",
                "class": {"code": "AMB"},
                "location": place("CONS"),
                "period": {"start": "2026-11-23T08:00:00Z"},
            },
        ],
        [{"status": "in-progress", "period": {"start": "2026-11-20T08:00:00Z"}}],
        [{"status": "finished", "location": place("CARD", "1", "A")}],
    ],
    ids=["one stay", "a visit beside a stay", "no place", "finished"],
)
def test_page_and_board_agree_where_only_fhir_speaks(stays):
    """Encounters without any ADT: an outpatient visit never hides an inpatient stay, no place is no ward."""
    made = fhir_only(*stays)
    compared(made)
    if len(stays) == 2:
        assert person_of(Sheet(made)).ward == "CARD"


@pytest.mark.req("F5")
@pytest.mark.parametrize("flags", ["HH", "H", "L~HH", "A", "", "N", "<", "XYZ"])
def test_a_flag_weighs_the_same_everywhere(flags):
    """The worst flag counts, each stands verbatim."""
    made = chart(A01, oru("1124 0900", f"NM|K^Potassium^L||6.1|mmol/L||{flags}|||F"))
    (value,) = [v for p in results_of(Sheet(made)).laboratory for s in p.series for v in s.values]
    (kept,) = [one.now for one in made.kept.values() if one.kind == "Observation"]
    assert value.severity == severity_of(kept)
    assert value.flag == ", ".join(filter(None, flags.split("~")))
