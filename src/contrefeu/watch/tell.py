"""Telling people outside the house: syslog (RFC 5424), mail, a webhook.

Rules kept here:
  * What leaves names a rule, a source and figures: no patient, no entry's content. Logins of staff are left out too,
    since mail is read by many; the pages name them.
  * One way that fails holds up no other; each is tried again, TRIES times, and what it cost is logged.
  * Values are made here and tried without a network; `send` alone opens a connection.
"""

import socket
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP, SMTP_SSL
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

import msgspec
import structlog

from contrefeu.acts import SEVERITIES, AlarmRaised
from contrefeu.hospital import WatchSettings
from contrefeu.watch.signals import RULES

TIMEOUT_S = 10.0  # of each connection
TRIES = 5
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
    text: str


def news_of(alarm: AlarmRaised, entry: str, node: str, facility: str) -> News:
    """What may be told of *alarm*."""
    rule = RULES[alarm.rule]
    subject = "" if rule.about == "people" else alarm.subject
    return News(
        node, facility, entry, alarm.rule, alarm.severity, subject, alarm.at, alarm.since, alarm.seen, rule.sees
    )


def wanted(alarm: AlarmRaised, settings: WatchSettings) -> bool:
    """Whether an alarm of this severity leaves the house."""
    return SEVERITIES.index(alarm.severity) >= SEVERITIES.index(settings.tell)


def syslog_line(news: News, host: str) -> bytes:
    """One message of RFC 5424, with structured data; the text is UTF-8 after a byte order mark."""
    data = {"rule": news.rule, "severity": news.severity, "subject": news.subject, "since": news.since}
    data |= {"entry": news.entry, **{name: f"{value:g}" for name, value in news.seen.items()}}
    told = " ".join(f'{_name(name)}="{_value(value)}"' for name, value in data.items() if value)
    priority = _FACILITY * 8 + _LEVEL[news.severity]
    head = f"<{priority}>1 {news.at} {_printable(host)} contrefeu - {news.rule} [{ENTERPRISE} {told}] "
    return head.encode() + b"\xef\xbb\xbf" + f"{news.facility}: {news.text}".encode()


def _name(text: str) -> str:
    """SD-NAME: printable ASCII without `=`, space, `]`, `"` (section 6.3.3)."""
    return "".join(c if c.isascii() and c.isprintable() and c not in '= ]"' else "_" for c in text)[:32]


def _value(text: str) -> str:
    """PARAM-VALUE: `"`, `\\` and `]` escaped (section 6.3.3)."""
    return "".join(f"\\{c}" if c in '"\\]' else c for c in text if c.isprintable())


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isascii() and c.isprintable() and c != " ")[:255] or "-"


def mail_of(news: News, settings: WatchSettings) -> EmailMessage:
    """The mail, in both languages."""
    message = EmailMessage()
    message["From"], message["To"] = settings.mail_from, ", ".join(settings.mail_to)
    message["Subject"] = f"Contrefeu {news.facility}: {news.rule} ({news.severity})"
    figures = "\n".join(f"  {name}: {value:g}" for name, value in news.seen.items())
    message.set_content(
        f"Alarme / alarm: {news.rule} {news.subject}\n{news.text}\n\n"
        f"Depuis / since: {news.since}\nVu / seen: {news.at}\n{figures}\n\n"
        f"Entrée / entry: {news.entry}\n"
        "À accuser dans l'application, page Alarmes. To be acknowledged in the app, page Alarms.\n"
    )
    return message


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


def send(news: News, by: list[tuple[str, Way]]) -> list[str]:
    """Send *news* every way; returns the ways that failed."""
    failed = []
    for name, way in by:
        try:
            way(news)
        except (OSError, ValueError) as refused:  # smtplib's and urllib's errors are of the first kind
            log.warning("an alarm was not told", kind=name, entry=news.entry, error=type(refused).__name__)
            failed.append(name)
    return failed


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
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=tls)
            server.ehlo()
        if parts.username and settings.mail_password_file:
            server.login(unquote(parts.username), Path(settings.mail_password_file).read_text().strip())
        server.send_message(mail_of(news, settings))


def _webhook(address: str, news: News) -> None:
    headers = {"Content-Type": "application/json", "User-Agent": "contrefeu"}
    request = Request(address, msgspec.json.encode(news), headers)  # noqa: S310 - the settings allow http(s) alone
    with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
        answer.read(1024)
