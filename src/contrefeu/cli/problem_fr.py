"""What `config check` says of settings, in French: a row for each sentence of contrefeu.hospital (phrases.py).

Keys, values and patterns stay as the file has them.
"""

from contrefeu.cli.phrases import Phrases

PROBLEMS = Phrases({
    "`{}` is missing: {}.": "Il manque `{}` : {}.",
    "`{}` is no setting. Did you mean `{}`?": "`{}` n’est pas un réglage. Vouliez-vous dire `{}` ?",
    "`{}` is no setting.": "`{}` n’est pas un réglage.",
    "`{}` is {}; allowed: {}.": "`{}` vaut {} ; permis : {}.",
    "`{}` is {}, which names no time zone.": "`{}` vaut {}, qui n’est pas un fuseau horaire.",
    "Write one such as Europe/Paris.": "Écrivez-en un, comme Europe/Paris.",
    "Write one such as America/Cayenne.": "Écrivez-en un, comme America/Cayenne.",
    "`capture.mllp_tls` is set, and a certificate or its key is not.":
        "`capture.mllp_tls` est donné, mais pas le certificat ou sa clé.",
    "Name both files: capture.tls_certificate and capture.tls_key.":
        "Nommez les deux fichiers : capture.tls_certificate et capture.tls_key.",
    "`directory.url` is set, and `{}` is not.": "`directory.url` est donné, mais pas `{}`.",
    "Say where people are (base) and what groups give (groups).":
        "Dites où sont les personnes (base) et ce que donnent les groupes (groups).",
    "`{}` is {}, which is no day.": "`{}` vaut {}, qui n’est pas un jour.",
    "`{}` is that of `{}` too.": "`{}` est aussi celle de `{}`.",
    "`{}` is {}, which is no absolute path.": "`{}` vaut {}, qui n’est pas un chemin absolu.",
    "`{}` is false, and this home is an exercise's.": "`{}` est faux, et ce dossier est celui d’un exercice.",
    "`{}` is true, and this home is no exercise's.": "`{}` est vrai, et ce dossier n’est pas celui d’un exercice.",
    "A home of exercises sends to a test system alone: name one, and write exercise = true.":
        "Un dossier d’exercice n’envoie qu’à un système d’essai : nommez-en un, et écrivez exercise = true.",
    "Real patients go to no test system: take it out, or name the one that cares for them.":
        "De vrais patients ne partent vers aucun système d’essai : retirez-le, ou nommez celui qui les soigne.",
    "`{}` has port {}; 65535 is the last.": "`{}` a le port {} ; 65535 est le dernier.",
    "`{}` is {}, and so is {}.": "`{}` vaut {}, et {} aussi.",
    "`{}` is {}, below {} days.": "`{}` vaut {}, moins de {} jours.",
    "Write 0, for ever, or at least thirteen months.": "Écrivez 0, pour toujours, ou treize mois au moins.",
    "`charts.store` is no address.": "`charts.store` n’est pas une adresse.",
    "`charts.store` holds a password, and settings are copied to vaults.":
        "`charts.store` contient un mot de passe, et les réglages sont copiés dans les coffres.",
    "Take it out, change it on the server, and give it in a password file (docs/howto/postgresql.md).":
        "Retirez-le, changez-le sur le serveur, donnez-le dans un fichier (docs/howto/postgresql.md).",
    "contrefeu.toml is not TOML: {}": "contrefeu.toml n’est pas du TOML : {}",
    "Correct that line.": "Corrigez cette ligne.",
    "brackets within brackets, too deep to be read": "des crochets dans des crochets, trop profonds pour être lus",
    "a value that cannot be read ({})": "une valeur illisible ({})",
    "longer than {} bytes": "plus de {} octets",
    "a byte that is not UTF-8 (at line {})": "un octet qui n’est pas de l’UTF-8 (à la ligne {})",
    # Feeds and the watch
    "`{}`: {} is in `feeds.{}` too.": "`{}` : {} est aussi dans `feeds.{}`.",
    "Leave it in one.": "Laissez-le dans un seul.",
    "`{}`: {} names no time zone.": "`{}` : {} n’est pas un fuseau horaire.",
    "`{}`: rule {} says nothing.": "`{}` : la règle {} ne dit rien.",
    "Give it message, ward, document, or path and value.": "Donnez-lui message, ward, document, ou path et value.",
    "`{}`: rule {} needs both path and value.": "`{}` : la règle {} a besoin de path et de value.",
    "Give both, or neither.": "Donnez les deux, ou aucun.",
    "`{}` is no {} address.": "`{}` n’est pas une adresse {}.",
    "Correct it.": "Corrigez-la.",
    "`{}` holds a password, and settings are copied to vaults.":
        "`{}` contient un mot de passe, et les réglages sont copiés dans les coffres.",
    "Use mail_password_file.": "Utilisez mail_password_file.",
    "`{}` says neither from whom nor to whom.": "`{}` ne dit ni de qui ni à qui.",
    "Write mail_from and mail_to.": "Écrivez mail_from et mail_to.",
    # Numbers of specimens
    "a name of its own": "un nom à lui",
    "{} digits, as `first` has": "{} chiffres, comme `first`",
    "`{}` is {}, before `first`, {}.": "`{}` vaut {}, avant `first`, {}.",
    "from {}": "à partir de {}",
    "from {} to {}": "de {} à {}",
    "`{}` holds {} numbers; `low_labels` is {}.": "`{}` a {} numéros ; `low_labels` vaut {}.",
    "more than {} numbers": "plus de {} numéros",
    "Agree on more numbers with the laboratory, or tell it later: a smaller `low_labels`.":
        "Convenez de plus de numéros avec le laboratoire, ou prévenez plus tard : un `low_labels` plus petit.",
    "`{}` and `{}` have numbers in common.": "`{}` et `{}` ont des numéros en commun.",
    "numbers that no other range has": "des numéros qu’aucune autre plage n’a",
    "numbers that no other part has": "des numéros qu’aucune autre part n’a",
    "Move one of them: a number that two give is two patients'.":
        "Déplacez-en un : un numéro donné deux fois est à deux patients.",
    '1 to 18 digits, such as "00412000"': "1 à 18 chiffres, comme « 00412000 »",
    'up to 8 capitals, digits and "-"': "8 capitales, chiffres et « - » au plus",
    "the id of a station, with .2 behind it once its journal was begun anew":
        "l’identifiant d’un poste, suivi de .2 quand son journal a été recommencé",
    # What is allowed
    "list of {}, at least one": "liste de {}, un au moins",
    "list of {}": "liste de {}",
    "table of {}": "table de {}",
    "tables, see below": "tables, voir plus bas",
    "text like `{}`": "texte comme `{}`",
    "text": "texte",
    "whole number from {} to {}": "nombre entier de {} à {}",
    "whole number from {}": "nombre entier à partir de {}",
    "whole number": "nombre entier",
    "number above {} to {}": "nombre au-dessus de {}, jusqu’à {}",
    "number from {} to {}": "nombre de {} à {}",
    "number": "nombre",
    "`true` or `false`": "`true` ou `false`",
    "{} or {}": "{} ou {}",
    "a name like {}": "un nom comme {}",
    'small letters, digits and "-", at least two; "drill/" before it for an exercise':
        "petites lettres, chiffres et « - », deux au moins ; « drill/ » devant pour un exercice",
    "HOST:PORT or [IPv6]:PORT": "HÔTE:PORT ou [IPv6]:PORT",
    "HH:MM, of 24 hours": "HH:MM, sur 24 heures",
    'a field such as "PID-18.1"': "un champ comme « PID-18.1 »",
    "not shown": "non montré",
})  # fmt: skip
