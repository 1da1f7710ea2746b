"""Somebody who comes: known here, known by name, unknown, newborn, or one of many at once.

Rules kept here:
  * A new identity is provisional (PID-32 PROV): it has a temporary number, no other number is believed, and nothing
    matches it to anybody of its own accord (FIELD F22).
  * Names are written in capitals from A to Z, as the national rules of identity want them.
  * A birth date that nobody knows is not made up: an age by sight gives a year, marked unknown (UD); it drives no age.
  * A newborn's chart names the mother, and hers the child, only where that may be said (F19).
"""

import re
import unicodedata
from collections.abc import Sequence

from contrefeu.chart import PROVISIONAL, RELIABILITY, TEMPORARY, UNKNOWN_BIRTH, Chart, spoken
from contrefeu.chart.sheet import Person
from contrefeu.fhir import Json
from contrefeu.station.care.form import Bed, Choice, Field, Typed, concept, moment_fields, typed_day
from contrefeu.station.care.moves import bed_field
from contrefeu.station.care.scribe import Scribe
from contrefeu.web import N_

MANY_MAX = 50  # patients admitted at once: more than a bus; the form is sent again for more
_V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
_V2_0445 = "http://terminology.hl7.org/CodeSystem/v2-0445"
_BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
_ROLES = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
_FLAG_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"
_LETTER = re.compile(r"[^A-Z '-]")
SEXES = (
    Choice("unknown", N_("non dit")),
    Choice("female", N_("femme")),
    Choice("male", N_("homme")),
    Choice("other", N_("autre")),
)
INSIDE = (Choice("IMP", N_("hospitalisation")), Choice("EMER", N_("urgences")))


def capitals(name: str) -> str:
    """Return a name in capitals from A to Z.

    >>> capitals("Élodie d’Œuvre-Núñez")
    "ELODIE D'OEUVRE-NUNEZ"
    """
    text = name.strip().replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae").replace("Æ", "AE").replace("’", "'")
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).upper()
    return " ".join(_LETTER.sub(" ", plain).split())


def reliability(*codes: str) -> Json:
    """The extension that says how far an identity is to be relied on."""
    inner = [{"url": "identityStatus", "valueCoding": {"system": _V2_0445, "code": code}} for code in codes]
    return {"url": RELIABILITY, "extension": inner}


def temporary(number: str) -> Json:
    """The identifier of a temporary number."""
    kind = {"coding": [{"system": _V2_0203, "code": "MRT"}]}
    return {"use": "temp", "type": kind, "system": TEMPORARY, "value": number}


def place_fields(beds: Sequence[Bed], scribe: Scribe, inside: str = "IMP") -> tuple[Field, ...]:
    """Where somebody goes, since when, and as what."""
    return (
        bed_field(beds, scribe),
        Field("inside", N_("Entre pour"), "choice", choices=INSIDE, required=True, value=inside),
        *moment_fields(scribe),
    )


def named_fields(birth: str) -> tuple[Field, ...]:
    """Who somebody says they are."""
    return (
        Field("family", N_("Nom de naissance"), required=True),
        Field("given", N_("Premier prénom"), required=True),
        Field("born", N_("Date de naissance"), required=True, hint="12/03/1942", value=birth, length_max=10),
        Field("sex", N_("Sexe"), "choice", choices=SEXES, required=True, value="unknown"),
    )


def unknown_fields() -> tuple[Field, ...]:
    """What can be seen of somebody who cannot say who they are."""
    return (
        Field("sex", N_("Sexe"), "choice", choices=SEXES, required=True, value="unknown"),
        Field("age", N_("Âge environ"), "number", N_("ans"), low="0", high="120"),
        Field("seen", N_("Signes distinctifs"), hint=N_("vêtements, cicatrice, lieu où la personne a été trouvée")),
    )


