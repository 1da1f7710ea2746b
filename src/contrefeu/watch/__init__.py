"""Seeing an attack early: rules over what feeds say, what people look at, and how the node itself does."""

from contrefeu.watch.engine import CleanPoint, State, Watch
from contrefeu.watch.seen import Heard, Linked, Looked, Observation, Passed, Resumed, Signal, Told
from contrefeu.watch.signals import RULES, Rule

__all__ = [
    "RULES",
    "CleanPoint",
    "Heard",
    "Linked",
    "Looked",
    "Observation",
    "Passed",
    "Resumed",
    "Rule",
    "Signal",
    "State",
    "Told",
    "Watch",
]
