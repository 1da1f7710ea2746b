"""Languages of the screens: French first, English second.

Rules kept here:
  * A string in the code or in a template is French: French needs no catalogue to be right.
  * `locale/<language>.po` holds each language's words; a test extracts every string and finds each one there.
  * The person's choice (cookie) comes before the browser's wish, the browser's before the node's setting.
"""

import re
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from gettext import NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from contrefeu.base import N_

LANGUAGES = ("fr", "en")
_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_MONTHS = {
    "fr": ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}


@cache
def catalogue(language: str) -> NullTranslations:
    """Return the words of *language*, compiled once from its .po file."""
    text = files("contrefeu.web").joinpath("locale", f"{language}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(text), locale=language))
    compiled.seek(0)
    return Translations(compiled)


def negotiate(chosen: str | None, accept_language: str, default: str) -> str:
    """Return the language to speak.

    >>> negotiate(None, "de, en;q=0.8, fr;q=0.9", "fr")
    'fr'
    >>> negotiate("en", "fr", "fr")
    'en'
    """
    if chosen in LANGUAGES:
        return chosen
    wishes: list[tuple[float, str]] = []
    for wish in accept_language.split(",")[:20]:
        tag, _, parameter = wish.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        wishes.append((-weight, tag.split("-")[0].casefold()))
    return next((tag for _, tag in sorted(wishes, key=lambda wish: wish[0]) if tag in LANGUAGES), default)


class Words:
    """One language in one time zone: sentences, numbers and times as they are read on a ward."""

    def __init__(self, language: str, zone: tzinfo) -> None:
        self.language = language
        self.zone = zone
        self._catalogue = catalogue(language)
        self.gettext = self._catalogue.gettext
        self.ngettext = self._catalogue.ngettext

    def __call__(self, message: str, **values: object) -> str:
        """Return *message* in this language, its %(name)s filled in."""
        text = self.gettext(message)
        return text % values if values else text

    def count(self, number: int) -> str:
        """Return *number* in groups of three, which no line break divides: 184 220."""
        return f"{number:,}".replace(",", "\u202f" if self.language == "fr" else ",")

    def seconds(self, number: float) -> str:
        """Return a duration: "0,4 s" in French."""
        text = f"{number:.1f} s"
        return text.replace(".", ",") if self.language == "fr" else text

    def entry(self, ref: str) -> str:
        """Return the number of the entry journal/sequence: 184 220."""
        sequence = ref.rpartition("/")[2]
        return self.count(int(sequence)) if sequence.isascii() and sequence.isdigit() else ref

    def day(self, text: str, *, year: bool = True) -> str:
        """Return a FHIR date or dateTime as a day, at the precision it has; unread text comes back as it is."""
        months = _MONTHS[self.language]
        try:
            if "T" in text:
                found, parts = self._local(text).date(), 3
            else:
                parts = text.count("-") + 1
                if not _DATE.fullmatch(text):
                    return text
                found = date.fromisoformat("-".join([text, *["01"] * (3 - parts)]))
        except ValueError:
            return text
        month = months[found.month - 1]
        if parts == 1:
            return f"{found.year}"
        if parts == 2:
            return f"{month} {found.year}"
        return f"{found.day} {month} {found.year}" if year else f"{found.day} {month}"

    def clock(self, text: str, *, seconds: bool = False) -> str:
        """Return the time of day of a FHIR dateTime here; "" for a date without a time.

        An hour that comes twice (the night in October) says its offset: 02:30 (+01:00).
        """
        if "T" not in text:
            return ""
        try:
            local = self._local(text)
        except ValueError:
            return text
        shown = local.strftime("%H:%M:%S" if seconds else "%H:%M")
        plain = local.replace(tzinfo=self.zone)
        if plain.replace(fold=0).utcoffset() != plain.replace(fold=1).utcoffset():
            offset = local.strftime("%z")
            shown += f" ({offset[:3]}:{offset[3:]})"
        return shown

    def moment(self, text: str, now_ns: int | None = None, *, seconds: bool = False) -> str:
        """Return day and time, without the day when it is today's (*now_ns* given)."""
        if not text:
            return ""
        clock = self.clock(text, seconds=seconds)
        if not clock:
            return self.day(text)
        if now_ns is None:
            return f"{self.day(text)} {clock}"
        now = datetime.fromtimestamp(now_ns // 1_000_000_000, UTC).astimezone(self.zone)
        try:
            local = self._local(text)
        except ValueError:
            return text
        if local.date() == now.date():
            return clock
        return f"{self.day(text, year=local.year != now.year)} {clock}"

    def minutes_since(self, text: str, now_ns: int) -> int:
        """Return whole minutes from a FHIR dateTime to *now_ns*; 0 when it cannot be read."""
        try:
            return int((now_ns // 1_000_000_000 - self._local(text).timestamp()) // 60)
        except (ValueError, OverflowError):
            return 0

    def ago(self, text: str, now_ns: int) -> str:
        """Return how long ago a FHIR dateTime was: "il y a 42 min", "il y a 3 h 12"; "" for less than two minutes."""
        minutes = self.minutes_since(text, now_ns)
        if minutes < 2:
            return ""
        hours, rest = divmod(minutes, 60)
        if hours >= 48:
            return self(N_("il y a %(n)s jours"), n=hours // 24)
        return self(N_("il y a %(n)s"), n=f"{hours} h {rest:02}" if hours else f"{minutes} min")

    def left(self, text: str, now_ns: int) -> str:
        """Return how long until a FHIR dateTime, or how long past it: "reste 3 h 12", "dépassé de 42 min"."""
        seconds = self._local(text).timestamp() - now_ns // 1_000_000_000
        hours, rest = divmod(int(abs(seconds)) // 60, 60)  # rounded down: never more than is left
        if seconds >= 96 * 3600:
            return self(N_("reste %(n)s jours"), n=hours // 24)
        n = f"{hours} h {rest:02}" if hours else f"{rest} min"
        return self(N_("reste %(n)s"), n=n) if seconds >= 0 else self(N_("dépassé de %(n)s"), n=n)

    def _local(self, text: str) -> datetime:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            return found.replace(tzinfo=self.zone)
        return found.astimezone(self.zone)
