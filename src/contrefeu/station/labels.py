"""Codes as words: one table a kind, French here, other languages in the catalogues.

A code that no row has is shown as it is: better a code than a wrong word.
"""

from collections.abc import Mapping

from contrefeu.acts import ALARM_FIGURES, ALARM_RULES, ALARM_SEVERITIES, ALARM_VERDICTS
from contrefeu.chart import GROUP_UNSAID, REPLACING, Age, DueItem
from contrefeu.station.agency_words import AGENCY_LABELS
from contrefeu.station.paper_words import FORM_NAMES, MARK_WHYS, PAGE_WHYS, PAPER_PROBLEMS
from contrefeu.station.recovery_words import RECOVERY_LABELS
from contrefeu.web import N_, Words

LABELS: Mapping[str, Mapping[str, str]] = {
    "form": FORM_NAMES,
    "page_why": PAGE_WHYS,
    "mark_why": MARK_WHYS,
    "paper_problem": PAPER_PROBLEMS,
    "alarm_figure": ALARM_FIGURES,
    "alarm_rule": ALARM_RULES,
    "alarm_severity": ALARM_SEVERITIES,
    "alarm_verdict": ALARM_VERDICTS,
    **AGENCY_LABELS,
    **RECOVERY_LABELS,
    "role": {
        "nurse": N_("infirmière, infirmier"),
        "physician": N_("médecin"),
        "pharmacist": N_("pharmacien"),
        "laboratory": N_("laboratoire"),
        "biologist": N_("biologiste"),
        "clerk": N_("admissions"),
        "coordinator": N_("cellule de crise"),
        "recovery": N_("reconstruction"),
        "safety": N_("sécurité clinique"),
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
    "agenda": {  # station/pages/agenda.py
        "dialysis": N_("Dialyse"),
        "radiotherapy": N_("Radiothérapie"),
        "chemotherapy": N_("Chimiothérapie"),
    },
    "slot": {  # FHIR appointmentstatus, where it is not simply planned
        "cancelled": N_("annulé"),
        "noshow": N_("non venu"),
        "fulfilled": N_("fait"),
        "arrived": N_("arrivé"),
    },
    "blood": {  # Procedure.status of a unit
        "preparation": N_("à contrôler au lit"),
        "in-progress": N_("en cours"),
        "completed": N_("passée en entier"),
        "stopped": N_("arrêtée avant la fin"),
        "not-done": N_("non passée, rendue"),
    },
    "register": {  # acts/registers.py
        "received": N_("Entrée au coffre"),
        "given": N_("Donné"),
        "wasted": N_("Perte, casse, reste"),
        "counted": N_("Comptage : trouvé"),
        "void": N_("Ligne reprise"),
    },
    "clash": {  # chart/clashes.py
        "doses": N_("Deux doses en une heure"),
        "prescriptions": N_("Le même médicament prescrit deux fois"),
        "moves": N_("Deux déplacements différents"),
        "modified": N_("Prescription modifiée sur un poste, changée aussi sur l’autre"),
        "after-stop": N_("Dose donnée après l’arrêt ou la suspension"),
        "after-discharge": N_("Acte après la sortie"),
        "after-cutover": N_("Écrit ici après la bascule de l’unité"),
        "changed": N_("Changée autrement sur deux postes"),
    },
    "clash-act": {
        "MedicationAdministration": N_("Dose"),
        "MedicationRequest": N_("Prescription"),
        "MedicationRequest-active": N_("Prescription en cours"),
        "MedicationRequest-on-hold": N_("Prescription suspendue"),
        "MedicationRequest-stopped": N_("Prescription arrêtée"),
        "ServiceRequest": N_("Demande"),
        "ServiceRequest-active": N_("Demande en cours"),
        "ServiceRequest-completed": N_("Demande répondue"),
        "ServiceRequest-revoked": N_("Demande annulée"),
        "Observation": N_("Mesure"),
        "DocumentReference": N_("Note"),
        "AllergyIntolerance": N_("Allergie"),
        "Condition": N_("Problème"),
        "Flag": N_("Consigne"),
        "NutritionOrder": N_("Régime"),
        "Appointment": N_("Rendez-vous"),
        "lifting": N_("Bascule vers le dossier habituel"),
        "admit": N_("Entrée"),
        "transfer": N_("Changement de lit"),
        "leave": N_("Permission"),
        "return": N_("Retour de permission"),
        "discharge": N_("Sortie"),
    },
    "open": {  # chart/work.py, on a hand-back sheet
        "critical": N_("Résultat critique non reconnu"),
        "corrected": N_("Résultat corrigé non reconnu"),
        "unsigned": N_("Ordre verbal non signé"),
        "request": N_("Demande sans résultat"),
        "unvalidated": N_("Résultat non validé"),
        "task": N_("Tâche"),
        "settle": N_("À départager"),
    },
    "meal": {  # station/pages/kitchen.py
        "breakfast": N_("petit-déjeuner"),
        "lunch": N_("déjeuner"),
        "dinner": N_("dîner"),
    },
    "function": {  # acts/act.py
        "medicines": N_("médicaments"),
        "observations": N_("constantes et surveillance"),
        "requests": N_("demandes et transfusion"),
        "movements": N_("séjours et mouvements"),
        "notes": N_("notes, allergies et consignes"),
    },
    "medium": {  # acts/downtime.py
        "paper": N_("sur papier"),
        "screen": N_("à l’écran"),
        "record": N_("dossier habituel"),
    },
    "handback": {  # station/handing_back.py
        "signed": N_("signée"),
        "changed": N_("changée depuis la signature"),
        "unsigned": N_("à signer"),
        "nothing": N_("rien à signer"),
        "there": N_("à signer là-bas"),
        "back": N_("signée là-bas"),
    },
    "copy": {  # of a vault, as the copies process says it
        "up-to-date": N_("à jour"),
        "catching-up": N_("rattrape son retard"),
        "alarm": N_("copiée, avec une alarme"),
        "refused": N_("refusée : ce n’est pas la suite de la copie"),
        "one-way": N_("envoyée à sens unique : rien ne revient"),
        "damaged": N_("abîmée : « contrefeu vault repair » la remet en état"),
        "different": N_("l’essai de la nuit diffère : elle ne rend pas les dossiers"),
        "failed": N_("l’essai de la nuit a échoué : on ne sait pas si elle rend les dossiers"),
        "unreachable": N_("injoignable"),
        "never copied": N_("jamais copiée"),
        "not copying": N_("ne copie plus"),
    },
    "lack": {  # what a ward would lack in an outage (cli/wardtest.py), and whom to tell
        "pack-none": N_("aucun classeur n’a été préparé : imprimez-en un sous « Papiers » et prévenez l’informatique"),
        "pack-unread": N_("ce qui est connu de son classeur ne se lit plus : prévenez l’informatique"),
        "pack-old": N_("son classeur est trop ancien : imprimez-en un sous « Papiers » et prévenez l’informatique"),
        "pack-gone": N_(
            "son classeur n’est pas là où il doit être (clé USB retirée, partage absent) : prévenez l’informatique"
        ),
        "pack-shut": N_("son classeur ne s’ouvre pas : prévenez l’informatique"),
        "pack-unmade": N_("aucun classeur ne peut être imprimé : prévenez l’informatique"),
        "printer": N_("son imprimante n’imprimerait rien : vérifiez papier et courant, puis prévenez l’informatique"),
        "login": N_("personne de l’unité ne peut se connecter ici : demandez des comptes à l’administrateur"),
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
        "partly": N_("donnée en partie"),
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
    "movement": {  # of a stay, as the fold calls them
        "admit": N_("admission"),
        "transfer": N_("changement de lit ou d’unité"),
        "leave": N_("départ en permission"),
        "return": N_("retour de permission"),
        "discharge": N_("sortie"),
        "class": N_("changement de statut"),
        "delete": N_("séjour retiré"),
    },
    "union": {  # of two charts
        "proposed": N_("Réunion proposée : attend deux personnes"),
        "agreed": N_("Réunion proposée : attend une seconde personne"),
        "linked": N_("Réuni avec un autre dossier"),
        "different": N_("Réunion refusée"),
        "undone": N_("Réunion défaite"),
    },
    "old-name": {  # what bears a name that was left
        "band": N_("bracelet"),
        "pages": N_("feuilles imprimées"),
        "request": N_("demande"),
        "specimen": N_("prélèvement"),
    },
    "care-brief": {  # in a board's row, where nobody recorded it
        "isolation": N_("isolement"),
        "resuscitation": N_("niveau de soins"),
        "directives": N_("directives"),
        "refusal": N_("refus"),
        "diet": N_("régime"),
    },
    "care": {
        "isolation": N_("isolement"),
        "resuscitation": N_("niveau de soins"),
        "directives": N_("directives anticipées"),
        "refusal": N_("refus de soins"),
        "diet": N_("régime"),
        "trusted": N_("personne de confiance"),
        "legal": N_("statut légal"),
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
        "struck": N_("Allergies : aucune en vigueur"),
    },
    "due": {
        "late": N_("en retard"),
        "due": N_("maintenant"),
        "coming": "",
        "unknown": N_("donnée ? non connu"),
    },
    "notice": {  # what was said of a patient's numbers, and done to no chart (mapping/from_hl7/notices.py)
        "linked": N_("une autre identité lui est liée :"),
        "deleted": N_("l’émetteur a supprimé cette personne"),
        "number-moved": N_("un numéro a changé de patient :"),
    },
    "loss": {  # why something of an entry, or all of it, stands in no chart: as readings and charts say it
        "it is about the number that is lost: who the survivor is stays as it was": N_(
            "il parle du numéro qui disparaît : l’identité du survivant reste comme elle était"
        ),
        "kept in the message, not charted": N_("gardé dans le message, dans aucun dossier"),
        "names no patient that can be told from others": N_("ne nomme aucun patient que l’on puisse distinguer"),
        "its coded entries are kept in the document; its text is shown": N_(
            "ses données codées restent dans le document ; son texte est montré"
        ),
        "a coded entry that says nothing by itself: its text is shown": N_(
            "une donnée codée qui ne dit rien seule : son texte est montré"
        ),
        "no local number: the patient cannot be told from others by it": N_(
            "pas de numéro local : il ne distingue pas ce patient des autres"
        ),
        "a result without a code": N_("un résultat sans code"),
        "a document message without TXA": N_("un message de document sans TXA"),
        "a segment goes on in another message: what is cut is on no chart": N_(
            "un segment continue dans un autre message : ce qui est coupé n’est dans aucun dossier"
        ),
        "its feed may not set this: it stays in the message": N_(
            "son flux n’a pas à dire cela : cela reste dans le message"
        ),
        "the message goes on in another one": N_("le message continue dans un autre"),
        "an appointment without a number": N_("un rendez-vous sans numéro"),
        "an unlinking that does not name two numbers: nothing was changed": N_(
            "une séparation qui ne nomme pas deux numéros : rien n’a été changé"
        ),
        "the message names no patient": N_("le message ne nomme aucun patient"),
        "an order without a number": N_("une demande sans numéro"),
        "beside a vaccine: kept in the message, not charted": N_(
            "à côté d’un vaccin : gardé dans le message, dans aucun dossier"
        ),
        "an event that no rule knows: the person is charted, nothing is moved": N_(
            "un événement qu’aucune règle ne connaît : la personne a son dossier, rien n’est déplacé"
        ),
        "a merge that does not name both numbers: nothing was linked": N_(
            "une fusion qui ne nomme pas les deux numéros : rien n’a été lié"
        ),
        "a stay of this patient is another's: what came in under it before is still on this chart": N_(
            "un séjour de ce patient est celui d’un autre : ce qui est venu sous son numéro est encore dans ce dossier"
        ),
        "a change of stay that does not name what changes: nothing was changed": N_(
            "un changement de séjour qui ne dit pas ce qui change : rien n’a été changé"
        ),
        "its sender deleted a resource: what is charted of it stays": N_(
            "son émetteur a supprimé une ressource : ce que le dossier en dit reste"
        ),
        "a list that nothing here uses: it is kept": N_("une liste dont rien ici ne se sert : gardée"),
        "sealed to a role, and whose it is stands inside: the role's words open it": N_(
            "scellé pour un rôle, et le patient n’est dit qu’à l’intérieur : les mots de ce rôle l’ouvrent"
        ),
        "no rule for this kind of content: it is kept as it came": N_(
            "aucune règle pour ce contenu : il est gardé tel que reçu"
        ),
        "prescriptions, dispensing or administrations in PN13: read the message, no chart shows it": N_(
            "prescriptions, dispensations ou administrations en PN13 : lisez le message, aucun dossier ne les montre"
        ),
        "no rule for this kind of file: it is kept as it came": N_(
            "aucune règle pour ce genre de fichier : il est gardé tel que reçu"
        ),
        "the file has no last line: its end may be missing": N_(
            "le fichier n’a pas de dernière ligne : sa fin manque peut-être"
        ),
        "a result is a file of its own: its name is shown, what it says is not here": N_(
            "un résultat est un fichier à part : son nom est montré, ce qu’il dit n’est pas ici"
        ),
        "a line that no rule charts: kept in the file": N_(
            "une ligne qu’aucune règle ne met au dossier : gardée dans le fichier"
        ),
        "no patient with a number: kept as it came": N_("aucun patient avec un numéro : gardé tel que reçu"),
        "no MSH: the bytes are kept, nothing could be read": N_(
            "pas de MSH : les octets sont gardés, rien n’a pu être lu"
        ),
        "two patients are linked, which is no merge: both charts stay as they are": N_(
            "deux patients sont liés, ce qui n’est pas une fusion : les deux dossiers restent tels quels"
        ),
        "the sender deleted a person: the chart stays as it was": N_(
            "l’émetteur a supprimé une personne : le dossier reste tel quel"
        ),
        "a number moved from one person to another: both charts stay as they are": N_(
            "un numéro est passé d’une personne à une autre : les deux dossiers restent tels quels"
        ),
        "no rule for it": N_("aucune règle pour cela"),
        "the fold gave up on it": N_("n’a pas pu être mis au dossier"),
        "names an order or a stay, and no patient was named beside it yet": N_(
            "nomme une demande ou un séjour, et aucun patient n’a encore été nommé avec"
        ),
        "two patients answer to its numbers": N_("deux patients répondent à ses numéros"),
    },
    "trouble": {  # kinds of errors, as journals raise them
        "journal-tampered": N_("des octets n’y sont plus ceux qui ont été scellés"),
        "tampered": N_("des octets n’y sont plus ceux qui ont été scellés"),
        "beyond-horizon": N_("aucune clé d’ici ne l’ouvre"),
        "journal-unreadable": N_("aucune clé d’ici ne l’ouvre"),
        "missing": N_("il y manque des entrées"),
        "storage": N_("son disque ou sa clé est en défaut"),
    },
    "withdrawal_kind": {"entry": N_("une entrée"), "document": N_("un document"), "patient": N_("un patient")},
    "withdrawal_state": {
        "proposed": N_("proposé : attend une seconde personne"),
        "in force": N_("retiré"),
        "undoing": N_("retiré ; quelqu’un propose de le remontrer"),
        "undone": N_("remontré"),
        "refused": N_("refusé"),
    },
    "withdrawal_problem": {
        "not-found": N_("Rien ne porte ce nom. Rien n’a été changé."),
        "no-reason": N_("Un motif est nécessaire. Rien n’a été changé."),
        "not-these-two": N_(
            "Il faut deux personnes, dont le délégué à la protection des données. La proposition reste."
        ),
        "gone": N_("Cette proposition n’attend plus. Rien n’a été changé."),
    },
    "honey_problem": {
        "no-number": N_("Un numéro est nécessaire. Rien n’a été changé."),
        "in-ward": N_("Ce patient est dans un service : il reste sur les tableaux. Rien n’a été changé."),
        "too-many": N_("Il y a trop de leurres : relevez-en un. Rien n’a été changé."),
        "gone": N_("Ce leurre est déjà relevé. Rien n’a été changé."),
    },
    "ward_problem": {
        "no-name": N_("Le nom de l’unité dans les flux est nécessaire. Rien n’a été changé."),
        "settled": N_("Les réglages du nœud déclarent cette unité : ils l’emportent. Rien n’a été changé."),
        "no-ward": N_("Il n’y a pas d’unité de ce nom à rejoindre. Rien n’a été changé."),
        "circle": N_("Ces deux unités se rejoindraient l’une l’autre. Rien n’a été changé."),
        "too-long": N_("Un nom ou un lit est trop long pour une page. Rien n’a été changé."),
        "too-many": N_("Il y a trop de lits pour une unité : faites-en deux. Rien n’a été changé."),
        "twice": N_("Un lit est écrit deux fois. Rien n’a été changé."),
    },
    "alarm": {  # why a journal cannot write (contrefeu.cli.alarms)
        "full": N_("le disque est plein"),
        "read-only": N_("le disque n’accepte que la lecture"),
        "failing": N_("le disque est en défaut"),
        "away": N_("le processus qui reçoit les messages ne répond pas"),
    },
    "news2": {
        "breaths": N_("respiration"),
        "saturation": N_("SpO2"),
        "oxygen": N_("air ou oxygène"),
        "systolic": N_("PA systolique"),
        "pulse": N_("pouls"),
        "consciousness": N_("conscience"),
        "temperature": N_("température"),
    },
    "news2-why": {
        "young": N_("moins de 16 ans"),
        "age-unknown": N_("âge inconnu"),
        "pregnant": N_("grossesse au dossier"),
        "incomplete": N_("mesures incomplètes ; manque :"),
        "nothing": N_("aucune mesure"),
    },
    "news2-level": {  # thresholds of the report: 5, 7, and 3 in one measurement
        "low": N_("seuil non atteint"),
        "single": N_("un paramètre à 3"),
        "medium": N_("seuil 5 atteint"),
        "high": N_("seuil 7 atteint"),
    },
    "order": {"new": N_("nouvelle"), "changed": N_("modifiée"), "stopped": N_("arrêtée")},
    "found": {"in": N_("présent"), "left": N_("sorti"), "deceased": N_("décédé")},
}
DUE_SIGNS = {"late": "!", "due": "●", "coming": "○", "unknown": "?"}


def label(kind: str, code: str, words: Words) -> str:
    """Return *code* in words; itself when no row has it."""
    found = LABELS[kind].get(code, code)
    return words(found) if found else ""


def result_said(value: str, words: Words) -> str:
    """Return what a list holds of a result (chart.work), the status at its end as people say it."""
    if value.startswith(GROUP_UNSAID):
        value = words(N_("groupe sanguin non affiché")) + value.removeprefix(GROUP_UNSAID)
    before, _, status = value.rpartition(", ")
    return f"{before}, {label('result', status, words)}" if before and status in REPLACING else value


def entry_kind(kind: str, words: Words) -> str:
    """Return a kind of entry (MSH-9, type of FHIR resource) in words: its own row's, or its family's, else itself."""
    rows = LABELS["entry_kind"]
    family = next((name for name in (kind, kind.partition("^")[0], kind.partition(" ")[0]) if name in rows), None)
    return words(rows[family]) if family is not None else kind


def due_words(item: DueItem, words: Words) -> str:
    """Return what stands behind something due: without an hour it was not computed (F9), whatever else is known."""
    return (
        words(N_("heure non calculée")) if item.state == "unknown" and not item.at else label("due", item.state, words)
    )


def allergies_struck_words(count: int, words: Words) -> str:
    """Return that allergies were said, and none stands any more: never "none known" (F1)."""
    return words.ngettext("aucune en vigueur (%(num)d retirée)", "aucune en vigueur (%(num)d retirées)", count) % {
        "num": count
    }


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


def why_words(why: str, words: Words) -> str:
    """Return why a page waits, without what is for machines."""
    return label("page_why", why.partition(":")[0].partition(" (")[0].strip(), words)
