"""What an error says, in French: what it is, what is safe, what comes next (phrases.py)."""

from contrefeu.cli.phrases import Phrases

ERRORS = Phrases({
    # What is safe, of many
    "no password goes to a server that offers no TLS":
        "aucun mot de passe ne part vers un serveur qui n’offre pas TLS",
    "Nothing was done.": "Rien n’a été fait.",
    "Nothing was made.": "Rien n’a été fait.",
    "Nothing was opened.": "Rien n’a été ouvert.",
    "Nothing was read.": "Rien n’a été lu.",
    "Nothing was written.": "Rien n’a été écrit.",
    "Nothing was printed.": "Rien n’a été imprimé.",
    "Nothing was checked.": "Rien n’a été vérifié.",
    "Nothing was imported.": "Rien n’a été importé.",
    "Nothing was started.": "Rien n’a été lancé.",
    "Nothing was done with it.": "Rien n’en a été fait.",
    "Nothing in it was changed.": "Rien n’y a été changé.",
    "Nothing was opened and nothing was changed.": "Rien n’a été ouvert, rien n’a été changé.",
    "Nothing was opened and nothing was made.": "Rien n’a été ouvert, rien n’a été fait.",
    "Nothing was made, and nothing in it was changed.": "Rien n’a été fait, et rien n’y a été changé.",
    "Nothing was made, and nothing in a vault was changed.": "Rien n’a été fait, et aucun coffre n’a été changé.",
    "Nothing was added; the journals were not touched.": "Rien n’a été ajouté ; les journaux n’ont pas été touchés.",
    "It goes on; nothing was changed.": "Elle continue ; rien n’a été changé.",
    "That one goes on; nothing was changed.": "Celui-là continue ; rien n’a été changé.",
    "The settings, as they were.": "Les réglages, tels qu’ils étaient.",
    "The copies, as they were.": "Les copies, telles qu’elles étaient.",
    "The copy in the vault, as it was.": "La copie dans le coffre, telle qu’elle était.",
    "The vaults, as they were.": "Les coffres, tels qu’ils étaient.",
    "The vaults, as they were; nothing was made.": "Les coffres, tels qu’ils étaient ; rien n’a été fait.",
    "The vaults, as they were; what came home whole stays, and is not fetched again.":
        "Les coffres, tels qu’ils étaient ; ce qui est revenu entier reste, et ne sera pas repris.",
    "The copies, and what was restored so far.": "Les copies, et ce qui est déjà restauré.",
    "The journals; what the vault held it still holds.": "Les journaux ; ce que le coffre tenait, il le tient encore.",
    "The journals, and what was shown as copied before.": "Les journaux, et ce qui était déjà dit copié.",
    "The journal itself.": "Le journal lui-même.",
    "The journal itself, and what was shown as copied before.": "Le journal lui-même, et ce qui était déjà dit copié.",
    "What is left of it.": "Ce qu’il en reste.",
    "Every entry that was confirmed before.": "Chaque entrée confirmée auparavant.",
    # A command line that cannot be: typer's words, and ours (command_line.py)
    "{} stands before the command.": "{} se met avant la commande.",
    "No such option: {}": "Il n’y a pas d’option {}.",
    "No such option: {} (Possible options: {})": "Il n’y a pas d’option {} (options possibles : {}).",
    "No such command {}.": "Il n’y a pas de commande {}.",
    "No such command {}. Did you mean {}?": "Il n’y a pas de commande {}. Vouliez-vous dire {} ?",
    "Missing command.": "Il manque une commande.",
    "Missing option {}.": "Il manque l’option {}.",
    "Missing argument {}.": "Il manque l’argument {}.",
    "Got unexpected extra argument(s) ({})": "Ceci est de trop : {}",
    "Option {} requires an argument.": "L’option {} demande une valeur.",
    "Option {} does not take a value.": "L’option {} ne prend pas de valeur.",
    "Invalid value: {}": "Valeur impossible : {}",
    "Invalid value for {}: {}": "Valeur impossible pour {} : {}",
    "{} is not one of {}.": "{} n’est pas l’un de ceux-ci : {}.",
    "{} is not a valid int.": "{} n’est pas un nombre entier.",
    "{} is not a valid float.": "{} n’est pas un nombre.",
    "{} is not in the range {}.": "{} n’est pas dans les limites {}.",
    "--without-protected goes with --engine local.": "--without-protected va avec --engine local.",
    "{}: one of {}, then =, then one of {}.": "{} : l’un de ceux-ci : {}, puis =, puis l’un de ceux-là : {}.",
    "What was asked was not answered.": "Ce qui était demandé est resté sans réponse.",
    "Answer at a terminal; a secret or a code may come from a file: --secret-file, --code-file.":
        "Répondez dans un terminal ; un secret ou un code peut venir d’un fichier : --secret-file, --code-file.",
    "The secret of {}": "Le secret de {}",
    "Code of the stick": "Code de la clé",
    # Sending back
    "The plan {} was made {}.": "Le plan {} a été fait {}.",
    "Give the --to and --profile that it was made with; after another comparison write one anew, with"
    " --dry-run --plan NEWFILE, and decide in that one.":
        "Donnez le --to et le --profile avec lesquels il a été fait ; après une autre comparaison, écrivez-en un"
        " nouveau avec --dry-run --plan NEWFILE, et décidez dans celui-là.",
    "Messages went to {} under another name: {}.": "Des messages sont allés à {} sous un autre nom : {}.",
    "Nothing was sent: under a second name all would be sent again.":
        "Rien n’a été envoyé : sous un second nom, tout serait renvoyé.",
    'Write name = "{}" in its profile; if it is another system, --another-system.':
        'Écrivez name = "{}" dans son profil ; si c’est un autre système, --another-system.',
    "What is planned for {} went to {} already.": "Ce qui est prévu pour {} est déjà allé à {}.",
    "Nothing was sent: if both are one system, it would be sent twice.":
        "Rien n’a été envoyé : si les deux ne font qu’un, tout lui serait envoyé deux fois.",
    'If they are one, write name = "{}" in its profile; if not, --another-system.':
        'S’ils ne font qu’un, écrivez name = "{}" dans son profil ; sinon, --another-system.',
    # The custodians' shares
    "The file {} is not there.": "Le fichier {} n’existe pas.",
    "{} cannot be read: {}.": "{} ne se lit pas : {}.",
    "There is no share in {}.": "Il n’y a pas de part dans {}.",
    "Give each custodian's own file, as init or keys rotate wrote it, or a text file with its words.":
        "Donnez le fichier de chaque dépositaire, tel qu’init ou keys rotate l’a écrit, ou un texte avec ses mots.",
    "Look at the stick or at who may read the file; any other custodian's share serves as well.":
        "Regardez la clé USB, ou qui peut lire le fichier ; la part d’un autre dépositaire convient aussi bien.",
    "These shares give a key that nothing here was ever sealed to ({}): they are another hospital's.":
        "Ces parts donnent une clé à laquelle rien ici n’a jamais été scellé ({}) : elles sont d’un autre hôpital.",
    "Bring this hospital's: their first lines name the key {}, or one that was before it.":
        "Apportez celles de cet hôpital : leurs premières lignes nomment la clé {}, ou une qui l’a précédée.",
    "The custodians' shares do not give the recovery key: {}":
        "Les parts des dépositaires ne donnent pas la clé de récupération : {}",
    "{} different ones were given, of {}.": "{} différentes données, sur {}.",
    "they are of different sets.": "elles sont de jeux différents.",
    "number {} of those given is mistyped.": "la n° {} de celles données est mal recopiée.",
    "Compare its words with the printed page, one by one; any other custodian's share serves as well.":
        "Comparez ses mots un à un avec la page imprimée ; la part d’un autre dépositaire convient aussi bien.",
    "Bring the number of different shares that the printed pages name, of the same set.":
        "Apportez autant de parts différentes que le disent les pages imprimées, du même jeu.",
    "The shares give a secret that is no recovery key.":
        "Les parts donnent un secret qui n’est pas une clé de récupération.",
    "Bring the shares that contrefeu made; a wallet's words look the same.":
        "Apportez les parts faites par contrefeu ; les mots d’un portefeuille leur ressemblent.",
    "The custodians' shares give a key that these copies are not sealed to ({}).":
        "Les parts des dépositaires donnent une clé qui n’ouvre pas ces copies ({}).",
    'segment {} of "{}"': "segment {} de « {} »",
    "Bring the shares of the hospital and of the time that the printed pages name.":
        "Apportez les parts de l’hôpital et de l’époque que nomment les pages imprimées.",
    "{} of {} custodians is not possible.": "{} dépositaires sur {} : impossible.",
    "Choose 2 <= threshold <= custodians <= {} (or 1 of 1 for a trial).":
        "Choisissez 2 <= seuil <= dépositaires <= {} (ou 1 sur 1 pour un essai).",
    "The shares would lie inside the home they open.": "Les parts seraient dans le dossier qu’elles ouvrent.",
    "Name a folder elsewhere with --shares-out, best on a stick.":
        "Nommez un dossier ailleurs avec --shares-out, au mieux sur une clé USB.",
    "{} holds shares already.": "{} contient déjà des parts.",
    "Name another folder with --shares-out. Those there say on their first lines which key they open:\n"
    "contrefeu keys status says whether that one is in force.":
        "Nommez un autre dossier avec --shares-out. Celles qui y sont disent en tête quelle clé elles ouvrent :\n"
        "contrefeu keys status dit si c’est celle en vigueur.",
    "{} is not empty.": "{} n’est pas vide.",
    "Name another folder with --home.": "Nommez un autre dossier avec --home.",
    # restore
    "{} takes a time such as 2026-11-24T03:00:00+01:00.": "{} veut une heure comme 2026-11-24T03:00:00+01:00.",
    "No vault answers. {}": "Aucun coffre ne répond. {}",
    "Bring one of them.": "Apportez l’un d’eux.",
    "There is no copy in these vaults.": "Il n’y a aucune copie dans ces coffres.",
    "contrefeu vault verify URL says what a vault holds.": "contrefeu vault verify URL dit ce que tient un coffre.",
    "A journal's public key is missing, and no other vault has it:":
        "La clé publique d’un journal manque, et aucun autre coffre ne l’a :",
    "A journal's public key is altered, and no other vault has it:":
        "La clé publique d’un journal est altérée, et aucun autre coffre ne l’a :",
    "journals/{}/verifier in {}": "journals/{}/verifier dans {}",
    "The same command with another vault: --from URL once more. The same file of any home or station that has the "
    "journal will do in its place: a false one opens nothing.":
        "La même commande avec un autre coffre : --from URL une fois de plus. Le même fichier de tout nœud ou station "
        "qui a ce journal peut en tenir lieu : un faux n’ouvre rien.",
    "The file verifier of the journal in {} is not its writer's public key.":
        "Le fichier verifier du journal dans {} n’est pas la clé publique de qui l’écrit.",
    "The journal's other files, as they were.": "Les autres fichiers du journal, tels qu’ils étaient.",
    "Bring that file back from a copy: journals/{}/verifier of a home or a vault.":
        "Reprenez ce fichier d’une copie : journals/{}/verifier d’un nœud ou d’un coffre.",
    "{} files of credentials were named, and {} object stores.":
        "{} fichiers d’accès sont nommés, et {} dépôts d’objets.",
    "Name one --credentials FILE for all of them, or one for each --from s3://…, in their order.":
        "Nommez un seul --credentials FICHIER pour tous, ou un pour chaque --from s3://…, dans leur ordre.",
    "Copies are damaged, and no other vault has them whole:":
        "Des copies sont endommagées, et aucun autre coffre ne les a entières :",
    "Entries are missing, and no other vault has them whole:":
        "Des entrées manquent, et aucun autre coffre ne les a entières :",
    '"{}": {}, segment {}, byte {}, entries {} to {}, altered in {}':
        "« {} » : {}, segment {}, octet {}, entrées {} à {}, altéré dans {}",
    '"{}": {}, segment {}, byte {}, entries {} to {}': "« {} » : {}, segment {}, octet {}, entrées {} à {}",
    "altered": "altéré",
    "missing": "manquant",
    "The same command with another vault: --from URL once more.":
        "La même commande avec un coffre de plus : encore un --from URL.",
    "These vaults hold journals of an exercise ({}, ...) beside real ones.":
        "Ces coffres tiennent les journaux d’un exercice ({}, ...) à côté de vrais.",
    "Name the vault of one of them alone with --from; give an exercise a vault of its own.":
        "Nommez le coffre d’un seul des deux avec --from ; donnez à un exercice son propre coffre.",
    'The charts were read up to entry {} of "{}", which has {}.':
        "Les dossiers ont été lus jusqu’à l’entrée {} de « {} », qui en a {}.",
    "Run the same command again; with --debug it says what stopped it.":
        "Relancez la même commande ; avec --debug elle dit ce qui l’a arrêtée.",
    "Another restore was stopped in that folder: another key, time, or place of the charts.":
        "Une autre restauration s’est arrêtée dans ce dossier : autre clé, autre heure ou autre"
        " endroit des dossiers de patients.",
    "Finish that one with the command it was started with, or name another folder with --to.":
        "Terminez celle-là avec la commande qui l’a lancée, ou nommez un autre dossier avec --to.",
    "{} is not empty, and no restore was stopped in it.":
        "{} n’est pas vide, et aucune restauration ne s’y est arrêtée.",
    "Name a folder that is empty or not there with --to.": "Nommez avec --to un dossier vide ou qui n’existe pas.",
    "A restore is at work in that folder.": "Une restauration travaille dans ce dossier.",
    "Wait for it, or stop it: the same command goes on where it was.":
        "Attendez-la, ou arrêtez-la : la même commande reprend où elle en était.",
    'Two keys signed a journal of the name "{}": the one in {} is not the one in {}.':
        "Deux clés ont signé un journal nommé « {} » : celui de {} n’est pas celui de {}.",
    "Find out which is the hospital's; then restore from the vaults that hold that one.":
        "Trouvez lequel est celui de l’hôpital ; restaurez depuis les coffres qui tiennent celui-là.",
    "There are no settings in {}: the zone of the wards is not known.":
        "Il n’y a pas de réglages dans {} : le fuseau horaire des unités n’est pas connu.",
    "Restore from another vault, or put contrefeu.toml of the lost node in its nodes/NODE/settings/.":
        "Restaurez depuis un autre coffre, ou mettez contrefeu.toml du nœud perdu dans son nodes/NODE/settings/.",
    'The copy of "{}" was read up to entry {}; {} were there.':
        "La copie de « {} » a été lue jusqu’à l’entrée {} ; il y en avait {}.",
    "contrefeu vault verify URL says what is wrong with the copy.":
        "contrefeu vault verify URL dit ce qui ne va pas dans la copie.",
    # Vaults
    "That vault is in the settings already.": "Ce coffre est déjà dans les réglages.",
    "A vault refused a journal: it is not the continuation of the copy it holds.":
        "Un coffre a refusé un journal : ce n’est pas la suite de la copie qu’il tient.",
    "contrefeu journal verify and contrefeu vault verify URL say which of the two is whole.":
        "contrefeu journal verify et contrefeu vault verify URL disent lequel des deux est entier.",
    'That store does not keep what it locked: {} of {} attempts got through, the first being "{}".':
        "Ce dépôt ne garde pas ce qu’il a verrouillé : {} tentatives sur {} sont passées, la première : « {} ».",
    "contrefeu vault check URL lists them. Use another store, or take it as a mere copy: --plain-copy.":
        "contrefeu vault check URL les liste. Prenez un autre dépôt, ou celui-ci comme simple copie : --plain-copy.",
    "That address asks for no lock: such a store is a copy, and no protection.":
        "Cette adresse ne demande aucun verrou : un tel dépôt est une copie, pas une protection.",
    "Leave lock=none out, or take it as it is with --plain-copy.":
        "Retirez lock=none, ou prenez-le comme il est avec --plain-copy.",
    "The certificate's end is a date such as 2027-06-30.": "La fin du certificat est une date, comme 2027-06-30.",
    "{} is no address of a vault.": "{} n’est pas l’adresse d’un coffre.",
    "Write {}: a folder's whole path after two slashes, or a bucket.":
        "Écrivez {} : le chemin complet d’un dossier après deux barres, ou un bucket.",
    "file:///FOLDER or s3://BUCKET/PREFIX?endpoint=https://HOST&days=400":
        "file:///DOSSIER ou s3://BUCKET/PREFIXE?endpoint=https://HOTE&days=400",
    "Copies that are pulled, or sent one way, lie on the vault host that takes them.":
        "Les copies prises, ou envoyées à sens unique, sont chez l’hôte de coffre qui les reçoit.",
    "There: contrefeu vault verify file:///HOST/copies/NODE, and restore from the same address.":
        "Là-bas : contrefeu vault verify file:///HOTE/copies/NOEUD, et restaurez depuis la même adresse.",
    "An object store asks for credentials, and none were named.":
        "Un dépôt d’objets demande des accès, et aucun n’est nommé.",
    "Name their file with --credentials FILE.": "Nommez leur fichier avec --credentials FICHIER.",
    "The vault would lie inside the home, or around it: both would be lost together.":
        "Le coffre serait dans le dossier du nœud, ou autour : les deux se perdraient ensemble.",
    "Name a folder on another disk.": "Nommez un dossier sur un autre disque.",
    "Vaults in an object store need boto3, which is not installed.":
        "Les coffres dans un dépôt d’objets veulent boto3, qui n’est pas installé.",
    "There is no folder {}.": "Il n’y a pas de dossier {}.",
    "Mount the disk, or make the folder; then add the vault again.":
        "Montez le disque, ou créez le dossier ; puis ajoutez le coffre à nouveau.",
    "{} is not empty, and is no vault.": "{} n’est pas vide, et n’est pas un coffre.",
    "Name an empty folder, or one that is not there.": "Nommez un dossier vide, ou qui n’existe pas.",
    "Name another bucket, or another prefix in this one.":
        "Nommez un autre bucket, ou un autre préfixe dans celui-ci.",
    "{} is no vault of a version known here.": "{} n’est pas un coffre d’une version connue ici.",
    "{} is no vault.": "{} n’est pas un coffre.",
    "contrefeu vault add makes one.": "contrefeu vault add en fait un.",
    "{} is out of reach: {}.": "{} est hors d’atteinte : {}.",
    "No such file or directory": "fichier ou dossier absent",
    "Permission denied": "accès refusé",
    "Input/output error": "erreur d’entrée-sortie : le disque est en cause",
    "No space left on device": "plus de place sur le disque",
    "Is a directory": "c’est un dossier",
    "Read-only file system": "disque en lecture seule",
    "Mount it, or give it space; copies go on by themselves.":
        "Montez-le, ou donnez-lui de la place ; les copies reprennent d’elles-mêmes.",
    "{} in {} is shorter than it was.": "{} dans {} est plus court qu’il n’était.",
    "{} in {} does not read back as it was written.": "{} dans {} ne se relit pas tel qu’il fut écrit.",
    "Replace that disk; copies go on by themselves.": "Remplacez ce disque ; les copies reprennent d’elles-mêmes.",
    "The bucket {} is out of reach: {}.": "Le bucket {} est hors d’atteinte : {}.",
    "The bucket {} refuses these credentials here: {}.": "Le bucket {} refuse ces accès à cet endroit : {}.",
    "Compare the bucket and folder of the address with what these credentials are for; the page on vaults lists what"
    " its owner gives them, and deleting is not in it.":
        "Comparez le bucket et le dossier de l’adresse à ce pour quoi ces accès sont faits ; la page sur les coffres "
        " dit ce que son propriétaire leur accorde, et effacer n’en est pas.",
    "Look at the link and the store's own state; copies go on by themselves.":
        "Regardez la liaison et l’état du dépôt ; les copies reprennent d’elles-mêmes.",
    "Compare access_key and secret_key in the file with those that the store's owner gave, or have new ones given.":
        "Comparez access_key et secret_key du fichier à ceux que le propriétaire du dépôt a donnés, ou demandez-en "
        "d’autres.",
    "Compare the name in the address. Its owner makes a bucket, with Object Lock; nothing here does.":
        "Comparez le nom dans l’adresse. Son propriétaire crée le bucket, avec Object Lock ; rien ici ne le fait.",
    "Set this machine's clock: the store refuses whoever is off by a quarter of an hour.":
        "Réglez l’horloge de cette machine : le dépôt refuse qui s’écarte d’un quart d’heure.",
    "Nothing lay in {} yet at the instant that as-of names.":
        "Rien n’était encore dans {} à l’instant que nomme as-of.",
    "Name a later instant, or leave as-of out; contrefeu vault verify says what is whole.":
        "Nommez un instant plus tardif, ou retirez as-of ; contrefeu vault verify dit ce qui est entier.",
    "Name the file that holds access_key and secret_key.": "Nommez le fichier qui contient access_key et secret_key.",
    "There are no credentials for that vault here.": "Il n’y a pas ici d’accès pour ce coffre.",
    "contrefeu vault add URL --credentials FILE keeps them; other commands take the same option.":
        "contrefeu vault add URL --credentials FICHIER les garde ; les autres commandes ont la même option.",
    "The file of the vault's credentials can be read by others.":
        "Le fichier des accès du coffre peut être lu par d’autres.",
    "chmod 600 {}; if others had access, have the store's owner give new ones.":
        "chmod 600 {} ; si d’autres y ont eu accès, faites-en donner de nouveaux par qui tient le dépôt.",
    # Homes, journals, wards, times
    "There is no Contrefeu home in {}.": "Il n’y a pas de nœud Contrefeu dans {}.",
    "contrefeu --home DIR init makes one.": "contrefeu --home DOSSIER init en fait un.",
    "contrefeu --home DIR init makes a home.": "contrefeu --home DOSSIER init en fait un.",
    'There is no journal "{}" in this home.': "Il n’y a pas de journal « {} » dans ce nœud.",
    "contrefeu status lists the journals there are.": "contrefeu status liste les journaux.",
    "There is no journal in {}.": "Il n’y a pas de journal dans {}.",
    "Name the folder of a journal, or --home.": "Nommez le dossier d’un journal, ou --home.",
    'There is no ward "{}".': "Il n’y a pas d’unité « {} ».",
    "Name one of these: {}.": "Nommez l’une de celles-ci : {}.",
    "Connect a feed first: no ward is known yet.": "Branchez d’abord un flux : aucune unité n’est encore connue.",
    "There is no {}.": "{} n’existe pas.",
    "Name files that exist.": "Nommez des fichiers qui existent.",
    "Another process is writing here ({} is locked).": "Un autre processus écrit ici ({} est verrouillé).",
    "Use the running node, or stop it first (contrefeu status shows it).":
        "Servez-vous du nœud en marche, ou arrêtez-le d’abord (contrefeu status le montre).",
    "A node runs already on this home.": "Un nœud tourne déjà sur ce dossier.",
    'Journal "{}" cannot write: {}.': "Le journal « {} » ne peut pas écrire : {}.",
    "Its {} entries. No sender was told that more was kept.":
        "Ses {} entrées. Aucun émetteur n’a appris que davantage était gardé.",
    "Give the disk space, or bring it back; writing resumes by itself.":
        "Donnez de la place au disque, ou ramenez-le ; l’écriture reprend d’elle-même.",
    'No key here opens segment {} of journal "{}".': "Aucune clé ici n’ouvre le segment {} du journal « {} ».",
    'The custodians\' shares give another key than segment {} of journal "{}" was sealed to.':
        "Les parts des dépositaires ne donnent pas la clé à laquelle le segment {} du journal « {} » fut scellé.",
    "The segment is whole; nothing of it was shown.": "Le segment est entier ; rien n’en a été montré.",
    "Bring the shares whose first lines name the key {}; these name {}.":
        "Apportez les parts dont les premières lignes nomment la clé {} ; celles-ci nomment {}.",
    "The segment is whole; it is only closed to this node (beyond its horizon, or never granted).":
        "Le segment est entier ; il est seulement fermé à ce nœud (au-delà de son horizon, ou jamais accordé).",
    "The custodians open it: the same command with --shares FILE..., or contrefeu restore.":
        "Les dépositaires l’ouvrent : la même commande avec --shares FICHIER..., ou contrefeu restore.",
    'Segment {} of journal "{}" is damaged at byte {}: no torn tail.':
        "Le segment {} du journal « {} » est endommagé à l’octet {} : ce n’est pas une fin coupée.",
    "contrefeu journal verify says what is touched; contrefeu vault repair fetches it from a copy.":
        "contrefeu journal verify dit ce qui est touché ; contrefeu vault repair le reprend d’une copie.",
    "The command stopped on something it did not foresee ({}).":
        "La commande a buté sur ce qu’elle ne prévoyait pas ({}).",
    "Run it again with --debug and report what it prints (it may name patients: look before you send).":
        "Relancez-la avec --debug et signalez ce qu’elle affiche (des patients peuvent y être nommés : relisez avant).",
    'Journal "{}" holds {} leaves and vouched for {}.':
        "Le journal « {} » tient {} feuilles et s’est porté garant de {}.",
    "Every byte is as it was found; no sender was told that more was kept.":
        "Chaque octet est tel que trouvé ; aucun émetteur n’a appris que davantage était gardé.",
    "Every byte is as it was found, and so are the copies in the vaults.":
        "Chaque octet est tel que trouvé, et les copies dans les coffres aussi.",
    "contrefeu journal verify says what is missing; contrefeu vault repair fetches it.":
        "contrefeu journal verify dit ce qui manque ; contrefeu vault repair va le chercher.",
    'The checkpoint of journal "{}" is not one that its writer signed.':
        "Le point de contrôle du journal « {} » n’est pas de ceux que son auteur a signés.",
    "contrefeu journal verify says what is whole; a vault holds the last good checkpoint.":
        "contrefeu journal verify dit ce qui est entier ; un coffre tient le dernier bon point de contrôle.",
    'The key at hand is not the one that signed journal "{}".':
        "La clé présente n’est pas celle qui a signé le journal « {} ».",
    "Bring back the node's own keys; a new node writes a journal of its own.":
        "Ramenez les clés de ce nœud ; un nouveau nœud écrit un journal à lui.",
    'The public key or the checkpoint of journal "{}" is not what was written.':
        "La clé publique ou le point de contrôle du journal « {} » n’est plus ce qui fut écrit.",
    "contrefeu journal verify says what is whole; contrefeu vault repair fetches it from a copy.":
        "contrefeu journal verify dit ce qui est entier ; contrefeu vault repair le reprend d’une copie.",
    "contrefeu init makes a home; --home says where it is.": "contrefeu init fait un nœud ; --home dit où il est.",
    "These shares give key {}; the one in force is {}.": "Ces parts donnent la clé {} ; celle en vigueur est {}.",
    "Bring shares of the set that names that key on its first lines.":
        "Apportez des parts du jeu qui nomme cette clé sur ses premières lignes.",
    "That is not a share of the recovery key in force ({}).":
        "Ce n’est pas une part de la clé de récupération en vigueur ({}).",
    "Nothing was opened and nothing was noted.": "Rien n’a été ouvert, rien n’a été noté.",
    "Compare the words with the printed page. A share of an older key opens what was sealed to that key.":
        "Comparez les mots avec la page imprimée. Une part d’une clé plus ancienne ouvre ce qui fut scellé pour elle.",
    # Stations and sticks
    "an exercise": "d’un exercice",
    "real patients": "de vrais patients",
    "This home is one of {}, and that station one of {}: they never exchange.":
        "Ce nœud est celui {}, et ce poste celui {} : ils n’échangent jamais.",
    "Join stations of one kind; a station for an exercise is made with contrefeu init --drill.":
        "Joignez des postes de même sorte ; un poste d’exercice se fait avec contrefeu init --drill.",
    "That card bears this station's own name.": "Cette carte porte le nom de ce poste-ci.",
    "The card's fingerprint is not the one that was typed (at least {} digits of it).":
        "L’empreinte de la carte n’est pas celle qui fut tapée (au moins {} chiffres).",
    "Have it read again. If it stays different, the card is not that station's: do not trust it.":
        "Faites-la relire. Si elle reste différente, la carte n’est pas de ce poste : ne vous y fiez pas.",
    "{} is no station's card that can be read.": "{} n’est pas la carte d’un poste, lisible.",
    "The other station writes its card with contrefeu station invite.":
        "L’autre poste écrit sa carte avec contrefeu station invite.",
    "{} is no empty folder.": "{} n’est pas un dossier vide.",
    "Mount an empty stick, and name its folder.": "Montez une clé vide, et nommez son dossier.",
    "{} does not keep what was written on it: {}.": "{} ne garde pas ce qui y fut écrit : {}.",
    "This stick is not finished; those before it are.": "Cette clé n’est pas finie ; les précédentes le sont.",
    "Use another stick, and let nobody use this one.": "Prenez une autre clé, et que personne n’emploie celle-ci.",
    "There is no crisis stick in {}.": "Il n’y a pas de clé de crise dans {}.",
    "Name the stick's folder.": "Nommez le dossier de la clé.",
    "The sealed home does not open: the code is another one, or the file is not as it was written.":
        "Le contenu scellé ne s’ouvre pas : le code est un autre, ou le fichier n’est pas tel qu’il fut écrit.",
    "Type the code again; contrefeu stick verify says whether the stick is whole.":
        "Retapez le code ; contrefeu stick verify dit si la clé est entière.",
})  # fmt: skip
