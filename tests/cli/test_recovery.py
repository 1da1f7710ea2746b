"""After the attack, from the command line: what is missing is found, sent back, and every entry accounted for.

Method: the real commands on a home of the test's own, an export on disk as a restored system writes it, and a real MLLP
listener that keeps what it is sent.
"""

import contextlib
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.acts import Act, decode
from contrefeu.cli.node import Node
from contrefeu.journal import MEDIA_ACT, Entry
from contrefeu.station.reprise import reprise
from tests.cli.conftest import Commands
from tests.cli.messages import IPP, admission, potassium
from tests.recovery.targets import Receiver

File = Callable[[str, bytes], Path]
MESSAGES = 600  # of a replay that is killed
FATES = ("present", "replayed", "merged", "set_aside", "kept_here", "unaccounted")


def order(control_id: str = "O-1") -> bytes:
    """Somebody asks the laboratory for something."""
    return potassium(control_id).replace(b"ORU^R01^ORU_R01", b"ORM^O01^ORM_O01").replace(b"OBX|", b"ZZZ|")


@pytest.fixture
def node(cli: Commands, filed: File) -> Commands:
    """Two patients, four messages, one of them said twice."""
    body = admission() + potassium() + admission("A-2", number="8005678", name="DURAND^PAUL") + order()
    cli.told("import", filed("all.hl7", body))
    cli.told("import", filed("again.hl7", potassium()))
    return cli


def told_acts(node: Commands) -> list[tuple[Entry, Act]]:
    """What stands in the station's journal, as the page Reprise reads it."""
    home = Node.at(node.home)
    entries = home.entries(home.station_journal, 0, 1 << 62, beyond=[])
    return [(entry, decode(entry.body)) for entry in entries if entry.media_type == MEDIA_ACT]


def balanced(told: dict[str, object]) -> dict[str, int]:
    """The account, whose parts must sum."""
    found = {fate: int(str(told[fate])) for fate in FATES}
    assert told["entries"] == sum(found.values())
    return found


@pytest.mark.req("R2", "R3", "R4")
def test_what_is_missing_goes_back_and_all_is_accounted_for(node: Commands, filed: File, tmp_path: Path) -> None:
    """Found by type, ward, day and patient; sent raw; a second run sends nothing; the account is sound at the end."""
    held = filed("ehr/day.hl7", admission())
    gap = node.told("gap", "--against", held, status=10)
    assert (gap["entries"], gap["present"], gap["missing"], gap["different"], gap["extra"]) == (4, 1, 3, 0, 0)
    assert gap["kept_here"]["repeat"] == 1
    assert gap["types"] == {"ORU^R01": {"missing": 1}, "ADT^A01": {"missing": 1}, "ORM^O01": {"missing": 1}}
    assert gap["wards"] == {"CARDIO": {"missing": 3}}
    assert sorted(one["missing"] for one in gap["patients"]) == [1, 2]
    found = [node.told("find", number)["patients"] for number in (IPP, "8005678")]
    assert {one["id"] for [one] in found} == {one["id"] for one in gap["patients"]}

    receiver = Receiver()
    looked = node.told("replay", "--to", receiver.url, "--dry-run")
    assert (looked["planned"], looked["remaining"], looked["held"], receiver.bodies) == (3, 2, 1, [])
    done = node.told("replay", "--to", receiver.url, status=10)
    assert (done["acknowledged"], done["held"], done["remaining"]) == (2, 1, 0)
    assert receiver.bodies == [potassium(), admission("A-2", number="8005678", name="DURAND^PAUL")]
    assert node.told("replay", "--to", receiver.url, status=10)["sent"] == 0
    assert len(receiver.bodies) == 2

    pdf, lines, lists = (tmp_path / f"account.{end}" for end in ("pdf", "csv", "ndjson"))
    red = node.told("reconcile", "--out", pdf, "--csv", lines, "--fhir", lists, status=13)
    found = balanced(red)
    assert (found["present"], found["replayed"], found["unaccounted"], found["merged"]) == (1, 2, 1, 0)
    assert sum(red["minutes"].values()) == 3.0, "one ORM to type again"
    assert pdf.read_bytes()[:5] == b"%PDF-"
    with lines.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == red["entries"]
    assert [row["type"] for row in rows if row["fate"] == "unaccounted"] == ["ORM^O01"]
    fates = {
        entry["item"]["identifier"]["value"]: one["code"]["coding"][0]["code"]
        for one in map(json.loads, lists.read_text().splitlines())
        for entry in one["entry"]
    }
    assert fates == {row["entry"]: row["fate"] for row in rows}

    plan = tmp_path / "plan.jsonl"
    node.told("replay", "--to", receiver.url, "--plan", plan, "--dry-run")
    head, *decided = plan.read_text().splitlines()
    aside = [json.loads(line) for line in decided]
    for one in aside:
        if one["type"] == "ORM^O01":
            one |= {"do": "aside", "why": "done by hand", "owner": "laboratory"}
    plan.write_text("\n".join([head, *map(json.dumps, aside)]) + "\n")
    last = node.told("replay", "--to", receiver.url, "--plan", plan)
    assert (node.home / "run" / "plan.jsonl").read_bytes() == plan.read_bytes(), "the ward app shows what was decided"
    assert (last["acknowledged"], last["set_aside"], last["sent"]) == (2, 1, 0)
    assert len((node.home / "run" / "waiting.jsonl").read_text().splitlines()) == 1, "nothing waits any more"
    sound = node.told("reconcile", "--out", pdf)
    assert balanced(sound)["unaccounted"] == 0
    assert sound["reasons"]["set_aside"] == {"done by hand": 1}
    receiver.close()


