"""What leaves the house names a rule, a source and figures, in the form that collectors read; and no person.

Method: values compared whole; a collector, a mail server and a web server of our own on this machine.
"""

import http.server
import json
import re
import socket
import threading
from datetime import UTC, datetime
from typing import ClassVar

import msgspec
import pytest

from contrefeu.acts import ALARM_RULES, AlarmRaised
from contrefeu.hospital import SettingsError, WatchSettings, parse_settings
from contrefeu.watch import RULES
from contrefeu.watch.tell import WAITING_MAX, News, Teller, mail_of, news_of, syslog_line, wanted, ways

ALARM = AlarmRaised(
    "merges",
    "CPAGE@CHU",
    "attack",
    "2026-11-24T02:10:00.000000Z",
    "2026-11-24T02:09:00.000000Z",
    {"in_ten_minutes": 25.0},
)
THIEF = AlarmRaised("looks-many", "nadia", "act", ALARM.at, ALARM.since, {"in_an_hour": 90.0})


def news(alarm: AlarmRaised = ALARM) -> News:
    """What leaves of it."""
    return news_of(alarm, "n1-watch/1", "n1", "CHU de l’Étang")


def test_a_line_of_syslog_is_as_rfc_5424_has_it():
    """Priority 13 * 8 + 1, version, time, host, program, no process, message id, structured data, UTF-8 text."""
    line = syslog_line(news(), "host 1")
    assert re.fullmatch(
        rb"<105>1 2026-11-24T02:10:00\.000000Z host1 contrefeu - merges "
        rb'\[contrefeu@32473 rule="merges" severity="attack" subject="CPAGE@CHU" since="[^"]+" '
        rb'entry="n1-watch/1" in_ten_minutes="25"\] \xef\xbb\xbfCHU de l\xe2\x80\x99\xc3\x89tang: .+',
        line,
    )


def test_a_value_cannot_leave_its_quotes():
    """A sender chose its own name: ], " and line ends in it are escaped or left out (RFC 5424, 6.3.3)."""
    line = syslog_line(news(AlarmRaised("merges", 'A"]\n<1>1@CHU', "attack", ALARM.at, ALARM.since)), "h")
    assert b'subject="A\\"\\]<1>1@CHU"' in line
    assert b"\n" not in line


def test_nobody_who_works_here_is_named_outside():
    """Mail is read by many; the page names them."""
    assert news(THIEF).subject == ""
    assert "nadia" not in str(mail_of(news(THIEF), WatchSettings(mail_from="a@b.fr", mail_to=["c@d.fr"])))
    assert b"nadia" not in syslog_line(news(THIEF), "h")


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_mail_says_in_french_and_in_english_what_was_seen(rule):
    """Of each rule; who is woken by it reads what to do without a table of codes."""
    settings = WatchSettings(mail_from="a@b.fr", mail_to=["c@d.fr"])
    raised = AlarmRaised(rule, "CPAGE@CHU", "attack", ALARM.at, ALARM.since, {"usual_at_most": 2.5})
    mail = mail_of(news(raised), settings)
    about = "" if RULES[rule].about == "people" else "CPAGE@CHU · "
    assert mail.get_content().splitlines() == [
        f"{about}{ALARM_RULES[rule]}",
        "  depuis\N{NO-BREAK SPACE}: 2026-11-24T02:09:00.000000Z",
        "  vu\N{NO-BREAK SPACE}: 2026-11-24T02:10:00.000000Z",
        "  d’habitude, au plus\N{NO-BREAK SPACE}: 2,5",
        "  entrée\N{NO-BREAK SPACE}: n1-watch/1",
        "À accuser dans l’application, page Alarmes.",
        "",
        f"{about}{rule}: {RULES[rule].sees}",
        "  since: 2026-11-24T02:09:00.000000Z",
        "  seen: 2026-11-24T02:10:00.000000Z",
        "  usual at most: 2.5",
        "  entry: n1-watch/1",
        "To be acknowledged in the app, page Alarms.",
    ]
    assert mail["Subject"] == f"Contrefeu CHU de l’Étang: attaque probable / attack ({rule})"


