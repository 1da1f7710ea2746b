"""A feed is connected by questions, and a sender's list of who lies where is held against the boards.

Method: the real commands on a home; a terminal is a text that says it is one. Messages are those of two systems.
"""

import io
import sys
from pathlib import Path

import pytest

from contrefeu.cli.node import Node
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium
from tests.cli.test_feeds import BARE, File


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    """Have somebody type these lines."""
    return lambda *lines: monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{line}\n" for line in lines)))


@pytest.mark.req("F34")
def test_a_feed_is_connected_by_questions(cli: Commands, filed: File, typed) -> None:
    """Address and engine pages, what was understood, the profile; nothing is written before a yes, or after a no."""
    sample = filed("sample.hl7", admission() + admission("A-2", number="8001235"))
    before = (cli.home / "contrefeu.toml").read_text()
    typed(sample, "n")
    said = cli("--lang", "fr", "feeds", "add", "gap")
    assert said.status == 0, said.err
    for words in (
        "127.0.0.1:2575",
        "docs/howto/engines",
        "CPAGE@CHU  2 entrées",
        "[feeds.gap]",
        "Rien n’a été écrit.",
    ):
        assert words in said.out.decode(), words
    assert (cli.home / "contrefeu.toml").read_text() == before
    typed(sample, "y")
    assert "Next: start the node again" in cli("--lang", "en", "feeds", "add", "gap").out.decode()
    assert Node.at(cli.home).settings.feeds["gap"].senders == ["CPAGE@CHU"]
    typed(sample)
    assert "is described already" in cli("--lang", "en", "feeds", "add", "again").out.decode()
    assert cli.told("status")["feeds"] == [], "nothing of a sample is kept"


@pytest.mark.req("F34")
def test_of_several_senders_one_is_chosen_and_doubts_are_asked(cli: Commands, filed: File, typed) -> None:
    """A number that is none is asked again; a feed with something to settle is written after two yeses."""
    sample = filed("two.hl7", admission() + BARE.encode("utf-8"))
    typed(sample, "7", "2", "y", "n")
    assert "Nothing was written." in cli("--lang", "en", "feeds", "add", "urg").out.decode()
    typed(sample, "2", "y", "y")
    said = cli("--lang", "en", "feeds", "add", "urg")
    assert "LOOK" in said.out.decode()
    assert Node.at(cli.home).settings.feeds["urg"].senders == ["URG@CHU"]


def test_a_script_is_never_asked(cli: Commands, filed: File, typed) -> None:
    """No terminal, or --json: --sender is wanted, and said so. A file without a message is said too."""
    ran = cli("feeds", "add", "x")
    assert (ran.status, "--sender" in ran.err) == (1, True)
    typed("y")
    assert "--sender" in cli("feeds", "add", "x", "--json").err
    typed(filed("empty.hl7", b""))
    assert "Nothing came" in cli("feeds", "add", "x").err


LIST = (
    "IPP;Nom;Unité;Lit\r\n"
    "8001234;MARTIN;CARDIO;112-3\r\n"  # as here
    "8001235;DUPONT;CARDIO;113 1\r\n"  # elsewhere here
    "8001299;ABSENT;CARDIO;114 1\r\n"  # nobody
    "8001240;PARTI;CHIR;1\r\n"  # left
)


@pytest.mark.req("F36")
def test_a_census_is_held_against_the_boards(cli: Commands, filed: File) -> None:
    """Who is missing (never heard of, or known and gone), elsewhere, too much; by number alone, and counts a ward."""
    gone = admission("A-5", number="8001240").replace(b"ADT^A01^ADT_A01", b"ADT^A03^ADT_A03")
    cli.told(
        "import",
        filed("1.hl7", admission() + admission("A-2", number="8001235") + potassium()),
        filed("2.hl7", admission("A-3", number="8001236") + gone),
    )
    path = filed("census.csv", LIST.encode("cp1252"))
    told = cli.told("feeds", "check", "--census", path, status=10)
    assert told == {
        "feeds": [],
        "census": {
            "wards": [
                {"ward": "CARDIO", "listed": 3, "found": 1, "allergies": 0, "prescriptions": 0},
                {"ward": "CHIR", "listed": 1, "found": 0, "allergies": 0, "prescriptions": 0},
            ],
            "missing": [
                {"number": "8001299", "ward": "CARDIO", "bed": "114 1", "known": False},
                {"number": "8001240", "ward": "CHIR", "bed": "1", "known": True},
            ],
            "elsewhere": [
                {"number": "8001235", "ward": "CARDIO", "bed": "113 1", "here_ward": "CARDIO", "here_bed": "112 3"}
            ],
            "extra": [{"number": "8001236", "ward": "CARDIO", "bed": "112 3"}],
        },
    }
    text = cli("feeds", "check", "--census", path).out.decode()
    for words in ("MISSING    8001299", "ELSEWHERE  8001235", "EXTRA      8001236", "CARDIO: 1 of 3"):
        assert words in text
    assert "MARTIN" not in text, "numbers, no names"


@pytest.mark.req("F36")
def test_a_census_that_agrees_ends_with_0_and_another_file_is_refused(
    cli: Commands, filed: File, tmp_path: Path
) -> None:
    """Leading zeros that a spreadsheet took away, a bed without its room, tabs; no heading, no file."""
    cli.told("import", filed("1.hl7", admission(number="0008001234")))
    path = filed("census.csv", b"number\tward\tbed\n8001234\tCARDIO\t3\n")
    assert cli.told("feeds", "check", "--census", path)["census"]["wards"][0]["found"] == 1
    assert "as listed" in cli("feeds", "check", "--census", path).out.decode()
    assert "no heading" in cli("feeds", "check", "--census", filed("bad.csv", b"a,b\n1,2\n")).err
    assert cli("feeds", "check", "--census", filed("none.csv", b"")).status == 1
    assert "There is no" in cli("feeds", "check", "--census", tmp_path / "absent").err
