"""A source message as people can read it: segments and fields with their names; JSON and XML laid out.

Rules kept here:
  * What stands in a field is shown as it was sent, separators and all: this page is the proof, not a translation.
  * It never fails: what cannot be decoded is shown with replacement signs; the bytes are one click away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from xml.dom import DOMException
from xml.dom.minidom import parseString
from xml.parsers.expat import ExpatError

import msgspec

from contrefeu.hl7 import decode, peek
from contrefeu.web import N_

TEXT_CHARACTERS_MAX = 400_000  # characters; shown on a page; the whole is in the download
FIELD_CHARACTERS_MAX = 20_000  # characters; a scanned file in OBX-5 is said, not shown

FIELDS: Mapping[str, Mapping[int, str]] = {
    "MSH": {
        3: N_("Émetteur"),
        4: N_("Établissement émetteur"),
        5: N_("Destinataire"),
        6: N_("Établissement destinataire"),
        7: N_("Date du message"),
        9: N_("Type de message"),
        10: N_("Identifiant du message"),
        11: N_("Production, test, exercice"),
        12: N_("Version"),
        18: N_("Jeu de caractères"),
    },
    "EVN": {1: N_("Événement"), 2: N_("Enregistré le"), 6: N_("Survenu le")},
    "PID": {
        3: N_("Identifiants"),
        5: N_("Noms"),
        6: N_("Nom de la mère"),
        7: N_("Né(e) le"),
        8: N_("Sexe"),
        11: N_("Adresse"),
        13: N_("Téléphone"),
        18: N_("Numéro de dossier"),
        24: N_("Naissance multiple"),
        25: N_("Rang de naissance"),
        29: N_("Décédé(e) le"),
        30: N_("Décédé(e)"),
        32: N_("Fiabilité de l’identité"),
    },
    "PV1": {
        2: N_("Nature du séjour"),
        3: N_("Place actuelle"),
        6: N_("Place précédente"),
        7: N_("Médecin responsable"),
        10: N_("Discipline"),
        19: N_("Numéro de séjour"),
        44: N_("Admis(e) le"),
        45: N_("Sorti(e) le"),
    },
    "ZBE": {
        1: N_("Mouvement"),
        2: N_("Date du mouvement"),
        4: N_("Action"),
        5: N_("Historique"),
        6: N_("Événement d’origine"),
        7: N_("UF médicale"),
        8: N_("UF de soins"),
    },
    "AL1": {2: N_("Type d’allergie"), 3: N_("Allergie"), 4: N_("Sévérité"), 5: N_("Réaction"), 6: N_("Date")},
    "IAM": {2: N_("Type d’allergie"), 3: N_("Allergie"), 4: N_("Sévérité"), 5: N_("Réaction"), 6: N_("Action")},
    "DG1": {3: N_("Diagnostic"), 5: N_("Date"), 6: N_("Type")},
    "PRB": {1: N_("Action"), 2: N_("Date"), 3: N_("Problème"), 4: N_("Identifiant")},
    "ORC": {
        1: N_("Action"),
        2: N_("Numéro du demandeur"),
        3: N_("Numéro de l’exécutant"),
        5: N_("Statut"),
        9: N_("Date"),
        12: N_("Prescripteur"),
    },
    "OBR": {
        2: N_("Numéro du demandeur"),
        3: N_("Numéro de l’exécutant"),
        4: N_("Examen"),
        7: N_("Prélevé le"),
        16: N_("Prescripteur"),
        22: N_("Rendu le"),
        25: N_("Statut"),
    },
    "OBX": {
        2: N_("Type de valeur"),
        3: N_("Mesure"),
        4: N_("Sous-identifiant"),
        5: N_("Valeur"),
        6: N_("Unité de mesure"),
        7: N_("Valeurs de référence"),
        8: N_("Drapeau"),
        11: N_("Statut"),
        14: N_("Mesuré le"),
    },
    "RXE": {2: N_("Médicament"), 3: N_("Dose"), 5: N_("Unité de mesure")},
    "RXO": {1: N_("Médicament"), 2: N_("Dose"), 4: N_("Unité de mesure")},
    "RXR": {1: N_("Voie")},
    "RXA": {
        3: N_("Début"),
        4: N_("Fin"),
        5: N_("Médicament"),
        6: N_("Dose"),
        7: N_("Unité de mesure"),
        20: N_("Statut"),
    },
    "TQ1": {2: N_("Quantité"), 3: N_("Rythme"), 4: N_("Heures"), 7: N_("Début"), 8: N_("Fin")},
    "TXA": {2: N_("Type de document"), 4: N_("Date"), 9: N_("Auteur"), 12: N_("Identifiant"), 17: N_("Statut")},
    "SCH": {1: N_("Numéro du demandeur"), 7: N_("Motif"), 11: N_("Créneau"), 25: N_("Statut")},
    "MRG": {1: N_("Identifiants remplacés")},
    "NTE": {3: N_("Commentaire")},
    "SPM": {2: N_("Échantillon"), 4: N_("Nature"), 17: N_("Prélevé le")},
}


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field that is not empty."""

    name: str  # "PID-5"
    label: str  # French message, "" when the table has none
    text: str
    cut: int = 0  # characters that are not shown


@dataclass(frozen=True, slots=True)
class ShownSegment:
    """One segment."""

    name: str
    fields: tuple[ShownField, ...]


def show_segments(body: bytes) -> tuple[ShownSegment, ...]:
    """Return the segments of an HL7 v2 message."""
    header = peek(body)
    text = _decode(body, header.charset.split(header.delimiters.repetition or "~")[0] if header else "")
    separator = "|"
    segments = []
    for line in filter(None, text.replace("\r\n", "\r").replace("\n", "\r").split("\r")):
        name = line[:3]
        if name in {"MSH", "FHS", "BHS"} and len(line) > 3:
            separator = line[3]
        parts = line.split(separator)
        first = 2 if name in {"MSH", "FHS", "BHS"} else 1  # MSH-1 is the separator itself
        fields = [_field(name, number, part) for number, part in enumerate(parts[1:], first) if part.strip()]
        segments.append(ShownSegment(parts[0][:8], tuple(fields)))
    return tuple(segments)


def show_text(body: bytes, media_type: str) -> tuple[str, bool]:
    """Return JSON or XML laid out, other text as it is, and whether the end is missing."""
    text = _decode(body, "")
    try:
        if "json" in media_type:
            text = msgspec.json.format(text, indent=2)  # moves blanks alone: 4.20 stays 4.20
        elif "xml" in media_type and "<!DOCTYPE" not in text:  # entities could grow without end
            text = parseString(text).toprettyxml(indent="  ")  # noqa: S318 (no DOCTYPE: no entities)
    except (ValueError, RecursionError, ExpatError, DOMException):
        text = _decode(body, "")  # a body that is not what its type says is shown as it is
    return text[:TEXT_CHARACTERS_MAX], len(text) > TEXT_CHARACTERS_MAX


def _field(segment: str, number: int, text: str) -> ShownField:
    shown = text[:FIELD_CHARACTERS_MAX]
    return ShownField(f"{segment}-{number}", FIELDS.get(segment, {}).get(number, ""), shown, len(text) - len(shown))


def _decode(body: bytes, named: str) -> str:
    """Decode as the charts do (hl7/charset.py), so that this page shows what they read."""
    text, _, _ = decode(body, named)
    return text
