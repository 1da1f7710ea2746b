"""Capture: what comes from outside, kept before anything else is done with it."""

from contrefeu.capture.files import Item, Problem, files_in, read_file, split
from contrefeu.capture.intake import Intake
from contrefeu.capture.local import BATCH_BYTES, BATCH_DRAFTS, LocalAppender, LocalJournal, LocalServer
from contrefeu.capture.mllp_server import MllpCounts, MllpListener, acknowledgement_codes
from contrefeu.capture.refuse import Refusals, RefusedCounts
from contrefeu.capture.reserve import Reserve, ReservedWriter
from contrefeu.capture.sequence import Sequences

__all__ = [
    "BATCH_BYTES",
    "BATCH_DRAFTS",
    "Intake",
    "Item",
    "LocalAppender",
    "LocalJournal",
    "LocalServer",
    "MllpCounts",
    "MllpListener",
    "Problem",
    "Refusals",
    "RefusedCounts",
    "Reserve",
    "ReservedWriter",
    "Sequences",
    "acknowledgement_codes",
    "files_in",
    "read_file",
    "split",
]
