"""XML of strangers, read without harm: no DTD, no entities, no endless depth.

Rules kept here:
  * A document type declaration is refused when its first character is met, in whatever encoding: no entity is ever
    declared, so none is expanded and none is fetched (billion laughs, external entities).
  * Depth has a limit: what walks a tree may recurse.
  * What is refused says why, by place, never by content.
"""

import xml.etree.ElementTree as ET
from typing import NoReturn
from xml.parsers import expat

NS = "urn:hl7-org:v3"
C = f"{{{NS}}}"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
DEPTH_MAX = 200  # levels of XML elements: attested documents have under 40, and readers recurse


class NotCda(ValueError):
    """The bytes are no CDA document that may be read."""


def parse(body: bytes) -> ET.Element:
    """Return the root element of *body*.

    Raises:
        NotCda: It is not well-formed, declares a DTD, or is nested too deep.
    """
    builder = ET.TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH_MAX:
            raise NotCda(f"elements nested deeper than {DEPTH_MAX} levels")
        builder.start(_name(tag), {_name(name): value for name, value in attributes.items()})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_name(tag))

    def doctype(*_: object) -> NoReturn:
        raise NotCda("XML with a DTD or entities is not read")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = doctype
    parser.ExternalEntityRefHandler = doctype
    try:
        parser.Parse(body, True)
    except NotCda:
        raise
    except expat.ExpatError as found:
        raise NotCda(f"not well-formed XML: line {found.lineno}, column {found.offset}") from None
    except (ValueError, LookupError):
        raise NotCda("XML in an encoding that is not known") from None
    return builder.close()


def _name(name: str) -> str:
    return f"{{{name}" if "}" in name else name
