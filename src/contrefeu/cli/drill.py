"""`contrefeu drill`: the whole story on a simulated hospital, scored promise by promise."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from contrefeu.cli.door import Json, answer, door, finish, say, whisper


def drill(
    context: typer.Context,
    patients: Annotated[int, typer.Option(min=8, max=2500, help="Beds of the simulated hospital.")] = 24,
    attack: Annotated[
        Literal["ransomware", "worm", "insider", "wiper"], typer.Option(help="What strikes it.")
    ] = "ransomware",
    seed: Annotated[int, typer.Option(help="The same seed gives the same hospital.")] = 1,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.pdf", help="Write the record of the exercise, to sign and file.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep what the drill made in this new folder.")
    ] = None,
    json: Json = False,
) -> None:
    """Run a hospital and a node of its own, destroy both, restore the node elsewhere, and score each promise.

    Needs nothing set up and touches no home of yours. Each restored chart is compared with what the simulated
    hospital knows to be true. Exit status 10 when a promise is broken.
    """
    from contrefeu.base import OperatorError, write_file
    from contrefeu.drill import record_pdf, run_drill

    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise OperatorError(f"{keep} is not empty.", safe="Nothing was run.", next="Name a new folder with --keep.")
    language = door(context).language
    done = run_drill(patients=patients, attack=attack, seed=seed, keep=keep, language=language, progress=whisper)
    if report is not None:
        write_file(report.absolute(), record_pdf(done, language), mode=0o644)

    def for_people() -> None:
        for promise in done.promises:
            say(f"{promise.id:5}  {'held  ' if promise.held else 'BROKEN'}  {promise.promise}: {promise.measured}")
        say(f"attack {done.attack}, seed {done.seed}, {done.seconds:.1f} s")

    answer(json, done, for_people)
    finish(0 if all(promise.held for promise in done.promises) else 10)
