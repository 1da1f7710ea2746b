"""The test record of a drill as a page to sign and file (G2), in French or English."""

from pathlib import Path

import msgspec
import typst

from contrefeu.drill.promises import Language
from contrefeu.drill.scenario import DrillReport

_TEMPLATE = Path(__file__).with_name("templates") / "report.typ"
_WORDS = {
    "fr": {
        "title": "Procès-verbal d'exercice",
        "about": "Attaque : {attack} · {patients} lits simulés, {messages} messages · graine {seed} · {seconds} s",
        "head": ["N°", "Promesse et mesure", "Résultat"],
        "held": "tenue",
        "broken": "NON TENUE",
        "sign": ["Responsable de l'exercice, date", "Responsable de la sécurité du système d'information, date"],
        "footer": "Patients et noms inventés. Contrefeu",
    },
    "en": {
        "title": "Record of an exercise",
        "about": "Attack played: {attack} · {patients} simulated beds, {messages} messages · seed {seed} · {seconds} s",
        "head": ["No.", "Promise and measure", "Result"],
        "held": "held",
        "broken": "BROKEN",
        "sign": ["Leader of the exercise, date", "Information security officer, date"],
        "footer": "Invented patients and names. Contrefeu",
    },
}


def record_pdf(report: DrillReport, language: Language) -> bytes:
    """Return the page as PDF."""
    words = _WORDS[language]
    page = words | {
        "lang": language,
        "about": str(words["about"]).format(
            attack=report.attack,
            patients=report.patients,
            messages=report.messages,
            seed=report.seed,
            seconds=report.seconds,
        ),
        "rows": [
            {
                "id": promise.id,
                "promise": promise.promise,
                "held": promise.held,
                "measured": promise.measured,
                "verdict": words["held"] if promise.held else words["broken"],
            }
            for promise in report.promises
        ],
    }
    sources = {"main.typ": _TEMPLATE.read_bytes(), "report.json": msgspec.json.encode(page)}
    made: bytes = typst.compile(sources)  # type: ignore[call-overload]  # its stubs do not know sources in memory
    return made
