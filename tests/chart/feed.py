"""A feed for tests of charts: HL7 bytes in, journal entries, readings, charts; the way that the node goes.

Rules kept here:
  * Nothing is handed to the fold that did not come out of `contrefeu.mapping.read` of bytes.
  * Times are written as senders write them: "1124 0810" is 24 November 2026, 08:10:00, in Paris.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from contrefeu.chart.fold import Chart, fold, to_bundle
from contrefeu.chart.identity import Said, survivors
from contrefeu.journal import MEDIA_HL7V2, Entry
from contrefeu.mapping import FeedRules, Reading, read

PARIS = ZoneInfo("Europe/Paris")
KEY = "IPP|1001"
PID = "PID|||1001^^^IPP^PI||MARTIN^Jeanne^^^^^L||19480512|F"


def ts(text: str) -> str:
    """Return "1124 0810[30]" as HL7 writes it."""
    day, _, clock = text.partition(" ")
    return f"2026{day}{clock:0<6}" if clock else f"2026{day}"


def ns(text: str) -> int:
    """Return the instant of "1124 0810", Paris wall time."""
    return int(datetime.strptime(ts(text), "%Y%m%d%H%M%S").replace(tzinfo=PARIS).timestamp()) * 10**9


def message(kind: str, said: str, *segments: str, sender: str = "DPI", control: str = "") -> bytes:
    """Return one message; *said* is MSH-7."""
    head = (
        f"MSH|^~\\&|{sender}|CHU|CONTREFEU|CHU|{ts(said)}||{kind}|{control or kind + said}|P|2.5|||||FRA|UNICODE UTF-8"
    )
    return "\r".join([head, *segments, ""]).encode()


def adt(
    event: str,
    said: str,
    *,
    at: str = "",
    place: str = "CARD^12^A",
    visit: str = "V1",
    pid: str = PID,
    zbe: str = "",
    happened: str = "",
    recorded: str = "",
    more: Sequence[str] = (),
    inside: str = "I",
    sender: str = "DPI",
) -> bytes:
    """Return an ADT.

    Args:
        event: A01...
        said: MSH-7.
        at: ZBE-2 with *zbe*, else EVN-6.
        place: PV1-3.
        visit: PV1-19.
        pid: The whole segment.
        zbe: "id|ACTION|historic|corrected event"; a ZBE segment is written when it is not empty.
        happened: EVN-6 when it differs from *at*.
        recorded: EVN-2; *said* when empty.
        more: Further segments.
        inside: PV1-2.
        sender: MSH-3.
    """
    when = ts(happened or at) if happened or at else ""
    segments = [f"EVN||{ts(recorded or said)}||||{when}", pid]
    if visit:
        segments.append(f"PV1||{inside}|{place}" + "|" * 16 + f"{visit}^^^SEJ^VN")
    if zbe:
        id_, action, historic, corrected = (*zbe.split("|"), "", "", "")[:4]
        segments.append(f"ZBE|{id_}^MVT|{ts(at or said)}||{action or 'INSERT'}|{historic or 'N'}|{corrected}")
    return message(f"ADT^{event}", said, *segments, *more, sender=sender)


def oru(said: str, *lines: str, order: str = "L1", report: str = "F", issued: str = "", sender: str = "LABO") -> bytes:
    """Return an ORU of one OBR; each line is an OBX from its second field on, written with "code" alone as OBX-3."""
    obx = [f"OBX|{n}|{line}" for n, line in enumerate(lines, 1)]
    obr = f"OBR|1||{order}^LABO|IONO^Ionogramme^L|||{ts('1124 0700')}" + "|" * 15 + f"{ts(issued or said)}|||{report}"
    return message("ORU^R01", said, PID, "ORC|RE||" + f"{order}^LABO", obr, *obx, sender=sender)


def rde(
    said: str,
    control: str = "NW",
    *,
    number: str = "P1",
    drug: str = "PARA^Paracétamol 1 g^LISTE",
    amount: str = "1",
    tq1: Sequence[str] = ("TQ1|1||Q6H||||20261124080000",),
    words: str = "",
    status: str = "",
    sender: str = "PHARMA",
) -> bytes:
    """Return an RDE^O11 of one prescription."""
    orc = f"ORC|{control}|{number}^DPI|{number}F^PHARMA||{status}||||{ts(said)}"
    rxe = f"RXE||{drug}|{amount}||g||^{words}" if words else f"RXE||{drug}|{amount}||g"
    return message("RDE^O11", said, PID, orc, rxe, *tq1, "RXR|PO^Per os^HL70162", sender=sender)


def ras(said: str, at: str, *, number: str = "P1", count: int = 1, status: str = "CP", action: str = "A") -> bytes:
    """Return an RAS^O17 of one dose."""
    when = ts(at)
    rxa = f"RXA|0|{count}|{when}|{when}|PARA^Paracétamol 1 g^LISTE|1|g|||||||||||||{status}|{action}"
    return message("RAS^O17", said, PID, f"ORC|RE|{number}^DPI|{number}F^PHARMA", rxa, sender="PHARMA")


def readings(
    bodies: Iterable[bytes], rules: FeedRules | None = None, journal: str = "hopital-capture"
) -> list[Reading]:
    """Return what *bodies* say, received in this order a second apart; further patients of a message too."""
    found: list[Reading] = []
    for sequence, body in enumerate(bodies, 1):
        received = ns("1124 0600") + sequence * 10**9
        source = body.split(b"|", 4)[2].decode("latin-1") + "@CHU"
        entry = Entry(journal, sequence, received, received // 10**6 << 16, source, MEDIA_HL7V2, body)
        reading = read(entry, rules or FeedRules())
        found += [reading, *reading.also]
    return found


def chart(*bodies: bytes, key: str = KEY) -> Chart:
    """Return the chart of *key* after *bodies*, in this order of arrival, merges followed."""
    return chart_of(readings(bodies), key)


def chart_of(found: Sequence[Reading], key: str = KEY) -> Chart:
    """Return the chart that *key* belongs to."""
    names = sorted({name for one in found for link in one.links for name in (link.survivor, link.lost)} | {key})
    number = {name: n for n, name in enumerate(names)}
    said = [
        Said(one.order, n, number[link.survivor], number[link.lost], link.kind == "unmerge")
        for one in found
        for n, link in enumerate(one.links)
    ]
    roots = survivors(said)
    root = roots.get(number[key], number[key])
    family = {name for name in names if roots.get(number[name], number[name]) == root}
    mine = [one for one in found if one.subjects and any(k in family for k in one.subjects[0].keys[:1])]
    return fold(names[root], "P", sorted(mine, key=lambda one: one.order))


def resources(made: Chart, kind: str) -> list[dict[str, Any]]:
    """Return the chart's resources of a type."""
    return [one["resource"] for one in to_bundle(made)["entry"] if one["resource"]["resourceType"] == kind]


def only(made: Chart, kind: str) -> dict[str, Any]:
    """Return the chart's one resource of a type."""
    (found,) = resources(made, kind)
    return found
