"""A chart as people read it in a terminal: every line with the entry that it comes from (promise 7).

Rules kept here:
  * Each block says which feeds speak of it and when each spoke last; "no source here" is never "none" (F1).
  * What was taken back stays, and says so; a missing block is said to be missing.
  * Nothing that a message holds can act on the terminal: control characters are shown, never sent.
"""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterable, Iterator

from contrefeu.base import rfc3339
from contrefeu.chart.elements import (
    Resource,
    allergies_state,
    allergies_struck,
    concept,
    denies_allergies,
    earlier,
    first,
    instant,
    is_struck,
    newest,
    source_of,
)
from contrefeu.chart.fold import BLOCKS, Chart, to_bundle
from contrefeu.chart.sentences import HOSPITAL_ZONE, day, moment, sentence, wall_day
from contrefeu.chart.views import Restoring
from contrefeu.chart.words import Language, word

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_TEXT = frozenset({"", "text/plain"})


def chart_text(chart: Chart, language: Language = "fr", zone: str = HOSPITAL_ZONE) -> str:
    """Return the whole chart, line by line.

    Args:
        chart: The chart.
        language: "fr" or "en".
        zone: Of the hospital: instants are said in its wall time.
    """
    page = _Page(chart, language, zone)
    return printable("\n".join(page.lines())) + "\n"


