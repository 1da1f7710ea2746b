"""A draft fills each mandatory field of its regime or lists it; it names no patient, and says where numbers come from.

Method: acts and messages as entries made by hand; the words of sheets read back from their PDF.
"""

import json
from collections.abc import Sequence
from io import BytesIO

import pypdfium2
import pytest

from contrefeu.acts import (
    AccountAdded,
    Act,
    AlarmAcknowledged,
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
from contrefeu.declare.file import SYSTEM_RULES, Alarm, IncidentFile
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, MEDIA_HL7V2, Entry
from contrefeu.mapping import FeedRules, read
from contrefeu.watch import RULES

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
    Entry("n-watch", 1, NOW_NS, 8, "rule/feed-silent", MEDIA_ACT, json.dumps(
        {"act": "alarm-raised", "rule": "feed-silent", "subject": "LABO@CHU", "severity": "act",
         "at": "2026-11-24T01:58:00Z", "since": "2026-11-24T01:50:00Z"}).encode()),
]  # fmt: skip


def drafted(name: str, acts: Sequence[Entry] = ACTS, counts: Counts | None = None, house: House = HOUSE) -> Draft:
    """The draft of one regime."""
    found = register(acts)
    file = incident_file(acts, found[0] if found else None, NOW_NS)
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
        for wanted in (draft.page["exercise"], draft.title, REGIMES[name].version[:20], REGIMES[name].checked):
            assert wanted in sheet
            assert wanted in phone
        for label in draft.page["empty"]:
            assert f"- {label}" in phone
        assert "Rançongiciel" in phone


def test_what_alarms_name_as_systems_are_senders_and_shares():
    """No login, no ward, no file of this node, no address of a copy, and no asterisk for several feeds."""
    assert {name for name, rule in RULES.items() if rule.about == "feed"} | {"canary"} == SYSTEM_RULES
    subjects = {
        "honey": "nurse.durand", "merges": "ADT@H", "feeds-silent": "*", "canary": "/mnt/wards/zz.docx",
        "copy-refused": "s3://AKIA1@copies.example/chu?days=30", "home-changed": "keys/recovery/x",
        "ward-unready": "URG", "clock-moved": "n1",
    }  # fmt: skip
    alarms = [Alarm(rule, subject) for rule, subject in subjects.items()]
    assert IncidentFile(None, None, [], [], "", None, alarms).systems == ["ADT@H", "/mnt/wards/zz.docx"]
    told = {alarm.rule: alarm.told for alarm in alarms}
    assert (told["honey"], told["feeds-silent"], told["copy-refused"]) == ("", "", "s3://copies.example")


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("fr", ["Alarme : plusieurs systèmes se sont tus ensemble", "Alarme : LABO@CHU · ne parle plus",
                "Note : Connu depuis le : 24/11/2026 02:30", "Note : Acte illicite ou malveillant soupçonné",
                "Déclaration envoyée : NIS 2 : alerte précoce (24 h) · A-1"]),
        ("en", ["Alarm: several systems fell silent together", "Alarm: LABO@CHU · ",
                "Note: Known since: 24 Nov 2026 02:30", "Note: Unlawful or malicious act suspected",
                "Declaration sent: NIS 2: early warning (24 h) · A-1"]),
    ],
)  # fmt: skip
def test_the_timeline_is_in_words(language, lines):
    """No rule, no field and no regime by its code, also of a field that this regime does not ask for."""
    silent = {"act": "alarm-raised", "rule": "feeds-silent", "subject": "*", "severity": "attack",
              "at": "2026-11-24T01:59:00Z", "since": "2026-11-24T01:50:00Z"}  # fmt: skip
    acts = [
        *ACTS,
        Entry("n-watch", 2, NOW_NS, 9, "rule/feeds-silent", MEDIA_ACT, json.dumps(silent).encode()),
        entry(9, IncidentNoted("n-station/2", "2026-11-24T01:30:00Z", AT, "aware_at")),
        entry(10, DeclarationSent("n-station/2", "nis2-24h", "2026-11-24T10:00:00Z", AT, "A-1")),
    ]
    house = House("CHU d'essai", "Europe/Paris", language)
    said = [line[1] for line in drafted("ars", acts, house=house).page["events"]]
    for wanted in lines:
        assert any(line.startswith(wanted) for line in said), said
    codes = ("feeds-silent", "feed-silent", "aware_at", "malicious:", "nis2-24h", "*")
    assert not [line for line in said if any(code in line for code in codes)]


