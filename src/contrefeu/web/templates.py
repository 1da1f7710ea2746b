"""Templates: Jinja2, one environment a language, everything escaped.

Rules kept here:
  * Autoescape is on for every template and an undefined name is an error: a page is whole or is a problem page.
  * Templates get values; they call nothing that waits and read no clock.
"""

from collections.abc import Mapping, Sequence

from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from contrefeu.web.language import LANGUAGES, Words, catalogue


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
    )
    found = catalogue(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        found.gettext,
        found.ngettext,
        newstyle=True,
    )
    environment.globals.update(common)
    environment.filters["breaks"] = _breaks
    return environment


def _breaks(text: str) -> Markup:
    """Keep the line breaks of *text*."""
    return Markup("<br>").join(text.split("\n"))
