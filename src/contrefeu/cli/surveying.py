"""What feeds send, told by counts: what is looked at, what is said of it, the profile that is proposed.

Rules kept here:
  * No word of a patient is said: types, counts, names of fields.
  * A profile is written only after it was read back as settings.
"""

import contextlib
import shlex
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contrefeu.cli.door import quote, say, spoken, whisper

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.journal import Entry
    from contrefeu.mapping import EntryLike, FeedSurvey

WAIT_S = 0.3  # between two looks for what comes: somebody sits before the screen


def looked_at(node: "Node", last: int, sample: "list[Path]", wait: int) -> "Iterator[EntryLike]":
    """What is looked at: files, what comes from now on, or what came last."""
    if sample:
        return _of_files(sample)
    return _from_now(node, wait) if wait else _last_entries(node, last)


def _of_files(paths: "list[Path]") -> "Iterator[EntryLike]":
    from contrefeu.base import OperatorError
    from contrefeu.capture import Item, files_in, read_file
    from contrefeu.journal import Entry

    missing = [path for path in paths if not path.exists()]
    if missing:
        raise OperatorError(f"There is no {missing[0]}.", safe="Nothing was changed.", next="Name files that exist.")
    for path in paths:
        for file in files_in(path):
            for one in read_file(file):
                if isinstance(one, Item):
                    yield Entry("sample", 1, 0, 0, one.source or "sample", one.media_type, one.body)


def _from_now(node: "Node", seconds: int) -> "Iterator[Entry]":
    """Entries of feeds as they are journaled: the sender is answered as ever, and nothing is lost by looking."""
    from contrefeu.journal import JournalReader

    files = node.journal_files(node.capture_journal)
    head = files.read_head()
    position, until = head.sequence if head else 0, time.monotonic() + seconds
    whisper(f"contrefeu: waiting {seconds} s for messages; send a sample of each kind now (Ctrl-C ends the wait)")
    reader = JournalReader(files, node.data_keys())
    with contextlib.closing(reader), contextlib.suppress(KeyboardInterrupt):
        while time.monotonic() < until:
            for entries in reader.after(position):
                position = entries[-1].sequence if entries else position
                yield from entries
            time.sleep(WAIT_S)


def write_proposal(node: "Node", name: str, told: list[dict[str, Any]]) -> None:
    """Write the one profile that was proposed."""
    from contrefeu.base import OperatorError, write_file
    from contrefeu.hospital import parse_settings

    proposed = [one["proposal"] for one in told]
    owner = [one for one in told if one["described"]]
    if len(proposed) != 1 or owner:
        why = f"{owner[0]['source']} is described already" if owner else f"{len(proposed)} senders were looked at"
        raise OperatorError(
            f"No profile was written: {why}.",
            safe="contrefeu.toml is as it was.",
            next="Name one sender that is not described: contrefeu feeds check SENDER --accept NAME.",
        )
    lines = proposed[0].replace("[feeds.NAME]", f"[feeds.{name}]")
    text = node.paths.settings.read_text().rstrip("\n") + "\n\n" + lines
    if name in node.settings.feeds:
        raise OperatorError(
            f"There is a feed {name!r} already.", safe="Nothing was changed.", next="Give it another name."
        )
    parse_settings(text)  # before a byte of it is written
    node.audit("act", what=f"feeds add {name}")
    write_file(node.paths.settings, text.encode(), mode=0o640)
    whisper(f"contrefeu: {name} is written to contrefeu.toml; stop the node and start it again")


def surveys_of(node: "Node", wanted: frozenset[str], entries: "Iterator[EntryLike]") -> "list[FeedSurvey]":
    """Count what each of the *wanted* senders sends (all, when none is named), by the rules that hold for it."""
    from contrefeu.chart import rules_of
    from contrefeu.hospital import feed_of
    from contrefeu.mapping import FeedSurvey

    rules = rules_of(node.settings)
    found: dict[str, FeedSurvey] = {}
    for entry in entries:
        if not wanted or feed_of(entry.source) in wanted or entry.source in wanted:
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


