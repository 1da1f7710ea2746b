"""Capture: what comes from outside, kept before anything else is done with it."""

from contrefeu.capture.ahead import ReadAhead, Reading
from contrefeu.capture.aside import AsideIntake
from contrefeu.capture.files import Item, Problem, files_in, read_file, split
from contrefeu.capture.intake import Intake
from contrefeu.capture.local import BATCH_BYTES, BATCH_DRAFTS, LocalAppender, LocalJournal, LocalServer
from contrefeu.capture.mllp_server import MllpCounts, MllpListener, tls_context
from contrefeu.capture.refuse import Refusals, RefusedCounts
from contrefeu.capture.reserve import Reserve, ReservedWriter
from contrefeu.capture.seal import SealedJournal, Sealing
from contrefeu.capture.sequence import Sequences
from contrefeu.capture.vaulted import CopiesFile, Standing, VaultIntake

__all__ = [
    "BATCH_BYTES",
    "BATCH_DRAFTS",
    "AsideIntake",
    "CopiesFile",
    "Intake",
    "Item",
    "LocalAppender",
    "LocalJournal",
    "LocalServer",
    "MllpCounts",
    "MllpListener",
    "Problem",
    "ReadAhead",
    "Reading",
    "Refusals",
    "RefusedCounts",
    "Reserve",
    "ReservedWriter",
    "SealedJournal",
    "Sealing",
    "Sequences",
    "Standing",
    "VaultIntake",
    "files_in",
    "read_file",
    "split",
    "tls_context",
]
