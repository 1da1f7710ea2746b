"""Acts of a recovery: what was compared, what was sent back and how it was answered, what was set aside and by whom.

Rules kept here: as in act.py; and an entry is named JOURNAL/SEQ, never quoted.
  * A message MUST be claimed in the journal before its first byte is sent: what was claimed and has no answer may have
    arrived, and is never sent again by itself (R3).
  * Claims and answers come in lots: one entry names many messages, each by itself (decision 0091).
"""

from msgspec import Struct

ACCEPTED = frozenset({"AA", "CA", "seen"})  # HL7 table 0008; "seen": a person found it in the target
UNANSWERED = ""


class Answered(Struct, frozen=True, array_like=True):
    """How one message was answered."""

    entry: str
    code: str  # MSA-1; "" for no answer that can be told to be its own; "seen"
    sent_as: str = ""  # MSH-10 under which it was sent


class GapTaken(Struct, frozen=True, tag_field="act", tag="gap-taken"):
    """A restored system was compared with the journals."""

    against: str
    until: dict[str, int]  # journal -> last entry that was looked at
    since: str  # RFC 3339; "" for everything
    entries: int
    present: int
    missing: int
    different: int
    extra: int
    findings: str  # SHA-256 of the file that names each entry that was not simply present
    at: str  # RFC 3339


class MessagesClaimed(Struct, frozen=True, tag_field="act", tag="messages-claimed"):
    """From now on these may have been sent to the target."""

    target: str
    claim: str  # drawn anew for each
    entries: list[str]
    at: str  # RFC 3339


class MessagesAnswered(Struct, frozen=True, tag_field="act", tag="messages-answered"):
    """What became of messages that were claimed."""

    target: str
    claim: str  # "" when somebody says it who looked at the target
    answers: list[Answered]
    at: str  # RFC 3339


class MessagesReleased(Struct, frozen=True, tag_field="act", tag="messages-released"):
    """These were claimed and are known not to have been sent; or somebody says that they may be sent again."""

    target: str
    claim: str
    entries: list[str]
    reason: str
    at: str  # RFC 3339


class EntriesSetAside(Struct, frozen=True, tag_field="act", tag="entries-set-aside"):
    """Somebody decided that these are not sent back by us."""

    entries: list[str]
    reason: str
    owner: str  # who looks at them
    at: str  # RFC 3339
