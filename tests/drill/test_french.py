"""A French house speaks IHE PAM France: identities as national rules ask, and every movement with its ZBE.

Method: look at each ADT of three days, cut by hand. What is asked here was checked against real messages of the
French extension (2.5^FRA^2.11).
"""

import re

from tests.drill.wire import wires

MOVEMENTS = {"A01", "A02", "A03", "A04", "A05", "A06", "A11", "A12", "A13", "A21", "A22", "A38", "Z99"}
CANCELS = {"A11": "A01", "A12": "A02", "A13": "A03", "A38": "A05"}


def _admissions() -> list:
    return [wire for sent, wire in wires("fr") if sent.system == "admissions"]


def test_names_are_capitals_with_birth_name_first():
    """PID-5: birth name ^L with the list of birth given names, used name ^D when there is another; A to Z only."""
    used = 0
    for wire in _admissions():
        assert wire.get("PID", 5, 7) == "L"
        assert re.fullmatch(r"[A-Z' -]+", wire.get("PID", 5))
        assert wire.get("PID", 5, 3).split()[0] == wire.get("PID", 5, 2)
        if wire.get("PID", 5, 1, 1):
            used += 1
            assert wire.get("PID", 5, 7, 1) == "D"
    assert used > 20


def test_ins_is_sent_only_when_qualified():
    """PID-3 holds an INS, under its test authority and with a valid key, if and only if PID-32 says VALI."""
    qualified = 0
    for wire in _admissions():
        status, ins = wire.get("PID", 32), wire.get("PID", 3, 1, 1)
        assert status in {"VALI", "PROV"}
        if ins:
            qualified += 1
            assert status == "VALI"
            assert (wire.get("PID", 3, 4, 1), wire.get("PID", 3, 4, 1, 2)) == (
                "ASIP-SANTE-INS-NIR",
                "1.2.250.1.213.1.4.10",
            )
            assert wire.get("PID", 3, 5, 1) == "INS"
            assert 97 - int(ins[:13]) % 97 == int(ins[13:])
    assert qualified > 20


def test_every_movement_has_its_zbe():
    """Number, time, action, historic, unit and nature; a cancellation and an update name the event they are about."""
    numbers = {}
    for wire in _admissions():
        event = wire.get("MSH", 9, 2)
        assert bool(wire.all("ZBE")) == (event in MOVEMENTS)
        if event not in MOVEMENTS:
            continue
        number, action = wire.get("ZBE", 1), wire.get("ZBE", 4)
        assert (action == "CANCEL") == (event in CANCELS)
        assert (action == "UPDATE") == (event == "Z99")
        if action == "INSERT":
            numbers.setdefault(number, event)
            assert numbers[number] == event, "a movement's number is its own"
            assert wire.get("ZBE", 6) == ""
        else:
            assert wire.get("ZBE", 6) == numbers[number] == CANCELS.get(event, "A02")
        assert wire.get("ZBE", 5) == "N"
        assert re.fullmatch(r"\d{14}", wire.get("ZBE", 2))
        assert (wire.get("ZBE", 7, 7), wire.get("ZBE", 7, 10)[:1]) in {("UF", "2"), ("UF", "3")}
        assert wire.get("ZBE", 9) in {"HMS", "MH", "M"}


def test_segments_stand_in_the_french_order():
    """PID, PD1, NK1, PV1, PV2, then ZBE, ZFA, ZFP, ZFV, ZFM, ZFD, and the rest after."""
    order = ["MSH", "EVN", "PID", "PD1", "NK1", "PV1", "PV2", "ZBE", "ZFA", "ZFP", "ZFV", "ZFM", "ZFD", "OBX", "DG1"]
    for wire in _admissions():
        names = [segment[0] for segment in wire.segments if segment[0] != "MRG"]
        assert names == sorted(names, key=order.index)


def test_a_birth_is_said_whole():
    """A28, then A01 of the child: its mother's number (PID-21), her name (NK1), its weight in grams; twins in order."""
    told = {}
    births = [wire for wire in _admissions() if wire.get("PID", 21)]
    for wire in births:
        told.setdefault(wire.number, []).append(wire)
    assert len(told) >= 3
    for child in told.values():
        assert [wire.get("MSH", 9, 2) for wire in child][:2] == ["A28", "A01"]
        assert child[1].get("NK1", 3) == "MTH"
        assert child[1].get("OBX", 3) == "3141-9" and 2000 < int(child[1].get("OBX", 5)) < 4500
        assert child[1].get("OBX", 6) == "g"
        assert child[1].get("PV1", 4) == "N"
    assert {wire.get("PID", 25) for wire in births} >= {"", "1", "2"}


def test_results_come_under_a_number_that_was_merged():
    """After each A40 the laboratory may still use the lost number; over three days it does."""
    lost, late = set(), 0
    for sent, wire in wires("fr"):
        if wire.get("MSH", 9, 2) == "A40":
            lost.add(f"{wire.get('MRG', 1, 4)}|{wire.get('MRG', 1)}")
            assert wire.number not in lost
        late += sent.system == "laboratory" and wire.number in lost
    assert len(lost) >= 2
    assert late > 0


def test_results_come_after_their_patient_left():
    """Cultures end days later: a result whose visit was closed by an A03."""
    gone, late = set(), 0
    for sent, wire in wires("fr"):
        visit = wire.get("PV1", 19)
        if wire.get("MSH", 9, 2) == "A03":
            gone.add(visit)
        elif wire.get("MSH", 9, 2) == "A13":
            gone.discard(visit)
        late += sent.system == "laboratory" and visit in gone
    assert late > 5
