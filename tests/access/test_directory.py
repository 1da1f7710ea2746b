"""Whom a directory names: LDIF as three servers write it, groups seen from both sides, and people who are not enrolled.

Method: texts of a few entries, read by the functions alone; a real OpenLDAP is asked in tests/cli/test_directory.py.
"""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.access import Accounts, Attributes, Person, Roll, enrolled, new_account, read_ldif, roll_of
from contrefeu.access.ldif import LDIF_BYTES_MAX, DirectoryEntry
from contrefeu.acts import AccountDisabled
from contrefeu.base import OperatorError

OPENLDAP = """version: 1

# whoever has a folded, encoded name
dn: uid=anais,ou=people,dc=chu
uid: Anais
displayName;lang-fr:: QW5hw69zIExlZsOodnJl
cn: A. Lef
 evre
jpegPhoto:< file:///etc/passwd
memberOf: CN=IDE-Cardio, OU=Groups, DC=chu

dn: cn=med,ou=groups,dc=chu
objectClass: groupOfNames
member: uid=bruno,ou=people,dc=chu

dn: cn=ide-usc,ou=groups,dc=chu
objectClass: posixGroup
memberUid: ANAIS
memberUid: chloe

dn: uid=bruno,ou=people,dc=chu
uid: bruno
cn: Bruno

dn: uid=chloe,ou=people,dc=chu
uid: chloe
displayName: Chloé

dn: uid=nobody,ou=people,dc=chu
uid: nobody
"""


@dataclass(frozen=True)
class Gives:
    """A group of the settings."""

    dn: str
    role: str
    wards: list[str] = field(default_factory=list)


GROUPS = [
    Gives("cn=ide-cardio,ou=groups,dc=chu", "nurse", ["CARDIO"]),
    Gives("cn=ide-usc,ou=groups,dc=chu", "nurse", ["USC"]),
    Gives("cn=med,ou=groups,dc=chu", "physician", ["*"]),
    Gives("cn=nobody,ou=groups,dc=chu", "clerk"),
]
UNIX = Attributes("uid", "displayName")


def test_people_have_the_role_and_wards_of_their_groups():
    """Seen from the person and from the group, in any case; who is in none is counted, an empty group named."""
    assert roll_of(read_ldif(OPENLDAP.encode()), UNIX, GROUPS) == Roll(
        people=[
            Person("anais", "Anaïs Lefèvre", "nurse", ("CARDIO", "USC")),
            Person("bruno", "Bruno", "physician", ("*",)),
            Person("chloe", "Chloé", "nurse", ("USC",)),
        ],
        no_group=1,
        empty=["cn=nobody,ou=groups,dc=chu"],
    )


NESTED = """dn: cn=ide-cardio,ou=groups,dc=chu
objectClass: groupOfNames
member: cn=day,ou=groups,dc=chu
member: cn=gone,ou=groups,dc=chu

dn: cn=day,ou=groups,dc=chu
objectClass: groupOfNames
member: CN=Pool, OU=Groups, DC=chu

dn: cn=pool,ou=groups,dc=chu
objectClass: posixGroup
memberUid: bruno
member: cn=ide-cardio,ou=groups,dc=chu

dn: CN=Night,OU=groups,DC=chu
objectClass: group
sAMAccountName: night
memberOf: CN=ide-usc,OU=groups,DC=chu

dn: uid=anais,ou=people,dc=chu
uid: anais
memberOf: cn=night,ou=groups,dc=chu

dn: uid=bruno,ou=people,dc=chu
uid: bruno

dn: uid=chloe,ou=people,dc=chu
uid: chloe
memberOf: cn=elsewhere,ou=groups,dc=chu
"""


def test_members_of_groups_within_groups_are_members():
    """Three deep, said by the inner group or by the outer one; groups that are in each other end, who is not named."""
    assert roll_of(read_ldif(NESTED.encode()), UNIX, GROUPS) == Roll(
        people=[Person("anais", "anais", "nurse", ("USC",)), Person("bruno", "bruno", "nurse", ("CARDIO",))],
        no_group=1,
        empty=["cn=med,ou=groups,dc=chu", "cn=nobody,ou=groups,dc=chu"],
    )


