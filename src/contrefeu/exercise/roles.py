"""Who plays an exercise: a row a role, with what it is there to do. The names are those of the accounts (access)."""

from typing import NamedTuple


class RoleWords(NamedTuple):
    """A role in both languages: its name, and its part in a sentence."""

    fr: str
    en: str
    part_fr: str
    part_en: str

    def name(self, language: str) -> str:
        """Its name."""
        return self.en if language == "en" else self.fr

    def part(self, language: str) -> str:
        """What it is there to do."""
        return self.part_en if language == "en" else self.part_fr


ROLES: dict[str, RoleWords] = {
    "coordinator": RoleWords(
        "Cellule de crise",
        "Crisis cell",
        "Déclare la panne, décide, tient la chronologie.",
        "Declares the downtime, decides, keeps the timeline.",
    ),
    "nurse": RoleWords(
        "Soins infirmiers",
        "Nursing",
        "Soigne avec l’écran ou le papier, écrit ce qui est fait, reconnaît les résultats critiques.",
        "Cares with the screen or on paper, writes what is done, acknowledges critical results.",
    ),
    "physician": RoleWords(
        "Médecine",
        "Medicine",
        "Prescrit, décide, signe ses ordres verbaux.",
        "Prescribes, decides, signs verbal orders.",
    ),
    "clerk": RoleWords(
        "Admissions",
        "Admissions",
        "Admet, cherche avant de créer, donne un numéro provisoire.",
        "Admits, searches before creating, gives a temporary number.",
    ),
    "laboratory": RoleWords(
        "Laboratoire",
        "Laboratory",
        "Téléphone les résultats critiques, saisit ceux qui manquent.",
        "Telephones critical results, types those that are missing.",
    ),
    "pharmacist": RoleWords(
        "Pharmacie", "Pharmacy", "Délivre, donne un avis, tient la liste.", "Releases, advises, keeps the list."
    ),
    "recovery": RoleWords(
        "Reprise",
        "Recovery",
        "Réunit les détenteurs, restaure, rend les pages au bon dossier.",
        "Gathers the custodians, restores, brings the pages back to the right chart.",
    ),
    "dpo": RoleWords(
        "Protection des données",
        "Data protection",
        "Ouvre l’incident, prépare les déclarations et leurs délais.",
        "Opens the incident, prepares the declarations and their deadlines.",
    ),
}
