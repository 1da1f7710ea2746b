"""What another screen on a station's switch meets: an address, the ward app, and nothing else.

  scripts/second_screen.py IFACE SCREENS      as root, on the card that is on the switch; SCREENS is the stick's file

Prints a line each; ends with 1 if one is not as it has to be. It asks ports one by one: TCP 1 to 1024, and each that
a program of the station or of its system is known to listen on.
"""

import asyncio
import base64
import contextlib
import importlib.util
import os
import socket
import ssl
import struct
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LAN = Path(__file__).parents[1] / "deploy" / "boot-stick" / "lan.py"
PORTS = [*range(1, 1025), 2575, 5353, 5355, 8000, 8080, 8443, 9100, *range(60000, 60032)]
ANSWER_S = 3.0  # an emulated PC is slow; whoever drops says nothing
AT_ONCE = 100  # connections
ROUTER, SERVERS = 3, 6  # options of DHCP: a way out, and names


def lan() -> ModuleType:
    """The boot stick's own module: its frames are used here as well."""
    spec = importlib.util.spec_from_file_location("lan", LAN)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def options(frame: bytes) -> dict[int, bytes]:
    """Of a DHCP answer."""
    found, rest = {}, frame[14 + 20 + 8 + 240 :]
    while rest and rest[0] != 255:
        if rest[0]:
            found[rest[0]] = rest[2 : 2 + rest[1]]
            rest = rest[2 + rest[1] :]
        else:
            rest = rest[1:]
    return found


def leased(card: str, net: ModuleType) -> tuple[str, dict[int, bytes]]:
    """An address, asked for as a tablet does; and what came with it."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sock:
        sock.bind((card, 0))
        mac, xid = sock.getsockname()[4], os.urandom(4)
        frame = net.discover(mac, xid)
        for kind in (1, 3):
            sock.send(frame)
            answer = next((one for one in net.answers(sock, time.monotonic() + 20) if net.offered(one, xid)), None)
            if answer is None:
                return "", {}
            said, address = options(answer), answer[58:62]
            asked = b"\x35\x01\x03\x32\x04" + address + b"\x36\x04" + said[54] + b"\x37\x02\x03\x06\xff"
            at = 14 + 20 + 8 + 240
            frame = frame[:at] + asked + bytes(len(frame) - at - len(asked)) if kind == 1 else frame
        assert said[53] == b"\x05", "it offered an address, and did not give it"
    return socket.inet_ntoa(address), said


async def open_ports(address: str) -> list[int]:
    """Those of PORTS that somebody listens on, or refuses aloud."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(port: int) -> tuple[int, bool]:
        async with gate:
            try:
                async with asyncio.timeout(ANSWER_S):
                    _, writer = await asyncio.open_connection(address, port)
            except (TimeoutError, OSError) as error:
                return port, isinstance(error, ConnectionRefusedError)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            return port, True

    return [port for port, there in await asyncio.gather(*map(one, PORTS)) if there]


def page(address: str) -> tuple[str, str, str]:
    """The certificate's fingerprint, its key's pin, and the title of the page that opens."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is compared below
    for way in ("/", "/login"):
        with socket.create_connection((address, 8443), 60) as tcp, context.wrap_socket(tcp) as tls:
            der = tls.getpeercert(binary_form=True)
            assert der is not None
            tls.sendall(f"GET {way} HTTP/1.1\r\nHost: {address}:8443\r\nConnection: close\r\n\r\n".encode())
            text = b""
            while more := tls.recv(65536):
                text += more
        if b"<title>" in text:
            break
    key = x509.load_der_x509_certificate(der).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    title = text.partition(b"<title>")[2].partition(b"</title>")[0].decode()
    return sha256(der).digest().hex(":").upper(), base64.b64encode(sha256(key).digest()).decode(), title


def main() -> None:
    """Look."""
    card, pins = sys.argv[1], Path(sys.argv[2]).read_text().split()
    net, wrong = lan(), 0

    def say(what: str, holds: bool) -> None:
        nonlocal wrong
        wrong += not holds
        sys.stdout.write(f"{'' if holds else 'NOT AS IT HAS TO BE: '}{what}\n")
        sys.stdout.flush()

    address, said = leased(card, net)
    say(f"address {address or 'none'}", address.startswith(net.PREFIX))
    if not address:
        raise SystemExit(1)
    say("no router and no names came with it", not {ROUTER, SERVERS} & said.keys())
    lasts = struct.unpack("!I", said[51])[0]
    say(f"it lasts {lasts} seconds", lasts <= 3600)
    subprocess.run(["ip", "addr", "add", f"{address}/24", "dev", card], check=True)
    found = asyncio.run(open_ports(net.ADDRESS))
    say(f"of {len(PORTS)} ports answer: {found}", found == [8443])
    fingerprint, pin, title = page(net.ADDRESS)
    say(f"certificate {fingerprint}", True)
    say("its key is on the list of the stick", pin in pins)
    say(f"page: {title}", bool(title))
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
