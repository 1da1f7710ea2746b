"""How many numbers of specimens are left of what was agreed with laboratories, for `status` and `doctor`."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from contrefeu.acts import SpecimenDrawn, SpecimenDraws
from contrefeu.cli.accounts import station_acts
from contrefeu.cli.finding import Finding, act, look
from contrefeu.cli.node import Node
from contrefeu.station import range_states, station_name


def specimen_states(node: Node) -> dict[str, Any]:
    """Each range with what is left of this station's part, and the numbers that two stations gave."""
    if not node.settings.specimen_numbers:
        return {"ranges": [], "twice": []}
    draws, journals = SpecimenDraws(), set()
    for said, entry in station_acts(node):
        journals.add(entry.journal)
        if isinstance(said, SpecimenDrawn):
            draws.apply(said, entry.journal, entry.sequence)
    states = range_states(node.settings.specimen_numbers, station_name(journals, node.settings.node.id), draws)
    return {"ranges": [asdict(one) | {"is_low": one.is_low} for one in states], "twice": draws.twice}


def specimens(node: Node) -> Iterator[Finding]:
    """A range that ends, and a number that was given twice."""
    told = specimen_states(node)
    next_ = "Agree on other numbers with it, and give this station a part of them (specimen_numbers.parts)."
    for one in told["ranges"]:
        if not one["left"]:
            what = f"This station has no number left of the range of {one['name']}."
            yield act(
                "specimens-none", what, "Requests: their labels say that the laboratory does not know them.", next_
            )
        elif one["is_low"]:
            what = f"This station has {one['left']} numbers left of the range of {one['name']}."
            yield look("specimens-low", what, "No number is given twice.", next_)
    if told["twice"]:
        what = f"Two stations gave the same numbers to specimens: {', '.join(told['twice'][:5])}."
        safe = "Charts: a result is its patient's by the name on it."
        yield act("specimens-twice", what, safe, "Tell the laboratory to go by names; give each station its own part.")
