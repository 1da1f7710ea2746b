"""From entries to observations: what a message does, whose documents are sealed, who looked; and no name of anybody.

Method: HL7 messages and audit entries as the node writes them, one rule of reading each.
"""

import base64
import json

import msgspec
import pytest
from msgspec.structs import replace

from contrefeu.acts import AccountAdded, Act, GlassBroken, HoneyNamed, HoneyReleased, encode
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, MEDIA_HL7V2, Entry
from contrefeu.mapping import Rules
from contrefeu.watch import Heard, Looked
from contrefeu.watch.homes import address_key, keys_of, phone_key
from contrefeu.watch.memory import Memory, MemoryFile
from contrefeu.watch.observe import Desk, Observer, Where

AT_NS = 1_790_000_000 * 10**9  # 2026-09-21 14:13:20 UTC: 16:13:20 in Paris
NAME = "DURANDEAU"


def hl7(kind: str, *segments: str, control: str = "M1", said: str = "20260921161320") -> Entry:
    """An entry of a feed."""
    head = f"MSH|^~\\&|CPAGE|CHU|X|Y|{said}||{kind}|{control}|P|2.5|||||FRA|8859/1"
    text = "\r".join([head, f"PID|||100^^^CHU||{NAME}^JEAN", *segments]) + "\r"
    return Entry("n1-capture", 7, AT_NS, 0, "CPAGE@CHU", MEDIA_HL7V2, text.encode("latin-1"))


NOWHERE = Where()


def observer(desk: Desk | None = None, where: Where = NOWHERE) -> Observer:
    """One that knows where everybody lies, and a honey patient from the settings."""
    return Observer(bytes(32), Rules(), "Europe/Paris", desk or Desk(), lambda _: where, honey=["77"])


def one(entry: Entry, **more: object) -> Heard | Looked:
    """Its observation."""
    (found,) = observer(**more).of(entry)  # type: ignore[arg-type]
    assert isinstance(found, Heard | Looked)
    return found


@pytest.mark.parametrize(
    ("entry", "group"),
    [
        (hl7("ADT^A40^ADT_A39", "MRG|200^^^CHU"), "merge"),
        (hl7("ADT^A23"), "delete"),
        (hl7("ADT^A11"), "cancel"),
        (hl7("ADT^A08"), "update"),
        (hl7("ADT^A01"), ""),
        (hl7("ORM^O01", "ORC|CA|1"), "cancel"),
        (hl7("ORU^R01", "OBR|1", "OBX|1|NM|K||4||||||D"), "delete"),
        (hl7("ORU^R01", "OBR|1", "OBX|1|NM|K||4||||||F"), ""),
    ],
)
def test_what_a_message_does_is_known_by_its_event_and_its_states(entry, group):
    """Merges, deletions, cancellations and updates, each as HL7 writes it."""
    assert one(entry).group == group


def test_a_message_leaves_as_digests_and_forms():
    """The same patient has the same digest; no name and no number is in the observation."""
    first, again = one(hl7("ADT^A01", control="AB12")), one(hl7("ADT^A02", control="XY99"))
    assert isinstance(first, Heard)
    assert first.patient == again.patient != ""
    assert first.shape == again.shape == "2.5|8859/1|^~\\&|A9"
    assert first.said == AT_NS / 1e9
    assert NAME not in repr(first)
    assert "100" not in first.patient


def test_an_hour_that_happens_twice_says_nothing_of_a_clock():
    """2:30 on the night when clocks go back."""
    assert one(hl7("ADT^A01", said="20261025023000")).said == 0.0


def test_documents_are_judged_where_they_stand():
    """In an ED value, or as base64 in a text."""
    sealed = base64.b64encode(bytes(__import__("random").Random(1).randbytes(3000))).decode()
    assert one(hl7("MDM^T02", f"OBX|1|ED|||^AP^PDF^Base64^{sealed}")).documents == ("sealed",)
    assert one(hl7("ORU^R01", f"OBX|1|TX|||{sealed}")).documents == ("sealed",)
    whole = base64.b64encode(b"%PDF-1.4 startxref 9 %%EOF").decode()
    assert one(hl7("MDM^T02", f"OBX|1|ED|||^AP^PDF^Base64^{whole}")).documents == ("good",)


