"""A ward in memory: the answers of a chart store, made by hand, for tests and pictures of the ward app.

Nobody here exists. Times are counted from NOW (2026-11-24 02:11 UTC: 03:11 in Paris).
"""

import asyncio
import contextlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from contrefeu.access import new_account
from contrefeu.acts import encode
from contrefeu.base import ManualClock, rfc3339
from contrefeu.chart.agenda import AgendaLine, agenda_of
from contrefeu.chart.corrections import Correction
from contrefeu.chart.departures import Left
from contrefeu.chart.fold import Chart, Unread
from contrefeu.chart.pieces import Lately, whole
from contrefeu.chart.versions import Kept
from contrefeu.chart.views import (
    AsOf,
    Board,
    BoardRow,
    ChartsStatus,
    DrugSeen,
    DueItem,
    FeedStatus,
    HoneyChart,
    PatientHit,
    Restoring,
    UnplacedEntry,
    WardKnown,
    WardSummary,
)
from contrefeu.chart.work import WorkLine, work_line
from contrefeu.hospital import Settings, parse_settings
from contrefeu.journal import MEDIA_ACT, MEDIA_HL7V2, Entry
from contrefeu.station import Deps, JournalState, NodeStatus, VaultState, create_app

NOW_NS = int(datetime(2026, 11, 24, 2, 11, 58, tzinfo=UTC).timestamp()) * 10**9
ZONE = ZoneInfo("Europe/Paris")
CAPTURE, STATION = "n7f3k2-capture", "n7f3k2-station"
SECRET = "only-in-tests-42"
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F<</Type/Font"
    b"/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n4 0 obj<</Length 44>>stream\n"
    b"BT /F 18 Tf 30 120 Td (Scanner thoracique) Tj ET\nendstream endobj\ntrailer<</Root 1 0 R>>\n"
)
MESSAGE = (
    "MSH|^~\\&|LABO|CHU|||20261124024100||ORU^R01^ORU_R01|4711|T|2.5|||||FRA|8859/1\r"
    "PID|1||100234^^^CHU^PI||DURAND^Élodie^^^^^L||19420312|F\r"
    "OBX|1|NM|2823-3^Potassium^LN||6.4|mmol/L|3.5-5.0|HH|||F\r"
).encode("latin-1")


def at(hours: float) -> str:
    """RFC 3339 time *hours* from now, as a sender in Paris writes it."""
    return datetime.fromtimestamp(NOW_NS / 10**9 + hours * 3600, ZONE).isoformat(timespec="seconds")


def ref(sequence: int) -> str:
    """An entry of the capture journal."""
    return f"{CAPTURE}/{sequence}"


def resource(kind: str, id_: str, sequence: int, **elements: Any) -> dict[str, Any]:
    """A FHIR resource with its source."""
    return {"resourceType": kind, "id": id_, "meta": {"source": f"urn:contrefeu:entry:{ref(sequence)}"}, **elements}


def chart_of(resources: list[dict[str, Any]]) -> Chart:
    """A chart that holds *resources*, as the fold keeps them; its feeds are those of the ward."""
    patient = resources[0]
    chart = Chart(patient["id"], f"CHU|{patient['identifier'][0]['value']}", "T")
    chart.identity.elements = {
        key: value for key, value in patient.items() if key not in {"id", "meta", "resourceType"}
    }
    chart.identity.ref = patient["meta"]["source"].removeprefix("urn:contrefeu:entry:")
    for found in resources[1:]:
        kind, id_, entry = (
            found["resourceType"],
            found["id"],
            found["meta"]["source"].removeprefix("urn:contrefeu:entry:"),
        )
        now = {key: value for key, value in found.items() if key not in {"id", "meta", "resourceType"}}
        chart.kept[f"{kind}/{id_}"] = Kept(kind, id_, now, entry, NOW_NS, NOW_NS, (0, CAPTURE, 1))
    minutes = {
        "LABO@CHU": ("results",),
        "PHARMA@CHU": ("prescriptions", "doses"),
        "CPAGE@CHU": ("identity", "stays", "alerts"),
    }
    for source, blocks in minutes.items():
        for block in (*blocks, "allergies", "problems", "documents", "appointments")[
            : 7 if source == "CPAGE@CHU" else len(blocks)
        ]:
            chart.heard[block] = {source: NOW_NS - 60 * 10**9}
    chart.unread.append(Unread(ref(184_050), "ORU^R40", "LABO@CHU", NOW_NS - 3600 * 10**9))
    return chart


