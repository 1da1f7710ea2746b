"""The aids on prescribing and giving, on their forms: shown, asked once more, kept with what is written.

Rules kept here:
  * A tick answers the warnings that were shown: other ones are asked about anew.
  * An aid that was turned off while a form was open asks nothing more; what was shown and ticked is kept all the same.
  * What is kept stands in the node's language, in the entry: what was warned of, and what was compared.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contrefeu.access import ALLERGY, DOSE_TIME
from contrefeu.base import parse_rfc3339
from contrefeu.chart import AIDED
from contrefeu.fhir import Json
from contrefeu.station.aid_words import ANYWAY, ASKED, SOON, compared_words, warned_words
from contrefeu.station.care import Form, Scribe, Target, Typed
from contrefeu.station.care.aiding import GIVING, PRESCRIBING, AidSays, before_prescribing, on_giving, on_prescribing
from contrefeu.station.care.doses import asked_about
from contrefeu.station.care.prescriptions import ALLERGIC
from contrefeu.station.care.scribe import object_number
from contrefeu.station.house import House
from contrefeu.web import N_, Words

KNOWN = N_("Allergie connue")
SEEN = "seen-"  # what a tick is called, before the aid's name


@dataclass(frozen=True, slots=True)
class AidBox:
    """The warnings of one aid, on a form."""

    aid: str
    above: str
    lines: Sequence[tuple[str, str]]  # words, and the entry
    tick: str
    digest: str
    asks: bool  # whether a tick is asked for


def seen_in(sent: Mapping[str, Any]) -> dict[str, str]:
    """Return by aid which warnings were ticked."""
    return {aid: str(sent.get(SEEN + aid, "")) for aid in ASKED if sent.get(SEEN + aid)}


def aids_on_opening(house: House, form: Form, target: Target, scribe: Scribe) -> list[AidSays]:
    """Return what the aids that are on say before anything is typed: of a dose, as if it were given now."""
    if form.name in PRESCRIBING:
        return before_prescribing(target.sheet, target.known.formulary, target.known.aids, target.line)
    if form.name == GIVING and DOSE_TIME in target.known.aids and target.line is not None:
        asked = asked_about(target, scribe.at)
        return [on_giving(target.sheet, target.line, scribe.now_ns, house.deps.zone, target.known.formulary,
                          asked=asked)]  # fmt: skip
    return []


def aids_on_writing(
    house: House,
    form: Form,
    target: Target,
    made: Sequence[Json],
    said: str,
    seen: Collection[str] = (),
    also: Sequence[Json] = (),
) -> list[AidSays]:
    """Return what the aids say of what a form writes.

    Args:
        house: The house.
        form: The form.
        target: What it is about.
        made: The resources that it writes.
        said: What names them (`writing.said_by`).
        seen: Aids whose warnings were ticked: they are asked although one was turned off meanwhile.
        also: Doses that are written with it.
    """
    if not made or form.name not in (*PRESCRIBING, GIVING):
        return []
    known = target.known
    mine = {("ours", f"{object_number(target.sheet.chart, said, place)}") for place in range(len(made))}
    if form.name in PRESCRIBING:
        says = on_prescribing(target.sheet, made, known.formulary, known.aids, mine)
        off = [aid for aid in seen if aid not in known.aids]  # each alone: it hides nothing of another
        return says + [one for aid in off for one in on_prescribing(target.sheet, made, known.formulary, {aid}, mine)]
    dose = made[0]
    if DOSE_TIME not in {*known.aids, *seen} or dose["status"] != "completed" or target.line is None:
        return []
    at = str(dose["effectiveDateTime"])
    return [on_giving(target.sheet, target.line, parse_rfc3339(at), house.deps.zone, known.formulary,
                      asked=asked_about(target, at), mine=mine, also=also)]  # fmt: skip


def unanswered(says: Sequence[AidSays], seen: Mapping[str, str], on: Collection[str]) -> bool:
    """Whether a warning of an aid that is on was not ticked as it stands now."""
    return any(one.warned and one.aid in on and seen.get(one.aid) != one.digest for one in says)


def boxes_of(says: Sequence[AidSays], words: Words, now_ns: int, *, asks: bool, on: Collection[str]) -> list[AidBox]:
    """Return the warnings of each aid that is on."""
    return [
        AidBox(
            one.aid,
            words(ASKED[one.aid][1] if asks else SOON),
            [(warned_words(found, words, now_ns), found.source) for found in one.warned],
            words(ASKED[one.aid][2]),
            one.digest,
            asks,
        )
        for one in says
        if one.warned and one.aid in on
    ]


def notes_of(says: Sequence[AidSays], words: Words, now_ns: int, on: Collection[str]) -> list[tuple[str, str]]:
    """Return by aid that is on what it compared and what it could not."""
    return [(one.aid, compared_words(one, words, now_ns)) for one in says if one.aid in on]


def told_of(says: Sequence[AidSays], words: Words) -> list[str]:
    """Return every warning, in words."""
    return [f"{words(ASKED[one.aid][0])} : {warned_words(found, words)}" for one in says for found in one.warned]


def with_answers(
    made: Sequence[Json],
    says: Sequence[AidSays],
    form: Form,
    typed: Typed,
    words: Words,
    seen: Mapping[str, str],
    on: Collection[str],
) -> list[Json]:
    """Return what a form writes, with what its author was asked and confirmed, and what was compared."""
    parts = []
    if form.doubt is ALLERGIC and ALLERGY in on and typed.doubts:
        what = " ; ".join(f"{words.moment(when)} {what}".strip() for when, what, _ in typed.asked_again)
        parts.append({"url": ALLERGY, "valueString": f"{words(KNOWN)} : {words(ANYWAY)} : {what}"})
    for one in says:
        ticked = one.warned and seen.get(one.aid) == one.digest
        if ticked:
            told = " ; ".join(warned_words(found, words) for found in one.warned)
            parts.append({"url": one.aid, "valueString": f"{words(ASKED[one.aid][0])} : {words(ANYWAY)} : {told}"})
        if ticked or one.aid in on:
            parts.append({"url": f"{one.aid}-compared", "valueString": compared_words(one, words)})
    if not parts:
        return list(made)
    first, *others = made
    kept = [one for one in first.get("extension", []) if one.get("url") != AIDED]
    return [first | {"extension": [*kept, {"url": AIDED, "extension": parts}]}, *others]
