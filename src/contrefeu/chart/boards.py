"""Who lies where, and what a ward must see of each at a glance.

Rules kept here:
  * A row is said by the chart alone: place from the stay in progress, allergies and alerts in their sender's words.
  * What depends on the hour (late, due, coming; results of the last 72 h) is computed when it is asked, from a line
    that the chart gives once: `row_at(board_line(chart), now)` is `board_row(chart, now)`.
  * A death ends due doses and keeps the bed (F19); a protected identity is marked, whoever shows it decides (F24).
  * Who is planned has a line too, which says when they come: it stands on no board as a patient, and takes no bed.
  * What is said of isolation, resuscitation and diet stands apart; what nobody said stays empty, and is never "none".
"""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from contrefeu.base import rfc3339
from contrefeu.chart.disputes import dispute_of
from contrefeu.chart.doses import Course, course, due_items
from contrefeu.chart.elements import (
    ON_BOARD,
    Resource,
    allergies_state,
    allergies_struck,
    cares_of,
    codes,
    concept,
    concepts,
    confidential,
    denies_allergies,
    diet_of,
    display,
    first,
    instant,
    is_struck,
    left_out_of,
    listed,
    names,
    notice_of,
    numbers,
    review_of,
    supplements_of,
    written_here,
)
from contrefeu.chart.flags import flags_of
from contrefeu.chart.fold import Chart
from contrefeu.chart.patient import patient_resource
from contrefeu.chart.replaced import kin, successors
from contrefeu.chart.sentences import HOSPITAL_ZONE, drug_of, drug_said, instructions_of
from contrefeu.chart.stays import encounter, leaves_at, planned_place, present_place, present_stay
from contrefeu.chart.triage import emergency_of, is_level
from contrefeu.chart.trust import doubts_of, reliability_of
from contrefeu.chart.versions import Kept
from contrefeu.chart.views import BoardRow

NS_PER_S = 1_000_000_000
RESULTS_S = 72 * 3600  # seconds for which a flagged result counts on a board: a long week-end (views.BoardRow)
_PRESENT = frozenset({"in-progress", "arrived", "onleave"})
_PARTS = {"wa": 0, "ro": 1, "bd": 2}
_ON_BOARDS = frozenset(
    {"AllergyIntolerance", "Encounter", "Flag", "MedicationAdministration", "MedicationRequest", "NutritionOrder"}
)


class Alert(Struct, frozen=True):
    """One Flag in force."""

    what: str
    until_ns: int  # 0 when no end is said
    care: str = ""  # of ON_BOARD; "" for any other
    review: str = ""  # YYYY-MM-DD: from then on it is to be confirmed


class BoardLine(Struct, frozen=True):
    """What a board keeps of a chart: everything of a row that does not depend on the hour, and what the rest needs."""

    row: BoardRow  # without due items and counts
    courses: list[Course]
    alerts: list[Alert]
    flagged: list[tuple[int, bool]]  # ns of each flagged result, whether it is critical
    doses_heard_ns: int  # when the last word of a dose came in; 0 when none ever did
    deceased: bool
    leaves_ns: int = 0  # when the discharge that was announced comes; 0 when none was
    comes_ns: int = 0  # when a planned stay begins, of who is not there yet; 0 for who is
    drugs: list[str] = []  # prescribed and running, in their senders' words: what a pharmacist is proposed (F13)


def ward_of(chart: Chart) -> str:
    """Return the ward where the patient lies now; "" when in none."""
    place = place_of(chart)
    return place[0] if place else ""


def place_of(chart: Chart, now_ns: int = 0) -> list[str]:
    """Return ward, room, bed of the stay in progress; [] when there is none.

    Only ADT moves a patient. Where no ADT feed ever spoke of one, a FHIR Encounter in progress says the place.

    Args:
        chart: The chart.
        now_ns: Now: a discharge that was announced for an earlier time is over. As the last entry knows it when 0.
    """
    known_ns = max(now_ns, chart.last_received_ns)
    stay = present_stay(chart.stays, known_ns)
    if stay is not None:
        return present_place(stay, known_ns)
    return _fhir_place(_fhir_stay(chart)) if not chart.stays else []


