"""Temporary identities find their known ones, and nobody else's: rules, the weight of evidence, the doubts.

Method: people of a few fields, as a desk writes them; a labelled set of seeds that the model was not set by; the real
Splink and DuckDB.
"""

from collections import Counter

import pytest
from msgspec.structs import replace

from contrefeu.acts import (
    BLOOD,
    IdentitiesLinked,
    PairDecided,
    PairsProposed,
    ProposedPair,
    UnionConfirmed,
    UnionProposed,
    UnionRefused,
    pair_states,
)
from contrefeu.acts import TEMPORARY as GIVEN_HERE
from contrefeu.drill.labelled import labelled
from contrefeu.fhir import Json
from contrefeu.mapping import RELIABILITY
from contrefeu.recovery import Identity, Matched, Matcher
from contrefeu.recovery.identities import DOUBTFUL, TWIN, identity_of
from contrefeu.recovery.matching import BOTH, NAMESAKES, TOO_LITTLE, Proposal, among

HELD_OUT = 9_001  # a seed that nothing was set by
ADA = Identity(
    "IPP|1", "c1", "P", False, "vaugnac", "", "leonie", "1961-04-09", "f", "639980011", "99010", "99901", "7",
    "ada luce",
)  # fmt: skip
OTHERS = [
    Identity(f"IPP|{n}", f"c{n}", "P", False, f"delrand{n}", "", f"hugo{n}", f"19{n % 90 + 10}-01-0{n % 9 + 1}", "m",
             f"6399{n:05}", "99450", "99945", f"{n}00")
    for n in range(10, 400)
]  # fmt: skip
TEMPORARY = replace(ADA, key="TEMP|A", chart="tA", temporary=True, national="", postcode="")


ELSEWHERE = {"phone": "", "birthplace": "", "postcode": ""}
BEYOND_DOUBT = {
    "as she is": {},
    "one letter": {"family": "vaunac"},
    "day and month": {"birth": "1961-09-04"},
    "no telephone": {"phone": ""},
    "no place of birth": {"birthplace": "", "postcode": "99010"},
    "a national number": {"national": "7", **ELSEWHERE},
    "no further names": {"further": ""},
    "fewer of them": {"further": "ada"},
    "an initial": {"further": "a"},
}
FOR_PEOPLE = {
    "another given name": ({"given": "leonor"}, TOO_LITTLE),
    "no given name": ({"given": ""}, TOO_LITTLE),
    "other further names": ({"further": "solene"}, TOO_LITTLE),
    "further names in one with the first": ({"given": "leonieada", "further": ""}, TOO_LITTLE),
    "another sex": ({"sex": "m"}, TOO_LITTLE),
    "name and date alone": ({"phone": "", "birthplace": "", "postcode": "99010"}, TOO_LITTLE),
    "a national number of another birth date": ({"national": "7", "birth": "1999-01-01", **ELSEWHERE}, TOO_LITTLE),
    "doubtful": ({"why": DOUBTFUL}, DOUBTFUL),
    "twin": ({"why": TWIN}, TWIN),
}
ANOTHER_NUMBER = {"national": "8"}


def propose(known: list[Identity], *changes: dict[str, str]) -> list[Proposal]:
    """What is proposed for people like Ada, in one run."""
    matcher = Matcher(known)
    try:
        return list(matcher.match([replace(TEMPORARY, **changed) for changed in changes]))
    finally:
        matcher.close()


@pytest.fixture(scope="module")
def proposed() -> dict[str, Proposal]:
    """What is proposed for each, where Ada and many others are known."""
    asked = {**BEYOND_DOUBT, **{name: changed for name, (changed, _) in FOR_PEOPLE.items()}, "other": ANOTHER_NUMBER}
    return dict(zip(asked, propose([ADA, *OTHERS], *asked.values()), strict=True))


@pytest.mark.req("R6")
@pytest.mark.parametrize("name", BEYOND_DOUBT)
def test_what_is_beyond_doubt_is_joined_and_explained(proposed, name):
    """One error of a desk does not hide her; each field says how it agrees."""
    found, changed = proposed[name], BEYOND_DOUBT[name]
    assert found.automatic
    (pair,) = found.pairs
    assert (pair.known, pair.temporary, pair.fields["given"]) == ("IPP|1", "TEMP|A", "same")
    assert pair.rule == ("national" if "national" in changed else "score")
    assert pair.fields["family"] == ("slip" if "family" in changed else "same")
    assert pair.fields["birth"] == ("swapped" if "birth" in changed else "same")
    assert pair.fields["further"] == {"": "unsaid", "ada luce": "same"}.get(changed.get("further", "ada luce"), "sound")
    assert pair.fields["phone"] == ("unsaid" if "phone" in changed else "same")


@pytest.mark.req("R6", "F22", "F24")
@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_what_could_be_somebody_else_waits_for_people(proposed, name):
    """Twins, relatives, namesakes and doubtful identities are shown, whatever else agrees."""
    assert not proposed[name].automatic
    assert proposed[name].pairs[0].why == FOR_PEOPLE[name][1]


