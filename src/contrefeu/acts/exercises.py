"""Acts of an exercise with people: begun with its whole scenario, each inject told, ticked, ended.

Rules kept here: as in act.py. The scenario stands in the act that begins it: whoever reads the journal later scores the
exercise that was played, not the one that a file has become.
"""

from msgspec import Struct, field


class NamedPatient(Struct, frozen=True):
    """An invented patient whom injects name by a letter."""

    numbers: list[str]  # values that the patient is known under
    words: str  # as injects say it: name and bed


class ExerciseStarted(Struct, frozen=True, tag_field="act", tag="exercise-started"):
    """From `at` on this home's people play a scenario (docs/spec/scenario-v1.md)."""

    scenario: str  # TOML, whole
    ward: str
    at: str  # RFC 3339
    speed: float = 1.0  # minutes of the exercise in a minute
    patients: dict[str, NamedPatient] = field(default_factory=dict)  # by letter
    led_by: str = ""  # who leads it, as they were named


class ExerciseTold(Struct, frozen=True, tag_field="act", tag="exercise-told"):
    """The minute of an inject has come: who plays that role is told, and every page is fresh again."""

    exercise: str  # entry that began it
    inject: str
    at: str  # RFC 3339


class ExerciseTicked(Struct, frozen=True, tag_field="act", tag="exercise-ticked"):
    """Somebody says that an inject was answered."""

    exercise: str  # entry that began it
    inject: str
    at: str  # RFC 3339


class ExerciseEnded(Struct, frozen=True, tag_field="act", tag="exercise-ended"):
    """It is over: what is done later does not count."""

    exercise: str  # entry that began it
    at: str  # RFC 3339
