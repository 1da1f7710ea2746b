"""What other converters made of the same messages, beside what we make of them, element by element.

    python -m tests.mapping.converters      prints what differs, by element, and writes it into the page

Method: both sides' resources of a message, flattened to pairs of element and value; ids, references and the order of
repetitions left out, times as instants, numbers as decimals. A value that one side alone has is a difference. Every
element with one is judged in `judged.toml`, which docs/reference/mapping.md prints.
"""

import lzma
import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

from contrefeu.chart.fold import fold, to_bundle
from contrefeu.fhir import decode, encode
from contrefeu.mapping import FeedRules, read
from tests.mapping.messages import entry
from tests.mapping.parsed import er7

DATA = Path(__file__).parents[1] / "data" / "converters"
# What a chart holds. Of their other resources (MessageHeader, Provenance, Organization...) the words are compared where
# a chart has them: beside the reference.
TYPES = frozenset(
    {
        "AllergyIntolerance", "Appointment", "Condition", "DiagnosticReport", "DocumentReference", "Encounter",
        "Immunization", "MedicationAdministration", "MedicationRequest", "Observation", "Patient", "Procedure",
        "ServiceRequest",
    }
)  # fmt: skip
_CHOICES = re.compile(r"(value|effective|performed|occurrence|deceased|multipleBirth|onset|medication)[A-Z]\w*")
# Names of elements that are addresses of the one that wrote them
_ADDRESSES = frozenset({"id", "reference", "fullUrl", "resourceType", "meta", "div", "url"})
RULES = FeedRules(zone="UTC")
JUDGED = Path(__file__).parent / "judged.toml"
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "mapping.md"
BEGIN, END = "<!-- made by tests/mapping/converters.py -->", "<!-- end -->"


class Pair(NamedTuple):
    """One message, and what a converter made of it."""

    converter: str
    name: str
    message: bytes
    bundle: dict[str, Any]


class Difference(NamedTuple):
    """One element of one type: how often both sides have the same value, and how often one alone."""

    element: str
    same: int
    theirs: int
    ours: int


def pairs(folder: Path = DATA) -> Iterator[Pair]:
    """Every message of a folder with its expected output: one JSON object a line, in .jsonl.xz files."""
    for path in sorted(folder.glob("*.jsonl.xz")):
        with lzma.open(path) as lines:
            for line in lines:
                found = decode(line)
                message = er7(found["parsed"]) if "parsed" in found else found["message"].encode()
                yield Pair(path.name.partition(".")[0], found["name"], message, found["bundle"])


def ours(message: bytes) -> list[dict[str, Any]]:
    """The resources of the charts that a message makes by itself."""
    reading = read(entry(message), RULES)
    found: list[dict[str, Any]] = []
    for part in (reading, *reading.also):
        key = part.subjects[0].keys[0] if part.subjects and part.subjects[0].keys else "nobody|1"
        found += (one["resource"] for one in to_bundle(fold(key, part.world, [part]))["entry"])
    return decode(encode(found))  # type: ignore[no-any-return]


def differences(found: Iterator[Pair]) -> dict[str, dict[str, Difference]]:
    """What differs, by converter and element."""
    counts: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for pair in found:
        theirs = _values(_resources(pair.bundle))
        mine = _values(iter(ours(pair.message)))
        for path in theirs.keys() | mine.keys():
            left, right = theirs.get(path, Counter()), mine.get(path, Counter())
            same = left & right
            count = counts[pair.converter][_element(path)]
            count["same"] += same.total()
            count["theirs"] += (left - same).total()
            count["ours"] += (right - same).total()
    return {
        converter: {
            element: Difference(element, count["same"], count["theirs"], count["ours"])
            for element, count in sorted(elements.items())
        }
        for converter, elements in sorted(counts.items())
    }


def _element(path: str) -> str:
    """The element of a resource that a path is in: "Observation.value[x]"."""
    kind, name = path.split(".")[:2]
    name = name.removeprefix("_")
    choice = _CHOICES.fullmatch(name)
    return f"{kind}.{choice[1]}[x]" if choice else f"{kind}.{name}"


def _resources(found: Any) -> Iterator[dict[str, Any]]:
    """Every resource of a Bundle, or of lists of them."""
    if isinstance(found, list):
        for one in found:
            yield from _resources(one)
    elif found.get("resourceType") == "Bundle":
        for one in found.get("entry") or []:
            yield one.get("resource") or {}
    elif "resourceType" in found:
        yield found
    else:
        for one in found.values():
            yield from _resources(one) if isinstance(one, dict | list) else ()


def _values(resources: Iterator[dict[str, Any]]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for resource in resources:
        kind = resource.get("resourceType", "")
        if kind in TYPES:
            for element, value in _leaves(resource, kind):
                found[element][value] += 1
    return found


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, one in value.items():
            if name in _ADDRESSES:
                continue
            if name == "extension":
                yield f"{path}.extension", "present"
            elif not name.startswith("_"):
                yield from _leaves(one, f"{path}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one, path)
    elif value is not None:
        yield path, _plain(value)


def _plain(value: Any) -> str:
    text = str(value).strip()
    if len(text) > 16 and text[4:5] == "-" and "T" in text:
        try:
            return str(datetime.fromisoformat(text).timestamp())
        except ValueError:
            return text
    try:
        return str(Decimal(text).normalize()) if text[:1].isdigit() and len(text) < 20 else text
    except InvalidOperation:
        return text


def judgements() -> list[dict[str, Any]]:
    """What was judged: elements, verdict, why."""
    found: list[dict[str, Any]] = tomllib.loads(JUDGED.read_text())["judged"]
    return found


def page(found: dict[str, dict[str, Difference]]) -> str:
    """The part of the page that is made: each judgement with the counts of all converters together."""
    lines = ["| element | same | theirs alone | ours alone |", "| --- | ---: | ---: | ---: |"]
    blocks = []
    for one in judgements():
        rows = [_row(element, found) for element in sorted(one["elements"])]
        blocks.append("\n".join([f"**{one['verdict']}.** {one['why']}", "", *lines, *rows]))
    return "\n\n".join(blocks)


def _row(element: str, found: dict[str, dict[str, Difference]]) -> str:
    counts = [elements[element] for elements in found.values() if element in elements]
    same, theirs, mine = (sum(one[at] for one in counts) for at in (1, 2, 3))
    return f"| {element} | {same} | {theirs} | {mine} |"


def written(text: str, made: str) -> str:
    """The page with its made part."""
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{made}\n\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """Print every difference, and write the page."""
    found = differences(pairs())
    for converter, elements in found.items():
        sys.stdout.write(f"{converter}\n")
        for one in elements.values():
            if one.theirs or one.ours:
                sys.stdout.write(f"  {one.element:60} same {one.same:5} theirs {one.theirs:5} ours {one.ours:5}\n")
    PAGE.write_text(written(PAGE.read_text(), page(found)))


if __name__ == "__main__":
    main()