@pytest.mark.req("R3", "R4", "R7")
def test_what_a_target_accepted_and_did_not_keep_is_unaccounted(node: Commands, filed: File, tmp_path: Path) -> None:
    """The next comparison says that it is not there: held, in the account, until somebody saw it or does it by hand."""
    held, pdf = filed("ehr/day.hl7", admission() + order()), tmp_path / "account.pdf"
    node.told("gap", "--against", held, status=10)
    with contextlib.closing(Receiver()) as receiver:
        assert node.told("replay", "--to", receiver.url)["acknowledged"] == 2
        assert node.told("reconcile", "--out", pdf)["replayed"] == 2, "nobody has looked yet"
        assert node.told("gap", "--against", held, status=10)["missing"] == 2
        plan = tmp_path / "plan.jsonl"
        shutil.rmtree(node.home / "run")  # as in a home that was copied without it
        node.told("replay", "--to", receiver.url, "--plan", plan, "--dry-run")
        waits = node.told("replay", "--to", receiver.url, "--plan", plan, status=10)
        assert (waits["held"], waits["reasons"]) == (2, {"it was accepted before, and is not there": 2})
        head, *listed = map(json.loads, (node.home / "run" / "waiting.jsonl").read_text().splitlines())
        assert (head["target"], head["dry"]) == (receiver.url, False)
        assert [(one["type"], one["why"], one["turn"]) for one in listed] == [
            (kind, "it was accepted before, and is not there", "recovery") for kind in ("ORU^R01", "ADT^A01")
        ], "the ward app lists what waits, and for whom"
        red = node.told("reconcile", "--out", pdf, status=13)
        assert (balanced(red)["replayed"], red["reasons"]["unaccounted"]) == (0, {"accepted, and not there": 2})

        head, first, second = plan.read_text().splitlines()
        seen = json.loads(first) | {"do": "arrived"}
        by_hand = json.loads(second) | {"do": "aside", "why": "typed", "owner": "ward"}
        plan.write_text("\n".join([head, json.dumps(seen), json.dumps(by_hand)]) + "\n")
        done = node.told("replay", "--to", receiver.url, "--plan", plan)
        assert (done["acknowledged"], done["set_aside"], len(receiver.bodies)) == (1, 1, 2)
        sound = balanced(node.told("reconcile", "--out", pdf))
        assert (sound["replayed"], sound["set_aside"], sound["unaccounted"]) == (1, 1, 0)
        node.told("gap", "--against", held, status=10)
        assert node.told("reconcile", "--out", pdf, status=13)["unaccounted"] == 1, "who looked later knows better"


