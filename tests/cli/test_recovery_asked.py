"""A restored system that is asked by HL7 v2 queries what it holds: what its answers show is compared, and nothing else.

Method: the real command on a home of the test's own; a listener that answers from the messages it holds, well or badly.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contrefeu.recovery import asked
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium
from tests.recovery.asked_system import AskedSystem

File = Callable[[str, bytes], Path]
BOTH = b'[query]\nask = ["QRY^A19", "QRY^R02"]\n'
OTHER = "8005678"
ALL = (admission(), potassium(), admission("A-2", number=OTHER, name="DURAND^PAUL"))


@pytest.fixture
def node(cli: Commands, filed: File) -> Commands:
    """Two patients, and a result."""
    cli.told("import", filed("all.hl7", b"".join(ALL)))
    return cli


def compared(node: Commands, filed: File, system: AskedSystem, profile: bytes = BOTH, status: int = 10) -> Any:
    """What the command says of *system*."""
    how = filed("ehr.toml", profile)
    try:
        return node.told("gap", "--against", system.url, "--profile", how, status=status)
    finally:
        system.close()


@pytest.mark.req("R2")
def test_what_its_answers_show_is_present_and_what_they_lack_is_missing(node: Commands, filed: File) -> None:
    """All there: nothing is missing; without the result, or the second patient: that is, by type."""
    whole = compared(node, filed, AskedSystem(ALL), status=0)
    assert (whole["entries"], whole["present"], whole["unasked"], whole["extra"]) == (3, 3, 0, 0)
    lacking = compared(node, filed, AskedSystem(ALL[:1]))
    assert lacking["types"] == {"ORU^R01": {"missing": 1}, "ADT^A01": {"missing": 1}}
    other = compared(node, filed, AskedSystem([ALL[0], ALL[1].replace(b"||6.8|", b"||3.8|"), ALL[2]]))
    assert other["types"]["ORU^R01"] == {"missing": 1}, "with another value, it is another result"
    empty = compared(node, filed, AskedSystem([]))
    assert (empty["missing"], empty["present"]) == (3, 0), "it was asked for everybody, and knows nobody"


@pytest.mark.req("R2", "R3")
def test_what_a_query_does_not_show_is_neither_present_nor_missing(node: Commands, filed: File, tmp_path: Path) -> None:
    """Identities alone do not say that somebody came; a transfer is in no answer. No plan sends it."""
    moved = admission("A-3", event="A02").replace(b"20261124030000\rPID", b"20261124050000\rPID")
    node.told("import", filed("moved.hl7", moved))
    names = compared(node, filed, AskedSystem(ALL), b'[query]\nask = ["QBP^Q22"]\n', status=0)
    assert (names["entries"], names["unasked"]) == (0, 4)
    found = compared(node, filed, AskedSystem(ALL), status=0)
    assert (found["present"], found["unasked"], found["types"]) == (3, 1, {"ADT^A02": {"unasked": 1}})
    account = node.told("reconcile", "--out", tmp_path / "a.pdf", status=13)
    assert account["reasons"]["unaccounted"] == {"not compared: the answers to our queries do not show it": 1}
    system = AskedSystem([])
    assert node.told("replay", "--to", system.url, "--dry-run")["planned"] == 0
    system.close()


@pytest.mark.req("R2")
@pytest.mark.parametrize("how", ["AE", "too many"])
def test_a_patient_of_whom_it_says_nothing_is_not_called_missing(node: Commands, filed: File, how: str) -> None:
    """Refused, or too many found: these are not compared, which is said; the others are."""
    found = compared(node, filed, AskedSystem(ALL, badly={OTHER: how}))
    assert (found["present"], found["missing"], found["unasked"]) == (2, 0, 1)
    assert len(found["unreadable"]) == 1


@pytest.mark.req("R2")
def test_a_silence_or_garbage_is_asked_again_and_then_nothing_is_compared(
    node: Commands, filed: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once more is harmless, since a query changes nothing; part of the answers would call the rest missing."""
    monkeypatch.setattr(asked, "AGAIN_S", 0.0)
    quick = b"answer_s = 0.3\n" + BOTH
    assert compared(node, filed, AskedSystem(ALL, "nothing", "garbage"), quick, status=0)["present"] == 3
    how = filed("ehr.toml", quick)
    system = AskedSystem(ALL, "AA", "nothing", "another's", "hang up")
    ran = node("gap", "--against", system.url, "--profile", how)
    assert ran.status == 14
    assert "answers no more" in ran.err
    system.close()
    assert node("gap", "--against", system.url, "--profile", how).status == 14, "nobody listens"


@pytest.mark.req("R2")
def test_an_answer_in_pages_is_asked_for_to_its_end(node: Commands, filed: File) -> None:
    """DSC says that there is more."""
    again = [potassium("R-2").replace(b"|F1|", b"|F2|").replace(b"||6.8|", b"||5.1|")]
    node.told("import", filed("more.hl7", again[0]))
    assert compared(node, filed, AskedSystem([*ALL, *again]), status=0)["present"] == 4
