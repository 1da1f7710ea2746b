"""`contrefeu journal`: check it, list it, give an entry back, prove one."""

import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli import proving
from contrefeu.cli.door import Json, Language, answer, door, finish, say, worded

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.custody import DataKeys
    from contrefeu.journal import Entry

Shares = Annotated[
    list[Path] | None, typer.Option(metavar="FILE...", help="The custodians' share files: opens what the node cannot.")
]

app = typer.Typer(no_args_is_help=True, help="Check a journal, list its entries, give one back, prove one.")


@app.command("verify")
def verify(
    context: typer.Context,
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A journal, or a folder of them.  [default: the node's own]")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Public key of the journal.  [default: the one in DIR]")] = None,
    vault: Annotated[str, typer.Option(help="Check the copies in this vault instead of DIR.")] = "",
    checkpoint: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="A signed checkpoint that was kept elsewhere; repeatable.")
    ] = None,
    json: Json = False,
) -> None:
    """Check that a journal, or a copy of one, is whole and unaltered, without reading what it holds.

    Reads every byte once and changes none. Needs public keys only. Checked: each header's signature, each frame's
    hash, that the tree they make is the one that the checkpoints signed for: its own, those in the node's vaults, and
    those given with --checkpoint. Against one of these a journal cut short, rolled back or forked is caught.
    """
    from contrefeu.cli.vaults import credentials_for
    from contrefeu.cli.verifying import say_lost, verify_copies, verify_folder

    kept, home = checkpoint or [], door(context).home
    found = (
        verify_copies(vault, credentials_for(home, vault, None), kept)
        if vault
        else verify_folder(home, directory, key, kept)
    )
    report = {
        "intact": found.intact,
        "entries": found.entries,
        "checkpoint": found.checkpoint,
        "damage": found.damage,
        "journals": found.journals,
        "witnesses": found.witnesses,
        "absent": found.absent,
    }

    def for_people() -> None:
        for one in found.journals:
            vouching = [w for w in found.witnesses if w["journal"] == one["journal"]]
            words = f", {len(vouching)} witnesses vouch" if vouching else ""
            say(f"{one['journal']}: {'intact' if one['intact'] else 'DAMAGED'}, {one['entries']} entries{words}")
            for w in vouching:
                say(f"  {w['witness']} vouches for the first {w['entries']} entries, since {w['time']}")
        for d in found.damage:
            if d["journal"] not in found.keyless:
                say(
                    f"  {d['kind']}: {d['journal']} segment {d['segment']} byte {d['offset']}, "
                    f"entries {d['first_entry']} to {d['last_entry']}"
                )
        say_lost(found.keyless, found.absent)

    answer(json, report, for_people)
    finish(found.exit_status)


