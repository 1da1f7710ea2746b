"""What can be read of a document inside another thing: a CDA document's text and files, as attachments.

Rules kept here:
  * The narrative goes first, as plain text: it is what was signed. Files follow as they are.
  * What is not what it says it is stays text or bytes: nothing is guessed.
"""

from base64 import b64decode, b64encode
from binascii import Error as BadBase64

from contrefeu.cda import Document, NotCda, read_document
from contrefeu.fhir import Attachment

TEXT = "text/plain; charset=utf-8"
_XML = frozenset({"text/xml", "application/xml", "application/cda+xml", "application/hl7-cda+xml"})


def attachments_of(document: Document) -> list[Attachment]:
    """The narrative of a CDA document as text, then each file inside it."""
    parts = [
        "\n".join(part for part in (section.title.upper(), section.text) if part)
        for section in document.sections
        if section.title or section.text
    ]
    found = []
    if parts:
        found.append(Attachment(TEXT, b64encode("\n\n".join(parts).encode("utf-8", "replace")).decode()))
    for file in document.files:
        try:
            b64decode(file.base64, validate=True)
            found.append(Attachment(file.media_type, file.base64))
        except BadBase64:
            found.append(Attachment(TEXT, b64encode(file.base64.encode()).decode(), file.media_type))
    return found


def opened(attachment: Attachment) -> list[Attachment]:
    """What can be read of *attachment* when it is a CDA document, then the attachment itself."""
    if attachment.contentType.partition(";")[0].strip().lower() not in _XML:
        return [attachment]
    try:
        document = read_document(b64decode(attachment.data))
    except (NotCda, ValueError):
        return [attachment]
    return [*attachments_of(document), attachment]
