"""A24, A37, A29, A43 -> Flag: what was said of somebody's numbers and is done to no chart (HL7 v2.9, 3.3).

Rules kept here:
  * A link (A24) is no merge: each of the two charts says that the other is there, and who reads it decides. An
    unlinking (A37) ends it.
  * A deletion (A29) deletes nothing, a number that moved (A43) moves nothing: the chart says that it was said, when.
"""

from contrefeu.fhir import CodeableConcept, Coding, Flag, Period, plain
from contrefeu.mapping.from_hl7.datatypes import Context
from contrefeu.mapping.reading import Said

SYSTEM = "urn:contrefeu:notice"  # what it is, in a code of ours: people read it in their language (chart/words.py)
_FLAG_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"
KINDS = {"A24": "linked", "A29": "deleted", "A43": "number-moved"}


def notice(kind: str, key: str, other: str, context: Context, *, over: bool = False) -> Said:
    """Say of the patient *key* that *kind* was said, of the number *other* if any."""
    found = Flag(
        status="inactive" if over else "active",
        category=[CodeableConcept([Coding(_FLAG_CATEGORY, "admin")])],
        code=CodeableConcept([Coding(SYSTEM, kind, other.replace("|", " "))]),
        period=Period(context.sent_at) if context.sent_at and not over else None,
    )
    values = plain(found)
    del values["resourceType"]
    return Said("Flag", f"notice|{kind}|{key}|{other}", values, context.sent_ns, "update")
