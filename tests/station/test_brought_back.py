"""Acts that waited in a browser, as its script brings them: each is written once, told with its time, or told why not.

Method: a ward in memory that is sent what the script sends, without a browser.
"""

import json

import pytest

from contrefeu.access import Accounts, queue_keys
from contrefeu.acts import AccountAdded, SecretChanged
from contrefeu.chart import WRITTEN
from tests.station.living import in_downtime
from tests.station.test_care import said
from tests.station.visitors import visitor
from tests.station.ward_in_memory import NOW_NS

WAITED = f"{NOW_NS // 10**6 - 60_000} {NOW_NS // 10**6} {NOW_NS // 10**6}"
DOSE = {"outcome": "completed", "day": "2026-11-24", "time": "03:10", "once": "one", "waited": WAITED}


def brought(who, path, **typed):
    """Bring an act that waited, as the browser's script does."""
    return who.post(f"/offline/write/{path}", _headers={"accept": "application/json"}, **typed)


@pytest.mark.req("D6")
def test_an_act_brought_twice_is_one_and_is_read_back():
    """The answer was lost: the same act comes again, and the entry that is there already is what is told."""
    charts = in_downtime()
    nadia, martin = visitor("nadia", charts=charts), visitor("martin", charts=charts)
    first = brought(nadia, "dose/p-durand/m1", **DOSE).json()
    again = brought(nadia, "dose/p-durand/m1", **DOSE).json()
    assert again == first
    assert len(charts.written()) == 1
    back = nadia.post("/offline/kept", ref=first["ref"], chart="p-durand").json()
    assert back == {"sha256": first["sha256"], "shown": True}
    assert martin.post("/offline/kept", ref=first["ref"], chart="p-durand").status_code == 404
    assert first["settle"] is False
    assert brought(martin, "dose/p-durand/m1", **DOSE | {"once": "two"}).json()["settle"]


@pytest.mark.req("D6", "F3")
def test_an_act_of_a_function_that_is_written_elsewhere_by_now_is_settled_by_name():
    """Medicines went to paper meanwhile: the dose is written, and a task says what went where; others do not wait."""
    charts = in_downtime()
    asked = {"do": "declare", "medium": "screen", "function-medicines": "paper"}
    assert visitor("crise", charts=charts).post("/downtime", **asked).status_code == 303
    nadia = visitor("nadia", charts=charts)
    assert brought(nadia, "dose/p-durand/m1", **DOSE).json()["settle"]
    [task] = [one for one in said(charts) if one["resourceType"] == "Task"]
    assert "ne s’écrit plus à l’écran : médicaments, sur papier" in task["description"]
    seen = brought(nadia, "vitals/p-durand", pulse="80", day="2026-11-24", time="03:10", waited=WAITED)
    assert seen.json()["settle"] is False


@pytest.mark.req("D9")
def test_a_device_that_is_ten_minutes_ahead_tells_its_time_and_by_how_much():
    """What it calls 03:20 was done at 03:10 here: the entry says that, and how far the device was off."""
    charts = in_downtime()
    ms = NOW_NS // 10**6 + 600_000
    nadia = visitor("nadia", charts=charts)
    sent = brought(
        nadia, "vitals/p-durand", pulse="80", day="2026-11-24", time="03:10", waited=f"{ms - 60_000} {ms} {ms}"
    )
    assert sent.status_code == 200
    [written] = [one["extension"] for one in said(charts)[0]["extension"] if one["url"] == WRITTEN]
    parts = {one["url"]: one for one in written}
    assert parts["deviceAheadMs"]["valueInteger"] == 600_000
    assert parts["queued"]["valueDateTime"].startswith("2026-11-24T02:10:58")


@pytest.mark.parametrize(
    ("login", "path", "more", "status"),
    [
        ("lucas", "vitals/p-durand", {}, 403),  # another ward's patient
        ("labo", "vitals/p-durand", {}, 403),  # a role that writes no care
        ("nadia", "transfer/p-durand", {}, 400),  # needs the station
        ("nadia", "vitals/p-durand", {"pulse": "9999"}, 409),
        ("nadia", "vitals/p-durand", {"waited": "yesterday"}, 400),
        ("nadia", "vitals/p-durand", {"waited": "1 1 1790000000000000"}, 400),
        ("nadia", "dose/p-durand/none", {}, 404),
    ],
)
def test_what_cannot_be_written_is_told_and_stays(login, path, more, status):
    """Nothing is written, and the browser is told why: it keeps the act."""
    charts = in_downtime()
    typed = {"pulse": "80", "day": "2026-11-24", "time": "03:10", "waited": WAITED} | more
    answer = brought(visitor(login, charts=charts), path, **typed)
    assert answer.status_code == status
    assert answer.json().get("why") or answer.json().get("problem")
    assert charts.written() == []


def test_looks_of_no_page_or_another_time_are_left_out():
    """A browser tells what was opened; what it cannot have been is not journaled."""
    nadia = visitor("nadia", charts=in_downtime())
    now_ms = NOW_NS // 10**6
    told = [["/patient/p-durand", now_ms - 5000], ["javascript:x", now_ms], ["/ward/CARD", 5]]
    assert nadia.post("/offline/looks", looks=json.dumps(told)).json() == {"taken": True}
    [look] = nadia.looks("view")
    assert look["entity"][0]["what"]["reference"] == "Patient/p-durand"
    assert nadia.post("/offline/looks", looks="{").json() == {"taken": True}


def test_the_worker_holds_no_word_of_a_patient():
    """It is served to anybody, names its files by their hashes, and asks no other host."""
    answer = visitor("").get("/worker.js")
    assert answer.status_code == 200
    assert "@" not in answer.text.replace("@media", "")
    assert "DURAND" not in visitor("").get("/away").text


def test_an_acts_key_is_its_authors_and_survives_a_new_secret():
    """Two people have two keys; after a new secret the key before is still given, second."""
    accounts = Accounts()
    for login in ("nadia", "lucas"):
        accounts.apply(AccountAdded(login, login, "nurse", "$argon2id$one", ["*"]))
    before = queue_keys(accounts.get("nadia"))
    assert before != queue_keys(accounts.get("lucas"))
    accounts.apply(SecretChanged("nadia", "$argon2id$two"))
    after = queue_keys(accounts.get("nadia"))
    assert (len(after), after[1], after[0] != before[0]) == (2, before[0], True)
