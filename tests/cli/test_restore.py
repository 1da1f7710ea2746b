"""`restore` as an operator runs it: killed and run again, its home in use meanwhile, and a whole station afterwards.

Method: the command itself in processes of its own, with the newest entries set to a handful; what a node running on the
home being restored answers, and what is left after SIGKILL at instants drawn from a seed.
"""

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from contrefeu.recovery.half import UNFINISHED
from tests.cli.messages import admission, potassium
from tests.drills.node import RunningNode, contrefeu

NEWEST = 6
PATIENTS = 60
LAST = 8_000_000 + PATIENTS - 1  # number of one who is in a bed, and was heard of lately
# The command, for which a handful of entries is recent.
COMMAND = (
    "import contrefeu.recovery.early as early; early.RECENT_ENTRIES = {newest}\n"
    "from contrefeu.cli.main import main; main()"
)


class Lost:
    """A node that was lost, its vault, and what its charts were."""

    def __init__(self, folder: Path) -> None:
        self.home, self.vault, self.folder = folder / "home", folder / "vault", folder
        contrefeu(self.home, "init", "--shares-out", str(folder / "shares"))
        contrefeu(self.home, "vault", "add", f"file://{self.vault}")
        for part, numbers in enumerate((range(PATIENTS), range(PATIENTS - 2, PATIENTS))):
            feed = folder / f"{part}.hl7"
            feed.write_bytes(
                b"".join(
                    admission(f"A{part}-{n}", number=f"{8_000_000 + n}")
                    + potassium(f"R{part}-{n}", number=f"{8_000_000 + n}")
                    for n in numbers
                )
            )
            contrefeu(self.home, "import", str(feed))
            contrefeu(self.home, "vault", "copy")
        self.charts: str = contrefeu(self.home, "export", "--to", str(folder / "before"))["charts_sha256"]
        self.shares = [str(path) for path in sorted((folder / "shares").glob("*.txt"))[:3]]
        shutil.rmtree(self.home)

    def command(self, to: Path, *vaults: Path) -> list[str]:
        """The command line."""
        sources = [word for vault in vaults or (self.vault,) for word in ("--from", f"file://{vault}")]
        return [
            sys.executable, "-c", COMMAND.format(newest=NEWEST),
            "restore", *sources, "--shares", *self.shares, "--to", str(to), "--json",
        ]  # fmt: skip

    def restore(self, to: Path, *vaults: Path, status: int = 0) -> dict[str, Any]:
        """Run it to its end."""
        done = subprocess.run(self.command(to, *vaults), capture_output=True, check=False, timeout=300)
        assert done.returncode == status, done.stderr.decode()
        return json.loads(done.stdout) if done.stdout else {}


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Lost:
    return Lost(tmp_path_factory.mktemp("lost"))


@pytest.mark.req("R1", "G3")
def test_killed_at_any_instant_it_goes_on(lost: Lost, tmp_path: Path) -> None:
    """SIGKILL after a time drawn from a seed, again and again: the same command ends with the same charts."""
    chance, to = random.Random(20), tmp_path / "again"
    began = time.monotonic()
    done = lost.restore(tmp_path / "measured")
    whole_s = time.monotonic() - began
    for _ in range(4):
        process = subprocess.Popen(lost.command(to), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            process.communicate(timeout=chance.uniform(0.3, 1.0) * whole_s)
        except subprocess.TimeoutExpired:
            process.kill()
        process.wait(60)
        whole = (to / "contrefeu.toml").exists() and not (to / UNFINISHED).exists()
        if whole:  # it had done all it had to, killed or not
            break
        if (to / "contrefeu.toml").exists():
            assert contrefeu(to, "find", "MARTIN")["patients"]
    if not whole:
        lost.restore(to)
    assert done["charts_sha256"] == lost.charts
    assert contrefeu(to, "export", "--to", str(tmp_path / "after"))["charts_sha256"] == lost.charts
    assert contrefeu(to, "status", status=0)["charts"]["restoring"] is None


@pytest.mark.req("R1", "G3", "D2")
def test_a_node_runs_on_the_home_while_its_history_comes(lost: Lost, tmp_path: Path) -> None:
    """A vault lost a segment: charts of the newest entries are there, and feeds are taken; from another vault the rest
    comes while the node runs, which shows it without being told."""
    short, to = tmp_path / "short", tmp_path / "again"
    shutil.copytree(lost.vault, short)
    [capture] = [path for path in (short / "journals").iterdir() if path.name.endswith("-capture")]
    max((capture / "segments").iterdir(), key=lambda path: path.stat().st_size).unlink()
    lost.restore(to, short, status=13)
    with RunningNode(to) as node:
        told = contrefeu(to, "status", status=10)
        assert told["charts"]["restoring"]["of"] >= 2 * PATIENTS + 4  # beside what people did
        assert len(contrefeu(to, "find", "MARTIN")["patients"]) == 2
        command = [sys.executable, "-m", "contrefeu", "--home", str(to), "--lang", "fr", "chart", str(LAST)]
        text = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode()
        assert text.startswith("HISTORIQUE EN COURS DE RESTAURATION : DOSSIER INCOMPLET")
        (tmp_path / "new.hl7").write_bytes(admission("NEW", number="9000001"))
        contrefeu(to, "import", str(tmp_path / "new.hl7"))
        assert len(contrefeu(to, "find", "MARTIN", "--limit", "200")["patients"]) == 3
        assert lost.restore(to, short, lost.vault)["entries"] >= 2 * PATIENTS + 4
        deadline = time.monotonic() + 30
        while _restoring(to):
            assert time.monotonic() < deadline, "the running node goes on with the first charts"
            time.sleep(0.2)
        assert len(contrefeu(to, "find", "MARTIN", "--limit", "200")["patients"]) == PATIENTS + 1
        assert node.process.poll() is None


def _restoring(home: Path) -> bool:
    command = [sys.executable, "-m", "contrefeu", "--home", str(home), "status", "--json"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    return not done.stdout or json.loads(done.stdout)["charts"]["restoring"] is not None


@pytest.mark.req("R1", "G3", "C5")
def test_afterwards_it_is_a_whole_station(lost: Lost, tmp_path: Path) -> None:
    """A new identity, the same charts; feeds, and vaults that follow, the one it came from too: restored once more."""
    to = tmp_path / "again"
    done = lost.restore(to)
    assert done["charts_sha256"] == lost.charts
    assert 0 < done["first_board_seconds"] < done["seconds"]
    assert set(done["phases"]) == {"bring", "check", "grant", "fold"}
    assert (done["differences"], done["away"]) == ([], [])
    vaults = [f"file://{tmp_path / 'new-vault'}", f"file://{tmp_path / 'old-vault'}"]
    shutil.copytree(lost.vault, tmp_path / "old-vault")
    for url in vaults:
        contrefeu(to, "vault", "add", url)
    (tmp_path / "new.hl7").write_bytes(admission("NEW", number="9000001") + potassium("NEWER", number="9000001"))
    with RunningNode(to):
        contrefeu(to, "import", str(tmp_path / "new.hl7"))
    contrefeu(to, "vault", "copy")
    charts = contrefeu(to, "export", "--to", str(tmp_path / "after"))["charts_sha256"]
    assert charts != lost.charts
    for number, url in enumerate(vaults):
        assert contrefeu(to, "vault", "verify", url)["intact"]
        again = lost.restore(tmp_path / f"third-{number}", Path(url.removeprefix("file://")))
        assert again["charts_sha256"] == charts
        assert again["node"] != done["node"]
