"""The reference page of the watch: its rules, and what the last trial of them found (bench/watch.json)."""

import json
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

from contrefeu.drill.watch_attacks import ATTACKS
from contrefeu.drill.watch_trial import HELD_OUT, TUNED
from contrefeu.watch import RULES

FOUND = Path(__file__).parents[1] / "bench" / "watch.json"
_ABOUT = {"feed": "Feeds", "people": "People", "ourselves": "The node itself"}
_PINS = {"": "", "source": "of its source", "all": "of every source"}


def watch_page(made: str) -> str:
    """The page; *made* says what it is made from."""
    lines = ["# What the watch looks for", "", made]
    lines += [
        "How it works: [the watch](../explain/watch.md). What to do: [alarms](../howto/alarms.md).",
        "`look`: today; `act`: now; `attack`: an attack until somebody has shown otherwise.",
        "",
    ]
    for about, title in _ABOUT.items():
        lines += [f"## {title}", "", "| rule | severity | sees | why | false alarms | holds the clean point |"]
        lines.append("| --- | --- | --- | --- | --- | --- |")
        for row in RULES.values():
            if row.about == about:
                cells = (f"`{row.name}`", row.severity, row.sees, row.why, row.costs, _PINS[row.pins])
                lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    if FOUND.is_file():
        lines += _tried(json.loads(FOUND.read_text()))
    return "\n".join(lines).rstrip() + "\n"


def _tried(trial: dict[str, Any]) -> list[str]:
    """What the trial found."""
    runs, tuned = trial["found"], set(trial["tuned"])
    days = runs[0]["days"]
    out = sorted({*TUNED, *HELD_OUT} - {run["seed"] for run in runs})
    left = [f"Not run since a rule changed, and left out: {', '.join(map(str, out))}."] if out else []
    lines = [
        "## Tried",
        "",
        f"`make watch-trial`: {len(runs)} simulated hospitals, {days} days of normal life each, about",
        f"{8_000 * trial['scale']:,.0f} messages a weekday; then each attack on what the watch had written",
        "down on day 64. Times are simulated: the run does not depend on the machine. Thresholds were chosen looking",
        f"at the seeds {', '.join(map(str, sorted(tuned)))} alone; the others are held out.",
        *left,
        "",
        "### False alarms",
        "",
        "Every alarm of normal life counts, also those that an administrator would want (changed settings, a sender",
        "that was upgraded or connected, a line that was down).",
        "",
        "| seed | | alarms | a week | by rule |",
        "| --- | --- | --- | --- | --- |",
    ]
    for run in runs:
        count = sum(run["false"].values())
        rules = ", ".join(f"{rule} {n}" for rule, n in run["false"].items())
        kind = "tuned" if run["seed"] in tuned else "held out"
        lines.append(f"| {run['seed']} | {kind} | {count} | {count * 7 / run['days']:.2f} | {rules} |")
    lines += ["", *_attacks(runs, tuned), "", *_fixed(runs)]
    return lines


def _fixed(runs: list[dict[str, Any]]) -> list[str]:
    """What a delay that is the same for every feed would cost (C7 against A1)."""
    weeks = sum(run["days"] for run in runs) / 7
    found = {minutes: sum(run["quiet_days"][minutes] for run in runs) / weeks for minutes in runs[0]["quiet_days"]}
    return [
        "### A fixed delay",
        "",
        "Days of a week on which the ADT feed (1,500 messages on a weekday) was quiet for so long between 8:00 and",
        "18:00 of normal life: an alarm after a fixed delay would have been false on each",
        "([decision 0215](../decisions/0215-admissions-by-day.md)). How many false `feed-silent` there were, of all",
        "feeds, by day and by night, stands above.",
        "",
        f"| minutes | {' | '.join(found)} |",
        f"| --- | {' | '.join('---' for _ in found)} |",
        f"| days a week | {' | '.join(f'{days:.2f}' for days in found.values())} |",
    ]


def _attacks(runs: list[dict[str, Any]], tuned: set[int]) -> list[str]:
    lines = [
        "### Attacks",
        "",
        "Seconds from the first deed (for ransomware, the first encrypted document) to the alarm, as median and",
        "worst. **Evidence from**: when the attack has shown anything at all, to one who knows the simulated",
        f"hospital's own rates and may be wrong once a week, shared out among the {len(RULES)} rules",
        "([decision 0108](../decisions/0108-evidence-from.md)); **after it**: how much later the alarm came, which",
        "A1 wants within 300 s; below 0 the rule spoke on less. Clean point: how long before the first data touched",
        "it lies; below 0 it would call the attacker's work clean. Of held-out seeds, with the tuned ones' worst.",
        "",
        "| attack | what | rules that saw it | median s | worst s | evidence from, median s | after it, median s "
        "| after it, worst s | tuned, worst after it | missed | clean point, s before: least, median | seen before |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for attack in ATTACKS:
        held = [_of(run, attack.name) for run in runs if run["seed"] not in tuned]
        seen = [one["seconds"] for one in held if one["seconds"] is not None]
        shown = [one["evidence_s"] for one in held if one["evidence_s"] is not None]
        after = _after(held)
        known = _after([_of(run, attack.name) for run in runs if run["seed"] in tuned])
        points = [one["clean_point_s"] for one in held if one["clean_point_s"] is not None]
        early = [one["early_s"] for one in held if one["early_s"] is not None]
        rules = Counter(one["rule"] for one in held if one["rule"])
        cells = (
            f"`{attack.name}`",
            attack.what,
            ", ".join(rules),
            _number(median(seen) if seen else None),
            _number(max(seen, default=None)),
            _number(median(shown) if shown else None),
            _number(median(after) if after else None),
            _number(max(after, default=None)),
            _number(max(known, default=None)),
            str(len(held) - len(seen)),
            f"{_number(min(points))}, {_number(median(points))}" if points else "",
            f"{median(early) / 3600:.1f} h in {len(early)} of {len(held)}" if early else "",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _after(found: list[dict[str, Any]]) -> list[float]:
    """How long after the evidence each alarm came."""
    return [one["seconds"] - one["evidence_s"] for one in found if None not in (one["seconds"], one["evidence_s"])]


def _of(run: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in run["attacks"] if one["attack"] == name)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"
