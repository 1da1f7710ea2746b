"""The crisis cell sees every facility of its group, and where beds are free; nobody on a ward does.

Method: visitors of the ward app on a ward in memory, with a group of three, of which one answers.
"""

import pytest

from contrefeu.group import Group, group_pages, merged, open_told, signed_told, standings
from contrefeu.group.asking import Answer
from contrefeu.proof import Signer
from tests.group.facilities import member, told
from tests.station.visitors import Visitor, join, text_of, visitor
from tests.station.ward_in_memory import NOW_NS

GROUP = Group([member(name, "10.0.0.1:8446", name.encode().ljust(32)) for name in ("Parc", "Mer", "Ailleurs")])
SIGNER = Signer("parc-1", bytes(32))
HOUR_NS = 3600 * 10**9


def crisis(login: str = "crise") -> Visitor:
    """Somebody of the crisis cell, where a group is asked."""
    before = merged({}, {"Parc": Answer(told()), "Mer": Answer(told("mer-1", NOW_NS - HOUR_NS))}, NOW_NS - HOUR_NS)
    after = {"Parc": Answer(told()), "Mer": Answer(None, "no-answer"), "Ailleurs": Answer(None, "not-known-there")}
    known = merged(before, after, NOW_NS)
    return visitor(login, mounted=(group_pages(lambda: standings(GROUP, known, NOW_NS)),))


def test_the_crisis_cell_sees_who_answers_and_who_does_not():
    """Silent ones keep their last numbers, with their time, in brackets and in no total; looking is audited."""
    at = crisis()
    words = text_of(at.get("/group"))
    assert "1 / 3 établissements répondent · 3 patients · 3 lits libres / 12" in words
    for wanted in ("en panne", "1 muet / 2", "‼ sans réponse depuis 02:11 · pas de réponse", "(3 / 12)",
                   "jamais entendu · l’établissement ne connaît pas la clé d’ici", "rien de connu"):  # fmt: skip
        assert wanted in words
    assert at.looks("board")


def test_free_beds_are_found_by_ward_and_never_in_a_silent_house():
    """A ward is asked for by a part of its name; what is typed is in no address."""
    at = crisis()
    found = text_of(at.post("/group", ward="unité 2"))
    assert "Parc Unité 2 2 / 4 0" in found
    assert "Mer Unité 2" not in found
    assert "Aucun lit libre connu" in text_of(at.post("/group", ward="réanimation"))
    assert "Aucun lit libre connu" in text_of(at.post("/group", ward="Unité 0")), "a ward that is full"


def test_what_a_ward_writes_elsewhere_than_the_rest_is_said_to_the_group():
    """In the note of its house, by function, and beside its beds."""
    apart = told(functions={"medicines": "screen", "requests": "record"})
    assert apart.wards[2].medium == "paper"
    assert apart.wards[2].elsewhere == {"medicines": "screen", "requests": "record"}
    known = merged({}, {"Parc": Answer(open_told(signed_told(apart, SIGNER), SIGNER.verifier))}, NOW_NS)
    at = visitor("crise", mounted=(group_pages(lambda: standings(GROUP, known, NOW_NS)),))
    shown = text_of(at.post("/group", ward="unité 2"))
    assert "en panne sur papier médicaments : à l’écran demandes et transfusion : dossier habituel" in shown


@pytest.mark.parametrize("login", ["nadia", "martin"])
def test_a_ward_does_not_see_the_group(login):
    """Neither the page nor the link to it."""
    at = crisis("crise")
    join(at, login)
    assert at.get("/group").status_code == 403
    assert "Groupe" not in text_of(at.get("/"))


def test_a_group_of_a_hundred_and_twenty_is_one_page():
    """In English too; the page says how many answer."""
    names = [f"Clinic-{n}" for n in range(120)]
    group = Group([member(name, "10.0.0.1:8446", name.encode().ljust(32)) for name in names])
    known = merged({}, {name: Answer(told(wards=12)) for name in names}, NOW_NS)
    at = visitor("crise", mounted=(group_pages(lambda: standings(group, known, NOW_NS)),))
    words = text_of(at.get("/group", accept_language="en"))
    assert "120 / 120 facilities answer · 1440 patients" in words
