"""Wrong settings start nothing, and say which key is wrong.

Method: `contrefeu.toml` as people mistype it.
"""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.hl7.charset import CODECS
from contrefeu.hospital import (
    FeedSettings,
    RefuseSettings,
    SettingsError,
    default_settings,
    feed_text,
    parse_settings,
)
from contrefeu.hospital.feeds import Charset

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
    rules = [RefuseSettings("staff", ward="PERS"), RefuseSettings(path="PID-18.1", value='"x"\\')]
    feed = FeedSettings(
        ["LABO@CHU", "fhir/labo"], "America/Cayenne", "CHU", "8859/15", "ignore", "AR", "AE", "vault", "wait", rules
    )
    assert parse_settings(NODE + feed_text("labo", feed)).feeds == {"labo": feed}


def test_every_charset_that_a_feed_may_name_is_decoded():
    """The names that settings take are names that the decoder knows."""
    assert set(get_args(Charset)) - {""} <= set(CODECS)
