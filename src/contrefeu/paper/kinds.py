"""The forms there are: each one's name, number in the code, and whether it is written on and comes back.

A number is never used again for another form (docs/spec/form-code-v1.md, "Forms").
"""

from msgspec import Struct


class Kind(Struct, frozen=True):
    """One form."""

    number: int  # 1 to 255
    returns: bool = True
    of_ward: bool = False  # about several patients: never headed with one, never filed on a chart


FORMS: dict[str, Kind] = {
    "census": Kind(1, returns=False, of_ward=True),
    "chart": Kind(2, returns=False),
    "dose-sheet": Kind(3),
    "transfer-summary": Kind(4, returns=False),
    "admission": Kind(10),
    "vital-signs": Kind(11),
    "prescription": Kind(12),
    "laboratory-request": Kind(13),
    "imaging-request": Kind(14),
    "result": Kind(15),
    "note": Kind(16),
    "hand-over": Kind(17),
    "transfer": Kind(18),
    "transfer-consent": Kind(19),
    "theatre-list": Kind(20, of_ward=True),
    "death": Kind(21),
    "discharge-letter": Kind(22),
    "blood-products": Kind(23),
    "controlled-drugs": Kind(24, of_ward=True),
    "wristband": Kind(30, returns=False),
    "labels": Kind(31, returns=False),
}
NAMES = {kind.number: name for name, kind in FORMS.items()}
