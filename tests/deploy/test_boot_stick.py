"""A boot stick's parts keep its promises: a PC's disks are left alone, nobody logs in, nothing is fetched (F39).

Method: the files that go into the image are read, and checked by the programs that read them on a PC. The image itself
is started, beside a disk that tempts it, by `scripts/prove_boot_stick.py`.
"""

import re
import subprocess

import pytest

from tests.house.tree import ROOT

PARTS = ROOT / "deploy" / "boot-stick"
SCRIPT = (ROOT / "scripts" / "make_boot_stick.sh").read_text()
GRUB = (PARTS / "grub.cfg").read_text()
INSTALLED = set(" ".join(re.findall(r'^parts\+?="(.*?)"', SCRIPT, re.MULTILINE)).split())


@pytest.mark.req("F39")
def test_every_way_to_start_looks_at_the_stick_alone():
    """One line for all menu entries: its label, no swap, no partition by its type, nothing remembered."""
    entries = re.findall(r"^    linux .*$", GRUB, re.MULTILINE)
    assert len(entries) == GRUB.count("menuentry ") > 0
    assert all(entry.startswith("    linux /live/vmlinuz $quiet_pc station.keys=") for entry in entries)
    (words,) = re.findall(r'^set quiet_pc="(.*)"$', GRUB, re.MULTILINE)
    wanted = {
        "boot=live",
        "live-media=/dev/disk/by-label/CF-BOOT",
        "nopersistence",
        "systemd.gpt_auto=0",
        "systemd.swap=0",
    }
    assert wanted <= set(words.split())
    assert not any(word.startswith(("swap", "persistence", "findiso", "toram")) for word in words.split())


@pytest.mark.req("F39")
def test_inner_disks_are_read_only_in_the_first_system_too():
    """The rule is in the image and in its initramfs, and spares what is on USB."""
    rule = (PARTS / "no-inner-disk.rules").read_text().splitlines()[-1]
    assert 'ENV{ID_BUS}!="usb"' in rule
    assert int(re.findall(r"rules\.d/(\d+)-no-inner-disk", SCRIPT)[0]) > 60, "ID_BUS is said by 60-persistent-storage"
    assert rule.endswith('RUN+="/usr/sbin/blockdev --setro $devnode"')
    assert '"$root/etc/udev/rules.d/90-no-inner-disk.rules"' in SCRIPT
    assert 'cp /etc/udev/rules.d/90-no-inner-disk.rules "$DESTDIR/etc/udev/rules.d/"' in SCRIPT
    assert "copy_exec /usr/sbin/blockdev" in SCRIPT


@pytest.mark.parametrize("name", sorted(path.name for path in PARTS.glob("*.sh")))
def test_its_scripts_are_sound(name: str):
    """A shell reads them whole."""
    done = subprocess.run(["sh", "-n", PARTS / name], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["station.sh", "browser.sh", "lan.sh", "carry.sh"])
def test_what_it_says_stands_in_both_languages(name: str):
    """Each word to the person at the screen is said in French, then in English."""
    text = (PARTS / name).read_text()
    said = re.findall(r'\bsay "([^"]+)" (?:\\\n\s+)?"([^"]+)"', text)
    assert len(said) == text.count('say "')
    assert all(french != english for french, english in said)


def test_nobody_logs_in_and_nothing_is_fetched():
    """No console asks for a name; no package brings a network up by itself."""
    for unit in ("getty@.service", "serial-getty@.service", "autovt@.service", "apt-daily.timer"):
        assert unit in SCRIPT
    assert not INSTALLED & {"dhcpcd-base", "isc-dhcp-client", "network-manager", "openssh-server", "ifupdown"}


def test_the_browser_has_what_it_does_not_start_without():
    """The kiosk ends where Xwayland is missing, has no screen without seatd, and X is there where cage cannot."""
    assert {"cage", "seatd", "xwayland", "chromium"} <= INSTALLED
    assert {"xserver-xorg-core", "xserver-xorg-video-fbdev", "xserver-xorg-input-libinput", "xauth"} <= INSTALLED


def test_what_is_read_on_it_is_in_the_language_of_its_keyboard():
    """A French keyboard gets a ward app in French, a US one in English; a console that writes é as é."""
    assert 'CHARMAP="UTF-8"' in SCRIPT
    assert "setupcon --save-only" in SCRIPT
    assert "--accept-lang=${SPOKEN}" in (PARTS / "station-browser.service").read_text()
    assert '[ "$1" = us ] && language=en || language=fr' in (PARTS / "browser.sh").read_text()
