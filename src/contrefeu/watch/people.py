"""Rules of people: what somebody looks at, against what they and their role look at.

Rules kept here:
  * A person is compared with themselves, and a new one with their role: a pharmacist opens a hundred charts a day.
  * Who was looked at is a digest, kept for a day and never written into an alarm.
"""

from collections.abc import Iterator
from math import ceil

from msgspec import Struct, field

from contrefeu.watch.profile import LEARNED_DAYS
from contrefeu.watch.seen import Looked, Signal
from contrefeu.watch.windows import DAY, HOUR, WRONG_A_WEEK, Count, Peaks, by_chance, day_of, hour_of_week, no_peaks

MANY_IN_AN_HOUR = 45  # charts: two wards' rounds
MANY_TIMES = 2.0  # a person's own busiest hour
ROLE_TIMES = 1.4  # the role's busiest hour
SLOW_DAYS_MIN = 5  # working days after which a person is compared with themselves
LEARNED_ALONE_DAYS = 10  # working days of which each one teaches; alarms are raised against the role meanwhile
SLOW_SLACK = 4.0  # charts without a reason in a day that nobody asks about
BUSY_MAX = 3.0  # times a usual day: a day and a night on call
SLOW_LIMIT = 14.0  # of them beyond the slack, added up over days
SLOW_IN_TWO_HOURS = 8  # of them, which is a round of another ward
SLOW_TIMES = 2.0  # the most in two hours that this person ever needed, and one more
VOID_MIN = 4  # charts of nobody who is here, in two hours: somebody who is rung up about three opens three
VOID_MIN_KNOWN = 3  # the same of somebody whose habits are known, where chance does not bring as many
VOID_SPANS_S = (HOUR / 2, 2.0 * HOUR)  # in which they are counted; each is compared with the same span of other days
VOID_TIMES = 1.25  # the most of them in such a span that is a habit of this person, or that a new one's role needed
VOID_PRIOR = 5.0  # of them that a role's habit weighs for, beside the person's own of SETTLED_DAYS
SETTLED_DAYS = 20  # working days that habits are means of
SHIFT_HOURS = 8.0  # over which what somebody opens in a day spreads
EXPORT_DAYS = 40  # who exported nothing for so long is not somebody who exports
NIGHT_CHARTS = 10
NIGHT_SHARE_MAX = 0.01  # of somebody's looks, who does not work at night
NIGHT_DAYS_MIN = 25  # working days after which that is known: nights on call come each second week
GLASS_IN_TWO_HOURS = 4  # glasses of one person: a bad night has three
GLASS_ALL = 12  # broken in the whole house in ten minutes
FAMOUS_VISITORS = 4  # that look at one patient in a day, none of whom cares for them
FAMOUS_PATIENTS = 2  # that one person looks at in a week
ASKED = frozenset(["nurse", "physician", "pharmacist", "laboratory", "biologist"])  # roles that are asked about others
RELATIVES_GONE = 5.0  # charts a day of other wards: who opens more for their work meets namesakes
RELATIVES = 2  # looks in a month: one may be somebody of the same name, or a neighbour
REFUSED_LOGINS = 15  # in ten minutes, of one login; a person gives up after five
REFUSED_ALL = 60  # in ten minutes, of all
PEOPLE_MAX = 20_000  # remembered


def _none() -> list[int]:
    return [0 for _ in VOID_SPANS_S]


class Person(Struct):
    """One login's state."""

    role: str = ""
    day: int = 0
    days: int = 0  # on which they worked
    looks: int = 0
    nights: int = 0  # looks between 22:00 and 5:00
    hour: dict[str, float] = field(default_factory=dict)  # patient -> when, of the last hour
    first_hour: list[str] = field(default_factory=list)  # entries
    peak_hour: float = 0.0  # of the days before; what is learned today counts from tomorrow
    busiest: float = 0.0  # hour of today
    gone: list[str] = field(default_factory=list)  # patients looked at today that are in none of their wards
    gone_at: list[float] = field(default_factory=list)  # when, of the last two hours
    gone_peak: int = 0  # in two hours, of the days before
    gone_most: int = 0  # of today
    void: dict[str, float] = field(default_factory=dict)  # patients of no ward -> when, of the last two hours
    void_refs: list[str] = field(default_factory=list)  # entries
    void_day: int = 0  # of today
    usual_void: float = 0.0  # a day
    void_peaks: Peaks = field(default_factory=lambda: no_peaks(len(VOID_SPANS_S)))
    void_most: list[int] = field(default_factory=_none)  # in each of VOID_SPANS_S, of today
    alarmed: bool = False  # today, because of them
    own: int = 0  # looks today at patients of their wards
    usual_own: float = 0.0
    usual_gone: float = 0.0  # a day
    spread_gone: float = 2.0
    sum_gone: float = 0.0  # beyond the slack, added up
    sum_since: float = 0.0
    night: list[str] = field(default_factory=list)  # patients of this night
    night_from: float = 0.0
    exported: float = 0.0
    glasses: list[float] = field(default_factory=list)
    glass_peak: int = 0  # in two hours, of the days before
    glass_most: int = 0  # of today
    many: bool = False  # whether a rule fired today: such a day is no habit
    famous: dict[str, float] = field(default_factory=dict)
    relatives: list[float] = field(default_factory=list)
    refused: Count = field(default_factory=Count)


