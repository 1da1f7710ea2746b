"""What is imported is journaled, byte for byte, and counted in every column.

Method: files of the test's own and the real ones of tests/data; entries are asked back with `journal show --raw`.
"""

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.capture import Item, files_in, read_file
from contrefeu.cli.node import Node
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium
from tests.hl7.test_hprim import FILE as HPRIM
from tests.real import DATA

File = Callable[[str, bytes], Path]


def add_up(told: dict[str, int]) -> bool:
    """Received is journaled, and each entry is charted, kept or a repeat."""
    return (
        told["received"] == told["journaled"]
        and told["journaled"] == told["charted"] + told["kept_uncharted"] + told["duplicates"]
    )


@pytest.mark.req("C3")
def test_counts_add_up_and_bodies_come_back(cli: Commands, filed: File) -> None:
    """A batch, a note nobody understands, and a picture; each entry is given back byte for byte."""
    batch = admission("A-1") + potassium("R-1") + admission("A-2", event="A08")
    paths = [filed("1.hl7", batch), filed("2.txt", b"Bonjour\n"), filed("3.bin", bytes(range(256)))]
    told = cli.told("import", *paths)
    assert {"files", "received", "journaled", "charted", "kept_uncharted", "duplicates", "seconds"} <= set(told)
    assert (told["files"], told["received"], told["kept_uncharted"]) == (3, 5, 2)
    assert add_up(told)
    bodies = [admission("A-1"), potassium("R-1"), admission("A-2", event="A08"), b"Bonjour\n", bytes(range(256))]
    for sequence, body in enumerate(bodies, told["first"]):
        assert cli("journal", "show", "--entry", f"{told['journal']}/{sequence}", "--raw").out == body
    assert add_up(cli.told("import", filed("empty", b"")))


@pytest.mark.req("F29")
def test_the_same_file_twice_is_journaled_twice_and_charted_once(cli: Commands, filed: File) -> None:
    """Every arrival is kept; the second is a repeat, and changes no chart."""
    path = filed("1.hl7", admission("A-1") + potassium("R-1"))
    first = cli.told("import", path)
    charts = cli.told("export", "--to", cli.home.parent / "one")["charts_sha256"]
    second = cli.told("import", path)
    assert (first["duplicates"], second["duplicates"]) == (0, 2)
    assert add_up(second)
    assert cli.told("export", "--to", cli.home.parent / "two")["charts_sha256"] == charts


def test_what_cannot_be_taken_is_said_and_is_a_finding(cli: Commands, filed: File, tmp_path: Path) -> None:
    """Exit status 10, the file named on stderr; the others are kept. A broken archive is kept whole: no finding."""
    huge = filed("huge", b"")
    with huge.open("r+b") as file:
        file.truncate(64 * 2**20 + 1)
    ran = cli("import", huge, filed("1.hl7", admission()), "--json")
    assert ran.status == 10
    assert (ran.told["received"], ran.told["journaled"]) == (2, 1)
    assert ran.told["problems"] == [f"{huge}: 67108865 bytes are above the limit of an entry, 67108864"]
    assert str(huge) in ran.err

    broken = filed("broken.gz", b"\x1f\x8b\x08\x00" + bytes(20))
    told = cli.told("import", broken)
    assert (told["received"], told["journaled"], len(told["problems"])) == (1, 1, 1)
    ran = cli("import", tmp_path / "nowhere")
    assert ran.status == 1
    assert "what  There is no" in ran.err


@pytest.mark.req("F45")
def test_a_refused_sender_is_counted_and_not_kept(cli: Commands, filed: File) -> None:
    """By the settings' refuse list, as over MLLP."""
    settings = cli.home / "contrefeu.toml"
    settings.write_text(settings.read_text() + '\n[capture]\nrefuse = ["LABO@CHU"]\n')
    told = cli.told("import", filed("1.hl7", admission() + potassium()))
    assert (told["received"], told["journaled"], told["refused"]) == (2, 1, 1)
    assert cli.told("find", "MARTIN")["patients"]


def test_what_no_chart_says_of_an_entry_is_listed_with_it(cli: Commands, filed: File) -> None:
    """By place, never by content; in JSON and in text."""
    told = cli.told("import", filed("1.hl7", potassium() + b"ZXX|1|secret\r"))
    ref = f"{told['journal']}/{told['first']}"
    (shown,) = cli.told("journal", "show", "--entry", ref)["entries"]
    assert [one["where"] for one in shown["loss"]] == ["ZXX"]
    assert "secret" not in str(shown)
    assert b"not charted: ZXX" in cli("journal", "show", "--entry", ref).out


def test_a_source_can_be_named(cli: Commands, filed: File) -> None:
    """--source names the feed of all that is imported; else each message names its own."""
    cli.told("import", filed("1.hl7", admission()), "--source", "ARCHIVE")
    cli.told("import", filed("2.hl7", potassium()), filed("3.txt", b"note"))
    shown = cli.told("journal", "show", "--journal", Node.at(cli.home).capture_journal)["entries"]
    assert [entry["source"] for entry in shown] == ["ARCHIVE", "LABO@CHU", "import"]


