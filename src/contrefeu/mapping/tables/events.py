"""Trigger events of ADT (HL7 v2.9, 3.3; IHE PAM; IHE PAM France Z99) and what each does to a stay.

An event that is in no table says who somebody is, and moves nobody.
"""

# event -> kind of movement
MOVES = {
    "A01": "admit",
    "A02": "transfer",
    "A03": "discharge",
    "A04": "admit",
    "A05": "plan",
    "A06": "class",
    "A07": "class",
    "A09": "leave",
    "A10": "return",
    "A14": "plan",
    "A17": "transfer",
    "A21": "leave",
    "A22": "return",
    "A23": "delete",
}
# event -> kind of the movement that it voids
CANCELS = {
    "A11": "admit",
    "A12": "transfer",
    "A13": "discharge",
    "A27": "plan",
    "A32": "return",
    "A33": "leave",
    "A38": "plan",
    "A52": "leave",
    "A53": "return",
}
# movements whose PV1-3 is no place to lie in
OTHER_KINDS = frozenset({"A03", "A09", "A21", "A23"})
# PID names the survivor, MRG what was merged into it (FIELD F32): patient identifiers
MERGES = frozenset({"A18", "A30", "A34", "A36", "A39", "A40", "A46", "A47"})
# PID twice, PV1 twice, or PID and MRG: two numbers that are not one patient after all (3.3.37)
UNMERGES = frozenset({"A37"})
# A stay (MRG-5, or its account, MRG-3) goes into another one, gets another number, or another patient (3.3.35 to 51)
STAY_MERGES = frozenset({"A35", "A41", "A42"})
STAY_NUMBERS = frozenset({"A49", "A50"})
STAY_MOVES = frozenset({"A44", "A45"})
# Known and deliberately moving nobody: pending moves, person updates, accounts, doctors, queries
QUIET = frozenset(
    {
        "A08", "A15", "A16", "A19", "A20", "A24", "A25", "A26", "A28", "A29", "A31", "A43", "A48", "A51", "A54",
        "A55", "A60", "A61", "A62", "Z99",
    }
)  # fmt: skip
# Said of a person, and done to no chart: what to look up in the message
UNDONE = {
    "A24": "two patients are linked, which is no merge: both charts stay as they are",
    "A29": "the sender deleted a person: the chart stays as it was",
    "A43": "a number moved from one person to another: both charts stay as they are",
}
