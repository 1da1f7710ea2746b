"""`contrefeu feeds`: what is known of a feed beforehand, and what it sends."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from contrefeu.cli.door import Json, answer, door, finish, say
from contrefeu.cli.surveying import looked_at, show, surveys_of, told_of, write_proposal

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.hospital import FeedSettings

LAST_ENTRIES = 20_000  # of the capture journal, looked at unless somebody asks for more: some seconds

app = typer.Typer(no_args_is_help=True, help="What is known of each feed beforehand, and what it sends.")


@app.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Small letters, digits, '-' and '_'.")],
    sender: Annotated[
        list[str] | None,
        typer.Option(metavar="APP@FACILITY", help="As `feeds list` names it; repeat.  [default: asked, on a terminal]"),
    ] = None,
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
    survivor: Annotated[Literal["PID", "MRG"], typer.Option(help="Whose number stays in its merges (A40).")] = "PID",
    refuse_message: Annotated[list[str] | None, typer.Option(metavar="MSH-9", help="Never keep it; repeat.")] = None,
    refuse_ward: Annotated[list[str] | None, typer.Option(metavar="CODE", help="Never keep it; repeat.")] = None,
    refuse_document: Annotated[list[str] | None, typer.Option(metavar="CODE", help="Never keep it; repeat.")] = None,
    refuse_field: Annotated[
        list[str] | None, typer.Option(metavar="PATH=VALUE", help="Never keep it, as PID-18.1=X; repeat.")
    ] = None,
    json: Json = False,
) -> None:
    """Write a feed's rules into contrefeu.toml. They hold from the node's next start, which folds the charts again.

    Without --sender, on a terminal, it asks: a sample is looked at first, from a file or as it comes, and the profile
    that it shows is proposed.
    """
    from contrefeu.base import OperatorError, write_file
    from contrefeu.cli.connecting import connect
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
    if not sender:
        connect(node, name, door(context).language, asks=not json)
        return
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
        survivor,
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
    sample: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Look at files instead, and keep nothing of them; repeat.")
    ] = None,
    wait: Annotated[
        int, typer.Option(min=0, max=3600, metavar="SECONDS", help="Look at what comes from now on, for so long.")
    ] = 0,
    accept: Annotated[str, typer.Option(metavar="NAME", help="Write the profile proposed, as the feed NAME.")] = "",
    census: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Compare with the sender's own list of who lies where, instead."),
    ] = None,
    json: Json = False,
) -> None:
    """Say what each feed sends, by counts: types, character sets, numbers without authority, times without zone, what
    no chart shows, fields that stand empty; and the profile that would serve it. Exit status 10 when something has to
    be settled first. It reads messages: that is an entry.

    With --census it names, by number, whom the list has and the boards have not, who lies elsewhere, and whom the list
    lacks; and for each ward of how many allergies and prescriptions are known.
    """
    from contrefeu.base import OperatorError
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    if census is not None:
        finish(_census(node, census, json=json))
        return
    known = node.settings.feeds.get(feed)
    wanted = frozenset(known.senders) if known is not None else frozenset([feed] if feed else [])
    node.audit("entry", what=f"feeds check {feed}".strip())
    found = surveys_of(node, wanted, looked_at(node, last, sample or [], wait))
    if not found and (wanted or sample or wait):
        raise OperatorError(
            f"Nothing of {feed or 'any sender'} is there to look at.",
            safe="Nothing was changed.",
            next="contrefeu feeds list names those that were heard; --last looks further back, --wait waits for more.",
        )
    told = [told_of(node, survey) for survey in sorted(found, key=lambda one: one.source)]
    if accept:
        write_proposal(node, accept, told)

    def for_people() -> None:
        for one in told:
            show(one)

    answer(json, {"feeds": told}, for_people)
    finish(10 if any(one["findings"] for one in told) else 0)


def _census(node: "Node", path: Path, *, json: bool) -> int:
    import msgspec

    from contrefeu.cli.census import compared, listed_in, show_census

    listed = listed_in(path)
    node.audit("search", query=f"feeds check --census: {len(listed)} numbers")
    with node.charts() as charts:
        found = compared(listed, charts.board(world="").rows, charts.find)
    answer(json, {"feeds": [], "census": msgspec.to_builtins(found)}, lambda: show_census(found))
    return 0 if found.agrees else 10


def _described(name: str, feed: "FeedSettings") -> dict[str, Any]:
    import msgspec

    described: dict[str, Any] = {"name": name} | msgspec.to_builtins(feed)
    return described
