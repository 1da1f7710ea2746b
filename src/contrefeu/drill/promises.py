"""What a drill promises, and how what was measured is said, in French and English.

P1 to P8 are DESIGN's promises (section 4), the others requirement ids. TRUTH looks for the worst defect there is: a
wrong line.
"""

from typing import Any, Literal

from msgspec import Struct

Language = Literal["fr", "en"]


class Outcome(Struct, frozen=True):
    """One promise, held or broken, and the figures that say so."""

    id: str
    held: bool
    figures: dict[str, Any] = {}


class Promise(Struct, frozen=True):
    """The same for people."""

    id: str
    promise: str
    held: bool
    measured: str


# id -> language -> (promise, measured)
_WORDS: dict[str, dict[Language, tuple[str, str]]] = {
    "P1": {
        "fr": (
            "Rien de ce qui a été acquitté n'est perdu",
            "{acknowledged} messages acquittés, {missing} absents après une coupure de courant et la perte du nœud ; "
            "{twice} présents deux fois, {resent} restés sans réponse puis renvoyés",
        ),
        "en": (
            "Nothing acknowledged is lost",
            "{acknowledged} messages acknowledged, {missing} missing after a power cut and the loss of the node; "
            "{twice} there twice, {resent} had gone unanswered and were sent again",
        ),
    },
    "P2": {
        "fr": (
            "Rien n'est altéré sans être vu",
            "{tried} façons de changer le passé essayées, {found} trouvées {list}",
        ),
        "en": ("Nothing is altered unseen", "{tried} ways to change the past tried, {found} found {list}"),
    },
    "P3": {
        "fr": (
            "Ce qui est volé ne sert à rien",
            "{leaks} noms ou numéros en clair dans les journaux, les dossiers et la copie ; "
            "restauration avec {few} parts sur {count} : statut {status}",
        ),
        "en": (
            "What is stolen is useless",
            "{leaks} names or numbers in clear in journals, charts and copy; "
            "restore with {few} of {count} shares: status {status}",
        ),
    },
    "P4": {
        "fr": (
            "Personne n'agit sans être vu",
            "{entries} traces de l'infirmière avant l'attaque ; {looked} de sa lecture du dossier, après restauration",
        ),
        "en": (
            "No one acts unseen",
            "{entries} entries of the nurse before the attack; {looked} of her reading the chart, after the restore",
        ),
    },
    "P5": {
        "fr": (
            "Le service continue",
            "de la déclaration de panne au premier dossier {first:.2f} s ; poste neuf depuis la copie {restore:.1f} s"
            "; premier dossier {again:.2f} s après son démarrage",
        ),
        "en": (
            "The ward goes on",
            "from declared downtime to the first chart {first:.2f} s; a new station from the copy in {restore:.1f} s, "
            "its first chart {again:.2f} s after it was up",
        ),
    },
    "P6": {
        "fr": (
            "Chaque entrée est comptée",
            "{received} reçues = {charted} au dossier + {kept} gardées + {repeats} répétées",
        ),
        "en": (
            "Every entry is accounted for",
            "{received} received = {charted} charted + {kept} kept + {repeats} repeats",
        ),
    },
    "P7": {
        "fr": ("Chaque fait a sa source", "{lines} éléments de dossier, {lost} sans leur message"),
        "en": ("Every fact has a source", "{lines} resources in charts, {lost} without their message"),
    },
    "P8": {
        "fr": (
            "Une donnée illisible n'arrête jamais le flux",
            "{sent} arrivées illisibles, {kept} acquittées, gardées et montrées",
        ),
        "en": ("Bad input never stops the feed", "{sent} unreadable arrivals, {kept} answered, kept and shown"),
    },
    "R1": {
        "fr": ("La copie seule redonne les mêmes dossiers", "empreinte {before} avant, {after} restaurée"),
        "en": ("The same charts from the copy alone", "charts_sha256 {before} before, {after} restored"),
    },
    "TRUTH": {
        "fr": (
            "Les dossiers disent ce que l'hôpital sait, et rien d'autre",
            "{patients} dossiers, {lines} lignes comparées, {differences} différences",
        ),
        "en": (
            "Charts say what the hospital knows, and nothing else",
            "{patients} charts, {lines} lines compared, {differences} differences",
        ),
    },
    "C5": {
        "fr": ("La copie suit en moins d'une seconde", "plus grand retard vu sous charge : {lag:.2f} s"),
        "en": ("A copy follows within a second", "largest lag seen under load: {lag:.2f} s"),
    },
}


# id -> language -> what is the least that holds, as the record says it
THRESHOLDS: dict[str, dict[Language, str]] = {
    "P1": {"fr": "0 absent", "en": "0 missing"},
    "P2": {"fr": "toutes trouvées", "en": "all found"},
    "P3": {"fr": "0 en clair, statut 14", "en": "0 in clear, status 14"},
    "P4": {"fr": "1 trace", "en": "1 entry"},
    "P5": {"fr": "10 min", "en": "10 min"},
    "P6": {"fr": "somme exacte", "en": "sums agree"},
    "P7": {"fr": "0 sans source", "en": "0 without source"},
    "P8": {"fr": "toutes gardées", "en": "all kept"},
    "R1": {"fr": "même empreinte", "en": "same hash"},
    "TRUTH": {"fr": "0 différence", "en": "0 differences"},
    "C5": {"fr": "1 s", "en": "1 s"},
}


def said(outcome: Outcome, language: Language) -> Promise:
    """Say an outcome to people."""
    promise, measured = _WORDS[outcome.id][language]
    return Promise(outcome.id, promise, outcome.held, measured.format(**outcome.figures).strip())
