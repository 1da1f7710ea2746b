"""FHIR R4 resources as light structs: the elements that v2 and CDA can say (hl7.org/fhir/R4/resourcelist.html).

What a FHIR sender gave is never squeezed through these: it is kept as it came.
"""

# ruff: noqa: N815, RUF012 - names are the standard's; msgspec copies its defaults
from msgspec import Struct, field

from contrefeu.fhir.datatypes import (
    Address,
    Annotation,
    Attachment,
    CodeableConcept,
    Coding,
    ContactPoint,
    Dosage,
    Element,
    Extension,
    Fixed,
    HumanName,
    Identifier,
    Period,
    Quantity,
    Range,
    Ratio,
    Reference,
)


class Meta(Element):
    """About a resource."""

    source: str = ""
    security: list[Coding] = []


class Resource(Struct, omit_defaults=True, tag_field="resourceType", kw_only=True):
    """What all of them have."""

    id: str = ""
    meta: Meta | None = None
    extension: list[Extension] = []
    identifier: list[Identifier] = []


class PatientContact(Element):
    """Somebody to call."""

    relationship: list[CodeableConcept] = []
    name: HumanName | None = None
    telecom: list[ContactPoint] = []


class PatientLink(Element):
    """Another patient this one belongs with."""

    other: Reference
    type: str = ""


class Patient(Resource, tag="Patient"):
    """Who."""

    active: bool | None = None
    name: list[HumanName] = []
    telecom: list[ContactPoint] = []
    gender: str = ""
    birthDate: str = ""
    deceasedBoolean: bool | None = None
    deceasedDateTime: str = ""
    address: list[Address] = []
    maritalStatus: CodeableConcept | None = None
    multipleBirthInteger: int = 0
    contact: list[PatientContact] = []
    generalPractitioner: list[Reference] = []
    link: list[PatientLink] = []


class EncounterParticipant(Element):
    """Who takes care."""

    type: list[CodeableConcept] = []
    individual: Reference | None = None


class EncounterLocation(Element):
    """Where, when."""

    location: Reference
    status: str = ""
    physicalType: CodeableConcept | None = None
    period: Period | None = None


class Hospitalization(Element):
    """How somebody came in and left."""

    admitSource: CodeableConcept | None = None
    dischargeDisposition: CodeableConcept | None = None
    origin: Reference | None = None


class Encounter(Resource, tag="Encounter"):
    """A stay or a visit."""

    status: str = ""
    class_: Coding | None = field(default=None, name="class")
    type: list[CodeableConcept] = []
    participant: list[EncounterParticipant] = []
    period: Period | None = None
    reasonCode: list[CodeableConcept] = []
    hospitalization: Hospitalization | None = None
    location: list[EncounterLocation] = []
    serviceProvider: Reference | None = None


class Reaction(Element):
    """What it did."""

    manifestation: list[CodeableConcept] = []
    description: str = ""
    severity: str = ""


class AllergyIntolerance(Resource, tag="AllergyIntolerance"):
    """An allergy, or that none is known."""

    clinicalStatus: CodeableConcept | None = None
    verificationStatus: CodeableConcept | None = None
    category: list[str] = []
    criticality: str = ""
    code: CodeableConcept | None = None
    onsetDateTime: str = ""
    recordedDate: str = ""
    reaction: list[Reaction] = []
    note: list[Annotation] = []


class Condition(Resource, tag="Condition"):
    """A problem or a diagnosis."""

    clinicalStatus: CodeableConcept | None = None
    verificationStatus: CodeableConcept | None = None
    category: list[CodeableConcept] = []
    code: CodeableConcept | None = None
    encounter: Reference | None = None
    onsetDateTime: str = ""
    abatementDateTime: str = ""
    recordedDate: str = ""
    recorder: Reference | None = None
    note: list[Annotation] = []


class ReferenceRange(Fixed, frozen=True):
    """What is usual, as its laboratory says."""

    low: Quantity | None = None
    high: Quantity | None = None
    text: str = ""


class Observation(Resource, tag="Observation"):
    """A result or a measure."""

    status: str = ""
    category: list[CodeableConcept] = []
    code: CodeableConcept | None = None
    encounter: Reference | None = None
    effectiveDateTime: str = ""
    issued: str = ""
    performer: list[Reference] = []
    valueQuantity: Quantity | None = None
    valueCodeableConcept: CodeableConcept | None = None
    valueString: str = ""
    valueDateTime: str = ""
    valueRange: Range | None = None
    valueRatio: Ratio | None = None
    dataAbsentReason: CodeableConcept | None = None
    interpretation: list[CodeableConcept] = []
    note: list[Annotation] = []
    method: CodeableConcept | None = None
    specimen: Reference | None = None
    referenceRange: list[ReferenceRange] = []


class DiagnosticReport(Resource, tag="DiagnosticReport"):
    """A laboratory's or an imaging department's answer."""

    basedOn: list[Reference] = []
    status: str = ""
    category: list[CodeableConcept] = []
    code: CodeableConcept | None = None
    encounter: Reference | None = None
    effectiveDateTime: str = ""
    issued: str = ""
    performer: list[Reference] = []
    resultsInterpreter: list[Reference] = []
    specimen: list[Reference] = []
    result: list[Reference] = []
    imagingStudy: list[Reference] = []
    conclusion: str = ""
    presentedForm: list[Attachment] = []


class ImagingStudy(Resource, tag="ImagingStudy"):
    """Images, which are elsewhere: by which numbers they are found."""

    status: str = ""
    modality: list[Coding] = []
    encounter: Reference | None = None
    started: str = ""
    basedOn: list[Reference] = []
    procedureCode: list[CodeableConcept] = []
    description: str = ""


