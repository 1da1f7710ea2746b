#!/bin/sh
# Journals carried by stick, on a PC where nobody logs in: another stick of this hospital is plugged in while the station
# runs, gives and takes journals (start.sh exchange), and is pulled out again. Nothing else of it is read, nothing of it runs.
#   carry.sh STICK    the station's own, mounted; until it is ended
stick=$1
by=${CARRY_BY:-/dev/disk/by-id}
at=${CARRY_AT:-/run/carried-stick}
ready=${CARRY_READY:-/dev/shm/contrefeu-0/tmp/ready}
look_s=${CARRY_LOOK_S:-3}
say() { printf '%s\n%s\n' "$1" "$2"; }
disk() { # of a partition; a stick without a table is its own
    parent=$(lsblk -no PKNAME "$1" 2>/dev/null | head -1)
    echo "${parent:-${1##*/}}"
}
own=$(disk "$(findmnt -no SOURCE "$stick")")
carried() { # device, FAT or exFAT: its journals, if it has the folder that they lie in
    mount -t "$2" -o nosuid,nodev,noexec,umask=077 "$1" "$at" 2>/dev/null || return
    if [ -d "$at/contrefeu-exchange" ]; then
        chvt 1
        say "Une autre clé : ses journaux sont échangés. Ne la retirez pas." "Another stick: its journals are exchanged. Leave it in."
        sh "$stick/start.sh" exchange "$at"
        ended=$?
        sync
        umount "$at"
        case $ended in
        0) say "C'est fait : l'autre clé peut être retirée." "Done: the other stick may be pulled out." ;;
        1?) say "C'est fait ; les lignes au-dessus disent ce qui n'était pas des journaux, ou n'a pas été pris. L'autre clé peut être retirée." \
            "Done; the lines above say what was no journal, or was not taken. The other stick may be pulled out." ;;
        *) say "L'échange ne s'est pas fait. Retirez l'autre clé, puis remettez-la." \
            "The exchange was not done. Pull the other stick out, then put it back." ;;
        esac
        say "L'application : Ctrl-Alt-F2." "The app: Ctrl-Alt-F2."
    else
        umount "$at"
    fi
}
mkdir -p "$at"
seen=
while :; do
    now=
    for link in "$by"/usb-*; do
        [ -s "$ready" ] && [ -e "$link" ] || continue
        device=$(readlink -f "$link")
        [ "$(disk "$device")" != "$own" ] || continue
        now="$now $device "
        case "$seen" in *" $device "*) continue ;; esac
        kind=$(blkid -p -o value -s TYPE "$device" 2>/dev/null)
        case "$kind" in vfat | exfat) carried "$device" "$kind" ;; esac
    done
    seen=$now # one that was pulled out is looked at again once it is back
    sleep "$look_s"
done
