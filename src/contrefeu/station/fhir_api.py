"""The same charts for machines: FHIR R4 over HTTP, read and search, and a way in for what a FHIR sender says.

Sources: hl7.org/fhir/R4/http.html, search.html, patient-operation-everything.html; RFC 6750 (bearer tokens).
Rules kept here:
  * A machine comes with a token of its own account (role "system"); a screen's session opens nothing here.
  * Every read is audited before it is answered, as a page is.
  * A protected identity is told to a machine whose account names its ward (or every one), and is nobody to any other;
    what was told of one, and what was refused, is audited (F24, decision 0205).
  * A search answers what it was asked or refuses: a parameter that is not understood is never ignored.
  * An exercise's resources say so in their labels (HTEST): nobody takes them for a patient's (F33).
  * A body that is sent goes unread to the capture journal, and is answered once it is on disk there.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.access import Account
from contrefeu.base import rfc3339
from contrefeu.chart import Chart, is_protected, summary, to_bundle
from contrefeu.chart.sheet import Sheet, person_of
from contrefeu.fhir import Json, encode, outcome, searchset
from contrefeu.journal import ENTRY_BODY_BYTES_MAX, MEDIA_FHIR
from contrefeu.station.house import House
from contrefeu.web import NOT_FOUND, Actor, Problem, visit_of

BASE = "/fhir"
PROTECTED = "protected identity"  # what the audit says, as for `contrefeu find`
HITS_MAX = 200  # patients looked at for one search: above it the answer says that there may be more
PAGE_MAX = 1000  # resources of one page of a search, about 1 MB
# What a chart holds (hl7.org/fhir/R4/resourcelist.html).
TYPES = (
    "AllergyIntolerance",
    "Appointment",
    "CarePlan",
    "Condition",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "Flag",
    "Goal",
    "ImagingStudy",
    "Immunization",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "NutritionOrder",
    "Observation",
    "Procedure",
    "RelatedPerson",
    "ServiceRequest",
    "Specimen",
)
_JSON = frozenset({"application/fhir+json", "application/json", "json"})
_NUMBER = re.compile(r"[0-9]{1,6}")
_BIRTH_DATE = re.compile(r"(?:eq)?([0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?)")


class FhirApi:
    """Its handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        return [
            Route(f"{BASE}/metadata", self.metadata),
            Route(BASE, self.receive, methods=["POST"]),
            Route(f"{BASE}/Patient/{{id}}/$everything", self.everything),
            Route(f"{BASE}/Patient/{{id}}/$summary", self.summary),
            Route(f"{BASE}/Patient/{{id}}", self.patient),
            Route(f"{BASE}/Patient", self.patients, methods=["GET"]),
            Route(f"{BASE}/{{type}}", self.of_patient, methods=["GET"]),
            Route(f"{BASE}/{{type}}", self.receive, methods=["POST"]),
        ]

    async def metadata(self, request: Request) -> Response:
        """Say what is spoken here; it tells nothing of anybody."""
        return _answer(_capabilities(_base(request), rfc3339(self._house.deps.clock.now_ns())))

    async def patient(self, request: Request) -> Response:
        """Read one patient."""
        actor = await self._machine(request)
        _known(request, set())
        chart = await self._chart(request, actor, request.path_params["id"])
        await self._look(request, actor, "view", patient=chart.id)
        return _answer(_resources(chart)[0])

    async def everything(self, request: Request) -> Response:
        """Answer with a whole chart."""
        actor = await self._machine(request)
        _known(request, set())
        chart = await self._chart(request, actor, request.path_params["id"])
        await self._look(request, actor, "export", patient=chart.id)
        return await self._searchset(request, _resources(chart), await self._as_of())

    async def summary(self, request: Request) -> Response:
        """Answer with an International Patient Summary."""
        actor = await self._machine(request)
        _known(request, set())
        chart = await self._chart(request, actor, request.path_params["id"])
        await self._look(request, actor, "export", patient=chart.id)
        node = self._house.deps.settings.node
        language: Literal["fr", "en"] = "en" if visit_of(request).words.language == "en" else "fr"
        return _answer(summary(chart, node.facility, language, node.zone))

    async def patients(self, request: Request) -> Response:
        """Search patients by name, birth date or identifier; each one must hold."""
        actor = await self._machine(request)
        asked = _known(request, {"name", "family", "given", "birthdate", "identifier", "_id"})
        wanted = {key: value for key, value in asked.items() if key not in {"_count", "_offset"}}
        if not wanted:
            raise Problem(400, "Search by name, birthdate, identifier or _id: all patients at once is not an answer.")
        await self._look(request, actor, "search", query=urlencode(wanted))
        as_of = await self._as_of()
        charts, may_be_more = await self._find(wanted)
        found = [_resources(chart)[0] for chart in charts if _may_see(actor, chart)]
        for chart in charts:
            if is_protected(chart) and _may_see(actor, chart):
                await self._look(request, actor, "view", patient=chart.id, what=PROTECTED)
        return await self._searchset(request, found, as_of, may_be_more=may_be_more)

    async def of_patient(self, request: Request) -> Response:
        """Search one type by patient."""
        actor = await self._machine(request)
        kind = request.path_params["type"]
        if kind not in TYPES:
            raise NOT_FOUND
        asked = _known(request, {"patient", "subject"})
        given = {value.removeprefix("Patient/") for key, value in asked.items() if key in {"patient", "subject"}}
        if len(given) != 1:
            raise Problem(400, f"Search {kind} by one patient: patient=ID.")
        chart = await self._chart(request, actor, given.pop())
        await self._look(request, actor, "view", patient=chart.id, what=kind)
        found = [one for one in _resources(chart) if one["resourceType"] == kind]
        return await self._searchset(request, found, await self._as_of())

    async def receive(self, request: Request) -> Response:
        """Take a resource or a Bundle, unread; answer once it is on disk."""
        actor = await self._machine(request)
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
        if media_type not in {MEDIA_FHIR, "application/json"}:
            raise Problem(415, "Send application/fhir+json.")
        submit = self._house.deps.submit
        if submit is None:
            raise Problem(501, "This node takes no feed here.")
        ref = await submit(f"fhir/{actor.login}", MEDIA_FHIR, await _body(request))
        said = f"Kept as entry {ref}." if ref else "A rule of this feed refuses it: it was counted, and not kept."
        return _answer(outcome("information", "informational", said), 202)

    async def _machine(self, request: Request) -> Actor:
        """Return whose token it is.

        Raises:
            Problem: There is none, or its account may not.
        """
        _check_format(request)
        actor = await self._house.shell.bearer(request.scope)
        if actor is None:
            raise Problem(401, "A bearer token is needed: POST /oauth/token, grant_type=client_credentials.")
        if not actor.may("fhir"):
            raise Problem(403, "This account is no machine's.")
        return actor

    async def _look(
        self, request: Request, actor: Actor, kind: str, *, patient: str = "", what: str = "fhir", query: str = "",
        failed: bool = False,
    ) -> None:  # fmt: skip
        address = request.client.host if request.client else ""
        await self._house.shell.audit.write(
            kind, actor, address=address, patient=patient, what=what, query=query, failed=failed
        )

    async def _chart(self, request: Request, actor: Actor, id_: str) -> Chart:
        """Return the chart of this id: an id, not any number that a person is known by.

        Raises:
            Problem: There is none, or who it is about is hidden from this machine: one answer, which tells neither.
        """
        await self._as_of()
        chart = await self._house.charts.chart(id_)
        if chart is None or chart.id != id_:
            raise NOT_FOUND
        if not _may_see(actor, chart):
            await self._look(request, actor, "view", patient=chart.id, what=PROTECTED, failed=True)
            raise NOT_FOUND
        return chart

    async def _as_of(self) -> str:
        """How far the charts are read.

        Raises:
            Problem: Their history is still being restored: a machine would take part of it for all.
        """
        status = await self._house.charts.status()
        if status.restoring is not None:
            raise Problem(503, "The history of these charts is still being restored.")
        return status.as_of.time

    async def _find(self, wanted: Mapping[str, str]) -> tuple[list[Chart], bool]:
        """Return the charts of the patients that meet every parameter, and whether there may be more."""
        if "_id" in wanted:
            chart = await self._house.charts.chart(wanted["_id"])
            ids, may_be_more = ([chart.id] if chart is not None and chart.id == wanted["_id"] else []), False
        else:
            key = next(name for name in ("identifier", "birthdate", "family", "name", "given") if name in wanted)
            value = wanted[key].rpartition("|")[2] if key == "identifier" else _plain_date(key, wanted[key])
            hits = await self._house.charts.find(value, HITS_MAX)
            ids, may_be_more = [hit.id for hit in hits], len(hits) >= HITS_MAX
        found = []
        for id_ in ids:
            chart = await self._house.charts.chart(id_)
            if chart is not None and all(_meets(_resources(chart)[0], key, value) for key, value in wanted.items()):
                found.append(chart)
        return found, may_be_more

    async def _searchset(
        self, request: Request, resources: list[Json], as_of: str, *, may_be_more: bool = False
    ) -> Response:
        """Answer with one page of *resources*."""
        asked = request.query_params
        start, length = _number(asked.get("_offset"), 0), min(_number(asked.get("_count"), PAGE_MAX), PAGE_MAX)
        page = resources[start : start + length]
        base = _base(request)
        bundle = searchset(page, len(resources), _address(request, start, length))
        for entry in bundle["entry"]:
            entry["fullUrl"] = f"{base}/{entry['resource']['resourceType']}/{entry['resource']['id']}"
        if as_of:
            bundle["meta"] = {"lastUpdated": as_of}
        if start + length < len(resources):
            bundle["link"].append({"relation": "next", "url": _address(request, start + length, length)})
        if may_be_more:
            del bundle["total"]
            said = outcome("warning", "incomplete", f"Only the {HITS_MAX} nearest were looked at: add a parameter.")
            bundle["entry"].append({"resource": said, "search": {"mode": "outcome"}})
        if not bundle["entry"]:
            del bundle["entry"]
        return _answer(bundle)


