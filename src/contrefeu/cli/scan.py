"""`contrefeu scan`: scanned pages back to their charts, the doubtful ones to a queue, and what is still missing."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, finish, say

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.cli.taking import Given


def scan(
    context: typer.Context,
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE", help="PDF, TIFF, PNG, JPEG.")] = None,
    ward: Annotated[str, typer.Option(metavar="W", help="Missing pages of this ward alone.")] = "",
    lost: Annotated[str, typer.Option(metavar="ISSUE", help="Declare the missing pages of an issue lost.")] = "",
    reason: Annotated[str, typer.Option(help="Why they are lost.")] = "",
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Take in what was handed in, and the folders' files.")
    ] = False,
    user: Annotated[str, typer.Option(help="Who does it.  [default: console]")] = "",
    json: Json = False,
) -> None:
    """File scanned pages on the charts that they were issued for, and say which pages are still missing.

    A page whose code does not say beyond doubt where it goes is kept, and waits for a person. A page counts as filed
    once it was read back from its chart. What is filed is a picture; boxes that were ticked on it are proposed on its
    ward's page of papers, and enter no chart before somebody answers. Without FILE, the missing pages are listed.

    --waiting is what a running node does by itself: pages handed in on a ward's page, and those in the folders of
    [scan] in the settings.
    """
    from contrefeu.cli.incoming import take_waiting
    from contrefeu.cli.node import Node
    from contrefeu.cli.taking import can_read_pictures, take_all

    node = Node.at(door(context).home)
    if lost:
        _declare_lost(node, lost, reason, user)
    if files or waiting:
        can_read_pictures()
    taken, problems = take_waiting(node) if waiting else (take_all(node, _given(files or [], user)), [])
    missing = _missing(node, ward)
    told = {**asdict(taken), "missing": missing, **({"problems": problems} if waiting else {})}

    def for_people() -> None:
        say(f"{taken.pages} pages: {taken.filed} filed, {taken.queued} queued, {taken.unreadable} unreadable")
        for one in taken.queue:
            say(f"  {one['file']} {one['page']}: {one['why']} [{one['entry']}]")
        for path in problems:
            say(f"  cannot be read: {path}")
        for left in missing:
            say(f"  missing  {left.ward}  {left.issue}  {left.form}  {', '.join(map(str, left.pages))}  {left.at}")

    answer(json, told, for_people)
    finish(10 if missing or taken.queued or taken.unreadable or problems else 0)


def _given(files: list[Path], user: str) -> "Iterator[Given]":
    """All of them are there, before any is taken in."""
    from contrefeu.cli.taking import Given

    contents = [(file, _read(file, n)) for n, file in enumerate(files, 1)]
    return (Given(file.name, data, user) for file, data in contents)


def _read(file: Path, number: int) -> bytes:
    """What is in the file of this *number* among those given: its name may be a patient's."""
    from contrefeu.base import OperatorError
    from contrefeu.paper.pictures import FILE_BYTES_MAX

    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise OSError
        return file.read_bytes()
    except OSError:
        raise OperatorError(
            f"File {number} of those given cannot be read, or is too large.",
            safe="Nothing was filed.",
            next="Look at the names given.",
        ) from None


def read_pictures(files: list[Path]) -> list[str]:
    """The texts of all QR codes in *files*."""
    from contrefeu.base import OperatorError
    from contrefeu.cli.taking import can_read_pictures

    can_read_pictures()
    from contrefeu.paper.pictures import NotAPicture, pages_in, texts_on

    found: list[str] = []
    for n, file in enumerate(files, 1):
        try:
            for image in pages_in(_read(file, n)):
                found += texts_on(image)[0]
        except NotAPicture:
            raise OperatorError(
                "A file is no picture.", safe="Nothing was written.", next="Give PDF, PNG, JPEG or TIFF files."
            ) from None
    return found


def _missing(node: "Node", ward: str) -> list[Any]:
    """The pages of *ward*, which is named as feeds, people or its pages do; of every ward for "".

    Raises:
        OperatorError: There is no such ward: "none is missing" would be no answer.
    """
    from contrefeu.acts import CorrectedWards, PagesIssued
    from contrefeu.cli.accounts import station_acts
    from contrefeu.cli.printing import board_of
    from contrefeu.paper import missing_in

    acts, corrected = [*station_acts(node)], CorrectedWards()
    for act, entry in acts:
        corrected.apply(act, entry.source)
    if ward and ward not in {act.ward for act, _ in acts if isinstance(act, PagesIssued)}:
        with node.charts() as charts:
            called = [one.id for one in charts.wards() if one.name == ward]
            ward = called[0] if len(called) == 1 else board_of(charts, ward).ward
    return missing_in((act for act, _ in acts), corrected.home, ward)


def _declare_lost(node: "Node", lost: str, reason: str, user: str) -> None:
    """Say that the missing pages of an issue will not come back (Q2)."""
    from contrefeu.acts import PagesLost, encode
    from contrefeu.base import OperatorError, rfc3339
    from contrefeu.paper import issue_of_words

    found = [one for one in _missing(node, "") if one.issue == lost.strip().upper()]
    if not found or not reason.strip() or not user:
        raise OperatorError(
            "Lost pages need the number of an issue that has missing ones, --reason and --user.",
            safe="Nothing was declared.",
            next="contrefeu scan lists what is missing.",
        )
    act = PagesLost(issue_of_words(found[0].issue).hex(), found[0].pages, reason.strip(), rfc3339(node.clock.now_ns()))
    node.record_as(user, encode(act))
