"""Two stations cut apart write on one patient; joined, what does not go together waits for a person (D6).

Method: two houses with a chart store each, told of the same feed; people write at both, then each takes the other's
entries, in real sealed journals that a stick carries. Charts, lists and pages of both are compared.
"""

from pathlib import Path

import msgspec
import pytest
from fhir.resources.R4B import get_fhir_model_class

from contrefeu.chart import clashes_of
from contrefeu.chart.fold import to_bundle
from contrefeu.chart.work import work_line
from contrefeu.custody import DataKeys
from contrefeu.fhir import encode
from contrefeu.journal import Draft, Entry, JournalReader, JournalWriter
from tests.chart.feed import adt, rde
from tests.station.folded import Folded, at_work, house
from tests.station.test_care import form
from tests.station.visitors import text_of
from tests.vault.stations import PAIR, Station

NORTH, SOUTH = "nb2-station", "nc3-station"
NEW = {"drug": "Paracétamol 1 g cp", "dose": "1 cp", "route": "orale", "rhythm": "every", "every": "6"}


class Ward:
    """A station: its charts, and who works there."""

    def __init__(self, journal: str) -> None:
        self.charts = house()
        self.charts.feed(adt("A01", "1124 0200", place="CARD^^1"), rde("1124 0201"))
        self.charts.station = journal
        [hit] = self.charts.told.charts.find("martin")
        self.id = hit.id
        self.nurse, self.doctor = at_work("nadia", self.charts), at_work("martin", self.charts)
        self.order = next(k.partition("/")[2] for k in self.chart().kept if k.startswith("MedicationRequest/"))

    def chart(self):
        return self.charts.chart_now(self.id)

    def said(self) -> list[Entry]:
        """What people wrote here."""
        return [one for one in self.charts.written() if one.journal == self.charts.station]

    def hear(self, entries: list[Entry]) -> None:
        """Take what came in from the other station."""
        known = {one.ref for one in self.charts.journal}
        new = [one for one in entries if one.ref not in known]
        self.charts.journal += new
        self.charts.told.take(*new)

    def kinds(self) -> list[str]:
        return [clash.kind for clash in clashes_of(self.chart())]


class Site(Station):
    """The home of a station: its sealed journal, and what a stick brought."""

    @property
    def journal(self) -> str:
        return f"{self.name}-station"

    def write(self, charts: Folded) -> None:
        """Seal what was written in a station's journal."""
        self.writer = JournalWriter(self.journals, self.signer, lambda: list(self.recipients), self.clock)
        for one in charts.journal:
            if one.journal == self.journal:
                self.writer.append([Draft(one.source, one.media_type, one.body, one.received_ns)])
        self.writer.checkpoint()

    def read(self, other: "Site") -> list[Entry]:
        """The other station's acts as they lie here."""
        reader = JournalReader(self.files(other), DataKeys(None, recovery=PAIR))
        found = [one for frame in reader.after(0) for one in frame]
        reader.close()
        return [one for one in found if one.source.startswith("user/") and b'"AuditEvent"' not in one.body[:60]]


def apart() -> tuple[Ward, Ward]:
    """Two stations with the same patient."""
    return Ward(NORTH), Ward(SOUTH)


def joined(one: Ward, other: Ward) -> None:
    """Each takes what the other's people wrote; both say the same of the patient."""
    for here, there in ((one, other), (other, one)):
        here.hear(there.said())
    assert encode(to_bundle(one.chart())) == encode(to_bundle(other.chart()))