def _may_see(actor: Actor, chart: Chart) -> bool:
    """Whether a machine is told who *chart* is about."""
    assert isinstance(actor, Account), "the staff's door lets accounts in"
    return not is_protected(chart) or actor.names(person_of(Sheet(chart)).ward)


def _resources(chart: Chart) -> list[Json]:
    """The resources of *chart*, the patient first."""
    return [entry["resource"] for entry in to_bundle(chart)["entry"]]


def _meets(patient: Json, key: str, value: str) -> bool:
    """Whether a Patient meets one search parameter."""
    names = patient.get("name") or []
    families = [str(name.get("family", "")) for name in names]
    given = [str(one) for name in names for one in name.get("given") or []]
    match key:
        case "_id":
            return bool(patient["id"] == value)
        case "birthdate":
            return str(patient.get("birthDate", "")).startswith(_plain_date(key, value))
        case "identifier":
            system, bar, number = value.rpartition("|")
            numbers = [one for one in patient.get("identifier") or [] if one.get("value") == number]
            return any(not bar or str(one.get("system", "")) == system for one in numbers)
        case "family":
            return _starts(families, value)
        case "given":
            return _starts(given, value)
        case _:
            texts = [str(name.get("text", "")) for name in names]
            return all(_starts([*families, *given, *texts], word) for word in value.split())


