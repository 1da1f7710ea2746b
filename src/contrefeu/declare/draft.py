"""A declaration's draft: each field of its regime with what the file says, or "to be filled in"; as text and as PDF.

Rules kept here:
  * What a person wrote for a field (an incident's note) comes before what the journals say.
  * A mandatory field that nobody and nothing fills is listed, by its id; "unknown" is said and still listed.
  * The text for a phone and the sheet are made of the same draft.
  * Codes are said in words: an alarm's rule, a note's field, a declaration. No login but of who wrote stands there.
"""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

from msgspec import Struct

from contrefeu.acts import ALARM_RULES, Incident
from contrefeu.base import rfc3339
from contrefeu.chart import Language, moment
from contrefeu.declare.deadlines import due_ns
from contrefeu.declare.file import Event, IncidentFile
from contrefeu.declare.regimes import FieldRule, Regime, moments
from contrefeu.declare.words import WORDS
from contrefeu.typeset import document
from contrefeu.web import catalogue

KINDS_NAMED = 8  # message types that a draft lists
EVENTS_MAX = 60  # lines of the timeline on a sheet: two pages; the journal has the rest
PHONE_EVENTS_MAX = 12  # on a phone


class House(Struct, frozen=True):
    """What the house always says of itself, and in which words."""

    facility: str
    zone: str
    language: Language
    contact: str = ""
    dpo: str = ""
    structure_id: str = ""
    exercise: bool = False


class Filled(Struct, frozen=True):
    """One field."""

    id: str
    label: str
    clause: str
    mandatory: bool
    text: str
    empty: bool  # nobody and nothing says it for certain


class Draft(Struct, frozen=True):
    """One declaration, as far as it is known now."""

    regime: str
    title: str
    deadline: str | None  # RFC 3339
    late: bool
    fields: list[Filled]
    page: dict[str, Any]  # words of the sheet

    @property
    def empty_fields(self) -> list[str]:
        """Ids of mandatory fields that are empty."""
        return [one.id for one in self.fields if one.mandatory and one.empty]


def make_draft(file: IncidentFile, regime: Regime, regimes: dict[str, Regime], house: House, now_ns: int) -> Draft:
    """Fill *regime* from *file*."""
    return _Writer(file, regime, regimes, house, now_ns).draft()


