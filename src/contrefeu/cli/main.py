"""`contrefeu`: parse, call, print, exit status."""

import gc
import io
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from contrefeu.base import OperatorError
from contrefeu.cli import (
    aids,
    audit,
    beds,
    bench,
    capture,
    chart,
    config,
    contain,
    declare,
    doctor,
    downtime,
    drill,
    exchange,
    export,
    feeds,
    find,
    forms,
    gap,
    group,
    honey,
    imports,
    incident,
    init,
    journal,
    keys,
    kit,
    match,
    medicines,
    notices,
    pack,
    packs,
    part,
    poster,
    prepare,
    ready,
    reconcile,
    replay,
    restore,
    scan,
    station,
    status,
    stick,
    transfer,
    up,
    users,
    vault,
    vault_host,
    watch,
    withdraw,
    witness,
)
from contrefeu.cli.command_line import UsageError, language_of, refusal
from contrefeu.cli.door import (
    Door,
    Language,
    default_home,
    default_language,
    quote,
    set_up_command_logs,
    speak,
    speak_of_failure,
)

app = typer.Typer(
    name="contrefeu",
    help="Keeps a hospital caring for its patients while its IT is down, and rebuilds the records afterwards.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("init")(init.init)
app.command("up")(up.up)
app.command("import")(imports.import_)
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)
app.command("ready")(ready.ready)
journal.app.command("exchange")(exchange.exchange)
journal.app.command("witness")(witness.witness)
journal.app.command("cosign")(witness.cosign)
app.add_typer(aids.app, name="aids")
app.add_typer(journal.app, name="journal")
vault.app.command("serve")(vault_host.serve)
vault.app.command("pull")(vault_host.pull)
vault.app.command("resend")(vault_host.resend)
vault.app.add_typer(vault_host.app, name="host")
app.add_typer(vault.app, name="vault")
app.add_typer(keys.app, name="keys")
app.add_typer(station.app, name="station")
app.add_typer(stick.app, name="stick")
app.command("restore")(restore.restore)
app.command("gap")(gap.gap)
app.command("match")(match.match)
app.command("replay")(replay.replay)
app.command("reconcile")(reconcile.reconcile)
app.command("find")(find.find)
app.command("beds")(beds.beds)
app.command("chart")(chart.chart)
app.command("transfer")(transfer.transfer)
app.command("export")(export.export)
app.command("pack")(pack.pack)
app.command("forms")(forms.forms)
app.command("kit")(kit.kit)
app.command("scan")(scan.scan)
app.command("poster")(poster.poster)
app.add_typer(packs.app, name="packs")
app.add_typer(feeds.app, name="feeds")
app.add_typer(config.app, name="config")
app.add_typer(capture.app, name="capture")
app.add_typer(audit.app, name="audit")
app.add_typer(downtime.app, name="downtime")
app.add_typer(users.app, name="users")
app.add_typer(medicines.app, name="medicines")
app.add_typer(withdraw.app, name="withdraw")
app.add_typer(honey.app, name="honey")
app.add_typer(group.app, name="group")
app.add_typer(contain.app, name="contain")
app.add_typer(incident.app, name="incident")
app.command("declare")(declare.declare)
app.command("notices")(notices.notices)
app.command("watch")(watch.watch)
app.add_typer(drill.app, name="drill")
app.command("bench")(bench.bench)
app.command("prepare")(prepare.prepare)
app.command("part", hidden=True)(part.part)


def _tell_version(asked: bool) -> None:
    if asked:
        from contrefeu.exercise import this_version

        quote(f"contrefeu {this_version()}")
        raise typer.Exit


@app.callback()
def entrance(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="The node's folder.  [default: $CONTREFEU_HOME, else the data folder]")
    ] = None,
    lang: Annotated[Language | None, typer.Option(help="Language of what people read: fr or en.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks; they may name patients.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Keeps a hospital caring for its patients while its IT is down, and rebuilds the records afterwards."""
    set_up_command_logs()
    context.obj = Door((home or default_home()).absolute(), lang or default_language(), debug)
    speak(context.obj.language)


def main() -> None:
    """The command's entry point: ends the process with the exit status of docs/reference/exit-statuses.md."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no é shows a ?, and the command goes on
    status = run(sys.argv[1:])
    gc.freeze()  # nothing that ends with its process is looked through for cycles: a fifth of a short command's time
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit status."""
    typed, arguments = arguments, _spread(_spread(arguments, "--shares"), "--suspect")
    debug = "--debug" in arguments
    try:
        status = _command_line()(arguments, prog_name="contrefeu", standalone_mode=False)  # Ctrl-C: 130
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except UsageError as error:
        speak(language_of(typed))
        refused = refusal(error, typed)
        if refused is None:
            error.show()  # type: ignore[attr-defined]
            return 2
        return speak_of_failure(refused, debug=False)
    except typer.Abort:
        return speak_of_failure(_UNANSWERED, debug=debug)
    except Exception as error:
        return speak_of_failure(error, debug=debug)
    return status or 0


_UNANSWERED = OperatorError(
    "What was asked was not answered.",
    safe="Nothing was done.",
    next="Answer at a terminal; a secret or a code may come from a file: --secret-file, --code-file.",
)


@cache
def _command_line() -> Callable[..., Any]:
    """All commands, built once: a process may run many."""
    return typer.main.get_command(app).main


def _spread(arguments: list[str], option: str) -> list[str]:
    """`--shares A B C` is `--shares A --shares B --shares C`: a glob may follow the option (SURFACE)."""
    spread: list[str] = []
    listing = False
    for argument in arguments:
        if argument == option:
            listing = True
            continue
        listing = listing and not argument.startswith("-")
        spread += [option, argument] if listing else [argument]
    return spread
