"""Flows that were seen: Zeek's conn.log, NetFlow and IPFIX as CSV, counters of nftables.

    Zeek       TSV with its #fields line, or one JSON object a line; a connection that was refused or unanswered is none
    CSV        with a header line: nfdump's of 1.6 (sa, da, sp, dp, pr) or 1.7 (srcAddr, dstAddr, srcPort, dstPort...);
               IPFIX's own names (sourceIPv4Address...); SiLK's (sIP, dIP, sPort, dPort); pmacct's (SRC_IP, DST_IP...)
    nftables   `nft list ruleset`, text or -j: rules with addresses and a counter that is not 0 (nft_counters.py)

Rules kept here:
  * A flow is turned towards the port that is known, or the lower one: a record of the answers is not a second way.
  * Lines that say no flow are counted, never a reason to stop: whoever is in the network writes some of them.
  * Text in, values out: this module opens no file.
"""

import csv
import json
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from contrefeu.contain.inventory import PORT_MAX
from contrefeu.contain.nft_counters import nft_json, nft_text

NO_CONNECTION = frozenset(["S0", "REJ", "RSTOS0", "SH"])  # conn_state: nothing was answered (Zeek, Conn::Info)
EPHEMERAL_FIRST = 49_152  # RFC 6335, 6: a port from here on is nobody's
_PROTOCOLS = {"6": "tcp", "17": "udp", "tcp": "tcp", "udp": "udp"}  # IANA protocol numbers
_COLUMNS = {
    "source": ["sa", "srcaddr", "sourceipv4address", "sourceipv6address", "sip", "src_ip"],
    "target": ["da", "dstaddr", "destinationipv4address", "destinationipv6address", "dip", "dst_ip"],
    "source_port": ["sp", "srcport", "sourcetransportport", "sport", "src_port"],
    "target_port": ["dp", "dstport", "destinationtransportport", "dport", "dst_port"],
    "transport": ["pr", "proto", "protocolidentifier", "protocol"],
}  # what -> its column's name in lower case (IPFIX: IANA, "IPFIX Information Elements")
_CSV = {name: what for what, names in _COLUMNS.items() for name in names}
_NOBODY = frozenset(["", "0.0.0.0", "::"])  # noqa: S104 - what an exporter writes in the column of the other family


class Seen(NamedTuple):
    """One way that was used."""

    source: str  # address
    target: str
    port: int  # 0: not known
    transport: str


class Reading(NamedTuple):
    """What a file said."""

    kind: str  # "zeek", "csv", "nftables"
    ways: frozenset[Seen]
    unread: int  # lines that should have said a flow and did not


def read_flows(text: str, known_ports: Collection[int]) -> Reading | None:
    """Read a file of flows; None when it is of no kind that is known.

    Args:
        text: The file.
        known_ports: Ports that a server listens on, by which a flow is turned (data/spread.toml).
    """
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if first.startswith(("#separator", "#fields")):
        return _gathered("zeek", _zeek_tsv(lines))
    if first.startswith("{") and '"id.orig_h"' in first:
        return _gathered("zeek", _zeek_json(lines))
    if {"source", "target"} <= set(_named(first.split(","))):
        return _gathered("csv", _csv(lines, known_ports))
    if first.lstrip().startswith("{") and '"nftables"' in text[:200]:
        return _gathered("nftables", (one and Seen(*one) for one in nft_json(text)))
    if any(line.lstrip().startswith("table ") for line in lines):
        return _gathered("nftables", (one and Seen(*one) for one in nft_text(lines)))
    return None


def _gathered(kind: str, found: Iterable[Seen | None]) -> Reading:
    """None stands for a line that could not be read."""
    ways, unread = set(), 0
    for one in found:
        if one is None:
            unread += 1
        elif one.source != one.target and one.port <= PORT_MAX:
            ways.add(one)
    return Reading(kind, frozenset(ways), unread)


def _zeek_tsv(lines: Iterable[str]) -> Iterator[Seen | None]:
    names: list[str] = []
    for line in lines:
        if line.startswith("#fields"):
            names = line.split("\t")[1:] if "\t" in line else line.split()[1:]
        elif line.strip() and not line.startswith("#"):
            cells = line.split("\t")
            yield from _zeek(dict(zip(names, cells, strict=False))) if len(cells) == len(names) else (None,)


def _zeek_json(lines: Iterable[str]) -> Iterator[Seen | None]:
    for line in lines:
        if line.strip():
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                yield None
                continue
            yield from _zeek(found) if isinstance(found, dict) else (None,)


def _zeek(row: dict[str, object]) -> Iterator[Seen | None]:
    if str(row.get("conn_state")) in NO_CONNECTION:
        return
    source, target, port = (str(row.get(name, "")) for name in ("id.orig_h", "id.resp_h", "id.resp_p"))
    transport = str(row.get("proto", ""))
    if not (source and target and _is_port(port)):
        yield None
    elif transport in ("tcp", "udp"):
        yield Seen(source, target, int(port), transport)


def _csv(lines: Iterable[str], known_ports: Collection[int]) -> Iterator[Seen | None]:
    names: list[str] = []
    for line in lines:
        cells = _cells(line)
        if not cells:
            yield from (None,) if line.strip() else ()
            continue
        if not names:
            names = _named(cells)
            continue
        if cells[0].strip() in ("Summary", "No matched flows"):  # what follows is a sum, not a flow
            return
        row = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip() not in _NOBODY}
        transport = _PROTOCOLS.get(row.get("transport", "").casefold(), "")
        ports = (row.get("source_port", ""), row.get("target_port", ""))
        if not all(map(_is_port, ports)) or not {"source", "target"} <= row.keys():
            yield None
        elif transport:
            yield _turned(row["source"], row["target"], int(ports[0]), int(ports[1]), transport, known_ports)


def _named(head: Iterable[str]) -> list[str]:
    """What each column of a header says; "" for another."""
    return [_CSV.get(name.strip(' "').casefold(), "") for name in head]


def _turned(
    source: str, target: str, source_port: int, target_port: int, transport: str, known_ports: Collection[int]
) -> Seen:
    answers = (target_port not in known_ports, target_port) > (source_port not in known_ports, source_port)
    if answers:
        source, target, target_port = target, source, source_port
    return Seen(source, target, target_port if target_port < EPHEMERAL_FIRST else 0, transport)


def _cells(line: str) -> list[str]:
    """One line of CSV: a record holds no line break, and a line that is none says nothing of the next."""
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(PORT_MAX))