def result(
    id_: str,
    code: str,
    name: str,
    value: str,
    unit: str,
    hours: float,
    flag: str = "",
    low: str = "",
    high: str = "",
    *,
    status: str = "final",
    category: str = "laboratory",
    sequence: int = 184_000,
) -> dict[str, Any]:
    """A numeric observation; *value* keeps its digits."""
    elements: dict[str, Any] = {
        "status": status,
        "category": [{"coding": [{"code": category}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code}], "text": name},
        "effectiveDateTime": at(hours),
        "valueQuantity": {"value": Decimal(value), "unit": unit},
    }
    if flag:
        elements["interpretation"] = [{"coding": [{"code": flag}]}]
    if low and high:
        elements["referenceRange"] = [{"low": {"value": Decimal(low)}, "high": {"value": Decimal(high)}}]
    return resource("Observation", id_, sequence, **elements)


def prescription(id_: str, drug: str, dosage: str, route: str, hours: float, **more: Any) -> dict[str, Any]:
    """A prescription."""
    elements = {
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": drug},
        "authoredOn": at(hours),
        "requester": {"display": "Dr Martin"},
        "dosageInstruction": [{"text": dosage, "route": {"text": route}}],
    }
    return resource("MedicationRequest", id_, 183_500, **(elements | more))


def dose(
    id_: str, request: str, drug: str, hours: float, status: str = "completed", reason: str = ""
) -> dict[str, Any]:
    """A dose."""
    elements: dict[str, Any] = {
        "status": status,
        "medicationCodeableConcept": {"text": drug},
        "effectiveDateTime": at(hours),
        "request": {"reference": f"MedicationRequest/{request}"},
        "performer": [{"actor": {"display": "N. Benali"}}],
    }
    if reason:
        elements["statusReason"] = [{"text": reason}]
    return resource("MedicationAdministration", id_, 183_700, **elements)


