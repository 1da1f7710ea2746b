"""The watch on a month of simulated life and on every attack: few false alarms, none missed, no clean point too late.

Method: the trial of `make watch-trial` in small: one hospital that no threshold was chosen on, a third of the messages.
"""

import pytest

from contrefeu.drill.watch_attacks import ATTACKS
from contrefeu.drill.watch_trial import HELD_OUT, TUNED, trial

DAYS, ATTACKED_ON = 29, 22


@pytest.fixture(scope="module")
def found():
    """What the small trial found."""
    (run,) = trial((201,), DAYS, ATTACKED_ON, 0.3)
    return run


@pytest.mark.req("A1")
def test_a_month_of_normal_life_raises_an_alarm_a_week_at_most(found):
    """Weekends, a clock change, maintenance that overruns, a restart; every alarm counts."""
    assert sum(found["false"].values()) <= DAYS / 7 + 1, found["false"]


@pytest.mark.req("A1", "C7")
@pytest.mark.parametrize("attack", [attack.name for attack in ATTACKS])
def test_every_attack_is_seen_and_the_clean_point_lies_before_it(found, attack):
    """Whatever it is; and nothing that an attacker wrote is called clean."""
    one = next(one for one in found["attacks"] if one["attack"] == attack)
    assert one["seconds"] is not None, one
    assert one["clean_point_s"] is None or one["clean_point_s"] >= 0, one


@pytest.mark.req("A1")
def test_what_comes_at_once_is_seen_within_five_minutes(found):
    """Mass merges and deletions, sealed documents on a night, fast theft, another voice, a wrong clock."""
    sudden = ("ransomware", "wiper", "deletes", "theft-fast", "takeover", "notes", "clock-own")
    late = {
        one["attack"]: one["seconds"] for one in found["attacks"] if one["attack"] in sudden and one["seconds"] > 300
    }
    assert not late


def test_the_state_stays_small_and_seeds_are_apart(found):
    """Two weeks of a house weigh some kilobytes; nothing was tuned on what is held out."""
    assert found["state_bytes"] < 400_000
    assert not set(TUNED) & set(HELD_OUT)
