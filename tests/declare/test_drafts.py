"""A draft fills each mandatory field of its regime or lists it; it names no patient, and says where numbers come from.

Method: acts and messages as entries made by hand; the words of sheets read back from their PDF.
"""

import json
from collections.abc import Sequence
from io import BytesIO

import pypdfium2
import pytest

from contrefeu.acts import (
    Act,
    ContainmentPlanned,
    DeclarationSent,
    DowntimeDeclared,
    DowntimeLifted,
    FunctionState,
    IncidentNoted,
    IncidentOpened,
    encode,
)
from contrefeu.base import OperatorError, parse_rfc3339
from contrefeu.declare import (
    Counts,
    House,
    count,
    default_regimes,
    draft_pdf,
    draft_text,
    incident_file,
    looks_csv,
    make_draft,
    parse_regime,
    register,
    stix_bundle,
)
from contrefeu.declare.draft import Draft
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, MEDIA_HL7V2, Entry
from contrefeu.mapping import FeedRules, read

REGIMES = default_regimes()
NOW_NS = parse_rfc3339("2026-11-25T12:00:00Z")
AT = "2026-11-24T02:00:00.000000Z"
HOUSE = House(
    "CHU d'essai", "Europe/Paris", "fr", "Cellule de crise, 02 00 00 00 00", "S. Caron, dpo@example.org", "760000000"
)


def entry(n: int, act: Act, source: str = "user/crise", journal: str = "n-station") -> Entry:
    """An act as an entry."""
    return Entry(journal, n, NOW_NS, n, source, MEDIA_ACT, encode(act))


OPENED = entry(2, IncidentOpened("Rançongiciel sur le serveur de fichiers", AT, AT, "2026-11-23T00:00:00Z"))
ACTS = [
    entry(1, DowntimeDeclared(["URG"], "serveurs chiffrés", "2026-11-24T02:10:00.000000Z"), "console"),
    OPENED,
    entry(3, IncidentNoted("n-station/2", "réseau des bureaux débranché", "2026-11-24T03:00:00Z", "measures")),
    entry(4, IncidentNoted("n-station/2", "203.0.113.7 evil[.]example.org clé", "2026-11-24T03:00:00Z", "indicators")),
    entry(5, IncidentNoted("n-station/2", "oui", "2026-11-24T03:05:00Z", "malicious")),
    entry(6, ContainmentPlanned(
        "2026-11-24T03:10:00.000000Z", "inventaire", ["fichiers"], [],
        [FunctionState("papers", "Documents", 3, ["URG"])], [], [], [], True)),
    entry(7, DowntimeLifted([], "", "2026-11-25T11:00:00.000000Z"), "console"),
    Entry("n-watch", 1, NOW_NS, 8, "rule/silence", MEDIA_ACT, json.dumps(
        {"act": "alarm-raised", "rule": "silence", "subject": "LABO@CHU", "severity": "act",
         "at": "2026-11-24T01:58:00Z", "since": "2026-11-24T01:50:00Z"}).encode()),
]  # fmt: skip


def drafted(name: str, acts: Sequence[Entry] = ACTS, counts: Counts | None = None, house: House = HOUSE) -> Draft:
    """The draft of one regime."""
    found = register(acts)
    file = incident_file(acts, found[0] if found else None)
    file.counts = counts
    return make_draft(file, REGIMES[name], REGIMES, house, NOW_NS)


@pytest.mark.parametrize("name", sorted(REGIMES))
@pytest.mark.req("L1", "L3")
def test_each_mandatory_field_is_filled_or_listed(name):
    """Of every regime: none is left out, none is filled with nothing; of what nobody knows all are listed."""
    for acts in (ACTS, []):
        draft = drafted(name, acts)
        wanted = {rule.id for rule in REGIMES[name].fields if rule.mandatory and (draft.late or not rule.late)}
        filled = {one.id for one in draft.fields if one.mandatory and not one.empty}
        assert filled | set(draft.empty_fields) == wanted
        assert not filled & set(draft.empty_fields)
        assert all(one.text for one in draft.fields if one.id in filled)
    known = {"facility", "contact", "dpo", "structure_id", "breach_date"}
    assert set(drafted(name, []).empty_fields) == wanted - known
    assert drafted(name, []).deadline is None


