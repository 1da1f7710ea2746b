"""A simulated hospital and its attackers, for exercises and for tests: it drives the real product."""

from contrefeu.drill.hospital import Hospital
from contrefeu.drill.ledger import TruePatient
from contrefeu.drill.promises import Promise
from contrefeu.drill.record import record_pdf
from contrefeu.drill.rooms import ward_names
from contrefeu.drill.scenario import DrillReport, run_drill
from contrefeu.drill.sending import Delivery, Sent, live, send

__all__ = [
    "Delivery",
    "DrillReport",
    "Hospital",
    "Promise",
    "Sent",
    "TruePatient",
    "live",
    "record_pdf",
    "run_drill",
    "send",
    "ward_names",
]
