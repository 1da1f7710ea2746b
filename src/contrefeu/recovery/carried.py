"""What two persons withdrew, or undid, after the instant of a restore: carried over the cut (F41).

Rules kept here:
  * What is in force where the copies end is hidden in the new home, whatever instant it is made of; what was undone by
    then is seen.
  * The persons' own acts stay in the vault. An act of the new node says what they did, and when, before any old journal
    is in its place: no view of the new home lacks it. Said twice, after a restart, it is the same.
"""

from collections.abc import Iterable, Iterator

from contrefeu.acts import Told, Withdrawal, WithdrawalCarried, bears_on_withdrawals, decode, withdrawals
from contrefeu.journal import MEDIA_ACT, JournalFiles, JournalReader, KeyOf


def withdrawn_later(acts: Iterable[tuple[JournalFiles, int]], key_of: KeyOf) -> list[WithdrawalCarried]:
    """What becomes hidden, or seen again, behind the last entry that stays of each journal of people's acts."""
    told, staying = [], []
    for files, last in acts:
        for one in _told(files, key_of):
            told.append(one)
            if one.order[2] <= last:
                staying.append(one)
    before = {one.ref: _hides(one) for one in withdrawals(staying)}
    return [_carried(one) for one in withdrawals(told) if _hides(one) != before.get(one.ref)]


def _told(files: JournalFiles, key_of: KeyOf) -> Iterator[Told]:
    reader = JournalReader(files, key_of)
    try:
        for entries in reader.after(0):
            for entry in entries:
                if entry.media_type == MEDIA_ACT and bears_on_withdrawals(entry.body):
                    act = decode(entry.body)
                    assert act is not None, "it was decoded a moment ago"
                    yield Told(entry.order, entry.source, act)
    finally:
        reader.close()


def _hides(one: Withdrawal) -> tuple[int, str, int] | None:
    """Up to where it hides; None when it hides nothing."""
    return one.until if one.in_force else None


def _carried(one: Withdrawal) -> WithdrawalCarried:
    return WithdrawalCarried(
        ref=one.ref,
        kind=one.kind,  # type: ignore[arg-type]  # it came out of an act, whose kinds are the same
        target=one.target,
        chart=one.chart,
        keys=one.keys,
        reason=one.reason,
        by=one.by,
        at=one.at,
        confirmed_by=one.confirmed_by,
        confirmed_at=one.confirmed_at,
        until=one.until,
        in_force=one.in_force,
    )
