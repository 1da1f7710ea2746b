"""The watch tried on normal life and on attacks: false alarms a week, time to alarm, error of the clean point.

    python -m contrefeu.drill.watch_trial --out bench/watch.json       (make watch-trial)

Rules kept here:
  * Thresholds were chosen looking at the seeds of TUNED alone; HELD_OUT are other hospitals. Once a held-out one has
    led to a change, it is held out no more: others take its place (101 to 104, 108, 300,
    311, 315 and 323 did).
  * An attack goes on from what the watch had written down that day: each of them is a restart as well.
  * Every alarm of normal life is counted as false, also one that an administrator would want.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from contrefeu.drill.watch_attacks import ATTACKS, Attack
from contrefeu.drill.watch_life import HOUR, ZONE, Life
from contrefeu.watch import Heard, Observation, Passed, State, Watch

TUNED = (1, 2, 3, 108, 300, 311, 315, 323)
HELD_OUT = (320, 321, 322, 324, 325, 330)
DAYS = 90
ADT = "CPAGE@CHU"
BY_DAY = range(8, 18)  # hours on the wall
FIXED_MINUTES = (5, 6, 7, 8, 10, 15)  # of silence
ATTACKED_ON = 64  # a Tuesday between two public holidays: two months of habits, some of them odd


class Quiet:
    """Days on which the ADT feed was quiet by day for so many minutes: what a fixed delay would cost."""

    def __init__(self) -> None:
        """Nothing was heard yet."""
        self.days: dict[int, set[date]] = {minutes: set() for minutes in FIXED_MINUTES}
        self._last = 0.0

    def take(self, one: Observation) -> None:
        """Note how long it was quiet before *one*."""
        if not isinstance(one, Heard) or one.source != ADT:
            return
        wall = datetime.fromtimestamp(one.at, ZoneInfo(ZONE))
        if self._last and wall.hour in BY_DAY:
            for minutes, days in self.days.items():
                if one.at - self._last >= minutes * 60:
                    days.add(wall.date())
        self._last = one.at


def normal_life(life: Life, days: int, attacked_on: int = 0, quiet: Quiet | None = None) -> tuple[Counter[str], bytes]:
    """Alarms of *days* of normal life by rule, and the watch's state as *attacked_on* begins."""
    quiet = quiet or Quiet()
    watch = Watch(State(), ZONE, life.resting)
    found: Counter[str] = Counter()
    kept = b""
    stop = life.start(attacked_on)
    for hour in life.hours(0, days):
        if not kept and hour and hour[0].at >= stop:
            kept = msgspec.msgpack.encode(watch.state)
        for one in hour:
            quiet.take(one)
            for signal in watch.take(one):
                found[signal.rule] += 1
                watch.harmless(signal.rule, signal.subject, signal.at)  # as somebody finds it, sooner or later
    return found, kept


def tried(life: Life, kept: bytes, attack: Attack, day: int) -> dict[str, Any]:
    """One attack on the watch as it was kept at the beginning of *day*."""
    watch = Watch(msgspec.msgpack.decode(kept, type=State), ZONE, life.resting)
    began = life.start(day) + attack.hour * HOUR
    harmed = began + attack.quiet
    first = early = None
    rule = ""
    touched: list[float] = []
    deeds: list[float] = []
    about = {"*", attack.source, attack.who}
    for one in _attacked(life, attack, day, began, touched, deeds):
        for signal in watch.take(one):
            if early is None and signal.rule in attack.early:
                early = signal
            if signal.rule in attack.rules and signal.subject in about and signal.at >= harmed:
                first, rule = signal, signal.rule
                break
        if first is not None:
            break
    told: dict[str, Any] = {
        "attack": attack.name,
        "rule": rule,
        "evidence_s": None,
        "seconds": None,
        "clean_point_s": None,
        "early_s": None,
    }
    done = sorted(at for at in deeds if at >= harmed)
    deed = done[0] if done else harmed  # a feed is stopped by an instant, and nothing is there to be seen of it
    shown = attack.evidence(life, began, done)
    if shown is not None:
        told["evidence_s"] = round(shown - deed, 1)
    if first is not None:
        told["seconds"] = round(first.at - deed, 1)
        sources = [attack.source] if attack.source not in {"", "*"} else []
        points = [watch.clean_point(source) for source in sources]
        told["clean_point_s"] = (
            round(min((min(touched, default=harmed) - point.at for point in points), default=0.0), 1)
            if points
            else None
        )
    if early is not None:
        told["early_s"] = round(harmed - early.at, 1)
    return told


def _attacked(
    life: Life, attack: Attack, day: int, began: float, touched: list[float], deeds: list[float]
) -> Iterator[Observation]:
    """Normal life with the attack in it, from the beginning of *day*; time goes by to its end.

    *touched* gets the times of the messages that the attack made, changed or held back; *deeds* the times of all that
    it did and that can be seen.
    """
    draw = Random(f"attack {attack.name} {life.seed}")  # noqa: S311 - repeatable, not secret
    added = sorted(attack.adds(began, draw), key=lambda one: one.at)
    change = attack.change(began, draw) if attack.change else None
    end = began + attack.hours * HOUR
    for hour in life.hours(day, day + 7):
        until = hour[0].at // HOUR * HOUR + HOUR if hour else end
        changed = [(one, change(one) if change else one) for one in hour]
        new = [one for one in added if until - HOUR <= one.at < until]
        touched += [one.at for one, found in changed if found is not one and isinstance(one, Heard)]
        touched += [one.at for one in new if isinstance(one, Heard)]
        deeds += [one.at for one, found in changed if found is not one and found is not None]
        deeds += [one.at for one in new]
        mixed = [*(found for _, found in changed if found is not None), *new]
        yield from sorted(mixed, key=lambda one: one.at)
        if until >= end:
            break
    yield Passed(end)


def trial(seeds: tuple[int, ...], days: int, attacked_on: int, scale: float) -> list[dict[str, Any]]:
    """Each seed's normal life and its attacks."""
    found = []
    for seed in seeds:
        life = Life(seed, scale=scale)
        quiet = Quiet()
        false, kept = normal_life(life, days, attacked_on, quiet)
        found.append(
            {
                "seed": seed,
                "days": days,
                "false": dict(sorted(false.items())),
                "quiet_days": {str(minutes): len(on) for minutes, on in quiet.days.items()},
                "state_bytes": len(kept),
                "attacks": [tried(life, kept, attack, attacked_on) for attack in ATTACKS],
            }
        )
    return found


def main() -> None:
    """Run the whole trial and write what was found."""
    parser = argparse.ArgumentParser(description="Try the watch on simulated life and attacks.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, nargs="*", default=[*TUNED, *HELD_OUT])
    given = parser.parse_args()
    found = []
    for seed in given.seeds:
        found += trial((seed,), DAYS, ATTACKED_ON, given.scale)
        told = {"scale": given.scale, "tuned": TUNED, "found": found}
        given.out.write_text(json.dumps(told, indent=1) + "\n")  # after each: it takes minutes


if __name__ == "__main__":
    main()
