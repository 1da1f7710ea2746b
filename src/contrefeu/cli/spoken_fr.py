"""What commands say to people, in French: a row for each line and each error (phrases.py).

The commands of the night come first: restore, vault, status, ready, init, import. JSON, ids, commands and options are
the same in both languages, and so is what a system said of itself.
"""

from contrefeu.cli.error_fr import ERRORS
from contrefeu.cli.finding_fr import FINDINGS
from contrefeu.cli.node_fr import ROWS as NODES
from contrefeu.cli.phrases import Phrases
from contrefeu.cli.problem_fr import PROBLEMS
from contrefeu.cli.recovery_fr import ROWS as RECOVERY
from contrefeu.cli.vault_fr import ROWS as VAULTS
from contrefeu.cli.ward_fr import ROWS as WARDS

LINES = Phrases({
    # restore
    "{} entries, {} patients in {} s": "{} entrées, {} patients en {} s",
    "{}: {} entries": "{} : {} entrées",
    "ALTERED: {}, segment {}, in {} is not what was signed; taken from {}":
        "ALTÉRÉ : {}, segment {}, dans {} n’est pas ce qui a été signé ; pris dans {}",
    "ALTERED: {}, segment {}, in {} is not what was signed; no other has it":
        "ALTÉRÉ : {}, segment {}, dans {} n’est pas ce qui a été signé ; aucun autre ne l’a",
    "ALTERED: {}, its key or its checkpoint, in {} is not what was signed; taken from {}":
        "ALTÉRÉ : {}, sa clé ou son point de contrôle, dans {} n’est pas ce qui a été signé ; pris dans {}",
    "ALTERED: {}, its key or its checkpoint, in {} is not what was signed; no other has it":
        "ALTÉRÉ : {}, sa clé ou son point de contrôle, dans {} n’est pas ce qui a été signé ; aucun autre ne l’a",
    "AWAY: {}": "HORS D’ATTEINTE : {}",
    "ABSENT: {} is in none of these vaults, and its node's settings are: bring another vault":
        "ABSENT : {} n’est dans aucun de ces coffres, où sont pourtant les réglages de son nœud : apportez-en un autre",
    "ABSENT: {} is not in this vault, and its node's settings are":
        "ABSENT : {} n’est pas dans ce coffre, où sont pourtant les réglages de son nœud",
    "no public key: {}/verifier is missing or altered, so nothing of this journal can be checked":
        "pas de clé publique : {}/verifier manque ou est altéré, donc rien de ce journal ne se vérifie",
    "Put that file back from a home, a station or a vault that has the journal: a false one opens nothing.":
        "Remettez ce fichier, pris d’un nœud, d’une station ou d’un coffre qui a ce journal : un faux n’ouvre rien.",
    "Next: contrefeu --home {} up": "Puis : contrefeu --home {} up",
    "Charts can be read: contrefeu --home {} up. What each lacks, it says; the rest comes.":
        "Les dossiers sont lisibles : contrefeu --home {} up. Chacun dit ce qui lui manque ; le reste vient.",
    # vault
    "warning: {}": "attention : {}",
    "a plain copy: who has the node's credentials can delete it":
        "simple copie : qui a les accès du nœud peut l’effacer",
    "it is not said who runs this vault and in which country (--host, --country)":
        "il n’est pas dit qui tient ce coffre ni dans quel pays (--host, --country)",
    "no hosting certificate for health data is named (--certificate, --certificate-expires)":
        "aucun certificat d’hébergeur de données de santé n’est nommé (--certificate, --certificate-expires)",
    "it is not said until when the hosting certificate is valid (--certificate-expires)":
        "il n’est pas dit jusqu’à quand vaut le certificat d’hébergeur (--certificate-expires)",
    "the hosting certificate expired on {}": "le certificat d’hébergeur a expiré le {}",
    "the hosting certificate expires on {}": "le certificat d’hébergeur expire le {}",
    "{}: copies follow from now on (contrefeu status)": "{} : les copies suivent désormais (contrefeu status)",
    "held      {}": "tient    {}",
    "GAVE WAY  {}": "A CÉDÉ   {}",
    "not tried {} ({})": "non tenté {} ({})",
    "the store does not tell what is set: {}": "l’entrepôt ne dit pas ce qui est réglé : {}",
    "no lock is set for the bucket, and one that is cannot be taken off":
        "aucun verrou n’est réglé pour le compartiment, et celui qu’on y mettrait ne s’enlève plus",
    "more than this check's objects is in it, or the store does not tell":
        "il contient plus que les objets de cet essai, ou l’entrepôt ne le dit pas",
    "{} of {} held: {}": "{} sur {} tiennent : {}",
    "it enforces": "il fait respecter le verrou",
    "IT DOES NOT ENFORCE": "IL NE FAIT PAS RESPECTER LE VERROU",
    "{} small objects stay there, locked until {}": "{} petits objets y restent, verrouillés jusqu’au {}",
    "No vault is in the settings, so nothing is copied: contrefeu vault add URL.":
        "Aucun coffre n’est dans les réglages, donc rien n’est copié : contrefeu vault add URL.",
    "{}: {}, {} entries": "{} : {}, {} entrées",
    "{}: {}, {} entries {}": "{} : {}, {} entrées {}",
    "intact": "intact",
    "DAMAGED": "ENDOMMAGÉ",
    "INCOMPLETE": "INCOMPLET",
    "{}: {} segment {} byte {}": "{} : {}, segment {}, octet {}",
    "{}: {} segment {}: from {}, the damaged one kept as {}":
        "{} : {}, segment {} : repris de {} ; l’exemplaire endommagé est gardé sous {}",
    "there was none": "il n’y en avait pas",
    "{}: {} segment {}: NO COPY HAS IT WHOLE": "{} : {}, segment {} : AUCUNE COPIE NE L’A ENTIER",
    "{}: out of reach, not looked at": "{} : hors d’atteinte, non regardé",
    "{}: held elsewhere, not mended from here; contrefeu vault host verify there checks it":
        "{} : tenu ailleurs, non réparé d’ici ; contrefeu vault host verify le vérifie là-bas",
    "everything is whole": "tout est entier",
    "NOT EVERYTHING IS WHOLE": "TOUT N’EST PAS ENTIER",
    "{}: {}, {} patients, {} differ": "{} : {}, {} patients, {} diffèrent",
    "{}: {}, {} patients, {} differ; not tested: {} entries that this node cannot open, "
    "{} patients of whom they speak":
        "{} : {}, {} patients, {} diffèrent ; non essayés : {} entrées que ce nœud ne peut pas ouvrir, "
        "{} patients dont elles parlent",
    "{}: held elsewhere, behind a data diode: carry the disk here (--vault, --carried)":
        "{} : tenu ailleurs, derrière une diode : apportez le disque ici (--vault, --carried)",
    "{}: FAILED, {}": "{} : ÉCHEC, {}",
    "same": "identique",
    "DIFFERENT": "DIFFÉRENT",
    "FAILED": "ÉCHEC",
    # States of copies, of peers, of a node
    "up-to-date": "à jour",
    "catching-up": "rattrape",
    "one-way": "à sens unique",
    "refused": "refusé",
    "alarm": "alarme",
    "full": "plein",
    "pulled": "pris par l’hôte",
    "the vault host fetches by itself, while this node offers (up, vault serve)":
        "l’hôte du coffre vient prendre de lui-même, tant que ce nœud offre (up, vault serve)",
    "different": "différent",
    "failed": "échec",
    "waiting": "en attente",
    # status
    "{}  node {}  running": "{}  nœud {}  en marche",
    "{}  node {}  stopped": "{}  nœud {}  arrêté",
    "journal {}  {} entries  {} MB": "journal {}  {} entrées  {} Mo",
    "disk  {} GB free for feeds": "disque  {} Go libres pour les flux",
    "disk  {} GB free for feeds, lasts {} days at the pace of the last week":
        "disque  {} Go libres pour les flux, soit {} jours au rythme de la dernière semaine",
    "charts  {} patients, {} of exercises; {} entries behind":
        "dossiers  {} patients, {} d’exercices ; {} entrées de retard",
    "RESTORING: {} of {} entries are in the charts, all of them since {}":
        "RESTAURATION : {} entrées sur {} sont dans les dossiers, toutes depuis le {}",
    "in no chart  {} results or orders without owner, {} entries that name nobody":
        "dans aucun dossier  {} résultats ou demandes sans patient, {} entrées qui ne nomment personne",
    "feed {}  {} received, last {}": "flux {}  {} reçus, dernier {}",
    "refused by {}  {}, not kept": "refusés par {}  {}, non gardés",
    "refused by {}: {}, not kept": "refusés par {} : {}, non gardés",
    "tap {}  {} messages, {} gaps, last told {}": "écoute {}  {} messages, {} trous, dernière nouvelle {}",
    "GAP  {} at {}: a message may be missing; ask its sender to send it again":
        "TROU  {} à {} : un message manque peut-être ; demandez à son émetteur de le renvoyer",
    "numbers of {}  next {}; {} missing or out of order": "numéros de {}  prochain {} ; {} absents ou déplacés",
    "vault {}  {}  {} entries, {} s behind": "coffre {}  {}  {} entrées, {} s de retard",
    "vault {}  {}  {} entries, {} entries behind": "coffre {}  {}  {} entrées, {} entrées de retard",
    "vault {}  {}  {} entries, how far behind is not known": "coffre {}  {}  {} entrées, retard inconnu",
    "SELF-TEST: the copy in {} does not give the charts back ({}, {})":
        "ESSAI : la copie dans {} ne rend pas les dossiers ({}, {})",
    "NO VAULT: {} senders wait, {} answered without one": "SANS COFFRE : {} émetteurs attendent, {} servis sans coffre",
    "DAMAGED: a closed segment is not what was sealed; contrefeu vault repair mends it from a copy":
        "ENDOMMAGÉ : un segment clos n’est plus ce qui fut scellé ; contrefeu vault repair le reprend d’une copie",
    "pack {}  {} minutes old": "dossier papier {}  vieux de {} minutes",
    "pack {}  {} minutes old  TOO OLD, or nowhere": "dossier papier {}  vieux de {} minutes  TROP VIEUX, ou nulle part",
    "pack {}  NOT PRINTED: the printer {}": "dossier papier {}  NON IMPRIMÉ : l’imprimante {}",
    "NOT READY: ward {}  {}  (tried {})": "PAS PRÊTE : unité {}  {}  (essayée le {})",
    "next  {}": "puis  {}",
    "downtime normal": "panne : aucune",
    "downtime declared {}": "panne déclarée depuis le {}",
    "horizon {} days": "horizon {} jours",
    "horizon {} days, held: {}": "horizon {} jours, retenu : {}",
    "held": "retenu",
    "restored from a vault": "restauré depuis un coffre",
    "note: {}": "note : {}",
    "the node's processes share one system user ([processes] users in contrefeu.toml)":
        "les processus du nœud partagent un utilisateur du système ([processes] users dans contrefeu.toml)",
    "this kernel has no Landlock: capture and web may open what their user may":
        "ce noyau n’a pas Landlock : capture et web peuvent ouvrir ce que peut leur utilisateur",
    "to be looked at": "à regarder",
    "to be dealt with now": "à traiter",
    "probably an attack": "sans doute une attaque",
    "ALARMS: {} open, the gravest {}: contrefeu watch": "ALARMES : {} ouvertes, la plus grave {} : contrefeu watch",
    "ALARM: {}": "ALARME : {}",
    "the recovery key was not tried for a year: contrefeu keys rehearse":
        "la clé de récupération n’a pas été essayée depuis un an : contrefeu keys rehearse",
    "a rule seals documents to a role that has no key: contrefeu keys role":
        "une règle scelle des documents pour un rôle sans clé : contrefeu keys role",
    "at the last rehearsal a segment did not open: contrefeu keys status":
        "au dernier essai, un segment ne s’est pas ouvert : contrefeu keys status",
    "too few custodians confirmed their share within a year: contrefeu keys confirm":
        "trop peu de dépositaires ont confirmé leur part depuis un an : contrefeu keys confirm",
    "a rotation was interrupted: contrefeu keys rotate with the old shares finishes it":
        "un renouvellement a été interrompu : contrefeu keys rotate avec les anciennes parts le termine",
    "this home's shares cannot be confirmed one by one: contrefeu keys rotate makes new ones":
        "les parts de ce nœud ne se confirment pas une à une : contrefeu keys rotate en fait de nouvelles",
    "TROUBLE: journal {} is not read on ({}): contrefeu journal verify says where":
        "ENNUI : le journal {} n’est plus lu ({}) : contrefeu journal verify dit où",
    "TROUBLE: journal {} cannot write ({}); senders get no answer and keep their messages":
        "ENNUI : le journal {} ne peut écrire ({}) ; les émetteurs n’ont pas de réponse et gardent leurs messages",
    "TROUBLE: journal {} is damaged or short; {} goes on in its place, and messages are kept":
        "ENNUI : le journal {} est endommagé ou incomplet ; {} continue à sa place, et les messages sont gardés",
    "peer {}  {}": "pair {}  {}",
    "ward station {} ({})  {}": "poste d’unité {} ({})  {}",
    "{} entries given, {}": "{} entrées données, {}",
    "journal {}  kept and not read: its station has granted nothing yet":
        "journal {}  gardé et non lu : son poste n’a encore rien accordé",
    "REFUSED: exchange/refused/{} is another history of a peer's journal; the one held stays":
        "REFUSÉ : exchange/refused/{} est une autre histoire du journal d’un pair ; celle qui est tenue reste",
    # ready
    "{}: ready, {} pages": "{} : prête, {} pages",
    "{}: NOT READY": "{} : PAS PRÊTE",
    "No ward has a patient or stands in the settings.": "Aucune unité n’a de patient ni ne figure dans les réglages.",
    # journal verify, keys
    "{}: {} segment {} byte {}, entries {} to {}": "{} : {}, segment {}, octet {}, entrées {} à {}",
    "recovery key {}  former": "clé de récupération {}  ancienne",
    "recovery key {}  in force": "clé de récupération {}  en vigueur",
    "{} of {} shares open it": "{} parts sur {} l’ouvrent",
    "{} of them confirmed within a year": "{} d’entre elles confirmées depuis un an",
    "last rehearsed {}": "dernier essai {}",
    "horizon {} days; {} reading keys, the oldest of {}":
        "horizon {} jours ; {} clés de lecture, la plus ancienne du {}",
    "held: {}; no reading key is destroyed": "retenu : {} ; aucune clé de lecture n’est détruite",
    "{}: {} segments open for this node, {} for the custodians, {} for nobody":
        "{} : {} segments ouverts à ce nœud, {} aux dépositaires, {} à personne",
    "{} segments open with shares {} ({} s)": "{} segments s’ouvrent avec les parts {} ({} s)",
    "CLOSED: segment {} of {}": "FERMÉ : segment {} de {}",
    "No body was read. The key is gone again; give each custodian their share back.":
        "Aucun contenu n’a été lu. La clé a de nouveau disparu ; rendez sa part à chaque dépositaire.",
    "Share {} of {} is confirmed. Put it back where it was.":
        "La part {} sur {} est confirmée. Remettez-la où elle était.",
    "Recovery key {}, number {}: {} segments granted to it":
        "Clé de récupération {}, numéro {} : {} segments lui sont accordés",
    "Then: contrefeu keys rehearse with the new shares; only then destroy the old ones.":
        "Puis : contrefeu keys rehearse avec les nouvelles parts ; détruisez les anciennes après seulement.",
    "Copies that are locked keep what they hold: the old shares still open what was sealed to them.":
        "Les copies verrouillées gardent ce qu’elles tiennent : les anciennes parts ouvrent toujours leur contenu.",
    "Nothing has outlived its time.": "Rien n’a dépassé sa durée.",
    # init, import, notices, station
    "Node {} made in {}": "Nœud {} créé dans {}",
    "Recovery key {} split: {} of {} shares open the archive":
        "Clé de récupération {} partagée : {} parts sur {} ouvrent l’archive",
    "Give each share to its custodian, then remove the files: they are kept nowhere else.":
        "Donnez chaque part à son dépositaire, puis effacez les fichiers : elles ne sont gardées nulle part ailleurs.",
    "First administrator: login {}, password {} (shown once)":
        "Premier administrateur : identifiant {}, mot de passe {} (montré une seule fois)",
    "files {}   received {}   journaled {}, in {}": "fichiers {}   reçus {}   mis au journal {}, dans {}",
    "charted {}   kept, not charted {}   repeats {}": "dans un dossier {}   gardés, dans aucun {}   répétés {}",
    "To be completed, put to the data protection officer, and signed: no legal advice.":
        "À compléter, à soumettre au délégué à la protection des données et à signer : ce n’est pas un avis juridique.",
    "Card of station {} in {}": "Carte du poste {} dans {}",
    "Fingerprint  {}": "Empreinte  {}",
    "Give the file to the other station, read the fingerprint to its operator, and do the same the other way.":
        "Donnez le fichier à l’autre poste, lisez l’empreinte à son opérateur, et faites de même dans l’autre sens.",
    "{} ({}) is joined; its journals come with the next exchange.":
        "{} ({}) est joint ; ses journaux viennent avec le prochain échange.",
    "It must join this station too (contrefeu station invite). A running node with its first peer, or its first":
        "Il doit joindre ce poste aussi (contrefeu station invite). Un nœud en marche, à son premier pair ou à sa",
    "ward: restart it.": "première unité : relancez-le.",
    "{} is revoked: nothing is taken from it or given to it any more.":
        "{} est révoqué : rien n’en est plus pris, rien ne lui est plus donné.",
    # stick
    "{}: station {}, {} patients, {} packs, program {}": "{} : poste {}, {} patients, {} dossiers papier, programme {}",
    "code  {}   (shown once, on no stick and in no home: keep it apart from the stick)":
        "code  {}   (montré une fois, écrit nulle part : gardez-le à l’écart de la clé)",
    "start it with sh start.sh; its home takes {} bytes, and twice that of memory":
        "lancez-la par sh start.sh ; son contenu prend {} octets, et deux fois autant de mémoire",
    "lost or stolen: contrefeu station revoke {}": "perdue ou volée : contrefeu station revoke {}",
    'Check one anywhere: contrefeu stick verify DIR --fingerprint "{}"':
        'À vérifier partout : contrefeu stick verify DIR --fingerprint "{}"',
    "{}: station {}, made by {} on {}": "{} : poste {}, faite par {} le {}",
    "ALTERED: {}": "ALTÉRÉ : {}",
    "MISSING: {}": "MANQUANT : {}",
    "UNLISTED: {}": "NON LISTÉ : {}",
    "UNSIGNED: {}": "NON SIGNÉ : {}",
    "UNREADABLE: {}": "ILLISIBLE : {}",
    "Do not start this stick.": "Ne lancez pas cette clé.",
    "{} files, as they were made.": "{} fichiers, tels qu’ils furent faits.",
    "Station ready in {}: contrefeu --home {} up": "Poste prêt dans {} : contrefeu --home {} up",
})  # fmt: skip
SPOKEN = Phrases({
    **{advice: french for advice, french in PROBLEMS.rows.items() if advice.endswith(".") and "{}" not in advice},
    **FINDINGS.rows, **ERRORS.rows, **RECOVERY, **WARDS, **NODES, **VAULTS, **LINES.rows,
})  # fmt: skip
# A line of what is wrong in the settings: its values are words of PROBLEMS, which are too general for other lines.
SETTINGS = Phrases(
    {**PROBLEMS.rows, "contrefeu.toml:{}: {}": "contrefeu.toml:{} : {}", "contrefeu.toml: {}": "contrefeu.toml : {}"}
)


def in_french(text: str) -> str:
    """Return *text* in French, line by line unless a row has all of it; a line without a row stays as it is."""
    return SPOKEN.rows.get(text) or "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    words = line.lstrip(" ")
    table = SETTINGS if words.startswith("contrefeu.toml:") else SPOKEN
    return line[: len(line) - len(words)] + table.said(words)
