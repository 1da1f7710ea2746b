"""A restored system that answers HL7 v2 queries from the messages that it holds, well or badly."""

from collections.abc import Iterable

from contrefeu.hl7 import Message
from tests.recovery.targets import Receiver

PAGE = 1  # results an answer, where it gives them page by page


class AskedSystem(Receiver):
    """Answers QRY^A19, QRY^R02, QBP^Q22, QBP^Q23 and QBP^ZV1; *badly* names numbers and how they are answered."""

    def __init__(self, held: Iterable[bytes], *behaviours: str, badly: dict[str, str] | None = None) -> None:
        self._held = list(held)
        self._badly = badly or {}
        super().__init__(*behaviours)

    def said(self, body: bytes, code: str) -> bytes:
        """What it says of whom it is asked for."""
        asked = Message.parse(body)
        number = asked.text("QRD", 8) or self._number(asked)
        how = self._badly.get(number, "")
        head = f"MSH|^~\\&|EHR|CHU|||20261130||{_KINDS[asked.text('MSH', 9, 2)]}|E{len(self.bodies)}|P|2.5"
        told = [head, f"MSA|{'AE' if how == 'AE' else code}|{asked.control_id}"]
        lines = [] if how else self._lines(number, asked.text("MSH", 9, 2))
        if how == "too many":
            told.append(f"QAK|{asked.control_id}|TM")
        elif not lines:
            told.append(f"QAK|{asked.control_id}|NF")
        page = int(asked.text("DSC", 1) or 0)
        if asked.text("MSH", 9, 2) == "R02" and lines:
            groups = [lines[n : n + 2] for n in range(1, len(lines), 2)]
            more = page + PAGE < len(groups)
            rest = [line for group in groups[page : page + PAGE] for line in group]
            lines = [lines[0], *rest, *([f"DSC|{page + PAGE}|I"] if more else [])]
        return "".join(f"{line}\r" for line in [*told, *lines]).encode()

    def _number(self, asked: Message) -> str:
        first = asked.all("QPD")[0].reps(3)[0]
        return first.text(2) or first.text(1)

    def _lines(self, number: str, event: str) -> list[str]:
        mine = [body.decode().rstrip("\r").split("\r") for body in self._held if f"|{number}^".encode() in body]
        mine = [lines for lines in mine if ("ORU" in lines[0]) == (event == "R02")]
        if not mine:
            return []
        pid = next(line for line in mine[-1] if line.startswith("PID"))
        if event == "R02":
            return [pid, *(line for lines in mine for line in lines if line[:3] in ("OBR", "OBX"))]
        if event in ("Q22", "Q23"):
            return [pid, "PID|1||999^^^X^PI||CANDIDAT^AUTRE"]
        visit = next(line for line in mine[-1] if line.startswith("PV1")).split("|")
        came = next(line.split("|")[2] for line in mine[-1] if line.startswith("EVN"))
        visit += [""] * (46 - len(visit))
        visit[44] = came
        return [pid, "|".join(visit)]


_KINDS = {
    "A19": "ADR^A19", "R02": "ORF^R04", "Q22": "RSP^K22^RSP_K22", "Q23": "RSP^K23^RSP_K23", "ZV1": "RSP^ZV2^RSP_ZV2",
}  # fmt: skip