class _Writer:
    def __init__(
        self, file: IncidentFile, regime: Regime, regimes: dict[str, Regime], house: House, now_ns: int
    ) -> None:
        self.file, self.regime, self.house, self.now_ns = file, regime, house, now_ns
        self.regimes, self.moments = regimes, moments(regimes.values())
        self.words = WORDS[house.language]
        self.due_ns: int | None = None
        self.provisional = False
        if file.incident is not None:
            self.due_ns, self.provisional = due_ns(regime, file.incident, regimes, house.zone)
        elif file.awareness is not None:
            stand_in = Incident("", "", file.awareness.at, file.awareness.at, "")
            self.due_ns, self.provisional = due_ns(regime, stand_in, regimes, house.zone)
        self.late = self.due_ns is not None and now_ns > self.due_ns and not self._sent()

    def draft(self) -> Draft:
        rules = [rule for rule in self.regime.fields if self.late or not rule.late]
        fields = [self._field(rule) for rule in rules]
        title = self.regime.title.of(self.house.language)
        due = rfc3339(self.due_ns) if self.due_ns is not None else None
        return Draft(self.regime.id, title, due, self.late, fields, self._page(title, fields))

    def at(self, text: str) -> str:
        """A time as people here write it."""
        return moment(text, self.house.language, self.house.zone)

    def _sent(self) -> bool:
        return self.file.incident is not None and self.regime.id in self.file.incident.sent

    # Fields.

    def _field(self, rule: FieldRule) -> Filled:
        said = self.file.said(rule.id) if rule.id not in ("measures", "awareness") else ""
        found, sure = (said, True) if said else self._known(rule.id)
        empty = not (found and sure)
        found = self.at(found) if said and rule.id in self.moments else found
        return Filled(rule.id, rule.label(self.house.language), rule.clause, rule.mandatory, found, empty)

    def _known(self, name: str) -> tuple[str, bool]:
        """What the journals and the settings say of a field, and whether that fills it."""
        ways: dict[str, Callable[[], tuple[str, bool]]] = {
            "facility": lambda: (self.house.facility, True),
            "contact": lambda: (self.house.contact, True),
            "dpo": lambda: (self.house.dpo, True),
            "structure_id": lambda: (self.house.structure_id, True),
            "declarant": self._declarant,
            "awareness": self._awareness,
            "description": lambda: (self._description(), True),
            "systems": lambda: (", ".join(self.file.systems), True),
            "impact": lambda: (self._impact(), True),
            "measures": lambda: (self._measures(), True),
            "breach_date": lambda: (self._breach_date(), True),
            "persons": self._persons,
            "records": self._records,
            "person_categories": lambda: (self.words["patients"] if self._counted() else "", True),
            "record_categories": lambda: (self._kinds(), True),
        }
        return ways[name]() if name in ways else ("", False)

    def _awareness(self) -> tuple[str, bool]:
        found = self.file.awareness
        if found is None:
            return "", False
        kind = "aware" if found.recorded else "aware_unrecorded"
        by = self.file.declarant[0] or found.by
        return self.words[kind].format(at=self.at(found.at), by=by), found.recorded

    def _declarant(self) -> tuple[str, bool]:
        """Name and function; a login alone fills no form."""
        name, role = self.file.declarant
        if name:
            return ", ".join([name, self.words["roles"].get(role, role)]), True
        return self.file.incident.opened_by if self.file.incident else "", False

    def _description(self) -> str:
        parts = [f"{self.file.incident.title.rstrip('.')}."] if self.file.incident else []
        return " ".join([*parts, *self._downtime()])

    def _downtime(self) -> list[str]:
        lifted = self.words["lifted_at"].format(at=self.at(self.file.lifted_at)) if self.file.lifted_at else ""
        found = []
        for one in self.file.downtime[:1]:
            reason = f"{self.words['colon']}{one.reason}" if one.reason else ""
            wards = self._wards(one.wards)
            found.append(self.words["downtime"].format(at=self.at(one.at), wards=wards, reason=reason, lifted=lifted))
        return found

    def _wards(self, wards: list[str]) -> str:
        return ", ".join(wards) or str(self.words["everywhere"])

    def _impact(self) -> str:
        parts, plan = self._downtime(), self.file.plan
        if plan is not None:
            for name, functions in (("lost", plan.lost), ("at_risk", plan.at_risk)):
                if functions:
                    parts.append(self.words[name].format(names=", ".join(one.name for one in functions)))
        return " ".join(parts)

    def _measures(self) -> str:
        parts = [f"{text.rstrip('.')}." for text in self.file.measures]
        for one in self.file.downtime[:1]:
            parts.append(self.words["degraded"].format(at=self.at(one.at), wards=self._wards(one.wards)))
        return " ".join(parts)

    def _breach_date(self) -> str:
        since = self.file.incident.since if self.file.incident else ""
        return self.at(since) if since else str(self.words["unknown"])

    def _counted(self) -> bool:
        return self.file.counts is not None and self.file.counts.entries > 0

    def _persons(self) -> tuple[str, bool]:
        return self._number("persons", self.file.counts.persons if self.file.counts else 0)

    def _records(self) -> tuple[str, bool]:
        return self._number("records", self.file.counts.entries if self.file.counts else 0)

    def _number(self, name: str, n: int) -> tuple[str, bool]:
        counts, words = self.file.counts, self.words
        if counts is None:
            return words["unknown_count"], False
        parts = [words[name].format(n=n, since=self.at(counts.since), until=self.at(counts.until)) + "."]
        parts.append(words["method"])
        parts += [words["assumed"]] if counts.assumed else []
        more = {"unnamed": counts.unnamed if name == "persons" else 0, "closed": counts.closed}
        parts += [words[key].format(n=value) for key, value in more.items() if value]
        if name == "records":
            here = {"read": counts.read, "persons": counts.read_persons, "readers": counts.readers, "left": counts.left}
            parts.append(words["read_here"].format(**here))
        return " ".join([*parts, words["elsewhere"]]), True

    def _kinds(self) -> str:
        if not self._counted() or self.file.counts is None:
            return ""
        kinds = [f"{kind or '?'} {n}" for kind, n in self.file.counts.kinds.most_common(KINDS_NAMED)]
        return str(self.words["kinds"].format(kinds=", ".join(kinds)))

    # The page.

    def _page(self, title: str, fields: list[Filled]) -> dict[str, Any]:
        words, house, regime = self.words, self.house, self.regime
        empty = [one.label for one in fields if one.mandatory and one.empty]
        incident = self.file.incident
        events = self.file.timeline[:EVENTS_MAX] if regime.timeline else []
        harmless = self.file.harmless[:EVENTS_MAX] if regime.timeline else []
        return {
            "lang": house.language,
            "title": title,
            "exercise": words["exercise"] if house.exercise else "",
            "about": words["as_of"].format(
                facility=house.facility, at=self.at(rfc3339(self.now_ns)),
                incident=f"{incident.ref}, {incident.title}" if incident else words["no_incident"],
            ),
            "draft": words["draft"],
            "deadline": self._deadline(),
            "late": self.late,
            "to": words["to"].format(authority=regime.authority.of(house.language)),
            "threshold": words["threshold"].format(threshold=regime.threshold.of(house.language)),
            "source": words["source"].format(version=regime.version, source=regime.source, checked=regime.checked),
            "empty_title": words["empty_title"].format(count=len(empty)) if empty else words["none_empty"],
            "empty": empty,
            "fields": [self._row(one) for one in fields],
            "timeline": words["timeline"],
            "timeline_head": words["timeline_head"],
            "events": [[self.at(e.at), self._event(e), e.by, e.ref] for e in events],
            "harmless": words["harmless"],
            "harmless_events": [[self.at(e.at), self._event(e), self._answer(e), e.ref] for e in harmless],
            "sign": words["sign"],
            "footer": words["footer"],
        }  # fmt: skip

    def _event(self, one: Event) -> str:
        """What happened, in words."""
        name, _, text = one.detail.partition(": ")
        if one.what == "alarm":
            rule = catalogue(self.house.language).gettext(ALARM_RULES.get(name, name))
            detail = " · ".join(filter(None, [text, rule]))
        elif one.what == "noted" and text and self._label(name):
            said = self.at(text) if name in self.moments else text
            detail = f"{self._label(name)}{self.words['colon']}{said}"
        elif one.what == "sent":
            regime, _, reference = one.detail.partition(" ")
            title = self.regimes[regime].title.of(self.house.language) if regime in self.regimes else regime
            detail = " · ".join(filter(None, [title, reference]))
        else:
            detail = one.detail
        said = str(self.words["events"][one.what])
        return f"{said}{self.words['colon']}{detail}" if detail else said

    def _label(self, field: str) -> str:
        """The name of *field* in this regime, else in another; "" when there is no such field."""
        found = (rule for one in (self.regime, *self.regimes.values()) for rule in one.fields if rule.id == field)
        known = next((rule.label(self.house.language) for rule in found), "")
        return known or str(self.words["fields"].get(field, ""))

    def _answer(self, one: Event) -> str:
        """Who found an alarm harmless, and why."""
        if one.answer is None:
            return ""
        said = str(self.words["harmless_by"].format(by=one.answer.by, at=self.at(one.answer.at)))
        return f"{said}{self.words['colon']}{one.answer.note}" if one.answer.note else said

    def _row(self, one: Filled) -> dict[str, Any]:
        missing = self.words["empty"] if one.mandatory else self.words["optional"]
        text = f"{missing} {one.text}".strip() if one.empty and one.mandatory else one.text or missing
        return {"label": one.label, "clause": one.clause, "text": text, "empty": one.empty and one.mandatory}

    def _deadline(self) -> str:
        words = self.words
        if self.due_ns is None:
            return str(words["not_asked" if self.regime.clock.noted else "no_deadline"])
        kind = "at_once" if self.regime.clock.at_once else "deadline"
        parts = [words[kind].format(due=self.at(rfc3339(self.due_ns)), zone=self.house.zone)]
        sent = self.file.incident.last_sent(self.regime.id) if self.file.incident else None
        if sent is not None:
            parts.append(words["sent"].format(at=self.at(sent.at), by=sent.by, reference=sent.reference).strip())
        elif not self.regime.clock.at_once:
            parts.append(words["late" if self.late else "left"].format(left=span(abs(self.due_ns - self.now_ns))))
        if self.provisional:
            parts.append(words["provisional"])
        if self.file.awareness is not None and not self.file.awareness.recorded:
            parts.append(words["unconfirmed"])
        return " · ".join(parts)