def durand() -> list[dict[str, Any]]:
    """A chart with something in each block."""
    series = [
        ("6.4", -0.5, "HH"),
        ("5.6", -8, "H"),
        ("5.1", -20, "H"),
        ("4.8", -32, ""),
        ("4.2", -56, ""),
        ("4,0", -80, ""),
    ]
    potassium = [
        result(f"k{i}", "2823-3", "Potassium", value.replace(",", "."), "mmol/L", hours, flag, "3.5", "5.0")
        for i, (value, hours, flag) in enumerate(series)
    ]
    others = [
        ("na", "2951-2", "Sodium", "131", "mmol/L", "L", "136", "145", ["134", "137", "139"]),
        ("crea", "2160-0", "Créatinine", "214", "µmol/L", "H", "45", "84", ["188", "160", "121"]),
        ("crp", "1988-5", "CRP", "86.0", "mg/L", "H", "0", "5", ["112.0", "143.5"]),
        ("hb", "718-7", "Hémoglobine", "9.8", "g/dL", "L", "11.5", "16.0", ["10.1", "10.4", "10.9"]),
        ("plt", "777-3", "Plaquettes", "245", "G/L", "", "150", "400", ["251", "260"]),
    ]
    panel = []
    for id_, code, name, value, unit, flag, low, high, before in others:
        panel.append(result(f"{id_}0", code, name, value, unit, -0.5, flag, low, high))
        panel += [
            result(f"{id_}{i}", code, name, old, unit, -0.5 - 12 * i, flag, low, high)
            for i, old in enumerate(before, 1)
        ]
    vital = [
        result(f"{id_}{i}", code, name, value, unit, -1 - 4 * i, category="vital-signs")
        for id_, code, name, unit, values in (
            ("pas", "8480-6", "PA systolique", "mmHg", ["104", "112", "118", "121"]),
            ("fc", "8867-4", "Fréquence cardiaque", "/min", ["112", "98", "91", "88"]),
            ("t", "8310-5", "Température", "°C", ["38.4", "37.9", "37.6", "37.2"]),
            ("spo2", "59408-5", "SpO2", "%", ["93", "94", "95", "96"]),
        )
        for i, value in enumerate(values)
    ]
    germ = resource(
        "Observation",
        "germ",
        184_110,
        status="preliminary",
        category=[{"coding": [{"code": "laboratory"}]}],
        code={"text": "Hémoculture aérobie"},
        effectiveDateTime=at(-14),
        valueString="Cocci à Gram positif en amas. Identification en cours.",
        interpretation=[{"coding": [{"code": "A"}]}],
    )
    return [
        resource(
            "Patient",
            "p-durand",
            183_001,
            identifier=[
                {"type": {"coding": [{"code": "PI"}]}, "value": "0100234", "assigner": {"display": "CHU"}},
                {"type": {"coding": [{"code": "INS-NIR"}]}, "value": "242037512345678", "assigner": {"display": "INS"}},
            ],
            name=[
                {"use": "official", "family": "DURAND", "given": ["ÉLODIE", "MARIE"]},
                {"use": "usual", "family": "LEFEBVRE", "given": ["ÉLODIE"]},
            ],
            extension=[
                {
                    "url": "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability",
                    "extension": [{"url": "identityStatus", "valueCoding": {"code": "QUAL"}}],
                }
            ],
            gender="female",
            birthDate="1942-03-12",
            contact=[
                {
                    "relationship": [{"text": "fille, personne de confiance"}],
                    "name": {"text": "LEFEBVRE Anne"},
                    "telecom": [{"value": "06 00 00 00 01"}],
                }
            ],
        ),
        resource(
            "Encounter",
            "e1",
            183_002,
            status="in-progress",
            **{"class": {"code": "IMP"}},
            identifier=[{"value": "S260991"}],
            period={"start": at(-82)},
            reasonCode=[{"text": "Décompensation cardiaque"}],
            participant=[{"type": [{"coding": [{"code": "ATND"}]}], "individual": {"display": "Dr Claire Martin"}}],
            location=[
                {"location": {"display": "CARD"}, "physicalType": {"coding": [{"code": "wa"}]}},
                {"location": {"display": "204"}, "physicalType": {"coding": [{"code": "ro"}]}},
                {"location": {"display": "F"}, "physicalType": {"coding": [{"code": "bd"}]}},
            ],
        ),
        resource(
            "AllergyIntolerance",
            "a1",
            183_003,
            clinicalStatus={"coding": [{"code": "active"}]},
            code={"text": "Pénicillines"},
            criticality="high",
            reaction=[{"manifestation": [{"text": "œdème de Quincke"}], "severity": "severe"}],
        ),
        resource(
            "AllergyIntolerance",
            "a2",
            183_004,
            clinicalStatus={"coding": [{"code": "inactive"}]},
            code={"text": "Sulfamides"},
            reaction=[{"manifestation": [{"text": "éruption"}]}],
        ),
        resource(
            "Flag",
            "f1",
            183_005,
            status="active",
            code={"text": "Précautions contact (BMR)"},
            period={"start": at(-80), "end": at(-8)},
            author={"display": "Dr Aubry"},
        ),
        resource(
            "Condition",
            "c1",
            183_006,
            clinicalStatus={"coding": [{"code": "active"}]},
            code={"text": "Insuffisance cardiaque gauche"},
            recordedDate=at(-82),
        ),
        resource(
            "Condition",
            "c2",
            183_007,
            clinicalStatus={"coding": [{"code": "active"}]},
            code={"text": "Insuffisance rénale aiguë sur chronique"},
            recordedDate=at(-60),
        ),
        resource(
            "Condition",
            "c3",
            183_008,
            clinicalStatus={"coding": [{"code": "resolved"}]},
            code={"text": "Pneumopathie"},
            recordedDate=at(-9000),
        ),
        prescription("m1", "Furosémide 20 mg/2 mL inj.", "40 mg à 08:00, 14:00, 20:00", "IV", -70),
        prescription("m2", "Bisoprolol 2,5 mg cp", "1 cp à 08:00", "orale", -70),
        prescription("m3", "Apixaban 2,5 mg cp", "1 cp à 08:00 et 20:00", "orale", -70, status="on-hold"),
        prescription(
            "m4",
            "Paracétamol 1 g cp",
            "1 g toutes les 6 h si douleur ou fièvre, 4 g au plus en 24 h",
            "orale",
            -70,
            dosageInstruction=[
                {
                    "text": "1 g toutes les 6 h si douleur ou fièvre, 4 g au plus en 24 h",
                    "route": {"text": "orale"},
                    "asNeededBoolean": True,
                }
            ],
        ),
        prescription("m5", "Spironolactone 25 mg cp", "1 cp à 08:00", "orale", -70, status="stopped"),
        dose("d1", "m1", "Furosémide", -7.1),
        dose("d2", "m1", "Furosémide", -13.2),
        dose("d3", "m1", "Furosémide", -19.2),
        dose("d4", "m2", "Bisoprolol", -19.1, "not-done", "PA 84/50"),
        dose("d5", "m4", "Paracétamol", -2.4),
        *potassium,
        *panel,
        *vital,
        germ,
        resource(
            "DiagnosticReport",
            "r-iono",
            184_001,
            status="final",
            category=[{"coding": [{"code": "CH"}]}],
            code={"text": "Ionogramme sanguin"},
            effectiveDateTime=at(-0.5),
            result=[{"reference": f"Observation/{found}"} for found in ("k0", "na0", "crea0")],
        ),
        resource(
            "DiagnosticReport",
            "r-nfs",
            184_002,
            status="final",
            category=[{"coding": [{"code": "HM"}]}],
            code={"text": "Numération"},
            effectiveDateTime=at(-0.5),
            result=[{"reference": f"Observation/{found}"} for found in ("hb0", "plt0")],
        ),
        resource(
            "DiagnosticReport",
            "r-hemo",
            184_110,
            status="preliminary",
            category=[{"coding": [{"code": "MB"}]}],
            code={"text": "Hémocultures"},
            effectiveDateTime=at(-14),
            result=[{"reference": "Observation/germ"}],
        ),
        resource(
            "DiagnosticReport",
            "r-rx",
            183_900,
            status="final",
            category=[{"coding": [{"code": "RAD"}]}],
            code={"text": "Radiographie thoracique au lit"},
            effectiveDateTime=at(-20),
            performer=[{"display": "Dr Aubry"}],
            conclusion="Surcharge vasculaire bilatérale. Épanchement pleural droit de faible abondance.",
            presentedForm=[
                {
                    "contentType": "text/plain",
                    "data": b64encode("Incidence de face, patiente assise.\nCardiomégalie.".encode()).decode(),
                }
            ],
        ),
        resource(
            "DocumentReference",
            "doc1",
            183_950,
            status="current",
            type={"text": "Scanner thoracique"},
            date=at(-18),
            author=[{"display": "Dr Aubry"}],
            content=[{"attachment": {"contentType": "application/pdf", "data": b64encode(PDF).decode()}}],
        ),
        resource(
            "Appointment",
            "ap1",
            183_960,
            status="booked",
            description="Échographie cardiaque",
            start=at(7),
            end=at(7.5),
            participant=[{"actor": {"display": "Salle écho 2"}, "status": "accepted"}],
        ),
        resource("ServiceRequest", "sr1", 183_970, status="active", code={"text": "Gaz du sang"}, authoredOn=at(-0.2)),
    ]


