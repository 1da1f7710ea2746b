"""Writes deploy/grafana/contrefeu.json: one dashboard, a row a question that somebody on call asks.

    python scripts/make_dashboard.py          writes it again; a test compares it, and its queries with the metrics

Grafana 10 or later, any Prometheus as its source.
"""

import json
from pathlib import Path
from typing import Any

OUT = Path(__file__).parents[1] / "deploy" / "grafana" / "contrefeu.json"
SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH, HEIGHT = 12, 7  # of a panel; a row of the grid is 24 wide

# Title, unit, kind, and what is drawn: query -> legend
PANELS: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("Open alarms", "none", "stat", {'contrefeu_alarms_open{instance=~"$node"}': "{{severity}}"}),
    ("Parts that answer", "none", "stat", {'contrefeu_up{instance=~"$node"}': "{{part}}"}),
    ("Messages a minute", "none", "timeseries", {
        'rate(contrefeu_feed_received_total{instance=~"$node"}[5m]) * 60': "{{source}}"}),
    ("Since the last message", "s", "timeseries", {
        'time() - contrefeu_feed_last_timestamp_seconds{instance=~"$node"}': "{{source}}"}),
    ("Kept, on no chart (an hour)", "none", "timeseries", {
        'increase(contrefeu_feed_uncharted_total{instance=~"$node"}[1h])': "{{source}}"}),
    ("Charts behind the journals (entries)", "none", "timeseries", {
        'contrefeu_charts_lag_entries{instance=~"$node"}': "behind",
        'contrefeu_charts_waiting{instance=~"$node"}': "without an owner",
        'contrefeu_charts_unread{instance=~"$node"}': "unreadable"}),
    ("Copies: seconds behind", "s", "timeseries", {'contrefeu_vault_lag_seconds{instance=~"$node"}': "{{vault}}"}),
    ("Copies that are sound", "none", "stat", {'contrefeu_vault_ok{instance=~"$node"}': "{{vault}}"}),
    ("Disk: free", "bytes", "timeseries", {'contrefeu_disk_free_bytes{instance=~"$node"}': "free"}),
    ("Journals", "bytes", "timeseries", {'contrefeu_journal_bytes{instance=~"$node"}': "{{journal}}"}),
    ("What the disk or a limit refused (an hour)", "none", "timeseries", {
        'increase(contrefeu_capture_disk_refused_total{instance=~"$node"}[1h])': "disk",
        'increase(contrefeu_capture_turned_away_total{instance=~"$node"}[1h])': "connections",
        'increase(contrefeu_capture_stray_total{instance=~"$node"}[1h])': "cut messages",
        'increase(contrefeu_audit_gap_total{instance=~"$node"}[1h])': "looks not journaled"}),
    ("Taps: gaps (an hour)", "none", "timeseries", {
        'increase(contrefeu_tap_gaps_total{instance=~"$node"}[1h])': "{{interface}}",
        'increase(contrefeu_tap_dropped_packets_total{instance=~"$node"}[1h])': "{{interface}} packets dropped"}),
    ("Ward packs: age", "s", "timeseries", {'contrefeu_pack_age_seconds{instance=~"$node"}': "{{ward}}"}),
    ("People", "none", "timeseries", {
        'contrefeu_web_sessions{instance=~"$node"}': "logged in",
        'rate(contrefeu_audit_events_total{instance=~"$node"}[5m]) * 60': "{{kind}} a minute",
        'contrefeu_downtime_wards{instance=~"$node"}': "wards in downtime"}),
)  # fmt: skip


def dashboard() -> dict[str, Any]:
    """The dashboard, as Grafana imports it."""
    source = {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
    node = {
        "name": "node",
        "type": "query",
        "label": "Node",
        "datasource": SOURCE,
        "query": {"query": "label_values(contrefeu_build_info, instance)", "refId": "node"},
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
    }
    return {
        "title": "Contrefeu",
        "uid": "contrefeu",
        "tags": ["contrefeu"],
        "timezone": "browser",
        "schemaVersion": 39,
        "version": 1,
        "refresh": "30s",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": [source, node]},
        "panels": [_panel(n, *one) for n, one in enumerate(PANELS)],
    }


def _panel(number: int, title: str, unit: str, kind: str, queries: dict[str, str]) -> dict[str, Any]:
    return {
        "id": number + 1,
        "type": kind,
        "title": title,
        "datasource": SOURCE,
        "gridPos": {"x": number % 2 * WIDTH, "y": number // 2 * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(65 + n), "expr": query, "legendFormat": legend, "datasource": SOURCE}
            for n, (query, legend) in enumerate(queries.items())
        ],
    }


if __name__ == "__main__":
    OUT.write_text(json.dumps(dashboard(), indent=1) + "\n")
