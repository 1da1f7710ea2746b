"""Whatever a command says to a person has French: each line, each error, as the sources make them.

Method: sentences.py reads the sources; every sentence is looked for in the tables as the door would, with a number for
each value. What is no sentence (ids, addresses, columns) has no word of two letters, or stands in DATA.
"""

from pathlib import Path

import pytest

import contrefeu
from contrefeu.cli.node_fr import ROWS as NODES
from contrefeu.cli.phrases import _values
from contrefeu.cli.recovery_fr import ROWS as RECOVERY
from contrefeu.cli.spoken_fr import ERRORS, FINDINGS, LINES, SPOKEN
from contrefeu.cli.vault_fr import ROWS as VAULTS
from contrefeu.cli.ward_fr import ROWS as WARDS
from tests.cli.sentences import VALUE, Source

SOURCES = Path(contrefeu.__file__).parent
TABLES = (FINDINGS.rows, ERRORS.rows, RECOVERY, WARDS, NODES, VAULTS, LINES.rows)
DATA = {  # the same in both languages
    "{} · {} min",
    'pip install "contrefeu[scan]"',
    "looked at and dropped: ",  # what somebody said stands behind it
    "the data protection officer",  # who answers for it, in JSON and in the lists
    "before the beginning",  # said to who seeks in a file
    "ahead",  # said to the exchange alone, which writes its own sentence
}
# Where errors are read by a program, a page of the ward app or a page of a table of its own, and by no command.
READ_ELSEWHERE = ("cda", "hl7", "web", "station/fhir_api.py", "hospital", "paper/pictures.py", "group/told.py")

# Sources whose words stand within sentences that are made elsewhere.
REASONS = (
    *(f"recovery/{name}.py" for name in ("forms", "identities", "matching", "paths", "plan", "queries", "replay")),
    *(f"recovery/{name}.py" for name in ("report", "statements", "ward_messages", "wire")),
    *(f"mapping/to_hl7/{name}.py" for name in ("admissions", "allergies", "appointments", "documents", "doses")),
    *(f"mapping/to_hl7/{name}.py" for name in ("orders", "results", "segments")),
    *("capture/archives.py", "capture/files.py", "capture/tap/pcap.py", "mapping/profile.py"),
    *("vault/attempts.py", "vault/folder_attempts.py", "vault/held.py"),
)


def sources(*names: str) -> list[Path]:
    """The files of these packages; of all when none is named."""
    return [file for file in sorted(SOURCES.rglob("*.py")) if not names or _part(file).startswith(names)]


def _part(file: Path) -> str:
    return file.relative_to(SOURCES).as_posix()


def has_words(text: str) -> bool:
    """Whether somebody has to know a language to read it."""
    words = (word.strip(".,:;()[]+>") for word in text.replace(VALUE, " ").split())
    return any(word.isalpha() and len(word) > 1 for word in words)


def is_said(text: str, *, ends: bool = True) -> bool:
    """Whether *text* and each value in it have French; a value that *ends* nothing is a row itself, or none of ours."""
    if text in SPOKEN.rows or not has_words(text):
        return True
    if not ends and not text.endswith("."):
        return False
    for pieces, _ in SPOKEN._patterns:
        values = _values(pieces, text)
        if values is not None:
            return all(is_said(one, ends=False) for one in values[:-1]) and is_said(values[-1])
    return False


def unsaid(texts: set[str]) -> list[str]:
    """Those of *texts* that would stay in English."""
    texts -= DATA | SPOKEN.rows.keys()
    lines = {line.strip() for text in texts for line in text.split("\n")} - DATA - SPOKEN.rows.keys()
    return sorted(line for line in lines if not is_said(line.replace(VALUE, "7")))


def test_every_line_of_a_command_has_french() -> None:
    """Whatever `say`, `whisper` and a drill's progress are given."""
    found = {_part(file): unsaid(Source(file).lines()) for file in sources("cli", "drill")}
    assert {file: lines for file, lines in found.items() if lines} == {}


def test_every_error_has_french() -> None:
    """What it is, what is safe, what comes next: of every package whose errors a command may show."""
    files = [file for file in sources() if not _part(file).startswith(READ_ELSEWHERE)]
    found = {_part(file): unsaid(Source(file).errors()) for file in files}
    assert {file: lines for file, lines in found.items() if lines} == {}


def test_every_reason_has_french() -> None:
    """Why something is not sent back, not taken or not whole, as a line or an error says it within itself."""
    found = {part: unsaid(Source(SOURCES / part).reasons()) for part in REASONS}
    assert {file: texts for file, texts in found.items() if texts} == {}


def test_a_sentence_that_nobody_put_in_french_is_found(tmp_path: Path) -> None:
    """Through a condition, a variable, a loop, a table and a function."""
    file = tmp_path / "command.py"
    file.write_text("""
_STATES = {"up": "is well", "down": "is ill"}

def _why(count):
    return f"after {count} tries" if count else "at once"

def speak(one, json):
    words = f"; also {one.name}" if one.name else ""
    for title in ("first", "last"):
        say(f"  {title:6} it {_STATES[one.state]} {_why(one.count)}{words}")
    answer(json, {}, lambda: say("\\n".join(f"{each}: gone" for each in one.all)))
    raise OperatorError(f"No {one.name}.", safe="All is well.", next=one.next)
""")
    assert len(Source(file).lines()) == 2 * 2 * 2 * 2 + 1
    assert "  first  it is well after {} tries; also {}" in Source(file).lines()
    assert "{}: gone" in unsaid(Source(file).lines())
    assert Source(file).errors() == {"No {}.", "All is well.", VALUE}


@pytest.mark.parametrize("text", ["There is no file and no ghost 7.", "last rehearsed tomorrow", "NOT SOUND 7"])
def test_half_a_sentence_in_french_is_none(text: str) -> None:
    """A row fits, and a value in it is English; or none fits."""
    assert not is_said(text)


def test_no_sentence_stands_in_two_tables_or_behind_another() -> None:
    """Each row is the one that says its sentence: none that is more general is found before it."""
    rows = [row for table in TABLES for row in table]
    assert sorted({row for row in rows if rows.count(row) > 1}) == []
    behind = []
    for english, french in SPOKEN.rows.items():
        pieces = english.split(VALUE)
        values = [str(7 + n) for n in range(len(pieces) - 1)]
        filled = "".join(a + b for a, b in zip(pieces, [*values, ""], strict=True))
        if "\n" not in english and SPOKEN.said(filled) != (french.format(*values) if values else french):
            behind.append(english)
    assert behind == []


def test_no_row_begins_with_a_space() -> None:
    """A line is looked for without what it is indented by: such a row would never be found."""
    assert [row for row in SPOKEN.rows if row.startswith(" ")] == []


def test_braces_stand_alike_in_both_languages() -> None:
    """A setting's `{ward}` is copied from an error into a file: doubled braces would name no ward."""
    assert [one for one, french in SPOKEN.rows.items() if ("{{" in french) != ("{{" in one)] == []
