"""An exercise's patients and real ones cannot mix: at a door, by a stick, from a vault, from a file, on a screen (G2).

Method: a home of an exercise and a real one, made by the command; each way to bring one into the other is tried.
"""

import json
import shutil
from types import SimpleNamespace

import pytest

from contrefeu.base import OperatorError
from contrefeu.cli.main import run
from contrefeu.hospital import parse_settings
from contrefeu.recovery.lacking import refuse_mixed
from tests.hl7.test_hprim import FILE as HPRIM
from tests.station.visitors import text_of, visitor
from tests.station.ward_in_memory import Charts, staffed

REAL = (
    "MSH|^~\\&|CPAGE|CHU|CF|CHU|20261124030000||ADT^A01^ADT_A01|1|{world}|2.5|||||FRA|UNICODE UTF-8\r"
    "EVN||20261124030000\rPID|1||4711^^^CHU^PI||DURAND^PAUL||19420312|M\rPV1|1|I|CARD^1^A||||||||||||||||V1\r"
)


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    """A real home and an exercise's; made once."""
    folder = tmp_path_factory.mktemp("homes")
    for name, flag in (("real", []), ("drill", ["--drill"])):
        made = ["init", *flag, "--custodians", "1", "--threshold", "1", "--shares-out", str(folder / f"{name}-shares")]
        assert run(["--home", str(folder / name), *made, "--json"]) == 0
    return folder


def told(capsysbinary, home, *arguments, status=0):
    """What a command says: its JSON, or its error."""
    capsysbinary.readouterr()
    assert run(["--home", str(home), "--lang", "en", *arguments, "--json"]) == status
    out, err = capsysbinary.readouterr()
    return err.decode() if status == 1 else json.loads(out)


@pytest.mark.req("G2")
@pytest.mark.parametrize(("here", "there"), [("real", "drill"), ("drill", "real")])
def test_stations_of_two_kinds_never_join(homes, capsysbinary, here, there):
    """Neither takes the other's card, though its fingerprint is right: no journal ever goes between them."""
    card = homes / f"{there}.card"
    shown = told(capsysbinary, homes / there, "station", "invite", "--out", str(card))
    said = told(
        capsysbinary, homes / here, "station", "join", str(card), "--fingerprint", shown["fingerprint"], status=1
    )
    assert "they never exchange" in said
    assert told(capsysbinary, homes / here, "station", "list")["peers"] == []


@pytest.mark.req("G2")
def test_a_stick_of_an_exercise_gives_a_real_home_nothing(homes, capsysbinary, tmp_path):
    """Its journals are on the stick, and no peer of that name was joined: nothing is taken."""
    stick = tmp_path / "stick"
    stick.mkdir()
    told(capsysbinary, homes / "drill", "journal", "exchange", str(stick))
    assert any("drill" in path.name for path in stick.rglob("*"))
    assert told(capsysbinary, homes / "real", "journal", "exchange", str(stick), status=10)["taken"] == 0
    journals = {one["id"] for one in told(capsysbinary, homes / "real", "status")["journals"]}
    assert not any(name.startswith("drill/") for name in journals)


@pytest.mark.req("G2")
def test_real_patients_are_not_imported_into_an_exercise(homes, capsysbinary, tmp_path):
    """What is not marked as an exercise's is refused and kept nowhere (HL7, FHIR, CDA, HPRIM); the rest is taken."""
    home = tmp_path / "home"
    shutil.copytree(homes / "drill", home)
    files = {
        "p.hl7": REAL.format(world="P"), "t.hl7": REAL.format(world="T"),
        "p.json": '{"resourceType":"Patient","id":"1"}',
        "t.json": '{"resourceType":"Patient","id":"2","meta":{"security":[{"system":'
        '"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HTEST"}]}}',
        "p.hpr": HPRIM.replace("||T|H2.1", "||P|H2.1"), "t.hpr": HPRIM,
        "p.xml": '<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1"/></ClinicalDocument>',
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = told(capsysbinary, home, "import", *(str(tmp_path / name) for name in files))
    assert done["refused_by_rule"] == {"not-of-an-exercise": 4}
    assert done["journaled"] == 3


@pytest.mark.req("G2", "F33")
def test_an_exercises_patient_stays_one_in_a_real_home(homes, capsysbinary, tmp_path):
    """A file of an exercise that is imported into a real home is charted in the exercise's world and in no other."""
    home = tmp_path / "home"
    shutil.copytree(homes / "real", home)
    (tmp_path / "t.hl7").write_text(REAL.format(world="T"))
    (tmp_path / "p.hl7").write_text(
        REAL.format(world="P").replace("DURAND^PAUL", "MARTIN^JEAN").replace("4711", "4712")
    )
    told(capsysbinary, home, "import", str(tmp_path / "t.hl7"), str(tmp_path / "p.hl7"))
    status = told(capsysbinary, home, "status")["charts"]
    assert (status["patients"], told(capsysbinary, home, "find", "DURAND")["patients"][0]["world"]) == (1, "T")
    beds = json.dumps(told(capsysbinary, home, "beds"))
    assert "MARTIN" not in beds  # beds are counted, not named
    assert told(capsysbinary, home, "find", "MARTIN")["patients"][0]["world"] == "P"


@pytest.mark.req("G2")
def test_a_restore_takes_one_kind():
    """Vaults that hold journals of both kinds restore nothing; of one kind, anything."""
    mixed = [SimpleNamespace(journal=name) for name in ("drill/n1-capture", "n2-capture")]
    with pytest.raises(OperatorError, match="journals of an exercise"):
        refuse_mixed(mixed)
    refuse_mixed(mixed[:1])
    refuse_mixed(mixed[1:])


@pytest.mark.req("G2", "F33")
def test_a_home_of_exercises_shows_the_exercise_and_nothing_else():
    """With real patients in its store by mistake: the banner on every page, no way over to them."""
    settings = parse_settings('[node]\nid = "drill/n7f3k2"\n')
    nadia = visitor("nadia", charts=staffed(Charts(patients=3)), settings=settings)
    for path in ("/", "/ward/CARD", "/search", "/status", "/login", "/nothing"):
        assert "Patients fictifs" in nadia.get(path).text
    nadia.post("/world", world="")
    assert "Patients fictifs" in nadia.get("/ward/CARD").text
    assert "Revenir aux vrais patients" not in text_of(nadia.get("/status"))
