"""How much each field of two identities says for or against one patient: one table (Fellegi and Sunter, 1969).

    bits = log2(prior) + sum over fields of log2(m / u)

    m   how often a field agrees so, of two identities of one patient
    u   how often it agrees so by chance; of a name, a postal code and a place of birth that are the same, as often as
        that value is among all (a rare name says more)

Rules kept here:
  * m and u are fixed: the same two identities among the same people give the same bits, on any node, for ever. They
    were set from the labelled set's calibration seeds, and tried on others (docs/reference/matching.md).
  * A field that one of the two does not say weighs nothing.
  * Levels are looked at from the top; the first whose condition holds is the one. `_l` is of the temporary identity.
"""

from typing import Any, NamedTuple

from contrefeu.acts import Agreement


class Level(NamedTuple):
    """One way to agree."""

    name: Agreement
    when: str  # SQL; "ELSE"
    m: float
    u: float
    rare: bool = False  # u is how often the value is found


class Compared(NamedTuple):
    """One field."""

    name: str
    levels: tuple[Level, ...]


def _slip(field: str) -> str:
    """One letter added, dropped, changed or swapped, in a word where that leaves most of it."""
    return f"length({field}_l) > 3 AND damerau_levenshtein({field}_l, {field}_r) <= 1"


_SWAPPED_NAMES = "family_l = given_r AND given_l = family_r"
_OTHER_NAME = "family_l = used_r OR used_l = family_r"
_SWAPPED_DAY = "substr(birth_l, 1, 5) || substr(birth_l, 9, 2) || '-' || substr(birth_l, 6, 2) = birth_r"
FIELDS = (
    Compared("family", (
        Level("same", "family_l = family_r", 0.90, 0.0005, rare=True),
        Level("swapped", f"({_SWAPPED_NAMES}) OR ({_OTHER_NAME})", 0.03, 0.0005),
        Level("slip", _slip("family"), 0.05, 0.001),
        Level("sound", "family_sound_l = family_sound_r", 0.01, 0.001),
        Level("other", "ELSE", 0.01, 0.997),
    )),
    Compared("given", (
        Level("same", "given_l = given_r", 0.93, 0.005, rare=True),
        Level("swapped", _SWAPPED_NAMES, 0.01, 0.01),  # counted with the family name
        Level("slip", _slip("given"), 0.03, 0.005),
        Level("sound", "starts_with(given_l, given_r) OR starts_with(given_r, given_l)", 0.02, 0.01),
        Level("other", "ELSE", 0.01, 0.97),
    )),
    Compared("further", (  # often left out: then they weigh nothing
        Level("same", "further_l = further_r", 0.80, 0.01, rare=True),
        Level("slip", _slip("further"), 0.05, 0.005),
        Level("sound", "starts_with(further_l, further_r) OR starts_with(further_r, further_l)", 0.10, 0.02),
        Level("other", "ELSE", 0.05, 0.965),
    )),
    Compared("birth", (
        Level("same", "birth_l = birth_r", 0.95, 0.00004),
        Level("swapped", _SWAPPED_DAY, 0.01, 0.00004),
        Level("slip", "damerau_levenshtein(birth_l, birth_r) <= 1", 0.03, 0.0007),
        Level("other", "ELSE", 0.01, 0.999),
    )),
    Compared("sex", (
        Level("same", "sex_l = sex_r", 0.99, 0.5),
        Level("other", "ELSE", 0.01, 0.5),
    )),
    Compared("phone", (
        Level("same", "phone_l = phone_r", 0.70, 0.000003),
        Level("slip", "damerau_levenshtein(phone_l, phone_r) <= 1", 0.03, 0.0001),
        Level("other", "ELSE", 0.27, 0.9999),
    )),
    Compared("postcode", (
        Level("same", "postcode_l = postcode_r", 0.85, 0.01, rare=True),
        Level("other", "ELSE", 0.15, 0.99),
    )),
    Compared("birthplace", (
        Level("same", "birthplace_l = birthplace_r", 0.95, 0.01, rare=True),
        Level("other", "ELSE", 0.05, 0.99),
    )),
)  # fmt: skip
RAREST = {"family": 2e-6, "given": 2e-5, "further": 2e-5, "postcode": 1e-4, "birthplace": 1e-4}  # nothing is rarer


def agreements(field: Compared) -> list[Agreement]:
    """Return the levels of *field* as Splink numbers them: from 0, the least, on."""
    return [level.name for level in reversed(field.levels)]


def settings(known: int) -> dict[str, Any]:
    """Return the model, as Splink takes it, for *known* identities of which one may be the right one."""
    return {
        "link_type": "link_only",
        "unique_id_column_name": "n",
        "probability_two_random_records_match": 1 / max(known, 2),
        "blocking_rules_to_generate_predictions": list(CANDIDATES),
        "comparisons": [_comparison(field) for field in FIELDS],
        "retain_intermediate_calculation_columns": True,
        "retain_matching_columns": True,  # with how each field agrees
        "additional_columns_to_retain": ["national"],
    }


# Who is compared with whom at all. Each finds what the others lose: a misspelt name, a wrong date, names swapped.
CANDIDATES = (
    "l.birth = r.birth",
    "l.national = r.national",
    "l.phone = r.phone",
    "l.names = r.names",  # both names, in any order
    "l.family_sound = r.family_sound AND l.given_sound = r.given_sound",
    "l.family_sound = r.family_sound AND l.birth_year = r.birth_year AND l.sex = r.sex",
)


def _comparison(field: Compared) -> dict[str, Any]:
    name = field.name
    unsaid = {
        "sql_condition": f"{name}_l IS NULL OR {name}_r IS NULL",
        "label_for_charts": "unsaid",
        "is_null_level": True,
    }
    return {"output_column_name": name, "comparison_levels": [unsaid, *(_level(name, one) for one in field.levels)]}


def _level(name: str, level: Level) -> dict[str, Any]:
    found: dict[str, Any] = {
        "sql_condition": level.when,
        "label_for_charts": level.name,
        "m_probability": level.m,
        "u_probability": level.u,
    }
    if level.rare:
        found |= {"tf_adjustment_column": name, "tf_adjustment_weight": 1.0, "tf_minimum_u_value": RAREST[name]}
    return found
