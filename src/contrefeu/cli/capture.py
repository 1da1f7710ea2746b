"""`contrefeu capture tap`: what systems say to each other, heard without touching either."""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import Struct, field

from contrefeu.cli.door import Json, answer, door, finish, say, whisper

if TYPE_CHECKING:
    from contrefeu.capture import Refusals
    from contrefeu.capture.tap import CaptureFile, Gap, Heard, Tap, TapCounts
    from contrefeu.cli.node import Node
    from contrefeu.journal import Draft

GAPS_TOLD_MAX = 1000  # of one file, by name; all are counted

app = typer.Typer(no_args_is_help=True, help="What is taken from outside beside the listeners.")


class Tapped(Struct):
    """What one file of packets held."""

    packets: int = 0
    connections: int = 0
    messages: int = 0
    stray: int = 0
    acknowledged: int = 0
    rejected: int = 0
    encrypted: int = 0
    journaled: int = 0
    refused: int = 0  # by the settings' refuse lists (F45)
    charted: int = 0
    kept_uncharted: int = 0
    duplicates: int = 0
    gaps: list[dict[str, Any]] = field(default_factory=list)  # source, bytes, reason
    gap_count: int = 0
    missing_bytes: int = 0
    differing_bytes: int = 0
    journal: str = ""
    seconds: float = 0.0
    problem: str = ""  # why the file could not be read to its end


@app.callback()
def _entrance() -> None:
    """What is taken from outside beside the listeners."""


@app.command("tap")
def tap(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="PCAP|INTERFACE", help="A file of packets, or a mirrored port.")],
    port: Annotated[
        list[int] | None,
        typer.Option(min=1, max=65535, help="Where MLLP is spoken; repeat.  [default: found by its look]"),
    ] = None,
    json: Json = False,
) -> None:
    """Journal the HL7 messages that pass by: in a file (pcap, pcapng), or on an interface until it is told to stop.

    Nothing is sent to anybody. Connections are put back together; acknowledgements are counted and not kept. The source
    of a message is its sender's name after "tap:". Where packets are missing, no message is put together over the hole:
    the gap is told, and exit status 10 ends the command for a file; for an interface the watch raises an alarm.
    An interface needs a node that runs, and root or CAP_NET_RAW; prints JSON objects, one a line.
    """
    from contrefeu.base import OperatorError
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    ports = frozenset(port or ())
    if Path(what).is_file():
        node.audit("act", what="capture tap (file)")
        done = _file(node, Path(what), ports)
        answer(json, done, lambda: _for_people(done))
        finish(10 if done.gap_count or done.problem or done.encrypted else 0)
    elif what in {name for _, name in socket.if_nameindex()}:
        from contrefeu.cli.tapping import listen

        node.audit("act", what=f"capture tap {what}")
        listen(node, what, ports)
    else:
        names = ", ".join(name for _, name in socket.if_nameindex())
        raise OperatorError(
            f"There is no file and no interface {what}.", safe="Nothing was taken.", next=f"Interfaces here: {names}."
        )


def _file(node: "Node", path: Path, ports: frozenset[int]) -> Tapped:
    from contrefeu.capture import Refusals
    from contrefeu.capture.tap import CaptureFile, Tap
    from contrefeu.cli.progress import Progress

    started = time.monotonic()
    done = Tapped()
    first = last = 0
    hearing = Tap(node.settings.capture.message_bytes_max, ports)
    refusals = Refusals(node.settings.capture.refuse, node.settings.feeds)
    with path.open("rb") as file, Progress() as bar:
        packets = CaptureFile(file)
        bar.phase("tap", path.stat().st_size)
        with node.capture_appender() as journal:
            done.journal = node.capture_journal
            for batch in _batches(_heard(hearing, packets, bar.told), refusals, node, done):
                sequences = journal.append(batch)
                first, last = first or sequences.start, sequences.stop - 1
                done.journaled += len(sequences)
        done.problem = packets.problem
        if last:
            bar.phase("fold", done.journaled)
            with node.charts(told=bar.told) as charts:
                account = charts.account(done.journal, first, last)
            done.charted, done.kept_uncharted, done.duplicates = (
                account.charted,
                account.kept_uncharted,
                account.duplicates,
            )
    _count(done, hearing.counts)
    done.seconds = round(time.monotonic() - started, 3)
    return done


def _heard(hearing: "Tap", file: "CaptureFile", told: Callable[[int], None]) -> "Iterator[Heard | Gap]":
    for packet in file.packets():
        yield from hearing.take(packet)
        told(len(packet.data) + 16)  # and its header
    yield from hearing.end()


def _batches(
    found: "Iterable[Heard | Gap]", refusals: "Refusals", node: "Node", done: Tapped
) -> "Iterator[list[Draft]]":
    """What was heard, as much at a time as one sync is well spent on; gaps and what is refused go to *done*."""
    from contrefeu.capture import BATCH_BYTES, BATCH_DRAFTS
    from contrefeu.capture.tap import Gap
    from contrefeu.journal import ENTRY_BODY_BYTES_MAX, Draft

    batch: list[Draft] = []
    size = 0
    for one in found:
        if isinstance(one, Gap):
            if len(done.gaps) < GAPS_TOLD_MAX:
                done.gaps.append({"source": one.source, "bytes": one.length, "reason": one.reason})
        elif refusals.rule(one.source, one.media_type, one.body):
            done.refused += 1
        else:
            body = one.body[:ENTRY_BODY_BYTES_MAX]
            batch.append(Draft(one.source, one.media_type, body, node.clock.now_ns()))
            size += len(body)
        if batch and (size >= BATCH_BYTES or len(batch) >= BATCH_DRAFTS):
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _count(done: Tapped, counts: "TapCounts") -> None:
    for name in ("packets", "connections", "messages", "stray", "acknowledged", "rejected", "encrypted"):
        setattr(done, name, getattr(counts, name))
    done.gap_count, done.missing_bytes = counts.gaps, counts.missing_bytes
    done.differing_bytes = counts.differing_bytes


def _for_people(done: Tapped) -> None:
    say(f"{done.packets} packets, {done.connections} MLLP streams: {done.journaled} journaled in {done.journal}")
    say(f"  charted {done.charted}   kept, not charted {done.kept_uncharted}   repeats {done.duplicates}")
    say(f"  answers seen: {done.acknowledged} positive, {done.rejected} negative; they are not kept")
    if done.refused:
        say(f"  refused by the settings: {done.refused}, not kept")
    for gap in done.gaps:
        say(f"  GAP  {gap['source']}: {gap['bytes'] or 'some'} bytes, {gap['reason']}: a message may be missing")
    if done.differing_bytes:
        say(f"  LOOK: {done.differing_bytes} bytes came twice and were not the same; the first stand")
    if done.encrypted:
        say(f"  LOOK: {done.encrypted} streams are TLS: a tap cannot read them")
    if done.problem:
        whisper(f"contrefeu: {done.problem}; what came before it is journaled")
