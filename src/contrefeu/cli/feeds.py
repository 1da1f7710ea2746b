"""`contrefeu feeds`: what is known of a feed beforehand, and what it sends."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from contrefeu.cli.door import Json, answer, door, finish, say

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.hospital import FeedSettings
    from contrefeu.journal import Entry
    from contrefeu.mapping import FeedSurvey

LAST_ENTRIES = 20_000  # of the capture journal, looked at unless somebody asks for more: some seconds

app = typer.Typer(no_args_is_help=True, help="What is known of each feed beforehand, and what it sends.")


@app.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Small letters, digits, '-' and '_'.")],
    sender: Annotated[list[str], typer.Option(metavar="APP@FACILITY", help="As `feeds list` names it; repeat.")],
    zone: Annotated[str, typer.Option(help="Of times without an offset.  [default: the node's]")] = "",
    authority: Annotated[str, typer.Option(help="Of numbers that name none.  [default: the sender]")] = "",
    charset: Annotated[str, typer.Option(help="Table 0211, whatever MSH-18 says; 8859/15, WINDOWS-1252 ...")] = "",
    sets: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FACT", help="It may set allergies, identity, location, prescriptions, results.  [default: all]"
        ),
    ] = None,
    sequence: Annotated[Literal["answer", "ignore"], typer.Option(help="A number in MSH-13.")] = "answer",
    on_fault: Annotated[
        Literal["close", "AE", "AR"], typer.Option(help="AE or AR only if the sender then sends again.")
    ] = "close",
    on_refuse: Annotated[Literal["AA", "AE", "AR"], typer.Option(help="To what a rule refuses.")] = "AA",
    ack: Annotated[
        Literal["", "disk", "vault"], typer.Option(help="What an answer waits for.  [default: capture.ack]")
    ] = "",
    when_no_vault: Annotated[
        Literal["", "wait", "disk"], typer.Option(help="Without a vault.  [default: capture.when_no_vault]")
    ] = "",
    refuse_message: Annotated[list[str] | None, typer.Option(metavar="MSH-9", help="Never keep it; repeat.")] = None,
    refuse_ward: Annotated[list[str] | None, typer.Option(metavar="CODE", help="Never keep it; repeat.")] = None,
    refuse_document: Annotated[list[str] | None, typer.Option(metavar="CODE", help="Never keep it; repeat.")] = None,
    refuse_field: Annotated[
        list[str] | None, typer.Option(metavar="PATH=VALUE", help="Never keep it, as PID-18.1=X; repeat.")
    ] = None,
    json: Json = False,
) -> None:
    """Write a feed's rules into contrefeu.toml. They hold from the node's next start, which folds the charts again."""
    from contrefeu.base import OperatorError, write_file
    from contrefeu.cli.node import Node
    from contrefeu.hospital import FACTS, FEED_NAME, FeedSettings, RefuseSettings, feed_text, parse_settings

    node = Node.at(door(context).home)
    if name in node.settings.feeds:
        raise OperatorError(
            f"There is a feed {name!r} already.", safe="Nothing was changed.", next="Correct it in contrefeu.toml."
        )
    if not re.fullmatch(FEED_NAME, name):
        raise OperatorError(
            f"{name!r} is no name of a feed.", safe="Nothing was changed.", next="Small letters, digits, '-' and '_'."
        )
    fields = [one.partition("=") for one in refuse_field or []]
    rules = [
        *(RefuseSettings(message=one) for one in refuse_message or []),
        *(RefuseSettings(ward=one) for one in refuse_ward or []),
        *(RefuseSettings(document=one) for one in refuse_document or []),
        *(RefuseSettings(path=path, value=value) for path, _, value in fields),
    ]
    feed = FeedSettings(
        sender,
        zone,
        authority,
        charset,  # type: ignore[arg-type]
        sequence,
        on_fault,
        on_refuse,
        ack,
        when_no_vault,
        rules,
        list(sets or FACTS),  # type: ignore[arg-type]
    )
    text = node.paths.settings.read_text().rstrip("\n") + "\n\n" + feed_text(name, feed)
    settings = parse_settings(text)  # before a byte of it is written
    node.audit("act", what=f"feeds add {name}")
    write_file(node.paths.settings, text.encode(), mode=0o640)
    told = _described(name, settings.feeds[name])
    answer(json, told, lambda: say(f"{name}: written to contrefeu.toml. Stop the node and start it again."))


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List the feeds that are described, and every sender that was heard."""
    from contrefeu.cli.node import Node
    from contrefeu.cli.status import PEOPLE

    node = Node.at(door(context).home)
    with node.charts() as charts:
        heard = {feed.source: feed for feed in charts.status().feeds if not feed.source.startswith(PEOPLE)}
    described = [_described(name, feed) for name, feed in sorted(node.settings.feeds.items())]
    owners = {sender: one["name"] for one in described for sender in one["senders"]}
    refused = node.settings.capture.refuse
    senders = [
        {
            "source": source,
            "feed": owners.get(source, ""),
            "received": heard[source].received if source in heard else 0,
            "last": heard[source].last if source in heard else "",
            "refused": source in refused,
        }
        for source in sorted({*heard, *owners, *refused})
    ]

    def for_people() -> None:
        for one in described:
            rules = f", {len(one['refuse'])} refuse rules" if one["refuse"] else ""
            say(f"{one['name']}: {', '.join(one['senders'])}  zone {one['zone'] or node.settings.node.zone}{rules}")
        for one in senders:
            state = "refused" if one["refused"] else f"{one['received']} received, last {one['last'] or '-'}"
            say(f"  {one['source']}  {one['feed'] or '(not described)'}  {state}")

    answer(json, {"feeds": described, "senders": senders}, for_people)


