"""The audit: each look at a patient, each search, each way out is an entry, before the page is sent.

Entries are FHIR R4 AuditEvent (codes: DICOM PS3.16, context group 400; http://terminology.hl7.org/CodeSystem/audit-*).
Rules kept here:
  * An audit entry MUST be on disk before the page that it speaks of is sent.
  * A page that refreshes itself is the same look: it is journaled again after AUDIT_AGAIN_S, not each second.
  * What was searched is kept in the entry (it is sealed), never in a log.
  * When the disk takes no more, charts stay readable and the gap is counted and shown (S11).
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, Counter

from contrefeu.base import Clock, StorageError, rfc3339
from contrefeu.journal import MEDIA_FHIR
from contrefeu.web.people import Actor, Appender
from contrefeu.web.session import Session

AUDIT_AGAIN_S = 600  # an open page is journaled again every ten minutes

_DCM = "http://dicom.nema.org/resources/ontology/DCM"
# what was done: (DICOM code, display, AuditEvent.action)
KINDS: Mapping[str, tuple[str, str, str]] = {
    "view": ("110110", "Patient Record", "R"),
    "board": ("110110", "Patient Record", "R"),
    "entry": ("110103", "DICOM Instances Accessed", "R"),
    "document": ("110103", "DICOM Instances Accessed", "R"),
    "search": ("110112", "Query", "E"),
    "export": ("110106", "Export", "R"),
    "login": ("110114", "User Authentication", "E"),
    "logout": ("110114", "User Authentication", "E"),
    "act": ("110100", "Application Activity", "E"),
}
_SUBTYPES = {"login": ("110122", "Login"), "logout": ("110123", "Logout")}


class AuditLog:
    """Writes AuditEvents to the station's journal."""

    def __init__(self, appender: Appender, clock: Clock, observer: str, registry: CollectorRegistry) -> None:
        self._appender = appender
        self._clock = clock
        self._observer = observer
        self._events = Counter("contrefeu_audit_events", "Audit entries written", ["kind"], registry=registry)
        self._lost = Counter("contrefeu_audit_gap", "Audit entries that the disk did not take", registry=registry)
        self.gap = 0  # since this process started; shown on the status page

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
        """Append one AuditEvent and return once it is on disk.

        Args:
            kind: A row of KINDS.
            actor: Who; None for somebody who is not logged in.
            address: Of their PC.
            patient: Chart id, when it is about one patient.
            what: Entry, document, ward or path.
            query: Words searched.
            reason: As the person gave it.
            failed: It was refused.
            emergency: The glass was broken.
        """
        event = _event(kind, actor, rfc3339(self._clock.now_ns()), self._observer, address)
        event["outcome"] = "4" if failed else "0"
        if emergency:
            event["purposeOfEvent"] = [_concept("http://terminology.hl7.org/CodeSystem/v3-ActReason", "BTG", reason)]
        event["entity"] = _entities(patient, what, query) or None
        body = msgspec.json.encode({key: value for key, value in event.items() if value is not None})
        source = f"user/{actor.login}" if actor else "user/?"
        try:
            await self._appender.append(source, MEDIA_FHIR, body)
        except (StorageError, OSError):
            self.gap += 1
            self._lost.inc()
            return
        self._events.labels(kind).inc()

    def due(self, session: Session, path: str, *, refresh: bool) -> bool:
        """Whether a look at *path* must be journaled now, and remember that it is."""
        now = self._clock.now_ns()
        if refresh and now - session.audited.get(path, 0) < AUDIT_AGAIN_S * 1_000_000_000:
            return False
        session.audited[path] = now
        return True


def _event(kind: str, actor: Actor | None, recorded: str, observer: str, address: str) -> dict[str, Any]:
    code, display, action = KINDS[kind]
    agent: dict[str, Any] = {"requestor": True, "who": {"display": "?"}}
    if actor:
        agent["who"] = {"identifier": {"value": actor.login}, "display": actor.name}
        agent["role"] = [{"text": actor.role}]
    if address:
        agent["network"] = {"address": address, "type": "2"}
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "type": {"system": _DCM, "code": code, "display": display},
        "subtype": [{"code": kind}],
        "action": action,
        "recorded": recorded,
        "agent": [agent],
        "source": {"observer": {"display": observer}},
    }
    if kind in _SUBTYPES:
        event["subtype"] = [dict(zip(("system", "code", "display"), (_DCM, *_SUBTYPES[kind]), strict=True))]
    return event


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
