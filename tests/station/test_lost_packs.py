"""A stick with a ward's pack is lost: one click opens an incident, names who was on it, and makes passwords others.

Method: visitors of the ward app on a ward in memory, whose packs are noted here.
"""

from dataclasses import dataclass, field

import pytest

from contrefeu.acts import IncidentNoted, IncidentOpened, decode
from contrefeu.base import StorageError
from contrefeu.station import LostPack, NodeStatus, PackState
from tests.chart.feed import adt
from tests.station.folded import at_work, house
from tests.station.visitors import Visitor, join, text_of


@dataclass
class Packs:
    """One ward's pack, of these charts."""

    charts: list[str]
    voided: list[str] = field(default_factory=list)

    def last(self, ward: str, language: str) -> LostPack | None:
        """CARD has one."""
        note = "Dossiers dessus : " + " ".join(self.charts)
        return LostPack("", self.charts, f"Support perdu : {ward}", note) if ward == "CARD" else None

    def void(self) -> None:
        """Noted."""
        self.voided.append("all")


def viewed(at: Visitor) -> list[str]:
    """The charts that the audit says were looked at for a lost pack."""
    return sorted(
        chart[0]["what"]["reference"].removeprefix("Patient/")
        for event in at.charts.audited()
        if (chart := [one for one in event["entity"] if "what" in one]) and "lost pack" in str(event)
    )


async def status() -> NodeStatus:
    """A node with one pack."""
    return NodeStatus([], [], [PackState("CARD", 4, 1)])


@pytest.mark.req("F44", "L1")
def test_a_lost_stick_is_one_click_to_an_incident_and_the_list_of_who_was_on_it():
    """The button is the coordinator's, beside the pack's age; a nurse has none, and may not send what it sends."""
    charts = house()
    charts.feed(adt("A01", "1123 2000", at="1123 2000", place="CARD^^1"))
    [hit] = charts.told.charts.find("martin")
    gone = "00000000-0000-4000-8000-000000000000"
    packs = Packs([hit.id, gone])
    at = at_work("crise", charts, packs=packs, node_status=status)
    assert "Perdu : ouvrir un incident" in at.get("/status").text

    sent = at.post("/lost-packs", ward="CARD")
    assert (sent.status_code, packs.voided) == (303, ["all"])
    listed = at.get("/lost-packs")
    assert "Support perdu : CARD" in listed.text and "2 patients" in text_of(listed) and "MARTIN" not in listed.text
    assert viewed(at) == [], "a list without names is no look at anybody"
    page = at.get(sent.headers["location"])
    assert f'href="{sent.headers["location"]}"' in listed.text
    assert "MARTIN Jeanne" in text_of(page) and gone in page.text and "Support perdu : CARD" in page.text
    assert viewed(at) == sorted([hit.id, gone]), "a look at each patient"
    assert at.get("/lost-packs/nowhere/1").status_code == 404
    opened, noted = [
        act for entry in at.charts.journal if isinstance(act := decode(entry.body), IncidentOpened | IncidentNoted)
    ]
    assert opened.title == "Support perdu : CARD"
    assert "MARTIN" not in noted.text and hit.id in noted.text
    assert at.post("/lost-packs", ward="NOWHERE").status_code in (403, 404)
    join(at, "nadia")
    assert "Perdu : ouvrir" not in at.get("/status").text
    assert at.post("/lost-packs", ward="CARD").status_code == 403
    assert at.get(sent.headers["location"]).status_code == 403
    assert packs.voided == ["all"]


def test_a_lost_pack_of_an_empty_ward_leads_to_the_list():
    """Nobody was on it: it has no page, and its incident is open all the same."""
    at = at_work("crise", house(), packs=Packs([]), node_status=status)
    sent = at.post("/lost-packs", ward="CARD")
    assert (sent.status_code, sent.headers["location"]) == (303, "/lost-packs")
    assert at.get("/lost-packs").status_code == 200
    assert any(isinstance(decode(entry.body), IncidentOpened) for entry in at.charts.journal)


@pytest.mark.req("F44")
@pytest.mark.parametrize(("language", "words"), [("fr", "ne se lit plus"), ("en", "can no longer be read")])
def test_what_is_known_of_packs_and_cannot_be_read_is_said(language, words):
    """On the status page; who clicks "lost" on a page of before is told how to go on, and nothing is made void."""

    class Unread(Packs):
        def last(self, ward: str, language: str) -> LostPack | None:
            raise StorageError("damaged")

    async def damaged() -> NodeStatus:
        return NodeStatus(packs_unread=True)

    packs = Unread([])
    at = at_work("crise", house(), packs=packs, node_status=damaged)
    assert words in text_of(at.get("/status", accept_language=language))
    sent = at.post("/lost-packs", _headers={"accept-language": language}, ward="CARD")
    assert (sent.status_code, packs.voided) == (503, [])
    assert words in text_of(sent)
