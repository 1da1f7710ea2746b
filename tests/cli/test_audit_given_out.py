"""Who reads the audit because it is their work gives no alarm; who takes out what was searched does (C7, D3).

Method: the real command; the entry that it leaves, read as the watch reads it.
"""

from contrefeu.cli.node import Node
from contrefeu.mapping import Rules
from contrefeu.watch import Looked
from contrefeu.watch.observe import Desk, Observer, Where
from tests.cli.conftest import Commands


def test_the_audit_given_out_is_no_theft_of_charts(cli: Commands) -> None:
    """`audit acts` lists both; to the watch one is an act, and the other an export as of charts."""
    cli.told("audit", "export", "--as", "syslog", "--out", cli.home.parent / "audit.log")
    cli.told("audit", "export", "--as", "fhir", "--with-queries", "--out", cli.home.parent / "audit.ndjson")
    assert [one["what"] for one in cli.told("audit", "acts")["acts"] if "export" in one["what"]] == [
        "export audit as syslog",
        "export audit, with searches, as fhir",
    ]
    node = Node.at(cli.home)
    watch = Observer(bytes(32), Rules(), "Europe/Paris", Desk(), lambda _: Where())
    looks = [found for entry in node.entries("", 0, 1 << 63) for found in watch.of(entry)]
    kinds = [one.kind for one in looks if isinstance(one, Looked)]
    assert [kind for kind in kinds if kind == "export"] == ["export"]
