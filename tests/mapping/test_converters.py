"""What other converters made of the same messages differs from ours where somebody has judged why, and nowhere else.

Method: 213 messages with the output of three converters (tests/data/converters), every element compared
(`converters.py`), every difference looked up in judged.toml.
"""

import pytest

from tests.mapping.converters import BEGIN, END, PAGE, Difference, differences, judgements, page, pairs


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, Difference]]:
    """Every element that one side or both have."""
    return differences(pairs())


def test_every_difference_was_judged(found):
    """An element that differs and that nobody looked at is a mistake of ours until somebody says otherwise."""
    judged = [element for one in judgements() for element in one["elements"]]
    assert len(judged) == len(set(judged))
    differing = {one.element for each in found.values() for one in each.values() if one.theirs or one.ours}
    assert differing - set(judged) == set()
    assert set(judged) - differing == set()
    assert {one["verdict"] for one in judgements()} <= {"ours", "theirs", "guide", "form"}


def test_the_page_has_these_counts(found):
    """docs/reference/mapping.md: `python -m tests.mapping.converters` writes them anew."""
    made = PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip()
    assert made == page(found)


def test_what_matters_most_agrees(found):
    """Of what both charts hold, values, codes and names agree nearly everywhere: a regression shows here first."""
    for element, least in {"Observation.code": 2600, "Observation.value[x]": 1900, "Observation.status": 900}.items():
        assert sum(each[element].same for each in found.values() if element in each) >= least
    for element in ("Patient.gender", "Observation.encounter"):
        assert not any(one.theirs for each in found.values() for one in each.values() if one.element == element)
