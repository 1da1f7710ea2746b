"""What the commands of a node and around it say, in French: journals, keys, feeds, settings, stations (phrases.py)."""

ROWS = {
    "Ward app: {}   log in as one of these; Ctrl-C ends it":
        "Application des services : {}   entrez comme l’un d’eux ; Ctrl-C y met fin",
    "no other PC opens that address; give --address, or say web.names and web.listen in contrefeu.toml":
        "aucun autre PC n’ouvre cette adresse ; donnez --address, ou web.names et web.listen dans contrefeu.toml",
    # what is known of packs, damaged
    "packs: what is known of them cannot be read; contrefeu packs list says what to do":
        "dossiers papier : ce qu’on en sait est illisible ; contrefeu packs list dit quoi faire",
    'What is known of the packs, "{}", cannot be read.': "Ce qu’on sait des dossiers papier, « {} », est illisible.",
    "Charts, journals, and the packs in their folders are as they were. Nothing was written over.":
        "Les dossiers, les journaux et les dossiers papier déjà faits sont intacts. Rien n’a été écrasé.",
    "See that the web process may read it. If it is damaged, keep it elsewhere, then make new ones:":
        "Voyez que le processus web peut le lire. S’il est abîmé, gardez-le ailleurs, puis refaites-en :",
    "mv {} packs.damaged.json": "mv {} packs.damaged.json",
    "contrefeu packs make --now                 makes new packs":
        "contrefeu packs make --now                 refait les dossiers papier",
    "contrefeu packs password --ward W --void   gives passwords that no former one is":
        "contrefeu packs password --ward W --void   donne des mots de passe qui n’ont jamais servi",
    # Journals: verify, show, prove, witness, exchange
    "{}: intact, {} entries": "{} : intact, {} entrées",
    "{}: DAMAGED, {} entries": "{} : ENDOMMAGÉ, {} entrées",
    "{}: intact, {} entries, {} witnesses vouch": "{} : intact, {} entrées, {} témoins s’en portent garants",
    "{}: DAMAGED, {} entries, {} witnesses vouch": "{} : ENDOMMAGÉ, {} entrées, {} témoins s’en portent garants",
    "{} vouches for the first {} entries, since {}": "{} se porte garant des {} premières entrées, depuis le {}",
    "rolled-back": "ramené en arrière",
    "forked": "une autre histoire",
    "reordered": "déplacé",
    "repeated": "répété",
    "tail": "fin en trop",
    "expired": "arrivé à terme",
    "beyond the horizon: {}, entries {} to {}": "au-delà de l’horizon : {}, entrées {} à {}",
    "not charted: {}: {}": "dans aucun dossier : {} : {}",
    "not charted: the whole: {}": "dans aucun dossier : le tout : {}",
    "--entry takes JOURNAL/SEQ.": "--entry veut JOURNAL/NUMERO.",
    "--from and --to take a time such as 2026-11-24T03:00:00Z.":
        "--from et --to veulent une heure comme 2026-11-24T03:00:00Z.",
    "--raw gives one entry back: say which with --entry JOURNAL/SEQ.":
        "--raw rend une entrée : dites laquelle avec --entry JOURNAL/NUMERO.",
    "No checkpoint covers {} (yet).": "Aucun point de contrôle ne couvre {} (encore).",
    "Wait a second and ask again; then contrefeu journal verify.":
        "Attendez une seconde et redemandez ; puis contrefeu journal verify.",
    "contrefeu journal show lists them.": "contrefeu journal show les liste.",
    "An entry is named JOURNAL/SEQ.": "Une entrée se nomme JOURNAL/NUMERO.",
    "contrefeu journal show lists entries.": "contrefeu journal show liste les entrées.",
    "{} is beyond the end of its journal.": "{} est après la fin de son journal.",
    "Name one journal, and its own key.": "Nommez un journal, et sa propre clé.",
    "Name the folder of one journal, and the checkpoints kept of it.":
        "Nommez le dossier d’un journal, et les points de contrôle gardés de lui.",
    "The checkpoint in {} is of no journal here.": "Le point de contrôle dans {} n’est d’aucun journal ici.",
    'The key in {} is not the one of the journal in "{}".': "La clé dans {} n’est pas celle du journal dans « {} ».",
    "There is no checkpoint {}.": "Il n’y a pas de point de contrôle {}.",
    "holds: {}, received {}, {} B": "tient : {}, reçu le {}, {} o",
    "holds: {}, the {} entries signed {} begin with the {} signed {}":
        "tient : {}, les {} entrées signées le {} commencent par les {} signées le {}",
    '"{}" has no checkpoint (yet).': "« {} » n’a pas (encore) de point de contrôle.",
    '"{}" is behind the checkpoint in {}: entries that were signed for are not there.':
        "« {} » est en deçà du point de contrôle dans {} : des entrées signées n’y sont pas.",
    "Every file, as it was.": "Chaque fichier, tel qu’il était.",
    "Keep what --json prints, as it is.": "Gardez ce que --json affiche, tel quel.",
    "Wait a second; then contrefeu journal verify.": "Attendez une seconde ; puis contrefeu journal verify.",
    "contrefeu journal verify --checkpoint {} says where it ends; contrefeu vault verify URL, whether a copy has more.":
        "contrefeu journal verify --checkpoint {} dit où il finit ; contrefeu vault verify URL, si une copie a plus.",
    "{} is not JSON.": "{} n’est pas du JSON.",
    "{} is too long to be one of ours.": "{} est trop long pour être des nôtres.",
    "There is no file {}.": "Il n’y a pas de fichier {}.",
    'Journal "{}" is not the one that its checkpoint signed for: nothing can be proved of it.':
        "Le journal « {} » n’est pas celui que son point de contrôle a signé : rien ne peut en être prouvé.",
    "contrefeu journal verify says where.": "contrefeu journal verify dit où.",
    "{} requests written, {} cosignatures taken": "{} demandes écrites, {} contresignatures prises",
    "REFUSED: {}": "REFUSÉ : {}",
    "ROLLED-BACK: {}": "RAMENÉ EN ARRIÈRE : {}",
    "{} has seen more of {} than there is": "{} a vu plus de {} qu’il n’y a",
    "Witness {}": "Témoin {}",
    "{}: cosigned": "{} : contresigné",
    "{}: not a request": "{} : pas une demande",
    "{}: signed by no key that is known of that journal": "{} : signé d’aucune clé connue de ce journal",
    "{}: not a journal that is witnessed here (--log adds one)":
        "{} : pas un journal dont on témoigne ici (--log en ajoute un)",
    "{}: asked from another size than was seen last; the size is left for the next request":
        "{} : demandé depuis une autre taille que la dernière vue ; la taille est laissée pour la prochaine demande",
    "{}: NOT the continuation of what was cosigned": "{} : N’EST PAS la suite de ce qui fut contresigné",
    "{} is no journal's public key.": "{} n’est pas la clé publique d’un journal.",
    "{} is no witness's public key.": "{} n’est pas la clé publique d’un témoin.",
    "entries given: {}, taken: {}": "entrées données : {}, prises : {}",
    "{}: given {}, taken {}": "{} : données {}, prises {}",
    "The node's exchange process does not answer.": "Le processus d’échange du nœud ne répond pas.",
    "The exchange was broken off.": "L’échange a été interrompu.",
    "contrefeu status shows it.": "contrefeu status le montre.",
    'Entry {} of "{}" has ended: its time was over, and the custodians signed so.':
        "L’entrée {} de « {} » est arrivée à terme : sa durée était passée, les dépositaires l’ont signé.",
    "The journal from entry {} on.": "Le journal à partir de l’entrée {}.",
    "contrefeu journal verify names what has ended.": "contrefeu journal verify nomme ce qui est arrivé à terme.",
    'Segment {} of journal "{}" has no whole header.': "Le segment {} du journal « {} » n’a pas d’en-tête entier.",
    'Segment {} of journal "{}" is another one\'s.': "Le segment {} du journal « {} » est celui d’un autre.",
    'Segment {} of journal "{}" is damaged at byte {}: a frame is not what was written there.':
        "Le segment {} du journal « {} » est endommagé à l’octet {} : une trame n’est plus ce qui y fut écrit.",
    'Segment {} of journal "{}" is damaged at byte {}: entries {} to {} are not what was written there.':
        "Le segment {} du journal « {} » est endommagé à l’octet {} : les entrées {} à {} ne sont plus celles écrites.",
    "contrefeu journal verify says how far; contrefeu vault repair fetches it.":
        "contrefeu journal verify dit jusqu’où ; contrefeu vault repair va le chercher.",
    'Journal "{}" cannot be gone on with, and has {} successors already.':
        "Le journal « {} » ne peut être continué, et a déjà {} successeurs.",
    "All of them, as they were found.": "Tous, tels que trouvés.",
    "The disk or the machine is broken: mend it; contrefeu journal verify says what is touched.":
        "Le disque ou la machine est en panne : réparez ; contrefeu journal verify dit ce qui est touché.",
    "An entry of {} bytes is above the limit of {}.": "Une entrée de {} octets dépasse la limite de {}.",
    "Everything journaled before it.": "Tout ce qui fut mis au journal avant elle.",
    "Split it, or raise the matter with its sender.": "Coupez-la, ou voyez avec son émetteur.",
    # Documents sealed to roles
    "ALARM: a rule seals documents to a role that has no key: contrefeu keys role":
        "ALARME : une règle scelle des documents pour un rôle sans clé : contrefeu keys role",
    "Documents can be sealed to {} from now on. Its words:":
        "Des documents peuvent désormais être scellés pour {}. Ses mots :",
    "They are kept nowhere: write them on paper for those who may read, and put one copy in a safe.":
        "Ils ne sont gardés nulle part : écrivez-les sur papier pour qui doit lire, et mettez-en un au coffre.",
    "role {}: {}": "rôle {} : {}",
    "no key": "sans clé",
    "The role's words": "Les mots du rôle",
    "{} cannot be read as words.": "{} ne se lit pas comme des mots.",
    "Name a text file that holds them.": "Nommez un fichier texte qui les contient.",
    "sealed to {}  {} since the start": "scellés pour {}  {} depuis le démarrage",
    "A document of {} bytes is too long to be sealed.": "Un document de {} octets est trop long pour être scellé.",
    "A rule of a feed seals documents to {}, a role that has no key.":
        "Une règle d’un flux scelle des documents pour {}, un rôle sans clé.",
    "Everything journaled; nothing was started, and nothing was taken in clear.":
        "Tout ce qui est au journal ; rien n’a démarré, rien n’a été reçu en clair.",
    "contrefeu keys role {} makes it; or take the rule out of contrefeu.toml.":
        "contrefeu keys role {} la crée ; ou ôtez la règle de contrefeu.toml.",
    "A role is named with small letters, digits and hyphens, 31 at most.":
        "Un rôle se nomme en minuscules, chiffres et traits d’union, 31 au plus.",
    "Name it as rules of feeds will: contrefeu keys role psychiatry":
        "Nommez-le comme le feront les règles des flux : contrefeu keys role psychiatrie",
    "{} has a key.": "{} a une clé.",
    "The key, and what was sealed to it.": "La clé, et ce qui a été scellé pour elle.",
    "Words that were lost or told: --again makes another key; the custodians open what was sealed before.":
        "Mots perdus ou divulgués : --again crée une autre clé ; les dépositaires ouvrent ce qui a été scellé avant.",
    "These are not the words of {}.": "Ce ne sont pas les mots de {}.",
    "These shares do not open it.": "Ces parts ne l’ouvrent pas.",
    "The document; nothing of it was shown.": "Le document ; rien n’en a été montré.",
    "Compare the words or shares with their paper; a former key has former words.":
        "Comparez les mots ou les parts à leur papier ; une ancienne clé s’ouvre avec ses anciens mots.",
    "{} is no sealed document.": "{} n’est pas un document scellé.",
    "contrefeu journal show --entry shows it.": "contrefeu journal show --entry le montre.",
    "keys/roles/{} is not the key of a role.": "keys/roles/{} n’est pas la clé d’un rôle.",
    "Everything that was sealed; its words open it.": "Tout ce qui a été scellé ; ses mots l’ouvrent.",
    "Bring the file back from a backup, or make another key: contrefeu keys role.":
        "Remettez le fichier d’une sauvegarde, ou créez une autre clé : contrefeu keys role.",
    # Keys
    "ALARM: the recovery key was not tried for a year: contrefeu keys rehearse":
        "ALARME : la clé de récupération n’a pas été essayée depuis un an : contrefeu keys rehearse",
    "The rotation to key {} was made before and is finished now.":
        "Le renouvellement vers la clé {} avait été fait ; il est terminé maintenant.",
    "never": "jamais",
    "due: {} up to entry {}, {} segments": "à échéance : {} jusqu’à l’entrée {}, {} segments",
    "ended: {} up to entry {}, {} segments": "détruit : {} jusqu’à l’entrée {}, {} segments",
    "Copies in vaults end with the retention that stands there; contrefeu journal verify says expired.":
        "Les copies des coffres finissent avec la durée qui y est inscrite ; contrefeu journal verify dit : expired.",
    "horizon held: {}": "horizon retenu : {}",
    "horizon not held": "horizon non retenu",
    "Nothing was destroyed.": "Rien n’a été détruit.",
    "Nothing ends now: {}.": "Rien n’est détruit maintenant : {}.",
    "downtime is declared": "une panne est déclarée",
    "the horizon is held": "l’horizon est retenu",
    "contrefeu downtime lift, or contrefeu keys release, when it is over.":
        "contrefeu downtime lift, ou contrefeu keys release, quand c’est fini.",
    'The charts have not read "{}" up to entry {}.': "Les dossiers n’ont pas lu « {} » jusqu’à l’entrée {}.",
    "contrefeu status says how far they are.": "contrefeu status dit où ils en sont.",
    "These shares give key {}, which this hospital never sealed to; the one in force is {}.":
        "Ces parts donnent la clé {}, pour laquelle cet hôpital n’a jamais scellé ; celle en vigueur est {}.",
    'Journal "{}" is not whole: nothing of it ends.': "Le journal « {} » n’est pas entier : rien n’en est détruit.",
    "contrefeu journal verify says where; contrefeu vault repair fetches it from a copy.":
        "contrefeu journal verify dit où ; contrefeu vault repair le reprend d’une copie.",
    "contrefeu journal verify says where; contrefeu vault repair fetches it.":
        "contrefeu journal verify dit où ; contrefeu vault repair va le chercher.",
    "What ends here must lie in {} vaults first; there are {}.":
        "Ce qui est détruit ici doit être d’abord dans {} coffres ; il y en a {}.",
    "contrefeu vault add, and contrefeu vault copy.": "contrefeu vault add, et contrefeu vault copy.",
    "The vault {} cannot be checked: {}": "Le coffre {} ne peut être vérifié : {}",
    'The vault {} does not hold "{}" whole up to entry {}.':
        "Le coffre {} ne tient pas « {} » entier jusqu’à l’entrée {}.",
    "contrefeu vault copy, then contrefeu vault verify; or take it out of the settings.":
        "contrefeu vault copy, puis contrefeu vault verify ; ou retirez-le des réglages.",
    'The beginning of journal "{}" is not what its headers sign for.':
        "Le début du journal « {} » n’est pas ce que signent ses en-têtes.",
    "The archive: its shares open it as before.": "Les archives : leurs parts les ouvrent comme avant.",
    "This home does not say which shares its recovery key has: it was made by an earlier version.":
        "Ce nœud ne dit pas quelles parts a sa clé de récupération : il vient d’une version plus ancienne.",
    "contrefeu keys rotate makes a new key, with custodians that can be confirmed.":
        "contrefeu keys rotate fait une nouvelle clé, avec des dépositaires que l’on peut confirmer.",
    "The new shares do not read back.": "Les nouvelles parts ne se relisent pas.",
    "The old shares stay in force.": "Les anciennes parts restent en vigueur.",
    "Bring shares of the set that names that key on its first lines. "
    "Those of a rotation that was interrupted before it took hold open nothing: destroy them.":
        "Apportez des parts du jeu qui nomme cette clé sur ses premières lignes. "
        "Celles d’un renouvellement interrompu avant de valoir n’ouvrent rien : détruisez-les.",
    "That is no sealed home.": "Ce n’est pas un nœud scellé.",
    "{} is there already.": "{} existe déjà.",
    "Name a folder that is not there.": "Nommez un dossier qui n’existe pas.",
    # up, status, doctor, part
    "The node's {} process did not start.": "Le processus {} du nœud n’a pas démarré.",
    "The journals and all they hold.": "Les journaux et tout ce qu’ils tiennent.",
    "The lines above say why (a port in use, a disk that is full, another node on this home).":
        "Les lignes au-dessus disent pourquoi (port pris, disque plein, autre nœud sur ce dossier).",
    "contrefeu status shows it. To start it anew, stop it first (Ctrl-C, or SIGTERM to its pid).":
        "contrefeu status le montre. Pour le relancer, arrêtez-le d’abord (Ctrl-C, ou SIGTERM à son pid).",
    "Node n{} made in {}": "Nœud n{} créé dans {}",
    "peer {}  {}  {}": "pair {}  {}  {}",
    "peer {}  {}, clock {} s": "pair {}  {}, horloge {} s",
    "peer {}  {}, clock {} s  {}": "pair {}  {}, horloge {} s  {}",
    "ward station {} ({})  {} entries given, {}": "poste d’unité {} ({})  {} entrées données, {}",
    "ward station {} ({})  {} entries given, {}  {}": "poste d’unité {} ({})  {} entrées données, {}  {}",
    "specimen numbers of {}  {} left": "numéros de tubes de {}  {} restent",
    "specimen numbers of {}  LOW: {} left": "numéros de tubes de {}  BIENTÔT FINIS : {} restent",
    "specimen numbers of {}  NONE LEFT": "numéros de tubes de {}  IL N’EN RESTE AUCUN",
    "SPECIMENS: two stations gave the same number: {}": "TUBES : deux postes ont donné le même numéro : {}",
    "surviving system {}  {}, {} taken, {} waiting, {} for a person":
        "système resté en marche {}  {}, {} pris, {} à envoyer, {} pour quelqu’un",
    "surviving system {}  {}, {} taken, {} waiting, {} for a person  {}":
        "système resté en marche {}  {}, {} pris, {} à envoyer, {} pour quelqu’un  {}",
    "no downtime": "aucune panne déclarée",
    "another kind": "d’une autre sorte",
    "elsewhere": "un autre nœud lui envoie",
    "lifted": "arrêté avec la panne d’avant",
    "{} is being sent to live.": "Un envoi en direct vers {} est en cours.",
    "Stop it in Panne, Systèmes restés en marche, or lift the downtime; then the same command.":
        "Arrêtez-le (Panne, Systèmes restés en marche), ou levez la panne ; puis la même commande.",
    "{} has the name of {} in the account: what one took would not be sent to the other.":
        "{} porte le nom de {} dans le compte : ce que l’un a pris ne partirait pas vers l’autre.",
    "Write another name = in its profile, and start the node anew.":
        "Écrivez un autre name = dans son profil, et redémarrez le nœud.",
    "A replay went to another system under the name of {}.":
        "Un renvoi est parti vers un autre système sous le nom de {}.",
    "sending": "envoi en cours",
    "The station's journal did not take what was claimed or answered.":
        "Le journal du poste n’a pas pris ce qui partait, ou la réponse.",
    "Nothing more is sent; what was sent is in doubt, and a person is asked.":
        "Plus rien ne part ; ce qui était parti est en doute, et quelqu’un est interrogé.",
    "contrefeu status; the log of the web process says why.":
        "contrefeu status ; le log du processus web dit pourquoi.",
    'The profile of {} marks messages (form = "marked") and says that no order follows from them.':
        'Le profil de {} marque les messages (form = "marked") et dit qu’aucune demande n’en découle.',
    "Nothing was sent to it.": "Rien ne lui a été envoyé.",
    'Give it a profile with form = "raw": live orders are to be carried out.':
        'Donnez-lui un profil avec form = "raw" : une demande envoyée en direct est à exécuter.',
    "never met over a line": "jamais rencontré par une ligne",
    "not running": "arrêté",
    "revoked": "révoqué",
    "damaged": "endommagé",
    "Services run as users of their own, and the settings say otherwise.":
        "Les services tournent sous des utilisateurs à eux, et les réglages disent autrement.",
    'Write users = "separate" under [processes] in contrefeu.toml; then systemctl restart contrefeu.':
        "Écrivez users = \"separate\" sous [processes] dans contrefeu.toml ; puis systemctl restart contrefeu.",
    "The node's own users cannot enter {}.": "Les utilisateurs du nœud ne peuvent pas entrer dans {}.",
    "Nothing was started, and nothing was given away.": "Rien n’a été lancé, rien n’a été donné.",
    "Install Contrefeu and keep its home where others may enter, such as /opt and /var/lib.":
        "Installez Contrefeu et gardez son dossier là où d’autres peuvent entrer, comme /opt et /var/lib.",
    'The settings say users = "separate", and only root can start processes of other users.':
        "Les réglages disent users = \"separate\", et seul root lance des processus d’autres utilisateurs.",
    'Start it as root (a system service does), or write users = "shared" under [processes].':
        "Lancez-le en root (un service le fait), ou écrivez users = \"shared\" sous [processes].",
    'Journal "{}" refused.': "Le journal « {} » a refusé.",
    "Nothing was kept.": "Rien n’a été gardé.",
    "The request is not one.": "Ce n’est pas une demande.",
    'The process that writes journal "{}" does not answer.': "Le processus qui écrit le journal « {} » ne répond pas.",
    "Everything that was confirmed before.": "Tout ce qui fut confirmé auparavant.",
    "contrefeu status shows whether the node runs; contrefeu up starts it.":
        "contrefeu status montre si le nœud tourne ; contrefeu up le lance.",
    "The home's path is too long for a local socket ({} bytes).":
        "Le chemin du dossier du nœud est trop long pour une socket locale ({} octets).",
    "Everything in the home.": "Tout ce qui est dans le dossier du nœud.",
    "Move the home to a shorter path, or give a short symbolic link with --home.":
        "Mettez-le à un chemin plus court, ou donnez un lien symbolique court avec --home.",
    "Give the disk space, or bring it back; then do it again.":
        "Donnez de la place au disque, ou ramenez-le ; puis recommencez.",
    "this process is stopping": "ce processus s’arrête",
    "input/output error": "erreur d’entrée-sortie",
    "no checkpoint": "pas de point de contrôle",
    "The certificate of the TLS listener cannot be used ({}).": "Le certificat de l’écoute TLS ne peut servir ({}).",
    "Nothing listens; senders keep their messages.": "Rien n’écoute ; les émetteurs gardent leurs messages.",
    "Compare capture.tls_certificate, tls_key and tls_clients with the files, and who may read them.":
        "Comparez capture.tls_certificate, tls_key et tls_clients avec les fichiers, et qui peut les lire.",
    "The process that reads the charts does not answer.": "Le processus qui lit les dossiers ne répond pas.",
    "The journal, and every chart: they are read again.": "Le journal, et chaque dossier : ils sont relus.",
    "The chart store {}.": "La base des dossiers {}.",
    "The journal: charts are a view of it.": "Le journal : les dossiers en sont une vue.",
    "See to its disk and key; a damaged store may be deleted, and is filled again from the journals.":
        "Voyez son disque et sa clé ; une base abîmée peut être effacée, les journaux la remplissent à nouveau.",
    "The charts are to lie on a PostgreSQL server, and its driver is not installed.":
        "Les dossiers doivent être sur un serveur PostgreSQL, et son pilote n’est pas installé.",
    'Install it: pip install "contrefeu[postgres]". Or have them in a file of the home: without'
    " `charts.store` in contrefeu.toml, or without --charts-store.":
        'Installez-le : pip install "contrefeu[postgres]". Ou gardez-les dans un fichier du nœud : sans `charts.store`'
        " dans contrefeu.toml, ou sans --charts-store.",
    "--charts-store takes postgresql://USER@HOST/DATABASE, without a password: the new home's settings name it, and"
    " they are copied to vaults.":
        "--charts-store prend postgresql://USER@HOST/DATABASE, sans mot de passe : les réglages du nouveau nœud le"
        " nomment, et ils sont copiés dans les coffres.",
    "Give the address so; the password goes into a password file (docs/howto/postgresql.md).":
        "Donnez l’adresse ainsi ; le mot de passe va dans un fichier de mots de passe (docs/howto/postgresql.md).",
    "Give the disk space; it goes on by itself.": "Donnez de la place au disque ; cela reprend seul.",
    "Its journal; what it was given twice is read once.":
        "Son journal ; ce qui lui fut donné deux fois est lu une fois.",
    "What was given to a ward's station cannot be noted: {}.":
        "Ce qui fut donné au poste d’une unité ne peut être noté : {}.",
    # Feeds, import, taps
    "{}: written to contrefeu.toml. Stop the node and start it again.":
        "{} : écrit dans contrefeu.toml. Arrêtez le nœud et relancez-le.",
    "contrefeu: {} is written to contrefeu.toml; stop the node and start it again":
        "contrefeu : {} est écrit dans contrefeu.toml ; arrêtez le nœud et relancez-le",
    "{}: {}  zone {}": "{} : {}  fuseau {}",
    "{}: {}  zone {}, {} refuse rules": "{} : {}  fuseau {}, {} règles de refus",
    "{}  {}  refused": "{}  {}  refusé",
    "{}  (not described)  refused": "{}  (non décrit)  refusé",
    "{}  {}  {} received, last {}": "{}  {}  {} reçus, dernier {}",
    "{}  (not described)  {} received, last {}": "{}  (non décrit)  {} reçus, dernier {}",
    "contrefeu: waiting {} s for messages; send a sample of each kind now (Ctrl-C ends the wait)":
        "contrefeu : attente de {} s ; envoyez maintenant un exemple de chaque type (Ctrl-C met fin à l’attente)",
    "{}  {} entries, {} of exercises, the longest {} bytes":
        "{}  {} entrées, dont {} d’exercices, la plus longue {} octets",
    "types: {}": "types : {}",
    "versions (MSH-12): {}": "versions (MSH-12) : {}",
    "character sets (MSH-18): {}": "jeux de caractères (MSH-18) : {}",
    "answers asked for (MSH-15/16): {}": "réponses demandées (MSH-15/16) : {}",
    "numbers given by: {}": "numéros donnés par : {}",
    "numbers without authority: {}": "numéros sans autorité : {}",
    "times without offset: {}": "heures sans décalage : {}",
    "on no chart: {}": "dans aucun dossier : {}",
    "times of day: {}, {} without offset, read in {}": "heures : {}, dont {} sans décalage, lues à l’heure de {}",
    "sequence numbers (MSH-13): {}": "numéros d’ordre (MSH-13) : {}",
    "control ids (MSH-10): {}, of {} days; used again for another message on the same day {}, on another {}":
        "numéros de message (MSH-10) : {}, de {} jours ; réutilisés pour un autre message "
        "le même jour {}, un autre jour {}",
    "{} empty in {} of {}": "{} vide dans {} sur {}",
    "{} empty in {} of {}: no chart says {}": "{} vide dans {} sur {} : aucun dossier ne dit {}",
    "who sent it: two senders without a name are one": "qui l’a envoyé : deux émetteurs sans nom n’en font qu’un",
    "when it was said: what came late cannot be told from what is new":
        "quand ce fut dit : ce qui vient tard ne se distingue pas du nouveau",
    "which message it is: a repeat cannot be told from another one":
        "quel message c’est : une répétition ne se distingue pas d’un autre",
    "in which character set it is: accents may be wrong":
        "dans quel jeu de caractères : les accents peuvent être faux",
    "whose it is: the message stands on no chart": "de qui c’est : le message n’est dans aucun dossier",
    "the patient's name": "le nom du patient",
    "the patient's age, and matching after a downtime": "l’âge du patient, ni le rapprochement après une panne",
    "the patient's sex": "le sexe du patient",
    "the ward: the patient is on no board": "l’unité : le patient n’est sur aucun tableau",
    "which stay it is of": "de quel séjour c’est",
    "since when the patient is here": "depuis quand le patient est là",
    "which order it is: an order cannot be told from another one":
        "quelle demande c’est : l’une ne se distingue pas de l’autre",
    "which examination it is": "quel examen c’est",
    "when the specimen was taken": "quand le prélèvement fut fait",
    "what was measured": "ce qui fut mesuré",
    "the unit of a number": "l’unité d’un chiffre",
    "the usual range": "les valeurs usuelles",
    "whether the laboratory finds it abnormal: nothing is guessed from the range":
        "si le laboratoire le juge anormal : rien n’est deviné des valeurs usuelles",
    "whether it is final": "si c’est définitif",
    "to what somebody is allergic": "à quoi la personne est allergique",
    "which drug": "quel médicament",
    "LOOK: {}": "À VOIR : {}",
    "{} numbers name no authority: they are {}'s own, and join no other feed's. "
    "If they are the hospital's, say whose with `authority`.":
        "{} numéros ne nomment aucune autorité : ils sont propres à {}, et ne rejoignent ceux d’aucun autre flux. "
        "S’ils sont ceux de l’hôpital, dites de qui avec `authority`.",
    "{} messages are not in the character set that MSH-18 names. "
    "If names look wrong on charts, say the real one with `charset`.":
        "{} messages ne sont pas dans le jeu de caractères que nomme MSH-18. "
        "Si des noms s’affichent mal dans les dossiers, dites le vrai avec `charset`.",
    "The longest has {} bytes, and its profile says {}. It was kept; "
    "if such messages are wanted, say so with `message_bytes_max`.":
        "Le plus long a {} octets, et son profil dit {}. Il a été gardé ; "
        "si de tels messages sont voulus, dites-le avec `message_bytes_max`.",
    "{} control ids (MSH-10) were used again for another message, and its profile says "
    "`{}`. Ask its owner why; if it is its habit, say so with `control_ids`.":
        "{} numéros de message (MSH-10) ont resservi pour un autre message, et son profil dit "
        "`{}`. Demandez pourquoi à son responsable ; si c’est son habitude, dites-le avec `control_ids`.",
    "No rule reads anything of it: every message is kept, none is charted.":
        "Aucune règle n’en lit rien : chaque message est gardé, aucun n’est dans un dossier.",
    "proposed:": "proposé :",
    "proposed; contrefeu feeds check {} --accept NAME writes it, under a NAME of your choice:":
        "proposé ; contrefeu feeds check {} --accept NOM l’écrit, sous un NOM de votre choix :",
    "[feeds.NAME]": "[feeds.NOM]",
    "Correct it in contrefeu.toml.": "Corrigez-le dans contrefeu.toml.",
    "docs/reference/settings.md lists each key.": "docs/reference/settings.md dit ce que vaut chaque clé.",
    "There is a feed {} already.": "Il y a déjà un flux {}.",
    "Give it another name.": "Donnez-lui un autre nom.",
    "Small letters, digits, '-' and '_'.": "Petites lettres, chiffres, « - » et « _ ».",
    "{} is no name of a feed.": "{} n’est pas un nom de flux.",
    "Nothing of {} is there to look at.": "Il n’y a rien de {} à regarder.",
    "Nothing of any sender is there to look at.": "Il n’y a rien à regarder, d’aucun émetteur.",
    "contrefeu feeds list names those that were heard; --last looks further back, --wait waits for more.":
        "contrefeu feeds list nomme ceux qu’on a entendus ; --last regarde plus loin, --wait en attend d’autres.",
    "No profile was written: {} is described already.": "Aucun profil n’a été écrit : {} est déjà décrit.",
    "No profile was written: {} senders were looked at.": "Aucun profil n’a été écrit : {} émetteurs ont été regardés.",
    "contrefeu.toml is as it was.": "contrefeu.toml est tel qu’il était.",
    "Name one sender that is not described: contrefeu feeds check SENDER --accept NAME.":
        "Nommez un émetteur non décrit : contrefeu feeds check EMETTEUR --accept NOM.",
    "No sender was named, and there is no terminal to ask on.":
        "Aucun émetteur n’est nommé, et il n’y a pas de terminal où le demander.",
    "contrefeu feeds add NAME --sender APP@FACILITY; contrefeu feeds list names those that were heard.":
        "contrefeu feeds add NOM --sender APP@SITE ; contrefeu feeds list nomme ceux qu’on a entendus.",
    "Nothing came, or nothing in the file is a message.": "Rien n’est venu, ou rien dans le fichier n’est un message.",
    "Send again, or name another file. contrefeu status says who was heard.":
        "Renvoyez, ou nommez un autre fichier. contrefeu status dit qui fut entendu.",
    "The files could not be read to their end: the process that read them was stopped.":
        "Les fichiers n’ont pu être lus jusqu’au bout : le processus qui les lisait a été arrêté.",
    "What was journaled before that stays, and the files are as they were.":
        "Ce qui était au journal reste, et les fichiers sont tels qu’ils étaient.",
    "Import the same files again: what is there already is charted once.":
        "Importez à nouveau les mêmes fichiers : ce qui est déjà là n’est au dossier qu’une fois.",
    "{} packets, {} MLLP streams: {} journaled in {}": "{} paquets, {} flux MLLP : {} mis au journal {}",
    "answers seen: {} positive, {} negative; they are not kept":
        "réponses vues : {} positives, {} négatives ; elles ne sont pas gardées",
    "refused by the settings: {}, not kept": "refusés par les réglages : {}, non gardés",
    "GAP  {}: {} bytes, {}: a message may be missing": "TROU  {} : {} octets, {} : un message manque peut-être",
    "GAP  {}: some bytes, {}: a message may be missing": "TROU  {} : quelques octets, {} : un message manque peut-être",
    "LOOK: {} bytes came twice and were not the same; the first stand":
        "À VOIR : {} octets sont venus deux fois, différents ; les premiers restent",
    "LOOK: {} streams are TLS: a tap cannot read them": "À VOIR : {} flux sont en TLS : une écoute ne peut les lire",
    "contrefeu: {}; what came before it is journaled": "contrefeu : {} ; ce qui précède est au journal",
    "the file ends within a packet": "le fichier finit au milieu d’un paquet",
    "the file ends within a block": "le fichier finit au milieu d’un bloc",
    "a packet has an impossible length": "un paquet a une longueur impossible",
    "a block has an impossible length": "un bloc a une longueur impossible",
    "a section has no byte order": "une section n’a pas d’ordre des octets",
    "bytes are missing": "des octets manquent",
    "a frame above the limit": "une trame au-dessus de la limite",
    "too much is unfinished": "trop de trames sont inachevées",
    "There is no file and no interface {}.": "Il n’y a ni fichier ni interface {}.",
    "Nothing was taken.": "Rien n’a été pris.",
    "Interfaces here: {}.": "Interfaces ici : {}.",
    "This is no file of captured packets.": "Ce n’est pas un fichier de paquets capturés.",
    "Give a pcap or pcapng file, as tcpdump -w and Wireshark write it (unpacked).":
        "Donnez un fichier pcap ou pcapng, tel que l’écrivent tcpdump -w et Wireshark (non compressé).",
    "Nothing was listened to.": "Rien n’a été écouté.",
    "contrefeu up starts it; then start the tap.": "contrefeu up le lance ; lancez ensuite l’écoute.",
    "The tap's ear ended.": "L’oreille de l’écoute s’est arrêtée.",
    "What was journaled.": "Ce qui est au journal.",
    "Start the tap again; report this.": "Relancez l’écoute ; signalez ceci.",
    "The tap's ear says what it may not.": "L’oreille de l’écoute dit ce qu’elle ne doit pas.",
    "Report this.": "Signalez ceci.",
    "{} cannot be listened to: {}.": "{} ne peut être écouté : {}.",
    "at most {} ports": "{} ports au plus",
    "Nothing was listened to, and nothing was changed.": "Rien n’a été écouté, rien n’a été changé.",
    "Run it as root, or with CAP_NET_RAW; name an interface that is up.":
        "Lancez-le en root, ou avec CAP_NET_RAW ; nommez une interface active.",
    "{}; kept whole": "{} ; gardé entier",
    "{} bytes are above the limit of an entry, {}": "{} octets dépassent la limite d’une entrée, {}",
    "it unpacks to more than may be taken of memory, or of what it is packed in":
        "décompressé, il dépasse ce qui peut être pris de mémoire, ou de son archive",
    "compressed data that does not unpack ({})": "des données compressées qui ne se décompressent pas ({})",
    "compressed data that ends before its end": "des données compressées coupées avant leur fin",
    "a zip archive that does not open": "une archive zip qui ne s’ouvre pas",
    "a member of a zip archive that does not open ({})": "un élément d’une archive zip qui ne s’ouvre pas ({})",
    "a member of a zip archive that does not unpack ({})":
        "un élément d’une archive zip qui ne se décompresse pas ({})",
    "a tar archive that ends before its end": "une archive tar coupée avant sa fin",
    "a tar archive that does not open": "une archive tar qui ne s’ouvre pas",
    # Settings, audit, bench
    "{}: {}; keys and credentials are not in it": "{} : {} ; les clés et les accès n’y sont pas",
    "changed: {}. contrefeu config check says more.": "changé : {}. contrefeu config check en dit plus.",
    "changed: nothing. contrefeu config check says more.": "changé : rien. contrefeu config check en dit plus.",
    "{} made. Stop the node and start it again.": "{} fait. Arrêtez le nœud et relancez-le.",
    "A backup in the home is lost with it.": "Une sauvegarde dans le dossier du nœud se perd avec lui.",
    "Name a file elsewhere.": "Nommez un fichier ailleurs.",
    "Name a file.": "Nommez un fichier.",
    "The settings are those of node {}, and this home is {}.": "Ces réglages sont ceux du nœud {}, et celui-ci est {}.",
    "A node's id names its journals and is never changed. Take single tables over by hand.":
        "L’id d’un nœud nomme ses journaux et ne change jamais. Reprenez à la main les tables voulues.",
    "That file is no backup of settings.": "Ce fichier n’est pas une sauvegarde de réglages.",
    "Name one that contrefeu config backup wrote; vaults hold the settings too (contrefeu restore).":
        "Nommez-en un de contrefeu config backup ; les coffres ont aussi les réglages (contrefeu restore).",
    "contrefeu config check lists each, with what is allowed.":
        "contrefeu config check les liste, avec ce qui est permis.",
    "contrefeu: {} events written to {}": "contrefeu : {} événements écrits dans {}",
    "--json needs --out.": "--json veut --out.",
    "bench {} ...": "mesure {}…",
    "{} cores; load {} before, {} after": "{} cœurs ; charge {} avant, {} après",
    "{} {} {} {} x{}   target {}: met": "{} {} {} {} x{}   but {} : atteint",
    "{} {} {} {} x{}   target {}: missed": "{} {} {} {} x{}   but {} : manqué",
    "There is no benchmark {}.": "Il n’y a pas de mesure {}.",
    "The benchmarks are not installed here.": "Les mesures ne sont pas installées ici.",
    "Known: {}": "Connues : {}",
    "Run it in a clone of the project.": "Lancez-la dans un clone du projet.",
    "attempts": "tentatives",
    # Proofs, and notes that are no longer what was signed
    "the checkpoint is malformed": "le point de contrôle est mal formé",
    "that witness did not cosign": "ce témoin n’a pas contresigné",
    "the witness did not cosign it": "le témoin ne l’a pas contresigné",
    "a hash in the proof is not 32 bytes long": "une empreinte de la preuve n’a pas 32 octets",
    "same size, other root": "même taille, autre racine",
    "the consistency proof is empty": "la preuve de continuité est vide",
    "the consistency proof is too long": "la preuve de continuité est trop longue",
    "the inclusion proof does not lead to the root": "la preuve de présence ne mène pas à la racine",
    "the inclusion proof is too long": "la preuve de présence est trop longue",
    "the new tree does not extend the old one": "le nouvel arbre ne prolonge pas l’ancien",
    "a signature line is malformed": "une ligne de signature est mal formée",
    "a signature on the note is wrong": "une signature de la note est fausse",
    "no known key signed the note": "aucune clé connue n’a signé la note",
    "not a verifier key": "ce n’est pas une clé publique",
    "the note has no signature block": "la note n’a pas de signatures",
    "the note holds a control character": "la note contient un caractère de contrôle",
    "the note is not UTF-8": "la note n’est pas de l’UTF-8",
    "the note is too long": "la note est trop longue",
    "the card is too long": "la carte est trop longue",
    "not a station's card": "ce n’est pas la carte d’un poste",
    "not a note of reading keys": "ce n’est pas une note de clés de lecture",
    "the note of reading keys is too long": "la note de clés de lecture est trop longue",
    "not a request for a cosignature": "ce n’est pas une demande de contresignature",
    "the request is too long": "la demande est trop longue",
    "the journal has no checkpoint yet": "le journal n’a pas encore de point de contrôle",
    "the journal is shorter than what was witnessed of it": "le journal est plus court que ce dont on a témoigné",
    "the checkpoint speaks of another journal": "le point de contrôle parle d’un autre journal",
    "the checkpoint is that of another journal": "le point de contrôle est celui d’un autre journal",
    "the expiry is malformed": "l’acte de fin est mal formé",
    "the expiry is malformed, or of another journal": "l’acte de fin est mal formé, ou d’un autre journal",
    "the expiry is not signed by those who may end a journal":
        "l’acte de fin n’est pas signé de qui peut mettre fin à un journal",
    "leaves are missing": "des feuilles manquent",
    "the entry is not the one of that place": "l’entrée n’est pas celle de cette place",
    "the hash of the ciphertext is not 32 bytes long": "l’empreinte du texte chiffré n’a pas 32 octets",
    "the newer checkpoint commits to fewer entries": "le point de contrôle plus récent engage moins d’entrées",
    "the older checkpoint is not that of an empty journal":
        "le point de contrôle plus ancien n’est pas celui d’un journal vide",
    "the older checkpoint is the longer one": "le point de contrôle plus ancien est le plus long",
    "the proof has no frame's head, or no salt": "la preuve n’a pas de tête de trame, ou pas de sel",
    "the proof names a place that there is not, or a malformed entry":
        "la preuve nomme une place qui n’existe pas, ou une entrée mal formée",
    "this is no proof of an entry": "ce n’est pas la preuve d’une entrée",
    "this is no proof that one checkpoint extends another":
        "ce n’est pas la preuve qu’un point de contrôle en prolonge un autre",
    "the recovery key's note does not follow the one before":
        "la note de la clé de récupération ne suit pas la précédente",
    "the recovery key's note is malformed": "la note de la clé de récupération est mal formée",
    "the recovery key's note is not signed by both keys":
        "la note de la clé de récupération n’est pas signée des deux clés",
    "not the name of a journal": "ce n’est pas le nom d’un journal",
    "A segment's header is malformed.": "L’en-tête d’un segment est mal formé.",
    "A segment's header is not its writer's: {}.": "L’en-tête d’un segment n’est pas de son auteur : {}.",
    'Frame {} of journal "{}" is not what was sealed.': "La trame {} du journal « {} » n’est pas ce qui fut scellé.",
    "The data key of segment {} is not the one that was sealed.":
        "La clé de données du segment {} n’est pas celle qui fut scellée.",
    'Journal "{}" holds {} leaves and vouched for another tree.':
        "Le journal « {} » tient {} feuilles et s’est porté garant d’un autre arbre.",
    'The key "{}" does not open segment {} of "{}".': "La clé « {} » n’ouvre pas le segment {} de « {} ».",
    'Headers of "{}" are read with no key.': "Les en-têtes de « {} » sont lus sans clé.",
    "is damaged": "est abîmée",
    "does not open with this key, or is not a chart store": "ne s’ouvre pas avec cette clé, ou n’en est pas une",
    "has no room left on its disk": "n’a plus de place sur son disque",
    "cannot be written": "ne peut être écrite",
    "cannot be read or written": "ne peut être lue ni écrite",
    "is being written by another process": "est écrite par un autre processus",
    "was written by another process since": "a été écrite depuis par un autre processus",
    "is written by a node of another version": "est écrite par un nœud d’une autre version",
    "cannot be opened": "ne peut être ouverte",
    "may not be written by its user on the server": "ne peut être écrite par son utilisateur sur le serveur",
    "has no room left on its server's disk": "n’a plus de place sur le disque de son serveur",
    "did not answer in time": "n’a pas répondu à temps",
    "cannot be reached on its server, or its server ended the connection":
        "est hors d’atteinte sur son serveur, ou le serveur a fermé la connexion",
    "cannot be read": "illisible",
    "not a regular file": "pas un fichier ordinaire",
    "It has not said its reading keys yet: exchange with it.":
        "Il n’a pas encore dit ses clés de lecture : échangez avec lui.",
    "The node has not run since it was joined.": "Le nœud n’a pas tourné depuis qu’il est joint.",
}  # fmt: skip
