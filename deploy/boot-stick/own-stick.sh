#!/bin/sh
# Mounts the crisis stick that this PC started from: the second partition (FAT) of the disk that the system lies on. Another
# stick with the same names beside it is never taken instead.   own-stick.sh FOLDER     1: not there, 2: it cannot be written
sys=${OWN_SYS:-/sys}
medium=${OWN_MEDIUM:-/run/live/medium}
first=$(readlink -f "$sys/dev/block/$(findmnt -no MAJ:MIN "$medium" | tr -d ' ')")
second=
for one in "${first%/*}"/*/partition; do
    [ "$(cat "$one" 2>/dev/null)" != 2 ] || second=${one%/partition}
done
[ -n "$second" ] || exit 1
device=/dev/${second##*/}
[ "$(blkid -p -o value -s TYPE "$device")" = vfat ] || exit 1
# noexec: `sh` reads its scripts, and what they install is run from memory.
mount -t vfat -w -o nosuid,nodev,noexec,umask=077,flush "$device" "$1" || exit 2
