"""What messages say, as FHIR: translators that meet there, and never each other."""

from contrefeu.mapping.loss import Loss
from contrefeu.mapping.read import read
from contrefeu.mapping.reading import FeedRules, Link, Movement, Reading, Said, Stay, Subject

__all__ = [
    "FeedRules",
    "Link",
    "Loss",
    "Movement",
    "Reading",
    "Said",
    "Stay",
    "Subject",
    "read",
]
