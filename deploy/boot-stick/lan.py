#!/usr/bin/env python3
"""A switch of the station's own: which cable it is, and whether somebody is there already.

    lan.py cable          brings the wired links up, without an address; prints the one that has a cable
    lan.py alone IFACE    asks the cable who gives addresses and who has the station's, and listens; 0: nobody
    lan.py watch IFACE    asks again and again; ends once somebody answers
    lan.py station IFACE  asks who gives addresses: 0, the station and nobody else; a screen's, before it takes one
    lan.py lease IFACE    waits for an address of the station's network, which it prints; a screen's

Ends with what SAID lists. Wi-Fi is no cable. Standard library alone: it runs on the boot stick's own Python.
"""

import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ADDRESS = "10.211.0.1"  # private, and of no house's plan that we know; who has it already answers, and is not disturbed
PREFIX = ADDRESS.rpartition(".")[0] + "."
NO_CARD, NO_CABLE, CABLES, GIVEN, TAKEN, STRANGE = 20, 21, 22, 23, 24, 25
SAID = {
    NO_CARD: "no wired network card",
    NO_CABLE: "no cable, or the switch is off",
    CABLES: "several cables",
    GIVEN: "somebody gives addresses",
    TAKEN: "somebody has the station's address",
    STRANGE: "an address of another network was given, or none",
}
CARRIER_S = 8.0  # an old switch takes three seconds for a link
ASK_S = 4.0  # for answers to one question; a server that looks whether an address is free first takes two
ALONE_S = 45.0  # asked and listened for so long: a managed switch lets nothing through for 30 s after a link comes up
SCREEN_ASKS = 11  # times that a screen asks for the station: as long
AGAIN_S = 20.0  # between two looks while the station serves
LEASE_S = 60.0  # a screen waits so long for its address: DHCP asks at 4, 8, 16 and 32 seconds
ETH_ARP, ETH_IP, ETH_LLDP, ETH_EAPOL = 0x0806, 0x0800, 0x88CC, 0x888E
# Switches that are managed speak of themselves: spanning tree (802.1D, Cisco's PVST+), Cisco's CDP
MANAGED = frozenset(map(bytes.fromhex, ("0180c2000000", "01000ccccccd", "01000ccccccc")))
BROADCAST = b"\xff" * 6
OFFER, MAGIC = 2, b"\x63\x82\x53\x63"
NET = Path("/sys/class/net")


def wired(net: Path = NET) -> list[str]:
    """Ethernet cards: no Wi-Fi, no mobile modem, nothing that is no device."""
    found = []
    for one in sorted(net.iterdir()):
        if not (one / "device").exists() or (one / "type").read_text().strip() != "1":
            continue
        kind = (one / "uevent").read_text()
        if (one / "wireless").exists() or (one / "phy80211").exists() or "DEVTYPE=w" in kind:
            continue
        found.append(one.name)
    return found


def carried(name: str, net: Path = NET) -> bool:
    """Whether the card has a cable with somebody at its other end."""
    try:
        return (net / name / "carrier").read_text().strip() == "1"
    except OSError:  # the link is down
        return False


def cable() -> str:
    """Bring the wired links up and return the one with a cable; the others go down again."""
    names = wired()
    if not names:
        raise SystemExit(NO_CARD)
    for name in names:
        subprocess.run(["ip", "link", "set", "dev", name, "up"], check=False)
    until = time.monotonic() + CARRIER_S
    while time.monotonic() < until:  # to the end: a second cable may be slower than the first
        time.sleep(0.5)
    found = [name for name in names if carried(name)]
    for name in names:
        if found != [name]:
            subprocess.run(["ip", "link", "set", "dev", name, "down"], check=False)
    if len(found) != 1:
        raise SystemExit(CABLES if found else NO_CABLE)
    return found[0]


