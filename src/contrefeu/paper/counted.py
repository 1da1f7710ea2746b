"""Forms of what is counted and checked by two: blood products (F11) and the register of controlled drugs (F14).

Rules kept here:
  * No blood group is asked or written on a form: it is read on the laboratory's own document, at the bedside too.
  * A register's balance runs from line to line; what is wrong is struck by one line and written again, never covered.
  * A page of the register is one drug in one form and strength, of one ward, and names several patients.
"""

from contrefeu.paper.parts import DATE, SIGNED, URGENCY, Fields, Grid, Layout, Lines, Note, Ticks

COUNTED: dict[str, Layout] = {
    "blood-products": Layout(
        ("Transfusion", "Transfusion"),
        [
            Note((
                "Le groupe ne s’écrit pas ici : lire le document du laboratoire, au lit aussi.",
                "No blood group is written here: read the laboratory’s own document, at the bedside too.",
            )),
            URGENCY,
            Fields([
                (("Produit, nombre, qualification", "Product, number, qualification"), 5),
                (("Pour le, à", "For, at"), 2),
            ]),
            Fields([
                (("Indication", "Indication"), 4),
                (("Documents du laboratoire joints, du", "Laboratory’s documents enclosed, of"), 4),
            ]),
            Fields([DATE, (("Prescripteur : nom, signature", "Prescriber: name, signature"), 5)]),
            Grid(
                ("Une ligne par unité", "One line a unit"),
                [
                    (("N° de l’unité, périmée le", "Unit number, expires on"), 6),
                    (("Délivrée à, par", "Issued at, by"), 3),
                    (("Reçue à, par", "Received at, by"), 3),
                    (("Contrôle au lit : 2 noms", "Bedside check: 2 names"), 4),
                    (("Début", "Start"), 2),
                    (("Fin, mL", "End, mL"), 2),
                ],
                rows=5,
                height_mm=14,
            ),
            Note((
                "Au lit, avant chaque unité : identité dite et bracelet, documents concordants, contrôle ultime.",
                "At the bedside, before each unit: identity said, and band; documents agree; final check done.",
            )),
            Grid(
                ("Surveillance : avant, 15 min, puis chaque heure", "Watch: before, at 15 min, then each hour"),
                [*(((" ", " "), 2) for _ in range(6))],
                rows=3,
                names=[
                    ("Unité (ligne), heure", "Unit (line), hour"),
                    ("PA, pouls, T °C, SpO2", "BP, pulse, T °C, SpO2"),
                    ("Initiales", "Initials"),
                ],
            ),
            Ticks(
                ("Réaction", "Reaction"),
                [("aucune", "none"), ("oui : arrêter, garder la voie", "yes: stop, keep the line")],
            ),
            Lines((
                "Quelle unité, quelle réaction, à quelle heure, qui a été appelé",
                "Which unit, which reaction, at what hour, who was called",
            ), 1),
            SIGNED,
        ],
    ),
    "controlled-drugs": Layout(
        ("Registre des stupéfiants", "Controlled drugs register"),
        [
            Fields([
                (("Médicament, forme, dosage : un seul par page", "Drug, form, strength: one a page"), 6),
                (("Unité comptée", "Counted in"), 2),
                (("Page précédente n°", "Previous page no."), 3),
            ]),
            Fields([
                (("Solde reporté", "Balance brought forward"), 2),
                (("Compté le, à", "Counted on, at"), 3),
                (("Par deux : noms, signatures", "By two: names, signatures"), 6),
            ]),
            Grid(
                (
                    "Une ligne par mouvement ; une erreur se barre d’un trait et se récrit",
                    "One line a movement; an error is struck by one line and written again",
                ),
                [
                    (("Date, heure", "Date, hour"), 4),
                    (("Patient : nom, IPP", "Patient: name, number"), 7),
                    (("Reçu", "In"), 2),
                    (("Donné", "Given"), 2),
                    (("Détruit", "Wasted"), 2),
                    (("SOLDE", "BALANCE"), 3),
                    (("Prescripteur", "Prescriber"), 4),
                    (("Donné par, signature", "Given by, signature"), 5),
                    (("Témoin", "Witness"), 4),
                ],
                rows=12,
                height_mm=12,
            ),
            Note((
                "À chaque relève : compter à deux. Si le solde est faux : prévenir le pharmacien, ne rien corriger.",
                "At each change of shift: count by two. If the balance is wrong: call the pharmacist, mend nothing.",
            )),
        ],
    ),
}  # fmt: skip