def _row(bed: str, family: str, given: str, birth: str, sex: str, **more: Any) -> BoardRow:
    values: dict[str, Any] = {
        "id": f"p-{family.lower().replace(' ', '-')}",
        "bed": bed[-1],
        "room": bed[:-1],
        "ward": "CARD",
        "family": family,
        "given": given,
        "used": "",
        "birth_date": birth,
        "sex": sex,
        "identifiers": [f"0100{200 + len(family) * 7}"],
        "admitted": at(-50),
        "allergies": [],
        "allergies_state": "no-source",
        "alerts": [],
        "due": [],
        "critical": 0,
        "abnormal": 0,
        "last_change": at(-1),
        "heard": ["prescriptions", "results"],
    }
    return BoardRow(**(values | more))


def cardiology() -> list[BoardRow]:
    """Twelve rows, with what is hard to lay out."""
    return [
        _row(
            "204F",
            "DURAND",
            "Élodie",
            "1942-03-12",
            "female",
            used="LEFEBVRE Élodie",
            identifiers=["0100234"],
            allergies=["Pénicillines : œdème de Quincke"],
            allergies_state="listed",
            alerts=["Précautions contact (BMR)"],
            due=[
                DueItem("Furosémide 40 mg IV", at(-1.2), "late", "MedicationRequest/m1"),
                DueItem("Paracétamol 1 g orale", at(0.1), "due", "MedicationRequest/m4"),
                DueItem("Bisoprolol 2,5 mg orale", at(4.8), "coming", "MedicationRequest/m2"),
            ],
            critical=1,
            abnormal=5,
            last_change=at(-0.02),
        ),
        _row("204P", "BOUCHARD", "Henri", "1938-07-01", "male", allergies_state="none-known", last_change=at(-3.2)),
        _row(
            "205F",
            "NGUYEN",
            "Thi Mai",
            "1957-11-30",
            "female",
            allergies=["Iode : urticaire", "Aspirine"],
            allergies_state="conflict",
            due=[DueItem("Héparine 25 000 UI / 24 h, débit selon TCA", "", "unknown", "MedicationRequest/x")],
            abnormal=2,
        ),
        _row(
            "205P",
            "MERCIER",
            "Jean-Baptiste",
            "1971-02-15",
            "male",
            alerts=["À jeun", "Limitation de soins : voir directives"],
            heard=["alerts"],
        ),
        _row("206F", "PEREIRA DA SILVA E COSTA", "Maria do Carmo", "1949-09-09", "female", abnormal=1),
        _row("206P", "HIDDEN", "Person", "1980-01-01", "female", confidential=True),
        _row(
            "207F",
            "COLIN",
            "Sacha",
            "2026-11-21",
            "male",
            due=[DueItem("Gentamicine 12 mg IV", at(2.8), "coming", "MedicationRequest/y")],
        ),
        _row("207P", "ROUX", "Léa", "2025-04-02", "female", allergies_state="none-known"),
        _row("208F", "FONTAINE", "Marcel", "1931", "male", abnormal=3, critical=1),
        _row("208P", "SIMON", "Nadège", "1966-06-21", "female", used="GARNIER Nadège"),
    ]


