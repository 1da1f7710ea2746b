"""A boot stick starts a PC whose disk tempts it with a root partition and swap, and not one byte of that disk changes.

  scripts/prove_boot_stick.py IMAGE STICK OUT [--firmware bios|uefi|secure] [--minutes N] [--cores N]
                              [--screen virtio|std] [--entry N] [--switch | --beside OTHER] [--printer]

IMAGE is of make_boot_stick.sh (it is copied), STICK a folder of `contrefeu stick make`. Its screen is kept in OUT as
pictures (PNG). Whoever looks at them writes what is to be typed into OUT/type (the code, once the station asks for it),
names of keys into OUT/press (`ctrl-c`, `alt-f2`), and makes OUT/end when enough is seen. --entry N (UEFI) takes the
boot menu's entry so many below the first. With --switch (as root) the PC has a card on a switch of its own, and
OUT/look sends another screen onto it (second_screen.py); --beside OTHER puts one more PC onto the switch of the proof
in folder OTHER. With --printer OUT/plug plugs a USB printer in (usb_printer.py, cups-ipp-utils, avahi-daemon); what it
prints is in OUT/printed. OUT/carry names a folder that is plugged in as a second stick; OUT/pull pulls it out and
writes what is on it then to OUT/carried.

Needs qemu-system-x86 (7.1), ovmf, mtools, fdisk, e2fsprogs. A processor that virtualizes takes minutes; elsewhere it is
emulated: half an hour.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

OVMF = Path("/usr/share/OVMF")
# Discoverable partitions (systemd): root on x86-64, and swap
ROOT_TYPE, SWAP_TYPE = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709", "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F"
# A French keyboard, the one of the first entry in the menu, by the names of a US one's keys
AZERTY = {
    "a": "q",
    "q": "a",
    "z": "w",
    "w": "z",
    "m": "semicolon",
    "-": "6",
    "_": "8",
    "\n": "ret",
    " ": "spc",
    "@": "alt_r-0",
}
AZERTY |= {digit: f"shift-{digit}" for digit in "0123456789"}
APART = "CONTREFEU_PROOF_APART"  # set where the proof has a network of its own
CARD, PRINTER_PORT = "switch", 8631  # of the proof: its end of the switch, and where its printer listens
MENU = b"will be executed automatically"  # the boot menu, on the serial line
CARRIER_MB = 300  # of the second stick
SCREEN_S = 15.0  # between two pictures


class Machine:
    """A PC with the stick on USB, a disk inside and, unless it is on a switch, no network."""

    def __init__(
        self, folder: Path, image: Path, disk: Path, firmware: str, cores: int, *, cable: str, screen: str
    ) -> None:
        network = f"tap,ifname={cable},script=no,downscript=no,model=e1000e,mac=52:54:00:0f:39:{cable[2:]}"
        self._folder, self._monitor, self._shots = folder, folder / "monitor", 0
        for old in (self._monitor, folder / "serial"):
            old.unlink(missing_ok=True)
        command = [
            "qemu-system-x86_64",
            "-m",
            "4096",
            "-smp",
            str(cores),
            "-display",
            "none",
            "-nic",
            network if cable else "none",
            "-machine",
            "q35,smm=on",
            "-vga",
            screen,
        ]
        command += (
            ["-accel", "kvm", "-cpu", "host"] if virtualizes() else ["-accel", "tcg,thread=multi", "-cpu", "Nehalem"]
        )
        command += ["-monitor", f"unix:{self._monitor},server,nowait", "-serial", f"file:{folder}/serial"]
        command += ["-device", "qemu-xhci", "-device", "usb-kbd"]
        command += ["-drive", f"if=none,id=stick,format=raw,file={image}"]
        command += ["-device", "usb-storage,drive=stick,bootindex=0,removable=on"]
        command += ["-drive", f"if=none,id=disk,format=raw,file={disk}", "-device", "ide-hd,drive=disk,bootindex=1"]
        if firmware != "bios":
            code, kept = ("CODE_4M.secboot", "VARS_4M.ms") if firmware == "secure" else ("CODE_4M", "VARS_4M")
            shutil.copy(OVMF / f"OVMF_{kept}.fd", folder / "vars")
            command += ["-drive", f"if=pflash,format=raw,readonly=on,file={OVMF}/OVMF_{code}.fd"]
            command += ["-drive", f"if=pflash,format=raw,file={folder}/vars"]
            command += ["-global", "driver=cfi.pflash01,property=secure,value=on"] if firmware == "secure" else []
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        while not self._monitor.exists():
            assert self._process.poll() is None, "qemu said above why it did not start"
            time.sleep(0.1)

    def says(self, command: str) -> None:
        """One command to its monitor."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(self._monitor))
            monitor.recv(4096)
            monitor.sendall(f"{command}\n".encode())
            time.sleep(0.3)  # a key is down for a tenth of a second

    def types(self, text: str) -> None:
        """A text, on a French keyboard."""
        for one in text:
            self.presses(AZERTY.get(one, one))

    def presses(self, key: str) -> None:
        """One key, or several at once, by the names that they have on a US keyboard."""
        self.says(f"sendkey {key}")

    def plug_printer(self) -> None:
        """Plug a USB printer in."""
        self.says(f"chardev-add socket,id=printer,path={self._folder}/usb")
        self.says("device_add usb-redir,chardev=printer,id=printer")

    def plug_stick(self, image: Path) -> None:
        """Plug a second stick in."""
        self.says(f"drive_add 0 if=none,id=carry,format=raw,file={image}")
        self.says("device_add usb-storage,drive=carry,id=carried,removable=on")

    def pull_stick(self) -> None:
        """Pull it out."""
        self.says("device_del carried")

    def picture(self) -> None:
        """Keep its screen."""
        self._shots += 1
        self.says(f"screendump {self._folder}/screen-{self._shots:03}.png -f png")

    def in_menu(self) -> bool:
        """Whether the boot menu waits for a key."""
        serial = self._folder / "serial"
        return serial.exists() and MENU in serial.read_bytes()

    def end(self) -> None:
        """Pull the plug."""
        self._process.terminate()
        self._process.wait(30)


