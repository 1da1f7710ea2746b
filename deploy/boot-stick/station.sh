#!/bin/sh
# On a PC that started from a boot stick: finds the crisis stick, asks whether there are other screens, starts its station
# in memory, shows it in a browser; or makes the PC a screen of another station.
# Whatever happens, somebody at the screen reads what to do; the PC's own disks are never mounted (no-inner-disk.rules).
export LANG=C.UTF-8 PATH="${STATION_BIN:+$STATION_BIN:}/usr/sbin:/usr/bin:/sbin:/bin"
stick=${STATION_STICK:-/run/crisis-stick}
memory=${STATION_MEMORY:-/dev/shm/contrefeu-0}
parts=${STATION_PARTS:-/usr/lib/contrefeu}
by=${STATION_BY:-/dev/disk/by-id}
kept=${STATION_KEPT:-/run/kept-stick}
wait_s=${STATION_WAIT_S:-30}
say() { printf '%s\n%s\n' "$1" "$2"; }
close_browser() { # one after the other: a cage that is stopped counts as failed, and calls the other
    systemctl stop station-browser.service 2>/dev/null
    systemctl stop station-browser-x.service 2>/dev/null
    systemctl reset-failed station-browser.service station-browser-x.service 2>/dev/null # how often they were begun is forgotten
    timeout 5 chvt 1 2>/dev/null # the screen stays where the browser was, and what is said next is on the first
}
again() { # what was wrong was said: once read, everything begins again
    say "Entrée : recommencer." "Enter: begin again."
    read -r _
    exit 0
}
given_to() { # folder: whether it took what the station in memory has
    mkdir -p "$1/contrefeu-exchange" || return 1
    HOME="$memory" TMPDIR="$memory/tmp" PYTHONDONTWRITEBYTECODE=1 \
        "$memory/program/bin/contrefeu" --home "$memory/home" journal exchange "$1"
    given=$?
    sync
    case $given in 0 | 1[0-3]) ;; *) return 1 ;; esac
}
given_away() { # to the station's own stick if it is there, else to any FAT stick that is plugged in
    if mountpoint -q "$stick" && given_to "$stick"; then return 0; fi
    mkdir -p "$kept"
    for link in "$by"/usb-*; do
        [ "$(blkid -p -o value -s LABEL "$link" 2>/dev/null)" != CF-BOOT ] || continue # starts PCs, is never written
        kind=$(blkid -p -o value -s TYPE "$link" 2>/dev/null)
        case "$kind" in vfat | exfat) ;; *) continue ;; esac
        mount -t "$kind" -o nosuid,nodev,noexec,umask=077 "$link" "$kept" || continue
        given_to "$kept" && given=yes || given=
        umount "$kept" || given=
        [ -z "$given" ] || return 0
    done
    return 1
}
rescue() { # the stick did not take what was done (start.sh said so): it is in this PC's memory and nowhere else
    while [ -e "$memory/home" ]; do
        say "Ce qui a été fait n'est que dans la mémoire de ce PC : ne l'éteignez pas." \
            "What was done is in this PC's memory alone: do not switch it off."
        say "Branchez une clé (FAT), n'importe laquelle, puis Entrée." "Plug in a stick (FAT), any, then Enter."
        read -r _ || exit 1
        if given_away; then
            rm -rf "$memory"
            say "La clé l'a pris ; rien n'en reste dans ce PC. Gardez cette clé : les autres postes et l'hôpital le prendront d'elle." \
                "The stick took it; nothing of it is left in this PC. Keep that stick: other stations and the hospital take it from there."
        else
            say "Aucune clé ne l'a pris." "No stick took it."
        fi
    done
}
pull_out() { # the station's stick, once nothing is in memory alone
    sync
    if ! mountpoint -q "$stick" || umount "$stick"; then
        say "La clé peut être retirée." "The stick may be pulled out."
    else
        say "La clé n'est pas libérée : éteignez ce PC avant de la retirer." \
            "The stick is not let go: switch this PC off before you pull it out."
    fi
}

mkdir -p "$stick"
lan=$parts/lan.sh
"$lan" down
close_browser
layout=$(sed -n 's/.*station\.keys=\([a-z]*\).*/\1/p' /proc/cmdline)
ckbcomp -compact "${layout:-fr}" 2>/dev/null | loadkeys -q - 2>/dev/null || true
clear 2>/dev/null || true
say "Contrefeu. Les disques de ce PC ne sont ni lus ni écrits." "Contrefeu. The disks of this PC are neither read nor written."
rescue # of a station before this one
rm -rf "$memory" # what was never a station: its program, half there
found=1
for _ in $(seq "$wait_s"); do # a stick may be slower than the PC
    mountpoint -q "$stick" && found=0 && break
    "$parts/own-stick.sh" "$stick"
    found=$?
    [ "$found" = 1 ] || break
    sleep 1
done
case "$found" in
0) ;;
1)
    say "La partition CONTREFEU de la clé qui a démarré ce PC ne se trouve pas. Une autre clé n'est pas prise à sa place." \
        "The partition CONTREFEU of the stick that started this PC is not found. No other stick is taken instead."
    again
    ;;
*)
    say "La partition CONTREFEU de la clé ne s'écrit pas." "The stick's partition CONTREFEU is write-protected."
    again
    ;;
esac
if [ ! -e "$stick/start.sh" ]; then
    umount "$stick"
    say "Cette clé n'a pas encore de poste : contrefeu stick make, sur le serveur de l'hôpital." \
        "This stick has no station yet: contrefeu stick make, on the hospital's node."
    again
fi
screens=?
while :; do
    echo
    say "  Entrée : ce PC seul, sans réseau." "  Enter: this PC alone, no network."
    echo
    say "  2 Entrée : d'autres écrans, sur un commutateur à vous (pas celui de l'hôpital)." \
        "  2 Enter: other screens, on a switch of your own (not the hospital's)."
    echo
    say "  3 Entrée : ce PC n'est que l'écran d'un poste qui a choisi 2." "  3 Enter: this PC is just a screen of a station that chose 2."
    read -r screens || exit 1
    case "$screens" in
    '' | 2 | é | 3 | '"') break ;; # a French keyboard without Shift
    esac
    printf '\033[H\033[2J\033[3J' # it may have been the code, which nobody is to read
    say "Ici seulement Entrée, 2 ou 3. Le code se demande après." "Only Enter, 2 or 3 here. The code is asked for later."
done
watch=
trap : INT # Ctrl-C is start.sh's, which ends the station and says what became of it; ignored here, it would be there too
case "$screens" in
2 | é)
    "$lan" serve || again
    "$lan" watch &
    watch=$!
    ;;
3 | '"')
    "$lan" screen || again
    "$parts/browser.sh" "${layout:-fr}" "$stick/screens" || { "$lan" down; again; }
    say "Écran du poste https://10.211.0.1:8443. Entrée : terminer." "A screen of the station https://10.211.0.1:8443. Enter: end."
    read -r _
    "$lan" down
    close_browser
    pull_out
    again
    ;;
esac
"$parts/browser.sh" "${layout:-fr}" & # waits for the station
browser=$!
"$parts/carry.sh" "$stick" & # journals of other sticks
carry=$!
if [ -n "$watch" ]; then sh "$stick/start.sh"; else CONTREFEU_WEB=127.0.0.1:8443 sh "$stick/start.sh"; fi
kill "$browser" $watch 2>/dev/null
kill "$carry" 2>/dev/null
wait "$carry" # an exchange that runs comes to its end
"$lan" down
close_browser
rescue
pull_out
again
