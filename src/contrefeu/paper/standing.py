"""Standing packs: a ward's pack that is made ahead, again and again, for the day when nothing can be made any more.

Rules kept here:
  * A page that is made again keeps its number as long as its form has as many pages and the same boxes in the same
    places, for REISSUED_S: a journal does not grow by a pack each quarter of an hour, and a box never stands for two
    doses. The number is in the journal before any file has it, as for every page.
  * Nobody misses these pages: most are never printed. One that is printed and scanned is filed like any other, and
    shows that the other pages of its issue were printed too.
  * A ward's password is drawn from a secret of the node, the ward and the week. It lies beside no pack, and a new
    turn makes every one of them another (F44).
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from contrefeu.acts import Box, PagesIssued
from contrefeu.base import parse_rfc3339
from contrefeu.paper.binding import bound, laid, sections_of
from contrefeu.paper.code import issue_words
from contrefeu.paper.issue import Issuer, Whose
from contrefeu.paper.pack import Printed, WardPack

REISSUED_S = 12 * 3600  # seconds that a page keeps its number: a dose sheet is filed on its own day
WEEK_NS = 7 * 86_400 * 1_000_000_000  # how long a password holds
_DOMAIN = b"contrefeu.example/pack-password/v1\n"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another
_GROUPS, _GROUP = 4, 4  # sixteen letters of thirty-one: 79 bits


class Held(Struct, frozen=True):
    """A number that is in the journal, and what of."""

    issue: str  # 16 hex digits
    pages: int
    at: str  # RFC 3339
    boxes: str = ""  # digest of where its boxes lie and what they stand for


def print_standing(
    pack: WardPack, whose: Sequence[Whose], issuer: Issuer, held: Mapping[str, Held], now_ns: int, password: str
) -> tuple[Printed, dict[str, Held], list[PagesIssued]]:
    """Set a standing pack.

    Args:
        pack: What it shows.
        whose: Its patients, in order.
        issuer: Numbers and signs.
        held: The numbers that its last making had, by form and chart.
        now_ns: Now.
        password: Locks it.

    Returns:
        The pack; the numbers that it has; the acts that MUST be in the journal before the file is anywhere.
    """
    parts = sections_of(whose)
    keys = [f"{form} {chart.id if chart else ''}" for form, chart in parts]
    known = [_young(held.get(key), now_ns) for key in keys]
    numbers = [bytes.fromhex(one.issue) if one else issuer.number() for one in known]
    made = laid(pack, [*map(issue_words, numbers)])
    boxes = [_digest(found) for found in made.boxes]
    grown = [n for n, one in enumerate(known) if one and (one.pages, one.boxes) != (made.pages[n], boxes[n])]
    if grown:  # another count, or other boxes, is another issue: a code never says two things
        for n in grown:
            known[n], numbers[n] = None, issuer.number()
        made = laid(pack, [*map(issue_words, numbers)])
    issues = [
        issuer.issue(form, pages, chart, number, found)
        for (form, chart), pages, number, found in zip(parts, made.pages, numbers, made.boxes, strict=True)
    ]
    pdf = bound(made, [text for one in issues for text in one.texts], password)
    fresh = [
        msgspec.structs.replace(one.act, ahead=True) for one, old in zip(issues, known, strict=True) if old is None
    ]
    now_held = {
        key: old or Held(one.act.issue, one.act.pages, one.act.at, digest)
        for key, one, old, digest in zip(keys, issues, known, boxes, strict=True)
    }
    return Printed(pdf, sum(made.pages), issues), now_held, fresh


def _young(held: Held | None, now_ns: int) -> Held | None:
    return held if held and now_ns - parse_rfc3339(held.at) < REISSUED_S * 1_000_000_000 else None


def _digest(boxes: Sequence[Box]) -> str:
    return sha256(msgspec.json.encode(boxes)).hexdigest()[:16] if boxes else ""


def pack_password(secret: bytes, ward: str, now_ns: int, turn: int = 0) -> str:
    """Return the password of *ward*'s standing packs in the week of *now_ns*.

    Args:
        secret: Of the node: 32 bytes.
        ward: Which.
        now_ns: Any instant of the week.
        turn: Another one whenever all passwords are made void.
    """
    info = _DOMAIN + f"{ward}\n{now_ns // WEEK_NS}\n{turn}".encode()
    number = int.from_bytes(HKDF(SHA256(), 32, salt=None, info=info).derive(secret), "big")
    letters = ""
    for _ in range(_GROUPS * _GROUP):
        number, at = divmod(number, len(_LETTERS))
        letters += _LETTERS[at]
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))