def test_a_second_dose_within_the_hour_waits_at_both_stations_until_somebody_settles_it():
    """Each station gave the dose that the other could not see: both are kept; the pair is listed and counted."""
    north, south = apart()
    assert form(north.nurse, f"/write/dose/{north.id}/{north.order}", outcome="completed").status_code == 303
    south.charts.clock.advance(seconds=480)
    assert form(south.doctor, f"/write/dose/{south.id}/{south.order}", outcome="completed").status_code == 303
    assert (north.kinds(), south.kinds()) == ([], [])
    joined(north, south)
    assert (north.kinds(), south.kinds()) == (["doses"], ["doses"])
    page = text_of(north.nurse.get("/work"))
    assert "écrit sur deux postes qui ne se voyaient pas (1)" in page
    assert "Deux doses en une heure" in page
    assert "Deux doses en une heure" in text_of(north.nurse.get(f"/patient/{north.id}"))
    [item] = [one for one in work_line(north.chart()).items if one.kind == "settle"]
    about = f"/write/settle/{north.id}/{item.source}"
    assert "Aucun des deux n’était visible de l’autre poste" in text_of(north.nurse.get(about))
    assert form(north.nurse, about, decision="").status_code == 400
    assert form(north.nurse, about, decision="Dr Martin prévenu, surveillance").headers["location"] == "/work"
    for entry in north.said():
        for one in msgspec.json.decode(entry.body)["entry"]:
            get_fhir_model_class(one["resource"]["resourceType"]).model_validate(one["resource"])
    joined(north, south)
    assert (north.kinds(), south.kinds()) == ([], [])
    assert len([k for k in north.chart().kept if k.startswith("MedicationAdministration")]) == 2
    assert north.nurse.get(about).status_code == 404


def test_what_one_author_saw_is_no_clash():
    """Joined before the second act, the form asked about the first dose: who said yes is not asked again."""
    north, south = apart()
    form(north.nurse, f"/write/dose/{north.id}/{north.order}", outcome="completed")
    joined(north, south)
    assert form(south.doctor, f"/write/dose/{south.id}/{south.order}", outcome="completed").status_code == 400
    sent = form(south.doctor, f"/write/dose/{south.id}/{south.order}", outcome="completed", confirm="yes")
    assert sent.status_code == 303
    joined(north, south)
    assert north.kinds() == []


def test_the_same_drug_twice_waits_until_one_is_stopped():
    """Two prescriptions of one drug, written differently; stopping either ends it."""
    north, south = apart()
    form(north.doctor, f"/write/prescription/{north.id}", **NEW)
    form(south.doctor, f"/write/prescription/{south.id}", **NEW | {"drug": "PARACÉTAMOL  1 g cp"})
    joined(north, south)
    assert north.kinds() == ["prescriptions"]
    [item] = [one for one in work_line(north.chart()).items if one.kind == "settle"]
    mine = next(kept.id for kept in north.chart().kept.values() if kept.ref == item.clash.first.ref)
    sent = form(north.doctor, f"/write/stop/{north.id}/{mine}", reason="double")
    assert sent.status_code == 303
    joined(north, south)
    assert (north.kinds(), south.kinds()) == ([], [])


def test_two_moves_wait_until_somebody_who_saw_both_says_where():
    """CHIR 11 says one station, CHIR 12 the other."""
    north, south = apart()
    form(north.nurse, f"/write/transfer/{north.id}?ward=CHIR", bed="11")
    south.charts.clock.advance(seconds=120)
    form(south.nurse, f"/write/transfer/{south.id}?ward=CHIR", bed="12")
    joined(north, south)
    assert (north.kinds(), south.kinds()) == (["moves"], ["moves"])
    south.charts.clock.advance(seconds=300)
    lucas = at_work("lucas", south.charts)  # of CHIR, where the patient lies now
    assert form(lucas, f"/write/transfer/{south.id}?ward=CHIR", bed="11").status_code == 303
    joined(north, south)
    assert (north.kinds(), south.kinds()) == ([], [])


def test_an_act_after_a_discharge_and_a_dose_after_a_stop_wait():
    """One station let the patient go and stopped a drug; the other went on."""
    north, south = apart()
    form(north.doctor, f"/write/stop/{north.id}/{north.order}", reason="allergie")
    form(north.nurse, f"/write/discharge/{north.id}", to="home")
    south.charts.clock.advance(seconds=480)
    form(south.nurse, f"/write/dose/{south.id}/{south.order}", outcome="completed")
    joined(north, south)
    assert sorted(north.kinds()) == sorted(south.kinds()) == ["after-discharge", "after-stop"]
    assert "Dose donnée après l’arrêt" in text_of(south.nurse.get("/work"))


