"""Inventories and flows are read from what hospitals have, and what is wrong in them is named.

Method: the same hospital as TOML and as a spreadsheet's CSV; lines as Zeek, nfdump and nft write them.
"""

import json

import pytest

from contrefeu.contain import InventoryError, Seen, default_spread, make_terrain, parse_csv, parse_toml, read_flows
from contrefeu.contain.zones import Link
from tests.contain.hospital import TOML

SPREAD = default_spread()
ZEEK = (
    "#separator \\x09\n#path\tconn\n"
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tconn_state\n"
    "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tstring\n"
    "1.5\tC1\t10.3.0.5\t50000\t10.1.0.20\t445\ttcp\tsmb\tSF\n"
    "1.6\tC2\t10.3.0.5\t50001\t10.1.0.10\t445\ttcp\t-\tREJ\n"
    "1.7\tC3\t10.3.0.5\t8\t10.1.0.10\t0\ticmp\t-\tOTH\n"
    "1.8\tcut short\n"
)
ZEEK_JSON = (
    '{"ts":1.5,"uid":"C1","id.orig_h":"10.3.0.5","id.orig_p":50000,"id.resp_h":"10.1.0.20","id.resp_p":445,'
    '"proto":"tcp","service":"smb","conn_state":"SF"}\n{"ts":1.6,\n'
)
NFDUMP_16 = (
    "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt\n"
    "2026-11-24 02:00:00,2026-11-24 02:00:01,1.0,10.3.0.5,10.1.0.20,50000,445,TCP,.AP.SF,0,0,12,1200\n"
    "2026-11-24 02:00:00,2026-11-24 02:00:01,1.0,10.1.0.20,10.3.0.5,445,50000,TCP,.AP.SF,0,0,9,900\n"
    "2026-11-24 02:00:00,2026-11-24 02:00:01,1.0,10.1.0.20,10.3.0.5,0,8.0,ICMP,...,0,0,9,900\n"
    "Summary\nflows,bytes,packets\n3,2100,21\n"
)
NFDUMP_17 = (
    "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes\n"
    "2026-11-24 02:00:00.1,1.0,6,10.3.0.5,50000,10.1.0.20,445,12,1200\n"
)
IPFIX = (
    "flowStartMilliseconds,sourceIPv4Address,sourceIPv6Address,destinationIPv4Address,destinationIPv6Address,"
    "sourceTransportPort,destinationTransportPort,protocolIdentifier\n"
    "1795485600000,10.3.0.5,::,10.1.0.20,::,50000,445,6\n1795485600001,0.0.0.0,,10.1.0.20,,50000,445,6\n"
)
SILK = "sIP,dIP,sPort,dPort,protocol,packets\n10.3.0.5,10.1.0.20,50000,445,6,12\n"
PMACCT = "SRC_IP,DST_IP,SRC_PORT,DST_PORT,PROTOCOL,PACKETS\n10.3.0.5,10.1.0.20,50000,445,tcp,12\n"
NFT = (
    "table inet filter {\n\tchain forward {\n"
    '\t\tip saddr 10.3.0.5 ip daddr 10.1.0.20 tcp dport 445 counter packets 12 bytes 1200 accept comment "files"\n'
    "\t\tip saddr 10.3.0.5 ip daddr 10.1.0.10 tcp dport 22 counter packets 0 bytes 0 accept\n\t}\n}\n"
)
NFT_JSON = json.dumps(
    {
        "nftables": [
            {"metainfo": {"json_schema_version": 1}},
            {"table": {"family": "inet", "name": "filter", "handle": 1}},
            *(
                {"rule": {"family": "inet", "table": "filter", "chain": "forward", "expr": [
                    {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": source}},
                    {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "daddr"}}, "right": target}},
                    {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": port}},
                    {"counter": {"packets": packets, "bytes": 1200}}, {"accept": None},
                ]}}
                for source, target, port, packets in (
                    ("10.3.0.5", "10.1.0.20", 445, 12), ("10.3.0.5", "10.1.0.10", 22, 0), ("@pcs", "10.1.0.10", 22, 4),
                )
            ),
        ]
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind", "unread"),
    [
        (ZEEK, "zeek", 1), (ZEEK_JSON, "zeek", 1), (NFDUMP_16, "csv", 1), (NFDUMP_17, "csv", 0),
        (IPFIX, "csv", 1), (SILK, "csv", 0), (PMACCT, "csv", 0),
        (NFT, "nftables", 0), (NFT_JSON, "nftables", 1),
    ],
    ids=["zeek tsv", "zeek json", "nfdump 1.6", "nfdump 1.7", "ipfix", "silk", "pmacct", "nft", "nft -j"],
)  # fmt: skip
def test_one_connection_is_one_way_whoever_wrote_it_down(text, kind, unread):
    """What was refused or never counted is no way; the record of the answers is not a second one."""
    found = read_flows(text, SPREAD.ports)
    assert found is not None
    assert (found.kind, found.ways) == (kind, {Seen("10.3.0.5", "10.1.0.20", 445, "tcp")})
    assert found.unread == unread


