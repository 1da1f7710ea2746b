"""A boot stick starts a PC whose disk tempts it with a root partition and swap, and not one byte of that disk changes.

  scripts/prove_boot_stick.py IMAGE STICK OUT [--firmware bios|uefi|secure] [--minutes N] [--cores N]

IMAGE is of make_boot_stick.sh (it is copied), STICK a folder of `contrefeu stick make`. Its screen is kept in OUT as
pictures (PNG). Whoever looks at them writes what is to be typed into OUT/type (the code, once the station asks for it),
names of keys into OUT/press (`ctrl-c`, `alt-f2`), and makes OUT/end when enough is seen. Needs qemu-system-x86 (7.1),
ovmf, mtools, fdisk, e2fsprogs. A processor that virtualizes takes minutes; elsewhere it is emulated: half an hour.
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
SCREEN_S = 15.0  # between two pictures


class Machine:
    """A PC with the stick on USB, a disk inside and no network."""

    def __init__(self, folder: Path, image: Path, disk: Path, firmware: str, cores: int) -> None:
        self._folder, self._monitor, self._shots = folder, folder / "monitor", 0
        self._monitor.unlink(missing_ok=True)
        command = [
            "qemu-system-x86_64",
            "-m",
            "4096",
            "-smp",
            str(cores),
            "-display",
            "none",
            "-nic",
            "none",
            "-machine",
            "q35,smm=on",
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

    def picture(self) -> None:
        """Keep its screen."""
        self._shots += 1
        self.says(f"screendump {self._folder}/screen-{self._shots:03}.png -f png")

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


def watched(machine: Machine, out: Path, minutes: float) -> None:
    """Picture after picture, doing what is asked for in OUT, until OUT/end is there or the time is over."""
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end and not (out / "end").exists():
        machine.picture()
        until = time.monotonic() + SCREEN_S
        while time.monotonic() < until:
            for key in taken(out / "press").split():
                machine.presses(key)
            machine.types(taken(out / "type"))
            time.sleep(0.5)


def main() -> None:
    """Run the proof."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("image", "stick", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--firmware", choices=("bios", "uefi", "secure"), default="uefi")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--cores", type=int, default=2)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "end").unlink(missing_ok=True)
    image, disk = asked.out / "stick.img", asked.out / "disk.img"
    subprocess.run(["cp", "--sparse=always", asked.image, image], check=True)
    with_stick(image, asked.stick)
    before = tempting_disk(disk)
    machine = Machine(asked.out, image, disk, asked.firmware, asked.cores)
    try:
        watched(machine, asked.out, asked.minutes)
    finally:
        machine.end()
    after = sha256(disk.read_bytes()).hexdigest()
    sys.stdout.write(f"the disk inside: {'not one byte has changed' if before == after else 'WRITTEN'}\n")
    raise SystemExit(before != after)


if __name__ == "__main__":
    main()
