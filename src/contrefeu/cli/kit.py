"""`contrefeu kit`: blank forms for a day, telephone numbers, who is on call, procedures, days of paper left."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contrefeu.cli.door import Json, answer, door, finish, say

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.paper import Kit, Listing, Setting

FILE_BYTES_MAX = 20 * 2**20  # of a list or a procedure: more is a book
DOCUMENT_PAGES_MAX = 40  # of one procedure: what is longer is not read in an outage
DIRECTORY_DAYS_MAX = 180  # a telephone directory that nobody looked at in half a year is to be confirmed
ON_CALL_DAYS_MAX = 7  # who is on call changes each week
PROCEDURE_DAYS_MAX = 730  # as hospitals review theirs


def kit(
    context: typer.Context,
    ward: Annotated[str, typer.Option(metavar="W", help="Which ward, by its id.")],
    out: Annotated[Path | None, typer.Option(help="The file.")] = None,
    printer: Annotated[str, typer.Option(metavar="QUEUE", help="A CUPS queue, instead of a file.")] = "",
    beds: Annotated[int, typer.Option(min=0, max=500, help="For how many.  [default: those of the ward]")] = 0,
    user: Annotated[str, typer.Option(help="Who prints, for the audit.  [default: console]")] = "",
    json: Json = False,
) -> None:
    """Print a ward's kit: what to work on paper with for 24 hours, made ahead and kept with the pens.

    Blank forms for each bed, each with a code of its own; the telephone directory, who is on call and the ward's
    procedures, from the files that [kit] of the settings names; for how many days paper, toner and labels last, from
    what was counted. A list that is not there is printed with room to write, said here, and the command ends with 10.
    """
    from contrefeu.base import rfc3339
    from contrefeu.cli.node import Node
    from contrefeu.cli.outlet import Outlet
    from contrefeu.cli.printing import board_of, issued, issuer_of, setting_of
    from contrefeu.paper import blank_foot, blanks_for, lasts, print_kit

    outlet = Outlet.of(out, printer)
    entrance = door(context)
    node = Node.at(entrance.home)
    setting = setting_of(node, entrance.language)
    with node.charts() as charts:
        board = board_of(charts, ward)
    problems: list[str] = []
    made = _kit(node, ward, beds or max(1, len(board.rows) + len(board.free_beds)), setting, problems)
    foot = blank_foot(node.settings.node.facility, board.name or ward, setting)
    printed = print_kit(made, foot, setting, issuer_of(node, ward, rfc3339(setting.now_ns)))
    node.audit("print", user=user, what=f"kit {ward}")
    issued(node, user, printed.issues)
    outlet.put(node, f"kit {ward}", printed)
    told = {
        **outlet.told,
        "pages": printed.pages,
        "issues": [one.number for one in printed.issues],
        "beds": made.beds,
        "forms": blanks_for(made.beds),
        "days": lasts(made),
        "problems": problems,
    }

    def for_people() -> None:
        say(f"{outlet}: {printed.pages} pages, for {made.beds} beds and 24 hours")
        for problem in problems:
            say(f"  {problem}")

    answer(json, told, for_people)
    finish(10 if problems else 0)


def _kit(node: "Node", ward: str, beds: int, setting: "Setting", problems: list[str]) -> "Kit":
    """What the settings name, as it is there; *problems* takes what is not."""
    from contrefeu.paper import Kit, Stock

    said = node.settings.kit
    lists = [
        _list(setting.say("kit directory"), said.directory, DIRECTORY_DAYS_MAX, problems),
        _list(setting.say("kit on-call"), said.on_call, ON_CALL_DAYS_MAX, problems),
    ]
    documents = []
    for named in said.procedures:
        file = named.replace("{ward}", ward.replace("/", "-"))
        if file.lower().endswith(".pdf"):
            documents += _document(file, problems)
        else:
            title = f"{setting.say('kit procedures')} · {Path(file).stem}"
            lists.append(_list(title, file, PROCEDURE_DAYS_MAX, problems))
    counted = next((one for one in said.stock if one.ward == ward), None)
    if counted is None:
        problems.append(f"nobody counted paper, toner and labels of {ward}: [[kit.stock]]")
    stock = Stock(counted.counted, counted.sheets, counted.toner_pages, counted.labels) if counted else None
    return Kit(beds, lists, documents, stock)


def _list(title: str, file: str, days_max: int, problems: list[str]) -> "Listing":
    """A text file, line by line."""
    from contrefeu.paper import Listing

    if not file:
        problems.append(f"{title}: [kit] of the settings names no file")
        return Listing(title)
    try:
        text = _read(file).decode("utf-8-sig")
    except (OSError, ValueError):
        problems.append(f"{title}: {file} is not there, or no text of letters (UTF-8)")
        return Listing(title)
    return Listing(title, _day(file), days_max, [line.strip() for line in text.splitlines() if line.strip()])


def _document(file: str, problems: list[str]) -> list[bytes]:
    """A PDF, if it opens without a password and is no book."""
    from io import BytesIO

    import pikepdf

    try:
        data = _read(file)
        with pikepdf.open(BytesIO(data)) as opened:
            if 0 < len(opened.pages) <= DOCUMENT_PAGES_MAX:
                return [data]
        problems.append(f"{file} has more than {DOCUMENT_PAGES_MAX} pages, and is left out")
    except (OSError, ValueError, pikepdf.PdfError, pikepdf.PasswordError):
        problems.append(f"{file} is not there, or does not open as a PDF, and is left out")
    return []


def _read(file: str) -> bytes:
    path = Path(file)
    if path.stat().st_size > FILE_BYTES_MAX:
        raise ValueError("too large")
    return path.read_bytes()


def _day(file: str) -> str:
    """The day on which a file was written last."""
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(Path(file).stat().st_mtime, UTC):%Y-%m-%d}"
