"""What every page does that writes: who writes and whether they may now, what is wrong with a form, and the journal."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex

from starlette.requests import Request

from contrefeu.access import Account
from contrefeu.acts import FUNCTIONS
from contrefeu.base import StorageError
from contrefeu.chart import Chart, DueItem, due_in_downtime
from contrefeu.fhir import Json
from contrefeu.journal import MEDIA_FHIR
from contrefeu.station.care import Choice, Field, Known, Scribe, Typed
from contrefeu.station.house import House
from contrefeu.station.labels import label
from contrefeu.web import N_, NOT_KEPT, Refused, Words, person, visit_of

SHOWN_WITHIN_S = 2.0  # how long a page waits for the chart to say what was written (W1)
ONCE_BYTES = 16  # of what tells one page of a form from another
TWO = (
    Field("second", N_("Seconde personne : son identifiant"), required=True),
    Field("pin", N_("Son mot de passe ou code"), "secret", required=True),
)
LOOK_S = 0.05  # between two looks at the chart: less than anybody notices


def scribe_of(house: House, request: Request) -> Scribe:
    """Return who writes, at this station, now."""
    deps, actor = house.deps, person(request)[0]
    node = deps.settings.node
    say = Words(node.language, deps.zone)
    name = say(N_("%(name)s (intérim)"), name=actor.name) if actor.agency_until else actor.name
    return Scribe(actor.login, name, node.id, deps.clock.now_ns(), deps.zone, say)


def known_to(house: House, request: Request) -> Known:
    """Return what forms know of the house."""
    prescribers = [one for one in house.staff.counting() if one.may("prescribe")]
    return Known(
        tests=house.tests,
        limits=house.limits is not None,
        prescribers=tuple(Choice(one.login, one.name) for one in prescribers),
        second_check=(*house.deps.settings.care.second_check, *house.deps.settings.care.controlled),
        controlled=tuple(house.deps.settings.care.controlled),
        language=visit_of(request).words.language,
        formulary=house.staff.formulary,
        aids=frozenset(house.staff.aids.on),
    )


async def second_person(house: House, request: Request, fields: Sequence[Field], typed: Typed) -> Json | None:
    """Return the second person, when the form asks for one and they gave their own secret."""
    login, secret = typed.text("second"), typed.text("pin")
    if not any(one.kind == "secret" for one in fields) or not (login and secret):
        return None
    actor = await house.staff.enter(login, secret)
    if isinstance(actor, Refused) or not actor.may("write") or actor.login == typed.scribe.login:
        await house.shell.audit.write("act", person(request)[0], what="second check", failed=True)
        typed.problems["pin"] = N_("Ce n’est pas une autre personne qui soigne, ou pas son code.")
        return None
    if actor.agency_until:
        typed.problems["second"] = N_(
            "Un compte d’intérim ne signe pas en second : échangez vos places, ou demandez à une autre personne."
        )
        return None
    return {"identifier": {"system": "urn:contrefeu:login", "value": actor.login}, "display": actor.name}


def said_by(once: str, fields: Sequence[Field], typed: Typed) -> str:
    """Return what makes a form that was sent twice one act: its page (*once*; "" is no other one's) and what was typed.

    A page that is gone back to and sent otherwise says something else. Secrets are left out.
    """
    secrets = {one.name for one in fields if one.kind == "secret"}
    plain = sorted((name, text) for name, text in typed.values.items() if name not in secrets)
    return f"{once or token_hex(ONCE_BYTES)}/{plain}"


async def write_down(house: House, scribe: Scribe, body: bytes) -> str:
    """Append what somebody wrote; returns the entry.

    Raises:
        Problem: The journal does not take it: nothing was written.
    """
    try:
        return await house.deps.appender.append(f"user/{scribe.login}", MEDIA_FHIR, body)
    except (StorageError, OSError):
        raise NOT_KEPT from None


async def is_shown(house: House, chart: str, ref: str) -> bool:
    """Whether the chart says what entry *ref* says, before the person loses patience."""
    for _ in range(int(SHOWN_WITHIN_S / LOOK_S)):
        found = await house.charts.chart(chart)
        if found is not None and says(found, ref):
            house.work.forget()
            return True
        await asyncio.sleep(LOOK_S)
    return False


def says(chart: Chart, ref: str) -> bool:
    """Whether some line of a chart comes from entry *ref*."""
    refs = {one.ref for one in chart.kept.values()} | {one.ref for one in chart.stays.values()}
    return ref in refs | {chart.identity.ref}


def writes_here(house: House, ward: str, function: str = "") -> bool:
    """Whether *function*, or anything for "", is written of patients of *ward* on this screen now (F3)."""
    found = written_here(house, ward)
    return function in found if function else bool(found)


def written_here(house: House, ward: str) -> frozenset[str]:
    """The functions that are written of patients of *ward* on this screen now."""
    return frozenset(one for one in FUNCTIONS if where_written(house, ward, one).here)


@dataclass(frozen=True, slots=True)
class Written:
    """Where one function of a ward is written now."""

    function: str
    medium: str  # "paper", "screen", "record"
    since: str  # RFC 3339; "" where no downtime was declared

    @property
    def here(self) -> bool:
        """Whether that is this screen."""
        return self.medium == "screen"

    def said(self, words: Words) -> str:
        """What it is and where, in words."""
        return f"{label('function', self.function, words)}, {label('medium', self.medium, words)}"


def where_written(house: House, ward: str, function: str) -> Written:
    """Return where *function* is written of patients of *ward*; who is in no downtime has a record system."""
    declared, lifted = house.staff.downtime.of(ward), house.staff.downtime.lifted(ward)
    if declared is None:
        return Written(function, "record", lifted.cutover if lifted else "")
    found = declared.in_force(function)
    return Written(function, found.medium, found.since)


async def due_of(house: House, chart: str, ward: str) -> Sequence[DueItem]:
    """Return what the board says is due, so that no two pages differ."""
    if not ward:
        return ()
    row = await house.charts.row(chart)
    return due_there(house, ward, row.due if row is not None else [])


def due_there(house: House, ward: str, due: Sequence[DueItem]) -> Sequence[DueItem]:
    """Return *due* as a ward reads it, in downtime or not (F2)."""
    declared = house.staff.downtime.of(ward)
    return due_in_downtime(due, declared.elsewhere_until_ns(house.deps.clock.now_ns())) if declared else due


def chosen(fields: Sequence[Field], typed: Typed) -> bool:
    """Note what is wrong with any form's fields; whether each choice is one of those that were given."""
    for one in fields:
        text = typed.text(one.name)
        if one.required and not text:
            typed.problems[one.name] = N_("À cocher.") if one.kind == "check" else N_("À remplir.")
            if one.choices:
                return False  # no page sends it so: what it means for the others cannot be said
        elif len(text) > one.length_max:
            typed.problems[one.name] = N_("C’est trop long.")
        elif one.choices and text not in {choice.code for choice in one.choices}:
            typed.problems[one.name] = N_("Ce n’est pas un des choix.")
            return False
    return True


def opens_downtime(house: House, account: Account, ward: str) -> bool:
    """Whether the person may declare a downtime of *ward* now (D2)."""
    return bool(ward) and account.may("open") and account.in_scope(ward) and house.staff.downtime.of(ward) is None
