"""Numbers of specimens from the command line: what is left of a range, and labels of a request's tubes.

Method: a home whose settings name a range, whose journal has what people drew and asked for.
"""

from datetime import UTC
from pathlib import Path

import pytest
import zxingcpp

from contrefeu.acts import SpecimenDrawn, encode
from contrefeu.chart import SPECIMEN
from contrefeu.cli.node import Node
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, Draft
from contrefeu.paper.pictures import pages_in
from contrefeu.station.care.scribe import Scribe, bundle
from tests.cli.conftest import Commands
from tests.cli.messages import IPP, admission
from tests.cli.test_paper import pages, say

FIRST, LAST = "00412000", "00412003"


@pytest.fixture
def ward(cli: Commands) -> Commands:
    """A patient of ward CARDIO, and a laboratory that agreed on ten numbers, four of them this station's."""
    path = cli.home / "contrefeu.toml"
    node = Node.at(cli.home)
    path.write_text(
        f'{path.read_text()}\n[[specimen_numbers]]\nname = "Biochimie"\nfirst = "{FIRST}"\nlast = "00412009"\n'
        f'low_labels = 2\n[[specimen_numbers.parts]]\nstation = "{node.settings.node.id}"\n'
        f'first = "{FIRST}"\nlast = "{LAST}"\n'
    )
    say(cli, admission())
    return cli


def draw(cli: Commands, what: str) -> None:
    """Somebody asks for *what*."""
    node = Node.at(cli.home)
    act = SpecimenDrawn(node.settings.node.id, what, "", FIRST, LAST, "2026-11-24T02:10:00.000000Z")
    with node.station_appender() as journal:
        journal.append([Draft("user/martin", MEDIA_ACT, encode(act), node.clock.now_ns())])


@pytest.mark.req("F16")
def test_what_is_left_of_a_range_is_told(ward: Commands) -> None:
    """`status` has the number, and ends with 10 when it is low; `doctor` says what to do, and that none is left."""
    told = ward.told("status", status=ward("status", "--json").status)["specimen_numbers"]
    assert told["twice"] == []
    assert [(one["name"], one["first"], one["left"], one["is_low"]) for one in told["ranges"]] == [
        ("Biochimie", FIRST, 4, False)
    ]
    for n in range(3):
        draw(ward, f"urn:uuid:{n}")
        draw(ward, f"urn:uuid:{n}")
    ran = ward("status")
    assert ran.status == 10
    assert "specimen numbers of Biochimie  LOW: 1 left" in ran.out.decode()
    assert "[specimens-low]" in ward("doctor").out.decode()
    draw(ward, "urn:uuid:3")
    assert "specimen numbers of Biochimie  NONE LEFT" in ward("status").out.decode()
    assert "This station has no number left of the range of Biochimie." in ward("doctor").out.decode()


@pytest.mark.req("F16")
def test_labels_of_a_request_s_tubes_are_printed(ward: Commands, tmp_path: Path) -> None:
    """By its number, zeros left out too: three, in plain bars. A number that no request has prints nothing."""
    node = Node.at(ward.home)
    with node.charts() as charts:
        chart = charts.chart(IPP)
    assert chart is not None
    scribe = Scribe("martin", "Dr Martin", node.settings.node.id, node.clock.now_ns(), UTC, str)
    request = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "code": {"text": "Iono, CRP"},
        "identifier": [{"system": SPECIMEN, "value": FIRST}],
    }
    with node.station_appender() as journal:
        body = bundle(chart, scribe, "once", [request])
        journal.append([Draft("user/martin", MEDIA_FHIR, body, node.clock.now_ns())])
    of = ("forms", "labels", "--ward", "CARDIO", "--patient", IPP, "--out", tmp_path / "l.pdf")
    assert ward.told(*of, "--specimen", "412000")["pages"] == 1
    [text] = pages(tmp_path / "l.pdf")
    assert text.count(FIRST) == text.count("Iono, CRP") == text.count("MARTIN") == 3
    [page] = pages_in((tmp_path / "l.pdf").read_bytes())
    assert [one.text for one in zxingcpp.read_barcodes(page)] == [FIRST] * 3
    assert "No request of this patient has that number." in ward(*of, "--specimen", "412001").err
    note = ("forms", "note", "--ward", "CARDIO", "--patient", IPP, "--out", tmp_path / "n.pdf")
    assert "Only labels are a specimen's." in ward(*note, "--specimen", "412000").err
    assert not (tmp_path / "n.pdf").exists()