@pytest.mark.req("R7")
def test_whoever_lacked_something_is_signed_off_though_nothing_is_lacking_any_more(node: Commands, filed: File) -> None:
    """In the documented order: compared again after the replay, the account names both patients, and whom to ask."""
    held = filed("ehr/day.hl7", admission())
    gap = node.told("gap", "--against", held, status=10)
    receiver = Receiver()
    node.told("replay", "--to", receiver.url, status=10)
    receiver.close()
    node.told("gap", "--against", filed("ehr/day.hl7", admission() + b"".join(receiver.bodies)), status=10)
    lines = node.home.parent / "account.csv"
    node.told("reconcile", "--out", node.home.parent / "a.pdf", "--csv", lines, status=13)
    state = reprise(told_acts(node))
    assert {one.chart: (one.left, one.back) for one in state.patients.values()} == {
        one["id"]: (one["missing"] - back, back) for one, back in zip(gap["patients"], (1, 1), strict=True)
    }
    with lines.open(newline="") as file:
        replayed = [row for row in csv.DictReader(file) if row["fate"] == "replayed"]
    assert {row["patient"] for row in replayed} == set(state.patients)


@pytest.mark.req("R3")
def test_one_system_is_sent_nothing_under_a_second_name(node: Commands, filed: File) -> None:
    """A name given since, and an alias of its address: refused, looking too; unless it is another system."""
    node.told("gap", "--against", filed("ehr/day.hl7", admission()), status=10)
    with contextlib.closing(Receiver("AA", "nothing")) as receiver:
        hasty = filed("hasty.toml", b"answer_s = 0.3\n")
        assert node.told("replay", "--to", receiver.url, "--profile", hasty, status=10)["in_doubt"] == 1
        named = filed("named.toml", b'name = "ehr"\nanswer_s = 5\n')
        alias = receiver.url.replace("127.0.0.1", "localhost")
        for second in (
            ("--to", receiver.url, "--profile", named),
            ("--to", alias),
            ("--to", alias, "--profile", named),
        ):
            for look in ([], ["--dry-run"]):
                ran = node("replay", *second, *look)
                assert (ran.status, "--another-system" in ran.err, receiver.url in ran.err) == (1, True, True)
        assert len(receiver.bodies) == 2
        node.told("replay", "--to", receiver.url, "--resume", status=10)
    with contextlib.closing(Receiver()) as laboratory:
        said = ("--to", laboratory.url, "--profile", named)
        assert node("replay", *said).status == 1
        assert node.told("replay", *said, "--another-system", status=10)["sent"] == 2
        assert node.told("replay", *said, status=10)["sent"] == 0, "it is known since"


@pytest.mark.req("R3", "R4", "F33")
def test_a_plan_holds_for_its_comparison_its_target_and_its_profile(node: Commands, filed: File) -> None:
    """Decided under a profile, an order does not go as it was without it; what is there by now is not sent."""
    held, plan = filed("ehr/day.hl7", admission()), node.home.parent / "plan.jsonl"
    marked = b'form = "marked"\nhonours_mark = true\n'
    how, slower = filed("ehr.toml", marked), filed("slower.toml", marked + b"answer_s = 20\n")
    node.told("gap", "--against", held, status=10)
    with contextlib.closing(Receiver("AA", "AE")) as receiver:
        to = ("--to", receiver.url, "--plan", plan)
        node.told("replay", *to, "--profile", how, "--dry-run")
        without = node("replay", *to)
        assert (without.status, "under another profile" in without.err) == (1, True)
        assert "Nothing was sent" in without.err
        elsewhere = node("replay", "--to", "mllp://127.0.0.1:9", "--plan", plan, "--profile", how)
        assert (elsewhere.status, "for another target" in elsewhere.err, receiver.bodies) == (1, True, [])
        assert node.told("replay", *to, "--profile", how, status=10)["acknowledged"] == 1
        node.told("gap", "--against", held, status=10)
        late = node("replay", *to, "--profile", how)
        assert (late.status, "of another comparison" in late.err, len(receiver.bodies)) == (1, True, 2)
        plan.unlink()
        node.told("replay", *to, "--profile", how, "--dry-run")
        node.told("replay", *to, "--profile", slower, "--resume", status=10)  # the pace may be another
        sent = len(receiver.bodies)
        assert sent > 2
        node.told("gap", "--against", filed("ehr/more.hl7", potassium()).parent, status=10)
        old = node.told("replay", *to, "--profile", how, status=10)
        assert (old["sent"], old["remaining"], len(receiver.bodies)) == (0, 0, sent), (
            "nothing is left: what became of it"
        )
        head, *lines = plan.read_text().splitlines()
        plan.write_text("\n".join([json.dumps({k: v for k, v in json.loads(head).items() if k != "profile"}), *lines]))
        assert "Line 1 of plan.jsonl is no line of a plan" in node("replay", *to, "--profile", how).err


