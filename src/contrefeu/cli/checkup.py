"""What `doctor` looks at in a home: ports, certificates, copies, printers, keys, who may read what.

Rules kept here:
  * Each check is a function from a node to findings; CHECKS lists them in the order in which they are said.
  * A check that fails is a finding: the others go on.
"""

import datetime as dt
import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from contrefeu.base import ContrefeuError
from contrefeu.chart import how_apart
from contrefeu.cli import machine
from contrefeu.cli.copying import last_states, scrubbed
from contrefeu.cli.exchanging import peer_states
from contrefeu.cli.finding import Finding, act, look
from contrefeu.cli.keys import ALARMS
from contrefeu.cli.node import Node, listens
from contrefeu.cli.rehearsing import described_recovery
from contrefeu.cli.reloading import listening
from contrefeu.cli.selftest import FINE, last_selftest
from contrefeu.cli.specimens import specimens
from contrefeu.cli.spool import help_of, trouble_of
from contrefeu.cli.vaults import EXPIRES_SOON_DAYS
from contrefeu.cli.wardtest import last_wardtest

CERTIFICATE_DAYS = 45  # a certificate is said to end so early: somebody is on leave
CONNECT_S = 2.0  # a port of this machine that does not answer by then does not
_HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (what listens everywhere is asked here)
LATE_S = 300.0  # copies are behind: as the watch's copy-late


def ports(node: Node) -> Iterator[Finding]:
    """Where feeds and wards connect: free while the node is stopped, answered while it runs."""
    running = listens(node.capture_socket)
    for key, address in listening(node).items():
        host, _, port = address.rpartition(":")
        if running and not _answers(host.strip("[]"), int(port)):
            what = f"Nobody answers on {address} (`{key}`), and the node runs."
            advice = "contrefeu status says who writes; the node's log says why."
            yield act("port-silent", what, "What was acknowledged; senders keep what they could not send.", advice)
        elif not running and (why := _refused(host.strip("[]"), int(port))):
            what = f"The node could not listen on {address} (`{key}`): {why}."
            yield act("port-taken", what, "Nothing runs yet.", "Stop what listens there (ss -ltnp), or write another.")
    if not running:
        yield look("not-running", "No node runs on this home.", "What is in it.", "contrefeu up, or systemctl start.")


def certificates(node: Node) -> Iterator[Finding]:
    """Until when they are valid, and for which names."""
    now = dt.datetime.fromtimestamp(node.clock.now_ns() / 1e9, dt.UTC)
    renew = "contrefeu config certificate makes the server's anew; start the node again then."
    known = {
        "ca.pem": "contrefeu config certificate --authority makes a new authority; give its ca.pem to every ward PC.",
        "server.pem": renew,
    }
    for name, advice in known.items():
        found = x509.load_pem_x509_certificate((node.paths.ca_dir / name).read_bytes())
        days = (found.not_valid_after_utc - now).days
        if days < CERTIFICATE_DAYS:
            judge, ends = (act, "has ended") if days < 0 else (look if days > 7 else act, f"ends in {days} days")
            what = f"The certificate ca/{name} {ends} ({found.not_valid_after_utc:%Y-%m-%d})."
            yield judge("certificate-ends", what, "Charts, and capture of feeds; browsers refuse the app then.", advice)
    server = x509.load_pem_x509_certificate((node.paths.ca_dir / "server.pem").read_bytes())
    held = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    names = {str(one.value) for one in held}
    lacking = [name for name in node.settings.web.names if name.strip("[]") not in names]
    if lacking:
        what = f"The server's certificate lacks {', '.join(lacking)} of `web.names`: browsers refuse the app there."
        yield act("certificate-names", what, "The app under its other names.", renew)