@pytest.mark.parametrize("name", sorted(REGIMES))
@pytest.mark.req("L2", "L3")
def test_a_sheet_and_a_phone_say_the_same(name):
    """In both languages: the deadline, what is empty, the authority, the text of law and when it was compared."""
    for language in ("fr", "en"):
        house = House("CHU d'essai", "Europe/Paris", language, exercise=True)
        draft = drafted(name, house=house)
        pages = pypdfium2.PdfDocument(BytesIO(draft_pdf(draft)))
        sheet = " ".join("".join(page.get_textpage().get_text_bounded() for page in pages).split())
        phone = draft_text(draft)
        for wanted in (draft.page["exercise"], draft.title, REGIMES[name].version[:20], "2026-11-25"):
            assert wanted in sheet
            assert wanted in phone
        for label in draft.page["empty"]:
            assert f"- {label}" in phone
        assert "Rançongiciel" in phone


def test_the_facts_come_from_entries():
    """Timeline, downtime, suspects, alarms, measures; the named person and the hour of awareness; a plan's losses."""
    draft = drafted("nis2-72h")
    said = {one.id: one.text for one in draft.fields}
    assert said["awareness"] == "le 24/11/2026 03:00, par crise"
    assert said["systems"] == "fichiers, LABO@CHU"
    assert "réseau des bureaux débranché." in said["measures"]
    assert "Documents" in said["impact"]
    assert "levée le 25/11/2026 12:00" in said["impact"]
    assert said["malicious"] == "oui"
    assert draft.deadline == "2026-11-27T02:00:00.000000Z"
    assert draft.empty_fields == ["cross_border", "severity"]
    kinds = [event[1].split(" :")[0] for event in draft.page["events"]]
    assert kinds[:3] == ["Alarme", "Incident ouvert", "Panne déclarée"]
    assert {event[3] for event in draft.page["events"]} >= {"n-station/2", "n-watch/1"}


def test_a_downtime_stands_in_for_awareness_and_is_not_called_one():
    """Nobody opened an incident: the deadline counts from the declared downtime, and awareness is still listed."""
    draft = drafted("gdpr-33", ACTS[:1])
    assert draft.deadline == "2026-11-27T02:10:00.000000Z"
    assert "awareness" in draft.empty_fields
    assert "à confirmer par une personne nommée" in draft_text(draft)
    lifted = [ACTS[0], ACTS[6]]
    assert drafted("gdpr-33", lifted).deadline is None, "a downtime that is over is no incident of now"


@pytest.mark.req("L1")
def test_only_a_named_person_opens_an_incident():
    """The console and a feed have no name; a note of nobody's changes nothing."""
    found = register(
        [entry(1, IncidentOpened("x", AT, AT), "console"), entry(2, IncidentOpened("y", AT, AT), "LABO@CHU")]
    )
    assert found == []
    noted = [OPENED, entry(9, IncidentNoted("n-station/2", "2026-11-24T01:00:00Z", AT, "aware_at"))]
    assert register(noted)[0].aware_at == "2026-11-24T01:00:00Z"
    assert register([OPENED, entry(9, IncidentNoted("n-station/2", "z", AT, "cause"), "console")])[0].remarks == []


def test_a_late_declaration_must_say_why():
    """Past 72 h the reason for the delay is mandatory; once sent, it is not late."""
    late = parse_rfc3339("2026-11-28T02:00:00Z")
    found = register(ACTS)[0]
    draft = make_draft(incident_file(ACTS, found), REGIMES["gdpr-33"], REGIMES, HOUSE, late)
    assert draft.late
    assert "delay_reason" in draft.empty_fields
    acts = [*ACTS, entry(9, DeclarationSent("n-station/2", "gdpr-33", "2026-11-25T10:00:00Z", AT, "CNIL-1"))]
    sent = make_draft(incident_file(acts, register(acts)[0]), REGIMES["gdpr-33"], REGIMES, HOUSE, late)
    assert not sent.late
    assert "delay_reason" not in sent.empty_fields


MESSAGE = (
    "MSH|^~\\&|LABO|CHU|||20261124024100||ORU^R01^ORU_R01|{n}|P|2.5|||||FRA|8859/1\r"
    "PID|1||{ipp}^^^CHU^PI||DURAND^Élodie^^^^^L||19420312|F\rOBR|1|||X\rOBX|1|NM|2823-3^K^LN||6.4|mmol/L||||F\r"
)


def look(n: int, kind: str, chart: str, outcome: str = "0") -> Entry:
    """One AuditEvent."""
    event = {
        "resourceType": "AuditEvent", "recorded": AT, "outcome": outcome, "subtype": [{"code": kind}],
        "entity": [{"what": {"reference": f"Patient/{chart}"}}],
    }  # fmt: skip
    return Entry("n-audit", n, NOW_NS, n, "user/nadia", MEDIA_FHIR, json.dumps(event).encode())