class Crowd(Struct):
    """What is normal of a role, or of everybody."""

    peak_hour: float = 0.0
    usual_gone: float = 0.0
    usual_void: float = 0.0
    void_peaks: Peaks = field(default_factory=lambda: no_peaks(len(VOID_SPANS_S)))
    days: int = 0


class People(Struct):
    """Everybody's state."""

    first: float = 0.0
    persons: dict[str, Person] = field(default_factory=dict)
    roles: dict[str, Crowd] = field(default_factory=dict)
    glasses: Count = field(default_factory=Count)
    refused: Count = field(default_factory=Count)
    spans_first: float = 0.0  # since when what is usual within hours is learned: it was not, in older memories
    voids: int = 0  # looks at charts of nobody who is here, ever: each might be the last of a chance crowd
    famous: dict[str, dict[str, float]] = field(default_factory=dict)  # patient -> who looked, and when


def looked_signals(people: People, one: Looked, zone: str) -> Iterator[Signal]:
    """What a look gives away; the person's state learns from it."""
    people.first = people.first or one.at
    people.spans_first = people.spans_first or one.at
    if len(people.persons) >= PEOPLE_MAX and one.who not in people.persons:
        people.persons.pop(next(iter(people.persons)))
    person = people.persons.setdefault(one.who, Person())
    person.role = one.role or person.role
    crowd = people.roles.setdefault(person.role, Crowd())
    _new_day(person, crowd, one, zone)
    if one.kind == "refused":
        yield from _refused(people, person, one)
        return
    if "leave" in one.marks:
        yield _signal("on-leave", one, {})
    if "honey" in one.marks:
        yield _signal("honey", one, {})
    if one.kind == "export":
        yield from _exported(person, one, zone)
    if one.kind == "denied":
        yield from _void(people, person, crowd, one)
        yield from _marked(people, person, one)
        return
    if one.kind == "glass":
        yield from _glass(people, person, one)
    elif one.patient:
        yield from _looked(people, person, crowd, one, zone)


def _signal(
    rule: str, one: Looked, seen: dict[str, float], since: float = 0.0, more: list[str] | None = None
) -> Signal:
    return Signal(rule, one.who, one.at, since or one.at, seen, [*(more or []), one.ref][:8])


def _new_day(person: Person, crowd: Crowd, one: Looked, zone: str) -> None:
    """Learn from the day that is over."""
    today = day_of(one.at, zone)
    if person.day == today:
        return
    if person.day:
        gone = len(person.gone)
        over = gone - _slack(person, crowd)
        person.sum_gone = 0.0 if person.alarmed else max(0.0, person.sum_gone + over)
        if not person.sum_gone or person.days < LEARNED_ALONE_DAYS:
            person.sum_gone = person.sum_since = 0.0
            weight = 1 / min(SETTLED_DAYS, person.days + 1) / (2 if person.alarmed else 1)  # a new task: in weeks
            person.usual_gone += weight * (gone - person.usual_gone)
            person.spread_gone += weight * (abs(gone - person.usual_gone) - person.spread_gone)
            crowd.usual_gone += (gone - crowd.usual_gone) / min(500, crowd.days + 1)
            person.usual_void += weight * (person.void_day - person.usual_void)
            crowd.usual_void += (person.void_day - crowd.usual_void) / min(500, crowd.days + 1)
            crowd.days += 1
        person.usual_own += (person.own - person.usual_own) / min(SETTLED_DAYS, person.days + 1)
        person.days += 1
        if not person.many:
            person.peak_hour = max(person.peak_hour * 0.99, person.busiest)
            if not person.alarmed:
                person.gone_peak = max(person.gone_peak, person.gone_most)
                person.void_peaks.learn(map(float, person.void_most))
                crowd.void_peaks.fade(0.9995)
                crowd.void_peaks.learn(map(float, person.void_most))
            person.glass_peak = max(person.glass_peak, person.glass_most)
            crowd.peak_hour = max(crowd.peak_hour * 0.9995, person.busiest)
    person.day, person.gone, person.own, person.alarmed, person.many = today, [], 0, False, False
    person.busiest, person.glass_most, person.gone_most = 0.0, 0, 0
    person.void_day, person.void_most = 0, _none()


