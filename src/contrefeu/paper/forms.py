"""Forms: blank ones with a code, or headed with what is known of a patient.

Rules kept here:
  * A form with a patient on it has the patient's allergies in its head, on every page, as a pack has.
  * A blank form says so, and names nobody: its code holds no patient, and a scan of it waits for a person.
  * A form about several patients has no room for one's name in its head.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from contrefeu.base import rfc3339
from contrefeu.chart import Chart
from contrefeu.chart.sheet import Sheet
from contrefeu.paper.code import issue_words
from contrefeu.paper.issue import Issuer
from contrefeu.paper.kinds import FORMS
from contrefeu.paper.layouts import LAYOUTS
from contrefeu.paper.pack import Foot, Printed
from contrefeu.paper.patient import identity_of
from contrefeu.paper.scored import with_news2
from contrefeu.paper.setting import Setting
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
        "parts": [_in_one_language(msgspec.to_builtins(part), at) for part in layout.parts],
        "words": {name: setting.say(name) for name in _HEAD},
        "foot": msgspec.to_builtins(foot),
        "copies": [msgspec.to_builtins(identity_of(Sheet(one), setting)) if one else None for one in charts],
    }
    numbers = [issuer.number() for _ in charts]
    made = typeset("form.typ", values | {"issues": [*map(issue_words, numbers)]}, tagged=tagged)
    issues = [
        issuer.issue(kind, pages, chart, number, boxes)
        for pages, chart, number, boxes in zip(made.pages, charts, numbers, made.boxes, strict=True)
    ]
    pdf = stamped(made.pdf, [text for one in issues for text in one.texts])
    return Printed(pdf, sum(made.pages), issues)


def blank_foot(facility: str, ward: str, setting: Setting) -> Foot:
    """Return the foot of a form that says nothing of anybody: it has no age."""
    printed = f"{setting.say('printed')} {setting.at(rfc3339(setting.now_ns))}"
    exercise = setting.say("exercise") if setting.exercise else ""
    return Foot(facility, ward, "", "", False, "", "", printed, "", setting.say("page"), exercise=exercise)


def written_foot(foot: Foot) -> Foot:
    """Return the foot of a form with a patient on it: what is written on it has no end of use."""
    return msgspec.structs.replace(foot, not_after="")


def _in_one_language(value: Any, at: int) -> Any:
    """Choose the words of each pair, at any depth."""
    if isinstance(value, dict):
        return {key: _in_one_language(one, at) for key, one in value.items()}
    if isinstance(value, list | tuple):
        pair = len(value) == 2 and all(isinstance(one, str) for one in value)
        return chosen(value, at) if pair else [_in_one_language(one, at) for one in value]
    return value
