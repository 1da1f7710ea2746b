"""What other processes read ahead is what would have been read here, and the charts are the same.

Method: a processor more than the one that folds, made up; real processes; one of them is made to die.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contrefeu.chart import ahead, follow
from contrefeu.chart.ahead import Readers
from contrefeu.fhir import encode
from contrefeu.mapping import Rules, read
from tests.chart.feeds import admitted, entry, merged, resulted
from tests.chart.test_client import House

RULES = Rules()
BODIES = [admitted("1", "c1"), resulted("1", "c2", "6.0"), resulted("1", "c3", "<0,5"), merged("1", "2", "c4"), b"?"]
ENTRIES = [entry(body, sequence) for sequence, body in enumerate(BODIES, 1)]


@pytest.fixture
def readers():
    """One process that reads ahead."""
    made = Readers(RULES, 1)
    yield made
    made.close()


def test_another_process_reads_what_we_would(readers):
    """Byte for byte, in the order of the entries, and with decimals that keep their digits."""
    wanted = [read(one, RULES.default) for one in ENTRIES]
    elsewhere = readers._pool.submit(ahead._read, ENTRIES).result()
    assert elsewhere == wanted
    assert list(map(encode, elsewhere)) == list(map(encode, wanted))
    assert list(readers.ask(ENTRIES * 100)) == wanted * 100


def test_a_process_that_dies_costs_nothing_but_time(readers):
    """What it was asked is read here."""
    readings = readers.ask(ENTRIES)
    assert readers._pool.submit(os._exit, 1).exception() is not None
    assert [one.ref for one in readings] == [one.ref for one in ENTRIES]
    assert [one.ref for one in readers.ask(ENTRIES)] == [one.ref for one in ENTRIES]


BEGUN = """
import os, time
from contrefeu.chart.ahead import Readers
from contrefeu.mapping import Rules
readers = Readers(Rules(), 1)
print(readers._pool.submit(os.getpid).result(), flush=True)
time.sleep(60)
"""


def test_nobody_reads_on_for_a_process_that_was_killed():
    """What holds patients' messages ends with the one that asked, kill -9 or not."""
    with subprocess.Popen([sys.executable, "-c", BEGUN], stdout=subprocess.PIPE, text=True) as asking:
        reading = Path(f"/proc/{asking.stdout.readline().strip()}")
        assert reading.exists()
        asking.kill()
    until = time.monotonic() + 30
    while reading.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not reading.exists()


@pytest.mark.req("R1")
def test_charts_do_not_depend_on_who_read(tmp_path, monkeypatch):
    """A journal that is read by two processes gives the charts, and the account, that one gives."""
    house = House(tmp_path)
    for n in range(6):
        house.append(admitted(f"{n}", f"a{n}"), *(resulted(f"{n}", f"r{n}{m}", f"{m}.10") for m in range(5)))
    asked = []
    real = Readers.ask
    monkeypatch.setattr(Readers, "ask", lambda self, batch: asked.append(batch) or real(self, batch))
    monkeypatch.setattr(follow, "BATCH_ENTRIES", 7)
    pictures = []
    for processors in (1, 2):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, count=processors: range(count))
        house.db.unlink(missing_ok=True)
        with house.open() as charts:
            pictures.append((charts.sha256(), charts.status()))
        assert bool(asked) == (processors == 2)
    assert pictures[0] == pictures[1]
