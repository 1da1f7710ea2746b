"""`contrefeu watch`: what was seen, and until when each source can be trusted."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, finish, quote, say

if TYPE_CHECKING:
    from contrefeu.acts import Alarm
    from contrefeu.cli.node import Node

RECENT_NS = 7 * 86_400 * 10**9  # what is shown when nothing else is asked for


def watch(
    context: typer.Context,
    since: Annotated[str, typer.Option(metavar="TIME", help="Alarms from then on.  [default: 7 days ago]")] = "",
    every: Annotated[bool, typer.Option("--all", help="Acknowledged ones too.")] = False,
    json: Json = False,
) -> None:
    """Show alarms, and the clean point of each source: the last instant that evidence supports.

    Exit status 10 when an alarm is open. What each one means and what to do: docs/howto/alarms.md.
    """
    from contrefeu.cli.node import Node
    from contrefeu.cli.times import instant

    node = Node.at(door(context).home)
    asked_ns = instant(since, "--since")
    from_ns = node.clock.now_ns() - RECENT_NS if asked_ns is None else asked_ns
    told = described_watch(node, from_ns, every=every)
    answer(json, told, lambda: _for_people(told, door(context).language))
    finish(10 if any(not alarm["verdict"] for alarm in told["alarms"]) else 0)


def known_alarms(node: "Node") -> "list[Alarm]":
    """Every alarm of this house, as the last word on it leaves it."""
    from contrefeu.acts import Spoken, alarms, decode

    with node.charts() as charts:
        entries = charts.acts("")
    return alarms(Spoken(e.ref, e.journal, e.source, decode(e.body)) for e in entries if node.counts(e.journal))


def described_watch(node: "Node", from_ns: int, *, every: bool) -> dict[str, Any]:
    """What `watch --json` prints."""
    from contrefeu.base import parse_rfc3339
    from contrefeu.cli.watching import clean_points

    found = [alarm for alarm in known_alarms(node) if parse_rfc3339(alarm.raised.at) >= from_ns]
    return {
        "alarms": [described_alarm(alarm) for alarm in found if every or alarm.open or alarm.verdict == "real"],
        "clean_point": {point["source"]: point for point in clean_points(node)},
    }


def described_alarm(alarm: "Alarm") -> dict[str, Any]:
    """One alarm as commands print it."""
    raised = alarm.raised
    return {
        "entry": alarm.ref,
        "rule": raised.rule,
        "subject": raised.subject,
        "severity": raised.severity,
        "at": raised.at,
        "since": raised.since,
        "seen": raised.seen,
        "evidence": raised.evidence,
        "clean_point": raised.clean_point,
        "verdict": alarm.verdict,
        "by": alarm.by,
        "note": alarm.note,
    }


EVIDENCE_SHOWN = 3  # entries of an alarm that people are shown: so many are opened by hand; --json has all
GRAVITIES = {"look": "to be looked at", "act": "to be dealt with now", "attack": "probably an attack"}
_SEVERITIES = {"look": "LOOK", "act": "ACT", "attack": "ATTACK"}
_VERDICTS = {"seen": "somebody sees to it", "harmless": "harmless", "real": "confirmed"}


def _for_people(told: dict[str, Any], language: str) -> None:
    from contrefeu.acts import ALARM_FIGURES, ALARM_RULES
    from contrefeu.watch import RULES

    french = language == "fr"
    if not told["clean_point"]:
        say("The watch has not run here, or has heard no feed yet: nothing is known. contrefeu up starts it.")
    elif not told["alarms"]:
        say("No alarm.")
    for one in told["alarms"]:
        names = {name: ALARM_FIGURES.get(name, name) if french else name for name in one["seen"]}
        figures = ", ".join(f"{names[name]} {value:g}" for name, value in one["seen"].items())
        say(f"{one['at']}  {_SEVERITIES[one['severity']]:6}  {one['rule']}  {one['subject']}")
        what = ALARM_RULES[one["rule"]] if french else RULES[one["rule"]].sees
        quote(f"    {what} ({figures})" if figures else f"    {what}")
        say(f"    since {one['since']}  entry {one['entry']}")
        if one["evidence"]:
            more = " …" if len(one["evidence"]) > EVIDENCE_SHOWN else ""
            say(f"    evidence {', '.join(one['evidence'][:EVIDENCE_SHOWN])}{more}")
        if one["verdict"]:
            say(f"    {_VERDICTS[one['verdict']]}: {one['by']}")
    for point in told["clean_point"].values():
        if not point["at"]:
            say(f"clean until  {point['source']}  none yet")
        else:
            usual = f"{point['messages']} messages as usual, {point['documents']} documents open"
            say(f"clean until  {point['source']}  {point['at']}  entry {point['entry']}  {usual}")
        if point["held_by"]:
            say(f"  held back by {point['held_by']}")
