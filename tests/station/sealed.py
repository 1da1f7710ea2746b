"""A patient of the ward in memory with a document that is sealed to a role, and the words that open it."""

from base64 import b64encode

from contrefeu.custody import KeyPair, draw_role_key, key_of
from contrefeu.journal import MEDIA_HL7V2, MEDIA_SEALED, Entry, Outline, seal_document
from tests.station.ward_in_memory import CAPTURE, MESSAGE, NOW_NS, PDF, Charts, at, ref, resource

SEQUENCE = 183_955
REF = ref(SEQUENCE)
_MADE, WORDS = draw_role_key("psychiatrie", KeyPair.draw("recovery")[0].recipient)
_HEAD = MESSAGE.split(b"\r")[0].replace(b"ORU^R01", b"MDM^T02")


def document() -> bytes:
    """What stands in it: a text, and a PDF."""
    lines = [
        _HEAD,
        b"PID|1||0100234^^^CHU^PI||DURAND^Elodie",
        b"TXA|1|CR^Entretien||20261124|||||^Dr Lenoir|||D9||||AU|R",
        b"OBX|1|TX|E^Entretien||Dit en confiance <b>.||||||F",
        b"OBX|2|ED|P^Courrier||^application^pdf^Base64^" + b64encode(PDF) + b"||||||F",
    ]
    return b"\r".join([*lines, b""])


def with_sealed(charts: Charts) -> Charts:
    """Give the patient the document, as the mapping charts its outline."""
    outline = Outline(MEDIA_HL7V2, b"\r".join([_HEAD, b"PID|1||0100234^^^CHU^PI", b"TXA|1|||||||||||D9", b""]))
    body = seal_document(key_of(_MADE), MEDIA_HL7V2, document(), outline, bytes(16))
    charts.journal.append(Entry(CAPTURE, SEQUENCE, NOW_NS, 0, "PSY@CHU", MEDIA_SEALED, body))
    charts.charts["p-durand"].append(
        resource(
            "DocumentReference",
            "docS",
            SEQUENCE,
            status="current",
            date=at(-17),
            extension=[{"url": "urn:contrefeu:sealed-to", "valueCode": "psychiatrie"}],
            content=[{"attachment": {"title": "psychiatrie"}}],
        )
    )
    return charts
