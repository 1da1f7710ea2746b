"""The account as pages to sign and file, in French or English; and as a list, one entry a line."""

import csv
from pathlib import Path
from typing import IO, Any, Literal

import msgspec
import typst

from contrefeu.recovery.ledger import DROPPED
from contrefeu.recovery.report import FATES, Account, Told

WARDS_MAX = 60  # rows of what is left to do on paper; the list has every entry
_TEMPLATE = Path(__file__).with_name("templates") / "account.typ"
_COLUMNS = ("entry", "fate", "why", "owner", "patient", "type", "ward")
_WORDS: dict[str, dict[str, Any]] = {
    "fr": {
        "title": "Compte de chaque entrée",
        "about": "{facility} · établi le {at} · comparé avec {against}, le {compared}",
        "nobody": "rien (aucune comparaison)",
        "sound": "Chaque entrée a sa place : {entries} entrées, aucune sans explication.",
        "broken": "Entrées SANS EXPLICATION : {unaccounted} sur {entries} (patients : {patients}).",
        "sum": "La somme ({counted}) n'est pas le nombre d'entrées des journaux ({entries}).",
        "fates": {
            "present": "présentes dans le système restauré",
            "replayed": "renvoyées et acceptées",
            "merged": "le même fait, redit par le système restauré",
            "set_aside": "mises de côté, avec un motif et un responsable",
            "kept_here": "gardées ici : actes, audit, répétitions, exercices",
            "unaccounted": "SANS EXPLICATION",
        },
        "tables": ["Ensemble", "Par journal", "Motifs", "Mises de côté, par responsable", "Reste à faire, par service",
                   "Écrit ici, par voie de retour"],
        "heads": {
            "what": "Ce qu'elles sont devenues", "count": "Entrées", "journal": "Journal", "why": "Motif",
            "owner": "Responsable", "ward": "Service et type", "total": "total", "unknown": "(sans service)",
        },
        "ways": {
            "data": "en données", "document": "en documents à lire", "retype": "ressaisi depuis la liste",
            "none": "ne revient pas",
        },
        "way_heads": ["Voie", "Écrit", "Revenu", "Reste", "Heures"],
        "whys": {
            "missing": "absente du système restauré, pas renvoyée",
            "not compared: the answers to our queries do not show it":
                "pas comparée : les réponses à nos requêtes ne la montrent pas",
            "agreed with the vendor: it does not go back": "convenu avec l'éditeur : ne revient pas",
            DROPPED: "relue et écartée : ",
            "different": "autre contenu sous le même identifiant",
            "repeat": "répétition, octet pour octet",
            "exercise": "message d'exercice",
            "nobodys": "ne concerne les soins de personne",
            "void": "annulée depuis, ou annule ce qui n'est plus",
            "sent, and no answer": "envoyée, sans réponse",
            "sent, and rejected": "envoyée, rejetée",
            "accepted, and not there": "acceptée, et pas trouvée là-bas",
            "the target accepted it": "acceptée par le destinataire",
            "the restored system holds it": "le système restauré l'a",
            "no key here opens it": "aucune clé ne l'ouvre ici",
            "carried here for the ward; the hospital's node accounts for it":
                "apportée ici pour l'unité ; le nœud de l'hôpital en rend compte",
            "what people did here, and who looked at what": "ce qui a été fait ici, et qui a regardé quoi",
            "what was sent back, said to us again": "ce que nous avons renvoyé, redit",
            "withdrawn by two persons": "retirée par deux personnes",
            "not compared: received after the last comparison, or there was none":
                "non comparée : reçue après la dernière comparaison, ou il n'y en a pas eu",
            "not compared: the comparison began later": "non comparée : la comparaison commence plus tard",
            "received between the last clean moment and the detection":
                "reçue entre le dernier instant sain et la détection",
            "the profile leaves this kind out": "le profil du destinataire ne prend pas ce type",
        },
        "sign": ["Responsable de la reprise, nom, date", "Direction, nom, date"],
        "reason": "{fate} : {why}",
        "footer": "Contrefeu. Ne contient ni nom de patient ni contenu de message. Heures en UTC.",
    },
    "en": {
        "title": "Account of every entry",
        "about": "{facility} · drawn up {at} · compared with {against}, {compared}",
        "nobody": "nothing (no comparison)",
        "sound": "Every entry is accounted for: {entries} entries, none without a word.",
        "broken": "Entries UNACCOUNTED: {unaccounted} of {entries} (patients: {patients}).",
        "sum": "The sum ({counted}) is not the number of entries in the journals ({entries}).",
        "fates": {
            "present": "present in the restored system",
            "replayed": "sent back and accepted",
            "merged": "the same fact, said again by the restored system",
            "set_aside": "set aside, with a reason and an owner",
            "kept_here": "kept here: acts, audit, repeats, exercises",
            "unaccounted": "UNACCOUNTED",
        },
        "tables": ["All", "By journal", "Reasons", "Set aside, by owner", "Left to do, by ward",
                   "Written here, by its way back"],
        "heads": {
            "what": "What became of them", "count": "Entries", "journal": "Journal", "why": "Reason",
            "owner": "Owner", "ward": "Ward and type", "total": "total", "unknown": "(no ward)",
        },
        "ways": {
            "data": "as data", "document": "as documents to be read", "retype": "typed from the list",
            "none": "does not go back",
        },
        "way_heads": ["Way", "Written", "Back", "Left", "Hours"],
        "whys": {"nobodys": "about nobody's care", "void": "taken back since, or takes back what is no more"},
        "sign": ["Leader of the recovery, name, date", "Management, name, date"],
        "reason": "{fate}: {why}",
        "footer": "Contrefeu. Holds no patient's name and no content of a message. Times in UTC.",
    },
}  # fmt: skip


