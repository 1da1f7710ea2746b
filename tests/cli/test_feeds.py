"""What is known of a feed is written once, holds for its messages alone, and what it sends is told by counts.

Method: the real commands on a home, messages of two senders imported into it.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.cli.node import Node
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium

File = Callable[[str, bytes], Path]
BARE = (
    "MSH|^~\\&|URG|CHU|CF|CHU|20261124030000||ADT^A04|U-1|P|2.5|12||AL|NE||8859/1\r"
    "EVN|A04|20261124030000\rPID|1||777||LEFÈVRE^LOÏC||19800101|M\rPV1|1|E|URG\rZZZ|1\r"
)


@pytest.mark.req("F34")
def test_a_feed_is_described_once_and_listed(cli: Commands) -> None:
    """`feeds add` writes contrefeu.toml; what cannot be is written nowhere; it is an entry."""
    told = cli.told(
        "feeds", "add", "urg", "--sender", "URG@CHU", "--zone", "America/Cayenne", "--authority", "CHU",
        "--on-fault", "AE", "--refuse-ward", "PERS", "--refuse-field", "PID-18.1=X",
    )  # fmt: skip
    assert (told["name"], told["zone"], told["on_fault"]) == ("urg", "America/Cayenne", "AE")
    settings = Node.at(cli.home).settings
    assert [(rule.ward, rule.path, rule.value) for rule in settings.feeds["urg"].refuse] == [
        ("PERS", "", ""),
        ("", "PID-18.1", "X"),
    ]
    before = (cli.home / "contrefeu.toml").read_text()
    for words in (["urg", "--sender", "X@Y"], ["B c", "--sender", "X@Y"], ["b", "--sender", "URG@CHU"]):
        ran = cli("feeds", "add", *words)
        assert ran.status == 1
        assert "contrefeu: error" in ran.err
    assert cli("feeds", "add", "c", "--sender", "C@C", "--refuse-field", "nonsense").status == 1
    assert (cli.home / "contrefeu.toml").read_text() == before
    (feed,) = cli.told("feeds", "list")["feeds"]
    assert feed["senders"] == ["URG@CHU"]


@pytest.mark.req("F34", "F30")
def test_rules_hold_for_the_feeds_own_messages(cli: Commands, filed: File) -> None:
    """Zone, authority and character set of one feed change its charts, and no other's; old entries are read anew."""
    body = BARE.encode("cp1252").replace(b"8859/1", b"8859/5")
    cli.told("import", filed("1.hl7", body), filed("2.hl7", admission()))
    before = {one["id"] for one in cli.told("find", "777")["patients"]}
    cli.told(
        "feeds", "add", "urg", "--sender", "URG@CHU", "--zone", "America/Cayenne", "--authority", "CHU",
        "--charset", "WINDOWS-1252",
    )  # fmt: skip
    (after,) = cli.told("find", "777")["patients"]
    assert after["id"] not in before, "the number is the hospital's now"
    assert after["name"] == "LEFÈVRE LOÏC"
    bundle = cli("chart", after["id"], "--as", "fhir").out.decode()
    assert "2026-11-24T03:00:00-03:00" in bundle
    other = cli.told("find", "MARTIN")["patients"][0]
    assert "2026-11-24T03:00:00+01:00" in cli("chart", other["id"], "--as", "fhir").out.decode()


@pytest.mark.req("F34")
def test_check_tells_what_a_feed_sends(cli: Commands, filed: File) -> None:
    """By counts, with what to settle first; exit status 10 while there is something; no word of a patient."""
    body = BARE.encode("utf-8")
    cli.told("import", filed("1.hl7", admission() + potassium()), filed("2.hl7", body))
    ran = cli("feeds", "check", "--json")
    assert ran.status == 10
    urg = next(one for one in ran.told["feeds"] if one["source"] == "URG@CHU")
    assert (urg["entries"], urg["kinds"], urg["numbered"]) == (1, {"ADT^A04": 1}, 1)
    assert (urg["charsets"], urg["charset_doubts"]) == ({"8859/1": 1}, 1)
    assert urg["answers"] == {"AL/NE": 1}
    assert urg["without_authority"] == {"PID-3": 1}
    assert urg["without_zone"] == {"MSH-7": 1, "EVN-2": 1}
    assert any(name.startswith("ZZZ") for name in urg["not_charted"])
    assert len(urg["findings"]) == 2
    cpage = next(one for one in ran.told["feeds"] if one["source"] == "CPAGE@CHU")
    assert (cpage["findings"], cpage["authorities"]) == ([], {"CHU": 1})
    text = cli("feeds", "check").out.decode()
    assert "LOOK" in text
    for word in ("MARTIN", "LEF", "777", "8001234"):
        assert word not in ran.out.decode() + text
    cli.told("feeds", "add", "urg", "--sender", "URG@CHU", "--authority", "CHU", "--charset", "UNICODE UTF-8")
    assert cli.told("feeds", "check", "urg")["feeds"][0]["findings"] == []
    assert cli("feeds", "check", "NOBODY@CHU").status == 1