@pytest.mark.req("R2")
def test_the_same_control_id_with_another_content_is_different_and_another_header_is_not(
    node: Commands, filed: File
) -> None:
    """By content and by control id; what the restored system has beside is counted, by patient too."""
    same = potassium().replace(b"|LABO|CHU|CF|CHU|20261124040000|", b"|ENGINE|X|EHR|X|20261201000000|")
    other = admission().replace(b"CARDIO^112^3", b"CHIR^201^1")
    beside = admission("B-9", number="8009999", name="INCONNU^X")
    held = filed("ehr/day.hl7", same.replace(b"|R-1|", b"|E-77|") + other + beside)
    gap = node.told("gap", "--against", held, status=10)
    assert (gap["present"], gap["missing"], gap["different"], gap["extra"]) == (1, 2, 1, 1)
    assert gap["types"]["ADT^A01"] == {"missing": 1, "different": 1, "extra": 1}
    assert sum(one["extra"] for one in gap["patients"]) == 1
    receiver = Receiver()
    done = node.told("replay", "--to", receiver.url, status=10)
    assert (done["held"], done["acknowledged"]) == (2, 1), "what is different waits for a person, and so does the order"
    receiver.close()


@pytest.mark.req("R2")
def test_an_export_in_fhir_of_an_older_state_lacks_what_came_after(cli: Commands, filed: File) -> None:
    """The charts as they were exported before the result; today's export lacks nothing."""
    cli.told("import", filed("one.hl7", admission()))
    cli.told("export", "--to", cli.home.parent / "older")
    cli.told("import", filed("two.hl7", potassium()))
    cli.told("export", "--to", cli.home.parent / "newer")
    gap = cli.told("gap", "--against", cli.home.parent / "older", status=10)
    assert (gap["entries"], gap["present"], gap["missing"], gap["types"]) == (2, 1, 1, {"ORU^R01": {"missing": 1}})
    assert cli.told("gap", "--against", cli.home.parent / "newer")["present"] == 2


@pytest.mark.req("R2")
def test_a_list_of_control_ids_is_compared_by_them_alone(node: Commands, filed: File) -> None:
    """A CSV with a mapping of its columns; a column that is not there is said."""
    held = filed("ehr/ids.csv", b"when;MSG;APP;SITE\n1;A-1;CPAGE;CHU\n2;R-1;LABO;CHU\n3;O-1;AUTRE;CHU\n")
    mapping = filed("ids.toml", b'control_id = "MSG"\napplication = "APP"\nfacility = "SITE"\ndelimiter = ";"\n')
    gap = node.told("gap", "--against", held, "--mapping", mapping, status=10)
    assert (gap["entries"], gap["present"], gap["missing"]) == (4, 2, 2)
    alone = filed("alone.toml", b'control_id = "MSG"\ndelimiter = ";"\n')
    assert node.told("gap", "--against", held, "--mapping", alone, status=10)["present"] == 3
    wrong = node("gap", "--against", held, "--mapping", filed("w.toml", b'control_id = "NOPE"\n'))
    assert wrong.status == 1
    assert "NOPE" in wrong.err
    marked = filed("excel/ids.csv", "MSG;APP\r\nA-1;CPAGE\r\n\r\nR-1\r\n".encode("utf-8-sig"))
    for encoding in (b"", b'encoding = "UTF8"\n'):
        alone = filed("alone.toml", b'control_id = "MSG"\ndelimiter = ";"\n' + encoding)
        assert node.told("gap", "--against", marked, "--mapping", alone, status=10)["present"] == 2
    unnamed = node("gap", "--against", held)
    assert (unnamed.status, "--mapping" in unnamed.err) == (1, True), "all that it names would be missing"
    sender = filed("sender.toml", b'control_id = "MSG"\napplication = "APP"\ndelimiter = ";"\n')
    of_any = node.told("gap", "--against", held, "--mapping", sender, status=10)
    assert (of_any["present"], of_any["extra"]) == (2, 1), "of MSH-3 alone, whatever MSH-4 is"
    holes = filed("holes/ids.csv", b"MSG;APP\nA-1;CPAGE\n;CPAGE\n;\n")
    told = node.told("gap", "--against", holes, "--mapping", sender, status=10)
    assert (told["present"], told["extra"], len(told["unreadable"])) == (1, 0, 1)
    nothing = node("gap", "--against", filed("none/x.hl7", b"").parent)
    assert (nothing.status, "there is nothing at " in nothing.err) == (10, True)