def stay_of(chart: Chart, now_ns: int = 0) -> Resource:
    """Return the stay in progress, as an Encounter: the one that `place_of` speaks of; {} when there is none."""
    known_ns = max(now_ns, chart.last_received_ns)
    stay = present_stay(chart.stays, known_ns)
    if stay is not None:
        return encounter(stay, {}, known_ns)
    return _fhir_stay(chart) if not chart.stays else {}


def leaves_ns(chart: Chart) -> int:
    """Return when the discharge that was announced for the present stay comes (ns); 0 when there is none."""
    stay = present_stay(chart.stays, chart.last_received_ns)
    return leaves_at(stay, chart.last_received_ns) if stay is not None else 0


def board_row(chart: Chart, now_ns: int, zone: str = HOSPITAL_ZONE, *, downtime_ns: int = 0) -> BoardRow | None:
    """Return the patient's row, or None when they are in no ward.

    Args:
        chart: The chart.
        now_ns: Now.
        zone: Of the hospital: "daily 08:00" is its wall time.
        downtime_ns: When the ward's downtime was declared; 0 when it is not (F2).
    """
    line = board_line(chart)
    if line is None or line.comes_ns or has_left(line, now_ns):
        return None
    return row_at(line, now_ns, zone, downtime_ns=downtime_ns)


def board_line(chart: Chart) -> BoardLine | None:
    """Return what a board keeps of *chart*, or None when the patient is in no ward and planned for none."""
    place, stay, comes_ns = place_of(chart), stay_of(chart), 0
    if not place or not place[0]:
        place, comes_ns = planned_place(chart.stays)
    if not place or not place[0]:
        return None
    patient = patient_resource(chart.identity, chart.id)
    called = names(patient)
    allergies = [kept.now for kept in chart.kept.values() if kept.kind == "AllergyIntolerance"]
    deceased = bool(patient.get("deceasedDateTime") or patient.get("deceasedBoolean"))
    row = BoardRow(
        id=chart.id,
        bed=place[2] if len(place) > 2 else "",
        room=place[1] if len(place) > 1 else "",
        ward=place[0],
        family=called.family,
        given=called.given,
        used=called.used,
        birth_date=str(patient.get("birthDate", "")),
        sex=str(patient.get("gender", "")),
        identifiers=[number.words for number in numbers(patient) if not number.old],
        admitted=first(stay, "period.start"),
        allergies=sorted({concept(one.get("code")) or "?" for one in allergies if _is_listed(one)}),
        allergies_state=allergies_state(allergies),
        alerts=[],
        due=[],
        critical=0,
        abnormal=0,
        last_change="",
        confidential=confidential(patient, stay),
        allergies_struck=allergies_struck(allergies),
        heard=[],
        diets=_diets(chart),
        left_out=sorted(set(filter(None, map(left_out_of, _ordered(chart))))),
        deceased=deceased,
        on_leave=stay.get("status") == "onleave",
        doubts=doubts_of(reliability_of(patient)),
        dispute=dispute_of(chart.stays),
        stay_class=str((stay.get("class") or {}).get("code", "")),
        physician=next((display(one.get("individual")) for one in stay.get("participant") or []), ""),
        emergency=emergency_of((kept.kind, kept.now) for kept in chart.kept.values() if _may_be_level(kept)),
    )
    courses = [] if deceased else courses_of(chart)
    drugs = [] if deceased else _drugs(chart)
    line = BoardLine(row, courses, _alerts(chart), _flagged(chart), 0, deceased, leaves_ns(chart), comes_ns, drugs)
    return heard_again(line, chart)


def has_left(line: BoardLine, now_ns: int) -> bool:
    """Whether the hour of a discharge that was announced has come: the patient is on no board any more."""
    return 0 < line.leaves_ns <= now_ns


def on_boards(kept: Kept) -> bool:
    """Whether `board_line` depends on this object of a chart."""
    if kept.kind == "Observation":
        flags = flags_of(kept)
        return flags.standing != "" or flags.level
    return kept.kind in _ON_BOARDS