def checksum(data: bytes) -> int:
    """Of IP (RFC 1071)."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def discover(mac: bytes, xid: bytes) -> bytes:
    """A frame that asks who gives addresses (DHCPDISCOVER, RFC 2131), to be answered by broadcast."""
    options = MAGIC + b"\x35\x01\x01" + b"\x37\x02\x01\x03" + b"\xff"
    body = b"\x01\x01\x06\x00" + xid + b"\x00\x00\x80\x00" + bytes(16) + mac + bytes(10 + 64 + 128) + options
    body += bytes(300 - len(body))  # BOOTP's least
    udp = struct.pack("!HHHH", 68, 67, 8 + len(body), 0) + body
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return BROADCAST + mac + struct.pack("!H", ETH_IP) + head + udp


def offered(frame: bytes, xid: bytes) -> str:
    """Who offers an address in answer to *xid*; "" when it is no such frame."""
    if len(frame) < 14 + 20 + 8 + 240 or frame[12:14] != b"\x08\x00" or frame[23] != 17:
        return ""
    start = 14 + (frame[14] & 15) * 4
    body = frame[start + 8 :]
    if frame[start : start + 2] != b"\x00\x43" or body[0] != OFFER or body[4:8] != xid or body[236:240] != MAGIC:
        return ""
    return socket.inet_ntoa(frame[26:30])


def who_has(mac: bytes, address: str) -> bytes:
    """A frame that asks who has *address*, and claims nothing (an ARP probe, RFC 5227)."""
    asked = struct.pack("!HHBBH", 1, ETH_IP, 6, 4, 1) + mac + bytes(4) + bytes(6) + socket.inet_aton(address)
    return BROADCAST + mac + struct.pack("!H", ETH_ARP) + asked + bytes(18)


def has(frame: bytes, mac: bytes, address: str) -> bool:
    """Whether somebody other than *mac* says in *frame* that they have *address*."""
    if len(frame) < 42 or frame[12:14] != b"\x08\x06":
        return False
    return frame[28:32] == socket.inet_aton(address) and frame[22:28] != mac


def of_a_house(frame: bytes, mac: bytes) -> bool:
    """Whether *frame* says that the cable leads into a network that somebody runs: not the switch of one's own.

    A managed switch (spanning tree, LLDP, CDP, 802.1X asking who is there), or anybody with an address that neither the
    station nor the card itself gave.
    """
    if len(frame) < 14 or frame[6:12] == mac:
        return False
    (kind,) = struct.unpack("!H", frame[12:14])
    if frame[:6] in MANAGED or kind == ETH_LLDP:
        return True
    if kind == ETH_EAPOL:  # an EAP packet that is a request: of the switch, not of a PC (RFC 3748, 4)
        return len(frame) > 18 and frame[15] == 0 and frame[18] == 1
    at = {ETH_ARP: 28, ETH_IP: 26}.get(kind)
    if at is None or len(frame) < at + 4:
        return False
    sender = socket.inet_ntoa(frame[at : at + 4])
    return sender != "0.0.0.0" and not sender.startswith(("169.254.", PREFIX))  # noqa: S104 - read, not bound


def answers(sock: socket.socket, until: float) -> Iterator[bytes]:
    """Frames that come in."""
    while (left := until - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            yield sock.recv(2048)
        except TimeoutError:
            return


def asked(name: str, *, listen: bool = False) -> int:
    """Ask once who gives addresses and who has the station's: GIVEN, TAKEN, or 0 for nobody.

    Args:
        name: Of the card.
        listen: Whether what others say by themselves counts too. Not while the station serves: a PC that is plugged in
            as a screen may come with an address of elsewhere.
    """
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sock:
        sock.bind((name, 0))
        mac, xid = sock.getsockname()[4], os.urandom(4)
        sock.send(who_has(mac, ADDRESS))
        sock.send(discover(mac, xid))
        for frame in answers(sock, time.monotonic() + ASK_S):
            if frame[6:12] == mac:
                continue
            if has(frame, mac, ADDRESS):
                return TAKEN
            if offered(frame, xid) or (listen and of_a_house(frame, mac)):
                return GIVEN
    return 0


def alone(name: str) -> int:
    """Ask and listen for ALONE_S, from when the link is up."""
    until = time.monotonic() + ALONE_S
    while time.monotonic() < until:
        if found := asked(name, listen=True):
            return found
    return 0


def station(name: str) -> int:
    """Ask who gives addresses: the station, and it alone, or STRANGE. The card has no address yet and takes none."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sock:
        sock.bind((name, 0))
        mac = sock.getsockname()[4]
        for _ in range(SCREEN_ASKS):
            xid = os.urandom(4)
            sock.send(discover(mac, xid))
            servers = {offered(frame, xid) for frame in answers(sock, time.monotonic() + ASK_S)} - {""}
            if servers:
                return 0 if servers == {ADDRESS} else STRANGE
    return STRANGE


def watch(name: str) -> int:
    """Ask until somebody answers, twice in a row."""
    while True:
        time.sleep(AGAIN_S)
        if asked(name) and (found := asked(name)):
            return found


def lease(name: str) -> str:
    """Wait for an address, and print it when it is the station's network's."""
    until = time.monotonic() + LEASE_S
    while time.monotonic() < until:
        said = subprocess.run(
            ["ip", "-4", "-o", "addr", "show", "dev", name], capture_output=True, text=True, check=False
        )
        words = said.stdout.split()
        if "inet" in words:
            address = words[words.index("inet") + 1].partition("/")[0]
            if address.startswith(PREFIX):
                return address
            break
        time.sleep(0.5)
    raise SystemExit(STRANGE)


def main() -> None:
    """Do what the first word says."""
    what, name = [*sys.argv[1:], "", ""][:2]
    if what == "cable":
        sys.stdout.write(f"{cable()}\n")
    elif what == "lease":
        sys.stdout.write(f"{lease(name)}\n")
    else:
        raise SystemExit({"alone": alone, "station": station, "watch": watch}[what](name))


if __name__ == "__main__":
    main()