@pytest.mark.req("R2")
def test_control_ids_that_no_journal_holds_are_extra(node: Commands, filed: File) -> None:
    """Of a list as of messages; what we sent under a control id of ours is not theirs alone."""
    profile = filed("ehr.toml", b'name = "ehr"\nform = "marked"\nhonours_mark = true\n')
    node.told("gap", "--against", filed("ehr/x.hl7", admission()), status=10)
    receiver = Receiver()
    node.told("replay", "--to", receiver.url, "--profile", profile)
    receiver.close()
    rows = [f"1;{one};CPAGE;CHU" for one in ("A-1", "X-1", "X-2", *receiver.control_ids)]
    held = filed("ehr2/ids.csv", "\n".join(["when;MSG;APP;SITE", *rows, ""]).encode())
    for named in (b"", b'application = "APP"\nfacility = "SITE"\n'):
        mapping = filed("ids.toml", b'control_id = "MSG"\ndelimiter = ";"\n' + named)
        gap = node.told("gap", "--against", held, "--mapping", mapping, status=10)
        assert (gap["held"], gap["extra"], gap["types"][""]) == (6, 2, {"extra": 2})


@pytest.mark.req("R5")
def test_what_came_between_the_clean_moment_and_the_detection_is_set_aside_for_review(
    node: Commands, filed: File
) -> None:
    """It is not sent and not dropped: it stands in the account with its reason and its owner."""
    gap = node.told(
        "gap",
        "--against",
        filed("ehr/x.hl7", admission()),
        "--clean",
        "2000-01-01",
        "--detected",
        "2100-01-01",
        status=10,
    )
    assert gap["missing"] == 3
    receiver = Receiver()
    done = node.told("replay", "--to", receiver.url)
    assert (done["set_aside"], done["sent"]) == (3, 0)
    sound = node.told("reconcile", "--out", node.home.parent / "a.pdf")
    assert balanced(sound)["set_aside"] == 3
    receiver.close()


@pytest.mark.req("R3", "F33")
def test_a_marked_message_that_comes_back_is_the_same_fact(node: Commands, filed: File) -> None:
    """What the restored system says to us again under the control id that we gave is merged, not sent once more."""
    profile = filed("ehr.toml", b'name = "ehr"\nform = "marked"\nhonours_mark = true\n')
    node.told("gap", "--against", filed("ehr/x.hl7", admission()), status=10)
    receiver = Receiver()
    assert node.told("replay", "--to", receiver.url, "--profile", profile)["acknowledged"] == 3
    assert all(b"|P^R|" in body for body in receiver.bodies)
    node.told("import", filed("echo.hl7", b"".join(receiver.bodies)))
    gap = node.told("gap", "--against", filed("ehr/all.hl7", admission() + b"".join(receiver.bodies)))
    assert (gap["missing"], gap["present"], gap["kept_here"]["echo"]) == (0, 4, 3)
    found = balanced(node.told("reconcile", "--out", node.home.parent / "a.pdf"))
    assert (found["present"], found["replayed"], found["merged"], found["unaccounted"]) == (1, 3, 3, 0)
    receiver.close()


