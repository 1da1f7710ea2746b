"""What forms are made of, and the rows that many of them share: in French and in English.

Fields    labelled boxes on one row, each of a share of the width; what fills one when it is known (known.py)
Ticks     a question and boxes to tick
Lines     a heading and ruled lines; what is printed on them when it is known
Grid      a heading, columns, empty rows (or named ones)
Table     a heading, columns, rows that are printed
Note      a sentence that must stand there
"""

from msgspec import Struct

Words = tuple[str, str]
Field = tuple[Words, int] | tuple[Words, int, str]


class Fields(Struct, frozen=True, tag=True):
    """Labelled boxes on one row."""

    boxes: list[Field]


class Ticks(Struct, frozen=True, tag=True):
    """A question and its answers."""

    what: Words
    choices: list[Words]


class Lines(Struct, frozen=True, tag=True):
    """A heading and ruled lines."""

    what: Words
    count: int
    known: str = ""


class Grid(Struct, frozen=True, tag=True):
    """A heading and a table to fill in."""

    what: Words
    columns: list[tuple[Words, int]]
    rows: int
    names: list[Words] = []  # of its rows, in a first column
    height_mm: int = 8


class Table(Struct, frozen=True, tag=True):
    """A heading and a table to read."""

    what: Words
    columns: list[tuple[Words, int]]
    rows: list[list[Words]]


class Note(Struct, frozen=True, tag=True):
    """A sentence."""

    what: Words


Part = Fields | Ticks | Lines | Grid | Table | Note


class Layout(Struct, frozen=True):
    """One form."""

    title: Words
    parts: list[Part]


DATE: Field = (("Date et heure", "Date and time"), 3)
WHO: Field = (("Nom, fonction", "Name, role"), 4)
SIGNED = Fields([DATE, WHO, (("Signature", "Signature"), 3)])
URGENCY = Ticks(
    ("Urgence", "Urgency"), [("vitale", "life-threatening"), ("urgent", "urgent"), ("de routine", "routine")]
)
YES_NO: list[Words] = [("oui", "yes"), ("non", "no"), ("non connu", "not known")]
CONTACT = Fields(
    [
        (("Personne à prévenir", "Person to call"), 4, "contact"),
        (("Lien", "Relation"), 2, "contact relation"),
        (("Téléphone", "Telephone"), 3, "contact phone"),
    ]
)
