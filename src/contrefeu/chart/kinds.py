"""What kind of entry it is, as lists of what waits call it: "ADT^A01", "FHIR Observation".

Rules kept here:
  * A feed's message is called what its sender calls it. What people wrote is called by the type of its first line, else
    of the step or the person: they wrote no message.
"""

from contrefeu.chart.views import STATION
from contrefeu.mapping import PEOPLE, Reading


def kind_of(reading: Reading) -> str:
    """Return the kind of the entry that *reading* is of."""
    if not (reading.source.startswith(PEOPLE) or reading.journal.endswith(STATION)):
        return reading.kind
    said = next((one.kind for one in reading.said), "")
    return f"FHIR {said or ('Encounter' if reading.movements else 'Patient')}"
