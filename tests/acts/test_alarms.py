"""An alarm is what a rule wrote in the watch's own journal, and its answer what a person wrote in theirs.

Method: acts as a reader meets them, with their journals and sources.
"""

from contrefeu.acts import Alarm, AlarmAcknowledged, AlarmRaised, Spoken, alarms, decode, encode

RAISED = AlarmRaised("feed-silent", "CPAGE@CHU", "act", "2026-11-24T02:10:00Z", "2026-11-24T02:04:00Z")
BY_RULE = Spoken("n1-watch/1", "n1-watch", "rule/feed-silent", RAISED)


def _answer(verdict: str, journal: str = "n1-station") -> Spoken:
    act = AlarmAcknowledged("n1-watch/1", "2026-11-24T02:12:00Z", verdict, "")  # type: ignore[arg-type]
    return Spoken(f"{journal}/9", journal, "user/rssi", act)


def test_an_alarm_reads_back():
    """What is written in the journal is what was raised."""
    assert decode(encode(RAISED)) == RAISED


def test_the_last_word_counts_and_says_whose_it_is():
    """Seen, then harmless: it was harmless, and this person says so."""
    found = alarms([_answer("seen"), BY_RULE, _answer("harmless")])
    assert found == [Alarm("n1-watch/1", RAISED, "harmless", "rssi", "2026-11-24T02:12:00Z", "")]
    assert not found[0].open
    assert alarms([BY_RULE])[0].open


def test_nobody_else_raises_and_the_watch_answers_nothing():
    """An alarm in another's journal, or of another rule than its source, is none; the watch closes none of its own."""
    elsewhere = BY_RULE._replace(journal="n1-capture")
    other_rule = BY_RULE._replace(source="rule/feed-burst")
    assert alarms([elsewhere, other_rule]) == []
    assert alarms([BY_RULE, _answer("harmless", "n1-watch")])[0].open
