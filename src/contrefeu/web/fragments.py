"""Parts of pages, made once and laid into every page that shows the same.

    {% call once(page.key_of("results")) %} ... {% endcall %}

Rules kept here:
  * A key MUST name all that its part depends on: what it shows, the language, the day, what its reader may do. Two
    readers share a part only where nothing in it is for one of them alone: no token of a form, no name of a person.
  * A part without a key (None) is made each time.
  * At most CHARACTERS_MAX are remembered; those that nobody asked for lately go first.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable

from markupsafe import Markup, escape

CHARACTERS_MAX = 8_000_000  # characters of HTML: rows of 100 wards and the results of 100 charts, some 10 MB


class Fragments:
    """What was made lately."""

    def __init__(self, characters_max: int = CHARACTERS_MAX) -> None:
        self._max = characters_max
        self._made: OrderedDict[Hashable, Markup] = OrderedDict()
        self._characters = 0

    def __call__(self, key: Hashable | None, caller: Callable[[], str]) -> Markup:
        """Return what *caller* makes, or made before under *key*."""
        if key is None:
            return escape(caller())
        found = self._made.get(key)
        if found is not None:
            self._made.move_to_end(key)
            return found
        made = self._made[key] = escape(caller())
        self._characters += len(made)
        while self._characters > self._max:
            self._characters -= len(self._made.popitem(last=False)[1])
        return made
