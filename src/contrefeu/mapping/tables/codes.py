"""HL7 v2 codes as FHIR ones.

Sources: HL7 v2-to-FHIR concept maps (tables 0001, 0004, 0038, 0085, 0119, 0123, 0127, 0128, 0190, 0200, 0201, 0271,
0276, 0322, 0396); IHE PAM France 2.11 (INS authorities); hl7.org/fhir/R4/terminologies-systems.html.
"""

# HL7 table 0396 -> system URI
CODE_SYSTEMS = {
    "LN": "http://loinc.org",
    "LOINC": "http://loinc.org",
    "SCT": "http://snomed.info/sct",
    "SNOMED-CT": "http://snomed.info/sct",
    "SNM": "http://snomed.info/sct",
    "SNM3": "http://snomed.info/sct",
    "I10": "http://hl7.org/fhir/sid/icd-10",
    "ICD10": "http://hl7.org/fhir/sid/icd-10",
    "ICD-10": "http://hl7.org/fhir/sid/icd-10",
    "CIM10": "http://hl7.org/fhir/sid/icd-10",
    "I10C": "http://hl7.org/fhir/sid/icd-10-cm",
    "I9C": "http://hl7.org/fhir/sid/icd-9-cm",
    "ATC": "http://www.whocc.no/atc",
    "WC": "http://www.whocc.no/atc",
    "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "CVX": "http://hl7.org/fhir/sid/cvx",
    "C4": "http://www.ama-assn.org/go/cpt",
    "UCUM": "http://unitsofmeasure.org",
}

# Images. OBR-24 of IHE RAD-4 is a modality; older senders write table 0074
ACCESSION = 18  # field of OBR, IHE RAD-4
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
DICOM_UIDS = "urn:dicom:uid"
STUDY_CODES = frozenset({"113014", "110180"})  # DICOM PS3.16: DICOM Study (IHE RAD-28); Study Instance UID
IMAGING_SECTIONS = frozenset(
    {"RAD", "RX", "RUS", "CUS", "OUS", "VUS", "CT", "NMR", "NMS", "XRC", "IMG", "CTH"}
)  # HL7 table 0074
MODALITIES = frozenset(  # DICOM PS3.3, C.7.3.1.1.1
    {"CR", "CT", "DX", "MG", "MR", "NM", "OP", "OPT", "PX", "RF", "US", "XA", "IO", "BMD", "IVUS"}
)
# RadLex, the ACR's categories of actionable findings, as IHE's Results Distribution names them: within minutes, hours
URGENT_FINDINGS = frozenset({"RID49480", "RID49481"})
RADLEX = "http://radlex.org"
# HL7 table 0078: somebody must be told at once; A and N are no such word
CRITICAL_FLAGS = frozenset({"AA", "HH", "LL", ">", "<"})

# PMSI ways in and out, where from and where to (guide méthodologique of the ATIH, MCO; IHE PAM France, ZFM-1 and 2)
PMSI_WAYS = {
    "0": "Transfert provisoire",
    "6": "Mutation",
    "7": "Transfert",
    "8": "Domicile",
    "9": "Décès",
    "N": "Naissance",
}
LEGAL_STATUS_ENDS = frozenset({"CANCEL", "DELETE"})  # IHE PAM France, ZFS-5

# Numbers that stand for "unknown" in feeds (DESIGN section 8: dummy numbers are listed)
DUMMY_NUMBERS = frozenset({"0", "UNKNOWN", "INCONNU", "UNK", "NONE", "N/A", "NA", "NULL", "X" * 3, "TEMP", "ANONYME"})

# PID-3.5 (table 0203) and authorities of national numbers: INS (NIR, NIA and their test roots), social security
NATIONAL_TYPES = frozenset(
    {"INS", "INS-C", "INS-A", "INS-NIR", "INS-NIA", "NI", "NNFRA", "SS", "NH", "DL", "PPN", "MA"}
)
NATIONAL_AUTHORITIES = frozenset(
    {
        "1.2.250.1.213.1.4.2",
        "1.2.250.1.213.1.4.8",
        "1.2.250.1.213.1.4.9",
        "1.2.250.1.213.1.4.10",
        "1.2.250.1.213.1.4.11",
    }
)

