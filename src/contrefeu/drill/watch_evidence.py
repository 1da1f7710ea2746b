"""From when on an attack can be told at all: what one could say who knows the simulated hospital's own rates.

A1 asks for an alarm within five minutes. A thief of thirty charts a day has taken none or one in five minutes, and a
feed that speaks six times an hour at night is quiet for as long without any attack. So each attack has an instant
before which it has shown nothing: the first at which chance would show as much less often than WRONG_A_WEEK.

Rules kept here:
  * Who judges knows each sender's and each role's true rate, and the engine's restarts; he looks everywhere and always.
  * He may be wrong once a week in all, as A1 says, and shares that out evenly among the rules of the watch.
  * What normal life never shows is told by its first deed.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from math import exp, log
from zoneinfo import ZoneInfo

from contrefeu.drill.watch_life import HOUR, LOOKS, ROLES, SENDERS, ZONE, Life
from contrefeu.watch import RULES

WRONG_A_WEEK = 1.0 / len(RULES)
RESTART_S = 180.0  # s; the interface engine's, once a week: no stop of feeds is told sooner
ODD_A_WEEK = 1 / 13  # what happens once in the ninety days of normal life
SHIFTS_A_WEEK = 5.0
STEP_S = 1.0  # s between two looks at what is missing

Evidence = Callable[[Life, float, Sequence[float]], float | None]
"""Of a hospital, the attack's beginning and its deeds' times: the instant; None when so few deeds show nothing."""


def nth(number: int) -> Evidence:
    """With the *number*-th deed."""
    return lambda _life, _began, deeds: deeds[number - 1] if len(deeds) >= number else None


def silent(*sources: str) -> Evidence:
    """As soon as that many messages of *sources* (of all, when none is named) are missing."""

    def instant(life: Life, began: float, _deeds: Sequence[float]) -> float:
        gaps_a_week = sum(sender.a_day * (5 + 2 * sender.weekend) * life.scale for sender in SENDERS)
        enough, missed, at = log(gaps_a_week / WRONG_A_WEEK), 0.0, began
        while missed < enough:
            missed += sum(_rate(life, at, one) for one in sources or _ALL) * STEP_S / HOUR
            at += STEP_S
        return max(at, began + RESTART_S)

    return instant


def counted(an_hour: Callable[[Life, float], float], a_week: Callable[[Life], float]) -> Evidence:
    """With as many deeds in so short a time as chance shows less often than WRONG_A_WEEK.

    Args:
        an_hour: How many such deeds are normal in the hour in which the attack begins, of one sender or person.
        a_week: How many are in a week, of all who may be looked at: each may be the first of a chance crowd.
    """

    def instant(life: Life, began: float, deeds: Sequence[float]) -> float | None:
        for number, at in enumerate(deeds, start=1):
            mean = an_hour(life, began) * (at - deeds[0]) / HOUR
            if a_week(life) * _at_least(number - 1, mean) < WRONG_A_WEEK:
                return at
        return None

    return instant


def of_feed(source: str, share: float) -> Evidence:
    """Deeds that are *share* of what *source* says."""
    sender = _ALL[source]
    return counted(
        lambda life, at: _rate(life, at, source) * share,
        lambda life: sender.a_day * (5 + 2 * sender.weekend) * share * life.scale,
    )


def of_role(role: str) -> Evidence:
    """Looks at charts of no ward, by somebody of *role*: half of those that are in none of theirs."""
    in_none = LOOKS[role][1] / 2
    return counted(
        lambda _life, _at: in_none / 8,
        lambda _life: sum(count * SHIFTS_A_WEEK * LOOKS[other][1] / 2 for other, _, count in ROLES),
    )


def odd() -> Evidence:
    """What normal life shows once in ninety days."""
    return counted(lambda _life, _at: ODD_A_WEEK / (7 * 24), lambda _life: ODD_A_WEEK)


FIRST_DEED = nth(1)
_ALL = {sender.source: sender for sender in SENDERS}


def _rate(life: Life, at: float, source: str) -> float:
    """Messages an hour of a weekday."""
    sender = _ALL[source]
    hour = datetime.fromtimestamp(at, ZoneInfo(ZONE)).hour
    return sender.a_day / 24 * sender.hours[hour] * life.scale


def _at_least(number: int, mean: float) -> float:
    """Chance of *number* or more where *mean* are usual (Poisson)."""
    term, less = exp(-mean), 0.0
    for n in range(number):
        less += term
        term *= mean / (n + 1)
    return max(0.0, 1 - less)
