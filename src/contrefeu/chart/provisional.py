"""What somebody is called here before anybody knows who they are: a number, and a name that can be spoken.

    2311-N1A2B3C4D-B
    |    |         +-- check character (ISO/IEC 7064, MOD 37-2)
    |    +------------ the station's journal, in capitals
    +----------------- an entry of that journal, written for this number alone

Rules kept here:
  * A journal has one writer and never uses a sequence twice, and a home that was set back writes on in a successor of
    another name: two stations that cannot talk never give the same number, none is given again, and none is the last.
  * One character mistyped, or two neighbours exchanged, is no number: 37 is prime, and the weights are powers of 2.
  * "*", which the standard needs for the value 36, is on no keyboard of a label printer: that sequence is left out.
  * The name is no person's: it begins with INCONNU, and its two words are things. It tells patients apart at a bedside
    and identifies nobody; the number does.
"""

import re

from contrefeu.journal import parse_ref

UNKNOWN = "INCONNU"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_SIGNS = re.compile(r"[0-9A-Z]")
_SHAPE = re.compile(r"[0-9]+-[0-9A-Z./-]+-[0-9A-Z]")
# One a letter, of things, said alike in French and English; words that are known as names of people were left out
_WORDS = (
    "ATOME", "BAZAR", "COBALT", "DELTA", "ECHO", "FOXTROT", "GALAXIE", "HELICE", "IGLOO", "JUPITER", "KILO", "LOSANGE",
    "MICRO", "NOVEMBRE", "OXYGENE", "PARASOL", "QUARTZ", "RADAR", "SATURNE", "TANGO", "UNIFORME", "VOLCAN", "WHISKY",
    "XENON", "YOGA", "ZULU",
)  # fmt: skip
NAMES = len(_WORDS) * (len(_WORDS) - 1)
_STEP = 27  # coprime to NAMES: both words change from one number to the next, and all names come before one comes again


def number_of(ref: str) -> str:
    """Return the number that entry *ref* of a station's journal stands for; "" where none can be.

    >>> number_of("n1a2b3c4d-station/2311")
    '2311-N1A2B3C4D-B'
    """
    journal, sequence = parse_ref(ref)
    number = f"{sequence}-{journal.rpartition('-')[0].upper()}"
    check = check_of(number)
    return "" if check == "*" else f"{number}-{check}"


def check_of(text: str) -> str:
    """Return the check character of *text*; what is neither a letter nor a digit counts for nothing."""
    total = 0
    for sign in _SIGNS.findall(text):
        total = (total + _ALPHABET.index(sign)) * 2 % 37
    return _ALPHABET[(38 - total) % 37]


def is_number(text: str) -> bool:
    """Whether *text* is such a number, typed without a slip."""
    number, _, check = text.rpartition("-")
    return _SHAPE.fullmatch(text) is not None and check_of(number) == check


def spoken(number: str) -> str:
    """Return the name that goes with a number.

    >>> spoken("2311-N1A2B3C4D-B"), spoken("2312-N1A2B3C4D-N")
    ('INCONNU HELICE BAZAR', 'INCONNU IGLOO DELTA')
    """
    sequence, _, station = number.partition("-")
    salt = sum(_ALPHABET.index(sign) * 36**place for place, sign in enumerate(_SIGNS.findall(station[:-1])))
    at = (int(sequence) * _STEP + salt) % NAMES
    first, second = divmod(at, len(_WORDS) - 1)
    others = [word for place, word in enumerate(_WORDS) if place != first]
    return f"{UNKNOWN} {_WORDS[first]} {others[second]}"
