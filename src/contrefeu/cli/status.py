"""`contrefeu status`: the node at a glance."""

from typing import TYPE_CHECKING, Any, Literal

import typer

from contrefeu.cli.door import Json, answer, door, finish, say
from contrefeu.cli.keys import say_alarms
from contrefeu.cli.watch import GRAVITIES

if TYPE_CHECKING:
    from contrefeu.cli.node import Node


PEOPLE = (
    "user/",
    "console",
    "rule/",
)  # sources that are people here, and their watch: their acts are entries, and no feed

WAIT_S = 2.0  # for what was durable when the command was typed to be charted; then it says how far behind they are


def status(context: typer.Context, json: Json = False) -> None:
    """Show the node at a glance: journals, feeds, charts, copies, downtime. Exit status 10 when something is wrong."""
    from contrefeu.cli.live import is_stuck
    from contrefeu.cli.node import Node

    told = describe(Node.at(door(context).home))
    answer(json, told, lambda: _for_people(told))
    finding = (
        told["troubles"]
        or told["succeeded"]
        or told["keys"]["alarms"]
        or any(v["state"] in {"refused", "alarm"} for v in told["vaults"])
        or told["capture"].get("no_vault")
        or _untrue(told)
        or any(one["state"] != "ready" for one in told["ready"])
        or any(one["state"] == "damaged" for one in _scrubs(told))
        or told["refused_journals"]
        or told["charts"]["restoring"]
        or any(_is_alarm(peer) for peer in told["peers"])
        or told["alarms"]["gravest"] in {"act", "attack"}
        or any(one["old"] or one["printer"] for one in told["packs"])
        or any(ward["state"] == "alarm" for ward in told["wards"])
        or any(is_stuck(one) for one in told["surviving"])
        or any(one["is_low"] for one in told["specimen_numbers"]["ranges"])
        or told["specimen_numbers"]["twice"]
    )
    finish(14 if told["trouble"] or told["packs_unread"] else 10 if finding else 0)


def describe(node: "Node") -> dict[str, Any]:
    """What `status --json` prints."""
    from contrefeu.base import rfc3339
    from contrefeu.capture import RefusedCounts
    from contrefeu.cli.accounts import downtime_state
    from contrefeu.cli.exchanging import peer_states, refused_journals
    from contrefeu.cli.growth import growth
    from contrefeu.cli.live import live_states
    from contrefeu.cli.node import listens
    from contrefeu.cli.specimens import specimen_states
    from contrefeu.cli.wards import ward_states
    from contrefeu.journal import successions

    journals = [_journal(files) for files in node.journals()]
    follows = {one.journal: one for one in successions(node.paths.journals)}
    for journal in journals:
        one = follows.get(journal["id"])
        journal["follows"] = one.follows.origin if one is not None else ""
    capture, station = _writer_state(node, "capture"), _writer_state(node, "station")
    node.patience_s = WAIT_S
    with node.charts() as charts:
        folded = charts.status()
    node.patience_s = 0.0  # it was waited for: all else is told as it stands
    downtime = downtime_state(node)
    charted = {files.verifier().name for files in node.charted()}
    lag = sum(max(0, j["entries"] - folded.positions.get(j["id"], 0)) for j in journals if j["id"] in charted)
    packs = _packs(node)
    return {
        "node": node.settings.node.id,
        "facility": node.settings.node.facility,
        "running": listens(node.capture_socket),
        "time": rfc3339(node.clock.now_ns()),
        "journals": journals,
        "feeds": [_feed(feed) for feed in folded.feeds if not feed.source.startswith(PEOPLE)],
        "charts": {
            # In an exercise's home every patient is the exercise's: there the number would say nothing apart.
            "patients": folded.patients + (folded.test_patients if node.settings.drill else 0),
            "test_patients": folded.test_patients,
            "lag_entries": lag,
            "waiting": folded.waiting,
            "unread": folded.unread,
            "withdrawn": folded.withdrawn,
            "as_of": folded.as_of,
            "restoring": folded.restoring,
        },
        "vaults": _vaults(node),
        "keys": _keys(node),
        "processes": _processes(node, capture),
        "disk": growth(node),
        "scrub": _scrubbed(node),
        "selftest": _selftest(node),
        "ready": _ready(node),
        "peers": peer_states(node),
        "wards": ward_states(node),
        "surviving": live_states(node),
        "specimen_numbers": specimen_states(node),
        "refused_journals": refused_journals(node),
        "alarms": _alarms(node),
        "packs": packs or [],
        "packs_unread": packs is None,
        "taps": _taps(node),
        "downtime": {"state": downtime["state"], "since": downtime["since"]},
        "refused": RefusedCounts(node.paths.feeds / "refused.json").by_rule | capture.get("refused_by_rule", {}),
        "sealed": capture.get("sealed_by_role", {}),
        "capture": capture,
        "trouble": capture.get("trouble", "") or station.get("trouble", ""),
        "writing": {s["journal"]: s["trouble"] for s in (capture, station) if s.get("trouble")},
        "succeeded": {one.follows.origin: one.journal for one in follows.values() if not one.mended},
        "troubles": {journal: kind for journal, kind in folded.troubles.items() if not _is_closed(node, journal, kind)},
        "closed": [journal for journal, kind in folded.troubles.items() if _is_closed(node, journal, kind)],
    }


