"""What is scraped is documented, named as Prometheus asks, and enough for the dashboard and the alert rules that ship.

Method: a node in memory that has one of everything, scraped; the shipped files read and compared with the table.
"""

import json
import re

from prometheus_client.parser import text_string_to_metric_families
from scripts.make_dashboard import OUT, dashboard

from contrefeu.station import METRICS, JournalState, NodeStatus, PackState, TapFigures, VaultState
from contrefeu.watch import RULES
from tests.house.tree import ROOT
from tests.station.visitors import visitor

NAMES = {metric.name for metric in METRICS}
_NAME = re.compile(r"\bcontrefeu_[a-z_]+\b")
_RULES = ROOT / "deploy" / "prometheus" / "contrefeu.rules.yml"
_COUNTED = ["connections"] + [
    f"{one}_total" for one in ("messages", "acknowledged", "stray", "turned_away", "disk_refused")
]
STATUS = NodeStatus(
    journals=[JournalState("n7f3k2-capture", 184_300, 9_000)],
    vaults=[VaultState("s3://copies", 184_000, 12.5, "ok"), VaultState("file:///b", 1, None, "refused")],
    packs=[PackState("CARD", 14)],
    taps=[TapFigures("eth1", 40, 2, 3)],
    disk_free_bytes=10**9,
    capture=dict.fromkeys(_COUNTED, 7),
    refused={"labo/1": 3},
)


async def _status() -> NodeStatus:
    return STATUS


def _scraped(down: bool = False) -> dict[tuple[str, tuple[str, ...]], float]:
    nadia = visitor("nadia", node_status=_status)
    nadia.get("/ward/CARD")
    nadia.charts.down = down
    families = text_string_to_metric_families(nadia.get("/metrics").text)
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_every_metric_is_scraped_and_every_one_scraped_is_in_the_table():
    """A node that has one of everything gives the whole table, with the values that it was given."""
    found = _scraped()
    assert {name for name, _ in found} == NAMES
    assert found["contrefeu_vault_lag_seconds", ("s3://copies",)] == 12.5
    assert ("contrefeu_vault_lag_seconds", ("file:///b",)) not in found, "not known is not 0"
    assert (found["contrefeu_vault_ok", ("s3://copies",)], found["contrefeu_vault_ok", ("file:///b",)]) == (1, 0)
    assert found["contrefeu_tap_gaps_total", ("eth1",)] == 2
    assert found["contrefeu_pack_age_seconds", ("CARD",)] == 840
    assert (found["contrefeu_up", ("reader",)], found["contrefeu_up", ("capture",)]) == (1, 1)
    assert found["contrefeu_refused_total", ("labo/1",)] == 3


def test_what_does_not_answer_is_absent():
    """A silent reader leaves no figure of an hour ago behind."""
    found = _scraped(down=True)
    assert found["contrefeu_up", ("reader",)] == 0
    assert not [name for name, _ in found if name.startswith(("contrefeu_charts", "contrefeu_feed"))]
    assert found["contrefeu_disk_free_bytes", ()] == 10**9


def test_names_follow_the_conventions():
    """Letters and underscores, a sentence each, and a unit that is a base unit where there is one."""
    for metric in METRICS:
        assert re.fullmatch(r"contrefeu_[a-z]+(_[a-z]+)*", metric.name)
        assert metric.help, metric.name
        assert not re.search(r"_(ms|minutes|hours|kb|mb|percent)\b", metric.name), metric.name


def test_the_dashboard_and_the_rules_ask_for_metrics_that_exist():
    """Every query names what is scraped, every alert leads to a page that is there, and the file is the script's."""
    assert json.loads(OUT.read_text()) == dashboard()
    asked = {name for panel in dashboard()["panels"] for one in panel["targets"] for name in _NAME.findall(one["expr"])}
    rules = _RULES.read_text()
    asked |= {name for line in rules.splitlines() if "expr:" in line for name in _NAME.findall(line)}
    assert asked <= NAMES
    pages = re.findall(r"runbook: (\S+)", rules)
    assert len(pages) == rules.count("- alert:")
    assert [page for page in pages if not (ROOT / page).is_file()] == []


def test_every_alarm_has_a_runbook():
    """Somebody is woken: the page says what to do first, how to find out, and what to do when it is real."""
    folder = ROOT / "docs" / "howto" / "runbooks"
    for name in RULES:
        text = (folder / f"{name}.md").read_text()
        for title in ("## First", "## Find out", "## When it is real", "## When it is not"):
            assert title in text, f"{name}: {title}"
        assert f"({name}.md)" in (folder / "README.md").read_text()
