"""A stick or a PC with a ward's pack on it is gone: who was on it, and other passwords from now on (F44).

Rules kept here:
  * What is told is the last pack that was put there. One that was there before had the same ward's patients of then:
    the issues of the journal say which.
  * Nothing is voided before the incident is in the journal: what fails leaves somebody who knows.
"""

from contrefeu.chart import Language, moment
from contrefeu.cli.node import Node
from contrefeu.cli.standing import make_void, state_of
from contrefeu.paper import lost_words
from contrefeu.station import LostPack


class PacksOut:
    """The packs that lie on sticks and PCs of wards."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def last(self, ward: str, language: Language) -> LostPack | None:
        """Return the last pack of *ward* that was put anywhere, with the words of an incident; None for none."""
        found = state_of(self._node).packs.get(ward)
        if found is None:
            return None
        charts = [chart for form, _, chart in (key.partition(" ") for key in found.held) if form == "chart"]
        at = moment(found.as_of, language, self._node.settings.node.zone) if found.as_of else "-"
        title, note = lost_words(ward, at, charts, language)
        return LostPack(found.as_of, charts, title, note)

    def void(self) -> None:
        """Make every ward's password another; packs are due again with it."""
        make_void(self._node)