@pytest.mark.req("R6", "F22")
def test_two_national_numbers_never_meet_and_one_of_two_patients_is_nobody_s(proposed):
    """Another number: not even shown. A number that two known patients have: people say which."""
    assert proposed["other"].pairs == []
    twice = [ADA, replace(ADA, key="IPP|2", chart="c2"), *OTHERS]
    (found,) = propose(twice, {"national": "7"})
    assert [(pair.known, pair.why) for pair in found.pairs] == [("IPP|1", NAMESAKES), ("IPP|2", NAMESAKES)]


@pytest.mark.req("R6")
def test_what_a_rule_joined_is_compared_with_no_other_temporary_one():
    """Joined with somebody known, she is that one; the rest are compared, each pair once, twins said to be so."""
    one = replace(TEMPORARY, key="TEMP|C", why=TWIN)
    two = [replace(TEMPORARY, key=f"TEMP|{n}", phone="", birthplace="", postcode="") for n in "AB"]
    joined = Proposal(TEMPORARY, [ProposedPair("TEMP|A", "IPP|1", "score", 40.0, {})])
    assert list(among([joined, Proposal(one, [])])) == [joined, Proposal(one, [])]
    found = {p.temporary.key: {pair.known: pair.why for pair in p.pairs}
             for p in among([Proposal(who, []) for who in (one, *reversed(two))])}  # fmt: skip
    assert found == {"TEMP|A": {}, "TEMP|B": {"TEMP|A": BOTH}, "TEMP|C": {"TEMP|A": TWIN, "TEMP|B": TWIN}}


@pytest.mark.req("R6", "F11")
def test_a_blood_group_and_what_people_said_before_stop_a_rule(proposed):
    """Joined by nobody but people; a pair that was decided is not proposed again."""
    ada = proposed["as she is"]
    (pair,) = ada.pairs
    for decided, expected in ((set(), (1, 0)), ({pair.name}, (0, 0))):
        found = Matched(decided=decided)
        found.take([ada], lambda _: None)
        assert (len(found.joined), len(found.proposed)) == expected
    blood = _chart_with_a_blood_group()
    found = Matched()
    found.take([ada], lambda key: blood if key == "TEMP|A" else None)
    assert (found.joined, found.review, found.proposed[0].why) == ([], 1, BLOOD)


@pytest.mark.req("R6")
def test_who_only_one_side_knows_the_further_names_of_is_found_all_the_same():
    """The temporary one says them, the known one does not; the labelled set has both ways, and other names."""
    (found,) = propose([replace(ADA, further=""), *OTHERS], {})
    assert (found.automatic, found.pairs[0].fields["further"]) == (True, "unsaid")
    people = labelled(HELD_OUT, 2_000, 1_500)
    known = {one.key: one for one in people.known}
    pairs = [(one, known[right]) for one in people.temporary if (right := people.truth[one.key])]
    sides = Counter((bool(one.further), bool(other.further)) for one, other in pairs)
    assert min(sides[said] for said in ((True, True), (False, True), (True, False))) > len(pairs) / 50


@pytest.mark.req("R6")
def test_on_people_that_it_was_not_set_by_nobody_is_joined_wrongly():
    """A held-out seed, with more twins and namesakes than live; the figures of many are in the reference."""
    people = labelled(HELD_OUT, 6_000, 1_500)
    matcher = Matcher(people.known)
    found = list(matcher.match(people.temporary))
    joined = [one for one in found if one.automatic]
    assert len(found) == len(people.temporary)
    assert [one for one in joined if people.truth[one.temporary.key] != one.pairs[0].known] == []
    right = sum(map(bool, people.truth.values()))
    assert len(joined) > right / 2
    lost = [one for one in found if not one.pairs and people.truth[one.temporary.key]]
    assert len(lost) < right / 50
    again = Matcher(people.known).match(reversed(people.temporary))
    assert {one.temporary.key: one.pairs for one in again} == {one.temporary.key: one.pairs for one in found}


def patient(**elements: object) -> Json:
    """A Patient."""
    name = {"use": "official", "family": "VAUGNAC", "given": ["Léonie", "Ada"]}
    return {"resourceType": "Patient", "name": [name], "birthDate": "1961-04-09", "gender": "female", **elements}


def status(*codes: str) -> list[Json]:
    """PID-32 as the charts have it."""
    return [{"url": RELIABILITY, "extension": [{"url": "identityStatus", "valueCoding": {"code": c}}]} for c in codes]