def test_a_large_import_goes_in_batches(cli: Commands, filed: File) -> None:
    """Many short messages and some long ones: order is kept across batches."""
    bodies = [admission(f"A-{n}", name=f"ESSAI^{'X' * (n % 7 * 4000)}") for n in range(1500)]
    told = cli.told("import", filed("many.hl7", b"".join(bodies)))
    assert add_up(told)
    node = Node.at(cli.home)
    assert [entry.body for entry in node.entries(node.capture_journal, 0, 1 << 63)] == bodies


@pytest.mark.req("C3")
def test_every_real_file_is_journaled_byte_for_byte(cli: Commands, tmp_path: Path) -> None:
    """Folders, and the same in a tar.gz: received is journaled, and bodies are what the files hold.

    Of the long streams a part: their charts are tests/drills' and tests/mapping's to try.
    """
    streams = DATA / "hl7v2" / "simhospital"
    folders = [f for f in sorted((DATA / "hl7v2").iterdir()) if f != streams]
    paths = [DATA / "cda", DATA / "fhir", *folders, streams / "ward-life-first-120.hl7"]
    told = cli.told("import", *paths)
    assert add_up(told)
    assert told["files"] > 500
    assert told["problems"] == []
    items = [item for path in paths for file in files_in(path) for item in read_file(file)]
    assert all(isinstance(item, Item) for item in items)
    node = Node.at(cli.home)
    entries = node.entries(node.capture_journal, 0, 1 << 63)
    kept = [(entry.source, entry.media_type, entry.body) for entry in entries]
    assert kept == [(i.source or "import", i.media_type, i.body) for i in items if isinstance(i, Item)]

    archive = tmp_path / "all.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(DATA / "hl7v2", "hl7v2")
    packed = [item.body for item in read_file(archive) if isinstance(item, Item)]
    loose = [item.body for path in files_in(DATA / "hl7v2") for item in read_file(path) if isinstance(item, Item)]
    assert sorted(packed) == sorted(loose)


@pytest.mark.req("F35")
def test_results_of_an_hprim_file_are_charted(cli: Commands, filed: File) -> None:
    """Under the name of their laboratory."""
    told = cli.told("import", filed("resultat.hpr", HPRIM.encode("cp1252")))
    assert (told["received"], told["journaled"], told["charted"], told["kept_uncharted"]) == (1, 1, 1, 0)
    shown = [(one["source"], one["media_type"]) for one in cli.told("journal", "show")["entries"]]
    assert ("01@LABO", "text/x-hprim") in shown
    (patient,) = cli.told("find", "ESSAI")["patients"]
    said = cli("chart", patient["id"]).out.decode()
    assert "6.1 mmol/L" in said
    assert "Hémoglobine" in said


@pytest.mark.req("F35", "C3")
def test_a_laboratory_file_that_no_reader_knows_is_kept_and_given_back(cli: Commands, filed: File) -> None:
    """HPRIM of no version: counted as kept, not charted, and every byte of it can be had again."""
    hprim = "H|~^\\&|LABO.HPR||LABO^Laboratoire\r\nP|1|900001||||FONTAINE^ANDRÉ\r\nOBX|1|NM|K||4,2|mmol/L\r\n".encode(
        "cp1252"
    )
    told = cli.told("import", filed("resultat.hpr", hprim))
    assert (told["received"], told["journaled"], told["charted"], told["kept_uncharted"]) == (1, 1, 0, 1)
    shown = cli("journal", "show", "--entry", f"{told['journal']}/{told['first']}", "--raw")
    assert shown.out == hprim


@pytest.mark.req("F35", "C3")
def test_a_pn13_file_is_known_kept_and_said_to_be_on_no_chart(cli: Commands, filed: File) -> None:
    """Prescriptions in PN13 are told by their namespace, in either language, and given back byte for byte."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Messages Phast-id_message="1" xmlns="http://www.phast.fr/SIPhII">'
        "<M_Prescription_médicaments><Patient><Ipp>900001</Ipp></Patient></M_Prescription_médicaments></Messages>"
    ).encode()
    path = filed("rx.xml", body)
    told = cli.told("import", path)
    assert (told["journaled"], told["charted"], told["kept_uncharted"]) == (1, 0, 1)
    entry = f"{told['journal']}/{told['first']}"
    assert cli("journal", "show", "--entry", entry, "--raw").out == body
    looked = cli.told("feeds", "check", "--sample", path, status=10)["feeds"][0]
    assert looked["kinds"] == {"PN13": 1}
    why = "prescriptions, dispensing or administrations in PN13: read the message, no chart shows it"
    assert looked["not_charted"] == {why: 1}
    french = cli("feeds", "check", "--sample", path, before=("--lang", "fr")).out.decode()
    assert "prescriptions, dispensations ou administrations en PN13 : lisez le message" in french
    french = cli("journal", "show", "--entry", entry, before=("--lang", "fr")).out.decode()
    assert "administrations en PN13 : lisez le message" in french
