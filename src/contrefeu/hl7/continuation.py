"""ADD: a segment that goes on, in this message or in the next (HL7 v2.5, 2.10.2).

Rules kept here:
  * What follows ADD goes on where the segment before it stopped: in the middle of its last field.
  * A segment whose end is in another message is nobody's whole word: it is left out, and said to be. So is the end that
    begins a message.
"""

from contrefeu.hl7.message import Segment


def joined(segments: list[Segment]) -> tuple[list[Segment], bool]:
    """Return *segments* with those that go on put together, and whether all of them are whole.

    >>> from contrefeu.hl7 import Message
    >>> message = Message.parse(b"MSH|^~\\\\&|A\\rNTE|1||half\\rADD| a sentence\\r")
    >>> [one.line for one in joined(message.segments)[0][1:]]
    ['NTE|1||half a sentence']
    """
    found: list[Segment] = []
    whole = True
    for segment in segments:
        if segment.name != "ADD":
            found.append(segment)
        elif len(found) < 2:
            whole = False  # the end of a segment of the message before
        elif segment.line[4:].strip():
            before = found[-1]
            found[-1] = Segment(before.line + segment.line[4:], before.position, before.notation)
        else:
            found.pop()
            whole = False
    return found, whole
