"""What becomes of a page that came back: filed on the chart it was issued for, or queued with a reason.

Rules kept here:
  * A page is filed only if all agree: its code is whole, the journal knows the issue, the signature is the issuer's,
    and form, pages and patient are those that were issued. Anything else waits for a person; nothing is ever tried.
  * A page is filed under the number that its patient had when it was issued: merges carry it on, and their undoing.
  * What is filed is a picture. What was ticked on it is proposed, and waits for a person (Q3).
  * A page taken in twice is one document: it is called by its issue, its page and its picture.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Literal

from msgspec import Struct

from contrefeu.acts import FORM_SYSTEM, ISSUE_SYSTEM, Act, PagesIssued, Papers
from contrefeu.chart import Language
from contrefeu.fhir import exercise
from contrefeu.paper.code import OURS, NotACode, issue_words, read_code
from contrefeu.paper.kinds import FORMS, NAMES
from contrefeu.paper.layouts import LAYOUTS


class Verdict(Struct, frozen=True):
    """What is to be done with a page."""

    state: Literal["filed", "queued", "unreadable"]
    why: str = ""  # of what is not filed
    issued: PagesIssued | None = None
    page: int = 0


class MissingPages(Struct, frozen=True):
    """Pages of one issue that nobody saw again."""

    issue: str  # as it is printed
    form: str
    ward: str
    pages: list[int]
    at: str  # when they were issued
    chart: str


def judge(texts: Sequence[str], issues: Mapping[str, PagesIssued]) -> Verdict:
    """Return what is to be done with a page on which *texts* were read.

    Args:
        texts: Of its QR codes.
        issues: Every issue that the journals know, by number (hex).
    """
    ours = [text for text in texts if text.startswith(OURS)]
    if not ours:
        return Verdict("unreadable", "no code was read")
    if len(ours) > 1:
        return Verdict("queued", "codes of several pages")
    try:
        sealed = read_code(ours[0])
    except NotACode as refused:
        return Verdict("queued", f"not a code of ours: {refused}")
    code = sealed.code
    issued = issues.get(code.issue.hex())
    if issued is None:
        return Verdict("queued", "an issue that is not known here")
    if not sealed.verified_by(bytes.fromhex(issued.signed_by)):
        return Verdict("queued", "a signature that does not hold")
    same = NAMES.get(code.form) == issued.form and code.pages == issued.pages
    if not same or (str(code.patient) if code.patient.int else "") != issued.chart:
        return Verdict("queued", "a code that says something else than its issue")
    if FORMS[issued.form].of_ward:
        return Verdict("queued", "about several patients", issued, code.page)
    if not issued.chart:
        return Verdict("queued", "a blank form: whose?", issued, code.page)
    return Verdict("filed", "", issued, code.page)


def document_of(
    verdict: Verdict, picture: bytes, at: str, by: str, language: Language, *, is_exercise: bool
) -> dict[str, Any]:
    """Return the DocumentReference of a page that is to be filed, dated when it was issued.

    Args:
        verdict: Of a page that is to be filed.
        picture: JPEG.
        at: When it was taken in.
        by: By whom.
        language: Of its title.
        is_exercise: Whether its patient is one of an exercise.
    """
    issued = verdict.issued
    assert issued is not None and verdict.state == "filed"
    authority, _, number = issued.patient.rpartition("|")
    layout = LAYOUTS.get(issued.form)
    title = layout.title[0 if language == "fr" else 1] if layout is not None else issued.form
    name = f"{title} {issue_words(bytes.fromhex(issued.issue))} {verdict.page}/{issued.pages}"
    called = f"{issued.issue}-{verdict.page}-{sha256(picture).hexdigest()[:16]}"
    data = b64encode(picture).decode()
    attachment = {"contentType": "image/jpeg", "data": data, "title": name, "creation": at}
    document = {
        "resourceType": "DocumentReference",
        "identifier": [{"system": ISSUE_SYSTEM, "value": called}],
        "status": "current",
        "docStatus": "final",
        "type": {"coding": [{"system": FORM_SYSTEM, "code": issued.form}], "text": title},
        "subject": {"identifier": {"system": f"urn:id:{authority}", "value": number}},
        "date": issued.at,
        "author": [{"display": by}],
        "description": name,
        "content": [{"attachment": attachment}],
        "context": {"period": {"start": issued.at, "end": at}},
    }
    return exercise(document) if is_exercise else document


def issues_in(acts: Iterable[Act]) -> dict[str, PagesIssued]:
    """Return every issue of a form that is known here; what was said in two ways is left out."""
    return {issue: act for issue, act in _papers(acts).issues.items() if act.form in FORMS}


def missing_in(acts: Iterable[Act], home: Callable[[str], str] = str, ward: str = "") -> list[MissingPages]:
    """Return the pages that were issued to be written on, and neither came back nor were declared lost (Q2).

    Args:
        acts: All that there are, in journal order.
        home: Says as which ward a ward goes by now: pages were issued under its name of then.
        ward: Whose pages alone, under any of its names; "" for every ward's.
    """
    return [
        MissingPages(issue_words(bytes.fromhex(act.issue)), act.form, home(act.ward), pages, act.at, act.chart)
        for act, pages in _papers(acts).missing()
        if not ward or home(act.ward) == home(ward)
    ]


def _papers(acts: Iterable[Act]) -> Papers:
    found = Papers()
    for act in acts:
        found.apply(act)
    return found
