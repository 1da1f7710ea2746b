"""A chart as the blocks of a page: who, allergies, treatments, results, and the rest of the story."""

from contrefeu.station.sheet.allergies import Allergies, Allergy, allergies_of
from contrefeu.station.sheet.person import Person, person_of
from contrefeu.station.sheet.resources import Heard, Sheet
from contrefeu.station.sheet.results import Panel, Results, Series, Value, results_of
from contrefeu.station.sheet.sparkline import sparkline
from contrefeu.station.sheet.story import SHOWN_TYPES, Attachment, Line, Report, Story, attachment_bytes, story_of
from contrefeu.station.sheet.treatments import Dose, Treatment, Treatments, treatments_of

__all__ = [
    "SHOWN_TYPES",
    "Allergies",
    "Allergy",
    "Attachment",
    "Dose",
    "Heard",
    "Line",
    "Panel",
    "Person",
    "Report",
    "Results",
    "Series",
    "Sheet",
    "Story",
    "Treatment",
    "Treatments",
    "Value",
    "allergies_of",
    "attachment_bytes",
    "person_of",
    "results_of",
    "sparkline",
    "story_of",
    "treatments_of",
]
