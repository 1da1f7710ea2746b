"""`contrefeu drill`: the whole story on a simulated hospital, scored promise by promise."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from contrefeu.cli.door import Json, answer, finish, say, whisper


def drill(
    patients: Annotated[int, typer.Option(min=4, max=2500, help="Beds of the simulated hospital.")] = 24,
    attack: Annotated[
        Literal["ransomware", "worm", "insider", "wiper"], typer.Option(help="What strikes it.")
    ] = "ransomware",
    seed: Annotated[int, typer.Option(help="The same seed gives the same hospital.")] = 1,
    keep: Annotated[Path | None, typer.Option(help="Keep what the drill made in this folder.")] = None,
    json: Json = False,
) -> None:
    """Run a hospital, destroy its record system and this node's home, restore, and score each promise.

    Needs nothing set up and touches no home of yours. Each restored chart is compared with what the simulated
    hospital knows to be true. Exit status 10 when a promise is broken.
    """
    from contrefeu.drill import run_drill

    report = run_drill(patients=patients, attack=attack, seed=seed, keep=keep, progress=whisper)

    def for_people() -> None:
        for promise in report.promises:
            say(f"{promise.id}  {'held  ' if promise.held else 'BROKEN'}  {promise.promise}: {promise.measured}")
        say(f"seed {report.seed}, {report.seconds:.1f} s")

    answer(json, report, for_people)
    finish(0 if all(promise.held for promise in report.promises) else 10)