@pytest.mark.req("F45")
def test_import_and_status_count_by_rule(cli: Commands, filed: File) -> None:
    """A rule of a feed holds for files too, whatever name they are imported under."""
    cli.told("feeds", "add", "labo", "--sender", "LABO@CHU", "--refuse-message", "ORU")
    told = cli.told("import", filed("1.hl7", admission() + potassium()), "--source", "ARCHIVE")
    assert (told["journaled"], told["refused"], told["refused_by_rule"]) == (1, 1, {"labo/1": 1})
    assert cli.told("status")["refused"] == {}, "what a running node refused; an import says its own"


@pytest.mark.req("F34")
def test_a_sample_is_looked_at_before_anything_is_connected(cli: Commands, filed: File) -> None:
    """From a file of which nothing is kept: what stands empty, what no chart says without it, and a profile to take.

    The profile holds what the messages show: their own authority, their real character set, results alone.
    """
    rows = b"".join(
        b"MSH|^~\\&|LAB|CHU|CF|CHU|20261124030000||ORU^R01|%d|P|2.5||||||8859/1\rPID|1||77%d^^^CHU||N\xc3\x89^A\r"
        b"PV1|1|I|MED||||||||||||||||55\rOBR|1||F%d|K^Potassium|||20261124030000\rOBX|1|NM|K^Potassium||4.1||||||F\r"
        % (n, n, n)
        for n in range(6)
    )
    path = filed("sample.hl7", rows)
    ran = cli("feeds", "check", "--sample", path)
    text = ran.out.decode()
    assert "OBX-6 empty in 6 of 6: no chart says the unit of a number" in text
    assert "PID-7 empty in 6 of 6" in text
    told = cli.told("feeds", "check", "--sample", path, "--accept", "lab", status=10)["feeds"]
    assert told[0]["proposal"] == (
        '[feeds.NAME]\nsenders = ["LAB@CHU"]\nauthority = "CHU"\ncharset = "UNICODE UTF-8"\nsets = ["results"]\n'
    )
    assert told[0]["missing"].keys() == {"PID-7", "PID-8", "PV1-44", "OBX-6", "OBX-7", "OBX-8"}
    assert "NÉ" not in text
    feed = Node.at(cli.home).settings.feeds["lab"]
    assert (feed.authority, feed.charset, feed.sets) == ("CHU", "UNICODE UTF-8", ["results"])
    assert cli.told("status")["feeds"] == [], "nothing of a sample is kept"
    assert cli("feeds", "check", "--sample", path, "--accept", "other").status == 1, "it is described already"


@pytest.mark.req("F34")
@pytest.mark.parametrize(
    ("number", "habit"),
    [
        (lambda n: n, "unique"),
        (lambda n: n % 150, "daily"),
        (lambda n: n % 50, "reused"),
        (lambda n: n if n != 299 else 1, ""),  # once: nothing to make a rule of
    ],
)
def test_the_largest_message_and_the_habit_of_control_ids_are_proposed(
    cli: Commands, filed: File, number, habit
) -> None:
    """Of 300 messages of two days: twice the longest in steps of 64 KiB, and how MSH-10 was used. Few say neither."""
    rows = [
        b"MSH|^~\\&|LAB|CHU|CF|CHU|202611%02d030000||ORU^R01|%d|P|2.5||||||8859/1\rPID|1||%d^^^CHU\rNTE|1||%s\r"
        % (24 + n // 150, number(n), n, b"x" * (70_000 if n == 7 else 10))
        for n in range(300)
    ]
    told = cli.told("feeds", "check", "--sample", filed("many.hl7", b"".join(rows)))["feeds"][0]
    said = f'control_ids = "{habit}"\n' if habit else ""
    assert told["proposal"].endswith('sets = ["results"]\nmessage_bytes_max = 196608\n' + said)
    few = cli.told("feeds", "check", "--sample", filed("few.hl7", b"".join(rows[:100])))["feeds"][0]
    assert few["proposal"].endswith('sets = ["results"]\n' + ('control_ids = "reused"\n' if habit == "reused" else ""))


@pytest.mark.req("F34")
def test_what_a_profile_did_not_foresee_is_to_be_looked_at(cli: Commands, filed: File) -> None:
    """A longer message and a number that was used again are charted as ever; `feeds check` ends with 10 and says so."""
    home = Node.at(cli.home).paths.settings
    before = home.read_text()
    cli.told("import", filed("1.hl7", admission() + admission().replace(b"CARDIO", b"NEURO")))
    for profile, findings in (
        ("message_bytes_max = 100", ["The longest has"]),
        ('control_ids = "unique"', ["1 control ids (MSH-10) were used again"]),
        ('control_ids = "reused"', []),
        ("message_bytes_max = 5000", []),
    ):
        home.write_text(before + f'\n[feeds.adm]\nsenders = ["CPAGE@CHU"]\n{profile}\n')
        told = cli.told("feeds", "check", "adm", status=10 if findings else 0)["feeds"][0]
        assert [one[: len(start)] for one, start in zip(told["findings"], findings, strict=True)] == findings
        assert cli.told("status")["feeds"][0]["received"] == 2


def test_a_sender_is_waited_for(cli: Commands, filed: File) -> None:
    """With --wait only what comes from now on is looked at; nothing having come is said so."""
    cli.told("import", filed("1.hl7", admission()))
    ran = cli("feeds", "check", "--wait", "1")
    assert ran.status == 1
    assert "send a sample of each kind now" in ran.err
