"""A process that appends to a journal as it is told, on the disk it is given: for tests with real faults under it.

python -m tests.journal.appender FOLDER        reads one command a line, and answers each in one line

append NUMBER BYTES     kept NUMBER, or refused NUMBER
sign                    signed, or unsigned
tend                    well, or the trouble in a word
close                   closed, and ends
"""

import asyncio
import random
import sys
from pathlib import Path

from contrefeu.base import SystemClock
from contrefeu.capture import Intake
from contrefeu.journal import MEDIA_HL7V2, Draft, JournalWriter
from tests.journal.desk import PAIR, SIGNER
from tests.journal.simulator import quiet


def body_of(number: int, length: int) -> bytes:
    """The body of message *number*."""
    return b"%d " % number + random.Random(number).randbytes(length)


async def serve(intake: Intake) -> None:
    """Obey stdin."""
    for line in sys.stdin:
        command, *numbers = line.split()
        if command == "append":
            number, length = map(int, numbers)
            told: list[str | None] = []
            intake.offer(Draft("ADM", MEDIA_HL7V2, body_of(number, length), 1), told.append)
            await asyncio.sleep(0)
            answer = f"{'refused' if told == [None] else 'kept'} {number}"
        elif command == "sign":
            intake.sign()
            answer = f"unsigned {intake.trouble_code}" if intake.trouble_code else "signed"
        elif command == "tend":
            intake.tend()
            answer = intake.trouble_code or "well"
        else:
            intake.close()
            answer = "closed"
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()
        if answer == "closed":
            return


def main() -> None:
    """Take the journal and serve."""
    quiet()  # stdout is for answers
    clock = SystemClock()
    writer = JournalWriter(Path(sys.argv[1]), SIGNER, lambda: [PAIR.recipient], clock)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    asyncio.run(serve(Intake(writer, clock)))


if __name__ == "__main__":
    main()
