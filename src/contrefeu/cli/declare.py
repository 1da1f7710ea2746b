"""`contrefeu declare`: the draft of a declaration, from the entries of one incident."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, quote

if TYPE_CHECKING:
    from contrefeu.acts import Incident
    from contrefeu.cli.node import Node
    from contrefeu.declare import Counts, Draft, House, IncidentFile, Regime

REGIMES = "regimes"  # folder of a home: a hospital's own, or newer ones


class Form(StrEnum):
    """How a draft is given."""

    PDF = "pdf"
    TEXT = "text"


def declare(
    context: typer.Context,
    regime: Annotated[str, typer.Argument(help="One of docs/howto/declare.md, such as nis2-24h, or your own.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE.pdf", help="The draft, to complete and sign.")] = None,
    as_: Annotated[Form, typer.Option("--as", help="A sheet, or plain text for a phone.")] = Form.PDF,
    incident: Annotated[
        str, typer.Option(metavar="JOURNAL/SEQ", help="Which one.  [default: the last one that is open]")
    ] = "",
    stix: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="The incident for a CSIRT, as STIX 2.1.")
    ] = None,
    records: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Which records were read here or left, one a line.")
    ] = None,
    json: Json = False,
) -> None:
    """Draft a declaration: its deadline, what the journals say of each field, and which mandatory ones are empty.

    Nothing is sent. Without an open incident the last declared downtime stands in for the moment of awareness, and the
    draft says so. Persons and records are counted in the journal, with method and error; `persons` is null when nothing
    can be counted.
    """
    from contrefeu.base import OperatorError, write_file
    from contrefeu.cli.node import Node
    from contrefeu.cli.printing import ready_for
    from contrefeu.declare import draft_pdf, draft_text, looks_csv, make_draft, stix_bundle

    node = Node.at(door(context).home)
    regimes = regimes_of(node)
    chosen = regime_of(regimes, regime)
    if out is None and as_ is Form.PDF:
        raise OperatorError("A sheet needs a file.", next="Add --out FILE.pdf, or --as text.")
    ready_for(out, stix, records)
    node.audit("act", what=f"declare {chosen.id}")
    file = _file(node, incident)
    draft = make_draft(file, chosen, regimes, house_of(node, door(context).language), node.clock.now_ns())
    if stix is not None:
        if file.incident is None:
            raise OperatorError("A CSIRT is told of an incident, and none is open.", next="contrefeu incident open")
        write_file(stix.absolute(), stix_bundle(file, node.settings.node.facility, node.clock.now_ns()), mode=0o600)
    if records is not None and file.counts is not None:
        write_file(records.absolute(), looks_csv(file.counts), mode=0o600)
    text = draft_text(draft)
    if out is not None:
        write_file(out.absolute(), draft_pdf(draft) if as_ is Form.PDF else text.encode(), mode=0o600)

    def for_people() -> None:
        if as_ is Form.TEXT and out is None:
            quote(text)
            return
        quote(draft.page["deadline"])
        quote(draft.page["empty_title"])
        for one in draft.empty_fields:
            quote(f"  {one}")

    told = _told(file, draft, chosen) | {"out": str(out or ""), "stix": str(stix or ""), "records": str(records or "")}
    answer(json, told | ({"text": text} if as_ is Form.TEXT else {}), for_people)


def _told(file: "IncidentFile", draft: "Draft", regime: "Regime") -> dict[str, Any]:
    counts = file.counts
    counted = {"persons": None, "entries": None} if counts is None else {
        "persons": counts.persons, "entries": counts.entries, "window": [counts.since, counts.until],
        "window_assumed": counts.assumed, "entries_naming_nobody": counts.unnamed, "entries_closed": counts.closed,
        "records_read_here": counts.read, "persons_read_here": counts.read_persons, "records_left_here": counts.left,
        "records_read_elsewhere": "unknown", "records_left_elsewhere": "unknown",
    }  # fmt: skip
    return {
        "regime": draft.regime,
        "version": regime.version,
        "deadline": draft.deadline,
        "late": draft.late,
        "incident": file.incident.ref if file.incident else "",
        "awareness": file.awareness.at if file.awareness else "",
        "awareness_recorded": bool(file.awareness and file.awareness.recorded),
        "empty_fields": draft.empty_fields,
        **counted,
    }


def regimes_of(node: "Node") -> "dict[str, Regime]":
    """Every regime: those that come with Contrefeu, and the home's own."""
    from contrefeu.declare import default_regimes

    own = sorted((node.paths.root / REGIMES).glob("*.toml"))
    return default_regimes((path.name, path.read_text()) for path in own)


def regime_of(regimes: "dict[str, Regime]", name: str) -> "Regime":
    """One of them.

    Raises:
        OperatorError: There is none of that name.
    """
    from contrefeu.base import OperatorError

    if name not in regimes:
        raise OperatorError(
            f"There is no regime {name}.", safe="Nothing was declared.", next=f"Known: {', '.join(sorted(regimes))}."
        )
    return regimes[name]


def house_of(node: "Node", language: Any) -> "House":
    """What the settings say of the house."""
    from contrefeu.declare import House

    settings = node.settings
    said = settings.declare
    return House(
        settings.node.facility, settings.node.zone, language, said.contact, said.dpo, said.structure_id, settings.drill
    )


def register_of(node: "Node") -> "list[Incident]":
    """Every incident of this house."""
    from contrefeu.declare import register

    with node.charts() as charts:
        return register(entry for entry in charts.acts("") if node.counts(entry.journal))


def _file(node: "Node", named: str) -> "IncidentFile":
    from contrefeu.base import OperatorError
    from contrefeu.declare import incident_file, register

    with node.charts() as charts:
        entries = [entry for entry in charts.acts("") if node.counts(entry.journal)]
        found = register(entries)
        open_ = [one for one in found if one.ref == named or (not named and one.open)]
        if named and not open_:
            raise OperatorError("There is no incident of that name.", next="contrefeu incident list names them.")
        file = incident_file(entries, open_[-1] if open_ else None, node.clock.now_ns())
        file.counts = _counts(node, file, charts)
    return file


def _counts(node: "Node", file: "IncidentFile", charts: Any) -> "Counts | None":
    """What the window holds; None when nobody knows a window."""
    from functools import lru_cache

    from contrefeu.base import parse_rfc3339, rfc3339
    from contrefeu.chart import rules_of
    from contrefeu.declare import Counts, count
    from contrefeu.declare.file import DAY_NS
    from contrefeu.mapping import read

    incident = file.incident
    if file.awareness is None:
        return None
    known = incident is not None and bool(incident.since)
    from_ns = parse_rfc3339(incident.since) if incident and known else parse_rfc3339(file.awareness.at) - DAY_NS
    to_ns = parse_rfc3339(incident.closed_at) if incident and incident.closed_at else node.clock.now_ns()
    rules, beyond = rules_of(node.settings), list[dict[str, Any]]()

    @lru_cache(maxsize=100_000)
    def chart_of(number: str) -> str:
        return next(iter(charts.numbers(number.partition(" ")[2])), "")

    found = Counts(rfc3339(from_ns), rfc3339(to_ns), assumed=not known)
    entries = node.entries("", from_ns, to_ns, beyond=beyond)
    nobodies = frozenset(one.chart for one in charts.honey())
    count(found, entries, lambda entry: read(entry, rules.of(entry.source)), chart_of, nobodies)
    found.closed = sum(one["last_entry"] - one["first_entry"] + 1 for one in beyond)
    return found
