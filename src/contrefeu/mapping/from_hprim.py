"""HPRIM Santé result files in, by way of HL7 v2 (hl7/hprim.py).

Rules kept here:
  * Results are called by the number of their request, their code and their sub-id. What a request asked for is its
    title and no part of its name: a correction may ask for less, and has to replace what it corrects.
  * A context other than results is kept, counted and not charted.
"""

from msgspec.structs import replace

from contrefeu.fhir import derived_id
from contrefeu.hl7 import hprim_as_hl7, hprim_header
from contrefeu.mapping.from_hl7 import read_hl7
from contrefeu.mapping.reading import FeedRules, Reading, Said


def read_hprim(reading: Reading, body: bytes, rules: FeedRules) -> None:
    """Fill *reading* with what the file in *body* says."""
    header = hprim_header(body)
    context = header.context if header is not None else ""
    if context != "ORU":
        reading.kind = f"HPRIM {context}" if context.isalpha() and len(context) == 3 else "HPRIM"
        reading.lose("H.7", "no rule for this kind of file: it is kept as it came")
        return
    message, lost = hprim_as_hl7(body, rules.charset)
    read_hl7(reading, message, replace(rules, charset=""))
    for part in (reading, *reading.also):
        part.kind = "HPRIM ORU"
        part.said = _by_request(part.said)
    for where, why in lost:
        reading.lose(where, why)


def _by_request(said: list[Said]) -> list[Said]:
    """The same, called without the title of their report."""
    names: dict[str, str] = {}  # of each report: as it was called, as it is
    for one in said:
        if one.kind == "DiagnosticReport":
            title = str((one.resource.get("code") or {}).get("text") or "")
            names[one.key] = one.key.removesuffix(title)
    called = [_called(one, names) for one in said]
    ids = {_reference(old.key): _reference(new.key) for old, new in zip(said, called, strict=True)}
    for one in called:
        for result in one.resource.get("result") or []:
            result["reference"] = ids[result["reference"]]
    return called


def _reference(key: str) -> str:
    return f"Observation/{derived_id('Observation', key)}"


def _called(one: Said, names: dict[str, str]) -> Said:
    if one.kind == "DiagnosticReport":
        return replace(one, key=names[one.key])
    former = next((name for name in names if one.kind == "Observation" and one.key.startswith(f"{name}|")), None)
    return one if former is None else replace(one, key=names[former] + one.key.removeprefix(former))
