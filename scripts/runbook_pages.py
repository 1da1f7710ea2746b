"""The runbooks: a page an alarm, from docs/howto/runbooks.toml, and their index."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contrefeu.watch import RULES

HOWTO = Path(__file__).parents[1] / "docs" / "howto"
_ABOUT = {"feed": "Feeds", "people": "People", "ourselves": "The node itself"}
_HOW = {"look": "to be looked at today", "act": "to be dealt with now", "attack": "an attack until shown otherwise"}


def runbook_pages(made: str) -> Iterator[tuple[Path, str]]:
    """Every page, where it lies and what it says; *made* says what it is made from."""
    told = tomllib.loads((HOWTO / "runbooks.toml").read_text())
    for name, one in told.items():
        yield HOWTO / "runbooks" / f"{name}.md", _page(name, one, made)
    yield HOWTO / "runbooks" / "README.md", _index(told, made)


def _page(name: str, one: dict[str, Any], made: str) -> str:
    rule = RULES.get(name)
    lines = [f"# {one['title']}" if rule is None else f"# Alarm `{name}`", "", made]
    if rule is not None:
        sees, why = (text[0].upper() + text[1:] for text in (rule.sees, rule.why))
        lines += [f"**{sees}.** {why}. It is {_HOW[rule.severity]}.", ""]
    for title, steps in (("First", one["first"]), ("Find out", one["find"]), ("When it is real", one["real"])):
        lines += [f"## {title}", "", *(f"{n}. {step}" for n, step in enumerate(steps, 1)), ""]
    lines += ["## When it is not", "", one["false"]]
    if rule is not None:
        lines[-1] += f" False alarms that are known: {rule.costs}."
    return "\n".join(lines) + "\n"


def _index(told: dict[str, Any], made: str) -> str:
    lines = [
        "# Runbooks",
        "",
        made,
        "One page an alarm, for whoever is woken by it. In any case: say *I am on it* in the app first, and answer it",
        "at the end ([alarms](../alarms.md)). What each rule sees and costs: [the watch](../../reference/watch.md).",
        "",
    ]
    for about, title in _ABOUT.items():
        lines += [f"## {title}", "", "| alarm | | it sees |", "| --- | --- | --- |"]
        lines += [
            f"| [`{rule.name}`]({rule.name}.md) | {rule.severity} | {rule.sees} |"
            for rule in RULES.values()
            if rule.about == about
        ]
        lines.append("")
    lines += [
        "## Told by the monitoring",
        "",
        "The node cannot say these itself: `deploy/prometheus/contrefeu.rules.yml`.",
        "",
    ]
    lines += [f"- [{one['title']}]({name}.md)" for name, one in told.items() if name not in RULES]
    return "\n".join(lines) + "\n"
