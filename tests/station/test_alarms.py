"""Alarms stand on every page until somebody answers; those about colleagues stand for reviewers alone.

Method: visitors of the ward app on a ward in memory, whose journals hold what the watch wrote.
"""

import re

import pytest

from contrefeu.acts import (
    ALARM_FIGURES,
    ALARM_RULES,
    PEOPLE_RULES,
    AlarmAcknowledged,
    AlarmRaised,
    decode,
    encode,
)
from contrefeu.journal import MEDIA_ACT, Entry
from contrefeu.watch import RULES
from tests.house.tree import ROOT
from tests.station.visitors import Visitor, join, text_of, visitor
from tests.station.ward_in_memory import NOW_NS, Charts, staffed

WATCH = "n7f3k2-watch"
AT = "2026-11-24T02:10:00.000000Z"
SILENT = AlarmRaised(
    "feed-silent", "CPAGE@CHU", "act", AT, "2026-11-24T02:04:00.000000Z", {"minutes": 6.0}, [f"{WATCH}/1"]
)
THIEF = AlarmRaised("looks-many", "lucas", "act", AT, AT, {"in_an_hour": 90.0})
NEW = AlarmRaised("sender-new", "NEUF@CHU", "look", AT, AT)


def watched(login: str, *raised: AlarmRaised, journal: str = WATCH) -> Visitor:
    """Somebody at a screen, once the watch has raised alarms."""
    charts = staffed(Charts())
    for n, alarm in enumerate(raised, 1):
        charts.journal.append(Entry(journal, n, NOW_NS, 100 + n, f"rule/{alarm.rule}", MEDIA_ACT, encode(alarm)))
    return visitor(login, charts)


@pytest.mark.req("A1")
def test_an_alarm_stands_on_every_page_until_it_is_answered():
    """The nurse reads it and goes on; the coordinator answers; then it says who is on it, then it is gone."""
    at = watched("nadia", SILENT)
    for path in ("/", "/hospital", "/status"):
        assert "CPAGE@CHU ne parle plus" in text_of(at.get(path))
    assert "Continuez à soigner" in text_of(at.get("/"))
    assert at.get("/alarms").status_code == 403

    join(at, "crise")
    assert "personne n’a répondu" in text_of(at.get("/alarms"))
    assert at.post("/alarms", alarm=f"{WATCH}/1", verdict="seen", note="panne connue").status_code == 303
    act = decode(at.charts.journal[-2].body) if at.charts.journal[-1].media_type != MEDIA_ACT else None
    act = act or decode(at.charts.journal[-1].body)
    assert isinstance(act, AlarmAcknowledged)
    assert (act.alarm, act.verdict, act.note) == (f"{WATCH}/1", "seen", "panne connue")
    join(at, "nadia")
    assert "crise s’en occupe" in text_of(at.get("/"))

    join(at, "crise")
    at.post("/alarms", alarm=f"{WATCH}/1", verdict="harmless")
    assert "ne parle plus" not in text_of(at.get("/"))
    assert "sans gravité" in text_of(at.get("/alarms"))


@pytest.mark.req("A1")
def test_nobody_reads_on_a_ward_who_is_suspected():
    """Alarms about people stand for those who review, with the login; for others not at all."""
    at = watched("lucas", THIEF)
    assert "ouvre beaucoup de dossiers" not in text_of(at.get("/"))
    join(at, "dpo")
    assert "lucas ouvre beaucoup de dossiers" in text_of(at.get("/alarms"))


def test_what_can_wait_disturbs_no_ward_and_stands_on_its_page():
    """A new sender is looked at today."""
    at = watched("crise", NEW)
    assert "NEUF@CHU" not in text_of(at.get("/"))
    assert "NEUF@CHU" in text_of(at.get("/alarms"))


def test_a_feed_raises_no_alarm():
    """The same bytes in another journal are nothing."""
    assert "ne parle plus" not in text_of(watched("crise", SILENT, journal="n7f3k2-capture").get("/alarms"))


def test_an_answer_to_no_alarm_is_none():
    """A form that somebody made up writes nothing."""
    at = watched("crise", SILENT)
    before = len(at.charts.journal)
    at.post("/alarms", alarm="n7f3k2-watch/9", verdict="harmless")
    at.post("/alarms", alarm=f"{WATCH}/1", verdict="whatever")
    assert len(at.charts.journal) == before


def test_three_alarms_are_shown_and_the_rest_counted():
    """Patients stay on the screen."""
    many = [AlarmRaised("merges", f"F{n}@CHU", "attack", AT, AT) for n in range(5)]
    text = text_of(watched("nadia", *many).get("/"))
    assert text.count("fusionne des identités") == 3
    assert "2 autres alarmes" in text


def test_every_rule_has_its_words_and_people_are_told_from_systems():
    """The ward's words and the watch's table are of one mind."""
    assert set(ALARM_RULES) == set(RULES)
    assert {name for name, rule in RULES.items() if rule.about == "people"} == PEOPLE_RULES


def test_every_figure_of_an_alarm_has_its_words():
    """Read from the rules' own source: a name that a rule writes and no table has would stand on the page as code."""
    files = [ROOT / "src/contrefeu/watch" / f"{name}.py" for name in ("engine", "feeds", "people")]
    named = {
        name for file in files for name in re.findall(r'[{,] ?"([a-z_]+)": (?:float|round|rare)', file.read_text())
    }
    named |= set(re.findall(r'[{,] ?"([a-z_]+)": one\.figure', files[0].read_text()))
    assert named == set(ALARM_FIGURES)
