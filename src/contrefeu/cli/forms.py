"""`contrefeu forms`: forms with codes, blank or filled with what is known of a patient."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from contrefeu.cli.door import Json, answer, door, say

if TYPE_CHECKING:
    from contrefeu.chart import Chart, Charts, SyncChartsClient
    from contrefeu.paper import Specimen

Form = Literal[
    "admission", "dose-sheet", "vital-signs", "prescription", "laboratory-request", "imaging-request", "result", "note",
    "hand-over", "transfer", "transfer-consent", "theatre-list", "death", "blood-products", "controlled-drugs",
    "discharge-letter", "wristband", "labels",
]  # fmt: skip


def forms(
    context: typer.Context,
    kind: Annotated[Form, typer.Argument(metavar="KIND", help="admission, vital-signs, prescription, note...")],
    ward: Annotated[str, typer.Option(metavar="W", help="Which ward, by its id.")],
    out: Annotated[Path | None, typer.Option(help="The file.")] = None,
    printer: Annotated[str, typer.Option(metavar="QUEUE", help="A CUPS queue, instead of a file.")] = "",
    patient: Annotated[str, typer.Option(metavar="ID", help="A chart id, or any number of the patient.")] = "",
    specimen: Annotated[
        str, typer.Option(metavar="NUMBER", help="Labels of one request's tubes, by the number that it has.")
    ] = "",
    count: Annotated[int, typer.Option(min=1, max=200, help="How many; each has a number of its own.")] = 1,
    user: Annotated[str, typer.Option(help="Who prints, for the audit.  [default: console]")] = "",
    json: Json = False,
) -> None:
    """Print forms, blank or for one patient, with a code on each page. The pages are in the journal before the file is.

    KIND is one of admission, dose-sheet, vital-signs, prescription, laboratory-request, imaging-request, result, note,
    hand-over, transfer, transfer-consent, theatre-list, death, blood-products, controlled-drugs,
    discharge-letter, wristband, labels. The last two are of a patient. With --specimen, labels are three, for the
    tubes of one request: its number in bars, as analysers read it.
    """
    from contrefeu.base import OperatorError, rfc3339
    from contrefeu.cli.node import Node
    from contrefeu.cli.outlet import Outlet
    from contrefeu.cli.printing import board_of, downtime_of, issued, issuer_of, setting_of
    from contrefeu.paper import FORMS, blank_foot, foot_of, print_bands, print_discharge, print_form, written_foot

    if patient and FORMS[kind].of_ward:
        raise OperatorError(
            "This form is about several patients.",
            safe="Nothing was printed.",
            next="Print it without --patient: what lists several is filed on nobody's chart.",
        )
    if kind in {"wristband", "labels"} and not patient:
        raise OperatorError(
            "Wristbands and labels are a patient's.", safe="Nothing was printed.", next="Add --patient, with a number."
        )
    if specimen and kind != "labels":
        raise OperatorError(
            "Only labels are a specimen's.", safe="Nothing was printed.", next="contrefeu forms labels prints them."
        )
    outlet = Outlet.of(out, printer)
    entrance = door(context)
    node = Node.at(entrance.home)
    setting = setting_of(node, entrance.language)
    facility = node.settings.node.facility
    with node.charts() as charts:
        board = board_of(charts, ward)
        chart = _chart(charts, patient) if patient else None
        lacks = charts.status().restoring
    downtime = downtime_of(node, ward)
    foot = blank_foot(facility, board.name or ward, setting, downtime)
    if chart is not None:
        foot = written_foot(foot_of(board, setting, facility, downtime, lacks))
    issuer = issuer_of(node, ward, rfc3339(setting.now_ns))
    if kind in {"wristband", "labels"} and chart is not None:
        tubes = _specimen(chart, specimen) if specimen else None
        printed = print_bands(kind, chart, count, facility, setting, issuer, tubes)
    elif kind == "discharge-letter" and chart is not None:
        printed = print_discharge(chart, foot, setting, issuer, count)
    else:
        printed = print_form(kind, [chart] * count, foot, setting, issuer)
    node.audit("print", user=user, patient=chart.id if chart is not None else "", what=f"form {kind} {ward}")
    issued(node, user, printed.issues)
    outlet.put(node, f"{kind} {ward}", printed)
    numbers = [one.number for one in printed.issues]
    told = {**outlet.told, "pages": printed.pages, "issues": numbers}
    answer(json, told, lambda: say(f"{outlet}: {printed.pages} pages, {', '.join(numbers)}"))


def _specimen(chart: "Chart", number: str) -> "Specimen":
    from contrefeu.acts import same_number
    from contrefeu.base import OperatorError
    from contrefeu.chart import concept, outside_of, specimen_of
    from contrefeu.paper import Specimen

    requests = (kept.now for kept in chart.kept.values() if kept.kind == "ServiceRequest")
    found = next((one for one in requests if same_number(number, specimen_of(one))), None)
    if found is None:
        raise OperatorError(
            "No request of this patient has that number.",
            safe="Nothing was printed.",
            next="The chart in the app shows the requests, each with the number of its label.",
        )
    return Specimen(specimen_of(found), concept(found.get("code")), outside_of(found))


def _chart(charts: "Charts | SyncChartsClient", patient: str) -> "Chart":
    from contrefeu.base import OperatorError

    found = charts.chart(patient)
    if found is None:
        raise OperatorError(
            "No chart answers to that number.", safe="Nothing was printed.", next="contrefeu find NAME lists charts."
        )
    return found
