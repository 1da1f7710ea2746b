"""What the aids on prescribing and giving say, in words: what was matched, what was compared, what could not be.

Rules kept here:
  * A warning names the other prescription or dose with its date, its author and how it was matched.
  * No sentence says that there is no problem: each ends with what was not compared, or that nothing is assured.
"""

from collections.abc import Iterator

from contrefeu.access import CLASS, DUPLICATE
from contrefeu.chart import Spacing
from contrefeu.station.care.aiding import AidSays, Warned
from contrefeu.station.labels import label
from contrefeu.web import N_, Words

# By aid: its name, what stands above its warnings, what a tick says
ASKED = {
    "duplicate": (
        N_("Même médicament"),
        N_("Rien n’est encore écrit. Le même médicament est déjà prescrit :"),
        N_("Je le prescris en plus."),
    ),
    "class": (
        N_("Même classe"),
        N_("Rien n’est encore écrit. Un médicament de la même classe est déjà prescrit :"),
        N_("Je prescris les deux."),
    ),
    "dose_time": (
        N_("Temps entre les doses"),
        N_("Rien n’est encore écrit. D’après la prescription, une autre dose est trop proche :"),
        N_("Cette dose a bien été donnée à cette heure."),
    ),
}
SOON = N_("À cette heure, d’après la prescription, une autre dose est trop proche :")
ANYWAY = N_("confirmé malgré l’avertissement")
_HOW = {
    "code": N_("même code %(what)s"),
    "substance": N_("même substance, code ATC %(what)s"),
    "list": N_("mêmes substances sur la liste du pharmacien"),
    "name": N_("même nom écrit"),
    "stem": N_("même nom écrit, autre dosage ou autre forme"),
    "class": N_("même classe, code ATC %(what)s"),
    "most": N_("comptée dans le maximum en 24 h"),
}
_LISTED = N_("même médicament de la liste")
_BY_NAME = N_(
    "Aide « même médicament » en service. Prescriptions en cours comparées : %(count)d ; par leur nom écrit "
    "seulement : %(left)d. Un même médicament sous un autre nom, sans code commun, n’est pas reconnu."
)
_BY_CLASS = N_(
    "Aide « même classe » en service. Prescriptions en cours comparées par leur code ATC de niveau 4 : %(count)d ; "
    "sans code ATC, non comparées : %(left)d. Un texte libre n’est comparé à rien."
)
_NO_CLASS = N_("Aide « même classe » en service. Ce médicament n’a pas de code ATC : rien n’a été comparé.")
_DECLARED = N_("Traitements déclarés par le patient ou un document, non comparés : %(num)d.")
_SAYS = N_("Aide « temps entre les doses » en service. La prescription dit : %(said)s.")
_UNCHECKED = N_("Aide « temps entre les doses » en service. Intervalle non vérifié : %(why)s.")
_UNSAID = N_("il n’est pas dit sous une forme qui se compare, lisez la prescription")
_WHYS = {
    "several": N_("plusieurs rythmes à la fois"),
    "infusion": N_("c’est une perfusion"),
    "short": N_("il est trop court"),
}
_AMOUNT = N_("Le maximum est dit en quantité : non vérifié.")
_LAST = N_("Dernière dose connue : %(when)s.")
_NONE = N_("Aucune dose de ce médicament n’est connue ici.")
_HOURLESS = N_("Doses sans heure, non comparées : %(num)d.")
_NOTHING = N_("Sans avertissement, rien n’est assuré.")


def warned_words(one: Warned, words: Words, now_ns: int | None = None) -> str:
    """Return one warning: what, since when or when, by whom, and how it was matched."""
    when = words.moment(one.when, now_ns) if one.when else words(N_("date non dite"))
    status = label("treatment", one.status, words) or one.status if one.about.startswith("MedicationRequest/") else ""
    parts = [one.drug or "?", one.dosage, when, one.by or words(N_("auteur non dit")), status, _how(one, words)]
    return " · ".join(filter(None, parts))


def _how(one: Warned, words: Words) -> str:
    if one.how == "close":
        after = one.status == "after"
        return words(
            N_("%(time)s après celle-ci") if after else N_("%(time)s avant celle-ci"), time=time_words(one.apart_min)
        )
    if one.how == "code" and not one.what:
        return words(_LISTED)
    return words(_HOW[one.how], what=one.what) if one.how in _HOW else ""


def time_words(minutes: int) -> str:
    """Return a duration in hours and minutes, which both languages read.

    >>> time_words(45), time_words(240), time_words(250)
    ('45 min', '4 h', '4 h 10')
    """
    hours, rest = divmod(minutes, 60)
    return f"{rest} min" if not hours else f"{hours} h" if not rest else f"{hours} h {rest:02}"


def compared_words(says: AidSays, words: Words, now_ns: int | None = None) -> str:
    """Return what an aid compared, and what it could not."""
    return " ".join([*_compared(says, words, now_ns), words(_NOTHING)])


def _compared(says: AidSays, words: Words, now_ns: int | None) -> Iterator[str]:
    it = says.compared
    if says.aid in (DUPLICATE, CLASS):
        if says.aid == CLASS and not it.drug:
            yield words(_NO_CLASS)
        else:
            yield words(_BY_NAME if says.aid == DUPLICATE else _BY_CLASS, count=it.count, left=it.left)
        if it.declared:
            yield words(_DECLARED, num=it.declared)
        return
    if it.spacing.checks:
        yield words(_SAYS, said=spacing_words(it.spacing, words))
    if not it.spacing.least_s:
        yield words(_UNCHECKED, why=words(_WHYS.get(it.spacing.why, _UNSAID)))
    if it.spacing.amount:
        yield words(_AMOUNT)
    if it.last is not None:
        yield words(_LAST, when=", ".join(filter(None, (words.moment(it.last.when, now_ns), it.last.by))))
    elif not it.hourless:
        yield words(_NONE)
    if it.hourless:
        yield words(_HOURLESS, num=it.hourless)


def spacing_words(spacing: Spacing, words: Words) -> str:
    """Return what a prescription says of the time between its doses."""
    time = time_words(spacing.least_s // 60)
    kinds = {
        "wall": N_("à heures fixes, %(time)s au moins d’une heure à l’autre"),
        "elapsed": N_("toutes les %(time)s"),
        "needed": N_("si besoin, %(time)s au moins entre deux doses"),
    }
    said = [words(kinds[spacing.kind], time=time)] if spacing.least_s and spacing.kind else []
    if spacing.most:
        said.append(words(N_("%(num)d doses au plus en 24 h"), num=spacing.most))
    return ", ".join(said)
