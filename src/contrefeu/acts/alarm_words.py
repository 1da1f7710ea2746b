"""Alarms of the watch in words, as wards, mails and declarations say them; French here, others in the catalogues."""

from collections.abc import Mapping

from contrefeu.base import N_

ALARM_RULES: Mapping[str, str] = {
    "feed-silent": N_("ne parle plus"),
    "feeds-silent": N_("plusieurs systèmes se sont tus ensemble"),
    "feed-collapse": N_("n’envoie presque plus rien"),
    "feed-burst": N_("envoie beaucoup plus que d’habitude"),
    "merges": N_("fusionne des identités en masse"),
    "deletes": N_("efface en masse"),
    "cancellations": N_("annule en masse"),
    "updates": N_("modifie des identités en masse"),
    "kind-new": N_("envoie une sorte de message jamais vue"),
    "sender-changed": N_("écrit autrement : un autre programme parle peut-être en son nom"),
    "sender-new": N_("envoie pour la première fois"),
    "time-jump": N_("a une horloge fausse"),
    "documents-sealed": N_("envoie des documents illisibles, comme chiffrés"),
    "documents-broken": N_("envoie des documents qui ne s’ouvrent plus"),
    "text-same": N_("envoie le même texte pour beaucoup de patients"),
    "honey": N_("un dossier que personne n’a de raison d’ouvrir a été ouvert"),
    "looks-many": N_("ouvre beaucoup de dossiers en peu de temps"),
    "looks-without-reason": N_("ouvre des dossiers sans lien avec son service"),
    "export": N_("a exporté des dossiers, ou la trace des accès avec ce qui fut cherché"),
    "at-night": N_("ouvre des dossiers la nuit, contre son habitude"),
    "on-leave": N_("ouvre des dossiers pendant un congé"),
    "glass-cluster": N_("brise la glace plusieurs fois de suite"),
    "famous": N_("consulte des patients protégés hors de son service"),
    "relatives": N_("consulte des patients de son nom ou de son foyer hors de son service"),
    "logins-refused": N_("mots de passe essayés en nombre"),
    "copy-late": N_("copie en retard"),
    "copy-refused": N_("copie refusée"),
    "selftest-red": N_("la copie ne rend pas les dossiers"),
    "ward-unready": N_("unité pas prête pour une panne : classeur, imprimante ou comptes"),
    "journal-damaged": N_("journal ou copie abîmés"),
    "history-other": N_("un pair montre une autre histoire"),
    "home-changed": N_("réglages ou clés du nœud modifiés"),
    "canary": N_("fichier témoin touché sur un partage"),
    "message-large": N_("envoie un message plus gros que son profil ne le dit"),
    "control-reused": N_("a réutilisé un numéro de message pour un autre contenu"),
    "tap-gap": N_("écoute réseau incomplète : un message peut manquer"),
    "clock-moved": N_("l’horloge de ce nœud a sauté"),
}

ALARM_VERDICTS: Mapping[str, str] = {
    "": N_("personne n’a répondu"),
    "seen": N_("quelqu’un s’en occupe"),
    "harmless": N_("sans gravité"),
    "real": N_("confirmée"),
}

ALARM_SEVERITIES: Mapping[str, str] = {
    "look": N_("à regarder aujourd’hui"),
    "act": N_("à traiter maintenant"),
    "attack": N_("attaque probable"),
}

# Figures of an alarm, as they stand before their number
ALARM_FIGURES: Mapping[str, str] = {
    "at_night": N_("de nuit (1 : oui)"),
    "bytes": N_("octets"),
    "charts": N_("dossiers"),
    "documents": N_("documents"),
    "feeds": N_("systèmes"),
    "figure": N_("mesuré"),
    "in_a_day": N_("en un jour"),
    "in_an_hour": N_("en une heure"),
    "in_ten_minutes": N_("en dix minutes"),
    "in_two_hours": N_("en deux heures"),
    "looks": N_("consultations"),
    "messages": N_("messages"),
    "messages_missed": N_("messages attendus, non reçus"),
    "minutes": N_("minutes de silence"),
    "minutes_unlinked": N_("minutes sans connexion"),
    "patients": N_("patients"),
    "people": N_("personnes"),
    "seconds_ahead": N_("secondes d’avance"),
    "seconds_behind": N_("secondes de retard"),
    "there": N_("vus dans ce temps"),
    "today": N_("aujourd’hui"),
    "usual": N_("d’habitude"),
    "usual_at_most": N_("d’habitude, au plus"),
    "usual_share": N_("part habituelle"),
    "within_minutes": N_("en tant de minutes"),
}

# Rules about somebody who works here: for those who review alone (a test compares with the watch's own table).
PEOPLE_RULES = frozenset(
    [
        "honey", "looks-many", "looks-without-reason", "export", "at-night", "on-leave", "glass-cluster", "famous",
        "relatives", "logins-refused",
    ]
)  # fmt: skip
