"""The last steps of a crisis stick: its home is sealed, its pages are put there, and all of it is listed and signed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from contrefeu.access import new_secret, server_pin
from contrefeu.base import rfc3339, write_file
from contrefeu.cli.crisis_stick import CARD, HOME, SCREENS, sign_stick
from contrefeu.cli.node import Node
from contrefeu.cli.peering import make_station
from contrefeu.cli.stick_pages import put_pages
from contrefeu.custody import granter_of, seal_home


@dataclass(frozen=True, slots=True)
class Made:
    """One stick that was made."""

    stick: Path
    node: str
    station: str
    made: str  # RFC 3339
    patients: int
    packs: int
    home_bytes: int
    fingerprint: str  # of the maker's card
    code: str

    def told(self) -> dict[str, Any]:
        """It as JSON says it."""
        return asdict(self) | {"stick": str(self.stick)}


def finish_stick(node: Node, stick: Path, station: Node, patients: int, together: Sequence[Node]) -> Made:
    """Seal the home of *station* onto *stick*, and sign the whole.

    Args:
        node: That makes it.
        stick: Where.
        station: Its home, in memory.
        patients: How many it knows.
        together: The stations of all sticks that are made with it: it can be a screen of each.
    """
    code, made = new_secret(), rfc3339(node.clock.now_ns())
    with (stick / HOME).open("xb") as file:
        seal_home(station.paths.root, file, code)
    card, note = make_station(node)
    write_file(stick / CARD, note, mode=0o644)
    packs = put_pages(node, stick)
    pins = "".join(f"{server_pin(one.paths.ca_dir)} {one.settings.node.id}\n" for one in together)
    write_file(stick / SCREENS, pins.encode(), mode=0o644)
    name = station.settings.node.id
    label = {"node": card.node, "facility": card.facility, "station": name, "made": made}
    sign_stick(stick, label, granter_of(node.paths, card.node))
    node.audit("act", what=f"stick make {name}")
    size = (stick / HOME).stat().st_size
    return Made(stick, card.node, name, made, patients, packs, size, card.fingerprint, code)
