"""A ward of 40 beds whose first patient has thousands of results, and the messages of a hospital around it."""

from datetime import UTC, datetime, timedelta

BEDS, WARD = 40, "CARD"
GREAT = "GRAND"  # the patient with the thousands
REPORTS, VALUES = 250, 20  # of that patient: 5,000 results
MEASURES = 60  # that a laboratory asks for: each has some eighty values then
OTHERS = 560  # patients of other wards: what 200 messages a second speak of


def admissions() -> list[bytes]:
    """Everybody comes in, and is prescribed something."""
    found = []
    for patient in range(1, BEDS + OTHERS + 1):
        found.append(_message("ADT^A01", patient, f"A{patient}", 3_000, "AL1|1|DA|P^PENICILLINE|MO"))
        for drug in range(4 if patient <= BEDS else 0):
            order = f"O{patient}-{drug}"
            lines = f"ORC|NW|{order}", f"RXE|1|D{drug}^MEDICAMENT {drug}|500||mg|CP", "TQ1|1||TID"
            found.append(_message("RDE^O11", patient, order, 2_900, *lines))
    return found


def great_chart(count: int = REPORTS, first: int = 0) -> list[bytes]:
    """Reports of the one patient: *count* of them from number *first*, an hour between them."""
    return [_report(1, first + n, max(0, 15_000 - 60 * n) if not first else 0) for n in range(count)]


def results_of_others(count: int, first: int = 100_000) -> list[bytes]:
    """What comes in meanwhile: results of everybody else, the ward's other beds too; reports from *first* on."""
    return [_report(2 + n % (BEDS + OTHERS - 1), first + n, 0, values=4) for n in range(count)]


def _report(patient: int, n: int, minutes_ago: int, values: int = VALUES) -> bytes:
    at = _at(minutes_ago)
    lines = [f"ORC|RE|P{n}|F{n}", f"OBR|1|P{n}|F{n}|B{n % 5}^Bilan {n % 5}|||{at}|||||||||||||||{at}||LAB|F"]
    for i in range(values):
        code = (n * values + i) % MEASURES
        flag = "HH" if (n + i) % 97 == 0 else ("N", "H", "L")[(n + i) % 3]
        value = 4 + (n * 7 + i) % 30 / 10
        lines.append(
            f"OBX|{i + 1}|NM|{2000 + code}-{code % 10}^Analyse {code}^LN||{value}|mmol/L|3.5-5.0|{flag}|||F|||{at}"
        )
    return _message("ORU^R01", patient, f"R{n}", minutes_ago, *lines)


def _message(kind: str, patient: int, control: str, minutes_ago: int, *lines: str) -> bytes:
    at, name = _at(minutes_ago), GREAT if patient == 1 else f"NOM{patient}"
    ward = WARD if patient <= BEDS else f"W{patient % 14}"
    return (
        "\r".join(
            [
                f"MSH|^~\\&|DPI|CHU|CF|CF|{at}||{kind}|{control}|P|2.5|||||FRA|UNICODE UTF-8",
                f"EVN||{at}",
                f"PID|||{patient}^^^CHU^PI||{name}^ANNE^^^^^L||19500312|F",
                f"PV1|1|I|{ward}^{patient}^1^CHU||||||||||||||||V{patient}^^^CHU^VN",
                *lines,
            ]
        ).encode()
        + b"\r"
    )


def _at(minutes_ago: int) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes_ago)).strftime("%Y%m%d%H%M%S+0000")
