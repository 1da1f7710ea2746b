"""Wrong settings start nothing, and say which key is wrong.

Method: `contrefeu.toml` as people mistype it.
"""

import re
import sys
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.hl7.charset import CODECS
from contrefeu.hospital import (
    FeedSettings,
    RefuseSettings,
    Settings,
    SettingsError,
    changed_keys,
    default_settings,
    feed_text,
    is_taken_up,
    parse_settings,
    read_settings,
    taken_up,
)
from contrefeu.hospital.checking import structure_problems
from contrefeu.hospital.feeds import Charset
from tests.house.tree import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
from constants import comments_of_settings

NODE = '[node]\nid = "chu"\n'


def _refused(text: str) -> str:
    with pytest.raises(SettingsError) as found:
        parse_settings(text)
    error = found.value
    assert error.next
    return str(error)


@given(facility=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_new_home_has_settings_that_are_read_back(facility):
    """Whatever the hospital is called, quotes, backslashes and line ends included."""
    settings = parse_settings(default_settings("chu-1", facility))
    assert (settings.node.id, settings.node.facility) == ("chu-1", facility)
    assert (settings.node.zone, settings.node.language) == ("Europe/Paris", "fr")
    assert not settings.drill


def test_a_drills_home_is_known_by_its_name():
    """Its journals' origins begin with drill/."""
    assert parse_settings(default_settings("drill/demo", "Exercice")).drill


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[node]\nid = "chu"\nfacilty = "CHU"\n', "facilty"),
        (NODE + '[capture]\nmlpp = "0.0.0.0:2575"\n', "mlpp"),
        (NODE + "[captur]\n", "captur"),
        (NODE + "[capture]\nconnections_max = 0\n", "connections_max"),
        (NODE + "[capture]\nmessage_bytes_max = 99999999999\n", "message_bytes_max"),
        (NODE + "[capture]\ncheckpoint_s = 0\n", "checkpoint_s"),
        (NODE + '[capture]\nmllp = "everywhere"\n', "mllp"),
        (NODE + "[web]\nidle_minutes = 0\n", "idle_minutes"),
        (NODE + '[web]\nidle_minutes = "15"\n', "idle_minutes"),
        (NODE + '[node2]\nid = "x"\n', "node2"),
        ('[node]\nid = "CHU Rouen"\n', "id"),
        ('[node]\nid = "chu"\nlanguage = "de"\n', "language"),
        ('[node]\nid = "chu"\nzone = "Europe/Rouen"\n', "node.zone"),
        ('[node]\nid = "chu"\nzone = "../../etc/passwd"\n', "node.zone"),
        ("[capture]\n", "node"),
        (NODE + "[[vaults]]\n", "url"),
        (NODE + "[[wards]]\nname = 'x'\n", "id"),
    ],
)
def test_a_wrong_setting_names_its_key(text, key):
    """A typing mistake, a missing key, a value out of range: nothing is started with half of them."""
    assert key in _refused(text)


@pytest.mark.parametrize("text", ["[node", "id = ", "\x00", "node = 1\nnode = 2"])
def test_what_is_no_toml_says_where(text):
    """The line is named."""
    assert "not TOML" in _refused(text)


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_no_text_defeats_the_reader_of_settings(text):
    """Settings, or an error that says what to do."""
    try:
        parse_settings(text)
    except SettingsError as found:
        assert found.next


def test_wards_and_vaults_are_what_the_file_says():
    """In the order of the file."""
    settings = parse_settings(
        NODE
        + '[[wards]]\nid = "CARD"\nname = "Cardiologie"\nbeds = ["101-1", "101-2"]\n[[wards]]\nid = "REA"\n'
        + '[[vaults]]\nurl = "file:///media/vault"\n'
    )
    assert [(ward.id, ward.beds) for ward in settings.wards] == [("CARD", ["101-1", "101-2"]), ("REA", [])]
    assert [vault.url for vault in settings.vaults] == ["file:///media/vault"]


FEED = NODE + '[feeds.labo]\nsenders = ["LABO@CHU"]\n'


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (NODE + "[feeds.labo]\n", "senders"),
        (NODE + "[feeds.labo]\nsenders = []\n", "senders"),
        (NODE + '[feeds."LABO CHU"]\nsenders = ["LABO@CHU"]\n', "feeds"),
        (FEED + 'zone = "Mars/Olympus"\n', "feeds.labo.zone"),
        (FEED + 'charset = "EBCDIC"\n', "charset"),
        (FEED + 'on_fault = "AA"\n', "on_fault"),
        (FEED + '[feeds.labo2]\nsenders = ["LABO@CHU"]\n', "feeds.labo2.senders"),
        (FEED + "[[feeds.labo.refuse]]\nname = 'all of it'\n", "rule 1 says nothing"),
        (FEED + "[[feeds.labo.refuse]]\npath = 'PID-18.1'\n", "both path and value"),
        (FEED + "[[feeds.labo.refuse]]\npath = 'PID.18'\nvalue = 'x'\n", "path"),
        (FEED + "[[feeds.labo.refuse]]\nkind = 'MDM'\n", "kind"),
    ],
)
@pytest.mark.req("F34", "F45")
def test_a_wrong_feed_names_its_key(text, key):
    """A rule that would refuse everything, a sender with two sets of rules, a zone that is none: nothing starts."""
    assert key in _refused(text)


