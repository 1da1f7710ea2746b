"""Every command keeps the manners of the surface: one JSON object, an exit status, three answers, no traceback.

Method: the same questions to each command, in this process; a pipe that closes, and a locale, in one of its own.
"""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from contrefeu.cli import door
from contrefeu.cli import status as status_command
from contrefeu.cli.door import default_home, default_language
from contrefeu.cli.main import run
from tests.cli.conftest import Commands
from tests.cli.messages import admission
from tests.cli.test_feeds import File

REPORTS = [
    ("status",),
    ("journal", "verify"),
    ("journal", "show"),
    ("find", "nobody"),
    ("users", "list"),
    ("users", "add", "x", "--name", "X", "--role", "clerk"),
    ("downtime", "status"),
    ("downtime", "declare"),
    ("downtime", "lift"),
    ("vault", "copy"),
    ("import", "{file}"),
    ("export", "--to", "{folder}/out"),
]


def filled(arguments: tuple[str, ...], folder: Path) -> list[str]:
    """*arguments* with a file and a folder of the test's own."""
    file = folder / "note.txt"
    file.write_text("note")
    return [argument.format(file=file, folder=folder) for argument in arguments]


@pytest.mark.parametrize("arguments", REPORTS, ids=" ".join)
def test_json_is_one_object_and_nothing_else(arguments: tuple[str, ...], cli: Commands, tmp_path: Path) -> None:
    """With --json stdout is one line, one object; without, people's words."""
    ran = cli(*filled(arguments, tmp_path), "--json")
    assert ran.status == 0, ran.err
    assert isinstance(ran.told, dict)
    assert ran.out.count(b"\n") == 1
    assert not ran.err or "Traceback" not in ran.err


@pytest.mark.parametrize("arguments", [*REPORTS, ("chart", "1"), ("journal", "prove", "--entry", "a/1")], ids=" ".join)
def test_without_a_home_each_command_says_so(arguments: tuple[str, ...], nowhere: Commands, tmp_path: Path) -> None:
    """What happened, what is safe, what to do next, on stderr; nothing is made by asking."""
    ran = nowhere(*filled(arguments, tmp_path), "--json")
    assert (ran.status, ran.out) == (1, b"")
    assert ran.err.startswith("contrefeu: error: ")
    assert "(exit status 1)" in ran.err
    assert "what  There is no" in ran.err
    assert "next  " in ran.err
    assert not nowhere.home.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["nope"],
        ["find"],
        ["status", "--nope"],
        ["chart", "1", "--as", "docx"],
        ["init", "--custodians", "many"],
        ["up", "--beds", "3"],
        ["journal"],
        ["restore", "--from", "file:///x"],
        ["--lang", "de", "status"],
        [],
    ],
    ids=" ".join,
)
def test_a_bad_command_line_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """And explains itself on stderr (or, asked for nothing, with the help)."""
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out + err
    assert "Traceback" not in out + err
    assert not out or not arguments or arguments == ["journal"]


