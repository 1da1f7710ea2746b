"""Codes of a recovery as words: two identities compared, what waits to go back and by which way, what was refused."""

from collections.abc import Mapping

from contrefeu.web import N_

_UNSAID: Mapping[str, str] = {  # why no message says it (contrefeu.mapping.to_hl7)
    "it says several kinds of things": N_("elle dit plusieurs sortes de choses"),
    "no message is written of this kind of thing": N_("aucun message ne s’écrit pour cette sorte de chose"),
    "a precaution or a directive: whoever cares for the patient there sets it": N_(
        "une précaution ou une consigne : qui soigne le patient là-bas la pose"
    ),
    "a stay of which it says no step": N_("un séjour dont elle ne dit aucune étape"),
    "a step of a stay that has no number": N_("une étape d’un séjour sans numéro"),
    "a step of a stay that no event says": N_("une étape d’un séjour qu’aucun événement ne dit"),
    "it ends a stay that was begun beside another one": N_("elle finit un séjour commencé à côté d’un autre"),
    "an allergy that was changed or taken back: AL1 cannot say so": N_(
        "une allergie changée ou reprise : AL1 ne peut pas le dire"
    ),
    "an appointment of a status that a message cannot say": N_("un rendez-vous d’un statut qu’un message ne peut dire"),
    "an appointment without an hour": N_("un rendez-vous sans heure"),
    "it says several appointments": N_("elle dit plusieurs rendez-vous"),
    "a document of a kind that a message cannot carry": N_("un document d’une sorte qu’un message ne porte pas"),
    "a document whose bytes are elsewhere": N_("un document dont les octets sont ailleurs"),
    "it says several documents": N_("elle dit plusieurs documents"),
    "a dose of a prescription that was written here, which nobody there knows": N_(
        "une dose d’une prescription écrite ici, que personne là-bas ne connaît"
    ),
    "a dose of a status that a message cannot say": N_("une dose d’un statut qu’un message ne peut dire"),
    "it says several doses": N_("elle dit plusieurs doses"),
    "an order of a status that a message cannot say": N_("une demande d’un statut qu’un message ne peut dire"),
    "it says several orders": N_("elle dit plusieurs demandes"),
    "a result of a status that a message cannot say": N_("un résultat d’un statut qu’un message ne peut dire"),
    "a result without a value that a message can say": N_("un résultat sans valeur qu’un message puisse dire"),
    "an order without a number": N_("une demande sans numéro"),
    "it changes a line that another system made": N_("elle change une ligne faite par un autre système"),
}