def _starts(words: Iterable[str], wanted: str) -> bool:
    """String search: case and accents do not matter, the beginning of a word does (search.html, 3.1.1.4.8)."""
    start = _fold(wanted)
    return any(part.startswith(start) for word in words for part in (_fold(word), *_fold(word).split()))


def _fold(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))


def _plain_date(key: str, value: str) -> str:
    if key != "birthdate":
        return value
    found = _BIRTH_DATE.fullmatch(value)
    if found is None:
        raise Problem(400, "birthdate is a date: 1942-03-12, 1942-03 or 1942; no other prefix than eq.")
    return found[1]


def _known(request: Request, names: set[str]) -> dict[str, str]:
    """Return the parameters of a search.

    Raises:
        Problem: One is unknown, empty or given twice: what it asks would be lost.
    """
    found: dict[str, str] = {}
    for key, value in request.query_params.multi_items():
        if key in {"_format", "_pretty"}:
            continue
        if key not in names | {"_count", "_offset"}:
            raise Problem(400, "A search parameter is not understood here; CapabilityStatement lists those that are.")
        if key in found or not value:
            raise Problem(400, "A search parameter is empty, or is given twice.")
        found[key] = value
    return found


def _number(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not _NUMBER.fullmatch(text):
        raise Problem(400, "_count and _offset are numbers.")
    return int(text)


async def _body(request: Request) -> bytes:
    parts: list[bytes] = []
    length = 0
    async for part in request.stream():
        length += len(part)
        if length > ENTRY_BODY_BYTES_MAX:
            raise Problem(413, f"A body has {ENTRY_BODY_BYTES_MAX} bytes at most.")
        parts.append(part)
    if not length:
        raise Problem(400, "The body is empty.")
    return b"".join(parts)


def _check_format(request: Request) -> None:
    wished = request.query_params.get("_format", "")
    if wished and wished.partition(";")[0].replace(" ", "+").casefold() not in _JSON:
        raise Problem(406, "Only JSON is spoken here: application/fhir+json.")


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{BASE}"


def _address(request: Request, start: int, length: int) -> str:
    asked = [(k, v) for k, v in request.query_params.multi_items() if k not in {"_count", "_offset"}]
    if start or length < PAGE_MAX:
        asked += [("_count", str(length)), ("_offset", str(start))]
    path = f"{request.url.scheme}://{request.url.netloc}{request.url.path}"
    return path + (f"?{urlencode(asked)}" if asked else "")


def _answer(resource: Json, status: int = 200) -> Response:
    return Response(encode(resource), status, media_type=MEDIA_FHIR)


def _capabilities(base: str, date: str) -> Json:
    """The CapabilityStatement (hl7.org/fhir/R4/capabilitystatement.html)."""
    token = "http://terminology.hl7.org/CodeSystem/restful-security-service"  # noqa: S105 (a code system's name)
    by = {"name": "string", "family": "string", "given": "string", "birthdate": "date", "identifier": "token"}
    of_patient = [{"name": "patient", "type": "reference"}, {"name": "subject", "type": "reference"}]
    patient = {
        "type": "Patient",
        "interaction": [{"code": "read"}, {"code": "search-type"}, {"code": "create"}],
        "searchParam": [{"name": name, "type": kind} for name, kind in by.items()],
        "operation": [
            {"name": "everything", "definition": "http://hl7.org/fhir/OperationDefinition/Patient-everything"},
            {"name": "summary", "definition": "http://hl7.org/fhir/uv/ips/OperationDefinition/summary"},
        ],
    }
    others = [
        {"type": kind, "interaction": [{"code": "search-type"}, {"code": "create"}], "searchParam": of_patient}
        for kind in TYPES
    ]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": {"name": "Contrefeu"},
        "implementation": {"description": "Charts folded from the messages that this node received", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "service": [{"coding": [{"system": token, "code": "OAuth"}]}],
                    "description": "OAuth 2 client credentials at /oauth/token",
                },
                "resource": [patient, *others],
            }
        ],
    }
