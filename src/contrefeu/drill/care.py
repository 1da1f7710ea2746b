"""How often things are done: schedules of drugs, their next dose, and the values that a body gives.

Rules kept here:
  * Every value is drawn from the generator that is passed in: same seed, same values.
  * A value is text from the moment it is drawn: nobody rounds it later.
  * Times of the day are wall times of the house; a dose at 02:30 in the night the clocks go back is given once.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from contrefeu.drill.clinical import CULTURE, OXYGEN, TROPONIN, Panel, Test
from contrefeu.drill.facts import Schedule, Value
from contrefeu.drill.writing import NS_PER_S

HOUR = 3600 * NS_PER_S
MINUTE = 60 * NS_PER_S

SCHEDULES: dict[str, Schedule] = {
    "morning": Schedule("times", times=("0800",), text="1 fois par jour, le matin"),
    "noon": Schedule("times", times=("1200",), text="1 fois par jour, le midi"),
    "evening": Schedule("times", times=("2000",), text="1 fois par jour, le soir"),
    "twice": Schedule("times", times=("0800", "1600"), text="matin & 16 h"),
    "every-4": Schedule("every", every_hours=4, text="toutes les 4 h"),
    "every-6": Schedule("every", every_hours=6, text="toutes les 6 h"),
    "every-12": Schedule("every", every_hours=12, text="toutes les 12 h"),
    "as-needed-1": Schedule("as-needed", every_hours=1, text="si douleur > 3, 1 h entre 2 prises"),
    "as-needed-4": Schedule("as-needed", every_hours=4, text="si douleur > 6, 4 h entre 2 prises, 6 par jour au plus"),
    "as-needed-6": Schedule("as-needed", every_hours=6, text="si douleur ou T > 38,5, 6 h entre 2 prises"),
    "once": Schedule("once", text="dose unique, à l'induction"),
    "infusion-3": Schedule("infusion", rate="3", rate_unit="mL/h", text="seringue électrique, selon RASS"),
    "infusion-4": Schedule("infusion", rate="4.5", rate_unit="mL/h", text="seringue électrique, objectif PAM > 65"),
    "infusion-42": Schedule("infusion", rate="42", rate_unit="mL/h", text="perfusion continue sur 24 h"),
    "infusion-83": Schedule("infusion", rate="83", rate_unit="mL/h", text="perfusion continue sur 12 h"),
    "taper": Schedule(
        "taper",
        times=("0800",),
        steps=(("40", 3), ("20", 3), ("10", 3)),
        text="40 mg 3 j, puis 20 mg 3 j, puis 10 mg 3 j",
    ),
}
_AS_NEEDED_CHANCE = 0.35  # of a dose each time that one would be allowed
_INFUSION_HOURS = 8  # between two entries of a running infusion: once a shift


def next_dose(schedule: Schedule, after_ns: int, given: int, zone: ZoneInfo, rng: Random) -> int | None:
    """When the next dose is given, as nurses give it: a few minutes early or late. None when there is none."""
    late = rng.randint(-10, 25) * MINUTE
    match schedule.kind:
        case "times" | "taper":
            return _next_of(schedule.times, after_ns, zone) + late
        case "every":
            return after_ns + schedule.every_hours * HOUR + late if given else after_ns + abs(late)
        case "as-needed":
            hours = schedule.every_hours
            while rng.random() > _AS_NEEDED_CHANCE:
                hours += schedule.every_hours
            return after_ns + hours * HOUR + abs(late)
        case "infusion":
            return after_ns + (_INFUSION_HOURS * HOUR if given else 0) + abs(late)
        case _:
            return None if given else after_ns + abs(late)


def dose_of(schedule: Schedule, dose: str, start_ns: int, at_ns: int) -> str:
    """How much of it: a taper has its own dose each day."""
    if schedule.kind != "taper":
        return dose
    day = (at_ns - start_ns) // (24 * HOUR)
    for amount, days in schedule.steps:
        if day < days:
            return amount
        day -= days
    return schedule.steps[-1][0]


def _next_of(times: tuple[str, ...], after_ns: int, zone: ZoneInfo) -> int:
    now = datetime.fromtimestamp(after_ns // NS_PER_S, zone)
    for days in (0, 1, 2):
        date = (now + timedelta(days=days)).date()
        for text in times:
            at = datetime(date.year, date.month, date.day, int(text[:2]), int(text[2:]), tzinfo=zone)
            at_ns = int(at.timestamp()) * NS_PER_S
            # Half an hour: the dose that was just given, a little early, is not the next one again.
            if at_ns > after_ns + 30 * MINUTE:
                return at_ns
    raise AssertionError("a time of the day comes within two days")


def measure(test: Test, rng: Random, *, ill: float = 1.0) -> tuple[str, str]:
    """Draw a value of *test*: its text, and its flag. *ill* widens the spread."""
    if test.code == TROPONIN.tests[0].code:
        return _troponin(test, rng)
    low = Decimal(test.low or "0")
    high = Decimal(test.high or "0")
    if not test.low:  # CRP: most are low, some are very high
        drawn = abs(rng.gauss(0, test.spread * ill))
        return (f"<{test.high}", "") if drawn < float(high) else _rounded(test, drawn)
    return _rounded(test, rng.gauss(float(low + high) / 2, test.spread * ill))


def _rounded(test: Test, drawn: float) -> tuple[str, str]:
    digits = len((test.low or test.high).partition(".")[2])
    if test.code == OXYGEN.code:
        drawn = min(drawn, 100)
    text = f"{max(drawn, 10**-digits):.{digits}f}"
    return text, test.flag(text)


def _troponin(test: Test, rng: Random) -> tuple[str, str]:
    if rng.random() < 0.45:
        return "<3", ""
    text = str(int(rng.lognormvariate(2.9, 1.3)) + 3)
    return text, test.flag(text)


def values_of(panel: Panel, at_ns: int, rng: Random, *, ill: float = 1.0) -> list[Value]:
    """Draw all values of *panel*: an NM, an SN below the limit, or a sentence where there could be none."""
    values = []
    for test in panel.tests:
        text, flag = measure(test, rng, ill=ill)
        kind = "SN" if text[0] in "<>" else "NM"
        status = "F"
        if test.code == "2823-3" and rng.random() < 0.02:  # potassium of a haemolysed sample: no value at all
            text, flag, kind, status = "Prélèvement hémolysé : dosage impossible", "", "ST", "X"
        values.append(Value(test, text, kind, flag, status, at_ns=at_ns))
    return values


def sterile(hours: int, at_ns: int, status: str) -> Value:
    """A blood culture without growth so far."""
    return Value(CULTURE, f"Absence de culture à {hours} h", "ST", "", status, at_ns=at_ns)
