"""Acts of a recovery: what was compared, what was sent back and how it was answered, what was set aside and by whom.

Rules kept here: as in act.py; and an entry is named JOURNAL/SEQ, never quoted.
  * A message MUST be claimed in the journal before its first byte is sent: what was claimed and has no answer may have
    arrived, and is never sent again by itself (R3).
  * Claims and answers come in lots: one entry names many messages, each by itself (decision 0091).
  * An act names ENTRIES_MAX entries at most: what is said of more is said in several (`lots`).
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct, field

ENTRIES_MAX = 500  # that one act names: 20 kB in the journal

ACCEPTED = frozenset({"AA", "CA", "seen"})  # HL7 table 0008; "seen": a person found it in the target
UNANSWERED = ""
NO_LONGER = "in doubt no longer: the clean point is another one now"


class Answered(Struct, frozen=True, array_like=True):
    """How one message was answered."""

    entry: str
    code: str  # MSA-1; "" for no answer that can be told to be its own; "seen"
    sent_as: str = ""  # MSH-10 under which it was sent


class GapTaken(Struct, frozen=True, omit_defaults=True, tag_field="act", tag="gap-taken"):
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
    unasked: int = 0  # that the other side's answers do not show: neither present nor missing
    older: int = 0  # of what is missing: the other side has an earlier word of it


class MessagesClaimed(Struct, frozen=True, omit_defaults=True, tag_field="act", tag="messages-claimed"):
    """From now on these may have been sent to the target."""

    target: str
    claim: str  # drawn anew for each
    entries: list[str]
    at: str  # RFC 3339
    address: str = ""  # where the target was: one address has one name
    live: bool = False  # sent while the record system was down, to one that worked on: it says nothing of the former


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


class ReplayEnded(Struct, frozen=True, omit_defaults=True, tag_field="act", tag="replay-ended"):
    """A run came to its end: what became of its plan, and what waits for whom."""

    target: str
    at: str  # RFC 3339
    planned: int
    acknowledged: int
    rejected: int = 0
    held: int = 0
    remaining: int = 0
    set_aside: int = 0
    in_doubt: int = 0  # of the held
    reasons: dict[str, int] = field(default_factory=dict)  # why they are held


class EntriesSetAside(Struct, frozen=True, omit_defaults=True, tag_field="act", tag="entries-set-aside"):
    """Somebody decided that these are not sent back by us."""

    entries: list[str]
    reason: str
    owner: str  # who looks at them
    at: str  # RFC 3339
    source: str = ""  # whose they are, where they are all of one


class EntriesReleased(Struct, frozen=True, tag_field="act", tag="entries-released"):
    """Entries that were set aside may be sent back as any other: somebody looked at them, or the doubt was lifted."""

    entries: list[str]
    reason: str
    at: str  # RFC 3339

    @property
    def looked_at(self) -> bool:
        """Whether somebody looked at them; a comparison did not: in doubt again, they are set aside again."""
        return self.reason != NO_LONGER


class EntriesDropped(Struct, frozen=True, tag_field="act", tag="entries-dropped"):
    """Somebody looked at entries that were set aside: they do not go back. The journal keeps them as they are."""

    entries: list[str]
    reason: str
    at: str  # RFC 3339


class PatientAccount(Struct, frozen=True, array_like=True):
    """What became of one patient's entries that a restored system lacked."""

    chart: str  # chart id
    left: int  # that nobody could account for
    back: int  # that are there again


class WardAccount(Struct, frozen=True, array_like=True):
    """What is left to do in one ward."""

    ward: str
    left: int
    minutes: float  # of typing, by an estimate (recovery/work.py)
    kinds: dict[str, int]  # kind of entry -> how many


class PathAccount(Struct, frozen=True, array_like=True):
    """What people wrote that goes back by one way (FIELD F37)."""

    way: str  # data, document, retype, none
    written: int
    back: int  # of these, there without anybody's typing
    left: int  # that nobody could account for
    minutes: float  # of typing, for what is left


class AccountDrawn(Struct, frozen=True, omit_defaults=True, tag_field="act", tag="account-drawn"):
    """Every entry was accounted for, or was not: what pages and later accounts know of it."""

    at: str  # RFC 3339
    against: str  # what it was compared with; "" for nothing
    entries: int
    fates: dict[str, int]  # present, replayed, merged, set_aside, kept_here, unaccounted
    written: int = 0  # entries that people wrote here, of patients
    written_back: int = 0  # of these, there without anybody's typing
    wards: list[WardAccount] = field(default_factory=list)
    patients: list[PatientAccount] = field(default_factory=list)
    patients_unlisted: int = 0  # beyond the list
    ways: list[PathAccount] = field(default_factory=list)


class PatientSignedOff(Struct, frozen=True, omit_defaults=True, tag_field="act", tag="patient-signed-off"):
    """Somebody looked at a patient's record there beside the chart here, and says that nothing is lacking."""

    chart: str  # chart id
    at: str  # RFC 3339
    left: int = 0  # entries that were left when they signed
    remark: str = ""  # what was done by hand


def lots(entries: Sequence[str]) -> Iterator[list[str]]:
    """Yield *entries* in lots that an act can name."""
    for start in range(0, len(entries), ENTRIES_MAX):
        yield list(entries[start : start + ENTRIES_MAX])