def _alarms(node: "Node") -> dict[str, Any]:
    """How many alarms nobody has answered, and how grave the gravest is; `watch` says which."""
    from contrefeu.acts import SEVERITIES
    from contrefeu.cli.watch import known_alarms

    found = [alarm.raised.severity for alarm in known_alarms(node) if alarm.open]
    return {"open": len(found), "gravest": max(found, key=SEVERITIES.index, default="")}


def _packs(node: "Node") -> list[dict[str, Any]] | None:
    """How old the pack of each ward is, where packs are made ahead, and what keeps its printer from printing it.

    None when what is known of them cannot be read.
    """
    from contrefeu.base import StorageError
    from contrefeu.cli.standing import standing, unprinted

    try:
        if not node.settings.packs.folders:
            none: dict[str, Any] = {"made": "", "minutes": 0, "old": False}
            return [{"ward": ward, **none, "printer": printer} for ward, printer in unprinted(node).items()]
        found = standing(node)
    except StorageError:
        return None
    return [
        {"ward": one.ward, "made": one.made, "minutes": one.age_minutes, "old": one.old, "printer": one.printer}
        for one in found
    ]


def _taps(node: "Node") -> list[dict[str, Any]]:
    """What taps on interfaces last said of themselves."""
    import msgspec

    from contrefeu.cli.tapping import states

    return [msgspec.to_builtins(one) for one in states(node)]


def _is_closed(node: "Node", journal: str, kind: str) -> bool:
    """Whether a journal is a peer's that grants nothing (yet): it is kept, and not read."""
    return kind in {"journal-unreadable", "beyond-horizon"} and node.peers().speaks_for(journal) is not None


def _is_alarm(peer: dict[str, Any]) -> bool:
    return peer["state"] in {"refused", "alarm"} or peer["clock"] == "ahead"


def _journal(files: Any) -> dict[str, Any]:
    head = files.read_head()
    sizes = sum(files.segment(number).stat().st_size for number in files.segments())
    return {
        "id": files.verifier().name,
        "entries": head.sequence if head else _signed(files),
        "bytes": sizes,
        "head": head.leaves if head else 0,
    }


def _signed(files: Any) -> int:
    """Entries that a journal's checkpoint signs for: one that nobody writes here, as a restored one, has no head."""
    from contrefeu.proof import ProofMismatch, open_checkpoint

    try:
        return open_checkpoint(files.checkpoint.read_bytes(), [files.verifier()]).entries
    except (ProofMismatch, OSError):
        return 0


def _feed(feed: Any) -> dict[str, Any]:
    return {
        "source": feed.source,
        "received": feed.received,
        "last": feed.last,
        "state": "heard",  # silence is judged against a learned delay, which no feed has yet
        "charted": feed.charted,
        "kept_uncharted": feed.uncharted,
        "duplicates": feed.duplicates,
        "withdrawn": feed.withdrawn,
    }


def _writer_state(node: "Node", role: Literal["capture", "station"]) -> dict[str, Any]:
    from contrefeu.base import StorageError
    from contrefeu.capture import LocalJournal

    path, journal = (
        (node.capture_socket, node.capture_journal)
        if role == "capture"
        else (node.station_socket, node.station_journal)
    )
    try:
        local = LocalJournal(path, journal)
    except StorageError:
        return {}
    try:
        return local.state()
    finally:
        local.close()


