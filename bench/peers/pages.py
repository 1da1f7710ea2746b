"""A pack's pages as WeasyPrint and as ReportLab set them: the same words, heads, feet, boxes, curves and codes.

Both are written as their manuals say: running elements and tables of HTML; page templates, tables and paragraphs of
Platypus. Codes are one a section, as neither is asked to count pages first. Neither is needed to run Contrefeu.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from io import BytesIO
from typing import Any
from uuid import UUID

from contrefeu.paper import PageKey, WardPack, qr_svg
from contrefeu.paper.code import Code
from contrefeu.paper.doses import DoseSheet
from contrefeu.paper.patient import Identity, PatientPages
from contrefeu.paper.qr import qr

_KEY = PageKey(bytes(32))
_WIDTHS_MM = (38, 39, 22, 20, 63)
_CSS = """
@page { size: A4; margin: 57mm 14mm 30mm; @top-left { content: element(head); width: 100%; vertical-align: top }
  @bottom-left { content: element(foot); width: 100%; vertical-align: top } }
body { font: 9.5pt 'DejaVu Serif', serif } section { page-break-after: always }
.head { position: running(head) } .foot { position: running(foot) } .code { float: right; width: 28mm }
.mark { position: fixed; width: 5mm; height: 5mm; background: #000 }
.who { border: 1pt solid #b00020; padding: 1.6mm } h3 { border-bottom: .5pt solid #777; margin: 3mm 0 1mm }
small { color: #555; float: right } table { border-collapse: collapse; width: 100% }
td { border-bottom: .3pt solid #bbb; vertical-align: top } .cell { border: .4pt solid #ccc; height: 11mm; width: 27mm }
.box { display: inline-block; width: 4.2mm; height: 4.2mm; border: .9pt solid #000 } p { margin: 1mm 0 }
.pages::after { content: counter(page) " / " counter(pages) }
"""


def _code(form: int) -> str:
    return _KEY.text(Code(form, 1, 1, bytes(8), UUID(int=1)))


def _foot(pack: WardPack) -> list[str]:
    foot = pack.foot
    return [foot.as_of, foot.not_after, foot.age, f"{foot.destroy} · {foot.facility} · {foot.ward} · {foot.page}",
            foot.downtime, foot.silent]  # fmt: skip


def _who(who: Identity) -> list[str]:
    allergies = " · ".join([who.allergies, *(one.text for one in who.allergy_lines)])
    numbers = " · ".join([who.born, who.used, *who.numbers])
    return [who.place, f"{who.family} {who.given} {' '.join(who.warnings)}", numbers, allergies]


# WeasyPrint


def weasyprint(pack: WardPack) -> bytes:
    """Return *pack* as WeasyPrint sets it."""
    from weasyprint import HTML  # noqa: PLC0415 - a peer, which may be missing

    made: bytes = HTML(string=f"<style>{_CSS}</style>{''.join(_html(pack))}").write_pdf()
    return made


def _html(pack: WardPack) -> Iterator[str]:
    foot = "".join(f"<p><b>{escape(line)}</b></p>" for line in _foot(pack)) + "<span class=pages></span>"
    for place in ("top:-51mm;left:-8mm", "top:-51mm;right:-8mm", "bottom:-24mm;left:-8mm", "bottom:-24mm;right:-8mm"):
        yield f'<div class=mark style="{place}"></div>'
    rows = (
        [r.bed, r.name, r.born, r.allergies, " · ".join(r.alerts), " · ".join(r.due), r.results] for r in pack.census
    )
    index = "".join(f"<p>{escape(one.name)} {escape(one.bed)}</p>" for one in pack.index)
    yield from _section(1, [pack.foot.ward], foot, [_table(rows), index])
    for part in pack.patients:
        yield from _section(2, _who(part.pages.who), foot, _chart(part.pages))
        yield from _section(3, _who(part.doses.who), foot, _doses(part.doses, pack))


def _section(form: int, head: Sequence[str], foot: str, body: Sequence[str] | Iterator[str]) -> Iterator[str]:
    svg = qr_svg(_code(form)).decode()
    lines = "".join(f"<p><b>{escape(line)}</b></p>" for line in head[:-1])
    yield f"<section><div class=head><div class=code>{svg}</div>{lines}<p class=who>{escape(head[-1])}</p></div>"
    yield f"<div class=foot>{foot}</div>{''.join(body)}</section>"


def _chart(pages: PatientPages) -> Iterator[str]:
    yield f"<p>{escape(pages.stay)} {escape(pages.weight)}</p><p>{escape(pages.allergies_said)}</p>"
    for block in pages.blocks:
        lines = "".join(f"<p>{escape(line.text)}</p>" for line in block.lines)
        yield f"<h3>{escape(block.title)} <small>{escape(block.said)}</small></h3>{lines}"
    yield f"<h3>{escape(pages.results.title)} <small>{escape(pages.results.said)}</small></h3>"
    for panel in pages.results.panels:
        yield f"<b>{escape(panel.name)}</b><table>"
        for row in panel.rows:
            cells = (
                escape(row.name),
                f"<b>{escape(row.value)}</b> {escape(row.flag)}",
                escape(row.when),
                escape(row.range),
            )
            last = f"{_svg(row.curve)} {escape(' · '.join(row.earlier))}"
            yield "<tr>" + "".join(
                f'<td style="width:{mm}mm">{cell}</td>' for cell, mm in zip((*cells, last), _WIDTHS_MM, strict=True)
            )
        yield "</table>"
    yield "".join(f"<h3>{escape(r.title)} {escape(r.about)}</h3><p>{escape(r.text)}</p>" for r in pages.reports)


def _svg(curve: Sequence[float]) -> str:
    if not curve:
        return ""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in _points(curve))
    line = f'<polyline points="{points}" fill="none" stroke="#000"/>'
    return f'<svg width="17mm" height="4mm" viewBox="0 0 17 4">{line}</svg>'


def _points(curve: Sequence[float]) -> list[tuple[float, float]]:
    return [(n * 15 / (len(curve) - 1), 3.6 - one * 3.2) for n, one in enumerate(curve)]


def _doses(sheet: DoseSheet, pack: WardPack) -> Iterator[str]:
    yield f"<h2>{escape(sheet.span)}</h2><p>{escape(pack.words['tick'])}</p>"
    yield f"<h3>{escape(sheet.title)} <small>{escape(sheet.said)}</small></h3>"
    for row, hours in _hours(sheet):
        words = f"<b>{escape(row[0])}</b><br>{escape(row[1])}<br>{escape(row[2])}<br><i>{escape(row[3])}</i>"
        lines = [hours[at : at + 4] for at in range(0, len(hours), 4)]
        cells = "".join(
            "<tr>" + "".join(f"<td class=cell><span class=box></span> <b>{escape(hour)}</b>" for hour in line)
            for line in lines
        )
        yield f"<table><tr><td style='width:61mm'>{words}<td><table style='width:auto'>{cells}</table></table>"
    yield "<p>" + "_ " * 40


def _hours(sheet: DoseSheet) -> Iterator[tuple[tuple[str, str, str, str], list[str]]]:
    """What stands left of the boxes, and what beside each; then the rows for what is written by hand."""
    for row in sheet.rows:
        hours = [f"{one.time} {one.day}" for one in row.cells] + [""] * row.blanks
        yield (f"{row.status} {row.drug}", row.dosage, row.about, row.last), hours
    for _ in range(sheet.empty_rows):
        yield ("", "", "", ""), [""] * 4


def _table(rows: Iterator[list[str]]) -> str:
    return "<table>" + "".join("<tr>" + "".join(f"<td>{escape(c)}" for c in row) for row in rows) + "</table>"


# ReportLab


def reportlab(pack: WardPack) -> bytes:
    """Return *pack* as ReportLab sets it."""
    from reportlab.lib.pagesizes import A4  # noqa: PLC0415
    from reportlab.lib.units import mm  # noqa: PLC0415
    from reportlab.platypus import BaseDocTemplate, Frame, NextPageTemplate, PageBreak, PageTemplate  # noqa: PLC0415

    out, templates, story = BytesIO(), [], []
    for n, (form, head, body) in enumerate(_flowing(pack)):
        frame = Frame(14 * mm, 30 * mm, 182 * mm, 210 * mm, 0, 0, 0, 0)
        templates.append(PageTemplate(f"s{n}", [frame], onPage=_furniture(form, head, _foot(pack))))
        story += [NextPageTemplate(f"s{n}"), *([PageBreak()] if n else []), *body]
    BaseDocTemplate(out, pagesize=A4, pageTemplates=templates).build(story)
    return out.getvalue()


def _furniture(form: int, head: Sequence[str], foot: Sequence[str]) -> Any:
    """What draws head, foot, marks and code of a section's pages."""
    from reportlab.lib.units import mm  # noqa: PLC0415

    modules, heads, feet = qr(_code(form)), [_said(line) for line in head], [_said(line) for line in foot]

    def draw(canvas: Any, document: Any) -> None:
        for x, y in ((6, 6), (199, 6), (6, 286), (199, 286)):
            canvas.rect(x * mm, y * mm, 5 * mm, 5 * mm, fill=1)
        size = 28 * mm / len(modules)
        for y, row in enumerate(modules):
            for run in re.finditer(b"\x01+", row):
                x, wide = run.start(), run.end() - run.start()
                canvas.rect(165 * mm + x * size, 283 * mm - (y + 1) * size, wide * size, size, stroke=0, fill=1)
        canvas.drawString(175 * mm, 251 * mm, str(document.page))
        for lines, top, width in ((heads, 284, 145), (feet, 27, 182)):
            at = top * mm
            for line in lines:
                at -= line.wrap(width * mm, 100 * mm)[1]
                line.drawOn(canvas, 14 * mm, at)

    return draw


def _said(text: str) -> Any:
    from reportlab.platypus import Paragraph  # noqa: PLC0415

    return Paragraph(escape(text), _style())


@lru_cache(1)
def _style() -> Any:
    from reportlab.lib.styles import getSampleStyleSheet  # noqa: PLC0415

    return getSampleStyleSheet()["BodyText"]


def _flowing(pack: WardPack) -> Iterator[tuple[int, list[str], list[Any]]]:
    rows = [
        [r.bed, r.name, r.born, r.allergies, " · ".join(r.alerts), " · ".join(r.due), r.results] for r in pack.census
    ]
    yield (
        1,
        [pack.foot.ward],
        [_ruled(rows, (13, 35, 35, 30, 30, 25, 14)), *(_said(f"{r.name} {r.bed}") for r in pack.index)],
    )
    for part in pack.patients:
        pages, sheet = part.pages, part.doses
        body = [_said(f"{pages.stay} {pages.weight}"), _said(pages.allergies_said)]
        for block in pages.blocks:
            body += [_said(f"{block.title} {block.said}"), *(_said(line.text) for line in block.lines)]
        body.append(_said(f"{pages.results.title} {pages.results.said}"))
        for panel in pages.results.panels:
            found = [[r.name, f"{r.value} {r.flag}", r.when, r.range, (r.curve, r.earlier)] for r in panel.rows]
            body += [_said(panel.name), _ruled(found, _WIDTHS_MM)]
        body += [_said(text) for r in pages.reports for text in (f"{r.title} {r.about}", r.text)]
        yield 2, _who(pages.who), body
        body = [_said(sheet.span), _said(pack.words["tick"]), _said(f"{sheet.title} {sheet.said}")]
        body += [_boxed(row, hours) for row, hours in _hours(sheet)]
        yield 3, _who(sheet.who), body


def _ruled(rows: Sequence[Sequence[Any]], widths_mm: Sequence[float]) -> Any:
    from reportlab.lib.units import mm  # noqa: PLC0415
    from reportlab.platypus import Spacer, Table  # noqa: PLC0415

    cells = [[_said(one) if isinstance(one, str) else _trend(*one) for one in row] for row in rows]
    style = [("LINEBELOW", (0, 0), (-1, -1), 0.3, "#bbbbbb"), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return Table(cells, [one * mm for one in widths_mm], style=style) if cells else Spacer(1, 1)


def _trend(curve: Sequence[float], earlier: Sequence[str]) -> list[Any]:
    from reportlab.graphics.shapes import Drawing, PolyLine  # noqa: PLC0415
    from reportlab.lib.units import mm  # noqa: PLC0415

    drawing = Drawing(17 * mm, 4 * mm)
    if curve:
        drawing.add(PolyLine([at * mm for x, y in _points(curve) for at in (x, 4 - y)]))
    return [*([drawing] if curve else []), _said(" · ".join(earlier))]


def _boxed(row: Sequence[str], hours: Sequence[str]) -> Any:
    from reportlab.lib.units import mm  # noqa: PLC0415
    from reportlab.platypus import Table  # noqa: PLC0415

    lines = [[*hours[at : at + 4], "", "", ""][:4] for at in range(0, len(hours), 4)] or [[""] * 4]
    cells = [[_said(f"☐ {hour}") for hour in line] for line in lines]
    boxes = Table(cells, [27 * mm] * 4, 11 * mm, style=[("GRID", (0, 0), (-1, -1), 0.4, "#cccccc")])
    return Table([[[_said(text) for text in row], boxes]], [61 * mm, 121 * mm])
