"""The laboratory: requests that wait, by the number on their label; results to validate; the list that is in force."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import LimitsSigned
from contrefeu.base import rfc3339
from contrefeu.station.care import TestList
from contrefeu.station.house import House
from contrefeu.station.work import Waiting, of_kind
from contrefeu.web import N_, Problem, person, visit_of

LABEL_LENGTH_MAX = 20  # characters of what is typed or scanned: a label has eleven


@dataclass(frozen=True, slots=True)
class Unvalidated:
    """The results of one entry that wait for a biologist."""

    line: Waiting
    entry: str
    items: Sequence[Waiting]


@dataclass(frozen=True, slots=True)
class LaboratoryPage:
    """The worklist."""

    requests: Sequence[Waiting]
    unvalidated: Sequence[Unvalidated]
    label: str  # what was looked for
    tests: TestList
    limits: tuple[str, str] | None  # who signed them (name), and when
    downtime: bool


class LaboratoryPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/laboratory", self.worklist, "results"),
            page("/laboratory/limits", self.sign, "validate", ("POST",)),
        ]

    async def worklist(self, request: Request) -> Response:
        """Show what waits for the laboratory; of one label when it was scanned."""
        house = self._house
        house.shell.look(request, "board", what="laboratory")
        label = request.query_params.get("label", "").strip().upper()[:LABEL_LENGTH_MAX]
        found = await house.work.all(house.world(request))
        requests = [one for one in of_kind(found, "request") if not label or _plain(label) == _plain(one.item.specimen)]
        entries: dict[str, list[Waiting]] = {}
        for one in of_kind(found, "unvalidated"):
            entries.setdefault(one.item.source, []).append(one)
        # A critical value that waits for a signature is an alarm already: it is signed like the others.
        page = LaboratoryPage(
            requests=requests[::-1],  # the oldest first
            unvalidated=[Unvalidated(items[0], entry, items) for entry, items in entries.items()],
            label=label,
            tests=house.tests,
            limits=self._limits(),
            downtime=bool(house.staff.downtime.declared),
        )
        return await house.shell.render(request, "laboratory.html", page)

    async def sign(self, request: Request) -> Response:
        """Put the list's critical limits in force, under the biologist's name."""
        house, actor = self._house, person(request)[0]
        if str((await request.form()).get("digest", "")) != house.tests.digest:
            raise _OTHER_LIST
        await house.staff.write(LimitsSigned(house.tests.digest, rfc3339(house.deps.clock.now_ns())), actor.login)
        await house.shell.audit.write("act", actor, address=visit_of(request).address, what="critical limits")
        return RedirectResponse("/laboratory", 303)

    def _limits(self) -> tuple[str, str] | None:
        signed = self._house.limits
        if signed is None:
            return None
        account = self._house.staff.accounts.get(signed[0])
        return (account.name if account else signed[0]), signed[1]


_OTHER_LIST = Problem(
    409,
    N_("La liste a changé depuis que cette page a été montrée."),
    safe=N_("Rien n’a été signé."),
    next=N_("Relisez la liste à la page Laboratoire, puis signez-la."),
)


def _plain(label: str) -> str:
    return label.replace("-", "").replace(" ", "")
