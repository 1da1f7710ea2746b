"""The vital-signs chart with NEWS2, where the clinical safety officer turned it on (F8): a row for the sum, the table.

Source: Royal College of Physicians, National Early Warning Score (NEWS) 2, London 2017, chart 1 (decision 0115).

Rules kept here:
  * Nothing is computed on paper: the table is printed, a person adds up.
  * The table says what the one of the screen says; a test compares each step.
"""

from contrefeu.paper.parts import Grid, Layout, Note, Part, Table, Words


def _same(*cells: str) -> list[Words]:
    return [(cell, cell) for cell in cells]


def _row(french: str, english: str, *cells: str) -> list[Words]:
    return [(french, english), *_same(*cells)]


POINTS: list[list[Words]] = [  # 3, 2, 1, 0, 1, 2, 3 points
    _row("Fréq. respiratoire", "Resp. rate", "≤ 8", "", "9-11", "12-20", "", "21-24", "≥ 25"),
    _row("SpO2 %, échelle 1", "SpO2 %, scale 1", "≤ 91", "92-93", "94-95", "≥ 96", "", "", ""),
    [
        ("SpO2 %, échelle 2 : cible 88-92", "SpO2 %, scale 2: target 88-92"),
        *_same("≤ 83", "84-85", "86-87"),
        ("88-92 ; ≥ 93 sous air", "88-92; ≥ 93 on air"),
        *_same("93-94 O2", "95-96 O2", "≥ 97 O2"),
    ],
    [("Air ou oxygène", "Air or oxygen"), *_same(""), ("oxygène", "oxygen"), *_same(""), ("air", "air"),
     *_same("", "", "")],
    _row("PA systolique", "Systolic BP", "≤ 90", "91-100", "101-110", "111-219", "", "", "≥ 220"),
    _row("Fréq. cardiaque", "Heart rate", "≤ 40", "", "41-50", "51-90", "91-110", "111-130", "≥ 131"),
    _row("Conscience", "Consciousness", "", "", "", "A", "", "", "C V P U"),
    [("Température °C", "Temperature °C"),
     *((one.replace(".", ","), one) for one in ("≤ 35.0", "", "35.1-36.0", "36.1-38.0", "38.1-39.0", "≥ 39.1", ""))],
]  # fmt: skip
_TABLE = Table(
    ("NEWS2 : points de chaque mesure", "NEWS2: points of each measurement"),
    [((" ", " "), 4), *(((head, head), 2) for head in ("3", "2", "1", "0", "1", "2", "3"))],
    POINTS,
)
_NOTE = Note((
    "Pas avant 16 ans, ni si enceinte. S’il manque une mesure : pas de total. 3 à une seule mesure, ou total ≥ 5 : "
    "appeler le médecin ; ≥ 7 : urgence. Royal College of Physicians, 2017. Une somme, pas un diagnostic.",
    "Not under 16, nor in pregnancy. If a measurement is missing: no total. 3 in one of them, or a total ≥ 5: "
    "call the physician; ≥ 7: emergency. Royal College of Physicians, 2017. A sum, not a diagnosis.",
))  # fmt: skip
TOTAL: Words = ("NEWS2 : total", "NEWS2: total")
SCORED_ROW_MM = 8  # with one row more and the table below, the sheet stays one page


def with_news2(layout: Layout) -> Layout:
    """Return the vital-signs chart with a row for the total, and the table in place of remarks."""
    [grid] = [part for part in layout.parts if isinstance(part, Grid)]
    names = [*grid.names[:-1], TOTAL, grid.names[-1]]
    scored = Grid(grid.what, grid.columns, rows=len(names), names=names, height_mm=SCORED_ROW_MM)
    parts: list[Part] = [scored, _TABLE, _NOTE]
    return Layout(layout.title, parts)
