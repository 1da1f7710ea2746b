"""A simulated hospital is the same one for the same seed, and lives as hospitals do.

Method: live some hours, twice; count what happened; look at who lies where.
"""

import time
from collections import Counter
from itertools import pairwise

import pytest

from contrefeu.drill import Hospital
from contrefeu.drill.clinical import COMORBIDITIES, DIAGNOSES, IMAGING, OPERATIONS
from contrefeu.drill.english import ENGLISH
from contrefeu.drill.rooms import KINDS
from tests.drill.wire import START_NS, STYLES, lived, wires

# What a house must have said within three days, by system (issue: arrivals, moves, orders, results over days, doses,
# births, deaths, merges, corrections, late and repeated messages).
KINDS_SAID = {
    "admissions": {
        "A01",
        "A02",
        "A03",
        "A04",
        "A05",
        "A06",
        "A08",
        "A11",
        "A12",
        "A13",
        "A21",
        "A22",
        "A31",
        "A38",
        "A40",
    },
    "orders": {"A60", "O01", "O21", "PC1", "PC2", "PC3"},
    "laboratory": {"R01", "R22"},
    "pharmacy": {"O11", "O13", "O17"},
    "imaging": {"O01", "R01"},
    "theatre": {"S12", "S13", "S14", "S15"},
    "documents": {"T02", "T10", "T11"},
    "monitors": {"R01"},
}


@pytest.mark.parametrize("style", STYLES)
def test_same_seed_gives_the_same_messages(style):
    """Byte for byte, in the same order, with the same truth."""
    first, second = (Hospital(5, 12, style, START_NS) for _ in range(2))
    assert list(first.run(hours=30)) == list(second.run(hours=30))
    assert first.truth() == second.truth()


def test_another_seed_gives_another_hospital():
    """Two seeds share no message and no patient's name list."""
    one, other = (Hospital(seed, 12, "fr", START_NS) for seed in (1, 2))
    assert not {sent.message for sent in one.run(3)} & {sent.message for sent in other.run(3)}


def test_a_run_in_pieces_is_the_same_run():
    """Living two hours and two more is living four, as long as no line is down at the cut."""
    whole, pieces = Hospital(3, 12, "fr", START_NS), Hospital(3, 12, "fr", START_NS)
    assert list(whole.run(4)) == [*pieces.run(2), *pieces.run(2)]


@pytest.mark.parametrize("style", STYLES)
def test_three_days_hold_every_kind_of_message(style):
    """Each trigger event of the list comes up in 48 beds, with those that only one style has."""
    said = Counter((sent.system, wire.get("MSH", 9, 2)) for sent, wire in wires(style))
    wanted = {(system, event) for system, events in KINDS_SAID.items() for event in events}
    if style == "fr":
        wanted |= {("admissions", "A28"), ("admissions", "Z99")}
    assert not {kind for kind in wanted if not said[kind]}


@pytest.mark.parametrize("style", STYLES)
def test_corrections_of_every_kind_are_said(style):
    """A corrected result, a withdrawn dose, a removed allergy, a stopped wrong drug, a partial culture made final."""
    found = Counter()
    for _, wire in wires(style):
        for obx in wire.all("OBX"):
            found["corrected"] += wire.of(obx, 11) == "C"
            found["preliminary"] += wire.of(obx, 11) == "P"
            found["hemolysed"] += wire.of(obx, 11) == "X"
            found["critical"] += wire.of(obx, 8) in {"LL", "HH"}
            found["pdf"] += wire.of(obx, 2) == "ED"
        found["withdrawn"] += wire.get("RXA", 21) == "D"
        found["refused"] += wire.get("RXA", 20) == "RE"
        found["removed"] += any(wire.of(iam, 6) == "D" for iam in wire.all("IAM"))
        found["wrong drug"] += "mistake" in wire.text or "par erreur" in wire.text or "in error" in wire.text
        found["dead"] += wire.get("PID", 30) == "Y" and bool(wire.get("PID", 29))
        found["newborn"] += wire.get("PV1", 4) == "N" and bool(wire.get("PID", 21))
        found["twin"] += wire.get("PID", 25) == "2"
    assert all(found[what] > 0 for what in found), found


