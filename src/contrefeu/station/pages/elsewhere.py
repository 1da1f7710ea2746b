"""A ward that writes elsewhere: on paper, in its usual record, or there again since its cut-over (F3, F4).

Rules kept here:
  * Nothing that was sent is written, and all of it is shown, to be copied where the ward writes. A secret is not shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from contrefeu.acts import Lifted
from contrefeu.station.care import Field
from contrefeu.station.house import House
from contrefeu.station.pages.writing import opens_downtime

_OWN = frozenset({"csrf", "once", "confirm"})  # what a page sends of itself
Typed = tuple[Field | None, str]  # its question, when the page knows it, and the answer


@dataclass(frozen=True, slots=True)
class ElsewherePage:
    """Where the ward writes, and what was typed here."""

    id: str
    ward: str
    medium: str  # "paper", "record"; "" while there is no downtime
    function: str  # which alone is written there; "" for all of them
    declares: bool  # whether the person may declare it
    opens: bool  # whether they may declare the ward's own now
    lifted: Lifted | None  # since its cut-over the ward writes in its usual record
    typed: Sequence[Typed]


async def elsewhere(
    house: House, request: Request, ward: str, function: str, id_: str = "", fields: Sequence[Field] | None = None
) -> Response:
    """Return the page that says where *function* of *ward* is written, with what was sent in *fields* (None: any)."""
    declared, sent = house.staff.downtime.of(ward), await request.form() if request.method == "POST" else {}
    answers: list[Typed] = []
    if fields is None:
        answers = [(None, str(text).strip()) for name, text in sent.items() if name not in _OWN and "pin" not in name]
    else:
        answers = [(one, _answer(one, str(sent.get(one.name, "")))) for one in fields if one.kind != "secret"]
    page = ElsewherePage(
        id=id_,
        ward=ward,
        medium=declared.in_force(function).medium if declared else "",
        function=function if declared and function in declared.elsewhere else "",
        declares=house.account(request).may("downtime"),
        opens=opens_downtime(house, house.account(request), ward),
        lifted=house.staff.downtime.lifted(ward),
        typed=[one for one in answers if one[1]],
    )
    return await house.shell.render(request, "elsewhere.html", page, status=409)


def _answer(field: Field, text: str) -> str:
    """What was typed; of a choice, its words."""
    return next((one.words or one.code for one in field.choices if one.code == text), text.strip())
