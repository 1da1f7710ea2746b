"""`contrefeu drill`: the whole story on a simulated hospital, scored promise by promise; and exercises with people."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from contrefeu.cli.door import Json, answer, door, finish, say, whisper

if TYPE_CHECKING:
    from contrefeu.exercise import Record
    from contrefeu.proof import Signer

app = typer.Typer(invoke_without_command=True)

Attack = Literal["ransomware", "worm", "insider", "wiper"]
Report = Annotated[
    Path | None, typer.Option(metavar="FILE.pdf", help="Write the record of the exercise, to sign and file.")
]
RecordFile = Annotated[
    Path | None, typer.Option("--record", metavar="FILE.json", help="The same as a signed file, for an auditor.")
]
LedBy = Annotated[str, typer.Option(help="Who leads the exercise, on its record.")]
Scenario = Annotated[str, typer.Option(metavar="NAME|FILE", help="A scenario that comes along, or a file of yours.")]
PATIENTS, ATTACK, SEED = 24, "ransomware", 1


@app.callback()
def drill(
    context: typer.Context,
    patients: Annotated[
        int | None, typer.Option(min=8, max=2500, help=f"Beds of the simulated hospital.  [default: {PATIENTS}]")
    ] = None,
    attack: Annotated[Attack | None, typer.Option(help=f"What strikes it.  [default: {ATTACK}]")] = None,
    seed: Annotated[int | None, typer.Option(help=f"The same seed gives the same hospital.  [default: {SEED}]")] = None,
    scenario: Scenario = "",
    report: Report = None,
    record: RecordFile = None,
    led_by: LedBy = "",
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep what the drill made in this new folder.")
    ] = None,
    json: Json = False,
) -> None:
    """Run a hospital and a node of its own, destroy both, restore the node elsewhere, and score each promise.

    Needs nothing set up and touches no home of yours. Each restored chart is compared with what the simulated
    hospital knows to be true. A scenario brings its attack, beds and seed. Exit status 10 when a promise is broken.
    """
    if context.invoked_subcommand is not None:
        return
    from contrefeu.base import OperatorError
    from contrefeu.drill import record_of, run_drill
    from contrefeu.exercise import digest_of, parse_script, script_text

    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise OperatorError(f"{keep} is not empty.", safe="Nothing was run.", next="Name a new folder with --keep.")
    language = door(context).language
    beds, strikes, grows, named = patients or PATIENTS, attack or ATTACK, SEED if seed is None else seed, ("", "", "")
    if scenario:
        text = script_text(scenario)
        script = parse_script(text, scenario)
        beds, strikes = patients or script.beds, attack or script.attack
        grows, named = script.seed if seed is None else seed, (script.id, digest_of(text), script.title.of(language))
    story = run_drill(patients=beds, attack=strikes, seed=grows, keep=keep, language=language, progress=whisper)
    done = story.report
    file_record(record_of(story, language, named, led_by), story.signer, report, record)

    def for_people() -> None:
        for promise in done.promises:
            say(f"{promise.id:5}  {'held  ' if promise.held else 'BROKEN'}  {promise.promise}: {promise.measured}")
        say(f"attack {done.attack}, seed {done.seed}, {done.seconds:.1f} s")

    answer(json, done, for_people)
    finish(0 if all(promise.held for promise in done.promises) else 10)


@app.command("ward")
def ward(
    context: typer.Context,
    scenario: Scenario = "ward",
    to: Annotated[
        Path, typer.Option(metavar="DIR", help="A new folder for all of it: sheets, pack, home, record.")
    ] = Path("exercise"),
    web: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where the ward app is.")] = "127.0.0.1:8543",
    insecure_http: Annotated[
        bool, typer.Option("--insecure-http", help="No TLS: for a trial on this machine alone.")
    ] = False,
    led_by: LedBy = "",
    speed: Annotated[float, typer.Option(min=0.1, max=600, help="Minutes of the exercise in a minute.")] = 1.0,
    json: Json = False,
) -> None:
    """Drill one ward with its people, in the time of its scenario, and score it from the journal.

    Makes a home of its own with invented patients, prints a sheet for each role and the ward's pack, and waits for
    Enter. Then the time line runs: each role is told on the page Exercise what happens. Ctrl-C ends it early. The
    record is signed and written as report.pdf and record.json. Exit status 10 when a promise is broken.
    """
    from contrefeu.cli.exercising import WardExercise
    from contrefeu.exercise import parse_script, script_text

    text = script_text(scenario)
    script = parse_script(text, scenario)
    language = door(context).language
    with WardExercise(to.absolute(), script, text, language, whisper) as exercise:
        exercise.prepare(web, insecure=insecure_http)
        exercise.tell_leader()
        if not json:
            wait_for_leader()
        exercise.play(speed, led_by)
        made = exercise.record(speed, led_by)
        signer = exercise.signer()
    file_record(made, signer, to / "report.pdf", to / "record.json")

    def for_people() -> None:
        say_promises(made)
        say(f"{to / 'report.pdf'}  {to / 'record.json'}")

    told = {"promises": promises_of(made), "seconds": seconds_of(made), "seed": made.seed, "folder": str(to)}
    answer(json, told, for_people)
    finish(0 if made.held else 10)


@app.command("sheets")
def sheets(
    context: typer.Context,
    scenario: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A scenario that comes along, or a file.")],
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where to.")] = Path("sheets"),
    json: Json = False,
) -> None:
    """Check a scenario and print its sheets: one a role, and the whole time line for who leads it."""
    from contrefeu.cli.exercising import write_sheets
    from contrefeu.exercise import digest_of, parse_script, script_text

    text = script_text(scenario)
    script = parse_script(text, scenario)
    made = write_sheets(script, to, door(context).language, {})
    told = {"scenario": script.id, "sha256": digest_of(text), "sheets": [str(path) for path in made]}

    def for_people() -> None:
        say(f"{script.id}: {len(script.injects)} injects, {script.minutes:g} min, {', '.join(script.roles)}")
        for path in made:
            say(f"  {path}")

    answer(json, told, for_people)


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="A record.")],
    key: Annotated[str, typer.Option(metavar="KEY", help="The key on the paper report.  [default: the record's]")] = "",
    json: Json = False,
) -> None:
    """Check that the record of a drill is the one that was signed, and say what it says.

    Needs no home and no secret. The key printed on the paper report says whose record it is: give it with --key.
    """
    from contrefeu.base import OperatorError
    from contrefeu.exercise import open_record

    try:
        data = file.read_bytes()
    except OSError:
        raise OperatorError(f"There is no {file}.", next="contrefeu drill --record FILE.json writes one.") from None
    record, signed_by, digest = open_record(data, key)
    told = {
        "intact": True,
        "held": record.held,
        "sha256": digest,
        "key": str(signed_by),
        "key_given": bool(key),
        "promises": promises_of(record),
        "began": record.began,
        "ended": record.ended,
    }

    def for_people() -> None:
        say(f"{record.title}: {record.attack}, {record.began} to {record.ended}, Contrefeu {record.version}")
        say_promises(record)
        say(f"SHA-256  {digest}")
        say(f"signed by  {signed_by}" + ("" if key else "  (the record's own word: compare with the paper)"))

    answer(json, told, for_people)


def file_record(record: "Record", signer: "Signer", report: Path | None, file: Path | None) -> None:
    """Write a record on paper and as a signed file, where they are wanted."""
    from contrefeu.base import write_file
    from contrefeu.exercise import digest_of_record, report_pdf, signed

    if report is not None:
        pdf = report_pdf(record, digest_of_record(record), str(signer.verifier))
        write_file(report.absolute(), pdf, mode=0o644)
    if file is not None:
        write_file(file.absolute(), signed(record, signer), mode=0o644)


def wait_for_leader() -> None:
    """Wait for Enter, where somebody can press it."""
    import sys

    if sys.stdin.isatty():
        whisper("Enter: begin (minute 0)")
        sys.stdin.readline()


def promises_of(record: "Record") -> list[dict[str, Any]]:
    """A record's promises as --json gives them."""
    return [
        {"id": one.id, "promise": one.promise, "held": one.held, "measured": one.measured, "threshold": one.threshold}
        for one in record.promises
    ]


def say_promises(record: "Record") -> None:
    """A record's promises, a line each."""
    for one in record.promises:
        say(f"{one.id:5}  {'held  ' if one.held else 'BROKEN'}  {one.promise}: {one.measured} ({one.threshold})")


def seconds_of(record: "Record") -> float:
    """How long it took."""
    from contrefeu.base import parse_rfc3339

    return (parse_rfc3339(record.ended) - parse_rfc3339(record.began)) / 1_000_000_000