def test_a_set_or_a_prefix_in_a_rule_is_each_of_its_members():
    """As text and as JSON; a counter that names no end is counted as unread."""
    text = (
        "table ip filter {\n  ip saddr { 10.1.0.1, 10.2.0.0/24 } ip daddr 10.1.0.20 tcp dport { 80, 443 } "
        "counter packets 3 bytes 9 accept\n  tcp dport 22 counter packets 9 bytes 9 drop\n}\n"
    )
    match = '{"match":{"op":"==","left":{"payload":{"protocol":"%s","field":"%s"}},"right":%s}}'
    members = '{"set":["10.1.0.1",{"prefix":{"addr":"10.2.0.0","len":24}}]}'
    ends = [
        match % ("ip", "saddr", members),
        match % ("ip", "daddr", '"10.1.0.20"'),
        match % ("tcp", "dport", '{"set":[80,443]}'),
    ]
    counter = '{"counter":{"packets":3,"bytes":9}}'
    told = '{"nftables":[{"rule":{"expr":[' + ",".join([*ends, counter]) + ']}},{"rule":{"expr":[' + counter + "]}}]}"
    wanted = {Seen(a, "10.1.0.20", p, "tcp") for a in ("10.1.0.1", "10.2.0.0/24") for p in (80, 443)}
    for given in (text, told):
        found = read_flows(given, SPREAD.ports)
        assert found is not None
        assert (found.ways, found.unread) == (wanted, 1)


ZEEK_HEAD = "#fields\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\n"
ZEEK_ODD = '{"id.orig_h":"10.3.0.5","id.resp_h":"10.1.0.20","id.resp_p":[],"proto":"tcp","conn_state":[]}'
NFT_ODD = '{"nftables":[{"rule":{"expr":[1,{"counter":{"packets":true}},{"match":[]}]}},{"rule":{"expr":3}}]}'
NFT_HUGE = (
    '{"nftables":[{"rule":{"expr":[{"counter":{"packets":1}},{"match":{"op":"==","left":{"payload":{"protocol":"ip",'
    '"field":"saddr"}},"right":{"set":[' + ",".join(['"10.0.0.1"'] * 100_000) + "]}}}]}}]}"
)
HOSTILE = {
    "a port of 5,000 digits": ZEEK_HEAD + "10.3.0.5\t1\t10.1.0.20\t" + "9" * 5000 + "\ttcp\tSF\n",
    "a port that is none": ZEEK_HEAD + "10.3.0.5\t1\t10.1.0.20\t65536\ttcp\tSF\n",
    "digits of another script": ZEEK_HEAD + "10.3.0.5\t1\t10.1.0.20\t\u0664\u0664\u0665\ttcp\tSF\n",
    "a state that is a list": ZEEK_ODD,
    "JSON a hundred thousand deep": '{"id.orig_h":1}\n{"a":' + "[" * 100_000,
    "a cell of a megabyte": "sa,da,sp,dp,pr\n" + "x" * 1_000_000 + ",,1,445,TCP\n",
    "a quote that never ends": 'sa,da,sp,dp,pr\n"10.3.0.5,10.1.0.20,1,445,TCP\n10.3.0.5,10.1.0.10,1,x,TCP\n',
    "a null byte": "sa,da,sp,dp,pr\n10.3.0.5\0,,1,445,TCP\n",
    "a ruleset that ends in the middle": NFT_JSON[:-40],
    "a ruleset of other shapes": NFT_ODD,
    "a set of a hundred thousand": NFT_HUGE,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_line_that_an_attacker_wrote_stops_nothing_and_names_no_way(text):
    """Whoever is in the network writes some of what a sensor logs."""
    found = read_flows(text, SPREAD.ports)
    assert found is not None
    assert found.ways == frozenset()


def test_addresses_that_are_none_lead_nowhere():
    """A name, a rule, a path where an address should stand: no system comes of it."""
    bad = ("ad;drop", "../x", "999.1.1.1", "{ }", "10.3.0.5 accept")
    lines = "".join(f"{one}\t1\t10.1.0.20\t445\ttcp\tSF\n" for one in bad)
    found = read_flows(ZEEK_HEAD + lines, SPREAD.ports)
    assert found is not None
    terrain = make_terrain(parse_toml(TOML), SPREAD, found.ways)
    assert (terrain.unknown, terrain.unplaced) == (set(), 5)


def test_a_file_of_no_known_kind_is_none():
    """It is not taken for a hospital without flows."""
    assert read_flows("MSH|^~\\&|LAB", SPREAD.ports) is None


def test_a_spreadsheet_says_the_same_as_toml():
    """Semicolons as a French spreadsheet writes them, a comma in a number, lists in a cell."""
    tables = {
        "zones": "id;inside\nservers;true\noffice;\nlabs;\n",
        "systems": "\N{BOM}id;name;zone;addresses;needs;trusts;accounts;protect\nad;;servers;10.1.0.2;;;;true\n"
        "ehr;Dossier;servers;10.1.0.10;ad;ad;;\nfiles;;servers;10.1.0.20;ad;;svc-backup;\n"
        "backup;;servers;10.1.0.30;;;svc-backup;true\nlis;;labs;10.2.0.10;;;;\npc;;office;10.3.0.5 fd00::5;;;;\n"
        "pcs;;office;10.3.0.0/24;;;;\n",
        "functions": "id;name;kind;weight;wards;links\nresults;Résultats;results;9,0;ICU;lis->ehr:2575\n"
        "papers;Documents;documents;3;ER;ehr->files:445\n",
        "flows": "from;to;port\npc;files;445\npcs;files;445\n",
    }
    found, wanted = parse_csv(tables), parse_toml(TOML)
    assert (found.systems, found.functions, found.flows, found.zones) == (
        wanted.systems, wanted.functions, wanted.flows, wanted.zones,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("systems = [", "not TOML"),
        ('systems = [{ id = "a", colour = "red" }]', "colour"),
        ('systems = [{ id = "a" }, { id = "a" }]', "a stands twice"),
        ('systems = [{ id = "a", trusts = ["b"] }]', "a names b, which is none of its systems"),
        ('systems = [{ id = "a" }]\nfunctions = [{ id = "f", links = ["a-b"] }]', "from->to"),
        ('systems = [{ id = "a" }]\nfunctions = [{ id = "f", weight = 11 }]', "weight"),
        ('systems = [{ id = "a" }]\nfunctions = [{ id = "f", accounts = ["x"] }]', "x, which is none of its accounts"),
        ('systems = [{ id = "a" }]\nflows = [{ from = "a", to = "c" }]', "names c, which is none of its systems"),
        ("systems = []", "no system"),
        ('systems = [{ id = "*" }]', "systems"),
        ('systems = [{ id = "a" }]\nflows = [{ from = "a", to = "a", transport = "tcp dport 1 accept" }]', "transport"),
        ('systems = [{ id = "a" }]\nfunctions = [{ id = "f", links = ["a->a:99999"] }]', "from->to"),
    ],
)
def test_what_is_wrong_is_named(text, named):
    """A system left out by a typing mistake would be a way for the fire that no plan knows."""
    with pytest.raises(InventoryError, match=named):
        parse_toml(text)


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("10.3.0.0/28", {"pcs", "pc"}),
        ("10.1.0.0/24", {"ad", "ehr", "files", "backup"}),
        ("10.77.0.0/24", {"10.77.0.0/24"}),
        ("255.255.255.255", set()),
        ("224.0.0.251", set()),
        ("0.0.0.0", set()),
        ("169.254.1.1/99", set()),
    ],
)  # fmt: skip
def test_a_prefix_is_every_system_that_it_reaches_and_a_broadcast_is_none(target, found):
    """A rule's counter names a whole network: its systems, or a new one; an address of all is no machine."""
    terrain = make_terrain(parse_toml(TOML), SPREAD, [Seen("10.9.9.9", target, 22, "tcp")])
    assert {link.target for link in terrain.links if link.source == "10.9.9.9"} == found
    assert terrain.unplaced == (not found)


