"""What two prescriptions have in common: the same drug, or the same class (F8; decisions 0232 and 0233).

Rules kept here:
  * Codes are compared whole, in one system: what two senders call "12" is not the same drug. A code whose system nobody
    named, or that is a sender's own table ("L", "99..."), is compared with none.
  * A class is an ATC code of level 4 that a feed or the pharmacist's list gave. No table of classes is ours, and none
    has a name here.
  * A written name is compared by its letters and digits, without accents and capitals, as extracts of cabinets are;
    then without its strength and form: what stands before the first number. Written otherwise, it is another name.
  * Of two descriptions of one order (written here, and sent back by a feed) one is compared.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from contrefeu.acts import Medicine
from contrefeu.chart import MEDICINE, Resource, drug_said
from contrefeu.station.care.dispensary import same_drug as as_written
from contrefeu.station.care.medicines import ATC, Formulary, atc_code, key_of

CLASS_LENGTH = 5  # characters of an ATC code of level 4 (WHO: chemical subgroup)
SUBSTANCE_LENGTH = 7  # characters of one of level 5 (a substance)
STEM_LENGTH_MIN = 4  # letters before the first number that are compared: "IV" or "n°" say nothing of a drug
_ATC_SYSTEMS = frozenset({ATC, "https://www.whocc.no/atc", "urn:oid:2.16.840.1.113883.6.73"})
_OWN_TABLE = re.compile(r"(?:urn:id:)?(?:L|LOCAL|99.*)", re.IGNORECASE)  # HL7 table 0396: a sender's own
_NUMBER = re.compile(r"(?:^|\s)[(\[]?\d")
_OURS = frozenset({"urn:ietf:rfc:3986", "urn:id:CONTREFEU"})  # how an order of ours is numbered, here and in feeds


@dataclass(frozen=True, slots=True)
class Drug:
    """How a drug is known."""

    codes: frozenset[tuple[str, str]] = frozenset()  # system and code; no ATC
    atc: frozenset[str] = frozenset()
    substances: frozenset[str] = frozenset()  # as the pharmacist's list has them, folded
    name: str = ""  # letters and digits
    stem: str = ""  # words before its strength

    @property
    def listed(self) -> bool:
        """Whether it was prescribed from the pharmacist's list."""
        return any(system == MEDICINE for system, _ in self.codes)

    @property
    def classes(self) -> frozenset[str]:
        """Its ATC codes of level 4."""
        return frozenset(code[:CLASS_LENGTH] for code in self.atc if len(code) >= CLASS_LENGTH)


@dataclass(frozen=True, slots=True)
class Match:
    """How two drugs are the same."""

    how: str  # "code", "substance", "list", "name", "stem", "class"
    what: str = ""  # the code


def drug_from(resource: Resource, formulary: Formulary) -> Drug:
    """Return how the drug of a prescription or a dose is known, with what the pharmacist's list says of its name."""
    said = drug_said(resource)
    codings = [one for one in (resource.get("medicationCodeableConcept") or {}).get("coding") or []
               if isinstance(one, dict)]  # fmt: skip
    pairs = [(str(one.get("system") or ""), str(one.get("code") or "").strip()) for one in codings]
    listed = next((found for system, code in pairs if system == MEDICINE and (found := formulary.get(code))), None)
    listed = listed or formulary.get(said)
    return _drug(said, pairs, listed)


def _drug(said: str, pairs: Iterable[tuple[str, str]], listed: Medicine | None) -> Drug:
    pairs = list(pairs)
    atc = {atc_code(code) for system, code in pairs if system in _ATC_SYSTEMS}
    atc |= {atc_code(listed.atc)} if listed is not None else set()
    return Drug(
        codes=frozenset(
            (system, code.casefold())
            for system, code in pairs
            if code and system and system not in _ATC_SYSTEMS and not _OWN_TABLE.fullmatch(system)
        ),
        atc=frozenset(atc - {""}),
        substances=frozenset(map(key_of, listed.substances)) if listed is not None else frozenset(),
        name=as_written(said),
        stem=_stem(key_of(said)),
    )


def _stem(name: str) -> str:
    """A name as far as its first number: "amoxicilline 1 g cp" is "amoxicilline"."""
    found = _NUMBER.search(name)
    stem = name[: found.start()].strip(" ,;-") if found else name
    return stem if sum(letter.isalpha() for letter in stem) >= STEM_LENGTH_MIN else ""


def drugs_match(one: Drug, other: Drug) -> Match | None:
    """Return how two drugs are the same, the surest way first; None when nothing that is compared says so."""
    if codes := one.codes & other.codes:
        system, code = min(codes)
        return Match("code", "" if system == MEDICINE else code.upper())
    if codes_atc := {code for code in one.atc & other.atc if len(code) == SUBSTANCE_LENGTH}:
        return Match("substance", min(codes_atc))
    if one.substances and one.substances == other.substances:
        return Match("list")
    if one.name and one.name == other.name:
        return Match("name")
    if one.stem and one.stem == other.stem:
        return Match("stem")
    return None


def classes_match(one: Drug, other: Drug) -> Match | None:
    """Return the ATC code of level 4 that two drugs have in common."""
    classes = one.classes & other.classes
    return Match("class", min(classes)) if classes else None


def order_names(order: Resource) -> frozenset[tuple[str, str]]:
    """Return what an order is called: two that share one are the same order."""
    found = set()
    for one in order.get("identifier") or []:
        system, value = str(one.get("system") or ""), str(one.get("value") or "").removeprefix("urn:uuid:")
        if system and value:
            found.add(("ours" if system in _OURS else system, value))
    return frozenset(found)