@pytest.mark.parametrize("style", STYLES)
def test_repeats_are_the_same_bytes(style):
    """A message that is sent again is one that was sent just before, byte for byte; no control id means two things."""
    messages, _ = lived(style)
    seen, repeats = set(), 0
    for sent in messages:
        assert sent.repeat == (sent.message in seen)
        repeats += sent.repeat
        seen.add(sent.message)
    ids = {}
    for sent, wire in wires(style):
        ids.setdefault((sent.system, wire.get("MSH", 10)), set()).add(sent.message)
    assert repeats > 3
    assert all(len(bodies) == 1 for bodies in ids.values())


@pytest.mark.parametrize("style", STYLES)
def test_messages_come_late_and_in_order_of_sending(style):
    """Lines that were down send what they kept, hours old at times; nothing leaves before the one before it."""
    messages, _ = lived(style)
    assert [sent.at_ns for sent in messages] == sorted(sent.at_ns for sent in messages)
    late = Counter()
    for sent, wire in wires(style):
        said = wire.get("MSH", 7)[:12]
        late[sent.system] += said < _local(sent.at_ns - 600 * 10**9)
    assert sum(late.values()) > 20


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("seed", "beds"), [(1, 8), (2, 24)])
def test_no_bed_holds_two_patients(style, seed, beds):
    """In the truth, at the end of each quarter of a day: one patient a bed, and nobody in two places."""
    hospital = Hospital(seed, beds, style, START_NS)
    for _ in range(6):
        list(hospital.run(6))
        beds_held = [p.place for p in hospital.truth() if p.place is not None and p.place.bed]
        assert len(beds_held) == len(set(beds_held))
        for patient in hospital.truth():
            assert sum(stay.place is not None for stay in patient.stays) <= 1, patient.number
            assert not (patient.identity.dead and patient.identity.died_ns < 0)


@pytest.mark.parametrize("beds", [8, 48, 150])
def test_wards_are_full_and_stay_so(beds):
    """After half a day most beds are taken, in every ward, and no ward holds more than it has."""
    hospital = Hospital(4, beds, "fr", START_NS)
    list(hospital.run(12))
    places = [p.place for p in hospital.truth() if p.place is not None]
    taken = Counter(place.ward for place in places if place.bed)
    assert set(taken) == {kind.code for kind in KINDS}
    assert 0.55 <= sum(taken.values()) / hospital.beds <= 1.25  # cots of newborns are beside the beds


def test_a_large_house_writes_fast():
    """3,000 messages a second on an idle processor; a tenth of it is asked here, where neighbours work too."""
    hospital = Hospital(1, 100, "fr", START_NS)
    begun = time.process_time()
    count = sum(1 for _ in hospital.run(4))
    assert count / (time.process_time() - begun) > 300


def test_every_sentence_has_its_english():
    """A house of the international style has no French left to say."""
    sentences = [text for rows in DIAGNOSES.values() for _, text in rows] + [text for _, text in COMORBIDITIES]
    sentences += [name for _, name in OPERATIONS]
    sentences += [line for texts in IMAGING.values() for lines in texts for line in lines]
    assert [text for text in sentences if text not in ENGLISH] == []
    french = "éèàçêôûï"
    spoken = {wire.text for _, wire in wires("intl")}
    assert not [text for text in spoken if any(letter in text for letter in french)]


def test_live_something_is_measured_every_few_seconds():
    """With the monitors connected, no house is silent for long, however small."""
    for beds in (8, 48):
        hospital = Hospital(2, beds, "fr", START_NS)
        now_ns = START_NS + 6 * 3600 * 10**9
        list(hospital.until(now_ns))
        hospital.go_live()
        times = [now_ns, *(sent.at_ns for sent in hospital.until(now_ns + 300 * 10**9))]
        gaps = [(after - before) / 1e9 for before, after in pairwise(times)]
        assert max(gaps) < 20
        assert sum(gaps) / len(gaps) < 4


def _local(at_ns: int) -> str:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return f"{datetime.fromtimestamp(at_ns // 10**9, ZoneInfo('Europe/Paris')):%Y%m%d%H%M}"


def test_a_house_met_before_lives_the_same_life_again():
    """A demo that is started again tells the same messages, however often it looked at the clock the first time."""
    lives = []
    for steps in (1, 37):
        hospital = Hospital.for_demo(seed=5, beds=12, style="fr", now_ns=START_NS)
        told = [sent.message for sent in hospital.until(hospital.met_ns)]
        hospital.go_live()
        for step in range(1, steps + 1):
            told += [sent.message for sent in hospital.until(START_NS + 3_600_000_000_000 * step // steps)]
        lives.append(told)
    assert lives[0] == lives[1]
    assert len(lives[0]) > 500
