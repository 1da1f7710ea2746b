"""A ward's kit: blank forms for a day, telephone numbers, who is on call, procedures, days of paper left (F21).

Rules kept here:
  * A list that is missing or old is printed as such, with room to write: a kit is never held up by a file.
  * What a file says is printed as it says it; a file's own day stands beside it.
  * How long a stock lasts is reckoned from what this kit holds, and the page says by what.
"""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from math import ceil
from typing import Any

import msgspec
import pikepdf
from msgspec import Struct

from contrefeu.base import rfc3339
from contrefeu.paper.forms import COPIES_MAX, print_form
from contrefeu.paper.issue import Issuer
from contrefeu.paper.layouts import LAYOUTS
from contrefeu.paper.pack import Foot, Printed
from contrefeu.paper.setting import Setting
from contrefeu.paper.typeset import typeset

PACK_SHEETS = 3  # of a patient in the ward's pack, printed once a day: a page or two, and a dose sheet
LABELS = 8  # for specimens and papers of a patient in a day
STOCK_DAYS_MAX = 31  # a count is asked again after a month
LINES_MAX = 400  # of one list: eight pages; a longer one is no list to look into at night

# Form -> sheets in a day for each bed, and for the ward: an estimate, which a ward mends by printing more of one.
DAY: dict[str, tuple[float, int]] = {
    "admission": (0.25, 1),
    "dose-sheet": (1, 1),
    "vital-signs": (1, 1),
    "prescription": (1, 1),
    "laboratory-request": (1, 1),
    "imaging-request": (0.25, 1),
    "result": (1, 1),
    "note": (1.5, 1),
    "hand-over": (1, 0),
    "transfer": (0.1, 1),
    "transfer-consent": (0.1, 1),
    "discharge-letter": (0.2, 0),
    "death": (0, 1),
    "theatre-list": (0, 1),
    "blood-products": (0.1, 1),
    "controlled-drugs": (0, 3),
}


class Listing(Struct, frozen=True):
    """One list, as a file has it."""

    title: str
    day: str = ""  # of the file, "2026-11-20"; "" when there is none
    days_max: int = 0  # after which it is old
    lines: Sequence[str] = ()


class Stock(Struct, frozen=True):
    """What was counted, and when."""

    counted: str  # "2026-11-20"
    sheets: int
    toner_pages: int
    labels: int


class Kit(Struct, frozen=True):
    """What a kit is made of."""

    beds: int
    lists: Sequence[Listing]
    documents: Sequence[bytes]  # PDF, put in as they are
    stock: Stock | None


class Lasts(Struct, frozen=True):
    """For how many days each thing lasts; None when it was not counted."""

    sheets: float | None = None
    toner_pages: float | None = None
    labels: float | None = None


def blanks_for(beds: int) -> dict[str, int]:
    """Return how many sheets of each form a ward of *beds* beds fills in within 24 hours."""
    return {form: ceil(beds * each) + of_ward for form, (each, of_ward) in DAY.items()}


def lasts(kit: Kit) -> Lasts:
    """Return for how many days what was counted is enough."""
    if kit.stock is None:
        return Lasts()
    sheets = sum(blanks_for(kit.beds).values()) + PACK_SHEETS * kit.beds
    found = ((kit.stock.sheets, sheets), (kit.stock.toner_pages, sheets), (kit.stock.labels, LABELS * kit.beds))
    return Lasts(*(round(there / a_day, 1) for there, a_day in found))


def print_kit(kit: Kit, foot: Foot, setting: Setting, issuer: Issuer) -> Printed:
    """Set a kit: what it holds, its lists, the documents, the blank forms."""
    assert kit.beds >= 1
    first = typeset("kit.typ", _values(kit, foot, setting), tagged=False).pdf
    printed = [
        print_form(form, [None] * min(COPIES_MAX, left), foot, setting, issuer, tagged=False)
        for form, count in blanks_for(kit.beds).items()
        for left in range(count, 0, -COPIES_MAX)
    ]
    out = BytesIO()
    with pikepdf.new() as document:
        for part in (first, *kit.documents, *(one.pdf for one in printed)):
            with pikepdf.open(BytesIO(part)) as opened:
                document.pages.extend(opened.pages)
        pages = len(document.pages)
        document.save(out)
    return Printed(out.getvalue(), pages, [issue for one in printed for issue in one.issues])


def _values(kit: Kit, foot: Foot, setting: Setting) -> dict[str, Any]:
    at = 0 if setting.language == "fr" else 1
    names = ("kit", "kit how", "kit forms", "kit sheets", "kit stock", "kit write")
    return {
        "lang": setting.language,
        "title": f"{setting.say('kit')} · {foot.ward}",
        "words": {name: setting.say(name) for name in names},
        "foot": msgspec.to_builtins(foot),
        "printed": f"{setting.say('printed')} {setting.at(rfc3339(setting.now_ns))}",
        "beds": setting.say("kit beds", count=str(kit.beds)),
        "forms": [[LAYOUTS[form].title[at], str(count)] for form, count in blanks_for(kit.beds).items()],
        "stock": _stock_lines(kit, setting),
        "lists": [_list_values(one, setting) for one in kit.lists],
    }


def _stock_lines(kit: Kit, setting: Setting) -> list[dict[str, Any]]:
    """One line for paper, toner and labels: days left, or to be counted."""
    left = msgspec.structs.asdict(lasts(kit))
    lines = [
        {"what": setting.say(f"kit {name}"), "text": _days(days, setting), "red": days is None or days < 1}
        for name, days in left.items()
    ]
    if kit.stock is not None:
        old = _age(kit.stock.counted, setting) > STOCK_DAYS_MAX
        text = setting.at(kit.stock.counted) + (f" · {setting.say('kit old')}" if old else "")
        lines.append({"what": setting.say("kit counted"), "text": text, "red": old})
    return lines


def _days(days: float | None, setting: Setting) -> str:
    if days is None:
        return setting.say("kit uncounted")
    number = f"{days:.1f}".replace(".", "," if setting.language == "fr" else ".")
    return setting.say("kit days", count=number)


def _list_values(one: Listing, setting: Setting) -> dict[str, Any]:
    old = bool(one.day) and _age(one.day, setting) > one.days_max
    said = f"{setting.say('kit file of')} {setting.at(one.day)}" if one.day else setting.say("kit no file")
    rows = [_row(line) for line in one.lines[:LINES_MAX]]
    left = len(one.lines) - len(rows)
    return {
        "title": one.title,
        "said": said + (f" · {setting.say('kit old')}" if old else ""),
        "red": old or not one.day,
        "rows": rows,
        "left": setting.say("kit more", count=str(left)) if left else "",
    }


def _row(line: str) -> dict[str, Any]:
    """A line of a list: a heading, or its columns."""
    if line.startswith("#"):
        return {"heading": line.lstrip("# "), "cells": []}
    cells = [cell.strip() for cell in line.replace("\t", ";").split(";")]
    return {"heading": "", "cells": cells}


def _age(day: str, setting: Setting) -> int:
    """How many days ago that was."""
    return int(setting.now_ns // (86_400 * 1_000_000_000)) - (date.fromisoformat(day) - date(1970, 1, 1)).days