def virtualizes() -> bool:
    """Whether the processor runs a second system by itself; a /dev/kvm without that is slower than an emulator."""
    flags = set(Path("/proc/cpuinfo").read_text().split())
    return bool(flags & {"vmx", "svm"}) and os.access("/dev/kvm", os.R_OK | os.W_OK)


def taken(order: Path) -> str:
    """What was written into an order's file, which is gone afterwards; nothing when there is none."""
    if not order.exists():
        return ""
    text = order.read_text()
    order.unlink()
    return text


def tempting_disk(path: Path) -> str:
    """A disk with partitions that systems take for their root and swap by type; returns its hash."""
    root, swap = path.with_suffix(".root"), path.with_suffix(".swap")
    for part, size in ((root, 100), (swap, 50), (path, 200)):
        with part.open("wb") as file:
            file.truncate(size << 20)
    subprocess.run(["mkfs.ext4", "-q", "-L", "WINDOWS", root], check=True)
    subprocess.run(["mkswap", "-q", swap], check=True, stderr=subprocess.DEVNULL)
    table = f"label: gpt\nsize=100MiB,type={ROOT_TYPE}\nsize=50MiB,type={SWAP_TYPE}\n"
    subprocess.run(["sfdisk", "-q", path], input=table.encode(), check=True)
    for part, at in ((root, 1), (swap, 101)):
        subprocess.run(
            ["dd", f"if={part}", f"of={path}", "bs=1M", f"seek={at}", "conv=notrunc", "status=none"], check=True
        )
    return sha256(path.read_bytes()).hexdigest()


def with_stick(image: Path, stick: Path) -> None:
    """The crisis stick into the second partition."""
    table = json.loads(subprocess.run(["sfdisk", "-J", image], check=True, capture_output=True).stdout)
    start = table["partitiontable"]["partitions"][1]["start"] * 512
    subprocess.run(["mcopy", "-s", "-i", f"{image}@@{start}", *stick.iterdir(), "::"], check=True)


def chosen(machine: Machine, entry: int) -> None:
    """The boot menu's entry that is so many below the first, once there is a menu."""
    while not machine.in_menu():
        time.sleep(0.2)
    for key in [*["down"] * entry, "ret"]:
        machine.presses(key)


def watched(machine: Machine, out: Path, stick: Path, minutes: float) -> None:
    """Picture after picture, doing what is asked for in OUT, until OUT/end is there or the time is over."""
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end and not (out / "end").exists():
        machine.picture()
        until = time.monotonic() + SCREEN_S
        while time.monotonic() < until:
            for key in taken(out / "press").split():
                machine.presses(key)
            machine.types(taken(out / "type"))
            if (out / "plug").exists():
                (out / "plug").unlink()
                machine.plug_printer()
            if folder := taken(out / "carry").strip():
                carrier(out / "carry.img", Path(folder))
                machine.plug_stick(out / "carry.img")
            if (out / "pull").exists():
                (out / "pull").unlink()
                machine.pull_stick()
                subprocess.run(["mcopy", "-s", "-n", "-i", out / "carry.img", "::", out / "carried"], check=False)
            if (out / "look").exists():
                (out / "look").unlink()
                look(out, stick)
            time.sleep(0.5)


