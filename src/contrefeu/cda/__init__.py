"""CDA R2 as a language: a document's header, its narrative as text, its coded entries; nothing of the world."""

from contrefeu.cda.codes import Code, Number
from contrefeu.cda.document import Author, Document, File, PersonName, Section, read_document
from contrefeu.cda.entries import Act, Entry, Problem, Reaction, Result, Substance, Vaccine, Value
from contrefeu.cda.outline import outline_of
from contrefeu.cda.tree import DEPTH_MAX, NotCda

__all__ = [
    "DEPTH_MAX",
    "Act",
    "Author",
    "Code",
    "Document",
    "Entry",
    "File",
    "NotCda",
    "Number",
    "PersonName",
    "Problem",
    "Reaction",
    "Result",
    "Section",
    "Substance",
    "Vaccine",
    "Value",
    "outline_of",
    "read_document",
]
