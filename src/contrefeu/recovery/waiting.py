"""What waits for a person once a replay ended, entry by entry, with the reason and whose turn it is.

    {"plan": "contrefeu-waiting/1", "at": "…", "against": "…", "findings": "…", "target": "…", "profile": "…",
     "ran": "…", "dry": false}
    {"entry": "n1-capture/7", "do": "hold", "patient": "…", "type": "ORM^O01", "ward": "…", "day": "…", "why": "…",
     "turn": "physician"}

    hold      it is not sent before somebody decided
    doubt     it was sent, and had no answer
    rejected  the target rejected it
    behind    it goes once an earlier entry of its patient is settled, named in `behind`

Rules kept here:
  * A run leaves one file, of what it found; the next run leaves another. Nothing is decided by it.
  * Every reason has a turn. One that is in no row is the plan's own, of whoever recovers, or says what no message can
    hold, and the ward types it. Whom a plan's line names as its owner goes before.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from contrefeu.recovery.paths import RETYPED
from contrefeu.recovery.plan import NOT_THERE, Header, Line

FORMAT = "contrefeu-waiting/1"
TO_REVIEW = "it waits to be looked at: somebody takes it up or drops it on the page Reprise"
SILENT = "it was sent, and had no answer"
SILENT_AGAIN = "it was sent again since the plan was written, and had no answer"
REJECTED = "the target rejected it"
State = Literal["hold", "doubt", "rejected", "behind"]
Turn = Literal["physician", "billing", "recovery", "review", "ward", "identities", "interfaces", "node", "plan", ""]
_BILLS = ("DFT", "BAR")  # MSH-9.1
TURNS: Mapping[str, Turn] = {
    "it would ask somebody to act again": "physician",
    "it would ask somebody to act again, or the profile leaves its kind out": "physician",
    RETYPED: "ward",
    "it is not one HL7 v2 message": "ward",
    "it is no FHIR": "ward",
    "it says nothing that FHIR can hold, or that the target does not": "ward",
    "somebody must decide": "recovery",
    NOT_THERE: "recovery",
    SILENT: "recovery",
    SILENT_AGAIN: "recovery",
    "it was never sent: nobody can have seen it arrive": "recovery",
    "the target holds another message under its control id": "recovery",
    "the target holds something else under its number": "recovery",
    TO_REVIEW: "review",
    REJECTED: "interfaces",
    "it is sealed to a role, whose words open it: send it by hand": "recovery",
    "it holds several messages": "interfaces",
    "it holds the marks of a frame": "interfaces",
    "it has no control id (MSH-10)": "interfaces",
    "it asks for no answer (MSH-15, MSH-16): a marked form asks for one": "interfaces",
    "whether its application answers depends (MSH-16): a marked form asks for an answer": "interfaces",
    "it is about nobody whom a chart knows, or about several": "identities",
    "its patient has no number that the target could know": "identities",
    "the target has another name, birth date, sex or death of this patient: change it there": "identities",
    "the target has several patients of the lost number, or does not say which version it has": "identities",
    "the target keeps the other number of a merge: unite them there by hand": "identities",
    "two patients after all: part them there by hand": "identities",
    "two patients after all: no message says so, part them there by hand": "identities",
    "no journal here holds it": "node",
    "it cannot be read here (journal-tampered)": "node",
    "it cannot be read here (journal-unreadable)": "node",
    "somebody dropped it since the plan was written": "plan",
    "it was withdrawn by two persons": "plan",
    "the plan names no entry by it": "plan",
}
"""Reason -> whose turn it is, in the words of the pages (contrefeu.station.recovery_words)."""


class WaitingHeader(Header, frozen=True, kw_only=True):
    """The first line."""

    ran: str  # RFC 3339, when the run began
    dry: bool  # whether it sent nothing


class Waiting(Struct, frozen=True, omit_defaults=True):
    """One entry."""

    entry: str
    do: State
    patient: str
    type: str
    ward: str
    day: str
    why: str
    owner: str = ""  # as the plan says it
    turn: Turn = ""  # "" of what waits for another entry
    behind: str = ""  # which
    code: str = ""  # of a rejection: MSA-1, or an HTTP status


def waiting_header(plan: Header, ran: str, *, dry: bool) -> WaitingHeader:
    """Return what the file of a run of *plan* begins with; *ran* is when."""
    return WaitingHeader(FORMAT, plan.at, plan.against, plan.findings, plan.target, plan.profile, ran=ran, dry=dry)


def waits(line: Line, do: State, why: str, code: str = "") -> Waiting:
    """Return that *line* waits for somebody."""
    turn = _turn(line, why)
    return Waiting(line.entry, do, line.patient, line.type, line.ward, line.day, why, line.owner, turn, code=code)


def waits_behind(line: Line, earlier: str) -> Waiting:
    """Return that *line* waits for an *earlier* entry of its patient."""
    return Waiting(line.entry, "behind", line.patient, line.type, line.ward, line.day, "", behind=earlier)


def _turn(line: Line, why: str) -> Turn:
    found = TURNS.get(why, "recovery" if why == line.why else "ward")
    return "billing" if found == "physician" and line.type.startswith(_BILLS) else found