def carrier(image: Path, folder: Path) -> None:
    """A stick without a table, as many are sold, with what is in *folder*."""
    with image.open("wb") as file:
        file.truncate(CARRIER_MB << 20)
    subprocess.run(["mkfs.vfat", "-n", "PORTEUSE", image], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["mcopy", "-s", "-i", image, *folder.iterdir(), "::"], check=True)


def look(out: Path, stick: Path) -> None:
    """Send another screen onto the switch; what it met is in OUT/looked and said."""
    script = Path(__file__).with_name("second_screen.py")
    with (out / "looked").open("a") as said:
        subprocess.Popen([sys.executable, script, CARD, stick / "screens"], stdout=said, stderr=subprocess.STDOUT)


def plugged(*, first: bool) -> str:
    """A cable for this PC onto the switch, which is made for the first one; of many."""
    if first:
        for command in (f"link add {CARD} type bridge", f"link set {CARD} up"):
            subprocess.run(["ip", *command.split()], check=True)
    cable = f"pc{len(Path('/proc/self/net/dev').read_text().splitlines()):02}"
    for command in (f"tuntap add dev {cable} mode tap", f"link set {cable} master {CARD}", f"link set {cable} up"):
        subprocess.run(["ip", *command.split()], check=True)
    return cable


def printer(out: Path) -> list["subprocess.Popen[bytes]"]:
    """A printer for the PC's USB, not plugged in yet. It does not start without Avahi, in our /run."""
    printed = out / "printed"
    printed.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    for folder in ("dbus", "avahi-daemon"):
        Path("/run", folder).mkdir()
    beside = []
    with (out / "printer.log").open("w") as log:
        for command in (
            ["dbus-daemon", "--system", "--nofork", "--nopidfile"],
            ["avahi-daemon", "--no-drop-root", "--no-chroot", "--no-rlimits"],
            [
                "ippeveprinter",
                "-r",
                "off",
                "-p",
                str(PRINTER_PORT),
                "-n",
                "localhost",
                "-k",
                "-d",
                str(printed),
                "Exercise",
            ],
            [sys.executable, str(Path(__file__).with_name("usb_printer.py")), str(out / "usb"), str(PRINTER_PORT)],
        ):
            beside.append(subprocess.Popen(command, stdout=log, stderr=log))
            time.sleep(2)
    return beside


def main() -> None:
    """Run the proof."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("image", "stick", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--firmware", choices=("bios", "uefi", "secure"), default="uefi")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--screen", choices=("virtio", "std"), default="virtio", help="std: cage cannot, X is taken")
    parser.add_argument("--entry", type=int, default=0)
    parser.add_argument("--switch", action="store_true")
    parser.add_argument("--beside", type=Path, help="OUT of a proof with --switch that runs")
    parser.add_argument("--printer", action="store_true")
    asked = parser.parse_args()
    if (asked.switch or asked.beside or asked.printer) and APART not in os.environ:
        apart = ["unshare", "--mount", sys.executable, *sys.argv]
        apart[1:1] = [] if asked.beside else ["--net"]
        if asked.beside:
            apart[:0] = ["nsenter", f"--net=/proc/{int((asked.beside / 'pid').read_text())}/ns/net"]
        raise SystemExit(subprocess.run(apart, env={**os.environ, APART: "1"}, check=False).returncode)
    if APART in os.environ:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "pid").write_text(str(os.getpid()))
    cable = plugged(first=not asked.beside) if asked.switch or asked.beside else ""
    (asked.out / "end").unlink(missing_ok=True)
    image, disk = asked.out / "stick.img", asked.out / "disk.img"
    subprocess.run(["cp", "--sparse=always", asked.image, image], check=True)
    with_stick(image, asked.stick)
    before = tempting_disk(disk)
    beside = printer(asked.out) if asked.printer else []
    machine = Machine(asked.out, image, disk, asked.firmware, asked.cores, cable=cable, screen=asked.screen)
    try:
        if asked.entry:
            chosen(machine, asked.entry)
        watched(machine, asked.out, asked.stick, asked.minutes)
    finally:
        machine.end()
        for one in beside:
            one.terminate()
    after = sha256(disk.read_bytes()).hexdigest()
    sys.stdout.write(f"the disk inside: {'not one byte has changed' if before == after else 'WRITTEN'}\n")
    raise SystemExit(before != after)


if __name__ == "__main__":
    main()