def test_a_mail_is_dated_and_known_again():
    """RFC 5322, 3.6: a mail has a date; servers throw away what lacks one. A second try is the same mail."""
    settings = WatchSettings(mail_from="a@b.fr", mail_to=["c@d.fr"])
    first, again = (mail_of(news(), settings) for _ in range(2))
    assert first["Date"].datetime == datetime(2026, 11, 24, 2, 10, tzinfo=UTC)
    assert re.fullmatch(r"<n1-watch%2F1@[^ <>@]+>", first["Message-ID"])
    assert first["Message-ID"] == again["Message-ID"]


def test_an_exercise_says_so_wherever_it_is_told():
    """Whoever is woken by an exercise's alarm must not take it for a fire."""
    told = news_of(ALARM, "drill/n1-watch/1", "drill/n1", "CHU", exercise=True)
    assert "[EXERCICE / EXERCISE]" in mail_of(told, WatchSettings(mail_from="a@b.fr", mail_to=["c@d.fr"]))["Subject"]
    assert b"[EXERCICE / EXERCISE]" in syslog_line(told, "h")
    assert told.facility == "[EXERCICE / EXERCISE] CHU"


def test_only_what_is_grave_enough_leaves():
    """As `watch.tell` says."""
    assert [wanted(THIEF, WatchSettings(tell=least)) for least in ("look", "act", "attack")] == [True, True, False]  # type: ignore[arg-type]


class _Hook(http.server.BaseHTTPRequestHandler):
    got: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.got.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def _smtp(server: socket.socket, got: list[bytes]) -> None:
    """The least mail server (RFC 5321): one mail."""
    client, _ = server.accept()
    with client, client.makefile("rb") as lines:
        client.sendall(b"220 here\r\n")
        for line in lines:
            word = line[:4].upper().strip()
            if word == b"DATA":
                client.sendall(b"354 go on\r\n")
                while (text := next(lines)) != b".\r\n":
                    got.append(text)
            if word == b"QUIT":
                client.sendall(b"221 bye\r\n")
                return
            client.sendall(b"250 well\r\n")


def test_every_way_gets_it_and_one_that_fails_holds_up_no_other():
    """UDP, TCP with octet counting, mail, a webhook; and a collector that is not there."""
    datagrams, stream, mail = (
        socket.socket(socket.AF_INET, kind) for kind in (socket.SOCK_DGRAM, *[socket.SOCK_STREAM] * 2)
    )
    for one in (datagrams, stream, mail):
        one.bind(("127.0.0.1", 0))
        one.settimeout(10)
    stream.listen()
    mail.listen()
    mails: list[bytes] = []
    threading.Thread(target=_smtp, args=(mail, mails), daemon=True).start()
    web = http.server.HTTPServer(("127.0.0.1", 0), _Hook)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    settings = WatchSettings(
        syslog=f"udp://127.0.0.1:{datagrams.getsockname()[1]}",
        mail=f"smtp://127.0.0.1:{mail.getsockname()[1]}",
        mail_from="contrefeu@chu.fr",
        mail_to=["rssi@chu.fr"],
        webhook=f"http://127.0.0.1:{web.server_port}/alarm",
    )
    nowhere = ways(WatchSettings(syslog="tcp://127.0.0.1:1"))
    by_tcp = ways(WatchSettings(syslog=f"tcp://127.0.0.1:{stream.getsockname()[1]}"))
    tries: list[float] = []
    teller = Teller([*nowhere, *ways(settings), *by_tcp], tries.append)
    teller.tell(news())
    teller.close()
    assert tries == [1.0, 2.0, 4.0, 8.0, 16.0], "the collector that is not there, and no other"

    line = datagrams.recv(4096)
    assert line.startswith(b"<105>1 ")
    taken, _ = stream.accept()
    length, _, framed = taken.recv(4096).partition(b" ")
    assert len(framed) == int(length)
    assert b"Subject: " in b"".join(mails)
    hooked = json.loads(_Hook.got[0])
    assert (hooked["rule"], hooked["text_fr"]) == ("merges", ALARM_RULES["merges"])
    assert (hooked["seen"], hooked["seen_fr"]) == ({"in_ten_minutes": 25.0}, {"en dix minutes": 25.0})
    web.shutdown()
    for one in (datagrams, stream, taken, mail, web.socket):
        one.close()


