"""A boot stick starts a PC whose disk tempts it with a root partition and swap, and not one byte of that disk changes.

  scripts/prove_boot_stick.py IMAGE STICK CODE OUT [--firmware bios|uefi|secure] [--minutes N]

IMAGE is of make_boot_stick.sh (it is copied), STICK a folder of `contrefeu stick make`, CODE a file with its code.
Screens are kept in OUT as pictures (PPM). Whoever looks at them makes the file OUT/type when the station asks for its
code. Needs qemu-system-x86, ovmf, mtools, fdisk, e2fsprogs; without virtualization a PC takes some ten minutes.
"""

import argparse
import json
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
KEYS = {"-": "minus", "\n": "ret"}
SCREEN_S = 15.0  # between two pictures
MENU_S = 90.0  # a firmware that is emulated takes up to a minute to its boot menu


class Machine:
    """A PC with the stick on USB, a disk inside and no network."""

    def __init__(self, folder: Path, image: Path, disk: Path, firmware: str) -> None:
        self._folder, self._monitor, self._shots = folder, folder / "monitor", 0
        self.serial = folder / "serial"
        command = [
            "qemu-system-x86_64",
            "-m",
            "4096",
            "-smp",
            "2",
            "-display",
            "none",
            "-nic",
            "none",
            "-machine",
            "q35,smm=on",
        ]
        command += ["-accel", "tcg,thread=multi", "-cpu", "Nehalem"]
        command += ["-monitor", f"unix:{self._monitor},server,nowait", "-serial", f"file:{self.serial}"]
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

    def says(self, command: str) -> None:
        """One command to its monitor."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(self._monitor))
            monitor.recv(4096)
            monitor.sendall(f"{command}\n".encode())
            time.sleep(0.3)  # a key is down for a tenth of a second

    def types(self, text: str) -> None:
        """Keys of a US keyboard."""
        for one in text:
            self.says(f"sendkey {KEYS.get(one, one)}")

    def picture(self) -> None:
        """Keep its screen."""
        self._shots += 1
        self.says(f"screendump {self._folder}/screen-{self._shots:02}.ppm")

    def end(self) -> None:
        """Pull the plug."""
        self._process.terminate()
        self._process.wait(30)


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


def main() -> None:
    """Run the proof."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("image", "stick", "code", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--firmware", choices=("bios", "uefi", "secure"), default="uefi")
    parser.add_argument("--minutes", type=float, default=15)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    image, disk = asked.out / "stick.img", asked.out / "disk.img"
    subprocess.run(["cp", "--sparse=always", asked.image, image], check=True)
    with_stick(image, asked.stick)
    before = tempting_disk(disk)
    machine = Machine(asked.out, image, disk, asked.firmware)
    end, typed = time.monotonic() + asked.minutes * 60, False
    try:
        until = time.monotonic() + MENU_S
        while time.monotonic() < until and b"GRUB" not in (
            machine.serial.read_bytes() if machine.serial.exists() else b""
        ):
            time.sleep(1)
        time.sleep(2)  # the menu is drawn
        machine.says("sendkey down")  # the US keyboard, which the keys below are of
        machine.types("\n")
        while time.monotonic() < end:
            time.sleep(SCREEN_S)
            machine.picture()
            if not typed and (asked.out / "type").exists():  # who looks at the pictures says when it asks
                machine.types(asked.code.read_text().strip() + "\n")
                typed = True
    finally:
        machine.end()
    after = sha256(disk.read_bytes()).hexdigest()
    sys.stdout.write(f"the disk inside: {'not one byte has changed' if before == after else 'WRITTEN'}\n")
    raise SystemExit(before != after)


if __name__ == "__main__":
    main()