def _slack(person: Person, crowd: Crowd) -> float:
    """Charts without a reason that this person may open in a day."""
    own = person.usual_gone + person.spread_gone / 2
    usual = own if person.days >= SLOW_DAYS_MIN else max(own, crowd.usual_gone)
    busy = max(1.0, min(BUSY_MAX, person.own / person.usual_own)) if person.usual_own >= 1 else 1.0
    return SLOW_SLACK + usual * busy


def _looked(people: People, person: Person, crowd: Crowd, one: Looked, zone: str) -> Iterator[Signal]:
    person.looks += 1
    person.own += one.place == "own"
    yield from _many(person, crowd, one)
    if one.place in ("other", "gone") and one.patient not in person.gone:
        person.gone.append(one.patient)
        person.sum_since = person.sum_since or one.at
        person.gone_at = [at for at in person.gone_at if one.at - at < 2 * HOUR] + [one.at]
        person.gone_most = max(person.gone_most, len(person.gone_at))
        settled = one.at - people.spans_first > LEARNED_DAYS * DAY
        total = person.sum_gone + len(person.gone) - _slack(person, crowd)
        slow = total > max(SLOW_LIMIT, 5 * person.spread_gone)
        if (slow and one.at - people.first > LEARNED_DAYS * DAY) or (settled and _in_two_hours(person)):
            person.alarmed = True
            seen = {"today": float(len(person.gone)), "usual": round(person.usual_gone, 1)}
            yield _signal("looks-without-reason", one, seen, person.sum_since if slow else person.gone_at[0])
    if one.place == "gone" or (one.place == "other" and not person.days and not crowd.days):
        yield from _void(people, person, crowd, one)
    yield from _at_night(person, one, zone)
    if one.place != "own":
        yield from _marked(people, person, one)


def _in_two_hours(person: Person) -> bool:
    """Whether the last two hours hold more of them than a settled person ever needed; a new one is given days."""
    usual = max(SLOW_IN_TWO_HOURS, SLOW_TIMES * person.gone_peak + 1, 2 * person.usual_gone)
    return person.days >= LEARNED_ALONE_DAYS and len(person.gone_at) > usual


def _void(people: People, person: Person, crowd: Crowd, one: Looked) -> Iterator[Signal]:
    """Charts that are nobody's work: of patients in no ward, any chart for a role that opens none, and refused ones."""
    person.void = {patient: at for patient, at in person.void.items() if one.at - at < VOID_SPANS_S[-1]}
    if one.patient in person.void:
        return
    person.void[one.patient] = one.at
    person.void_refs = [*person.void_refs, one.ref][-VOID_MIN:]
    person.void_day += 1
    people.voids += 1
    times = list(person.void.values())
    counts = [sum(one.at - at < span for at in times) for span in VOID_SPANS_S]
    person.void_most = [max(pair) for pair in zip(person.void_most, counts, strict=True)]
    known = person.days >= LEARNED_ALONE_DAYS
    peaks = person.void_peaks.habit if known else crowd.void_peaks.highest
    chances = _void_chances(people, person, crowd, one.at)
    for found, peak in zip(counts, peaks, strict=True):
        since = times[-found]
        enough = found >= max(VOID_MIN_KNOWN if known else VOID_MIN, ceil(VOID_TIMES * peak + 1))
        by_luck = by_chance(found - 1, _voids_an_hour(person, crowd) * (one.at - since) / HOUR) * chances
        if enough and by_luck < WRONG_A_WEEK and one.at - people.spans_first > LEARNED_DAYS * DAY:
            person.alarmed = True
            minutes = ceil((one.at - since) / 60)
            seen = {"within_minutes": float(minutes), "there": float(found), "usual_at_most": float(round(peak))}
            yield _signal("looks-without-reason", one, seen, since, person.void_refs[:-1])
            return


def _void_chances(people: People, person: Person, crowd: Crowd, at: float) -> float:
    """Looks of a week of which each may be the last of a chance crowd.

    Those of the house; or, where a person's are rare, theirs, as each person has an equal part of WRONG_A_WEEK as well:
    the lower bound counts, as for silences of a quiet hour.
    """
    of_house = people.voids * 7 * DAY / max(DAY, at - people.spans_first)
    return min(of_house, 7 * SHIFT_HOURS * _voids_an_hour(person, crowd) * len(people.persons))


def _voids_an_hour(person: Person, crowd: Crowd) -> float:
    """What is usual of them: a person's few weeks say little of what happens twice a month; the role's say the rest."""
    if not crowd.usual_void:
        return person.usual_void / SHIFT_HOURS
    days, prior = min(SETTLED_DAYS, person.days), VOID_PRIOR / crowd.usual_void
    return (days * person.usual_void + VOID_PRIOR) / (days + prior) / SHIFT_HOURS


