"""What other processes read ahead is what would have been read here, and the charts are the same.

Method: a processor more than the one that folds, made up; real processes; one of them is made to die.
"""

import os
import signal
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


def test_another_process_reads_what_we_would(readers, monkeypatch):
    """Byte for byte, in the order of the entries, and with decimals that keep their digits."""
    monkeypatch.setattr(ahead, "PATIENCE_S", 60)
    monkeypatch.setattr(Readers, "_read_here", lambda _, part: pytest.fail("read here"))
    wanted = [read(one, RULES.default) for one in ENTRIES]
    readings = readers.ask(ENTRIES)
    while readers._left:
        time.sleep(0.01)
    elsewhere = list(readings)
    assert elsewhere == wanted
    assert list(map(encode, elsewhere)) == list(map(encode, wanted))


def test_parts_come_back_in_order(readers):
    """Whoever reads them."""
    wanted = [read(one, RULES.default) for one in ENTRIES] * 200
    assert list(readers.ask(ENTRIES * 200)) == wanted
    first, second = readers.ask(ENTRIES * 100), readers.ask(ENTRIES * 100)
    assert [*first, *second] == wanted


def test_what_nobody_wants_any_more_is_in_nobodys_way(readers):
    """A batch that was given up half-way leaves the processes free for the next one."""
    for _ in range(3):
        given_up = readers.ask(ENTRIES * 1_000)
        assert next(given_up).ref == ENTRIES[0].ref
        given_up.close()
    assert (len(readers._left), readers._out) == (0, 0)
    assert [one.ref for one in readers.ask(ENTRIES)] == [one.ref for one in ENTRIES]


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSTOP])
def test_one_that_dies_or_gets_no_processor_costs_time_alone(readers, sent):
    """What it was asked is read here."""
    assert [one.ref for one in readers.ask(ENTRIES)] == [one.ref for one in ENTRIES]
    os.kill(readers.processes[0].pid, sent)
    assert [one.ref for one in readers.ask(ENTRIES * 100)] == [one.ref for one in ENTRIES * 100]
    assert [one.ref for one in readers.ask(ENTRIES)] == [one.ref for one in ENTRIES]
    readers.processes[0].kill()


BEGUN = """
import time
from contrefeu.chart.ahead import Readers
from contrefeu.mapping import Rules
print(Readers(Rules(), 1).processes[0].pid, flush=True)
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
