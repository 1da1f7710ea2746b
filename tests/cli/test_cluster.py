"""Charts computed in parts are the charts that one machine computes, and nothing clear stands between the parts.

Method: a home whose journals have many segments, with chains of merges, people's acts, and a result that two of them
withdrew; its entries dealt to parts in many ways, without a cluster; then on a real Spark, in this process and on a
cluster of two workers (scripts/spark_cluster.sh), whose executors die.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from py4j.protocol import Py4JError

from contrefeu.base import OperatorError, StorageError
from contrefeu.chart import follow, rules_of
from contrefeu.chart.export import canonical
from contrefeu.cli.node import Node
from contrefeu.drill.hospital import Hospital
from contrefeu.drill.scenario import START_NS
from contrefeu.journal import Entry
from contrefeu.mapping import Reading
from contrefeu.recovery import Cluster, cluster, cluster_reading, export_on_cluster, splits
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium

KEY = bytes(range(32))  # of a cluster, only in tests


def merge(control_id: str, survivor: str, lost: str) -> bytes:
    """Two numbers are one patient (A40)."""
    return (
        f"MSH|^~\\&|CPAGE|CHU|CF|CHU|20261124050000||ADT^A40^ADT_A39|{control_id}|P|2.5|||||FRA|UNICODE UTF-8\r"
        f"EVN|A40|20261124050000\rPID|1||{survivor}^^^CHU&1.2.250.1.71.4.2.2&ISO^PI||MARTIN^ELOÏSE^^^^^L||19610412|F\r"
        f"MRG|{lost}^^^CHU&1.2.250.1.71.4.2.2&ISO^PI\r"
    ).encode()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that asks leaves the home: making it takes seconds, and none changes what it was given."""
    return tmp_path_factory.mktemp("made") / "home"


@pytest.fixture
def home(cli: Commands, filed: Callable[[str, bytes], Path], made: Path) -> Commands:
    """Two chains of merges across segments, a hospital's afternoon, an entry that two people withdrew."""
    if not made.exists():
        _fill(cli, filed)
        shutil.copytree(cli.home, made)
    else:
        shutil.rmtree(cli.home)
        shutil.copytree(made, cli.home)
    return cli


def _fill(cli: Commands, filed: Callable[[str, bytes], Path]) -> None:
    chained = [admission(f"A{n}", number=f"9{n}") for n in range(6)] + [
        potassium(f"R{n}", number=f"9{n}") for n in range(6)
    ]
    chained += [merge(f"M{n}", f"9{n}", f"9{n + 1}") for n in (4, 0, 2, 1)]
    hospital = Hospital.for_drill(seed=3, beds=8, style="fr", now_ns=START_NS)
    bodies = [admission(), potassium(), *chained, *(sent.message for sent in hospital.run(hours=2))]
    for at in range(3):  # a writer that starts begins a segment
        cli.told("import", filed(f"{at}.hl7", b"".join(b"\x0b" + body + b"\x1c\r" for body in bodies[at::3])))
    for login, role in (("martin", "physician"), ("nadia", "dpo")):
        secret = filed(login, b"a secret of tests")
        cli.told("users", "add", login, "--name", login, "--role", role, "--secret-file", secret)
    said = ("--as", "martin", "--secret-file", filed("martin", b"a secret of tests"))
    entry = f"{Node.at(cli.home).capture_journal}/2"
    proposal = cli.told("withdraw", "propose", "entry", entry, "--reason", "another patient's", *said)["proposal"]
    cli.told("withdraw", "confirm", proposal, "--as", "nadia", "--secret-file", filed("nadia", b"a secret of tests"))


def test_however_entries_are_dealt_the_charts_are_the_same(home: Commands, tmp_path: Path) -> None:
    """Two ways to shuffle; what lies between is ciphertext."""
    node = Node.at(home.home)
    key_file = tmp_path / "cluster.key"
    key_file.touch(mode=0o600)
    key_file.write_bytes(KEY)
    wanted = home.told("export", "--to", tmp_path / "one")
    job, sealer = splits.begin_job(key_file, rules_of(node.settings), f"{node.settings.node.id}-", None)
    parts = [split for files in node.charted() for split in cluster._splits(files, True, node.data_keys(), key_file)]
    assert len(parts) > 3, "segments are the splits"
    rows = [row for split in parts for row in splits.read_split(job, split)]
    assert not any(clear in sealed for _, sealed in rows for clear in (b"MARTIN", b"PID|", b"MSH|"))
    for_all = [sealed for ties, sealed in rows if splits.is_for_all(job, (ties, sealed))]
    assert for_all, "acts of people go to every part"
    for seed in (1, 2):
        dealt = _dealt([row for row in rows if row[0]], Random(seed))
        charts = dict(found for part in dealt for found in splits.fold_part(job, for_all, part))
        digest = sha256(b"".join(canonical(splits.open_chart(sealer, charts[id_])) for id_ in sorted(charts)))
        assert (len(charts), digest.hexdigest()) == (wanted["patients"], wanted["charts_sha256"])


