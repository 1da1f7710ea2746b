"""The record of a drill of the machine alone says each promise with its threshold, and how long each part took.

Method: a story made by hand, with one promise broken.
"""

import pytest

from contrefeu.drill import DrillReport, Phase, Story, record_of
from contrefeu.drill.promises import Outcome, said
from contrefeu.exercise import Line
from contrefeu.proof import Signer

OUTCOMES = [
    Outcome("P1", True, {"acknowledged": 4109, "missing": 0, "twice": 0, "resent": 8}),
    Outcome("TRUTH", False, {"patients": 101, "lines": 11_704, "differences": 3}),
    Outcome("C5", True, {"lag": 0.25}),
]
PHASES = [Phase("work", 0.0, 60.2), Phase("restore", 60.2, 700.0)]


@pytest.mark.req("G2")
@pytest.mark.parametrize(("language", "words"), [("fr", "0 différence"), ("en", "0 differences")])
def test_a_record_says_what_was_promised_and_measured(language, words):
    """Broken when one promise is; a restore of more than ten minutes is marked; the scenario's file is named."""
    report = DrillReport([said(outcome, language) for outcome in OUTCOMES], 12.5, 7, "wiper", 24, 4109)
    signer = Signer("drill/n1-station", bytes(32))
    story = Story(report, OUTCOMES, PHASES, "drill/n1", signer, [], 0, 12_500_000_000)
    record = record_of(story, language, ("wiper", "ab", "Wiper"), "Dr Exemple")
    assert (record.held, record.scenario, record.title, record.led_by) == (False, "wiper", "Wiper", "Dr Exemple")
    assert [(one.id, one.held) for one in record.promises] == [("P1", True), ("TRUTH", False), ("C5", True)]
    assert record.promises[1].threshold == words
    assert record.promises[2].per_mille == 250
    restore = record.lines[1]
    assert restore == Line("restore", restore.what, "machine", 60, 700, None, "", held=False)
