"""Problems as people read them: what happened, what is safe, what to do next; never a traceback.

Rules kept here:
  * A problem's three answers are French messages of the catalogue, without contents: no name, no number of a patient.
  * What stopped a page is said in its reader's language; the log has its class.
  * What nobody foresaw is logged by its class and its line, never by its message: a message may quote a patient.
"""

import traceback

import structlog

from contrefeu.base import N_, StorageError


class Problem(Exception):
    """A request that ends in a page which says why."""

    def __init__(self, status: int, what: str, *, safe: str = "", next: str = "") -> None:
        super().__init__(what)
        self.status = status
        self.what = what
        self.safe = safe
        self.next = next


NOT_FOUND = Problem(
    404,
    N_("Cette page n’existe pas, ou plus."),
    safe=N_("Les dossiers sont intacts."),
    next=N_("Revenez aux unités, ou cherchez le patient par son nom."),
)
NO_METHOD = Problem(
    405,
    N_("Cette page ne se demande pas ainsi."),
    safe=N_("Rien n’a été enregistré."),
    next=N_("Revenez aux unités, ou cherchez le patient par son nom."),
)
FORBIDDEN = Problem(
    403,
    N_("Votre rôle ne donne pas accès à cette page."),
    safe=N_("Rien n’a été montré ni modifié. La demande est inscrite au journal."),
    next=N_("Demandez à votre cadre ou à la cellule de crise si vous en avez besoin pour soigner."),
)
STALE_FORM = Problem(
    403,
    N_("Ce formulaire a expiré."),
    safe=N_("Rien n’a été enregistré."),
    next=N_("Revenez à la page précédente, rechargez-la et recommencez."),
)
NO_CHARTS = Problem(
    503,
    N_("Les dossiers ne répondent pas pour l’instant."),
    safe=N_("La réception des messages continue ; rien de ce qui a été reçu n’est perdu."),
    next=N_(
        "La page réessaie seule. Si cela dure plus d’une minute, prévenez la cellule de crise et sortez les packs."
    ),
)
UNSEEN = Problem(
    503,
    N_("Cette page n’est pas montrée : la consultation ne peut pas être inscrite au journal."),
    safe=N_("Les dossiers sont intacts. Rien n’a été montré."),
    next=N_("Réessayez. Si cela dure plus d’une minute, prévenez la cellule de crise et sortez les packs."),
)
TOO_LARGE = Problem(
    413,
    N_("Ce qui a été envoyé est trop long."),
    safe=N_("Rien n’a été enregistré."),
    next=N_("Envoyez moins à la fois."),
)
NOT_KEPT = Problem(
    503,
    N_("Le journal ne peut rien inscrire pour l’instant : rien n’a été fait."),
    safe=N_("Les dossiers et ce qui était déjà inscrit sont intacts."),
    next=N_("Réessayez. Si cela dure plus d’une minute, prévenez la cellule de crise et sortez les packs."),
)
UNFORESEEN = Problem(
    500,
    N_("Cette page n’a pas pu être préparée."),
    safe=N_("Les dossiers et les journaux sont intacts."),
    next=N_("Réessayez. Si cela recommence, signalez l’heure affichée en haut de l’écran à l’informatique."),
)


def problem_of(found: Exception) -> Problem:
    """Return the problem to show for what was raised."""
    if isinstance(found, Problem):
        return found
    if isinstance(found, ConnectionError | TimeoutError | FileNotFoundError | StorageError):
        return NO_CHARTS
    frame = traceback.extract_tb(found.__traceback__)[-1]
    structlog.get_logger().error("page failed", error=type(found).__name__, at=f"{frame.filename}:{frame.lineno}")
    return UNFORESEEN
