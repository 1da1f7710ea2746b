"""The audit: each look at a patient, each search, each way out is an entry, before the page is sent.

Entries are FHIR R4 AuditEvent (codes: DICOM PS3.16, context group 400; http://terminology.hl7.org/CodeSystem/audit-*).
Rules kept here:
  * An audit entry MUST be on disk before the page that it speaks of is sent; else the page is refused.
  * One exception, a full disk (S11): charts stay readable, the gap is counted and shown on every page, and what is owed
    is journaled as soon as the disk takes it.
  * A page that refreshes itself is the same look: it is journaled again after AUDIT_AGAIN_S, not each second.
  * What was searched is kept in the entry (it is sealed), never in a log.
  * The organisation stands in each, and the program where something goes out or comes in (HL7 EHR-S FM RI.1.1.15.1,
    criteria 02 and 06).
"""

import errno
from base64 import b64encode
from collections import deque
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, Counter

from contrefeu.base import Clock, StorageError, rfc3339
from contrefeu.journal import MEDIA_FHIR
from contrefeu.web.people import Actor, Appender
from contrefeu.web.problem import UNSEEN
from contrefeu.web.session import Session

AUDIT_AGAIN_S = 600  # s; an open page is journaled again every ten minutes
OWED_MAX = 20_000  # entries kept in memory while the disk is full: a large hospital's looks of an hour, 10 MB
LOOKS_MAX = 5_000  # pages remembered for one session: more than a shift opens
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

_DCM = "http://dicom.nema.org/resources/ontology/DCM"
# what was done: (DICOM code, display, AuditEvent.action)
KINDS: Mapping[str, tuple[str, str, str]] = {
    "view": ("110110", "Patient Record", "R"),
    "board": ("110110", "Patient Record", "R"),
    "entry": ("110103", "DICOM Instances Accessed", "R"),
    "document": ("110103", "DICOM Instances Accessed", "R"),
    "search": ("110112", "Query", "E"),
    "export": ("110106", "Export", "R"),
    "print": ("110106", "Export", "R"),  # on paper or a ward PC, in the house
    "keep": ("110106", "Export", "R"),  # a browser keeps the page, sealed, for when the station is out of reach
    "restore": ("110107", "Import", "C"),
    "login": ("110114", "User Authentication", "E"),
    "logout": ("110114", "User Authentication", "E"),
    "act": ("110100", "Application Activity", "E"),
}
_MOVES = frozenset({"export", "restore"})
_SUBTYPES = {"login": ("110122", "Login"), "logout": ("110123", "Logout")}