@pytest.mark.req("D6")
def test_journals_that_a_stick_carried_say_the_same(tmp_path: Path):
    """Sealed, carried, read back: both stations list the clash that neither could see alone."""
    north, south = apart()
    form(north.nurse, f"/write/dose/{north.id}/{north.order}", outcome="completed")
    form(south.nurse, f"/write/dose/{south.id}/{south.order}", outcome="completed")
    sites = {
        ward: Site(tmp_path / ward.charts.station, ward.charts.station.partition("-")[0]) for ward in (north, south)
    }
    one, other = sites.values()
    one.join(other)
    other.join(one)
    for ward, site in sites.items():
        site.write(ward.charts)
    (tmp_path / "stick").mkdir()
    for station in (one, other, one):
        station.meet(tmp_path / "stick")
    north.hear(one.read(other))
    south.hear(other.read(one))
    assert (north.kinds(), south.kinds()) == (["doses"], ["doses"])
    for site in sites.values():
        site.exchange.close()
        site.crash()


def test_one_prescription_that_two_stations_change_otherwise_waits_for_a_person():
    """Stopped here, put on hold there: one word holds, the pair is listed until a physician who sees both speaks."""
    north, south = apart()
    assert form(north.doctor, f"/write/stop/{north.id}/{north.order}", reason="allergie").status_code == 303
    south.charts.clock.advance(seconds=300)
    assert form(south.doctor, f"/write/hold/{south.id}/{south.order}", reason="à jeun").status_code == 303
    joined(north, south)
    assert (north.kinds(), south.kinds()) == (["changed"], ["changed"])
    assert north.charts.told.charts.chart(north.id) == north.chart(), "what the store keeps is what the fold says"
    [clash] = clashes_of(north.chart())
    assert (clash.first.kind, clash.second.kind) == ("MedicationRequest-stopped", "MedicationRequest-on-hold")
    page = text_of(north.nurse.get("/work"))
    assert "Changée autrement sur deux postes" in page
    assert "Prescription arrêtée" in page and "Prescription suspendue" in page
    assert "Changée autrement sur deux postes" in text_of(south.nurse.get(f"/patient/{south.id}"))
    assert form(south.doctor, f"/write/stop/{south.id}/{south.order}", reason="vu les deux").status_code == 303
    joined(north, south)
    assert (north.kinds(), south.kinds()) == ([], [])


def test_the_pair_of_two_changes_is_settled_by_a_word_and_both_stay_readable():
    """A person says what is decided; nothing of the prescription changes by it."""
    north, south = apart()
    form(north.doctor, f"/write/stop/{north.id}/{north.order}", reason="allergie")
    form(south.doctor, f"/write/hold/{south.id}/{south.order}", reason="à jeun")
    joined(north, south)
    before = north.chart().kept[f"MedicationRequest/{north.order}"].now["status"]
    [item] = [one for one in work_line(north.chart()).items if one.kind == "settle"]
    about = f"/write/settle/{north.id}/{item.source}"
    assert form(north.nurse, about, decision="Dr Martin : arrêtée").status_code == 303
    joined(north, south)
    assert (north.kinds(), south.kinds()) == ([], [])
    assert north.chart().kept[f"MedicationRequest/{north.order}"].now["status"] == before


def test_two_stations_that_say_the_same_of_a_prescription_are_no_clash():
    """Stopped twice is stopped."""
    north, south = apart()
    form(north.doctor, f"/write/stop/{north.id}/{north.order}", reason="allergie")
    form(south.doctor, f"/write/stop/{south.id}/{south.order}", reason="éruption")
    joined(north, south)
    assert (north.kinds(), south.kinds()) == ([], [])


def test_vital_signs_after_a_discharge_wait_for_a_person():
    """One station says that the patient left, the other measures: one pair a form, settled like any other."""
    north, south = apart()
    assert form(north.nurse, f"/write/discharge/{north.id}", to="home").status_code == 303
    south.charts.clock.advance(seconds=600)
    sent = form(south.nurse, f"/write/vitals/{south.id}", pulse="88", temperature="37.2")
    assert sent.status_code == 303, text_of(sent)
    joined(north, south)
    assert (north.kinds(), south.kinds()) == (["after-discharge"], ["after-discharge"])
    assert "Acte après la sortie" in text_of(north.nurse.get("/work"))
