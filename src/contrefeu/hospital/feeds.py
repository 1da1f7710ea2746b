"""What is known of a feed beforehand: `[feeds.NAME]` in `contrefeu.toml` (DESIGN section 8, FIELD F28, F29, F34, F45).

Rules kept here:
  * A sender is in one feed at most: which rules hold for a message never depends on the order of a file.
  * A rule that says nothing would refuse everything: it is an error.
  * Values in, values out; what a rule does to a message is `contrefeu.capture`'s: `refuse` and `seal`.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from contrefeu.hospital.problems import Problem, quoted
from contrefeu.hospital.zones import is_zone

Path = Annotated[
    str,
    Meta(
        # Or nothing, within the pattern: a value of `Path | Literal[""]` is not read again where it was written as "".
        pattern=r"^([A-Z][A-Z0-9]{2}-[1-9]\d{0,2}(\.[1-9]\d?){0,2})?$",
        description='a field such as "PID-18.1"',
    ),
]
# Names of HL7 table 0211 that contrefeu.hl7 decodes (a test compares), and windows-1252, which the table lacks
Charset = Literal[
    "", "ASCII", "8859/1", "8859/2", "8859/3", "8859/4", "8859/5", "8859/6", "8859/7", "8859/8", "8859/9", "8859/15",
    "WINDOWS-1252", "UNICODE UTF-8", "UNICODE UTF-16", "GB 18030-2000", "KS X 1001", "BIG-5", "ISO IR87",
]  # fmt: skip
FEED_NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
ROLE_NAME = r"^[a-z0-9][a-z0-9-]{0,30}$"
RoleName = Annotated[str, Meta(pattern=ROLE_NAME)]
FeedName = Annotated[str, Meta(pattern=FEED_NAME)]


TAP = "tap:"  # begins the source of what was not sent to this node but seen passing by


def feed_of(source: str) -> str:
    """Return the sender that a source is: what is known of it holds for what a tap heard of it too.

    >>> feed_of("tap:LABO@CHU"), feed_of("LABO@CHU")
    ('LABO@CHU', 'LABO@CHU')
    """
    return source.removeprefix(TAP)


class RuleSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which messages of a feed a rule is about: those of which all that it says is so."""

    message: str = ""  # MSH-9: "MDM", or "MDM^T02"
    ward: str = ""  # PV1-3.1, the service of PV1-10, or the responsible unit of ZBE-7.10
    document: str = ""  # code of a document (LOINC or local): OBR-4, TXA-2, OBX-3; a CDA's or a FHIR document's own
    path: Path = ""  # any field: "PID-18.1", "ZFD-2"; each segment and repetition is looked at
    value: str = ""  # what stands there

    @property
    def says(self) -> bool:
        """Whether there is a condition."""
        return bool(self.message or self.ward or self.document or self.path)


