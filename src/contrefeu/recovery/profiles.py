"""How a target takes what is sent back to it: one TOML file a target (docs/howto/send-back.md).

Rules kept here:
  * Nothing is assumed of a target (F33): without a profile messages go as they were, and what would make it act again,
    orders and bills, waits for a person.
  * A message that had no answer is sent again only where the profile says that the target knows a repeat by its MSH-10.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from contrefeu.base import OperatorError

# HL7 table 0076: what asks a pharmacy, an analyser or a cashier to do something; not what reports that it was done.
_ORDERS = ("OMB", "OMD", "OMG", "OMI", "OML", "OMN", "OMP", "OMS", "OPL", "ORM", "OSM", "RDE", "RDO", "RGV", "SRM")
ACTING = (*_ORDERS, "BAR", "DFT")


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """One target."""

    name: str = ""  # of the target in the account; its address when empty
    form: Literal["raw", "marked"] = "raw"  # as it was, or with a mark and a control id of our own
    mark: Literal["R", "I"] = "R"  # MSH-11.2 of a marked message (HL7 table 0207): restore, initial load
    honours_mark: bool = False  # the vendor says in writing: no order, bill or alert follows from a marked message
    hold: list[str] = field(default_factory=lambda: list(ACTING))  # kinds (MSH-9.1) that a person decides about
    leave_out: list[str] = field(default_factory=list)  # kinds that are never sent to it, and go to `owner`
    owner: Annotated[str, Meta(min_length=1)] = "recovery"  # who looks at what is left out or set aside
    acts: Literal["hold", "hl7"] = "hold"  # what people wrote here: for a person, or written as HL7 v2
    version: Literal["2.5", "2.5.1", "2.6"] = "2.5"  # MSH-12 of what is written
    receiver: str = ""  # MSH-5 of what is written
    repeats_known: bool = False  # it knows a repeat by MSH-10 and does nothing: what had no answer may be sent again
    tries: Annotated[int, Meta(ge=1, le=10)] = 3  # of one message, where repeats are known
    answer_s: Annotated[float, Meta(gt=0, le=600)] = 30.0  # how long an answer is waited for
    per_second_max: Annotated[float, Meta(ge=0)] = 0.0  # messages a second at most; 0: as fast as it answers

    def holds(self, kind: str) -> bool:
        """Whether a message of *kind* ("ORM^O01") waits for a person."""
        return kind.partition("^")[0] in self.hold and not (self.form == "marked" and self.honours_mark)

    def leaves_out(self, kind: str) -> bool:
        """Whether a message of *kind* is not for this target."""
        return kind.partition("^")[0] in self.leave_out


def read_profile(path: Path | None) -> Profile:
    """Read a profile; without one, the careful one.

    Raises:
        OperatorError: It is none.
    """
    if path is None:
        return Profile()
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), Profile)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as found:
        said = str(found) if isinstance(found, msgspec.ValidationError) else type(found).__name__
        raise OperatorError(
            f"{path.name} is no profile of a target: {said}.",
            safe="Nothing was sent.",
            next="docs/howto/send-back.md says what stands in one.",
        ) from None
