"""People from the hospital's directory: enrolled ahead from a real OpenLDAP, and everybody comes in with it gone (D1).

Method: a slapd of the tests' own (tests/suites/slapd.py), asked by `users directory`; then stopped, or emptied.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from contrefeu.access import secret_matches
from contrefeu.cli.accounts import station_acts, the_accounts
from contrefeu.cli.node import Node
from tests.cli.conftest import Commands
from tests.cli.test_feeds import File
from tests.drills.test_two_nodes import free_port
from tests.suites.slapd import BASE, READER, SIZE_MAX, Slapd, slapd

pytestmark = pytest.mark.system("slapd", "ldapsearch", "ldapadd")
NAMES = ("anais", "bruno", "chloe", "denis")


def person(uid: str, name: str) -> str:
    """An entry."""
    classes = "objectClass: inetOrgPerson\nsn: x"
    return f"dn: uid={uid},ou=people,{BASE}\n{classes}\nuid: {uid}\ncn: {name}\nemployeeNumber: 04-{uid}\n\n"


def group(name: str, *uids: str) -> str:
    """A group of them."""
    members = "".join(f"member: uid={uid},ou=people,{BASE}\n" for uid in uids)
    return f"dn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {name}\n{members}\n"


@pytest.fixture
def directory() -> Iterator[Slapd]:
    """Four people, more than it gives at once; two are nurses of CARDIO, one is a physician."""
    with slapd(free_port()) as found:
        found.add("".join(person(uid, uid.title()) for uid in NAMES))
        found.add(group("ide", "anais", "bruno") + group("med", "chloe"))
        yield found


@pytest.fixture
def settled(cli: Commands, directory: Slapd) -> Commands:
    """A home whose settings name it."""
    settings = cli.home / "contrefeu.toml"
    settings.write_text(
        f"""{settings.read_text()}
