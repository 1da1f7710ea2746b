"""Acts: one struct each, one JSON object each, in the journal of the station where they were done.

    {"act": "downtime-declared", "wards": [], "reason": "...", "at": "2026-11-24T02:10:00.000000Z"}

Rules kept here:
  * `act` names the kind and is never reused for another meaning; fields are added with a default, never renamed.
  * Who did it is the entry's source ("user/<login>" or "console"), never a field: the body cannot claim another author.
  * An act that a later version wrote is kept, counted and skipped: `decode` returns None, and stops nothing.
  * A secret never enters a journal: only its argon2id hash does.
"""

from typing import Literal, get_args

from msgspec import UNSET, DecodeError, Struct, UnsetType, ValidationError, field
from msgspec.json import Decoder, Encoder

from contrefeu.acts.alarms import AlarmAcknowledged, AlarmRaised
from contrefeu.acts.care import (
    AidSwitched,
    CorrectionSeen,
    LimitsSigned,
    MedicinesProposed,
    MedicinesReleased,
    MedicinesTakenOff,
    WardAnswered,
    WardTold,
)
from contrefeu.acts.containment import ContainmentPlanned
from contrefeu.acts.dispensing import CabinetsExtracted, MedicinesReturned
from contrefeu.acts.doubts import CleanPointSet, CleanPointsSeen
from contrefeu.acts.exercises import ExerciseEnded, ExerciseStarted, ExerciseTicked, ExerciseTold
from contrefeu.acts.handback import HandBackSigned
from contrefeu.acts.identities import (
    NameLeft,
    NameRestored,
    NumberDrawn,
    OldNameClosed,
    UnionConfirmed,
    UnionProposed,
    UnionRefused,
)
from contrefeu.acts.incidents import DeclarationSent, IncidentClosed, IncidentNoted, IncidentOpened
from contrefeu.acts.keeping import (
    HorizonHeld,
    HorizonReleased,
    JournalExpired,
    ReadingKeysDestroyed,
    RecoveryKeyChanged,
    RecoveryRehearsed,
    RoleKeyMade,
    ShareConfirmed,
)
from contrefeu.acts.live import LiveSettled, LiveSwitched
from contrefeu.acts.matching import IdentitiesLinked, PairDecided, PairsProposed
from contrefeu.acts.paper import (
    MarksAnswered,
    MarksRead,
    PageHandedIn,
    PageScanned,
    PageSettled,
    PagesIssued,
    PagesLost,
    PapersGiven,
)
from contrefeu.acts.registers import DrugMoved
from contrefeu.acts.replays import (
    AccountDrawn,
    EntriesDropped,
    EntriesReleased,
    EntriesSetAside,
    GapTaken,
    MessagesAnswered,
    MessagesClaimed,
    MessagesReleased,
    PatientSignedOff,
    ReplayEnded,
)
from contrefeu.acts.specimens import SpecimenDrawn
from contrefeu.acts.temporary import TemporaryAccountEnded, TemporaryAccountMade, TemporaryAccountProlonged


class AccountAdded(Struct, frozen=True, tag_field="act", tag="account-added"):
    """Somebody, or a machine of role "system", may log in. Said again for a login, it replaces what was said before."""

    login: str
    name: str
    role: str
    secret_hash: str  # argon2id, encoded form
    wards: list[str] = field(default_factory=list)  # ward ids; "*" is every ward
    badge: str | UnsetType = UNSET  # what a reader types for this person's badge; never enough to come in


class AccountDisabled(Struct, frozen=True, tag_field="act", tag="account-disabled"):
    """Nobody logs in by this login until it is added again."""

    login: str
    reason: str = ""


class SecretChanged(Struct, frozen=True, tag_field="act", tag="secret-changed"):
    """A new password or PIN."""

    login: str
    secret_hash: str