def printable(text: str) -> str:
    """Return *text* with a replacement sign for what would act unseen: controls, text turned around."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def restoring_text(lacks: Restoring, language: Language = "fr", zone: str = HOSPITAL_ZONE) -> str:
    """Return what every page of such a store says first.

    >>> print(restoring_text(Restoring("2026-11-24T03:00:00Z", 50_000, 1_000_000), "en", "Europe/Paris"))
    HISTORY BEING RESTORED: THIS CHART IS NOT COMPLETE (50000 of 1000000 entries).
    Only what was received since 24 Nov 2026 04:00 is here. An allergy, an order or a result of before may be missing.
    """
    since = moment(lacks.since, language, zone)
    if language == "fr":
        lines = [
            f"HISTORIQUE EN COURS DE RESTAURATION : DOSSIER INCOMPLET ({lacks.read} entrées sur {lacks.of}).",
            f"Seul ce qui a été reçu depuis le {since} est ici"
            + (", et tout ce qui nomme les patients alors présents" if lacks.present else "")
            + ". Une allergie, une prescription ou un résultat d’avant peut manquer.",
        ]
    else:
        lines = [
            f"HISTORY BEING RESTORED: THIS CHART IS NOT COMPLETE ({lacks.read} of {lacks.of} entries).",
            f"Only what was received since {since} is here"
            + (", and all that names the patients who were present then" if lacks.present else "")
            + ". An allergy, an order or a result of before may be missing.",
        ]
    return "\n".join(lines)


class _Page:
    """One chart being said."""

    def __init__(self, chart: Chart, language: Language, zone: str) -> None:
        self._chart = chart
        self._language = language
        self._zone = zone
        self._by_block: dict[str, list[Resource]] = {}
        for entry in to_bundle(chart)["entry"]:
            resource = entry["resource"]
            self._by_block.setdefault(BLOCKS.get(resource["resourceType"], "other"), []).append(resource)

    def lines(self) -> Iterator[str]:
        """Yield every line."""
        chart = self._chart
        if chart.world == "T":
            yield f"*** {word('exercise', self._language)} ***"
        if chart.last_received_ns:
            ref = f"{chart.last[1]}/{chart.last[2]}"
            yield f"{word('as of', self._language)} {self._at(chart.last_received_ns)} ({ref})"
        else:
            yield word("as of nothing", self._language)
        others = self._by_block.get("other", [])
        yield from self._block("identity", self._plain(one for one in others if one["resourceType"] == "Patient"))
        yield from self._allergies()
        yield from self._block("alerts", self._plain(self._of("alerts")))
        yield from self._block("problems", self._plain(self._of("problems", "onsetDateTime", "recordedDate")))
        yield from self._block("prescriptions", self._prescriptions(), "doses")
        yield from self._block("diets", self._plain(self._of("diets", "dateTime")))
        yield from self._block("requests", self._plain(self._of("requests", "authoredOn")))
        yield from self._block("results", self._results())
        yield from self._block("documents", self._documents(), *(("results",) if self._reports() else ()))
        yield from self._block("stays", self._plain(newest(self._stays(others), "period.start")))
        yield from self._block("appointments", self._plain(self._of("appointments", "start")))
        yield from self._block("procedures", self._plain(self._of("procedures")))
        left = [one for one in others if one["resourceType"] not in {"Patient", "Encounter"}]
        if left:
            yield from self._block("other", self._plain(left))
        yield from self._unread()

    def _of(self, block: str, *times: str) -> list[Resource]:
        return newest(self._by_block.get(block, []), *times) if times else self._by_block.get(block, [])

    def _block(self, name: str, lines: Iterable[str], *also: str) -> Iterator[str]:
        """A heading with its sources, then its lines."""
        yield ""
        heard = sorted(
            {
                (source, self._at(at_ns))
                for block in (name, *also)
                for source, at_ns in self._chart.heard.get(block, {}).items()
            }
        )
        said = ", ".join(f"{source} {at}" for source, at in heard)
        sources = f"{word('last word', self._language)} : {said}" if heard else word("no source", self._language)
        yield f"== {word(f'section {name}', self._language)} — {sources}"
        found = list(lines)
        if found:
            yield from found
        elif heard:
            yield f"   {word('nothing', self._language)}"

    def _plain(self, resources: Iterable[Resource]) -> Iterator[str]:
        for one in resources:
            yield self._line(one)

    def _line(self, resource: Resource, indent: str = "   ") -> str:
        words = sentence(resource, self._language, self._zone).replace("\n", f"\n{indent}    ")
        return f"{indent}{words}  [{source_of(resource)}]"

    def _allergies(self) -> Iterator[str]:
        found = self._of("allergies")
        lines = []
        state = allergies_state(found)
        if state == "conflict":
            lines.append(f"   !! {word('conflict', self._language)}")
        elif state == "struck":
            count = allergies_struck(found)
            lines.append(f"   {word('all struck', self._language)} {_struck_count(count, self._language)}")
        ordered = sorted(found, key=lambda one: (is_struck(one), denies_allergies(one), concept(one.get("code"))))
        yield from self._block("allergies", [*lines, *self._plain(ordered)])

    def _prescriptions(self) -> Iterator[str]:
        doses: dict[str, list[Resource]] = {}
        given = self._by_block.get("doses", [])
        known = {f"{one['resourceType']}/{one['id']}" for one in self._of("prescriptions")}
        for one in newest(given, "effectiveDateTime", "effectivePeriod.start"):
            asked = str((one.get("request") or {}).get("reference", ""))
            doses.setdefault(asked if asked in known else "", []).append(one)
        order = {"active": 0, "on-hold": 1}
        requests = newest(self._of("prescriptions"), "authoredOn", "whenHandedOver")
        for one in sorted(requests, key=lambda found: order.get(str(found.get("status", "")), 2)):
            yield self._line(one)
            for dose in doses.get(f"{one['resourceType']}/{one['id']}", []):
                yield self._line(dose, "      ")
        if doses.get(""):
            yield f"   {word('doses without prescription', self._language)}"
            yield from (self._line(dose, "      ") for dose in doses[""])

    def _results(self) -> Iterator[str]:
        times = ("effectiveDateTime", "effectivePeriod.start", "issued")
        found = [one for one in self._of("results") if one["resourceType"] == "Observation"]
        found.sort(key=lambda one: concept(one.get("code")))
        found.sort(key=lambda one: instant(first(one, *times)), reverse=True)
        before = None
        for one in found:
            when = wall_day(first(one, *times), self._zone)
            if when != before:
                yield f"   {day(when, self._language) or word('no day', self._language)}"
                before = when
            yield self._line(one, "      ")

    def _reports(self) -> list[Resource]:
        """Reports of results that say more than their lines."""
        reports = [one for one in self._of("results") if one["resourceType"] == "DiagnosticReport"]
        return [one for one in reports if one.get("presentedForm") or one.get("conclusion") or one.get("imagingStudy")]

    def _documents(self) -> Iterator[str]:
        found = [*self._reports(), *self._of("documents")]
        for one in newest(found, "effectiveDateTime", "issued", "date"):
            yield self._line(one)
            for text in self._bodies(one):
                yield from (f"      | {line}" for line in text.splitlines())
            # What an earlier version said stands in its entry: the line leads there.
            for _, ref in earlier(one):
                yield f"      {word('before', self._language)} [{ref}]"
        studies = [one for one in self._of("results", "started") if one["resourceType"] == "ImagingStudy"]
        yield from self._plain(studies)

    def _bodies(self, one: Resource) -> Iterator[str]:
        if one.get("conclusion"):
            yield str(one["conclusion"])
        attachments = [
            *(one.get("presentedForm") or []),
            *(c.get("attachment") or {} for c in one.get("content") or []),
        ]
        for attachment in attachments:
            media = str(attachment.get("contentType", ""))
            try:
                data = b64decode(str(attachment.get("data") or ""))
            except (Error, ValueError):
                data = b""
            if data and media.partition(";")[0].strip() in _TEXT:
                yield data.decode("utf-8", "replace")
            elif media or data:
                size = f"{len(data)} {word('bytes', self._language)}" if data else str(attachment.get("url", ""))
                yield f"({word('file', self._language)} {media}, {attachment.get('title', '')} {size})"

    def _stays(self, others: Iterable[Resource]) -> list[Resource]:
        return [one for one in others if one["resourceType"] == "Encounter"]

    def _unread(self) -> Iterator[str]:
        if not self._chart.unread:
            return
        yield ""
        yield f"== {word('section unread', self._language)}"
        for one in self._chart.unread:
            missed = f"{word('missed', self._language)} {self._at(one.received_ns)}"
            yield f"   {one.kind} · {one.source} · {missed}  [{one.ref}]"

    def _at(self, at_ns: int) -> str:
        return moment(rfc3339(at_ns), self._language, self._zone)


def _struck_count(count: int, language: Language) -> str:
    return f"({count} {word('withdrawn' if count == 1 else 'withdrawn, several', language)})"
