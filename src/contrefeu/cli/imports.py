"""`contrefeu import`: journal files and folders, whatever they hold."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from msgspec import Struct, field

from contrefeu.cli.door import Json, answer, door, finish, say, whisper

if TYPE_CHECKING:
    from contrefeu.base import Clock
    from contrefeu.capture import Item, Reading, Refusals
    from contrefeu.journal import Draft

NOT_OF_AN_EXERCISE = "not-of-an-exercise"  # real patients have no place in a home of exercises
_PACKED = frozenset({".gz", ".xz", ".zst", ".tgz", ".zip", ".tar"})


class Imported(Struct):
    """What an import did."""

    files: int = 0
    received: int = 0
    journaled: int = 0
    charted: int = 0
    kept_uncharted: int = 0
    duplicates: int = 0
    refused: int = 0  # by the settings' refuse lists: acknowledged to nobody, kept nowhere (F45)
    refused_by_rule: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    bytes: int = 0
    journal: str = ""
    first: int = 0
    last: int = 0
    problems: list[str] = field(default_factory=list)


def import_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders.")],
    source: Annotated[str, typer.Option(help="Name of the feed, instead of the one each message gives.")] = "",
    json: Json = False,
) -> None:
    """Journal files or folders, then chart what can be charted.

    HL7 v2 (one or many messages, batches, MLLP dumps), FHIR JSON and NDJSON, CDA XML, also inside .gz .xz .zst .tar
    .tar.gz .zip; told apart by their content. Nothing is dropped: what cannot be read is kept as it came. The same
    file twice is journaled twice and charted once. A home of exercises takes what is marked as an exercise's, and
    refuses the rest. Exit status 10 when something could not be taken; it is named.
    """
    from contrefeu.base import OperatorError
    from contrefeu.capture import ReadAhead, Refusals
    from contrefeu.cli.node import Node
    from contrefeu.cli.progress import Progress

    missing = [path for path in paths if not path.exists()]
    if missing:
        raise OperatorError(f"There is no {missing[0]}.", safe="Nothing was imported.", next="Name files that exist.")
    node = Node.at(door(context).home)
    started = time.monotonic()
    done = Imported(journal=node.capture_journal)
    refusals = Refusals(node.settings.capture.refuse, node.settings.feeds)
    with Progress() as bar:
        bar.phase("import", _bytes_of(paths))
        with ReadAhead(paths) as readings, node.capture_appender() as journal:
            done.journal = node.capture_journal  # another one may just have been begun
            for batch in _batches(readings, source, refusals, node.clock, done, exercise=node.settings.drill):
                sequences = journal.append(batch)
                done.first = done.first or sequences.start
                done.last = sequences.stop - 1
                done.journaled += len(sequences)
                bar.told(sum(len(draft.body) for draft in batch))
        if done.last:
            bar.phase("fold", done.journaled)
            with node.charts(told=bar.told) as charts:
                account = charts.account(done.journal, done.first, done.last)
    if done.last:
        done.charted, done.kept_uncharted, done.duplicates = (
            account.charted,
            account.kept_uncharted,
            account.duplicates,
        )
    done.seconds = round(time.monotonic() - started, 3)
    for problem in done.problems:
        whisper(f"contrefeu: {problem}")
    answer(json, done, lambda: _for_people(done))
    finish(0 if done.received == done.journaled + done.refused else 10)


def _bytes_of(paths: list[Path]) -> int:
    """How much there is to read; 0 when some of it is packed, and nobody knows."""
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
    return 0 if any(file.suffix in _PACKED for file in files) else sum(file.stat().st_size for file in files)


def _batches(
    readings: "Iterable[Reading]",
    source: str,
    refusals: "Refusals",
    clock: "Clock",
    done: Imported,
    *,
    exercise: bool,
) -> "Iterator[list[Draft]]":
    """What was read, as much at a time as one sync is well spent on; counted in *done*."""
    from contrefeu.capture import BATCH_BYTES, BATCH_DRAFTS
    from contrefeu.journal import Draft

    batch: list[Draft] = []
    size = 0
    for reading in readings:
        done.files += reading.files
        for problem in reading.problems:
            done.received += 0 if problem.kept else 1
            done.problems.append(f"{problem.origin}: {problem.reason}")
        done.received += len(reading.items)
        for item in reading.items:
            rule = (
                (NOT_OF_AN_EXERCISE if exercise and not _is_exercise(item) else "")
                or refusals.rule(item.source, item.media_type, item.body)
                or (refusals.rule(source, item.media_type, item.body) if source else "")
            )
            if rule:
                done.refused += 1
                done.refused_by_rule[rule] = done.refused_by_rule.get(rule, 0) + 1
                continue
            length = len(item.body)
            if batch and (size + length > BATCH_BYTES or len(batch) >= BATCH_DRAFTS):
                yield batch
                batch, size = [], 0
            batch.append(Draft(source or item.source or "import", item.media_type, item.body, clock.now_ns()))
            size += length
            done.bytes += length
    if batch:
        yield batch


def _is_exercise(item: "Item") -> bool:
    """Whether an item may enter a home of exercises: marked as theirs, or nothing that could be charted (G2)."""
    from contrefeu.fhir import is_exercise
    from contrefeu.hl7 import Message, NotHl7, hprim_header
    from contrefeu.journal import MEDIA_CDA, MEDIA_FHIR, MEDIA_HL7V2, MEDIA_HPRIM

    if item.media_type == MEDIA_HL7V2:
        try:
            return Message.parse(item.body).processing_id.strip().upper() in {"T", "D"}
        except NotHl7:
            return True
    if item.media_type == MEDIA_FHIR:
        try:
            whole = msgspec.json.decode(item.body)
            inside = [one.get("resource", {}) for one in whole.get("entry", [])] or [whole]
            return is_exercise(whole) or all(is_exercise(one) for one in inside)
        except (msgspec.DecodeError, AttributeError):
            return True
    if item.media_type == MEDIA_HPRIM:
        header = hprim_header(item.body)
        return header is not None and not header.is_real
    return item.media_type != MEDIA_CDA


def _for_people(done: Imported) -> None:
    say(f"files {done.files}   received {done.received}   journaled {done.journaled}, in {done.journal}")
    for rule, count in done.refused_by_rule.items():
        say(f"  refused by {rule}: {count}, not kept")
    say(f"  charted {done.charted}   kept, not charted {done.kept_uncharted}   repeats {done.duplicates}")
