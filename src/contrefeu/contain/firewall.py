"""The plan as nftables rules, to be read by a person: `nft -c -f FILE` checks them, `nft -f FILE` applies them.

Rules kept here:
  * One table of their own, `inet contrefeu_contain`: `nft delete table inet contrefeu_contain` takes all of it back.
  * Its chain comes before others and accepts what it does not name: nothing is opened, and nothing else is closed.
  * After the plan's own rules, systems within reach lose the protocols that carry a fire and that care does not need.
  * An address belongs to the narrowest network that the inventory names: rules for that around it leave it out.
  * What the plan asks for and a filter cannot do (an account, a system without address) is a comment that says so.
"""

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from contrefeu.acts import Cut
from contrefeu.contain.plan import Plan
from contrefeu.contain.zones import ANY, Action, Link, Terrain, lies_in

TABLE = "contrefeu_contain"
COMMENT_BYTES_MAX = 120  # of a rule: nft refuses the whole file for one of more than 128
PRIORITY = -150  # after connection tracking (-200), before other filters (0): nft(8), chains


def nft_rules(terrain: Terrain, plan: Plan, made: str) -> str:
    """Return the rules; *made* says when and from what."""
    lines = [
        f"# Contrefeu, containment plan of {_plain(made)}. To be read by a person before it is loaded:",
        "# Contrefeu advises and cuts nothing by itself.",
        "#   check   nft -c -f FILE",
        "#   apply   nft -f FILE        on the filter between the zones",
        f"#   undo    nft delete table inet {TABLE}",
        f"table inet {TABLE}",
        f"delete table inet {TABLE}",
        f"table inet {TABLE} {{",
        "    chain cut {",
        f"        type filter hook forward priority {PRIORITY}; policy accept;",
        *(f"        {line}" for cut in plan.cut for line in _rules(terrain, cut)),
        *(f"        {line}" for line in _precautions(terrain, plan)),
        "    }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _rules(terrain: Terrain, cut: Cut) -> Iterator[str]:
    if cut.action == "disable":
        yield f"# by hand: disable the account {_plain(cut.account)}"
    elif cut.action == "isolate":
        yield from _isolate(terrain, cut)
    else:
        yield from _block(terrain, cut)


def _precautions(terrain: Terrain, plan: Plan) -> Iterator[str]:
    """Close what systems within reach were not seen to use yet, and care does not need: an attacker may."""
    unplugged = {cut.system for cut in plan.cut}
    ports = ", ".join(str(port) for port, protocol in sorted(terrain.spread.ports.items()) if protocol.carries)
    for system in sorted({*plan.suspects, *plan.exposed} - unplugged):
        for family, source in _families(terrain, system):
            for link in _needed_links(terrain, system):
                for other, target in _families(terrain, link.target):
                    if other == family and link.port:
                        where = " ".join(
                            (
                                _end(terrain, family, "saddr", system, source),
                                _end(terrain, family, "daddr", link.target, target),
                            )
                        )
                        yield f'{where} {link.transport} dport {link.port} return comment "care needs it"'
            said = _comment(f"{_plain(system)}: what it was not seen to use")
            where = _end(terrain, family, "saddr", system, source)
            yield f"{where} tcp dport {{ {ports} }} counter drop {said}"


def _needed_links(terrain: Terrain, system: str) -> list[Link]:
    """Links that care needs, over protocols that carry: they were weighed, and left open."""
    found = []
    for link in sorted(terrain.links):
        carries = link.source == system and terrain.protocol(link).carries
        if carries and terrain.functions_of(Action("block", link)):
            found.append(link)
    return found


def _isolate(terrain: Terrain, cut: Cut) -> Iterator[str]:
    yield f"# by hand: unplug {_plain(cut.system)}; these rules part it from other zones only"
    for family, addresses in _families(terrain, cut.system):
        for end in ("saddr", "daddr"):
            where = _end(terrain, family, end, cut.system, addresses)
            yield f"{where} counter drop {_comment(f'{_plain(cut.system)} isolated')}"


def _block(terrain: Terrain, cut: Cut) -> Iterator[str]:
    ends = ["all" if end == ANY else _plain(end) for end in (cut.source, cut.target)]
    name = f"{' to '.join(ends)}, {_plain(cut.protocol)}"
    port = f"{cut.transport} dport {cut.port} " if cut.port else ""
    sources, targets = dict(_families(terrain, cut.source)), dict(_families(terrain, cut.target))
    families = [one for one in ("ip", "ip6") if one in sources and one in targets]
    if not families:
        yield f"# by hand: {name}, port {cut.port}: the inventory gives no address for both"
    for family in families:
        places = [("saddr", cut.source, sources[family]), ("daddr", cut.target, targets[family])]
        where = " ".join(_end(terrain, family, *place) for place in places if place[2])
        yield f"{where} {port}counter drop {_comment(name)}"


def _families(terrain: Terrain, system: str) -> Iterator[tuple[str, str]]:
    """The addresses of *system*, by family; "" for any."""
    if system == ANY:
        yield from (("ip", ""), ("ip6", ""))
        return
    networks = [ip_network(text, strict=False) for text in terrain.systems[system].addresses]
    for family, version in (("ip", 4), ("ip6", 6)):
        found = [_address(one) for one in networks if one.version == version]
        if found:
            yield family, found[0] if len(found) == 1 else f"{{ {', '.join(found)} }}"


def _end(terrain: Terrain, family: str, end: str, system: str, addresses: str) -> str:
    """One end of a rule: *addresses* of *system*, without those that others have within them."""
    apart = _within(terrain, system, 4 if family == "ip" else 6)
    where = f"{family} {end} {addresses}"
    return f"{where} {family} {end} != {{ {', '.join(apart)} }}" if apart else where


def _within(terrain: Terrain, system: str, version: int) -> list[str]:
    """Addresses of other systems that lie within a network of this one."""
    mine = [ip_network(text, strict=False) for text in terrain.systems[system].addresses]
    wide = [one for one in mine if one.version == version and one.num_addresses > 1]
    if not wide:
        return []
    others = (
        ip_network(text, strict=False)
        for name, one in terrain.systems.items()
        if name != system
        for text in one.addresses
    )
    found = {other for other in others if any(other != one and lies_in(other, one) for one in wide)}
    return [_address(one) for one in collapse_addresses(found)]  # type: ignore[type-var]


def _address(network: IPv4Network | IPv6Network) -> str:
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _comment(plain: str) -> str:
    """What a rule says of itself, cut where nft would refuse it."""
    return f'comment "{plain.encode()[:COMMENT_BYTES_MAX].decode(errors="ignore")}"'


def _plain(text: str) -> str:
    """A name that ends no comment and no string: what an inventory says is never a rule."""
    return re.sub(r"[^\w .:@/+,-]", "_", text)[:100]