def flagged_again(line: BoardLine, chart: Chart) -> BoardLine:
    """Return the line of a chart that was *line* before, when of what boards show flagged results alone were said."""
    return heard_again(replace(line, flagged=_flagged(chart)), chart)


def heard_again(line: BoardLine, chart: Chart) -> BoardLine:
    """Return the line of a chart that was *line* before, when nothing was said since but what no board shows.

    Who was heard when is part of a line, and how far back flagged results count.
    """
    since = _since(chart)
    return BoardLine(
        replace(
            line.row,
            last_change=rfc3339(chart.last_received_ns) if chart.last_received_ns else "",
            heard=sorted(chart.heard),
        ),
        line.courses,
        line.alerts,
        [one for one in line.flagged if one[0] >= since],
        max(chart.heard.get("doses", {}).values(), default=0),
        line.deceased,
        line.leaves_ns,
        line.comes_ns,
        line.drugs,
    )


def row_at(line: BoardLine, now_ns: int, zone: str = HOSPITAL_ZONE, *, downtime_ns: int = 0) -> BoardRow:
    """Return the row of *line* as it stands at *now_ns*; the arguments are those of `board_row`."""
    since = now_ns - RESULTS_S * NS_PER_S
    recent = [critical for at_ns, critical in line.flagged if at_ns >= since]
    critical = sum(recent)
    due = due_items(line.courses, now_ns, _zone(zone), heard_ns=line.doses_heard_ns, downtime_ns=downtime_ns)
    alerts = [alert for alert in line.alerts if not alert.until_ns or alert.until_ns > now_ns]
    cares = {care: [alert.what for alert in alerts if alert.care == care] for care in ON_BOARD}
    diets = [*cares["diet"], *line.row.diets]
    today = f"{datetime.fromtimestamp(now_ns / NS_PER_S, _zone(zone)).date()}"
    return replace(
        line.row,
        due=due,
        alerts=[alert.what for alert in alerts],
        isolation=cares["isolation"],
        resuscitation=cares["resuscitation"],
        diets=diets,
        said=[one for one in ON_BOARD if cares[one] or (one == "diet" and (diets or line.row.left_out))],
        to_confirm=[alert.what for alert in alerts if "" < alert.review <= today],
        critical=critical,
        abnormal=len(recent) - critical,
        leaves=rfc3339(line.leaves_ns) if line.leaves_ns else "",
        comes=rfc3339(line.comes_ns) if line.comes_ns else "",
    )


def courses_of(chart: Chart) -> list[Course]:
    """Return every prescription of the chart that can fall due, with the doses that name it."""
    doses: dict[str, list[Resource]] = {}
    requests: dict[str, Resource] = {}
    for name, kept in chart.kept.items():
        if kept.kind == "MedicationAdministration":
            asked = str((kept.now.get("request") or {}).get("reference", "")).removeprefix("urn:uuid:")
            doses.setdefault(asked, []).append(kept.now)
        elif kept.kind == "MedicationRequest":
            parents = [str(one.get("reference")) for one in kept.now.get("basedOn") or []]
            if kept.now.get("intent") != "instance-order" or not any(one in chart.kept for one in parents):
                requests[name] = {**kept.now, "id": name.partition("/")[2]}  # else its prescription says it
    loose = [dose for asked, found in doses.items() if asked not in requests for dose in found]
    after, before = successors(requests), kin(requests)
    made = []
    for name, request in sorted(requests.items()):
        drug = drug_of(request)
        wording = [" · ".join(filter(None, (drug, words))) for words in instructions_of(request)] or [drug]
        one = course(
            request,
            doses.get(name, ()),
            wording,
            [dose for dose in loose if _same_drug(dose, request)],
            [dose for other in before.get(name, ()) for dose in doses.get(other, ())],
            instant(str(requests[after[name]].get("authoredOn", ""))) if name in after else 0,
        )
        if one is not None:
            made.append(one)
    return made