class ServiceRequest(Resource, tag="ServiceRequest"):
    """What was asked of a laboratory, of imaging, of a colleague."""

    status: str = ""
    intent: str = ""
    priority: str = ""
    category: list[CodeableConcept] = []
    code: CodeableConcept | None = None
    encounter: Reference | None = None
    occurrenceDateTime: str = ""
    authoredOn: str = ""
    requester: Reference | None = None
    reasonCode: list[CodeableConcept] = []
    note: list[Annotation] = []


class MedicationRequest(Resource, tag="MedicationRequest"):
    """A prescription."""

    status: str = ""
    intent: str = ""
    basedOn: list[Reference] = []
    priorPrescription: Reference | None = None
    medicationCodeableConcept: CodeableConcept | None = None
    encounter: Reference | None = None
    authoredOn: str = ""
    requester: Reference | None = None
    reasonCode: list[CodeableConcept] = []
    note: list[Annotation] = []
    dosageInstruction: list[Dosage] = []


class AdministeredDosage(Element):
    """What was given."""

    text: str = ""
    route: CodeableConcept | None = None
    site: CodeableConcept | None = None
    dose: Quantity | None = None


class Performer(Element):
    """Who did it."""

    actor: Reference


class MedicationAdministration(Resource, tag="MedicationAdministration"):
    """A dose given, or not."""

    status: str = ""
    statusReason: list[CodeableConcept] = []
    medicationCodeableConcept: CodeableConcept | None = None
    effectiveDateTime: str = ""
    effectivePeriod: Period | None = None
    performer: list[Performer] = []
    request: Reference | None = None
    note: list[Annotation] = []
    dosage: AdministeredDosage | None = None


class MedicationDispense(Resource, tag="MedicationDispense"):
    """What the pharmacy handed out."""

    status: str = ""
    medicationCodeableConcept: CodeableConcept | None = None
    authorizingPrescription: list[Reference] = []
    quantity: Quantity | None = None
    whenHandedOver: str = ""


class MedicationStatement(Resource, tag="MedicationStatement"):
    """A medicine that somebody takes, took or did not take, as it was told."""

    status: str = ""
    medicationCodeableConcept: CodeableConcept | None = None
    effectivePeriod: Period | None = None
    note: list[Annotation] = []
    dosage: list[Dosage] = []


class DocumentContent(Element):
    """One body of a document."""

    attachment: Attachment


class RelatesTo(Element):
    """To which other document."""

    code: str
    target: Reference


class DocumentContext(Element):
    """When and in which stay what a document is about happened."""

    encounter: list[Reference] = []
    period: Period | None = None


class DocumentReference(Resource, tag="DocumentReference"):
    """A report or another document."""

    status: str = ""
    docStatus: str = ""
    type: CodeableConcept | None = None
    date: str = ""
    author: list[Reference] = []
    relatesTo: list[RelatesTo] = []
    description: str = ""
    content: list[DocumentContent] = []
    context: DocumentContext | None = None


class AppointmentParticipant(Element):
    """Who, or which room."""

    actor: Reference
    status: str = ""


class Appointment(Resource, tag="Appointment"):
    """A slot in theatre or in clinic."""

    status: str = ""
    serviceType: list[CodeableConcept] = []
    reasonCode: list[CodeableConcept] = []
    description: str = ""
    start: str = ""
    end: str = ""
    minutesDuration: int = 0
    requestedPeriod: list[Period] = []
    comment: str = ""
    participant: list[AppointmentParticipant] = []


class Immunization(Resource, tag="Immunization"):
    """A vaccine given, or not."""

    status: str = ""
    statusReason: CodeableConcept | None = None
    vaccineCode: CodeableConcept | None = None
    occurrenceDateTime: str = ""
    lotNumber: str = ""
    doseQuantity: Quantity | None = None
    note: list[Annotation] = []


class Procedure(Resource, tag="Procedure"):
    """What was done."""

    status: str = ""
    category: CodeableConcept | None = None
    code: CodeableConcept | None = None
    encounter: Reference | None = None
    performedDateTime: str = ""
    performedPeriod: Period | None = None
    performer: list[Performer] = []
    reasonCode: list[CodeableConcept] = []
    bodySite: list[CodeableConcept] = []
    note: list[Annotation] = []


class Texture(Element):
    """How food is made ready: minced, puréed."""

    modifier: CodeableConcept | None = None
    foodType: CodeableConcept | None = None


class OralDiet(Element):
    """What is eaten."""

    type: list[CodeableConcept] = []
    instruction: str = ""
    texture: list[Texture] = []
    fluidConsistencyType: list[CodeableConcept] = []


class Supplement(Element):
    """What is eaten beside."""

    type: CodeableConcept | None = None
    instruction: str = ""


class NutritionOrder(Resource, tag="NutritionOrder"):
    """A diet."""

    status: str = ""
    intent: str = ""
    encounter: Reference | None = None
    dateTime: str = ""
    orderer: Reference | None = None
    excludeFoodModifier: list[CodeableConcept] = []
    oralDiet: OralDiet | None = None
    supplement: list[Supplement] = []
    note: list[Annotation] = []


class Flag(Resource, tag="Flag"):
    """What everybody must see: isolation, resuscitation status."""

    status: str = ""
    category: list[CodeableConcept] = []
    code: CodeableConcept | None = None
    encounter: Reference | None = None
    period: Period | None = None
