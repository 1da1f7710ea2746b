"""The poster for the ward's wall: what to do when the record system is gone, in two pages.

Rules kept here:
  * It says what never changes; what differs from ward to ward is a line to fill in by hand.
  * It names no patient, no login and no secret: it hangs where visitors pass.
"""

from importlib.resources import files
from typing import Literal, NamedTuple

from contrefeu.paper.words import chosen
from contrefeu.typeset import document

Pair = tuple[str, str]  # French, English


class _Page(NamedTuple):
    title: Pair
    lead: Pair
    steps: tuple[tuple[Pair, Pair], ...]
    fill: tuple[Pair, ...] = ()


_TITLE: Pair = ("Informatique en panne : que faire ?", "The computers are down: what to do?")
_FOOT: Pair = (
    "Affiche Contrefeu. Elle montre, garde et transporte ; elle ne calcule ni dose ni diagnostic.",
    "Contrefeu poster. It shows, keeps and carries; it computes no dose and no diagnosis.",
)
_PAGES = (
    _Page(
        ("Informatique en panne ?", "Computers down?"),
        (
            "Les dossiers de vos patients sont ici, tels qu’ils étaient à l’heure écrite en haut de chaque page.",
            "Your patients’ charts are here, as they were at the hour written on top of each page.",
        ),
        (
            (
                ("Est-ce seulement ce poste ?", "Is it this PC alone?"),
                ("Essayez le poste voisin. Sinon, continuez ici.", "Try the next one. If not, go on here."),
            ),
            (
                ("Ouvrez le navigateur", "Open the browser"),
                ("Tapez : {address}", "Type: {address}"),
            ),
            (
                ("Entrez avec votre badge ou votre code", "Enter with your badge or your code"),
                (
                    "Le code de Contrefeu, pas celui de l’ordinateur. Oublié ? Appelez la cellule de crise.",
                    "Contrefeu’s code, not the computer’s. Forgotten? Call the crisis cell.",
                ),
            ),
            (
                ("Rien ne s’ouvre ? Prenez le classeur", "Nothing opens? Take the pack"),
                (
                    "Papier, clé USB ou dossier partagé du service. Lisez d’abord son heure.",
                    "Paper, USB stick or the ward’s shared folder. Read its hour first.",
                ),
            ),
            (
                ("N’éteignez rien, ne branchez rien", "Switch nothing off, plug nothing in"),
                (
                    "Un message de rançon ou des fichiers étranges : débranchez le câble réseau, appelez.",
                    "A ransom note or strange files: pull the network cable, then call.",
                ),
            ),
        ),
        (
            ("Classeur rangé :", "The pack is kept:"),
            ("Imprimante qui marche sans réseau :", "Printer that works alone:"),
            ("Cellule de crise, jour et nuit :", "Crisis cell, day and night:"),
            ("Laboratoire, sang, pharmacie :", "Laboratory, blood, pharmacy:"),
        ),
    ),
    _Page(
        ("Pendant la panne", "While it lasts"),
        (
            "On vous dira : écran, ou papier. Un seul des deux à la fois dans un service.",
            "You will be told: screen, or paper. One of the two at a time on a ward.",
        ),
        (
            (
                ("Lisez l’heure de chaque bloc", "Read the hour of each block"),
                (
                    "« Dernière nouvelle à 02:41 » : après, demandez. Une ligne absente n’est pas « aucune ».",
                    "“Last heard at 02:41”: after that, ask. A line that is missing does not mean “none”.",
                ),
            ),
            (
                ("Le bon patient : nom et date de naissance", "The right patient: name and date of birth"),
                (
                    "Au lit, sur le bracelet. Deux noms qui se ressemblent sont marqués à l’écran.",
                    "At the bed, on the wristband. Names that look alike are marked on the screen.",
                ),
            ),
            (
                ("Allergies d’abord", "Allergies first"),
                (
                    "« Rien n’est connu » n’est pas « pas d’allergie » : demandez avant chaque médicament nouveau.",
                    "“Nothing is known” is not “no allergy”: ask before each new drug.",
                ),
            ),
            (
                ("Sur papier : un formulaire par patient", "On paper: a form for each patient"),
                (
                    "Ceux au code imprimé. Heure, nom, signature à chaque ligne. Ne barrez pas le code.",
                    "Those with the printed code. Hour, name, signature on each line. Leave the code clear.",
                ),
            ),
            (
                ("Un nouveau patient reçoit un numéro provisoire", "A new patient is given a temporary number"),
                (
                    "Par l’écran ou l’étiquette du classeur. Bracelet aussitôt. Inconnu : « X », on précise après.",
                    "From the screen or the pack’s label. Wristband at once. Unknown: “X”, more later.",
                ),
            ),
            (
                ("Un résultat critique se téléphone", "A critical result is telephoned"),
                (
                    "Répétez-le, écrivez l’heure et qui l’a donné, puis accusez-le à l’écran.",
                    "Read it back, write the hour and who gave it, then acknowledge it on the screen.",
                ),
            ),
            (
                ("À la fin : gardez tous les papiers", "At the end: keep every paper"),
                (
                    "Jusqu’à ce que l’écran dise que chaque page est rentrée. On vous dira quand.",
                    "Until the screen says that each page is in. You will be told when.",
                ),
            ),
        ),
    ),
)


def poster_pdf(facility: str, address: str, language: Literal["fr", "en"]) -> bytes:
    """Return the poster as a PDF of two pages; *address* is where the ward app is."""
    at = 0 if language == "fr" else 1
    values = {
        "lang": language,
        "title": chosen(_TITLE, at),
        "facility": facility,
        "foot": chosen(_FOOT, at),
        "pages": [
            {
                "title": chosen(page.title, at),
                "lead": chosen(page.lead, at),
                "steps": [
                    [chosen(head, at), chosen(body, at).replace("{address}", address)] for head, body in page.steps
                ],
                "fill": [chosen(label, at) for label in page.fill],
            }
            for page in _PAGES
        ],
    }
    return document(files("contrefeu.paper").joinpath("templates", "poster.typ").read_bytes(), values)
