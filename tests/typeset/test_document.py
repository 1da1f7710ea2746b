"""What people and messages said is set as text, whatever they wrote.

Method: a template that shows one value; its words are read back from the PDF.
"""

import json
from io import BytesIO

import pypdfium2

from contrefeu.typeset import cleaned, document

TEMPLATE = b'#let found = json("values.json")\n#found.said'


def words(pdf: bytes) -> str:
    """The text of a PDF."""
    return "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(BytesIO(pdf)))


def test_markup_is_text():
    """A value that looks like the typesetter's own language lays out nothing and reads no file."""
    said = '#read("values.json") *x* $y$'
    assert words(document(TEMPLATE, {"said": said})).strip() == said


def test_what_acts_unseen_is_shown():
    """Text turned around and controls become a sign, in lists and objects too."""
    assert json.loads(cleaned({"a": ["x\u202ey"], "b": 1})) == {"a": ["x\ufffdy"], "b": 1}