def test_what_nobody_foresaw_is_said_without_contents(cli: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """The class of the error, never its text; the traceback only with --debug; a disk's error ends with 14."""

    def fail(node: object) -> None:
        raise ValueError("MARTIN ELOÏSE")

    monkeypatch.setattr(status_command, "describe", fail)
    ran = cli("status", "--json")
    assert (ran.status, ran.out) == (1, b"")
    assert "MARTIN" not in ran.err
    assert "(ValueError)" in ran.err
    assert "safe  " in ran.err
    assert "--debug" in ran.err
    assert "Traceback" in cli("status", before=("--debug",)).err

    def full(node: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(status_command, "describe", full)
    ran = cli("status")
    assert ran.status == 14
    assert "(exit status 14)" in ran.err
    assert "No space left" in ran.err


def test_settings_that_cannot_be_name_their_key(cli: Commands) -> None:
    """An unknown key, a value out of range, no TOML: nothing starts."""
    settings = cli.home / "contrefeu.toml"
    good = settings.read_text()
    for wrong, said in (
        ("[capture]\nmlpl = 1\n", "mlpl"),
        ("[web]\nidle_minutes = 0\n", "idle_minutes"),
        ("[", "TOML"),
    ):
        settings.write_text(good + wrong)
        ran = cli("status")
        assert ran.status == 1
        assert said in ran.err


def test_the_home_is_where_one_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """--home, else CONTREFEU_HOME, else the platform's data folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_home() == tmp_path / "data" / "contrefeu"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_home() == tmp_path / ".local" / "share" / "contrefeu"
    monkeypatch.setenv("CONTREFEU_HOME", str(tmp_path / "named"))
    assert default_home() == tmp_path / "named"


@pytest.mark.req("G5")
@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "fr_BE.UTF-8"}, "fr"),
        ({"LANG": "de_DE.UTF-8"}, "fr"),
        ({"LANG": "C"}, "fr"),
        ({"LANG": ""}, "fr"),
    ],
)
def test_the_language_is_the_locales_and_french_first(
    variables: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LC_ALL before LC_MESSAGES before LANG; what is not English is French."""
    for name in ("LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert default_language() == language


def _process(cli: Commands, line: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = f"{sys.executable} -m contrefeu --home {cli.home} {line}"
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, env={**os.environ, **environment}, timeout=60, check=False
    )


def test_a_reader_that_has_had_enough_hears_no_complaint(cli: Commands, tmp_path: Path) -> None:
    """`journal show | head -1`: one line, and not a word on stderr."""
    (tmp_path / "many.txt").write_text("\n".join(f'{{"a": {n}}}' for n in range(2_000)))
    cli.told("import", tmp_path / "many.txt")
    for flag in ("", "--json"):
        done = _process(cli, f"journal show {flag} | head -c 20")
        assert (len(done.stdout), done.stderr) == (20, b"")


def test_what_a_feed_is_called_moves_no_terminal(cli: Commands, filed: File) -> None:
    """Escape sequences in names and errors are shown, not obeyed; JSON has them as JSON writes them."""
    cli("import", filed("odd.hl7", admission().replace(b"|CPAGE|", b"|CP\x1b]0;x\x07\x9b2J\x7fAGE|")))
    shown = cli("status")
    assert b"\x1b" not in shown.out and b"\x07" not in shown.out and "\x9b".encode() not in shown.out
    assert "CP\u241b]0;x\u2407" in shown.out.decode()
    assert door.worded("CARD\u202e\u2066\u2028x\u2069") == f"CARD{3 * chr(0xFFFD)}x\ufffd"
    wrong = cli("ready", "--ward", "\x1b[2J")
    assert "\u241b[2J" in wrong.err and "\x1b" not in wrong.err


def test_a_terminal_without_accents_stops_no_command(cli: Commands) -> None:
    """An old terminal's encoding: a ? where a letter is lacking, the status as ever."""
    done = _process(cli, "users list", PYTHONIOENCODING="ascii", LANG="fr_FR.UTF-8")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Administrateur" in done.stdout


def test_a_command_starts_without_what_only_some_commands_need() -> None:
    """Each command, and each part of a node, pays for what the door imports: no colours, pages, keys or charts."""
    seen = "import sys, contrefeu.cli; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, timeout=60, check=True).stdout
    heavy = {"apsw", "babel", "cryptography", "jinja2", "pikepdf", "pydantic", "rich", "starlette", "typst", "uvicorn"}
    assert heavy.intersection(loaded.split()) == set()


def test_the_program_says_which_version_it_is(cli: Commands) -> None:
    """As its package is called, in one line, with a home or without."""
    ran = cli.at(cli.home / "nowhere")("--version")
    assert (ran.status, ran.out.decode().split()) == (0, ["contrefeu", version("contrefeu")])


@pytest.mark.parametrize(
    ("typed", "what", "instead"),
    [
        (["status", "--lang", "fr"], "--lang se met avant la commande.", "contrefeu --lang fr status"),
        (["users", "--home", "a b", "list"], "--home se met avant la commande.", "contrefeu --home 'a b' users list"),
        (["status", "--debug"], "--debug se met avant la commande.", "contrefeu --debug status"),
        (["status", "--home=x", "--json"], "--home se met avant la commande.", "contrefeu --home=x status --json"),
        (["statu"], "Il n’y a pas de commande 'statu'. Vouliez-vous dire 'status', 'station' ?", "contrefeu --help"),
        (["find"], "Il manque l’argument 'query'.", "contrefeu find --help"),
        (["find", "a", "b"], "Ceci est de trop : b", "contrefeu find --help"),
        (["users", "list", "--nope"], "Il n’y a pas d’option --nope", "contrefeu users list --help"),
        (["init", "--jsn"], "Il n’y a pas d’option --jsn (options possibles : --json).", "contrefeu init --help"),
        (["--home"], "L’option '--home' demande une valeur.", "contrefeu --help"),
        (["up", "--beds", "3"], "Valeur impossible pour '--beds' : 3 n’est pas dans les limites 8<=x<=2500.", "up"),
        (["--lang", "de", "status"], "Valeur impossible pour '--lang' : 'de' n’est pas l’un de ceux-ci", "contrefeu"),
        (["restore", "--from", "file:///x"], "Il manque l’option '--shares'.", "contrefeu restore --help"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_bad_command_line_is_refused_in_the_readers_language(
    typed: list[str], what: str, instead: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong with it and what to type; an option for every command is shown where it goes."""
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert run(typed) == 2
    out, err = capsys.readouterr()
    heading, said, safe, then = err.splitlines()
    assert (out, heading) == ("", "contrefeu : erreur : command-line (code de sortie 2)")
    assert said.startswith(f"  quoi  {what}")
    assert safe == "  sûr   Rien n’a été fait."
    assert then.startswith("  puis  ") and instead in then


def test_the_language_that_is_asked_for_in_the_wrong_place_is_spoken(capsys: pytest.CaptureFixture[str]) -> None:
    """`contrefeu status --lang fr`, where the locale is English; and the English words are English."""
    for typed, said in (
        (["status", "--lang", "fr"], "--lang se met avant la commande."),
        (["status", "--lang=fr"], "--lang se met avant la commande."),
        (["status", "--lang", "en"], "--lang stands before the command."),
        (["status", "--lang"], "--lang stands before the command."),
        (["status", "--home", "x"], "--home stands before the command."),
    ):
        assert run(typed) == 2
        assert said in capsys.readouterr().err
