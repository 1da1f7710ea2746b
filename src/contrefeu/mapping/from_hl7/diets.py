"""ODS, ODT -> NutritionOrder: what somebody eats (HL7 v2.5, 4.8; FIELD F19, the kitchen's sheet).

Rules kept here:
  * A diet is called by its order's number; diet, supplement, preference and tray of one order are one.
  * Words of the prescriber stand as instructions; a status that a message does not give stays as it was.
"""

from contrefeu.fhir import Annotation, CodeableConcept, NutritionOrder, OralDiet, Supplement, plain
from contrefeu.hl7 import Segment
from contrefeu.mapping.from_hl7.datatypes import Context, concept_of, first_person, words
from contrefeu.mapping.from_hl7.orders import order_key, order_numbers, status_of
from contrefeu.mapping.from_hl7.stay import reference
from contrefeu.mapping.moments import nanoseconds
from contrefeu.mapping.reading import Said


def diet(
    orc: Segment, segments: list[Segment], notes: list[Annotation], visit: str, context: Context, unnumbered: str = ""
) -> Said | None:
    """ODS: 1 kind (D diet, S supplement, P preference), 2 meals, 3 codes, 4 words. ODT: 1 tray, 2 meals, 3 words."""
    placer, filler, identifiers = order_numbers(orc, None, context)
    if not placer and not filler and not unnumbered:
        return None
    kinds, supplements, said = _parts(segments)
    control = orc.text(1).upper()
    found = NutritionOrder(
        identifier=identifiers,
        status=status_of(orc),
        intent="order",
        encounter=reference(visit),
        dateTime=context.when(orc.text(9)) if control == "NW" else "",
        orderer=first_person(orc, 12),
        oralDiet=OralDiet(kinds, "\n".join(said)) if kinds or said else None,
        supplement=supplements,
        note=notes,
    )
    values = plain(found)
    del values["resourceType"]
    names = [f"order:{key}" for key in (placer, filler) if key]
    at_ns = max(nanoseconds(context.moment(orc.text(9))), context.sent_ns)
    return Said("NutritionOrder", order_key(placer, filler) if names else unnumbered, values, at_ns, "update", names)


def _parts(segments: list[Segment]) -> tuple[list[CodeableConcept], list[Supplement], list[str]]:
    kinds: list[CodeableConcept] = []
    supplements: list[Supplement] = []
    said: list[str] = []
    for one in segments:
        at = 3 if one.name == "ODS" else 1
        codes = [code for n in range(len(one.reps(at))) if (code := concept_of(one, at, n))]
        meals = words((code.text for n in range(len(one.reps(2))) if (code := concept_of(one, 2, n))), ", ")
        text = words([meals, one.whole(4 if one.name == "ODS" else 3).replace("~", ", ")], ": ")
        if one.name == "ODS" and one.text(1).upper() == "S":
            supplements += [Supplement(code, text) for code in codes] or [Supplement(instruction=text)]
            continue
        kinds += codes
        if text:
            said.append(text)
    return kinds, supplements, said
