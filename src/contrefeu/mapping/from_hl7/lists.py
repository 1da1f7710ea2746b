"""The hospital's own lists, as its systems send them: places (MFN^M05), staff (MFN^M02; HL7 v2.5.1, chapter 8).

Rules kept here:
  * A place is a ward when it names a ward alone, and a bed when it names a bed. A clinic, a department or a theatre
    (LOC-3, HL7 table 0260) is no ward: nobody lies there over night.
  * Deleted and deactivated (MFE-1, HL7 table 0180) are one: no longer in use. What a list leaves out stays as it was.
"""

from contrefeu.hl7 import Message, Segment
from contrefeu.mapping.from_hl7 import datatypes
from contrefeu.mapping.reading import Listed

PLACES, STAFF = "M05", "M02"
_CLOSES = frozenset({"MDL", "MDC"})  # HL7 table 0180
_WARDS = frozenset({"", "N"})  # HL7 table 0260: nursing unit
_BEDS = frozenset({"B"})


def listed(message: Message, event: str) -> list[Listed]:
    """Return the lines of a list that *message* sends, in its order; [] for a list that nothing here uses."""
    found: list[Listed] = []
    entry: Segment | None = None
    for segment in message.segments:
        if segment.name == "MFE":
            if entry is not None:
                found += _line(event, entry, None)
            entry = segment
        elif entry is not None and segment.name in {"LOC", "STF"}:
            found += _line(event, entry, segment)
            entry = None
    return found if entry is None else [*found, *_line(event, entry, None)]


def _line(event: str, entry: Segment, said: Segment | None) -> list[Listed]:
    """What one MFE says, and the segment that follows it; a deletion may come alone, and names its key."""
    in_use = entry.text(1).strip().upper() not in _CLOSES
    if event == PLACES:
        return _place(entry, said, in_use=in_use)
    if event == STAFF:
        return _person(entry, said, in_use=in_use)
    return []


def _place(entry: Segment, said: Segment | None, *, in_use: bool) -> list[Listed]:
    reps = said.reps(1) if said is not None else entry.reps(4)
    ward, room, bed = (reps[0].text(n) for n in (1, 2, 3)) if reps else ("", "", "")
    kind = said.text(3).strip().upper() if said is not None else ""
    if not ward or not (bed or (room and kind in _BEDS) or (not room and kind in _WARDS)):
        return []
    name = said.text(2).strip() if said is not None and not room and not bed else ""
    return [Listed([ward, room, bed], name=name, open=in_use)]


def _person(entry: Segment, said: Segment | None, *, in_use: bool) -> list[Listed]:
    number = (said.text(1) if said is not None else "") or entry.text(4)
    names = said.reps(3) if said is not None else []
    called = datatypes.name(names[0]) if names else None
    words = " ".join(filter(None, (called.family, *called.given))) if called is not None else ""
    gone = said is not None and said.text(7).strip().upper() == "I"
    return [Listed(number=number, name=words, open=in_use and not gone)] if number else []
