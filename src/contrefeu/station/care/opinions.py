"""A pharmacist's opinion on a prescription that was written here, and a medicine given for the list (F13).

Rules kept here:
  * An opinion quotes the prescription as it stood: when its words change, it waits for another one (decision 0110).
  * A remark is a task for the prescriber too, in the patient's chart: nobody has to look for it.
"""

from collections.abc import Sequence

from contrefeu.chart import ANSWER, display, drug_of, order_words
from contrefeu.fhir import Json
from contrefeu.station.care.form import Choice, Field, Form, Target, Typed, concept
from contrefeu.station.care.scribe import Scribe
from contrefeu.web import N_

_OPINIONS = (
    Choice("agreed", N_("rien à redire")),
    Choice("remark", N_("une remarque au prescripteur")),
    Choice("against", N_("avis défavorable : à revoir avant de donner")),
)


def _fields(_target: Target, _scribe: Scribe) -> Sequence[Field]:
    return (
        Field("opinion", N_("Avis pharmaceutique"), "choice", choices=_OPINIONS, required=True, value="agreed"),
        Field("remark", N_("Remarque"), hint=N_("à qui, pourquoi, ce qui est proposé")),
    )


def _write(target: Target, typed: Typed) -> list[Json]:
    line, opinion, remark = target.line, typed.text("opinion"), typed.text("remark")
    assert line is not None, "an opinion is of a prescription"
    if opinion != "agreed" and not remark:
        typed.problems["remark"] = N_("Laquelle ?")
    words = typed.scribe.say(next((one.words for one in _OPINIONS if one.code == opinion), opinion))
    said: Json = {
        "resourceType": "Communication",
        "status": "completed",
        "category": [{"coding": [{"system": ANSWER, "code": "opinion"}]}],
        "topic": concept(words, (ANSWER, opinion)),
        "about": [{"reference": f"MedicationRequest/{line['id']}"}],
        "sent": typed.scribe.at,
        "sender": typed.scribe.author,
        "payload": [{"contentString": order_words(line)}],
    }
    if not remark:
        return [said]
    pharmacy = typed.scribe.say(N_("Pharmacie"))
    task: Json = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": "urgent" if opinion == "against" else "routine",
        "description": f"{pharmacy} · {drug_of(line)} · {words} : {remark}",
        "authoredOn": typed.scribe.at,
        "requester": typed.scribe.author,
    }
    prescriber = display(line.get("requester"))
    if prescriber:
        task["owner"] = {"display": prescriber}
    return [said | {"note": [{"text": remark}]}, *([] if opinion == "agreed" else [task])]


OPINION = Form("opinion", N_("Avis pharmaceutique"), "pharmacy", _fields, _write, "MedicationRequest",
               N_("Signer l’avis"), house=True, left=True, function="medicines", then="/pharmacy")  # fmt: skip