[directory]
url = "{directory.url}"
ca = "{directory.ca}"
bind = "{READER}"
password_file = "{directory.password_file}"
base = "ou=people,{BASE}"
badge = "employeeNumber"
[[directory.groups]]
dn = "cn=ide,ou=groups,{BASE}"
role = "nurse"
wards = ["CARDIO"]
[[directory.groups]]
dn = "cn=med,ou=groups,{BASE}"
role = "physician"
wards = ["*"]
"""
    )
    return cli


def states(told: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    """What became of each."""
    return {user["login"]: user["state"] for user in told["users"]}


@pytest.mark.req("D1")
def test_people_of_the_directory_come_in_when_it_is_gone(settled: Commands, directory: Slapd) -> None:
    """With secret, role, wards and badge; who comes in is asked of the journal alone. Read again, nobody changes."""
    assert len(NAMES) > SIZE_MAX, "its answer has to be paged"
    told = settled.told("users", "directory", "--digits")
    assert states(told) == {"anais": "new", "bruno": "new", "chloe": "new"}
    assert (told["no_group"], told["left"], told["empty_groups"]) == (1, [], [])
    acts = [entry.source for _, entry in station_acts(Node.at(settled.home))]
    assert acts.count("directory") == 3, "whose word it was stands in the journal"

    again = settled.told("users", "directory")
    assert set(states(again).values()) == {"as before"}
    assert [user["secret"] for user in again["users"]] == ["", "", ""]

    directory.stop()
    accounts = the_accounts(Node.at(settled.home))
    for user in told["users"]:
        account = accounts.named(f"04{user['login']}")
        assert account is not None
        assert secret_matches(account.secret_hash, user["secret"])
    anais = accounts.get("anais")
    assert anais is not None
    assert (anais.name, anais.role, anais.wards) == ("Anais", "nurse", ("CARDIO",))
    ran = settled("users", "directory")
    assert (ran.status, "everybody comes in as before" in ran.err) == (1, True), ran.err


def test_who_left_the_directory_is_named_and_still_comes_in(settled: Commands, directory: Slapd) -> None:
    """Who empties a directory must not empty the wards: somebody disables, and a directory brings nobody back."""
    settled.told("users", "add", "agency", "--name", "A", "--role", "nurse")
    settled.told("users", "directory")
    directory.remove(f"cn=ide,ou=groups,{BASE}")
    directory.add(group("ide", "anais", "denis"))
    ran = settled("users", "directory", "--dry-run")
    assert (ran.status, b"denis: (new)" in ran.out) == (10, True)
    assert "bruno" in ran.out.decode()
    assert "denis" not in {user["login"] for user in settled.told("users", "list")["users"]}, "a dry run"
    ran = settled("users", "directory", "--json")
    told = json.loads(ran.out)
    assert (ran.status, told["left"], states(told)["denis"]) == (10, ["bruno"], "new"), "and agency is none of its"
    bruno = the_accounts(Node.at(settled.home)).get("bruno")
    assert bruno is not None
    assert not bruno.disabled

    settled.told("users", "disable", "anais", "--reason", "left")
    settled.told("users", "disable", "bruno", "--reason", "left")
    told = settled.told("users", "directory")
    assert (states(told)["anais"], told["left"]) == ("disabled here", [])


def test_an_administrator_is_made_by_no_directory(settled: Commands, directory: Slapd) -> None:
    """Who is of a role that no group gives keeps it; a group that would give one is a setting that cannot be."""
    settled.told("users", "add", "anais", "--name", "A", "--role", "security")
    assert states(settled.told("users", "directory"))["anais"] == "another role here"
    settings = settled.home / "contrefeu.toml"
    settings.write_text(settings.read_text().replace('role = "nurse"', 'role = "admin"'))
    ran = settled("users", "directory")
    assert (ran.status, "directory.groups[1].role" in ran.err) == (1, True), ran.err


def test_an_answer_with_nobody_in_it_is_a_finding(settled: Commands, filed: File) -> None:
    """It is a mistake in the settings, most often: a timer that enrols nobody must not look well."""
    nobody = filed("nobody.ldif", b"dn: cn=ide,ou=groups,dc=chu,dc=example\nobjectClass: groupOfNames\n")
    ran = settled("users", "directory", "--file", nobody)
    assert (ran.status, "NOBODY was found, and nobody is enrolled" in ran.out.decode()) == (10, True), ran.err
    assert settled.told("users", "directory", "--file", nobody, status=10)["users"] == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('ca = "', 'ca = "/etc/ssl/other', "The directory does not say who"),  # it is not who it says it is
        ("cn=ide,", "cn=ode,", "No such object"),  # a group that it does not have
        ('bind = "', '# bind = "', "The directory does not say who"),  # it tells nobody without a name
    ],
)
def test_half_an_answer_is_none(before: str, after: str, said: str, settled: Commands) -> None:
    """Nobody is enrolled when the directory is not the one that was meant, or one of its answers is missing."""
    settings = settled.home / "contrefeu.toml"
    settings.write_text(settings.read_text().replace(before, after))
    ran = settled("users", "directory")
    assert (ran.status, said in ran.err) == (1, True), ran.err
    assert [user["login"] for user in settled.told("users", "list")["users"]] == ["admin"]


def test_groups_within_groups_are_asked_once_each(settled: Commands, directory: Slapd) -> None:
    """Two deep, in a loop, beside somebody who is gone; somebody outside `base` is in a group, and is nobody here."""
    outside = f"uid=eve,{BASE}"
    directory.add(person("eve", "Eve").replace(",ou=people", ""))
    directory.add(group("night", "denis") + group("pool").rstrip() + f"\nmember: cn=night,ou=groups,{BASE}\n\n")
    for outer, inner in [
        ("ide", f"cn=pool,ou=groups,{BASE}"),
        ("ide", f"uid=gone,ou=people,{BASE}"),
        ("ide", outside),
        ("night", f"cn=ide,ou=groups,{BASE}"),
    ]:
        directory.modify(f"dn: cn={outer},ou=groups,{BASE}\nchangetype: modify\nadd: member\nmember: {inner}\n")
    told = settled.told("users", "directory")
    assert states(told) == {"anais": "new", "bruno": "new", "chloe": "new", "denis": "new"}
    assert told["no_group"] == 0


def test_more_members_than_can_be_asked_are_no_answer(
    settled: Commands, directory: Slapd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of them would name the other half as gone."""
    directory.add(group("odd", "gone", "away"))
    directory.modify(f"dn: cn=ide,ou=groups,{BASE}\nchangetype: modify\nadd: member\nmember: cn=odd,ou=groups,{BASE}\n")
    monkeypatch.setattr("contrefeu.cli.directory.WITHIN_MAX", 3)
    assert settled("users", "directory").status == 0, "a group, and two who are gone"
    monkeypatch.setattr("contrefeu.cli.directory.WITHIN_MAX", 2)
    ran = settled("users", "directory")
    assert (ran.status, "more than 2 members of the groups" in ran.err) == (1, True), ran.err


