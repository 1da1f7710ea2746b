"""The incident for a CSIRT: STIX 2.1 (OASIS, 10 June 2021), marked TLP:AMBER, without a patient and without a login.

    identity          the hospital
    incident          its title; in 2.1 it has a name and a description, no more
    indicator         an indicator that is an address, a domain, an URL or a hash; another one is a note
    course-of-action  each measure
    report            what ties them together

Ids are derived from the incident's own (UUIDv5): a second export says the same objects, in a newer version. The
standard says that they SHOULD be random (2.9); a CSIRT that gets two exports would then have two incidents. What was
noted twice is one object, as of when it was noted first; the hospital is the same in every export of every incident,
and so is its time: `created` never changes (3.2).
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any
from uuid import UUID, uuid5

import msgspec

from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.declare.file import IncidentFile

NAMESPACE = UUID("6f1d2e0a-5a0c-4e35-9d0e-6a3c9b1f7a40")  # ours: no other id is drawn from it
KNOWN_SINCE = "2026-11-25T00:00:00.000Z"  # of a hospital's identity, whose id is drawn from its name and never changes
TLP_AMBER = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"  # STIX 2.1, 7.2.1.4
HASHES = {32: "MD5", 40: "SHA-1", 64: "SHA-256"}  # hash-algorithm-ov, by hexadecimal digits


def stix_bundle(file: IncidentFile, facility: str, now_ns: int) -> bytes:
    """Return the bundle.

    Args:
        file: With an incident.
        facility: Who reports.
        now_ns: When.
    """
    incident = file.incident
    assert incident is not None, "a bundle is about an incident"
    now = _milliseconds(rfc3339(now_ns))
    who = _object("identity", facility, KNOWN_SINCE, KNOWN_SINCE, name=facility, identity_class="organization",
                  sectors=["healthcare"])  # fmt: skip
    made = {"created": _milliseconds(incident.opened_at), "modified": now, "created_by_ref": who["id"],
            "object_marking_refs": [TLP_AMBER]}  # fmt: skip
    objects = [_object("incident", incident.ref, name=incident.title, description=_description(file), **made)]
    noted: dict[str, str] = {}
    for remark in incident.remarks:
        for word in _words(remark.text) if remark.field == "indicators" else ():
            noted.setdefault(word, remark.at)
    for word, at in noted.items():
        objects.append(_indicator(f"{incident.ref} {word}", word, _milliseconds(at), made))
    for text in file.measures:
        objects.append(_object("course-of-action", f"{incident.ref} {text}", name=text[:120], description=text, **made))
    report = _object(
        "report", f"report {incident.ref}", name=incident.title, published=now, report_types=["threat-report"],
        object_refs=[one["id"] for one in [who, *objects]], **made,
    )  # fmt: skip
    bundle = {
        "type": "bundle",
        "id": f"bundle--{uuid5(NAMESPACE, incident.ref + now)}",
        "objects": [who, *objects, report],
    }
    return msgspec.json.format(msgspec.json.encode(bundle), indent=1) + b"\n"


def _object(kind: str, seed: str, created: str = "", modified: str = "", **more: Any) -> dict[str, Any]:
    found = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid5(NAMESPACE, f'{kind} {seed}')}"}
    times = {"created": created, "modified": modified} if created else {}
    return {**found, **times, **more}


def _description(file: IncidentFile) -> str:
    assert file.incident is not None
    said = file.said("description") or file.incident.title
    systems = f" Systems: {', '.join(file.systems)}." if file.systems else ""
    return f"{said.rstrip('.')}. Known since {file.incident.aware_at}.{systems}"


def _words(text: str) -> Iterator[str]:
    """The indicators of a note: one a word, with what analysts write to keep a link from being clicked undone."""
    for word in text.split():
        yield word.strip(",;").replace("[.]", ".").replace("hxxp", "http")


def _indicator(seed: str, word: str, at: str, made: dict[str, Any]) -> dict[str, Any]:
    pattern = pattern_of(word)
    if not pattern:
        identity = made["created_by_ref"]
        return _object("note", seed, abstract="indicator", content=word, object_refs=[identity], **made)
    return _object(
        "indicator", seed, name=word, description="Seen in this incident.", pattern=pattern, pattern_type="stix",
        valid_from=at, indicator_types=["malicious-activity"], **made,
    )  # fmt: skip


def pattern_of(word: str) -> str:
    """Return the STIX pattern of an address, a domain, an URL or a hash; "" for another word.

    >>> pattern_of("203.0.113.7"), pattern_of("hello")
    ("[ipv4-addr:value = '203.0.113.7']", '')
    """
    quoted = word.replace("\\", "\\\\").replace("'", "\\'")
    if re.fullmatch(r"[0-9a-fA-F]+", word) and len(word) in HASHES:
        return f"[file:hashes.'{HASHES[len(word)]}' = '{word.lower()}']"
    if re.match(r"https?://\S+$", word):
        return f"[url:value = '{quoted}']"
    try:
        return f"[ipv{ip_address(word).version}-addr:value = '{word}']"
    except ValueError:
        pass
    domain = re.fullmatch(r"(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}", word)
    return f"[domain-name:value = '{quoted}']" if domain else ""


def _milliseconds(text: str) -> str:
    """A STIX timestamp: RFC 3339, UTC."""
    return rfc3339(parse_rfc3339(text))[:23] + "Z"
