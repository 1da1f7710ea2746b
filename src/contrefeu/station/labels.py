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
    "identity": {  # PID-32: table 0445 and its French values (fr-core-cs-v2-0445)
        "VIDE": N_("identité non qualifiée"),
        "PROV": N_("identité provisoire"),
        "RECUP": N_("identité récupérée, non contrôlée"),
        "DOUTE": N_("identité douteuse"),
        "DOUT": N_("identité douteuse"),
        "FICTI": N_("identité fictive"),
        "FICT": N_("identité fictive"),
        "DOUB": N_("doublon"),
        "DPOT": N_("doublon possible"),
        "DOUA": N_("doublon avéré"),
        "COLP": N_("collision possible"),
        "COLV": N_("collision avérée"),
        "DESA": N_("identité désactivée"),
        "USUR": N_("usurpation"),
        "HOMD": N_("homonyme"),
        "HOMA": N_("homonyme avéré"),
        "CACH": N_("identité cachée"),
        "ANOM": N_("identité anonyme"),
        "RECD": N_("identité reçue d’ailleurs"),
        "IDRA": N_("identité rapprochée"),
        "FILI": N_("filiation"),
        "AL": N_("nom d’emprunt"),
        "UD": N_("date de naissance inconnue"),
        "UA": N_("adresse inconnue"),
        "US": N_("numéro national inconnu"),
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
        "waitlist": N_("en attente"),
        "checked-in": N_("arrivé"),
        "entered-in-error": N_("retiré"),
    },
    "act": {  # FHIR request-status, event-status
        "active": "",
        "draft": N_("non validé"),
        "on-hold": N_("suspendu"),
        "revoked": N_("annulé"),
        "preparation": N_("prévu"),
        "in-progress": N_("en cours"),
        "completed": N_("fait"),
        "not-done": N_("non fait"),
        "stopped": N_("interrompu"),
        "entered-in-error": N_("retiré"),
        "unknown": N_("statut inconnu"),
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