ACTIVE_DIRECTORY = """#!/bin/sh
# Answers as Active Directory does: what it is, people without their groups, a group whose long list of members it cuts
# (range retrieval), and by the rule in chain who is in it.
case "$*" in
    *supportedCapabilities*) printf 'dn:\\nsupportedCapabilities: 1.2.840.113556.1.4.800\\n' ;;
    *'(&(objectClass=person)(memberOf:1.2.840.113556.1.4.1941:=CN=IDE \\28jour\\29,DC=chu))'*)
        printf 'dn: CN=Anais,DC=chu\\n\\n# refldap://else.chu.example/DC=else\\n\\n' ;;
    *IDE*) printf 'dn: CN=IDE (jour),DC=chu\\nobjectClass: group\\nmember;range=0-1499: CN=Pool,DC=chu\\n' ;;
    *) printf 'dn: CN=Anais,DC=chu\\nsAMAccountName: anais\\n\\ndn: CN=Bruno,DC=chu\\nsAMAccountName: bruno\\n' ;;
esac
"""


def test_active_directory_says_itself_who_is_in_a_group(
    cli: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its own rule, once a group, the name escaped; no member is asked what it is."""
    fake = tmp_path / "bin" / "ldapsearch"
    fake.parent.mkdir()
    fake.write_text(ACTIVE_DIRECTORY)
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent), prepend=":")
    monkeypatch.setattr("contrefeu.cli.directory.WITHIN_MAX", 0)
    settings = cli.home / "contrefeu.toml"
    settings.write_text(
        f"""{settings.read_text()}
[directory]
url = "ldaps://dc1.chu.example"
base = "DC=chu"
login = "sAMAccountName"
[[directory.groups]]
dn = "CN=IDE (jour),DC=chu"
role = "nurse"
"""
    )
    told = cli.told("users", "directory")
    assert (states(told), told["no_group"]) == ({"anais": "new"}, 1)


def test_a_file_is_read_where_no_directory_can_be_reached(settled: Commands, tmp_path: Path) -> None:
    """LDIF that was written elsewhere gives the same people."""
    ldif = tmp_path / "staff.ldif"
    ldif.write_text(person("anais", "Anais") + group("ide", "anais"))
    told = settled.told("users", "directory", "--file", ldif)
    assert (states(told), told["empty_groups"]) == ({"anais": "new"}, [f"cn=med,ou=groups,{BASE}"])
    assert settled("users", "directory", "--file", tmp_path / "none").status == 1


def test_no_directory_is_named(cli: Commands) -> None:
    """It says what to write."""
    ran = cli("users", "directory")
    assert (ran.status, "Write [directory]" in ran.err) == (1, True), ran.err
