"""A simulated hospital and its attackers, for exercises and for tests: it drives the real product."""

from contrefeu.drill.command import NodeUnderDrill
from contrefeu.drill.hospital import Hospital
from contrefeu.drill.ledger import TruePatient
from contrefeu.drill.promises import Promise
from contrefeu.drill.record import record_of
from contrefeu.drill.rooms import ward_names
from contrefeu.drill.scenario import DrillReport, Phase, Story, run_drill
from contrefeu.drill.sending import Delivery, Sent, live, send

__all__ = [
    "Delivery",
    "DrillReport",
    "Hospital",
    "NodeUnderDrill",
    "Phase",
    "Promise",
    "Sent",
    "Story",
    "TruePatient",
    "live",
    "record_of",
    "run_drill",
    "send",
    "ward_names",
]
