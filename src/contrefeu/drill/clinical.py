"""What is measured, given, diagnosed and written in this house.

Tables: each row is a fact that a speaker can write. LOINC, ICD-10, ATC and SNOMED CT codes are the public ones; local
codes are the drill's own. Ranges are those of a common adult laboratory and serve to write flags, not to judge anybody.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Test:
    """One measure: its LOINC code, its names, unit, usual range, and bounds beyond which it is critical."""

    code: str
    name: str
    name_en: str
    unit: str = ""
    low: str = ""
    high: str = ""
    critical_low: str = ""
    critical_high: str = ""
    spread: float = 0.0  # standard deviation around the middle of the range

    @property
    def range(self) -> str:
        """OBX-7."""
        if self.low and self.high:
            return f"{self.low}-{self.high}"
        return f"<{self.high}" if self.high else ""

    def flag(self, value: str) -> str:
        """OBX-8 (HL7 table 0078) for *value*."""
        number = Decimal(value)
        if self.critical_low and number <= Decimal(self.critical_low):
            return "LL"
        if self.critical_high and number >= Decimal(self.critical_high):
            return "HH"
        if self.low and number < Decimal(self.low):
            return "L"
        if self.high and number > Decimal(self.high):
            return "H"
        return ""


@dataclass(frozen=True, slots=True)
class Panel:
    """What is ordered together."""

    code: str
    name: str
    name_en: str
    section: str  # OBR-24, HL7 table 0074
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug as the pharmacy's list names it."""

    code: str  # of the house's list
    name: str
    name_en: str
    atc: str
    unit: str
    doses: tuple[str, ...]
    route: str  # HL7 table 0162
    form: str
    schedules: tuple[str, ...]  # keys of care.SCHEDULES


HEMOGLOBIN = Test("718-7", "Hémoglobine", "Haemoglobin", "g/dL", "12.0", "17.0", "7.0", "", 2.4)
POTASSIUM = Test("2823-3", "Potassium", "Potassium", "mmol/L", "3.5", "5.0", "2.7", "6.2", 0.7)
BLOOD_COUNT = Panel(
    "58410-2",
    "Numération formule sanguine",
    "Full blood count",
    "HM",
    (
        Test("6690-2", "Leucocytes", "White cells", "10*9/L", "4.0", "10.0", "1.0", "50.0", 3.2),
        Test("789-8", "Hématies", "Red cells", "10*12/L", "4.00", "5.70", "", "", 0.55),
        HEMOGLOBIN,
        Test("4544-3", "Hématocrite", "Haematocrit", "%", "36.0", "50.0", "", "", 5.0),
        Test("787-2", "VGM", "MCV", "fL", "80", "100", "", "", 7.0),
        Test("777-3", "Plaquettes", "Platelets", "10*9/L", "150", "400", "20", "1000", 90.0),
    ),
)
IONOGRAM = Panel(
    "24326-1",
    "Ionogramme sanguin",
    "Electrolytes",
    "CH",
    (
        Test("2951-2", "Sodium", "Sodium", "mmol/L", "136", "145", "120", "160", 5.0),
        POTASSIUM,
        Test("2075-0", "Chlorures", "Chloride", "mmol/L", "98", "107", "", "", 4.0),
        Test("1963-8", "Bicarbonates", "Bicarbonate", "mmol/L", "22", "29", "10", "", 3.5),
        Test("22664-7", "Urée", "Urea", "mmol/L", "2.5", "7.5", "", "40.0", 3.0),
        Test("14682-9", "Créatinine", "Creatinine", "µmol/L", "50", "110", "", "600", 45.0),
        Test("14749-6", "Glucose", "Glucose", "mmol/L", "3.9", "6.1", "2.2", "25.0", 2.0),
    ),
)
CRP = Panel(
    "1988-5", "CRP", "CRP", "CH", (Test("1988-5", "Protéine C réactive", "CRP", "mg/L", "", "5", "", "", 60.0),)
)
TROPONIN = Panel(
    "89579-7",
    "Troponine I hypersensible",
    "High-sensitivity troponin I",
    "CH",
    (Test("89579-7", "Troponine I hs", "Troponin I hs", "ng/L", "", "34", "", "120", 0.0),),
)
COAGULATION = Panel(
    "24373-3",
    "Hémostase",
    "Coagulation",
    "HM",
    (
        Test("6301-6", "INR", "INR", "", "0.8", "1.2", "", "5.0", 0.7),
        Test("3173-2", "TCA", "aPTT", "s", "25", "38", "", "100", 9.0),
        Test("3255-7", "Fibrinogène", "Fibrinogen", "g/L", "2.0", "4.0", "1.0", "", 1.0),
    ),
)
BLOOD_GAS = Panel(
    "24336-0",
    "Gaz du sang artériel",
    "Arterial blood gas",
    "BG",
    (
        Test("2744-1", "pH artériel", "Arterial pH", "", "7.35", "7.45", "7.20", "7.60", 0.06),
        Test("2019-8", "PaCO2", "PaCO2", "mm[Hg]", "35", "45", "20", "70", 7.0),
        Test("2703-7", "PaO2", "PaO2", "mm[Hg]", "75", "100", "45", "", 14.0),
        Test("2524-7", "Lactate", "Lactate", "mmol/L", "0.5", "1.6", "", "4.0", 0.9),
    ),
)
PANELS = (BLOOD_COUNT, IONOGRAM, CRP, COAGULATION)

