"""What the commands that print share: which ward, which words, which key, and the entries that say what was printed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from contrefeu.base import OperatorError
from contrefeu.cli.node import CONSOLE, Node
from contrefeu.journal import MEDIA_ACT, Draft

if TYPE_CHECKING:
    from contrefeu.access import Declared
    from contrefeu.chart import Board, Chart, Charts, Language, SyncChartsClient
    from contrefeu.paper import Foot, Issue, Issuer, PageKey, Setting

PASSWORD_LENGTH_MIN = 8  # characters: a shorter one is tried out in minutes on a stick that was found


def setting_of(node: Node, language: "Language") -> "Setting":
    """Words, zone and time of what is printed now."""
    from contrefeu.paper import Setting

    return Setting(language, node.settings.node.zone, node.clock.now_ns())


def board_of(charts: "Charts | SyncChartsClient", ward: str) -> "Board":
    """The board of *ward*.

    Raises:
        OperatorError: No feed and no setting names it.
    """
    wards = sorted(one.id for one in charts.wards())
    if ward not in wards:
        raise OperatorError(
            f'There is no ward "{ward}".',
            safe="Nothing was printed.",
            next=f"Name one of these: {', '.join(wards)}." if wards else "Connect a feed first: no ward is known yet.",
        )
    return charts.board(ward)


def downtime_of(node: Node, ward: str) -> "Declared | None":
    """The declaration of downtime in force on *ward*."""
    from contrefeu.access import Downtime
    from contrefeu.cli.accounts import station_acts

    downtime = Downtime()
    for act, entry in station_acts(node):
        downtime.apply(act, entry.source)
    return downtime.of(ward)


def foot_for(node: Node, charts: "Charts | SyncChartsClient", chart: "Chart", setting: "Setting") -> tuple[str, "Foot"]:
    """The ward where the patient of *chart* lies ("" for none), and what a page about the patient says of its age."""
    from contrefeu.chart import place_of
    from contrefeu.paper import foot_of

    ward = next(iter(place_of(chart, setting.now_ns)), "")
    known = ward if ward in {one.id for one in charts.wards()} else ""
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
    from contrefeu.acts import encode

    source = f"user/{user}" if user else CONSOLE
    now_ns = node.clock.now_ns()
    with node.station_appender() as journal:
        journal.append([Draft(source, MEDIA_ACT, encode(one.act), now_ns) for one in issues])


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
