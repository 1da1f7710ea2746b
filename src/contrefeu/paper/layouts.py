"""What each blank form asks, in the order in which it is written: data, in French and in English.

Rules kept here:
  * A verbal order names its prescriber and is read back (F12); a cytotoxic is not ordered here (F14).
  * What is signed carries name, role, date, hour and signature.
  * NEWS2 is a decision aid: it is not on the chart until a clinical safety officer turned it on (F8).
"""

from contrefeu.paper.counted import COUNTED
from contrefeu.paper.parts import (
    CONTACT,
    DATE,
    SIGNED,
    URGENCY,
    YES_NO,
    Fields,
    Grid,
    Layout,
    Lines,
    Note,
    Ticks,
)

LAYOUTS: dict[str, Layout] = {
    "admission": Layout(
        ("Admission", "Admission"),
        [
            Fields([DATE, (("Venu de", "Came from"), 3), (("Amené par", "Brought by"), 3)]),
            Ticks(
                ("Identité vérifiée sur", "Identity checked on"),
                [("pièce d’identité", "identity document"), ("dires", "what was said"), ("tiers", "somebody else"),
                 ("inconnue", "unknown")],
            ),
            Fields([(("Adresse, téléphone", "Address, telephone"), 1)]),
            CONTACT,
            Lines(("Motif", "Reason"), 2),
            Ticks(("Allergie connue", "Known allergy"), YES_NO),
            Lines(("Allergies : à quoi, quelle réaction", "Allergies: to what, which reaction"), 2),
            Lines(("Antécédents", "History"), 2, "problems"),
            Lines(("Traitement en cours, dernière prise", "Current medicines, last taken"), 3, "taken"),
            Fields([
                (("Poids", "Weight"), 2, "weight"),
                (("pesé ou dit, le", "weighed or said, on"), 3, "weighed"),
                (("Taille", "Height"), 2),
            ]),
            Ticks(
                ("Isolement", "Isolation"),
                [("aucun", "none"), ("contact", "contact"), ("gouttelettes", "droplet"), ("air", "airborne")],
            ),
            Fields([
                ((
                    "Limitation de soins, directives : date, auteur, à revoir le",
                    "Limits of care, directives: date, author, review on",
                ), 1, "limits"),
            ]),
            Fields([
                (("Médecin", "Physician"), 3, "physician"),
                (("Service, lit", "Ward, bed"), 3, "place"),
                (("Régime", "Diet"), 2, "diets"),
            ]),
            SIGNED,
        ],
    ),
    "vital-signs": Layout(
        ("Surveillance", "Vital signs"),
        [
            Grid(
                ("Une colonne par passage", "One column a round"),
                [*(((" ", " "), 2) for _ in range(8))],
                rows=13,
                names=[
                    ("Date, heure", "Date, hour"), ("Fréq. respiratoire /min", "Resp. rate /min"), ("SpO2 %", "SpO2 %"),
                    ("Air, ou oxygène L/min", "Air, or oxygen L/min"), ("PA systolique mmHg", "BP systolic mmHg"),
                    ("PA diastolique mmHg", "BP diastolic mmHg"), ("Fréq. cardiaque /min", "Heart rate /min"),
                    ("Conscience A C V P U", "Consciousness A C V P U"), ("Température °C", "Temperature °C"),
                    ("Douleur 0-10", "Pain 0-10"), ("Diurèse mL", "Urine mL"), ("Glycémie, unité", "Glucose, unit"),
                    ("Initiales", "Initials"),
                ],
                height_mm=10,
            ),
            Lines(("Remarques", "Remarks"), 4),
        ],
    ),
    "dose-sheet": Layout(
        ("Feuille de soins", "Dose sheet"),
        [
            Fields([
                (("Jour", "Day"), 2),
                (("Poids, date", "Weight, date"), 3, "weight, date"),
                (("Recopiée de, par", "Copied from, by"), 5),
            ]),
            Grid(
                ("Une ligne par médicament ; heure vraie et initiales", "One line a drug; true hour and initials"),
                [
                    (("Médicament, dose, voie", "Drug, dose, route"), 6),
                    *((("heure · init.", "hour · init."), 2) for _ in range(6)),
                ],
                rows=11,
                height_mm=14,
            ),
            SIGNED,
        ],
    ),
    "prescription": Layout(
        ("Prescription", "Prescription"),
        [
            Fields([
                (("Poids, date", "Weight, date"), 3, "weight, date"),
                (("Fonction rénale", "Renal function"), 3),
                (("Grossesse", "Pregnancy"), 2),
            ]),
            Grid(
                ("Une ligne par médicament", "One line a drug"),
                [(("Médicament, forme", "Drug, form"), 5), (("Dose", "Dose"), 2), (("Voie", "Route"), 2),
                 (("Heures ; si besoin : intervalle, maximum", "Hours; if needed: interval, maximum"), 5),
                 (("Début", "Start"), 2), (("Fin", "End"), 2)],
                rows=9,
                height_mm=13,
            ),
            Fields([(("Donnée oralement par (prescripteur), à", "Given verbally by (prescriber), at"), 1)]),
            Ticks(("Prescription orale relue", "Verbal order read back"), [("oui", "yes")]),
            Note((
                "Pas de chimiothérapie sur cette feuille. Un stupéfiant se note aussi sur son registre.",
                "No chemotherapy on this form. A controlled drug also goes in its register.",
            )),
            SIGNED,
            Fields([(("Pharmacien : avis, date, signature", "Pharmacist: opinion, date, signature"), 1)]),
        ],
    ),
    "laboratory-request": Layout(
        ("Demande de laboratoire", "Laboratory request"),
        [
            URGENCY,
            Ticks(
                ("Examens", "Tests"),
                [("NFS", "blood count"), ("ionogramme, créatinine", "electrolytes, creatinine"), ("CRP", "CRP"),
                 ("hémostase", "coagulation"), ("gaz du sang", "blood gas"), ("troponine", "troponin"),
                 ("bilan hépatique", "liver tests"), ("lactate", "lactate"), ("ECBU", "urine culture"),
                 ("hémocultures", "blood cultures")],
            ),
            Lines(("Autres examens", "Other tests"), 4),
            Note((
                "Groupe sanguin, recherche d’anticorps : feuille du laboratoire. Produits : feuille de transfusion.",
                "Blood group, antibody screen: on the laboratory’s own form. Products: on the transfusion form.",
            )),
            Lines(("Renseignements cliniques, traitement anticoagulant", "Clinical details, anticoagulant"), 3),
            Fields([(("Prélevé le, à", "Taken on, at"), 3), (("Par", "By"), 3), (("Nombre de tubes", "Tubes"), 2)]),
            Fields([(("Appeler les résultats au", "Call results to"), 1)]),
            SIGNED,
        ],
    ),
    "imaging-request": Layout(
        ("Demande d’imagerie", "Imaging request"),
        [
            URGENCY,
            Ticks(
                ("Examen", "Examination"),
                [("radiographie", "X-ray"), ("scanner", "CT"), ("IRM", "MRI"), ("échographie", "ultrasound")],
            ),
            Lines(("Région, côté, question posée", "Region, side, question"), 4),
            Ticks(("Grossesse possible", "Pregnancy possible"), YES_NO),
            Ticks(("Allergie au produit de contraste", "Contrast allergy"), YES_NO),
            Ticks(("Matériel implanté, stimulateur", "Implant, pacemaker"), YES_NO),
            Fields([
                (("Créatinine, date", "Creatinine, date"), 3),
                (("Isolement", "Isolation"), 3, "isolation"),
                (("Transport", "Transport"), 3),
            ]),
            SIGNED,
            Lines(("Résultat", "Result"), 7),
            SIGNED,
        ],
    ),
    "result": Layout(
        ("Résultat", "Result"),
        [
            Fields([
                (("Prélevé le, à", "Taken on, at"), 3),
                (("N° de prélèvement", "Specimen number"), 3),
                (("Laboratoire", "Laboratory"), 3),
            ]),
            Grid(
                ("Recopier valeur ET unité", "Copy value AND unit"),
                [(("Examen", "Test"), 5), (("Valeur", "Value"), 3), (("Unité", "Unit"), 2), (("Référence", "Range"), 3),
                 (("Critique", "Critical"), 2)],
                rows=14,
                height_mm=9,
            ),
            Fields([(("Appelé à (nom), à (heure)", "Called to (name), at (hour)"), 4), (("Relu", "Read back"), 1)]),
            Fields([(("Validé par le biologiste : nom, heure, signature", "Validated by: name, hour, signature"), 1)]),
            Note(("Qui a recopié :", "Who copied:")),
            SIGNED,
        ],
    ),
    "note": Layout(("Observation", "Note"), [SIGNED, Lines((" ", " "), 23)]),
    "hand-over": Layout(
        ("Transmission", "Hand-over"),
        [
            Lines(("Situation : pourquoi ici, depuis quand", "Situation: why here, since when"), 3, "problems"),
            Lines(("Antécédents, allergies, traitements", "Background, allergies, medicines"), 4, "medicines"),
            Lines(("Ce qui a changé", "What changed"), 5),
            Lines(("À faire, résultats attendus", "To do, results awaited"), 5, "awaited"),
            Lines(("Isolement, limitation, directives", "Isolation, limits, directives"), 2, "alerts"),
            Fields([
                (("Donné par : nom, signature", "Given by: name, signature"), 4),
                (("Reçu par : nom, signature", "Taken by: name, signature"), 4),
                DATE,
            ]),
        ],
    ),
    "transfer": Layout(
        ("Transfert", "Transfer"),
        [
            Fields([DATE, (("Vers (établissement, service)", "To (hospital, ward)"), 5)]),
            Fields([(("Accord de (nom, heure)", "Agreed by (name, hour)"), 4), (("Transport", "Transport"), 3)]),
            Lines(("Motif, diagnostic", "Reason, diagnosis"), 4, "problems"),
            Lines(
                ("Traitement en cours, dernière dose et son heure", "Current medicines, last dose and its hour"),
                7,
                "medicines",
            ),
            Lines(("Perfusions, voies, sondes, oxygène", "Infusions, lines, catheters, oxygen"), 3),
            Lines(("Résultats en attente", "Results awaited"), 2, "awaited"),
            CONTACT,
            Ticks(
                ("Documents joints", "Documents enclosed"),
                [("dossier imprimé", "printed chart"), ("images", "images"), ("bracelet vérifié", "wristband checked")],
            ),
            SIGNED,
        ],
    ),
    "transfer-consent": Layout(
        ("Accord pour un transfert", "Consent to transfer"),
        [
            Note((
                "On m’a dit pourquoi je dois être transféré, où, comment, et ce que je risque à rester et à partir.",
                "I was told why I am to be transferred, where, how, and what I risk by staying and by going.",
            )),
            Fields([(("Vers", "To"), 1)]),
            Lines(("Explications données", "What was explained"), 5),
            Ticks(("J’accepte", "I agree"), [("oui", "yes"), ("non", "no")]),
            Ticks(
                ("Signé par", "Signed by"),
                [("le patient", "the patient"), ("un parent, le tuteur", "a parent, the guardian"),
                 ("personne de confiance", "trusted person"), ("urgence, impossible", "emergency, not possible")],
            ),
            Fields([
                DATE,
                (("Nom, prénom, lien avec le patient", "Name, first name, relation to the patient"), 4),
                (("Signature", "Signature"), 3),
            ]),
            Note(("Le médecin qui a expliqué :", "The physician who explained:")),
            SIGNED,
        ],
    ),
    "theatre-list": Layout(
        ("Programme de bloc", "Theatre list"),
        [
            Fields([(("Date", "Date"), 2), (("Salle", "Theatre"), 2), (("Rédigé par", "Written by"), 3)]),
            Grid(
                ("Dans l’ordre", "In order"),
                [(("Heure", "Hour"), 2), (("Nom de naissance, prénom, né(e) le", "Birth name, first name, born"), 6),
                 (("IPP", "Number"), 3), (("Lit", "Bed"), 2), (("Acte, côté", "Procedure, side"), 5),
                 (("Chirurgien", "Surgeon"), 3), (("Anesthésie, allergies", "Anaesthesia, allergies"), 4)],
                rows=11,
                height_mm=15,
            ),
        ],
    ),
    "death": Layout(
        ("Décès", "Death"),
        [
            Fields([(("Décès constaté le, à", "Death confirmed on, at"), 3), (("Par (médecin)", "By (physician)"), 4)]),
            Ticks(("Obstacle médico-légal", "Medico-legal matter"), YES_NO),
            Ticks(("Prélèvements à faire", "Specimens to be taken"), YES_NO),
            Ticks(
                ("Arrêté", "Stopped"),
                [("prescriptions", "prescriptions"), ("doses prévues", "doses due"), ("perfusions", "infusions")],
            ),
            Fields([(("Famille prévenue : qui, par qui, à", "Family told: who, by whom, at"), 1)]),
            Lines(
                ("Résultats encore attendus : à remettre au médecin", "Results still awaited: to the physician"),
                3,
                "awaited",
            ),
            Lines(("Objets et valeurs", "Belongings and valuables"), 4),
            Fields([
                (("Départ du service le, à", "Left the ward on, at"), 3),
                (("Vers", "To"), 3),
                (("Bracelet vérifié", "Wristband checked"), 2),
            ]),
            SIGNED,
        ],
    ),
    "discharge-letter": Layout(
        ("Lettre de sortie", "Discharge letter"),
        [
            Fields([(("Entré le", "Admitted on"), 2), (("Sorti le", "Discharged on"), 2), (("Vers", "To"), 3)]),
            Lines(("Motif, diagnostic", "Reason, diagnosis"), 3),
            Lines(("Le séjour, en bref", "The stay, in short"), 5),
            Lines(("Traitement à la sortie", "Medicines on discharge"), 6),
            Lines(("Suites : rendez-vous, résultats attendus", "Follow-up: appointments, results awaited"), 4),
            CONTACT,
            SIGNED,
        ],
    ),
    **COUNTED,
}  # fmt: skip
