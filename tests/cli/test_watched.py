"""Tables that the settings name say who is on leave and who lives where; they are read again when they change.

Method: small CSV files as a personnel office writes them; a node that has settings and nothing else.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from contrefeu.cli.watched import Homes, Leave, digests
from contrefeu.hospital import parse_settings
from contrefeu.watch.homes import address_key, phone_key

KEY = bytes(32)


def node(key: str, path: Path) -> Any:
    """Settings that name a table."""
    return SimpleNamespace(settings=parse_settings(f'[node]\nid = "n1"\n[watch]\n{key} = "{path}"\n'))


def test_a_household_is_known_from_the_staffs_table(tmp_path):
    """By login, whatever its case; only digests are held; a table is read again when it changes, not when it breaks."""
    table = tmp_path / "staff.csv"
    table.write_text('\N{BOM}login,telephone,address\nNadia,06 12 34 56 78,"12 rue des Lilas, 76000 Rouen"\n')
    homes = Homes(node("staff_file", table), KEY)
    lilas = digests(KEY, [address_key("12, RUE DES LILAS 76000")])
    assert homes("nadia") == lilas | digests(KEY, [phone_key("+33612345678")])
    assert homes("lucas") == frozenset()
    assert "lilas" not in repr(homes._known).casefold()
    table.write_text('nadia,,"14 rue des Lilas, 76000 Rouen"\n')
    os.utime(table, (1, 1))
    assert homes("nadia").isdisjoint(lilas)
    known = homes("nadia")
    table.write_bytes(b"\xff\xfe")
    assert homes("nadia") == known != frozenset()
    table.unlink()
    assert homes("nadia") == known


def test_who_is_on_leave_is_known_by_the_day(tmp_path):
    """Both days are of it; without a table nobody is."""
    table = tmp_path / "leave.csv"
    table.write_text("nadia,2026-07-01,2026-07-14\n")
    leave = Leave(node("leave_file", table))
    days = {day: datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() for day in ("2026-07-14", "2026-07-15")}
    assert leave.holds("NADIA", days["2026-07-14"])
    assert not leave.holds("nadia", days["2026-07-15"])
    assert not Leave(node("leave_file", tmp_path / "none.csv")).holds("nadia", days["2026-07-14"])
