"""`contrefeu audit`: who looked at what and who administered what, for whoever must keep or search it elsewhere."""

import contextlib
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from contrefeu.cli.door import Json, answer, door, say, whisper

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.journal import Entry

_FACILITY = 13  # log audit (RFC 5424, table 1)
_NOTICE, _INFORMATIONAL = 5, 6  # refused, done (table 2)
_ENTERPRISE = "contrefeu@32473"  # SD-ID; 32473 is reserved for documents (RFC 5612)
# Acts that administer: what they do to whom. Care is none of them; it stands on charts.
_ADMINISTERS = {
    "AccountAdded": "login",
    "AccountDisabled": "login",
    "TemporaryAccountMade": "login",
    "TemporaryAccountProlonged": "login",
    "TemporaryAccountEnded": "login",
    "SecretChanged": "login",
    "PasskeyAdded": "login",
    "PasskeyRemoved": "login",
    "DowntimeDeclared": "wards",
    "DowntimeLifted": "wards",
    "RecoveryKeyChanged": "",
    "RecoveryRehearsed": "",
    "RoleKeyMade": "role",
    "ShareConfirmed": "",
    "HorizonHeld": "",
    "HorizonReleased": "",
    "JournalExpired": "",
    "ReadingKeysDestroyed": "",
    "WithdrawalProposed": "kind",
    "WithdrawalCarried": "kind",
    "AlarmAcknowledged": "verdict",
    "IncidentOpened": "",
    "IncidentClosed": "",
    "CleanPointSet": "source",
    "GapTaken": "against",
    "EntriesSetAside": "reason",
    "EntriesReleased": "reason",
    "EntriesDropped": "reason",
    "IdentitiesLinked": "",
    "PairDecided": "",
    "AccountDrawn": "against",
    "PatientSignedOff": "chart",
    "HandBackSigned": "chart",
}
_ADMIN_KINDS = frozenset(["act", "export", "restore"])

app = typer.Typer(no_args_is_help=True, help="Who looked at what, and who administered what.")


@app.command("export")
def export(
    context: typer.Context,
    form: Annotated[Literal["fhir", "syslog"], typer.Option("--as", help="AuditEvent R4 as NDJSON, or RFC 5424.")],
    since: Annotated[str, typer.Option(metavar="TIME", help="From then on.  [default: all]")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="Before then.")] = "",
    out: Annotated[Path | None, typer.Option(help="File to write.  [default: stdout]")] = None,
    queries: Annotated[bool, typer.Option("--with-queries", help="What was searched too: it names patients.")] = False,
    json: Json = False,
) -> None:
    """Give the audit out, one event a line, in the order in which it was written.

    Logins, chart ids and entries stand in it; no name of a patient, no secret, and what was searched only if you ask.
    That it was given out is itself an entry. With --json and --out: events, file.
    """
    from contrefeu.base import OperatorError, write_file
    from contrefeu.cli.node import Node
    from contrefeu.watch.observe import OF_THE_AUDIT

    if json and out is None:
        raise OperatorError("--json needs --out.", safe="Nothing was read.", next="Name a file with --out.")
    node = Node.at(door(context).home)
    node.audit("export", what=f"audit, with searches, as {form}" if queries else f"{OF_THE_AUDIT}{form}")
    line = _fhir if form == "fhir" else _syslog
    lines = (line(event, entry, queries) for entry, event in _events(node, since, until))
    if out is None:
        for one in lines:
            sys.stdout.buffer.write(one + b"\n")
        sys.stdout.buffer.flush()
        return
    written = [one + b"\n" for one in lines]
    write_file(out.absolute(), b"".join(written), mode=0o600)
    told = {"events": len(written), "file": str(out)}
    answer(json, told, lambda: whisper(f"contrefeu: {len(written)} events written to {out}"))


@app.command("acts")
def acts(
    context: typer.Context,
    since: Annotated[str, typer.Option(metavar="TIME", help="From then on.  [default: all]")] = "",
    json: Json = False,
) -> None:
    """List administrative acts, the oldest first: accounts, keys, feeds, downtime, exports, withdrawals, alarms,
    what was compared, sent back, set aside, decided and signed in a recovery."""
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    node.audit("act", what="audit acts")
    found = sorted([*_administered(node, since), *_commanded(node, since)], key=lambda one: (one["at"], one["entry"]))

    def for_people() -> None:
        for one in found:
            say(f"{one['at']}  {one['by']:16}  {one['what']}  [{one['entry']}]")

    answer(json, {"acts": found}, for_people)


