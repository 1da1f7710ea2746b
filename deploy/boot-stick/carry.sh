#!/bin/sh
# Journals carried by stick, on a PC where nobody logs in: another stick of this hospital is plugged in while the station
# runs, gives and takes journals, and is pulled out again. Nothing else of it is read, nothing of it runs.
#   carry.sh STICK    the station's own, mounted; until it is ended, which waits for an exchange
stick=$1
by=${CARRY_BY:-/dev/disk/by-id}
at=${CARRY_AT:-/run/carried-stick}
memory=${CARRY_MEMORY:-/dev/shm/contrefeu-0}
blocks=${CARRY_BLOCKS:-/sys/class/block}
look_s=${CARRY_LOOK_S:-3}
again_looks=20 # one that failed and was left in is tried again so many looks later: a minute
say() { printf '%s\n%s\n' "$1" "$2"; }
screen() { timeout 5 chvt 1; } # a screen that hangs holds nothing up
disk() { # of a partition; a stick without a table is its own
    parent=$(lsblk -no PKNAME "$1" 2>/dev/null | head -1)
    echo "${parent:-${1##*/}}"
}
which_one() { # device, and the number of its disk: another one, or the same put back, has another
    echo "$1:$(cat "$blocks/$(disk "$1")/diskseq" 2>/dev/null)"
}
exchange() { # the program that start.sh put in memory; start.sh itself may be of an older stick, which stops at its own
    HOME="$memory" TMPDIR="$memory/tmp" PYTHONDONTWRITEBYTECODE=1 \
        "$memory/program/bin/contrefeu" --home "$memory/home" journal exchange "$1"
}
leave_it() { # the other stick
    sync
    umount "$at" && return
    say "L'autre clé n'est pas libérée : attendez une minute avant de la retirer." \
        "The other stick is not let go: wait a minute before you pull it out."
    return 1
}
carried() { # device, FAT or exFAT: its journals, if it has the folder that they lie in; 1: look at it again
    ! mountpoint -q "$at" || umount "$at" || return 1
    mount -t "$2" -o ro,nosuid,nodev,noexec,umask=077 "$1" "$at" 2>/dev/null || return 1
    if [ ! -d "$at/contrefeu-exchange" ]; then
        umount "$at"
        return 0
    fi
    screen
    say "Une autre clé : ses journaux sont échangés. Ne la retirez pas." "Another stick: its journals are exchanged. Leave it in."
    mount -o remount,rw,nosuid,nodev,noexec "$at" && exchange "$at"
    ended=$?
    leave_it && pull=1 || pull=
    case $ended in
    0) say "C'est fait." "Done." ;;
    12) say "Tout n'a pas été pris : une ligne au-dessus dit de quel journal. Le reste est échangé, rien n'est perdu." \
        "Not all was taken: a line above says of whose journal. The rest is exchanged, nothing is lost." ;;
    1[013]) say "Échangé ; les lignes au-dessus disent ce qui n'était pas des journaux, ou n'a pas été pris." \
        "Exchanged; the lines above say what was no journal, or was not taken." ;;
    *)
        say "L'échange ne s'est pas fait. Retirez l'autre clé, puis remettez-la." \
            "The exchange was not done. Pull the other stick out, then put it back."
        pull=
        ;;
    esac
    [ -z "$pull" ] || say "L'autre clé peut être retirée." "The other stick may be pulled out."
    say "L'application : Ctrl-Alt-F2." "The app: Ctrl-Alt-F2."
    case $ended in 0 | 1[0-3]) ;; *) return 1 ;; esac
}
station_stick() { # pulled out while the station runs: said; put back: taken again
    [ -n "$own_link" ] || return
    seq=
    [ ! -e "$own_link" ] || seq=$(which_one "$(readlink -f "$own_link")")
    [ "$seq" != "$own_seq" ] || return
    [ "$seq" != "$tried" ] || return
    tried=$seq
    screen
    if [ -z "$seq" ]; then
        say "La clé du poste n'est plus là : remettez-la, ne l'échangez pas. N'éteignez pas ce PC." \
            "The station's stick is gone: put it back, no other. Do not switch this PC off."
        return
    fi
    umount -l "$stick"
    if mount -w -o nosuid,nodev,noexec,umask=077,flush "$own_link" "$stick"; then
        own_seq=$seq own=$(disk "$(readlink -f "$own_link")") tried=
        say "La clé du poste est revenue. Laissez-la ; l'application : Ctrl-Alt-F2." \
            "The station's stick is back. Leave it in; the app: Ctrl-Alt-F2."
    else
        say "La clé du poste ne s'écrit plus. N'éteignez pas ce PC ; branchez-en une autre avec contrefeu-exchange." \
            "The station's stick cannot be written. Do not switch this PC off; plug in another one with contrefeu-exchange."
    fi
}
source=$(findmnt -no SOURCE "$stick")
own=$(disk "$source") own_link='' own_seq=$(which_one "$source") tried=start
for link in "$by"/usb-*; do
    [ "$(readlink -f "$link")" != "$(readlink -f "$source")" ] || own_link=$link
done
ended_by=
trap 'ended_by=TERM' TERM # an exchange that runs is waited for
mkdir -p "$at"
seen='' failed='' looks=0
while [ -z "$ended_by" ]; do
    station_stick
    now=
    looks=$((looks + 1))
    [ $((looks % again_looks)) -ne 0 ] || failed=
    for link in "$by"/usb-*; do
        [ -z "$ended_by" ] && [ -s "$memory/tmp/ready" ] && [ -e "$link" ] || continue
        device=$(readlink -f "$link")
        [ "$(disk "$device")" != "$own" ] || continue
        one=$(which_one "$device")
        now="$now $one "
        case "$seen$failed" in *" $one "*) continue ;; esac
        [ "$(blkid -p -o value -s LABEL "$device" 2>/dev/null)" != CF-BOOT ] || continue # starts PCs, is never written
        kind=$(blkid -p -o value -s TYPE "$device" 2>/dev/null)
        case "$kind" in vfat | exfat) ;; *) continue ;; esac
        echo $$ 2>/dev/null >"$memory/carrying" # start.sh ends once this is over
        if [ -s "$memory/tmp/ready" ] && ! carried "$device" "$kind"; then failed="$failed $one "; fi
        rm -f "$memory/carrying"
    done
    # What was pulled out is forgotten: put back, it is looked at again. What failed is kept apart.
    seen=
    for one in $now; do
        case "$failed" in *" $one "*) ;; *) seen="$seen $one " ;; esac
    done
    sleep "$look_s" &
    wait $!
done
exit 0
