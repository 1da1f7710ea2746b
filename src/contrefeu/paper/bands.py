"""Wristbands and labels: who somebody is, in words that are read at arm's length and in bars that are scanned.

Rules kept here:
  * Birth name first, first given name, birth date, sex; the used name second (F25). Allergies are for the chart: a band
    that outlives a correction would lie.
  * The bars say the number that stands beside them, of the house, and nothing else; without one there are no bars.
  * A sheet says when what is left of it is destroyed (G4): on a specimen, that is said of the label alone.
  * A label of a specimen has that number in bars, plain, and no other: analysers read what they find. One that the
    laboratory does not know says so.
  * A band says who printed it and when: one that is still in an old name is found by its issue.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from contrefeu.base import rfc3339
from contrefeu.chart import Chart
from contrefeu.chart.sheet import Sheet, person_of
from contrefeu.paper.code import issue_words
from contrefeu.paper.code128 import gs1_svg, specimen_svg
from contrefeu.paper.issue import Issue, Issuer
from contrefeu.paper.known import is_newborn
from contrefeu.paper.pack import Printed, destroy_words
from contrefeu.paper.patient import born_words, identity_of
from contrefeu.paper.setting import Setting
from contrefeu.paper.typeset import typeset

KINDS = ("wristband", "labels")
_PICTURE = "number.svg"


SPECIMEN_LABELS = 3  # one row of a sheet: the tubes of one request; what is left over is destroyed


class Specimen(Struct, frozen=True):
    """What a label of a specimen says beside who it is of."""

    number: str
    what: str  # as it was asked for
    outside: str = ""  # that the laboratory does not know the number


class Band(Struct, frozen=True):
    """What a band or a label says."""

    family: str
    given: str
    used: str  # name; of a newborn, the mother's: their bands are matched by it (F19)
    born: str
    number: str  # "IPP 8001234"
    place: str
    warnings: list[str]


def print_bands(
    kind: str,
    chart: Chart,
    count: int,
    facility: str,
    setting: Setting,
    issuer: Issuer,
    specimen: Specimen | None = None,
) -> Printed:
    """Set *count* sheets of bands or labels of one patient.

    Args:
        kind: "wristband", two on a sheet to be cut out; or "labels", twenty-four.
        chart: Whose.
        count: Sheets.
        facility: The house.
        setting: Words and time.
        issuer: Numbers the sheets: they have no code of a page.
        specimen: Of labels: they are those of its tubes, three on a sheet; None for the patient's own.
    """
    sheet = Sheet(chart)
    who, whose = identity_of(sheet, setting), person_of(sheet)
    number = next((one for one in whose.numbers if not one.old), None)
    # The house's own number alone has bars: a national one is printed by who qualified it (F22).
    bars = gs1_svg(number.value) if number is not None else b""
    if specimen is not None:
        bars = specimen_svg(specimen.number)
    issues = [issuer.issue(kind, 1, chart) for _ in range(count)]
    band = Band(
        who.family,
        who.given,
        who.used or (setting.say("mother", called=whose.mother) if whose.mother and is_newborn(whose, setting) else ""),
        born_words(whose, setting, aged=False),
        number.words if number else "",
        who.place,
        who.warnings,
    )
    values: dict[str, Any] = {
        "lang": setting.language,
        "title": setting.say(kind),
        "kind": kind,
        "band": msgspec.to_builtins(band),
        "specimen": msgspec.to_builtins(specimen),
        "labels": 24 if specimen is None else SPECIMEN_LABELS,
        "bars": _PICTURE if bars else "",
        "facility": facility,
        "printed": f"{setting.say('printed')} {setting.at(rfc3339(setting.now_ns))}",
        "cut": setting.say("cut"),
        "destroy": destroy_words(setting, "destroy unused"),
        "taken": setting.say("taken"),
        "issues": _numbers(issues),
    }
    made = typeset("band.typ", values, {_PICTURE: bars} if bars else {})
    return Printed(made.pdf, sum(made.pages), issues)


def _numbers(issues: Sequence[Issue]) -> list[str]:
    return [issue_words(bytes.fromhex(one.act.issue)) for one in issues]