def test_a_long_text_is_told_from_others_and_a_short_one_is_not_kept():
    """A ransom note has one digest for all patients."""
    note = "Vos fichiers sont chiffrés. " * 10
    assert one(hl7("MDM^T02", f"OBX|1|TX|||{note}")).text == one(hl7("MDM^T02", f"OBX|1|TX|||{note}")).text != ""
    assert one(hl7("ORU^R01", "OBX|1|TX|||Négatif")).text == ""


@pytest.mark.parametrize("body", [b"", b"MSH", b"\xff\xfe\x00", b"MSH|^~\\&|" + b"\x00" * 50])
def test_what_cannot_be_read_is_still_a_message_of_its_sender(body):
    """Nothing raises."""
    entry = Entry("n1-capture", 1, AT_NS, 0, "X@Y", MEDIA_HL7V2, body)
    found = one(entry)
    assert isinstance(found, Heard)
    assert found.source == "X@Y"


def _audit(who: str = "nadia", kind: str = "view", failed: bool = False) -> Entry:
    event = {
        "resourceType": "AuditEvent",
        "type": {"code": "110114" if kind == "login" else "110110"},
        "subtype": [{"code": "110122" if kind == "login" else kind}],
        "agent": [{"who": {"identifier": {"value": who}}}],
        "outcome": "4" if failed else "0",
        "entity": [{"what": {"reference": "Patient/p-1"}}] if kind == "view" else [],
    }
    return Entry("n1-audit", 1, AT_NS, 0, f"user/{who}", MEDIA_FHIR, json.dumps(event).encode())


def _desk() -> Desk:
    desk = Desk()
    added = AccountAdded("nadia", f"Nadia {NAME.title()}", "nurse", "x", ["CARD"])
    entry = Entry("n1-station", 1, AT_NS, 0, "console", MEDIA_ACT, encode(added))
    assert list(observer(desk).of(entry)) == []
    return desk


@pytest.mark.parametrize(
    ("where", "place", "marks"),
    [
        (Where("CARD"), "own", ()),
        (Where("CHIR", famous=True), "other", ("famous",)),
        (Where("", numbers=["CHU|77"]), "gone", ("honey",)),
        (Where("CHIR", family=NAME), "other", ("relative",)),
        (Where(known=False), "", ()),
    ],
)
def test_a_look_says_where_the_patient_is_to_the_person(where, place, marks):
    """In their ward, in another, in none; and what makes it remarkable."""
    found = one(_audit(), desk=_desk(), where=where)
    assert isinstance(found, Looked)
    assert (found.who, found.role, found.kind, found.place, found.marks) == ("nadia", "nurse", "view", place, marks)


def test_refused_logins_and_broken_glass_are_looks_of_their_kind():
    """A login that succeeds is none."""
    refused = one(_audit(kind="login", failed=True))
    assert isinstance(refused, Looked)
    assert (refused.kind, refused.patient) == ("refused", "")
    assert list(observer().of(_audit(kind="login"))) == []
    act = encode(GlassBroken("p-1", "urgence", "2026-09-21T14:13:20Z"))
    glass = one(Entry("n1-station", 2, AT_NS, 0, "user/nadia", MEDIA_ACT, act), desk=_desk())
    assert (glass.kind, glass.who) == ("glass", "nadia")  # type: ignore[union-attr]


def test_what_is_written_down_is_sealed_and_comes_back(tmp_path):
    """Another key opens nothing: the file is set aside, and the watch learns anew."""
    memory = Memory(positions={"n1-capture": 9}, desk=_desk())
    file = MemoryFile(tmp_path / "state", bytes(32))
    file.save(memory)
    assert b"nadia" not in (tmp_path / "state").read_bytes()
    assert msgspec.to_builtins(file.load()) == msgspec.to_builtins(memory)
    assert MemoryFile(tmp_path / "state", bytes([1] * 32)).load().positions == {}
    assert (tmp_path / "state.unreadable").exists()


