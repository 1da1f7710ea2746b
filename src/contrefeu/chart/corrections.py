"""Results whose value was replaced, with when each value was there to be seen: who saw the old one is told (FIELD F7).

Rules kept here:
  * A correction is a status of the sender's (OBX-11 C, D, W), beside another value than before; a second value of the
    same status is a new result, and none.
  * A value could be seen from the entry that brought it until the entry that replaced it was received.
  * Only what was corrected lately is told: after that it is history, and in the chart.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct

from contrefeu.chart.blood import GROUP_UNSAID, says_group
from contrefeu.chart.boards import place_of
from contrefeu.chart.elements import first, listed, names
from contrefeu.chart.fold import Chart
from contrefeu.chart.patient import patient_resource
from contrefeu.chart.sentences import flag_of, result_name, value_of
from contrefeu.chart.versions import Kept
from contrefeu.chart.work import KEPT_S, NS_PER_S, REPLACING

CORRECTIONS_MAX = 40  # of one chart: a panel that is sent again whole, corrected
_GONE = frozenset({"cancelled", "entered-in-error"})


class Correction(Struct, frozen=True):
    """One value that was replaced."""

    chart: str  # chart id
    name: str
    number: str  # birth date, as the chart has it
    ward: str
    bed: str
    resource: str  # "Observation/id"
    what: str
    old: str  # the value that was there
    now: str  # what the result says now; "" when it was deleted, or called wrong
    at: str  # when it was measured
    entry: str  # that corrected it
    seen_from_ns: int
    seen_until_ns: int


def is_corrected(kept: Kept) -> bool:
    """Whether an object is a result that replaced another value."""
    if kept.kind != "Observation" or kept.now.get("status") not in REPLACING or not kept.earlier:
        return False
    return kept.now.get("status") in _GONE or bool(kept.replaced())


def corrections_of(chart: Chart, received: Callable[[str], int]) -> list[Correction]:
    """Return what was corrected lately, the newest first.

    Args:
        chart: The chart.
        received: When an entry came in (ns).
    """
    since = chart.last_received_ns - KEPT_S * NS_PER_S
    found = [
        one
        for name, kept in chart.kept.items()
        if kept.received_ns >= since and is_corrected(kept)
        for one in _of(chart, name, kept, received)
    ]
    found.sort(key=lambda one: (one.seen_until_ns, one.resource), reverse=True)
    return found[:CORRECTIONS_MAX]


def _of(chart: Chart, name: str, kept: Kept, received: Callable[[str], int]) -> Iterator[Correction]:
    patient = patient_resource(chart.identity, chart.id)
    called = names(patient)
    ward, _, bed = (*place_of(chart), "", "", "")[:3]
    now = kept.now
    versions = kept.earlier if now.get("status") in _GONE else kept.replaced()
    stood = [*(received(one.ref) for one in kept.earlier), kept.received_ns]
    for at, version in enumerate(kept.earlier):
        if version not in versions:
            continue
        yield Correction(
            chart=chart.id,
            name=f"{called.family} {called.given}".strip(),
            number=str(patient.get("birthDate", "")),
            ward=ward,
            bed=bed,
            resource=name,
            what=result_name(now) or "?",
            old=GROUP_UNSAID if says_group(now) else value_of(version.value) or "?",
            now=""
            if now.get("status") in _GONE
            else GROUP_UNSAID
            if says_group(now)
            else listed([value_of(now), flag_of(now)]),
            at=first(now, "effectiveDateTime", "effectivePeriod.start", "issued"),
            entry=kept.ref,
            seen_from_ns=stood[at],
            seen_until_ns=min(stood[at + 1 :]),
        )