@dataclass
class Charts:
    """A chart store in memory, with the names of `ChartsClient`."""

    rows: list[BoardRow] = field(default_factory=cardiology)
    charts: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"p-durand": durand()})
    journal: list[Entry] = field(default_factory=list)
    patients: int = 0
    test_patients: int = 10
    sequence: int = 184_220
    number: int = 1
    as_of_ns: int = NOW_NS
    down: bool = False
    gone: list[Left] = field(default_factory=list)  # who left a ward, since whenever
    owned_by_nobody: list[UnplacedEntry] = field(default_factory=list)
    of_nobody: list[UnplacedEntry] = field(default_factory=list)
    more: int = 0  # of each, beyond those listed
    troubles: dict[str, str] = field(default_factory=dict)
    restoring: Restoring | None = None
    laid: list[HoneyChart] = field(default_factory=list)
    news: asyncio.Event | None = None

    def change(self) -> None:
        """Tell that something changed."""
        self.number += 1
        self.sequence += 1
        self.as_of_ns += 10**9
        if self.news is not None:
            self.news.set()

    def set_row(self, id_: str, **changes: Any) -> None:
        """A feed changed a row."""
        self.rows = [msgspec.structs.replace(row, **changes) if row.id == id_ else row for row in self.rows]
        self.change()

    def _answer(self) -> None:
        if self.down:
            raise ConnectionRefusedError

    @property
    def as_of(self) -> AsOf:
        return AsOf(rfc3339(self.as_of_ns), ref(self.sequence))

    @property
    def feeds(self) -> list[FeedStatus]:
        return [
            FeedStatus("CPAGE@CHU", 92_114, rfc3339(self.as_of_ns - 60 * 10**9), 91_870, 230, 14),
            FeedStatus("LABO@CHU", 71_002, rfc3339(self.as_of_ns), 70_998, 4, 0),
            FeedStatus("PHARMA@CHU", 21_104, rfc3339(self.as_of_ns - 900 * 10**9), 21_100, 4, 0),
        ]

    async def status(self) -> ChartsStatus:
        self._answer()
        return ChartsStatus(
            self.patients,
            self.test_patients,
            self.sequence,
            {CAPTURE: self.sequence},
            self.feeds,
            self.as_of,
            len(self.owned_by_nobody) + self.more,
            len(self.of_nobody) + self.more,
            self.troubles,
            restoring=self.restoring,
        )

    async def waiting(self, limit: int = 200) -> list[UnplacedEntry]:
        self._answer()
        return self.owned_by_nobody[:limit]

    async def unread(self, limit: int = 200) -> list[UnplacedEntry]:
        self._answer()
        return self.of_nobody[:limit]

    async def wards(self, world: str = "") -> list[WardSummary]:
        self._answer()
        return [
            WardSummary("CARD", "Cardiologie", len(self.rows), 16, 3),
            WardSummary("CHIR", "Chirurgie viscérale", 18, 20, 1),
            WardSummary("MED", "Médecine interne", 14, 14),
            WardSummary("REA", "Réanimation", 7, 9, 6),
            WardSummary("URG", "Urgences", 23, 0, 2),
        ]

    async def board(self, ward: str = "", world: str = "") -> Board:
        self._answer()
        rows = [row for row in self.rows if ward in ("", row.ward)]
        free = ["201F", "201P", "209F"] if ward == "CARD" else []
        return Board(ward, "Cardiologie" if ward == "CARD" else ward, "T", rows, free, self.as_of, self.feeds)

    async def work(self, world: str = "") -> list[WorkLine]:
        self._answer()
        charts = [await self.chart(id_) for id_ in self.charts]
        return [line for one in charts if one is not None and (line := work_line(one)) is not None]

    async def agenda(self, first: int, last: int, world: str = "") -> list[AgendaLine]:
        self._answer()
        charts = [await self.chart(id_) for id_ in self.charts]
        days = [pair for one in charts if one is not None for pair in agenda_of(one).items()]
        return [line for day, line in days if first <= day <= last]

    async def known_wards(self, world: str = "") -> list[WardKnown]:
        self._answer()
        return [
            WardKnown("CARD", len(self.rows), "Cardiologie", ["101", "102"]),
            WardKnown("CARD2", 1, "", ["101", "103"]),
            WardKnown("REA", 7, "", ["1", "2"], True, "Réanimation", ["1", "2", "3"]),
        ]

    async def honey(self) -> list[HoneyChart]:
        self._answer()
        return self.laid

    async def corrections(self, login: str, world: str = "") -> list[Correction]:
        self._answer()
        return []

    async def left(self, ward: str, since_ns: int, world: str = "") -> list[Left]:
        self._answer()
        return self.gone

    async def drugs(self, world: str = "") -> list[DrugSeen]:
        self._answer()
        return [DrugSeen("Furosémide 20 mg/2 mL inj.", 9), DrugSeen("Dobutamine 250 mg/20 mL inj.", 2)]

    async def find(self, query: str, limit: int = 20, exactly: bool = False) -> list[PatientHit]:
        self._answer()
        hits = [
            PatientHit(
                row.id,
                f"{row.family} {row.given}",
                row.birth_date,
                row.identifiers,
                row.ward,
                row.room + row.bed,
                row.sex,
                "T",
                "in",
            )
            for row in self.rows
        ]
        return [hit for hit in hits if query.casefold()[:3] in hit.name.casefold()][:limit]

    async def chart(self, id: str, at_ns: int | None = None) -> Chart | None:
        self._answer()
        found = self.charts.get({"0100234": "p-durand"}.get(id, id))
        return chart_of(found) if found else None

    async def version(self, id: str) -> str | None:
        return "" if await self.chart(id) is not None else None

    async def lately(self, id: str, known: Sequence[bytes] = ()) -> Lately | None:
        found = await self.chart(id)
        return whole(found) if found is not None else None

    async def hits(self, ids: list[str]) -> list[PatientHit | None]:
        found = {hit.id: hit for hit in await self.find("", 1000)}
        return [found.get(id) for id in ids]

    async def row(self, id: str) -> BoardRow | None:
        self._answer()
        return next((row for row in self.rows if row.id == id), None)

    async def entry(self, ref_: str) -> Entry | None:
        self._answer()
        journal, _, sequence = ref_.rpartition("/")
        found = next((entry for entry in self.journal if entry.ref == ref_), None)
        if found is None and journal == CAPTURE and int(sequence) <= self.sequence:
            return Entry(journal, int(sequence), NOW_NS, 0, "LABO@CHU", MEDIA_HL7V2, MESSAGE)
        return found

    async def numbers(self, id: str) -> list[str]:
        self._answer()
        found = {"0100234": "p-durand"}.get(id, id)
        return [found, "P CHU|0100234"] if found in self.charts else []

    async def loss(self, ref_: str) -> list[Any]:
        self._answer()
        return []

    async def acts(self, after_ref: str = "") -> list[Entry]:
        self._answer()
        acts = [entry for entry in self.journal if entry.media_type == MEDIA_ACT]
        refs = [entry.ref for entry in acts]
        return acts[refs.index(after_ref) + 1 :] if after_ref else acts

    async def changes(self, after: int, timeout_s: float) -> int:
        self._answer()
        self.news = self.news or asyncio.Event()
        if after == self.number:
            self.news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), timeout_s)
        self._answer()
        return self.number

    # the station's journal, as its reader sees it at once

    async def append(self, source: str, media_type: str, body: bytes) -> str:
        """Write an entry (web.Appender)."""
        entry = Entry(STATION, len(self.journal) + 1, NOW_NS, len(self.journal) + 1, source, media_type, body)
        self.journal.append(entry)
        return entry.ref

    def audited(self) -> list[dict[str, Any]]:
        """Every AuditEvent written."""
        return [msgspec.json.decode(e.body) for e in self.journal if e.media_type == "application/fhir+json"]