def _commanded(node: "Node", since: str) -> Iterator[dict[str, Any]]:
    """What commands and pages did, as the audit says."""
    for entry, event in _events(node, since, ""):
        kind = (event.get("subtype") or [{}])[0].get("code", "")
        if kind in _ADMIN_KINDS:
            what = " ".join(filter(None, ("" if kind == "act" else kind, _what(event)))) or kind
            yield _act(event["recorded"], entry, _who(event), what, failed=event.get("outcome") != "0")


def _administered(node: "Node", since: str) -> Iterator[dict[str, Any]]:
    """What was decided, as the acts say."""
    from contrefeu.acts import decode
    from contrefeu.base import rfc3339
    from contrefeu.cli.times import instant

    from_ns = instant(since, "--since") or 0
    with node.charts() as charts:
        entries = charts.acts("")
    for entry in entries:
        act = decode(entry.body)
        name = type(act).__name__
        if entry.received_ns >= from_ns and name in _ADMINISTERS:
            of = getattr(act, _ADMINISTERS[name]) if _ADMINISTERS[name] else ""
            what = f"{name} {', '.join(of) if isinstance(of, list) else of}".strip()
            yield _act(rfc3339(entry.received_ns), entry, entry.source.removeprefix("user/"), what, failed=False)


def _act(at: str, entry: "Entry", by: str, what: str, *, failed: bool) -> dict[str, Any]:
    return {"at": at, "by": by, "what": what, "failed": failed, "entry": entry.ref}


def _events(node: "Node", since: str, until: str) -> "Iterator[tuple[Entry, dict[str, Any]]]":
    """Every AuditEvent of this node's own audit, with its entry."""
    import msgspec

    from contrefeu.cli.times import instant
    from contrefeu.journal import MEDIA_FHIR, JournalReader, chain

    from_ns, to_ns = instant(since, "--since") or 0, instant(until, "--until")
    for journal in chain(node.paths.journals, node.audit_journal):
        with contextlib.closing(JournalReader(node.journal_files(journal), node.data_keys())) as reader:
            for entries in reader.after(0):
                for entry in entries:
                    within = entry.received_ns >= from_ns and (to_ns is None or entry.received_ns < to_ns)
                    if within and entry.media_type == MEDIA_FHIR:
                        yield entry, msgspec.json.decode(entry.body)


def _fhir(event: dict[str, Any], entry: "Entry", queries: bool) -> bytes:
    import msgspec

    if not queries:
        for entity in event.get("entity") or []:
            entity.pop("query", None)
    return msgspec.json.encode({"id": entry.ref.replace("/", "-")[-64:], **event})


def _syslog(event: dict[str, Any], entry: "Entry", queries: bool) -> bytes:
    """RFC 5424, section 6, with what was done as structured data; a text for people follows a byte order mark."""
    from base64 import b64decode

    from contrefeu.watch.tell import structured

    failed = event.get("outcome") != "0"
    kind = (event.get("subtype") or [{}])[0].get("code", "act")
    entities = event.get("entity") or []
    patient = next((e["what"]["reference"] for e in entities if "reference" in e.get("what", {})), "")
    agent = event["agent"][0]
    data = {
        "kind": kind,
        "by": _who(event),
        "role": next((role.get("text", "") for role in agent.get("role", [])), ""),
        "address": agent.get("network", {}).get("address", ""),
        "patient": patient,
        "what": _what(event),
        "outcome": "refused" if failed else "done",
        "emergency": "yes" if event.get("purposeOfEvent") else "",
        "entry": entry.ref,
    }
    if queries:
        asked = next((e["query"] for e in entities if e.get("query")), "")
        data["query"] = b64decode(asked).decode(errors="replace")
    return structured(
        _FACILITY * 8 + (_NOTICE if failed else _INFORMATIONAL),
        event["recorded"],
        socket.gethostname(),
        f"audit-{kind}",
        _ENTERPRISE,
        data,
        f"{data['by']} {kind} {patient or data['what']} {data['outcome']}",
    )


def _who(event: dict[str, Any]) -> str:
    who = event["agent"][0]["who"]
    return str(who.get("identifier", {}).get("value") or who.get("display") or "?")


def _what(event: dict[str, Any]) -> str:
    return next((e["what"]["display"] for e in event.get("entity") or [] if "display" in e.get("what", {})), "")
