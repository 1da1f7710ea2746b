"""Templates: Jinja2, one environment a language, everything escaped.

Rules kept here:
  * Autoescape is on for every template and an undefined name is an error: a page is whole or is a problem page.
  * Templates get values; they call nothing that waits and read no clock.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from gettext import NullTranslations

from jinja2 import BaseLoader, BytecodeCache, ChoiceLoader, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from contrefeu.web.language import LANGUAGES, Words, catalogue

SENTENCES_MAX = 10_000  # of one language, made safe and remembered: three times what the catalogue has
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class _Compiled(BytecodeCache):
    """Templates compiled once for all languages: a page's code is the same, its words are not."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled."""
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._code[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


class Templates:
    """Every page's template."""

    def __init__(self, loaders: Sequence[BaseLoader], common: Mapping[str, object]) -> None:
        loader = ChoiceLoader([*loaders, PackageLoader("contrefeu.web", "templates")])
        self._by_language = {language: _environment(loader, language, common) for language in LANGUAGES}

    def render(self, name: str, words: Words, values: Mapping[str, object]) -> str:
        """Return the page *name*."""
        template = self._by_language[words.language].get_template(name)
        return template.render(values, words=words, language=words.language)


def _environment(loader: BaseLoader, language: str, common: Mapping[str, object]) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
        cache_size=-1,  # all of them, without a lock: there are as many as files
        finalize=_printable,
        bytecode_cache=_COMPILED,
    )
    found = catalogue(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        found.gettext,
        found.ngettext,
        newstyle=True,
    )
    environment.globals["_"] = _spoken(found)
    environment.globals.update(common)
    environment.globals["colon"] = " : " if language == "fr" else ": "  # between a word of the catalogue and what it is
    environment.filters["breaks"] = _breaks
    return environment


def _spoken(found: NullTranslations) -> Callable[..., Markup]:
    """Return `_` of templates, as Jinja's own is, with each sentence of the catalogue made safe once."""

    @lru_cache(SENTENCES_MAX)
    def plain(text: str) -> Markup:
        return Markup(found.gettext(text)) % {}  # noqa: S704 - our own words, never a sender's

    def spoken(text: str, **values: object) -> Markup:
        return Markup(found.gettext(text)) % values if values else plain(text)  # noqa: S704

    return spoken


def _printable(value: object) -> object:
    """Show what would act on a page unseen (controls, text turned around) as a replacement sign."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", value) if type(value) is str else value


def _breaks(text: str) -> Markup:
    """Keep the line breaks of *text*."""
    return Markup("<br>").join(str(_printable(line)) for line in text.split("\n"))