def _many(person: Person, crowd: Crowd, one: Looked) -> Iterator[Signal]:
    oldest = one.at - HOUR
    if len(person.hour) % 16 == 0 or min(person.hour.values(), default=0.0) < oldest:
        person.hour = {patient: at for patient, at in person.hour.items() if at >= oldest}
    if one.patient not in person.hour:
        person.first_hour = [*person.first_hour, one.ref][-4:]
    person.hour[one.patient] = one.at
    limit = max(
        MANY_IN_AN_HOUR, MANY_TIMES * person.peak_hour, ROLE_TIMES * crowd.peak_hour if person.days < 5 else 0.0
    )
    if len(person.hour) > limit:
        person.many = True
        seen = {"in_an_hour": float(len(person.hour)), "usual_at_most": round(person.peak_hour, 1)}
        yield _signal("looks-many", one, seen, min(person.hour.values()), person.first_hour)
    person.busiest = max(person.busiest, float(len(person.hour)))


def _is_night(at: float, zone: str) -> bool:
    return not 5 <= hour_of_week(at, zone) % 24 < 22


def _at_night(person: Person, one: Looked, zone: str) -> Iterator[Signal]:
    night = _is_night(one.at, zone)
    if person.night and (
        not night or one.at - person.night_from > DAY / 2
    ):  # that night is over: it is a habit, or none
        person.nights += len(person.night)
        person.night = []
    if not night:
        return
    person.night_from = person.night_from if person.night else one.at
    if one.patient not in person.night:
        person.night.append(one.patient)
    never = person.days >= NIGHT_DAYS_MIN and person.nights < NIGHT_SHARE_MAX * person.looks
    if never and len(person.night) >= NIGHT_CHARTS:
        yield _signal("at-night", one, {"charts": float(len(person.night))}, person.night_from)


def _exported(person: Person, one: Looked, zone: str) -> Iterator[Signal]:
    known = person.exported and one.at - person.exported < EXPORT_DAYS * DAY
    if not known or _is_night(one.at, zone):
        yield _signal("export", one, {"at_night": float(_is_night(one.at, zone))})
    person.exported = one.at


def _glass(people: People, person: Person, one: Looked) -> Iterator[Signal]:
    person.glasses = [at for at in person.glasses if one.at - at < 2 * HOUR] + [one.at]
    people.glasses.add(one.at, one.ref)
    if len(person.glasses) >= max(GLASS_IN_TWO_HOURS, 2 * person.glass_peak + 1):
        person.many = True
        yield _signal("glass-cluster", one, {"in_two_hours": float(len(person.glasses))}, person.glasses[0])
    person.glass_most = max(person.glass_most, len(person.glasses))
    if people.glasses.here > max(GLASS_ALL, 3 * people.glasses.peak_slot):
        seen = {"in_ten_minutes": float(people.glasses.here)}
        yield _signal("glass-cluster", one, seen, people.glasses.first_at, people.glasses.first)._replace(subject="*")


def _marked(people: People, person: Person, one: Looked) -> Iterator[Signal]:
    if "famous" in one.marks:
        who = {login: at for login, at in people.famous.get(one.patient, {}).items() if one.at - at < DAY}
        people.famous[one.patient] = who | {one.who: one.at}
        person.famous = {p: at for p, at in person.famous.items() if one.at - at < 7 * DAY} | {one.patient: one.at}
        asked = one.role in ASKED and one.kind != "denied"
        if len(person.famous) >= (FAMOUS_PATIENTS if asked else 1):
            yield _signal("famous", one, {"patients": float(len(person.famous))}, min(person.famous.values()))
        if len(who) + 1 >= FAMOUS_VISITORS:
            seen = {"people": float(len(who) + 1)}
            yield _signal("famous", one, seen, min(who.values()))._replace(subject="*")
    alike = ("relative" in one.marks and person.usual_gone < RELATIVES_GONE) + ("household" in one.marks)
    if alike:  # a namesake who lives under the same roof counts twice
        person.relatives = [at for at in person.relatives if one.at - at < 30 * DAY] + [one.at] * alike
        if len(person.relatives) >= RELATIVES:
            yield _signal("relatives", one, {"looks": float(len(person.relatives))}, person.relatives[0])


def _refused(people: People, person: Person, one: Looked) -> Iterator[Signal]:
    for count, limit, subject in ((person.refused, REFUSED_LOGINS, one.who), (people.refused, REFUSED_ALL, "*")):
        count.add(one.at, one.ref)
        if count.here >= max(limit, 3 * count.peak_slot):
            seen = {"in_ten_minutes": float(count.here)}
            yield _signal("logins-refused", one, seen, count.first_at, count.first)._replace(subject=subject)
