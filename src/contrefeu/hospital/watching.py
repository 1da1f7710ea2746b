"""What the watch is told: `[watch]` in `contrefeu.toml`.

Rules kept here:
  * No password stands here: a copy of the settings lies in every vault. What needs one names a file.
  * Values in, values out; what an alarm is, is `contrefeu.watch`.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, field

from contrefeu.hospital.problems import Problem

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Clocked = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="HH:MM, of 24 hours")]
_SCHEMES = {"syslog": ("udp", "tcp", "tls"), "webhook": ("https", "http"), "mail": ("smtp", "smtps")}


class MaintenanceSettings(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """When feeds may be silent, because somebody works on their sender: on these days, by clocks on the wall."""

    senders: list[str] = field(default_factory=list)  # "APP@FACILITY"; none named: all
    days: list[Weekday] = field(default_factory=list)  # of the week; none named: every day
    from_: Clocked = "02:00"  # when it begins
    to: Clocked = "04:00"  # when it ends; before `from`: the next day


class WatchSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What is looked for, and who is told beside the pages."""

    syslog: str = ""  # udp://, tcp:// or tls://HOST:PORT of a collector (RFC 5424); "": none
    mail: str = ""  # smtp:// or smtps://[USER@]HOST:PORT; "": none
    mail_from: str = ""  # whose name stands on it
    mail_to: list[str] = field(default_factory=list)  # who gets it
    mail_password_file: str = ""  # the password of mail's USER, alone in a file; readable by the reader's user only
    webhook: str = ""  # https:// address that is given each alarm as JSON; "": none
    tell: Literal["look", "act", "attack"] = "act"  # the least severity that leaves the house; pages show all
    honey: list[str] = field(default_factory=list)  # numbers of patients whom nobody has a reason to open (F46)
    canaries: list[str] = field(default_factory=list)  # files on shares that nobody has a reason to change
    staff_file: str = ""  # CSV of login,telephone,address: looks at one's own household are seen
    leave_file: str = ""  # CSV of login,from,to (dates, both included): who is on leave
    maintenance: list[MaintenanceSettings] = field(default_factory=list)  # announced silences

    def resting(self, at: float, zone: str) -> frozenset[str]:
        """Which senders an announced maintenance excuses at an instant (s since 1970); "*" stands for all."""
        if not self.maintenance:
            return frozenset()
        wall = dt.datetime.fromtimestamp(at, ZoneInfo(zone))
        return frozenset(sender for one in self.maintenance if _holds(one, wall) for sender in (one.senders or ["*"]))


def _holds(one: MaintenanceSettings, wall: dt.datetime) -> bool:
    now, day = wall.strftime("%H:%M"), _DAYS[wall.weekday()]
    before = _DAYS[(wall.weekday() - 1) % 7]
    if one.from_ <= one.to:
        return (not one.days or day in one.days) and one.from_ <= now < one.to
    began_today = now >= one.from_ and (not one.days or day in one.days)
    began_yesterday = now < one.to and (not one.days or before in one.days)
    return began_today or began_yesterday


def watch_problems(watch: WatchSettings) -> Iterator[Problem]:
    """What cannot be: an address that is none, a password in it, mail without people."""
    for key, schemes in _SCHEMES.items():
        given = getattr(watch, key)
        if not given:
            continue
        try:
            parts = urlsplit(given)
            sound = parts.scheme in schemes and parts.hostname and (parts.port or 1)
        except ValueError:  # brackets or a port that are none
            sound = False
        if not sound:
            yield _wrong(key, f"is no {' or '.join(f'{one}://' for one in schemes)} address", "Correct it.")
        elif parts.password is not None:
            yield _wrong(key, "holds a password, and settings are copied to vaults", "Use mail_password_file.")
    if watch.mail and not (watch.mail_from and watch.mail_to):
        yield _wrong("mail", "says neither from whom nor to whom", "Write mail_from and mail_to.")


def _wrong(key: str, what: str, next_: str) -> Problem:
    return Problem(f"watch.{key}", f"`watch.{key}` {what}.", allowed=next_, next=next_)