CULTURE = Test("600-7", "Hémoculture", "Blood culture")
GRAM = Test("664-3", "Examen direct (Gram)", "Gram stain")
GERM = Test("6463-4", "Germe identifié", "Organism")
MICROBIOLOGY = Panel("600-7", "Hémocultures", "Blood culture", "MB", (GRAM, CULTURE, GERM))
GERMS = (  # SNOMED CT code, name, gram, resistances more likely than not
    ("112283007", "Escherichia coli", "Bacilles à Gram négatif", "Gram-negative rods"),
    ("3092008", "Staphylococcus aureus", "Cocci à Gram positif en amas", "Gram-positive cocci in clusters"),
    ("56415008", "Klebsiella pneumoniae", "Bacilles à Gram négatif", "Gram-negative rods"),
    ("52499004", "Pseudomonas aeruginosa", "Bacilles à Gram négatif", "Gram-negative rods"),
)
ANTIBIOTICS = (
    Test("18864-9", "Ampicilline", "Ampicillin"),
    Test("18862-3", "Amoxicilline + acide clavulanique", "Amoxicillin-clavulanate"),
    Test("18886-2", "Céfotaxime", "Cefotaxime"),
    Test("18928-2", "Gentamicine", "Gentamicin"),
    Test("18906-8", "Ciprofloxacine", "Ciprofloxacin"),
    Test("18943-1", "Méropénème", "Meropenem"),
)

HEART = Test("8867-4", "Fréquence cardiaque", "Heart rate", "/min", "50", "100", "35", "160", 17.0)
SYSTOLIC = Test("8480-6", "Pression systolique", "Systolic pressure", "mm[Hg]", "100", "140", "70", "220", 18.0)
DIASTOLIC = Test("8462-4", "Pression diastolique", "Diastolic pressure", "mm[Hg]", "55", "90", "", "", 11.0)
OXYGEN = Test("59408-5", "SpO2", "SpO2", "%", "94", "99", "84", "", 1.6)
TEMPERATURE = Test("8310-5", "Température", "Temperature", "Cel", "36.1", "37.8", "33.0", "40.5", 0.6)
BREATHING = Test("9279-1", "Fréquence respiratoire", "Respiratory rate", "/min", "12", "20", "6", "35", 3.5)
VITALS = Panel(
    "85353-1",
    "Constantes",
    "Vital signs",
    "NMS",
    (HEART, SYSTOLIC, DIASTOLIC, OXYGEN, TEMPERATURE, BREATHING),
)
PAIN = Test("72514-3", "Douleur (EN)", "Pain score", "{score}", "0", "3")
BIRTH_WEIGHT = Test("3141-9", "Poids", "Body weight", "g")

REPORT = Test("59776-5", "Compte rendu", "Procedure findings")
CHEST_XRAY = Panel("36643-5", "Radiographie du thorax", "Chest X-ray", "RAD", (REPORT,))
HEAD_CT = Panel("24725-4", "Scanner cérébral", "Head CT", "RAD", (REPORT,))
ABDOMEN_US = Panel("24558-9", "Échographie abdominale", "Abdominal ultrasound", "RAD", (REPORT,))
IMAGING = {
    CHEST_XRAY: (
        ("Pas de foyer parenchymateux.", "Silhouette cardiaque de taille normale.", "Pas d'épanchement."),
        ("Foyer de la base droite.", "Comblement du cul-de-sac pleural < 2 cm.", "À confronter à la clinique."),
    ),
    HEAD_CT: (
        ("Pas d'hémorragie intracrânienne.", "Pas d'effet de masse.", "Structures médianes en place."),
        ("Hématome sous-dural aigu gauche de 9 mm.", "Déviation de la ligne médiane de 4 mm.", "URGENT : appelé."),
    ),
    ABDOMEN_US: (
        ("Vésicule alithiasique à paroi fine.", "Voies biliaires non dilatées."),
        ("Vésicule lithiasique, paroi épaissie à 6 mm.", "Signe de Murphy échographique présent."),
    ),
}

