"""French first, both complete: no sentence lacks its translation, and no template holds one outside the catalogue.

Method: every string is extracted again from the sources; each template is read as HTML with its expressions taken out,
and what is left that somebody could read is listed.
"""

import importlib.util
import re
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from contrefeu.station.labels import LABELS
from contrefeu.station.message import FIELDS
from contrefeu.web import LANGUAGES, Words, catalogue, negotiate

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "src" / "contrefeu").glob("*/templates/*.html"))
PARIS = ZoneInfo("Europe/Paris")
# Read by people and the same in every language: our name, the languages' own names.
NAMES = {"Contrefeu", "Français", "English", "NEWS"}
READ_ATTRIBUTES = {"title", "placeholder", "aria-label", "alt", "data-text", "value", "summary", "label"}


def _extract():
    script = ROOT / "scripts" / "make_catalogues.py"
    spec = importlib.util.spec_from_file_location("make_catalogues", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [message for message in module.extract() if message.id]


EXTRACTED = _extract()


@pytest.mark.req("G5")
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_lacks_a_translation(language):
    """Each string of code and templates stands in each catalogue, with words in it."""
    found = catalogue(language)
    lacking = []
    for message in EXTRACTED:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        said = [found._catalog.get(ids[0])] if len(ids) == 1 else [found._catalog.get((ids[0], n)) for n in (0, 1)]
        lacking += [ids[0] for one in said if not one]
    assert not lacking


@pytest.mark.req("G5")
@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_what_is_filled_in(language):
    """%(name)s and its like are the same on both sides: a page cannot fail in one language alone."""
    found = catalogue(language)
    for message in EXTRACTED:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        for number, text in enumerate(ids):
            said = found.ngettext(*ids, number + 1) if len(ids) == 2 else found.gettext(text)
            assert set(re.findall(r"%\(\w+\)[sd]", said)) == set(re.findall(r"%\(\w+\)[sd]", text)), text


def test_english_is_not_french():
    """A sentence of three words or more that is the same in both languages was not translated."""
    english = catalogue("en")
    same = [
        message.id
        for message in EXTRACTED
        if isinstance(message.id, str) and len(message.id.split()) > 2 and english.gettext(message.id) == message.id
    ]
    assert not same


def test_every_code_has_words():
    """Labels of codes and names of fields are in the catalogue: they are looked up by value, not by a literal."""
    known = {message.id for message in EXTRACTED if isinstance(message.id, str)}
    for table in (*LABELS.values(), *FIELDS.values()):
        assert {words for words in table.values() if words} <= known


# Values of buttons and hidden fields: sent, and not shown
SENT = {"declare", "lift", "light", "night", "auto", "confirm", "refuse", "undo", "propose"}
SENT |= {"entry", "document", "patient", "proposal", "DocumentReference"}
SENT |= {"paper", "screen", "yes", "describe", "look", "name"}
SENT |= {"open", "note", "sent", "close"}
SENT |= {"seen", "harmless", "real"}  # answers to an alarm
SENT |= {"same", "different", "part"}  # decisions about a pair of identities
SENT |= {"file", "reject", "given", "not", "ticked", "nothing"}  # what becomes of a page, and what a tick is
SENT |= {"doubt", "trust", "take", "drop"}  # what is said of a source, and decided of an entry that waits
SENT |= {"start", "stop", "again", "arrived", "aside"}  # of a system that works on, and what became of an entry there
SENT |= {"read", "make", "correct"}  # steps of a form that two people sign


class _Read(HTMLParser):
    """What somebody could read of a template."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found, self._silent = [], 0

    def handle_starttag(self, tag, attrs):
        self._silent += tag in {"script", "style"}
        self.found += [value for name, value in attrs if name in READ_ATTRIBUTES and value]

    def handle_endtag(self, tag):
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data):
        if not self._silent:
            self.found.append(data)


def _markup(source):
    """A template with every expression made one sign that is no letter, and every statement dropped."""
    parts, inside = [], ""
    for _, kind, text in Environment(extensions=["jinja2.ext.i18n"]).lex(source):
        if kind == "data":
            parts.append(text)
        elif kind in {"variable_begin", "block_begin", "comment_begin"}:
            inside = kind
        elif kind == "variable_end" and inside == "variable_begin":
            parts.append("¤")
    return "".join(parts)


@pytest.mark.req("G5")
@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_speaks_outside_the_catalogue(path):
    """What a template says by itself has no word in it: only signs, units and our own name."""
    reader = _Read()
    reader.feed(_markup(path.read_text()))
    words = {word for text in reader.found for word in re.findall(r"[^\W\d_]{3,}", text)}
    spoken = words - NAMES - SENT
    assert not spoken


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_expression_speaks_outside_the_catalogue(path):
    """A string inside an expression that has a blank or an accent is a sentence: it goes through gettext."""
    tokens = [(kind, text) for _, kind, text in Environment(extensions=["jinja2.ext.i18n"]).lex(path.read_text())]
    tokens = [(kind, text) for kind, text in tokens if kind != "whitespace"]
    loose = []
    for at, (kind, text) in enumerate(tokens):
        if kind != "string" or not re.search(r"[^\W\d_]\s+[^\W\d_]|[à-ÿ’]", text):
            continue
        before = [text for _, text in tokens[max(0, at - 4) : at]]
        if before[-2:] not in (["_", "("], ["ngettext", "("]) and before[:2] != ["ngettext", "("]:
            loose.append(text)
    assert not loose


@pytest.mark.parametrize(
    ("chosen", "wished", "spoken"),
    [
        (None, "", "fr"),
        (None, "en-GB,en;q=0.9,fr;q=0.8", "en"),
        (None, "de, en;q=0.8, fr;q=0.9", "fr"),
        ("en", "fr", "en"),
        ("de", "fr", "fr"),
        ("../../etc/passwd", "xx", "fr"),
        (None, "en;q=banana, fr", "fr"),
    ],
)
def test_the_persons_choice_comes_first(chosen, wished, spoken):
    """Cookie, then browser, then the node's own language; nonsense is no choice."""
    assert negotiate(chosen, wished, "fr") == spoken


@given(st.text(max_size=200), st.text(max_size=400))
def test_any_wish_gets_a_language(chosen, wished):
    """Whatever a browser sends, a page has a language."""
    assert negotiate(chosen, wished, "fr") in LANGUAGES


FR, EN = Words("fr", PARIS), Words("en", PARIS)
NOW = 1_795_486_318 * 10**9  # 2026-11-24T02:11:58Z


def test_times_are_the_wards_own():
    """An instant is shown as the ward's clocks say it, a day at the precision it was said with."""
    assert FR.moment("2026-11-24T01:30:00Z", NOW) == "02:30"
    assert FR.moment("2026-11-23T22:59:00Z", NOW) == "23 nov. 23:59"
    assert FR.moment("2025-11-23T22:59:00Z", NOW) == "23 nov. 2025 23:59"
    assert EN.moment("1942-03-12") == "12 Mar 1942"
    assert FR.day("1931") == "1931"
    assert FR.day("1931-07") == "juil. 1931"
    assert FR.moment("", NOW) == ""


def test_a_date_is_never_shifted():
    """A date without an hour has no zone: it is the same day anywhere."""
    west = Words("fr", ZoneInfo("America/Cayenne"))
    assert west.day("1942-03-12") == FR.day("1942-03-12") == "12 mars 1942"


@pytest.mark.req("F9")
def test_the_hour_that_comes_twice_says_which():
    """In the night of October 02:30 comes twice: its offset stands beside it."""
    assert FR.clock("2026-10-25T00:30:00Z") == "02:30 (+02:00)"
    assert FR.clock("2026-10-25T01:30:00Z") == "02:30 (+01:00)"
    assert FR.clock("2026-10-25T02:30:00Z") == "03:30"


@given(st.text(max_size=40))
def test_what_is_no_time_is_shown_as_it_is(text):
    """A sender's odd date never costs a page, and never becomes another date."""
    for words in (FR, EN):
        words.moment(text, NOW)
        words.ago(text, NOW)
    for odd in ("99999-01-01", "2026-00", "2026-02-31", "2026-2-3", "-1"):
        assert FR.day(odd) == odd
    assert FR.moment("24/11/2026") == "24/11/2026"


def test_how_old_a_view_is_stands_in_words():
    """Two minutes are now; then minutes, hours, days."""
    assert FR.ago("2026-11-24T02:11:00Z", NOW) == ""
    assert FR.ago("2026-11-24T01:30:00Z", NOW) == "il y a 41 min"
    assert EN.ago("2026-11-23T23:00:00Z", NOW) == "3 h 11 ago"
    assert EN.ago("2026-11-20T23:00:00Z", NOW) == "3 days ago"


def test_numbers_are_grouped_as_each_language_does():
    """184 220 in French, never broken over two lines; 184,220 in English."""
    assert FR.entry("n7f3k2-capture/184220") == "184\u202f220"
    assert EN.entry("n7f3k2-capture/184220") == "184,220"
    assert FR.entry("what") == "what"
    assert (FR.seconds(0.42), EN.seconds(0.42)) == ("0,4 s", "0.4 s")
