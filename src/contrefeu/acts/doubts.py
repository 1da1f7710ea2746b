"""Until when a source can be trusted, and from when again: what the watch saw, and what people know of it (R5).

    trusted      in doubt                      trusted
    ---------|---------------------------------|--------->
           clean: the last moment known      detected: from then on
           to be clean                       everybody knew

Rules kept here:
  * What a person says of a source counts, until another word; an alarm of the watch counts where a person called it
    real, and nobody spoke of that source since it was raised. A rule alone sets nothing aside.
  * A word about every source ("") holds beside the words about one: an entry is in doubt when any of them says so.
  * Said with an empty `clean`, nothing of a source is in doubt.
"""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct, field

from contrefeu.acts.alarms import WATCH, Alarm, Spoken

EVERY_SOURCE = ""


class CleanPointSet(Struct, frozen=True, tag_field="act", tag="clean-point-set"):
    """Somebody says until when a source can be trusted, and how they know."""

    source: str  # sender, or user/<login>; "" for every one
    clean: str  # RFC 3339: the last moment known to be clean; "" when nothing of it is in doubt
    detected: str  # RFC 3339: from when on it is trusted again
    why: str
    at: str  # RFC 3339


class PointSeen(Struct, frozen=True, array_like=True):
    """Until when evidence supports one source, as the watch has it."""

    source: str
    clean: str  # RFC 3339; "" when there is none
    entry: str  # the last one before it
    messages: int  # as usual, until then
    documents: int  # that opened, until then
    days: float  # for which its habits are known
    held_by: str  # the rule that holds it back; "" when nothing does


class CleanPointsSeen(Struct, frozen=True, omit_defaults=True, tag_field="act", tag="clean-points-seen"):
    """What the watch knew of every source when a restored system was compared."""

    at: str  # RFC 3339
    points: list[PointSeen] = field(default_factory=list)


class Doubt(NamedTuple):
    """From when to when what came from a source is looked at before it goes anywhere."""

    source: str
    clean: str  # RFC 3339; "" when nothing is in doubt
    detected: str
    by: str  # login; "console"; "" for the watch, whose alarm somebody called real
    why: str  # in a person's words; of the watch, the rule
    at: str
    evidence: tuple[str, ...] = ()  # entries


def doubts(spoken: Iterable[Spoken], raised: Iterable[Alarm]) -> dict[str, Doubt]:
    """Return what is in force, by source.

    Args:
        spoken: Acts in journal order.
        raised: Alarms, each as the last word on it leaves it.
    """
    words = [
        (_said(one), False) for one in spoken if isinstance(one.act, CleanPointSet) and not one.journal.endswith(WATCH)
    ]
    real = [(_seen(one), True) for one in raised if one.verdict == "real" and one.raised.clean_point]
    found: dict[str, Doubt] = {}
    for new, widens in sorted([*words, *real], key=lambda told: told[0].at):
        before = found.get(new.source)
        found[new.source] = _widened(before, new) if widens and before and before.clean else new
    return found


def _said(one: Spoken) -> Doubt:
    act = one.act
    assert isinstance(act, CleanPointSet), "chosen before"
    return Doubt(act.source, act.clean, act.detected, one.source.removeprefix("user/"), act.why, act.at)


def _seen(alarm: Alarm) -> Doubt:
    told = alarm.raised
    return Doubt(told.subject, told.clean_point, told.at, "", told.rule, told.at, (alarm.ref, *told.evidence))


def _widened(before: Doubt, new: Doubt) -> Doubt:
    """From the earlier clean point to the later detection, in the words of whoever spoke first."""
    return before._replace(
        clean=min(before.clean, new.clean),
        detected=max(before.detected, new.detected),
        evidence=before.evidence + new.evidence,
    )
