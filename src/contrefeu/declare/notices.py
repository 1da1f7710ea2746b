"""Notices and assessments that data protection law asks for, filled from a house's settings (F43).

    impact-assessment      GDPR article 35
    record-of-processing   article 30
    patients, staff        articles 13 and 14

Rules kept here:
  * What the settings do not say is a blank that names itself, never a guess.
  * A text is the hospital's to complete, to put to its officer and to sign: nothing here is sent or kept.
  * An address of a vault is named without what is behind it: no path, no bucket, no key.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from contrefeu.hospital import Settings, VaultSettings

NOTICES = ("impact-assessment", "record-of-processing", "patients", "staff")

_WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "blank": "……… [à compléter]",
        "none": "aucun",
        "none_f": "aucune",
        "kept": "{days} jours, puis les clés sont détruites et une preuve signée reste.",
        "for_ever": "sans terme fixé ……… [à compléter : un plafond, `[retention]` dans contrefeu.toml].",
        "horizon": "{days} jours ; au-delà il faut les parts de plusieurs gardiens",
        "local": "sur la station, dans un fichier scellé",
        "server": "sur un serveur PostgreSQL, scellés",
        "vaults": "| Copie | Hébergeur | Pays | Certificat | Valable jusqu’au | Conservée |",
        "no_vault": "Aucune copie n’est réglée.",
        "file": "dossier ou disque",
        "s3": "stockage d’objets verrouillés",
        "pull+https": "hôte qui vient chercher",
        "spool+file": "sens unique (diode)",
        "days": "{days} jours au moins",
        "its_own": "selon l’hébergeur ……… [à compléter]",
        "group": "{count} établissements d’un groupe voient des nombres, sans patient",
    },
    "en": {
        "blank": "……… [to fill in]",
        "none": "none",
        "none_f": "none",
        "kept": "{days} days; then keys are destroyed, and a signed proof stays.",
        "for_ever": "no end is set ……… [to fill in: a ceiling, `[retention]` in contrefeu.toml].",
        "horizon": "{days} days; beyond that shares of several custodians are needed",
        "local": "on the station, in a sealed file",
        "server": "on a PostgreSQL server, sealed",
        "vaults": "| Copy | Host | Country | Certificate | Valid until | Kept |",
        "no_vault": "No copy is set up.",
        "file": "folder or disk",
        "s3": "locked object store",
        "pull+https": "a host that pulls",
        "spool+file": "one way (diode)",
        "days": "{days} days at least",
        "its_own": "as the host keeps it ……… [to fill in]",
        "group": "{count} facilities of a group see numbers, and no patient",
    },
}


class Around(Struct, frozen=True):
    """What a house knows of itself beside its settings."""

    date: str  # the day, as its readers write it
    stations: Sequence[str] = ()  # by name
    group: Sequence[tuple[str, str]] = ()  # facility, and its controller ("" when nobody said)


def notice(name: str, language: str, settings: Settings, around: Around) -> str:
    """Return one notice as Markdown.

    Args:
        name: One of NOTICES.
        language: "fr" or "en".
        settings: Of the house.
        around: The rest.
    """
    text = files("contrefeu.declare").joinpath("notices", language, f"{name}.md").read_text()
    return Template(text).substitute(_values(settings, around, _WORDS[language]))


def _values(settings: Settings, around: Around, words: Mapping[str, str]) -> dict[str, str]:
    said, blank = settings.declare, words["blank"]
    group = "; ".join(f"{name} ({controller or blank})" for name, controller in around.group)
    if not group and settings.group.askers:
        group = words["group"].format(count=len(settings.group.askers))
    senders = sorted({one for feed in settings.feeds.values() for one in feed.senders} | set(settings.feeds))
    values = {
        "date": around.date,
        "blank": blank,
        "facility": settings.node.facility,
        "controller": said.controller or blank,
        "structure_id": said.structure_id or blank,
        "dpo": said.dpo or blank,
        "contact": said.contact or blank,
        "senders": ", ".join(senders) or blank,
        "refused": ", ".join(settings.capture.refuse) or words["none"],
        "horizon": words["horizon"].format(days=settings.keys.horizon_days),
        "feeds_kept": _kept(settings.retention.feeds_days, words),
        "audit_kept": _kept(settings.retention.audit_days, words),
        "store": words["server" if settings.charts.store else "local"],
        "stations": ", ".join(around.stations) or words["none_f"],
        "group": group or words["none"],
    }
    in_cells = {key: text.replace("|", "/") for key, text in values.items()}  # a name must not end a table's cell
    return in_cells | {"vaults": _vaults(settings.vaults, words)}


def _kept(days: int, words: Mapping[str, str]) -> str:
    return words["kept"].format(days=days) if days else words["for_ever"]


def _vaults(vaults: Sequence[VaultSettings], words: Mapping[str, str]) -> str:
    if not vaults:
        return words["no_vault"]
    rows = [[_kind(one.url, words), one.host, one.country, one.certificate, one.certificate_expires] for one in vaults]
    lines = [words["vaults"], "| --- | --- | --- | --- | --- | --- |"]
    for one, row in zip(vaults, rows, strict=True):
        cells = [(cell or words["blank"]).replace("|", "/") for cell in row]
        lines.append(f"| {' | '.join([*cells, _days(one.url, words)])} |")
    return "\n".join(lines)


def _kind(url: str, words: Mapping[str, str]) -> str:
    return words.get(urlsplit(url).scheme, words["blank"])


def _days(url: str, words: Mapping[str, str]) -> str:
    asked = parse_qs(urlsplit(url).query).get("days", [""])[0]
    return words["days"].format(days=asked) if asked else words["its_own"]
