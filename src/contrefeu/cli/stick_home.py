"""The home that a crisis stick starts: a new station of this hospital, joined both ways, made in memory.

Rules kept here:
  * It seals to the hospital's own custodians: what is written at it opens for them, and no new share is made.
  * Accounts and downtime of the hospital count there, and what is done there counts at the hospital.
  * Its keys are never written to a disk in clear: they are made where memory is, and leave it sealed.
"""

import base64
import contextlib
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from contrefeu.access import make_local_ca
from contrefeu.base import ContrefeuError, OperatorError, write_file
from contrefeu.cli.exchange import exchanged
from contrefeu.cli.node import Node, listens
from contrefeu.cli.peering import make_station
from contrefeu.cli.spool import PRINTER
from contrefeu.cli.wards import ward_states
from contrefeu.custody import make_home, recovery_in_force
from contrefeu.journal import note_name
from contrefeu.vault import Decided

MEMORY = Path("/dev/shm")  # noqa: S108 - of the machine, not of its disk; where there is none, a temporary folder
SWITCH_ADDRESS = "10.211.0.1"  # of a station on a switch of its own, by a boot stick (deploy/boot-stick/lan.py)
GIVEN_S = 60.0  # the longest that a running node is waited for to write a ward's journal


@contextlib.contextmanager
def stations_of(house: Node, sticks: Sequence[Path], wards: Sequence[str]) -> Iterator[list[tuple[Path, Node, int]]]:
    """For each stick a station in memory, filled through it: stick, station, patients. All are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="contrefeu-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        stations = [new_station(house, folder / f"home{n}", wards) for n in range(len(sticks))]
        for here in stations:
            for other in stations:
                if here is not other:
                    _join(here, other, ())
        between = folder / "between"
        between.mkdir()
        for station in (*stations, *stations) if len(stations) > 1 else ():
            exchanged(station, str(between))  # there and back: each has the other's keys, and grants to it
        pairs = zip(sticks, stations, strict=True)
        yield [(stick, station, filled(house, station, stick, wards)) for stick, station in pairs]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_station(house: Node, home: Path, wards: Sequence[str]) -> Node:
    """Make a station of *house* in *home*, for *wards* or for the whole house, and join the two."""
    drill = "drill/" if house.settings.drill else ""
    node_id = f"{drill}n{secrets.token_hex(4)}"
    facility = house.settings.node.facility
    folder = house.paths.recovery_notes
    notes, number = [], 1
    while (path := folder / note_name(number)).exists():
        notes.append(path.read_bytes())
        number += 1
    recovery = recovery_in_force(folder, house.paths.recovery_public)
    paths = make_home(home, node_id, facility, recovery, house.clock, notes=notes)
    write_file(paths.settings, paths.settings.read_bytes() + _settings(house, wards).encode(), mode=0o640)
    station = Node.at(home)
    make_local_ca(paths.ca_dir, facility=facility, names=station.settings.web.names, clock=house.clock)
    for appender in (station.capture_appender, station.audit_appender, station.station_appender):
        with appender():
            pass  # makes the journal: `up` does not create one that is missing
    _join(station, house, ())
    _join(house, station, wards)
    return station


def filled(house: Node, station: Node, stick: Path, wards: Sequence[str]) -> int:
    """Exchange through the stick until the station has what it is given, and fold it; returns how many patients."""
    for one in (house, station, house):
        exchanged(one, str(stick))
    if wards:
        _write_ward(house, station.settings.node.id)
        exchanged(house, str(stick))
    exchanged(station, str(stick))
    with station.charts() as charts:
        return charts.status().patients + charts.status().test_patients


def _join(here: Node, other: Node, wards: Sequence[str]) -> None:
    _, note = make_station(other)
    make_station(here)
    card = base64.b64encode(note).decode()
    here.peers().keep(Decided(card, house=True, charts=True, grants=not wards, wards=tuple(wards)))
    here.audit("act", what=f"station join {other.settings.node.id}")


def _write_ward(house: Node, station: str) -> None:
    """Wait until the running node has written the ward's journal."""
    until = time.monotonic() + GIVEN_S
    while listens(house.charts_socket) and time.monotonic() < until:
        with contextlib.suppress(ContrefeuError):
            if any(one["node"] == station and one["state"] == "up-to-date" for one in ward_states(house)):
                return
        time.sleep(0.5)
    raise OperatorError(
        "No running node has written the ward's journal.",
        safe="The stick is not finished; the station on it is joined and has nothing.",
        next="Start the node, or restart it once after its first ward station; then make the stick again, emptied.",
    )


def _settings(house: Node, wards: Sequence[str]) -> str:
    """What follows `id` and `facility` in the station's settings: reached on its own machine and its own switch.

    A ward's station prints that ward's pack on the printer beside it; one of the whole house would print every ward's.
    """
    said = house.settings
    lines = [f'zone = "{said.node.zone}"', f'language = "{said.node.language}"', "", "[web]"]
    lines += ['listen = "0.0.0.0:8443"', f'names = ["localhost", "contrefeu.local", "{SWITCH_ADDRESS}"]']
    lines += ["", "[keys]", "horizon_days = 7"]
    lines += ["", "[packs.printers]", *(f'{_quoted(ward)} = "{PRINTER}"' for ward in wards)] if wards else []
    for ward in said.wards:
        lines += ["", "[[wards]]", f"id = {_quoted(ward.id)}", f"name = {_quoted(ward.name)}"]
        lines += [f"beds = [{', '.join(map(_quoted, ward.beds))}]"]
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()  # JSON's escapes are a subset of TOML's
