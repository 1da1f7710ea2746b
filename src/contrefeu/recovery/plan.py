"""A replay's plan: which entries, in which order, and what is done with each; a file that people read and change.

    {"plan": "contrefeu-replay/1", "at": "…", "against": "…", "findings": "…", "target": "…", "profile": "…"}
    {"entry": "n1-capture/7", "do": "send", "patient": "…", "type": "ORU^R01", "control_id": "…", "day": "…", "why": "",
     "owner": "", "sent": 0}

    send      send it, unless it was sent before
    again     send it though an earlier sending had no answer: somebody saw that it is not there. It holds for
              the `sent` sendings that the plan knows of: what had no answer since is looked at anew
    arrived   it had no answer, or the comparison did not find it, and somebody saw that it is there
    hold      somebody must decide
    aside     not sent by us: `why` says why, `owner` who looks at it

Rules kept here:
  * Lines are in the order in which things were received, over all journals: an order per patient, and causal.
  * A plan names entries and quotes none. One that cannot be read whole is refused before anything is sent.
  * It holds for the comparison of which it was made, for one target, and for the profile under which it was decided:
    under another one a message that may go marked would go as it was.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contrefeu.acts import GapTaken
from contrefeu.base import OperatorError
from contrefeu.recovery.findings import COMPARED, Finding, LinesFile
from contrefeu.recovery.ledger import DROPPED, REVIEW
from contrefeu.recovery.paths import NOT_BACK, RETYPED
from contrefeu.recovery.profiles import Profile
from contrefeu.recovery.scratch import Scratch, There

FORMAT = "contrefeu-replay/1"
NOT_THERE = "it was accepted before, and is not there"
PLANNED_TABLE = "CREATE TABLE planned(entry TEXT PRIMARY KEY) WITHOUT ROWID"
Do = Literal["send", "again", "arrived", "hold", "aside"]


class Header(Struct, frozen=True, forbid_unknown_fields=True):
    """The first line."""

    plan: str
    at: str  # RFC 3339, of the comparison
    against: str
    findings: str  # digest
    target: str
    profile: str  # digest

    @staticmethod
    def of(gap: GapTaken, profile: Profile, target: str) -> "Header":
        """Return what a plan of *gap* begins with."""
        return Header(FORMAT, gap.at, gap.against, gap.findings, target, profile.digest)


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry."""

    entry: str
    do: Do
    patient: str = ""
    type: str = ""
    control_id: str = ""
    ward: str = ""
    day: str = ""
    why: str = ""
    owner: str = ""
    sent: int = 0  # how often it was sent, or may have been, when the plan was written


def planned(
    findings: Iterable[Finding],
    profile: Profile,
    released: Callable[[str], bool] = lambda _: False,
    tries: Callable[[str], int] = lambda _: 0,
    aside: Callable[[str], tuple[str, str] | None] = lambda _: None,
) -> Iterator[Line]:
    """Yield what is to be done with what is missing or different; what somebody *released* is not reviewed again.

    Args:
        findings: What a comparison found.
        profile: Of the target.
        released: Whether somebody looked at an entry that was set aside.
        tries: How often an entry was sent to the target.
        aside: Why an entry was set aside, and who looks at it.
    """
    for finding in findings:
        if finding.state in COMPARED:
            reviewed = finding.review and released(finding.entry)
            known = aside(finding.entry)
            do, why, owner = _decided(replace(finding, review=False) if reviewed else finding, profile, known)
            yield Line(
                finding.entry,
                do,
                finding.patient,
                finding.type,
                finding.control_id,
                finding.ward,
                finding.day,
                why,
                owner,
                tries(finding.entry),
            )


def _decided(finding: Finding, profile: Profile, known: tuple[str, str] | None) -> tuple[Do, str, str]:
    if known is not None and known[0].startswith(DROPPED):
        return "aside", *known
    if profile.leaves_out(finding.type):
        return "aside", "the profile leaves this kind out", profile.owner
    way = profile.way_of(finding.type)
    if way == "none":
        return "aside", NOT_BACK, profile.owner
    if finding.review:
        return "aside", REVIEW, known[1] if known is not None and known[0] == REVIEW else profile.owner
    if finding.sent == "accepted":
        return "hold", NOT_THERE, ""
    if finding.state == "different":
        return "hold", "the target holds another message under its control id", ""
    if way == "retype":
        return "hold", RETYPED, ""
    if profile.holds(finding.type):
        return "hold", "it would ask somebody to act again", ""
    return "send", "", ""


def write_plan(path: Path, header: Header, lines: Iterable[Line]) -> None:
    """Write a plan, whole or not at all; it is for its owner's eyes."""
    file = LinesFile(path)
    try:
        file.add(header)
        for line in lines:
            file.add(line)
    except BaseException:
        file.drop()
        raise
    file.close()


def read_plan(path: Path) -> Iterator[Line]:
    """Yield the lines of a plan; it was checked before (`check_plan`)."""
    decoder = msgspec.json.Decoder(Line)
    with path.open("rb") as file:
        next(file)
        for line in file:
            if line.strip():
                yield decoder.decode(line)


def check_plan(path: Path, now: Header, table: Scratch) -> Header:
    """Read a plan through, and return what it begins with; *now* is what one that was made now would begin with.

    *table* takes the names of its entries (PLANNED_TABLE): a plan has millions.

    Raises:
        OperatorError: A line is none, or names an entry for the second time; or it was made for something else.
    """
    at = 1
    try:
        with path.open("rb") as file:
            header = msgspec.json.decode(next(file, b""), type=Header)
            if header.plan != FORMAT:
                raise msgspec.ValidationError("another format")
            decoder = msgspec.json.Decoder(Line)

            def names() -> Iterator[tuple[str]]:
                nonlocal at
                for line in file:
                    at += 1
                    if line.strip():
                        yield (_checked(decoder.decode(line)).entry,)

            table.run_each("INSERT INTO planned VALUES(?)", names())
    except There:
        raise _no_line(path, at, "an entry stands in it twice") from None
    except msgspec.ValidationError as found:
        raise _no_line(path, at, str(found)) from None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as found:
        raise _no_line(path, at, type(found).__name__) from None
    _check_header(path.name, header, now)
    return header


def _no_line(path: Path, at: int, why: str) -> OperatorError:
    return OperatorError(
        f"Line {at} of {path.name} is no line of a plan: {why}.",
        safe="Nothing was sent.",
        next="Change `do`, `why` and `owner` only; contrefeu replay --dry-run --plan NEWFILE writes one anew.",
    )


def _check_header(name: str, header: Header, now: Header) -> None:
    if header.target != now.target:
        raise made_otherwise(name, f"for another target, {header.target}")
    if header.profile != now.profile:
        raise made_otherwise(name, "under another profile")


def made_otherwise(name: str, other: str) -> OperatorError:
    """A plan that is not for this run, and why not."""
    return OperatorError(
        f"The plan {name} was made {other}.",
        safe="Nothing was sent.",
        next="Give the --to and --profile that it was made with; after another comparison write one anew, with"
        " --dry-run --plan NEWFILE, and decide in that one.",
    )


def _checked(line: Line) -> Line:
    if line.do == "aside" and not (line.why and line.owner):
        raise msgspec.ValidationError("what is set aside needs `why` and `owner`")
    return line
