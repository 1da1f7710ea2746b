"""What is said of copies and of other houses, in French: vaults and their hosts, exchange, stations, sticks, groups,
containment, clusters (phrases.py)."""

ROWS = {
    # repair
    "{}: {}: its public key is back, from {}": "{} : {} : sa clé publique est remise, prise de {}",
    # self-test
    "The copy lacks {} entries, and holds no patient who could be compared.":
        "Il manque {} entrées à la copie, et elle ne tient aucun patient à comparer.",
    "The journals of this home.": "Les journaux de ce dossier.",
    "contrefeu vault copy brings it up to date, then contrefeu vault selftest.":
        "contrefeu vault copy la met à jour, puis contrefeu vault selftest.",
    "not in it yet: {} entries since {}; contrefeu vault copy, or start the node":
        "pas encore dedans : {} entrées depuis {} ; contrefeu vault copy, ou démarrez le nœud",
    "not tested: {} entries that this node cannot open, {} patients of whom they speak":
        "non essayées : {} entrées que ce nœud ne peut ouvrir, {} patients dont elles parlent",
    "Name both the vault and the folder: --vault URL --carried FOLDER.":
        "Nommez et le coffre et le dossier : --vault URL --carried DOSSIER.",
    "The settings name no such vault that pulls or lies behind a diode.":
        "Les réglages ne nomment pas ce coffre parmi ceux qui viennent chercher, ou derrière une diode.",
    "contrefeu status lists them.": "contrefeu status les énumère.",
    "No copy of this node's journals lies in {}.": "Il n’y a pas de copie des journaux de ce nœud dans {}.",
    "No self-test came to an end for {} days.": "Aucun essai n’est allé à son terme depuis {} jours.",
    "This machine refused: {}.": "Cette machine a refusé : {}.",
    "The copy of \"{}\" that was carried here is damaged.": "La copie de « {} » apportée ici est endommagée.",
    "The disk, as it was.": "Le disque, tel qu’il était.",
    "contrefeu vault verify file:///FOLDER says where.": "contrefeu vault verify file:///DOSSIER dit où.",
    "Name the folder copies/NODE of the vault host, as it lies on the disk.":
        "Nommez le dossier copies/NOEUD de l’hôte de coffre, tel qu’il est sur le disque.",
    "The vault host brings its copy back to a node that runs, and this one does not.":
        "L’hôte de coffre rapporte sa copie à un nœud qui tourne, et celui-ci ne tourne pas.",
    "contrefeu up; it tests every night by itself.": "contrefeu up ; il l’essaie chaque nuit de lui-même.",
    "The vault host is not connected, and it is the host that connects.":
        "L’hôte de coffre n’est pas connecté, et c’est lui qui se connecte.",
    "There: contrefeu vault host status.": "Là-bas : contrefeu vault host status.",
    "The copy there.": "La copie là-bas.",
    "The copies there.": "Les copies là-bas.",
    "The copy that was carried here holds no patient who could be compared.":
        "La copie apportée ici n’a aucun patient qui puisse être comparé.",
    "The vault host brought nothing for {} s, or did not come to an end.":
        "L’hôte de coffre n’a rien rapporté pendant {} s, ou n’en a pas fini.",
    "contrefeu status says whether it connects; contrefeu vault host status there.":
        "contrefeu status dit s’il se connecte ; là-bas, contrefeu vault host status.",
    "Bringing a copy back needs {} GB on this node's disk; {} GB are free.":
        "Rapporter une copie demande {} Go sur le disque de ce nœud ; {} Go sont libres.",
    "This node's disk did not take what the vault host brought.":
        "Le disque de ce nœud n’a pas pris ce que l’hôte de coffre a rapporté.",
    "The vault host brought more than was asked for, or than there is room for here.":
        "L’hôte de coffre a rapporté plus que ce qui était demandé, ou que la place ici ne permet.",
    # one-way copies
    "Give it more room, if it is what it should be; taking goes on by itself.":
        "Donnez-lui plus de place, s’il est bien ce qu’il doit être ; la reprise est automatique.",
    "On the node: contrefeu vault resend URL --from-start.": "Sur le nœud : contrefeu vault resend URL --from-start.",
    "See to the disk; taking goes on by itself.": "Voyez le disque ; la reprise est automatique.",
    "The copies as they were.": "Les copies, telles qu’elles étaient.",
    "The copies, and the files that wait there.": "Les copies, et les fichiers qui attendent là.",
    "The copies, and the files that wait.": "Les copies, et les fichiers qui attendent.",
    "See to what carries them over the diode; sending goes on by itself.":
        "Voyez ce qui leur fait passer la diode ; l’envoi reprend de lui-même.",
    "The journals, and the files that wait.": "Les journaux, et les fichiers qui attendent.",
    "The journals, and what was sent before.": "Les journaux, et ce qui a déjà été envoyé.",
    "A vault or a witness does not answer in time: what it holds was not compared.":
        "Un coffre ou un témoin ne répond pas à temps : ce qu’il tient n’a pas été comparé.",
    # Vaults
    "{} of {} held: it enforces": "{} sur {} tiennent : il fait respecter le verrou",
    "{} of {} held: IT DOES NOT ENFORCE": "{} sur {} tiennent : IL NE FAIT PAS RESPECTER LE VERROU",
    "{}: same, {} patients, {} differ": "{} : identique, {} patients, {} diffèrent",
    "{}: same, {}": "{} : identique, {}",
    "That is no address of a vault.": "Ce n’est pas l’adresse d’un coffre.",
    "That is no address of a vault: {}.": "Ce n’est pas l’adresse d’un coffre : {}.",
    "It names what is not known here: {}": "elle nomme ce qui n’est pas connu ici : {}",
    "lock is compliance, or none for a plain copy": "lock vaut compliance, ou none pour une simple copie",
    "endpoint begins with https://": "endpoint commence par https://",
    "days are a number from 1 to {}": "days est un nombre de 1 à {}",
    "as-of is an instant such as 2026-11-25T04:00:00Z": "as-of est un instant comme 2026-11-25T04:00:00Z",
    "as-of has a zone, such as the Z of 2026-11-25T04:00:00Z": "as-of a un fuseau, comme le Z de 2026-11-25T04:00:00Z",
    "Write s3://BUCKET/PREFIX?endpoint=https://HOST&lock=compliance&days=400.":
        "Écrivez s3://BUCKET/PREFIXE?endpoint=https://HOTE&lock=compliance&days=400.",
    "The file of the vault's credentials does not say what it must.":
        "Le fichier des accès du coffre ne dit pas ce qu’il doit.",
    'Two lines: access_key = "…" and secret_key = "…"; and ca = "FILE" where the store has its own.':
        "Deux lignes : access_key = \"…\" et secret_key = \"…\" ; et ca = \"FICHIER\" si le dépôt a la sienne.",
    "pip install 'contrefeu[s3]'": "pip install 'contrefeu[s3]'",
    "The bucket {} takes no locked object: {}.": "Le bucket {} ne prend pas d’objet verrouillé : {}.",
    "Have it made with Object Lock and versions, which its owner can do at its making only.":
        "Faites-le créer avec Object Lock et les versions : qui le tient ne le peut qu’à la création.",
    "The bucket {} {}.": "Le bucket {} {}.",
    "The bucket {} keeps no versions, so nothing in it is locked.":
        "Le bucket {} ne garde pas de versions : rien n’y est verrouillé.",
    "The bucket {} does not give back what was put there.": "Le bucket {} ne rend pas ce qui y fut mis.",
    "The bucket {} took an object and did not lock it as it was asked to.":
        "Le bucket {} a pris un objet et ne l’a pas verrouillé comme demandé.",
    "it answers {}": "il répond {}",
    "no answer ({})": "pas de réponse ({})",
    "contrefeu vault check URL says what this store holds and what it does not.":
        "contrefeu vault check URL dit ce que ce dépôt tient et ce qu’il ne tient pas.",
    "A segment in the object store is not in chunks any more.":
        "Un segment du dépôt d’objets n’est plus en morceaux.",
    "A segment in the object store is shorter than it was.":
        "Un segment du dépôt d’objets est plus court qu’il n’était.",
    "Both: nothing in it is ever replaced.": "Les deux : rien n’y est jamais remplacé.",
    "contrefeu vault verify URL says what the vault holds.": "contrefeu vault verify URL dit ce que tient le coffre.",
    "{} holds another file under a name that is written once.":
        "{} tient un autre fichier sous un nom qui ne s’écrit qu’une fois.",
    "Nothing can be written in that folder: {}.": "Rien ne peut être écrit dans ce dossier : {}.",
    "Mount the disk, or make the folder; then check again.":
        "Montez le disque, ou créez le dossier ; puis recommencez.",
    "There is no copy in {}.": "Il n’y a pas de copie dans {}.",
    "The vault, as it was.": "Le coffre, tel qu’il était.",
    "contrefeu vault copy makes one; contrefeu status says what the vaults hold.":
        "contrefeu vault copy en fait une ; contrefeu status dit ce que tiennent les coffres.",
    "leave it alone, for a lock that was never set": "le laisser, pour un verrou jamais mis",
    "delete it": "l’effacer",
    "delete it, bypassing governance": "l’effacer, en passant outre",
    "delete it in a batch": "l’effacer dans un lot",
    "delete it in a batch, bypassing governance": "l’effacer dans un lot, en passant outre",
    "delete it without credentials": "l’effacer sans accès",
    "delete it in a batch without credentials": "l’effacer dans un lot, sans accès",
    "hide it under a delete marker": "le cacher sous une marque d’effacement",
    "hide it, unhide it, hide it again": "le cacher, le remontrer, le cacher encore",
    "delete the version named null": "effacer la version nommée null",
    "write over it": "écrire par-dessus",
    "write over it, then delete it": "écrire par-dessus, puis l’effacer",
    "copy it over itself": "le copier sur lui-même",
    "copy it over itself with a weaker lock": "le copier sur lui-même avec un verrou plus faible",
    "write over it in parts": "écrire par-dessus, par morceaux",
    "shorten its lock": "raccourcir son verrou",
    "shorten its lock, bypassing governance": "raccourcir son verrou, en passant outre",
    "end its lock in the past": "finir son verrou dans le passé",
    "weaken its lock to governance": "affaiblir son verrou en governance",
    "weaken its lock to governance, bypassing governance": "affaiblir son verrou en governance, en passant outre",
    "weaken and shorten its lock, bypassing governance": "affaiblir et raccourcir son verrou, en passant outre",
    "take its lock away": "retirer son verrou",
    "take its lock away, bypassing governance": "retirer son verrou, en passant outre",
    "put a legal hold on it and take it off again": "y mettre un gel légal, puis l’ôter",
    "expire it by a rule": "le faire expirer par une règle",
    "expire it by a rule with a past date": "le faire expirer par une règle à date passée",
    "expire hidden versions by a rule": "faire expirer les versions cachées par une règle",
    "suspend versions, write over it, delete it": "suspendre les versions, écrire par-dessus, l’effacer",
    "take the bucket's lock rule away": "retirer la règle de verrou du bucket",
    "turn the bucket's lock off": "couper le verrou du bucket",
    "give the bucket a weaker lock rule": "donner au bucket une règle de verrou plus faible",
    "drop the bucket": "supprimer le bucket",
    "delete its folder": "effacer son dossier",
    "write into it": "écrire dedans",
    "cut it": "le couper",
    "put another in its place": "en mettre un autre à sa place",
    "give it another name": "lui donner un autre nom",
    # What a vault refuses of a journal
    'The checkpoint in the vault of "{}" is not one that its writer signed.':
        "Le point de contrôle de « {} » dans le coffre n’est pas de ceux que son auteur a signés.",
    'The copy of "{}" is damaged in segment {} at byte {}.':
        "La copie de « {} » est endommagée au segment {}, octet {}.",
    'Journal "{}" is signed by another key than the copy.': "Le journal « {} » est signé d’une autre clé que la copie.",
    'The copy of "{}" holds {} leaves; its checkpoint signs for {}, and for another tree than they make.':
        "La copie de « {} » tient {} feuilles ; son point de contrôle signe pour {}, et pour un autre arbre.",
    'Segment {} of "{}" is gone.': "Le segment {} de « {} » a disparu.",
    'Segment {} of "{}" is not the copied one from byte {} on.':
        "Le segment {} de « {} » n’est plus celui de la copie à partir de l’octet {}.",
    'Journal "{}" does not continue the copy: another history begins at segment {}.':
        "Le journal « {} » ne continue pas la copie : une autre histoire commence au segment {}.",
    'Journal "{}" was cut back: the copy goes on to entry {}, byte {} of segment {}.':
        "Le journal « {} » a été raccourci : la copie va jusqu’à l’entrée {}, octet {} du segment {}.",
    'Segment {} of "{}" has no header that its writer signed.':
        "Le segment {} de « {} » n’a pas d’en-tête signé par son auteur.",
    'Segment {} of "{}" is damaged at byte {}: no frame begins there.':
        "Le segment {} de « {} » est endommagé à l’octet {} : aucune trame n’y commence.",
    'A frame of "{}", segment {}, byte {}, is damaged.': "Une trame de « {} », segment {}, octet {}, est endommagée.",
    'Journal "{}" begins at segment {}, behind others.': "Le journal « {} » commence au segment {}, après d’autres.",
    'Segment {} of "{}" is sealed to another recovery key.':
        "Le segment {} de « {} » est scellé pour une autre clé de récupération.",
    'Segment {} of "{}" is sealed to a former recovery key.':
        "Le segment {} de « {} » est scellé pour une ancienne clé de récupération.",
    'A checkpoint of "{}" signs for {} leaves of another history than the copy.':
        "Un point de contrôle de « {} » signe pour {} feuilles d’une autre histoire que la copie.",
    # Vault hosts, pulled and one-way copies
    "Vault host {} made in {}": "Hôte de coffre {} créé dans {}",
    "Its key, for the nodes: {}": "Sa clé, pour les nœuds : {}",
    "{}: its copies will lie in file://{}": "{} : ses copies seront dans file://{}",
    "{}: {} segment {} would go": "{} : {}, segment {} partirait",
    "{}: {} segment {} was let go": "{} : {}, segment {} est parti",
    "{} segments older than {} days": "{} segments de plus de {} jours",
    "{}: sent at the next step of the running node, or by vault copy":
        "{} : envoyé au prochain pas du nœud en marche, ou par vault copy",
    "everything: sent at the next step of the running node, or by vault copy":
        "tout : envoyé au prochain pas du nœud en marche, ou par vault copy",
    "contrefeu vault host status, on the vault host, lists them: type the list as it stands.":
        "contrefeu vault host status, chez l’hôte de coffre, les énumère : tapez la liste telle quelle.",
    "The node does not offer any more: {}.": "Le nœud n’offre plus : {}.",
    "Files of the one-way copy did not come.": "Des fichiers de la copie à sens unique ne sont pas venus.",
    "{}: {}, {} entries, {} s behind": "{} : {}, {} entrées, {} s de retard",
    "{}: {}, {} entries, how far behind is not known": "{} : {}, {} entrées, retard inconnu",
    "missing: {}": "manquent : {}",
    "A vault host's name has small letters, digits and hyphens.":
        "Le nom d’un hôte de coffre a de petites lettres, des chiffres et des tirets.",
    "There is no vault host in {}.": "Il n’y a pas d’hôte de coffre dans {}.",
    "contrefeu --home DIR vault host init --name NAME makes one.":
        "contrefeu --home DOSSIER vault host init --name NOM en fait un.",
    "That node is in vault.toml already.": "Ce nœud est déjà dans vault.toml.",
    "vault.toml is not TOML: {}": "vault.toml n’est pas du TOML : {}",
    "vault.toml: {}": "vault.toml : {}",
    "vault.toml: two nodes have one name.": "vault.toml : deux nœuds ont le même nom.",
    "Correct that key.": "Corrigez cette clé.",
    "Give each its own: its copies lie in a folder of that name.":
        "Donnez à chacun le sien : ses copies sont dans un dossier de ce nom.",
    "No vault host is in the settings.": "Aucun hôte de coffre n’est dans les réglages.",
    "Nothing is offered.": "Rien n’est offert.",
    "The journals, and the copies that there are.": "Les journaux, et les copies qu’il y a.",
    "contrefeu vault add pull+https://ADDRESS:PORT?key=KEY, with the key of the vault host.":
        "contrefeu vault add pull+https://ADRESSE:PORT?key=CLE, avec la clé de l’hôte de coffre.",
    "A running node (contrefeu up) offers by itself: then this is not needed.":
        "Un nœud en marche (contrefeu up) offre de lui-même : ceci n’est alors pas nécessaire.",
    "Name the files that are missing, or --from-start.": "Nommez les fichiers qui manquent, ou --from-start.",
    "Make or mount it.": "Créez-le ou montez-le.",
    "There is no folder at {}.": "Il n’y a pas de dossier à {}.",
    "That is no address of a pulled copy.": "Ce n’est pas l’adresse d’une copie que l’hôte vient prendre.",
    "The address names no key.": "L’adresse ne nomme aucune clé.",
    "The address does not hold {} key.": "L’adresse ne contient pas la clé {}.",
    "a vault host's": "d’un hôte de coffre",
    "a node's": "d’un nœud",
    "Write pull+https://HOST:PORT?key=NAME+KEYID+BASE64.": "Écrivez pull+https://HOTE:PORT?key=NOM+ID+BASE64.",
    "contrefeu vault host key, on the vault host, prints it.": "contrefeu vault host key, chez l’hôte, l’affiche.",
    "contrefeu vault serve --key, on the node, prints it.": "contrefeu vault serve --key, sur le nœud, l’affiche.",
    "The other end does not hold the key that is known here.": "L’autre bout ne tient pas la clé connue ici.",
    "Nothing was said to it.": "Rien ne lui a été dit.",
    "The link was cut.": "La liaison a été coupée.",
    "The node's answer is not one to that question.": "La réponse du nœud n’en est pas une à cette question.",
    'The node signs for nothing any more of "{}".': "Le nœud ne signe plus pour rien de « {} ».",
    'The head of "{}" is none.': "La tête de « {} » n’en est pas une.",
    "The node does not answer: {}.": "Le nœud ne répond pas : {}.",
    "The copies; what is missing comes when it answers.": "Les copies ; ce qui manque vient quand il répond.",
    "Whoever answers at the node's address does not hold the node's key, or does not know ours.":
        "Qui répond à l’adresse du nœud ne tient pas sa clé, ou ne connaît pas la nôtre.",
    "The copies. Nothing was said.": "Les copies. Rien n’a été dit.",
    "Compare the keys: contrefeu vault host key here, contrefeu vault serve --key there.":
        "Comparez les clés : contrefeu vault host key ici, contrefeu vault serve --key là-bas.",
    "The node has used the {} bytes that it was given here.": "Le nœud a pris les {} octets qui lui furent donnés ici.",
    "What was copied before, all of it.": "Ce qui fut copié avant, en entier.",
    "Look at what it sends; give it more with quota_gib in vault.toml.":
        "Regardez ce qu’il envoie ; donnez-lui plus avec quota_gib dans vault.toml.",
    "The node sends everything again.": "Le nœud renvoie tout.",
    "The node has sent more than it was given room for here, and nothing that completes it.":
        "Le nœud a envoyé plus que la place donnée ici, et rien qui le complète.",
    "Bytes of {} came without those before them.": "Des octets de {} sont venus sans ceux d’avant.",
    "{}: all; --from-start sends everything": "{} : tout ; --from-start envoie tout",
    "The state of the one-way copy cannot be read.": "L’état de la copie à sens unique ne se lit pas.",
    "The copies.": "Les copies.",
    "Remove inbox/NODE here, and send from the start: contrefeu vault resend URL --from-start.":
        "Retirez inbox/NOEUD ici, et renvoyez du début : contrefeu vault resend URL --from-start.",
    "Two files have the number {}: the node was put back, or somebody writes in its place.":
        "Deux fichiers ont le numéro {} : le nœud fut ramené en arrière, ou quelqu’un écrit à sa place.",
    "The copies, as they were; both files are in the folder, or in them.":
        "Les copies, telles qu’elles étaient ; les deux fichiers sont dans le dossier, ou en elles.",
    "contrefeu vault resend URL --from-start on the node, once it is clear what happened.":
        "contrefeu vault resend URL --from-start sur le nœud, une fois clair ce qui s’est passé.",
    "Files are named STREAM:NUMBERS, as the vault host lists them.":
        "Les fichiers se nomment FLUX:NUMEROS, comme l’hôte de coffre les liste.",
    "This node does not remember all of those files.": "Ce nœud ne se souvient pas de tous ces fichiers.",
    "contrefeu vault resend URL --from-start sends everything again.":
        "contrefeu vault resend URL --from-start renvoie tout.",
    "{} is no address of a one-way copy.": "{} n’est pas l’adresse d’une copie à sens unique.",
    "Write spool+file:///FOLDER.": "Écrivez spool+file:///DOSSIER.",
    "Mount it; sending goes on by itself.": "Montez-le ; l’envoi reprend de lui-même.",
    "The journals: everything is in them.": "Les journaux : tout y est.",
    "`hold` stands in vault.toml: nothing is let go here.": "`hold` est dans vault.toml : rien ne part d’ici.",
    "All copies.": "Toutes les copies.",
    "Whoever had it written there says when it may be taken out.":
        "Qui l’y a fait écrire dit quand il peut en être retiré.",
    # Exchange and stations
    "the station of ward {}": "le poste de l’unité {}",
    "a station of this house": "un poste de cet établissement",
    "what it writes is charted here": "ce qu’il écrit est mis dans les dossiers ici",
    "it may read what is written here": "il peut lire ce qui est écrit ici",
    "REVOKED": "RÉVOQUÉ",
    "{}  {}  by stick": "{}  {}  par clé USB",
    '"{}" is not a peer that was joined.': "« {} » n’est pas un pair joint.",
    'The checkpoint of "{}" is not one that its writer signed.':
        "Le point de contrôle de « {} » n’est pas de ceux que son auteur a signés.",
    'The checkpoint held of "{}" is not one that its writer signed.':
        "Le point de contrôle tenu de « {} » n’est pas de ceux que son auteur a signés.",
    '"{}" was cut back: {} entries are held, its writer has fewer.':
        "« {} » a été raccourci : {} entrées sont tenues, son auteur en a moins.",
    '"{}" has {} entries of "{}": more than this station itself.':
        "« {} » a {} entrées de « {} » : plus que ce poste lui-même.",
    '"{}" has another history of "{}", with this station\'s signature.':
        "« {} » a une autre histoire de « {} », avec la signature de ce poste.",
    '"{}" shows a journal "{}" whose key is not on the card that was joined.':
        "« {} » montre un journal « {} » dont la clé n’est pas sur la carte jointe.",
    "The exchange cannot write: {}.": "L’échange ne peut pas écrire : {}.",
    "The journals, and what was exchanged before.": "Les journaux, et ce qui fut échangé avant.",
    "See to the disk; the exchange goes on by itself.": "Voyez le disque ; l’échange reprend de lui-même.",
    "Give the disk space; the exchange goes on by itself.":
        "Donnez de la place au disque ; l’échange reprend de lui-même.",
    "The disk is nearly full: nothing more is taken from peers.":
        "Le disque est presque plein : rien de plus n’est pris des pairs.",
    "This station's own journals, and what is held of others.": "Les journaux de ce poste, et ce qu’il tient d’autres.",
    'The journals of "{}" take {} bytes, which is their quota.':
        "Les journaux de « {} » prennent {} octets, soit leur quota.",
    "Everything that is held of them.": "Tout ce qui en est tenu.",
    "contrefeu station join --quota-bytes gives them more, if they are what they should be.":
        "contrefeu station join --quota-bytes leur en donne plus, s’ils sont bien ce qu’ils doivent être.",
    'A peer lacks {} of "{}", and shows a checkpoint that signs for it.':
        "Un pair n’a pas {} de « {} », et montre un point de contrôle qui signe pour cela.",
    "its first segment": "son premier segment",
    "its first segments": "ses premiers segments",
    "segment {} from byte {} on": "le segment {} à partir de l’octet {}",
    'A peer has had its turn at "{}".': "Un pair a eu son tour pour « {} ».",
    'Journal "{}" lies here already, signed by another key than the one that was pinned.':
        "Le journal « {} » est déjà ici, signé d’une autre clé que celle qui est retenue.",
    "The journal as it was.": "Le journal tel qu’il était.",
    "contrefeu station list says what was pinned; one of the two is not the station it says it is.":
        "contrefeu station list dit ce qui est retenu ; l’un des deux n’est pas le poste qu’il dit.",
    "Let the exchange run again there, then here: a stick may have been pulled out too early.":
        "Relancez l’échange là-bas, puis ici : une clé a peut-être été retirée trop tôt.",
    'What a peer gives of "{}" is not taken: {}.': "Ce qu’un pair donne de « {} » n’est pas pris : {}.",
    'What a peer gives of "{}" is damaged: {}.': "Ce qu’un pair donne de « {} » est endommagé : {}.",
    "What is held of it: {} entries.": "Ce qui en est tenu : {} entrées.",
    "contrefeu status names the peer; contrefeu journal verify says that what is held is whole.":
        "contrefeu status nomme le pair ; contrefeu journal verify dit que ce qui est tenu est entier.",
    'Segment {} held of "{}" is damaged at byte {}.': "Le segment {} tenu de « {} » est endommagé à l’octet {}.",
    'What is held of "{}" is less than its checkpoint signs for.':
        "Ce qui est tenu de « {} » est moins que ce que signe son point de contrôle.",
    "its checkpoint signs for another tree": "son point de contrôle signe pour un autre arbre",
    "segment {} begins behind another tree": "le segment {} commence après un autre arbre",
    "segment {} is damaged at byte {}": "le segment {} est endommagé à l’octet {}",
    "segment {} is longer than any segment is": "le segment {} est plus long qu’aucun segment",
    "segment {} goes beyond what was signed for": "le segment {} dépasse ce qui fut signé",
    "segments up to {} have no header that its writer signed":
        "les segments jusqu’à {} n’ont pas d’en-tête signé par leur auteur",
    "more is gone than has ended": "il manque plus que ce qui est arrivé à terme",
    "the checkpoint is of another journal": "le point de contrôle est d’un autre journal",
    "No station that was joined answers at {}.": "Aucun poste joint ne répond à {}.",
    "Nothing was given and nothing was taken.": "Rien n’a été donné, rien n’a été pris.",
    "contrefeu station list names the peers; their operator says where they answer.":
        "contrefeu station list nomme les pairs ; leur opérateur dit où ils répondent.",
    '"{}" does not answer at {}: {}.': "« {} » ne répond pas à {} : {}.",
    'Whoever answers at {} is not "{}", or did not join this station.':
        "Qui répond à {} n’est pas « {} », ou n’a pas joint ce poste.",
    'Whoever answers at {} is not "{}".': "Qui répond à {} n’est pas « {} ».",
    "A peer does not answer: {}.": "Un pair ne répond pas : {}.",
    "Everything that was taken so far.": "Tout ce qui a été pris jusque-là.",
    "The exchange goes on by itself when the peer is back.": "L’échange reprend seul quand le pair revient.",
    'A station named "{}" could be taken for "{}".': "Un poste nommé « {} » pourrait être pris pour « {} ».",
    "Ask who made it: init draws names at random.": "Demandez à qui l’a fait : init tire les noms au sort.",
    'No peer "{}" was joined.': "Aucun pair « {} » n’a été joint.",
    "contrefeu station list names them.": "contrefeu station list les nomme.",
    # Sticks
    "The stick is not finished, and says so when it is checked.":
        "La clé n’est pas finie, et le dit à la vérification.",
    "{} is no bundle that can be read.": "{} n’est pas un paquet lisible.",
    "Make it with make bundle, or get it again.": "Faites-le par make bundle, ou reprenez-le.",
    "ssh-keygen is not installed.": "ssh-keygen n’est pas installé.",
    "Install it: apt-get install openssh-client.": "Installez-le : apt-get install openssh-client.",
    "{} is not signed by a key in {}.": "{} n’est signé d’aucune clé de {}.",
    "Get it again, and the keys by another way.": "Reprenez-le, et les clés par une autre voie.",
    "A file of {} is not as it was made.": "Un fichier de {} n’est pas tel qu’il fut fait.",
    "Get the whole bundle again.": "Reprenez le paquet entier.",
    "Give --fingerprint of the maker's card.": "Donnez --fingerprint, de la carte de qui l’a faite.",
    "This node never made a stick.": "Ce nœud n’a jamais fait de clé.",
    "No running node has written the ward's journal.": "Aucun nœud en marche n’a écrit le journal de l’unité.",
    "The stick is not finished; the station on it is joined and has nothing.":
        "La clé n’est pas finie ; son poste est joint et n’a rien.",
    "Start the node, or restart it once after its first ward station; then make the stick again, emptied.":
        "Lancez le nœud, ou relancez-le après son premier poste d’unité ; puis refaites la clé, vidée.",
    "{} is no folder outside the home.": "{} n’est pas un dossier hors de celui du nœud.",
    "Mount the stick, and name its folder.": "Montez la clé, et nommez son dossier.",
    "Nothing was read or written.": "Rien n’a été lu ni écrit.",
    "{} does not answer: {}.": "{} ne répond pas : {}.",
    "Everything that was taken, and the stick's own files: each is whole or not there.":
        "Tout ce qui fut pris, et les fichiers de la clé : chacun est entier ou absent.",
    "Put the stick back and run the same command: it goes on where it was.":
        "Remettez la clé et relancez la même commande : elle reprend où elle en était.",
    "{} on this stick is a link.": "{} sur cette clé est un lien.",
    "Do not use this stick; have somebody look at where it comes from.":
        "N’employez pas cette clé ; faites regarder d’où elle vient.",
    "{} on the stick cannot be set aside.": "{} sur la clé ne peut être mis de côté.",
    "Use another stick.": "Prenez une autre clé.",
    # Groups
    "{} of {} facilities answer; {} patients, {} of {} known beds free":
        "{} établissements sur {} répondent ; {} patients, {} lits libres sur {} connus",
    "{}  answers": "{}  répond",
    "{}  answers ({})": "{}  répond ({})",
    "{}  answers; it never said anything": "{}  répond ; il n’a jamais rien dit",
    "{}  answers ({}); it never said anything": "{}  répond ({}) ; il n’a jamais rien dit",
    "{}  OLD, said at {}": "{}  VIEUX, dit le {}",
    "{}  OLD, said at {} ({})": "{}  VIEUX, dit le {} ({})",
    "{}  OLD, said at {}; it never said anything": "{}  VIEUX, dit le {} ; il n’a jamais rien dit",
    "{}  OLD, said at {} ({}); it never said anything": "{}  VIEUX, dit le {} ({}) ; il n’a jamais rien dit",
    "{}  SILENT since {}": "{}  MUET depuis le {}",
    "{}  SILENT since {} ({})": "{}  MUET depuis le {} ({})",
    "{}  SILENT since {}; it never said anything": "{}  MUET depuis le {} ; il n’a jamais rien dit",
    "{}  SILENT since {} ({}); it never said anything": "{}  MUET depuis le {} ({}) ; il n’a jamais rien dit",
    "{} patients, {} of {} beds free": "{} patients, {} lits libres sur {}",
    "DOWNTIME since {}": "EN PANNE depuis le {}",
    "{} of {} feeds silent": "{} flux muets sur {}",
    "copy {}  {}": "copie {}  {}",
    "{} ALARMS, the gravest {}": "{} ALARMES, la plus grave {}",
    "journal {}  {}": "journal {}  {}",
    "data controller: {}": "responsable du traitement : {}",
    "data controller: NOT SAID (controller in group.toml)":
        "responsable du traitement : NON DIT (controller dans group.toml)",
    "{}: asked from now on; {} facilities": "{} : interrogé désormais ; {} établissements",
    "{}: {} at {}, {} wards": "{} : {} le {}, {} unités",
    "There is no {} in {}.": "Il n’y a pas de {} dans {}.",
    "Nobody was asked.": "Personne n’a été interrogé.",
    "contrefeu group add NAME PLACE KEY makes it.": "contrefeu group add NOM LIEU CLE le crée.",
    "group.toml {}.": "group.toml : {}.",
    "is not TOML: {}": "n’est pas du TOML : {}",
    "names more than {} facilities": "nomme plus de {} établissements",
    'names two facilities with the name or the key of "{}"':
        "nomme deux établissements au nom ou à la clé de « {} »",
    '"{}" has no facility\'s key': "« {} » n’a pas la clé d’un établissement",
    '"{}" is in no place': "« {} » n’a pas de lieu",
    "contrefeu group key, over there, prints it.": "contrefeu group key, là-bas, l’affiche.",
    "Write an IP address and a port, or file:///FOLDER/FILE.":
        "Écrivez une adresse IP et un port, ou file:///DOSSIER/FICHIER.",
    "docs/howto/group.md shows one.": "docs/howto/group.md en montre un.",
    "One of `group.askers` is no key.": "L’un de `group.askers` n’est pas une clé.",
    "`group.listen` is set, and `group.askers` names nobody.":
        "`group.listen` est donné, et `group.askers` ne nomme personne.",
    "Nobody of the group is answered.": "Personne du groupe ne reçoit de réponse.",
    "contrefeu group key, where the group is seen, prints one.":
        "contrefeu group key, là où l’on voit le groupe, en affiche une.",
    # The watch
    "The watch has not run here, or has heard no feed yet: nothing is known. contrefeu up starts it.":
        "La veille n’a pas tourné ici, ou n’a encore entendu aucun flux : rien n’est su. contrefeu up la lance.",
    "No alarm.": "Aucune alarme.",
    "{}  LOOK    {}  {}": "{}  À REGARDER  {}  {}",
    "{}  ACT     {}  {}": "{}  À TRAITER   {}  {}",
    "{}  ATTACK  {}  {}": "{}  ATTAQUE     {}  {}",
    "since {}  entry {}": "depuis le {}  entrée {}",
    "evidence {}": "preuves {}",
    "somebody sees to it: {}": "quelqu’un s’en occupe : {}",
    "harmless: {}": "sans gravité : {}",
    "confirmed: {}": "confirmée : {}",
    "clean until  {}  none yet": "sain jusqu’à  {}  pas encore su",
    "clean until  {}  {}  entry {}  {} messages as usual, {} documents open":
        "sain jusqu’à  {}  {}  entrée {}  {} messages comme d’habitude, {} documents s’ouvrent",
    "held back by {}": "retenu par {}",
    # Containment
    "{} things to do, cost {} care points (no plan costs less). Nothing was cut: a person decides.":
        "{} gestes, coût {} points de soin (aucun plan ne coûte moins). Rien n’a été coupé : une personne décide.",
    "{} things to do, cost {} care points (bound {}). Nothing was cut: a person decides.":
        "{} gestes, coût {} points de soin (borne {}). Rien n’a été coupé : une personne décide.",
    "block    {}": "fermer      {}",
    "block    {}   costs {}": "fermer      {}   coûte {}",
    "isolate  {}": "débrancher  {}",
    "isolate  {}   costs {}": "débrancher  {}   coûte {}",
    "disable  {}": "désactiver  {}",
    "disable  {}   costs {}": "désactiver  {}   coûte {}",
    "lost     {} ({}): {}": "perdu       {} ({}) : {}",
    "at risk  {} ({}): {}": "menacé      {} ({}) : {}",
    "plan     {} systems struck in {} h, {} off, care lost {}":
        "ce plan        {} systèmes atteints en {} h, {} éteints, soins perdus {}",
    "nothing  {} systems struck in {} h, {} off, care lost {}":
        "ne rien faire  {} systèmes atteints en {} h, {} éteints, soins perdus {}",
    "all off  {} systems struck in {} h, {} off, care lost {}":
        "tout éteindre  {} systèmes atteints en {} h, {} éteints, soins perdus {}",
    "ward     {}: loses {}; may lose {}": "unité       {} : perd {} ; peut perdre {}",
    "{}. {}: check it first": "{}. {} : à vérifier d’abord",
    "{}. {}: make it anew": "{}. {} : à refaire",
    "{}. {}: plug it in": "{}. {} : à rebrancher",
    "{}: {} lines say no flow and were passed over": "{} : {} lignes ne disent aucun flux et furent passées",
    "{} cannot be read.": "{} ne se lit pas.",
    "Name a file in UTF-8.": "Nommez un fichier en UTF-8.",
    "Nothing was planned or cut.": "Rien n’a été prévu ni coupé.",
    "Nothing was planned.": "Rien n’a été prévu.",
    "Nothing was cut.": "Rien n’a été coupé.",
    "{} is no file of flows that is known.": "{} n’est pas un fichier de flux connu.",
    "Give Zeek's conn.log, NetFlow or IPFIX as CSV, or `nft list ruleset` (or -j) with counters.":
        "Donnez le conn.log de Zeek, NetFlow ou IPFIX en CSV, ou `nft list ruleset` (ou -j) avec compteurs.",
    "The inventory is not TOML: {}": "L’inventaire n’est pas du TOML : {}",
    "{}.csv: a row has not as many cells as the first.": "{}.csv : une ligne n’a pas autant de cases que la première.",
    "Correct that row.": "Corrigez cette ligne.",
    "The inventory: {}.": "L’inventaire : {}.",
    "docs/howto/contain.md names each key.": "docs/howto/contain.md nomme chaque clé.",
    "The inventory names no system.": "L’inventaire ne nomme aucun système.",
    "docs/howto/contain.md shows one.": "docs/howto/contain.md en montre un.",
    "The inventory: {}: a link is written from->to or from->to:port.":
        "L’inventaire : {} : un lien s’écrit de->vers ou de->vers:port.",
    "The inventory: the {} {} stands twice.": "L’inventaire : {} {} y est deux fois.",
    "Give each an id of its own.": "Donnez à chacun son propre id.",
    "The inventory: {} names {}, which is none of its {}.": "L’inventaire : {} nomme {}, qui n’est aucun de ses {}.",
    "systems": "systèmes",
    "accounts": "comptes",
    "Add it, or correct its name.": "Ajoutez-le, ou corrigez son nom.",
    "The inventory: system {}: an address is no IP address or prefix.":
        "L’inventaire : système {} : une adresse n’est ni une adresse IP ni un préfixe.",
    "Write one such as 10.1.2.3 or 10.1.2.0/24.": "Écrivez-en une comme 10.1.2.3 ou 10.1.2.0/24.",
    "There is no system {} in the inventory.": "Il n’y a pas de système {} dans l’inventaire.",
    "No suspect is named.": "Aucun suspect n’est nommé.",
    "Name systems by their id: {}, ...": "Nommez les systèmes par leur id : {}…",
    "Nothing that can be done keeps the suspects from what must be protected.":
        "Rien de possible ne tient les suspects loin de ce qui doit être protégé.",
    "See which system is `fixed` or `protect`, and which zones have no filter.":
        "Voyez quel système est `fixed` ou `protect`, et quelles zones n’ont pas de filtre.",
    "Planning a cut needs OR-tools, which is not installed here.":
        "Prévoir une coupure veut OR-tools, qui n’est pas installé ici.",
    "pip install 'contrefeu[contain]', or plan on another machine: an inventory holds no patient.":
        "pip install 'contrefeu[contain]', ou sur une autre machine : un inventaire ne contient aucun patient.",
    "The spread model: {}.": "Le modèle de propagation : {}.",
    "Compare it with docs/explain/spread.md.": "Comparez-le avec docs/explain/spread.md.",
    'The spread model has no row "other".': "Le modèle de propagation n’a pas de ligne « other ».",
    "Say what an unknown protocol does.": "Dites ce que fait un protocole inconnu.",
    # Clusters
    "The cluster gave up: an executor could not read a segment, or too many were lost.":
        "La grappe a abandonné : un exécuteur n’a pu lire un segment, ou trop se sont perdus.",
    "The home, its journals and an older export: nothing in them was changed.":
        "Le nœud, ses journaux et un export plus ancien : rien n’y a été changé.",
    "Its own pages name the task; contrefeu journal verify says whether a segment is damaged.":
        "Ses pages nomment la tâche ; contrefeu journal verify dit si un segment est endommagé.",
    "Some patients are tied to one another over more than {} steps.":
        "Des patients sont liés entre eux par plus de {} étapes.",
    "Export without --engine spark, and look at who was merged with whom.":
        "Exportez sans --engine spark, et regardez qui fut réuni avec qui.",
    "A cluster of other machines needs a key that they share.":
        "Une grappe d’autres machines veut une clé qu’elles partagent.",
    "head -c {} /dev/urandom > FILE; chmod 600 FILE; on each machine; --cluster-key FILE":
        "head -c {} /dev/urandom > FICHIER ; chmod 600 FICHIER ; sur chaque machine ; --cluster-key FICHIER",
    "head -c {} /dev/urandom > FILE; chmod 600 FILE; the same file on every machine.":
        "head -c {} /dev/urandom > FICHIER ; chmod 600 FICHIER ; le même fichier sur chaque machine.",
    "Apache Spark is not installed here.": "Apache Spark n’est pas installé ici.",
    'Install it: pip install "contrefeu[spark]", and Java 17; or leave out --engine spark.':
        "Installez-le : pip install \"contrefeu[spark]\", et Java 17 ; ou retirez --engine spark.",
    "Spark does not start on this master ({}).": "Spark ne démarre pas sur ce maître ({}).",
    "Is Java 17 installed, and the master's address right (local[2], spark://HOST:7077)?":
        "Java 17 est-il installé, et l’adresse du maître juste (local[2], spark://HOTE:7077) ?",
    "The cluster's key on this machine is not the one that the job was begun with.":
        "La clé de la grappe sur cette machine n’est pas celle avec laquelle le travail a commencé.",
    "Copy the same file to every machine of the cluster, mode 0600.":
        "Copiez le même fichier sur chaque machine de la grappe, mode 0600.",
    "{} is no cluster's key: {} bytes that only their owner reads.":
        "{} n’est pas la clé d’une grappe : {} octets que seul leur propriétaire lit.",
    # Over the line
    "A message of {} bytes came over the link: {} are allowed.":
        "Un message de {} octets est venu par la liaison : {} sont permis.",
    "The other side hung up.": "L’autre côté a raccroché.",
    "The other side says nothing, or too slowly.": "L’autre côté ne dit rien, ou trop lentement.",
    "What came over the link is not a question.": "Ce qui est venu par la liaison n’est pas une question.",
    "What came over the link is not an answer.": "Ce qui est venu par la liaison n’est pas une réponse.",
    'Whoever copies "{}" holds no key.': "Qui copie « {} » ne tient aucune clé.",
    "Nobody takes the files at {}: {} bytes wait there.":
        "Personne ne prend les fichiers à {} : {} octets y attendent.",
    "A peer hung up.": "Un pair a raccroché.",
    "A peer names segments out of order.": "Un pair nomme des segments dans le désordre.",
    "A peer's message is not one.": "Le message d’un pair n’en est pas un.",
    "A peer's message is too long.": "Le message d’un pair est trop long.",
    "A peer's question is not one.": "La question d’un pair n’en est pas une.",
    "The peer was revoked, or joined anew.": "Le pair a été révoqué, ou joint à nouveau.",
    # What an exchange found
    "FORKED: {}": "AUTRE HISTOIRE : {}",
    "{} on this stick is no journal: it was not read. Journals alone come from a stick.":
        "{} sur cette clé n’est pas un journal : cela n’a pas été lu. D’une clé ne viennent que des journaux.",
    'A station "{}" that was not joined left journals on this stick; they were not taken.':
        "Un poste « {} » qui n’est pas joint a laissé des journaux sur cette clé ; ils n’ont pas été pris.",
    'What "{}" gives of "{}" is damaged.':
        "Ce que « {} » donne de « {} » est endommagé.",
    'The stick has {} entries of "{}": more than this station itself.':
        "La clé a {} entrées de « {} » : plus que ce poste lui-même.",
    "The stick has another history of \"{}\", with its writer's signature.":
        "La clé a une autre histoire de « {} », signée par qui l’écrit.",
    "FOREIGN: {}": "D’UN AUTRE : {}",
    "DAMAGED: {}": "ENDOMMAGÉ : {}",
    "NO-ROOM: {}": "SANS PLACE : {}",
    "UNKNOWN: {}": "INCONNU : {}",
    "never pulled": "jamais pris",
    "not pulling": "ne prend plus",
}  # fmt: skip
