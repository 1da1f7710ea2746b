"""What each ward needs when everything else is gone, tried ahead: its pack, its printer, somebody who may log in (G1).

    pack     made ahead: there, young, opens with the ward's password; else: one is made, opened and thrown away
    printer  the ward's queue would print now
    login    somebody enrolled, not disabled, may write on this ward

Rules kept here:
  * Nothing is printed, issued, written into the journal or sent; no password of a person is tried.
  * A ward is one where somebody lies, or that the settings name: a feed's other words for places need no pack, unless
    somebody asks for one. Settings and accounts may know a ward by any of its names (decision 0188).
  * It runs as the web process's user, which is who makes packs: what that user cannot do is found here.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from contrefeu.access import is_secret_hash
from contrefeu.base import ContrefeuError, StorageError, parse_rfc3339, rfc3339, write_file
from contrefeu.cli.accounts import known_accounts
from contrefeu.cli.node import Node
from contrefeu.cli.printing import board_of, downtime_of, issuer_of, setting_of
from contrefeu.cli.queues import printer_of
from contrefeu.cli.spool import help_of, trouble_of
from contrefeu.cli.standing import Standing, file_names, password_then, standing
from contrefeu.paper import page_opens, pdf_pages, print_pack, ward_pack

if TYPE_CHECKING:
    from contrefeu.access import Account
    from contrefeu.chart import Charts, Language, SyncChartsClient

RESULT = "ready.json"
COMMAND = ("ready",)


class Lack(Struct, frozen=True):
    """What a ward would lack."""

    code: str  # "pack-none", "pack-unread", "pack-old", "pack-gone", "pack-shut", "pack-unmade", "printer", "login"
    what: str
    next: str


class WardTest(Struct, frozen=True):
    """What was found of one ward."""

    ward: str
    at: str  # RFC 3339
    pages: int  # of the pack that was opened
    lacks: list[Lack]

    @property
    def state(self) -> str:
        """As `status` says it."""
        return "not ready" if self.lacks else "ready"


def try_wards(node: Node, language: "Language", only: frozenset[str] = frozenset()) -> list[WardTest]:
    """Try each ward, or those of *only*, and keep what was found; others' stays as it was.

    Raises:
        OperatorError: One of *only* is no ward.
    """
    from contrefeu.cli.separation import give_said

    declared = {ward.id for ward in node.settings.wards}
    accounts, packs = known_accounts(node), _packs(node)
    with node.charts() as charts:
        names = {one.id: (one.id, *one.also) for one in charts.wards()}
        asked = {board_of(charts, ward).ward for ward in only}
        needed = {one.id for one in charts.wards() if one.patients or one.id in declared}
        wards = sorted(asked or needed)
        found = [_tried(node, charts, names[ward], packs, accounts, language) for ward in wards]
    kept = [one for one in last_wardtest(node) if one.ward in needed and one.ward not in wards]
    every = sorted([*kept, *found], key=lambda one: one.ward)
    write_file(node.paths.run / RESULT, msgspec.json.encode(every), mode=0o640)  # the watch reads it
    give_said(node, RESULT)
    return found


def last_wardtest(node: Node) -> list[WardTest]:
    """What the last one found."""
    try:
        return msgspec.json.decode((node.paths.run / RESULT).read_bytes(), type=list[WardTest])
    except (OSError, msgspec.MsgspecError):
        return []


def lacking(node: Node) -> dict[str, tuple[str, ...]]:
    """Ward -> codes of what it would lack; of those that are ready nothing."""
    return {one.ward: tuple(lack.code for lack in one.lacks) for one in last_wardtest(node) if one.lacks}


def _tried(
    node: Node,
    charts: "Charts | SyncChartsClient",
    names: Sequence[str],
    packs: dict[str, Standing] | None,
    accounts: "list[Account]",
    language: "Language",
) -> WardTest:
    ward, settings = names[0], node.settings.packs
    ahead = bool(settings.folders) and (not settings.wards or not set(settings.wards).isdisjoint(names))
    pages, lacks = _standing(node, ward, packs) if ahead else _made(node, charts, ward, language)
    lacks += [*_printer(node, names), *_login(names, accounts)]
    return WardTest(ward, rfc3339(node.clock.now_ns()), pages, lacks)


def _packs(node: Node) -> dict[str, Standing] | None:
    """The last pack of each ward; None when what is known of them cannot be read."""
    try:
        return {one.ward: one for one in standing(node)}
    except StorageError:
        return None


def _standing(node: Node, ward: str, packs: dict[str, Standing] | None) -> tuple[int, list[Lack]]:
    """Of a pack that was made ahead: whether it is young, and lies whole in each of its folders."""
    if packs is None:
        what = "What is known of the packs cannot be read."
        return 0, [Lack("pack-unread", what, "contrefeu packs list says what to do.")]
    pack = packs.get(ward)
    if pack is None:
        advice = f"contrefeu packs make --ward {quote(ward)} --now says why."
        return 0, [Lack("pack-none", "No pack was made ahead.", advice)]
    lacks = []
    if pack.old:
        what = f"The pack is {pack.age_minutes} minutes old, or lies nowhere."
        lacks.append(Lack("pack-old", what, "contrefeu packs list shows where; does its feed still speak?"))
    password = password_then(node, ward, parse_rfc3339(pack.made))
    for place in pack.places:
        lack = _lies(Path(place.path), ward, pack.pages, password)
        if lack is not None:
            lacks.append(lack)
    return pack.pages, lacks


def _lies(folder: Path, ward: str, pages: int, password: str) -> Lack | None:
    """What is wrong with the two files in *folder*."""
    pdf, page = (folder / name for name in file_names(ward))
    try:
        if pdf_pages(pdf.read_bytes(), password) == pages and page_opens(page.read_bytes(), password):
            return None
    except OSError:
        advice = "Plug or mount it, then contrefeu packs make --now."
        return Lack("pack-gone", f"The pack in {folder} cannot be read.", advice)
    advice = f"contrefeu packs make --ward {quote(ward)} --now makes it anew; else look at the disk or stick."
    return Lack("pack-shut", f"The pack in {folder} does not open with the ward's password, or lacks pages.", advice)


def _made(node: Node, charts: "Charts | SyncChartsClient", ward: str, language: "Language") -> tuple[int, list[Lack]]:
    """Of a ward without packs made ahead: whether one can be made now, and opens. It is nobody's: no number is kept."""
    setting, advice = setting_of(node, language), f"contrefeu pack --ward {quote(ward)} says more."
    facility, lacks = node.settings.node.facility, charts.status().restoring
    try:
        pack, shown = ward_pack(charts.board(ward), charts.chart, setting, facility, downtime_of(node, ward), lacks)
        printed = print_pack(pack, shown, issuer_of(node, ward, rfc3339(setting.now_ns)))
    except (ContrefeuError, OSError, RuntimeError) as failed:  # the typesetter's own error is a RuntimeError
        why = failed.what if isinstance(failed, ContrefeuError) else type(failed).__name__
        return 0, [Lack("pack-unmade", f"No pack can be made: {why}", advice)]
    if pdf_pages(printed.pdf) != printed.pages:
        return 0, [Lack("pack-unmade", "A pack that was made does not open.", advice)]
    return printed.pages, []


def _printer(node: Node, names: Sequence[str]) -> Iterator[Lack]:
    queue = printer_of(node, names)
    trouble = trouble_of(queue) if queue else ""
    if trouble:
        yield Lack("printer", f"The printer {queue} {trouble}.", help_of(queue))


def _login(names: Sequence[str], accounts: "list[Account]") -> Iterator[Lack]:
    """Somebody of the ward: who serves the whole house reads there, and gives no dose."""
    here = (one for one in accounts if any(map(one.in_scope, names)))
    if not any(one.may("write") and not one.temporary and is_secret_hash(one.secret_hash) for one in here):
        advice = f"contrefeu users add LOGIN --name NAME --role nurse --ward {quote(names[0])}, or users import a list."
        yield Lack("login", "Nobody who may write on this ward is enrolled.", advice)
