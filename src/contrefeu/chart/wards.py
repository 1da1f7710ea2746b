"""The wards and beds of the house: learned from feeds, from the hospital's own lists, corrected by people.

Rules kept here:
  * What is said of a ward's name and beds holds in this order: the settings, an administrator's correction, the
    hospital's own list (MFN), what feeds name. A bed in which somebody lies is never hidden by any of them.
  * A ward that is hidden or off the list shows again as soon as somebody lies there. The list closes a bed under the
    name that it says: the same bed under another name of the ward stays.
  * A ward that is united with another one answers under that one's name, and nowhere else; settings that declare a
    ward keep it as it is.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from contrefeu.acts import CorrectedWards
from contrefeu.chart.deciding import Deciding
from contrefeu.chart.steps import bed_name
from contrefeu.chart.stores import LISTS_NOTE, ChartStore
from contrefeu.chart.views import WardKnown, WardSummary
from contrefeu.hospital import WardSettings


class _List:
    """What the hospital's own list says, of one world."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}  # wards in use
        self.off: set[str] = set()  # wards that are in use no more
        self.beds: dict[str, set[str]] = {}
        self.closed: dict[str, set[str]] = {}


class Wards:
    """Those of one store; asked within a snapshot, after `refresh`."""

    def __init__(self, store: ChartStore, settled: Iterable[WardSettings], deciding: Deciding) -> None:
        """*settled*: wards in the settings; *deciding*: what people said."""
        self._store = store
        self._settled = {ward.id: ward for ward in settled}
        self._deciding = deciding
        self._acts = -1
        self._corrected = CorrectedWards()
        self._lists: tuple[str | None, dict[str, _List]] = (None, {})

    def refresh(self) -> None:
        """Take in what people and lists said since; once for each question, within its snapshot."""
        count, acts = self._deciding.acts()
        if count != self._acts:
            self._corrected, self._acts = CorrectedWards(), count
            for entry, act in acts:
                self._corrected.apply(act, entry.source)
        note = self._store.kept.note(LISTS_NOTE)
        if note != self._lists[0]:
            self._lists = note, {}

    def home(self, ward: str) -> str:
        """Return the ward that *ward* answers as."""
        return ward if ward in self._settled else self._corrected.home(ward)

    def members(self, ward: str) -> tuple[str, ...]:
        """Return every name that feeds have for *ward*, its own first."""
        home = self.home(ward)
        return (home, *(one for one in self._corrected.members(home) if one != home and one not in self._settled))

    def name(self, ward: str, world: str) -> str:
        """Return what people call *ward*; its id when nobody said it."""
        declared, found = self._settled.get(ward), self._corrected.of(ward)
        said = (declared.name if declared else "") or (found.act.name if found else "")
        return said or self._list(world).names.get(ward, "") or ward

    def order(self, ward: str) -> list[str]:
        """Return the beds of *ward* as somebody put them in order; [] when nobody did."""
        declared, found = self._settled.get(ward), self._corrected.of(ward)
        return (declared.beds if declared else []) or (found.act.beds if found else [])

    def beds(self, ward: str, world: str, seen: Callable[[str], Collection[str]]) -> list[str]:
        """Return every bed of *ward*; *seen* returns those that feeds name under one of its names."""
        return self.order(ward) or sorted(set().union(*(self._open(one, world, seen) for one in self.members(ward))))

    def _open(self, name: str, world: str, seen: Callable[[str], Collection[str]]) -> set[str]:
        """The beds of one name of a ward: those that feeds and the list name, without those that the list closed."""
        listed = self._list(world)
        return ({*seen(name)} | listed.beds.get(name, set())) - listed.closed.get(name, set())

    def summaries(
        self,
        world: str,
        patients: Mapping[str, tuple[int, int]],
        counted: Mapping[str, int],
        seen: Callable[[str], Collection[str]],
    ) -> list[WardSummary]:
        """Return every ward that is shown.

        Args:
            world: Of patients.
            patients: Ward as feeds name it -> patients, and those with alerts.
            counted: Ward as feeds name it -> how many beds they name.
            seen: Returns the beds that feeds name under one name of a ward.
        """
        listed, told = self._list(world), self._corrected
        corrected = [ward for ward in told.all() if self.order(ward) or told.name(ward)]
        names = {*patients, *counted, *self._settled, *listed.names, *listed.beds, *corrected}
        found = []
        for ward in sorted({self.home(name) for name in names}):
            members = self.members(ward)
            lying = sum(patients.get(one, (0, 0))[0] for one in members)
            alerts = sum(patients.get(one, (0, 0))[1] for one in members)
            if not lying and (self._is_hidden(ward) or self._is_off(members, world)):
                continue
            plain = len(members) == 1 and not self.order(ward) and ward not in {*listed.beds, *listed.closed}
            beds = counted.get(ward, 0) if plain else len(self.beds(ward, world, seen))
            found.append(WardSummary(ward, self.name(ward, world), lying, beds, alerts, list(members[1:])))
        return found

    def known(
        self, world: str, patients: Mapping[str, tuple[int, int]], seen: Callable[[str], Collection[str]]
    ) -> list[WardKnown]:
        """Return every name that there is for a ward, each apart; *seen* as feeds name beds of that very name."""
        listed = self._list(world)
        found = []
        for ward in sorted({*patients, *self._settled, *listed.names, *listed.beds, *self._corrected.all()}):
            declared = self._settled.get(ward)
            found.append(
                WardKnown(
                    ward,
                    patients.get(ward, (0, 0))[0],
                    listed.names.get(ward, ""),
                    sorted(self._open(ward, world, seen)),
                    declared is not None,
                    declared.name if declared else "",
                    declared.beds if declared else [],
                )
            )
        return found

    def _is_hidden(self, ward: str) -> bool:
        found = self._corrected.of(ward)
        return ward not in self._settled and found is not None and found.act.hidden

    def _is_off(self, members: Iterable[str], world: str) -> bool:
        """Whether the hospital's own list took a ward off under one of its names, and has it under none."""
        listed, names = self._list(world), {*members}
        return bool(names & listed.off) and not names & {*listed.names, *self._settled}

    def _list(self, world: str) -> _List:
        note, lists = self._lists
        if note is None:
            return _NO_LIST
        if world not in lists:
            lists[world] = self._read(world)
        return lists[world]

    def _read(self, world: str) -> _List:
        found = _List()
        for line in self._store.lists.lines(world):
            ward, room, bed = (*line.place, "", "", "")[:3]
            if not ward:
                continue
            if room or bed:
                (found.beds if line.open else found.closed).setdefault(ward, set()).add(bed_name(room, bed))
            elif line.open:
                found.names[ward] = line.name or ward
            else:
                found.off.add(ward)
        return found


_NO_LIST = _List()
