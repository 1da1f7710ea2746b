"""A feed connected by questions: a sample first, what was understood of it, the profile, what to set on the other side.

Rules kept here:
  * Questions are for a terminal; a script says --sender, and is never asked.
  * A sample from a file is looked at and kept nowhere; one that comes over the line is answered and kept as ever.
  * Nothing is written before somebody has seen what was understood, and said yes.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from contrefeu.cli.door import Language, say
from contrefeu.cli.surveying import looked_at, show, surveys_of, told_of, write_proposal

if TYPE_CHECKING:
    from contrefeu.cli.node import Node

SAMPLE_WAIT_S = 120  # time to walk over and have somebody press "send"
_WORDS = {
    "side": (
        "Côté émetteur : hôte et port {address}, MLLP ; file d’attente sans fin, aucun message en erreur sauté ;"
        " l’accusé arrive quand le message est sur disque. Pages par moteur : docs/howto/engines.",
        "On the sender's side: host and port {address}, MLLP; queue for ever, never skip a message on error;"
        " the answer comes when the message is on disk. A page an engine: docs/howto/engines.",
    ),
    "sample": (
        "Fichier d’exemples (vide : attendre {wait} s ce qui arrive)",
        "File of samples (empty: wait {wait} s for what comes)",
    ),
    "which": ("Plusieurs émetteurs : lequel ?", "Several senders: which one?"),
    "described": (
        "{source} est déjà décrit : rien n’a été écrit.",
        "{source} is described already: nothing was written.",
    ),
    "settle": (
        "À régler d’abord (À VOIR) : le profil proposé ci-dessus y répond-il ?",
        "To be settled first (LOOK): does the profile proposed above do it?",
    ),
    "write": ("Écrire ce profil sous le nom {name} ?", "Write this profile as {name}?"),
    "left": ("Rien n’a été écrit.", "Nothing was written."),
    "next": (
        "Ensuite : redémarrer le nœud, puis contrefeu feeds check {source}, et --census LISTE.csv.",
        "Next: start the node again, then contrefeu feeds check {source}, and --census LIST.csv.",
    ),
}


def connect(node: "Node", name: str, language: Language, *, asks: bool) -> None:
    """Ask for a sample, show what it says, propose a profile, and write it as the feed *name* if somebody says yes.

    Raises:
        OperatorError: There is nobody to ask, or nothing came.
    """
    from contrefeu.base import OperatorError

    if not (asks and sys.stdin.isatty()):
        raise OperatorError(
            "No sender was named, and there is no terminal to ask on.",
            safe="Nothing was changed.",
            next="contrefeu feeds add NAME --sender APP@FACILITY; contrefeu feeds list names those that were heard.",
        )
    words = _Words(language)
    words.say("side", address=node.settings.capture.mllp)
    one = _chosen(_sampled(node, words), words)
    show(one, name)
    if one["described"]:
        words.say("described", source=one["source"])
        return
    if (one["findings"] and not words.agreed("settle")) or not words.agreed("write", name=name):
        words.say("left")
        return
    write_proposal(node, name, [one])
    words.say("next", source=one["source"])


class _Words:
    """Questions and sentences in one language."""

    def __init__(self, language: Language) -> None:
        self._at = 0 if language == "fr" else 1

    def text(self, key: str, **values: object) -> str:
        return _WORDS[key][self._at].format(**values)

    def say(self, key: str, **values: object) -> None:
        say(self.text(key, **values))

    def agreed(self, key: str, **values: object) -> bool:
        return typer.confirm(self.text(key, **values), default=False)


def _sampled(node: "Node", words: _Words) -> list[dict[str, Any]]:
    """What is said of each sender of a sample."""
    from contrefeu.base import OperatorError

    path = typer.prompt(words.text("sample", wait=SAMPLE_WAIT_S), default="", show_default=False).strip()
    node.audit("entry", what="feeds add")
    entries = looked_at(node, 0, [Path(path)] if path else [], 0 if path else SAMPLE_WAIT_S)
    found = surveys_of(node, frozenset(), entries)
    if not found:
        raise OperatorError(
            "Nothing came, or nothing in the file is a message.",
            safe="Nothing was changed.",
            next="Send again, or name another file. contrefeu status says who was heard.",
        )
    return [told_of(node, survey) for survey in sorted(found, key=lambda one: one.source)]


def _chosen(told: list[dict[str, Any]], words: _Words) -> dict[str, Any]:
    if len(told) == 1:
        return told[0]
    for n, one in enumerate(told, 1):
        say(f"  {n}  {one['source']}  {one['entries']}")
    while not 1 <= (n := typer.prompt(words.text("which"), type=int)) <= len(told):
        pass
    return told[n - 1]
