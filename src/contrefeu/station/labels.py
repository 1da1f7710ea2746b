"""Codes as words: one table a kind, French here, other languages in the catalogues.

A code that no row has is shown as it is: better a code than a wrong word.
"""

from collections.abc import Mapping

from contrefeu.station.ages import Age
from contrefeu.web import N_, Words

LABELS: Mapping[str, Mapping[str, str]] = {
    "role": {
        "nurse": N_("infirmière, infirmier"),
        "physician": N_("médecin"),
        "pharmacist": N_("pharmacien"),
        "clerk": N_("admissions"),
        "coordinator": N_("cellule de crise"),
        "recovery": N_("reconstruction"),
        "security": N_("sécurité"),
        "dpo": N_("protection des données"),
        "admin": N_("administration"),
        "system": N_("machine"),
    },
    "sex": {  # FHIR administrative-gender
        "female": N_("F"),
        "male": N_("M"),
        "other": N_("sexe autre"),
        "unknown": N_("sexe inconnu"),
    },
    "sex-long": {
        "female": N_("Femme"),
        "male": N_("Homme"),
        "other": N_("Sexe autre"),
        "unknown": N_("Sexe inconnu"),
    },
    "severity": {  # FHIR reaction-event-severity
        "mild": N_("légère"),
        "moderate": N_("modérée"),
        "severe": N_("sévère"),
    },
    "criticality": {"high": N_("risque élevé"), "low": N_("risque faible"), "unable-to-assess": ""},
    "result": {  # FHIR observation-status, what is not final
        "registered": N_("en cours"),
        "preliminary": N_("provisoire"),
        "amended": N_("modifié"),
        "corrected": N_("corrigé"),
        "cancelled": N_("annulé"),
        "entered-in-error": N_("retiré"),
        "unknown": N_("statut inconnu"),
        "partial": N_("partiel"),
        "appended": N_("complété"),
        "superseded": N_("remplacé"),
        "current": "",
        "final": "",
    },
    "treatment": {  # FHIR medicationrequest-status
        "active": "",
        "on-hold": N_("suspendu"),
        "cancelled": N_("annulé"),
        "completed": N_("terminé"),
        "stopped": N_("arrêté"),
        "entered-in-error": N_("retiré"),
        "draft": N_("non validé"),
        "unknown": N_("statut inconnu"),
    },
    "dose": {  # FHIR medication-admin-status
        "completed": N_("donnée"),
        "in-progress": N_("en cours"),
        "not-done": N_("non donnée"),
        "on-hold": N_("suspendue"),
        "stopped": N_("interrompue"),
        "entered-in-error": N_("retirée"),
        "unknown": N_("donnée ? non connu"),
    },
    "problem": {  # FHIR condition-clinical
        "active": "",
        "recurrence": N_("récidive"),
        "relapse": N_("rechute"),
        "inactive": N_("inactif"),
        "remission": N_("rémission"),
        "resolved": N_("résolu"),
    },
    "stay": {  # FHIR v3-ActCode and encounter-status
        "IMP": N_("Hospitalisation"),
        "ACUTE": N_("Hospitalisation"),
        "NONAC": N_("Hospitalisation"),
        "EMER": N_("Urgences"),
        "AMB": N_("Externe"),
        "SS": N_("Séjour court"),
        "OBSENC": N_("Surveillance"),
        "PRENC": N_("Pré-admission"),
        "HH": N_("Domicile"),
        "VR": N_("Téléconsultation"),
        "planned": N_("prévu"),
        "arrived": N_("arrivé"),
        "triaged": N_("trié"),
        "in-progress": N_("en cours"),
        "onleave": N_("en permission"),
        "finished": N_("terminé"),
        "cancelled": N_("annulé"),
        "entered-in-error": N_("retiré"),
    },
    "appointment": {  # FHIR appointmentstatus
        "proposed": N_("proposé"),
        "pending": N_("en attente"),
        "booked": N_("prévu"),
        "arrived": N_("arrivé"),
        "fulfilled": N_("fait"),
        "cancelled": N_("annulé"),
        "noshow": N_("absent"),
        "entered-in-error": N_("retiré"),
    },
    "allergies": {
        "listed": N_("Allergies"),
        "none-known": N_("Aucune allergie connue"),
        "no-source": N_("Allergies : aucune source ici"),
        "conflict": N_("Allergies : sources en désaccord"),
    },
    "due": {
        "late": N_("en retard"),
        "due": N_("maintenant"),
        "coming": "",
        "unknown": N_("donnée ? non connu"),
    },
    "found": {"in": N_("présent"), "left": N_("sorti"), "deceased": N_("décédé")},
}
DUE_SIGNS = {"late": "!", "due": "●", "coming": "○", "unknown": "?"}


def label(kind: str, code: str, words: Words) -> str:
    """Return *code* in words; itself when no row has it."""
    found = LABELS[kind].get(code, code)
    return words(found) if found else ""


def role_name(role: str, words: Words) -> str:
    """Return a role in words."""
    return label("role", role, words)


def age_words(age: Age | None, words: Words) -> str:
    """Return an age in words: "84 ans", "7 mois", "3 j", "40 h"."""
    if age is None:
        return ""
    if age.unit == "hours":
        text = words.ngettext("%(num)d heure", "%(num)d heures", age.number)
    elif age.unit == "days":
        text = words.ngettext("%(num)d jour", "%(num)d jours", age.number)
    elif age.unit == "months":
        text = words.ngettext("%(num)d mois", "%(num)d mois", age.number)
    else:
        text = words.ngettext("%(num)d an", "%(num)d ans", age.number)
    text = text % {"num": age.number}
    return f"≈ {text}" if age.about else text
