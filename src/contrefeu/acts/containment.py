"""What was advised to stop a fire from spreading: a plan that somebody shows to the crisis cell (A2).

Rules kept here: as in act.py; and a plan names systems and functions, never a patient. It advises: no act here cuts
anything, and what people did about it they say in the incident's file (incidents.py).
"""

from typing import Literal

from msgspec import Struct

How = Literal["make-anew", "check", "plug-in"]
CourseName = Literal["plan", "nothing", "everything-off"]


class Cut(Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """One thing to do."""

    action: Literal["block", "isolate", "disable"]
    system: str = ""  # to unplug
    source: str = ""  # of what is to be closed; "*" for every system beyond the filter
    target: str = ""
    protocol: str = ""
    transport: str = ""
    port: int = 0
    account: str = ""  # to disable
    name: str = ""  # of the system
    functions: list[str] = []  # what care loses by it


class FunctionState(Struct, frozen=True):
    """What becomes of something that care needs."""

    id: str
    name: str
    weight: float  # care points
    wards: list[str]
    why: list[str] = []  # systems, links or accounts that cost it, or that put it at risk
    covered_by: str = ""  # what takes over


class Start(Struct, frozen=True):
    """One step of the restart."""

    order: int
    system: str
    name: str
    how: How  # a suspect is made anew; what was within reach is checked; what was only unplugged is plugged in
    after: list[str]  # systems of this list that it waits for
    missing: list[str]  # of those, what is still down when it must start: a circle
    functions: list[str]  # what comes back with it, or waits for less
    care: float  # points that wait for it


class Course(Struct, frozen=True):
    """What is to be expected within a day of one course of action, by simulation."""

    name: CourseName
    systems_off: int
    systems_struck: float  # mean
    systems_struck_95: int  # in 95 draws of 100 no more
    care: float  # points lost: to what was done, and to the fire


class ContainmentPlanned(Struct, frozen=True, tag_field="act", tag="containment-planned"):
    """A plan is shown to the crisis cell; the last one said is the one that counts."""

    at: str  # RFC 3339
    inventory: str  # its title, or the file's name
    suspects: list[str]
    cut: list[Cut]
    lost: list[FunctionState]
    at_risk: list[FunctionState]
    kept: list[FunctionState]
    restart: list[Start]
    proven: bool  # no plan costs less
    compared: list[Course] = []
    hours: int = 0  # over which they are compared