@app.command("check")
def check(
    context: typer.Context,
    feed: Annotated[str, typer.Argument(metavar="[NAME]", help="A feed or a sender.  [default: all]")] = "",
    last: Annotated[
        int, typer.Option(min=1, help="Look at so many last entries of the capture journal.")
    ] = LAST_ENTRIES,
    json: Json = False,
) -> None:
    """Say what each feed sends, by counts: types, character sets, numbers without authority, times without zone, what
    no chart shows. Exit status 10 when something has to be settled first. It reads messages: that is an entry.
    """
    from contrefeu.base import OperatorError
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    known = node.settings.feeds.get(feed)
    wanted = frozenset(known.senders) if known is not None else frozenset([feed] if feed else [])
    node.audit("entry", what=f"feeds check {feed}".strip())
    found = _surveys(node, wanted, last)
    if wanted and not found:
        raise OperatorError(
            f"Nothing of {feed!r} is among the last {last} entries.",
            safe="Nothing was changed.",
            next="contrefeu feeds list names those that were heard; --last looks further back.",
        )
    told = [_told(node, survey) for survey in sorted(found, key=lambda one: one.source)]

    def for_people() -> None:
        for one in told:
            _show(one)

    answer(json, {"feeds": told}, for_people)
    finish(10 if any(one["findings"] for one in told) else 0)


def _surveys(node: "Node", wanted: frozenset[str], last: int) -> "list[FeedSurvey]":
    from contrefeu.chart import rules_of
    from contrefeu.mapping import FeedSurvey

    rules = rules_of(node.settings)
    found: dict[str, FeedSurvey] = {}
    for entry in _last_entries(node, last):
        if not wanted or entry.source in wanted:
            survey = found.setdefault(entry.source, FeedSurvey(entry.source))
            survey.take(entry, rules.of(entry.source))
    return list(found.values())


def _last_entries(node: "Node", last: int) -> "Iterator[Entry]":
    from contrefeu.journal import JournalReader

    files = node.journal_files(node.capture_journal)
    head = files.read_head()
    reader = JournalReader(files, node.data_keys())
    try:
        for entries in reader.after(max(0, (head.sequence if head else 0) - last)):
            yield from entries
    finally:
        reader.close()


def _described(name: str, feed: "FeedSettings") -> dict[str, Any]:
    import msgspec

    described: dict[str, Any] = {"name": name} | msgspec.to_builtins(feed)
    return described


def _told(node: "Node", survey: "FeedSurvey") -> dict[str, Any]:
    import msgspec

    owner = next((feed for feed in node.settings.feeds.values() if survey.source in feed.senders), None)
    told: dict[str, Any] = msgspec.to_builtins(survey)
    told["zone"] = (owner.zone if owner else "") or node.settings.node.zone
    told["findings"] = []
    numbers = sum(survey.without_authority.values())
    if numbers and not (owner and owner.authority):
        told["findings"].append(
            f"{numbers} numbers name no authority: they are {survey.source}'s own, and join no other feed's. "
            "If they are the hospital's, say whose with `authority`."
        )
    if survey.charset_doubts:
        told["findings"].append(
            f"{survey.charset_doubts} messages are not in the character set that MSH-18 names. "
            "If names look wrong on charts, say the real one with `charset`."
        )
    if survey.unread == survey.entries:
        told["findings"].append("No rule reads anything of it: every message is kept, none is charted.")
    return told


def _show(one: dict[str, Any]) -> None:
    say(f"{one['source']}  {one['entries']} entries, {one['tests']} of exercises, the longest {one['bytes_max']} bytes")
    for key, words in _LINES:
        counts = Counter(one[key])
        if counts:
            say(f"  {words}: " + ", ".join(f"{name or '(none)'} {count}" for name, count in counts.most_common()))
    without = sum(one["without_zone"].values())
    say(f"  times of day: {one['times']}, {without} without offset, read in {one['zone']}")
    if one["numbered"]:
        say(f"  sequence numbers (MSH-13): {one['numbered']}")
    for finding in one["findings"]:
        say(f"  LOOK: {finding}")


_LINES = (
    ("kinds", "types"),
    ("versions", "versions (MSH-12)"),
    ("charsets", "character sets (MSH-18)"),
    ("answers", "answers asked for (MSH-15/16)"),
    ("authorities", "numbers given by"),
    ("without_authority", "numbers without authority"),
    ("without_zone", "times without offset"),
    ("not_charted", "on no chart"),
)
