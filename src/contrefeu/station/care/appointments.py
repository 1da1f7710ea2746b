"""An appointment given on a ward, moved, cancelled (Appointment): the record system's agenda is away.

Rules kept here:
  * An agenda's own slots are not touched: who keeps them is called (decision 0163). What was given here is moved and
    cancelled here, with a reason that stands first in its remarks.
  * Nothing is given for the past; what meets another appointment of the patient is asked once more, with that one.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from contrefeu.chart import Resource, concepts, display
from contrefeu.fhir import Json
from contrefeu.station.care.form import Field, Form, Target, Typed, concept
from contrefeu.station.care.scribe import Scribe, because, changed, made_here, taking_part
from contrefeu.web import N_

AHEAD_DAYS = 400  # days ahead for which one is given: a yearly visit; beyond, a year was mistyped
USUAL_MINUTES = "30"  # minutes; how long one is taken to last that says nothing
MINUTES_MAX = "720"  # minutes: a day in a day hospital
_DAY = "%d/%m/%Y"  # a date box of a browser has the order of its own language: 11/12 is two days there
_ENDED = frozenset({"cancelled", "entered-in-error", "noshow", "fulfilled"})
_DOUBT = (
    N_("Rien n’est encore écrit. Le patient est déjà attendu à ce moment :"),
    N_("Les deux sont possibles."),
)


def _when(day: str, hour: str, minutes: str) -> tuple[Field, ...]:
    return (
        Field("day", N_("Jour"), required=True, value=day, hint=N_("jour/mois/année"), length_max=10),
        Field("time", N_("Heure"), "time", required=True, value=hour),
        Field("minutes", N_("Durée"), "number", unit="min", low="5", high=MINUTES_MAX, value=minutes),
    )


def _fields(target: Target, scribe: Scribe) -> Sequence[Field]:
    people = tuple(one.words for one in target.known.prescribers)
    return (
        Field("what", N_("Pour quoi"), required=True, hint=N_("consultation, séance de dialyse, scanner…")),
        *_when(f"{scribe.now + timedelta(days=1):{_DAY}}", "", USUAL_MINUTES),
        Field("place", N_("Où"), required=True, hint=N_("unité, salle, cabinet ; où se présenter")),
        Field("with", N_("Avec qui"), suggested=people),
        Field("comment", N_("Remarques"), "area", length_max=1000, hint=N_("à jeun, ordonnance à apporter…")),
    )


def _write(target: Target, typed: Typed) -> list[Json]:
    where = [("Location", typed.text("place")), ("Practitioner", typed.text("with"))]
    comment = "\n".join(filter(None, (one.strip() for one in typed.text("comment").splitlines())))
    found: Json = {
        "resourceType": "Appointment",
        "status": "booked",
        "serviceType": [concept(typed.text("what"))],
        **_span(target, typed),
        "participant": [taking_part(kind, words) for kind, words in where if words],
    }
    return [found | ({"comment": comment} if comment else {})]


def _span(target: Target, typed: Typed) -> Json:
    """Start, end and minutes, as they were typed; what is wrong or meets another one is noted."""
    minutes = typed.number(next(one for one in _when("", "", "") if one.name == "minutes"))
    at = typed.moment(ahead=True)
    if not at:
        return {}
    start = datetime.fromisoformat(at)
    if start < typed.scribe.now:
        typed.problems["time"] = N_("Cette heure est passée.")
    if start > typed.scribe.now + timedelta(days=AHEAD_DAYS):
        typed.problems["day"] = N_("C’est dans plus d’un an : vérifiez l’année.")
    end = start + timedelta(minutes=int(minutes or USUAL_MINUTES))
    typed.doubts += _met(target, start, end)
    if minutes is None:
        return {"start": at}
    return {"start": at, "end": end.isoformat(timespec="seconds"), "minutesDuration": int(minutes)}


def _met(target: Target, start: datetime, end: datetime) -> Iterator[str]:
    """Yield the patient's other appointments of that time, as the form asks about them."""
    for one in target.sheet.all("Appointment"):
        at = _instant(one.get("start"))
        if at is None or one.get("status") in _ENDED or one["id"] == (target.line or {}).get("id"):
            continue
        until = _instant(one.get("end")) or at + timedelta(minutes=int(USUAL_MINUTES))
        if at < end and start < until:
            people = [display(part.get("actor")) for part in one.get("participant") or []]
            what = concepts(one.get("serviceType")) or str(one.get("description", "")) or "?"
            yield f"{one['start']}|{' · '.join(filter(None, (what, *people)))}|"


def _instant(value: Any) -> datetime | None:
    """The instant of a FHIR dateTime; None where only a day is said."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _ours(target: Target, typed: Typed) -> Resource | None:
    """The appointment that the form is about, if it may be changed here."""
    line = target.line or {}
    if not made_here(line):
        typed.problems[""] = N_("Cet agenda n’est pas tenu ici : appelez ceux qui le tiennent.")
    elif line.get("status") in _ENDED:
        typed.problems[""] = N_("Ce rendez-vous n’est plus prévu.")
    else:
        return line
    return None


def _why() -> Field:
    return Field("why", N_("Motif"), required=True, hint=N_("demande du patient, salle prise, panne…"))


def _move_fields(target: Target, scribe: Scribe) -> Sequence[Field]:
    line = target.line or {}
    start = _instant(line.get("start"))
    local = start.astimezone(scribe.zone) if start is not None else None
    day, hour = (f"{local:{_DAY}}", f"{local:%H:%M}") if local is not None else ("", "")
    return (*_when(day, hour, str(line.get("minutesDuration") or "")), _why())


def _move(target: Target, typed: Typed) -> list[Json]:
    span, line = _span(target, typed), _ours(target, typed)
    if line is None or typed.problems:
        return []
    kept = {name: value for name, value in line.items() if name not in {"start", "end", "minutesDuration"}}
    return [changed(kept, **span, comment=because(typed.text("why"), line))]


def _cancel_fields(_target: Target, _scribe: Scribe) -> Sequence[Field]:
    return (_why(),)


def _cancel(target: Target, typed: Typed) -> list[Json]:
    line = _ours(target, typed)
    return [changed(line, status="cancelled", comment=because(typed.text("why"), line))] if line is not None else []


APPOINTMENT = Form(
    "appointment",
    N_("Rendez-vous"),
    "move",
    _fields,
    _write,
    block="appointments",
    function="movements",
    doubt=_DOUBT,
    left=True,
)
REBOOK = Form(
    "rebook", N_("Déplacer un rendez-vous"), "move", _move_fields, _move, "Appointment", N_("Déplacer"),
    "appointments", function="movements", doubt=_DOUBT, left=True,
)  # fmt: skip
UNBOOK = Form(
    "unbook", N_("Annuler un rendez-vous"), "move", _cancel_fields, _cancel, "Appointment",
    N_("Annuler le rendez-vous"), "appointments", function="movements", left=True,
)  # fmt: skip
APPOINTMENT_FORMS = (APPOINTMENT, REBOOK, UNBOOK)
