"""The charts of a whole house are what its ledger says: the reader against the writer, line by line.

Method: read every message of a house with the product's translators, fold each patient's, and compare with the truth
(drill/score.py). No journal and no socket: what is wrong here is wrong in the reading or in the fold.
"""

import json
from collections import defaultdict
from decimal import Decimal
from types import SimpleNamespace

import pytest

from contrefeu.chart import to_bundle
from contrefeu.chart.fold import fold
from contrefeu.chart.identity import Said, survivors
from contrefeu.drill import Hospital
from contrefeu.drill.charted import Charted
from contrefeu.drill.score import compare
from contrefeu.fhir import encode
from contrefeu.hl7 import peek, source_name
from contrefeu.mapping import FeedRules, Reading, read
from tests.drill.wire import START_NS, WORST


def _readings(bodies: list[bytes]) -> list[Reading]:
    found = []
    for n, body in enumerate(dict.fromkeys(bodies), 1):  # what is sent twice is charted once (F29)
        header = peek(body)
        entry = SimpleNamespace(
            journal="drill",
            sequence=n,
            received_ns=START_NS,
            hlc=n,
            source=source_name(header.sending_app, header.sending_facility),
            media_type="x-application/hl7-v2+er7",
            body=body,
        )
        found.append(read(entry, FeedRules()))
    return found


def _charts(readings: list[Reading]) -> list[Charted]:
    nodes: dict[str, int] = {}
    said = [
        Said(
            r.order, 0, *(nodes.setdefault(key, len(nodes)) for key in (link.survivor, link.lost)), link.kind != "merge"
        )
        for r in readings
        for link in r.links
    ]
    keys, roots = list(nodes), survivors(said)
    by_chart = defaultdict(list)
    for reading in readings:
        key = reading.subjects[0].keys[0]
        by_chart[keys[roots[nodes[key]]] if key in nodes else key].append(reading)
    bundles = [to_bundle(fold(key, mine[0].world, mine)) for key, mine in by_chart.items()]
    return [
        Charted(one["resource"] for one in json.loads(encode(bundle), parse_float=Decimal)["entry"])
        for bundle in bundles
    ]


@pytest.mark.parametrize("order", ["as sent", "feed after feed"])
@pytest.mark.parametrize(("style", "seed"), [("fr", 4), ("intl", 6)])
def test_charts_of_a_house_are_its_truth(style, seed, order):
    """Not one line missing, not one too much, in whatever order the feeds arrive."""
    hospital = Hospital(seed, 24, style, START_NS)
    messages = list(hospital.run(36))
    truth = hospital.truth()
    if order == "feed after feed":
        messages.sort(key=lambda sent: WORST.index(sent.system))
    readings = _readings([sent.message for sent in messages])
    assert all(reading.understood and reading.world == "T" for reading in readings)
    found = compare(truth, _charts(readings))
    assert found.differences == ()
    assert found.patients > 30
    assert found.lines > 3000
