"""A boot stick's own switch and its USB printer: asked for, looked at first, closed but for one port (F39).

Method: frames and tables of its module are read and made here; its scripts run with commands that note how they were
called. `scripts/prove_boot_stick.py --switch --printer` starts the image with a second screen and a printer beside it.
"""

import base64
import hashlib
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import ModuleType

import pytest

from contrefeu.cli.spool import PRINTER
from contrefeu.cli.stick_home import SWITCH_ADDRESS
from tests.deploy.stubs import PARTS, called
from tests.house.tree import ROOT

STATION = (PARTS / "station.sh").read_text()
MAC, OTHER = b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02"
XID = b"\x01\x02\x03\x04"
LISTENING = "  {n}: {address}:{port} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1\n"


@pytest.fixture(scope="module")
def lan() -> ModuleType:
    """The module, as the stick's Python has it."""
    spec = importlib.util.spec_from_file_location("lan", PARTS / "lan.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def offer(discover: bytes, server: str) -> bytes:
    """What a DHCP server at *server* answers to a frame."""
    sent = discover[42:]
    body = b"\x02" + sent[1:236] + b"\x63\x82\x53\x63\x35\x01\x02\xff"
    head = discover[14:26] + socket.inet_aton(server) + b"\xff" * 4
    return MAC + OTHER + b"\x08\x00" + head + b"\x00\x43\x00\x44" + discover[38:42] + body


@pytest.mark.req("F39")
def test_who_gives_addresses_is_heard(lan: ModuleType):
    """An offer to this question counts; one to another question, and the question itself, do not."""
    asked = lan.discover(MAC, XID)
    assert lan.checksum(asked[14:34]) == 0
    assert lan.offered(offer(asked, "10.1.2.3"), XID) == "10.1.2.3"
    assert lan.offered(offer(asked, "10.1.2.3"), b"\0\0\0\0") == ""
    assert lan.offered(asked, XID) == ""
    assert [lan.offered(asked[:size], XID) for size in range(len(asked))] == [""] * len(asked)


def test_who_has_the_address_is_heard(lan: ModuleType):
    """Another card that answers for it; what this one sends is no answer."""
    asked = lan.who_has(MAC, SWITCH_ADDRESS)
    assert asked[28:32] == bytes(4), "a question that claims the address would disturb who has it"
    answer = MAC + OTHER + b"\x08\x06" + asked[14:20] + b"\x00\x02" + OTHER + socket.inet_aton(SWITCH_ADDRESS) + MAC
    assert lan.has(answer + bytes(4), MAC, SWITCH_ADDRESS)
    assert not lan.has(answer + bytes(4), OTHER, SWITCH_ADDRESS)
    assert not lan.has(asked, MAC, SWITCH_ADDRESS)


def test_only_a_cable_is_a_cable(lan: ModuleType, tmp_path: Path):
    """Wi-Fi, mobile modems, the loopback and bridges are none."""
    cards = {"enp1s0": "1", "wlp2s0": "1", "wwan0": "1", "lo": "772", "docker0": "1"}
    for name, kind in cards.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "type").write_text(f"{kind}\n")
        (tmp_path / name / "uevent").write_text("DEVTYPE=wwan\n" if name == "wwan0" else f"INTERFACE={name}\n")
    for name in ("enp1s0", "wlp2s0", "wwan0"):
        (tmp_path / name / "device").mkdir()
    (tmp_path / "wlp2s0" / "phy80211").mkdir()
    assert lan.wired(tmp_path) == ["enp1s0"]