def newborn_fields() -> tuple[Field, ...]:
    """What is said of a birth."""
    linked = (Choice("yes", N_("oui")), Choice("no", N_("non : naissance sous le secret")))
    return (
        Field("sex", N_("Sexe"), "choice", choices=SEXES, required=True, value="unknown"),
        Field("rank", N_("Rang de naissance"), "number", low="1", high="9", required=True, value="1",
              hint=N_("1 si un seul enfant")),
        Field("linked", N_("Relié à la mère"), "choice", choices=linked, required=True, value="yes"),
    )  # fmt: skip


def named(typed: Typed, number: str) -> list[Json]:
    """Somebody who says who they are."""
    name = {"use": "official", "family": capitals(typed.text("family")), "given": [capitals(typed.text("given"))]}
    return [
        {
            "resourceType": "Patient",
            "identifier": [temporary(number)],
            "name": [name],
            "birthDate": typed_day(typed.text("born")),
            "gender": typed.text("sex"),
            "extension": [reliability(PROVISIONAL)],
        }
    ]


def unknown(typed: Typed, number: str) -> list[Json]:
    """Somebody of whom nothing is known but what is seen."""
    found, seen = _looks(typed)
    person: Json = {
        "resourceType": "Patient",
        "identifier": [temporary(number)],
        "name": [{"use": "temp", "family": spoken(number)}],
        "extension": [reliability(PROVISIONAL, UNKNOWN_BIRTH)],
    }
    return [person | found, *seen]


def described(typed: Typed) -> list[Json]:
    """What is seen later of somebody who was admitted among many: the name to say and the number stay."""
    found, seen = _looks(typed)
    return [{"resourceType": "Patient", **found}, *seen]


def _looks(typed: Typed) -> tuple[Json, list[Json]]:
    """Sex and year of birth as they look; the words of it."""
    age, seen = typed.text("age").partition(",")[0].partition(".")[0], typed.text("seen")
    found: Json = {"gender": typed.text("sex") or "unknown"}
    if age:
        found["birthDate"] = str(typed.scribe.now.year - int(age))
        looks = " ".join((typed.scribe.say(N_("âge apparent")), str(age), typed.scribe.say(N_("ans"))))
        seen = ", ".join(filter(None, (looks, seen)))
    return found, [_seen(seen, typed.scribe)] if seen else []


def newborn(typed: Typed, number: str, mother: Chart, whose: Person) -> list[Json]:
    """A child just born; of a mother who may be named, or not."""
    linked, rank, at = typed.text("linked") == "yes", int(typed.text("rank")), typed.moment()
    name: Json = {"use": "temp", "family": spoken(number)}
    if linked:
        name = {"use": "temp", "family": whose.family, "given": ["BEBE" if rank == 1 else f"BEBE {rank}"]}
    child: Json = {
        "resourceType": "Patient",
        "identifier": [temporary(number)],
        "name": [name],
        "birthDate": at[:10],
        "_birthDate": {"extension": [{"url": _BIRTH_TIME, "valueDateTime": at}]},
        "multipleBirthInteger": rank,
        "gender": typed.text("sex"),
        "extension": [reliability(PROVISIONAL)],
    }
    if not linked:
        return [child]
    authority, _, value = mother.key.partition("|")
    of_mother = {"identifier": {"system": f"urn:id:{authority}", "value": value}}
    called = [{"family": whose.family, "given": [whose.given] if whose.given else []}]
    return [
        child,
        {"resourceType": "RelatedPerson", "relationship": [_relation("MTH", N_("mère"), typed.scribe)], "name": called},
        {
            "resourceType": "RelatedPerson",
            "patient": of_mother,
            "relationship": [_relation("CHILD", N_("enfant"), typed.scribe)],
            "name": [{"family": name["family"], "given": name["given"]}],
            "birthDate": at[:10],
        },
    ]


def _relation(code: str, words: str, scribe: Scribe) -> Json:
    return concept(scribe.say(words), (_ROLES, code))


def _seen(words: str, scribe: Scribe) -> Json:
    return {
        "resourceType": "Flag",
        "status": "active",
        "category": [{"coding": [{"system": _FLAG_CATEGORY, "code": "admin"}]}],
        "code": concept(words),
        "period": {"start": scribe.at},
        "author": scribe.author,
    }
