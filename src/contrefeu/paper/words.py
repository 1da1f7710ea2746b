"""The words of printed pages that no line of a chart says: headings, what to write where. French, English.

What a chart says is worded by `contrefeu.chart`, the same on screen and on paper.
"""

import re
from collections.abc import Sequence

from contrefeu.chart import Age, Language

# what is said -> French, English
WORDS: dict[str, tuple[str, str]] = {
    "pack": ("Classeur du service", "Ward pack"),
    "chart": ("Dossier du patient", "Patient’s chart"),
    "transfer-summary": ("Lettre de transfert", "Transfer letter"),
    "discharge-letter": ("Lettre de sortie", "Discharge letter"),
    "transfer code": ("À lire sans réseau", "Read without a network"),
    "transfer code how": (
        "Ces codes disent l’identité, les allergies, les traitements et les problèmes, signés. Les lire tous, dans "
        "n’importe quel ordre : contrefeu transfer --read, ou docs/spec/transfer-code-v1.md.",
        "These codes say identity, allergies, medicines and problems, signed. Read all of them, in any order: "
        "contrefeu transfer --read, or docs/spec/transfer-code-v1.md.",
    ),
    "signed by": ("clé {key}…", "key {key}…"),
    "stay in short": ("Le séjour, en bref", "The stay, in short"),
    "discharge medicines": ("Traitement à la sortie", "Medicines on discharge"),
    "follow-up": ("Suites : rendez-vous, résultats attendus", "Follow-up: appointments, results awaited"),
    "date hour": ("Date et heure", "Date and time"),
    "name role": ("Nom, fonction", "Name, role"),
    "signature": ("Signature", "Signature"),
    "wristband": ("Bracelets", "Wristbands"),
    "labels": ("Étiquettes", "Labels"),
    "cut": (
        "Découper ; vérifier l’identité avec le patient avant de poser.",
        "Cut out; check the identity with the patient first.",
    ),
    "taken": ("Prélevé le ____/____ à ____:____ par ______", "Taken on ____/____ at ____:____ by ______"),
    "census": ("Qui est dans le service", "Who lies on the ward"),
    "index": ("Par nom", "By name"),
    "free beds": ("Lits libres", "Free beds"),
    "nobody": ("Personne dans ce service, dans ce qui a été reçu.", "Nobody on this ward, in what was received."),
    "bed": ("Lit", "Bed"),
    "page": ("Page", "Page"),
    "patient": ("Patient", "Patient"),
    "allergies": ("Allergies", "Allergies"),
    "colon": (" : ", ": "),
    "next doses": ("Prochaines doses", "Next doses"),
    "results": ("Résultats", "Results"),
    "critical": ("critiques", "critical"),
    "critical 1": ("critique", "critical"),
    "abnormal": ("anormaux", "abnormal"),
    "abnormal 1": ("anormal", "abnormal"),
    "alerts": ("Alertes, isolement, limitations", "Alerts, isolation, limits of care"),
    "diet": ("Régime", "Diet"),
    "problems": ("Problèmes et diagnostics", "Problems and diagnoses"),
    "contacts": ("À prévenir", "Contacts"),
    "requests": ("Demandes en cours", "Open requests"),
    "images": ("Images sans compte rendu ici", "Images without a report here"),
    "appointments": ("Rendez-vous et bloc à venir", "Appointments and theatre to come"),
    "reports": ("Comptes rendus récents", "Recent reports"),
    "unread": ("Messages que rien ici ne sait lire", "Messages that nothing here can read"),
    "results 72 h": ("Résultats des dernières 72 heures", "Results of the last 72 hours"),
    "laboratory": ("Laboratoire", "Laboratory"),
    "vital": ("Constantes", "Vital signs"),
    "no news2": ("NEWS2 non calculé :", "NEWS2 not computed:"),
    "news2 newer": ("Mesures incomplètes depuis, non comptées :", "Incomplete measurements since, not counted:"),
    "news2 pregnancy": (
        "Grossesse non dite : ne pas s’en servir si enceinte.",
        "Pregnancy not said: not to be used if she is pregnant.",
    ),
    "news2 young": ("moins de 16 ans", "under 16"),
    "news2 age-unknown": ("âge inconnu", "age unknown"),
    "news2 pregnant": ("grossesse au dossier", "pregnancy in the chart"),
    "news2 incomplete": ("mesures incomplètes ; manque :", "incomplete measurements; missing:"),
    "news2 nothing": ("aucune mesure", "nothing measured"),
    "news2 breaths": ("respiration", "respiration"),
    "news2 saturation": ("SpO2", "SpO2"),
    "news2 oxygen": ("air ou oxygène", "air or oxygen"),
    "news2 systolic": ("PA systolique", "systolic BP"),
    "news2 pulse": ("pouls", "pulse"),
    "news2 consciousness": ("conscience", "consciousness"),
    "news2 temperature": ("température", "temperature"),
    "micro": ("Microbiologie", "Microbiology"),
    "last value": ("Dernière valeur", "Last value"),
    "range": ("Référence", "Range"),
    "earlier": ("Avant", "Earlier"),
    "no result 72 h": ("aucun daté de ces 72 heures", "none dated in these 72 hours"),
    "older results": ("mesures plus anciennes ne sont pas imprimées", "older measurements are not printed"),
    "blood group": (
        "groupe ou recherche d’anticorps reçus : lire le document du laboratoire. NON VALABLE POUR TRANSFUSION",
        "group or antibody screen received: read the laboratory’s document. NOT VALID FOR TRANSFUSION",
    ),
    "goes on": ("suite non imprimée : entrée", "the rest is not printed: entry"),
    "not printed": ("fichier, non imprimé", "file, not printed"),
    "prescriptions": ("Prescriptions", "Prescriptions"),
    "dose sheet": ("Feuille de soins, 24 heures", "Dose sheet, 24 hours"),
    "from to": ("du {start} au {end}", "from {start} to {end}"),
    "tick": (
        "Donnée : cocher la case (✓ ou ×), écrire l’heure vraie et ses initiales. Non donnée : barrer d’un trait la "
        "case ET son heure, et dire pourquoi.",
        "Given: tick the box (✓ or ×), write the true hour and your initials. Not given: strike one line through the "
        "box AND its hour, and say why.",
    ),
    "if needed": ("SI BESOIN", "IF NEEDED"),
    "no hour": ("AUCUNE HEURE CALCULÉE : lire la posologie", "NO DUE TIME COMPUTED: read the dosage"),
    "more hours": (
        "ET {count} AUTRES HEURES SANS CASE : lire la posologie",
        "AND {count} MORE HOURS WITHOUT A BOX: read the dosage",
    ),
    "unknown dose": ("donnée ? non connu", "given? not known"),
    "last given": ("dernière dose dite :", "last dose said:"),
    "on the one before": ("sous la prescription d’avant : {dosage}", "on the prescription before: {dosage}"),
    "no dose said": ("aucune dose n’a été dite ici", "no dose was said here"),
    "hour initials": ("heure · initiales", "hour · initials"),
    "written by hand": ("Prescriptions et doses ajoutées à la main", "Prescriptions and doses added by hand"),
    "who signs": ("Noms et initiales de ceux qui ont donné", "Names and initials of those who gave"),
    "no prescription": ("Aucune prescription en cours dans ce qui a été reçu.", "No current prescription received."),
    "controlled": (
        "Un stupéfiant se note aussi sur son registre ; une chimiothérapie ne se prescrit pas ici.",
        "A controlled drug also goes in its register; chemotherapy is not prescribed here.",
    ),
    "born": ("né(e) le", "born"),
    "birth unknown": ("naissance non dite", "birth date not said"),
    "birth order": ("rang {rank}", "birth order {rank}"),
    "mother": ("mère : {called}", "mother: {called}"),
    "used": ("nom utilisé :", "used name:"),
    "number old": ("ancien numéro", "old number"),
    "admitted": ("entré(e) le", "admitted"),
    "stay": ("séjour", "stay"),
    "physician": ("médecin", "physician"),
    "weight": ("poids", "weight"),
    "unsaid": ("? NON RENSEIGNÉ :", "? NOT RECORDED:"),
    "care isolation": ("isolement", "isolation"),
    "care resuscitation": ("niveau de soins", "level of care"),
    "care directives": ("directives anticipées", "advance directives"),
    "care refusal": ("refus de soins", "refusal of care"),
    "care diet": ("régime", "diet"),
    "care trusted": ("personne de confiance", "trusted person"),
    "care legal": ("statut légal", "legal status"),
    "weight unknown": ("POIDS NON CONNU", "WEIGHT NOT KNOWN"),
    "weight old": ("POIDS ANCIEN", "OLD WEIGHT"),
    "no allergy source": ("ALLERGIES : AUCUNE SOURCE ICI", "ALLERGIES: NO SOURCE HERE"),
    "no known allergy": ("AUCUNE ALLERGIE CONNUE", "NO KNOWN ALLERGY"),
    "allergy": ("ALLERGIES", "ALLERGIES"),
    "allergies left": ("Allergies, suite", "Allergies, continued"),
    "allergies conflict": ("ALLERGIES : SOURCES EN DÉSACCORD", "ALLERGIES: SOURCES DISAGREE"),
    "allergies struck": (
        "ALLERGIES : AUCUNE EN VIGUEUR, DES LIGNES RETIRÉES",
        "ALLERGIES: NONE IN FORCE, LINES TAKEN BACK",
    ),
    "identity doubt": ("IDENTITÉ À VÉRIFIER", "IDENTITY TO BE CHECKED"),
    "sealed to": ("Document scellé, pour", "Sealed document, for"),
    "protected": ("IDENTITÉ PROTÉGÉE", "PROTECTED IDENTITY"),
    "exercise": ("EXERCICE", "EXERCISE"),
    "deceased": ("DÉCÉDÉ(E)", "DECEASED"),
    "as of": ("État des messages au", "As of messages of"),
    "as of nothing": ("AUCUN MESSAGE REÇU", "NO MESSAGE RECEIVED"),
    "printed": ("imprimé", "printed"),
    "age at print": ("messages de {age} à l’impression", "messages {age} old when printed"),
    "not valid after": ("À NE PLUS UTILISER APRÈS LE", "DO NOT USE AFTER"),
    "age at": ("messages de {age}", "messages {age} old"),
    "too old": ("TROP ANCIEN : demander un autre classeur", "TOO OLD: ask for another pack"),
    "password": ("Mot de passe du service, de cette semaine", "The ward’s password, of this week"),
    "password wrong": (
        "Ce mot de passe n’ouvre pas ce classeur. Il change chaque semaine : demander au cadre.",
        "This password does not open this pack. It changes each week: ask the ward manager.",
    ),
    "open": ("Ouvrir", "Open"),
    "destroy": ("à détruire le", "destroy on"),
    "destroy unused": ("si inutilisé : à détruire le", "if unused, destroy on"),
    "destroy written": ("à détruire {days} jours après y avoir écrit", "destroy {days} days after it is written on"),
    "silent": ("SOURCES MUETTES DEPUIS PLUS D’UNE HEURE :", "SILENT FOR OVER AN HOUR:"),
    "downtime": ("PANNE DÉCLARÉE", "DOWNTIME DECLARED"),
    "medium paper": ("SUPPORT EN VIGUEUR : PAPIER", "MEDIUM IN FORCE: PAPER"),
    "medium screen": ("SUPPORT EN VIGUEUR : ÉCRAN", "MEDIUM IN FORCE: SCREEN"),
    "on paper": ("PAPIER", "PAPER"),
    "on screen": ("ÉCRAN", "SCREEN"),
    "on record": ("DOSSIER HABITUEL", "RECORD SYSTEM"),
    "functions": ("{names} :", "{names}:"),
    "function medicines": ("MÉDICAMENTS", "MEDICINES"),
    "function observations": ("CONSTANTES", "OBSERVATIONS"),
    "function requests": ("DEMANDES", "REQUESTS"),
    "function movements": ("MOUVEMENTS", "MOVEMENTS"),
    "function notes": ("NOTES", "NOTES"),
    "medium since": ("depuis le {at}, par {by}", "since {at}, by {by}"),
    "no source": ("aucune source ici", "no source here"),
    "nothing": ("aucune ligne dans ce qui a été reçu", "no line in what was received"),
    "last word": ("dernier message :", "last message:"),
    "issue": ("émission", "issue"),
    "blank": ("VIERGE : écrire le nom, ou coller l’étiquette", "BLANK: write the name, or stick the label"),
    "of ward": (
        "PLUSIEURS PATIENTS : se garde dans le service, ne se classe dans aucun dossier",
        "SEVERAL PATIENTS: kept on the ward, filed on no chart",
    ),
    "lost pack": (
        "Support perdu : classeur de {ward}, patients : {count}",
        "Lost: a pack of {ward}, patients: {count}",
    ),
    "lost pack note": (
        "Messages jusqu’au {at}. Scellé (AES-256) ; les mots de passe de tous les services ont été changés. "
        "Dossiers dessus : {charts}",
        "Messages until {at}. Sealed (AES-256); the passwords of all wards were made others. Charts on it: {charts}",
    ),
    "kit": ("Valise de panne", "Downtime kit"),
    "kit how": (
        "Chaque feuille a un code et un numéro à elle : ne pas photocopier. À ranger avec les stylos ; à réimprimer "
        "quand elle a servi ou quand une liste change.",
        "Each sheet has a code and a number of its own: copy none. Keep it with the pens; print it again once it was "
        "used, or when a list changes.",
    ),
    "kit forms": ("Formulaires vierges, pour 24 heures", "Blank forms, for 24 hours"),
    "kit sheets": ("Papier", "Paper"),
    "kit toner_pages": ("Encre", "Toner"),
    "kit labels": ("Étiquettes", "Labels"),
    "kit counted": ("Compté le", "Counted on"),
    "kit stock": ("Combien de jours il en reste", "For how many days they last"),
    "kit beds": ("lits : {count}", "beds: {count}"),
    "kit days": ("{count} jours", "{count} days"),
    "kit uncounted": ("non compté : compter, et écrire ici ________", "not counted: count, and write here ________"),
    "kit directory": ("Annuaire téléphonique", "Telephone directory"),
    "kit on-call": ("Astreintes et gardes", "On call"),
    "kit procedures": ("Procédures", "Procedures"),
    "kit file of": ("liste du", "list of"),
    "kit no file": ("AUCUNE LISTE ICI : écrire à la main", "NO LIST HERE: write by hand"),
    "kit old": ("À CONFIRMER", "TO BE CONFIRMED"),
    "kit write": ("À ajouter à la main", "To be added by hand"),
    "kit more": ("{count} lignes ne sont pas imprimées", "{count} lines are not printed"),
    "ward": ("Service", "Ward"),
    "name at birth": ("Nom de naissance", "Birth name"),
    "first name": ("Premier prénom", "First given name"),
    "birth date": ("Né(e) le", "Born"),
    "sex": ("Sexe", "Sex"),
    "number": ("IPP", "Patient number"),
    "confirm": (
        "Ce qui est écrit ici n’entre au dossier qu’une fois confirmé par une personne nommée.",
        "What is written here enters the chart only once a named person confirms it.",
    ),
}
_AGES = {
    "hours": (("heure", "heures"), ("hour", "hours")),
    "days": (("jour", "jours"), ("day", "days")),
    "months": (("mois", "mois"), ("month", "months")),
    "years": (("an", "ans"), ("year", "years")),
}


