"""A scenario that can be played is taken, and any other is refused whole, in words that say where and what is allowed.

Method: the shipped ones as they are; then one key of one of them made wrong at a time.
"""

import pytest

from contrefeu.acts import NamedPatient
from contrefeu.base import OperatorError
from contrefeu.exercise import digest_of, parse_script, script_text, shipped
from contrefeu.exercise.roles import ROLES
from tests.house.tree import ROOT

WARD = shipped()["ward"]


@pytest.mark.req("G2")
@pytest.mark.parametrize("name", shipped())
def test_every_shipped_scenario_can_be_played(name):
    """Its name is its file's; every attack has one; both languages are there and differ."""
    script = parse_script(shipped()[name], name)
    assert script.id == name
    for one in script.injects:
        assert one.said.fr != one.said.en
        assert one.expected.fr != one.expected.en


def test_the_shipped_scenarios_are_the_four_attacks_and_a_ward():
    """A ward drill takes half an hour, and every role plays somewhere."""
    scripts = {name: parse_script(text, name) for name, text in shipped().items()}
    assert set(scripts) == {"ransomware", "wiper", "worm", "insider", "ward"}
    assert {scripts[name].attack for name in scripts if name != "ward"} == {"ransomware", "wiper", "worm", "insider"}
    assert scripts["ward"].minutes == 30
    assert {role for script in scripts.values() for role in script.roles} == set(ROLES) - {"physician"}


def test_the_example_of_the_page_can_be_played():
    """What docs/spec/scenario-v1.md shows is taken as it stands."""
    page = (ROOT / "docs/spec/scenario-v1.md").read_text()
    script = parse_script(page.partition("```toml\n")[2].partition("```")[0], "the page")
    assert [one.id for one in script.injects] == ["cut"]


WRONG = {
    "an unknown key": ("minutes = 30", 'minutes = 30\ncolour = "red"', "colour"),
    "an unknown role": ('role = "clerk"', 'role = "surgeon"', 'role = "surgeon"; allowed: coordinator, nurse'),
    "an id twice": ('id = "declare"', 'id = "stop"', 'inject "stop": its id was used before'),
    "a time after the end": ("at_minute = 25", "at_minute = 29", "end after the exercise; allowed: 30"),
    "a measure of nobody": ('patient = "a"\n', "", "it needs a patient"),
    "an unknown measure": ('measure = "vitals"', 'measure = "weight"', "weight"),
    "an unknown attack": ('attack = "ransomware"', 'attack = "flood"', "flood"),
    "a missing language": ('said.en = "The record system shows a ransom note. Nothing answers any more."\n', "", "en"),
    "no TOML": ("minutes = 30", "minutes = = 30", "line 4"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_scenario_that_cannot_be_played_is_refused(wrong):
    """The error names the file and the place, says that nothing was started, and where the keys are explained."""
    old, new, said = WRONG[wrong]
    assert old in WARD
    with pytest.raises(OperatorError) as refused:
        parse_script(WARD.replace(old, new, 1), "ours.toml")
    assert refused.value.what.startswith("The scenario ours.toml: ")
    assert said in refused.value.what
    assert refused.value.safe == "Nothing was started."
    assert "scenario-v1" in refused.value.next


def test_a_role_that_is_told_too_much_is_refused():
    """Its injects must fit on two pages."""
    more = "".join(
        f'\n[[inject]]\nid = "n{n}"\nat_minute = 1\nrole = "nurse"\nwithin_minutes = 1\n'
        'said = { fr = "a", en = "b" }\nexpected = { fr = "a", en = "b" }\n'
        for n in range(8)
    )
    with pytest.raises(OperatorError, match='role "nurse": 14 injects; allowed: 12, two printed pages'):
        parse_script(WARD + more, "ours.toml")


def test_a_file_is_found_by_name_or_by_path(tmp_path):
    """A scenario of the hospital's own lies anywhere; what is no text, or not there, is said."""
    own = tmp_path / "ours.toml"
    own.write_text(WARD)
    assert digest_of(script_text(str(own))) == digest_of(script_text("ward"))
    own.write_bytes(b"\xff\xfe")
    with pytest.raises(OperatorError, match="not UTF-8"):
        script_text(str(own))
    own.write_bytes(b"#" * 70_000)
    with pytest.raises(OperatorError, match="more than 65536 bytes"):
        script_text(str(own))
    with pytest.raises(OperatorError) as missing:
        script_text("flood")
    assert "insider, ransomware, ward, wiper, worm" in missing.value.next


def test_an_inject_names_its_patient():
    """By name once somebody was drawn, by a letter before."""
    vitals = next(one for one in parse_script(WARD, "ward").injects if one.id == "vitals")
    named = NamedPatient(["1"], "DURAND Élodie (lit 4)").words
    assert vitals.text("said", "fr", {"a": named}).startswith("DURAND Élodie (lit 4) frissonne")
    assert vitals.text("said", "en", {}).startswith("[A] is shivering")
