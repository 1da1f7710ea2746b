"""Telling people outside the house: syslog (RFC 5424), mail, a webhook.

Rules kept here:
  * What leaves names a rule, a source and figures: no patient, no entry's content. Logins of staff are left out too,
    since mail is read by many; the pages name them.
  * Each way has a thread and a queue of its own: one that is dead, or takes for ever, holds up no other. Each alarm is
    tried again by it, TRIES times, ever later; of a queue that is full the oldest goes, and both are logged.
  * Values are made here and tried without a network; `send` alone opens a connection.
"""

import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from smtplib import SMTP, SMTP_SSL, SMTPException
from urllib.parse import quote, unquote, urlsplit
from urllib.request import Request, urlopen

import msgspec
import structlog

from contrefeu.acts import ALARM_FIGURES, ALARM_RULES, ALARM_SEVERITIES, SEVERITIES, AlarmRaised
from contrefeu.hospital import WatchSettings
from contrefeu.watch.signals import RULES

TIMEOUT_S = 10.0  # of each connection
TRIES = 5
WAITING_MAX = 200  # alarms that wait for one way: more in a night than anybody reads; each stands on the pages
LEAVE_S = 20.0  # s that ways are given to send what waits when the node stops: a try, and one more
ENTERPRISE = "contrefeu@32473"  # SD-ID; 32473 is reserved for documents (RFC 5612): a private name needs a number
_FACILITY = 13  # log audit (RFC 5424, table 1)
_LEVEL = {"look": 4, "act": 2, "attack": 1}  # warning, critical, alert (table 2)

log = structlog.get_logger("watch")


class News(msgspec.Struct, frozen=True):
    """What leaves of an alarm."""

    node: str
    facility: str
    entry: str
    rule: str
    severity: str
    subject: str
    at: str
    since: str
    seen: dict[str, float]
    text: str  # English, as the table of rules has it
    seen_fr: dict[str, float]  # the same figures
    text_fr: str


def news_of(alarm: AlarmRaised, entry: str, node: str, facility: str, *, exercise: bool = False) -> News:
    """What may be told of *alarm*; of an *exercise* it says so first: whoever is woken must read that nothing burns."""
    facility = f"[EXERCICE / EXERCISE] {facility}" if exercise else facility
    rule = RULES[alarm.rule]
    subject = "" if rule.about == "people" else alarm.subject
    return News(
        node,
        facility,
        entry,
        alarm.rule,
        alarm.severity,
        subject,
        alarm.at,
        alarm.since,
        alarm.seen,
        rule.sees,
        {ALARM_FIGURES.get(name, name): value for name, value in alarm.seen.items()},
        ALARM_RULES[alarm.rule],
    )


def wanted(alarm: AlarmRaised, settings: WatchSettings) -> bool:
    """Whether an alarm of this severity leaves the house."""
    return SEVERITIES.index(alarm.severity) >= SEVERITIES.index(settings.tell)


def syslog_line(news: News, host: str) -> bytes:
    """One message of RFC 5424, with structured data; the text is UTF-8 after a byte order mark."""
    data = {"rule": news.rule, "severity": news.severity, "subject": news.subject, "since": news.since}
    data |= {"entry": news.entry, **{name: f"{value:g}" for name, value in news.seen.items()}}
    priority = _FACILITY * 8 + _LEVEL[news.severity]
    return structured(priority, news.at, host, news.rule, ENTERPRISE, data, f"{news.facility}: {news.text}")


def structured(
    priority: int, at: str, host: str, message_id: str, data_id: str, data: Mapping[str, str], text: str
) -> bytes:
    """One message of RFC 5424 (section 6): *data* without what is empty, *text* after a byte order mark."""
    told = " ".join(f'{_name(name)}="{_value(value)}"' for name, value in data.items() if value)
    head = f"<{priority}>1 {at} {_printable(host)} contrefeu - {message_id} [{data_id} {told}] "
    return head.encode() + b"\xef\xbb\xbf" + text.encode()


def _name(text: str) -> str:
    """SD-NAME: printable ASCII without `=`, space, `]`, `"` (section 6.3.3)."""
    return "".join(c if c.isascii() and c.isprintable() and c not in '= ]"' else "_" for c in text)[:32]


def _value(text: str) -> str:
    """PARAM-VALUE: `"`, `\\` and `]` escaped (section 6.3.3)."""
    return "".join(f"\\{c}" if c in '"\\]' else c for c in text if c.isprintable())


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isascii() and c.isprintable() and c != " ")[:255] or "-"


