#!/bin/sh
# On a PC that started from a boot stick: finds the crisis stick, starts its station in memory, shows it in a browser.
# Whatever happens, somebody at the screen reads what to do; the PC's own disks are never mounted (no-inner-disk.rules).
export LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin
stick=/run/crisis-stick
mkdir -p "$stick"
say() { printf '%s\n%s\n' "$1" "$2"; }
again() { # what was wrong was said: once read, everything begins again
    say "Entrée : recommencer." "Enter: begin again."
    read -r _
    exit 0
}

layout=$(sed -n 's/.*station\.keys=\([a-z]*\).*/\1/p' /proc/cmdline)
ckbcomp -compact "${layout:-fr}" 2>/dev/null | loadkeys -q - 2>/dev/null || true
clear 2>/dev/null || true
say "Contrefeu. Les disques de ce PC ne sont ni lus ni écrits." "Contrefeu. The disks of this PC are neither read nor written."
for _ in $(seq 30); do # a stick may be slower than the PC
    [ -e /dev/disk/by-label/CONTREFEU ] && break
    sleep 1
done
if ! mountpoint -q "$stick" && ! mount -w -o nosuid,nodev,umask=077,flush /dev/disk/by-label/CONTREFEU "$stick"; then
    say "La partition CONTREFEU de la clé manque, ou ne s'écrit pas." "The stick's partition CONTREFEU is missing, or is write-protected."
    again
fi
if [ ! -e "$stick/start.sh" ]; then
    umount "$stick"
    say "Cette clé n'a pas encore de poste : contrefeu stick make, sur le serveur de l'hôpital." \
        "This stick has no station yet: contrefeu stick make, on the hospital's node."
    again
fi
/usr/lib/contrefeu/browser.sh "${layout:-fr}" & # waits for the station
browser=$!
trap '' INT # Ctrl-C is start.sh's, which ends the station and says what became of it
sh "$stick/start.sh"
kill "$browser" 2>/dev/null
systemctl stop station-browser.service 2>/dev/null
sync
umount "$stick" && say "La clé peut être retirée." "The stick may be pulled out."
again
