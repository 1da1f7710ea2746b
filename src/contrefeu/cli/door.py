"""What every command shares: the home it works on, how it answers, how it fails (docs/reference/commands.md).

Rules kept here:
  * With `--json` stdout holds one JSON object and nothing else; people's words, bars and logs go to stderr.
  * An error answers what, what is safe and what next; no traceback without `--debug`.
  * People are spoken to in their language, by the locale or `--lang`; JSON, ids and commands are the same in both.
  * Of several findings the gravest gives the exit status: 12 before 13 before 10.
"""

import logging
import os
import sys
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import structlog
import typer

from contrefeu.base import ContrefeuError, ReportWords, redact

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Language = Literal["fr", "en"]


@dataclass(frozen=True, slots=True)
class Door:
    """What the words before the command said."""

    home: Path
    language: Language
    debug: bool


def door(context: typer.Context) -> Door:
    """The door that this command came through."""
    found = context.find_root().obj
    assert isinstance(found, Door)
    return found


def default_home() -> Path:
    """Where a home is when nobody says: the platform's data folder."""
    named = os.environ.get("CONTREFEU_HOME")
    if named:
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "contrefeu"


def default_language() -> Language:
    """The language of the locale (POSIX.1, 8.2); French first."""
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if named.lower().startswith("en") else "fr"


_SPOKEN: ContextVar[Language] = ContextVar("spoken", default="en")
# Control characters but tab and line end, each as its picture: a name of a feed's choosing moves no terminal. Nor does
# it end a line, or have what follows it read backwards (Unicode, annex 9): U+2028 to 202E, U+2066 to 2069.
_PICTURES = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n"}
_PICTURES |= {127: "\u2421"} | dict.fromkeys(
    (*range(128, 160), *range(0x2028, 0x202F), *range(0x2066, 0x206A)), "\ufffd"
)
_REPORT_FR = ReportWords("contrefeu : erreur : {} (code de sortie {})", "quoi", "sûr ", "puis")


def speak(language: Language) -> None:
    """Say what follows in *language*: a command's lines and errors are made in English, and put in French here."""
    _SPOKEN.set(language)


def spoken() -> Language:
    """In which language people are spoken to."""
    return _SPOKEN.get()


def worded(text: str) -> str:
    """Return *text* as people read it, in their language."""
    if _SPOKEN.get() != "en":
        from contrefeu.cli.spoken_fr import in_french

        text = in_french(text)
    return text.translate(_PICTURES)


def say(text: str = "") -> None:
    """A line for people, on stdout."""
    sys.stdout.write(f"{worded(text)}\n")


def quote(text: str) -> None:
    """A line of somebody else's words (a name, an allergy, a draft): said as it is, never put in another language."""
    sys.stdout.write(f"{text.translate(_PICTURES)}\n")


def whisper(text: str) -> None:
    """A line for people, beside the answer: on stderr."""
    sys.stderr.write(f"{worded(text)}\n")


def warn_of_restoring(lacks: Any, language: Language, zone: str) -> None:
    """Say on stderr what charts lack while their history is being restored (chart.Restoring); nothing for None."""
    if lacks is not None:
        from contrefeu.chart import restoring_text

        whisper(restoring_text(lacks, language, zone))


def answer(as_json: bool, value: Any, for_people: Callable[[], None]) -> None:
    """Give *value* as JSON, or say it *for_people*."""
    if as_json:
        emit(value)
    else:
        for_people()


def emit(value: Any) -> None:
    """One JSON object on a line of its own, at once."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()


def finish(status: int) -> None:
    """End the command with *status*."""
    if status:
        raise typer.Exit(status)


def speak_of_failure(error: BaseException, *, debug: bool) -> int:
    """Say what went wrong on stderr; returns the exit status."""
    if debug:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, ContrefeuError):
        sys.stderr.write(f"{_report(error)}\n")
        return error.exit_status
    # An exception's text may quote what it choked on: its class is all that is said of it.
    storage = isinstance(error, OSError)
    what = f"{type(error).__name__}: {error.strerror}" if isinstance(error, OSError) else type(error).__name__
    report = ContrefeuError(
        f"The command stopped on something it did not foresee ({what}).",
        safe="Every entry that was confirmed before.",
        next="Run it again with --debug and report what it prints (it may name patients: look before you send).",
    )
    status = 14 if storage else 1
    sys.stderr.write(f"{_report(report).replace(' 1)', f' {status})', 1)}\n")
    return status


def _report(error: ContrefeuError) -> str:
    return error.report(_REPORT_FR if _SPOKEN.get() == "fr" else None, worded)


def set_up_command_logs() -> None:
    """A command's logs are lines on stderr, redacted: stdout is for its answer."""
    structlog.configure(
        processors=[structlog.processors.add_log_level, redact, _in_words, structlog.dev.ConsoleRenderer(colors=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,  # a part of a node sets up others
    )


def _in_words(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What a command logs is read by whoever typed it: in their language where it has a row."""
    return {**event, "event": worded(str(event["event"]))}


def set_up_logs(process: str) -> None:
    """Logs are JSON lines on stderr, redacted."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,  # what stands on stderr may be replaced
    )
    structlog.contextvars.bind_contextvars(process=process)
