"""What people wrote here, as HL7 v2 for a system that was away: one entry, one message (HL7 v2.5.1; v2-to-FHIR, read
backwards).

    Observation                ORU^R01    values and units word for word
    DocumentReference          MDM^T02    T11 when it was taken back
    MedicationAdministration   RAS^O17    names the prescription by the number that its sender gave it

Rules kept here:
  * What cannot be said so that it is read back the same is not said: `Unsaid` says why, and a person sees to it.
  * An amount that is words stays words (F5): it is a note beside the dose, never a number that we made of it.
"""

from collections.abc import Sequence

from contrefeu.fhir import Json
from contrefeu.mapping.to_hl7.documents import document
from contrefeu.mapping.to_hl7.doses import doses
from contrefeu.mapping.to_hl7.results import results
from contrefeu.mapping.to_hl7.segments import About, Interface, Unsaid, header, person, stay

_WRITERS = {"Observation": results, "DocumentReference": document, "MedicationAdministration": doses}


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
    kinds = {str(one.get("resourceType")) for one in resources}
    if len(kinds) != 1:
        raise Unsaid("it says several kinds of things")
    writer = _WRITERS.get(kinds.pop())
    if writer is None:
        raise Unsaid("no message is written of this kind of thing")
    kind, segments = writer(resources, about)
    lines = [header(kind, about, interface, control_id), *person(about), *stay(about), *segments]
    return kind, "".join(f"{line}\r" for line in lines).encode()


__all__ = ["About", "Interface", "Unsaid", "written"]