STAFF = (
    ("nadia", "Nadia Benali", "nurse", ["*"]),
    ("lucas", "Lucas Petit", "nurse", ["CHIR"]),
    ("martin", "Dr Claire Martin", "physician", ["*"]),
    ("accueil", "Inès Robert", "clerk", ["*"]),
    ("crise", "Hélène Morel", "coordinator", ["*"]),
    ("labo", "Omar Haddad", "laboratory", ["*"]),
    ("bio", "Dr Anne Roche", "biologist", ["*"]),
    ("pharma", "Paul Girard", "pharmacist", ["*"]),
    ("surete", "Dr Alice Fabre", "safety", ["*"]),
    ("dpo", "Sophie Caron", "dpo", []),
    ("machine", "Client FHIR", "system", ["*"]),
    ("rssi", "Karim Lefort", "security", []),
    ("info", "Léa Chevalier", "admin", []),
)
_ACTS: list[bytes] = []


def staffed(charts: Charts) -> Charts:
    """Write the staff's accounts into the station's journal; all share SECRET, hashed once."""
    if not _ACTS:
        first = new_account(*STAFF[0], secret=SECRET).act
        _ACTS.extend(
            encode(msgspec.structs.replace(first, login=login, name=name, role=role, wards=wards))
            for login, name, role, wards in STAFF
        )
    for i, act in enumerate(_ACTS):
        charts.journal.append(Entry(STATION, i + 1, NOW_NS, i + 1, "console", MEDIA_ACT, act))
    return charts


def settings() -> Settings:
    """Settings of a test node."""
    return parse_settings('[node]\nid = "n7f3k2"\nfacility = "CHU de Sainte-Foy"\n')


async def node_status() -> NodeStatus:
    """A node with one copy."""
    return NodeStatus(
        [JournalState(CAPTURE, 184_220, 96_211_004), JournalState(STATION, 2_311, 1_204_736)],
        [VaultState("file:///media/vault-b", 186_500, 0.4, "à jour")],
    )


def deps(charts: Charts, clock: ManualClock | None = None, **more: Any) -> Deps:
    """What the app is given in tests."""
    made = Deps(charts, charts, clock or ManualClock(NOW_NS), settings(), ZONE, node_status, insecure_http=True)
    return replace(made, **more)


def app(charts: Charts | None = None, **more: Any) -> Any:
    """The ward app on a ward in memory."""
    return create_app(deps(charts or staffed(Charts()), **more))