GENDERS = {"M": "male", "F": "female", "O": "other", "A": "other", "N": "other", "U": "unknown"}  # 0001
NAME_USES = {  # 0200; French feeds: L birth name, D name used (IHE PAM France, 4.1.2)
    "": "official",
    "L": "official",
    "D": "usual",
    "M": "maiden",
    "B": "maiden",
    "N": "nickname",
    "A": "nickname",
    "S": "anonymous",
    "T": "temp",
    "BAD": "old",
}
ADDRESS_USES = {"H": "home", "B": "work", "O": "work", "C": "temp", "BA": "old"}  # 0190
PHONE_USES = {"PRN": "home", "ORN": "home", "VHN": "home", "WPN": "work", "PRS": "mobile"}  # 0201
PHONE_SYSTEMS = {
    "PH": "phone",
    "CP": "phone",
    "FX": "fax",
    "BP": "pager",
    "Internet": "email",
    "X.400": "email",
}  # 0202

ENCOUNTER_CLASSES = {  # 0004 -> v3-ActCode
    "I": "IMP",
    "E": "EMER",
    "O": "AMB",
    "R": "AMB",
    "P": "PRENC",
    "B": "IMP",
    "C": "AMB",
}

OBSERVATION_STATUS = {  # 0085, OBX-11
    "C": "corrected",
    "D": "entered-in-error",
    "F": "final",
    "I": "registered",
    "N": "cancelled",  # not asked: nothing will come
    "O": "registered",
    "P": "preliminary",
    "R": "preliminary",
    "S": "preliminary",
    "U": "final",
    "V": "final",
    "A": "amended",
    "B": "amended",
    "W": "entered-in-error",
    "X": "cancelled",
}
REPORT_STATUS = {  # 0123, OBR-25
    "O": "registered",
    "I": "registered",
    "S": "registered",
    "A": "partial",
    "P": "preliminary",
    "R": "partial",
    "C": "corrected",
    "M": "corrected",
    "F": "final",
    "X": "cancelled",
    "Y": "unknown",
    "Z": "unknown",
}
# 0119, ORC-1 -> request status; "" leaves it as it is
REQUEST_STATUS = {
    "NW": "active",
    "SN": "active",
    "CN": "active",
    "OK": "active",
    "NA": "active",
    "RO": "active",
    "RU": "active",  # the RO behind it has the same placer's number: it is that order, changed (4.5.1.1, RO)
    "RF": "active",
    "XO": "active",
    "XX": "active",
    "XR": "active",
    "PA": "active",
    "CH": "active",
    "RL": "active",
    "OE": "active",
    "RP": "revoked",  # the RO behind it has a number of its own
    "RQ": "revoked",
    "CA": "revoked",
    "OC": "revoked",
    "CR": "revoked",
    "DC": "revoked",
    "OD": "revoked",
    "DR": "revoked",
    "UA": "revoked",
    "DE": "entered-in-error",
    "HD": "on-hold",
    "HR": "on-hold",
    "OH": "on-hold",
    "OR": "active",
    "SC": "",
    "SR": "",
    "SS": "",
    "RE": "",
    "RR": "",
    "UM": "",
}
ORDER_STATUS = {  # 0038, ORC-5
    "A": "active",
    "CA": "revoked",
    "CM": "completed",
    "DC": "revoked",
    "ER": "entered-in-error",
    "HD": "on-hold",
    "IP": "active",
    "RP": "revoked",
    "SC": "active",
}
REFERRAL_STATUS = {"A": "active", "P": "active", "R": "revoked", "E": "completed"}  # 0283, RF1-1
# The same words mean other things for a prescription (FHIR medicationrequest-status)
PRESCRIPTION_STATUS = {"revoked": "cancelled"}
REPLACED = frozenset({"RP", "RQ"})  # ORC-1: another order takes its place
STOPPED = frozenset({"DC", "OD", "DR"}) | REPLACED  # ORC-1: begun and ended early
PRIORITIES = {"S": "stat", "A": "asap", "R": "routine", "T": "asap", "P": "routine"}  # 0027, 0485
ADMINISTRATION_STATUS = {"CP": "completed", "PA": "completed", "RE": "not-done", "NA": "not-done"}  # 0322, RXA-20
ALLERGY_CATEGORIES = {  # 0127; MA and MC (miscellaneous) have none
    "DA": "medication",
    "FA": "food",
    "EA": "environment",
    "AA": "biologic",
    "LA": "environment",
    "PA": "environment",
}
ALLERGY_SEVERITIES = {"SV": "severe", "MO": "moderate", "MI": "mild"}  # 0128
ALLERGY_CRITICALITIES = {"SV": "high", "MI": "low"}  # 0128; the guide gives MO and U none
# What says "none known", and of what: codes and words of feeds -> SNOMED CT. Nothing else is read as a denial.
NO_KNOWN_ALLERGY = {
    "716186003": "716186003",
    "NKA": "716186003",
    "ALLERGY-NONE": "716186003",
    "NONE": "716186003",
    "NO KNOWN ALLERGY": "716186003",
    "NO KNOWN ALLERGIES": "716186003",
    "AUCUNE": "716186003",
    "AUCUNE ALLERGIE": "716186003",
    "AUCUNE ALLERGIE CONNUE": "716186003",
    "PAS D'ALLERGIE CONNUE": "716186003",
    "409137002": "409137002",
    "NKDA": "409137002",
    "NO KNOWN DRUG ALLERGY": "409137002",
    "NO KNOWN DRUG ALLERGIES": "409137002",
    "AUCUNE ALLERGIE MÉDICAMENTEUSE CONNUE": "409137002",
    "429625007": "429625007",
    "NO KNOWN FOOD ALLERGY": "429625007",
    "NO KNOWN FOOD ALLERGIES": "429625007",
    "428607008": "428607008",
}
NO_KNOWN_WORDS = {
    "716186003": "No known allergy",
    "409137002": "No known drug allergy",
    "429625007": "No known food allergy",
    "428607008": "No known environmental allergy",
}
# 0078 codes that v3-ObservationInterpretation has under the same letters (HL7 concept map InterpretationCodes)
INTERPRETATIONS = frozenset(
    ["<", ">", "A", "AA", "B", "CAR", "D", "DET", "E", "EX", "EXP", "H", "HH", "HU", "I", "IE", "IND", "L", "LL", "LU",
     "MS", "N", "NCL", "ND", "NEG", "NR", "NS", "POS", "R", "RR", "S", "SDD", "SYN-R", "SYN-S", "U", "UNE", "VS"]
)  # fmt: skip
CONFIDENTIALITY = {"V": "V", "R": "R", "VR": "V"}  # 0272, TXA-18; 0177 -> v3-Confidentiality
AVAILABILITY = {"CA": "entered-in-error", "OB": "superseded"}  # 0273, TXA-19 -> document-reference-status
APPOINTMENT_STATUS = {  # events of SIU (HL7 v2.9, 10.4) -> FHIR appointmentstatus
    "S12": "booked",
    "S13": "booked",
    "S14": "booked",
    "S15": "cancelled",
    "S16": "cancelled",
    "S17": "entered-in-error",
    "S18": "booked",
    "S19": "booked",
    "S20": "booked",
    "S21": "booked",
    "S22": "booked",
    "S26": "noshow",
}
DOCUMENT_STATUS = {  # 0271, TXA-17 -> composition-status
    "DI": "preliminary",
    "DO": "preliminary",
    "IN": "preliminary",
    "IP": "preliminary",
    "PA": "preliminary",
    "AU": "final",
    "LA": "final",
}
