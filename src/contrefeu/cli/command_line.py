"""A command line that cannot be: said in the reader's language, with what to type instead.

Rules kept here:
  * The language is the one that the line asks for, wherever it stands in it: who put `--lang` in the wrong place
    is told so in that language.
  * What stands before every command (`--home`, `--lang`, `--debug`, `--version`) is refused behind one, and the line is
    given back as it should have been typed.
"""

import shlex
from collections.abc import Sequence

import typer

from contrefeu.base import ContrefeuError
from contrefeu.cli.door import Language, default_language

# What typer raises for any bad command line: it has no name of its own there.
UsageError: type[Exception] = typer.BadParameter.__bases__[0]
_BEFORE = {"--home": 1, "--lang": 1, "--debug": 0, "--version": 0}  # -> values that follow it


class CommandLineError(ContrefeuError):
    """A command, an option or a value that there is none of."""

    exit_status = 2
    kind = "command-line"


def language_of(arguments: Sequence[str]) -> Language:
    """In which language a command line wants to be answered, well formed or not."""
    asked = _taken("--lang", arguments)[0][-1:]
    for language in ("fr", "en"):
        if asked and asked[0].removeprefix("--lang=") == language:
            return language
    return default_language()


def refusal(error: Exception, arguments: Sequence[str]) -> CommandLineError | None:
    """What to say of *error*; None where it is the help itself, for who asked for nothing."""
    what = " ".join(error.format_message().split())  # type: ignore[attr-defined]
    if what.startswith("Usage: "):
        return None
    misplaced = getattr(error, "option_name", "")
    if misplaced in _BEFORE and what.startswith("No such option"):
        taken, rest = _taken(misplaced, arguments)
        return CommandLineError(
            f"{misplaced} stands before the command.",
            safe="Nothing was done.",
            next=shlex.join(["contrefeu", *taken, *rest]),
        )
    path = getattr(getattr(error, "ctx", None), "command_path", "contrefeu")
    return CommandLineError(what, safe="Nothing was done.", next=f"{path} --help")


def _taken(option: str, arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """*option* with its value, as it was typed, and the line without them."""
    for n, argument in enumerate(arguments):
        if argument == option or argument.startswith(f"{option}="):
            end = n + 1 + (_BEFORE[option] if argument == option else 0)
            return list(arguments[n:end]), [*arguments[:n], *arguments[end:]]
    return [], list(arguments)
