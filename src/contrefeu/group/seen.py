"""What is known of each facility, whether it answers or not: its last word, and since when there is none.

    HOME/group/seen.json    of each facility: the last thing it said, when that was heard, since when it is silent

Rules kept here:
  * What a facility said last stays, with its time, for as long as it says nothing: old beds are shown as old.
  * A facility that answers with an old note is no better off than a silent one: its node does not count any more.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from contrefeu.base import durable_makedirs, parse_rfc3339, rfc3339, swap_file
from contrefeu.group.asking import Answer
from contrefeu.group.members import Group, Member
from contrefeu.group.told import FacilityTold

State = Literal["answers", "old", "silent"]
GRAVE = frozenset(["act", "attack"])  # alarms that somebody must act on
COPY_TROUBLE = frozenset(["refused", "alarm", "damaged", "full"])


class Seen(Struct, frozen=True):
    """One facility, as it was last seen."""

    told: FacilityTold | None = None
    heard: str = ""  # RFC 3339, of this machine's clock
    silent_since: str = ""  # RFC 3339; "" while it answers
    problem: str = ""


class Standing(Struct, frozen=True):
    """One facility as it is shown now."""

    name: str
    state: State
    since: str  # RFC 3339: of the last word, or since when nobody was reached; "" while it answers
    problem: str
    told: FacilityTold | None
    controller: str = ""  # whose the data there are; "" when group.toml does not say

    @property
    def findings(self) -> list[str]:
        """What somebody must see to: "unreachable", "old", "alarm", "copies", "journal"."""
        found = [] if self.state == "answers" else ["old" if self.state == "old" else "unreachable"]
        if self.told is not None:
            found += ["alarm"] if self.told.alarms.gravest in GRAVE else []
            found += ["copies"] if any(copy.state in COPY_TROUBLE for copy in self.told.copies) else []
            found += ["journal"] if self.told.troubles else []
        return found


def merged(known: Mapping[str, Seen], answers: Mapping[str, Answer], now_ns: int) -> dict[str, Seen]:
    """What is known after asking; who is no longer in the group is forgotten."""
    now = rfc3339(now_ns)
    found = {}
    for name, answer in answers.items():
        before = known.get(name, Seen())
        if answer.told is not None:
            found[name] = Seen(answer.told, heard=now)
        else:
            since = before.silent_since or now
            found[name] = Seen(before.told, before.heard, silent_since=since, problem=answer.problem)
    return found


def standings(group: Group, known: Mapping[str, Seen], now_ns: int) -> Sequence[Standing]:
    """Every facility of *group*, in its order."""
    return [
        _standing(member, known.get(member.name, Seen()), group.stale_minutes, now_ns) for member in group.facilities
    ]


def load_seen(path: Path) -> dict[str, Seen]:
    """What was last written down; nothing when there is nothing that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Seen])
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}


def save_seen(path: Path, known: Mapping[str, Seen]) -> None:
    """Write it down, whole; not synced: it is asked again soon."""
    durable_makedirs(path.parent, mode=0o750)
    swap_file(path, msgspec.json.encode(known))


def _standing(member: Member, seen: Seen, stale_minutes: int, now_ns: int) -> Standing:
    name, told, whose = member.name, seen.told, member.controller
    if seen.silent_since or told is None:
        since = seen.heard or seen.silent_since
        return Standing(name, "silent", since, seen.problem or "not-asked", told, whose)
    # Ahead counts too: a clock that is wrong makes no number newer.
    if abs(now_ns - parse_rfc3339(told.time)) > stale_minutes * 60_000_000_000:
        return Standing(name, "old", told.time, "", told, whose)
    return Standing(name, "answers", "", "", told, whose)
