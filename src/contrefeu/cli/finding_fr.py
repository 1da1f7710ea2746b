"""What `doctor` says, in French: a row for each sentence that a check may say (phrases.py).

Files, addresses and what the system itself says stay as they are. A test reads the checks and misses no row.
"""

from msgspec.structs import replace

from contrefeu.cli.finding import Finding
from contrefeu.cli.phrases import Phrases

# Why a printer prints nothing, as spool.py says it after its name, and `contrefeu status` too.
PRINTER_TROUBLES = {
    "cannot be reached: CUPS is not installed here": "ne peut être jointe : CUPS n’est pas installé ici",
    "cannot be reached: CUPS does not answer": "ne peut être jointe : CUPS ne répond pas",
    "is unknown to CUPS here": "est inconnue de CUPS ici",
    "takes no jobs": "ne prend pas de travaux",
    "takes no jobs ({})": "ne prend pas de travaux ({})",
    "is stopped": "est arrêtée",
    "is stopped ({})": "est arrêtée ({})",
    "took no page in a minute": "n’a pris aucune page en une minute",
    "refused the pages": "a refusé les pages",
    "is full: it takes no more jobs": "est pleine : elle ne prend plus de travaux",
    "has no room on its disk": "n’a plus de place sur son disque",
}
_OF_PRINTERS = {  # % stands for the trouble
    "The printer {} %.": "L’imprimante {} %.",
    "The printer {} of ward {} %.": "L’imprimante {} de l’unité {} %.",
    "pack {}  NOT PRINTED: the printer {} %": "dossier papier {}  NON IMPRIMÉ : l’imprimante {} %",
    "pack {}  NOT PRINTED: the printer {} %; its pages wait as {}":
        "dossier papier {}  NON IMPRIMÉ : l’imprimante {} % ; ses pages attendent sous {}",
    "NOT PRINTED: the printer {} %": "NON IMPRIMÉ : l’imprimante {} %",
    "NOT PRINTED: the printer {} %; its pages wait as {}":
        "NON IMPRIMÉ : l’imprimante {} % ; ses pages attendent sous {}",
}  # fmt: skip