@app.command("show")
def show(
    context: typer.Context,
    entry: Annotated[str, typer.Option(metavar="JOURNAL/SEQ", help="One entry.")] = "",
    raw: Annotated[bool, typer.Option("--raw", help="Write the entry's body to stdout, byte for byte.")] = False,
    from_: Annotated[str, typer.Option("--from", metavar="T", help="Received at T or later (RFC 3339).")] = "",
    to: Annotated[str, typer.Option("--to", metavar="T", help="Received before T (RFC 3339).")] = "",
    journal: Annotated[str, typer.Option(help="Only this journal.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="At most so many entries; 0 for all.")] = 0,
    shares: Shares = None,
    json: Json = False,
) -> None:
    """List entries, or give one back byte for byte. What was looked at is itself an entry.

    Of one entry it is also said what no chart can say of it, by place and never by content: `loss`.

    Entries beyond the node's horizon open with the custodians' shares alone: without them they are named in
    `beyond_horizon`, and the exit status is 14.
    """
    from contrefeu.base import OperatorError, parse_rfc3339
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    keys = _custodians(node, shares)
    if entry:
        found = node.entry(entry, keys)
        node.audit("entry", what=entry)
        if raw:
            sys.stdout.buffer.write(found.body)
            sys.stdout.buffer.flush()
            return
        row = listed(found) | {"loss": _lost(node, found)}
        answer(json, {"entries": [row]}, lambda: _say_one(row, door(context).language))
        return
    if raw:
        raise OperatorError("--raw gives one entry back: say which with --entry JOURNAL/SEQ.")
    try:
        first_ns, last_ns = parse_rfc3339(from_) if from_ else 0, parse_rfc3339(to) if to else 1 << 63
    except ValueError:
        raise OperatorError(
            "--from and --to take a time such as 2026-11-24T03:00:00Z.", safe="Nothing was read."
        ) from None
    beyond: list[dict[str, object]] = []
    rows = map(listed, islice(node.entries(journal, first_ns, last_ns, keys, beyond), limit or None))
    if json:
        _emit_rows(rows, beyond)
    else:
        for row in rows:
            _say_row(row)
        for one in beyond:
            say(f"beyond the horizon: {one['journal']}, entries {one['first_entry']} to {one['last_entry']}")
    finish(14 if beyond else 0)


@app.command("prove")
def prove(
    context: typer.Context,
    entry: Annotated[str, typer.Option(metavar="JOURNAL/SEQ", help="The entry to prove.")],
    shares: Shares = None,
    json: Json = False,
) -> None:
    """Prove that one entry is in the journal that its latest checkpoint commits to, without showing another."""
    from contrefeu.base import FindingError, OperatorError
    from contrefeu.cli.node import Node
    from contrefeu.journal import parse_ref, prove_entry

    node = Node.at(door(context).home)
    try:
        journal, sequence = parse_ref(entry)
    except ValueError:
        raise OperatorError("--entry takes JOURNAL/SEQ.", next="contrefeu journal show lists them.") from None
    proof = prove_entry(node.journal_files(journal), sequence, _custodians(node, shares) or node.data_keys())
    if proof is None:
        raise FindingError(
            f"No checkpoint covers {entry} (yet).", next="Wait a second and ask again; then contrefeu journal verify."
        )
    node.audit("entry", what=entry)
    told = proof.told()
    answer(json, told, lambda: say("\n".join(f"{key}: {value}" for key, value in told.items())))


@app.command("unseal")
def unseal(
    context: typer.Context,
    entry: Annotated[str, typer.Option(metavar="JOURNAL/SEQ", help="The entry of a sealed document.")],
    shares: Shares = None,
    words_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read the role's words from FILE. They are asked for else.")
    ] = None,
) -> None:
    """Write a document that is sealed to a role to stdout, as it came: by the role's words, or the custodians' shares.

    That it was opened, or that somebody tried, is itself an entry.
    """
    from contrefeu.cli.node import Node
    from contrefeu.cli.sealing import opened_by_custodians, opened_by_words

    node = Node.at(door(context).home)
    if shares:
        body = opened_by_custodians(node, entry, shares)
    else:
        said = _words(words_file) if words_file else typer.prompt(worded("The role's words"), hide_input=True, err=True)
        body = opened_by_words(node, entry, said)
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


def _words(file: Path) -> str:
    from contrefeu.base import OperatorError

    try:
        return file.read_text()
    except (OSError, ValueError):
        raise OperatorError(
            f"{file} cannot be read as words.", safe="Nothing was opened.", next="Name a text file that holds them."
        ) from None


app.command("consistency")(proving.consistency)
app.command("check")(proving.check)


def listed(entry: Any) -> dict[str, Any]:
    """An entry as it is listed: everything but its body."""
    from contrefeu.base import rfc3339

    return {
        "journal": entry.journal,
        "seq": entry.sequence,
        "received": rfc3339(entry.received_ns),
        "source": entry.source,
        "media_type": entry.media_type,
        "bytes": len(entry.body),
    }


def _lost(node: "Node", entry: "Entry") -> list[dict[str, str]]:
    """What of an entry no chart says, and why."""
    from contrefeu.chart import rules_of
    from contrefeu.mapping import read

    reading = read(entry, rules_of(node.settings).of(entry.source))
    return [{"where": one.where, "why": one.why} for part in (reading, *reading.also) for one in part.loss]


def _say_one(row: dict[str, Any], language: Language) -> None:
    from contrefeu.station import LABELS

    whys = LABELS["loss"] if language == "fr" else {}
    _say_row(row)
    for one in row["loss"]:
        say(f"  not charted: {one['where'] or 'the whole'}: {whys.get(one['why'], one['why'])}")


def _say_row(row: dict[str, Any]) -> None:
    say(f"{row['received']}  {row['journal']}/{row['seq']}  {row['source']}  {row['media_type']}  {row['bytes']} B")


def _custodians(node: "Node", shares: list[Path] | None) -> "DataKeys | None":
    """What opens everything, when the custodians are here; that they were is an entry."""
    from contrefeu.cli.rehearsing import opened_for

    if not shares:
        return None
    opened = opened_for(node, shares)
    node.audit("entry", what=f"opened with the custodians' shares of key {opened.pair.fingerprint[:16]}")
    return node.recovery_keys(opened)


def _emit_rows(rows: Any, beyond: Sequence[dict[str, object]] = ()) -> None:
    """One JSON object, written as it is read: a journal may hold more than memory does."""
    import msgspec

    out = sys.stdout.buffer
    out.write(b'{"entries":[')
    try:
        for count, row in enumerate(rows):
            out.write((b"," if count else b"") + msgspec.json.encode(row))
    finally:
        # What cannot be read on is said on stderr and by the exit status; what was read is whole JSON.
        out.write(b'],"beyond_horizon":' + msgspec.json.encode(beyond) + b"}\n")
        out.flush()
