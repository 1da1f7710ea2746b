"""Who may do what: one table, a row a role.

Rules kept here:
  * A permission is given by a row of ROLES or not at all; an unknown role may nothing.
  * A role whose work is a ward's (nurse, physician, clerk) sees the charts of its account's wards; another ward's chart
    is opened by breaking the glass. Roles that serve the whole house see every ward.
  * Administration is apart from care: who adds accounts reads no chart.
  * A temporary account has of its role's row what TEMPORARY_MAY lists too, and nothing else: it breaks no glass, and is
    neither of two persons whose word joins, withdraws, hands back or lets somebody in.
"""

from dataclasses import dataclass

EVERY_WARD = "*"


@dataclass(frozen=True, slots=True)
class Role:
    """What a role may do, and whether its account's wards bound it."""

    permissions: frozenset[str]
    whole_house: bool = False


def _may(*permissions: str) -> frozenset[str]:
    return frozenset(permissions)


# board: who lies where · chart: clinical pages · search · entry: the bytes of a source message · glass: break it
# write: vital signs, notes, doses given, allergies · prescribe: drugs and requests
# move: admit, identify, transfer, discharge, and take these back
# status: feeds, journals, copies · downtime: declare and lift · open: declare that of one ward of one's own (D2)
# review: acts that somebody must look at
# results: type a laboratory's results in · validate: sign them, and the list of critical limits
# accounts: add and disable · fhir: the FHIR API · withdraw: propose and confirm, by two (acts/withdrawals.py)
# handback: see and sign hand-back sheets, before a ward is lifted (F4)
# recover: see a recovery, sign patients off (of one's wards, or anybody)
# contain: see containment plans · incident: open, note, close, and see the clocks of declarations
# wards: correct the names and beds of wards
# honey: lay patients whom nobody has a reason to open (acts/honey.py)
# unite: say that two charts are one patient's, by two (acts/matching.py), of who lies on one's wards; match: of anybody
# pharmacy: release medicines, give an opinion on prescriptions · aids: turn decision aids on and off (F8)
# group: the other facilities, in numbers
# vouch: let agency staff in for a day, by two (access/temporary.py) · agency: see who was let in so
_WARD = (
    "board",
    "chart",
    "search",
    "entry",
    "glass",
    "status",
    "write",
    "move",
    "unite",
    "handback",
    "vouch",
    "agency",
    "open",
)  # whoever cares on a ward
ROLES: dict[str, Role] = {
    "nurse": Role(_may(*_WARD)),
    "physician": Role(_may(*_WARD, "withdraw", "prescribe", "recover")),
    "pharmacist": Role(_may("board", "chart", "search", "entry", "status", "pharmacy"), whole_house=True),
    "laboratory": Role(_may("board", "chart", "search", "entry", "status", "results"), whole_house=True),
    "biologist": Role(_may("board", "chart", "search", "entry", "status", "results", "validate"), whole_house=True),
    "clerk": Role(_may("board", "search", "status", "match", "move", "unite")),
    "coordinator": Role(
        _may(
            "board",
            "chart",
            "search",
            "entry",
            "status",
            "downtime",
            "review",
            "withdraw",
            "contain",
            "incident",
            "match",
            "unite",
            "group",
            "recover",
            "handback",
            "vouch",
            "agency",
        ),
        whole_house=True,
    ),
    "recovery": Role(
        _may("board", "chart", "search", "entry", "status", "withdraw", "match", "unite", "recover"), whole_house=True
    ),
    "safety": Role(_may("board", "status", "aids"), whole_house=True),
    "security": Role(_may("status", "review", "withdraw", "contain", "incident", "honey")),
    "dpo": Role(_may("status", "review", "withdraw", "incident")),
    "admin": Role(_may("status", "accounts", "wards", "agency")),
    "system": Role(_may("fhir"), whole_house=True),
}

TEMPORARY_MAY = _may("board", "chart", "search", "entry", "status", "write", "prescribe", "move")


def may(role: str, permission: str) -> bool:
    """Whether *role* gives *permission*."""
    row = ROLES.get(role)
    return row is not None and permission in row.permissions


def serves_house(role: str) -> bool:
    """Whether *role* serves the whole house."""
    row = ROLES.get(role)
    return row is not None and row.whole_house


def in_scope(role: str, wards: tuple[str, ...], ward: str) -> bool:
    """Whether a patient of *ward* ("" for one without a ward) is in the care of this role and these wards."""
    row = ROLES.get(role)
    if row is None:
        return False
    return row.whole_house or named(wards, ward)


def named(wards: tuple[str, ...], ward: str) -> bool:
    """Whether *wards*, those of an account, name *ward*, or every one."""
    return EVERY_WARD in wards or (ward != "" and ward in wards)