def test_addresses_find_their_system():
    """The narrowest prefix names it; a private address that nobody declared is one too; a public one is counted."""
    seen = [Seen("10.3.0.77", "10.1.0.20", 445, "tcp"), Seen("10.9.9.9", "10.3.0.5", 22, "tcp"),
            Seen("10.3.0.5", "93.184.216.34", 443, "tcp")]  # fmt: skip
    found = make_terrain(parse_toml(TOML), SPREAD, seen)
    assert Link("pcs", "files", "tcp", 445) in found.links
    assert Link("10.9.9.9", "pc", "tcp", 22) in found.links
    assert (found.unknown, found.unplaced) == ({"10.9.9.9"}, 1)
    for address in ("ten", "fe80::1%eth0"):
        with pytest.raises(InventoryError, match="an address is no IP address"):
            make_terrain(parse_toml(f'systems = [{{ id = "a", addresses = ["{address}"] }}]'), SPREAD)


@pytest.mark.parametrize("address", ["10.4.0.9", "10.4.0.0/28"])
def test_an_address_of_two_systems_leads_to_both(address):
    """A cluster's address: what is seen on the way to it may strike either."""
    text = f'systems = [{{ id = "one", addresses = ["{address}"] }}, {{ id = "two", addresses = ["{address}"] }}]'
    found = make_terrain(parse_toml(text), SPREAD, [Seen("10.9.9.9", "10.4.0.9", 445, "tcp")])
    assert found.links == {Link("10.9.9.9", one, "tcp", 445) for one in ("one", "two")}


def test_a_transport_in_capitals_is_that_transport():
    """Spreadsheets write TCP; nft does not know it."""
    tables = {"systems": "id\na\nb\n", "flows": "from,to,port,transport\na,b,445,TCP\n"}
    assert parse_csv(tables).flows[0].transport == "tcp"
