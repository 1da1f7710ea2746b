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


@pytest.mark.parametrize("name", ["station.sh", "browser.sh"])
def test_its_scripts_are_sound(name: str):
    """A shell reads them whole."""
    done = subprocess.run(["sh", "-n", PARTS / name], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_it_says_stands_in_both_languages():
    """Each word to the person at the screen is said in French, then in English."""
    said = re.findall(r'say "([^"]+)" (?:\\\n\s+)?"([^"]+)"', (PARTS / "station.sh").read_text())
    assert len(said) == (PARTS / "station.sh").read_text().count("say ")
    assert all(french != english for french, english in said)


def test_nobody_logs_in_and_nothing_is_fetched():
    """No console asks for a name; no network is configured and no package installs one."""
    for unit in ("getty@.service", "serial-getty@.service", "autovt@.service", "apt-daily.timer"):
        assert unit in SCRIPT
    (parts,) = re.findall(r'^parts="(.*)"\nparts\+=" (.*)"$', SCRIPT, re.MULTILINE)
    installed = set(" ".join(parts).split())
    assert not installed & {"dhcpcd-base", "isc-dhcp-client", "network-manager", "openssh-server", "ifupdown"}