def unbroken(french: str) -> str:
    """Return *french* with no line break before a mark that stands apart from its word, nor after «.

    >>> unbroken("Qui ? « nous » : deux").count(" ")
    1
    """
    return _APART.sub("\u00a0", french)


def chosen(pair: Sequence[str], at: int) -> str:
    """Return the French words of *pair* (0), set as French is, or the English ones (1)."""
    return pair[at] if at else unbroken(pair[at])


_APART = re.compile(r" (?=[:;?!»])|(?<=«) ")
_SAID: dict[Language, dict[str, str]] = {
    "fr": {name: unbroken(french) for name, (french, _) in WORDS.items()},
    "en": {name: english for name, (_, english) in WORDS.items()},
}


def say(name: str, language: Language, **values: str) -> str:
    """Return the words *name*, with their values in place."""
    text = _SAID[language][name]
    return text.format(**values) if values else text


def lost_words(ward: str, at: str, charts: Sequence[str], language: Language) -> tuple[str, str]:
    """Return title and note of the incident of a pack of *ward* that was lost; neither names anybody."""
    title = say("lost pack", language, ward=ward, count=str(len(charts)))
    return title, say("lost pack note", language, at=at, charts=" ".join(charts) or "0")


def age_words(age: Age | None, language: Language) -> str:
    """Return an age as a ward says it: "84 ans", "7 mois"; "" when it is not known."""
    if age is None:
        return ""
    words = _AGES[age.unit][0 if language == "fr" else 1]
    return f"{'≈ ' if age.about else ''}{age.number} {words[age.number > 1 or (age.number == 0 and language == 'en')]}"


def lasted(seconds: int) -> str:
    """Return a duration as people read a delay: "42 min", "3 h 05", "2 j"."""
    minutes = max(0, seconds) // 60
    hours, rest = divmod(minutes, 60)
    return f"{minutes} min" if not hours else f"{hours} h {rest:02}"
