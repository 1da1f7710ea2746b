"""A ward's pack from charts to PDF, against the same words set by WeasyPrint and by ReportLab.

    pack against weasyprint, reportlab     pages a second of processor; ours with its codes, signatures and both passes,
                                           theirs the same words in plain tables, without codes
    every ward of 2,500 beds               seconds of two busy cores: processor time a patient, times 2,500, halved; the
                                           typesetter takes both cores by itself
    one patient's pack                     pages a second when a pack has one patient: what does not grow with pages

The charts are a simulated hospital's: BEDS beds for HOURS hours and what went before. Ours and theirs take turns in one
run; pages are ours for all, as theirs break elsewhere. Medians of ROUNDS; higher is better. WeasyPrint and ReportLab
are nobody's dependency here: where they are missing, the row says so.
"""

import importlib.util
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from contrefeu.base import SystemClock, rfc3339
from contrefeu.chart import Board, Chart, open_charts
from contrefeu.custody import DataKeys, KeyPair
from contrefeu.drill.hospital import Hospital
from contrefeu.drill.scenario import START_NS
from contrefeu.hl7 import peek
from contrefeu.hospital import parse_settings
from contrefeu.journal import MEDIA_HL7V2, Draft, JournalWriter
from contrefeu.paper import Issuer, PageKey, Setting, WardPack, print_pack, ward_pack
from contrefeu.proof import Signer

ROUNDS = 3
BEDS = 48
HOURS = 2
ORIGIN = "drill/bench-capture"
STORE_KEY = bytes(range(32))  # of a store that is gone in a minute
SETTINGS = parse_settings('[node]\nid = "bench"\n')
NOW_NS = START_NS + HOURS * 3600 * 10**9
HOUSE_BEDS, HOUSE_S = 2_500, 120.0  # W3
TARGETS = {"weasyprint": 20.0}


def run() -> list[dict[str, Any]]:
    """Measure; one row a peer, and one for a small pack."""
    board, charts = _hospital()
    small = Board(board.ward, board.name, board.world, board.rows[:1], [], board.as_of, board.feeds)
    peers: dict[str, Callable[[list[Any]], bytes]] = {"weasyprint": _weasyprint, "reportlab": _reportlab}
    seconds: dict[str, list[float]] = {name: [] for name in ("ours", "small", *peers)}
    pages = {"ours": 0, "small": 0}
    words = list(_sections(_pack(board, charts)))
    for _ in range(ROUNDS):
        for name, of in (("ours", board), ("small", small)):
            started = time.process_time()
            pages[name] = _print(of, charts)
            seconds[name].append(time.process_time() - started)
        for name, peer in peers.items():
            if importlib.util.find_spec(name):
                started = time.process_time()
                peer(words)
                seconds[name].append(time.process_time() - started)
    rates = {name: pages["ours"] / statistics.median(taken) for name, taken in seconds.items() if taken}
    rates["small"] = pages["small"] / statistics.median(seconds["small"])
    rows = [_row(f"paper: pack against {name}", rates["ours"], rates.get(name), TARGETS.get(name)) for name in peers]
    rows.append(_row("paper: one patient's pack against the whole", rates["small"], rates["ours"], None))
    house_s = statistics.median(seconds["ours"]) / len(charts) * HOUSE_BEDS / 2
    return [
        *rows,
        {**_row("paper: every ward of 2,500 beds", house_s, HOUSE_S, None), "unit": "s", "met": house_s <= HOUSE_S},
    ]


def _hospital() -> tuple[Board, dict[str, Chart]]:
    """The board of a whole house, and its charts."""
    hospital = Hospital.for_drill(seed=1, beds=BEDS, style="fr", now_ns=START_NS)
    sent = list(hospital.run(hours=HOURS))
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        pair, _ = KeyPair.draw("recovery")
        signer = Signer(ORIGIN, bytes(range(32)))
        writer = JournalWriter(folder / "journals", signer, lambda: [pair.recipient], SystemClock())
        for at in range(0, len(sent), 256):
            writer.append([_draft(one.message, one.at_ns) for one in sent[at : at + 256]])
        writer.close()
        keys = DataKeys(None, recovery=pair)
        with open_charts(folder / "charts.db", STORE_KEY, folder / "journals", keys, SETTINGS) as charts:
            board = charts.board()
            found = {row.id: charts.chart(row.id) for row in board.rows}
    return board, {id_: chart for id_, chart in found.items() if chart is not None}