@pytest.mark.req("F46")
def test_a_honey_patient_is_known_once_the_security_officer_names_it_and_no_longer_when_released():
    """By the act, whoever looks, the glass that is broken too; a nurse's act lays none."""
    desk = _desk()
    watching = observer(desk, Where("", numbers=["CHU|100"]))

    def said(n: int, by: str, act: Act) -> None:
        assert list(watching.of(Entry("n1-station", n, AT_NS, 0, by, MEDIA_ACT, encode(act)))) == []

    def marks() -> list[tuple[str, ...]]:
        glass = Entry("n1-station", 90, AT_NS, 0, "user/nadia", MEDIA_ACT, encode(GlassBroken("p-1", "x", "x")))
        return [found.marks for entry in (_audit(), glass) for found in watching.of(entry) if isinstance(found, Looked)]

    said(2, "console", AccountAdded("rssi", "R", "security", "x"))
    said(3, "user/nadia", HoneyNamed(["CHU|100"], "x"))
    assert marks() == [(), ()]
    said(4, "user/rssi", HoneyNamed(["CHU|100"], "x"))
    assert marks() == [("honey",), ("honey",)]
    said(5, "user/rssi", HoneyReleased("n1-station/4", "x"))
    assert marks() == [(), ()]


def test_a_household_is_known_by_telephone_or_address_and_by_neither_in_clear():
    """As people write them; another number of the street, another town or a short telephone is nobody's home."""
    same = [("+33 6 12 34 56 78", "06.12.34.56.78"), ("0235000000", "+33 (0)2 35 00 00 00")]
    assert all(phone_key(one) == phone_key(other) != "" for one, other in same)
    assert phone_key("4711") == ""
    lilas = address_key("12, av. des Lilas 76000 Rouen")
    assert (
        lilas
        == address_key("12 AVENUE DES LILAS\n76000 ROUEN")
        == address_key("Bât. B 12 bis rue des lilas, 76000")
        != ""
    )
    others = ["14 av. des Lilas 76000 Rouen", "12 av. des Lilas 76100 Rouen", "12 av. des Roses 76000 Rouen"]
    assert lilas not in map(address_key, others)
    assert address_key("Lilas, Rouen") == address_key("") == address_key("76000 Rouen") == ""
    patient = {
        "telecom": [{"system": "phone", "value": "06 12 34 56 78"}, {"system": "email", "value": "12345678@x"}],
        "address": [{"line": ["Bât. B", "12 av. des Lilas"], "postalCode": "76000"}],
    }
    assert list(keys_of(patient)) == ["phone 612345678", lilas]
    home = frozenset(["digest"])
    watching = Observer(
        bytes(32), Rules(), "Europe/Paris", _desk(), lambda _: Where("CHIR", family=NAME, home=home),
        home=lambda login: home if login == "nadia" else frozenset(),
    )  # fmt: skip
    (found,) = watching.of(_audit())
    assert isinstance(found, Looked)
    assert found.marks == ("relative", "household")


@pytest.mark.req("F34")
def test_a_message_is_held_against_the_largest_of_its_senders_profile():
    """Its bytes, and what the profile says of its sender, of a tap that heard it too; 0 of whom none says it."""
    entry = hl7("ADT^A01")
    watcher = Observer(bytes(32), Rules(), "Europe/Paris", Desk(), lambda _: NOWHERE, sizes={"CPAGE@CHU": 100})
    for source, size_max in (("CPAGE@CHU", 100), ("tap:CPAGE@CHU", 100), ("OTHER@CHU", 0)):
        (found,) = watcher.of(replace(entry, source=source))
        assert isinstance(found, Heard)
        assert (found.size, found.size_max) == (len(entry.body), size_max)
