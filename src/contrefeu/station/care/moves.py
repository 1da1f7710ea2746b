"""Movements of somebody who is here: to another bed, out for a while and back, out for good.

Destinations are those of FHIR (discharge-disposition, hl7.org/fhir/R4).

Rules kept here:
  * A taken bed is shown with who lies in it, and asked once more, never refused: two patients change places one after
    the other.
  * A discharge may be announced: until its hour the patient lies there.
"""

from collections.abc import Sequence

from contrefeu.chart import place_of
from contrefeu.fhir import Json
from contrefeu.station.care.form import Bed, Choice, Field, Form, Target, Typed, concept, moment_fields
from contrefeu.station.care.scribe import Scribe
from contrefeu.station.care.stay import left_behind, step, visit_of_stay
from contrefeu.web import N_

ANNOUNCED_DAYS = 7  # days ahead for which a discharge is announced: beyond, nobody knows
_DISPOSITION = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
_DESTINATIONS = (
    Choice("home", N_("domicile")),
    Choice("other-hcf", N_("autre établissement")),
    Choice("rehab", N_("soins de suite et de réadaptation")),
    Choice("long", N_("long séjour, EHPAD")),
    Choice("psy", N_("psychiatrie")),
    Choice("aadvice", N_("sortie contre avis")),
    Choice("unseen", N_("parti sans avoir été vu")),
    Choice("exp", N_("décès : départ du corps")),
    Choice("oth", N_("autre")),
)
_OTHER = {"unseen": "oth"}  # what the table has no code for
BED_TAKEN = N_("Rien n’est encore écrit. Ce lit est pris :")
BED_SURE = N_("Oui, c’est bien ce lit.")


def bed_field(beds: Sequence[Bed], scribe: Scribe) -> Field:
    """The bed somebody goes to: free ones first, taken ones with who lies there, or none yet."""
    free = [Choice(bed.name, N_("libre"), of=bed.name) for bed in beds if not bed.who]
    taken = [Choice(bed.name, N_("pris"), of=bed.name, who=_lies(bed, scribe)) for bed in beds if bed.who]
    none = Choice("", N_("lit à préciser (couloir, brancard)"))
    return Field("bed", N_("Lit"), "choice", choices=(none, *free, *taken))


def bed_doubts(beds: Sequence[Bed], typed: Typed) -> list[str]:
    """Who lies in the bed that was chosen."""
    chosen = typed.text("bed")
    return [f"|{_lies(bed, typed.scribe)}" for bed in beds if bed.who and bed.name == chosen]


def _lies(bed: Bed, scribe: Scribe) -> str:
    return scribe.say(N_("Identité protégée")) if bed.hidden else bed.who


def _transfer_fields(target: Target, scribe: Scribe) -> Sequence[Field]:
    return (bed_field(target.beds, scribe), *moment_fields(scribe))


def _transfer(target: Target, typed: Typed) -> list[Json]:
    at, bed, chart = typed.moment(), typed.text("bed"), target.sheet.chart
    typed.doubts += bed_doubts(target.beds, typed)
    if not at:
        return []
    visit = visit_of_stay(chart, typed.scribe.now_ns)
    return [
        step(visit, "transfer", at, place=(target.ward, "", bed)),
        *left_behind(chart, visit, at),
    ]


def _discharge_fields(_target: Target, scribe: Scribe) -> Sequence[Field]:
    return (
        Field("to", N_("Destination"), "choice", choices=_DESTINATIONS, required=True, value="home"),
        Field("where", N_("Établissement, adresse, accompagnant")),
        *moment_fields(scribe, ANNOUNCED_DAYS),
    )


def _discharge(target: Target, typed: Typed) -> list[Json]:
    at, chart = typed.moment(ahead=True), target.sheet.chart
    if not at:
        return []
    words = {one.code: one.words for one in _DESTINATIONS}[typed.text("to")]
    said = " · ".join(filter(None, (typed.scribe.say(words), typed.text("where"))))
    leaves = {"dischargeDisposition": concept(said, (_DISPOSITION, _OTHER.get(typed.text("to"), typed.text("to"))))}
    visit = visit_of_stay(chart, typed.scribe.now_ns)
    return [
        step(visit, "discharge", at) | {"hospitalization": leaves},
        *left_behind(chart, visit, at),
    ]


def _moment(_target: Target, scribe: Scribe) -> Sequence[Field]:
    return moment_fields(scribe)


def _leave(target: Target, typed: Typed) -> list[Json]:
    at = typed.moment()
    return [step(visit_of_stay(target.sheet.chart, typed.scribe.now_ns), "leave", at)] if at else []


def _return(target: Target, typed: Typed) -> list[Json]:
    at, chart = typed.moment(), target.sheet.chart
    place = place_of(chart, typed.scribe.now_ns)[:3]
    return [step(visit_of_stay(chart, typed.scribe.now_ns), "return", at, place=place)] if at else []


TRANSFER = Form(
    "transfer", N_("Changer de lit ou d’unité"), "move", _transfer_fields, _transfer, button=N_("Transférer"),
    block="stays", function="movements", goes=True, doubt=(BED_TAKEN, BED_SURE),
)  # fmt: skip
DISCHARGE = Form(
    "discharge",
    N_("Sortie"),
    "move",
    _discharge_fields,
    _discharge,
    button=N_("Inscrire la sortie"),
    block="stays",
    function="movements",
)
LEAVE = Form("leave", N_("Permission"), "move", _moment, _leave, button=N_("Part en permission"), block="stays",
             function="movements")  # fmt: skip
RETURN = Form("return", N_("Retour de permission"), "move", _moment, _return, button=N_("Est de retour"), block="stays",
              function="movements")  # fmt: skip
