"""What messages say, as FHIR: translators that meet there, and never each other."""

from contrefeu.mapping.from_hl7.person import (
    RELIABILITY,
)
from contrefeu.mapping.from_people import (
    CLEARED,
    MOVEMENT,
    PARTED,
    STAY,
)
from contrefeu.mapping.loss import (
    Loss,
)
from contrefeu.mapping.read import (
    EntryLike,
    read,
)
from contrefeu.mapping.reading import (
    FACTS,
    OBJECT,
    PEOPLE,
    RELEASED,
    SEALED_TO,
    SEEN,
    SPECIMEN,
    WRITTEN,
    FeedRules,
    Link,
    Listed,
    Movement,
    Reading,
    Rules,
    Said,
    Stay,
    Subject,
)
from contrefeu.mapping.survey import (
    FeedSurvey,
)
from contrefeu.mapping.tables.events import MERGES

__all__ = [
    "CLEARED",
    "FACTS",
    "MERGES",
    "MOVEMENT",
    "OBJECT",
    "PARTED",
    "PEOPLE",
    "RELEASED",
    "RELIABILITY",
    "SEALED_TO",
    "SEEN",
    "SPECIMEN",
    "STAY",
    "WRITTEN",
    "EntryLike",
    "FeedRules",
    "FeedSurvey",
    "Link",
    "Listed",
    "Loss",
    "Movement",
    "Reading",
    "Rules",
    "Said",
    "Stay",
    "Subject",
    "read",
]
