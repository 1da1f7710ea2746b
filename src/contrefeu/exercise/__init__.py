"""An exercise with people: scenarios in files, sheets for who plays, their page, the score, the signed record."""

from contrefeu.exercise.pages import PAGES
from contrefeu.exercise.promises import Measured, measured, span
from contrefeu.exercise.record import (
    JournalEnd,
    Line,
    Opened,
    Promised,
    Record,
    all_held,
    digest_of_record,
    journal_ends,
    open_record,
    per_mille,
    second,
    signed,
    signer_at,
    this_version,
)
from contrefeu.exercise.report import report_pdf
from contrefeu.exercise.score import Scored, Step, score
from contrefeu.exercise.script import Inject, Script, digest_of, parse_script, script_text, shipped
from contrefeu.exercise.sheets import LEADER, sheet_names, sheet_pdf

__all__ = [
    "LEADER",
    "PAGES",
    "Inject",
    "JournalEnd",
    "Line",
    "Measured",
    "Opened",
    "Promised",
    "Record",
    "Scored",
    "Script",
    "Step",
    "all_held",
    "digest_of",
    "digest_of_record",
    "journal_ends",
    "measured",
    "open_record",
    "parse_script",
    "per_mille",
    "report_pdf",
    "score",
    "script_text",
    "second",
    "sheet_names",
    "sheet_pdf",
    "shipped",
    "signed",
    "signer_at",
    "span",
    "this_version",
]
