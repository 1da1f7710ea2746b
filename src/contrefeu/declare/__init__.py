"""Declare in time: the incident's file from its entries, the clocks of the law, drafts in both languages (L1 to L3)."""

from contrefeu.declare.counts import Counts, Look, count, looks_csv
from contrefeu.declare.deadlines import Clock, clocks, deadline_ns, due_ns
from contrefeu.declare.draft import Draft, Filled, House, draft_pdf, draft_text, make_draft
from contrefeu.declare.file import Awareness, Event, IncidentFile, incident_file, register
from contrefeu.declare.notices import NOTICES, Around, notice
from contrefeu.declare.pages import Law, dues, incident_pages
from contrefeu.declare.regimes import ClockRule, FieldRule, Regime, default_regimes, moments, parse_regime
from contrefeu.declare.stix import stix_bundle

__all__ = [
    "NOTICES",
    "Around",
    "Awareness",
    "Clock",
    "ClockRule",
    "Counts",
    "Draft",
    "Event",
    "FieldRule",
    "Filled",
    "House",
    "IncidentFile",
    "Law",
    "Look",
    "Regime",
    "clocks",
    "count",
    "deadline_ns",
    "default_regimes",
    "draft_pdf",
    "draft_text",
    "due_ns",
    "dues",
    "incident_file",
    "incident_pages",
    "looks_csv",
    "make_draft",
    "moments",
    "notice",
    "parse_regime",
    "register",
    "stix_bundle",
]
