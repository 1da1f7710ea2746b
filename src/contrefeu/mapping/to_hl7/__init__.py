"""What people wrote here, as HL7 v2 for a system that was away: one entry, one message (HL7 v2.5.1; v2-to-FHIR, read
backwards).

    Encounter, Patient         ADT        A01, A04, A02, A03, A21, A22, their cancellations; A08, A31 of the person
    identities-linked          ADT^A40    the survivor in PID, the other number in MRG
    AllergyIntolerance         ADT^A60    or A08 with AL1, as the receiver wants it
    Observation                ORU^R01    values and units word for word
    DocumentReference          MDM^T02    T11 when it was taken back
    MedicationRequest          OMP^O09    or RDE^O11, as the receiver wants it
    MedicationAdministration   RAS^O17    names the prescription by its placer's number
    ServiceRequest             OML^O21    for a laboratory; OMG^O19 for all others
    Appointment                SIU^S12    S13 when it was moved, S15 cancelled, S17 taken back

Rules kept here:
  * What cannot be said so that it is read back the same is not said: `Unsaid` says why, and a person sees to it.
  * An amount that is words stays words (F5): it is a note beside the dose, never a number that we made of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from contrefeu.fhir import Json
from contrefeu.mapping.to_hl7 import admissions
from contrefeu.mapping.to_hl7.allergies import allergies
from contrefeu.mapping.to_hl7.appointments import appointment
from contrefeu.mapping.to_hl7.documents import document
from contrefeu.mapping.to_hl7.doses import doses
from contrefeu.mapping.to_hl7.orders import prescription, request
from contrefeu.mapping.to_hl7.results import results
from contrefeu.mapping.to_hl7.segments import About, Interface, Unsaid, authority_of, header, person, stay

_WRITERS = {
    "DocumentReference": document,
    "MedicationAdministration": doses,
    "MedicationRequest": prescription,
    "Observation": results,
    "ServiceRequest": request,
}


def written(resources: Sequence[Json], about: About, interface: Interface, control_id: str) -> tuple[str, bytes]:
    """Return the kind ("ORU^R01") and the bytes of the message that says *resources*.

    Args:
        resources: Of one entry, all about one patient.
        about: Who that is, and where they were.
        interface: How the receiver wants it.
        control_id: MSH-10.

    Raises:
        Unsaid: They cannot be said.
    """
    said = [_recoded(one, interface.codes) for one in resources] if interface.codes else list(resources)
    kinds = {str(one.get("resourceType")) for one in said}
    if kinds == {"AllergyIntolerance"}:
        return _bytes(*allergies(said, about, interface), about, interface, control_id)
    if kinds == {"Appointment"}:
        return _bytes(*appointment(said, about, interface), about, interface, control_id)
    if kinds & {"Patient", "Encounter"}:
        return _bytes(*admissions.admission(said, about, interface), about, interface, control_id)
    if kinds == {"Observation", "ServiceRequest"} and _answered(said):
        kinds = {"Observation"}
    if len(kinds) != 1:
        raise Unsaid("it says several kinds of things")
    writer = _WRITERS.get(kinds.pop())
    if writer is None:
        raise Unsaid("no message is written of this kind of thing")
    kind, segments = writer(said, about, interface)
    return _bytes(kind, [*person(about), *stay(about), *segments], about, interface, control_id)


def merged(about: About, lost: str, interface: Interface, control_id: str) -> tuple[str, bytes]:
    """Return the kind and the bytes of the message that says that the number *lost* is the patient of *about*."""
    return _bytes(*admissions.merge(about, lost, interface.survivor), about, interface, control_id)


def _bytes(
    kind: str, segments: Sequence[str], about: About, interface: Interface, control_id: str
) -> tuple[str, bytes]:
    lines = [header(kind, about, interface, control_id), *segments]
    return kind, "".join(f"{line}\r" for line in lines).encode()


def _answered(resources: Sequence[Json]) -> bool:
    """Whether all that is said of requests is that they are answered: the results say so themselves."""
    return all(one.get("status") == "completed" for one in resources if one["resourceType"] == "ServiceRequest")


def _recoded(value: Any, codes: Mapping[str, str]) -> Any:
    """*value* in the receiver's codes: a code by its code, else by its words; a ward, a room, a bed by its name."""
    if isinstance(value, list):
        return [_recoded(one, codes) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: _recoded(one, codes) for name, one in value.items()}
    coding: dict[str, Any] = next(iter(found.get("coding") or []), {})
    theirs = codes.get(str(coding.get("code", ""))) or codes.get(str(found.get("text", "")))
    if theirs and ("coding" in found or "text" in found) and "resourceType" not in found:
        return found | {"coding": [{"code": theirs}], "text": str(found.get("text") or coding.get("display", ""))}
    if "location" in found and isinstance(found["location"], dict) and "physicalType" in found:
        name = str(found["location"].get("display", ""))
        return found | {"location": {"display": codes.get(name, name)}, "physicalType": value["physicalType"]}
    return found


__all__ = ["About", "Interface", "Unsaid", "authority_of", "merged", "written"]