class AuditLog:
    """Writes AuditEvents to the journal of the audit, which has an end of its own (F42)."""

    def __init__(
        self, appender: Appender, clock: Clock, observer: str, registry: CollectorRegistry, facility: str = ""
    ) -> None:
        """*observer* is the node's name, *facility* whose it is."""
        self._appender = appender
        self._clock = clock
        self._source: dict[str, Any] = {"observer": {"display": observer}} | ({"site": facility} if facility else {})
        self._events = Counter("contrefeu_audit_events", "Audit entries written", ["kind"], registry=registry)
        self._lost = Counter("contrefeu_audit_gap", "Audit entries that the disk did not take", registry=registry)
        self._owed: deque[tuple[str, bytes]] = deque(maxlen=OWED_MAX)
        self.gap = 0  # since this process started; shown on every page

    async def write(
        self,
        kind: str,
        actor: Actor | None,
        *,
        address: str = "",
        patient: str = "",
        what: str = "",
        query: str = "",
        reason: str = "",
        failed: bool = False,
        emergency: bool = False,
    ) -> None:
        """Append one AuditEvent and return once it is on disk; what it speaks of may be shown after that.

        Args:
            kind: A row of KINDS.
            actor: Who; None for somebody who is not logged in.
            address: Of their PC.
            patient: Chart id, when it is about one patient.
            what: Entry, document, ward or path.
            query: Words searched.
            reason: As the person gave it.
            failed: It was refused: nothing is shown, so the entry may follow later.
            emergency: The glass was broken.

        Raises:
            Problem: The journal does not take it, and not for want of space: nothing may be shown.
        """
        event = _event(kind, actor, rfc3339(self._clock.now_ns()), self._source, address)
        event["outcome"] = "4" if failed else "0"
        if emergency:
            event["purposeOfEvent"] = [_concept("http://terminology.hl7.org/CodeSystem/v3-ActReason", "BTG", reason)]
        event["entity"] = _entities(patient, what, query) or None
        body = msgspec.json.encode({key: value for key, value in event.items() if value is not None})
        source = f"user/{actor.login}" if actor else "user/?"
        try:
            await self._catch_up()
            await self._appender.append(source, MEDIA_FHIR, body)
        except (StorageError, OSError) as found:
            if not (failed or kind == "logout" or _is_full(found)):
                raise UNSEEN from None
            self._owed.append((source, body))
            self.gap += 1
            self._lost.inc()
            return
        self._events.labels(kind).inc()

    async def _catch_up(self) -> None:
        """Journal what the full disk did not take, the oldest first."""
        while self._owed:
            source, body = self._owed.popleft()
            try:
                await self._appender.append(source, MEDIA_FHIR, body)
            except (StorageError, OSError):
                self._owed.appendleft((source, body))
                raise

    def due(self, session: Session, look: str, *, refresh: bool) -> bool:
        """Whether *look* (a page and what was asked of it) must be journaled before it is shown now."""
        return not refresh or self._clock.now_ns() - session.audited.get(look, 0) >= AUDIT_AGAIN_S * 1_000_000_000

    def done(self, session: Session, look: str) -> None:
        """Remember that *look* is journaled."""
        session.audited.pop(look, None)
        session.audited[look] = self._clock.now_ns()
        if len(session.audited) > LOOKS_MAX:
            del session.audited[next(iter(session.audited))]


def _is_full(found: BaseException | None) -> bool:
    """Whether a full disk is behind *found*."""
    while found is not None:
        if isinstance(found, OSError) and found.errno in _FULL:
            return True
        found = found.__cause__
    return False


def _event(kind: str, actor: Actor | None, recorded: str, source: dict[str, Any], address: str) -> dict[str, Any]:
    code, display, action = KINDS[kind]
    agent: dict[str, Any] = {"requestor": True, "who": {"display": "?"}}
    if actor:
        agent["who"] = {"identifier": {"value": actor.login}, "display": actor.name}
        agent["role"] = [{"text": actor.role}]
        if actor.agency_until:
            agent["role"].append({"text": f"agency, until {actor.agency_until}"})
    if address:
        agent["network"] = {"address": address, "type": "2"}
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "type": {"system": _DCM, "code": code, "display": display},
        "subtype": [{"code": kind}],
        "action": action,
        "recorded": recorded,
        "agent": [agent, *([_program()] if kind in _MOVES else [])],
        "source": source,
    }
    if kind in _SUBTYPES:
        event["subtype"] = [dict(zip(("system", "code", "display"), (_DCM, *_SUBTYPES[kind]), strict=True))]
    return event


def _program() -> dict[str, Any]:
    role = {"coding": [{"system": _DCM, "code": "110150", "display": "Application"}]}
    return {"type": role, "requestor": False, "who": {"display": f"Contrefeu {version('contrefeu')}"}}


def _entities(patient: str, what: str, query: str) -> list[dict[str, Any]]:
    entities: list[dict[str, Any]] = []
    role = "http://terminology.hl7.org/CodeSystem/object-role"
    if patient:
        entities.append({"what": {"reference": f"Patient/{patient}"}, "role": {"system": role, "code": "1"}})
    if what:
        entities.append({"what": {"display": what}, "role": {"system": role, "code": "4"}})
    if query:
        encoded = b64encode(query.encode()).decode()
        entities.append({"role": {"system": role, "code": "24"}, "query": encoded})
    return entities


def _concept(system: str, code: str, text: str) -> dict[str, Any]:
    concept: dict[str, Any] = {"coding": [{"system": system, "code": code}]}
    return concept | {"text": text} if text else concept
