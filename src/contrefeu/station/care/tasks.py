"""A task for one patient, for somebody by name, role or ward; and that it was done (FHIR Task)."""

from collections.abc import Sequence

from contrefeu.fhir import Json
from contrefeu.station.care.form import Field, Form, Target, Typed
from contrefeu.station.care.scribe import Scribe, changed
from contrefeu.web import N_


def _fields(_target: Target, _scribe: Scribe) -> Sequence[Field]:
    return (
        Field("what", N_("Ce qui est à faire"), required=True),
        Field("to", N_("Pour qui"), hint=N_("infirmière de nuit, interne, brancardier…")),
    )


def _write(_target: Target, typed: Typed) -> list[Json]:
    found: Json = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "description": typed.text("what"),
        "authoredOn": typed.scribe.at,
        "requester": typed.scribe.author,
    }
    to = typed.text("to")
    return [found | ({"owner": {"display": to}} if to else {})]


def _done_fields(_target: Target, _scribe: Scribe) -> Sequence[Field]:
    return (Field("note", N_("Remarque")),)


def _done(target: Target, typed: Typed) -> list[Json]:
    assert target.line is not None, "a task is done"
    note, scribe = typed.text("note"), typed.scribe
    said = {"authorString": scribe.name, "time": scribe.at, "text": note or scribe.say(N_("fait"))}
    return [changed(target.line, status="completed", lastModified=scribe.at, note=[said])]


TASK = Form("task", N_("Tâche"), "write", _fields, _write, block="tasks")
TASK_DONE = Form("done", N_("Tâche faite"), "write", _done_fields, _done, "Task", N_("C’est fait"), then="/work")
