"""Frames on a stream (MLLP, HL7 v2.9 appendix C; IHE ITI TF-2 C.2): VT message FS CR.

Rules kept here:
  * Bytes may arrive in any pieces; the same bytes give the same frames.
  * FS ends a frame before CR, and before the VT of the next one; elsewhere it is data.
  * What stands outside a frame is given as StrayBytes, never dropped; line ends between frames are no content.
  * A start within a frame ("VT MSH") means that the frame before was cut: it is stray, the new one counts.
  * A frame above the limit is given as StrayBytes and ends the reading of this stream, at the same byte however the
    pieces fall.
"""

from typing import NamedTuple

VT, FS, CR = 0x0B, 0x1C, 0x0D
_BLANK = b"\r\n \x00"
_END = b"\x1c\r"


class Frame(NamedTuple):
    """One message, without its frame."""

    body: bytes


class StrayBytes(NamedTuple):
    """Bytes that are no message, and why."""

    data: bytes
    reason: str


class Framer:
    """Turns pieces of a stream into frames."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._searched = 0  # bytes of the buffer that hold no end
        self.overlong = False  # a frame was above the limit: the rest of the stream cannot be trusted

    @property
    def unfinished(self) -> int:
        """Bytes held back until their frame is whole."""
        return len(self._buffer)

    def only(self, data: bytes) -> bytes | None:
        """The body of the one whole frame that *data* is, as nearly always; else None, and `receive` takes it."""
        last = len(data) - 2
        if (
            data.find(_END) == last > 0
            and data[0] == VT
            and data.find(VT, 1) < 0
            and not self._buffer
            and last < self._max_bytes
            and not self.overlong
        ):
            return data[1:last]
        return None

    def receive(self, data: bytes) -> list[Frame | StrayBytes]:
        """Take *data* and return what it completes."""
        found: list[Frame | StrayBytes] = []
        if self.overlong:
            return found
        self._buffer += data
        while self._buffer and self._step(found):
            pass
        return found

    def end(self) -> StrayBytes | None:
        """The stream is over: what was not a whole frame."""
        if not self._buffer.strip(_BLANK):
            return None
        within = self._buffer[0] == VT
        return self._take(len(self._buffer), "the connection ended within a frame" if within else "outside a frame")

    def _step(self, found: list[Frame | StrayBytes]) -> bool:
        """Take one frame or what stands before it; False when more bytes are needed, or none may be taken."""
        if self._buffer[0] in _BLANK:
            del self._buffer[: len(self._buffer) - len(self._buffer.lstrip(_BLANK))]
            return bool(self._buffer)
        stop, framed = self._stop()
        if (stop if stop >= 0 else len(self._buffer)) > self._max_bytes:
            found.append(self._take(self._max_bytes + 1, "a frame above the limit"))
            self._buffer.clear()
            self.overlong = True
            return False
        if stop < 0:
            return False
        if framed:
            self._give(stop - 1, found)
        else:
            found.append(self._take(stop, "outside a frame"))
        return True

    def _stop(self) -> tuple[int, bool]:
        """Where what the buffer begins with ends, after its FS if it is a frame; -1 when it goes on."""
        buffer = self._buffer
        if buffer[0] != VT:
            start = buffer.find(VT, self._searched)
            self._searched = len(buffer)
            return start, False
        end = buffer.find(FS, max(1, self._searched))
        while 0 <= end < len(buffer) - 1:
            if buffer[end + 1] in (CR, VT):
                return end + 1, True
            end = buffer.find(FS, end + 1)
        self._searched = end if end >= 0 else len(buffer)
        return -1, True

    def _give(self, end: int, found: list[Frame | StrayBytes]) -> None:
        body = bytes(memoryview(self._buffer)[1:end])
        cut = body.rfind(b"\x0bMSH")
        if cut >= 0:
            found.append(StrayBytes(body[:cut], "a frame that was not ended"))
            body = body[cut + 1 :]
        found.append(Frame(body))
        del self._buffer[: end + (2 if self._buffer[end + 1] == CR else 1)]
        self._searched = 0

    def _take(self, length: int, reason: str) -> StrayBytes:
        data = bytes(memoryview(self._buffer)[:length])
        del self._buffer[:length]
        self._searched = 0
        return StrayBytes(data, reason)


def frame(body: bytes) -> bytes:
    """Return *body* framed."""
    return b"\x0b" + body + b"\x1c\r"