PARACETAMOL = Drug(
    "9400101",
    "PARACÉTAMOL 1 g comprimé",
    "PARACETAMOL 1 g tablet",
    "N02BE01",
    "mg",
    ("1000", "500"),
    "PO",
    "TAB",
    ("every-6", "as-needed-6"),
)
DRUGS: dict[str, tuple[Drug, ...]] = {
    "all": (
        PARACETAMOL,
        Drug(
            "9400102",
            "ÉNOXAPARINE 4 000 UI/0,4 mL",
            "ENOXAPARIN 4,000 IU/0.4 mL",
            "B01AB05",
            "[iU]",
            ("4000",),
            "SC",
            "SOLN",
            ("evening",),
        ),
        Drug(
            "9400103",
            "OXYCODONE LI 5 mg gélule",
            "OXYCODONE IR 5 mg capsule",
            "N02AA05",
            "mg",
            ("5",),
            "PO",
            "CAP",
            ("as-needed-4",),
        ),
        Drug(
            "9400104",
            "GLUCOSE 5 % poche 1 000 mL",
            "GLUCOSE 5 % bag 1,000 mL",
            "B05BA03",
            "mL",
            ("1000",),
            "IV",
            "SOLN",
            ("infusion-42", "infusion-83"),
        ),
        Drug(
            "9400105",
            "PANTOPRAZOLE 40 mg",
            "PANTOPRAZOLE 40 mg",
            "A02BC02",
            "mg",
            ("40",),
            "PO",
            "TAB",
            ("morning",),
        ),
        Drug(
            "9400106",
            "CEFTRIAXONE 1 g IV",
            "CEFTRIAXONE 1 g IV",
            "J01DD04",
            "mg",
            ("1000", "2000"),
            "IV",
            "PWDR",
            ("morning", "every-12"),
        ),
        Drug(
            "9400107",
            "PREDNISOLONE 20 mg cp orodispersible",
            "PREDNISOLONE 20 mg tablet",
            "H02AB06",
            "mg",
            ("40",),
            "PO",
            "TAB",
            ("taper",),
        ),
    ),
    "CARD": (
        Drug(
            "9400110",
            "BISOPROLOL 2,5 mg",
            "BISOPROLOL 2.5 mg",
            "C07AB07",
            "mg",
            ("2.5", "5"),
            "PO",
            "TAB",
            ("morning",),
        ),
        Drug("9400111", "FUROSÉMIDE 40 mg", "FUROSEMIDE 40 mg", "C03CA01", "mg", ("40", "80"), "PO", "TAB", ("twice",)),
        Drug(
            "9400112",
            "ACIDE ACÉTYLSALICYLIQUE 75 mg",
            "ASPIRIN 75 mg",
            "B01AC06",
            "mg",
            ("75",),
            "PO",
            "TAB",
            ("noon",),
        ),
    ),
    "REA": (
        Drug(
            "9400120",
            "NORADRÉNALINE 0,25 mg/mL seringue",
            "NORADRENALINE 0.25 mg/mL",
            "C01CA03",
            "mL",
            ("48",),
            "IV",
            "SOLN",
            ("infusion-4",),
        ),
        Drug(
            "9400121", "MIDAZOLAM 1 mg/mL", "MIDAZOLAM 1 mg/mL", "N05CD08", "mL", ("50",), "IV", "SOLN", ("infusion-3",)
        ),
    ),
    "MAT": (Drug("9400130", "FER 80 mg", "IRON 80 mg", "B03AA07", "mg", ("80",), "PO", "TAB", ("morning",)),),
    "GER": (
        Drug(
            "9400140",
            "MACROGOL 10 g sachet",
            "MACROGOL 10 g sachet",
            "A06AD15",
            "g",
            ("10",),
            "PO",
            "PWDR",
            ("morning",),
        ),
        Drug("9400141", "DONÉPÉZIL 5 mg", "DONEPEZIL 5 mg", "N06DA02", "mg", ("5",), "PO", "TAB", ("evening",)),
    ),
    "PED": (
        Drug(
            "9400150",
            "PARACÉTAMOL 2,4 % susp. buv.",
            "PARACETAMOL 24 mg/mL susp.",
            "N02BE01",
            "mg",
            ("240", "300"),
            "PO",
            "SUSP",
            ("every-6",),
        ),
        Drug(
            "9400151",
            "SALBUTAMOL 2,5 mg aérosol",
            "SALBUTAMOL 2.5 mg neb.",
            "R03AC02",
            "mg",
            ("2.5",),
            "IH",
            "SOLN",
            ("every-4",),
        ),
    ),
    "CHIR": (
        Drug(
            "9400160",
            "MORPHINE 1 mg/mL IV",
            "MORPHINE 1 mg/mL IV",
            "N02AA01",
            "mg",
            ("2", "3"),
            "IV",
            "SOLN",
            ("as-needed-1",),
        ),
        Drug("9400161", "CÉFAZOLINE 2 g IV", "CEFAZOLIN 2 g IV", "J01DB04", "mg", ("2000",), "IV", "PWDR", ("once",)),
    ),
}