class PasskeyAdded(Struct, frozen=True, tag_field="act", tag="passkey-added"):
    """A passkey of somebody's lets them in at the addresses under `site`: its public half, which opens nothing."""

    login: str
    credential: str  # its id, base64url
    public_key: str  # COSE_Key (RFC 9052, 7), base64url
    site: str  # host name, or its parent domain, that the browser bound it to
    label: str  # as its owner calls it
    at: str  # RFC 3339


class PasskeyRemoved(Struct, frozen=True, tag_field="act", tag="passkey-removed"):
    """A passkey lets nobody in any more."""

    login: str
    credential: str  # its id, base64url


Function = Literal["medicines", "observations", "requests", "movements", "notes"]
FUNCTIONS: tuple[Function, ...] = get_args(Function)  # of a ward: each has one medium in force (F3)
Medium = Literal["paper", "screen", "record"]  # "record": the record system still does that one
MEDIA: tuple[Medium, ...] = get_args(Medium)


class DowntimeDeclared(Struct, frozen=True, omit_defaults=True, tag_field="act", tag="downtime-declared"):
    """From `at` on, these wards work here; no ward named means the whole hospital.

    Said again, it changes the medium, and that of functions: who names none has all of them on one.
    """

    wards: list[str]
    reason: str
    at: str  # RFC 3339
    medium: Literal["paper", "screen"] = "paper"  # where care is written from `at` on (F3)
    functions: dict[Function, Medium] = {}  # those that are written elsewhere than `medium` says


class DowntimeLifted(Struct, frozen=True, omit_defaults=True, tag_field="act", tag="downtime-lifted"):
    """From `cutover` on, these wards work in the record system again; no ward named means the whole hospital."""

    wards: list[str]
    reason: str
    at: str  # RFC 3339: when it was said
    cutover: str = ""  # RFC 3339: the minute that it holds from; "" for `at` (F4)
    unsigned: int = 0  # hand-back sheets that nobody had signed, and `reason` says why it went on


class GlassBroken(Struct, frozen=True, tag_field="act", tag="glass-broken"):
    """Somebody opened a chart outside their wards, and said why; it is reviewed the next day (G4)."""

    chart: str  # chart id
    reason: str
    at: str  # RFC 3339


class ClockMeasured(Struct, frozen=True, tag_field="act", tag="clock-measured"):
    """How far a peer's clock was ahead of this station's (below 0: behind), when they met (S7)."""

    peer: str  # node
    offset_ms: int
    uncertainty_ms: int  # half the time that the question took, rounded up
    at: str  # RFC 3339, this station's clock


class HoneyNamed(Struct, frozen=True, tag_field="act", tag="honey-named"):
    """From now on this patient is nobody's: left out of all that is counted or sent, and watched (F46)."""

    numbers: list[str]  # "authority|value"; a value as it was typed while no chart has it
    at: str  # RFC 3339
    note: str = ""  # where and for whom it was laid


class HoneyReleased(Struct, frozen=True, tag_field="act", tag="honey-released"):
    """It is a patient like any other again."""

    named: str  # entry that named it
    at: str  # RFC 3339


class WardCorrected(Struct, frozen=True, tag_field="act", tag="ward-corrected"):
    """How a ward that feeds name stands on every page from now on: all of it, in place of what was said before."""

    ward: str  # as feeds name it, PV1-3.1
    at: str  # RFC 3339
    name: str = ""  # as people say it
    into: str = ""  # the ward that it is, under another name
    hidden: bool = False  # shown no more while nobody lies there
    beds: list[str] = []  # all of its beds, in this order; []: those that feeds name


class WithdrawalProposed(Struct, frozen=True, tag_field="act", tag="withdrawal-proposed"):
    """Somebody asks that an entry, a document or a patient be seen no more, or (undo) be seen again (F41)."""

    kind: Literal["entry", "document", "patient"]
    target: str  # journal/sequence; "DocumentReference/<id>" or another line of a chart; chart id
    reason: str
    at: str  # RFC 3339
    chart: str = ""  # chart id, of a document and of a patient
    keys: list[str] = field(default_factory=list)  # of a patient: every number that the chart stood under
    undo: str = ""  # the entry that proposed what is to be undone


