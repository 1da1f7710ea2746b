"""What a drill of the machine alone gave, as the record that is signed and filed (G2), in French or English."""

from contrefeu.drill.promises import THRESHOLDS, Language, Outcome
from contrefeu.drill.scenario import RESTORE_S_MAX, Phase, Story
from contrefeu.exercise import Line, Promised, Record, per_mille, second, this_version

MACHINE = {"fr": "machine", "en": "machine"}
_TITLE = {
    "fr": "L’hôpital entier, sans personne : travail, attaque, restauration ailleurs",
    "en": "The whole hospital, without anybody: work, attack, restore elsewhere",
}
_PHASES: dict[str, dict[Language, str]] = {
    "work": {"fr": "une journée, une coupure, la panne", "en": "a day, a power cut, the downtime"},
    "tampering": {"fr": "le passé changé de toutes les façons", "en": "the past changed in every way"},
    "attack": {"fr": "attaque ; trop peu de parts", "en": "attack; too few shares"},
    "restore": {"fr": "restauration depuis le coffre", "en": "restore from the vault"},
    "compared": {"fr": "chaque ligne comparée, premier dossier", "en": "every line compared, first chart"},
}
_FIGURES = {"P5": ("restore", RESTORE_S_MAX), "C5": ("lag", 1.0)}  # what a bar shows, and its whole


def record_of(
    story: Story, language: Language, scenario: tuple[str, str, str] = ("", "", ""), led_by: str = ""
) -> Record:
    """Return the record of a story.

    Args:
        story: As it was played.
        language: Of its words.
        scenario: Id, fingerprint and title of the file that it came from; empty for none.
        led_by: Who had it run.
    """
    report = story.report
    id_, digest, title = scenario
    return Record(
        kind="machine",
        scenario=id_,
        scenario_sha256=digest,
        title=title or _TITLE[language],
        attack=report.attack,
        facility="Exercise",
        node=story.node,
        version=this_version(),
        began=second(story.began_ns),
        ended=second(story.ended_ns),
        speed="1",
        seed=report.seed,
        beds=report.patients,
        messages=report.messages,
        led_by=led_by,
        language=language,
        held=all(one.held for one in report.promises),
        promises=[
            Promised(one.id, one.promise, THRESHOLDS[one.id][language], one.measured, one.held, _ratio(outcome))
            for one, outcome in zip(report.promises, story.outcomes, strict=True)
        ],
        lines=[_line(phase, language) for phase in story.phases],
        journals=story.journals,
    )


def _ratio(outcome: Outcome) -> int | None:
    name, whole = _FIGURES.get(outcome.id, ("", 1.0))
    figure = outcome.figures.get(name)
    return None if figure is None or figure < 0 else per_mille(figure / whole)


def _line(phase: Phase, language: Language) -> Line:
    slow = phase.id == "restore" and phase.to_s - phase.from_s >= RESTORE_S_MAX
    return Line(
        phase.id,
        _PHASES[phase.id][language],
        MACHINE[language],
        round(phase.from_s),
        round(phase.to_s),
        None,
        "",
        not slow,
    )
