"""The ledger says what the messages say, though neither is read out of the other.

Method: from the messages of three days, cut by hand, put together again what each chart must hold, by the simplest
rule there is (the last word of each number holds), and compare it with the truth line by line.
"""

from base64 import b64decode
from collections import Counter
from hashlib import sha256

import pytest

from contrefeu.drill.ledger import Fact, Ledger, Merged, TrueIdentity, TrueResult
from tests.drill.wire import STYLES, Wire, lived, wires


def _owned(wire: Wire, segment: list[str], field: int) -> str:
    return f"{wire.of(segment, field, 2)}|{wire.of(segment, field)}"


def _survivors(style: str) -> dict[str, str]:
    into = {}
    for _, wire in wires(style):
        if wire.get("MSH", 9, 2) == "A40":
            into[f"{wire.get('MRG', 1, 4)}|{wire.get('MRG', 1)}"] = wire.number
    return into


def _who(number: str, into: dict[str, str]) -> str:
    while number in into:
        number = into[number]
    return number


@pytest.mark.parametrize("style", STYLES)
def test_each_patient_of_the_feed_is_in_the_ledger_once(style):
    """Under the number that survives, with all numbers that were merged into it."""
    _, truth = lived(style)
    into = _survivors(style)
    said = {wire.number for _, wire in wires(style)}
    assert {patient.number for patient in truth} == {_who(number, into) for number in said}
    assert {old for patient in truth for old in patient.old_numbers} == set(into)
    assert len(into) >= 2


@pytest.mark.parametrize("style", STYLES)
def test_identities_are_the_last_that_admissions_told(style):
    """Names, birth date, sex, death, and the national number when it was sent."""
    _, truth = lived(style)
    into = _survivors(style)
    last = {}
    for sent, wire in wires(style):
        if sent.system == "admissions":
            last[wire.number] = wire
    for patient in truth:
        wire, true = last[patient.number], patient.identity
        birth = wire.get("PID", 5) if style == "fr" else wire.get("PID", 5, 1, 1) or wire.get("PID", 5)
        assert (birth, wire.get("PID", 8)) == (true.birth_name, true.sex)
        assert wire.get("PID", 7) == true.birth_date.replace("-", "")
        assert wire.get("PID", 3, 1, 1) == true.national
        assert (wire.get("PID", 30) == "Y") == true.dead
        assert wire.get("PID", 32) == true.qualified
    assert not set(into) & {patient.number for patient in truth}


@pytest.mark.parametrize("style", STYLES)
def test_places_are_the_last_that_admissions_told(style):
    """Whoever is present lies where the last movement of the visit put them; whoever left lies nowhere."""
    _, truth = lived(style)
    last = {}
    for sent, wire in wires(style):
        if sent.system == "admissions" and wire.get("PV1", 19):
            visit = f"{wire.get('PV1', 19, 4)}|{wire.get('PV1', 19)}"
            last.setdefault(visit, []).append(wire)
    stays = {stay.visit: stay for patient in truth for stay in patient.stays}
    assert set(stays) == set(last)
    for visit, told in last.items():
        events = [wire.get("MSH", 9, 2) for wire in told if wire.get("MSH", 9, 2) != "A08"]
        true, ended = stays[visit], {"A03": "finished", "A11": "cancelled", "A38": "cancelled", "A05": "planned"}
        assert true.status == ended.get(events[-1], "on-leave" if events[-1] == "A21" else "in-progress")
        if true.place is None:
            assert events[-1] in ended
            continue
        wire = told[-1]
        assert (wire.get("PV1", 3), wire.get("PV1", 3, 2), wire.get("PV1", 3, 3)) == (
            true.place.ward,
            true.place.room,
            true.place.bed,
        )
        assert true.patient_class == wire.get("PV1", 2)


@pytest.mark.parametrize("style", STYLES)
def test_results_are_the_last_words_of_the_laboratory(style):
    """Value, unit, flag and status of each line, with the values that it had before, under whoever it belongs to."""
    _, truth = lived(style)
    into = _survivors(style)
    last: dict[tuple, tuple] = {}
    values: dict[tuple, list[str]] = {}
    for sent, wire in wires(style):
        if sent.system not in {"laboratory", "monitors"} or sent.repeat:
            continue
        obr = None
        for segment in wire.segments:
            if segment[0] == "OBR":
                obr = segment
            elif segment[0] == "OBX":
                key = (_owned(wire, obr, 3), wire.of(obr, 4), wire.of(segment, 3), wire.of(segment, 4))
                kind = wire.of(segment, 2)
                text = {"SN": wire.of(segment, 5) + wire.of(segment, 5, 2), "CE": wire.of(segment, 5, 2)}
                value = text.get(kind, wire.of(segment, 5))
                values.setdefault(key, []).append(value)
                last[key] = (
                    _who(wire.number, into),
                    value,
                    wire.of(segment, 6),
                    wire.of(segment, 8),
                    wire.of(segment, 11),
                )
    found = {}
    for patient in truth:
        for one in patient.results:
            if one.filler and not one.filler.startswith("RIS"):
                key = (one.filler, one.panel, one.code, one.sub)
                found[key] = (patient.number, one.text, one.unit, one.flag, one.status)
                before = [text for n, text in enumerate(values[key][:-1]) if text != values[key][n + 1]]
                assert list(one.earlier) == before
    assert len(found) > 5000
    assert found == last