def test_active_directory_is_read_as_it_writes():
    """UTF-16, CR LF, its own attributes; who is locked out, a group and a login that cannot be are not enrolled."""
    member = "memberOf: CN=ide-cardio,OU=groups,DC=chu"
    entries = [
        f"dn: CN=D,DC=chu\nobjectClass: user\nsAMAccountName: D.Roux\ndisplayName: Denis\nemployeeID: 04-a2\n{member}",
        f"dn: CN=E,DC=chu\nobjectClass: user\nsAMAccountName: e\nuserAccountControl: 514\n{member}",
        f"dn: CN=F,DC=chu\nobjectClass: group\nsAMAccountName: nested\n{member}",
        f"dn: CN=G,DC=chu\nobjectClass: user\nsAMAccountName: g h\nuserAccountControl: 512\n{member}",
        f"dn: CN=D2,DC=chu\nobjectClass: user\nsAMAccountName: d.roux\n{member}",
    ]
    data = "\n\n".join(entries).replace("\n", "\r\n").encode("utf-16")
    attributes = Attributes("sAMAccountName", "displayName", "employeeID")
    roll = roll_of(read_ldif(data), attributes, GROUPS[:1])
    person = Person("d.roux", "Denis", "nurse", ("CARDIO",), "04-a2")
    assert roll == Roll([person], locked=1, no_login=["CN=G,DC=chu"])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("uid: anais\n", "line 1 does not begin an entry"),
        ("dn: a\nchangetype: delete\n", "begins a change"),
        ("\ndn: a\nno colon\n", "line 3 has no attribute"),
        ("dn: a\nuid:: %%%\n", "not base 64"),
        (b"dn: \xe9\n".decode("latin-1").encode("latin-1"), "not in UTF-8"),
    ],
)
def test_what_is_no_list_of_entries_is_refused(text: str | bytes, why: str):
    """With the line; nothing of it counts."""
    with pytest.raises(OperatorError, match=why):
        read_ldif(text if isinstance(text, bytes) else text.encode())


def test_a_file_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch):
    """Before it is read."""
    monkeypatch.setattr("contrefeu.access.ldif.LDIF_BYTES_MAX", 10)
    assert LDIF_BYTES_MAX > 10
    with pytest.raises(OperatorError, match="longer than"):
        read_ldif(b"dn: a\nuid: b\n")


@given(st.dictionaries(st.sampled_from(["uid", "cn", "mail"]), st.text(min_size=1), min_size=1), st.integers(1, 40))
def test_any_value_comes_back_as_it_was_written(values: dict[str, str], width: int):
    """Encoded, and folded at any width."""
    from base64 import b64encode

    lines = ["dn: a", *(f"{name}:: {b64encode(value.encode()).decode()}" for name, value in values.items())]
    folded = [line[0] + "\n ".join(line[1:][n : n + width] for n in range(0, len(line), width)) for line in lines]
    found = read_ldif(("\n".join(folded) + "\n").encode())
    assert found == [DirectoryEntry("a", {name: [value] for name, value in values.items()})]


def test_who_is_known_keeps_their_secret_and_who_was_disabled_stays_so():
    """New, changed, as before, disabled, and of a role that the list may not touch."""
    accounts = Accounts()
    known = {
        login: new_account(login, login, role, ["CARDIO"], badge=f"{login}1").act
        for login, role in [("same", "nurse"), ("moved", "nurse"), ("gone", "nurse"), ("boss", "admin")]
    }
    for act in known.values():
        accounts.apply(act)
    accounts.apply(AccountDisabled("gone"))
    people = [Person(login, login, "nurse", ("CARDIO",)) for login in ("same", "gone", "boss", "new")]
    people.append(Person("moved", "moved", "physician", ("USC",), ""))
    done = enrolled(people, accounts, pin=True, roles=["nurse", "physician"])
    states = {one.person.login: one.state for one in done}
    assert states == {
        "same": "as before",
        "gone": "disabled here",
        "boss": "another role here",
        "new": "new",
        "moved": "changed",
    }
    assert {one.person.login for one in done if one.secret} == {"new"}
    for one in done:
        if one.account is not None:
            accounts.apply(one.account.act)
    moved = accounts.get("moved")
    assert moved is not None
    assert (moved.role, moved.wards, moved.secret_hash) == ("physician", ("USC",), known["moved"].secret_hash)
    assert moved.former == (), "a secret that stays is none of those before"
    assert accounts.named("MOVED1") is None, "a list that says that there is no badge takes it"
    assert accounts.named("SAME1") == accounts.get("same"), "and one that says nothing of badges leaves it"
