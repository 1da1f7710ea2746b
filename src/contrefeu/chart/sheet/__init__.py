"""A chart as the blocks of a page: who, allergies, treatments, results, and the rest of the story."""

from contrefeu.chart.sheet.allergies import Allergies, Allergy, allergies_of
from contrefeu.chart.sheet.person import Person, person_of
from contrefeu.chart.sheet.resources import Heard, Sheet
from contrefeu.chart.sheet.results import VITAL_CODES, Panel, Results, Series, Value, results_of
from contrefeu.chart.sheet.story import SHOWN_TYPES, Attachment, Line, Report, Story, attachment_bytes, story_of
from contrefeu.chart.sheet.treatments import Dose, Treatment, Treatments, treatments_of

__all__ = [
    "SHOWN_TYPES",
    "VITAL_CODES",
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
    "story_of",
    "treatments_of",
]