def span(ns: int) -> str:
    """A time as people say it: 71 h 59, 12 min, 12 j / d.

    >>> span(3_600_000_000_000 * 30), span(60_000_000_000 * 5)
    ('30 h 00', '5 min')
    """
    hours, minutes = divmod(ns // 60_000_000_000, 60)
    return f"{hours} h {minutes:02}" if hours else f"{minutes} min"


def draft_pdf(draft: Draft) -> bytes:
    """Return the draft as a sheet to complete and sign."""
    template = files("contrefeu.declare").joinpath("templates", "declaration.typ").read_bytes()
    return document(template, draft.page)


def draft_text(draft: Draft) -> str:
    """Return the draft as plain text, in lines that a phone wraps: to read out, or to type into a form."""
    page = draft.page
    lines = [
        line for line in (page["exercise"], page["title"], page["about"], "", page["deadline"]) if line or line == ""
    ]
    lines += ["", page["draft"], page["to"], page["threshold"], "", page["empty_title"]]
    lines += [f"- {label}" for label in page["empty"]]
    for field in page["fields"]:
        lines += ["", f"{field['label']} [{field['clause']}]", field["text"]]
    lines += ["", page["timeline"]] if page["events"] else []
    lines += [" · ".join(filter(None, event)) for event in page["events"][:PHONE_EVENTS_MAX]]
    lines += ["", page["harmless"]] if page["harmless_events"] else []
    lines += [" · ".join(filter(None, event)) for event in page["harmless_events"][:PHONE_EVENTS_MAX]]
    return "\n".join([*lines, "", page["source"], page["footer"]]).lstrip() + "\n"