@pytest.mark.req("L1")
def test_who_declares_is_named_with_a_function_or_is_still_empty():
    """The form asks for both; a login alone is shown, and fills nothing."""
    assert "declarant" in drafted("ars").empty_fields
    known = [entry(0, AccountAdded("crise", "Solène Martin", "coordinator", "x"), "console"), *ACTS]
    said = {one.id: one for one in drafted("ars", known).fields}
    assert (said["declarant"].text, said["declarant"].empty) == ("Solène Martin, cellule de crise", False)
    assert said["awareness"].text == "le 24/11/2026 03:00, par Solène Martin"


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
    assert "Note : Mesures prises : réseau des bureaux débranché" in [event[1] for event in draft.page["events"]]
    assert said["description"].startswith("Rançongiciel sur le serveur de fichiers. Panne déclarée")
    kinds = [event[1].split(" :")[0] for event in draft.page["events"]]
    assert kinds[:3] == ["Alarme", "Incident ouvert", "Panne déclarée"]
    assert {event[3] for event in draft.page["events"]} >= {"n-station/2", "n-watch/1"}


def test_what_patients_are_told_holds_no_timeline_of_the_house():
    """Article 34 is read by the persons concerned: no alarm, indicator or entry; an authority is given them."""
    text = draft_text(drafted("gdpr-34"))
    assert "n-watch/1" not in text
    assert "203.0.113.7" not in text
    assert "Chronologie" not in text
    assert "n-watch/1" in draft_text(drafted("gdpr-33"))


def test_a_downtime_stands_in_for_awareness_and_is_not_called_one():
    """Nobody opened an incident: the deadline counts from the declared downtime, and awareness is still listed."""
    draft = drafted("gdpr-33", ACTS[:1])
    assert draft.deadline == "2026-11-27T02:10:00.000000Z"
    assert "awareness" in draft.empty_fields
    assert "à confirmer par une personne nommée" in draft_text(draft)
    lifted = [ACTS[0], ACTS[6]]
    assert drafted("gdpr-33", lifted).deadline is None, "a downtime that is over is no incident of now"
    alone = [ACTS[0], entry(7, DowntimeLifted(["URG"], "", "2026-11-25T11:00:00.000000Z"), "console")]
    assert drafted("gdpr-33", alone).deadline is None, "so is one whose only ward is back"
    coming = [ACTS[0], entry(7, DowntimeLifted(["URG"], "", AT, "2026-11-25T14:00:00.000000Z"), "console")]
    assert drafted("gdpr-33", coming).deadline is not None, "until its cut-over it goes on"


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
    draft = make_draft(incident_file(ACTS, found, NOW_NS), REGIMES["gdpr-33"], REGIMES, HOUSE, late)
    assert draft.late
    assert "delay_reason" in draft.empty_fields
    acts = [*ACTS, entry(9, DeclarationSent("n-station/2", "gdpr-33", "2026-11-25T10:00:00Z", AT, "CNIL-1"))]
    sent = make_draft(incident_file(acts, register(acts)[0], NOW_NS), REGIMES["gdpr-33"], REGIMES, HOUSE, late)
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


def counted(nobodies: frozenset[str] = frozenset()) -> Counts:
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
        nobodies,
    )


@pytest.mark.req("F46")
def test_a_honey_patient_is_no_person_of_a_declaration():
    """Neither among the persons nor among the records that were read or left."""
    found = counted(frozenset(["p-1"]))
    assert (found.entries, found.persons, found.unnamed) == (2, 1, 1)
    assert (found.read, found.read_persons, found.left) == (1, 1, 0)


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
    bundle = json.loads(stix_bundle(incident_file(ACTS, register(ACTS)[0], NOW_NS), "CHU d'essai", NOW_NS))
    by_type: dict[str, list[dict[str, object]]] = {}
    for one in bundle["objects"]:
        by_type.setdefault(one["type"], []).append(one)
        assert one["spec_version"] == "2.1"
        assert one["created"] <= one["modified"]
    assert [one["pattern"] for one in by_type["indicator"]] == [
        "[ipv4-addr:value = '203.0.113.7']", "[domain-name:value = 'evil.example.org']",
    ]  # fmt: skip
    assert all(one["description"] for one in by_type["indicator"])
    assert by_type["report"][0]["report_types"] == ["threat-report"], "a word of report-type-ov"
    assert by_type["note"][0]["content"] == "clé"
    assert by_type["course-of-action"][0]["name"] == "réseau des bureaux débranché"
    (report,) = by_type["report"]
    assert set(report["object_refs"]) == {one["id"] for one in bundle["objects"]} - {report["id"]}
    assert "crise" not in json.dumps(bundle["objects"])
    again = json.loads(stix_bundle(incident_file(ACTS, register(ACTS)[0], NOW_NS), "CHU d'essai", NOW_NS + 10**12))
    assert [one["id"] for one in again["objects"]] == [one["id"] for one in bundle["objects"]]
    assert [one["created"] for one in again["objects"]] == [one["created"] for one in bundle["objects"]], (
        "STIX 2.1, 3.2"
    )