@pytest.mark.parametrize("style", STYLES)
def test_documents_are_the_bytes_that_were_sent(style):
    """Each document's text or the hash of its file; replaced and withdrawn ones say so."""
    _, truth = lived(style)
    sent_bodies, replaced, withdrawn = {}, set(), set()
    for sent, wire in wires(style):
        if sent.system != "documents":
            continue
        number = f"{wire.get('TXA', 12, 2)}|{wire.get('TXA', 12)}"
        if wire.get("MSH", 9, 2) == "T11":
            withdrawn.add(number)
            continue
        if wire.get("MSH", 9, 2) == "T10":
            replaced.add(f"{wire.get('TXA', 13, 2)}|{wire.get('TXA', 13)}")
        if wire.get("OBX", 2) == "ED":
            sent_bodies[number] = sha256(b64decode(wire.get("OBX", 5, 5))).hexdigest()
        else:
            sent_bodies[number] = "\n".join(wire.of(obx, 5) for obx in wire.all("OBX"))
    documents = {one.id: one for patient in truth for one in patient.documents}
    assert {name: one.pdf_sha256 or one.text for name, one in documents.items()} == sent_bodies
    assert {name for name, one in documents.items() if one.status == "withdrawn"} == withdrawn
    assert {name for name, one in documents.items() if one.status == "superseded"} == replaced - withdrawn


@pytest.mark.parametrize("style", STYLES)
def test_doses_are_those_that_were_written_down(style):
    """Each administration once, under its prescription, with its amount; withdrawn ones are marked, not gone."""
    _, truth = lived(style)
    statuses = {"CP": "given", "PA": "part", "RE": "refused", "NA": "refused"}
    told = {}
    for sent, wire in wires(style):
        if wire.get("MSH", 9) == "RAS":
            key = (f"{wire.get('ORC', 2, 2)}|{wire.get('ORC', 2)}", int(wire.get("RXA", 2)))
            status = "withdrawn" if wire.get("RXA", 21) == "D" else statuses[wire.get("RXA", 20)]
            told[key] = (wire.get("RXA", 6), wire.get("RXA", 7), status)
            assert sent.system == "pharmacy"
    found = {
        (dose.prescription, dose.number): (dose.amount, dose.unit, dose.status)
        for patient in truth
        for dose in patient.doses
    }
    assert found == told
    assert set(Counter(status for *_, status in found.values())) == {"given", "part", "refused", "withdrawn"}


@pytest.mark.parametrize("style", STYLES)
def test_prescriptions_are_stopped_by_a_message_only(style):
    """Active unless a DC was sent; the dose is that of the last NW or XO."""
    _, truth = lived(style)
    told = {}
    for _, wire in wires(style):
        if wire.get("MSH", 9) == "RDE":
            key = f"{wire.get('ORC', 2, 2)}|{wire.get('ORC', 2)}"
            status = "stopped" if wire.get("ORC", 1) == "DC" else "active"
            told[key] = (wire.get("RXE", 2), wire.get("RXE", 3), status, wire.get("RXE", 23))
    found = {
        one.number: (one.code, one.dose, one.status, one.rate) for patient in truth for one in patient.prescriptions
    }
    assert found == told
    assert {status for *_, status, _ in found.values()} == {"active", "stopped"}


@pytest.mark.parametrize("style", STYLES)
def test_allergies_stand_until_they_are_taken_back(style):
    """AL1 adds, IAM adds and removes; "none known" is a statement of its own, and gone when one is found."""
    _, truth = lived(style)
    into = _survivors(style)
    told: dict[tuple, bool] = {}
    denied: dict[tuple, bool] = {}
    for _, wire in wires(style):
        for segment in [*wire.all("AL1"), *wire.all("IAM")]:
            removed = segment[0] == "IAM" and wire.of(segment, 6) == "D"
            code = wire.of(segment, 3)
            who = _who(wire.number, into)
            if code == "716186003":
                denied[(who, wire.get("PV1", 19))] = not removed
            else:
                own = wire.of(segment, 7) if segment[0] == "IAM" else ""
                told[(who, own or code)] = removed
    found = {
        (patient.number, one.id.partition("|")[2] or one.code): one.removed
        for patient in truth
        for one in patient.allergies
    }
    assert found == told
    assert set(found.values()) == {True, False}
    holding = {who for (who, _), holds in denied.items() if holds}
    assert {patient.number for patient in truth if patient.none_known} == holding


@pytest.mark.parametrize("style", STYLES)
def test_nothing_is_in_the_ledger_before_it_is_sent(style):
    """At any moment of a run, each object in the truth was named by a message that was given already."""
    from contrefeu.drill import Hospital
    from tests.drill.wire import START_NS

    hospital = Hospital(6, 12, style, START_NS)
    said = ""
    for n, sent in enumerate(hospital.until(START_NS + 20 * 3600 * 10**9)):
        said += Wire(sent.message).text
        if n % 400 == 399:
            for patient in hospital.truth():
                numbers = [one.number for one in patient.prescriptions] + [one.filler for one in patient.reports]
                numbers += [one.id for one in patient.documents] + [stay.visit for stay in patient.stays]
                assert all(number.partition("|")[2] in said for number in numbers)


def test_merges_chain_and_earlier_values_are_kept():
    """A ledger by hand: two merges in a chain, and a result that was said three times, twice with one value."""
    ledger = Ledger()
    for number in "abc":
        ledger.take([Fact(number, "identity", "", TrueIdentity("X", "X", ("Y",), "1970-01-01", "F"))])
    for text, status in (("4.1", "P"), ("4.1", "F"), ("5.2", "C")):
        result = TrueResult("L|1", "P", "2823-3", "", text, "mmol/L", "", "", status, 0)
        ledger.take([Fact("a", "result", "k", result)])
    ledger.take([Merged("b", "a"), Merged("c", "b")])
    [patient] = ledger.patients()
    assert (patient.number, patient.old_numbers) == ("c", ("a", "b"))
    assert [(one.text, one.status, one.earlier) for one in patient.results] == [("5.2", "C", ("4.1",))]