@pytest.mark.req("R6", "F22", "F24")
def test_an_identity_is_what_its_chart_says():
    """Words without accents, whole dates only, the national number only when qualified, temporary by its own number."""
    ins = {"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "261049901"}
    own = {"system": "urn:id:TEMP", "value": "A", "use": "temp"}
    found = identity_of(patient(identifier=[own, ins], extension=status("PROV")), "TEMP|A", "c", "P", frozenset())
    assert (found.family, found.given, found.birth, found.sex) == ("vaugnac", "leonie", "1961-04-09", "f")
    assert (found.temporary, found.national, found.why, found.further) == (True, "", "", "ada")
    for given, further in ((["Léonie"], ""), (["Léonie", "LEONIE", "Ada Zoé"], "ada zoe"), (["Léonie Ada"], "")):
        called = patient(name=[{"use": "official", "family": "VAUGNAC", "given": given}])
        assert identity_of(called, "TEMP|A", "c", "P", frozenset()).further == further
    unknown = identity_of({"name": [{"use": "temp", "family": "BRAVO TANGO"}]}, "TEMP|A", "c", "P", frozenset())
    assert (unknown.family, unknown.given, unknown.why) == ("", "", TWIN), "a name that was made up is nobody's"
    qualified = identity_of(patient(identifier=[ins], extension=status("QUAL")), "IPP|1", "c", "P", frozenset())
    assert (qualified.temporary, qualified.national) == (False, "261049901")
    for code in ("DOUT", "FICT", "FICTI", "UD"):
        assert identity_of(patient(extension=status(code)), "IPP|1", "c", "P", frozenset()).why == DOUBTFUL
    assert identity_of(patient(multipleBirthInteger=2), "IPP|1", "c", "P", frozenset()).why == TWIN
    assert identity_of(patient(birthDate="1961-04"), "IPP|1", "c", "P", frozenset({"IPP"})).birth == ""
    assert identity_of(patient(), "IPP|1", "c", "P", frozenset({"IPP"})).temporary


@pytest.mark.req("R6")
def test_two_people_decide_and_one_undoes():
    """The first "same" joins nobody; "different" closes; a rule's and people's links can be parted."""
    pair = ProposedPair("T|1", "IPP|1", "score", 12.5, {}, TOO_LITTLE)
    proposed = ("s/1", "console", PairsProposed([pair], "t"))
    said = ("s/2", "user/ada", PairDecided("T|1", "IPP|1", True, "t"))
    link = ("s/3", "user/bo", IdentitiesLinked("IPP|1", "T|1", "t"))
    undo = ("s/4", "user/ada", IdentitiesLinked("IPP|1", "T|1", "t", undo=True, reason="twins"))
    no = ("s/5", "user/bo", PairDecided("T|1", "IPP|1", False, "t"))
    states = [
        [(one.state, one.agreed_by, one.decided_by) for one in pair_states([proposed, *more])]
        for more in ([], [said], [said, link], [said, link, undo], [no], [said, no], [no, said])
    ]
    assert states == [
        [("proposed", "", "")], [("agreed", "ada", "")], [("linked", "ada", "bo")], [("undone", "ada", "ada")],
        [("different", "", "bo")], [("different", "ada", "bo")], [("different", "", "bo")],
    ]  # fmt: skip


@pytest.mark.req("R6")
def test_who_proposes_is_the_first_of_two_and_older_words_say_the_same():
    """A person's proposal is agreed to by its author; `union-...` goes the same way; of both, the last word holds."""
    pair = ProposedPair(f"{GIVEN_HERE}|1-S-B", "IPP|1", "said", 0, {}, proof="card")
    new = [
        ("s/1", "user/ada", PairsProposed([pair], "t")),
        ("s/2", "user/bo", PairDecided(pair.temporary, "IPP|1", True, "t")),
        ("s/3", "user/bo", IdentitiesLinked("IPP|1", pair.temporary, "t")),
        ("s/4", "user/ada", IdentitiesLinked("IPP|1", pair.temporary, "t", undo=True)),
    ]
    old = [
        ("s/1", "user/ada", UnionProposed("1-S-B", "IPP|1", "card", "t")),
        ("s/2", "user/ada", UnionConfirmed("s/1", "t")),  # who proposed cannot
        ("s/3", "user/bo", UnionConfirmed("s/1", "t")),
        ("s/4", "user/ada", UnionRefused("s/1", "t")),
    ]
    told = [[(one.state, one.agreed_by, one.pair.proof) for one in pair_states(acts[:n])]
            for acts in (new, old) for n in range(1, 5)]  # fmt: skip
    after = ["agreed", "agreed", "linked", "undone"]
    assert told == [[(state, "ada", "card")] for state in after * 2]
    again = ("s/5", "user/bo", PairsProposed([pair], "t"))
    assert pair_states([*old, again])[0].state == "agreed", "parted, it may be proposed anew"
    assert pair_states([*old[:3], ("s/5", "console", PairsProposed([pair], "t"))])[0].state == "linked"


def _chart_with_a_blood_group():  # type: ignore[no-untyped-def]
    from contrefeu.chart.fold import new_chart
    from contrefeu.chart.versions import Kept

    chart = new_chart("TEMP|A", "P")
    group = {"code": {"coding": [{"system": "http://loinc.org", "code": "882-1"}]}}
    chart.kept["Observation/x"] = Kept("Observation", "x", group, "s/1", 0, 0, (0, "", 0))
    return chart
