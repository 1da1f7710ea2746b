"""Which results that wait stand in full on top of a page, and which are a ward's one line (F7, D5).

Rules kept here:
  * Nothing is left out: what is not shown in full is counted, ward by ward, with its newest, and one click away.
  * In full: everything while there is little of it; what concerns the patient or the ward that the page is of; what
    concerns the wards that the person's account names. Who serves every ward has a line for each of the others.
"""

from collections.abc import Sequence
from urllib.parse import unquote

from contrefeu.web import Urgent, UrgentWard

FULL_MAX = 3  # results up to which each stands in full: more lines would push the ward's patients off the screen
_WARD_PAGES = ("/ward/", "/round/", "/handover/")


def grouped(
    found: Sequence[Urgent], wards: Sequence[str], path: str
) -> tuple[tuple[Urgent, ...], tuple[UrgentWard, ...]]:
    """Return what stands in full, and the other wards' lines, the newest first.

    Args:
        found: What the person must acknowledge, the gravest and newest first.
        wards: Wards of the person's account.
        path: Of the page.
    """
    if len(found) <= FULL_MAX:
        return tuple(found), ()
    full = tuple(one for one in found if one.ward in wards or _is_of(one, path))
    others: dict[str, list[Urgent]] = {}
    for one in found:
        if one not in full:
            others.setdefault(one.ward, []).append(one)
    lines = [_line(ward, waiting) for ward, waiting in others.items()]
    return full, tuple(sorted(lines, key=lambda line: line.newest.received, reverse=True))


def _line(ward: str, waiting: Sequence[Urgent]) -> UrgentWard:
    newest = max(waiting, key=lambda one: one.received)
    return UrgentWard(ward, len(waiting), sum(one.escalated for one in waiting), newest)


def _is_of(one: Urgent, path: str) -> bool:
    """Whether a page is of the patient, or of the ward where they lie."""
    if one.patient in [unquote(part) for part in path.split("/")]:
        return True
    page = next((page for page in _WARD_PAGES if path.startswith(page)), "")
    return bool(page and one.ward) and unquote(path.removeprefix(page)) == one.ward
