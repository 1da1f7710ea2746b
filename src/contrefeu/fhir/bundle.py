"""Bundles (hl7.org/fhir/R4/bundle.html) and the OperationOutcome, as values."""

from collections.abc import Iterable, Mapping
from typing import Any

from contrefeu.fhir.codec import Json


def collection(resources: Iterable[Mapping[str, Any]], timestamp: str = "") -> Json:
    """Return a collection Bundle of *resources*, in their order."""
    bundle: Json = {"resourceType": "Bundle", "type": "collection"}
    if timestamp:
        bundle["timestamp"] = timestamp
    bundle["entry"] = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources]
    return bundle


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