@pytest.mark.req("F39")
@pytest.mark.parametrize(
    ("found", "word"),
    [
        (20, "carte réseau"),
        (21, "Aucun câble"),
        (22, "Plusieurs câbles"),
        (23, "celui de l'hôpital"),
        (24, "autre poste"),
    ],
)
def test_a_cable_that_is_not_ones_own_is_left(tmp_path: Path, found: int, word: str):
    """The network stays off, its links go down again, and why is said."""
    asked = "cable" if found <= 22 else "alone"
    for name in ("ip", "systemctl", "nft"):
        called(tmp_path, name)
    called(tmp_path, "python3", f'[ "$2" = {asked} ] && exit {found}; [ "$2" != cable ] || echo enp1s0')
    done = subprocess.run(
        ["sh", PARTS / "lan.sh", "serve"],
        env={**os.environ, "LAN_BIN": str(tmp_path), "LAN_RUN": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert word in done.stdout and "The network stays off." in done.stdout
    calls = (tmp_path / "calls").read_text()
    assert "systemctl restart" not in calls
    assert "nft add" not in calls
    assert ("ip link set dev enp1s0 down" in calls) == (found > 22)
    assert not (tmp_path / "systemd" / "network" / "10-station.network").exists()


@pytest.mark.req("F39")
def test_on_a_switch_of_ones_own_it_gives_addresses_and_nothing_that_leads_out(tmp_path: Path):
    """The card that was found alone; no router, no names; the firewall knows the card first."""
    for name in ("systemctl", "nft"):
        called(tmp_path, name)
    called(tmp_path, "ip", f'[ "$4" != show ] || echo "2: enp1s0 inet {SWITCH_ADDRESS}/24 scope global"')
    called(tmp_path, "python3", '[ "$2" != cable ] || echo enp1s0')
    env = {**os.environ, "LAN_BIN": str(tmp_path), "LAN_RUN": str(tmp_path)}
    subprocess.run(["sh", PARTS / "lan.sh", "serve"], env=env, capture_output=True, check=True)
    lines = (tmp_path / "systemd" / "network" / "10-station.network").read_text().splitlines()
    assert {"Name=enp1s0", f"Address={SWITCH_ADDRESS}/24", "DHCPServer=yes"} <= set(lines)
    assert {"EmitRouter=no", "EmitDNS=no", "EmitNTP=no", "LinkLocalAddressing=no", "IPv6AcceptRA=no"} <= set(lines)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls.index("nft add element inet station cables { enp1s0 }") < calls.index(
        "systemctl restart systemd-networkd.service"
    )
    subprocess.run(["sh", PARTS / "lan.sh", "down"], env=env, capture_output=True, check=True)
    assert "ip link set dev enp1s0 down" in (tmp_path / "calls").read_text()


def test_an_address_that_does_not_come_is_no_network(tmp_path: Path):
    """It is said that addresses are given once the card has the station's."""
    for name in ("systemctl", "nft", "ip"):
        called(tmp_path, name)
    called(tmp_path, "python3", '[ "$2" != cable ] || echo enp1s0')
    env = {**os.environ, "LAN_BIN": str(tmp_path), "LAN_RUN": str(tmp_path), "LAN_WAIT_S": "1"}
    done = subprocess.run(["sh", PARTS / "lan.sh", "serve"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "The network stays off." in done.stdout and "gives addresses" not in done.stdout
    assert "ip addr flush dev enp1s0" in (tmp_path / "calls").read_text()


@pytest.mark.req("F39")
def test_a_managed_switch_and_whoever_has_an_address_are_heard(lan: ModuleType):
    """Before any of them answers a question: for 45 s, as a port of such a switch is deaf for 30."""
    arp, ip = b"\x08\x06" + bytes(14), b"\x08\x00" + bytes(12)

    def heard(rest: bytes, to: bytes = b"\xff" * 6, sender: bytes = OTHER) -> bool:
        return lan.of_a_house(to + sender + rest + bytes(40), MAC)

    assert heard(b"\x00\x26\x42\x42\x03", to=bytes.fromhex("0180c2000000")), "spanning tree"
    assert heard(b"\x88\xcc"), "LLDP"
    assert heard(b"\x88\x8e\x01\x00\x00\x05\x01"), "802.1X asks"
    assert not heard(b"\x88\x8e\x01\x01\x00\x00"), "a PC that would like to be asked"
    for address, counts in {"10.1.2.3": True, "0.0.0.0": False, "169.254.7.7": False, "10.211.0.100": False}.items():
        for kind in (arp, ip):
            assert heard(kind + socket.inet_aton(address)) is counts, (address, kind)
            assert not heard(kind + socket.inet_aton(address), sender=MAC), "what the card itself says"
    assert [lan.of_a_house((b"\xff" * 6 + OTHER + arp)[:size], MAC) for size in range(30)] == [False] * 30
    assert lan.ALONE_S >= 45


class Cable:
    """A socket on which *frames* come in answer to what is sent."""

    def __init__(self, server: str, mac: bytes = OTHER) -> None:
        self.server, self.mac, self.frames = server, mac, list[bytes]()

    def __enter__(self) -> "Cable":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def bind(self, _: object) -> None:
        pass

    def settimeout(self, _: float) -> None:
        pass

    def getsockname(self) -> tuple[object, ...]:
        return ("enp1s0", 3, 0, 1, MAC)

    def send(self, frame: bytes) -> None:
        if self.server and frame[12:14] == b"\x08\x00":
            answer = offer(frame, self.server)
            self.frames.append(answer[:6] + self.mac + answer[12:])

    def recv(self, _: int) -> bytes:
        if not self.frames:
            raise TimeoutError
        return self.frames.pop(0)


@pytest.mark.parametrize(
    ("server", "mac", "found"),
    [
        ("10.211.0.1", OTHER, "GIVEN"),
        ("10.211.0.1", MAC, None),
        ("10.1.2.3", OTHER, "GIVEN"),
        ("", OTHER, None),
    ],
)
def test_another_station_is_somebody_and_what_this_card_says_is_not(
    lan: ModuleType, monkeypatch: pytest.MonkeyPatch, server: str, mac: bytes, found: str | None
):
    """Told apart by the card that sent it: another station has the same address."""
    monkeypatch.setattr(lan.socket, "socket", lambda *_: Cable(server, mac))
    assert lan.asked("enp1s0") == (getattr(lan, found) if found else 0)


@pytest.mark.parametrize(("server", "strange"), [("10.211.0.1", False), ("10.1.2.3", True), ("", True)])
def test_a_screen_takes_no_address_but_the_station_s(
    lan: ModuleType, monkeypatch: pytest.MonkeyPatch, server: str, strange: bool
):
    """It asks who gives them before it takes one: on the hospital's network it has none."""
    monkeypatch.setattr(lan.socket, "socket", lambda *_: Cable(server))
    assert lan.station("enp1s0") == (lan.STRANGE if strange else 0)
    script = (PARTS / "lan.sh").read_text()
    looked, screen = script.partition("looked_at() {")[2], script.partition("\nscreen)\n")[2]
    assert looked.index('"$lan" "$1"') < looked.index("network ")
    assert screen.index("looked_at station screen") < screen.index("lease")


def test_without_being_asked_there_is_no_network():
    """The first answer is the one of Enter; the app of a PC alone listens to this PC alone."""
    assert STATION.index("read -r screens") < STATION.index('"$lan" serve')
    assert 'if [ -n "$watch" ]; then sh "$stick/start.sh"; else CONTREFEU_WEB=127.0.0.1:8443 sh' in STATION
    script = (ROOT / "scripts" / "make_boot_stick.sh").read_text()
    assert "systemd-networkd.service" not in script, "networkd is started by lan.sh"
    assert "avahi-daemon.service" in re.findall(r"for unit in (.*?); do", script, re.DOTALL)[0]
    assert {"install cfg80211 /bin/false", "install bluetooth /bin/false"} <= set(
        (PARTS / "no-radio.conf").read_text().splitlines()
    )


def test_the_firewall_opens_the_ward_app_and_addresses():
    """Three chains that drop; in and out, on the cable, DHCP and 8443 of the station."""
    rules = (PARTS / "lan.nft").read_text()
    assert rules.count("policy drop;") == rules.count("type filter hook") == 3
    assert set(re.findall(r"dport (?:\{ ([\d, ]+) \}|(\d+)) accept", rules)) == {("67, 68", ""), ("", "8443")}
    assert rules.count(f"ip daddr {SWITCH_ADDRESS} tcp dport 8443") == 2


def test_one_address_everywhere(lan: ModuleType):
    """The certificate that `stick make` makes is for the address that the stick's system takes."""
    assert lan.ADDRESS == SWITCH_ADDRESS
    for name in ("serve.network", "lan.sh", "browser.sh", "station.sh"):
        said = set(re.findall(r"\b10\.\d+\.\d+\.\d+\b", (PARTS / name).read_text()))
        assert said == {SWITCH_ADDRESS}, name


def test_ctrl_c_reaches_the_station(tmp_path: Path):
    """A shell cannot take back a signal that was ignored when it began: who calls start.sh catches it."""
    (line,) = re.findall(r"^trap .* INT\b", STATION, re.MULTILINE)
    (tmp_path / "child.sh").write_text("trap 'echo ended' INT\nkill -INT $$\n")
    done = subprocess.run(["sh", "-c", f"{line}\nsh {tmp_path}/child.sh"], capture_output=True, text=True, check=True)
    assert done.stdout == "ended\n"


@pytest.mark.req("F39")
def printers(tmp_path: Path, tcp: str, lpinfo: str) -> str:
    """What printer.sh takes."""
    (tmp_path / "tcp").write_text(tcp)
    called(tmp_path, "lpinfo", f"cat <<'END'\n{lpinfo}\nEND")
    (device := tmp_path / "usb" / "1-1:1.0").mkdir(parents=True, exist_ok=True)
    (device / "bInterfaceClass").write_text("07\n")
    env = {"PRINTER_BIN": tmp_path, "PRINTER_TCP": tmp_path / "tcp", "PRINTER_USB": tmp_path / "usb"}
    env = {**os.environ, **{name: str(value) for name, value in env.items()}}
    done = subprocess.run(["sh", PARTS / "printer.sh", "once"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == (0 if done.stdout else 1)
    return done.stdout.strip()


def usb(reads: str) -> str:
    """A printer as lpinfo tells of it."""
    return (
        "Device: uri = usb://Maker/Model?serial=1\n        class = direct\n        info = Maker Model\n"
        f"        device-id = MFG:Maker;CMD:{reads};MDL:Model;\n        location = "
    )


@pytest.mark.req("F39")
def test_a_usb_printer_is_found(tmp_path: Path):
    """One that speaks IPP comes first; an older one by what it says it reads; one that says neither is none."""
    ipp = LISTENING.format(n=0, address="0100007F", port="EA60")
    assert printers(tmp_path, ipp, usb("PCL")) == "ipp://localhost:60000/ipp/print everywhere"
    assert printers(tmp_path, ipp.replace("0100007F", "00000000"), "").startswith("ipp://localhost:60000/")
    others = ipp.replace("00000000 0 0 1 1", "00000000 1000 0 1 1")
    assert others != ipp and printers(tmp_path, others, "") == "", "a port that another user listens on is no printer"
    elsewhere = LISTENING.format(n=0, address="0100007F", port="20FB") + LISTENING.format(
        n=1, address="0102000A", port="EA60"
    )
    assert printers(tmp_path, elsewhere, "") == ""
    assert printers(tmp_path, "", usb("PJL,PCL,POSTSCRIPT")).endswith("1 drv:///sample.drv/generic.ppd")
    assert printers(tmp_path, "", usb("PJL,PCL5e")).endswith("1 drv:///sample.drv/generpcl.ppd")
    assert printers(tmp_path, "", usb("GDI")) == ""


@pytest.mark.parametrize(
    ("reads", "word"), [("PCL", "cannot be taken"), ("GDI", "cannot make it print")], ids=["refused", "unknown"]
)
def test_a_printer_that_cannot_be_taken_is_said_once(tmp_path: Path, reads: str, word: str):
    """In both languages, and not at each look."""
    called(tmp_path, "lpadmin", "exit 1")
    assert bool(printers(tmp_path, "", usb(reads))) == (reads == "PCL")
    env = {"PRINTER_BIN": tmp_path, "PRINTER_TCP": tmp_path / "tcp", "PRINTER_USB": tmp_path / "usb"}
    env = {**os.environ, **{name: str(value) for name, value in env.items()}, "PRINTER_LOOK_S": "0.05"}
    running = subprocess.Popen(["sh", PARTS / "printer.sh"], env=env, stdout=subprocess.PIPE, text=True)
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(3)
    running.terminate()
    said, _ = running.communicate(timeout=20)
    assert said.count(word) == said.count("Imprimante branchée") == 1


@pytest.mark.req("F39")
@pytest.mark.parametrize(
    ("ended", "word"), [(23, "Débranchez-le de ce PC"), (1, "la carte ne répond plus")], ids=["heard", "card"]
)
def test_a_network_that_comes_later_is_left_too(tmp_path: Path, ended: int, word: str):
    """The link goes down before a screen is asked for; the person reads why, then how to begin again."""
    for name in ("ip", "systemctl", "nft", "chvt"):
        called(tmp_path, name)
    called(tmp_path, "python3", f"exit {ended}")
    (tmp_path / "station-lan").write_text("enp1s0\n")
    env = {**os.environ, "LAN_BIN": str(tmp_path), "LAN_RUN": str(tmp_path)}
    done = subprocess.run(["sh", PARTS / "lan.sh", "watch"], env=env, capture_output=True, text=True, check=False)
    assert word in done.stdout
    assert done.stdout.index("Le réseau reste éteint.") < done.stdout.index("Pour rallumer le réseau")
    calls = (tmp_path / "calls").read_text()
    assert calls.index("ip link set dev enp1s0 down") < calls.index("chvt 1")


def browser(tmp_path: Path, *screens: str, late: str = ":") -> tuple[int, str, str, str]:
    """How browser.sh ends, what it says and what it gives the browser; the hash of the station's key.

    Before the station shows its certificate it does *late*.
    """
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=station"]
    subprocess.run(
        ["openssl", *new, "-keyout", tmp_path / "key", "-out", tmp_path / "pem"], check=True, capture_output=True
    )
    key = subprocess.run(
        ["openssl", "pkey", "-in", tmp_path / "key", "-pubout", "-outform", "DER"], check=True, capture_output=True
    ).stdout
    pin = base64.b64encode(hashlib.sha256(key).digest()).decode()
    real = shutil.which("openssl")
    called(tmp_path, "openssl", f'[ "$1" = s_client ] || exec {real} "$@"\n{late}\ncat {tmp_path}/pem')
    called(tmp_path, "systemctl")
    (tmp_path / "screens").write_text("".join(f"{pin if line == 'PIN' else line} drill/n1\n" for line in screens))
    (tmp_path / "ready").write_text("ready")
    env = {"READY": tmp_path / "ready", "ENV": tmp_path / "env", "WAIT_S": Path("3")}
    done = subprocess.run(
        ["sh", PARTS / "browser.sh", "fr", *([tmp_path / "screens"] if screens else [])],
        env={
            **os.environ,
            **{f"BROWSER_{name}": str(value) for name, value in env.items()},
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    given = (tmp_path / "env").read_text() if (tmp_path / "env").exists() else ""
    return done.returncode, done.stdout, given, pin


def test_a_certificate_that_is_not_there_yet_is_waited_for(tmp_path: Path):
    """The hash of nothing is no pin."""
    ended, _, given, pin = browser(tmp_path, late=f"[ -e {tmp_path}/once ] || {{ touch {tmp_path}/once; exit 1; }}")
    assert (ended, f"PINS={pin}\n" in given) == (0, True)


def test_a_station_that_says_nothing_is_waited_for_as_long_as_is_said(tmp_path: Path):
    """Each try had ten seconds, and there were as many as seconds were promised: two minutes were twenty."""
    begun = time.monotonic()
    ended, said, given, _ = browser(tmp_path, "PIN", late="exec sleep 60")
    assert (ended, given) == (1, "") and "ne répond pas" in said
    assert time.monotonic() - begun < 30


@pytest.mark.req("F39")
@pytest.mark.parametrize(("screens", "shown"), [(("PIN",), True), (("A" * 43 + "=",), False)])
def test_a_screen_shows_the_stations_of_its_own_sticks(tmp_path: Path, screens: tuple[str, ...], shown: bool):
    """Another one is named as what it is, in words; not as a browser's page about certificates."""
    ended, said, given, _ = browser(tmp_path, *screens)
    assert (ended == 0) == shown == bool(given)
    assert ("n'est pas d'une clé faite avec celle-ci" in said) == (not shown)


def test_of_the_list_of_screens_hashes_alone_are_read(tmp_path: Path):
    """What it gives the browser is read by root's shell."""
    ended, _, given, pin = browser(tmp_path, "$(touch${IFS}/tmp/x)", "A;reboot", "PIN")
    assert (ended, f"PINS={pin}\n" in given) == (0, True)
    assert "reboot" not in given and "$" not in given


def test_both_browsers_are_as_narrow():
    """Under cage or X the same page, the same certificates, the same user; a click past a certificate is nowhere."""
    flags = [
        set(re.findall(r"--[a-z-]+", text.partition("chromium ")[2]))
        for text in ((PARTS / "station-browser.service").read_text(), (PARTS / "plain-screen.sh").read_text())
    ]
    assert flags[0] == flags[1]
    assert {"--kiosk", "--ignore-certificate-errors-spki-list"} <= flags[0]
    assert "--ipc-connection-timeout" in flags[0], "a browser that got no turn for 15 s lost its network process: white"
    plain = (PARTS / "station-browser-x.service").read_text().partition("[Service]")[0]
    assert {"StartLimitBurst=4", "OnFailure=station-no-browser.service"} <= set(plain.splitlines()), "tried for ever"
    assert "L'application ne s'ouvre que" in (PARTS / "station-no-browser.service").read_text()
    assert "OnFailure=station-browser-x.service" in (PARTS / "station-browser.service").read_text()
    assert "--reuid=station" in (PARTS / "plain-screen.sh").read_text()
    policy = json.loads((PARTS / "browser-policy.json").read_text())
    assert not policy["SSLErrorOverrideAllowed"]
    assert not policy["PasswordManagerEnabled"], "the next person at this screen would be the last one"
    assert "policies/managed/station.json" in (ROOT / "scripts" / "make_boot_stick.sh").read_text()


def test_the_printer_is_for_this_pc_alone():
    """One name everywhere; CUPS on its socket, ipp-usb on the loopback; nothing of a job is kept."""
    assert f"queue={PRINTER}\n" in (PARTS / "printer.sh").read_text()
    cups = (PARTS / "cupsd.conf").read_text().splitlines()
    assert [line for line in cups if line.startswith(("Listen", "Port"))] == ["Listen /run/cups/cups.sock"]
    assert {"Browsing No", "WebInterface No", "PreserveJobFiles No", "PreserveJobHistory No"} <= set(cups)
    admin = "\n".join(cups).partition("<Location /admin>\n")[2].partition("</Location>")[0]
    assert admin.split("\n")[:3] == ["  AuthType Default", "  Require user @SYSTEM", "  Order allow,deny"]
    ipp = (PARTS / "ipp-usb.conf").read_text()
    assert "interface = loopback" in ipp and "dns-sd = disable" in ipp
