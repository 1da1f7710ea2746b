"""A restored system is asked patient by patient: beside no open question, and with a pause before it is asked again.

Method: a connection in memory that answers as it is told; the real table; pauses are noted, not waited for.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contrefeu.base import ManualClock, StorageError
from contrefeu.hl7 import Message
from contrefeu.journal import MEDIA_HL7V2, Entry
from contrefeu.mapping import Reading, Rules, read
from contrefeu.recovery import ASKED_TABLE, Asked, NotReached, Outcome, Scratch, asked, scratch
from contrefeu.recovery.profiles import Query
from contrefeu.recovery.wire import AGAIN_S
from tests.recovery.hospital import admission

PATIENTS = 5


class Wire:
    """Answers that it holds the identity of whom it is asked for, once it has been *deaf* and *silent* so often."""

    def __init__(self, deaf: int = 0, silent: int = 0) -> None:
        self.deaf, self.silent, self.asked, self.answer = deaf, silent, 0, b""

    def exchange(self, body: bytes, control_id: str) -> Outcome:
        """Take one query."""
        self.asked += 1
        if self.asked <= self.deaf:
            raise NotReached("refused")
        if self.asked <= self.deaf + self.silent:
            return Outcome("", "no answer in time")
        number, authority = (Message.parse(body).text("QRD", 8, n) for n in (1, 9))
        lines = ("MSH|^~\\&|E||||1||ADR^A19|1|P|2.5", f"MSA|AA|{control_id}", f"PID|1||{number}^^^{authority}||A^B", "")
        self.answer = "\r".join(lines).encode()
        return Outcome("AA")


def readings() -> Iterator[Reading]:
    """Of as many patients."""
    for n in range(PATIENTS):
        yield read(Entry("j", n + 1, n, n, "DPI@CHU", MEDIA_HL7V2, admission(n, 1)), Rules().of("DPI@CHU"))


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Scratch]:
    """Of a comparison."""
    with scratch(tmp_path, "t", ASKED_TABLE) as made:
        yield made


def asking(wire: Wire, table: Scratch, waited: list[float]) -> Asked:
    """Who asks over *wire*."""
    over: Any = wire
    return Asked("mllp://ehr:1", over, Query(), readings, table, Rules(), ManualClock(), waited.append)


@pytest.mark.req("R2")
def test_answers_are_kept_while_no_question_is_open(table: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each patient once, some at a time; between two of them the table can be written to, dropped even."""
    monkeypatch.setattr(asked, "LOT", 2)
    wire, found = Wire(), 0
    for _ in asking(wire, table, [])():
        table.run("CREATE TABLE kept(x)")
        table.run("DROP TABLE kept")  # refused while a question is open
        found += 1
    assert (found, wire.asked) == (PATIENTS, PATIENTS)


@pytest.mark.req("R2")
def test_there_is_a_pause_before_it_is_asked_again(table: Scratch) -> None:
    """A listener that restarts is back by then; a dead one is given up, and nothing is compared."""
    waited: list[float] = []
    assert len(list(asking(Wire(deaf=1, silent=1), table, waited)())) == PATIENTS
    assert waited == [AGAIN_S] * 2
    with pytest.raises(StorageError, match="answers no more: nobody listens"):
        list(asking(Wire(deaf=9), table, waited)())
    assert waited == [AGAIN_S] * 4
