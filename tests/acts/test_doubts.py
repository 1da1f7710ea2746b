"""Until when a source is trusted: by people's words, and by the alarms that people called real.

Method: acts as a journal holds them, folded.
"""

import pytest

from contrefeu.acts import Alarm, AlarmRaised, CleanPointSet, Doubt, Spoken, doubts

LAB = "LABO@CHU"


def at(hour: int) -> str:
    """An hour of the day of the attack."""
    return f"2026-11-24T{hour:02}:00:00.000000Z"


def said(source: str, clean: int | None, detected: int, hour: int, by: str = "user/ada") -> Spoken:
    """Somebody's word."""
    act = CleanPointSet(source, "" if clean is None else at(clean), at(detected), "seen on the host", at(hour))
    return Spoken(f"n1-station/{hour}", "n1-station", by, act)


def alarm(hour: int, clean: int | None, verdict: str = "real") -> Alarm:
    """An alarm about the laboratory's feed."""
    point = "" if clean is None else at(clean)
    raised = AlarmRaised("merges", LAB, "attack", at(hour), at(hour), {}, ["n1-capture/7"], point)
    return Alarm(f"n1-watch/{hour}", raised, verdict, "ada", at(hour))


@pytest.mark.req("R5", "A1")
def test_an_alarm_counts_once_somebody_called_it_real() -> None:
    """A rule alone sets nothing aside; what is real does, from its clean point to the moment it was raised."""
    assert doubts([], [alarm(9, 4, ""), alarm(9, 4, "harmless"), alarm(9, 4, "seen"), alarm(9, None)]) == {}
    seen = Doubt(LAB, at(4), at(9), "", "merges", at(9), ("n1-watch/9", "n1-capture/7"))
    assert doubts([], [alarm(9, 4)]) == {LAB: seen}
    later = doubts([], [alarm(9, 4), alarm(11, 2)])[LAB]
    assert (later.clean, later.detected, len(later.evidence)) == (at(2), at(11), 4)


@pytest.mark.req("R5")
def test_a_persons_word_counts_until_another_word_or_a_later_alarm() -> None:
    """The last word; nothing in doubt any more; each source by itself; every source beside them."""
    word = Doubt(LAB, at(3), at(10), "ada", "seen on the host", at(10))
    assert doubts([said(LAB, 3, 10, 10)], [alarm(9, 4)]) == {LAB: word}
    assert doubts([said(LAB, 3, 10, 10), said(LAB, None, 10, 12)], [])[LAB].clean == ""
    everything = doubts([said("", 1, 8, 8, "console"), said(LAB, 3, 10, 10)], [])
    assert everything == {LAB: word, "": Doubt("", at(1), at(8), "console", "seen on the host", at(8))}
    wider = doubts([said(LAB, 3, 10, 10)], [alarm(12, 5)])[LAB]
    assert (wider.clean, wider.detected, wider.by, wider.evidence[0]) == (at(3), at(12), "ada", "n1-watch/12")
    assert doubts([said(LAB, None, 10, 10)], [alarm(12, 5)])[LAB].clean == at(5), "seen again after it was cleared"


@pytest.mark.req("R5")
def test_a_journal_of_alarms_speaks_for_nobody() -> None:
    """The watch cannot say what only people say."""
    word = said(LAB, 3, 10, 10)._replace(journal="n1-watch")
    assert doubts([word], []) == {}
