"""What a dose of a controlled drug leaves in its ward's register: its giver writes it once, with the dose (F14)."""

from hashlib import blake2b

from contrefeu.acts import DrugMoved
from contrefeu.chart import display
from contrefeu.chart.sheet import Person
from contrefeu.station.care import Target, Typed
from contrefeu.station.house import House


async def take_out(
    house: House, target: Target, typed: Typed, whose: Person, chart: str, entry: str, said: str
) -> None:
    """Write into the ward's register the units of a dose that was given; *said*: the form, and what was typed."""
    if target.line is None or not (typed.text("units") and typed.text("outcome") == "completed"):
        return
    act = DrugMoved(
        key=key_of(f"{chart}/{target.line['id']}/{said}"),
        ward=whose.ward,
        drug=typed.text("stock"),
        kind="given",
        units=plain_units(typed.text("units")),
        at=typed.moment(),
        witness=witness_of(typed),
        patient=chart,
        who=" · ".join(filter(None, (f"{whose.family} {whose.given}".strip(), whose.ipp))),
        dose=typed.text("amount"),
        prescriber=display(target.line.get("requester")),
        line=entry,
        world="T" if target.sheet.chart.world == "T" else "",
    )
    await house.staff.write(act, typed.scribe.login)


def key_of(said: str) -> str:
    """The key of a line: of the form that was sent and what was typed. Sent again otherwise, it is another line."""
    return blake2b(said.encode(), digest_size=16).hexdigest()


def plain_units(units: str) -> str:
    """A number as registers keep it: with a point."""
    return units.replace(",", ".")


def witness_of(typed: Typed) -> str:
    """The login of who signed as the second person."""
    return str(typed.second["identifier"]["value"]) if typed.second else ""
