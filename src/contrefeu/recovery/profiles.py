"""How a target takes what is sent back to it: one TOML file a target (docs/howto/send-back.md).

Rules kept here:
  * Nothing is assumed of a target (F33): without a profile messages go as they were, and what would make it act again,
    orders and bills, waits for a person.
  * A message that had no answer is sent again only where the profile says that the target knows a repeat by its MSH-10.
"""

import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field
from msgspec.structs import replace

from contrefeu.base import OperatorError
from contrefeu.recovery.paths import NEVER_READ, Function, function_of
from contrefeu.recovery.paths import Path as Way
from contrefeu.recovery.queries import Kind

# HL7 table 0076: what asks a pharmacy, an analyser or a cashier to do something; not what reports that it was done.
_ORDERS = ("OMB", "OMD", "OMG", "OMI", "OML", "OMN", "OMP", "OMS", "OPL", "ORM", "OSM", "RDE", "RDO", "RGV", "SRM")
ACTING = (*_ORDERS, "BAR", "DFT")


_PACE = ("query", "tries", "answer_s", "per_second_max")  # of a profile: how it is asked, how fast, how long


class Query(Struct, frozen=True, forbid_unknown_fields=True):
    """How an HL7 v2 system is asked what it holds."""

    ask: Annotated[list[Kind], Meta(min_length=1)] = field(default_factory=lambda: ["QRY^A19"])
    shows: list[str] = field(default_factory=list)  # FHIR types that its answers hold; empty: as the standard says
    authority: str = ""  # it is asked for numbers of this authority (PID-3.4) alone
    receiver: str = ""  # MSH-5
    version: Literal["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6"] = "2.5"  # MSH-12


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """One target."""

    name: str = ""  # of the target in the account; its address when empty
    form: Literal["raw", "marked"] = "raw"  # as it was, or with a mark and a control id of our own
    mark: Literal["R", "I"] = "R"  # MSH-11.2 of a marked message (HL7 table 0207): restore, initial load
    honours_mark: bool = False  # the vendor says in writing: no order, bill or alert follows from a marked message
    hold: list[str] = field(default_factory=lambda: list(ACTING))  # kinds (MSH-9.1) that a person decides about
    # kinds (MSH-9.1, or with its event: "ADT^A08") that are never sent to it, and go to `owner`
    leave_out: list[str] = field(default_factory=list)
    owner: Annotated[str, Meta(min_length=1)] = "recovery"  # who looks at what is left out or set aside
    acts: Literal["hold", "hl7"] = "hold"  # what people wrote here: for a person, or written as HL7 v2
    prescriptions: Literal["OMP", "RDE"] = "OMP"  # in which message a prescription that was written here goes
    allergies: Literal["A60", "A08"] = "A60"  # with which event an allergy goes: numbered (IAM), or plain (AL1)
    # precautions, levels of care, tasks, what people answered: as a document of the ward's words, or for a person
    rest: Literal["document", "hold"] = "document"
    survivor: Literal["PID", "MRG"] = "PID"  # whose number stays there in a merge (A40)
    zbe: bool = False  # it knows movements by their numbers (IHE PAM, ZBE)
    codes: dict[str, str] = field(default_factory=dict)  # our code, words or ward -> its own, in what is written
    version: Literal["2.5", "2.5.1", "2.6"] = "2.5"  # MSH-12 of what is written
    receiver: str = ""  # MSH-5 of what is written
    repeats_known: bool = False  # it knows a repeat by MSH-10 and does nothing: what had no answer may be sent again
    tries: Annotated[int, Meta(ge=1, le=10)] = 3  # of one message, where repeats are known
    answer_s: Annotated[float, Meta(gt=0, le=600)] = 30.0  # how long an answer is waited for
    per_second_max: Annotated[float, Meta(ge=0)] = 0.0  # messages a second at most; 0: as fast as it answers

    # function -> the way by which what a ward wrote of it goes back, as it was agreed (F37)
    paths: dict[Function, Way] = field(default_factory=dict)
    query: Query = field(default_factory=Query)  # how it is asked what it holds (gap --against mllp://…)

    @property
    def digest(self) -> str:
        """Of all that decides what is sent, and in which form: the pace may be another one while a replay goes on."""
        usual = Profile()
        same = replace(self, **{name: getattr(usual, name) for name in _PACE})
        return sha256(msgspec.json.encode(same, order="deterministic")).hexdigest()

    def holds(self, kind: str) -> bool:
        """Whether a message of *kind* ("ORM^O01") waits for a person."""
        named = kind in self.hold or kind.partition("^")[0] in self.hold
        return named and not (self.form == "marked" and self.honours_mark)

    def way_of(self, kind: str) -> Way:
        """By which way an entry of *kind* ("FHIR Observation") goes back."""
        function = function_of(kind)
        return self.paths.get(function, "data") if function is not None else "data"

    def leaves_out(self, kind: str) -> bool:
        """Whether a message of *kind* is not for this target."""
        return kind in self.leave_out or kind.partition("^")[0] in self.leave_out


def read_profile(path: Path | None) -> Profile:
    """Read a profile; without one, the careful one.

    Raises:
        OperatorError: It is none.
    """
    if path is None:
        return Profile()
    try:
        found = msgspec.convert(tomllib.loads(path.read_text()), Profile)
        if read := [name for name in NEVER_READ if found.paths.get(name) == "document"]:
            raise msgspec.ValidationError(f"paths.{read[0]}: a movement or a name is never a document")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        said = str(wrong) if isinstance(wrong, msgspec.ValidationError) else type(wrong).__name__
        raise OperatorError(
            f"{path.name} is no profile of a target: {said}.",
            safe="Nothing was sent.",
            next="docs/howto/send-back.md says what stands in one.",
        ) from None
    return found
