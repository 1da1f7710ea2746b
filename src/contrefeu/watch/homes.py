"""Whether somebody lives where a patient lives: telephones and addresses, compared as keyed digests.

    telephone   its last nine digits: +33 6 12 34 56 78 and 06 12 34 56 78 are one
    address     post code, number in the street, last word of the street's name: "12 av. des Lilas" and "12, avenue des
                Lilas" are one, and so are two flats of one house

Rules kept here:
  * What is compared is a digest under the watch's own key, in memory: no address and no telephone is written down here.
  * An address that lacks one of the three is not compared; nor is a telephone of fewer than eight digits.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

PHONE_DIGITS, PHONE_DIGITS_MIN = 9, 8  # what stands behind a country's code or a 0; a shorter one is a house's own
_POST_CODE = re.compile(r"\b\d{5}\b")
_NUMBER = re.compile(r"\b\d{1,4}\b")
_WORD = re.compile(r"[a-z]{2,}")


def phone_key(text: str) -> str:
    """What a telephone is compared by; "" when it is too short."""
    digits = re.sub(r"\D", "", text)
    return f"phone {digits[-PHONE_DIGITS:]}" if len(digits) >= PHONE_DIGITS_MIN else ""


def address_key(text: str) -> str:
    """What an address, written as on a letter, is compared by; "" when it lacks a part."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    codes = list(_POST_CODE.finditer(plain))
    street = plain[: codes[-1].start()] if codes else ""
    number = _NUMBER.search(street)
    words = _WORD.findall(street[number.end() :].split("\n")[0]) if number else []
    return f"address {codes[-1][0]} {number[0].lstrip('0')} {words[-1]}" if number and words else ""


def keys_of(patient: dict[str, Any]) -> Iterator[str]:
    """Yield what a FHIR Patient's telephones and addresses are compared by."""
    for told in patient.get("telecom") or ():
        if told.get("system") in ("phone", "sms", None):
            yield phone_key(str(told.get("value", "")))
    for place in patient.get("address") or ():
        street = next((line for line in place.get("line") or () if _NUMBER.search(str(line))), "")
        yield address_key(f"{street} {place.get('postalCode', '')}")