def _drugs(chart: Chart) -> list[str]:
    """The drugs of prescriptions that run."""
    running = [kept.now for kept in chart.kept.values() if kept.kind == "MedicationRequest"]
    return sorted({drug_said(one) for one in running if one.get("status", "active") == "active"} - {""})


def _same_drug(dose: Resource, request: Resource) -> bool:
    """Whether a dose is of the drug of a prescription, by a code or by its words."""
    ours, theirs = (one.get("medicationCodeableConcept") for one in (request, dose))
    return bool(set(codes(ours)) & set(codes(theirs))) or drug_said(dose).casefold() == drug_said(request).casefold()


def _fhir_stay(chart: Chart) -> Resource:
    present = [k.now for k in chart.kept.values() if k.kind == "Encounter" and k.now.get("status") in _PRESENT]
    return max(present, key=_fhir_rank, default={})


def _fhir_rank(stay: Resource) -> tuple[bool, bool, int]:
    """A stay that says where comes first; an outpatient visit never hides an inpatient stay."""
    inside = (stay.get("class") or {}).get("code") != "AMB"
    return bool(_fhir_place(stay)), inside, instant(first(stay, "period.start"))


def _fhir_place(stay: Resource) -> list[str]:
    """Ward, room, bed of an Encounter that says which each is; else its one place as a ward."""
    place = ["", "", ""]
    for found in stay.get("location") or []:
        words = display(found.get("location"))
        if not words or found.get("status") not in {None, "", "active"} or (found.get("period") or {}).get("end"):
            continue
        kind = next(iter(codes(found.get("physicalType"))), "wa")
        if kind in _PARTS:
            place[_PARTS[kind]] = words
    return place if place[0] else []


def _is_listed(allergy: Resource) -> bool:
    return not is_struck(allergy) and not denies_allergies(allergy)


def _alerts(chart: Chart) -> list[Alert]:
    found = []
    for kept in chart.kept.values():
        if kept.kind == "Flag" and is_level(kept.kind, kept.now):
            continue
        if kept.kind == "Flag" and kept.now.get("status", "active") == "active" and not notice_of(kept.now)[0]:
            what = concept(kept.now.get("code")) or concepts(kept.now.get("category"))
            cares = cares_of(kept.now)
            if cares in (["trusted"], ["legal"]) and written_here(kept.now):
                continue  # it is on the chart: a board hangs where visitors read it
            care = next((one for one in cares if one in ON_BOARD), "")
            found.append(Alert(what, _end_of(first(kept.now, "period.end")), care, review_of(kept.now)))
    return sorted((one for one in found if one.what), key=lambda one: one.what)


def _may_be_level(kept: Kept) -> bool:
    return kept.kind == "Flag" or (kept.kind == "Observation" and flags_of(kept).level)


def _ordered(chart: Chart) -> list[Resource]:
    """Orders of diets in force."""
    orders = [kept.now for kept in chart.kept.values() if kept.kind == "NutritionOrder"]
    return [one for one in orders if one.get("status", "active") == "active"]


def _diets(chart: Chart) -> list[str]:
    words = [
        listed([*diet_of(one), str((one.get("oralDiet") or {}).get("instruction", "")), *supplements_of(one)])
        for one in _ordered(chart)
    ]
    return sorted(set(filter(None, words)))


def _end_of(text: str) -> int:
    """The instant until which a period lasts; a day lasts until its end, wherever the day is."""
    return instant(text) + (36 * 3600 * NS_PER_S if len(text) <= 10 else 0) if instant(text) else 0


def _flagged(chart: Chart) -> list[tuple[int, bool]]:
    """Flagged results that may count: none older than the board looks back from the chart's last word."""
    found = []
    for kept in chart.kept.values():
        if kept.kind == "Observation" and (severity := (flags := flags_of(kept)).standing):
            found.append((flags.at_ns or kept.received_ns, severity == "critical"))
    since = _since(chart)
    return sorted(one for one in found if one[0] >= since)


def _since(chart: Chart) -> int:
    return chart.last_received_ns - RESULTS_S * NS_PER_S


@lru_cache(maxsize=8)  # one hospital has one zone; a group has a few
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
