"""`contrefeu stick`: a stick that turns a PC into a station of this hospital, without touching its disk (F39)."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contrefeu.cli.door import Json, answer, door, emit, finish, say, worded

if TYPE_CHECKING:
    from contrefeu.cli.stick_making import Made
    from contrefeu.proof import Verifier

app = typer.Typer(no_args_is_help=True, help="A stick that turns any PC into a station, without touching its disk.")

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The stick's folder.")]


@app.command("make")
def make(
    context: typer.Context,
    sticks: Annotated[list[Path], typer.Argument(metavar="DIR...", help="The folder of each stick, empty.")],
    bundle: Annotated[Path, typer.Option(metavar="FILE.tar.gz", help="The program, as make bundle makes it.")],
    signers: Annotated[Path, typer.Option(metavar="FILE", help="Whose signature of the bundle counts.")],
    ward: Annotated[
        list[str] | None,
        typer.Option("--ward", help="Stations of this ward (again for more): their patients, no others."),
    ] = None,
    json: Json = False,
) -> None:
    """Make crisis sticks: program, a sealed home, guides, packs, a start script, and journals.

    Each home is a new station of this hospital, joined with it and with those of the other sticks. Its code is shown
    once, as soon as the device holds the whole stick, and lies nowhere: keep it apart from its stick. Without --ward a
    station holds what this node can read.
    A stick that is lost: contrefeu station revoke, with the station's name.
    """
    from contrefeu.cli.crisis_stick import empty_folder, put_program
    from contrefeu.cli.node import Node
    from contrefeu.cli.stick_home import stations_of
    from contrefeu.cli.stick_making import finish_stick

    node = Node.at(door(context).home)
    for stick in sticks:
        empty_folder(stick)
    version = ""
    for stick in sticks:
        version = put_program(stick, bundle, signers)
    made: list[Made] = []
    try:
        with stations_of(node, sticks, ward or []) as stations:
            together = [station for _, station, _ in stations]
            for one in stations:
                made.append(finish_stick(node, *one, together))
                if not json:
                    _say_made(made[-1], version)
    finally:  # the code of a stick that is done is said, whatever becomes of the next one
        if json and made:
            emit({"version": version, "sticks": [one.told() for one in made]})
    if not json:
        say(f'Check one anywhere: contrefeu stick verify DIR --fingerprint "{made[0].fingerprint}"')


def _say_made(one: "Made", version: str) -> None:
    say(f"{one.stick}: station {one.station}, {one.patients} patients, {one.packs} packs, program {version}")
    say(f"  code  {one.code}   (shown once, on no stick and in no home: keep it apart from the stick)")
    say(f"  start it with sh start.sh; its home takes {one.home_bytes} bytes, and twice that of memory")
    say(f"  lost or stolen: contrefeu station revoke {one.station}")
    sys.stdout.flush()  # a pipe holds lines back, and the next stick takes minutes


@app.command("verify")
def verify(
    context: typer.Context,
    stick: Folder,
    fingerprint: Annotated[
        str, typer.Option(help="Of the hospital's card, on a machine that is not the one that made it.")
    ] = "",
    json: Json = False,
) -> None:
    """Check that a crisis stick is as it was made: every file, none beside, under the maker's signature.

    Journals on it are checked by whoever takes them: contrefeu journal exchange DIR.

    What Windows, macOS or Linux lay on any disk that they mount is no part of a stick, and no finding.

    Exit status: 0 whole   10 a file that was not there   12 altered, or signed by nobody known   13 a file is missing
    14 a file that the device does not give any more
    """
    from contrefeu.cli.crisis_stick import check_stick

    found = check_stick(stick, _maker(context, stick, fingerprint))
    label = found.label
    told = {
        "intact": not found.findings,
        "node": label.node if label else "",
        "station": label.station if label else "",
        "made": label.made if label else "",
        "files": found.files,
        "findings": [{"kind": one.kind, "file": one.file} for one in found.findings],
    }

    def for_people() -> None:
        if label:
            say(f"{label.facility}: station {label.station}, made by {label.node} on {label.made}")
        for one in found.findings:
            say(f"  {one.kind.upper()}: {one.file}")
        say("Do not start this stick." if found.findings else f"{found.files} files, as they were made.")

    answer(json, told, for_people)
    finish(found.exit_status)


@app.command("open")
def open_(
    stick: Folder,
    to: Annotated[Path, typer.Option(help="The home to make: in memory, not on a disk.")],
    code_file: Annotated[Path | None, typer.Option(help="Read the code there instead of asking.")] = None,
    json: Json = False,
) -> None:
    """Unpack the station's home of a crisis stick, which the code opens. `start.sh` on the stick does it."""
    from contrefeu.base import OperatorError
    from contrefeu.cli.crisis_stick import HOME
    from contrefeu.custody import open_home

    try:
        file = (stick / HOME).open("rb")
    except OSError:
        raise OperatorError(
            f"There is no crisis stick in {stick}.", safe="Nothing was made.", next="Name the stick's folder."
        ) from None
    with file:
        code = (
            code_file.read_text() if code_file else typer.prompt(worded("Code of the stick"), hide_input=True, err=True)
        )
        open_home(file, code, to.absolute())
    answer(json, {"home": str(to)}, lambda: say(f"Station ready in {to}: contrefeu --home {to} up"))


def _maker(context: typer.Context, stick: Path, fingerprint: str) -> "Verifier":
    """Whose signature counts: of the card on the stick, once its fingerprint was typed, else this node's own."""
    from contrefeu.base import OperatorError
    from contrefeu.cli.crisis_stick import CARD
    from contrefeu.cli.node import Node
    from contrefeu.cli.station import opened_card
    from contrefeu.custody import granter_of

    if fingerprint:
        return opened_card(stick / CARD, fingerprint).granter
    node = Node.at(door(context).home)
    if not node.paths.signing_seed("reader").exists():
        raise OperatorError(
            "This node never made a stick.", safe="Nothing was changed.", next="Give --fingerprint of the maker's card."
        )
    return granter_of(node.paths, node.settings.node.id).verifier