@pytest.mark.req("F34")
def test_a_feed_is_read_back_as_it_was_written():
    """What `feeds add` and a restore write into contrefeu.toml is what they were given."""
    rules = [RefuseSettings(name="staff", ward="PERS"), RefuseSettings(path="PID-18.1", value='"x"\\')]
    feed = FeedSettings(
        ["LABO@CHU", "fhir/labo"], "America/Cayenne", "CHU", "8859/15", "ignore", "AR", "AE", "vault", "wait", rules
    )
    assert parse_settings(NODE + feed_text("labo", feed)).feeds == {"labo": feed}


def test_every_charset_that_a_feed_may_name_is_decoded():
    """The names that settings take are names that the decoder knows."""
    assert set(get_args(Charset)) - {""} <= set(CODECS)


# Checking: everything at once, and where it stands.

WRONG = """\
[node]
id = "CHU Rouen"
facilty = "x"

[capture]
mlpp = "0.0.0.0:2575"  # "[web]" in a comment, and in a text, is no table
refuse = ["[web]", '''
[charts]''']
checkpoint_s = nan
[watch]
honey = [17]
[[watch.maintenance]]
days = ["mon"]
[[watch.maintenance]]
days = [
  "monday",
]
[feeds.labo]
senders = []
[[feeds.labo.refuse]]
path = "PID.1"
[web]
listen = "127.0.0.1:99999"
idle_minutes = 0.5
[charts]
store = "postgresql://u:pw@h/db"
"""


def test_all_that_is_wrong_is_named_at_once_with_its_line():
    """Each key once, in the order of the file, those that only make sense together too; no secret is quoted."""
    settings, problems = read_settings(WRONG)
    assert settings is None
    assert [(one.line, one.key, one.found) for one in problems] == [
        (2, "node.id", '"CHU Rouen"'),
        (3, "node.facilty", '"facilty"'),
        (6, "capture.mlpp", '"mlpp"'),
        (9, "capture.checkpoint_s", "nan"),
        (11, "watch.honey[1]", "not shown"),
        (15, "watch.maintenance[2].days[1]", '"monday"'),
        (19, "feeds.labo.senders", "[]"),
        (21, "feeds.labo.refuse[1].path", '"PID.1"'),
        (24, "web.idle_minutes", "0.5"),
        (26, "charts.store", ""),
    ]
    assert problems[1].near == "facility"
    assert "number above 0 to 60" in problems[3].allowed
    assert "mllp" in problems[2].allowed
    with pytest.raises(SettingsError) as found:
        parse_settings(WRONG)
    assert "contrefeu.toml:3: `node.facilty` is no setting. Did you mean `facility`?" in found.value.what
    assert "and 5 more" in found.value.what
    assert "pw" not in found.value.report()


@pytest.mark.parametrize(
    ("lines", "keys"),
    [
        ('[capture]\nmllp = "a:99999"\n', ["capture.mllp"]),
        ('[capture]\nmllp = "a:1"\n[web]\nlisten = "a:1"\n', ["capture.mllp", "web.listen"]),
        ('[charts]\nstore = "postgresql://[h/db"\n', ["charts.store"]),
        ('[watch]\nsyslog = "tcp://[h"\nwebhook = "https://h:x"\n', ["watch.syslog", "watch.webhook"]),
        ('[feeds.a]\nsenders = ["A@B"]\nzone = "Europe"\n', ["feeds.a.zone"]),
        ('[feeds.a]\nsenders = ["A"]\n[feeds.b]\nsenders = ["A"]\nzone = "x"\n', ["feeds.b.senders", "feeds.b.zone"]),
        ("[retention]\nfeeds_days = 30\naudit_days = 31\n", ["retention.feeds_days", "retention.audit_days"]),
        ("node2 = 1\nvaults = 3\n", []),
    ],
)
def test_what_makes_no_sense_together_is_found(lines, keys):
    """Two listeners on one address, a folder of zones for a zone, a bracket that is no address: found, not raised."""
    settings, problems = read_settings(NODE + lines)
    assert settings is None
    assert [one.key for one in problems] == (keys or ["node.node2", "node.vaults"])


