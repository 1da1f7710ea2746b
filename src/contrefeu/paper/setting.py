"""In which words and at what time pages are made, and the lines that they are made of."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

from msgspec import Struct

from contrefeu.chart import Language, instant, moment
from contrefeu.chart.sheet import Sheet
from contrefeu.paper.words import say

YEARLESS_DAYS = 180  # days for which a date without its year cannot be taken for last year's
FEEDS_MAX = 3  # feeds that a heading names, the latest first


class Setting(Struct, frozen=True):
    """In which words and at what time pages are made."""

    language: Language
    zone: str
    now_ns: int
    news2: bool = False  # whether the clinical safety officer turned NEWS2 on (F8)
    exercise: bool = False  # whether all that this node prints is an exercise's, blank forms too

    def at(self, text: str) -> str:
        """A FHIR date or dateTime as people write it."""
        return _moment(text, self.language, self.zone) if text else ""

    def short(self, text: str) -> str:
        """The same, without its year when it is a time of these months."""
        near = abs(self.now_ns - instant(text)) < YEARLESS_DAYS * 86_400 * 1_000_000_000
        return shortened(self.at(text)) if near else self.at(text)

    def say(self, name: str, **values: str) -> str:
        """The words *name*."""
        return say(name, self.language, **values)


def shortened(moment_words: str) -> str:
    """Return what `moment` says without the year.

    >>> shortened("25/11/2026 08:12"), shortened("25 Nov 2026 08:12"), shortened("25/11/2026")
    ('25/11 08:12', '25 Nov 08:12', '25/11')
    """
    return _YEAR.sub("", moment_words)


# Results of one round, doses of one hour say the same minute again and again: the latest thousands are a ward's.
_moment = lru_cache(8192)(moment)

_YEAR = re.compile(r"(?<=[0-9]{2})/[0-9]{4}(?= |$)|(?<=[A-Za-z]{3}) [0-9]{4}(?= |$)")


class Line(Struct, frozen=True):
    """One line of a block."""

    text: str
    struck: bool = False


class Block(Struct, frozen=True):
    """A heading, who spoke of it when, and what was said."""

    title: str
    said: str
    lines: list[Line]


def within(texts: Sequence[str], letters: int) -> Sequence[str]:
    """Return the first of *texts*, one at least, that have at most *letters* together: the others are to be counted."""
    ends = accumulate(map(len, texts))
    return texts[: max(1, sum(end <= letters for end in ends))]


def heard_words(sheet: Sheet, setting: Setting, *blocks: str) -> str:
    """Return which feeds spoke of *blocks* and when each spoke last (F1)."""
    found = sheet.heard(*blocks)
    if not found:
        return setting.say("no source")
    said = [f"{one.source} {setting.short(one.when)}" for one in found[:FEEDS_MAX]]
    left = [f"+\u00a0{len(found) - FEEDS_MAX}"] if len(found) > FEEDS_MAX else []
    return f"{setting.say('last word')} " + ", ".join([*said, *left])