def told_of(node: "Node", survey: "FeedSurvey") -> dict[str, Any]:
    """Return what is said of one sender: its counts, what to settle first, the profile that would serve it."""
    import msgspec

    from contrefeu.hospital import feed_of, feed_text

    sender = feed_of(survey.source)
    owner = next((feed for feed in node.settings.feeds.values() if sender in feed.senders), None)
    told: dict[str, Any] = msgspec.to_builtins(survey)
    learned = told.pop("learned")
    told["described"] = owner is not None
    told["control_ids"] = {key: learned[key] for key in ("control_ids", "reused_same_day", "reused_later", "days")}
    told["empty"] = {name: one for name, one in learned["fields"].items() if one["empty"]}
    told["missing"] = survey.learned.missing()
    told["proposal"] = feed_text("NAME", survey.proposal())
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
    if owner and 0 < owner.message_bytes_max < survey.bytes_max:
        told["findings"].append(
            f"The longest has {survey.bytes_max} bytes, and its profile says {owner.message_bytes_max}. It was kept; "
            "if such messages are wanted, say so with `message_bytes_max`."
        )
    habit, ids = owner.control_ids if owner else "", survey.learned
    again = ids.reused_same_day + (ids.reused_later if habit == "unique" else 0)
    if habit in ("unique", "daily") and again:
        told["findings"].append(
            f"{again} control ids (MSH-10) were used again for another message, and its profile says "
            f"`{habit}`. Ask its owner why; if it is its habit, say so with `control_ids`."
        )
    if survey.unread == survey.entries:
        told["findings"].append("No rule reads anything of it: every message is kept, none is charted.")
    return told


def show(one: dict[str, Any], feed: str = "") -> None:
    """Say it to people; the profile as *feed*, or how to have it written under one."""
    say(f"{one['source']}  {one['entries']} entries, {one['tests']} of exercises, the longest {one['bytes_max']} bytes")
    for key, words in _LINES:
        counts = Counter(_in_words(one[key]) if key == "not_charted" else one[key])
        if counts:
            say(f"  {words}: " + ", ".join(f"{name or '-'} {count}" for name, count in counts.most_common()))
    without = sum(one["without_zone"].values())
    say(f"  times of day: {one['times']}, {without} without offset, read in {one['zone']}")
    if one["numbered"]:
        say(f"  sequence numbers (MSH-13): {one['numbered']}")
    ids = one["control_ids"]
    if ids["control_ids"]:
        say(
            f"  control ids (MSH-10): {ids['control_ids']}, of {ids['days']} days; used again for another message "
            f"on the same day {ids['reused_same_day']}, on another {ids['reused_later']}"
        )
    for name, seen in one["empty"].items():
        why = f": no chart says {one['missing'][name]}" if name in one["missing"] else ""
        say(f"  {name} empty in {seen['empty']} of {seen['of']}{why}")
    for finding in one["findings"]:
        say(f"  LOOK: {finding}")
    if not one["described"]:
        _say_proposal(one, feed)


def _say_proposal(one: dict[str, Any], feed: str) -> None:
    head, *lines = one["proposal"].splitlines()
    if feed:
        say("  proposed:")
        quote(f"    [feeds.{feed}]")
    else:
        sender = shlex.quote(one["source"])
        say(f"  proposed; contrefeu feeds check {sender} --accept NAME writes it, under a NAME of your choice:")
        say(f"    {head}")
    for line in lines:
        quote(f"    {line}")


def _in_words(counts: dict[str, int]) -> dict[str, int]:
    """Why no chart says it, as people read it; a place before it stays the standard's."""
    from contrefeu.station import LABELS

    whys = LABELS["loss"] if spoken() == "fr" else {}
    worded: Counter[str] = Counter()
    for name, count in counts.items():
        where, parted, why = name.partition(": ") if name not in whys else ("", "", name)
        worded[f"{where}{parted}{whys.get(why, why)}"] += count
    return worded


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