def test_a_password_goes_to_no_server_that_offers_no_tls(tmp_path):
    """Whoever stands between can take STARTTLS out of a greeting: the mail waits, and the log says why."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(10)
    heard: list[bytes] = []

    def serve() -> None:
        client, _ = listening.accept()
        with client, client.makefile("rb") as lines:
            client.sendall(b"220 here\r\n")
            for line in lines:
                heard.append(line)
                if line.startswith(b"QUIT"):
                    client.sendall(b"221 bye\r\n")
                    return
                client.sendall(b"250-here\r\n250 AUTH PLAIN\r\n" if line.startswith(b"ehlo") else b"250 well\r\n")

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    password = tmp_path / "password"
    password.write_text("secret")
    [(_, send)] = ways(
        WatchSettings(
            mail=f"smtp://us@127.0.0.1:{listening.getsockname()[1]}", mail_from="a@b.fr", mail_to=["c@d.fr"],
            mail_password_file=str(password),
        )
    )  # fmt: skip
    with pytest.raises(OSError, match="no TLS"):
        send(news())
    serving.join(10)
    listening.close()
    assert not [line for line in heard if line.upper().startswith((b"AUTH", b"MAIL"))]


def test_a_receiver_that_never_answers_delays_no_other_and_its_queue_has_an_end():
    """A web server takes the connection and says nothing, for ever; a collector beside it has every alarm at once."""
    deaf, collector = (socket.socket(socket.AF_INET, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM))
    for one in (deaf, collector):
        one.bind(("127.0.0.1", 0))
        one.settimeout(5)
    deaf.listen()
    collector.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    webhook, syslog = f"http://127.0.0.1:{deaf.getsockname()[1]}/", f"udp://127.0.0.1:{collector.getsockname()[1]}"
    teller = Teller(ways(WatchSettings(webhook=webhook, syslog=syslog)), lambda _: None)
    for n in range(3):
        teller.tell(msgspec.structs.replace(news(), entry=f"n1-watch/{n}"))
        assert f'entry="n1-watch/{n}"'.encode() in collector.recv(4096)
    for _ in range(2 * WAITING_MAX):
        teller.tell(news())
    hung = next(line for line in teller._lines if line._name == "webhook")
    assert len(hung._waiting) == WAITING_MAX
    teller.close(leave_s=0.1)
    assert hung._thread.is_alive(), "it waits still: nobody waited for it"
    hung._waiting.clear()
    deaf.close()
    collector.close()


@pytest.mark.parametrize(
    "line",
    [
        'syslog = "host:514"',
        'webhook = "ftp://x/y"',
        'mail = "smtp://u:secret@h"\nmail_from = "a@b"\nmail_to = ["c@d"]',
        'mail = "smtp://h"',
        'tell = "all"',
    ],
)
def test_settings_that_cannot_be_are_refused(line):
    """An address that is none, a password that vaults would hold, mail to nobody."""
    with pytest.raises(SettingsError):
        parse_settings(f'[node]\nid = "n1"\n[watch]\n{line}\n')


def test_announced_maintenance_holds_by_the_clock_on_the_wall():
    """Tuesdays from 22:00 to 2:00 the next day, for one sender; every day at 4:00 for all."""
    settings = parse_settings(
        '[node]\nid = "n1"\n[[watch.maintenance]]\nsenders = ["A@H"]\ndays = ["tue"]\nfrom = "22:00"\nto = "02:00"\n'
        '[[watch.maintenance]]\nfrom = "04:00"\nto = "04:30"\n'
    ).watch
    tuesday = 1_795_474_800.0  # 2026-11-24, 0:00 in Paris
    at = {hour: settings.resting(tuesday + hour * 3600, "Europe/Paris") for hour in (1, 4.2, 22.5, 25.5, 46.5)}
    assert at == {1: frozenset(), 4.2: {"*"}, 22.5: {"A@H"}, 25.5: {"A@H"}, 46.5: frozenset()}
