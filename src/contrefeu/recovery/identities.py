"""Whom charts are about, as far as identities are compared: names without accents, dates, numbers.

Rules kept here:
  * An identity is temporary when its own number is: R4 `Identifier.use` "temp", or of an authority that the command
    names. A number that is provisional for the national identity service (PID-32 PROV) is an ordinary patient's.
  * A name that was made up for somebody unknown (`HumanName.use` "temp") is nobody's.
  * A national number counts only where the identity is qualified (PID-32 QUAL; F22), and only as it was said.
  * What may never be joined without people says why: doubtful and fictitious identities (F24), a twin or a newborn,
    a birth date that is not a whole day, and a chart that holds a blood group (F11).
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from contrefeu.chart import Person, Resource, codes, fold, names
from contrefeu.fhir import Json, decode
from contrefeu.mapping import RELIABILITY

DOUBTFUL = "doubtful or fictitious identity"
TWIN = "twin or newborn"
_NOT_DOUBTED = frozenset({"VALI", "QUAL", "RECUP", "RECU", "PROV", "IDVER", "CACH"})  # of table 0445 as France has it
_NATIONAL = "urn:oid:1.2.250.1.213.1.4."  # the arc of the INS (ANS, référentiel INS)
_BIRTHPLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
_PHONE_DIGITS = 9  # without the country's and the trunk prefix


class Identity(Struct, frozen=True):
    """One chart's."""

    key: str  # "authority|value"
    chart: str  # chart id
    world: Literal["P", "T"]
    temporary: bool
    family: str = ""  # birth name, a to z
    used: str = ""  # family name in use, when it is another one
    given: str = ""  # first given name
    birth: str = ""  # YYYY-MM-DD
    sex: str = ""
    phone: str = ""
    postcode: str = ""
    birthplace: str = ""
    national: str = ""  # of a qualified identity
    further: str = ""  # given names after the first, one after the other
    why: str = ""  # people decide about it, whatever it looks like


def identities(people: Iterable[Person], temporary: frozenset[str]) -> Iterator[Identity]:
    """Yield the identity of each of *people*; *temporary* are the authorities whose numbers are."""
    for one in people:
        yield identity_of(decode(one.patient), one.key, one.chart, one.world, temporary)


def identity_of(patient: Json, key: str, chart: str, world: Literal["P", "T"], temporary: frozenset[str]) -> Identity:
    """Return the identity that *patient*, whose chart is called *key*, is compared by."""
    name = names({**patient, "name": [one for one in _listed(patient, "name") if one.get("use") != "temp"]})
    family, used = _word(name.family), _used(patient)
    status = _status(patient)
    birth = str(patient.get("birthDate", ""))
    return Identity(
        key,
        chart,
        world,
        _is_temporary(patient, key, temporary),
        family=family,
        used=used if used != family else "",
        given=_word(name.given),
        birth=birth if len(birth) == 10 else "",
        sex=str(patient.get("gender", ""))[:1] if patient.get("gender") in ("male", "female") else "",
        phone=_phone(patient),
        postcode=_postcode(patient),
        birthplace=_birthplace(patient),
        national=_national(patient) if "QUAL" in status else "",
        further=_further(patient, _word(name.given)),
        why=_why(patient, status, name.given),
    )


def _word(text: str) -> str:
    return "".join(c for c in fold(text) if c.isascii() and c.isalnum())


def _further(patient: Json, first: str) -> str:
    """The given names after the *first*, which some lists begin with again (PID-5.3 of France)."""
    for one in _listed(patient, "name"):
        given = [str(name) for name in one.get("given") or [""]]
        words = [_word(word) for name in given[1:] for word in name.split()]
        if words and _word(given[0]) == first and one.get("use") not in ("old", "temp"):
            return " ".join(word for word in words if word and word != first)
    return ""


def _used(patient: Json) -> str:
    usual = (one for one in _listed(patient, "name") if one.get("use") == "usual")
    return next((_word(str(one["family"])) for one in usual if one.get("family")), "")


def _is_temporary(patient: Json, key: str, temporary: frozenset[str]) -> bool:
    authority, _, value = key.partition("|")
    if authority in temporary:
        return True
    return any(one.get("use") == "temp" and one.get("value") == value for one in _listed(patient, "identifier"))


def _why(patient: Json, status: set[str], given: str) -> str:
    if status - _NOT_DOUBTED:
        return DOUBTFUL
    multiple = patient.get("multipleBirthBoolean") or patient.get("multipleBirthInteger")
    return TWIN if multiple or not given else ""


def _status(patient: Json) -> set[str]:
    return {
        str((inner.get("valueCoding") or {}).get("code", ""))
        for one in _listed(patient, "extension")
        if one.get("url") == RELIABILITY
        for inner in _listed(one, "extension")
        if inner.get("url") == "identityStatus"
    } - {""}


def _national(patient: Json) -> str:
    numbers = (one for one in _listed(patient, "identifier") if one.get("use") != "old")
    return next((str(one["value"]) for one in numbers if _is_national(one) and one.get("value")), "")


def _is_national(number: Json) -> bool:
    return str(number.get("system", "")).startswith(_NATIONAL) or bool(
        {"INS", "INS-NIR"} & set(codes(number.get("type")))
    )


def _phone(patient: Json) -> str:
    for one in _listed(patient, "telecom"):
        digits = "".join(filter(str.isdigit, str(one.get("value", "")))) if one.get("system") == "phone" else ""
        if len(digits) >= _PHONE_DIGITS:
            return digits[-_PHONE_DIGITS:]
    return ""


def _postcode(patient: Json) -> str:
    lived = (one for one in _listed(patient, "address") if one.get("use") not in ("old", "temp", "billing"))
    return next((str(one["postalCode"]) for one in lived if one.get("postalCode")), "")


def _birthplace(patient: Json) -> str:
    for one in _listed(patient, "extension"):
        if one.get("url") == _BIRTHPLACE:
            place: Resource = one.get("valueAddress") or {}
            return str(place.get("postalCode") or _word(str(place.get("city", ""))))
    return ""


def _listed(resource: Json, name: str) -> list[Json]:
    found = resource.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