def mail_of(news: News, settings: WatchSettings) -> EmailMessage:
    """The mail: all of it in French, then all of it in English."""
    message = EmailMessage()
    message["From"], message["To"] = settings.mail_from, ", ".join(settings.mail_to)
    message["Date"] = format_datetime(datetime.fromisoformat(news.at))
    here = _printable(socket.gethostname())
    message["Message-ID"] = f"<{quote(news.entry, safe='')}@{here}>"  # one alarm, one mail, however often it is tried
    severity = ALARM_SEVERITIES[news.severity]
    message["Subject"] = f"Contrefeu {news.facility}: {severity} / {news.severity} ({news.rule})"
    about = f"{news.subject} · " if news.subject else ""
    french = {"depuis": news.since, "vu": news.at, **_written(news.seen_fr, ","), "entrée": news.entry}
    seen = {name.replace("_", " "): value for name, value in news.seen.items()}
    english = {"since": news.since, "seen": news.at, **_written(seen, "."), "entry": news.entry}
    message.set_content(
        f"{about}{news.text_fr}\n"
        + "".join(f"  {name}\N{NO-BREAK SPACE}: {value}\n" for name, value in french.items())
        + "À accuser dans l’application, page Alarmes.\n\n"
        + f"{about}{news.rule}: {news.text}\n"
        + "".join(f"  {name}: {value}\n" for name, value in english.items())
        + "To be acknowledged in the app, page Alarms.\n"
    )
    return message


def _written(seen: Mapping[str, float], point: str) -> dict[str, str]:
    """Figures, with the decimal mark of a language."""
    return {name: f"{value:g}".replace(".", point) for name, value in seen.items()}


Way = Callable[[News], None]


def ways(settings: WatchSettings) -> list[tuple[str, Way]]:
    """Each way that the settings name, and what sends by it."""
    found: list[tuple[str, Way]] = []
    if settings.syslog:
        found.append(("syslog", lambda news: _syslog(settings.syslog, news)))
    if settings.mail:
        found.append(("mail", lambda news: _mail(settings, news)))
    if settings.webhook:
        found.append(("webhook", lambda news: _webhook(settings.webhook, news)))
    return found


class Teller:
    """Sends alarms by every way at once."""

    def __init__(self, by: list[tuple[str, Way]], pause: Callable[[float], None] = time.sleep) -> None:
        """*by* are names and what sends; *pause* is waited between two tries."""
        self._lines = [_Line(name, way, pause) for name, way in by]

    def tell(self, news: News) -> None:
        """Take an alarm; waits for nobody."""
        for line in self._lines:
            line.put(news)

    def close(self, leave_s: float = LEAVE_S) -> None:
        """Send what waits, for so long at most."""
        until = time.monotonic() + leave_s
        for line in self._lines:
            line.end(until)


class _Line:
    """One way, its thread and what waits for it."""

    def __init__(self, name: str, way: Way, pause: Callable[[float], None]) -> None:
        self._name, self._way, self._pause = name, way, pause
        self._waiting: deque[News] = deque()
        self._changed = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name=f"tell {name}", daemon=True)
        self._thread.start()

    def put(self, news: News) -> None:
        with self._changed:
            if len(self._waiting) >= WAITING_MAX:
                lost = self._waiting.popleft()
                log.error("an alarm was not told", kind=self._name, entry=lost.entry, error="QueueFull")
            self._waiting.append(news)
            self._changed.notify()

    def end(self, until: float) -> None:
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        while (news := self._next()) is not None:
            for attempt in range(TRIES):
                if self._sent(news):
                    break
                self._pause(2.0**attempt)

    def _next(self) -> News | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ending)
            return self._waiting.popleft() if self._waiting else None

    def _sent(self, news: News) -> bool:
        try:
            self._way(news)
        except (OSError, ValueError) as refused:  # smtplib's and urllib's errors are of the first kind
            log.warning("an alarm was not told", kind=self._name, entry=news.entry, error=type(refused).__name__)
            return False
        return True


def _syslog(address: str, news: News) -> None:
    parts = urlsplit(address)
    host, line = parts.hostname or "", syslog_line(news, socket.gethostname())
    if parts.scheme == "udp":  # RFC 5426
        port = parts.port or 514
        family, *_, to = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, socket.SOCK_DGRAM) as datagram:
            datagram.sendto(line, to)
        return
    framed = f"{len(line)} ".encode() + line  # octet counting (RFC 5425, RFC 6587)
    port = parts.port or (6514 if parts.scheme == "tls" else 601)
    with socket.create_connection((host, port), TIMEOUT_S) as plain:
        if parts.scheme == "tcp":
            plain.sendall(framed)
            return
        with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as sealed:
            sealed.sendall(framed)


def _mail(settings: WatchSettings, news: News) -> None:
    parts = urlsplit(settings.mail)
    host = parts.hostname or ""
    tls = ssl.create_default_context()
    made = (
        SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_S, context=tls)
        if parts.scheme == "smtps"
        else SMTP(host, parts.port or 25, timeout=TIMEOUT_S)
    )
    with made as server:
        server.ehlo()
        sealed = parts.scheme == "smtps"
        if not sealed and server.has_extn("starttls"):
            server.starttls(context=tls)
            server.ehlo()
            sealed = True
        if parts.username and not sealed:  # whoever is in the network can leave STARTTLS out of the greeting
            raise SMTPException("no password goes to a server that offers no TLS")
        if parts.username and settings.mail_password_file:
            server.login(unquote(parts.username), Path(settings.mail_password_file).read_text().strip())
        server.send_message(mail_of(news, settings))


def _webhook(address: str, news: News) -> None:
    headers = {"Content-Type": "application/json", "User-Agent": "contrefeu"}
    request = Request(address, msgspec.json.encode(news), headers)  # noqa: S310 - the settings allow http(s) alone
    with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
        answer.read(1024)