def _draft(body: bytes, at_ns: int) -> Draft:
    header = peek(body)
    return Draft(header.source if header is not None else "", MEDIA_HL7V2, body, at_ns)


def _pack(board: Board, charts: dict[str, Chart]) -> WardPack:
    return ward_pack(board, charts.get, Setting("fr", "Europe/Paris", NOW_NS), "CHU")[0]


def _print(board: Board, charts: dict[str, Chart]) -> int:
    pack, of = ward_pack(board, charts.get, Setting("fr", "Europe/Paris", NOW_NS), "CHU")
    return print_pack(pack, of, Issuer(PageKey(STORE_KEY), "", rfc3339(NOW_NS))).pages


def _sections(pack: WardPack) -> Iterator[tuple[str, list[tuple[str, list[list[str]]]]]]:
    """The words of a pack, as headings and tables."""
    yield pack.foot.ward, [("", [[row.bed, row.name, row.born, row.allergies, *row.due] for row in pack.census])]
    for part in pack.patients:
        who, results = part.pages.who, part.pages.results
        head = f"{who.family} {who.given} {who.born} {who.allergies} {', '.join(one.text for one in who.allergy_lines)}"
        tables = [(f"{one.title} {one.said}", [[line.text] for line in one.lines]) for one in part.pages.blocks]
        for panel in results.panels:
            rows = [[r.name, r.value, r.flag, r.when, r.range, " ".join(r.earlier)] for r in panel.rows]
            tables.append((panel.name, rows))
        tables += [(report.title, [[report.text]]) for report in part.pages.reports]
        yield head, tables
        doses = [[d.drug, d.dosage, d.about, " ".join(cell.time for cell in d.cells)] for d in part.doses.rows]
        yield head, [(part.doses.title, doses)]


def _weasyprint(sections: list[Any]) -> bytes:
    from weasyprint import HTML  # noqa: PLC0415 - a peer, which may be missing

    html = ["<style>section{page-break-after:always}td{border-bottom:1px solid #999;font-size:9pt}</style>"]
    for head, tables in sections:
        html.append(f"<section><h2>{escape(head)}</h2>")
        for title, rows in tables:
            cells = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in rows)
            html.append(f"<h4>{escape(title)}</h4><table>{cells}</table>")
        html.append("</section>")
    made: bytes = HTML(string="".join(html)).write_pdf()
    return made


def _reportlab(sections: list[Any]) -> bytes:
    from reportlab.lib.pagesizes import A4  # noqa: PLC0415
    from reportlab.lib.styles import getSampleStyleSheet  # noqa: PLC0415
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table  # noqa: PLC0415

    out, styles, story = BytesIO(), getSampleStyleSheet(), []
    for head, tables in sections:
        story.append(Paragraph(escape(head), styles["Heading2"]))
        for title, rows in tables:
            story.append(Paragraph(escape(title), styles["Heading4"]))
            if rows:
                story.append(Table([[Paragraph(escape(c), styles["BodyText"]) for c in row] for row in _even(rows)]))
        story.append(PageBreak())
    SimpleDocTemplate(out, pagesize=A4).build(story)
    return out.getvalue()


def _even(rows: list[list[str]]) -> list[list[str]]:
    width = max(map(len, rows))
    return [row + [""] * (width - len(row)) for row in rows]


def _row(name: str, ours: float, reference: float | None, target: float | None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "ours": ours, "reference": reference, "ratio": None, "unit": "pages/s"}
    if reference is None:
        return row | {"note": "not installed"}
    row["ratio"] = ours / reference
    return row if target is None else row | {"target": target, "met": row["ratio"] >= target}