RECOVERY_LABELS: Mapping[str, Mapping[str, str]] = {
    "identity_field": {  # what of two identities is compared (contrefeu.recovery.agreement)
        "family": N_("nom de naissance"),
        "given": N_("premier prénom"),
        "further": N_("autres prénoms"),
        "birth": N_("date de naissance"),
        "sex": N_("sexe"),
        "phone": N_("téléphone"),
        "postcode": N_("code postal"),
        "birthplace": N_("lieu de naissance"),
    },
    "agreement": {
        "same": N_("identique"),
        "slip": N_("à un signe près"),
        "sound": N_("se prononce de même, ou abrégé"),
        "swapped": N_("interverti, ou nom d’usage"),
        "other": N_("différent"),
        "unsaid": N_("non dit"),
    },
    "pair_why": {
        "doubtful or fictitious identity": N_("Identité douteuse ou fictive"),
        "twin or newborn": N_("Jumeau, nouveau-né, ou prénom inconnu"),
        "holds a blood group or an antibody screen: the blood bank decides": N_(
            "Un groupe sanguin ou une RAI est au dossier : le dépôt de sang doit être d’accord"
        ),
        "another patient is nearly as likely": N_("Un autre patient lui ressemble presque autant"),
        "both numbers are temporary": N_("Les deux numéros sont provisoires : une personne inscrite deux fois ?"),
        "what agrees is not enough": N_("Ce qui concorde ne suffit pas"),
    },
    "aside": {  # why entries were set aside (contrefeu.recovery.plan); others are in their author's words
        "received between the last clean moment and the detection": N_(
            "reçues entre le dernier instant sain et la détection"
        ),
        "agreed with the vendor: it does not go back": N_("convenu avec l’éditeur : ne revient pas"),
        "the profile leaves this kind out": N_("le profil du destinataire ne prend pas ce type"),
        "in doubt no longer: the clean point is another one now": N_(
            "plus en doute : le dernier instant sain a changé"
        ),
    },
    "plan_do": {  # what a plan does with an entry (contrefeu.recovery.plan)
        "send": N_("À envoyer"),
        "again": N_("À renvoyer : quelqu’un a vu qu’elle n’y est pas"),
        "hold": N_("Retenue : quelqu’un doit décider"),
        "aside": N_("Mise de côté : elle ne part pas d’ici"),
        "arrived": N_("Arrivée : quelqu’un l’a vue là-bas"),
    },
    "held_why": {  # why a replay holds a message (contrefeu.recovery: plan, replay, forms, statements)
        "it would ask somebody to act again": N_("le destinataire agirait une seconde fois : à décider"),
        "it would ask somebody to act again, or the profile leaves its kind out": N_(
            "le destinataire agirait une seconde fois, ou son profil ne prend pas ce type"
        ),
        "it was accepted before, and is not there": N_("acceptée, et elle n’y est pas : à regarder là-bas"),
        "the target holds another message under its control id": N_(
            "le destinataire a un autre message sous ce numéro : à comparer"
        ),
        "the target holds something else under its number": N_(
            "le destinataire a autre chose sous ce numéro : à comparer"
        ),
        "agreed with the vendor: it is typed from the list": N_("convenu avec l’éditeur : ressaisie depuis la liste"),
        "somebody must decide": N_("quelqu’un doit décider"),
        "somebody dropped it since the plan was written": N_("écartée depuis que le plan est écrit"),
        "it waits to be looked at: somebody takes it up or drops it on the page Reprise": N_(
            "à relire, sur la page Reprise"
        ),
        "it was sent, and had no answer": N_("envoyée, sans réponse : à regarder là-bas"),
        "it was sent again since the plan was written, and had no answer": N_(
            "envoyée de nouveau, sans réponse : à regarder là-bas"
        ),
        "it was never sent: nobody can have seen it arrive": N_("jamais envoyée : personne ne peut l’y avoir vue"),
        "it was withdrawn by two persons": N_("retirée par deux personnes"),
        "no journal here holds it": N_("aucun journal d’ici ne l’a"),
        "it is not one HL7 v2 message": N_("ce n’est pas un message HL7 v2"),
        "it has no control id (MSH-10)": N_("sans numéro de message (MSH-10)"),
        "it asks for no answer (MSH-15, MSH-16): a marked form asks for one": N_("elle ne demande pas de réponse"),
        "two patients after all: part them there by hand": N_("deux patients en fait : à séparer là-bas, à la main"),
        "two patients after all: no message says so, part them there by hand": N_(
            "deux patients en fait : à séparer là-bas, à la main"
        ),
        "it is about nobody whom a chart knows, or about several": N_("d’aucun patient connu ici, ou de plusieurs"),
        "its patient has no number that the target could know": N_("son patient n’a pas de numéro connu là-bas"),
        "the target has another name, birth date, sex or death of this patient: change it there": N_(
            "le destinataire a un autre nom, sexe, décès ou une autre date de naissance : à changer là-bas"
        ),
        "the target has several patients of the lost number, or does not say which version it has": N_(
            "le destinataire a plusieurs patients au numéro perdu, ou ne dit pas quelle version il a"
        ),
        "the target keeps the other number of a merge: unite them there by hand": N_(
            "le destinataire garde l’autre numéro d’une réunion : à réunir là-bas, à la main"
        ),
        "the target rejected it": N_("le destinataire l’a refusée"),
        "the plan names no entry by it": N_("le plan ne nomme là aucune entrée"),
        "it cannot be read here (journal-tampered)": N_("illisible ici : son journal est altéré"),
        "it cannot be read here (journal-unreadable)": N_("illisible ici : aucune clé d’ici ne l’ouvre"),
        "it is sealed to a role, whose words open it: send it by hand": N_(
            "elle est scellée pour un rôle, dont les mots l’ouvrent : à envoyer à la main"
        ),
        "it holds several messages": N_("elle contient plusieurs messages"),
        "it holds the marks of a frame": N_("elle contient les marques d’une trame"),
        "whether its application answers depends (MSH-16): a marked form asks for an answer": N_(
            "l’application ne répond que dans certains cas (MSH-16)"
        ),
        "its patient's identity is protected: by telephone, or `protected = true` in the settings": N_(
            "identité protégée : par téléphone (ou le réglage « protected »)"
        ),
        "no message can be made of it here: tell who runs the node which entry it is": N_(
            "aucun message n’a pu être écrit : donnez le numéro de l’entrée à l’informatique"
        ),
        **_UNSAID,
        "it is no FHIR": N_("ce n’est pas du FHIR"),
        "it says nothing that FHIR can hold, or that the target does not": N_(
            "rien de ce qu’elle dit ne se dit en FHIR, ou tout y est déjà"
        ),
    },
    "surviving_state": {  # contrefeu.cli.live
        "off": N_("arrêté"),
        "no downtime": N_("la panne est levée : rien ne part ; à la prochaine, il faudra le démarrer de nouveau"),
        "lifted": N_("arrêté avec la panne d’avant : rien ne part tant que vous ne le démarrez pas de nouveau"),
        "waiting": N_("attend les dossiers : patientez une minute, sinon prévenez l’informatique"),
        "elsewhere": N_("un autre nœud lui envoie :"),
        "sending": N_("envoi en cours"),
        "unreachable": N_("injoignable : rien n’est perdu, l’envoi reprend dès qu’il répond ; prévenez qui le tient"),
        "stopped": N_("le processus d’envoi ne dit plus rien : prévenez l’informatique"),
        "trouble": N_("rien ne part : prévenez l’informatique ; passez les demandes par téléphone"),
    },
    "surviving_takes": {
        "adt": N_("identités et mouvements"),
        "laboratory": N_("demandes de laboratoire"),
        "imaging": N_("demandes d’imagerie"),
        "prescriptions": N_("prescriptions"),
    },
    "surviving_do": {
        "refused": N_("Passer la demande par téléphone ; faire corriger là-bas ou ici, puis renvoyer."),
        "doubt": N_("Regarder là-bas si elle y est, puis le dire ici. Les suivantes de ce patient attendent."),
        "silent": N_("Renvoyée sans cesse, toujours sans réponse : téléphoner là-bas, et prévenir l’informatique."),
        "held": N_("Passer la demande par téléphone ou sur papier."),
        "behind": N_("Rien : elle part une fois l’autre réglée. Si c’est urgent, téléphoner."),
    },
    "surviving_problem": {
        "gone": N_("Ce système ou cette entrée n’est plus là, ou se trouve réglé. Rien n’a été changé."),
        "no-downtime": N_("Aucune panne n’est déclarée. Rien n’est parti : déclarez-la d’abord."),
        "since": N_("Une heure, comme 03:15, entre le début de la panne et maintenant. Rien n’a été changé."),
        "no-reason": N_("Un motif est nécessaire. Rien n’a été changé."),
    },
    "turn": {  # whose turn it is (contrefeu.recovery.waiting)
        "review": N_("Cellule de crise, page Reprise"),
        "recovery": N_("Cellule de crise"),
        "physician": N_("Médecin de l’unité"),
        "ward": N_("Unité du patient"),
        "identities": N_("Identitovigilance"),
        "interfaces": N_("Interfaces, avec l’éditeur"),
        "billing": N_("Facturation"),
        "node": N_("Qui exploite le nœud"),
        "plan": N_("Qui tient le plan"),
        "behind": N_("Personne : elles suivent"),
    },
    "turn_do": {  # and what they do
        "review": N_("La relire, puis la reprendre ou l’écarter, avec un motif."),
        "recovery": N_(
            "Regarder dans le système restauré ; écrire dans le plan ce qu’on y a vu : arrived, again ou aside."
        ),
        "physician": N_("Décider : elle part (send), ou quelqu’un la ressaisit là-bas (aside, avec un motif)."),
        "ward": N_("La ressaisir dans le système restauré, puis aside dans le plan, avec un motif."),
        "identities": N_("Corriger l’identité là-bas, à la main ; puis un renvoi --resume, ou aside."),
        "interfaces": N_("Corriger le profil, ou le destinataire ; puis un renvoi --resume."),
        "billing": N_("Décider : elle part (send), ou la facturation la saisit (aside, avec un motif)."),
        "node": N_("Rendre lisible le journal qui manque : contrefeu doctor."),
        "plan": N_("Rien ne part : écrire aside dans le plan, ou un plan neuf."),
        "": N_("Elles partent au renvoi qui suit, une fois l’entrée réglée."),
    },
    "entry_kind": {  # what waits to be typed (contrefeu.recovery.gap)
        "FHIR AllergyIntolerance": N_("allergies"),
        "FHIR Appointment": N_("rendez-vous"),
        "FHIR CarePlan": N_("plans de soins"),
        "FHIR Communication": N_("messages"),
        "FHIR Condition": N_("problèmes de santé"),
        "FHIR Coverage": N_("prises en charge"),
        "FHIR DiagnosticReport": N_("comptes rendus"),
        "FHIR DocumentReference": N_("notes"),
        "FHIR Encounter": N_("mouvements"),
        "FHIR Flag": N_("précautions"),
        "FHIR Immunization": N_("vaccinations"),
        "FHIR MedicationAdministration": N_("doses"),
        "FHIR MedicationDispense": N_("délivrances"),
        "FHIR MedicationRequest": N_("prescriptions"),
        "FHIR MedicationStatement": N_("traitements habituels"),
        "FHIR Observation": N_("mesures, résultats"),
        "FHIR Patient": N_("identités"),
        "FHIR Procedure": N_("actes"),
        "FHIR RelatedPerson": N_("proches"),
        "FHIR ServiceRequest": N_("demandes"),
        "FHIR Task": N_("tâches"),
        "ADT^A40": N_("réunions de dossiers"),
        "ADT": N_("identités, mouvements"),
        "BAR": N_("facturation"),
        "CDA": N_("documents"),
        "DFT": N_("facturation"),
        "FHIR": N_("autres"),
        "MDM": N_("documents"),
        "OMG": N_("demandes"),
        "OMI": N_("demandes d’imagerie"),
        "OML": N_("demandes de laboratoire"),
        "OMP": N_("prescriptions"),
        "ORM": N_("demandes"),
        "ORU": N_("résultats"),
        "OUL": N_("résultats"),
        "PPR": N_("problèmes de santé"),
        "RAS": N_("doses"),
        "RDE": N_("prescriptions"),
        "RDS": N_("délivrances"),
        "REF": N_("lettres d’adressage"),
        "RGV": N_("doses préparées"),
        "SIU": N_("rendez-vous"),
        "VXU": N_("vaccinations"),
        "": N_("autres"),
    },
    "way": {  # by which way what was written here goes back (contrefeu.recovery.paths)
        "data": N_("en données"),
        "document": N_("en documents à lire"),
        "retype": N_("ressaisies depuis la liste"),
        "none": N_("ne reviennent pas"),
    },
    "recovery_problem": {
        "gone": N_("Cela n’attend plus ici, ou n’est pas de vos unités. Rien n’a été changé."),
        "no-reason": N_("Un motif est nécessaire. Rien n’a été changé."),
        "no-time": N_(
            "Deux instants, le dernier sain avant la détection, comme 03:15, et pas dans l’avenir. Rien n’a été changé."
        ),
        "none-chosen": N_("Cochez les entrées que vous avez relues. Rien n’a été changé."),
        "no-remark": N_("Il reste des entrées : écrivez ce qui a été fait à la main. Rien n’a été changé."),
    },
    "identity_problem": {
        "gone": N_("Cette paire n’attend plus. Rien n’a été changé."),
        "twice": N_("Vous l’avez déjà dit : une autre personne doit décider."),
        "blood-bank": N_(
            "Sans l’accord du dépôt de sang, un groupe sanguin ne change pas de dossier. Rien n’a été changé."
        ),
        "no-reason": N_("Un motif est nécessaire. Rien n’a été changé."),
    },
}
