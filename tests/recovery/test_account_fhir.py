"""The account as FHIR: each entry in one List, with the others of its fate, reason, owner, patient and ward.

Method: lines as the accountant gives them; each List is read by fhir.resources (R4B), which we did not write.
"""

import io
import json
from typing import Any

import pytest
from fhir.resources.R4B.list import List

from contrefeu.recovery import AccountLists
from contrefeu.recovery import account_fhir as module
from contrefeu.recovery.report import Told

AT = "2026-11-24T03:00:00.000000Z"
PATIENT = "1b4e28ba-2fa1-5d2e-883f-0016d3cca427"
TOLD = [
    Told("n1-capture/1", "present", "the restored system holds it"),
    Told("n1-capture/2", "unaccounted", "missing", "", PATIENT, "ORU^R01", "CARD"),
    Told("n1-capture/3", "set_aside", "looked at and dropped: <b> é", "dim"),
    Told("n1-capture/4", "present", "the restored system holds it"),
]


def lists(told: list[Told], *, drill: bool = False) -> list[dict[str, Any]]:
    """What is written of them."""
    file = io.StringIO()
    made = AccountLists(file, AT, drill=drill)
    for one in told:
        made.write(one)
    made.close()
    found = [json.loads(line) for line in file.getvalue().splitlines()]
    for one in found:
        List.model_validate(one)
    return found


def entries(one: dict[str, Any]) -> list[str]:
    """The entries of a List."""
    return [entry["item"]["identifier"]["value"] for entry in one["entry"]]


@pytest.mark.req("R7")
def test_each_entry_stands_in_one_list_with_what_became_of_it() -> None:
    """Together where fate, reason, owner, patient and ward are the same."""
    present, lacking, dropped = lists(TOLD)
    assert entries(present) == ["n1-capture/1", "n1-capture/4"]
    assert lacking == {
        "resourceType": "List", "id": lacking["id"], "status": "current", "mode": "snapshot",
        "title": "unaccounted", "date": AT, "note": [{"text": "missing"}],
        "code": {"coding": [{"system": "urn:contrefeu:account-fate", "code": "unaccounted"}]},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "extension": [{"url": "urn:contrefeu:account-ward", "valueString": "CARD"}],
        "entry": [{"item": {
            "identifier": {"system": "urn:contrefeu:entry", "value": "n1-capture/2"}, "display": "ORU^R01",
        }}],
    }  # fmt: skip
    assert dropped["extension"] == [{"url": "urn:contrefeu:account-owner", "valueString": "dim"}]
    assert dropped["note"] == [{"text": "looked at and dropped: <b> é"}]


@pytest.mark.req("R7")
def test_lists_are_bounded_and_no_entry_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long one goes on in another; what waits is bounded however many patients there are."""
    monkeypatch.setattr(module, "LIST_ENTRIES_MAX", 3)
    monkeypatch.setattr(module, "WAITING_MAX", 5)
    told = [Told(f"j/{n}", "unaccounted", "missing", "", f"p{n % 4}", "ADT^A01", "") for n in range(40)]
    found = lists(told)
    assert max(len(entries(one)) for one in found) <= 3
    assert sorted(ref for one in found for ref in entries(one)) == sorted(one.entry for one in told)
    assert len({one["id"] for one in found}) == len(found)


@pytest.mark.req("F33")
def test_an_exercises_account_is_labelled() -> None:
    """Nobody takes it for the hospital's."""
    assert all(one["meta"]["security"][0]["code"] == "HTEST" for one in lists(TOLD, drill=True))