class WithdrawalConfirmed(Struct, frozen=True, tag_field="act", tag="withdrawal-confirmed"):
    """A second person agrees: what was proposed holds from this entry on, if one of the two is the officer."""

    proposal: str  # entry
    at: str  # RFC 3339


class WithdrawalCarried(Struct, frozen=True, tag_field="act", tag="withdrawal-carried"):
    """A restore until an instant says what two persons withdrew, or undid, after it, whose acts stay behind (F41)."""

    ref: str  # entry that proposed it
    kind: Literal["entry", "document", "patient"]
    target: str
    chart: str
    keys: list[str]
    reason: str
    by: str
    at: str  # RFC 3339
    confirmed_by: str
    confirmed_at: str  # RFC 3339
    until: tuple[int, str, int]  # hybrid clock, journal, sequence of the confirmation
    in_force: bool  # False: it was undone


class WithdrawalRefused(Struct, frozen=True, tag_field="act", tag="withdrawal-refused"):
    """What was proposed is not done; who proposed it may take it back so too."""

    proposal: str  # entry
    at: str  # RFC 3339
    reason: str = ""


Act = (
    AccountAdded
    | AccountDisabled
    | AccountDrawn
    | AidSwitched
    | AlarmAcknowledged
    | AlarmRaised
    | CabinetsExtracted
    | CleanPointSet
    | CleanPointsSeen
    | ClockMeasured
    | ContainmentPlanned
    | PasskeyAdded
    | PasskeyRemoved
    | SecretChanged
    | DeclarationSent
    | DowntimeDeclared
    | DowntimeLifted
    | EntriesDropped
    | EntriesReleased
    | EntriesSetAside
    | ExerciseEnded
    | ExerciseStarted
    | ExerciseTicked
    | ExerciseTold
    | DrugMoved
    | GapTaken
    | GlassBroken
    | HandBackSigned
    | HoneyNamed
    | HoneyReleased
    | HorizonHeld
    | HorizonReleased
    | IncidentClosed
    | IncidentNoted
    | IncidentOpened
    | IdentitiesLinked
    | JournalExpired
    | LimitsSigned
    | LiveSettled
    | LiveSwitched
    | MedicinesProposed
    | MedicinesReleased
    | MedicinesReturned
    | MedicinesTakenOff
    | MessagesAnswered
    | MessagesClaimed
    | MessagesReleased
    | ReplayEnded
    | NameLeft
    | NameRestored
    | NumberDrawn
    | OldNameClosed
    | MarksAnswered
    | MarksRead
    | PageHandedIn
    | PageScanned
    | PageSettled
    | PagesIssued
    | PagesLost
    | PairDecided
    | PairsProposed
    | PapersGiven
    | PatientSignedOff
    | ReadingKeysDestroyed
    | RecoveryKeyChanged
    | RecoveryRehearsed
    | RoleKeyMade
    | ShareConfirmed
    | SpecimenDrawn
    | CorrectionSeen
    | TemporaryAccountEnded
    | TemporaryAccountMade
    | TemporaryAccountProlonged
    | WardAnswered
    | WardCorrected
    | WardTold
    | UnionConfirmed
    | UnionProposed
    | UnionRefused
    | WithdrawalProposed
    | WithdrawalCarried
    | WithdrawalConfirmed
    | WithdrawalRefused
)

_ENCODER = Encoder()
_DECODER: Decoder[Act] = Decoder(Act)


def encode(act: Act) -> bytes:
    """Return the body of the entry that says *act*."""
    return _ENCODER.encode(act)


def decode(body: bytes) -> Act | None:
    """Return the act that *body* says, or None for one that this version does not know."""
    try:
        return _DECODER.decode(body)
    except (ValidationError, DecodeError, UnicodeDecodeError):
        return None
