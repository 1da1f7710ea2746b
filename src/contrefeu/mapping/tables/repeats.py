"""Repeat patterns of prescriptions (HL7 table 0335): what can be said exactly; all else stays in words."""

import re

# pattern -> times, in how many, of what (FHIR Timing.repeat)
NAMED = {
    "QD": (1, "1", "d"),
    "BID": (2, "1", "d"),
    "TID": (3, "1", "d"),
    "QID": (4, "1", "d"),
    "QOD": (1, "2", "d"),
    "QW": (1, "1", "wk"),
    "QAM": (1, "1", "d"),
    "QPM": (1, "1", "d"),
    "QHS": (1, "1", "d"),
}
EVERY = re.compile(r"Q([0-9]{1,3})(S|M|H|D|W|L)")  # Q6H: every six hours
