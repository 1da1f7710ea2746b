"""NEWS2 is the published table, row by row, and nothing where the table does not apply.

Method: each bound of each row of chart 1 of the report (RCP 2017), from both sides; then charts, through the chart's
own reading of them.
"""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from contrefeu.chart.news2 import Measured, missing, points_of
from contrefeu.chart.sheet import SATURATION_TARGET, Sheet, warning_score
from tests.station.ward_in_memory import NOW_NS, at, chart_of, durand, resource, result

ZONE = ZoneInfo("Europe/Paris")
ROWS = [
    ("breaths", "8 9 11 12 20 21 24 25", "3 1 1 0 0 2 2 3"),
    ("saturation", "91 92 93 94 95 96 100", "3 2 2 1 1 0 0"),
    ("systolic", "90 91 100 101 110 111 219 220", "3 2 2 1 1 0 0 3"),
    ("pulse", "40 41 50 51 90 91 110 111 130 131", "3 1 1 0 0 1 1 2 2 3"),
    ("temperature", "35.0 35.1 36.0 36.1 38.0 38.1 39.0 39.1", "3 1 1 0 0 1 1 2"),
]


@pytest.mark.req("F8")
@pytest.mark.parametrize(("name", "values", "points"), ROWS, ids=[row[0] for row in ROWS])
def test_each_row_of_the_published_table(name, values, points):
    """Both sides of each bound give the points that the table prints."""
    found = [points_of(Measured(**{name: Decimal(value)}))[name] for value in values.split()]
    assert found == [int(one) for one in points.split()]


@pytest.mark.req("F8")
@pytest.mark.parametrize(
    ("oxygen", "values", "points"),
    [
        (False, "83 84 85 86 87 88 92 93 100", "3 2 2 1 1 0 0 0 0"),
        (True, "83 84 85 86 87 88 92 93 94 95 96 97", "3 2 2 1 1 0 0 1 1 2 2 3"),
    ],
    ids=["air", "oxygen"],
)
def test_scale_2_of_saturation(oxygen, values, points):
    """For a target of 88 to 92 %: on air no value is too high, on oxygen it is."""
    found = [
        points_of(Measured(saturation=Decimal(value), oxygen=oxygen), scale_2=True)["saturation"]
        for value in values.split()
    ]
    assert found == [int(one) for one in points.split()]


@pytest.mark.req("F8")
def test_oxygen_and_consciousness():
    """Oxygen is two points, anything but alert is three."""
    assert points_of(Measured(oxygen=True)) == {"oxygen": 2}
    assert points_of(Measured(oxygen=False)) == {"oxygen": 0}
    assert [points_of(Measured(consciousness=one))["consciousness"] for one in "ACVPU"] == [0, 3, 3, 3, 3]
    assert missing(Measured(oxygen=False)) == [
        "breaths", "saturation", "systolic", "pulse", "consciousness", "temperature",
    ]  # fmt: skip


def measured(hours, **values):
    """Observations of one round."""
    of = {
        "breaths": ("9279-1", "/min"), "saturation": ("59408-5", "%"), "systolic": ("8480-6", "mmHg"),
        "pulse": ("8867-4", "/min"), "temperature": ("8310-5", "°C"), "oxygen": ("3151-8", "L/min"),
    }  # fmt: skip
    made = [
        result(f"n{name}{hours}", *(of[name][0], name, value, of[name][1]), hours, category="vital-signs")
        for name, value in values.items()
        if name in of
    ]
    if "awake" in values:
        coded = {"coding": [{"system": "urn:contrefeu:acvpu", "code": values["awake"]}], "text": "A"}
        made.append(
            resource("Observation", f"awake{hours}", 184_000, status="final", code={"coding": [{"code": "67775-7"}]},
                     effectiveDateTime=at(hours), valueCodeableConcept=coded)
        )  # fmt: skip
    return made


WHOLE = {"breaths": "22", "saturation": "93", "systolic": "104", "pulse": "112", "temperature": "38.4",
         "oxygen": "2", "awake": "A"}  # fmt: skip


