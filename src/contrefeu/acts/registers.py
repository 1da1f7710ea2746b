"""The register of controlled drugs, line by line (FIELD F14).

Rules kept here: as in act.py; and
  * A line says what came, went or was counted. No line says a balance: it is reckoned from the lines.
  * No line is changed. One that is wrong is taken back by another, which says why and stands beside it.
  * A line names its patient as they were called: the register is read in years, and by inspectors.
"""

from typing import Literal

from msgspec import Struct


class DrugMoved(Struct, frozen=True, tag_field="act", tag="drug-moved", omit_defaults=True):
    """One line of a ward's register; who wrote it is the entry's source."""

    key: str  # of the form that was sent, and of what was typed: sent twice, it is one line; "" is no key
    ward: str
    drug: str  # name, form and strength, as the register calls it
    kind: Literal["received", "given", "wasted", "counted", "void"]
    units: str  # decimal: of what came or went; of a count, what was found
    at: str  # RFC 3339 with the station's offset: when it was done
    witness: str = ""  # login of the second person, who signed with their own code
    patient: str = ""  # chart id
    who: str = ""  # the patient, as they were called then
    dose: str = ""  # as it was given
    prescriber: str = ""
    reason: str = ""  # where it came from, why it was wasted or taken back
    line: str = ""  # entry of the line that is taken back; of a dose, the entry that says it in the chart
    world: str = ""  # "T" of an exercise