@pytest.mark.parametrize(
    "hostile",
    [
        b"\xff\xfe[node]",
        b"a = " + b"[" * 100_000,
        b"a = " + b"9" * 5_000,
        b"a = 1" + b"\n" * 2**20,
        b'[node]\nid = "a\x00b"',
        b"[node.id]\nx = 1",
        b"[[node]]\nid = 'abc'",
        b'"' + b"k" * 10_000 + b'" = 1\n[node]\nid = "abc"',
        b'[node]\nid = "abc"\n"\\n\\u001b[31m" = 1',
        b'[node]\nid = "abc"\n[feeds."a\\nb"]\nsenders = ["x"]',
        b'[node]\nid = "abc"\n[capture]\nconnections_max = 1e400\ncheckpoint_s = inf',
        b'[node]\nid = "abc"\nzone = 1979-05-27T07:32:00Z\nfacility = 07:32:00',
    ],
    ids=range(12),
)
def test_hostile_settings_are_refused_in_short_plain_lines(hostile):
    """Bytes that are no text, brackets without end, names with line ends: an error of a few short lines."""
    settings, problems = read_settings(hostile)
    assert settings is None
    assert problems
    for one in problems:
        assert one.what.isprintable(), one.what
        assert len(one.what) < 700


@given(
    tables=st.dictionaries(
        st.sampled_from(["node", "capture", "web", "watch", "vaults", "feeds", "packs", "wards", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["id", "mllp", "url", "refuse", "senders", "maintenance", "days", "q"]), inner
                )
            ),
            max_leaves=8,
        ),
    )
)
def test_whatever_a_file_holds_the_check_and_the_reader_agree(tables):
    """No value defeats the check, and it finds nothing exactly where the types find nothing."""
    problems = list(structure_problems(tables, Settings))
    try:
        msgspec.convert(tables, Settings)
    except msgspec.ValidationError:
        assert problems
    else:
        assert not [one for one in problems if one.found != "nan"]


def test_each_setting_says_why_and_its_number_its_unit():
    """docs/reference/settings.md has a reason for every key; a number's name ends in what it counts."""
    units = re.compile(r"(^|_)(s|ms|bytes|days|hours|minutes|max|min|sheets|pages|labels)(_|$)")
    for owner in _tables(msgspec.inspect.type_info(Settings)):
        reasons = comments_of_settings(owner.cls)
        for key in owner.fields:
            assert reasons.get(key.name), f"{owner.cls.__name__}.{key.name} has no reason"
            if isinstance(key.type, msgspec.inspect.IntType | msgspec.inspect.FloatType):
                assert units.search(key.name), f"{owner.cls.__name__}.{key.name} has no unit"


def _tables(kind):
    """The struct types below the settings themselves."""
    for key in kind.fields:
        inner = key.type
        inner = getattr(inner, "item_type", getattr(inner, "value_type", inner))
        if isinstance(inner, msgspec.inspect.StructType):
            yield inner
            yield from _tables(inner)


def test_what_a_running_node_takes_up_is_told_apart():
    """Keys of the tables that a part reads anew; a port that peers know, and all else, waits for a restart."""
    before = parse_settings(NODE)
    after = parse_settings(
        '[node]\nid = "chu"\nlanguage = "en"\n[watch]\ntell = "look"\n[exchange]\nevery_s = 2\nlisten = "a:9"\n'
        '[[vaults]]\nurl = "file:///v"\n[feeds.a]\nsenders = ["A@B"]\n'
    )
    changed = changed_keys(before, after)
    assert changed == ["exchange.every_s", "exchange.listen", "feeds", "node.language", "vaults", "watch.tell"]
    assert [key for key in changed if is_taken_up(key)] == ["exchange.every_s", "vaults", "watch.tell"]
    merged = taken_up(before, after)
    assert changed_keys(before, merged) == ["exchange.every_s", "vaults", "watch.tell"]
    assert changed_keys(merged, after) == ["exchange.listen", "feeds", "node.language"]


def test_what_a_running_node_wrote_down_of_its_settings_is_read_again():
    """Every default, too: `doctor`, `status` and a reload would know nothing of it otherwise."""
    said = parse_settings(
        f'{NODE}[feeds.labo]\nsenders = ["LABO@CHU"]\n[[feeds.labo.refuse]]\nmessage = "MDM"\n'
        '[[wards]]\nid = "USC"\n[[kit.stock]]\nward = "USC"\ncounted = "2026-11-20"\n[[watch.maintenance]]\n'
        '[[vaults]]\nurl = "file:///v"\n[[directory.groups]]\ndn = "cn=ide"\nrole = "nurse"\n'
    )
    assert msgspec.json.decode(msgspec.json.encode(said), type=Settings) == said