def counted() -> Counts:
    """Three messages of two patients and one unknown; two looks, one refused, one export."""
    sent = [Entry("n-capture", n, NOW_NS, n, "LABO@CHU", MEDIA_HL7V2, MESSAGE.format(n=n, ipp=ipp).encode("latin-1"))
            for n, ipp in ((1, "100"), (2, "100"), (3, "200"), (4, "999"))]  # fmt: skip
    looks = [look(1, "view", "p-1"), look(2, "view", "p-2"), look(3, "view", "p-3", "4"), look(4, "export", "p-1")]
    charts = {"100": "p-1", "200": "p-2"}
    window = Counts("2026-11-23T00:00:00Z", "2026-11-25T12:00:00Z", assumed=True)
    return count(
        window,
        [*sent, *ACTS, *looks],
        lambda e: read(e, FeedRules()),
        lambda key: charts.get(key.rpartition("|")[2], ""),
    )


@pytest.mark.req("A3", "L2")
def test_numbers_have_a_method_and_an_error_and_the_rest_is_unknown():
    """Persons are charts; who names nobody is on top; a window that nobody said is a minimum; elsewhere: unknown."""
    found = counted()
    assert (found.entries, found.persons, found.unnamed) == (4, 2, 1)
    assert (found.read, found.read_persons, found.readers, found.left) == (2, 2, 1, 1)
    said = {one.id: one for one in drafted("gdpr-33", counts=found).fields}
    assert said["persons"].text.startswith("Patients nommés par les messages reçus du 23/11/2026 01:00")
    for wanted in (
        "Méthode",
        "c'est un minimum",
        "13:00 : 2.",
        "personne de connu ici, en plus : 1",
        "laissé sortir : inconnu",
    ):
        assert wanted in said["persons"].text
    assert "consultations 2 (dossiers 2, lecteurs 1), sorties 1" in said["records"].text
    assert "ORU" in said["record_categories"].text
    unknown = {one.id: one for one in drafted("gdpr-33").fields}["persons"]
    assert unknown.empty
    assert unknown.text.startswith("inconnu")


@pytest.mark.req("A3")
def test_which_records_were_read_or_left_is_a_list():
    """One a line: when, how, by whom, which chart, which entry; no name; no cell that a spreadsheet would run."""
    found = counted()
    lines = looks_csv(found).decode().splitlines()
    assert lines[0] == "at,kind,by,chart,what,entry"
    assert lines[1].split(",")[1:4] == ["view", "user/nadia", "p-1"]
    assert [line.split(",")[1] for line in lines[1:]] == ["view", "view", "export"]
    assert "DURAND" not in "".join(lines)


def test_a_csirt_gets_stix_without_a_patient_or_a_login():
    """STIX 2.1: the objects' own mandatory properties, patterns for what is one, a note for what is none, TLP:AMBER."""
    bundle = json.loads(stix_bundle(incident_file(ACTS, register(ACTS)[0]), "CHU d'essai", NOW_NS))
    by_type: dict[str, list[dict[str, object]]] = {}
    for one in bundle["objects"]:
        by_type.setdefault(one["type"], []).append(one)
        assert one["spec_version"] == "2.1"
        assert one["created"] <= one["modified"]
    assert [one["pattern"] for one in by_type["indicator"]] == [
        "[ipv4-addr:value = '203.0.113.7']", "[domain-name:value = 'evil.example.org']",
    ]  # fmt: skip
    assert by_type["note"][0]["content"] == "clé"
    assert by_type["course-of-action"][0]["name"] == "réseau des bureaux débranché"
    (report,) = by_type["report"]
    assert set(report["object_refs"]) == {one["id"] for one in bundle["objects"]} - {report["id"]}
    assert "crise" not in json.dumps(bundle["objects"])
    again = json.loads(stix_bundle(incident_file(ACTS, register(ACTS)[0]), "CHU d'essai", NOW_NS + 10**12))
    assert [one["id"] for one in again["objects"]] == [one["id"] for one in bundle["objects"]]


@pytest.mark.req("L3")
def test_a_regime_is_a_file():
    """A newer text, or another country's, is a file with the same keys; one that is wrong is named."""
    text = """
id = "gdpr-33"
version = "2031"
checked = "2031-01-01"
source = "x"
title = { fr = "a", en = "a" }
authority = { fr = "a", en = "a" }
threshold = { fr = "a", en = "a" }
clock = { hours = 48 }
"""
    assert default_regimes([("own.toml", text)])["gdpr-33"].clock.hours == 48
    with pytest.raises(OperatorError, match=r"own\.toml.*hours"):
        parse_regime(text.replace("48", '"two"'), "own.toml")
    for regime in REGIMES.values():
        assert all((regime.version, regime.source, regime.checked, regime.title.fr, regime.authority.en))
