"""Reading HL7 v2 against what Python itself can do with the same bytes.

    header          the fields that routing and acknowledging need, against splitting the whole message into fields
    parse, 10       a message and ten of its fields, decoded, against splitting it into components eagerly
    frames          MLLP frames out of a stream in 64 KiB reads, against splitting the whole stream at its end marks

Ours and the reference take turns in one run. Medians of ROUNDS; higher is better.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

from contrefeu.hl7 import Framer, Message, frame, peek

ROUNDS = 5
MESSAGES = 5000
READ_BYTES = 64 * 1024
FIELDS = (
    ("PID", 3),
    ("PID", 5),
    ("PID", 7),
    ("PID", 8),
    ("PV1", 2),
    ("PV1", 3),
    ("PV1", 19),
    ("OBR", 4),
    ("OBX", 3),
    ("OBX", 5),
)


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    bodies = [message(n) for n in range(MESSAGES)]
    stream = b"".join(frame(body) for body in bodies)
    return [
        _row("hl7: header", len(bodies), lambda: [peek(b) for b in bodies], lambda: [_fields(b) for b in bodies]),
        _row(
            "hl7: parse, ten fields",
            len(bodies),
            lambda: [_ten(b) for b in bodies],
            lambda: [_components(b) for b in bodies],
        ),
        _row("hl7: frames", len(bodies), lambda: _framed(stream), lambda: stream.split(b"\x1c\r")),
    ]


def message(n: int) -> bytes:
    """An invented laboratory result of about 1,200 bytes."""
    lines = [
        f"MSH|^~\\&|LAB|BENCH|CONTREFEU|BENCH|20261124{n % 86400:06d}||ORU^R01^ORU_R01|B{n:08d}|T|2.5|||||FRA|8859/1",
        f"PID|1||{n % 5000:07d}^^^BENCH&1.2.3&ISO^PI||FAMILY{n % 997}^GIVEN{n % 89}||19{n % 90 + 10}0101|F",
        f"PV1|1|I|CARDIO^{n % 60 + 100}^1^BENCH||||||||||||||||S{n % 5000:06d}^^^BENCH^VN",
        f"OBR|1|C{n:07d}^ADM|L{n:07d}^LAB|24320-4^Ionogram^LN|||20261124080000|||||||||||||||20261124083000||CH|F",
    ]
    lines += [
        f"OBX|{i}|NM|{2800 + i}-{i}^Analyte number {i}^LN||{(n * 7 + i * 13) % 900 / 10}|mmol/L|3.5-5.0|N|||F"
        f"|||20261124080000"
        for i in range(1, 11)
    ]
    return "\r".join(lines).encode() + b"\r"


def _ten(body: bytes) -> list[str]:
    parsed = Message.parse(body)
    return [parsed.text(segment, field) for segment, field in FIELDS]


def _fields(body: bytes) -> list[list[bytes]]:
    return [segment.split(b"|") for segment in body.split(b"\r")]


def _components(body: bytes) -> list[list[list[bytes]]]:
    return [[field.split(b"^") for field in segment.split(b"|")] for segment in body.split(b"\r")]


def _framed(stream: bytes) -> int:
    framer = Framer(1 << 26)
    return sum(len(framer.receive(stream[at : at + READ_BYTES])) for at in range(0, len(stream), READ_BYTES))


def _row(name: str, count: int, ours: Callable[[], Any], reference: Callable[[], Any]) -> dict[str, Any]:
    seconds: dict[str, list[float]] = {"ours": [], "reference": []}
    for _ in range(ROUNDS):
        for who, body in (("ours", ours), ("reference", reference)):
            started = time.perf_counter()
            body()
            seconds[who].append(time.perf_counter() - started)
    rates = {who: count / statistics.median(taken) for who, taken in seconds.items()}
    return {"name": name, **rates, "ratio": rates["ours"] / rates["reference"], "unit": "messages/s"}