def copies(node: Node) -> Iterator[Finding]:
    """Whether a lost disk would lose something, and whether a copy was ever tried."""
    if not node.settings.vaults:
        yield act(
            "no-vault",
            "No vault holds a copy: with this disk, everything is lost; the settings too.",
            "What is on this disk.",
            "contrefeu vault add URL (docs/howto/vaults.md), of two kinds. Until then: contrefeu config backup.",
        )
    elif len(node.settings.vaults) == 1:
        what = "There is one vault: whoever holds it, or its credentials, holds the only copy."
        yield look("one-vault", what, "What it holds, as long as it stands.", "contrefeu vault add a second one.")
    for state in last_states(node):
        yield from _vault(state)
    for one in last_selftest(node):
        if one["state"] not in FINE:
            what = f"At the last self-test the copy in {one['url']} did not give the charts back ({one['state']})."
            yield act(
                "copy-untrue", what, "The home's own journals.", "contrefeu vault verify URL, then vault selftest."
            )
    if scrubbed(node).get("home", {}).get("state") == "damaged":
        what = "A closed segment in the home is not what was sealed."
        yield act("journal-damaged", what, "What copies hold.", "contrefeu vault repair; keep the damaged file.")
    today = dt.datetime.fromtimestamp(node.clock.now_ns() / 1e9, dt.UTC).date()
    for vault in node.settings.vaults:
        yield from _host(vault.url, vault.host, vault.certificate_expires, today)


def printers(node: Node) -> Iterator[Finding]:
    """Whether packs come out where and when nothing answers any more."""
    packs = node.settings.packs
    if not packs.folders:
        what = "No ward packs are made ahead: in the first hour of an outage there is nothing on paper."
        yield look("no-packs", what, "Charts, in the app.", 'Write [packs] folders = ["/srv/packs/{ward}"].')
    for folder in packs.folders:
        if "{ward}" not in folder and not Path(folder).is_dir():
            what = f"The folder for packs {folder} is not there."
            yield act("pack-folder", what, "Packs in the other folders.", "Plug or mount it, or correct packs.folders.")
    for ward, queue in sorted(packs.printers.items()):
        trouble = trouble_of(queue)
        if trouble:
            what = f"The printer {queue} of ward {ward} {trouble}."
            yield act("printer", what, "Its pack lies in the folders.", help_of(queue))


def wards(node: Node) -> Iterator[Finding]:
    """What wards would lack in an outage, as it was last tried."""
    for one in last_wardtest(node):
        for lack in one.lacks:
            yield act(f"ward-{lack.code}", f"Ward {one.ward}: {lack.what}", "Charts, in the app.", lack.next)


def keys(node: Node) -> Iterator[Finding]:
    """The custodians' key: who could open the archive, and whether shares still lie about."""
    for alarm in described_recovery(node)["alarms"]:
        what, _, advice = ALARMS[alarm].partition(": ")
        yield act(
            f"keys-{alarm}", f"{what[0].upper()}{what[1:]}.", "The archive, as long as k shares are there.", advice
        )
    beside = node.paths.root.with_name(f"{node.paths.root.name}-shares")
    if beside.is_dir() and any(beside.iterdir()):
        yield act(
            "shares-beside",
            f"The custodians' shares lie together in {beside}: whoever copies it opens every copy.",
            "Nothing was opened with them, as far as this node knows.",
            "Print each for its custodian, and remove the files. If others had access: contrefeu keys rotate.",
        )


def clocks(node: Node) -> Iterator[Finding]:
    """This node's clock against those of its peers."""
    for peer in peer_states(node):
        if peer["clock"] in {"off", "ahead"}:
            what = f"The clock of {peer['node']} is {peer['clock_offset_s']:+} s from this one's."
            yield act(
                "clock-peer", what, "The order of entries.", "Set the wrong one right by the hospital's time server."
            )


def charts_server(node: Node) -> Iterator[Finding]:
    """Whether the server of the charts keeps facilities apart, where there is one (docs/howto/postgresql.md)."""
    if not node.charts_server(node.paths.charts_now):
        return
    how = how_apart(node.settings.charts.store)
    safe = "Names, numbers and contents: the server has none of them in clear."
    if how.superuser:
        what = "The node's user on the charts' server is its superuser: all charts there can be deleted from here."
        yield act("charts-superuser", what, safe, "Give it a role of its own: docs/howto/postgresql.md, On the server.")
    if how.open:
        what = "Any user of the charts' server may enter this node's database, and hold up its charts."
        yield act("charts-open", what, safe, "On the server: REVOKE ALL ON DATABASE its name FROM PUBLIC.")
    if how.others and not how.superuser:
        what = f"The node's user on the charts' server may enter {how.others} databases of others."
        yield look("charts-others", what, safe, "On the server, for each: REVOKE ALL ON DATABASE its name FROM PUBLIC.")