def _numbers(*ranges):
    """Settings with ranges of specimen numbers: each a name, what it says, and its parts."""
    text = NODE
    for name, said, *parts in ranges:
        text += f'[[specimen_numbers]]\nname = "{name}"\n{said}\n'
        for station, first, last in parts:
            text += f'[[specimen_numbers.parts]]\nstation = "{station}"\nfirst = "{first}"\nlast = "{last}"\n'
    return text


WHOLE = 'first = "00412000"\nlast = "00412999"'
PART = ("chu", "00412000", "00412499")


@pytest.mark.req("F16")
def test_a_range_of_specimen_numbers_is_what_the_file_says():
    """With its zeros; a part a station, and the parts of one station in their order."""
    (found,) = parse_settings(
        _numbers(("Labo", WHOLE, PART, ("rea", "00412500", "00412599"), ("chu", "00412600", "00412699")))
    ).specimen_numbers
    assert (found.first, found.last, found.prefix, found.check, found.low_labels) == (
        *("00412000", "00412999", "", ""),
        50,
    )
    assert [part.first for part in found.of("chu")] == ["00412000", "00412600"]


@pytest.mark.req("F16")
@pytest.mark.parametrize(
    ("text", "key", "found", "allowed"),
    [
        (_numbers(("L", 'first = "004A"\nlast = "0050"')), "[1].first", '"004A"', "1 to 18 digits"),
        (_numbers(("L", 'first = 412\nlast = "999"')), "[1].first", "412", "1 to 18 digits"),
        (_numbers(("L", WHOLE + '\nprefix = "lab"')), "[1].prefix", '"lab"', "up to 8 capitals"),
        (_numbers(("L", WHOLE + '\ncheck = "mod11"')), "[1].check", '"mod11"', "`luhn`"),
        (_numbers(("L", WHOLE + "\nlow_labels = 0")), "[1].low_labels", "0", "from 1"),
        (_numbers(("L", 'first = "0412"\nlast = "00999"')), "[1].last", '"00999"', "4 digits"),
        (_numbers(("L", 'first = "999"\nlast = "100"')), "[1].last", '"100"', 'from "999"'),
        (_numbers(("L", 'first = "100"\nlast = "149"')), "[1].last", "50", "more than 50 numbers"),
        (_numbers(("L", WHOLE, ("chu", "00412000", "00412049"))), "[1].parts[1].last", "50", "more than 50"),
        (_numbers(("L", WHOLE, ("chu", "00411999", "00412499"))), "[1].parts[1].first", '"00411999"', '"00412000"'),
        (_numbers(("L", WHOLE, ("chu", "412000", "412499"))), "[1].parts[1].first", '"412000"', '"00412000"'),
        (_numbers(("L", WHOLE, ("CHU 1", "00412000", "00412499"))), "[1].parts[1].station", '"CHU 1"', "id"),
        (_numbers(("L", WHOLE, PART, ("rea", "00412499", "00412999"))), "[1].parts[2].first", "00412499", "no other"),
        (_numbers(("L", WHOLE), ("M", WHOLE)), "[2].first", "00412000", "no other range"),
        (_numbers(("L", WHOLE), ("M", 'first = "412900"\nlast = "413000"')), "[2].first", "412900", "no other range"),
        (
            _numbers(("L", WHOLE), ("M", 'prefix = "004"\nfirst = "12000"\nlast = "12999"')),
            *("[2].first", "12000", "no other range"),
        ),
        (
            _numbers(("L", WHOLE), ("M", 'first = "41000"\nlast = "41999"\ncheck = "luhn"')),
            *("[2].first", "41000", "no other range"),
        ),
        (_numbers(("L", WHOLE), ("L", 'prefix = "B"\n' + WHOLE)), "[2].name", '"L"', "a name of its own"),
        (_numbers((" ", WHOLE)), "[1].name", '" "', "a name of its own"),
    ],
)
def test_a_range_that_cannot_be_is_refused(text, key, found, allowed):
    """Letters for digits, bounds the wrong way round, too few, a number in two parts or ranges: key, found, allowed."""
    settings, problems = read_settings(text)
    assert settings is None
    told = {one.key.removeprefix("specimen_numbers"): one for one in problems}
    assert key in told, told
    assert found in told[key].found and allowed in told[key].allowed
    assert told[key].line


@pytest.mark.req("F16")
def test_ranges_that_letters_tell_apart_are_two():
    """A prefix with a letter in it makes other numbers."""
    two = _numbers(("L", WHOLE), ("M", 'prefix = "M"\n' + WHOLE), ("N", 'prefix = "N-"\n' + WHOLE))
    assert len(parse_settings(two).specimen_numbers) == 3
