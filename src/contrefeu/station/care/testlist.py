"""The laboratory's list: which tests are typed in, in which unit, with which range and critical limits (F16).

Rules kept here:
  * A wrong list names its test; nothing starts with half of one.
  * Limits are in force once a biologist has signed this very file: its SHA-256 is what they sign.
  * A value is compared with limits and changed by nothing: a comma is a point for that, "<0,5" is not compared.
"""

import re
import tomllib
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Literal

import msgspec
from msgspec import Struct, field

from contrefeu.hospital import SettingsError

_NUMBER = re.compile(r"[0-9]+([.,][0-9]+)?")
TESTS_MAX = 12  # of one panel: what fits one screen, each keyed twice

Limit = Literal["HH", "LL", ""]


class Test(Struct, frozen=True, forbid_unknown_fields=True):
    """One test."""

    code: str  # LOINC
    fr: str
    en: str
    unit: str = ""
    range: str = ""  # as it is printed
    critical_below: str = ""
    critical_above: str = ""

    def name(self, language: str) -> str:
        """Return what it is called."""
        return self.en if language == "en" else self.fr

    def beyond(self, value: str) -> Limit | None:
        """Return on which side of its limits a value is, "" for neither; None when that cannot be said."""
        if not _NUMBER.fullmatch(value):
            return None
        measured = float(value.replace(",", "."))
        if self.critical_below and measured < float(self.critical_below):
            return "LL"
        return "HH" if self.critical_above and measured > float(self.critical_above) else ""


class Panel(Struct, frozen=True, forbid_unknown_fields=True):
    """Tests that are typed in together."""

    id: str
    fr: str
    en: str
    tests: list[Test] = field(default_factory=list, name="test")

    def name(self, language: str) -> str:
        """Return what it is called."""
        return self.en if language == "en" else self.fr


class _File(Struct, forbid_unknown_fields=True):
    panels: list[Panel] = field(default_factory=list, name="panel")


class TestList(Struct, frozen=True):
    """The whole list."""

    panels: list[Panel] = []
    digest: str = ""  # SHA-256 of the file: what a biologist signs

    def panel(self, id_: str) -> Panel | None:
        """Return one panel."""
        return next((one for one in self.panels if one.id == id_), None)

    def beyond(self, code: str, unit: str, value: str) -> Limit:
        """Return on which side of the list's limits a value of a feed is; "" in another unit, or when nobody can say.

        The sender's flag stands whatever this says: the list adds a mark, and takes none away (decision 0117).
        """
        found = self.test(code)
        return (found.beyond(value) or "") if found is not None and found.unit == unit else ""

    def test(self, code: str) -> Test | None:
        """Return one test."""
        return next((test for panel in self.panels for test in panel.tests if test.code == code), None)


def parse_tests(text: str) -> TestList:
    """Return the list that a TOML file says.

    Raises:
        SettingsError: It does not.
    """
    try:
        found = msgspec.convert(tomllib.loads(text), _File)
        for panel in found.panels:
            for test in panel.tests:
                _check(test)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as wrong:
        raise _wrong(str(wrong)) from None
    long = next((panel.id for panel in found.panels if len(panel.tests) > TESTS_MAX), None)
    if long is not None:
        raise _wrong(f'panel "{long}" has more than {TESTS_MAX} tests: it does not fit a screen')
    return TestList(found.panels, sha256(text.encode()).hexdigest())


@cache
def shipped_tests() -> TestList:
    """Return the list that comes with the product."""
    return parse_tests(files("contrefeu.station.care").joinpath("tests.toml").read_text())


def _check(test: Test) -> None:
    for limit in (test.critical_below, test.critical_above):
        if limit and not _NUMBER.fullmatch(limit):
            raise ValueError(f'test "{test.code}": "{limit}" is not a limit that a value can be compared with')


def _wrong(why: str) -> SettingsError:
    return SettingsError(
        f"The laboratory's list of tests cannot be used: {why}.",
        safe="Charts and journals: nothing was changed.",
        next="Correct laboratory.toml in the home, or remove it to use the list that is shipped.",
    )
