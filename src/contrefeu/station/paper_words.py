"""Words about paper: forms, why a page waits, why a tick is asked, what is wrong with an answer."""

from contrefeu.web import N_

FORM_NAMES = {  # docs/spec/form-code-v1.md, "Forms"
    "census": N_("Liste du service"),
    "chart": N_("Dossier imprimé"),
    "dose-sheet": N_("Feuille de soins"),
    "transfer-summary": N_("Lettre de transfert"),
    "admission": N_("Admission"),
    "vital-signs": N_("Surveillance"),
    "prescription": N_("Prescription"),
    "laboratory-request": N_("Demande de laboratoire"),
    "imaging-request": N_("Demande d’imagerie"),
    "result": N_("Résultat"),
    "note": N_("Observation"),
    "hand-over": N_("Transmission"),
    "transfer": N_("Transfert"),
    "transfer-consent": N_("Accord pour un transfert"),
    "theatre-list": N_("Programme de bloc"),
    "death": N_("Décès"),
    "discharge-letter": N_("Lettre de sortie"),
    "blood-products": N_("Transfusion"),
    "controlled-drugs": N_("Registre des stupéfiants"),
    "wristband": N_("Bracelets"),
    "labels": N_("Étiquettes"),
}
PAGE_WHYS = {  # as paper/intake.py and cli/taking.py say them; what stands behind ":" or "(" is for machines
    "no code was read": N_("aucun code n’a été lu"),
    "codes of several pages": N_("les codes de plusieurs pages : deux feuilles étaient collées ?"),
    "not a code of ours": N_("le code n’est pas des nôtres"),
    "an issue that is not known here": N_("une page qui n’a pas été imprimée ici"),
    "a signature that does not hold": N_("la signature du code ne tient pas"),
    "a code that says something else than its issue": N_("le code ne dit pas ce qui a été imprimé"),
    "about several patients": N_("une liste de plusieurs patients"),
    "a blank form": N_("un formulaire vierge : à qui est-il ?"),
    "no chart answers any more": N_("aucun dossier ne répond plus"),
    "not seen on its chart after it was filed": N_("elle n’a pas été revue dans son dossier"),
    "no picture could be had from it": N_("le fichier ne s’ouvre pas comme une image"),
}
MARK_WHYS = {
    "no-box": N_("case non retrouvée sur l’image"),
    "line": N_("un trait passe sur la case"),
    "named": N_("page nommée à la main : à vérifier sur l’image"),
    "strokes": N_("plusieurs traits"),
    "little": N_("à peine une trace"),
}
PAPER_PROBLEMS = {
    "no-reason": N_("Rien n’est encore fait : dites pourquoi, en quelques mots."),
    "no-picture": N_("Ce fichier n’est ni une photo (JPEG, PNG), ni un PDF, ni un TIFF. Rien n’a été pris."),
    "gone": N_("Ces pages ne manquent plus : quelqu’un les a rendues ou déclarées perdues."),
    "no-patient": N_("Aucun dossier ne répond à ce numéro."),
    "not-yours": N_("Ce patient est hors de vos unités : une personne de son unité classe la page."),
    "not-sure": N_("Rien n’est encore classé : cochez que la page et le dossier sont de la même personne."),
    "no-issue": N_("Aucune page imprimée ici ne porte ce numéro."),
    "no-page": N_("Cette impression a plusieurs pages : écrivez le numéro, puis /2 pour la page 2."),
    "others": N_(
        "Cette page a été imprimée pour une autre personne. Rien n’est classé : vérifiez le numéro et le nom."
    ),
    "settled": N_("Cette page n’attend plus : quelqu’un l’a déjà classée ou écartée."),
}