FINDINGS = Phrases({
    **{
        english.replace("%", trouble): french.replace("%", said)
        for english, french in _OF_PRINTERS.items()
        for trouble, said in PRINTER_TROUBLES.items()
    },
    "NOT PRINTED: the printer {}": "NON IMPRIMÉ : l’imprimante {}",
    # Disk
    "{} GiB are left for feeds on the disk of {}.": "Il reste {} Gio pour les flux sur le disque de {}.",
    "{} % of the disk of {} are free.": "Le disque de {1} n’a plus que {0} % de libre.",
    "{} more files fit on the disk of {}.": "Le disque de {1} ne peut plus recevoir que {0} fichiers.",
    "What was acknowledged is on the disk; a disk that is full gives senders no answer, and they keep theirs.":
        "Ce qui a été confirmé est sur le disque ; un disque plein ne répond plus aux émetteurs, qui gardent le reste.",
    "Free some space or enlarge the disk; contrefeu keys expire ends what is past its retention.":
        "Libérez de la place ou agrandissez le disque ; contrefeu keys expire met fin à ce qui a dépassé sa durée.",
    "Make it anew larger.": "Refaites-le plus grand.",
    "A durable write takes {} ms on the disk of {}: each sender waits so long for its answer.":
        "Une écriture durable prend {} ms sur le disque de {} : chaque émetteur attend autant sa réponse.",
    "Use a flash disk with protection against power loss, on this machine; look at the disk's own health.":
        "Prenez un disque flash protégé contre les coupures, sur cette machine ; regardez l’état du disque lui-même.",
    "What is acknowledged is durable all the same.": "Ce qui est confirmé est durable malgré tout.",
    "The home lies in memory ({} on {}): a power cut ends it.":
        "Le dossier du nœud est en mémoire ({} sur {}) : une coupure de courant l’efface.",
    "Move the home to a disk: stop the node, copy it, --home.":
        "Mettez-le sur un disque : arrêtez le nœud, copiez le dossier, donnez --home.",
    "The home lies on {} ({}), where a write may be said to be durable before it is.":
        "Le dossier du nœud est sur {} ({}), où une écriture peut être dite durable avant de l’être.",
    "Use a disk of this machine: ext4 or XFS.": "Prenez un disque de cette machine : ext4 ou XFS.",
    "{} is mounted without barriers: a power cut may lose what was acknowledged.":
        "{} est monté sans barrières : une coupure peut perdre ce qui a été confirmé.",
    "Remove nobarrier from /etc/fstab, and mount it again.": "Retirez nobarrier de /etc/fstab et remontez-le.",
    "What vaults hold.": "Ce que tiennent les coffres.",
    "Reading keys lie in files on a disk that is not encrypted.":
        "Les clés de lecture sont dans des fichiers, sur un disque qui n’est pas chiffré.",
    "Journals and charts are sealed; with the disk, or a backup of the machine, one reads this node's horizon.":
        "Journaux et dossiers sont scellés ; avec le disque, ou une sauvegarde, on lit l’horizon de ce nœud.",
    "Put the home on an encrypted disk (LUKS), and leave keys/ out of the machine's backups.":
        "Mettez le dossier du nœud sur un disque chiffré (LUKS) et laissez keys/ hors des sauvegardes de la machine.",
    # Clock, memory, processes
    "This machine's clock follows no other: it will drift.":
        "L’horloge de cette machine n’en suit aucune autre : elle dérivera.",
    "The order of entries does not hang on it; times on charts and the days of keys do.":
        "L’ordre des entrées n’en dépend pas ; les heures des dossiers et les jours des clés, si.",
    "Start chrony or systemd-timesyncd with the hospital's time server; timedatectl shows when it holds.":
        "Lancez chrony ou systemd-timesyncd avec le serveur de temps de l’hôpital ; timedatectl dit quand c’est fait.",
    "The clock of {} is {} s from this one's.": "L’horloge de {} est à {} s de celle-ci.",
    "The order of entries.": "L’ordre des entrées.",
    "Set the wrong one right by the hospital's time server.":
        "Remettez à l’heure celle qui se trompe, avec le serveur de temps de l’hôpital.",
    "{} GiB of {} GiB of memory are free.": "Il reste {} Gio de mémoire sur {} Gio.",
    "Journals: a process that is ended comes back.": "Les journaux : un processus interrompu revient.",
    "Give the machine 2 GiB or more.": "Donnez à la machine 2 Gio ou plus.",
    "This machine swaps: what is in memory, keys too, may be written to its disk.":
        "Cette machine échange sa mémoire avec le disque : ce qui s’y trouve, clés comprises, peut y être écrit.",
    "Journals are sealed.": "Les journaux sont scellés.",
    "Encrypt the swap (crypttab), or switch it off (swapoff -a).":
        "Chiffrez l’espace d’échange (crypttab), ou arrêtez-le (swapoff -a).",
    "A process may open {} files here, and capture.connections_max asks for {}.":
        "Un processus peut ouvrir ici {} fichiers, et capture.connections_max en demande {}.",
    "Senders beyond it are turned away, and keep their messages.":
        "Les émetteurs en trop ne sont pas reçus, et gardent leurs messages.",
    "Start the node by its service, which sets LimitNOFILE; or ulimit -n, or fewer connections.":
        "Lancez le nœud par son service, qui règle LimitNOFILE ; ou ulimit -n, ou moins de connexions.",
    "The node's processes run as {}, if you start them.": "Les processus du nœud tournent sous {}, si vous les lancez.",
    "Capture and web are confined by the kernel to their own files.":
        "Capture et web sont tenus par le noyau à leurs propres fichiers.",
    "Install the package's services, or follow docs/howto/separate-users.md.":
        "Installez les services du paquet, ou suivez docs/howto/separate-users.md.",
    "This kernel has no Landlock: capture and web may open what their user may.":
        "Ce noyau n’a pas Landlock : capture et web peuvent ouvrir ce que peut leur utilisateur.",
    "Journals are sealed; with users of their own they cannot open others' keys.":
        "Les journaux sont scellés ; avec des utilisateurs séparés, ils n’ouvrent pas les clés des autres.",
    "Use Linux 5.13 or later with landlock among its lsm=.":
        "Prenez Linux 5.13 ou plus récent, avec landlock dans lsm=.",
    # Ports and certificates
    "Nobody answers on {} (`{}`), and the node runs.": "Personne ne répond sur {} (`{}`), alors que le nœud tourne.",
    "What was acknowledged; senders keep what they could not send.":
        "Ce qui a été confirmé ; les émetteurs gardent ce qu’ils n’ont pu envoyer.",
    "contrefeu status says who writes; the node's log says why.":
        "contrefeu status dit qui écrit ; le journal technique du nœud dit pourquoi.",
    "The node could not listen on {} (`{}`): {}.": "Le nœud ne pourrait pas écouter sur {} (`{}`) : {}.",
    "Nothing runs yet.": "Rien ne tourne encore.",
    "Stop what listens there (ss -ltnp), or write another.":
        "Arrêtez ce qui écoute là (ss -ltnp), ou écrivez une autre adresse.",
    "No node runs on this home.": "Aucun nœud ne tourne sur ce dossier.",
    "What is in it.": "Ce qu’il contient.",
    "contrefeu up, or systemctl start.": "contrefeu up, ou systemctl start.",
    "The certificate ca/{} {} ({}).": "Certificat ca/{} : {} ({}).",
    "has ended": "il a expiré",
    "ends in {} days": "il expire dans {} jours",
    "Charts, and capture of feeds; browsers refuse the app then.":
        "Les dossiers et la capture des flux ; les navigateurs refusent alors l’application.",
    "contrefeu config certificate makes the server's anew; start the node again then.":
        "contrefeu config certificate refait celui du serveur ; relancez ensuite le nœud.",
    "contrefeu config certificate --authority makes a new authority; give its ca.pem to every ward PC.":
        "contrefeu config certificate --authority refait une autorité ; donnez son ca.pem à chaque poste.",
    "The server's certificate lacks {} of `web.names`: browsers refuse the app there.":
        "Il manque {} de `web.names` au certificat du serveur : les navigateurs y refusent l’application.",
    "The app under its other names.": "L’application, sous ses autres noms.",
    # Copies
    "No vault holds a copy: with this disk, everything is lost; the settings too.":
        "Aucun coffre n’a de copie : avec ce disque tout serait perdu, les réglages aussi.",
    "What is on this disk.": "Ce qui est sur ce disque.",
    "contrefeu vault add URL (docs/howto/vaults.md), of two kinds. Until then: contrefeu config backup.":
        "contrefeu vault add URL (docs/howto/vaults.md), de deux sortes. D’ici là : contrefeu config backup.",
    "There is one vault: whoever holds it, or its credentials, holds the only copy.":
        "Il n’y a qu’un coffre : qui le tient, ou tient ses accès, tient la seule copie.",
    "What it holds, as long as it stands.": "Ce qu’il tient, tant qu’il est debout.",
    "contrefeu vault add a second one.": "contrefeu vault add : ajoutez-en un second.",
    "At the last self-test the copy in {} did not give the charts back ({}).":
        "Au dernier essai, la copie dans {} n’a pas rendu les dossiers ({}).",
    "The home's own journals.": "Les journaux de ce nœud.",
    "contrefeu vault verify URL, then vault selftest.": "contrefeu vault verify URL, puis vault selftest.",
    "A closed segment in the home is not what was sealed.": "Un segment clos de ce nœud n’est plus ce qui fut scellé.",
    "What copies hold.": "Ce que tiennent les copies.",
    "contrefeu vault repair; keep the damaged file.": "contrefeu vault repair ; gardez le fichier abîmé.",
    "The vault {} refuses what this node sends, or raised an alarm ({}).":
        "Le coffre {} refuse ce que ce nœud envoie, ou a levé une alarme ({}).",
    "What it held before.": "Ce qu’il tenait avant.",
    "contrefeu vault verify URL, before anything else.": "contrefeu vault verify URL, avant toute autre chose.",
    "Nothing goes to the vault {} now: {}.": "Rien ne va plus au coffre {} : {}.",
    "What is on this disk, and what the vault held before.":
        "Ce qui est sur ce disque, et ce que le coffre tenait avant.",
    "contrefeu vault copy tries at once and says why; start the node, which copies by itself.":
        "contrefeu vault copy essaie tout de suite et dit pourquoi ; lancez le nœud, qui copie de lui-même.",
    "The vault {} is {} s behind.": "Le coffre {} est en retard de {} s.",
    "Look at the line.": "Regardez la liaison.",
    "It is not written down who runs the vault {}, nor under which certificate (F43).":
        "Il n’est écrit nulle part qui tient le coffre {}, ni sous quel certificat (F43).",
    "What it holds is sealed.": "Ce qu’il tient est scellé.",
    "Add host, country, certificate to its [[vaults]].": "Ajoutez host, country, certificate à son [[vaults]].",
    "The hosting certificate of the vault {} {} on {}.": "Certificat d’hébergement du coffre {} : {} le {}.",
    "ended": "il a expiré",
    "ends": "il expire",
    "Ask its host; then correct the date.": "Demandez à son hébergeur, puis corrigez la date.",
    # Packs and printers
    "No ward packs are made ahead: in the first hour of an outage there is nothing on paper.":
        "Aucun dossier papier n’est préparé : à la première heure d’une panne, il n’y a rien sur papier.",
    "Charts, in the app.": "Les dossiers, dans l’application.",
    'Write [packs] folders = ["/srv/packs/{ward}"].': 'Écrivez [packs] folders = ["/srv/packs/{ward}"].',
    "The folder for packs {} is not there.": "Le dossier de fichiers {} pour les dossiers papier n’est pas là.",
    "Packs in the other folders.": "Ceux des autres dossiers.",
    "Plug or mount it, or correct packs.folders.": "Branchez-le ou montez-le, ou corrigez packs.folders.",
    "The printer {} of ward {} {}.": "L’imprimante {} de l’unité {} : {}.",
    "Its pack lies in the folders.": "Son dossier papier est dans les dossiers de fichiers.",
    "lpstat -t lists queues; cupsenable, cupsaccept or lpadmin mends them.":
        "lpstat -t liste les files ; cupsenable, cupsaccept ou lpadmin les remettent en marche.",
    "Plug a USB printer into this PC: it is found by itself.":
        "Branchez une imprimante USB à ce PC : elle est trouvée toute seule.",
    # Charts on a server
    "The node's user on the charts' server is its superuser: all charts there can be deleted from here.":
        "L’utilisateur du nœud sur le serveur des dossiers en est superutilisateur : on peut d’ici y effacer tous"
        " les dossiers.",
    "Any user of the charts' server may enter this node's database, and hold up its charts.":
        "Tout utilisateur du serveur des dossiers peut entrer dans la base de ce nœud, et bloquer ses dossiers.",
    "The node's user on the charts' server may enter {} databases of others.":
        "L’utilisateur du nœud sur le serveur des dossiers peut entrer dans {} bases d’autres établissements.",
    "Names, numbers and contents: the server has none of them in clear.":
        "Les noms, les numéros et les contenus : le serveur n’en a aucun en clair.",
    "Give it a role of its own: docs/howto/postgresql.md, On the server.":
        "Donnez-lui un rôle à lui : docs/howto/postgresql.md, « On the server ».",
    "On the server: REVOKE ALL ON DATABASE its name FROM PUBLIC.":
        "Sur le serveur : REVOKE ALL ON DATABASE son nom FROM PUBLIC.",
    "On the server, for each: REVOKE ALL ON DATABASE its name FROM PUBLIC.":
        "Sur le serveur, pour chacune : REVOKE ALL ON DATABASE son nom FROM PUBLIC.",
    # Keys
    "A rule seals documents to a role that has no key.": "Une règle scelle des documents pour un rôle sans clé.",
    "contrefeu keys role": "contrefeu keys role",
    "The recovery key was not tried for a year.": "La clé de reprise n’a pas été essayée depuis un an.",
    "At the last rehearsal a segment did not open.": "Au dernier essai, un segment ne s’est pas ouvert.",
    "Too few custodians confirmed their share within a year.":
        "Trop peu de dépositaires ont confirmé leur part depuis un an.",
    "A rotation was interrupted.": "Un remplacement de dépositaires a été interrompu.",
    "This home's shares cannot be confirmed one by one.": "Les parts de ce nœud ne se confirment pas une à une.",
    "The archive, as long as k shares are there.": "Les archives, tant que k parts sont là.",
    "contrefeu keys rehearse": "contrefeu keys rehearse",
    "contrefeu keys status": "contrefeu keys status",
    "contrefeu keys confirm": "contrefeu keys confirm",
    "contrefeu keys rotate with the old shares finishes it":
        "contrefeu keys rotate, avec les anciennes parts, le termine",
    "contrefeu keys rotate makes new ones": "contrefeu keys rotate en fait de nouvelles",
    "The custodians' shares lie together in {}: whoever copies it opens every copy.":
        "Les parts des dépositaires sont ensemble dans {} : qui le copie ouvre toutes les copies.",
    "Nothing was opened with them, as far as this node knows.":
        "Rien n’a été ouvert avec elles, à ce que sait ce nœud.",
    "Print each for its custodian, and remove the files. If others had access: contrefeu keys rotate.":
        "Imprimez chacune pour son dépositaire, effacez les fichiers. Si d’autres y ont eu accès : keys rotate.",
    # Who may read
    "{} may be read by anybody on this machine.": "{} : lisible par n’importe qui sur cette machine.",
    "{} may be changed by anybody on this machine.": "{} : modifiable par n’importe qui sur cette machine.",
    "Nothing was seen to be taken: this says only that it could be.":
        "Rien ne montre que quelque chose ait été pris : seulement que cela se pourrait.",
    "{}; if others were on it, keys rotate.": "{} ; si d’autres y étaient, keys rotate.",
    "The disk of {} lasts {} days at the pace of the last week: {} a day.":
        "Le disque de {} tient {} jours au rythme de la dernière semaine : {} par jour.",
    "What was acknowledged is on the disk; charts stay readable when it is full.":
        "Ce qui a été acquitté est sur le disque ; les dossiers restent lisibles quand il est plein.",
    "Enlarge the disk before then; contrefeu keys expire ends what is past.":
        "Agrandissez-le avant ; contrefeu keys expire met fin à ce qui a fait son temps.",
    "{} days of downtime with {} patients may take {} GiB; {} GiB are left for it.":
        "{} jours de panne avec {} patients peuvent prendre {} Gio ; il en reste {} Gio.",
    "What is there stays readable.": "Ce qui y est reste lisible.",
    "Enlarge the disk now: later nobody has time.":
        "Agrandissez le disque maintenant : après, personne n’aura le temps.",
    # What wards lack
    "Ward {}: {}": "Unité {} : {}",
    "No pack was made ahead.": "Aucun dossier papier n’a été fait d’avance.",
    "What is known of the packs cannot be read.": "Ce qui est connu des dossiers papier ne se lit plus.",
    "contrefeu packs list says what to do.": "contrefeu packs list dit quoi faire.",
    "contrefeu packs make --ward {} --now says why.": "contrefeu packs make --ward {} --now dit pourquoi.",
    "The pack is {} minutes old, or lies nowhere.": "Le dossier papier a {} minutes, ou n’est nulle part.",
    "contrefeu packs list shows where; does its feed still speak?":
        "contrefeu packs list montre où ; son flux parle-t-il encore ?",
    "The pack in {} cannot be read.": "Le dossier papier dans {} ne se lit pas.",
    "Plug or mount it, then contrefeu packs make --now.": "Branchez-le ou montez-le, puis contrefeu packs make --now.",
    "contrefeu packs make --ward {} --now makes it anew; else look at the disk or stick.":
        "contrefeu packs make --ward {} --now le refait ; sinon regardez le disque ou la clé.",
    "The pack in {} does not open with the ward's password, or lacks pages.":
        "Le dossier papier dans {} ne s’ouvre pas avec le mot de passe de l’unité, ou manque de pages.",
    "No pack can be made: {}": "Aucun dossier papier ne peut être fait : {}",
    "contrefeu pack --ward {} says more.": "contrefeu pack --ward {} en dit plus.",
    "A pack that was made does not open.": "Un dossier papier qui vient d’être fait ne s’ouvre pas.",
    "The printer {} {}.": "L’imprimante {} : {}.",
    "Nobody who may write on this ward is enrolled.": "Personne d’inscrit ne peut écrire dans cette unité.",
    "contrefeu users add LOGIN --name NAME --role nurse --ward {}, or users import a list.":
        "contrefeu users add LOGIN --name NOM --role nurse --ward {}, ou users import d’une liste.",
    "not copying": "plus de copie en cours",
    "never copied": "jamais copié",
    "unreachable": "hors d’atteinte",
    # The checks themselves, and words within sentences
    "one user": "un seul utilisateur",
    "disk": "disque",
    "filesystem": "système de fichiers",
    "memory": "mémoire",
    "clock": "horloge",
    "clocks of peers": "horloges des pairs",
    "certificates": "certificats",
    "copies": "copies",
    "packs and printers": "dossiers papier et imprimantes",
    "keys": "clés",
    "users": "utilisateurs",
    "permissions": "droits",
    "The check of {} could not be made: {}.": "La vérification « {} » n’a pu être faite : {}.",
    "What the other checks say.": "Ce que disent les autres vérifications.",
    "Run it as the user that starts the node.": "Relancez-la sous l’utilisateur qui lance le nœud.",
    "Nothing was changed.": "Rien n’a été changé.",
    "contrefeu config check says what is allowed; a running node goes on with what it has.":
        "contrefeu config check dit ce qui est permis ; un nœud qui tourne garde ce qu’il a.",
    # Numbers of specimens
    "This station has no number left of the range of {}.": "Ce poste n’a plus de numéro de la plage de {}.",
    "Requests: their labels say that the laboratory does not know them.":
        "Les demandes : leurs étiquettes disent que le laboratoire ne les connaît pas.",
    "Agree on other numbers with it, and give this station a part of them (specimen_numbers.parts).":
        "Convenez d’autres numéros avec lui, et donnez-en une part à ce poste (specimen_numbers.parts).",
    "This station has {} numbers left of the range of {}.": "Il reste à ce poste {} numéros de la plage de {}.",
    "No number is given twice.": "Aucun numéro n’est donné deux fois.",
    "Two stations gave the same numbers to specimens: {}.": "Deux postes ont donné les mêmes numéros à des tubes : {}.",
    "Charts: a result is its patient's by the name on it.":
        "Les dossiers : un résultat est à son patient par le nom qu’il porte.",
    "Tell the laboratory to go by names; give each station its own part.":
        "Dites au laboratoire de se fier aux noms ; donnez à chaque poste sa part.",
})  # fmt: skip


def in_french(found: Finding) -> Finding:
    """Return *found* said in French."""
    said = FINDINGS.said
    return replace(found, what=said(found.what), safe=said(found.safe), next=said(found.next))
