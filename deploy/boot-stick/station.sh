#!/bin/sh
# On a PC that started from a boot stick: finds the crisis stick, asks whether there are other screens, starts its station
# in memory, shows it in a browser; or makes the PC a screen of another station.
# Whatever happens, somebody at the screen reads what to do; the PC's own disks are never mounted (no-inner-disk.rules).
export LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin
stick=/run/crisis-stick
mkdir -p "$stick"
say() { printf '%s\n%s\n' "$1" "$2"; }
close_browser() { # one after the other: a cage that is stopped counts as failed, and calls the other
    systemctl stop station-browser.service 2>/dev/null
    systemctl stop station-browser-x.service 2>/dev/null
}
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
lan=/usr/lib/contrefeu/lan.sh
echo
say "  Entrée : ce PC seul, sans réseau." "  Enter: this PC alone, no network."
echo
say "  2 Entrée : d'autres écrans, sur un commutateur à vous (pas celui de l'hôpital)." \
    "  2 Enter: other screens, on a switch of your own (not the hospital's)."
echo
say "  3 Entrée : ce PC n'est que l'écran d'un poste qui a choisi 2." "  3 Enter: this PC is just a screen of a station that chose 2."
read -r screens
watch=
trap : INT # Ctrl-C is start.sh's, which ends the station and says what became of it; ignored here, it would be there too
case "$screens" in
*2* | *é*) # a French keyboard without Shift
    "$lan" serve || again
    "$lan" watch &
    watch=$!
    ;;
*3* | *'"'*)
    "$lan" screen || again
    /usr/lib/contrefeu/browser.sh "${layout:-fr}" "$stick/screens" || again
    say "Écran du poste https://10.211.0.1:8443. Entrée : terminer." "A screen of the station https://10.211.0.1:8443. Enter: end."
    read -r _
    close_browser
    "$lan" down
    umount "$stick"
    again
    ;;
esac
/usr/lib/contrefeu/browser.sh "${layout:-fr}" & # waits for the station
browser=$!
/usr/lib/contrefeu/carry.sh "$stick" & # journals of other sticks
carry=$!
if [ -n "$watch" ]; then sh "$stick/start.sh"; else CONTREFEU_WEB=127.0.0.1:8443 sh "$stick/start.sh"; fi
kill "$browser" "$carry" $watch 2>/dev/null
close_browser
[ -z "$watch" ] || "$lan" down
sync
umount "$stick" && say "La clé peut être retirée." "The stick may be pulled out."
again
