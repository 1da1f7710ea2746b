"""How many persons and records, which were read here and which left, with the method and the error (L2, A3).

Rules kept here:
  * Counted are entries received in a window, the patients that they name, and looks and exports in Contrefeu itself.
  * What other systems showed or gave away, no journal here saw: it is "unknown", never 0.
  * A honey patient is no person, and a look at one no record of anybody (F46): the alarm tells of it.
  * A patient is one chart: merged numbers count once. An entry that names nobody known here is counted apart.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, field

from contrefeu.fhir import decode
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, Entry
from contrefeu.mapping import Reading

AUDIT = "-audit"  # ends the name of a journal of who looked at what
READ = frozenset(["view", "entry", "document", "board"])  # web.KINDS: shown on a screen
LEFT = frozenset(["export", "restore"])  # given out of Contrefeu


class Look(NamedTuple):
    """One record that was read here, or left."""

    at: str
    kind: str
    by: str
    chart: str  # chart id; "" when it is about several
    what: str
    ref: str


class Counts(Struct):
    """What a window holds."""

    since: str  # RFC 3339
    until: str
    assumed: bool  # nobody said since when: counted from the day before awareness
    entries: int = 0  # of feeds
    persons: int = 0  # charts that those entries name
    unnamed: int = 0  # entries that name nobody known here
    closed: int = 0  # entries that no key here opens: beyond the horizon
    kinds: Counter[str] = field(default_factory=Counter)  # message types
    read: int = 0  # looks at one record, here
    read_persons: int = 0
    readers: int = 0
    left: int = 0  # exports
    looks: list[Look] = field(default_factory=list)


def count(
    found: Counts,
    entries: Iterable[Entry],
    read: Callable[[Entry], Reading],
    chart_of: Callable[[str], str],
    nobodies: frozenset[str] = frozenset(),
) -> Counts:
    """Fill *found* from the entries of its window.

    Args:
        found: With its window.
        entries: Of every journal, received in the window.
        read: What an entry says.
        chart_of: World and number -> chart id; "" for nobody known.
        nobodies: Chart ids of honey patients.
    """
    charts: set[str] = set()
    for entry in entries:
        if entry.journal.endswith(AUDIT):
            _look(found, entry, nobodies)
        elif entry.media_type != MEDIA_ACT and not entry.source.startswith("user/"):
            reading = read(entry)
            named = {chart_of(f"{reading.world} {one.keys[0]}") for one in reading.subjects if one.keys} - {""}
            if named and named <= nobodies:
                continue
            charts |= named - nobodies
            found.entries += 1
            found.unnamed += not named
            found.kinds[reading.kind] += 1
    found.persons = len(charts)
    seen = [one for one in found.looks if one.kind in READ]
    found.read, found.left = len(seen), len(found.looks) - len(seen)
    found.read_persons = len({one.chart for one in seen} - {""})
    found.readers = len({one.by for one in seen})
    return found


def _look(found: Counts, entry: Entry, nobodies: frozenset[str]) -> None:
    if entry.media_type != MEDIA_FHIR:
        return
    event = decode(entry.body)
    if not isinstance(event, dict) or event.get("outcome") == "4":  # refused: nothing was shown
        return
    kind = next((str(one.get("code", "")) for one in event.get("subtype", [])), "")
    if kind not in READ | LEFT:
        return
    chart, what = _about(event)
    if chart in nobodies:
        return
    found.looks.append(Look(str(event.get("recorded", "")), kind, entry.source, chart, what, entry.ref))


def _about(event: dict[str, Any]) -> tuple[str, str]:
    named = [one.get("what", {}) for one in event.get("entity", [])]
    chart = next((str(one["reference"]).removeprefix("Patient/") for one in named if "reference" in one), "")
    return chart, next((str(one["display"]) for one in named if "display" in one), "")


def looks_csv(found: Counts) -> bytes:
    """Which records were read here or left, one a line."""
    rows = ["at,kind,by,chart,what,entry"]
    for look in found.looks:
        rows.append(",".join(_cell(value) for value in look))
    return ("\n".join(rows) + "\n").encode()


def _cell(value: str) -> str:
    """A cell that a spreadsheet takes for text."""
    text = f"'{value}" if value[:1] in ("=", "+", "-", "@") else value
    return msgspec.json.encode(text).decode().replace('\\"', '""') if any(c in text for c in '",\n\r') else text
