"""Crisis sticks: made, checked, opened by their code, and carried between two stations when the hospital is gone (F39).

Method: commands in this process; a small signed bundle stands for the program. scripts/prove_stick.sh takes the real
one, and starts it in memory on a machine whose disks cannot be written.
"""

import contextlib
import errno
import io
import json
import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from cryptography import x509

from contrefeu.access import server_pin
from contrefeu.base import OperatorError
from contrefeu.cli import crisis_stick, stick_making
from contrefeu.cli.crisis_stick import Trouble, check_stick
from contrefeu.cli.main import run
from contrefeu.cli.node import Node
from contrefeu.cli.spool import PRINTER
from contrefeu.cli.stick_home import SWITCH_ADDRESS, new_station
from contrefeu.custody import granter_of, open_home, seal_home
from contrefeu.proof import Verifier
from tests.cli.conftest import Commands
from tests.cli.messages import admission


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A bundle, and who may sign one."""
    folder = tmp_path_factory.mktemp("program")
    files = {"VERSION": b"0.1.0\n", "install.sh": b"#!/bin/sh\n", "wheels/one.whl": b"wheel"}
    listed = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in files.items()).encode()
    (folder / "SHA256SUMS").write_bytes(listed)
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    sign = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", "contrefeu-bundle", str(folder / "SHA256SUMS")]
    subprocess.run(sign, check=True, capture_output=True)
    files |= {"SHA256SUMS": listed, "SHA256SUMS.sig": (folder / "SHA256SUMS.sig").read_bytes()}
    bundle = folder / "bundle.tar.gz"
    with tarfile.open(bundle, "w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"contrefeu-0.1.0/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    signers = folder / "signers"
    public = key.with_suffix(".pub").read_text().rsplit(" ", 1)[0]
    signers.write_text(f'release@contrefeu namespaces="contrefeu-bundle" {public}\n')
    return bundle, signers


def told(home: Path, *arguments: object) -> dict[str, Any]:
    """What a command that succeeds says in JSON."""
    out = io.TextIOWrapper(io.BytesIO())
    with contextlib.redirect_stdout(out):
        assert run(["--home", str(home), *map(str, arguments), "--json"]) == 0
    found: dict[str, Any] = json.loads(out.buffer.getvalue())  # type: ignore[attr-defined]
    return found


@dataclass
class Made:
    """A hospital with one patient, and two sticks that it made."""

    home: Path
    sticks: list[Path]
    said: list[dict[str, Any]]

    def opened(self, number: int, to: Path) -> Path:
        """The home of a stick's station, as a PC in front of nobody's network has it."""
        code = to.with_name(f"code{number}")
        code.write_text(self.said[number]["code"].upper().replace("-", " ") + "\n")
        told(self.home, "stick", "open", self.sticks[number], "--to", to, "--code-file", code)
        return to


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, program: tuple[Path, Path], template: Path) -> Made:
    """Made once: no test changes these sticks."""
    folder = tmp_path_factory.mktemp("made")
    home = folder / "home"
    shutil.copytree(template / "home", home)
    (folder / "one.hl7").write_bytes(admission("M1"))
    told(home, "import", folder / "one.hl7")
    told(home, "users", "add", "nadia", "--name", "Nadia", "--role", "nurse", "--ward", "*")
    sticks = [folder / "one", folder / "two"]
    for stick in sticks:
        stick.mkdir()
    bundle, signers = program
    said = told(home, "stick", "make", *sticks, "--bundle", bundle, "--signers", signers)
    assert said["version"] == "0.1.0"
    return Made(home, sticks, said["sticks"])


def maker(made: Made) -> Verifier:
    """Whose signature counts."""
    node = Node.at(made.home)
    return granter_of(node.paths, node.settings.node.id).verifier


def exchange(*homes: Path, through: Path) -> list[dict[str, Any]]:
    """One after the other, each with the stick in hand."""
    return [told(home, "journal", "exchange", through) for home in homes]


@pytest.mark.req("F39")
def test_two_stations_work_on_when_the_hospital_is_gone(made: Made, tmp_path: Path) -> None:
    """Each opens by its code, with patients and accounts; what one writes is carried to the other by a stick."""
    assert [one["patients"] for one in made.said] == [1, 1]
    one, two = (made.opened(number, tmp_path / f"pc{number}") for number in (0, 1))
    for home in (one, two):
        assert told(home, "find", "MARTIN")["patients"][0]["ward"] == "CARDIO"
        assert "nadia" in {user["login"] for user in told(home, "users", "list")["users"]}
    (tmp_path / "late.hl7").write_bytes(admission("M2", number="8009999", name="DURAND^EVE"))
    told(one, "import", tmp_path / "late.hl7")
    told(one, "downtime", "declare", "--reason", "attack")
    stick = tmp_path / "carried"
    stick.mkdir()
    found = exchange(one, two, one, two, through=stick)
    assert [step["findings"] for step in found] == [[], [], [], []]
    assert told(two, "find", "DURAND")["patients"]
    assert told(two, "downtime", "status")["state"] == "declared"
    hashes = {told(home, "export", "--to", tmp_path / f"x{home.name}")["charts_sha256"] for home in (one, two)}
    assert len(hashes) == 1


@pytest.mark.req("F39")
def test_sticks_made_together_can_be_screens_of_each_other(made: Made, tmp_path: Path) -> None:
    """Each lists the keys of both stations' certificates, good for the switch; the list is signed."""
    said = {(stick / "screens").read_text() for stick in made.sticks}
    assert len(said) == 1
    known = dict(reversed(line.split()) for line in said.pop().splitlines())
    for number, one in enumerate(made.said):
        ca = Node.at(made.opened(number, tmp_path / f"pc{number}")).paths.ca_dir
        assert known[one["station"]] == server_pin(ca)
        certificate = x509.load_pem_x509_certificate((ca / "server.pem").read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert SWITCH_ADDRESS in map(str, names.get_values_for_type(x509.IPAddress))
    stick = tmp_path / "stick"
    shutil.copytree(made.sticks[0], stick)
    (stick / "screens").write_text("AAAA drill/n00000000\n")
    assert check_stick(stick, maker(made)).findings == [Trouble("altered", "screens")]


def test_a_station_of_a_ward_prints_its_pack_beside_it(made: Made, tmp_path: Path) -> None:
    """A station of the whole house would print every ward's."""
    for wards, printers in (((), {}), (("CARD", "O'R"), {"CARD": PRINTER, "O'R": PRINTER})):
        house = tmp_path / f"house{len(wards)}"
        shutil.copytree(made.home, house)
        station = new_station(Node.at(house), tmp_path / f"station{len(wards)}", wards)
        assert station.settings.packs.printers == printers


def test_the_poster_on_a_stick_says_when_its_address_is_true(made: Made) -> None:
    """10.211.0.1 is of a boot stick that serves a switch; on any other PC it is that PC's address."""
    for language in ("fr", "en"):
        poster = pypdfium2.PdfDocument(made.sticks[0] / "guides" / f"poster-{language}.pdf")
        words = " ".join(page.get_textpage().get_text_bounded() for page in poster).split()
        assert len(poster) == 2
        assert {f"https://{SWITCH_ADDRESS}:8443", "https://localhost:8443"} <= {word.rstrip(".") for word in words}


@pytest.mark.req("F39")
def test_what_a_station_wrote_comes_home(made: Made, tmp_path: Path) -> None:
    """The hospital's node, back again, takes it from the stick that the station gave to."""
    home = tmp_path / "hospital"
    shutil.copytree(made.home, home)
    stick = tmp_path / "stick"
    shutil.copytree(made.sticks[0], stick)
    station = made.opened(0, tmp_path / "pc")
    (tmp_path / "late.hl7").write_bytes(admission("M2", number="8009999", name="DURAND^EVE"))
    told(station, "import", tmp_path / "late.hl7")
    exchange(station, home, station, home, through=stick)
    assert told(home, "find", "DURAND")["patients"]


def started(made: Made, stick: Path, to: Path) -> Path:
    """A station as start.sh has it: opened from its stick, its vault on the stick, what that has brought back."""
    home = made.opened(0, to)
    told(home, "vault", "add", f"file://{stick}/contrefeu-vault")
    run(["--home", str(home), "vault", "repair"])
    return home


@pytest.mark.req("F39")
@pytest.mark.parametrize("copied", [True, False], ids=["ended", "the vault lacks the last"])
def test_a_stick_that_starts_again_writes_no_journal_twice(made: Made, tmp_path: Path, *, copied: bool) -> None:
    """Started again, its station begins other journals once it knows that the stick has more; no finding is left."""
    hospital, stick = tmp_path / "hospital", tmp_path / "stick"
    shutil.copytree(made.home, hospital)
    shutil.copytree(made.sticks[0], stick)
    first = started(made, stick, tmp_path / "first")
    (tmp_path / "one.hl7").write_bytes(admission("M2", number="8009999", name="DURAND^EVE"))
    told(first, "import", tmp_path / "one.hl7")
    exchange(first, hospital, first, first, through=stick)
    if copied:
        told(first, "vault", "copy")
    again = started(made, stick, tmp_path / "again")
    if not copied:  # it learns it as it gives
        assert run(["--home", str(again), "journal", "exchange", str(stick)]) == 12
    (tmp_path / "two.hl7").write_bytes(admission("M3", number="8008888", name="PETIT^LEA"))
    told(again, "import", tmp_path / "two.hl7")
    found = exchange(again, again, through=stick)
    assert [step["findings"] for step in found] == [[], []]
    node = Node.at(again).settings.node.id
    given = {name for step in found for name, both in step["journals"].items() if both["given"]}
    assert given and all(journal.startswith(f"{node}.2-") for journal in given)
    exchange(hospital, again, hospital, through=stick)
    assert [told(hospital, "find", name)["patients"] != [] for name in ("DURAND", "PETIT")] == [True, True]


@pytest.mark.req("F39")
def test_a_stick_import_takes_journals_and_names_all_else(made: Made, tmp_path: Path) -> None:
    """Settings, programs and keys put onto a stick are read by nobody; each is named, and the home is as it was."""
    station, stick = made.opened(0, tmp_path / "pc"), tmp_path / "stick"
    shutil.copytree(made.sticks[0], stick)
    (giver,) = [one for one in (stick / "contrefeu-exchange").iterdir() if (one / "journals").is_dir()][:1]
    journal = next((giver / "journals").iterdir())
    planted = [
        stick / "contrefeu.toml",
        stick / "keys" / "store.key",
        giver / "contrefeu.toml",
        giver / "install.sh",
        giver / "journals" / journal.name / "writer.key",
        giver / "journals" / journal.name / "segments" / "run.py",
    ]
    for path in planted:
        path.parent.mkdir(exist_ok=True)
        path.write_text("planted")
    before = {path: path.read_bytes() for path in station.rglob("*") if path.is_file() and "keys" in path.parts}
    settings = (station / "contrefeu.toml").read_bytes()
    out = io.TextIOWrapper(io.BytesIO())
    with contextlib.redirect_stdout(out):
        assert run(["--home", str(station), "journal", "exchange", str(stick), "--json"]) == 10
    findings = json.loads(out.buffer.getvalue())["findings"]  # type: ignore[attr-defined]
    named = {str(path.relative_to(stick)) for path in planted if path.parent != stick / "keys"} | {"keys"}
    assert {one["what"].partition(" on this stick")[0] for one in findings} == named
    assert {one["kind"] for one in findings} == {"foreign"}
    assert (station / "contrefeu.toml").read_bytes() == settings
    assert {path: path.read_bytes() for path in before} == before
    assert not [path for path in station.rglob("*") if path.is_file() and path.read_bytes() == b"planted"]


@pytest.mark.req("F39")
def test_a_stick_is_checked_file_by_file(made: Made, cli: Commands, tmp_path: Path) -> None:
    """By its maker, or by anybody who was told the fingerprint; journals come and go, and are no matter of the list."""
    stick, name = made.sticks[0], made.said[0]["fingerprint"]
    assert told(made.home, "stick", "verify", stick)["intact"]
    whole = cli.told("stick", "verify", stick, "--fingerprint", name)
    assert (whole["intact"], whole["station"], whole["findings"]) == (True, made.said[0]["station"], [])
    assert whole["files"] > 10
    assert cli("stick", "verify", stick, "--fingerprint", "0000 1111 2222 3333 4444").status == 1
    for change, kind, status in (
        (lambda at: (at / "start.sh").write_text("rm -rf /"), "altered", 12),
        (lambda at: (at / "program" / "wheels" / "one.whl").write_bytes(b"other"), "altered", 12),
        (
            lambda at: (at / "stick").write_bytes(
                (at / "stick").read_bytes().replace(b"facility CHU", b"facility ABC")
            ),
            "unsigned",
            12,
        ),
        (lambda at: (at / "files").write_bytes(b""), "altered", 12),
        (lambda at: (at / "LISEZMOI.txt").unlink(), "missing", 13),
        (lambda at: (at / "autorun.inf").write_text("x"), "unlisted", 10),
        (lambda at: (at / "contrefeu-exchange" / "new").write_text("x"), "", 0),
    ):
        at = tmp_path / "changed"
        shutil.copytree(stick, at)
        change(at)  # type: ignore[no-untyped-call]
        found = cli.told("stick", "verify", at, "--fingerprint", name, status=status)
        assert [one["kind"] for one in found["findings"]] == ([kind] if kind else [])
        shutil.rmtree(at)


@pytest.mark.req("F39")
def test_what_an_operating_system_lays_on_a_stick_is_no_finding(made: Made, tmp_path: Path) -> None:
    """Windows and macOS leave folders on whatever is plugged in; the same names deeper down are findings."""
    stick = tmp_path / "stick"
    shutil.copytree(made.sticks[0], stick)
    for name in ("System Volume Information/IndexerVolumeGuid", ".Trashes/501/x", ".fseventsd/fseventsd-uuid",
                 ".Trash-1000/info/x", "lost+found/#12", ".DS_Store"):  # fmt: skip
        path = stick / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert told(made.home, "stick", "verify", stick)["findings"] == []
    (stick / "program" / ".Trashes").mkdir()
    (stick / "program" / ".Trashes" / "x").write_text("x")
    assert check_stick(stick, maker(made)).findings == [Trouble("unlisted", "program/.Trashes/x")]


@pytest.mark.req("F39")
def test_a_bad_sector_is_said_and_the_rest_is_looked_at(
    made: Made, cli: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device gives an error where a file lies, a folder, or the note itself; no command stops on it."""
    stick = tmp_path / "stick"
    shutil.copytree(made.sticks[0], stick)
    (stick / "LISEZMOI.txt").unlink()
    (stick / "README.txt").write_text("other")
    bad = {stick / "home.sealed"}

    def failing(real: Any) -> Any:
        def opened(path: Any, *given: Any, **named: Any) -> Any:
            if Path(path) in bad:
                raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
            return real(path, *given, **named)

        return opened

    monkeypatch.setattr(Path, "open", failing(Path.open))
    monkeypatch.setattr(os, "scandir", failing(os.scandir))
    name = made.said[0]["fingerprint"]
    found = cli.told("stick", "verify", stick, "--fingerprint", name, status=12)["findings"]
    assert [(one["kind"], one["file"]) for one in found] == [
        ("missing", "LISEZMOI.txt"),
        ("altered", "README.txt"),
        ("unreadable", "home.sealed"),
    ]
    shutil.copyfile(made.sticks[0] / "README.txt", stick / "README.txt")
    bad = {stick / "program"}
    found = cli.told("stick", "verify", stick, "--fingerprint", name, status=14)["findings"]
    assert [(one["kind"], one["file"]) for one in found] == [("unreadable", "program/"), ("missing", "LISEZMOI.txt")]
    bad = {stick}
    assert check_stick(stick, maker(made)).findings == [Trouble("unreadable", "./")], "nothing of it can be missed"
    for file in ("stick", "files"):
        bad = {stick / file}
        found = cli.told("stick", "verify", stick, "--fingerprint", name, status=14)["findings"]
        assert [(one["kind"], one["file"]) for one in found] == [("unreadable", file)]


@pytest.mark.req("F39")
def test_a_stick_is_done_once_its_device_holds_all_of_it(
    program: tuple[Path, Path], cli: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file and folder is synced after it was written last; one that the device refuses makes no stick."""
    stick, synced = tmp_path / "stick", dict[Path, int]()
    stick.mkdir()
    real, refused = os.fsync, list[Path]()

    def fsync(fd: int) -> None:
        path = Path(f"/proc/self/fd/{fd}").readlink()
        synced[path] = os.fstat(fd).st_mtime_ns
        if path in refused:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    bundle, signers = program
    cli.told("stick", "make", stick, "--bundle", bundle, "--signers", signers)
    assert {path for path in (stick, *stick.rglob("*")) if synced.get(path) != path.stat().st_mtime_ns} == set()
    shutil.rmtree(stick)
    stick.mkdir()
    refused.append(stick / "program" / "VERSION")
    ran = cli("stick", "make", stick, "--bundle", bundle, "--signers", signers)
    assert (ran.status, ran.out) == (14, b"")
    assert "does not keep what was written on it: Input/output error." in ran.err


@pytest.mark.req("F39")
@pytest.mark.parametrize("words", [(), ("--json",)])
def test_the_code_of_a_stick_that_is_done_outlives_the_next_one(
    program: tuple[Path, Path], cli: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """The second of two fails at its last step: the first one opens with the code that was said."""
    sticks = [tmp_path / "one", tmp_path / "two"]
    for stick in sticks:
        stick.mkdir()
    real = stick_making.sign_stick

    def fails(stick: Path, *given: Any) -> None:
        if stick == sticks[1]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(stick, *given)

    monkeypatch.setattr(stick_making, "sign_stick", fails)
    ran = cli("stick", "make", *sticks, "--bundle", program[0], "--signers", program[1], *words)
    assert ran.status == 14
    said = ran.out.decode()
    code = ran.told["sticks"][0]["code"] if words else said[said.index("code  ") :].split()[1]
    (tmp_path / "code").write_text(code)
    told(cli.home, "stick", "open", sticks[0], "--to", tmp_path / "pc", "--code-file", tmp_path / "code")


@pytest.mark.req("F39")
def test_without_its_code_a_stick_opens_nothing(made: Made, cli: Commands, tmp_path: Path) -> None:
    """Another code makes no home; no name, no key and no secret of the home lies on the stick in clear."""
    (tmp_path / "code").write_text("aaaa-bbbb-cccc-dddd")
    ran = cli("stick", "open", made.sticks[0], "--to", tmp_path / "pc", "--code-file", tmp_path / "code")
    assert (ran.status, "does not open" in ran.err, "Nothing was made" in ran.err) == (1, True, True)
    assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith("pc")) == []
    home = made.opened(0, tmp_path / "station")
    secrets = [
        path.read_bytes() for path in (home / "keys").rglob("*") if path.is_file() and "public" not in path.parts
    ]
    secrets = [one for one in secrets if len(one) == 32]
    assert secrets, "a home has keys"
    for path in made.sticks[0].rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert b"MARTIN" not in data
        assert not [one for one in secrets if one in data]


def test_a_stick_is_made_on_an_empty_one_from_a_signed_bundle(
    cli: Commands, program: tuple[Path, Path], tmp_path: Path
) -> None:
    """Whatever lies there stays; a bundle by somebody else, or changed, makes no stick."""
    bundle, signers = program
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "photo.jpg").write_bytes(b"x")
    ran = cli("stick", "make", stick, "--bundle", bundle, "--signers", signers)
    assert (ran.status, "no empty folder" in ran.err) == (1, True)
    (stick / "photo.jpg").unlink()
    (tmp_path / "nobody").write_text("")
    ran = cli("stick", "make", stick, "--bundle", bundle, "--signers", tmp_path / "nobody")
    assert (ran.status, "is not signed by" in ran.err) == (1, True)
    shutil.rmtree(stick / "program")
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(bundle.read_bytes()[:200])
    assert cli("stick", "make", stick, "--bundle", broken, "--signers", signers).status == 1
    assert cli.told("station", "list")["peers"] == []


def test_a_sealed_home_comes_out_whole_or_not_at_all(tmp_path: Path) -> None:
    """Cut at a chunk, changed, its chunks exchanged or one added: nothing is made."""
    home = tmp_path / "home"
    (home / "run").mkdir(parents=True)
    (home / "run" / "sock").write_bytes(b"gone")
    (home / "journals").mkdir(mode=0o750)
    (home / "journals" / "seg").write_bytes(bytes(range(256)) * 4096 * 2)
    file = io.BytesIO()
    seal_home(home, file, "abcd-efgh")
    file.seek(0)
    open_home(file, "ABCD EFGH", tmp_path / "good")
    assert (tmp_path / "good" / "journals" / "seg").read_bytes() == (home / "journals" / "seg").read_bytes()
    assert list((tmp_path / "good" / "run").iterdir()) == [], "a node expects it, empty"
    data, head, chunk = file.getvalue(), len(b"contrefeu sealed home v1\n") + 23, 2**20 + 16
    first, second = data[head : head + chunk], data[head + chunk : head + 2 * chunk]
    harmed = {
        "cut at a chunk": data[: head + 2 * chunk],
        "changed": data[:-20] + bytes([data[-20] ^ 1]) + data[-19:],
        "chunks exchanged": data[:head] + second + first + data[head + 2 * chunk :],
        "a chunk added": data + data[head : head + chunk],
    }
    for harm, changed in harmed.items():
        with pytest.raises(OperatorError, match="does not open"):
            open_home(io.BytesIO(changed), "abcd-efgh", tmp_path / "bad")
        assert not list(tmp_path.glob("bad*")), harm


@pytest.mark.req("F39")
def test_whoever_starts_a_stick_is_spoken_to_in_french_and_in_english() -> None:
    """At a place that is no memory: what it is and what to do, in each, before anything is written."""
    start = Path(crisis_stick.__file__).parent / "on_stick" / "start.sh"
    env = {**os.environ, "CONTREFEU_MEMORY": "/proc"}
    ran = subprocess.run(["sh", str(start)], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 1
    assert ran.stderr.splitlines() == [
        "/proc n'est pas de la mémoire mais un disque : rien n'a été écrit.",
        "  puis  CONTREFEU_MEMORY=/un/tmpfs sh start.sh",
        "/proc is no memory but a disk: nothing was written.",
        "  next  CONTREFEU_MEMORY=/a/tmpfs sh start.sh",
    ]


@pytest.mark.parametrize(
    ("own", "ended", "others"), [(0, 0, True), (10, 0, True), (12, 0, True), (13, 0, True), (1, 1, False)]
)
def test_another_stick_is_exchanged_with_whatever_the_own_one_ends_with(
    tmp_path: Path, own: int, ended: int, *, others: bool
) -> None:
    """After a power cut the own stick has more of the station's journal than the station: 12, each time."""
    start = Path(crisis_stick.__file__).parent / "on_stick" / "start.sh"
    (other := tmp_path / "other").mkdir()
    (program := tmp_path / f"contrefeu-{os.getuid()}" / "program" / "bin").mkdir(parents=True)
    stub = f'#!/bin/sh\necho "$5" >>"{tmp_path}/calls"\n[ "$5" = "{other}" ] || exit {own}\n'
    (program / "contrefeu").write_text(stub)
    (program / "contrefeu").chmod(0o755)
    env = {**os.environ, "CONTREFEU_MEMORY": str(tmp_path)}
    ran = subprocess.run(["sh", str(start), "exchange", str(other)], env=env, check=False, timeout=60)
    assert ran.returncode == ended
    assert (tmp_path / "calls").read_text().splitlines() == [str(start.parent), *([str(other)] if others else [])]