def account_pdf(account: Account, facility: str, language: Literal["fr", "en"]) -> bytes:
    """Return the account as PDF."""
    words = _WORDS[language]
    page = {
        "lang": language,
        "title": words["title"],
        "about": str(words["about"]).format(
            facility=facility,
            at=account.at[:16].replace("T", " "),
            against=account.against or words["nobody"],
            compared=account.compared_at[:16].replace("T", " ") or "—",
        ),
        "sound": account.sound,
        "verdict": _verdict(account, words),
        "tables": _tables(account, words),
        "sign": words["sign"],
        "footer": words["footer"],
    }
    sources = {"main.typ": _TEMPLATE.read_bytes(), "account.json": msgspec.json.encode(page)}
    made: bytes = typst.compile(sources)  # type: ignore[call-overload]  # its stubs do not know sources in memory
    return made


def _verdict(account: Account, words: dict[str, Any]) -> str:
    kind = "sum" if account.counted != account.entries else "sound" if account.sound else "broken"
    return str(words[kind]).format(
        entries=account.entries,
        counted=account.counted,
        unaccounted=account.fates["unaccounted"],
        patients=account.patients,
    )


def _tables(account: Account, words: dict[str, Any]) -> list[dict[str, Any]]:
    heads, fates, whys = words["heads"], words["fates"], words["whys"]
    everything, journals, reasons, owners, wards, ways = words["tables"]
    left = sorted(
        (
            (ward or heads["unknown"], kind, count)
            for ward, kinds in account.wards.items()
            for kind, count in kinds.items()
        ),
        key=lambda one: (-one[2], one[:2]),
    )
    said = [
        (str(words["reason"]).format(fate=fates[fate], why=_why(why, whys)), count)
        for fate in FATES
        for why, count in sorted(account.reasons.get(fate, {}).items())
    ]
    made = [
        (everything, [heads["what"], heads["count"]], [
            *([fates[fate], str(account.fates[fate])] for fate in FATES),
            [heads["total"], str(account.counted)],
        ]),
        (journals, [heads["journal"], heads["count"], fates["unaccounted"]], [
            [journal, str(sum(found.values())), str(found["unaccounted"])]
            for journal, found in sorted(account.journals.items())
        ]),
        (reasons, [heads["why"], heads["count"]], [[text, str(count)] for text, count in said]),
        (owners, [heads["owner"], heads["count"]], [[one, str(n)] for one, n in sorted(account.owners.items())]),
        (wards, [heads["ward"], heads["count"]], [[f"{w} · {k or '?'}", str(n)] for w, k, n in left[:WARDS_MAX]]),
        (ways, words["way_heads"], [
            [words["ways"][one.way], str(one.written), str(one.back), str(one.left), f"{one.minutes / 60:.1f}"]
            for _, one in sorted(account.ways.items())
        ]),
    ]  # fmt: skip
    return [{"title": title, "head": head, "rows": rows} for title, head, rows in made if rows]


def _why(why: str, words: dict[str, str]) -> str:
    """A reason in words; of what somebody dropped, their own stand behind them."""
    if why.startswith(DROPPED):
        return words.get(DROPPED, DROPPED) + why.removeprefix(DROPPED)
    return words.get(why, why)


class AccountList:
    """The account as CSV, one entry a line."""

    def __init__(self, file: IO[str]) -> None:
        self._rows = csv.writer(file)
        self._rows.writerow(_COLUMNS)

    def write(self, told: Told) -> None:
        """Write one entry's line."""
        self._rows.writerow([getattr(told, name) for name in _COLUMNS])