ALLERGIES = (  # SNOMED CT code, name, English name, kind (table 0127), reaction
    ("91936005", "Pénicilline", "Penicillin", "DA", "Urticaire & oedème"),
    ("91935009", "Arachide", "Peanut", "FA", "Choc anaphylactique"),
    ("300916003", "Latex", "Latex", "EA", "Eczéma de contact"),
    ("293586001", "Aspirine", "Aspirin", "DA", "Bronchospasme"),
    ("293637006", "Produits de contraste iodés", "Iodinated contrast", "DA", "Érythème"),
    ("91938006", "Fraise", "Strawberry", "FA", "Prurit"),
)
NO_KNOWN_ALLERGY = ("716186003", "Pas d'allergie connue", "No known allergy")

DIAGNOSES: dict[str, tuple[tuple[str, str], ...]] = {
    "URG": (
        ("R07.4", "Douleur thoracique"),
        ("R10.4", "Douleur abdominale"),
        ("S01.9", "Plaie de la tête"),
        ("J45.9", "Asthme"),
        ("R55", "Syncope & malaise"),
        ("S82.6", "Fracture de la malléole"),
    ),
    "REA": (("A41.9", "Sepsis"), ("J96.0", "Insuffisance respiratoire aiguë"), ("I46.0", "Arrêt cardiaque réanimé")),
    "CARD": (("I50.0", "Insuffisance cardiaque"), ("I21.4", "Infarctus sans sus-décalage"), ("I48.9", "Fibrillation")),
    "CHIR": (("K35.8", "Appendicite aiguë"), ("K80.0", "Cholécystite lithiasique"), ("K40.9", "Hernie inguinale")),
    "MED": (("J18.9", "Pneumopathie"), ("N10", "Pyélonéphrite aiguë"), ("E11.6", "Diabète de type 2 déséquilibré")),
    "GER": (("R29.6", "Chutes à répétition"), ("G30.9", "Maladie d'Alzheimer"), ("E86", "Déshydratation")),
    "MAT": (("O80.0", "Accouchement spontané"), ("O60.0", "Menace d'accouchement prématuré")),
    "PED": (("J21.9", "Bronchiolite"), ("A08.4", "Gastro-entérite"), ("J45.9", "Asthme")),
}
NEWBORN = ("Z38.0", "Enfant unique, né à l'hôpital")
COMORBIDITIES = (
    ("I10", "Hypertension artérielle"),
    ("E11.9", "Diabète de type 2"),
    ("N18.3", "Insuffisance rénale chronique, stade 3"),
    ("J44.9", "BPCO"),
    ("E78.0", "Hypercholestérolémie"),
    ("Z95.0", "Porteur d'un stimulateur"),
)
OPERATIONS = (  # local code, name
    ("HHFA016", "Appendicectomie par coelioscopie"),
    ("HMFC004", "Cholécystectomie par coelioscopie"),
    ("LMMA012", "Cure de hernie inguinale"),
)
ADMISSION_NOTE = ("34117-2", "Observation d'entrée", "Admission note")
DISCHARGE_LETTER = ("18842-5", "Compte rendu d'hospitalisation", "Discharge summary")
OPERATIVE_NOTE = ("11504-8", "Compte rendu opératoire", "Operative note")
NURSING_NOTE = ("34746-8", "Transmission ciblée", "Nursing note")
