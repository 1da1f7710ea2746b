"""Parts of pages, made once and laid into every page that shows the same.

    {% call once(page.part("results")) %} ... {% endcall %}

Rules kept here:
  * A part is named by its *place* (which part of what, for whom) and its *state*. Both together MUST name all that it
    depends on: what it shows, the language, the day, what its reader may do. Two readers share a part only where
    nothing in it is for one of them alone: no token of a form, no name of a person. What has them names the session.
  * Of a place the last state alone is remembered: what a message or the clock has made old is gone.
  * A part without a name (None) is made each time.
  * At most CHARACTERS_MAX are remembered; those that nobody asked for lately go first.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable

from markupsafe import Markup, escape

CHARACTERS_MAX = 8_000_000  # characters of HTML: rows of 100 wards and some 50 great charts, 10 to 20 MB

Part = tuple[Hashable, Hashable]
"""Place and state."""


class Fragments:
    """What was made lately."""

    def __init__(self, characters_max: int = CHARACTERS_MAX) -> None:
        self._max = characters_max
        self._made: OrderedDict[Hashable, tuple[Hashable, Markup]] = OrderedDict()
        self._characters = 0

    def __call__(self, part: Part | None, caller: Callable[[], str]) -> Markup:
        """Return what *caller* makes, or made before of the same *part*."""
        if part is None:
            return escape(caller())
        place, state = part
        found = self._made.get(place)
        if found is not None and found[0] == state:
            self._made.move_to_end(place)
            return found[1]
        made = escape(caller())
        before = self._made.pop(place, None)
        self._made[place] = state, made
        self._characters += len(made) - (len(before[1]) if before else 0)
        while self._characters > self._max:
            self._characters -= len(self._made.popitem(last=False)[1][1])
        return made
