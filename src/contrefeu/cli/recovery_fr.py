"""What the commands after the attack say, in French: gap, match, replay, reconcile, and the drills (phrases.py)."""

ROWS = {
    # replay: why something waits
    "warning: some of it went to {} already; if both are one system, a profile gives its name":
        "attention : une partie est déjà allée à {} ; si c’est le même système, un profil donne son nom",
    "both numbers are temporary": "les deux numéros sont provisoires",
    "for another target, {}": "pour un autre destinataire, {}",
    "of another comparison, that of {}": "à partir d’une autre comparaison, celle du {}",
    "under another profile": "sous un autre profil",
    "waiting: {} of the same patient, for {}": "en attente : {} du même patient, après {}",
    "whether its application answers depends (MSH-16): a marked form asks for an answer":
        "l’application ne répond que dans certains cas (MSH-16) : la forme marquée demande une réponse",
    "the target has another name, birth date, sex or death of this patient: change it there":
        "la cible a un autre nom, sexe, date de naissance ou décès pour ce patient : corrigez-le là-bas",
    "accepted, and not there": "acceptées, et absentes là-bas",
    "it was accepted, and says something else when read back": "acceptée, et autre chose à la relecture",
    # gap
    "{} entries: {} present, {} missing, {} different": "{} entrées : {} présentes, {} absentes, {} différentes",
    "{} of the missing are there in an earlier state": "{} des absentes y sont à un état antérieur",
    "{} that its answers do not show: neither present nor missing":
        "{} que ses réponses ne montrent pas : ni présentes ni absentes",
    "{} that no journal holds; compared with {} messages in {} s":
        "{} qu’aucun journal ne tient ; comparé avec {} messages en {} s",
    "not compared: {} that repeat another": "non comparées : {} répétitions, octet pour octet",
    "not compared: {} that were taken back, or take back what is no more":
        "non comparées : {} annulées depuis, ou qui annulent ce qui n’est plus",
    "not compared: {} of exercises": "non comparées : {} d’exercices",
    "not compared: {} that people did here": "non comparées : {} d’ici : ce qui a été fait, et qui a regardé quoi",
    "not compared: {} that are about nobody's care": "non comparées : {} qui ne concernent les soins de personne",
    "not compared: {} that were sent back, said to us again": "non comparées : {} que nous avons renvoyées, redites",
    "not compared: {} that two persons withdrew": "non comparées : {} retirées par deux personnes",
    "not compared: {} that no key here opens": "non comparées : {} qu’aucune clé ici n’ouvre",
    "type {}: {} missing, {} different, {} there alone, {} not shown":
        "type {} : {} absentes, {} différentes, {} là-bas seulement, {} non montrées",
    "ward {}: {} missing, {} different, {} there alone, {} not shown":
        "unité {} : {} absentes, {} différentes, {} là-bas seulement, {} non montrées",
    "day {}: {} missing, {} different, {} there alone, {} not shown":
        "jour {} : {} absentes, {} différentes, {} là-bas seulement, {} non montrées",
    "{} set aside: in doubt, to be read again in the ward app (Recovery) before they go back":
        "{} mises de côté : en doute, à relire dans l’application (Reprise) avant de repartir",
    "{} patients lack something": "il manque quelque chose à {} patients",
    "Next: contrefeu replay --to mllp://HOST:PORT --dry-run": "Puis : contrefeu replay --to mllp://HOTE:PORT --dry-run",
    "Next: contrefeu replay --to {} --dry-run": "Puis : contrefeu replay --to {} --dry-run",
    "contrefeu: {}: {}": "contrefeu : {} : {}",
    "contrefeu: {}": "contrefeu : {}",
    "--clean and --detected go together.": "--clean et --detected vont ensemble.",
    "Nothing was compared.": "Rien n’a été comparé.",
    "Name a folder or a file that exists, http(s)://HOST/BASE of a FHIR server, or mllp://HOST:PORT.":
        "Nommez un dossier ou un fichier qui existe, http(s)://HOTE/BASE d’un serveur FHIR, ou mllp://HOTE:PORT.",
    "There is no export at {}.": "Il n’y a pas d’export à {}.",
    "{} answers no more: {}.": "{} ne répond plus : {}.",
    "{} answers: {}": "{} répond : {}",
    "nobody listens ({})": "personne n’écoute ({})",
    "it does not come to an end": "cela n’en finit pas",
    "Nothing was compared, and nothing there was changed: it was only asked.":
        "Rien n’a été comparé, et rien n’y a été changé : il n’a été qu’interrogé.",
    "Look whether it answers queries, and how long it takes (answer_s in the profile); then the same.":
        "Voyez s’il répond aux requêtes, et en combien de temps (answer_s dans le profil) ; puis de même.",
    "an error": "une erreur",
    "it refuses": "il refuse",
    "too many candidates": "trop de candidats",
    "it does not say why": "il ne dit pas pourquoi",
    "its header ends before MSH-9": "son en-tête finit avant MSH-9",
    "its answer names no patient": "sa réponse ne nomme aucun patient",
    "That is no FHIR server.": "Ce n’est pas un serveur FHIR.",
    "Nothing was asked.": "Rien n’a été demandé.",
    "Give http(s)://HOST/BASE.": "Donnez http(s)://HOTE/BASE.",
    "A token is not sent over http: anybody on the way could use it.":
        "Un jeton ne part pas en http : n’importe qui sur le chemin pourrait s’en servir.",
    "Give https://…; SSL_CERT_FILE names the hospital's own authority.":
        "Donnez https://… ; SSL_CERT_FILE nomme l’autorité de l’hôpital.",
    "The FHIR server at {} does not answer ({}).": "Le serveur FHIR à {} ne répond pas ({}).",
    "Nothing was changed there by this command.": "Cette commande n’y a rien changé.",
    "The same command again, once it answers.": "La même commande, une fois qu’il répond.",
    "the next page, which it says is on another server": "la page suivante, qu’il dit sur un autre serveur",
    "a page too large": "une page trop grande",
    "{} cannot be read as a token ({}).": "{} ne se lit pas comme un jeton ({}).",
    "{} holds no bearer token (one line of ASCII).": "{} ne contient pas de jeton (une ligne d’ASCII).",
    "The findings in this home are not those that the journal speaks of.":
        "Les constats de ce nœud ne sont pas ceux dont parle le journal.",
    "The journals.": "Les journaux.",
    "contrefeu gap --against … compares again.": "contrefeu gap --against … compare à nouveau.",
    "{} is no mapping of columns ({}).": "{} n’est pas une table de colonnes ({}).",
    'It is TOML: control_id = "COLUMN"; application, facility, delimiter and encoding if need be.':
        "C’est du TOML : control_id = \"COLONNE\" ; au besoin application, facility, delimiter et encoding.",
    "{} has no column {}.": "{} n’a pas de colonne {}.",
    "{} is a list, and nothing says what its columns are.":
        "{} est une liste, et rien ne dit ce que sont ses colonnes.",
    "Give --mapping FILE; if it is no list of control ids, take it out of the export.":
        "Donnez --mapping FICHIER ; si ce n’est pas une liste d’identifiants, retirez-la de l’export.",
    "Name its columns in the mapping file as they stand in its first line.":
        "Nommez ses colonnes dans la table, telles qu’elles sont sur sa première ligne.",
    "warning: there is nothing at {}: all of it counts as missing, and would be sent again":
        "attention : il n’y a rien à {} : tout compte comme absent, et serait renvoyé",
    "lines without a control id: {}": "lignes sans identifiant : {}",
    # match
    "{} temporary identities: {} joined, {} for people, {} like nobody":
        "{} identités provisoires : {} réunies, {} à décider par deux personnes, {} qui ne ressemblent à personne",
    "for people: {}  {}": "à décider : {}  {}",
    "Next: two people decide on the page Identités of the ward app.":
        "Puis : deux personnes décident à la page Identités de l’application.",
    "doubtful or fictitious identity": "identité douteuse ou fictive",
    "twin or newborn": "jumeau ou nouveau-né",
    "another patient is nearly as likely": "un autre patient lui ressemble presque autant",
    "what agrees is not enough": "ce qui concorde ne suffit pas",
    "holds a blood group or an antibody screen: the blood bank decides":
        "un groupe sanguin ou une RAI est au dossier : le dépôt de sang décide",
    "Parquet files need DuckDB, which is not installed here.":
        "Les fichiers Parquet veulent DuckDB, qui n’est pas installé ici.",
    "The export in NDJSON is whole.": "L’export en NDJSON est entier.",
    "pip install 'contrefeu[match]', which brings it.": "pip install 'contrefeu[match]', qui l’apporte.",
    "Matching needs Splink and DuckDB, which are not installed here.":
        "Le rapprochement veut Splink et DuckDB, qui ne sont pas installés ici.",
    "pip install 'contrefeu[match]' on the machine that recovers; a ward's machine needs none of it.":
        "pip install 'contrefeu[match]' sur la machine de la reprise ; un poste d’unité n’en a pas besoin.",
    # replay
    "{} planned for {}: {} acknowledged, {} rejected": "{} prévues pour {} : {} acquittées, {} rejetées",
    "held {}   remaining {}   set aside {}   sent now {}":
        "retenues {}   restantes {}   mises de côté {}   envoyées maintenant {}",
    "held: {}  {}": "retenues : {}  {}",
    "Stopped at the first: {}": "Arrêté à la première : {}",
    "Stopped at the first ({}): {}": "Arrêté à la première ({}) : {}",
    "Stopped at {}: {}": "Arrêté à {} : {}",
    "Stopped at {} ({}): {}": "Arrêté à {} ({}) : {}",
    "Plan: {}": "Plan : {}",
    "it was accepted before, and is not there": "acceptée auparavant, et n’y est pas",
    "the target holds another message under its control id":
        "le destinataire tient un autre message sous le même identifiant",
    "it would ask somebody to act again": "elle demanderait à quelqu’un d’agir une seconde fois",
    "it would ask somebody to act again, or the profile leaves its kind out":
        "elle demanderait à quelqu’un d’agir une seconde fois, ou le profil ne prend pas ce type",
    "agreed with the vendor: it is typed from the list": "convenu avec l’éditeur : se ressaisit depuis la liste",
    "agreed with the vendor: it does not go back": "convenu avec l’éditeur : ne revient pas",
    "the profile leaves this kind out": "le profil du destinataire ne prend pas ce type",
    "received between the last clean moment and the detection": "reçue entre le dernier instant sain et la détection",
    "looked at and dropped: {}": "relue et écartée : {}",
    "in doubt no longer: the clean point is another one now": "plus en doute : le dernier instant sain a changé",
    "it was sent, and had no answer": "envoyée, sans réponse",
    "it was sent again since the plan was written, and had no answer":
        "renvoyée depuis que le plan est écrit, sans réponse",
    "somebody must decide": "quelqu’un doit décider",
    "somebody dropped it since the plan was written": "écartée par quelqu’un depuis que le plan est écrit",
    "it waits to be looked at: somebody takes it up or drops it on the page Reprise":
        "à relire : quelqu’un la reprend ou l’écarte à la page Reprise",
    "it was withdrawn by two persons": "retirée par deux personnes",
    "the plan names no entry by it": "le plan ne nomme là aucune entrée",
    "it cannot be read here ({})": "illisible ici ({})",
    "no journal here holds it": "aucun journal ici ne la tient",
    "it was never sent: nobody can have seen it arrive": "jamais envoyée : personne ne peut l’avoir vue arriver",
    "nobody listens": "personne n’écoute",
    "the target rejected it": "le destinataire l’a rejetée",
    "the target rejected it: {}": "le destinataire l’a rejetée : {}",
    "the connection failed ({})": "la connexion a échoué ({})",
    "the target hung up": "le destinataire a raccroché",
    "no answer in time": "pas de réponse à temps",
    "what came back is no answer to it": "ce qui est revenu n’y répond pas",
    "what came back is no answer to it ({})": "ce qui est revenu n’y répond pas ({})",
    "its answer does not name what was made": "sa réponse ne nomme pas ce qui a été créé",
    "it was accepted, and could not be read back ({})": "acceptée, et n’a pu être relue ({})",
    "it was accepted, and is not there when read back": "acceptée, et absente à la relecture",
    "it is not one HL7 v2 message": "ce n’est pas un message HL7 v2",
    "it is sealed to a role, whose words open it: send it by hand":
        "elle est scellée pour un rôle, dont les mots l’ouvrent : à envoyer à la main",
    "it holds several messages": "elle contient plusieurs messages",
    "it holds the marks of a frame": "elle contient les marques d’une trame",
    "it has no control id (MSH-10)": "elle n’a pas d’identifiant (MSH-10)",
    "it asks for no answer (MSH-15, MSH-16): a marked form asks for one":
        "elle ne demande pas de réponse (MSH-15, MSH-16) : la forme marquée en demande une",
    "it says nothing that FHIR can hold, or that the target does not":
        "elle ne dit rien que FHIR tienne, ou que le destinataire ne tienne déjà",
    "it is no FHIR": "ce n’est pas du FHIR",
    "two patients after all: part them there by hand": "deux patients, en fait : séparez-les là-bas à la main",
    "two patients after all: no message says so, part them there by hand":
        "deux patients, en fait : aucun message ne le dit, séparez-les là-bas à la main",
    "its patient has no number that the target could know":
        "son patient n’a aucun numéro que le destinataire puisse connaître",
    "the target has several patients of the lost number, or does not say which version it has":
        "le destinataire a plusieurs patients au numéro perdu, ou ne dit pas quelle version il a",
    "the target holds something else under its number": "le destinataire tient autre chose sous son numéro",
    "the target keeps the other number of a merge: unite them there by hand":
        "le destinataire garde l’autre numéro d’une fusion : réunissez-les là-bas à la main",
    "it is about nobody whom a chart knows, or about several":
        "elle ne concerne aucun patient qu’un dossier connaisse, ou plusieurs",
    "Nothing was compared with a restored system yet.": "Rien n’a encore été comparé avec un système restauré.",
    "Nothing was sent.": "Rien n’a été envoyé.",
    "contrefeu gap --against … says what it lacks, and writes the plan.":
        "contrefeu gap --against … dit ce qui lui manque, et écrit le plan.",
    "A replay to {} ended with {} messages that it rejected, or that are in doubt.":
        "Un renvoi vers {} s’est terminé avec {} messages rejetés, ou en doute.",
    "Nothing was sent by this command.": "Cette commande n’a rien envoyé.",
    "Look at them there; then --resume. What is in doubt is held until the plan says otherwise.":
        "Regardez-les là-bas ; puis --resume. Ce qui est en doute est retenu tant que le plan ne dit pas autre chose.",
    "There is no plan at {}.": "Il n’y a pas de plan à {}.",
    "With --dry-run one is written there.": "Avec --dry-run, il en est écrit un là.",
    "Line {} of {} is no line of a plan: {}.": "La ligne {} de {} n’est pas une ligne de plan : {}.",
    "Change `do`, `why` and `owner` only; contrefeu replay --dry-run --plan NEWFILE writes one anew.":
        "Ne changez que `do`, `why` et `owner` ; contrefeu replay --dry-run --plan NOUVEAU en écrit un autre.",
    "what is set aside needs `why` and `owner`": "ce qui est mis de côté veut `why` et `owner`",
    "an entry stands in it twice": "une entrée y est deux fois",
    "another format": "un autre format",
    "{} is no profile of a target: {}.": "{} n’est pas le profil d’un destinataire : {}.",
    "paths.{}: a movement or a name is never a document": "paths.{} : un mouvement ou un nom n’est jamais un document",
    "docs/howto/send-back.md says what stands in one.": "docs/howto/send-back.md dit ce qui y figure.",
    "The home's disk is full.": "Le disque du nœud est plein.",
    "The journals, and what was sent and answered so far.":
        "Les journaux, et ce qui a été envoyé et répondu jusque-là.",
    "Make room, and run the command again.": "Faites de la place, et relancez la commande.",
    "That is no target that messages can be sent back to.":
        "Ce n’est pas un destinataire à qui renvoyer des messages.",
    "Give --to mllp://HOST:PORT, or http(s)://HOST/BASE of a FHIR R4 server.":
        "Donnez --to mllp://HOTE:PORT, ou http(s)://HOTE/BASE d’un serveur FHIR R4.",
    "Nobody listens at {} ({}).": "Personne n’écoute à {} ({}).",
    "What was answered so far; nothing is in doubt that was not before.":
        "Ce qui a été répondu jusque-là ; rien n’est en doute qui ne l’était déjà.",
    "contrefeu replay … --resume goes on once it listens.": "contrefeu replay … --resume reprend dès qu’il écoute.",
    # reconcile
    "{} entries in the journals; {} counted": "{} entrées dans les journaux ; {} comptées",
    "present: {}  {}": "présentes : {}  {}",
    "sent back and accepted: {}  {}": "renvoyées et acceptées : {}  {}",
    "said again by the restored system: {}  {}": "redites par le système restauré : {}  {}",
    "set aside: {}  {}": "mises de côté : {}  {}",
    "kept here: {}  {}": "gardées ici : {}  {}",
    "UNACCOUNTED: {}  {}": "SANS EXPLICATION : {}  {}",
    "left in {}: {}, some {} min of typing": "reste pour {} : {}, environ {} min de saisie",
    "of {} entries written here {} are there without typing":
        "sur {} entrées écrites ici, {} y sont sans ressaisie",
    "as data: {} of {} back, {} left, some {} min of typing":
        "en données : {} revenues sur {}, {} restent, environ {} min de saisie",
    "as documents to be read: {} of {} back, {} left, some {} min of typing":
        "en documents à lire : {} revenues sur {}, {} restent, environ {} min de saisie",
    "typed from the list: {} of {} back, {} left, some {} min of typing":
        "ressaisies depuis la liste : {} revenues sur {}, {} restent, environ {} min de saisie",
    "does not go back: {} of {} back, {} left, some {} min of typing":
        "ne reviennent pas : {} revenues sur {}, {} restent, environ {} min de saisie",
    "of {} stays written here {} hold all that billing needs":
        "sur {} séjours écrits ici, {} ont tout ce qu’il faut à la facturation",
    "Sound: {}": "Compte juste : {}",
    "NOT SOUND: {}": "COMPTE FAUX : {}",
    "UNACCOUNTED: {}  missing": "SANS EXPLICATION : {}  absentes du système restauré, pas renvoyées",
    "UNACCOUNTED: {}  different": "SANS EXPLICATION : {}  autre contenu sous le même identifiant",
    "kept here: {}  repeat": "gardées ici : {}  répétitions, octet pour octet",
    "kept here: {}  exercise": "gardées ici : {}  messages d’exercice",
    "kept here: {}  act": "gardées ici : {}  ce qui a été fait ici, et qui a regardé quoi",
    "kept here: {}  nobodys": "gardées ici : {}  ne concernent les soins de personne",
    "kept here: {}  void": "gardées ici : {}  annulées depuis, ou qui annulent ce qui n’est plus",
    "no key here opens it": "aucune clé ici ne l’ouvre",
    "carried here for the ward; the hospital's node accounts for it":
        "portée ici pour l’unité ; le nœud de l’hôpital en rend compte",
    "what people did here, and who looked at what": "ce qui a été fait ici, et qui a regardé quoi",
    "the target accepted it": "acceptée par le destinataire",
    "the restored system holds it": "le système restauré l’a",
    "what was sent back, said to us again": "ce que nous avons renvoyé, redit",
    "withdrawn by two persons": "retirée par deux personnes",
    "not compared: received after the last comparison, or there was none":
        "non comparée : reçue après la dernière comparaison, ou il n’y en a pas eu",
    "not compared: the comparison began later": "non comparée : la comparaison commence plus tard",
    "not compared: the answers to our queries do not show it":
        "non comparée : les réponses à nos requêtes ne la montrent pas",
    "sent, and no answer": "envoyée, sans réponse",
    "sent, and rejected": "envoyée, rejetée",
    # drill
    "{}  held    {}: {}": "{}  tenue     {} : {}",
    "{}  BROKEN  {}: {}": "{}  NON TENUE {} : {}",
    "{}  held    {}: {} ({})": "{}  tenue     {} : {} ({})",
    "{}  BROKEN  {}: {} ({})": "{}  NON TENUE {} : {} ({})",
    "Enter: begin (minute 0)": "Entrée : commencer (minute 0)",
    "attack {}, seed {}, {} s": "attaque {}, graine {}, {} s",
    "{}: {} injects, {} min, {}": "{} : {} injects, {} min, {}",
    "{}: {}, {} to {}, Contrefeu {}": "{} : {}, du {} au {}, Contrefeu {}",
    "signed by  {}": "signé par  {}",
    "signed by  {}  (the record's own word: compare with the paper)":
        "signé par  {}  (selon le fichier lui-même : comparez avec le papier)",
    "hospital: {} patients, {} messages of {} h and of the days before":
        "hôpital : {} patients, {} messages de {} h et des jours d’avant",
    "power cut while every system was sending; the node is started again":
        "coupure de courant pendant que tous les systèmes envoyaient ; le nœud est relancé",
    "the record system is gone ({}); downtime is declared": "le dossier patient a disparu ({}) ; la panne est déclarée",
    "attack: tampering with copies of the journals ...": "attaque : falsification de copies des journaux…",
    "attack: {}: {}": "attaque : {} : {}",
    "{} files wiped": "{} fichiers effacés",
    "{} files encrypted": "{} fichiers chiffrés",
    "{} files infected, names and sizes unchanged": "{} fichiers infectés, noms et tailles inchangés",
    "{} files of journals altered by a bit, keys and charts deleted, all else left as it was":
        "{} fichiers de journaux altérés d’un bit, clés et dossiers effacés, tout le reste laissé tel quel",
    "restore: with too few shares, then with enough ...": "restauration : avec trop peu de parts, puis assez…",
    "restore ended with {}: {}": "la restauration s’est terminée avec {} : {}",
    "The scenario {}: {}.": "Le scénario {} : {}.",
    "the file has more than {} bytes": "le fichier a plus de {} octets",
    "it is not UTF-8": "ce n’est pas de l’UTF-8",
    "inject: there is none; allowed: one at least": "inject : il n’y en a pas ; permis : un au moins",
    'inject "{}": its id was used before; allowed: an id once':
        "inject « {} » : son id a déjà servi ; permis : un id une fois",
    'inject "{}": role = "{}"; allowed: {}': "inject « {} » : role = « {} » ; permis : {}",
    'inject "{}": at_minute {} and within_minutes {} end after the exercise; allowed: {} together':
        "inject « {} » : at_minute {} et within_minutes {} finissent après l’exercice ; permis : {} ensemble",
    'inject "{}": it needs a patient; allowed: patient = "a" to "d"':
        "inject « {} » : il lui faut un patient ; permis : patient = \"a\" à \"d\"",
    'inject "{}": {} is nobody; allowed: patient = "a" to "d"':
        "inject « {} » : {} n’est personne ; permis : patient = \"a\" à \"d\"",
    'role "{}": {} injects; allowed: {}, two printed pages':
        "role « {} » : {} injects ; permis : {}, deux pages imprimées",
    "Nothing was run.": "Rien n’a été lancé.",
    "Name a new folder with --keep.": "Nommez un nouveau dossier avec --keep.",
    "contrefeu drill --record FILE.json writes one.": "contrefeu drill --record FICHIER.json en écrit un.",
    'The simulated ward "{}" has {} patients in beds, and the scenario names {}.':
        "L’unité simulée « {} » a {} patients dans des lits, et le scénario en nomme {}.",
    "Give the scenario more beds, another seed or another ward.":
        "Donnez au scénario plus de lits, une autre graine ou une autre unité.",
    "Name a new folder with --to.": "Nommez un nouveau dossier avec --to.",
    "That home is not an exercise's.": "Ce nœud n’est pas celui d’un exercice.",
    "Nothing in it was touched.": "Rien n’y a été touché.",
    "contrefeu drill makes its own.": "contrefeu drill fait le sien.",
    "The drill stopped: `contrefeu {}` ended with {}.": "L’exercice s’est arrêté : `contrefeu {}` a fini avec {}.",
    "Everything outside the drill's own folder.": "Tout ce qui est hors du dossier de l’exercice.",
    "Run it again with --keep DIR and look at what it left.":
        "Relancez-le avec --keep DOSSIER et regardez ce qu’il a laissé.",
    "The drill's node did not start.": "Le nœud de l’exercice n’a pas démarré.",
    "Read {} (--keep DIR leaves it there).": "Lisez {} (--keep DOSSIER le laisse là).",
    "That file is no record of an exercise.": "Ce fichier n’est pas le compte rendu d’un exercice.",
    "That record is not the one that was signed: {}.": "Ce compte rendu n’est pas celui qui fut signé : {}.",
    "it was changed after it was signed": "il a été changé après sa signature",
    "The paper report with its fingerprint, and the journals of the exercise.":
        "Le rapport papier avec son empreinte, et les journaux de l’exercice.",
    "Compare with the paper; ask for the file again where it was made.":
        "Comparez avec le papier ; redemandez le fichier là où il fut fait.",
    "There is no scenario {}.": "Il n’y a pas de scénario {}.",
    "Name a file, or one of: {}.": "Nommez un fichier, ou l’un de ceux-ci : {}.",
    "docs/spec/scenario-v1.md shows every key.": "docs/spec/scenario-v1.md montre chaque clé.",
    "This home holds charts of real patients: a simulated hospital has no place in it.":
        "Ce nœud tient les dossiers de vrais patients : un hôpital simulé n’y a pas sa place.",
    "Make another home: contrefeu --home DIR init --drill":
        "Faites un autre nœud : contrefeu --home DOSSIER init --drill",
    # Why something cannot be said in a message (mapping/to_hl7)
    "it says several kinds of things": "elle dit plusieurs sortes de choses",
    "no message is written of this kind of thing": "aucun message ne s’écrit pour cette sorte de chose",
    "a precaution or a directive: whoever cares for the patient there sets it":
        "une précaution ou une consigne : qui soigne le patient là-bas la pose",
    "a stay of which it says no step": "un séjour dont elle ne dit aucune étape",
    "a step of a stay that has no number": "une étape d’un séjour sans numéro",
    "a step of a stay that no event says": "une étape d’un séjour qu’aucun événement ne dit",
    "it ends a stay that was begun beside another one": "elle finit un séjour commencé à côté d’un autre",
    "an allergy that was changed or taken back: AL1 cannot say so":
        "une allergie changée ou reprise : AL1 ne peut pas le dire",
    "an appointment of a status that a message cannot say": "un rendez-vous d’un statut qu’un message ne peut dire",
    "an appointment without an hour": "un rendez-vous sans heure",
    "it says several appointments": "elle dit plusieurs rendez-vous",
    "a document of a kind that a message cannot carry": "un document d’une sorte qu’un message ne porte pas",
    "a document whose bytes are elsewhere": "un document dont les octets sont ailleurs",
    "it says several documents": "elle dit plusieurs documents",
    "a dose of a prescription that was written here, which nobody there knows":
        "une dose d’une prescription écrite ici, que personne là-bas ne connaît",
    "a dose of a status that a message cannot say": "une dose d’un statut qu’un message ne peut dire",
    "it says several doses": "elle dit plusieurs doses",
    "an order of a status that a message cannot say": "une demande d’un statut qu’un message ne peut dire",
    "it says several orders": "elle dit plusieurs demandes",
    "a result of a status that a message cannot say": "un résultat d’un statut qu’un message ne peut dire",
    "a result without a value that a message can say": "un résultat sans valeur qu’un message puisse dire",
    "an order without a number": "une demande sans numéro",
    "it changes a line that another system made": "elle change une ligne faite par un autre système",
    "The vault has not followed for {} s.": "Le coffre n’a pas suivi depuis {} s.",
    "The ward app did not answer ({}).": "L’application n’a pas répondu ({}).",
    "The ward app did not declare downtime (HTTP {}).": "L’application n’a pas déclaré la panne (HTTP {}).",
    "The ward app gave no form.": "L’application n’a donné aucun formulaire.",
    "The ward app refused the login (HTTP {}).": "L’application a refusé la connexion (HTTP {}).",
    "not sent: the run ended before": "non envoyée : la commande a fini avant",
}  # fmt: skip
