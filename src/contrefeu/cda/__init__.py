"""CDA R2 as a language: a document's header, its narrative as text, its coded entries; nothing of the world."""

from contrefeu.cda.codes import Code, Number
from contrefeu.cda.document import Author, Document, PersonName, Section, read_document
from contrefeu.cda.entries import Entry, Problem, Reaction, Result, Substance, Value
from contrefeu.cda.tree import DEPTH_MAX, NotCda

__all__ = [
    "DEPTH_MAX",
    "Author",
    "Code",
    "Document",
    "Entry",
    "NotCda",
    "Number",
    "PersonName",
    "Problem",
    "Reaction",
    "Result",
    "Section",
    "Substance",
    "Value",
    "read_document",
]
