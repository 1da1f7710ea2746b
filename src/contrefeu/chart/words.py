"""The words that sentences are made of: codes and joints, in French and in English, one row each.

A code that no row has is said as it is, without the name of its table: better a code than a wrong word.
"""

from typing import Literal

Language = Literal["fr", "en"]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# what is said -> French, English
WORDS: dict[str, tuple[str, str]] = {
    "name unknown": ("nom inconnu", "name unknown"),
    "used name": ("utilisé :", "used:"),
    "born": ("né(e) le", "born"),
    "birth date not said": ("date de naissance non dite", "birth date not said"),
    "sex not said": ("sexe non dit", "sex not said"),
    "sex female": ("femme", "female"),
    "sex male": ("homme", "male"),
    "sex other": ("sexe autre", "sex: other"),
    "sex unknown": ("sexe inconnu", "sex unknown"),
    "old number": (" (ancien numéro)", " (old number)"),
    "deceased": ("DÉCÉDÉ(E)", "DECEASED"),
    "on": ("le", "on"),
    "protected": ("IDENTITÉ PROTÉGÉE", "PROTECTED IDENTITY"),
    "no known allergy": ("AUCUNE ALLERGIE CONNUE", "NO KNOWN ALLERGY"),
    "reaction": ("réaction :", "reaction:"),
    "since": ("depuis", "since"),
    "until": ("jusqu’au", "until"),
    "dosage not said": ("posologie non dite", "dosage not said"),
    "if needed": ("si besoin", "if needed"),
    "prescribed": ("prescrit le", "prescribed"),
    "hour not said": ("heure non dite", "time not said"),
    "handed out": ("délivré :", "dispensed:"),
    "no value": ("sans valeur", "no value"),
    "before": ("avant :", "before:"),
    "asked": ("demandé le", "requested"),
    "for": ("pour le", "for"),
    "lot": ("lot", "lot"),
    "stay": ("séjour", "stay"),
    # FHIR reaction-event-severity, allergy-intolerance-criticality
    "severity mild": ("légère", "mild"),
    "severity moderate": ("modérée", "moderate"),
    "severity severe": ("sévère", "severe"),
    "criticality high": ("risque élevé", "high risk"),
    "criticality low": ("risque faible", "low risk"),
    "criticality unable-to-assess": ("risque non évaluable", "risk not assessable"),
    # FHIR request, medicationrequest, condition-clinical, allergyintolerance and event statuses
    "status active": ("en cours", "active"),
    "status on-hold": ("suspendu", "on hold"),
    "status cancelled": ("annulé", "cancelled"),
    "status revoked": ("annulé", "cancelled"),
    "status completed": ("terminé", "completed"),
    "status stopped": ("arrêté", "stopped"),
    "status entered-in-error": ("retiré", "taken back"),
    "status draft": ("non validé", "not validated"),
    "status unknown": ("statut inconnu", "status unknown"),
    "status not-done": ("non fait", "not done"),
    "status in-progress": ("en cours", "in progress"),
    "status inactive": ("inactif", "inactive"),
    "status resolved": ("résolu", "resolved"),
    "status remission": ("rémission", "remission"),
    "status recurrence": ("récidive", "recurrence"),
    "status relapse": ("rechute", "relapse"),
    # FHIR observation-status, diagnostic-report-status, document-reference-status, composition-status
    "result registered": ("en cours", "pending"),
    "result partial": ("partiel", "partial"),
    "result preliminary": ("provisoire", "preliminary"),
    "result final": ("définitif", "final"),
    "result amended": ("modifié", "amended"),
    "result corrected": ("corrigé", "corrected"),
    "result appended": ("complété", "appended"),
    "result cancelled": ("annulé", "cancelled"),
    "result entered-in-error": ("retiré", "taken back"),
    "result superseded": ("remplacé", "replaced"),
    "result unknown": ("statut inconnu", "status unknown"),
    # FHIR medication-admin-status
    "dose completed": ("donnée", "given"),
    "dose in-progress": ("en cours", "in progress"),
    "dose not-done": ("NON donnée", "NOT given"),
    "dose on-hold": ("suspendue", "on hold"),
    "dose stopped": ("interrompue", "interrupted"),
    "dose entered-in-error": ("RETIRÉE", "TAKEN BACK"),
    "dose unknown": ("donnée ? non connu", "given? not known"),
    # FHIR v3-ActCode, encounter-status
    "class IMP": ("hospitalisation", "inpatient stay"),
    "class ACUTE": ("hospitalisation", "inpatient stay"),
    "class NONAC": ("hospitalisation", "inpatient stay"),
    "class EMER": ("urgences", "emergency"),
    "class AMB": ("externe", "outpatient"),
    "class SS": ("séjour court", "short stay"),
    "class OBSENC": ("surveillance", "observation"),
    "class PRENC": ("préadmission", "pre-admission"),
    "class HH": ("domicile", "home"),
    "class VR": ("téléconsultation", "virtual"),
    "stay planned": ("prévu", "planned"),
    "stay arrived": ("arrivé", "arrived"),
    "stay triaged": ("trié", "triaged"),
    "stay in-progress": ("en cours", "in progress"),
    "stay onleave": ("en permission", "on leave"),
    "stay finished": ("terminé", "finished"),
    "stay cancelled": ("annulé", "cancelled"),
    "stay entered-in-error": ("retiré", "taken back"),
    "stay unknown": ("statut inconnu", "status unknown"),
    # FHIR appointmentstatus
    "appointment proposed": ("proposé", "proposed"),
    "appointment pending": ("en attente", "pending"),
    "appointment booked": ("prévu", "booked"),
    "appointment arrived": ("arrivé", "arrived"),
    "appointment fulfilled": ("fait", "done"),
    "appointment cancelled": ("annulé", "cancelled"),
    "appointment noshow": ("absent", "no show"),
    "appointment entered-in-error": ("retiré", "taken back"),
    "appointment unknown": ("statut inconnu", "status unknown"),
    # A chart as text
    "as of": ("Jusqu’au message reçu le", "As of the message received"),
    "as of nothing": ("Aucun message reçu", "No message received"),
    "exercise": ("EXERCICE : ce patient n’existe pas", "EXERCISE: this patient does not exist"),
    "no source": ("aucune source ici", "no source here"),
    "nothing": ("aucune ligne dans ce qui a été reçu", "no line in what was received"),
    "last word": ("dernier message", "last message"),
    "conflict": (
        "SOURCES EN DÉSACCORD : une allergie et « aucune allergie connue »",
        "SOURCES DISAGREE: an allergy, and “no known allergy”",
    ),
    "all struck": (
        "aucune allergie en vigueur : celles qui étaient dites ont été retirées",
        "no allergy in force: those that were said have been taken back",
    ),
    "missed": ("message que rien ici ne sait lire, reçu le", "message that nothing here can read, received"),
    "file": ("fichier", "file"),
    "bytes": ("octets", "bytes"),
    "section identity": ("IDENTITÉ", "IDENTITY"),
    "section allergies": ("ALLERGIES", "ALLERGIES"),
    "section alerts": ("ALERTES", "ALERTS"),
    "section problems": ("PROBLÈMES ET DIAGNOSTICS", "PROBLEMS AND DIAGNOSES"),
    "section prescriptions": ("PRESCRIPTIONS ET DOSES", "PRESCRIPTIONS AND DOSES"),
    "section requests": ("DEMANDES", "REQUESTS"),
    "section results": ("RÉSULTATS", "RESULTS"),
    "section documents": ("COMPTES RENDUS ET DOCUMENTS", "REPORTS AND DOCUMENTS"),
    "section stays": ("SÉJOURS", "STAYS"),
    "section appointments": ("RENDEZ-VOUS", "APPOINTMENTS"),
    "section procedures": ("ACTES ET VACCINS", "PROCEDURES AND VACCINES"),
    "section other": ("AUTRES", "OTHER"),
    "section unread": ("CE QUI N’A PU ÊTRE LU", "WHAT COULD NOT BE READ"),
    "no day": ("jour non dit", "day not said"),
    "doses without prescription": ("doses sans prescription ici :", "doses without a prescription here:"),
}


def word(name: str, language: Language) -> str:
    """Return the words of *name* ("status active"); the code alone when no row has it."""
    row = WORDS.get(name)
    if row is None:
        return name.partition(" ")[2]
    return row[0] if language == "fr" else row[1]