def test_nothing_is_sent_before_a_comparison_and_no_doubt_is_passed_over(node: Commands, filed: File) -> None:
    """Without a gap there is no plan; after a rejection --resume must be said; errors say what is safe."""
    receiver = Receiver("AE")
    early = node("replay", "--to", receiver.url)
    assert (early.status, "contrefeu gap" in early.err) == (1, True)
    node.told("gap", "--against", filed("ehr/x.hl7", admission()), status=10)
    stopped = node.told("replay", "--to", receiver.url, status=10)
    assert (stopped["rejected"], stopped["stopped"]["code"]) == (1, "AE")
    again = node("replay", "--to", receiver.url)
    assert (again.status, "--resume" in again.err, len(receiver.bodies)) == (1, True, 1)
    assert node.told("replay", "--to", receiver.url, "--resume", status=10)["acknowledged"] == 2
    receiver.close()
    away = node("replay", "--to", receiver.url, "--resume", "--json")
    assert (away.status, away.told["sent"]) == (10, 0), "all that may go is there"


def test_a_plan_that_cannot_be_read_whole_sends_nothing(node: Commands, filed: File) -> None:
    """A line that is none, twice the same entry, set aside without an owner: named by its number."""
    node.told("gap", "--against", filed("ehr/x.hl7", admission()), status=10)
    plan = node.home.parent / "plan.jsonl"
    node.told("replay", "--to", "mllp://127.0.0.1:9", "--plan", plan, "--dry-run")
    good = plan.read_text().splitlines()
    for bad in (good[1], '{"entry": "x/1", "do": "aside"}', '{"entry": "x/1", "do": "resend"}', "nonsense"):
        plan.write_text("\n".join([*good, bad]) + "\n")
        ran = node("replay", "--to", "mllp://127.0.0.1:9", "--plan", plan)
        assert (ran.status, "Line 5" in ran.err, "Nothing was sent" in ran.err) == (1, True, True)


@pytest.mark.req("R3")
def test_killed_at_random_instants_nothing_is_sent_twice_and_nothing_is_lost(cli: Commands, filed: File) -> None:
    """Real processes, kill -9 at random instants, a real listener that counts; 3 kills, or CONTREFEU_KILLS."""
    kills = int(os.environ.get("CONTREFEU_KILLS", "3"))
    seed = int(os.environ.get("CONTREFEU_SEED", "1"))
    chance = random.Random(seed)
    bodies = [potassium(f"R-{n}", number=f"9{n % 40:05d}") for n in range(MESSAGES)]
    cli.told("import", filed("all.hl7", b"".join(bodies)))
    cli.told("gap", "--against", filed("ehr/none.hl7", admission()), status=10)
    receiver = Receiver()
    plan = cli.home.parent / "plan.jsonl"
    cli.told("replay", "--to", receiver.url, "--plan", plan, "--dry-run")
    command = [sys.executable, "-m", "contrefeu", "--home", str(cli.home), "replay", "--to", receiver.url, "--resume"]
    for _ in range(kills):
        before = len(receiver.bodies)
        process = subprocess.Popen(
            [*command, "--plan", str(plan)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wanted = before + chance.randrange(1, 2 * len(bodies) // (kills + 1))
        while len(receiver.bodies) < min(wanted, len(bodies)) and process.poll() is None:
            time.sleep(0.0005)
        process.kill()  # nothing happens to one that ended by itself
        process.wait()
        assert len(receiver.control_ids) == len(set(receiver.control_ids)), f"seed {seed}: sent twice"
    undecided = cli("replay", "--to", receiver.url, "--resume", "--plan", plan, "--json").told
    assert len(receiver.control_ids) == len(set(receiver.control_ids)), f"seed {seed}: sent twice"
    assert undecided["in_doubt"] <= kills, "one message a kill"
    decided = plan.with_name("decided.jsonl")  # written now, so that it knows of the sendings that had no answer
    cli.told("replay", "--to", receiver.url, "--plan", decided, "--dry-run")
    _decide(decided, set(receiver.control_ids))
    last = cli.told("replay", "--to", receiver.url, "--resume", "--plan", decided)
    assert last["acknowledged"] == len(bodies)
    assert sorted(receiver.control_ids) == sorted(f"R-{n}" for n in range(MESSAGES)), f"seed {seed}"
    receiver.close()


def _decide(plan: Path, arrived: set[str]) -> None:
    """Write into the plan what somebody sees in the target."""
    head, *lines = plan.read_text().splitlines()
    found = [json.loads(line) for line in lines]
    for one in found:
        one["do"] = "arrived" if one["control_id"] in arrived else "again"
    plan.write_text("\n".join([head, *map(json.dumps, found)]) + "\n")
