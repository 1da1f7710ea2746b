"""The map: which ways lead from one system to another, what can close each, and what closing costs.

    way by a link      a connection over a protocol that carries (spread.py); closed by a filter between the zones of
                       its ends, where there is one, or by unplugging an end
    way by an account  found on one system, it opens each that knows it; closed by disabling it. Unplugging the system
                       it was found on does not close it: it may have been taken before
    way by trust       from who commands to who obeys; closed by unplugging an end

Rules kept here:
  * A function is lost when a system it needs is unplugged, a link it needs closed or an account it needs disabled; it
    is at risk when it still runs and a system it needs can be reached.
  * Costs are whole thousandths of a care point: sums are exact, and the same everywhere.
  * `outcome` walks the map and knows nothing of the solver: it checks it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import product
from typing import Literal, NamedTuple

from contrefeu.contain.flows import Seen
from contrefeu.contain.inventory import Function, Inventory, InventoryError, System, Zone, link_ends
from contrefeu.contain.spread import Protocol, Spread

ActionKind = Literal["isolate", "block", "disable"]


BROADCAST = "255.255.255.255"  # private, says a registry (RFC 6890), and no machine
ANY = "*"  # in a link to close: every system on the other side of a filter


class Link(NamedTuple):
    """A kind of connection between two systems; in what is to be closed, an end may be ANY."""

    source: str
    target: str
    transport: str
    port: int


class Action(NamedTuple):
    """One thing that somebody may do."""

    kind: ActionKind
    what: str | Link  # a system to unplug, a link to close, an account to disable


class Way(NamedTuple):
    """From one system to another, over a link; an account and trust have tables of their own."""

    source: str
    target: str
    link: Link


class Outcome(NamedTuple):
    """What a set of actions leaves."""

    exposed: frozenset[str]  # systems within reach, suspects too
    lost: dict[str, list[Action]]  # function -> which of the actions cost it
    at_risk: frozenset[str]  # functions
    cost: int  # thousandths of a care point


@dataclass(frozen=True)
class Terrain:
    """The map."""

    systems: Mapping[str, System]
    functions: Mapping[str, Function]
    links: frozenset[Link]
    zones: Mapping[str, Zone]
    spread: Spread
    unplaced: int = 0  # flows seen whose ends no inventory names and that lead outside
    unknown: frozenset[str] = field(default_factory=frozenset)  # systems that only a flow named

    def protocol(self, link: Link) -> Protocol:
        """What a link speaks, by its port."""
        return self._ports.get(link.port, self.spread.other)

    def blockable(self, link: Link) -> bool:
        """Whether a filter stands between the ends of *link*."""
        a, b = self.systems[link.source].zone, self.systems[link.target].zone
        if a == b:
            return a in self.zones and self.zones[a].inside
        return all(zone not in self.zones or self.zones[zone].border for zone in (a, b))

    def closers(self, link: Link) -> list[Action]:
        """Rules that close *link*: its own; everything towards its service; everything that its source opens so."""
        if not self.blockable(link):
            return []
        wider = [link._replace(source=ANY), link._replace(target=ANY)]
        return [
            Action("block", one) for one in (link, *wider) if one is link or self._closing[Action("block", one)] > 1
        ]

    def functions_of(self, action: Action) -> list[str]:
        """Functions that *action* costs."""
        return self._needing.get(action, [])

    def needed(self, function: Function) -> set[str]:
        """Systems that *function* needs, the ends of its links too."""
        return {*function.systems, *(end for link in function.links for end in link_ends(link)[:2])}

    @cached_property
    def _ports(self) -> dict[int, Protocol]:
        return self.spread.ports

    @cached_property
    def ways(self) -> list[Way]:
        """Every way by a link, in order."""
        found = []
        for link in sorted(self.links):
            protocol = self.protocol(link)
            if protocol.carries:
                found.append(Way(link.source, link.target, link))
                if protocol.both_ways:
                    found.append(Way(link.target, link.source, link))
        return found

    def closed(self, done: frozenset[Action]) -> frozenset[Link]:
        """Links that the rules among *done* close."""
        rules = frozenset(action for action in done if action.kind == "block")
        if not rules:
            return frozenset()
        return frozenset(link for link in self.links if not rules.isdisjoint(self.closers(link)))

    @cached_property
    def _closing(self) -> Counter[Action]:
        """How many links each action closes."""
        found: Counter[Action] = Counter()
        for link in self.links:
            found.update(Action("isolate", end) for end in (link.source, link.target))
            if self.blockable(link):
                rules = (link, link._replace(source=ANY), link._replace(target=ANY))
                found.update(Action("block", one) for one in rules)
        return found

    @cached_property
    def ways_from(self) -> dict[str, list[Way]]:
        """The same, by where they begin."""
        found = defaultdict(list)
        for way in self.ways:
            found[way.source].append(way)
        return dict(found)

    @cached_property
    def holders(self) -> dict[str, list[str]]:
        """Systems by account."""
        found = defaultdict(list)
        for one in self.systems.values():
            for account in one.accounts:
                found[account].append(one.id)
        return dict(found)

    @cached_property
    def members(self) -> dict[str, list[str]]:
        """Who obeys, by who commands."""
        found = defaultdict(list)
        for one in self.systems.values():
            for commander in one.trusts:
                found[commander].append(one.id)
        return dict(found)

    @cached_property
    def _needing(self) -> dict[Action, list[str]]:
        found: dict[Action, set[str]] = defaultdict(set)
        between: dict[tuple[str, str], list[Link]] = defaultdict(list)
        for link in self.links:
            between[link.source, link.target].append(link)
        for function in self.functions.values():
            costs = [Action("isolate", name) for name in self.needed(function)]
            costs += [Action("disable", account) for account in function.accounts]
            for spec in function.links:
                source, target, port = link_ends(spec)
                needed = [link for link in between[source, target] if port in (0, link.port)]
                costs += [action for link in needed for action in self.closers(link)]
            for action in costs:
                found[action].add(function.id)
        return {action: sorted(functions) for action, functions in found.items()}

    def function_cost(self, function: Function) -> int:
        """What losing *function* costs."""
        return round(1000 * function.weight)

    def risk_cost(self, function: Function) -> int:
        """What leaving it at risk costs."""
        return round(1000 * function.weight * self.spread.weights.care_at_risk)

    def effort(self, action: Action, suspects: Collection[str]) -> int:
        """What *action* costs beside care; what else a suspect is used for ends anyway, and is not counted."""
        weights = self.spread.weights
        by_itself = weights.rule if action.kind == "block" else weights.unplugged
        links = 0 if action.what in suspects else self._closing[action]
        return round(1000 * (by_itself + weights.flow * links))

    def outcome(self, suspects: Collection[str], actions: Iterable[Action]) -> Outcome:
        """What is within reach of *suspects*, and what care pays, once *actions* are done."""
        done = frozenset(actions)
        exposed = self._reached(suspects, done)
        lost: dict[str, list[Action]] = defaultdict(list)
        for action in sorted(done, key=str):
            for function in self.functions_of(action):
                lost[function].append(action)
        at_risk = frozenset(
            f.id for f in self.functions.values() if f.id not in lost and not exposed.isdisjoint(self.needed(f))
        )
        weights = self.spread.weights
        cost = sum(self.function_cost(self.functions[name]) for name in lost)
        cost += sum(self.risk_cost(self.functions[name]) for name in at_risk)
        cost += len(exposed - set(suspects)) * round(1000 * weights.exposed_system)
        return Outcome(exposed, dict(lost), at_risk, cost + sum(self.effort(one, suspects) for one in done))

    def _reached(self, suspects: Collection[str], done: frozenset[Action]) -> frozenset[str]:
        reached, queue, accounts = set(suspects), list(suspects), set[str]()
        closed = self.closed(done)

        def reach(name: str) -> None:
            if name not in reached and Action("isolate", name) not in done:
                reached.add(name)
                queue.append(name)

        while queue:
            here = queue.pop()
            for account in self.systems[here].accounts:
                if account not in accounts and Action("disable", account) not in done:
                    accounts.add(account)
                    for holder in self.holders[account]:
                        reach(holder)
            if Action("isolate", here) in done:
                continue
            for way in self.ways_from.get(here, []):
                if way.link not in closed:
                    reach(way.target)
            for member in self.members.get(here, []):
                reach(member)
        return frozenset(reached)


def make_terrain(inventory: Inventory, spread: Spread, seen: Iterable[Seen] = ()) -> Terrain:
    """Lay what was declared and what was seen on one map.

    An address of the house that no inventory names is a system of its own, of no zone: it may carry a fire too. What
    leads to a public address is counted, not drawn.
    """
    systems = {one.id: one for one in inventory.systems}
    links = {Link(f.source, f.target, f.transport, f.port) for f in inventory.flows}
    for function in inventory.functions:
        for spec in function.links:
            source, target, port = link_ends(spec)
            if not any((source, target) == one[:2] and port in (0, one.port) for one in links):
                links.add(Link(source, target, "tcp", port))
    places, unknown, unplaced = _Places(inventory.systems), set[str](), 0
    for flow in seen:
        sources, targets = places.systems(flow.source), places.systems(flow.target)
        unplaced += not (sources and targets)
        for source, target in product(sources, targets):
            for name in {source, target} - systems.keys():
                unknown.add(name)
                systems[name] = System(name, addresses=[name])
            if source != target:
                links.add(Link(source, target, flow.transport, flow.port))
    functions = {one.id: one for one in inventory.functions}
    zones = {one.id: one for one in inventory.zones}
    return Terrain(systems, functions, frozenset(links), zones, spread, unplaced, frozenset(unknown))


class _Places:
    """Which systems an address or a prefix is; none for a public one that nobody has."""

    def __init__(self, systems: Iterable[System]) -> None:
        self._known: dict[str, list[str]] = {}
        self._hosts: list[tuple[IPv4Network | IPv6Network, str]] = []
        self._networks: list[tuple[IPv4Network | IPv6Network, str]] = []
        for one in systems:
            for text in one.addresses:
                network = _network(text, one.id)
                if network.num_addresses == 1:
                    self._known.setdefault(str(network.network_address), []).append(one.id)  # a cluster's: each of them
                    self._hosts.append((network, one.id))
                else:
                    self._networks.append((network, one.id))
        self._networks.sort(key=lambda one: -one[0].prefixlen)  # the narrowest names it

    def systems(self, text: str) -> list[str]:
        if text not in self._known:
            self._known[text] = self._find(text)
        return self._known[text]

    def _find(self, text: str) -> list[str]:
        try:
            asked = ip_network(text, strict=False)
        except ValueError:
            return []
        around = [(network, name) for network, name in self._networks if lies_in(asked, network)]
        around = [one for one in around if one[0] == around[0][0]]  # of those around it the narrowest
        within: list[str] = []
        if asked.num_addresses > 1:
            within = [name for network, name in [*self._networks, *self._hosts] if lies_in(network, asked)]
        if around or within:
            return list(dict.fromkeys([*(name for _, name in around), *within]))
        host = asked.network_address
        nobodys = host.is_loopback or host.is_unspecified or host.is_multicast or str(host) == BROADCAST
        return [str(host) if asked.num_addresses == 1 else str(asked)] if asked.is_private and not nobodys else []


def _network(text: str, system: str) -> IPv4Network | IPv6Network:
    try:
        if "%" in text:  # a machine's own name for an interface: no filter knows it
            raise ValueError
        return ip_network(text, strict=False)
    except ValueError:
        raise InventoryError(
            f"The inventory: system {system}: an address is no IP address or prefix.",
            next="Write one such as 10.1.2.3 or 10.1.2.0/24.",
        ) from None


def lies_in(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    """Whether *other* holds all of *one*."""
    return one.version == other.version and other.prefixlen <= one.prefixlen and one.network_address in other
