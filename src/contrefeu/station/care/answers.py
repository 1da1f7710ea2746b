"""Answers to what waits: a critical or corrected result acknowledged, a verbal order countersigned (Communication).

Rules kept here:
  * An acknowledgement quotes the value as it stood: when the value changes, it answers nothing any more (F7).
  * Who told whom is written down, and that the value was read back.
  * A verbal order that its prescriber contests is stopped, with the reason; it stays in the chart, under both names. A
    prescription that it was to modify is in force again.
"""

from collections.abc import Sequence

from contrefeu.chart import ANSWER, display, result_words
from contrefeu.fhir import Json
from contrefeu.station.care.form import Choice, Field, Form, Target, Typed, concept, moment_fields
from contrefeu.station.care.prescriptions import put_back
from contrefeu.station.care.scribe import Scribe, changed
from contrefeu.web import N_

_VERDICTS = (Choice("signed", N_("Je signe cet ordre tel qu’il est écrit")),
             Choice("contested", N_("Ce n’est pas mon ordre : l’arrêter")))  # fmt: skip


def _told(_target: Target, scribe: Scribe) -> Sequence[Field]:
    return (
        Field("from", N_("Prévenu par"), required=True, value=scribe.say(N_("lu à l’écran")),
              hint=N_("laboratoire au téléphone : qui ; ou lu à l’écran")),
        Field("to", N_("Médecin prévenu"), required=True, hint=N_("nom ; « moi » si c’est vous")),
        Field("readback", N_("La valeur a été relue à voix haute"), "check", required=True),
        *moment_fields(scribe),
        Field("done", N_("Ce qui est fait")),
    )  # fmt: skip


def _acknowledge(target: Target, typed: Typed) -> list[Json]:
    assert target.line is not None, "a result is acknowledged"
    made = _answer("acknowledged", target, result_words(target.line), typed.scribe, typed.moment())
    done = typed.text("done")
    made["sender"] = {"display": typed.text("from")}
    made["recipient"] = [{"display": typed.text("to")}, typed.scribe.author]
    made["note"] = [{"text": typed.scribe.say(N_("relu à voix haute"))}, *([{"text": done}] if done else [])]
    return [made]


def _verdict(_target: Target, _scribe: Scribe) -> Sequence[Field]:
    return (
        Field("verdict", N_("Décision"), "choice", choices=_VERDICTS, required=True, value="signed"),
        Field("reason", N_("Motif, si vous l’arrêtez")),
    )


def _sign(target: Target, typed: Typed) -> list[Json]:
    line, verdict, reason = target.line, typed.text("verdict"), typed.text("reason")
    assert line is not None, "an order is signed"
    named = display(line.get("requester"))
    if verdict == "signed" and named != typed.scribe.name:
        typed.doubts.append(f"{line.get('authoredOn', '')}|{named}")
    made = [_answer(verdict, target, reason, typed.scribe, typed.scribe.at)]
    if verdict == "contested":
        if not reason:
            typed.problems["reason"] = N_("Pourquoi ?")
        made += [changed(line, status="stopped", statusReason=concept(reason)), *put_back(target, [line], reason)]
    return made


def _answer(kind: str, target: Target, words: str, scribe: Scribe, at: str) -> Json:
    line = target.line
    assert line is not None, "something is answered"
    found: Json = {
        "resourceType": "Communication",
        "status": "completed",
        "category": [{"coding": [{"system": ANSWER, "code": kind}]}],
        "about": [{"reference": f"{line['resourceType']}/{line['id']}"}],
        "sent": at,
        "sender": scribe.author,
    }
    return found | ({"payload": [{"contentString": words}]} if words else {})


ACKNOWLEDGE = Form("acknowledge", N_("Résultat à reconnaître"), "write", _told, _acknowledge, "Observation",
                   N_("J’ai vu et prévenu"), house=True, then="/work")  # fmt: skip
SIGN = Form(
    "sign", N_("Ordre verbal à contresigner"), "prescribe", _verdict, _sign, "MedicationRequest", N_("Signer"),
    function="medicines",
    doubt=(N_("Rien n’est encore signé. Cet ordre nomme quelqu’un d’autre :"), N_("Je signe en son nom.")),
    then="/work",
)  # fmt: skip
