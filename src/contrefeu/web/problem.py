"""Problems as people read them: what happened, what is safe, what to do next; never a traceback.

Rules kept here:
  * A problem's three answers are French messages of the catalogue, without contents: no name, no number of a patient.
  * What nobody foresaw is logged by its class and its line, never by its message: a message may quote a patient.
"""

import traceback

import structlog

from contrefeu.base import ContrefeuError


def N_(message: str) -> str:  # noqa: N802 (gettext's own name for "translate later")
    """Mark *message* for the catalogue; it is translated where it is shown."""
    return message


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
    if isinstance(found, ConnectionError | TimeoutError | FileNotFoundError):
        return NO_CHARTS
    if isinstance(found, ContrefeuError):
        return Problem(503, found.what, safe=found.safe, next=found.next)
    frame = traceback.extract_tb(found.__traceback__)[-1]
    structlog.get_logger().error("page failed", error=type(found).__name__, at=f"{frame.filename}:{frame.lineno}")
    return UNFORESEEN
