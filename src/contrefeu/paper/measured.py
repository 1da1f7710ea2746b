"""What was measured in the last 72 hours, as rows of a page.

Rules kept here:
  * Values, units, ranges and flags print as they were sent (F5); a value that was taken back is struck.
  * A curve joins values of one code, one unit and one method alone, three at least: two make no trend.
  * NEWS2 stands among the notes where it was turned on, with its parts, or why there is none (F8).
  * No blood group outside its document (F11). Older measurements are counted.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from contrefeu.chart import BLOOD_GROUPS, Language, instant, word
from contrefeu.chart.sheet import Score, Series, Sheet, Value, results_of, warning_score
from contrefeu.paper.setting import Setting, heard_words

RESULTS_HOURS = 72  # hours of results that a page prints: a long week-end (W3)
EARLIER_MAX = 4  # earlier values beside the last one: as many as fit a line
_HOUR_NS = 3600 * 1_000_000_000


class Row(Struct, frozen=True):
    """One measurement."""

    name: str
    value: str
    flag: str
    strong: bool
    struck: bool
    when: str
    range: str
    earlier: list[str]
    curve: list[float]  # 0 to 1, oldest first; [] when there is no honest curve


class PanelRows(Struct, frozen=True):
    """Measurements of one request."""

    name: str
    rows: list[Row]


class Results(Struct, frozen=True):
    """What was measured lately."""

    title: str
    said: str
    panels: list[PanelRows]
    notes: list[str]


def results_for(sheet: Sheet, setting: Setting) -> Results:
    """Return what was measured lately, and what is not printed of it."""
    found = results_of(sheet)
    since = setting.now_ns - RESULTS_HOURS * _HOUR_NS
    panels, older, groups = [], 0, False
    for kind, of_kind in (("laboratory", found.laboratory), ("micro", found.micro), ("vital", found.vital)):
        for panel in of_kind:
            groups = groups or any(map(_is_blood_group, panel.series))
            series = [one for one in panel.series if not _is_blood_group(one)]
            recent = [one for one in series if instant(one.last.when) >= since or not instant(one.last.when)]
            older += len(series) - len(recent)
            if recent:
                name = panel.name or setting.say(kind)
                panels.append(PanelRows(name, [_row(one, since, setting) for one in recent]))
    notes = [setting.say("blood group")] if groups else []
    if setting.news2:
        notes.append(score_words(warning_score(sheet, ZoneInfo(setting.zone)), setting))
    said = heard_words(sheet, setting, "results")
    if not panels and said != setting.say("no source"):
        notes.append(setting.say("no result 72 h"))
    if older:
        notes.append(f"{older} {setting.say('older results')}")
    return Results(setting.say("results 72 h"), said, panels, notes)


def score_words(score: Score, setting: Setting) -> str:
    """Return a NEWS2 in one line, or why there is none."""
    if score.total is None:
        lacks = ", ".join(setting.say(f"news2 {name}") for name in score.missing)
        return " ".join(filter(None, (setting.say("no news2"), setting.say(f"news2 {score.why}"), lacks)))
    parts = ", ".join(f"{setting.say(f'news2 {name}')} {points}" for name, points in score.points)
    newer = f" {setting.say('news2 newer')} {setting.short(score.newer)}." if score.newer else ""
    ask = f" {setting.say('news2 pregnancy')}" if score.ask_pregnancy else ""
    said = setting.say("colon").join(("NEWS2", f"{score.total} ({setting.short(score.when)})", parts))
    return f"{said}.{newer}{ask}"


def _is_blood_group(series: Series) -> bool:
    return any(code in series.key.split("|") for code in BLOOD_GROUPS)


def _row(series: Series, since: int, setting: Setting) -> Row:
    last = series.last
    recent = [one for one in series.values if instant(one.when) >= since]
    shown = recent[1 : 1 + EARLIER_MAX]
    earlier = [f"{_measured(one, setting.language)} ({setting.short(one.when)})" for one in shown]
    earlier += [f"+\u00a0{len(recent) - 1 - len(shown)}"] if len(recent) - 1 > len(shown) else []
    replaced = [f"{word('before', setting.language)} {value}" for value, _ in last.before]
    return Row(
        name=series.name or "?",
        value=_value(last, setting.language) or word("no value", setting.language),
        flag=f"{last.flag} {last.sign}".strip(),
        strong=bool(last.severity),
        struck=last.gone,
        when=setting.short(last.when),
        range=last.range,
        earlier=[*replaced, *earlier, *([last.note] if last.note else [])],
        curve=_curve(recent),
    )


def _value(last: Value, language: Language) -> str:
    """The last value; its flag stands in a column of its own."""
    status = "" if last.status in {"final", ""} else word(f"result {last.status}", language).upper()
    return " ".join(filter(None, (last.value, last.unit, status)))


def _measured(one: Value, language: Language) -> str:
    """An earlier value of a series, whose values have one unit."""
    status = "" if one.status in {"final", ""} else word(f"result {one.status}", language).upper()
    return " ".join(filter(None, (one.value, f"[{one.flag}]" if one.flag else "", status)))


def _curve(values: Sequence[Value]) -> list[float]:
    plain = [one.number for one in reversed(values) if not one.gone]
    numbers = [float(one) for one in plain if one is not None]
    if len(numbers) < 3:
        return []
    low, high = min(numbers), max(numbers)
    return [0.5 if high == low else round((one - low) / (high - low), 3) for one in numbers]
