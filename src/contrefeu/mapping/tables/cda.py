"""CDA codes as FHIR ones.

Sources: HL7 C-CDA on FHIR (concept maps); HL7 v3 ActStatus; hl7.org/fhir/R4/terminologies-systems.html.
"""

# OID of a code system -> system URI
SYSTEMS = {
    "2.16.840.1.113883.6.1": "http://loinc.org",
    "2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "2.16.840.1.113883.6.88": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "2.16.840.1.113883.6.69": "http://hl7.org/fhir/sid/ndc",
    "2.16.840.1.113883.6.3": "http://hl7.org/fhir/sid/icd-10",
    "2.16.840.1.113883.6.90": "http://hl7.org/fhir/sid/icd-10-cm",
    "2.16.840.1.113883.6.103": "http://hl7.org/fhir/sid/icd-9-cm",
    "2.16.840.1.113883.6.73": "http://www.whocc.no/atc",
    "2.16.840.1.113883.6.8": "http://unitsofmeasure.org",
    "2.16.840.1.113883.5.83": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
    "2.16.840.1.113883.4.9": "http://fdasis.nlm.nih.gov",
}
CLINICAL_STATUS = {  # SNOMED CT, problem and allergy status
    "55561003": "active",
    "73425007": "inactive",
    "413322009": "resolved",
    "277022003": "active",  # remission is no state of an allergy: it is still one
}
# What it is an intolerance to, in general (SNOMED CT) -> allergy-intolerance-category
ALLERGY_KINDS = {
    "416098002": "medication",
    "419511003": "medication",
    "59037007": "medication",
    "414285001": "food",
    "418471000": "food",
    "235719002": "food",
    "426232007": "environment",
}
# The same, denied in general -> "none known" of that kind
DENIALS = {
    "419199007": "716186003",
    "420134006": "716186003",
    "418038007": "716186003",
    "416098002": "409137002",
    "419511003": "409137002",
    "414285001": "429625007",
    "418471000": "429625007",
    "426232007": "428607008",
}
# Codes that stand where a substance would and name none: null flavours have "", these are "drug", "food", "substance"
NO_SUBSTANCE = frozenset({"", "105590001", "410942007", "255620007", "NA"})
SEVERITIES = {"255604002": "mild", "6736007": "moderate", "24484000": "severe", "399166001": "severe"}
MEDICINE_STATUS = {
    "active": "active",
    "completed": "completed",
    "aborted": "stopped",
    "suspended": "on-hold",
    "held": "on-hold",
    "nullified": "entered-in-error",
}
ACT_STATUS = {
    "completed": "completed",
    "active": "in-progress",
    "aborted": "stopped",
    "cancelled": "not-done",
    "nullified": "entered-in-error",
}
RESULT_STATUS = {
    "completed": "final",
    "active": "registered",
    "aborted": "cancelled",
    "cancelled": "cancelled",
    "held": "registered",
    "nullified": "entered-in-error",
    "suspended": "registered",
}