def _dealt(rows: list[splits.Row], chance: Random) -> list[list[bytes]]:
    """What is tied goes to one part of five, in any order."""
    chance.shuffle(rows)
    label = dict(splits.tied(rows))
    dealt: list[list[bytes]] = [[] for _ in range(5)]
    for ties, sealed in rows:
        dealt[label[ties[0]] % 5].append(sealed)
    return dealt


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark runs on Java")
@pytest.mark.timeout(900)  # a session starts in ten seconds, or in a minute where others work
def test_on_spark_a_lost_executor_loses_nothing(
    home: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first to read a segment dies with it; the export is the one machine's, file by file."""
    died, real = tmp_path / "died", splits.read_split

    def read(job: splits.Job, split: splits.Split) -> Iterator[splits.Row]:
        for row in real(job, split):
            yield row
            if not died.exists():
                died.touch()
                os._exit(9)

    settings = home.home / "contrefeu.toml"
    everybody = home.told("export", "--to", tmp_path / "all")["patients"]
    settings.write_text(settings.read_text() + '\n[watch]\nhoney = ["95"]\n')  # left out of both (F46)
    wanted = home.told("export", "--to", tmp_path / "one")
    assert wanted["patients"] == everybody - 1
    monkeypatch.setattr(cluster, "read_split", read)
    key = tmp_path / "cluster.key"
    key.touch(mode=0o600)
    key.write_bytes(KEY)
    flags = ("--engine", "spark", "--master", "local[2,4]", "--cluster-key", key)
    found = home.told("export", "--to", tmp_path / "many", *flags)
    assert died.exists()
    assert {**found, "seconds": 0} == {**wanted, "seconds": 0}
    for one in (tmp_path / "one").iterdir():
        assert (tmp_path / "many" / one.name).read_bytes() == one.read_bytes()


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[str]:
    """The master of a cluster of two workers on this machine."""
    script, folder = Path(__file__).parents[2] / "scripts" / "spark_cluster.sh", tmp_path / "workers"
    source = os.pathsep.join(path for path in sys.path if path)
    env = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": source}
    begun = subprocess.run([script, "start", folder], check=True, stdout=subprocess.PIPE, env=env, timeout=300)
    try:
        yield begun.stdout.decode().strip()
    finally:
        subprocess.run([script, "stop", folder], check=True, timeout=60)


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark runs on Java")
@pytest.mark.timeout(900)
def test_on_two_workers_a_killed_executor_loses_nothing(
    home: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    """The first to read a segment takes the whole executor along; the export is the one machine's, file by file."""
    died, real = tmp_path / "died", splits.read_split

    def read(job: splits.Job, split: splits.Split) -> Iterator[splits.Row]:
        for row in real(job, split):
            yield row
            if not died.exists():
                died.touch()
                daemon = Path(f"/proc/{os.getppid()}/stat").read_text()
                os.kill(int(daemon.rpartition(")")[2].split()[1]), signal.SIGKILL)  # the executor, which began it

    wanted = home.told("export", "--to", tmp_path / "one")
    monkeypatch.setattr(cluster, "read_split", read)
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    key = tmp_path / "cluster.key"
    key.touch(mode=0o600)
    key.write_bytes(KEY)
    found = home.told(
        "export", "--to", tmp_path / "many", "--engine", "spark", "--master", workers, "--cluster-key", key
    )
    assert died.exists()
    assert {**found, "seconds": 0} == {**wanted, "seconds": 0}
    for one in (tmp_path / "one").iterdir():
        assert (tmp_path / "many" / one.name).read_bytes() == one.read_bytes()
    logs = [path for path in (tmp_path / "workers").rglob("*") if path.is_file()]
    assert logs
    said = b"".join(path.read_bytes() for path in logs)
    assert not any(clear in said for clear in (b"MARTIN", b"PID|", KEY, KEY.hex().encode()))


def test_a_cluster_that_cannot_be_is_said(cli: Commands, tmp_path: Path) -> None:
    """Other machines without a key; a key that others may read, or that is another; nothing is written."""
    ran = cli("export", "--to", tmp_path / "out", "--engine", "spark", "--master", "spark://127.0.0.1:9")
    assert (ran.status, "--cluster-key" in ran.err) == (1, True)
    open_to_all, node = tmp_path / "open.key", Node.at(cli.home)
    open_to_all.write_bytes(KEY)
    open_to_all.chmod(0o644)
    with pytest.raises(StorageError, match="no cluster's key"):
        splits.begin_job(open_to_all, rules_of(node.settings), "", None)
    other = splits.Sealer(KEY)
    with pytest.raises(StorageError, match="not the one"):
        splits.Sealer(KEY[::-1]).open(b"x", other.seal(b"x", b"clear"))
    assert not (tmp_path / "out").exists()


def test_without_the_extra_the_error_says_what_to_install(
    cli: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing else breaks: the engine is asked for by name."""
    monkeypatch.setitem(sys.modules, "pyspark", None)
    node = Node.at(cli.home)
    with pytest.raises(OperatorError, match="not installed") as found:
        export_on_cluster(Cluster("local[1]"), [], node.data_keys(), node.settings, tmp_path / "out")
    assert "contrefeu[spark]" in found.value.next


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark runs on Java")
@pytest.mark.timeout(900)
@pytest.mark.postgres
def test_a_restore_whose_entries_a_cluster_reads_is_the_same(
    home: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: str
) -> None:
    """Every chart has the same hash, in a file and on a server; a batch whose executor's answer is nobody's is read
    here."""
    vault, shares = f"file://{tmp_path / 'vault'}", sorted((tmp_path / "home-shares").glob("*.txt"))[:3]
    home.told("vault", "add", vault)
    home.told("vault", "copy")
    monkeypatch.setattr(follow, "BATCH_ENTRIES", 20)
    asked: list[int] = []
    real = cluster_reading._Readers._read

    def read(readers: cluster_reading._Readers, parts: list[list[Entry]]) -> list[bytes]:
        asked.append(sum(map(len, parts)))
        if len(asked) == 2:
            raise Py4JError("an executor choked")
        return real(readers, parts)

    monkeypatch.setattr(cluster_reading._Readers, "_read", read)
    told = {
        engine: home.told("restore", "--from", vault, "--shares", *shares, "--to", tmp_path / engine, *flags)
        for engine, flags in (
            ("local", ()),
            ("spark", ("--engine", "spark", "--master", "local[2]")),
            ("served", ("--engine", "spark", "--master", "local[2]", "--charts-store", postgres)),
        )
    }
    assert not (tmp_path / "served" / "charts" / "charts.db").exists()
    assert told["served"]["charts_sha256"] == told["local"]["charts_sha256"]
    assert len(asked) > 2
    assert told["spark"]["charts_sha256"] == told["local"]["charts_sha256"]
    assert told["spark"]["patients"] == told["local"]["patients"] > 8


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark runs on Java")
@pytest.mark.timeout(900)
def test_a_gap_whose_entries_a_cluster_reads_is_the_same(
    home: Commands, filed: Callable[[str, bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patient by patient, type by type; every entry is read there."""
    held = filed("ehr/day.hl7", admission())
    local = home.told("gap", "--against", held, status=10)
    asked: list[int] = []
    real = cluster_reading._Readers.ask

    def ask(readers: cluster_reading._Readers, entries: list[Entry]) -> Iterator[Reading]:
        asked.append(len(entries))
        return real(readers, entries)

    monkeypatch.setattr(cluster_reading._Readers, "ask", ask)
    monkeypatch.setattr("contrefeu.recovery.reading_ahead.BATCH_ENTRIES", 40)
    spark = home.told("gap", "--against", held, "--engine", "spark", "--master", "local[2]", status=10)
    assert len(asked) > 2
    assert local["missing"] > 10
    for name in ("entries", "present", "missing", "different", "extra", "types", "wards", "days", "patients"):
        assert spark[name] == local[name], name
