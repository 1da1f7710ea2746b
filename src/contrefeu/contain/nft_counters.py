"""What counters of nftables saw: rules of `nft list ruleset`, as text or as JSON (`nft -j`, libnftables-json(5)).

Rules kept here:
  * A rule says a way when it names both ends and its counter is not 0. A set of addresses is each of them, MEMBERS_MAX
    at most; a range, a negation or a named set says nobody.
  * A counter that is not 0 and says no way is counted as such: the plan must not be thought to know it.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

MEMBERS_MAX = 256  # of one set: a zone's servers; a set of thousands is a list of the world, not of a hospital
Way = tuple[str, str, int, str]
"""Source, target, port (0: not known), transport."""

_ADDRESSES = r"(?:\{[^}]*\}|[0-9A-Fa-f.:/]+)"
_RULE = re.compile(
    rf"ip6? saddr (?P<source>{_ADDRESSES}) ip6? daddr (?P<target>{_ADDRESSES})"
    r"(?: (?P<transport>tcp|udp) dport (?P<port>\d{1,5}|\{[^}]*\}))?"
)
_COUNTED = re.compile(r"\bcounter packets 0*[1-9]")
_ONE = re.compile(r"[0-9A-Fa-f.:/]+")


def nft_text(lines: Iterable[str]) -> Iterator[Way | None]:
    """Yield the ways of rules as text; None for a counter that says none."""
    for line in lines:
        if not _COUNTED.search(line):
            continue
        found = _RULE.search(line)
        if found is None:
            yield None
            continue
        ports = [int(one) for one in re.findall(r"\d{1,5}", found["port"] or "0")]
        yield from _ways(_members(found["source"]), _members(found["target"]), ports, found["transport"] or "tcp")


def _members(text: str) -> list[str]:
    return _ONE.findall(text)


def nft_json(text: str) -> Iterator[Way | None]:
    """Yield the ways of rules as `nft -j` writes them; None for a counter that says none, or for what is no JSON."""
    try:
        told = json.loads(text)["nftables"]
        rules = [one["rule"]["expr"] for one in told if isinstance(one, dict) and "rule" in one]
    except (ValueError, LookupError, TypeError, RecursionError):
        yield None
        return
    for rule in rules:
        if isinstance(rule, list) and any(map(_counted, rule)):
            yield from _rule(rule)


def _counted(expression: Any) -> bool:
    counter = expression.get("counter") if isinstance(expression, dict) else None
    packets = counter.get("packets") if isinstance(counter, dict) else 0
    return isinstance(packets, int) and packets > 0


def _rule(rule: list[Any]) -> Iterator[Way | None]:
    ends: dict[str, list[Any]] = {}
    transport = "tcp"
    for expression in rule:
        match = expression.get("match") if isinstance(expression, dict) else None
        if not isinstance(match, dict) or match.get("op") not in ("==", "in"):
            continue
        left = match.get("left")
        payload = left.get("payload") if isinstance(left, dict) else None
        if isinstance(payload, dict) and payload.get("field") in ("saddr", "daddr", "dport"):
            ends[str(payload["field"])] = _values(match.get("right"))
            transport = "udp" if payload.get("protocol") == "udp" else transport
    sources, targets = ([str(one) for one in ends.get(name, [])] for name in ("saddr", "daddr"))
    ports = [one for one in ends.get("dport", [0]) if isinstance(one, int)]
    yield from _ways(sources, targets, ports, transport)


def _values(right: Any) -> list[Any]:
    """The addresses or ports that a match names."""
    if isinstance(right, str | int):
        return [] if isinstance(right, str) and right.startswith("@") else [right]
    if not isinstance(right, dict):
        return []
    prefix, members = right.get("prefix"), right.get("set")
    if isinstance(prefix, dict):
        return [f"{prefix.get('addr')}/{prefix.get('len')}"]
    if isinstance(members, list):
        return [value for one in members[:MEMBERS_MAX] if not (isinstance(one, dict) and "set" in one)
                for value in _values(one)]  # fmt: skip
    return []


def _ways(sources: list[str], targets: list[str], ports: list[int], transport: str) -> Iterator[Way | None]:
    if not (sources and targets and ports):
        yield None
    for source, target, port in product(sources[:MEMBERS_MAX], targets[:MEMBERS_MAX], ports[:MEMBERS_MAX]):
        yield source, target, port, transport
