"""Bundles (hl7.org/fhir/R4/bundle.html), the OperationOutcome, and the label of an exercise, as values."""

from collections.abc import Iterable, Mapping
from typing import Any

from contrefeu.fhir.codec import Json

SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
# "test health data" (http://terminology.hl7.org/CodeSystem/v3-ActReason): no treatment rests on it
HTEST = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}


def exercise(resource: Json) -> Json:
    """Return *resource* labelled as an exercise's, once."""
    if is_exercise(resource):
        return resource
    meta = resource.get("meta") or {}
    return {**resource, "meta": {**meta, "security": [*meta.get("security", []), HTEST]}}


def is_exercise(resource: Mapping[str, Any]) -> bool:
    """Whether *resource*, whoever wrote it, is labelled as an exercise's."""
    meta = resource.get("meta")
    labels = meta.get("security") if isinstance(meta, dict) else None
    return isinstance(labels, list) and any(
        isinstance(label, dict) and label.get("code") == HTEST["code"] for label in labels
    )


def collection(resources: Iterable[Mapping[str, Any]], timestamp: str = "") -> Json:
    """Return a collection Bundle of *resources*, in their order."""
    bundle: Json = {"resourceType": "Bundle", "type": "collection"}
    if timestamp:
        bundle["timestamp"] = timestamp
    bundle["entry"] = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources]
    return bundle


def subsetted(bundle: Json) -> Json:
    """Return *bundle* labelled as not all there is (http://terminology.hl7.org/CodeSystem/v3-ObservationValue)."""
    return {"resourceType": bundle["resourceType"], "meta": {"tag": [SUBSETTED]}, **bundle}


def searchset(resources: Iterable[Mapping[str, Any]], total: int, url: str) -> Json:
    """Return the answer to a search."""
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": total,
        "link": [{"relation": "self", "url": url}],
        "entry": [
            {"fullUrl": f"urn:uuid:{one['id']}", "resource": one, "search": {"mode": "match"}} for one in resources
        ],
    }


def outcome(severity: str, code: str, text: str) -> Json:
    """Return an OperationOutcome: what went wrong, in words."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": severity, "code": code, "diagnostics": text}],
    }
