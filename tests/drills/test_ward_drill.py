"""The drill of a ward with its people, on a real node: who answers in time is scored so, and who does not is seen.

Method: the command's own exercise, its half hour in seconds; people are browsers without a script that read their page
and do what it says, on the patient that it names.
"""

import os
import re
import signal
import threading
import time
from html import unescape

import pytest

from contrefeu.base import parse_rfc3339
from contrefeu.cli.exercising import WardExercise, peopled
from contrefeu.drill.screen import Screen
from contrefeu.exercise import open_record, parse_script, shipped, signed

SPEED = 20  # the people of this test are done soon after minute 14: in less than a minute
pytestmark = pytest.mark.timeout(900)  # seconds: a whole node, on two slow processors that others use too
SMALL = {"beds = 16": "beds = 8\npast_hours = 6"}


def test_the_shipped_half_hour_finds_its_patients_at_any_hour():
    """An hour at which the seed's own house has one patient in the ward, and the scenario names two."""
    script = parse_script(shipped()["ward"], "ward")
    at_ns = parse_rfc3339("2026-11-28T14:55:00Z")
    seed, house, past = peopled(script, at_ns)
    lying = [one for one in house.truth() if one.place and one.place.ward == script.ward and one.place.bed]
    assert (seed > script.seed, len(lying) >= len(script.letters), bool(past)) == (True, True, True)


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """An exercise that two people played and then ended by Ctrl-C: the crisis cell, and a nurse."""
    text = patient_text(shipped()["ward"])
    folder = tmp_path_factory.mktemp("ward") / "exercise"
    pages: list[str] = []
    with WardExercise(folder, parse_script(text, "ward"), text, "fr", lambda _: None) as exercise:
        exercise.prepare("127.0.0.1:0")
        people = threading.Thread(target=_people, args=(exercise, pages))
        people.start()
        exercise.play(SPEED, "Dr Anne Exemple")
        people.join()
        record = exercise.record(SPEED, "Dr Anne Exemple")
        data = signed(record, exercise.signer())
    return folder, record, data, pages


def patient_text(text: str) -> str:
    """The shipped half hour on a small house, with all the time there is: a busy machine is no slow nurse."""
    for old, new in SMALL.items():
        text = text.replace(old, new)
    parts = text.split("[[inject]]")
    for n, part in enumerate(parts[1:], 1):
        minute = float(re.search(r"at_minute = (\S+)", part)[1])
        parts[n] = re.sub(r"within_minutes = \S+", f"within_minutes = {30 - minute:g}", part)
    return "[[inject]]".join(parts)


@pytest.mark.req("G2", "D2", "D5")
def test_what_was_done_in_time_is_held_and_what_was_not_is_broken(played):
    """Downtime declared, vital signs on the right patient, the critical result acknowledged; nobody was admitted."""
    _, record, data, pages = played
    held = {one.id: one.held for one in record.promises}
    assert held == {"D2": True, "W4": True, "D3": False, "D5": True, "WHO": True, "Q2": False, "G2": False}
    lines = {one.id: one for one in record.lines}
    assert (lines["declare"].by, lines["vitals"].by, lines["critical"].by) == ("crise", "nadia", "nadia")
    assert lines["arrival"].to_s is None
    assert {one.role for one in record.players} == {"coordinator", "nurse"}
    assert open_record(data).record == record
    assert all("Patients fictifs" in page for page in pages)


@pytest.mark.req("G2")
def test_all_of_it_lies_in_one_folder(played):
    """Sheets for each role, the pack, forms that must come back; every journal is named an exercise's."""
    folder, record, _, _ = played
    assert {path.stem for path in (folder / "sheets").glob("*.pdf")} >= {
        "ward-nurse",
        "ward-coordinator",
        "ward-leader",
    }
    assert {path.stem for path in (folder / "papers").glob("*.pdf")} == {"pack-MED", "vital-signs-MED"}
    assert all(one.journal.startswith("drill/") for one in record.journals)
    assert all(
        one.entries and one.checkpoint for one in record.journals if one.journal.endswith(("-capture", "-station"))
    )


def _people(exercise: WardExercise, pages: list[str]) -> None:
    """The crisis cell declares; the nurse does what her page says, and ticks; then somebody presses Ctrl-C."""
    try:
        _play(exercise, pages)
    finally:
        os.kill(os.getpid(), signal.SIGINT)


def _play(exercise: WardExercise, pages: list[str]) -> None:
    secrets = {one["login"]: one["secret"] for one in exercise.logins}
    ca = exercise.node.paths.ca_dir / "ca.pem"
    crisis, nurse = Screen(exercise.web, ca), Screen(exercise.web, ca)
    crisis.log_in("crise", secrets["crise"])
    nurse.log_in("nadia", secrets["nadia"])
    _wait(crisis, "declare", pages)
    form = _fields(crisis.get("/downtime")[1])
    crisis.post("/downtime", form | {"do": "declare", "reason": "exercice", "medium": "screen"})
    for inject in ("stop", "pack", "vitals", "critical"):
        page = _wait(nurse, inject, pages)
        if inject == "vitals":
            _write(nurse, f"/write/vitals/{_chart(exercise, 'a')}", temperature="38,9", pulse="112")
        if inject == "critical":
            address = _acknowledging(nurse, _chart(exercise, "b"))
            _write(nurse, address, **{"from": "labo", "to": "Dr Exemple", "readback": "yes"})
        nurse.post("/drill", _fields(page) | {"inject": inject})


def _wait(who: Screen, inject: str, pages: list[str]) -> str:
    """Look at one's page until it says that inject."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        _, page = who.get("/drill")
        pages.append(page)
        if f'value="{inject}"' in page:
            return page
        time.sleep(0.2)
    raise AssertionError(f"nobody was told {inject}")


def _acknowledging(nurse: Screen, chart: str) -> str:
    """Where that patient's critical result is acknowledged, once the page of what is to be done has it."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        _, page = nurse.get("/work")
        found = re.findall(rf'href="(/write/acknowledge/{chart}/[^"]+)"', page)
        if found:
            return unescape(found[0])
        time.sleep(0.2)
    raise AssertionError("no critical result came")


def _write(who: Screen, address: str, **typed: str) -> None:
    """Fill in a form."""
    status, page = who.get(address)
    assert status == 200, address
    status, answer = who.post(address, _fields(page) | typed)
    assert status == 200, answer[:500]


def _fields(page: str) -> dict[str, str]:
    """What the fields of a page hold already, as a browser would send them."""
    found = {}
    for one in re.findall(r"<input [^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', one), re.search(r'value="([^"]*)"', one)
        if name and value and 'type="checkbox"' not in one and 'type="radio"' not in one:
            found[name[1]] = unescape(value[1])
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found[name] = unescape(chosen[1]) if chosen else ""
    return found


def _chart(exercise: WardExercise, letter: str) -> str:
    """The chart of a patient whom injects name."""
    with exercise.node.charts() as charts:
        number = exercise._patients[letter].number.rpartition("|")[2]
        return str(charts.find(number, 1)[0].id)
