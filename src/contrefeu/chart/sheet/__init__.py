"""A chart as the blocks of a page: who, allergies, treatments, results, and the rest of the story."""

from contrefeu.chart.sheet.allergies import Allergies, Allergy, allergies_of
from contrefeu.chart.sheet.handback import HandBack, LeftSheet, Medicine, PageOut, hand_back_of, left_sheet_of
from contrefeu.chart.sheet.imaging import NO_IMAGES, Images, Study
from contrefeu.chart.sheet.person import Person, attending_of, person_of
from contrefeu.chart.sheet.resources import Heard, Laid, Sheet
from contrefeu.chart.sheet.results import VITAL_CODES, Panel, Results, Series, Value, results_of
from contrefeu.chart.sheet.story import (
    SHOWN_TYPES,
    Attachment,
    Line,
    Report,
    Story,
    attachment_bytes,
    attachments_in,
    report_of,
    story_of,
)
from contrefeu.chart.sheet.treatments import (
    Dose,
    Opinion,
    Treatment,
    Treatments,
    orders_in_force,
    told_treatments,
    treatments_of,
)
from contrefeu.chart.sheet.warning_score import SATURATION_TARGET, Score, warning_score

__all__ = [
    "NO_IMAGES",
    "SATURATION_TARGET",
    "SHOWN_TYPES",
    "VITAL_CODES",
    "Allergies",
    "Allergy",
    "Attachment",
    "Dose",
    "HandBack",
    "Heard",
    "Images",
    "Laid",
    "LeftSheet",
    "Line",
    "Medicine",
    "Opinion",
    "PageOut",
    "Panel",
    "Person",
    "Report",
    "Results",
    "Score",
    "Series",
    "Sheet",
    "Story",
    "Study",
    "Treatment",
    "Treatments",
    "Value",
    "allergies_of",
    "attachment_bytes",
    "attachments_in",
    "attending_of",
    "hand_back_of",
    "left_sheet_of",
    "orders_in_force",
    "person_of",
    "report_of",
    "results_of",
    "story_of",
    "told_treatments",
    "treatments_of",
    "warning_score",
]
