"""The officer's page: two persons withdraw and undo; others see what waits for them, and nothing that is withdrawn.

Method: visitors of the ward app on a ward in memory; what the acts do to charts is tests/chart/test_withdrawn.py.
"""

import pytest

from contrefeu.acts import WithdrawalConfirmed, WithdrawalProposed, decode
from contrefeu.journal import MEDIA_ACT
from tests.station.visitors import Visitor, join, text_of, visitor

ENTRY = "n7f3k2-capture/1"


def acts(at: Visitor) -> list[object]:
    """What people did since they were enrolled."""
    done = [decode(entry.body) for entry in at.charts.journal if entry.media_type == MEDIA_ACT]
    return [act for act in done if type(act).__name__.startswith("Withdrawal")]


@pytest.mark.req("F41")
def test_two_persons_withdraw_and_show_again():
    """Proposed by the physician, confirmed by the officer; the physician cannot confirm their own."""
    at = visitor("martin")
    assert at.post("/withdrawals", do="propose", kind="entry", target=ENTRY, reason="erreur").status_code == 303
    (proposed,) = acts(at)
    assert isinstance(proposed, WithdrawalProposed)
    assert (proposed.kind, proposed.target, proposed.reason) == ("entry", ENTRY, "erreur")
    page = at.get("/withdrawals").text
    assert "erreur" in page
    assert "Confirmer" not in page, "not one's own"
    ref = next(entry.ref for entry in reversed(at.charts.journal) if entry.media_type == MEDIA_ACT)
    assert at.post("/withdrawals", do="confirm", proposal=ref).status_code == 400

    join(at, "dpo")
    assert "Confirmer" in at.get("/withdrawals").text
    assert at.post("/withdrawals", do="confirm", proposal=ref).status_code == 303
    assert isinstance(acts(at)[-1], WithdrawalConfirmed)
    assert "retiré" in text_of(at.get("/withdrawals"))

    join(at, "martin")
    assert "erreur" not in at.get("/withdrawals").text, "listed for the officer only"
    join(at, "dpo")
    assert at.post("/withdrawals", do="undo", proposal=ref, reason="").status_code == 400
    assert at.post("/withdrawals", do="undo", proposal=ref, reason="à nous").status_code == 303
    assert "quelqu’un propose" in text_of(at.get("/withdrawals"))
    assert at.looks("act"), "it was journaled that the page was looked at"


@pytest.mark.req("F41")
def test_a_patient_is_named_by_every_number():
    """So that a fold in another order hides the same entries."""
    at = visitor("dpo")
    assert at.post("/withdrawals", do="propose", kind="patient", target="0100234", reason="x").status_code == 303
    (act,) = acts(at)
    assert isinstance(act, WithdrawalProposed)
    assert (act.target, act.chart, act.keys) == ("p-durand", "p-durand", ["P CHU|0100234"])


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "entry", "target": "nowhere/1", "reason": "x"},
        {"kind": "entry", "target": "n7f3k2-station/1", "reason": "x"},
        {"kind": "entry", "target": ENTRY, "reason": " "},
        {"kind": "patient", "target": "99", "reason": "x"},
        {"kind": "document", "target": "DocumentReference/none", "patient": "0100234", "reason": "x"},
        {"kind": "ward", "target": "0100234", "reason": "x"},
    ],
)
@pytest.mark.req("F41")
def test_what_cannot_be_is_refused_in_words(form):
    """Nothing of that name, somebody's act, no reason: nothing is written, and the page says so."""
    at = visitor("dpo")
    answer = at.post("/withdrawals", do="propose", **form)
    assert answer.status_code == 400
    assert "Rien n’a été changé" in text_of(answer)
    assert acts(at) == []


@pytest.mark.req("F41")
def test_others_do_not_come_in():
    """A nurse: the page is not theirs."""
    at = visitor("nadia")
    assert at.get("/withdrawals").status_code == 403
    assert at.post("/withdrawals", do="propose", kind="entry", target=ENTRY, reason="x").status_code == 403
