"""What pages of temporary accounts say: professions, how an account stands, what was wrong (labels.py, F20)."""

from contrefeu.web import N_

AGENCY_LABELS = {
    "profession": {  # acts/temporary.py
        "nurse": N_("infirmière, infirmier"),
        "physician": N_("médecin"),
        "auxiliary": N_("aide-soignante, aide-soignant"),
    },
    "profession_may": {  # what each may on its ward: access/roles.py
        "nurse": N_("lit les dossiers de l’unité, écrit les soins et les doses, admet et déplace"),
        "physician": N_("lit les dossiers de l’unité, prescrit, écrit, admet et déplace"),
        "auxiliary": N_("voit qui est dans quel lit et dit qui bouge ; ne lit aucun dossier"),
    },
    "agency_state": {  # station/agency.py
        "first": N_("n’a pas encore choisi son code"),
        "open": N_("ouvert"),
        "over": N_("terminé à son heure"),
        "ended": N_("terminé par"),
        "unfounded": N_("n’a ouvert à personne : les deux n’en avaient pas le droit"),
    },
    "agency_problem": {  # station/pages/agency.py
        "empty": N_("À remplir."),
        "long": N_("C’est trop long."),
        "ward": N_("Choisissez une unité où la panne est déclarée."),
        "hours": N_("Choisissez une durée de la liste."),
        "badge": N_("Ce badge est déjà celui de quelqu’un, ou il est trop long. Laissez vide : l’identifiant suffit."),
        "sooner": N_("Cette fin n’est pas plus tard que l’autre. Rien n’est fait : choisissez une durée plus longue."),
        "own": N_("Votre code n’est pas le bon. Rien n’est fait."),
        "second": N_(
            "Ce n’est pas une autre personne qui peut ouvrir un compte dans cette unité, ou pas son code."
            " Rien n’est fait."
        ),
        "physician": N_(
            "Un médecin d’intérim est ouvert par deux personnes dont un médecin. Rien n’est fait :"
            " appelez le médecin de garde."
        ),
        "many": N_(
            "Il y a déjà six comptes d’intérim ouverts dans cette unité. Rien n’est fait :"
            " terminez-en un qui ne sert plus."
        ),
        "clock": N_(
            "L’horloge de ce poste a reculé : aucune fin ne peut être dite. Rien n’est fait."
            " Prévenez l’informatique, ou faites-le sur un autre poste."
        ),
    },
}
