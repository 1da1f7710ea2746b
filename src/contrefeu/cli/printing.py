"""What the commands that print share: which ward, which words, which key, and the entries that say what was printed."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from contrefeu.acts import PagesLost, encode
from contrefeu.base import OperatorError, StorageError, rfc3339, write_file
from contrefeu.cli.node import CONSOLE, Node
from contrefeu.journal import MEDIA_ACT, Draft

if TYPE_CHECKING:
    from contrefeu.acts import Declared
    from contrefeu.chart import Board, Chart, Charts, Language, SyncChartsClient
    from contrefeu.paper import Foot, Issue, Issuer, PageKey, Printed, Setting

PASSWORD_LENGTH_MIN = 8  # characters: a shorter one is tried out in minutes on a stick that was found


def setting_of(node: Node, language: "Language") -> "Setting":
    """Words, zone and time of what is printed now."""
    from contrefeu.access import NEWS2
    from contrefeu.cli.accounts import aids_on
    from contrefeu.paper import Setting

    zone, exercise = node.settings.node.zone, node.settings.drill
    return Setting(language, zone, node.clock.now_ns(), NEWS2 in aids_on(node), exercise)


def board_of(charts: "Charts | SyncChartsClient", ward: str) -> "Board":
    """The board of *ward*.

    Raises:
        OperatorError: No feed and no setting names it.
    """
    wards = sorted(one.id for one in charts.wards())
    if ward not in {*wards, *(name for one in charts.wards() for name in one.also)}:
        raise OperatorError(
            f'There is no ward "{ward}".',
            safe="Nothing was done.",
            next=f"Name one of these: {', '.join(wards)}." if wards else "Connect a feed first: no ward is known yet.",
        )
    return charts.board(ward)


def downtime_of(node: Node, ward: str) -> "Declared | None":
    """The declaration of downtime in force on *ward*."""
    from contrefeu.cli.accounts import downtime_in, station_acts

    return downtime_in(station_acts(node), node).of(ward)


def foot_for(node: Node, charts: "Charts | SyncChartsClient", chart: "Chart", setting: "Setting") -> tuple[str, "Foot"]:
    """The ward where the patient of *chart* lies ("" for none), and what a page about the patient says of its age."""
    from contrefeu.chart import place_of
    from contrefeu.paper import foot_of

    ward = next(iter(place_of(chart, setting.now_ns)), "")
    known = ward if ward in {name for one in charts.wards() for name in (one.id, *one.also)} else ""
    board = charts.board(known) if known else charts.board()
    downtime = downtime_of(node, known) if known else None
    return known, foot_of(board, setting, node.settings.node.facility, downtime, charts.status().restoring)


def page_key_of(node: Node) -> "PageKey":
    """What signs what this node prints."""
    from contrefeu.paper import PageKey

    return PageKey(node.paths.signing_seed("station").read_bytes())


def issuer_of(node: Node, ward: str, at: str) -> "Issuer":
    """What numbers and signs pages of *ward*."""
    from contrefeu.paper import Issuer

    return Issuer(page_key_of(node), ward, at)


def issued(node: Node, user: str, issues: Sequence["Issue"]) -> None:
    """Say in the journal which pages are about to be."""
    source = f"user/{user}" if user else CONSOLE
    now_ns = node.clock.now_ns()
    with node.station_appender() as journal:
        journal.append([Draft(source, MEDIA_ACT, encode(one.act), now_ns) for one in issues])


def declare_lost(node: Node, issues: Sequence["Issue"], reason: str) -> None:
    """Say that pages that were issued are nowhere, and why: nobody will miss them (Q2)."""
    at = rfc3339(node.clock.now_ns())
    lost = [PagesLost(one.act.issue, [*range(1, one.act.pages + 1)], reason, at) for one in issues]
    node.record(*map(encode, lost))


def ready(folder: Path, *, make: bool = False) -> None:
    """See that files can be written to *folder* before anything says that they were; with *make*, make it.

    Raises:
        StorageError: They cannot.
    """
    try:
        if make:
            folder.mkdir(parents=True, exist_ok=True)
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise PermissionError
    except OSError:
        raise StorageError(
            f"Nothing can be written to {folder}.",
            safe="Nothing was made, and nothing says that pages were issued or given.",
            next="Name another place, or make the folder.",
        ) from None


def ready_for(*files: Path | None) -> None:
    """See that each of *files* that is named can be written, before pages are issued or a question is asked.

    Raises:
        StorageError: One cannot.
    """
    for file in files:
        if file is None:
            continue
        if file.is_dir():
            raise StorageError(
                f"{file} is a folder.", safe="Nothing was made, and no page was issued.", next="Name a file."
            )
        ready(file.parent)


def written(node: Node, file: Path, printed: "Printed") -> None:
    """Write what was issued; pages that reach no file are declared lost at once.

    Raises:
        StorageError: The disk refused.
    """
    try:
        write_file(file, printed.pdf)
    except OSError as failed:
        declare_lost(node, printed.issues, "the disk did not take the file")
        raise StorageError(
            f"{file} could not be written: {os.strerror(failed.errno or 0)}.",
            safe="The pages that were issued for it are declared lost; nobody will miss them.",
            next="Make room or name another place with --out, and print again.",
        ) from None


def password_in(file: Path | None) -> str:
    """The first line of *file*; "" when there is none.

    Raises:
        OperatorError: It is not there, or too short.
    """
    if file is None:
        return ""
    try:
        password = file.read_text().partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError):
        raise OperatorError(
            "The password file cannot be read.", safe="Nothing was printed.", next="Name a text file with one line."
        ) from None
    if len(password) < PASSWORD_LENGTH_MIN:
        raise OperatorError(
            f"The password has less than {PASSWORD_LENGTH_MIN} characters.",
            safe="Nothing was printed.",
            next="Write a longer one in the file.",
        )
    return password
