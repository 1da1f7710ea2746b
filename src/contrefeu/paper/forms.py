"""Forms: blank ones with a code, or filled with what is known of a patient.

Rules kept here:
  * A form with a patient on it has the patient's allergies in its head, on every page, as a pack has.
  * A blank form says so, and names nobody: its code holds no patient, and a scan of it waits for a person.
  * What is known stands, printed, where it would be written; what is not known is room to write.
  * A form about several patients has no room for one's name in its head.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from contrefeu.acts import Declared
from contrefeu.base import rfc3339
from contrefeu.chart import Chart
from contrefeu.chart.sheet import Sheet
from contrefeu.paper.code import issue_words
from contrefeu.paper.issue import Issuer
from contrefeu.paper.kinds import FORMS
from contrefeu.paper.known import Known, heard_of, in_box, known_of, on_lines
from contrefeu.paper.layouts import LAYOUTS
from contrefeu.paper.pack import DESTROY_DAYS, Foot, Printed, downtime_words
from contrefeu.paper.parts import Layout
from contrefeu.paper.patient import identity_of
from contrefeu.paper.scored import with_news2
from contrefeu.paper.setting import Setting, heard_words
from contrefeu.paper.stamp import stamped
from contrefeu.paper.typeset import typeset
from contrefeu.paper.words import chosen

COPIES_MAX = 200  # of one form in one file: what a ward of 50 writes in a day
_HEAD = (
    "name at birth",
    "first name",
    "birth date",
    "sex",
    "number",
    "bed",
    "blank",
    "of ward",
    "allergies",
    "colon",
    "exercise",
    "confirm",
)


def print_form(
    kind: str, charts: Sequence[Chart | None], foot: Foot, setting: Setting, issuer: Issuer, *, tagged: bool = True
) -> Printed:
    """Set the form *kind* once for each of *charts*; None is a blank one.

    Args:
        kind: A name of LAYOUTS.
        charts: Whose; at most COPIES_MAX.
        foot: What the page says of its age: `foot_of`, or `blank_foot`.
        setting: Words and time.
        issuer: Numbers and signs the pages.
        tagged: Whether it stands alone, as PDF/UA-1; a part of a larger file has no tags.
    """
    assert 1 <= len(charts) <= COPIES_MAX
    at = 0 if setting.language == "fr" else 1
    layout = LAYOUTS[kind]
    if kind == "vital-signs" and setting.news2:
        layout = with_news2(layout)
    values: dict[str, Any] = {
        "lang": setting.language,
        "title": _in_one_language(layout.title, at),
        "of_ward": FORMS[kind].of_ward,
        "parts": _filled(layout, charts, setting, at),
        "words": {name: setting.say(name) for name in _HEAD},
        "foot": msgspec.to_builtins(foot),
        "copies": [_whose(Sheet(one), setting) if one else None for one in charts],
    }
    numbers = [issuer.number() for _ in charts]
    made = typeset("form.typ", values | {"issues": [*map(issue_words, numbers)]}, tagged=tagged)
    issues = [
        issuer.issue(kind, pages, chart, number, boxes)
        for pages, chart, number, boxes in zip(made.pages, charts, numbers, made.boxes, strict=True)
    ]
    pdf = stamped(made.pdf, [text for one in issues for text in one.texts])
    return Printed(pdf, sum(made.pages), issues)


def blank_foot(facility: str, ward: str, setting: Setting, downtime: Declared | None = None) -> Foot:
    """Return the foot of a form that says nothing of anybody: it has no age; printed ahead, no *downtime*."""
    printed = f"{setting.say('printed')} {setting.at(rfc3339(setting.now_ns))}"
    destroy = f"{printed} · {setting.say('destroy written', days=str(DESTROY_DAYS))}"
    exercise = setting.say("exercise") if setting.exercise else ""
    medium = downtime_words(downtime, setting) if downtime is not None else ""
    return Foot(facility, ward, "", "", False, "", "", destroy, medium, setting.say("page"), exercise=exercise)


def written_foot(foot: Foot) -> Foot:
    """Return the foot of a form with a patient on it: what is written on it has no end of use."""
    return msgspec.structs.replace(foot, not_after="")


def _whose(sheet: Sheet, setting: Setting) -> dict[str, Any]:
    """Who, for a head; and who spoke of that, and of allergies, when (F1)."""
    said = setting.say("colon").join((setting.say("allergies"), heard_words(sheet, setting, "allergies")))
    return {
        **msgspec.to_builtins(identity_of(sheet, setting)),
        "said": f"{heard_words(sheet, setting, 'identity')} · {said}",
    }


def _filled(layout: Layout, charts: Sequence[Chart | None], setting: Setting, at: int) -> list[list[Any]]:
    """Return the parts of each copy, with what is known where it would be written."""
    parts = [_in_one_language(msgspec.to_builtins(part), at) for part in layout.parts]
    made: dict[str, list[Any]] = {"": [_with(part, {}, {}) for part in parts]}
    for one in charts:
        if one is not None and one.id not in made:
            sheet = Sheet(one)
            known, heard = known_of(sheet, setting), heard_of(sheet, setting)
            made[one.id] = [_with(part, known, heard) for part in parts]
    return [made[one.id if one else ""] for one in charts]


def _with(part: Any, known: Known, heard: Mapping[str, str]) -> Any:
    """Put what is known into a part: the third of a box; the lines of ruled ones, and who said them."""
    if part["type"] == "Fields":
        whole = sum(share for _, share, *_ in part["boxes"])
        boxes = [
            [label, share, in_box(known.get(name[0], ()), share / whole) if name else ""]
            for label, share, *name in part["boxes"]
        ]
        return {**part, "boxes": boxes}
    if part["type"] == "Lines":
        lines = on_lines(known.get(part["known"], ()), part["count"])
        return {**part, "known": lines, "said": heard[part["known"]] if lines else ""}
    return part


def _in_one_language(value: Any, at: int) -> Any:
    """Choose the words of each pair, at any depth."""
    if isinstance(value, dict):
        return {key: _in_one_language(one, at) for key, one in value.items()}
    if isinstance(value, list | tuple):
        pair = len(value) == 2 and all(isinstance(one, str) for one in value)
        return chosen(value, at) if pair else [_in_one_language(one, at) for one in value]
    return value