def permissions(node: Node) -> Iterator[Finding]:
    """Whether others on this machine may read keys, or write in the home."""
    root = node.paths.root
    secret = [root / "node", node.paths.keys / "reading", node.paths.store_key, node.paths.vault_credentials]
    secret += sorted(node.paths.ca_dir.glob("*.key"))
    for path in [one for top in secret for one in (top, *(sorted(top.rglob("*")) if top.is_dir() else []))]:
        mode = _mode(path)
        if mode & 0o007 and not path.name.endswith(".pem") and path.is_file():
            yield _open(path, f"may be {'changed' if mode & 2 else 'read'} by anybody on this machine", "chmod 600")
    for path in (root, node.paths.settings, node.paths.journals, node.paths.keys):
        if _mode(path) & 0o002:
            yield _open(path, "may be changed by anybody on this machine", "chmod o-w")


CHECKS: dict[str, Callable[[Node], Iterator[Finding]]] = {
    "disk": machine.disk,
    "filesystem": machine.filesystem,
    "memory": machine.memory,
    "clock": machine.clock,
    "clocks of peers": clocks,
    "ports": ports,
    "certificates": certificates,
    "copies": copies,
    "packs and printers": printers,
    "wards": wards,
    "keys": keys,
    "specimen numbers": specimens,
    "users": machine.apart,
    "the charts' server": charts_server,
    "permissions": permissions,
}


def checked(node: Node) -> Iterator[Finding]:
    """What every check finds; a check that could not be made is a finding too."""
    for name, check in CHECKS.items():
        try:
            yield from check(node)
        except (ContrefeuError, OSError, ValueError, KeyError) as failed:
            why = failed.what if isinstance(failed, ContrefeuError) else type(failed).__name__
            where = f" {failed.filename}" if isinstance(failed, OSError) and failed.filename else ""
            what = f"The check of {name} could not be made: {why}{where}."
            yield act("check-failed", what, "What the other checks say.", "Run it as the user that starts the node.")


def _vault(state: dict[str, object]) -> Iterator[Finding]:
    url, how, lag = state["url"], state["state"], state["lag_seconds"]
    if how in {"refused", "alarm"}:
        what = f"The vault {url} refuses what this node sends, or raised an alarm ({how})."
        yield act("vault-refuses", what, "What it held before.", "contrefeu vault verify URL, before anything else.")
    elif how not in {"up-to-date", "one-way", "catching-up"}:
        what = f"Nothing goes to the vault {url} now: {how}."
        advice = "contrefeu vault copy tries at once and says why; start the node, which copies by itself."
        yield act("vault-away", what, "What is on this disk, and what the vault held before.", advice)
    elif isinstance(lag, int | float) and lag > LATE_S:
        yield act("vault-late", f"The vault {url} is {lag:.0f} s behind.", "What is on this disk.", "Look at the line.")


def _host(url: str, host: str, expires: str, today: dt.date) -> Iterator[Finding]:
    if urlsplit(url).scheme != "file" and not host:
        what = f"It is not written down who runs the vault {url}, nor under which certificate (F43)."
        yield look("vault-host", what, "What it holds is sealed.", "Add host, country, certificate to its [[vaults]].")
    if expires:
        days = (dt.date.fromisoformat(expires) - today).days
        if days < EXPIRES_SOON_DAYS:
            what = f"The hosting certificate of the vault {url} {'ended' if days < 0 else 'ends'} on {expires}."
            yield act("vault-certificate", what, "What it holds is sealed.", "Ask its host; then correct the date.")


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((_HERE.get(host, host), port), CONNECT_S):
            return True
    except OSError:
        return False


def _refused(host: str, port: int) -> str:
    """Why a listener could not be there; "" when it could."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        return "no address of this machine has that name"
    except OSError as failed:
        return (os.strerror(failed.errno or 0)).lower()
    return ""


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return 0


def _open(path: Path, what: str, command: str) -> Finding:
    safe = "Nothing was seen to be taken: this says only that it could be."
    return act("home-open", f"{path} {what}.", safe, f"{command} {path}; if others were on it, keys rotate.")