def _keys(node: "Node") -> dict[str, Any]:
    """The horizon, and what somebody must see to; `keys status` says more."""
    from contrefeu.cli.horizon import described_horizon
    from contrefeu.cli.rehearsing import described_recovery

    return {"horizon": described_horizon(node), "alarms": described_recovery(node)["alarms"]}


def _processes(node: "Node", capture: dict[str, Any]) -> dict[str, Any]:
    """How the processes are kept apart, and what is said to who runs the node."""
    shared = node.settings.processes.users == "shared"
    notes = ["shared-user"] if shared else []
    if capture and not capture.get("confined"):
        notes.append("not-confined")
    return {"users": node.settings.processes.users, "confined": capture.get("confined"), "notes": notes}


_NOTES = {
    "shared-user": "the node's processes share one system user ([processes] users in contrefeu.toml)",
    "not-confined": "this kernel has no Landlock: capture and web may open what their user may",
}


def _scrubbed(node: "Node") -> dict[str, Any]:
    """When the home's own journals were last read again, and what was found."""
    from contrefeu.cli.copying import scrubbed

    return scrubbed(node).get("home", {"state": "not yet"})


def _selftest(node: "Node") -> list[dict[str, Any]]:
    from contrefeu.cli.selftest import last_selftest

    return last_selftest(node)


def _ready(node: "Node") -> list[dict[str, Any]]:
    """What each ward would lack when everything else is gone, as it was last tried."""
    from contrefeu.cli.ready import described
    from contrefeu.cli.wardtest import last_wardtest

    return [described(one) for one in last_wardtest(node)]


def _vaults(node: "Node") -> list[dict[str, Any]]:
    from contrefeu.cli.copying import last_states

    return last_states(node)


def _for_people(told: dict[str, Any]) -> None:
    say(f"{told['facility']}  node {told['node']}  {'running' if told['running'] else 'stopped'}")
    for j in told["journals"]:
        say(f"  journal {j['id']}  {j['entries']} entries  {j['bytes'] / 1e6:.1f} MB")
    disk = told["disk"]
    lasts = f", lasts {disk.days_left:.0f} days at the pace of the last week" if disk.days_left is not None else ""
    say(f"  disk  {disk.free_bytes / 1e9:.1f} GB free for feeds{lasts}")
    c = told["charts"]
    say(f"  charts  {c['patients']} patients, {c['test_patients']} of exercises; {c['lag_entries']} entries behind")
    if c["restoring"] is not None:
        lacks = c["restoring"]
        say(f"  RESTORING: {lacks.read} of {lacks.of} entries are in the charts, all of them since {lacks.since}")
    if c["waiting"] or c["unread"]:
        say(f"  in no chart  {c['waiting']} results or orders without owner, {c['unread']} entries that name nobody")
    _say_feeds(told)
    _say_copies(told)
    _say_peers(told)
    if told["packs_unread"]:
        say("packs: what is known of them cannot be read; contrefeu packs list says what to do")
    for one in told["packs"]:
        if one["made"]:
            say(f"  pack {one['ward']}  {one['minutes']} minutes old{'  TOO OLD, or nowhere' if one['old'] else ''}")
        if one["printer"]:
            say(f"  pack {one['ward']}  NOT PRINTED: the printer {one['printer']}")
    for one in told["ready"]:
        for lack in one["lacks"]:
            say(f"  NOT READY: ward {one['ward']}  {lack['what']}  (tried {one['at']})")
            say(f"    next  {lack['next']}")
    downtime = told["downtime"]
    say(f"  downtime declared {downtime['since']}" if downtime["state"] == "declared" else "  downtime normal")
    held = told["keys"]["horizon"]["held"]
    say(f"  horizon {told['keys']['horizon']['days']} days{f', held: {held}' if held else ''}")
    for note in told["processes"]["notes"]:
        say(f"  note: {_NOTES[note]}")
    say_alarms(told["keys"]["alarms"])
    if told["alarms"]["open"]:
        gravest = GRAVITIES[told["alarms"]["gravest"]]
        say(f"  ALARMS: {told['alarms']['open']} open, the gravest {gravest}: contrefeu watch")
    for journal, kind in told["troubles"].items():
        say(f"  TROUBLE: journal {journal} is not read on ({kind}): contrefeu journal verify says where")
    _journals_in_trouble(told)


