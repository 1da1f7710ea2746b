"""What people of an exercise are handed on paper: one sheet a role, and the whole time line for who leads it.

Rules kept here:
  * A role's sheet shows its own injects and nobody else's; two pages at most (script.py bounds them).
  * Each page says EXERCISE; nothing of it can be taken for a patient's.
"""

from importlib.resources import files
from typing import Any

from contrefeu.exercise.promises import span
from contrefeu.exercise.roles import ROLES
from contrefeu.exercise.script import Inject, Script
from contrefeu.typeset import document

LEADER = "leader"  # the sheet of who leads the exercise
_WORDS: dict[str, tuple[Any, Any]] = {
    "exercise": ("EXERCICE", "EXERCISE"),
    "leader": ("Conduite de l’exercice", "Leading the exercise"),
    "leader_part": (
        "Lisez chaque message à l’heure dite à la personne nommée, sans l’aider. Notez ce que l’écran ne voit pas.",
        "Read each message to the person named at its minute, and do not help. Note what the screen does not see.",
    ),
    "rules": (
        [
            "Les patients sont inventés. Ne soignez personne d’après cette feuille.",
            "Au téléphone, dites d’abord : EXERCICE, EXERCICE, EXERCICE.",
            "Un vrai malade passe avant tout : dites « ARRÊT EXERCICE » et laissez l’exercice.",
            "Chaque message se lit à sa minute. À l’écran, page Exercice : cochez « C’est fait » quand c’est fait.",
        ],
        [
            "The patients are invented. Treat nobody by this sheet.",
            "On the telephone, say first: EXERCISE, EXERCISE, EXERCISE.",
            "A real patient comes first: say “STOP EXERCISE” and leave it.",
            "Each message is read at its minute. On screen, page Exercise: tick “Done” when it is done.",
        ],
    ),
    "minute": ("Minute", "Minute"),
    "expected": ("À faire :", "To do:"),
    "within": ("en", "within"),
    "done": ("fait à", "done at"),
    "footer": ("EXERCICE : patients et noms inventés. Contrefeu", "EXERCISE: invented patients and names. Contrefeu"),
}
_LENGTH = ("{minutes:g} minutes", "{minutes:g} minutes")


def sheet_pdf(script: Script, role: str, language: str, patients: dict[str, str] | None = None) -> bytes:
    """Return the sheet of *role*, or of LEADER, as PDF.

    Args:
        script: The scenario.
        role: A row of ROLES, or LEADER.
        language: "fr" or "en".
        patients: Name and bed by letter, once they are drawn; a letter stands for who is not.
    """
    en = language == "en"
    words = {name: both[en] for name, both in _WORDS.items()}
    leads = role == LEADER
    injects = script.in_order() if leads else script.of_role(role)
    values = words | {
        "lang": language,
        "title": script.title.of(language),
        "about": script.about.of(language),
        "role": words["leader"] if leads else ROLES[role].name(language),
        "part": words["leader_part"] if leads else ROLES[role].part(language),
        "length": _LENGTH[en].format(minutes=script.minutes),
        "injects": [_told(one, language, patients or {}, leads) for one in injects],
    }
    template = files("contrefeu.exercise").joinpath("templates", "sheet.typ").read_bytes()
    return document(template, values)


def sheet_names(script: Script) -> list[str]:
    """Whose sheets there are."""
    return [*script.roles, LEADER]


def _told(one: Inject, language: str, patients: dict[str, str], leads: bool) -> dict[str, Any]:
    return {
        "minute": f"{one.at_minute:g}",
        "who": ROLES[one.role].name(language) if leads else "",
        "said": one.text("said", language, patients),
        "expected": one.text("expected", language, patients),
        "within": span(one.within_minutes * 60),
    }
