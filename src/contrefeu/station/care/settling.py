"""Two acts that do not go together: a person says what is decided, and the pair waits no more (Communication).

Rules kept here:
  * Nothing is struck or written over by it: both acts stay; what must change (a drug to stop, a dose to take back) is
    written with its own form.
  * The answer names the entries of both acts: another act of either station is another pair.
"""

from collections.abc import Sequence

from contrefeu.chart import ANSWER, SETTLED, SOURCE
from contrefeu.fhir import Json
from contrefeu.station.care.form import Field, Form, Target, Typed
from contrefeu.station.care.scribe import Scribe
from contrefeu.web import N_

CLASH = "clash"  # what the form is about, in place of the type of a line


def _fields(_target: Target, _scribe: Scribe) -> Sequence[Field]:
    return (
        Field("decision", N_("Ce qui est décidé, et qui est prévenu"), required=True,
              hint=N_("les deux actes restent dans le dossier")),
    )  # fmt: skip


def _write(target: Target, typed: Typed) -> list[Json]:
    refs = sorted({ref for clash in target.clashes for ref in clash.refs})
    return [
        {
            "resourceType": "Communication",
            "status": "completed",
            "category": [{"text": typed.scribe.say(N_("Départagé")), "coding": [{"system": ANSWER, "code": SETTLED}]}],
            "about": [{"reference": f"{SOURCE}{ref}"} for ref in refs],
            "sent": typed.scribe.at,
            "sender": typed.scribe.author,
            "payload": [{"contentString": typed.text("decision")}],
        }
    ]


SETTLE = Form("settle", N_("À départager"), "write", _fields, _write, CLASH, N_("C’est réglé"),
              house=True, left=True, then="/work")  # fmt: skip
