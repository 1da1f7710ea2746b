"""The record of an exercise on paper: promises with their bars, the time line, who played; to sign and file (G2)."""

from importlib.resources import files
from typing import Any

from contrefeu.exercise.promises import span
from contrefeu.exercise.record import Line, Promised, Record
from contrefeu.exercise.roles import ROLES
from contrefeu.typeset import document

_LANGUAGES = ("fr", "en")
_WORDS: dict[str, tuple[Any, Any]] = {
    "title": ("Procès-verbal d’exercice", "Record of an exercise"),
    "machine": ("joué par la machine seule", "played by the machine alone"),
    "ward": ("joué par des personnes", "played by people"),
    "attack": ("Attaque", "Attack"),
    "house": ("Hôpital simulé", "Simulated hospital"),
    "house_said": ("{beds} lits, {messages} messages, graine {seed}", "{beds} beds, {messages} messages, seed {seed}"),
    "when": ("Du, au", "From, to"),
    "led": ("Conduit par", "Led by"),
    "what": ("Nœud, version", "Node, version"),
    "file": ("Fichier signé, SHA-256", "Signed file, SHA-256"),
    "key": ("Clé de la signature", "Key of the signature"),
    "all_held": ("Toutes les promesses sont tenues.", "Every promise was held."),
    "some_broken": ("{count} promesse(s) non tenue(s) : voir ci-dessous.", "{count} promise(s) broken: see below."),
    "promises": ("Promesses", "Promises"),
    "head": (
        ["N°", "Promesse et mesure", "Seuil", "", "Résultat"],
        ["No.", "Promise and measure", "Threshold", "", "Result"],
    ),
    "held": ("tenue", "held"),
    "broken": ("NON TENUE", "BROKEN"),
    "line": ("Déroulement", "Time line"),
    "minutes": ("minutes", "minutes"),
    "seconds": ("secondes", "seconds"),
    "legend": (
        "Barre : de l’annonce à la réponse. Trait : délai. Hachuré : sans réponse.",
        "Bar: from announcement to answer. Mark: limit. Hatched: no answer.",
    ),
    "phases": ("Barre : durée de chaque étape.", "Bar: how long each step took."),
    "players": ("Qui a joué", "Who played"),
    "never": ("jamais", "never"),
    "sign": (
        ["Responsable de l’exercice, date", "Responsable de la sécurité du système d’information, date"],
        ["Leader of the exercise, date", "Information security officer, date"],
    ),
    "footer": ("EXERCICE : patients et noms inventés. Contrefeu", "EXERCISE: invented patients and names. Contrefeu"),
    "exercise": ("EXERCICE", "EXERCISE"),
}  # fmt: skip
_ATTACKS = {
    "ransomware": ("rançongiciel", "ransomware"),
    "wiper": ("effaceur", "wiper"),
    "worm": ("ver", "worm"),
    "insider": ("malveillance interne", "insider"),
}
_SHORT_S = 240  # a time line below it counts in seconds


def report_pdf(record: Record, digest: str, key: str) -> bytes:
    """Return the report as PDF, in the record's language.

    Args:
        record: What it says.
        digest: SHA-256 of the signed file's record, hex.
        key: The public key that signed it.
    """
    en = record.language == "en"
    words = {name: both[en] for name, both in _WORDS.items()}
    broken = sum(not one.held for one in record.promises)
    end = max([60, *(line.to_s or 0 for line in record.lines), *(_limit(line) for line in record.lines)])
    short = end <= _SHORT_S
    attack = _ATTACKS.get(record.attack, (record.attack, record.attack))[en]
    values = words | {
        "lang": record.language,
        "name": record.title,
        "verdict": words["all_held"] if not broken else words["some_broken"].format(count=broken),
        "good": not broken,
        "about": [
            [words["attack"], f"{attack}, {words[record.kind]}"],
            [words["house"], words["house_said"].format(beds=record.beds, messages=record.messages, seed=record.seed)],
            [words["when"], f"{_plain(record.began)} – {_plain(record.ended)} (UTC)"],
            [words["led"], record.led_by or "—"],
            [words["what"], f"{record.node}, Contrefeu {record.version}"],
            [words["file"], digest],
            [words["key"], key],
        ],
        "rows": [_promise(one, words) for one in record.promises],
        "bars": [_bar(line, end, words, en) for line in record.lines],
        "ticks": _ticks(end, short),
        "unit": words["seconds"] if short else words["minutes"],
        "legend": words["legend"] if any(line.within_s for line in record.lines) else words["phases"],
        "people": [[one.name, _role(one.role, en), one.login] for one in record.players],
    }
    template = files("contrefeu.exercise").joinpath("templates", "report.typ").read_bytes()
    return document(template, values)


def _promise(one: Promised, words: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": one.id,
        "promise": one.promise,
        "threshold": one.threshold,
        "measured": one.measured,
        "held": one.held,
        "verdict": words["held"] if one.held else words["broken"],
        # a bar ends at twice its threshold: what is later is late, however late
        "bar": None if one.per_mille is None else min(one.per_mille, 2000) / 2000,
    }


def _bar(line: Line, end: int, words: dict[str, Any], en: bool) -> dict[str, Any]:
    done = line.to_s if line.to_s is not None else min(end, _limit(line) or end)
    took = span(line.to_s - line.from_s) if line.to_s is not None else words["never"]
    return {
        "who": _role(line.who, en),
        "what": line.what,
        "from": line.from_s / end,
        "to": max(done, line.from_s) / end,
        "limit": _limit(line) / end if line.within_s is not None else None,
        "never": line.to_s is None,
        "held": line.held,
        "said": f"{took}{f', {line.by}' if line.by else ''}",
    }


def _limit(line: Line) -> int:
    return line.from_s + (line.within_s or 0)


def _ticks(end: int, short: bool) -> list[list[Any]]:
    """Marks of the axis: at most eight, on round numbers."""
    unit = 1 if short else 60
    step = next((s for s in (5, 10, 15, 30, 60, 120, 240) if end / unit / s <= 8), 480)
    return [[n * unit / end, str(n)] for n in range(0, int(end / unit) + 1, step)]


def _role(role: str, en: bool) -> str:
    return ROLES[role].name(_LANGUAGES[en]) if role in ROLES else role


def _plain(moment: str) -> str:
    return moment.replace("T", " ").removesuffix("Z")
