"""Many facilities as one house: what each says of itself in numbers, asked of all at once (docs/howto/group.md)."""

from contrefeu.group.answering import GroupAnswers
from contrefeu.group.asking import DEADLINE_S, Answer, ask_all
from contrefeu.group.members import FILE, Group, Member, member_text, parse_group
from contrefeu.group.pages import group_pages
from contrefeu.group.seen import Seen, Standing, State, load_seen, merged, save_seen, standings
from contrefeu.group.told import (
    DowntimeTold,
    FacilityTold,
    WardTold,
    open_told,
    place_only,
    signed_told,
    told_of,
)

__all__ = [
    "DEADLINE_S",
    "FILE",
    "Answer",
    "DowntimeTold",
    "FacilityTold",
    "Group",
    "GroupAnswers",
    "Member",
    "Seen",
    "Standing",
    "State",
    "WardTold",
    "ask_all",
    "group_pages",
    "load_seen",
    "member_text",
    "merged",
    "open_told",
    "parse_group",
    "place_only",
    "save_seen",
    "signed_told",
    "standings",
    "told_of",
]
