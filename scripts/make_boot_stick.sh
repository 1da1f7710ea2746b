#!/usr/bin/env bash
# Makes the image of a boot stick: a small Debian that starts a PC (BIOS, UEFI, Secure Boot by Debian's shim) and, on it, the
# station of a crisis stick. The PC's own disks are neither mounted nor written.
#   SIGNING_KEY=~/.ssh/release scripts/make_boot_stick.sh [FOLDER]      as root, with a network; what it makes needs none
#   BASE=DIR      where the system is kept, and taken from the next time; MIRROR, SUITE: whence, and which
#   ROOM=4000     megabytes for the crisis stick (`contrefeu stick make`), on the second partition, CONTREFEU
#
# It needs debootstrap, squashfs-tools, dosfstools, mtools, fdisk, grub-pc-bin. In FOLDER: boot-stick.img, its checksum and
# the makers' signature of that. What is on the image: partition 1 (CF-BOOT) starts the PC and is never written again;
# partition 2 (CONTREFEU) is empty.
set -euo pipefail
umask 022
cd "$(dirname "$0")/.."
out=$(mkdir -p "${1:-dist}/boot-stick" && cd "${1:-dist}/boot-stick" && pwd)
base=${BASE:-/var/cache/contrefeu-boot-stick} suite=${SUITE:-bookworm} room=${ROOM:-4000}
work=$(mktemp -d)
trap 'umount "$work/root/proc" 2>/dev/null || true; rm -rf "$work"' EXIT
parts="linux-image-amd64 live-boot systemd-sysv udev dbus libpam-systemd python3 python3-venv openssh-client openssl"
parts+=" kbd console-setup keyboard-configuration seatd cage xwayland chromium fonts-dejavu-core libgl1-mesa-dri"
parts+=" xserver-xorg-core xserver-xorg-video-fbdev xserver-xorg-input-libinput matchbox-window-manager xauth" # other screens
parts+=" iproute2 nftables cups cups-client cups-filters ipp-usb" # a switch, a USB printer
if [ "$(cat "$base/made" 2>/dev/null)" != "$suite $parts" ]; then # none, or of other packages
    rm -rf "$base"
    mkdir -p "$base"
    debootstrap --variant=minbase "$suite" "$base/root" "${MIRROR:-http://deb.debian.org/debian}" \
        >"$work/log" || { tail "$work/log" >&2; exit 1; }
    printf '#!/bin/sh\nexit 101\n' >"$base/root/usr/sbin/policy-rc.d" # nothing of it starts on the machine that makes it
    chmod 755 "$base/root/usr/sbin/policy-rc.d"
    # apt finds what debootstrap does not: a package that another one provides.
    chroot "$base/root" env DEBIAN_FRONTEND=noninteractive sh -c \
        "apt-get -qq update && apt-get -qq --yes --no-install-recommends install $parts" \
        >"$work/log" 2>&1 || { tail "$work/log" >&2; exit 1; }
    (cd "$base" && chroot root sh -c 'cd /tmp && apt-get -qq download shim-signed grub-efi-amd64-signed' &&
        for package in root/tmp/*.deb; do dpkg-deb -x "$package" signed; done && rm root/tmp/*.deb)
    echo "$suite $parts" >"$base/made"
fi
cp -a "$base/root" "$work/root"
root="$work/root"

# What makes a station of it.
rm -f "$root/usr/sbin/policy-rc.d"
install -D -m 755 -t "$root/usr/lib/contrefeu" deploy/boot-stick/*.sh
install -D -m 644 -t "$root/usr/lib/contrefeu" deploy/boot-stick/lan.py deploy/boot-stick/*.network
install -D -m 644 -t "$root/etc/systemd/system" deploy/boot-stick/*.service
install -D -m 644 deploy/boot-stick/lan.nft "$root/etc/nftables.conf"
install -D -m 644 deploy/boot-stick/no-ipv6.conf "$root/etc/sysctl.d/90-station.conf"
install -D -m 644 deploy/boot-stick/no-radio.conf "$root/etc/modprobe.d/no-radio.conf"
install -D -m 644 deploy/boot-stick/cupsd.conf "$root/etc/cups/cupsd.conf"
install -D -m 644 deploy/boot-stick/ipp-usb.conf "$root/etc/ipp-usb/ipp-usb.conf"
install -D -m 644 deploy/boot-stick/browser-policy.json "$root/etc/chromium/policies/managed/station.json"
install -D -m 644 deploy/boot-stick/no-inner-disk.rules "$root/etc/udev/rules.d/90-no-inner-disk.rules"
chroot "$root" useradd --no-create-home --shell /usr/sbin/nologin station
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s ../station.service ../station-printer.service "$root/etc/systemd/system/multi-user.target.wants/"
mkdir -p "$root/etc/systemd/system/sysinit.target.wants"
ln -s /usr/lib/systemd/system/nftables.service "$root/etc/systemd/system/sysinit.target.wants/"
ln -sf /usr/lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
for unit in getty@.service serial-getty@.service autovt@.service console-getty.service systemd-firstboot.service \
    avahi-daemon.service avahi-daemon.socket systemd-networkd-wait-online.service fstrim.timer e2scrub_all.timer e2scrub_reap.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer console-setup.service keyboard-setup.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit" # nobody logs in, nothing is fetched or said to a network; station.sh knows the keyboard
done
# A console in UTF-8: where the system was installed, no language was set.
sed -i 's/^CHARMAP=.*/CHARMAP="UTF-8"/' "$root/etc/default/console-setup"
chroot "$root" setupcon --save-only
echo station >"$root/etc/hostname"
printf '127.0.0.1 localhost station\n' >"$root/etc/hosts"
: >"$root/etc/machine-id"
: >"$root/etc/fstab"
# The rule counts from the first moment, in the first system too.
cat >"$root/etc/initramfs-tools/hooks/no-inner-disk" <<'END'
#!/bin/sh
[ "$1" != prereqs ] || exit 0
. /usr/share/initramfs-tools/hook-functions
copy_exec /usr/sbin/blockdev /usr/sbin
mkdir -p "$DESTDIR/etc/udev/rules.d"
cp /etc/udev/rules.d/90-no-inner-disk.rules "$DESTDIR/etc/udev/rules.d/"
END
chmod 755 "$root/etc/initramfs-tools/hooks/no-inner-disk"
mount -t proc proc "$root/proc"
chroot "$root" update-initramfs -u -k all >"$work/log" 2>&1 || { tail "$work/log" >&2; exit 1; }
umount "$root/proc"

# The partition that starts a PC.
boot="$work/boot"
mkdir -p "$boot/live" "$boot/EFI/BOOT" "$boot/EFI/debian" "$boot/boot/grub"
cp "$root"/boot/vmlinuz-* "$boot/live/vmlinuz"
cp "$root"/boot/initrd.img-* "$boot/live/initrd"
rm -rf "$root"/boot/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/doc/* "$root"/usr/share/man/*
mksquashfs "$root" "$boot/live/filesystem.squashfs" -quiet -no-progress -comp zstd -Xcompression-level 9 -all-time 0 -mkfs-time 0
cp "$base/signed/usr/lib/shim/shimx64.efi.signed" "$boot/EFI/BOOT/BOOTX64.EFI"
cp "$base/signed/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" "$boot/EFI/BOOT/grubx64.efi"
cp "$base"/signed/usr/lib/shim/mmx64.efi* "$boot/EFI/BOOT/" 2>/dev/null || true
cp deploy/boot-stick/grub.cfg "$boot/EFI/debian/grub.cfg"
cp deploy/boot-stick/grub.cfg "$boot/boot/grub/grub.cfg"

size=$(($(du -sm "$boot" | cut -f1) + 64)) # megabytes
image="$out/boot-stick.img"
rm -f "$image"
truncate -s "$((1 + size + room))M" "$image"
printf 'label: dos\nstart=1MiB, size=%dMiB, type=ef, bootable\ntype=c\n' "$size" | sfdisk -q "$image"
truncate -s "${size}M" "$work/first"
mkfs.vfat -F 32 -n CF-BOOT "$work/first" >/dev/null
mcopy -s -i "$work/first" "$boot"/* ::
truncate -s "${room}M" "$work/second"
mkfs.vfat -F 32 -n CONTREFEU "$work/second" >/dev/null
dd if="$work/first" of="$image" bs=1M seek=1 conv=notrunc,sparse status=none
dd if="$work/second" of="$image" bs=1M seek="$((1 + size))" conv=notrunc,sparse status=none
# BIOS: the first sector and what it loads, between it and the first partition.
printf 'search --no-floppy --set=root --label CF-BOOT\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n' >"$work/early.cfg"
grub-mkimage -O i386-pc -p /boot/grub -c "$work/early.cfg" -o "$work/core.img" \
    biosdisk part_msdos fat search search_label normal configfile linux echo test
dd if=/usr/lib/grub/i386-pc/boot.img of="$image" bs=440 count=1 conv=notrunc status=none
dd if="$work/core.img" of="$image" bs=512 seek=1 conv=notrunc status=none
scripts/sign_bundle.sh "$out"
echo "$image"