def test_what_was_noted_twice_is_one_object_for_a_csirt():
    """As of when it was noted first: a bundle holds each id once."""
    acts = [
        *ACTS,
        entry(30, IncidentNoted("n-station/2", "203.0.113.7 203.0.113.8", "2026-11-24T05:00:00Z", "indicators")),
        entry(31, IncidentNoted("n-station/2", "réseau des bureaux débranché", "2026-11-24T06:00:00Z", "measures")),
    ]
    objects = json.loads(stix_bundle(incident_file(acts, register(acts)[0], NOW_NS), "CHU d'essai", NOW_NS))["objects"]
    assert len({one["id"] for one in objects}) == len(objects)
    since = {one["name"]: one["valid_from"] for one in objects if one["type"] == "indicator"}
    assert (since["203.0.113.7"], since["203.0.113.8"]) == ("2026-11-24T03:00:00.000Z", "2026-11-24T05:00:00.000Z")
    assert next(one["description"] for one in objects if one["type"] == "incident").startswith(
        "Rançongiciel sur le serveur de fichiers. Known since"
    )


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


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_alarm_that_was_found_harmless_stands_apart_with_who_said_so(language):
    """It names no system and is on no line of the timeline; the last word counts; a person's alarm names nobody."""

    def raised(n: int, rule: str, subject: str) -> Entry:
        told = {"act": "alarm-raised", "rule": rule, "subject": subject, "severity": "act",
                "at": f"2026-11-24T01:5{n}:00Z", "since": "2026-11-24T01:50:00Z"}  # fmt: skip
        return Entry("n-watch", n, NOW_NS, 10 + n, f"rule/{rule}", MEDIA_ACT, json.dumps(told).encode())

    def said(n: int, alarm: int, verdict: str) -> Entry:
        act = AlarmAcknowledged(f"n-watch/{alarm}", "2026-11-24T02:30:00Z", verdict, "mise à jour")  # type: ignore[arg-type]
        return entry(n, act, "user/rssi")

    more = [raised(2, "merges", "CPAGE@CHU"), raised(3, "deletes", "RDV@CHU"), raised(4, "looks-many", "nadia")]
    answers = [said(20, 2, "seen"), said(21, 2, "harmless"), said(22, 3, "harmless"), said(23, 3, "real")]
    house = House("CHU d'essai", "Europe/Paris", language)
    acts = [*ACTS, *more, *answers]
    file = incident_file(acts, register(acts)[0], NOW_NS)
    assert file.systems == ["fichiers", "LABO@CHU", "RDV@CHU"]
    assert [one.ref for one in file.harmless] == ["n-watch/2"]
    draft = make_draft(file, REGIMES["nis2-72h"], REGIMES, house, NOW_NS)
    assert "n-watch/2" not in [line[3] for line in draft.page["events"]]
    (line,) = draft.page["harmless_events"]
    assert ("CPAGE@CHU" in line[1], "rssi" in line[2], "mise à jour" in line[2]) == (True, True, True)
    pages = pypdfium2.PdfDocument(BytesIO(draft_pdf(draft)))
    sheet = " ".join("".join(page.get_textpage().get_text_bounded() for page in pages).split())
    for text in (sheet, draft_text(draft)):
        assert draft.page["harmless"] in text
        assert "nadia" not in text
    assert "CPAGE@CHU" not in stix_bundle(file, "CHU", NOW_NS).decode()
