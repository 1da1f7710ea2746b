"""The guides: what a ward does while the computers are down, what the crisis cell does until they are back.

Rules kept here:
  * They are the program's own (scripts/guide_pages.py makes them of docs/guides): they are there when nothing else is.
  * They name no patient: reading them is no look, and leaves no entry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.station.house import House
from contrefeu.web import N_, NOT_FOUND, visit_of

GUIDES = (("ward", N_("Guide de l’unité")), ("recovery", N_("Guide de la reprise")))


@dataclass(frozen=True, slots=True)
class GuidePage:
    """One guide, and the names of all."""

    name: str
    guides: Sequence[tuple[str, str]]
    text: Markup


class GuidePages:
    """Their handler."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [page("/guide", self.guide), page("/guide/{name}", self.guide)]

    async def guide(self, request: Request) -> Response:
        """Show one in the language of whoever reads: the ward's, unless another is named."""
        name = request.path_params.get("name", "ward")
        if name not in dict(GUIDES):
            raise NOT_FOUND
        text = _text(name, visit_of(request).words.language)
        return await self._house.shell.render(request, "guide.html", GuidePage(name, GUIDES, text))


@cache
def _text(name: str, language: str) -> Markup:
    found = files("contrefeu.station").joinpath("guides", f"{name}-{language}.html").read_text()
    return Markup(found)  # noqa: S704 (a file of the program, made of its own documents)