class RefuseSettings(RuleSettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is never journaled of a feed: a message is refused when all that one rule says is so (F45)."""

    name: str = ""  # under which `status` counts it; "FEED/1", "FEED/2" ... when not given


class SealSettings(RuleSettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which documents and results of a feed are sealed to a role, when all that one rule says is so (F45)."""

    role: RoleName  # whose words open them: as `contrefeu keys role` made it
    restricted: bool = False  # what its sender marks as restricted: TXA-18, CDA and FHIR confidentiality R or V

    @property
    def says(self) -> bool:
        """Whether there is a condition."""
        return self.restricted or super().says


Fact = Literal["allergies", "identity", "location", "prescriptions", "results"]
FACTS: tuple[Fact, ...] = ("allergies", "identity", "location", "prescriptions", "results")


def _all_facts() -> list[Fact]:
    return list(FACTS)


class FeedSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What a feed does not say of itself. NAME is small letters, digits, "-" and "_"; see `contrefeu feeds`."""

    senders: Annotated[list[str], Meta(min_length=1)]  # as `status` names them: "APP@FACILITY", "fhir/LOGIN"
    zone: str = ""  # of times sent without an offset; `node.zone` when empty
    authority: str = ""  # of numbers that name none; the sender itself when empty: a bare number joins no two feeds
    charset: Charset = ""  # table 0211, instead of what MSH-18 says; empty: MSH-18 is believed
    sequence: Literal["answer", "ignore"] = "answer"  # to a number in MSH-13, by MSA-4 (HL7 v2.5.1, 2.10.1)
    on_fault: Literal["close", "AE", "AR"] = "close"  # AE or AR only for a sender that then sends again (F28)
    on_refuse: Literal["AA", "AE", "AR"] = "AA"  # to what a rule refuses: AE or AR only if it goes on after them
    ack: Literal["", "disk", "vault"] = ""  # as capture.ack, for these senders; empty: as that says
    when_no_vault: Literal["", "wait", "disk"] = ""  # as capture.when_no_vault, for these senders; empty: as that says
    refuse: list[RefuseSettings] = field(default_factory=list)  # never journaled, counted
    sets: list[Fact] = field(default_factory=_all_facts)  # facts it may set; what else it says is not charted
    survivor: Literal["PID", "MRG"] = "PID"  # whose number stays in a merge (A18, A30, A34, A36, A39, A40, A46, A47)
    accession: Literal["OBR-18", "OBR-2", "OBR-3", "OBR-20"] = "OBR-18"  # where accession numbers stand, but IPC-1
    seal: list[SealSettings] = field(default_factory=list)  # journaled, and opened by a role's words alone
    message_bytes_max: Annotated[int, Meta(ge=0, le=64 * 2**20)] = 0  # what is larger is kept, and an alarm; 0: unknown
    control_ids: Literal["", "unique", "daily", "reused"] = ""  # MSH-10: once, again each day, at will; empty: learned


def feed_problems(feeds: dict[str, FeedSettings]) -> Iterator[Problem]:
    """What cannot be: a zone that nobody knows, a sender in two feeds, a rule that says nothing."""
    owners: dict[str, str] = {}
    for name, feed in feeds.items():
        key = f"feeds.{name}"
        for sender in feed.senders:
            if owners.setdefault(sender, name) != name:
                what = f"{quoted(sender)} is in `feeds.{owners[sender]}` too"
                yield _wrong(f"{key}.senders", what, "Leave it in one.")
        if feed.zone and not is_zone(feed.zone):
            what = f"{quoted(feed.zone)} names no time zone"
            yield _wrong(f"{key}.zone", what, "Write one such as America/Cayenne.")
        for kind, rules in (("refuse", feed.refuse), ("seal", feed.seal)):
            for n, rule in enumerate(rules, 1):
                yield from _rule_problems(f"{key}.{kind}[{n}]", n, rule)


def _rule_problems(key: str, number: int, rule: RuleSettings) -> Iterator[Problem]:
    if not rule.says:
        yield _wrong(key, f"rule {number} says nothing", "Give it message, ward, document, or path and value.")
    if bool(rule.path) != bool(rule.value):
        yield _wrong(key, f"rule {number} needs both path and value", "Give both, or neither.")


def feed_text(name: str, feed: FeedSettings) -> str:
    """Return the lines of `contrefeu.toml` that say *feed*; what is as it would be unsaid is left out.

    >>> feed_text("labo", FeedSettings(["LABO@CHU"], zone="Europe/Paris"))
    '[feeds.labo]\\nsenders = ["LABO@CHU"]\\nzone = "Europe/Paris"\\n'
    """
    said = msgspec.to_builtins(feed)
    unsaid = msgspec.to_builtins(FeedSettings(feed.senders, refuse=feed.refuse, seal=feed.seal))
    kept = {key: value for key, value in said.items() if key == "senders" or value != unsaid[key]}
    lines = [f"[feeds.{name}]", *_pairs(kept)]
    for kind in ("refuse", "seal"):
        for rule in said[kind]:
            lines += [f"[[feeds.{name}.{kind}]]", *_pairs({key: value for key, value in rule.items() if value})]
    return "\n".join(lines) + "\n"


def _pairs(table: dict[str, Any]) -> list[str]:
    """Keys with their values: texts and lists of texts are written in TOML as in JSON."""
    return [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in table.items()]


def _wrong(key: str, what: str, next_: str) -> Problem:
    return Problem(key, f"`{key}`: {what}.", allowed=next_, next=next_)
