"""The number of an issue, as it is printed beside the code and read aloud (docs/spec/form-code-v1.md, "Text")."""

ISSUE_SYSTEM = "urn:contrefeu:issue"  # of identifiers of documents: issue, page and picture
FORM_SYSTEM = "urn:contrefeu:form"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: an issue is read aloud


def issue_words(issue: bytes) -> str:
    """Return an issue's number as it is printed beside the code, and read aloud.

    >>> issue_words(bytes(range(8)))
    '0008-20C2-0A1G7'
    """
    number = int.from_bytes(issue, "big")
    digits = "".join(_CROCKFORD[number >> shift & 31] for shift in range(60, -1, -5))
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"


def issue_of_words(words: str) -> bytes:
    """Return the issue that *words* name: `issue_words` backwards.

    >>> issue_of_words("0008-20C2-0A1G7").hex()
    '0001020304050607'
    """
    number = 0
    for digit in words.upper():
        if digit not in "- ":
            number = number << 5 | _CROCKFORD.index(digit)
    return number.to_bytes(8, "big")