def _journals_in_trouble(told: dict[str, Any]) -> None:
    if told["trouble"]:
        for journal, why in told["writing"].items():
            say(f"  TROUBLE: journal {journal} cannot write ({why}); senders get no answer and keep their messages")
    for journal, successor in told["succeeded"].items():
        say(
            f"  TROUBLE: journal {journal} is damaged or short; {successor} goes on in its place, and messages are kept"
        )


def _say_feeds(told: dict[str, Any]) -> None:
    for f in told["feeds"]:
        say(f"  feed {f['source']}  {f['received']} received, last {f['last']}")
    for rule, count in told["refused"].items():
        say(f"  refused by {rule}  {count}, not kept")
    for role, count in told["sealed"].items():
        say(f"  sealed to {role}  {count} since the start")
    for tap in told["taps"]:
        counts = tap["counts"]
        say(f"  tap {tap['interface']}  {counts['messages']} messages, {counts['gaps']} gaps, last told {tap['at']}")
        if tap["last_gap"]:
            gap = tap["last_gap"]
            say(f"  GAP  {gap['source']} at {gap['at']}: a message may be missing; ask its sender to send it again")
    for link, seen in told["capture"].get("sequences", {}).items():
        say(f"  numbers of {link}  next {seen['expected']}; {seen['gaps']} missing or out of order")


def _say_copies(told: dict[str, Any]) -> None:
    for v in told["vaults"]:
        say(f"  vault {v['url']}  {v['state']}  {v['entries']} entries, {_behind(v, told['journals'])}")
    for one in _untrue(told):
        say(f"  SELF-TEST: the copy in {one['url']} does not give the charts back ({one['state']}, {one['at']})")
    if told["capture"].get("no_vault"):
        counts = told["capture"]
        say(f"  NO VAULT: {counts['waiting_for_vault']} senders wait, {counts['without_vault']} answered without one")
    if any(one["state"] == "damaged" for one in _scrubs(told)):
        say("  DAMAGED: a closed segment is not what was sealed; contrefeu vault repair mends it from a copy")


def _untrue(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Copies that did not give the charts back at the last self-test."""
    from contrefeu.cli.selftest import FINE

    return [one for one in told["selftest"] if one["state"] not in FINE]


def _say_peers(told: dict[str, Any]) -> None:
    for p in told["peers"]:
        clock = f", clock {p['clock_offset_s']:+} s" if p["clock"] in {"off", "ahead"} else ""
        state = "never met over a line" if p["state"] == "never met" else p["state"]  # a stick leaves no trace here
        say(f"  peer {p['node']}  {state}{clock}  {p['problem']}".rstrip())
    for ward in told["wards"]:
        names = ", ".join(ward["wards"])
        stands = f"{ward['given']} entries given, {ward['state']}  {ward['problem']}".rstrip()
        say(f"  ward station {ward['node']} ({names})  {stands}")
    for one in told["surviving"]:
        stuck = sum(count for state, count in one["stuck"].items() if state != "behind")
        goes = f"{one['state']}, {one['sent']} taken, {one['waiting']} waiting, {stuck} for a person"
        say(f"  surviving system {one['system']}  {goes}  {one['problem']}".rstrip())
    for one in told["specimen_numbers"]["ranges"]:
        left = f"{'LOW: ' if one['is_low'] else ''}{one['left']} left" if one["left"] else "NONE LEFT"
        say(f"  specimen numbers of {one['name']}  {left}")
    if told["specimen_numbers"]["twice"]:
        say(f"  SPECIMENS: two stations gave the same number: {', '.join(told['specimen_numbers']['twice'][:5])}")
    for name in told["closed"]:
        say(f"  journal {name}  kept and not read: its station has granted nothing yet")
    for name in told["refused_journals"]:
        say(f"  REFUSED: exchange/refused/{name} is another history of a peer's journal; the one held stays")


def _scrubs(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [told["scrub"], *(vault["scrub"] for vault in told["vaults"])]


def _behind(vault: dict[str, Any], journals: list[dict[str, Any]]) -> str:
    """How far a copy is behind: in seconds while it is followed, else in entries."""
    if vault["lag_seconds"] is not None:
        return f"{vault['lag_seconds']} s behind"
    if not vault.get("positions"):
        return "how far behind is not known"
    held = vault["positions"]
    lacks = sum(max(0, one["entries"] - held.get(one["id"].replace("/", "_"), 0)) for one in journals)
    return f"{lacks} entries behind"
