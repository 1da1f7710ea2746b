"""Reading HL7 v2 against what Python itself can do with the same bytes.

    header          the fields that routing and acknowledging need, against splitting the whole message into fields
    parse, 10       a message and ten of its fields, decoded, against splitting it into components eagerly
    frames          MLLP frames out of a stream in 64 KiB reads, against splitting the whole stream at its end marks
    against peers   the header, against a message parsed by python-hl7 and by hl7apy, which have no lesser unit; and a
                    message to every part that its mapping into FHIR asks for, against the same fields of python-hl7

Ours and the reference take turns in one run. Medians of ROUNDS; higher is better. bench/peers/install.sh brings peers.
"""

import importlib
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.peers.rows import row
from contrefeu.hl7 import Framer, Message, Segment, frame, peek
from contrefeu.journal import MEDIA_HL7V2, Entry
from contrefeu.mapping import FeedRules, read

ROUNDS = 5
MESSAGES = 5000
OF_PEERS = 50  # messages of which one takes a millisecond, or fifty
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
        *_against_peers(bodies),
    ]


def _against_peers(bodies: list[bytes]) -> list[dict[str, Any]]:
    python_hl7, hl7apy = _peer("hl7"), _peer("hl7apy.parser")
    asked = _asked_of(bodies[0])

    def parts(body: bytes) -> None:
        segments = Message.parse(body).segments
        for at, method, field, more in asked:
            method(segments[at], field, *more)

    def same(body: bytes) -> None:
        found = python_hl7.parse(body.decode())
        for at, _method, field, _more in asked:
            if field < len(found[at]):
                str(found[at][field])

    whole = (lambda body: python_hl7.parse(body.decode())) if python_hl7 else None
    tree = (lambda body: hl7apy.parse_message(body.decode(), find_groups=False)) if hl7apy else None
    return [
        _peer_row("hl7: header, python-hl7", bodies, peek, whole, ">= 80"),
        _peer_row("hl7: header, hl7apy", bodies, peek, tree, ">= 1000"),
        _peer_row("hl7: parts that the mapping asks for", bodies, parts, same if python_hl7 else None, ">= 30"),
    ]


def _peer(name: str) -> Any:
    """A module of bench/peers, or None."""
    for folder in (Path(__file__).parent / "peers" / ".venv").glob("lib/python*/site-packages"):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _asked_of(body: bytes) -> list[tuple[int, Callable[..., Any], int, tuple[Any, ...]]]:
    """What the mapping asks the segments of a message for, once it has seen others like it."""
    asked: list[tuple[int, Callable[..., Any], int, tuple[Any, ...]]] = []
    real = {name: getattr(Segment, name) for name in ("text", "rep", "reps", "has", "raw", "is_null", "whole")}

    def watched(method: Callable[..., Any]) -> Callable[..., Any]:
        def ask(segment: Segment, field: int, *more: Any) -> Any:
            if segment.position:
                asked.append((segment.position - 1, method, field, more))
            return method(segment, field, *more)

        return ask

    entry = Entry("bench", 1, 0, 1, "LAB@BENCH", MEDIA_HL7V2, body)
    read(entry, FeedRules())
    try:
        for name, method in real.items():
            setattr(Segment, name, watched(method))
        read(entry, FeedRules())
    finally:
        for name, method in real.items():
            setattr(Segment, name, method)
    return asked


def _peer_row(
    name: str, bodies: list[bytes], ours: Callable[[bytes], Any], theirs: Callable[[bytes], Any] | None, target: str
) -> dict[str, Any]:
    few = bodies[:OF_PEERS]
    seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(ROUNDS):
        seconds["ours"].append(_each(ours, bodies))
        if theirs is not None:
            seconds["theirs"].append(_each(theirs, few))
    reference = 1 / statistics.median(seconds["theirs"]) if theirs is not None else None
    return row(name, 1 / statistics.median(seconds["ours"]), reference, "messages/s", target=target)


def _each(work: Callable[[bytes], Any], bodies: list[bytes]) -> float:
    """Seconds of processor that one of *bodies* takes."""
    started = time.process_time()
    for body in bodies:
        work(body)
    return (time.process_time() - started) / len(bodies)


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