def scored(*observations, birth="1942-03-12", more=(), **patient):
    """The score of somebody."""
    who = {**durand()[0], "birthDate": birth, **patient}
    return warning_score(Sheet(chart_of([who, *observations, *more]), NOW_NS), ZONE)


@pytest.mark.req("F8")
def test_a_whole_set_is_added_up_and_says_its_time():
    """22/min 2, 93 % 2, oxygen 2, 104 mmHg 1, 112/min 2, alert 0, 38.4 °C 1."""
    score = scored(*measured(-1, **WHOLE))
    assert (score.total, score.level, score.when) == (10, "high", at(-1))
    assert dict(score.points) == {
        "breaths": 2, "saturation": 2, "oxygen": 2, "systolic": 1, "pulse": 2, "consciousness": 0, "temperature": 1,
    }  # fmt: skip


@pytest.mark.req("F8")
def test_what_is_missing_is_said_and_no_total_is_shown():
    """Without consciousness there is no score; an earlier one stands with its time, and what is newer is said."""
    part = {name: value for name, value in WHOLE.items() if name != "awake"}
    score = scored(*measured(-1, **part))
    assert (score.total, score.why, score.missing) == (None, "incomplete", ("consciousness",))
    score = scored(*measured(-5, **WHOLE), *measured(-1, temperature="39.5"))
    assert (score.total, score.when, score.newer) == (10, at(-5), at(-1))
    assert "temperature" not in score.missing


@pytest.mark.req("F5")
def test_another_unit_and_a_comparator_are_no_values():
    """37 with °F, or below the range of the sensor: it lacks."""
    odd = measured(-1, **WHOLE)
    odd[4]["valueQuantity"]["unit"] = "°F"
    odd[1]["valueQuantity"]["comparator"] = "<"
    assert scored(*odd).missing == ("saturation", "temperature")


@pytest.mark.req("F8")
@pytest.mark.parametrize(
    ("birth", "why"),
    [("2010-11-25", "young"), ("2010-11-24", ""), ("2025", "young"), ("2010", "age-unknown"), ("", "age-unknown")],
)
def test_no_score_under_16_nor_without_an_age(birth, why):
    """On the day of the sixteenth birthday it begins; a year alone does not say."""
    assert scored(*measured(-1, **WHOLE), birth=birth).why == why


ACTIVE = {"coding": [{"code": "active"}]}


@pytest.mark.req("F8")
@pytest.mark.parametrize(
    "said",
    [
        resource("Condition", "g", 1, clinicalStatus=ACTIVE, code={"text": "Grossesse, 24 SA"}),
        resource("Condition", "g", 1, clinicalStatus=ACTIVE, code={"coding": [{"code": "O24.4"}]}),
        resource("Flag", "g", 1, status="active", code={"text": "Enceinte"}),
        resource("Observation", "g", 1, status="final", code={"coding": [{"code": "82810-3"}]},
                 effectiveDateTime=at(-9), valueCodeableConcept={"coding": [{"code": "LA15173-0"}]}),
    ],
    ids=["problem", "code", "alert", "status"],
)  # fmt: skip
def test_no_score_in_pregnancy(said):
    """However the chart says it; where it says nothing of a woman of that age, the page says that too."""
    young = {"birth": "1996-03-12"}
    assert scored(*measured(-1, **WHOLE), more=[said], **young).why == "pregnant"
    assert scored(*measured(-1, **WHOLE), **young).ask_pregnancy
    assert not scored(*measured(-1, **WHOLE)).ask_pregnancy
    assert not scored(*measured(-1, **WHOLE), gender="male", **young).ask_pregnancy


@pytest.mark.req("F8")
def test_a_target_of_88_to_92_is_scale_2():
    """93 % on oxygen is one point more than asked for, not two too few."""
    flag = resource("Flag", "t", 1, status="active", code={"coding": [{"system": SATURATION_TARGET, "code": "88-92"}]})
    score = scored(*measured(-1, **WHOLE), more=[flag])
    assert (score.scale_2, dict(score.points)["saturation"], score.total) == (True, 1, 9)
