"""FHIR R4 data types (hl7.org/fhir/R4/datatypes.html): the elements we use, named as in the standard.

Rules kept here:
  * An element that says nothing is not written: absent is absent.
  * Decimals are Decimals, with the digits they came with.
"""

from decimal import Decimal

from msgspec import Struct


class Element(Struct, omit_defaults=True):
    """What they are."""


class Fixed(Struct, omit_defaults=True, frozen=True):
    """The same for those that never change once made: one may stand in many resources."""


class Coding(Fixed, frozen=True):
    """A code in a system."""

    system: str = ""
    code: str = ""
    display: str = ""


class CodeableConcept(Fixed, frozen=True):
    """A notion: codes, and the words of whoever said it."""

    coding: list[Coding] = []
    text: str = ""


class Identifier(Fixed, frozen=True):
    """A number that somebody gave."""

    use: str = ""
    type: CodeableConcept | None = None
    system: str = ""
    value: str = ""
    assigner: "Reference | None" = None


class Reference(Fixed, frozen=True):
    """Another resource, or somebody or something by number and name."""

    reference: str = ""
    identifier: Identifier | None = None
    display: str = ""


class Period(Element):
    """From, to."""

    start: str = ""
    end: str = ""


class Quantity(Fixed, frozen=True):
    """A measured amount."""

    value: Decimal | None = None
    comparator: str = ""
    unit: str = ""


class Range(Element):
    """Between two amounts."""

    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Element):
    """One to another (titres)."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


class HumanName(Fixed, frozen=True):
    """A name."""

    use: str = ""
    text: str = ""
    family: str = ""
    given: list[str] = []
    prefix: list[str] = []
    suffix: list[str] = []


class Address(Fixed, frozen=True):
    """An address."""

    use: str = ""
    type: str = ""
    line: list[str] = []
    city: str = ""
    state: str = ""
    postalCode: str = ""  # noqa: N815 - the standard's name
    country: str = ""


class ContactPoint(Fixed, frozen=True):
    """A telephone, a mail address."""

    system: str = ""
    value: str = ""
    use: str = ""


class Attachment(Element):
    """A document's bytes, base64."""

    contentType: str = ""  # noqa: N815
    data: str = ""
    title: str = ""


class Annotation(Element):
    """Words beside."""

    text: str = ""


class Extension(Element):
    """What R4 has no element for."""

    url: str
    valueString: str = ""  # noqa: N815
    valueCode: str = ""  # noqa: N815
    valueDateTime: str = ""  # noqa: N815
    valueCoding: Coding | None = None  # noqa: N815
    extension: "list[Extension]" = []


class Repeat(Element):
    """When, in parts."""

    boundsPeriod: Period | None = None  # noqa: N815
    frequency: int = 0
    period: Decimal | None = None
    periodUnit: str = ""  # noqa: N815
    timeOfDay: list[str] = []  # noqa: N815
    count: int = 0


class Timing(Element):
    """When."""

    event: list[str] = []
    repeat: Repeat | None = None
    code: CodeableConcept | None = None


class DoseAndRate(Element):
    """How much, how fast."""

    doseRange: Range | None = None  # noqa: N815
    doseQuantity: Quantity | None = None  # noqa: N815
    rateQuantity: Quantity | None = None  # noqa: N815


class Dosage(Element):
    """How a drug is to be given."""

    sequence: int = 0
    text: str = ""
    patientInstruction: str = ""  # noqa: N815
    timing: Timing | None = None
    asNeededBoolean: bool = False  # noqa: N815
    route: CodeableConcept | None = None
    site: CodeableConcept | None = None
    doseAndRate: list[DoseAndRate] = []  # noqa: N815
